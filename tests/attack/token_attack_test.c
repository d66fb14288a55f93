/*
 * Group T of the attack catalogue: RFC 3161 tokens, each wrong in one place, or
 * unusual and right. Every case is judged alone over its data and inside a whole
 * bundle, with trust and with integrity alone; the printed line is that of the
 * token alone with trust.
 */
#include "tests/attack/forge_token.h"
#include "verify/tst.h"

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

/* ---- T17 to T24: forms ---- */

static struct vf_bytes append(struct vf_bytes token)
{
	return JOIN(token, vf_bytes("", 1));
}

EDIT(t17)
{
	f->finish = append;
}

EDIT(t17_inside)
{
	struct info_spec info = f->info;

	info.value = make_digest(VF_SHA256, vf_bytes_str(DATA));
	info.gen_time = GEN_TIME;
	f->cms.content = JOIN(make_info(&info), vf_bytes("", 1));
}

/* ContentInfo around a SignedData with another head. */
static struct vf_bytes rehead(struct vf_bytes token, struct vf_bytes head, struct vf_bytes tail)
{
	struct vf_der info, type, explicit, data;

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &type) &&
		vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) &&
		vf_der_only(explicit.body, VF_DER_SEQUENCE, &data));
	return DER(VF_DER_SEQUENCE, type.whole, DER(VF_DER_CONTEXT(0), head, data.body, tail));
}

static struct vf_bytes indefinite(struct vf_bytes token)
{
	return rehead(token, vf_bytes("\x30\x80", 2), vf_bytes("\0\0", 2));
}

/* The same length in one octet more than it needs. */
static struct vf_bytes long_length(struct vf_bytes token)
{
	struct vf_der info, type, explicit, data;
	uint8_t *head = make_room(5);

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &type) &&
		vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) &&
		vf_der_only(explicit.body, VF_DER_SEQUENCE, &data));
	memcpy(head, (uint8_t[]){0x30, 0x83, 0, (uint8_t)(data.body.n >> 8), (uint8_t)data.body.n}, 5);
	return rehead(token, vf_bytes(head, 5), NOTHING);
}

EDIT(t18)
{
	f->finish = indefinite;
}

EDIT(t18_length)
{
	f->finish = long_length;
}

static void has_ber_note(void)
{
	CHECK(has_note("BER"));
}

EDIT(t19)
{
	f->cms.content_type = "1.2.840.113549.1.7.1";
}

EDIT(t19_data)
{
	t19(f);
	f->cms.content = vf_bytes_str(DATA);
}

static void is_signature(void)
{
	CHECK_INT(report.form, VF_FORM_SIGNATURE);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
}

EDIT(t19_attribute)
{
	f->cms.attr_type = "1.2.840.113549.1.7.1";
}

EDIT(t19_detached)
{
	f->cms.detached = true;
}

static struct vf_bytes reply(uint8_t status, struct vf_bytes token)
{
	return DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_int(status)), token);
}

static struct vf_bytes granted(struct vf_bytes token)
{
	return reply(0, token);
}

static struct vf_bytes granted_with_mods(struct vf_bytes token)
{
	return reply(1, token);
}

static struct vf_bytes rejection(struct vf_bytes token)
{
	return reply(2, token);
}

static struct vf_bytes waiting(struct vf_bytes token)
{
	return reply(3, token);
}

static struct vf_bytes granted_nothing(struct vf_bytes token)
{
	(void)token;
	return reply(0, NOTHING);
}

static struct vf_bytes granted_twice(struct vf_bytes token)
{
	return reply(0, JOIN(token, token));
}

EDIT(t20_granted)
{
	f->finish = granted;
}

EDIT(t20_mods)
{
	f->finish = granted_with_mods;
}

EDIT(t20_rejection)
{
	f->finish = rejection;
}

EDIT(t20_waiting)
{
	f->finish = waiting;
}

EDIT(t20_nothing)
{
	f->finish = granted_nothing;
}

EDIT(t20_twice)
{
	f->finish = granted_twice;
}

/* The octets of the token under another content type of CMS. */
static struct vf_bytes retype(struct vf_bytes token, const char *type)
{
	struct vf_der info, oid;

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &oid));
	return DER(VF_DER_SEQUENCE, make_oid(type), info.body);
}

static struct vf_bytes enveloped(struct vf_bytes token)
{
	return retype(token, "1.2.840.113549.1.7.3");
}

static struct vf_bytes auth_enveloped(struct vf_bytes token)
{
	return retype(token, "1.2.840.113549.1.9.16.1.23");
}

static struct vf_bytes compressed(struct vf_bytes token)
{
	return retype(token, "1.2.840.113549.1.9.16.1.9");
}

EDIT(t21_enveloped)
{
	f->finish = enveloped;
}

EDIT(t21_auth)
{
	f->finish = auth_enveloped;
}

EDIT(t21_compressed)
{
	f->finish = compressed;
}

EDIT(t23)
{
	f->cms.ess = ESS_OCTETS;
}

/* messageDigest as a UTF8String, contentType as an OCTET STRING. */
EDIT(t23_digest)
{
	f->cms.no_digest = true;
	f->cms.attrs = make_attr("1.2.840.113549.1.9.4",
		make_der(VF_DER_UTF8_STRING, make_digest(VF_SHA256, vf_bytes_str(DATA))));
}

EDIT(t23_type)
{
	f->cms.attr_type = "";
	f->cms.attrs = make_attr("1.2.840.113549.1.9.3", make_der(VF_DER_OCTET_STRING, vf_bytes_str("x")));
}

EDIT(t23_twice)
{
	f->cms.attrs = make_attr("1.2.840.113549.1.9.3", make_oid("1.2.840.113549.1.9.16.1.4"));
}

EDIT(t24)
{
	f->info.version = 2;
}

static struct vf_bytes extension(struct vf_bytes critical)
{
	return make_der(VF_DER_CONTEXT(1), DER(VF_DER_SEQUENCE, make_oid("1.2.3.4.5"), critical,
		make_der(VF_DER_OCTET_STRING, NOTHING)));
}

EDIT(t24_critical)
{
	f->info.rest = extension(make_der(VF_DER_BOOLEAN, vf_bytes("\xff", 1)));
}

EDIT(t24_harmless)
{
	f->info.rest = extension(NOTHING);
}

/* ---- T25 to T31: what the token says ---- */

EDIT(t25_any)
{
	f->info.rest = make_der(VF_DER_INTEGER, vf_bytes("\x12\x34", 2));
}

/* signingTime, signed and unsigned, says three months earlier. */
EDIT(t26)
{
	struct vf_bytes time = make_attr("1.2.840.113549.1.9.5",
		make_der(VF_DER_UTC_TIME, vf_bytes_str("241201120000Z")));

	f->cms.attrs = time;
	f->cms.unsigned_attrs = time;
}

static void shows_gen_time(void)
{
	CHECK_INT(report.n_stamps, 1);
	CHECK(report.n_stamps == 1 && report.stamps[0].gen_time == make_time("2025-03-01T12:00:00Z"));
	CHECK_INT(report.existed_by, make_time("2025-03-01T12:00:00Z"));
}

EDIT(t27_wanted)
{
	owner.alpha_more = ",\"max_accuracy_ms\":1000";
}

/* Ten years. */
EDIT(t27_decade)
{
	f->info.rest = DER(VF_DER_SEQUENCE, make_der(VF_DER_INTEGER, vf_bytes("\x12\xcf\x9e\x00", 4)));
	owner.revocation = "if-present"; /* none can be about the last moment that the token may mean */
}

EDIT(t27_decade_wanted)
{
	t27_decade(f);
	t27_wanted(f);
}

static void shows_decade(void)
{
	CHECK(report.n_stamps == 1 && report.stamps[0].has_accuracy &&
		report.stamps[0].accuracy_ms == UINT64_C(315596288000));
}

static void shows_no_accuracy(void)
{
	CHECK(report.n_stamps == 1 && !report.stamps[0].has_accuracy);
}

EDIT(t27_ordering)
{
	f->info.rest = make_der(VF_DER_BOOLEAN, vf_bytes("\xff", 1));
}

EDIT(t27_default)
{
	f->info.rest = make_der(VF_DER_BOOLEAN, vf_bytes("", 1));
}

EDIT(t28)
{
	f->info.rest = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Other TSU")));
}

EDIT(t28_right)
{
	f->info.rest = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Alpha TSU")));
}

EDIT(t29)
{
	f->cms.ess = ESS_V1;
}

EDIT(t29_both)
{
	f->cms.ess = ESS_BOTH;
}

EDIT(t29_2031)
{
	f->cms.ess = ESS_V1;
	owner.at = "2031-01-01T00:00:00Z";
	owner.expired = "accept";
}

/* The twin has the issuer and serial that the attribute leaves out. */
EDIT(t29_twin)
{
	f->cms.ess = ESS_V1;
	f->cms.cert = alpha.cert;
	f->cms.certs = twin_of_alpha();
}

static void has_ess_note(void)
{
	CHECK(has_note("ESS_SHA1"));
}

EDIT(t30_fraction)
{
	f->gen_time = "20250301120000.123456Z";
}

EDIT(t30_zero)
{
	f->gen_time = "20250301120000.50Z";
}

EDIT(t30_offset)
{
	f->gen_time = "20250301120000+0000";
}

EDIT(t30_local)
{
	f->gen_time = "20250301120000";
}

EDIT(t30_minutes)
{
	f->gen_time = "202503011200Z";
}

EDIT(t30_second)
{
	f->gen_time = "20250301115960Z";
}

EDIT(t30_month)
{
	f->gen_time = "20251301120000Z";
}

EDIT(t30_day)
{
	f->gen_time = "20250229120000Z";
}

EDIT(t30_year)
{
	f->gen_time = "120250301120000Z";
}

EDIT(t30_comma)
{
	f->gen_time = "20250301120000,5Z";
}

EDIT(t31)
{
	owner.alpha_more = ",\"policies\":[\"1.2.3.4.2\"]";
}

EDIT(t31_listed)
{
	owner.alpha_more = ",\"policies\":[\"1.2.3.4.2\",\"1.2.3.4.1\"]";
}

/* Long after 2038. */
EDIT(t32)
{
	static struct authority late;

	late = make_authority("Late Root", p384, "Late TSU", p521);
	late.root_der = make_cert(&(struct cert_spec){.name = "Late Root", .issuer = "Late Root", .key = p384,
		.issuer_key = p384, .to = "20690101000000Z", .ext = CA_EXT});
	late.cert = make_cert(&(struct cert_spec){.name = "Late TSU", .issuer = "Late Root", .key = p521,
		.issuer_key = p384, .serial = 5, .to = "20600101000000Z", .ext = TSA_EXT});
	late.crl = make_crl(&(struct crl_spec){.issuer = "Late Root", .key = p384, .from = "20500601000000Z",
		.to = "20501201000000Z"});
	f->by = &late;
	f->gen_time = "20500615120000Z";
	owner.alpha_root = late.root_der;
	owner.at = "2050-07-01T00:00:00Z";
}

EDIT(t32_future)
{
	t32(f);
	owner.at = "2050-06-15T11:59:59Z";
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

enum {
	TRUST = 1,  /* only trust can see it: with integrity alone it is INTACT */
	ALONE = 2,  /* not inside a bundle, whose imprint has an algorithm of its own */
};

static const struct token_case {
	const char *id, *what;
	void (*edit)(struct forge *f);
	enum vf_verdict want;
	enum vf_rc code;
	unsigned flags;
	enum vf_rc inside; /* the first reason in a bundle, when it is another */
	void (*also)(void);
} cases[] = {
	{"T02a", "as it is made", untouched, VF_VERIFIED, VF_OK, 0, VF_OK, shows_gen_time},
	{"T01a", "the imprint of other data", t01, VF_REJECTED, VF_TS_IMPRINT, 0, VF_ER_ROOT, NULL},
	{"T01b", "the octets under another algorithm's name",
		t01_name, VF_REJECTED, VF_TS_IMPRINT, 0, VF_ER_ALGORITHM, NULL},
	{"T01c", "an octet of the imprint less", t01_short, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T02b", "a changed signature", t02, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T02c", "an empty signature", t02_empty, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T02d", "a signature of two zeros", t02_zero, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T02e", "the signed digest of another content", t02_digest, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T03a", "before the certificate was valid", t03, VF_REJECTED, VF_TS_CERT_TIME, 0, VF_OK, NULL},
	{"T03b", "a millisecond before the certificate was valid",
		t03_fraction, VF_REJECTED, VF_TS_CERT_TIME, 0, VF_OK, NULL},
	{"T03c", "the first moment of the certificate", t03_edge, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T03d", "a millisecond after the certificate ended", t03_after, VF_REJECTED, VF_TS_CERT_TIME, 0, VF_OK, NULL},
	{"T04a", "in the future", t04, VF_REJECTED, VF_TS_FUTURE, 0, VF_OK, NULL},
	{"T04b", "in the future as far as its accuracy", t04_accuracy, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T04c", "a millisecond beyond its accuracy", t04_beyond, VF_REJECTED, VF_TS_FUTURE, 0, VF_OK, NULL},
	{"T05a", "expired by now", t05, VF_INDETERMINATE, VF_TS_EXPIRED, TRUST, VF_OK, NULL},
	{"T05b", "expired by now, which the policy accepts", t05_accept, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T05c", "checked in the last second of the certificate", t05_edge, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T06a", "no attribute names the certificate", t06_ess, VF_REJECTED, VF_TS_ESS, 0, VF_OK, NULL},
	{"T06b", "no signed attributes", t06_attrs, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T06c", "the attribute names another certificate", t06_other, VF_REJECTED, VF_TS_ESS, 0, VF_OK, NULL},
	{"T06d", "the attribute names another serial number", t06_serial, VF_REJECTED, VF_TS_ESS, 0, VF_OK, NULL},
	{"T07a", "two signers", t07, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T07b", "no signer", t07_none, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T08a", "a forged certificate before the true one", t08, VF_VERIFIED, VF_OK, 0, VF_OK, is_alpha},
	{"T08b", "certificates of others and what is none", t08_bag, VF_VERIFIED, VF_OK, 0, VF_OK, is_alpha},
	{"T08c", "only the forged certificate", t08_only, VF_REJECTED, VF_TS_ESS, 0, VF_OK, NULL},
	{"T08d", "signed by the forged certificate's key", t08_key, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T08e", "a good certificate before that of a signer of code",
		t08_decoy, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T09a", "another pinned authority than the policy asks for",
		t09, VF_INDETERMINATE, VF_POLICY_UNMET, TRUST, VF_OK, NULL},
	{"T09b", "an authority that is not pinned",
		t09_unpinned, VF_INDETERMINATE, VF_UNKNOWN_ROOT, TRUST, VF_OK, NULL},
	{"T09c", "the names of a pinned authority", t09_names, VF_INDETERMINATE, VF_UNKNOWN_ROOT, TRUST, VF_OK, NULL},
	{"T09d", "another key than the certificate's", t09_posing, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T09e", "no trust directory", t09_nobody, VF_INDETERMINATE, VF_NO_TRUST_ANCHOR, TRUST, VF_OK, NULL},
	{"T10a", "extended key usage not critical", t10_critical, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T10b", "a second extended key usage", t10_second, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T10c", "the certificate of a CA", t10_ca, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T10d", "CA:TRUE, but only signing", t10_ca_signing, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T11a", "no extended key usage", t11, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T11b", "any extended key usage", t11_any, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T12a", "no key usage", t12, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T12b", "a key usage without signing", t12_usage, VF_REJECTED, VF_TS_CERT_PROFILE, 0, VF_OK, NULL},
	{"T13a", "a certificate signed with SHA-256 by an RSA root", t13_sha256, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T13b", "a certificate signed with SHA-1", t13_sha1, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, VF_OK, NULL},
	{"T13c", "a certificate signed with MD5", t13_md5, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, VF_OK, NULL},
	{"T14a", "an RSA key of 1024 bits", t14, VF_REJECTED, VF_WEAK_ALGORITHM, 0, VF_OK, NULL},
	{"T14b", "an RSA key of 2048 bits", t14_2048, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T14c", "an RSA key of 2048 bits at the end of 2030", t14_2030, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T14d", "an RSA key of 2048 bits in 2031", t14_2031, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, VF_OK, NULL},
	{"T15a", "signed over SHA-1", t15_sha1, VF_REJECTED, VF_WEAK_ALGORITHM, 0, VF_OK, NULL},
	{"T15b", "signed over MD5", t15_md5, VF_REJECTED, VF_WEAK_ALGORITHM, 0, VF_OK, NULL},
	{"T15c", "a signature with SHA-1 over SHA-256", t15_signature, VF_REJECTED, VF_TS_SIGNATURE, 0, VF_OK, NULL},
	{"T16a", "the imprint by SHA-1", t16_sha1, VF_REJECTED, VF_WEAK_ALGORITHM, 0, VF_ER_ALGORITHM, NULL},
	{"T16b", "the imprint by MD5", t16_md5, VF_REJECTED, VF_WEAK_ALGORITHM, 0, VF_OK, NULL},
	{"T17a", "an octet after the token", t17, VF_REJECTED, VF_TS_SHAPE, 0, VF_ER_SHAPE, NULL},
	{"T17b", "an octet after the TSTInfo", t17_inside, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T18a", "an indefinite length", t18, VF_VERIFIED, VF_OK, 0, VF_TS_SHAPE, has_ber_note},
	{"T18b", "a length of more octets than needed", t18_length, VF_VERIFIED, VF_OK, 0, VF_TS_SHAPE, has_ber_note},
	{"T19a", "a signature over the TSTInfo, not a token",
		t19, VF_REJECTED, VF_DIGEST_MISMATCH, 0, VF_TS_SHAPE, NULL},
	{"T19b", "a signature over the data, not a token",
		t19_data, VF_INDETERMINATE, VF_NO_TIME, TRUST, VF_TS_SHAPE, is_signature},
	{"T19c", "id-data in the attribute only", t19_attribute, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T19d", "no content", t19_detached, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T20a", "granted", t20_granted, VF_VERIFIED, VF_OK, 0, VF_TS_SHAPE, shows_gen_time},
	{"T20b", "granted with modifications", t20_mods, VF_REJECTED, VF_TS_STATUS, 0, VF_TS_SHAPE, NULL},
	{"T20c", "rejection with a token", t20_rejection, VF_REJECTED, VF_TS_STATUS, 0, VF_TS_SHAPE, NULL},
	{"T20d", "waiting with a token", t20_waiting, VF_REJECTED, VF_TS_STATUS, 0, VF_TS_SHAPE, NULL},
	{"T20e", "granted without a token", t20_nothing, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T20f", "granted with two tokens", t20_twice, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T21a", "EnvelopedData", t21_enveloped, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T21b", "AuthEnvelopedData", t21_auth, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T21c", "CompressedData", t21_compressed, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T23a", "an OCTET STRING in the place of signingCertificate", t23, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T23b", "messageDigest as a UTF8String", t23_digest, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T23c", "contentType as an OCTET STRING", t23_type, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T23d", "contentType twice", t23_twice, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T24a", "version 2", t24, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T24b", "an unknown critical extension", t24_critical, VF_REJECTED, VF_TS_EXTENSION, 0, VF_OK, NULL},
	{"T24c", "an unknown extension", t24_harmless, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T25a", "a nonce that nobody asks about", t25_any, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T26", "attributes that claim another time", t26, VF_VERIFIED, VF_OK, 0, VF_OK, shows_gen_time},
	{"T27a", "no accuracy", untouched, VF_VERIFIED, VF_OK, 0, VF_OK, shows_no_accuracy},
	{"T27b", "no accuracy, the policy asks for one",
		t27_wanted, VF_INDETERMINATE, VF_TS_ACCURACY, TRUST, VF_OK, NULL},
	{"T27c", "an accuracy of ten years", t27_decade, VF_VERIFIED, VF_OK, 0, VF_OK, shows_decade},
	{"T27d", "an accuracy of ten years, the policy asks for one second",
		t27_decade_wanted, VF_INDETERMINATE, VF_TS_ACCURACY, TRUST, VF_OK, NULL},
	{"T27e", "ordering", t27_ordering, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T27f", "ordering FALSE, which DER leaves out", t27_default, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T28a", "another name of the authority", t28, VF_REJECTED, VF_TS_ESS, 0, VF_OK, NULL},
	{"T28b", "the right name of the authority", t28_right, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T29a", "the certificate named by SHA-1 alone", t29, VF_VERIFIED, VF_OK, 0, VF_OK, has_ess_note},
	{"T29b", "named by SHA-1 and SHA-256", t29_both, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T29c", "named by SHA-1 alone, in 2031", t29_2031, VF_REJECTED, VF_WEAK_ALGORITHM, TRUST, VF_OK, NULL},
	{"T29d", "named by SHA-1, only a twin is there", t29_twin, VF_REJECTED, VF_TS_ESS, 0, VF_OK, NULL},
	{"T30a", "fractions", t30_fraction, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T30b", "a fraction that ends in zero", t30_zero, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30c", "an offset", t30_offset, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30d", "local time", t30_local, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30e", "no seconds", t30_minutes, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30f", "second 60", t30_second, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30g", "month 13", t30_month, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30h", "a day that the year has not", t30_day, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30i", "a year of five digits", t30_year, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T30j", "a comma", t30_comma, VF_REJECTED, VF_TS_SHAPE, 0, VF_OK, NULL},
	{"T31a", "a policy that is not listed", t31, VF_INDETERMINATE, VF_TS_POLICY, TRUST, VF_OK, NULL},
	{"T31b", "a listed policy", t31_listed, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T32a", "made and checked in 2050", t32, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T32b", "a second in the future of 2050", t32_future, VF_REJECTED, VF_TS_FUTURE, 0, VF_OK, NULL},
	{"T02f", "ECDSA P-384", key_p384, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T02g", "ECDSA P-521", key_p521, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T02h", "RSA 3072", key_rsa, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T02i", "RSA-PSS", key_pss, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T02j", "Ed25519", key_ed25519, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T06e", "the signer named by its key", by_key_id, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"T16c", "an imprint by SHA-384", imprint_sha384, VF_VERIFIED, VF_OK, ALONE, VF_OK, NULL},
	{"T16d", "an imprint by SHA-512", imprint_sha512, VF_VERIFIED, VF_OK, ALONE, VF_OK, NULL},
	{"T16e", "an imprint by SHA3-256", imprint_sha3_256, VF_VERIFIED, VF_OK, ALONE, VF_OK, NULL},
	{"T16f", "an imprint by SHA3-512", imprint_sha3_512, VF_VERIFIED, VF_OK, ALONE, VF_OK, NULL},
	{"T08f", "certificates not in the order of DER", set_order, VF_VERIFIED, VF_OK, 0, VF_OK, is_alpha},
	{"P07t", "an OCSP response inside", ocsp_good, VF_VERIFIED, VF_OK, 0, VF_OK, NULL},
	{"P07u", "an OCSP response: the key was compromised",
		ocsp_revoked, VF_REJECTED, VF_REVOKED, TRUST, VF_OK, NULL},
	{"P07v", "a CRL: the key was compromised", crl_compromised, VF_REJECTED, VF_REVOKED, TRUST, VF_OK, NULL},
	{"P08t", "no revocation data, the policy asks for it",
		crl_none, VF_INDETERMINATE, VF_NO_REVOCATION_DATA, TRUST, VF_OK, NULL},
};

/* ---- each case, four times ---- */

static struct forge now;

static void inside(struct bundle *x, enum stage stage)
{
	struct evidence *e = &x->ev[0];

	if (stage == BEGIN)
		e->by = now.by;
	if (stage == TREE) {
		e->info = now.info;
		e->cms = now.cms;
		e->gen_time = now.gen_time;
	}
	if (stage == TOKEN && now.finish) {
		e->token = now.finish(e->token);
		e->chains[0] = make_ats(e);
	}
}

static enum vf_verdict verdict_of(enum vf_rc rc)
{
	return vf_rc_class(rc) == VF_CLASS_REJECTED ? VF_REJECTED : VF_INDETERMINATE;
}

static void expect(const struct token_case *c, bool in_bundle)
{
	enum vf_verdict want = c->want;
	enum vf_rc code = c->code;
	bool trust = c->flags & TRUST;
	char how[64];

	if (in_bundle && c->inside != VF_OK) {
		want = verdict_of(c->inside);
		code = c->inside;
		trust = false;
	}
	if (owner.integrity_only && (want == VF_VERIFIED || trust)) {
		want = VF_INTACT;
		code = VF_OK;
	}
	snprintf(how, sizeof(how), "%s%s", in_bundle ? "in a bundle" : "alone",
		owner.integrity_only ? ", integrity only" : "");
	forge_expect(c->id, c->what, how, want, code);
}

static const struct vf_given *given_data(void)
{
	static struct vf_source data;
	static struct vf_given given = {.name = "data.txt", .source = &data};

	data = vf_source_of(vf_bytes_str(DATA));
	return &given;
}

static struct vf_bytes token_over_data(const struct forge *f)
{
	return forge_token(f, f->alg, make_digest(f->alg, vf_bytes_str(DATA)));
}

static void run_alone(const struct token_case *c)
{
	forge_judge_token(token_over_data(&now), given_data());
	expect(c, false);
	if (owner.integrity_only)
		return;
	forge_put(c->id);
	if (c->also)
		c->also();
}

static void run_inside(const struct token_case *c)
{
	struct nt_buf bytes = nt_buf(64 << 20);

	make_bundle(&b, &log_key, &alpha, inside, &bytes);
	judge_alone(nt_buf_bytes(&bytes));
	expect(c, true);
	nt_buf_done(&bytes);
}

static void run_case(const struct token_case *c)
{
	for (int integrity = 0; integrity < 2; integrity++) {
		begin_case();
		now = forge_good();
		c->edit(&now);
		owner.integrity_only = integrity;
		run_alone(c);
		if (!(c->flags & ALONE))
			run_inside(c);
	}
}

/* ---- T22 and T25: not one token each ---- */

/* What a verdict claims about a token. */
struct claim {
	enum vf_verdict verdict;
	int64_t gen_time;
	uint64_t accuracy_ms;
	struct vf_hash certificate;
};

static struct claim claimed(void)
{
	struct claim c;

	memset(&c, 0, sizeof(c));
	c.verdict = report.verdict;
	if (report.n_stamps == 1) {
		c.gen_time = report.stamps[0].gen_time;
		c.accuracy_ms = report.stamps[0].accuracy_ms;
		c.certificate = report.stamps[0].certificate;
	}
	return c;
}

static void t22_prefixes(void)
{
	struct forge f = forge_good();
	struct vf_bytes token = token_over_data(&f);
	size_t mark = maker_used;

	for (size_t n = 0; n < token.n; n++, maker_used = mark) {
		forge_judge_token(vf_bytes(token.p, n), given_data());
		if (report.verdict != VF_REJECTED)
			CHECK_FAIL("T22: the first %zu octets are not rejected", n);
	}
}

/* No changed octet makes the token claim anything else. */
static void t22_octets(void)
{
	struct forge f = forge_good();
	struct vf_bytes token = token_over_data(&f);
	uint8_t *p = make_room(token.n);
	size_t mark = maker_used, unseen = 0;
	struct claim want, got;

	forge_judge_token(token, given_data());
	want = claimed();
	CHECK_INT(want.verdict, VF_VERIFIED);
	for (size_t i = 0; i < token.n; i++, maker_used = mark) {
		memcpy(p, token.p, token.n);
		p[i] ^= (uint8_t)(1 << i % 8);
		forge_judge_token(vf_bytes(p, token.n), given_data());
		got = claimed();
		if (got.verdict != VF_VERIFIED)
			continue;
		unseen++;
		if (memcmp(&got, &want, sizeof(want)) != 0)
			CHECK_FAIL("T22: octet %zu changes what is claimed", i);
	}
	/* nothing but the last octet, which is the signature's, is left in report */
	CHECK(unseen < 8);
}

/* The nonce belongs to the request, so whoever asked compares it: no report says anything about it. */
static void judge_nonce(const struct forge *f, struct vf_bytes nonce)
{
	struct vf_err err = {0};
	struct vf_tst t;

	vf_report_init(&report, "reply", false);
	MUST(vf_tst_parse(token_over_data(f), &t, &err) == VF_OK);
	if (vf_tst_check_nonce(&t, nonce, &err) != VF_OK)
		vf_report_fault(&report, VF_CHECK_TOKENS, &err, NULL);
	vf_report_settle(&report);
}

static void t25_absent(void)
{
	struct forge f = forge_good();

	judge_nonce(&f, vf_bytes("\x12\x34", 2));
}

static void t25_other(void)
{
	struct forge f = forge_good();

	t25_any(&f);
	judge_nonce(&f, vf_bytes("\x12\x34", 2));
	CHECK_INT(report.n_reasons, 0);
	judge_nonce(&f, vf_bytes("\x12\x35", 2));
}

static const struct {
	const char *id, *what;
	void (*run)(void);
	enum vf_verdict want;
	enum vf_rc code;
} others[] = {
	{"T22a", "every shorter token", t22_prefixes, VF_REJECTED, VF_TS_SHAPE},
	{"T22b", "every octet with a changed bit", t22_octets, VF_REJECTED, VF_TS_SIGNATURE},
	{"T25b", "no nonce where one was asked for", t25_absent, VF_REJECTED, VF_TS_NONCE},
	{"T25c", "another nonce than asked for", t25_other, VF_REJECTED, VF_TS_NONCE},
};

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void make_keys(void)
{
	rsa1024 = EVP_RSA_gen(1024);
	rsa2048 = EVP_RSA_gen(2048);
	rsa3072 = EVP_RSA_gen(3072);
	p384 = EVP_EC_gen("P-384");
	p521 = EVP_EC_gen("P-521");
	ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	MUST(rsa1024 && rsa2048 && rsa3072 && p384 && p521 && ed25519);
}

static void free_keys(void)
{
	EVP_PKEY *const all[] = {rsa1024, rsa2048, rsa3072, p384, p521, ed25519};

	for (size_t i = 0; i < N(all); i++)
		EVP_PKEY_free(all[i]);
}

static int list_cases(void)
{
	for (size_t i = 0; i < N(cases); i++)
		forge_list(cases[i].id, cases[i].want, cases[i].code, cases[i].what);
	for (size_t i = 0; i < N(others); i++)
		forge_list(others[i].id, others[i].want, others[i].code, others[i].what);
	return 0;
}

int main(int argc, char **argv)
{
	size_t mark;

	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return list_cases();
	make_world();
	make_keys();
	mark = maker_used;
	for (size_t i = 0; i < N(cases); i++, maker_used = mark)
		if (is_named(argc, argv, cases[i].id))
			run_case(&cases[i]);
	for (size_t i = 0; i < N(others); i++, maker_used = mark) {
		if (!is_named(argc, argv, others[i].id))
			continue;
		begin_case();
		no_verdict = VF_OK;
		others[i].run();
		forge_put(others[i].id);
		forge_expect(others[i].id, others[i].what, "alone", others[i].want, others[i].code);
	}
	free_keys();
	free_world();
	return check_done();
}
