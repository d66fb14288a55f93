/* Who signed a record, as rules see it: only a signature that is right has a signer. */
#include "notary/record_signature.h"

#include "verify/bundle.h"
#include "verify/container.h"
#include "verify/files.h"
#include "verify/record.h"

#include "tests/submission_maker.h"
#include "tests/unit/bundle_maker.h"

#define BEFORE INT64_C(1577836800000) /* 2020-01-01 */
#define AFTER INT64_C(4102444800000)  /* 2100-01-01 */
#define DURING INT64_C(1780000000000) /* 2026-05-28 */

struct parts {
	uint8_t *block;
	struct vf_arena a;
	struct nt_record_signature s;
};

static void take(const struct vf_container *c, struct vf_arena *a, const char *name, struct vf_bytes *ret)
{
	const struct vf_zip_entry *e = vf_zip_find(&c->zip, vf_bytes_str(name));
	struct vf_bytes b = {NULL, 0};

	CHECK(e != NULL);
	if (e)
		CHECK_RC(vf_container_read(c, e, a, &b, NULL), VF_OK);
	/* a copy, which a test may change */
	CHECK(vf_arena_copy(a, b, ret));
}

static void read_parts(const char *path, bool all, struct parts *p)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = NULL;
	struct vf_container c;

	*p = (struct parts){.block = malloc(VF_BUNDLE_MEMORY)};
	vf_arena_init(&p->a, p->block, VF_BUNDLE_MEMORY);
	CHECK_RC(vf_input_open(path, VF_INPUT_WHOLE, &in, NULL), VF_OK);
	CHECK_RC(vf_container_open(vf_input_source(in), true, &p->a, &c, NULL), VF_OK);
	take(&c, &p->a, VF_NAME_STATEMENT, &p->s.statement);
	if (!all)
		return;
	take(&c, &p->a, VF_NAME_SIGNED_MANIFEST, &p->s.manifest);
	take(&c, &p->a, VF_NAME_SIGNATURE, &p->s.signature);
}

/* Whether it has a signer; either way it is no failure. */
static bool is_signed(struct nt_signatures *s, const struct nt_record_signature *r)
{
	struct nt_record_signer by;
	struct vf_err err;

	CHECK_RC(nt_signatures_read(s, r, DURING, &by, &err), VF_OK);
	CHECK(by.name.n > 0 || by.meaning.n == 0);
	return by.name.n > 0;
}

/* Every octet counts. */
static void test_changed(struct nt_signatures *s, const struct parts *p, struct vf_bytes part)
{
	uint8_t *b = (uint8_t *)(uintptr_t)part.p;

	for (size_t i = 0; i < part.n; i++) {
		b[i] ^= 1;
		CHECK(!is_signed(s, &p->s));
		b[i] ^= 1;
	}
	CHECK(is_signed(s, &p->s));
}

static void test_right(struct nt_signatures *s, struct parts *p)
{
	struct nt_record_signature r = p->s;
	struct nt_record_signer by;

	CHECK_RC(nt_signatures_read(s, &p->s, DURING, &by, NULL), VF_OK);
	CHECK_BYTES(by.name, vf_bytes_str("Trial Data Office"));
	CHECK_INT(by.meaning.n, 0);
	/* before and after the days of the certificate, as the verifier has it (SIGNER_CERT_TIME) */
	CHECK_RC(nt_signatures_read(s, &p->s, BEFORE, &by, NULL), VF_OK);
	CHECK_INT(by.name.n, 0);
	CHECK_RC(nt_signatures_read(s, &p->s, AFTER, &by, NULL), VF_OK);
	CHECK_INT(by.name.n, 0);
	test_changed(s, p, p->s.statement);
	test_changed(s, p, p->s.manifest);
	test_changed(s, p, p->s.signature);
	/* what is not there, was cut off or is followed by something */
	r.signature = vf_bytes("", 0);
	CHECK(!is_signed(s, &r));
	r = p->s;
	r.manifest = vf_bytes("", 0);
	CHECK(!is_signed(s, &r));
	r = p->s;
	r.statement = vf_bytes("", 0);
	CHECK(!is_signed(s, &r));
	for (size_t n = 1; n < p->s.signature.n; n += 7) {
		r = p->s;
		r.signature.n = n;
		CHECK(!is_signed(s, &r));
	}
	r = p->s;
	r.signature = p->s.manifest;
	CHECK(!is_signed(s, &r));
}

/* A right signature beside another record, which names no signer. */
static void test_moved(struct nt_signatures *s, const struct parts *p, const struct parts *other)
{
	struct nt_record_signature r = p->s;

	r.statement = other->s.statement;
	CHECK(!is_signed(s, &r));
	CHECK(is_signed(s, &p->s));
}

/* The signature of g over a manifest, with these signed attributes beside the usual ones. */
static struct vf_bytes sign_with(const struct signer *g, struct vf_bytes manifest, struct vf_bytes attrs)
{
	struct cms_spec spec = {.cert = g->cert, .certs = g->cert, .key = g->key, .detached = true, .content_type = "1.2.840.113549.1.7.1",
		.content = manifest, .attrs = attrs};

	return make_cms(&spec);
}

static struct vf_bytes sign(const struct signer *g, struct vf_bytes manifest)
{
	return sign_with(g, manifest, NOTHING);
}

static struct vf_bytes meaning(const char *oid)
{
	return make_attr("1.2.840.113549.1.9.16.2.16", DER(VF_DER_SEQUENCE, make_oid(oid)));
}

/* The statement of p, which names g as its signer. */
static struct vf_bytes statement_of(const struct parts *p, const struct signer *g)
{
	struct vf_bytes text = make_copy(p->s.statement);
	uint8_t *at = memmem(text.p, text.n, "\"signer\":\"", 10);

	MUST(at);
	memcpy(at + 10, HEX(g->sha256), 64);
	return text;
}

/* Right signatures of the one whom the statement names, over what is no signed manifest of this record. */
static void test_forged(struct nt_signatures *s, const struct parts *p)
{
	struct nt_record_signature r = p->s;
	struct nt_record_signer by;
	struct vf_bytes text, own, other, before;
	struct signer g, stranger;

	signer_begin(&g, NULL, NULL);
	signer_begin(&stranger, NULL, NULL);
	stranger.cert = make_cert(&(struct cert_spec){.name = "A Submitter", .issuer = "Submitter Root", .key = stranger.key,
		.issuer_key = stranger.root_key, .serial = 8, .ext = {{"keyUsage", "critical,digitalSignature"}}});
	r.statement = text = statement_of(p, &g);
	own = make_ref(VF_NAME_STATEMENT, VF_MANIFEST_SHA256, make_digest(VF_SHA256, text));
	other = make_ref(VF_NAME_STATEMENT, VF_MANIFEST_SHA256, make_digest(VF_SHA256, p->s.statement));
	r.manifest = make_manifest(VF_NAME_SIGNATURE, own);
	r.signature = sign(&g, r.manifest);
	CHECK_RC(nt_signatures_read(s, &r, DURING, &by, NULL), VF_OK);
	CHECK_BYTES(by.name, vf_bytes_str("A Submitter"));
	/* the same manifest, by somebody else whose certificate says the same name */
	r.signature = sign(&stranger, r.manifest);
	CHECK(!is_signed(s, &r));
	/* another record's, moved here */
	before = r.manifest;
	r.manifest = make_manifest(VF_NAME_SIGNATURE, other);
	r.signature = sign(&g, r.manifest);
	CHECK(!is_signed(s, &r));
	r.manifest = before;
	CHECK(!is_signed(s, &r));
	/* under another name, with another one, of another signature */
	r.manifest = make_manifest(VF_NAME_SIGNATURE, make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, text)));
	r.signature = sign(&g, r.manifest);
	CHECK(!is_signed(s, &r));
	r.manifest = make_manifest(VF_NAME_SIGNATURE, JOIN(own, make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, own))));
	r.signature = sign(&g, r.manifest);
	CHECK(!is_signed(s, &r));
	r.manifest = make_manifest("META-INF/signature002.p7s", own);
	r.signature = sign(&g, r.manifest);
	CHECK(!is_signed(s, &r));
	signer_end(&g);
	signer_end(&stranger);
}

/* What it means: by its name, else its OID, and nothing of the signature before. Said twice, the signature is not right. */
static void test_meaning(struct nt_signatures *s, const struct parts *p)
{
	static const struct {
		const char *oid, *want;
	} cases[] = {{"1.2.840.113549.1.9.16.6.5", "approval"}, {NULL, ""}, {"1.2.3.4", "1.2.3.4"}, {"1.2.840.113549.1.9.16.6.6", "author"}, {NULL, ""}};
	struct nt_record_signature r = p->s;
	struct nt_record_signer by;
	struct signer g;

	signer_begin(&g, NULL, NULL);
	r.statement = statement_of(p, &g);
	r.manifest = make_manifest(VF_NAME_SIGNATURE, make_ref(VF_NAME_STATEMENT, VF_MANIFEST_SHA256, make_digest(VF_SHA256, r.statement)));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		r.signature = sign_with(&g, r.manifest, cases[i].oid ? meaning(cases[i].oid) : NOTHING);
		CHECK_RC(nt_signatures_read(s, &r, DURING, &by, NULL), VF_OK);
		CHECK_BYTES(by.name, vf_bytes_str("A Submitter"));
		CHECK_BYTES(by.meaning, vf_bytes_str(cases[i].want));
	}
	r.signature = sign_with(&g, r.manifest, JOIN(meaning(cases[0].oid), meaning(cases[3].oid)));
	CHECK(!is_signed(s, &r));
	signer_end(&g);
}

/* The last moment of the certificate's days counts, and so does the first; none outside. */
static void test_days(struct nt_signatures *s, const struct parts *p)
{
	struct nt_record_signature r = p->s;
	int64_t from = make_time("2026-05-01T00:00:00Z"), to = make_time("2026-06-01T00:00:00Z");
	struct nt_record_signer by;
	struct signer g;

	signer_begin(&g, "20260501000000Z", "20260601000000Z");
	r.statement = statement_of(p, &g);
	r.manifest = make_manifest(VF_NAME_SIGNATURE, make_ref(VF_NAME_STATEMENT, VF_MANIFEST_SHA256, make_digest(VF_SHA256, r.statement)));
	r.signature = sign(&g, r.manifest);
	for (int64_t day = -1; day <= 1; day++) {
		CHECK_RC(nt_signatures_read(s, &r, from + day, &by, NULL), VF_OK);
		CHECK_INT(by.name.n > 0, day >= 0);
		CHECK_RC(nt_signatures_read(s, &r, to + day, &by, NULL), VF_OK);
		CHECK_INT(by.name.n > 0, day <= 0);
	}
	signer_end(&g);
}

int main(void)
{
	struct nt_signatures *s = nt_signatures_new();
	struct parts good, bad, other;

	CHECK(s != NULL);
	read_parts("samples/bundles/good-signed.asice", true, &good);
	read_parts("samples/bundles/bad-submitter-signature.asice", true, &bad);
	read_parts("samples/bundles/good-dataset.asice", false, &other);
	test_right(s, &good);
	CHECK(!is_signed(s, &bad.s));
	test_moved(s, &good, &other);
	test_forged(s, &good);
	test_meaning(s, &good);
	test_days(s, &good);
	nt_signatures_free(s);
	nt_signatures_free(NULL);
	free(good.block);
	free(bad.block);
	free(other.block);
	return check_done();
}
