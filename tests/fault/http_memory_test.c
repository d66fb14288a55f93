/*
 * The HTTP server when memory is refused: the first, second, third ... allocation of a whole life, once alone and
 * once with all that follow while it serves. It may refuse to start, answer 500 or 503, or end a connection; it
 * may not stop, leak, or answer something else. Linked with --wrap, so that only our own code is refused.
 */
#include "notary/http.h"
#include "tests/folder.h"
#include "tests/http_server.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static atomic_long left = LONG_MAX; /* allocations until one is refused */
static atomic_bool for_good, was_refused;
static _Thread_local bool is_client; /* the test's own are never refused */

static bool is_refused(void)
{
	long n;

	if (is_client)
		return false;
	n = atomic_fetch_sub(&left, 1);
	if (n == 0)
		was_refused = true;
	return n == 0 || (n < 0 && for_good);
}

void *__wrap_malloc(size_t n)
{
	return is_refused() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return is_refused() ? NULL : __real_realloc(p, n);
}

static void check_ask(struct http_server *t, const char *request, int want, const char *body)
{
	struct http_answer a;
	int status;

	is_client = true;
	status = http_ask(t->port, request, &a);
	if (status > 0 && status != want && status != 500 && status != 503)
		CHECK_FAIL("status %d instead of %d", status, want);
	if (status == want && body && strcmp((char *)a.body, body) != 0)
		CHECK_FAIL("another body: %s", (char *)a.body);
	check_count++;
	http_answer_done(&a);
	is_client = false;
}

/* False when fewer allocations than that were made. */
static bool check_life(const struct nt_http_config *config, const char *file, long fails_at, bool ever_after)
{
	static struct http_server t;
	struct nt_http_config c = *config;
	struct http_answer a;
	enum vf_rc rc;

	memset(&t, 0, sizeof(t));
	pthread_mutex_init(&t.lock, NULL);
	pthread_cond_init(&t.more, NULL);
	t.file = file;
	c.ctx = &t;
	was_refused = false;
	for_good = ever_after;
	left = fails_at;
	rc = nt_http_new(&c, &t.http, NULL);
	if (rc == VF_OK) {
		t.port = nt_http_port(t.http);
		check_ask(&t, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200, "hello\n");
		check_ask(&t, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, "abc");
		check_ask(&t, "PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nabcdefghijkl", 200, NULL);
		check_ask(&t, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n", 200, NULL);
		check_ask(&t, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404, NULL);
		check_ask(&t, "GET /.. HTTP/1.1\r\nHost: x\r\n\r\n", 400, NULL);
		check_ask(&t, "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n", 405, NULL);
		if (!ever_after) {
			left = LONG_MAX;
			is_client = true;
			CHECK_INT(http_ask(t.port, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", &a), 200);
			http_answer_done(&a);
			is_client = false;
		}
	} else if (rc != VF_NO_MEMORY) {
		CHECK_FAIL("refused to start with %s", vf_rc_name(rc));
	}
	nt_http_free(t.http);
	pthread_cond_destroy(&t.more);
	pthread_mutex_destroy(&t.lock);
	return was_refused;
}

int main(void)
{
	char folder[256], path[512];
	struct nt_http_config config = {.route = http_server_route, .handler = http_server_handle, .event = http_server_event,
		.limits = {.workers = 1, .memory_body = 10}};
	long n = 0;
	FILE *f;

	is_client = true;
	folder_make(folder);
	snprintf(path, sizeof(path), "%s", folder_path(folder, "big"));
	f = fopen(path, "w");
	CHECK(f != NULL && ftruncate(fileno(f), 3000003) == 0);
	fclose(f);
	is_client = false;
	config.folder = folder;
	while (check_life(&config, path, n, false) && check_life(&config, path, n, true))
		n++;
	fprintf(stderr, "%ld allocations\n", n);
	CHECK(n > 20);
	is_client = true;
	folder_remove(folder);
	return check_done();
}
