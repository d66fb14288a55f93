#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "verify/text.h"

int64_t nt_api_ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- a job and its end ---- */

struct nt_job *nt_job_new(struct nt_api *a, struct nt_http_request *q, const struct nt_api_route *route)
{
	struct nt_job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->api = a;
	j->q = q;
	j->route = route;
	j->rc = VF_OK;
	j->fd = -1;
	j->body = nt_buf((size_t)1 << 30);
	snprintf(j->request, sizeof(j->request), "%s-%" PRIx64, a->prefix, nt_http_id(q));
	return j;
}

static void free_more(struct nt_job *j)
{
	if (j->more && j->free_more)
		j->free_more(j->more);
	j->more = NULL;
}

static void job_free(struct nt_job *j)
{
	free_more(j);
	if (j->fd >= 0)
		close(j->fd);
	nt_buf_done(&j->body);
	free(j);
}

unsigned nt_api_status(enum vf_rc rc)
{
	static const struct {
		enum vf_rc rc;
		unsigned status;
	} known[] = {
		{VF_HTTP_SHAPE, 400}, {VF_JSON_SHAPE, 400}, {VF_UNAUTHENTICATED, 401}, {VF_TOKEN_EXPIRED, 401},
		{VF_TOKEN_REVOKED, 401}, {VF_FORBIDDEN, 403}, {VF_PERMISSION, 403}, {VF_HTTP_NOT_FOUND, 404},
		{VF_UNKNOWN_RECORD, 404}, {VF_UNKNOWN_PARTY, 404}, {VF_UNKNOWN_TOKEN, 404}, {VF_STREAM_CONFLICT, 409},
		{VF_ENTRY_CONFLICT, 409}, {VF_EXISTS, 409}, {VF_NOT_SEALED, 409}, {VF_ERASED, 410}, {VF_HTTP_LIMIT, 413}, {VF_LIMIT, 413},
		{VF_HTTP_UNSUPPORTED, 415}, {VF_IDEMPOTENCY_KEY, 422}, {VF_NO_MEMORY, 503}, {VF_INTERNAL, 500},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].rc == rc)
			return known[i].status;
	return vf_rc_class(rc) == VF_CLASS_IO ? 503 : 422;
}

/* Busy for now: nothing was stored, and the same request may be sent again. */
static bool is_busy(enum vf_rc rc)
{
	return rc == VF_STORE_BUSY || rc == VF_HTTP_BUSY || rc == VF_NO_MEMORY || rc == VF_NOT_SEALED;
}

static void answer_problem(struct nt_job *j)
{
	static const struct nt_http_field bearer = {"WWW-Authenticate", "Bearer realm=\"trialnotary\""};
	struct nt_http_problem p = {.status = j->status ? j->status : nt_api_status(j->rc),
		.rc = j->rc,
		.detail = j->err.text[0] ? j->err.text : NULL,
		.field = j->field[0] ? j->field : NULL,
		.retry_after = j->retry_after ? j->retry_after : is_busy(j->rc) ? 1 : 0};

	if (p.status == 401) {
		p.fields = &bearer;
		p.n_fields = 1;
	}
	nt_http_problem(j->q, &p);
}

static void answer(struct nt_job *j)
{
	struct nt_http_field location = {"Location", j->location};
	struct nt_http_reply r = {.status = j->status ? j->status : 200,
		.type = j->type ? j->type : "application/json",
		.etag = j->etag[0] ? j->etag : NULL,
		.cache = j->cache,
		.fields = &location,
		.n_fields = j->location[0] ? 1 : 0};

	if (j->fd >= 0) {
		r.file = true;
		r.fd = j->fd;
		r.fd_size = j->fd_size;
		j->fd = -1;
	} else {
		r.body = nt_buf_bytes(&j->body);
	}
	nt_http_reply(j->q, &r);
}

static void job_finish(struct nt_job *j)
{
	struct vf_err err;
	enum vf_rc rc;

	if (j->rc == VF_OK && j->finish)
		j->finish(j);
	rc = nt_buf_check(&j->body, &err);
	if (j->rc == VF_OK && rc != VF_OK)
		nt_job_refuse(j, rc == VF_LIMIT ? VF_INTERNAL : rc, &err, NULL);
	/* before the answer: whoever has it may ask for the same room at once */
	free_more(j);
	if (j->rc == VF_OK)
		answer(j);
	else
		answer_problem(j);
	job_free(j);
}

/* On the trail's thread: the events are durable, or never will be. */
static void on_trail(struct nt_trail_item *x, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_job *j = x->ctx;

	if (rc != VF_OK) {
		nt_job_refuse(j, rc, err, NULL);
		j->status = 503;
	}
	job_finish(j);
}

void nt_job_end(struct nt_job *j)
{
	if (j->n_events == 0) {
		job_finish(j);
		return;
	}
	j->item = (struct nt_trail_item){.events = j->events, .n = j->n_events, .done = on_trail, .ctx = j};
	nt_trail_put(j->api->trail, &j->item);
}

void nt_job_refuse(struct nt_job *j, enum vf_rc rc, const struct vf_err *err, const char *field)
{
	j->rc = rc;
	j->err = *err;
	j->status = 0;
	snprintf(j->field, sizeof(j->field), "%s", field ? field : "");
}

void nt_job_fail(struct nt_job *j, enum vf_rc rc, const char *field, const char *what)
{
	struct vf_err err;

	vf_ignore(vf_fail(&err, rc, "%s", what)); /* only for its text */
	nt_job_refuse(j, rc, &err, field);
	nt_job_end(j);
}

/* ---- who may, and what is recorded ---- */

void nt_job_event(struct nt_job *j, enum nt_right right, enum nt_about about, const struct vf_hash *object,
	enum vf_rc outcome, uint64_t count)
{
	struct nt_event *e;

	if (j->n_events == NT_API_EVENTS)
		return; /* no request has more: see NT_API_EVENTS */
	e = &j->events[j->n_events++];
	*e = (struct nt_event){.time_ms = nt_notary_now(j->api->n),
		.party = vf_bytes_str(j->who.party[0] ? j->who.party : NT_PARTY_UNKNOWN),
		.credential = j->who.credential,
		.right = right,
		.about = about,
		.outcome = outcome,
		.count = count,
		.request = vf_bytes_str(j->request)};
	if (about != NT_ABOUT_NONE)
		e->object = *object;
}

static bool read_bearer(struct nt_http_request *q, struct vf_bytes *ret)
{
	static const char scheme[] = "bearer ";
	struct vf_bytes value;

	*ret = vf_bytes(NULL, 0);
	if (!nt_http_header(q, "authorization", &value))
		return true;
	for (size_t i = 0; i < sizeof(scheme) - 1; i++) {
		uint8_t c = i < value.n ? value.p[i] : 0;

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)scheme[i])
			return false;
	}
	return vf_bytes_slice(value, sizeof(scheme) - 1, value.n - (sizeof(scheme) - 1), ret) && ret->n > 0;
}

VF_RC nt_job_check(struct nt_job *j, enum nt_right right, struct vf_bytes study, struct vf_bytes kind, enum nt_about about,
	const struct vf_hash *object, struct vf_err *reterr)
{
	const uint8_t *key = nt_http_client_key(j->q);
	struct nt_credential c = {0};
	struct vf_hash spki;
	enum vf_rc rc;

	if (key) {
		memcpy(spki.b, key, sizeof(spki.b));
		c.spki = &spki;
	}
	if (!read_bearer(j->q, &c.token)) {
		snprintf(j->who.party, sizeof(j->who.party), NT_PARTY_UNKNOWN);
		rc = vf_fail(reterr, VF_UNAUTHENTICATED, "the Authorization field is not 'Bearer TOKEN'");
	} else {
		rc = nt_access_check(j->api->access, &c, right, study, kind, nt_notary_now(j->api->n), &j->who, reterr);
	}
	if (rc != VF_OK)
		nt_job_event(j, j->route->right, about, object, rc, 1);
	return rc;
}

struct vf_hash nt_api_study_hash(struct vf_bytes study)
{
	return vf_sha256(study);
}

/* ---- the keeper ---- */

/* The keeper's thread: run answers the question, or the job waits. */
static void on_run(struct nt_call *c, struct nt_notary *n)
{
	struct nt_job *j = c->ctx;
	struct vf_err err = {0};
	enum vf_rc rc;

	j->next = NULL;
	rc = j->run(j, n, &err);
	if (rc == VF_OK && j->next == j) {
		nt_job_wait(j);
		return;
	}
	if (rc != VF_OK) {
		nt_job_refuse(j, rc, &err, j->field);
		/* who was granted the access got nothing all the same */
		for (size_t i = 0; i < j->n_events; i++)
			if (j->events[i].outcome == VF_OK)
				j->events[i].outcome = rc;
	}
	nt_job_end(j);
}

static void on_refused(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_job *j = c->ctx;

	nt_job_refuse(j, rc, err, NULL);
	nt_job_end(j);
}

void nt_job_call(struct nt_job *j, nt_job_run *run)
{
	struct vf_err err;
	enum vf_rc rc;

	j->run = run;
	j->call = (struct nt_call){.run = on_run, .refused = on_refused, .ctx = j};
	rc = nt_keeper_call(j->api->keeper, &j->call, &err);
	if (rc == VF_OK)
		return;
	nt_job_refuse(j, rc, &err, NULL);
	nt_job_end(j);
}

bool nt_job_is_late(struct nt_job *j)
{
	bool stopping;

	pthread_mutex_lock(&j->api->lock);
	stopping = j->api->stopping;
	pthread_mutex_unlock(&j->api->lock);
	return stopping || j->deadline == 0 || nt_api_ticks() >= j->deadline;
}

void nt_job_wait(struct nt_job *j)
{
	struct nt_api *a = j->api;
	bool stopping;

	pthread_mutex_lock(&a->lock);
	stopping = a->stopping;
	if (!stopping) {
		j->next = a->waiting;
		a->waiting = j;
	}
	pthread_mutex_unlock(&a->lock);
	if (stopping)
		on_run(&j->call, a->n); /* is late now, and ends */
}

/* ---- what was asked ---- */

bool nt_job_find_id(struct nt_job *j)
{
	struct vf_bytes path = nt_http_path(j->q), part;

	/* /v1/records/ID... */
	return vf_take_str(&path, "/v1/records/") && vf_take(&path, 64, &part) && (path.n == 0 || path.p[0] == '/') &&
		vf_hex_read(part, j->id.b, sizeof(j->id.b));
}

bool nt_job_read_id(struct nt_job *j)
{
	if (nt_job_find_id(j))
		return true;
	nt_job_fail(j, VF_UNKNOWN_RECORD, NULL, "an ID has 64 lower-case hex digits");
	return false;
}

bool nt_job_read_number(struct nt_job *j, const char *name, uint64_t min, uint64_t max, bool must, uint64_t *ret)
{
	struct vf_bytes text;
	struct vf_err err;

	if (!nt_http_param(j->q, name, &text)) {
		if (!must)
			return true;
		nt_job_fail(j, VF_HTTP_SHAPE, name, "this parameter is missing");
		return false;
	}
	if (vf_decimal_read(text, max, ret) && *ret >= min)
		return true;
	vf_ignore(vf_fail(&err, VF_HTTP_SHAPE, "not a number from %" PRIu64 " to %" PRIu64, min, max)); /* only for its text */
	nt_job_fail(j, VF_HTTP_SHAPE, name, err.text);
	return false;
}

bool nt_job_read_wait(struct nt_job *j)
{
	uint64_t seconds = 0;

	if (!nt_job_read_number(j, "wait", 1, NT_API_MAX_WAIT, false, &seconds))
		return false;
	j->deadline = seconds ? nt_api_ticks() + (int64_t)seconds * 1000 : 0;
	return true;
}

bool nt_job_read_body(struct nt_job *j, struct vf_bytes *ret, uint8_t **ret_block)
{
	uint64_t size = nt_http_body_size(j->q);
	int fd = nt_http_body_fd(j->q);
	size_t at = 0;

	*ret_block = NULL;
	if (fd < 0) {
		*ret = nt_http_body(j->q);
		return true;
	}
	*ret_block = malloc(size ? size : 1);
	while (*ret_block && at < size) {
		ssize_t got = pread(fd, *ret_block + at, size - at, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	if (*ret_block && at == size) {
		*ret = vf_bytes(*ret_block, size);
		return true;
	}
	nt_job_fail(j, *ret_block ? VF_IO : VF_NO_MEMORY, NULL, "the body cannot be read back");
	free(*ret_block);
	*ret_block = NULL;
	return false;
}

/* ---- JSON ---- */

void nt_put_text(struct nt_buf *b, const char *name, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	nt_buf_putf(b, ",\"%s\":", name);
	nt_buf_put_json(b, text);
}

void nt_put_hash(struct nt_buf *b, const char *name, const struct vf_hash *h)
{
	nt_buf_putf(b, ",\"%s\":\"", name);
	nt_buf_put_hex(b, vf_bytes(h->b, sizeof(h->b)));
	nt_buf_put_u8(b, '"');
}

void nt_put_time(struct nt_buf *b, const char *name, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	vf_time_put(text, ms);
	nt_buf_putf(b, ",\"%s\":\"%s\"", name, text);
}

const char *nt_state_name(enum nt_state state)
{
	switch (state) {
	case NT_PENDING:
		return "accepted";
	case NT_SEQUENCED:
		return "sequenced";
	case NT_SEALED:
		return "sealed";
	case NT_ERASED:
		return "erased";
	}
	return "";
}
