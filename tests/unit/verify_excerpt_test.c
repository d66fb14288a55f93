/*
 * Rows members and excerpts: the examples, each bit and each cut, all choices of rows of small trees against a textbook
 * writer, and one text for each rule of docs/formats/excerpt.md.
 */
#include "verify/excerpt.h"

#include <stdarg.h>

#include "tests/check.h"

#define EXAMPLES "docs/formats/examples/"
#define ROOM 16384

static uint8_t block[65536];

static enum vf_rc check(struct vf_bytes text, struct vf_shown *ret)
{
	struct vf_excerpt e;
	struct vf_shown shown;
	enum vf_rc rc = vf_excerpt_parse(text, &e, NULL);

	return rc == VF_OK ? vf_excerpt_check(&e, ret ? ret : &shown, NULL) : rc;
}

static struct vf_rows parse_rows(struct vf_bytes json, enum vf_rc want)
{
	struct vf_rows rows = {0};
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_rows_parse(json, &a, &rows, NULL), want);
	return rows;
}

static size_t decode(struct vf_bytes text, uint8_t *out)
{
	size_t n = 0;

	while (vf_take_row_octet(&text, &out[n]))
		n++;
	CHECK_INT(text.n, 0);
	return n;
}

static void test_examples(void)
{
	struct vf_rows rows = parse_rows(check_example(EXAMPLES "rows-001.json"), VF_OK);
	struct vf_bytes table = check_example(EXAMPLES "ae.csv"), hex = check_example(EXAMPLES "rows-secret"), lines;
	struct vf_hash secret, whole = vf_sha256(table), salt;
	struct vf_excerpt e;
	struct vf_excerpt_row row;
	struct vf_shown shown;
	uint8_t octets[256];

	CHECK_BYTES(rows.document, vf_bytes_str("ae.csv"));
	CHECK_BYTES(rows.unit, vf_bytes_str("csv"));
	CHECK_INT(rows.count, 5);
	CHECK(vf_hex_read(vf_bytes(hex.p, 64), secret.b, 32));
	CHECK_RC(vf_excerpt_parse(check_example(EXAMPLES "excerpt"), &e, NULL), VF_OK);
	CHECK_BYTES(e.member, vf_bytes_str("rows-001.json"));
	CHECK(e.count == rows.count && vf_digest_eq(&e.root, &rows.sha256));
	CHECK_RC(vf_excerpt_check(&e, &shown, NULL), VF_OK);
	CHECK_INT(shown.rows, 2);
	lines = e.lines;
	for (uint64_t i = 2; i < 4; i++) {
		salt = vf_row_salt(&secret, i);
		CHECK(vf_excerpt_next(&lines, &row) && row.row == i && vf_hash_eq(&row.salt, &salt));
		CHECK_INT(decode(row.text, octets), i == 2 ? 36 : 32);
	}
	CHECK_BYTES(vf_bytes(octets, 32), vf_bytes_str("DEMO-1,AE,3,100% rash,MODERATE\r\n"));
	CHECK(!vf_excerpt_next(&lines, &row));
	/* all rows are the document */
	CHECK_RC(vf_excerpt_parse(check_example(EXAMPLES "excerpt-sha512"), &e, NULL), VF_OK);
	CHECK(vf_digest_eq(&e.root, &rows.sha512));
	CHECK_RC(vf_excerpt_check(&e, &shown, NULL), VF_OK);
	CHECK(shown.rows == 5 && vf_hash_eq(&shown.sha256, &whole));
}

/* Record and member are bound by the bundle; everything else is bound here, bit by bit. */
static void test_flips_and_cuts(const char *name)
{
	struct vf_bytes text = check_example(name);
	const uint8_t *hash = memmem(text.p, text.n, "\nhash ", 6);
	uint8_t copy[ROOM];

	CHECK_RC(check(text, NULL), VF_OK);
	memcpy(copy, text.p, text.n);
	for (size_t i = (size_t)(hash - text.p) * 8; i < text.n * 8; i++) {
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		if (check(vf_bytes(copy, text.n), NULL) == VF_OK)
			CHECK_FAIL("%s: bit %zu does not count", name, i);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t n = 0; n < text.n; n++) {
		if (check(vf_bytes(text.p, n), NULL) == VF_OK || (n && check(vf_bytes(text.p + n, text.n - n), NULL) == VF_OK))
			CHECK_FAIL("%s: a part of %zu octets is enough", name, n);
		/* one octet less, one octet twice */
		memcpy(copy, text.p, n);
		memcpy(copy + n, text.p + n + 1, text.n - n - 1);
		if (n >= (size_t)(hash - text.p) && check(vf_bytes(copy, text.n - 1), NULL) == VF_OK)
			CHECK_FAIL("%s: octet %zu is not needed", name, n);
	}
}

/* ---- a textbook writer ---- */

struct maker {
	enum vf_alg alg;
	unsigned count;
	uint32_t shown; /* a bit for each row */
	char text[ROOM];
	size_t n;
};

static void put(struct maker *m, const char *fmt, ...) VF_PRINTF(2, 3);

static void put(struct maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	m->n += (size_t)vsnprintf(m->text + m->n, sizeof(m->text) - m->n, fmt, ap);
	va_end(ap);
}

static struct vf_hash salt_of(unsigned row)
{
	struct vf_hash salt;

	memset(salt.b, (int)row + 1, sizeof(salt.b));
	return salt;
}

static struct vf_digest root_of(const struct maker *m, unsigned first, unsigned end)
{
	uint8_t b[200] = {0};
	struct vf_digest ret = {0}, left, right;
	struct vf_hash salt = salt_of(first);
	size_t n = vf_alg_size(m->alg);
	unsigned half = 1;

	if (end - first == 1) {
		memcpy(b + 1, salt.b, 32);
		b[33] = (uint8_t)('A' + first);
		CHECK_RC(vf_digest(m->alg, vf_bytes(b, 34), &ret, NULL), VF_OK);
		return ret;
	}
	while (half * 2 < end - first)
		half *= 2;
	left = root_of(m, first, first + half);
	right = root_of(m, first + half, end);
	b[0] = 1;
	memcpy(b + 1, left.b, n);
	memcpy(b + 1 + n, right.b, n);
	CHECK_RC(vf_digest(m->alg, vf_bytes(b, 1 + 2 * n), &ret, NULL), VF_OK);
	return ret;
}

static void put_node(struct maker *m, unsigned first, unsigned end)
{
	struct vf_digest d = root_of(m, first, end);
	char hex[129];

	vf_hex_put(hex, vf_digest_bytes(&d));
	put(m, "node %u %u %s\n", first, end, hex);
}

static void put_row(struct maker *m, unsigned row)
{
	struct vf_hash salt = salt_of(row);
	char hex[65];

	vf_hex_put(hex, vf_bytes(salt.b, 32));
	put(m, "row %u %s %c\n", row, hex, 'A' + row);
}

static void put_cover(struct maker *m, unsigned first, unsigned end)
{
	uint32_t mask = (uint32_t)((UINT64_C(1) << end) - (UINT64_C(1) << first));
	unsigned half = 1;

	if (!(m->shown & mask)) {
		put_node(m, first, end);
		return;
	}
	if (end - first == 1) {
		put_row(m, first);
		return;
	}
	while (half * 2 < end - first)
		half *= 2;
	put_cover(m, first, first + half);
	put_cover(m, first + half, end);
}

static void put_head(struct maker *m)
{
	struct vf_digest root = root_of(m, 0, m->count);
	char hex[129];

	m->n = 0;
	vf_hex_put(hex, vf_digest_bytes(&root));
	put(m, "trialnotary/excerpt/1\nrecord %064d\nmember rows-001.json\nhash %s\ncount %u\nroot %s\n", 0, vf_alg_name(m->alg),
		m->count, hex);
}

static enum vf_rc check_made(const struct maker *m, struct vf_shown *ret)
{
	return check(vf_bytes(m->text, m->n), ret);
}

static void test_all_choices(void)
{
	static struct maker m;
	struct vf_shown shown;

	for (m.alg = VF_SHA256; m.alg <= VF_SHA512; m.alg += VF_SHA512 - VF_SHA256)
		for (m.count = 1; m.count <= 9; m.count++)
			for (m.shown = 0; m.shown < UINT32_C(1) << m.count; m.shown++) {
				put_head(&m);
				put_cover(&m, 0, m.count);
				if (m.shown == 0) {
					CHECK_RC(check_made(&m, NULL), VF_EXCERPT_SHAPE);
					continue;
				}
				CHECK_RC(check_made(&m, &shown), VF_OK);
				CHECK_INT(shown.rows, __builtin_popcount(m.shown));
			}
}

/* Any other cover of the same tree than the one form is refused: every list of rows and ranges of six rows. */
static void try_covers(struct maker *m, unsigned at, size_t *accepted)
{
	size_t n = m->n;

	if (at == m->count) {
		*accepted += check_made(m, NULL) == VF_OK;
		return;
	}
	put_row(m, at);
	try_covers(m, at + 1, accepted);
	m->n = n;
	for (unsigned end = at + 1; end <= m->count; end++) {
		put_node(m, at, end);
		try_covers(m, end, accepted);
		m->n = n;
	}
}

static void test_one_form(void)
{
	static struct maker m = {.alg = VF_SHA256};

	for (m.count = 1; m.count <= 6; m.count++) {
		size_t accepted = 0;

		put_head(&m);
		try_covers(&m, 0, &accepted);
		CHECK_INT(accepted, (1 << m.count) - 1); /* a choice of rows each, but none at all */
	}
}

/* ---- one text for each rule ---- */

/* In the example, what stands first is replaced by the second. */
static enum vf_rc edit(const char *from, const char *to)
{
	struct vf_bytes text = check_example(EXAMPLES "excerpt");
	const uint8_t *at = memmem(text.p, text.n, from, strlen(from));
	uint8_t copy[ROOM];
	size_t before;

	if (!at) {
		CHECK_FAIL("the example has no '%s'", from);
		return VF_INTERNAL;
	}
	before = (size_t)(at - text.p);
	memcpy(copy, text.p, before);
	memcpy(copy + before, to, strlen(to));
	memcpy(copy + before + strlen(to), at + strlen(from), text.n - before - strlen(from));
	return check(vf_bytes(copy, text.n - strlen(from) + strlen(to)), NULL);
}

static void test_rules(void)
{
	static const struct {
		const char *from, *to;
		enum vf_rc want;
	} edits[] = {
		{"excerpt/1", "excerpt/2", VF_EXCERPT_SHAPE},
		{"hash sha256", "hash sha384", VF_EXCERPT_SHAPE},
		{"hash sha256", "sha256", VF_EXCERPT_SHAPE},
		{"hash sha256", "hash sha512", VF_EXCERPT_SHAPE},
		{"hash sha256", "hash SHA256", VF_EXCERPT_SHAPE},
		{"member rows-001.json", "member statement.json", VF_EXCERPT_SHAPE},
		{"member rows-001.json", "member ../rows-001.json", VF_EXCERPT_SHAPE},
		{"count 5", "count 05", VF_EXCERPT_SHAPE},
		{"count 5", "count 0", VF_EXCERPT_SHAPE},
		{"count 5", "count 9007199254740992", VF_EXCERPT_SHAPE},
		{"count 5", "count 9007199254740991", VF_EXCERPT_SHAPE},
		/* another count: the same lines are no tree of it, or another one's */
		{"count 5", "count 4", VF_EXCERPT_SHAPE},
		{"count 5", "count 6", VF_EXCERPT_SHAPE},
		{"row 2", "row 1", VF_EXCERPT_SHAPE},
		{"row 2", "row 02", VF_EXCERPT_SHAPE},
		{"row 2 ", "row 2  ", VF_EXCERPT_SHAPE},
		{"row 3", "row 2", VF_EXCERPT_SHAPE},
		{"node 0 2", "node 0 3", VF_EXCERPT_SHAPE},
		{"node 0 2", "node 2 2", VF_EXCERPT_SHAPE},
		{"node 0 2", "node 0 0", VF_EXCERPT_SHAPE},
		{"node 4 5", "node 4 4", VF_EXCERPT_SHAPE},
		{"node 4 5", "node 4 6", VF_EXCERPT_SHAPE},
		{"node 4 5", "node 4 18446744073709551621", VF_EXCERPT_SHAPE},
		/* another row, and the same octets written in another way */
		{"AE,2", "AE,3", VF_PROOF_ROOT},
		{"AE,2", "AE,2 ", VF_PROOF_ROOT},
		{"AE,2", "AE,%32", VF_EXCERPT_SHAPE},
		{"100%25", "100%", VF_EXCERPT_SHAPE},
		{"100%25", "100%2", VF_EXCERPT_SHAPE},
		{"%0d", "%0D", VF_EXCERPT_SHAPE},
		{"MILD%0d%0a", "MILD%0d\t", VF_EXCERPT_SHAPE},
		{"MILD%0d%0a\nrow", "MILD%0d%0\nrow", VF_EXCERPT_SHAPE},
		{"DEMO-1,AE,3,100%25 rash,MODERATE%0d%0a\n", "\n", VF_EXCERPT_SHAPE},
		{"\nnode 4", "\r\nnode 4", VF_EXCERPT_SHAPE},
		{"\nnode 4", "\n\nnode 4", VF_EXCERPT_SHAPE},
		{"\nnode 4", "\nNode 4", VF_EXCERPT_SHAPE},
		{"\nnode 4 5", "\nnode 4 5 ", VF_EXCERPT_SHAPE},
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		enum vf_rc rc = edit(edits[i].from, edits[i].to);

		if (rc != edits[i].want)
			CHECK_FAIL("'%s' to '%s' gives %s, not %s", edits[i].from, edits[i].to, vf_rc_name(rc),
				vf_rc_name(edits[i].want));
	}
}

/* Two rows of one tree in each other's place lead elsewhere, with and without their salts. */
static void test_swapped(void)
{
	static struct maker m = {.alg = VF_SHA256, .count = 2, .shown = 3};
	char *a, *b;

	put_head(&m);
	put_cover(&m, 0, 2);
	CHECK_RC(check_made(&m, NULL), VF_OK);
	a = strstr(m.text, " A\n");
	b = strstr(m.text, " B\n");
	a[1] = 'B';
	b[1] = 'A';
	CHECK_RC(check_made(&m, NULL), VF_PROOF_ROOT);
	for (size_t i = 0; i < 64; i++) {
		char c = a[-64 + (ptrdiff_t)i];

		a[-64 + (ptrdiff_t)i] = b[-64 + (ptrdiff_t)i];
		b[-64 + (ptrdiff_t)i] = c;
	}
	CHECK_RC(check_made(&m, NULL), VF_PROOF_ROOT);
}

/* The largest row, and one octet more; a tree as deep as can be. */
static void test_limits(void)
{
	static char text[VF_MAX_ROW + 2048];
	struct vf_digest root;
	uint8_t *leaf = calloc(1, 33 + VF_MAX_ROW + 1);
	char hex[65];

	for (size_t n = VF_MAX_ROW; leaf && n <= VF_MAX_ROW + 1; n++) {
		int head;

		memset(leaf + 33, 'x', n);
		CHECK_RC(vf_digest(VF_SHA256, vf_bytes(leaf, 33 + n), &root, NULL), VF_OK);
		vf_hex_put(hex, vf_digest_bytes(&root));
		head = sprintf(text, "trialnotary/excerpt/1\nrecord %064d\nmember m\nhash sha256\ncount 1\nroot %s\nrow 0 %064d ", 0,
			hex, 0);
		memset(text + head, 'x', n);
		text[(size_t)head + n] = '\n';
		CHECK_RC(check(vf_bytes(text, (size_t)head + n + 1), NULL), n > VF_MAX_ROW ? VF_LIMIT : VF_OK);
	}
	free(leaf);
	CHECK_RC(check(vf_bytes(text, VF_MAX_EXCERPT + (size_t)1), NULL), VF_LIMIT);
}

static void test_deep(void)
{
	char text[16384], hex[65];
	struct vf_hash h = vf_sha256_2(vf_bytes("", 1), vf_bytes("11111111111111111111111111111111x", 33)), node = h;
	uint64_t end = VF_MAX_ROWS;
	size_t n, nodes = 0;

	vf_hex_put(hex, vf_bytes(h.b, 32));
	/* row 0 and each node to its right, all of one hash */
	for (uint64_t size = 1; size * 2 < end && size; size *= 2)
		nodes++;
	for (size_t i = 0; i < nodes + 1; i++) {
		uint8_t b[65] = {1};

		memcpy(b + 1, node.b, 32);
		memcpy(b + 33, h.b, 32);
		node = vf_sha256(vf_bytes(b, 65));
	}
	{
		char root[65];

		vf_hex_put(root, vf_bytes(node.b, 32));
		n = (size_t)sprintf(text, "trialnotary/excerpt/1\nrecord %064d\nmember m\nhash sha256\ncount %" PRIu64 "\nroot %s\nrow 0 ",
			0, end, root);
	}
	for (size_t i = 0; i < 32; i++)
		n += (size_t)sprintf(text + n, "31");
	n += (size_t)sprintf(text + n, " x\n");
	for (uint64_t size = 1; size < end; size *= 2)
		n += (size_t)sprintf(text + n, "node %" PRIu64 " %" PRIu64 " %s\n", size, size * 2 < end ? size * 2 : end, hex);
	CHECK_RC(check(vf_bytes(text, n), NULL), VF_OK);
}

static void test_rows_member(void)
{
	static const struct {
		const char *json;
		enum vf_rc want;
	} rows[] = {
#define ROOTS "\"sha256\":\"" H64 "\",\"sha512\":\"" H64 H64 "\"}"
#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"line\",\"count\":1," ROOTS, VF_OK},
		{"{\"schema\":\"trialnotary/rows/2\",\"document\":\"a\",\"unit\":\"line\",\"count\":1," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"line\",\"count\":0," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"line\",\"count\":\"1\"," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"line\",\"count\":9007199254740992," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"\",\"count\":1," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"\\u202e\",\"count\":1," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"../a\",\"unit\":\"line\",\"count\":1," ROOTS, VF_NAME_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"stream.json\",\"unit\":\"line\",\"count\":1," ROOTS, VF_NAME_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":7,\"unit\":\"line\",\"count\":1," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"unit\":\"line\",\"count\":1," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"line\",\"count\":1,\"more\":1," ROOTS, VF_EXCERPT_SHAPE},
		{"{\"schema\":\"trialnotary/rows/1\",\"document\":\"a\",\"unit\":\"line\",\"count\":1,\"sha256\":\"" H64 "\",\"sha512\":\"" H64 "\"}", VF_EXCERPT_SHAPE},
		{"[]", VF_JSON_SHAPE},
		{"{", VF_JSON_SHAPE},
	};
	static char large[20000];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		parse_rows(vf_bytes_str(rows[i].json), rows[i].want);
	memset(large, ' ', sizeof(large));
	parse_rows(vf_bytes(large, sizeof(large)), VF_LIMIT);
}

int main(void)
{
	test_examples();
	test_flips_and_cuts(EXAMPLES "excerpt");
	test_flips_and_cuts(EXAMPLES "excerpt-sha512");
	test_all_choices();
	test_one_form();
	test_rules();
	test_swapped();
	test_limits();
	test_deep();
	test_rows_member();
	return check_done();
}
