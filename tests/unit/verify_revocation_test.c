#include "verify/revocation.h"

#include "tests/unit/pki_maker.h"
#include "verify/standing.h"

#define AT "2024-06-01T12:00:00Z"

static EVP_PKEY *root_key, *p256, *p384;
static struct vf_pki *pki;
static const struct vf_cert *root, *leaf;

struct outcome {
	enum vf_rc rc;
	enum vf_revocation state;
	int64_t as_of;
	struct vf_err err;
};

static struct outcome check_all(const struct vf_bytes *crls, size_t n_crls, const struct vf_bytes *ocsp, size_t n_ocsp)
{
	struct vf_pki_extra extra = {.crls = crls, .n_crls = n_crls, .ocsp = ocsp, .n_ocsp = n_ocsp};
	struct outcome o = {0};

	o.rc = vf_revocation_check(pki, leaf, root, VF_PURPOSE_TIME_STAMPING, make_time(AT), NOTHING, NOTHING, &extra, &o.state, &o.as_of, &o.err);
	return o;
}

static struct outcome check_spec(struct crl_spec s)
{
	struct vf_bytes crl;

	if (!s.key)
		s.key = root_key;
	crl = make_crl(&s);
	return check_all(&crl, 1, NULL, 0);
}

#define WANT(got, rc_, state_)                                                                             \
	do {                                                                                               \
		struct outcome o_ = (got);                                                                 \
		CHECK_RC(o_.rc, rc_);                                                                      \
		if (o_.rc == VF_OK)                                                                        \
			CHECK_INT(o_.state, state_);                                                       \
	} while (0)

static void test_no_data(void)
{
	struct outcome o = check_all(NULL, 0, NULL, 0);

	CHECK_RC(o.rc, VF_OK);
	CHECK_INT(o.state, VF_REVOCATION_NONE);
	CHECK_INT(o.as_of, VF_TIME_NONE);
}

/* Which CRLs may say "good" about 2024-06-01T12:00:00Z. */
static void test_usable(void)
{
	struct outcome o = check_spec((struct crl_spec){.from = "20240530000000Z", .to = "20240606000000Z"});

	WANT(o, VF_OK, VF_REVOCATION_GOOD);
	CHECK_INT(o.as_of, make_time("2024-05-30T00:00:00Z"));
	/* pitfall 4: issued after genTime */
	WANT(check_spec((struct crl_spec){.from = "20240602000000Z", .to = "20240609000000Z"}), VF_OK,
		VF_REVOCATION_GOOD);
	WANT(check_spec((struct crl_spec){.from = "20240602000000Z"}), VF_OK, VF_REVOCATION_GOOD);
	/* edges: nextUpdate is genTime, or a second before it */
	WANT(check_spec((struct crl_spec){.from = "20240530000000Z", .to = "20240601120000Z"}), VF_OK,
		VF_REVOCATION_GOOD);
	WANT(check_spec((struct crl_spec){.from = "20240530000000Z", .to = "20240601115959Z"}), VF_OK,
		VF_REVOCATION_NONE);
	WANT(check_spec((struct crl_spec){.from = "20240530000000Z"}), VF_OK, VF_REVOCATION_NONE);
	/* after the certificate's end it may have left the list */
	WANT(check_spec((struct crl_spec){.from = "20290102000000Z", .to = "20290109000000Z"}), VF_OK,
		VF_REVOCATION_NONE);
	/* expiredCertsOnCRL (2.5.29.60) keeps it; not when it starts later */
	WANT(check_spec((struct crl_spec){.from = "20290102000000Z",
		     .ext = {{"2.5.29.60", "DER:180f32303230303130313030303030305a"}}}),
		VF_OK, VF_REVOCATION_GOOD);
	WANT(check_spec((struct crl_spec){.from = "20290102000000Z",
		     .ext = {{"2.5.29.60", "DER:180f32303239303130313030303030315a"}}}),
		VF_OK, VF_REVOCATION_NONE);
	/* signed with SHA-1 in 2024: a forged list could hide an entry */
	WANT(check_spec((struct crl_spec){.from = "20240602000000Z", .md = EVP_sha1()}), VF_OK, VF_REVOCATION_NONE);
	WANT(check_spec((struct crl_spec){.from = "20240602000000Z", .md = EVP_sha1(),
		     .entries = {{77, "20240501000000Z", 1, NULL, false}}}),
		VF_REVOKED, 0);
	/* another certificate is revoked */
	WANT(check_spec((struct crl_spec){.from = "20240602000000Z",
		     .entries = {{78, "20240501000000Z", 1, NULL, false}}}),
		VF_OK, VF_REVOCATION_GOOD);
}

/* RFC 3161 4: reason and date. */
static void test_reasons(void)
{
	static const struct {
		int reason;
		enum vf_rc later; /* revoked after genTime */
	} rows[] = {
		{-1, VF_REVOKED}, /* no reasonCode */
		{0, VF_OK},
		{1, VF_REVOKED},
		{2, VF_REVOKED},
		{3, VF_OK},
		{4, VF_OK},
		{5, VF_OK},
		{6, VF_REVOKED},
		{9, VF_REVOKED},
		{10, VF_REVOKED},
		{11, VF_REVOKED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct crl_spec s = {.from = "20240702000000Z", .to = "20240709000000Z",
			.entries = {{78, "20240101000000Z", 1, NULL, false},
				{77, "20240701000000Z", rows[i].reason, NULL, false}}};

		WANT(check_spec(s), rows[i].later, VF_REVOCATION_LATER);
		/* at genTime or before it every reason counts */
		s.entries[1].at = "20240601120000Z";
		WANT(check_spec(s), VF_REVOKED, 0);
		s.entries[1].at = "20240601120001Z";
		WANT(check_spec(s), rows[i].later, VF_REVOCATION_LATER);
		/* the key was already bad before */
		s.entries[1].invalid = "20240501000000Z";
		WANT(check_spec(s), VF_REVOKED, 0);
	}
	/* a list that is too old to say "good" still tells of a revocation */
	WANT(check_spec((struct crl_spec){.from = "20240301000000Z", .to = "20240308000000Z",
		     .entries = {{77, "20240201000000Z", 1, NULL, false}}}),
		VF_REVOKED, 0);
}

/* Several lists: the worst counts, only a hold may be lifted. */
static void test_several(void)
{
	struct crl_spec empty = {.key = root_key, .from = "20240702000000Z", .to = "20240709000000Z"};
	struct crl_spec hold = {.key = root_key, .from = "20240602000000Z", .to = "20240609000000Z",
		.entries = {{77, "20240601000000Z", 6, NULL, false}}};
	struct crl_spec key = hold, harmless = empty;
	struct vf_bytes lists[2];
	struct outcome o;

	key.entries[0].reason = 1;
	harmless.entries[0] = (struct crl_entry){77, "20240615000000Z", 5, NULL, false};
	lists[0] = make_crl(&hold);
	lists[1] = make_crl(&empty);
	o = check_all(lists, 2, NULL, 0);
	WANT(o, VF_OK, VF_REVOCATION_GOOD);
	CHECK_INT(o.as_of, make_time("2024-07-02T00:00:00Z"));
	WANT(check_all(lists, 1, NULL, 0), VF_REVOKED, 0);
	/* the hold is newer */
	hold.from = "20240703000000Z";
	lists[0] = make_crl(&hold);
	WANT(check_all(lists, 2, NULL, 0), VF_REVOKED, 0);
	lists[0] = make_crl(&key);
	WANT(check_all(lists, 2, NULL, 0), VF_REVOKED, 0);
	lists[0] = make_crl(&harmless);
	WANT(check_all(lists, 2, NULL, 0), VF_OK, VF_REVOCATION_LATER);
}

/* Lists of another issuer, scope or form are of no use; those that lie are refused. */
static void test_scope(void)
{
	struct crl_spec s = {.from = "20240602000000Z", .to = "20240609000000Z"};
	struct vf_bytes crl;

	s.issuer = "Other Root";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.issuer = NULL;
	s.key = p384; /* signed by another key */
	WANT(check_spec(s), VF_CRL_SHAPE, 0);
	/* ... which says so: an old or a new key of the CA */
	s.ext[0][0] = "2.5.29.35";
	s.ext[0][1] = "DER:30048002aabb";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.key = root_key;
	s.ext[0][0] = "2.5.29.27"; /* delta */
	s.ext[0][1] = "critical,DER:020101";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.ext[0][0] = "1.2.3.4.5";
	s.ext[0][1] = "critical,DER:0500";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.ext[0][1] = "DER:0500";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_GOOD);
	s.ext[0][0] = "2.5.29.28"; /* issuing distribution point */
	s.ext[0][1] = "critical,DER:30038101ff"; /* users only */
	WANT(check_spec(s), VF_OK, VF_REVOCATION_GOOD);
	s.ext[0][1] = "critical,DER:30038201ff"; /* CAs only */
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.ext[0][1] = "critical,DER:30038401ff"; /* indirect */
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.ext[0][1] = "critical,DER:30038501ff"; /* attribute certificates */
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.ext[0][1] = "critical,DER:300483020640"; /* some reasons */
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	/* another distribution point, then that of the certificate: "http://a/" */
	s.ext[0][1] = "critical,DER:300fa00da00b8609687474703a2f2f622f";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	s.entries[0] = (struct crl_entry){77, "20240501000000Z", 1, NULL, false};
	WANT(check_spec(s), VF_REVOKED, 0);
	s.entries[0] = (struct crl_entry){0};
	s.ext[0][1] = "critical,DER:300fa00da00b8609687474703a2f2f612f";
	WANT(check_spec(s), VF_OK, VF_REVOCATION_GOOD);
	s.ext[0][1] = "critical,DER:0500";
	WANT(check_spec(s), VF_CRL_SHAPE, 0);
	s.ext[0][0] = "2.5.29.35"; /* no AuthorityKeyIdentifier */
	s.ext[0][1] = "DER:0500";
	WANT(check_spec(s), VF_CRL_SHAPE, 0);
	s.ext[0][0] = NULL;
	s.entries[0] = (struct crl_entry){77, "20240501000000Z", 1, NULL, true};
	WANT(check_spec(s), VF_OK, VF_REVOCATION_NONE);
	crl = vf_bytes_str("not a CRL");
	WANT(check_all(&crl, 1, NULL, 0), VF_CRL_SHAPE, 0);
	crl = JOIN(make_file("crl-after.der"), vf_bytes_str("x"));
	WANT(check_all(&crl, 1, NULL, 0), VF_CRL_SHAPE, 0);
}

/* OCSP as made by the openssl program, about another pair of certificates. */
static void test_ocsp(void)
{
	const struct vf_cert *tsa, *ca;
	struct vf_pki_extra extra = {.n_ocsp = 1};
	struct vf_bytes response;
	enum vf_revocation state;
	struct vf_err err;
	int64_t as_of;

	CHECK_RC(vf_pki_cert(pki, make_file("tsa-p256.der"), &tsa, &err), VF_OK);
	CHECK_RC(vf_pki_cert(pki, make_file("root.der"), &ca, &err), VF_OK);
	extra.ocsp = &response;
	response = make_file("ocsp-good.der");
	CHECK_RC(vf_revocation_check(pki, tsa, ca, VF_PURPOSE_TIME_STAMPING, make_time(AT), NOTHING, NOTHING, &extra, &state, &as_of, &err), VF_OK);
	CHECK_INT(state, VF_REVOCATION_GOOD);
	CHECK_INT(as_of, make_time("2024-06-02T00:00:00Z"));
	/* its nextUpdate lies before this time */
	CHECK_RC(vf_revocation_check(pki, tsa, ca, VF_PURPOSE_TIME_STAMPING, make_time("2024-08-01T00:00:00Z"), NOTHING, NOTHING, &extra, &state,
			 &as_of, &err),
		VF_OK);
	CHECK_INT(state, VF_REVOCATION_NONE);
	/* about another certificate */
	WANT(check_all(NULL, 0, &response, 1), VF_OK, VF_REVOCATION_NONE);
	response = make_file("ocsp-revoked.der");
	CHECK_RC(vf_revocation_check(pki, tsa, ca, VF_PURPOSE_TIME_STAMPING, make_time(AT), NOTHING, NOTHING, &extra, &state, &as_of, &err),
		VF_REVOKED);
	/* tryLater(3) is no answer; other things are malformed */
	response = DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes("\x03", 1)));
	WANT(check_all(NULL, 0, &response, 1), VF_OK, VF_REVOCATION_NONE);
	response = DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes("\x00", 1)));
	WANT(check_all(NULL, 0, &response, 1), VF_CRL_SHAPE, 0);
}

/* No changed bit may turn revoked into something better than "not known", or be accepted with another time. */
static void test_every_bit(const char *name, bool ocsp)
{
	struct vf_bytes data = make_file(name);
	struct vf_pki_extra extra = {.crls = &data, .n_crls = !ocsp, .ocsp = &data, .n_ocsp = ocsp};
	const struct vf_cert *tsa, *ca;
	enum vf_revocation state;
	struct vf_err err;
	int64_t as_of;

	CHECK_RC(vf_pki_cert(pki, make_file("tsa-p256.der"), &tsa, &err), VF_OK);
	CHECK_RC(vf_pki_cert(pki, make_file("root.der"), &ca, &err), VF_OK);
	for (size_t i = 0; i < data.n * 8; i++) {
		uint8_t *at = (uint8_t *)(uintptr_t)&data.p[i / 8];
		enum vf_rc rc;

		*at ^= (uint8_t)(1u << i % 8);
		rc = vf_revocation_check(pki, tsa, ca, VF_PURPOSE_TIME_STAMPING, make_time(AT), NOTHING, NOTHING, &extra, &state, &as_of, &err);
		CHECK(rc != VF_OK || state == VF_REVOCATION_NONE);
		*at ^= (uint8_t)(1u << i % 8);
	}
}

int main(void)
{
	struct vf_err err;

	root_key = make_key("root.key");
	p256 = make_key("p256.key");
	p384 = make_key("p384.key");
	pki = vf_pki_new();
	MUST(pki);
	CHECK_RC(vf_pki_cert(pki,
			 make_cert(&(struct cert_spec){.name = "Example Root", .key = root_key, .issuer_key = root_key,
				 .from = "20200101000000Z", .to = "20400101000000Z", .ext = CA_EXT}),
			 &root, &err),
		VF_OK);
	CHECK_RC(vf_pki_cert(pki,
			 make_cert(&(struct cert_spec){.name = "Made TSU", .key = p256, .issuer_key = root_key,
				 .ext = {{"extendedKeyUsage", "critical,timeStamping"},
					 {"crlDistributionPoints", "URI:http://a/"}}}),
			 &leaf, &err),
		VF_OK);
	test_no_data();
	test_usable();
	test_reasons();
	test_several();
	test_scope();
	test_ocsp();
	test_every_bit("crl-keycompromise.der", false);
	test_every_bit("ocsp-revoked.der", true);
	vf_pki_free(pki);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	return check_done();
}
