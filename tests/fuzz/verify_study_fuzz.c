/* Study bundles: what is opened is unpacked, expanded and judged; nothing is VERIFIED, as nothing is trusted here. */
#include <sys/mman.h>

#include "tests/fuzz/must.h"
#include "verify/study_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TABLES (96u << 20)

static uint8_t *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MUST(p != MAP_FAILED);
	return p;
}

/* Twice the same octets, and of the length that was announced. */
static void check_record(struct vf_study *s, size_t i)
{
	struct vf_study_unpacked u;
	struct vf_bytes b;
	struct vf_hash first, second;
	struct vf_err err;

	if (vf_study_unpack(s, i, &u, &err) != VF_OK || !s->records[i].is_shown || vf_study_expand(s, i, &u, &b, &err) != VF_OK)
		return;
	MUST(b.n <= u.output);
	first = vf_sha256(b);
	MUST(vf_study_unpack(s, i, &u, &err) == VF_OK && vf_study_expand(s, i, &u, &b, &err) == VF_OK);
	second = vf_sha256(b);
	MUST(vf_hash_eq(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *tables, *memory, *block;
	static struct vf_report report;
	static struct vf_study_result result;
	struct vf_session_options options = {.at = INT64_C(1767139200000)};
	struct vf_source source = vf_source_of(vf_bytes(data, size));
	struct vf_arena a, b;
	struct vf_study_judging j = {.memory = &b, .report = &report};
	struct vf_study s;
	struct vf_err err = {0};

	if (!tables) {
		tables = map(TABLES);
		memory = map(VF_BUNDLE_MEMORY);
		block = map(VF_SESSION_MEMORY);
	}
	vf_arena_init(&a, tables, TABLES);
	vf_arena_init(&b, memory, VF_BUNDLE_MEMORY);
	if (vf_study_open(&source, &a, &s, &err) != VF_OK) {
		MUST(err.rc != VF_INTERNAL);
		return 0;
	}
	MUST(s.n_records > 0 && s.n_shown <= s.n_records);
	for (size_t i = 0; i < s.n_records; i++)
		check_record(&s, i);
	/* the judge begins anew */
	vf_arena_init(&a, tables, TABLES);
	MUST(vf_study_open(&source, &a, &s, &err) == VF_OK);
	MUST(vf_session_new(&options, block, VF_SESSION_MEMORY, &j.session, &err) == VF_OK);
	if (vf_study_check(&s, &j, &result, &err) == VF_OK)
		MUST(result.verdict != VF_VERIFIED && result.verdict != VF_INTACT);
	vf_session_free(j.session);
	return 0;
}
