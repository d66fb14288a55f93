#include "verify/tst.h"

#include "tests/unit/pki_maker.h"
#include "verify/limits.h"

#define GEN_TIME "2024-06-01T12:00:00Z"
#define DAY_LATER "2024-06-02T12:00:00Z"

static EVP_PKEY *root_key, *p256, *p384, *p521, *rsa3072, *rsa1024, *rsapss, *ed25519;
static struct vf_bytes root_pem, tsa;

/* What a token claims; two tokens that claim the same are the same evidence. */
struct claim {
	struct vf_digest imprint;
	int64_t gen_time;
	bool has_accuracy, ordering;
	uint64_t accuracy_ms;
	struct vf_hash policy, serial, nonce, tsa, leaf;
	enum vf_revocation revocation;
};

struct run {
	struct vf_pki *pki;
	const struct vf_pki_extra *extra;
	int64_t judged_at;
	bool allow_expired;
	struct vf_tst tst;
	struct vf_tst_trust trust;
	struct vf_err err;
};

static struct vf_pki *new_pki(struct vf_bytes pem)
{
	struct vf_pki *p = vf_pki_new();
	struct vf_err err;

	MUST(p);
	if (pem.n)
		CHECK_RC(vf_pki_add_anchors(p, 0, pem, &err), VF_OK);
	return p;
}

static enum vf_rc judge(struct run *r, struct vf_bytes token)
{
	struct vf_hash h = vf_sha256(vf_bytes_str(DATA));
	struct vf_digest imprint = vf_digest_from_hash(&h);
	enum vf_rc rc = vf_tst_parse(token, &r->tst, &r->err);

	if (rc == VF_OK)
		rc = vf_tst_check(r->pki, &r->tst, &imprint, r->extra, NULL, &r->err);
	if (rc == VF_OK)
		rc = vf_tst_judge(r->pki, &r->tst, r->extra, r->judged_at, r->allow_expired, &r->trust, &r->err);
	return rc;
}

/* The whole way with the example root pinned; twice, so that what is remembered changes nothing. */
static enum vf_rc run_at(struct vf_bytes token, const char *at, struct run *ret)
{
	struct run r = {.pki = new_pki(root_pem), .judged_at = make_time(at)};
	enum vf_rc rc = judge(&r, token);

	CHECK_RC(judge(&r, token), rc);
	vf_pki_free(r.pki);
	if (ret)
		*ret = r;
	return rc;
}

static enum vf_rc run(struct vf_bytes token)
{
	return run_at(token, DAY_LATER, NULL);
}

static struct cms_spec good(void)
{
	return (struct cms_spec){
		.cert = tsa, .key = p256, .content = make_info(&(struct info_spec){0}), .certs = tsa};
}

static struct vf_bytes make_tsa(EVP_PKEY *key)
{
	return make_cert(&(struct cert_spec){
		.name = "Made TSU", .key = key, .issuer_key = root_key, .serial = 5, .ext = TSA_EXT});
}

static struct vf_bytes token_with(struct info_spec info)
{
	struct cms_spec s = good();

	s.content = make_info(&info);
	return make_cms(&s);
}

static struct vf_bytes token_by(struct vf_bytes cert, EVP_PKEY *key)
{
	struct cms_spec s = good();

	s.cert = s.certs = cert;
	s.key = key;
	return make_cms(&s);
}

static void test_real_tokens(void)
{
	static const char *const names[] = {"p256-certs.tst", "rsa3072.tst", "rsa3072-pss.tst"};
	struct vf_tst reply;
	struct vf_err err;
	struct run r;

	for (size_t i = 0; i < 3; i++) {
		CHECK_RC(run_at(make_file(names[i]), DAY_LATER, &r), VF_OK);
		/* made at 12:00:00.250 and some milliseconds */
		CHECK(r.tst.gen_time >= make_time("2024-06-01T12:00:00.250Z") &&
			r.tst.gen_time < make_time("2024-06-01T12:00:01Z"));
		CHECK(r.tst.has_accuracy && r.tst.accuracy_ms == 500 && !r.tst.ordering);
		CHECK_INT(r.trust.authorities, 1);
		CHECK_INT(r.trust.revocation, VF_REVOCATION_NONE);
		CHECK_INT(r.trust.leaf.not_after, make_time("2029-01-01T00:00:00Z"));
		CHECK_STR(r.trust.leaf.name, i == 0 ? "Example TSU P-256" : "Example TSU RSA-3072");
		CHECK(r.tst.nonce.n > 0 && r.tst.tsa.n > 0);
		CHECK_RC(vf_tst_check_nonce(&r.tst, r.tst.nonce, &err), VF_OK);
		CHECK_RC(vf_tst_check_nonce(&r.tst, vf_bytes_str("12345678"), &err), VF_TS_NONCE);
	}
	CHECK_RC(vf_tsr_parse(make_file("p256-certs.tsr"), false, &reply, &err), VF_OK);
	CHECK_BYTES(reply.der, make_file("p256-certs.tst"));
	/* T18: the same kind of token with indefinite lengths */
	CHECK_RC(run(make_file("ber.tst")), VF_TS_SHAPE);
}

static void test_token_without_certificates(void)
{
	struct vf_bytes cert = make_file("tsa-p256.der");
	struct vf_pki_extra extra = {.certs = &cert, .n_certs = 1};
	struct run r = {.pki = new_pki(root_pem), .judged_at = make_time(DAY_LATER)};
	struct vf_err err;

	CHECK_RC(judge(&r, make_file("p256-bare.tst")), VF_UNKNOWN_ROOT);
	CHECK_RC(vf_tst_check_nonce(&r.tst, NOTHING, &err), VF_TS_NONCE);
	r.extra = &extra;
	CHECK_RC(judge(&r, make_file("p256-bare.tst")), VF_OK);
	vf_pki_free(r.pki);
	/* the certificate itself is pinned: found without being sent, its own anchor */
	r = (struct run){.pki = new_pki(make_file("tsa-p256.pem")), .judged_at = make_time(DAY_LATER)};
	CHECK_RC(judge(&r, make_file("p256-bare.tst")), VF_OK);
	CHECK_INT(r.trust.earliest_end, make_time("2029-01-01T00:00:00Z"));
	CHECK_RC(judge(&r, make_file("rsa3072.tst")), VF_UNKNOWN_ROOT);
	vf_pki_free(r.pki);
}

/* Every kind of key: good, one bit wrong, and malformed signatures. */
static void test_keys(void)
{
	struct {
		EVP_PKEY *key;
		bool pss;
	} kinds[] = {{p256, false}, {p384, false}, {p521, false}, {rsa3072, false}, {rsa3072, true}, {rsapss, true},
		{ed25519, false}};
	static const uint8_t zero[64], one = 0, huge[2048] = {0x30, 0x82};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct cms_spec s = good();

		s.cert = s.certs = make_tsa(kinds[i].key);
		s.key = kinds[i].key;
		s.pss = kinds[i].pss;
		CHECK_RC(run(make_cms(&s)), VF_OK);
		s.broken_signature = true;
		CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
		s.broken_signature = false;
		s.signature = vf_bytes(&one, 0);
		CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
		s.signature = vf_bytes(&one, 1);
		CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
		s.signature = vf_bytes(zero, sizeof(zero));
		CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
		s.signature = vf_bytes(huge, sizeof(huge));
		CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
	}
}

/* An identifier that does not fit the key or the hash must not reach the key. */
static void test_algorithm_agreement(void)
{
	struct vf_bytes rsa = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.11"), make_der(VF_DER_NULL, NOTHING));
	struct vf_bytes ecdsa384 = DER(VF_DER_SEQUENCE, make_oid("1.2.840.10045.4.3.3"));
	struct cms_spec s = good();

	s.sigalg = rsa;
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
	s.sigalg = ecdsa384;
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
	s.sigalg = DER(VF_DER_SEQUENCE, make_oid("1.3.101.112"));
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
	s.sigalg = DER(VF_DER_SEQUENCE, make_oid("1.2.840.10045.2.1"));
	CHECK_RC(run(make_cms(&s)), VF_UNKNOWN_ALGORITHM);
	/* a key for PSS alone signs no PKCS #1 v1.5 */
	s = good();
	s.cert = s.certs = make_tsa(rsapss);
	s.key = rsapss;
	s.sigalg = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.1"), make_der(VF_DER_NULL, NOTHING));
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
	/* the hash of the content is not among the announced ones, or SHA-384 and SHA-512 with P-256: fine */
	s = good();
	s.digest = VF_SHA384;
	CHECK_RC(run(make_cms(&s)), VF_OK);
	s = good();
	s.cert = s.certs = make_tsa(ed25519);
	s.key = ed25519;
	s.digest = VF_SHA256; /* RFC 8419 3.1 wants SHA-512 */
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
}

/* T01, T16, pitfalls 10 and 11. */
static void test_imprint(void)
{
	struct vf_bytes md5 = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.2.5"));
	struct vf_bytes other = make_digest(VF_SHA256, vf_bytes_str("other"));
	struct vf_digest sha1 = {.alg = VF_SHA1};
	struct vf_tst t;
	struct vf_err err;
	struct vf_pki *p = new_pki(root_pem);
	struct vf_bytes value = make_digest(VF_SHA1, vf_bytes_str(DATA));

	CHECK_RC(run(token_with((struct info_spec){.value = other})), VF_TS_IMPRINT);
	CHECK_RC(run(token_with((struct info_spec){.alg = VF_SHA512})), VF_TS_IMPRINT);
	/* the right 32 octets under the name of another algorithm */
	CHECK_RC(run(token_with((struct info_spec){
			 .alg = VF_SHA3_256, .value = make_digest(VF_SHA256, vf_bytes_str(DATA))})),
		VF_TS_IMPRINT);
	CHECK_RC(run(token_with((struct info_spec){.alg_der = md5, .value = vf_bytes(other.p, 16)})),
		VF_WEAK_ALGORITHM);
	CHECK_RC(run(token_with((struct info_spec){.value = vf_bytes(other.p, 31)})), VF_TS_SHAPE);
	CHECK_RC(run(token_with((struct info_spec){
			 .alg_der = DER(VF_DER_SEQUENCE, make_oid("1.2.3")), .value = other})),
		VF_UNKNOWN_ALGORITHM);
	/* SHA-1, which the caller expects: too weak in 2024 */
	memcpy(sha1.b, value.p, value.n);
	CHECK_RC(vf_tst_parse(token_with((struct info_spec){.alg = VF_SHA1}), &t, &err), VF_OK);
	CHECK_RC(vf_tst_check(p, &t, &sha1, NULL, NULL, &err), VF_WEAK_ALGORITHM);
	vf_pki_free(p);
}

/* T03, pitfalls 8 and 9, P06: both ends of the validity count, a millisecond more does not. */
static void test_gen_time(void)
{
	static const struct {
		const char *time;
		enum vf_rc rc;
	} rows[] = {
		{"20231231235959Z", VF_TS_CERT_TIME},
		{"20231231235959.999Z", VF_TS_CERT_TIME},
		{"20240101000000Z", VF_OK},
		{"20290101000000Z", VF_OK},
		{"20290101000000.001Z", VF_TS_CERT_TIME},
		{"20990101000000Z", VF_TS_CERT_TIME},
		{"20190101000000Z", VF_TS_CERT_TIME},
		/* T30 */
		{"20240601120000.123456Z", VF_OK},
		{"20240601120000.5Z", VF_OK},
		{"20240601120000.50Z", VF_TS_SHAPE},
		{"20240601120000.Z", VF_TS_SHAPE},
		{"20240601120000", VF_TS_SHAPE},
		{"20240601120000+0000", VF_TS_SHAPE},
		{"202406011200Z", VF_TS_SHAPE},
		{"20240601120060Z", VF_TS_SHAPE},
		{"20241301120000Z", VF_TS_SHAPE},
		{"20240230120000Z", VF_TS_SHAPE},
		{"120240601120000Z", VF_TS_SHAPE},
		{"20240601120000,5Z", VF_TS_SHAPE},
		{"", VF_TS_SHAPE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run r = {.pki = new_pki(root_pem), .judged_at = make_time(DAY_LATER), .allow_expired = true};

		CHECK_RC(judge(&r, token_with((struct info_spec){.gen_time = rows[i].time})), rows[i].rc);
		vf_pki_free(r.pki);
	}
}

/* T06, T23, T29, pitfall 11 and the issuer and serial of RFC 5035. */
static void test_binding(void)
{
	static const struct {
		enum make_ess ess;
		enum vf_rc rc;
	} rows[] = {
		{ESS_V2, VF_OK},
		{ESS_V2_SHA512, VF_OK},
		{ESS_BOTH, VF_OK},
		{ESS_ISSUER, VF_OK},
		{ESS_V1, VF_OK},
		{ESS_NONE, VF_TS_ESS},
		{ESS_OTHER_HASH, VF_TS_ESS},
		{ESS_OTHER_ISSUER, VF_TS_ESS},
		{ESS_TWICE, VF_TS_SHAPE},
		{ESS_OCTETS, VF_TS_SHAPE},
	};
	struct cms_spec s = good();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.ess = rows[i].ess;
		CHECK_RC(run(make_cms(&s)), rows[i].rc);
	}
	s = good();
	s.by_key_id = true;
	CHECK_RC(run(make_cms(&s)), VF_OK);
}

/* T08: a forged certificate with the issuer and serial of the true one stands before it. */
static void test_forged_twin(void)
{
	struct cms_spec s = good();
	struct vf_bytes twin, junk = DER(VF_DER_SEQUENCE, make_int(1));
	struct run r;

	twin = make_cert(&(struct cert_spec){
		.name = "Made TSU", .key = p384, .issuer_key = p384, .serial = 5, .ext = TSA_EXT});
	s.cert = make_tsa(p256);
	s.certs = JOIN(twin, s.cert);
	CHECK_RC(run_at(make_cms(&s), DAY_LATER, &r), VF_OK);
	CHECK_INT(r.trust.leaf.pubkey, VF_PUBKEY_P256);
	/* only the twin */
	s.certs = twin;
	CHECK_RC(run(make_cms(&s)), VF_TS_ESS);
	/* certificates that cannot be read, and other kinds (openssl #993), do not disturb */
	s.certs = JOIN(junk, make_der(VF_DER_CONTEXT(1), make_int(1)), s.cert);
	CHECK_RC(run(make_cms(&s)), VF_OK);
	/* signed by the twin's key, but the true one is named */
	s.certs = JOIN(twin, s.cert);
	s.key = p384;
	s.digest = VF_SHA256;
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
}

/* T02, T06, T07, T15, T19, T21, T23 and what RFC 5652 asks of signed attributes. */
static void test_cms_shape(void)
{
	struct vf_bytes when = make_der(VF_DER_UTC_TIME, vf_bytes_str("240601120000Z"));
	struct vf_bytes signing_time = make_attr("1.2.840.113549.1.9.5", when);
	struct vf_bytes md5 = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.2.5"));
	struct cms_spec s = good();

	s.no_attrs = true;
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.second_signer = true;
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.no_signer = true;
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.content_type = "1.2.840.113549.1.7.1";
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.detached = true;
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.attr_type = "1.2.840.113549.1.7.1";
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s.attr_type = "";
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.no_digest = true;
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.digest_value = make_digest(VF_SHA256, vf_bytes_str("x"));
	CHECK_RC(run(make_cms(&s)), VF_TS_SIGNATURE);
	s = good();
	s.attrs = make_attr("1.2.840.113549.1.9.3", make_oid("1.2.840.113549.1.9.16.1.4"));
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	/* signingTime stands once and has one value (RFC 5652 11.3) */
	s = good();
	s.attrs = signing_time;
	CHECK_RC(run(make_cms(&s)), VF_OK);
	s.attrs = JOIN(signing_time, signing_time);
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s.attrs = make_attr("1.2.840.113549.1.9.5", JOIN(when, when));
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s = good();
	s.digest = VF_SHA1;
	CHECK_RC(run(make_cms(&s)), VF_WEAK_ALGORITHM);
	s = good();
	s.digest_alg = md5;
	CHECK_RC(run(make_cms(&s)), VF_WEAK_ALGORITHM);
	CHECK_RC(run(DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.3"),
			 make_der(VF_DER_CONTEXT(0), make_der(VF_DER_SEQUENCE, NOTHING)))),
		VF_TS_SHAPE);
	CHECK_RC(run(NOTHING), VF_TS_SHAPE);
	/* T17 */
	s = good();
	CHECK_RC(run(JOIN(make_cms(&s), vf_bytes_str("x"))), VF_TS_SHAPE);
}

/* T10 to T12, pitfall 19. */
static void test_profile(void)
{
	static const struct {
		const char *ext[8][2];
		enum vf_rc rc;
	} rows[] = {
		{TSA_EXT, VF_OK},
		{{{"extendedKeyUsage", "critical,timeStamping"}}, VF_OK}, /* T12: no key usage */
		{{{"keyUsage", "critical,nonRepudiation"}, {"extendedKeyUsage", "critical,timeStamping"}}, VF_OK},
		{{{"keyUsage", "critical,digitalSignature,nonRepudiation"},
			 {"extendedKeyUsage", "critical,timeStamping"}},
			VF_OK},
		{{{"keyUsage", "critical,digitalSignature"}}, VF_TS_CERT_PROFILE},
		{{{"extendedKeyUsage", "timeStamping"}}, VF_TS_CERT_PROFILE},
		{{{"extendedKeyUsage", "critical,timeStamping,codeSigning"}}, VF_TS_CERT_PROFILE},
		{{{"extendedKeyUsage", "critical,timeStamping,1.2.3.4"}}, VF_TS_CERT_PROFILE},
		{{{"extendedKeyUsage", "critical,codeSigning"}}, VF_TS_CERT_PROFILE},
		{{{"extendedKeyUsage", "critical,anyExtendedKeyUsage"}}, VF_TS_CERT_PROFILE},
		{{{"basicConstraints", "critical,CA:TRUE"},
			 {"keyUsage", "critical,digitalSignature,nonRepudiation"},
			 {"extendedKeyUsage", "critical,timeStamping"}},
			VF_TS_CERT_PROFILE},
		{{{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,digitalSignature,keyCertSign"},
			 {"extendedKeyUsage", "critical,timeStamping"}},
			VF_TS_CERT_PROFILE},
		{{{"keyUsage", "critical,digitalSignature,keyEncipherment"},
			 {"extendedKeyUsage", "critical,timeStamping"}},
			VF_TS_CERT_PROFILE},
		{{{"keyUsage", "critical,cRLSign"}, {"extendedKeyUsage", "critical,timeStamping"}},
			VF_TS_CERT_PROFILE},
		{{{"extendedKeyUsage", "critical,timeStamping"}, {"1.2.3.4.5", "critical,DER:0500"}}, VF_CERT_PATH},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cert_spec c = {.name = "Made TSU", .key = p256, .issuer_key = root_key, .serial = 5};

		memcpy(c.ext, rows[i].ext, sizeof(c.ext));
		if (run(token_by(make_cert(&c), p256)) != rows[i].rc)
			CHECK_FAIL("profile %zu is not %s", i, vf_rc_name(rows[i].rc));
	}
}

static struct vf_bytes bool_der(uint8_t v)
{
	uint8_t *p = make_room(1);

	p[0] = v;
	return make_der(VF_DER_BOOLEAN, vf_bytes(p, 1));
}

static struct vf_bytes accuracy(uint8_t tag, const char *octets, size_t n)
{
	return DER(VF_DER_SEQUENCE, make_der(tag, vf_bytes(octets, n)));
}

static struct vf_bytes extension(struct vf_bytes critical)
{
	return make_der(VF_DER_CONTEXT(1),
		DER(VF_DER_SEQUENCE, make_oid("1.2.3.4.5"), critical, make_der(VF_DER_OCTET_STRING, NOTHING)));
}

/* T24, T27, T28, pitfall 12. */
static void test_info_fields(void)
{
	struct vf_bytes right = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Made TSU")));
	struct vf_bytes other = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Other TSU")));
	struct vf_bytes mail = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT_PRIMITIVE(1), vf_bytes_str("a@b")));
	const struct {
		struct vf_bytes rest;
		enum vf_rc rc;
		uint64_t ms;
	} rows[] = {
		{accuracy(VF_DER_INTEGER, "\x01", 1), VF_OK, 1000},
		{accuracy(0x80, "\x01\xf4", 2), VF_OK, 500},
		{accuracy(0x81, "\x01", 1), VF_OK, 1}, /* a microsecond is rounded up */
		{accuracy(VF_DER_INTEGER, "\x12\xcf\x9e\x00", 4), VF_OK, UINT64_C(315596288000)}, /* ten years */
		{accuracy(0x80, "\x03\xe8", 2), VF_TS_SHAPE, 0},
		{accuracy(0x81, "\x03\xe8", 2), VF_TS_SHAPE, 0},
		{accuracy(VF_DER_INTEGER, "\xff", 1), VF_TS_SHAPE, 0},
		{accuracy(VF_DER_INTEGER, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8), VF_TS_SHAPE, 0},
		{accuracy(0x82, "\x01", 1), VF_TS_SHAPE, 0},
		{bool_der(0xff), VF_OK, 0},
		{bool_der(0), VF_OK, 0}, /* authorities write the default */
		{bool_der(1), VF_TS_SHAPE, 0},
		{right, VF_OK, 0},
		{other, VF_TS_ESS, 0},
		{mail, VF_TS_ESS, 0},
		{extension(NOTHING), VF_OK, 0},
		{extension(bool_der(0xff)), VF_TS_EXTENSION, 0},
		{make_der(VF_DER_CONTEXT(2), NOTHING), VF_TS_SHAPE, 0},
		{make_der(VF_DER_INTEGER, vf_bytes("\x00\x01", 2)), VF_TS_SHAPE, 0},
		{JOIN(make_int(1), make_int(1)), VF_TS_SHAPE, 0},
	};
	struct cms_spec s = good();

	s.cert = s.certs = make_tsa(p256);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run r;

		s.content = make_info(&(struct info_spec){.rest = rows[i].rest});
		CHECK_RC(run_at(make_cms(&s), DAY_LATER, &r), rows[i].rc);
		if (rows[i].rc == VF_OK)
			CHECK_INT(r.tst.accuracy_ms, rows[i].ms);
	}
	CHECK_RC(run(token_with((struct info_spec){.version = 2})), VF_TS_SHAPE);
	s.content = JOIN(make_info(&(struct info_spec){0}), vf_bytes_str("x"));
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
	s.content = vf_bytes_str("not DER");
	CHECK_RC(run(make_cms(&s)), VF_TS_SHAPE);
}

/* T13 to T15: judged at genTime, and again at the time when the token had to hold. */
static void test_algorithms_by_date(void)
{
	struct vf_bytes old_root = make_cert(&(struct cert_spec){.name = "Old Root", .issuer = "Old Root",
		.key = rsa1024, .issuer_key = rsa1024, .from = "20000101000000Z", .to = "20300101000000Z",
		.md = EVP_sha1(), .ext = CA_EXT});
	struct cert_spec leaf = {.name = "Old TSU", .issuer = "Old Root", .key = rsa1024, .issuer_key = rsa1024,
		.from = "20080101000000Z", .to = "20150101000000Z", .md = EVP_sha1(), .ext = TSA_EXT};
	struct cert_spec weak = {.name = "Made TSU", .key = p256, .issuer_key = root_key, .ext = TSA_EXT};
	struct run r = {.pki = new_pki(make_pem(old_root)), .judged_at = make_time("2010-06-01T00:00:00Z")};
	struct cms_spec s = good();

	s.cert = s.certs = make_cert(&leaf);
	s.key = rsa1024;
	s.digest = VF_SHA1;
	s.ess = ESS_V1;
	s.content = make_info(&(struct info_spec){.gen_time = "20090601000000Z"});
	CHECK_RC(judge(&r, make_cms(&s)), VF_OK);
	CHECK_INT(r.trust.strong_until, make_time("2011-01-01T00:00:00Z"));
	r.judged_at = make_time("2011-01-01T00:00:00Z");
	CHECK_RC(judge(&r, make_cms(&s)), VF_WEAK_ALGORITHM);
	r.judged_at = make_time("2010-12-31T23:59:59Z");
	CHECK_RC(judge(&r, make_cms(&s)), VF_OK);
	s.content = make_info(&(struct info_spec){.gen_time = "20120601000000Z"});
	CHECK_RC(judge(&r, make_cms(&s)), VF_WEAK_ALGORITHM);
	vf_pki_free(r.pki);
	/* ESSCertID of RFC 2634 alone: until the end of 2030 (docs/decisions/0009) */
	r = (struct run){.pki = new_pki(root_pem), .judged_at = make_time("2030-12-31T23:59:59Z"), .allow_expired = true};
	s = good();
	s.ess = ESS_V1;
	CHECK_RC(judge(&r, make_cms(&s)), VF_OK);
	CHECK_INT(r.trust.strong_until, make_time("2031-01-01T00:00:00Z"));
	r.judged_at = make_time("2031-01-01T00:00:00Z");
	CHECK_RC(judge(&r, make_cms(&s)), VF_WEAK_ALGORITHM);
	s.ess = ESS_BOTH;
	CHECK_RC(judge(&r, make_cms(&s)), VF_OK);
	CHECK(r.trust.strong_until > r.judged_at);
	vf_pki_free(r.pki);
	/* a certificate of 2024 that its issuer signed with SHA-1 */
	weak.md = EVP_sha1();
	CHECK_RC(run(token_by(make_cert(&weak), p256)), VF_WEAK_ALGORITHM);
	/* RSA-1024 in 2024 */
	CHECK_RC(run(token_by(make_tsa(rsa1024), rsa1024)), VF_WEAK_ALGORITHM);
	/* MD5 by an RSA issuer */
	old_root = make_cert(&(struct cert_spec){.name = "RSA Root", .issuer = "RSA Root", .key = rsa3072,
		.issuer_key = rsa3072, .ext = CA_EXT});
	weak = (struct cert_spec){.name = "Made TSU", .issuer = "RSA Root", .key = p256, .issuer_key = rsa3072,
		.md = EVP_md5(), .ext = TSA_EXT};
	r = (struct run){.pki = new_pki(make_pem(old_root)), .judged_at = make_time(DAY_LATER)};
	CHECK_RC(judge(&r, token_by(make_cert(&weak), p256)), VF_WEAK_ALGORITHM);
	weak.md = EVP_sha256();
	CHECK_RC(judge(&r, token_by(make_cert(&weak), p256)), VF_OK);
	vf_pki_free(r.pki);
}

/* Pitfalls 1 and 2, T05: what counts is genTime; expiry later is the caller's choice. */
static void test_trust(void)
{
	struct run r = {.pki = new_pki(NOTHING), .judged_at = make_time("2030-01-01T00:00:00Z")};
	struct vf_bytes token = make_file("p256-certs.tst");
	struct vf_err err;

	CHECK_RC(judge(&r, token), VF_NO_TRUST_ANCHOR);
	CHECK_RC(vf_pki_add_anchors(r.pki, 7, root_pem, &err), VF_OK);
	CHECK_RC(judge(&r, token), VF_TS_EXPIRED);
	r.allow_expired = true;
	CHECK_RC(judge(&r, token), VF_OK);
	CHECK_INT(r.trust.authorities, 1 << 7);
	r.allow_expired = false;
	r.judged_at = make_time("2029-01-01T00:00:00Z");
	CHECK_RC(judge(&r, token), VF_OK);
	r.judged_at++;
	CHECK_RC(judge(&r, token), VF_TS_EXPIRED);
	r.judged_at = make_time(DAY_LATER);
	CHECK_RC(vf_pki_add_anchors(r.pki, 2, root_pem, &err), VF_OK);
	CHECK_RC(judge(&r, token), VF_OK);
	CHECK_INT(r.trust.authorities, 1 << 7 | 1 << 2);
	/* a root of submitters vouches for no time */
	vf_pki_free(r.pki);
	r.pki = new_pki(NOTHING);
	CHECK_RC(vf_pki_add_anchors(r.pki, VF_PKI_SUBMITTERS, root_pem, &err), VF_OK);
	CHECK_RC(judge(&r, token), VF_NO_TRUST_ANCHOR);
	vf_pki_free(r.pki);
}

/* Pitfalls 3 to 7 and 13 to 15, P07, P08: revocation data in the token or beside it. */
static void test_revocation(void)
{
	static const struct {
		const char *file;
		enum vf_rc rc;
		enum vf_revocation state;
	} rows[] = {
		{"crl-before.der", VF_OK, VF_REVOCATION_GOOD},
		{"crl-after.der", VF_OK, VF_REVOCATION_GOOD},
		{"crl-superseded.der", VF_OK, VF_REVOCATION_LATER},
		{"crl-keycompromise.der", VF_REVOKED, 0},
		{"ocsp-good.der", VF_OK, VF_REVOCATION_GOOD},
		{"ocsp-revoked.der", VF_REVOKED, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ocsp = rows[i].file[0] == 'o';
		struct vf_bytes data = make_file(rows[i].file);
		struct vf_bytes cert = make_file("tsa-p256.der");
		struct vf_pki_extra extra = {.crls = &data, .n_crls = !ocsp, .ocsp = &data, .n_ocsp = ocsp};
		struct run r = {.pki = new_pki(root_pem), .extra = &extra, .judged_at = make_time(DAY_LATER)};
		struct cms_spec s = good();

		CHECK_RC(judge(&r, make_file("p256-certs.tst")), rows[i].rc);
		if (rows[i].rc == VF_OK)
			CHECK_INT(r.trust.revocation, rows[i].state);
		/* in the token: OCSP as RFC 5940 has it, which d2i_PKCS7 cannot read */
		r.extra = NULL;
		s.cert = s.certs = cert;
		s.crls = data;
		if (ocsp)
			s.crls = DER(VF_DER_CONTEXT(1), make_oid("1.3.6.1.5.5.7.16.2"), data);
		CHECK_RC(judge(&r, make_cms(&s)), rows[i].rc);
		if (rows[i].rc == VF_OK)
			CHECK_INT(r.trust.revocation, rows[i].state);
		vf_pki_free(r.pki);
	}
}

/* The name of a token does not change when revocation data is put into it (seal.md). */
static void test_id(void)
{
	struct vf_tst a, b;
	struct vf_hash x, y;
	struct vf_err err;
	struct cms_spec s = good();
	uint8_t signature[256];

	CHECK_RC(vf_tst_parse(make_cms(&s), &a, &err), VF_OK);
	memcpy(signature, a.cms.signature.p, a.cms.signature.n);
	s.signature = vf_bytes(signature, a.cms.signature.n);
	s.crls = make_file("crl-after.der");
	CHECK_RC(vf_tst_parse(make_cms(&s), &b, &err), VF_OK);
	x = vf_tst_id(&a);
	y = vf_tst_id(&b);
	CHECK(vf_hash_eq(&x, &y));
	y = vf_sha256(JOIN(a.cms.signed_attrs, a.cms.signature));
	CHECK(vf_hash_eq(&x, &y));
	CHECK_INT(a.cms.signed_attrs.p[0], 0xa0);
}

/* T20 and the shapes of replies. */
static void test_replies(void)
{
	struct cms_spec s = good();
	struct vf_bytes token = make_cms(&s), status[4];
	struct vf_err err;
	struct vf_tst t;

	for (uint8_t i = 0; i < 4; i++)
		status[i] = DER(VF_DER_SEQUENCE, make_int(i));
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[0], token), false, &t, &err), VF_OK);
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[1], token), false, &t, &err), VF_TS_STATUS);
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[1], token), true, &t, &err), VF_OK);
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[2], token), true, &t, &err), VF_TS_STATUS);
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[3]), false, &t, &err), VF_TS_STATUS);
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[0]), false, &t, &err), VF_TS_SHAPE);
	CHECK_RC(vf_tsr_parse(DER(VF_DER_SEQUENCE, status[0], token, token), false, &t, &err), VF_TS_SHAPE);
	CHECK_RC(vf_tsr_parse(token, false, &t, &err), VF_TS_SHAPE);
	CHECK_RC(vf_tsr_parse(vf_bytes_str("<html>"), false, &t, &err), VF_TS_SHAPE);
	CHECK_RC(vf_tsr_parse(NOTHING, false, &t, &err), VF_TS_SHAPE);
}

static struct claim claim_of(const struct run *r)
{
	struct claim c;

	memset(&c, 0, sizeof(c));
	c.imprint = r->tst.imprint;
	c.gen_time = r->tst.gen_time;
	c.has_accuracy = r->tst.has_accuracy;
	c.ordering = r->tst.ordering;
	c.accuracy_ms = r->tst.accuracy_ms;
	c.policy = vf_sha256(r->tst.policy);
	c.serial = vf_sha256(r->tst.serial);
	c.nonce = vf_sha256(r->tst.nonce);
	c.tsa = vf_sha256(r->tst.tsa);
	c.leaf = r->trust.leaf.sha256;
	c.revocation = r->trust.revocation;
	return c;
}

/* No changed octet is accepted with another claim; no cut token is accepted at all. */
static void test_every_byte(const char *name)
{
	struct vf_bytes token = make_copy(make_file(name));
	struct run r = {.pki = new_pki(root_pem), .judged_at = make_time(DAY_LATER)};
	struct claim want, got;
	size_t accepted = 0;

	CHECK_RC(judge(&r, token), VF_OK);
	want = claim_of(&r);
	for (size_t i = 0; i < token.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t *at = (uint8_t *)(uintptr_t)&token.p[i];

			*at ^= (uint8_t)(1u << bit);
			if (judge(&r, token) == VF_OK) {
				accepted++;
				got = claim_of(&r);
				CHECK(memcmp(&got, &want, sizeof(got)) == 0);
			}
			*at ^= (uint8_t)(1u << bit);
		}
		CHECK(judge(&r, vf_bytes(token.p, i)) != VF_OK);
	}
	fprintf(stderr, "%s: %zu changes that say the same\n", name, accepted);
	CHECK(accepted < token.n * 8);
	vf_pki_free(r.pki);
}

/* More certificates than the cache keeps: it starts anew and stays right. */
static void test_many_certificates(void)
{
	struct run r = {.pki = new_pki(root_pem), .judged_at = make_time(DAY_LATER)};

	for (long i = 0; i < 600; i++) {
		size_t used = maker_used;
		struct vf_bytes cert = make_cert(&(struct cert_spec){.name = "Made TSU", .key = p256,
			.issuer_key = root_key, .serial = 100 + i, .ext = TSA_EXT});

		if (judge(&r, token_by(cert, p256)) != VF_OK)
			CHECK_FAIL("certificate %ld: %s", i, r.err.text);
		maker_used = used;
	}
	vf_pki_free(r.pki);
}

/* D03, D04: too many certificates, or a token that is too large. */
static void test_limits(void)
{
	struct cms_spec s = good();
	struct vf_bytes many = NOTHING;
	struct vf_err err;
	struct vf_tst t;

	for (long i = 0; i < VF_MAX_CERTS + 1; i++)
		many = JOIN(many, make_cert(&(struct cert_spec){.name = "X", .key = p256, .issuer_key = p256,
					  .serial = 100 + i, .ext = TSA_EXT}));
	s.certs = JOIN(many, tsa);
	CHECK_RC(run(make_cms(&s)), VF_LIMIT);
	s.certs = make_der(VF_DER_OCTET_STRING, vf_bytes(make_room(VF_MAX_TOKEN), VF_MAX_TOKEN));
	CHECK_RC(vf_tst_parse(make_cms(&s), &t, &err), VF_LIMIT);
}

int main(void)
{
	root_key = make_key("root.key");
	p256 = make_key("p256.key");
	p384 = make_key("p384.key");
	p521 = make_key("p521.key");
	rsa3072 = make_key("rsa3072.key");
	rsa1024 = make_key("rsa1024.key");
	rsapss = make_key("rsapss.key");
	ed25519 = make_key("ed25519.key");
	root_pem = make_file("root.pem");
	tsa = make_file("tsa-p256.der");

	test_real_tokens();
	test_token_without_certificates();
	test_keys();
	test_algorithm_agreement();
	test_imprint();
	test_gen_time();
	test_binding();
	test_forged_twin();
	test_cms_shape();
	test_profile();
	test_info_fields();
	test_algorithms_by_date();
	test_trust();
	test_revocation();
	test_id();
	test_replies();
	test_every_byte("p256-certs.tst");
	test_many_certificates();
	test_limits();

	EVP_PKEY *keys[] = {root_key, p256, p384, p521, rsa3072, rsa1024, rsapss, ed25519};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		EVP_PKEY_free(keys[i]);
	return check_done();
}
