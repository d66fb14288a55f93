/*
 * What the parts of the ODM reader share: odm.c (file), odm_study.c (study, administration), odm_defs.c (definitions and
 * which items are consents), odm_data.c (keys and entries), odm_consent.c (consents, withdrawals, rows), odm_audit.c
 * (audit records and signatures). For them alone.
 */
#ifndef TRIAL_READ_ODM_INSIDE_H
#define TRIAL_READ_ODM_INSIDE_H

#include "trial/read/mapping.h"
#include "trial/read/words.h"
#include "trial/read/xml.h"

/* Local names of elements and attributes. */
#define ODM_NAMES(X) \
	X(Alias) X(Annotation) X(Archival) X(AsOfDateTime) X(AuditLog) X(AuditRecord) X(AuditRecordID) \
	X(AuditRecords) X(AuditType) X(BasicDefinitions) X(ClinicalData) X(CodeList) X(Context) X(Country) \
	X(CreationDateTime) X(DatasetXMLVersion) X(DateTimeStamp) X(Description) X(EditPoint) \
	X(EffectiveDate) X(FileOID) X(FileType) X(FormData) X(FormDef) X(FormOID) X(FormRepeatKey) \
	X(Granularity) X(ID) X(Include) X(ItemData) X(ItemDataAny) X(ItemDataBase64Binary) \
	X(ItemDataBase64Float) X(ItemDataBoolean) X(ItemDataDate) X(ItemDataDatetime) \
	X(ItemDataDurationDatetime) X(ItemDataFloat) X(ItemDataHexBinary) X(ItemDataHexFloat) \
	X(ItemDataIncompleteDate) X(ItemDataIncompleteDatetime) X(ItemDataIncompleteTime) X(ItemDataInteger) \
	X(ItemDataIntervalDatetime) X(ItemDataPartialDate) X(ItemDataPartialDatetime) X(ItemDataPartialTime) \
	X(ItemDataString) X(ItemDataTime) X(ItemDataURI) X(ItemDef) X(ItemGroupData) X(ItemGroupDataSeq) \
	X(ItemGroupDef) X(ItemGroupOID) X(ItemGroupRef) X(ItemGroupRepeatKey) X(ItemOID) X(ItemRef) \
	X(LegalReason) X(Level) X(Location) X(LocationOID) X(LocationRef) X(LocationType) X(Meaning) \
	X(MetaDataVersion) X(MetaDataVersionOID) X(MetaDataVersionRef) X(Name) X(ODM) X(ODMVersion) X(OID) \
	X(Originator) X(ParameterValue) X(Presentation) X(PriorFileOID) X(ProtocolName) X(Query) \
	X(ReasonForChange) X(ReferenceData) X(SDSVarName) X(ShortName) X(Signature) X(SignatureDef) \
	X(SignatureID) X(SignatureOID) X(SignatureRef) X(Signatures) X(SiteRef) X(SourceSystem) \
	X(SourceSystemVersion) X(Status) X(Study) X(StudyDescription) X(StudyEndPoint) X(StudyEventData) \
	X(StudyEventOID) X(StudyEventRepeatKey) X(StudyName) X(StudyObjective) X(StudyOID) X(StudyParameter) \
	X(SubjectData) X(SubjectKey) X(Term) X(TransactionType) X(TranslatedText) X(User) X(UserID) \
	X(UserOID) X(UserRef) X(UserType) X(Value) X(VersionID) X(VersionName)

enum odm_name {
#define X(name) ODM_##name,
	ODM_NAMES(X)
#undef X
	ODM_N_NAMES,
	ODM_OTHER = ODM_N_NAMES
};

enum odm_action {
	ODM_NO_ACTION,
	ODM_INSERT,
	ODM_UPDATE,
	ODM_REMOVE,
	ODM_UPSERT,
	ODM_CONTEXT,
};

/* Places in a key. */
enum { ODM_SUBJECT, ODM_EVENT, ODM_FORM, ODM_GROUP, ODM_ITEM };

/* One of SubjectData, StudyEventData, FormData, ItemGroupData and ItemData that is open. */
struct odm_level {
	unsigned place;
	struct vf_bytes oid, repeat; /* in o->text */
	size_t before; /* o->n_text before it */
	size_t n_key;  /* octets of o->key with it, once it was asked for */
	enum odm_action action;
	bool is_consent; /* a form or group whose name says so */
};

/* What is known of an identifier of a form (its word begins with 'F'), group ('G') or item ('I'). */
#define ODM_MAPPED 1u      /* the mapping names the item */
#define ODM_RFICDTC 2u     /* an item of the SDTM variable RFICDTC */
#define ODM_NAMED 4u       /* an item that is named as a consent date is */
#define ODM_DECOD 8u       /* an item of DSDECOD */
#define ODM_DSSTDTC 16u    /* an item of DSSTDTC */
#define ODM_ROW_DATE 32u   /* an item of a --DTC, --STDTC or --ENDTC */
#define ODM_FOR_CONSENT 64u /* a form or group that is named for consent */
#define ODM_INSIDE 128u    /* stands in one */
struct odm_def {
	uint8_t flags;
	char variable[9]; /* SDTM, of an item with ODM_ROW_DATE */
};

/* Where the dates of consents stand, best first. */
enum odm_source {
	ODM_BY_MAPPING,
	ODM_BY_RFICDTC,
	ODM_BY_NAME,
	ODM_BY_DS,
	ODM_BY_NOTHING,
};

#define ODM_MAX_TEXT ((size_t)64 * 1024) /* octets of the keys of one item and all that it stands in */
#define ODM_MAX_MEANINGS 1000
#define ODM_MAX_EDGES 1000000
#define ODM_MAX_REFERENCES 1000000

struct odm {
	struct tr_reading *r;
	struct tr_xml *x;
	struct tr_words words;

	/* names by their address, and back */
	const char *name[ODM_N_NAMES];
	struct {
		const char *address;
		enum odm_name name;
	} table[512];
	const char *ns, *ns_ds, *ns_openclinica, *ns_redcap;

	/* the tree above what was given last; of elements that are gone through as a whole only the name */
	uint8_t above[TR_XML_MAX_DEPTH + 2];
	bool is_transactional, has_dialect, is_openedc, is_dataset_xml, has_study;
	bool has_file_title, has_study_title;
	uint64_t version_item;

	/* definitions: odm_defs.c */
	struct odm_def *defs; /* by the numbers of words */
	size_t cap_defs;
	struct odm_edge {
		uint32_t from, to;
	} *edges;
	size_t n_edges, cap_edges;
	bool has_def, is_cut;
	uint32_t def; /* the form, group or item whose definition is open */
	enum odm_source source;

	/* data: odm_data.c */
	struct odm_level levels[TR_XML_MAX_DEPTH + 1];
	size_t n_levels, n_keyed; /* n_keyed: levels whose n_key is known */
	uint8_t text[ODM_MAX_TEXT];
	size_t n_text;
	uint8_t key[3 * ODM_MAX_TEXT + 4 * TR_XML_MAX_DEPTH];
	char version[256], site[256]; /* ClinicalData/@MetaDataVersionOID, the subject's SiteRef */
	const struct odm_def *item; /* of the ItemData that is open; NULL: nothing is known of it */
	bool wants_value;           /* its value is looked at and has not come yet */
	uint64_t subject_item; /* the SubjectData that is open */
	uint64_t consent_item, withdrawal_item; /* of the item group that is open; 0: none yet */
	bool has_consent_date, has_withdrawal_date;
	enum { ODM_DS_NOTHING, ODM_DS_CONSENT, ODM_DS_WITHDRAWAL } ds_row;
	char ds_date[80];

	/* audit records and signatures: odm_audit.c */
	uint64_t n_records, n_signatures, n_xml_signatures;
	struct odm_meaning {
		uint32_t word;
		char *meaning, *reason;
	} *meanings;
	size_t n_meanings;
	struct odm_reference {
		uint32_t word, next; /* next: number plus 1 of the one before it with this word */
		uint64_t item;
	} *references;
	size_t n_references, cap_references;
	uint32_t *last_reference; /* by the numbers of words: number plus 1 */
	size_t cap_last;
	uint64_t n_open_references;
};

/* ---- odm.c ---- */

/* A reader at the beginning of its document. Free with odm_free(). */
VF_RC odm_new(struct tr_reading *r, struct odm **ret, struct vf_err *reterr);
void *odm_free(struct odm *o);
/* The first element: version and encoding. The attributes of ODM itself are odm_say_file()'s. */
VF_RC odm_begin(struct odm *o, const struct tr_xml_node *root, struct vf_err *reterr);
VF_RC odm_say_file(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);

enum odm_name odm_name_of(const struct odm *o, const struct tr_xml_node *node);
bool odm_get(const struct odm *o, const struct tr_xml_node *node, enum odm_name attribute, struct vf_bytes *ret);
struct tr_about odm_about(const struct odm *o, uint64_t item);
/* Says an attribute as a fact; nothing when it is absent. */
VF_RC odm_say_attribute(struct odm *o, const struct tr_xml_node *node, enum odm_name attribute, enum tr_fact_name fact,
	uint64_t item, struct vf_err *reterr);
struct odm_said {
	enum odm_name attribute;
	enum tr_fact_name fact;
};
VF_RC odm_say_attributes(struct odm *o, const struct tr_xml_node *node, const struct odm_said *said, size_t n,
	uint64_t item, struct vf_err *reterr);
#define ODM_SAY_ATTRIBUTES(o, node, said, item, reterr)                                                                \
	odm_say_attributes((o), (node), (said), sizeof(said) / sizeof((said)[0]), (item), (reterr))
/* Text of the element, as a fact; at its CLOSE afterwards. */
VF_RC odm_say_text(struct odm *o, enum tr_fact_name fact, uint64_t item, struct vf_err *reterr);
/* The next node within the element of this depth; *ret_more is false at its CLOSE, and at the end. */
VF_RC odm_next_in(struct odm *o, size_t depth, const struct tr_xml_node **ret, bool *ret_more, struct vf_err *reterr);
/* Grows a table of the reader to hold n; *at is realloc'ed and what is new is cleared. */
VF_RC odm_grow(void **at, size_t *cap, size_t n, size_t size, struct vf_err *reterr);

/* ---- odm_study.c: each goes to behind the element, but for those of Study and MetaDataVersion ---- */

VF_RC odm_say_study(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_say_metadata(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_say_outcome(struct odm *o, const struct tr_xml_node *node, enum tr_fact_name name, enum tr_fact_name text,
	struct vf_err *reterr);
VF_RC odm_say_parameter(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_say_user(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_say_location(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);

/* ---- odm_defs.c ---- */

/* Puts the mapping's items in. */
VF_RC odm_defs_begin(struct odm *o, struct vf_err *reterr);
VF_RC odm_define(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr);
/* After a MetaDataVersion: where consents stand, and a warning when a form is named for them and holds no such date. */
VF_RC odm_defs_end(struct odm *o, struct vf_err *reterr);
/* What is known of an identifier; 0: nothing. */
const struct odm_def *odm_def_find(const struct odm *o, char kind, struct vf_bytes oid);
/* The number of an identifier. *ret_no is set, and a warning said once, when there are too many. */
VF_RC odm_word(struct odm *o, char kind, struct vf_bytes oid, uint32_t *ret, bool *ret_no, struct vf_err *reterr);

/* ---- odm_data.c ---- */

VF_RC odm_data_open(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_data_close(struct odm *o, enum odm_name name, struct vf_err *reterr);
/* ItemData/Value of ODM 2.0. */
VF_RC odm_value(struct odm *o, struct vf_err *reterr);
bool odm_is_item(enum odm_name name);
/* The keys of what is open, joined; empty for nothing. Good until the next element. */
struct vf_bytes odm_key(struct odm *o);
const char *odm_action_name(enum odm_action action);

struct tr_about odm_about_subject(const struct odm *o, uint64_t item);

/* ---- odm_consent.c ---- */

/* What the value of the ItemData that is open says: a consent, a withdrawal, a row's date. */
VF_RC odm_use_value(struct odm *o, struct vf_bytes value, struct vf_err *reterr);
/* Whether the ItemData that is open holds the date of a consent. */
bool odm_is_consent_item(const struct odm *o);
void odm_begin_group(struct odm *o);
VF_RC odm_end_group(struct odm *o, struct vf_err *reterr);

/* ---- odm_audit.c ---- */

VF_RC odm_audit_record(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_audit_log(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_signature(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_signature_def(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
/* AuditRecordID and SignatureID of what was opened. */
VF_RC odm_refer(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr);
VF_RC odm_audit_end(struct odm *o, struct vf_err *reterr);

#endif
