/* DOCX (ECMA-376): what a file's own properties say, and digests of its paragraphs. Nothing in it is run. */
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/docx_inside.h"
#include "trial/read/readers.h"

/* A central directory of some ten thousand parts; a document has some ten. */
#define MAX_DIRECTORY ((uint64_t)4 * 1024 * 1024)
/* Octets of a part, inflated. */
#define MAX_PART ((uint64_t)16 * 1024 * 1024)
#define MAX_TEXT 4096

/* PKWARE APPNOTE 6.3.x, 4.3.6 to 4.3.16. verify/zip.h is for containers that must be strict, this for what Word writes. */
#define END_SIZE 22
#define CENTRAL_SIZE 46
#define LOCAL_SIZE 30

enum part {
	PART_CORE,
	PART_APP,
	PART_STYLES,
	PART_DOCUMENT,
	PARTS,
};
static const char *const part_names[PARTS] = {"docProps/core.xml", "docProps/app.xml", "word/styles.xml",
	"word/document.xml"};

struct entry {
	size_t n; /* how often the directory has it */
	uint16_t flags, method;
	uint32_t crc, packed, size, at;
};

struct reading {
	struct tr_reading *r;
	struct vf_err *err;
	struct entry parts[PARTS];
	uint64_t signatures;
	bool has_language;
};

static bool holds(struct vf_bytes b, const char *text)
{
	struct vf_bytes skip;

	while (vf_take_until(&b, (uint8_t)text[0], &skip))
		if (vf_bytes_starts(b, text + 1))
			return true;
	return false;
}

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_starts(peek->head, "PK\3\4") &&
		(holds(peek->head, "word/") || vf_bytes_ends(peek->name, ".docx") || vf_bytes_ends(peek->name, ".docm"));
}

/* ---- the container ---- */

static VF_RC fail(struct reading *k, const char *text)
{
	return vf_fail(k->err, VF_FILE_SHAPE, "%s", text);
}

/* The last record whose comment ends with the file (4.3.16). */
static bool find_end(struct vf_bytes tail, struct vf_bytes *ret)
{
	bool found = false;
	struct vf_bytes skip;

	for (struct vf_bytes b = tail; b.n >= END_SIZE; vf_take(&b, 1, &skip)) {
		struct vf_bytes length;
		uint16_t n;

		if (vf_bytes_starts(b, "PK\5\6") && vf_bytes_slice(b, 20, 2, &length) && vf_take_u16le(&length, &n) &&
			b.n - END_SIZE == n) {
			*ret = b;
			found = true;
		}
	}
	return found;
}

static void note_entry(struct reading *k, struct vf_bytes name, const struct entry *e)
{
	if (vf_bytes_starts(name, "_xmlsignatures/sig"))
		k->signatures++;
	for (int i = 0; i < PARTS; i++)
		if (vf_bytes_is(name, part_names[i])) {
			size_t n = k->parts[i].n;

			if (n == 0)
				k->parts[i] = *e;
			k->parts[i].n = n + 1;
		}
}

static bool take_entry(struct reading *k, struct vf_bytes *in)
{
	struct entry e = {0};
	struct vf_bytes skip, name;
	uint16_t n_name, n_extra, n_comment;

	if (!vf_take_str(in, "PK\1\2") || !vf_take(in, 4, &skip) || !vf_take_u16le(in, &e.flags) ||
		!vf_take_u16le(in, &e.method) || !vf_take(in, 4, &skip) || !vf_take_u32le(in, &e.crc) ||
		!vf_take_u32le(in, &e.packed) || !vf_take_u32le(in, &e.size) || !vf_take_u16le(in, &n_name) ||
		!vf_take_u16le(in, &n_extra) || !vf_take_u16le(in, &n_comment) || !vf_take(in, 8, &skip) ||
		!vf_take_u32le(in, &e.at) || !vf_take(in, n_name, &name) || !vf_take(in, n_extra, &skip) ||
		!vf_take(in, n_comment, &skip))
		return false;
	note_entry(k, name, &e);
	return true;
}

static VF_RC read_directory(struct reading *k, uint32_t at, uint32_t size, uint16_t n)
{
	struct vf_bytes in;
	uint8_t *room;
	enum vf_rc rc;

	if (n == 0xffff || size == 0xffffffff || at == 0xffffffff)
		return vf_fail(k->err, VF_LIMIT, "a container in the form for more than 4 GiB (ZIP64)");
	if (size > MAX_DIRECTORY)
		return vf_fail(k->err, VF_LIMIT, "a directory of parts of more than %llu octets", (unsigned long long)MAX_DIRECTORY);
	room = malloc(size ? size : 1);
	if (!room)
		return vf_fail(k->err, VF_NO_MEMORY, "no memory for a directory of parts");
	rc = tr_input_take(k->r->in, at, room, size, k->err);
	in = vf_bytes(room, size);
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		if (!take_entry(k, &in))
			rc = fail(k, "a malformed directory of parts");
	free(room);
	return rc;
}

static VF_RC read_container(struct reading *k)
{
	const size_t cap = END_SIZE + 65535;
	uint64_t size = k->r->in->size, from = size > cap ? size - cap : 0;
	struct vf_bytes end, skip;
	uint32_t n_directory = 0, at = 0;
	uint16_t n_parts = 0;
	uint8_t *room = malloc(cap);
	size_t n = 0;
	enum vf_rc rc;

	if (!room)
		return vf_fail(k->err, VF_NO_MEMORY, "no memory for a directory of parts");
	rc = k->r->in->read_at(k->r->in->ctx, from, room, cap, &n, k->err);
	if (rc == VF_OK && !find_end(vf_bytes(room, n), &end))
		rc = fail(k, "the file ends before its directory of parts");
	if (rc == VF_OK && (!vf_take(&end, 10, &skip) || !vf_take_u16le(&end, &n_parts) ||
				   !vf_take_u32le(&end, &n_directory) || !vf_take_u32le(&end, &at)))
		rc = fail(k, "a malformed directory of parts");
	free(room);
	return rc == VF_OK ? read_directory(k, at, n_directory, n_parts) : rc;
}

/* ---- one part ---- */

/*
 * A part's octets. Deflated ones become a gzip member (RFC 1952) for tr_inflate(): its head, the data as they stand, and
 * the checksum and size that the directory has, which are so checked.
 */
struct part_source {
	const struct tr_input *in;
	uint64_t at, left;
	int step;
	uint8_t head[10], tail[8];
	uint8_t *buffer;
};

static VF_RC next_of_part(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct part_source *p = ctx;
	size_t cap = p->left < TR_SOURCE_BUFFER ? (size_t)p->left : TR_SOURCE_BUFFER;
	enum vf_rc rc = VF_OK;

	*ret = (struct vf_bytes){0};
	if (p->step == 0 && p->head[0]) {
		*ret = vf_bytes(p->head, sizeof(p->head));
		p->step = 1;
	} else if (p->left) {
		rc = tr_input_take(p->in, p->at, p->buffer, cap, reterr);
		*ret = vf_bytes(p->buffer, cap);
		p->at += cap;
		p->left -= cap;
	} else if (p->step == 1) {
		*ret = vf_bytes(p->tail, sizeof(p->tail));
		p->step = 2;
	}
	return rc;
}

static void put_u32le(uint8_t *out, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

/* Where its octets begin: the head before them has a name and an extra field of its own length. */
static VF_RC part_open(struct reading *k, const struct entry *e, struct part_source *ret)
{
	static const uint8_t gzip[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
	uint8_t head[LOCAL_SIZE];
	struct vf_bytes in = vf_bytes(head, sizeof(head)), skip;
	uint16_t n_name = 0, n_extra = 0;
	enum vf_rc rc = tr_input_take(k->r->in, e->at, head, sizeof(head), k->err);

	if (rc != VF_OK)
		return rc;
	if (!vf_take_str(&in, "PK\3\4") || !vf_take(&in, 22, &skip) || !vf_take_u16le(&in, &n_name) ||
		!vf_take_u16le(&in, &n_extra))
		return fail(k, "a part is not where the directory says");
	ret->in = k->r->in;
	ret->at = (uint64_t)e->at + LOCAL_SIZE + n_name + n_extra;
	ret->left = e->packed;
	if (e->method == 8)
		memcpy(ret->head, gzip, sizeof(gzip));
	put_u32le(ret->tail, e->crc);
	put_u32le(ret->tail + 4, e->size);
	return VF_OK;
}

static VF_RC warn(struct reading *k, enum tr_warning warning, enum part part, const char *text)
{
	return tr_warn(k->r, warning, NULL, k->err, "%s: %s", part_names[part], text);
}

/* ---- what parts say ---- */

#define NS_CORE "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
#define NS_DC "http://purl.org/dc/elements/1.1/"
#define NS_TERMS "http://purl.org/dc/terms/"
#define NS_APP "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
#define NS_WORD "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

static const struct property {
	enum part part;
	const char *ns, *name;
	enum tr_fact_name fact;
	const char *place;
} properties[] = {
	{PART_CORE, NS_DC, "title", TR_F_FILE_TITLE, "docProps/core.xml dc:title"},
	{PART_CORE, NS_TERMS, "created", TR_F_FILE_CREATED, "docProps/core.xml dcterms:created"},
	{PART_CORE, NS_TERMS, "modified", TR_F_FILE_SAVED, "docProps/core.xml dcterms:modified"},
	{PART_CORE, NS_CORE, "revision", TR_F_FILE_REVISION, "docProps/core.xml cp:revision"},
	{PART_CORE, NS_DC, "language", TR_F_FILE_LANGUAGE, "docProps/core.xml dc:language"},
	{PART_CORE, NS_CORE, "version", TR_F_VERSION_NUMBER, "docProps/core.xml cp:version"},
	{PART_CORE, NS_CORE, "contentStatus", TR_F_VERSION_STATUS, "docProps/core.xml cp:contentStatus"},
	{PART_APP, NS_APP, "Application", TR_F_FILE_SYSTEM, "docProps/app.xml Application"},
	{PART_APP, NS_APP, "AppVersion", TR_F_FILE_SYSTEM_VERSION, "docProps/app.xml AppVersion"},
	{PART_APP, NS_APP, "Pages", TR_F_FILE_PAGES, "docProps/app.xml Pages"},
};
#define N_PROPERTIES (sizeof(properties) / sizeof(properties[0]))

static void put_place(const void *ctx, char *out, size_t cap)
{
	snprintf(out, cap, "%s", (const char *)ctx);
}

static VF_RC say(struct reading *k, const struct property *p, uint64_t *item, struct vf_bytes text)
{
	struct tr_about a = {.place = {put_place, p->place}};

	if (p->fact == TR_F_FILE_LANGUAGE && text.n)
		k->has_language = true;
	if (tr_fact_type(p->fact) == TR_DATE)
		return tr_say_date(k->r, p->fact, &a, TR_DATE_ISO, text, k->err);
	if ((p->fact == TR_F_VERSION_NUMBER || p->fact == TR_F_VERSION_STATUS) && text.n) {
		if (!*item)
			*item = tr_item(k->r);
		a.item = *item;
	}
	return tr_say(k->r, p->fact, &a, text, k->err);
}

/* Properties are children of the root. */
static VF_RC read_properties(struct reading *k, struct tr_xml *x, enum part part)
{
	const struct tr_xml_node *node;
	uint64_t item = 0;
	enum vf_rc rc = tr_xml_next(x, &node, k->err);

	for (; rc == VF_OK && node->event != TR_XML_END; rc = rc == VF_OK ? tr_xml_next(x, &node, k->err) : rc) {
		const struct property *p = NULL;
		struct vf_bytes text;

		if (node->event != TR_XML_OPEN || node->depth != 2)
			continue;
		for (size_t i = 0; i < N_PROPERTIES; i++)
			if (properties[i].part == part && node->ns && strcmp(node->ns, properties[i].ns) == 0 &&
				strcmp(node->name, properties[i].name) == 0)
				p = &properties[i];
		if (!p) {
			rc = tr_xml_skip(x, k->err);
			continue;
		}
		rc = tr_xml_text(x, MAX_TEXT, &text, k->err);
		if (rc == VF_OK)
			rc = say(k, p, &item, text);
	}
	return rc;
}

/* The language of text of which nothing else says one: w:docDefaults/.../w:lang. */
static VF_RC read_styles(struct reading *k, struct tr_xml *x)
{
	const struct tr_xml_node *node;
	struct tr_about a = {.place = {put_place, "word/styles.xml w:docDefaults w:lang"}};
	bool in_defaults = false;
	enum vf_rc rc = tr_xml_next(x, &node, k->err);

	for (; rc == VF_OK && node->event != TR_XML_END; rc = tr_xml_next(x, &node, k->err)) {
		struct vf_bytes value;

		if ((node->event != TR_XML_OPEN && node->event != TR_XML_CLOSE) || !node->ns || strcmp(node->ns, NS_WORD) != 0)
			continue;
		if (strcmp(node->name, "docDefaults") == 0 && node->event == TR_XML_CLOSE)
			return VF_OK;
		if (strcmp(node->name, "docDefaults") == 0)
			in_defaults = true;
		else if (in_defaults && node->event == TR_XML_OPEN && strcmp(node->name, "lang") == 0 &&
			tr_xml_get(node, tr_xml_name(x, "val"), tr_xml_name(x, NS_WORD), &value))
			return tr_say(k->r, TR_F_FILE_LANGUAGE, &a, value, k->err);
	}
	return rc;
}

static VF_RC read_xml(struct reading *k, enum part part, const struct tr_source *source)
{
	struct tr_xml *x = NULL;
	enum vf_rc rc = tr_xml_new_from(k->r, source, &x, k->err);

	if (rc == VF_OK && part == PART_DOCUMENT)
		rc = tr_docx_text(k->r, x, k->err);
	else if (rc == VF_OK)
		rc = part == PART_STYLES ? read_styles(k, x) : read_properties(k, x, part);
	tr_xml_free(x);
	return rc;
}

static VF_RC read_source(struct reading *k, enum part part, struct part_source *p)
{
	struct tr_source packed = {next_of_part, p};
	struct tr_inflate *inflate = NULL;
	enum vf_rc rc;

	if (k->parts[part].method == 0)
		return read_xml(k, part, &packed);
	rc = tr_inflate_new(&packed, MAX_PART, &inflate, k->err);
	if (rc == VF_OK)
		rc = read_xml(k, part, tr_inflate_source(inflate));
	tr_inflate_free(inflate);
	return rc;
}

/* A part that is not in order is left out, as the others say what they say. */
static VF_RC read_part(struct reading *k, enum part part)
{
	const struct entry *e = &k->parts[part];
	struct part_source p = {0};
	enum vf_rc rc;

	if (e->n == 0)
		return VF_OK;
	if (e->n > 1)
		return warn(k, TR_W_DUPLICATE, part, "stands twice, and is not read");
	if (e->flags & 1 || (e->method != 0 && e->method != 8))
		return warn(k, TR_W_UNREAD, part, "is encrypted or packed in another way");
	p.buffer = malloc(TR_SOURCE_BUFFER);
	if (!p.buffer)
		return vf_fail(k->err, VF_NO_MEMORY, "no memory for a part");
	rc = part_open(k, e, &p);
	if (rc == VF_OK)
		rc = read_source(k, part, &p);
	free(p.buffer);
	if (rc == VF_FILE_SHAPE || rc == VF_LIMIT)
		return warn(k, TR_W_UNREAD, part, "is malformed or too large");
	return rc;
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	static const struct tr_about whole = {0};
	struct reading k = {.r = r, .err = reterr};
	enum vf_rc rc = read_container(&k);

	if (rc == VF_OK && k.parts[PART_DOCUMENT].n == 0)
		rc = fail(&k, "no part 'word/document.xml'");
	if (rc == VF_OK)
		rc = read_part(&k, PART_CORE);
	if (rc == VF_OK)
		rc = read_part(&k, PART_APP);
	if (rc == VF_OK && !k.has_language)
		rc = read_part(&k, PART_STYLES);
	if (rc == VF_OK && r->wants & TR_WANT_TEXT)
		rc = read_part(&k, PART_DOCUMENT);
	if (rc == VF_OK && k.signatures)
		rc = tr_say_count(r, TR_F_FILE_SIGNATURES, &whole, k.signatures, reterr);
	return rc;
}

const struct tr_reader tr_read_docx = {"docx", "DOCX", claims, read};
