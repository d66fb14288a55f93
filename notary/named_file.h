/*
 * Files under a name that a user gave: written whole or not at all, and never in the place of something else.
 *
 * Knows what may give way, and how a file gets its name: until then it has none, so that a killed program leaves nothing.
 * Where a file system has no files without a name, or a file takes the place of another, it is for a while called
 * '.trialnotary-HASH-N.part' in the same folder; the next one that is to get the same name removes what a program left
 * that is no more. What is in a file is the caller's question.
 */
#ifndef NOTARY_NAMED_FILE_H
#define NOTARY_NAMED_FILE_H

#include <sys/types.h>

#include "verify/bytes.h"

/* What a page for people begins with. */
#define NT_PAGE_BEGIN "<!DOCTYPE html>"

/* What --force of a verb replaces: its name, "study bundle", and the text that such a file has at an octet. */
struct nt_named_kind {
	const char *what;
	size_t at;
	const char *text;
};

/*
 * A mistyped name must not cost a document: true for a regular file that has this text at an octet, or is empty. False when
 * there is nothing.
 */
bool nt_named_is(const char *path, size_t at, const char *text);

/*
 * Before any work: whether a file may get this name. USAGE when it names no file; EXISTS, with the way out that there is,
 * when something is there and does not give way (kind NULL: this verb has no --force); NO_INPUT when there is no such
 * folder, PERMISSION when nothing may be written there.
 */
VF_RC nt_named_check(const char *path, const struct nt_named_kind *kind, bool force, struct vf_err *reterr);

/* A file that has no name yet: NT_NAMED_NONE, begun, then done. */
struct nt_named {
	int fd; /* for reading and writing */
	char *path, *part; /* its name to be; the one that it has meanwhile, or NULL */
};
#define NT_NAMED_NONE {.fd = -1}

/* Fails as nt_named_check() does of folders. What is at path is not looked at. */
VF_RC nt_named_begin(struct nt_named *f, const char *path, mode_t mode, struct vf_err *reterr);
/* Gives it its name; with force in the place of what is there, else that is EXISTS. Nothing is synced. */
VF_RC nt_named_give(struct nt_named *f, bool force, struct vf_err *reterr);
/* The same, and durably: the file before, the folder after it. */
VF_RC nt_named_end(struct nt_named *f, bool force, struct vf_err *reterr);
/* Closes it. What has no name then is gone. */
void nt_named_done(struct nt_named *f);
/* Makes the names in the folder of a path durable. */
VF_RC nt_named_sync(const char *path, struct vf_err *reterr);

/* Writes a whole file durably, once nt_named_check() allows it. */
VF_RC nt_named_write(const char *path, const struct nt_named_kind *kind, bool force, mode_t mode, struct vf_bytes bytes,
	struct vf_err *reterr);

#endif
