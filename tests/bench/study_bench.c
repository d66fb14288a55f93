/*
 * Study bundles: octets of one, beyond its statements, and how long judging takes on one core; all records of one seal, then
 * with a seal each.
 */
#include <sys/mman.h>
#include <zlib.h>

#include "tests/bench/bench.h"
#include "tests/study_fixture.h"
#include "verify/study_judge.h"

static void *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? (exit(1), NULL) : p;
}

/* The statements of the file alone, deflated together as well as they can be. */
static size_t statements(struct vf_study *s)
{
	struct nt_buf all = nt_buf(1u << 30);
	uLongf n;
	Bytef *out;

	for (size_t i = 0; i < s->n_records; i++) {
		struct vf_study_unpacked u;
		struct vf_err err = {0};

		fixture_need(vf_study_unpack(s, i, &u, &err), &err, "unpack");
		nt_buf_put(&all, u.members[0].bytes);
	}
	n = compressBound(all.n);
	out = malloc(n);
	if (!out || compress2(out, &n, all.p, all.n, 9) != Z_OK)
		exit(1);
	free(out);
	nt_buf_done(&all);
	return n;
}

static void judge(struct fixture *f, struct vf_bytes file, void *tables, const char *name, size_t n)
{
	static struct vf_report report;
	static struct vf_study_result r;
	size_t block_n = VF_SESSION_MEMORY + 2048 * n;
	void *memory = map(VF_BUNDLE_MEMORY), *block = map(block_n);
	struct vf_trust_file files[NT_TRUST_FILES];
	struct vf_session_options options = {.files = files, .n_files = NT_TRUST_FILES, .at = f->now + 1000, .n_inputs = n};
	struct vf_source source = vf_source_of(file);
	struct vf_arena a, b;
	struct vf_study_judging j = {.memory = &b, .report = &report};
	struct vf_study s;
	struct vf_err err = {0};
	struct bench_clock began = bench_begin();

	for (size_t i = 0; i < NT_TRUST_FILES; i++)
		files[i] = (struct vf_trust_file){f->trust.names[i], nt_buf_bytes(&f->trust.files[i])};
	vf_arena_init(&a, tables, VF_STUDY_MEMORY);
	vf_arena_init(&b, memory, VF_BUNDLE_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "open");
	fixture_need(vf_session_new(&options, block, block_n, &j.session, &err), &err, "session");
	fixture_need(vf_study_check(&s, &j, &r, &err), &err, "check");
	bench_row(name, n, began, file.n);
	if (r.verdict != VF_VERIFIED) {
		fprintf(stderr, "%s: %s\n", vf_verdict_name(r.verdict), r.n_faults ? r.faults[0].err.text : "");
		exit(1);
	}
	vf_session_free(j.session);
	munmap(memory, VF_BUNDLE_MEMORY);
	munmap(block, block_n);
}

static void measure(const char *size_name, const char *name, size_t n, bool seal_each)
{
	void *tables = map(VF_STUDY_MEMORY);
	struct nt_study_made made;
	struct vf_source source;
	struct vf_bytes file;
	struct vf_arena a;
	struct vf_study s;
	struct fixture f;
	struct vf_err err = {0};
	size_t documents = 0;

	fixture_begin(&f);
	for (size_t i = 0; i < n; i++) {
		study_submit_many(&f, "A", i, 1);
		if (seal_each)
			fixture_seal(&f);
	}
	if (!seal_each)
		fixture_seal(&f);
	file = study_put(&f, "A", NULL, &made);
	source = vf_source_of(file);
	vf_arena_init(&a, tables, VF_STUDY_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "open");
	for (size_t i = s.first_document; i < s.box.zip.n; i++)
		documents += (size_t)s.box.zip.entries[i].size + VF_ZIP_LOCAL_SIZE + VF_ZIP_CENTRAL_SIZE + 2 * s.box.zip.entries[i].name.n;
	bench_size(size_name, n, (double)(file.n - documents));
	bench_size(seal_each ? "study_seal_each_beyond" : "study_one_seal_beyond", n, (double)(file.n - documents - statements(&s)));
	judge(&f, file, tables, name, n);
	munmap(tables, VF_STUDY_MEMORY);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	bench_head();
	measure("study_one_seal", "study_verify_one_seal", bench_count(argc, argv, 1, 10000), false);
	measure("study_seal_each", "study_verify_seal_each", bench_count(argc, argv, 2, 1000), true);
	return 0;
}
