#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

/* What is versioned: records of one kind, language, population and place are one chain. */
#define KEY_LEN 400
/* No protocol has more; a file that lists more costs no more time. */
#define MANY_AMENDMENTS 1000

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

static bool has_same_files(const struct tr_case_record *a, const struct tr_case_record *b)
{
	if (a->n_files != b->n_files)
		return false;
	for (size_t i = 0; i < a->n_files; i++) {
		bool found = false;

		/* most stand at the same place */
		for (size_t j = 0; j < b->n_files && !found; j++)
			found = vf_hash_eq(&a->files[i].sha256, &b->files[(i + j) % b->n_files].sha256);
		if (!found)
			return false;
	}
	return true;
}

/* A record that is versioned, in its chain. */
struct place {
	const struct tr_case_record *record;
	const struct place *before; /* in the chain */
	struct tr_dated date;
	uint64_t number; /* UINT64_MAX: its version is none */
	size_t chain;
	bool is_suspect; /* one before it has the same version, or may have a later date */
	char key[KEY_LEN];
};

/* The same version: as a text, or as a number ("2", "v2", "Version 2"). */
static bool is_same_version(const struct place *a, const struct place *b)
{
	if (a->record->version.n && vf_bytes_eq(a->record->version, b->record->version))
		return true;
	return a->number != UINT64_MAX && a->number == b->number;
}

/* An earlier record of the chain is contradicted by a later one: the same version of other octets, or a date behind its own. */
static bool has_other_files(const struct place *a, const struct place *b)
{
	return is_same_version(a, b) && !has_same_files(a->record, b->record);
}
static bool has_later_date(const struct place *a, const struct place *b)
{
	return tr_dated_is(&a->date) && tr_dated_is(&b->date) && tr_dated_cmp(&b->date, &a->date) < 0;
}

/* Whom a form is for, and where a version holds, stands in details: without them two may be of different chains. */
static enum tr_word surely(const struct tr_case *c, const struct tr_case_record *a, const struct tr_case_record *b, enum tr_word word)
{
	if (a->details && b->details)
		return word;
	return a->kind == TR_CONSENT_FORM ? TR_WORD_VERSION_UNKNOWN : tr_case_absent(c, word);
}

/* The last record before it in the chain that it contradicts. */
static VF_RC judge_earlier(const struct tr_rule *rule, const struct tr_case *c, const struct place *b, struct tr_findings *f, bool *ret_good,
	struct vf_err *reterr)
{
	const struct place *a = b->is_suspect ? b->before : NULL;
	char about[TR_NAMED_LEN + 1], before[TR_NAMED_LEN + 1], x[TR_DATED_LEN + 1], y[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	while (a && !has_later_date(a, b) && !has_other_files(a, b))
		a = a->before;
	*ret_good = a == NULL;
	if (!a)
		return VF_OK;
	tr_study_name(about, b->record);
	tr_study_name(before, a->record);
	d = tr_study_draft(surely(c, a->record, b->record, TR_WORD_CONFLICT), about, b->record, a->record);
	if (has_other_files(a, b))
		return tr_find(f, rule, &d, reterr, "%s has the same version and other documents", before);
	tr_dated_put(x, &a->date);
	tr_dated_put(y, &b->date);
	d.word = surely(c, a->record, b->record, TR_WORD_ORDER);
	return tr_find(f, rule, &d, reterr, "its date, %s, is before that of %s: %s", y, before, x);
}

/* The number behind the one before it in the chain. */
static VF_RC judge_number(const struct tr_rule *rule, const struct tr_case *c, const struct place *from, const struct place *to,
	struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	const struct tr_case_record *a = from->record, *b = to->record;
	const uint64_t m = from->number, n = to->number;
	char about[TR_NAMED_LEN + 1], before[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;

	*ret_good = m == UINT64_MAX || n == UINT64_MAX || n == m || n == m + 1;
	if (*ret_good)
		return VF_OK;
	tr_study_name(about, b);
	tr_study_name(before, a);
	d = tr_study_draft(surely(c, a, b, TR_WORD_ORDER), about, b, a);
	if (n < m)
		return tr_find(f, rule, &d, reterr, "it comes after %s", before);
	d.word = surely(c, a, b, tr_case_absent(c, TR_WORD_MISSING));
	return tr_find(f, rule, &d, reterr, "version %llu is missing after %s", (unsigned long long)(m + 1), before);
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

/* How often a file lists an amendment of this number. */
static size_t listed(const struct tr_case_file *file, uint64_t number)
{
	const struct tr_kept_fact *fact;
	size_t at = 0, count = 0;
	uint64_t n;

	while ((fact = tr_case_in_file(file, TR_F_AMEND_NUMBER, &at)) != NULL)
		count += read_number(tr_kept_text(fact), &n) && n == number ? 1 : 0;
	return count;
}

/* Amendments that a file lists. */
static VF_RC judge_file(const struct tr_rule *rule, const struct tr_case_file *file, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_kept_fact *fact;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	size_t at = 0, count = 0, twice = 0;
	uint64_t low = UINT64_MAX, high = 0, n;

	while ((fact = tr_case_in_file(file, TR_F_AMEND_NUMBER, &at)) != NULL) {
		if (!read_number(tr_kept_text(fact), &n))
			return VF_OK;
		low = n < low ? n : low;
		high = n > high ? n : high;
		twice += count < MANY_AMENDMENTS && listed(file, n) > 1 ? 1 : 0;
		count++;
	}
	if (count == 0)
		return VF_OK;
	tr_study_file(about, file);
	d = tr_study_draft(twice ? TR_WORD_CONFLICT : high - low + 1 > count ? TR_WORD_MISSING : TR_WORD_NONE, about, file->record, NULL);
	return tr_find(f, rule, &d, reterr, "it lists %zu %s, from %llu to %llu%s", count, count == 1 ? "amendment" : "amendments",
		(unsigned long long)low, (unsigned long long)high, twice ? ", a number more than once" : "");
}

static VF_RC judge_record(const struct tr_rule *rule, const struct tr_case *c, const struct place *p, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	bool good;
	enum vf_rc rc = judge_links(rule, c, p->record, f, &good, reterr);

	if (rc == VF_OK && good)
		rc = judge_earlier(rule, c, p, f, &good, reterr);
	if (rc == VF_OK && good && p->before)
		rc = judge_number(rule, c, p->before, p, f, &good, reterr);
	if (rc != VF_OK || !good)
		return rc;
	tr_study_name(about, p->record);
	d = tr_study_draft(TR_WORD_NONE, about, p->record, NULL);
	return tr_find(f, rule, &d, reterr, "in its place");
}

static int in_log(const struct place *x, const struct place *y)
{
	return (x->record > y->record) - (x->record < y->record);
}

static int by_key(const void *a, const void *b)
{
	const struct place *x = *(const struct place *const *)a, *y = *(const struct place *const *)b;
	int order = strcmp(x->key, y->key);

	return order ? order : in_log(x, y);
}

static int by_text(const void *a, const void *b)
{
	const struct place *x = *(const struct place *const *)a, *y = *(const struct place *const *)b;
	int order = (x->chain > y->chain) - (x->chain < y->chain);

	order = order ? order : vf_bytes_cmp(x->record->version, y->record->version);
	return order ? order : in_log(x, y);
}

static int by_number(const void *a, const void *b)
{
	const struct place *x = *(const struct place *const *)a, *y = *(const struct place *const *)b;
	int order = (x->chain > y->chain) - (x->chain < y->chain);

	order = order ? order : (x->number > y->number) - (x->number < y->number);
	return order ? order : in_log(x, y);
}

/* Chain by chain: what is before each, and whether a date before it may be later. A date without an offset is compared as a wider one. */
static void make_chains(struct place **p, size_t n)
{
	int64_t last = INT64_MIN;

	qsort(p, n, sizeof(*p), by_key);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(p[i - 1]->key, p[i]->key) == 0) {
			p[i]->before = p[i - 1];
			p[i]->chain = p[i - 1]->chain;
		} else {
			p[i]->chain = i;
			last = INT64_MIN;
		}
		if (!tr_dated_is(&p[i]->date))
			continue;
		p[i]->is_suspect = p[i]->date.when.hi < last;
		last = p[i]->date.when.lo > last ? p[i]->date.when.lo : last;
	}
}

static void find_same(struct place **p, size_t n, int (*compare)(const void *, const void *))
{
	qsort(p, n, sizeof(*p), compare);
	for (size_t i = 1; i < n; i++)
		p[i]->is_suspect |= p[i]->chain == p[i - 1]->chain && is_same_version(p[i - 1], p[i]);
}

/* The records that are versioned, in the order of the log. NULL: no memory. */
static struct place *places_of(const struct tr_case *c, size_t *ret_n)
{
	static const enum tr_kind kinds[] = {TR_PROTOCOL, TR_AMENDMENT, TR_CONSENT_FORM, TR_ANALYSIS_PLAN};
	struct place *all, **sorted;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		room += c->by_kind[kinds[i] + 1] - c->by_kind[kinds[i]];
	all = calloc(room + 1, sizeof(*all));
	sorted = malloc((room + 1) * sizeof(*sorted));
	for (size_t i = 0; all && sorted && i < c->n_records; i++) {
		if (n == room || !put_key(&c->records[i], all[n].key))
			continue;
		all[n].record = &c->records[i];
		all[n].date = tr_case_date(&c->records[i]);
		if (!read_number(c->records[i].version, &all[n].number))
			all[n].number = UINT64_MAX;
		sorted[n] = &all[n];
		n++;
	}
	if (all && sorted) {
		make_chains(sorted, n);
		find_same(sorted, n, by_text);
		find_same(sorted, n, by_number);
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
	.reads = TR_READS(TR_F_AMEND_NUMBER),
	.run = run,
};
