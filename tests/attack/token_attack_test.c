/*
 * Group T of the attack catalogue: RFC 3161 tokens, each wrong in one place, or
 * unusual and right. Every case is judged alone over its data and inside a whole
 * bundle, with trust and with integrity alone; the printed line is that of the
 * token alone with trust.
 */
#include "tests/attack/token_edits.h"
#include "tests/attack/token_form_edits.h"
#include "verify/tst.h"

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
