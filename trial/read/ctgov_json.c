/*
 * ClinicalTrials.gov, JSON: a record of API v2, an array or a page of them, one version of a record, the list of its
 * versions, and answers of the older API with English dates. A file of one record is that record; in a file for several
 * each has an item, even one alone.
 */
#include "trial/read/readers.h"
#include "trial/read/record_inside.h"

enum {
	OWN_FUNDER,
	OWN_LABEL,
	OWN_LINKED,
};

#define PART(path, kind, fact, grade, form) {path, kind, TR_F_##fact, grade, form, NULL, NULL, 0}
#define OWN(path, own) {path, TR_PART_OWN, TR_F_FILE_FORMAT, TR_DECLARED, TR_DATE_ISO, NULL, NULL, own}
#define ITEM(path, fact, from, level) {path, TR_PART_ITEM, TR_F_##fact, TR_DECLARED, TR_DATE_ISO, from, level, 0}
#define TEXT(path, fact) PART(path, TR_PART_TEXT, fact, TR_DECLARED, TR_DATE_ISO)
#define FLAG(path, fact) PART(path, TR_PART_FLAG, fact, TR_REGISTRY, TR_DATE_ISO)

/* ---- API v2 ---- */

#define DATE(path, fact, grade) PART(path, TR_PART_DATE, fact, grade, TR_DATE_ISO)
#define ID "protocolSection/identificationModule/"
#define STATUS "protocolSection/statusModule/"
#define SPONSOR "protocolSection/sponsorCollaboratorsModule/"
#define DESIGN "protocolSection/designModule/"
#define OUTCOMES(name, level)                                                                                          \
	ITEM("protocolSection/outcomesModule/" name "/+", OUTCOME_FROM, "registered", level),                          \
		TEXT("protocolSection/outcomesModule/" name "/+/measure", OUTCOME_MEASURE),                            \
		TEXT("protocolSection/outcomesModule/" name "/+/timeFrame", OUTCOME_TIME_FRAME),                       \
		TEXT("protocolSection/outcomesModule/" name "/+/description", OUTCOME_TEXT)
#define RESULT "resultsSection/outcomeMeasuresModule/outcomeMeasures/+"
#define DOCUMENT "documentSection/largeDocumentModule/largeDocs/+"

static const struct tr_part parts[] = {
	PART(ID "nctId", TR_PART_ID, ID_OTHER, TR_REGISTRY, TR_DATE_ISO),
	PART(ID "nctIdAliases/+", TR_PART_ID_IS, ID_NCT_ALIAS, TR_REGISTRY, TR_DATE_ISO),
	PART(ID "orgStudyIdInfo/id", TR_PART_ID_IS, ID_SPONSOR, TR_DECLARED, TR_DATE_ISO),
	OWN(ID "secondaryIdInfos/+/id", OWN_LINKED),
	TEXT(ID "acronym", STUDY_NAME),
	TEXT(ID "briefTitle", STUDY_TITLE),
	TEXT(ID "officialTitle", STUDY_TITLE),
	TEXT(STATUS "overallStatus", STUDY_STATUS),
	DATE(STATUS "startDateStruct/date", STUDY_START, TR_DECLARED),
	TEXT(STATUS "startDateStruct/type", STUDY_START_KIND),
	DATE(STATUS "primaryCompletionDateStruct/date", STUDY_PRIMARY_END, TR_DECLARED),
	TEXT(STATUS "primaryCompletionDateStruct/type", STUDY_PRIMARY_END_KIND),
	DATE(STATUS "completionDateStruct/date", STUDY_END, TR_DECLARED),
	DATE(STATUS "studyFirstSubmitDate", REG_FIRST, TR_REGISTRY),
	DATE(STATUS "studyFirstSubmitQcDate", REG_FIRST_QC, TR_REGISTRY),
	DATE(STATUS "studyFirstPostDateStruct/date", REG_FIRST_POSTED, TR_REGISTRY),
	DATE(STATUS "resultsFirstSubmitDate", REG_RESULTS_FIRST, TR_REGISTRY),
	DATE(STATUS "lastUpdateSubmitDate", REG_UPDATED, TR_REGISTRY),
	TEXT(SPONSOR "leadSponsor/name", STUDY_SPONSOR),
	OWN(SPONSOR "leadSponsor/class", OWN_FUNDER),
	OWN(SPONSOR "collaborators/+/class", OWN_FUNDER),
	TEXT(DESIGN "phases/+", STUDY_PHASE),
	PART(DESIGN "enrollmentInfo/count", TR_PART_COUNT, STUDY_ENROLMENT, TR_DECLARED, TR_DATE_ISO),
	TEXT(DESIGN "enrollmentInfo/type", STUDY_ENROLMENT_KIND),
	OUTCOMES("primaryOutcomes", "primary"),
	OUTCOMES("secondaryOutcomes", "secondary"),
	OUTCOMES("otherOutcomes", "other"),
	ITEM(RESULT, OUTCOME_FROM, "results", NULL),
	PART(RESULT "/type", TR_PART_LEVEL, OUTCOME_LEVEL, TR_DECLARED, TR_DATE_ISO),
	TEXT(RESULT "/title", OUTCOME_MEASURE),
	TEXT(RESULT "/timeFrame", OUTCOME_TIME_FRAME),
	TEXT(RESULT "/description", OUTCOME_TEXT),
	ITEM(DOCUMENT, DOC_TYPE, NULL, NULL),
	TEXT(DOCUMENT "/typeAbbrev", DOC_TYPE),
	FLAG(DOCUMENT "/hasProtocol", DOC_PROTOCOL),
	FLAG(DOCUMENT "/hasSap", DOC_SAP),
	FLAG(DOCUMENT "/hasIcf", DOC_ICF),
	OWN(DOCUMENT "/label", OWN_LABEL),
	DATE(DOCUMENT "/date", DOC_DATE, TR_DECLARED),
	DATE(DOCUMENT "/uploadDate", DOC_UPLOADED, TR_REGISTRY),
	TEXT(DOCUMENT "/filename", DOC_NAME),
	PART(DOCUMENT "/size", TR_PART_COUNT, DOC_SIZE, TR_REGISTRY, TR_DATE_ISO),
	DATE("derivedSection/miscInfoModule/versionHolder", REG_DOWNLOADED, TR_REGISTRY),
};

/* The list of versions, alone or beside the record. */
#define CHANGES(path)                                                                                                  \
	ITEM(path "/+", VERSION_OF, "registry-record", NULL), TEXT(path "/+/version", VERSION_NUMBER),                 \
		DATE(path "/+/date", VERSION_DATE, TR_REGISTRY), TEXT(path "/+/status", VERSION_STATUS),               \
		TEXT(path "/+/moduleLabels/+", VERSION_CHANGED)
static const struct tr_part history[] = {
	CHANGES("changes"),
	CHANGES("history/changes"),
	PART("studyVersion", TR_PART_TEXT, REG_VERSION, TR_REGISTRY, TR_DATE_ISO),
};

/* ---- the older API ---- */

#undef DATE
#undef ID
#undef STATUS
#undef SPONSOR
#undef DESIGN
#undef OUTCOMES
#define DATE(path, fact, grade) PART(path, TR_PART_DATE, fact, grade, TR_DATE_ENGLISH)
#define ID "ProtocolSection/IdentificationModule/"
#define STATUS "ProtocolSection/StatusModule/"
#define SPONSOR "ProtocolSection/SponsorCollaboratorsModule/"
#define DESIGN "ProtocolSection/DesignModule/"
#define OLD_OUTCOME(name) "ProtocolSection/OutcomesModule/" name "OutcomeList/" name "Outcome/+"
#define OUTCOMES(name, level)                                                                                          \
	ITEM(OLD_OUTCOME(name), OUTCOME_FROM, "registered", level),                                                    \
		TEXT(OLD_OUTCOME(name) "/" name "OutcomeMeasure", OUTCOME_MEASURE),                                    \
		TEXT(OLD_OUTCOME(name) "/" name "OutcomeTimeFrame", OUTCOME_TIME_FRAME),                               \
		TEXT(OLD_OUTCOME(name) "/" name "OutcomeDescription", OUTCOME_TEXT)
#define OLD_RESULT "ResultsSection/OutcomeMeasuresModule/OutcomeMeasureList/OutcomeMeasure/+"
#define OLD_DOCUMENT "DocumentSection/LargeDocumentModule/LargeDocList/LargeDoc/+"

static const struct tr_part old_parts[] = {
	PART(ID "NCTId", TR_PART_ID, ID_OTHER, TR_REGISTRY, TR_DATE_ENGLISH),
	PART(ID "NCTIdAliasList/NCTIdAlias/+", TR_PART_ID_IS, ID_NCT_ALIAS, TR_REGISTRY, TR_DATE_ENGLISH),
	PART(ID "OrgStudyIdInfo/OrgStudyId", TR_PART_ID_IS, ID_SPONSOR, TR_DECLARED, TR_DATE_ENGLISH),
	OWN(ID "SecondaryIdInfoList/SecondaryIdInfo/+/SecondaryId", OWN_LINKED),
	TEXT(ID "Acronym", STUDY_NAME),
	TEXT(ID "BriefTitle", STUDY_TITLE),
	TEXT(ID "OfficialTitle", STUDY_TITLE),
	TEXT(STATUS "OverallStatus", STUDY_STATUS),
	DATE(STATUS "StartDateStruct/StartDate", STUDY_START, TR_DECLARED),
	TEXT(STATUS "StartDateStruct/StartDateType", STUDY_START_KIND),
	DATE(STATUS "PrimaryCompletionDateStruct/PrimaryCompletionDate", STUDY_PRIMARY_END, TR_DECLARED),
	TEXT(STATUS "PrimaryCompletionDateStruct/PrimaryCompletionDateType", STUDY_PRIMARY_END_KIND),
	DATE(STATUS "CompletionDateStruct/CompletionDate", STUDY_END, TR_DECLARED),
	DATE(STATUS "StudyFirstSubmitDate", REG_FIRST, TR_REGISTRY),
	DATE(STATUS "StudyFirstSubmitQCDate", REG_FIRST_QC, TR_REGISTRY),
	DATE(STATUS "StudyFirstPostDateStruct/StudyFirstPostDate", REG_FIRST_POSTED, TR_REGISTRY),
	DATE(STATUS "ResultsFirstSubmitDate", REG_RESULTS_FIRST, TR_REGISTRY),
	DATE(STATUS "LastUpdateSubmitDate", REG_UPDATED, TR_REGISTRY),
	TEXT(SPONSOR "LeadSponsor/LeadSponsorName", STUDY_SPONSOR),
	OWN(SPONSOR "LeadSponsor/LeadSponsorClass", OWN_FUNDER),
	OWN(SPONSOR "CollaboratorList/Collaborator/+/CollaboratorClass", OWN_FUNDER),
	TEXT(DESIGN "PhaseList/Phase/+", STUDY_PHASE),
	PART(DESIGN "EnrollmentInfo/EnrollmentCount", TR_PART_COUNT, STUDY_ENROLMENT, TR_DECLARED, TR_DATE_ENGLISH),
	TEXT(DESIGN "EnrollmentInfo/EnrollmentType", STUDY_ENROLMENT_KIND),
	OUTCOMES("Primary", "primary"),
	OUTCOMES("Secondary", "secondary"),
	OUTCOMES("Other", "other"),
	ITEM(OLD_RESULT, OUTCOME_FROM, "results", NULL),
	PART(OLD_RESULT "/OutcomeMeasureType", TR_PART_LEVEL, OUTCOME_LEVEL, TR_DECLARED, TR_DATE_ENGLISH),
	TEXT(OLD_RESULT "/OutcomeMeasureTitle", OUTCOME_MEASURE),
	TEXT(OLD_RESULT "/OutcomeMeasureTimeFrame", OUTCOME_TIME_FRAME),
	TEXT(OLD_RESULT "/OutcomeMeasureDescription", OUTCOME_TEXT),
	ITEM(OLD_DOCUMENT, DOC_TYPE, NULL, NULL),
	TEXT(OLD_DOCUMENT "/LargeDocTypeAbbrev", DOC_TYPE),
	FLAG(OLD_DOCUMENT "/LargeDocHasProtocol", DOC_PROTOCOL),
	FLAG(OLD_DOCUMENT "/LargeDocHasSAP", DOC_SAP),
	FLAG(OLD_DOCUMENT "/LargeDocHasICF", DOC_ICF),
	OWN(OLD_DOCUMENT "/LargeDocLabel", OWN_LABEL),
	DATE(OLD_DOCUMENT "/LargeDocDate", DOC_DATE, TR_DECLARED),
	DATE(OLD_DOCUMENT "/LargeDocUploadDate", DOC_UPLOADED, TR_REGISTRY),
	TEXT(OLD_DOCUMENT "/LargeDocFilename", DOC_NAME),
	DATE("DerivedSection/MiscInfoModule/VersionHolder", REG_DOWNLOADED, TR_REGISTRY),
};

/* ---- reading ---- */

struct reading {
	struct tr_record rec; /* first */
	struct tr_record versions;
	struct tr_json *j;
	bool is_federal;
	uint64_t n_records;
	bool has_list; /* the file is one for several records */
};

static VF_RC own(struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr)
{
	struct reading *d = (struct reading *)rec;
	struct tr_about about = tr_record_about(rec, part->grade);

	switch (part->own) {
	case OWN_FUNDER:
		return tr_record_say_funder(rec, &d->is_federal, &about, value, reterr);
	case OWN_LABEL:
		return tr_record_say_document(rec, TR_F_DOC_TITLE, &about, value, reterr);
	case OWN_LINKED:
		return tr_record_say_linked(rec, &about, value, reterr);
	default:
		return VF_OK;
	}
}

static VF_RC say_register(struct reading *d, struct vf_err *reterr)
{
	struct tr_about about = {.item = d->rec.item};

	d->n_records++;
	d->is_federal = false;
	return tr_say(d->rec.r, TR_F_STUDY_REGISTER, &about, vf_bytes_str("ClinicalTrials.gov"), reterr);
}

/* After ARRAY: each object is a record, or holds one as its member of this name. */
static VF_RC read_list(struct reading *d, const char *member, struct vf_err *reterr)
{
	const struct tr_json_token *t;
	size_t inside = 0; /* of an object that holds a record */
	enum vf_rc rc;

	d->has_list = true;
	for (;;) {
		rc = tr_json_next(d->j, &t, reterr);
		if (rc != VF_OK || t->event == TR_JSON_END || (t->event == TR_JSON_CLOSE && !inside))
			return rc;
		if (t->event == TR_JSON_CLOSE) {
			inside = 0;
		} else if (t->event == TR_JSON_OBJECT && member && !inside) {
			inside = 1;
		} else if (t->event == TR_JSON_OBJECT && (!member || vf_bytes_is(t->name, member))) {
			tr_record_begin(&d->rec);
			rc = say_register(d, reterr);
			if (rc == VF_OK)
				rc = tr_record_json(&d->rec, d->j, reterr);
		} else {
			rc = tr_json_skip(d->j, reterr);
		}
		if (rc != VF_OK)
			return rc;
	}
}

/* After OBJECT "FullStudiesResponse". */
static VF_RC read_old(struct reading *d, struct vf_err *reterr)
{
	static const struct tr_about file;
	const struct tr_json_token *t;
	enum vf_rc rc;

	d->rec.parts = old_parts;
	d->rec.n_parts = sizeof(old_parts) / sizeof(old_parts[0]);
	for (;;) {
		rc = tr_json_next(d->j, &t, reterr);
		if (rc != VF_OK || t->event == TR_JSON_CLOSE || t->event == TR_JSON_END)
			return rc;
		if (t->event == TR_JSON_ARRAY && vf_bytes_is(t->name, "FullStudies"))
			rc = read_list(d, "Study", reterr);
		else if (t->event == TR_JSON_STRING && vf_bytes_is(t->name, "APIVrs"))
			rc = tr_say(d->rec.r, TR_F_FILE_VERSION, &file, t->value, reterr);
		else
			rc = tr_json_skip(d->j, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

static VF_RC read_member(struct reading *d, const struct tr_json_token *t, struct vf_err *reterr)
{
	bool is_object = t->event == TR_JSON_OBJECT;
	enum vf_rc rc = VF_OK;

	if (is_object && vf_bytes_is(t->name, "FullStudiesResponse"))
		return read_old(d, reterr);
	if (t->event == TR_JSON_ARRAY && vf_bytes_is(t->name, "studies"))
		return read_list(d, NULL, reterr);
	if (is_object && vf_bytes_is(t->name, "study")) {
		rc = d->n_records ? VF_OK : say_register(d, reterr);
		return rc == VF_OK ? tr_record_json(&d->rec, d->j, reterr) : rc;
	}
	if (vf_bytes_is(t->name, "changes") || vf_bytes_is(t->name, "history") || vf_bytes_is(t->name, "studyVersion"))
		return tr_record_json_member(&d->versions, d->j, t, reterr);
	if (is_object && !d->n_records && vf_bytes_ends(t->name, "Section")) {
		/* saying needs no token, so the member's stays */
		rc = say_register(d, reterr);
	}
	return rc == VF_OK ? tr_record_json_member(&d->rec, d->j, t, reterr) : rc;
}

static VF_RC read_all(struct reading *d, struct vf_err *reterr)
{
	static const struct tr_about file;
	const struct tr_json_token *t;
	enum vf_rc rc = tr_json_next(d->j, &t, reterr);

	if (rc == VF_OK && t->event == TR_JSON_ARRAY) {
		rc = read_list(d, NULL, reterr);
	} else if (rc == VF_OK && t->event == TR_JSON_OBJECT) {
		while ((rc = tr_json_next(d->j, &t, reterr)) == VF_OK && t->event != TR_JSON_CLOSE) {
			rc = read_member(d, t, reterr);
			if (rc != VF_OK)
				return rc;
		}
	}
	if (rc == VF_OK)
		rc = tr_json_next(d->j, &t, reterr); /* the end, or a fault */
	if (rc != VF_OK || !d->has_list)
		return rc;
	return tr_say_count(d->rec.r, TR_F_FILE_REGISTRY_RECORDS, &file, d->n_records, reterr);
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading d = {.rec = {.r = r, .parts = parts, .n_parts = sizeof(parts) / sizeof(parts[0]), .own = own},
		.versions = {.r = r, .parts = history, .n_parts = sizeof(history) / sizeof(history[0])}};
	enum vf_rc rc = tr_json_new(r, &d.j, reterr);

	if (rc == VF_OK)
		rc = read_all(&d, reterr);
	tr_json_free(d.j);
	tr_record_done(&d.rec);
	tr_record_done(&d.versions);
	return rc;
}

/* The names of the members of the record stand in the head whatever is around it. */
static bool claims(const struct tr_peek *peek)
{
	static const char *const marks[] = {"\"protocolSection\"", "\"documentSection\"", "\"moduleLabels\""};
	static const char *const keys[] = {"protocolSection", "resultsSection", "documentSection", "derivedSection",
		"studies", "study", "studyVersion", "changes", "history", "totalCount", "nextPageToken"};
	bool has_mark = false,
	     has_key = peek->n_keys == 0 && memchr(peek->head.p, '[', peek->head.n < 16 ? peek->head.n : 16);

	if (peek->root.n)
		return false;
	for (size_t i = 0; i < peek->n_keys; i++) {
		if (vf_bytes_is(peek->keys[i], "FullStudiesResponse"))
			return true;
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			has_key |= vf_bytes_is(peek->keys[i], keys[k]);
	}
	for (size_t i = 0; has_key && i < sizeof(marks) / sizeof(marks[0]); i++)
		has_mark |= memmem(peek->head.p, peek->head.n, marks[i], strlen(marks[i])) != NULL;
	return has_mark;
}

const struct tr_reader tr_read_ctgov_json = {"ctgov-json", "ClinicalTrials.gov record, JSON", claims, read_file};
