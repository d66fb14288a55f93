/* Evidence records and tokens by themselves: what is accepted, what is refused, and attacks on times and
 * coverage. */
#include "verify/foreign.h"

#include "tests/unit/foreign_maker.h"

#define T1 "20240601120000Z"
#define T2 "20240701120000Z"
#define T3 "20240801120000Z"

static struct vf_bytes data, note, other;

static struct input token_over(struct vf_bytes octets, struct vf_bytes content)
{
	struct input in = {.form = VF_FORM_TOKEN, .octets = octets};

	if (content.p)
		give(&in, "data.csv", content);
	return in;
}

static struct input record_in(struct vf_bytes octets)
{
	struct input in = {.form = VF_FORM_RECORD, .octets = octets};

	give(&in, "data.csv", data);
	return in;
}

static struct vf_bytes sha256(struct vf_bytes b)
{
	return make_digest(VF_SHA256, b);
}

/* One stamp over the values: without a tree when there is one. */
static struct vf_bytes ats_over(enum vf_alg alg, const struct vf_bytes *values, size_t n,
	const struct person *by, const char *at, struct vf_bytes *ret_token)
{
	struct vf_bytes token = make_tst(by, alg, n == 1 ? values[0] : mk_node(alg, values, n), at);

	if (ret_token)
		*ret_token = token;
	return mk_ats(alg, n == 1 ? NOTHING : mk_list(values, n), token);
}

/* ---- tokens ---- */

static struct vf_bytes make_reply(struct vf_bytes status, struct vf_bytes token)
{
	return DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, status), token);
}

static void test_tokens(void)
{
	struct input in = token_over(stamp(&alpha, data, T1), data);

	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	CHECK_INT(report.form, VF_FORM_TOKEN);
	in = token_over(make_reply(make_int(0), stamp(&alpha, data, T1)), data);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	in = token_over(make_reply(make_int(2), stamp(&alpha, data, T1)), data);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_STATUS);
	in = token_over(stamp(&alpha, data, T1), other);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
	in = token_over(stamp(&alpha, data, T1), NOTHING);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
	in = token_over(NOTHING, data);
	EXPECT_BOTH(&in, VF_REJECTED, VF_EMPTY_EVIDENCE);
	in = token_over(stamp(&stranger, data, T1), data);
	EXPECT(&in, VF_INDETERMINATE, VF_UNKNOWN_ROOT);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
	CHECK(!report.stamps[0].counts);
	in = token_over(stamp(&alpha, data, "20250701000000Z"), data);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_FUTURE);
	in = token_over(stamp(&alpha, data, "20290701000000Z"), data);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_CERT_TIME);
	in = token_over(stamp(&short_, data, T1), data);
	EXPECT(&in, VF_INDETERMINATE, VF_TS_EXPIRED);
	owner.expired = "accept";
	EXPECT(&in, VF_VERIFIED, VF_OK);
	owner_begin();
	owner.none = true;
	in = token_over(stamp(&alpha, data, T1), data);
	EXPECT(&in, VF_INDETERMINATE, VF_NO_TRUST_ANCHOR);
	owner_begin();
	/* a signature needs what the policy asks for */
	owner.submitter = "required";
	EXPECT(&in, VF_INDETERMINATE, VF_POLICY_UNMET);
	owner_begin();
}

static void test_digests(void)
{
	struct input in = {.form = VF_FORM_TOKEN, .octets = stamp(&alpha, data, T1)};

	give_digest(&in, VF_SHA256, data);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	in.n = 0;
	give_digest(&in, VF_SHA256, other);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
	in.n = 0;
	give_digest(&in, VF_SHA512, data);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
}

/* ---- revocation data that the user holds ---- */

static void test_revocation(void)
{
	struct vf_bytes crl[2], good;
	struct input in = token_over(stamp(&alpha, data, T1), data);

	good = make_crl(&(struct crl_spec){.issuer = alpha.root_name,
		.key = alpha.root_key,
		.from = "20250101000000Z",
		.to = "20250701000000Z"});
	crl[0] = make_crl(&(struct crl_spec){.issuer = alpha.root_name,
		.key = alpha.root_key,
		.from = "20250101000000Z",
		.to = "20250701000000Z",
		.entries = {{5, "20240501000000Z", 1, NULL, false}}});
	crl[1] = make_crl(&(struct crl_spec){.issuer = beta.root_name,
		.key = beta.root_key,
		.from = "20250101000000Z",
		.to = "20250701000000Z"});
	owner.revocation = "required";
	EXPECT(&in, VF_INDETERMINATE, VF_NO_REVOCATION_DATA);
	/* of another issuer, with the same serial: says nothing */
	owner.extra = (struct vf_pki_extra){.crls = &crl[1], .n_crls = 1};
	EXPECT(&in, VF_INDETERMINATE, VF_NO_REVOCATION_DATA);
	owner.extra = (struct vf_pki_extra){.crls = &good, .n_crls = 1};
	EXPECT(&in, VF_VERIFIED, VF_OK);
	owner.extra = (struct vf_pki_extra){.crls = crl, .n_crls = 1};
	EXPECT(&in, VF_REJECTED, VF_REVOKED);
	owner.extra = (struct vf_pki_extra){.crls = crl, .n_crls = 2};
	EXPECT(&in, VF_REJECTED, VF_REVOKED);
	/* in the issuer's name by somebody else */
	crl[1] = make_crl(&(struct crl_spec){.issuer = alpha.root_name,
		.key = beta.root_key,
		.from = "20250101000000Z",
		.to = "20250701000000Z"});
	owner.extra = (struct vf_pki_extra){.crls = &crl[1], .n_crls = 1};
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED);
	owner_begin();
}

/* ---- evidence records ---- */

static struct vf_bytes group_record(const struct person *by, const char *at)
{
	struct vf_bytes values[] = {sha256(data), sha256(note)};

	return mk_record(MK_SEQ(ats_over(VF_SHA256, values, 2, by, at, NULL)));
}

static void test_records(void)
{
	struct input in = record_in(group_record(&alpha, T1));

	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.n_others, 1);
	CHECK(has_note("OTHER_OBJECTS"));
	in.options.exact = true;
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_GROUP);
	give(&in, "note.txt", note);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.n_others, 0);
	/* the same content under two names is one object of the group */
	in.n = 1;
	give(&in, "copy.csv", data);
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_GROUP);
	in.options.exact = false;
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.n_others, 1);
	/* one that is not covered: the others are, and the whole is rejected */
	give(&in, "other.txt", other);
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_NOT_COVERED);
	CHECK_INT(report.files[2].status, VF_FILE_UNCOVERED);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
	in = record_in(group_record(&stranger, T1));
	EXPECT(&in, VF_INDETERMINATE, VF_UNKNOWN_ROOT);
	in = record_in(NOTHING);
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT && has_reason(VF_EMPTY_EVIDENCE));
	/* what is under a node of the tree looks like an object when a record's first list holds the node: it
	 * is said */
	{
		struct vf_bytes a = sha256(data), z = sha256(note),
				both = vf_bytes_cmp(a, z) < 0 ? JOIN(a, z) : JOIN(z, a), h = sha256(both);

		in = (struct input){.form = VF_FORM_RECORD,
			.octets = mk_record(MK_SEQ(ats_over(VF_SHA256, &h, 1, &alpha, T1, NULL)))};
		give(&in, "node", both);
		EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
		CHECK(has_note("TREE_NODE"));
		both = vf_bytes_cmp(a, z) < 0 ? JOIN(a, z, z) : JOIN(z, a, a);
		h = sha256(both);
		in = (struct input){.form = VF_FORM_RECORD,
			.octets = mk_record(MK_SEQ(ats_over(VF_SHA256, &h, 1, &alpha, T1, NULL)))};
		give(&in, "three digests", both);
		EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
		CHECK(has_note("TREE_NODE"));
		both = vf_bytes_cmp(a, z) < 0 ? JOIN(z, z, a) : JOIN(a, a, z);
		h = sha256(both);
		in = (struct input){.form = VF_FORM_RECORD,
			.octets = mk_record(MK_SEQ(ats_over(VF_SHA256, &h, 1, &alpha, T1, NULL)))};
		give(&in, "no node", both);
		EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
		CHECK(!has_note("TREE_NODE"));
	}
	/* a single digest of the list is none */
	in = (struct input){.form = VF_FORM_RECORD, .octets = group_record(&alpha, T1)};
	give(&in, "root", sha256(data));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_NOT_COVERED);
}

/* Two renewals: of the time-stamp, then of the tree by another algorithm. */
static struct vf_bytes renewed_record(const struct person *first, const struct person *then,
	const struct person *last, const char *t2, bool linked)
{
	struct vf_bytes values[] = {sha256(data), sha256(note)}, token, again, older, chain, third[2];

	chain = ats_over(VF_SHA256, values, 2, first, T1, &token);
	again = sha256(linked ? token : other);
	chain = MK_SEQ(chain, ats_over(VF_SHA256, &again, 1, then, t2, NULL));
	older = chain;
	third[0] = mk_renewed(VF_SHA512, make_digest(VF_SHA512, data), older);
	third[1] = mk_renewed(VF_SHA512, make_digest(VF_SHA512, note), older);
	return mk_record(MK_CAT(chain, MK_SEQ(ats_over(VF_SHA512, third, 2, last, T3, NULL))));
}

static void test_renewals(void)
{
	struct vf_bytes values[] = {sha256(data)}, chain, third[1], token;
	struct input in = record_in(renewed_record(&short_, &alpha, &beta, T2, true));

	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	CHECK_INT(report.renewals, 2);
	in = record_in(renewed_record(&short_, &alpha, &beta, T2, false));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_RENEWAL);
	in = record_in(renewed_record(&short_, &alpha, &beta, "20240501000000Z", true));
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_ORDER);
	in = record_in(renewed_record(&short_, &stranger, &beta, T2, true));
	EXPECT(&in, VF_INDETERMINATE, VF_UNKNOWN_ROOT);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
	/* what the first token rests on must fit the rule */
	owner.rules = "[{\"count\":1,\"qualified\":true}]";
	in = record_in(renewed_record(&short_, &alpha, &alpha, T2, true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	in = record_in(renewed_record(&short_, &beta, &alpha, T2, true));
	EXPECT(&in, VF_INDETERMINATE, VF_POLICY_UNMET);
	owner_begin();
	/* a later chain over another object: the first object is proven up to there */
	chain = MK_SEQ(ats_over(VF_SHA256, values, 1, &alpha, T1, &token));
	third[0] = mk_renewed(VF_SHA512, make_digest(VF_SHA512, other), chain);
	in = record_in(mk_record(MK_CAT(chain, MK_SEQ(ats_over(VF_SHA512, third, 1, &alpha, T3, NULL)))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_RENEWAL);
	/* a digest alone does not follow into a chain of another algorithm */
	in = (struct input){
		.form = VF_FORM_RECORD, .octets = renewed_record(&short_, &alpha, &beta, T2, true)};
	give_digest(&in, VF_SHA256, data);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
	MUST(vf_digest(VF_SHA512, data, &in.given[0].digests[in.given[0].n_digests++], NULL) == VF_OK);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	MUST(vf_digest(VF_SHA512, other, &in.given[0].digests[1], NULL) == VF_OK);
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_RENEWAL);
}

/* ---- encodings ---- */

static struct vf_bytes as_ber(struct vf_bytes der)
{
	struct vf_der d;

	MUST(vf_der_only(der, VF_DER_SEQUENCE, &d));
	return JOIN(vf_bytes("\x30\x80", 2), d.body, vf_bytes("\0\0", 2));
}

static void test_encodings(void)
{
	struct input in = token_over(as_ber(stamp(&alpha, data, T1)), data);

	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("BER"));
	in = record_in(as_ber(group_record(&alpha, T1)));
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("BER"));
	in = token_over(JOIN(stamp(&alpha, data, T1), vf_bytes("\0\0", 2)), data);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_SHAPE);
	in = record_in(JOIN(group_record(&alpha, T1), vf_bytes("\0", 1)));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_SHAPE);
}

/* ---- every bit ---- */

static void flip_all(struct input *in, const char *what)
{
	const char *stride = getenv("TRIALNOTARY_FLIP_STRIDE");
	size_t step = stride ? (size_t)atoi(stride) : 1, same = 0;
	struct vf_bytes copy = make_copy(in->octets);
	uint8_t *p = (uint8_t *)(uintptr_t)copy.p;

	in->octets = copy;
	for (int integrity = 0; integrity < 2; integrity++) {
		owner.integrity_only = integrity;
		VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();
		int64_t times[8], by;
		size_t n;

		judge_in(s, in);
		CHECK_INT(report.verdict, integrity ? VF_INTACT : VF_VERIFIED);
		n = report.n_stamps;
		MUST(n <= 8);
		by = report.existed_by;
		for (size_t i = 0; i < n; i++)
			times[i] = report.stamps[i].gen_time;
		for (size_t bit = 0; bit < 8 * copy.n; bit += step) {
			bool fine = true;

			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			judge_in(s, in);
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (report.verdict != VF_VERIFIED && report.verdict != VF_INTACT)
				continue;
			same++;
			fine = report.n_stamps == n && report.existed_by == by;
			for (size_t i = 0; fine && i < n; i++)
				fine = report.stamps[i].gen_time == times[i];
			if (!fine)
				CHECK_FAIL("%s: bit %zu of octet %zu changes the claims", what, bit % 8,
					bit / 8);
		}
	}
	check_count++;
	fprintf(stderr, "%s: %zu octets, %zu flips leave the verdict\n", what, copy.n, same);
	owner_begin();
}

static void test_bits(void)
{
	struct input in = token_over(stamp(&alpha, data, T1), data);

	flip_all(&in, "token");
	in = token_over(make_reply(make_int(0), stamp(&alpha, data, T1)), data);
	flip_all(&in, "reply");
	in = record_in(renewed_record(&alpha, &beta, &alpha, T2, true));
	flip_all(&in, "record");
}

/* ---- memory ---- */

static void test_little_memory(void)
{
	struct input in = record_in(renewed_record(&short_, &alpha, &beta, T2, true));
	VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();
	size_t fine = 0;

	for (size_t n = 0; n < 1u << 20; n += 1021) {
		struct vf_err err = {0};
		enum vf_rc rc = check_in(s, &in, n, &err);

		CHECK(rc == VF_OK || rc == VF_NO_MEMORY);
		fine += rc == VF_OK;
		CHECK(rc != VF_OK || report.verdict == VF_VERIFIED);
	}
	CHECK(fine > 0);
}

int main(void)
{
	data = vf_bytes_str("subject,arm,result\n001,A,12\n");
	note = vf_bytes_str("a note\n");
	other = vf_bytes_str("something else\n");
	foreign_begin();
	test_tokens();
	test_digests();
	test_revocation();
	test_records();
	test_renewals();
	test_encodings();
	test_bits();
	test_little_memory();
	return foreign_end();
}
