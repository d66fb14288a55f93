#include "verify/meaning.h"

#include "tests/unit/pki_maker.h"
#include "verify/limits.h"
#include "verify/text.h"

#define TIME_ATTR "1.2.840.113549.1.9.5"
#define COMMITMENT "1.2.840.113549.1.9.16.2.16"
#define SIGNER "0.4.0.19122.1.1"
#define COMMON_NAME "2.5.4.3"
#define APPROVAL "1.2.840.113549.1.9.16.6.5"

static EVP_PKEY *key;
static struct vf_bytes cert;
static struct vf_said said;

/* The outcome of reading a signature with these signed and unsigned attributes beside the mandatory ones. */
static enum vf_rc read_both(struct vf_bytes attrs, struct vf_bytes unsigned_attrs)
{
	struct cms_spec spec = {.cert = cert, .key = key, .content_type = "1.2.840.113549.1.7.1", .detached = true,
		.content = vf_bytes_str(DATA), .certs = cert, .attrs = attrs, .unsigned_attrs = unsigned_attrs};
	struct vf_signed s;
	struct vf_err err;
	enum vf_rc rc;

	rc = vf_cms_parse(make_cms(&spec), VF_CMS_SUBMITTER, &s, &err);
	if (rc != VF_OK)
		return rc;
	memset(&said, 0xee, sizeof(said));
	rc = vf_meaning_read(&s, &said, &err);
	CHECK(rc == VF_OK || said.meaning == (enum vf_meaning)0xeeeeeeee);
	return rc;
}

static enum vf_rc read(struct vf_bytes attrs)
{
	return read_both(attrs, NOTHING);
}

static struct vf_bytes commitment(const char *oid)
{
	return DER(VF_DER_SEQUENCE, make_oid(oid));
}

static struct vf_bytes meaning(const char *oid)
{
	return make_attr(COMMITMENT, commitment(oid));
}

/* SignerAttributeV2 with these claimed attributes. */
static struct vf_bytes claimed(struct vf_bytes attributes)
{
	return make_attr(SIGNER, DER(VF_DER_SEQUENCE, DER(VF_DER_CONTEXT(0), make_der(VF_DER_SEQUENCE, attributes))));
}

static struct vf_bytes name_attr(uint8_t tag, struct vf_bytes name)
{
	return make_attr(COMMON_NAME, make_der(tag, name));
}

static struct vf_bytes named(const char *name)
{
	return claimed(name_attr(VF_DER_UTF8_STRING, vf_bytes_str(name)));
}

static void test_absent(void)
{
	CHECK_RC(read(NOTHING), VF_OK);
	CHECK_INT(said.meaning, VF_MEANING_NONE);
	CHECK_INT(said.meaning_oid.n, 0);
	CHECK_INT(said.name.n, 0);
	CHECK(said.time == VF_TIME_NONE);
	CHECK(!said.unsigned_too);
}

static void test_meanings(void)
{
	static const struct {
		const char *name, *oid;
	} rows[] = {
		{"approval", APPROVAL},
		{"author", "1.2.840.113549.1.9.16.6.6"},
		{"origin", "1.2.840.113549.1.9.16.6.1"},
		{"receipt", "1.2.840.113549.1.9.16.6.2"},
		{"responsibility", "2.25.201717531791956322157735468485827663522.1.1"},
		{"review", "2.25.201717531791956322157735468485827663522.1.2"},
		{"witness", "2.25.201717531791956322157735468485827663522.1.3"},
	};
	char text[80];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vf_bytes oid = make_oid(rows[i].oid);

		CHECK_RC(read(meaning(rows[i].oid)), VF_OK);
		CHECK(said.meaning > VF_MEANING_OTHER && said.meaning < VF_MEANING_COUNT);
		CHECK_STR(vf_meaning_name(said.meaning), rows[i].name);
		CHECK_INT(vf_meaning_find(vf_bytes_str(rows[i].name)), said.meaning);
		CHECK_BYTES(vf_meaning_oid(said.meaning), vf_bytes(oid.p + 2, oid.n - 2));
		CHECK_BYTES(said.meaning_oid, vf_meaning_oid(said.meaning));
		vf_meaning_oid_text(&said, text, sizeof(text));
		CHECK_STR(text, rows[i].oid);
	}
	CHECK_INT(sizeof(rows) / sizeof(rows[0]), VF_MEANING_COUNT - VF_MEANING_APPROVAL);
	CHECK_INT(vf_meaning_find(vf_bytes_str("approved")), VF_MEANING_NONE);
	CHECK_INT(vf_meaning_find(NOTHING), VF_MEANING_NONE);
	CHECK(!vf_meaning_name(VF_MEANING_NONE) && !vf_meaning_name(VF_MEANING_OTHER));
}

/* Neighbours of known OIDs are not known, nor is a known one that something narrows. */
static void test_unknown(void)
{
	static const char *const oids[] = {"1.2.840.113549.1.9.16.6", "1.2.840.113549.1.9.16.6.3",
		"1.2.840.113549.1.9.16.6.5.1",
		"2.25.201717531791956322157735468485827663522.1", "2.25.201717531791956322157735468485827663522.1.4",
		"2.25.201717531791956322157735468485827663523.1.1", "1.2.3"};
	char text[80];

	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		CHECK_RC(read(meaning(oids[i])), VF_OK);
		CHECK_INT(said.meaning, VF_MEANING_OTHER);
		CHECK(said.meaning_oid.n != 0);
	}
	vf_meaning_oid_text(&said, text, sizeof(text));
	CHECK_STR(text, "1.2.3");
	CHECK_RC(read(make_attr(COMMITMENT, DER(VF_DER_SEQUENCE, make_oid(APPROVAL),
			 DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_oid("1.2.3")))))),
		VF_OK);
	CHECK_INT(said.meaning, VF_MEANING_OTHER);
}

static void test_bad_meanings(void)
{
	struct vf_bytes oid = make_oid(APPROVAL), other = make_oid("1.2.840.113549.1.9.16.6.6");

	/* two meanings: twice the attribute, two values, two identifiers */
	CHECK_RC(read(JOIN(meaning(APPROVAL), meaning("1.2.840.113549.1.9.16.6.6"))), VF_CMS_SHAPE);
	CHECK_RC(read(JOIN(meaning(APPROVAL), meaning(APPROVAL))), VF_CMS_SHAPE);
	CHECK_RC(read(DER(VF_DER_SEQUENCE, make_oid(COMMITMENT),
			 DER(VF_DER_SET, commitment(APPROVAL), commitment("1.2.840.113549.1.9.16.6.6")))),
		VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(COMMITMENT, DER(VF_DER_SEQUENCE, oid, other))), VF_CMS_SHAPE);
	/* no value, none of the right type, no identifier, empty qualifiers, something after them */
	CHECK_RC(read(DER(VF_DER_SEQUENCE, make_oid(COMMITMENT), make_der(VF_DER_SET, NOTHING))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(COMMITMENT, oid)), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(COMMITMENT, make_der(VF_DER_SEQUENCE, NOTHING))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(COMMITMENT, DER(VF_DER_SEQUENCE, make_der(VF_DER_OID, NOTHING)))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(COMMITMENT, DER(VF_DER_SEQUENCE, oid, make_der(VF_DER_SEQUENCE, NOTHING)))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(COMMITMENT, DER(VF_DER_SEQUENCE, oid, DER(VF_DER_SEQUENCE, oid), oid))), VF_CMS_SHAPE);
}

static void test_names(void)
{
	static const char *const good[] = {"A", "Dr. A. Example", "Zoë Müller-Łukasz", "山田太郎", "O'Brien (PI), MD"};
	/* spaces at the ends, controls, a change of direction, an isolate, an invisible space, a line end, no UTF-8 */
	static const char *const bad[] = {" A", "A ", "A\tB", "A\nB", "A\x7f" "B", "A\xe2\x80\xae" "B", "A\xe2\x81\xa6" "B",
		"A\xe2\x80\x8b" "B", "A\xe2\x80\xa8" "B", "A\xff", ""};
	char longest[VF_MAX_PRINTED_NAME + 2];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_RC(read(named(good[i])), VF_OK);
		CHECK_BYTES(said.name, vf_bytes_str(good[i]));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_RC(read(named(bad[i])), VF_CMS_SHAPE);
		CHECK(!vf_printed_name_is(vf_bytes_str(bad[i])));
	}
	CHECK_RC(read(claimed(name_attr(VF_DER_UTF8_STRING, vf_bytes("A\0B", 3)))), VF_CMS_SHAPE);
	memset(longest, 'a', sizeof(longest));
	CHECK_RC(read(claimed(name_attr(VF_DER_UTF8_STRING, vf_bytes(longest, VF_MAX_PRINTED_NAME)))), VF_OK);
	CHECK_RC(read(claimed(name_attr(VF_DER_UTF8_STRING, vf_bytes(longest, VF_MAX_PRINTED_NAME + 1)))), VF_CMS_SHAPE);
}

static void test_signer_attributes(void)
{
	struct vf_bytes a = make_der(VF_DER_UTF8_STRING, vf_bytes_str("A"));
	struct vf_bytes name = make_attr(COMMON_NAME, a), role = make_attr("2.5.4.72", a);
	struct vf_bytes list = DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, name));
	struct vf_bytes certified = DER(VF_DER_CONTEXT(1), DER(VF_DER_SEQUENCE, name));
	struct vf_bytes assertions = DER(VF_DER_CONTEXT(2), DER(VF_DER_SEQUENCE, name));

	/* what else is claimed or certified is passed over */
	CHECK_RC(read(claimed(JOIN(role, name))), VF_OK);
	CHECK_BYTES(said.name, vf_bytes_str("A"));
	CHECK_RC(read(claimed(role)), VF_OK);
	CHECK_INT(said.name.n, 0);
	CHECK_RC(read(make_attr(SIGNER, DER(VF_DER_SEQUENCE, list, certified, assertions))), VF_OK);
	CHECK_BYTES(said.name, vf_bytes_str("A"));
	CHECK_RC(read(make_attr(SIGNER, DER(VF_DER_SEQUENCE, assertions))), VF_OK);
	CHECK_INT(said.name.n, 0);
	/* two names, in every way */
	CHECK_RC(read(claimed(JOIN(name, name))), VF_CMS_SHAPE);
	CHECK_RC(read(JOIN(claimed(name), claimed(name))), VF_CMS_SHAPE);
	CHECK_RC(read(claimed(DER(VF_DER_SEQUENCE, make_oid(COMMON_NAME), DER(VF_DER_SET, a, a)))), VF_CMS_SHAPE);
	/* another type of string, an implicit tag, a wrong order, nothing at all */
	CHECK_RC(read(claimed(name_attr(0x13, vf_bytes_str("A")))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(SIGNER, DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), name)))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(SIGNER, DER(VF_DER_SEQUENCE, certified, list))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(SIGNER, make_der(VF_DER_SEQUENCE, NOTHING))), VF_CMS_SHAPE);
	CHECK_RC(read(claimed(NOTHING)), VF_CMS_SHAPE);
	CHECK_RC(read(claimed(make_oid(COMMON_NAME))), VF_CMS_SHAPE);
	CHECK_RC(read(make_attr(SIGNER, list)), VF_CMS_SHAPE);
}

static void test_times(void)
{
	static const struct {
		uint8_t tag;
		const char *text, *time;
	} rows[] = {
		{VF_DER_UTC_TIME, "250301120000Z", "2025-03-01T12:00:00Z"},
		{VF_DER_UTC_TIME, "500301120000Z", "1950-03-01T12:00:00Z"},
		{VF_DER_GENERALIZED_TIME, "20500301120000Z", "2050-03-01T12:00:00Z"},
		/* RFC 5652 11.3: UTCTime through 2049; no fraction; seconds and Z */
		{VF_DER_GENERALIZED_TIME, "20490301120000Z", NULL},
		{VF_DER_GENERALIZED_TIME, "20500301120000.5Z", NULL},
		{VF_DER_UTC_TIME, "2503011200Z", NULL},
		{VF_DER_UTC_TIME, "250301120000+0100", NULL},
		{VF_DER_UTC_TIME, "250230120000Z", NULL},
		{VF_DER_UTF8_STRING, "250301120000Z", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_RC(read(make_attr(TIME_ATTR, make_der(rows[i].tag, vf_bytes_str(rows[i].text)))),
			rows[i].time ? VF_OK : VF_CMS_SHAPE);
		if (rows[i].time)
			CHECK_INT(said.time, make_time(rows[i].time));
	}
}

/* Attributes that vf_cms_parse() would have refused: whoever calls without it gets no other answer. */
static void test_unparsed(void)
{
	struct vf_bytes good = make_attr("1.2.3", make_oid("1.2.3"));
	const struct {
		struct vf_bytes attrs;
		enum vf_rc rc;
	} rows[] = {
		{make_der(VF_DER_CONTEXT(0), good), VF_OK},
		{NOTHING, VF_CMS_SHAPE},
		{make_der(VF_DER_SET, good), VF_CMS_SHAPE},
		{JOIN(make_der(VF_DER_CONTEXT(0), good), good), VF_CMS_SHAPE},
		{DER(VF_DER_CONTEXT(0), good, make_oid("1.2.3")), VF_CMS_SHAPE},
		{DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, make_oid("1.2.3"))), VF_CMS_SHAPE},
		{DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, make_oid("1.2.3"), make_oid("1.2.3"))), VF_CMS_SHAPE},
		{DER(VF_DER_CONTEXT(0), make_attr(TIME_ATTR, make_der(VF_DER_UTC_TIME, vf_bytes_str("250301120000Z"))),
			 make_attr(TIME_ATTR, make_der(VF_DER_UTC_TIME, vf_bytes_str("250301120000Z")))),
			VF_CMS_SHAPE},
	};
	struct vf_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_RC(vf_meaning_read(&(struct vf_signed){.signed_attrs = rows[i].attrs}, &said, &err), rows[i].rc);
}

/* Nobody signed them: they say nothing, and that is noted, also when they are malformed. */
static void test_unsigned(void)
{
	CHECK_RC(read_both(NOTHING, meaning(APPROVAL)), VF_OK);
	CHECK(said.unsigned_too);
	CHECK_INT(said.meaning, VF_MEANING_NONE);
	CHECK_RC(read_both(meaning(APPROVAL), JOIN(make_attr("1.2.3", make_oid("1.2.3")), named("A"))), VF_OK);
	CHECK(said.unsigned_too);
	CHECK_INT(said.meaning, VF_MEANING_APPROVAL);
	CHECK_INT(said.name.n, 0);
	CHECK_RC(read_both(NOTHING, make_attr(COMMITMENT, make_oid("1.2.3"))), VF_OK);
	CHECK(said.unsigned_too);
	CHECK_RC(read_both(NOTHING, make_attr("1.2.3", make_oid("1.2.3"))), VF_OK);
	CHECK(!said.unsigned_too);
}

int main(void)
{
	key = make_key("p256.key");
	cert = make_cert(&(struct cert_spec){.name = "Signer", .key = key, .issuer_key = key,
		.ext = {{"keyUsage", "critical,digitalSignature"}}});
	test_absent();
	test_meanings();
	test_unknown();
	test_bad_meanings();
	test_names();
	test_signer_attributes();
	test_times();
	test_unparsed();
	test_unsigned();
	EVP_PKEY_free(key);
	return check_done();
}
