/*
 * Who signed a record, and what the signature means (docs/formats/signature.md), as rules and the intake ask it.
 *
 * Knows whether the signature is right: over this record, by the certificate that its statement names. Who vouches for
 * that certificate is asked by nobody here, as a notary's folder pins no roots of submitters: that is the verifier's question.
 */
#ifndef NOTARY_RECORD_SIGNATURE_H
#define NOTARY_RECORD_SIGNATURE_H

#include "verify/bytes.h"
#include "verify/hash.h"
#include "verify/manifest.h"

/* As the verifier demands it: the signed manifest lists statement.json alone. MANIFEST_SHAPE, MANIFEST_DIGEST, the parser's codes. */
VF_RC nt_signed_manifest_check(struct vf_manifest_parser *p, struct vf_bytes xml, const struct vf_hash *statement, struct vf_arena *a,
	struct vf_err *reterr);

/* Octets of three members; n == 0: it is not there. */
struct nt_record_signature {
	struct vf_bytes statement, manifest, signature;
};

/* Good until the next one is read. */
struct nt_record_signer {
	struct vf_bytes name;    /* printed name, else that of the certificate; empty: nobody, or the signature is not right */
	struct vf_bytes meaning; /* "approval"; the OID of one that is not known; empty: not stated */
};

/* Reads many, one after another; holds memory only from the first signed one on. NULL: no memory. */
struct nt_signatures;
struct nt_signatures *nt_signatures_new(void);
struct nt_signatures *nt_signatures_free(struct nt_signatures *s);

/*
 * Algorithms and the certificate's days are judged at the time at: that of the record's time-stamp. A signature that cannot
 * be read, is wrong, weak, or by a certificate that was not valid then is none: only NO_MEMORY and INTERNAL are failures.
 */
VF_RC nt_signatures_read(struct nt_signatures *s, const struct nt_record_signature *r, int64_t at, struct nt_record_signer *ret,
	struct vf_err *reterr);

#endif
