/*
 * What a record says about consents: from its details.json to a fact (consent.h), and a fact as octets.
 *
 * Knows which fields count. The rules of details are details.h's question. The octets are
 * for a derived index on the same machine: a later version may write others.
 */
#ifndef TRIAL_CONSENT_FACT_H
#define TRIAL_CONSENT_FACT_H

#include "trial/consent.h"
#include "trial/details.h"

/* TR_FACT_NONE for kinds that say nothing about consents. */
enum tr_fact_kind tr_consent_fact_kind(enum tr_kind kind);

/*
 * Fills what details say into the fact of a record of this kind; id, index, sealed and links are the
 * caller's. Texts lie in the arena. json.n == 0: nothing is known but the links. The refusals of
 * tr_details_read().
 */
VF_RC tr_consent_fact_read(struct tr_rulebook *book, enum tr_kind kind, struct vf_bytes json,
	struct vf_arena *a, struct tr_consent_fact *ret, struct vf_err *reterr);

/* Octets for all but id, index and sealed, in the arena; of the links those that count. False when it is full. */
bool tr_consent_fact_put(const struct tr_consent_fact *f, struct vf_arena *a, struct vf_bytes *ret);
/*
 * Reads them back: exactly what was put, or false. Texts are borrowed from in, lists lie in the arena. id,
 * index and sealed are left alone.
 */
bool tr_consent_fact_take(struct vf_bytes in, struct vf_arena *a, struct tr_consent_fact *ret);

#endif
