#include "verify/receipt.h"

#include <inttypes.h>

#include "verify/merkle.h"
#include "verify/text.h"

#define SIGNATURE_BLOB (4 + VF_ED25519_SIGNATURE)

/* ---- the text ---- */

static bool take_labelled(struct vf_bytes *in, const char *label, struct vf_bytes *ret)
{
	struct vf_bytes rest = *in, line;

	if (!vf_take_line(&rest, &line) || !vf_take_str(&line, label))
		return false;
	*in = rest;
	*ret = line;
	return true;
}

static bool take_number(struct vf_bytes *in, const char *label, uint64_t min, uint64_t max, uint64_t *ret)
{
	struct vf_bytes value;

	return take_labelled(in, label, &value) && vf_decimal_read(value, max, ret) && *ret >= min;
}

static bool take_hash(struct vf_bytes *in, const char *label, struct vf_hash *ret)
{
	struct vf_bytes value;

	return take_labelled(in, label, &value) && vf_hex_read(value, ret->b, sizeof(ret->b));
}

/* One encoding: ".000" is what vf_time_put() never writes. */
static bool take_time(struct vf_bytes *in, int64_t *ret)
{
	struct vf_bytes value;
	char again[VF_TIME_LEN + 1];

	if (!take_labelled(in, "accepted ", &value) || !vf_time_read(value, ret))
		return false;
	vf_time_put(again, *ret);
	return vf_bytes_is(value, again);
}

static bool take_empty(struct vf_bytes *in)
{
	return vf_take_str(in, "\n");
}

/* The six lines that are signed, with what may stand in each. */
static bool take_promise(struct vf_bytes *in, struct vf_receipt *r)
{
	return vf_take_str(in, VF_RECEIPT_MAGIC "\n") && take_labelled(in, "origin ", &r->origin) &&
		r->origin.n <= VF_MAX_RECEIPT_ORIGIN && vf_key_name_is(r->origin) &&
		take_number(in, "group ", 1, VF_MAX_RECEIPT_GROUP, &r->size) && take_hash(in, "root ", &r->root) &&
		take_time(in, &r->accepted_ms) && take_number(in, "delay ", 1, VF_MAX_RECEIPT_DELAY, &r->delay);
}

static bool is_name_of(struct vf_bytes name, struct vf_bytes origin)
{
	struct vf_bytes head;

	return vf_take(&name, origin.n, &head) && vf_bytes_eq(head, origin) && vf_bytes_is(name, VF_RECEIPT_NAME);
}

/* The promise and its one signature line are a signed note; in begins after it. */
static enum vf_rc take_note(struct vf_bytes *in, struct vf_receipt *r, struct vf_err *reterr)
{
	struct vf_bytes whole = *in, line;
	struct vf_note note;
	enum vf_rc rc;

	if (!take_promise(in, r) || !take_empty(in) || !vf_take_line(in, &line) || !take_empty(in))
		return vf_fail(reterr, VF_RECEIPT_SHAPE, "the promise of a receipt is malformed");
	if (!vf_bytes_slice(whole, 0, whole.n - in->n - 1, &whole))
		return vf_fail(reterr, VF_INTERNAL, "a note longer than its receipt");
	rc = vf_note_parse(whole, &note, reterr);
	if (rc == VF_NOTE_SHAPE)
		return vf_fail(reterr, VF_RECEIPT_SHAPE, "the signature line of a receipt is malformed");
	if (rc != VF_OK)
		return rc;
	r->text = note.text;
	r->line = note.lines[0];
	if (note.n_lines != 1 || r->line.payload != VF_ED25519_SIGNATURE || !is_name_of(r->line.name, r->origin))
		return vf_fail(reterr, VF_RECEIPT_SHAPE,
			"the signature of a receipt is not by a receipt key of its origin");
	return VF_OK;
}

static enum vf_rc take_path(struct vf_bytes *in, struct vf_receipt *r, struct vf_err *reterr)
{
	size_t want;

	if (!take_number(in, "index ", 0, VF_MAX_RECEIPT_GROUP, &r->index))
		return vf_fail(reterr, VF_RECEIPT_SHAPE, "the index of a receipt is malformed");
	if (!vf_merkle_inclusion_length(r->index, r->size, &want))
		return vf_fail(reterr, VF_PROOF_INDEX, "entry %" PRIu64 " of a group of %" PRIu64, r->index, r->size);
	for (r->n = 0; r->n < VF_MAX_RECEIPT_PATH && take_hash(in, "path ", &r->path[r->n]);)
		r->n++;
	if (r->n != want || vf_bytes_starts(*in, "path "))
		return vf_fail(reterr, VF_PROOF_LENGTH, "the path of a receipt does not hold exactly %zu hashes", want);
	return VF_OK;
}

VF_RC vf_receipt_parse(struct vf_bytes text, struct vf_receipt *ret, struct vf_err *reterr)
{
	struct vf_receipt r = {0};
	enum vf_rc rc;

	if (text.n > VF_MAX_RECEIPT)
		return vf_fail(reterr, VF_LIMIT, "a receipt of %zu octets, more than %d", text.n, VF_MAX_RECEIPT);
	rc = take_note(&text, &r, reterr);
	if (rc == VF_OK)
		rc = take_path(&text, &r, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_entry_parse(text, &r.entry, NULL) != VF_OK)
		return vf_fail(reterr, VF_RECEIPT_SHAPE, "a receipt does not end in an entry");
	r.octets = text;
	*ret = r;
	return VF_OK;
}

VF_RC vf_receipt_check_path(const struct vf_receipt *r, struct vf_err *reterr)
{
	struct vf_hash leaf = vf_merkle_leaf(r->octets);

	return vf_merkle_check_inclusion(r->index, r->size, &leaf, r->path, r->n, &r->root, reterr);
}

int64_t vf_receipt_deadline(const struct vf_receipt *r)
{
	return r->accepted_ms + (int64_t)r->delay * 1000;
}

/* ---- keys ---- */

static bool is_same_key(const struct vf_vkey *a, const struct vf_vkey *b)
{
	return memcmp(a->raw, b->raw, sizeof(a->raw)) == 0 || (a->id == b->id && vf_bytes_eq(a->name, b->name));
}

static enum vf_rc take_key(struct vf_bytes *in, struct vf_arena *a, struct vf_receipt_keys *keys, struct vf_err *reterr)
{
	struct vf_receipt_key k = {0};
	struct vf_bytes line, text;
	enum vf_rc rc;

	if (!take_labelled(in, "key ", &line) || !vf_take_until(&line, ' ', &text) ||
		!vf_decimal_read(line, VF_MAX_RECEIPT_DELAY, &k.delay) || k.delay == 0)
		return vf_fail(reterr, VF_POLICY_SHAPE, "line %zu is not 'key VKEY SECONDS'", keys->n + 1);
	rc = vf_vkey_parse(text, a, &k.key, reterr);
	if (rc == VF_NO_MEMORY)
		return rc;
	if (rc != VF_OK || k.key.type != VF_KEY_ED25519 || !vf_bytes_ends(k.key.name, VF_RECEIPT_NAME))
		return vf_fail(reterr, VF_POLICY_SHAPE, "line %zu holds no receipt key", keys->n + 1);
	for (size_t i = 0; i < keys->n; i++)
		if (is_same_key(&keys->at[i].key, &k.key))
			return vf_fail(reterr, VF_POLICY_SHAPE, "line %zu repeats a key", keys->n + 1);
	keys->at[keys->n++] = k;
	return VF_OK;
}

VF_RC vf_receipt_keys_parse(struct vf_bytes text, struct vf_arena *a, struct vf_receipt_keys *ret,
	struct vf_err *reterr)
{
	struct vf_receipt_keys keys = {.at = VF_NEW(a, VF_MAX_RECEIPT_KEYS, struct vf_receipt_key)};
	enum vf_rc rc = VF_OK;

	if (!keys.at)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for receipt keys");
	while (rc == VF_OK && text.n) {
		if (keys.n == VF_MAX_RECEIPT_KEYS)
			return vf_fail(reterr, VF_POLICY_SHAPE, "more than %d receipt keys", VF_MAX_RECEIPT_KEYS);
		rc = take_key(&text, a, &keys, reterr);
	}
	if (rc == VF_OK)
		*ret = keys;
	return rc;
}

static const struct vf_receipt_key *find_key(const struct vf_receipt *r, const struct vf_receipt_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->at[i].key.id == r->line.id && vf_bytes_eq(keys->at[i].key.name, r->line.name))
			return &keys->at[i];
	return NULL;
}

VF_RC vf_receipt_check_signature(const struct vf_receipt *r, const struct vf_receipt_keys *keys,
	const struct vf_receipt_key **ret_key, struct vf_err *reterr)
{
	const struct vf_receipt_key *k = find_key(r, keys);
	uint8_t blob[SIGNATURE_BLOB];
	char shown[120];
	enum vf_rc rc;

	if (!k) {
		vf_text_escape(shown, sizeof(shown), r->line.name);
		return vf_fail(reterr, VF_RECEIPT_KEY, "no key '%s' with id %08" PRIx32 " is pinned", shown,
			r->line.id);
	}
	if (!vf_base64_read(r->line.blob, blob, sizeof(blob)))
		return vf_fail(reterr, VF_INTERNAL, "a signature line that was read before");
	rc = vf_ed25519_check(k->key.raw, r->text, blob + 4, reterr);
	if (rc == VF_OK && ret_key)
		*ret_key = k;
	return rc;
}
