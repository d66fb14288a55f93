/*
 * Questions to an index of many consents: the state of one permission, and all that are to be given again.
 *
 *   consent_bench [CONSENTS]
 */
#include <ftw.h>
#include <unistd.h>

#include "notary/consent_index.h"
#include "tests/bench/bench.h"
#include "verify/hash.h"

#define FORMS 8
#define ASKED 20000

static const struct vf_bytes study = {(const uint8_t *)"DEMO-1", 6};

static struct vf_hash id_of(uint64_t n)
{
	return vf_sha256(vf_bytes(&n, sizeof(n)));
}

static struct tr_when day(const char *text)
{
	struct tr_when w;

	if (!tr_when_read(vf_bytes_str(text), &w))
		exit(1);
	return w;
}

/* A form in eight versions; all who signed an earlier one sign again. */
static void put_study(struct nt_consent_index *x, uint64_t *number)
{
	static struct tr_consent_permission offered[3];
	static const char *const names[] = {"participation", "future-research", "samples"};
	struct tr_link link;
	struct vf_err err = {0};

	for (size_t i = 0; i < 3; i++)
		offered[i] = (struct tr_consent_permission){.name = vf_bytes_str(names[i]), .purpose = vf_bytes_str("research on asthma"),
			.from = tr_when_none(), .until = tr_when_none()};
	for (unsigned i = 0; i < FORMS; i++) {
		struct nt_consent_row form = {(*number)++, study, {.kind = TR_FACT_FORM, .voice = TR_ADULT, .permissions = offered, .n_permissions = 3}};
		struct nt_consent_row approval = {(*number)++, study, {.kind = TR_FACT_APPROVAL, .opinion = TR_APPROVED, .party = vf_bytes_str("North")}};

		form.fact.id = id_of(i);
		form.fact.when = form.fact.until = form.fact.reconsent.by = approval.fact.until = approval.fact.reconsent.by = tr_when_none();
		form.fact.reconsent = (struct tr_renewal){true, 30, tr_when_none()};
		approval.fact.id = id_of(1000 + i);
		approval.fact.when = day("2026-01-10");
		form.fact.sealed = approval.fact.sealed = INT64_C(1768089600000);
		link = (struct tr_link){TR_SUPERSEDES, id_of(i - 1)};
		form.fact.links = &link;
		form.fact.n_links = i > 0;
		bench_need(nt_consent_put(x, &form, &err), &err, "form");
		link = (struct tr_link){TR_APPROVES, form.fact.id};
		approval.fact.links = &link;
		approval.fact.n_links = 1;
		bench_need(nt_consent_put(x, &approval, &err), &err, "approval");
	}
}

static void put_consents(struct nt_consent_index *x, uint64_t number, size_t n)
{
	struct tr_consent_permission p[3];
	struct vf_err err = {0};
	struct bench_clock began;

	memset(p, 0, sizeof(p));
	for (size_t i = 0; i < 3; i++)
		p[i].from = p[i].until = tr_when_none();
	p[0].name = vf_bytes_str("participation");
	p[1].name = vf_bytes_str("future-research");
	p[1].until = day("2036-03-04");
	p[2].name = vf_bytes_str("samples");
	p[0].granted = p[1].granted = true;
	began = bench_begin();
	for (size_t i = 0; i < n; i++) {
		struct nt_consent_row row = {number + i, study, {.kind = TR_FACT_CONSENT, .voice = TR_ADULT, .permissions = p, .n_permissions = 3}};

		row.fact.id = id_of(10000 + i);
		row.fact.participant = id_of(UINT64_C(1) << 40 | i);
		row.fact.about = id_of(i % FORMS);
		row.fact.index = number + i;
		row.fact.sealed = INT64_C(1772620000000);
		row.fact.when = day("2026-03-04T10:12:00+01:00");
		row.fact.until = row.fact.reconsent.by = tr_when_none();
		bench_need(nt_consent_put(x, &row, &err), &err, "consent");
	}
	bench_row("consent_put", n, began, 0);
}

static void ask(struct nt_consent_index *x, size_t n)
{
	struct nt_consent_question q = {study, {{0}}, vf_bytes_str("future-research"), vf_bytes(NULL, 0), day("2026-07-01")};
	struct tr_consent_answer a;
	struct vf_err err = {0};
	struct bench_clock began = bench_begin();

	for (size_t i = 0; i < ASKED; i++) {
		q.participant = id_of(UINT64_C(1) << 40 | (i * 7919 % n));
		bench_need(nt_consent_ask(x, &q, &a, &err), &err, "ask");
		if (a.state != TR_GRANTED)
			exit(1);
	}
	bench_row("consent_status", ASKED, began, 0);
}

static VF_RC count_gap(void *ctx, const struct vf_hash *participant, const struct tr_gap *gap, struct vf_err *reterr)
{
	(void)participant;
	(void)gap;
	(void)reterr;
	++*(size_t *)ctx;
	return VF_OK;
}

static void gaps(struct nt_consent_index *x, size_t n)
{
	struct tr_when at = day("2026-07-01");
	struct vf_err err = {0};
	size_t found = 0;
	struct bench_clock began = bench_begin();

	bench_need(nt_consent_gaps(x, study, &at, count_gap, &found, &err), &err, "gaps");
	bench_row("consent_gaps_all", 1, began, 0);
	if (found != n - n / FORMS)
		exit(1);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

int main(int argc, char **argv)
{
	size_t n = bench_count(argc, argv, 1, 100000) / FORMS * FORMS;
	char dir[] = "/tmp/trialnotary-bench-XXXXXX", path[64];
	struct nt_consent_index *x = NULL;
	struct vf_err err = {0};
	uint64_t number = 0;
	struct bench_clock began;
	struct stat st;

	if (!mkdtemp(dir))
		return 1;
	bench_head();
	bench_need(nt_consent_index_open(dir, true, &x, &err), &err, "open");
	bench_need(nt_consent_begin(x, &err), &err, "begin");
	put_study(x, &number);
	put_consents(x, number, n);
	bench_need(nt_consent_end(x, VF_OK, &err), &err, "end");
	nt_consent_index_free(x);
	began = bench_begin();
	bench_need(nt_consent_index_open(dir, true, &x, &err), &err, "open");
	bench_row("consent_open", 1, began, 0);
	ask(x, n);
	gaps(x, n);
	began = bench_begin();
	bench_need(nt_consent_wipe(x, &err), &err, "wipe");
	bench_row("consent_wipe", 1, began, 0);
	nt_consent_index_free(x);
	snprintf(path, sizeof(path), "%s/consent.db", dir);
	if (stat(path, &st) == 0)
		bench_size("consent_file", n, (double)st.st_size / (double)n);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
