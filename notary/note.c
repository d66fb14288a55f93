#include "notary/note.h"

#include <inttypes.h>

#include "verify/limits.h"
#include "verify/text.h"

/* A name that the reader would refuse is refused before anything is written. */
static VF_RC check_name(const char *name, struct vf_err *reterr)
{
	char shown[120];

	if (vf_key_name_is(vf_bytes_str(name)))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	return vf_fail(reterr, VF_CONFIG_SHAPE,
		"'%s' is no name of a log: 1 to %d octets without spaces, controls and '+'", shown,
		VF_MAX_ORIGIN);
}

VF_RC nt_note_checkpoint_text(struct nt_buf *out, const char *origin, uint64_t size,
	const struct vf_hash *root, struct vf_err *reterr)
{
	enum vf_rc rc = check_name(origin, reterr);

	if (rc != VF_OK)
		return rc;
	if (size > VF_MAX_TREE_SIZE)
		return vf_fail(reterr, VF_INTERNAL, "a log of %" PRIu64 " entries", size);
	nt_buf_putf(out, "%s\n%" PRIu64 "\n", origin, size);
	nt_buf_put_base64(out, vf_bytes(root->b, sizeof(root->b)));
	nt_buf_put_u8(out, '\n');
	return nt_buf_check(out, reterr);
}

/* Octets after the key id in a line of this type; 0 when it is not known. */
static size_t payload_of(uint8_t type)
{
	switch (type) {
	case VF_KEY_ED25519:
		return VF_ED25519_SIGNATURE;
	case VF_KEY_COSIGNATURE:
		return 8 + VF_ED25519_SIGNATURE;
	case VF_KEY_MLDSA44:
		return 8 + VF_MLDSA44_SIGNATURE;
	default:
		return 0;
	}
}

VF_RC nt_note_put_signature(struct nt_buf *out, const char *name, uint32_t id, uint8_t type,
	struct vf_bytes payload, struct vf_err *reterr)
{
	uint8_t blob[4 + 8 + VF_MLDSA44_SIGNATURE];
	enum vf_rc rc = check_name(name, reterr);

	if (rc != VF_OK)
		return rc;
	if (payload.n == 0 || payload.n != payload_of(type))
		return vf_fail(reterr, VF_INTERNAL, "a signature of type 0x%02x with %zu octets", type, payload.n);
	for (size_t i = 0; i < 4; i++)
		blob[i] = (uint8_t)(id >> (24 - 8 * i));
	memcpy(blob + 4, payload.p, payload.n);
	nt_buf_put_str(out, VF_NOTE_DASH);
	nt_buf_put_str(out, name);
	nt_buf_put_u8(out, ' ');
	nt_buf_put_base64(out, vf_bytes(blob, 4 + payload.n));
	nt_buf_put_u8(out, '\n');
	return nt_buf_check(out, reterr);
}

VF_RC nt_note_put_vkey(struct nt_buf *out, const char *name, uint8_t type, struct vf_bytes key,
	struct vf_err *reterr)
{
	uint8_t blob[1 + VF_MLDSA44_KEY];
	size_t want = type == VF_KEY_MLDSA44 ? VF_MLDSA44_KEY : VF_ED25519_KEY;
	enum vf_rc rc = check_name(name, reterr);

	if (rc != VF_OK)
		return rc;
	if (payload_of(type) == 0 || key.n != want)
		return vf_fail(reterr, VF_INTERNAL, "a key of type 0x%02x with %zu octets", type, key.n);
	blob[0] = type;
	memcpy(blob + 1, key.p, key.n);
	nt_buf_putf(out, "%s+%08" PRIx32 "+", name, vf_key_id(vf_bytes_str(name), type, key));
	nt_buf_put_base64(out, vf_bytes(blob, 1 + key.n));
	return nt_buf_check(out, reterr);
}

/* Signs and looks at the result as every reader will. */
static VF_RC sign(const struct nt_note_key *key, struct vf_bytes message, uint8_t sig[VF_ED25519_SIGNATURE],
	struct vf_err *reterr)
{
	struct vf_err e = {.rc = VF_OK};
	enum vf_rc rc = key->sign(key->ctx, message, sig, reterr);

	if (rc != VF_OK)
		return rc;
	rc = vf_ed25519_check(key->raw, message, sig, &e);
	if (rc != VF_OK)
		return vf_fail(reterr, VF_SIGNER_FAILED, "the new signature of '%s' does not verify: %s", key->name,
			e.text);
	return VF_OK;
}

static uint32_t id_of(const struct nt_note_key *key, uint8_t type)
{
	return vf_key_id(vf_bytes_str(key->name), type, vf_bytes(key->raw, sizeof(key->raw)));
}

VF_RC nt_note_checkpoint(struct nt_buf *out, const struct nt_note_key *key, uint64_t size,
	const struct vf_hash *root, struct vf_err *reterr)
{
	uint8_t sig[VF_ED25519_SIGNATURE];
	struct vf_bytes text;
	size_t before = out->n;
	enum vf_rc rc = nt_note_checkpoint_text(out, key->name, size, root, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_slice(nt_buf_bytes(out), before, out->n - before, &text))
		return vf_fail(reterr, VF_INTERNAL, "a buffer became shorter");
	rc = sign(key, text, sig, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_u8(out, '\n');
	return nt_note_put_signature(out, key->name, id_of(key, VF_KEY_ED25519), VF_KEY_ED25519,
		vf_bytes(sig, sizeof(sig)), reterr);
}

VF_RC nt_note_cosign(struct nt_buf *out, const struct nt_note_key *key, const struct vf_checkpoint *c,
	uint64_t seconds, struct vf_err *reterr)
{
	uint8_t message[VF_COSIGNED_MAX], payload[8 + VF_ED25519_SIGNATURE];
	size_t n;
	enum vf_rc rc;

	if (seconds == 0 || seconds > INT64_MAX)
		return vf_fail(reterr, VF_INTERNAL, "a cosignature at %" PRIu64, seconds);
	n = vf_cosigned_ed25519(message, c, seconds);
	if (n == 0)
		return vf_fail(reterr, VF_INTERNAL, "a checkpoint that is too long to be cosigned");
	for (size_t i = 0; i < 8; i++)
		payload[i] = (uint8_t)(seconds >> (56 - 8 * i));
	rc = sign(key, vf_bytes(message, n), payload + 8, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_note_put_signature(out, key->name, id_of(key, VF_KEY_COSIGNATURE), VF_KEY_COSIGNATURE,
		vf_bytes(payload, sizeof(payload)), reterr);
}

VF_RC nt_note_tlog_proof(struct nt_buf *out, uint64_t index, const struct vf_hash *hashes, size_t n,
	struct vf_bytes note, struct vf_err *reterr)
{
	if (index > VF_MAX_TREE_SIZE || n > VF_MAX_INCLUSION)
		return vf_fail(reterr, VF_INTERNAL, "a log proof of %zu hashes for entry %" PRIu64, n, index);
	nt_buf_putf(out, VF_TLOG_PROOF_HEAD "\nindex %" PRIu64 "\n", index);
	for (size_t i = 0; i < n; i++) {
		nt_buf_put_base64(out, vf_bytes(hashes[i].b, sizeof(hashes[i].b)));
		nt_buf_put_u8(out, '\n');
	}
	nt_buf_put_u8(out, '\n');
	nt_buf_put(out, note);
	return nt_buf_check(out, reterr);
}
