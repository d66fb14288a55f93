/*
 * Files of a trust directory, written: each whole or not at all, policy.json last; a new directory
 * appears under its name only when it is complete and on disk.
 */
#ifndef VERIFY_TRUST_WRITE_H
#define VERIFY_TRUST_WRITE_H

#include "verify/files.h"

struct vf_trust_change {
	char name[VF_MAX_NAME + 1]; /* in the directory */
	struct vf_bytes bytes;
	bool replaces;
};

/* In the order given; what stands under a name and is not to be replaced is EXISTS. A later fault leaves the earlier
 * files. */
VF_RC vf_trust_write(const char *dir, const struct vf_trust_change *changes, size_t n, struct vf_err *reterr);
/* Makes the directory: EXISTS when the name is taken. Nothing is left when it fails. */
VF_RC vf_trust_write_new(const char *dir, const struct vf_trust_change *changes, size_t n, struct vf_err *reterr);
/* Holds the directory against another 'trust add' until *ret_fd is closed: EXISTS when one is at work. */
VF_RC vf_trust_lock(const char *dir, int *ret_fd, struct vf_err *reterr);

#endif
