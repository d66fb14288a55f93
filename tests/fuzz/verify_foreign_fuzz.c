/*
 * Evidence of other software after edits: containers by vf_bundle_check(), evidence records by vf_record_check(),
 * tokens and signatures by vf_token_check(), with trust and for integrity alone.
 *
 * The first octet chooses what is judged, the rest are edits (bundle_edits.h) of containers made here from
 * tests/vectors and samples/. Nobody signs for the input: what is accepted has the times of the untouched tokens, and
 * covers only files whose digests an untouched one covers.
 * TRIALNOTARY_FUZZ_HISTOGRAM=1 prints at the end how far the inputs came.
 */
#include "verify/foreign.h"

#include "tests/fuzz/report_check.h"
#include "tests/fuzz/signed_edits.h"
#include "verify/manifest_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AT INT64_C(1782864000000) /* 2026-07-01 */
#define N_BASES 5
#define ASIC_S "application/vnd.etsi.asic-s+zip"
#define ASIC_E "application/vnd.etsi.asic-e+zip"

static const char policy[] =
	"{\"schema\":\"trialnotary/policy/1\",\"name\":\"fuzz\",\"authorities\":["
	"{\"name\":\"embedded\",\"roots\":\"tsa/embedded.pem\",\"operator\":true,\"qualified\":false},"
	"{\"name\":\"vectors\",\"roots\":\"tsa/vectors.pem\",\"operator\":false,\"qualified\":false}],"
	"\"time\":[{\"count\":1}],\"revocation\":\"if-present\",\"expired\":\"refuse\",\"submitter\":\"optional\"}";

static struct se_set set;
static struct bt_bundle bases[N_BASES];
static struct vf_session *sessions[2];
static uint8_t *memory, *session_memory[2];
static struct vf_report report;
static int64_t times[16];
static struct vf_hash digests[40];
static size_t n_times, n_digests;
static uint64_t n_verdicts[4], n_first[1024];

static struct vf_bytes read_file(const char *folder, const char *name)
{
	char path[120];

	snprintf(path, sizeof(path), "%s%s", folder, name);
	return check_example(path);
}

static void new_session(size_t mode)
{
	struct vf_trust_file files[] = {{"policy.json", vf_bytes_str(policy)},
		{"tlog-policy", read_file("samples/bundles/trust/", "tlog-policy")},
		{"tsa/embedded.pem", read_file("samples/bundles/trust/", "tsa/embedded.pem")},
		{"tsa/vectors.pem", read_file(SE_FOLDER, "root.pem")}};
	struct vf_session_options options = {
		.files = files, .n_files = mode ? 0 : 4, .at = AT, .integrity_only = mode == 1, .n_inputs = 1000};
	struct vf_err err = {0};

	session_memory[mode] = malloc(VF_SESSION_MEMORY);
	if (!session_memory[mode] ||
		vf_session_new(&options, session_memory[mode], VF_SESSION_MEMORY, &sessions[mode], &err) != VF_OK)
		must_fail(__FILE__, __LINE__, err.text);
}

/* ---- containers ---- */

static void begin_container(struct bt_bundle *b, const char *media)
{
	b->parts = calloc(BT_PARTS, sizeof(*b->parts));
	MUST(b->parts && bt_add(b, "mimetype", vf_bytes_str(media)));
	MUST(bt_add(b, "data.txt", read_file(SE_FOLDER, "data.txt")));
}

static void put_reference(struct nt_buf *out, const struct bt_part *p)
{
	struct vf_hash h = vf_sha256(bt_bytes(p));

	nt_buf_putf(out, "<asic:DataObjectReference URI=\"%s\"><ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>", p->name,
		VF_MANIFEST_SHA256);
	nt_buf_put_base64(out, vf_bytes(h.b, 32));
	nt_buf_put_str(out, "</ds:DigestValue></asic:DataObjectReference>\n");
}

/* A manifest of all parts from data.txt on. */
static struct bt_part *add_manifest(struct bt_bundle *b, const char *name, const char *evidence)
{
	struct nt_buf xml = nt_buf(1 << 16);
	struct bt_part *p;

	nt_buf_putf(&xml, "<asic:ASiCManifest xmlns:asic=\"%s\" xmlns:ds=\"%s\">\n<asic:SigReference URI=\"%s\"/>\n",
		VF_MANIFEST_NS, VF_MANIFEST_DS_NS, evidence);
	for (size_t i = 1; i < b->n; i++)
		put_reference(&xml, &b->parts[i]);
	nt_buf_put_str(&xml, "</asic:ASiCManifest>\n");
	p = bt_add(b, name, nt_buf_bytes(&xml));
	MUST(!xml.failed && p);
	nt_buf_done(&xml);
	return p;
}

/* The token of tests/vectors over other octets: same time, another imprint, signed again. */
static void add_token(struct bt_bundle *b, const char *name, struct vf_bytes over)
{
	struct bt_part *p = bt_add(b, name, se_file(&set, SE_TOKEN));
	struct vf_hash old = vf_sha256(read_file(SE_FOLDER, "data.txt")), new = vf_sha256(over);
	uint8_t *at;

	MUST(p && (at = memmem(p->data, p->n, old.b, 32)) != NULL);
	memcpy(at, new.b, 32);
	MUST(se_sign_token(&set, bt_bytes(p)));
}

/* The evidence record of a bundle over files that have other names now. */
static void make_record_container(struct bt_bundle *b)
{
	static const char *const names[][2] = {
		{"statement.json", "a.json"}, {"protocol-v2.0.md", "b.md"}, {"stream.json", "c.json"}};
	static uint8_t block[1 << 20];
	struct vf_bytes in = read_file("samples/bundles/", "good-protocol.asice"), data;
	struct vf_source s = vf_source_of(in);
	struct vf_arena a;
	struct vf_zip z;

	vf_arena_init(&a, block, sizeof(block));
	begin_container(b, ASIC_E);
	b->n = 1;
	MUST(vf_zip_scan(&s, false, &a, &z, NULL) == VF_OK);
	for (size_t i = 0; i < 3; i++) {
		const struct vf_zip_entry *e = vf_zip_find(&z, vf_bytes_str(names[i][0]));

		MUST(e && vf_bytes_slice(in, e->data_at, e->size, &data) && bt_add(b, names[i][1], data));
	}
	add_manifest(b, "META-INF/ASiCEvidenceRecordManifest001.xml", "META-INF/evidencerecord001.ers");
	for (size_t i = 0; i < z.n; i++)
		if (vf_bytes_is(z.entries[i].name, "META-INF/evidencerecord001.ers"))
			MUST(vf_bytes_slice(in, z.entries[i].data_at, z.entries[i].size, &data) &&
				bt_add(b, "META-INF/evidencerecord001.ers", data));
}

static void make_containers(void)
{
	struct bt_part *p;

	begin_container(&bases[0], ASIC_S);
	add_token(&bases[0], "META-INF/timestamp.tst", bt_bytes(&bases[0].parts[1]));
	begin_container(&bases[1], ASIC_S);
	MUST(bt_add(&bases[1], "META-INF/signature.p7s", read_file(SE_FOLDER, "detached.p7s")));
	make_record_container(&bases[2]);
	begin_container(&bases[3], ASIC_E);
	MUST(bt_add(&bases[3], "more.txt", vf_bytes_str("more\n")));
	p = add_manifest(&bases[3], "META-INF/ASiCManifest001.xml", "META-INF/timestamp001.tst");
	add_token(&bases[3], "META-INF/timestamp001.tst", bt_bytes(p));
	begin_container(&bases[4], ASIC_E);
	MUST(bt_add(&bases[4], "reply.tsr", read_file(SE_FOLDER, "p256-certs.tsr")));
	MUST(bt_add(&bases[4], "rsa.tst", se_file(&set, SE_TOKEN_RSA)));
	MUST(bt_add(&bases[4], "ber.tst", read_file(SE_FOLDER, "ber.tst")));
}

/* ---- judging ---- */

static void finish(enum vf_rc rc, const struct vf_err *err)
{
	if (rc != VF_OK && rc != VF_NO_MEMORY)
		must_fail(__FILE__, __LINE__, err->text);
	if (rc == VF_NO_MEMORY)
		vf_report_init(&report, "input", false);
}

static void judge_container(struct vf_session *s, struct be_run *run)
{
	struct nt_buf out = nt_buf(ZM_MAX);
	struct vf_err err = {0};
	struct vf_source source;
	struct vf_arena a;

	be_build(run, &out);
	source = vf_source_of(nt_buf_bytes(&out));
	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	finish(vf_bundle_check(s, &a, "input", &source, NULL, 0, &report, &err), &err);
	rc_check(&report, AT);
	nt_buf_done(&out);
}

/* The last part as evidence over those before it; a token over the first of them, or over the manifest. */
static void judge_evidence(struct vf_session *s, const struct bt_bundle *b, bool is_record, uint8_t how)
{
	bool over_manifest = b->n > 3 && strstr(b->parts[b->n - 2].name, "ASiCManifest");
	const struct vf_record_options options = {.exact = how & 1, .sorted_renewal = how & 2};
	struct vf_source sources[BT_PARTS], evidence = vf_source_of(bt_bytes(&b->parts[b->n - 1]));
	struct vf_given given[BT_PARTS] = {{0}};
	struct vf_err err = {0};
	struct vf_arena a;
	size_t n = 0;

	for (size_t i = over_manifest ? b->n - 2 : 1; i + 1 < b->n && n < 3; i++) {
		sources[n] = vf_source_of(bt_bytes(&b->parts[i]));
		given[n] = (struct vf_given){.name = b->parts[i].name, .source = &sources[n]};
		if (how & 4) {
			struct vf_hash h = vf_sha256(bt_bytes(&b->parts[i]));

			given[n] = (struct vf_given){.name = "sha256:", .digests = {vf_digest_from_hash(&h)}, .n_digests = 1};
		}
		n++;
	}
	if (n == 0)
		return;
	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	finish(is_record ? vf_record_check(s, &a, "input", &evidence, &options, given, n, &report, &err)
			 : vf_token_check(s, &a, "input", &evidence, how & 8 ? NULL : &given[0], &report, &err),
		&err);
	rc_check(&report, AT);
}

static void judge(const struct bt_bundle *base, struct bt_bundle *work, struct be_run *run, uint8_t how)
{
	struct vf_session *s = sessions[how & 1];
	size_t which = (size_t)(base - bases);

	if (how & 2)
		judge_container(s, run);
	else
		judge_evidence(s, work, which == 2, how >> 2);
}

/* ---- what may be accepted ---- */

static bool is_known_time(int64_t t)
{
	for (size_t i = 0; i < n_times; i++)
		if (times[i] == t)
			return true;
	return false;
}

static bool is_known_digest(const struct vf_hash *h)
{
	for (size_t i = 0; i < n_digests; i++)
		if (vf_hash_eq(&digests[i], h))
			return true;
	return false;
}

static bool is_accepted(void)
{
	return report.verdict == VF_VERIFIED || report.verdict == VF_INTACT;
}

static void learn(void)
{
	for (size_t i = 0; i < report.n_stamps && n_times < 16; i++)
		if (!is_known_time(report.stamps[i].gen_time))
			times[n_times++] = report.stamps[i].gen_time;
}

/* Every part that was made here may be covered. */
static void learn_parts(const struct bt_bundle *b)
{
	for (size_t i = 0; i < b->n; i++) {
		MUST(n_digests < sizeof(digests) / sizeof(digests[0]));
		digests[n_digests++] = vf_sha256(bt_bytes(&b->parts[i]));
	}
}

static void check_accepted(void)
{
	size_t covered = 0;

	MUST(report.n_stamps > 0 || report.verdict == VF_INTACT);
	for (size_t i = 0; i < report.n_stamps; i++)
		MUST(!report.stamps[i].counts || is_known_time(report.stamps[i].gen_time));
	MUST(report.existed_by == VF_TIME_NONE || is_known_time(report.existed_by));
	for (size_t i = 0; i < report.n_files; i++) {
		const struct vf_file *f = &report.files[i];

		MUST(f->status == VF_FILE_COVERED || f->status == VF_FILE_DETACHED || f->status == VF_FILE_WITHHELD);
		if (f->has_sha256 && !is_known_digest(&f->sha256))
			must_fail(__FILE__, __LINE__, (const char *)f->name.p);
		covered += f->status != VF_FILE_WITHHELD;
	}
	MUST(covered > 0);
}

static void print_histogram(void)
{
	for (int i = 0; i < 4; i++)
		fprintf(stderr, "%-14s %" PRIu64 "\n", vf_verdict_name((enum vf_verdict)i), n_verdicts[i]);
	for (int i = 0; i < 1024; i++)
		if (n_first[i])
			fprintf(stderr, "first reason %-20s %" PRIu64 "\n", vf_rc_name((enum vf_rc)i), n_first[i]);
}

static void begin(void)
{
	size_t good = 0;

	memory = malloc(VF_BUNDLE_MEMORY);
	MUST(memory);
	se_begin(&set);
	for (size_t i = 0; i < 2; i++)
		new_session(i);
	make_containers();
	for (size_t i = 0; i < N_BASES; i++) {
		learn_parts(&bases[i]);
		for (uint8_t how = 0; how < 4; how++) {
			struct be_run run = {.work = &bases[i], .bases = bases, .n_bases = N_BASES};

			judge(&bases[i], &bases[i], &run, how);
			good += is_accepted();
			learn();
			if (getenv("TRIALNOTARY_FUZZ_HISTOGRAM"))
				fprintf(stderr, "container %zu, how %u: %s %s\n", i, how, vf_verdict_name(report.verdict),
					report.n_reasons ? report.reasons[0].text : "");
		}
	}
	MUST(good >= 8);
	if (getenv("TRIALNOTARY_FUZZ_HISTOGRAM"))
		atexit(print_histogram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct be_edit edits[BE_MAX];
	struct be_run run = {.work = &set.work, .bases = bases, .n_bases = N_BASES};
	struct vf_bytes in = vf_bytes(data, size), b;
	const struct bt_bundle *base;
	uint8_t which, how;

	if (!memory)
		begin();
	if (!vf_take_u8(&in, &which) || !vf_take_u8(&in, &how))
		return 0;
	base = &bases[which % N_BASES];
	bt_copy(&set.work, base);
	for (size_t n = 0; n < BE_MAX && vf_take(&in, BE_SIZE, &b); n++) {
		edits[n] = be_read(b.p);
		be_apply(&run, &edits[n]);
	}
	vf_report_init(&report, "input", false);
	judge(base, &set.work, &run, how);
	n_verdicts[report.verdict]++;
	n_first[report.n_reasons ? report.reasons[0].rc : VF_OK]++;
	if (is_accepted())
		check_accepted();
	return 0;
}
