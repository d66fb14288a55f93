/*
 * A whole folder that appears at once, or not at all.
 *
 * Until it has its name it is called '.trialnotary-HASH-N.new' in the same folder as that (named_file.h). What a killed program left
 * is removed when the next one makes a folder of the same name. What is in it is the caller's question.
 */
#ifndef NOTARY_NEW_FOLDER_H
#define NOTARY_NEW_FOLDER_H

#include "verify/bytes.h"

struct nt_new_folder {
	char *path; /* where it is now */
	int lock;   /* on it: it is in use */
};
#define NT_NEW_FOLDER_NONE {.lock = -1}

/* EXISTS when path is there and no empty folder; NO_INPUT when there is no folder to make it in; PERMISSION. */
VF_RC nt_folder_check(const char *path, struct vf_err *reterr);
/* The same, and makes it (mode 0700). */
VF_RC nt_folder_begin(struct nt_new_folder *f, const char *path, struct vf_err *reterr);
/* Syncs the file system and gives it this name in the same folder; an empty folder there gives way. EXISTS. */
VF_RC nt_folder_commit(struct nt_new_folder *f, const char *path, struct vf_err *reterr);
/* Removes it with all that it holds, unless it was committed. */
void nt_folder_done(struct nt_new_folder *f);

#endif
