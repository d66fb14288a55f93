/*
 * The load generator: what a service on this machine's loopback address does in a second, and how long
 * who asks must wait. Submissions are made before the measured time.
 *
 *   load --port P [--mode single|bulk|read|bundle|tsa] [--token-file F] [--connections N] [--seconds S | --count N]
 *        [--rate R] [--lines N] [--pid PID] [--row NAME]
 *
 * single: POST /v1/records; bulk: POST /v1/records/bulk, --lines a request; read: GET /v1/records/ID of records that are
 * submitted first; bundle: POST, then GET .../bundle?wait=30, from the last octet of the POST to the last of the bundle.
 * tsa: POST /tsa, with a nonce and for the certificate; every token is another. Every connection has a study, and so a stream, of its own. With --rate times are counted from the moment at which a
 * request should have begun by the plan, so that a service that stands still is seen. Prints one line of JSON, or with
 * --row the rows of a benchmark (bench.h), and one line for people to stderr.
 */
#include <getopt.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "notary/tsp.h"
#include "tests/bench/load_client.h"
#include "tests/load_maker.h"
#include "verify/text.h"

#define MAX_ERRORS 24
#define MAX_TOKEN 128

enum mode {
	SINGLE,
	BULK,
	READ,
	BUNDLE,
	TSA,
};
static const char *const modes[] = {"single", "bulk", "read", "bundle", "tsa"};

struct load {
	enum mode mode;
	struct load_options o;
	double seconds;
	size_t count, lines; /* count: records of all connections */
	long pid;
	const char *row;
	char token[MAX_TOKEN];

	struct load_chain *chains;
	size_t *at;        /* next record of each connection */
	bool *fetching;    /* the connection asks for a bundle */
	uint64_t *sent;    /* when the POST before that was sent */
	struct nt_buf *queries; /* of each connection */
	bool reading;      /* submitting is over, reading is measured */

	struct load_times times;
	uint64_t good, records, refused_lines, octets;
	struct {
		char name[40];
		uint64_t n;
	} errors[MAX_ERRORS];
};

struct process {
	double cpu, rss, peak; /* seconds; MiB now and at most */
};

static void put_head(const struct load *l, struct load_request *q, const char *method, const char *path, const char *type)
{
	int n = snprintf(q->head, sizeof(q->head), "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s", method, path,
		l->token[0] ? "Authorization: Bearer " : "", l->token, l->token[0] ? "\r\n" : "");

	if (type)
		n += snprintf(q->head + n, sizeof(q->head) - (size_t)n, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, q->body.n);
	n += snprintf(q->head + n, sizeof(q->head) - (size_t)n, "\r\n");
	q->head_n = (size_t)n;
}

static void ask_for(const struct load *l, struct load_request *q, const struct vf_hash *id, const char *end)
{
	char path[128], hex[65];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(path, sizeof(path), "/v1/records/%s%s", hex, end);
	q->body = vf_bytes(NULL, 0);
	put_head(l, q, "GET", path, NULL);
}

/* A time-stamp request that nobody sent before. */
static bool ask_for_token(struct load *l, unsigned at, struct load_request *q)
{
	uint64_t number = l->at[at]++ * l->o.connections + at;
	uint8_t nonce[9] = {0x01};
	struct nt_tsp_request r = {.nonce = vf_bytes(nonce, sizeof(nonce)), .cert_req = true};

	if (l->count && l->at[at] > l->count / l->o.connections)
		return false;
	memcpy(nonce + 1, &number, sizeof(number));
	load_chain_need(vf_digest(VF_SHA256, r.nonce, &r.imprint, NULL) == VF_OK, "no memory");
	nt_buf_reset(&l->queries[at]);
	load_chain_need(nt_tsp_request_put(&l->queries[at], &r, NULL) == VF_OK, "no memory");
	q->body = nt_buf_bytes(&l->queries[at]);
	put_head(l, q, "POST", "/tsa", "application/timestamp-query");
	return true;
}

static bool next_request(void *ctx, unsigned at, struct load_request *q)
{
	struct load *l = ctx;
	const struct load_chain *c = &l->chains[at];
	size_t lines = l->mode == BULK ? l->lines : 1;

	if (l->mode == TSA)
		return ask_for_token(l, at, q);
	if (l->reading) {
		ask_for(l, q, &c->ids[l->at[at]++ % c->n], "");
		return l->count == 0 || l->at[at] <= l->count / l->o.connections;
	}
	if (l->fetching[at]) {
		ask_for(l, q, &c->ids[l->at[at] - 1], "/bundle?wait=30");
		return true;
	}
	if (l->at[at] + lines > c->n)
		return false;
	q->body = load_chain_lines(c, l->at[at], lines);
	l->at[at] += lines;
	if (l->mode == BULK)
		put_head(l, q, "POST", "/v1/records/bulk", "application/x-ndjson");
	else
		put_head(l, q, "POST", "/v1/records", "application/json");
	return true;
}

static void note_error(struct load *l, const char *name)
{
	size_t i = 0;

	while (i < MAX_ERRORS - 1 && l->errors[i].name[0] && strcmp(l->errors[i].name, name) != 0)
		i++;
	snprintf(l->errors[i].name, sizeof(l->errors[i].name), "%s", name);
	l->errors[i].n++;
}

/* "503 STORE_BUSY"; a lost connection is "0". */
static void note_answer(struct load *l, const struct load_answer *a)
{
	const uint8_t *code = a->body.n ? memmem(a->body.p, a->body.n, "\"code\":\"", 8) : NULL;
	const uint8_t *end = code ? memchr(code + 8, '"', a->body.n - (size_t)(code + 8 - a->body.p)) : NULL;
	char name[40];

	snprintf(name, sizeof(name), "%u %.*s", a->status, end ? (int)(end - code - 8) : 0, end ? (const char *)code + 8 : "");
	note_error(l, name);
}

static void count_lines(struct load *l, struct vf_bytes body)
{
	struct vf_bytes line;

	while (vf_take_line(&body, &line))
		if (vf_bytes_starts(line, "{\"id\":")) {
			l->records++;
		} else {
			l->refused_lines++;
			note_answer(l, &(struct load_answer){.status = 200, .body = line});
		}
}

static bool take_answer(void *ctx, unsigned at, const struct load_answer *a)
{
	struct load *l = ctx;
	bool good = a->status >= 200 && a->status < 300;
	uint64_t from = a->intended;

	if (l->mode == TSA && good) {
		struct vf_bytes token;
		char why[40];

		good = nt_tsp_response_token(a->body, &token, NULL) == VF_OK;
		if (!good) {
			nt_tsp_status_text(a->body, why, sizeof(why));
			note_error(l, why);
			return false;
		}
	}
	if (l->mode == READ && !l->reading) {
		if (!good)
			note_answer(l, a);
		return false;
	}
	if (!good) {
		note_answer(l, a);
		l->fetching[at] = false;
		return false;
	}
	l->octets += a->body.n;
	if (l->mode == BUNDLE && !l->fetching[at]) {
		l->sent[at] = a->sent;
		l->fetching[at] = true;
		return true;
	}
	if (l->mode == BUNDLE)
		from = l->sent[at];
	l->fetching[at] = false;
	l->good++;
	if (l->mode == BULK)
		count_lines(l, a->body);
	else
		l->records++;
	load_times_add(&l->times, a->done - from);
	return false;
}

/* Of another process, from /proc. */
static struct process look_at(long pid)
{
	struct process p = {0};
	char path[64], line[1024], *at;
	unsigned long user = 0, system = 0;
	double kib;
	FILE *f;

	if (pid == 0)
		return p;
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f) && (at = strrchr(line, ')')) != NULL &&
		sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
		p.cpu = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %lf", &kib) == 1)
			p.rss = kib / 1024;
		if (sscanf(line, "VmHWM: %lf", &kib) == 1)
			p.peak = kib / 1024;
	}
	if (f)
		fclose(f);
	return p;
}

static double own_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_chains(struct load *l)
{
	size_t each = l->count / l->o.connections;
	char study[65];

	if (l->mode == BULK)
		each = (each + l->lines - 1) / l->lines * l->lines;
	if (l->mode == READ)
		each = each < 20 ? each : 20;
	l->chains = calloc(l->o.connections, sizeof(*l->chains));
	l->at = calloc(l->o.connections, sizeof(*l->at));
	l->fetching = calloc(l->o.connections, sizeof(*l->fetching));
	l->sent = calloc(l->o.connections, sizeof(*l->sent));
	l->queries = calloc(l->o.connections, sizeof(*l->queries));
	load_chain_need(l->chains && l->at && l->fetching && l->sent && l->queries, "no memory");
	for (unsigned i = 0; i < l->o.connections; i++)
		l->queries[i] = nt_buf(NT_TSP_MAX_REQUEST);
	if (l->mode == TSA)
		return;
	for (unsigned i = 0; i < l->o.connections; i++) {
		/* no two runs share a stream */
		snprintf(study, sizeof(study), "LOAD-%" PRIx64 "-%ld-%u", load_now() / 1000000, (long)getpid(), i);
		load_chain_begin(&l->chains[i], "load", study);
		for (size_t n = 0; n < (each ? each : 1); n++)
			load_chain_add(&l->chains[i]);
	}
}

/* Time and processor time (of client and service) a record, latencies in nanoseconds, memory of the service. */
static void put_rows(const struct load *l, double took, double cpu, const struct process *after)
{
	static const struct {
		const char *name;
		double part;
	} parts[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}};
	double n = l->records ? (double)l->records : 1;

	printf("%s\t%" PRIu64 "\t%.0f\t-\t%.0f\t-\n", l->row, l->records, took * 1e9 / n, cpu * 1e9 / n);
	for (size_t i = 0; i < 3; i++)
		printf("%s_%s\t%" PRIu64 "\t%.0f\t-\t-\t-\n", l->row, parts[i].name, l->times.n, load_times_at(&l->times, parts[i].part) * 1e6);
	if (l->pid)
		printf("%s_rss\t1\t-\t-\t-\t%.0f\n", l->row, after->rss * 1048576);
}

static void put_json(const struct load *l, double took, double client, double server, const struct process *after)
{
	const struct load_times *t = &l->times;

	printf("{\"mode\":\"%s\",\"connections\":%u,\"rate\":%.0f,\"seconds\":%.3f,\"requests\":%" PRIu64 ",\"records\":%" PRIu64
		",\"requests_s\":%.1f,\"records_s\":%.1f,\"ms\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}"
		",\"answer_octets\":%" PRIu64 ",\"client_cpu_s\":%.3f,\"server_cpu_s\":%.3f,\"server_rss_mib\":%.1f,\"server_peak_mib\":%.1f,\"errors\":{",
		modes[l->mode], l->o.connections, l->o.rate, took, l->good, l->records, (double)l->good / took, (double)l->records / took,
		load_times_at(t, 0.5), load_times_at(t, 0.9), load_times_at(t, 0.99), load_times_at(t, 0.999), (double)t->max / 1e6,
		l->octets, client, server, after->rss, after->peak);
	for (size_t i = 0; i < MAX_ERRORS && l->errors[i].name[0]; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", l->errors[i].name, l->errors[i].n);
	printf("}}\n");
}

static void report(const struct load *l, double took, double client, const struct process *before, const struct process *after)
{
	const struct load_times *t = &l->times;
	double server = after->cpu - before->cpu;

	if (l->row)
		put_rows(l, took, client + server, after);
	else
		put_json(l, took, client, server, after);
	fprintf(stderr, "%s, %u connections: %.0f requests/s, %.0f records/s; ms p50 %.2f p90 %.2f p99 %.2f p99.9 %.2f max %.2f; "
		"us/request client %.1f server %.1f; server %.0f MiB\n", modes[l->mode], l->o.connections, (double)l->good / took,
		(double)l->records / took, load_times_at(t, 0.5), load_times_at(t, 0.9), load_times_at(t, 0.99), load_times_at(t, 0.999),
		(double)t->max / 1e6, l->good ? client * 1e6 / (double)l->good : 0, l->good ? server * 1e6 / (double)l->good : 0, after->rss);
	for (size_t i = 0; i < MAX_ERRORS && l->errors[i].name[0]; i++)
		fprintf(stderr, "  %" PRIu64 " times %s\n", l->errors[i].n, l->errors[i].name);
}

static void usage(void)
{
	fprintf(stderr, "usage: load --port P [--mode single|bulk|read|bundle|tsa] [--token-file F] [--connections N] [--seconds S] "
		"[--count N] [--rate R] [--lines N] [--pid PID] [--row NAME]\n");
	exit(64);
}

static void read_token(struct load *l, const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f || !fgets(l->token, sizeof(l->token), f)) {
		perror(path);
		exit(1);
	}
	fclose(f);
	l->token[strcspn(l->token, "\r\n")] = 0;
}

static enum mode mode_of(const char *name)
{
	for (unsigned i = 0; i < 5; i++)
		if (strcmp(modes[i], name) == 0)
			return (enum mode)i;
	usage();
	return SINGLE;
}

static void read_options(struct load *l, int argc, char **argv)
{
	static const struct option names[] = {{"port", 1, NULL, 'p'}, {"mode", 1, NULL, 'm'}, {"token-file", 1, NULL, 't'},
		{"connections", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'}, {"count", 1, NULL, 'n'}, {"rate", 1, NULL, 'r'},
		{"lines", 1, NULL, 'l'}, {"pid", 1, NULL, 'i'}, {"row", 1, NULL, 'o'}, {NULL, 0, NULL, 0}};
	int c;

	l->o.connections = 1;
	l->lines = 1000;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'p': l->o.port = (uint16_t)atoi(optarg); break;
		case 'm': l->mode = mode_of(optarg); break;
		case 't': read_token(l, optarg); break;
		case 'c': l->o.connections = (unsigned)atoi(optarg); break;
		case 's': l->seconds = atof(optarg); break;
		case 'n': l->count = strtoull(optarg, NULL, 10); break;
		case 'r': l->o.rate = atof(optarg); break;
		case 'l': l->lines = strtoull(optarg, NULL, 10); break;
		case 'i': l->pid = atol(optarg); break;
		case 'o': l->row = optarg; break;
		default: usage();
		}
	}
	if (optind != argc || l->o.port == 0 || l->o.connections == 0 || l->lines == 0 || (l->count == 0 && l->seconds <= 0))
		usage();
	l->o.ns = (uint64_t)(l->seconds * 1e9);
	/* as many as a service of this kind could take in that time */
	if (l->count == 0)
		l->count = (size_t)((l->o.rate > 0 ? l->o.rate * 1.1 : l->mode == BULK ? 200000 : 60000) * l->seconds) + 2 * l->o.connections;
}

int main(int argc, char **argv)
{
	static struct load l;
	struct process before, after;
	double client;
	uint64_t took;

	read_options(&l, argc, argv);
	make_chains(&l);
	l.o.next = next_request;
	l.o.done = take_answer;
	l.o.ctx = &l;
	if (l.mode == READ) {
		struct load_options fill = l.o;

		fill.rate = 0;
		fill.ns = 0;
		load_run(&fill);
		l.reading = true;
		memset(l.at, 0, l.o.connections * sizeof(*l.at));
	}
	before = look_at(l.pid);
	client = own_cpu();
	took = load_run(&l.o);
	client = own_cpu() - client;
	after = look_at(l.pid);
	report(&l, (double)took / 1e9, client, &before, &after);
	for (unsigned i = 0; i < l.o.connections; i++) {
		load_chain_done(&l.chains[i]);
		nt_buf_done(&l.queries[i]);
	}
	free(l.queries);
	free(l.chains);
	free(l.at);
	free(l.fetching);
	free(l.sent);
	return l.good == 0;
}
