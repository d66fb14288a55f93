#include "trial/rules/study.h"

#include <stdio.h>

#include "trial/rules/approval.h"
#include "trial/rules/own.h"
#include "verify/text.h"

bool tr_study_holds(const struct tr_case *c, const struct tr_case_fact *of)
{
	const bool consent = of->fact->name == TR_F_CONSENT_DATE;
	const enum tr_fact_name name = consent ? TR_F_CONSENT_KEY : TR_F_WITHDRAWAL_KEY;
	const struct tr_kept_fact *key = tr_case_item(of->file, of->fact->item, name), *other;
	const struct tr_kept_fact *action = tr_case_item(of->file, of->fact->item, consent ? TR_F_CONSENT_ACTION : TR_F_WITHDRAWAL_ACTION);
	const struct tr_case_subject *s = key && of->fact->subject.n ? tr_case_subject(c, of->fact->subject) : NULL;
	bool behind = false;

	for (size_t i = 0; s && i < s->facts.n; i++) {
		const struct tr_case_fact *x = &s->facts.p[i];

		if (behind && x->fact->name == of->fact->name && (other = tr_case_item(x->file, x->fact->item, name)) != NULL &&
			vf_bytes_eq(tr_kept_text(other), tr_kept_text(key)))
			return false;
		behind |= x->fact == of->fact;
	}
	return !action || !vf_bytes_is(tr_kept_text(action), "Remove");
}

/* What is first or last of all these dates of the study itself. *ret_file is that of the one that ends first, or begins last; NULL:
 * none has a date. */
static struct tr_dated extreme(const struct tr_case *c, enum tr_fact_name name, bool latest, const struct tr_case_file **ret_file)
{
	const struct tr_case_facts *all = &c->by_name[name];
	struct tr_dated of_all = tr_dated_none(), best = tr_dated_none();

	*ret_file = NULL;
	for (size_t i = 0; i < all->n; i++) {
		struct tr_dated d = tr_dated_of_fact(all->p[i].fact);

		if (!tr_own_is(all->p[i].file, all->p[i].fact->item) || (name == TR_F_CONSENT_DATE && !tr_study_holds(c, &all->p[i])))
			continue;
		of_all = latest ? tr_dated_last(&of_all, &d) : tr_dated_first(&of_all, &d);
		if (!tr_dated_is(&d) || (*ret_file && (latest ? d.when.lo <= best.when.lo : d.when.hi >= best.when.hi)))
			continue;
		best = d;
		*ret_file = all->p[i].file;
	}
	return of_all;
}

struct tr_dated tr_study_earliest(const struct tr_case *c, enum tr_fact_name name, const struct tr_case_file **ret_file)
{
	return extreme(c, name, false, ret_file);
}

struct tr_dated tr_study_latest(const struct tr_case *c, enum tr_fact_name name, const struct tr_case_file **ret_file)
{
	return extreme(c, name, true, ret_file);
}

/* What consent records say of themselves, where their details are disclosed. */
static void from_records(const struct tr_case *c, bool all_known, struct tr_enrolment *e)
{
	struct tr_dated best = tr_dated_none();
	bool undisclosed = false;

	for (size_t i = tr_case_next(c, TR_CONSENT, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT, i + 1)) {
		const struct tr_case_record *r = &c->records[i];
		struct tr_dated d;

		undisclosed |= !r->is_erased && (!r->details || r->details->when.n == 0);
		if (!r->details || r->details->when.n == 0)
			continue;
		d = tr_consent_given(r);
		e->when = tr_dated_first(&e->when, &d);
		if (!tr_dated_is(&d) || (e->record && d.when.hi >= best.when.hi))
			continue;
		best = d;
		e->source = "consent records";
		e->record = r;
	}
	if (undisclosed && !all_known)
		e->when = tr_dated_or_before(&e->when, TR_WORD_MISSING_DATE);
}

static void from_facts(const struct tr_case *c, enum tr_fact_name name, const char *source, struct tr_enrolment *e)
{
	const struct tr_case_file *file;
	struct tr_dated d = tr_study_earliest(c, name, &file);

	if (!file) {
		if (!tr_dated_is(&e->when) && (d.is_bad || d.is_partial))
			e->when = d;
		return;
	}
	if (!e->record || d.when.hi < e->when.when.hi) {
		e->source = source;
		e->record = file->record;
	}
	e->when = tr_dated_first(&e->when, &d);
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
	struct tr_dated best = tr_dated_none();

	for (size_t i = 0; i < all->n; i++) {
		struct tr_dated d = tr_dated_of_fact(all->p[i].fact);
		bool plan;

		if (!tr_dated_is(&d) || !tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		plan = is_anticipated(&all->p[i]);
		if (e->proxy && plan > e->anticipated)
			continue;
		if (!e->proxy || plan < e->anticipated)
			*e = (struct tr_enrolment){.when = tr_dated_none(), .proxy = true, .anticipated = plan, .source = "the start of the study in a file"};
		e->when = tr_dated_first(&e->when, &d);
		if (e->record && d.when.hi >= best.when.hi)
			continue;
		best = d;
		e->record = all->p[i].file->record;
	}
}

struct tr_enrolment tr_study_enrolment(const struct tr_case *c)
{
	struct tr_enrolment e = {.when = tr_dated_none(), .source = ""};

	/* data sets know everybody who took part: records that do not say when leave nothing open beside them */
	from_records(c, c->by_name[TR_F_CONSENT_DATE].n > 0, &e);
	from_facts(c, TR_F_CONSENT_DATE, "consent dates in files", &e);
	if (!tr_dated_is(&e.when))
		from_starts(c, &e);
	return e;
}

const struct tr_case_record *tr_study_unblinding(const struct tr_case *c)
{
	for (size_t i = tr_case_next(c, TR_UNBLINDING, 0); i < c->n_records; i = tr_case_next(c, TR_UNBLINDING, i + 1))
		if (!vf_bytes_is(tr_case_detail(&c->records[i], "scope"), "participant"))
			return &c->records[i];
	return NULL;
}

static bool comes_after(const struct tr_case *c, const struct tr_case_record *later, const struct tr_case_record *earlier,
	unsigned depth, unsigned *left)
{
	for (size_t i = 0; i < later->n_links && depth > 0; i++) {
		const struct tr_case_record *to;

		if (later->links[i].type != TR_SUPERSEDES)
			continue;
		if (*left == 0)
			return false;
		(*left)--;
		to = tr_case_record(c, &later->links[i].record);
		if (to && (to == earlier || comes_after(c, to, earlier, depth - 1, left)))
			return true;
	}
	return false;
}

bool tr_study_comes_after(const struct tr_case *c, const struct tr_case_record *later, const struct tr_case_record *earlier)
{
	unsigned left = TR_STUDY_WAYS;

	return comes_after(c, later, earlier, TR_STUDY_STEPS, &left);
}

bool tr_study_is_later(const struct tr_case_record *r)
{
	for (size_t i = 0; i < r->n_links; i++)
		if (r->links[i].type == TR_SUPERSEDES || r->links[i].type == TR_AMENDS)
			return true;
	return false;
}

void tr_study_parameters(char out[TR_STUDY_SAID_LEN + 1], const struct tr_case *c, const struct tr_case_record *parameters)
{
	/* what weighs most first */
	static const struct {
		enum tr_kind kind;
		const char *name;
	} known[] = {{TR_RESULTS, "results"}, {TR_UNBLINDING, "an unblinding"}, {TR_DATABASE_LOCK, "a database lock"}, {TR_DATASET, "data"}};
	const char *before = NULL;
	size_t replaced = 0, n = 0;

	for (size_t i = tr_case_next(c, TR_OTHER, 0); i < c->n_records && &c->records[i] < parameters; i = tr_case_next(c, TR_OTHER, i + 1))
		replaced += vf_bytes_is(tr_case_detail(&c->records[i], "what"), "trialnotary rules") ? 1 : 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !before; i++) {
		size_t at = tr_case_next(c, known[i].kind, 0);

		before = at < c->n_records && &c->records[at] < parameters ? known[i].name : NULL;
	}
	out[0] = '\0';
	if (replaced)
		n = (size_t)snprintf(out, TR_STUDY_SAID_LEN + 1, "they replace those of %zu earlier %s", replaced, replaced == 1 ? "record" : "records");
	if (before)
		snprintf(out + n, TR_STUDY_SAID_LEN + 1 - n, "%sthe log has %s before them", n ? "; " : "", before);
}

void tr_study_name(char out[TR_NAMED_LEN + 1], const struct tr_case_record *r)
{
	char id[TR_CASE_SHORT + 1], version[64] = "";
	struct vf_bytes kind = r->kind == TR_OWN ? r->own_kind : vf_bytes_str(tr_kind_name(r->kind));

	tr_case_short(id, &r->id);
	vf_text_escape(version, sizeof(version), r->version);
	if (kind.n == 0) /* of an erased one nothing is known but its place */
		snprintf(out, TR_NAMED_LEN + 1, "record %s", id);
	else
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
