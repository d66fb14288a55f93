/*
 * The pinned roots of every authority whose tokens a notary holds: the embedded one, those that are configured, and those
 * that were.
 *
 * Knows which certificates belong to which name. What a token is worth is verify/tst.h's question.
 */
#ifndef NOTARY_ROOTS_H
#define NOTARY_ROOTS_H

#include "notary/authorities.h"
#include "verify/pki.h"

#define NT_EMBEDDED "embedded"

struct nt_roots;

/* Reads the roots of the list's authorities from the notary's folder; POLICY_SHAPE, NO_INPUT name the file. */
VF_RC nt_roots_new(int folder, struct vf_bytes embedded_pem, const struct nt_authorities *a, struct nt_roots **ret,
	struct vf_err *reterr);
struct nt_roots *nt_roots_free(struct nt_roots *r);
void nt_roots_freep(struct nt_roots **r);
struct vf_pki *nt_roots_pki(struct nt_roots *r);
/*
 * The authority's number among the anchors of the pki. One that is configured no more is read from authorities/NAME.pem.
 * UNKNOWN_ROOT when there is nothing for this name.
 */
VF_RC nt_roots_find(struct nt_roots *r, struct vf_bytes name, size_t *ret, struct vf_err *reterr);

#endif
