/*
 * Study bundles in memory, judged at any time: the verdict of the whole, its faults, and what it expands to.
 */
#ifndef TESTS_STUDY_JUDGING_H
#define TESTS_STUDY_JUDGING_H

#include <sys/mman.h>

#include "tests/study_fixture.h"
#include "verify/study_judge.h"

#define STUDY_SESSION (64u << 20)

/* All mapped at first use, so that only what is used costs memory. */
static void *study_room, *study_bundle_room, *study_session_room;

static inline void *study_map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? (exit(1), NULL) : p;
}

static inline void study_begin(void)
{
	study_room = study_map(VF_STUDY_MEMORY);
	study_bundle_room = study_map(VF_BUNDLE_MEMORY);
	study_session_room = study_map(STUDY_SESSION);
}

/* What is beside the file: documents, and bundles of records; and whether trust is left out. */
struct study_beside {
	const struct vf_detached *documents, *bundles;
	size_t n_documents, n_bundles;
	bool integrity_only;
};

static struct vf_err study_said; /* what refused the packing last */
static size_t study_told;	 /* of how many records the last judgement told */

static inline void study_tell(void *ctx, const struct vf_study_record *r, const struct vf_report *report)
{
	(void)ctx;
	study_told += r->is_shown && vf_hash_eq(&r->id, &report->id);
}

/* The verdict at a time, or what refuses the packing. beside and ret may be NULL. */
static inline enum vf_rc study_judge_at(struct fixture *f, struct vf_bytes file, const struct study_beside *beside, int64_t at,
	struct vf_study_result *ret)
{
	static const struct study_beside nothing;
	static struct vf_report report;
	static struct vf_study_result unused;
	struct vf_trust_file files[NT_TRUST_MAX];
	struct vf_session_options options = {.files = files, .n_files = f->trust.n, .at = at};
	struct vf_study_judging j = {.report = &report, .each = study_tell};
	struct vf_source source = vf_source_of(file);
	struct vf_arena a, memory;
	struct vf_study s;
	struct vf_err err = {0};
	enum vf_rc rc;

	ret = ret ? ret : &unused;
	beside = beside ? beside : &nothing;
	options.integrity_only = beside->integrity_only;
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	vf_arena_init(&memory, study_bundle_room, VF_BUNDLE_MEMORY);
	j.memory = &memory;
	j.detached = beside->documents;
	j.n_detached = beside->n_documents;
	j.bundles = beside->bundles;
	j.n_bundles = beside->n_bundles;
	rc = vf_study_open(&source, &a, &s, &study_said);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < f->trust.n; i++)
		files[i] = (struct vf_trust_file){f->trust.names[i], nt_buf_bytes(&f->trust.files[i])};
	fixture_need(vf_session_new(&options, study_session_room, STUDY_SESSION, &j.session, &err), &err, "session");
	study_told = 0;
	rc = vf_study_check(&s, &j, ret, &study_said);
	vf_session_free(j.session);
	return rc;
}

static inline enum vf_rc study_judge(struct fixture *f, struct vf_bytes file, const struct study_beside *beside, struct vf_study_result *ret)
{
	return study_judge_at(f, file, beside, f->now + 1000, ret);
}

static inline bool study_has_fault(const struct vf_study_result *r, enum vf_rc rc, const char *text)
{
	for (size_t i = 0; i < r->n_faults && i < VF_STUDY_FAULTS; i++)
		if (r->faults[i].err.rc == rc && strstr(r->faults[i].err.text, text))
			return true;
	return false;
}

/* Each shown record against what the exporter gives with these options. */
static inline void study_check_expands(struct fixture *f, struct vf_bytes file, const struct nt_export_options *options, size_t want)
{
	static const struct nt_export_options detached = {.detached = true};
	VF_CLEANUP(nt_buf_done) struct nt_buf bundle = nt_buf(1u << 24);
	struct vf_source source = vf_source_of(file);
	struct vf_arena a;
	struct vf_study s;
	struct vf_err err = {0};
	size_t shown = 0;

	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "study bundle");
	for (size_t i = 0; i < s.n_records; i++) {
		struct vf_study_unpacked u;
		struct vf_bytes b = {NULL, 0};

		CHECK_RC(vf_study_unpack(&s, i, &u, &err), VF_OK);
		if (!s.records[i].is_shown)
			continue;
		shown++;
		CHECK_RC(vf_study_expand(&s, i, &u, &b, &err), VF_OK);
		nt_buf_reset(&bundle);
		fixture_export(f, &s.records[i].id, options ? options : &detached, &bundle);
		CHECK_BYTES(b, nt_buf_bytes(&bundle));
	}
	CHECK_INT(shown, want);
}

#endif
