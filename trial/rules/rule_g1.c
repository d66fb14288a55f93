#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* A key in a text, not as a part of a longer word or number. */
static bool stands_in(struct vf_bytes key, struct vf_bytes text)
{
	const uint8_t *at = text.p, *end;

	if (key.n < 3 || text.n < key.n)
		return false; /* an absent text has no address */
	end = text.p + text.n;
	while ((size_t)(end - at) >= key.n) {
		const uint8_t *found = memmem(at, (size_t)(end - at), key.p, key.n);
		uint8_t before, after;

		if (!found)
			return false;
		before = found == text.p ? ' ' : found[-1];
		after = found + key.n == end ? ' ' : found[key.n];
		if (!((before | 0x20) >= 'a' && (before | 0x20) <= 'z') && !(before >= '0' && before <= '9') &&
			!((after | 0x20) >= 'a' && (after | 0x20) <= 'z') && !(after >= '0' && after <= '9'))
			return true;
		at = found + 1;
	}
	return false;
}

/* What of a record everybody sees: NULL when it names nobody. */
static const char *where_named(const struct tr_case_record *r, struct vf_bytes key)
{
	if (!tr_kind_is_personal(r->kind) && (stands_in(key, r->title) || stands_in(key, r->version)))
		return "title or version";
	for (size_t i = 0; !tr_kind_is_personal(r->kind) && i < r->n_files; i++)
		if (stands_in(key, r->files[i].name))
			return "the name of a file";
	return NULL;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	size_t named = 0, n = 0;
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		const char *where = NULL;
		char about[TR_NAMED_LEN + 1];

		n++;
		if (tr_kind_is_personal(r->kind) || (r->title.n == 0 && r->version.n == 0 && r->n_files == 0))
			continue;
		for (size_t j = 0; j < c->n_subjects && !where; j++)
			where = where_named(r, c->subjects[j].key);
		if (!where)
			continue;
		named++;
		tr_study_name(about, r);
		d = tr_study_draft(TR_WORD_CONFLICT, about, r, NULL);
		rc = tr_find(f, rule, &d, reterr, "a person's key stands in %s, which everybody sees who sees the record", where);
	}
	if (rc != VF_OK || named || n == 0)
		return rc;
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "none of the %zu keys of persons in the files stands in a statement or a file's name", c->n_subjects);
}

const struct tr_rule tr_rule_g1 = {
	.id = "G1",
	.title = "nobody is named",
	.text = "No key of a person that stands in a data file stands in what everybody sees of a record: title, version, names of files. Names, birth dates and "
		"addresses that are in no data file cannot be found so.",
	.inputs = "keys of persons in files; statements",
	.run = run,
};
