/* CDISC USDM 4.0 in JSON: a study's design, the documents that it stands in, and what amended it. */
#include "trial/read/element.h"
#include "trial/read/readers.h"

/* ---- which elements there are ---- */

enum {
	EL_TOP = TR_EL_FORMAT,
	EL_STUDY,
	EL_VERSION,
	EL_DOCUMENT,
	EL_DOCUMENT_VERSION,
	EL_DATE,
	EL_SCOPE,
	EL_CODE,
	EL_IDENTIFIER,
	EL_TITLE,
	EL_ORGANIZATION,
	EL_AMENDMENT,
	EL_REASON,
	EL_IMPACT,
	EL_DESIGN,
	EL_POPULATION,
	EL_OBJECTIVE,
	EL_ENDPOINT,
	EL_QUANTITY,
	TYPES,
};
#define EL_VALUE TR_EL_VALUE

#define F(name, type) TR_ELEMENT(name, EL_##type)

static const struct tr_element_field top_fields[] = {
	F("study", STUDY), F("systemName", VALUE), F("systemVersion", VALUE), F("usdmVersion", VALUE),
};
static const struct tr_element_field study_fields[] = {
	F("documentedBy", DOCUMENT), F("name", VALUE), F("versions", VERSION),
};
static const struct tr_element_field version_fields[] = {
	F("amendments", AMENDMENT), F("dateValues", DATE), F("documentVersionIds", VALUE), F("id", VALUE),
	F("organizations", ORGANIZATION), F("studyDesigns", DESIGN), F("studyIdentifiers", IDENTIFIER), F("titles", TITLE),
	F("versionIdentifier", VALUE),
};
static const struct tr_element_field document_fields[] = {
	F("language", CODE), F("templateName", VALUE), F("versions", DOCUMENT_VERSION),
};
static const struct tr_element_field document_version_fields[] = {
	F("dateValues", DATE), F("id", VALUE), F("status", CODE), F("version", VALUE),
};
static const struct tr_element_field date_fields[] = {
	F("dateValue", VALUE), F("geographicScopes", SCOPE), F("label", VALUE), F("name", VALUE), F("type", CODE),
};
static const struct tr_element_field scope_fields[] = {F("code", CODE), F("type", CODE)};
static const struct tr_element_field code_fields[] = {F("code", VALUE), F("decode", VALUE), F("standardCode", CODE)};
static const struct tr_element_field identifier_fields[] = {F("scopeId", VALUE), F("text", VALUE)};
static const struct tr_element_field title_fields[] = {F("text", VALUE), F("type", CODE)};
static const struct tr_element_field organization_fields[] = {
	F("id", VALUE), F("label", VALUE), F("name", VALUE), F("type", CODE),
};
static const struct tr_element_field amendment_fields[] = {
	F("dateValues", DATE), F("geographicScopes", SCOPE), F("id", VALUE), F("impacts", IMPACT), F("number", VALUE),
	F("previousId", VALUE), F("primaryReason", REASON), F("secondaryReasons", REASON), F("summary", VALUE),
};
static const struct tr_element_field reason_fields[] = {F("code", CODE), F("otherReason", VALUE)};
static const struct tr_element_field impact_fields[] = {F("isSubstantial", VALUE)};
static const struct tr_element_field design_fields[] = {
	F("objectives", OBJECTIVE), F("population", POPULATION), F("studyPhase", CODE),
};
static const struct tr_element_field population_fields[] = {F("plannedEnrollmentNumber", QUANTITY)};
static const struct tr_element_field objective_fields[] = {
	F("endpoints", ENDPOINT), F("level", CODE), F("text", VALUE),
};
static const struct tr_element_field endpoint_fields[] = {F("level", CODE), F("purpose", VALUE), F("text", VALUE)};
static const struct tr_element_field quantity_fields[] = {F("value", VALUE)};

static const struct tr_element_list lists[TYPES] = {
	[EL_TOP] = TR_ELEMENTS(top_fields),
	[EL_STUDY] = TR_ELEMENTS(study_fields),
	[EL_VERSION] = TR_ELEMENTS(version_fields),
	[EL_DOCUMENT] = TR_ELEMENTS(document_fields),
	[EL_DOCUMENT_VERSION] = TR_ELEMENTS(document_version_fields),
	[EL_DATE] = TR_ELEMENTS(date_fields),
	[EL_SCOPE] = TR_ELEMENTS(scope_fields),
	[EL_CODE] = TR_ELEMENTS(code_fields),
	[EL_IDENTIFIER] = TR_ELEMENTS(identifier_fields),
	[EL_TITLE] = TR_ELEMENTS(title_fields),
	[EL_ORGANIZATION] = TR_ELEMENTS(organization_fields),
	[EL_AMENDMENT] = TR_ELEMENTS(amendment_fields),
	[EL_REASON] = TR_ELEMENTS(reason_fields),
	[EL_IMPACT] = TR_ELEMENTS(impact_fields),
	[EL_DESIGN] = TR_ELEMENTS(design_fields),
	[EL_POPULATION] = TR_ELEMENTS(population_fields),
	[EL_OBJECTIVE] = TR_ELEMENTS(objective_fields),
	[EL_ENDPOINT] = TR_ELEMENTS(endpoint_fields),
	[EL_QUANTITY] = TR_ELEMENTS(quantity_fields),
};

static bool holds(struct vf_bytes text, const char *part)
{
	struct vf_bytes skip;

	while (vf_take_until(&text, (uint8_t)part[0], &skip))
		if (vf_bytes_starts(text, part + 1))
			return true;
	return false;
}

/* The version of the format stands behind the study, which may be megabytes away. */
static bool claims(const struct tr_peek *peek)
{
	for (size_t i = 0; i < peek->n_keys; i++) {
		if (vf_bytes_is(peek->keys[i], "usdmVersion"))
			return true;
		if (vf_bytes_is(peek->keys[i], "study") &&
			(holds(peek->head, "\"versionIdentifier\"") || holds(peek->head, "\"documentedBy\"")))
			return true;
	}
	return false;
}

/* ---- codes ---- */

static bool is_code(const struct tr_element *code, const char *nci, const char *decode)
{
	return vf_bytes_is(tr_element_value(code, "code"), nci) || vf_bytes_is(tr_element_value(code, "decode"), decode);
}

/* What a code says, of an alias what it stands for. */
static const struct tr_element *decode_of(const struct tr_element *code)
{
	const struct tr_element *el = tr_element_get(code, "decode");

	return el ? el : tr_element_path(code, "standardCode/decode");
}

/* ---- dates ---- */

enum date_kind {
	DATE_EFFECTIVE,
	DATE_APPROVED,
	DATE_OTHER,
};

static enum date_kind kind_of(const struct tr_element *date)
{
	const struct tr_element *type = tr_element_get(date, "type");
	struct vf_bytes decode = tr_element_value(type, "decode");

	if (is_code(type, "C99903x1", "Protocol Effective Date") || holds(decode, "Effective"))
		return DATE_EFFECTIVE;
	return is_code(type, "C132352", "Sponsor Approval Date") ? DATE_APPROVED : DATE_OTHER;
}

/* The date of a kind when there is one alone; *ret_n says how many there are. */
static const struct tr_element *only_date(const struct tr_element *of, enum date_kind kind, size_t *ret_n)
{
	const struct tr_element *found = NULL;

	*ret_n = 0;
	for (const struct tr_element *d = tr_element_get(of, "dateValues"); d; d = tr_element_next(d))
		if (kind_of(d) == kind && tr_element_value(d, "dateValue").n) {
			found = tr_element_get(d, "dateValue");
			++*ret_n;
		}
	return *ret_n == 1 ? found : NULL;
}

static void say_scope(struct tr_saying *s, enum tr_fact_name where, const struct tr_element *scope)
{
	tr_saying_put(s, where, tr_element_path(scope, "code/standardCode/code"));
}

/* Each date with the words that the file has for it: a document has the dates of all its amendments. */
static void say_milestones(struct tr_saying *s, const struct tr_element *of)
{
	struct tr_saying one = *s;

	for (const struct tr_element *d = tr_element_get(of, "dateValues"); d; d = tr_element_next(d)) {
		const struct tr_element *label = tr_element_get(d, "label");

		one.about.item = tr_item(s->t->r);
		tr_saying_put(&one, TR_F_MILESTONE_OF, tr_element_get(of, "id"));
		tr_saying_put(&one, TR_F_MILESTONE_KIND, decode_of(tr_element_get(d, "type")));
		tr_saying_put(&one, TR_F_MILESTONE_LABEL, label ? label : tr_element_get(d, "name"));
		tr_saying_put(&one, TR_F_MILESTONE_DATE, tr_element_get(d, "dateValue"));
		for (const struct tr_element *c = tr_element_get(d, "geographicScopes"); c; c = tr_element_next(c))
			say_scope(&one, TR_F_MILESTONE_WHERE, c);
	}
	s->rc = one.rc;
}

/* A date of the version itself only when no other of its kind stands beside it. */
static void say_dates(struct tr_saying *s, const struct tr_element *of)
{
	size_t n_effective, n_approved;
	const struct tr_element *effective = only_date(of, DATE_EFFECTIVE, &n_effective);
	const struct tr_element *approved = only_date(of, DATE_APPROVED, &n_approved);

	tr_saying_put(s, TR_F_VERSION_DATE, effective);
	tr_saying_put(s, TR_F_VERSION_APPROVED, approved);
	if (n_effective > 1 || n_approved > 1)
		tr_saying_warn(s, TR_W_AMBIGUOUS, tr_element_get(of, "dateValues"),
			"several dates of one kind for one version: they stand as milestones alone");
}

/* ---- versions ---- */

static const struct tr_element *linked(const struct tr_element *study, struct vf_bytes id)
{
	for (const struct tr_element *d = tr_element_get(study, "documentedBy"); d; d = tr_element_next(d))
		for (const struct tr_element *v = tr_element_get(d, "versions"); v; v = tr_element_next(v))
			if (vf_bytes_eq(tr_element_value(v, "id"), id))
				return tr_element_get(v, "version");
	return NULL;
}

/* No one field is the version: the study's and its documents' go their own ways. */
static void compare_versions(struct tr_saying *s, const struct tr_element *study, const struct tr_element *version)
{
	const struct tr_element *own = tr_element_get(version, "versionIdentifier"), *id, *other;

	for (id = tr_element_get(version, "documentVersionIds"); id && own; id = tr_element_next(id)) {
		other = linked(study, id->value);
		if (!other || vf_bytes_eq(other->value, own->value))
			continue;
		tr_saying_warn(s, TR_W_AMBIGUOUS, own, "the study's version is not that of the document that describes it");
		return;
	}
}

static void say_document(struct tr_saying *s, const struct tr_element *document)
{
	struct tr_saying one = *s;

	for (const struct tr_element *v = tr_element_get(document, "versions"); v; v = tr_element_next(v)) {
		one.about.item = tr_item(s->t->r);
		tr_saying_put(&one, TR_F_VERSION_ID, tr_element_get(v, "id"));
		tr_saying_word(&one, TR_F_VERSION_OF, v, "protocol");
		tr_saying_put(&one, TR_F_VERSION_NUMBER, tr_element_get(v, "version"));
		say_dates(&one, v);
		tr_saying_put(&one, TR_F_VERSION_STATUS, decode_of(tr_element_get(v, "status")));
		tr_saying_put(&one, TR_F_VERSION_LANGUAGE, tr_element_path(document, "language/code"));
		say_milestones(&one, v);
	}
	s->rc = one.rc;
}

/* Without a document the study's version is all there is of the protocol's. */
static void say_version(struct tr_saying *s, const struct tr_element *study, const struct tr_element *version)
{
	bool has_document = tr_element_path(study, "documentedBy/versions") != NULL;
	struct tr_saying one = *s;

	one.about.item = tr_item(s->t->r);
	tr_saying_put(&one, TR_F_VERSION_ID, tr_element_get(version, "id"));
	tr_saying_word(&one, TR_F_VERSION_OF, version, has_document ? "study-definition" : "protocol");
	tr_saying_put(&one, TR_F_VERSION_NUMBER, tr_element_get(version, "versionIdentifier"));
	say_dates(&one, version);
	say_milestones(&one, version);
	compare_versions(&one, study, version);
	s->rc = one.rc;
}

/* ---- amendments ---- */

static void say_reasons(struct tr_saying *s, const struct tr_element *amendment, const char *name)
{
	for (const struct tr_element *r = tr_element_get(amendment, name); r; r = tr_element_next(r)) {
		const struct tr_element *other = tr_element_get(r, "otherReason");

		tr_saying_put(s, TR_F_AMEND_REASON, other && other->value.n ? other : decode_of(tr_element_get(r, "code")));
	}
}

static void say_impacts(struct tr_saying *s, const struct tr_element *amendment)
{
	const struct tr_element *impact = tr_element_get(amendment, "impacts"), *said = NULL;
	bool yes = false;

	for (; impact && !yes; impact = tr_element_next(impact)) {
		const struct tr_element *is = tr_element_get(impact, "isSubstantial");

		if (is)
			said = is;
		yes = is && vf_bytes_is(is->value, "true");
	}
	if (said)
		tr_saying_flag(s, TR_F_AMEND_SUBSTANTIAL, said, yes);
}

static void say_amendment(struct tr_saying *s, const struct tr_element *a)
{
	size_t n_effective, n_approved;
	const struct tr_element *effective = only_date(a, DATE_EFFECTIVE, &n_effective);
	const struct tr_element *approved = only_date(a, DATE_APPROVED, &n_approved);
	struct tr_saying one = *s;

	one.about.item = tr_item(s->t->r);
	tr_saying_put(&one, TR_F_AMEND_NUMBER, tr_element_get(a, "number"));
	tr_saying_put(&one, TR_F_AMEND_ID, tr_element_get(a, "id"));
	tr_saying_put(&one, TR_F_AMEND_REPLACES, tr_element_get(a, "previousId"));
	tr_saying_put(&one, TR_F_AMEND_DATE, effective ? effective : approved);
	tr_saying_put(&one, TR_F_AMEND_SUMMARY, tr_element_get(a, "summary"));
	say_reasons(&one, a, "primaryReason");
	say_reasons(&one, a, "secondaryReasons");
	say_impacts(&one, a);
	for (const struct tr_element *c = tr_element_get(a, "geographicScopes"); c; c = tr_element_next(c)) {
		tr_saying_put(&one, TR_F_AMEND_SCOPE, decode_of(tr_element_get(c, "type")));
		say_scope(&one, TR_F_AMEND_WHERE, c);
	}
	say_milestones(&one, a);
	s->rc = one.rc;
}

/* ---- identity and aims ---- */

static const struct tr_element *organization(const struct tr_element *version, struct vf_bytes id)
{
	for (const struct tr_element *o = tr_element_get(version, "organizations"); o; o = tr_element_next(o))
		if (vf_bytes_eq(tr_element_value(o, "id"), id))
			return o;
	return NULL;
}

static void say_identifiers(struct tr_saying *s, const struct tr_element *version)
{
	for (const struct tr_element *i = tr_element_get(version, "studyIdentifiers"); i; i = tr_element_next(i)) {
		const struct tr_element *scope = organization(version, tr_element_value(i, "scopeId"));
		const struct tr_element *label = tr_element_get(scope, "label");
		bool is_sponsor = holds(tr_element_value(tr_element_get(scope, "type"), "decode"), "Sponsor");

		tr_saying_id(s, is_sponsor ? TR_F_ID_SPONSOR : TR_F_ID_OTHER, tr_element_get(i, "text"));
		if (is_sponsor)
			tr_saying_put(s, TR_F_STUDY_SPONSOR, label && label->value.n ? label : tr_element_get(scope, "name"));
	}
}

static void say_titles(struct tr_saying *s, const struct tr_element *version)
{
	for (const struct tr_element *t = tr_element_get(version, "titles"); t; t = tr_element_next(t)) {
		const struct tr_element *type = tr_element_get(t, "type");

		if (is_code(type, "C207616", "Official Study Title"))
			tr_saying_put(s, TR_F_STUDY_TITLE, tr_element_get(t, "text"));
		else if (is_code(type, "C207646", "Study Acronym"))
			tr_saying_put(s, TR_F_STUDY_NAME, tr_element_get(t, "text"));
	}
}

/* A count is written as "10.0". */
static void say_enrolment(struct tr_saying *s, const struct tr_element *value)
{
	struct vf_bytes text = value ? value->value : (struct vf_bytes){0}, whole, digits;
	uint64_t n = 0;
	uint8_t c;

	if (!vf_take_until(&text, '.', &whole))
		whole = text;
	else
		while (text.n && text.p[0] == '0')
			vf_take_u8(&text, &c);
	digits = whole;
	while (vf_take_u8(&digits, &c) && c >= '0' && c <= '9' && n < 100000000)
		n = n * 10 + (uint64_t)(c - '0');
	if (!value || whole.n == 0 || whole.n > 9 || digits.n || (text.n && text.p != whole.p) || c < '0' || c > '9')
		return;
	tr_saying_count(s, TR_F_STUDY_ENROLMENT, n);
	tr_saying_word(s, TR_F_STUDY_ENROLMENT_KIND, value, "Anticipated");
}

static void say_level(struct tr_saying *s, const struct tr_element *level)
{
	const struct tr_element *code = tr_element_get(level, "code");

	if (is_code(level, "C85826", "Primary Objective") || is_code(level, "C94496", "Primary Endpoint"))
		tr_saying_word(s, TR_F_OUTCOME_LEVEL, code, "primary");
	else if (is_code(level, "C85827", "Secondary Objective") || is_code(level, "C139173", "Secondary Endpoint"))
		tr_saying_word(s, TR_F_OUTCOME_LEVEL, code, "secondary");
	else if (level)
		tr_saying_word(s, TR_F_OUTCOME_LEVEL, code, "other");
}

/* The level of an end point is its own, not that of its objective. */
static void say_objective(struct tr_saying *s, const struct tr_element *objective)
{
	const struct tr_element *e = tr_element_get(objective, "endpoints"), *text = tr_element_get(objective, "text");
	struct tr_saying one = *s;

	if (!e) {
		one.about.item = tr_item(s->t->r);
		tr_saying_word(&one, TR_F_OUTCOME_FROM, objective, "protocol");
		say_level(&one, tr_element_get(objective, "level"));
		tr_saying_put(&one, TR_F_OUTCOME_OBJECTIVE, text);
	}
	for (; e; e = tr_element_next(e)) {
		one.about.item = tr_item(s->t->r);
		tr_saying_word(&one, TR_F_OUTCOME_FROM, e, "protocol");
		say_level(&one, tr_element_get(e, "level"));
		tr_saying_put(&one, TR_F_OUTCOME_MEASURE, tr_element_get(e, "text"));
		tr_saying_put(&one, TR_F_OUTCOME_TEXT, tr_element_get(e, "purpose"));
		tr_saying_put(&one, TR_F_OUTCOME_OBJECTIVE, text);
	}
	s->rc = one.rc;
}

static void say_design(struct tr_saying *s, const struct tr_element *design)
{
	tr_saying_put(s, TR_F_STUDY_PHASE, decode_of(tr_element_get(design, "studyPhase")));
	say_enrolment(s, tr_element_path(design, "population/plannedEnrollmentNumber/value"));
	for (const struct tr_element *o = tr_element_get(design, "objectives"); o; o = tr_element_next(o))
		say_objective(s, o);
}

static void say_study(struct tr_saying *s, const struct tr_element *study)
{
	tr_saying_put(s, TR_F_STUDY_NAME, tr_element_get(study, "name"));
	for (const struct tr_element *v = tr_element_get(study, "versions"); v; v = tr_element_next(v)) {
		say_identifiers(s, v);
		say_titles(s, v);
		say_version(s, study, v);
		for (const struct tr_element *a = tr_element_get(v, "amendments"); a; a = tr_element_next(a))
			say_amendment(s, a);
		for (const struct tr_element *d = tr_element_get(v, "studyDesigns"); d; d = tr_element_next(d))
			say_design(s, d);
	}
	for (const struct tr_element *d = tr_element_get(study, "documentedBy"); d; d = tr_element_next(d))
		say_document(s, d);
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	struct tr_tree t;
	struct tr_tree_json json = {.t = &t};
	struct tr_saying s = {.t = &t, .err = reterr, .rc = tr_tree_begin(&t, r, true, lists, EL_TOP, reterr)};
	const struct tr_element *top = t.open[0];

	if (s.rc == VF_OK)
		s.rc = tr_tree_read_json(&json, reterr);
	tr_saying_put(&s, TR_F_FILE_VERSION, tr_element_get(top, "usdmVersion"));
	tr_saying_put(&s, TR_F_FILE_SYSTEM, tr_element_get(top, "systemName"));
	tr_saying_put(&s, TR_F_FILE_SYSTEM_VERSION, tr_element_get(top, "systemVersion"));
	if (s.rc == VF_OK)
		say_study(&s, tr_element_get(top, "study"));
	tr_tree_done(&t);
	return s.rc;
}

const struct tr_reader tr_read_usdm = {"usdm", "CDISC USDM (JSON)", claims, read};
