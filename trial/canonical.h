/*
 * Reads statement.json, stream.json and commitment-NNN.json as trial/statement.h writes
 * them: straight from the octets, without a tree of values.
 *
 * Knows one spelling of each text and refuses nothing: false says only that the text is
 * not spelled like this or not right, and verify/record.h decides which and why. What is
 * true here is taken there too, with the same values (tests/fuzz/notary_canonical_fuzz.c).
 * A text with an escape is left to the general reader.
 */
#ifndef TRIAL_CANONICAL_H
#define TRIAL_CANONICAL_H

#include "verify/record.h"

/* ret's tables lie in the arena, its names and texts are borrowed from json. On false the arena is as before. */
bool tr_canonical_statement(struct vf_bytes json, struct vf_arena *a, struct vf_statement *ret);
bool tr_canonical_stream(struct vf_bytes json, struct vf_stream_member *ret);
/* The name is borrowed from json. */
bool tr_canonical_commitment(struct vf_bytes json, struct vf_commitment *ret);

/* ---- parts of such texts, for other readers of one spelling; on false in is as before ---- */

/* Takes a string literal. */
#define TR_TAKE(in, literal) tr_take_literal((in), (literal), sizeof(literal) - 1)
static inline bool tr_take_literal(struct vf_bytes *in, const char *literal, size_t n)
{
	struct vf_bytes rest = *in, taken;

	if (!vf_take(&rest, n, &taken) || memcmp(taken.p, literal, n) != 0)
		return false;
	*in = rest;
	return true;
}

/* Takes 2 n digits of lower-case hex; n is a multiple of 4. */
bool tr_take_hex(struct vf_bytes *in, uint8_t *ret, size_t n);
/* Takes the rest of a JSON string and its closing quote. False for an escape or a control; UTF-8 is not looked at. */
bool tr_take_string(struct vf_bytes *in, struct vf_bytes *ret);
/* Takes a decimal of up to 16 digits without leading zeros, at most max. */
bool tr_take_decimal(struct vf_bytes *in, uint64_t max, uint64_t *ret);
/* Takes ,"sha256":"…","sha512":"…" */
bool tr_take_pair(struct vf_bytes *in, struct vf_pair *ret);

#endif
