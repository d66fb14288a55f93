#include "verify/known.h"

#include "notary/buf.h"
#include "tests/unit/pki_maker.h"

static struct vf_known_token known;

/* Parses, checks and keeps the token of a file. */
static struct vf_tst keep(struct vf_pki *p, struct vf_bytes token)
{
	struct vf_cert_facts facts;
	struct vf_tst t;
	struct vf_err err;

	MUST(vf_tst_parse(token, &t, &err) == VF_OK);
	MUST(vf_tst_check(p, &t, &t.imprint, NULL, &facts, &err) == VF_OK);
	vf_known_keep(&known, token, &facts);
	return t;
}

static void test_found_by_octets(struct vf_pki *p, struct vf_bytes token)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf other = nt_buf(1 << 20);
	struct vf_cert_facts facts;
	struct vf_tst t, found;

	CHECK(!vf_known_find(&known, token, &found, &facts));
	t = keep(p, token);
	nt_buf_put(&other, token);
	nt_buf_put_u8(&other, 0);
	CHECK(vf_known_find(&known, vf_bytes(other.p, token.n), &found, &facts));
	CHECK_INT(found.gen_time, t.gen_time);
	CHECK(vf_digest_eq(&found.imprint, &t.imprint));
	CHECK(vf_bytes_eq(found.cms.signature, t.cms.signature));
	CHECK(!vf_known_find(&known, vf_bytes(other.p, token.n - 1), &found, &facts));
	CHECK(!vf_known_find(&known, nt_buf_bytes(&other), &found, &facts));
	for (size_t i = 0; i < token.n; i++) {
		other.p[i] ^= 1;
		if (vf_known_find(&known, vf_bytes(other.p, token.n), &found, &facts))
			CHECK_FAIL("found with octet %zu changed", i);
		other.p[i] ^= 1;
	}
	/* its own octets, not the caller's */
	memset(other.p, 0, other.n);
	CHECK(vf_known_find(&known, token, &found, &facts));
	CHECK(vf_bytes_eq(found.cms.signature, t.cms.signature));
}

static void test_too_long(struct vf_bytes token)
{
	static uint8_t room[VF_KNOWN_TOKEN + 1];
	struct vf_cert_facts facts = {0};
	struct vf_tst found;

	vf_known_keep(&known, vf_bytes(room, sizeof(room)), &facts);
	CHECK(!vf_known_find(&known, vf_bytes(room, sizeof(room)), &found, &facts));
	CHECK(!vf_known_find(&known, token, &found, &facts));
	vf_known_keep(&known, vf_bytes(room, 100), &facts);
	CHECK(!vf_known_find(&known, vf_bytes(room, 100), &found, &facts));
}

/* A judgement is found again for the same time and rule only. */
static void test_judged(struct vf_pki *p, struct vf_bytes token)
{
	int64_t good = make_time("2029-01-01T00:00:00Z");
	struct vf_pki *empty = vf_pki_new();
	struct vf_tst_trust trust;
	struct vf_err err;
	struct vf_tst t = keep(p, token);

	CHECK_RC(vf_known_judge(&known, empty, &t, NULL, good, false, &trust, &err), VF_NO_TRUST_ANCHOR);
	CHECK_RC(vf_known_judge(&known, p, &t, NULL, good + 1, false, &trust, &err), VF_TS_EXPIRED);
	CHECK_RC(vf_known_judge(&known, p, &t, NULL, good, false, &trust, &err), VF_OK);
	/* nothing is asked again: there is nobody to vouch in this one */
	CHECK_RC(vf_known_judge(&known, empty, &t, NULL, good, false, &trust, &err), VF_OK);
	CHECK_INT(trust.authorities, 1);
	CHECK_RC(vf_known_judge(&known, p, &t, NULL, good + 1, false, &trust, &err), VF_TS_EXPIRED);
	CHECK_RC(vf_known_judge(&known, p, &t, NULL, good + 1, true, &trust, &err), VF_OK);
	CHECK_RC(vf_known_judge(&known, p, &t, NULL, good + 1, false, &trust, &err), VF_TS_EXPIRED);
	/* another token begins anew */
	t = keep(p, token);
	CHECK_RC(vf_known_judge(&known, empty, &t, NULL, good, false, &trust, &err), VF_NO_TRUST_ANCHOR);
	vf_pki_free(empty);
}

int main(void)
{
	struct vf_bytes token = make_file("p256-certs.tst");
	struct vf_pki *p = vf_pki_new();
	struct vf_err err;

	MUST(p);
	MUST(vf_pki_add_anchors(p, 0, make_file("root.pem"), &err) == VF_OK);
	test_found_by_octets(p, token);
	test_judged(p, token);
	test_too_long(token);
	vf_pki_free(p);
	return check_done();
}
