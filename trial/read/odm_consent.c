#include "trial/read/odm_inside.h"

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
	struct tr_about about = odm_about_subject(o, item);
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
	uint64_t item;

	if (is_blank(value))
		return VF_OK;
	item = number_of(o, &o->consent_item, true, &o->has_consent_date);
	return say_dated(o, &consent, item, source, value, reterr);
}

static VF_RC say_withdrawal(struct odm *o, const char *source, struct vf_bytes value, struct vf_err *reterr)
{
	uint64_t item;

	if (is_blank(value))
		return VF_OK;
	item = number_of(o, &o->withdrawal_item, true, &o->has_withdrawal_date);
	return say_dated(o, &withdrawal, item, source, value, reterr);
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
		about = odm_about_subject(o, number_of(o, &o->consent_item, false, &o->has_consent_date));
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
		about = odm_about_subject(o, number_of(o, &o->withdrawal_item, false, &o->has_withdrawal_date));
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

bool odm_is_consent_item(const struct odm *o)
{
	struct vf_bytes oid = o->levels[o->n_levels - 1].oid;
	const struct odm_def *d = o->item;

	if (!d)
		return false;
	if (o->source == ODM_BY_MAPPING && d->flags & ODM_MAPPED)
		for (size_t i = 0; i < o->r->mapping->n_consents; i++) {
			const struct tr_mapping_item *c = &o->r->mapping->consents[i];

			if (vf_bytes_eq(c->item, oid) && is_place_of(o, c))
				return true;
		}
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
	static const char *const withdrawals[] = {
		"WITHDRAWAL BY SUBJECT", "WITHDREW CONSENT", "CONSENT WITHDRAWN", NULL};

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
	struct tr_about about = odm_about_subject(o, tr_item(o->r));
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

VF_RC odm_use_value(struct odm *o, struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes oid = o->levels[o->n_levels - 1].oid;
	const struct odm_def *d = o->item;
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

void odm_begin_group(struct odm *o)
{
	o->consent_item = o->withdrawal_item = 0;
	o->has_consent_date = o->has_withdrawal_date = false;
	o->ds_row = ODM_DS_NOTHING;
	o->ds_date[0] = '\0';
}

VF_RC odm_end_group(struct odm *o, struct vf_err *reterr)
{
	struct vf_bytes date = vf_bytes_str(o->ds_date);
	enum vf_rc rc = VF_OK;

	if (o->ds_row == ODM_DS_CONSENT)
		rc = say_consent(o, "DS", date, reterr);
	if (o->ds_row == ODM_DS_WITHDRAWAL)
		rc = say_withdrawal(o, "DS", date, reterr);
	odm_begin_group(o);
	return rc;
}
