#include "notary/enforce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/access.h"
#include "notary/rules_out.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Findings of one part of a call: those of 1,000 records. */
#define MAX_FINDINGS ((size_t)64 * 1024 * 1024)

/* Findings that wait until the records that they are about are accepted. */
struct attached {
	struct attached *next;
	struct nt_buf text;
	struct tr_link links[VF_MAX_LINKS];
	size_t n_links;
	char rules[TR_MAX_ENFORCED * 4];
	size_t n;
	struct vf_hash id; /* of their record, when it is made */
};

struct nt_enforced {
	const struct nt_enforce_at *at;
	const struct nt_submit *s;
	struct tr_parameters parameters;
	void *block;
	struct attached *attached; /* the newest first */
	struct attached *last;     /* of the records that were judged last; NULL: they have none */
	bool is_late;              /* what is judged is accepted already */
};

bool nt_enforce_is_asked(const struct nt_submit *s)
{
	return s->kind != TR_ERASURE && !vf_bytes_is(s->submitter, NT_PARTY_NOTARY);
}

/* Parameters that are there and cannot be read decide nothing: why says so. */
static VF_RC read_newest(struct nt_enforced *e, struct vf_err *why, struct vf_err *reterr)
{
	struct nt_content content;
	struct vf_err err = {0};
	bool found = false;
	enum vf_rc rc = e->at->parameters(e->at->ctx, e->s->study, &found, &content, why, reterr);

	if (rc != VF_OK || !found)
		return rc;
	rc = nt_enforce_read(&content, &e->block, &e->parameters, &err);
	if (rc == VF_NO_MEMORY || rc == VF_IO)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		*why = err;
	return VF_OK;
}

VF_RC nt_enforce_begin(const struct nt_enforce_at *at, const struct nt_submit *s, struct nt_enforced **ret, struct vf_err *reterr)
{
	struct nt_enforced *e = calloc(1, sizeof(*e));
	struct vf_err why = {0};
	char text[400];
	enum vf_rc rc;

	*ret = NULL;
	if (!e)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for rules");
	e->at = at;
	e->s = s;
	e->parameters = tr_parameters_default;
	rc = read_newest(e, &why, reterr);
	if (rc == VF_OK && why.rc != VF_NOT_CHECKED && s->enforced) {
		snprintf(text, sizeof(text), "the study's parameters of rules cannot be read, so no rule is enforced: %s: %.240s",
			vf_rc_name(why.rc), why.text);
		s->enforced(s->enforced_ctx, NULL, text);
	}
	if (rc != VF_OK || e->parameters.n_enforce == 0) {
		nt_enforced_free(e);
		return rc;
	}
	*ret = e;
	return VF_OK;
}

static struct attached *attached_free(struct attached *x)
{
	nt_buf_done(&x->text);
	free(x);
	return NULL;
}

struct nt_enforced *nt_enforced_free(struct nt_enforced *e)
{
	struct attached *next;

	if (!e)
		return NULL;
	for (struct attached *x = e->attached; x; x = next) {
		next = x->next;
		attached_free(x);
	}
	free(e->block);
	free(e);
	return NULL;
}

/* ---- findings ---- */

/* A rule that is listed twice refuses, when it does so once. */
static enum tr_enforcement how_of(const struct nt_enforced *e, const struct tr_rule *rule)
{
	enum tr_enforcement how = TR_ENFORCE_NOT;

	for (size_t i = 0; i < e->parameters.n_enforce; i++)
		if (strcmp(e->parameters.enforce[i].rule, rule->id) == 0 && how != TR_ENFORCE_REFUSE)
			how = e->parameters.enforce[i].how;
	/* that somebody withdrew is never kept out: what it says of data that are there is notarised beside it */
	return how == TR_ENFORCE_REFUSE && (e->is_late || e->s->kind == TR_WITHDRAWAL) ? TR_ENFORCE_ATTACH : how;
}

static VF_RC run_enforced(const struct nt_enforced *e, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_rule *rule;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && (rule = tr_rule_at(i)) != NULL; i++)
		if (how_of(e, rule) != TR_ENFORCE_NOT)
			rc = tr_rules_run(c, rule, f, reterr);
	return rc;
}

static bool is_same(const struct tr_finding *a, const struct tr_finding *b)
{
	if (a->rule != b->rule || a->word != b->word || a->n_records != b->n_records || strcmp(a->about, b->about) != 0 ||
		strcmp(a->detail, b->detail) != 0)
		return false;
	for (size_t i = 0; i < a->n_records; i++)
		if (!vf_hash_eq(&a->records[i], &b->records[i]))
			return false;
	return true;
}

/* Moves what fails in both out of with, each as often as it is there; only what is new stays, in its order. */
static void keep_new(struct tr_findings *with, struct tr_findings *without)
{
	size_t n = 0;

	for (size_t i = 0; i < with->n; i++) {
		size_t at = 0;

		if (with->p[i].verdict != TR_FAIL)
			continue;
		while (at < without->n && !(without->p[at].verdict == TR_FAIL && is_same(&with->p[i], &without->p[at])))
			at++;
		if (at < without->n)
			without->p[at].verdict = TR_NOT_APPLICABLE; /* used up */
		else
			with->p[n++] = with->p[i];
	}
	with->n = n;
}

static bool names(const struct tr_finding *x, const struct vf_hash *id)
{
	for (size_t i = 0; i < x->n_records; i++)
		if (vf_hash_eq(&x->records[i], id))
			return true;
	return false;
}

/* Which of several records it is: by a document's name, or by its place among the new ones. */
static void put_which(const struct nt_enforced *e, const struct nt_submission *s, size_t at, char *out, size_t cap)
{
	char shown[80];

	if (s->n_documents == 0 || nt_submit_is_personal(e->s)) {
		snprintf(out, cap, "new record %zu", at + 1);
		return;
	}
	vf_text_escape(shown, sizeof(shown), s->documents[0].name);
	snprintf(out, cap, "'%s'", shown);
}

/* Two of the records that are to be accepted are named at most. */
static void put_records(const struct nt_enforced *e, const struct tr_finding *x, const struct nt_submission *submissions, size_t count,
	char out[240])
{
	size_t named = 0, n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		named += names(x, &submissions[i].id) ? 1 : 0;
	if (count == 1)
		return;
	if (named == 0) {
		snprintf(out, 240, " (%zu records together)", count);
		return;
	}
	for (size_t i = 0; i < count && n < 2; i++) {
		size_t at = strlen(out);

		if (!names(x, &submissions[i].id))
			continue;
		snprintf(out + at, 240 - at, n++ ? " and " : " (");
		at = strlen(out);
		put_which(e, &submissions[i], i, out + at, 240 - at);
	}
	snprintf(out + strlen(out), 240 - strlen(out), ")");
}

static VF_RC refuse(const struct nt_enforced *e, const struct tr_finding *x, size_t n, const struct nt_submission *submissions, size_t count,
	struct vf_err *reterr)
{
	char which[240], about[80] = "", more[40] = "";

	put_records(e, x, submissions, count, which);
	if (!x->about_person && x->about[0]) {
		vf_text_escape(about, sizeof(about) - 2, vf_bytes_str(x->about));
		strcat(about, ": ");
	}
	if (n > 1)
		snprintf(more, sizeof(more), "; and %zu more", n - 1);
	return vf_fail(reterr, VF_RULE_BROKEN, "rule %s%s: %s: %s%.150s%s; refused, as the study enforces this rule", x->rule->id, which, tr_word_name(x->word), about, x->detail,
		more);
}

/* The records that the findings name, or all when they name none; what a link cannot lead to is named in the text alone. */
static void gather_links(struct attached *x, const struct tr_findings *f, const struct nt_submission *submissions, size_t count)
{
	bool any = false;

	for (int all = 0; all < 2 && !any; all++)
		for (size_t i = 0; i < count && x->n_links < VF_MAX_LINKS; i++) {
			bool is_named = all != 0;

			for (size_t j = 0; j < f->n && !is_named; j++)
				is_named = names(&f->p[j], &submissions[i].id);
			any = any || is_named;
			if (is_named && tr_link_is_sensible(TR_USES, TR_OTHER, tr_kind_of(submissions[i].kind)))
				x->links[x->n_links++] = (struct tr_link){TR_USES, submissions[i].id};
		}
}

static void gather_rules(struct attached *x, const struct tr_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		size_t at = strlen(x->rules);

		if (i > 0 && f->p[i].rule == f->p[i - 1].rule)
			continue;
		snprintf(x->rules + at, sizeof(x->rules) - at, at ? ", %s" : "%s", f->p[i].rule->id);
	}
}

static VF_RC attach(struct nt_enforced *e, const struct nt_case *c, const struct tr_findings *f, const struct nt_submission *submissions,
	size_t count, struct vf_err *reterr)
{
	const struct nt_rules_shown how = {.json = true};
	struct attached *x = calloc(1, sizeof(*x));
	enum vf_rc rc;

	if (!x)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for findings");
	x->text = nt_buf(MAX_FINDINGS);
	x->n = f->n;
	nt_rules_put(&x->text, c, f, &how);
	rc = nt_buf_check(&x->text, reterr);
	if (rc != VF_OK) {
		attached_free(x);
		return rc;
	}
	gather_links(x, f, submissions, count);
	gather_rules(x, f);
	x->next = e->attached;
	e->attached = e->last = x;
	return VF_OK;
}

static VF_RC decide(struct nt_enforced *e, const struct nt_case *c, const struct tr_findings *f, const struct nt_submission *submissions,
	size_t count, struct vf_err *reterr)
{
	const struct tr_finding *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (how_of(e, f->p[i].rule) != TR_ENFORCE_REFUSE)
			continue;
		first = first ? first : &f->p[i];
		n++;
	}
	if (first)
		return refuse(e, first, n, submissions, count, reterr);
	return f->n ? attach(e, c, f, submissions, count, reterr) : VF_OK;
}

VF_RC nt_enforce_judge(struct nt_enforced *e, const struct nt_submission *submissions, size_t count, struct vf_err *reterr)
{
	VF_CLEANUP(nt_case_freep) struct nt_case *c = NULL;
	struct tr_findings with = {0}, without = {0};
	enum vf_rc rc = e->at->study(e->at->ctx, e->s, submissions, count, &c, reterr);

	e->last = NULL;
	if (rc == VF_OK)
		rc = run_enforced(e, nt_case_get(c), &with, reterr);
	if (rc == VF_OK && tr_findings_sum(&with, NULL).count[TR_FAIL]) {
		rc = nt_case_cut(c, nt_case_get(c)->n_records - count, reterr);
		if (rc == VF_OK)
			rc = run_enforced(e, nt_case_get(c), &without, reterr);
		if (rc == VF_OK) {
			keep_new(&with, &without);
			rc = decide(e, c, &with, submissions, count, reterr);
		}
	}
	tr_findings_done(&with);
	tr_findings_done(&without);
	return rc;
}

VF_RC nt_enforce_judge_accepted(
	struct nt_enforced *e, const struct nt_submission *submissions, size_t count, struct vf_err *reterr)
{
	enum vf_rc rc;

	e->is_late = true;
	rc = nt_enforce_judge(e, submissions, count, reterr);
	e->is_late = false;
	return rc;
}

void nt_enforce_drop(struct nt_enforced *e)
{
	if (!e->last)
		return;
	e->attached = e->last->next;
	e->last = attached_free(e->last);
}

/* ---- what is attached ---- */

static VF_RC make_details(struct tr_rulebook *book, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct tr_setting what = {"what", vf_bytes_str(NT_FINDINGS_WHAT)};
	struct tr_details_draft draft = {.kind = TR_OTHER, .settings = &what, .n_settings = 1};
	char pointer[TR_POINTER_MAX];
	enum vf_rc rc = tr_rulebook_get(book, TR_OTHER, &draft.rules, reterr);

	return rc == VF_OK ? tr_details_make(&draft, a, ret, pointer, reterr) : rc;
}

static VF_RC notarise(struct nt_enforced *e, struct attached *x, struct vf_err *reterr)
{
	VF_CLEANUP(tr_rulebook_done) struct tr_rulebook book = {0};
	const struct vf_bytes text = nt_buf_bytes(&x->text);
	const struct nt_submit_file file = {.name = vf_bytes_str(NT_FINDINGS_NAME), .digests = vf_pair_of(text), .size = text.n};
	const struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = e->s->submitter,
		.study = e->s->study,
		.kind = TR_OTHER,
		.confidential = e->s->confidential || nt_submit_is_personal(e->s), /* it may name hidden documents */
		.links = x->links,
		.n_links = x->n_links};
	uint8_t memory[8192];
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, memory, sizeof(memory));
	rc = make_details(&book, &a, &s.details, reterr);
	return rc == VF_OK ? e->at->attach(e->at->ctx, &s, &record, text, &x->id, reterr) : rc;
}

VF_RC nt_enforce_attach(struct nt_enforced *e, struct vf_err *reterr)
{
	struct attached *first = NULL, *next;
	enum vf_rc rc = VF_OK;

	for (struct attached *x = e->attached; x; x = next) { /* in the order of the records */
		next = x->next;
		x->next = first;
		first = x;
	}
	e->attached = first;
	for (struct attached *x = first; x && rc == VF_OK; x = x->next)
		rc = notarise(e, x, reterr);
	return rc;
}

bool nt_enforce_has(const struct nt_enforced *e)
{
	return e->attached != NULL;
}

void nt_enforce_tell(struct nt_enforced *e, const char *why)
{
	struct attached *next;
	char said[400];

	for (struct attached *x = e->attached; x; x = next) {
		int n = snprintf(said, sizeof(said), "%zu %s of a broken rule (%.120s)", x->n, x->n == 1 ? "finding" : "findings", x->rules);

		if (why)
			snprintf(said + n, sizeof(said) - (size_t)n, " not notarised (%.160s): 'trialnotary check' finds the same", why);
		if (e->s->enforced)
			e->s->enforced(e->s->enforced_ctx, why ? NULL : &x->id, said);
		next = x->next;
		attached_free(x);
	}
	e->attached = e->last = NULL;
}

VF_RC nt_enforce_end(struct nt_enforced *e, struct vf_err *reterr)
{
	enum vf_rc rc = e ? nt_enforce_attach(e, reterr) : VF_OK;

	if (rc == VF_OK && e)
		nt_enforce_tell(e, NULL);
	return rc;
}

void nt_enforce_say(const struct vf_hash *findings, const char *text, char out[NT_ENFORCE_LINE])
{
	char hex[65];

	if (!findings) {
		snprintf(out, NT_ENFORCE_LINE, "warning: %s", text);
		return;
	}
	vf_hex_put(hex, vf_bytes(findings->b, sizeof(findings->b)));
	snprintf(out, NT_ENFORCE_LINE, "accepted with %s: record %s has them", text, hex);
}
