/*
 * What the reader of evidence records accepts and what it refuses: the table of
 * the reference, section 8, row by row, with real tokens. Every legal shape is
 * VERIFIED, every other has its own code. Rows that group E of the catalogue
 * needs, too, are in record_attack_test.c only when they are attacks.
 */
#include "tests/attack/forge_record.h"

#define BUILD(name) static struct vf_bytes name(__attribute__((unused)) struct ask *q)

/* A value that belongs to nobody. */
static struct vf_bytes other(enum vf_alg alg, unsigned n)
{
	char text[40];

	snprintf(text, sizeof(text), "other value %u", n);
	return mk_hash(alg, vf_bytes_str(text));
}

static struct vf_bytes one_stamp(struct vf_bytes tree, struct vf_bytes root)
{
	return RECORD(CHAIN(ats(A256, tree, root, T1)));
}

/* ---- trees ---- */

BUILD(alone)
{
	return RECORD(CHAIN(mk_ats(VF_ALG_NONE, NOTHING, stamp(A256, ex.h1, T1))));
}

BUILD(binary)
{
	return one_stamp(ex.tree1, ex.root);
}

BUILD(own_hash)
{
	return one_stamp(MK_LIST(ex.h1), ex.h1);
}

BUILD(group)
{
	ask_group(q);
	q->options.exact = true;
	return one_stamp(MK_CAT(MK_LIST(ex.a, ex.b, ex.c), MK_LIST(ex.n)), ex.root);
}

BUILD(member)
{
	q->objects[0] = ex.group[1];
	return one_stamp(MK_CAT(MK_LIST(ex.a, ex.b, ex.c), MK_LIST(ex.n)), ex.root);
}

BUILD(merged)
{
	return one_stamp(MK_CAT(MK_LIST(ex.h1, ex.h3), MK_LIST(ex.h2)), ex.root);
}

BUILD(merged_exact)
{
	q->options.exact = true;
	return merged(q);
}

BUILD(flat)
{
	return one_stamp(MK_LIST(ex.h1, ex.h3, ex.a, ex.b, ex.c), MK_NODE(A256, ex.h1, ex.h3, ex.a, ex.b, ex.c));
}

BUILD(nary)
{
	struct vf_bytes low = MK_NODE(A256, ex.h1, ex.h3, ex.a);

	return one_stamp(MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3, ex.a), MK_LIST(ex.b, ex.c, ex.h2)),
		MK_NODE(A256, low, ex.b, ex.c, ex.h2));
}

/* List i of the tree holds n values that are nobody's; in the first one document 1 is among them. */
static struct vf_bytes long_list(size_t n, bool in_first)
{
	static struct vf_bytes values[2000];
	struct vf_bytes root, list;

	MUST(n + 1 <= 2000);
	for (size_t i = 0; i < n; i++)
		values[i] = other(A256, (unsigned)i);
	list = mk_list(values, n);
	values[n] = ex.h1;
	root = mk_node(A256, values, n + 1);
	if (!in_first)
		return one_stamp(MK_CAT(MK_LIST(ex.h1), list), root);
	return one_stamp(mk_list(values, n + 1), root);
}

BUILD(list_63)
{
	return long_list(63, false);
}

BUILD(list_1998)
{
	return long_list(1998, false);
}

BUILD(first_list_63)
{
	return long_list(62, true);
}

BUILD(first_list_1998)
{
	return long_list(1997, true);
}

static void others_62(void)
{
	CHECK_INT(report.n_others, 62);
}

static void others_1997(void)
{
	CHECK_INT(report.n_others, 1997);
}

/* The three values of the group, the greatest first. */
BUILD(descending)
{
	struct vf_bytes v[3] = {ex.a, ex.b, ex.c}, t;

	for (size_t i = 0; i < 3; i++)
		for (size_t j = i + 1; j < 3; j++)
			if (vf_bytes_cmp(v[i], v[j]) < 0) {
				t = v[i];
				v[i] = v[j];
				v[j] = t;
			}
	ask_group(q);
	q->options.exact = true;
	return one_stamp(MK_CAT(mk_list(v, 3), MK_LIST(ex.n)), ex.root);
}

BUILD(twice)
{
	return one_stamp(MK_LIST(ex.h3, ex.h1, ex.h1), MK_NODE(A256, ex.h1, ex.h1, ex.h3));
}

BUILD(twice_later)
{
	return one_stamp(MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3, ex.h3)), MK_NODE(A256, ex.h1, ex.h3, ex.h3));
}

BUILD(tree_512)
{
	struct vf_bytes h = mk_hash(A512, ex.d1), x = other(A512, 1);

	return RECORD(CHAIN(ats(A512, MK_CAT(MK_LIST(h), MK_LIST(x)), MK_NODE(A512, h, x), T1)));
}

static struct vf_bytes tree_under(enum vf_alg alg)
{
	struct vf_bytes h = mk_hash(alg, ex.d1), x = other(alg, 1);

	return RECORD(CHAIN(ats(alg, MK_CAT(MK_LIST(h), MK_LIST(x)), MK_NODE(alg, h, x), T1)));
}

BUILD(tree_384)
{
	return tree_under(VF_SHA384);
}

BUILD(tree_sha3)
{
	return tree_under(VF_SHA3_256);
}

BUILD(three_chains)
{
	struct vf_bytes one = first_chain(), two = rechain(A512, ex.d1, one, T2);

	return RECORD(one, two, rechain(VF_SHA3_512, ex.d1, MK_CAT(one, two), T3));
}

/* digestAlgorithms names two, the chains use three: said, not refused. */
static void has_list_note(void)
{
	CHECK(has_note("ER_ALGORITHM_LIST"));
}

BUILD(null_parameters)
{
	struct vf_bytes alg = mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, true));

	return RECORD(CHAIN(MK_SEQ(alg, mk_tlv(VF_DER_CONTEXT(2), ex.tree1), stamp(A256, ex.root, T1))));
}

BUILD(attributes)
{
	struct vf_bytes alg = mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, false));

	return RECORD(CHAIN(MK_SEQ(alg, mk_tlv(VF_DER_CONTEXT(1), make_attr("1.2.3.4.5", make_int(1))),
		mk_tlv(VF_DER_CONTEXT(2), ex.tree1), stamp(A256, ex.root, T1))));
}

BUILD(crypto_infos)
{
	return record_with(1, mk_tlv(VF_DER_CONTEXT(0), make_attr("1.2.3.4.5", make_int(1))), first_chain());
}

/* ---- time-stamp renewals ---- */

BUILD(renewed_bare)
{
	struct vf_bytes token = stamp(A256, ex.root, T1);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, NOTHING, mk_hash(A256, token), T2)));
}

BUILD(renewed_list)
{
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A256, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, MK_LIST(x), x, T2)));
}

BUILD(renewed_batch)
{
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A256, token), y = other(A256, 1),
		z = other(A256, 2);
	struct vf_bytes low = MK_NODE(A256, x, y);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token),
		ats(A256, MK_CAT(MK_LIST(x), MK_LIST(y), MK_LIST(z)), MK_NODE(A256, low, z), T2)));
}

/* n time-stamps a day apart; each covers its predecessor, or all before it. */
static struct vf_bytes many_stamps(size_t n, bool all)
{
	struct vf_bytes seen[16], token = stamp(A256, ex.root, T1), chain = mk_ats(A256, ex.tree1, token);

	for (size_t i = 1; i < n; i++) {
		const struct vf_bytes *values = all ? seen : &seen[i - 1];
		size_t count = all ? i : 1;
		char time[32];
		struct vf_bytes x;

		seen[i - 1] = mk_hash(A256, token);
		x = count == 1 ? values[0] : mk_node(A256, values, count);
		snprintf(time, sizeof(time), "202503%02zu120000Z", i + 1);
		token = stamp(A256, x, time);
		chain = MK_CAT(chain, mk_ats(A256, mk_list(values, count), token));
	}
	return RECORD(MK_SEQ(chain));
}

BUILD(stamps_3)
{
	return many_stamps(3, false);
}

BUILD(stamps_11)
{
	return many_stamps(11, false);
}

BUILD(stamps_all)
{
	return many_stamps(3, true);
}

static void renewals_10(void)
{
	CHECK_INT(report.renewals, 10);
	CHECK_INT(report.n_stamps, 11);
}

/* ---- hash-tree renewals ---- */

BUILD(rechained)
{
	struct vf_bytes one = first_chain();

	return RECORD(one, rechain(A512, ex.d1, one, T2));
}

static struct vf_bytes group_chain(void)
{
	return CHAIN(ats(A256, MK_CAT(MK_LIST(ex.a, ex.b, ex.c), MK_LIST(ex.n)), ex.root, T1));
}

/* A second chain over the first n members of the group. */
static struct vf_bytes group_renewed(size_t n)
{
	struct vf_bytes one = group_chain(), values[3];

	for (size_t i = 0; i < n; i++)
		values[i] = mk_renewed(A512, mk_hash(A512, ex.group[i]), one);
	return RECORD(one, next_chain(A512, values, n, T2));
}

BUILD(rechained_group)
{
	ask_group(q);
	q->options.exact = true;
	return group_renewed(3);
}

BUILD(stamp_then_tree)
{
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A256, token);
	struct vf_bytes one = CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, MK_LIST(x), x, T2));

	return RECORD(one, rechain(A512, ex.d1, one, T3));
}

BUILD(tree_then_stamp)
{
	struct vf_bytes one = first_chain(), v = mk_renewed(A512, mk_hash(A512, ex.d1), one),
		token = stamp(A512, v, T2);
	struct vf_bytes x = mk_hash(A512, token);

	return RECORD(one, CHAIN(mk_ats(A512, MK_LIST(v), token), ats(A512, MK_LIST(x), x, T3)));
}

BUILD(deleted_remaining)
{
	ask_group(q);
	q->n = 2;
	return group_renewed(2);
}

BUILD(deleted_itself)
{
	q->objects[0] = ex.group[2];
	return group_renewed(2);
}

BUILD(deleted_all)
{
	ask_group(q);
	return group_renewed(2);
}

/* The report says how far the deleted member is provable. */
static void up_to_chain_1(void)
{
	CHECK(report.n_reasons && strstr(report.reasons[0].text, "provable only up to chain 1"));
}

/* ---- tokens ---- */

static struct vf_bytes expired(const char *time)
{
	struct authority later = forge_period(&beta, "Beta 2", beta.key, "20280101000000Z", "20380101000000Z");
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A256, token);

	owner.at = "2033-01-01T00:00:00Z";
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), mk_ats(A256, MK_LIST(x), stamp_by(&later, A256, x, time))));
}

BUILD(expired_timely)
{
	return expired("20281001120000Z");
}

BUILD(expired_late)
{
	return expired("20321001120000Z");
}

/* A token whose certificates are not in the order of DER, and the same one re-sorted. */
static void unsorted_token(struct vf_bytes *ret_stored, struct vf_bytes *ret_sorted)
{
	struct vf_bytes big = alpha.cert.n > alpha.root_der.n ? alpha.cert : alpha.root_der;
	struct vf_bytes small = alpha.cert.n > alpha.root_der.n ? alpha.root_der : alpha.cert;
	struct forge f = forge_good();
	struct vf_tst t;
	struct vf_err err;

	f.cms.certs = JOIN(big, small);
	*ret_stored = forge_token(&f, A256, ex.root);
	MUST(vf_tst_parse(*ret_stored, &t, &err) == VF_OK);
	f.cms.signature = t.cms.signature;
	f.cms.certs = JOIN(small, big);
	*ret_sorted = forge_token(&f, A256, ex.root);
	MUST(ret_sorted->n == ret_stored->n && !vf_bytes_eq(*ret_sorted, *ret_stored));
}

BUILD(stored_octets)
{
	struct vf_bytes stored, sorted, x;

	unsorted_token(&stored, &sorted);
	x = mk_hash(A256, stored);
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, stored), ats(A256, MK_LIST(x), x, T2)));
}

BUILD(sorted_octets)
{
	struct vf_bytes stored, sorted, x;

	unsorted_token(&stored, &sorted);
	x = mk_hash(A256, sorted);
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, stored), ats(A256, MK_LIST(x), x, T2)));
}

BUILD(stored_chain)
{
	struct vf_bytes stored, sorted, one;

	unsorted_token(&stored, &sorted);
	one = CHAIN(mk_ats(A256, ex.tree1, stored));
	return RECORD(one, rechain(A512, ex.d1, one, T2));
}

/* ---- what is refused ---- */

BUILD(changed)
{
	q->objects[0] = vf_bytes_str("d1 \n");
	return binary(q);
}

BUILD(other_leaf)
{
	return one_stamp(MK_CAT(MK_LIST(ex.h3), MK_LIST(ex.h1), MK_LIST(ex.h2)), ex.root);
}

BUILD(sibling)
{
	return one_stamp(MK_CAT(MK_LIST(ex.h1), MK_LIST(other(A256, 1)), MK_LIST(ex.h2)), ex.root);
}

BUILD(other_root)
{
	return one_stamp(ex.tree1, other(A256, 1));
}

BUILD(another_token)
{
	struct vf_bytes y = mk_hash(A256, stamp(A256, ex.h3, T1));

	return RECORD(CHAIN(ats(A256, ex.tree1, ex.root, T1), ats(A256, MK_LIST(y), y, T2)));
}

BUILD(backwards)
{
	struct vf_bytes token = stamp(A256, ex.root, T2), x = mk_hash(A256, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, MK_LIST(x), x, T1)));
}

BUILD(algorithm_within)
{
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A512, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A512, MK_LIST(x), x, T2)));
}

/* The value of the second chain, in a form of the tester's choice. */
static struct vf_bytes renewed_as(struct vf_bytes (*form)(struct vf_bytes h, struct vf_bytes one))
{
	struct vf_bytes one = first_chain(), v = form(mk_hash(A512, ex.d1), one);

	return RECORD(one, next_chain(A512, &v, 1, T2));
}

static struct vf_bytes as_sorted(struct vf_bytes h, struct vf_bytes one)
{
	return MK_NODE(A512, h, mk_hash(A512, mk_tlv(VF_DER_SEQUENCE, one)));
}

static struct vf_bytes as_reversed(struct vf_bytes h, struct vf_bytes one)
{
	return mk_hash(A512, MK_CAT(mk_hash(A512, mk_tlv(VF_DER_SEQUENCE, one)), h));
}

static struct vf_bytes as_headless(struct vf_bytes h, struct vf_bytes one)
{
	return mk_hash(A512, MK_CAT(h, mk_hash(A512, one)));
}

static struct vf_bytes as_unbound(struct vf_bytes h, __attribute__((unused)) struct vf_bytes one)
{
	return h;
}

BUILD(reversed)
{
	return renewed_as(as_reversed);
}

BUILD(headless)
{
	return renewed_as(as_headless);
}

BUILD(unbound)
{
	return renewed_as(as_unbound);
}

/* Until sorting changes something, which half of all tokens do. */
BUILD(sorted)
{
	for (unsigned i = 0; i < 200; i++) {
		struct vf_bytes one = first_chain(), h = mk_hash(A512, ex.d1);

		if (vf_bytes_cmp(h, mk_hash(A512, mk_tlv(VF_DER_SEQUENCE, one))) > 0) {
			struct vf_bytes v = as_sorted(h, one);

			return RECORD(one, next_chain(A512, &v, 1, T2));
		}
	}
	exit(1);
}

BUILD(sorted_switch)
{
	q->options.sorted_renewal = true;
	return sorted(q);
}

static void is_sorted(void)
{
	CHECK(report.sorted_renewal && has_note("SORTED_RENEWAL"));
}

BUILD(only_renewed)
{
	struct vf_bytes one = first_chain();

	q->objects[0] = ex.d3;
	return RECORD(one, rechain(A512, ex.d3, one, T2));
}

BUILD(encrypted)
{
	return record_with(1, mk_tlv(VF_DER_CONTEXT(1), JOIN(make_oid("1.2.3"), make_int(1))), first_chain());
}

BUILD(other_algorithm)
{
	return RECORD(CHAIN(mk_ats(A512, NOTHING, stamp(A256, ex.h1, T1))));
}

BUILD(damaged_token)
{
	struct forge f = forge_good();

	f.cms.broken_signature = true;
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, forge_token(&f, A256, ex.root))));
}

BUILD(future)
{
	return RECORD(CHAIN(ats(A256, ex.tree1, ex.root, "20250601000001Z")));
}

BUILD(group_of_two)
{
	ask_group(q);
	q->n = 2;
	q->options.exact = true;
	return RECORD(group_chain());
}

BUILD(members_of_two)
{
	ask_group(q);
	q->n = 2;
	return RECORD(group_chain());
}

static void one_other(void)
{
	CHECK_INT(report.n_others, 1);
}

static void no_other(void)
{
	CHECK_INT(report.n_others, 0);
}

BUILD(one_as_group)
{
	q->options.exact = true;
	return binary(q);
}

BUILD(short_value)
{
	struct vf_bytes v = vf_bytes(ex.h3.p, 16);

	return one_stamp(MK_CAT(MK_LIST(ex.h1, v), MK_LIST(ex.h2)), ex.root);
}

BUILD(short_value_later)
{
	struct vf_bytes v = vf_bytes(ex.h3.p, 16);

	return one_stamp(MK_CAT(MK_LIST(ex.h1), MK_LIST(v)), mk_node(A256, &ex.h1, 1));
}

BUILD(double_hash)
{
	return one_stamp(MK_LIST(ex.h1), mk_hash(A256, ex.h1));
}

static struct vf_bytes tree_of(struct vf_bytes tree)
{
	return RECORD(CHAIN(MK_SEQ(mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, false)), mk_tlv(VF_DER_CONTEXT(2), tree),
		stamp(A256, ex.h1, T1))));
}

BUILD(empty_tree)
{
	return tree_of(NOTHING);
}

BUILD(empty_list)
{
	return tree_of(MK_CAT(MK_LIST(ex.h1), mk_tlv(VF_DER_SEQUENCE, NOTHING)));
}

BUILD(empty_first_list)
{
	return tree_of(MK_CAT(mk_tlv(VF_DER_SEQUENCE, NOTHING), MK_LIST(ex.h1)));
}

BUILD(empty_chain)
{
	return RECORD(first_chain(), mk_tlv(VF_DER_SEQUENCE, NOTHING));
}

BUILD(empty_sequence)
{
	return mk_record(NOTHING);
}

BUILD(not_a_record)
{
	return vf_bytes_str("<html>not a record</html>\n");
}

BUILD(a_token)
{
	return stamp(A256, ex.h1, T1);
}

BUILD(nothing)
{
	return NOTHING;
}

BUILD(version_0)
{
	return record_with(0, NOTHING, first_chain());
}

BUILD(trailing)
{
	return MK_CAT(binary(q), vf_bytes("", 1));
}

BUILD(trailing_inside)
{
	struct vf_der all;

	MUST(vf_der_only(binary(q), VF_DER_SEQUENCE, &all));
	return MK_SEQ(all.body, make_int(1));
}

BUILD(truncated)
{
	struct vf_bytes whole = binary(q);

	return vf_bytes(whole.p, whole.n - 1);
}

BUILD(no_attributes)
{
	struct vf_bytes alg = mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, false));

	return RECORD(CHAIN(MK_SEQ(alg, mk_tlv(VF_DER_CONTEXT(1), NOTHING), mk_tlv(VF_DER_CONTEXT(2), ex.tree1),
		stamp(A256, ex.root, T1))));
}

/* The tree before the algorithm. */
BUILD(field_order)
{
	return RECORD(CHAIN(MK_SEQ(mk_tlv(VF_DER_CONTEXT(2), ex.tree1), mk_tlv(VF_DER_CONTEXT(0), mk_alg(A256, false)),
		stamp(A256, ex.root, T1))));
}

/* ---- objects of which only digests are at hand ---- */

BUILD(by_digest)
{
	q->only = A256;
	return binary(q);
}

BUILD(by_other_digest)
{
	q->only = A512;
	return binary(q);
}

/* The second chain asks for a digest that nobody kept. */
BUILD(by_first_digest)
{
	q->only = A256;
	return rechained(q);
}

/* ---- BER, and objects that look like nodes ---- */

/* The same element with an indefinite length. */
static struct vf_bytes indefinite(struct vf_bytes der)
{
	struct vf_der d;

	MUST(vf_der_only(der, VF_DER_SEQUENCE, &d));
	return MK_CAT(vf_bytes("\x30\x80", 2), d.body, vf_bytes("\0\0", 2));
}

static void has_ber_note(void)
{
	CHECK(has_note("BER"));
}

BUILD(ber)
{
	return indefinite(binary(q));
}

/* A token in BER, renewed over its octets as they are, which EU DSS and BouncyCastle refuse, too. */
BUILD(ber_token)
{
	struct vf_bytes token = indefinite(stamp(A256, ex.root, T1)), x = mk_hash(A256, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, MK_LIST(x), x, T2)));
}

/* Renewed over its definite form, which is what EU DSS and BouncyCastle hash. */
BUILD(ber_token_der)
{
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A256, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, indefinite(token)), ats(A256, MK_LIST(x), x, T2)));
}

/* Two hashes of the tree, offered as a document: the format cannot tell (reference 4.3). */
BUILD(node_as_document)
{
	q->objects[0] = vf_bytes_cmp(ex.h1, ex.h3) < 0 ? MK_CAT(ex.h1, ex.h3) : MK_CAT(ex.h3, ex.h1);
	return one_stamp(MK_CAT(MK_LIST(ex.n), MK_LIST(ex.h2)), ex.root);
}

static const struct record_case cases[] = {
	{"S01", "no tree, one object, no algorithm", alone, VF_VERIFIED, VF_OK, 0, no_other},
	{"S02a", "a binary tree, the first list is the own hash", binary, VF_VERIFIED, VF_OK, 0, no_other},
	{"S02b", "a tree of one value", own_hash, VF_VERIFIED, VF_OK, 0, no_other},
	{"S03", "a group of three", group, VF_VERIFIED, VF_OK, 0, no_other},
	{"S04", "one member of a group", member, VF_VERIFIED, VF_OK, 0, NULL},
	{"S05a", "a merged first list", merged, VF_VERIFIED, VF_OK, 0, one_other},
	{"S05b", "a merged first list, claimed as a group", merged_exact, VF_REJECTED, VF_ER_GROUP, 0, one_other},
	{"S06", "one list with all hashes", flat, VF_VERIFIED, VF_OK, 0, NULL},
	{"S07a", "later lists of two and three values", nary, VF_VERIFIED, VF_OK, 0, no_other},
	{"S07b", "a later list of 63 values", list_63, VF_VERIFIED, VF_OK, 0, no_other},
	{"S07c", "a later list of 1,998 values", list_1998, VF_VERIFIED, VF_OK, 0, no_other},
	{"S07d", "a first list of 63 values", first_list_63, VF_VERIFIED, VF_OK, 0, others_62},
	{"S07e", "a first list of 1,998 values", first_list_1998, VF_VERIFIED, VF_OK, 0, others_1997},
	{"S08", "the first list descends", descending, VF_VERIFIED, VF_OK, 0, no_other},
	{"S09a", "a hash twice in the first list", twice, VF_VERIFIED, VF_OK, 0, NULL},
	{"S09b", "a hash twice in a later list", twice_later, VF_VERIFIED, VF_OK, 0, no_other},
	{"S10a", "a tree of SHA-512", tree_512, VF_VERIFIED, VF_OK, 0, NULL},
	{"S10b", "a tree of SHA-384", tree_384, VF_VERIFIED, VF_OK, 0, has_list_note},
	{"S10c", "a tree of SHA3-256", tree_sha3, VF_VERIFIED, VF_OK, 0, has_list_note},
	{"S10d", "three chains: SHA-256, SHA-512, SHA3-512", three_chains, VF_VERIFIED, VF_OK, 0, has_list_note},
	{"S10e", "an algorithm with NULL parameters", null_parameters, VF_VERIFIED, VF_OK, 0, NULL},
	{"S10f", "attributes that nobody knows", attributes, VF_VERIFIED, VF_OK, 0, NULL},
	{"S10g", "cryptoInfos that nobody knows", crypto_infos, VF_VERIFIED, VF_OK, 0, NULL},
	{"S11a", "renewed without a tree", renewed_bare, VF_VERIFIED, VF_OK, 0, NULL},
	{"S11b", "renewed with the list { x }", renewed_list, VF_VERIFIED, VF_OK, 0, NULL},
	{"S11c", "renewed in a batch", renewed_batch, VF_VERIFIED, VF_OK, 0, NULL},
	{"S12a", "3 time-stamps, each over its predecessor", stamps_3, VF_VERIFIED, VF_OK, 0, NULL},
	{"S12b", "11 time-stamps, each over its predecessor", stamps_11, VF_VERIFIED, VF_OK, 0, renewals_10},
	{"S13", "the third lists all earlier tokens", stamps_all, VF_VERIFIED, VF_OK, 0, NULL},
	{"S14a", "a new tree, one object", rechained, VF_VERIFIED, VF_OK, 0, NULL},
	{"S14b", "a new tree, a group", rechained_group, VF_VERIFIED, VF_OK, 0, no_other},
	{"S14c", "a time-stamp, then a new tree", stamp_then_tree, VF_VERIFIED, VF_OK, 0, NULL},
	{"S14d", "a new tree, then a time-stamp", tree_then_stamp, VF_VERIFIED, VF_OK, 0, NULL},
	{"S15", "a member deleted before the renewal, the others", deleted_remaining, VF_VERIFIED, VF_OK, 0, NULL},
	{"S16a", "the deleted member", deleted_itself, VF_REJECTED, VF_ER_RENEWAL, 0, up_to_chain_1},
	{"S16b", "the whole group of a deleted member", deleted_all, VF_REJECTED, VF_ER_RENEWAL, 0, up_to_chain_1},
	{"S17", "expired after a timely renewal by another authority", expired_timely, VF_VERIFIED, VF_OK, 0, NULL},
	{"S18a", "certificates not in the order of DER, renewed as stored", stored_octets, VF_VERIFIED, VF_OK, 0, NULL},
	{"S18b", "certificates not in the order of DER, a new tree", stored_chain, VF_VERIFIED, VF_OK, 0, NULL},
	{"S19", "renewed over sorted octets", sorted_octets, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S20a", "changed data", changed, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"S20b", "another leaf of the tree", other_leaf, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"S20c", "another sibling", sibling, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"S20d", "a token over another root", other_root, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"S21", "renewed over a token that is not the predecessor", another_token, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S22", "descending times", backwards, VF_REJECTED, VF_TS_ORDER, 0, NULL},
	{"S23", "the algorithm changes inside a chain", algorithm_within, VF_REJECTED, VF_ER_ALGORITHM, 0, NULL},
	{"S24a", "sorted", sorted, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S24b", "sorted, allowed on request", sorted_switch, VF_VERIFIED, VF_OK, 0, is_sorted},
	{"S24c", "reversed", reversed, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S24d", "no header", headless, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S24e", "unbound", unbound, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S25", "only in the renewed chain", only_renewed, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"S26", "encryptionInfo", encrypted, VF_INDETERMINATE, VF_ER_ENCRYPTED, 0, NULL},
	{"S27", "another algorithm than the imprint's", other_algorithm, VF_REJECTED, VF_ER_ALGORITHM, 0, NULL},
	{"S28", "a damaged signature", damaged_token, VF_REJECTED, VF_TS_SIGNATURE, 0, NULL},
	{"S29", "expired years before the renewal", expired_late, VF_INDETERMINATE, VF_TS_EXPIRED, TRUST, NULL},
	{"S30", "later than the check", future, VF_REJECTED, VF_TS_FUTURE, 0, NULL},
	{"S31a", "a group of two claimed, the list holds three", group_of_two, VF_REJECTED, VF_ER_GROUP, 0, one_other},
	{"S31b", "two members, the list holds three", members_of_two, VF_VERIFIED, VF_OK, 0, one_other},
	{"S32", "one document claimed as a group", one_as_group, VF_VERIFIED, VF_OK, 0, no_other},
	{"S33a", "a value of 16 octets among those of 32", short_value, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S33b", "a list of one value of 16 octets", short_value_later, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S34", "a lone hash hashed again", double_hash, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"S35a", "an empty tree", empty_tree, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S35b", "an empty list", empty_list, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S35c", "an empty first list", empty_first_list, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S36a", "an empty chain", empty_chain, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S36b", "an empty sequence", empty_sequence, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S36c", "not a record", not_a_record, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S36d", "a token", a_token, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S36e", "nothing", nothing, VF_REJECTED, VF_EMPTY_EVIDENCE, 0, NULL},
	{"S37a", "version 0", version_0, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S37b", "an octet behind", trailing, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S37c", "a field more", trailing_inside, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S37d", "an octet less", truncated, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S37e", "an empty set of attributes", no_attributes, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S37f", "fields in another order", field_order, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"S38a", "only the digest is there", by_digest, VF_VERIFIED, VF_OK, 0, NULL},
	{"S38b", "only a digest of another algorithm", by_other_digest, VF_INDETERMINATE, VF_MISSING_OBJECT, 0, NULL},
	{"S38c", "only the digest of the first chain", by_first_digest, VF_INDETERMINATE, VF_MISSING_OBJECT, 0, NULL},
	{"S39a", "the record in BER", ber, VF_VERIFIED, VF_OK, 0, has_ber_note},
	{"S39b", "a token in BER, renewed over its definite form", ber_token_der, VF_VERIFIED, VF_OK, 0, has_ber_note},
	{"S39c", "a token in BER, renewed over its octets", ber_token, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"S40", "a node offered as a document", node_as_document, VF_VERIFIED, VF_OK, 0, NULL},
};

int main(int argc, char **argv)
{
	return record_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
