#include "trial/read/sdtm_summary.h"

enum use { TEXT, ID, DATE, COUNT, PRIMARY, SECONDARY, MORE };

static const struct {
	const char *code;
	enum use use;
	enum tr_fact_name name;
	const char *kind; /* of the number of persons */
} parameters[] = {
	{"ACTSUB", COUNT, TR_F_STUDY_ENROLMENT, "actual"},
	{"DCUTDTC", DATE, TR_F_FILE_AS_OF, NULL},
	{"OBJEXP", MORE, TR_F_OUTCOME_OBJECTIVE, NULL},
	{"OBJPRIM", PRIMARY, TR_F_OUTCOME_OBJECTIVE, NULL},
	{"OBJSEC", SECONDARY, TR_F_OUTCOME_OBJECTIVE, NULL},
	{"OUTMSEXP", MORE, TR_F_OUTCOME_MEASURE, NULL},
	{"OUTMSPRI", PRIMARY, TR_F_OUTCOME_MEASURE, NULL},
	{"OUTMSSEC", SECONDARY, TR_F_OUTCOME_MEASURE, NULL},
	{"PLANSUB", COUNT, TR_F_STUDY_ENROLMENT, "planned"},
	{"REGID", ID, TR_F_ID_OTHER, NULL},
	{"SENDTC", DATE, TR_F_STUDY_END, NULL},
	{"SPONSOR", TEXT, TR_F_STUDY_SPONSOR, NULL},
	{"SPREFID", ID, TR_F_ID_SPONSOR, NULL},
	{"SSTDTC", DATE, TR_F_STUDY_START, NULL},
	{"TITLE", TEXT, TR_F_STUDY_TITLE, NULL},
	{"TPHASE", TEXT, TR_F_STUDY_PHASE, NULL},
};

static VF_RC say_outcome(struct tr_reading *r, const struct tr_about *about, size_t i, struct vf_bytes value,
	struct vf_err *reterr)
{
	const char *level = parameters[i].use == PRIMARY ? "primary" : parameters[i].use == SECONDARY ? "secondary" : "other";
	enum vf_rc rc = tr_say(r, TR_F_OUTCOME_FROM, about, vf_bytes_str("protocol"), reterr);

	if (rc == VF_OK)
		rc = tr_say(r, TR_F_OUTCOME_LEVEL, about, vf_bytes_str(level), reterr);
	return rc != VF_OK ? rc : tr_say(r, parameters[i].name, about, value, reterr);
}

VF_RC tr_sdtm_summary_say(struct tr_reading *r, const struct tr_about *about, struct vf_bytes code,
	struct vf_bytes value, struct vf_err *reterr)
{
	enum vf_rc rc = tr_say(r, TR_F_SUMMARY_CODE, about, code, reterr);
	size_t i = 0, n = sizeof(parameters) / sizeof(parameters[0]);

	if (rc == VF_OK)
		rc = tr_say(r, TR_F_SUMMARY_VALUE, about, value, reterr);
	while (i < n && !vf_bytes_is(code, parameters[i].code))
		i++;
	if (rc != VF_OK || i == n || !value.n)
		return rc;
	switch (parameters[i].use) {
	case ID:
		return tr_say_id(r, parameters[i].name, about, value, reterr);
	case DATE:
		return tr_say_date(r, parameters[i].name, about, TR_DATE_ISO, value, reterr);
	case TEXT:
		return tr_say(r, parameters[i].name, about, value, reterr);
	case COUNT:
		rc = tr_say(r, parameters[i].name, about, value, reterr);
		return rc != VF_OK ? rc : tr_say(r, TR_F_STUDY_ENROLMENT_KIND, about, vf_bytes_str(parameters[i].kind), reterr);
	case PRIMARY:
	case SECONDARY:
	case MORE:
		break;
	}
	return say_outcome(r, about, i, value, reterr);
}
