/*
 * What a run of the verifier keeps about certificates: the pinned anchors, and
 * caches of parsed certificates and of signatures that were found good.
 *
 * The caches change no outcome, only its cost: a second token by the same
 * certificate costs one public-key operation, the same token again none.
 * Nothing in here is trusted but what was added as an anchor.
 */
#ifndef VERIFY_PKI_H
#define VERIFY_PKI_H

#include "verify/cert.h"
#include "verify/limits.h"

struct vf_pki;

/* NULL when there is no memory. One object serves one thread. */
struct vf_pki *vf_pki_new(void);
void vf_pki_free(struct vf_pki *p);

static inline void vf_pki_freep(struct vf_pki **p)
{
	vf_pki_free(*p);
	*p = NULL;
}

/*
 * Pins every certificate of a PEM text under an authority (0 to
 * VF_MAX_AUTHORITIES - 1) or as a root of submitters. A pinned certificate need
 * not be a root. The bytes are copied. POLICY_SHAPE when the text holds no
 * certificate, anything but certificates, or one that cannot be read.
 */
#define VF_PKI_SUBMITTERS VF_MAX_AUTHORITIES
VF_RC vf_pki_add_anchors(struct vf_pki *p, size_t authority, struct vf_bytes pem, struct vf_err *reterr);
size_t vf_pki_anchor_count(const struct vf_pki *p, size_t authority);

/*
 * Certificates and revocation data from outside a token (an evidence record, a
 * bundle, files). Each range is one whole DER element. None of it is trusted.
 */
struct vf_pki_extra {
	const struct vf_bytes *certs, *crls, *ocsp;
	size_t n_certs, n_crls, n_ocsp;
};

/* For this folder's modules. */

/*
 * The certificate of these octets, parsed once; lives until vf_pki_tidy().
 * CERT_SHAPE, LIMIT.
 */
VF_RC vf_pki_cert(struct vf_pki *p, struct vf_bytes der, const struct vf_cert **ret, struct vf_err *reterr);
/* The i-th anchor of an authority; NULL past the last. */
const struct vf_cert *vf_pki_anchor(const struct vf_pki *p, size_t authority, size_t i);
/* Drops parsed certificates and chains when there are many; anchors stay. Called before a judgement begins. */
void vf_pki_tidy(struct vf_pki *p);

/* vf_cert_verify() that remembers what was good. */
VF_RC vf_pki_verify(struct vf_pki *p, const struct vf_cert *c, const struct vf_sigalg *alg, enum vf_alg digest,
	struct vf_bytes head, struct vf_bytes data, struct vf_bytes signature, enum vf_rc bad,
	struct vf_err *reterr);

/* Chains that path.h found before, by a key of its making. */
struct vf_pki_chain {
	const struct vf_cert *certs[VF_MAX_PATH];
	size_t n;
};
bool vf_pki_find_chain(const struct vf_pki *p, const struct vf_hash *key, struct vf_pki_chain *ret);
void vf_pki_keep_chain(struct vf_pki *p, const struct vf_hash *key, const struct vf_pki_chain *chain);

#endif
