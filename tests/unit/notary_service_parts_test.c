/* Parts of the service: keys of idempotency, the ledger of a commit group, the trail of audit events. */
#include <pthread.h>

#include "verify/bundle.h"

#include "notary/intake.h"
#include "notary/keys_seen.h"
#include "notary/ledger.h"
#include "notary/trail.h"

#include "tests/made.h"
#include "tests/notary_fixture.h"

/* ---- keys ---- */

static enum nt_key_use begin(struct nt_keys_seen *k, const char *party, const char *key, const char *body, int64_t now)
{
	struct vf_hash name = nt_keys_seen_name(vf_bytes_str(party), vf_bytes_str(key)), b = vf_sha256(vf_bytes_str(body));
	enum nt_key_use use = NT_KEY_OTHER;

	CHECK_RC(nt_keys_seen_begin(k, &name, &b, now, &use, NULL), VF_OK);
	return use;
}

static void end(struct nt_keys_seen *k, const char *party, const char *key, bool keep)
{
	struct vf_hash name = nt_keys_seen_name(vf_bytes_str(party), vf_bytes_str(key));

	nt_keys_seen_end(k, &name, keep);
}

static void test_keys(void)
{
	struct nt_keys_seen *k = NULL;

	CHECK_RC(nt_keys_seen_new(1000, 100, &k, NULL), VF_OK);
	CHECK_INT(begin(k, "a", "1", "body", 0), NT_KEY_FREE);
	CHECK_INT(begin(k, "a", "1", "body", 1), NT_KEY_WORKING);
	CHECK_INT(begin(k, "a", "1", "other", 1), NT_KEY_OTHER);
	CHECK_INT(begin(k, "b", "1", "other", 1), NT_KEY_FREE); /* another party's */
	end(k, "a", "1", true);
	CHECK_INT(begin(k, "a", "1", "body", 2), NT_KEY_FREE);
	end(k, "a", "1", true);
	CHECK_INT(begin(k, "a", "1", "other", 3), NT_KEY_OTHER);
	end(k, "b", "1", false); /* nothing was stored: the key is free for a corrected body */
	CHECK_INT(begin(k, "b", "1", "corrected", 4), NT_KEY_FREE);
	CHECK_INT(begin(k, "a", "1", "other", 101), NT_KEY_FREE); /* its time is over */
	nt_keys_seen_free(k);
}

/* No more than room allows; the oldest go first, and the others are still found while the table grows. */
static void test_many_keys(void)
{
	struct nt_keys_seen *k = NULL;
	char key[24];

	CHECK_RC(nt_keys_seen_new(1000, 1000000, &k, NULL), VF_OK);
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		CHECK_INT(begin(k, "a", key, "body", i), NT_KEY_FREE);
		end(k, "a", key, i % 7 != 0);
	}
	CHECK_INT(begin(k, "a", "key-4999", "other", 5000), NT_KEY_OTHER);
	CHECK_INT(begin(k, "a", "key-4100", "other", 5000), NT_KEY_OTHER);
	CHECK_INT(begin(k, "a", "key-3000", "other", 5000), NT_KEY_FREE);
	CHECK_INT(begin(k, "a", "key-4998", "other", 5000), NT_KEY_FREE); /* 4998 is a multiple of 7: given back */
	nt_keys_seen_free(k);
}

/* ---- the ledger ---- */

static void make(struct made *m, struct made_stream *st, uint64_t n)
{
	made_record(m, st, n, false);
	m->s.n_links = 0;
}

static enum vf_rc settle(struct nt_ledger *l, struct fixture *f, struct nt_submission *s, bool *before)
{
	char field[NT_FIELD_MAX] = "";
	struct vf_err err;

	return nt_ledger_settle(l, f->n, NULL, s, before, field, &err);
}

static void test_group(void)
{
	static struct made m[4], other, twin;
	struct made_stream st = made_stream("site", "DEMO-1"), fork = made_stream("site", "DEMO-1");
	struct nt_ledger *l = NULL;
	struct fixture f;
	bool before;

	fixture_begin(&f);
	CHECK_RC(nt_ledger_new(16, &l, NULL), VF_OK);
	for (uint64_t i = 0; i < 4; i++)
		make(&m[i], &st, i);
	make(&other, &fork, 77);
	/* one after the other, each in the place that the one before leaves */
	for (size_t i = 0; i < 3; i++) {
		CHECK_RC(settle(l, &f, &m[i].s, &before), VF_OK);
		CHECK(!before);
	}
	CHECK_RC(settle(l, &f, &m[1].s, &before), VF_OK); /* the same again */
	CHECK(before);
	/* as it is read from a retry: without the key, which the stream has for its own submitter alone */
	twin = m[1];
	memset(&twin.s.stream_key, 0, sizeof(twin.s.stream_key));
	CHECK_RC(settle(l, &f, &twin.s, &before), VF_OK);
	CHECK(before && vf_hash_eq(&twin.s.stream_key, &m[1].s.stream_key));
	twin.s.submitter = vf_bytes_str("somebody");
	CHECK_RC(settle(l, &f, &twin.s, &before), VF_SLOT_MISMATCH);
	CHECK_RC(settle(l, &f, &other.s, &before), VF_STREAM_CONFLICT); /* a second beginning of the stream */
	twin = m[2];
	twin.s.slot.b[0] ^= 1;
	CHECK_RC(settle(l, &f, &twin.s, &before), VF_ENTRY_CONFLICT);
	twin = m[2];
	twin.s.id512.b[63] ^= 1;
	CHECK_RC(settle(l, &f, &twin.s, &before), VF_ENTRY_CONFLICT);
	CHECK_RC(settle(l, &f, &m[3].s, &before), VF_OK);
	/* the group was not committed: nothing of it counts */
	nt_ledger_begin(l);
	CHECK_RC(settle(l, &f, &m[3].s, &before), VF_STREAM_CONFLICT);
	CHECK_RC(settle(l, &f, &other.s, &before), VF_OK);
	/* an offer failed in the middle: what was settled before it is not stored, so nothing may build on it */
	nt_ledger_spoil(l);
	CHECK_RC(settle(l, &f, &other.s, &before), VF_STORE_BUSY);
	nt_ledger_begin(l);
	CHECK_RC(settle(l, &f, &other.s, &before), VF_OK);
	nt_ledger_free(l);
	fixture_end(&f);
}

/* A refused submission is freed when its answer leaves, while its group goes on: the ledger keeps nothing of it. */
static void test_refused_is_gone(void)
{
	static struct made first, begins, second;
	struct made_stream st = made_stream("site", "DEMO-1"), fork = made_stream("site", "DEMO-1");
	char *submitter = strdup("site"), *study = strdup("DEMO-1");
	struct nt_ledger *l = NULL;
	struct fixture f;
	bool before;

	fixture_begin(&f);
	CHECK_RC(nt_ledger_new(16, &l, NULL), VF_OK);
	make(&begins, &fork, 77);
	make(&first, &st, 0);
	make(&second, &st, 1);
	second.s.submitter = vf_bytes_str(submitter);
	second.s.study = vf_bytes_str(study);
	CHECK_RC(settle(l, &f, &second.s, &before), VF_STREAM_CONFLICT); /* comes before the one it follows */
	memcpy(submitter, "gone", 4);
	free(submitter);
	free(study);
	CHECK_RC(settle(l, &f, &first.s, &before), VF_OK);
	CHECK_RC(settle(l, &f, &begins.s, &before), VF_STREAM_CONFLICT); /* it is one stream, not two */
	nt_ledger_free(l);
	fixture_end(&f);
}

/* More entries than the ledger was made for are refused, not lost. */
static void test_full(void)
{
	static struct made m[80];
	struct nt_ledger *l = NULL;
	struct fixture f;
	enum vf_rc rc = VF_OK;
	bool before;
	size_t n = 0;

	fixture_begin(&f);
	CHECK_RC(nt_ledger_new(1, &l, NULL), VF_OK);
	for (; n < 80 && rc == VF_OK; n++) {
		make(&m[n], NULL, n);
		rc = settle(l, &f, &m[n].s, &before);
	}
	CHECK_RC(rc, VF_INTERNAL);
	CHECK_INT(n, 65);
	nt_ledger_free(l);
	fixture_end(&f);
}

/* ---- the trail ---- */

#define ITEMS 500

struct waited {
	struct nt_trail_item item;
	struct nt_event event;
	enum vf_rc rc;
	unsigned times;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t ended;

static void on_done(struct nt_trail_item *x, enum vf_rc rc, const struct vf_err *err)
{
	struct waited *w = x->ctx;

	(void)err;
	pthread_mutex_lock(&lock);
	w->rc = rc;
	w->times++;
	ended++;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static void put(struct nt_trail *t, struct waited *w, int64_t now, const char *party)
{
	*w = (struct waited){.rc = VF_NOT_CHECKED};
	w->event = (struct nt_event){.time_ms = now, .party = vf_bytes_str(party), .right = NT_RIGHT_READ, .outcome = VF_OK,
		.count = 1, .request = vf_bytes_str("r")};
	w->item = (struct nt_trail_item){.events = &w->event, .n = 1, .done = on_done, .ctx = w};
	nt_trail_put(t, &w->item);
}

static void wait_all(size_t n)
{
	pthread_mutex_lock(&lock);
	while (ended < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void test_trail(void)
{
	static struct waited w[ITEMS + 1];
	struct nt_audit_counts counts;
	struct nt_access *a = NULL;
	struct nt_trail *t = NULL;
	struct fixture f;

	fixture_begin(&f);
	CHECK_RC(nt_notary_access(f.n, true, &a, NULL), VF_OK);
	CHECK_RC(nt_trail_new(a, &t, NULL), VF_OK);
	for (size_t i = 0; i < ITEMS; i++)
		put(t, &w[i], f.now, "site");
	wait_all(ITEMS);
	for (size_t i = 0; i < ITEMS; i++) {
		CHECK_RC(w[i].rc, VF_OK);
		CHECK_INT(w[i].times, 1);
	}
	CHECK_RC(nt_audit_counts(a, &counts, NULL), VF_OK);
	CHECK_INT(counts.stored, ITEMS);
	/* an event that cannot be stored stops the trail: nothing is answered any more */
	put(t, &w[0], f.now, "not a party's name\n");
	wait_all(ITEMS + 1);
	CHECK(w[0].rc != VF_OK);
	put(t, &w[1], f.now, "site");
	wait_all(ITEMS + 2);
	CHECK_RC(w[1].rc, w[0].rc);
	CHECK_RC(nt_trail_failed(t), w[0].rc);
	/* what waits at the end is ended */
	put(t, &w[2], f.now, "site");
	nt_trail_free(t);
	CHECK_INT(w[2].times, 1);
	CHECK_RC(nt_audit_counts(a, &counts, NULL), VF_OK);
	CHECK_INT(counts.stored, ITEMS);
	fixture_end(&f);
}

int main(void)
{
	test_keys();
	test_many_keys();
	test_group();
	test_refused_is_gone();
	test_full();
	test_trail();
	return check_done();
}
