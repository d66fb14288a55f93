#include "notary/fetch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include <curl/curl.h>

#include "verify/text.h"

/* All lines of an answer's head: no server of these kinds comes near. */
#define MAX_HEAD ((size_t)64 * 1024)
#define MAX_RETRY_AFTER (24 * 60 * 60)

/* One exchange. */
struct exchange {
	const struct nt_fetch *f;
	CURL *curl;
	struct curl_slist *fields;
	struct nt_buf *out;
	size_t start, head; /* where the body begins in out; octets of the head */
	bool is_long, is_stopped;
	char shown[128]; /* the address without parameters, which may be secret */
	char error[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

static void start(void)
{
	ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

VF_RC nt_fetch_start(struct vf_err *reterr)
{
	pthread_once(&once, start);
	return ready ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "libcurl cannot be started");
}

struct nt_fetch_keep {
	CURL *curl;
};

struct nt_fetch_keep *nt_fetch_keep_new(void)
{
	struct nt_fetch_keep *k = nt_fetch_start(NULL) == VF_OK ? calloc(1, sizeof(*k)) : NULL;

	if (k && !(k->curl = curl_easy_init()))
		k = nt_fetch_keep_free(k);
	return k;
}

struct nt_fetch_keep *nt_fetch_keep_free(struct nt_fetch_keep *k)
{
	if (k)
		curl_easy_cleanup(k->curl);
	free(k);
	return NULL;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what libcurl calls ---- */

/* A body with another status is of no use and ends the exchange. */
static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	struct vf_bytes piece = vf_bytes(p, size * n);
	long status = 0;

	if (curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
		return 0;
	if (piece.n > x->f->max - (x->out->n - x->start)) {
		x->is_long = true;
		return 0;
	}
	nt_buf_put(x->out, piece);
	return x->out->failed ? 0 : piece.n;
}

static size_t take_head(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	(void)p;
	x->head += size * n;
	x->is_long = x->is_long || x->head > MAX_HEAD;
	return x->is_long ? 0 : size * n;
}

/* libcurl asks at least once a second. */
static int go_on(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct exchange *x = ctx;

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	x->is_stopped = x->f->stop && *x->f->stop;
	return x->is_stopped ? 1 : 0;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)ctx;
	(void)purpose;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* ---- setting it up ---- */

static bool set_blob(CURL *e, CURLoption option, struct vf_bytes pem)
{
	struct curl_blob blob = {.len = pem.n, .flags = CURL_BLOB_COPY};

	if (pem.n == 0)
		return true;
	memcpy(&blob.data, &pem.p, sizeof(blob.data)); /* libcurl copies, but does not say const */
	return curl_easy_setopt(e, option, &blob) == CURLE_OK;
}

static bool set_tls(struct exchange *x)
{
	CURL *e = x->curl;

	if (x->f->ca.n && (curl_easy_setopt(e, CURLOPT_CAINFO, NULL) != CURLE_OK ||
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL) != CURLE_OK ||
		!set_blob(e, CURLOPT_CAINFO_BLOB, x->f->ca)))
		return false;
	return curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
		/* OpenSSL would ask the terminal for the password of a key */
		curl_easy_setopt(e, CURLOPT_KEYPASSWD, "") == CURLE_OK &&
		set_blob(e, CURLOPT_SSLCERT_BLOB, x->f->certificate) && set_blob(e, CURLOPT_SSLKEY_BLOB, x->f->key);
}

static bool set_limits(struct exchange *x)
{
	CURL *e = x->curl;

#if LIBCURL_VERSION_NUM >= 0x075700
	/* otherwise a name server that does not answer holds us longer than the time-out */
	if (curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) != CURLE_OK)
		return false;
#endif
	return curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)x->f->connect_ms) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)x->f->timeout_ms) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, go_on) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_XFERINFODATA, x) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HEADERDATA, x) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_WRITEDATA, x) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
}

static bool set_connection(struct exchange *x)
{
	CURL *e = x->curl;

	return curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK && /* nor one of the environment */
		curl_easy_setopt(e, CURLOPT_NOPROXY, "") == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_USERAGENT, "trialnotary") == CURLE_OK && set_limits(x) && set_tls(x);
}

static bool add_field(struct exchange *x, const char *name, const char *value)
{
	char line[160];
	struct curl_slist *more;

	if (snprintf(line, sizeof(line), "%s: %s", name, value) >= (int)sizeof(line))
		return false;
	more = curl_slist_append(x->fields, line);
	x->fields = more ? more : x->fields;
	return more != NULL;
}

static bool set_request(struct exchange *x)
{
	const struct nt_fetch *f = x->f;
	CURL *e = x->curl;

	if (f->type && (curl_easy_setopt(e, CURLOPT_POST, 1L) != CURLE_OK ||
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.n) != CURLE_OK ||
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, f->body.n ? (const char *)f->body.p : "") != CURLE_OK ||
		!add_field(x, "Content-Type", f->type) || !add_field(x, "Expect", "")))
		return false;
	if (f->user && (curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) != CURLE_OK ||
		curl_easy_setopt(e, CURLOPT_USERNAME, f->user) != CURLE_OK ||
		curl_easy_setopt(e, CURLOPT_PASSWORD, f->password ? f->password : "") != CURLE_OK))
		return false;
	return add_field(x, "Accept", f->accept ? f->accept : "*/*") &&
		curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->fields) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_URL, f->url) == CURLE_OK;
}

/* ---- judging what came ---- */

static enum vf_rc failed(const struct exchange *x, const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_FETCH_FAILED, "'%s': %s", x->shown, what);
}

/* The media type without its parameters. */
static bool is_type(const char *type, const char *want)
{
	size_t n = strlen(want);

	return strncasecmp(type, want, n) == 0 &&
		(type[n] == '\0' || type[n] == ';' || type[n] == ' ' || type[n] == '\t');
}

static enum vf_rc judge(const struct exchange *x, CURLcode code, int status, struct vf_err *reterr)
{
	char shown[160], text[200];
	const char *type = NULL;

	if (code == CURLE_OUT_OF_MEMORY || (x->out->failed && !x->out->full))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	if (x->is_stopped)
		return failed(x, "stopped", reterr);
	if (x->is_long || x->out->full)
		return failed(x, "the answer is too long", reterr);
	if (status >= 300 && status < 400)
		return failed(x, "the server sends us elsewhere, which is not followed", reterr);
	if (status != 0 && status != 200 && (code == CURLE_OK || code == CURLE_WRITE_ERROR)) {
		snprintf(text, sizeof(text), "the server answered with HTTP status %d", status);
		return failed(x, text, reterr);
	}
	if (code != CURLE_OK) {
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(x->error[0] ? x->error : curl_easy_strerror(code)));
		return failed(x, shown, reterr);
	}
	curl_easy_getinfo(x->curl, CURLINFO_CONTENT_TYPE, &type);
	if (x->f->accept && !is_type(type ? type : "", x->f->accept)) {
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(type ? type : "nothing"));
		snprintf(text, sizeof(text), "the answer is '%.80s', not '%.80s'", shown, x->f->accept);
		return failed(x, text, reterr);
	}
	return VF_OK;
}

static enum vf_rc perform(struct exchange *x, struct nt_fetched *facts, struct vf_err *reterr)
{
	curl_off_t after = 0;
	long status = 0;
	CURLcode code;

	if (!set_connection(x) || !set_request(x))
		return vf_fail(reterr, VF_INTERNAL, "the installed libcurl cannot do what is needed");
	facts->sent_ms = now_ms();
	code = curl_easy_perform(x->curl);
	facts->received_ms = now_ms();
	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->curl, CURLINFO_RETRY_AFTER, &after); /* seconds, of a date too */
	facts->status = (int)status;
	if (after > 0)
		facts->retry_after_ms = (int64_t)(after < MAX_RETRY_AFTER ? after : MAX_RETRY_AFTER) * 1000;
	return judge(x, code, facts->status, reterr);
}

static void show_address(struct exchange *x)
{
	struct vf_bytes rest = vf_bytes_str(x->f->url), url = rest;

	if (!vf_take_until(&rest, '?', &url))
		url = vf_bytes_str(x->f->url);
	vf_text_escape(x->shown, sizeof(x->shown), url);
}

VF_RC nt_fetch(const struct nt_fetch *f, struct nt_buf *ret, struct nt_fetched *ret_facts, struct vf_err *reterr)
{
	struct exchange x = {.f = f, .out = ret, .start = ret->n};
	enum vf_rc rc = nt_fetch_start(reterr);

	*ret_facts = (struct nt_fetched){0};
	if (rc != VF_OK)
		return rc;
	show_address(&x);
	x.curl = f->keep ? f->keep->curl : curl_easy_init();
	rc = x.curl ? perform(&x, ret_facts, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a request");
	if (!f->keep)
		curl_easy_cleanup(x.curl);
	else
		curl_easy_reset(x.curl); /* nothing of this exchange stays but its connection */
	curl_slist_free_all(x.fields);
	if (rc != VF_OK) {
		ret->n = x.start;
		ret->failed = ret->full = false;
	}
	return rc;
}
