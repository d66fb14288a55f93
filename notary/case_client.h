/*
 * A study as its server shows it to a client, together with what the client has: documents where they were submitted
 * from, those of its state folder, and where the user says.
 *
 * Knows what to ask the server for, and that it may be shown less than there is: nothing here proves anything. What rules
 * make of it is the rules' question.
 */
#ifndef NOTARY_CASE_CLIENT_H
#define NOTARY_CASE_CLIENT_H

#include "notary/case.h"
#include "notary/client_send.h"
#include "notary/document.h"

/*
 * Opens rules.json of the study's newest parameters. *ret_found false: none are shown, or they cannot be had, and then
 * ret_why, which the caller has cleared, says why: FORBIDDEN or UNKNOWN_RECORD (the credential may not read), DOCUMENT_MISSING,
 * DOCUMENT_CHANGED. Reads the list of the study from where it was searched last: one request, when nobody has laid any
 * down; one more otherwise. Fails as nt_client_call() does, NO_MEMORY.
 */
VF_RC nt_client_parameters(const struct nt_send *x, struct vf_bytes study, bool *ret_found, struct nt_content *ret,
	struct vf_err *ret_why, struct vf_err *reterr);

/* The records of a study that the server shows now, with their details. */
struct nt_shown;
VF_RC nt_shown_get(const struct nt_send *x, struct vf_bytes study, struct nt_shown **ret, struct vf_err *reterr);
struct nt_shown *nt_shown_free(struct nt_shown *s);

/*
 * The study of s as it is shown, and behind it records that are about to be sent, none of which is shown yet; their
 * documents are at their paths or kept in the state folder. The case is not whole: others' hidden documents are not here.
 */
VF_RC nt_case_of_client(struct nt_shown *shown, int64_t as_of, const struct nt_submit *s, const struct nt_submission *more,
	size_t n_more, struct nt_case **ret, struct vf_err *reterr);

#endif
