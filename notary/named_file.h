/*
 * Files under a name that a user gave: written whole or not at all, and never in the place of something else.
 *
 * Knows what may give way and how a file gets its name. What is in it is the caller's question.
 */
#ifndef NOTARY_NAMED_FILE_H
#define NOTARY_NAMED_FILE_H

#include "verify/bytes.h"

/* What a page for people begins with. */
#define NT_PAGE_BEGIN "<!DOCTYPE html>"

/*
 * A mistyped name must not cost a document: true for a regular file that has this text at an octet, or is empty. False when
 * there is nothing.
 */
bool nt_named_is(const char *path, size_t at, const char *text);

/*
 * Gives a file, durable already, its name; with force it takes the place of what is there, else that is EXISTS, also when it
 * came up meanwhile. The folder is not synced yet.
 */
VF_RC nt_named_commit(const char *temporary, const char *path, bool force, struct vf_err *reterr);
/* Makes the names in the folder of a path durable. */
VF_RC nt_named_sync(const char *path, struct vf_err *reterr);

/*
 * Writes a small file durably, for the owner's eyes alone (mode 0600). EXISTS when something is there, unless force is given and
 * it begins with text or is empty. what: "page", "report".
 */
VF_RC nt_named_write(const char *path, const char *what, const char *text, bool force, struct vf_bytes bytes, struct vf_err *reterr);

#endif
