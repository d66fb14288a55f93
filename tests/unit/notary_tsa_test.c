/* Tokens of the embedded TSA, read strictly and by OpenSSL; certificates; serials. */
#include "tests/unit/tsa_fixture.h"

#include "notary/cert.h"
#include "notary/der_out.h"
#include "verify/der.h"

/* ---- a token, read as strictly as it was written ---- */

struct token {
	struct vf_bytes info, serial, gen_time, accuracy, imprint, cert, crl, attributes, algorithm, signature;
	struct vf_bytes sid, signing_time, ess;
	int64_t gen_ms, signing_ms;
};

static struct vf_der need(struct vf_bytes *in, uint8_t tag)
{
	struct vf_der d = {0};

	CHECK(vf_der_take_tag(in, tag, &d));
	return d;
}

static void need_oid(struct vf_bytes *in, const char *dotted)
{
	struct vf_der d = need(in, VF_DER_OID);
	char text[100];

	vf_der_oid_text(d.body, text, sizeof(text));
	CHECK_STR(text, dotted);
}

static void need_uint(struct vf_bytes *in, uint64_t want)
{
	uint64_t v = 0;

	CHECK(vf_der_uint(need(in, VF_DER_INTEGER).body, &v));
	CHECK_INT(v, want);
}

static void read_info(struct vf_bytes in, struct token *t)
{
	struct vf_der imprint, alg;

	t->info = in;
	in = need(&in, VF_DER_SEQUENCE).body;
	need_uint(&in, 1);
	need_oid(&in, config.tsa_policy);
	imprint = need(&in, VF_DER_SEQUENCE);
	alg = need(&imprint.body, VF_DER_SEQUENCE);
	(void)need(&alg.body, VF_DER_OID);
	CHECK_INT(alg.body.n, 0);
	t->imprint = need(&imprint.body, VF_DER_OCTET_STRING).body;
	CHECK_INT(imprint.body.n, 0);
	t->serial = need(&in, VF_DER_INTEGER).body;
	CHECK(vf_der_is_integer(t->serial) && t->serial.n == 20 && t->serial.p[0] < 0x80);
	t->gen_time = need(&in, VF_DER_GENERALIZED_TIME).body;
	CHECK(vf_der_generalized_time(t->gen_time, &t->gen_ms));
	t->accuracy = need(&in, VF_DER_SEQUENCE).body;
	CHECK_INT(in.n, 0);
}

static void read_attributes(struct vf_bytes in, struct token *t)
{
	static const char *const want[] = {"1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5",
		"1.2.840.113549.1.9.16.2.47"};
	struct vf_bytes last = {0};
	unsigned seen = 0;
	char oid[100];

	while (in.n) {
		struct vf_der a = need(&in, VF_DER_SEQUENCE), type = need(&a.body, VF_DER_OID);
		struct vf_bytes values = need(&a.body, VF_DER_SET).body;

		CHECK(vf_bytes_cmp(last, a.whole) < 0);
		last = a.whole;
		CHECK_INT(a.body.n, 0);
		vf_der_oid_text(type.body, oid, sizeof(oid));
		for (unsigned i = 0; i < 4; i++)
			seen |= strcmp(oid, want[i]) == 0 ? 1u << i : 0;
		if (strcmp(oid, want[0]) == 0)
			need_oid(&values, "1.2.840.113549.1.9.16.1.4");
		if (strcmp(oid, want[1]) == 0) {
			struct vf_hash h = vf_sha256(t->info);

			CHECK_BYTES(need(&values, VF_DER_OCTET_STRING).body, vf_bytes(h.b, 32));
		}
		if (strcmp(oid, want[2]) == 0) {
			struct vf_der time;

			CHECK(vf_der_take(&values, &time));
			CHECK(time.tag == VF_DER_UTC_TIME ? vf_der_utc_time(time.body, &t->signing_ms) :
							    vf_der_generalized_time(time.body, &t->signing_ms));
		}
		if (strcmp(oid, want[3]) == 0)
			t->ess = need(&values, VF_DER_SEQUENCE).body;
		CHECK_INT(values.n, 0);
	}
	CHECK_INT(seen, 15);
}

/* SigningCertificateV2: one ESSCertIDv2 with hash and issuerSerial, algorithm omitted. */
static void read_ess(struct token *t, const struct nt_cert *cert)
{
	struct vf_bytes certs = need(&t->ess, VF_DER_SEQUENCE).body, id = need(&certs, VF_DER_SEQUENCE).body;
	struct vf_bytes serial, names;
	struct vf_hash h = vf_sha256(cert->der);

	CHECK_INT(t->ess.n, 0);
	CHECK_INT(certs.n, 0);
	CHECK_BYTES(need(&id, VF_DER_OCTET_STRING).body, vf_bytes(h.b, 32));
	serial = need(&id, VF_DER_SEQUENCE).body;
	CHECK_INT(id.n, 0);
	names = need(&serial, VF_DER_SEQUENCE).body;
	CHECK_BYTES(need(&names, VF_DER_CONTEXT(4)).body, cert->issuer);
	CHECK_INT(names.n, 0);
	CHECK_BYTES(need(&serial, VF_DER_INTEGER).body, cert->serial);
	CHECK_INT(serial.n, 0);
}

static void read_signer(struct vf_bytes in, struct token *t, const struct nt_cert *cert)
{
	struct vf_bytes sid, alg;

	in = need(&in, VF_DER_SEQUENCE).body;
	need_uint(&in, 1);
	sid = need(&in, VF_DER_SEQUENCE).body;
	CHECK_BYTES(need(&sid, VF_DER_SEQUENCE).whole, cert->issuer);
	CHECK_BYTES(need(&sid, VF_DER_INTEGER).body, cert->serial);
	CHECK_INT(sid.n, 0);
	alg = need(&in, VF_DER_SEQUENCE).body;
	need_oid(&alg, "2.16.840.1.101.3.4.2.1");
	CHECK_INT(alg.n, 0);
	read_attributes(need(&in, VF_DER_CONTEXT(0)).body, t);
	t->algorithm = need(&in, VF_DER_SEQUENCE).whole;
	t->signature = need(&in, VF_DER_OCTET_STRING).body;
	CHECK_INT(in.n, 0);
	read_ess(t, cert);
}

static struct token read_token(struct vf_bytes der)
{
	struct vf_bytes in = der, alg;
	struct nt_cert cert = {0};
	struct token t = {0};

	CHECK(vf_der_is_strict(der));
	in = need(&in, VF_DER_SEQUENCE).body;
	need_oid(&in, "1.2.840.113549.1.7.2");
	in = need(&in, VF_DER_CONTEXT(0)).body;
	in = need(&in, VF_DER_SEQUENCE).body;
	need_uint(&in, 3);
	alg = need(&in, VF_DER_SET).body;
	alg = need(&alg, VF_DER_SEQUENCE).body;
	need_oid(&alg, "2.16.840.1.101.3.4.2.1");
	CHECK_INT(alg.n, 0);
	alg = need(&in, VF_DER_SEQUENCE).body;
	need_oid(&alg, "1.2.840.113549.1.9.16.1.4");
	alg = need(&alg, VF_DER_CONTEXT(0)).body;
	read_info(need(&alg, VF_DER_OCTET_STRING).body, &t);
	t.cert = need(&in, VF_DER_CONTEXT(0)).body;
	CHECK_RC(nt_cert_read(t.cert, "certificate", &cert, NULL), VF_OK);
	t.crl = need(&in, VF_DER_CONTEXT(1)).body;
	read_signer(need(&in, VF_DER_SET).body, &t, &cert);
	CHECK_INT(in.n, 0);
	return t;
}

/* The openssl program, when there is one, as an auditor would run it. */
static void check_program(const struct nt_tsa *t, struct vf_bytes token, const struct vf_digest *imprint,
	int64_t now)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(65536);
	char command[4096], hex[2 * VF_DIGEST_MAX + 1];

	if (system("openssl version >/dev/null 2>&1") != 0)
		return;
	CHECK_RC(nt_tsa_root_pem(t, &pem, NULL), VF_OK);
	put_file("root.pem", nt_buf_bytes(&pem));
	put_file("token.tst", token);
	vf_hex_put(hex, vf_digest_bytes(imprint));
	snprintf(command, sizeof(command),
		"openssl ts -verify -token_in -in %s/token.tst -digest %s -CAfile %s/root.pem -attime %" PRId64
		" >/dev/null 2>&1",
		folder, hex, folder, now / 1000);
	CHECK_INT(system(command), 0);
	snprintf(command, sizeof(command),
		"openssl cms -verify -inform DER -in %s/token.tst -CAfile %s/root.pem -purpose timestampsign "
		"-crl_check -cades -attime %" PRId64 " -out %s/info.der >/dev/null 2>&1",
		folder, folder, now / 1000, folder);
	CHECK_INT(system(command), 0);
	unlink(at("root.pem"));
	unlink(at("token.tst"));
	unlink(at("info.der"));
}

/* ---- cases ---- */

static void tokens(const char *key, size_t max)
{
	static const enum vf_alg algs[] = {VF_SHA256, VF_SHA384, VF_SHA512};
	struct vf_digest other = imprint_of(VF_SHA256, "other");
	struct vf_bytes ca_pem;
	struct stat st;
	struct nt_tsa *t;
	struct vf_err err;

	fresh();
	strcpy(config.tsa_key, key);
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	CHECK(stat(folder, &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(stat(at("ca.key"), &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(stat(at("tsu-0001.key"), &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_EXISTS);
	t = open_tsa();
	check_profile(t);
	for (size_t i = 0; i < 3; i++) {
		struct vf_digest d = imprint_of(algs[i], "abc");
		struct nt_buf b = stamp(t, &d, T0 + (int64_t)i * DAY);
		struct token k = read_token(nt_buf_bytes(&b));

		CHECK_BYTES(k.imprint, vf_digest_bytes(&d));
		CHECK_INT(k.gen_ms, T0 + (int64_t)i * DAY);
		CHECK_INT(k.signing_ms, k.gen_ms / 1000 * 1000);
		CHECK_BYTES(k.cert, nt_tsa_certificate(t));
		CHECK_BYTES(k.crl, nt_tsa_current_crl(t));
		CHECK(ts_accepts(t, nt_buf_bytes(&b), &d, k.gen_ms));
		CHECK(!ts_accepts(t, nt_buf_bytes(&b), &other, k.gen_ms));
		CHECK(cms_accepts(t, nt_buf_bytes(&b), k.gen_ms));
		check_program(t, nt_buf_bytes(&b), &d, k.gen_ms);
		CHECK(b.n < max);
		if (i == 0)
			fprintf(stderr, "%s: token %zu, certificate %zu, CRL %zu bytes\n", key, b.n, k.cert.n, k.crl.n);
		nt_buf_done(&b);
	}
	ca_pem = check_read(at("ca.pem"));
	{
		VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(65536);

		CHECK_RC(nt_tsa_root_pem(t, &pem, &err), VF_OK);
		CHECK_BYTES(nt_buf_bytes(&pem), ca_pem);
	}
	free((void *)(uintptr_t)ca_pem.p);
	nt_tsa_free(t);
}

/* Times and accuracy in all their DER forms, and what is the same in two tokens. */
static void forms(void)
{
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = {
		{T0, "20260101000000.123Z"},
		{T0 + 7, "20260101000000.13Z"},
		{T0 + 77, "20260101000000.2Z"},
		{T0 + 877, "20260101000001Z"},
		{T0 + 878, "20260101000001.001Z"},
	};
	static const struct {
		uint32_t ms;
		const char *der;
		size_t n;
	} accuracies[] = {
		{1, "\x80\x01\x01", 3},
		{127, "\x80\x01\x7f", 3},
		{128, "\x80\x02\x00\x80", 4},
		{999, "\x80\x02\x03\xe7", 4},
		{1000, "\x02\x01\x01", 3},
	};
	struct vf_digest d = imprint_of(VF_SHA256, "abc"), bad = imprint_of(VF_SHA3_256, "abc");
	struct nt_buf none = nt_buf(10);
	struct nt_tsa *t;
	struct vf_err err;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	for (size_t i = 0; i < 5; i++) {
		struct nt_buf one, two;
		struct token a, b;

		config.tsa_accuracy_ms = accuracies[i].ms;
		t = open_tsa();
		one = stamp(t, &d, times[i].ms);
		two = stamp(t, &d, times[i].ms);
		a = read_token(nt_buf_bytes(&one));
		b = read_token(nt_buf_bytes(&two));
		CHECK_BYTES(a.gen_time, vf_bytes_str(times[i].text));
		CHECK_BYTES(a.accuracy, vf_bytes(accuracies[i].der, accuracies[i].n));
		/* only serial, messageDigest and signature differ */
		CHECK(!vf_bytes_eq(a.serial, b.serial));
		CHECK_INT(a.info.n, b.info.n);
		CHECK_BYTES(a.cert, b.cert);
		CHECK_BYTES(a.crl, b.crl);
		CHECK_INT(a.signing_ms, b.signing_ms);
		CHECK_RC(nt_tsa_stamp(t, &bad, times[i].ms, &none, &err), VF_UNSUPPORTED);
		CHECK_INT(none.n, 0);
		nt_buf_done(&one);
		nt_buf_done(&two);
		nt_tsa_free(t);
	}
	nt_buf_done(&none);
}

static int compare_serials(const void *a, const void *b)
{
	return memcmp(a, b, 20);
}

static void serials(void)
{
	enum { N = 10000 };
	uint8_t *all = calloc(N, 20), one[16];
	struct vf_err err;

	/* tokens of one millisecond: the random part alone tells them apart */
	for (size_t i = 0; i < N; i++) {
		CHECK_RC(nt_der_serial(all + 20 * i, 20, T0, &err), VF_OK);
		if (all[20 * i] != 1)
			CHECK_INT(all[20 * i], 1);
	}
	qsort(all, N, 20, compare_serials);
	for (size_t i = 1; i < N; i++) {
		if (memcmp(all + 20 * i, all + 20 * (i - 1), 20) == 0)
			CHECK_FAIL("serial %zu came twice", i);
	}
	CHECK_RC(nt_der_serial(one, sizeof(one), INT64_C(0x019b76da947b), &err), VF_OK);
	CHECK_BYTES(vf_bytes(one, 7), vf_bytes("\x01\x01\x9b\x76\xda\x94\x7b", 7));
	free(all);
}

static void many_tokens(void)
{
	enum { N = 300 };
	struct vf_digest d = imprint_of(VF_SHA512, "abc");
	uint8_t *all = calloc(N, 20);
	struct vf_err err;
	struct nt_tsa *t;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	t = open_tsa();
	for (size_t i = 0; i < N; i++) {
		struct nt_buf b = stamp(t, &d, T0 + (int64_t)i / 100);
		struct token k = read_token(nt_buf_bytes(&b));

		memcpy(all + 20 * i, k.serial.p, 20);
		nt_buf_done(&b);
	}
	qsort(all, N, 20, compare_serials);
	for (size_t i = 1; i < N; i++)
		CHECK(memcmp(all + 20 * i, all + 20 * (i - 1), 20) != 0);
	free(all);
	nt_tsa_free(t);
}

/* Times beyond UTCTime, a leap day, long names. */
static void far_future(void)
{
	struct vf_time day = {2048, 2, 29, 12, 0, 0, 500};
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct nt_tsa_status s;
	int64_t leap = 0;
	char shown[VF_TIME_LEN + 1];
	struct vf_err err;
	struct nt_tsa *t;
	struct nt_buf b;

	CHECK(vf_time_from(&day, &leap));
	fresh();
	config.ca_years = 1;
	config.tsa_cert_days = 300;
	config.tsa_renew_days = 30;
	memset(config.origin, 'x', 200);
	memcpy(config.origin + 36, "\xc3\xa4\xc3\xa4\xc3\xa4", 6);
	CHECK_RC(nt_tsa_create(folder, &config, leap, &err), VF_OK);
	t = open_tsa();
	nt_tsa_status(t, &s);
	vf_time_put(shown, s.ca_end);
	CHECK_STR(shown, "2049-02-28T12:00:00Z");
	b = stamp(t, &d, leap);
	CHECK(ts_accepts(t, nt_buf_bytes(&b), &d, leap));
	nt_buf_done(&b);
	nt_tsa_free(t);
	/* no part of the name is broken, and it is as long as it may be */
	{
		struct vf_bytes pem = check_read(at("ca.pem"));
		VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(65536);
		const unsigned char *p;
		unsigned char *utf8 = NULL;
		X509 *x;
		int n;

		CHECK_RC(nt_pem_certificate(pem, "ca.pem", &der, &err), VF_OK);
		p = der.p;
		x = d2i_X509(NULL, &p, (long)der.n);
		n = ASN1_STRING_to_UTF8(&utf8,
			X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(x), 0)));
		CHECK(n > 60 && n <= 64 && vf_utf8_is(vf_bytes(utf8, (size_t)n)));
		CHECK(n > 16 && vf_bytes_ends(vf_bytes(utf8, (size_t)n), " Trial Notary CA"));
		OPENSSL_free(utf8);
		X509_free(x);
		free((void *)(uintptr_t)pem.p);
	}

	fresh();
	day.year = 2060;
	CHECK(vf_time_from(&day, &leap));
	CHECK_RC(nt_tsa_create(folder, &config, leap, &err), VF_OK);
	t = open_tsa();
	b = stamp(t, &d, leap);
	CHECK_INT(read_token(nt_buf_bytes(&b)).signing_ms, leap - 500);
	CHECK(ts_accepts(t, nt_buf_bytes(&b), &d, leap));
	CHECK(cms_accepts(t, nt_buf_bytes(&b), leap));
	check_profile(t);
	nt_buf_done(&b);
	nt_tsa_free(t);
}

int main(void)
{
	fixture_begin();
	tokens("p256", 1600);
	tokens("rsa3072", 3600);
	forms();
	serials();
	many_tokens();
	far_future();
	return fixture_end();
}
