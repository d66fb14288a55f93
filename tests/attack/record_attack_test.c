/*
 * Group E of the attack catalogue: evidence records with real tokens, each wrong
 * in one place, beside the right record that it was made from. What a record may
 * look like is record_shapes_test.c's question.
 */
#include "tests/attack/forge_record.h"

#define BUILD(name) static struct vf_bytes name(__attribute__((unused)) struct ask *q)

static EVP_PKEY *rsa1024, *rsa2048;

BUILD(right)
{
	return RECORD(first_chain());
}

/* ---- E01 to E05: the tree ---- */

BUILD(e01_altered)
{
	q->objects[0] = vf_bytes_str("d1");
	return RECORD(first_chain());
}

/* Document 3 is in the tree, but not in the first list. */
BUILD(e01_later)
{
	q->objects[0] = ex.d3;
	return RECORD(first_chain());
}

BUILD(e01_sibling)
{
	return RECORD(CHAIN(ats(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.a), MK_LIST(ex.h2)), ex.root, T1)));
}

BUILD(e02_one)
{
	return RECORD(CHAIN(ats(A256, NOTHING, ex.h1, T1)));
}

BUILD(e02_several)
{
	q->objects[1] = ex.d3;
	q->n = 2;
	return RECORD(CHAIN(ats(A256, NOTHING, ex.h1, T1)));
}

/* The token is over the hash of the group: without a tree nothing says so. */
BUILD(e02_group)
{
	ask_group(q);
	return RECORD(CHAIN(ats(A256, NOTHING, ex.h2, T1)));
}

/* The greater value first, where the smaller belongs. */
BUILD(e03)
{
	bool down = vf_bytes_cmp(ex.h1, ex.h3) > 0;
	struct vf_bytes root = mk_hash(A256, down ? MK_CAT(ex.h1, ex.h3) : MK_CAT(ex.h3, ex.h1));

	return RECORD(CHAIN(ats(A256, down ? MK_LIST(ex.h1, ex.h3) : MK_LIST(ex.h3, ex.h1), root, T1)));
}

/* The node of the path goes into the list before it is sorted, not in front of it. */
BUILD(e03_node)
{
	struct vf_bytes x = ex.h3, y = ex.a, t, root;

	if (vf_bytes_cmp(x, y) > 0) {
		t = x;
		x = y;
		y = t;
	}
	/* h1 where it does not belong: last, unless it is the greatest */
	root = vf_bytes_cmp(ex.h1, y) > 0 ? mk_hash(A256, MK_CAT(ex.h1, x, y)) : mk_hash(A256, MK_CAT(x, y, ex.h1));
	return RECORD(CHAIN(ats(A256, MK_CAT(MK_LIST(ex.h1), MK_LIST(x, y)), root, T1)));
}

static struct vf_bytes group_record(void)
{
	return RECORD(CHAIN(ats(A256, MK_CAT(MK_LIST(ex.a, ex.b, ex.c), MK_LIST(ex.n)), ex.root, T1)));
}

BUILD(e04_whole)
{
	ask_group(q);
	q->options.exact = true;
	return group_record();
}

BUILD(e04_missing)
{
	ask_group(q);
	q->n = 2;
	q->options.exact = true;
	return group_record();
}

BUILD(e04_missing_members)
{
	ask_group(q);
	q->n = 2;
	return group_record();
}

BUILD(e04_extra)
{
	ask_group(q);
	q->objects[3] = ex.d1;
	q->n = 4;
	return group_record();
}

BUILD(e04_extra_exact)
{
	q->options.exact = true;
	return e04_extra(q);
}

static void one_other(void)
{
	CHECK_INT(report.n_others, 1);
}

static void no_other(void)
{
	CHECK_INT(report.n_others, 0);
}

BUILD(e05)
{
	return RECORD(CHAIN(ats(A256, MK_LIST(ex.h1, ex.h1, ex.h3), MK_NODE(A256, ex.h1, ex.h1, ex.h3), T1)));
}

BUILD(e05_collapsed)
{
	return RECORD(CHAIN(ats(A256, MK_LIST(ex.h1, ex.h1, ex.h3), MK_NODE(A256, ex.h1, ex.h3), T1)));
}

BUILD(e05_alone)
{
	return RECORD(CHAIN(ats(A256, MK_LIST(ex.h1, ex.h1), ex.h1, T1)));
}

/* ---- E06 to E10, E12, E19: renewals ---- */

BUILD(e06)
{
	struct vf_bytes one = first_chain();

	return RECORD(one, rechain(A512, ex.d1, one, T2));
}

BUILD(e06_swapped)
{
	struct vf_bytes one = first_chain();

	return RECORD(rechain(A512, ex.d1, one, T2), one);
}

/* The same, with times that hide it. */
BUILD(e06_swapped_times)
{
	struct vf_bytes one = CHAIN(ats(A256, ex.tree1, ex.root, T2));

	return RECORD(rechain(A512, ex.d1, one, T1), one);
}

/* The objects of a group in any order. */
BUILD(e06_objects)
{
	ask_group(q);
	q->objects[0] = ex.group[2];
	q->objects[2] = ex.group[0];
	q->options.exact = true;
	return group_record();
}

BUILD(e07)
{
	struct vf_bytes first = stamp(A256, ex.root, T1), other = mk_hash(A256, stamp(A256, ex.h3, T1));

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, first), ats(A256, MK_LIST(other), other, T2)));
}

BUILD(e07_right)
{
	struct vf_bytes first = stamp(A256, ex.root, T1), x = mk_hash(A256, first);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, first), ats(A256, MK_LIST(x), x, T2)));
}

/* The data once more in the place of the token. */
BUILD(e07_data)
{
	return RECORD(CHAIN(ats(A256, ex.tree1, ex.root, T1), ats(A256, ex.tree1, ex.root, T2)));
}

/* The predecessor's hash stands in a later list. */
BUILD(e07_later)
{
	struct vf_bytes first = stamp(A256, ex.root, T1), x = mk_hash(A256, first);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, first),
		ats(A256, MK_CAT(MK_LIST(ex.a), MK_LIST(x)), MK_NODE(A256, ex.a, x), T2)));
}

/* The third covers the first, not the second. */
BUILD(e07_skipped)
{
	struct vf_bytes first = stamp(A256, ex.root, T1), x = mk_hash(A256, first), second = stamp(A256, x, T2);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, first), mk_ats(A256, MK_LIST(x), second),
		ats(A256, MK_LIST(x), x, T3)));
}

BUILD(e08)
{
	struct vf_bytes one = ats(A256, ex.tree1, ex.root, T1);

	return RECORD(CHAIN(one, one));
}

/* The copied token alone, without the tree. */
BUILD(e08_bare)
{
	struct vf_bytes token = stamp(A256, ex.root, T1);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), mk_ats(A256, NOTHING, token)));
}

BUILD(e09_unbound)
{
	struct vf_bytes h = mk_hash(A512, ex.d1);

	return RECORD(first_chain(), next_chain(A512, &h, 1, T2));
}

BUILD(e09_no_header)
{
	struct vf_bytes one = first_chain(), h = mk_hash(A512, ex.d1), v = mk_hash(A512, MK_CAT(h, mk_hash(A512, one)));

	return RECORD(one, next_chain(A512, &v, 1, T2));
}

/* A record whose renewal joins both digests in one order; made until that order is not the ascending one, or is. */
static struct vf_bytes ordered(bool ascending, bool reversed)
{
	struct vf_bytes h = mk_hash(A512, ex.d1);

	for (unsigned i = 0; i < 200; i++) {
		/* tokens differ by their signatures, so that the order changes */
		struct vf_bytes one = first_chain(), ha = mk_hash(A512, mk_tlv(VF_DER_SEQUENCE, one)), v;

		if ((vf_bytes_cmp(h, ha) < 0) != ascending)
			continue;
		v = mk_hash(A512, reversed ? MK_CAT(ha, h) : MK_CAT(h, ha));
		return RECORD(one, next_chain(A512, &v, 1, T2));
	}
	exit(1);
}

BUILD(e09_reversed)
{
	return ordered(true, true);
}

BUILD(e09_reversed_switch)
{
	q->options.sorted_renewal = true;
	return ordered(true, true);
}

BUILD(e09_sorted)
{
	return ordered(false, true);
}

BUILD(e09_sorted_switch)
{
	q->options.sorted_renewal = true;
	return ordered(false, true);
}

BUILD(e09_switch_unused)
{
	q->options.sorted_renewal = true;
	return ordered(false, false);
}

static void is_sorted(void)
{
	CHECK(report.sorted_renewal);
}

static void is_unsorted(void)
{
	CHECK(!report.sorted_renewal);
}

/* The third chain covers the second, not the first. */
BUILD(e09_last_only)
{
	struct vf_bytes one = first_chain(), two = rechain(A512, ex.d1, one, T2);

	return RECORD(one, two, rechain(VF_SHA3_512, ex.d1, two, T3));
}

BUILD(e10)
{
	struct vf_bytes one = first_chain(), two = rechain(A512, ex.d1, one, T2);

	return RECORD(one, two, rechain(VF_SHA3_512, ex.d1, MK_CAT(one, two), T3));
}

BUILD(e10_tree_then_stamp)
{
	struct vf_bytes one = first_chain(), v = mk_renewed(A512, mk_hash(A512, ex.d1), one),
		token = stamp(A512, v, T2);
	struct vf_bytes x = mk_hash(A512, token);

	return RECORD(one, CHAIN(mk_ats(A512, MK_LIST(v), token), ats(A512, MK_LIST(x), x, T3)));
}

BUILD(e10_stamp_then_tree)
{
	struct vf_bytes first = stamp(A256, ex.root, T1), x = mk_hash(A256, first);
	struct vf_bytes one = CHAIN(mk_ats(A256, ex.tree1, first), ats(A256, MK_LIST(x), x, T2));

	return RECORD(one, rechain(A512, ex.d1, one, T3));
}

static struct vf_bytes renewed_at(const char *first, const char *second)
{
	struct vf_bytes token = stamp(A256, ex.root, first), x = mk_hash(A256, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, MK_LIST(x), x, second)));
}

BUILD(e12)
{
	return renewed_at(T2, "20250401115959.999Z");
}

BUILD(e12_equal)
{
	return renewed_at(T2, T2);
}

BUILD(e12_fraction)
{
	return renewed_at("20250401120000Z", "20250401120000.5Z");
}

BUILD(e12_chain)
{
	struct vf_bytes one = CHAIN(ats(A256, ex.tree1, ex.root, T2));

	return RECORD(one, rechain(A512, ex.d1, one, T1));
}

BUILD(e19)
{
	struct vf_bytes one = first_chain();

	return RECORD(one, rechain(A512, vf_bytes_str("changed\n"), one, T2));
}

BUILD(e19_changed)
{
	q->objects[0] = vf_bytes_str("changed\n");
	return e19(q);
}

/* ---- E11, E20: in time ---- */

/* Renewed by beta at a time, checked five years later. */
static struct vf_bytes renewed_by_beta(const struct authority *first, const char *time)
{
	struct authority later = forge_period(&beta, "Beta 2", beta.key, "20280101000000Z", "20380101000000Z");
	struct vf_bytes token = stamp_by(first, A256, ex.root, T1), x = mk_hash(A256, token);

	owner.at = "2033-01-01T00:00:00Z";
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), mk_ats(A256, MK_LIST(x), stamp_by(&later, A256, x, time))));
}

BUILD(e11)
{
	return renewed_by_beta(&alpha, "20290601120000Z");
}

BUILD(e11_in_time)
{
	return renewed_by_beta(&alpha, "20281231235959Z");
}

/* The owner accepts expired certificates: of the last token, not of one that was renewed too late. */
BUILD(e11_accept)
{
	owner.expired = "accept";
	return e11(q);
}

BUILD(e11_algorithm)
{
	struct authority weak = forge_period(&alpha, "Alpha RSA", rsa2048, "20240101000000Z", "20400101000000Z");

	return renewed_by_beta(&weak, "20310101000000Z");
}

BUILD(e11_algorithm_in_time)
{
	struct authority weak = forge_period(&alpha, "Alpha RSA", rsa2048, "20240101000000Z", "20400101000000Z");

	return renewed_by_beta(&weak, "20301231235959Z");
}

/* By a certificate that a stranger's root vouches for. */
BUILD(e11_stranger)
{
	struct vf_bytes token = stamp(A256, ex.root, T1), x = mk_hash(A256, token);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), mk_ats(A256, MK_LIST(x), stamp_by(&stranger, A256, x, T2))));
}

/* An authority of 2009: RSA-1024 and SHA-1 everywhere. */
static struct authority old_authority(void)
{
	struct authority a = {.root = "Old Root", .root_key = rsa1024, .key = rsa1024};

	a.root_der = make_cert(&(struct cert_spec){.name = "Old Root", .issuer = "Old Root", .key = rsa1024,
		.issuer_key = rsa1024, .from = "20000101000000Z", .to = "20300101000000Z", .md = EVP_sha1(),
		.ext = CA_EXT});
	a.cert = make_cert(&(struct cert_spec){.name = "Old TSU", .issuer = "Old Root", .key = rsa1024,
		.issuer_key = rsa1024, .serial = 8, .from = "20080101000000Z", .to = "20150101000000Z", .md = EVP_sha1(),
		.ext = TSA_EXT});
	a.crl = make_crl(&(struct crl_spec){.issuer = "Old Root", .key = rsa1024, .from = "20090501000000Z",
		.to = "20121201000000Z", .md = EVP_sha1()});
	return a;
}

/* Document 1 under SHA-1 in 2009; the second chain under SHA-256 at a time by an authority of those years. */
static struct vf_bytes out_of_sha1(const char *time, bool tree)
{
	struct authority old = old_authority(), root = beta, mid;
	struct vf_bytes h = mk_hash(VF_SHA1, ex.d1), token, one, x;
	struct forge f = forge_good();

	root.root_der = make_cert(&(struct cert_spec){.name = "Beta Root", .issuer = "Beta Root", .key = beta.root_key,
		.issuer_key = beta.root_key, .from = "20050101000000Z", .to = "20440101000000Z", .ext = CA_EXT});
	mid = forge_period(&root, "Beta 2010", beta.key, "20100101000000Z", "20280101000000Z");
	owner.alpha_root = old.root_der;
	beta.root_der = root.root_der;
	f.by = &old;
	f.gen_time = "20090601120000Z";
	f.cms.digest = VF_SHA1;
	f.cms.ess = ESS_V1;
	token = forge_token(&f, VF_SHA1, h);
	x = mk_hash(VF_SHA1, token);
	if (!tree)
		return RECORD(CHAIN(mk_ats(VF_SHA1, MK_LIST(h), token),
			mk_ats(VF_SHA1, MK_LIST(x), stamp_by(&mid, VF_SHA1, x, time))));
	one = CHAIN(mk_ats(VF_SHA1, MK_LIST(h), token));
	x = mk_renewed(A256, mk_hash(A256, ex.d1), one);
	return RECORD(one, CHAIN(mk_ats(A256, MK_LIST(x), stamp_by(&mid, A256, x, time))));
}

BUILD(e20)
{
	return out_of_sha1("20101231235959Z", true);
}

BUILD(e20_late)
{
	return out_of_sha1("20110101000000Z", true);
}

/* A new token helps the old one, not the tree. */
BUILD(e20_stamp)
{
	return out_of_sha1("20100601120000Z", false);
}

BUILD(e20_never)
{
	return RECORD(CHAIN(ats(VF_SHA1, MK_LIST(mk_hash(VF_SHA1, ex.d1)), mk_hash(VF_SHA1, ex.d1), T1)));
}

/* ---- E13 to E17: forms ---- */

BUILD(e13)
{
	return RECORD(CHAIN(mk_ats(A512, NOTHING, stamp(A256, ex.h1, T1))));
}

/* The same length, another algorithm. */
BUILD(e13_same_length)
{
	return RECORD(CHAIN(mk_ats(VF_SHA3_256, ex.tree1, stamp(A256, ex.root, T1))));
}

BUILD(e13_within)
{
	struct vf_bytes first = stamp(A256, ex.root, T1), x = mk_hash(A512, first);

	return RECORD(CHAIN(mk_ats(A256, ex.tree1, first), ats(A512, MK_LIST(x), x, T2)));
}

BUILD(e14_zero)
{
	return record_with(0, NOTHING, first_chain());
}

BUILD(e14)
{
	return record_with(2, NOTHING, first_chain());
}

/* The version of SignedData replaced: its INTEGER is the first thing in there. */
static struct vf_bytes cms_version(struct vf_bytes token, uint8_t version)
{
	struct vf_der info, type, explicit, data, old;

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &type) &&
		vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) &&
		vf_der_only(explicit.body, VF_DER_SEQUENCE, &data) &&
		vf_der_take_tag(&data.body, VF_DER_INTEGER, &old));
	return MK_SEQ(type.whole, mk_tlv(VF_DER_CONTEXT(0), MK_SEQ(make_int(version), data.body)));
}

static struct vf_bytes with_version(uint8_t version)
{
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, cms_version(stamp(A256, ex.root, T1), version))));
}

/* RFC 5652 5.1: a content other than id-data demands at least 3. */
BUILD(e15_1)
{
	return with_version(1);
}

BUILD(e15_2)
{
	return with_version(2);
}

BUILD(e15_3)
{
	return with_version(3);
}

BUILD(e15_6)
{
	return with_version(6);
}

BUILD(e15_signature)
{
	struct forge f = forge_good();

	f.cms.broken_signature = true;
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, forge_token(&f, A256, ex.root))));
}

/* Damaged in a token that was renewed: every token counts, not only the last. */
BUILD(e15_renewed)
{
	struct forge f = forge_good();
	struct vf_bytes token, x;

	f.cms.broken_signature = true;
	token = forge_token(&f, A256, ex.root);
	x = mk_hash(A256, token);
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, token), ats(A256, MK_LIST(x), x, T2)));
}

BUILD(e15_reply)
{
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, MK_SEQ(MK_SEQ(make_int(0)), stamp(A256, ex.root, T1)))));
}

BUILD(e15_no_token)
{
	return RECORD(CHAIN(mk_ats(A256, ex.tree1, mk_token(A256, ex.root, "salt"))));
}

/* revocation-values: SEQUENCE { [0] SEQUENCE OF CRL } in cryptoInfos. */
static struct vf_bytes crl_beside(struct vf_bytes crl, struct vf_bytes in_token)
{
	struct forge f = forge_good();

	f.cms.crls = in_token;
	return record_with(1, make_der(VF_DER_CONTEXT(0), make_attr("1.2.840.113549.1.9.16.2.24",
		DER(VF_DER_SEQUENCE, DER(VF_DER_CONTEXT(0), make_der(VF_DER_SEQUENCE, crl))))),
		CHAIN(mk_ats(A256, ex.tree1, forge_token(&f, A256, ex.root))));
}

static struct vf_bytes forged_crl(long serial)
{
	return make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = stranger.root_key, .from = "20250401000000Z",
		.to = "20250701000000Z", .entries = {{.serial = serial, .at = "20250201000000Z", .reason = 1}}});
}

/* A token without revocation data, a forged CRL beside it that revokes nothing of interest. */
BUILD(e16)
{
	return crl_beside(forged_crl(77), vf_bytes("", 0));
}

/* A token with its CRL, a forged one beside it that revokes the authority. */
BUILD(e16_revoking)
{
	return crl_beside(forged_crl(5), alpha.crl);
}

/* A forged root certificate beside a stranger's token: whoever is there is not trusted for that. */
BUILD(e16_root)
{
	struct vf_bytes token = stamp_by(&stranger, A256, ex.root, T1);

	return record_with(1, make_der(VF_DER_CONTEXT(0), make_attr("1.2.840.113549.1.9.16.2.23",
		DER(VF_DER_SEQUENCE, stranger.cert, stranger.root_der))), CHAIN(mk_ats(A256, ex.tree1, token)));
}

BUILD(e17)
{
	return record_with(1, make_der(VF_DER_CONTEXT(1), JOIN(make_oid("1.2.3"), make_int(1))), first_chain());
}

/* ---- E18: manifest or data ---- */

#define MANIFEST vf_bytes_str("<manifest of d1/>\n")

BUILD(e18_manifest)
{
	q->objects[0] = MANIFEST;
	return RECORD(CHAIN(ats(A256, MK_LIST(mk_hash(A256, MANIFEST)), mk_hash(A256, MANIFEST), T1)));
}

BUILD(e18_both)
{
	q->objects[1] = ex.d1;
	q->n = 2;
	return e18_manifest(q);
}

static const struct record_case cases[] = {
	{"E01a", "as it is made", right, VF_VERIFIED, VF_OK, 0, no_other},
	{"E01b", "other data", e01_altered, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E01c", "another document of the tree", e01_later, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E01d", "another sibling", e01_sibling, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"E02a", "no tree, one object", e02_one, VF_VERIFIED, VF_OK, 0, no_other},
	{"E02b", "no tree, several objects", e02_several, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E02c", "no tree, over the hash of a group", e02_group, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E03a", "hashed as they stand", e03, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"E03b", "the node not sorted into its list", e03_node, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"E04a", "the whole group", e04_whole, VF_VERIFIED, VF_OK, 0, no_other},
	{"E04b", "a member missing, claimed as a group", e04_missing, VF_REJECTED, VF_ER_GROUP, 0, NULL},
	{"E04c", "a member missing, the others by themselves", e04_missing_members, VF_VERIFIED, VF_OK, 0, one_other},
	{"E04d", "an object more", e04_extra, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E04e", "an object more, claimed as a group", e04_extra_exact, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E05a", "a value twice, hashed twice", e05, VF_VERIFIED, VF_OK, 0, NULL},
	{"E05b", "a value twice, hashed once", e05_collapsed, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"E05c", "nothing but a value twice, taken for one", e05_alone, VF_REJECTED, VF_ER_ROOT, 0, NULL},
	{"E06a", "two chains in their order", e06, VF_VERIFIED, VF_OK, 0, NULL},
	{"E06b", "two chains swapped", e06_swapped, VF_REJECTED, VF_TS_ORDER, 0, NULL},
	{"E06c", "two chains swapped, their times too", e06_swapped_times, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E06d", "objects in another order", e06_objects, VF_VERIFIED, VF_OK, 0, NULL},
	{"E07a", "a right renewal", e07_right, VF_VERIFIED, VF_OK, 0, NULL},
	{"E07b", "a renewal of another token", e07, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E07c", "the data once more in the place of the token", e07_data, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E07d", "the token in a later list", e07_later, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E07e", "the third covers the first alone", e07_skipped, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E08a", "the time-stamp twice", e08, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E08b", "the token twice", e08_bare, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E09a", "a new chain without the older", e09_unbound, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E09b", "the older chains without their header", e09_no_header, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E09c", "the older chains first", e09_reversed, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E09d", "the older chains first, sorted renewals allowed",
		e09_reversed_switch, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E09e", "sorted", e09_sorted, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E09f", "sorted, which is allowed on request", e09_sorted_switch, VF_VERIFIED, VF_OK, 0, is_sorted},
	{"E09g", "not sorted, sorted renewals allowed", e09_switch_unused, VF_VERIFIED, VF_OK, 0, is_unsorted},
	{"E09h", "the last of two older chains alone", e09_last_only, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E10a", "three chains", e10, VF_VERIFIED, VF_OK, 0, NULL},
	{"E10b", "renewed by a tree, then by a time-stamp", e10_tree_then_stamp, VF_VERIFIED, VF_OK, 0, NULL},
	{"E10c", "renewed by a time-stamp, then by a tree", e10_stamp_then_tree, VF_VERIFIED, VF_OK, 0, NULL},
	{"E11a", "renewed after the certificate ended", e11, VF_INDETERMINATE, VF_TS_EXPIRED, TRUST, NULL},
	{"E11b", "renewed after the certificate ended, expired ones accepted",
		e11_accept, VF_INDETERMINATE, VF_TS_EXPIRED, TRUST, NULL},
	{"E11c", "renewed in the last second of the certificate", e11_in_time, VF_VERIFIED, VF_OK, 0, NULL},
	{"E11d", "renewed after the key became weak", e11_algorithm, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, NULL},
	{"E11e", "renewed in the last second of the key", e11_algorithm_in_time, VF_VERIFIED, VF_OK, 0, NULL},
	{"E11f", "renewed by a stranger", e11_stranger, VF_INDETERMINATE, VF_UNKNOWN_ROOT, TRUST, NULL},
	{"E12a", "a renewal a millisecond before what it renews", e12, VF_REJECTED, VF_TS_ORDER, 0, NULL},
	{"E12b", "equal times", e12_equal, VF_VERIFIED, VF_OK, 0, NULL},
	{"E12c", "half a second later", e12_fraction, VF_VERIFIED, VF_OK, 0, NULL},
	{"E12d", "a chain before the one that it renews", e12_chain, VF_REJECTED, VF_TS_ORDER, 0, NULL},
	{"E13a", "the token's algorithm is another", e13, VF_REJECTED, VF_ER_ALGORITHM, 0, NULL},
	{"E13b", "the token's algorithm is another of the same length",
		e13_same_length, VF_REJECTED, VF_ER_ALGORITHM, 0, NULL},
	{"E13c", "the algorithm changes inside a chain", e13_within, VF_REJECTED, VF_ER_ALGORITHM, 0, NULL},
	{"E14a", "version 0", e14_zero, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"E14b", "version 2", e14, VF_REJECTED, VF_ER_SHAPE, 0, NULL},
	{"E15a", "version 1 of CMS", e15_1, VF_REJECTED, VF_TS_SHAPE, 0, NULL},
	{"E15b", "version 2 of CMS", e15_2, VF_REJECTED, VF_TS_SHAPE, 0, NULL},
	{"E15c", "version 3 of CMS", e15_3, VF_VERIFIED, VF_OK, 0, NULL},
	{"E15d", "version 6 of CMS", e15_6, VF_REJECTED, VF_TS_SHAPE, 0, NULL},
	{"E15e", "a changed signature", e15_signature, VF_REJECTED, VF_TS_SIGNATURE, 0, NULL},
	{"E15f", "a changed signature of a renewed token", e15_renewed, VF_REJECTED, VF_TS_SIGNATURE, 0, NULL},
	{"E15g", "a reply in the place of the token", e15_reply, VF_REJECTED, VF_TS_SHAPE, 0, NULL},
	{"E15h", "what only looks like a token", e15_no_token, VF_REJECTED, VF_TS_SHAPE, 0, NULL},
	{"E16a", "a forged CRL in cryptoInfos", e16, VF_INDETERMINATE, VF_NO_REVOCATION_DATA, TRUST, NULL},
	{"E16b", "a forged CRL that revokes in cryptoInfos", e16_revoking, VF_VERIFIED, VF_OK, 0, NULL},
	{"E16c", "a stranger's root in cryptoInfos", e16_root, VF_INDETERMINATE, VF_UNKNOWN_ROOT, TRUST, NULL},
	{"E17", "encryptionInfo", e17, VF_INDETERMINATE, VF_ER_ENCRYPTED, 0, NULL},
	{"E18a", "over the manifest, asked about the manifest", e18_manifest, VF_VERIFIED, VF_OK, 0, NULL},
	{"E18b", "over the manifest, asked about the data, too", e18_both, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E19a", "a new chain over changed data", e19, VF_REJECTED, VF_ER_RENEWAL, 0, NULL},
	{"E19b", "a new chain over changed data, asked about them",
		e19_changed, VF_REJECTED, VF_ER_NOT_COVERED, 0, NULL},
	{"E20a", "SHA-1 of 2009, a new tree in the last second of 2010", e20, VF_VERIFIED, VF_OK, 0, NULL},
	{"E20b", "SHA-1 of 2009, a new tree in 2011", e20_late, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, NULL},
	{"E20c", "SHA-1 of 2009, a new time-stamp over the old tree",
		e20_stamp, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, NULL},
	{"E20d", "SHA-1 in 2025", e20_never, VF_REJECTED, VF_WEAK_ALGORITHM, 0, NULL},
};

int main(int argc, char **argv)
{
	int status;

	rsa1024 = EVP_RSA_gen(1024);
	rsa2048 = EVP_RSA_gen(2048);
	MUST(rsa1024 && rsa2048);
	status = record_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
	EVP_PKEY_free(rsa1024);
	EVP_PKEY_free(rsa2048);
	return status;
}
