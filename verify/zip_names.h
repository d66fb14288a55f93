/*
 * The names of a ZIP container together: unique, whoever compares them.
 *
 * Knows folding and folders; whether one name is in normal form is
 * vf_name_check()'s question. zip.c is the only caller.
 */
#ifndef VERIFY_ZIP_NAMES_H
#define VERIFY_ZIP_NAMES_H

#include "verify/zip.h"

/*
 * Fills z->names (z->n of them) from z->entries, ascending by folded name; there
 * is room for the folders as well, which z->entries holds after the files.
 * Refuses ZIP_DUPLICATE, ZIP_NAME_COLLISION (equal after folding, a file that is
 * the folder of another, a folder written in another way), NO_MEMORY.
 */
VF_RC vf_zip_names_index(struct vf_zip *z, struct vf_arena *a, struct vf_err *reterr);

#endif
