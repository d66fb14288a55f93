#include "notary/receipt_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "notary/note.h"
#include "verify/merkle.h"
#include "verify/receipt.h"
#include "verify/text.h"

/* The note of a group: six lines, an empty one, a signature. */
#define MAX_NOTE 1536

struct nt_receipts {
	struct vf_entry *entries;
	/* level 0 are the leaf hashes; each level has half of the one below, rounded up; the root is last */
	struct vf_hash *nodes;
	size_t n, room; /* nodes has 2 * room + VF_MAX_RECEIPT_PATH places */
	struct nt_buf note;
	bool is_signed;
};

VF_RC nt_receipts_new(struct nt_receipts **ret, struct vf_err *reterr)
{
	struct nt_receipts *g = calloc(1, sizeof(*g));

	if (!g)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for receipts");
	g->note = nt_buf(MAX_NOTE);
	*ret = g;
	return VF_OK;
}

struct nt_receipts *nt_receipts_free(struct nt_receipts *g)
{
	if (!g)
		return NULL;
	nt_buf_done(&g->note);
	free(g->entries);
	free(g->nodes);
	free(g);
	return NULL;
}

void nt_receipts_reset(struct nt_receipts *g)
{
	nt_buf_reset(&g->note);
	g->n = 0;
	g->is_signed = false;
}

size_t nt_receipts_n(const struct nt_receipts *g)
{
	return g->n;
}

static VF_RC grow(struct nt_receipts *g, struct vf_err *reterr)
{
	size_t room = g->room ? 2 * g->room : 64;
	struct vf_entry *entries = realloc(g->entries, room * sizeof(*entries));
	struct vf_hash *nodes;

	if (!entries)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu receipts", room);
	g->entries = entries;
	nodes = realloc(g->nodes, (2 * room + VF_MAX_RECEIPT_PATH) * sizeof(*nodes));
	if (!nodes)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu receipts", room);
	g->nodes = nodes;
	g->room = room;
	return VF_OK;
}

VF_RC nt_receipts_add(struct nt_receipts *g, const struct vf_entry *entry, struct vf_err *reterr)
{
	char text[VF_ENTRY_LEN + 1];

	if (g->is_signed)
		return vf_fail(reterr, VF_INTERNAL, "an entry is added to receipts that are signed");
	if (g->n == VF_MAX_RECEIPT_GROUP)
		return vf_fail(reterr, VF_LIMIT, "more than %u receipts under one signature", VF_MAX_RECEIPT_GROUP);
	if (g->n == g->room) {
		enum vf_rc rc = grow(g, reterr);

		if (rc != VF_OK)
			return rc;
	}
	vf_entry_put(text, entry);
	g->entries[g->n] = *entry;
	g->nodes[g->n++] = vf_merkle_leaf(vf_bytes(text, VF_ENTRY_LEN));
	return VF_OK;
}

/*
 * Pairs from the left, the odd last one carried up: the tree of RFC 9162 2.1.1, whose left
 * subtrees are perfect. Returns the root.
 */
static struct vf_hash build(struct nt_receipts *g)
{
	struct vf_hash *level = g->nodes;

	for (size_t n = g->n; n > 1; n = n / 2 + n % 2) {
		struct vf_hash *above = level + n;

		for (size_t i = 0; i + 1 < n; i += 2)
			above[i / 2] = vf_merkle_node(&level[i], &level[i + 1]);
		if (n % 2)
			above[n / 2] = level[n - 1];
		level = above;
	}
	return *level;
}

/* ---- the note ---- */

struct receipt_name {
	char text[VF_MAX_ORIGIN + 1];
};

static VF_RC make_name(const char *origin, struct receipt_name *ret, struct vf_err *reterr)
{
	if (strlen(origin) > VF_MAX_RECEIPT_ORIGIN)
		return vf_fail(reterr, VF_CONFIG_SHAPE,
			"the origin has more than %zu octets: there is no name for its receipt key",
			VF_MAX_RECEIPT_ORIGIN);
	snprintf(ret->text, sizeof(ret->text), "%s" VF_RECEIPT_NAME, origin);
	return VF_OK;
}

static VF_RC put_signature(struct nt_receipts *g, const struct nt_signer *key, const char *name, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf signature = nt_buf(VF_ED25519_SIGNATURE);
	uint8_t raw[NT_ED25519_PUBLIC];
	enum vf_rc rc = nt_signer_ed25519_public(key, raw, reterr);

	/* the signer checks what it has signed */
	if (rc == VF_OK)
		rc = nt_signer_sign(key, nt_buf_bytes(&g->note), &signature, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_u8(&g->note, '\n');
	return nt_note_put_signature(&g->note, name,
		vf_key_id(vf_bytes_str(name), VF_KEY_ED25519, vf_bytes(raw, sizeof(raw))), VF_KEY_ED25519,
		nt_buf_bytes(&signature), reterr);
}

static VF_RC put_note(struct nt_receipts *g, const struct nt_signer *key, const char *origin, int64_t accepted_ms,
	uint64_t delay, struct vf_err *reterr)
{
	struct vf_hash root = build(g);
	char at[VF_TIME_LEN + 1];
	struct receipt_name name;
	enum vf_rc rc = make_name(origin, &name, reterr);

	if (rc != VF_OK)
		return rc;
	vf_time_put(at, accepted_ms);
	nt_buf_putf(&g->note, VF_RECEIPT_MAGIC "\norigin %s\ngroup %zu\nroot ", origin, g->n);
	nt_buf_put_hex(&g->note, vf_bytes(root.b, sizeof(root.b)));
	nt_buf_putf(&g->note, "\naccepted %s\ndelay %" PRIu64 "\n", at, delay);
	rc = nt_buf_check(&g->note, reterr);
	return rc == VF_OK ? put_signature(g, key, name.text, reterr) : rc;
}

/* What its reader would refuse is no receipt. */
static VF_RC check_first(const struct nt_receipts *g, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(VF_MAX_RECEIPT);
	struct vf_err err = {0};
	struct vf_receipt r;
	enum vf_rc rc = nt_receipts_put(g, 0, &text, reterr);

	if (rc != VF_OK)
		return rc;
	rc = vf_receipt_parse(nt_buf_bytes(&text), &r, &err);
	if (rc == VF_OK)
		rc = vf_receipt_check_path(&r, &err);
	return rc == VF_OK ? VF_OK : vf_fail(reterr, VF_INTERNAL, "the verifier refuses a new receipt: %s", err.text);
}

VF_RC nt_receipts_sign(struct nt_receipts *g, const struct nt_signer *key, const char *origin, int64_t accepted_ms,
	uint64_t delay, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (g->n == 0 || g->is_signed || delay == 0 || delay > VF_MAX_RECEIPT_DELAY)
		return vf_fail(reterr, VF_INTERNAL, "receipts for %zu entries with a delay of %" PRIu64 " s", g->n,
			delay);
	rc = put_note(g, key, origin, accepted_ms, delay, reterr);
	g->is_signed = rc == VF_OK;
	if (rc == VF_OK)
		rc = check_first(g, reterr);
	if (rc != VF_OK) {
		g->is_signed = false;
		nt_buf_reset(&g->note);
	}
	return rc;
}

VF_RC nt_receipts_put(const struct nt_receipts *g, size_t i, struct nt_buf *out, struct vf_err *reterr)
{
	const struct vf_hash *level = g->nodes;
	char text[VF_ENTRY_LEN + 1];
	size_t at = i;

	if (!g->is_signed || i >= g->n)
		return vf_fail(reterr, VF_INTERNAL, "receipt %zu of %zu", i, g->n);
	nt_buf_put(out, nt_buf_bytes(&g->note));
	nt_buf_putf(out, "\nindex %zu\n", i);
	for (size_t n = g->n; n > 1; n = n / 2 + n % 2) {
		size_t sibling = at % 2 ? at - 1 : at + 1;

		if (sibling < n) {
			nt_buf_put_str(out, "path ");
			nt_buf_put_hex(out, vf_bytes(level[sibling].b, sizeof(level[sibling].b)));
			nt_buf_put_u8(out, '\n');
		}
		level += n;
		at /= 2;
	}
	vf_entry_put(text, &g->entries[i]);
	nt_buf_put(out, vf_bytes(text, VF_ENTRY_LEN));
	return nt_buf_check(out, reterr);
}

VF_RC nt_receipt_pin(const struct nt_signer *key, const char *origin, uint64_t delay, struct nt_buf *out,
	struct vf_err *reterr)
{
	uint8_t raw[NT_ED25519_PUBLIC];
	struct receipt_name name;
	enum vf_rc rc = make_name(origin, &name, reterr);

	if (rc == VF_OK)
		rc = nt_signer_ed25519_public(key, raw, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(out, "key ");
	rc = nt_note_put_vkey(out, name.text, VF_KEY_ED25519, vf_bytes(raw, sizeof(raw)), reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_putf(out, " %" PRIu64 "\n", delay);
	return nt_buf_check(out, reterr);
}
