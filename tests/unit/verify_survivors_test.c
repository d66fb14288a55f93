/*
 * Forged bundles that scripts/mutate asked for: each is wrong in one place that no
 * other test attacked, so that a verifier without that one refusal accepted it, or
 * gave another reason. See docs/testing.md, Mutation.
 */
#include "verify/bundle.h"

#include "tests/unit/bundle_maker.h"

static struct authority alpha, weak;
static struct nt_note_key log_key;
static EVP_PKEY *submitter_root_key, *submitter_key;
static struct vf_bytes submitter_root, submitter_cert;
static struct bundle b;
static struct vf_report report;
static uint8_t *memory, *session_memory;

/* What the verifier's owner has beside the usual trust directory. */
static struct {
	const char *pin_key; /* of a pinned stream that begins with this record */
	const char *leave_out;
	bool pin_leaf; /* a second authority is alpha's certificate itself */
	struct vf_bytes alpha_root;
} owner;

static size_t make_trust(struct vf_trust_file *files)
{
	struct nt_buf key = nt_buf(1 << 12);
	struct vf_err err = {0};
	size_t n = 0, kept = 0;

	MUST(nt_note_put_vkey(&key, log_key.name, VF_KEY_ED25519, vf_bytes(log_key.raw, sizeof(log_key.raw)), &err) == VF_OK);
	files[n++] = (struct vf_trust_file){"policy.json", make_text("{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\","
		"\"authorities\":[{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":true}%s],"
		"\"time\":[{\"count\":1,\"operator\":false}],\"revocation\":\"%s\",\"expired\":\"refuse\",\"submitter\":\"optional\"}\n",
		owner.pin_leaf ? ",{\"name\":\"leaf\",\"roots\":\"tsa/leaf.pem\",\"operator\":false,\"qualified\":true}" : "",
		owner.pin_leaf ? "if-present" : "required")};
	if (owner.pin_key)
		files[n++] = (struct vf_trust_file){"streams/one.json", make_text("{\"schema\":\"trialnotary/stream-pin/1\","
			"\"stream\":\"%s\",\"key\":\"%s\"}\n", HEX(b.entry.id), owner.pin_key)};
	files[n++] = (struct vf_trust_file){"submitters/all.pem", make_pem(submitter_root)};
	files[n++] = (struct vf_trust_file){"tlog-policy", JOIN(vf_bytes_str("log "), nt_buf_bytes(&key),
		vf_bytes_str("\nquorum none\n"))};
	files[n++] = (struct vf_trust_file){"tsa/alpha.pem", make_pem(owner.alpha_root)};
	if (owner.pin_leaf)
		files[n++] = (struct vf_trust_file){"tsa/leaf.pem", make_pem(alpha.cert)};
	nt_buf_done(&key);
	for (size_t i = 0; i < n; i++)
		if (!owner.leave_out || strcmp(files[i].name, owner.leave_out) != 0)
			files[kept++] = files[i];
	return kept;
}

static enum vf_rc new_session(struct vf_session **ret)
{
	struct vf_trust_file files[8];
	size_t n = make_trust(files);
	struct vf_session_options o = {.files = files, .n_files = n, .at = make_time(AT)};
	struct vf_err err = {0};

	return vf_session_new(&o, session_memory, VF_SESSION_MEMORY, ret, &err);
}

static void judge(struct vf_bytes bytes)
{
	struct vf_source source = vf_source_of(bytes);
	struct vf_session *s = NULL;
	struct vf_err err = {0};
	struct vf_arena a;

	MUST(new_session(&s) == VF_OK);
	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	CHECK_RC(vf_bundle_check(s, &a, "forged", &source, NULL, 0, &report, &err), VF_OK);
	vf_session_free(s);
}

/* The verdict, and a reason that must be among those given; VF_OK: none. */
static void expect(enum vf_verdict want, enum vf_rc code, const char *what)
{
	bool found = code == VF_OK && report.n_reasons == 0;

	for (size_t i = 0; i < report.n_reasons; i++)
		found |= report.reasons[i].rc == code;
	check_count++;
	if (report.verdict == want && found)
		return;
	CHECK_FAIL("%s: %s, not %s %s", what, vf_verdict_name(report.verdict), vf_verdict_name(want), vf_rc_name(code));
	for (size_t i = 0; i < report.n_reasons; i++)
		fprintf(stderr, "    %s: %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].text);
}

#define HOOK(name) static void name(__attribute__((unused)) struct bundle *x, __attribute__((unused)) enum stage stage)

HOOK(good)
{
	/* nothing is wrong */
}

/* ---- the stream ---- */

HOOK(stream_without_form)
{
	if (stage == BEGIN)
		x->files[2].data = vf_bytes_str("{\"schema\":\"trialnotary/stream/1\",\"seq\":0}\n");
}

/* ---- what the submitter signed ---- */

static void sign_again(struct bundle *x, struct vf_bytes manifest)
{
	x->signed_manifest = x->signature.content = manifest;
	x->p7s = make_cms(&x->signature);
	make_group(x);
	x->entry_text = make_entry_text(&x->entry);
}

static void by_submitter(struct bundle *x, enum stage stage)
{
	if (stage != BEGIN)
		return;
	x->is_signed = true;
	x->signature = (struct cms_spec){.cert = submitter_cert, .certs = submitter_cert, .key = submitter_key};
}

static struct vf_bytes statement_ref(const struct bundle *x, const char *name)
{
	return make_ref(name, VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement));
}

HOOK(signed_well)
{
	by_submitter(x, stage);
}

HOOK(signed_for_another_signature)
{
	by_submitter(x, stage);
	if (stage == RECORD)
		sign_again(x, make_manifest("META-INF/signature002.p7s", statement_ref(x, "statement.json")));
}

HOOK(signed_more_than_the_statement)
{
	by_submitter(x, stage);
	if (stage == RECORD)
		sign_again(x, make_manifest(VF_NAME_SIGNATURE, JOIN(statement_ref(x, "statement.json"), statement_ref(x, "a.txt"))));
}

HOOK(signed_under_another_name)
{
	by_submitter(x, stage);
	if (stage == RECORD)
		sign_again(x, make_manifest(VF_NAME_SIGNATURE, statement_ref(x, "a.txt")));
}

/* ---- the evidence manifest and the first tree ---- */

HOOK(manifest_in_sha512)
{
	if (stage == DONE)
		*bundle_part(x, "META-INF/ASiCEvidenceRecordManifest001.xml") =
			make_evidence_manifest(x, VF_SHA512, "META-INF/evidencerecord001.ers");
}

/* The declaration runs into the root element, and a value of it begins with no quote. */
HOOK(declaration_without_end)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "?>", "");
}

HOOK(declaration_without_quote)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "\"1.0\"", "1.0'");
}

/* Puts another batch root into the seal head. */
static void name_batch(struct bundle *x, struct vf_bytes root)
{
	const char *old = make_hex(x->batch[0]), *with = make_hex(root);
	struct vf_bytes head = make_copy(x->head);
	uint8_t *at = memmem(head.p, head.n, old, strlen(old));

	MUST(at && strlen(old) == strlen(with));
	memcpy(at, with, strlen(with));
	x->head = head;
	x->batch[0] = root;
}

/* All agrees with a group of one more member, the last in order, which the statement does not list. */
HOOK(group_of_one_more)
{
	static uint8_t last[32];
	struct evidence e = {.alg = VF_SHA256};

	memset(last, 0xff, sizeof(last));
	if (stage == HEAD) {
		make_tree(x, &e);
		e.n_path--;
		e.group[e.n_group++] = vf_bytes(last, sizeof(last));
		name_batch(x, make_root(&e));
	} else if (stage == TREE) {
		x->ev[0].group[x->ev[0].n_group++] = vf_bytes(last, sizeof(last));
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

/* The right values in an order of their own. The root is the same. */
HOOK(group_not_ascending)
{
	struct vf_bytes first;

	if (stage != TREE)
		return;
	first = x->ev[0].group[0];
	x->ev[0].as_made = true;
	for (size_t i = 0; i < x->ev[0].n_group; i++)
		for (size_t k = i + 1; k < x->ev[0].n_group; k++)
			if (vf_bytes_cmp(x->ev[0].group[i], x->ev[0].group[k]) < 0) {
				first = x->ev[0].group[i];
				x->ev[0].group[i] = x->ev[0].group[k];
				x->ev[0].group[k] = first;
			}
}

/* It says that its hashes are over encrypted data, and they are not. */
HOOK(record_of_encrypted_data)
{
	if (stage == TREE)
		x->ev[0].optional = DER(VF_DER_CONTEXT(1), make_oid("1.2.3.4"), make_int(1));
}

/* The same for a list of siblings: two values in one list, where each list holds one. */
HOOK(list_of_two_siblings)
{
	struct vf_bytes two[] = {make_digest(VF_SHA256, vf_bytes_str("one")), make_digest(VF_SHA256, vf_bytes_str("two"))};
	struct evidence e = {.alg = VF_SHA256}, *mine = &x->ev[0];
	struct vf_bytes group, root;

	if (stage < HEAD || stage > TOKEN)
		return;
	make_tree(x, &e);
	group = make_node(VF_SHA256, e.group, e.n_group);
	root = NODE(VF_SHA256, group, two[0], two[1]);
	if (stage == HEAD)
		name_batch(x, root);
	else if (stage == TREE)
		mine->imprint = NODE(VF_SHA256, root, make_digest(VF_SHA256, x->head));
	else {
		struct vf_bytes head = make_digest(VF_SHA256, x->head);

		mine->chains[0] = DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), make_der(VF_DER_OID, vf_alg_oid(VF_SHA256))),
			make_der(VF_DER_CONTEXT(2), JOIN(make_list(e.group, e.n_group, false), make_list(two, 2, false),
				make_list(&head, 1, true))), mine->token);
	}
}

/* A tree of SHA-384, for which a statement lists no digests. */
HOOK(tree_in_sha384)
{
	struct evidence *e = &x->ev[0];

	if (stage != TREE)
		return;
	e->alg = e->token_alg = VF_SHA384;
	for (size_t i = 0; i < x->n_files; i++)
		e->group[i] = make_digest(VF_SHA384, x->files[i].data);
	e->group[x->n_files] = make_digest(VF_SHA384, x->statement);
	for (size_t i = 0; i < e->n_path; i++)
		e->path[i] = make_digest(VF_SHA384, e->path[i]);
	e->imprint = make_root(e);
}

/* A renewal under SHA-384, made from the right files. */
HOOK(renewal_in_sha384)
{
	struct evidence *e = &x->ev[0], next = {.alg = VF_SHA384, .n_group = x->n_group};
	struct vf_bytes older;

	if (stage != TOKEN)
		return;
	older = make_digest(VF_SHA384, make_chains(e));
	for (size_t i = 0; i < x->n_group; i++) {
		struct vf_bytes data = i < x->n_files ? x->files[i].data : x->statement;

		next.group[i] = make_digest(VF_SHA384, JOIN(make_digest(VF_SHA384, data), older));
	}
	e->token = next.token = make_stamp(&next, &alpha, VF_SHA384, make_root(&next), "20250401120000Z");
	e->chains[e->n_chains++] = make_ats(&next);
}

/* ---- the chain of seals ---- */

/* Changes the predecessor; the head names the changed one by its right digest. */
static void change_previous(struct bundle *x, const char *old, const char *with)
{
	struct vf_hash before = vf_sha256(x->previous), after;
	struct vf_bytes head = make_copy(x->head);
	const uint8_t *at = memmem(x->previous.p, x->previous.n, old, strlen(old));
	uint8_t *named = memmem(head.p, head.n, HEX(before), 64);
	size_t n;

	MUST(at && named);
	n = (size_t)(at - x->previous.p);
	x->previous = JOIN(vf_bytes(x->previous.p, n), vf_bytes_str(with),
		vf_bytes(at + strlen(old), x->previous.n - n - strlen(old)));
	after = vf_sha256(x->previous);
	memcpy(named, HEX(after), 64);
	x->head = head;
}

/* Seal 7 before seal 2; all the rest of it fits. */
HOOK(predecessor_of_another_seal)
{
	struct vf_hash zero = vf_sha256(NOTHING);
	struct vf_bytes named = JOIN(vf_bytes_str("previous "), vf_bytes_str(HEX(zero)), vf_bytes("", 1));

	if (stage == BEGIN)
		x->first = 2;
	if (stage != HEAD)
		return;
	change_previous(x, "previous none", (const char *)named.p);
	change_previous(x, "seal 1\norigin " LOG_NAME "\nfirst 0", "seal 7\norigin " LOG_NAME "\nfirst 1");
}

HOOK(predecessor_of_another_log)
{
	if (stage == HEAD)
		change_previous(x, "origin " LOG_NAME, "origin other.example/1");
}

HOOK(predecessor_that_ends_earlier)
{
	if (stage == BEGIN)
		x->first = 2;
	if (stage == HEAD)
		change_previous(x, "size 2", "size 1");
}

/* ---- the stream's second record ---- */

HOOK(second_record_after_another)
{
	struct vf_hash other = vf_sha256(vf_bytes_str("other"));

	if (stage == BEGIN)
		x->files[2].data = make_text("{\"schema\":\"trialnotary/stream/1\",\"seq\":1,\"stream\":\"%s\",\"prev\":\"%s\","
			"\"nonce\":\"%s\"}\n", HEX(x->stream_key), HEX(other), HEX(x->stream_key));
}

/* ---- the authority's certificate ---- */

/* Stamped before the certificate of the authority began. */
HOOK(stamped_too_early)
{
	if (stage == BEGIN)
		x->ev[0].gen_time = "20231231235959Z";
}

/* A key that may encipher only: its certificate asks for time-stamping, its key usage forbids signatures. */
HOOK(stamped_by_a_key_for_secrets)
{
	if (stage == BEGIN)
		x->ev[0].by = &weak;
}

static const struct {
	const char *what;
	bundle_hook *hook;
	enum vf_verdict verdict;
	enum vf_rc code;
} rows[] = {
	{"nothing is wrong", good, VF_VERIFIED, VF_OK},
	{"nothing is wrong, signed", signed_well, VF_VERIFIED, VF_OK},
	{"a stream member without a key", stream_without_form, VF_REJECTED, VF_STREAM_SHAPE},
	{"the signed manifest names another signature", signed_for_another_signature, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"the signed manifest lists a document too", signed_more_than_the_statement, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"the signed manifest calls the statement a document", signed_under_another_name, VF_REJECTED, VF_MANIFEST_SHAPE},
	{"the manifest uses another hash than the record", manifest_in_sha512, VF_REJECTED, VF_MANIFEST_DIGEST},
	{"an XML declaration without an end", declaration_without_end, VF_REJECTED, VF_XML_SHAPE},
	{"an XML declaration with half of a quote", declaration_without_quote, VF_REJECTED, VF_XML_SHAPE},
	{"the evidence covers one more than the statement lists", group_of_one_more, VF_REJECTED, VF_GROUP_MISMATCH},
	{"the first list descends", group_not_ascending, VF_REJECTED, VF_GROUP_MISMATCH},
	{"the evidence record says that it is over encrypted data", record_of_encrypted_data, VF_INDETERMINATE, VF_ER_ENCRYPTED},
	{"two siblings in one list of the tree", list_of_two_siblings, VF_REJECTED, VF_SEAL_BINDING},
	{"a first tree in SHA-384", tree_in_sha384, VF_REJECTED, VF_ER_ALGORITHM},
	{"a renewal in SHA-384", renewal_in_sha384, VF_INDETERMINATE, VF_UNKNOWN_ALGORITHM},
	{"the predecessor is not the seal before", predecessor_of_another_seal, VF_REJECTED, VF_SEAL_CHAIN},
	{"the predecessor is of another log", predecessor_of_another_log, VF_REJECTED, VF_SEAL_CHAIN},
	{"entries between the predecessor and the seal", predecessor_that_ends_earlier, VF_REJECTED, VF_SEAL_CHAIN},
	{"the second record of a stream does not follow the first", second_record_after_another, VF_REJECTED, VF_STREAM_SHAPE},
	{"a time-stamp before its certificate", stamped_too_early, VF_REJECTED, VF_TS_CERT_TIME},
	{"a time-stamping key for secrets", stamped_by_a_key_for_secrets, VF_REJECTED, VF_TS_CERT_PROFILE},
};

static void begin_case(void)
{
	memset(&owner, 0, sizeof(owner));
	owner.alpha_root = alpha.root_der;
}

static void make(bundle_hook *hook, struct nt_buf *ret)
{
	begin_case();
	nt_buf_reset(ret);
	make_bundle(&b, &log_key, &alpha, hook, ret);
}

static bool has_note(const char *code)
{
	for (size_t i = 0; i < report.n_unchecked; i++)
		if (strcmp(report.unchecked[i].code, code) == 0)
			return true;
	return false;
}

static void test_forged(struct nt_buf *bytes)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t mark = maker_used;

		make(rows[i].hook, bytes);
		judge(nt_buf_bytes(bytes));
		expect(rows[i].verdict, rows[i].code, rows[i].what);
		/* an authority that is not the operator stamped every one of them */
		CHECK(!has_note("OPERATOR_ONLY"));
		maker_used = mark;
	}
}

/* The record says that it is the first of a stream whose key the verifier's owner knows to be another. */
static void test_pinned(struct nt_buf *bytes)
{
	struct vf_hash other = vf_sha256(vf_bytes_str("another key"));

	make(good, bytes);
	owner.pin_key = HEX(b.stream_key);
	judge(nt_buf_bytes(bytes));
	expect(VF_VERIFIED, VF_OK, "the right key is pinned");
	CHECK_INT(report.checks[VF_CHECK_PINNED_STREAM], VF_RESULT_PASS);
	owner.pin_key = HEX(other);
	judge(nt_buf_bytes(bytes));
	expect(VF_REJECTED, VF_SLOT_MISMATCH, "another key is pinned");
	CHECK_INT(report.checks[VF_CHECK_PINNED_STREAM], VF_RESULT_FAIL);
}

/* A trust directory without one of its files gives no session at all. */
static void test_trust_files(void)
{
	static const char *const needed[] = {"policy.json", "tsa/alpha.pem"};
	struct vf_session_options none = {.at = make_time(AT)};
	struct vf_session *s = NULL;
	struct vf_err err = {0};
	struct vf_bytes name;
	struct vf_hash digest;

	begin_case();
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		owner.leave_out = needed[i];
		CHECK_RC(new_session(&s), VF_POLICY_SHAPE);
	}
	/* without any there is a session, and no policy that a report could name */
	CHECK_RC(vf_session_new(&none, session_memory, VF_SESSION_MEMORY, &s, &err), VF_OK);
	CHECK(!vf_session_policy(s, &name, &digest));
	vf_session_free(s);
	owner.leave_out = NULL;
	CHECK_RC(new_session(&s), VF_OK);
	CHECK(vf_session_policy(s, &name, &digest));
	CHECK_BYTES(name, vf_bytes_str("test"));
	vf_session_free(s);
}

/*
 * A container of other software with a good time-stamp over its file and a form of
 * signature that this version does not judge: not verified as a whole, and it says why.
 */
static void test_form_not_judged(void)
{
	static const char *const more[] = {"META-INF/signatures001.xml", "META-INF/evidencerecord001.xml"};
	struct vf_bytes text = vf_bytes_str("a document\n");
	struct evidence e = {.alg = VF_SHA256};
	struct vf_err err;

	for (size_t i = 0; i < 3; i++) {
		struct nt_buf zip = nt_buf(1 << 20);
		struct nt_zip_item items[] = {{vf_bytes_str("a.txt"), text}, {vf_bytes_str("META-INF/ASiCManifest001.xml"), NOTHING},
			{vf_bytes_str("META-INF/timestamp001.tst"), NOTHING}, {vf_bytes_str(i < 2 ? more[i] : ""), vf_bytes_str("<x/>\n")}};

		begin_case();
		items[1].data = make_manifest("META-INF/timestamp001.tst",
			make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, text)));
		items[2].data = make_stamp(&e, &alpha, VF_SHA256, make_digest(VF_SHA256, items[1].data), GEN_TIME);
		MUST(nt_zip_put(&zip, items, i < 2 ? 4 : 3, &err) == VF_OK);
		judge(nt_buf_bytes(&zip));
		if (i == 2)
			expect(VF_VERIFIED, VF_OK, "a container of other software");
		else
			expect(VF_INDETERMINATE, VF_UNSUPPORTED, more[i]);
		nt_buf_done(&zip);
	}
}

HOOK(stamped_and_revoked)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = make_crl(&(struct crl_spec){.issuer = alpha.root, .key = alpha.root_key, .from = "20250101000000Z",
			.to = "20250701000000Z", .entries = {{5, "20250115000000Z", 1, NULL, false}}});
}

/* Revoked under one pinned authority is revoked, whatever another one that vouches for the key says. */
static void test_revoked_once(struct nt_buf *bytes)
{
	make(good, bytes);
	owner.pin_leaf = true;
	judge(nt_buf_bytes(bytes));
	expect(VF_VERIFIED, VF_OK, "pinned by its root and by itself");
	make(stamped_and_revoked, bytes);
	judge(nt_buf_bytes(bytes));
	expect(VF_REJECTED, VF_REVOKED, "revoked by its root");
	owner.pin_leaf = true;
	judge(nt_buf_bytes(bytes));
	expect(VF_REJECTED, VF_REVOKED, "revoked by its root, and pinned by itself");
}

/* The last record of the directory says that its name reaches beyond the directory. */
static void test_name_beyond(struct nt_buf *bytes)
{
	size_t at;

	make(good, bytes);
	for (at = bytes->n - 46; memcmp(bytes->p + at, "PK\1\2", 4) != 0; at--)
		;
	bytes->p[at + 28] = bytes->p[at + 29] = 0xff;
	judge(nt_buf_bytes(bytes));
	expect(VF_REJECTED, VF_ZIP_SHAPE, "a name that reaches beyond the directory");
}

/* PEM of a certificate by another name. */
static struct vf_bytes make_labelled(const char *label)
{
	struct vf_bytes pem = make_pem(alpha.root_der);

	return JOIN(make_text("-----BEGIN %s-----\n", label), vf_bytes(pem.p + 28, pem.n - 28 - 26),
		make_text("-----END %s-----\n", label));
}

/* After a good root nothing else may stand in the file: what its owner pinned must be what is read. */
static void test_pinned_pem(void)
{
	struct vf_bytes good = make_labelled("CERTIFICATE"), more[] = {
		vf_bytes_str("a remark\n"), good, make_labelled("TRUSTED CERTIFICATE"), make_labelled("X509 CRL"),
		vf_bytes_str("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
		vf_bytes(good.p, good.n - 26)};
	struct vf_pki *pki = vf_pki_new();
	struct vf_err err;

	MUST(pki);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		CHECK_RC(vf_pki_add_anchors(pki, i, JOIN(good, more[i]), &err), i < 2 ? VF_OK : VF_POLICY_SHAPE);
	vf_pki_free(pki);
}

/* A signature whose last octet has seven unused bits. No algorithm makes one. */
static void test_certificate_bits(void)
{
	struct vf_der whole, tbs, alg, bits;
	struct vf_bytes body;
	struct vf_cert c;
	struct vf_err err;

	MUST(vf_der_only(alpha.cert, VF_DER_SEQUENCE, &whole) && vf_der_take(&whole.body, &tbs) && vf_der_take(&whole.body, &alg) &&
		vf_der_only(whole.body, VF_DER_BIT_STRING, &bits));
	body = make_copy(bits.body);
	((uint8_t *)(uintptr_t)body.p)[body.n - 1] &= 0x80;
	CHECK_RC(vf_cert_open(DER(VF_DER_SEQUENCE, tbs.whole, alg.whole, make_der(VF_DER_BIT_STRING, body)), &c, &err), VF_OK);
	vf_cert_done(&c);
	((uint8_t *)(uintptr_t)body.p)[0] = 7;
	CHECK_RC(vf_cert_open(DER(VF_DER_SEQUENCE, tbs.whole, alg.whole, make_der(VF_DER_BIT_STRING, body)), &c, &err),
		VF_CERT_SHAPE);
}

/* Numbers cut short are no numbers, and take nothing. */
static void test_short_numbers(void)
{
	struct vf_bytes in = vf_bytes("\1", 1);
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	CHECK(!vf_take_u16be(&in, &two) && !vf_take_u16le(&in, &two));
	CHECK(!vf_take_u32be(&in, &four) && !vf_take_u32le(&in, &four));
	CHECK(!vf_take_u64be(&in, &eight) && in.n == 1);
}

/* A tree that shrinks is no later tree, whatever the roots. */
static void test_shrinking_log(void)
{
	struct vf_hash root = vf_sha256(vf_bytes_str("root"));
	struct vf_err err;

	CHECK_RC(vf_merkle_check_consistency(2, 1, &root, &root, NULL, 0, &err), VF_PROOF_INDEX);
	CHECK_RC(vf_merkle_check_consistency(1, UINT64_MAX, &root, &root, NULL, 0, &err), VF_PROOF_INDEX);
}

static void make_all(void)
{
	EVP_PKEY *root = EVP_EC_gen("P-256");

	alpha = make_authority("Alpha Root", root, "Alpha TSU", EVP_EC_gen("P-256"));
	weak = alpha;
	weak.cert = make_cert(&(struct cert_spec){.name = "Alpha TSU", .issuer = "Alpha Root", .key = alpha.key, .issuer_key = root,
		.serial = 6, .ext = {{"keyUsage", "critical,keyAgreement"}, {"extendedKeyUsage", "critical,timeStamping"}}});
	submitter_root_key = EVP_EC_gen("P-256");
	submitter_key = EVP_EC_gen("P-256");
	submitter_root = make_cert(&(struct cert_spec){.name = "Submitter Root", .issuer = "Submitter Root", .key = submitter_root_key,
		.issuer_key = submitter_root_key, .ext = CA_EXT});
	submitter_cert = make_cert(&(struct cert_spec){.name = "Submitter", .issuer = "Submitter Root", .key = submitter_key,
		.issuer_key = submitter_root_key, .serial = 7, .ext = {{"keyUsage", "critical,digitalSignature"}}});
	make_note_key(LOG_NAME, 1, &log_key);
}

int main(void)
{
	struct nt_buf bytes = nt_buf(1 << 22);

	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory = malloc(VF_SESSION_MEMORY);
	if (!memory || !session_memory)
		return 1;
	make_all();
	test_forged(&bytes);
	test_pinned(&bytes);
	test_revoked_once(&bytes);
	test_name_beyond(&bytes);
	test_trust_files();
	test_form_not_judged();
	test_certificate_bits();
	test_pinned_pem();
	test_short_numbers();
	test_shrinking_log();
	nt_buf_done(&bytes);
	free(memory);
	free(session_memory);
	EVP_PKEY_free(alpha.root_key);
	EVP_PKEY_free(alpha.key);
	EVP_PKEY_free(submitter_root_key);
	EVP_PKEY_free(submitter_key);
	EVP_PKEY_free(log_key.ctx);
	return check_done();
}
