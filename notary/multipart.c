#include "notary/multipart.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/multipart_inside.h"

#define WINDOW ((size_t)256 * 1024)
#define MAX_MARK (NT_MULTIPART_MAX_BOUNDARY + 3) /* LF "--" boundary */

/*
 * Both ways look through a window: in memory it is the whole body, of a file it is a piece that moves on.
 *
 *	"--" boundary CRLF  fields CRLF CRLF  octets CRLF "--" boundary CRLF  ...  CRLF "--" boundary "--" [CRLF]
 */
struct nt_multipart {
	uint8_t mark[MAX_MARK];
	size_t mark_n;
	struct vf_bytes body; /* in memory */
	int fd;               /* or -1 */
	uint64_t size;
	uint8_t *room;        /* WINDOW octets, with a file */
	struct vf_bytes window;
	uint64_t window_at;
	uint64_t at;          /* the first octet after the last delimiter "--" boundary */
	size_t n_parts;
	bool failed, ended;
};

/* ---- the window ---- */

VF_RC nt_multipart_new(const struct nt_multipart_boundary *boundary, struct vf_bytes body, int fd, uint64_t size,
	struct nt_multipart **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_multipart_freep) struct nt_multipart *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the reader of a body");
	if (!nt_multipart_is_boundary(vf_bytes(boundary->text, boundary->n)) || (fd < 0 && body.n != size))
		return vf_fail(reterr, VF_INTERNAL, "the body or its boundary was not given");
	m->mark_n = boundary->n + 3;
	memcpy(m->mark, "\n--", 3);
	memcpy(m->mark + 3, boundary->text, boundary->n);
	m->fd = fd;
	m->size = size;
	m->body = body;
	if (fd >= 0) {
		m->room = malloc(WINDOW);
		if (m->room == NULL)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the reader of a body");
	}
	*ret = m;
	m = NULL;
	return VF_OK;
}

struct nt_multipart *nt_multipart_free(struct nt_multipart *m)
{
	if (m != NULL)
		free(m->room);
	free(m);
	return NULL;
}

void nt_multipart_freep(struct nt_multipart **m)
{
	*m = nt_multipart_free(*m);
}

static enum vf_rc read_at(int fd, uint64_t at, uint8_t *p, size_t n, struct vf_err *reterr)
{
	while (n) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vf_fail(reterr, VF_IO, "reading the body: %s", strerror(errno));
		if (got == 0)
			return vf_fail(reterr, VF_IO, "the file of the body is shorter than the body");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return VF_OK;
}

/*
 * The body from at on: all of it in memory; of a file at least want octets (at most WINDOW), or all that are
 * left. What the window holds already is moved to its front, not read again.
 */
static enum vf_rc look(struct nt_multipart *m, uint64_t at, size_t want, struct vf_bytes *ret, struct vf_err *reterr)
{
	uint64_t left = m->size - at;
	size_t kept = 0, n = left < WINDOW ? (size_t)left : WINDOW;
	enum vf_rc rc;

	if (m->fd < 0) {
		*ret = vf_bytes(m->body.p == NULL ? m->body.p : m->body.p + at, (size_t)left);
		return VF_OK;
	}
	if (at >= m->window_at && at - m->window_at <= m->window.n) {
		*ret = vf_bytes(m->room + (at - m->window_at), m->window.n - (size_t)(at - m->window_at));
		if (ret->n >= want || ret->n == left)
			return VF_OK;
		kept = ret->n;
		memmove(m->room, ret->p, kept);
	}
	m->window = vf_bytes(m->room, 0);
	m->window_at = at;
	rc = read_at(m->fd, at + kept, m->room + kept, n - kept, reterr);
	if (rc != VF_OK)
		return rc;
	m->window.n = n;
	*ret = m->window;
	return VF_OK;
}

/* ---- parts ---- */

/* Reads the header lines and the empty line from at on, and moves it behind them. */
static enum vf_rc take_head(
	struct nt_multipart *m, uint64_t *at, struct nt_multipart_part *p, struct vf_err *reterr)
{
	struct vf_bytes in, line, all;
	enum vf_rc rc = look(m, *at, NT_MULTIPART_MAX_HEAD, &all, reterr);

	if (rc != VF_OK)
		return rc;
	if (all.n > NT_MULTIPART_MAX_HEAD)
		all.n = NT_MULTIPART_MAX_HEAD;
	in = all;
	for (size_t lines = 0;; lines++) {
		if (!vf_take_line(&in, &line)) {
			if (all.n < NT_MULTIPART_MAX_HEAD)
				return nt_multipart_shape(m->n_parts, "the body ends within its header lines", reterr);
			return vf_fail(reterr, VF_HTTP_LIMIT, "part %zu: the header lines are longer than %d octets",
				m->n_parts, NT_MULTIPART_MAX_HEAD);
		}
		if (!vf_bytes_ends(line, "\r"))
			return nt_multipart_shape(m->n_parts, "a header line does not end in CRLF", reterr);
		line.n--;
		if (line.n == 0)
			break;
		if (lines == NT_MULTIPART_MAX_LINES)
			return vf_fail(reterr, VF_HTTP_LIMIT, "part %zu: there are more than %d header lines",
				m->n_parts, NT_MULTIPART_MAX_LINES);
		rc = nt_multipart_field(m->n_parts, line, p, reterr);
		if (rc != VF_OK)
			return rc;
	}
	*at += all.n - in.n;
	return p->name[0] == '\0' ? nt_multipart_shape(m->n_parts, "there is no Content-Disposition", reterr) : VF_OK;
}

/*
 * Finds LF "--" boundary from at on. The search goes for LF and not CRLF, so that a boundary after a bare
 * LF, which lenient readers take for one, is seen and refused.
 */
static enum vf_rc find_mark(struct nt_multipart *m, uint64_t at, uint64_t *ret, struct vf_err *reterr)
{
	for (;;) {
		struct vf_bytes in;
		const uint8_t *found;
		enum vf_rc rc = look(m, at, m->mark_n, &in, reterr);

		if (rc != VF_OK)
			return rc;
		if (in.n < m->mark_n)
			return nt_multipart_shape(m->n_parts, "the body ends before its boundary", reterr);
		found = memmem(in.p, in.n, m->mark, m->mark_n);
		if (found != NULL) {
			*ret = at + (uint64_t)(found - in.p);
			return VF_OK;
		}
		at += in.n - m->mark_n + 1; /* a boundary may begin in the last octets */
	}
}

/* What follows "--" boundary: CRLF, then a part; or "--" and the end of the body, perhaps after a CRLF. */
static enum vf_rc after_mark(struct nt_multipart *m, struct vf_err *reterr)
{
	struct vf_bytes in;
	enum vf_rc rc = look(m, m->at, 5, &in, reterr);

	if (rc != VF_OK)
		return rc;
	if (vf_take_str(&in, "\r\n")) {
		m->at += 2;
		return VF_OK;
	}
	if (!vf_take_str(&in, "--"))
		return nt_multipart_shape(m->n_parts, "the boundary goes on where its line should end", reterr);
	if (in.n != 0 && !(vf_take_str(&in, "\r\n") && in.n == 0))
		return nt_multipart_shape(m->n_parts, "there is text after the last part", reterr);
	m->ended = true;
	return VF_OK;
}

static enum vf_rc begin(struct nt_multipart *m, struct vf_err *reterr)
{
	struct vf_bytes in;
	enum vf_rc rc = look(m, 0, MAX_MARK, &in, reterr);

	if (rc != VF_OK)
		return rc;
	if (in.n < m->mark_n - 1 || memcmp(in.p, m->mark + 1, m->mark_n - 1) != 0)
		return vf_fail(reterr, VF_HTTP_SHAPE, "the body does not begin with its boundary");
	m->at = m->mark_n - 1;
	rc = after_mark(m, reterr);
	if (rc == VF_OK && m->ended)
		return vf_fail(reterr, VF_HTTP_SHAPE, "the body has no part");
	return rc;
}

static enum vf_rc next(struct nt_multipart *m, struct nt_multipart_part *p, struct vf_err *reterr)
{
	uint64_t at, mark = 0;
	struct vf_bytes before;
	enum vf_rc rc = m->n_parts == 0 ? begin(m, reterr) : VF_OK;

	if (rc != VF_OK)
		return rc;
	if (m->n_parts == NT_MULTIPART_MAX_PARTS)
		return vf_fail(reterr, VF_HTTP_LIMIT, "there are more than %d parts", NT_MULTIPART_MAX_PARTS);
	m->n_parts++;
	at = m->at;
	rc = take_head(m, &at, p, reterr);
	/* from the LF of the empty line on: a boundary straight after it ends a part that never began */
	if (rc == VF_OK)
		rc = find_mark(m, at - 1, &mark, reterr);
	if (rc != VF_OK)
		return rc;
	if (mark < at + 1)
		return nt_multipart_shape(m->n_parts, "a boundary stands where its octets should begin", reterr);
	rc = look(m, mark - 1, 1, &before, reterr);
	if (rc != VF_OK)
		return rc;
	if (before.p[0] != '\r')
		return nt_multipart_shape(m->n_parts, "a boundary stands after a bare LF", reterr);
	p->at = at;
	p->size = mark - 1 - at;
	m->at = mark + m->mark_n;
	return after_mark(m, reterr);
}

VF_RC nt_multipart_next(struct nt_multipart *m, bool *ret_more, struct nt_multipart_part *ret, struct vf_err *reterr)
{
	struct nt_multipart_part p = {0};
	enum vf_rc rc;

	if (m->failed)
		return vf_fail(reterr, VF_HTTP_SHAPE, "the body was refused before");
	if (m->ended) {
		*ret_more = false;
		return VF_OK;
	}
	rc = next(m, &p, reterr);
	m->failed = rc != VF_OK;
	if (rc != VF_OK)
		return rc;
	*ret = p;
	*ret_more = true;
	return VF_OK;
}

VF_RC nt_multipart_put(const struct nt_multipart *m, const struct nt_multipart_part *part, uint64_t max,
	struct nt_buf *out, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (part->at > m->size || part->size > m->size - part->at)
		return vf_fail(reterr, VF_INTERNAL, "the part is of another body");
	if (part->size > max)
		return vf_fail(reterr, VF_HTTP_LIMIT, "the part is larger than %" PRIu64 " octets", max);
	if (part->size == 0)
		return nt_buf_check(out, reterr);
	if (m->fd < 0) {
		nt_buf_put(out, vf_bytes(m->body.p + part->at, (size_t)part->size));
		return nt_buf_check(out, reterr);
	}
	if (!nt_buf_reserve(out, (size_t)part->size))
		return nt_buf_check(out, reterr);
	rc = read_at(m->fd, part->at, out->p + out->n, (size_t)part->size, reterr);
	if (rc == VF_OK)
		out->n += (size_t)part->size;
	return rc;
}
