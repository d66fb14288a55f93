#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/http_inside.h"

/* A file that nobody else can open, and that is gone with its descriptor. */
static enum vf_rc open_unnamed(const char *folder, int *ret, struct vf_err *reterr)
{
	char path[4096];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* file systems without O_TMPFILE */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		if (snprintf(path, sizeof(path), "%s/body-XXXXXX", folder) >= (int)sizeof(path))
			return vf_fail(reterr, VF_IO, "the name of the folder for bodies is too long");
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0 && unlink(path) != 0) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0)
		return vf_fail(reterr, VF_IO, "cannot make a file for the body: %s", strerror(errno));
	*ret = fd;
	return VF_OK;
}

static void forget_memory(struct nt_http_request *q)
{
	q->server->memory -= q->body.memory.n;
	nt_buf_done(&q->body.memory);
	q->body.memory = nt_buf(0);
}

/* Nothing that a client sends may take the last room: what the notary itself writes then would stop it. */
static enum vf_rc check_room(const struct nt_http_request *q, uint64_t octets, struct vf_err *reterr)
{
	uint64_t left = q->server->config.limits.disk_left;

	if (octets <= UINT64_MAX - left && nt_fd_has_room(q->body.fd, octets + left))
		return VF_OK;
	return vf_fail(reterr, VF_HTTP_BUSY, "there is no room for this body on the disk");
}

/* What is in memory goes first. */
static enum vf_rc move_to_file(struct nt_http_request *q, struct vf_err *reterr)
{
	struct nt_http_store *b = &q->body;
	enum vf_rc rc = open_unnamed(q->server->folder, &b->fd, reterr);

	if (rc == VF_OK)
		rc = check_room(q, q->head.length, reterr);
	if (rc == VF_OK)
		rc = nt_fd_write(b->fd, nt_buf_bytes(&b->memory), "body", reterr);
	if (rc == VF_OK)
		forget_memory(q);
	return rc;
}

VF_RC nt_http_store_put(struct nt_http_request *q, struct vf_bytes bytes, struct vf_err *reterr)
{
	struct nt_http_store *b = &q->body;
	struct nt_http *s = q->server;
	enum vf_rc rc = VF_OK;
	bool fits;

	if (bytes.n > q->route.max_body - b->size)
		return vf_fail(reterr, VF_HTTP_LIMIT, "the body is larger than this path takes");
	fits = bytes.n <= s->config.limits.memory - s->memory;
	if (b->fd < 0 && q->route.to_file && (!fits || b->memory.n + bytes.n > s->config.limits.memory_body))
		rc = move_to_file(q, reterr);
	if (rc != VF_OK)
		return rc;
	if (b->fd >= 0) {
		rc = check_room(q, bytes.n, reterr);
		if (rc == VF_OK)
			rc = nt_fd_write(b->fd, bytes, "body", reterr);
	} else if (!fits) {
		rc = vf_fail(reterr, VF_HTTP_BUSY, "the memory for bodies is used up");
	} else {
		b->memory.cap = (size_t)q->route.max_body;
		nt_buf_put(&b->memory, bytes);
		rc = nt_buf_check(&b->memory, reterr);
		if (rc == VF_OK)
			s->memory += bytes.n;
	}
	if (rc == VF_OK)
		b->size += bytes.n;
	return rc;
}

void nt_http_store_done(struct nt_http_request *q)
{
	forget_memory(q);
	if (q->body.fd >= 0)
		close(q->body.fd);
	q->body.fd = -1;
}
