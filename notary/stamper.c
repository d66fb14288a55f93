#include "notary/stamper.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "notary/clock_watch.h"
#include "notary/der_out.h"
#include "notary/durable.h"
#include "notary/random.h"
#include "notary/tsp.h"
#include "verify/limits.h"
#include "verify/text.h"
#include "verify/tst.h"

#define QUERY "application/timestamp-query"
#define REPLY "application/timestamp-reply"
#define MAX_FILE ((size_t)1024 * 1024) /* of PEM */
#define MAX_PASSWORD 1024
#define FIRST_PAUSE_MS 1000
#define MAX_PAUSE_MS 300000
#define MAX_RETRY_AFTER_MS 3600000

/* An authority with everything that is needed to ask it; serves one thread. */
struct asker {
	const struct nt_authority *a;
	struct vf_pki *pki;
	struct nt_buf policy;  /* contents octets of the OID */
	struct nt_buf password; /* with its final 0 */
	struct nt_buf certificate, key, ca;
	struct nt_random random;
	const _Atomic bool *stop;
	struct nt_fetch_keep *keep;
};

/* ---- what the configuration names ---- */

static void wipe(struct nt_buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->room);
	nt_buf_done(b);
}

static void asker_done(struct asker *k)
{
	vf_pki_free(k->pki);
	nt_fetch_keep_free(k->keep);
	nt_buf_done(&k->policy);
	wipe(&k->password);
	wipe(&k->key);
	nt_buf_done(&k->certificate);
	nt_buf_done(&k->ca);
	explicit_bzero(&k->random, sizeof(k->random));
}

/* A path may be absolute. Others may not read a secret. */
static VF_RC read_file(int folder, const char *path, bool secret, struct nt_buf *ret, struct vf_err *reterr)
{
	struct stat st;

	if (path[0] == '\0')
		return VF_OK;
	if (secret && fstatat(folder, path, &st, 0) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		return vf_fail(
			reterr, VF_PERMISSION, "others may read '%s': make it yours alone with 'chmod 600'", path);
	return nt_durable_read(folder, path, ret, reterr);
}

static VF_RC read_roots(struct asker *k, int folder, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(MAX_FILE);
	enum vf_rc rc;

	k->pki = vf_pki_new();
	if (!k->pki)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	rc = nt_durable_read(folder, k->a->roots, &pem, reterr);
	if (rc != VF_OK)
		return rc;
	rc = vf_pki_add_anchors(k->pki, 0, nt_buf_bytes(&pem), reterr);
	if (rc == VF_OK || rc == VF_NO_MEMORY)
		return rc;
	if (reterr)
		reterr->rc = VF_CONFIG_SHAPE;
	vf_err_prefix(reterr, "'%s'", k->a->roots);
	return VF_CONFIG_SHAPE;
}

/* One line; what a header of HTTP cannot carry is refused. */
static VF_RC read_password(struct asker *k, int folder, struct vf_err *reterr)
{
	struct nt_buf *b = &k->password;
	enum vf_rc rc = read_file(folder, k->a->password_file, true, b, reterr);

	if (rc != VF_OK || k->a->password_file[0] == '\0')
		return rc;
	while (b->n > 0 && (b->p[b->n - 1] == '\n' || b->p[b->n - 1] == '\r'))
		b->n--;
	if (b->n == 0 || !vf_text_is_plain(nt_buf_bytes(b)))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'%s' holds no password: one line of text is wanted",
			k->a->password_file);
	nt_buf_put_u8(b, 0);
	return nt_buf_check(b, reterr);
}

static VF_RC asker_init(struct asker *k, const struct nt_authority *a, int folder, struct vf_err *reterr)
{
	enum vf_rc rc;

	*k = (struct asker){.a = a, .policy = nt_buf(VF_MAX_OID + 16), .password = nt_buf(MAX_PASSWORD)};
	k->certificate = k->key = k->ca = nt_buf(MAX_FILE);
	rc = read_roots(k, folder, reterr);
	if (rc == VF_OK && a->policy[0])
		rc = nt_der_oid(a->policy, &k->policy, reterr);
	if (rc == VF_OK)
		rc = read_password(k, folder, reterr);
	if (rc == VF_OK)
		rc = read_file(folder, a->certificate, false, &k->certificate, reterr);
	if (rc == VF_OK)
		rc = read_file(folder, a->key, true, &k->key, reterr);
	if (rc == VF_OK)
		rc = read_file(folder, a->ca, false, &k->ca, reterr);
	return rc;
}

/* ---- one exchange ---- */

/* Contents octets of a positive INTEGER of at most 64 random bits; the length. */
static VF_RC make_nonce(struct asker *k, uint8_t out[9], size_t *ret, struct vf_err *reterr)
{
	size_t skip = 0;
	enum vf_rc rc;

	out[0] = 0;
	rc = nt_random(&k->random, out + 1, 8, reterr);
	if (rc != VF_OK)
		return rc;
	while (skip < 8 && out[skip] == 0 && out[skip + 1] < 0x80) /* minimal, as all DER */
		skip++;
	memmove(out, out + skip, 9 - skip);
	*ret = 9 - skip;
	return VF_OK;
}

static VF_RC check_policy(const struct asker *k, const struct vf_tst *t, struct vf_err *reterr)
{
	char got[80];

	if (k->policy.n == 0 || vf_bytes_eq(t->policy, nt_buf_bytes(&k->policy)))
		return VF_OK;
	vf_der_oid_text(t->policy, got, sizeof(got));
	return vf_fail(reterr, VF_TS_POLICY, "the token is of policy '%s', not '%s'", got, k->a->policy);
}

/* Either clock may be the wrong one. */
static VF_RC check_time(const struct asker *k, const struct nt_stamp *s, struct vf_err *reterr)
{
	int64_t before = s->sent_ms - s->gen_time, after = s->gen_time - s->received_ms;

	if (before > (int64_t)k->a->max_offset_ms)
		return vf_fail(reterr, VF_CLOCK_DOUBT,
			"the token's time is %" PRId64 " ms before this machine's; at most %" PRIu32 " are allowed",
			before, k->a->max_offset_ms);
	if (after > (int64_t)k->a->max_offset_ms)
		return vf_fail(reterr, VF_CLOCK_DOUBT,
			"the token's time is %" PRId64 " ms after this machine's; at most %" PRIu32 " are allowed",
			after, k->a->max_offset_ms);
	return VF_OK;
}

/* The nonce first: a replayed token is called one, whatever it is over. */
static VF_RC verify(struct asker *k, struct nt_stamp *s, struct vf_bytes nonce, struct vf_err *reterr)
{
	struct vf_tst_trust trust;
	struct vf_tst t;
	enum vf_rc rc = nt_tsp_response_token(nt_buf_bytes(&s->response), &s->token, reterr);

	if (rc == VF_OK)
		rc = vf_tst_parse(s->token, &t, reterr);
	if (rc == VF_OK)
		rc = vf_tst_check_nonce(&t, nonce, reterr);
	if (rc == VF_OK)
		rc = vf_tst_check(k->pki, &t, &s->imprint, NULL, NULL, reterr);
	if (rc == VF_OK)
		rc = check_policy(k, &t, reterr);
	if (rc == VF_OK)
		rc = vf_tst_judge(k->pki, &t, NULL, t.gen_time, false, &trust, reterr);
	if (rc != VF_OK)
		return rc;
	s->id = vf_tst_id(&t);
	s->gen_time = t.gen_time;
	s->accuracy_ms = t.has_accuracy ? (int64_t)t.accuracy_ms : 1000;
	/* many authorities cut to seconds, whatever they promise */
	if (t.gen_time % 1000 == 0 && s->accuracy_ms < 1000)
		s->accuracy_ms = 1000;
	return check_time(k, s, reterr);
}

static VF_RC ask(struct asker *k, struct nt_stamp *s, int64_t *ret_retry_after_ms, struct vf_err *reterr)
{
	struct nt_tsp_request q = {.imprint = s->imprint, .policy = nt_buf_bytes(&k->policy), .cert_req = true};
	const struct nt_authority *a = k->a;
	struct nt_fetch f = {.url = a->url, .type = QUERY, .accept = REPLY, .connect_ms = a->connect_ms,
		.timeout_ms = a->timeout_ms, .max = VF_MAX_TOKEN, .stop = k->stop, .keep = k->keep};
	struct nt_fetched facts = {0};
	uint8_t nonce[9];
	size_t n = 0;
	enum vf_rc rc = make_nonce(k, nonce, &n, reterr);

	*ret_retry_after_ms = 0;
	q.nonce = vf_bytes(nonce, n);
	if (rc == VF_OK)
		rc = nt_tsp_request_put(&s->request, &q, reterr);
	if (rc != VF_OK)
		return rc;
	f.body = nt_buf_bytes(&s->request);
	f.user = a->user[0] ? a->user : NULL;
	f.password = (const char *)k->password.p;
	f.certificate = nt_buf_bytes(&k->certificate);
	f.key = nt_buf_bytes(&k->key);
	f.ca = nt_buf_bytes(&k->ca);
	rc = nt_fetch(&f, &s->response, &facts, reterr);
	s->sent_ms = facts.sent_ms;
	s->received_ms = facts.received_ms;
	*ret_retry_after_ms = facts.retry_after_ms;
	return rc == VF_OK ? verify(k, s, q.nonce, reterr) : rc;
}

VF_RC nt_stamper_check(const struct nt_authority *a, int folder, struct vf_err *reterr)
{
	VF_CLEANUP(asker_done) struct asker k;

	return asker_init(&k, a, folder, reterr);
}

VF_RC nt_stamp_once(const struct nt_authority *a, int folder, struct nt_stamp *s, int64_t *ret_retry_after_ms,
	struct vf_err *reterr)
{
	VF_CLEANUP(asker_done) struct asker k;
	enum vf_rc rc = asker_init(&k, a, folder, reterr);

	*ret_retry_after_ms = 0;
	return rc == VF_OK ? ask(&k, s, ret_retry_after_ms, reterr) : rc;
}

/* ---- the thread ---- */

struct nt_stamper {
	struct nt_authority a;
	struct asker asker; /* the thread's */
	struct nt_clock_watch *watch;
	pthread_t thread;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t more;
	struct nt_stamp *first, *last;
	struct nt_stamper_state state;
	unsigned failures; /* since the last good answer */
	int64_t retry_at;  /* monotonic */
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Up to a fifth less, so that notaries do not come back together. */
static int64_t pause_after(struct nt_stamper *s, int64_t retry_after_ms)
{
	int64_t ms = FIRST_PAUSE_MS;
	uint32_t r = 0;

	for (unsigned i = 1; i < s->failures && ms < MAX_PAUSE_MS; i++)
		ms *= 2;
	if (ms > MAX_PAUSE_MS)
		ms = MAX_PAUSE_MS;
	vf_ignore(nt_random(&s->asker.random, &r, sizeof(r), NULL)); /* without it the pause is only less random */
	ms -= (int64_t)(r % (uint64_t)(ms / 5));
	if (retry_after_ms > MAX_RETRY_AFTER_MS)
		retry_after_ms = MAX_RETRY_AFTER_MS;
	return ms > retry_after_ms ? ms : retry_after_ms;
}

/* Waits until there is something to ask; NULL at the end. The lock is held. */
static struct nt_stamp *take_next(struct nt_stamper *s)
{
	struct nt_stamp *next;

	while (!s->stop && !s->first)
		pthread_cond_wait(&s->more, &s->lock);
	next = s->stop ? NULL : s->first;
	if (next) {
		s->first = next->next;
		s->last = s->first ? s->last : NULL;
		s->state.waiting--;
		next->unasked = s->retry_at > clock_ms(CLOCK_MONOTONIC);
		s->state.asked += !next->unasked;
	}
	return next;
}

/* Writes down how an exchange ended. */
static void note_end(
	struct nt_stamper *s, enum vf_rc rc, int64_t took_ms, int64_t retry_after_ms, const struct vf_err *err)
{
	struct nt_stamper_state *t = &s->state;

	pthread_mutex_lock(&s->lock);
	t->last_ms = took_ms;
	t->works = rc == VF_OK;
	t->rc = rc;
	if (rc == VF_OK) {
		t->good++;
		t->good_at = clock_ms(CLOCK_REALTIME);
		t->why[0] = '\0';
		s->failures = 0;
		s->retry_at = 0;
	} else {
		t->failed++;
		snprintf(t->why, sizeof(t->why), "%s", err->text);
		s->failures++;
		s->retry_at = clock_ms(CLOCK_MONOTONIC) + pause_after(s, retry_after_ms);
	}
	pthread_mutex_unlock(&s->lock);
}

static void serve_one(struct nt_stamper *s, struct nt_stamp *stamp)
{
	int64_t began = clock_ms(CLOCK_MONOTONIC), retry_after_ms = 0;
	struct vf_err err = {0};
	enum vf_rc rc = ask(&s->asker, stamp, &retry_after_ms, &err);

	if (s->watch && (rc == VF_OK || rc == VF_CLOCK_DOUBT))
		nt_clock_watch_sample(s->watch, s->a.name, stamp->gen_time, stamp->accuracy_ms, stamp->sent_ms,
			stamp->received_ms, clock_ms(CLOCK_BOOTTIME));
	note_end(s, rc, clock_ms(CLOCK_MONOTONIC) - began, retry_after_ms, &err);
	stamp->done(stamp, rc, &err);
}

static void hand_back(struct nt_stamper *s, struct nt_stamp *stamp, const char *why)
{
	struct vf_err err = {0};
	enum vf_rc rc = vf_fail(&err, VF_FETCH_FAILED, "'%s': %s", s->a.name, why);

	stamp->unasked = true;
	stamp->done(stamp, rc, &err);
}

static void end_rest(struct nt_stamper *s)
{
	struct nt_stamp *stamp;

	while ((stamp = s->first) != NULL) {
		s->first = stamp->next;
		hand_back(s, stamp, "stopped");
	}
}

static void *run(void *ctx)
{
	struct nt_stamper *s = ctx;
	struct nt_stamp *stamp;

	do {
		pthread_mutex_lock(&s->lock);
		stamp = take_next(s);
		pthread_mutex_unlock(&s->lock);
		/* who waited here through a pause, of an hour perhaps, would not be asked for elsewhere */
		if (stamp && stamp->unasked)
			hand_back(s, stamp, "left alone for now");
		else if (stamp)
			serve_one(s, stamp);
	} while (stamp);
	end_rest(s); /* nobody else is here any more */
	return NULL;
}

static void release(struct nt_stamper *s)
{
	asker_done(&s->asker);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Signals are for other threads, those of libcurl included. */
static bool start_thread(struct nt_stamper *s)
{
	sigset_t every, before;
	int error;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	error = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

VF_RC nt_stamper_new(const struct nt_authority *a, int folder, struct nt_clock_watch *watch, struct nt_stamper **ret,
	struct vf_err *reterr)
{
	struct nt_stamper *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an authority");
	s->a = *a;
	s->watch = watch;
	s->state = (struct nt_stamper_state){.works = true, .good_at = VF_TIME_NONE, .rc = VF_OK};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	rc = asker_init(&s->asker, &s->a, folder, reterr);
	s->asker.stop = &s->stop;
	s->asker.keep = nt_fetch_keep_new(); /* without it all goes on, only slower */
	if (rc == VF_OK && !start_thread(s))
		rc = vf_fail(reterr, VF_NO_MEMORY, "no thread for the authority '%s'", s->a.name);
	if (rc != VF_OK) {
		release(s);
		return rc;
	}
	*ret = s;
	return VF_OK;
}

void nt_stamper_stop(struct nt_stamper *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

struct nt_stamper *nt_stamper_free(struct nt_stamper *s)
{
	if (!s)
		return NULL;
	nt_stamper_stop(s);
	pthread_join(s->thread, NULL);
	release(s);
	return NULL;
}

void nt_stamper_ask(struct nt_stamper *s, struct nt_stamp *stamp)
{
	stamp->next = NULL;
	pthread_mutex_lock(&s->lock);
	if (s->last)
		s->last->next = stamp;
	else
		s->first = stamp;
	s->last = stamp;
	s->state.waiting++;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

void nt_stamper_get_state(struct nt_stamper *s, struct nt_stamper_state *ret)
{
	int64_t left;

	pthread_mutex_lock(&s->lock);
	*ret = s->state;
	left = s->retry_at - clock_ms(CLOCK_MONOTONIC);
	pthread_mutex_unlock(&s->lock);
	ret->retry_in_ms = left > 0 ? left : 0;
}

const struct nt_authority *nt_stamper_authority(const struct nt_stamper *s)
{
	return &s->a;
}
