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

#include <limits.h>
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

/* Of that, what concerns the folder that is to hold path. */
VF_RC nt_named_check_folder(const char *path, struct vf_err *reterr);
/*
 * The name for a while of what is to be path: '.trialnotary-HASH-N' and the suffix, in the same folder. It is the same in every
 * program, so that what one leaves is found by the next; number is below NT_NAMED_PARTS. USAGE when path names nothing.
 */
#define NT_NAMED_PARTS 16
VF_RC nt_named_part(const char *path, unsigned number, const char *suffix, char ret[PATH_MAX], struct vf_err *reterr);
/*
 * Whoever writes something of such a name holds a lock (flock) on it, which ends with its program. True for what is there and is
 * not in use: the lock is now that of *ret, which the caller closes after it has removed it. Where there are no locks
 * everything is in use.
 */
bool nt_named_is_left(const char *part, int *ret);
/* Locks what was just made. False: another program took it for left and removed it. */
bool nt_named_keep(int fd);

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
