#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stddef.h>

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

/* 2: there by this name; 1: by another case; 0: not there. Records of the define's own kind count, its own first. */
static int delivered(const struct tr_case *c, const struct tr_case_file *define, struct vf_bytes name)
{
	int best = 0;

	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = 0; j < c->records[i].n_files; j++) {
			struct vf_bytes base = base_of(c->records[i].files[j].name);

			if (&c->records[i] != define->record && c->records[i].kind != TR_DATASET)
				continue;
			if (vf_bytes_eq(base, name))
				return 2;
			best = is_equal_but_case(base, name) ? 1 : best;
		}
	return best;
}

static VF_RC judge_leaf(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *define,
	const struct tr_kept_fact *leaf, struct tr_findings *f, size_t *good, struct vf_err *reterr)
{
	struct vf_bytes name = base_of(tr_kept_text(leaf));
	int how = name.n ? delivered(c, define, name) : 0;
	char about[TR_NAMED_LEN + 1], shown[100];
	struct tr_finding_draft d;

	tr_study_file(about, define);
	vf_text_escape(shown, sizeof(shown), tr_kept_text(leaf));
	d = tr_study_draft(TR_WORD_CASE, about, define->record, NULL);
	if (how == 2) {
		(*good)++;
		return VF_OK;
	}
	if (how == 1)
		return tr_find(f, rule, &d, reterr, "'%s' is there in another case", shown);
	d.word = tr_case_absent(c, TR_WORD_MISSING);
	return tr_find(f, rule, &d, reterr, name.n ? "'%s' is not delivered" : "'%s' leads out of the folder", shown);
}

static bool is_data(struct vf_bytes name)
{
	static const char *const ends[] = {".xpt", ".XPT", ".json", ".ndjson", ".dsjc", ".csv"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (vf_bytes_ends(name, ends[i]))
			return true;
	return false;
}

static bool is_named(const struct tr_case_file *define, struct vf_bytes base)
{
	static const enum tr_fact_name names[] = {TR_F_SET_FILE, TR_F_DOC_NAME};
	const struct tr_kept_fact *leaf;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t at = 0;

		while ((leaf = tr_case_in_file(define, names[i], &at)) != NULL)
			if (is_equal_but_case(base_of(tr_kept_text(leaf)), base))
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

		if (!is_data(file->name) || has_nearer(define, file) || is_named(define, base_of(file->name)))
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
	size_t at = 0, good = 0;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && (leaf = tr_case_in_file(define, TR_F_SET_FILE, &at)) != NULL)
		rc = judge_leaf(rule, c, define, leaf, f, &good, reterr);
	if (rc == VF_OK)
		rc = judge_extra(rule, define, f, reterr);
	if (rc != VF_OK || good == 0)
		return rc;
	tr_study_file(about, define);
	d = tr_study_draft(TR_WORD_NONE, about, define->record, NULL);
	return tr_find(f, rule, &d, reterr, "%zu data sets that it names are delivered", good);
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
	.text = "Every data set that a define.xml names is delivered, and every data file beside it is named. Upper and lower case are a note.",
	.inputs = "define.xml and the files of its record, records of kind dataset",
	.run = run,
};
