#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>

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

		for (size_t j = 0; j < b->n_files && !found; j++)
			found = vf_hash_eq(&a->files[i].sha256, &b->files[j].sha256);
		if (!found)
			return false;
	}
	return true;
}

/* The same version: as a text, or as a number ("2", "v2", "Version 2"). */
static bool is_same_version(const struct tr_case_record *a, const struct tr_case_record *b)
{
	uint64_t m, n;

	if (a->version.n && vf_bytes_eq(a->version, b->version))
		return true;
	return read_number(a->version, &m) && read_number(b->version, &n) && m == n;
}

/* Whom a form is for, and where a version holds, stands in details: without them two may be of different chains. */
static enum tr_word surely(const struct tr_case *c, const struct tr_case_record *a, const struct tr_case_record *b, enum tr_word word)
{
	if (a->details && b->details)
		return word;
	return a->kind == TR_CONSENT_FORM ? TR_WORD_VERSION_UNKNOWN : tr_case_absent(c, word);
}

/* An earlier record of the chain that a later one contradicts: the same version of other octets, or a date behind its own. */
static VF_RC judge_earlier(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *a, const struct tr_case_record *b,
	struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	struct tr_dated da = tr_case_date(a), db = tr_case_date(b);
	char about[TR_NAMED_LEN + 1], before[TR_NAMED_LEN + 1], x[TR_DATED_LEN + 1], y[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	tr_study_name(about, b);
	tr_study_name(before, a);
	d = tr_study_draft(surely(c, a, b, TR_WORD_CONFLICT), about, b, a);
	*ret_good = false;
	if (is_same_version(a, b) && !has_same_files(a, b))
		return tr_find(f, rule, &d, reterr, "%s has the same version and other documents", before);
	if (tr_dated_is(&da) && tr_dated_is(&db) && tr_dated_cmp(&db, &da) < 0) {
		tr_dated_put(x, &da);
		tr_dated_put(y, &db);
		d.word = surely(c, a, b, TR_WORD_ORDER);
		return tr_find(f, rule, &d, reterr, "its date, %s, is before that of %s: %s", y, before, x);
	}
	*ret_good = true;
	return VF_OK;
}

/* The number behind the one before it in the chain. */
static VF_RC judge_number(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *a,
	const struct tr_case_record *b, struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], before[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	uint64_t m, n;

	*ret_good = !read_number(a->version, &m) || !read_number(b->version, &n) || n == m || n == m + 1;
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

static VF_RC judge_record(const struct tr_rule *rule, const struct tr_case *c, size_t at, struct tr_findings *f, bool *ret_good,
	struct vf_err *reterr)
{
	const struct tr_case_record *r = &c->records[at], *last = NULL;
	char key[KEY_LEN], other[KEY_LEN], about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	enum vf_rc rc;

	*ret_good = false;
	if (!put_key(r, key))
		return VF_OK;
	rc = judge_links(rule, c, r, f, ret_good, reterr);
	for (size_t i = at; rc == VF_OK && *ret_good && i-- > 0;) {
		if (c->records[i].kind != r->kind || !put_key(&c->records[i], other) || strcmp(key, other) != 0)
			continue;
		rc = judge_earlier(rule, c, &c->records[i], r, f, ret_good, reterr);
		last = last ? last : &c->records[i];
	}
	if (rc == VF_OK && *ret_good && last)
		rc = judge_number(rule, c, last, r, f, ret_good, reterr);
	if (rc != VF_OK || !*ret_good)
		return rc;
	tr_study_name(about, r);
	d = tr_study_draft(TR_WORD_NONE, about, r, NULL);
	return tr_find(f, rule, &d, reterr, "in its place");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	bool good;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++) {
		rc = judge_record(rule, c, i, f, &good, reterr);
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge_file(rule, &c->records[i].files[j], f, reterr);
	}
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
