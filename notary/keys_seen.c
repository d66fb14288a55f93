#include "notary/keys_seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 65536
#define NOBODY SIZE_MAX

/* In a ring in order of time, and in a chain of its bucket. */
struct key {
	struct vf_hash name, body;
	int64_t at_ms;
	size_t next;
	unsigned working; /* requests with it */
	bool used;
};

struct nt_keys_seen {
	pthread_mutex_t lock;
	int64_t keep_ms;
	size_t max, room;
	size_t first, n; /* the ring: room places from first on, n of them taken */
	struct key *keys;
	size_t buckets[BUCKETS];
};

VF_RC nt_keys_seen_new(size_t max, int64_t keep_ms, struct nt_keys_seen **ret, struct vf_err *reterr)
{
	struct nt_keys_seen *k = malloc(sizeof(*k));

	if (!k)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for keys");
	*k = (struct nt_keys_seen){.keep_ms = keep_ms, .max = max};
	for (size_t i = 0; i < BUCKETS; i++)
		k->buckets[i] = NOBODY;
	pthread_mutex_init(&k->lock, NULL);
	*ret = k;
	return VF_OK;
}

struct nt_keys_seen *nt_keys_seen_free(struct nt_keys_seen *k)
{
	if (!k)
		return NULL;
	pthread_mutex_destroy(&k->lock);
	free(k->keys);
	free(k);
	return NULL;
}

struct vf_hash nt_keys_seen_name(struct vf_bytes party, struct vf_bytes key)
{
	struct vf_hash owner = vf_sha256(party);

	return vf_sha256_2(vf_bytes(owner.b, sizeof(owner.b)), key);
}

static size_t *bucket_of(struct nt_keys_seen *k, const struct vf_hash *name)
{
	return &k->buckets[(size_t)name->b[0] << 8 | name->b[1]];
}

static struct key *find(struct nt_keys_seen *k, const struct vf_hash *name)
{
	for (size_t at = *bucket_of(k, name); at != NOBODY; at = k->keys[at].next)
		if (vf_hash_eq(&k->keys[at].name, name))
			return &k->keys[at];
	return NULL;
}

static void unlink_key(struct nt_keys_seen *k, struct key *key)
{
	size_t self = (size_t)(key - k->keys), *at = bucket_of(k, &key->name);

	while (*at != self)
		at = &k->keys[*at].next;
	*at = key->next;
	key->used = false;
}

/* Drops the oldest: those that are over, and one more when there is no room. */
static void drop_old(struct nt_keys_seen *k, int64_t now_ms)
{
	while (k->n) {
		struct key *oldest = &k->keys[k->first];

		if (oldest->used && oldest->at_ms + k->keep_ms > now_ms && k->n < k->max)
			return;
		if (oldest->used)
			unlink_key(k, oldest);
		k->first = (k->first + 1) % k->room;
		k->n--;
	}
}

/* Twice the room; the ring begins at 0 again. */
static bool grow(struct nt_keys_seen *k)
{
	size_t room = k->room ? 2 * k->room : 256;
	struct key *keys = calloc(room, sizeof(*keys));

	if (!keys)
		return false;
	for (size_t i = 0; i < BUCKETS; i++)
		k->buckets[i] = NOBODY;
	for (size_t i = 0; i < k->n; i++) {
		keys[i] = k->keys[(k->first + i) % k->room];
		if (!keys[i].used)
			continue;
		keys[i].next = *bucket_of(k, &keys[i].name);
		*bucket_of(k, &keys[i].name) = i;
	}
	free(k->keys);
	k->keys = keys;
	k->room = room;
	k->first = 0;
	return true;
}

static VF_RC add(struct nt_keys_seen *k, const struct vf_hash *name, const struct vf_hash *body, int64_t now_ms,
	struct vf_err *reterr)
{
	size_t at;

	if (k->n == k->room && !grow(k))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for keys");
	at = (k->first + k->n++) % k->room;
	k->keys[at] = (struct key){
		.name = *name, .body = *body, .at_ms = now_ms, .next = *bucket_of(k, name), .working = 1, .used = true};
	*bucket_of(k, name) = at;
	return VF_OK;
}

VF_RC nt_keys_seen_begin(struct nt_keys_seen *k, const struct vf_hash *name, const struct vf_hash *body, int64_t now_ms,
	enum nt_key_use *ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	struct key *key;

	pthread_mutex_lock(&k->lock);
	drop_old(k, now_ms);
	key = find(k, name);
	*ret = NT_KEY_FREE;
	if (!key)
		rc = add(k, name, body, now_ms, reterr);
	else if (!vf_hash_eq(&key->body, body))
		*ret = NT_KEY_OTHER;
	else if (key->working)
		*ret = NT_KEY_WORKING;
	else
		key->working = 1;
	pthread_mutex_unlock(&k->lock);
	return rc;
}

void nt_keys_seen_end(struct nt_keys_seen *k, const struct vf_hash *name, bool keep)
{
	struct key *key;

	pthread_mutex_lock(&k->lock);
	key = find(k, name);
	if (key) {
		key->working = 0;
		if (!keep)
			unlink_key(k, key);
	}
	pthread_mutex_unlock(&k->lock);
}
