/* ResearchStudy (R4, R5, and the ICH M11 protocol as FHIR): a study, or one version of its protocol. */
#include "trial/read/fhir_inside.h"

/* The best words for what a coding says, or the code alone. */
static void put_words(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *concept)
{
	tr_saying_put(s, fact, tr_element_words(concept));
}

static bool has_word(const struct tr_element *concept, const char *word)
{
	const struct tr_element *words = tr_element_words(concept);

	return words && vf_bytes_is(words->value, word);
}

/* ---- identity ---- */

static bool holds(struct vf_bytes text, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= text.n; i++)
		if (memcmp(text.p + i, part, n) == 0)
			return true;
	return false;
}

/* The identifier of an amendment is none of the study. Codes are NCI's, as the M11 guide uses them. */
static void say_identifier(struct tr_saying *s, const struct tr_element *identifier)
{
	const struct tr_element *type = tr_element_get(identifier, "type"), *words = tr_element_words(type);
	const struct tr_element *value = tr_element_get(identifier, "value");
	struct vf_bytes text = words ? words->value : (struct vf_bytes){0};
	enum tr_fact_name fallback = TR_F_ID_OTHER;

	if (!value || holds(text, "Amendment"))
		return;
	if (tr_element_has_code(type, "C132351") || holds(text, "Sponsor"))
		fallback = TR_F_ID_SPONSOR;
	else if (tr_element_has_code(type, "C218684") || holds(text, "EU CT"))
		fallback = TR_F_ID_EUCT;
	tr_saying_id(s, fallback, value);
}

static void say_titles(struct tr_saying *s, const struct tr_element *study)
{
	tr_saying_put(s, TR_F_STUDY_TITLE, tr_element_get(study, "title"));
	for (const struct tr_element *l = tr_element_get(study, "label"); l; l = tr_element_next(l)) {
		const struct tr_element *type = tr_element_get(l, "type");

		if (tr_element_has_code(type, "acronym") || tr_element_has_code(type, "C207646"))
			tr_saying_put(s, TR_F_STUDY_NAME, tr_element_get(l, "value"));
	}
	tr_saying_put(s, TR_F_STUDY_NAME,
		tr_element_extension_value(tr_element_extension(study, "mii-ex-studie-akronym")));
}

/* A sponsor's name; a reference when that is all there is. */
static void say_sponsor(struct tr_saying *s, const struct tr_element *name, const struct tr_element *party)
{
	if (!name)
		name = tr_element_get(party, "display");
	if (!name)
		name = tr_element_target(party);
	tr_saying_put(s, TR_F_STUDY_SPONSOR, name);
}

static void say_parties(struct tr_saying *s, const struct tr_element *study)
{
	say_sponsor(s, NULL, tr_element_get(study, "sponsor"));
	for (const struct tr_element *p = tr_element_get(study, "associatedParty"); p; p = tr_element_next(p)) {
		const struct tr_element *role = tr_element_get(p, "role");

		if (tr_element_has_code(role, "sponsor") || tr_element_has_code(role, "lead-sponsor") ||
			tr_element_has_code(role, "C70793"))
			say_sponsor(s, tr_element_get(p, "name"), tr_element_get(p, "party"));
	}
}

/* ---- when ---- */

static void put_kind(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *actual)
{
	if (actual)
		tr_saying_word(s, fact, actual, vf_bytes_is(actual->value, "true") ? "Actual" : "Anticipated");
}

/* R5: states with periods, of which some are the stages of a registration. */
static void say_stage(struct tr_saying *s, const struct tr_element *state, const struct tr_element *period,
	const struct tr_element *actual)
{
	const struct tr_element *start = tr_element_get(period, "start"), *end = tr_element_get(period, "end");

	if (tr_element_has_code(state, "registration-submission"))
		tr_saying_put(s, TR_F_REG_FIRST, start ? start : end);
	else if (tr_element_has_code(state, "registration-submission-quality-control") ||
		tr_element_has_code(state, "registration-submission-quality-assurance-review"))
		tr_saying_put(s, TR_F_REG_FIRST_QC, start ? start : end);
	else if (tr_element_has_code(state, "results-submission"))
		tr_saying_put(s, TR_F_REG_RESULTS_FIRST, start ? start : end);
	else if (tr_element_has_code(state, "primary-outcome-data-collection")) {
		tr_saying_put(s, TR_F_STUDY_PRIMARY_END, end);
		put_kind(s, TR_F_STUDY_PRIMARY_END_KIND, end ? actual : NULL);
	} else if (tr_element_has_code(state, "overall-study")) {
		tr_saying_put(s, TR_F_STUDY_START, start);
		tr_saying_put(s, TR_F_STUDY_END, end);
		put_kind(s, TR_F_STUDY_START_KIND, start ? actual : NULL);
	} else
		tr_saying_put(s, TR_F_STUDY_STATUS, tr_element_code(state));
}

static void say_stages(struct tr_saying *s, const struct tr_element *study)
{
	const struct tr_element *e = tr_element_extension(study, "researchStudy-studyRegistration");

	for (const struct tr_element *p = tr_element_get(study, "progressStatus"); p; p = tr_element_next(p))
		say_stage(s, tr_element_get(p, "state"), tr_element_get(p, "period"), tr_element_get(p, "actual"));
	for (; e; e = tr_element_extension_next(e))
		say_stage(s, tr_element_extension_value(tr_element_extension(e, "activity")),
			tr_element_extension_value(tr_element_extension(e, "period")),
			tr_element_extension_value(tr_element_extension(e, "actual")));
	tr_saying_put(s, TR_F_STUDY_START, tr_element_path(study, "period/start"));
	tr_saying_put(s, TR_F_STUDY_END, tr_element_path(study, "period/end"));
}

static void say_enrolment(struct tr_saying *s, const struct tr_element *recruitment)
{
	const struct tr_element *actual = tr_element_get(recruitment, "actualNumber");
	const struct tr_element *target = tr_element_get(recruitment, "targetNumber");

	if (!actual && !target)
		return;
	tr_saying_put(s, TR_F_STUDY_ENROLMENT, actual ? actual : target);
	tr_saying_word(s, TR_F_STUDY_ENROLMENT_KIND, actual ? actual : target, actual ? "Actual" : "Anticipated");
}

/* ---- what belongs to it, one item each ---- */

/* In a Bundle of several studies each thing says whose it is. */
static void begin_item(struct tr_saying *of, const struct tr_saying *study)
{
	of->about.item = tr_item(study->t->r);
	if (study->about.item)
		tr_saying_count(of, TR_F_RECORD_ITEM, study->about.item);
}

/* ---- aims ---- */

static const char *level_of(const struct tr_element *type)
{
	static const char *const levels[][2] = {{"primary", "primary"}, {"C94496", "primary"}, {"C85826", "primary"},
		{"secondary", "secondary"}, {"C139173", "secondary"}, {"C85827", "secondary"}, {"exploratory", "other"},
		{"C170559", "other"}, {"C163559", "other"}, {"other", "other"}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (tr_element_has_code(type, levels[i][0]))
			return levels[i][1];
	return NULL;
}

/* R4 has one type, R5 a list with more than the level in it. */
static void say_level(struct tr_saying *s, const struct tr_element *type)
{
	for (; type; type = tr_element_next(type)) {
		const char *level = level_of(type);

		if (level) {
			tr_saying_word(s, TR_F_OUTCOME_LEVEL, type, level);
			return;
		}
	}
}

static void say_aims(struct tr_saying *s, const struct tr_element *study)
{
	struct tr_saying aim = *s;

	for (const struct tr_element *o = tr_element_get(study, "outcomeMeasure"); o; o = tr_element_next(o)) {
		begin_item(&aim, s);
		tr_saying_word(&aim, TR_F_OUTCOME_FROM, o, "protocol");
		say_level(&aim, tr_element_get(o, "type"));
		tr_saying_put(&aim, TR_F_OUTCOME_MEASURE, tr_element_get(o, "name"));
		tr_saying_put(&aim, TR_F_OUTCOME_TEXT, tr_element_get(o, "description"));
	}
	for (const struct tr_element *o = tr_element_get(study, "objective"); o; o = tr_element_next(o)) {
		const struct tr_element *name = tr_element_get(o, "name");

		begin_item(&aim, s);
		tr_saying_word(&aim, TR_F_OUTCOME_FROM, o, "protocol");
		say_level(&aim, tr_element_get(o, "type"));
		tr_saying_put(&aim, TR_F_OUTCOME_OBJECTIVE, name ? name : tr_element_get(o, "description"));
	}
	s->rc = aim.rc;
}

/* ---- versions ---- */

/* What the other version is: the target may be of five kinds. */
static const struct tr_element *related(const struct tr_element *r)
{
	static const char *const values[] = {"targetCanonical", "targetUri", "resource", "url"};
	const struct tr_element *el = tr_element_target(tr_element_get(r, "targetReference"));

	if (!el)
		el = tr_element_target(tr_element_get(r, "resourceReference"));
	if (!el)
		el = tr_element_path(r, "targetIdentifier/value");
	for (size_t i = 0; !el && i < sizeof(values) / sizeof(values[0]); i++)
		el = tr_element_get(r, values[i]);
	return el;
}

static void say_predecessors(struct tr_saying *s, const struct tr_element *study)
{
	static const char *const names[] = {"relatesTo", "relatedArtifact"};

	for (size_t i = 0; i < 2; i++)
		for (const struct tr_element *r = tr_element_get(study, names[i]); r; r = tr_element_next(r))
			if (tr_element_has_code(tr_element_get(r, "type"), "predecessor") ||
				tr_element_has_code(tr_element_get(r, "type"), "replaces"))
				tr_saying_put(s, TR_F_VERSION_REPLACES, related(r));
}

/* The sponsor's sign-off, not an ethics board's decision. */
static void say_approvals(struct tr_saying *s, const struct tr_element *of)
{
	const struct tr_element *e = tr_element_extension(of, "m11-approval"), *signature;

	for (; e; e = tr_element_extension_next(e)) {
		tr_saying_put(s, TR_F_VERSION_APPROVED, tr_element_extension_value(tr_element_extension(e, "approvalDate")));
		signature = tr_element_extension_value(tr_element_extension(e, "signature"));
		if (signature)
			tr_saying_signature(s, signature, NULL);
	}
}

/* One ResearchStudy is one version of a protocol: with 'version', or the M11 guide's date of it. 'date' is when the
 * resource was changed, which is another thing. */
static void say_version(struct tr_saying *s, const struct tr_element *study)
{
	const struct tr_element *m11 = tr_element_extension(study, "m11-research-study");
	const struct tr_element *date = tr_element_extension_value(tr_element_extension(m11, "versionDate"));
	const struct tr_element *original = tr_element_extension_value(tr_element_extension(m11, "originalProtocol"));
	const struct tr_element *version = tr_element_get(study, "version"), *id = tr_element_get(study, "id");
	char reference[TR_RESOURCE_REFERENCE];
	struct tr_saying own = *s;

	tr_saying_put(&own, TR_F_FILE_SAVED, tr_element_get(study, "date"));
	if (version || date || tr_element_extension(study, "m11-approval")) {
		if (!own.about.item)
			own.about.item = tr_item(s->t->r);
		if (tr_resource_reference(study, reference).n)
			tr_saying_word(&own, TR_F_VERSION_ID, id, reference);
		tr_saying_word(&own, TR_F_VERSION_OF, version, "protocol");
		tr_saying_put(&own, TR_F_VERSION_NUMBER, version);
		tr_saying_put(&own, TR_F_VERSION_DATE, date);
		if (tr_walk_of(s)->versions & TR_FHIR_R5)
			tr_saying_put(&own, TR_F_VERSION_STATUS, tr_element_get(study, "status"));
		if (tr_element_has_code(original, "C218485") || tr_element_has_code(original, "C218488"))
			tr_saying_flag(&own, TR_F_VERSION_ORIGINAL, original, tr_element_has_code(original, "C218485"));
		say_approvals(&own, study);
		say_predecessors(&own, study);
	}
	s->rc = own.rc;
}

static bool is_answer(const struct tr_element *answer, const char *nci, const char *v2, const char *word)
{
	return tr_element_has_code(answer, nci) || tr_element_has_code(answer, v2) || has_word(answer, word);
}

/* Safety and rights, or reliability: one Yes is enough, a No needs both to be one. */
static void say_impact(struct tr_saying *s, const struct tr_element *amendment)
{
	const struct tr_element *of[2] = {
		tr_element_extension_value(tr_element_extension(amendment, "substantialImpactSafety")),
		tr_element_extension_value(tr_element_extension(amendment, "substantialImpactReliability"))};
	bool yes[2], no[2];

	for (int i = 0; i < 2; i++) {
		yes[i] = is_answer(of[i], "C49488", "Y", "Yes");
		no[i] = is_answer(of[i], "C49487", "N", "No");
	}
	if (yes[0] || yes[1])
		tr_saying_flag(s, TR_F_AMEND_SUBSTANTIAL, yes[0] ? of[0] : of[1], true);
	else if (no[0] && no[1])
		tr_saying_flag(s, TR_F_AMEND_SUBSTANTIAL, of[0], false);
}

static void say_where(struct tr_saying *s, const struct tr_element *amendment)
{
	static const char *const names[] = {"country", "region", "site"};

	for (size_t i = 0; i < 3; i++) {
		const struct tr_element *e = tr_element_extension(amendment, names[i]);

		for (; e; e = tr_element_extension_next(e)) {
			const struct tr_element *value = tr_element_extension_value(e), *at = tr_element_code(value);

			if (!at)
				at = tr_element_get(value, "value");
			tr_saying_put(s, TR_F_AMEND_WHERE, at ? at : tr_element_target(value));
		}
	}
}

static void say_amendment(struct tr_saying *s, const struct tr_saying *study, const struct tr_element *a)
{
	static const char *const reasons[] = {"primaryReason", "secondaryReason"};
	const struct tr_element *previous = tr_element_extension_value(tr_element_extension(a, "previous"));
	const struct tr_element *id = tr_element_extension_value(tr_element_extension(a, "identifier")), *signature;

	begin_item(s, study);
	tr_saying_put(s, TR_F_AMEND_ID, id && id->value.n ? id : tr_element_get(id, "value"));
	/* newer guides have a statement there: no identifier of an amendment */
	if (previous && previous->value.n)
		tr_saying_put(s, TR_F_AMEND_REPLACES, previous);
	else if (previous && !tr_element_code(previous))
		tr_saying_put(s, TR_F_AMEND_REPLACES,
			tr_element_target(previous) ? tr_element_target(previous) : tr_element_get(previous, "value"));
	tr_saying_put(s, TR_F_AMEND_DATE, tr_element_extension_value(tr_element_extension(a, "approvalDate")));
	put_words(s, TR_F_AMEND_SCOPE, tr_element_extension_value(tr_element_extension(a, "scope")));
	say_where(s, a);
	for (size_t i = 0; i < 2; i++)
		for (const struct tr_element *e = tr_element_extension(a, reasons[i]); e; e = tr_element_extension_next(e))
			put_words(s, TR_F_AMEND_REASON, tr_element_extension_value(e));
	put_words(s, TR_F_AMEND_SUMMARY, tr_element_extension_value(tr_element_extension(a, "summary")));
	say_impact(s, a);
	signature = tr_element_extension_value(tr_element_extension(a, "signature"));
	if (signature)
		tr_saying_signature(s, signature, NULL);
}

static void say_amendments(struct tr_saying *s, const struct tr_element *study)
{
	const struct tr_element *e = tr_element_extension(study, "m11-protocol-amendment");
	struct tr_saying one = *s;

	for (; e; e = tr_element_extension_next(e))
		say_amendment(&one, s, e);
	s->rc = one.rc;
}

/* ---- what it names ---- */

/* German MII: a vote with a number and without a date, and no list of what was approved. */
static void say_votes(struct tr_saying *s, const struct tr_element *study)
{
	static const struct {
		const char *part;
		enum tr_fact_name fact;
	} parts[] = {{"status", TR_F_ETHICS_STATUS}, {"kommission", TR_F_ETHICS_COMMITTEE},
		{"committee", TR_F_ETHICS_COMMITTEE}, {"ethiknummer", TR_F_ETHICS_REFERENCE},
		{"number", TR_F_ETHICS_REFERENCE}};
	const struct tr_element *e = tr_element_extension(study, "mii-ex-studie-ethikvotum");
	struct tr_saying vote = *s;

	for (; e; e = tr_element_extension_next(e)) {
		begin_item(&vote, s);
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			put_words(&vote, parts[i].fact, tr_element_extension_value(tr_element_extension(e, parts[i].part)));
	}
	s->rc = vote.rc;
}

static void say_documents(struct tr_saying *s, const struct tr_element *study)
{
	struct tr_saying doc = *s;

	for (const struct tr_element *r = tr_element_get(study, "relatedArtifact"); r; r = tr_element_next(r)) {
		const struct tr_element *file = tr_element_get(r, "document"), *url = tr_element_get(r, "url");

		if (!file && !url)
			continue;
		begin_item(&doc, s);
		put_words(&doc, TR_F_DOC_TYPE, tr_element_get(r, "type"));
		tr_saying_put(&doc, TR_F_DOC_NAME, tr_element_get(file, "title") ? tr_element_get(file, "title")
										: tr_element_get(r, "display"));
		tr_saying_put(&doc, TR_F_DOC_URL, url ? url : tr_element_get(file, "url"));
		tr_saying_put(&doc, TR_F_DOC_DATE, tr_element_get(file, "creation"));
	}
	for (const struct tr_element *site = tr_element_get(study, "site"); site; site = tr_element_next(site)) {
		begin_item(&doc, s);
		tr_saying_put(&doc, TR_F_SITE_ID, tr_element_target(site));
	}
	s->rc = doc.rc;
}

/* 'status' of R5 is that of the record; R4 has the study's there. Without a sign of either it says no more than one word. */
static bool is_r5(const struct tr_element *study)
{
	static const char *const names[] = {"version", "label", "progressStatus", "date", "relatesTo", "outcomeMeasure",
		"associatedParty", "recruitment", "name", "url"};
	struct vf_bytes status = tr_element_value(study, "status");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (tr_element_get(study, names[i]))
			return true;
	return vf_bytes_is(status, "draft") || vf_bytes_is(status, "retired") || vf_bytes_is(status, "unknown");
}

void tr_say_research_study(struct tr_saying *s, const struct tr_element *r)
{
	bool r5 = is_r5(r);

	tr_walk_of(s)->versions |= r5 ? TR_FHIR_R5 : TR_FHIR_R4;
	for (const struct tr_element *i = tr_element_get(r, "identifier"); i; i = tr_element_next(i))
		say_identifier(s, i);
	say_titles(s, r);
	say_parties(s, r);
	tr_saying_put(s, TR_F_STUDY_PROTOCOL, tr_element_path(r, "protocol/display"));
	put_words(s, TR_F_STUDY_PHASE, tr_element_get(r, "phase"));
	tr_saying_put(s, TR_F_STUDY_STATUS, r5 ? NULL : tr_element_get(r, "status"));
	say_stages(s, r);
	say_enrolment(s, tr_element_get(r, "recruitment"));
	say_version(s, r);
	say_amendments(s, r);
	say_aims(s, r);
	say_votes(s, r);
	say_documents(s, r);
}
