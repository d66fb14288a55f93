#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

static bool has_role(const struct tr_case *c, const struct tr_case_record *of, enum tr_role role)
{
	size_t n;
	const struct tr_case_record *const *own = tr_case_participant(c, &of->details->participant, &n);

	for (size_t i = 0; i < n; i++)
		if (tr_is_consent(own[i]) && own[i]->details->role == role)
			return true;
	return false;
}

static bool has_assent_form(const struct tr_case *c)
{
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		if (c->records[i].details && c->records[i].details->population == TR_POPULATION_ASSENT)
			return true;
	return false;
}

/* Who is missing, in words; NULL when nobody is. */
static const char *missing_role(const struct tr_case *c, const struct tr_case_record *r, enum tr_population population)
{
	switch (population) {
	case TR_POPULATION_ADULT:
		return has_role(c, r, TR_ROLE_PARTICIPANT) ? NULL : "the participant";
	case TR_POPULATION_PARENT:
		if (!has_role(c, r, TR_ROLE_PARENT))
			return "a parent";
		return has_assent_form(c) && !has_role(c, r, TR_ROLE_ASSENT) ? "the child's assent" : NULL;
	case TR_POPULATION_ASSENT:
		return has_role(c, r, TR_ROLE_PARENT) ? NULL : "a parent";
	case TR_POPULATION_REPRESENTATIVE:
		return has_role(c, r, TR_ROLE_REPRESENTATIVE) ? NULL : "the representative";
	case TR_POPULATION_NONE:
		break;
	}
	return NULL;
}

/* Whoever explained it: the signature of the record, or a countersignature. */
static bool has_staff(const struct tr_case *c, const struct tr_case_record *r)
{
	return r->signer.n > 0 || tr_case_linked(c, TR_COUNTERSIGNS, &r->id, 0) < c->n_records;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r, struct tr_findings *f,
	struct vf_err *reterr)
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
	missing = missing_role(c, r, form->details->population);
	if (missing) {
		d.word = TR_WORD_MISSING;
		return tr_find(f, rule, &d, reterr, "given: %s, without %s", w, missing);
	}
	d.word = has_staff(c, r) ? TR_WORD_NONE : TR_WORD_MISSING;
	return tr_find(f, rule, &d, reterr, has_staff(c, r) ? "given: %s, by whom it has to be, and signed by who explained it"
							    : "given: %s, without a signature of who explained it", w);
}

/* Signatures in a file (FHIR Provenance): roles, times, images. One finding a file. */
static VF_RC judge_file(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file, struct tr_findings *f,
	struct vf_err *reterr)
{
	struct tr_dated consent = tr_dated_none(), witness = tr_dated_none(), x = tr_dated_anchor(c->as_of), limit;
	char about[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	const struct tr_kept_fact *role;
	bool image = false, any = false;
	size_t at = 0;

	while ((role = tr_case_in_file(file, TR_F_SIGNATURE_ROLE, &at)) != NULL) {
		struct tr_dated t = tr_dated_of_fact(tr_case_item(file, role->item, TR_F_SIGNATURE_TIME));
		const struct tr_kept_fact *scan = tr_case_item(file, role->item, TR_F_SIGNATURE_SCAN);

		any = true;
		image |= scan && vf_bytes_is(tr_kept_text(scan), "yes");
		if (vf_bytes_ends(tr_kept_text(role), "1.2.840.10065.1.12.1.7") || vf_bytes_is(tr_kept_text(role), "consent"))
			consent = *tr_dated_earlier(&consent, &t);
		else
			witness = *tr_dated_earlier(&witness, &t);
	}
	if (!any)
		return VF_OK;
	tr_study_file(about, file);
	tr_dated_put(a, &consent);
	tr_dated_put(b, &witness);
	d = tr_study_draft(TR_WORD_NONE, about, file->record, NULL);
	limit = consent;
	if (tr_dated_is(&limit)) {
		limit.when.lo -= c->parameters->staff_before_hours * 3600000;
		limit.when.hi -= c->parameters->staff_before_hours * 3600000;
	}
	if (!tr_dated_is(&consent))
		d.word = TR_WORD_MISSING;
	else if (tr_dated_cmp(&consent, &x) > 0)
		d.word = TR_WORD_POST_DATED;
	else if (tr_dated_is(&witness) && tr_dated_cmp(&witness, &limit) < 0)
		d.word = TR_WORD_ORDER;
	else if (image)
		d.word = TR_WORD_IMAGE;
	return tr_find(f, rule, &d, reterr, "signature of consent: %s; of others: %s%s", a, b, image ? "; an image, not a signature" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++) {
		if (tr_is_consent(&c->records[i]) && !c->records[i].is_erased)
			rc = judge(rule, c, &c->records[i], f, reterr);
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge_file(rule, c, &c->records[i].files[j], f, reterr);
	}
	return rc;
}

const struct tr_rule tr_rule_c6 = {
	.id = "C6",
	.title = "roles and signatures complete",
	.text = "Whoever has to consent for the people of the form did: the adult; a parent and, where the study has a form for it, the child's assent; the "
		"representative. Who explained it has signed, too, and not before. Nothing is dated later than it can be. An image of a signature "
		"decides nothing.",
	.inputs = "records of kind consent, re-consent, consent-form; signatures and countersignatures; FHIR Provenance",
	.run = run,
};
