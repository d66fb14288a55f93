/*
 * Bundles after edits that an attacker would make: vf_bundle_check() with trust, and for integrity alone.
 *
 * The input is a program of edits (bundle_edits.h) over a good bundle of samples/bundles. Whatever it does, what is
 * VERIFIED or INTACT claims what an untouched bundle claims: another file, time, place in the log or seal is a finding.
 * So is a verdict that depends on what the session has seen before, and a report that is not plain text or strict JSON.
 * TRIALNOTARY_FUZZ_HISTOGRAM=1 prints at the end how far the inputs came.
 */
#include "verify/bundle.h"

#include "tests/check.h"
#include "tests/fuzz/bundle_edits.h"
#include "tests/fuzz/report_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#define FOLDER "samples/bundles/"
#define N_BASES 9
#define CLAIMS 4096
#define AT INT64_C(1782864000000) /* 2026-07-01, as in samples/bundles/README.md */

static const char *const base_names[N_BASES] = {"good-signed", "good-dataset", "good-consent", "good-protocol",
	"good-first-seal", "good-later-seal", "good-detached", "good-dataset-withheld", "good-consent-withheld"};

/* What the untouched bundle says, with trust and without. */
struct original {
	char claims[2][CLAIMS];
	int64_t existed_by[2];
	struct vf_hash id;
	struct vf_file files[16];
	char names[16][100];
	size_t n_files;
};

static struct bt_bundle bases[N_BASES], work;
static struct original originals[N_BASES];
static struct vf_session *sessions[2];
static uint8_t *memory, *session_memory[2], *cold_memory;
static struct vf_report report, cold;
static struct vf_source beside;
static uint64_t n_inputs, n_verdicts[4], n_passed[VF_CHECK_COUNT], n_first[1024];

static struct vf_session *new_session(bool integrity, void *block)
{
	static struct vf_trust_file files[4] = {
		{"policy.json", {0}}, {"submitters/sample-sponsor.pem", {0}}, {"tlog-policy", {0}}, {"tsa/embedded.pem", {0}}};
	struct vf_session_options options = {.files = files, .n_files = integrity ? 0 : 4, .at = AT,
		.integrity_only = integrity, .n_inputs = 1000};
	struct vf_session *s;
	char path[100];

	for (size_t i = 0; i < 4 && !files[i].bytes.p; i++) {
		snprintf(path, sizeof(path), FOLDER "trust/%s", files[i].name);
		files[i].bytes = check_read(path);
	}
	MUST(vf_session_new(&options, block, VF_SESSION_MEMORY, &s, NULL) == VF_OK);
	return s;
}

/* Memory is enough for every container of this size, so that there is always a verdict. */
static void check(struct vf_session *s, struct vf_bytes container, bool with_detached, struct vf_report *ret)
{
	const struct vf_detached detached = {"results.md", &beside};
	struct vf_source source = vf_source_of(container);
	struct vf_err err = {0};
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	rc = vf_bundle_check(s, &a, "input", &source, &detached, with_detached, ret, &err);
	if (rc != VF_OK)
		fprintf(stderr, "%s: %s\n", vf_rc_name(rc), err.text);
	MUST(rc == VF_OK);
}

/* ---- claims ---- */

static void put(char *out, const char *name, struct vf_bytes b)
{
	size_t n = strlen(out);

	snprintf(out + n, CLAIMS - n, "%s ", name);
	n = strlen(out);
	MUST(n + 2 * b.n + 2 < CLAIMS);
	vf_hex_put(out + n, b);
	strcat(out, "\n");
}

static void put_number(char *out, const char *name, uint64_t v)
{
	put(out, name, vf_bytes(&v, sizeof(v)));
}

/* Everything but the files: who withholds some claims less of them, and nothing else. */
static void put_claims(char *out, const struct vf_report *r)
{
	out[0] = '\0';
	put_number(out, "form", r->form);
	put(out, "id", vf_bytes(r->id.b, 32));
	put(out, "kind", r->kind);
	put(out, "study", r->study);
	put(out, "version", r->version);
	put(out, "date", r->date);
	put(out, "title", r->title);
	for (size_t i = 0; i < r->n_links; i++) {
		put(out, "link", r->links[i].type);
		put(out, "to", vf_bytes(r->links[i].record.b, 32));
	}
	/* the place in the stream may be withheld */
	if (r->has_stream) {
		put(out, "stream", vf_bytes(r->stream.b, 32));
		put_number(out, "seq", r->seq);
		put(out, "prev", vf_bytes(r->prev.b, r->has_prev ? 32 : 0));
	}
	for (size_t i = 0; i < r->n_stamps; i++) {
		put_number(out, "stamp", (uint64_t)r->stamps[i].gen_time);
		put(out, "by", vf_bytes(r->stamps[i].certificate.b, 32));
		put_number(out, "counts", r->stamps[i].counts);
	}
	put_number(out, "existed_by", (uint64_t)r->existed_by);
	put_number(out, "log", r->has_log);
	put(out, "origin", r->origin);
	put_number(out, "index", r->index);
	put_number(out, "size", r->size);
	put(out, "root", vf_bytes(r->root.b, 32));
	put_number(out, "witnesses", r->n_witnesses);
	put_number(out, "seal", r->has_seal ? r->seal : 0);
	put_number(out, "first", r->seal_first);
	put_number(out, "last", r->seal_size);
	put(out, "previous", vf_bytes(r->previous.b, r->has_previous ? 32 : 0));
	put(out, "submitter", vf_bytes(r->submitter_certificate.b, r->has_submitter ? 32 : 0));
	put_number(out, "trusted", r->submitter_trusted);
}

static bool is_original_file(const struct vf_hash *id, const struct vf_file *f)
{
	for (size_t i = 0; i < N_BASES; i++)
		for (size_t k = 0; vf_hash_eq(&originals[i].id, id) && k < originals[i].n_files; k++) {
			const struct vf_file *o = &originals[i].files[k];

			if (vf_bytes_eq(o->name, f->name) && vf_hash_eq(&o->sha256, &f->sha256))
				return true;
		}
	return false;
}

/*
 * Without statement and seal head it is a container like those of other software: its evidence then still proves the
 * files by themselves, under any name, at the time of some untouched bundle.
 */
static bool is_less(const struct vf_report *r, size_t mode)
{
	bool same = false;

	for (size_t i = 0; i < N_BASES; i++)
		same |= r->existed_by == originals[i].existed_by[mode];
	for (size_t i = 0; same && i < r->n_files; i++) {
		same = false;
		for (size_t o = 0; o < N_BASES; o++)
			for (size_t k = 0; k < originals[o].n_files; k++)
				same |= vf_hash_eq(&originals[o].files[k].sha256, &r->files[i].sha256);
	}
	return same && r->n_files > 0 && !r->has_record && !r->has_log && !r->has_seal;
}

/* Whether some untouched bundle claims the same. */
static bool is_original(const struct vf_report *r, size_t mode)
{
	static char claims[CLAIMS];
	bool same = false;

	if (r->form == VF_FORM_CONTAINER)
		return is_less(r, mode);
	put_claims(claims, r);
	for (size_t i = 0; i < N_BASES; i++)
		same |= strcmp(originals[i].claims[mode], claims) == 0;
	for (size_t i = 0; i < r->n_files; i++) {
		MUST(r->files[i].status <= VF_FILE_DETACHED);
		same = same && is_original_file(&r->id, &r->files[i]);
	}
	if (!same)
		fprintf(stderr, "%s", claims);
	return same;
}

/* ---- beginning and end ---- */

static void load(struct bt_bundle *b, const char *name)
{
	static uint8_t block[1 << 20];
	char path[100], part[BT_NAME];
	struct vf_bytes in, data;
	struct vf_source s;
	struct vf_arena a;
	struct vf_zip z;

	snprintf(path, sizeof(path), FOLDER "%s.asice", name);
	in = check_read(path);
	s = vf_source_of(in);
	vf_arena_init(&a, block, sizeof(block));
	MUST(vf_zip_scan(&s, false, &a, &z, NULL) == VF_OK);
	b->parts = calloc(BT_PARTS, sizeof(*b->parts));
	for (size_t i = 0; i < z.n; i++) {
		snprintf(part, sizeof(part), "%.*s", VF_STR(z.entries[i].name));
		MUST(b->parts && vf_bytes_slice(in, z.entries[i].data_at, z.entries[i].size, &data) && bt_add(b, part, data));
	}
	free((void *)(uintptr_t)in.p);
}

static void learn(size_t base, size_t mode)
{
	struct original *o = &originals[base];
	struct be_run run = {.work = &bases[base], .bases = bases, .n_bases = N_BASES};
	struct nt_buf out = nt_buf(ZM_MAX);

	be_build(&run, &out);
	check(sessions[mode], nt_buf_bytes(&out), base == 6, &report);
	MUST(report.verdict == (mode ? VF_INTACT : VF_VERIFIED));
	put_claims(o->claims[mode], &report);
	o->existed_by[mode] = report.existed_by;
	o->id = report.id;
	o->n_files = report.n_files;
	MUST(o->n_files <= 16);
	for (size_t i = 0; i < o->n_files; i++) {
		o->files[i] = report.files[i];
		MUST(o->files[i].has_sha256 && o->files[i].name.n < sizeof(o->names[i]));
		memcpy(o->names[i], o->files[i].name.p, o->files[i].name.n);
		o->files[i].name.p = (const uint8_t *)o->names[i];
	}
	nt_buf_done(&out);
}

static void print_histogram(void)
{
	fprintf(stderr, "%" PRIu64 " inputs\n", n_inputs);
	for (int i = 0; i < 4; i++)
		fprintf(stderr, "%-14s %" PRIu64 "\n", vf_verdict_name((enum vf_verdict)i), n_verdicts[i]);
	for (int i = 0; i < VF_CHECK_COUNT; i++)
		fprintf(stderr, "passed %-14s %" PRIu64 "\n", vf_check_name((enum vf_check)i), n_passed[i]);
	for (int i = 0; i < 1024; i++)
		if (n_first[i])
			fprintf(stderr, "first reason %-20s %" PRIu64 "\n", vf_rc_name((enum vf_rc)i), n_first[i]);
}

static void begin(void)
{
	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory[0] = malloc(VF_SESSION_MEMORY);
	session_memory[1] = malloc(VF_SESSION_MEMORY);
	cold_memory = malloc(VF_SESSION_MEMORY);
	work.parts = calloc(BT_PARTS, sizeof(*work.parts));
	MUST(memory && session_memory[0] && session_memory[1] && cold_memory && work.parts);
	for (size_t i = 0; i < 2; i++)
		sessions[i] = new_session(i == 1, session_memory[i]);
	beside = vf_source_of(check_read("samples/trial/results.md"));
	for (size_t i = 0; i < N_BASES; i++)
		load(&bases[i], base_names[i]);
	for (size_t i = 0; i < N_BASES; i++)
		for (size_t mode = 0; mode < 2; mode++)
			learn(i, mode);
	if (getenv("TRIALNOTARY_FUZZ_HISTOGRAM"))
		atexit(print_histogram);
}

/* ---- one input ---- */

static void check_cold(struct vf_bytes container, bool with_detached, size_t mode)
{
	struct vf_session *s = new_session(mode == 1, cold_memory);

	check(s, container, with_detached, &cold);
	MUST(cold.verdict == report.verdict && cold.n_reasons == report.n_reasons);
	for (size_t i = 0; i < cold.n_reasons; i++)
		MUST(cold.reasons[i].rc == report.reasons[i].rc);
	vf_session_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct be_edit edits[BE_MAX];
	struct be_run run = {.work = &work, .bases = bases, .n_bases = N_BASES};
	struct nt_buf out = nt_buf(ZM_MAX);
	size_t n = 0, mode, base;

	if (!memory)
		begin();
	if (size < 1 + BE_SIZE)
		return 0;
	mode = data[0] & 1;
	base = (data[0] >> 2) % N_BASES;
	bt_copy(&work, &bases[base]);
	for (size_t at = 1; n < BE_MAX && at + BE_SIZE <= size; at += BE_SIZE) {
		edits[n] = be_read(data + at);
		be_apply(&run, &edits[n++]);
	}
	be_build(&run, &out);
	check(sessions[mode], nt_buf_bytes(&out), base == 6, &report);
	n_inputs++;
	n_verdicts[report.verdict]++;
	for (size_t i = 0; i < VF_CHECK_COUNT; i++)
		n_passed[i] += report.checks[i] == VF_RESULT_PASS;
	n_first[report.n_reasons ? report.reasons[0].rc : VF_OK]++;
	if (report.verdict == VF_VERIFIED || report.verdict == VF_INTACT)
		MUST(is_original(&report, mode));
	if (data[0] & 2)
		rc_check(&report, AT);
	if (data[1] % 16 == 0)
		check_cold(nt_buf_bytes(&out), base == 6, mode);
	nt_buf_done(&out);
	return 0;
}

/* Whole edits come, go, change and move, so that those behind them keep their meaning. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t n = size > 1 ? (size - 1) / BE_SIZE : 0, at = n ? (seed >> 8) % n : 0;
	uint8_t *edit = data + 1 + at * BE_SIZE;

	if (!LLVMFuzzerMutate)
		return size;
	if (n == 0 || seed % 8 == 0)
		return LLVMFuzzerMutate(data, size, max);
	size = 1 + n * BE_SIZE;
	if (seed % 8 == 1 && n > 1) {
		memmove(edit, edit + BE_SIZE, size - BE_SIZE - (size_t)(edit - data));
		return size - BE_SIZE;
	}
	if (seed % 8 <= 3 && size + BE_SIZE <= max && n < BE_MAX) {
		memmove(edit + BE_SIZE, edit, size - (size_t)(edit - data));
		size += BE_SIZE;
		edit[0] = (uint8_t)(seed >> 24);
		edit[1] = (uint8_t)(seed >> 16);
	}
	LLVMFuzzerMutate(edit, BE_SIZE, BE_SIZE);
	return size;
}
