/*
 * Forged bundles by somebody who has every key that an attacker may have, each
 * wrong in one place: verdict and code of every case. The letters and numbers
 * are those of the attack catalogue.
 */
#include "verify/bundle.h"

#include "tests/unit/bundle_maker.h"
#include "verify/judge.h"

static struct authority alpha, beta, operator_, stranger, twin;
static struct nt_note_key log_key, other_log, witness;
static EVP_PKEY *submitter_root_key, *submitter_key;
static struct vf_bytes submitter_root, submitter_cert;
static struct bundle b;
static struct vf_report report;
static uint8_t *memory, *session_memory;

/* What the verifier's owner has; a hook changes it at BEGIN. */
static struct {
	const char *alpha_more;  /* more fields of authority alpha, each after a comma */
	const char *rules, *revocation, *expired, *submitter, *tlog_more, *more;
	struct vf_bytes alpha_root, submitters;
	const char *at;
	bool none, integrity_only, no_log;
} owner;

static const char *vkey(const struct nt_note_key *k, uint8_t type)
{
	struct nt_buf out = nt_buf(1 << 12);
	struct vf_err err = {0};
	char *p;

	MUST(nt_note_put_vkey(&out, k->name, type, vf_bytes(k->raw, sizeof(k->raw)), &err) == VF_OK);
	p = (char *)make_room(out.n + 1);
	memcpy(p, out.p, out.n);
	p[out.n] = '\0';
	nt_buf_done(&out);
	return p;
}

/* The trust directory in memory; files has room for 8. */
static size_t make_trust(struct vf_trust_file *files)
{
	size_t n = 0;

	files[n++] = (struct vf_trust_file){"policy.json", make_text("{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
		"{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":true%s},"
		"{\"name\":\"beta\",\"roots\":\"tsa/beta.pem\",\"operator\":false,\"qualified\":false},"
		"{\"name\":\"own\",\"roots\":\"tsa/own.pem\",\"operator\":true,\"qualified\":false}],"
		"\"time\":%s,\"revocation\":\"%s\",\"expired\":\"%s\",\"submitter\":\"%s\"%s}\n", owner.alpha_more, owner.rules,
		owner.revocation, owner.expired, owner.submitter, owner.more)};
	if (owner.submitters.n)
		files[n++] = (struct vf_trust_file){"submitters/all.pem", make_pem(owner.submitters)};
	files[n++] = (struct vf_trust_file){"tlog-policy",
		make_text("log %s\n%s", vkey(owner.no_log ? &other_log : &log_key, VF_KEY_ED25519), owner.tlog_more)};
	files[n++] = (struct vf_trust_file){"tsa/alpha.pem", make_pem(owner.alpha_root)};
	files[n++] = (struct vf_trust_file){"tsa/beta.pem", make_pem(beta.root_der)};
	files[n++] = (struct vf_trust_file){"tsa/own.pem", make_pem(operator_.root_der)};
	return n;
}

static void begin_case(void)
{
	memset(&owner, 0, sizeof(owner));
	owner.alpha_more = owner.more = "";
	owner.rules = "[{\"count\":1,\"operator\":false}]";
	owner.revocation = "required";
	owner.expired = "refuse";
	owner.submitter = "optional";
	owner.tlog_more = "quorum none\n";
	owner.alpha_root = alpha.root_der;
	owner.submitters = submitter_root;
	owner.at = AT;
}

static enum vf_rc new_session(struct vf_session **ret, struct vf_err *err)
{
	struct vf_trust_file files[8];
	size_t n = owner.none ? 0 : make_trust(files);
	struct vf_session_options o = {.files = files, .n_files = n, .at = make_time(owner.at), .integrity_only = owner.integrity_only};

	return vf_session_new(&o, session_memory, VF_SESSION_MEMORY, ret, err);
}

static struct vf_session *session(void)
{
	struct vf_session *s = NULL;
	struct vf_err err = {0};

	MUST(new_session(&s, &err) == VF_OK);
	return s;
}

static enum vf_verdict judge(struct vf_session *s, struct vf_bytes bundle)
{
	struct vf_source source = vf_source_of(bundle);
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	if (vf_bundle_check(s, &a, "forged", &source, NULL, 0, &report, &err) != VF_OK) {
		CHECK_FAIL("no verdict: %s %s", vf_rc_name(err.rc), err.text);
		report.verdict = VF_INDETERMINATE;
	}
	return report.verdict;
}

static bool has_reason(enum vf_rc rc)
{
	for (size_t i = 0; i < report.n_reasons; i++)
		if (report.reasons[i].rc == rc)
			return true;
	return false;
}

static bool has_note(const char *code)
{
	for (size_t i = 0; i < report.n_unchecked; i++)
		if (strcmp(report.unchecked[i].code, code) == 0)
			return true;
	return false;
}

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

/* Makes the bundle of a hook and judges it in a session of its own. */
static void run(bundle_hook *hook, struct nt_buf *ret)
{
	struct vf_session *s;

	begin_case();
	make_bundle(&b, &log_key, &alpha, hook, ret);
	s = session();
	judge(s, nt_buf_bytes(ret));
	vf_session_free(s);
}

#define HOOK(name) static void name(__attribute__((unused)) struct bundle *x, __attribute__((unused)) enum stage stage)

HOOK(good)
{
	/* nothing is wrong */
}

static struct vf_bytes flip_last(struct vf_bytes data)
{
	struct vf_bytes copy = make_copy(data);

	((uint8_t *)(uintptr_t)copy.p)[copy.n - 1] ^= 1;
	return copy;
}

/* ---- A: the container's parts ---- */

HOOK(a01)
{
	if (stage == DONE)
		bundle_add(x, "c.txt", vf_bytes_str("not listed\n"));
}

HOOK(a02)
{
	if (stage == DONE)
		bundle_drop(x, "b.txt");
}

HOOK(a03)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "</asic:ASiCManifest>",
			(const char *)JOIN(make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, vf_bytes_str("x"))),
				vf_bytes_str("</asic:ASiCManifest>"), vf_bytes("", 1)).p);
}

static void list_more(struct bundle *x, enum stage stage, const char *name)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "</asic:ASiCManifest>",
			(const char *)JOIN(make_ref(name, VF_MANIFEST_SHA256, make_digest(VF_SHA256, *bundle_part(x, name))),
				vf_bytes_str("</asic:ASiCManifest>"), vf_bytes("", 1)).p);
}

HOOK(a09_self)
{
	list_more(x, stage, "META-INF/ASiCEvidenceRecordManifest001.xml");
}

HOOK(a09_token)
{
	list_more(x, stage, "META-INF/evidencerecord001.ers");
}

HOOK(a09_mimetype)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "</asic:ASiCManifest>",
			(const char *)JOIN(make_ref("mimetype", VF_MANIFEST_SHA256, make_digest(VF_SHA256, vf_bytes_str(VF_ZIP_ASICE))),
				vf_bytes_str("</asic:ASiCManifest>"), vf_bytes("", 1)).p);
}

HOOK(a10_missing)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "evidencerecord001", "evidencerecord009");
}

HOOK(a10_second)
{
	x->n_ev = 2;
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest002.xml", "evidencerecord002", "evidencerecord001");
}

HOOK(a15)
{
	if (stage == BEGIN)
		x->n_ev = 0;
}

HOOK(a16)
{
	if (stage == DONE)
		bundle_part(x, "META-INF/evidencerecord001.ers")->n = 0;
}

/* Two evidence records; the second, which an untrusted authority gave, does not name the document. */
HOOK(a_second_manifest)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &stranger;
	}
	if (stage == DONE)
		*bundle_part(x, "META-INF/ASiCEvidenceRecordManifest002.xml") = make_manifest("META-INF/evidencerecord002.ers",
			make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement)));
}

/* ---- B: parts that are good and do not belong together ---- */

HOOK(b01)
{
	struct vf_entry other = make_other(1);

	if (stage != LOG)
		return;
	/* the entry before, with its own right proof */
	x->entry_text = make_entry_text(&other);
	x->index = 1;
	x->proof[0] = vf_merkle_leaf(x->leaves[0]);
	struct vf_hash left = vf_merkle_leaf(x->leaves[2]), right = vf_merkle_leaf(x->leaves[3]);
	x->proof[1] = vf_merkle_node(&left, &right);
}

/* The right entry text, but the proof is that of the entry before. */
HOOK(b01_proof)
{
	struct vf_bytes mine = x->entry_text;

	b01(x, stage);
	if (stage == LOG)
		x->entry_text = mine;
}

HOOK(b02)
{
	if (stage == TREE) {
		x->ev[0].group[0] = make_digest(VF_SHA256, vf_bytes_str("a document of another record"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(b03)
{
	if (stage == DONE)
		*bundle_part(x, "a.txt") = vf_bytes_str("first d0cument\n");
}

/* The tree leads to another batch root than the head names; token and tree agree. */
HOOK(b04)
{
	if (stage == TREE) {
		x->ev[0].path[0] = make_digest(VF_SHA256, vf_bytes_str("another sibling"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* The head is good, the tree ends in the head of another seal. */
HOOK(b04_head)
{
	if (stage == TREE) {
		x->ev[0].path[x->ev[0].n_path - 1] = make_digest(VF_SHA256, x->previous);
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* A record that poses as the head: its digest stands last, the head's before it. */
HOOK(b04_behind)
{
	if (stage == TREE) {
		x->ev[0].path[x->ev[0].n_path++] = make_digest(VF_SHA256, vf_bytes_str("one more level"));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* The head names a batch root that holds the record, but the token is over the record alone. */
HOOK(b04_alone)
{
	if (stage == TREE) {
		x->ev[0].n_path = 0;
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(b05_index)
{
	if (stage == LOG)
		x->index = 3;
}

HOOK(b05_batch)
{
	if (stage == BEGIN)
		x->first = 3; /* the entry lies before the batch */
}

HOOK(b05_checkpoint)
{
	if (stage != HEAD)
		return;
	/* after the head was made: another root of the same log, signed by the same key */
	x->root = vf_sha256(vf_bytes_str("another history"));
	make_checkpoint(x);
}

HOOK(b06_field)
{
	if (stage == BEGIN)
		x->fields = ",\"verified\":true";
}

HOOK(b06_file)
{
	if (stage == DONE)
		bundle_add(x, "META-INF/trialnotary/verdict.json", vf_bytes_str("{\"verdict\":\"VERIFIED\"}\n"));
}

HOOK(b07)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
		x->ev[1].cms.broken_signature = true;
	}
}

/* The second record is good by itself and covers one document less. */
HOOK(b07_group)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
	}
	if (stage == TREE && x->at == 1) {
		x->ev[1].n_group--;
		x->ev[1].imprint = make_root(&x->ev[1]);
	}
}

HOOK(b08)
{
	if (stage == DONE) {
		bundle_add(x, "c.txt", vf_bytes_str("added\n"));
		list_more(x, stage, "c.txt");
	}
}

/* Another instance: its own log under the same name, its own authority. */
HOOK(b09)
{
	if (stage == BEGIN) {
		x->log_key = &other_log;
		x->ev[0].by = &stranger;
	}
}

HOOK(b09_tsa)
{
	if (stage == BEGIN)
		x->ev[0].by = &stranger;
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

/* ---- M: the log ---- */

HOOK(m01)
{
	struct vf_hash right;

	if (stage != LOG)
		return;
	/* the node above the entry, offered as an entry of a smaller tree */
	right = vf_merkle_leaf(x->leaves[3]);
	struct vf_hash mine = vf_merkle_leaf(x->leaves[2]);
	x->entry_text = JOIN(make_copy(vf_bytes("\1", 1)), make_copy(vf_bytes(mine.b, 32)), make_copy(vf_bytes(right.b, 32)));
	x->n_proof = 1;
	x->proof[0] = x->proof[1];
}

HOOK(m02)
{
	if (stage == LOG) {
		x->n_proof = 0;
		x->root = vf_merkle_leaf(x->leaves[2]);
		make_checkpoint(x);
	}
}

HOOK(m03)
{
	if (stage == LOG)
		x->index = 4;
}

static void edit_proof(struct bundle *x, enum stage stage, const char *old, const char *with)
{
	if (stage == DONE)
		bundle_edit(x, VF_PART_PROOF, old, with);
}

HOOK(m03_zeros)
{
	edit_proof(x, stage, "index 2\n", "index 02\n");
}

HOOK(m03_negative)
{
	edit_proof(x, stage, "index 2\n", "index -2\n");
}

HOOK(m03_huge)
{
	edit_proof(x, stage, "index 2\n", "index 9223372036854775808\n");
}

HOOK(m04_long)
{
	if (stage == LOG)
		x->proof[x->n_proof++] = x->root;
}

HOOK(m04_short)
{
	if (stage == LOG)
		x->n_proof--;
}

HOOK(m04_garbage)
{
	if (stage == DONE)
		*bundle_part(x, VF_PART_PROOF) = JOIN(*bundle_part(x, VF_PART_PROOF), vf_bytes_str("garbage\n"));
}

/* A right proof for the tree of three entries; the head names the tree of four. */
HOOK(m08)
{
	struct vf_hash l0, l1;

	if (stage != HEAD)
		return;
	l0 = vf_merkle_leaf(x->leaves[0]);
	l1 = vf_merkle_leaf(x->leaves[1]);
	x->proof[0] = vf_merkle_node(&l0, &l1);
	x->n_proof = 1;
	x->size = 3;
	l1 = vf_merkle_leaf(x->leaves[2]);
	x->root = vf_merkle_node(&x->proof[0], &l1);
	make_checkpoint(x);
}

HOOK(m11_wrong)
{
	uint8_t *at;

	if (stage != LOG)
		return;
	/* a bit of the signature; the head is made of what is there */
	at = x->note.p + x->note.n - 12;
	*at = *at == 'A' ? 'B' : 'A';
}

HOOK(m11_missing)
{
	if (stage == DONE) {
		const uint8_t *line = memmem(x->note.p, x->note.n, "\n\n", 2);

		bundle_edit(x, VF_PART_PROOF, (const char *)JOIN(vf_bytes(line + 2, (size_t)(x->note.p + x->note.n - line) - 2),
			vf_bytes("", 1)).p, "");
	}
}

HOOK(m11_other)
{
	if (stage == BEGIN)
		x->log_key = &other_log;
}

/* A second line by the log's key, which does not verify. */
HOOK(m12)
{
	struct vf_bytes line;
	const uint8_t *at;

	if (stage != LOG)
		return;
	at = memmem(x->note.p, x->note.n, "\n\n", 2);
	line = make_copy(vf_bytes(at + 2, (size_t)(x->note.p + x->note.n - at) - 2));
	nt_buf_put(&x->note, line);
	x->note.p[x->note.n - 12] = x->note.p[x->note.n - 12] == 'A' ? 'B' : 'A';
}

HOOK(m13)
{
	static struct nt_note_key foreign;

	if (stage == BEGIN) {
		foreign = log_key;
		foreign.name = x->origin = "other.example/1";
		x->log_key = &foreign;
	}
}

/* The head says the trusted origin, the checkpoint another. */
HOOK(m13_head)
{
	static struct nt_note_key foreign;

	if (stage == BEGIN) {
		foreign = log_key;
		foreign.name = "other.example/1";
		x->log_key = &foreign;
	}
}

HOOK(m14)
{
	edit_proof(x, stage, LOG_NAME "\n4\n", LOG_NAME "\r\n4\r\n");
}

HOOK(m14_zero)
{
	edit_proof(x, stage, LOG_NAME "\n4\n", LOG_NAME "\n04\n");
}

HOOK(m14_extension)
{
	edit_proof(x, stage, "\n\n\xe2\x80\x94", "\nmore\n\n\xe2\x80\x94");
}

HOOK(m19)
{
	if (stage == BEGIN)
		owner.tlog_more = (const char *)JOIN(make_text("witness w %s\nquorum w\n", vkey(&witness, VF_KEY_COSIGNATURE)), vf_bytes("", 1)).p;
}

static void cosign(struct bundle *x, const struct nt_note_key *by)
{
	struct vf_checkpoint c;
	struct vf_err err = {0};
	struct nt_buf line = nt_buf(1 << 12);

	MUST(vf_checkpoint_parse(nt_buf_bytes(&x->note), &c, &err) == VF_OK);
	MUST(nt_note_cosign(&line, by, &c, 1740830400, &err) == VF_OK);
	nt_buf_put(&x->note, nt_buf_bytes(&line));
	nt_buf_done(&line);
}

HOOK(m19_met)
{
	m19(x, stage);
	if (stage == LOG)
		cosign(x, &witness);
}

/* A cosignature of another checkpoint. */
HOOK(m19_moved)
{
	m19(x, stage);
	if (stage == HEAD) {
		struct vf_bytes kept = make_copy(nt_buf_bytes(&x->note));
		struct vf_hash root = x->root;
		const uint8_t *at;

		x->root = vf_sha256(vf_bytes_str("another"));
		make_checkpoint(x);
		cosign(x, &witness);
		at = x->note.p + x->note.n - 1;
		while (at[-1] != '\n')
			at--;
		struct vf_bytes line = make_copy(vf_bytes(at, (size_t)(x->note.p + x->note.n - at)));
		nt_buf_reset(&x->note);
		nt_buf_put(&x->note, kept);
		nt_buf_put(&x->note, line);
		x->root = root;
	}
}

HOOK(m25)
{
	edit_proof(x, stage, "index 2\n", "extra dHJ1c3QgbWU=\nindex 2\n");
}

HOOK(m26_padding)
{
	char text[VF_BASE64_LEN(32) + 1];

	vf_base64_put(text, vf_bytes(x->proof[0].b, 32));
	if (stage == DONE) {
		text[43] = '\0';
		bundle_edit(x, VF_PART_PROOF, (const char *)JOIN(vf_bytes_str(text), vf_bytes("=", 2)).p, text);
	}
}

/* The unused bits of the last character are set. */
HOOK(m26_bits)
{
	char text[VF_BASE64_LEN(32) + 1], old[VF_BASE64_LEN(32) + 1];

	vf_base64_put(text, vf_bytes(x->proof[0].b, 32));
	memcpy(old, text, sizeof(old));
	if (stage == DONE) {
		text[42]++;
		bundle_edit(x, VF_PART_PROOF, old, text);
	}
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

/* ---- P: trust ---- */

HOOK(p01)
{
	owner.none = true;
}

HOOK(p01_integrity)
{
	p01(x, stage);
	owner.integrity_only = true;
}

HOOK(p02)
{
	if (stage == BEGIN)
		x->ev[0].by = &twin;
}

/* The same, with the forged root in the token's certificates. */
HOOK(p02_root)
{
	p02(x, stage);
	x->ev[0].cms.certs = JOIN(twin.cert, twin.root_der);
}

HOOK(p05)
{
	owner.alpha_more = ",\"from\":\"2025-03-01T12:00:01Z\"";
}

HOOK(p05_to)
{
	owner.alpha_more = ",\"to\":\"2025-03-01T11:59:59Z\"";
}

HOOK(p06)
{
	owner.alpha_more = ",\"from\":\"2025-03-01T12:00:00Z\",\"to\":\"2025-03-01T12:00:00Z\"";
}

HOOK(p06_certificate)
{
	x->ev[0].gen_time = "20240101000000Z";
	if (stage == BEGIN)
		owner.revocation = "if-present";
}

HOOK(p06_end)
{
	owner.at = "2029-01-01T00:00:00Z";
}

HOOK(p06_after)
{
	owner.at = "2029-01-01T00:00:01Z";
}

HOOK(p11_rejected)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
		x->ev[1].gen_time = "20231231235959Z";
	}
}

HOOK(p11_unknown)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &stranger;
		x->ev[1].gen_time = "20240601000000Z"; /* much earlier: must move nothing */
	}
}

HOOK(p11_two)
{
	p11_unknown(x, stage);
	owner.rules = "[{\"count\":2}]";
}

/* Two tokens of one authority are one vote. */
HOOK(p11_same)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		owner.rules = "[{\"count\":2}]";
	}
}

HOOK(p13)
{
	owner.at = "2025-02-28T00:00:00Z";
}

HOOK(p07)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = alpha.root_key, .from = "20250401000000Z",
			.to = "20250701000000Z", .entries = {{.serial = 5, .at = "20250315000000Z", .reason = 1}}});
}

/* Superseded after the token was made: what was made before stays. */
HOOK(p07_superseded)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = alpha.root_key, .from = "20250401000000Z",
			.to = "20250701000000Z", .entries = {{.serial = 5, .at = "20250315000000Z", .reason = 4}}});
}

/* A CRL of the right name by another key says nothing. */
HOOK(p08_forged)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = twin.crl;
}

/* ---- S: the submitter ---- */

HOOK(s_good)
{
	if (stage != BEGIN)
		return;
	x->is_signed = true;
	x->signature = (struct cms_spec){.cert = submitter_cert, .key = submitter_key, .certs = submitter_cert};
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
		struct vf_bytes cert = make_cert(&(struct cert_spec){.name = "Other Submitter", .issuer = "Submitter Root", .key = submitter_key,
			.issuer_key = submitter_root_key, .serial = 8, .ext = {{"keyUsage", "critical,digitalSignature"}}});

		x->signature.cert = x->signature.certs = cert;
		make_signature_files(x);
		make_group(x);
		x->entry_text = make_entry_text(&x->entry);
	}
}

/* What is signed lists another statement. */
HOOK(s_statement)
{
	s_good(x, stage);
	if (stage == RECORD) {
		struct vf_bytes kept = x->statement;

		x->statement = vf_bytes_str("another statement");
		make_signature_files(x);
		x->statement = kept;
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

/* ---- memory ---- */

/* Certificates that differ in their signatures alone: they can be read, and lead nowhere. */
static struct vf_bytes junk(size_t n, unsigned first)
{
	struct vf_bytes all = NOTHING;

	for (unsigned i = 0; i < n; i++) {
		struct vf_bytes copy = make_copy(twin.cert);
		uint8_t *end = (uint8_t *)(uintptr_t)copy.p + copy.n;

		end[-1] = (uint8_t)(first + i);
		end[-2] = (uint8_t)((first + i) >> 8);
		all = JOIN(all, copy);
	}
	return all;
}

/*
 * Records by strangers fill the verifier's table of certificates to just below the
 * place where it is emptied; the submitter's signature then passes it.
 */
HOOK(many_certificates)
{
	s_required(x, stage);
	if (stage != BEGIN)
		return;
	x->n_ev = 9;
	for (unsigned i = 1; i < 9; i++) {
		x->ev[i].by = &stranger;
		x->ev[i].cms.certs = JOIN(stranger.cert, junk(62, 100 * i));
	}
	x->signature.certs = JOIN(junk(31, 2000), submitter_cert);
}

static const struct {
	const char *id, *what;
	bundle_hook *hook;
	enum vf_verdict want;
	enum vf_rc code;
} cases[] = {
	{"00", "as it is made", good, VF_VERIFIED, VF_OK},
	{"A01", "a file in no manifest", a01, VF_REJECTED, VF_UNCOVERED},
	{"A02", "a listed file is not there", a02, VF_INDETERMINATE, VF_MISSING_OBJECT},
	{"A03", "one name, two digests", a03, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"A09", "the manifest lists itself", a09_self, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"A09", "the manifest lists its record", a09_token, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"A09", "the manifest lists mimetype", a09_mimetype, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"A10", "the manifest is of a record that is not there", a10_missing, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"A10", "two manifests are of one record", a10_second, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"A12", "the signature is over another manifest", s_statement, VF_REJECTED, VF_MANIFEST_DIGEST},
	{"A15", "no evidence record", a15, VF_INDETERMINATE, VF_NO_EVIDENCE},
	{"A16", "an empty evidence record", a16, VF_REJECTED, VF_EMPTY_EVIDENCE},
	{"A", "the manifest of an untrusted record leaves a file out", a_second_manifest, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"B01", "entry and proof of another record", b01, VF_REJECTED, VF_ENTRY_MISMATCH},
	{"B01", "the proof of another record", b01_proof, VF_REJECTED, VF_PROOF_ROOT},
	{"B02", "evidence of another record", b02, VF_REJECTED, VF_GROUP_MISMATCH},
	{"B03", "another document than the statement's", b03, VF_REJECTED, VF_DIGEST_MISMATCH},
	{"B04", "another batch root", b04, VF_REJECTED, VF_SEAL_BINDING},
	{"B04", "another seal head", b04_head, VF_REJECTED, VF_SEAL_BINDING},
	{"B04", "a level above the head", b04_behind, VF_REJECTED, VF_SEAL_BINDING},
	{"B04", "no head in the tree", b04_alone, VF_REJECTED, VF_GROUP_MISMATCH},
	{"B05", "another index", b05_index, VF_REJECTED, VF_PROOF_ROOT},
	{"B05", "an entry before the batch", b05_batch, VF_REJECTED, VF_SEAL_BINDING},
	{"B05", "a checkpoint of the same size that the head does not name", b05_checkpoint, VF_REJECTED, VF_SEAL_BINDING},
	{"B06", "a statement that says it is verified", b06_field, VF_REJECTED, VF_STATEMENT_SHAPE},
	{"B06", "a verdict in the bundle", b06_file, VF_REJECTED, VF_UNCOVERED},
	{"B07", "one good and one forged token", b07, VF_REJECTED, VF_TS_SIGNATURE},
	{"B07", "one record over less", b07_group, VF_REJECTED, VF_GROUP_MISMATCH},
	{"B08", "a file added to the manifest", b08, VF_REJECTED, VF_UNCOVERED},
	{"B09", "a bundle of another instance", b09, VF_INDETERMINATE, VF_UNKNOWN_ROOT},
	{"B09", "another instance's log key", b09, VF_INDETERMINATE, VF_NOTE_UNSIGNED},
	{"B09", "another instance's authority", b09_tsa, VF_INDETERMINATE, VF_UNKNOWN_ROOT},
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
	{"M01", "a node as an entry", m01, VF_REJECTED, VF_TEXT_SHAPE},
	{"M02", "an empty proof", m02, VF_REJECTED, VF_PROOF_LENGTH},
	{"M03", "an index beyond the size", m03, VF_REJECTED, VF_SEAL_BINDING},
	{"M03", "a leading zero", m03_zeros, VF_REJECTED, VF_PROOF_SHAPE},
	{"M03", "a negative index", m03_negative, VF_REJECTED, VF_PROOF_SHAPE},
	{"M03", "an index of 2^63", m03_huge, VF_REJECTED, VF_PROOF_SHAPE},
	{"M04", "a hash more", m04_long, VF_REJECTED, VF_PROOF_LENGTH},
	{"M04", "a hash less", m04_short, VF_REJECTED, VF_PROOF_LENGTH},
	{"M04", "garbage behind", m04_garbage, VF_REJECTED, VF_NOTE_SHAPE},
	{"M08", "a proof for another size", m08, VF_REJECTED, VF_SEAL_BINDING},
	{"M11", "a wrong signature of the log", m11_wrong, VF_REJECTED, VF_NOTE_SIGNATURE},
	{"M11", "no signature of the log", m11_missing, VF_REJECTED, VF_NOTE_SHAPE},
	{"M11", "another key of the same name", m11_other, VF_INDETERMINATE, VF_NOTE_UNSIGNED},
	{"M12", "a good and a bad signature of the log", m12, VF_REJECTED, VF_NOTE_SIGNATURE},
	{"M13", "another origin", m13, VF_INDETERMINATE, VF_UNKNOWN_LOG},
	{"M13", "another origin than the head's", m13_head, VF_REJECTED, VF_SEAL_BINDING},
	{"M14", "CRLF", m14, VF_REJECTED, VF_NOTE_SHAPE},
	{"M14", "a size with a leading zero", m14_zero, VF_REJECTED, VF_CHECKPOINT_SHAPE},
	{"M14", "an extension line", m14_extension, VF_REJECTED, VF_CHECKPOINT_SHAPE},
	{"M19", "too few witnesses", m19, VF_INDETERMINATE, VF_WITNESS_QUORUM},
	{"M19", "enough witnesses", m19_met, VF_VERIFIED, VF_OK},
	{"M19", "a cosignature of another checkpoint", m19_moved, VF_REJECTED, VF_NOTE_SIGNATURE},
	{"M25", "an extra line", m25, VF_REJECTED, VF_PROOF_SHAPE},
	{"M26", "base64 without padding", m26_padding, VF_REJECTED, VF_PROOF_SHAPE},
	{"M26", "base64 with unused bits", m26_bits, VF_REJECTED, VF_PROOF_SHAPE},
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
	{"P01", "no trust", p01, VF_INDETERMINATE, VF_NO_TRUST_ANCHOR},
	{"P01", "no trust, and none asked for", p01_integrity, VF_INTACT, VF_OK},
	{"P02", "a root of the same name with another key", p02, VF_INDETERMINATE, VF_UNKNOWN_ROOT},
	{"P02", "the same, the root in the bundle", p02_root, VF_INDETERMINATE, VF_UNKNOWN_ROOT},
	{"P05", "before the period of the authority", p05, VF_REJECTED, VF_KEY_PERIOD},
	{"P05", "after the period of the authority", p05_to, VF_REJECTED, VF_KEY_PERIOD},
	{"P06", "both edges of the period", p06, VF_VERIFIED, VF_OK},
	{"P06", "the first second of the certificate", p06_certificate, VF_VERIFIED, VF_OK},
	{"P06", "checked in the last second of the certificate", p06_end, VF_VERIFIED, VF_OK},
	{"P06", "checked a second later", p06_after, VF_INDETERMINATE, VF_TS_EXPIRED},
	{"P07", "a compromised key", p07, VF_REJECTED, VF_REVOKED},
	{"P07", "superseded later", p07_superseded, VF_VERIFIED, VF_OK},
	{"P08", "a forged CRL", p08_forged, VF_REJECTED, VF_CRL_SHAPE},
	{"P11", "a good token and one by an expired key", p11_rejected, VF_REJECTED, VF_TS_CERT_TIME},
	{"P11", "a good token and one by a stranger", p11_unknown, VF_VERIFIED, VF_OK},
	{"P11", "two wanted, one by a stranger", p11_two, VF_INDETERMINATE, VF_UNKNOWN_ROOT},
	{"P11", "two wanted, both by one authority", p11_same, VF_INDETERMINATE, VF_POLICY_UNMET},
	{"P13", "checked at a time before the token", p13, VF_REJECTED, VF_TS_FUTURE},
	{"S", "a signed record", s_good, VF_VERIFIED, VF_OK},
	{"S", "a signature that the policy asks for", s_required, VF_VERIFIED, VF_OK},
	{"S", "no signature, one is asked for", s_absent, VF_INDETERMINATE, VF_POLICY_UNMET},
	{"S", "a submitter that nobody vouches for", s_unknown, VF_INDETERMINATE, VF_UNKNOWN_SIGNER},
	{"S", "a broken signature", s_broken, VF_REJECTED, VF_SIGNATURE},
	{"S", "another certificate than the statement's", s_other, VF_REJECTED, VF_SIGNER_MISMATCH},
	{"S", "another signature after the seal", s_swapped, VF_REJECTED, VF_GROUP_MISMATCH},
	{"S", "a certificate from after the seal", s_late, VF_REJECTED, VF_SIGNER_CERT_TIME},
	{"S", "the same, with a token that lies", s_late_token, VF_REJECTED, VF_SIGNER_CERT_TIME},
	{"S", "signature files without a signer", s_unlisted, VF_REJECTED, VF_UNCOVERED},
	{"D03", "hundreds of certificates before the submitter's", many_certificates, VF_VERIFIED, VF_OK},
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
		cosign(x, &witness);
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

/* ---- several bundles ---- */

/* Another history of the same size: the last entry of the log is another. */
HOOK(fork)
{
	struct vf_hash l[4], right;
	struct vf_entry other = make_other(99);

	if (stage != LOG)
		return;
	x->leaves[3] = make_entry_text(&other);
	l[2] = vf_merkle_leaf(x->leaves[2]);
	l[3] = vf_merkle_leaf(x->leaves[3]);
	right = vf_merkle_node(&l[2], &l[3]);
	x->root = vf_merkle_node(&x->proof[1], &right);
	x->proof[0] = l[3];
	make_checkpoint(x);
}

/* The same by somebody without the log's key. */
HOOK(fork_by_other)
{
	m11_other(x, stage);
	fork(x, stage);
}

/* M20, and that nobody without the log's key can make the log look forked. */
static void test_histories(void)
{
	struct nt_buf one = nt_buf(1 << 20), two = nt_buf(1 << 20), posing = nt_buf(1 << 20);
	size_t mark = maker_used;
	struct vf_session *s;

	run(good, &one);
	run(fork_by_other, &posing);
	run(fork, &two);
	expect(VF_VERIFIED, VF_OK, "M20", "another history alone");
	s = session();
	judge(s, nt_buf_bytes(&posing));
	judge(s, nt_buf_bytes(&one));
	expect(VF_VERIFIED, VF_OK, "M20", "a history after one by another key");
	judge(s, nt_buf_bytes(&posing));
	expect(VF_INDETERMINATE, VF_NOTE_UNSIGNED, "M20", "another history by another key");
	CHECK(!has_reason(VF_EQUIVOCATION) && !has_reason(VF_STREAM_FORK));
	judge(s, nt_buf_bytes(&two));
	expect(VF_REJECTED, VF_EQUIVOCATION, "M20", "two histories");
	judge(s, nt_buf_bytes(&one));
	expect(VF_VERIFIED, VF_OK, "M20", "the first once more");
	vf_session_free(s);
	nt_buf_done(&one);
	nt_buf_done(&two);
	nt_buf_done(&posing);
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

static void make_all(void)
{
	alpha = make_authority("Alpha Root", EVP_EC_gen("P-256"), "Alpha TSU", EVP_EC_gen("P-256"));
	beta = make_authority("Beta Root", EVP_EC_gen("P-256"), "Beta TSU", EVP_EC_gen("P-256"));
	operator_ = make_authority("Operator Root", EVP_EC_gen("P-256"), "Operator TSU", EVP_EC_gen("P-256"));
	stranger = make_authority("Stranger Root", EVP_EC_gen("P-256"), "Stranger TSU", EVP_EC_gen("P-256"));
	twin = make_authority("Alpha Root", EVP_EC_gen("P-256"), "Alpha TSU", EVP_EC_gen("P-256"));
	submitter_root_key = EVP_EC_gen("P-256");
	submitter_key = EVP_EC_gen("P-256");
	submitter_root = make_cert(&(struct cert_spec){.name = "Submitter Root", .issuer = "Submitter Root", .key = submitter_root_key,
		.issuer_key = submitter_root_key, .ext = CA_EXT});
	submitter_cert = make_cert(&(struct cert_spec){.name = "Submitter", .issuer = "Submitter Root", .key = submitter_key,
		.issuer_key = submitter_root_key, .serial = 7, .ext = {{"keyUsage", "critical,digitalSignature"}}});
	make_note_key(LOG_NAME, 1, &log_key);
	make_note_key(LOG_NAME, 2, &other_log);
	make_note_key("witness.example", 3, &witness);
}

int main(void)
{
	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory = malloc(VF_SESSION_MEMORY);
	if (!memory || !session_memory)
		return 1;
	make_all();
	test_cases();
	test_reports();
	test_histories();
	test_machine();
	free(memory);
	free(session_memory);
	return check_done();
}
