/*
 * The attack catalogue as tests: each case is one named entry of a table, made by
 * code with keys of its own and judged through the whole bundle path.
 *
 * A program prints one line a case, 'Z02 REJECTED ZIP_HEADER_MISMATCH', and fails
 * when the verdict or the first reason is another than the entry's. With --list it
 * prints what it expects, tab-separated, for scripts/check-attacks; with IDs it runs
 * these alone.
 */
#ifndef TESTS_ATTACK_ATTACK_H
#define TESTS_ATTACK_ATTACK_H

#include "verify/bundle.h"
#include "verify/report.h"

#include "tests/unit/bundle_maker.h"
#include "tests/zip_make.h"

/* The container's entries as they will be built, header by header. */
struct attack_zip {
	struct zm_entry e[MAX_ITEMS + 4];
	size_t n;
	struct zm_end end;
};

typedef void zip_hook(struct attack_zip *z);
typedef void bytes_hook(struct nt_buf *bytes);

/* In the place of a verdict: the program stops with the code's exit status. */
#define NO_VERDICT ((enum vf_verdict)99)

struct attack {
	const char *id, *what;
	enum vf_verdict want;
	enum vf_rc code;     /* the first reason; VF_OK: there is none */
	bundle_hook *forge;  /* the parts */
	zip_hook *rebuild;   /* the container's headers */
	bytes_hook *patch;   /* its bytes */
	void (*judge)(void); /* another judgement: leaves its result in report or no_verdict */
	const char *part, *old, *with; /* for forge_edit(); with is also what other hooks take */
	const char *note;    /* must be among what was not checked */
	const char *says;    /* must be in what the report says that no result shows */
};

/* One entry; the last arguments say how it is made: .forge = hook. */
#define ATTACK(id_, what_, want_, code_, ...)                                                               \
	{.id = (id_), .what = (what_), .want = (want_), .code = (code_), __VA_ARGS__}

MAKER struct authority alpha, beta, operator_, stranger, twin;
MAKER struct nt_note_key log_key, other_log, witness, second_witness;
MAKER EVP_PKEY *submitter_root_key, *submitter_key;
MAKER struct vf_bytes submitter_root, submitter_cert;
MAKER struct bundle b;
MAKER struct vf_report report;
MAKER enum vf_rc no_verdict; /* why there is none; VF_OK: there is one */
MAKER uint8_t *memory, *session_memory;
MAKER const struct attack *attack_now;

/* What the verifier's owner has; a hook changes it at BEGIN. */
MAKER struct {
	const char *alpha_more;  /* more fields of authority alpha, each after a comma */
	const char *rules, *revocation, *expired, *submitter, *tlog_more, *more;
	const char *policy, *tlog; /* the whole text, when it should be another */
	struct vf_bytes alpha_root, submitters;
	const char *at;
	bool none, integrity_only, no_log;
} owner;

/* make_text() as a string. */
#define make_string(...) ((const char *)JOIN(make_text(__VA_ARGS__), vf_bytes("", 1)).p)

MAKER const char *vkey(const struct nt_note_key *k, uint8_t type)
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
MAKER size_t make_trust(struct vf_trust_file *files)
{
	size_t n = 0;

	files[n++] = (struct vf_trust_file){"policy.json", owner.policy ? vf_bytes_str(owner.policy) :
		make_text("{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
		"{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":true%s},"
		"{\"name\":\"beta\",\"roots\":\"tsa/beta.pem\",\"operator\":false,\"qualified\":false},"
		"{\"name\":\"own\",\"roots\":\"tsa/own.pem\",\"operator\":true,\"qualified\":false}],"
		"\"time\":%s,\"revocation\":\"%s\",\"expired\":\"%s\",\"submitter\":\"%s\"%s}\n", owner.alpha_more,
		owner.rules,
		owner.revocation, owner.expired, owner.submitter, owner.more)};
	if (owner.submitters.n)
		files[n++] = (struct vf_trust_file){"submitters/all.pem", make_pem(owner.submitters)};
	files[n++] = (struct vf_trust_file){"tlog-policy", owner.tlog ? vf_bytes_str(owner.tlog) :
		make_text("log %s\n%s", vkey(owner.no_log ? &other_log : &log_key, VF_KEY_ED25519), owner.tlog_more)};
	files[n++] = (struct vf_trust_file){"tsa/alpha.pem", make_pem(owner.alpha_root)};
	files[n++] = (struct vf_trust_file){"tsa/beta.pem", make_pem(beta.root_der)};
	files[n++] = (struct vf_trust_file){"tsa/own.pem", make_pem(operator_.root_der)};
	return n;
}

MAKER void begin_case(void)
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

MAKER enum vf_rc new_session(struct vf_session **ret, struct vf_err *err)
{
	struct vf_trust_file files[8];
	size_t n = owner.none ? 0 : make_trust(files);
	struct vf_session_options o = {.files = files, .n_files = n, .at = make_time(owner.at),
		.integrity_only = owner.integrity_only};

	return vf_session_new(&o, session_memory, VF_SESSION_MEMORY, ret, err);
}

MAKER struct vf_session *session(void)
{
	struct vf_session *s = NULL;
	struct vf_err err = {0};

	MUST(new_session(&s, &err) == VF_OK);
	return s;
}

MAKER enum vf_verdict judge_source(struct vf_session *s, const struct vf_source *source)
{
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	no_verdict = vf_bundle_check(s, &a, "forged", source, NULL, 0, &report, &err);
	return no_verdict == VF_OK ? report.verdict : NO_VERDICT;
}

MAKER enum vf_verdict judge(struct vf_session *s, struct vf_bytes bundle)
{
	struct vf_source source = vf_source_of(bundle);

	return judge_source(s, &source);
}

/* Judges in a session of its own, which a wrong trust directory does not give. */
MAKER void judge_alone(struct vf_bytes bundle)
{
	struct vf_session *s = NULL;
	struct vf_err err = {0};

	no_verdict = new_session(&s, &err);
	if (no_verdict == VF_OK)
		judge(s, bundle);
	vf_session_free(s);
}

/* A bundle that is not in memory, as a file is. */
MAKER VF_RC read_buffer(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	const struct vf_bytes *all = ctx;
	struct vf_bytes part;

	if (!vf_bytes_slice(*all, at, n, &part))
		return vf_fail(reterr, VF_IO, "outside");
	if (n)
		memcpy(out, part.p, n);
	return VF_OK;
}

/* Judged as a file, it has the same first reason as in memory. */
MAKER void check_as_file(struct vf_bytes bundle)
{
	struct vf_source source = {.ctx = &bundle, .size = bundle.n, .read = read_buffer};
	enum vf_rc first = report.n_reasons ? report.reasons[0].rc : VF_OK;
	struct vf_session *s = session();

	judge_source(s, &source);
	CHECK_RC(report.n_reasons ? report.reasons[0].rc : VF_OK, first);
	vf_session_free(s);
}

MAKER bool has_reason(enum vf_rc rc)
{
	for (size_t i = 0; i < report.n_reasons; i++)
		if (report.reasons[i].rc == rc)
			return true;
	return false;
}

MAKER bool has_note(const char *code)
{
	for (size_t i = 0; i < report.n_unchecked; i++)
		if (strcmp(report.unchecked[i].code, code) == 0)
			return true;
	return false;
}

/* Makes the bundle of a hook and judges it in a session of its own. */
MAKER void run(bundle_hook *hook, struct nt_buf *ret)
{
	begin_case();
	make_bundle(&b, &log_key, &alpha, hook, ret);
	judge_alone(nt_buf_bytes(ret));
}

#define HOOK(name) static void name(__attribute__((unused)) struct bundle *x, __attribute__((unused)) enum stage stage)

__attribute__((unused)) HOOK(good)
{
	/* nothing is wrong */
}

/* Replaces old by with in a part, when all is made. */
__attribute__((unused)) HOOK(forge_edit)
{
	if (stage == DONE)
		bundle_edit(x, attack_now->part, attack_now->old, attack_now->with);
}

MAKER struct vf_bytes flip_last(struct vf_bytes data)
{
	struct vf_bytes copy = make_copy(data);

	((uint8_t *)(uintptr_t)copy.p)[copy.n - 1] ^= 1;
	return copy;
}

/* A note of any text with the log's signature, or with one over other bytes; in x->note. */
MAKER void sign_note(struct bundle *x, struct vf_bytes text, struct vf_bytes over, void (*change)(uint8_t sig[64]))
{
	const struct nt_note_key *k = x->log_key;
	struct vf_bytes kept = make_copy(text);
	uint8_t sig[VF_ED25519_SIGNATURE];
	struct vf_err err = {0};

	MUST(k->sign(k->ctx, over, sig, &err) == VF_OK);
	if (change)
		change(sig);
	nt_buf_reset(&x->note);
	nt_buf_put(&x->note, kept);
	nt_buf_put_u8(&x->note, '\n');
	MUST(nt_note_put_signature(&x->note, k->name, vf_key_id(vf_bytes_str(k->name), VF_KEY_ED25519, vf_bytes(k->raw,
		32)),
		VF_KEY_ED25519, vf_bytes(sig, sizeof(sig)), &err) == VF_OK);
}

/* A witness signs the checkpoint in x->note. */
MAKER void cosign(struct bundle *x, const struct nt_note_key *by, uint64_t seconds)
{
	struct vf_checkpoint c;
	struct vf_err err = {0};
	struct nt_buf line = nt_buf(1 << 12);

	MUST(vf_checkpoint_parse(nt_buf_bytes(&x->note), &c, &err) == VF_OK);
	MUST(nt_note_cosign(&line, by, &c, seconds, &err) == VF_OK);
	nt_buf_put(&x->note, nt_buf_bytes(&line));
	nt_buf_done(&line);
}

/* The text of the root in a checkpoint. */
MAKER const char *root_text(const struct bundle *x)
{
	char *text = (char *)make_room(VF_BASE64_LEN(32) + 1);

	vf_base64_put(text, vf_bytes(x->root.b, 32));
	return text;
}

/* The record is signed by its submitter. */
MAKER void sign_record(struct bundle *x, enum stage stage)
{
	if (stage != BEGIN)
		return;
	x->is_signed = true;
	x->signature = (struct cms_spec){.cert = submitter_cert, .key = submitter_key, .certs = submitter_cert};
}

/* One more reference in the first manifest. */
MAKER void list_more(struct bundle *x, const char *name, struct vf_bytes data)
{
	bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "</asic:ASiCManifest>",
		(const char *)JOIN(make_ref(name, VF_MANIFEST_SHA256, make_digest(VF_SHA256, data)),
		vf_bytes_str("</asic:ASiCManifest>"),
			vf_bytes("", 1)).p);
}

/* ---- running a table ---- */

MAKER const char *verdict_word(enum vf_verdict v)
{
	return v == NO_VERDICT ? "NO_VERDICT" : vf_verdict_name(v);
}

/* Builds the parts of b again, after a hook changed the headers. */
MAKER void rebuild_container(zip_hook *hook, struct nt_buf *ret)
{
	static struct attack_zip z;

	memset(&z, 0, sizeof(z));
	z.e[z.n++] = zm_entry("mimetype", VF_ZIP_ASICE);
	for (size_t i = 0; i < b.n_items; i++)
		z.e[z.n++] = zm_entry_raw(b.items[i].name, b.items[i].data);
	for (size_t i = 0; i < z.n; i++)
		z.e[i].made_by = VF_ZIP_NEED_STORED;
	if (hook)
		hook(&z);
	nt_buf_reset(ret);
	zm_build(ret, z.e, z.n, &z.end);
}

MAKER void run_attack(const struct attack *a)
{
	struct nt_buf bytes = nt_buf(64 << 20);

	attack_now = a;
	begin_case();
	no_verdict = VF_OK;
	vf_report_init(&report, a->id, false);
	if (!a->judge) {
		make_bundle(&b, &log_key, &alpha, a->forge ? a->forge : good, &bytes);
		if (a->rebuild)
			rebuild_container(a->rebuild, &bytes);
		if (a->patch)
			a->patch(&bytes);
		judge_alone(nt_buf_bytes(&bytes));
		if (a->rebuild || a->patch)
			check_as_file(nt_buf_bytes(&bytes));
	} else {
		a->judge();
	}
	nt_buf_done(&bytes);
}

MAKER void check_attack(const struct attack *a)
{
	enum vf_verdict got = no_verdict == VF_OK ? report.verdict : NO_VERDICT;
	enum vf_rc code = no_verdict != VF_OK ? no_verdict : report.n_reasons ? report.reasons[0].rc : VF_OK;

	printf("%s %s %s\n", a->id, verdict_word(got), vf_rc_name(code));
	check_count++;
	if (got == a->want && code == a->code && (!a->note || has_note(a->note)) &&
		(!a->says || strstr(vf_report_not_shown(&report), a->says)))
		return;
	CHECK_FAIL("%s %s: not %s %s %s", a->id, a->what, verdict_word(a->want), vf_rc_name(a->code), a->note ?
		a->note : "");
	for (size_t i = 0; i < report.n_reasons; i++)
		fprintf(stderr, "    %s %s: %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].object,
			report.reasons[i].text);
	for (size_t i = 0; i < report.n_unchecked; i++)
		fprintf(stderr, "    note %s\n", report.unchecked[i].code);
}

MAKER struct vf_bytes make_submitter(const char *name, long serial, const char *from)
{
	return make_cert(&(struct cert_spec){.name = name, .issuer = "Submitter Root", .key = submitter_key,
		.issuer_key = submitter_root_key, .serial = serial, .from = from, .ext = {{"keyUsage",
		"critical,digitalSignature"}}});
}

MAKER void make_world(void)
{
	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory = malloc(VF_SESSION_MEMORY);
	MUST(memory && session_memory);
	alpha = make_authority("Alpha Root", EVP_EC_gen("P-256"), "Alpha TSU", EVP_EC_gen("P-256"));
	beta = make_authority("Beta Root", EVP_EC_gen("P-256"), "Beta TSU", EVP_EC_gen("P-256"));
	operator_ = make_authority("Operator Root", EVP_EC_gen("P-256"), "Operator TSU", EVP_EC_gen("P-256"));
	stranger = make_authority("Stranger Root", EVP_EC_gen("P-256"), "Stranger TSU", EVP_EC_gen("P-256"));
	twin = make_authority("Alpha Root", EVP_EC_gen("P-256"), "Alpha TSU", EVP_EC_gen("P-256"));
	submitter_root_key = EVP_EC_gen("P-256");
	submitter_key = EVP_EC_gen("P-256");
	submitter_root = make_cert(&(struct cert_spec){.name = "Submitter Root", .issuer = "Submitter Root",
		.key = submitter_root_key,
		.issuer_key = submitter_root_key, .ext = CA_EXT});
	submitter_cert = make_submitter("Submitter", 7, NULL);
	make_note_key(LOG_NAME, 1, &log_key);
	make_note_key(LOG_NAME, 2, &other_log);
	make_note_key("witness.example", 3, &witness);
	make_note_key("second.example", 4, &second_witness);
}

/* The keys and memory of make_world(). */
MAKER void free_world(void)
{
	struct authority *const all[] = {&alpha, &beta, &operator_, &stranger, &twin};
	struct nt_note_key *const notes[] = {&log_key, &other_log, &witness, &second_witness};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		EVP_PKEY_free(all[i]->root_key);
		EVP_PKEY_free(all[i]->key);
	}
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		EVP_PKEY_free(notes[i]->ctx);
	EVP_PKEY_free(submitter_root_key);
	EVP_PKEY_free(submitter_key);
	free(memory);
	free(session_memory);
}

/* What is changed nowhere is verified, by either way of building: else the cases would prove nothing. */
MAKER void check_control(void)
{
	struct nt_buf bytes = nt_buf(1 << 20), again = nt_buf(1 << 20);

	run(good, &bytes);
	if (no_verdict != VF_OK || report.verdict != VF_VERIFIED || report.n_reasons)
		CHECK_FAIL("the control bundle is not VERIFIED");
	rebuild_container(NULL, &again);
	CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&bytes));
	nt_buf_done(&bytes);
	nt_buf_done(&again);
}

MAKER bool is_named(int argc, char **argv, const char *id)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], id, strlen(argv[i])) == 0)
			return true;
	return argc < 2;
}

/* The whole program of a table. */
MAKER int attack_main(int argc, char **argv, const struct attack *cases, size_t n)
{
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < n; i++)
			printf("%s\t%s\t%s\t%s\n", cases[i].id, verdict_word(cases[i].want), vf_rc_name(cases[i].code),
				cases[i].what);
		return 0;
	}
	make_world();
	check_control();
	for (size_t i = 0; i < n; i++) {
		size_t mark = maker_used;

		if (!is_named(argc, argv, cases[i].id))
			continue;
		run_attack(&cases[i]);
		check_attack(&cases[i]);
		maker_used = mark;
	}
	free_world();
	return check_done();
}

#define ATTACK_MAIN(cases)                                                                                  \
	int main(int argc, char **argv)                                                                     \
	{                                                                                                   \
		return attack_main(argc, argv, (cases), sizeof(cases) / sizeof((cases)[0]));                \
	}

#endif
