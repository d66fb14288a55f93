/*
 * Short texts, each kept once and numbered: identifiers that one part of a file defines and another uses.
 *
 * Knows octets only. Memory is bounded by the caps below, whatever a file says; a file made so that all its texts fall
 * together is refused rather than read for hours.
 */
#ifndef TRIAL_READ_WORDS_H
#define TRIAL_READ_WORDS_H

#include "verify/bytes.h"

#define TR_MAX_WORDS 1000000
#define TR_MAX_WORDS_TEXT ((size_t)24 * 1024 * 1024)

/* Zero it; free with tr_words_done(). */
struct tr_words {
	struct tr_word {
		uint32_t hash, at, n;
	} *of;
	size_t n, cap;
	uint32_t *slots; /* numbers of words plus 1; a power of two of them */
	size_t n_slots;
	uint8_t *text;
	size_t n_text, cap_text;
};

void tr_words_done(struct tr_words *w);
/* The number of the text, from 0; it gets the next one when it is new. LIMIT beyond the caps, NO_MEMORY. */
VF_RC tr_words_add(struct tr_words *w, struct vf_bytes text, uint32_t *ret, struct vf_err *reterr);
bool tr_words_find(const struct tr_words *w, struct vf_bytes text, uint32_t *ret);
/* Good until the next text is added. */
struct vf_bytes tr_words_at(const struct tr_words *w, uint32_t at);

#endif
