/*
 * What one commit group brings: its entries, and where it leaves each stream.
 *
 * The store answers for what is durable; submissions of one group must also agree with each other. Begun
 * anew with each group, on the keeper's thread.
 */
#ifndef NOTARY_LEDGER_H
#define NOTARY_LEDGER_H

#include "notary/notary.h"

struct nt_ledger;
struct nt_sight;

/* room: the submissions of the largest group. */
VF_RC nt_ledger_new(size_t room, struct nt_ledger **ret, struct vf_err *reterr);
struct nt_ledger *nt_ledger_free(struct nt_ledger *l);
void nt_ledger_begin(struct nt_ledger *l);

/*
 * What was settled since begin may not be stored, as its offer failed in the middle: everything more of this group gets
 * STORE_BUSY, and is sent again.
 */
void nt_ledger_spoil(struct nt_ledger *l);

/*
 * Checks a submission that was read and gives it its place (nt_intake_settle()), after all others of
 * this group. *ret_before: the same entry is in the store or in this group already; accept will say so. field is written on
 * refusals: those of nt_intake_settle().
 */
VF_RC nt_ledger_settle(struct nt_ledger *l, struct nt_notary *n, const struct nt_sight *sight, struct nt_submission *s,
	bool *ret_before, char *field, struct vf_err *reterr);

#endif
