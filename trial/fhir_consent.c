/* From the tree of a Consent to what a record says. */
#include "trial/fhir_consent.h"

#include "trial/fhir_inside.h"
#include "trial/format.h"
#include "verify/text.h"

enum vf_rc tr_fhir_no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for a Consent");
}

void tr_fhir_note(struct tr_fhir_reading *r, const char *text)
{
	for (size_t i = 0; i < r->c.n_notes; i++)
		if (r->c.notes[i] == text)
			return;
	if (r->c.n_notes < TR_FHIR_MAX_NOTES)
		r->c.notes[r->c.n_notes++] = text;
}

/* ---- codes ---- */

bool tr_fhir_is_coding(const struct tr_fhir_node *coding, const char *system, const char *code)
{
	return vf_bytes_is(tr_fhir_value(coding, "system"), system) &&
		(!code || vf_bytes_is(tr_fhir_value(coding, "code"), code));
}

/* The first coding of a CodeableConcept in this system, with this code unless it is NULL. */
const struct tr_fhir_node *tr_fhir_coding(const struct tr_fhir_node *concept, const char *system, const char *code)
{
	const struct tr_fhir_node *coding = tr_fhir_get(concept, "coding");

	while (coding && !tr_fhir_is_coding(coding, system, code))
		coding = tr_fhir_next(coding);
	return coding;
}

static const char *const role_names[] = {"", "participant", "parent", "assent", "representative"};

const char *tr_role_name(enum tr_role role)
{
	return role_names[role];
}

enum tr_role tr_role_find(struct vf_bytes name)
{
	for (unsigned i = 1; i < sizeof(role_names) / sizeof(role_names[0]); i++)
		if (vf_bytes_is(name, role_names[i]))
			return (enum tr_role)i;
	return TR_ROLE_NONE;
}

/* ---- texts and times ---- */

bool tr_fhir_is_text(struct vf_bytes text)
{
	return text.n > 0 && text.n <= TR_FHIR_MAX_TEXT && tr_format_has(TR_FORMAT_TEXT, text);
}

/* Where a fraction begins and how many digits it has; 0 when there is none. */
static size_t fraction_of(struct vf_bytes text, size_t *ret_digits)
{
	size_t at = 0, n = 0;

	while (at < text.n && text.p[at] != '.')
		at++;
	if (at == text.n)
		return 0;
	while (at + 1 + n < text.n && text.p[at + 1 + n] >= '0' && text.p[at + 1 + n] <= '9')
		n++;
	*ret_digits = n;
	return at;
}

/* FHIR's dateTime as a time of details: the same but for digits after milliseconds and "-00:00". */
VF_RC tr_fhir_time(struct tr_fhir_reading *r, const struct tr_fhir_node *node, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes v = node->value;
	size_t digits = 0, dot = fraction_of(v, &digits), n = 0;
	uint8_t text[TR_FHIR_MAX_VALUE];

	memcpy(text, v.p, v.n);
	n = v.n;
	if (dot > 0 && digits > 3) {
		memmove(text + dot + 4, text + dot + 1 + digits, v.n - dot - 1 - digits);
		n -= digits - 3;
		tr_fhir_note(r, "digits of a time after milliseconds are left out");
	}
	if (n > 6 && memcmp(text + n - 6, "-00:00", 6) == 0) {
		text[n - 6] = 'Z';
		n -= 5;
		tr_fhir_note(r, "a time with the offset -00:00 is written with Z");
	}
	if (!tr_format_has(TR_FORMAT_TIME, vf_bytes(text, n)))
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "not a date or time of FHIR that exists");
	return vf_arena_copy(r->a, vf_bytes(text, n), ret) ? VF_OK : tr_fhir_no_memory(reterr);
}

/* ---- status, scope, patient ---- */

static VF_RC read_status(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	static const struct {
		const char *code, *why;
	} refused[] = {
		{"draft", "nobody has consented yet"},
		{"proposed", "nobody has consented yet"},
		{"inactive", "it has ended: submit a record of kind withdrawal"},
		{"entered-in-error", "it was an error"},
	};
	const struct tr_fhir_node *status = tr_fhir_get(r->root, "status");
	struct vf_bytes code = tr_fhir_value(r->root, "status");

	if (code.n == 0)
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, r->root, "it has no status");
	r->is_rejected = vf_bytes_is(code, "rejected");
	if (r->is_rejected || vf_bytes_is(code, "active"))
		return VF_OK;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (vf_bytes_is(code, refused[i].code))
			return tr_fhir_fail(reterr, VF_FHIR_UNFIT, status, refused[i].why);
	return tr_fhir_fail(reterr, VF_FHIR_SHAPE, status, "not a status of a Consent");
}

static VF_RC read_scope(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	const struct tr_fhir_node *scope = tr_fhir_get(r->root, "scope");

	if (!scope)
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, r->root, "it has no scope");
	if (!tr_fhir_coding(scope, TR_FHIR_SCOPES, "research"))
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, scope, "not a consent to research");
	return VF_OK;
}

/* Our own identifier alone: everything else of the patient stays outside. */
static VF_RC read_patient(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	const struct tr_fhir_node *id = tr_fhir_get(tr_fhir_get(r->root, "patient"), "identifier");
	struct vf_hash *value = &r->c.facts.participant;

	if (!tr_fhir_get(r->root, "patient"))
		tr_fhir_note(r, "it names no patient");
	if (!id || !vf_bytes_is(tr_fhir_value(id, "system"), TR_FHIR_PARTICIPANT))
		return VF_OK;
	if (!vf_hex_read(tr_fhir_value(id, "value"), value->b, sizeof(value->b)))
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, id, "not a participant's value");
	r->c.facts.has_participant = true;
	return VF_OK;
}

static VF_RC read_given(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	const struct tr_fhir_node *node = tr_fhir_get(r->root, "dateTime");

	if (!node || node->value.n == 0)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, r->root, "it has no dateTime: nobody knows when it was given");
	return tr_fhir_time(r, node, &r->c.facts.when, reterr);
}

static VF_RC read_policies(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	struct tr_texts *uris = &r->c.policies;
	const struct tr_fhir_node *p;
	size_t n = 0;

	for (p = tr_fhir_get(r->root, "policy"); p; p = tr_fhir_next(p))
		n++;
	uris->of = VF_NEW(r->a, n + 1, struct vf_bytes);
	if (!uris->of)
		return tr_fhir_no_memory(reterr);
	for (p = tr_fhir_get(r->root, "policy"); p; p = tr_fhir_next(p)) {
		struct vf_bytes uri = tr_fhir_value(p, "uri"), id = uri;

		if (!vf_take_str(&id, TR_FHIR_RECORD ":")) {
			if (uri.n > 0)
				uris->of[uris->n++] = uri;
			continue;
		}
		if (r->c.facts.has_form)
			return tr_fhir_fail(reterr, VF_FHIR_UNFIT, p, "a second form");
		if (!vf_hex_read(id, r->c.facts.form.b, sizeof(r->c.facts.form.b)))
			return tr_fhir_fail(reterr, VF_FHIR_SHAPE, p, "not a record's ID");
		r->c.facts.has_form = true;
	}
	return VF_OK;
}

static void read_site(struct tr_fhir_reading *r)
{
	const struct tr_fhir_node *o = tr_fhir_get(r->root, "organization");
	struct vf_bytes name = tr_fhir_value(o, "display");

	if (o && !tr_fhir_next(o) && tr_fhir_is_text(name))
		r->c.facts.site = name;
	else if (o)
		tr_fhir_note(r, "the organisation is not taken as the site: it needs one name of at most 512 octets");
}

static void note_rest(struct tr_fhir_reading *r)
{
	const struct tr_fhir_node *v;

	for (v = tr_fhir_get(r->root, "verification"); v; v = tr_fhir_next(v))
		tr_fhir_note(r, vf_bytes_is(tr_fhir_value(v, "verified"), "true")
				? "that somebody verified it is not taken"
				: "it says that it was not verified, which is not taken");
	if (tr_fhir_get(r->root, "sourceAttachment") || tr_fhir_get(r->root, "sourceReference"))
		tr_fhir_note(r, "it names a signed document: submit that as a second file");
}

/* ---- who agreed ---- */

static enum tr_role role_of_relation(const struct tr_fhir_node *person)
{
	static const char *const parents[] = {"PRN", "MTH", "FTH", "NMTH", "NFTH", "ADOPTP", "ADOPTM", "ADOPTF"};
	static const char *const others[] = {"GUARD", "POWATT", "DPOWATT", "HPOWATT", "SPOWATT", "RESPRSN"};
	const struct tr_fhir_node *relation = tr_fhir_get(person, "relationship");

	for (; relation; relation = tr_fhir_next(relation)) {
		for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++)
			if (tr_fhir_coding(relation, TR_FHIR_RELATIONS, parents[i]))
				return TR_ROLE_PARENT;
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (tr_fhir_coding(relation, TR_FHIR_RELATIONS, others[i]))
				return TR_ROLE_REPRESENTATIVE;
	}
	return TR_ROLE_NONE;
}

static const struct tr_fhir_node *find_contained(const struct tr_fhir_reading *r, struct vf_bytes reference)
{
	const struct tr_fhir_node *c = tr_fhir_get(r->root, "contained");

	if (!vf_take_str(&reference, "#"))
		return NULL;
	for (; c; c = tr_fhir_next(c))
		if (tr_fhir_get(c, "RelatedPerson") && reference.n > 0 &&
			vf_bytes_eq(tr_fhir_value(tr_fhir_get(c, "RelatedPerson"), "id"), reference))
			return tr_fhir_get(c, "RelatedPerson");
	return NULL;
}

/* "Patient/17", "http://server/Patient/17"; or by the reference's type. */
static bool refers_to(const struct tr_fhir_node *ref, const char *type)
{
	struct vf_bytes text = tr_fhir_value(ref, "reference"), rest = text;
	struct vf_bytes part;

	if (vf_bytes_is(tr_fhir_value(ref, "type"), type))
		return true;
	while (vf_take_until(&rest, '/', &part))
		if (vf_bytes_is(part, type))
			return true;
	return false;
}

/* TR_ROLE_NONE with *ret_is_person: a person, and nobody knows which. */
static enum tr_role role_of_performer(const struct tr_fhir_reading *r, const struct tr_fhir_node *p, bool *ret_is_person)
{
	struct vf_bytes reference = tr_fhir_value(p, "reference");
	struct vf_bytes patient = tr_fhir_value(tr_fhir_get(r->root, "patient"), "reference");
	const struct tr_fhir_node *person = find_contained(r, reference);

	*ret_is_person = true;
	if ((reference.n > 0 && vf_bytes_eq(reference, patient)) || refers_to(p, "Patient"))
		return TR_ROLE_PARTICIPANT;
	if (person)
		return role_of_relation(person);
	*ret_is_person = refers_to(p, "RelatedPerson");
	return TR_ROLE_NONE;
}

/* TR_ROLE_NONE when the file does not decide it; *ret_said is NULL when it says nothing at all. */
static enum tr_role said_role(struct tr_fhir_reading *r, const struct tr_fhir_node **ret_said, bool *ret_many)
{
	const struct tr_fhir_node *c = tr_fhir_get(r->root, "category"), *p = tr_fhir_get(r->root, "performer");
	enum tr_role role = TR_ROLE_NONE;

	*ret_many = false;
	for (; c; c = tr_fhir_next(c)) {
		const struct tr_fhir_node *coding = tr_fhir_coding(c, TR_FHIR_ROLE, NULL);

		*ret_said = coding;
		if (coding)
			return tr_role_find(tr_fhir_value(coding, "code"));
	}
	for (*ret_said = NULL; p; p = tr_fhir_next(p)) {
		bool is_person;
		enum tr_role one = role_of_performer(r, p, &is_person);

		if (!is_person) {
			tr_fhir_note(r, "a performer that is neither the patient nor related to it is not taken");
			continue;
		}
		*ret_many = *ret_many || *ret_said;
		*ret_said = p;
		role = one;
	}
	return *ret_many ? TR_ROLE_NONE : role;
}

static VF_RC read_role(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	const struct tr_fhir_node *said = NULL;
	bool many;
	enum tr_role role = said_role(r, &said, &many), asked = r->ask->role;
	bool agree = role == asked || (role == TR_ROLE_PARTICIPANT && asked == TR_ROLE_ASSENT && said &&
						      vf_bytes_is(vf_bytes_str(said->field->name), "performer"));

	r->c.facts.role = asked != TR_ROLE_NONE ? asked : role;
	if (asked != TR_ROLE_NONE && role != TR_ROLE_NONE && !agree)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, said, "another role than the one that was given");
	if (asked != TR_ROLE_NONE || role != TR_ROLE_NONE)
		return VF_OK;
	if (many)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, said, "more than one person agreed: give the role (--role)");
	if (said)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, said, "nobody knows who agreed: give the role (--role)");
	r->c.facts.role = TR_ROLE_PARTICIPANT;
	tr_fhir_note(r, "it does not say who agreed: taken as the participant");
	return VF_OK;
}

/* ---- the whole ---- */

static VF_RC read_tree(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	enum vf_rc rc = read_status(r, reterr);

	if (rc == VF_OK)
		rc = read_scope(r, reterr);
	if (rc == VF_OK)
		rc = read_patient(r, reterr);
	if (rc == VF_OK)
		rc = read_given(r, reterr);
	if (rc == VF_OK)
		rc = read_policies(r, reterr);
	if (rc == VF_OK)
		rc = read_role(r, reterr);
	if (rc == VF_OK)
		rc = tr_fhir_permissions(r, reterr);
	if (rc != VF_OK)
		return rc;
	read_site(r);
	note_rest(r);
	return VF_OK;
}

static bool is_xml(struct vf_bytes file)
{
	vf_take_str(&file, "\xef\xbb\xbf");
	while (vf_take_str(&file, " ") || vf_take_str(&file, "\t") || vf_take_str(&file, "\n") || vf_take_str(&file, "\r"))
		;
	return vf_bytes_starts(file, "<");
}

VF_RC tr_fhir_read(struct vf_bytes file, const struct tr_fhir_ask *ask, struct vf_arena *a, struct tr_fhir_consent *ret,
	struct vf_err *reterr)
{
	struct tr_fhir_tree tree = {.a = a};
	struct tr_fhir_reading r = {.ask = ask, .root = &tree.root, .a = a, .c.facts.kind = TR_CONSENT};
	enum vf_rc rc;

	if (file.n > TR_FHIR_MAX)
		return vf_fail(reterr, VF_LIMIT, "%zu octets, more than %zu", file.n, TR_FHIR_MAX);
	r.c.is_xml = is_xml(file);
	rc = r.c.is_xml ? tr_fhir_xml(file, &tree, reterr) : tr_fhir_json(file, &tree, reterr);
	if (rc == VF_OK)
		rc = read_tree(&r, reterr);
	if (rc == VF_OK)
		*ret = r.c;
	return rc;
}
