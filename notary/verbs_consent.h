/*
 * The verbs participant and consent; the table of verbs is in verbs.c.
 */
#ifndef NOTARY_VERBS_CONSENT_H
#define NOTARY_VERBS_CONSENT_H

#include "notary/verbs.h"

nt_verb_run nt_verb_participant_add, nt_verb_participant_list, nt_verb_participant_show,
	nt_verb_participant_forget;
nt_verb_run nt_verb_consent_status, nt_verb_consent_list, nt_verb_consent_gaps, nt_verb_consent_check;

extern const struct nt_option nt_participant_options[], nt_participant_list_options[],
	nt_participant_forget_options[];
extern const struct nt_option nt_consent_status_options[], nt_consent_list_options[],
	nt_consent_gaps_options[], nt_consent_check_options[];
extern const char nt_consent_status_details[], nt_consent_gaps_details[], nt_consent_check_details[];

#endif
