/*
 * ClinicalTrials.gov, XML: one record a file, in no namespace. Retired in June 2024; archives keep it. Facts of the
 * registry have its grade, what the sponsor wrote is declared. required_header and @rank change with each download.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/readers.h"
#include "trial/read/record_inside.h"

enum {
	OWN_FIRST,    /* study_first_submitted, firstreceived_date: either or both */
	OWN_DOWNLOAD, /* a sentence that ends in a date */
	OWN_FUNDER,
	OWN_DOC_TYPE,
	OWN_SECOND_ID,
	OWN_NUMBER,
};

#define TEXT(path, fact) {path, TR_PART_TEXT, TR_F_##fact, TR_DECLARED, TR_DATE_ENGLISH, NULL, NULL, 0}
#define DATE(path, fact, grade) {path, TR_PART_DATE, TR_F_##fact, grade, TR_DATE_ENGLISH, NULL, NULL, 0}
#define FLAG(path, fact) {path, TR_PART_FLAG, TR_F_##fact, TR_REGISTRY, TR_DATE_ENGLISH, NULL, NULL, 0}
#define OWN(path, own) {path, TR_PART_OWN, TR_F_FILE_FORMAT, TR_REGISTRY, TR_DATE_ENGLISH, NULL, NULL, own}
#define OUTCOME(path, level)                                                                                         \
	{path, TR_PART_ITEM, TR_F_OUTCOME_FROM, TR_DECLARED, TR_DATE_ENGLISH, "registered", level, 0},                \
		TEXT(path "/measure", OUTCOME_MEASURE), TEXT(path "/time_frame", OUTCOME_TIME_FRAME),                \
		TEXT(path "/description", OUTCOME_TEXT)
#define RESULT "clinical_results/outcome_list/outcome"
#define DOCUMENT "provided_document_section/provided_document"

static const struct tr_part parts[] = {
	OWN("required_header/download_date", OWN_DOWNLOAD),
	OWN("id_info/nct_id", OWN_NUMBER),
	{"id_info/nct_alias", TR_PART_ID_IS, TR_F_ID_NCT_ALIAS, TR_REGISTRY, TR_DATE_ENGLISH, NULL, NULL, 0},
	{"id_info/org_study_id", TR_PART_ID_IS, TR_F_ID_SPONSOR, TR_DECLARED, TR_DATE_ENGLISH, NULL, NULL, 0},
	OWN("id_info/secondary_id", OWN_SECOND_ID),
	TEXT("acronym", STUDY_NAME),
	TEXT("brief_title", STUDY_TITLE),
	TEXT("official_title", STUDY_TITLE),
	TEXT("sponsors/lead_sponsor/agency", STUDY_SPONSOR),
	OWN("sponsors/lead_sponsor/agency_class", OWN_FUNDER),
	OWN("sponsors/collaborator/agency_class", OWN_FUNDER),
	TEXT("overall_status", STUDY_STATUS),
	TEXT("phase", STUDY_PHASE),
	DATE("start_date", STUDY_START, TR_DECLARED),
	TEXT("start_date/@type", STUDY_START_KIND),
	DATE("primary_completion_date", STUDY_PRIMARY_END, TR_DECLARED),
	TEXT("primary_completion_date/@type", STUDY_PRIMARY_END_KIND),
	DATE("completion_date", STUDY_END, TR_DECLARED),
	{"enrollment", TR_PART_COUNT, TR_F_STUDY_ENROLMENT, TR_DECLARED, TR_DATE_ENGLISH, NULL, NULL, 0},
	TEXT("enrollment/@type", STUDY_ENROLMENT_KIND),
	OUTCOME("primary_outcome", "primary"),
	OUTCOME("secondary_outcome", "secondary"),
	OUTCOME("other_outcome", "other"),
	OWN("study_first_submitted", OWN_FIRST),
	OWN("firstreceived_date", OWN_FIRST),
	DATE("study_first_submitted_qc", REG_FIRST_QC, TR_REGISTRY),
	DATE("study_first_posted", REG_FIRST_POSTED, TR_REGISTRY),
	DATE("results_first_submitted", REG_RESULTS_FIRST, TR_REGISTRY),
	DATE("firstreceived_results_date", REG_RESULTS_FIRST, TR_REGISTRY),
	DATE("last_update_submitted", REG_UPDATED, TR_REGISTRY),
	DATE("lastchanged_date", REG_UPDATED, TR_REGISTRY),
	{DOCUMENT, TR_PART_ITEM, TR_F_DOC_TYPE, TR_DECLARED, TR_DATE_ENGLISH, NULL, NULL, 0},
	OWN(DOCUMENT "/document_type", OWN_DOC_TYPE),
	FLAG(DOCUMENT "/document_has_protocol", DOC_PROTOCOL),
	FLAG(DOCUMENT "/document_has_sap", DOC_SAP),
	FLAG(DOCUMENT "/document_has_icf", DOC_ICF),
	DATE(DOCUMENT "/document_date", DOC_DATE, TR_DECLARED),
	TEXT(DOCUMENT "/document_url", DOC_URL),
	{RESULT, TR_PART_ITEM, TR_F_OUTCOME_FROM, TR_DECLARED, TR_DATE_ENGLISH, "results", NULL, 0},
	{RESULT "/type", TR_PART_LEVEL, TR_F_OUTCOME_LEVEL, TR_DECLARED, TR_DATE_ENGLISH, NULL, NULL, 0},
	TEXT(RESULT "/title", OUTCOME_MEASURE),
	TEXT(RESULT "/time_frame", OUTCOME_TIME_FRAME),
	TEXT(RESULT "/description", OUTCOME_TEXT),
};

/* A record names fewer; what is beyond is said in the file's order. */
#define MAX_LINKED 64

struct reading {
	struct tr_record rec; /* first */
	struct linked {
		char *id, *place;
	} linked[MAX_LINKED]; /* kept until the record's own identifier is said, which stands behind them */
	size_t n_linked;
	bool has_own;
	struct tr_date first;
	bool has_first, is_federal;
};

/* Both names occur in one file: one fact when they agree. */
static VF_RC first(struct reading *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_reading *r = d->rec.r;
	struct tr_date date;
	enum vf_rc rc = VF_OK;

	if (tr_record_trim(value).n == 0)
		return VF_OK;
	tr_date_read(TR_DATE_ENGLISH, value, &date);
	if (d->has_first && strcmp(d->first.normal, date.normal) == 0)
		return VF_OK;
	if (d->has_first)
		rc = tr_warn(r, TR_W_AMBIGUOUS, &about->place, reterr, "two dates of first submission: both are said");
	d->has_first = true;
	d->first = date;
	return rc == VF_OK ? tr_say_read_date(r, TR_F_REG_FIRST, about, &date, value, reterr) : rc;
}

/* "ClinicalTrials.gov processed this data on February 28, 2019" */
static VF_RC download(struct reading *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes rest = value, last = value, taken;
	struct tr_date date;

	do {
		struct vf_bytes at = rest;

		if (vf_take_str(&at, " on "))
			last = at;
	} while (vf_take(&rest, 1, &taken));
	last = tr_record_trim(last);
	if (last.n == 0)
		return VF_OK;
	tr_date_read(TR_DATE_ENGLISH, last, &date);
	return tr_say_read_date(d->rec.r, TR_F_REG_DOWNLOADED, about, &date, value, reterr);
}

static void put_kept(const void *ctx, char *out, size_t cap)
{
	snprintf(out, cap, "%s", (const char *)ctx);
}

static VF_RC say_linked(struct reading *d, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < d->n_linked; i++) {
		struct tr_about about = {.place = {d->linked[i].place[0] ? put_kept : NULL, d->linked[i].place}};

		rc = tr_record_say_linked(&d->rec, &about, vf_bytes_str(d->linked[i].id), reterr);
	}
	return rc;
}

static void free_linked(struct reading *d)
{
	for (size_t i = 0; i < d->n_linked; i++) {
		free(d->linked[i].id);
		free(d->linked[i].place);
	}
	d->n_linked = 0;
}

/* Who looks for the record's own identifier finds it first. */
static VF_RC linked(struct reading *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	struct linked *l = &d->linked[d->n_linked];

	if (d->has_own || d->n_linked == MAX_LINKED || memchr(value.p, 0, value.n))
		return tr_record_say_linked(&d->rec, about, value, reterr);
	*l = (struct linked){strndup((const char *)value.p, value.n), strdup(d->rec.place)};
	d->n_linked++;
	return l->id && l->place ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory to read a record");
}

static VF_RC own_number(struct reading *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	enum vf_rc rc = tr_record_say_id(&d->rec, TR_F_ID_OTHER, about, value, reterr);

	d->has_own = true;
	if (rc == VF_OK)
		rc = say_linked(d, reterr);
	free_linked(d);
	return rc;
}

static VF_RC own(struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr)
{
	struct reading *d = (struct reading *)rec;
	struct tr_about about = tr_record_about(rec, part->grade);

	switch (part->own) {
	case OWN_FIRST:
		return first(d, &about, value, reterr);
	case OWN_DOWNLOAD:
		return download(d, &about, value, reterr);
	case OWN_FUNDER:
		about.grade = TR_DECLARED;
		return tr_record_say_funder(rec, &d->is_federal, &about, value, reterr);
	case OWN_DOC_TYPE:
		about.grade = TR_DECLARED;
		return tr_record_say_document(rec, TR_F_DOC_TYPE, &about, value, reterr);
	case OWN_SECOND_ID:
		about.grade = TR_DECLARED;
		return linked(d, &about, value, reterr);
	case OWN_NUMBER:
		return own_number(d, &about, value, reterr);
	default:
		return VF_OK;
	}
}

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->root, "clinical_study") && peek->ns.n == 0;
}

static VF_RC read_record(struct reading *d, struct tr_xml *x, struct vf_err *reterr)
{
	static const struct tr_about file;
	const struct tr_xml_node *node;
	enum vf_rc rc = tr_xml_next(x, &node, reterr);

	if (rc != VF_OK)
		return rc;
	if (node->event != TR_XML_OPEN || strcmp(node->name, "clinical_study") != 0)
		return vf_fail(reterr, VF_FILE_SHAPE, "line 1, column 1: not a record of ClinicalTrials.gov");
	rc = tr_say(d->rec.r, TR_F_STUDY_REGISTER, &file, vf_bytes_str("ClinicalTrials.gov"), reterr);
	if (rc == VF_OK)
		rc = tr_record_xml(&d->rec, x, node, NULL, reterr);
	/* what stands behind the record is a fault of the file */
	while (rc == VF_OK && node->event != TR_XML_END)
		rc = tr_xml_next(x, &node, reterr);
	return rc;
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading d = {.rec = {.r = r, .parts = parts, .n_parts = sizeof(parts) / sizeof(parts[0]), .own = own}};
	struct tr_xml *x = NULL;
	enum vf_rc rc = tr_xml_new(r, &x, reterr);

	if (rc == VF_OK)
		rc = read_record(&d, x, reterr);
	if (rc == VF_OK)
		rc = say_linked(&d, reterr); /* of a record without an own one */
	free_linked(&d);
	tr_xml_free(x);
	tr_record_done(&d.rec);
	return rc;
}

const struct tr_reader tr_read_ctgov_xml = {"ctgov-xml", "ClinicalTrials.gov record, XML", claims, read_file};
