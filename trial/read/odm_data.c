#include "trial/read/odm_inside.h"

/* ---- keys ---- */

const char *odm_action_name(enum odm_action action)
{
	static const char *const names[] = {
		[ODM_NO_ACTION] = "",
		[ODM_INSERT] = "Insert",
		[ODM_UPDATE] = "Update",
		[ODM_REMOVE] = "Remove",
		[ODM_UPSERT] = "Upsert",
		[ODM_CONTEXT] = "Context",
	};

	return names[action];
}

bool odm_is_item(enum odm_name name)
{
	return name >= ODM_ItemData && name <= ODM_ItemDataURI;
}

/* What has a meaning in a key, as %HH: no two keys are written alike. */
static size_t put_part(uint8_t *out, struct vf_bytes part)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; i < part.n; i++) {
		uint8_t c = part.p[i];

		if (c != '/' && c != '[' && c != ']' && c != '>' && c != '%') {
			out[n++] = c;
			continue;
		}
		out[n++] = '%';
		out[n++] = (uint8_t)digits[c >> 4];
		out[n++] = (uint8_t)digits[c & 15];
	}
	return n;
}

/* Puts a level behind those before it. */
static size_t put_level(struct odm *o, size_t at)
{
	const struct odm_level *l = &o->levels[at];
	unsigned place = at ? o->levels[at - 1].place : ODM_SUBJECT;
	size_t n = at ? o->levels[at - 1].n_key : 0;

	if (at && l->place == place)
		o->key[n++] = '>';
	for (; place < l->place; place++)
		o->key[n++] = '/';
	n += put_part(o->key + n, l->oid);
	if (!l->repeat.n) /* an empty repeat key is none: both are written for one thing */
		return n;
	o->key[n++] = '[';
	n += put_part(o->key + n, l->repeat);
	o->key[n++] = ']';
	return n;
}

struct vf_bytes odm_key(struct odm *o)
{
	size_t n;

	if (!o->n_levels)
		return vf_bytes(NULL, 0);
	for (; o->n_keyed < o->n_levels; o->n_keyed++)
		o->levels[o->n_keyed].n_key = put_level(o, o->n_keyed);
	n = o->levels[o->n_levels - 1].n_key;
	for (unsigned place = o->levels[o->n_levels - 1].place; place < ODM_ITEM; place++)
		o->key[n++] = '/';
	return vf_bytes(o->key, n);
}

static VF_RC keep(struct odm *o, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr)
{
	if (from.n > sizeof(o->text) - o->n_text)
		return vf_fail(reterr, VF_LIMIT, "keys of one item of more than %zu octets", ODM_MAX_TEXT);
	if (from.n)
		memcpy(o->text + o->n_text, from.p, from.n);
	*ret = vf_bytes(o->text + o->n_text, from.n);
	o->n_text += from.n;
	return VF_OK;
}

/* For an attribute that is used later: what does not fit is no identifier. */
static VF_RC keep_text(char *to, size_t cap, struct vf_bytes from, struct vf_err *reterr)
{
	if (from.n >= cap)
		return vf_fail(reterr, VF_LIMIT, "an identifier of more than %zu octets", cap - 1);
	if (from.n)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return VF_OK;
}

/* TransactionType, or that of what it stands in. */
static VF_RC action_of(
	struct odm *o, const struct tr_xml_node *node, enum odm_action *ret, struct vf_err *reterr)
{
	struct vf_bytes type;

	*ret = o->n_levels ? o->levels[o->n_levels - 1].action : ODM_NO_ACTION;
	if (!odm_get(o, node, ODM_TransactionType, &type))
		return VF_OK;
	for (int a = ODM_INSERT; a <= ODM_CONTEXT; a++)
		if (vf_bytes_is(type, odm_action_name((enum odm_action)a))) {
			*ret = (enum odm_action)a;
			return VF_OK;
		}
	*ret = ODM_NO_ACTION;
	return tr_warn(o->r, TR_W_UNREAD, NULL, reterr, "a TransactionType that is none of ODM");
}

static struct vf_bytes subject_of(const struct odm *o)
{
	return o->n_levels && o->levels[0].place == ODM_SUBJECT ? o->levels[0].oid : vf_bytes(NULL, 0);
}

static struct tr_about about_subject(const struct odm *o, uint64_t item)
{
	struct tr_about about = odm_about(o, item);

	about.subject = subject_of(o);
	return about;
}

static VF_RC push(struct odm *o, unsigned place, enum odm_name oid, enum odm_name repeat, const struct tr_xml_node *node,
	struct vf_err *reterr)
{
	struct odm_level l = {.place = place, .before = o->n_text};
	const struct odm_def *d;
	struct vf_bytes value;
	enum vf_rc rc;

	odm_get(o, node, oid, &value);
	rc = keep(o, value, &l.oid, reterr);
	if (rc == VF_OK && repeat != ODM_OTHER && odm_get(o, node, repeat, &value))
		rc = keep(o, value, &l.repeat, reterr);
	if (rc == VF_OK)
		rc = action_of(o, node, &l.action, reterr);
	if (rc != VF_OK)
		return rc;
	if (o->source == ODM_BY_NAME && (place == ODM_FORM || place == ODM_GROUP)) {
		d = odm_def_find(o, place == ODM_FORM ? 'F' : 'G', l.oid);
		l.is_consent = d && d->flags & ODM_FOR_CONSENT;
	}
	o->levels[o->n_levels++] = l;
	return VF_OK;
}

static void pop(struct odm *o)
{
	if (!o->n_levels)
		return;
	o->n_text = o->levels[--o->n_levels].before;
	if (o->n_keyed > o->n_levels)
		o->n_keyed = o->n_levels;
}

/* ---- dates of consents and withdrawals ---- */

struct dated {
	enum tr_fact_name date, source, action, key;
};
static const struct dated consent = {TR_F_CONSENT_DATE, TR_F_CONSENT_SOURCE, TR_F_CONSENT_ACTION, TR_F_CONSENT_KEY};
static const struct dated withdrawal = {
	TR_F_WITHDRAWAL_DATE, TR_F_WITHDRAWAL_SOURCE, TR_F_WITHDRAWAL_ACTION, TR_F_WITHDRAWAL_KEY};

static bool is_blank(struct vf_bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != ' ' && (text.p[i] < '\t' || text.p[i] > '\r'))
			return false;
	return true;
}

/* The number of the consent or withdrawal of this item group; a second date in it is another one. */
static uint64_t number_of(struct odm *o, uint64_t *item, bool is_date, bool *has_date)
{
	if (!*item || (is_date && *has_date))
		*item = tr_item(o->r);
	*has_date = *has_date || is_date;
	return *item;
}

static VF_RC say_dated(struct odm *o, const struct dated *d, uint64_t item, const char *source, struct vf_bytes value,
	struct vf_err *reterr)
{
	struct tr_about about = about_subject(o, item);
	enum odm_action action = o->levels[o->n_levels - 1].action;
	enum vf_rc rc = tr_say_date(o->r, d->date, &about, TR_DATE_ISO, value, reterr);

	if (rc == VF_OK)
		rc = tr_say(o->r, d->source, &about, vf_bytes_str(source), reterr);
	if (rc == VF_OK)
		rc = tr_say(o->r, d->action, &about, vf_bytes_str(odm_action_name(action)), reterr);
	return rc != VF_OK ? rc : tr_say(o->r, d->key, &about, odm_key(o), reterr);
}

static VF_RC say_consent(struct odm *o, const char *source, struct vf_bytes value, struct vf_err *reterr)
{
	if (is_blank(value))
		return VF_OK;
	return say_dated(
		o, &consent, number_of(o, &o->consent_item, true, &o->has_consent_date), source, value, reterr);
}

static VF_RC say_withdrawal(struct odm *o, const char *source, struct vf_bytes value, struct vf_err *reterr)
{
	if (is_blank(value))
		return VF_OK;
	return say_dated(
		o, &withdrawal, number_of(o, &o->withdrawal_item, true, &o->has_withdrawal_date), source, value, reterr);
}

/* ---- the mapping ---- */

static bool is_in(const struct odm *o, struct vf_bytes oid, unsigned from)
{
	if (!oid.n)
		return true;
	for (size_t i = 0; i < o->n_levels; i++)
		if (o->levels[i].place >= from && o->levels[i].place <= ODM_GROUP && vf_bytes_eq(o->levels[i].oid, oid))
			return true;
	return false;
}

/* Forms of ODM 2.0 are item groups. */
static bool is_place_of(const struct odm *o, const struct tr_mapping_item *m)
{
	return is_in(o, m->form, ODM_FORM) && is_in(o, m->group, ODM_GROUP);
}

static VF_RC mapped_consent(struct odm *o, struct vf_bytes oid, struct vf_bytes value, struct vf_err *reterr)
{
	const struct tr_mapping *m = o->r->mapping;

	for (size_t i = 0; i < m->n_consents; i++) {
		const struct tr_mapping_item *c = &m->consents[i];
		struct tr_about about;

		if (!is_place_of(o, c))
			continue;
		if (vf_bytes_eq(c->item, oid))
			return say_consent(o, "mapping", value, reterr);
		if (!vf_bytes_eq(c->version, oid))
			continue;
		about = about_subject(o, number_of(o, &o->consent_item, false, &o->has_consent_date));
		return tr_say(o->r, TR_F_CONSENT_FORM, &about, value, reterr);
	}
	return VF_OK;
}

static VF_RC mapped_withdrawal(struct odm *o, struct vf_bytes oid, struct vf_bytes value, struct vf_err *reterr)
{
	const struct tr_mapping *m = o->r->mapping;

	for (size_t i = 0; i < m->n_withdrawals; i++) {
		const struct tr_mapping_item *w = &m->withdrawals[i];
		struct tr_about about;

		if (!is_place_of(o, w))
			continue;
		if (vf_bytes_eq(w->item, oid))
			return say_withdrawal(o, "mapping", value, reterr);
		if (!vf_bytes_eq(w->scope, oid))
			continue;
		about = about_subject(o, number_of(o, &o->withdrawal_item, false, &o->has_withdrawal_date));
		return tr_say(o->r, TR_F_WITHDRAWAL_SCOPE, &about, value, reterr);
	}
	return VF_OK;
}

static bool has_mapped_withdrawals(const struct odm *o)
{
	return o->r->mapping && o->r->mapping->n_withdrawals;
}

/* ---- values ---- */

static bool is_for_consent(const struct odm *o)
{
	for (size_t i = 0; i < o->n_levels; i++)
		if (o->levels[i].is_consent)
			return true;
	return false;
}

bool odm_is_consent_item(const struct odm *o, struct vf_bytes oid)
{
	const struct odm_def *d = odm_def_find(o, 'I', oid);

	if (!d)
		return false;
	if (o->source == ODM_BY_MAPPING && d->flags & ODM_MAPPED)
		for (size_t i = 0; i < o->r->mapping->n_consents; i++)
			if (vf_bytes_eq(o->r->mapping->consents[i].item, oid) && is_place_of(o, &o->r->mapping->consents[i]))
				return true;
	return (o->source == ODM_BY_RFICDTC && d->flags & ODM_RFICDTC) ||
		(o->source == ODM_BY_NAME && d->flags & ODM_NAMED && is_for_consent(o)) ||
		(o->source == ODM_BY_DS && d->flags & ODM_DSSTDTC);
}

static bool is_one_of(struct vf_bytes value, const char *const *words)
{
	for (; *words; words++)
		if (vf_bytes_is(value, *words))
			return true;
	return false;
}

/* A row of DS says what happened in one item and when in another: it is whole at the end of its group. */
static void note_ds(struct odm *o, unsigned flags, struct vf_bytes value)
{
	static const char *const consents[] = {"INFORMED CONSENT OBTAINED", NULL};
	static const char *const withdrawals[] = {"WITHDRAWAL BY SUBJECT", "WITHDREW CONSENT", "CONSENT WITHDRAWN", NULL};

	if (flags & ODM_DSSTDTC && value.n < sizeof(o->ds_date)) {
		memcpy(o->ds_date, value.p, value.n);
		o->ds_date[value.n] = '\0';
	}
	if (!(flags & ODM_DECOD))
		return;
	if (o->source == ODM_BY_DS && is_one_of(value, consents))
		o->ds_row = ODM_DS_CONSENT;
	if (!has_mapped_withdrawals(o) && is_one_of(value, withdrawals))
		o->ds_row = ODM_DS_WITHDRAWAL;
}

static VF_RC say_row(struct odm *o, const struct odm_def *d, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_about about = about_subject(o, tr_item(o->r));
	enum vf_rc rc = tr_say(o->r, TR_F_ROW_DOMAIN, &about, vf_bytes(d->variable, 2), reterr);

	if (rc == VF_OK)
		rc = tr_say_date(o->r, TR_F_ROW_DATE, &about, TR_DATE_ISO, value, reterr);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_ROW_WHAT, &about, vf_bytes_str(d->variable), reterr);
	for (size_t i = 0; rc == VF_OK && i < o->n_levels; i++)
		if (o->levels[i].place == ODM_EVENT)
			rc = tr_say(o->r, TR_F_ROW_TERM, &about, o->levels[i].oid, reterr);
	return rc;
}

static VF_RC use_value(struct odm *o, struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes oid = o->levels[o->n_levels - 1].oid;
	const struct odm_def *d = odm_def_find(o, 'I', oid);
	enum vf_rc rc = VF_OK;

	if (!d)
		return VF_OK;
	if (d->flags & ODM_MAPPED)
		rc = mapped_consent(o, oid, value, reterr);
	if (rc == VF_OK && d->flags & ODM_MAPPED)
		rc = mapped_withdrawal(o, oid, value, reterr);
	if (rc == VF_OK && o->source == ODM_BY_RFICDTC && d->flags & ODM_RFICDTC)
		rc = say_consent(o, "RFICDTC", value, reterr);
	if (rc == VF_OK && o->source == ODM_BY_NAME && d->flags & ODM_NAMED && is_for_consent(o))
		rc = say_consent(o, "name", value, reterr);
	if (d->flags & (ODM_DECOD | ODM_DSSTDTC))
		note_ds(o, d->flags, value);
	if (rc == VF_OK && d->flags & ODM_ROW_DATE && o->r->wants & TR_WANT_ROWS && !is_blank(value))
		rc = say_row(o, d, value, reterr);
	return rc;
}

VF_RC odm_value(struct odm *o, struct vf_err *reterr)
{
	struct vf_bytes value;
	enum vf_rc rc = tr_xml_text(o->x, TR_XML_MAX_TEXT, &value, reterr);

	if (rc != VF_OK || !o->item_flags || !o->n_levels)
		return rc;
	o->item_flags = 0; /* the first of several values counts */
	return use_value(o, value, reterr);
}

/* ---- elements ---- */

/* Each key of a transactional file, with what was done to it. */
static VF_RC say_entry(struct odm *o, struct vf_err *reterr)
{
	const struct odm_level *l = &o->levels[o->n_levels - 1];
	struct tr_about about;
	enum vf_rc rc;

	if (!o->is_transactional || !(o->r->wants & TR_WANT_AUDIT))
		return VF_OK;
	about = odm_about(o, tr_item(o->r));
	if (o->r->wants & TR_WANT_SUBJECTS)
		about.subject = subject_of(o);
	rc = tr_say(o->r, TR_F_ENTRY_KEY, &about, odm_key(o), reterr);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_ENTRY_ACTION, &about, vf_bytes_str(odm_action_name(l->action)), reterr);
	if (rc != VF_OK || l->place != ODM_ITEM)
		return rc;
	rc = tr_say(o->r, TR_F_ENTRY_ITEM, &about, l->oid, reterr);
	if (rc != VF_OK || !odm_is_consent_item(o, l->oid))
		return rc;
	return tr_say_flag(o->r, TR_F_ENTRY_CONSENT, &about, true, reterr);
}

static VF_RC open_subject(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = about_subject(o, o->subject_item = tr_item(o->r));
	struct vf_bytes status;
	bool is_new = false;
	enum vf_rc rc;

	o->site[0] = '\0';
	if (!about.subject.n)
		return VF_OK;
	rc = tr_note_subject(o->r, about.subject, &is_new, reterr);
	if (rc == VF_OK && is_new)
		rc = tr_say(o->r, TR_F_SUBJECT_KEY, &about, about.subject, reterr);
	if (rc != VF_OK || !tr_xml_get(node, o->name[ODM_Status], o->ns_openclinica, &status))
		return rc;
	return tr_say(o->r, TR_F_SUBJECT_STATUS, &about, status, reterr);
}

static VF_RC open_site(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = about_subject(o, o->subject_item);
	struct vf_bytes site;
	enum vf_rc rc;

	odm_get(o, node, ODM_LocationOID, &site);
	rc = keep_text(o->site, sizeof(o->site), site, reterr);
	return rc != VF_OK ? rc : tr_say(o->r, TR_F_SUBJECT_SITE, &about, site, reterr);
}

static void begin_group(struct odm *o)
{
	o->consent_item = o->withdrawal_item = 0;
	o->has_consent_date = o->has_withdrawal_date = false;
	o->ds_row = ODM_DS_NOTHING;
	o->ds_date[0] = '\0';
}

static VF_RC end_group(struct odm *o, struct vf_err *reterr)
{
	struct vf_bytes date = vf_bytes_str(o->ds_date);
	enum vf_rc rc = VF_OK;

	if (o->ds_row == ODM_DS_CONSENT)
		rc = say_consent(o, "DS", date, reterr);
	if (o->ds_row == ODM_DS_WITHDRAWAL)
		rc = say_withdrawal(o, "DS", date, reterr);
	begin_group(o);
	return rc;
}

/* The value stands in an attribute, in the text of a typed element, or, in ODM 2.0, in an element of its own. */
static VF_RC open_item(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const struct odm_def *d = NULL;
	struct vf_bytes value;
	enum vf_rc rc;

	if (o->words.n && o->r->wants & TR_WANT_SUBJECTS)
		d = odm_def_find(o, 'I', o->levels[o->n_levels - 1].oid);
	o->item_flags = d ? d->flags : 0;
	if (!o->item_flags)
		return VF_OK;
	if (odm_get(o, node, ODM_Value, &value)) {
		o->item_flags = 0;
		return use_value(o, value, reterr);
	}
	if (name == ODM_ItemData)
		return VF_OK;
	rc = odm_value(o, reterr);
	pop(o); /* its end was read with its text */
	return rc;
}

static VF_RC open_data(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes version;
	enum vf_rc rc = VF_OK;

	odm_get(o, node, ODM_MetaDataVersionOID, &version);
	o->n_levels = o->n_keyed = o->n_text = 0;
	o->site[0] = '\0';
	if (!o->has_study) /* data alone, as some software exports it */
		rc = odm_say_attribute(o, node, ODM_StudyOID, TR_F_ID_OID, 0, reterr);
	o->has_study = true;
	return rc != VF_OK ? rc : keep_text(o->version, sizeof(o->version), version, reterr);
}

static VF_RC push_named(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	switch ((int)name) {
	case ODM_SubjectData:
		o->n_levels = o->n_keyed = o->n_text = 0;
		return push(o, ODM_SUBJECT, ODM_SubjectKey, ODM_OTHER, node, reterr);
	case ODM_StudyEventData:
		return push(o, ODM_EVENT, ODM_StudyEventOID, ODM_StudyEventRepeatKey, node, reterr);
	case ODM_FormData:
		return push(o, ODM_FORM, ODM_FormOID, ODM_FormRepeatKey, node, reterr);
	case ODM_ItemGroupData:
		return push(o, ODM_GROUP, ODM_ItemGroupOID, ODM_ItemGroupRepeatKey, node, reterr);
	}
	return push(o, ODM_ITEM, ODM_ItemOID, ODM_OTHER, node, reterr);
}

VF_RC odm_data_open(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (name == ODM_ClinicalData || name == ODM_ReferenceData)
		return open_data(o, node, reterr);
	if (name == ODM_SiteRef)
		return open_site(o, node, reterr);
	rc = push_named(o, name, node, reterr);
	if (rc == VF_OK && name == ODM_SubjectData)
		rc = open_subject(o, node, reterr);
	if (rc == VF_OK && o->r->wants & TR_WANT_AUDIT)
		rc = odm_refer(o, node, reterr);
	if (rc == VF_OK)
		rc = say_entry(o, reterr);
	if (rc != VF_OK)
		return rc;
	if (name == ODM_ItemGroupData)
		begin_group(o);
	return odm_is_item(name) ? open_item(o, name, node, reterr) : VF_OK;
}

VF_RC odm_data_close(struct odm *o, enum odm_name name, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (name == ODM_ItemGroupData)
		rc = end_group(o, reterr);
	if (name == ODM_SubjectData || name == ODM_StudyEventData || name == ODM_FormData || name == ODM_ItemGroupData ||
		odm_is_item(name))
		pop(o);
	return rc;
}
