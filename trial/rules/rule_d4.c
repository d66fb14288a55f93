#include "trial/rules/rule.h"
#include "trial/rules/set_file.h"
#include "trial/rules/study.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/grow.h"
#include "verify/text.h"

/* ---- defines ---- */

/* What is asked of a file beside defines. */
struct beside {
	ptrdiff_t depth; /* of the nearest define around it */
	bool is_data;
};

/* What is looked at for all defines: the data sets of the study, and the files of one record with its defines. */
struct looking {
	const struct tr_case *c;
	struct tr_set_files sets, own;
	const struct tr_case_record *record;
	struct beside *beside; /* of each file of that record */
};

/* In the define's own record a file has its folder, as the define says; in another record of data it may have any. */
static enum tr_delivery delivered(const struct looking *l, const struct tr_case_file *define, uint64_t item, struct vf_bytes path,
	const struct tr_case_file **ret_file)
{
	const struct tr_kept_fact *named = tr_case_item(define, item, TR_F_SET_NAME);
	struct tr_set_file key = {.base = tr_set_base(path), .set = named ? tr_kept_text(named) : vf_bytes("", 0), .says_set = named != NULL};
	const struct tr_case_file *own;
	enum tr_delivery best = tr_set_files_find(&l->sets, &key, define->record, ret_file), how;

	while (vf_take_str(&path, "./"))
		;
	key.folder = tr_set_folder(define->name);
	key.below = tr_set_folder(path);
	how = tr_set_files_find(&l->own, &key, NULL, &own);
	if (how < best || how == TR_NOT_DELIVERED || (how == best && tr_case_file_order(*ret_file, own) < 0))
		return best;
	*ret_file = own;
	return how;
}

struct totals {
	size_t good, other;
	char first[240]; /* of those in another form */
};

static VF_RC judge_leaf(const struct tr_rule *rule, const struct looking *l, const struct tr_case_file *define,
	const struct tr_kept_fact *leaf, struct tr_findings *f, struct totals *t, struct vf_err *reterr)
{
	struct vf_bytes name = tr_set_base(tr_kept_text(leaf));
	const struct tr_case_file *file = NULL;
	enum tr_delivery how = name.n ? delivered(l, define, leaf->item, tr_kept_text(leaf), &file) : TR_NOT_DELIVERED;
	char about[TR_NAMED_LEN + 1], shown[100], other[100];
	struct tr_finding_draft d;

	tr_study_file(about, define);
	vf_text_escape(shown, sizeof(shown), tr_kept_text(leaf));
	d = tr_study_draft(TR_WORD_CASE, about, define->record, NULL);
	switch (how) {
	case TR_DELIVERED:
		t->good++;
		return VF_OK;
	case TR_OTHER_CASE:
		return tr_find(f, rule, &d, reterr, "'%s' is there in another case", shown);
	case TR_OTHER_FORM:
		vf_text_escape(other, sizeof(other), file->name);
		if (t->other++ == 0)
			snprintf(t->first, sizeof(t->first), "'%s' as '%s'", shown, other);
		return VF_OK;
	case TR_NOT_DELIVERED:
		break;
	}
	d.word = l->c->is_whole ? TR_WORD_MISSING : TR_WORD_MISSING_RECORD;
	return tr_find(f, rule, &d, reterr, name.n ? "'%s' is not delivered" : "'%s' leads out of the folder", shown);
}

/* XML is no data without a look into it: a define is XML, too. */
static bool is_data(const struct tr_case_file *file)
{
	struct vf_bytes base = tr_set_base(file->name), ending;
	size_t at = 0;

	if (tr_set_stem(base).n == 0)
		return false;
	return !vf_bytes_slice(base, base.n - 4, 4, &ending) || !tr_set_is_equal(ending, vf_bytes_str(".xml")) ||
		tr_case_in_file(file, TR_F_SET_ROWS, &at) != NULL;
}

/* What a define names, without the endings of forms; what has none is no data. */
struct leaves {
	struct vf_bytes *p;
	size_t n;
};

static int by_stem(const void *a, const void *b)
{
	return tr_set_compare(*(const struct vf_bytes *)a, *(const struct vf_bytes *)b);
}

static bool collect_leaves(const struct tr_case_file *define, struct leaves *ret)
{
	static const enum tr_fact_name names[] = {TR_F_SET_FILE, TR_F_DOC_NAME};
	const struct tr_kept_fact *leaf;
	size_t room = 0;

	*ret = (struct leaves){0};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t at = 0;

		while ((leaf = tr_case_in_file(define, names[i], &at)) != NULL) {
			if (!TR_GROW(ret->p, room, ret->n + 1))
				return false;
			ret->p[ret->n] = tr_set_stem(tr_set_base(tr_kept_text(leaf)));
			ret->n += ret->p[ret->n].n ? 1 : 0;
		}
	}
	if (ret->n)
		qsort(ret->p, ret->n, sizeof(*ret->p), by_stem);
	return true;
}

/* By its own name, or by that of another form. */
static bool is_named(const struct leaves *leaves, struct vf_bytes base)
{
	const struct vf_bytes stem = tr_set_stem(base);

	return leaves->n && bsearch(&stem, leaves->p, leaves->n, sizeof(stem), by_stem) != NULL;
}

/* The octets of the define's folder, with the '/', when the file is in it or below; -1 when it is elsewhere. */
static ptrdiff_t depth_in(const struct tr_case_file *define, const struct tr_case_file *file)
{
	size_t n = define->name.n - tr_set_base(define->name).n;
	struct vf_bytes folder, of_file;

	if (!vf_bytes_slice(define->name, 0, n, &folder) || !vf_bytes_slice(file->name, 0, n, &of_file) || !vf_bytes_eq(folder, of_file))
		return -1;
	return (ptrdiff_t)n;
}

/* Data beside the define in its own record that it does not name. A submission has a define in the folder of each standard: the
 * nearest counts. */
static VF_RC judge_extra(const struct tr_rule *rule, const struct looking *l, const struct tr_case_file *define, struct tr_findings *f,
	struct vf_err *reterr)
{
	struct leaves leaves;
	enum vf_rc rc = collect_leaves(define, &leaves) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a define");

	for (size_t i = 0; rc == VF_OK && i < define->record->n_files; i++) {
		const struct tr_case_file *file = &define->record->files[i];
		char about[TR_NAMED_LEN + 1], shown[100];
		struct tr_finding_draft d;

		if (!l->beside[i].is_data || l->beside[i].depth > depth_in(define, file) || is_named(&leaves, tr_set_base(file->name)))
			continue;
		tr_study_file(about, define);
		vf_text_escape(shown, sizeof(shown), file->name);
		d = tr_study_draft(TR_WORD_UNDECLARED, about, define->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "it does not name '%s'", shown);
	}
	free(leaves.p);
	return rc;
}

static VF_RC judge(const struct tr_rule *rule, const struct looking *l, const struct tr_case_file *define, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_kept_fact *leaf;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	struct totals t = {0};
	size_t at = 0;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && (leaf = tr_case_in_file(define, TR_F_SET_FILE, &at)) != NULL)
		rc = judge_leaf(rule, l, define, leaf, f, &t, reterr);
	if (rc == VF_OK)
		rc = judge_extra(rule, l, define, f, reterr);
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

/* All data sets of the study. */
static bool begin(struct looking *l)
{
	const struct tr_case *c = l->c;

	for (size_t i = tr_case_next(c, TR_DATASET, 0); i < c->n_records; i = tr_case_next(c, TR_DATASET, i + 1))
		if (!tr_set_files_add(&l->sets, &c->records[i], false))
			return false;
	return tr_set_files_sort(&l->sets);
}

static int by_folder(const void *a, const void *b)
{
	const struct tr_case_file *x = *(const struct tr_case_file *const *)a, *y = *(const struct tr_case_file *const *)b;

	return vf_bytes_cmp(tr_set_folder(x->name), tr_set_folder(y->name));
}

/* Looks at the files of a record beside its defines, one of each folder. */
static bool look_beside(struct looking *l, const struct tr_case_record *r)
{
	const struct tr_case_file **defines = malloc((r->n_files + 1) * sizeof(const struct tr_case_file *));
	size_t n = 0, kept = 0;

	for (size_t i = 0; defines && i < r->n_files; i++) {
		size_t at = 0;

		if (tr_case_in_file(&r->files[i], TR_F_SET_FILE, &at))
			defines[n++] = &r->files[i];
	}
	if (n)
		qsort(defines, n, sizeof(const struct tr_case_file *), by_folder);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_folder(&defines[i - 1], &defines[i]) != 0)
			defines[kept++] = defines[i];
	for (size_t i = 0; defines && i < r->n_files; i++) {
		l->beside[i] = (struct beside){.depth = -1, .is_data = is_data(&r->files[i])};
		for (size_t k = 0; k < kept; k++) {
			ptrdiff_t depth = depth_in(defines[k], &r->files[i]);

			l->beside[i].depth = depth > l->beside[i].depth ? depth : l->beside[i].depth;
		}
	}
	free(defines);
	return defines != NULL;
}

static bool begin_record(struct looking *l, const struct tr_case_record *r)
{
	if (l->record == r)
		return true;
	tr_set_files_done(&l->own);
	free(l->beside);
	l->beside = malloc((r->n_files + 1) * sizeof(*l->beside));
	l->record = r;
	return l->beside && tr_set_files_add(&l->own, r, true) && tr_set_files_sort(&l->own) && look_beside(l, r);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *leaves = &c->by_name[TR_F_SET_FILE];
	const struct tr_case_file *last = NULL;
	struct looking l = {.c = c};
	enum vf_rc rc = leaves->n == 0 || begin(&l) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for data sets");

	for (size_t i = 0; rc == VF_OK && i < leaves->n; i++) {
		if (leaves->p[i].file == last)
			continue;
		last = leaves->p[i].file;
		rc = begin_record(&l, last->record) ? judge(rule, &l, last, f, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for data sets");
	}
	tr_set_files_done(&l.sets);
	tr_set_files_done(&l.own);
	free(l.beside);
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
