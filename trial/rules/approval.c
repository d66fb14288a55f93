#include "trial/rules/approval.h"

#include <stdio.h>
#include <stdlib.h>

#include "trial/grow.h"
#include "trial/rules/own.h"
#include "trial/rules/study.h"

/* ---- which approval is of what ---- */

/* An approval that holds at the sites of a list, and what it approves; and one of those sites. */
struct pair {
	const struct tr_case_record *of, *approval;
};
struct listed {
	struct vf_bytes site;
	const struct tr_case_record *approval;
};

/*
 * Something approved: by those that hold everywhere, by any, and by those that list sites (n pairs from at); all of them, those
 * from the earliest first (n_all from all), and what boards decided otherwise (n_refused from refused).
 */
struct approved {
	const struct tr_case_record *of;
	struct tr_approval everywhere, any;
	size_t at, n, all, n_all, refused, n_refused;
};

/* What was asked before. */
struct answer {
	size_t of, site; /* in approved, from 1; in listed */
	const struct tr_case_record *approval;
};

struct tr_approvals {
	struct approved *approved; /* ascending by record */
	struct pair *pairs;        /* by what is approved, then in the order of the log */
	struct listed *listed;     /* by site, then in the order of the log */
	struct answer *answers;    /* an open hash table */
	struct tr_approval *all;
	const struct tr_case_record **refused;
	size_t n_all, room_all, n_refused, room_refused;
	size_t n_approved, room_approved, n_pairs, room_pairs, n_listed, room_listed, n_answers, room_answers;
};

static struct tr_dated from_of(const struct tr_case_record *a)
{
	struct tr_dated d = a->details ? tr_dated_text(a->details->from) : tr_dated_none();

	if (tr_dated_is(&d) || d.is_bad) {
		d.grade = a->signer.n ? TR_SIGNED : TR_DECLARED;
		return d;
	}
	return tr_case_date(a);
}

static bool approves(const struct tr_case_record *a, const struct tr_case_record *r)
{
	if (!a->details)
		return a->kind == TR_ETHICS_APPROVAL && !a->is_erased;
	if (a->details->decision != TR_DECISION_APPROVED && a->details->decision != TR_DECISION_CONDITIONAL)
		return false;
	return !r->details || !tr_scope_is_apart(&a->details->scope, &r->details->scope);
}

static bool is_for_site(const struct tr_scope *scope, struct vf_bytes site)
{
	for (size_t i = 0; i < scope->sites.n; i++)
		if (vf_bytes_eq(scope->sites.of[i], site))
			return true;
	return scope->is_global || scope->sites.n == 0 || site.n == 0;
}

static bool lists_sites(const struct tr_case_record *a)
{
	return a->details && !a->details->scope.is_global && a->details->scope.sites.n > 0;
}

static struct tr_approval make(const struct tr_case_record *a)
{
	struct tr_approval none = {.from = tr_dated_none(), .anchor = tr_dated_none(), .until = tr_dated_none()};

	return a ? (struct tr_approval){.record = a, .from = from_of(a), .anchor = tr_case_anchor(a), .until = none.until} : none;
}

/* The one that counts of two, whichever comes first in the log. */
static struct tr_approval better(const struct tr_approval *x, const struct tr_approval *y)
{
	const struct tr_approval *first = x->record < y->record ? x : y, *second = first == x ? y : x;

	if (!x->record || !y->record)
		return x->record ? *x : *y;
	return tr_dated_is(&second->from) && (!tr_dated_is(&first->from) || second->from.when.hi < first->from.when.hi) ? *second : *first;
}

static int by_record(const void *a, const void *b)
{
	const struct approved *x = a, *y = b;

	return (x->of > y->of) - (x->of < y->of);
}

static int by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->of != y->of)
		return x->of < y->of ? -1 : 1;
	return (x->approval > y->approval) - (x->approval < y->approval);
}

static int by_site(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	int order = vf_bytes_cmp(x->site, y->site);

	return order ? order : (x->approval > y->approval) - (x->approval < y->approval);
}

/* Of those that say the same of a use, which one is named: the earliest, by its last moment, of equal ones the first in the log; else
 * the last without a date. */
static int by_from(const void *a, const void *b)
{
	const struct tr_approval *x = a, *y = b;
	const int in_log = (x->record > y->record) - (x->record < y->record);

	if (tr_dated_is(&x->from) != tr_dated_is(&y->from))
		return tr_dated_is(&x->from) ? -1 : 1;
	if (!tr_dated_is(&x->from))
		return -in_log;
	return x->from.when.hi != y->from.when.hi ? (x->from.when.hi < y->from.when.hi ? -1 : 1) : in_log;
}

static bool list_sites(struct tr_approvals *t, const struct tr_case_record *a)
{
	const struct tr_texts *sites = &a->details->scope.sites;

	if (!TR_GROW(t->listed, t->room_listed, t->n_listed + sites->n))
		return false;
	for (size_t i = 0; i < sites->n; i++)
		t->listed[t->n_listed++] = (struct listed){sites->of[i], a};
	return true;
}

/* What is decided of a record; decisions of one record come one after the other. NULL: no memory. */
static struct approved *entry(struct tr_approvals *t, const struct tr_case_record *of)
{
	if (t->n_approved && t->approved[t->n_approved - 1].of == of)
		return &t->approved[t->n_approved - 1];
	if (!TR_GROW(t->approved, t->room_approved, t->n_approved + 1))
		return NULL;
	t->approved[t->n_approved] =
		(struct approved){.of = of, .everywhere = make(NULL), .any = make(NULL), .all = t->n_all, .refused = t->n_refused};
	return &t->approved[t->n_approved++];
}

static bool add(struct tr_approvals *t, const struct tr_case_record *of, const struct tr_case_record *approval)
{
	struct tr_approval a = make(approval);
	struct approved *last = entry(t, of);

	if (!last || !TR_GROW(t->all, t->room_all, t->n_all + 1))
		return false;
	t->all[t->n_all++] = a;
	last->n_all++;
	last->any = better(&last->any, &a);
	if (!lists_sites(approval)) {
		last->everywhere = better(&last->everywhere, &a);
		return true;
	}
	if (!TR_GROW(t->pairs, t->room_pairs, t->n_pairs + 1))
		return false;
	t->pairs[t->n_pairs++] = (struct pair){of, approval};
	return true;
}

/* A decision that takes back, or never gave, what an earlier one may have given. */
static bool add_refusal(struct tr_approvals *t, const struct tr_case_record *of, const struct tr_case_record *refusal)
{
	struct approved *last;

	if (!refusal->details || refusal->details->decision == TR_DECISION_APPROVED || refusal->details->decision == TR_DECISION_CONDITIONAL)
		return true;
	last = entry(t, of);
	if (!last || !TR_GROW(t->refused, t->room_refused, t->n_refused + 1))
		return false;
	t->refused[t->n_refused++] = refusal;
	last->n_refused++;
	return true;
}

static void sort(struct tr_approvals *t)
{
	size_t at = 0;

	if (t->n_approved)
		qsort(t->approved, t->n_approved, sizeof(*t->approved), by_record);
	if (t->n_pairs)
		qsort(t->pairs, t->n_pairs, sizeof(*t->pairs), by_pair);
	if (t->n_listed)
		qsort(t->listed, t->n_listed, sizeof(*t->listed), by_site);
	for (size_t i = 0; i < t->n_approved; i++) {
		struct approved *x = &t->approved[i];

		for (x->at = at; at < t->n_pairs && t->pairs[at].of == x->of;)
			at++;
		x->n = at - x->at;
		if (x->n_all) /* none: refusals alone */
			qsort(t->all + x->all, x->n_all, sizeof(*t->all), by_from);
	}
}

struct tr_approvals *tr_approvals_new(const struct tr_case *c)
{
	struct tr_approvals *t = calloc(1, sizeof(*t));
	bool good = t != NULL;

	for (size_t i = 0; good && i < c->n_by_link; i++) {
		const struct tr_case_record *a = &c->records[c->by_link[i].from], *of;

		if (c->by_link[i].type != TR_APPROVES || (of = tr_case_record(c, &c->by_link[i].to)) == NULL)
			continue;
		good = approves(a, of) ? add(t, of, a) : add_refusal(t, of, a);
	}
	for (size_t i = 0; good && i < c->n_records; i++)
		if (lists_sites(&c->records[i]))
			good = list_sites(t, &c->records[i]);
	if (!good)
		return tr_approvals_free(t);
	sort(t);
	return t;
}

void *tr_approvals_free(struct tr_approvals *t)
{
	if (!t)
		return NULL;
	free(t->approved);
	free(t->pairs);
	free(t->listed);
	free(t->answers);
	free(t->all);
	free(t->refused);
	free(t);
	return NULL;
}

/* ---- asking ---- */

/* The places of those that list a site: *ret_n of them. */
static size_t find_site(const struct tr_approvals *t, struct vf_bytes site, size_t *ret_n)
{
	size_t end[2];

	for (int past = 0; past < 2; past++) {
		size_t lo = 0, hi = t->n_listed;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			int order = vf_bytes_cmp(t->listed[mid].site, site);

			if (order < 0 || (past && order == 0))
				lo = mid + 1;
			else
				hi = mid;
		}
		end[past] = lo;
	}
	*ret_n = end[1] - end[0];
	return end[0];
}

/* Of those that list the site: whichever list is shorter is gone through, and the other one asked. */
static struct tr_approval listing(const struct tr_approvals *t, const struct approved *x, size_t at, size_t n)
{
	struct tr_approval best = make(NULL), a;

	for (size_t i = 0; i < (x->n < n ? x->n : n); i++) {
		const struct tr_case_record *approval = x->n < n ? t->pairs[x->at + i].approval : t->listed[at + i].approval;
		const struct listed site = {t->listed[at].site, approval};
		const struct pair pair = {x->of, approval};

		if (x->n < n ? !bsearch(&site, t->listed + at, n, sizeof(site), by_site) : !bsearch(&pair, t->pairs + x->at, x->n, sizeof(pair), by_pair))
			continue;
		a = make(approval);
		best = better(&best, &a);
	}
	return best;
}

static struct answer *find_answer(struct answer *table, size_t room, size_t of, size_t site)
{
	size_t at = (size_t)((of * UINT64_C(0x9e3779b97f4a7c15)) ^ (site * UINT64_C(0xff51afd7ed558ccd)));

	for (at = (at ^ at >> 32) & (room - 1); table[at].of && (table[at].of != of || table[at].site != site);)
		at = (at + 1) & (room - 1);
	return &table[at];
}

/* Where an answer is or belongs; NULL: no memory, which costs time alone. */
static struct answer *place(struct tr_approvals *t, size_t of, size_t site)
{
	if (2 * t->n_answers >= t->room_answers) {
		size_t room = t->room_answers ? 2 * t->room_answers : 1024;
		struct answer *table = calloc(room, sizeof(*table));

		if (!table)
			return NULL;
		for (size_t i = 0; i < t->room_answers; i++)
			if (t->answers[i].of)
				*find_answer(table, room, t->answers[i].of, t->answers[i].site) = t->answers[i];
		free(t->answers);
		t->answers = table;
		t->room_answers = room;
	}
	return find_answer(t->answers, t->room_answers, of, site);
}

static const struct approved *find(const struct tr_approvals *t, const struct tr_case_record *r)
{
	const struct approved key = {.of = r};

	return t->n_approved ? bsearch(&key, t->approved, t->n_approved, sizeof(key), by_record) : NULL;
}

struct tr_approval tr_approval_at(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site)
{
	struct tr_approvals *t = c->approvals;
	const struct approved *x = find(t, r);
	struct tr_approval a;
	struct answer *known;
	size_t at, n;

	if (!x)
		return make(NULL);
	if (site.n == 0)
		return x->any;
	at = find_site(t, site, &n);
	if (x->n == 0 || n == 0)
		return x->everywhere;
	known = place(t, (size_t)(x - t->approved) + 1, at);
	if (known && known->of)
		return make(known->approval);
	a = listing(t, x, at, n);
	a = better(&x->everywhere, &a);
	if (known) {
		*known = (struct answer){(size_t)(x - t->approved) + 1, at, a.record};
		t->n_answers++;
	}
	return a;
}

struct tr_approval tr_approval_of(const struct tr_case *c, const struct tr_case_record *r)
{
	return tr_approval_at(c, r, vf_bytes("", 0));
}

/* Which of two decisions came later: as they are dated; where the dates do not say, as they came into the log. */
static bool is_later(const struct tr_case_record *a, const struct tr_case_record *b)
{
	struct tr_dated x = from_of(a), y = from_of(b);
	int order = tr_dated_is(&x) && tr_dated_is(&y) ? tr_dated_cmp(&x, &y) : 0;

	return order ? order > 0 : a > b;
}

/* A board that said yes and then no, after the approval and in its place: from then on it is none. */
static struct tr_dated taken_back(const struct tr_approvals *t, const struct approved *x, const struct tr_case_record *approval, struct vf_bytes site)
{
	struct tr_dated first = tr_dated_none(), d;

	for (size_t i = 0; i < x->n_refused; i++) {
		const struct tr_case_record *a = t->refused[x->refused + i];

		if (!is_later(a, approval) || !is_for_site(&a->details->scope, site) ||
			(approval->details && tr_scope_is_apart(&a->details->scope, &approval->details->scope)))
			continue;
		d = from_of(a);
		first = tr_dated_first(&first, &d);
	}
	return first;
}

/* Until when it holds: its last day, or the day before it was taken back. */
static enum tr_word ended(const struct tr_approvals *t, const struct approved *x, struct vf_bytes site, const struct tr_dated *use, struct tr_approval *a)
{
	struct tr_dated last = a->record->details ? tr_dated_text(a->record->details->until) : tr_dated_none(), back = taken_back(t, x, a->record, site);
	enum tr_word word = tr_dated_is(&last) ? tr_no_later(use, &last, false) : TR_WORD_NONE;

	if (word != TR_WORD_NONE && word != TR_WORD_SAME_DAY) {
		a->until = last;
		return word;
	}
	word = tr_dated_is(&back) ? tr_no_later(use, &back, false) : TR_WORD_NONE;
	if (word != TR_WORD_NONE)
		a->until = back;
	return word;
}

static enum tr_word word_for(const struct tr_approvals *t, const struct approved *x, struct vf_bytes site, const struct tr_dated *use, struct tr_approval *a)
{
	enum tr_word by_anchor = tr_no_later(&a->anchor, use, false), word = tr_no_later(&a->from, use, false), end;

	/* its own date may be declared; that it was there by its time-stamp is proven */
	if (by_anchor == TR_WORD_NONE && word != TR_WORD_ORDER)
		word = TR_WORD_NONE;
	if (tr_word_verdict(word) > TR_PASS_NOTE)
		return word;
	end = ended(t, x, site, use, a);
	if (tr_word_verdict(end) > tr_word_verdict(word))
		word = end;
	if (tr_word_verdict(word) > TR_PASS_NOTE)
		return word;
	if (!a->record->details)
		return TR_WORD_APPROVAL_UNSPECIFIC;
	return a->record->details->decision == TR_DECISION_CONDITIONAL ? TR_WORD_NEEDS_READER : word;
}

enum tr_word tr_approval_for(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site, const struct tr_dated *use,
	struct tr_approval *ret)
{
	const struct tr_approvals *t = c->approvals;
	const struct approved *x = find(t, r);
	enum tr_word best = TR_WORD_MISSING_RECORD, word;

	*ret = make(NULL);
	for (size_t i = 0; x && i < x->n_all && (!ret->record || tr_word_verdict(best) > TR_PASS); i++) {
		struct tr_approval a = t->all[x->all + i];

		if (a.record->details && !is_for_site(&a.record->details->scope, site))
			continue;
		word = word_for(t, x, site, use, &a);
		if (ret->record && tr_word_verdict(word) >= tr_word_verdict(best))
			continue;
		best = word;
		*ret = a;
	}
	return best;
}

void tr_approval_put(char out[TR_APPROVAL_LEN + 1], const struct tr_approval *a)
{
	char from[TR_DATED_LEN + 1], until[TR_DATED_LEN + 1];

	tr_dated_put(from, &a->from);
	tr_dated_put(until, &a->until);
	snprintf(out, TR_APPROVAL_LEN + 1, tr_dated_is(&a->until) ? "%s, until %s" : "%s", from, until);
}

static const struct tr_case_record *form_record(const struct tr_case *c, const struct vf_hash *id)
{
	const struct tr_case_record *r = tr_case_record(c, id);

	return r && r->kind == TR_CONSENT_FORM ? r : NULL;
}

const struct tr_case_record *tr_consent_form_of(const struct tr_case *c, const struct tr_case_record *consent)
{
	const struct tr_case_record *form = NULL;

	if (consent->details && consent->details->has_form)
		form = form_record(c, &consent->details->form);
	for (size_t i = 0; i < consent->n_links && !form; i++)
		if (consent->links[i].type == TR_USES)
			form = form_record(c, &consent->links[i].record);
	return form;
}

struct tr_dated tr_consent_date_of(const struct tr_case_record *r)
{
	struct tr_dated d = r->details ? tr_dated_text(r->details->when) : tr_dated_none();

	if (r->signer.n)
		d.grade = TR_SIGNED;
	return d;
}

struct tr_dated tr_consent_given(const struct tr_case_record *r)
{
	struct tr_dated d = tr_consent_date_of(r), anchor = tr_case_anchor(r);

	return tr_dated_is(&anchor) && tr_dated_is(&d) && tr_dated_cmp(&d, &anchor) > 0 ? anchor : d;
}

bool tr_is_consent(const struct tr_case_record *r)
{
	return r->kind == TR_CONSENT || r->kind == TR_RE_CONSENT;
}

VF_RC tr_approval_told(const struct tr_rule *rule, const struct tr_case *c, const char *what, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_ETHICS_STATUS];
	struct tr_enrolment e = tr_study_enrolment(c);
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < all->n; i++) {
		const struct tr_kept_fact *date = tr_case_item(all->p[i].file, all->p[i].fact->item, TR_F_ETHICS_DATE);
		struct tr_dated when = tr_dated_of_fact(date);
		char about[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], s[TR_DATED_LEN + 1];
		struct tr_finding_draft d;

		if (!tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		tr_study_file(about, all->p[i].file);
		tr_dated_put(w, &when);
		tr_dated_put(s, &e.when);
		d = tr_study_draft(tr_dated_is(&when) ? TR_WORD_APPROVAL_UNSPECIFIC : TR_WORD_MISSING_DATE, about, all->p[i].file->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "a board decided: %s, not said on which %s; first enrolment: %s", w, what, s);
	}
	return rc;
}
