#include "verify/path.h"

#include "tests/unit/pki_maker.h"

#define AT "2024-06-01T12:00:00Z"

static EVP_PKEY *root_key, *ca_key, *leaf_key, *rsa3072;
static struct vf_bytes root;

struct outcome {
	enum vf_rc rc;
	struct vf_path path;
	struct vf_err err;
};

/* Builds a path over these certificates to the anchors of a PEM text. */
static struct outcome build(struct vf_bytes leaf, struct vf_bytes certs, struct vf_bytes anchors, const char *at,
	enum vf_purpose purpose)
{
	size_t authority = purpose == VF_PURPOSE_SIGNING ? VF_PKI_SUBMITTERS : 3;
	struct vf_pki *p = vf_pki_new();
	const struct vf_cert *c;
	struct outcome o = {0};

	MUST(p);
	if (anchors.n)
		CHECK_RC(vf_pki_add_anchors(p, authority, anchors, &o.err), VF_OK);
	o.rc = vf_pki_cert(p, leaf, &c, &o.err);
	if (o.rc == VF_OK) {
		o.rc = vf_path_build(p, c, purpose, authority, make_time(at), certs, NULL, &o.path, &o.err);
		/* the second time from memory */
		CHECK_RC(vf_path_build(p, c, purpose, authority, make_time(at), certs, NULL, &o.path, &o.err), o.rc);
	}
	vf_pki_free(p);
	return o;
}

static enum vf_rc stamp_path(struct vf_bytes leaf, struct vf_bytes certs, struct vf_bytes anchors)
{
	return build(leaf, certs, anchors, AT, VF_PURPOSE_TIME_STAMPING).rc;
}

static struct cert_spec ca_spec(const char *name, const char *issuer, EVP_PKEY *key, EVP_PKEY *issuer_key)
{
	return (struct cert_spec){.name = name, .issuer = issuer, .key = key, .issuer_key = issuer_key,
		.from = "20200101000000Z", .to = "20300101000000Z", .ext = CA_EXT};
}

static struct vf_bytes leaf_of(const char *issuer, EVP_PKEY *issuer_key)
{
	return make_cert(&(struct cert_spec){
		.name = "Leaf", .issuer = issuer, .key = leaf_key, .issuer_key = issuer_key, .ext = TSA_EXT});
}

static void test_anchors(void)
{
	struct cert_spec ca = ca_spec("CA", "Root", ca_key, root_key);
	struct cert_spec fake = ca_spec("Root", "Root", rsa3072, rsa3072);
	struct vf_bytes mid = make_cert(&ca), leaf = leaf_of("CA", ca_key), self;
	struct outcome o;

	o = build(leaf, mid, make_pem(root), AT, VF_PURPOSE_TIME_STAMPING);
	CHECK_RC(o.rc, VF_OK);
	CHECK_INT(o.path.chain.n, 3);
	CHECK_INT(o.path.earliest_end, make_time("2029-01-01T00:00:00Z"));
	CHECK(o.path.strong_until == VF_STRONG_FOREVER);
	/* a pinned intermediate, a pinned leaf, the root among the certificates too */
	CHECK_RC(stamp_path(leaf, NOTHING, make_pem(mid)), VF_OK);
	CHECK_RC(stamp_path(leaf, NOTHING, make_pem(leaf)), VF_OK);
	CHECK_RC(stamp_path(leaf, JOIN(root, mid), make_pem(root)), VF_OK);
	CHECK_RC(stamp_path(leaf, JOIN(mid, root), make_pem(mid)), VF_OK);
	/* nobody pinned, the intermediate missing, another root, P01: the root comes with the evidence only */
	CHECK_RC(stamp_path(leaf, mid, NOTHING), VF_UNKNOWN_ROOT);
	CHECK_RC(stamp_path(leaf, NOTHING, make_pem(root)), VF_UNKNOWN_ROOT);
	CHECK_RC(stamp_path(leaf, mid, make_file("root.pem")), VF_UNKNOWN_ROOT);
	CHECK_RC(stamp_path(leaf, JOIN(mid, root), make_file("root.pem")), VF_UNKNOWN_ROOT);
	/* P02: a root of the same name with another key, in the evidence or pinned */
	CHECK_RC(stamp_path(leaf, JOIN(mid, make_cert(&fake)), make_pem(root)), VF_OK);
	CHECK_RC(stamp_path(leaf, mid, make_pem(make_cert(&fake))), VF_UNKNOWN_ROOT);
	CHECK_RC(stamp_path(leaf_of("Root", rsa3072), make_cert(&fake), make_pem(root)), VF_UNKNOWN_ROOT);
	fake.ext[2][0] = NULL; /* without key identifiers */
	CHECK_RC(stamp_path(leaf_of("Root", rsa3072), make_cert(&fake), make_pem(root)), VF_UNKNOWN_ROOT);
	/* a self-signed leaf */
	self = make_cert(&(struct cert_spec){
		.name = "Leaf", .issuer = "Leaf", .key = leaf_key, .issuer_key = leaf_key, .ext = TSA_EXT});
	CHECK_RC(stamp_path(self, NOTHING, make_pem(root)), VF_UNKNOWN_ROOT);
	CHECK_RC(stamp_path(self, NOTHING, make_pem(self)), VF_OK);
}

/* P04 and P06: every certificate must be valid at the time; both ends count. */
static void test_validity(void)
{
	static const struct {
		const char *at;
		enum vf_rc rc;
	} rows[] = {
		{"2023-12-31T23:59:59.999Z", VF_TS_CERT_TIME},
		{"2024-01-01T00:00:00Z", VF_OK},
		{"2024-12-31T00:00:00Z", VF_OK},
		{"2024-12-31T00:00:00.001Z", VF_TS_CERT_TIME}, /* the intermediate */
		{"2029-01-01T00:00:00.001Z", VF_TS_CERT_TIME}, /* the leaf */
	};
	struct cert_spec ca = ca_spec("CA", "Root", ca_key, root_key);
	struct cert_spec old = ca_spec("Root", "Root", root_key, root_key);
	struct vf_bytes leaf = leaf_of("CA", ca_key), mid, renewed;

	ca.to = "20241231000000Z";
	mid = make_cert(&ca);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_RC(build(leaf, mid, make_pem(root), rows[i].at, VF_PURPOSE_TIME_STAMPING).rc, rows[i].rc);
	/* the CA's renewed certificate with the same key takes over, in any order */
	ca.from = "20240601000000Z";
	ca.to = "20300101000000Z";
	renewed = make_cert(&ca);
	CHECK_RC(build(leaf, JOIN(mid, renewed), make_pem(root), "2025-06-01T00:00:00Z", VF_PURPOSE_TIME_STAMPING).rc,
		VF_OK);
	CHECK_RC(build(leaf, JOIN(renewed, mid), make_pem(root), "2024-02-01T00:00:00Z", VF_PURPOSE_TIME_STAMPING).rc,
		VF_OK);
	CHECK_RC(build(leaf, renewed, make_pem(root), "2024-02-01T00:00:00Z", VF_PURPOSE_TIME_STAMPING).rc,
		VF_TS_CERT_TIME);
	/* a root that had expired at that time; far dates need no time_t */
	old.to = "20240301000000Z";
	CHECK_RC(stamp_path(leaf_of("Root", root_key), NOTHING, make_pem(make_cert(&old))), VF_TS_CERT_TIME);
	old.to = "99991231235959Z";
	CHECK_RC(build(make_cert(&(struct cert_spec){.name = "Leaf", .issuer = "Root", .key = leaf_key,
			       .issuer_key = root_key, .to = "99991231235959Z", .ext = TSA_EXT}),
			 NOTHING, make_pem(make_cert(&old)), "2950-01-01T00:00:00Z", VF_PURPOSE_TIME_STAMPING)
			 .rc,
		VF_OK);
}

/* P09: rules of the certificates. */
static void test_rules(void)
{
	static const struct {
		const char *ext[4][2]; /* of the intermediate */
		enum vf_rc rc;
	} rows[] = {
		{{{"basicConstraints", "critical,CA:TRUE,pathlen:0"}, {"keyUsage", "critical,keyCertSign"}}, VF_OK},
		{{{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", "critical,keyCertSign"}}, VF_CERT_PATH},
		{{{"keyUsage", "critical,keyCertSign"}}, VF_CERT_PATH},
		{{{"basicConstraints", "critical,CA:TRUE"}, {"nameConstraints", "critical,permitted;DNS:a"}}, VF_OK},
		{{{"basicConstraints", "critical,CA:TRUE"},
			 {"nameConstraints", "critical,DER:3019a0173015a4133011310f300d060355040a0c064f746865727331"}},
			VF_CERT_PATH},
		{{{"basicConstraints", "critical,CA:TRUE"}, {"1.2.3.4.5", "critical,DER:0500"}}, VF_CERT_PATH},
		{{{"basicConstraints", "critical,CA:TRUE"}, {"extendedKeyUsage", "codeSigning"}}, VF_CERT_PATH},
		{{{"basicConstraints", "critical,CA:TRUE"}, {"extendedKeyUsage", "timeStamping"}}, VF_OK},
		{{{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,digitalSignature"}}, VF_CERT_PATH},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cert_spec ca = ca_spec("CA", "Root", ca_key, root_key);
		enum vf_rc rc;

		memset(ca.ext, 0, sizeof(ca.ext));
		memcpy(ca.ext, rows[i].ext, sizeof(rows[i].ext));
		rc = stamp_path(leaf_of("CA", ca_key), make_cert(&ca), make_pem(root));
		if (rc != rows[i].rc)
			CHECK_FAIL("rule %zu gives %s", i, vf_rc_name(rc));
	}
}

static void test_path_length(void)
{
	struct vf_bytes certs = NOTHING, short_root;
	struct cert_spec spec = ca_spec("Root", "Root", root_key, root_key);
	char name[16], issuer[16] = "Root";

	/* a chain of intermediates with one key; VF_MAX_PATH certificates are the most */
	for (int i = 1; i <= VF_MAX_PATH - 1; i++) {
		struct cert_spec ca;
		enum vf_rc want = i <= VF_MAX_PATH - 2 ? VF_OK : VF_LIMIT;

		snprintf(name, sizeof(name), "CA %d", i);
		ca = ca_spec(name, issuer, ca_key, i == 1 ? root_key : ca_key);
		certs = JOIN(certs, make_cert(&ca));
		memcpy(issuer, name, sizeof(issuer));
		CHECK_RC(stamp_path(leaf_of(name, ca_key), certs, make_pem(root)), want);
	}
	spec.ext[0][1] = "critical,CA:TRUE,pathlen:0";
	short_root = make_cert(&spec);
	spec = ca_spec("CA", "Root", ca_key, root_key);
	CHECK_RC(stamp_path(leaf_of("CA", ca_key), make_cert(&spec), make_pem(short_root)), VF_CERT_PATH);
}

/* D05: RSA-16384 is refused before it is used; other kinds of keys are not known. */
static void test_unusable_keys(void)
{
	EVP_PKEY *huge = make_rsa_public(2048, 3), *k1 = EVP_EC_gen("secp256k1");
	struct cert_spec leaf = {.name = "Leaf", .issuer = "Root", .key = huge, .issuer_key = root_key, .ext = TSA_EXT};
	struct cert_spec ca = ca_spec("CA", "Root", huge, root_key);

	MUST(k1);
	CHECK_RC(stamp_path(make_cert(&leaf), NOTHING, make_pem(root)), VF_LIMIT);
	leaf.key = k1;
	CHECK_RC(stamp_path(make_cert(&leaf), NOTHING, make_pem(root)), VF_UNKNOWN_ALGORITHM);
	/* as an intermediate it leads nowhere */
	CHECK_RC(stamp_path(leaf_of("CA", ca_key), make_cert(&ca), make_pem(root)), VF_UNKNOWN_ROOT);
	EVP_PKEY_free(huge);
	EVP_PKEY_free(k1);
}

/* Hashes and keys of the whole path at the time; the anchor's own signature does not count. */
static void test_algorithms(void)
{
	EVP_PKEY *rsa1024 = make_key("rsa1024.key");
	struct cert_spec ca = ca_spec("CA", "Root", ca_key, root_key);
	struct cert_spec sha1_root = ca_spec("Root", "Root", root_key, root_key);
	struct outcome o;

	ca.md = EVP_sha1();
	CHECK_RC(stamp_path(leaf_of("CA", ca_key), make_cert(&ca), make_pem(root)), VF_WEAK_ALGORITHM);
	ca.md = NULL;
	ca.key = rsa1024;
	CHECK_RC(stamp_path(leaf_of("CA", rsa1024), make_cert(&ca), make_pem(root)), VF_WEAK_ALGORITHM);
	sha1_root.md = EVP_sha1();
	o = build(leaf_of("Root", root_key), NOTHING, make_pem(make_cert(&sha1_root)), AT, VF_PURPOSE_TIME_STAMPING);
	CHECK_RC(o.rc, VF_OK);
	EVP_PKEY_free(rsa1024);
}

static void test_signers(void)
{
	struct cert_spec leaf = {.name = "Signer", .issuer = "Root", .key = leaf_key, .issuer_key = root_key,
		.ext = {{"keyUsage", "critical,nonRepudiation"}}};
	struct vf_bytes good = make_cert(&leaf), other;
	struct vf_pki *p = vf_pki_new();
	struct vf_err err;
	struct vf_path path;

	leaf.ext[0][1] = "critical,keyEncipherment";
	other = make_cert(&leaf);
	CHECK_RC(vf_path_check_signer(p, good, make_time(AT), NOTHING, NULL, &path, &err), VF_UNKNOWN_SIGNER);
	CHECK_RC(vf_pki_add_anchors(p, VF_PKI_SUBMITTERS, make_pem(root), &err), VF_OK);
	CHECK_RC(vf_path_check_signer(p, good, make_time(AT), NOTHING, NULL, &path, &err), VF_OK);
	CHECK_INT(path.earliest_end, make_time("2029-01-01T00:00:00Z"));
	CHECK_RC(vf_path_check_signer(p, good, make_time("2023-01-01T00:00:00Z"), NOTHING, NULL, &path, &err),
		VF_SIGNER_CERT_TIME);
	CHECK_RC(vf_path_check_signer(p, other, make_time(AT), NOTHING, NULL, &path, &err), VF_CERT_PATH);
	CHECK_RC(vf_path_check_signer(p, leaf_of("Root", root_key), make_time(AT), NOTHING, NULL, &path, &err), VF_CERT_PATH);
	CHECK_RC(vf_path_check_signer(p, vf_bytes_str("x"), make_time(AT), NOTHING, NULL, &path, &err), VF_CERT_SHAPE);
	vf_pki_free(p);
}

/* What may be pinned. */
static void test_pem(void)
{
	struct vf_pki *p = vf_pki_new();
	struct vf_bytes pem = make_pem(root), key = make_file("p256.key");
	struct vf_bytes two = JOIN(vf_bytes_str("Fingerprint: 12:34\n"), pem, pem);
	struct vf_err err;

	CHECK_RC(vf_pki_add_anchors(p, 0, two, &err), VF_OK);
	CHECK_INT(vf_pki_anchor_count(p, 0), 2);
	CHECK_INT(vf_pki_anchor_count(p, 1), 0);
	CHECK_RC(vf_pki_add_anchors(p, 1, NOTHING, &err), VF_POLICY_SHAPE);
	CHECK_RC(vf_pki_add_anchors(p, 1, vf_bytes_str("nothing here\n"), &err), VF_POLICY_SHAPE);
	CHECK_RC(vf_pki_add_anchors(p, 1, key, &err), VF_POLICY_SHAPE);
	CHECK_RC(vf_pki_add_anchors(p, 1, JOIN(pem, key), &err), VF_POLICY_SHAPE);
	CHECK_RC(vf_pki_add_anchors(p, 1, vf_bytes(pem.p, pem.n - 40), &err), VF_POLICY_SHAPE);
	CHECK_RC(vf_pki_add_anchors(p, 1, make_pem(vf_bytes(root.p, root.n - 1)), &err), VF_POLICY_SHAPE);
	CHECK_INT(vf_pki_anchor_count(p, 1), 0); /* nothing of a text that is refused */
	CHECK_RC(vf_pki_add_anchors(p, VF_PKI_SUBMITTERS + 1, pem, &err), VF_INTERNAL);
	CHECK(vf_pki_anchor(p, VF_PKI_SUBMITTERS + 1, 0) == NULL);
	vf_pki_free(p);
	vf_pki_free(NULL);
}

static void test_names(void)
{
	struct cert_spec leaf = {.name = "Evil\x1b[31m<b>", .key = leaf_key, .issuer_key = root_key};
	struct vf_cert c;
	struct vf_err err;

	CHECK_RC(vf_cert_open(make_cert(&leaf), &c, &err), VF_OK);
	CHECK_STR(c.facts.name, "Evil\\x1b[31m<b>");
	vf_cert_done(&c);
}

int main(void)
{
	struct cert_spec spec;

	root_key = make_key("root.key");
	ca_key = make_key("p384.key");
	leaf_key = make_key("p256.key");
	rsa3072 = make_key("rsa3072.key");
	spec = ca_spec("Root", "Root", root_key, root_key);
	root = make_cert(&spec);
	test_anchors();
	test_validity();
	test_rules();
	test_path_length();
	test_unusable_keys();
	test_algorithms();
	test_signers();
	test_pem();
	test_names();
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(leaf_key);
	EVP_PKEY_free(rsa3072);
	return check_done();
}
