/* Details as a Consent, in both syntaxes from one description; and as JSON for the details of a record. */
#include <stdio.h>

#include "trial/fhir_inside.h"
#include "verify/text.h"

#define MAX_OPEN 16

/* An element, or a list of elements of one name. */
struct writer {
	struct vf_sink *s;
	bool is_xml;
	size_t depth;
	struct {
		const char *name;
		bool is_list, has_any;
	} open[MAX_OPEN];
};

static bool in_list(const struct writer *w)
{
	return w->depth > 0 && w->open[w->depth - 1].is_list;
}

/* Before whatever stands in an object or list of JSON. */
static void put_comma(struct writer *w)
{
	if (w->depth > 0 && w->open[w->depth - 1].has_any)
		vf_sink_str(w->s, ",");
	if (w->depth > 0)
		w->open[w->depth - 1].has_any = true;
}

static void push(struct writer *w, const char *name, bool is_list)
{
	w->open[w->depth].name = name;
	w->open[w->depth].is_list = is_list;
	w->open[w->depth++].has_any = false;
}

/* The items follow: begin() without a name. */
static void begin_list(struct writer *w, const char *name)
{
	if (!w->is_xml) {
		put_comma(w);
		vf_sink_putf(w->s, "\"%s\":[", name);
	}
	push(w, name, true);
}

static void end_list(struct writer *w)
{
	w->depth--;
	if (!w->is_xml)
		vf_sink_str(w->s, "]");
}

static void begin(struct writer *w, const char *name)
{
	const char *of = in_list(w) ? w->open[w->depth - 1].name : name;

	if (w->is_xml) {
		vf_sink_putf(w->s, "<%s>", of);
	} else {
		put_comma(w);
		if (!in_list(w))
			vf_sink_putf(w->s, "\"%s\":", name);
		vf_sink_str(w->s, "{");
	}
	push(w, of, false);
}

static void end(struct writer *w)
{
	w->depth--;
	if (w->is_xml)
		vf_sink_putf(w->s, "</%s>", w->open[w->depth].name);
	else
		vf_sink_str(w->s, "}");
}

static void value(struct writer *w, const char *name, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	if (w->is_xml) {
		vf_sink_putf(w->s, "<%s value=\"", name);
		vf_sink_html(w->s, text);
		vf_sink_str(w->s, "\"/>");
		return;
	}
	put_comma(w);
	vf_sink_putf(w->s, "\"%s\":", name);
	vf_sink_json(w->s, text);
}

static void word(struct writer *w, const char *name, const char *text)
{
	value(w, name, vf_bytes_str(text));
}

static void hex_value(struct writer *w, const char *name, const char *before, const struct vf_hash *h)
{
	char text[sizeof(TR_FHIR_RECORD) + 1 + 64 + 1];
	size_t n = strlen(before);

	memcpy(text, before, n);
	vf_hex_put(text + n, vf_bytes(h->b, sizeof(h->b)));
	word(w, name, text);
}

/* ---- parts ---- */

/* In the middle of a CodeableConcept. */
static void coding(struct writer *w, const char *system, struct vf_bytes code, struct vf_bytes display)
{
	begin_list(w, "coding");
	begin(w, NULL);
	word(w, "system", system);
	value(w, "code", code);
	value(w, "display", display);
	end(w);
	end_list(w);
}

static void code_word(struct writer *w, const char *system, const char *code)
{
	coding(w, system, vf_bytes_str(code), vf_bytes(NULL, 0));
}

static void identifier(struct writer *w, const char *system, const struct vf_hash *h)
{
	word(w, "system", system);
	hex_value(w, "value", "", h);
}

/* In the middle of a Reference. */
static void participant(struct writer *w, const struct tr_facts *f)
{
	word(w, "type", "Patient");
	begin(w, "identifier");
	identifier(w, TR_FHIR_PARTICIPANT, &f->participant);
	end(w);
}

static bool is_related(const struct tr_facts *f)
{
	return f->role == TR_ROLE_PARENT || f->role == TR_ROLE_REPRESENTATIVE;
}

static void put_related(struct writer *w, const struct tr_facts *f)
{
	begin_list(w, "contained");
	begin(w, NULL);
	if (w->is_xml)
		begin(w, "RelatedPerson");
	else
		word(w, "resourceType", "RelatedPerson");
	word(w, "id", "performer");
	begin(w, "patient");
	participant(w, f);
	end(w);
	begin_list(w, "relationship");
	begin(w, NULL);
	code_word(w, TR_FHIR_RELATIONS, f->role == TR_ROLE_PARENT ? "PRN" : "RESPRSN");
	end(w);
	end_list(w);
	if (w->is_xml)
		end(w);
	end(w);
	end_list(w);
}

static void put_performer(struct writer *w, const struct tr_facts *f)
{
	begin_list(w, "performer");
	begin(w, NULL);
	if (is_related(f)) {
		word(w, "reference", "#performer");
		word(w, "type", "RelatedPerson");
	} else {
		participant(w, f);
	}
	end(w);
	end_list(w);
}

static void put_categories(struct writer *w, const struct tr_facts *f)
{
	begin_list(w, "category");
	begin(w, NULL);
	code_word(w, "http://loinc.org", "59284-0");
	end(w);
	begin(w, NULL);
	code_word(w, TR_FHIR_ROLE, tr_role_name(f->role));
	end(w);
	end_list(w);
}

static void put_delegate(struct writer *w, struct vf_bytes delegate)
{
	begin_list(w, "actor");
	begin(w, NULL);
	begin(w, "role");
	code_word(w, TR_FHIR_PERFORMERS, "delegatee");
	end(w);
	begin(w, "reference");
	value(w, "display", delegate);
	end(w);
	end(w);
	end_list(w);
}

static void put_permission(struct writer *w, const struct tr_permission *p)
{
	begin(w, NULL);
	word(w, "type", p->is_granted ? "permit" : "deny");
	if (p->from.n > 0 || p->until.n > 0) {
		begin(w, "period");
		value(w, "start", p->from);
		value(w, "end", p->until);
		end(w);
	}
	if (p->delegate.n > 0)
		put_delegate(w, p->delegate);
	if (p->purpose.n > 0) {
		begin_list(w, "purpose");
		begin(w, NULL);
		word(w, "system", TR_FHIR_PURPOSE);
		value(w, "display", p->purpose);
		end(w);
		end_list(w);
	}
	begin_list(w, "code");
	begin(w, NULL);
	coding(w, TR_FHIR_PERMISSION, p->name, vf_bytes(NULL, 0));
	end(w);
	end_list(w);
	end(w);
}

/* In the order of R4, which XML demands. */
static void put_consent(struct writer *w, const struct tr_fhir_out *o)
{
	const struct tr_facts *f = o->facts;

	if (is_related(f))
		put_related(w, f);
	begin_list(w, "identifier");
	begin(w, NULL);
	identifier(w, TR_FHIR_RECORD, &o->id);
	end(w);
	end_list(w);
	word(w, "status", o->is_withdrawn ? "inactive" : "active");
	begin(w, "scope");
	code_word(w, TR_FHIR_SCOPES, "research");
	end(w);
	put_categories(w, f);
	begin(w, "patient");
	participant(w, f);
	end(w);
	value(w, "dateTime", f->when);
	put_performer(w, f);
	if (f->site.n > 0) {
		begin_list(w, "organization");
		begin(w, NULL);
		value(w, "display", f->site);
		end(w);
		end_list(w);
	}
	begin_list(w, "policy");
	begin(w, NULL);
	hex_value(w, "uri", TR_FHIR_RECORD ":", &f->form);
	end(w);
	end_list(w);
	begin(w, "provision");
	begin_list(w, "provision");
	for (size_t i = 0; i < f->n_permissions; i++)
		put_permission(w, &f->permissions[i]);
	end_list(w);
	end(w);
}

void tr_fhir_put_json(struct vf_sink *s, const struct tr_fhir_out *o)
{
	struct writer w = {.s = s};

	vf_sink_str(s, "{");
	push(&w, "", false);
	word(&w, "resourceType", "Consent");
	put_consent(&w, o);
	vf_sink_str(s, "}\n");
}

void tr_fhir_put_xml(struct vf_sink *s, const struct tr_fhir_out *o)
{
	struct writer w = {.s = s, .is_xml = true};

	vf_sink_str(s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Consent xmlns=\"" TR_FHIR_NS "\">");
	put_consent(&w, o);
	vf_sink_str(s, "</Consent>\n");
}

/* ---- details ---- */

struct room {
	uint8_t *p;
	size_t n, cap;
};

static bool put_room(void *ctx, struct vf_bytes piece)
{
	struct room *r = ctx;

	if (piece.n > r->cap - r->n)
		return false;
	memcpy(r->p + r->n, piece.p, piece.n);
	r->n += piece.n;
	return true;
}

static void put_answer(struct writer *w, const struct tr_permission *p)
{
	begin(w, NULL);
	value(w, "name", p->name);
	put_comma(w);
	vf_sink_str(w->s, p->is_granted ? "\"granted\":true" : "\"granted\":false");
	value(w, "purpose", p->purpose);
	value(w, "from", p->from);
	value(w, "until", p->until);
	value(w, "delegate", p->delegate);
	end(w);
}

VF_RC tr_fhir_details(const struct tr_fhir_consent *c, const struct vf_hash *participant_value, const struct vf_hash *form,
	struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct room room = {.cap = 2 * TR_MAX_DETAILS};
	struct vf_sink s = {.put = put_room, .ctx = &room};
	struct writer w = {.s = &s};
	const struct tr_facts *f = &c->facts;

	if (f->has_participant && !vf_hash_eq(&f->participant, participant_value))
		return vf_fail(reterr, VF_FHIR_UNFIT, "the file names another participant than --participant");
	if (f->has_form && !vf_hash_eq(&f->form, form))
		return vf_fail(reterr, VF_FHIR_UNFIT, "the file names another form than --form");
	room.p = VF_NEW(a, room.cap, uint8_t);
	if (!room.p)
		return tr_fhir_no_memory(reterr);
	vf_sink_str(&s, "{");
	push(&w, "", false);
	hex_value(&w, "participant", "", participant_value);
	hex_value(&w, "form", "", form);
	word(&w, "role", tr_role_name(f->role));
	value(&w, "given", f->when);
	begin_list(&w, "permissions");
	for (size_t i = 0; i < f->n_permissions; i++)
		put_answer(&w, &f->permissions[i]);
	end_list(&w);
	value(&w, "site", f->site);
	vf_sink_str(&s, "}");
	if (s.failed)
		return vf_fail(reterr, VF_LIMIT, "more permissions than details can hold");
	*ret = vf_bytes(room.p, room.n);
	return VF_OK;
}
