/*
 * The embedded authority's key, certificate and CRL of one moment, for the threads that issue tokens.
 *
 * Never changes once it is made; counted references, any thread. When there is a newer one is tsa.h's question.
 */
#ifndef NOTARY_TSA_SNAPSHOT_H
#define NOTARY_TSA_SNAPSHOT_H

#include "notary/buf.h"
#include "verify/hash.h"
#include "verify/pki.h"

struct nt_tsa_snapshot;

/* What it is made of; copied. The key is read from its file once more. */
struct nt_tsa_snapshot_from {
	struct vf_bytes policy; /* contents octets */
	uint32_t accuracy_ms;
	struct vf_bytes certificate, root, crl; /* DER */
	const char *key_path;
};
VF_RC nt_tsa_snapshot_new(const struct nt_tsa_snapshot_from *from, struct nt_tsa_snapshot **ret, struct vf_err *reterr);
/* One reference more; one less. Accepts NULL. */
struct nt_tsa_snapshot *nt_tsa_snapshot_hold(struct nt_tsa_snapshot *s);
struct nt_tsa_snapshot *nt_tsa_snapshot_free(struct nt_tsa_snapshot *s);
void nt_tsa_snapshot_freep(struct nt_tsa_snapshot **s);

struct vf_bytes nt_tsa_snapshot_policy(const struct nt_tsa_snapshot *s);
/* In milliseconds. */
uint32_t nt_tsa_snapshot_accuracy(const struct nt_tsa_snapshot *s);
/* DER. */
struct vf_bytes nt_tsa_snapshot_certificate(const struct nt_tsa_snapshot *s);
struct vf_bytes nt_tsa_snapshot_root(const struct nt_tsa_snapshot *s);
struct vf_bytes nt_tsa_snapshot_crl(const struct nt_tsa_snapshot *s);

/* When it stops to sign: the end of the certificate or of the private key's period. */
int64_t nt_tsa_snapshot_end(const struct nt_tsa_snapshot *s);
/*
 * TSA_FAILED when certificate, private key period or CRL has run out at this time; TIME_STOPPED before one of them
 * begins.
 */
VF_RC nt_tsa_snapshot_check(const struct nt_tsa_snapshot *s, int64_t now_ms, struct vf_err *reterr);

/*
 * A token for a stranger: no ordering, no tsa, no CRL; the certificate when it is asked for. Must be verified before it
 * leaves.
 */
struct nt_tsa_want {
	struct vf_digest imprint;
	struct vf_bytes serial, nonce; /* contents octets of the INTEGERs; nonce may be empty */
	bool certificate;
	int64_t gen_ms;
};
VF_RC nt_tsa_snapshot_stamp(
	const struct nt_tsa_snapshot *s, const struct nt_tsa_want *w, struct nt_buf *ret, struct vf_err *reterr);

/* A verifier with its root pinned as authority 0, for nt_tsa_snapshot_verify() by one thread. */
VF_RC nt_tsa_snapshot_pki(const struct nt_tsa_snapshot *s, struct vf_pki **ret, struct vf_err *reterr);
/*
 * The verifier's code finds that token is what was wanted, and that it leads to the root. NOT_VERIFIED with the reason.
 */
VF_RC nt_tsa_snapshot_verify(const struct nt_tsa_snapshot *s, struct vf_pki *pki, const struct nt_tsa_want *w,
	struct vf_bytes token, struct vf_err *reterr);

#endif
