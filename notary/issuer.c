#include "notary/issuer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/clock_watch.h"
#include "notary/random.h"
#include "verify/der.h"

#define MAX_THREADS 64
#define MAX_WAITING 2048
/* A token with its certificate is far smaller. */
#define TOKEN_CAP 16384
/*
 * genTime never runs backwards. A clock that was set back by at most this (NTP slews and small steps) makes tokens with
 * the time of the last one, which is then that much ahead: never by more than the accuracy that is claimed.
 */
#define PATIENCE_MS INT64_C(50)

/* What a thread keeps for itself. */
struct worker {
	struct nt_issuer *issuer;
	pthread_t thread;
	struct nt_random random;
	struct nt_buf token;
	struct nt_tsa_snapshot *of; /* whose root pki pins; a reference */
	struct vf_pki *pki;
};

struct nt_issuer {
	struct nt_issue_journal *journal;
	struct nt_clock_watch *watch;
	int64_t (*clock)(void *ctx);
	void *clock_ctx;
	size_t max_waiting;
	struct worker workers[MAX_THREADS];
	unsigned n_workers;

	pthread_mutex_t lock; /* of these */
	pthread_cond_t wake;
	struct nt_issue *first, *last;
	size_t waiting;
	bool ending;
	struct nt_tsa_snapshot *snapshot;
};

/* ---- the answer ---- */

static enum nt_tsp_fail fail_of(enum vf_rc rc)
{
	return rc == VF_CLOCK_DOUBT || rc == VF_TIME_STOPPED ? NT_TSP_TIME_NOT_AVAILABLE : NT_TSP_SYSTEM_FAILURE;
}

/*
 * What a stranger is told: the sentence of the code, and for a policy the message, which quotes nothing of the notary's
 * insides.
 */
static void refuse(struct nt_issue *x, enum nt_tsp_fail fail, const struct vf_err *err)
{
	const char *text = fail == NT_TSP_UNACCEPTED_POLICY ? err->text : vf_rc_text(err->rc);

	x->granted = false;
	x->fail = fail;
	x->err = *err;
	nt_buf_reset(&x->response);
	if (nt_tsp_refused_put(&x->response, fail, text, NULL) != VF_OK)
		nt_buf_reset(&x->response); /* no memory: the answer is an empty one, which its reader finds */
	x->done(x);
}

/* On the journal's thread. */
static void on_journal(struct nt_issue_item *item, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_issue *x = item->ctx;

	if (rc != VF_OK) {
		refuse(x, NT_TSP_SYSTEM_FAILURE, err);
		return;
	}
	x->granted = true;
	x->err.rc = VF_OK;
	x->done(x);
}

/* ---- making a token ---- */

static VF_RC check_policy(const struct nt_issue *x, const struct nt_tsa_snapshot *s, struct vf_err *reterr)
{
	struct vf_bytes want = nt_tsa_snapshot_policy(s);
	char dotted[100];

	if (x->request.policy.n == 0 || vf_bytes_eq(x->request.policy, want))
		return VF_OK;
	vf_der_oid_text(want, dotted, sizeof(dotted));
	return vf_fail(reterr, VF_UNSUPPORTED, "the policy of this authority is %s", dotted);
}

/* A verifier that pins the root of this snapshot. */
static VF_RC take_pki(struct worker *w, struct nt_tsa_snapshot *s, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (w->pki && w->of == s)
		return VF_OK;
	vf_pki_freep(&w->pki);
	w->of = nt_tsa_snapshot_free(w->of);
	rc = nt_tsa_snapshot_pki(s, &w->pki, reterr);
	if (rc == VF_OK)
		w->of = nt_tsa_snapshot_hold(s);
	return rc;
}

static void note_token(struct nt_issue *x, int64_t gen_ms, struct vf_bytes token)
{
	struct nt_issued *t = &x->item.token;

	t->gen_ms = gen_ms;
	t->imprint = x->request.imprint;
	t->token = vf_sha256(token);
	t->policy[0] = '\0';
	if (x->request.policy.n)
		vf_der_oid_text(x->request.policy, t->policy, sizeof(t->policy));
	t->nonce_n = x->request.nonce.n;
	if (t->nonce_n)
		memcpy(t->nonce, x->request.nonce.p, t->nonce_n);
	x->item.done = on_journal;
	x->item.ctx = x;
}

static VF_RC make_token(
	struct worker *w, struct nt_issue *x, struct nt_tsa_snapshot *s, int64_t gen_ms, struct vf_err *reterr)
{
	uint8_t *serial = x->item.token.serial;
	struct nt_tsa_want want = {.imprint = x->request.imprint,
		.serial = vf_bytes(serial, NT_ISSUED_SERIAL),
		.nonce = x->request.nonce,
		.certificate = x->request.cert_req,
		.gen_ms = gen_ms};
	enum vf_rc rc;

	nt_buf_reset(&w->token);
	rc = take_pki(w, s, reterr);
	if (rc == VF_OK)
		rc = nt_tsa_snapshot_stamp(s, &want, &w->token, reterr);
	if (rc == VF_OK)
		rc = nt_tsa_snapshot_verify(s, w->pki, &want, nt_buf_bytes(&w->token), reterr);
	if (rc == VF_OK)
		rc = nt_tsp_granted_put(&x->response, nt_buf_bytes(&w->token), reterr);
	if (rc == VF_OK)
		note_token(x, gen_ms, nt_buf_bytes(&w->token));
	return rc;
}

/* All that must hold before a number is given out. */
static VF_RC check_ready(
	const struct nt_issuer *i, const struct nt_tsa_snapshot *s, int64_t now_ms, struct vf_err *reterr)
{
	enum vf_rc rc = i->watch ? nt_clock_watch_check(i->watch, reterr) : VF_OK;

	return rc == VF_OK ? nt_tsa_snapshot_check(s, now_ms, reterr) : rc;
}

static int64_t patience(const struct nt_tsa_snapshot *s)
{
	int64_t accuracy = nt_tsa_snapshot_accuracy(s);

	return accuracy < PATIENCE_MS ? accuracy : PATIENCE_MS;
}

static void answer(struct worker *w, struct nt_issue *x, struct nt_tsa_snapshot *s)
{
	struct nt_issuer *i = w->issuer;
	uint8_t random[NT_ISSUED_RANDOM];
	int64_t now_ms = i->clock(i->clock_ctx), gen_ms = 0;
	uint64_t number = 0;
	struct vf_err err = {0};
	enum vf_rc rc = check_policy(x, s, &err);

	if (rc != VF_OK) {
		refuse(x, NT_TSP_UNACCEPTED_POLICY, &err);
		return;
	}
	rc = check_ready(i, s, now_ms, &err);
	if (rc == VF_OK)
		rc = nt_random(&w->random, random, sizeof(random), &err);
	if (rc == VF_OK)
		rc = nt_issue_journal_begin(i->journal, now_ms, patience(s), &number, &gen_ms, &err);
	if (rc != VF_OK) {
		refuse(x, fail_of(rc), &err);
		return;
	}
	nt_issued_serial(number, random, x->item.token.serial);
	rc = make_token(w, x, s, gen_ms, &err);
	if (rc == VF_OK) {
		nt_issue_journal_put(i->journal, &x->item); /* x may be gone now */
		return;
	}
	nt_issue_journal_drop(i->journal, number);
	refuse(x, fail_of(rc), &err);
}

/* ---- threads ---- */

static void *work(void *arg)
{
	struct worker *w = arg;
	struct nt_issuer *i = w->issuer;

	for (;;) {
		struct nt_tsa_snapshot *s;
		struct nt_issue *x;

		pthread_mutex_lock(&i->lock);
		while (!i->first && !i->ending)
			pthread_cond_wait(&i->wake, &i->lock);
		x = i->first;
		if (!x) {
			pthread_mutex_unlock(&i->lock);
			return NULL;
		}
		i->first = x->next;
		if (!i->first)
			i->last = NULL;
		i->waiting--;
		s = nt_tsa_snapshot_hold(i->snapshot);
		pthread_mutex_unlock(&i->lock);
		answer(w, x, s);
		nt_tsa_snapshot_free(s);
	}
}

VF_RC nt_issuer_ask(struct nt_issuer *i, struct nt_issue *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	x->next = NULL;
	pthread_mutex_lock(&i->lock);
	if (i->waiting >= i->max_waiting) {
		rc = vf_fail(reterr, VF_HTTP_BUSY, "%zu requests for tokens wait already", i->waiting);
	} else {
		if (i->last)
			i->last->next = x;
		else
			i->first = x;
		i->last = x;
		i->waiting++;
		pthread_cond_signal(&i->wake);
	}
	pthread_mutex_unlock(&i->lock);
	return rc;
}

void nt_issuer_set_snapshot(struct nt_issuer *i, struct nt_tsa_snapshot *s)
{
	struct nt_tsa_snapshot *old;

	nt_tsa_snapshot_hold(s);
	pthread_mutex_lock(&i->lock);
	old = i->snapshot;
	i->snapshot = s;
	pthread_mutex_unlock(&i->lock);
	nt_tsa_snapshot_free(old);
}

struct nt_tsa_snapshot *nt_issuer_snapshot(struct nt_issuer *i)
{
	struct nt_tsa_snapshot *s;

	pthread_mutex_lock(&i->lock);
	s = nt_tsa_snapshot_hold(i->snapshot);
	pthread_mutex_unlock(&i->lock);
	return s;
}

VF_RC nt_issuer_check(struct nt_issuer *i, struct vf_err *reterr)
{
	struct nt_tsa_snapshot *s = nt_issuer_snapshot(i);
	enum vf_rc rc = nt_issue_journal_check(i->journal, reterr);

	if (rc == VF_OK)
		rc = check_ready(i, s, i->clock(i->clock_ctx), reterr);
	nt_tsa_snapshot_free(s);
	return rc;
}

static unsigned count_threads(unsigned wanted)
{
	long cores = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (unsigned)cores;
}

VF_RC nt_issuer_new(const struct nt_issuer_options *o, struct nt_issuer **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_issuer_freep) struct nt_issuer *i = calloc(1, sizeof(*i));
	unsigned threads = count_threads(o->threads);

	if (!i)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to issue tokens");
	i->journal = o->journal;
	i->watch = o->watch;
	i->clock = o->clock;
	i->clock_ctx = o->clock_ctx;
	i->max_waiting = o->max_waiting ? o->max_waiting : MAX_WAITING;
	i->snapshot = nt_tsa_snapshot_hold(o->snapshot);
	pthread_mutex_init(&i->lock, NULL);
	pthread_cond_init(&i->wake, NULL);
	for (; i->n_workers < threads; i->n_workers++) {
		struct worker *w = &i->workers[i->n_workers];

		w->issuer = i;
		w->token = nt_buf(TOKEN_CAP);
		if (pthread_create(&w->thread, NULL, work, w) != 0)
			return vf_fail(reterr, VF_NO_MEMORY, "no thread to issue tokens");
	}
	*ret = i;
	i = NULL;
	return VF_OK;
}

struct nt_issuer *nt_issuer_free(struct nt_issuer *i)
{
	if (!i)
		return NULL;
	pthread_mutex_lock(&i->lock);
	i->ending = true;
	pthread_cond_broadcast(&i->wake);
	pthread_mutex_unlock(&i->lock);
	for (unsigned k = 0; k < i->n_workers; k++) {
		struct worker *w = &i->workers[k];

		pthread_join(w->thread, NULL);
		nt_buf_done(&w->token);
		vf_pki_free(w->pki);
		nt_tsa_snapshot_free(w->of);
	}
	nt_tsa_snapshot_free(i->snapshot);
	pthread_cond_destroy(&i->wake);
	pthread_mutex_destroy(&i->lock);
	free(i);
	return NULL;
}

void nt_issuer_freep(struct nt_issuer **i)
{
	*i = nt_issuer_free(*i);
}
