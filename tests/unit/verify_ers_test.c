#include "verify/ers.h"

#include "tests/ers_make.h"
#include "verify/limits.h"

#define A256 VF_SHA256
#define A512 VF_SHA512
#define NONE vf_bytes(NULL, 0)

static const struct vf_bytes d1 = {(const uint8_t *)"d1\n", 3}, d3 = {(const uint8_t *)"d3\n", 3};
static const struct vf_bytes d2[3] = {
	{(const uint8_t *)"d2a\n", 4}, {(const uint8_t *)"d2b\n", 4}, {(const uint8_t *)"d2c\n", 4}};

static uint8_t block[64 << 20];

/* Documents that are at hand: any algorithm. */
static enum vf_rc digest_text(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	const struct vf_bytes *docs = ctx;

	return vf_digest(alg, docs[i], ret, reterr);
}

/* Documents that are known by both digests only. */
static enum vf_rc digest_pair(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	if (alg != A256 && alg != A512)
		return vf_fail(reterr, VF_MISSING_OBJECT, "object %zu is not at hand", i + 1);
	return digest_text(ctx, i, alg, ret, reterr);
}

struct opinion {
	enum vf_rc rc;
	struct vf_er er;
	struct vf_er_cover cover;
	struct vf_err err;
};

struct question {
	const struct vf_bytes *docs;
	size_t n;
	bool group, allow_sorted, pair;
	size_t arena;
};

/* All that the module decides, in the order in which a bundle's reader asks. */
static struct opinion judge(struct vf_bytes record, struct question q)
{
	struct vf_er_objects objects = {q.n, q.pair ? digest_pair : digest_text, q.docs};
	struct opinion o = {.rc = VF_NOT_CHECKED};
	struct vf_digest imprint;
	struct vf_arena arena;

	vf_arena_init(&arena, block, q.arena ? q.arena : sizeof(block));
	o.rc = vf_er_parse(record, &arena, &o.er, &o.err);
	for (size_t i = 0; o.rc == VF_OK && i < o.er.n_stamps; i++) {
		o.rc = VF_TS_SHAPE;
		if (mk_imprint(o.er.stamps[i].token, &imprint))
			o.rc = vf_er_set_imprint(&o.er, i, &imprint, &o.err);
	}
	if (o.rc == VF_OK)
		o.rc = vf_er_check_links(&o.er, &o.err);
	if (o.rc == VF_OK)
		o.rc = vf_er_cover(&o.er, &objects, q.allow_sorted, &arena, &o.cover, &o.err);
	if (o.rc == VF_OK)
		o.rc = vf_er_check_cover(&o.cover, q.group, &o.err);
	return o;
}

static enum vf_rc judge_one(struct vf_bytes record, struct vf_bytes doc)
{
	return judge(record, (struct question){.docs = &doc, .n = 1}).rc;
}

/* A record of one chain with one time-stamp over tree, whose root is given. */
static struct vf_bytes record_1(enum vf_alg alg, struct vf_bytes tree, struct vf_bytes root)
{
	return mk_record(MK_SEQ(mk_ats(alg, tree, mk_token(alg, root, "1"))));
}

/* The example of RFC 4998 4.2: h1, h3, and the group of three. */
static struct {
	struct vf_bytes h1, h3, a, b, c, h2, n, root, er1;
} ex;

static void make_example(void)
{
	static const char root[] = "5b98a6ad4df11e7fbc169c5ca3de82f36713c2a252f5dbb3786ee3bf9831f867";
	char hex[65];

	ex.h1 = mk_hash(A256, d1);
	ex.h3 = mk_hash(A256, d3);
	ex.a = mk_hash(A256, d2[0]);
	ex.b = mk_hash(A256, d2[1]);
	ex.c = mk_hash(A256, d2[2]);
	ex.h2 = mk_hash(A256, MK_CAT(ex.c, ex.a, ex.b));
	ex.n = mk_hash(A256, MK_CAT(ex.h3, ex.h1));
	ex.root = mk_hash(A256, MK_CAT(ex.n, ex.h2));
	vf_hex_put(hex, ex.root);
	CHECK_STR(hex, root);
	vf_hex_put(hex, ex.h2);
	CHECK_STR(hex, "accb63c4f5b520d984a97bb59539e133356741f0f79e00c1324505c4b0ba7e86");
	ex.er1 = record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3), MK_LIST(ex.h2)), ex.root);
}

static void test_shapes_accepted(void)
{
	struct vf_bytes alone = mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, NONE, mk_token(A256, ex.h1, "1"))));
	struct vf_bytes group = record_1(A256, MK_CAT(MK_LIST(ex.c, ex.a, ex.b), MK_LIST(ex.n)), ex.root);
	struct vf_bytes merged = record_1(A256, MK_CAT(MK_LIST(ex.h1, ex.h3), MK_LIST(ex.h2)), ex.root);
	struct vf_bytes flat_root = MK_NODE(A256, ex.h1, ex.h3, ex.a, ex.b, ex.c);
	struct vf_bytes flat = record_1(A256, MK_LIST(ex.h1, ex.h3, ex.a, ex.b, ex.c), flat_root);
	struct vf_bytes twice = record_1(A256, MK_LIST(ex.h1, ex.h1, ex.h3), MK_NODE(A256, ex.h1, ex.h1, ex.h3));
	struct vf_bytes merged_twice = record_1(A256, MK_LIST(ex.h1, ex.h1), ex.h1);
	struct vf_bytes down = record_1(A256, MK_CAT(MK_LIST(ex.b, ex.a, ex.c), MK_LIST(ex.n)), ex.root);
	struct opinion o;

	CHECK_RC(judge_one(ex.er1, d1), VF_OK);
	CHECK_RC(judge_one(alone, d1), VF_OK);
	CHECK_RC(judge_one(alone, d3), VF_ER_NOT_COVERED);
	CHECK_RC(judge(group, (struct question){.docs = d2, .n = 3, .group = true}).rc, VF_OK);
	CHECK_RC(judge(group, (struct question){.docs = d2, .n = 2}).rc, VF_OK);
	o = judge(group, (struct question){.docs = d2, .n = 2, .group = true});
	CHECK_RC(o.rc, VF_ER_GROUP);
	CHECK_INT(o.cover.others[0], 1);
	CHECK_RC(judge_one(merged, d1), VF_OK);
	CHECK_RC(judge(merged, (struct question){.docs = &d1, .n = 1, .group = true}).rc, VF_ER_GROUP);
	o = judge(flat, (struct question){.docs = &d1, .n = 1});
	CHECK_RC(o.rc, VF_OK);
	CHECK_INT(o.cover.others[0], 4);
	/* a list, not a set; equal values belong to the object both */
	CHECK_RC(judge_one(twice, d1), VF_OK);
	o = judge(twice, (struct question){.docs = &d3, .n = 1});
	CHECK_INT(o.cover.others[0], 2);
	o = judge(twice, (struct question){.docs = &d1, .n = 1});
	CHECK_INT(o.cover.others[0], 1);
	CHECK_RC(judge_one(merged_twice, d1), VF_ER_ROOT);
	/* wire order does not count */
	CHECK_RC(judge(down, (struct question){.docs = d2, .n = 3, .group = true}).rc, VF_OK);
	/* one document as a group */
	CHECK_RC(judge(ex.er1, (struct question){.docs = &d1, .n = 1, .group = true}).rc, VF_OK);
	CHECK(vf_er_algorithms_agree(&o.er) == false);
}

static void test_not_covered(void)
{
	struct vf_bytes docs[2] = {d1, d3};
	struct vf_bytes alone = record_1(A256, NONE, ex.h1);
	struct vf_bytes sibling =
		record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.a), MK_LIST(ex.h2)), ex.root);

	CHECK_RC(judge_one(ex.er1, vf_bytes_str("d1")), VF_ER_NOT_COVERED);
	/* another leaf of the tree stands in a later list: trap 4 */
	CHECK_RC(judge_one(ex.er1, d3), VF_ER_NOT_COVERED);
	CHECK_RC(judge_one(sibling, d1), VF_ER_ROOT);
	CHECK_RC(judge_one(record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3)), ex.root), d1), VF_ER_ROOT);
	/* no tree and two objects: at most one of them */
	CHECK_RC(judge(alone, (struct question){.docs = docs, .n = 2}).rc, VF_ER_NOT_COVERED);
	CHECK_RC(judge(ex.er1, (struct question){.docs = NULL, .n = 0}).rc, VF_ER_NOT_COVERED);
	CHECK_RC(judge(ex.er1, (struct question){.docs = NULL, .n = 0, .group = true}).rc, VF_ER_NOT_COVERED);
	CHECK_RC(vf_er_check_cover(&(struct vf_er_cover){0}, false, NULL), VF_ER_NOT_COVERED);
}

static void test_wrong_nodes(void)
{
	const struct vf_bytes lists = MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3), MK_LIST(ex.h2));
	struct vf_bytes lone_again = mk_hash(A256, ex.h1);
	struct vf_bytes node = mk_hash(A256, MK_CAT(lone_again, ex.h3));

	/* trap 3: a lone value hashed once more */
	CHECK_RC(judge_one(record_1(A256, MK_LIST(ex.h1), lone_again), d1), VF_ER_ROOT);
	CHECK_RC(judge_one(record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3)), node), d1), VF_ER_ROOT);
	/* E03, trap 5: concatenated as they come, and not sorted in again */
	CHECK_RC(judge_one(record_1(A256, lists, mk_hash(A256, MK_CAT(mk_hash(A256, MK_CAT(ex.h1, ex.h3)), ex.h2))),
			d1), VF_ER_ROOT);
	CHECK_RC(judge_one(record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3, ex.h2)),
				mk_hash(A256, MK_CAT(ex.h3, ex.h2, ex.h1))), d1), VF_ER_ROOT);
	CHECK_RC(judge_one(record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3, ex.h2)),
				mk_hash(A256, MK_CAT(ex.h3, ex.h1, ex.h2))), d1), VF_OK);
}

/* Trap 1: octets are unsigned and zeros count. */
static void test_order(void)
{
	uint8_t v[3][32] = {{0x00, 0x90}, {0x7f}, {0x80}};
	struct vf_bytes low = vf_bytes(v[0], 32), mid = vf_bytes(v[1], 32), high = vf_bytes(v[2], 32);
	struct vf_bytes root = mk_hash(A256, MK_CAT(low, mid, high));
	struct vf_arena arena;
	struct vf_digest d;
	struct vf_er er;

	vf_arena_init(&arena, block, sizeof(block));
	CHECK_RC(vf_er_parse(record_1(A256, MK_LIST(high, low, mid), root), &arena, &er, NULL), VF_OK);
	CHECK_RC(vf_ats_root(&er.stamps[0], NULL, &d, NULL), VF_OK);
	CHECK_BYTES(vf_digest_bytes(&d), root);
	for (size_t j = 0; j < 3; j++)
		CHECK(vf_ats_value(&er.stamps[0], 0, j, &d) && vf_bytes_eq(vf_digest_bytes(&d), vf_bytes(v[j], 32)));
	CHECK(!vf_ats_value(&er.stamps[0], 0, 3, &d) && !vf_ats_value(&er.stamps[0], 1, 0, &d));
	CHECK_RC(vf_er_parse(record_1(A256, MK_CAT(MK_LIST(mid), MK_LIST(high), MK_LIST(low)), root), &arena, &er,
			NULL), VF_OK);
	CHECK_RC(vf_ats_node(&er.stamps[0], 2, &d, NULL), VF_OK);
	CHECK_BYTES(vf_digest_bytes(&d), mk_hash(A256, MK_CAT(mid, high)));
	CHECK_RC(vf_ats_node(&er.stamps[0], 1, &d, NULL), VF_OK);
	CHECK_BYTES(vf_digest_bytes(&d), mid);
	CHECK_RC(vf_ats_node(&er.stamps[0], 4, &d, NULL), VF_ER_SHAPE);
	CHECK_RC(vf_ats_node(&er.stamps[0], 0, &d, NULL), VF_ER_SHAPE);
}

/* A time-stamp that names no algorithm has that of its token; until that was read, its tree has no value. */
static void test_no_algorithm(void)
{
	struct vf_bytes value = mk_hash(A256, vf_bytes_str("x")), none = vf_bytes("\x04\x00", 2);
	struct vf_bytes token = mk_token(A256, value, "1"), rows[] = {none, MK_CAT(none, none), MK_CAT(none, MK_LIST(value))};
	struct vf_bytes alg = mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, false)), empty = vf_bytes("", 0);
	struct vf_digest d;
	struct vf_arena a;
	struct vf_er er;
	size_t at = 1;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_er_parse(mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, MK_LIST(value), token))), &a, &er, NULL), VF_OK);
	CHECK_RC(vf_ats_node(&er.stamps[0], 1, &d, NULL), VF_UNKNOWN_ALGORITHM);
	for (size_t i = 0; i < 3; i++)
		CHECK_RC(vf_er_parse(mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, mk_tlv(VF_DER_SEQUENCE, rows[i]), token))), &a, &er, NULL),
			VF_ER_SHAPE);
	/* the reader itself refuses lists without a value and trees without a list */
	CHECK_RC(vf_er_parse(mk_record(MK_SEQ(mk_ats(A256, MK_CAT(MK_LIST(value), mk_tlv(VF_DER_SEQUENCE, empty)), token))), &a,
		&er, NULL), VF_ER_SHAPE);
	CHECK_RC(vf_er_parse(mk_record(MK_SEQ(MK_SEQ(alg, mk_tlv(VF_DER_CONTEXT(2), empty), token))), &a, &er, NULL), VF_ER_SHAPE);
	/* equal octets by another algorithm are another digest */
	CHECK_RC(vf_er_parse(mk_record(MK_SEQ(mk_ats(A256, MK_LIST(value), token))), &a, &er, NULL), VF_OK);
	d = (struct vf_digest){.alg = A256};
	memcpy(d.b, value.p, value.n);
	CHECK(vf_ats_find(&er.stamps[0], &d, &at) && at == 0);
	d.alg = VF_SHA3_256;
	CHECK(!vf_ats_find(&er.stamps[0], &d, &at));
}

static void test_algorithms(void)
{
	struct vf_bytes h = mk_hash(A512, d1), null, differs, omitted, short_value, mixed;

	CHECK_RC(judge_one(record_1(A512, MK_CAT(MK_LIST(h), MK_LIST(mk_hash(A512, d3))),
				MK_NODE(A512, h, mk_hash(A512, d3))), d1), VF_OK);
	/* NULL parameters are as good as none */
	null = MK_SEQ(mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, true)), mk_token(A256, ex.h1, "1"));
	CHECK_RC(judge_one(mk_record(MK_SEQ(null)), d1), VF_OK);
	differs = mk_record(MK_SEQ(mk_ats(A512, MK_LIST(h), mk_token(A256, ex.h1, "1"))));
	CHECK_RC(judge_one(differs, d1), VF_ER_ALGORITHM);
	omitted = mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, MK_LIST(h), mk_token(A256, ex.h1, "1"))));
	CHECK_RC(judge_one(omitted, d1), VF_ER_SHAPE);
	omitted = mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, MK_LIST(h), mk_token(A512, h, "1"))));
	CHECK_RC(judge_one(omitted, d1), VF_OK);
	short_value = record_1(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(vf_bytes(ex.h3.p, 16))),
		mk_hash(A256, MK_CAT(vf_bytes(ex.h3.p, 16), ex.h1)));
	CHECK_RC(judge_one(short_value, d1), VF_ER_SHAPE);
	mixed = mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, MK_CAT(MK_LIST(ex.h1), MK_LIST(h)),
		mk_token(A256, ex.h1, "1"))));
	CHECK_RC(judge_one(mixed, d1), VF_ER_SHAPE);
	/* an algorithm nobody knows is not a fault of the record */
	null = MK_SEQ(mk_tlv(VF_DER_CONTEXT(0), mk_tlv(VF_DER_OID, vf_bytes("\x2a\x03", 2))),
		mk_token(A256, ex.h1, "1"));
	CHECK_RC(judge_one(mk_record(MK_SEQ(null)), d1), VF_UNKNOWN_ALGORITHM);
}

/* Time-stamp renewal over all tokens of the chain that all says, else over the last. */
static struct vf_bytes stamp_chain(size_t n, bool all)
{
	struct vf_bytes stamps[16], x[16], first = MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3), MK_LIST(ex.h2));
	struct vf_bytes token = mk_token(A256, ex.root, "0");

	stamps[0] = mk_ats(A256, first, token);
	for (size_t i = 1; i < n; i++) {
		char salt[] = {(char)('a' + i), 0};

		x[i - 1] = mk_hash(A256, token);
		first = all ? mk_list(x, i) : mk_list(&x[i - 1], 1);
		token = mk_token(A256, all && i > 1 ? mk_node(A256, x, i) : x[i - 1], salt);
		stamps[i] = mk_ats(A256, first, token);
	}
	return mk_tlv(VF_DER_SEQUENCE, mk_join(stamps, n));
}

static void test_stamp_renewal(void)
{
	struct vf_bytes t1 = mk_token(A256, ex.root, "1"), x = mk_hash(A256, t1), s = mk_hash(A256, d3);
	struct vf_bytes a1 = mk_ats(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3), MK_LIST(ex.h2)), t1);
	struct vf_bytes t2 = mk_token(A256, x, "2"), y = mk_hash(A256, mk_token(A256, ex.root, "other"));
	struct vf_bytes x512 = mk_hash(A512, t1);

#define TWO(a2) judge_one(mk_record(MK_SEQ(a1, a2)), d1)
	CHECK_RC(TWO(mk_ats(A256, NONE, t2)), VF_OK);
	CHECK_RC(TWO(mk_ats(VF_ALG_NONE, NONE, t2)), VF_OK);
	CHECK_RC(TWO(mk_ats(A256, MK_LIST(x), t2)), VF_OK);
	CHECK_RC(TWO(mk_ats(A256, MK_CAT(MK_LIST(x), MK_LIST(s)), mk_token(A256, MK_NODE(A256, x, s), "2"))), VF_OK);
	for (size_t n = 2; n <= 11; n++) {
		CHECK_RC(judge_one(mk_record(stamp_chain(n, false)), d1), VF_OK);
		CHECK_RC(judge_one(mk_record(stamp_chain(n, true)), d1), VF_OK);
	}
	/* not the predecessor; the predecessor only in a later list; a copy of the first token (E07, E08) */
	CHECK_RC(TWO(mk_ats(A256, MK_LIST(y), mk_token(A256, y, "2"))), VF_ER_RENEWAL);
	CHECK_RC(TWO(mk_ats(A256, NONE, mk_token(A256, y, "2"))), VF_ER_RENEWAL);
	CHECK_RC(TWO(mk_ats(A256, MK_CAT(MK_LIST(s), MK_LIST(x)), mk_token(A256, MK_NODE(A256, x, s), "2"))),
		VF_ER_RENEWAL);
	CHECK_RC(TWO(mk_ats(A256, MK_LIST(x), t1)), VF_ER_ROOT);
	CHECK_RC(TWO(mk_ats(A256, NONE, t1)), VF_ER_RENEWAL);
	CHECK_RC(TWO(a1), VF_ER_RENEWAL);
	/* trap 8: hash of the token's contents; trap 9: another algorithm in the chain */
	y = mk_hash(A256, vf_bytes(t1.p + 2, t1.n - 2));
	CHECK_RC(TWO(mk_ats(A256, MK_LIST(y), mk_token(A256, y, "2"))), VF_ER_RENEWAL);
	CHECK_RC(TWO(mk_ats(A512, MK_LIST(x512), mk_token(A512, x512, "2"))), VF_ER_ALGORITHM);
#undef TWO
}

/* The group's second chain, with h' as the test says. */
static struct vf_bytes second_chain(enum vf_alg alg, struct vf_bytes value, const char *salt)
{
	return MK_SEQ(mk_ats(alg, MK_LIST(value), mk_token(alg, value, salt)));
}

static void test_tree_renewal_order(void)
{
	const struct vf_bytes toy = vf_bytes("\x30\x02\x30\x00", 4);
	struct vf_bytes h = mk_hash(A512, d1), c1 = NONE, ha = NONE, bad[4], good, sorted, record;
	struct opinion o;
	char hex[129], salt[2] = "a";

	/* a chain whose digest is the smaller one, so that the sorted form differs */
	for (; !ha.n || memcmp(h.p, ha.p, 64) < 0; salt[0]++) {
		c1 = MK_SEQ(mk_ats(A256, MK_LIST(ex.h1), mk_token(A256, ex.h1, salt)));
		ha = mk_hash(A512, mk_tlv(VF_DER_SEQUENCE, c1));
	}
	good = mk_renewed(A512, h, c1);
	sorted = mk_hash(A512, MK_CAT(ha, h));

	/* the octets of the worked example */
	vf_hex_put(hex, mk_renewed(A512, h, toy));
	CHECK(strncmp(hex, "1e5065a6adfc0625d199740d1accf151", 32) == 0);
	bad[0] = mk_hash(A512, MK_CAT(ha, h));		  /* reversed */
	bad[1] = mk_hash(A512, MK_CAT(h, mk_hash(A512, c1))); /* no outer header */
	bad[2] = h;					  /* unbound */
	/* trap 6: the header of a longer sequence */
	bad[3] = mk_hash(A512, MK_CAT(h, mk_hash(A512, MK_CAT(vf_bytes("\x30\x82\x01\x00", 4), c1))));
	CHECK_RC(judge_one(mk_record(MK_CAT(c1, second_chain(A512, good, "2"))), d1), VF_OK);
	for (size_t i = 0; i < 4; i++)
		CHECK_RC(judge_one(mk_record(MK_CAT(c1, second_chain(A512, bad[i], "2"))), d1), VF_ER_RENEWAL);
	record = mk_record(MK_CAT(c1, second_chain(A512, sorted, "2")));
	CHECK_RC(judge_one(record, d1), VF_ER_RENEWAL);
	o = judge(record, (struct question){.docs = &d1, .n = 1, .allow_sorted = true});
	CHECK_RC(o.rc, VF_OK);
	CHECK(o.cover.sorted);
	o = judge(mk_record(MK_CAT(c1, second_chain(A512, good, "2"))),
		(struct question){.docs = &d1, .n = 1, .allow_sorted = true});
	CHECK(o.rc == VF_OK && !o.cover.sorted);
}

static void test_tree_renewal(void)
{
	struct vf_bytes c1 = stamp_chain(2, true), c2, c3, c23, h = mk_hash(A512, d1), g = mk_hash(VF_SHA3_512, d1), x;
	struct vf_bytes h2 = mk_renewed(A512, h, c1), h3, t2 = mk_token(A512, h2, "2"), record;
	struct opinion o;

	c2 = MK_SEQ(mk_ats(A512, MK_LIST(h2), t2));
	h3 = mk_renewed(VF_SHA3_512, g, MK_CAT(c1, c2));
	c3 = second_chain(VF_SHA3_512, h3, "3");
	record = mk_record(MK_CAT(c1, c2, c3));
	CHECK_RC(judge_one(mk_record(MK_CAT(c1, c2)), d1), VF_OK);
	CHECK_RC(judge_one(record, d1), VF_OK);
	CHECK_RC(judge(record, (struct question){.docs = &d1, .n = 1, .group = true}).rc, VF_OK);
	/* digests in place of documents: enough for two chains, undecided for the third */
	CHECK_RC(judge(mk_record(MK_CAT(c1, c2)), (struct question){.docs = &d1, .n = 1, .pair = true}).rc, VF_OK);
	CHECK_RC(judge(record, (struct question){.docs = &d1, .n = 1, .pair = true}).rc, VF_MISSING_OBJECT);
	/* the second chain must be over all older ones, the third not over the second alone */
	CHECK_RC(judge_one(mk_record(MK_CAT(c1, c2, second_chain(VF_SHA3_512, mk_renewed(VF_SHA3_512, g, c2), "3"))),
			d1), VF_ER_RENEWAL);
	CHECK_RC(judge_one(mk_record(MK_CAT(c2, c1)), d1), VF_ER_NOT_COVERED);
	CHECK_RC(judge_one(mk_record(c2), d1), VF_ER_NOT_COVERED);
	/* hash-tree, then time-stamp renewal */
	x = mk_hash(A512, t2);
	c23 = MK_SEQ(mk_ats(A512, MK_LIST(h2), t2), mk_ats(A512, MK_LIST(x), mk_token(A512, x, "3")));
	CHECK_RC(judge_one(mk_record(MK_CAT(c1, c23)), d1), VF_OK);
	/* an older time-stamp changes: the renewal notices */
	CHECK_RC(judge_one(mk_record(MK_CAT(stamp_chain(3, true), c2)), d1), VF_ER_RENEWAL);
	/* data only in the renewed chain (E19) */
	h2 = mk_renewed(A512, mk_hash(A512, d3), c1);
	o = judge(mk_record(MK_CAT(c1, second_chain(A512, h2, "2"))), (struct question){.docs = &d3, .n = 1});
	CHECK_RC(o.rc, VF_ER_NOT_COVERED);
	CHECK_INT(o.cover.others[1], 1);
	CHECK_RC(judge_one(mk_record(MK_CAT(c1, second_chain(A512, h2, "2"))), d1), VF_ER_RENEWAL);
}

static void test_group_renewal(void)
{
	struct vf_bytes c1 = MK_SEQ(mk_ats(A256, MK_CAT(MK_LIST(ex.c, ex.a, ex.b), MK_LIST(ex.n)),
		mk_token(A256, ex.root, "1")));
	struct vf_bytes v[3], all, two, extra, e;
	struct opinion o;

	for (size_t i = 0; i < 3; i++)
		v[i] = mk_renewed(A512, mk_hash(A512, d2[i]), c1);
	e = mk_renewed(A512, mk_hash(A512, d3), c1);
	all = MK_CAT(c1, MK_SEQ(mk_ats(A512, mk_list(v, 3), mk_token(A512, mk_node(A512, v, 3), "2"))));
	two = MK_CAT(c1, MK_SEQ(mk_ats(A512, mk_list(v, 2), mk_token(A512, mk_node(A512, v, 2), "2"))));
	extra = MK_CAT(c1, MK_SEQ(mk_ats(A512, MK_LIST(v[0], v[1], v[2], e),
		mk_token(A512, MK_NODE(A512, v[0], v[1], v[2], e), "2"))));
	CHECK_RC(judge(mk_record(all), (struct question){.docs = d2, .n = 3, .group = true}).rc, VF_OK);
	CHECK_RC(judge(mk_record(all), (struct question){.docs = d2 + 1, .n = 1}).rc, VF_OK);
	CHECK_RC(judge(mk_record(extra), (struct question){.docs = d2, .n = 3, .group = true}).rc, VF_ER_GROUP);
	CHECK_RC(judge(mk_record(extra), (struct question){.docs = d2, .n = 3}).rc, VF_OK);
	/* a member that was deleted before the renewal */
	CHECK_RC(judge(mk_record(two), (struct question){.docs = d2, .n = 2}).rc, VF_OK);
	o = judge(mk_record(two), (struct question){.docs = d2, .n = 3});
	CHECK_RC(o.rc, VF_ER_RENEWAL);
	CHECK_STR(o.err.text, "object 3 is provable only up to chain 1");
	CHECK_INT(o.cover.until[0], 2);
	CHECK_INT(o.cover.until[2], 1);
	CHECK_INT(o.cover.others[0] + o.cover.others[1], 0);
}

static void test_record_refused(void)
{
	const struct vf_bytes version = vf_bytes("\x02\x01\x01", 3), algs = MK_SEQ(MK_SEQ(mk_alg(A256, false)));
	struct vf_bytes token = mk_token(A256, ex.h1, "1"), ats = mk_ats(A256, MK_LIST(ex.h1), token);
	struct vf_bytes chains = mk_tlv(VF_DER_SEQUENCE, MK_SEQ(ats)), attribute, empty = vf_bytes("\x30\x00", 2);
	struct vf_bytes a0 = mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, false)), a2 = mk_tlv(VF_DER_CONTEXT(2), MK_LIST(ex.h1));
	struct vf_bytes a1, good = MK_SEQ(version, algs, chains), enc, copy;

	attribute = MK_SEQ(vf_bytes("\x06\x02\x2a\x03\x31\x02\x05\x00", 8));
	a1 = mk_tlv(VF_DER_CONTEXT(1), attribute);
	enc = mk_tlv(VF_DER_CONTEXT(1), vf_bytes("\x06\x02\x2a\x03\x05\x00", 6));
	CHECK_RC(judge_one(good, d1), VF_OK);
	CHECK_RC(judge_one(MK_SEQ(version, algs, mk_tlv(VF_DER_CONTEXT(0), attribute), chains), d1), VF_OK);
	CHECK_RC(judge_one(MK_SEQ(version, algs, enc, chains), d1), VF_ER_ENCRYPTED);
	CHECK_RC(judge_one(mk_record(MK_SEQ(MK_SEQ(a0, a1, a2, token))), d1), VF_OK);

	struct vf_bytes bad[] = {
		NONE, empty, vf_bytes("<XML>", 5), MK_CAT(good, vf_bytes("", 1)), vf_bytes(good.p, good.n - 1),
		MK_SEQ(vf_bytes("\x02\x01\x00", 3), algs, chains), MK_SEQ(vf_bytes("\x02\x01\x02", 3), algs, chains),
		MK_SEQ(vf_bytes("\x02\x02\x00\x01", 4), algs, chains), MK_SEQ(algs, chains), MK_SEQ(version, chains),
		MK_SEQ(version, algs), MK_SEQ(version, algs, empty), MK_SEQ(version, algs, MK_SEQ(empty)),
		MK_SEQ(version, empty, chains), MK_SEQ(version, algs, chains, empty), MK_SEQ(version, chains, algs),
		MK_SEQ(version, algs, enc, mk_tlv(VF_DER_CONTEXT(0), attribute), chains),
		MK_SEQ(version, algs, mk_tlv(VF_DER_CONTEXT(0), NONE), chains),
		MK_SEQ(version, algs, mk_tlv(VF_DER_CONTEXT(1), NONE), chains),
		mk_record(MK_CAT(MK_SEQ(ats), empty)), mk_record(MK_SEQ(ats, empty)), mk_record(ats),
		mk_record(MK_SEQ(MK_SEQ(a2, a0, token))), mk_record(MK_SEQ(MK_SEQ(a0, a2, a1, token))),
		mk_record(MK_SEQ(MK_SEQ(a0, a0, a2, token))), mk_record(MK_SEQ(MK_SEQ(a0, a2))),
		mk_record(MK_SEQ(MK_SEQ(a0, a2, token, token))), mk_record(MK_SEQ(MK_SEQ(a0, token, a2))),
		mk_record(MK_SEQ(MK_SEQ(a0, a2, empty))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(1), NONE), a2, token))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(2), NONE), token))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(2), empty), token))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(2), MK_CAT(MK_LIST(ex.h1), empty)), token))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(2), MK_SEQ(MK_LIST(ex.h1))), token))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(2), mk_tlv(4, ex.h1)), token))),
		mk_record(MK_SEQ(MK_SEQ(mk_tlv(VF_DER_CONTEXT(0), MK_SEQ(mk_alg(A256, false))), a2, token))),
		mk_record(MK_SEQ(MK_SEQ(mk_tlv(VF_DER_CONTEXT(0), MK_CAT(mk_alg(A256, true), empty)), a2, token))),
		mk_record(MK_SEQ(MK_SEQ(mk_tlv(VF_DER_CONTEXT(0), MK_CAT(mk_alg(A256, false), empty)), a2, token))),
		mk_record(MK_SEQ(MK_SEQ(a0, mk_tlv(VF_DER_CONTEXT(2), MK_SEQ(mk_tlv(4, NONE))), token))),
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vf_rc rc = judge_one(bad[i], d1);

		if (rc != VF_ER_SHAPE)
			CHECK_FAIL("record %zu gives %s", i, vf_rc_name(rc));
		check_count++;
	}
	for (size_t n = 0; n < good.n; n++)
		CHECK_RC(judge_one(vf_bytes(good.p, n), d1), VF_ER_SHAPE);
	/* indefinite length, and a length in more octets than it needs */
	copy = MK_CAT(vf_bytes("\x30\x80", 2), version, algs, chains, vf_bytes("\0\0", 2));
	CHECK_RC(judge_one(copy, d1), VF_ER_SHAPE);
	copy = MK_CAT(vf_bytes("\x30\x82\x00", 3), vf_bytes(good.p + 1, 1), version, algs, chains);
	CHECK_RC(judge_one(copy, d1), VF_ER_SHAPE);
}

static uint64_t seed = 7;

static uint64_t next(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* Random trees of any shape against the textbook. */
static void test_random_trees(void)
{
	static const enum vf_alg algs[] = {VF_SHA256, VF_SHA384, VF_SHA512, VF_SHA3_256, VF_SHA3_512};

	for (size_t round = 0; round < 400; round++) {
		const enum vf_alg alg = algs[round % 5];
		struct vf_bytes lists[12], v[40], cur = NONE, pool[4];
		const size_t n = 1 + next(11);
		struct vf_arena arena;
		struct vf_digest d;
		struct vf_er er;

		for (size_t i = 0; i < 4; i++)
			pool[i] = mk_hash(alg, vf_bytes(&seed, i + 1));
		for (size_t l = 0; l < n; l++) {
			const size_t k = 1 + (next(3) ? 0 : next(38));

			for (size_t j = 0; j < k; j++) {
				uint64_t r = next(1u << 30);

				v[j] = r % 9 ? mk_hash(alg, vf_bytes(&r, sizeof(r))) : pool[r % 4];
			}
			lists[l] = mk_list(v, k);
			v[k] = cur;
			cur = k + (l > 0) == 1 ? v[0] : mk_node(alg, v, k + (l > 0));
		}
		vf_arena_init(&arena, block, sizeof(block));
		CHECK_RC(vf_er_parse(record_1(alg, mk_join(lists, n), cur), &arena, &er, NULL), VF_OK);
		CHECK_RC(vf_ats_root(&er.stamps[0], NULL, &d, NULL), VF_OK);
		CHECK_BYTES(vf_digest_bytes(&d), cur);
	}
}

/*
 * Every bit: refused, or the same claim as before. The last token is its signature's to guard; the first is
 * covered by the renewal, and digestAlgorithms by nothing.
 */
static void test_bit_flips(void)
{
	struct vf_bytes c1 = MK_SEQ(mk_ats(A256, MK_CAT(MK_LIST(ex.c, ex.a, ex.b), MK_LIST(ex.n)),
		mk_token(A256, ex.root, "1")));
	struct vf_bytes v[3], record;
	struct opinion good, o;
	uint8_t *copy;

	for (size_t i = 0; i < 3; i++)
		v[i] = mk_renewed(A512, mk_hash(A512, d2[i]), c1);
	record = mk_record(MK_CAT(c1, MK_SEQ(mk_ats(A512, mk_list(v, 3), mk_token(A512, mk_node(A512, v, 3), "2")))));
	good = judge(record, (struct question){.docs = d2, .n = 3, .group = true});
	CHECK_RC(good.rc, VF_OK);
	copy = malloc(record.n);
	if (!copy)
		exit(1);
	memcpy(copy, record.p, record.n);
	for (size_t i = 0; i < record.n; i++) {
		const size_t last = (size_t)(good.er.stamps[1].token.p - record.p);
		bool in_token = i >= last && i < last + good.er.stamps[1].token.n, in_algs;

		in_algs = i < (size_t)(good.er.chains[0].whole.p - record.p);
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1u << bit);
			o = judge(vf_bytes(copy, record.n), (struct question){.docs = d2, .n = 3, .group = true});
			if (o.rc == VF_OK && !in_algs && !in_token)
				CHECK_FAIL("bit %u of octet %zu goes unnoticed", bit, i);
			if (o.rc == VF_OK)
				CHECK(o.er.n_stamps == 2 && o.er.n_chains == 2 && !o.er.encrypted &&
					vf_digest_eq(&o.er.stamps[0].imprint, &good.er.stamps[0].imprint) &&
					vf_digest_eq(&o.er.stamps[1].imprint, &good.er.stamps[1].imprint));
			copy[i] ^= (uint8_t)(1u << bit);
		}
	}
	free(copy);
}

static struct vf_bytes repeat(struct vf_bytes b, size_t n)
{
	uint8_t *p = mk_alloc(n * b.n + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(p + i * b.n, b.p, b.n);
	return vf_bytes(p, n * b.n);
}

static void test_limits(void)
{
	struct vf_bytes list = MK_LIST(ex.h1), token = mk_token(A256, ex.h1, "1"), ats = mk_ats(A256, NONE, token);
	struct vf_bytes chain = MK_SEQ(ats), v = mk_tlv(4, ex.h1), w = mk_tlv(4, ex.h3), down;
	struct vf_bytes big = repeat(vf_bytes("\0", 1), VF_MAX_ER + 1);

#define PARSE(record) judge_one(record, d1)
	CHECK_RC(PARSE(record_1(A256, repeat(list, VF_MAX_ER_LISTS), ex.h1)), VF_ER_ROOT);
	CHECK_RC(PARSE(record_1(A256, repeat(list, VF_MAX_ER_LISTS + 1), ex.h1)), VF_LIMIT);
	CHECK_RC(PARSE(mk_record(repeat(chain, VF_MAX_ER_CHAINS))), VF_ER_RENEWAL);
	CHECK_RC(PARSE(mk_record(repeat(chain, VF_MAX_ER_CHAINS + 1))), VF_LIMIT);
	CHECK_RC(PARSE(mk_record(mk_tlv(VF_DER_SEQUENCE, repeat(ats, VF_MAX_ER_STAMPS)))), VF_ER_RENEWAL);
	CHECK_RC(PARSE(mk_record(mk_tlv(VF_DER_SEQUENCE, repeat(ats, VF_MAX_ER_STAMPS + 1)))), VF_LIMIT);
	CHECK_RC(PARSE(record_1(A256, mk_tlv(VF_DER_SEQUENCE, repeat(v, VF_MAX_ER_VALUES)), ex.h1)), VF_ER_ROOT);
	CHECK_RC(PARSE(record_1(A256, mk_tlv(VF_DER_SEQUENCE, repeat(v, VF_MAX_ER_VALUES + 1)), ex.h1)), VF_LIMIT);
	CHECK_RC(PARSE(mk_record(MK_SEQ(mk_ats(A256, NONE, mk_tlv(VF_DER_SEQUENCE,
				repeat(vf_bytes("\x05\x00", 2), VF_MAX_TOKEN / 2)))))), VF_LIMIT);
	CHECK_RC(PARSE(big), VF_LIMIT);
	/* the longest list, in descending order: sorted, with h3 < h1 */
	down = mk_tlv(VF_DER_SEQUENCE, MK_CAT(repeat(v, VF_MAX_ER_VALUES / 2), repeat(w, VF_MAX_ER_VALUES / 2)));
	CHECK_RC(PARSE(record_1(A256, down, mk_hash(A256,
				MK_CAT(repeat(ex.h3, VF_MAX_ER_VALUES / 2), repeat(ex.h1, VF_MAX_ER_VALUES / 2))))), VF_OK);
#undef PARSE
}

/* A small arena ends in NO_MEMORY, whatever its size. */
static void test_no_memory(void)
{
	struct vf_bytes c1 = stamp_chain(3, true), h = mk_renewed(A512, mk_hash(A512, d1), c1);
	struct vf_bytes s = mk_hash(A512, d3), root = MK_NODE(A512, h, s);
	struct vf_bytes record = mk_record(MK_CAT(c1,
		MK_SEQ(mk_ats(A512, MK_LIST(h.p[0] < s.p[0] ? s : h, h.p[0] < s.p[0] ? h : s), mk_token(A512, root, "2")))));
	enum vf_rc rc = VF_NO_MEMORY;

	for (size_t room = 1; rc == VF_NO_MEMORY && room < 65536; room += 8)
		rc = judge(record, (struct question){.docs = &d1, .n = 1, .arena = room}).rc;
	CHECK_RC(rc, VF_OK);
}

/* Nothing is decided before every imprint is there. */
static void test_unchecked(void)
{
	struct vf_bytes record = mk_record(stamp_chain(2, true));
	struct vf_er_objects objects = {1, digest_text, &d1};
	struct vf_digest imprint, h, none = {0};
	struct vf_er_cover cover;
	struct vf_arena arena;
	struct vf_er er;

	vf_arena_init(&arena, block, sizeof(block));
	CHECK_RC(vf_er_parse(record, &arena, &er, NULL), VF_OK);
	CHECK(mk_imprint(er.stamps[0].token, &imprint));
	CHECK_RC(vf_er_set_imprint(&er, 0, &imprint, NULL), VF_OK);
	CHECK_RC(vf_er_check_links(&er, NULL), VF_NOT_CHECKED);
	CHECK_RC(vf_er_cover(&er, &objects, false, &arena, &cover, NULL), VF_NOT_CHECKED);
	CHECK_RC(vf_er_set_imprint(&er, 2, &imprint, NULL), VF_INTERNAL);
	CHECK_RC(vf_er_set_imprint(&er, 1, &imprint, NULL), VF_ER_ROOT);
	CHECK_RC(vf_er_set_imprint(&er, 1, &none, NULL), VF_UNKNOWN_ALGORITHM);
	CHECK(!er.stamps[1].has_imprint);
	CHECK_RC(vf_er_parse(mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, NONE, mk_token(A256, ex.h1, "1")))), &arena, &er,
			NULL), VF_OK);
	h = vf_digest_from_hash(&(struct vf_hash){{1}});
	CHECK(!vf_ats_covers(&er.stamps[0], &h) && !vf_ats_covers(&er.stamps[0], &none));
	CHECK_RC(vf_ats_root(&er.stamps[0], NULL, &imprint, NULL), VF_ER_NOT_COVERED);
	CHECK_RC(vf_ats_root(&er.stamps[0], &h, &imprint, NULL), VF_OK);
	CHECK(vf_digest_eq(&h, &imprint));
	CHECK_RC(vf_er_older(&er, 0, A256, &imprint, NULL), VF_INTERNAL);
	CHECK_RC(vf_er_older(&er, 2, A256, &imprint, NULL), VF_INTERNAL);
}

/* What a caller keeps in the arena while it is asked for digests. */
struct keeper {
	struct vf_arena arena;
	struct vf_digest *kept;
};

static enum vf_rc digest_and_keep(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	struct keeper *k = (struct keeper *)(uintptr_t)ctx;

	k->kept = VF_NEW(&k->arena, 1, struct vf_digest);
	if (!k->kept)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for digest %zu", i);
	*ret = *k->kept = (struct vf_digest){.alg = alg};
	return VF_OK;
}

/* digest() may allocate in the arena that the tables come from: nothing of it is taken back. */
static void test_shared_arena(void)
{
	struct keeper k;
	struct vf_er_objects objects = {1, digest_and_keep, &k};
	struct vf_digest imprint, none = {.alg = A256};
	struct vf_er_cover cover;
	struct vf_er er;
	uint8_t *more;

	vf_arena_init(&k.arena, block, sizeof(block));
	CHECK_RC(vf_er_parse(mk_record(stamp_chain(1, true)), &k.arena, &er, NULL), VF_OK);
	CHECK(mk_imprint(er.stamps[0].token, &imprint));
	CHECK_RC(vf_er_set_imprint(&er, 0, &imprint, NULL), VF_OK);
	CHECK_RC(vf_er_cover(&er, &objects, false, &k.arena, &cover, NULL), VF_OK);
	more = vf_arena_take(&k.arena, 256, 1);
	memset(more, 0xff, 256);
	CHECK(vf_digest_eq(k.kept, &none));
	CHECK(cover.until[0] == 0 && cover.others[0] > 0);
}

int main(void)
{
	make_example();
	test_shapes_accepted();
	test_not_covered();
	test_wrong_nodes();
	test_order();
	test_no_algorithm();
	test_algorithms();
	test_stamp_renewal();
	test_tree_renewal_order();
	test_tree_renewal();
	test_group_renewal();
	test_record_refused();
	test_random_trees();
	test_bit_flips();
	test_limits();
	test_no_memory();
	test_unchecked();
	test_shared_arena();
	return check_done();
}
