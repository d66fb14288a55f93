/*
 * Keys of signed notes (C2SP signed-note, tlog-cosignature) and their signatures.
 *
 * Knows the text form of a public key and what a signature over given bytes is
 * worth. Which bytes are signed is checkpoint.h's question, which key is
 * trusted quorum.h's.
 */
#ifndef VERIFY_KEY_H
#define VERIFY_KEY_H

#include "verify/hash.h"
#include "verify/limits.h"

/* Signature types of C2SP signed-note that this version knows. */
#define VF_KEY_ED25519 0x01     /* over the note text */
#define VF_KEY_COSIGNATURE 0x04 /* Ed25519 with a time */
#define VF_KEY_MLDSA44 0x06     /* ML-DSA-44 over a subtree, with a time */

#define VF_ED25519_KEY 32
#define VF_ED25519_SIGNATURE 64
#define VF_MLDSA44_KEY 1312
#define VF_MLDSA44_SIGNATURE 2420

/* A verifier key. raw is the public key of an Ed25519 type, else cleared. */
struct vf_vkey {
	struct vf_bytes name;
	uint32_t id;
	uint8_t type;
	struct vf_bytes key;
	uint8_t raw[VF_ED25519_KEY];
};

/* UTF-8, 1 to VF_MAX_ORIGIN octets, no control, no "+", no Unicode White_Space. */
bool vf_key_name_is(struct vf_bytes name);
/*
 * First four octets of SHA-256(name || LF || type || key), big-endian. It only
 * selects a key: anybody can make one that collides. name as vf_key_name_is().
 */
uint32_t vf_key_id(struct vf_bytes name, uint8_t type, struct vf_bytes key);
/* Name of a type for messages and reports; "unknown" for any other. */
const char *vf_key_type_name(uint8_t type);

/*
 * Reads name "+" id "+" base64(type || key). The name and the key of ret are
 * copies in the arena. KEY_SHAPE for any other form, a wrong id, a wrong length
 * and an Ed25519 key that vf_ed25519_check() refuses; UNSUPPORTED for a type
 * that is none of the above.
 */
VF_RC vf_vkey_parse(struct vf_bytes text, struct vf_arena *a, struct vf_vkey *ret, struct vf_err *reterr);

/* False for points of small order and encodings of y >= p: no such key may be trusted. */
bool vf_ed25519_key_is(const uint8_t key[VF_ED25519_KEY]);
/*
 * RFC 8032 Ed25519. KEY_SHAPE when vf_ed25519_key_is() is false, NOTE_SIGNATURE
 * for S >= L and for a signature that does not verify.
 */
VF_RC vf_ed25519_check(const uint8_t key[VF_ED25519_KEY], struct vf_bytes message,
	const uint8_t sig[VF_ED25519_SIGNATURE], struct vf_err *reterr);
/* FIPS 204 ML-DSA-44, empty context. UNSUPPORTED where OpenSSL has none (before 3.5). */
VF_RC vf_mldsa44_check(struct vf_bytes key, struct vf_bytes message, struct vf_bytes sig,
	struct vf_err *reterr);

#endif
