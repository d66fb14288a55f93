/*
 * When the revocation data of a time-stamping certificate are asked for.
 *
 * Arithmetic of times alone: who asks is revocation_keeper.h's question. What it is for: a CRL or OCSP response that
 * was made before a token says nothing about what was found out later, so the first one after the token is wanted too
 * (RFC 3161 4), and one more while the certificate is not yet dropped from the lists.
 *
 *   never asked ------------------> now
 *   a question failed ------------> after a pause that doubles, 1 minute to 1 hour
 *   newest token not yet before
 *   the thisUpdate of an answer --> when that answer's successor is to be expected
 *   a day before the end ---------> once more, whatever is there
 *   after the end ----------------> never
 */
#ifndef NOTARY_REVOCATION_DUE_H
#define NOTARY_REVOCATION_DUE_H

#include "notary/revocation_fetch.h"

#define NT_REVOCATION_PAUSE_MS INT64_C(60000)
#define NT_REVOCATION_MAX_PAUSE_MS INT64_C(3600000)
#define NT_REVOCATION_LAST_MS INT64_C(86400000)
#define NT_REVOCATION_NEVER INT64_MAX

/* One certificate that stamps, and what is there about its path. */
struct nt_revocation_line {
	int64_t newest;    /* genTime of its latest token */
	int64_t leaf_end;  /* notAfter; VF_TIME_NONE until it was asked for the first time */
	int64_t asked;     /* VF_TIME_NONE: never */
	unsigned failures; /* times in a row that a question had no usable answer */
	/* the newest of each kind and certificate; der is empty */
	struct nt_revocation held[NT_MAX_REVOCATIONS];
	size_t n_held;
};

/* The time from which on the line shall be asked about; NT_REVOCATION_NEVER. INT64_MIN: at once. */
int64_t nt_revocation_due(const struct nt_revocation_line *l);
/* Whether it is the last question before the end, which is asked even though all is fresh. */
bool nt_revocation_is_last(const struct nt_revocation_line *l, int64_t now);
/* Whether something is there about the leaf that was made after the newest token: nothing is owed any more. */
bool nt_revocation_is_settled(const struct nt_revocation_line *l, const struct vf_hash *leaf);
/* Keeps r in place of an older one of its kind and certificate. */
void nt_revocation_hold(struct nt_revocation_line *l, const struct nt_revocation *r);

#endif
