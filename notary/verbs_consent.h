/*
 * The verbs participant and consent; the table of verbs is in verbs.c.
 */
#ifndef NOTARY_VERBS_CONSENT_H
#define NOTARY_VERBS_CONSENT_H

#include "notary/consent_index.h"
#include "notary/verbs.h"

nt_verb_run nt_verb_participant_add, nt_verb_participant_list, nt_verb_participant_show,
	nt_verb_participant_forget;
nt_verb_run nt_verb_consent_status, nt_verb_consent_list, nt_verb_consent_gaps, nt_verb_consent_check;
nt_verb_run nt_verb_consent_import, nt_verb_consent_export;

extern const struct nt_option nt_participant_options[], nt_participant_list_options[],
	nt_participant_forget_options[];
extern const struct nt_option nt_consent_status_options[], nt_consent_list_options[],
	nt_consent_gaps_options[], nt_consent_check_options[], nt_consent_import_options[], nt_consent_export_options[];
extern const char nt_consent_status_details[], nt_consent_gaps_details[], nt_consent_check_details[], nt_consent_import_details[],
	nt_consent_export_details[];

/* The notary in the first argument, and its index, which has caught up. */
VF_RC nt_consent_verb_open(
	struct nt_cli *cli, struct nt_notary **ret_n, struct nt_consent_index **ret, struct vf_err *reterr);
/* --participant: the value itself, or that of a number of --study in the notary's folder. UNKNOWN_PARTICIPANT. */
VF_RC nt_consent_verb_participant(const struct nt_cli *cli, struct vf_hash *ret, struct vf_err *reterr);
/* --study, --participant, --purpose, --who, --at. */
VF_RC nt_consent_verb_read(const struct nt_cli *cli, struct nt_consent_question *ret, struct vf_err *reterr);
/* The answer as lines, or as JSON that the caller closes. */
void nt_consent_verb_put(
	struct nt_cli *cli, const struct nt_consent_question *q, const struct tr_consent_answer *a);
/* VF_OK for what is granted; CONSENT_UNCLEAR, CONSENT_NOT_GIVEN beside the text. */
VF_RC nt_consent_verb_end(struct nt_cli *cli, const struct tr_consent_answer *a, struct vf_err *reterr);

#endif
