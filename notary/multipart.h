/*
 * A strict reader of multipart/form-data (RFC 7578 on RFC 2046): which parts a body holds, and where.
 *
 * Knows the shape only: which names a request takes and in which order is its handler's question.
 * What two readers could see differently is refused: line ends other than CRLF, text before or after
 * the parts, folded or doubled header fields, a boundary inside a part, nested multipart.
 */
#ifndef NOTARY_MULTIPART_H
#define NOTARY_MULTIPART_H

#include "notary/buf.h"

#define NT_MULTIPART_MAX_BOUNDARY 70  /* RFC 2046 5.1.1 */
#define NT_MULTIPART_MAX_PARTS 10001  /* a submission and its documents */
#define NT_MULTIPART_MAX_HEAD 4096    /* octets of a part's header lines */
#define NT_MULTIPART_MAX_LINES 8      /* header lines of a part */
#define NT_MULTIPART_MAX_NAME 255     /* octets of a name, a filename, a media type */

struct nt_multipart;

struct nt_multipart_boundary {
	char text[NT_MULTIPART_MAX_BOUNDARY + 1];
	size_t n;
};

/* Text without NUL or other controls, except that a filename may hold CR and LF: see vf_name_check(). */
struct nt_multipart_part {
	char name[NT_MULTIPART_MAX_NAME + 1];     /* UTF-8, never empty */
	char filename[NT_MULTIPART_MAX_NAME + 1]; /* UTF-8, never empty when is_file */
	char type[NT_MULTIPART_MAX_NAME + 1];     /* media type in lower case, no parameters; "" when absent */
	bool is_file;                             /* there is a filename */
	uint64_t at, size;                        /* the octets, within the body */
};

/*
 * Reads the boundary from the value of a Content-Type field. HTTP_SHAPE: it is not
 * multipart/form-data with one boundary of 1 to 70 characters, as a token or quoted.
 */
VF_RC nt_multipart_boundary(struct vf_bytes content_type, struct nt_multipart_boundary *ret, struct vf_err *reterr);

/*
 * A reader of a body of size octets: in the file fd, which is read with pread(), or, when fd is -1, in
 * memory (body.n is size). Body and file stay the caller's and must stay as they are.
 */
VF_RC nt_multipart_new(const struct nt_multipart_boundary *boundary, struct vf_bytes body, int fd, uint64_t size,
	struct nt_multipart **ret, struct vf_err *reterr);
struct nt_multipart *nt_multipart_free(struct nt_multipart *m);
void nt_multipart_freep(struct nt_multipart **m);

/*
 * The next part; *ret_more is false, and ret is not written, after the last one. The end of a part is only
 * known when it was scanned, so a caller that must know the whole body to be good reads all parts before it
 * acts. HTTP_SHAPE, HTTP_LIMIT; IO: the file cannot be read. After a failure there are no more parts.
 */
VF_RC nt_multipart_next(struct nt_multipart *m, bool *ret_more, struct nt_multipart_part *ret, struct vf_err *reterr);

/* Appends the octets of a part of this body to out; HTTP_LIMIT when they are more than max. */
VF_RC nt_multipart_put(const struct nt_multipart *m, const struct nt_multipart_part *part, uint64_t max,
	struct nt_buf *out, struct vf_err *reterr);

#endif
