/* Receipts as the notary makes them, read by the verifier; what is forged; the key of a notary. */
#include "notary/receipt_out.h"

#include "tests/notary_fixture.h"
#include "verify/merkle.h"
#include "verify/receipt.h"

#define ORIGIN "test.example/1"
#define AT INT64_C(1767139200123)

static char folder[] = "/tmp/trialnotary-receipt-XXXXXX";
static uint8_t block[65536];

static struct nt_signer *make_key(const char *name, enum nt_key_kind kind)
{
	struct nt_signer *s = NULL;
	struct vf_err err = {0};
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fixture_need(nt_signer_create(path, kind, &s, &err), &err, "key");
	return s;
}

static struct vf_entry make_entry(size_t i)
{
	struct vf_pair id = vf_pair_of(vf_bytes(&i, sizeof(i)));
	struct vf_entry e = {.id = id.sha256, .id512 = id.sha512, .slot = id.sha256};

	e.slot.b[0] ^= 1;
	return e;
}

static struct nt_receipts *make_group(size_t n, const struct nt_signer *key)
{
	struct nt_receipts *g = NULL;
	struct vf_err err = {0};

	fixture_need(nt_receipts_new(&g, &err), &err, "group");
	for (size_t i = 0; i < n; i++) {
		struct vf_entry e = make_entry(i);

		fixture_need(nt_receipts_add(g, &e, &err), &err, "add");
	}
	if (key)
		fixture_need(nt_receipts_sign(g, key, ORIGIN, AT, NT_RECEIPT_DELAY, &err), &err, "sign");
	return g;
}

/* Parses what is in b, which must be a receipt. */
static struct vf_receipt take(const struct nt_receipts *g, size_t i, struct nt_buf *b)
{
	struct vf_receipt r = {0};
	struct vf_err err = {0};

	nt_buf_reset(b);
	fixture_need(nt_receipts_put(g, i, b, &err), &err, "put");
	fixture_need(vf_receipt_parse(nt_buf_bytes(b), &r, &err), &err, "parse");
	return r;
}

static struct vf_receipt_keys pins_of(const struct nt_signer *key)
{
	struct nt_buf b = nt_buf(1024);
	struct vf_receipt_keys keys = {0};
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	fixture_need(nt_receipt_pin(key, ORIGIN, NT_RECEIPT_DELAY, &b, &err), &err, "pin");
	fixture_need(vf_receipt_keys_parse(nt_buf_bytes(&b), &a, &keys, &err), &err, "pins");
	nt_buf_done(&b);
	return keys;
}

/* Every receipt of every small group, and of large ones at their seams; the root is that of the frontier. */
static void test_groups(const struct nt_signer *key)
{
	static const size_t sizes[] = {255, 256, 257, 1000, 4097};
	struct vf_receipt_keys keys = pins_of(key);
	struct nt_buf b = nt_buf(VF_MAX_RECEIPT);

	for (size_t k = 1; k < 70 + sizeof(sizes) / sizeof(sizes[0]); k++) {
		size_t n = k < 70 ? k : sizes[k - 70];
		struct nt_receipts *g = make_group(n, key);
		struct vf_frontier f = {0};
		struct vf_hash root;

		for (size_t i = 0; i < n; i++) {
			struct vf_receipt r = take(g, i, &b);
			struct vf_entry want = make_entry(i);
			struct vf_hash leaf = vf_merkle_leaf(r.octets);

			vf_frontier_append(&f, &leaf);
			if (r.index != i || r.size != n || !vf_hash_eq(&r.entry.id, &want.id) ||
				!vf_hash_eq(&r.entry.slot, &want.slot) || r.accepted_ms != AT || r.delay != NT_RECEIPT_DELAY)
				CHECK_FAIL("receipt %zu of %zu says something else", i, n);
			if (vf_receipt_check_path(&r, NULL) != VF_OK)
				CHECK_FAIL("the path of receipt %zu of %zu", i, n);
			if (i == n - 1)
				CHECK_RC(vf_receipt_check_signature(&r, &keys, NULL, NULL), VF_OK);
			root = r.root;
		}
		if (n > 0) {
			struct vf_hash want = vf_frontier_root(&f);

			CHECK(vf_hash_eq(&root, &want));
		}
		nt_receipts_free(g);
	}
	nt_buf_done(&b);
}

/* Joins the promise of one receipt with the rest of another. */
static void join(const struct nt_buf *promise, const struct nt_buf *rest, char *out)
{
	char a[VF_MAX_RECEIPT + 1] = "", b[VF_MAX_RECEIPT + 1] = "";

	memcpy(a, promise->p, promise->n);
	memcpy(b, rest->p, rest->n);
	strstr(a, "\nindex ")[0] = '\0';
	sprintf(out, "%s%s", a, strstr(b, "\nindex "));
}

static void test_forged(const struct nt_signer *key, const struct nt_signer *other)
{
	struct nt_receipts *g = make_group(5, key), *h = make_group(6, key), *stranger = make_group(5, other);
	struct nt_buf a = nt_buf(VF_MAX_RECEIPT), b = nt_buf(VF_MAX_RECEIPT);
	struct vf_receipt_keys keys = pins_of(key);
	char text[2 * VF_MAX_RECEIPT];
	struct vf_receipt r;

	/* the path of a larger group under the promise of a smaller one, and the other way round */
	take(g, 1, &a);
	take(h, 1, &b);
	join(&a, &b, text);
	CHECK_RC(vf_receipt_parse(vf_bytes_str(text), &r, NULL), VF_OK);
	CHECK_RC(vf_receipt_check_path(&r, NULL), VF_PROOF_ROOT);
	take(h, 5, &b);
	join(&a, &b, text);
	CHECK_RC(vf_receipt_parse(vf_bytes_str(text), &r, NULL), VF_PROOF_INDEX);
	take(g, 4, &a);
	take(h, 4, &b);
	join(&b, &a, text);
	CHECK_RC(vf_receipt_parse(vf_bytes_str(text), &r, NULL), VF_PROOF_LENGTH);
	/* another's key: its id is not pinned; under the pinned id its signature does not verify */
	r = take(stranger, 0, &b);
	CHECK_RC(vf_receipt_check_path(&r, NULL), VF_OK);
	CHECK_RC(vf_receipt_check_signature(&r, &keys, NULL, NULL), VF_RECEIPT_KEY);
	keys.at[0].key.id = r.line.id;
	CHECK_RC(vf_receipt_check_signature(&r, &keys, NULL, NULL), VF_NOTE_SIGNATURE);
	nt_buf_done(&a);
	nt_buf_done(&b);
	nt_receipts_free(g);
	nt_receipts_free(h);
	nt_receipts_free(stranger);
}

/* What no group gives. */
static void test_refusals(const struct nt_signer *key, const struct nt_signer *rsa)
{
	struct nt_receipts *g = make_group(0, NULL);
	struct nt_buf b = nt_buf(VF_MAX_RECEIPT), small = nt_buf(100);
	struct vf_entry e = make_entry(1);
	char origin[VF_MAX_ORIGIN + 1];

	CHECK_RC(nt_receipts_sign(g, key, ORIGIN, AT, 60, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_add(g, &e, NULL), VF_OK);
	CHECK_RC(nt_receipts_put(g, 0, &b, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_sign(g, key, ORIGIN, AT, 0, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_sign(g, key, ORIGIN, AT, VF_MAX_RECEIPT_DELAY + 1, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_sign(g, key, "two words", AT, 60, NULL), VF_CONFIG_SHAPE);
	CHECK_RC(nt_receipts_sign(g, rsa, ORIGIN, AT, 60, NULL), VF_SIGNER_FAILED);
	memset(origin, 'x', sizeof(origin));
	origin[VF_MAX_RECEIPT_ORIGIN + 1] = '\0';
	CHECK_RC(nt_receipts_sign(g, key, origin, AT, 60, NULL), VF_CONFIG_SHAPE);
	CHECK_RC(nt_receipt_pin(key, origin, 60, &b, NULL), VF_CONFIG_SHAPE);
	origin[VF_MAX_RECEIPT_ORIGIN] = '\0';
	/* none of this has spoilt the group */
	CHECK_RC(nt_receipts_sign(g, key, origin, AT, 60, NULL), VF_OK);
	CHECK_RC(nt_receipts_add(g, &e, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_sign(g, key, origin, AT, 60, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_put(g, 1, &b, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_put(g, 0, &small, NULL), VF_LIMIT);
	take(g, 0, &b);
	nt_receipts_reset(g);
	CHECK_INT(nt_receipts_n(g), 0);
	CHECK_RC(nt_receipts_put(g, 0, &b, NULL), VF_INTERNAL);
	CHECK_RC(nt_receipts_add(g, &e, NULL), VF_OK);
	CHECK_RC(nt_receipts_sign(g, key, ORIGIN, AT, 60, NULL), VF_OK);
	nt_buf_done(&b);
	nt_buf_done(&small);
	nt_receipts_free(g);
}

/* A notary of an earlier version gets a key when it is opened, even after a crash while it was made; then keeps it. */
/* Changes the first digit of a file, and back. */
static void flip_hex(const char *path)
{
	FILE *f = fopen(path, "r+b");
	int c = f ? fgetc(f) : EOF;

	CHECK(c != EOF && fseek(f, 0, SEEK_SET) == 0 && fputc(c ^ 1, f) != EOF && fclose(f) == 0);
}

static void test_notary(void)
{
	struct fixture f;
	struct nt_buf pins = nt_buf(4096), again = nt_buf(4096), b = nt_buf(VF_MAX_RECEIPT);
	struct nt_receipts *g = make_group(3, NULL);
	struct vf_receipt_keys keys = {0};
	struct vf_err err = {0};
	struct vf_receipt r;
	struct vf_arena a;
	char path[120];
	FILE *half;

	fixture_begin(&f);
	f.n = nt_notary_free(f.n);
	snprintf(path, sizeof(path), "%s/keys/receipt.key", f.notary);
	CHECK(remove(path) == 0);
	/* Users have pinned the key that is gone: no other takes its place silently. */
	CHECK_RC(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), VF_STORE_CORRUPT);
	snprintf(path, sizeof(path), "%s/keys/receipt.pub", f.notary);
	CHECK(remove(path) == 0);
	snprintf(path, sizeof(path), "%s/keys/receipt.key.tmp", f.notary);
	half = fopen(path, "wb");
	CHECK(half && fputs("-----BEGIN", half) >= 0 && fclose(half) == 0);
	for (int i = 0; i < 2; i++) {
		struct nt_buf *out = i ? &again : &pins;

		fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
		fixture_need(nt_notary_receipt_pins(f.n, out, &err), &err, "pins");
		if (i == 0)
			f.n = nt_notary_free(f.n);
	}
	CHECK(access(path, F_OK) != 0);
	CHECK_BYTES(nt_buf_bytes(&pins), nt_buf_bytes(&again));
	vf_arena_init(&a, block, sizeof(block));
	fixture_need(vf_receipt_keys_parse(nt_buf_bytes(&pins), &a, &keys, &err), &err, "keys");
	fixture_need(nt_notary_sign_receipts(f.n, g, &err), &err, "sign");
	r = take(g, 2, &b);
	CHECK_INT(r.accepted_ms, f.now);
	CHECK_INT(r.delay, keys.at[0].delay);
	CHECK_RC(vf_receipt_check_signature(&r, &keys, NULL, NULL), VF_OK);
	/* One bit of an Ed25519 key makes another good key. */
	f.n = nt_notary_free(f.n);
	snprintf(path, sizeof(path), "%s/keys/receipt.pub", f.notary);
	flip_hex(path);
	CHECK_RC(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), VF_SIGNER_FAILED);
	flip_hex(path);
	CHECK_RC(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), VF_OK);
	nt_receipts_free(g);
	nt_buf_done(&pins);
	nt_buf_done(&again);
	nt_buf_done(&b);
	fixture_end(&f);
}

int main(void)
{
	struct nt_signer *key, *other, *rsa;

	if (!mkdtemp(folder))
		return 1;
	key = make_key("one", NT_KEY_ED25519);
	other = make_key("other", NT_KEY_ED25519);
	rsa = make_key("p256", NT_KEY_P256);
	test_groups(key);
	test_forged(key, other);
	test_refusals(key, rsa);
	test_notary();
	nt_signer_free(key);
	nt_signer_free(other);
	nt_signer_free(rsa);
	nftw(folder, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS);
	return check_done();
}
