/*
 * What the files of a renewal share: renewal.c, renewal_check.c, renewal_look.c, renewal_revoked.c,
 * renewal_tree.c. Not for others.
 */
#ifndef NOTARY_RENEWAL_INSIDE_H
#define NOTARY_RENEWAL_INSIDE_H

#include "notary/notary_inside.h"
#include "notary/renewal.h"
#include "notary/renewed.h"

/* Memory for the tables of evidence records: that of the largest group, and of its renewals. */
#define NT_RENEWAL_MEMORY ((size_t)16 << 20)

struct nt_renewal_plan {
	struct nt_renewal_wish wish;
	enum vf_alg alg;      /* of the renewal's tree */
	struct nt_chain *chains;
	size_t n, room;
	struct nt_chain last; /* that was looked at */
	int64_t first_end, end, newest; /* ends of the chains, and the latest time of a token of theirs */
	struct nt_buf leaves; /* in the order of the chains */
	struct nt_buf crls;   /* of what is frozen, one after another */
	struct nt_frozen *frozen; /* the ranges of crls are set at the end: before, their lengths alone */
	size_t n_frozen, room_frozen, at_frozen;
	struct nt_tree *tree;     /* of the whole plan */
	struct vf_digest imprint;
	struct nt_buf text;       /* the renewal head */
	/* the token */
	struct nt_buf der, request, head; /* octets of what follows */
	struct nt_token token;
	struct nt_exchange exchange;
	int64_t until;
	size_t checked; /* chains */
	/* room for work */
	struct nt_chain_stamps stamps;
	struct nt_buf octets;      /* tokens as they leave */
	struct nt_renewed renewed; /* trees */
	struct vf_arena arena;
};

/*
 * The end of a token by the roots of this notary: what renew_before of a report says. STORE_CORRUPT for what is no
 * token.
 */
VF_RC nt_renewal_end(struct nt_notary *n, struct vf_bytes authority, struct vf_bytes der, int64_t *ret_until,
	enum vf_alg *ret_alg, struct vf_err *reterr);
/*
 * The stamps of a chain into p->stamps, with their octets as they leave; notes what must be frozen when note is true.
 * all as in nt_store_chain_stamps().
 */
VF_RC nt_renewal_load(struct nt_notary *n, struct nt_renewal_plan *p, int64_t chain, bool all, bool note,
	struct vf_err *reterr);
/* The evidence record of a seal head with these stamps, judged. tree is that of a stamp that is being made. */
VF_RC nt_renewal_put_head(struct nt_notary *n, struct nt_renewal_plan *p, uint64_t seal,
	const struct nt_chain_stamp *stamps,
	size_t n_stamps, const struct nt_tree *tree, struct nt_buf *out, struct vf_err *reterr);
/* The record leads from exactly these objects to each of its tokens, whose signatures are not looked at: ER_... */
VF_RC nt_renewal_judge(struct vf_bytes der, const struct vf_pair *pairs, size_t n_pairs, struct vf_arena *a,
	struct vf_err *reterr);
/* Room for working with renewals that are there. */
VF_RC nt_renewal_room(struct nt_renewal_plan **ret, struct vf_err *reterr);

/* What was set aside is revoked, as far as the data that are stored say. */
VF_RC nt_renewal_check_aside(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr);

/* ---- renewal_tree.c ---- */

/* The leaves of one more seal: its head, then its records. */
VF_RC nt_renewal_gather_seal(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c,
	struct vf_err *reterr);
/* The renewal head, and its leaf. */
VF_RC nt_renewal_put_text(struct nt_notary *n, struct nt_renewal_plan *p, struct vf_err *reterr);
/* Every record of a seal, with the new chain, judged by the verifier's code. */
VF_RC nt_renewal_check_seal(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c,
	struct vf_err *reterr);
/* Whether a renewal head says what is in the log, and the tree covers it: for fsck. */
VF_RC nt_renewal_check_text(struct nt_notary *n, struct vf_bytes text, const struct nt_tree *tree,
	struct vf_err *reterr);

#endif
