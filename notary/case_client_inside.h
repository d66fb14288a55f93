/*
 * How records that a server shows are asked for, and their documents opened.
 *
 * Internal to case_client.c and client_parameters.c.
 */
#ifndef NOTARY_CASE_CLIENT_INSIDE_H
#define NOTARY_CASE_CLIENT_INSIDE_H

#include "notary/case_client.h"
#include "notary/client_answer.h"

#define NT_SHOWN_PATH ((size_t)8192)

/* The path of a list of a study and a NUL. */
VF_RC nt_shown_list(struct nt_buf *out, int limit, struct vf_bytes study, struct vf_err *reterr);
/* Whether an answer says that there is nothing, or nothing for this credential. */
bool nt_shown_is_hidden(enum vf_rc rc);
/* NULL: no document of this name is shown. */
const struct nt_document *nt_shown_document(const struct nt_remote_record *r, const char *name);
/*
 * Opens a document: of the record id, where it was when this state folder sent it; id NULL: of a record that is not sent
 * yet, at its path. Otherwise kept in the state folder, or where the user says. As nt_document_open().
 */
VF_RC nt_shown_open(const struct nt_send *x, const struct vf_hash *id, const struct nt_document *d, struct nt_content *ret,
	struct vf_err *reterr);

#endif
