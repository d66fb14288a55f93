/*
 * The promise of the service, while it is killed at times by a seed under load: what was answered is in the
 * log, once, as its receipt says, and nothing else is.
 *
 * Clients with a stream each submit single records and bulk requests, sometimes leave before or after the answer, and send what
 * was not answered again with the same octets. A monitor keeps every checkpoint that it is shown. At the end
 * the folder is judged by the library: see check_all(). TRIALNOTARY_LONG=1: 50 kills in place of 8;
 * another seed of the times each time; TRIALNOTARY_SEED: this seed. It is printed.
 */
#include "notary/access.h"
#include "notary/notary.h"
#include "verify/merkle.h"
#include "verify/receipt.h"

#include "tests/service/service.h"

#define CLIENTS 12
#define MOST_LINES 40
#define MAX_HEADS 100000

struct client {
	pthread_t thread;
	unsigned at;
	uint64_t random;
	struct load_chain chain;
	size_t acked;             /* records of the chain that were answered */
	struct nt_buf *receipts;  /* one for each of them */
	size_t room;
	uint64_t requests, broken, left, busy;
	char fault[512];          /* the first answer that is none of those that may come */
};

static struct service service;
static struct client clients[CLIENTS];
static atomic_bool stopping;
static struct nt_buf heads[MAX_HEADS]; /* the monitor's */
static size_t n_heads;
static uint64_t seed;

/* xorshift64*: the same for the same seed. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * UINT64_C(2685821657736338717) >> 33) % below;
}

static void keep_receipt(struct client *c, struct vf_bytes base64)
{
	uint8_t text[VF_MAX_RECEIPT];
	size_t pad = 0, n;

	while (pad < 2 && pad < base64.n && base64.p[base64.n - 1 - pad] == '=')
		pad++;
	n = base64.n / 4 * 3 - (base64.n ? pad : 0);
	if (c->acked == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->receipts = realloc(c->receipts, c->room * sizeof(*c->receipts));
		if (!c->receipts)
			exit(1);
	}
	c->receipts[c->acked] = nt_buf(VF_MAX_RECEIPT);
	if (n <= sizeof(text) && vf_base64_read(base64, text, n))
		nt_buf_put(&c->receipts[c->acked], vf_bytes(text, n));
	c->acked++;
}

/* One object of an answer: the next record of the chain, stored. */
static bool take_object(struct client *c, struct vf_bytes json)
{
	if (!service_names(json, &c->chain.ids[c->acked])) {
		snprintf(c->fault, sizeof(c->fault), "record %zu: %.*s", c->acked, (int)(json.n < 400 ? json.n : 400), (const char *)json.p);
		return false;
	}
	keep_receipt(c, service_member(json, "receipt"));
	return true;
}

static bool take_answer(struct client *c, const struct service_answer *a, size_t lines, bool bulk)
{
	struct vf_bytes body = vf_bytes(a->body, a->body_n), line;
	size_t n = 0;

	if (!bulk)
		return take_object(c, body);
	while (vf_take_line(&body, &line) && take_object(c, line))
		n++;
	if (n == lines || c->fault[0])
		return n == lines;
	snprintf(c->fault, sizeof(c->fault), "%zu of %zu lines were answered", n, lines);
	return false;
}

/* F34: half a request, or a whole one, and nobody there for its answer. */
static void leave(struct client *c, struct service_conn *conn, const char *token, struct vf_bytes body)
{
	char half[512];
	int n = snprintf(half, sizeof(half), "POST /v1/records HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: 3000\r\n\r\n{\"sche", token);

	if (draw(&c->random, 2)) {
		service_request(conn, token, "POST", "/v1/records", "application/json", body);
	} else if (service_open(conn)) {
		service_send(conn, half, (size_t)n);
	}
	service_close(conn);
	c->left++;
}

static void *run_client(void *arg)
{
	struct client *c = arg;
	const char *token = service.tokens[c->at % (SERVICE_PARTIES - 1)];
	bool bulk = c->at % 3 == 2;
	struct service_conn conn;
	struct service_answer a;

	service_conn_init(&conn, &service);
	while (!stopping && !c->fault[0]) {
		size_t lines = bulk ? 1 + draw(&c->random, MOST_LINES) : 1;
		struct vf_bytes body;
		int status = 0;

		while (c->chain.n < c->acked + lines)
			load_chain_add(&c->chain);
		body = load_chain_lines(&c->chain, c->acked, lines);
		if (!bulk && draw(&c->random, 20) == 0)
			leave(c, &conn, token, body);
		c->requests++;
		/* the same octets until somebody says that they are stored */
		while (status < 200 || status == 503) {
			status = service_ask(&conn, token, "POST", bulk ? "/v1/records/bulk" : "/v1/records",
				bulk ? "application/x-ndjson" : "application/json", body, &a);
			c->broken += status == 0;
			c->busy += status == 503;
			if (status < 200 || status == 503)
				service_sleep(0.005);
		}
		if (status != 200 && status != 201)
			snprintf(c->fault, sizeof(c->fault), "status %d: %.400s", status, a.body);
		else if (!take_answer(c, &a, lines, bulk))
			break;
	}
	service_conn_done(&conn);
	return NULL;
}

/* Keeps each checkpoint that is shown, once. */
static void *run_monitor(void *arg)
{
	struct service_conn conn;
	struct service_answer a;

	(void)arg;
	service_conn_init(&conn, &service);
	while (!stopping && n_heads < MAX_HEADS) {
		if (service_get(&conn, NULL, "/checkpoint", &a) == 200 &&
			(n_heads == 0 || !vf_bytes_eq(nt_buf_bytes(&heads[n_heads - 1]), vf_bytes(a.body, a.body_n)))) {
			heads[n_heads] = nt_buf(1 << 16);
			nt_buf_put(&heads[n_heads++], vf_bytes(a.body, a.body_n));
		}
		service_sleep(0.01);
	}
	service_conn_done(&conn);
	return NULL;
}

/* ---- the judgement ---- */

static struct vf_hash *ids; /* of all entries, sorted */
static uint64_t n_ids;

static int by_octets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

static void read_ids(struct nt_notary *n)
{
	uint64_t seals, pending;
	struct vf_err err = {0};

	CHECK_RC(nt_notary_counts(n, &seals, &n_ids, &pending, &err), VF_OK);
	CHECK_INT(pending, 0);
	ids = calloc(n_ids + 1, sizeof(*ids));
	if (!ids || nt_notary_ids(n, 0, n_ids, ids, &err) != VF_OK) {
		CHECK_FAIL("no list of entries: %s", err.text);
		exit(1);
	}
	qsort(ids, n_ids, sizeof(*ids), by_octets);
	for (uint64_t i = 1; i < n_ids; i++)
		CHECK(by_octets(&ids[i - 1], &ids[i]) != 0);
}

/* The receipt is a signed promise of exactly the entry that is in the log. */
static void check_receipt(struct nt_notary *n, const struct vf_receipt_keys *keys, struct vf_bytes text, const struct vf_hash *id)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *record = NULL;
	struct vf_receipt r;
	struct vf_err err = {0};

	CHECK(bsearch(id, ids, n_ids, sizeof(*ids), by_octets) != NULL);
	if (vf_receipt_parse(text, &r, &err) != VF_OK || vf_receipt_check_path(&r, &err) != VF_OK ||
		vf_receipt_check_signature(&r, keys, NULL, &err) != VF_OK || nt_notary_get(n, id, &record, &err) != VF_OK) {
		CHECK_FAIL("a receipt of %zu octets: %s", text.n, err.text);
		return;
	}
	CHECK(vf_hash_eq(&r.entry.id, id));
	CHECK(vf_hash512_eq(&r.entry.id512, &record->id512));
	CHECK(vf_hash_eq(&r.entry.slot, &record->slot));
	CHECK_INT(record->state, NT_SEALED);
	CHECK(record->accepted_ms <= r.accepted_ms);
}

static void check_client(struct nt_notary *n, const struct vf_receipt_keys *keys, const struct client *c)
{
	struct nt_stream stream = {0};
	struct vf_err err = {0};

	if (c->fault[0])
		CHECK_FAIL("client %u: %s", c->at, c->fault);
	CHECK(c->acked > 0);
	CHECK_RC(nt_notary_stream(n, vf_bytes_str(c->chain.submitter), vf_bytes_str(c->chain.study), &stream, &err), VF_OK);
	/* nothing that was not answered, as all was sent until it was */
	CHECK_INT(stream.next, c->acked);
	CHECK(c->acked == 0 || vf_hash_eq(&stream.head, &c->chain.ids[c->acked - 1]));
	for (size_t i = 0; i < c->acked; i++)
		check_receipt(n, keys, nt_buf_bytes(&c->receipts[i]), &c->chain.ids[i]);
}

/* Every checkpoint that was shown, in its order, is one that the log at the end begins with. */
static void check_heads(struct nt_notary *n)
{
	struct nt_buf last = nt_buf(1 << 16);
	struct vf_checkpoint now, then;
	struct vf_hash proof[VF_MAX_CONSISTENCY];
	struct vf_err err = {0};
	uint64_t before = 0;
	size_t n_proof;

	CHECK_RC(nt_notary_checkpoint(n, &last, &err), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&last), &now, &err), VF_OK);
	CHECK(n_heads > 1);
	for (size_t i = 0; i < n_heads; i++) {
		CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&heads[i]), &then, &err), VF_OK);
		CHECK(then.size >= before);
		before = then.size;
		CHECK_RC(nt_notary_consistency(n, then.size, now.size, proof, &n_proof, &err), VF_OK);
		CHECK_RC(vf_checkpoint_check_consistent(&then, &now, proof, n_proof, &err), VF_OK);
		nt_buf_done(&heads[i]);
	}
	nt_buf_done(&last);
}

static void show_finding(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	CHECK_FAIL("%s: %s", vf_rc_name(rc), text);
}

static void check_all(void)
{
	static uint8_t block[1 << 16];
	struct vf_receipt_keys keys = {0};
	struct nt_notary *n = NULL;
	struct nt_buf pins = nt_buf(1 << 16);
	struct vf_err err = {0};
	struct vf_arena arena;
	uint64_t faults = 0, acked = 0;

	vf_arena_init(&arena, block, sizeof(block));
	CHECK_RC(nt_notary_open(service.notary, NULL, NULL, &n, &err), VF_OK);
	if (!n) {
		fprintf(stderr, "%s\n", err.text);
		return;
	}
	CHECK_RC(nt_notary_receipt_pins(n, &pins, &err), VF_OK);
	CHECK_RC(vf_receipt_keys_parse(nt_buf_bytes(&pins), &arena, &keys, &err), VF_OK);
	read_ids(n);
	for (size_t i = 0; i < CLIENTS; i++) {
		check_client(n, &keys, &clients[i]);
		acked += clients[i].acked;
	}
	/* no entry that nobody was promised; the notary's own records of its audit trail come on top */
	CHECK(n_ids >= acked && n_ids <= acked + 10);
	check_heads(n);
	CHECK_RC(nt_notary_fsck(n, show_finding, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
	CHECK_RC(nt_notary_audit(n, show_finding, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
	nt_buf_done(&pins);
	nt_notary_free(n);
	folder_run("%s audit check %s >%s/audit 2>&1", service_program(), service.notary, service.dir);
}

int main(void)
{
	const char *is_long = getenv("TRIALNOTARY_LONG"), *given = getenv("TRIALNOTARY_SEED");
	unsigned kills = is_long && strcmp(is_long, "1") == 0 ? 50 : 8;
	uint64_t random, sums[4] = {0};
	pthread_t monitor;
	char study[32], party[32];

	signal(SIGPIPE, SIG_IGN);
	seed = given ? strtoull(given, NULL, 10) : kills > 8 ? (uint64_t)time(NULL) : 1;
	random = seed * 2 + 1;
	fprintf(stderr, "seed %" PRIu64 ", %u kills\n", seed, kills);
	service_make(&service, "seal_ms = 200\\n");
	service_start(&service);
	for (unsigned i = 0; i < CLIENTS; i++) {
		snprintf(study, sizeof(study), "KILL-%u", i);
		snprintf(party, sizeof(party), "party-%u", i % (SERVICE_PARTIES - 1));
		load_chain_begin(&clients[i].chain, party, study);
		clients[i].at = i;
		clients[i].random = seed * 1000 + i + 1;
		pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
	}
	pthread_create(&monitor, NULL, run_monitor, NULL);
	for (unsigned k = 0; k < kills; k++) {
		service_sleep(0.03 + (double)draw(&random, 600) / 1000);
		CHECK_INT(service_end(&service, SIGKILL), 1000 + SIGKILL);
		service_start(&service);
	}
	service_sleep(0.5);
	stopping = true;
	for (unsigned i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
	pthread_join(monitor, NULL);
	CHECK_INT(service_end(&service, SIGTERM), 0);
	check_all();
	for (unsigned i = 0; i < CLIENTS; i++) {
		sums[0] += clients[i].acked, sums[1] += clients[i].broken, sums[2] += clients[i].left, sums[3] += clients[i].busy;
		for (size_t r = 0; r < clients[i].acked; r++)
			nt_buf_done(&clients[i].receipts[r]);
		free(clients[i].receipts);
		load_chain_done(&clients[i].chain);
	}
	fprintf(stderr, "%" PRIu64 " records answered, %" PRIu64 " requests broken, %" PRIu64 " clients left early, %" PRIu64
		" times busy, %zu checkpoints\n", sums[0], sums[1], sums[2], sums[3], n_heads);
	free(ids);
	service_remove(&service);
	return check_done();
}
