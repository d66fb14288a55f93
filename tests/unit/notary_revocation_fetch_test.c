#include "notary/revocation_fetch.h"

#include "verify/revocation.h"
#include "verify/tst.h"

#include "tests/unit/tsa_world.h"

static struct vf_pki *pki;
static struct vf_bytes token;
static struct nt_authority authority;
static struct nt_revocation_answers answers;
static struct nt_revocation_wish wish;
static struct vf_err err;

static void begin(void)
{
	n_served = 0;
	memset(&authority, 0, sizeof(authority));
	strcpy(authority.name, "alpha");
	strcpy(authority.user, "somebody");
	strcpy(authority.password_file, "secret");
	authority.connect_ms = 5000;
	authority.timeout_ms = 30000;
	wish = (struct nt_revocation_wish){.authority = &authority, .pki = pki, .token = token, .now = make_time(NOW), .fetch = fetch_served};
	serve(ROOT_CRL, root_crl("20250301000000Z", "20250401000000Z"));
	serve(CA_CRL, ca_crl("20250309000000Z", "20250316000000Z"));
	serve(CA_OCSP, make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1,
		.from = "20250309180000Z", .to = "20250310180000Z"}));
}

static void ask(void)
{
	err = (struct vf_err){0};
	CHECK_RC(nt_revocation_fetch(&wish, &answers, &err), VF_OK);
}

static const struct nt_revocation_answer *find(enum nt_revocation_kind kind, struct vf_bytes cert)
{
	struct vf_hash subject = subject_of(cert);

	for (size_t i = 0; i < answers.n; i++)
		if (answers.list[i].revocation.kind == kind && vf_hash_eq(&answers.list[i].revocation.subject, &subject))
			return &answers.list[i];
	return NULL;
}

static void test_all(void)
{
	const struct nt_revocation_answer *a;
	struct ocsp_spec s = about_unit();
	struct vf_bytes id;

	begin();
	ask();
	CHECK_INT(answers.n, 3);
	CHECK_INT(answers.n_failed, 0);
	CHECK_INT(answers.n_subjects, 2);
	CHECK_INT(answers.leaf_end, make_time("2029-01-01T00:00:00Z"));
	a = find(NT_REVOCATION_CRL, tsu_cert);
	CHECK(a && vf_hash_eq(&answers.subjects[0], &a->revocation.subject));
	if (a) {
		CHECK_BYTES(a->revocation.der, served[1].body);
		CHECK_BYTES(a->revocation.authority, vf_bytes_str("alpha"));
		CHECK_INT(a->revocation.this_update, make_time("2025-03-09T00:00:00Z"));
		CHECK_INT(a->revocation.next_update, make_time("2025-03-16T00:00:00Z"));
		CHECK_STR(a->name, "TSU 1");
		CHECK(!a->revoked);
	}
	a = find(NT_REVOCATION_CRL, ca_cert);
	CHECK(a && a->revocation.next_update == make_time("2025-04-01T00:00:00Z"));
	a = find(NT_REVOCATION_OCSP, tsu_cert);
	CHECK(a && a->revocation.this_update == make_time("2025-03-09T18:00:00Z"));
	CHECK(!find(NT_REVOCATION_OCSP, ca_cert));
	/* the request is about the unit, by its CA */
	id = make_cert_id(&s);
	CHECK(memmem(last_request.p, last_request.n, id.p, id.n) != NULL);
}

/* What came is what the verifier takes for the token. */
static void test_judged(void)
{
	struct vf_bytes crls[4], ocsp[4];
	struct vf_pki_extra extra = {.crls = crls, .ocsp = ocsp};
	struct vf_tst_trust trust;
	struct vf_tst t;

	begin();
	ask();
	for (size_t i = 0; i < answers.n; i++) {
		if (answers.list[i].revocation.kind == NT_REVOCATION_CRL)
			crls[extra.n_crls++] = answers.list[i].revocation.der;
		else
			ocsp[extra.n_ocsp++] = answers.list[i].revocation.der;
	}
	CHECK_RC(vf_tst_parse(token, &t, &err), VF_OK);
	CHECK_RC(vf_tst_judge(pki, &t, &extra, wish.now, false, &trust, &err), VF_OK);
	CHECK_INT(trust.revocation, VF_REVOCATION_GOOD);
	CHECK_INT(trust.revocation_as_of, make_time("2025-03-09T18:00:00Z"));
}

/* Nothing that is fresh is asked for again, unless the caller wants it. */
static void test_held(void)
{
	struct nt_revocation held[3] = {
		{.kind = NT_REVOCATION_CRL, .subject = subject_of(tsu_cert), .this_update = make_time("2025-03-09T00:00:00Z"),
			.next_update = make_time("2025-03-10T00:00:01Z")},
		{.kind = NT_REVOCATION_OCSP, .subject = subject_of(tsu_cert), .this_update = make_time("2025-03-09T00:00:01Z"),
			.next_update = VF_TIME_NONE},
		{.kind = NT_REVOCATION_CRL, .subject = subject_of(ca_cert), .this_update = make_time("2025-03-01T00:00:00Z"),
			.next_update = make_time("2025-03-10T00:00:01Z")},
	};

	begin();
	wish.held = held;
	wish.n_held = 3;
	ask();
	CHECK_INT(answers.n, 0);
	CHECK_INT(answers.n_failed, 0);
	CHECK_INT(answers.n_subjects, 2);
	CHECK_INT(asked(ROOT_CRL) + asked(CA_CRL) + asked(CA_OCSP), 0);
	wish.now += 1000;
	ask();
	CHECK_INT(answers.n, 3);
	wish.now -= 1000;
	wish.all = true;
	ask();
	CHECK_INT(answers.n, 3);
	/* one kind is not the other */
	wish.all = false;
	held[0].kind = NT_REVOCATION_OCSP;
	ask();
	CHECK_INT(answers.n, 1);
	CHECK(find(NT_REVOCATION_CRL, tsu_cert));
	/* from the future: no reason to rest */
	held[0] = (struct nt_revocation){.kind = NT_REVOCATION_CRL, .subject = subject_of(tsu_cert),
		.this_update = make_time("2025-03-10T00:10:01Z"), .next_update = make_time("2025-04-01T00:00:00Z")};
	ask();
	CHECK(find(NT_REVOCATION_CRL, tsu_cert));
}

static void test_configured(void)
{
	struct vf_bytes list = ca_crl("20250309120000Z", "20250310120000Z");

	begin();
	authority.n_crl = 2;
	strcpy(authority.crl[0], "http://own.example/ca.crl");
	strcpy(authority.crl[1], "http://own.example/root.crl");
	authority.has_ocsp = true;
	serve("http://own.example/ca.crl", list);
	serve("http://own.example/root.crl", root_crl("20250301000000Z", "20250401000000Z"));
	ask();
	/* each list for the certificate that it is about; each URL once */
	CHECK_INT(answers.n, 2);
	CHECK_INT(answers.n_failed, 0);
	CHECK(find(NT_REVOCATION_CRL, tsu_cert) && find(NT_REVOCATION_CRL, ca_cert));
	CHECK_INT(asked("http://own.example/ca.crl"), 1);
	CHECK_INT(asked("http://own.example/root.crl"), 1);
	CHECK_INT(asked(CA_CRL) + asked(ROOT_CRL) + asked(CA_OCSP), 0);
	/* an OCSP responder in place of the certificate's is asked about every certificate */
	strcpy(authority.ocsp, "http://own.example/ocsp");
	serve("http://own.example/ocsp", make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1,
		.from = "20250309180000Z", .to = "20250310180000Z"}));
	ask();
	CHECK_INT(asked("http://own.example/ocsp"), 2);
	CHECK(find(NT_REVOCATION_OCSP, tsu_cert) && !find(NT_REVOCATION_OCSP, ca_cert));
	CHECK_INT(answers.n_failed, 1);
}

/* A list that is of no use: the next distribution point is asked, and what is of no use is never kept. */
static void test_useless_lists(void)
{
	struct vf_bytes good = ca_crl("20250309000000Z", "20250316000000Z"), cut = vf_bytes(good.p, good.n - 1);
	uint8_t *flipped = (uint8_t *)(uintptr_t)make_copy(good).p;
	struct vf_bytes rows[] = {
		NOTHING, cut, JOIN(good, vf_bytes("x", 1)), vf_bytes_str("<html>sorry</html>"), tsu_cert,
		ca_crl("20250201000000Z", "20250228000000Z"),  /* stale */
		ca_crl("20250110000000Z", NULL),               /* no nextUpdate, two months old */
		ca_crl("20250310001001Z", "20250416000000Z"),  /* from the future */
		root_crl("20250309000000Z", "20250316000000Z"), /* of another CA */
		make_crl(&(struct crl_spec){.issuer = "TSA CA", .key = other_key, .from = "20250309000000Z", .to = "20250316000000Z"}),
		make_crl(&(struct crl_spec){.issuer = "TSA CA", .key = ca_key, .from = "20250309000000Z", .to = "20250316000000Z",
			.ext = {{"2.5.29.27", "critical,DER:020101"}}}), /* a delta */
		make_crl(&(struct crl_spec){.issuer = "TSA CA", .key = ca_key, .from = "20250309000000Z", .to = "20250316000000Z",
			.ext = {{"2.5.29.28", "critical,DER:30038201ff"}}}), /* of CA certificates alone */
		vf_bytes(flipped, good.n),
		vf_bytes(make_room(NT_MAX_REVOCATION + 1), NT_MAX_REVOCATION + 1), /* huge */
	};

	flipped[good.n - 5] ^= 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		serve(CA_CRL, rows[i]);
		ask();
		check_count++;
		if (find(NT_REVOCATION_CRL, tsu_cert) || answers.n_failed != 1 || answers.err.text[0] == '\0')
			CHECK_FAIL("row %zu: %zu failed: %s", i, answers.n_failed, answers.err.text);
		/* the others are there */
		CHECK_INT(answers.n, 2);
		/* and with a mirror all is well */
		serve(CA_CRL_2, good);
		ask();
		CHECK_INT(answers.n, 3);
		CHECK_INT(answers.n_failed, 0);
		CHECK(find(NT_REVOCATION_CRL, tsu_cert));
	}
}

static struct vf_bytes delegate_cert(const char *purpose)
{
	return make_cert(&(struct cert_spec){.name = "OCSP 1", .issuer = "TSA CA", .key = other_key, .issuer_key = ca_key, .serial = 8,
		.ext = {{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", purpose}}});
}

static void test_ocsp(void)
{
	struct ocsp_spec good = about_unit(), s;
	struct {
		struct vf_bytes body;
		bool kept, revoked;
	} rows[16];
	size_t n = 0;

#define ROW(kept_, revoked_, ...)                                                                                     \
	do {                                                                                                          \
		s = good;                                                                                             \
		__VA_ARGS__;                                                                                          \
		rows[n].body = make_ocsp(&s);                                                                         \
		rows[n].kept = (kept_);                                                                               \
		rows[n++].revoked = (revoked_);                                                                       \
	} while (0)
	ROW(true, false, (void)s);
	ROW(true, true, (s.status = OCSP_REVOKED, s.at = "20250101000000Z"));
	ROW(false, false, s.status = OCSP_UNKNOWN);
	ROW(false, false, s.refusal = 3);
	ROW(false, false, s.refusal = 6);
	ROW(false, false, s.broken_signature = true);
	ROW(false, false, (s.from = "20250301000000Z", s.to = "20250308000000Z"));
	ROW(false, false, (s.from = "20250310001001Z", s.to = "20250320000000Z"));
	ROW(true, false, (s.responder = s.certs = delegate_cert("OCSPSigning"), s.key = other_key));
	ROW(false, false, (s.responder = s.certs = delegate_cert("timeStamping"), s.key = other_key));
	ROW(false, false, s.more = make_ocsp_answer(&good));
	ROW(false, false, (s.cert = ca_cert, s.issuer = root_cert, s.key = root_key));
	ROW(false, false, s.certs = make_der(VF_DER_OCTET_STRING, vf_bytes(make_room(VF_MAX_OCSP), VF_MAX_OCSP)));
	rows[n++] = (__typeof__(rows[0])){NOTHING, false, false};
	rows[n].body = make_ocsp(&good);
	rows[n].body.n--;
	rows[n].kept = rows[n].revoked = false;
	n++;
	for (size_t i = 0; i < n; i++) {
		const struct nt_revocation_answer *a;

		begin();
		serve(CA_OCSP, rows[i].body);
		ask();
		a = find(NT_REVOCATION_OCSP, tsu_cert);
		check_count++;
		if ((a != NULL) != rows[i].kept || (a && a->revoked != rows[i].revoked) || answers.n_failed != (rows[i].kept ? 0 : 1))
			CHECK_FAIL("row %zu: %zu failed: %s", i, answers.n_failed, answers.err.text);
	}
}

static void test_revoked_list(void)
{
	const struct nt_revocation_answer *a;

	begin();
	serve(CA_CRL, make_crl(&(struct crl_spec){.issuer = "TSA CA", .key = ca_key, .from = "20250309000000Z", .to = "20250316000000Z",
		.entries = {{.serial = 5, .at = "20250301000000Z", .reason = 1}}}));
	ask();
	a = find(NT_REVOCATION_CRL, tsu_cert);
	CHECK(a && a->revoked);
	a = find(NT_REVOCATION_CRL, ca_cert);
	CHECK(a && !a->revoked);
}

/* Everybody is down: that is told, and nothing else happens. */
static void test_down(void)
{
	struct vf_bytes bare_cert = make_cert(&(struct cert_spec){.name = "TSU 2", .issuer = "TSA CA", .key = tsu_key, .issuer_key = ca_key,
		.serial = 6, .ext = TSA_EXT});

	begin();
	n_served = 0;
	ask();
	CHECK_INT(answers.n, 0);
	CHECK_INT(answers.n_failed, 3);
	CHECK(answers.err.rc == VF_FETCH_FAILED && strstr(answers.err.text, "mirror.example"));
	begin();
	for (size_t i = 0; i < n_served; i++)
		served[i].rc = VF_NO_MEMORY;
	CHECK_RC(nt_revocation_fetch(&wish, &answers, &err), VF_NO_MEMORY);
	/* a certificate that names no place */
	begin();
	wish.token = make_unit_token(bare_cert, "20250309120000Z");
	ask();
	CHECK_INT(answers.n, 1);
	CHECK_INT(answers.n_failed, 1);
	CHECK(strstr(answers.err.text, "'TSU 2' names no CRL"));
}

static void test_refused_tokens(void)
{
	struct vf_pki *none = make_pki_of(make_cert(&(struct cert_spec){.name = "Other Root", .issuer = "Other Root", .key = other_key,
		.issuer_key = other_key, .ext = CA_EXT}));
	uint8_t *changed = (uint8_t *)(uintptr_t)make_copy(token).p;

	begin();
	wish.pki = none;
	CHECK_RC(nt_revocation_fetch(&wish, &answers, &err), VF_UNKNOWN_ROOT);
	wish.pki = pki;
	wish.token = vf_bytes(token.p, token.n - 1);
	CHECK_RC(nt_revocation_fetch(&wish, &answers, &err), VF_TS_SHAPE);
	changed[token.n - 3] ^= 1;
	wish.token = vf_bytes(changed, token.n);
	CHECK_RC(nt_revocation_fetch(&wish, &answers, &err), VF_TS_SIGNATURE);
	/* nobody is asked about what leads to no configured root */
	CHECK_INT(asked(ROOT_CRL) + asked(CA_CRL) + asked(CA_OCSP), 0);
	vf_pki_free(none);
}

int main(void)
{
	make_tsa_world();
	pki = make_pki_of(root_cert);
	token = make_unit_token(tsu_cert, "20250309120000Z");
	nt_revocation_answers_init(&answers);
	test_all();
	test_judged();
	test_held();
	test_configured();
	test_useless_lists();
	test_ocsp();
	test_revoked_list();
	test_down();
	test_refused_tokens();
	nt_revocation_answers_done(&answers);
	vf_pki_free(pki);
	return check_done();
}
