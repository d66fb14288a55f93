#include "notary/ers_out.h"

#include "notary/tree.h"
#include "tests/ers_make.h"
#include "verify/limits.h"

static uint8_t block[1 << 20];

struct group {
	const char *const *docs;
	size_t n;
};

static enum vf_rc digest_text(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	const struct group *g = ctx;

	return vf_digest(alg, vf_bytes_str(g->docs[i]), ret, reterr);
}

/* Reads a record and sets the imprints of its tokens; exits when it cannot. */
static struct vf_er read_record(struct vf_bytes record, struct vf_arena *arena)
{
	struct vf_digest imprint;
	struct vf_err err = {0};
	struct vf_er er;

	vf_arena_init(arena, block, sizeof(block));
	if (vf_er_parse(record, arena, &er, &err) != VF_OK) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	for (size_t i = 0; i < er.n_stamps; i++) {
		CHECK(mk_imprint(er.stamps[i].token, &imprint));
		CHECK_RC(vf_er_set_imprint(&er, i, &imprint, &err), VF_OK);
	}
	return er;
}

/* The record proves the whole group, and nothing in it is out of order. */
static void check_record(struct vf_bytes record, struct group g)
{
	struct vf_er_objects objects = {g.n, digest_text, &g};
	struct vf_er_cover cover;
	struct vf_arena arena;
	struct vf_er er = read_record(record, &arena);

	CHECK_RC(vf_er_check_links(&er, NULL), VF_OK);
	CHECK_RC(vf_er_cover(&er, &objects, false, &arena, &cover, NULL), VF_OK);
	CHECK_RC(vf_er_check_cover(&cover, true, NULL), VF_OK);
	CHECK(vf_er_algorithms_agree(&er));
}

static const char *const group2[] = {"d2a\n", "d2b\n", "d2c\n"};

static struct vf_bytes digests_of(enum vf_alg alg, struct group g)
{
	struct vf_bytes v[8];

	for (size_t i = 0; i < g.n; i++)
		v[i] = mk_hash(alg, vf_bytes_str(g.docs[i]));
	return mk_join(v, g.n);
}

/* The bytes of RFC 4998 3.1 as the slow writer puts them together. */
static void test_bytes(void)
{
	struct vf_bytes a = mk_hash(VF_SHA256, vf_bytes_str("d2a\n")), b = mk_hash(VF_SHA256, vf_bytes_str("d2b\n"));
	struct vf_bytes c = mk_hash(VF_SHA256, vf_bytes_str("d2c\n")), n = mk_hash(VF_SHA256, vf_bytes_str("n"));
	struct vf_bytes head = mk_hash(VF_SHA256, vf_bytes_str("head")), root, token, want;
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 16);
	struct nt_er_ats ats;

	root = MK_NODE(VF_SHA256, MK_NODE(VF_SHA256, MK_NODE(VF_SHA256, a, b, c), n), head);
	token = mk_token(VF_SHA256, root, "1");
	ats = (struct nt_er_ats){VF_SHA256, MK_CAT(a, b, c), n, head, token};
	want = MK_SEQ(vf_bytes("\x02\x01\x01", 3), MK_SEQ(MK_SEQ(mk_alg(VF_SHA256, false))),
		MK_SEQ(MK_SEQ(mk_ats(VF_SHA256, MK_CAT(MK_LIST(c, a, b), MK_LIST(n), MK_LIST(head)), token))));
	CHECK_RC(nt_er_put(&out, &ats, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), want);
	check_record(nt_buf_bytes(&out), (struct group){group2, 3});
	/* appended, not replaced */
	CHECK_RC(nt_er_put(&out, &ats, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), MK_CAT(want, want));
}

static void test_refusals(void)
{
	struct vf_bytes h = mk_hash(VF_SHA256, vf_bytes_str("x")), token = mk_token(VF_SHA256, h, "1"), none = {NULL, 0};
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 16), tiny = nt_buf(100);
	struct nt_er_ats good = {VF_SHA256, h, none, none, token}, bad;
	uint8_t path[VF_MAX_ER_LISTS * 32] = {0};
	struct vf_digest d;

	bad = good, bad.alg = VF_ALG_NONE;
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_UNKNOWN_ALGORITHM);
	bad = good, bad.first = none;
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_ER_SHAPE);
	bad = good, bad.first.n = 31;
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_ER_SHAPE);
	bad = good, bad.path = vf_bytes(h.p, 16);
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_ER_SHAPE);
	bad = good, bad.last = MK_CAT(h, h);
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_ER_SHAPE);
	bad = good, bad.token.n--;
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_ER_SHAPE);
	bad = good, bad.token = none;
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_ER_SHAPE);
	bad = good, bad.path = vf_bytes(path, sizeof(path));
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_LIMIT);
	bad.path.n -= 32;
	CHECK_RC(nt_er_put(&out, &bad, NULL), VF_OK);
	out.n = 0;
	CHECK_RC(nt_er_put(&out, &good, NULL), VF_OK);
	CHECK(nt_er_put(&tiny, &good, NULL) != VF_OK && tiny.n == 0);
	CHECK_RC(nt_er_leaf(VF_SHA256, none, &d, NULL), VF_ER_SHAPE);
	CHECK_RC(nt_er_leaf(VF_SHA512, h, &d, NULL), VF_ER_SHAPE);
	CHECK_RC(nt_er_leaf(VF_SHA256, h, &d, NULL), VF_OK);
	CHECK_BYTES(vf_digest_bytes(&d), h);
}

/* Groups of all sizes: sorted by insertion and by heap. */
static void test_group_sizes(void)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 16);

	for (size_t n = 1; n < 60; n++) {
		struct vf_bytes v[60], members;
		struct vf_arena arena;
		struct vf_digest leaf;
		struct vf_er er;

		for (size_t i = 0; i < n; i++)
			v[i] = mk_hash(VF_SHA256, vf_bytes(&i, i % 7 ? sizeof(i) : 1));
		members = mk_join(v, n);
		CHECK_RC(nt_er_leaf(VF_SHA256, members, &leaf, NULL), VF_OK);
		CHECK_BYTES(vf_digest_bytes(&leaf), n == 1 ? v[0] : mk_node(VF_SHA256, v, n));
		nt_buf_reset(&out);
		CHECK_RC(nt_er_put(&out, &(struct nt_er_ats){.alg = VF_SHA256, .first = members,
			.token = mk_token(VF_SHA256, vf_digest_bytes(&leaf), "1")}, NULL), VF_OK);
		er = read_record(nt_buf_bytes(&out), &arena);
		CHECK(!er.stamps[0].lists[0].copied && er.stamps[0].lists[0].n == n);
	}
}

/* A time-stamp over values, their leaf and one neighbour. */
static struct nt_er_ats over(enum vf_alg alg, struct vf_bytes values, const char *salt)
{
	struct vf_bytes neighbour = mk_hash(alg, vf_bytes_str("neighbour"));
	struct vf_digest leaf;

	CHECK_RC(nt_er_leaf(alg, values, &leaf, NULL), VF_OK);
	return (struct nt_er_ats){.alg = alg, .first = values, .path = neighbour,
		.token = mk_token(alg, MK_NODE(alg, MK_CAT(vf_digest_bytes(&leaf)), neighbour), salt)};
}

enum step { STAMP, TREE_512, TREE_SHA3 };

/* Renews a record step by step; each is proved by the verifier. */
static void test_renewals(const enum step *steps, size_t n, struct group g)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf old = nt_buf(1 << 20), out = nt_buf(1 << 20), values = nt_buf(1 << 16);
	struct nt_er_ats ats = over(VF_SHA256, digests_of(VF_SHA256, g), "0");
	enum vf_alg alg = VF_SHA256;

	CHECK_RC(nt_er_put(&old, &ats, NULL), VF_OK);
	check_record(nt_buf_bytes(&old), g);
	for (size_t i = 0; i < n; i++) {
		char salt[] = {(char)('1' + i), 0};
		struct vf_arena arena;
		struct vf_er er = read_record(nt_buf_bytes(&old), &arena);

		nt_buf_reset(&out);
		nt_buf_reset(&values);
		if (steps[i] == STAMP) {
			CHECK_RC(nt_er_stamp_values(&values, &er, NULL), VF_OK);
			ats = over(alg, nt_buf_bytes(&values), salt);
			CHECK_RC(nt_er_put_stamp(&out, &er, &ats, NULL), VF_OK);
		} else {
			alg = steps[i] == TREE_512 ? VF_SHA512 : VF_SHA3_512;
			CHECK_RC(nt_er_tree_values(&values, &er, alg, digests_of(alg, g), NULL), VF_OK);
			ats = over(alg, nt_buf_bytes(&values), salt);
			if (er.stamps[er.n_stamps - 1].alg != alg)
				CHECK_RC(nt_er_put_stamp(&out, &er, &ats, NULL), VF_ER_ALGORITHM);
			CHECK_RC(nt_er_put_chain(&out, &er, &ats, NULL), VF_OK);
		}
		check_record(nt_buf_bytes(&out), g);
		nt_buf_reset(&old);
		nt_buf_put(&old, nt_buf_bytes(&out));
	}
}

/* A renewed record by the slow writer, octet for octet. */
static void test_renewed_bytes(void)
{
	struct vf_bytes h = mk_hash(VF_SHA256, vf_bytes_str("d1\n")), t1 = mk_token(VF_SHA256, h, "1");
	struct vf_bytes x = mk_hash(VF_SHA256, t1), t2 = mk_token(VF_SHA256, x, "2"), c1, r, t3, algs, infos;
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 16), v = nt_buf(1 << 10);
	struct vf_bytes a1 = mk_ats(VF_SHA256, MK_LIST(h), t1), version = vf_bytes("\x02\x01\x01", 3), old;
	struct vf_arena arena;
	struct vf_er er;

	/* cryptoInfos of a foreign record stay as they are */
	infos = mk_tlv(VF_DER_CONTEXT(0), MK_SEQ(vf_bytes("\x06\x02\x2a\x03\x31\x02\x05\x00", 8)));
	algs = MK_SEQ(mk_alg(VF_SHA256, true));
	old = MK_SEQ(version, MK_SEQ(algs), infos, MK_SEQ(MK_SEQ(a1)));
	er = read_record(old, &arena);
	CHECK_RC(nt_er_stamp_values(&v, &er, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&v), x);
	CHECK_RC(nt_er_put_stamp(&out, &er, &(struct nt_er_ats){.alg = VF_SHA256, .first = x, .token = t2}, NULL), VF_OK);
	c1 = MK_SEQ(a1, mk_ats(VF_SHA256, MK_LIST(x), t2));
	old = MK_SEQ(version, MK_SEQ(algs), infos, MK_SEQ(c1));
	CHECK_BYTES(nt_buf_bytes(&out), old);
	er = read_record(old, &arena);
	nt_buf_reset(&v);
	nt_buf_reset(&out);
	r = mk_renewed(VF_SHA512, mk_hash(VF_SHA512, vf_bytes_str("d1\n")), c1);
	CHECK_RC(nt_er_tree_values(&v, &er, VF_SHA512, mk_hash(VF_SHA512, vf_bytes_str("d1\n")), NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&v), r);
	t3 = mk_token(VF_SHA512, r, "3");
	CHECK_RC(nt_er_put_chain(&out, &er, &(struct nt_er_ats){.alg = VF_SHA512, .first = r, .token = t3}, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), MK_SEQ(version, MK_SEQ(algs, MK_SEQ(mk_alg(VF_SHA512, false))), infos,
		MK_SEQ(c1, MK_SEQ(mk_ats(VF_SHA512, MK_LIST(r), t3)))));
	er.encrypted = true;
	CHECK_RC(nt_er_put_chain(&out, &er, &(struct nt_er_ats){.alg = VF_SHA512, .first = r, .token = t3}, NULL),
		VF_ER_ENCRYPTED);
	CHECK_RC(nt_er_tree_values(&v, &er, VF_SHA512, r, NULL), VF_ER_ENCRYPTED);
	CHECK_RC(nt_er_stamp_values(&v, &(struct vf_er){0}, NULL), VF_ER_SHAPE);
}

/* A batch with its seal head: what the native reader demands of the last list. */
static void test_batch(void)
{
	struct vf_hash ids[37], path[NT_TREE_PATH], head = vf_sha256(vf_bytes_str("seal head"));
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 16);
	VF_CLEANUP(nt_tree_freep) struct nt_tree *tree = NULL;
	struct vf_digest batch, node, sibling;
	struct vf_bytes token;
	char name[16];

	for (size_t i = 0; i < 37; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		ids[i] = vf_sha256(vf_bytes_str(name));
	}
	CHECK_RC(nt_tree_new(ids, 37, &tree, NULL), VF_OK);
	batch = nt_tree_root(tree);
	token = mk_token(VF_SHA256, MK_NODE(VF_SHA256, vf_digest_bytes(&batch), vf_bytes(head.b, 32)), "1");
	for (size_t i = 0; i < 37; i++) {
		const char *docs[] = {name};
		struct vf_arena arena;
		struct vf_er er;
		size_t n = 0;

		snprintf(name, sizeof(name), "%zu", i);
		CHECK_RC(nt_tree_path(tree, &ids[i], path, &n, NULL), VF_OK);
		nt_buf_reset(&out);
		CHECK_RC(nt_er_put(&out, &(struct nt_er_ats){VF_SHA256, vf_bytes(ids[i].b, 32), vf_bytes(path, 32 * n),
			vf_bytes(head.b, 32), token}, NULL), VF_OK);
		check_record(nt_buf_bytes(&out), (struct group){docs, 1});
		er = read_record(nt_buf_bytes(&out), &arena);
		CHECK_RC(vf_ats_node(&er.stamps[0], er.stamps[0].n_lists - 1, &node, NULL), VF_OK);
		CHECK(vf_digest_eq(&node, &batch));
		CHECK(vf_ats_value(&er.stamps[0], er.stamps[0].n_lists - 1, 0, &sibling));
		CHECK_BYTES(vf_digest_bytes(&sibling), vf_bytes(head.b, 32));
	}
}

int main(void)
{
	static const char *const one[] = {"d1\n"};
	static const enum step plan[] = {STAMP, STAMP, STAMP, TREE_512, STAMP, STAMP, TREE_SHA3, TREE_SHA3, STAMP};

	test_bytes();
	test_refusals();
	test_group_sizes();
	test_renewals(plan, 9, (struct group){one, 1});
	test_renewals(plan, 9, (struct group){group2, 3});
	test_renewals(plan + 3, 6, (struct group){group2, 2});
	test_renewed_bytes();
	test_batch();
	return check_done();
}
