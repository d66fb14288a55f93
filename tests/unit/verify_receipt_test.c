/* Receipts: the example, every bit of it, every cut, and one row for each rule of the format document. */
#include "verify/receipt.h"

#include "tests/check.h"
#include "verify/merkle.h"
#include "verify/text.h"

#define EXAMPLES "docs/formats/examples/"

static uint8_t block[65536];

static struct vf_receipt_keys parse_keys(struct vf_bytes text, enum vf_rc want)
{
	struct vf_receipt_keys keys = {0};
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_receipt_keys_parse(text, &a, &keys, NULL), want);
	return keys;
}

/* The first thing that is wrong, in the order of checking. */
static enum vf_rc judge(struct vf_bytes text, const struct vf_receipt_keys *keys)
{
	struct vf_receipt r;
	enum vf_rc rc = vf_receipt_parse(text, &r, NULL);

	if (rc == VF_OK)
		rc = vf_receipt_check_path(&r, NULL);
	return rc == VF_OK ? vf_receipt_check_signature(&r, keys, NULL, NULL) : rc;
}

static void test_example(void)
{
	struct vf_bytes text = check_example(EXAMPLES "receipt"), pins = check_example(EXAMPLES "receipts");
	struct vf_bytes entry = check_example(EXAMPLES "entry-consent"), first = check_example(EXAMPLES "entry");
	struct vf_receipt_keys keys = parse_keys(pins, VF_OK);
	const struct vf_receipt_key *key = NULL;
	struct vf_receipt r;
	struct vf_hash leaf = vf_merkle_leaf(first);

	CHECK_RC(vf_receipt_parse(text, &r, NULL), VF_OK);
	CHECK_BYTES(r.origin, vf_bytes_str("demo.example/1"));
	CHECK_BYTES(r.octets, entry);
	CHECK_INT(r.size, 3);
	CHECK_INT(r.index, 1);
	CHECK_INT(r.n, 2);
	CHECK(vf_hash_eq(&r.path[0], &leaf));
	CHECK_INT(r.accepted_ms, INT64_C(1772460451250));
	CHECK_INT(vf_receipt_deadline(&r), INT64_C(1772460511250));
	CHECK_RC(vf_receipt_check_path(&r, NULL), VF_OK);
	CHECK_RC(vf_receipt_check_signature(&r, &keys, &key, NULL), VF_OK);
	CHECK(key == &keys.at[0] && key->delay == 60);
	/* the path of another entry of the group is not this one's */
	r.octets = first;
	CHECK_RC(vf_receipt_check_path(&r, NULL), VF_PROOF_ROOT);
}

/* No bit counts for nothing, nothing can be left out, and nothing can follow. */
static void test_flips_and_cuts(void)
{
	struct vf_bytes text = check_example(EXAMPLES "receipt"), pins = check_example(EXAMPLES "receipts");
	struct vf_receipt_keys keys = parse_keys(pins, VF_OK);
	uint8_t copy[VF_MAX_RECEIPT + 1];

	CHECK_RC(judge(text, &keys), VF_OK);
	for (size_t i = 0; i < text.n * 8; i++) {
		memcpy(copy, text.p, text.n);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		if (judge(vf_bytes(copy, text.n), &keys) == VF_OK)
			CHECK_FAIL("bit %zu does not count", i);
	}
	memcpy(copy, text.p, text.n);
	for (size_t n = 0; n < text.n; n++) {
		if (judge(vf_bytes(copy, n), &keys) == VF_OK)
			CHECK_FAIL("%zu octets are enough", n);
		if (judge(vf_bytes(copy + text.n - n, n), &keys) == VF_OK)
			CHECK_FAIL("the last %zu octets are enough", n);
	}
	copy[text.n] = '\n';
	CHECK_RC(judge(vf_bytes(copy, text.n + 1), &keys), VF_RECEIPT_SHAPE);
	memset(copy, 'x', sizeof(copy));
	CHECK_RC(judge(vf_bytes(copy, sizeof(copy)), &keys), VF_LIMIT);
}

/* Each edit keeps everything else; ORIGIN goes on in the name of the key. */
static const struct {
	const char *from, *to;
	enum vf_rc want;
} edits[] = {
	{"receipt/1", "receipt/2", VF_RECEIPT_SHAPE},
	{"origin demo", "origin  demo", VF_RECEIPT_SHAPE},
	{"origin demo.example/1", "origin demo+example/1", VF_RECEIPT_SHAPE},
	{"origin demo.example/1", "origin demo.example/2", VF_RECEIPT_SHAPE},
	{"1/receipts", "1/receipt", VF_RECEIPT_SHAPE},
	{"1/receipts", "1", VF_RECEIPT_SHAPE},
	{"group 3", "group 03", VF_RECEIPT_SHAPE},
	{"group 3", "group 0", VF_RECEIPT_SHAPE},
	{"group 3", "group 1048577", VF_RECEIPT_SHAPE},
	{"group 3", "group 1048576", VF_PROOF_LENGTH},
	{"group 3", "group 4", VF_NOTE_SIGNATURE}, /* a path of the same shape */
	{"group 3", "group 5", VF_PROOF_LENGTH},
	{"group 3", "group 1", VF_PROOF_INDEX},
	{"root c", "root C", VF_RECEIPT_SHAPE},
	{"root c1", "root c2", VF_PROOF_ROOT},
	{"31.250Z", "31.25Z", VF_RECEIPT_SHAPE},
	{"31.250Z", "31.000Z", VF_RECEIPT_SHAPE},
	{"31.250Z", "31.250+00:00", VF_RECEIPT_SHAPE},
	{"31.250Z", "31.251Z", VF_NOTE_SIGNATURE},
	{"31.250Z", "31Z", VF_NOTE_SIGNATURE},
	{"delay 60", "delay 0", VF_RECEIPT_SHAPE},
	{"delay 60", "delay 060", VF_RECEIPT_SHAPE},
	{"delay 60", "delay 86401", VF_RECEIPT_SHAPE},
	{"delay 60", "delay 86400", VF_NOTE_SIGNATURE},
	{"delay 60\n\n", "delay 60\n", VF_RECEIPT_SHAPE},
	{"delay 60\n\n", "delay 60\n\n\n", VF_RECEIPT_SHAPE},
	{"vpPH", "vpPI", VF_RECEIPT_KEY},
	{"uAU=", "uAV=", VF_RECEIPT_SHAPE},
	{"uAU=", "uAQ=", VF_NOTE_SIGNATURE},
	{"7uAU=", "7uA=", VF_RECEIPT_SHAPE},
	{"uAU=\n\n", "uAU=\n", VF_RECEIPT_SHAPE},
	{"\nindex 1", "\n\nindex 1", VF_RECEIPT_SHAPE},
	{"index 1", "index 01", VF_RECEIPT_SHAPE},
	{"index 1", "index 0", VF_PROOF_ROOT},
	{"index 1", "index 2", VF_PROOF_LENGTH},
	{"index 1", "index 3", VF_PROOF_INDEX},
	{"path c5", "path C5", VF_PROOF_LENGTH},
	{"path c5", "path c6", VF_PROOF_ROOT},
	{"trialnotary/entry/1",
		"path c5aab565e930297a0487889fdc67c36b02fa90dc5da2d4b900d412f4326dc3f6\ntrialnotary/entry/1", VF_PROOF_LENGTH},
	{"trialnotary/entry/1", "trialnotary/entry/2", VF_RECEIPT_SHAPE},
	{"slot d", "slot e", VF_PROOF_ROOT},
	{"053f\n", "053f", VF_RECEIPT_SHAPE},
	{"053f\n", "053f\n\n", VF_RECEIPT_SHAPE},
};

static struct vf_bytes edit(struct vf_bytes text, const char *from, const char *to, char *out)
{
	char whole[2 * VF_MAX_RECEIPT], *at;

	memcpy(whole, text.p, text.n);
	whole[text.n] = '\0';
	at = strstr(whole, from);
	if (!at || (at != whole && strlen(out) != 0)) {
		CHECK_FAIL("'%s' is not there", from);
		return text;
	}
	sprintf(out, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
	return vf_bytes_str(out);
}

static void test_edits(void)
{
	struct vf_bytes text = check_example(EXAMPLES "receipt"), pins = check_example(EXAMPLES "receipts");
	struct vf_receipt_keys keys = parse_keys(pins, VF_OK);

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		char out[2 * VF_MAX_RECEIPT] = "";
		enum vf_rc got = judge(edit(text, edits[i].from, edits[i].to, out), &keys);

		if (got != edits[i].want)
			CHECK_FAIL("'%s' for '%s' gives %s, not %s", edits[i].to, edits[i].from, vf_rc_name(got),
				vf_rc_name(edits[i].want));
	}
}

/* An origin that is too long for its key name; a signature line twice. */
static void test_long(void)
{
	struct vf_bytes text = check_example(EXAMPLES "receipt");
	char origin[300], out[2 * VF_MAX_RECEIPT] = "", twice[2 * VF_MAX_RECEIPT] = "";
	char *end = strstr(memcpy(twice, text.p, text.n), "=\n\n");
	struct vf_receipt r;

	strcpy(origin, "origin ");
	memset(origin + 7, 'x', 247);
	origin[254] = '\0';
	CHECK_RC(vf_receipt_parse(edit(text, "origin demo.example/1", origin, out), &r, NULL), VF_RECEIPT_SHAPE);
	CHECK(end != NULL);
	if (!end)
		return;
	memset(out, 0, sizeof(out));
	snprintf(out, sizeof(out), "%.*s=\n%s", (int)(end - twice), twice, strstr(twice, "\xe2\x80\x94"));
	CHECK_RC(vf_receipt_parse(vf_bytes_str(out), &r, NULL), VF_RECEIPT_SHAPE);
}

#define KEY "demo.example/1/receipts+be93c7a4+ATpIcU7LGCV3EQxwvICLdemxzdw6xRGcowgMhYi+NALY"

static void test_keys(void)
{
	static const struct {
		const char *text;
		enum vf_rc want;
	} rows[] = {
		{"", VF_OK},
		{"key " KEY " 1\n", VF_OK},
		{"key " KEY " 86400\n", VF_OK},
		{"key " KEY " 86401\n", VF_POLICY_SHAPE},
		{"key " KEY " 0\n", VF_POLICY_SHAPE},
		{"key " KEY " 060\n", VF_POLICY_SHAPE},
		{"key " KEY " 60", VF_POLICY_SHAPE},
		{"key " KEY "\n", VF_POLICY_SHAPE},
		{"key " KEY " 60 \n", VF_POLICY_SHAPE},
		{"key " KEY " 60\n\n", VF_POLICY_SHAPE},
		{"# key\n", VF_POLICY_SHAPE},
		{"log " KEY " 60\n", VF_POLICY_SHAPE},
		{"key " KEY " 60\nkey " KEY " 61\n", VF_POLICY_SHAPE},
		{"key x" KEY " 60\n", VF_POLICY_SHAPE},
		/* a cosignature key, and the log's own name */
		{"key demo.example/1/receipts+c9d0d9a0+BDpIcU7LGCV3EQxwvICLdemxzdw6xRGcowgMhYi+NALY 60\n", VF_POLICY_SHAPE},
		{"key demo.example/1+32cef26f+ATpIcU7LGCV3EQxwvICLdemxzdw6xRGcowgMhYi+NALY 60\n", VF_POLICY_SHAPE},
	};
	struct vf_receipt_keys keys = {0};
	struct vf_arena a;
	struct vf_receipt r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vf_receipt_keys k = {.n = 99};

		vf_arena_init(&a, block, sizeof(block));
		if (vf_receipt_keys_parse(vf_bytes_str(rows[i].text), &a, &k, NULL) != rows[i].want)
			CHECK_FAIL("row %zu", i);
		CHECK(rows[i].want != VF_OK || k.n == (rows[i].text[0] ? 1 : 0));
	}
	vf_arena_init(&a, block, 64);
	CHECK_RC(vf_receipt_keys_parse(vf_bytes_str(rows[1].text), &a, &keys, NULL), VF_NO_MEMORY);
	/* nobody is pinned */
	CHECK_RC(vf_receipt_parse(check_example(EXAMPLES "receipt"), &r, NULL), VF_OK);
	CHECK_RC(vf_receipt_check_signature(&r, &keys, NULL, NULL), VF_RECEIPT_KEY);
}

/* As many keys as a file may hold, and one more. */
static void test_many_keys(void)
{
	struct vf_bytes name = vf_bytes_str("demo.example/1/receipts");
	char text[(VF_MAX_RECEIPT_KEYS + 1) * 100] = "";
	struct vf_receipt_keys keys;
	size_t n = 0, before = 0;

	for (uint8_t seed = 0; n <= VF_MAX_RECEIPT_KEYS; seed++) {
		uint8_t key[1 + VF_ED25519_KEY] = {VF_KEY_ED25519};
		char encoded[VF_BASE64_LEN(sizeof(key)) + 1];
		struct vf_hash h = vf_sha256(vf_bytes(&seed, 1));

		memcpy(key + 1, h.b, VF_ED25519_KEY);
		if (!vf_ed25519_key_is(h.b))
			continue;
		vf_base64_put(encoded, vf_bytes(key, sizeof(key)));
		before = strlen(text);
		sprintf(text + before, "key %.*s+%08" PRIx32 "+%s 60\n", VF_STR(name),
			vf_key_id(name, key[0], vf_bytes(key + 1, VF_ED25519_KEY)), encoded);
		n++;
	}
	keys = parse_keys(vf_bytes(text, before), VF_OK);
	CHECK_INT(keys.n, VF_MAX_RECEIPT_KEYS);
	parse_keys(vf_bytes_str(text), VF_POLICY_SHAPE);
}

int main(void)
{
	test_example();
	test_flips_and_cuts();
	test_edits();
	test_long();
	test_keys();
	test_many_keys();
	return check_done();
}
