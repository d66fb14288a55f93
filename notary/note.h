/*
 * Writing what verify/checkpoint.h reads: checkpoints, signature lines, verifier
 * keys and log proofs.
 *
 * Knows the bytes. The private key is behind a callback (signer.h): this module
 * never sees it. Each function that signs checks the signature with the
 * verifier's own code before it writes it.
 */
#ifndef NOTARY_NOTE_H
#define NOTARY_NOTE_H

#include "notary/buf.h"
#include "verify/checkpoint.h"

/* Signs message with Ed25519. */
typedef VF_RC nt_note_sign(void *ctx, struct vf_bytes message, uint8_t sig[VF_ED25519_SIGNATURE],
	struct vf_err *reterr);

/* A name, its Ed25519 public key, and how to sign with it. */
struct nt_note_key {
	const char *name;
	uint8_t raw[VF_ED25519_KEY];
	nt_note_sign *sign;
	void *ctx;
};

/*
 * origin LF size LF base64(root) LF. CONFIG_SHAPE for an origin that is no key
 * name, INTERNAL for a size that no reader takes.
 */
VF_RC nt_note_checkpoint_text(struct nt_buf *out, const char *origin, uint64_t size,
	const struct vf_hash *root, struct vf_err *reterr);
/* One signature line. INTERNAL when payload has not the length of its type. */
VF_RC nt_note_put_signature(struct nt_buf *out, const char *name, uint32_t id, uint8_t type,
	struct vf_bytes payload, struct vf_err *reterr);
/* name "+" id "+" base64(type || key), without LF. CONFIG_SHAPE as above. */
VF_RC nt_note_put_vkey(struct nt_buf *out, const char *name, uint8_t type, struct vf_bytes key,
	struct vf_err *reterr);

/* The whole signed checkpoint of the log key->name: text, empty line, one signature line. */
VF_RC nt_note_checkpoint(struct nt_buf *out, const struct nt_note_key *key, uint64_t size,
	const struct vf_hash *root, struct vf_err *reterr);
/* One cosignature line (type 0x04) over a checkpoint, to be appended to it. */
VF_RC nt_note_cosign(struct nt_buf *out, const struct nt_note_key *key, const struct vf_checkpoint *c,
	uint64_t seconds, struct vf_err *reterr);

/* A log proof around a signed checkpoint note, without extra line. */
VF_RC nt_note_tlog_proof(struct nt_buf *out, uint64_t index, const struct vf_hash *hashes, size_t n,
	struct vf_bytes note, struct vf_err *reterr);

#endif
