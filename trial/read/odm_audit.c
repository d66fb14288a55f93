#include "trial/read/odm_inside.h"

#include <stdlib.h>

/* Whether who listens wants each record; they are counted in any case. */
static bool is_wanted(const struct odm *o)
{
	return (o->r->wants & TR_WANT_AUDIT) != 0;
}

/* Facts of one record. The key is the person's, the record itself is not: without TR_WANT_SUBJECTS the key alone is
 * left out. */
static struct tr_about about_record(const struct odm *o, uint64_t item)
{
	struct tr_about about = odm_about(o, item);

	if (o->r->wants & TR_WANT_SUBJECTS && o->n_levels && o->levels[0].place == ODM_SUBJECT)
		about.subject = o->levels[0].oid;
	return about;
}

/* What was changed: the things that are open. */
enum { WITH_ACTION = 1, WITH_ITEM = 2 };
static VF_RC say_what(struct odm *o, const struct tr_about *about, unsigned with, struct vf_err *reterr)
{
	const struct odm_level *l = o->n_levels ? &o->levels[o->n_levels - 1] : NULL;
	enum vf_rc rc = tr_say(o->r, TR_F_AUDIT_VERSION, about, vf_bytes_str(o->version), reterr);

	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_AUDIT_KEY, about, odm_key(o), reterr);
	if (rc == VF_OK && l && with & WITH_ACTION)
		rc = tr_say(o->r, TR_F_AUDIT_ACTION, about, vf_bytes_str(odm_action_name(l->action)), reterr);
	if (rc != VF_OK || !l || l->place != ODM_ITEM || !(with & WITH_ITEM))
		return rc;
	rc = tr_say(o->r, TR_F_AUDIT_ITEM, about, l->oid, reterr);
	if (rc != VF_OK || !odm_is_consent_item(o))
		return rc;
	return tr_say_flag(o->r, TR_F_AUDIT_CONSENT, about, true, reterr);
}

/* ---- references: entries stand before the records that they name, or behind ---- */

static VF_RC last_of(struct odm *o, char kind, struct vf_bytes id, uint32_t *ret, bool *ret_no, struct vf_err *reterr)
{
	void *at = o->last_reference;
	enum vf_rc rc = odm_word(o, kind, id, ret, ret_no, reterr);

	if (rc != VF_OK || *ret_no)
		return rc;
	rc = odm_grow(&at, &o->cap_last, (size_t)*ret + 1, sizeof(*o->last_reference), reterr);
	o->last_reference = at;
	return rc;
}

static VF_RC remember(struct odm *o, char kind, struct vf_bytes id, uint64_t item, struct vf_err *reterr)
{
	void *at = o->references;
	uint32_t word;
	bool is_none;
	enum vf_rc rc;

	if (o->n_references == ODM_MAX_REFERENCES)
		return tr_warn(
			o->r, TR_W_UNREAD, NULL, reterr, "more than %d references to audit records", ODM_MAX_REFERENCES);
	rc = last_of(o, kind, id, &word, &is_none, reterr);
	if (rc != VF_OK || is_none)
		return rc;
	rc = odm_grow(&at, &o->cap_references, o->n_references + 1, sizeof(*o->references), reterr);
	o->references = at;
	if (rc != VF_OK)
		return rc;
	o->references[o->n_references] = (struct odm_reference){word, o->last_reference[word], item};
	o->last_reference[word] = (uint32_t)++o->n_references;
	o->n_open_references++;
	return VF_OK;
}

VF_RC odm_refer(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes id;
	enum vf_rc rc = VF_OK;
	struct tr_about about;

	if (odm_get(o, node, ODM_AuditRecordID, &id)) {
		about = about_record(o, tr_item(o->r));
		rc = say_what(o, &about, WITH_ACTION | WITH_ITEM, reterr);
		if (rc == VF_OK)
			rc = remember(o, 'R', id, about.item, reterr);
	}
	if (rc != VF_OK || !odm_get(o, node, ODM_SignatureID, &id))
		return rc;
	about = about_record(o, tr_item(o->r));
	rc = tr_say(o->r, TR_F_SIGNATURE_KEY, &about, odm_key(o), reterr);
	return rc != VF_OK ? rc : remember(o, 'N', id, about.item, reterr);
}

/* ---- records ---- */

#define MAX_FIELD 4096

/* What a record says, until all of it was read. */
struct record {
	char user[256], site[256], signature[256], time[128], edit_point[64], reason[MAX_FIELD];
	bool has_site;
};

static void copy(char *to, size_t cap, struct vf_bytes from)
{
	size_t n = from.n < cap ? from.n : cap - 1;

	/* not within a character of UTF-8 */
	while (n < from.n && n && (from.p[n] & 0xc0) == 0x80)
		n--;
	if (n)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

static VF_RC read_field(struct odm *o, char *to, size_t cap, struct vf_err *reterr)
{
	struct vf_bytes text;
	enum vf_rc rc = tr_xml_text(o->x, TR_XML_MAX_TEXT, &text, reterr);

	if (rc == VF_OK)
		copy(to, cap, text);
	return rc;
}

static VF_RC read_record(struct odm *o, size_t depth, struct record *rec, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	struct vf_bytes value;
	bool more = true;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && (rc = odm_next_in(o, depth, &node, &more, reterr)) == VF_OK && more) {
		if (node->event != TR_XML_OPEN)
			continue;
		switch ((int)odm_name_of(o, node)) {
		case ODM_UserRef:
			odm_get(o, node, ODM_UserOID, &value);
			copy(rec->user, sizeof(rec->user), value);
			break;
		case ODM_LocationRef:
			odm_get(o, node, ODM_LocationOID, &value);
			/* OpenEDC writes "-" where it has none */
			rec->has_site = value.n && !(o->is_openedc && vf_bytes_is(value, "-"));
			if (rec->has_site)
				copy(rec->site, sizeof(rec->site), value);
			break;
		case ODM_SignatureRef:
			odm_get(o, node, ODM_SignatureOID, &value);
			copy(rec->signature, sizeof(rec->signature), value);
			break;
		case ODM_DateTimeStamp:
			rc = read_field(o, rec->time, sizeof(rec->time), reterr);
			break;
		case ODM_ReasonForChange:
			rc = read_field(o, rec->reason, sizeof(rec->reason), reterr);
			break;
		}
	}
	if (!rec->has_site)
		copy(rec->site, sizeof(rec->site), vf_bytes_str(o->site));
	return rc;
}

static VF_RC say_record(struct odm *o, const struct record *rec, const struct tr_about *about, struct vf_err *reterr)
{
	enum vf_rc rc = tr_say_date(o->r, TR_F_AUDIT_TIME, about, TR_DATE_ISO, vf_bytes_str(rec->time), reterr);

	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_AUDIT_USER, about, vf_bytes_str(rec->user), reterr);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_AUDIT_SITE, about, vf_bytes_str(rec->site), reterr);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_AUDIT_EDIT_POINT, about, vf_bytes_str(rec->edit_point), reterr);
	return rc != VF_OK ? rc : tr_say(o->r, TR_F_AUDIT_REASON, about, vf_bytes_str(rec->reason), reterr);
}

static const struct odm_meaning *meaning_of(const struct odm *o, const char *oid)
{
	struct vf_bytes id = vf_bytes_str(oid);
	uint8_t text[sizeof(((struct record *)NULL)->signature) + 1];
	uint32_t word;

	text[0] = 'M';
	if (id.n)
		memcpy(text + 1, id.p, id.n);
	if (!tr_words_find(&o->words, vf_bytes(text, id.n + 1), &word))
		return NULL;
	for (size_t i = 0; i < o->n_meanings; i++)
		if (o->meanings[i].word == word)
			return &o->meanings[i];
	return NULL;
}

static VF_RC say_signature(struct odm *o, const struct record *rec, const struct tr_about *about, struct vf_err *reterr)
{
	const struct odm_meaning *m = meaning_of(o, rec->signature);
	enum vf_rc rc = tr_say_date(o->r, TR_F_SIGNATURE_TIME, about, TR_DATE_ISO, vf_bytes_str(rec->time), reterr);

	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_SIGNATURE_USER, about, vf_bytes_str(rec->user), reterr);
	if (rc != VF_OK)
		return rc;
	if (!m)
		return tr_warn(
			o->r, TR_W_REFERENCE, &about->place, reterr, "a signature without a definition of what it means");
	rc = tr_say(o->r, TR_F_SIGNATURE_MEANING, about, vf_bytes_str(m->meaning ? m->meaning : ""), reterr);
	if (rc != VF_OK)
		return rc;
	return tr_say(o->r, TR_F_SIGNATURE_REASON, about, vf_bytes_str(m->reason ? m->reason : ""), reterr);
}

static VF_RC say_any(
	struct odm *o, char kind, const struct record *rec, const struct tr_about *about, struct vf_err *reterr)
{
	return kind == 'R' ? say_record(o, rec, about, reterr) : say_signature(o, rec, about, reterr);
}

/* A record that stands apart: it is said for each entry that has named it, under the entry's number. */
static VF_RC say_for_all(struct odm *o, char kind, struct vf_bytes id, const struct record *rec, struct vf_err *reterr)
{
	struct tr_about about = odm_about(o, 0);
	uint32_t word = 0, at = 0;
	bool is_none;
	enum vf_rc rc = last_of(o, kind, id, &word, &is_none, reterr);

	if (rc == VF_OK && !is_none) {
		at = o->last_reference[word];
		o->last_reference[word] = 0;
	}
	if (rc == VF_OK && !at) {
		about.item = tr_item(o->r);
		return say_any(o, kind, rec, &about, reterr);
	}
	for (; rc == VF_OK && at; at = o->references[at - 1].next) {
		about.item = o->references[at - 1].item;
		o->n_open_references--;
		rc = say_any(o, kind, rec, &about, reterr);
	}
	return rc;
}

VF_RC odm_audit_record(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const enum odm_name parent = (enum odm_name)o->above[node->depth - 1];
	struct record rec = {0};
	struct tr_about about;
	struct vf_bytes value;
	char id[1024];
	enum vf_rc rc;

	o->n_records++;
	if (!is_wanted(o))
		return tr_xml_skip(o->x, reterr);
	odm_get(o, node, ODM_EditPoint, &value);
	copy(rec.edit_point, sizeof(rec.edit_point), value);
	odm_get(o, node, ODM_ID, &value);
	copy(id, sizeof(id), value);
	if (parent == ODM_AuditRecords) {
		rc = read_record(o, node->depth, &rec, reterr);
		return rc != VF_OK ? rc : say_for_all(o, 'R', vf_bytes_str(id), &rec, reterr);
	}
	about = about_record(o, tr_item(o->r));
	rc = say_what(o, &about, parent == ODM_Query ? 0 : WITH_ITEM | WITH_ACTION, reterr);
	if (rc == VF_OK)
		rc = read_record(o, node->depth, &rec, reterr);
	return rc != VF_OK ? rc : say_record(o, &rec, &about, reterr);
}

VF_RC odm_signature(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const enum odm_name parent = (enum odm_name)o->above[node->depth - 1];
	struct record rec = {0};
	struct tr_about about;
	struct vf_bytes value;
	char id[1024];
	enum vf_rc rc;

	o->n_signatures++;
	if (!is_wanted(o))
		return tr_xml_skip(o->x, reterr);
	odm_get(o, node, ODM_ID, &value);
	copy(id, sizeof(id), value);
	if (parent == ODM_Signatures) {
		rc = read_record(o, node->depth, &rec, reterr);
		return rc != VF_OK ? rc : say_for_all(o, 'N', vf_bytes_str(id), &rec, reterr);
	}
	about = about_record(o, tr_item(o->r));
	rc = tr_say(o->r, TR_F_SIGNATURE_KEY, &about, odm_key(o), reterr);
	if (rc == VF_OK)
		rc = read_record(o, node->depth, &rec, reterr);
	return rc != VF_OK ? rc : say_signature(o, &rec, &about, reterr);
}

/* OpenClinica and LibreClinica write a sentence: "Item data value updated". */
static const char *action_of(struct vf_bytes type)
{
	static const struct {
		const char *end, *action;
	} ends[] = {
		{" created", "Insert"},
		{" inserted", "Insert"},
		{" entered", "Insert"},
		{" updated", "Update"},
		{" changed", "Update"},
		{" modified", "Update"},
		{" deleted", "Remove"},
		{" removed", "Remove"},
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (vf_bytes_ends(type, ends[i].end))
			return ends[i].action;
	return NULL;
}

VF_RC odm_audit_log(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes type, value;
	struct record rec = {0};
	struct tr_about about;
	const char *action;
	enum vf_rc rc;

	o->n_records++;
	if (!is_wanted(o))
		return VF_OK;
	about = about_record(o, tr_item(o->r));
	rc = say_what(o, &about, WITH_ITEM, reterr);
	odm_get(o, node, ODM_AuditType, &type);
	action = action_of(type);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_AUDIT_ACTION, &about, action ? vf_bytes_str(action) : type, reterr);
	odm_get(o, node, ODM_DateTimeStamp, &value);
	copy(rec.time, sizeof(rec.time), value);
	odm_get(o, node, ODM_UserID, &value);
	copy(rec.user, sizeof(rec.user), value);
	odm_get(o, node, ODM_ReasonForChange, &value);
	copy(rec.reason, sizeof(rec.reason), value);
	copy(rec.site, sizeof(rec.site), vf_bytes_str(o->site));
	return rc != VF_OK ? rc : say_record(o, &rec, &about, reterr);
}

/* ---- what signatures mean ---- */

static VF_RC keep_meaning(struct odm *o, char **to, struct vf_err *reterr)
{
	char text[MAX_FIELD];
	enum vf_rc rc = read_field(o, text, sizeof(text), reterr);

	if (rc != VF_OK || *to)
		return rc;
	*to = strdup(text);
	return *to ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory to read ODM");
}

VF_RC odm_signature_def(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const size_t depth = node->depth;
	struct odm_meaning *m;
	struct vf_bytes oid;
	uint32_t word;
	bool is_none, more = true;
	enum vf_rc rc;

	odm_get(o, node, ODM_OID, &oid);
	if (!is_wanted(o) || o->n_meanings == ODM_MAX_MEANINGS)
		return tr_xml_skip(o->x, reterr);
	rc = odm_word(o, 'M', oid, &word, &is_none, reterr);
	if (rc == VF_OK && is_none)
		return tr_xml_skip(o->x, reterr);
	if (rc == VF_OK && !o->meanings) {
		o->meanings = calloc(ODM_MAX_MEANINGS, sizeof(*o->meanings));
		if (!o->meanings)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to read ODM");
	}
	if (rc != VF_OK)
		return rc;
	m = &o->meanings[o->n_meanings++];
	m->word = word;
	while (rc == VF_OK && (rc = odm_next_in(o, depth, &node, &more, reterr)) == VF_OK && more) {
		enum odm_name name = node->event == TR_XML_OPEN ? odm_name_of(o, node) : ODM_OTHER;

		if (name == ODM_Meaning)
			rc = keep_meaning(o, &m->meaning, reterr);
		else if (name == ODM_LegalReason)
			rc = keep_meaning(o, &m->reason, reterr);
	}
	return rc;
}

VF_RC odm_audit_end(struct odm *o, struct vf_err *reterr)
{
	if (!o->n_open_references)
		return VF_OK;
	return tr_warn(o->r, TR_W_REFERENCE, NULL, reterr,
		"%llu entries name audit records or signatures that do not stand behind them",
		(unsigned long long)o->n_open_references);
}
