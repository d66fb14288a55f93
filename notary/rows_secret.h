/*
 * The file that holds the secret of a rows member (docs/formats/excerpt.md): 64 hex digits and LF.
 *
 * Knows its form and its name beside the kept copy of the member. Who keeps and destroys it is notary.h's and
 * client_state.h's question.
 */
#ifndef NOTARY_ROWS_SECRET_H
#define NOTARY_ROWS_SECRET_H

#include "verify/hash.h"

#define NT_SECRET_SUFFIX ".secret"
#define NT_SECRET_TEXT (64 + 1)

/* Writes the text and a NUL. */
void nt_secret_text(char out[NT_SECRET_TEXT + 1], const struct vf_hash *secret);
/* Reads the file. NO_INPUT when it is not there, STORE_CORRUPT when it holds something else. */
VF_RC nt_secret_read(int at, const char *path, struct vf_hash *ret, struct vf_err *reterr);
/* Whether this name is <64 hex>.secret, and of which rows member it is then. */
bool nt_secret_name_is(const char *name, struct vf_hash *ret);

#endif
