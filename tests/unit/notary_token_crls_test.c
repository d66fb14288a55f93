#include "notary/token_crls.h"

#include <unistd.h>

#include "verify/limits.h"
#include "verify/tst.h"

#include "tests/unit/pki_maker.h"

#define AT_TIME "1717243200" /* 2024-06-01T12:00:00Z, when the tokens of tests/vectors/tst were made */

static struct vf_bytes before, after, superseded;

static struct vf_bytes put(struct vf_bytes token, const struct vf_bytes *crls, size_t n)
{
	struct nt_buf out = nt_buf(VF_MAX_TOKEN);
	struct vf_err err = {0};
	struct vf_bytes r;

	CHECK_RC(nt_token_put_crls(&out, token, crls, n, &err), VF_OK);
	r = make_copy(nt_buf_bytes(&out));
	nt_buf_done(&out);
	return r;
}

/* Refused, and the buffer is as it was. */
static void refuses(struct vf_bytes token, const struct vf_bytes *crls, size_t n, size_t cap, enum vf_rc rc)
{
	struct nt_buf out = nt_buf(cap);
	struct vf_err err = {0};

	nt_buf_put_str(&out, "kept");
	CHECK_RC(nt_token_put_crls(&out, token, crls, n, &err), rc);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("kept"));
	nt_buf_done(&out);
}

/* Where part stands in whole, from at on; SIZE_MAX: nowhere. */
static size_t find(struct vf_bytes whole, size_t at, struct vf_bytes part)
{
	for (; part.n <= whole.n && at <= whole.n - part.n; at++)
		if (memcmp(whole.p + at, part.p, part.n) == 0)
			return at;
	return SIZE_MAX;
}

static void check_same_token(struct vf_bytes a, struct vf_bytes b)
{
	struct vf_hash was, is;
	struct vf_tst x, y;

	CHECK_RC(vf_tst_parse(a, &x, NULL), VF_OK);
	CHECK_RC(vf_tst_parse(b, &y, NULL), VF_OK);
	was = vf_tst_id(&x);
	is = vf_tst_id(&y);
	CHECK(vf_hash_eq(&was, &is));
	CHECK_BYTES(y.cms.content, x.cms.content);
	CHECK_BYTES(y.cms.certificates, x.cms.certificates);
	CHECK_BYTES(y.cms.signer, x.cms.signer);
	CHECK_BYTES(y.cms.unsigned_attrs, x.cms.unsigned_attrs);
}

/* The octets of the result, by hand: what stood before and after the field is all there. */
static void test_octets(void)
{
	struct vf_bytes token = make_file("p256-certs.tst"), made = put(token, &after, 1), expected, crls;
	struct vf_tst t;
	size_t split;

	CHECK_RC(vf_tst_parse(token, &t, NULL), VF_OK);
	CHECK_INT(t.cms.crls.n, 0);
	/* both outer sequences, [0] and the OID before; the field stands after the certificates */
	split = (size_t)(t.cms.certificates.p + t.cms.certificates.n - token.p);
	crls = make_der(VF_DER_CONTEXT(1), after);
	{
		struct vf_bytes data = vf_bytes(token.p + 4 + 11 + 4 + 4, split - (4 + 11 + 4 + 4));
		struct vf_bytes rest = vf_bytes(token.p + split, token.n - split);

		expected = DER(VF_DER_SEQUENCE, vf_bytes(token.p + 4, 11),
			DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, data, crls, rest)));
	}
	CHECK_BYTES(made, expected);
	check_same_token(token, made);
	/* nothing to put: the token as it is */
	CHECK_BYTES(put(token, NULL, 0), token);
}

static void test_order(void)
{
	struct vf_bytes token = make_file("p256-bare.tst");
	struct vf_bytes one = put(token, PARTS(before, after, superseded)), crls;
	struct vf_tst t;
	bool is_ocsp;
	size_t n = 0;

	check_same_token(token, one);
	CHECK_BYTES(put(token, PARTS(superseded, before, after)), one);
	CHECK_BYTES(put(token, PARTS(after, after, superseded, before, after)), one);
	CHECK_BYTES(put(put(put(token, &superseded, 1), &before, 1), &after, 1), one);
	CHECK_BYTES(put(one, PARTS(before, after, superseded)), one);
	CHECK_RC(vf_tst_parse(one, &t, NULL), VF_OK);
	for (struct vf_bytes last = NOTHING; vf_cms_take_revocation(&t.cms.crls, &is_ocsp, &crls); n++) {
		CHECK(!is_ocsp && vf_bytes_cmp(last, crls) < 0);
		last = crls;
	}
	CHECK_INT(n, 3);
}

/* What stands in the field stays, also what is no CRL. */
static void test_keeps(void)
{
	struct vf_bytes token = make_file("p256-certs.tst"), other, with, both, parts[4];
	struct vf_der all, content, data, d;
	struct vf_tst t;

	other = DER(VF_DER_CONTEXT(1), make_oid("1.3.6.1.5.5.7.16.2"), make_file("ocsp-good.der"));
	/* by hand, with version 5, as RFC 5652 5.1 demands with other revocation data */
	MUST(vf_der_only(token, VF_DER_SEQUENCE, &all) && vf_der_take(&all.body, &d));
	MUST(vf_der_only(all.body, VF_DER_CONTEXT(0), &content) && vf_der_only(content.body, VF_DER_SEQUENCE, &data));
	for (size_t i = 0; i < 4; i++) {
		MUST(vf_der_take(&data.body, &content));
		parts[i] = content.whole;
	}
	with = DER(VF_DER_SEQUENCE, d.whole,
		DER(VF_DER_CONTEXT(0),
			DER(VF_DER_SEQUENCE, make_int(5), parts[1], parts[2], parts[3], make_der(VF_DER_CONTEXT(1), other),
				data.body)));
	both = put(with, &after, 1);
	check_same_token(token, both);
	CHECK(find(both, 0, other) != SIZE_MAX && find(both, 0, after) < find(both, 0, other));
	CHECK_RC(vf_tst_parse(both, &t, NULL), VF_OK);
	CHECK_INT(t.cms.crls.n, other.n + after.n);
}

static void test_refusals(void)
{
	struct vf_bytes token = make_file("p256-certs.tst"), cut = vf_bytes(after.p, after.n - 1), many[VF_MAX_CRLS + 1];
	struct vf_bytes trailing = JOIN(after, vf_bytes("\0", 1)), cert = make_file("tsa-p256.der"), ocsp = make_file("ocsp-good.der");
	EVP_PKEY *key = make_key("root.key");
	struct vf_bytes bad;

	refuses(make_file("ber.tst"), &after, 1, VF_MAX_TOKEN, VF_TS_SHAPE);
	refuses(vf_bytes(token.p, token.n - 1), &after, 1, VF_MAX_TOKEN, VF_TS_SHAPE);
	refuses(NOTHING, &after, 1, VF_MAX_TOKEN, VF_TS_SHAPE);
	refuses(make_file("p256-certs.tsr"), &after, 1, VF_MAX_TOKEN, VF_TS_SHAPE);
	refuses(token, &cut, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	refuses(token, &trailing, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	refuses(token, &ocsp, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	bad = NOTHING;
	refuses(token, &bad, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	bad = DER(VF_DER_SEQUENCE, make_der(VF_DER_SEQUENCE, NOTHING), make_der(VF_DER_SEQUENCE, NOTHING), make_int(1));
	refuses(token, &bad, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	refuses(token, &cert, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	refuses(token, &after, 1, token.n, VF_LIMIT);
	for (size_t i = 0; i <= VF_MAX_CRLS; i++) {
		struct crl_spec s = {.key = key, .from = "20240601000000Z",
			.entries = {{(long)i + 1, "20240501000000Z", -1, NULL, false}}};

		many[i] = make_crl(&s);
	}
	refuses(token, many, VF_MAX_CRLS + 1, VF_MAX_TOKEN, VF_LIMIT);
	check_same_token(token, put(token, many, VF_MAX_CRLS));
	EVP_PKEY_free(key);
}

/* Every prefix and every changed octet of a CRL: taken or refused, and nothing half done. */
static void test_every_octet(void)
{
	struct vf_bytes token = make_file("p256-bare.tst");

	for (size_t i = 0; i < after.n; i++) {
		struct nt_buf out = nt_buf(VF_MAX_TOKEN);
		uint8_t room[512];
		struct vf_bytes changed = vf_bytes(room, after.n);
		struct vf_tst t;

		memcpy(room, after.p, after.n);
		room[i] ^= 0x21;
		if (nt_token_put_crls(&out, token, &changed, 1, NULL) == VF_OK)
			CHECK_RC(vf_tst_parse(nt_buf_bytes(&out), &t, NULL), VF_OK);
		else
			CHECK_INT(out.n, 0);
		nt_buf_done(&out);
		refuses(token, &(struct vf_bytes){after.p, i}, 1, VF_MAX_TOKEN, VF_CRL_SHAPE);
	}
}

/* The verifier finds what was put in. */
static void test_judged(void)
{
	struct vf_bytes token = make_file("p256-certs.tst"), made = put(token, &after, 1);
	struct vf_pki *p = vf_pki_new();
	struct vf_tst_trust trust;
	struct vf_tst t;

	MUST(p && vf_pki_add_anchors(p, 0, make_file("root.pem"), NULL) == VF_OK);
	CHECK_RC(vf_tst_parse(made, &t, NULL), VF_OK);
	CHECK_RC(vf_tst_judge(p, &t, NULL, t.gen_time, false, &trust, NULL), VF_OK);
	CHECK_INT(trust.revocation, VF_REVOCATION_GOOD);
	CHECK_INT(trust.revocation_as_of, make_time("2024-06-02T00:00:00Z"));
	made = put(token, PARTS(after, make_file("crl-keycompromise.der")));
	CHECK_RC(vf_tst_parse(made, &t, NULL), VF_OK);
	CHECK_RC(vf_tst_judge(p, &t, NULL, t.gen_time, false, &trust, NULL), VF_REVOKED);
	vf_pki_free(p);
}

static void save(const char *folder, const char *name, struct vf_bytes b)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	MUST(f && fwrite(b.p, 1, b.n, f) == b.n && fclose(f) == 0);
}

/* The programs of OpenSSL accept the result, and refuse another content. */
static void test_openssl(void)
{
	char folder[] = "/tmp/token-crls-XXXXXX", command[700];
	static const char *const names[] = {"p256-certs.tst", "rsa3072.tst", "rsa3072-pss.tst"};

	if (system("openssl version >/dev/null 2>&1") != 0) {
		CHECK_INT(0, 0);
		return;
	}
	MUST(mkdtemp(folder));
	for (size_t i = 0; i < 3; i++) {
		save(folder, "token", put(make_file(names[i]), PARTS(after, before)));
		snprintf(command, sizeof(command), "openssl ts -verify -in %s/token -token_in -data tests/vectors/tst/data.txt -attime " AT_TIME
			" -CAfile tests/vectors/tst/root.pem >/dev/null 2>&1", folder);
		/* openssl ts does not read RSASSA-PSS; openssl cms does */
		if (i < 2)
			CHECK_INT(system(command), 0);
		snprintf(command, sizeof(command), "openssl cms -verify -cades -in %s/token -inform DER -attime " AT_TIME " -purpose any"
			" -crl_check -CAfile tests/vectors/tst/root.pem -out %s/info -binary >/dev/null 2>&1", folder, folder);
		CHECK_INT(system(command), 0);
		snprintf(command, sizeof(command), "openssl ts -verify -in %s/token -token_in -data tests/vectors/tst/root.pem -attime " AT_TIME
			" -CAfile tests/vectors/tst/root.pem >/dev/null 2>&1", folder);
		CHECK(system(command) != 0);
	}
	/* the list really is in it: with the revoking one, and asked about that, the path fails */
	save(folder, "token", put(make_file("p256-certs.tst"), PARTS(make_file("crl-keycompromise.der"))));
	snprintf(command, sizeof(command), "openssl cms -verify -in %s/token -inform DER -attime 1720008000 -purpose any -crl_check"
		" -CAfile tests/vectors/tst/root.pem -out %s/info -binary 2>&1 | grep -q revoked", folder, folder);
	CHECK_INT(system(command), 0);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK_INT(system(command), 0);
}

int main(void)
{
	before = make_file("crl-before.der");
	after = make_file("crl-after.der");
	superseded = make_file("crl-superseded.der");
	test_octets();
	test_order();
	test_keeps();
	test_refusals();
	test_every_octet();
	test_judged();
	test_openssl();
	return check_done();
}
