/*
 * RFC 3161 time-stamp tokens.
 *
 * Knows the token, its signature, its certificate and what revokes it. Which
 * authorities and accuracies are wanted is policy.h's question; what the
 * imprint stands for is the caller's.
 */
#ifndef VERIFY_TST_H
#define VERIFY_TST_H

#include "verify/cms.h"
#include "verify/verdict.h"

/* All ranges point into der, which the caller keeps. */
struct vf_tst {
	struct vf_bytes der;
	struct vf_signed cms;
	struct vf_digest imprint;
	int64_t gen_time; /* cut to milliseconds */
	bool has_accuracy;
	uint64_t accuracy_ms;          /* rounded up; 0 when absent */
	struct vf_bytes policy;        /* contents octets of the OID */
	struct vf_bytes serial, nonce; /* contents octets of the INTEGER; nonce is empty when absent */
	bool ordering;
	struct vf_bytes tsa; /* whole GeneralName; empty when absent */
};

/*
 * Parses a token that fills der: TS_SHAPE, TS_EXTENSION for an unknown critical
 * extension, UNKNOWN_ALGORITHM or WEAK_ALGORITHM (MD5) for its identifiers.
 * Nothing is verified.
 */
VF_RC vf_tst_parse(struct vf_bytes der, struct vf_tst *ret, struct vf_err *reterr);

/* Whether der looks like a token: SignedData whose content is called TSTInfo. Nothing is checked. */
bool vf_tst_is_token(struct vf_bytes der);

/*
 * Parses a TimeStampResp that fills der. TS_STATUS unless granted(0);
 * allow_mods also lets grantedWithMods(1) pass. TS_SHAPE as above.
 */
VF_RC vf_tsr_parse(struct vf_bytes der, bool allow_mods, struct vf_tst *ret, struct vf_err *reterr);

/* The name of a token in seal heads: SHA-256 over signedAttrs as encoded, then the signature (seal.md). */
struct vf_hash vf_tst_id(const struct vf_tst *t);

/* TS_NONCE unless the token carries this nonce (contents octets of the INTEGER). */
VF_RC vf_tst_check_nonce(const struct vf_tst *t, struct vf_bytes nonce, struct vf_err *reterr);

/*
 * What holds without trust: the token is over imprint (algorithm and value:
 * TS_IMPRINT), signed (TS_SIGNATURE) by the certificate that it names (TS_ESS;
 * UNKNOWN_ROOT when that is not there), which is one for time-stamping
 * (TS_CERT_PROFILE) and was valid at genTime (TS_CERT_TIME), with algorithms
 * that counted at genTime (WEAK_ALGORITHM). ret may be NULL, extra too.
 */
VF_RC vf_tst_check(struct vf_pki *p, const struct vf_tst *t, const struct vf_digest *imprint,
	const struct vf_pki_extra *extra, struct vf_cert_facts *ret, struct vf_err *reterr);

/* What trust adds. */
struct vf_tst_trust {
	struct vf_cert_facts leaf;
	uint32_t authorities;  /* bit i: an anchor of authority i vouches */
	int64_t earliest_end;  /* of the path of the lowest such authority */
	int64_t strong_until;  /* first millisecond at which an algorithm no longer counts */
	enum vf_revocation revocation;
	int64_t revocation_as_of; /* VF_TIME_NONE when there is none */
};

/*
 * Judges a token that vf_tst_check() accepted, at judged_at: the genTime of the
 * token that covers it, or the time of verification. Path at genTime
 * (UNKNOWN_ROOT, NO_TRUST_ANCHOR when nothing is pinned, CERT_PATH, TS_CERT_TIME),
 * revocation (REVOKED, CRL_SHAPE; missing data is ret->revocation NONE and not
 * an error), algorithms at judged_at (WEAK_ALGORITHM), and unless allow_expired
 * the leaf's validity at judged_at (TS_EXPIRED). When the token leads to anchors
 * of several authorities, all of them are named.
 */
VF_RC vf_tst_judge(struct vf_pki *p, const struct vf_tst *t, const struct vf_pki_extra *extra, int64_t judged_at,
	bool allow_expired, struct vf_tst_trust *ret, struct vf_err *reterr);

#endif
