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
	if (!o->n_levels)
		return vf_bytes(NULL, 0);
	for (; o->n_keyed < o->n_levels; o->n_keyed++)
		o->levels[o->n_keyed].n_key = put_level(o, o->n_keyed);
	return vf_bytes(o->key, o->levels[o->n_levels - 1].n_key);
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

struct tr_about odm_about_subject(const struct odm *o, uint64_t item)
{
	struct tr_about about = odm_about(o, item);

	about.subject = subject_of(o);
	return about;
}

static VF_RC push(struct odm *o, unsigned place, enum odm_name oid, enum odm_name repeat,
	const struct tr_xml_node *node, struct vf_err *reterr)
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
	if (place == ODM_ITEM)
		o->item = o->r->wants & (TR_WANT_SUBJECTS | TR_WANT_AUDIT) ? odm_def_find(o, 'I', l.oid) : NULL;
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
	if (rc != VF_OK || !odm_is_consent_item(o))
		return rc;
	return tr_say_flag(o->r, TR_F_ENTRY_CONSENT, &about, true, reterr);
}

static VF_RC open_subject(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = odm_about_subject(o, o->subject_item = tr_item(o->r));
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
	struct tr_about about = odm_about_subject(o, o->subject_item);
	struct vf_bytes site;
	enum vf_rc rc;

	odm_get(o, node, ODM_LocationOID, &site);
	rc = keep_text(o->site, sizeof(o->site), site, reterr);
	return rc != VF_OK ? rc : tr_say(o->r, TR_F_SUBJECT_SITE, &about, site, reterr);
}

VF_RC odm_value(struct odm *o, struct vf_err *reterr)
{
	struct vf_bytes value;
	enum vf_rc rc = tr_xml_text(o->x, TR_XML_MAX_TEXT, &value, reterr);

	if (rc != VF_OK || !o->wants_value || !o->n_levels)
		return rc;
	o->wants_value = false; /* the first of several values counts */
	return odm_use_value(o, value, reterr);
}

/* The value stands in an attribute, in the text of a typed element, or, in ODM 2.0, in an element of its own. */
static VF_RC open_item(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes value;
	enum vf_rc rc;

	o->wants_value = o->item && o->item->flags && o->r->wants & TR_WANT_SUBJECTS;
	if (!o->wants_value)
		return VF_OK;
	if (odm_get(o, node, ODM_Value, &value)) {
		o->wants_value = false;
		return odm_use_value(o, value, reterr);
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
		odm_begin_group(o);
	return odm_is_item(name) ? open_item(o, name, node, reterr) : VF_OK;
}

VF_RC odm_data_close(struct odm *o, enum odm_name name, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (name == ODM_ItemGroupData)
		rc = odm_end_group(o, reterr);
	if (name == ODM_SubjectData || name == ODM_StudyEventData || name == ODM_FormData ||
		name == ODM_ItemGroupData || odm_is_item(name))
		pop(o);
	if (odm_is_item(name))
		o->wants_value = false;
	return rc;
}
