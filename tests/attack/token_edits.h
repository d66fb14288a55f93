/*
 * Group T, first part: edits of a token's imprint, signature, time, certificates and algorithms,
 * and those that must be accepted.
 *
 * What each must give stands in token_attack_test.c.
 */
#ifndef TESTS_ATTACK_TOKEN_EDITS_H
#define TESTS_ATTACK_TOKEN_EDITS_H

#include "tests/attack/forge_token.h"

#define EDIT(name) static void name(__attribute__((unused)) struct forge *f)

static EVP_PKEY *rsa1024, *rsa2048, *rsa3072, *p384, *p521, *ed25519;

EDIT(untouched)
{
	/* nothing is wrong */
}

/* ---- imprint and signature ---- */

EDIT(t01)
{
	f->info.value = make_digest(VF_SHA256, vf_bytes_str("other data"));
}

/* The right 32 octets under another name. */
EDIT(t01_name)
{
	f->info.alg_der = make_alg(VF_SHA3_256);
	f->info.value = make_digest(VF_SHA256, vf_bytes_str(DATA));
}

EDIT(t01_short)
{
	f->info.value = vf_bytes(make_digest(VF_SHA256, vf_bytes_str(DATA)).p, 31);
}

EDIT(t02)
{
	f->cms.broken_signature = true;
}

EDIT(t02_empty)
{
	f->cms.signature = vf_bytes("", 0);
}

EDIT(t02_zero)
{
	static const uint8_t zero[8] = {0x30, 6, 2, 1, 0, 2, 1, 0};

	f->cms.signature = vf_bytes(zero, sizeof(zero));
}

/* Signed well, over another content. */
EDIT(t02_digest)
{
	f->cms.digest_value = make_digest(VF_SHA256, vf_bytes_str("another TSTInfo"));
}

/* ---- time ---- */

EDIT(t03)
{
	f->gen_time = "20231231235959Z";
}

EDIT(t03_fraction)
{
	f->gen_time = "20231231235959.999Z";
}

EDIT(t03_edge)
{
	f->gen_time = "20240101000000Z";
	owner.revocation = "if-present";
}

EDIT(t03_after)
{
	f->gen_time = "20290101000000.001Z";
	owner.at = "2030-01-01T00:00:00Z";
	owner.expired = "accept";
}

EDIT(t04)
{
	f->gen_time = "20271201000000Z";
}

/* One second later than the check, which its accuracy allows. */
EDIT(t04_accuracy)
{
	f->gen_time = "20250601000001Z";
	f->info.rest = DER(VF_DER_SEQUENCE, make_int(1));
}

EDIT(t04_beyond)
{
	f->gen_time = "20250601000001.001Z";
	f->info.rest = DER(VF_DER_SEQUENCE, make_int(1));
}

EDIT(t05)
{
	owner.at = "2029-06-01T00:00:00Z";
}

EDIT(t05_accept)
{
	owner.at = "2029-06-01T00:00:00Z";
	owner.expired = "accept";
}

EDIT(t05_edge)
{
	owner.at = "2029-01-01T00:00:00Z";
}

/* ---- which certificate ---- */

EDIT(t06_ess)
{
	f->cms.ess = ESS_NONE;
}

EDIT(t06_attrs)
{
	f->cms.no_attrs = true;
}

EDIT(t06_other)
{
	f->cms.ess = ESS_OTHER_HASH;
}

EDIT(t06_serial)
{
	f->cms.ess = ESS_OTHER_ISSUER;
}

EDIT(t07)
{
	f->cms.second_signer = true;
}

EDIT(t07_none)
{
	f->cms.no_signer = true;
}

/* Issuer and serial of the true certificate, another key, and before it. */
static struct vf_bytes twin_of_alpha(void)
{
	return make_cert(&(struct cert_spec){.name = "Alpha TSU", .issuer = "Alpha Root", .key = p384,
		.issuer_key = p384, .serial = 5, .ext = TSA_EXT});
}

EDIT(t08)
{
	f->cms.certs = JOIN(twin_of_alpha(), alpha.cert);
}

EDIT(t08_bag)
{
	f->cms.certs = JOIN(DER(VF_DER_SEQUENCE, make_int(1)), beta.cert, stranger.cert, twin_of_alpha(),
		alpha.root_der, alpha.cert);
}

EDIT(t08_only)
{
	f->cms.cert = alpha.cert;
	f->cms.certs = twin_of_alpha();
}

/* Signed by the twin's key, the true certificate named and there. */
EDIT(t08_key)
{
	t08(f);
	f->cms.cert = alpha.cert;
	f->cms.key = p384;
	f->cms.digest = VF_SHA256;
}

/* A good time-stamping certificate lies first in the bag, the signer has one for code (CVE-2026-39984). */
EDIT(t08_decoy)
{
	f->cms.cert = forge_cert(p384, (const char *[8][2]){{"keyUsage", "critical,digitalSignature"},
		{"extendedKeyUsage", "critical,codeSigning"}});
	f->cms.key = p384;
	f->cms.certs = JOIN(alpha.cert, f->cms.cert);
}

static void is_alpha(void)
{
	struct vf_hash h = vf_sha256(alpha.cert);

	CHECK_INT(report.n_stamps, 1);
	CHECK(report.n_stamps == 1 && vf_hash_eq(&report.stamps[0].certificate, &h));
	CHECK(report.n_stamps == 1 && report.stamps[0].authority && strcmp(report.stamps[0].authority, "alpha") == 0);
}

/* ---- T09: the authority ---- */

EDIT(t09)
{
	f->by = &beta;
	owner.rules = "[{\"count\":1,\"of\":[\"alpha\"]}]";
}

EDIT(t09_unpinned)
{
	owner.alpha_root = stranger.root_der;
}

/* All names are alpha's; another root of the same name is pinned. */
EDIT(t09_names)
{
	static struct authority other;

	other = make_authority("Alpha Root", p384, "Alpha TSU", p521);
	f->by = &other;
}

EDIT(t09_posing)
{
	f->cms.key = beta.key;
}

EDIT(t09_nobody)
{
	owner.none = true;
}

/* ---- T10 to T12: profiles of the certificate ---- */

static void profile(struct forge *f, const char *ext[8][2])
{
	f->cms.cert = forge_cert(alpha.key, ext);
}

EDIT(t10_critical)
{
	profile(f, (const char *[8][2]){{"keyUsage", "critical,digitalSignature"},
		{"extendedKeyUsage", "timeStamping"}});
}

EDIT(t10_second)
{
	profile(f, (const char *[8][2]){{"keyUsage", "critical,digitalSignature"},
		{"extendedKeyUsage", "critical,timeStamping,codeSigning"}});
}

EDIT(t10_ca)
{
	profile(f, (const char *[8][2]){{"basicConstraints", "critical,CA:TRUE"},
		{"keyUsage", "critical,digitalSignature,keyCertSign"}, {"extendedKeyUsage", "critical,timeStamping"}});
}

EDIT(t10_ca_signing)
{
	profile(f, (const char *[8][2]){{"basicConstraints", "critical,CA:TRUE"},
		{"keyUsage", "critical,digitalSignature,nonRepudiation"},
		{"extendedKeyUsage", "critical,timeStamping"}});
}

EDIT(t11)
{
	profile(f, (const char *[8][2]){{"keyUsage", "critical,digitalSignature"}});
}

EDIT(t11_any)
{
	profile(f, (const char *[8][2]){{"extendedKeyUsage", "critical,anyExtendedKeyUsage"}});
}

EDIT(t12)
{
	profile(f, (const char *[8][2]){{"basicConstraints", "critical,CA:FALSE"},
		{"extendedKeyUsage", "critical,timeStamping"}});
}

EDIT(t12_usage)
{
	profile(f, (const char *[8][2]){{"keyUsage", "critical,cRLSign"},
		{"extendedKeyUsage", "critical,timeStamping"}});
}

/* ---- T13 to T16: algorithms ---- */

/* An authority whose root has an RSA key and signs its certificate with md. */
static void rsa_root(struct forge *f, const EVP_MD *md)
{
	static struct authority a;

	a = make_authority("Old Root", rsa2048, "Old TSU", alpha.key);
	a.cert = make_cert(&(struct cert_spec){.name = "Old TSU", .issuer = "Old Root", .key = alpha.key,
		.issuer_key = rsa2048, .serial = 5, .md = md, .ext = TSA_EXT});
	f->by = &a;
	owner.alpha_root = a.root_der;
}

EDIT(t13_sha256)
{
	rsa_root(f, EVP_sha256());
}

EDIT(t13_sha1)
{
	rsa_root(f, EVP_sha1());
}

EDIT(t13_md5)
{
	rsa_root(f, EVP_md5());
}

static void with_key(struct forge *f, EVP_PKEY *key)
{
	f->cms.cert = forge_cert(key, (const char *[8][2])TSA_EXT);
	f->cms.key = key;
}

EDIT(t14)
{
	with_key(f, rsa1024);
}

EDIT(t14_2048)
{
	with_key(f, rsa2048);
}

/* RSA-2048 no longer counts when it is checked in 2031. */
EDIT(t14_2031)
{
	with_key(f, rsa2048);
	owner.at = "2031-01-01T00:00:00Z";
	owner.expired = "accept";
}

EDIT(t14_2030)
{
	with_key(f, rsa2048);
	owner.at = "2030-12-31T23:59:59Z";
	owner.expired = "accept";
}

EDIT(t15_sha1)
{
	f->cms.digest = VF_SHA1;
}

EDIT(t15_md5)
{
	f->cms.digest_alg = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.2.5"));
}

/* ECDSA with SHA-1 over attributes, whatever the digest is called. */
EDIT(t15_signature)
{
	f->cms.sigalg = DER(VF_DER_SEQUENCE, make_oid("1.2.840.10045.4.1"));
}

EDIT(t16_sha1)
{
	f->info.alg_der = make_alg(VF_SHA1);
	f->info.value = make_digest(VF_SHA1, vf_bytes_str(DATA));
}

EDIT(t16_md5)
{
	f->info.alg_der = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.2.5"));
	f->info.value = vf_bytes(make_digest(VF_SHA256, vf_bytes_str(DATA)).p, 16);
}

/* ---- what must be accepted, too ---- */

EDIT(key_p384)
{
	with_key(f, p384);
	f->cms.digest = VF_SHA384;
}

EDIT(key_p521)
{
	with_key(f, p521);
	f->cms.digest = VF_SHA512;
}

EDIT(key_rsa)
{
	with_key(f, rsa3072);
}

EDIT(key_pss)
{
	with_key(f, rsa3072);
	f->cms.pss = true;
}

EDIT(key_ed25519)
{
	with_key(f, ed25519);
}

EDIT(by_key_id)
{
	f->cms.by_key_id = true;
}

EDIT(imprint_sha384)
{
	f->alg = VF_SHA384;
}

EDIT(imprint_sha512)
{
	f->alg = VF_SHA512;
}

EDIT(imprint_sha3_256)
{
	f->alg = VF_SHA3_256;
}

EDIT(imprint_sha3_512)
{
	f->alg = VF_SHA3_512;
}

/* The certificates are not in the order of DER: the longer one first. */
EDIT(set_order)
{
	bool longer = alpha.cert.n > alpha.root_der.n;

	f->cms.certs = longer ? JOIN(alpha.cert, alpha.root_der) : JOIN(alpha.root_der, alpha.cert);
}

EDIT(ocsp_good)
{
	f->cms.crls = forge_ocsp(&alpha, NULL);
}

EDIT(ocsp_revoked)
{
	f->cms.crls = forge_ocsp(&alpha, "20250201000000Z");
}

EDIT(crl_compromised)
{
	f->cms.crls = make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = alpha.root_key,
		.from = "20250401000000Z", .to = "20250701000000Z",
		.entries = {{.serial = 5, .at = "20250201000000Z", .reason = 1}}});
}

EDIT(crl_none)
{
	f->cms.crls = vf_bytes("", 0); /* an address and no octets: no [1] at all */
}

#endif
