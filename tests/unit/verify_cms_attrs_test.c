#include "verify/cms_attrs.h"

#include <openssl/cms.h>

#include "tests/unit/pki_maker.h"
#include "verify/limits.h"

#define AA "1.2.840.113549.1.9.16.2."
#define SIGNED_DATA "1.2.840.113549.1.7.2"

static EVP_PKEY *p256;
static struct vf_bytes cert;

static struct vf_bytes seq(uint8_t v)
{
	return DER(VF_DER_SEQUENCE, make_int(v));
}

static struct vf_bytes unsigned_field(struct vf_bytes attrs)
{
	return make_der(VF_DER_CONTEXT(1), attrs);
}

static struct vf_bytes attr_of(const char *oid, struct vf_bytes values)
{
	return DER(VF_DER_SEQUENCE, make_oid(oid), make_der(VF_DER_SET, values));
}

/* Every kind is found by its OID, and its neighbours are not taken for it. */
static void test_kinds(void)
{
	static const struct {
		const char *oid;
		enum vf_attr_kind kind;
		bool stamp;
	} rows[] = {
		{AA "14", VF_ATTR_SIGNATURE_TIME_STAMP, true},
		{AA "27", VF_ATTR_ARCHIVE_TIME_STAMP_V1, true},
		{AA "48", VF_ATTR_ARCHIVE_TIME_STAMP_V2, true},
		{"0.4.0.1733.2.4", VF_ATTR_ARCHIVE_TIME_STAMP_V3, true},
		{AA "25", VF_ATTR_ESC_TIME_STAMP, true},
		{AA "26", VF_ATTR_CERT_CRL_TIME_STAMP, true},
		{"1.2.840.113549.1.9.6", VF_ATTR_COUNTERSIGNATURE, false},
		{AA "49", VF_ATTR_ER_INTERNAL, false},
		{AA "50", VF_ATTR_ER_EXTERNAL, false},
		{AA "23", VF_ATTR_CERT_VALUES, false},
		{AA "24", VF_ATTR_REVOCATION_VALUES, false},
		{"0.4.0.1733.2.5", VF_ATTR_HASH_INDEX, false},
		{"0.4.0.19122.1.5", VF_ATTR_HASH_INDEX_V3, false},
		{AA "21", VF_ATTR_OTHER, false},
		{AA "14.1", VF_ATTR_OTHER, false},
		{"1.2.840.113549.1.9.16.3.14", VF_ATTR_OTHER, false},
		{"1.2.840.113549.1.9.16.2", VF_ATTR_OTHER, false},
		{"0.4.0.1733.2.3", VF_ATTR_OTHER, false},
	};
	struct vf_bytes all = NOTHING;
	struct vf_attrs it;
	struct vf_attr a;
	struct vf_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		all = JOIN(all, attr_of(rows[i].oid, seq((uint8_t)i)));
	CHECK_RC(vf_attrs_init(&it, unsigned_field(all), VF_CMS_SUBMITTER, &err), VF_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(vf_attrs_next(&it, &a));
		CHECK_INT(a.kind, rows[i].kind);
		CHECK_INT(vf_attr_is_time_stamp(a.kind), rows[i].stamp);
		CHECK_BYTES(a.oid, make_oid(rows[i].oid));
		CHECK_BYTES(a.value, seq((uint8_t)i));
		CHECK_BYTES(a.attribute, attr_of(rows[i].oid, seq((uint8_t)i)));
		CHECK(a.first && vf_attr_name(a.kind)[0] != '\0');
		CHECK((strcmp(vf_attr_name(a.kind), "unknown attribute") == 0) == (a.kind == VF_ATTR_OTHER));
	}
	CHECK(!vf_attrs_next(&it, &a));
	CHECK(!vf_attrs_next(&it, &a));
	CHECK_RC(vf_attrs_init(&it, NOTHING, VF_CMS_SUBMITTER, &err), VF_OK);
	CHECK(!vf_attrs_next(&it, &a));
}

/* An attribute with several values, and one that stands several times. */
static void test_several(void)
{
	struct vf_bytes three = attr_of(AA "14", JOIN(seq(1), seq(2), seq(3)));
	struct vf_bytes field = unsigned_field(JOIN(three, attr_of("1.2.3", make_int(9)), attr_of(AA "14", seq(4))));
	static const struct {
		uint8_t value;
		bool first;
	} rows[] = {{1, true}, {2, false}, {3, false}, {9, true}, {4, true}};
	struct vf_attrs it;
	struct vf_attr a;
	struct vf_err err;

	CHECK_RC(vf_attrs_init(&it, field, VF_CMS_SUBMITTER, &err), VF_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(vf_attrs_next(&it, &a));
		CHECK_BYTES(a.value, rows[i].value == 9 ? make_int(9) : seq(rows[i].value));
		CHECK_INT(a.first, rows[i].first);
		if (i < 3)
			CHECK_BYTES(a.attribute, three);
	}
	CHECK(!vf_attrs_next(&it, &a));
}

static void test_refusals(void)
{
	struct vf_bytes good = attr_of(AA "14", seq(1)), values = make_der(VF_DER_SET, seq(1));
	struct vf_bytes rows[] = {
		unsigned_field(NOTHING),
		make_der(VF_DER_CONTEXT(0), good),
		JOIN(unsigned_field(good), make_int(1)),
		unsigned_field(seq(1)),
		unsigned_field(make_oid("1.2.3")),
		unsigned_field(DER(VF_DER_SEQUENCE, make_oid("1.2.3"))),
		unsigned_field(DER(VF_DER_SEQUENCE, values)),
		unsigned_field(DER(VF_DER_SEQUENCE, make_oid("1.2.3"), values, values)),
		unsigned_field(DER(VF_DER_SEQUENCE, make_oid("1.2.3"), seq(1))),
		unsigned_field(attr_of("1.2.3", NOTHING)),
		unsigned_field(attr_of(AA "14", NOTHING)),
		unsigned_field(attr_of(AA "14", make_int(1))),
		unsigned_field(attr_of(AA "14", JOIN(seq(1), make_int(1)))),
		unsigned_field(attr_of(AA "49", JOIN(seq(1), seq(2)))),
		unsigned_field(attr_of(AA "50", JOIN(seq(1), seq(2)))),
		unsigned_field(attr_of("1.2.3", vf_bytes("\2\2\0\1", 4))),
		unsigned_field(attr_of("1.2.3", vf_bytes("\2\2\1", 3))),
		unsigned_field(JOIN(good, vf_bytes("\x30\x80", 2))),
	};
	struct vf_attrs it;
	struct vf_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (vf_attrs_init(&it, rows[i], VF_CMS_SUBMITTER, &err) != VF_CMS_SHAPE)
			CHECK_FAIL("row %zu is accepted", i);
		CHECK_RC(vf_attrs_init(&it, rows[i], VF_CMS_TOKEN, &err), VF_TS_SHAPE);
	}
	CHECK_RC(vf_attrs_init(&it, unsigned_field(good), VF_CMS_SUBMITTER, &err), VF_OK);
	CHECK_RC(vf_attrs_init(&it, unsigned_field(attr_of("1.2.3", JOIN(seq(1), make_int(1)))), VF_CMS_SUBMITTER, &err),
		VF_OK);
}

static void test_signature_imprint(void)
{
	struct cms_spec spec = {.cert = cert, .key = p256, .content = vf_bytes_str(DATA), .certs = cert,
		.signature = vf_bytes_str("a signature")};
	struct vf_digest d;
	struct vf_signed s;
	struct vf_err err;

	CHECK_RC(vf_cms_parse(make_cms(&spec), VF_CMS_TOKEN, &s, &err), VF_OK);
	CHECK_RC(vf_cms_signature_imprint(&s, VF_SHA512, &d, &err), VF_OK);
	CHECK_INT(d.alg, VF_SHA512);
	CHECK_BYTES(vf_digest_bytes(&d), make_digest(VF_SHA512, vf_bytes_str("a signature")));
}

/* certificate-values and revocation-values. */
static void test_values(void)
{
	struct vf_bytes crl = make_file("crl-before.der"), none = DER(VF_DER_SEQUENCE, NOTHING), got;
	struct vf_bytes crls = make_der(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, crl, crl));
	struct vf_bytes ocsp = make_der(VF_DER_CONTEXT(1), DER(VF_DER_SEQUENCE, seq(1)));
	struct vf_bytes other = make_der(VF_DER_CONTEXT(2), DER(VF_DER_SEQUENCE, make_oid("1.2.3"), seq(1)));
	const struct {
		struct vf_bytes value;
		enum vf_rc rc;
	} rows[] = {
		{none, VF_OK},
		{DER(VF_DER_SEQUENCE, crls), VF_OK},
		{DER(VF_DER_SEQUENCE, ocsp), VF_OK},
		{DER(VF_DER_SEQUENCE, other), VF_OK},
		{DER(VF_DER_SEQUENCE, ocsp, crls), VF_CMS_SHAPE},
		{DER(VF_DER_SEQUENCE, crls, crls), VF_CMS_SHAPE},
		{DER(VF_DER_SEQUENCE, crls, seq(1)), VF_CMS_SHAPE},
		{DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), crl)), VF_CMS_SHAPE}, /* without its SEQUENCE OF */
		{DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, make_int(1)))), VF_CMS_SHAPE},
		{DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(1), DER(VF_DER_SET, seq(1)))), VF_CMS_SHAPE},
		{JOIN(none, none), VF_CMS_SHAPE},
		{make_int(1), VF_CMS_SHAPE},
	};
	struct vf_revocation_values v;
	struct vf_bytes list;
	struct vf_der one;
	struct vf_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_RC(vf_revocation_values_read(rows[i].value, VF_CMS_SUBMITTER, &v, &err), rows[i].rc);
	CHECK_RC(vf_revocation_values_read(DER(VF_DER_SEQUENCE, crls, ocsp, other), VF_CMS_SUBMITTER, &v, &err), VF_OK);
	CHECK(v.has_other);
	CHECK_BYTES(v.crls, JOIN(crl, crl));
	CHECK_BYTES(v.ocsp, seq(1));
	CHECK(vf_der_take(&v.crls, &one));
	CHECK_BYTES(one.whole, crl);
	CHECK_RC(vf_cert_values_read(DER(VF_DER_SEQUENCE, cert, cert), VF_CMS_SUBMITTER, &list, &err), VF_OK);
	CHECK(vf_cms_take_cert(&list, &got));
	CHECK_BYTES(got, cert);
	CHECK_RC(vf_cert_values_read(cert, VF_CMS_SUBMITTER, &list, &err), VF_CMS_SHAPE);
	CHECK_RC(vf_cert_values_read(DER(VF_DER_SEQUENCE, cert, make_int(1)), VF_CMS_SUBMITTER, &list, &err), VF_CMS_SHAPE);
	CHECK_RC(vf_cert_values_read(JOIN(none, none), VF_CMS_SUBMITTER, &list, &err), VF_CMS_SHAPE);
}

/* The response of a responder, taken out of its wrapping and put into ours. */
static void test_ocsp_wrap(void)
{
	struct vf_bytes whole = make_file("ocsp-good.der"), got;
	struct vf_der all, status, explicit, bytes, type, octets;
	uint8_t block[8192];
	struct vf_arena a;
	struct vf_err err;

	MUST(vf_der_only(whole, VF_DER_SEQUENCE, &all) && vf_der_take(&all.body, &status) &&
		vf_der_only(all.body, VF_DER_CONTEXT(0), &explicit) &&
		vf_der_only(explicit.body, VF_DER_SEQUENCE, &bytes) && vf_der_take(&bytes.body, &type) &&
		vf_der_only(bytes.body, VF_DER_OCTET_STRING, &octets));
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_ocsp_wrap(octets.body, &a, &got, &err), VF_OK);
	CHECK_BYTES(got, whole);
	CHECK_RC(vf_ocsp_wrap(seq(1), &a, &got, &err), VF_OK);
	CHECK(vf_der_is_strict(got) && got.n == 27);
	vf_arena_init(&a, block, 80);
	CHECK_RC(vf_ocsp_wrap(octets.body, &a, &got, &err), VF_NO_MEMORY);
}

/* evidence records */

static enum vf_rc without(struct vf_bytes der, size_t which, struct vf_bytes *ret)
{
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, make_room(der.n + 32), der.n + 32);
	return vf_cms_without_er(der, which, &a, ret, &err);
}

static struct vf_bytes cms_octets(CMS_ContentInfo *cms)
{
	unsigned char *out = NULL;
	int n = i2d_CMS_ContentInfo(cms, &out);
	struct vf_bytes r;

	MUST(n > 0);
	r = make_copy(vf_bytes(out, (size_t)n));
	OPENSSL_free(out);
	return r;
}

static void add_attr(CMS_ContentInfo *cms, const char *oid, struct vf_bytes value)
{
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

	MUST(si && o && CMS_unsigned_add1_attr_by_OBJ(si, o, V_ASN1_SEQUENCE, value.p, (int)value.n) == 1);
	ASN1_OBJECT_free(o);
}

/* OpenSSL signs and adds attributes; taken out again, the octets are those from before. */
static void test_er_openssl(void)
{
	static const size_t sizes[] = {1, 60, 120, 200, 60000, 70000};
	struct vf_bytes x_der = make_file("tsa-p256.der"), before, stamped, got;
	const unsigned char *p = x_der.p;
	X509 *x = d2i_X509(NULL, &p, (long)x_der.n);
	uint8_t *big = make_room(70000);

	memset(big, 'r', 70000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned detached = 0; detached < 2; detached++) {
			BIO *in = BIO_new_mem_buf(DATA, sizeof(DATA) - 1);
			struct vf_bytes er = DER(VF_DER_SEQUENCE, make_der(VF_DER_OCTET_STRING, vf_bytes(big, sizes[i])));
			CMS_ContentInfo *cms = CMS_sign(x, p256, NULL, in,
				CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | (detached ? CMS_DETACHED : 0));

			MUST(cms);
			before = cms_octets(cms);
			add_attr(cms, detached ? AA "50" : AA "49", er);
			CHECK_RC(without(cms_octets(cms), 0, &got), VF_OK);
			CHECK_BYTES(got, before);
			CMS_ContentInfo_free(cms);
			/* and beside a time-stamp, which stays */
			p = before.p;
			cms = d2i_CMS_ContentInfo(NULL, &p, (long)before.n);
			add_attr(cms, AA "14", seq(1));
			stamped = cms_octets(cms);
			add_attr(cms, AA "49", er);
			CHECK_RC(without(cms_octets(cms), 0, &got), VF_OK);
			CHECK_BYTES(got, stamped);
			CHECK_RC(without(cms_octets(cms), 1, &got), VF_CMS_SHAPE);
			CMS_ContentInfo_free(cms);
			BIO_free(in);
		}
	}
	X509_free(x);
}

/* The parts of a signature, put together with definite lengths or, where bit i is set, an indefinite one at level i. */
static struct vf_bytes wrap(unsigned levels, unsigned level, uint8_t tag, struct vf_bytes body)
{
	if (levels >> level & 1)
		return JOIN(vf_bytes(&(uint8_t[]){tag}[0], 1), vf_bytes("\x80", 1), body, vf_bytes("\0\0", 2));
	return make_der(tag, body);
}

static struct vf_bytes assemble(unsigned levels, struct vf_bytes attrs, struct vf_bytes more_signers)
{
	struct vf_bytes null = make_der(VF_DER_NULL, NOTHING);
	struct vf_bytes field = attrs.n ? wrap(levels, 5, VF_DER_CONTEXT(1), attrs) : NOTHING;
	struct vf_bytes signer = wrap(levels, 4, VF_DER_SEQUENCE,
		JOIN(make_int(1), seq(9), seq(8), make_der(VF_DER_CONTEXT(0), null), seq(7),
			make_der(VF_DER_OCTET_STRING, vf_bytes_str("signature")), field));
	struct vf_bytes data = JOIN(make_int(1), make_der(VF_DER_SET, seq(8)), DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.1")),
		make_der(VF_DER_CONTEXT(0), seq(1)), make_der(VF_DER_CONTEXT(1), seq(2)),
		wrap(levels, 3, VF_DER_SET, JOIN(signer, more_signers)));

	return wrap(levels, 0, VF_DER_SEQUENCE,
		JOIN(make_oid(SIGNED_DATA),
			wrap(levels, 1, VF_DER_CONTEXT(0), wrap(levels, 2, VF_DER_SEQUENCE, data))));
}

/* RFC 4998 appendix A: for record n all from n on go, those before stay. */
static void test_er_order(void)
{
	struct vf_bytes stamp = attr_of(AA "14", JOIN(seq(1), seq(2))), other = attr_of("1.2.3", make_int(3));
	struct vf_bytes er1 = attr_of(AA "50", seq(10)), er2 = attr_of(AA "49", seq(5)), er3 = attr_of(AA "49", seq(7)), got;
	struct vf_bytes all = JOIN(stamp, er1, other, er2, er3), second = DER(VF_DER_SEQUENCE, make_int(1), unsigned_field(er1));
	size_t kept = maker_used;

	for (unsigned levels = 0; levels < 64; levels++) {
		struct vf_bytes der = assemble(levels, all, second);

		CHECK_RC(without(der, 0, &got), VF_OK);
		CHECK_BYTES(got, assemble(levels, JOIN(stamp, other), second));
		CHECK_RC(without(der, 1, &got), VF_OK);
		CHECK_BYTES(got, assemble(levels, JOIN(stamp, er1, other), second));
		CHECK_RC(without(der, 2, &got), VF_OK);
		CHECK_BYTES(got, assemble(levels, JOIN(stamp, er1, other, er2), second));
		CHECK_RC(without(der, 3, &got), VF_CMS_SHAPE);
		CHECK_RC(without(assemble(levels, JOIN(er1, er2), NOTHING), 0, &got), VF_OK);
		CHECK_BYTES(got, assemble(levels, NOTHING, NOTHING));
		maker_used = kept;
	}
}

static void test_er_refusals(void)
{
	struct vf_bytes er = attr_of(AA "49", seq(1)), good = assemble(0, er, NOTHING), got, part;
	struct vf_bytes rows[] = {
		NOTHING, seq(1), JOIN(good, make_int(1)),
		assemble(0, NOTHING, NOTHING),
		/* the record of the second signer is none of the first */
		assemble(0, NOTHING, DER(VF_DER_SEQUENCE, make_int(1), unsigned_field(er))),
		assemble(0, attr_of("1.2.3", seq(1)), NOTHING),
		assemble(0, attr_of(AA "49", JOIN(seq(1), seq(2))), NOTHING),
		assemble(0, attr_of(AA "49", NOTHING), NOTHING),
		assemble(0, JOIN(er, make_int(1)), NOTHING),
		assemble(0, JOIN(er, DER(VF_DER_SEQUENCE, make_oid("1.2.3"))), NOTHING),
		assemble(0, JOIN(er, DER(VF_DER_SEQUENCE, make_oid("1.2.3"), seq(1))), NOTHING),
		assemble(0, JOIN(er, seq(1)), NOTHING),
		assemble(0, JOIN(er, vf_bytes("\x30\x05", 2)), NOTHING),
		DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.3"), make_der(VF_DER_CONTEXT(0), seq(1))),
		DER(VF_DER_SEQUENCE, make_int(1), make_oid(SIGNED_DATA), make_der(VF_DER_CONTEXT(0), seq(1))),
	};
	uint8_t block[16], *large = malloc(VF_MAX_PART + 1);
	struct vf_der all, type;
	struct vf_arena a;
	struct vf_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (without(rows[i], 0, &got) != VF_CMS_SHAPE)
			CHECK_FAIL("row %zu is accepted", i);
	CHECK_RC(without(good, 0, &got), VF_OK);
	/* all the same, and only its type says that it is no SignedData */
	MUST(vf_der_only(good, VF_DER_SEQUENCE, &all) && vf_der_take(&all.body, &type));
	CHECK_RC(without(DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.3"), all.body), 0, &got), VF_CMS_SHAPE);
	CHECK_RC(without(DER(VF_DER_SEQUENCE, make_oid(SIGNED_DATA), all.body), 0, &got), VF_OK);
	for (size_t n = 0; n < good.n; n++) {
		MUST(vf_bytes_slice(good, 0, n, &part));
		CHECK_RC(without(part, 0, &got), VF_CMS_SHAPE);
	}
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_cms_without_er(good, 0, &a, &got, &err), VF_NO_MEMORY);
	MUST(large);
	memset(large, 0x30, VF_MAX_PART + 1);
	CHECK_RC(vf_cms_without_er(vf_bytes(large, VF_MAX_PART + 1), 0, &a, &got, &err), VF_LIMIT);
	free(large);
}

/* archive-time-stamp-v3 */

static struct vf_bytes value_of(enum vf_alg alg, struct vf_bytes element)
{
	return make_der(VF_DER_OCTET_STRING, make_digest(alg, element));
}

static struct vf_bytes index_of(struct vf_bytes alg, struct vf_bytes certs, struct vf_bytes crls, struct vf_bytes attrs)
{
	return DER(VF_DER_SEQUENCE, alg, make_der(VF_DER_SEQUENCE, certs), make_der(VF_DER_SEQUENCE, crls),
		make_der(VF_DER_SEQUENCE, attrs));
}

static enum vf_rc read_index(struct vf_bytes unsigned_attrs, enum vf_alg imprint, struct vf_hash_index *ret)
{
	struct cms_spec spec = {.cert = cert, .key = p256, .content = vf_bytes_str(DATA), .certs = cert,
		.signature = vf_bytes_str("a signature"), .unsigned_attrs = unsigned_attrs};
	struct vf_signed token;
	struct vf_err err;

	MUST(vf_cms_parse(make_cms(&spec), VF_CMS_TOKEN, &token, &err) == VF_OK);
	return vf_hash_index_read(&token, imprint, VF_CMS_TOKEN, ret, &err);
}

#define V1 "0.4.0.1733.2.5"
#define V3 "0.4.0.19122.1.5"

static void test_index_shape(void)
{
	struct vf_bytes sha256 = make_alg(VF_SHA256), sha512 = make_alg(VF_SHA512), one = value_of(VF_SHA256, cert);
	struct vf_bytes fine = index_of(sha256, one, NOTHING, one), many = one;
	struct vf_bytes plain = index_of(NOTHING, one, one, one), sha1 = make_alg(VF_SHA1);
	const struct {
		struct vf_bytes attrs;
		enum vf_rc rc;
	} rows[] = {
		{attr_of(V3, fine), VF_OK},
		{attr_of(V1, fine), VF_OK},
		{JOIN(attr_of(AA "14", seq(1)), attr_of(V1, plain)), VF_OK}, /* DEFAULT SHA-256 */
		{attr_of(V3, plain), VF_TS_SHAPE},
		{NOTHING, VF_TS_SHAPE},
		{attr_of(AA "14", fine), VF_TS_SHAPE},
		{JOIN(attr_of(V1, fine), attr_of(V3, fine)), VF_TS_SHAPE},
		{attr_of(V3, JOIN(fine, fine)), VF_TS_SHAPE},
		{attr_of(V3, index_of(sha512, value_of(VF_SHA512, cert), NOTHING, NOTHING)), VF_TS_SHAPE}, /* not the imprint's */
		{attr_of(V3, index_of(sha1, NOTHING, NOTHING, NOTHING)), VF_TS_SHAPE},
		{attr_of(V3, index_of(sha256, value_of(VF_SHA512, cert), NOTHING, NOTHING)), VF_TS_SHAPE},
		{attr_of(V3, index_of(sha256, make_int(1), NOTHING, NOTHING)), VF_TS_SHAPE},
		{attr_of(V3, DER(VF_DER_SEQUENCE, sha256, DER(VF_DER_SEQUENCE, one), DER(VF_DER_SEQUENCE, one))), VF_TS_SHAPE},
		{attr_of(V3, DER(VF_DER_SEQUENCE, fine)), VF_TS_SHAPE},
		{attr_of(V3, index_of(sha256, one, one, JOIN(one, make_int(1)))), VF_TS_SHAPE},
		{attr_of(V3, seq(1)), VF_TS_SHAPE},
		{attr_of(V3, index_of(DER(VF_DER_SEQUENCE, make_oid("1.2.3")), NOTHING, NOTHING, NOTHING)), VF_UNKNOWN_ALGORITHM},
		{attr_of(V3, index_of(DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.2.5")), NOTHING, NOTHING, NOTHING)),
			VF_WEAK_ALGORITHM},
	};
	struct vf_hash_index index;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_RC(read_index(rows[i].attrs, VF_SHA256, &index), rows[i].rc);
	CHECK_RC(read_index(attr_of(V3, fine), VF_SHA256, &index), VF_OK);
	CHECK(index.v3 && index.alg == VF_SHA256 && index.crls.n == 0);
	CHECK_BYTES(index.whole, fine);
	CHECK_BYTES(index.certs, one);
	CHECK_BYTES(index.attrs, one);
	for (size_t i = 1; i < VF_MAX_HASH_INDEX; i *= 2)
		many = JOIN(many, many);
	CHECK_RC(read_index(attr_of(V3, index_of(sha256, NOTHING, many, NOTHING)), VF_SHA256, &index), VF_OK);
	CHECK_RC(read_index(attr_of(V3, index_of(sha256, one, many, NOTHING)), VF_SHA256, &index), VF_LIMIT);
}

/* The octets that are hashed, put together once more from what the maker signs. */
static void test_archive_imprint(void)
{
	struct cms_spec spec = {.cert = cert, .key = p256, .content_type = "1.2.840.113549.1.7.1", .detached = true,
		.content = vf_bytes_str(DATA), .signature = vf_bytes_str("a signature")};
	struct vf_bytes signer = make_signer(&spec, VF_SHA256, make_alg(VF_SHA256));
	struct vf_bytes content = make_digest(VF_SHA512, vf_bytes_str(DATA));
	struct vf_bytes ats = index_of(make_alg(VF_SHA512), NOTHING, NOTHING, NOTHING);
	struct vf_digest d = {.alg = VF_SHA512}, got;
	struct vf_hash_index index;
	struct vf_der all;
	struct vf_signed s;
	struct vf_err err;

	MUST(vf_der_only(signer, VF_DER_SEQUENCE, &all));
	memcpy(d.b, content.p, content.n);
	spec.unsigned_attrs = attr_of(AA "14", seq(1));
	CHECK_RC(vf_cms_parse(make_cms(&spec), VF_CMS_SUBMITTER, &s, &err), VF_OK);
	CHECK_BYTES(s.signer, all.body);
	CHECK_RC(read_index(attr_of(V3, ats), VF_SHA512, &index), VF_OK);
	CHECK_RC(vf_cms_archive_imprint(&s, &index, &d, &got, &err), VF_OK);
	CHECK_INT(got.alg, VF_SHA512);
	CHECK_BYTES(vf_digest_bytes(&got),
		make_digest(VF_SHA512, JOIN(make_oid("1.2.840.113549.1.7.1"), content, all.body, ats)));
	d.alg = VF_SHA256;
	CHECK_RC(vf_cms_archive_imprint(&s, &index, &d, &got, &err), VF_INTERNAL);
}

static void test_cover(void)
{
	struct vf_bytes crl = make_file("crl-before.der"), other_crl = make_file("crl-after.der");
	struct vf_bytes oid = make_oid(AA "14"), two = attr_of(AA "14", JOIN(seq(1), seq(2))), er = attr_of(AA "49", seq(3));
	struct vf_bytes later = make_file("root.der"), alg = make_alg(VF_SHA256);
	struct cms_spec spec = {.cert = cert, .key = p256, .content = vf_bytes_str(DATA), .certs = JOIN(cert, later),
		.crls = JOIN(crl, other_crl), .signature = vf_bytes_str("a signature"), .unsigned_attrs = JOIN(two, er)};
	struct vf_bytes c = value_of(VF_SHA256, cert), r = value_of(VF_SHA256, crl), a1 = value_of(VF_SHA256, JOIN(oid, seq(1)));
	struct vf_bytes a2 = value_of(VF_SHA256, JOIN(oid, seq(2))), whole = value_of(VF_SHA256, two), bad = value_of(VF_SHA256, oid);
	const struct {
		const char *version;
		struct vf_bytes certs, crls, attrs;
		enum vf_rc rc;
		struct vf_archive_cover cover;
	} rows[] = {
		{V3, c, r, JOIN(a1, a2), VF_OK, {1, 1, 2, 2, 2, 3}},
		{V3, c, r, a2, VF_OK, {1, 1, 1, 2, 2, 3}},
		{V3, JOIN(c, c), NOTHING, NOTHING, VF_OK, {1, 0, 0, 2, 2, 3}},
		{V3, JOIN(value_of(VF_SHA256, later), c), NOTHING, NOTHING, VF_OK, {2, 0, 0, 2, 2, 3}},
		{V3, NOTHING, NOTHING, NOTHING, VF_OK, {0, 0, 0, 2, 2, 3}},
		{V1, c, r, whole, VF_OK, {1, 1, 1, 2, 2, 2}},
		{V1, c, r, a1, VF_TS_ESS, {0}},
		{V3, c, r, whole, VF_TS_ESS, {0}},
		{V3, bad, r, a1, VF_TS_ESS, {0}},
		{V3, JOIN(c, bad, bad), r, a1, VF_TS_ESS, {0}},
		{V3, c, bad, a1, VF_TS_ESS, {0}},
		{V3, c, JOIN(r, bad), a1, VF_TS_ESS, {0}},
		{V3, c, r, JOIN(a1, bad), VF_TS_ESS, {0}},
		{V3, r, c, NOTHING, VF_TS_ESS, {0}}, /* in the wrong list */
	};
	struct vf_archive_cover got;
	struct vf_hash_index index;
	struct vf_attrs it;
	struct vf_attr attr;
	struct vf_signed s;
	struct vf_err err;

	CHECK_RC(vf_cms_parse(make_cms(&spec), VF_CMS_TOKEN, &s, &err), VF_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		MUST(read_index(attr_of(rows[i].version, index_of(alg, rows[i].certs, rows[i].crls, rows[i].attrs)), VF_SHA256,
			     &index) == VF_OK);
		got = (struct vf_archive_cover){0};
		CHECK_RC(vf_hash_index_check(&index, &s, VF_CMS_TOKEN, &got, &err), rows[i].rc);
		CHECK(memcmp(&got, &rows[i].cover, sizeof(got)) == 0);
	}
	MUST(read_index(attr_of(V3, index_of(alg, c, r, a2)), VF_SHA256, &index) == VF_OK);
	CHECK(vf_hash_index_has_cert(&index, cert) && !vf_hash_index_has_cert(&index, later));
	CHECK(vf_hash_index_has_crl(&index, crl) && !vf_hash_index_has_crl(&index, other_crl));
	MUST(vf_attrs_init(&it, s.unsigned_attrs, VF_CMS_TOKEN, &err) == VF_OK);
	CHECK(vf_attrs_next(&it, &attr) && !vf_hash_index_has_attr(&index, &attr));
	CHECK(vf_attrs_next(&it, &attr) && vf_hash_index_has_attr(&index, &attr));
	CHECK(vf_attrs_next(&it, &attr) && !vf_hash_index_has_attr(&index, &attr));
	MUST(read_index(attr_of(V1, index_of(alg, NOTHING, NOTHING, whole)), VF_SHA256, &index) == VF_OK);
	MUST(vf_attrs_init(&it, s.unsigned_attrs, VF_CMS_TOKEN, &err) == VF_OK);
	CHECK(vf_attrs_next(&it, &attr) && vf_hash_index_has_attr(&index, &attr));
	/* too many elements to compare, and attributes that cannot be read */
	spec.certs = seq(1);
	for (size_t i = 1; i <= VF_MAX_HASH_INDEX; i *= 2)
		spec.certs = JOIN(spec.certs, spec.certs);
	MUST(vf_cms_parse(make_cms(&spec), VF_CMS_TOKEN, &s, &err) == VF_OK);
	CHECK_RC(vf_hash_index_check(&index, &s, VF_CMS_TOKEN, &got, &err), VF_LIMIT);
	spec.certs = cert;
	spec.unsigned_attrs = seq(1);
	MUST(vf_cms_parse(make_cms(&spec), VF_CMS_TOKEN, &s, &err) == VF_OK);
	CHECK_RC(vf_hash_index_check(&index, &s, VF_CMS_TOKEN, &got, &err), VF_TS_SHAPE);
}

int main(void)
{
	p256 = make_key("p256.key");
	cert = make_file("tsa-p256.der");
	test_kinds();
	test_several();
	test_refusals();
	test_signature_imprint();
	test_values();
	test_ocsp_wrap();
	test_er_openssl();
	test_er_order();
	test_er_refusals();
	test_index_shape();
	test_archive_imprint();
	test_cover();
	EVP_PKEY_free(p256);
	return check_done();
}
