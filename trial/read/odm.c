#include "trial/read/odm_inside.h"

#include <stdlib.h>

#include "trial/read/readers.h"

#define CDISC "http://www.cdisc.org/ns/odm/v"

static const char *const spelled[ODM_N_NAMES] = {
#define X(name) #name,
	ODM_NAMES(X)
#undef X
};

/* ---- names ---- */

#define TABLE_SIZE (sizeof(((struct odm *)NULL)->table) / sizeof(((struct odm *)NULL)->table[0]))

static size_t slot_of(const char *address)
{
	return (size_t)((uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15) >> 32) % TABLE_SIZE;
}

static VF_RC learn_names(struct odm *o, struct vf_err *reterr)
{
	const struct {
		const char **to, *uri;
	} others[] = {
		{&o->ns_ds, "http://www.w3.org/2000/09/xmldsig#"},
		{&o->ns_openclinica, "http://www.openclinica.org/ns/odm_ext_v130/v3.1"},
		{&o->ns_redcap, "https://projectredcap.org"},
	};

	for (size_t i = 0; i < ODM_N_NAMES; i++) {
		size_t at;

		o->name[i] = tr_xml_name(o->x, spelled[i]);
		if (!o->name[i])
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to read ODM");
		for (at = slot_of(o->name[i]); o->table[at].address; at = (at + 1) % TABLE_SIZE)
			;
		o->table[at].address = o->name[i];
		o->table[at].name = (enum odm_name)i;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		*others[i].to = tr_xml_name(o->x, others[i].uri);
		if (!*others[i].to)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to read ODM");
	}
	return VF_OK;
}

static enum odm_name name_at(const struct odm *o, const char *address)
{
	for (size_t at = slot_of(address); o->table[at].address; at = (at + 1) % TABLE_SIZE)
		if (o->table[at].address == address)
			return o->table[at].name;
	return ODM_OTHER;
}

enum odm_name odm_name_of(const struct odm *o, const struct tr_xml_node *node)
{
	return node->ns == o->ns ? name_at(o, node->name) : ODM_OTHER;
}

bool odm_get(const struct odm *o, const struct tr_xml_node *node, enum odm_name attribute, struct vf_bytes *ret)
{
	return tr_xml_get(node, o->name[attribute], NULL, ret);
}

/* ---- saying and walking ---- */

struct tr_about odm_about(const struct odm *o, uint64_t item)
{
	return (struct tr_about){.item = item, .place = tr_xml_place(o->x)};
}

static struct tr_about about_attribute(const struct odm *o, uint64_t item, enum odm_name attribute)
{
	return (struct tr_about){.item = item, .place = tr_xml_place_of(o->x, o->name[attribute])};
}

VF_RC odm_say_attribute(struct odm *o, const struct tr_xml_node *node, enum odm_name attribute, enum tr_fact_name fact,
	uint64_t item, struct vf_err *reterr)
{
	struct tr_about about = about_attribute(o, item, attribute);
	struct vf_bytes value;

	if (!odm_get(o, node, attribute, &value))
		return VF_OK;
	if (tr_fact_type(fact) == TR_DATE)
		return tr_say_date(o->r, fact, &about, TR_DATE_ISO, value, reterr);
	return tr_say(o->r, fact, &about, value, reterr);
}

VF_RC odm_say_text(struct odm *o, enum tr_fact_name fact, uint64_t item, struct vf_err *reterr)
{
	struct tr_about about = odm_about(o, item);
	struct vf_bytes text;
	enum vf_rc rc = tr_xml_text(o->x, TR_XML_MAX_TEXT, &text, reterr);

	if (rc != VF_OK)
		return rc;
	if (tr_fact_type(fact) == TR_DATE)
		return tr_say_date(o->r, fact, &about, TR_DATE_ISO, text, reterr);
	return tr_say(o->r, fact, &about, text, reterr);
}

VF_RC odm_next_in(struct odm *o, size_t depth, const struct tr_xml_node **ret, bool *ret_more, struct vf_err *reterr)
{
	enum vf_rc rc = tr_xml_next(o->x, ret, reterr);

	if (rc == VF_OK)
		*ret_more = (*ret)->event != TR_XML_END && !((*ret)->event == TR_XML_CLOSE && (*ret)->depth == depth);
	return rc;
}

VF_RC odm_grow(void **at, size_t *cap, size_t n, size_t size, struct vf_err *reterr)
{
	size_t more = *cap ? *cap : 64;
	uint8_t *p;

	if (n <= *cap)
		return VF_OK;
	while (more < n)
		more *= 2;
	p = realloc(*at, more * size);
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read ODM");
	memset(p + *cap * size, 0, (more - *cap) * size);
	*at = p;
	*cap = more;
	return VF_OK;
}

VF_RC odm_say_attributes(struct odm *o, const struct tr_xml_node *node, const struct odm_said *said, size_t n,
	uint64_t item, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = odm_say_attribute(o, node, said[i].attribute, said[i].fact, item, reterr);
	return rc;
}

/* ---- whose form of ODM it is ---- */

static VF_RC say_dialect(struct odm *o, const char *dialect, struct vf_err *reterr)
{
	struct tr_about about = odm_about(o, 0);

	if (o->has_dialect)
		return VF_OK;
	o->has_dialect = true;
	return tr_say(o->r, TR_F_FILE_DIALECT, &about, vf_bytes_str(dialect), reterr);
}

static bool begins_as(struct vf_bytes text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < n; i++)
		if (i >= text.n || (text.p[i] | 0x20) != (word[i] | 0x20))
			return false;
	return true;
}

static VF_RC dialect_of_system(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const char *const systems[] = {"REDCap", "OpenClinica", "LibreClinica", "OpenEDC"};
	struct vf_bytes system;

	odm_get(o, node, ODM_SourceSystem, &system);
	o->is_openedc = begins_as(system, "OpenEDC");
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
		if (begins_as(system, systems[i]))
			return say_dialect(o, systems[i], reterr);
	return VF_OK;
}

/* By the namespaces of what stands between the elements of ODM. */
static VF_RC dialect_of_node(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	if (o->has_dialect)
		return VF_OK;
	if (node->ns && node->ns == o->ns_openclinica)
		return say_dialect(o, "OpenClinica", reterr);
	for (size_t i = 0; i < node->n_attributes; i++) {
		if (!node->attributes[i].ns)
			continue;
		if (node->attributes[i].ns == o->ns_openclinica)
			return say_dialect(o, "OpenClinica", reterr);
		if (node->attributes[i].ns == o->ns_redcap)
			return say_dialect(o, "REDCap", reterr);
	}
	return VF_OK;
}

/* ---- the file ---- */

static bool is_name(const char *name, const char *word)
{
	return name && strcmp(name, word) == 0;
}

/* Without ODMVersion the namespace says it; ODM 1.1 has none. */
static VF_RC say_version(struct odm *o, const struct tr_xml_node *root, struct vf_err *reterr)
{
	struct tr_about about = about_attribute(o, 0, ODM_ODMVersion);
	struct vf_bytes version, ns = vf_bytes_str(o->ns ? o->ns : ""), skipped;
	enum vf_rc rc = VF_OK;
	bool has_version = odm_get(o, root, ODM_ODMVersion, &version) && version.n;

	if (!vf_bytes_starts(ns, CDISC) && (ns.n || (has_version && !vf_bytes_starts(version, "1.1"))))
		rc = tr_warn(
			o->r, TR_W_NAMESPACE, &about.place, reterr, "the elements of ODM are not in a namespace of it");
	if (!vf_take(&ns, sizeof(CDISC) - 1, &skipped))
		ns = vf_bytes_str("1.1");
	if (!has_version)
		about = odm_about(o, 0);
	return rc != VF_OK ? rc : tr_say(o->r, TR_F_FILE_VERSION, &about, has_version ? version : ns, reterr);
}

VF_RC odm_say_file(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const struct odm_said said[] = {
		{ODM_FileOID, TR_F_FILE_ID},
		{ODM_CreationDateTime, TR_F_FILE_CREATED},
		{ODM_AsOfDateTime, TR_F_FILE_AS_OF},
		{ODM_FileType, TR_F_FILE_TYPE},
		{ODM_Granularity, TR_F_FILE_GRANULARITY},
		{ODM_Context, TR_F_FILE_CONTEXT},
		{ODM_SourceSystem, TR_F_FILE_SYSTEM},
		{ODM_SourceSystemVersion, TR_F_FILE_SYSTEM_VERSION},
		{ODM_Originator, TR_F_FILE_ORIGINATOR},
		{ODM_Description, TR_F_FILE_TITLE},
	};
	struct tr_about archival = about_attribute(o, 0, ODM_Archival);
	struct vf_bytes value;
	enum vf_rc rc = ODM_SAY_ATTRIBUTES(o, node, said, 0, reterr);

	if (rc == VF_OK && !o->is_dataset_xml)
		rc = odm_say_attribute(o, node, ODM_PriorFileOID, TR_F_FILE_PRIOR, 0, reterr);
	if (rc == VF_OK && odm_get(o, node, ODM_Archival, &value))
		rc = tr_say_flag(o->r, TR_F_FILE_ARCHIVAL, &archival, vf_bytes_is(value, "Yes"), reterr);
	odm_get(o, node, ODM_FileType, &value);
	o->is_transactional = vf_bytes_is(value, "Transactional");
	return rc != VF_OK ? rc : dialect_of_system(o, node, reterr);
}

VF_RC odm_begin(struct odm *o, const struct tr_xml_node *root, struct vf_err *reterr)
{
	struct tr_about about = odm_about(o, 0);
	enum vf_rc rc;

	o->ns = root->ns;
	rc = say_version(o, root, reterr);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_FILE_ENCODING, &about, tr_xml_encoding(o->x), reterr);
	if (rc != VF_OK || is_name(root->name, "ODM"))
		return rc;
	return tr_warn(
		o->r, TR_W_UNREAD, &about.place, reterr, "a part of an ODM document, without what its head says");
}

/* ---- the whole ---- */

/* The first of several translations stands for all. */
static VF_RC say_description(struct odm *o, enum odm_name of, struct vf_err *reterr)
{
	bool *has = of == ODM_ODM ? &o->has_file_title : of == ODM_Study ? &o->has_study_title : NULL;

	if (!has || *has)
		return VF_OK;
	*has = true;
	return odm_say_text(o, of == ODM_ODM ? TR_F_FILE_TITLE : TR_F_STUDY_TITLE, 0, reterr);
}

/* An element that no part goes through as a whole. */
static VF_RC open_more(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const enum odm_name parent = (enum odm_name)o->above[node->depth - 1];

	if (name == ODM_StudyName)
		return odm_say_text(o, TR_F_STUDY_NAME, 0, reterr);
	if (name == ODM_StudyDescription)
		return odm_say_text(o, TR_F_STUDY_TITLE, 0, reterr);
	if (name == ODM_ProtocolName)
		return odm_say_text(o, TR_F_STUDY_PROTOCOL, 0, reterr);
	if (name == ODM_TranslatedText && parent == ODM_Description)
		return say_description(o, (enum odm_name)o->above[node->depth - 2], reterr);
	if (name == ODM_Include)
		return odm_say_attribute(
			o, node, ODM_MetaDataVersionOID, TR_F_VERSION_INCLUDES, o->version_item, reterr);
	if (name == ODM_StudyObjective)
		return odm_say_outcome(o, node, TR_F_OUTCOME_OBJECTIVE, TR_F_OUTCOME_TEXT, reterr);
	if (name == ODM_StudyEndPoint)
		return odm_say_outcome(o, node, TR_F_OUTCOME_MEASURE, TR_F_OUTCOME_TEXT, reterr);
	if (name == ODM_StudyParameter)
		return odm_say_parameter(o, node, reterr);
	if (name == ODM_CodeList || name == ODM_BasicDefinitions || name == ODM_Presentation || name == ODM_Annotation)
		return tr_xml_skip(o->x, reterr);
	return VF_OK;
}

static VF_RC open_known(struct odm *o, enum odm_name name, const struct tr_xml_node *node, struct vf_err *reterr)
{
	switch ((int)name) {
	case ODM_ODM:
		return odm_say_file(o, node, reterr);
	case ODM_Study:
		return odm_say_study(o, node, reterr);
	case ODM_MetaDataVersion:
		return odm_say_metadata(o, node, reterr);
	case ODM_FormDef:
	case ODM_ItemGroupDef:
	case ODM_ItemGroupRef:
	case ODM_ItemRef:
	case ODM_ItemDef:
	case ODM_Alias:
		return odm_define(o, name, node, reterr);
	case ODM_User:
		return odm_say_user(o, node, reterr);
	case ODM_Location:
		return odm_say_location(o, node, reterr);
	case ODM_SignatureDef:
		return odm_signature_def(o, node, reterr);
	case ODM_AuditRecord:
		return odm_audit_record(o, node, reterr);
	case ODM_Signature:
		return odm_signature(o, node, reterr);
	case ODM_Value:
		return odm_value(o, reterr);
	case ODM_ClinicalData:
	case ODM_ReferenceData:
	case ODM_SubjectData:
	case ODM_SiteRef:
	case ODM_StudyEventData:
	case ODM_FormData:
	case ODM_ItemGroupData:
		return odm_data_open(o, name, node, reterr);
	}
	return odm_is_item(name) ? odm_data_open(o, name, node, reterr) : open_more(o, name, node, reterr);
}

static VF_RC open_node(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	enum odm_name name = odm_name_of(o, node);
	enum vf_rc rc = VF_OK;

	o->above[node->depth] = (uint8_t)name;
	if (name != ODM_ItemData && !o->has_dialect)
		rc = dialect_of_node(o, node, reterr);
	if (rc != VF_OK)
		return rc;
	if (name != ODM_OTHER)
		return open_known(o, name, node, reterr);
	if (node->ns && node->ns == o->ns_openclinica && node->name == o->name[ODM_AuditLog])
		return odm_audit_log(o, node, reterr);
	if (node->ns && node->ns == o->ns_ds && node->name == o->name[ODM_Signature]) {
		o->n_xml_signatures++;
		return tr_xml_skip(o->x, reterr);
	}
	return VF_OK;
}

static VF_RC close_node(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	enum odm_name name = (enum odm_name)o->above[node->depth];

	return name == ODM_MetaDataVersion ? odm_defs_end(o, reterr) : odm_data_close(o, name, reterr);
}

static VF_RC read_nodes(struct odm *o, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	bool has_begun = false;
	enum vf_rc rc;

	while ((rc = tr_xml_next(o->x, &node, reterr)) == VF_OK && node->event != TR_XML_END) {
		if (node->event == TR_XML_TEXT)
			continue;
		if (!has_begun)
			rc = odm_begin(o, node, reterr);
		has_begun = true;
		if (rc == VF_OK)
			rc = node->event == TR_XML_OPEN ? open_node(o, node, reterr) : close_node(o, node, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return rc;
}

static VF_RC say_counts(struct odm *o, struct vf_err *reterr)
{
	static const struct tr_about whole;
	const struct {
		enum tr_fact_name fact;
		uint64_t n;
	} counts[] = {
		{TR_F_FILE_RECORDS, o->n_records},
		{TR_F_FILE_SIGNATURES, o->n_signatures},
		{TR_F_FILE_XML_SIGNATURES, o->n_xml_signatures},
	};
	enum vf_rc rc = odm_audit_end(o, reterr);

	for (size_t i = 0; rc == VF_OK && i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].n)
			rc = tr_say_count(o->r, counts[i].fact, &whole, counts[i].n, reterr);
	return rc;
}

void *odm_free(struct odm *o)
{
	if (!o)
		return NULL;
	tr_xml_free(o->x);
	tr_words_done(&o->words);
	free(o->defs);
	free(o->edges);
	for (size_t i = 0; i < o->n_meanings; i++) {
		free(o->meanings[i].meaning);
		free(o->meanings[i].reason);
	}
	free(o->meanings);
	free(o->references);
	free(o->last_reference);
	free(o);
	return NULL;
}

VF_RC odm_new(struct tr_reading *r, struct odm **ret, struct vf_err *reterr)
{
	struct odm *o = calloc(1, sizeof(*o));
	enum vf_rc rc;

	if (!o)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read ODM");
	o->r = r;
	o->source = ODM_BY_NOTHING;
	memset(o->above, ODM_OTHER, sizeof(o->above));
	rc = tr_xml_new(r, &o->x, reterr);
	if (rc == VF_OK)
		rc = learn_names(o, reterr);
	if (rc == VF_OK)
		*ret = o;
	else
		odm_free(o);
	return rc;
}

static VF_RC read_odm(struct tr_reading *r, struct vf_err *reterr)
{
	struct odm *o = NULL;
	enum vf_rc rc = odm_new(r, &o, reterr);

	if (rc == VF_OK)
		rc = odm_defs_begin(o, reterr);
	if (rc == VF_OK)
		rc = read_nodes(o, reterr);
	if (rc == VF_OK)
		rc = say_counts(o, reterr);
	odm_free(o);
	return rc;
}

/* An ODM root under any namespace, and parts of ODM 1.2 and later, as editors and libraries write them. */
static bool claims_odm(const struct tr_peek *peek)
{
	static const char *const parts[] = {"Study", "MetaDataVersion", "AdminData", "ReferenceData", "ClinicalData"};

	if (vf_bytes_is(peek->root, "ODM"))
		return true;
	for (size_t i = 0; vf_bytes_starts(peek->ns, CDISC) && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (vf_bytes_is(peek->root, parts[i]))
			return true;
	return false;
}

const struct tr_reader tr_read_odm = {"odm", "CDISC ODM-XML", claims_odm, read_odm};
