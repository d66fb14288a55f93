/*
 * The files that a user names: folders walked, names made, in a stable order.
 *
 * Knows paths and names. Symbolic links and special files are refused, hidden
 * files are files like any other. Contents are hashing.h's question.
 */
#ifndef NOTARY_FILES_H
#define NOTARY_FILES_H

#include "verify/bytes.h"

struct nt_file {
	char *path;       /* absolute */
	const char *name; /* the part of path that names it in a record */
};

struct nt_files {
	struct nt_file *files; /* ascending by name */
	size_t n, room;
};

/*
 * Adds a file (its base name) or all files below a folder (names relative to
 * it). NO_INPUT: absent, a symbolic link, or neither file nor folder; LIMIT:
 * deeper than VF_MAX_NAME_DEPTH or too many files.
 */
VF_RC nt_files_add(struct nt_files *f, const char *path, struct vf_err *reterr);
/* Puts them in ascending order of names (unsigned octets), then of paths. */
void nt_files_sort(struct nt_files *f);
void nt_files_done(struct nt_files *f);

#endif
