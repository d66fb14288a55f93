#include <stdlib.h>

#include "trial/read/odm_inside.h"
#include "trial/read/readers.h"
#include "trial/read/sdtm.h"
#include "verify/text.h"

#define DATASET_XML "http://www.cdisc.org/ns/Dataset-XML/v"
/* Items that are looked for behind the one before: those of a row come in the same order, some left out. */
#define AHEAD 8

/* Cells of one row: of each slot where its text stands, and the texts. */
struct cells {
	struct {
		size_t at, n; /* n == 0: missing */
	} of[TR_SDTM_SLOTS];
	uint8_t *text;
	size_t n, cap;
};

struct dataset_xml {
	struct odm *o;
	const char *ns_data;
	/* the data set that is open */
	struct tr_words sets; /* ItemGroupOIDs; each is a data set, however its rows are mixed */
	uint32_t set;
	struct set {
		struct tr_sdtm *sdtm;
		struct tr_words items;
		uint8_t *slots; /* by the numbers of items */
		size_t cap_slots;
		uint64_t rows, sequence;
		bool has_sequence;
	} *of;
	size_t cap_sets;
	bool is_open, has_study;
	uint32_t item; /* the last one of the row that was known */
	struct cells row, before;
};

/* ---- data sets ---- */

/* "IG.DM" and "IT.DM.USUBJID" end with what they are of. */
static struct vf_bytes last_part(struct vf_bytes oid)
{
	struct vf_bytes part;
	size_t at = oid.n;

	while (at && oid.p[at - 1] != '.')
		at--;
	vf_take(&oid, at, &part);
	return oid;
}

static VF_RC find_set(struct dataset_xml *d, struct vf_bytes oid, struct vf_err *reterr)
{
	void *at = d->of;
	enum vf_rc rc;

	if (d->is_open && vf_bytes_eq(tr_words_at(&d->sets, d->set), oid))
		return VF_OK;
	rc = tr_words_add(&d->sets, oid, &d->set, reterr);
	if (rc != VF_OK)
		return rc;
	rc = odm_grow(&at, &d->cap_sets, (size_t)d->set + 1, sizeof(*d->of), reterr);
	d->of = at;
	d->is_open = rc == VF_OK;
	if (rc != VF_OK || d->of[d->set].sdtm)
		return rc;
	return tr_sdtm_new(d->o->r, last_part(oid), &d->of[d->set].sdtm, reterr);
}

static VF_RC open_row(struct dataset_xml *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes oid, sequence;
	uint64_t number;
	enum vf_rc rc;

	odm_get(d->o, node, ODM_ItemGroupOID, &oid);
	rc = find_set(d, oid, reterr);
	if (rc != VF_OK)
		return rc;
	d->of[d->set].rows++;
	d->item = UINT32_MAX;
	d->row.n = 0;
	memset(d->row.of, 0, sizeof(d->row.of));
	if (!tr_xml_get(node, d->o->name[ODM_ItemGroupDataSeq], d->ns_data, &sequence) ||
		!vf_decimal_read(sequence, UINT64_MAX, &number))
		return VF_OK;
	d->of[d->set].has_sequence = true;
	if (number > d->of[d->set].sequence)
		d->of[d->set].sequence = number;
	return VF_OK;
}

/* ---- cells ---- */

static VF_RC add_item(struct set *s, struct vf_bytes oid, uint32_t *ret, struct vf_err *reterr)
{
	void *at = s->slots;
	enum vf_rc rc = tr_words_add(&s->items, oid, ret, reterr);

	if (rc != VF_OK)
		return rc;
	rc = odm_grow(&at, &s->cap_slots, (size_t)*ret + 1, sizeof(*s->slots), reterr);
	s->slots = at;
	if (rc == VF_OK)
		s->slots[*ret] = (uint8_t)tr_sdtm_slot(s->sdtm, last_part(oid));
	return rc;
}

/* The number of an item. Rows name theirs in one order, so it is most often the next. */
static VF_RC item_of(struct dataset_xml *d, struct vf_bytes oid, struct vf_err *reterr)
{
	struct set *s = &d->of[d->set];
	uint32_t at = d->item + 1; /* 0 in the first of a row */

	for (uint32_t i = at; i < s->items.n && i < at + AHEAD; i++)
		if (vf_bytes_eq(tr_words_at(&s->items, i), oid)) {
			d->item = i;
			return VF_OK;
		}
	if (tr_words_find(&s->items, oid, &d->item))
		return VF_OK;
	return add_item(s, oid, &d->item, reterr);
}

static VF_RC put_cell(struct dataset_xml *d, size_t slot, struct vf_bytes value, struct vf_err *reterr)
{
	void *at = d->row.text;
	enum vf_rc rc = odm_grow(&at, &d->row.cap, d->row.n + value.n, 1, reterr);

	d->row.text = at;
	if (rc != VF_OK)
		return rc;
	d->row.of[slot].at = d->row.n;
	d->row.of[slot].n = value.n;
	if (value.n)
		memcpy(d->row.text + d->row.n, value.p, value.n);
	d->row.n += value.n;
	return VF_OK;
}

static VF_RC read_item(struct dataset_xml *d, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes oid, value;
	size_t slot;
	enum vf_rc rc;

	if (!d->is_open)
		return VF_OK;
	odm_get(d->o, node, ODM_ItemOID, &oid);
	rc = item_of(d, oid, reterr);
	if (rc != VF_OK)
		return rc;
	slot = d->of[d->set].slots[d->item];
	if (slot >= TR_SDTM_SLOTS)
		return VF_OK;
	if (!odm_get(d->o, node, ODM_Value, &value) && name != ODM_ItemData)
		rc = tr_xml_text(d->o->x, TR_XML_MAX_TEXT, &value, reterr);
	return rc != VF_OK ? rc : put_cell(d, slot, value, reterr);
}

static bool is_as_before(const struct dataset_xml *d)
{
	return d->of[d->set].rows > 1 && d->row.n == d->before.n &&
		memcmp(d->row.of, d->before.of, sizeof(d->row.of)) == 0 &&
		(!d->row.n || memcmp(d->row.text, d->before.text, d->row.n) == 0);
}

static VF_RC say_row(struct dataset_xml *d, struct vf_err *reterr)
{
	struct tr_place place = tr_xml_place(d->o->x);
	struct set *s = &d->of[d->set];
	struct tr_sdtm_row row = {.number = s->rows, .place = &place};
	struct cells swap;
	enum vf_rc rc;

	if (!d->is_open)
		return VF_OK;
	if (tr_sdtm_is_same_again(s->sdtm) && is_as_before(d))
		return VF_OK;
	for (size_t i = 0; i < TR_SDTM_SLOTS; i++)
		if (d->row.of[i].n)
			row.cells[i].text = vf_bytes(d->row.text + d->row.of[i].at, d->row.of[i].n);
	rc = tr_sdtm_say(s->sdtm, &row, reterr);
	swap = d->before;
	d->before = d->row;
	d->row = swap;
	return rc;
}

/* ---- the file ---- */

static VF_RC say_head(struct dataset_xml *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = odm_about(d->o, 0);
	struct vf_bytes version;
	enum vf_rc rc = VF_OK;

	if (tr_xml_get(node, d->o->name[ODM_DatasetXMLVersion], d->ns_data, &version))
		rc = tr_say(d->o->r, TR_F_FILE_VERSION, &about, version, reterr);
	if (rc == VF_OK)
		rc = tr_say(d->o->r, TR_F_FILE_ENCODING, &about, tr_xml_encoding(d->o->x), reterr);
	/* here it is no series: it names the define that describes the data */
	if (rc == VF_OK)
		rc = odm_say_attribute(d->o, node, ODM_PriorFileOID, TR_F_FILE_REFERS, 0, reterr);
	d->o->is_dataset_xml = true;
	return rc != VF_OK ? rc : odm_say_file(d->o, node, reterr);
}

static VF_RC open_data(struct dataset_xml *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about;
	struct vf_bytes version;
	enum vf_rc rc;

	if (d->has_study)
		return VF_OK;
	d->has_study = true;
	rc = odm_say_attribute(d->o, node, ODM_StudyOID, TR_F_ID_OID, 0, reterr);
	if (rc != VF_OK || !odm_get(d->o, node, ODM_MetaDataVersionOID, &version))
		return rc;
	about = odm_about(d->o, tr_item(d->o->r));
	rc = tr_say(d->o->r, TR_F_VERSION_ID, &about, version, reterr);
	return rc != VF_OK ? rc : tr_say(d->o->r, TR_F_VERSION_OF, &about, vf_bytes_str("metadata"), reterr);
}

static VF_RC read_node(struct dataset_xml *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	enum odm_name name;

	if (node->depth == 1 && node->event == TR_XML_OPEN) {
		d->o->ns = node->ns;
		return say_head(d, node, reterr);
	}
	name = odm_name_of(d->o, node);
	if (node->event == TR_XML_CLOSE)
		return name == ODM_ItemGroupData ? say_row(d, reterr) : VF_OK;
	if (odm_is_item(name))
		return read_item(d, name, node, reterr);
	if (name == ODM_ItemGroupData)
		return open_row(d, node, reterr);
	if (name == ODM_ClinicalData || name == ODM_ReferenceData)
		return open_data(d, node, reterr);
	return VF_OK;
}

static VF_RC say_sets(struct dataset_xml *d, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (uint32_t i = 0; rc == VF_OK && i < d->sets.n; i++) {
		const struct tr_about about = {.item = tr_item(d->o->r)};
		struct vf_bytes oid = tr_words_at(&d->sets, i);
		const struct set *s = &d->of[i];

		rc = tr_say(d->o->r, TR_F_SET_OID, &about, oid, reterr);
		if (rc == VF_OK)
			rc = tr_say(d->o->r, TR_F_SET_NAME, &about, last_part(oid), reterr);
		if (rc == VF_OK)
			rc = tr_say_count(d->o->r, TR_F_SET_ROWS, &about, s->rows, reterr);
		if (rc == VF_OK && s->has_sequence && s->sequence != s->rows)
			rc = tr_warn(d->o->r, TR_W_COUNT, NULL, reterr,
				"the highest ItemGroupDataSeq is not the number of rows");
	}
	return rc;
}

static VF_RC read_all(struct dataset_xml *d, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	enum vf_rc rc;

	while ((rc = tr_xml_next(d->o->x, &node, reterr)) == VF_OK && node->event != TR_XML_END) {
		if (node->event != TR_XML_TEXT)
			rc = read_node(d, node, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return rc != VF_OK ? rc : say_sets(d, reterr);
}

static void dataset_xml_done(struct dataset_xml *d)
{
	for (size_t i = 0; i < d->cap_sets; i++) {
		tr_sdtm_free(d->of[i].sdtm);
		tr_words_done(&d->of[i].items);
		free(d->of[i].slots);
	}
	free(d->of);
	tr_words_done(&d->sets);
	free(d->row.text);
	free(d->before.text);
	odm_free(d->o);
}

static VF_RC read_dataset_xml(struct tr_reading *r, struct vf_err *reterr)
{
	struct dataset_xml d = {0};
	enum vf_rc rc = odm_new(r, &d.o, reterr);

	if (rc == VF_OK) {
		d.ns_data = tr_xml_name(d.o->x, DATASET_XML "1.0");
		rc = d.ns_data ? read_all(&d, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory to read Dataset-XML");
	}
	dataset_xml_done(&d);
	return rc;
}

static bool has(struct vf_bytes head, const char *word)
{
	return memmem(head.p, head.n, word, strlen(word)) != NULL;
}

/* An ODM root that says the version of Dataset-XML; the namespace alone may be a declaration that nothing uses. */
static bool claims_dataset_xml(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->root, "ODM") && has(peek->head, DATASET_XML) && has(peek->head, "DatasetXMLVersion");
}

const struct tr_reader tr_read_dataset_xml = {
	"dataset-xml", "CDISC Dataset-XML", claims_dataset_xml, read_dataset_xml};
