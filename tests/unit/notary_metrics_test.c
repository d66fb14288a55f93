/* Metrics: what an observation changes, and the text by the rules of its format. */
#include "notary/metrics.h"

#include <math.h>
#include <pthread.h>

#include "tests/check.h"

static const char *const routes[] = {"/v1/records", "a\"b\\c\nd", NULL};
static const char *const codes[] = {"200", "404", NULL};
static const char *const versions[] = {"0.1.0", NULL};
static const struct nt_metric_values values[] = {{"route", routes}, {"code", codes}, {"version", versions}};

static struct nt_metrics *made(void)
{
	struct nt_metrics *m = NULL;

	CHECK_RC(nt_metrics_new(values, 3, &m, NULL), VF_OK);
	if (m == NULL)
		exit(1);
	return m;
}

static char *text_of(const struct nt_metrics *m)
{
	static struct nt_buf out;

	out.cap = 1 << 20;
	nt_buf_reset(&out);
	nt_metrics_put(m, &out);
	nt_buf_put_u8(&out, 0);
	CHECK_RC(nt_buf_check(&out, NULL), VF_OK);
	return (char *)out.p;
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = strstr(text, line); p != NULL; p = strstr(p + 1, line))
		if ((p == text || p[-1] == '\n') && p[n] == '\n')
			return true;
	return false;
}

#define CHECK_LINE(text, line)                                              \
	do {                                                                \
		check_count++;                                              \
		if (!has_line(text, line))                                  \
			CHECK_FAIL("no line %s", line);                     \
	} while (0)

static void test_values(void)
{
	VF_CLEANUP(nt_metrics_freep) struct nt_metrics *m = made();
	const char *t;

	nt_metric_set(m, NT_METRIC_BUILD_INFO, "0.1.0", 1);
	nt_metric_add(m, NT_METRIC_HTTP_REQUESTS, "/v1/records", "200", 2);
	nt_metric_add(m, NT_METRIC_HTTP_REQUESTS, "/v1/records", "200", 1);
	nt_metric_add(m, NT_METRIC_HTTP_REQUESTS, "a\"b\\c\nd", "404", 1);
	nt_metric_add(m, NT_METRIC_HTTP_REQUESTS, "/etc/passwd", "418", 7);
	nt_metric_add(m, NT_METRIC_HTTP_REQUESTS, NULL, NULL, 1);
	nt_metric_add(m, NT_METRIC_AUTH_FAILURES, "no values were given", NULL, 4);
	nt_metric_raise(m, NT_METRIC_LOG_LINES_DROPPED, NULL, NULL, 9);
	nt_metric_raise(m, NT_METRIC_LOG_LINES_DROPPED, NULL, NULL, 3);
	nt_metric_move(m, NT_METRIC_HTTP_IN_FLIGHT, NULL, 3);
	nt_metric_move(m, NT_METRIC_HTTP_IN_FLIGHT, NULL, -1);
	nt_metric_set(m, NT_METRIC_TREE_TIMESTAMP, NULL, 1772460451.042);
	nt_metric_set(m, NT_METRIC_OLDEST_UNSEALED, NULL, 0.1);
	nt_metric_set(m, NT_METRIC_POOL_ENTRIES, NULL, INFINITY);
	nt_metric_set(m, NT_METRIC_TREE_SIZE, NULL, 1e15);
	/* another type of metric, no metric, no table: nothing */
	nt_metric_add(m, NT_METRIC_TSA_CERT_EXPIRY, NULL, NULL, 1);
	nt_metric_set(m, NT_METRIC_LOG_LINES_DROPPED, NULL, 1);
	nt_metric_observe(m, NT_METRIC_COUNT, NULL, 1);
	nt_metric_add(NULL, NT_METRIC_EXPORT, NULL, NULL, 1);
	t = text_of(m);
	CHECK_LINE(t, "notary_build_info{version=\"0.1.0\"} 1");
	CHECK_LINE(t, "notary_http_requests_total{route=\"/v1/records\",code=\"200\"} 3");
	CHECK_LINE(t, "notary_http_requests_total{route=\"a\\\"b\\\\c\\nd\",code=\"404\"} 1");
	CHECK_LINE(t, "notary_http_requests_total{route=\"other\",code=\"other\"} 8");
	CHECK_LINE(t, "notary_auth_failures_total{reason=\"other\"} 4");
	CHECK_LINE(t, "notary_log_lines_dropped_total 9");
	CHECK_LINE(t, "notary_http_in_flight_requests 2");
	CHECK_LINE(t, "notary_tree_timestamp_seconds 1772460451.042");
	CHECK_LINE(t, "notary_oldest_unsealed_entry_age_seconds 0.1");
	CHECK_LINE(t, "notary_pool_entries +Inf");
	CHECK_LINE(t, "notary_tree_size_leaves 1e+15");
	CHECK_LINE(t, "notary_export_total{result=\"other\"} 0");
	CHECK(strstr(t, "passwd") == NULL && strstr(t, "418") == NULL);
	CHECK(strstr(t, "\nnotary_tsa_cert_expiry_timestamp_seconds") == NULL); /* never set, never shown */
	CHECK(strstr(t, "code=\"404\"} 0") == NULL);
}

static void test_histogram(void)
{
	VF_CLEANUP(nt_metrics_freep) struct nt_metrics *m = made();
	static const double seen[] = {-1, 0, 0.001, 0.0011, 0.7, 10, 10.5, 0};
	const char *t;

	CHECK(strstr(text_of(m), "\nnotary_http_request_duration_seconds") == NULL);
	CHECK_LINE(text_of(m), "notary_sequencing_duration_seconds_count 0");
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
		nt_metric_observe(m, NT_METRIC_HTTP_DURATION, "/v1/records", seen[i]);
	nt_metric_observe(m, NT_METRIC_HTTP_DURATION, "/v1/records", NAN);
	t = text_of(m);
	CHECK_LINE(t, "notary_http_request_duration_seconds_bucket{route=\"/v1/records\",le=\"0.001\"} 5");
	CHECK_LINE(t, "notary_http_request_duration_seconds_bucket{route=\"/v1/records\",le=\"0.0025\"} 6");
	CHECK_LINE(t, "notary_http_request_duration_seconds_bucket{route=\"/v1/records\",le=\"0.5\"} 6");
	CHECK_LINE(t, "notary_http_request_duration_seconds_bucket{route=\"/v1/records\",le=\"1\"} 7");
	CHECK_LINE(t, "notary_http_request_duration_seconds_bucket{route=\"/v1/records\",le=\"10\"} 8");
	CHECK_LINE(t, "notary_http_request_duration_seconds_bucket{route=\"/v1/records\",le=\"+Inf\"} 9");
	CHECK_LINE(t, "notary_http_request_duration_seconds_sum{route=\"/v1/records\"} 21.202100000");
	CHECK_LINE(t, "notary_http_request_duration_seconds_count{route=\"/v1/records\"} 9");
	nt_metric_observe(m, NT_METRIC_SEQUENCING_DURATION, NULL, INFINITY);
	CHECK_LINE(text_of(m), "notary_sequencing_duration_seconds_bucket{le=\"10\"} 0");
	CHECK_LINE(text_of(m), "notary_sequencing_duration_seconds_bucket{le=\"+Inf\"} 1");
}

/* ---- a reader of the format (prometheus.io/docs/instrumenting/exposition_formats) ---- */

static bool is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || s[i] == '_' || (i > 0 && s[i] >= '0' && s[i] <= '9')))
			return false;
	return n > 0;
}

struct reader {
	char name[128], type[16], series[64][256];
	char seen[64][128];
	size_t n_seen, n_series, histograms;
	bool has_type;
	double last_le, last_bucket;
};

/* {a="...",le="..."}: returns what follows, NULL when it is wrong; le is 0 when there is none. */
static const char *read_labels(const char *p, double *ret_le)
{
	*ret_le = 0;
	if (*p != '{')
		return p;
	do {
		const char *name = ++p, *value;

		p += strcspn(p, "=");
		if (!is_name(name, (size_t)(p - name)) || p[0] != '=' || p[1] != '"')
			return NULL;
		value = p += 2;
		for (; *p != '"'; p++) {
			if (*p == '\0' || *p == '\n')
				return NULL;
			if (*p == '\\' && (*++p == '\0' || strchr("\\\"n", *p) == NULL))
				return NULL;
		}
		if (strncmp(name, "le=", 3) == 0)
			*ret_le = strtod(value, NULL);
		p++;
	} while (*p == ',');
	return *p == '}' ? p + 1 : NULL;
}

static void read_sample(struct reader *r, const char *line)
{
	size_t n = strcspn(line, "{ "), base = strlen(r->name);
	double le, v;
	const char *p = read_labels(line + n, &le);
	char *end;

	CHECK(is_name(line, n) && strncmp(line, r->name, base) == 0);
	CHECK(p != NULL && *p == ' ');
	if (p == NULL)
		return;
	for (size_t i = 0; i < r->n_series; i++)
		CHECK(strncmp(r->series[i], line, (size_t)(p - line) + 1) != 0); /* each series once */
	snprintf(r->series[r->n_series++ % 64], 256, "%.*s ", (int)(p - line), line);
	v = strtod(p + 1, &end);
	CHECK(end != p + 1 && *end == '\0');
	if (strcmp(r->type, "histogram") != 0) {
		CHECK(n == base);
		CHECK(strcmp(r->type, "counter") != 0 || (n > 6 && strncmp(line + n - 6, "_total", 6) == 0));
		return;
	}
	if (strncmp(line + base, "_bucket", 7) == 0) {
		CHECK(r->last_le < 0 ? true : le > r->last_le && v >= r->last_bucket);
		r->last_le = le;
		r->last_bucket = v;
	} else if (strncmp(line + base, "_count", 6) == 0) {
		CHECK(isinf(r->last_le) && v == r->last_bucket);
		r->last_le = -1;
		r->histograms++;
	} else {
		CHECK(strncmp(line + base, "_sum", 4) == 0 && isinf(r->last_le));
	}
}

static void read_line(struct reader *r, char *line)
{
	char name[128], rest[256];

	if (sscanf(line, "# HELP %127s %255[^\n]", name, rest) == 2) {
		for (size_t i = 0; i < r->n_seen; i++)
			CHECK(strcmp(r->seen[i], name) != 0);
		snprintf(r->seen[r->n_seen++ % 64], 128, "%s", name);
		snprintf(r->name, sizeof(r->name), "%s", name);
		CHECK(is_name(name, strlen(name)) && strncmp(name, "notary_", 7) == 0);
		r->has_type = false;
		r->n_series = 0;
		r->last_le = -1;
	} else if (sscanf(line, "# TYPE %127s %15s", name, r->type) == 2) {
		CHECK_STR(name, r->name);
		CHECK(!r->has_type && r->n_series == 0);
		CHECK(strcmp(r->type, "counter") == 0 || strcmp(r->type, "gauge") == 0 ||
			strcmp(r->type, "histogram") == 0);
		r->has_type = true;
	} else {
		CHECK(line[0] != '#' && r->has_type);
		read_sample(r, line);
	}
}

/* Those that have no label are shown from the start: sequencing, and the journal's sync. */
#define FROM_THE_START 2

static void check_format(char *text, size_t histograms)
{
	struct reader r = {.last_le = -1};
	size_t n = strlen(text);

	CHECK(n > 0 && text[n - 1] == '\n');
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		read_line(&r, line);
	CHECK_INT(r.n_seen, NT_METRIC_COUNT);
	CHECK_INT(r.histograms, histograms);
}

static void test_format(void)
{
	VF_CLEANUP(nt_metrics_freep) struct nt_metrics *m = made();

	check_format(text_of(m), FROM_THE_START);
	for (size_t i = 0; i < 300; i++) {
		nt_metric_observe(m, NT_METRIC_HTTP_DURATION, routes[i % 3], (double)(i * i) / 7000);
		nt_metric_observe(m, NT_METRIC_SEQUENCING_DURATION, NULL, (double)i);
		nt_metric_add(m, NT_METRIC_HTTP_REQUESTS, routes[i % 3], codes[i % 2], i);
		nt_metric_set(m, (enum nt_metric)(i % NT_METRIC_COUNT), NULL, (double)i / 3);
	}
	check_format(text_of(m), FROM_THE_START + 3);
}

/* ---- threads ---- */

static void *observe(void *arg)
{
	for (size_t i = 0; i < 20000; i++) {
		nt_metric_add(arg, NT_METRIC_HTTP_REQUESTS, "/v1/records", "200", 1);
		nt_metric_observe(arg, NT_METRIC_SEQUENCING_DURATION, NULL, 0.002);
		nt_metric_move(arg, NT_METRIC_POOL_ENTRIES, NULL, i % 2 ? -1 : 2);
		nt_metric_raise(arg, NT_METRIC_LOG_LINES_DROPPED, NULL, NULL, i);
	}
	return NULL;
}

static void test_threads(void)
{
	VF_CLEANUP(nt_metrics_freep) struct nt_metrics *m = made();
	pthread_t t[4];
	const char *text;

	for (size_t i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, observe, m) != 0)
			exit(1);
	for (size_t i = 0; i < 20; i++)
		check_format(text_of(m), FROM_THE_START); /* good at any moment */
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	text = text_of(m);
	CHECK_LINE(text, "notary_http_requests_total{route=\"/v1/records\",code=\"200\"} 80000");
	CHECK_LINE(text, "notary_sequencing_duration_seconds_count 80000");
	CHECK_LINE(text, "notary_sequencing_duration_seconds_sum 160.000000000");
	CHECK_LINE(text, "notary_pool_entries 40000");
	CHECK_LINE(text, "notary_log_lines_dropped_total 19999");
}

static void test_refused(void)
{
	static const char *const twice[] = {"a", "b", "a", NULL};
	static char room[300][8];
	static const char *many[301];
	struct nt_metric_values v[] = {{"colour", routes}, {"route", twice}, {"route", many}};
	struct nt_metrics *m = NULL;

	for (size_t i = 0; i < 300; i++) {
		snprintf(room[i], sizeof(room[i]), "%zu", i);
		many[i] = room[i];
	}
	for (size_t i = 0; i < 3; i++)
		CHECK_RC(nt_metrics_new(&v[i], 1, &m, NULL), VF_INTERNAL);
	many[256] = NULL;
	CHECK_RC(nt_metrics_new(&v[2], 1, &m, NULL), VF_OK);
	nt_metrics_free(m);
	nt_metrics_free(NULL);
}

int main(void)
{
	test_values();
	test_histogram();
	test_format();
	test_threads();
	test_refused();
	return check_done();
}
