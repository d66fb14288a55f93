#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/grow.h"
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

static uint8_t lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Ascending, upper case as lower case. */
static int compare_but_case(struct vf_bytes a, struct vf_bytes b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return lower(a.p[i]) < lower(b.p[i]) ? -1 : 1;
	return (a.n > b.n) - (a.n < b.n);
}

static bool is_equal_but_case(struct vf_bytes a, struct vf_bytes b)
{
	return a.n == b.n && compare_but_case(a, b) == 0;
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

/* What names of one data set in any form and case have in common: the name without the ending, else all of it. */
static struct vf_bytes common_of(struct vf_bytes base)
{
	struct vf_bytes stem = stem_of(base);

	return stem.n ? stem : base;
}

static int compare_common(struct vf_bytes a, struct vf_bytes b)
{
	bool x = stem_of(a).n > 0, y = stem_of(b).n > 0;

	return x != y ? (x ? 1 : -1) : compare_but_case(common_of(a), common_of(b));
}

/* ---- what is delivered ---- */

enum delivery {
	NOT_DELIVERED,
	OTHER_FORM, /* 'dm.json' where 'dm.xpt' is named */
	OTHER_CASE,
	DELIVERED,
};

/* A file that may be what a define names. */
struct candidate {
	const struct tr_case_file *file;
	struct vf_bytes base, set; /* the name of its data set; empty: not said */
};

struct candidates {
	struct candidate *by_base, *by_set; /* those with the ending of a form alone in the second */
	size_t n, n_by_set, room;
};

static int by_base(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare_but_case(x->base, y->base);

	if (order == 0)
		order = vf_bytes_cmp(x->base, y->base);
	return order ? order : tr_case_file_order(x->file, y->file);
}

static int by_set(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare_but_case(stem_of(x->base), stem_of(y->base));

	if (order == 0)
		order = compare_but_case(x->set, y->set);
	return order ? order : tr_case_file_order(x->file, y->file);
}

static bool add(struct candidates *to, const struct tr_case_record *r)
{
	if (!TR_GROW(to->by_base, to->room, to->n + r->n_files))
		return false;
	for (size_t i = 0; i < r->n_files; i++) {
		size_t at = 0;
		const struct tr_kept_fact *set = tr_case_in_file(&r->files[i], TR_F_SET_NAME, &at);

		to->by_base[to->n++] = (struct candidate){&r->files[i], base_of(r->files[i].name), set ? tr_kept_text(set) : vf_bytes("", 0)};
	}
	return true;
}

static bool sort(struct candidates *c)
{
	c->by_set = malloc((c->n + 1) * sizeof(*c->by_set));
	c->n_by_set = 0;
	for (size_t i = 0; c->by_set && i < c->n; i++)
		if (stem_of(c->by_base[i].base).n)
			c->by_set[c->n_by_set++] = c->by_base[i];
	if (!c->by_set)
		return false;
	if (c->n)
		qsort(c->by_base, c->n, sizeof(*c->by_base), by_base);
	qsort(c->by_set, c->n_by_set, sizeof(*c->by_set), by_set);
	return true;
}

static void candidates_done(struct candidates *c)
{
	free(c->by_base);
	free(c->by_set);
	*c = (struct candidates){0};
}

/* The first with the same stem and a set of this name. */
static const struct candidate *find_form(const struct candidates *c, struct vf_bytes stem, struct vf_bytes set)
{
	size_t lo = 0, hi = c->n_by_set;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare_but_case(stem_of(c->by_set[mid].base), stem);

		if (order == 0)
			order = compare_but_case(c->by_set[mid].set, set);
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == c->n_by_set || compare_but_case(stem_of(c->by_set[lo].base), stem) != 0 || compare_but_case(c->by_set[lo].set, set) != 0)
		return NULL;
	return &c->by_set[lo];
}

/* The first of another form whose set has the name, or none; where the define says none, of the set that comes first. */
static const struct candidate *find_other_form(const struct candidates *c, struct vf_bytes stem, const struct tr_kept_fact *named)
{
	const struct candidate *plain = find_form(c, stem, vf_bytes("", 0)), *same;
	size_t lo = 0, hi = c->n_by_set;

	if (named) {
		same = find_form(c, stem, tr_kept_text(named));
		return !same || (plain && tr_case_file_order(plain->file, same->file) < 0) ? plain : same;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_but_case(stem_of(c->by_set[mid].base), stem) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n_by_set && compare_but_case(stem_of(c->by_set[lo].base), stem) == 0 ? &c->by_set[lo] : NULL;
}

/* How the files fit what a define names; named is its name of the set, or NULL. */
static enum delivery fits(const struct candidates *c, struct vf_bytes name, const struct tr_kept_fact *named, const struct tr_case_file **ret_file)
{
	size_t lo = 0, hi = c->n, any = c->n;
	const struct candidate *other;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare_but_case(c->by_base[mid].base, name);

		if (order == 0) {
			any = mid;
			order = vf_bytes_cmp(c->by_base[mid].base, name);
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < c->n && vf_bytes_eq(c->by_base[lo].base, name))
		any = lo;
	if (any < c->n) {
		*ret_file = c->by_base[any].file;
		return any == lo && vf_bytes_eq(c->by_base[lo].base, name) ? DELIVERED : OTHER_CASE;
	}
	other = stem_of(name).n ? find_other_form(c, stem_of(name), named) : NULL;
	if (!other)
		return NOT_DELIVERED;
	*ret_file = other->file;
	return OTHER_FORM;
}

/* ---- defines ---- */

/* What is looked at for all defines: the data sets of the study, and the files of one record with its defines. */
struct looking {
	const struct tr_case *c;
	struct candidates sets, own;
	const struct tr_case_record *record;
	const struct tr_case_file **defines; /* of that record: by folder */
	size_t n_defines;
};

/* Records of the define's own kind count. */
static enum delivery delivered(const struct looking *l, const struct tr_case_file *define, uint64_t item, struct vf_bytes name,
	const struct tr_case_file **ret_file)
{
	const struct tr_kept_fact *named = tr_case_item(define, item, TR_F_SET_NAME);
	const struct tr_case_file *own = NULL;
	enum delivery best = fits(&l->sets, name, named, ret_file), how = fits(&l->own, name, named, &own);

	if (how < best || how == NOT_DELIVERED || (how == best && tr_case_file_order(*ret_file, own) < 0))
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
	struct vf_bytes name = base_of(tr_kept_text(leaf));
	const struct tr_case_file *file = NULL;
	enum delivery how = name.n ? delivered(l, define, leaf->item, name, &file) : NOT_DELIVERED;
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
	d.word = l->c->is_whole ? TR_WORD_MISSING : TR_WORD_MISSING_RECORD;
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

/* What a define names, by what all forms of a set have in common. */
struct leaves {
	struct vf_bytes *p;
	size_t n;
};

static int by_common(const void *a, const void *b)
{
	return compare_common(*(const struct vf_bytes *)a, *(const struct vf_bytes *)b);
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
			ret->p[ret->n++] = base_of(tr_kept_text(leaf));
		}
	}
	if (ret->n)
		qsort(ret->p, ret->n, sizeof(*ret->p), by_common);
	return true;
}

static bool is_named(const struct leaves *leaves, struct vf_bytes base)
{
	return leaves->n && bsearch(&base, leaves->p, leaves->n, sizeof(base), by_common) != NULL;
}

/* The folder of a file, with the '/'. */
static struct vf_bytes folder_of(struct vf_bytes name)
{
	struct vf_bytes folder = name;

	vf_ignore(vf_bytes_slice(name, 0, name.n - base_of(name).n, &folder) ? VF_OK : VF_INTERNAL); /* a part of it */
	return folder;
}

static int by_folder(const void *a, const void *b)
{
	return vf_bytes_cmp(folder_of((*(const struct tr_case_file *const *)a)->name), folder_of((*(const struct tr_case_file *const *)b)->name));
}

/* The octets of the longest folder around a file that has a define of its record; -1: none has. */
static ptrdiff_t nearest(const struct looking *l, struct vf_bytes name)
{
	struct vf_bytes folder = folder_of(name);

	for (;;) {
		const struct tr_case_file wanted = {.name = folder}, *key = &wanted;
		size_t n = folder.n ? folder.n - 1 : 0;

		if (bsearch(&key, l->defines, l->n_defines, sizeof(const struct tr_case_file *), by_folder))
			return (ptrdiff_t)folder.n;
		if (folder.n == 0)
			return -1;
		while (n > 0 && folder.p[n - 1] != '/')
			n--;
		folder.n = n;
	}
}

/* Another define is nearer to the file: a submission has one in the folder of each standard. */
static bool has_nearer(const struct looking *l, const struct tr_case_file *define, const struct tr_case_file *file)
{
	struct vf_bytes folder = folder_of(define->name), head;
	bool around = vf_bytes_slice(file->name, 0, folder.n, &head) && vf_bytes_eq(head, folder);

	return nearest(l, file->name) > (around ? (ptrdiff_t)folder.n : -1);
}

/* Data beside the define in its own record that it does not name. */
static VF_RC judge_extra(const struct tr_rule *rule, const struct looking *l, const struct tr_case_file *define, struct tr_findings *f,
	struct vf_err *reterr)
{
	struct leaves leaves;
	enum vf_rc rc = collect_leaves(define, &leaves) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a define");

	for (size_t i = 0; rc == VF_OK && i < define->record->n_files; i++) {
		const struct tr_case_file *file = &define->record->files[i];
		char about[TR_NAMED_LEN + 1], shown[100];
		struct tr_finding_draft d;

		if (!is_data(file) || is_named(&leaves, base_of(file->name)) || has_nearer(l, define, file))
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
		if (!add(&l->sets, &c->records[i]))
			return false;
	return sort(&l->sets);
}

/* The files of a record with a define; those of a data set are among all. */
static bool begin_record(struct looking *l, const struct tr_case_record *r)
{
	if (l->record == r)
		return true;
	candidates_done(&l->own);
	free(l->defines);
	l->n_defines = 0;
	l->defines = malloc((r->n_files + 1) * sizeof(const struct tr_case_file *));
	l->record = r;
	if (!l->defines || (r->kind != TR_DATASET && !add(&l->own, r)) || !sort(&l->own))
		return false;
	for (size_t i = 0; i < r->n_files; i++) {
		size_t at = 0;

		if (tr_case_in_file(&r->files[i], TR_F_SET_FILE, &at))
			l->defines[l->n_defines++] = &r->files[i];
	}
	qsort(l->defines, l->n_defines, sizeof(const struct tr_case_file *), by_folder);
	return true;
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
	candidates_done(&l.sets);
	candidates_done(&l.own);
	free(l.defines);
	return rc;
}

const struct tr_rule tr_rule_d4 = {
	.id = "D4",
	.title = "define and data complete",
	.text = "Every data set that a define.xml names is delivered, and every data file beside it is named. Upper and lower case, and another form of the "
		"same data set (dm.json for dm.xpt), are a note.",
	.inputs = "define.xml and the files of its record, records of kind dataset",
	.run = run,
};
