#include "notary/store_prepare.h"

#include <pthread.h>
#include <stdlib.h>

#include "notary/store_body.h"
#include "verify/limits.h"
#include "verify/record.h"

/* Submissions that are prepared in one go, how many such chunks wait at most, and from where a thread pays.
 */
#define CHUNK 128
#define RING 16
#define THREAD_FROM 512

struct chunk {
	struct nt_buf data;
	struct {
		size_t at, n;
		bool in_place;
	} items[CHUNK];
	enum vf_rc rc; /* of the first that is refused; later ones are not made */
	struct vf_err err;
	size_t good; /* items before it */
	bool ready;
};

struct nt_prepare {
	const struct nt_packer *packer;
	const struct nt_submission *subs;
	size_t count, n_chunks, current;
	struct chunk ring[RING];
	pthread_t thread;
	bool threaded;
	/* Under the lock: the next chunk to make, the one that is read, whether to end. */
	pthread_mutex_t lock;
	pthread_cond_t made, used;
	size_t next, reading;
	bool stop;
};

static bool is_in_place(const struct nt_submission *sub)
{
	struct vf_hash slot;

	if (!sub->in_stream)
		return true;
	slot = vf_slot(&sub->stream_key, sub->seq);
	return vf_hash_eq(&slot, &sub->slot);
}

static VF_RC check_entry(const struct nt_submission *sub, struct vf_err *reterr)
{
	struct vf_hash id;
	struct vf_hash512 id512;
	enum vf_rc rc;

	if (sub->n_members < 2)
		return vf_fail(reterr, VF_INTERNAL, "a record has %zu members", sub->n_members);
	rc = nt_body_group(sub->members, sub->n_members, &id, &id512, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_hash_eq(&id, &sub->id) || !vf_hash512_eq(&id512, &sub->id512))
		return vf_fail(reterr, VF_INTERNAL, "the members of a record do not give its ID");
	return VF_OK;
}

static void make_chunk(struct nt_prepare *p, size_t k)
{
	struct chunk *c = &p->ring[k % RING];
	size_t first = k * CHUNK, n = p->count - first < CHUNK ? p->count - first : CHUNK;

	nt_buf_reset(&c->data);
	c->rc = VF_OK;
	for (c->good = 0; c->good < n && c->rc == VF_OK; c->good += c->rc == VF_OK) {
		const struct nt_submission *sub = &p->subs[first + c->good];
		size_t at = c->data.n;

		c->rc = check_entry(sub, &c->err);
		if (c->rc != VF_OK)
			return;
		nt_body_put_content(p->packer, &c->data, sub);
		c->items[c->good].at = at;
		c->items[c->good].n = c->data.n - at;
		c->items[c->good].in_place = is_in_place(sub);
		c->rc = nt_buf_check(&c->data, &c->err);
	}
}

static void *work(void *arg)
{
	struct nt_prepare *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && p->next < p->n_chunks) {
		size_t k = p->next;

		if (k >= p->reading + RING) {
			pthread_cond_wait(&p->used, &p->lock);
			continue;
		}
		p->next++;
		p->ring[k % RING].ready = false;
		pthread_mutex_unlock(&p->lock);
		make_chunk(p, k);
		pthread_mutex_lock(&p->lock);
		p->ring[k % RING].ready = true;
		pthread_cond_signal(&p->made);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

VF_RC nt_prepare_new(const struct nt_packer *packer, const struct nt_submission *submissions, size_t count,
	struct nt_prepare **ret, struct vf_err *reterr)
{
	struct nt_prepare *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to prepare %zu records", count);
	p->packer = packer;
	p->subs = submissions;
	p->count = count;
	p->n_chunks = (count + CHUNK - 1) / CHUNK;
	p->current = SIZE_MAX;
	for (size_t i = 0; i < RING; i++)
		p->ring[i].data = nt_buf((size_t)VF_MAX_PART * 64);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->made, NULL);
	pthread_cond_init(&p->used, NULL);
	/* Without a thread everything is made here, only slower. */
	p->threaded = count >= THREAD_FROM && pthread_create(&p->thread, NULL, work, p) == 0;
	*ret = p;
	return VF_OK;
}

/* Goes on to chunk k: waits for the thread, or makes it here when nobody has begun it. */
static void go_to(struct nt_prepare *p, size_t k)
{
	bool mine;

	pthread_mutex_lock(&p->lock);
	p->reading = k;
	pthread_cond_signal(&p->used);
	mine = p->next <= k;
	if (mine)
		p->next = k + 1;
	while (!mine && !p->ring[k % RING].ready)
		pthread_cond_wait(&p->made, &p->lock);
	pthread_mutex_unlock(&p->lock);
	if (mine)
		make_chunk(p, k);
	p->current = k;
}

VF_RC nt_prepare_get(struct nt_prepare *p, size_t i, struct vf_bytes *ret, bool *ret_in_place, struct vf_err *reterr)
{
	size_t k = i / CHUNK, in = i % CHUNK;
	struct chunk *c = &p->ring[k % RING];

	if (k != p->current)
		go_to(p, k);
	if (in >= c->good)
		return vf_fail(reterr, c->rc, "%s", c->err.text);
	*ret = vf_bytes(c->data.p + c->items[in].at, c->items[in].n);
	*ret_in_place = c->items[in].in_place;
	return VF_OK;
}

struct nt_prepare *nt_prepare_free(struct nt_prepare *p)
{
	if (p == NULL)
		return NULL;
	if (p->threaded) {
		pthread_mutex_lock(&p->lock);
		p->stop = true;
		pthread_cond_signal(&p->used);
		pthread_mutex_unlock(&p->lock);
		pthread_join(p->thread, NULL);
	}
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->made);
	pthread_cond_destroy(&p->used);
	for (size_t i = 0; i < RING; i++)
		nt_buf_done(&p->ring[i].data);
	free(p);
	return NULL;
}

void nt_prepare_freep(struct nt_prepare **p)
{
	*p = nt_prepare_free(*p);
}
