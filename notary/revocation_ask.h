/*
 * A notary's revocation data of the authorities outside: what it holds, and asking for it here and now.
 *
 * The thread that uses the notary. A service asks by revocation_keeper.h instead.
 */
#ifndef NOTARY_REVOCATION_ASK_H
#define NOTARY_REVOCATION_ASK_H

#include "notary/notary.h"
#include "notary/store_revocation.h"

/* Idempotent and durable; a fault of the store stops the notary. */
VF_RC nt_notary_revocation_put(struct nt_notary *n, const struct nt_revocation *r, bool *ret_new, struct vf_err *reterr);
VF_RC nt_notary_revocation_each(struct nt_notary *n, nt_each_revocation *each, void *ctx, struct vf_err *reterr);
/* Appends the authority's latest token, if one of the last 100,000 tokens is its. */
VF_RC nt_notary_last_token(
	struct nt_notary *n, struct vf_bytes authority, struct nt_buf *der, bool *ret_found, struct vf_err *reterr);

/*
 * Asks about the certificates behind the latest token of each authority, unless what is held is still fresh, and stores
 * what comes. Silence of an authority is told to each, with seal 0, and is no failure. *ret_new counts what was not there.
 */
VF_RC nt_notary_ask_revocation(
	struct nt_notary *n, nt_each_failure *each, void *ctx, size_t *ret_new, struct vf_err *reterr);

#endif
