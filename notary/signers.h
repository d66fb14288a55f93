/*
 * Under which printed name each key signs in this notary (21 CFR 11.100(a): a signature is one person's).
 *
 * Knows 'signers.db' in the notary's folder: the first printed name of a key is its name for good. It holds hashes of
 * public keys and names that stand in the records anyway, and is not part of any evidence.
 */
#ifndef NOTARY_SIGNERS_H
#define NOTARY_SIGNERS_H

#include "notary/buf.h"
#include "verify/hash.h"

struct nt_notary;
struct nt_signers;

/* Who signed: SHA-256 of the SubjectPublicKeyInfo, and the name in the signature, else the certificate's. */
struct nt_signed_by {
	struct vf_hash key;
	struct vf_bytes name; /* plain text */
};

/* Frees what nt_signers_claim() opened. */
struct nt_signers *nt_signers_free(struct nt_signers *s);

/* Enters the key under this name, unless it has one: SIGNER_NAME when that is another. Durable on VF_OK. */
VF_RC nt_signers_claim(struct nt_notary *n, const struct nt_signed_by *by, struct vf_err *reterr);

/* A copy in a folder that has none; nothing when there is none to copy. */
VF_RC nt_signers_backup(struct nt_notary *n, const char *to_dir, struct vf_err *reterr);

#endif
