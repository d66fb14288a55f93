/* CMS signatures of other software: what is accepted, what is refused, and attacks on what follows from a
 * signature. */
#include "verify/foreign.h"

#include "tests/unit/foreign_maker.h"

#define T1 "20240601120000Z"
#define T2 "20240701120000Z"
#define T3 "20240801120000Z"

static struct vf_bytes data, other;

static struct input token_over(struct vf_bytes octets, struct vf_bytes content)
{
	struct input in = {.form = VF_FORM_TOKEN, .octets = octets};

	if (content.p)
		give(&in, "data.csv", content);
	return in;
}

static struct input over_data(struct vf_bytes octets)
{
	return token_over(octets, data);
}

/* ---- the ordinary cases ---- */

static void test_ordinary(void)
{
	struct input in = over_data(make_cades(&signer, data, &alpha, T1));

	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	CHECK_STR(report.submitter, "Good Signer");
	CHECK(report.submitter_trusted);
	in = token_over(make_cades(&signer, data, &alpha, T1), other);
	EXPECT_BOTH(&in, VF_REJECTED, VF_SIGNATURE);
	CHECK(!report.has_submitter);
	in = over_data(make_cades(&signer, data, &stranger, T1));
	EXPECT(&in, VF_INDETERMINATE, VF_UNKNOWN_ROOT);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
	in = over_data(make_cades(&signer, data, NULL, NULL));
	EXPECT(&in, VF_INDETERMINATE, VF_NO_TIME);
	in = token_over(make_cades(&signer, data, &alpha, T1), NOTHING);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
	in = over_data(make_cades(&unknown, data, &alpha, T1));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("SUBMITTER_ROOT") && !report.submitter_trusted);
	owner.submitter = "required";
	EXPECT(&in, VF_INDETERMINATE, VF_UNKNOWN_SIGNER);
	owner_begin();
	in = over_data(make_p7s(NOTHING, signer.cert,
		with_attrs(sign(&signer, VF_SHA256, data), make_attr("1.2.3.4", make_int(1)))));
	EXPECT(&in, VF_INDETERMINATE, VF_NO_TIME);
	CHECK(has_note("OTHER_ATTRIBUTES"));
}

/* Forms of evidence that this version knows by name and does not judge, beside a good time-stamp. */
static void test_not_judged(void)
{
	static const char *const oids[] = {"1.2.840.113549.1.9.16.2.27", "1.2.840.113549.1.9.16.2.48",
		"1.2.840.113549.1.9.16.2.25", "1.2.840.113549.1.9.16.2.26", "1.2.840.113549.1.9.6"};
	struct vf_bytes s = sign(&signer, VF_SHA256, data);
	struct vf_bytes good = make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(s), T1));

	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		struct vf_bytes more = make_attr(oids[i], DER(VF_DER_SEQUENCE, make_int(1)));
		struct input in = over_data(make_p7s(NOTHING, signer.cert, with_attrs(s, JOIN(good, more))));

		EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNSUPPORTED);
	}
}

/* ---- digests instead of files ---- */

/* A signature by SHA-512 that holds its content says nothing about a file of which only SHA-256 is known. */
static void test_embedded_and_digest(void)
{
	struct vf_bytes s = sign(&signer, VF_SHA512, data);
	struct input in = {.form = VF_FORM_TOKEN};

	s = with_attrs(s, make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(s), T1)));
	in.octets = make_p7s(data, signer.cert, s);
	give_digest(&in, VF_SHA256, other);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DIGEST_MISMATCH);
	in.n = 0;
	give_digest(&in, VF_SHA256, data);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	in.n = 0;
	give_digest(&in, VF_SHA512, data);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	/* two digests, of which one is of something else */
	MUST(vf_digest(VF_SHA256, other, &in.given[0].digests[in.given[0].n_digests++], NULL) == VF_OK);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DIGEST_MISMATCH);
	/* detached, nobody knows */
	in = (struct input){.form = VF_FORM_TOKEN, .octets = make_p7s(NOTHING, signer.cert, s)};
	give_digest(&in, VF_SHA256, data);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
}

/* ---- several signers ---- */

static void test_several_signers(void)
{
	struct vf_bytes a = sign(&signer, VF_SHA256, data), c = sign(&second, VF_SHA256, data),
			u = sign(&unknown, VF_SHA256, data);
	struct vf_bytes certs = JOIN(signer.cert, second.cert, unknown.cert), sa, sc, su, wrong;
	struct input in;

	sa = with_attrs(a, make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(a), T1)));
	sc = with_attrs(c, make_attr(ATTR_TIME_STAMP, stamp(&beta, signature_of(c), T2)));
	su = with_attrs(u, make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(u), T2)));
	in = over_data(make_p7s(NOTHING, certs, JOIN(sa, sc)));
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(report.submitter_trusted);
	CHECK_STR(report.submitter, "Good Signer, Second Signer");
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	/* nobody vouches for one of them, whichever comes first */
	in = over_data(make_p7s(NOTHING, certs, JOIN(su, sa)));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK(!report.submitter_trusted && has_note("SUBMITTER_ROOT"));
	in = over_data(make_p7s(NOTHING, certs, JOIN(sa, su)));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK(!report.submitter_trusted && has_note("SUBMITTER_ROOT"));
	/* a signer without a time of his own was never judged */
	in = over_data(make_p7s(NOTHING, certs, JOIN(sa, u)));
	EXPECT(&in, VF_INDETERMINATE, VF_NO_TIME);
	CHECK(!report.submitter_trusted);
	in = over_data(make_p7s(NOTHING, certs, JOIN(u, sa)));
	EXPECT(&in, VF_INDETERMINATE, VF_NO_TIME);
	CHECK(!report.submitter_trusted);
	/* one that fails spoils the whole */
	wrong = sign(&second, VF_SHA256, other);
	in = over_data(make_p7s(NOTHING, certs, JOIN(sa, wrong)));
	EXPECT_BOTH(&in, VF_REJECTED, VF_SIGNATURE);
	in = over_data(make_p7s(NOTHING, certs, JOIN(wrong, sa)));
	EXPECT_BOTH(&in, VF_REJECTED, VF_SIGNATURE);
	/* the time-stamp of one in the other's attributes */
	in = over_data(make_p7s(NOTHING, certs,
		JOIN(sa, with_attrs(c, make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(a), T1))))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
}

/* ---- keys that anything is signed by ---- */

/*
 * A signature time-stamp is over the signature alone: content follows only when no key makes the signature
 * fit another content. Ed25519 keys of small order do: with the neutral element as key, R = neutral and S = 0
 * fit all.
 */
static void test_small_order(void)
{
	static const uint8_t neutral[32] = {1}, signature[64] = {1};
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, neutral, 32);
	struct person fraud = {
		.name = "Fraud", .root_name = "Frauds Root", .key = key, .root_key = new_key()};
	struct cms_spec spec = {.key = key,
		.digest = VF_SHA512,
		.content_type = ID_DATA,
		.content = data,
		.signature = vf_bytes(signature, 64)};
	struct cert_spec leaf = {.name = fraud.name,
		.issuer = fraud.root_name,
		.key = key,
		.issuer_key = fraud.root_key,
		.ext = {{"keyUsage", "critical,digitalSignature"}}};
	struct vf_bytes token = stamp(&alpha, vf_bytes(signature, 64), T1), s;
	struct input in;

	MUST(key);
	spec.cert = fraud.cert = make_cert(&leaf);
	s = with_attrs(make_signer(&spec, VF_SHA512, make_alg(VF_SHA512)), make_attr(ATTR_TIME_STAMP, token));
	in = over_data(make_p7s(NOTHING, fraud.cert, s));
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT);
	CHECK(has_reason(VF_KEY_SHAPE));
	owner.integrity_only = true;
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT);
	owner_begin();
	EVP_PKEY_free(key);
	EVP_PKEY_free(fraud.root_key);
}

/* Without an attribute that names the certificate a key can be made to fit: such signatures are refused. */
static void test_unbound(void)
{
	struct cms_spec spec = {.cert = signer.cert,
		.key = signer.key,
		.digest = VF_SHA256,
		.content_type = ID_DATA,
		.content = data,
		.ess = ESS_NONE};
	struct vf_bytes s = make_signer(&spec, VF_SHA256, make_alg(VF_SHA256));
	struct input in;

	s = with_attrs(s, make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(s), T1)));
	in = over_data(make_p7s(NOTHING, signer.cert, s));
	EXPECT_BOTH(&in, VF_REJECTED, VF_CMS_SHAPE);
}

/* ---- attributes ---- */

static struct vf_bytes record_over(
	enum vf_alg alg, const struct vf_bytes *values, size_t n, const struct person *by, const char *at)
{
	struct vf_bytes root = n == 1 ? values[0] : mk_node(alg, values, n);

	return mk_record(
		MK_SEQ(mk_ats(alg, n == 1 ? NOTHING : mk_list(values, n), make_tst(by, alg, root, at))));
}

static struct vf_bytes record_of(struct vf_bytes octets, const struct person *by, const char *at)
{
	struct vf_bytes h = make_digest(VF_SHA256, octets);

	return record_over(VF_SHA256, &h, 1, by, at);
}

static void test_records_inside(void)
{
	struct vf_bytes bare = sign(&signer, VF_SHA256, data), plain = make_p7s(NOTHING, signer.cert, bare),
			one, two, group[2], with_one;
	struct input in;

	one = make_attr(ATTR_ER_INTERNAL, record_of(plain, &alpha, T1));
	with_one = make_p7s(NOTHING, signer.cert, with_attrs(bare, one));
	in = over_data(with_one);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	/* a second record is over the file with the first */
	two = make_attr(ATTR_ER_INTERNAL, record_of(with_one, &beta, T2));
	in = over_data(make_p7s(NOTHING, signer.cert, with_attrs(bare, JOIN(one, two))));
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	in = over_data(make_p7s(NOTHING, signer.cert, with_attrs(bare, JOIN(two, one))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_NOT_COVERED);
	/* external: over file and content */
	group[0] = make_digest(VF_SHA256, plain);
	group[1] = make_digest(VF_SHA256, data);
	in = over_data(make_p7s(NOTHING, signer.cert,
		with_attrs(bare, make_attr(ATTR_ER_EXTERNAL, record_over(VF_SHA256, group, 2, &alpha, T1)))));
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	in = over_data(make_p7s(NOTHING, signer.cert,
		with_attrs(bare, make_attr(ATTR_ER_EXTERNAL, record_of(plain, &alpha, T1)))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_NOT_COVERED);
	/* a record as if it were a time-stamp, a time-stamp as if it were a record */
	in = over_data(make_p7s(NOTHING, signer.cert,
		with_attrs(bare, make_attr(ATTR_TIME_STAMP, record_of(plain, &alpha, T1)))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_SHAPE);
	in = over_data(make_p7s(NOTHING, signer.cert,
		with_attrs(bare, make_attr(ATTR_ER_INTERNAL, stamp(&alpha, plain, T1)))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_SHAPE);
	/* a record of the second signer: RFC 4998 knows those of the first only */
	in = over_data(make_p7s(NOTHING, JOIN(signer.cert, second.cert),
		JOIN(bare, with_attrs(sign(&second, VF_SHA256, data), one))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_CMS_SHAPE);
}

/* An archive time-stamp of the third version over the signature and the listed attributes. */
static struct vf_bytes archive(struct vf_bytes signer_info, struct vf_bytes content,
	const struct vf_bytes *listed, size_t n, const struct person *by, const char *at)
{
	struct vf_bytes attrs = NOTHING, index, body;
	struct vf_der d;
	struct info_spec info = {.gen_time = at};

	for (size_t i = 0; i < n; i++) {
		struct vf_der attr, oid, values;

		MUST(vf_der_only(listed[i], VF_DER_SEQUENCE, &attr) &&
			vf_der_take_tag(&attr.body, VF_DER_OID, &oid) &&
			vf_der_only(attr.body, VF_DER_SET, &values));
		attrs = JOIN(attrs,
			make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA256, JOIN(oid.whole, values.body))));
	}
	index = DER(VF_DER_SEQUENCE, make_alg(VF_SHA256), make_der(VF_DER_SEQUENCE, NOTHING),
		make_der(VF_DER_SEQUENCE, NOTHING), make_der(VF_DER_SEQUENCE, attrs));
	MUST(vf_der_only(signer_info, VF_DER_SEQUENCE, &d));
	body = JOIN(make_oid(ID_DATA), make_digest(VF_SHA256, content), d.body, index);
	info.value = make_digest(VF_SHA256, body);
	return make_attr(ATTR_ARCHIVE_V3,
		make_cms(&(struct cms_spec){.cert = by->cert,
			.certs = by->cert,
			.key = by->key,
			.content = make_info(&info),
			.unsigned_attrs = make_attr(ATTR_HASH_INDEX_V3, index)}));
}

static struct vf_bytes with_archive(
	const struct person *first, const char *t1, const struct person *then, const char *t2, bool listed)
{
	struct vf_bytes bare = sign(&signer, VF_SHA256, data);
	struct vf_bytes one = make_attr(ATTR_TIME_STAMP, stamp(first, signature_of(bare), t1));

	return make_p7s(NOTHING, signer.cert,
		with_attrs(bare, JOIN(one, archive(bare, data, &one, listed ? 1 : 0, then, t2))));
}

static void test_archive(void)
{
	struct vf_bytes bare = sign(&signer, VF_SHA256, data),
			one = make_attr(ATTR_TIME_STAMP, stamp(&alpha, signature_of(bare), T1)), a, not_there;
	struct input in;

	in = over_data(with_archive(&alpha, T1, &beta, T2, true));
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	in = over_data(
		make_p7s(NOTHING, signer.cert, with_attrs(bare, archive(bare, other, NULL, 0, &alpha, T2))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
	/* it lists what is not there any more */
	not_there = make_attr("1.2.3.4", make_int(1));
	a = archive(bare, data, &not_there, 1, &beta, T2);
	in = over_data(make_p7s(NOTHING, signer.cert, with_attrs(bare, JOIN(one, a))));
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_ESS);
}

/* A token whose certificate has ended counts when another covers it in time, and then only as far as that one
 * goes. */
static void test_cover(void)
{
	struct input in = over_data(make_cades(&signer, data, &short_, T1));

	EXPECT(&in, VF_INDETERMINATE, VF_TS_EXPIRED);
	in = over_data(with_archive(&short_, T1, &alpha, T2, true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	/* without being listed it is not covered: the later time alone is proven */
	in = over_data(with_archive(&short_, T1, &alpha, T2, false));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-07-01T12:00:00Z"));
	/* a cover that comes too late, one that nobody vouches for, one that is older */
	in = over_data(with_archive(&short_, T1, &alpha, "20250201120000Z", true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2025-02-01T12:00:00Z"));
	in = over_data(with_archive(&short_, T1, &stranger, T2, true));
	EXPECT(&in, VF_INDETERMINATE, VF_TS_EXPIRED);
	in = over_data(with_archive(&short_, T2, &alpha, T1, true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	/* who accepts what has expired, accepts it also when something late is over it */
	owner.expired = "accept";
	in = over_data(with_archive(&short_, T1, &alpha, "20250201120000Z", true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	owner_begin();
	/* whose cover the token rests on must fit the rule, too */
	owner.rules = "[{\"count\":1,\"qualified\":true}]";
	in = over_data(with_archive(&short_, T1, &alpha, T2, true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	in = over_data(with_archive(&short_, T1, &beta, T2, true));
	EXPECT(&in, VF_INDETERMINATE, VF_POLICY_UNMET);
	/* who stands alone does not rest on anything */
	in = over_data(with_archive(&alpha, T1, &beta, T2, true));
	EXPECT(&in, VF_VERIFIED, VF_OK);
	owner_begin();
}

/* ---- every bit ---- */

struct claims {
	int64_t existed_by, first;
	struct vf_hash file;
	char submitter[160];
};

static struct claims claims_now(void)
{
	struct claims c = {
		.existed_by = report.existed_by, .first = report.n_stamps ? report.stamps[0].gen_time : 0};

	if (report.n_files)
		c.file = report.files[0].sha256;
	memcpy(c.submitter, report.submitter, sizeof(c.submitter));
	return c;
}

static void flip_all(struct vf_session *s, struct input *in)
{
	const char *stride = getenv("TRIALNOTARY_FLIP_STRIDE");
	size_t step = stride ? (size_t)atoi(stride) : 1;
	struct vf_bytes copy = make_copy(in->octets);
	uint8_t *p = (uint8_t *)(uintptr_t)copy.p;
	struct claims want, got;
	size_t same = 0;

	judge_in(s, in);
	want = claims_now();
	in->octets = copy;
	for (size_t bit = 0; bit < 8 * copy.n; bit += step) {
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		judge_in(s, in);
		got = claims_now();
		/* a time-stamp that is no longer called one claims less: nobody signs the names of attributes
		 */
		if (report.verdict == VF_INTACT && report.n_stamps == 0 && has_note("TIME"))
			got.first = want.first;
		if ((report.verdict == VF_VERIFIED || report.verdict == VF_INTACT) &&
			memcmp(&want, &got, sizeof(want)) != 0)
			CHECK_FAIL("bit %zu of octet %zu changes the claims", bit % 8, bit / 8);
		same += report.verdict == VF_VERIFIED || report.verdict == VF_INTACT;
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	check_count++;
	/* what nobody signs may change: copies of certificates that were found elsewhere, and the like */
	fprintf(stderr, "%zu octets, %zu flips leave the verdict\n", copy.n, same);
}

static void test_bits(void)
{
	struct input in = over_data(make_cades(&signer, data, &alpha, T1));

	for (int integrity = 0; integrity < 2; integrity++) {
		owner.integrity_only = integrity;
		VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();
		flip_all(s, &in);
	}
	owner_begin();
}

/* ---- memory ---- */

static void test_little_memory(void)
{
	struct input in = over_data(with_archive(&short_, T1, &alpha, T2, true));
	VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();
	size_t fine = 0;

	for (size_t n = 0; n < 2u << 20; n += 4099) {
		struct vf_err err = {0};
		enum vf_rc rc = check_in(s, &in, n, &err);

		if (rc == VF_OK)
			fine += report.verdict == VF_VERIFIED;
		else
			CHECK_RC(rc, VF_NO_MEMORY);
		CHECK(rc != VF_OK || report.verdict != VF_REJECTED);
	}
	CHECK(fine > 0);
}

int main(void)
{
	data = vf_bytes_str("subject,arm,result\n001,A,12\n");
	other = vf_bytes_str("something else\n");
	foreign_begin();
	test_ordinary();
	test_not_judged();
	test_embedded_and_digest();
	test_several_signers();
	test_small_order();
	test_unbound();
	test_records_inside();
	test_archive();
	test_cover();
	test_bits();
	test_little_memory();
	return foreign_end();
}
