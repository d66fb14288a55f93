/* Study bundles: every record of them expands to the very octets of its ordinary bundle. */
#include "tests/renewal_fixture.h"
#include "tests/study_judging.h"

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
	study_check_expands(&f, file, NULL, 1);
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
	study_check_expands(&f, file, NULL, 300);
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
	study_check_expands(&f, file, NULL, 55);
	free((void *)(uintptr_t)file.p);

	CHECK_RC(nt_notary_erase(f.n, &erased, &err), VF_OK);
	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.shown, 54);
	CHECK_INT(made.hidden, 1);
	study_check_expands(&f, file, NULL, 54);
	free((void *)(uintptr_t)file.p);

	file = study_put(&f, "A", &withhold, &made);
	CHECK_INT(made.shown, 45);
	CHECK_INT(made.hidden, 10);
	CHECK_INT(made.left_out, 0);
	study_check_expands(&f, file, NULL, 45);
	free((void *)(uintptr_t)file.p);

	file = study_put(&f, "B", &withhold, &made);
	CHECK_INT(made.shown, 21);
	study_check_expands(&f, file, NULL, 21);
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
	study_check_expands(&f, file, NULL, 15);
	free((void *)(uintptr_t)file.p);
	outside_end(&beta);
	fixture_end(&f);
}

static void check_verified(struct fixture *f, struct vf_bytes file, int64_t at, size_t want)
{
	static struct vf_study_result r;

	CHECK_RC(study_judge_at(f, file, NULL, at, &r), VF_OK);
	for (size_t i = 0; i < r.n_faults && i < VF_STUDY_FAULTS; i++)
		fprintf(stderr, "%s: %s\n", vf_rc_name(r.faults[i].err.rc), r.faults[i].err.text);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.counts[VF_VERIFIED], want);
}

/* Time-stamps renewed, hash trees renewed, both: each record still expands to what is exported, and is judged in later years. */
static void renewed(void)
{
	struct outside alpha, beta, *const both[] = {&alpha, &beta};
	struct fixture f;
	struct renewing x = {.f = &f, .of = {&alpha, &beta}, .n = 2};
	struct nt_study_made made;
	struct nt_renew_options o;
	struct vf_err err = {0};
	struct vf_bytes old, file;
	int64_t start;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	outside_begin(&f, &beta, "beta", VF_SHA512);
	configure(&f, true, 2, both, 2);
	start = f.now;
	for (uint64_t seal = 1; seal <= 2; seal++) {
		study_submit_many(&f, "A", 10 * seal, 1 + seal);
		study_submit_many(&f, "B", 10 * seal, 2);
		study_submit(&f, "A", TR_CONSENT, seal == 1 ? "c1.txt" : "c2.txt", seal == 1 ? "one" : "two");
		fixture_seal(&f);
		add_token(&f, &alpha, seal);
		add_token(&f, &beta, seal);
	}
	old = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.shown, 7);
	study_check_expands(&f, old, NULL, 7);
	check_verified(&f, old, f.now + 1000, 7);
	/* hash trees first, then time-stamps of the old and of the new chains */
	f.now = start + 400 * DAY;
	o = renewing_options(&x, -1);
	o.tree = true;
	CHECK_RC(nt_renew(&o, &x.r, &err), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:2 alpha>alpha:2 ");
	file = study_put(&f, "A", NULL, &made);
	CHECK(file.n > old.n && !vf_bytes_eq(file, old));
	study_check_expands(&f, file, NULL, 7);
	check_verified(&f, file, f.now + 1000, 7);
	free((void *)(uintptr_t)file.p);
	study_submit_many(&f, "A", 50, 1);
	f.now = start + (1825 - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.failed, "");
	CHECK(x.r.renewals > 0);
	file = study_put(&f, "A", NULL, &made);
	CHECK_INT(made.waiting, 1);
	study_check_expands(&f, file, NULL, 7);
	check_verified(&f, file, start + (1825 + 100) * DAY, 7);
	printf("7 records: %zu octets, renewed twice %zu\n", old.n, file.n);
	/* what was handed out before is judged as before, as long as its time-stamps last */
	check_verified(&f, old, f.now, 7);
	free((void *)(uintptr_t)file.p);
	free((void *)(uintptr_t)old.p);
	outside_end(&alpha);
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
	study_begin();
	one_seal();
	many_seals();
	two_trees();
	renewed();
	refusals();
	return check_done();
}
