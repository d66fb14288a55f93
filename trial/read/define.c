/*
 * Define-XML 1.0, 2.0 and 2.1: the data sets of a submission, the files that hold them, and the documents beside them.
 * A leaf may stand in its ItemGroupDef or in the MetaDataVersion, before or behind what names it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/define_inside.h"
#include "trial/read/readers.h"
#include "verify/text.h"

enum where {
	ELSEWHERE,
	ODM,
	STUDY,
	GLOBALS,
	VERSION,
	GROUP,
	LABEL, /* Description of a group */
	LEAF,
};

struct reading {
	struct tr_reading *r;
	struct tr_xml *x;
	enum where path[TR_XML_MAX_DEPTH + 1];
	struct tr_define_room room;
	struct tr_define_rows sets;    /* id: of the leaf; a: the name; done: its file is said */
	struct tr_define_rows leaves;  /* a: href; b: title; not said yet */
	struct tr_define_rows standards; /* a: name and version */
	struct tr_define_rows columns; /* with TR_WANT_COLUMNS */

	uint64_t set; /* the item of the group that is open; 0: none */
	uint64_t n_columns;
	char *set_name, *set_leaf, *standard; /* of the open group; of the MetaDataVersion */
	bool has_label, set_done;
	struct tr_define_row leaf; /* that is open */
};

/* ---- small things ---- */

static struct tr_about about_here(struct reading *d, uint64_t item)
{
	return (struct tr_about){.item = item, .place = tr_xml_place(d->x)};
}

/* An attribute as a fact. */
static VF_RC say(struct reading *d, enum tr_fact_name fact, uint64_t item, const struct tr_xml_node *node,
	const char *name, struct vf_err *reterr)
{
	struct tr_about about = {.item = item, .place = tr_xml_place_of(d->x, name)};

	return tr_say(d->r, fact, &about, tr_define_get(node, name), reterr);
}

/* "a.pdf#page=43" is in a.pdf: the normalised form is what a folder would hold. */
static VF_RC say_file(struct reading *d, enum tr_fact_name fact, const struct tr_about *about, struct vf_bytes href,
	struct vf_err *reterr)
{
	struct vf_bytes rest = href, file;
	struct tr_fact f = {.name = fact, .item = about->item, .value = href, .place = about->place};

	if (href.n == 0)
		return VF_OK;
	if (vf_take_until(&rest, '#', &file))
		f.normal = file;
	return tr_say_fact(d->r, &f, reterr);
}

static void put_kept(const void *ctx, char *out, size_t cap)
{
	vf_text_escape(out, cap, vf_bytes_str(ctx));
}

/* ---- heads ---- */

static VF_RC open_odm(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about created = {.place = tr_xml_place_of(d->x, "CreationDateTime")};
	enum vf_rc rc = say(d, TR_F_FILE_ID, 0, node, "FileOID", reterr);

	if (rc == VF_OK)
		rc = tr_say_date(d->r, TR_F_FILE_CREATED, &created, TR_DATE_ISO,
			tr_define_get(node, "CreationDateTime"), reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_FILE_TYPE, 0, node, "FileType", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_FILE_TYPE, 0, node, "Context", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_FILE_ORIGINATOR, 0, node, "Originator", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_FILE_SYSTEM, 0, node, "SourceSystem", reterr);
	return rc == VF_OK ? say(d, TR_F_FILE_SYSTEM_VERSION, 0, node, "SourceSystemVersion", reterr) : rc;
}

/* "SDTM-IG" and "3.1.2" as one text. */
static VF_RC join(struct reading *d, struct vf_bytes name, struct vf_bytes version, char **ret, struct vf_err *reterr)
{
	char text[512];
	struct vf_bytes cut_name = vf_bytes(name.p, name.n < 240 ? name.n : 240);
	struct vf_bytes cut_version = vf_bytes(version.p, version.n < 240 ? version.n : 240);

	snprintf(text, sizeof(text), "%.*s%s%.*s", VF_STR(cut_name), version.n ? " " : "", VF_STR(cut_version));
	return tr_define_keep(&d->room, vf_bytes_str(text), ret, reterr);
}

static VF_RC open_version(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = about_here(d, tr_item(d->r)), file = about_here(d, 0);
	struct vf_bytes standard = tr_define_get(node, "StandardName");
	enum vf_rc rc = say(d, TR_F_FILE_VERSION, 0, node, "DefineVersion", reterr);

	if (rc == VF_OK)
		rc = say(d, TR_F_VERSION_ID, about.item, node, "OID", reterr);
	if (rc == VF_OK)
		rc = tr_say(d->r, TR_F_VERSION_OF, &about, vf_bytes_str("metadata"), reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_VERSION_NUMBER, about.item, node, "Name", reterr);
	if (rc != VF_OK || standard.n == 0)
		return rc;
	rc = join(d, standard, tr_define_get(node, "StandardVersion"), &d->standard, reterr);
	return rc == VF_OK ? tr_say(d->r, TR_F_FILE_STANDARD, &file, vf_bytes_str(d->standard), reterr) : rc;
}

static VF_RC open_standard(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = about_here(d, 0);
	struct tr_define_row *row;
	enum vf_rc rc = tr_define_add(&d->room, &d->standards, tr_define_get(node, "OID"), &row, reterr);

	if (rc != VF_OK)
		return rc;
	rc = join(d, tr_define_get(node, "Name"), tr_define_get(node, "Version"), &row->a, reterr);
	return rc == VF_OK ? tr_say(d->r, TR_F_FILE_STANDARD, &about, vf_bytes_str(row->a), reterr) : rc;
}

/* ---- data sets ---- */

static VF_RC say_standard(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = about_here(d, d->set);
	struct vf_bytes oid = tr_define_get(node, "StandardOID");
	const struct tr_define_row *row = oid.n ? tr_define_find(&d->standards, oid) : NULL;

	if (oid.n && !row)
		return tr_warn(d->r, TR_W_REFERENCE, &about.place, reterr,
			"a data set names a standard that is not in the file");
	if (row)
		return tr_say(d->r, TR_F_SET_STANDARD, &about, vf_bytes_str(row->a), reterr);
	return d->standard ? tr_say(d->r, TR_F_SET_STANDARD, &about, vf_bytes_str(d->standard), reterr) : VF_OK;
}

static VF_RC open_group(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes label = tr_define_get(node, "Label");
	enum vf_rc rc;

	d->set = tr_item(d->r);
	d->n_columns = 0;
	d->set_done = false;
	d->has_label = label.n > 0;
	rc = say(d, TR_F_SET_NAME, d->set, node, "Name", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_SET_OID, d->set, node, "OID", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_SET_LABEL, d->set, node, "Label", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_SET_DOMAIN, d->set, node, "Domain", reterr);
	if (rc == VF_OK)
		rc = say_standard(d, node, reterr);
	if (rc == VF_OK)
		rc = tr_define_keep(&d->room, tr_define_get(node, "Name"), &d->set_name, reterr);
	return rc == VF_OK ? tr_define_keep(&d->room, tr_define_get(node, "ArchiveLocationID"), &d->set_leaf, reterr)
			   : rc;
}

/* Its leaf may still come. */
static VF_RC close_group(struct reading *d, struct vf_err *reterr)
{
	struct tr_about about = about_here(d, d->set);
	struct tr_define_row *row;
	enum vf_rc rc = tr_say_count(d->r, TR_F_SET_COLUMNS, &about, d->n_columns, reterr);
	uint64_t item = d->set;

	d->set = 0;
	if (rc != VF_OK || d->set_done || !d->set_leaf[0])
		return rc;
	rc = tr_define_add(&d->room, &d->sets, vf_bytes_str(d->set_leaf), &row, reterr);
	if (rc != VF_OK)
		return rc;
	row->item = item;
	return tr_define_keep(&d->room, vf_bytes_str(d->set_name), &row->a, reterr);
}

static VF_RC open_column(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = about_here(d, 0);
	const struct tr_define_row *row;
	enum vf_rc rc;

	d->n_columns++;
	if (!(d->r->wants & TR_WANT_COLUMNS))
		return VF_OK;
	row = tr_define_find(&d->columns, tr_define_get(node, "ItemOID"));
	if (!row)
		return tr_warn(d->r, TR_W_REFERENCE, &about.place, reterr,
			"a data set names a column that is not in the file");
	about.item = tr_item(d->r);
	rc = tr_say(d->r, TR_F_COLUMN_NAME, &about, vf_bytes_str(row->a), reterr);
	if (rc == VF_OK)
		rc = tr_say(d->r, TR_F_COLUMN_SET, &about, vf_bytes_str(d->set_name), reterr);
	if (rc == VF_OK && row->c)
		rc = tr_say(d->r, TR_F_COLUMN_LABEL, &about, vf_bytes_str(row->c), reterr);
	return rc == VF_OK ? tr_say(d->r, TR_F_COLUMN_TYPE, &about, vf_bytes_str(row->b), reterr) : rc;
}

/* ---- leaves ---- */

static void clear_leaf(struct reading *d)
{
	free(d->leaf.id);
	free(d->leaf.a);
	free(d->leaf.b);
	d->leaf = (struct tr_define_row){0};
}

static VF_RC open_leaf(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes href = vf_bytes(NULL, 0);
	enum vf_rc rc;

	clear_leaf(d);
	for (size_t i = 0; i < node->n_attributes; i++)
		if (strcmp(node->attributes[i].name, "href") == 0)
			href = node->attributes[i].value;
	rc = tr_define_keep(&d->room, tr_define_get(node, "ID"), &d->leaf.id, reterr);
	return rc == VF_OK ? tr_define_keep(&d->room, href, &d->leaf.a, reterr) : rc;
}

static VF_RC keep_leaf(struct reading *d, struct vf_err *reterr)
{
	struct tr_place place = tr_xml_place(d->x);
	char text[TR_PLACE_LEN];
	struct tr_define_row *row;
	enum vf_rc rc = tr_define_add(&d->room, &d->leaves, vf_bytes_str(d->leaf.id), &row, reterr);

	if (rc != VF_OK)
		return rc;
	row->a = d->leaf.a;
	row->b = d->leaf.b;
	row->item = d->leaves.n;
	d->leaf.a = d->leaf.b = NULL;
	if (!(d->r->wants & TR_WANT_PLACES))
		return VF_OK;
	place.put(place.ctx, text, sizeof(text));
	return tr_define_keep(&d->room, vf_bytes_str(text), &row->place, reterr);
}

/* Of the group that it stands in, or to be matched at the end. */
static VF_RC close_leaf(struct reading *d, struct vf_err *reterr)
{
	struct tr_about about = about_here(d, d->set);
	bool is_own = d->set && !d->set_done && (!d->set_leaf[0] || strcmp(d->set_leaf, d->leaf.id) == 0);
	enum vf_rc rc;

	d->set_done |= is_own;
	rc = is_own ? say_file(d, TR_F_SET_FILE, &about, vf_bytes_str(d->leaf.a), reterr) : keep_leaf(d, reterr);
	clear_leaf(d);
	return rc;
}

static VF_RC say_document(
	struct reading *d, const struct tr_define_row *leaf, struct tr_about about, struct vf_err *reterr)
{
	enum vf_rc rc;

	about.item = tr_item(d->r);
	rc = say_file(d, TR_F_DOC_NAME, &about, vf_bytes_str(leaf->a), reterr);
	if (rc == VF_OK)
		rc = tr_say(d->r, TR_F_DOC_URL, &about, vf_bytes_str(leaf->a), reterr);
	if (rc == VF_OK)
		rc = tr_say(d->r, TR_F_DOC_ID, &about, vf_bytes_str(leaf->id), reterr);
	return rc == VF_OK && leaf->b ? tr_say(d->r, TR_F_DOC_TITLE, &about, vf_bytes_str(leaf->b), reterr) : rc;
}

/* The leaves that were kept: files of the data sets that name them, the others are documents. */
static VF_RC match_leaves(struct reading *d, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < d->leaves.n; i++) {
		const struct tr_define_row *leaf = &d->leaves.rows[i];
		struct tr_define_row *set = tr_define_find(&d->sets, vf_bytes_str(leaf->id));
		struct tr_about about = {.place = {leaf->place ? put_kept : NULL, leaf->place}};

		if (!set || !leaf->id[0])
			rc = say_document(d, leaf, about, reterr);
		for (; rc == VF_OK && leaf->id[0] && set && set < d->sets.rows + d->sets.n &&
			strcmp(set->id, leaf->id) == 0;
			set++) {
			about.item = set->item;
			set->done = true;
			rc = say_file(d, TR_F_SET_FILE, &about, vf_bytes_str(leaf->a), reterr);
		}
	}
	for (size_t i = 0; rc == VF_OK && i < d->sets.n; i++)
		if (!d->sets.rows[i].done)
			rc = tr_warn(
				d->r, TR_W_REFERENCE, NULL, reterr, "a data set names a leaf that is not in the file");
	return rc;
}

/* ---- elements ---- */

static enum where where_of(const struct reading *d, const struct tr_xml_node *node)
{
	static const struct {
		enum where parent, is;
		const char *name;
	} places[] = {{ELSEWHERE, ODM, "ODM"}, {ODM, STUDY, "Study"}, {STUDY, GLOBALS, "GlobalVariables"},
		{STUDY, VERSION, "MetaDataVersion"}, {VERSION, GROUP, "ItemGroupDef"}, {GROUP, LABEL, "Description"}};
	enum where parent = d->path[node->depth - 1];

	if (tr_define_is_def(node->ns))
		return strcmp(node->name, "leaf") == 0 && !d->leaf.id ? LEAF : ELSEWHERE; /* none stands in another */
	for (size_t i = 0; tr_define_is_odm(node->ns) && i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i].parent == parent && (places[i].is != ODM || node->depth == 1) &&
			strcmp(node->name, places[i].name) == 0)
			return places[i].is;
	return ELSEWHERE;
}

/* An element whose text is a fact or a part of one; *ret_read: its end was read too. */
static VF_RC open_text(struct reading *d, const struct tr_xml_node *node, bool *ret_read, struct vf_err *reterr)
{
	enum where parent = d->path[node->depth - 1];
	bool is_odm = tr_define_is_odm(node->ns);
	enum tr_fact_name fact = TR_F_STUDY_NAME;
	struct tr_about about = about_here(d, 0);
	struct vf_bytes text;
	enum vf_rc rc;

	*ret_read = true;
	if (is_odm && parent == GLOBALS && strcmp(node->name, "ProtocolName") == 0)
		fact = TR_F_STUDY_PROTOCOL;
	else if (is_odm && parent == LABEL && !d->has_label && strcmp(node->name, "TranslatedText") == 0)
		fact = TR_F_SET_LABEL;
	else if (!is_odm && parent == LEAF && strcmp(node->name, "title") == 0)
		fact = TR_F_DOC_TITLE;
	else if (!is_odm || parent != GLOBALS || strcmp(node->name, "StudyName") != 0) {
		*ret_read = false;
		return VF_OK;
	}
	rc = tr_xml_text(d->x, TR_XML_MAX_TEXT, &text, reterr);
	if (rc != VF_OK)
		return rc;
	if (fact == TR_F_DOC_TITLE)
		return tr_define_keep(&d->room, text, &d->leaf.b, reterr);
	if (fact == TR_F_SET_LABEL) {
		about.item = d->set;
		d->has_label = true;
	}
	return tr_say(d->r, fact, &about, text, reterr);
}

static VF_RC open_node(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	enum where parent = d->path[node->depth - 1];
	bool read;
	enum vf_rc rc;

	d->path[node->depth] = where_of(d, node);
	switch (d->path[node->depth]) {
	case ODM:
		return open_odm(d, node, reterr);
	case STUDY:
		return say(d, TR_F_ID_OID, 0, node, "OID", reterr);
	case VERSION:
		return open_version(d, node, reterr);
	case GROUP:
		return open_group(d, node, reterr);
	case LEAF:
		return open_leaf(d, node, reterr);
	case ELSEWHERE:
	case GLOBALS:
	case LABEL:
		break;
	}
	rc = open_text(d, node, &read, reterr);
	if (rc != VF_OK || read)
		return rc;
	if (tr_define_is_def(node->ns) && strcmp(node->name, "Standard") == 0)
		return open_standard(d, node, reterr);
	if (parent == GROUP && tr_define_is_odm(node->ns) && strcmp(node->name, "ItemRef") == 0)
		return open_column(d, node, reterr);
	return VF_OK;
}

static VF_RC read_elements(struct reading *d, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	enum vf_rc rc;

	for (;;) {
		rc = tr_xml_next(d->x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_END)
			return rc;
		if (node->event == TR_XML_OPEN)
			rc = open_node(d, node, reterr);
		else if (node->event == TR_XML_CLOSE && d->path[node->depth] == GROUP)
			rc = close_group(d, reterr);
		else if (node->event == TR_XML_CLOSE && d->path[node->depth] == LEAF)
			rc = close_leaf(d, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading d = {.r = r};
	enum vf_rc rc = VF_OK;

	if (r->wants & TR_WANT_COLUMNS)
		rc = tr_define_columns(r, &d.room, &d.columns, reterr);
	if (rc == VF_OK)
		rc = tr_xml_new(r, &d.x, reterr);
	if (rc == VF_OK)
		rc = read_elements(&d, reterr);
	if (rc == VF_OK)
		rc = match_leaves(&d, reterr);
	tr_xml_free(d.x);
	clear_leaf(&d);
	free(d.set_name);
	free(d.set_leaf);
	free(d.standard);
	tr_define_rows_done(&d.sets);
	tr_define_rows_done(&d.leaves);
	tr_define_rows_done(&d.standards);
	tr_define_rows_done(&d.columns);
	return rc;
}

/* ODM, Dataset-XML and Define-XML have one root: this one's namespace is declared beside it. */
static bool claims(const struct tr_peek *peek)
{
	static const char ns[] = "\"http://www.cdisc.org/ns/def/v", data[] = "\"http://www.cdisc.org/ns/Dataset-XML/";

	return vf_bytes_is(peek->root, "ODM") && vf_bytes_starts(peek->ns, "http://www.cdisc.org/ns/odm/v1.") &&
		memmem(peek->head.p, peek->head.n, ns, sizeof(ns) - 1) &&
		!memmem(peek->head.p, peek->head.n, data, sizeof(data) - 1);
}

const struct tr_reader tr_read_define = {"define", "CDISC Define-XML", claims, read_file};
