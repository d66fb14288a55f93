/*
 * The trust directory of a notary: what its users pin (docs/formats/trust.md).
 *
 * Knows the default policy: this log, this embedded authority. Users edit it.
 */
#ifndef NOTARY_TRUST_OUT_H
#define NOTARY_TRUST_OUT_H

#include "notary/notary.h"

/* The files of the directory in memory, ascending by name. Free with nt_trust_done(). */
#define NT_TRUST_FILES 5
struct nt_trust {
	const char *names[NT_TRUST_FILES];
	struct nt_buf files[NT_TRUST_FILES];
};

VF_RC nt_trust_make(struct nt_notary *n, struct nt_trust *ret, struct vf_err *reterr);
void nt_trust_done(struct nt_trust *t);
/* Writes them into a new folder, durably. EXISTS when it is there. */
VF_RC nt_trust_export(struct nt_notary *n, const char *folder, struct vf_err *reterr);

#endif
