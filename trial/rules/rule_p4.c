#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

/* What is versioned: records of one kind, language, population and place are one chain. */
#define KEY_LEN 400

static void put_list(char *out, size_t cap, const struct tr_texts *list)
{
	size_t n = strlen(out);

	for (size_t i = 0; i < list->n && n < cap; i++) {
		snprintf(out + n, cap - n, "|%.*s", VF_STR(list->of[i]));
		n = strlen(out);
	}
}

static bool put_key(const struct tr_case_record *r, char out[KEY_LEN])
{
	if (r->kind != TR_PROTOCOL && r->kind != TR_AMENDMENT && r->kind != TR_CONSENT_FORM && r->kind != TR_ANALYSIS_PLAN)
		return false;
	snprintf(out, KEY_LEN, "%s", tr_kind_name(r->kind));
	if (r->details) {
		size_t n = strlen(out);

		snprintf(out + n, KEY_LEN - n, "|%.*s|%d", VF_STR(r->details->language), (int)r->details->population);
		put_list(out, KEY_LEN, &r->details->scope.countries);
		put_list(out, KEY_LEN, &r->details->scope.regions);
		put_list(out, KEY_LEN, &r->details->scope.sites);
	}
	return true;
}

/* "2", "v2", "Version 2", "Amendment 2", "Original" (0). Letters and dotted numbers have no order of their own. */
static bool read_number(struct vf_bytes text, uint64_t *ret)
{
	struct vf_bytes blank;

	if (vf_bytes_is(text, "Original") || vf_bytes_is(text, "ORIGINAL") || vf_bytes_is(text, "original")) {
		*ret = 0;
		return true;
	}
	while (text.n && ((text.p[0] | 0x20) >= 'a' && (text.p[0] | 0x20) <= 'z'))
		if (!vf_take(&text, 1, &blank))
			return false;
	vf_take_str(&text, " ");
	return vf_decimal_read(text, 100000, ret);
}

static int by_hash(const void *a, const void *b)
{
	const struct tr_case_file *x = *(const struct tr_case_file *const *)a, *y = *(const struct tr_case_file *const *)b;

	return memcmp(x->sha256.b, y->sha256.b, sizeof(x->sha256.b));
}

/* As many files, each of which the other one has. */
static VF_RC has_same_files(const struct tr_case_record *a, const struct tr_case_record *b, bool *ret, struct vf_err *reterr)
{
	const struct tr_case_file **sorted, *key;

	*ret = a->n_files == b->n_files;
	if (!*ret || a->n_files == 0)
		return VF_OK;
	sorted = malloc(b->n_files * sizeof(const struct tr_case_file *));
	if (!sorted)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the documents of a record");
	for (size_t i = 0; i < b->n_files; i++)
		sorted[i] = &b->files[i];
	qsort(sorted, b->n_files, sizeof(const struct tr_case_file *), by_hash);
	for (size_t i = 0; *ret && i < a->n_files; i++) {
		key = &a->files[i];
		*ret = bsearch(&key, sorted, b->n_files, sizeof(const struct tr_case_file *), by_hash) != NULL;
	}
	free(sorted);
	return VF_OK;
}

/* A later record of the chain beside the one before it. */
static VF_RC judge_pair(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *a,
	const struct tr_case_record *b, struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	struct tr_dated da = tr_case_date(a), db = tr_case_date(b);
	char about[TR_NAMED_LEN + 1], before[TR_NAMED_LEN + 1], x[TR_DATED_LEN + 1], y[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	uint64_t m, n;
	bool numbers = read_number(a->version, &m) && read_number(b->version, &n), same = true;

	tr_study_name(about, b);
	tr_study_name(before, a);
	d = tr_study_draft(TR_WORD_NONE, about, b, a);
	*ret_good = false;
	if (a->version.n && vf_bytes_eq(a->version, b->version)) {
		enum vf_rc rc = has_same_files(a, b, &same, reterr);

		if (rc != VF_OK)
			return rc;
	}
	if (!same) {
		d.word = TR_WORD_CONFLICT;
		return tr_find(f, rule, &d, reterr, "%s has the same version and other documents", before);
	}
	if (numbers && n > m + 1) {
		d.word = tr_case_absent(c, TR_WORD_MISSING);
		return tr_find(f, rule, &d, reterr, "version %llu is missing after %s", (unsigned long long)(m + 1), before);
	}
	if (numbers && n < m) {
		d.word = TR_WORD_ORDER;
		return tr_find(f, rule, &d, reterr, "it comes after %s", before);
	}
	if (tr_dated_is(&da) && tr_dated_is(&db) && tr_dated_cmp(&db, &da) < 0) {
		tr_dated_put(x, &da);
		tr_dated_put(y, &db);
		d.word = TR_WORD_ORDER;
		return tr_find(f, rule, &d, reterr, "its date, %s, is before that of %s: %s", y, before, x);
	}
	*ret_good = true;
	return VF_OK;
}

static VF_RC judge_links(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r,
	struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], id[TR_CASE_SHORT + 1];
	struct tr_finding_draft d;

	*ret_good = false;
	for (size_t i = 0; i < r->n_links; i++) {
		if ((r->links[i].type != TR_SUPERSEDES && r->links[i].type != TR_AMENDS) || tr_case_record(c, &r->links[i].record))
			continue;
		tr_study_name(about, r);
		tr_case_short(id, &r->links[i].record);
		d = tr_study_draft(tr_case_absent(c, TR_WORD_UNRESOLVED), about, r, NULL);
		return tr_find(f, rule, &d, reterr, "record %s, which it %s, is not there", id, tr_link_name(r->links[i].type));
	}
	*ret_good = true;
	return VF_OK;
}

/* Amendments that a file lists. */
static VF_RC judge_file(const struct tr_rule *rule, const struct tr_case_file *file, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_kept_fact *fact, *before = NULL;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	size_t at = 0, count = 0;
	uint64_t low = UINT64_MAX, high = 0, n;

	while ((fact = tr_case_in_file(file, TR_F_AMEND_NUMBER, &at)) != NULL) {
		if (!read_number(tr_kept_text(fact), &n))
			return VF_OK;
		low = n < low ? n : low;
		high = n > high ? n : high;
		count++;
		before = fact;
	}
	if (!before)
		return VF_OK;
	tr_study_file(about, file);
	d = tr_study_draft(high - low + 1 == count ? TR_WORD_NONE : high - low + 1 > count ? TR_WORD_MISSING : TR_WORD_CONFLICT, about,
		file->record, NULL);
	return tr_find(f, rule, &d, reterr, "it lists %zu %s, from %llu to %llu", count, count == 1 ? "amendment" : "amendments",
		(unsigned long long)low, (unsigned long long)high);
}

/* A record with its chain, and the one before it there. */
struct place {
	const struct tr_case_record *record, *before;
	char key[KEY_LEN];
};

static VF_RC judge_record(const struct tr_rule *rule, const struct tr_case *c, const struct place *x, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	bool good;
	enum vf_rc rc = judge_links(rule, c, x->record, f, &good, reterr);

	if (rc == VF_OK && good && x->before)
		rc = judge_pair(rule, c, x->before, x->record, f, &good, reterr);
	if (rc != VF_OK || !good)
		return rc;
	tr_study_name(about, x->record);
	d = tr_study_draft(TR_WORD_NONE, about, x->record, NULL);
	return tr_find(f, rule, &d, reterr, "in its place");
}

static int by_chain(const void *a, const void *b)
{
	const struct place *x = *(const struct place *const *)a, *y = *(const struct place *const *)b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->record > y->record) - (x->record < y->record);
}

/* The records that are versioned, in the order of the log, each with the one before it in its chain. NULL: no memory. */
static struct place *places_of(const struct tr_case *c, size_t *ret_n)
{
	static const enum tr_kind kinds[] = {TR_PROTOCOL, TR_AMENDMENT, TR_CONSENT_FORM, TR_ANALYSIS_PLAN};
	struct place *all, **sorted;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		room += c->by_kind[kinds[i] + 1] - c->by_kind[kinds[i]];
	all = malloc((room + 1) * sizeof(*all));
	sorted = malloc((room + 1) * sizeof(*sorted));
	for (size_t i = 0; all && sorted && i < c->n_records; i++) {
		if (n == room || !put_key(&c->records[i], all[n].key))
			continue;
		all[n].record = &c->records[i];
		all[n].before = NULL;
		sorted[n] = &all[n];
		n++;
	}
	if (all && sorted) {
		qsort(sorted, n, sizeof(*sorted), by_chain);
		for (size_t i = 1; i < n; i++)
			if (strcmp(sorted[i]->key, sorted[i - 1]->key) == 0)
				sorted[i]->before = sorted[i - 1]->record;
	}
	if (!sorted) {
		free(all);
		all = NULL;
	}
	free(sorted);
	*ret_n = n;
	return all;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	size_t n, at = 0;
	struct place *p = places_of(c, &n);
	enum vf_rc rc = p ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for versions of records");

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++) {
		if (at < n && p[at].record == &c->records[i])
			rc = judge_record(rule, c, &p[at++], f, reterr);
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge_file(rule, &c->records[i].files[j], f, reterr);
	}
	free(p);
	return rc;
}

const struct tr_rule tr_rule_p4 = {
	.id = "P4",
	.title = "sequence of versions",
	.text = "Versions of the protocol, of amendments, of the analysis plan, and of a consent form in one language and for one population, follow "
		"each other: numbers without a gap, dates that do not go back, what is superseded is there, and one version is one "
		"document. Letters and dotted numbers have no order of their own.",
	.inputs = "version, date and links of records; amendments that a file lists",
	.run = run,
};
