/*
 * Paragraphs of a document's text, as they are compared: a digest of each, never its words.
 *
 * Knows how a paragraph is folded and which count (docs/formats/facts.md, "Texts"); where one begins and ends is its
 * format's question. Holds no paragraph: it may be of any length.
 */
#ifndef TRIAL_READ_PARAGRAPH_H
#define TRIAL_READ_PARAGRAPH_H

#include "trial/read/fact.h"
#include "verify/hash.h"

/* A paragraph with fewer letters is a heading, a number or a name, which is the same in every language. */
#define TR_PARAGRAPH_LETTERS 20

/* Zero it, with the reading; no done. */
struct tr_paragraphs {
	struct tr_reading *r;
	uint64_t n;       /* that count */
	bool is_broken;   /* something was not UTF-8: nothing more is said */

	/* of the paragraph that is open */
	struct vf_pair_hasher hash;
	uint8_t folded[512], part[4]; /* octets for the hash; of a character that is cut */
	size_t n_folded, n_part;
	uint64_t letters;
	bool is_open, blank;
};

/* More of the paragraph, UTF-8 in pieces cut anywhere. */
void tr_paragraph_put(struct tr_paragraphs *p, struct vf_bytes text);
/* The paragraph ends: says text.paragraph when it counts. */
VF_RC tr_paragraph_end(struct tr_paragraphs *p, struct vf_err *reterr);
/* The text ends, and was read whole: says text.paragraphs, or warns when it was not UTF-8. */
VF_RC tr_paragraphs_done(struct tr_paragraphs *p, struct vf_err *reterr);

#endif
