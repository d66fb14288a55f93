/*
 * What one distinct token costs once its certificate and CRL were seen, and
 * what the same token costs again. Signatures are cached by their octets.
 */
#include "verify/tst.h"

#include "tests/bench/bench.h"
#include "tests/unit/pki_maker.h"

#define DISTINCT 500

static void verify_one(struct vf_pki *p, struct vf_bytes token)
{
	struct vf_tst_trust trust;
	struct vf_err err;
	struct vf_tst t;

	MUST(vf_tst_parse(token, &t, &err) == VF_OK);
	MUST(vf_tst_check(p, &t, &t.imprint, NULL, NULL, &err) == VF_OK);
	MUST(vf_tst_judge(p, &t, NULL, t.gen_time, false, &trust, &err) == VF_OK);
	MUST(trust.revocation == VF_REVOCATION_GOOD);
}

static void measure(const char *key_name, const char *cert, bool with_certs)
{
	struct vf_bytes tokens[DISTINCT];
	struct cms_spec s = {.cert = make_file(cert), .crls = make_file("crl-after.der")};
	struct vf_pki *p = vf_pki_new();
	struct vf_err err;
	struct bench_clock began;
	char text[32];

	s.key = make_key(key_name);
	s.certs = with_certs ? JOIN(s.cert, make_file("root.der")) : s.cert;
	MUST(vf_pki_add_anchors(p, 0, make_file("root.pem"), &err) == VF_OK);
	for (int i = 0; i < DISTINCT; i++) {
		snprintf(text, sizeof(text), "%d", i);
		s.content = make_info(&(struct info_spec){.value = make_digest(VF_SHA256, vf_bytes_str(text))});
		tokens[i] = make_cms(&s);
	}
	verify_one(p, tokens[0]);
	began = bench_begin();
	for (int i = 1; i < DISTINCT; i++)
		verify_one(p, tokens[i]);
	snprintf(text, sizeof(text), "token_%s_distinct", key_name);
	bench_row(text, DISTINCT - 1, began, 0);
	began = bench_begin();
	for (int i = 0; i < DISTINCT; i++)
		verify_one(p, tokens[7]);
	snprintf(text, sizeof(text), "token_%s_again", key_name);
	bench_row(text, DISTINCT, began, 0);
	vf_pki_free(p);
	EVP_PKEY_free(s.key);
	maker_used = 0;
}

int main(void)
{
	bench_head();
	measure("p256.key", "tsa-p256.der", true);
	measure("rsa3072.key", "tsa-rsa3072.der", true);
	return 0;
}
