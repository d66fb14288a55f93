#include "trial/ts27560.h"

#include <inttypes.h>

#include "verify/text.h"

struct writer {
	struct vf_sink *s;
	const struct tr_ts27560 *t;
	bool has_any; /* in the list that is open */
};

/* ---- JSON ---- */

static void put(const struct writer *w, const char *text)
{
	vf_sink_str(w->s, text);
}

/* ,"name":"text"; nothing for an absent one. */
static void field(const struct writer *w, const char *name, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	vf_sink_putf(w->s, ",\"%s\":", name);
	vf_sink_json(w->s, text);
}

/* The same where it is the first one of its object. */
static void first_field(const struct writer *w, const char *name, struct vf_bytes text)
{
	vf_sink_putf(w->s, "{\"%s\":", name);
	vf_sink_json(w->s, text);
}

static void hex_field(const struct writer *w, const char *name, const struct vf_hash *h)
{
	vf_sink_putf(w->s, ",\"%s\":\"", name);
	vf_sink_hex(w->s, vf_bytes(h->b, sizeof(h->b)));
	put(w, "\"");
}

static void time_field(const struct writer *w, const char *name, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	vf_time_put(text, ms);
	field(w, name, vf_bytes_str(text));
}

static void begin_item(struct writer *w)
{
	if (w->has_any)
		put(w, ",");
	w->has_any = true;
}

/* ---- processing ---- */

static void put_purpose(struct writer *w, const struct tr_permission *p)
{
	const struct tr_permission *offer = w->t->form ? tr_permission_find(w->t->form, p->name) : NULL;
	struct vf_bytes description = p->purpose;

	if (description.n == 0 && offer)
		description = offer->purpose.n > 0 ? offer->purpose : offer->text;
	begin_item(w);
	first_field(w, "purpose", p->name);
	field(w, "purpose_description", description);
	field(w, "lawful_basis", vf_bytes_str("consent"));
	field(w, "withdrawal_method", w->t->withdrawal_method);
	put(w, "}");
}

static void put_processing(struct writer *w)
{
	const struct tr_facts *c = w->t->consent;

	put(w, ",\"processing\":{\"privacy_notice\":\"urn:trialnotary:record:");
	vf_sink_hex(w->s, vf_bytes(c->form.b, sizeof(c->form.b)));
	put(w, "\"");
	if (w->t->form)
		field(w, "language", w->t->form->language);
	put(w, ",\"purposes\":[");
	w->has_any = false;
	for (size_t i = 0; i < c->n_permissions; i++)
		put_purpose(w, &c->permissions[i]);
	put(w, "]}");
}

/* ---- parties ---- */

/* Who agreed, beside the participant; NULL when it was the participant itself. */
static const char *speaker(const struct tr_facts *c)
{
	if (c->role == TR_ROLE_PARENT)
		return "parent";
	return c->role == TR_ROLE_REPRESENTATIVE ? "representative" : NULL;
}

static void begin_party(struct writer *w, const char *id, const char *role, struct vf_bytes name)
{
	begin_item(w);
	first_field(w, "party_id", vf_bytes_str(id));
	field(w, "party_role", vf_bytes_str(role));
	field(w, "party_name", name);
}

static void put_delegate(struct writer *w, const struct tr_permission *p)
{
	char id[80] = "delegate:";
	size_t n = strlen(id);

	if (p->delegate.n == 0 || p->name.n >= sizeof(id) - n)
		return;
	memcpy(id + n, p->name.p, p->name.n);
	id[n + p->name.n] = '\0';
	begin_party(w, id, "delegate", p->delegate);
	put(w, "}");
}

static void put_parties(struct writer *w)
{
	const struct tr_ts27560 *t = w->t;
	const struct tr_facts *c = t->consent;
	const struct vf_bytes none = {NULL, 0};
	char hex[65];

	vf_hex_put(hex, vf_bytes(c->participant.b, sizeof(c->participant.b)));
	put(w, ",\"party_identification\":[");
	w->has_any = false;
	begin_party(w, hex, "pii_principal", none);
	put(w, "}");
	if (speaker(c)) {
		begin_party(w, speaker(c), speaker(c), none);
		put(w, "}");
	}
	if (c->site.n > 0) {
		begin_party(w, "site", "site", c->site);
		put(w, "}");
	}
	if (t->contact_name.n + t->contact_phone.n + t->contact_email.n + t->contact_address.n > 0) {
		begin_party(w, "contact", "contact", t->contact_name);
		field(w, "party_phone", t->contact_phone);
		field(w, "party_email", t->contact_email);
		field(w, "party_address", t->contact_address);
		put(w, "}");
	}
	for (size_t i = 0; i < c->n_permissions; i++)
		put_delegate(w, &c->permissions[i]);
	put(w, "]");
}

/* ---- events ---- */

static void put_event(struct writer *w, const struct tr_permission *p, const char *state, struct vf_bytes when,
	const struct vf_hash *record)
{
	const struct tr_facts *c = w->t->consent;
	struct vf_bytes from = p->from.n > 0 ? p->from : c->when;

	begin_item(w);
	first_field(w, "event_time", when);
	put(w, ",\"validity_duration\":\"");
	vf_sink_escaped(w->s, from); /* times: nothing to escape */
	put(w, "/");
	vf_sink_escaped(w->s, p->until.n > 0 ? p->until : vf_bytes_str(".."));
	put(w, "\"");
	if (speaker(c) && record == &w->t->id)
		field(w, "entity_id", vf_bytes_str(speaker(c)));
	else
		hex_field(w, "entity_id", &c->participant);
	field(w, "event_type", vf_bytes_str("explicit"));
	field(w, "event_state", vf_bytes_str(state));
	field(w, "purpose", p->name);
	hex_field(w, "record_id", record);
	put(w, "}");
}

static bool is_withdrawn_by(const struct tr_facts *withdrawal, const struct tr_permission *p)
{
	return !withdrawal->has_permissions || tr_permission_find(withdrawal, p->name);
}

static bool is_withdrawn(const struct tr_ts27560 *t, const struct tr_permission *p)
{
	for (size_t i = 0; i < t->n_withdrawals; i++)
		if (is_withdrawn_by(t->withdrawals[i].facts, p))
			return true;
	return false;
}

static const char *answer_state(const struct tr_ts27560 *t, const struct tr_permission *p)
{
	const struct tr_permission *before = t->before ? tr_permission_find(t->before, p->name) : NULL;

	if (!p->is_granted)
		return "refused";
	return before && before->is_granted ? "re-affirmed" : "given";
}

static bool is_expired(const struct tr_ts27560 *t, const struct tr_permission *p)
{
	struct tr_when until, at = tr_when_at(t->at_ms);

	return p->is_granted && p->until.n > 0 && tr_when_read(p->until, &until) && tr_when_passed(&until, &at) == TR_YES &&
		!is_withdrawn(t, p);
}

static void put_events(struct writer *w)
{
	const struct tr_ts27560 *t = w->t;
	const struct tr_facts *c = t->consent;

	put(w, ",\"events\":[");
	w->has_any = false;
	for (size_t i = 0; i < c->n_permissions; i++)
		put_event(w, &c->permissions[i], answer_state(t, &c->permissions[i]), c->when, &t->id);
	for (size_t k = 0; k < t->n_withdrawals; k++)
		for (size_t i = 0; i < c->n_permissions; i++)
			if (c->permissions[i].is_granted && is_withdrawn_by(t->withdrawals[k].facts, &c->permissions[i]))
				put_event(w, &c->permissions[i], "withdrawn", t->withdrawals[k].facts->when, &t->withdrawals[k].id);
	for (size_t i = 0; i < c->n_permissions; i++)
		if (is_expired(t, &c->permissions[i]))
			put_event(w, &c->permissions[i], "expired", c->permissions[i].until, &t->id);
	put(w, "]");
}

/* ---- the proof ---- */

static void put_log(struct writer *w)
{
	const struct tr_ts27560 *t = w->t;

	put(w, ",\"log\":");
	first_field(w, "origin", t->origin);
	if (t->is_sequenced)
		vf_sink_putf(w->s, ",\"index\":%" PRIu64, t->index);
	if (t->sealed_ms != VF_TIME_NONE)
		time_field(w, "sealed", t->sealed_ms);
	put(w, "},\"receipt\":[");
	w->has_any = false;
	for (struct vf_bytes rest = t->receipt, line; vf_take_line(&rest, &line);) {
		begin_item(w);
		vf_sink_json(w->s, line);
	}
	put(w, "]");
}

static void put_extension(struct writer *w)
{
	static const char *const roles[] = {"", "participant", "parent", "assent", "representative"};
	const struct tr_ts27560 *t = w->t;

	put(w, ",\"trialnotary\":");
	first_field(w, "kind", t->kind);
	field(w, "study", t->study);
	field(w, "role", vf_bytes_str(roles[t->consent->role]));
	time_field(w, "at", t->at_ms);
	put_log(w);
	put(w, ",\"superseded_by\":[");
	for (size_t i = 0; i < t->n_superseded_by; i++) {
		put(w, i > 0 ? ",\"" : "\"");
		vf_sink_hex(w->s, vf_bytes(t->superseded_by[i].b, 32));
		put(w, "\"");
	}
	put(w, "],\"not_stated\":[\"pii_information\",\"pii_controllers\",\"storage_locations\",\"retention_period\","
	       "\"jurisdiction\",\"recipient_third_parties\"");
	if (!t->form || t->form->language.n == 0)
		put(w, ",\"language\"");
	if (t->withdrawal_method.n == 0)
		put(w, ",\"withdrawal_method\"");
	put(w, "]}");
}

void tr_ts27560_put(struct vf_sink *s, const struct tr_ts27560 *t)
{
	struct writer w = {.s = s, .t = t};

	put(&w, "{\"header\":{\"schema_version\":\"" TR_TS27560_SCHEMA "\"");
	hex_field(&w, "record_id", &t->id);
	hex_field(&w, "pii_principal_id", &t->consent->participant);
	put(&w, "}");
	put_processing(&w);
	put_parties(&w);
	put_events(&w);
	put_extension(&w);
	put(&w, "}\n");
}
