/*
 * eCTD 3.2.2: the leaves of index.xml and of regional files with their checksums and operations, study tagging files,
 * and index-md5.txt. A checksum by others ties files together and is no evidence against collisions. No document is
 * opened here.
 */
#include "trial/read/checksum.h"
#include "trial/read/readers.h"
#include "trial/read/xml.h"

#define ICH "http://www.ich.org/ectd"
#define MAX_TITLE ((size_t)64 * 1024)

struct reading {
	struct tr_reading *r;
	struct tr_xml *x;
	bool is_tagging;     /* a study tagging file */
	const char *heading; /* the element that the open one stands in */
	uint64_t leaf;       /* the item of the leaf that is open; 0: none */
	size_t depth;        /* its depth */
};

/* By local name: xlink's namespace is w3c.org in the ICH DTD and w3.org in regional ones. */
static struct vf_bytes get(const struct tr_xml_node *node, const char *name)
{
	for (size_t i = 0; i < node->n_attributes; i++)
		if (strcmp(node->attributes[i].name, name) == 0)
			return node->attributes[i].value;
	return vf_bytes(NULL, 0);
}

static VF_RC say(struct reading *d, enum tr_fact_name fact, uint64_t item, const struct tr_xml_node *node,
	const char *name, struct vf_err *reterr)
{
	struct tr_about about = {.item = item, .place = tr_xml_place_of(d->x, name)};

	return tr_say(d->r, fact, &about, get(node, name), reterr);
}

static VF_RC open_leaf(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_about about = {.place = tr_xml_place(d->x)};
	enum vf_rc rc;

	d->leaf = about.item = tr_item(d->r);
	d->depth = node->depth;
	rc = say(d, TR_F_DOC_NAME, about.item, node, "href", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_DOC_ID, about.item, node, "ID", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_DOC_OPERATION, about.item, node, "operation", reterr);
	if (rc == VF_OK)
		rc = say(d, TR_F_DOC_REPLACES, about.item, node, "modified-file", reterr);
	if (rc == VF_OK && d->heading)
		rc = tr_say(d->r, TR_F_DOC_TYPE, &about, vf_bytes_str(d->heading), reterr);
	about.place = tr_xml_place_of(d->x, "checksum");
	return rc == VF_OK ? tr_say_checksum(d->r, &about, get(node, "checksum-type"), get(node, "checksum"), reterr) : rc;
}

/* The link of a study tagging file to a leaf: "../../../../../index.xml#id1", with what it is. */
static VF_RC open_content(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	d->leaf = tr_item(d->r);
	d->depth = node->depth;
	return say(d, TR_F_DOC_URL, d->leaf, node, "href", reterr);
}

static VF_RC say_text(struct reading *d, enum tr_fact_name fact, uint64_t item, struct vf_err *reterr)
{
	struct tr_about about = {.item = item, .place = tr_xml_place(d->x)};
	struct vf_bytes text;
	enum vf_rc rc = tr_xml_text(d->x, MAX_TITLE, &text, reterr);

	return rc == VF_OK ? tr_say(d->r, fact, &about, text, reterr) : rc;
}

static VF_RC open_node(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	if (strcmp(node->name, "leaf") == 0 && !d->leaf)
		return open_leaf(d, node, reterr);
	if (d->leaf && strcmp(node->name, "title") == 0 && node->depth == d->depth + 1)
		return say_text(d, TR_F_DOC_TITLE, d->leaf, reterr);
	if (d->is_tagging && strcmp(node->name, "doc-content") == 0 && !d->leaf)
		return open_content(d, node, reterr);
	if (d->is_tagging && d->leaf && strcmp(node->name, "file-tag") == 0)
		return say(d, TR_F_DOC_TYPE, d->leaf, node, "name", reterr);
	if (d->is_tagging && !d->leaf && strcmp(node->name, "study-id") == 0)
		return say_text(d, TR_F_ID_SPONSOR, 0, reterr);
	if (d->is_tagging && !d->leaf && strcmp(node->name, "title") == 0)
		return say_text(d, TR_F_STUDY_TITLE, 0, reterr);
	return VF_OK;
}

static VF_RC open_root(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	d->is_tagging = strcmp(node->name, "study") == 0;
	return say(d, TR_F_FILE_VERSION, 0, node, "dtd-version", reterr);
}

static VF_RC read_elements(struct reading *d, struct vf_err *reterr)
{
	const char *names[TR_XML_MAX_DEPTH + 1] = {NULL}; /* of the document, which keeps them */
	const struct tr_xml_node *node;
	size_t depth;
	enum vf_rc rc;

	for (;;) {
		rc = tr_xml_next(d->x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_END)
			return rc;
		depth = node->depth;
		if (node->event == TR_XML_OPEN) {
			names[depth] = node->name;
			d->heading = names[depth - 1];
			rc = depth == 1 ? open_root(d, node, reterr) : open_node(d, node, reterr);
		} else if (node->event == TR_XML_CLOSE && depth <= d->depth) {
			d->leaf = d->depth = 0;
		}
		if (rc != VF_OK)
			return rc;
	}
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading d = {.r = r};
	enum vf_rc rc = tr_xml_new(r, &d.x, reterr);

	if (rc == VF_OK)
		rc = read_elements(&d, reterr);
	tr_xml_free(d.x);
	return rc;
}

static bool claims(const struct tr_peek *peek)
{
	return (vf_bytes_is(peek->ns, ICH) && vf_bytes_is(peek->root, "ectd")) ||
		vf_bytes_is(peek->root, "fda-regional") || vf_bytes_is(peek->root, "eu-backbone");
}

static bool claims_tagging(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->ns, ICH) && vf_bytes_is(peek->root, "study");
}

const struct tr_reader tr_read_ectd = {"ectd", "eCTD index", claims, read_file};
const struct tr_reader tr_read_ectd_stf = {"ectd-stf", "eCTD study tagging file", claims_tagging, read_file};

/* ---- index-md5.txt ---- */

static bool take_digits(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes blank;

	if (!vf_take(in, 32, ret))
		return false;
	for (size_t i = 0; i < 32; i++)
		if (!((ret->p[i] >= '0' && ret->p[i] <= '9') ||
			    ((ret->p[i] | 0x20) >= 'a' && (ret->p[i] | 0x20) <= 'f')))
			return false;
	return in->n == 0 ||
		(vf_take(in, 1, &blank) && (blank.p[0] == ' ' || blank.p[0] == '\r' || blank.p[0] == '\n'));
}

static bool claims_md5(const struct tr_peek *peek)
{
	struct vf_bytes in = peek->head, digits;

	return vf_bytes_is(peek->name, "index-md5.txt") && take_digits(&in, &digits);
}

/* The MD5 of the index.xml beside it; what stands behind the digits is not looked at. */
static VF_RC read_md5(struct tr_reading *r, struct vf_err *reterr)
{
	struct tr_about about = {.item = tr_item(r)};
	char text[33];
	size_t n;
	struct vf_bytes in, digits;
	enum vf_rc rc = r->in->read_at(r->in->ctx, 0, text, sizeof(text), &n, reterr);

	if (rc != VF_OK)
		return rc;
	in = vf_bytes(text, n);
	if (!take_digits(&in, &digits))
		return vf_fail(reterr, VF_FILE_SHAPE, "line 1, column 1: not the MD5 of an index");
	rc = tr_say(r, TR_F_DOC_NAME, &about, vf_bytes_str("index.xml"), reterr);
	return rc == VF_OK ? tr_say_checksum(r, &about, vf_bytes_str("md5"), digits, reterr) : rc;
}

const struct tr_reader tr_read_ectd_md5 = {"ectd-md5", "checksum of an eCTD index", claims_md5, read_md5};
