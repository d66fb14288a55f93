/*
 * An authority outside as the tests of revocation data want it: a root, a CA below it, a unit that stamps, and servers that
 * answer what a test says. Nothing of it uses the network or the clock.
 */
#ifndef TESTS_UNIT_TSA_WORLD_H
#define TESTS_UNIT_TSA_WORLD_H

#include "notary/revocation_fetch.h"
#include "tests/unit/ocsp_maker.h"

#define NOW "2025-03-10T00:00:00Z"
#define ROOT_CRL "http://crl.example/root.crl"
#define CA_CRL "http://crl.example/ca.crl"
#define CA_CRL_2 "http://mirror.example/ca.crl"
#define CA_OCSP "http://ocsp.example/"

MAKER EVP_PKEY *root_key, *ca_key, *tsu_key, *other_key;
MAKER struct vf_bytes root_cert, ca_cert, tsu_cert;

MAKER void make_tsa_world(void)
{
	root_key = EVP_EC_gen("P-256");
	ca_key = EVP_EC_gen("P-256");
	tsu_key = EVP_EC_gen("P-256");
	other_key = EVP_EC_gen("P-256");
	root_cert = make_cert(&(struct cert_spec){.name = "TSA Root", .issuer = "TSA Root", .key = root_key, .issuer_key = root_key,
		.to = "20440101000000Z", .ext = CA_EXT});
	ca_cert = make_cert(&(struct cert_spec){.name = "TSA CA", .issuer = "TSA Root", .key = ca_key, .issuer_key = root_key, .serial = 2,
		.ext = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}, {"subjectKeyIdentifier", "hash"},
			{"crlDistributionPoints", "URI:" ROOT_CRL}}});
	tsu_cert = make_cert(&(struct cert_spec){.name = "TSU 1", .issuer = "TSA CA", .key = tsu_key, .issuer_key = ca_key, .serial = 5,
		.ext = {{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", "critical,digitalSignature"},
			{"extendedKeyUsage", "critical,timeStamping"}, {"crlDistributionPoints", "URI:" CA_CRL ",URI:" CA_CRL_2},
			{"authorityInfoAccess", "OCSP;URI:" CA_OCSP}}});
}

/* A token of this unit at this time, with the certificates of unit and CA. */
MAKER struct vf_bytes make_unit_token(struct vf_bytes cert, const char *gen_time)
{
	struct info_spec info = {.gen_time = gen_time};
	struct cms_spec cms = {.cert = cert, .key = tsu_key, .certs = JOIN(cert, ca_cert)};

	cms.content = make_info(&info);
	return make_cms(&cms);
}

MAKER struct vf_bytes root_crl(const char *from, const char *to)
{
	return make_crl(&(struct crl_spec){.issuer = "TSA Root", .key = root_key, .from = from, .to = to});
}

MAKER struct vf_bytes ca_crl(const char *from, const char *to)
{
	return make_crl(&(struct crl_spec){.issuer = "TSA CA", .key = ca_key, .from = from, .to = to});
}

MAKER struct ocsp_spec about_unit(void)
{
	return (struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1, .from = "20250309180000Z",
		.to = "20250310180000Z"};
}

MAKER struct vf_hash subject_of(struct vf_bytes cert)
{
	struct vf_hash h;
	struct vf_cert c;

	make_cert_parts(cert, &c);
	h = nt_revocation_subject(&c);
	vf_cert_done(&c);
	return h;
}

MAKER struct vf_pki *make_pki_of(struct vf_bytes root)
{
	struct vf_pki *p = vf_pki_new();

	MUST(p && vf_pki_add_anchors(p, 0, make_pem(root), NULL) == VF_OK);
	return p;
}

/* ---- servers ---- */

struct served {
	const char *url;
	struct vf_bytes body; /* empty: the server is down */
	enum vf_rc rc;        /* VF_OK: as body says */
	unsigned asked;
};

MAKER struct served served[16];
MAKER size_t n_served;
MAKER struct vf_bytes last_request;

MAKER struct served *serve(const char *url, struct vf_bytes body)
{
	for (size_t i = 0; i < n_served; i++) {
		if (strcmp(served[i].url, url) != 0)
			continue;
		served[i].body = body;
		return &served[i];
	}
	MUST(n_served < sizeof(served) / sizeof(served[0]));
	served[n_served] = (struct served){.url = url, .body = body, .rc = VF_OK};
	return &served[n_served++];
}

MAKER unsigned asked(const char *url)
{
	for (size_t i = 0; i < n_served; i++)
		if (strcmp(served[i].url, url) == 0)
			return served[i].asked;
	return 0;
}

MAKER VF_RC fetch_served(void *ctx, const struct nt_fetch *f, struct nt_buf *ret, struct nt_fetched *ret_facts, struct vf_err *reterr)
{
	(void)ctx;
	*ret_facts = (struct nt_fetched){.status = 200};
	CHECK(f->user == NULL && f->password == NULL && f->certificate.n == 0 && f->key.n == 0);
	CHECK(f->timeout_ms == 30000 && f->connect_ms == 5000 && f->max <= NT_MAX_REVOCATION);
	for (size_t i = 0; i < n_served; i++) {
		struct served *s = &served[i];

		if (strcmp(s->url, f->url) != 0)
			continue;
		s->asked++;
		CHECK((f->type != NULL) == (f->body.n > 0));
		if (f->body.n)
			last_request = make_copy(f->body);
		if (s->rc != VF_OK)
			return vf_fail(reterr, s->rc, "'%s' fails", f->url);
		if (s->body.n == 0 || s->body.n > f->max)
			return vf_fail(reterr, VF_FETCH_FAILED, "'%s' is down", f->url);
		nt_buf_put(ret, s->body);
		return nt_buf_check(ret, reterr);
	}
	return vf_fail(reterr, VF_FETCH_FAILED, "nobody is at '%s'", f->url);
}

#endif
