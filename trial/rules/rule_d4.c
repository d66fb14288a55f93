#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stddef.h>
#include <stdio.h>

#include "verify/text.h"

/* The last part of a path inside the folder; empty for one that leaves it. */
static struct vf_bytes base_of(struct vf_bytes path)
{
	struct vf_bytes part;

	if (vf_bytes_starts(path, "/") || vf_bytes_starts(path, "../") || memmem(path.p, path.n, "/../", 4) || memmem(path.p, path.n, ":", 1))
		return vf_bytes(path.p, 0);
	while (memchr(path.p, '/', path.n) && vf_take_until(&path, '/', &part))
		;
	return path;
}

static bool is_equal_but_case(struct vf_bytes a, struct vf_bytes b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		uint8_t x = a.p[i], y = b.p[i];

		x = (uint8_t)(x >= 'A' && x <= 'Z' ? x + 32 : x);
		y = (uint8_t)(y >= 'A' && y <= 'Z' ? y + 32 : y);
		if (x != y)
			return false;
	}
	return true;
}

/* Forms of one data set: XPT, Dataset-JSON plain, by lines and compressed, tables; and Dataset-XML. */
static const char *const forms[] = {"xpt", "json", "ndjson", "dsjc", "csv", "xml"};
#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* The name without the ending of a form; empty when it has none. */
static struct vf_bytes stem_of(struct vf_bytes base)
{
	struct vf_bytes stem, ending;

	for (size_t i = 0; i < N_FORMS; i++) {
		size_t n = strlen(forms[i]);

		if (base.n > n + 1 && vf_bytes_slice(base, base.n - n, n, &ending) && base.p[base.n - n - 1] == '.' &&
			is_equal_but_case(ending, vf_bytes_str(forms[i])) && vf_bytes_slice(base, 0, base.n - n - 1, &stem))
			return stem;
	}
	return vf_bytes(base.p, 0);
}

static bool is_other_form(struct vf_bytes a, struct vf_bytes b)
{
	struct vf_bytes x = stem_of(a), y = stem_of(b);

	return x.n && is_equal_but_case(x, y) && !is_equal_but_case(a, b);
}

enum delivery {
	NOT_DELIVERED,
	OTHER_FORM, /* 'dm.json' where 'dm.xpt' is named */
	OTHER_CASE,
	DELIVERED,
};

/* How one file fits what a define names; item is what it says of the set. */
static enum delivery fits(const struct tr_case_file *define, uint64_t item, struct vf_bytes name, const struct tr_case_file *file)
{
	const struct tr_kept_fact *named = tr_case_item(define, item, TR_F_SET_NAME), *is;
	struct vf_bytes base = base_of(file->name);
	size_t at = 0;

	if (vf_bytes_eq(base, name))
		return DELIVERED;
	if (is_equal_but_case(base, name))
		return OTHER_CASE;
	if (!is_other_form(base, name))
		return NOT_DELIVERED;
	is = tr_case_in_file(file, TR_F_SET_NAME, &at);
	return named && is && !is_equal_but_case(tr_kept_text(named), tr_kept_text(is)) ? NOT_DELIVERED : OTHER_FORM;
}

static struct vf_bytes folder_of(struct vf_bytes path)
{
	return vf_bytes(path.p, path.n - base_of(path).n);
}

/* The folder that a path leads to from the define's, without memory for it: the file's is the one and then the other. */
static bool is_in_folder(const struct tr_case_file *define, struct vf_bytes path, const struct tr_case_file *file)
{
	struct vf_bytes own = folder_of(define->name), of_file = folder_of(file->name), head;

	while (vf_take_str(&path, "./"))
		;
	return vf_take(&of_file, own.n, &head) && is_equal_but_case(head, own) && is_equal_but_case(of_file, folder_of(path));
}

/* In the define's own record a file has its folder, as the define says; in another record of data it may have any. */
static enum delivery delivered(const struct tr_case *c, const struct tr_case_file *define, uint64_t item, struct vf_bytes path,
	const struct tr_case_file **ret_file)
{
	struct vf_bytes name = base_of(path);

	enum delivery best = NOT_DELIVERED;

	for (size_t i = 0; i < c->n_records && best != DELIVERED; i++)
		for (size_t j = 0; j < c->records[i].n_files && best != DELIVERED; j++) {
			enum delivery how;

			if (&c->records[i] == define->record ? !is_in_folder(define, path, &c->records[i].files[j]) : c->records[i].kind != TR_DATASET)
				continue;
			how = fits(define, item, name, &c->records[i].files[j]);
			if (how <= best)
				continue;
			best = how;
			*ret_file = &c->records[i].files[j];
		}
	return best;
}

struct totals {
	size_t good, other;
	char first[240]; /* of those in another form */
};

static VF_RC judge_leaf(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *define,
	const struct tr_kept_fact *leaf, struct tr_findings *f, struct totals *t, struct vf_err *reterr)
{
	struct vf_bytes name = base_of(tr_kept_text(leaf));
	const struct tr_case_file *file = NULL;
	enum delivery how = name.n ? delivered(c, define, leaf->item, tr_kept_text(leaf), &file) : NOT_DELIVERED;
	char about[TR_NAMED_LEN + 1], shown[100], other[100];
	struct tr_finding_draft d;

	tr_study_file(about, define);
	vf_text_escape(shown, sizeof(shown), tr_kept_text(leaf));
	d = tr_study_draft(TR_WORD_CASE, about, define->record, NULL);
	switch (how) {
	case DELIVERED:
		t->good++;
		return VF_OK;
	case OTHER_CASE:
		return tr_find(f, rule, &d, reterr, "'%s' is there in another case", shown);
	case OTHER_FORM:
		vf_text_escape(other, sizeof(other), file->name);
		if (t->other++ == 0)
			snprintf(t->first, sizeof(t->first), "'%s' as '%s'", shown, other);
		return VF_OK;
	case NOT_DELIVERED:
		break;
	}
	d.word = c->is_whole ? TR_WORD_MISSING : TR_WORD_MISSING_RECORD;
	return tr_find(f, rule, &d, reterr, name.n ? "'%s' is not delivered" : "'%s' leads out of the folder", shown);
}

/* XML is no data without a look into it: a define is XML, too. */
static bool is_data(const struct tr_case_file *file)
{
	struct vf_bytes base = base_of(file->name), ending;
	size_t at = 0;

	if (stem_of(base).n == 0)
		return false;
	return !vf_bytes_slice(base, base.n - 4, 4, &ending) || !is_equal_but_case(ending, vf_bytes_str(".xml")) ||
		tr_case_in_file(file, TR_F_SET_ROWS, &at) != NULL;
}

static bool is_named(const struct tr_case_file *define, struct vf_bytes base)
{
	static const enum tr_fact_name names[] = {TR_F_SET_FILE, TR_F_DOC_NAME};
	const struct tr_kept_fact *leaf;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t at = 0;

		while ((leaf = tr_case_in_file(define, names[i], &at)) != NULL)
			if (is_equal_but_case(base_of(tr_kept_text(leaf)), base) || is_other_form(base_of(tr_kept_text(leaf)), base))
				return true;
	}
	return false;
}

/* The octets of the define's folder, with the '/', when the file is in it or below; -1 when it is elsewhere. */
static ptrdiff_t depth_in(const struct tr_case_file *define, const struct tr_case_file *file)
{
	size_t n = define->name.n - base_of(define->name).n;
	struct vf_bytes folder, of_file;

	if (!vf_bytes_slice(define->name, 0, n, &folder) || !vf_bytes_slice(file->name, 0, n, &of_file) || !vf_bytes_eq(folder, of_file))
		return -1;
	return (ptrdiff_t)n;
}

/* A define that is nearer to the file: a submission has one in the folder of each standard. */
static bool has_nearer(const struct tr_case_file *define, const struct tr_case_file *file)
{
	const struct tr_case_record *r = define->record;

	for (size_t i = 0; i < r->n_files; i++) {
		size_t at = 0;

		if (tr_case_in_file(&r->files[i], TR_F_SET_FILE, &at) && depth_in(&r->files[i], file) > depth_in(define, file))
			return true;
	}
	return false;
}

/* Data beside the define in its own record that it does not name. */
static VF_RC judge_extra(const struct tr_rule *rule, const struct tr_case_file *define, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < define->record->n_files; i++) {
		const struct tr_case_file *file = &define->record->files[i];
		char about[TR_NAMED_LEN + 1], shown[100];
		struct tr_finding_draft d;

		if (!is_data(file) || has_nearer(define, file) || is_named(define, base_of(file->name)))
			continue;
		tr_study_file(about, define);
		vf_text_escape(shown, sizeof(shown), file->name);
		d = tr_study_draft(TR_WORD_UNDECLARED, about, define->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "it does not name '%s'", shown);
	}
	return rc;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *define, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_kept_fact *leaf;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	struct totals t = {0};
	size_t at = 0;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && (leaf = tr_case_in_file(define, TR_F_SET_FILE, &at)) != NULL)
		rc = judge_leaf(rule, c, define, leaf, f, &t, reterr);
	if (rc == VF_OK)
		rc = judge_extra(rule, define, f, reterr);
	tr_study_file(about, define);
	d = tr_study_draft(TR_WORD_FILE_NAME, about, define->record, NULL);
	if (rc == VF_OK && t.other)
		rc = tr_find(f, rule, &d, reterr, "data sets that it names and that are delivered in another form: %zu, %s%s", t.other,
			t.other == 1 ? "" : "the first ", t.first);
	d.word = TR_WORD_NONE;
	if (rc == VF_OK && t.good)
		rc = tr_find(f, rule, &d, reterr, "data sets that it names and that are delivered: %zu", t.good);
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *leaves = &c->by_name[TR_F_SET_FILE];
	const struct tr_case_file *last = NULL;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < leaves->n; i++) {
		if (leaves->p[i].file == last)
			continue;
		last = leaves->p[i].file;
		rc = judge(rule, c, last, f, reterr);
	}
	return rc;
}

const struct tr_rule tr_rule_d4 = {
	.id = "D4",
	.title = "define and data complete",
	.text = "Every data set that a define.xml names is delivered, and every data file beside it is named; "
		"documents that it names are not asked for. Upper and lower case, and another form of the same "
		"data set (dm.json for dm.xpt), are a note.",
	.inputs = "define.xml and the files of its record, records of kind dataset",
	.reads = TR_READS(TR_F_SET_FILE),
	.run = run,
};
