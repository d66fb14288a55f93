/* Provenance and AuditEvent: who signed, who did what. */
#include "trial/read/fhir_inside.h"

/* ---- what a signature's data is ---- */

static uint8_t base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (uint8_t)(at - digits) : 64;
}

/* The first octets; what is no digit is passed over, as white space is. */
static size_t decode(struct vf_bytes text, uint8_t out[TR_TREE_HEAD])
{
	uint32_t bits = 0;
	size_t n = 0, have = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
		uint8_t d = base64_digit(text.p[i]);

		if (d == 64)
			continue;
		bits = (bits << 6 | d) & 0xffffff;
		have += 6;
		if (have >= 8 && n < TR_TREE_HEAD) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

/*
 * Whether the data begins like something that a signature can be: XML (XMLDSig), JSON or its base64url (JWS), or an ASN.1
 * sequence (CMS). Everything else is an image, a placeholder or unknown: nothing that vouches for the data.
 */
static bool is_signature(struct vf_bytes data)
{
	uint8_t head[TR_TREE_HEAD];
	struct vf_bytes b = vf_bytes(head, decode(data, head)), skip;

	while (b.n && (b.p[0] == ' ' || b.p[0] == '\n' || b.p[0] == '\r' || b.p[0] == '\t'))
		if (!vf_take(&b, 1, &skip))
			break;
	return vf_bytes_starts(b, "<?xml") || vf_bytes_starts(b, "<ds:Signature") || vf_bytes_starts(b, "<Signature") ||
		vf_bytes_starts(b, "{\"") || vf_bytes_starts(b, "eyJ") || vf_bytes_starts(b, "\x30\x82") ||
		vf_bytes_starts(b, "\x30\x80") || vf_bytes_starts(b, "\x30\x83");
}

/* The part of the reference that says of what type it is. */
static bool is_person(struct vf_bytes reference)
{
	struct vf_bytes type;

	if (vf_bytes_starts(reference, "Patient/") || vf_bytes_starts(reference, "RelatedPerson/"))
		return true;
	while (vf_take_until(&reference, '/', &type))
		if (vf_bytes_is(type, "Patient") || vf_bytes_is(type, "RelatedPerson"))
			return true;
	return false;
}

/* What a role is called, for codes of ASTM E1762 without a display. */
static const char *meaning_of(struct vf_bytes code)
{
	static const struct {
		const char *last, *name;
	} names[] = {{"1", "Author's Signature"}, {"2", "Coauthor's Signature"}, {"3", "Co-participant's Signature"},
		{"5", "Verification Signature"}, {"6", "Validation Signature"}, {"7", "Consent Signature"},
		{"8", "Signature Witness Signature"}, {"9", "Event Witness Signature"}, {"10", "Identity Witness Signature"},
		{"11", "Consent Witness Signature"}, {"12", "Interpreter Signature"}, {"13", "Review Signature"},
		{"14", "Source Signature"}, {"15", "Addendum Signature"}, {"18", "Timestamp Signature"}};

	vf_take_str(&code, "urn:oid:");
	if (!vf_take_str(&code, "1.2.840.10065.1.12.1."))
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (vf_bytes_is(code, names[i].last))
			return names[i].name;
	return NULL;
}

static void say_role(struct tr_saying *s, const struct tr_element *type)
{
	const struct tr_element *code = tr_element_code(type), *display = tr_element_path(type, "coding/display");
	const char *known = code ? meaning_of(code->value) : NULL;

	if (!display)
		display = tr_element_get(type, "display");
	tr_saying_put(s, TR_F_SIGNATURE_ROLE, code);
	if (display)
		tr_saying_put(s, TR_F_SIGNATURE_MEANING, display);
	else if (known)
		tr_saying_word(s, TR_F_SIGNATURE_MEANING, code, known);
}

bool tr_saying_signature(struct tr_saying *s, const struct tr_element *signature, const struct tr_element *target)
{
	const struct tr_element *data = tr_element_get(signature, "data"), *who;
	bool is_real = data && is_signature(data->value);
	struct tr_saying one = *s;

	tr_walk_of(s)->signatures++;
	tr_walk_of(s)->has_signatures = true;
	if (!(s->t->r->wants & TR_WANT_AUDIT))
		return is_real;
	who = tr_element_target(tr_element_get(signature, "who"));
	one.about = (struct tr_about){.item = tr_item(s->t->r), .subject = s->about.subject};
	one.about.grade = is_real ? TR_SIGNED : TR_DECLARED;
	if (who && is_person(who->value))
		tr_saying_subject(&one, who->value);
	tr_saying_put(&one, TR_F_SIGNATURE_TIME, tr_element_get(signature, "when"));
	tr_saying_put(&one, TR_F_SIGNATURE_USER, who);
	for (const struct tr_element *type = tr_element_get(signature, "type"); type; type = tr_element_next(type))
		say_role(&one, type);
	tr_saying_flag(&one, TR_F_SIGNATURE_SCAN, data, !is_real);
	for (; target; target = tr_element_next(target))
		tr_saying_put(&one, TR_F_SIGNATURE_KEY, tr_element_target(target));
	s->rc = one.rc;
	return is_real;
}

/* ---- records of what was done ---- */

/* The one that asked for it, or the first. */
static const struct tr_element *agent_of(const struct tr_element *resource)
{
	const struct tr_element *first = tr_element_get(resource, "agent");

	for (const struct tr_element *a = first; a; a = tr_element_next(a))
		if (vf_bytes_is(tr_element_value(a, "requestor"), "true"))
			return a;
	return first;
}

static void say_who(struct tr_saying *s, const struct tr_element *resource)
{
	const struct tr_element *who = tr_element_target(tr_element_get(agent_of(resource), "who"));

	if (who && is_person(who->value))
		tr_saying_subject(s, who->value);
	tr_saying_put(s, TR_F_AUDIT_USER, who);
}

void tr_say_provenance(struct tr_saying *s, const struct tr_element *p)
{
	const struct tr_element *target = tr_element_get(p, "target");
	bool is_signed = false;

	tr_walk_of(s)->records++;
	tr_walk_of(s)->has_records = tr_walk_of(s)->has_signatures = true;
	for (const struct tr_element *sig = tr_element_get(p, "signature"); sig; sig = tr_element_next(sig))
		is_signed = tr_saying_signature(s, sig, target) || is_signed;
	if (!(s->t->r->wants & TR_WANT_AUDIT))
		return;
	s->about.grade = is_signed ? TR_SIGNED : TR_DECLARED;
	tr_saying_put(s, TR_F_AUDIT_TIME, tr_element_get(p, "recorded"));
	say_who(s, p);
	tr_saying_put(s, TR_F_AUDIT_ACTION, tr_element_code(tr_element_get(p, "activity")));
	for (const struct tr_element *r = tr_element_get(p, "authorization"); r; r = tr_element_next(r))
		tr_saying_put(s, TR_F_AUDIT_REASON, tr_element_words(r));
	for (; target; target = tr_element_next(target))
		tr_saying_put(s, TR_F_AUDIT_KEY, tr_element_target(target));
	for (const struct tr_element *e = tr_element_get(p, "entity"); e; e = tr_element_next(e))
		tr_saying_put(s, TR_F_AUDIT_SOURCE, tr_element_target(tr_element_get(e, "what")));
}

void tr_say_audit_event(struct tr_saying *s, const struct tr_element *a)
{
	const struct tr_element *site = tr_element_path(a, "source/site"), *person;

	tr_walk_of(s)->records++;
	tr_walk_of(s)->has_records = true;
	if (!(s->t->r->wants & TR_WANT_AUDIT))
		return;
	person = tr_element_target(tr_element_get(a, "patient"));
	if (person)
		tr_saying_subject(s, person->value);
	tr_saying_put(s, TR_F_AUDIT_TIME, tr_element_get(a, "recorded"));
	say_who(s, a);
	tr_saying_put(s, TR_F_AUDIT_ACTION, tr_element_get(a, "action"));
	tr_saying_put(s, TR_F_AUDIT_SITE, site && site->value.n ? site : tr_element_target(site));
	for (const struct tr_element *r = tr_element_get(a, "purposeOfEvent"); r; r = tr_element_next(r))
		tr_saying_put(s, TR_F_AUDIT_REASON, tr_element_words(r));
	for (const struct tr_element *r = tr_element_get(a, "authorization"); r; r = tr_element_next(r))
		tr_saying_put(s, TR_F_AUDIT_REASON, tr_element_words(r));
	for (const struct tr_element *e = tr_element_get(a, "entity"); e; e = tr_element_next(e))
		tr_saying_put(s, TR_F_AUDIT_KEY, tr_element_target(tr_element_get(e, "what")));
}
