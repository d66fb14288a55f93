#include "trial/read/odm_inside.h"

#include <stdlib.h>

/* Passes over what stands in what: forms, groups, groups in groups. */
#define MAX_PASSES 16
/* Longer identifiers are those of nobody. */
#define MAX_OID 1024

/* ---- words for names ---- */

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 0x20) : c;
}

/* The place behind the word (upper case) in text, from 'from' on, whatever its case; 0: it is not there. */
static size_t behind(struct vf_bytes text, const char *word, size_t from)
{
	size_t n = strlen(word);

	for (size_t at = from; at + n <= text.n; at++) {
		size_t i = 0;

		while (i < n && upper(text.p[at + i]) == (uint8_t)word[i])
			i++;
		if (i == n)
			return at + n;
	}
	return 0;
}

static bool is_for_consent(struct vf_bytes name)
{
	return behind(name, "CONSENT", 0) != 0;
}

/* RFICDT, ICDT, ICFDT, CONSENT...DAT, DSSTDAT */
static bool is_named(struct vf_bytes name)
{
	size_t at = behind(name, "CONSENT", 0);

	return behind(name, "ICDT", 0) || behind(name, "ICFDT", 0) || behind(name, "DSSTDAT", 0) ||
		(at && behind(name, "DAT", at));
}

static bool is_letter(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* "LBDTC", "AESTDTC", "SVENDTC": when something was collected or happened. Those of DM about the person are not. */
static bool is_row_date(struct vf_bytes variable)
{
	bool is_short = variable.n == 5 && vf_bytes_ends(variable, "DTC");
	bool is_long = variable.n == 7 && (vf_bytes_ends(variable, "STDTC") || vf_bytes_ends(variable, "ENDTC"));

	return (is_short || is_long) && is_letter(variable.p[0]) && is_letter(variable.p[1]) &&
		!vf_bytes_starts(variable, "RF");
}

/* ---- what is known ---- */

VF_RC odm_word(struct odm *o, char kind, struct vf_bytes oid, uint32_t *ret, bool *ret_no, struct vf_err *reterr)
{
	uint8_t text[MAX_OID + 1];
	struct vf_err err = {0};
	enum vf_rc rc;

	*ret_no = true;
	if (o->is_cut || oid.n > MAX_OID)
		return VF_OK;
	text[0] = (uint8_t)kind;
	if (oid.n)
		memcpy(text + 1, oid.p, oid.n);
	rc = tr_words_add(&o->words, vf_bytes(text, oid.n + 1), ret, &err);
	if (rc == VF_OK)
		*ret_no = false;
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc == VF_OK)
		return rc;
	o->is_cut = true;
	return tr_warn(o->r, TR_W_UNREAD, NULL, reterr, "identifiers: %s", err.text);
}

const struct odm_def *odm_def_find(const struct odm *o, char kind, struct vf_bytes oid)
{
	uint8_t text[MAX_OID + 1];
	uint32_t at;

	if (oid.n > MAX_OID || !o->words.n)
		return NULL;
	text[0] = (uint8_t)kind;
	if (oid.n)
		memcpy(text + 1, oid.p, oid.n);
	return tr_words_find(&o->words, vf_bytes(text, oid.n + 1), &at) && at < o->cap_defs ? &o->defs[at] : NULL;
}

static VF_RC define(struct odm *o, char kind, struct vf_bytes oid, unsigned flags, uint32_t *ret, struct vf_err *reterr)
{
	bool is_none;
	void *at = o->defs;
	enum vf_rc rc = odm_word(o, kind, oid, ret, &is_none, reterr);

	o->has_def = rc == VF_OK && !is_none;
	if (!o->has_def)
		return rc;
	rc = odm_grow(&at, &o->cap_defs, (size_t)*ret + 1, sizeof(*o->defs), reterr);
	o->defs = at;
	o->item = NULL; /* of a table that may have moved */
	if (rc == VF_OK)
		o->defs[*ret].flags |= (uint8_t)flags;
	return rc;
}

static VF_RC map_items(struct odm *o, const struct tr_mapping_item *of, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	uint32_t at;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		rc = define(o, 'I', of[i].item, ODM_MAPPED, &at, reterr);
		if (rc == VF_OK && of[i].version.n)
			rc = define(o, 'I', of[i].version, ODM_MAPPED, &at, reterr);
		if (rc == VF_OK && of[i].scope.n)
			rc = define(o, 'I', of[i].scope, ODM_MAPPED, &at, reterr);
	}
	return rc;
}

VF_RC odm_defs_begin(struct odm *o, struct vf_err *reterr)
{
	const struct tr_mapping *m = o->r->mapping;
	enum vf_rc rc;

	if (!m)
		return VF_OK;
	if (m->n_consents)
		o->source = ODM_BY_MAPPING;
	rc = map_items(o, m->consents, m->n_consents, reterr);
	return rc != VF_OK ? rc : map_items(o, m->withdrawals, m->n_withdrawals, reterr);
}

/* ---- definitions ---- */

static VF_RC add_edge(struct odm *o, char kind, struct vf_bytes oid, struct vf_err *reterr)
{
	uint32_t from = o->def, to;
	bool is_def = o->has_def;
	void *at = o->edges;
	enum vf_rc rc;

	if (!is_def || o->n_edges == ODM_MAX_EDGES)
		return VF_OK;
	rc = define(o, kind, oid, 0, &to, reterr);
	is_def = o->has_def;
	o->def = from;
	o->has_def = true;
	if (rc != VF_OK || !is_def)
		return rc;
	rc = odm_grow(&at, &o->cap_edges, o->n_edges + 1, sizeof(*o->edges), reterr);
	o->edges = at;
	if (rc == VF_OK)
		o->edges[o->n_edges++] = (struct odm_edge){from, to};
	return rc;
}

/* What an SDTM variable, "RFICDTC" or "DM.RFICDTC", says of the item whose definition is open. */
static void note_variable(struct odm *o, struct vf_bytes variable)
{
	struct odm_def *d = o->has_def ? &o->defs[o->def] : NULL;
	struct vf_bytes domain;

	if (!d)
		return;
	if (variable.n > 3 && variable.p[2] == '.')
		vf_take(&variable, 3, &domain);
	if (vf_bytes_is(variable, "RFICDTC"))
		d->flags |= ODM_RFICDTC;
	if (vf_bytes_is(variable, "DSDECOD"))
		d->flags |= ODM_DECOD;
	if (vf_bytes_is(variable, "DSSTDTC"))
		d->flags |= ODM_DSSTDTC;
	if (!is_row_date(variable))
		return;
	d->flags |= ODM_ROW_DATE;
	memcpy(d->variable, variable.p, variable.n);
	d->variable[variable.n] = '\0';
}

VF_RC odm_define(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes oid, text, variable;
	enum vf_rc rc;

	if (name == ODM_ItemRef || name == ODM_ItemGroupRef) {
		odm_get(o, node, name == ODM_ItemRef ? ODM_ItemOID : ODM_ItemGroupOID, &oid);
		return add_edge(o, name == ODM_ItemRef ? 'I' : 'G', oid, reterr);
	}
	odm_get(o, node, ODM_OID, &oid);
	odm_get(o, node, ODM_Name, &text);
	if (name == ODM_Alias) {
		if (o->above[node->depth - 1] == ODM_ItemDef)
			note_variable(o, text);
		return VF_OK;
	}
	if (name != ODM_ItemDef) {
		unsigned flags = is_for_consent(text) ? ODM_FOR_CONSENT : 0;

		return define(o, name == ODM_FormDef ? 'F' : 'G', oid, flags, &o->def, reterr);
	}
	rc = define(o, 'I', oid, is_named(text) || is_named(oid) ? ODM_NAMED : 0, &o->def, reterr);
	if (rc == VF_OK && odm_get(o, node, ODM_SDSVarName, &variable))
		note_variable(o, variable);
	return rc;
}

static void mark_inside(struct odm *o)
{
	bool has_changed = true;

	for (size_t i = 0; i < o->words.n && i < o->cap_defs; i++)
		if (o->defs[i].flags & ODM_FOR_CONSENT)
			o->defs[i].flags |= ODM_INSIDE;
	for (int pass = 0; has_changed && pass < MAX_PASSES; pass++) {
		has_changed = false;
		for (size_t i = 0; i < o->n_edges; i++) {
			struct odm_def *to = &o->defs[o->edges[i].to];

			if (!(o->defs[o->edges[i].from].flags & ODM_INSIDE) || to->flags & ODM_INSIDE)
				continue;
			to->flags |= ODM_INSIDE;
			has_changed = true;
		}
	}
}

VF_RC odm_defs_end(struct odm *o, struct vf_err *reterr)
{
	enum odm_source best = ODM_BY_NOTHING;
	bool is_for_some = false;

	o->has_def = false;
	if (o->source == ODM_BY_MAPPING)
		return VF_OK;
	mark_inside(o);
	for (size_t i = 0; i < o->words.n && i < o->cap_defs; i++) {
		unsigned flags = o->defs[i].flags;
		enum odm_source s = flags & ODM_RFICDTC ? ODM_BY_RFICDTC
			: flags & ODM_NAMED && flags & ODM_INSIDE ? ODM_BY_NAME
			: flags & ODM_DECOD ? ODM_BY_DS : ODM_BY_NOTHING;

		if (s < best)
			best = s;
		is_for_some = is_for_some || flags & ODM_FOR_CONSENT;
	}
	o->source = best;
	if (best != ODM_BY_NOTHING || !is_for_some)
		return VF_OK;
	return tr_warn(o->r, TR_W_MAPPING, NULL, reterr,
		"a form is named for consent, but none of its items is known to hold the date: a mapping file can say "
		"which one does");
}
