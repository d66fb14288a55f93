/*
 * What a client checks of a personal record before it sends it.
 *
 * Knows where a client sees other records: plain ones as the server shows them, personal ones of its own in
 * its state folder, participants in participants.db beside it. The rules are details_check.h's question; what nobody
 * here sees is left to the server.
 */
#ifndef NOTARY_CLIENT_DETAILS_H
#define NOTARY_CLIENT_DETAILS_H

#include "notary/client_send.h"

/*
 * nt_details_check() from here. What the credential may not read counts as not seen. Also fails as
 * nt_client_call() does: a server that does not answer would not take the record either.
 */
VF_RC nt_client_details_check(const struct nt_send *x, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr);

/*
 * The text of details.json of a record: as the server shows it, or of this folder's own record. Empty when nobody here has
 * it. shown may be NULL.
 */
VF_RC nt_client_details_text(const struct nt_send *x, const struct vf_hash *id, struct vf_bytes shown, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr);

#endif
