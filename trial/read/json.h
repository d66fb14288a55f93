/*
 * JSON of outsiders, token by token, in little memory (RFC 8259).
 *
 * Knows the text only. Strict: one value, UTF-8, no duplicate name in an object, no comments, no trailing comma, depth
 * and sizes capped (LIMIT also for a million names, or 64 MiB of them, in objects that are open at once). Numbers are
 * given as written; U+0000 may stand in a text as an escape.
 */
#ifndef TRIAL_READ_JSON_H
#define TRIAL_READ_JSON_H

#include "trial/read/fact.h"

#define TR_JSON_MAX_DEPTH 128
#define TR_JSON_MAX_TEXT ((size_t)10 * 1024 * 1024)

enum tr_json_event {
	TR_JSON_END, /* of the text */
	TR_JSON_OBJECT,
	TR_JSON_ARRAY,
	TR_JSON_CLOSE, /* of the one that was opened last */
	TR_JSON_STRING,
	TR_JSON_NUMBER,
	TR_JSON_TRUE,
	TR_JSON_FALSE,
	TR_JSON_NULL,
};

/* What tr_json_next() gives, good until it is called again. */
struct tr_json_token {
	enum tr_json_event event;
	size_t depth;          /* the top value has 0, what stands in it 1; CLOSE has that of what it closes */
	bool has_name;
	struct vf_bytes name;  /* in an object: the member's name, unescaped */
	uint64_t index;        /* in an array: from 0 */
	struct vf_bytes value; /* of STRING unescaped, of NUMBER as written */
};

struct tr_json;

/* Reads r->in (a BOM is skipped), or from a source, as one value; lines: one value a line, NDJSON, so that what follows
 * the value is given after END by the next tr_json_line(). Free with tr_json_free(). */
VF_RC tr_json_new(struct tr_reading *r, struct tr_json **ret, struct vf_err *reterr);
VF_RC tr_json_new_from(struct tr_reading *r, const struct tr_source *from, bool lines, struct tr_json **ret,
	struct vf_err *reterr);
void *tr_json_free(struct tr_json *j);
/* After END of a line: *ret_more when another line begins; blank lines are none. */
VF_RC tr_json_line(struct tr_json *j, bool *ret_more, struct vf_err *reterr);

/* FILE_SHAPE "line L, column C: what", LIMIT. After an end or a fault it gives the same again. */
VF_RC tr_json_next(struct tr_json *j, const struct tr_json_token **ret, struct vf_err *reterr);
/* After OBJECT or ARRAY: goes on to behind its CLOSE; nothing after another token. */
VF_RC tr_json_skip(struct tr_json *j, struct vf_err *reterr);

/*
 * True when the path from the top to the token is the given one: "study/versions/+/titles/+/text", where "+" is any
 * index of an array. The pattern is compared part by part, without copies.
 */
bool tr_json_at(const struct tr_json *j, const char *path);
/* The same for the part below the depth: path is relative to the value that has this depth. */
bool tr_json_below(const struct tr_json *j, size_t depth, const char *path);

/* Where the reader is: a JSON pointer (RFC 6901), for NDJSON after "line L ". */
struct tr_place tr_json_place(const struct tr_json *j);
void tr_json_where(const struct tr_json *j, unsigned *ret_line, unsigned *ret_column);

#endif
