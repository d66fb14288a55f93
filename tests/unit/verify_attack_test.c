/*
 * Forged bundles by somebody who has every key that an attacker may have, each
 * wrong in one place: what the attack catalogue (docs/attacks.md) has no row for,
 * what reports say beside their verdict, and faults of the machine. The letters
 * and numbers of tokens and evidence records are those of the catalogue.
 */
#include "tests/attack/attack.h"

static void expect(enum vf_verdict want, enum vf_rc code, const char *id, const char *what)
{
	bool found = code == VF_OK ? report.n_reasons == 0 : has_reason(code);

	check_count++;
	if (report.verdict == want && found)
		return;
	CHECK_FAIL("%s %s: %s, not %s %s", id, what, vf_verdict_name(report.verdict), vf_verdict_name(want), vf_rc_name(code));
	for (size_t i = 0; i < report.n_reasons; i++)
		fprintf(stderr, "    %s %s: %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].object, report.reasons[i].text);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (report.checks[c] == VF_RESULT_NOT_CHECKED || report.checks[c] == VF_RESULT_UNDECIDED)
			fprintf(stderr, "    %s: %d\n", vf_check_name((enum vf_check)c), report.checks[c]);
}

HOOK(b02)
{
	if (stage == TREE) {
		x->ev[0].group[0] = make_digest(VF_SHA256, vf_bytes_str("a document of another record"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* ---- E: evidence records ---- */

HOOK(e02)
{
	x->ev[0].no_tree = true;
	if (stage == TREE)
		x->ev[0].imprint = make_node(VF_SHA256, x->ev[0].group, x->ev[0].n_group);
}

HOOK(e03)
{
	struct vf_bytes t;

	x->ev[0].as_made = true;
	if (stage != TREE || vf_bytes_cmp(x->ev[0].group[0], x->ev[0].group[1]) > 0)
		return;
	t = x->ev[0].group[0];
	x->ev[0].group[0] = x->ev[0].group[1];
	x->ev[0].group[1] = t;
}

HOOK(e04_missing)
{
	if (stage == TREE) {
		x->ev[0].n_group--;
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(e04_extra)
{
	if (stage == TREE) {
		x->ev[0].group[x->ev[0].n_group++] = make_digest(VF_SHA256, vf_bytes_str("one more"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(renewed)
{
	if (stage == TOKEN)
		bundle_renew(&x->ev[0], &alpha, "20250401120000Z");
}

HOOK(e07)
{
	if (stage == TOKEN) {
		x->ev[0].token = make_copy(vf_bytes_str("another token"));
		bundle_renew(&x->ev[0], &alpha, "20250401120000Z");
	}
}

HOOK(e08)
{
	if (stage == TOKEN)
		x->ev[0].chains[0] = JOIN(x->ev[0].chains[0], x->ev[0].chains[0]);
}

HOOK(e09)
{
	if (stage == TOKEN)
		bundle_rechain(x, &x->ev[0], &alpha, VF_SHA512, "20250401120000Z", true);
}

HOOK(e10)
{
	if (stage == TOKEN) {
		bundle_rechain(x, &x->ev[0], &alpha, VF_SHA512, "20250401120000Z", false);
		bundle_renew(&x->ev[0], &alpha, "20250402120000Z");
		bundle_rechain(x, &x->ev[0], &alpha, VF_SHA256, "20250403120000Z", false);
	}
}

/* The first certificate ended before the renewal. */
HOOK(e11)
{
	if (stage == TREE)
		x->ev[0].gen_time = "20250301120000Z";
	if (stage == TOKEN) {
		struct authority late = alpha;

		late.cert = make_cert(&(struct cert_spec){.name = "Alpha 2", .issuer = "Alpha Root", .key = alpha.key,
			.issuer_key = alpha.root_key, .serial = 6, .from = "20290201000000Z", .to = "20350101000000Z", .ext = TSA_EXT});
		late.crl = make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = alpha.root_key, .from = "20290101000000Z",
			.to = "20310101000000Z"});
		bundle_renew(&x->ev[0], &late, "20290301000000Z");
		owner.at = "2029-06-01T00:00:00Z";
	}
}

HOOK(e12)
{
	if (stage == TOKEN)
		bundle_renew(&x->ev[0], &alpha, "20250301115959Z");
}

HOOK(e13)
{
	if (stage == TREE) {
		x->ev[0].token_alg = VF_SHA512;
		x->ev[0].imprint = make_digest(VF_SHA512, x->ev[0].imprint);
	}
}

HOOK(e14)
{
	x->ev[0].version = 2;
}

/* A token without revocation data; some that anybody could put there stands in cryptoInfos. */
HOOK(e16)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = vf_bytes("", 0);
	x->ev[0].optional = make_der(VF_DER_CONTEXT(0), make_attr("1.2.840.113549.1.9.16.2.24", alpha.crl));
}

HOOK(e17)
{
	x->ev[0].optional = make_der(VF_DER_CONTEXT(1), JOIN(make_oid("1.2.3"), make_int(1)));
}

HOOK(e18)
{
	if (stage == TREE) {
		x->ev[0].group[0] = make_digest(VF_SHA256, make_evidence_manifest(x, VF_SHA256, "META-INF/evidencerecord001.ers"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* Renewed over another document, which then stands in the container. */
HOOK(e19)
{
	if (stage == TOKEN) {
		struct vf_pair kept = x->group[0];

		x->group[0] = vf_pair_of(vf_bytes_str("another document\n"));
		bundle_rechain(x, &x->ev[0], &alpha, VF_SHA512, "20250401120000Z", false);
		x->group[0] = kept;
	}
}

HOOK(sha512)
{
	x->ev[0].alg = VF_SHA512;
}

HOOK(sha512_unnamed)
{
	x->ev[0].alg = VF_SHA512;
	if (stage == HEAD) {
		const uint8_t *line = memmem(x->head.p, x->head.n, "batch sha512", 12);
		size_t before = (size_t)(line - x->head.p), after = before + 12 + 1 + 128 + 1;

		x->head = JOIN(vf_bytes(x->head.p, before), vf_bytes(x->head.p + after, x->head.n - after));
	}
}

/* Old evidence by alpha, whose certificate has ended; only the operator renewed it. */
static void renew_late(struct bundle *x, enum stage stage, const struct authority *by)
{
	if (stage == BEGIN)
		owner.at = "2029-06-01T00:00:00Z";
	if (stage == TOKEN) {
		struct authority late = *by;

		late.cert = make_cert(&(struct cert_spec){.name = "Long TSU", .issuer = by->root, .key = by->key, .issuer_key = by->root_key,
			.serial = 9, .to = "20350101000000Z", .ext = TSA_EXT});
		late.crl = make_crl(&(struct crl_spec){.issuer = by->root, .key = by->root_key, .from = "20280101000000Z", .to = "20300101000000Z"});
		bundle_renew(&x->ev[0], &late, "20281201000000Z");
	}
}

HOOK(renewed_by_operator)
{
	renew_late(x, stage, &operator_);
}

HOOK(renewed_by_beta)
{
	renew_late(x, stage, &beta);
}

/* The operator's renewal is there, but the first token still stands by itself. */
HOOK(renewed_early_by_operator)
{
	renew_late(x, stage, &operator_);
	owner.at = "2028-12-31T00:00:00Z";
}

HOOK(renewed_by_stranger)
{
	if (stage == TOKEN)
		bundle_renew(&x->ev[0], &stranger, "20250401120000Z");
}

/* ---- T: tokens ---- */

HOOK(t01)
{
	if (stage == TREE)
		x->ev[0].imprint = make_digest(VF_SHA256, vf_bytes_str("other data"));
}

HOOK(t02)
{
	x->ev[0].cms.broken_signature = true;
}

HOOK(t03)
{
	x->ev[0].gen_time = "20231231235959Z";
}

HOOK(t04)
{
	x->ev[0].gen_time = "20271201000000Z";
}

HOOK(t05)
{
	if (stage == BEGIN)
		owner.at = "2029-06-01T00:00:00Z";
}

HOOK(t05_accept)
{
	t05(x, stage);
	owner.expired = "accept";
}

HOOK(t06_ess)
{
	x->ev[0].cms.ess = ESS_NONE;
}

HOOK(t06_attrs)
{
	x->ev[0].cms.no_attrs = true;
}

HOOK(t07)
{
	x->ev[0].cms.second_signer = true;
}

/* Certificates of others before and after the signer's own. */
HOOK(t08)
{
	x->ev[0].cms.certs = JOIN(beta.cert, stranger.cert, twin.cert, alpha.cert, operator_.cert);
}

/* A good token of another pinned authority does not count as one of alpha's. */
HOOK(t09)
{
	if (stage == BEGIN) {
		x->ev[0].by = &beta;
		owner.rules = "[{\"count\":1,\"of\":[\"alpha\"]}]";
	}
}

/* The certificate of alpha in the bag, the signature by somebody else. */
HOOK(t09_posing)
{
	x->ev[0].cms.key = beta.key;
}

HOOK(t27)
{
	x->ev[0].info.rest = DER(VF_DER_SEQUENCE, make_int(60));
	owner.alpha_more = ",\"max_accuracy_ms\":1000";
}

/* Arcs that only agree modulo 2^64 are different policies. */
HOOK(t31)
{
	owner.alpha_more = ",\"policies\":[\"1.2.3.4.2\"]";
}

HOOK(t31_wrap)
{
	t31(x, stage);
	if (stage == TREE) {
		struct evidence *e = &x->ev[0];
		struct info_spec info = {.alg = VF_SHA256, .value = e->imprint, .gen_time = GEN_TIME};
		/* 1.2.3.4.(2^64 + 2) in the place of 1.2.3.4.1 */
		struct vf_bytes tst = make_info(&info), body;
		struct vf_der d, version, policy;

		MUST(vf_der_only(tst, VF_DER_SEQUENCE, &d) && vf_der_take(&d.body, &version) && vf_der_take(&d.body, &policy));
		body = JOIN(version.whole, make_der(VF_DER_OID, vf_bytes("\x2a\x03\x04\x82\x80\x80\x80\x80\x80\x80\x80\x80\x02", 13)), d.body);
		e->cms.content = make_der(VF_DER_SEQUENCE, body);
	}
}

/* ---- several records ---- */

HOOK(p11_unknown)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &stranger;
		x->ev[1].gen_time = "20240601000000Z"; /* much earlier: must move nothing */
	}
}

/* ---- S: the submitter ---- */

HOOK(s_good)
{
	sign_record(x, stage);
}

HOOK(s_required)
{
	s_good(x, stage);
	owner.submitter = "required";
}

HOOK(s_absent)
{
	owner.submitter = "required";
}

HOOK(s_unknown)
{
	s_required(x, stage);
	if (stage == BEGIN)
		owner.submitters = beta.root_der;
}

HOOK(s_broken)
{
	s_good(x, stage);
	x->signature.broken_signature = true;
}

/* The statement names one certificate, the signature is by another of the same key. */
HOOK(s_other)
{
	s_good(x, stage);
	if (stage == RECORD) {
		struct vf_bytes cert = make_submitter("Other Submitter", 8, NULL);

		x->signature.cert = x->signature.certs = cert;
		make_signature_files(x);
		make_group(x);
		x->entry_text = make_entry_text(&x->entry);
	}
}

/* The signature files of another record, after the seal. */
HOOK(s_swapped)
{
	s_good(x, stage);
	if (stage == DONE)
		*bundle_part(x, VF_NAME_SIGNATURE) = flip_last(*bundle_part(x, VF_NAME_SIGNATURE));
}

/* ---- meaning, name and time of a signature ---- */

#define MEANING(oid) make_attr("1.2.840.113549.1.9.16.2.16", DER(VF_DER_SEQUENCE, make_oid(oid)))
#define APPROVAL "1.2.840.113549.1.9.16.6.5"
#define AUTHOR "1.2.840.113549.1.9.16.6.6"

static struct vf_bytes printed_name(const char *name)
{
	return make_attr("0.4.0.19122.1.1", DER(VF_DER_SEQUENCE, DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE,
		make_attr("2.5.4.3", make_der(VF_DER_UTF8_STRING, vf_bytes_str(name)))))));
}

static struct vf_bytes signing_time(const char *utc)
{
	return make_attr("1.2.840.113549.1.9.5", make_der(VF_DER_UTC_TIME, vf_bytes_str(utc)));
}

static void sign_saying(struct bundle *x, enum stage stage, struct vf_bytes attrs)
{
	s_good(x, stage);
	if (stage == BEGIN)
		x->signature.attrs = attrs;
}

HOOK(s_approval)
{
	sign_saying(x, stage, JOIN(signing_time("250301115900Z"), MEANING(APPROVAL), printed_name("Dr. A. Example")));
}

HOOK(s_two_meanings)
{
	sign_saying(x, stage, JOIN(MEANING(APPROVAL), MEANING(AUTHOR)));
}

HOOK(s_reversed_name)
{
	sign_saying(x, stage, printed_name("Dr. A. \xe2\x80\xae" "elpmaxE"));
}

HOOK(s_control_name)
{
	sign_saying(x, stage, printed_name("Dr. A. Example\033[2K"));
}

HOOK(s_later_than_seal)
{
	sign_saying(x, stage, JOIN(signing_time("250301120001Z"), MEANING(APPROVAL)));
}

HOOK(s_long_before)
{
	sign_saying(x, stage, JOIN(signing_time("250222115959Z"), MEANING(APPROVAL)));
}

HOOK(s_week_before)
{
	sign_saying(x, stage, JOIN(signing_time("250222120000Z"), MEANING(APPROVAL)));
}

/* A copy in which one place is another. */
static struct vf_bytes replaced(struct vf_bytes all, struct vf_bytes from, struct vf_bytes to)
{
	struct vf_bytes copy = make_copy(all);
	size_t found = 0;

	for (size_t i = 0; i + from.n <= copy.n; i++) {
		if (memcmp(copy.p + i, from.p, from.n) != 0)
			continue;
		memcpy(maker_block + (copy.p - maker_block) + i, to.p, to.n);
		found++;
	}
	MUST(found == 1 && from.n == to.n);
	return copy;
}

/* A signature that its forger puts into the record before everything else is made. */
static void forge(struct bundle *x, struct vf_bytes p7s)
{
	x->p7s = p7s;
	make_group(x);
	x->entry_text = make_entry_text(&x->entry);
}

/* Author becomes approval: the signature is over the other word. */
HOOK(s_meaning_changed)
{
	sign_saying(x, stage, JOIN(MEANING(AUTHOR), printed_name("Dr. A. Example")));
	if (stage == RECORD)
		forge(x, replaced(x->p7s, make_oid(AUTHOR), make_oid(APPROVAL)));
}

HOOK(s_name_changed)
{
	sign_saying(x, stage, JOIN(MEANING(AUTHOR), printed_name("Dr. A. Example")));
	if (stage == RECORD)
		forge(x, replaced(x->p7s, vf_bytes_str("Dr. A. Example"), vf_bytes_str("Dr. B. Example")));
}

/* Nobody signed what stands beside the signature. */
HOOK(s_meaning_beside)
{
	sign_saying(x, stage, MEANING(AUTHOR));
	if (stage == BEGIN)
		x->signature.unsigned_attrs = JOIN(MEANING(APPROVAL), printed_name("Dr. B. Example"));
}

/* Another person's certificate in the place of the signer's, with the same issuer and number. */
static void exchange_certificate(struct bundle *x, enum stage stage, long serial)
{
	sign_saying(x, stage, MEANING(APPROVAL));
	if (stage == RECORD) {
		struct vf_bytes good_one = x->signature.certs;

		x->signature.certs = make_cert(&(struct cert_spec){.name = "Other Submitter", .issuer = "Submitter Root", .key = beta.key,
			.issuer_key = submitter_root_key, .serial = serial, .ext = {{"keyUsage", "critical,digitalSignature"}}});
		make_signature_files(x);
		forge(x, x->p7s);
		x->signature.certs = good_one;
	}
}

HOOK(s_certificate_exchanged)
{
	exchange_certificate(x, stage, 7);
}

HOOK(s_certificate_dropped)
{
	exchange_certificate(x, stage, 9);
}

/* A good signature of another record, which lists another statement. */
HOOK(s_copied)
{
	sign_saying(x, stage, MEANING(APPROVAL));
	if (stage == RECORD) {
		struct vf_bytes own = x->statement;

		x->statement = vf_bytes_str("{\"another\":\"statement\"}");
		make_signature_files(x);
		x->statement = own;
		forge(x, x->p7s);
	}
}

/* The same without its manifest: this record's own stands beside it. */
HOOK(s_copied_alone)
{
	s_copied(x, stage);
	if (stage == RECORD) {
		x->signed_manifest = make_manifest(VF_NAME_SIGNATURE,
			make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement)));
		forge(x, x->p7s);
	}
}

/* The certificate was valid today, but not when the record was time-stamped. */
HOOK(s_late)
{
	s_good(x, stage);
	if (stage == BEGIN)
		x->signature.cert = x->signature.certs = make_cert(&(struct cert_spec){.name = "Late Submitter", .issuer = "Submitter Root",
			.key = submitter_key, .issuer_key = submitter_root_key, .serial = 8, .from = "20250401000000Z",
			.ext = {{"keyUsage", "critical,digitalSignature"}}});
}

/* The same; a token that does not count lies about a time at which it was valid. */
HOOK(s_late_token)
{
	s_late(x, stage);
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &stranger;
		x->ev[1].gen_time = "20250501000000Z";
	}
}

HOOK(s_unlisted)
{
	if (stage == DONE) {
		bundle_add(x, VF_NAME_SIGNED_MANIFEST, vf_bytes_str("x"));
		bundle_add(x, VF_NAME_SIGNATURE, vf_bytes_str("x"));
	}
}

/* ---- commitments ---- */

static struct vf_bytes commitment_of(const char *name, struct vf_bytes data)
{
	struct vf_pair p = vf_pair_of(data);

	return make_text("{\"schema\":\"trialnotary/commitment/1\",\"name\":\"%s\",\"sha256\":\"%s\",\"sha512\":\"%s\",\"salt\":\"%s\"}\n", name,
		HEX(p.sha256), HEX(p.sha512), HEX(p.sha256));
}

static void commit(struct bundle *x, const char *first, const char *second)
{
	bundle_add_file(x, "commitment-001.json", "commitment", commitment_of(first, vf_bytes_str("secret\n")));
	if (second)
		bundle_add_file(x, "commitment-002.json", "commitment", commitment_of(second, vf_bytes_str("another secret\n")));
	/* members ascend by name, so that stream.json must come last */
	for (size_t i = 3; i < x->n_files; i++) {
		struct bundle t;

		t.files[0] = x->files[i];
		x->files[i] = x->files[i - 1];
		x->files[i - 1] = t.files[0];
	}
}

HOOK(c_good)
{
	if (stage == BEGIN)
		commit(x, "secret.txt", NULL);
	if (stage == DONE)
		bundle_add(x, "secret.txt", vf_bytes_str("secret\n"));
}

HOOK(c_altered)
{
	if (stage == BEGIN)
		commit(x, "secret.txt", NULL);
	if (stage == DONE)
		bundle_add(x, "secret.txt", vf_bytes_str("another\n"));
}

HOOK(c_twice)
{
	if (stage == BEGIN)
		commit(x, "secret.txt", "secret.txt");
	if (stage == DONE)
		bundle_add(x, "secret.txt", vf_bytes_str("secret\n"));
}

HOOK(c_member)
{
	if (stage == BEGIN)
		commit(x, "a.txt", NULL);
}

/* A member that differs from the committed name in case alone is withheld, the other file shown. */
HOOK(c_folded)
{
	if (stage == BEGIN)
		commit(x, "A.txt", NULL);
	if (stage == DONE) {
		bundle_drop(x, "a.txt");
		bundle_add(x, "A.txt", vf_bytes_str("secret\n"));
		*bundle_part(x, "META-INF/ASiCEvidenceRecordManifest001.xml") = make_manifest("META-INF/evidencerecord001.ers",
			JOIN(make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement)),
				make_ref("b.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[1].data)),
				make_ref("commitment-001.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[2].data)),
				make_ref("stream.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[3].data))));
	}
}

HOOK(c_reserved)
{
	if (stage == BEGIN)
		commit(x, "META-INF/evidencerecord001.ers", NULL);
}

/* The document without its commitment. */
HOOK(c_alone)
{
	c_good(x, stage);
	if (stage == DONE)
		bundle_drop(x, "commitment-001.json");
}

static const struct {
	const char *id, *what;
	bundle_hook *hook;
	enum vf_verdict want;
	enum vf_rc code;
} cases[] = {
	{"00", "as it is made", good, VF_VERIFIED, VF_OK},
	{"E01", "a digest that is not in the first list", b02, VF_REJECTED, VF_GROUP_MISMATCH},
	{"E02", "no hash tree", e02, VF_REJECTED, VF_GROUP_MISMATCH},
	{"E03", "a list that does not ascend", e03, VF_REJECTED, VF_GROUP_MISMATCH},
	{"E04", "one member less", e04_missing, VF_REJECTED, VF_GROUP_MISMATCH},
	{"E04", "one value more", e04_extra, VF_REJECTED, VF_GROUP_MISMATCH},
	{"E07", "a renewal of another token", e07, VF_REJECTED, VF_ER_RENEWAL},
	{"E07", "a right renewal", renewed, VF_VERIFIED, VF_OK},
	{"E08", "the time-stamp twice", e08, VF_REJECTED, VF_ER_RENEWAL},
	{"E09", "a new chain without the older", e09, VF_REJECTED, VF_ER_RENEWAL},
	{"E10", "three chains and a renewal", e10, VF_VERIFIED, VF_OK},
	{"E11", "renewed after the certificate ended", e11, VF_INDETERMINATE, VF_TS_EXPIRED},
	{"E12", "renewed before it was made", e12, VF_REJECTED, VF_TS_ORDER},
	{"E13", "the token's algorithm is another", e13, VF_REJECTED, VF_ER_ALGORITHM},
	{"E14", "version 2", e14, VF_REJECTED, VF_ER_SHAPE},
	{"E16", "revocation data in cryptoInfos", e16, VF_INDETERMINATE, VF_NO_REVOCATION_DATA},
	{"E17", "encryptionInfo", e17, VF_INDETERMINATE, VF_ER_ENCRYPTED},
	{"E18", "the manifest in the place of a member", e18, VF_REJECTED, VF_GROUP_MISMATCH},
	{"E19", "a new chain over another document", e19, VF_REJECTED, VF_ER_RENEWAL},
	{"E", "SHA-512 all the way", sha512, VF_VERIFIED, VF_OK},
	{"E", "SHA-512 with a head that has no such root", sha512_unnamed, VF_REJECTED, VF_SEAL_BINDING},
	{"E", "renewed by the operator alone, the policy asks for others", renewed_by_operator, VF_INDETERMINATE, VF_POLICY_UNMET},
	{"E", "renewed by another external authority", renewed_by_beta, VF_VERIFIED, VF_OK},
	{"E", "renewed by the operator while the first still stands", renewed_early_by_operator, VF_VERIFIED, VF_OK},
	{"E", "renewed by a stranger", renewed_by_stranger, VF_INDETERMINATE, VF_UNKNOWN_ROOT},
	{"T01", "the imprint of other data", t01, VF_REJECTED, VF_ER_ROOT},
	{"T02", "a changed signature", t02, VF_REJECTED, VF_TS_SIGNATURE},
	{"T03", "before the certificate was valid", t03, VF_REJECTED, VF_TS_CERT_TIME},
	{"T04", "in the future", t04, VF_REJECTED, VF_TS_FUTURE},
	{"T05", "expired by now", t05, VF_INDETERMINATE, VF_TS_EXPIRED},
	{"T05", "expired by now, which is accepted", t05_accept, VF_VERIFIED, VF_OK},
	{"T06", "no attribute names the certificate", t06_ess, VF_REJECTED, VF_TS_ESS},
	{"T06", "no signed attributes", t06_attrs, VF_REJECTED, VF_TS_SHAPE},
	{"T07", "two signers", t07, VF_REJECTED, VF_TS_SHAPE},
	{"T08", "certificates of others", t08, VF_VERIFIED, VF_OK},
	{"T09", "another authority than the policy asks for", t09, VF_INDETERMINATE, VF_POLICY_UNMET},
	{"T09", "another key than the certificate's", t09_posing, VF_REJECTED, VF_TS_SIGNATURE},
	{"T27", "less accurate than allowed", t27, VF_INDETERMINATE, VF_TS_ACCURACY},
	{"T31", "another policy of the authority", t31, VF_INDETERMINATE, VF_TS_POLICY},
	{"T31", "a policy that is equal modulo 2^64", t31_wrap, VF_INDETERMINATE, VF_TS_POLICY},
	{"S", "a signed record", s_good, VF_VERIFIED, VF_OK},
	{"S", "a signature that the policy asks for", s_required, VF_VERIFIED, VF_OK},
	{"S", "no signature, one is asked for", s_absent, VF_INDETERMINATE, VF_POLICY_UNMET},
	{"S", "a submitter that nobody vouches for", s_unknown, VF_INDETERMINATE, VF_UNKNOWN_SIGNER},
	{"S", "a broken signature", s_broken, VF_REJECTED, VF_SIGNATURE},
	{"S", "another certificate than the statement's", s_other, VF_REJECTED, VF_SIGNER_MISMATCH},
	{"S", "another signature after the seal", s_swapped, VF_REJECTED, VF_GROUP_MISMATCH},
	{"S", "a certificate from after the seal", s_late, VF_REJECTED, VF_SIGNER_CERT_TIME},
	{"S", "the same, with a token that lies", s_late_token, VF_REJECTED, VF_SIGNER_CERT_TIME},
	{"S", "a meaning, a name and a time", s_approval, VF_VERIFIED, VF_OK},
	{"S", "two meanings", s_two_meanings, VF_REJECTED, VF_CMS_SHAPE},
	{"S", "a printed name that turns the direction", s_reversed_name, VF_REJECTED, VF_CMS_SHAPE},
	{"S", "a printed name with a control character", s_control_name, VF_REJECTED, VF_CMS_SHAPE},
	{"S", "a meaning changed after signing", s_meaning_changed, VF_REJECTED, VF_SIGNATURE},
	{"S", "a printed name changed after signing", s_name_changed, VF_REJECTED, VF_SIGNATURE},
	{"S", "a meaning beside the signature", s_meaning_beside, VF_VERIFIED, VF_OK},
	{"S", "another person's certificate in the signature", s_certificate_exchanged, VF_REJECTED, VF_SIGNER_MISMATCH},
	{"S", "the same of another number: nobody can tell", s_certificate_dropped, VF_INDETERMINATE, VF_UNKNOWN_SIGNER},
	{"S", "the signature files of another record", s_copied, VF_REJECTED, VF_MANIFEST_DIGEST},
	{"S", "the signature of another record", s_copied_alone, VF_REJECTED, VF_SIGNATURE},
	{"S", "signature files without a signer", s_unlisted, VF_REJECTED, VF_UNCOVERED},
	{"C", "a disclosed confidential document", c_good, VF_VERIFIED, VF_OK},
	{"C", "another confidential document", c_altered, VF_REJECTED, VF_DIGEST_MISMATCH},
	{"C", "two commitments to one name", c_twice, VF_REJECTED, VF_COMMITMENT_SHAPE},
	{"C", "a commitment to a member", c_member, VF_REJECTED, VF_COMMITMENT_SHAPE},
	{"C", "a commitment to a member in other case", c_folded, VF_REJECTED, VF_COMMITMENT_SHAPE},
	{"C", "a commitment to a part of the bundle", c_reserved, VF_REJECTED, VF_NAME_SHAPE},
	{"C", "a confidential document without its commitment", c_alone, VF_REJECTED, VF_UNCOVERED},
};

static void test_cases(void)
{
	size_t mark = maker_used;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_buf bytes = nt_buf(64 << 20);

		maker_used = mark;
		run(cases[i].hook, &bytes);
		expect(cases[i].want, cases[i].code, cases[i].id, cases[i].what);
		nt_buf_done(&bytes);
	}
	maker_used = mark;
}

/* ---- what a report says beside its verdict ---- */

/* Fifteen records that do not count, on a record of which everything else is to be said. */
HOOK(crowded)
{
	if (stage == BEGIN) {
		x->n_ev = 16;
		for (size_t i = 1; i < 16; i++)
			x->ev[i].by = &stranger;
		x->ev[0].by = &operator_;
		x->fields = ",\"links\":[{\"type\":\"supersedes\",\"record\":\"0000000000000000000000000000000000000000000000000000000000000000\"}]";
		owner.rules = "[{\"count\":1}]";
	}
	if (stage == LOG)
		cosign(x, &witness, 1740830400);
	if (stage != DONE)
		return;
	bundle_drop(x, "b.txt");
	for (size_t i = 1; i <= 16; i++) {
		char er[64], manifest[64];

		snprintf(er, sizeof(er), VF_PART_RECORD, i);
		snprintf(manifest, sizeof(manifest), VF_PART_RECORD_MANIFEST, i);
		*bundle_part(x, manifest) = make_manifest(er, JOIN(make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement)),
			make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[0].data)),
			make_ref("stream.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[2].data))));
	}
}

/* A key of 2048 bits ends before its certificate. */
HOOK(short_key)
{
	static struct authority short_;

	if (stage != BEGIN)
		return;
	short_ = alpha;
	short_.key = EVP_RSA_gen(2048);
	MUST(short_.key);
	short_.cert = make_cert(&(struct cert_spec){.name = "RSA TSU", .issuer = "Alpha Root", .key = short_.key, .issuer_key = alpha.root_key,
		.serial = 11, .to = "20400101000000Z", .ext = TSA_EXT});
	x->ev[0].by = &short_;
}

/* What a report says of a signature, and what it remarks. */
static void test_said(void)
{
	static const struct {
		bundle_hook *hook;
		const char *meaning, *name, *time, *note;
	} rows[] = {
		{s_good, NULL, "", NULL, NULL},
		{s_approval, "approval", "Dr. A. Example", "2025-03-01T11:59:00Z", NULL},
		{s_later_than_seal, "approval", "", "2025-03-01T12:00:01Z", "SIGNING_TIME"},
		{s_long_before, "approval", "", "2025-02-22T11:59:59Z", "SIGNING_TIME"},
		{s_week_before, "approval", "", "2025-02-22T12:00:00Z", NULL},
		{s_meaning_beside, "author", "", NULL, "UNSIGNED_ATTRIBUTES"},
	};
	size_t mark = maker_used;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nt_buf bytes = nt_buf(1 << 20);

		maker_used = mark;
		run(rows[i].hook, &bytes);
		expect(VF_VERIFIED, VF_OK, "S", rows[i].meaning ? rows[i].meaning : "nothing");
		CHECK(report.has_said);
		if (rows[i].meaning)
			CHECK_STR(report.meaning ? report.meaning : "", rows[i].meaning);
		CHECK((rows[i].meaning != NULL) == (report.meaning_oid[0] != '\0'));
		CHECK_BYTES(report.printed_name, vf_bytes_str(rows[i].name));
		CHECK(report.signing_time == (rows[i].time ? make_time(rows[i].time) : VF_TIME_NONE));
		CHECK_INT(report.signer_state, VF_SIGNER_NO_REVOCATION);
		CHECK(has_note("SIGNING_TIME") == (rows[i].note && strcmp(rows[i].note, "SIGNING_TIME") == 0));
		CHECK(has_note("UNSIGNED_ATTRIBUTES") == (rows[i].note && strcmp(rows[i].note, "UNSIGNED_ATTRIBUTES") == 0));
		nt_buf_done(&bytes);
	}
	maker_used = mark;
}

static void test_reports(void)
{
	static const char *const notes[] = {"LINKED_RECORDS", "STREAM_COMPLETE", "UNKNOWN_ROOT", "REVOCATION_LATER", "WITHHELD", "COSIGNATURES",
		"OPERATOR_ONLY", "UNSIGNED"};
	struct nt_buf bytes = nt_buf(1 << 20);
	size_t mark = maker_used;

	run(crowded, &bytes);
	expect(VF_VERIFIED, VF_OK, "U", "fifteen records by strangers");
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (!has_note(notes[i]))
			CHECK_FAIL("the note %s is crowded out", notes[i]);
	CHECK_INT(report.existed_by, make_time("2025-03-01T12:00:00Z"));
	nt_buf_reset(&bytes);
	run(s_good, &bytes);
	CHECK(has_note("SUBMITTER_REVOCATION") && report.submitter_trusted);
	CHECK_INT(report.renew_before, make_time("2029-01-01T00:00:00Z"));
	nt_buf_reset(&bytes);
	run(short_key, &bytes);
	expect(VF_VERIFIED, VF_OK, "U", "a key of 2048 bits");
	CHECK_INT(report.stamps[0].valid_to, make_time("2040-01-01T00:00:00Z"));
	CHECK_INT(report.renew_before, make_time("2031-01-01T00:00:00Z"));
	/* times of what does not count move nothing */
	nt_buf_reset(&bytes);
	run(p11_unknown, &bytes);
	CHECK_INT(report.existed_by, make_time("2025-03-01T12:00:00Z"));
	CHECK(report.n_stamps == 2 && report.stamps[0].counts && !report.stamps[1].counts && !report.stamps[1].authority);
	nt_buf_done(&bytes);
	maker_used = mark;
}

/* ---- faults of the machine ---- */

struct failing {
	struct vf_bytes all;
	size_t reads, fail_at;
};

static VF_RC read_or_fail(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct failing *f = ctx;

	if (++f->reads == f->fail_at)
		return vf_fail(reterr, VF_IO, "the disk fails at read %zu", f->reads);
	memcpy(out, f->all.p + at, n);
	return VF_OK;
}

/* One read of all fails: no verdict, whichever it is. */
static void test_failing_reads(struct vf_bytes bundle)
{
	struct vf_session *s = session();

	for (size_t k = 1;; k++) {
		struct failing f = {.all = bundle, .fail_at = k};
		struct vf_source source = {.ctx = &f, .size = bundle.n, .read = read_or_fail};
		struct vf_err err = {0};
		struct vf_arena a;
		enum vf_rc rc;

		vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
		rc = vf_bundle_check(s, &a, "failing", &source, NULL, 0, &report, &err);
		if (f.reads < k) {
			CHECK_RC(rc, VF_OK);
			CHECK_INT(report.verdict, VF_VERIFIED);
			CHECK(k > 20);
			break;
		}
		CHECK_RC(rc, VF_IO);
	}
	vf_session_free(s);
}

/* Memory ends at every place: NO_MEMORY, and no verdict. */
static void test_little_memory(struct vf_bytes bundle)
{
	struct vf_session *s = session();
	struct failing f = {.all = bundle};
	struct vf_source source = {.ctx = &f, .size = bundle.n, .read = read_or_fail};
	size_t short_of = 0;

	for (size_t n = 0; n < 1 << 18; n += 127) {
		struct vf_err err = {0};
		struct vf_arena a;
		enum vf_rc rc;

		vf_arena_init(&a, memory, n);
		rc = vf_bundle_check(s, &a, "bundle", &source, NULL, 0, &report, &err);
		short_of += rc == VF_NO_MEMORY;
		if (rc == VF_NO_MEMORY)
			continue;
		CHECK_RC(rc, VF_OK);
		CHECK_INT(report.verdict, VF_VERIFIED);
	}
	CHECK(short_of > 50);
	vf_session_free(s);
}

static void test_machine(void)
{
	size_t mark = maker_used;
	bundle_hook *const hooks[] = {s_good, c_good, e10};

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		struct nt_buf bytes = nt_buf(1 << 20);

		run(hooks[i], &bytes);
		expect(VF_VERIFIED, VF_OK, "D", "on a good machine");
		test_failing_reads(nt_buf_bytes(&bytes));
		test_little_memory(nt_buf_bytes(&bytes));
		nt_buf_done(&bytes);
	}
	maker_used = mark;
}

int main(void)
{
	make_world();
	test_cases();
	test_said();
	test_reports();
	test_machine();
	free_world();
	return check_done();
}
