/* Inside of the JSON reader: json.c has values, json_string.c strings, json_names.c names and places. */
#ifndef TRIAL_READ_JSON_INSIDE_H
#define TRIAL_READ_JSON_INSIDE_H

#include <inttypes.h>
#include <stdlib.h>

#include "trial/read/json.h"

/* What may come next. */
enum tr_json_want {
	WANT_VALUE,
	WANT_FIRST_VALUE, /* or the end of an array */
	WANT_FIRST_NAME,  /* or the end of an object */
	WANT_MORE,        /* a comma, or the end of what is open */
	WANT_END,
	WANT_LINE,        /* END was given: of the text, or of a line */
	WANT_NOTHING,     /* there was a fault: the same again */
};

/* What is open. */
struct tr_json_level {
	bool is_object;
	size_t first_name; /* of the names of this object */
	uint64_t index;    /* in an array: of the value that comes */
};

/*
 * All names of open objects, so that none stands twice in one. They come and go like a stack: a name is the first of
 * its chain when it goes, so that a chain needs no search to lose it.
 */
struct tr_json_name {
	size_t at, n; /* in text */
	uint64_t hash;
	uint32_t level, next; /* next of its chain, plus 1 */
};

struct tr_json_buffer {
	uint8_t *p;
	size_t n, cap;
};

struct tr_json {
	const struct tr_source *from;
	struct tr_input_source own;
	uint8_t *own_buffer;
	bool lines, at_end, begun;

	struct vf_bytes in; /* what was given and not yet read */
	uint64_t given;     /* octets up to the end of in */
	uint64_t line, line_at; /* where the line begins */
	uint64_t token_line, token_column;

	enum tr_json_want want;
	size_t depth; /* of what is open: the depth of a value that comes now */
	struct tr_json_level levels[TR_JSON_MAX_DEPTH];
	struct tr_json_buffer text;  /* of the names */
	struct tr_json_buffer value; /* a string with escapes, or one that is in two pieces */
	struct tr_json_name *names;
	size_t n_names, cap_names;
	uint32_t *heads;
	size_t n_heads; /* a power of two */
	struct tr_json_token token;
	struct vf_err err;
};

/* ---- where ---- */

static inline uint64_t offset(const struct tr_json *j)
{
	return j->given - j->in.n;
}

static inline void mark(struct tr_json *j)
{
	j->token_line = j->line;
	j->token_column = offset(j) - j->line_at + 1;
}

/* A fault at the place that is read now: nothing comes after it. */
enum vf_rc tr_json_fault(struct tr_json *j, enum vf_rc rc, const char *what);
enum vf_rc tr_json_no_memory(struct tr_json *j);

/* ---- octets ---- */

/* Gets more when there is nothing; in.n == 0 after it is the end. */
static inline VF_RC fill(struct tr_json *j)
{
	enum vf_rc rc;

	if (j->in.n || j->at_end)
		return VF_OK;
	rc = j->from->next(j->from->ctx, &j->in, &j->err);
	if (rc != VF_OK) {
		j->in = vf_bytes(NULL, 0);
		j->want = WANT_NOTHING;
		j->err.rc = rc; /* whoever gave it may have said nothing */
		return rc;
	}
	j->given += j->in.n;
	j->at_end = j->in.n == 0;
	return VF_OK;
}

static inline void advance(struct tr_json *j, size_t n)
{
	struct vf_bytes b;

	(void)vf_take(&j->in, n, &b); /* n was seen in it */
}

/* One octet, -1 at the end. */
static inline VF_RC take(struct tr_json *j, int *ret)
{
	enum vf_rc rc = fill(j);

	if (rc != VF_OK)
		return rc;
	*ret = j->in.n ? j->in.p[0] : -1;
	if (j->in.n)
		advance(j, 1);
	return VF_OK;
}

/* Adds to a buffer that holds max octets at most. */
VF_RC tr_json_append(struct tr_json *j, struct tr_json_buffer *b, size_t max, const void *p, size_t n);
/* Behind the quote, to behind the other: unescaped, UTF-8, in the piece or in j->value. */
VF_RC tr_json_take_string(struct tr_json *j, struct vf_bytes *ret);
/* Notes a name of the object that was opened last; refuses the second of its kind. */
VF_RC tr_json_add_name(struct tr_json *j, struct vf_bytes b);
/* Forgets the names from a number on. */
void tr_json_drop_names(struct tr_json *j, size_t first);
/* The name under which a value of this depth plus one stands. */
struct vf_bytes tr_json_name_at(const struct tr_json *j, size_t depth);

#endif
