#include "notary/details_check.h"

#include <stdio.h>
#include <string.h>

#include "trial/format.h"
#include "verify/text.h"

size_t nt_details_links(const struct tr_facts *facts, struct tr_link out[NT_DETAILS_LINKS])
{
	enum tr_link_type to_consent = TR_LINK_NONE;
	size_t n = 0;

	if (facts->kind == TR_WITHDRAWAL)
		to_consent = TR_WITHDRAWS;
	if (facts->kind == TR_ACCESS_GRANT)
		to_consent = TR_GRANTS;
	if (facts->kind == TR_ACCESS_EVENT)
		to_consent = TR_ACCESSES;
	if (facts->has_form && (facts->kind == TR_CONSENT || facts->kind == TR_RE_CONSENT))
		out[n++] = (struct tr_link){TR_USES, facts->form};
	if (facts->has_consent && to_consent != TR_LINK_NONE)
		out[n++] = (struct tr_link){to_consent, facts->consent};
	if (facts->has_grant && facts->kind == TR_ACCESS_EVENT &&
		!(facts->has_consent && vf_hash_eq(&facts->grant, &facts->consent)))
		out[n++] = (struct tr_link){TR_ACCESSES, facts->grant};
	return n;
}

enum vf_rc nt_details_fail(enum vf_rc rc, const char *pointer, const struct vf_err *err, struct vf_err *reterr)
{
	if (pointer[0] == '\0')
		return vf_fail(reterr, rc, "details: %s", err->text);
	return vf_fail(reterr, rc, "details at '%s': %s", pointer, err->text);
}

/* As the schemas of consents and withdrawals say; more are not looked at. */
#define MAX_PERMISSIONS 256

struct check {
	const struct nt_details_from *from;
	struct vf_bytes study;
	const struct tr_facts *facts;
	const struct tr_link *link; /* the one that is looked at */
	const struct vf_hash *form; /* of a consent whose details are hidden */
	size_t n_approvals;
	bool is_found, is_ended, is_hidden;
	bool is_gone[MAX_PERMISSIONS]; /* of facts->permissions: withdrawn already */
};

static bool is_consent(enum tr_kind kind)
{
	return kind == TR_CONSENT || kind == TR_RE_CONSENT;
}

static bool has_hidden(const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (r->documents[i].confidential && vf_bytes_is(r->documents[i].name, TR_DETAILS_NAME))
			return true;
	return false;
}

static VF_RC fault(enum vf_rc rc, const char *pointer, const char *text, struct vf_err *reterr)
{
	return vf_fail(reterr, rc, "details at '%s': %s", pointer, text);
}

/* ---- what is linked, one by one ---- */

static VF_RC check_form_permissions(const struct check *c, const struct tr_facts *form, struct vf_err *reterr)
{
	const struct tr_permission *part = tr_permission_find(c->facts, vf_bytes_str(TR_PARTICIPATION));

	for (size_t i = 0; i < c->facts->n_permissions; i++) {
		const struct tr_permission *p = &c->facts->permissions[i],
					   *offered = tr_permission_find(form, p->name);
		char pointer[48];

		snprintf(pointer, sizeof(pointer), "/permissions/%zu/%s", i, offered ? "granted" : "name");
		if (!offered)
			return fault(
				VF_PERMISSION_UNKNOWN, pointer, "the form does not offer this permission", reterr);
		if (offered->is_required && !p->is_granted && part && part->is_granted)
			return fault(VF_PERMISSION_CONTRADICTION, pointer,
				"refused, though the form requires it of whoever takes part", reterr);
	}
	return VF_OK;
}

/* Only one form, consent or grant is named in details: another link of that kind contradicts them. */
static VF_RC check_agreement(const struct check *c, const struct nt_seen *seen, struct vf_err *reterr)
{
	const struct tr_facts *f = c->facts;
	const struct vf_hash *to = &c->link->record;
	const char *field = NULL;

	if (is_consent(f->kind) && c->link->type == TR_USES && seen->kind == TR_CONSENT_FORM &&
		!vf_hash_eq(to, &f->form))
		field = "form";
	if (f->kind == TR_WITHDRAWAL && c->link->type == TR_WITHDRAWS && is_consent(seen->kind) &&
		!vf_hash_eq(to, &f->consent))
		field = "consent";
	if (c->link->type == TR_GRANTS && f->has_consent && !vf_hash_eq(to, &f->consent))
		field = "consent";
	if (c->link->type == TR_ACCESSES && is_consent(seen->kind) && f->has_consent && !vf_hash_eq(to, &f->consent))
		field = "consent";
	if (c->link->type == TR_ACCESSES && seen->kind == TR_ACCESS_GRANT && f->has_grant &&
		!vf_hash_eq(to, &f->grant))
		field = "grant";
	if (field)
		return vf_fail(reterr, VF_LINK_SHAPE, "a link '%s' leads to another record than '%s' in the details",
			tr_link_name(c->link->type), field);
	return VF_OK;
}

/* The other way round: what a field names is of the kind that it should be. */
static VF_RC check_target(const struct check *c, const struct nt_seen *seen, struct vf_err *reterr)
{
	const struct tr_facts *f = c->facts;
	const struct vf_hash *to = &c->link->record;

	if (f->has_form && is_consent(f->kind) && vf_hash_eq(to, &f->form) && seen->kind != TR_CONSENT_FORM)
		return fault(VF_LINK_SHAPE, "/form", "the record is not a consent-form", reterr);
	if (f->has_consent && vf_hash_eq(to, &f->consent) && !is_consent(seen->kind))
		return fault(f->kind == TR_WITHDRAWAL ? VF_NOTHING_TO_WITHDRAW : VF_LINK_SHAPE, "/consent",
			"the record is not a consent", reterr);
	if (f->has_grant && vf_hash_eq(to, &f->grant) && seen->kind != TR_ACCESS_GRANT)
		return fault(VF_LINK_SHAPE, "/grant", "the record is not an access-grant", reterr);
	return VF_OK;
}

static VF_RC check_participant(const struct check *c, const struct nt_seen *seen, struct vf_err *reterr)
{
	const struct tr_facts *f = c->facts;
	bool is_about = c->link->type == TR_SUPERSEDES || c->link->type == TR_WITHDRAWS ||
		c->link->type == TR_GRANTS || c->link->type == TR_ACCESSES;

	if (!is_about || !seen->facts || !seen->facts->has_participant || !f->has_participant ||
		vf_hash_eq(&f->participant, &seen->facts->participant))
		return VF_OK;
	return fault(f->kind == TR_WITHDRAWAL ? VF_NOTHING_TO_WITHDRAW : VF_DETAILS_SHAPE, "/participant",
		"the linked record is about another participant", reterr);
}

/* A permission can only be withdrawn when it was given. */
static VF_RC check_given(const struct check *c, const struct nt_seen *seen, struct vf_err *reterr)
{
	if (!seen->facts || seen->facts->is_old)
		return VF_OK;
	for (size_t i = 0; i < c->facts->n_permissions; i++) {
		const struct tr_permission *p = tr_permission_find(seen->facts, c->facts->permissions[i].name);
		char pointer[48];

		snprintf(pointer, sizeof(pointer), "/permissions/%zu", i);
		if (!p)
			return fault(VF_PERMISSION_UNKNOWN, pointer, "the consent does not speak of this permission",
				reterr);
		if (!p->is_granted)
			return fault(VF_NOTHING_TO_WITHDRAW, pointer, "this permission was never given", reterr);
	}
	return VF_OK;
}

static VF_RC see_linked(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	struct check *c = ctx;
	enum vf_rc rc = check_target(c, seen, reterr);

	if (rc == VF_OK)
		rc = check_agreement(c, seen, reterr);
	if (rc == VF_OK)
		rc = check_participant(c, seen, reterr);
	if (rc == VF_OK && is_consent(c->facts->kind) && c->link->type == TR_USES && seen->kind == TR_CONSENT_FORM &&
		seen->facts)
		rc = check_form_permissions(c, seen->facts, reterr);
	if (rc == VF_OK && c->facts->kind == TR_WITHDRAWAL && c->link->type == TR_WITHDRAWS && is_consent(seen->kind))
		rc = check_given(c, seen, reterr);
	return rc;
}

/* ---- the form and its approval ---- */

static VF_RC see_end(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	struct check *c = ctx;

	(void)reterr;
	c->is_ended = c->is_ended ||
		(seen->facts &&
			(seen->facts->decision == TR_DECISION_REJECTED ||
				seen->facts->decision == TR_DECISION_WITHDRAWN));
	return VF_OK;
}

/* Both are dates or times; what is not known is not held against it. */
static bool is_outside(struct vf_bytes when, struct vf_bytes from, struct vf_bytes until)
{
	struct tr_span w, f, u;

	if (!tr_span_read(when, &w))
		return false;
	return (tr_span_read(from, &f) && tr_span_is_before(&w, &f)) ||
		(tr_span_read(until, &u) && tr_span_is_before(&u, &w));
}

/* One without details is from an earlier version, where the link alone said that it approves. */
static VF_RC see_approval(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	struct check *c = ctx;
	const struct tr_facts *f = seen->facts;
	enum vf_rc rc;

	c->n_approvals += seen->kind == TR_ETHICS_APPROVAL;
	if (c->is_found || seen->kind != TR_ETHICS_APPROVAL ||
		(f && f->decision != TR_DECISION_APPROVED && f->decision != TR_DECISION_CONDITIONAL) ||
		(f && c->facts && is_outside(c->facts->when, f->from, f->until)))
		return VF_OK;
	c->is_ended = false;
	rc = c->from->linked(c->from->ctx, c->study, TR_SUPERSEDES, &seen->record->id, see_end, c, reterr);
	c->is_found = rc == VF_OK && !c->is_ended;
	return rc;
}

static VF_RC check_form(struct check *c, const struct vf_hash *form, bool *ret_approved, struct vf_err *reterr)
{
	enum vf_rc rc;

	c->is_found = false;
	c->n_approvals = 0;
	rc = c->from->linked(c->from->ctx, c->study, TR_APPROVES, form, see_approval, c, reterr);
	/* who sees one opinion of a study sees them all; who sees none may not be shown any */
	*ret_approved = c->is_found || (c->from->is_partial && c->n_approvals == 0);
	return rc;
}

static VF_RC check_approved(struct check *c, struct vf_err *reterr)
{
	bool approved = true;
	enum vf_rc rc = VF_OK;

	if (is_consent(c->facts->kind) && c->facts->has_form)
		rc = check_form(c, &c->facts->form, &approved, reterr);
	if (rc != VF_OK || approved)
		return rc;
	return fault(VF_FORM_UNAPPROVED, "/form",
		"no ethics-approval for this form holds at the time of the consent: neither approved nor conditional",
		reterr);
}

/* ---- versions ---- */

/* Two versions for different countries or sites may both follow one: trial/details.h, tr_scope_is_apart(). */
/* Of scopes that nobody here sees it is not decided. A personal record has none. */
static bool may_be_apart(const struct check *c, const struct nt_seen *seen)
{
	if (seen->facts && c->facts)
		return tr_scope_is_apart(&seen->facts->scope, &c->facts->scope);
	return !tr_kind_is_personal(seen->kind) &&
		((!seen->facts && has_hidden(seen->record)) || (!c->facts && c->is_hidden));
}

static VF_RC see_successor(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	const struct check *c = ctx;
	char hex[17];

	if (may_be_apart(c, seen))
		return VF_OK;
	vf_hex_put(hex, vf_bytes(seen->record->id.b, 8));
	return vf_fail(reterr, VF_VERSION_ORDER,
		"record '%s…' supersedes it already: link that one, or its newest version", hex);
}

/* ---- withdrawals ---- */

static VF_RC see_withdrawal(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	struct check *c = ctx;
	const struct tr_facts *before = seen->facts;

	if (seen->kind != TR_WITHDRAWAL)
		return VF_OK;
	if (!before && has_hidden(seen->record))
		return VF_OK; /* nobody here can see of which part it is */
	/* an earlier version's withdrawal says no more than that: it is of the whole consent */
	if (!before || before->is_old || !before->has_permissions)
		return fault(VF_NOTHING_TO_WITHDRAW, "/consent", "this consent is withdrawn already", reterr);
	for (size_t i = 0; i < c->facts->n_permissions && i < MAX_PERMISSIONS; i++)
		if (tr_permission_find(before, c->facts->permissions[i].name))
			c->is_gone[i] = true;
	return VF_OK;
}

/* In parts before, and now the whole: that is more. The same parts, from whichever withdrawals: that is nothing. */
static VF_RC check_withdrawal(struct check *c, struct vf_err *reterr)
{
	enum vf_rc rc;

	memset(c->is_gone, 0, sizeof(c->is_gone));
	rc = c->from->linked(c->from->ctx, c->study, TR_WITHDRAWS, &c->link->record, see_withdrawal, c, reterr);
	if (rc != VF_OK || !c->facts->has_permissions)
		return rc;
	for (size_t i = 0; i < c->facts->n_permissions && i < MAX_PERMISSIONS; i++)
		if (!c->is_gone[i])
			return VF_OK;
	return fault(VF_NOTHING_TO_WITHDRAW, "/permissions", "all of these are withdrawn already", reterr);
}

/* ---- participants ---- */

static VF_RC check_elsewhere(struct check *c, struct vf_err *reterr)
{
	bool is_elsewhere = false;
	enum vf_rc rc = c->from->is_elsewhere(c->from->ctx, c->study, &c->facts->participant, &is_elsewhere, reterr);

	if (rc != VF_OK || !is_elsewhere)
		return rc;
	return fault(VF_PARTICIPANT_REUSED, "/participant", "another study has this value", reterr);
}

VF_RC nt_details_check(const struct nt_details_from *from, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr)
{
	struct check c = {.from = from, .study = s->study, .facts = facts};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < n_links && rc == VF_OK; i++) {
		c.link = &links[i];
		if (facts)
			rc = from->one(from->ctx, &links[i].record, see_linked, &c, reterr);
		if (rc == VF_OK && links[i].type == TR_SUPERSEDES)
			rc = from->linked(
				from->ctx, c.study, TR_SUPERSEDES, &links[i].record, see_successor, &c, reterr);
		if (rc == VF_OK && facts && facts->kind == TR_WITHDRAWAL && links[i].type == TR_WITHDRAWS)
			rc = check_withdrawal(&c, reterr);
	}
	if (rc == VF_OK && facts)
		rc = check_approved(&c, reterr);
	if (rc == VF_OK && facts && facts->has_participant)
		rc = check_elsewhere(&c, reterr);
	return rc;
}

/* ---- without details ---- */

/* Withdrawn as a whole, as far as that can be seen: without details there is nothing that could say less. */
static VF_RC see_whole(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	const struct tr_facts *before = seen->facts;
	bool is_whole = before ? before->is_old || !before->has_permissions : !has_hidden(seen->record);

	(void)ctx;
	if (seen->kind != TR_WITHDRAWAL || !is_whole)
		return VF_OK;
	return vf_fail(reterr, VF_NOTHING_TO_WITHDRAW, "the consent to which 'withdraws' leads is withdrawn already");
}

static VF_RC see_form(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	struct check *c = ctx;

	if (seen->kind != TR_CONSENT_FORM)
		return VF_OK;
	if (c->form)
		return vf_fail(reterr, VF_LINK_SHAPE, "two links 'uses' lead to consent-forms: a consent is given on one");
	c->form = &c->link->record;
	return VF_OK;
}

static VF_RC check_linked_form(struct check *c, struct vf_err *reterr)
{
	bool approved = true;
	char hex[17];
	enum vf_rc rc = VF_OK;

	if (c->form)
		rc = check_form(c, c->form, &approved, reterr);
	if (rc != VF_OK || approved)
		return rc;
	vf_hex_put(hex, vf_bytes(c->form->b, 8));
	return vf_fail(reterr, VF_FORM_UNAPPROVED,
		"no ethics-approval holds for the form '%s…' to which 'uses' leads: neither approved nor conditional", hex);
}

VF_RC nt_details_check_hidden(const struct nt_details_from *from, const struct nt_unseen *h, struct vf_err *reterr)
{
	struct check c = {.from = from, .study = h->study, .is_hidden = h->has_details};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < h->n_links && rc == VF_OK; i++) {
		const struct vf_hash *to = &h->links[i].record;

		c.link = &h->links[i];
		if (c.link->type == TR_SUPERSEDES)
			rc = from->linked(from->ctx, h->study, TR_SUPERSEDES, to, see_successor, &c, reterr);
		if (c.link->type == TR_USES && is_consent(h->kind))
			rc = from->one(from->ctx, to, see_form, &c, reterr);
		if (c.link->type == TR_WITHDRAWS && h->kind == TR_WITHDRAWAL)
			rc = from->linked(from->ctx, h->study, TR_WITHDRAWS, to, see_whole, &c, reterr);
	}
	return rc == VF_OK ? check_linked_form(&c, reterr) : rc;
}
