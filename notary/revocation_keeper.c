#include "notary/revocation_keeper.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "notary/durable.h"
#include "notary/revocation_due.h"
#include "verify/text.h"
#include "verify/tst.h"

/* Certificates that are cared for at a time; an authority has one or two, some have one for each of their machines. */
#define MAX_LINES 64
/* What the store held at the start: the newest of each kind and certificate. */
#define MAX_HELD 1024
#define MAX_PEM ((size_t)1024 * 1024)
/* The wall clock may jump: it is looked at again after so long. */
#define LOOK_AGAIN_MS 30000

struct line {
	struct nt_revocation_line due;
	size_t authority;
	struct vf_hash leaf;    /* what its tokens call the certificate */
	struct vf_hash subject; /* nt_revocation_subject() of it, after the first question */
	uint8_t *token;         /* its latest */
	size_t n_token;
	bool fails, revoked;
};

struct held {
	size_t authority;
	struct nt_revocation r;
};

struct nt_revocation_keeper {
	struct nt_authorities authorities;
	struct nt_revocation_keeper_options o;
	struct vf_pki *pki[NT_MAX_AUTHORITIES];   /* the asking thread's */
	struct nt_revocation_answers answers;     /* the asking thread's */
	pthread_t thread;
	bool has_thread;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t more;
	struct line lines[MAX_LINES];
	size_t n_lines;
	struct held held[MAX_HELD];
	size_t n_held;
	struct nt_revocation_state states[NT_MAX_AUTHORITIES];
};

static int64_t now_of(const struct nt_revocation_keeper *k)
{
	struct timespec t;

	if (k->o.clock)
		return k->o.clock(k->o.clock_ctx);
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* NT_MAX_AUTHORITIES: none. */
static size_t find_authority(const struct nt_revocation_keeper *k, struct vf_bytes name)
{
	for (size_t i = 0; i < k->authorities.n; i++)
		if (vf_bytes_is(name, k->authorities.list[i].name))
			return i;
	return NT_MAX_AUTHORITIES;
}

/* ---- what is handed in ---- */

void nt_revocation_keeper_held(struct nt_revocation_keeper *k, const struct nt_revocation *r)
{
	size_t authority = find_authority(k, r->authority);
	struct held *place = NULL;

	if (authority == NT_MAX_AUTHORITIES)
		return;
	pthread_mutex_lock(&k->lock);
	for (size_t i = 0; i < k->n_held; i++)
		if (k->held[i].authority == authority && k->held[i].r.kind == r->kind &&
			vf_hash_eq(&k->held[i].r.subject, &r->subject))
			place = &k->held[i];
	if (!place && k->n_held < MAX_HELD) {
		place = &k->held[k->n_held++];
		place->r.this_update = VF_TIME_NONE;
	}
	if (place && place->r.this_update < r->this_update) {
		*place = (struct held){authority, *r};
		place->r.der = place->r.authority = vf_bytes(NULL, 0);
	}
	pthread_mutex_unlock(&k->lock);
}

/* What a token calls the certificate that signed it. */
static struct vf_hash signer_of(const struct vf_tst *t)
{
	return t->cms.by_key_id ? vf_sha256(t->cms.key_id) : vf_sha256_2(t->cms.issuer, t->cms.serial);
}

/* The line of a certificate; a new one may take the place of the one that stamped least lately. */
static struct line *line_of(struct nt_revocation_keeper *k, size_t authority, const struct vf_hash *leaf)
{
	struct line *l = NULL;

	for (size_t i = 0; i < k->n_lines; i++)
		if (k->lines[i].authority == authority && vf_hash_eq(&k->lines[i].leaf, leaf))
			return &k->lines[i];
	if (k->n_lines < MAX_LINES)
		l = &k->lines[k->n_lines++];
	for (size_t i = 0; !l && i < MAX_LINES; i++)
		if (i == 0 || k->lines[i].due.newest < l->due.newest)
			l = &k->lines[i];
	free(l->token);
	*l = (struct line){.authority = authority, .leaf = *leaf,
		.due = {.newest = VF_TIME_NONE, .leaf_end = VF_TIME_NONE, .asked = VF_TIME_NONE}};
	return l;
}

void nt_revocation_keeper_token(struct nt_revocation_keeper *k, struct vf_bytes authority, struct vf_bytes token)
{
	size_t a = find_authority(k, authority);
	struct vf_hash leaf;
	struct vf_err ignored;
	struct vf_tst t;
	struct line *l;
	uint8_t *copy;

	if (a == NT_MAX_AUTHORITIES || vf_tst_parse(token, &t, &ignored) != VF_OK)
		return;
	leaf = signer_of(&t);
	/* without memory the next token will do */
	copy = malloc(token.n);
	if (!copy)
		return;
	memcpy(copy, token.p, token.n);
	pthread_mutex_lock(&k->lock);
	l = line_of(k, a, &leaf);
	if (l->due.newest == VF_TIME_NONE || l->due.newest < t.gen_time) {
		free(l->token);
		l->token = copy;
		l->n_token = token.n;
		l->due.newest = t.gen_time;
		copy = NULL;
	}
	pthread_cond_signal(&k->more);
	pthread_mutex_unlock(&k->lock);
	free(copy);
}

/* ---- asking ---- */

/* What is asked about, copied while the lock is held. */
struct question {
	size_t line, authority;
	struct vf_hash leaf;
	struct nt_revocation held[NT_MAX_REVOCATIONS + 2 * VF_MAX_PATH];
	size_t n_held;
	uint8_t *token;
	size_t n_token;
	int64_t now;
	bool all;
};

/* The line that is due first; false: none is due at this time. */
static bool pick(struct nt_revocation_keeper *k, int64_t now, size_t *ret, int64_t *ret_next)
{
	int64_t first = NT_REVOCATION_NEVER;

	for (size_t i = 0; i < k->n_lines; i++) {
		int64_t due;

		/* the clock was set back: pauses begin anew */
		if (k->lines[i].due.asked > now)
			k->lines[i].due.asked = now;
		due = nt_revocation_due(&k->lines[i].due);
		if (due >= first)
			continue;
		first = due;
		*ret = i;
	}
	*ret_next = first;
	return first <= now && first != NT_REVOCATION_NEVER;
}

static bool prepare(struct nt_revocation_keeper *k, size_t line, int64_t now, struct question *q)
{
	struct line *l = &k->lines[line];

	*q = (struct question){.line = line, .authority = l->authority, .leaf = l->leaf, .n_token = l->n_token,
		.now = now,
		.all = nt_revocation_is_last(&l->due, now)};
	memcpy(q->held, l->due.held, l->due.n_held * sizeof(q->held[0]));
	q->n_held = l->due.n_held;
	q->token = malloc(l->n_token);
	if (q->token)
		memcpy(q->token, l->token, l->n_token);
	/* also when there is no memory: nobody asks all the time */
	l->due.asked = now;
	k->states[l->authority].asked++;
	return q->token != NULL;
}

/*
 * At the first question of a line it is not known yet which certificates its path has: all of the authority's are
 * looked at.
 */
static void add_stored(struct nt_revocation_keeper *k, struct question *q, const struct nt_revocation **ret,
	size_t *ret_n,
	struct nt_revocation *room, size_t n_room)
{
	size_t n = 0;

	for (; n < q->n_held; n++)
		room[n] = q->held[n];
	for (size_t i = 0; i < k->n_held && n < n_room; i++)
		if (k->held[i].authority == q->authority)
			room[n++] = k->held[i].r;
	*ret = room;
	*ret_n = n;
}

/* Takes over what the store held about the certificates of the path. */
static void adopt(struct nt_revocation_keeper *k, struct line *l, const struct nt_revocation_answers *a)
{
	for (size_t i = 0; i < k->n_held; i++)
		for (size_t s = 0; s < a->n_subjects; s++)
			if (k->held[i].authority == l->authority && vf_hash_eq(&k->held[i].r.subject, &a->subjects[s]))
				nt_revocation_hold(&l->due, &k->held[i].r);
}

static void note(struct nt_revocation_keeper *k, const struct question *q, bool fails, const struct vf_err *err)
{
	struct nt_revocation_state *s = &k->states[q->authority];

	if (fails) {
		s->failed++;
		snprintf(s->why, sizeof(s->why), "%s", err->text);
		return;
	}
	s->good++;
	s->good_at = q->now;
}

/* The line may have got younger tokens meanwhile, or have given way to another. */
static void settle(struct nt_revocation_keeper *k, const struct question *q, enum vf_rc rc, bool kept,
	const struct vf_err *err)
{
	const struct nt_revocation_answers *a = &k->answers;
	struct line *l = &k->lines[q->line];
	bool fails = rc != VF_OK || !kept || a->n_failed > 0;

	note(k, q, fails, rc != VF_OK || !kept ? err : &a->err);
	if (l->authority != q->authority || !vf_hash_eq(&l->leaf, &q->leaf))
		return;
	l->fails = fails;
	l->due.failures = fails ? l->due.failures + 1 : 0;
	if (rc != VF_OK)
		return;
	l->due.leaf_end = a->leaf_end;
	l->subject = a->n_subjects ? a->subjects[0] : l->leaf;
	adopt(k, l, a);
	for (size_t i = 0; kept && i < a->n; i++) {
		nt_revocation_hold(&l->due, &a->list[i].revocation);
		l->revoked = l->revoked || a->list[i].revoked;
	}
}

static void ask(struct nt_revocation_keeper *k, struct question *q, const struct nt_revocation *held, size_t n_held)
{
	struct nt_revocation_wish w = {.authority = &k->authorities.list[q->authority], .pki = k->pki[q->authority],
		.token = vf_bytes(q->token, q->n_token), .now = q->now, .held = held, .n_held = n_held, .all = q->all,
		.fetch = k->o.fetch,
		.fetch_ctx = k->o.fetch_ctx, .stop = &k->stop};
	struct vf_err err = {0};
	bool kept = true;
	enum vf_rc rc = nt_revocation_fetch(&w, &k->answers, &err);

	if (rc == VF_OK && k->o.found) {
		kept = k->o.found(k->o.ctx, k->answers.list, k->answers.n);
		if (!kept)
			vf_fail(&err, VF_STORE_BUSY, "what came could not be kept");
	}
	pthread_mutex_lock(&k->lock);
	settle(k, q, rc, kept, &err);
	pthread_mutex_unlock(&k->lock);
}

bool nt_revocation_keeper_step(struct nt_revocation_keeper *k, int64_t *ret_next)
{
	static const size_t room_n = NT_MAX_REVOCATIONS + MAX_HELD;
	struct nt_revocation *room = NULL;
	const struct nt_revocation *held = NULL;
	int64_t now = now_of(k);
	struct question q = {0};
	size_t line = 0, n_held = 0;
	bool is_due, ready = false;

	pthread_mutex_lock(&k->lock);
	is_due = pick(k, now, &line, ret_next);
	if (is_due) {
		room = calloc(room_n, sizeof(*room));
		ready = prepare(k, line, now, &q) && room;
		if (ready)
			add_stored(k, &q, &held, &n_held, room, room_n);
		else
			k->lines[line].due.failures++;
	}
	pthread_mutex_unlock(&k->lock);
	if (ready)
		ask(k, &q, held, n_held);
	free(q.token);
	free(room);
	return is_due;
}

/* ---- the thread ---- */

/* Until a token comes, the next is due, or the clock shall be looked at again. */
static void rest(struct nt_revocation_keeper *k, int64_t next)
{
	int64_t now = now_of(k), ms = next > now && next - now < LOOK_AGAIN_MS ? next - now : LOOK_AGAIN_MS;
	struct timespec t;
	size_t line;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	pthread_mutex_lock(&k->lock);
	if (!k->stop && !pick(k, now, &line, &next))
		pthread_cond_timedwait(&k->more, &k->lock, &t);
	pthread_mutex_unlock(&k->lock);
}

static void *run(void *arg)
{
	struct nt_revocation_keeper *k = arg;
	int64_t next;

	while (!k->stop)
		if (!nt_revocation_keeper_step(k, &next))
			rest(k, next);
	return NULL;
}

static VF_RC read_roots(struct nt_revocation_keeper *k, size_t i, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(MAX_PEM);
	const char *name = k->authorities.list[i].roots;
	enum vf_rc rc = nt_durable_read(k->o.folder, name, &pem, reterr);

	if (rc != VF_OK)
		return rc;
	k->pki[i] = vf_pki_new();
	if (!k->pki[i])
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	rc = vf_pki_add_anchors(k->pki[i], 0, nt_buf_bytes(&pem), reterr);
	if (rc == VF_OK || rc == VF_NO_MEMORY)
		return rc;
	vf_err_prefix(reterr, "'%s'", name);
	if (reterr)
		reterr->rc = VF_CONFIG_SHAPE;
	return VF_CONFIG_SHAPE;
}

VF_RC nt_revocation_keeper_new(const struct nt_revocation_keeper_options *o, struct nt_revocation_keeper **ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_revocation_keeper_freep) struct nt_revocation_keeper *k = calloc(1, sizeof(*k));
	pthread_condattr_t monotonic;
	enum vf_rc rc = VF_OK;

	if (!k)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for revocation data");
	k->o = *o;
	k->authorities = *o->authorities;
	k->o.authorities = &k->authorities;
	nt_revocation_answers_init(&k->answers);
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&k->more, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (size_t i = 0; rc == VF_OK && i < k->authorities.n; i++) {
		k->states[i].good_at = VF_TIME_NONE;
		rc = read_roots(k, i, reterr);
	}
	if (rc != VF_OK)
		return rc;
	*ret = k;
	k = NULL;
	return VF_OK;
}

VF_RC nt_revocation_keeper_start(struct nt_revocation_keeper *k, struct vf_err *reterr)
{
	enum vf_rc rc = k->o.fetch ? VF_OK : nt_fetch_start(reterr);

	if (rc != VF_OK)
		return rc;
	if (pthread_create(&k->thread, NULL, run, k) != 0)
		return vf_fail(reterr, VF_NO_MEMORY, "no thread for revocation data");
	k->has_thread = true;
	return VF_OK;
}

struct nt_revocation_keeper *nt_revocation_keeper_free(struct nt_revocation_keeper *k)
{
	if (!k)
		return NULL;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_signal(&k->more);
	pthread_mutex_unlock(&k->lock);
	if (k->has_thread)
		pthread_join(k->thread, NULL);
	for (size_t i = 0; i < k->n_lines; i++)
		free(k->lines[i].token);
	for (size_t i = 0; i < NT_MAX_AUTHORITIES; i++)
		vf_pki_free(k->pki[i]);
	nt_revocation_answers_done(&k->answers);
	pthread_cond_destroy(&k->more);
	pthread_mutex_destroy(&k->lock);
	free(k);
	return NULL;
}

void nt_revocation_keeper_freep(struct nt_revocation_keeper **k)
{
	*k = nt_revocation_keeper_free(*k);
}

bool nt_revocation_keeper_get_state(struct nt_revocation_keeper *k, struct vf_bytes authority,
	struct nt_revocation_state *ret)
{
	size_t a = find_authority(k, authority);

	if (a == NT_MAX_AUTHORITIES)
		return false;
	pthread_mutex_lock(&k->lock);
	*ret = k->states[a];
	for (size_t i = 0; i < k->n_lines; i++) {
		const struct line *l = &k->lines[i];

		if (l->authority != a)
			continue;
		ret->certificates++;
		ret->unsettled += !nt_revocation_is_settled(&l->due, &l->subject);
		ret->failing += l->fails;
		ret->revoked += l->revoked;
	}
	pthread_mutex_unlock(&k->lock);
	if (ret->failing == 0)
		ret->why[0] = '\0';
	return true;
}
