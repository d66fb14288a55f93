/*
 * The service when it is told to stop or to read its certificate again, when a second one is started,
 * when too much comes at once, when nobody reads its output, and when the disk is full.
 *
 *   stop_test term|reload|twice|same|busy|pipe|full
 */
#include <sched.h>
#include <sys/mount.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "notary/access.h"
#include "notary/notary.h"
#include "tests/service/service.h"

#define CLIENTS 16

static struct service service;
static atomic_bool stopping;

/* A stream, and what was answered of it. */
struct client {
	pthread_t thread;
	struct load_chain chain;
	size_t acked;
	int status; /* of the last answer; 0: broken */
	char code[40];
};

static struct client clients[CLIENTS];

static void client_begin(struct client *c, const char *name, unsigned at)
{
	char study[65];

	memset(c, 0, sizeof(*c));
	snprintf(study, sizeof(study), "%s-%u", name, at);
	load_chain_begin(&c->chain, "party-0", study);
}

/* Sends the next record once; its status. */
static int client_step(struct client *c, struct service_conn *conn)
{
	struct service_answer a;
	struct vf_bytes code;

	while (c->chain.n <= c->acked)
		load_chain_add(&c->chain);
	c->status = service_post(conn, service.tokens[0], load_chain_lines(&c->chain, c->acked, 1), &a);
	code = service_member(vf_bytes(a.body, a.body_n), "code");
	snprintf(c->code, sizeof(c->code), "%.*s", VF_STR(code));
	if (c->status == 200 || c->status == 201)
		c->acked++;
	return c->status;
}

/* Submits until the connection breaks, or anything else than success is answered. */
static void *run_client(void *arg)
{
	struct service_conn conn;
	struct client *c = arg;
	int status;

	service_conn_init(&conn, &service);
	do
		status = client_step(c, &conn);
	while (!stopping && (status == 200 || status == 201));
	service_conn_done(&conn);
	return NULL;
}

static void clients_start(const char *name)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		client_begin(&clients[i], name, i);
		pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
	}
}

static void clients_join(void)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
}

/* Each stream has what was answered, and at most the one that was in work; all of it is in the log and sealed. */
static void clients_judge(bool sealed)
{
	struct nt_notary *n = NULL;
	struct nt_stream stream;
	struct vf_err err = {0};
	uint64_t seals, size, pending;

	CHECK_RC(nt_notary_open(service.notary, NULL, NULL, &n, &err), VF_OK);
	if (!n) {
		fprintf(stderr, "%s\n", err.text);
		return;
	}
	CHECK_RC(nt_notary_counts(n, &seals, &size, &pending, &err), VF_OK);
	if (sealed)
		CHECK_INT(pending, 0);
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client *c = &clients[i];

		for (size_t r = 0; r < c->acked; r++) {
			struct nt_record *record = NULL;

			CHECK_RC(nt_notary_get(n, &c->chain.ids[r], &record, &err), VF_OK);
			if (sealed && record)
				CHECK_INT(record->state, NT_SEALED);
			nt_record_free(record);
		}
		CHECK_RC(nt_notary_stream(n, vf_bytes_str(c->chain.submitter), vf_bytes_str(c->chain.study), &stream, &err), VF_OK);
		CHECK(c->acked == 0 || (stream.next >= c->acked && stream.next <= c->acked + 1));
	}
	nt_notary_free(n);
}

static void clients_end(void)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		load_chain_done(&clients[i].chain);
}

/* ---- SIGTERM under load (F52) ---- */

/* A request that stays in work until the seal, which is far away. */
struct waiter {
	pthread_t thread;
	struct vf_hash id;
	int status;
	double answered;
};

static void *run_waiter(void *arg)
{
	struct waiter *w = arg;
	struct service_conn conn;
	struct service_answer a;
	char path[128], hex[65];

	vf_hex_put(hex, vf_bytes(w->id.b, sizeof(w->id.b)));
	snprintf(path, sizeof(path), "/v1/records/%s?wait=30", hex);
	service_conn_init(&conn, &service);
	w->status = service_get(&conn, service.tokens[0], path, &a);
	w->answered = service_clock();
	service_conn_done(&conn);
	return NULL;
}

/* Until the clients have so many answers, or for ten seconds. */
static void await_answers(size_t want)
{
	double until = service_clock() + 10;
	size_t acked = 0;

	while (acked < want && service_clock() < until) {
		acked = 0;
		for (unsigned i = 0; i < CLIENTS; i++)
			acked += __atomic_load_n(&clients[i].acked, __ATOMIC_RELAXED);
		service_sleep(0.01);
	}
}

static void test_term(void)
{
	struct waiter waiters[4];
	struct client one;
	struct service_conn conn;
	double told;
	size_t acked = 0;

	service_make(&service, "seal_ms = 20000\\n");
	service_start(&service);
	client_begin(&one, "WAIT", 0);
	service_conn_init(&conn, &service);
	CHECK_INT(client_step(&one, &conn), 201);
	for (int i = 0; i < 4; i++) {
		waiters[i] = (struct waiter){.id = one.chain.ids[0]};
		pthread_create(&waiters[i].thread, NULL, run_waiter, &waiters[i]);
	}
	clients_start("TERM");
	service_sleep(1.5);
	await_answers(2 * CLIENTS);
	told = service_clock();
	CHECK_INT(service_end(&service, SIGTERM), 0);
	CHECK(service_clock() - told < 15);
	clients_join();
	for (int i = 0; i < 4; i++) {
		pthread_join(waiters[i].thread, NULL);
		/* in work for a second and more when the signal came: answered, with the state as it is */
		CHECK_INT(waiters[i].status, 200);
		CHECK(waiters[i].answered - told > -1 && waiters[i].answered - told < 10);
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		acked += clients[i].acked;
		/* after the signal: refused in words, or not connected any more */
		CHECK(clients[i].status == 0 || clients[i].status == 503);
	}
	CHECK(acked > CLIENTS);
	clients_judge(true);
	clients_end();
	load_chain_done(&one.chain);
	service_conn_done(&conn);
}

/* ---- SIGHUP with another certificate, and with a broken one (F59) ---- */

static void make_certificate(const char *name)
{
	folder_run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s/key.pem -out %s/cert.pem -days 30 "
		"-subj /CN=%s 2>/dev/null && chmod 600 %s/key.pem", service.dir, service.dir, name, service.dir);
}

/* The common name in the certificate that a new connection is shown; false when there is no connection. */
static bool shown_name(char out[64])
{
	struct service_conn conn;
	X509 *x;
	bool open;

	service_conn_init(&conn, &service);
	open = service_open(&conn);
	out[0] = 0;
	if (open) {
		x = SSL_get1_peer_certificate(conn.ssl);
		X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, out, 64);
		X509_free(x);
	}
	service_conn_done(&conn);
	return open;
}

static bool is_shown(const char *want, double seconds)
{
	double until = service_clock() + seconds;
	char name[64];

	while (service_clock() < until)
		if (shown_name(name) && strcmp(name, want) == 0)
			return true;
	return false;
}

static void test_reload(void)
{
	struct service_conn old;
	struct service_answer a;
	char settings[1024], name[64];

	service_make(&service, "");
	make_certificate("first");
	snprintf(settings, sizeof(settings), "tls = on\\ncertificate = %s/cert.pem\\nkey = %s/key.pem\\n", service.dir, service.dir);
	folder_run("printf '%s' >%s/more && grep -v '^tls' %s/trialnotary.conf >%s/kept && cat %s/kept %s/more >%s/trialnotary.conf", settings,
		service.dir, service.notary, service.dir, service.dir, service.dir, service.notary);
	service.tls = SSL_CTX_new(TLS_client_method());
	service_start(&service);
	CHECK(is_shown("first", 60));
	service_conn_init(&old, &service);
	CHECK_INT(service_get(&old, NULL, "/livez", &a), 200);
	make_certificate("second");
	kill(service.pid, SIGHUP);
	CHECK(is_shown("second", 60));
	/* who was there before stays */
	CHECK_INT(service_get(&old, NULL, "/livez", &a), 200);
	folder_run("echo broken >%s/cert.pem", service.dir);
	kill(service.pid, SIGHUP);
	service_sleep(1);
	CHECK(shown_name(name));
	CHECK_STR(name, "second");
	CHECK_INT(service_get(&old, NULL, "/livez", &a), 200);
	/* and the next good one is taken */
	make_certificate("third");
	kill(service.pid, SIGHUP);
	CHECK(is_shown("third", 60));
	service_conn_done(&old);
	CHECK_INT(service_end(&service, SIGTERM), 0);
}

/* ---- two services on one folder (F24) ---- */

static void test_twice(void)
{
	struct service second;
	struct service_conn conn;
	struct client one;
	int status;

	service_make(&service, "");
	service_start(&service);
	second = service;
	snprintf(second.log, sizeof(second.log), "%s/second", service.dir);
	second.pid = service_spawn(&second, -1);
	status = service_wait(&second);
	CHECK_INT(status, 74); /* as for every notary that is in use */
	folder_run("grep -q STORE_BUSY %s", second.log);
	client_begin(&one, "TWICE", 0);
	service_conn_init(&conn, &service);
	CHECK_INT(client_step(&one, &conn), 201);
	CHECK_INT(client_step(&one, &conn), 201);
	service_conn_done(&conn);
	load_chain_done(&one.chain);
	CHECK_INT(service_end(&service, SIGTERM), 0);
}

/* ---- the same submission 1,000 times on 50 connections (F33) ---- */

static struct load_chain shared;
static atomic_uint made_new, made_before, other;

static void *run_same(void *arg)
{
	struct service_conn conn;
	struct service_answer a;

	(void)arg;
	service_conn_init(&conn, &service);
	for (int i = 0; i < 20; i++) {
		int status = service_post(&conn, service.tokens[0], load_chain_lines(&shared, 0, 1), &a);

		if (!service_names(vf_bytes(a.body, a.body_n), &shared.ids[0]))
			other++;
		else if (status == 201)
			made_new++;
		else if (status == 200)
			made_before++;
	}
	service_conn_done(&conn);
	return NULL;
}

static void test_same(void)
{
	pthread_t threads[50];
	struct nt_notary *n = NULL;
	struct vf_err err = {0};
	uint64_t seals, size, pending;

	service_make(&service, "");
	service_start(&service);
	load_chain_begin(&shared, "party-0", "SAME");
	load_chain_add(&shared);
	for (int i = 0; i < 50; i++)
		pthread_create(&threads[i], NULL, run_same, NULL);
	for (int i = 0; i < 50; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(other, 0);
	CHECK_INT(made_new, 1);
	CHECK_INT(made_before, 999);
	CHECK_INT(service_end(&service, SIGTERM), 0);
	CHECK_RC(nt_notary_open(service.notary, NULL, NULL, &n, &err), VF_OK);
	CHECK_RC(nt_notary_counts(n, &seals, &size, &pending, &err), VF_OK);
	CHECK_INT(size, 1);
	nt_notary_free(n);
	load_chain_done(&shared);
}

/* ---- more at once than may wait (F28) ---- */

#define CROWD 200
#define EACH 5

static atomic_uint turned_away;

/* Sends each record until it is stored: the connection is ended, or the answer is 503, while there are too many. */
static void *run_crowd(void *arg)
{
	struct service_conn conn;
	struct client *c = arg;

	service_conn_init(&conn, &service);
	while (c->acked < EACH) {
		int status = client_step(c, &conn);

		if (status == 200 || status == 201)
			continue;
		turned_away++;
		if (status != 0 && status != 503)
			break;
		service_sleep(0.02);
	}
	service_conn_done(&conn);
	return NULL;
}

/* Ten times as many clients as the service holds connections, all at work. */
static void test_busy(void)
{
	static struct client crowd[CROWD];

	service_make(&service, "connections = 20\\n");
	service_start(&service);
	for (unsigned i = 0; i < CROWD; i++) {
		client_begin(&crowd[i], "BUSY", i);
		pthread_create(&crowd[i].thread, NULL, run_crowd, &crowd[i]);
	}
	for (unsigned i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		CHECK_INT(crowd[i].acked, EACH);
		if (crowd[i].acked != EACH)
			fprintf(stderr, "status %d %s\n", crowd[i].status, crowd[i].code);
	}
	fprintf(stderr, "%u times turned away\n", turned_away);
	CHECK(turned_away > 0);
	CHECK_INT(service_end(&service, SIGTERM), 0);
	for (unsigned i = 0; i < CROWD; i += CLIENTS) {
		memcpy(clients, crowd + i, (CROWD - i < CLIENTS ? CROWD - i : CLIENTS) * sizeof(*clients));
		clients_judge(true);
	}
	for (unsigned i = 0; i < CROWD; i++)
		load_chain_done(&crowd[i].chain);
}

/* ---- output that nobody reads (F60) ---- */

static void test_pipe(void)
{
	struct service_conn conn;
	struct service_answer a;
	struct client one;
	int ends[2];

	service_make(&service, "log_requests = 1\\n");
	if (pipe2(ends, O_CLOEXEC) != 0)
		exit(1);
	service.out = ends[1];
	service_start(&service);
	close(ends[1]);
	client_begin(&one, "PIPE", 0);
	service_conn_init(&conn, &service);
	/* some 200 octets a line: far more than a pipe holds */
	for (int i = 0; i < 3000; i++)
		CHECK_INT(service_get(&conn, NULL, i % 2 ? "/livez" : "/nothing", &a), i % 2 ? 200 : 404);
	CHECK_INT(client_step(&one, &conn), 201);
	/* and when the reader has gone */
	close(ends[0]);
	for (int i = 0; i < 300; i++)
		CHECK_INT(service_get(&conn, NULL, i % 2 ? "/livez" : "/nothing", &a), i % 2 ? 200 : 404);
	CHECK_INT(client_step(&one, &conn), 201);
	CHECK_INT(service_end(&service, SIGTERM), 0);
	service_conn_done(&conn);
	load_chain_done(&one.chain);
}

/* ---- a disk that is full (F16, F19) ---- */

/* A file system of our own over the temporary folder; false when this user may not. */
static bool mount_small(char out[256])
{
	int uid = (int)getuid(), gid = (int)getgid();

	folder_make(out);
	if (unshare(CLONE_NEWNS) != 0) {
		char map[64];
		FILE *f;

		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			return false;
		snprintf(map, sizeof(map), "0 %d 1", uid);
		f = fopen("/proc/self/uid_map", "w");
		if (!f || fputs(map, f) < 0 || fclose(f) != 0)
			return false;
		f = fopen("/proc/self/setgroups", "w");
		if (f && (fputs("deny", f) < 0 || fclose(f) != 0))
			return false;
		snprintf(map, sizeof(map), "0 %d 1", gid);
		f = fopen("/proc/self/gid_map", "w");
		if (!f || fputs(map, f) < 0 || fclose(f) != 0)
			return false;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("small", out, "tmpfs", 0, "size=12m") == 0;
}

static int test_full(void)
{
	struct service_conn conn;
	struct service_answer a;
	char small[256];
	bool refused = true;

	if (!mount_small(small))
		return check_skip("this user may not mount a file system of his own");
	setenv("TMPDIR", small, 1);
	service_make(&service, "seal_ms = 300\\n");
	service_start(&service);
	clients_start("FULL");
	clients_join();
	for (unsigned i = 0; i < CLIENTS; i++) {
		refused = refused && clients[i].status == 503;
		CHECK_INT(clients[i].status, 503);
	}
	fprintf(stderr, "after %zu records: %s\n", clients[0].acked, clients[0].code);
	service_conn_init(&conn, &service);
	CHECK_INT(service_get(&conn, NULL, "/livez", &a), 200);
	CHECK_INT(service_get(&conn, NULL, "/readyz", &a), 503);
	CHECK(service_member(vf_bytes(a.body, a.body_n), "code").n > 0);
	/* it stays so, and stops when it is told to, whatever the status says */
	CHECK_INT(client_step(&clients[0], &conn), 503);
	service_conn_done(&conn); /* of the process that ends now */
	CHECK(service_end(&service, SIGTERM) < 1000);
	/* with room again: all that was answered is there, and it goes on */
	CHECK_INT(mount("small", small, "tmpfs", MS_REMOUNT, "size=200m"), 0);
	service_start(&service);
	service_conn_init(&conn, &service);
	for (unsigned i = 0; i < CLIENTS; i++) {
		int status = client_step(&clients[i], &conn);

		if (status != 201 && status != 200)
			CHECK_FAIL("client %u, with room again: %d %s", i, status, clients[i].code);
	}
	service_conn_done(&conn);
	CHECK_INT(service_end(&service, SIGTERM), 0);
	clients_judge(true);
	clients_end();
	folder_run("%s fsck %s >/dev/null", service_program(), service.notary);
	service_remove(&service);
	umount(small);
	rmdir(small);
	return check_done();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {{"term", test_term}, {"reload", test_reload}, {"twice", test_twice}, {"same", test_same}, {"busy", test_busy},
		{"pipe", test_pipe}};

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "full") == 0)
		return test_full();
	for (size_t i = 0; argc == 2 && i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].name) != 0)
			continue;
		tests[i].run();
		service_remove(&service);
		return check_done();
	}
	return 64;
}
