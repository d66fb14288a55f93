/* Consent (R4, R5) and ResearchSubject (R4, R5): what persons agreed to, and when. */
#include "trial/read/fhir_inside.h"

/* ---- what a Consent is ---- */

enum kind {
	CONSENT,
	REFUSAL,
	WITHDRAWAL,
	WITHDRAWAL_IN_PART,
	STATE, /* somebody's computation of what holds now: no act of a person, and its date is that of the question */
};

/*
 * The German broad consent (MII): the OID of a template's version stands in policy/uri, with or without "urn:oid:"; the
 * templates of refusals and withdrawals have their own. 184 is the whole of it, no version.
 * Source: the code system mii-cs-consent-version-modules, version 0.2.0.
 */
#define MII "2.16.840.1.113883.3.1937.777.24.2."

static const struct form {
	const char *oid, *version;
	enum kind kind;
} forms[] = {
	{"1790", "1.6d", CONSENT},
	{"4053", "1.6d", REFUSAL},
	{"2718", "1.6d", WITHDRAWAL},
	{"2719", "1.6d", WITHDRAWAL_IN_PART},
	{"1791", "1.6f", CONSENT},
	{"2720", "1.6f", WITHDRAWAL},
	{"2721", "1.6f", WITHDRAWAL_IN_PART},
	{"2079", "1.7.2", CONSENT},
	{"4054", "1.7.2", REFUSAL},
	{"2722", "1.7.2", WITHDRAWAL},
	{"2723", "1.7.2", WITHDRAWAL_IN_PART},
	{"3542", "1.7.2 parents and guardians 1.1", CONSENT},
	{"3543", "1.7.2 minors from 7 to 11 1.1", CONSENT},
	{"3544", "1.7.2 minors from 12 to 17 1.1", CONSENT},
};
#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static const struct form *form_of(struct vf_bytes uri)
{
	vf_take_str(&uri, "urn:oid:");
	if (!vf_take_str(&uri, MII))
		return NULL;
	for (size_t i = 0; i < N_FORMS; i++)
		if (vf_bytes_is(uri, forms[i].oid))
			return &forms[i];
	return NULL;
}

/* Codes of fhir.de's types of templates and results, whatever the system's version. */
static bool kind_of_coding(const struct tr_element *coding, enum kind *ret)
{
	struct vf_bytes system = tr_element_value(coding, "system"), code = tr_element_value(coding, "code");
	const struct form *form = form_of(code);

	if (form && form->kind != CONSENT)
		*ret = form->kind;
	else if (vf_bytes_ends(system, "/ResultType") && vf_bytes_is(code, "consent-status"))
		*ret = STATE;
	else if (vf_bytes_ends(system, "/TemplateType") && vf_bytes_starts(code, "REFUSAL"))
		*ret = REFUSAL;
	else if (vf_bytes_ends(system, "/TemplateType") &&
		(vf_bytes_starts(code, "REVOCATION") || vf_bytes_starts(code, "WITHDRAWAL")))
		*ret = WITHDRAWAL;
	else
		return false;
	return true;
}

/* policy (R4) and policyBasis (R5): what names the form. */
static const struct tr_element *policy_of(const struct tr_element *policy)
{
	const struct tr_element *uri = tr_element_get(policy, "uri");

	if (!uri)
		uri = tr_element_get(policy, "url");
	return uri ? uri : tr_element_target(tr_element_get(policy, "reference"));
}

static enum kind kind_of(const struct tr_element *consent)
{
	static const char *const names[] = {"policy", "policyBasis"};
	enum kind kind = CONSENT;
	const struct form *form;

	for (const struct tr_element *c = tr_element_get(consent, "category"); c; c = tr_element_next(c))
		for (const struct tr_element *coding = tr_element_get(c, "coding"); coding; coding = tr_element_next(coding))
			if (kind_of_coding(coding, &kind))
				return kind;
	for (size_t i = 0; i < 2; i++)
		for (const struct tr_element *p = tr_element_get(consent, names[i]); p; p = tr_element_next(p)) {
			const struct tr_element *uri = policy_of(p);

			if (uri && (form = form_of(uri->value)) != NULL && form->kind != CONSENT)
				return form->kind;
		}
	return kind;
}

/* ---- decisions ---- */

/* Provisions in each other are few levels deep (TR_TREE_MAX_DEPTH). */
static void find_types(const struct tr_element *provision, const struct tr_element **permit,
	const struct tr_element **deny)
{
	for (; provision; provision = tr_element_next(provision)) {
		const struct tr_element *type = tr_element_get(provision, "type");

		if (type && vf_bytes_is(type->value, "permit") && !*permit)
			*permit = type;
		if (type && vf_bytes_is(type->value, "deny") && !*deny)
			*deny = type;
		find_types(tr_element_get(provision, "provision"), permit, deny);
	}
}

/*
 * R5 has one decision for the whole, which provisions take exceptions from. R4 has rules in rules: a rule that denies all
 * and rules in it that permit are the usual form of a consent, so one that permits is enough.
 */
static const struct tr_element *decision_of(const struct tr_element *consent, const char **ret_word)
{
	const struct tr_element *decision = tr_element_get(consent, "decision"), *rule = tr_element_get(consent, "policyRule");
	const struct tr_element *permit = NULL, *deny = NULL;

	*ret_word = "deny";
	if (decision) {
		*ret_word = vf_bytes_is(decision->value, "permit") ? "permit" : "deny";
		return decision;
	}
	find_types(tr_element_get(consent, "provision"), &permit, &deny);
	if (!permit && !deny && tr_element_has_code(rule, "OPTIN"))
		permit = rule;
	if (!permit && !deny && tr_element_has_code(rule, "OPTOUT"))
		deny = rule;
	if (permit)
		*ret_word = "permit";
	return permit ? permit : deny;
}

/* ---- saying ---- */

/* A version of a form is said once, however many consented to it; it is about nobody. */
static void say_form(struct tr_saying *s, const struct tr_element *uri)
{
	const struct form *form = form_of(uri->value);
	struct tr_saying version = *s;
	uint32_t bit;

	tr_saying_put(s, TR_F_CONSENT_FORM, uri);
	if (!form || s->rc != VF_OK)
		return;
	bit = UINT32_C(1) << (form - forms);
	if (tr_walk_of(s)->forms & bit)
		return;
	tr_walk_of(s)->forms |= bit;
	version.about = (struct tr_about){.item = tr_item(s->t->r)};
	tr_saying_put(&version, TR_F_VERSION_ID, uri);
	tr_saying_word(&version, TR_F_VERSION_OF, uri, "consent-form");
	tr_saying_word(&version, TR_F_VERSION_NUMBER, uri, form->version);
	s->rc = version.rc;
}

static void say_forms(struct tr_saying *s, const struct tr_element *consent)
{
	static const char *const names[] = {"policy", "policyBasis"};
	const struct tr_element *uri;

	for (size_t i = 0; i < 2; i++)
		for (const struct tr_element *p = tr_element_get(consent, names[i]); p; p = tr_element_next(p))
			if ((uri = policy_of(p)) != NULL)
				say_form(s, uri);
}

/* The signed form: its title may name a person, so its facts have the subject of the consent. */
static void say_sources(struct tr_saying *s, const struct tr_element *consent)
{
	struct tr_saying doc = *s;

	for (const struct tr_element *a = tr_element_get(consent, "sourceAttachment"); a; a = tr_element_next(a)) {
		doc.about.item = tr_item(s->t->r);
		tr_saying_put(&doc, TR_F_DOC_TYPE, tr_element_get(a, "contentType"));
		tr_saying_put(&doc, TR_F_DOC_NAME, tr_element_get(a, "title"));
		tr_saying_put(&doc, TR_F_DOC_URL, tr_element_get(a, "url"));
		tr_saying_put(&doc, TR_F_DOC_DATE, tr_element_get(a, "creation"));
	}
	for (const struct tr_element *a = tr_element_get(consent, "sourceReference"); a; a = tr_element_next(a)) {
		doc.about.item = tr_item(s->t->r);
		tr_saying_put(&doc, TR_F_DOC_URL, tr_element_target(a));
	}
	s->rc = doc.rc;
}

/* Of these states the person has not consented, or nobody knows: the date is not that of a consent. */
static bool is_given(struct vf_bytes status)
{
	return status.n == 0 || vf_bytes_is(status, "active") || vf_bytes_is(status, "inactive");
}

static void say_dates(struct tr_saying *s, const struct tr_element *consent, enum kind kind)
{
	const struct tr_element *date = tr_element_get(consent, "dateTime"), *decision;
	bool is_given_now = is_given(tr_element_value(consent, "status"));
	const char *word;

	if (!date)
		date = tr_element_get(consent, "date");
	decision = decision_of(consent, &word);
	if (decision)
		tr_saying_word(s, TR_F_CONSENT_DECISION, decision, word);
	else if (kind == REFUSAL)
		tr_saying_word(s, TR_F_CONSENT_DECISION, NULL, "deny");
	if (kind == STATE) {
		tr_saying_warn(s, TR_W_AMBIGUOUS, date, "the state of a consent, computed: its date is not that of a consent");
		return;
	}
	if (kind == REFUSAL || !is_given_now)
		return;
	if (kind == CONSENT && !(decision && strcmp(word, "deny") == 0)) {
		tr_saying_put(s, TR_F_CONSENT_DATE, date);
		return;
	}
	if (kind == CONSENT)
		tr_saying_warn(s, TR_W_AMBIGUOUS, decision, "all is denied: read as a withdrawal, and may be a refusal");
	tr_saying_put(s, TR_F_WITHDRAWAL_DATE, date);
	tr_saying_word(s, TR_F_WITHDRAWAL_SOURCE, date, kind == CONSENT ? "FHIR Consent, all denied" : "FHIR Consent");
	if (kind != CONSENT)
		tr_saying_word(s, TR_F_WITHDRAWAL_SCOPE, date, kind == WITHDRAWAL ? "complete" : "partial");
}

static void note_version(struct tr_resource_walk *w, const struct tr_element *resource, const char *const *r4,
	const char *const *r5)
{
	for (; *r4; r4++)
		if (tr_element_get(resource, *r4))
			w->versions |= TR_FHIR_R4;
	for (; *r5; r5++)
		if (tr_element_get(resource, *r5))
			w->versions |= TR_FHIR_R5;
}

void tr_say_consent(struct tr_saying *s, const struct tr_element *c)
{
	static const char *const r4[] = {"patient", "dateTime", "scope", "policyRule", NULL};
	static const char *const r5[] = {"subject", "decision", "policyBasis", NULL};
	const struct tr_element *person = tr_element_target(tr_element_get(c, "patient"));
	const struct tr_element *period = tr_element_get(c, "period");
	enum kind kind = kind_of(c);
	char record[TR_RESOURCE_REFERENCE];
	struct vf_bytes id = tr_resource_reference(c, record);

	note_version(tr_walk_of(s), c, r4, r5);
	if (!person)
		person = tr_element_target(tr_element_get(c, "subject"));
	tr_saying_subject(s, person ? person->value : (struct vf_bytes){0});
	if (!person) /* one person's all the same: nothing of it is said to who does not ask */
		s->about.subject = id.n ? id : vf_bytes_str("Consent");
	if (id.n)
		tr_saying_word(s, TR_F_CONSENT_RECORD, tr_element_get(c, "id"), record);
	tr_saying_word(s, TR_F_CONSENT_SOURCE, NULL, kind == STATE ? "FHIR Consent, computed state" : "FHIR Consent");
	tr_saying_put(s, TR_F_CONSENT_STATUS, tr_element_get(c, "status"));
	say_dates(s, c, kind);
	if (!period)
		period = tr_element_path(c, "provision/period");
	tr_saying_put(s, TR_F_CONSENT_FROM, tr_element_get(period, "start"));
	tr_saying_put(s, TR_F_CONSENT_UNTIL, tr_element_get(period, "end"));
	for (const struct tr_element *v = tr_element_get(c, "verification"); v; v = tr_element_next(v))
		tr_saying_put(s, TR_F_CONSENT_VERIFIED, tr_element_get(v, "verificationDate"));
	say_forms(s, c);
	say_sources(s, c);
}

/* ---- ResearchSubject ---- */

static bool is_consent_signed(const struct tr_element *progress)
{
	return tr_element_has_code(tr_element_get(progress, "reason"), "informedConsentSigned") ||
		tr_element_has_code(tr_element_get(progress, "milestone"), "informedConsentSigned");
}

/* R5: each step of the person has its own dates. 'status' is there the state of the record, not of the person. */
static void say_progress(struct tr_saying *s, const struct tr_element *progress)
{
	const struct tr_element *state = tr_element_get(progress, "subjectState");
	const struct tr_element *start = tr_element_get(progress, "startDate");
	struct tr_saying step = *s;

	if (is_consent_signed(progress) && start) {
		step.about.item = tr_item(s->t->r);
		tr_saying_put(&step, TR_F_CONSENT_DATE, start);
		tr_saying_word(&step, TR_F_CONSENT_SOURCE, start, "FHIR ResearchSubject.progress");
	}
	if (tr_element_has_code(state, "withdrawn") && start) {
		step.about.item = tr_item(s->t->r);
		tr_saying_put(&step, TR_F_WITHDRAWAL_DATE, start);
		tr_saying_word(&step, TR_F_WITHDRAWAL_SOURCE, start, "FHIR ResearchSubject.progress");
	}
	s->rc = step.rc;
	tr_saying_put(s, TR_F_SUBJECT_STATUS, tr_element_code(state));
}

/* R4: the person's state is 'status', and the end of the period its date when that is a withdrawal. */
static void say_state(struct tr_saying *s, const struct tr_element *subject)
{
	const struct tr_element *status = tr_element_get(subject, "status"), *end = tr_element_path(subject, "period/end");

	tr_saying_put(s, TR_F_SUBJECT_STATUS, status);
	if (!status || !end || !vf_bytes_is(status->value, "withdrawn"))
		return;
	tr_saying_put(s, TR_F_WITHDRAWAL_DATE, end);
	tr_saying_word(s, TR_F_WITHDRAWAL_SOURCE, end, "FHIR ResearchSubject.period");
}

void tr_say_research_subject(struct tr_saying *s, const struct tr_element *r)
{
	static const char *const r4[] = {"individual", "assignedArm", NULL};
	static const char *const r5[] = {"subject", "progress", "assignedComparisonGroup", NULL};
	const struct tr_element *person = tr_element_target(tr_element_get(r, "individual")), *progress;

	note_version(tr_walk_of(s), r, r4, r5);
	if (!person)
		person = tr_element_target(tr_element_get(r, "subject"));
	if (!person)
		person = tr_element_path(r, "identifier/value");
	if (!person)
		person = tr_element_get(r, "id");
	tr_saying_subject(s, person ? person->value : (struct vf_bytes){0});
	if (!person)
		s->about.subject = vf_bytes_str("ResearchSubject");
	tr_saying_put(s, TR_F_SUBJECT_KEY, person);
	tr_saying_put(s, TR_F_SUBJECT_START, tr_element_path(r, "period/start"));
	tr_saying_put(s, TR_F_SUBJECT_END, tr_element_path(r, "period/end"));
	tr_saying_put(s, TR_F_SUBJECT_ARM, tr_element_get(r, "assignedArm"));
	tr_saying_put(s, TR_F_SUBJECT_ARM, tr_element_get(r, "assignedComparisonGroup"));
	for (const struct tr_element *c = tr_element_get(r, "consent"); c; c = tr_element_next(c))
		tr_saying_put(s, TR_F_CONSENT_RECORD, tr_element_target(c));
	progress = tr_element_get(r, "progress");
	if (!progress && !tr_element_get(r, "subject"))
		say_state(s, r);
	for (; progress; progress = tr_element_next(progress))
		say_progress(s, progress);
}
