#include "notary/revocation_urls.h"

#include "notary/ocsp_request.h"
#include "verify/tst.h"

#include "tests/unit/pki_maker.h"

#define POINTS "crlDistributionPoints"
#define ACCESS "authorityInfoAccess"

static EVP_PKEY *key;

static struct vf_bytes cert_with(const char *points, const char *access)
{
	struct cert_spec s = {.name = "Example TSU", .key = key, .issuer_key = key, .ext = {{"basicConstraints", "critical,CA:FALSE"}}};
	size_t n = 1;

	if (points) {
		s.ext[n][0] = POINTS;
		s.ext[n++][1] = points;
	}
	if (access) {
		s.ext[n][0] = ACCESS;
		s.ext[n][1] = access;
	}
	return make_cert(&s);
}

static struct nt_revocation_urls read_urls(struct vf_bytes cert)
{
	struct nt_revocation_urls u = {.n_crl = 99};
	struct vf_err err = {0};

	CHECK_RC(nt_revocation_urls_read(cert, &u, &err), VF_OK);
	return u;
}

static void test_plain(void)
{
	struct nt_revocation_urls u = read_urls(cert_with("URI:http://ca.example/root.crl", "OCSP;URI:http://ocsp.example"));

	CHECK_INT(u.n_crl, 1);
	CHECK_STR(u.crl[0], "http://ca.example/root.crl");
	CHECK_STR(u.ocsp, "http://ocsp.example");
	u = read_urls(cert_with(NULL, NULL));
	CHECK_INT(u.n_crl, 0);
	CHECK_STR(u.ocsp, "");
	u = read_urls(make_file("tsa-p256.der"));
	CHECK_INT(u.n_crl, 0);
	CHECK_STR(u.ocsp, "");
}

static void test_order(void)
{
	struct nt_revocation_urls u = read_urls(cert_with("URI:ldap://ca.example/cn=x,URI:http://a.example/1,URI:https://b.example/2?x=y&z,"
							  "URI:http://a.example/1,URI:ftp://c.example/3,URI:HTTP://d.example/",
		"caIssuers;URI:http://ca.example/ca.cer,OCSP;URI:ldap://x,OCSP;DNS:y.example,OCSP;URI:https://o1.example/,OCSP;URI:http://o2.example/"));

	CHECK_INT(u.n_crl, 2);
	CHECK_STR(u.crl[0], "http://a.example/1");
	CHECK_STR(u.crl[1], "https://b.example/2?x=y&z");
	CHECK_STR(u.ocsp, "https://o1.example/");
	u = read_urls(cert_with("URI:http://a/1,URI:http://a/2,URI:http://a/3,URI:http://a/4,URI:http://a/5", NULL));
	CHECK_INT(u.n_crl, NT_MAX_CRL_URLS);
	CHECK_STR(u.crl[3], "http://a/4");
}

static void test_url(void)
{
	static const struct {
		const char *url;
		bool plain;
	} rows[] = {
		{"http://a", true}, {"https://a", true}, {"http://a.example:8080/x?y=z#w", true}, {"http://[::1]:80/", true},
		{"http://a/x@y", true}, {"http://a/%20", true}, {"http://", false}, {"https://", false}, {"http:///x", false},
		{"http://:80/", false}, {"http://?x", false}, {"http://#x", false}, {"HTTP://a", false}, {"http:a", false}, {"", false},
		{"file:///etc/passwd", false}, {"ftp://a/x", false}, {"ldap://a", false}, {"http://user@a/", false},
		{"http://user:pass@a/", false}, {"http://a/ x", false}, {"http://a/\n", false}, {"http://a/\x7f", false},
		{"http://a/\xc3\xa4", false}, {"http://a/\"", false}, {"http://a\\b/", false}, {"http://a/<x>", false}, {"http://a/{x}", false},
		{" http://a", false}, {"gopher://a", false}, {"http", false}, {"https:/", false},
	};
	char longest[NT_MAX_URL + 2];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_count++;
		if (nt_url_is_plain(vf_bytes_str(rows[i].url)) != rows[i].plain)
			CHECK_FAIL("'%s' is%s plain", rows[i].url, rows[i].plain ? " not" : "");
	}
	CHECK(!nt_url_is_plain(vf_bytes("http://a\0b", 10)));
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://", 7);
	CHECK(nt_url_is_plain(vf_bytes(longest, NT_MAX_URL)));
	CHECK(!nt_url_is_plain(vf_bytes(longest, NT_MAX_URL + 1)));
}

#define EXT(value) DER(VF_DER_SEQUENCE, make_oid("2.5.29.31"), make_der(VF_DER_OCTET_STRING, (value)))
#define URI(text) make_der(VF_DER_CONTEXT_PRIMITIVE(6), vf_bytes_str(text))
#define POINT(...) DER(VF_DER_SEQUENCE, __VA_ARGS__)
#define FULL(...) DER(VF_DER_CONTEXT(0), DER(VF_DER_CONTEXT(0), __VA_ARGS__))

/* A certificate of nobody with this value as distribution points; before: what stands before the extensions. */
static struct vf_bytes raw(struct vf_bytes value, struct vf_bytes before)
{
	struct vf_bytes empty = make_der(VF_DER_SEQUENCE, NOTHING);

	return DER(VF_DER_SEQUENCE,
		DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), make_int(2)), make_int(1), empty, empty, empty, empty, empty, before,
			make_der(VF_DER_CONTEXT(3), make_der(VF_DER_SEQUENCE, EXT(value)))),
		empty, make_der(VF_DER_BIT_STRING, vf_bytes("", 1)));
}

static void test_points(void)
{
	struct vf_bytes point = POINT(FULL(URI("http://a/1"))), reasons = make_der(VF_DER_CONTEXT_PRIMITIVE(1), vf_bytes("\1\2", 2));
	struct vf_bytes issuer = make_der(VF_DER_CONTEXT(2), make_der(VF_DER_CONTEXT(4), make_name_der("Other")));
	struct vf_bytes relative = DER(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(1), NOTHING));
	struct nt_revocation_urls u;

	/* only for some reasons, by another, relative: of no use */
	u = read_urls(raw(DER(VF_DER_SEQUENCE, POINT(FULL(URI("http://a/x")), reasons), POINT(FULL(URI("http://a/y")), issuer),
				  POINT(relative), POINT(issuer), POINT(NOTHING), point),
		NOTHING));
	CHECK_INT(u.n_crl, 1);
	CHECK_STR(u.crl[0], "http://a/1");
	/* unique identifiers of version 2 may stand before the extensions */
	u = read_urls(raw(DER(VF_DER_SEQUENCE, point),
		JOIN(make_der(VF_DER_CONTEXT_PRIMITIVE(1), vf_bytes("\0a", 2)), make_der(VF_DER_CONTEXT_PRIMITIVE(2), vf_bytes("\0a", 2)))));
	CHECK_INT(u.n_crl, 1);
}

static void refuses(struct vf_bytes cert)
{
	struct nt_revocation_urls u = {.n_crl = 99};

	CHECK_RC(nt_revocation_urls_read(cert, &u, NULL), VF_CERT_SHAPE);
	CHECK_INT(u.n_crl, 99);
}

static void test_malformed(void)
{
	struct vf_bytes good = cert_with("URI:http://ca.example/root.crl", "OCSP;URI:http://ocsp.example"), list;
	size_t refused = 0;

	refuses(NOTHING);
	refuses(raw(NOTHING, NOTHING));
	refuses(raw(make_int(1), NOTHING));
	refuses(raw(DER(VF_DER_SEQUENCE, make_int(1)), NOTHING));
	refuses(raw(DER(VF_DER_SEQUENCE, POINT(make_int(1))), NOTHING));
	refuses(raw(DER(VF_DER_SEQUENCE, POINT(make_der(VF_DER_CONTEXT(0), NOTHING))), NOTHING));
	refuses(raw(DER(VF_DER_SEQUENCE, POINT(make_der(VF_DER_CONTEXT(0), make_int(1)))), NOTHING));
	refuses(raw(JOIN(make_der(VF_DER_SEQUENCE, NOTHING), make_int(1)), NOTHING));
	list = DER(VF_DER_SEQUENCE, POINT(FULL(URI("http://a/1"))));
	refuses(raw(JOIN(list, list), NOTHING));
	/* every prefix, and every octet changed: never outside, and what is taken is plain */
	for (size_t i = 0; i < good.n; i++) {
		struct nt_revocation_urls u;
		uint8_t *p = make_room(good.n);

		refuses(vf_bytes(good.p, i));
		memcpy(p, good.p, good.n);
		p[i] ^= 0x81;
		if (nt_revocation_urls_read(vf_bytes(p, good.n), &u, NULL) != VF_OK)
			refused++;
		else
			CHECK(u.n_crl == 0 || nt_url_is_plain(vf_bytes_str(u.crl[0])));
	}
	CHECK(refused > good.n / 10);
}

/* ---- the request ---- */

/* Octet for octet what the program of OpenSSL asks. */
static void test_request(void)
{
	struct nt_buf out = nt_buf(NT_MAX_OCSP_REQUEST);
	struct vf_bytes leaf = make_file("tsa-p256.der"), root = make_file("root.der"), theirs;
	struct vf_cert cert, issuer;
	struct vf_err err = {0};
	char name[] = "/tmp/ocsp-request-XXXXXX", command[400];
	int fd = mkstemp(name);

	MUST(fd >= 0);
	make_cert_parts(leaf, &cert);
	make_cert_parts(root, &issuer);
	CHECK_RC(nt_ocsp_request_put(&out, &cert, &issuer, &err), VF_OK);
	snprintf(command, sizeof(command), "openssl ocsp -issuer tests/vectors/tst/root.pem -cert tests/vectors/tst/tsa-p256.pem -no_nonce"
		" -reqout %s >/dev/null 2>&1", name);
	if (system("openssl version >/dev/null 2>&1") == 0) {
		CHECK_INT(system(command), 0);
		theirs = check_read(name);
		CHECK_BYTES(nt_buf_bytes(&out), theirs);
		free((void *)(uintptr_t)theirs.p);
	}
	/* about another issuer it is another request */
	theirs = make_copy(nt_buf_bytes(&out));
	nt_buf_reset(&out);
	CHECK_RC(nt_ocsp_request_put(&out, &cert, &cert, &err), VF_OK);
	CHECK_INT(out.n, theirs.n);
	CHECK(!vf_bytes_eq(nt_buf_bytes(&out), theirs));
	nt_buf_done(&out);
	/* no room: as it was */
	out = nt_buf(40);
	nt_buf_put_str(&out, "kept");
	CHECK_RC(nt_ocsp_request_put(&out, &cert, &issuer, &err), VF_LIMIT);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("kept"));
	nt_buf_done(&out);
	/* a key that is none */
	issuer.spki = NOTHING;
	out = nt_buf(NT_MAX_OCSP_REQUEST);
	CHECK_RC(nt_ocsp_request_put(&out, &cert, &issuer, &err), VF_CERT_SHAPE);
	CHECK_INT(out.n, 0);
	nt_buf_done(&out);
	vf_cert_done(&cert);
	vf_cert_done(&issuer);
	remove(name);
}

int main(void)
{
	key = make_key("root.key");
	test_plain();
	test_order();
	test_url();
	test_points();
	test_malformed();
	test_request();
	return check_done();
}
