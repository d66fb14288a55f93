#include "trial/rules/study.h"

#include <stdio.h>

#include "trial/rules/own.h"
#include "verify/text.h"

/* The fact whose date is the earliest or latest among those of the study itself; NULL: none has a date. */
static const struct tr_case_fact *extreme(const struct tr_case *c, enum tr_fact_name name, bool latest)
{
	const struct tr_case_facts *all = &c->by_name[name];
	const struct tr_case_fact *best = NULL;
	struct tr_dated of_best = tr_dated_none();

	for (size_t i = 0; i < all->n; i++) {
		struct tr_dated d = tr_dated_of_fact(all->p[i].fact);
		const struct tr_dated *chosen = latest ? tr_dated_later(&of_best, &d) : tr_dated_earlier(&of_best, &d);

		if (!tr_dated_is(&d) || (best && chosen != &d) || !tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		of_best = d;
		best = &all->p[i];
	}
	return best;
}

struct tr_dated tr_study_earliest(const struct tr_case *c, enum tr_fact_name name, const struct tr_case_file **ret_file)
{
	const struct tr_case_fact *best = extreme(c, name, false);

	*ret_file = best ? best->file : NULL;
	return tr_dated_of_fact(best ? best->fact : NULL);
}

struct tr_dated tr_study_latest(const struct tr_case *c, enum tr_fact_name name, const struct tr_case_file **ret_file)
{
	const struct tr_case_fact *best = extreme(c, name, true);

	*ret_file = best ? best->file : NULL;
	return tr_dated_of_fact(best ? best->fact : NULL);
}

/* What consent records say of themselves, where their details are disclosed. */
static void from_records(const struct tr_case *c, struct tr_enrolment *e)
{
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		struct tr_dated d;

		if (r->kind != TR_CONSENT || !r->details || r->details->when.n == 0)
			continue;
		d = tr_dated_text(r->details->when);
		if (!tr_dated_is(&d) || tr_dated_earlier(&e->when, &d) == &e->when)
			continue;
		e->when = d;
		e->source = "consent records";
		e->record = r;
	}
}

static void from_facts(const struct tr_case *c, enum tr_fact_name name, const char *source, struct tr_enrolment *e)
{
	const struct tr_case_file *file;
	struct tr_dated d = tr_study_earliest(c, name, &file);

	if (!tr_dated_is(&d) || (tr_dated_is(&e->when) && tr_dated_earlier(&e->when, &d) == &e->when))
		return;
	e->when = d;
	e->source = source;
	e->record = file->record;
}

static bool is_actual(struct vf_bytes kind)
{
	static const char actual[] = "actual";

	for (size_t i = 0; i < kind.n && i < 6; i++)
		if ((kind.p[i] | 0x20) != actual[i])
			return false;
	return kind.n == 6;
}

/* "Anticipated", "Estimated": the word stands in the record of the date, however it is written. */
static bool is_anticipated(const struct tr_case_fact *start)
{
	const struct tr_kept_fact *f = tr_own_fact(start->file, start->fact->item, TR_F_STUDY_START_KIND);
	struct vf_bytes kind = f ? tr_kept_text(f) : vf_bytes("", 0);

	return kind.n && ((kind.p[0] | 0x20) == 'a' || (kind.p[0] | 0x20) == 'e') && !is_actual(kind);
}

/* The earliest start that happened; a plan only where there is nothing else. */
static void from_starts(const struct tr_case *c, struct tr_enrolment *e)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_STUDY_START];

	for (size_t i = 0; i < all->n; i++) {
		struct tr_dated d = tr_dated_of_fact(all->p[i].fact);
		bool plan;

		if (!tr_dated_is(&d) || !tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		plan = is_anticipated(&all->p[i]);
		if (e->proxy && (plan > e->anticipated || (plan == e->anticipated && tr_dated_earlier(&e->when, &d) == &e->when)))
			continue;
		*e = (struct tr_enrolment){.when = d,
			.proxy = true,
			.anticipated = plan,
			.source = "the start of the study in a file",
			.record = all->p[i].file->record};
	}
}

struct tr_enrolment tr_study_enrolment(const struct tr_case *c)
{
	struct tr_enrolment e = {.when = tr_dated_none(), .source = ""};

	from_records(c, &e);
	from_facts(c, TR_F_CONSENT_DATE, "consent dates in files", &e);
	if (!tr_dated_is(&e.when))
		from_starts(c, &e);
	return e;
}

static bool comes_after(const struct tr_case *c, const struct tr_case_record *later, const struct tr_case_record *earlier, bool amends,
	unsigned depth, unsigned *left)
{
	for (size_t i = 0; i < later->n_links && depth > 0; i++) {
		const struct tr_case_record *to;

		if (later->links[i].type != TR_SUPERSEDES && (!amends || later->links[i].type != TR_AMENDS))
			continue;
		if (*left == 0)
			return false;
		(*left)--;
		to = tr_case_record(c, &later->links[i].record);
		if (to && (to == earlier || comes_after(c, to, earlier, amends, depth - 1, left)))
			return true;
	}
	return false;
}

bool tr_study_comes_after(const struct tr_case *c, const struct tr_case_record *later, const struct tr_case_record *earlier, bool amends)
{
	unsigned left = 4096;

	return comes_after(c, later, earlier, amends, 64, &left);
}

bool tr_study_is_later(const struct tr_case_record *r)
{
	for (size_t i = 0; i < r->n_links; i++)
		if (r->links[i].type == TR_SUPERSEDES || r->links[i].type == TR_AMENDS)
			return true;
	return false;
}

void tr_study_name(char out[TR_NAMED_LEN + 1], const struct tr_case_record *r)
{
	char id[TR_CASE_SHORT + 1], version[64] = "";
	struct vf_bytes kind = r->kind == TR_OWN ? r->own_kind : vf_bytes_str(tr_kind_name(r->kind));

	tr_case_short(id, &r->id);
	vf_text_escape(version, sizeof(version), r->version);
	snprintf(out, TR_NAMED_LEN + 1, version[0] ? "%.*s %s, record %s" : "%.*s%s, record %s", VF_STR(kind), version, id);
}

struct tr_finding_draft tr_study_draft(enum tr_word word, const char *about, const struct tr_case_record *a,
	const struct tr_case_record *b)
{
	struct tr_finding_draft d = {.word = word, .about = vf_bytes_str(about)};

	if (a)
		d.records[0] = &a->id;
	if (b && b != a)
		d.records[a ? 1 : 0] = &b->id;
	return d;
}

void tr_study_file(char out[TR_NAMED_LEN + 1], const struct tr_case_file *file)
{
	char id[TR_CASE_SHORT + 1], name[TR_NAMED_LEN - 20];

	tr_case_short(id, &file->record->id);
	vf_text_escape(name, sizeof(name), file->name);
	snprintf(out, TR_NAMED_LEN + 1, "%s, record %s", name, id);
}
