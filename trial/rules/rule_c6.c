#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

/* In which roles a participant has consented on a form, or, NULL, at all: bits by role. */
struct in_roles {
	const struct vf_hash *participant;
	const struct tr_case_record *form;
	unsigned roles;
};

/* What is known of all consents. */
struct known {
	bool assent_form;
	struct in_roles *in_roles; /* by participant and form */
	size_t n;
};

static int by_participant(const void *a, const void *b)
{
	const struct in_roles *x = a, *y = b;
	int order = memcmp(x->participant->b, y->participant->b, sizeof(x->participant->b));

	return order ? order : (x->form > y->form) - (x->form < y->form);
}

static bool has_assent_form(const struct tr_case *c)
{
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		if (c->records[i].details && c->records[i].details->population == TR_POPULATION_ASSENT)
			return true;
	return false;
}

static VF_RC know(const struct tr_case *c, struct known *ret, struct vf_err *reterr)
{
	struct in_roles *p = malloc((2 * c->n_by_participant + 1) * sizeof(*p));
	size_t n = 0;

	*ret = (struct known){.assent_form = has_assent_form(c), .in_roles = p};
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");
	for (size_t i = 0; i < c->n_by_participant; i++) {
		const struct tr_case_record *r = c->by_participant[i];

		if (!tr_is_consent(r))
			continue;
		p[n++] = (struct in_roles){&r->details->participant, NULL, 1u << (unsigned)r->details->role};
		p[n++] = (struct in_roles){&r->details->participant, tr_consent_form_of(c, r), 1u << (unsigned)r->details->role};
	}
	qsort(p, n, sizeof(*p), by_participant);
	for (size_t i = 0; i < n; i++) {
		if (ret->n && by_participant(&p[ret->n - 1], &p[i]) == 0)
			p[ret->n - 1].roles |= p[i].roles;
		else
			p[ret->n++] = p[i];
	}
	return VF_OK;
}

/* On the same form, where form is one; on any for NULL: child and parent have forms of their own. */
static bool has_role(const struct known *k, const struct tr_case_record *of, enum tr_role role, const struct tr_case_record *form)
{
	const struct in_roles wanted = {.participant = &of->details->participant, .form = form};
	const struct in_roles *found = bsearch(&wanted, k->in_roles, k->n, sizeof(wanted), by_participant);

	return found && (found->roles & 1u << (unsigned)role);
}

/* Who is missing, in words; NULL when nobody is. */
static const char *missing_role(const struct known *k, const struct tr_case_record *r, const struct tr_case_record *form)
{
	switch (form->details->population) {
	case TR_POPULATION_ADULT:
		return has_role(k, r, TR_ROLE_PARTICIPANT, form) ? NULL : "the participant";
	case TR_POPULATION_PARENT:
		if (!has_role(k, r, TR_ROLE_PARENT, form))
			return "a parent";
		return k->assent_form && !has_role(k, r, TR_ROLE_ASSENT, NULL) ? "the child's assent" : NULL;
	case TR_POPULATION_ASSENT:
		if (!has_role(k, r, TR_ROLE_ASSENT, form))
			return "the child's assent";
		return has_role(k, r, TR_ROLE_PARENT, NULL) ? NULL : "a parent";
	case TR_POPULATION_REPRESENTATIVE:
		return has_role(k, r, TR_ROLE_REPRESENTATIVE, form) ? NULL : "the representative";
	case TR_POPULATION_NONE:
		break;
	}
	return NULL;
}

/* Whoever explained it: the signature of the record, or a countersignature. A link alone is no signature. */
static bool has_staff(const struct tr_case *c, const struct tr_case_record *r)
{
	bool any = r->signer.n > 0;

	for (size_t i = tr_case_linked(c, TR_COUNTERSIGNS, &r->id, 0); i < c->n_records && !any; i = tr_case_linked(c, TR_COUNTERSIGNS, &r->id, i + 1))
		any = c->records[i].signer.n > 0;
	return any;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct known *k, const struct tr_case_record *r,
	struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *form = tr_consent_form_of(c, r);
	struct tr_dated when = tr_consent_date_of(r), now = tr_dated_anchor(c->as_of), anchor = tr_case_anchor(r);
	char about[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	const char *missing;

	tr_study_name(about, r);
	tr_dated_put(w, &when);
	d = tr_study_draft(TR_WORD_VERSION_UNKNOWN, about, r, form);
	if (!r->details || !form || !form->details)
		return tr_find(f, rule, &d, reterr, "who has to sign is not known: the form or the details are not disclosed");
	if (tr_dated_is(&when) && (tr_dated_cmp(&when, &now) > 0 || (tr_dated_is(&anchor) && tr_dated_cmp(&when, &anchor) > 0))) {
		d.word = TR_WORD_POST_DATED;
		return tr_find(f, rule, &d, reterr, "given: %s, which is later than it can be", w);
	}
	missing = missing_role(k, r, form);
	if (missing) {
		d.word = tr_case_absent(c, TR_WORD_MISSING);
		return tr_find(f, rule, &d, reterr, "given: %s, without %s", w, missing);
	}
	d.word = has_staff(c, r) ? TR_WORD_NONE : tr_case_absent(c, TR_WORD_MISSING);
	return tr_find(f, rule, &d, reterr, has_staff(c, r) ? "given: %s, by whom it has to be, and signed by who explained it"
							    : "given: %s, without a signature of who explained it", w);
}

/* What the signatures of one consent say. */
struct signed_consent {
	struct tr_dated consent, witness;
	bool image, any, witnessed;
};

static bool is_consent_role(const struct tr_kept_fact *role)
{
	return vf_bytes_ends(tr_kept_text(role), "1.2.840.10065.1.12.1.7") || vf_bytes_is(tr_kept_text(role), "consent");
}

/* The target of a Provenance is a consent: by its type, or by the name under which one in the study is known. */
static bool is_of_consent(const struct tr_case *c, struct vf_bytes target)
{
	struct vf_bytes rest = target, part;
	size_t n;

	while (vf_take_until(&rest, '/', &part))
		if (vf_bytes_is(part, "Consent"))
			return true;
	tr_case_saying(c, TR_F_CONSENT_RECORD, target, &n);
	return n > 0;
}

static struct vf_bytes target_of(const struct tr_case_file *file, uint64_t item)
{
	const struct tr_kept_fact *key = tr_case_item(file, item, TR_F_SIGNATURE_KEY);

	return key ? tr_kept_text(key) : vf_bytes("", 0);
}

/* A signature with what it is of. */
struct signature {
	struct vf_bytes target;
	const struct tr_kept_fact *role;
};

static int by_target(const void *a, const void *b)
{
	const struct signature *x = a, *y = b;
	int order = vf_bytes_cmp(x->target, y->target);

	return order ? order : (x->role > y->role) - (x->role < y->role);
}

/* By target; NULL: no memory. */
static struct signature *signatures_of(const struct tr_case_file *file, size_t *ret_n)
{
	const struct tr_kept_fact *role;
	struct signature *s;
	size_t at = 0, n = 0;

	while (tr_case_in_file(file, TR_F_SIGNATURE_ROLE, &at))
		n++;
	s = malloc((n + 1) * sizeof(*s));
	*ret_n = 0;
	at = 0;
	while (s && (role = tr_case_in_file(file, TR_F_SIGNATURE_ROLE, &at)) != NULL)
		s[(*ret_n)++] = (struct signature){target_of(file, role->item), role};
	if (s)
		qsort(s, *ret_n, sizeof(*s), by_target);
	return s;
}

/* Whoever the record is about, or who decides for that person. */
static bool is_by_person(const struct tr_case_file *file, uint64_t item)
{
	const struct tr_kept_fact *user = tr_case_item(file, item, TR_F_SIGNATURE_USER);
	struct vf_bytes rest = user ? tr_kept_text(user) : vf_bytes("", 0), part;

	while (vf_take_until(&rest, '/', &part))
		if (vf_bytes_is(part, "Patient") || vf_bytes_is(part, "RelatedPerson"))
			return true;
	return false;
}

/* A person who signs a consent consents, whichever code the signature has. */
static void add(const struct tr_case_file *file, const struct tr_kept_fact *role, bool of_consent, struct signed_consent *s)
{
	bool consents = is_consent_role(role) || (of_consent && is_by_person(file, role->item));
	struct tr_dated t = tr_dated_of_fact(tr_case_item(file, role->item, TR_F_SIGNATURE_TIME));
	const struct tr_kept_fact *scan = tr_case_item(file, role->item, TR_F_SIGNATURE_SCAN);

	s->image |= scan && vf_bytes_is(tr_kept_text(scan), "yes");
	s->any |= consents;
	if (consents)
		s->consent = tr_dated_first(&s->consent, &t);
	else
		s->witness = tr_dated_first(&s->witness, &t);
	s->witnessed |= !consents;
}

static VF_RC judge_signed(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file,
	const struct signed_consent *s, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_dated now = tr_dated_anchor(c->as_of), limit = s->consent;
	enum tr_word order;
	char about[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	tr_study_file(about, file);
	tr_dated_put(a, &s->consent);
	tr_dated_put(b, &s->witness);
	d = tr_study_draft(TR_WORD_NONE, about, file->record, NULL);
	if (tr_dated_is(&limit)) {
		limit.when.lo -= c->parameters->staff_before_hours * 3600000;
		limit.when.hi -= c->parameters->staff_before_hours * 3600000;
	}
	order = tr_no_later(&limit, &s->witness, false);
	if (!s->any)
		d.word = TR_WORD_MISSING;
	else if (!tr_dated_is(&s->consent))
		d.word = s->consent.is_bad ? TR_WORD_BAD_TIME : s->consent.is_partial ? TR_WORD_PARTIAL_DATE : TR_WORD_MISSING_DATE;
	else if (tr_dated_cmp(&s->consent, &now) > 0)
		d.word = TR_WORD_POST_DATED;
	else if (s->witnessed && order == TR_WORD_ORDER)
		d.word = TR_WORD_ORDER;
	else if (s->image)
		d.word = TR_WORD_IMAGE;
	else /* who explained it may have signed elsewhere */
		d.word = s->witnessed ? order : TR_WORD_MISSING_RECORD;
	return tr_find(f, rule, &d, reterr, "signature of consent: %s; of others: %s%s", a, s->witnessed ? b : "none in the file",
		s->image ? "; an image, not a signature" : "");
}

/* Signatures in a file (FHIR Provenance): one finding for each consent that they are of. Those of anything else are no consent's. */
static VF_RC judge_file(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file, struct tr_findings *f,
	struct vf_err *reterr)
{
	size_t n;
	struct signature *p = signatures_of(file, &n);
	enum vf_rc rc = VF_OK;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for signatures");
	for (size_t i = 0; rc == VF_OK && i < n;) {
		struct signed_consent s = {.consent = tr_dated_none(), .witness = tr_dated_none()};
		const size_t first = i;
		const bool of_consent = is_of_consent(c, p[first].target);

		for (; i < n && vf_bytes_eq(p[i].target, p[first].target); i++)
			add(file, p[i].role, of_consent, &s);
		if (s.any || of_consent)
			rc = judge_signed(rule, c, file, &s, f, reterr);
	}
	free(p);
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct known k;
	enum vf_rc rc = know(c, &k, reterr);

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++) {
		if (tr_is_consent(&c->records[i]) && !c->records[i].is_erased)
			rc = judge(rule, c, &k, &c->records[i], f, reterr);
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge_file(rule, c, &c->records[i].files[j], f, reterr);
	}
	free(k.in_roles);
	return rc;
}

const struct tr_rule tr_rule_c6 = {
	.id = "C6",
	.title = "roles and signatures complete",
	.text = "Whoever has to consent for the people of the form did: the adult; a parent and, where the study has a form for it, the child's assent; the "
		"representative. Who explained it has signed, too, and not before. Nothing is dated later than it can be. An image of a signature "
		"decides nothing.",
	.inputs = "records of kind consent, re-consent, consent-form; signatures and countersignatures; FHIR Provenance",
	.reads = TR_READS(TR_F_SIGNATURE_ROLE),
	.laid_down = TR_LAID_PARAMETERS,
	.run = run,
};
