/*
 * The strict HTTP/1.1 request reader: the head of a request, and bodies in chunks.
 *
 * Knows octets and RFC 9112, 9110, 3986. It opens no socket and decides about no path.
 * What another reader between client and server could understand otherwise is refused:
 * a bare LF or CR, a folded line, white space before a colon, a NUL, Content-Length beside
 * Transfer-Encoding, a field twice that may stand once, a path that is not in normal form.
 */
#ifndef NOTARY_HTTP_PARSE_H
#define NOTARY_HTTP_PARSE_H

#include "verify/bytes.h"

/* Octets of a head; of a request target in it; fields; parameters. */
#define NT_HTTP_MAX_HEAD 16384
#define NT_HTTP_MAX_TARGET 4096
#define NT_HTTP_MAX_FIELDS 64
#define NT_HTTP_MAX_PARAMS 32
/* One line of the framing, and what all lines of a body may cost beyond as many octets as its data. */
#define NT_HTTP_MAX_CHUNK_LINE 64
#define NT_HTTP_CHUNK_SLACK 65536

/* A set of bits, so that a route can say what it takes. */
enum nt_http_method {
	NT_HTTP_GET = 1,
	NT_HTTP_HEAD = 2,
	NT_HTTP_POST = 4,
	NT_HTTP_PUT = 8,
	NT_HTTP_DELETE = 16,
	NT_HTTP_PATCH = 32,
	NT_HTTP_OPTIONS = 64,
	NT_HTTP_OTHER = 128, /* a method that no route takes */
};

struct nt_http_pair {
	struct vf_bytes name, value;
};

/* Ranges borrow from the text that was read and, decoded ones, from room: a head does not move. */
struct nt_http_head {
	unsigned status;       /* the answer that a refused head gets: 400, 414, 417, 431, 501, 505 */
	enum nt_http_method method;
	struct vf_bytes path;  /* percent-decoded once; begins with '/'; "*" for OPTIONS */
	struct nt_http_pair fields[NT_HTTP_MAX_FIELDS], params[NT_HTTP_MAX_PARAMS];
	size_t n_fields, n_params;
	bool http10, chunked, has_length, expect, close;
	uint64_t length;       /* Content-Length; 0 without */
	uint8_t room[NT_HTTP_MAX_TARGET];
	size_t used;
};

enum nt_http_scan {
	NT_HTTP_MORE,  /* the head goes on */
	NT_HTTP_WHOLE, /* at is its length */
	NT_HTTP_BAD,   /* no continuation can be a head */
};

/* Looks for the end of a head, from octet at on; at is kept between calls, so that each octet is looked at once. */
enum nt_http_scan nt_http_head_scan(struct vf_bytes in, size_t *at);

/*
 * Reads a whole head, its empty line included. HTTP_SHAPE, HTTP_LIMIT or HTTP_UNSUPPORTED;
 * ret->status is then the status to answer with, and nothing else in ret counts.
 */
VF_RC nt_http_head_parse(struct vf_bytes text, struct nt_http_head *ret, struct vf_err *reterr);
/* The value of the field, by its lower-case name; false when it is absent. Of list fields the first. */
bool nt_http_head_field(const struct nt_http_head *h, const char *name, struct vf_bytes *ret);
/* Whether the list field holds the item, compared without case. */
bool nt_http_head_lists(const struct nt_http_head *h, const char *name, const char *item);
/* Weak comparison of an entity tag, quotes included, with If-None-Match (RFC 9110 13.1.2). */
bool nt_http_head_none_match(const struct nt_http_head *h, const char *etag);

/* A body in chunks; a cleared one is ready. */
struct nt_http_chunks {
	uint64_t left, data, lines; /* of this chunk; data and lines read so far */
	uint8_t line[NT_HTTP_MAX_CHUNK_LINE];
	size_t n;
	int state;
	bool done;                  /* the last chunk and its empty line were read */
};

/*
 * Takes from in up to the end of a piece of data, which ret borrows and which may be empty;
 * the caller goes on until in is empty or done. HTTP_SHAPE; HTTP_LIMIT when the lines
 * cost more than the data. Chunk extensions and trailers are refused.
 */
VF_RC nt_http_chunks_take(
	struct nt_http_chunks *c, struct vf_bytes *in, struct vf_bytes *ret, struct vf_err *reterr);

#endif
