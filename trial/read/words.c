#include "trial/read/words.h"

#include <stdlib.h>

/* Slots that are looked at for one text: more are never needed by texts that nobody has chosen for it. */
#define MAX_PROBES 1024

void tr_words_done(struct tr_words *w)
{
	free(w->of);
	free(w->slots);
	free(w->text);
	*w = (struct tr_words){0};
}

struct vf_bytes tr_words_at(const struct tr_words *w, uint32_t at)
{
	return vf_bytes(w->text + w->of[at].at, w->of[at].n);
}

/* FNV-1a, its upper half folded in. */
static uint32_t hash_of(struct vf_bytes text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.n; i++)
		h = (h ^ text.p[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	return (uint32_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The slot of the text, or the empty one that it would get; n_slots when there are too many others in between. */
static size_t slot_of(const struct tr_words *w, struct vf_bytes text, uint32_t hash)
{
	size_t mask = w->n_slots - 1, at = hash & mask;

	for (int i = 0; i < MAX_PROBES; i++, at = (at + 1) & mask) {
		const struct tr_word *word;

		if (!w->slots[at])
			return at;
		word = &w->of[w->slots[at] - 1];
		if (word->hash == hash && vf_bytes_eq(tr_words_at(w, w->slots[at] - 1), text))
			return at;
	}
	return w->n_slots;
}

bool tr_words_find(const struct tr_words *w, struct vf_bytes text, uint32_t *ret)
{
	size_t at;

	if (!w->n_slots)
		return false;
	at = slot_of(w, text, hash_of(text));
	if (at == w->n_slots || !w->slots[at])
		return false;
	*ret = w->slots[at] - 1;
	return true;
}

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the identifiers of a file");
}

static VF_RC grow_slots(struct tr_words *w, struct vf_err *reterr)
{
	size_t n = w->n_slots ? 2 * w->n_slots : 256;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return no_memory(reterr);
	for (size_t i = 0; i < w->n; i++) {
		size_t at = w->of[i].hash & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(w->slots);
	w->slots = slots;
	w->n_slots = n;
	return VF_OK;
}

/* Room for one more, doubled when it is full. */
static VF_RC grow(struct tr_words *w, size_t n_text, struct vf_err *reterr)
{
	if (w->n == TR_MAX_WORDS || n_text > TR_MAX_WORDS_TEXT - w->n_text)
		return vf_fail(reterr, VF_LIMIT, "more identifiers than %d, or than %zu octets of them", TR_MAX_WORDS,
			TR_MAX_WORDS_TEXT);
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 128;
		struct tr_word *of = realloc(w->of, cap * sizeof(*of));

		if (!of)
			return no_memory(reterr);
		w->of = of;
		w->cap = cap;
	}
	if (!w->text || n_text > w->cap_text - w->n_text) {
		size_t cap = 2 * w->cap_text + n_text + 1024;
		uint8_t *text = realloc(w->text, cap);

		if (!text)
			return no_memory(reterr);
		w->text = text;
		w->cap_text = cap;
	}
	/* at most half of the slots are taken, so that an empty one is near */
	return 2 * w->n >= w->n_slots ? grow_slots(w, reterr) : VF_OK;
}

VF_RC tr_words_add(struct tr_words *w, struct vf_bytes text, uint32_t *ret, struct vf_err *reterr)
{
	uint32_t hash = hash_of(text);
	enum vf_rc rc;
	size_t at;

	if (tr_words_find(w, text, ret))
		return VF_OK;
	rc = grow(w, text.n, reterr);
	if (rc != VF_OK)
		return rc;
	at = slot_of(w, text, hash);
	if (at == w->n_slots)
		return vf_fail(reterr, VF_LIMIT, "identifiers that were made to slow down who reads them");
	if (text.n)
		memcpy(w->text + w->n_text, text.p, text.n);
	w->of[w->n] = (struct tr_word){hash, (uint32_t)w->n_text, (uint32_t)text.n};
	w->n_text += text.n;
	w->slots[at] = (uint32_t)++w->n;
	*ret = w->slots[at] - 1;
	return VF_OK;
}
