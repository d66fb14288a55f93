/*
 * The verbs participant and consent; the table of verbs is in verbs.c.
 */
#ifndef NOTARY_VERBS_CONSENT_H
#define NOTARY_VERBS_CONSENT_H

#include "notary/consent_index.h"
#include "notary/source.h"
#include "notary/verbs.h"
#include "notary/verbs_client.h"

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

/* Whose records are asked: the notary in the first argument, or a server. Zero it. */
struct nt_consent_place {
	struct nt_notary *n;
	struct nt_remote remote;
	struct nt_source_local local;
	struct nt_source from;
	const char *participants; /* the folder of participants.db */
};
/* Nothing is asked yet. */
VF_RC nt_consent_place_open(struct nt_cli *cli, struct nt_consent_place *p, struct vf_err *reterr);
/* The index of --study must be closed. What was put for a server is destroyed; returns rc, or the first fault. */
enum vf_rc nt_consent_place_done(struct nt_consent_place *p, enum vf_rc rc, struct vf_err *reterr);
/* --participant: the value itself, or that of a number of --study in the folder. UNKNOWN_PARTICIPANT. */
VF_RC nt_consent_verb_participant(
	const struct nt_cli *cli, const char *dir, struct vf_hash *ret, struct vf_err *reterr);
/* --study, --participant, --purpose, --who, --at. */
VF_RC nt_consent_verb_read(
	const struct nt_cli *cli, const char *dir, struct nt_consent_question *ret, struct vf_err *reterr);
/* The answer as lines, or as JSON that the caller closes. */
void nt_consent_verb_put(
	struct nt_cli *cli, const struct nt_consent_question *q, const struct tr_consent_answer *a);
/* VF_OK for what is granted; CONSENT_UNCLEAR, CONSENT_NOT_GIVEN beside the text. */
VF_RC nt_consent_verb_end(struct nt_cli *cli, const struct tr_consent_answer *a, struct vf_err *reterr);

#endif
