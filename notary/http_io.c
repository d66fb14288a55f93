#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notary/http_conn.h"

/* Pieces in which files go out. */
#define PIECE 65536

int64_t nt_conn_now(void)
{
	return nt_http_now_us() / 1000;
}

void nt_conn_enter(struct nt_http_conn *c, enum nt_conn_state state, unsigned ms)
{
	c->state = state;
	c->since = nt_conn_now();
	c->deadline = c->since + ms;
	c->moved = 0;
}

enum nt_conn_next nt_conn_wait(struct nt_http_conn *c, enum nt_io io)
{
	int64_t left = c->deadline - nt_conn_now();
	struct timeval tv;

	if (io == NT_IO_END || io == NT_IO_FAILED)
		return nt_conn_finish(c);
	if (left < 1)
		left = 1;
	tv = (struct timeval){left / 1000, left % 1000 * 1000};
	if (io == NT_IO_WANT_WRITE)
		event_del(c->reads);
	if (event_add(io == NT_IO_WANT_WRITE ? c->writes : c->reads, &tv) != 0)
		return nt_conn_finish(c);
	return NT_STOP;
}

enum nt_io nt_conn_outcome(ssize_t n, enum nt_io want)
{
	return n > 0 ? NT_IO_DONE : n == 0 ? NT_IO_END : errno == EAGAIN || errno == EINTR ? want : NT_IO_FAILED;
}

enum nt_io nt_conn_read(struct nt_http_conn *c, size_t *ret)
{
	ssize_t n;

	if (c->tls)
		return nt_tls_read(c->tls, c->in + c->in_n, sizeof(c->in) - c->in_n, ret);
	n = recv(c->fd, c->in + c->in_n, sizeof(c->in) - c->in_n, 0);
	*ret = n > 0 ? (size_t)n : 0;
	return nt_conn_outcome(n, NT_IO_WANT_READ);
}

static enum nt_io write_some(struct nt_http_conn *c, struct vf_bytes b, size_t *ret)
{
	ssize_t n;

	if (c->tls)
		return nt_tls_write(c->tls, b, ret);
	n = send(c->fd, b.p, b.n, MSG_NOSIGNAL);
	*ret = n > 0 ? (size_t)n : 0;
	return nt_conn_outcome(n, NT_IO_WANT_WRITE);
}

void nt_conn_used(struct nt_http_conn *c, size_t n)
{
	c->in_n -= n;
	memmove(c->in, c->in + n, c->in_n);
}

enum nt_conn_next nt_conn_flush(struct nt_http_conn *c)
{
	enum nt_io io;
	size_t n;

	while (c->out_at < c->out.n) {
		io = write_some(c, vf_bytes(c->out.p + c->out_at, c->out.n - c->out_at), &n);
		if (io != NT_IO_DONE)
			return nt_conn_wait(c, io);
		c->out_at += n;
		c->moved += n;
	}
	return NT_GO_ON;
}

bool nt_conn_piece(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;
	size_t n = q->fd_left < PIECE ? (size_t)q->fd_left : PIECE;
	ssize_t got;

	nt_buf_reset(&c->out);
	c->out_at = 0;
	if (!nt_buf_reserve(&c->out, n))
		return false;
	got = pread(q->fd, c->out.p, n, (off_t)q->fd_at);
	if (got <= 0)
		return false;
	c->out.n = (size_t)got;
	q->fd_at += (uint64_t)got;
	q->fd_left -= (uint64_t)got;
	q->sent += (uint64_t)got;
	return true;
}
