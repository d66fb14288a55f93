/*
 * Revocation data of the certificates behind one token: asked for, and judged before they count.
 *
 * Knows where to ask and what makes an answer worth keeping: it is by the issuer or who may answer for it, about this
 * certificate, complete, and of today. Keeps nothing and decides no time: when to ask is revocation_keeper.h's
 * question, what an answer says about a token the verifier's.
 */
#ifndef NOTARY_REVOCATION_FETCH_H
#define NOTARY_REVOCATION_FETCH_H

#include "notary/authorities.h"
#include "notary/fetch.h"
#include "notary/store_revocation.h"
#include "verify/limits.h"
#include "verify/pki.h"

/*
 * An answer that names no later time is asked for again after a day, and is not taken when it is older than this many
 * days.
 */
#define NT_REVOCATION_AGAIN_MS INT64_C(86400000)
#define NT_REVOCATION_MAX_AGE_MS (35 * NT_REVOCATION_AGAIN_MS)
/* Clocks of others may be ahead by so much. */
#define NT_REVOCATION_SKEW_MS INT64_C(600000)
/* One CRL and one OCSP response for each certificate of a path but the anchor. */
#define NT_MAX_REVOCATIONS (2 * (VF_MAX_PATH - 1))

/* As nt_fetch(), which is used when it is NULL. */
typedef VF_RC nt_fetch_call(
	void *ctx, const struct nt_fetch *f, struct nt_buf *ret, struct nt_fetched *ret_facts, struct vf_err *reterr);

struct nt_revocation_wish {
	const struct nt_authority *authority;
	struct vf_pki *pki; /* the authority's roots are pinned in it as authority 0 */
	struct vf_bytes token;
	int64_t now;
	/* what is there: nothing is asked for that has one here which is still fresh; der is not looked at */
	const struct nt_revocation *held;
	size_t n_held;
	bool all; /* ask in any case */
	nt_fetch_call *fetch;
	void *fetch_ctx;
	const _Atomic bool *stop; /* may be NULL */
};

struct nt_revocation_answer {
	struct nt_revocation revocation; /* authority and der point into the wish's authority and into bytes */
	bool revoked;                    /* it lists the certificate: somebody should hear of it */
	char name[160];                  /* of the certificate */
};

struct nt_revocation_answers {
	struct nt_revocation_answer list[NT_MAX_REVOCATIONS];
	size_t n;
	struct nt_buf bytes;
	/* The certificates that were asked about: the leaf first. */
	struct vf_hash subjects[VF_MAX_PATH];
	size_t n_subjects;
	int64_t leaf_end; /* notAfter of the token's certificate */
	size_t n_failed;  /* questions without a usable answer; a certificate that names no place is one */
	struct vf_err err; /* the first of them */
};

/* Begins empty; free with nt_revocation_answers_done(). */
void nt_revocation_answers_init(struct nt_revocation_answers *a);
void nt_revocation_answers_done(struct nt_revocation_answers *a);

/*
 * Asks for every certificate of the token's path below the root: a CRL (the authority's 'crl' list, else the
 * distribution points of the certificate; the first that counts) and an OCSP response (the authority's 'ocsp', else
 * the certificate's). VF_OK also when no answer came: see n_failed. What verify/tst.h refuses of the token,
 * UNKNOWN_ROOT, CERT_PATH, NO_MEMORY; CONFIG_SHAPE never. Blocks for as long as the servers take. The authority's
 * password and client certificate go to none of them.
 */
VF_RC nt_revocation_fetch(const struct nt_revocation_wish *w, struct nt_revocation_answers *ret, struct vf_err *reterr);


#endif
