#include "trial/rules/own.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>

#include "verify/text.h"

static const enum tr_fact_name registries[] = {TR_F_ID_NCT, TR_F_ID_ISRCTN, TR_F_ID_EUDRACT, TR_F_ID_EUCT, TR_F_ID_REGISTRY};
#define N_REGISTRIES (sizeof(registries) / sizeof(registries[0]))

/* A record that says when it was first submitted is a registry's, under the identifier of a kind that it has first. */
static bool is_record_of(const struct tr_case_fact *id, enum tr_fact_name name)
{
	const struct tr_kept_fact *first = NULL, *f;

	if (!tr_own_fact(id->file, id->fact->item, TR_F_REG_FIRST))
		return false;
	for (size_t i = 0; i < N_REGISTRIES; i++) {
		f = tr_own_fact(id->file, id->fact->item, registries[i]);
		first = f && (!first || f < first) ? f : first;
	}
	return first && first->name == name;
}

/* Whether a record of a registry says so. */
static bool has_record(const struct tr_case *c, enum tr_fact_name name, struct vf_bytes id)
{
	size_t n;
	const struct tr_case_said *said = tr_case_saying(c, name, id, &n);

	for (size_t i = 0; i < n; i++)
		if (is_record_of(&said[i].of, name))
			return true;
	return false;
}

/* Eight digits in a registry's record may be an ISRCTN number without its letters. */
static bool may_be_isrctn(struct vf_bytes id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] < '0' || id.p[i] > '9')
			return false;
	return id.n == 8;
}

static bool is_seen(const struct tr_case *c, enum tr_fact_name name, struct vf_bytes id)
{
	char isrctn[16];

	if (name != TR_F_ID_OTHER)
		return has_record(c, name, id);
	if (!may_be_isrctn(id))
		return true;
	snprintf(isrctn, sizeof(isrctn), "ISRCTN%.*s", VF_STR(id));
	return has_record(c, TR_F_ID_ISRCTN, vf_bytes_str(isrctn));
}

/* The study's own; other numbers count where a registry's record has them. */
static bool is_own(const struct tr_case_fact *id, enum tr_fact_name name)
{
	if (name == TR_F_ID_OTHER && !tr_own_fact(id->file, id->fact->item, TR_F_REG_FIRST))
		return false;
	return tr_own_is(id->file, id->fact->item);
}

static bool is_before(const struct tr_case_fact *x, const struct tr_case_fact *y)
{
	int order = tr_case_file_order(x->file, y->file);

	return order ? order < 0 : x->fact < y->fact;
}

/* The first identifier of a kind of which no record is at hand; NULL when there is none. What says the same is looked at once. */
static const struct tr_kept_fact *unseen_of(const struct tr_case *c, enum tr_fact_name name)
{
	const struct tr_case_fact *first = NULL;
	size_t i = 0, n;

	while (i < c->n_said && c->said[i].of.fact->name != name)
		i++;
	for (; i < c->n_said && c->said[i].of.fact->name == name; i += n) {
		struct vf_bytes id = tr_kept_text(c->said[i].of.fact);

		for (n = 1; i + n < c->n_said && c->said[i + n].of.fact->name == name && vf_bytes_eq(tr_kept_text(c->said[i + n].of.fact), id);)
			n++;
		if (is_seen(c, name, id))
			continue;
		for (size_t j = i; j < i + n; j++)
			if ((!first || is_before(&c->said[j].of, first)) && is_own(&c->said[j].of, name))
				first = &c->said[j].of;
	}
	return first ? first->fact : NULL;
}

/* An identifier at a registry of which no record is at hand; NULL when there is none. */
static const struct tr_kept_fact *unseen(const struct tr_case *c)
{
	const struct tr_kept_fact *id = NULL;

	for (size_t i = 0; i < N_REGISTRIES && !id; i++)
		id = unseen_of(c, registries[i]);
	return id ? id : unseen_of(c, TR_F_ID_OTHER);
}

/* The earliest first submission; what the details of a record say of it counts as declared. */
static struct tr_dated first_submitted(const struct tr_case *c, const struct tr_case_record **ret)
{
	const struct tr_case_file *file;
	struct tr_dated best = tr_study_earliest(c, TR_F_REG_FIRST, &file);

	*ret = file ? file->record : NULL;
	for (size_t i = tr_case_next(c, TR_REGISTRATION, 0); i < c->n_records; i = tr_case_next(c, TR_REGISTRATION, i + 1)) {
		struct tr_dated d = tr_dated_text(tr_case_detail(&c->records[i], "first_submitted"));

		if (tr_dated_is(&d) && (!*ret || d.when.hi < best.when.hi))
			*ret = &c->records[i];
		best = tr_dated_first(&best, &d);
	}
	return best;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *where;
	struct tr_enrolment e = tr_study_enrolment(c);
	struct tr_dated r = first_submitted(c, &where);
	const struct tr_kept_fact *other = unseen(c);
	char a[TR_DATED_LEN + 1], s[TR_DATED_LEN + 1], id[64] = "";
	enum tr_word word = tr_no_later(&r, &e.when, true);
	struct tr_finding_draft d;

	if (!where && !r.is_bad && !tr_dated_is(&e.when) && tr_case_next(c, TR_REGISTRATION, 0) == c->n_records)
		return VF_OK;
	if (other)
		vf_text_escape(id, sizeof(id), tr_kept_text(other));
	if (!where && !r.is_bad)
		word = TR_WORD_MISSING_RECORD;
	else if (word == TR_WORD_ORDER && other)
		word = TR_WORD_OTHER_REGISTRY;
	else if (e.anticipated && tr_word_verdict(word) != TR_UNDECIDED)
		word = TR_WORD_PROXY_ONLY;
	tr_dated_put(a, &r);
	tr_dated_put(s, &e.when);
	d = tr_study_draft(word, "study", where, e.record);
	return tr_find(f, rule, &d, reterr, "first submitted to a registry: %s; first enrolment: %s%s%s%s%s", a, s,
		e.proxy ? " by " : "", e.proxy ? e.source : "", other ? "; no record at hand of " : "", id);
}

const struct tr_rule tr_rule_p1 = {
	.id = "P1",
	.title = "registration before enrolment",
	.text = "The earliest date at which the trial was first submitted to any registry has to be no later than the first "
		"enrolment (ICMJE; the month is enough where only the month is known). Dates of posting or of quality control "
		"do not count. It fails only when every registry that is named is at hand and later.",
	.inputs = "registry records, consents, the start of the study",
	.reads = TR_READS(TR_F_REG_FIRST, TR_F_CONSENT_DATE, TR_F_STUDY_START),
	.run = run,
};
