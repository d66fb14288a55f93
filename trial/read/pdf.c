/* PDF: what a file's own metadata says (ISO 32000-1, 14.3). Its text is not read, and nothing in it is run. */
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/pdf_inside.h"
#include "trial/read/readers.h"
#include "trial/read/xml.h"

/* Readers of PDF accept the head within the first 1024 octets (ISO 32000-1, annex H, note 13). */
#define MAX_HEAD 1024
#define MAX_XMP ((size_t)1024 * 1024)
#define MAX_TEXT 1024

/* Texts of XMP that count when the older dictionary does not say the same. */
enum xmp_text {
	XMP_TITLE,
	XMP_CREATED,
	XMP_MODIFIED,
	XMP_LANGUAGE,
	XMP_TOOL,
	XMP_TEXTS,
};

struct reading {
	struct tr_pdf p;
	struct vf_err *err;
	bool is_encrypted;
	bool said[XMP_TEXTS];
	struct {
		uint8_t text[MAX_TEXT];
		size_t n;
	} xmp[XMP_TEXTS];
};

static bool find_head(struct vf_bytes head, struct vf_bytes *ret_version)
{
	struct vf_bytes part = head;
	uint8_t c;

	if (part.n > MAX_HEAD && !vf_bytes_slice(head, 0, MAX_HEAD, &part))
		return false;
	while (part.n) {
		if (vf_take_str(&part, "%PDF-")) {
			size_t n = 0;

			while (n < part.n && ((part.p[n] >= '0' && part.p[n] <= '9') || part.p[n] == '.'))
				n++;
			return vf_bytes_slice(part, 0, n, ret_version);
		}
		vf_take_u8(&part, &c);
	}
	return false;
}

static bool claims(const struct tr_peek *peek)
{
	struct vf_bytes version;

	return find_head(peek->head, &version);
}

/* ---- saying ---- */

static void put_place(const void *ctx, char *out, size_t cap)
{
	snprintf(out, cap, "%s", (const char *)ctx);
}

static struct tr_about about(const char *place)
{
	return (struct tr_about){.place = {put_place, place}};
}

static VF_RC say(struct reading *k, enum tr_fact_name fact, const char *place, struct vf_bytes text, bool is_xmp)
{
	struct tr_about a = about(place);

	if (tr_fact_type(fact) == TR_DATE)
		return tr_say_date(k->p.r, fact, &a, is_xmp ? TR_DATE_ISO : TR_DATE_PDF, text, k->err);
	return tr_say(k->p.r, fact, &a, text, k->err);
}

static VF_RC warn(struct reading *k, enum tr_warning warning, const char *place, const char *text)
{
	struct tr_place p = {put_place, place};

	return tr_warn(k->p.r, warning, &p, k->err, "%s", text);
}

/* ---- dictionaries ---- */

/* A string of a dictionary, wherever it stands, said; *ret_said when it is one with something in it. */
static VF_RC say_string(struct reading *k, struct vf_bytes dictionary, const char *key, enum tr_fact_name fact,
	const char *place, bool *ret_said)
{
	struct tr_pdf_object o = {0};
	struct vf_bytes value, text;
	uint8_t *room;
	bool found;
	enum vf_rc rc;

	*ret_said = false;
	if (!tr_pdf_get(dictionary, key, &value))
		return VF_OK;
	rc = tr_pdf_resolve(&k->p, value, &o, &found, k->err);
	if (rc != VF_OK || !found) {
		tr_pdf_object_done(&o);
		return rc;
	}
	room = malloc(4 * o.value.n);
	if (!room)
		rc = vf_fail(k->err, VF_NO_MEMORY, "no memory for a PDF file");
	else if (tr_pdf_text(o.value, room, &text)) {
		*ret_said = text.n > 0;
		rc = say(k, fact, place, text, false);
	}
	free(room);
	tr_pdf_object_done(&o);
	return rc;
}

static VF_RC read_info(struct reading *k)
{
	static const struct {
		const char *key;
		enum tr_fact_name fact;
		const char *place;
		enum xmp_text same;
	} parts[] = {{"Title", TR_F_FILE_TITLE, "/Info/Title", XMP_TITLE},
		{"CreationDate", TR_F_FILE_CREATED, "/Info/CreationDate", XMP_CREATED},
		{"ModDate", TR_F_FILE_SAVED, "/Info/ModDate", XMP_MODIFIED},
		{"Creator", TR_F_FILE_SYSTEM, "/Info/Creator", XMP_TOOL},
		{"Producer", TR_F_FILE_SYSTEM, "/Info/Producer", XMP_TEXTS}};
	struct tr_pdf_object info = {0};
	bool found, said;
	enum vf_rc rc = tr_pdf_trailer(&k->p, "Info", &info, &found, k->err);

	for (size_t i = 0; rc == VF_OK && found && i < sizeof(parts) / sizeof(parts[0]); i++) {
		rc = say_string(k, info.value, parts[i].key, parts[i].fact, parts[i].place, &said);
		if (said && parts[i].same != XMP_TEXTS)
			k->said[parts[i].same] = true;
	}
	tr_pdf_object_done(&info);
	return rc;
}

static VF_RC read_pages(struct reading *k, struct vf_bytes catalog)
{
	struct tr_about a = about("/Root/Pages/Count");
	struct tr_pdf_object pages = {0}, n = {0};
	struct vf_bytes value;
	uint64_t count;
	bool found;
	enum vf_rc rc;

	if (!tr_pdf_get(catalog, "Pages", &value))
		return VF_OK;
	rc = tr_pdf_resolve(&k->p, value, &pages, &found, k->err);
	if (rc == VF_OK && found && tr_pdf_get(pages.value, "Count", &value))
		rc = tr_pdf_resolve(&k->p, value, &n, &found, k->err);
	value = n.value;
	if (rc == VF_OK && found && tr_pdf_take_number(&value, &count))
		rc = tr_say_count(k->p.r, TR_F_FILE_PAGES, &a, count, k->err);
	tr_pdf_object_done(&pages);
	tr_pdf_object_done(&n);
	return rc;
}

/* ---- XMP (ISO 16684-1): properties of rdf:Description, as elements or as attributes ---- */

#define NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define NS_XMP "http://ns.adobe.com/xap/1.0/"
#define NS_DC "http://purl.org/dc/elements/1.1/"

static const struct {
	const char *ns, *name;
	enum tr_fact_name fact;
	const char *place;
} xmp_texts[XMP_TEXTS] = {
	[XMP_TITLE] = {NS_DC, "title", TR_F_FILE_TITLE, "XMP dc:title"},
	[XMP_CREATED] = {NS_XMP, "CreateDate", TR_F_FILE_CREATED, "XMP xmp:CreateDate"},
	[XMP_MODIFIED] = {NS_XMP, "ModifyDate", TR_F_FILE_SAVED, "XMP xmp:ModifyDate"},
	[XMP_LANGUAGE] = {NS_DC, "language", TR_F_FILE_LANGUAGE, "XMP dc:language"},
	[XMP_TOOL] = {NS_XMP, "CreatorTool", TR_F_FILE_SYSTEM, "XMP xmp:CreatorTool"},
};

static void keep(struct reading *k, enum xmp_text text, struct vf_bytes value)
{
	if (k->xmp[text].n || value.n == 0 || value.n > MAX_TEXT)
		return;
	memcpy(k->xmp[text].text, value.p, value.n);
	k->xmp[text].n = value.n;
}

static bool is_xmp(enum xmp_text text, const char *ns, const char *name)
{
	return ns && strcmp(ns, xmp_texts[text].ns) == 0 && strcmp(name, xmp_texts[text].name) == 0;
}

static struct vf_bytes trim(struct vf_bytes b)
{
	struct vf_bytes skip;

	while (b.n && b.p[b.n - 1] <= ' ')
		b.n--;
	while (b.n && b.p[0] <= ' ' && vf_take(&b, 1, &skip))
		;
	return b;
}

static VF_RC read_property(struct reading *k, struct tr_xml *x, const struct tr_xml_node *node)
{
	struct vf_bytes text;
	enum vf_rc rc;

	for (enum xmp_text t = XMP_TITLE; t < XMP_TEXTS; t++) {
		if (!is_xmp(t, node->ns, node->name))
			continue;
		rc = tr_xml_text(x, MAX_TEXT, &text, k->err); /* of rdf:Alt and rdf:li too */
		if (rc == VF_OK)
			keep(k, t, trim(text));
		return rc;
	}
	return VF_OK;
}

static VF_RC read_xmp_nodes(struct reading *k, struct tr_xml *x)
{
	const struct tr_xml_node *node;
	size_t description = 0;
	enum vf_rc rc = tr_xml_next(x, &node, k->err);

	for (; rc == VF_OK && node->event != TR_XML_END; rc = tr_xml_next(x, &node, k->err)) {
		if (node->event != TR_XML_OPEN)
			continue;
		if (node->ns && strcmp(node->ns, NS_RDF) == 0 && strcmp(node->name, "Description") == 0 &&
			(!description || node->depth <= description)) {
			description = node->depth;
			for (size_t i = 0; i < node->n_attributes; i++)
				for (enum xmp_text t = XMP_TITLE; t < XMP_TEXTS; t++)
					if (is_xmp(t, node->attributes[i].ns, node->attributes[i].name))
						keep(k, t, node->attributes[i].value);
		} else if (description && node->depth == description + 1) {
			rc = read_property(k, x, node);
			if (rc != VF_OK)
				break;
		}
	}
	return rc;
}

struct piece {
	struct vf_bytes left;
};

static VF_RC next_piece(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct piece *p = ctx;

	(void)reterr;
	*ret = p->left;
	p->left = (struct vf_bytes){0};
	return VF_OK;
}

/* Its fault is none of the file: it is one of several places that say the same. */
static VF_RC read_xmp(struct reading *k, struct vf_bytes octets)
{
	struct piece piece = {octets};
	struct tr_source source = {next_piece, &piece};
	struct tr_xml *x = NULL;
	enum vf_rc rc = tr_xml_new_from(k->p.r, &source, &x, k->err);

	if (rc == VF_OK)
		rc = read_xmp_nodes(k, x);
	tr_xml_free(x);
	if (rc == VF_FILE_SHAPE || rc == VF_LIMIT)
		return warn(k, TR_W_UNREAD, "XMP", "its XMP metadata is malformed");
	return rc;
}

static VF_RC read_metadata(struct reading *k, struct vf_bytes catalog)
{
	struct tr_pdf_object o = {0};
	struct vf_bytes value, octets;
	uint8_t *room = NULL;
	bool found;
	enum vf_rc rc;

	if (!tr_pdf_get(catalog, "Metadata", &value))
		return VF_OK;
	rc = tr_pdf_resolve(&k->p, value, &o, &found, k->err);
	if (rc == VF_OK && found)
		rc = tr_pdf_stream(&k->p, &o, MAX_XMP, &room, &octets, &found, k->err);
	if (rc == VF_OK && found && (!k->is_encrypted || vf_bytes_starts(trim(octets), "<")))
		rc = read_xmp(k, octets);
	free(room);
	tr_pdf_object_done(&o);
	return rc;
}

static VF_RC say_xmp(struct reading *k)
{
	enum vf_rc rc = VF_OK;

	for (enum xmp_text t = XMP_TITLE; rc == VF_OK && t < XMP_TEXTS; t++)
		if (k->xmp[t].n && !k->said[t])
			rc = say(k, xmp_texts[t].fact, xmp_texts[t].place, vf_bytes(k->xmp[t].text, k->xmp[t].n), true);
	return rc;
}

/* ---- a file whose tables are not in order: the last packet of XMP, by its mark ---- */

static VF_RC find_packet(struct reading *k, uint64_t *ret, bool *ret_found)
{
	static const char mark[] = "<?xpacket begin";
	const size_t overlap = sizeof(mark) - 2;
	const struct tr_input *in = k->p.r->in;
	enum vf_rc rc = VF_OK;
	size_t n = 0;

	*ret_found = false;
	for (uint64_t at = 0; rc == VF_OK && at < in->size; at += n - overlap) {
		struct vf_bytes b, skip;

		rc = in->read_at(in->ctx, at, k->p.buffer, TR_SOURCE_BUFFER, &n, k->err);
		b = vf_bytes(k->p.buffer, n);
		while (rc == VF_OK && vf_take_until(&b, '<', &skip))
			if (vf_bytes_starts(b, mark + 1)) {
				*ret = at + (n - b.n) - 1;
				*ret_found = true;
			}
		if (n <= overlap || n < TR_SOURCE_BUFFER)
			break;
	}
	return rc;
}

static VF_RC read_packet(struct reading *k)
{
	struct vf_bytes packet, all;
	uint8_t *room;
	uint64_t at;
	size_t n = 0;
	bool found;
	enum vf_rc rc = find_packet(k, &at, &found);

	if (rc != VF_OK || !found)
		return rc;
	room = malloc(MAX_XMP);
	if (!room)
		return vf_fail(k->err, VF_NO_MEMORY, "no memory for a PDF file");
	rc = k->p.r->in->read_at(k->p.r->in->ctx, at, room, MAX_XMP, &n, k->err);
	packet = all = vf_bytes(room, n);
	while (packet.n && !vf_bytes_starts(packet, "<?xpacket end"))
		vf_take(&packet, 1, &(struct vf_bytes){0});
	if (rc == VF_OK && vf_bytes_slice(all, 0, n - packet.n, &packet))
		rc = read_xmp(k, packet);
	free(room);
	return rc == VF_OK ? say_xmp(k) : rc;
}

/* ---- the file ---- */

/* The catalog's version counts when it is later than the head's (7.7.2). */
static VF_RC say_version(struct reading *k, struct vf_bytes head, struct vf_bytes catalog)
{
	struct vf_bytes later;

	if (tr_pdf_get(catalog, "Version", &later) && vf_take_str(&later, "/") && vf_bytes_cmp(later, head) > 0 &&
		later.n <= 8)
		return say(k, TR_F_FILE_VERSION, "/Root/Version", later, false);
	return say(k, TR_F_FILE_VERSION, "head", head, false);
}

static VF_RC read_catalog(struct reading *k, struct vf_bytes head, struct vf_bytes catalog)
{
	struct tr_about a = about("trailer/Encrypt");
	bool said = false;
	enum vf_rc rc = say_version(k, head, catalog);

	if (rc == VF_OK && k->is_encrypted) /* every string in it is (7.6.1) */
		rc = tr_say_flag(k->p.r, TR_F_FILE_ENCRYPTED, &a, true, k->err);
	else if (rc == VF_OK)
		rc = read_info(k);
	if (rc == VF_OK && !k->is_encrypted)
		rc = say_string(k, catalog, "Lang", TR_F_FILE_LANGUAGE, "/Root/Lang", &said);
	if (said)
		k->said[XMP_LANGUAGE] = true;
	if (rc == VF_OK)
		rc = read_metadata(k, catalog);
	if (rc == VF_OK)
		rc = say_xmp(k);
	return rc == VF_OK ? read_pages(k, catalog) : rc;
}

static VF_RC read_file(struct reading *k, struct vf_bytes head)
{
	struct tr_pdf_object catalog = {0}, encrypt = {0};
	bool found;
	enum vf_rc rc = tr_pdf_open(&k->p, &found, k->err);

	if (rc == VF_OK && found)
		rc = tr_pdf_trailer(&k->p, "Encrypt", &encrypt, &k->is_encrypted, k->err);
	if (rc == VF_OK && found)
		rc = tr_pdf_trailer(&k->p, "Root", &catalog, &found, k->err);
	if (rc == VF_OK && found)
		rc = read_catalog(k, head, catalog.value);
	else if (rc == VF_OK) {
		rc = say(k, TR_F_FILE_VERSION, "head", head, false);
		if (rc == VF_OK)
			rc = warn(k, TR_W_CUT, "startxref", "no table of its objects, or no catalog: cut off or damaged");
		if (rc == VF_OK)
			rc = read_packet(k);
	}
	tr_pdf_object_done(&catalog);
	tr_pdf_object_done(&encrypt);
	return rc;
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading *k = calloc(1, sizeof(*k));
	uint8_t room[MAX_HEAD];
	struct vf_bytes version = {0};
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	if (k)
		k->p.buffer = malloc(TR_SOURCE_BUFFER);
	if (!k || !k->p.buffer)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for a PDF file");
	if (rc == VF_OK) {
		k->p.r = r;
		k->err = reterr;
		rc = r->in->read_at(r->in->ctx, 0, room, sizeof(room), &n, reterr);
	}
	if (rc == VF_OK && !find_head(vf_bytes(room, n), &version))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no head of a PDF file");
	if (rc == VF_OK)
		rc = read_file(k, version);
	if (k)
		free(k->p.buffer);
	free(k);
	return rc;
}

const struct tr_reader tr_read_pdf = {"pdf", "PDF", claims, read};
