#include "trial/read/odm_inside.h"

/* ---- the study ---- */

VF_RC odm_say_study(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const struct odm_said said[] = {
		{ODM_OID, TR_F_ID_OID},
		{ODM_StudyName, TR_F_STUDY_NAME},
		{ODM_ProtocolName, TR_F_STUDY_PROTOCOL},
	};
	static const struct odm_said version[] = {
		{ODM_VersionID, TR_F_VERSION_ID},
		{ODM_VersionName, TR_F_VERSION_NUMBER},
		{ODM_Status, TR_F_VERSION_STATUS},
	};
	struct vf_bytes id, name;
	struct tr_about about;
	enum vf_rc rc = ODM_SAY_ATTRIBUTES(o, node, said, 0, reterr);

	o->has_study = true;
	o->has_study_title = false;
	if (rc != VF_OK || (!odm_get(o, node, ODM_VersionID, &id) && !odm_get(o, node, ODM_VersionName, &name)))
		return rc;
	about = odm_about(o, tr_item(o->r));
	rc = tr_say(o->r, TR_F_VERSION_OF, &about, vf_bytes_str("study"), reterr);
	return rc != VF_OK ? rc : ODM_SAY_ATTRIBUTES(o, node, version, about.item, reterr);
}

VF_RC odm_say_metadata(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const struct odm_said said[] = {{ODM_OID, TR_F_VERSION_ID}, {ODM_Name, TR_F_VERSION_NUMBER}};
	struct tr_about about = odm_about(o, o->version_item = tr_item(o->r));
	enum vf_rc rc = tr_say(o->r, TR_F_VERSION_OF, &about, vf_bytes_str("metadata"), reterr);

	return rc != VF_OK ? rc : ODM_SAY_ATTRIBUTES(o, node, said, about.item, reterr);
}

/* "Primary" as the other formats write it. */
static struct vf_bytes level_of(struct vf_bytes level)
{
	if (vf_bytes_is(level, "Primary"))
		return vf_bytes_str("primary");
	if (vf_bytes_is(level, "Secondary"))
		return vf_bytes_str("secondary");
	return vf_bytes_str(level.n ? "other" : "");
}

/* StudyObjective, StudyEndPoint: their text is the first that is translated. */
VF_RC odm_say_outcome(struct odm *o, const struct tr_xml_node *node, enum tr_fact_name name, enum tr_fact_name text,
	struct vf_err *reterr)
{
	struct tr_about about = odm_about(o, tr_item(o->r));
	const size_t depth = node->depth;
	struct vf_bytes level;
	bool more = true, has_text = false;
	enum vf_rc rc = tr_say(o->r, TR_F_OUTCOME_FROM, &about, vf_bytes_str("protocol"), reterr);

	odm_get(o, node, ODM_Level, &level);
	if (rc == VF_OK)
		rc = tr_say(o->r, TR_F_OUTCOME_LEVEL, &about, level_of(level), reterr);
	if (rc == VF_OK)
		rc = odm_say_attribute(o, node, ODM_Name, name, about.item, reterr);
	while (rc == VF_OK && (rc = odm_next_in(o, depth, &node, &more, reterr)) == VF_OK && more) {
		if (node->event != TR_XML_OPEN || odm_name_of(o, node) != ODM_TranslatedText || has_text)
			continue;
		has_text = true;
		rc = odm_say_text(o, text, about.item, reterr);
	}
	return rc;
}

VF_RC odm_say_parameter(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const size_t depth = node->depth;
	uint64_t item = tr_item(o->r);
	struct vf_bytes name;
	bool more = true;
	enum odm_name code = odm_get(o, node, ODM_ShortName, &name) ? ODM_ShortName : ODM_Term;
	enum vf_rc rc = odm_say_attribute(o, node, code, TR_F_SUMMARY_CODE, item, reterr);

	while (rc == VF_OK && (rc = odm_next_in(o, depth, &node, &more, reterr)) == VF_OK && more)
		if (node->event == TR_XML_OPEN && odm_name_of(o, node) == ODM_ParameterValue)
			rc = odm_say_attribute(o, node, ODM_Value, TR_F_SUMMARY_VALUE, item, reterr);
	return rc;
}

/* ---- administration ---- */

/* Names, addresses and telephones of a user are no facts. */
VF_RC odm_say_user(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const struct odm_said said[] = {{ODM_OID, TR_F_USER_ID}, {ODM_UserType, TR_F_USER_TYPE}};
	enum vf_rc rc = ODM_SAY_ATTRIBUTES(o, node, said, tr_item(o->r), reterr);

	return rc != VF_OK ? rc : tr_xml_skip(o->x, reterr);
}

static VF_RC say_use(struct odm *o, const struct tr_xml_node *node, struct vf_bytes site, struct vf_err *reterr)
{
	static const struct odm_said said[] = {
		{ODM_MetaDataVersionOID, TR_F_USE_VERSION}, {ODM_EffectiveDate, TR_F_USE_DATE}};
	struct tr_about about = odm_about(o, tr_item(o->r));
	enum vf_rc rc = tr_say(o->r, TR_F_USE_SITE, &about, site, reterr);

	return rc != VF_OK ? rc : ODM_SAY_ATTRIBUTES(o, node, said, about.item, reterr);
}

VF_RC odm_say_location(struct odm *o, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const size_t depth = node->depth;
	struct vf_bytes oid, type;
	uint64_t item = 0;
	char site[256];
	bool more = true;
	enum vf_rc rc = VF_OK;

	odm_get(o, node, ODM_OID, &oid);
	odm_get(o, node, ODM_LocationType, &type);
	if (vf_bytes_is(type, "Site"))
		rc = odm_say_attribute(o, node, ODM_OID, TR_F_SITE_ID, item = tr_item(o->r), reterr);
	if (oid.n >= sizeof(site))
		return vf_fail(
			reterr, VF_LIMIT, "an identifier of a location of more than %zu octets", sizeof(site) - 1);
	if (oid.n)
		memcpy(site, oid.p, oid.n);
	site[oid.n] = '\0';
	while (rc == VF_OK && (rc = odm_next_in(o, depth, &node, &more, reterr)) == VF_OK && more) {
		enum odm_name name = node->event == TR_XML_OPEN ? odm_name_of(o, node) : ODM_OTHER;

		if (name == ODM_MetaDataVersionRef)
			rc = say_use(o, node, vf_bytes_str(site), reterr);
		else if (name == ODM_Country && item)
			rc = odm_say_text(o, TR_F_SITE_COUNTRY, item, reterr);
	}
	return rc;
}
