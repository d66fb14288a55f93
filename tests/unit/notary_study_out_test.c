/* Study bundles: every record of them expands to the very octets of its ordinary bundle. */
#include <sys/mman.h>

#include "tests/outside_fixture.h"
#include "tests/study_fixture.h"

static void *room;

static bool open_study(struct vf_bytes file, struct vf_arena *a, struct vf_study *ret)
{
	struct vf_source source = vf_source_of(file);
	struct vf_err err = {0};
	enum vf_rc rc;

	vf_arena_init(a, room, VF_STUDY_MEMORY);
	rc = vf_study_open(&source, a, ret, &err);
	if (rc != VF_OK)
		fprintf(stderr, "%s: %s\n", vf_rc_name(rc), err.text);
	CHECK_RC(rc, VF_OK);
	return rc == VF_OK;
}

/* Each shown record against what the exporter gives. */
static void check_expands(struct fixture *f, struct vf_bytes file, size_t want)
{
	static const struct nt_export_options detached = {.detached = true};
	VF_CLEANUP(nt_buf_done) struct nt_buf bundle = nt_buf(1u << 24);
	struct vf_arena a;
	struct vf_study s;
	size_t shown = 0;

	if (!open_study(file, &a, &s))
		return;
	for (size_t i = 0; i < s.n_records; i++) {
		struct vf_study_unpacked u;
		struct vf_bytes b = {NULL, 0};
		struct vf_err err = {0};

		CHECK_RC(vf_study_unpack(&s, i, &u, &err), VF_OK);
		if (!s.records[i].is_shown)
			continue;
		shown++;
		CHECK_RC(vf_study_expand(&s, i, &u, &b, &err), VF_OK);
		nt_buf_reset(&bundle);
		fixture_export(f, &s.records[i].id, &detached, &bundle);
		CHECK_BYTES(b, nt_buf_bytes(&bundle));
	}
	CHECK_INT(shown, want);
}

static void one_seal(void)
{
	struct nt_study_made made;
	struct fixture f;
	struct vf_bytes file;

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 1);
	fixture_seal(&f);
	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.shown, 1);
	CHECK_INT(made.documents, 1);
	check_expands(&f, file, 1);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 300);
	fixture_seal(&f);
	file = study_put(&f, "A", &(struct nt_study_options){.no_documents = true}, &made);
	CHECK_INT(made.shown, 300);
	CHECK_INT(made.documents, 0);
	printf("300 records of one seal: %zu octets\n", file.n);
	CHECK(file.n < 300 * 700);
	check_expands(&f, file, 300);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

/* Other studies between them, batches of many sizes, personal records, some withheld, one erased. */
static void many_seals(void)
{
	static const struct nt_withhold kinds[] = {{.kind = "consent"}};
	struct nt_study_options withhold = {.choice = {.withhold = kinds, .n_withhold = 1}};
	struct nt_study_made made;
	struct vf_err err = {0};
	struct vf_hash erased;
	struct vf_bytes file;
	struct fixture f;
	char name[32];

	fixture_begin(&f);
	for (size_t i = 0; i < 9; i++) {
		study_submit_many(&f, "B", 100 * i, i % 4);
		study_submit_many(&f, "A", 100 * i, i + 1);
		snprintf(name, sizeof(name), "consent-%zu.txt", i);
		study_submit(&f, "A", TR_CONSENT, name, name);
		if (i == 3)
			erased = f.last;
		study_submit_many(&f, "B", 100 * i + 50, i % 3);
		fixture_seal(&f);
	}
	study_submit(&f, "A", TR_CONSENT, "last.txt", "last");
	fixture_seal(&f);
	study_submit_many(&f, "A", 2000, 2);
	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.shown, 55);
	CHECK_INT(made.hidden, 0);
	CHECK_INT(made.waiting, 2);
	check_expands(&f, file, 55);
	free((void *)(uintptr_t)file.p);

	CHECK_RC(nt_notary_erase(f.n, &erased, &err), VF_OK);
	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.shown, 54);
	CHECK_INT(made.hidden, 1);
	check_expands(&f, file, 54);
	free((void *)(uintptr_t)file.p);

	file = study_put(&f, "A", &withhold, &made);
	CHECK_INT(made.shown, 45);
	CHECK_INT(made.hidden, 10);
	CHECK_INT(made.left_out, 0);
	check_expands(&f, file, 45);
	free((void *)(uintptr_t)file.p);

	file = study_put(&f, "B", &withhold, &made);
	CHECK_INT(made.shown, 21);
	check_expands(&f, file, 21);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

static void add_token(struct fixture *f, struct outside *o, uint64_t seal)
{
	struct vf_digest imprint;
	struct vf_err err = {0};
	struct reply r;

	fixture_need(nt_notary_imprint(f->n, seal, o->as.algorithm, &imprint, &err), &err, "imprint");
	reply_make(f, o, &imprint, f->now, &r);
	fixture_need(nt_notary_add_token(f->n, seal, &r.t, &err), &err, "token");
	reply_done(&r);
	f->now += 2000;
}

/* A second authority with SHA-512 trees, of batches that are shown in part and as a whole. */
static void two_trees(void)
{
	struct nt_study_made made;
	struct outside beta, *const one[] = {&beta};
	struct vf_bytes file;
	struct fixture f;

	fixture_begin(&f);
	outside_begin(&f, &beta, "beta", VF_SHA512);
	configure(&f, true, 1, one, 1);
	for (uint64_t seal = 1; seal <= 3; seal++) {
		study_submit_many(&f, "A", 10 * seal, 3 + seal);
		study_submit_many(&f, "B", 10 * seal, seal == 2 ? 0 : 4);
		fixture_seal(&f);
		add_token(&f, &beta, seal);
	}
	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.shown, 15);
	check_expands(&f, file, 15);
	free((void *)(uintptr_t)file.p);
	outside_end(&beta);
	fixture_end(&f);
}

/* Names that are taken, studies without a record. */
static void refusals(void)
{
	struct nt_study_options none = {0};
	struct nt_study_made made;
	struct vf_err err = {0};
	struct fixture f;
	char path[160];

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 1);
	snprintf(path, sizeof(path), "%s/x.tnstudy", f.dir);
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &none, path, &made, &err), VF_UNKNOWN_RECORD);
	fixture_seal(&f);
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("C"), &none, path, &made, &err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &none, path, &made, &err), VF_OK);
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &none, path, &made, &err), VF_EXISTS);
	none.force = true;
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &none, path, &made, &err), VF_OK);
	snprintf(path, sizeof(path), "%s/A-000000.csv", f.dir);
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &none, path, &made, &err), VF_EXISTS);
	fixture_end(&f);
}

int main(void)
{
	room = mmap(NULL, VF_STUDY_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return 1;
	one_seal();
	many_seals();
	two_trees();
	refusals();
	return check_done();
}
