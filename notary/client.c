#include "notary/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "notary/client_answer.h"
#include "notary/client_inside.h"
#include "notary/durable.h"
#include "verify/text.h"

/* An answer that is no success: problems are short. */
#define MAX_PROBLEM ((size_t)64 * 1024)
#define CONNECT_MS 10000
#define FIRST_PAUSE_MS 250
#define MAX_PAUSE_MS 8000
/* A server may not make us wait longer than this between two tries. */
#define MAX_RETRY_AFTER 60

/* One try. */
struct attempt {
	const struct nt_client_request *q;
	struct nt_client *c;
	struct nt_buf *out;
	struct nt_buf *problem;
	uint64_t written;
	bool is_large, is_broken;
	char error[CURL_ERROR_SIZE];
	char type[96];
};

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- one try ---- */

static bool is_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, a, sizeof(in));
		return (ntohl(in.sin_addr.s_addr) >> 24) == 127;
	}
	if (a->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, a, sizeof(in));
		return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr) ||
			(IN6_IS_ADDR_V4MAPPED(&in.sin6_addr) && in.sin6_addr.s6_addr[12] == 127);
	}
	return false;
}

/* Decides by the address, whatever name led to it. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct nt_client *c = ctx;

	(void)purpose;
	if (!c->is_tls && !c->plain && !is_loopback(&a->addr)) {
		c->is_elsewhere = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct attempt *t = ctx;
	struct vf_bytes piece = vf_bytes(p, size * n);
	long status = 0;
	bool good;

	curl_easy_getinfo(t->c->curl, CURLINFO_RESPONSE_CODE, &status);
	good = status == 200 || status == 201;
	if (good && t->q->fd > 0) {
		t->is_large = piece.n > t->q->max_file - t->written;
		t->is_broken = !t->is_large && nt_fd_write(t->q->fd, piece, "the answer", NULL) != VF_OK;
		t->written += piece.n;
	} else {
		struct nt_buf *to = good ? t->out : t->problem;

		t->is_large = piece.n > to->cap - to->n;
		if (!t->is_large)
			nt_buf_put(to, piece);
	}
	return t->is_large || t->is_broken ? 0 : piece.n;
}

static bool is_stopped(const struct nt_client *c)
{
	return c->stop && *c->stop;
}

/* libcurl asks at least once a second. */
static int go_on(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	return is_stopped(ctx) ? 1 : 0;
}

static bool set_identity(struct nt_client *c)
{
	CURL *e = c->curl;

	if (!c->is_tls)
		return true;
	if (curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK)
		return false;
	/* A pin is checked in the handshake, before anything of the request is sent, and replaces names and
	 * authorities. */
	if (c->pin.is_set)
		return curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
			curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
			curl_easy_setopt(e, CURLOPT_CAINFO, NULL) == CURLE_OK &&
			curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK &&
			curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, &c->pin) == CURLE_OK &&
			curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, (curl_ssl_ctx_callback)nt_pin_context) ==
			CURLE_OK;
	if (c->cacert &&
		(curl_easy_setopt(e, CURLOPT_CAINFO, c->cacert) != CURLE_OK ||
			curl_easy_setopt(e, CURLOPT_CAPATH, NULL) != CURLE_OK))
		return false;
	return curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
}

static bool set_connection(struct nt_client *c, int64_t left_ms)
{
	CURL *e = c->curl;
	const char *protocols = c->is_tls ? "https" : "http";
	long connect = left_ms < CONNECT_MS ? (long)left_ms : CONNECT_MS;

	curl_easy_reset(e); /* connections stay */
	return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_PROXY, c->proxy) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_NOPROXY, "") == CURLE_OK && /* nor what the environment excepts */
		curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, go_on) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_XFERINFODATA, c) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)left_ms) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, c) == CURLE_OK && set_identity(c);
}

static bool set_request(struct attempt *t, const char *url, struct curl_slist *fields)
{
	CURL *e = t->c->curl;

	if (t->q->post &&
		(curl_easy_setopt(e, CURLOPT_POST, 1L) != CURLE_OK ||
			curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->q->body.n) != CURLE_OK ||
			curl_easy_setopt(e, CURLOPT_POSTFIELDS, (const char *)t->q->body.p) != CURLE_OK))
		return false;
	return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HTTPHEADER, fields) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) ==
		CURLE_OK && /* the token is not for a proxy */
		curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

static struct curl_slist *add_field(struct curl_slist *list, const char *name, const char *value, bool *good)
{
	char line[256];
	struct curl_slist *more;

	if (!value || !*good)
		return list;
	*good = snprintf(line, sizeof(line), "%s: %s", name, value) < (int)sizeof(line);
	more = *good ? curl_slist_append(list, line) : NULL;
	explicit_bzero(line, sizeof(line));
	*good = more != NULL;
	return more ? more : list;
}

static void free_fields(struct curl_slist *list)
{
	for (struct curl_slist *f = list; f; f = f->next)
		explicit_bzero(f->data, strlen(f->data)); /* the token is among them */
	curl_slist_free_all(list);
}

static VF_RC curl_fault(struct attempt *t, CURLcode code, struct vf_err *reterr)
{
	char shown[200];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(t->error[0] ? t->error : curl_easy_strerror(code)));
	if (code == CURLE_ABORTED_BY_CALLBACK && is_stopped(t->c))
		return vf_fail(reterr, VF_INTERRUPTED, "stopped");
	if (t->c->is_elsewhere)
		return vf_fail(reterr, VF_PERMISSION,
			"'%s' is not on this machine: use https://, or --plain if somebody else protects the "
			"connection",
			t->c->server);
	if (t->is_large)
		return vf_fail(reterr, VF_SERVER_ANSWER, "the answer is larger than any such answer of a notary");
	if (t->is_broken)
		return vf_fail(reterr, VF_IO, "the answer cannot be written");
	if (t->c->pin.is_other || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
		code == CURLE_SSL_ISSUER_ERROR)
		return vf_fail(reterr, VF_SERVER_IDENTITY, "'%s': %s", t->c->server,
			t->c->pin.is_other ? "the certificate is another than the pinned one" : shown);
	if (code == CURLE_OUT_OF_MEMORY)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a request");
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY ||
		code == CURLE_BAD_CONTENT_ENCODING)
		return vf_fail(reterr, VF_SERVER_ANSWER, "'%s': %s", t->c->server, shown);
	return vf_fail(reterr, VF_SERVER_UNREACHABLE, "'%s': %s", t->c->server, shown);
}

/* The media type without its parameters. */
static bool is_type(const char *type, const char *want)
{
	size_t n = strlen(want);

	return strncasecmp(type, want, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static VF_RC judge_answer(struct attempt *t, struct nt_client_answer *ret, struct vf_err *reterr)
{
	struct vf_err said = {0};
	char shown[100];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(t->type[0] ? t->type : "nothing"));
	if (ret->status == 200 || ret->status == 201) {
		if (is_type(t->type, t->q->accept))
			return nt_buf_check(t->out, reterr);
		return vf_fail(reterr, VF_SERVER_ANSWER, "the answer is '%s', not '%s'", shown, t->q->accept);
	}
	if (ret->status >= 300 && ret->status < 400)
		return vf_fail(reterr, VF_SERVER_ANSWER,
			"the server sends us elsewhere (status %u), which is not followed", ret->status);
	if (!is_type(t->type, "application/problem+json") ||
		nt_answer_problem(nt_buf_bytes(t->problem), &said, &ret->is_refusal, NULL) != VF_OK)
		return vf_fail(reterr, VF_SERVER_ANSWER, "status %u with '%s' and no reason", ret->status, shown);
	return vf_fail(reterr, said.rc, "%s", said.text);
}

/* Sends the request once. */
static VF_RC try_once(struct attempt *t, const char *url, struct curl_slist *fields, int64_t left_ms,
	struct nt_client_answer *ret, struct vf_err *reterr)
{
	struct nt_client *c = t->c;
	const char *type = NULL;
	long status = 0;
	curl_off_t after = 0;
	CURLcode code;

	*ret = (struct nt_client_answer){0};
	nt_buf_reset(t->out);
	nt_buf_reset(t->problem);
	t->written = 0;
	t->error[0] = t->type[0] = '\0';
	c->is_elsewhere = c->pin.is_other = false;
	if (t->q->fd > 0 && (ftruncate(t->q->fd, 0) != 0 || lseek(t->q->fd, 0, SEEK_SET) != 0))
		return vf_fail(reterr, VF_IO, "a temporary file cannot be emptied: %s", strerror(errno));
	if (!set_connection(c, left_ms) || !set_request(t, url, fields))
		return vf_fail(
			reterr, VF_INTERNAL, "the installed libcurl cannot do what is needed (OpenSSL, TLS 1.2)");
	code = curl_easy_perform(c->curl);
	if (code != CURLE_OK)
		return curl_fault(t, code, reterr);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &after);
	curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
	ret->status = (unsigned)status;
	ret->retry_after = after > 0 ? (unsigned)(after < MAX_RETRY_AFTER ? after : MAX_RETRY_AFTER) : 0;
	snprintf(t->type, sizeof(t->type), "%s", type ? type : "");
	return judge_answer(t, ret, reterr);
}

/* ---- tries ---- */

static bool may_help(enum vf_rc rc, const struct nt_client_answer *a)
{
	if (a->status == 0)
		return rc == VF_SERVER_UNREACHABLE;
	return a->status == 408 || a->status == 429 || a->status == 502 || a->status == 503 || a->status == 504;
}

/* Between one half of the pause and all of it, so that clients do not come back together. */
static int64_t jitter(struct nt_client *c, int64_t ms)
{
	uint32_t r = 0;

	vf_ignore(nt_random(&c->random, &r, sizeof(r), NULL)); /* without it the pause is only less random */
	return ms / 2 + (int64_t)((uint64_t)r * (uint64_t)(ms / 2 + 1) >> 32);
}

static int64_t pause_before(struct nt_client *c, unsigned tries, const struct nt_client_answer *a)
{
	int64_t ms = FIRST_PAUSE_MS;

	for (unsigned i = 1; i < tries && ms < MAX_PAUSE_MS; i++)
		ms *= 2;
	ms = jitter(c, ms < MAX_PAUSE_MS ? ms : MAX_PAUSE_MS);
	return ms > (int64_t)a->retry_after * 1000 ? ms : (int64_t)a->retry_after * 1000;
}

static void sleep_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL); /* a signal that does not end the program only shortens the pause */
}

static VF_RC try_often(struct attempt *t, const char *url, struct curl_slist *fields, struct nt_client_answer *ret,
	struct vf_err *reterr)
{
	struct nt_client *c = t->c;
	int64_t end = ticks() + c->timeout_ms + (int64_t)t->q->extra * 1000;
	struct vf_err err = {0};
	enum vf_rc said = VF_OK;

	for (unsigned tries = 1;; tries++) {
		int64_t left = end - ticks(), pause;
		enum vf_rc rc = try_once(t, url, fields, left > 1 ? left : 1, ret, &err);
		char line[600];

		if (rc == VF_OK)
			return rc;
		pause = pause_before(c, tries, ret);
		left = end - ticks();
		if (is_stopped(c))
			return vf_fail(reterr, VF_INTERRUPTED, "stopped");
		if (!may_help(rc, ret) || left <= pause)
			return vf_fail(reterr, rc, "%s", err.text);
		snprintf(line, sizeof(line), "%s: %s; it will be tried again for %lld seconds", vf_rc_name(rc),
			err.text, (long long)(left + 999) / 1000);
		if (c->note && rc != said)
			c->note(c->note_ctx, line);
		said = rc;
		sleep_ms(pause);
	}
}

VF_RC nt_client_call(struct nt_client *c, const struct nt_client_request *q, struct nt_buf *out,
	struct nt_client_answer *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf problem = nt_buf(MAX_PROBLEM);
	VF_CLEANUP(nt_buf_done) struct nt_buf url = nt_buf((size_t)16 * 1024);
	VF_CLEANUP(nt_buf_done) struct nt_buf none = nt_buf(0);
	struct attempt t = {.q = q, .c = c, .out = out ? out : &none, .problem = &problem};
	struct curl_slist *fields = NULL;
	struct nt_client_answer ignored;
	char bearer[80], accept[160];
	bool good = true;
	enum vf_rc rc;

	t.out->cap = q->max;
	snprintf(bearer, sizeof(bearer), "Bearer %s", c->token);
	snprintf(accept, sizeof(accept), "%s, application/problem+json", q->accept);
	fields = add_field(fields, "Authorization", bearer, &good);
	explicit_bzero(bearer, sizeof(bearer));
	fields = add_field(fields, "Accept", accept, &good);
	fields = add_field(fields, "Content-Type", q->post ? q->type : NULL, &good);
	nt_buf_put_str(&url, c->server);
	nt_buf_put_str(&url, q->path);
	nt_buf_put_u8(&url, 0);
	rc = good ? nt_buf_check(&url, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a request");
	if (rc == VF_OK)
		rc = try_often(&t, (const char *)url.p, fields, ret ? ret : &ignored, reterr);
	free_fields(fields);
	return rc;
}
