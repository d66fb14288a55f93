#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "notary/http_inside.h"

struct nt_http_request *nt_http_request_new(struct nt_http *s)
{
	struct nt_http_request *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->server = s;
	q->in_loop = true;
	q->id = ++s->next_id;
	q->fd = q->body.fd = -1;
	return q;
}

void nt_http_request_free(struct nt_http_request *q)
{
	nt_http_store_done(q);
	nt_buf_done(&q->out);
	nt_buf_done(&q->out_body);
	if (q->fd >= 0)
		close(q->fd);
	free(q->text);
	free(q);
}

void nt_http_tell(const struct nt_http_request *q)
{
	struct nt_http *s = q->server;
	struct nt_http_event e = {.id = q->id, .peer = q->peer, .method = q->refused_head ? NT_HTTP_OTHER : q->head.method,
		.status = q->status, .rc = q->rc, .tag = q->route.tag, .received = q->body.size, .sent = q->sent,
		.microseconds = nt_http_now_us() - q->began_us};

	if (!q->refused_head)
		e.path = q->head.path;
	if (s->config.event)
		s->config.event(s->config.ctx, &e);
}

uint64_t nt_http_id(const struct nt_http_request *q)
{
	return q->id;
}

enum nt_http_method nt_http_method(const struct nt_http_request *q)
{
	return q->head.method == NT_HTTP_HEAD ? NT_HTTP_GET : q->head.method;
}

struct vf_bytes nt_http_path(const struct nt_http_request *q)
{
	return q->head.path;
}

bool nt_http_param(const struct nt_http_request *q, const char *name, struct vf_bytes *ret)
{
	for (size_t i = 0; i < q->head.n_params; i++)
		if (vf_bytes_is(q->head.params[i].name, name)) {
			*ret = q->head.params[i].value;
			return true;
		}
	return false;
}

const struct nt_http_pair *nt_http_param_unknown(const struct nt_http_request *q, const char *const *names)
{
	for (size_t i = 0; i < q->head.n_params; i++) {
		size_t n = 0;

		while (names[n] && !vf_bytes_is(q->head.params[i].name, names[n]))
			n++;
		if (!names[n])
			return &q->head.params[i];
	}
	return NULL;
}

bool nt_http_header(const struct nt_http_request *q, const char *name, struct vf_bytes *ret)
{
	return nt_http_head_field(&q->head, name, ret);
}

bool nt_http_is_type(const struct nt_http_request *q, const char *type)
{
	struct vf_bytes value, essence;

	if (!nt_http_head_field(&q->head, "content-type", &value))
		return false;
	if (!vf_take_until(&value, ';', &essence))
		essence = value;
	while (essence.n && (essence.p[essence.n - 1] == ' ' || essence.p[essence.n - 1] == '\t'))
		essence.n--;
	return essence.n == strlen(type) && strncasecmp((const char *)essence.p, type, essence.n) == 0;
}

struct vf_bytes nt_http_body(const struct nt_http_request *q)
{
	return nt_buf_bytes(&q->body.memory);
}

int nt_http_body_fd(const struct nt_http_request *q)
{
	return q->body.fd;
}

uint64_t nt_http_body_size(const struct nt_http_request *q)
{
	return q->body.size;
}

const uint8_t *nt_http_client_key(const struct nt_http_request *q)
{
	return q->has_client_key ? q->client_key : NULL;
}

const char *nt_http_peer(const struct nt_http_request *q)
{
	return q->peer;
}

void *nt_http_tag(const struct nt_http_request *q)
{
	return q->route.tag;
}

bool nt_http_is_unread(const struct nt_http_request *q)
{
	return q->route.unread;
}
