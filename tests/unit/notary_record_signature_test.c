/* Who signed a record, as rules see it: only a signature that is right has a signer. */
#include "notary/record_signature.h"

#include "verify/bundle.h"
#include "verify/container.h"
#include "verify/files.h"
#include "verify/record.h"

#include "tests/check.h"

#define BEFORE INT64_C(1577836800000) /* 2020-01-01 */
#define AFTER INT64_C(4102444800000)  /* 2100-01-01 */
#define AT INT64_C(1780000000000) /* 2026-05-28 */

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

	CHECK_RC(nt_signatures_read(s, r, AT, &by, &err), VF_OK);
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

	CHECK_RC(nt_signatures_read(s, &p->s, AT, &by, NULL), VF_OK);
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
	nt_signatures_free(s);
	nt_signatures_free(NULL);
	free(good.block);
	free(bad.block);
	free(other.block);
	return check_done();
}
