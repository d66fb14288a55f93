/*
 * One private key in one file: create, load, sign.
 *
 * Keys live in signer.c alone: bytes go in, signatures come out, and no function
 * returns key material. Every signature is checked with the public key before it
 * is returned (or before it leaves: nt_signer_sign_unchecked()), so that a fault in memory or hardware cannot leak the key or
 * publish what nobody can verify. What is signed is the caller's question.
 *
 * A signer may be used by several threads at once.
 */
#ifndef NOTARY_SIGNER_H
#define NOTARY_SIGNER_H

#include "notary/buf.h"
#include "verify/meaning.h"

struct nt_signer;

enum nt_key_kind {
	NT_KEY_NONE,
	NT_KEY_ED25519,
	NT_KEY_P256,
	NT_KEY_RSA3072,
	/* keys of submitters, loaded but never created here */
	NT_KEY_EC,  /* P-384 or P-521 */
	NT_KEY_RSA, /* 2048 bits to VF_MAX_RSA_BITS */
};

/* "ed25519", "p256", "rsa3072"; NT_KEY_NONE when the name is none of them. */
enum nt_key_kind nt_key_find(const char *name);

/*
 * Makes a key of one of the first three kinds and writes it, unencrypted PKCS#8 in
 * PEM, to a new file of mode 0600; file and folder are synced. EXISTS when the path
 * is there, even as a dangling link. ret may be NULL.
 */
VF_RC nt_signer_create(const char *path, enum nt_key_kind kind, struct nt_signer **ret,
	struct vf_err *reterr);

/*
 * Loads a key in PEM. NO_INPUT: no such regular file; PERMISSION: group or others
 * may read or write it; SIGNER_FAILED: not a key, encrypted, or of no kind above.
 */
VF_RC nt_signer_load(const char *path, struct nt_signer **ret, struct vf_err *reterr);
/*
 * Appends the passphrase of an encrypted key (passphrase.h); called when the key turns out to be encrypted, at most
 * once a key. The signer wipes the buffer.
 */
#define NT_MAX_PASSPHRASE 1024
typedef VF_RC nt_passphrase(void *ctx, struct nt_buf *ret, struct vf_err *reterr);
/*
 * The same for a key that may be encrypted (PKCS#8 or the older PEM form). SIGNER_FAILED for a wrong passphrase; what
 * the callback refuses.
 */
VF_RC nt_signer_load_with(const char *path, nt_passphrase *passphrase, void *ctx, struct nt_signer **ret,
	struct vf_err *reterr);
struct nt_signer *nt_signer_free(struct nt_signer *s);
void nt_signer_freep(struct nt_signer **s);

enum nt_key_kind nt_signer_kind(const struct nt_signer *s);

/*
 * Appends the signature over message: Ed25519 64 octets; ECDSA with SHA-256 the DER
 * of Ecdsa-Sig-Value; RSA PKCS#1 v1.5 with SHA-256 raw. SIGNER_FAILED also when the
 * signature does not verify.
 */
VF_RC nt_signer_sign(const struct nt_signer *s, struct vf_bytes message, struct nt_buf *ret,
	struct vf_err *reterr);
/*
 * The same without that check, for who lets the verifier's code check the whole structure with the certificate's key: nothing
 * of it may leave before.
 */
VF_RC nt_signer_sign_unchecked(const struct nt_signer *s, struct vf_bytes message, struct nt_buf *ret,
	struct vf_err *reterr);
/* Accepts when signature is one by this key over message; SIGNER_FAILED otherwise. */
VF_RC nt_signer_check(const struct nt_signer *s, struct vf_bytes message, struct vf_bytes signature,
	struct vf_err *reterr);

/* The 32 octets of an Ed25519 public key; SIGNER_FAILED for other kinds. */
#define NT_ED25519_PUBLIC 32
VF_RC nt_signer_ed25519_public(const struct nt_signer *s, uint8_t ret[NT_ED25519_PUBLIC],
	struct vf_err *reterr);
/* Appends the SubjectPublicKeyInfo in DER. */
VF_RC nt_signer_spki(const struct nt_signer *s, struct nt_buf *ret, struct vf_err *reterr);
/* Whether the SubjectPublicKeyInfo spki (DER) is that of this key. */
bool nt_signer_owns(const struct nt_signer *s, struct vf_bytes spki);
/* The DER of the AlgorithmIdentifier of its signatures; valid for ever. */
struct vf_bytes nt_signer_algorithm(const struct nt_signer *s);

/*
 * Loads the key and the certificate (PEM or DER, the first one in the file) of a
 * submitter and appends the certificate in DER. SIGNER_FAILED when they do not
 * belong together, for Ed25519 keys (they need another CMS profile, RFC 8419), and
 * when the certificate's keyUsage does not allow signatures.
 */
VF_RC nt_signer_load_pair(const char *key_path, const char *certificate_path, struct nt_signer **ret,
	struct nt_buf *ret_certificate, struct vf_err *reterr);
/* The same for a key that may be encrypted, as nt_signer_load_with(). */
VF_RC nt_signer_load_pair_with(const char *key_path, const char *certificate_path, nt_passphrase *passphrase, void *ctx,
	struct nt_signer **ret, struct nt_buf *ret_certificate, struct vf_err *reterr);

/*
 * Appends a detached CAdES-BES signature (RFC 5652, EN 319 122-1) over content: one
 * signer, the certificate included, signed attributes contentType, messageDigest
 * (SHA-256), signingTime and ESSCertIDv2, and what the signer says by it, if anything.
 * SIGNER_CERT_TIME when the certificate is not valid at time_ms. says may be NULL; its
 * printed name is as vf_printed_name_is() demands.
 */
struct nt_says {
	enum vf_meaning meaning;      /* NONE or one with a name */
	struct vf_bytes printed_name; /* empty: that of the certificate */
};
VF_RC nt_signer_cades(const struct nt_signer *s, struct vf_bytes certificate, struct vf_bytes content,
	int64_t time_ms, const struct nt_says *says, struct nt_buf *ret, struct vf_err *reterr);

/*
 * Writes a file durably: a temporary file beside it, sync, rename, sync of the
 * folder. A crash leaves the old or the new content. For key-related files only.
 */
VF_RC nt_signer_write_file(const char *path, struct vf_bytes content, unsigned mode, struct vf_err *reterr);
/* Appends the content of a regular file of at most max bytes. NO_INPUT, LIMIT. */
VF_RC nt_signer_read_file(const char *path, size_t max, struct nt_buf *ret, struct vf_err *reterr);

#endif
