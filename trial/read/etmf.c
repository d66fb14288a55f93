/*
 * The exchange file of an eTMF (eTMF-EMS 1.0.2, "exchange.xml"): which documents a transfer has, with the checksum that
 * its sender gives for each file. One item a FILE, the first one with what its OBJECT says; others of it name that item, so that a
 * file is said in about as many octets as it has. Names of persons, organisations and
 * users are not read; signatures and audit records are counted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/checksum.h"
#include "trial/read/readers.h"
#include "trial/read/record_inside.h"
#include "verify/text.h"

#define EMS "https://tmfrefmodel.com/ems"
#define MAX_KEPT ((size_t)16 * 1024)

/* What is said when a FILE ends. */
enum kept {
	KEPT_ID,
	KEPT_NUMBER,
	KEPT_VERSION,
	KEPT_STATE,
	KEPT_TITLE,
	KEPT_DATE,
	KEPT_OF_FILE, /* those behind it are the FILE's, those before it the OBJECT's */
	KEPT_INTEGRITY = KEPT_OF_FILE,
	KEPT_NAME,
	KEPT_URL,
	KEPT_COUNT,
};

static const struct element {
	const char *name;
	enum kept kept;
	enum tr_fact_name fact; /* those that are texts as they are */
} elements[KEPT_COUNT] = {
	{"OBJECTID", KEPT_ID, TR_F_DOC_ID},
	{"ARTIFACTNUMBER", KEPT_NUMBER, TR_F_DOC_TYPE},
	{"OBJECTVERSION", KEPT_VERSION, TR_F_DOC_VERSION},
	{"OBJECTVERSIONSTATE", KEPT_STATE, TR_F_DOC_STATUS},
	{"OBJECTTITLE", KEPT_TITLE, TR_F_DOC_TITLE},
	{"ARTIFACTDATE", KEPT_DATE, TR_FACT_COUNT},
	{"INTEGRITY", KEPT_INTEGRITY, TR_FACT_COUNT},
	{"FILENAME", KEPT_NAME, TR_FACT_COUNT},
	{"CONTENTURL", KEPT_URL, TR_FACT_COUNT},
};

struct text {
	char p[MAX_KEPT];
	size_t n;
	bool is_said; /* with an earlier FILE of the OBJECT */
	char place[TR_PLACE_LEN];
};

struct reading {
	struct tr_reading *r;
	struct tr_xml *x;
	struct text kept[KEPT_COUNT];
	uint64_t signatures, records;
	uint64_t first; /* the item of the first FILE of the OBJECT that is open; 0: it had none */
	char decoded[MAX_KEPT];
};

static struct vf_bytes kept(const struct reading *d, enum kept what)
{
	return vf_bytes(d->kept[what].p, d->kept[what].n);
}

static void put_place(const void *ctx, char *out, size_t cap)
{
	const struct text *t = ctx;
	size_t n = strnlen(t->place, sizeof(t->place) - 1);

	if (cap == 0)
		return;
	n = n < cap ? n : cap - 1;
	memcpy(out, t->place, n);
	out[n] = '\0';
}

static struct tr_about about_kept(const struct reading *d, enum kept what, uint64_t item)
{
	const struct text *t = &d->kept[what];

	return (struct tr_about){.item = item, .place = {t->place[0] ? put_place : NULL, t}};
}

/* ---- one file ---- */

static bool hex_digit(uint8_t c, unsigned *ret)
{
	if (c >= '0' && c <= '9')
		*ret = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*ret = (c | 0x20) - 'a' + 10u;
	else
		return false;
	return true;
}

/* The path that a relative URL is of; as it is written when that is not UTF-8. */
static struct vf_bytes decode(struct reading *d, struct vf_bytes url)
{
	struct vf_bytes ret;
	size_t n = 0;

	for (size_t i = 0; i < url.n; i++) {
		unsigned high, low;
		uint8_t c = url.p[i];

		if (c == '%' && url.n - i > 2 && hex_digit(url.p[i + 1], &high) && hex_digit(url.p[i + 2], &low)) {
			c = (uint8_t)(high << 4 | low);
			i += 2;
		}
		d->decoded[n++] = (char)c;
	}
	ret = vf_bytes(d->decoded, n);
	return vf_utf8_is(ret) && !memchr(d->decoded, 0, n) ? ret : url;
}

static VF_RC say_name(struct reading *d, uint64_t item, struct vf_err *reterr)
{
	enum kept what = d->kept[KEPT_URL].n ? KEPT_URL : KEPT_NAME;
	struct tr_about about = about_kept(d, what, item);
	struct vf_bytes value = kept(d, what), path = what == KEPT_URL ? decode(d, value) : value;
	struct tr_fact f = {.name = TR_F_DOC_NAME, .item = item, .value = value, .place = about.place};

	if (vf_bytes_eq(value, path))
		return tr_say(d->r, TR_F_DOC_NAME, &about, value, reterr);
	f.normal = path;
	return tr_say_fact(d->r, &f, reterr);
}

/* "23-JAN-2018" */
static VF_RC say_date(struct reading *d, uint64_t item, struct vf_err *reterr)
{
	struct tr_about about = about_kept(d, KEPT_DATE, item);
	struct vf_bytes value = kept(d, KEPT_DATE);
	struct tr_date date;
	char text[12];

	if (value.n == 0)
		return VF_OK;
	tr_date_read(TR_DATE_ENGLISH, vf_bytes(NULL, 0), &date);
	date.is_bad = true;
	if (value.n == 11 && value.p[2] == '-' && value.p[6] == '-') {
		memcpy(text, value.p, 11);
		text[2] = text[6] = ' ';
		tr_date_read(TR_DATE_ENGLISH, vf_bytes(text, 11), &date);
	}
	return tr_say_read_date(d->r, TR_F_DOC_DATE, &about, &date, value, reterr);
}

static VF_RC say_file(struct reading *d, struct vf_err *reterr)
{
	uint64_t item = tr_item(d->r);
	struct tr_about about = {.item = item};
	enum vf_rc rc = d->first ? tr_say_count(d->r, TR_F_RECORD_ITEM, &about, d->first, reterr) : VF_OK;

	if (rc == VF_OK)
		rc = say_name(d, item, reterr);
	for (size_t i = 0; rc == VF_OK && i < KEPT_COUNT; i++) {
		about = about_kept(d, elements[i].kept, item);
		if (elements[i].fact != TR_FACT_COUNT && !d->kept[elements[i].kept].is_said)
			rc = tr_say(d->r, elements[i].fact, &about, kept(d, elements[i].kept), reterr);
	}
	if (rc == VF_OK && !d->kept[KEPT_DATE].is_said)
		rc = say_date(d, item, reterr);
	for (int i = 0; i < KEPT_OF_FILE; i++)
		d->kept[i].is_said = true;
	d->first = d->first ? d->first : item;
	about = about_kept(d, KEPT_INTEGRITY, item);
	return rc == VF_OK ? tr_say_integrity(d->r, &about, kept(d, KEPT_INTEGRITY), reterr) : rc;
}

/* ---- the file ---- */

static VF_RC keep(struct reading *d, enum kept what, struct vf_err *reterr)
{
	struct text *t = &d->kept[what];
	struct tr_place place = tr_xml_place(d->x);
	struct vf_bytes text;
	enum vf_rc rc;

	t->place[0] = '\0';
	t->is_said = false;
	if ((d->r->wants & TR_WANT_PLACES) && place.put)
		place.put(place.ctx, t->place, sizeof(t->place));
	rc = tr_xml_text(d->x, MAX_KEPT, &text, reterr);
	if (rc != VF_OK)
		return rc;
	text = tr_record_trim(text);
	if (text.n)
		memcpy(t->p, text.p, text.n);
	t->n = text.n;
	return VF_OK;
}

static VF_RC open_root(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const struct {
		const char *name;
		enum tr_fact_name fact;
	} attributes[] = {
		{"TRANSFERID", TR_F_FILE_ID}, {"TRANSFERSOURCEID", TR_F_FILE_ORIGINATOR}, {"STUDYID", TR_F_ID_SPONSOR}};
	char standard[64];
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < node->n_attributes; i++) {
		const struct tr_xml_attribute *a = &node->attributes[i];
		struct tr_about about = {.place = tr_xml_place_of(d->x, a->name)};

		if (strcmp(a->name, "TMFRMVERSION") == 0 && a->value.n && a->value.n < 20) {
			snprintf(standard, sizeof(standard), "TMF Reference Model %.*s", VF_STR(a->value));
			rc = tr_say(d->r, TR_F_FILE_STANDARD, &about, vf_bytes_str(standard), reterr);
		}
		for (size_t j = 0; rc == VF_OK && j < sizeof(attributes) / sizeof(attributes[0]); j++)
			if (strcmp(a->name, attributes[j].name) == 0)
				rc = attributes[j].fact == TR_F_ID_SPONSOR ? tr_say_id(d->r, TR_F_ID_SPONSOR, &about, a->value, reterr)
									  : tr_say(d->r, attributes[j].fact, &about, a->value, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static void clear(struct reading *d, enum kept from, enum kept to)
{
	for (int i = (int)from; i < (int)to; i++) {
		d->kept[i].n = 0;
		d->kept[i].is_said = false;
	}
}

/* BATCH has depth 1, OBJECT 2, what it says and FILE 3, what that says 4. */
static VF_RC open_node(struct reading *d, const struct tr_xml_node *node, struct vf_err *reterr)
{
	if (node->depth == 1)
		return open_root(d, node, reterr);
	if (node->depth == 2 && strcmp(node->name, "OBJECT") == 0) {
		clear(d, KEPT_ID, KEPT_COUNT);
		d->first = 0;
		return VF_OK;
	}
	if (node->depth == 3 && strcmp(node->name, "FILE") == 0) {
		clear(d, KEPT_OF_FILE, KEPT_COUNT);
		return VF_OK;
	}
	for (size_t i = 0; i < KEPT_COUNT; i++)
		if (node->depth == (elements[i].kept < KEPT_OF_FILE ? 3 : 4) && strcmp(node->name, elements[i].name) == 0)
			return keep(d, elements[i].kept, reterr);
	d->signatures += strcmp(node->name, "SIGNATURE") == 0;
	d->records += strcmp(node->name, "AUDITRECORD") == 0;
	return tr_xml_skip(d->x, reterr);
}

static VF_RC close_node(struct reading *d, size_t depth, struct vf_err *reterr)
{
	if (depth == 3)
		return say_file(d, reterr);
	if (depth == 2 && !d->first) /* a record without a file */
		return say_file(d, reterr);
	return VF_OK;
}

static VF_RC read_elements(struct reading *d, struct vf_err *reterr)
{
	static const struct tr_about whole = {0};
	const struct tr_xml_node *node;
	enum vf_rc rc;

	for (;;) {
		rc = tr_xml_next(d->x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_END)
			break;
		if (node->event == TR_XML_OPEN)
			rc = open_node(d, node, reterr);
		else if (node->event == TR_XML_CLOSE)
			rc = close_node(d, node->depth, reterr);
		if (rc != VF_OK)
			break;
	}
	if (rc == VF_OK && d->signatures)
		rc = tr_say_count(d->r, TR_F_FILE_SIGNATURES, &whole, d->signatures, reterr);
	if (rc == VF_OK && d->records)
		rc = tr_say_count(d->r, TR_F_FILE_RECORDS, &whole, d->records, reterr);
	return rc;
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading *d = calloc(1, sizeof(*d));
	enum vf_rc rc;

	if (!d)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read an exchange file");
	d->r = r;
	rc = tr_xml_new(r, &d->x, reterr);
	if (rc == VF_OK)
		rc = read_elements(d, reterr);
	tr_xml_free(d->x);
	free(d);
	return rc;
}

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->ns, EMS) && vf_bytes_is(peek->root, "BATCH");
}

const struct tr_reader tr_read_etmf = {"etmf", "eTMF exchange file", claims, read_file};
