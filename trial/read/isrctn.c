/*
 * ISRCTN, XML: records of the registry, one item each. The number stands without its letters; the date of its
 * assignment, the version and the checksums of attached files are the registry's own word.
 */
#include "trial/read/readers.h"
#include "trial/read/record_inside.h"

#define NS "http://www.67bricks.com/isrctn"

enum {
	OWN_NUMBER,
};

#define PART(path, kind, fact, grade) {path, kind, TR_F_##fact, grade, TR_DATE_ISO, NULL, NULL, 0}
#define TEXT(path, fact) PART(path, TR_PART_TEXT, fact, TR_DECLARED)
#define ITEM(path, from, level) {path, TR_PART_ITEM, TR_F_OUTCOME_FROM, TR_DECLARED, TR_DATE_ISO, from, level, 0}
#define OUTCOMES(path, level)                                                                                          \
	ITEM(path "/outcomeMeasure", "registered", level), TEXT(path "/outcomeMeasure/variable", OUTCOME_MEASURE),     \
		TEXT(path "/outcomeMeasure/method", OUTCOME_TEXT),                                                     \
		TEXT(path "/outcomeMeasure/timepoints", OUTCOME_TIME_FRAME)
#define TRIAL "trial/"
#define ABOUT "trial/trialDescription/"
#define REFS "trial/externalRefs/"
#define COMMITTEE ABOUT "ethicsCommittees/ethicsCommittee"
#define ATTACHED "trial/attachedFiles/attachedFile"

/* Below fullTrial. */
static const struct tr_part parts[] = {
	PART(TRIAL "@lastUpdated", TR_PART_DATE, REG_UPDATED, TR_REGISTRY),
	PART(TRIAL "@version", TR_PART_TEXT, REG_VERSION, TR_REGISTRY),
	{TRIAL "isrctn", TR_PART_OWN, TR_F_ID_ISRCTN, TR_REGISTRY, TR_DATE_ISO, NULL, NULL, OWN_NUMBER},
	PART(TRIAL "isrctn/@dateAssigned", TR_PART_DATE, REG_FIRST, TR_REGISTRY),
	TEXT(ABOUT "title", STUDY_TITLE),
	TEXT(ABOUT "scientificTitle", STUDY_TITLE),
	TEXT(ABOUT "acronym", STUDY_NAME),
	OUTCOMES(ABOUT "primaryOutcomes", "primary"),
	OUTCOMES(ABOUT "secondaryOutcomes", "secondary"),
	ITEM(ABOUT "primaryOutcome", "registered", "primary"),
	TEXT(ABOUT "primaryOutcome", OUTCOME_MEASURE),
	ITEM(ABOUT "secondaryOutcome", "registered", "secondary"),
	TEXT(ABOUT "secondaryOutcome", OUTCOME_MEASURE),
	TEXT(ABOUT "ethicsApprovalRequired", ETHICS_REQUIRED),
	ITEM(COMMITTEE, NULL, NULL),
	TEXT(COMMITTEE "/@approvalStatus", ETHICS_STATUS),
	PART(COMMITTEE "/@statusDate", TR_PART_DATE, ETHICS_DATE, TR_DECLARED),
	TEXT(COMMITTEE "/committeeReference", ETHICS_REFERENCE),
	TEXT(COMMITTEE "/committeeName", ETHICS_COMMITTEE),
	PART(REFS "eudraCTNumber", TR_PART_ID, ID_EUDRACT, TR_DECLARED),
	PART(REFS "clinicalTrialsGovNumber", TR_PART_ID, ID_OTHER, TR_DECLARED),
	/* free text in practice: of a funder, of a protocol with its version */
	PART(REFS "protocolSerialNumber", TR_PART_ID, ID_OTHER, TR_DECLARED),
	PART(REFS "irasNumber", TR_PART_ID, ID_OTHER, TR_DECLARED),
	PART(REFS "secondaryNumbers/secondaryNumber", TR_PART_ID, ID_OTHER, TR_DECLARED),
	TEXT(TRIAL "trialDesign/phase", STUDY_PHASE),
	PART(TRIAL "trialDesign/overallEndDate", TR_PART_DATE, STUDY_END, TR_DECLARED),
	PART(TRIAL "participants/recruitmentStart", TR_PART_DATE, STUDY_START, TR_DECLARED),
	PART(TRIAL "participants/targetEnrolment", TR_PART_COUNT, STUDY_ENROLMENT, TR_DECLARED),
	ITEM(ATTACHED, NULL, NULL),
	PART(ATTACHED "/@downloadUrl", TR_PART_TEXT, DOC_URL, TR_REGISTRY),
	TEXT(ATTACHED "/name", DOC_NAME),
	TEXT(ATTACHED "/description", DOC_TITLE),
	PART(ATTACHED "/length", TR_PART_COUNT, DOC_SIZE, TR_REGISTRY),
	PART(ATTACHED "/md5sum", TR_PART_MD5, DOC_CHECKSUM, TR_REGISTRY),
	TEXT("sponsor/organisation", STUDY_SPONSOR),
};

/* "24791884" is ISRCTN24791884: rules compare the normalised forms. */
static VF_RC own(struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_about about = tr_record_about(rec, part->grade);
	struct vf_bytes digits = tr_record_trim(value);
	char normal[] = "ISRCTN00000000";

	if (digits.n != 8)
		return tr_record_say_id(rec, part->fact, &about, value, reterr);
	memcpy(normal + 6, digits.p, 8);
	return tr_record_say(rec, part->fact, &about, value, vf_bytes_str(normal), reterr);
}

static VF_RC read_record(struct tr_record *rec, struct tr_xml *x, const struct tr_xml_node *node, const char *ns,
	struct vf_err *reterr)
{
	struct tr_about about;
	enum vf_rc rc;

	tr_record_begin(rec);
	about = (struct tr_about){.item = rec->item, .grade = TR_DECLARED};
	rc = tr_say(rec->r, TR_F_STUDY_REGISTER, &about, vf_bytes_str("ISRCTN"), reterr);
	return rc == VF_OK ? tr_record_xml(rec, x, node, ns, reterr) : rc;
}

static VF_RC read_all(struct tr_record *rec, struct tr_xml *x, struct vf_err *reterr)
{
	static const struct tr_about file;
	const char *ns = tr_xml_name(x, NS);
	const struct tr_xml_node *node;
	uint64_t n = 0;
	enum vf_rc rc;

	if (!ns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read records");
	do {
		rc = tr_xml_next(x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_TEXT || node->event == TR_XML_CLOSE)
			continue;
		if (node->event == TR_XML_END)
			return tr_say_count(rec->r, TR_F_FILE_REGISTRY_RECORDS, &file, n, reterr);
		if (node->ns == ns && strcmp(node->name, "fullTrial") == 0) {
			n++;
			rc = read_record(rec, x, node, ns, reterr);
		} else if (node->depth > 1) {
			rc = tr_xml_skip(x, reterr);
		}
	} while (rc == VF_OK);
	return rc;
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct tr_record rec = {.r = r, .parts = parts, .n_parts = sizeof(parts) / sizeof(parts[0]), .own = own};
	struct tr_xml *x = NULL;
	enum vf_rc rc = tr_xml_new(r, &x, reterr);

	if (rc == VF_OK)
		rc = read_all(&rec, x, reterr);
	tr_xml_free(x);
	tr_record_done(&rec);
	return rc;
}

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->ns, NS) &&
		(vf_bytes_is(peek->root, "allTrials") || vf_bytes_is(peek->root, "fullTrial"));
}

const struct tr_reader tr_read_isrctn = {"isrctn", "ISRCTN records, XML", claims, read_file};
