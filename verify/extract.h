/*
 * Writing the files of a container into a new folder.
 *
 * Whether that may be done is decided before: here only the bytes are compared
 * once more with those that were judged.
 */
#ifndef VERIFY_EXTRACT_H
#define VERIFY_EXTRACT_H

#include <signal.h>

#include "verify/verdict.h"
#include "verify/zip.h"

/*
 * Makes the folder and writes every file of the report that is in the container; with
 * all set, every entry but META-INF/ and mimetype, whatever the report says. A covered
 * file with another digest than was judged is IO: it has changed. All or nothing:
 * what was made is removed again on failure and when *stop is set (INTERRUPTED).
 */
VF_RC vf_extract(const struct vf_source *source, const struct vf_report *report, bool all, const char *folder,
	const volatile sig_atomic_t *stop, size_t *ret_n, struct vf_err *reterr);

#endif
