#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "notary/http_inside.h"
#include "verify/text.h"

#define MAX_ANSWER_HEAD 65536

static const char *phrase(unsigned status)
{
	static const struct {
		unsigned status;
		const char *phrase;
	} phrases[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {303, "See Other"},
		{304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {406, "Not Acceptable"}, {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
		{412, "Precondition Failed"}, {413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"},
		{417, "Expectation Failed"}, {422, "Unprocessable Content"}, {429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
		{503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

/* IMF-fixdate (RFC 9110 5.6.7), in no locale; each thread writes it once a second. */
static void put_date(struct nt_buf *b)
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static _Thread_local struct {
		int64_t ms;
		char text[64];
	} last;
	struct timespec now;
	struct vf_time t;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	ms = (int64_t)now.tv_sec * 1000;
	if (ms != last.ms) {
		vf_time_to(ms, &t);
		snprintf(last.text, sizeof(last.text), "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
			days + 3 * (ms / 86400000 % 7), t.day, months + 3 * (t.month - 1), t.year, t.hour, t.minute, t.second);
		last.ms = ms;
	}
	nt_buf_put_str(b, last.text);
}

static bool is_field_text(const char *s)
{
	struct vf_bytes b = vf_bytes_str(s);

	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 0x20 || b.p[i] == 0x7f)
			return false;
	return true;
}

/* False, and the buffer is spoilt, when a value could end its line. */
static bool put_field(struct nt_buf *b, const char *name, const char *value)
{
	if (!is_field_text(name) || !is_field_text(value) || strchr(name, ':') != NULL)
		return false;
	nt_buf_putf(b, "%s: %s\r\n", name, value);
	return true;
}

static const char *cache_control(enum nt_http_cache cache)
{
	switch (cache) {
	case NT_HTTP_NO_STORE:
		return "no-store";
	case NT_HTTP_NO_CACHE:
		return "no-cache";
	case NT_HTTP_IMMUTABLE:
		return "public, max-age=31536000, immutable";
	}
	return "no-store";
}

static bool gives(const struct nt_http_reply *r, const char *name)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (strcasecmp(r->fields[i].name, name) == 0)
			return true;
	return false;
}

/* Everything but Connection and the empty line, which the loop adds. */
static bool put_head(struct nt_buf *b, unsigned status, const struct nt_http_reply *r)
{
	uint64_t size = r->file ? r->fd_size : r->body.n;
	bool ok = true;

	nt_buf_putf(b, "HTTP/1.1 %u %s\r\n", status, phrase(status));
	put_date(b);
	nt_buf_putf(b, "Cache-Control: %s\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n",
		cache_control(r->cache));
	if (!gives(r, "content-security-policy"))
		nt_buf_put_str(b, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
	if (r->etag)
		ok = put_field(b, "ETag", r->etag);
	for (size_t i = 0; i < r->n_fields; i++)
		ok = ok && put_field(b, r->fields[i].name, r->fields[i].value);
	if (status == 204 || status == 304)
		return ok;
	if (r->type)
		ok = ok && put_field(b, "Content-Type", r->type);
	nt_buf_putf(b, "Content-Length: %" PRIu64 "\r\n", size);
	return ok;
}

/* When an answer cannot be made: a plain 500, and without memory for that the connection ends. */
static void put_failure(struct nt_http_request *q)
{
	static const struct nt_http_reply empty = {.status = 500};

	nt_buf_reset(&q->out);
	nt_buf_done(&q->out_body);
	q->out_body = nt_buf(0);
	q->status = 500;
	q->rc = VF_INTERNAL;
	q->close = true;
	if (!put_head(&q->out, 500, &empty) || nt_buf_check(&q->out, NULL) != VF_OK)
		nt_buf_reset(&q->out);
}

static bool is_bodiless(const struct nt_http_request *q)
{
	return q->status == 204 || q->status == 304 || (!q->refused_head && q->head.method == NT_HTTP_HEAD);
}

static void answer(struct nt_http_request *q, const struct nt_http_reply *r, enum vf_rc rc)
{
	bool twice = atomic_exchange(&q->answered, true);
	bool made, reads = !q->refused_head && (q->head.method == NT_HTTP_GET || q->head.method == NT_HTTP_HEAD);

	assert(!twice);
	vf_ignore(twice ? VF_INTERNAL : VF_OK); /* used without assertions, too */
	q->status = reads && r->status == 200 && r->etag && nt_http_head_none_match(&q->head, r->etag) ? 304 : r->status;
	q->rc = rc;
	q->close = r->close;
	q->out = nt_buf(MAX_ANSWER_HEAD);
	q->out_body = nt_buf(r->body.n);
	if (!r->file && !is_bodiless(q))
		nt_buf_put(&q->out_body, r->body);
	made = put_head(&q->out, q->status, r) && nt_buf_check(&q->out, NULL) == VF_OK &&
		nt_buf_check(&q->out_body, NULL) == VF_OK;
	if (!made)
		put_failure(q);
	if (r->file && (!made || is_bodiless(q))) {
		close(r->fd);
	} else if (r->file) {
		q->fd = r->fd;
		q->fd_at = r->fd_at;
		q->fd_left = r->fd_size;
	}
	if (!q->in_loop)
		nt_http_hand_back(q);
}

void nt_http_reply(struct nt_http_request *q, const struct nt_http_reply *r)
{
	answer(q, r, VF_OK);
}

static void put_member(struct nt_buf *b, const char *name, const char *text)
{
	char escaped[1024];

	if (!text)
		return;
	if (!vf_utf8_is(vf_bytes_str(text))) {
		vf_text_escape(escaped, sizeof(escaped), vf_bytes_str(text));
		text = escaped;
	}
	nt_buf_putf(b, ",\"%s\":", name);
	nt_buf_put_json(b, vf_bytes_str(text));
}

void nt_http_problem(struct nt_http_request *q, const struct nt_http_problem *p)
{
	struct nt_http_field fields[16];
	struct nt_buf b = nt_buf(16384);
	struct nt_http_reply r = {.status = p->status, .type = "application/problem+json", .fields = fields};
	char after[16];

	nt_buf_putf(&b, "{\"type\":\"urn:trialnotary:problem:%s\",\"title\":", vf_rc_name(p->rc));
	nt_buf_put_json(&b, vf_bytes_str(vf_rc_text(p->rc)));
	nt_buf_putf(&b, ",\"status\":%u,\"code\":\"%s\"", p->status, vf_rc_name(p->rc));
	put_member(&b, "detail", p->detail);
	put_member(&b, "field", p->field);
	put_member(&b, "next", vf_rc_next(p->rc));
	nt_buf_put_str(&b, "}\n");
	/* without memory for the text the status still goes out */
	if (nt_buf_check(&b, NULL) == VF_OK)
		r.body = nt_buf_bytes(&b);
	for (; r.n_fields < p->n_fields && r.n_fields < 15; r.n_fields++)
		fields[r.n_fields] = p->fields[r.n_fields];
	if (p->retry_after) {
		snprintf(after, sizeof(after), "%u", p->retry_after);
		fields[r.n_fields++] = (struct nt_http_field){"Retry-After", after};
	}
	answer(q, &r, p->rc);
	nt_buf_done(&b);
}

void nt_http_put_methods(struct nt_buf *b, unsigned methods)
{
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"};

	if (methods & NT_HTTP_GET)
		methods |= NT_HTTP_HEAD;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (methods & (1u << i))
			nt_buf_putf(b, "%s, ", names[i]);
	nt_buf_put_str(b, "OPTIONS");
}
