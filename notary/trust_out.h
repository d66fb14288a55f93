/*
 * The trust directory of a notary: what its users pin (docs/formats/trust.md).
 *
 * Knows the default policy: this log, its authorities, one of which must have stamped. Users edit it.
 */
#ifndef NOTARY_TRUST_OUT_H
#define NOTARY_TRUST_OUT_H

#include "notary/authorities.h"
#include "notary/notary.h"

/* The files of the directory in memory. Free with nt_trust_done(). The first NT_TRUST_FILES are those of every notary. */
#define NT_TRUST_FILES 5
#define NT_TRUST_MAX (NT_TRUST_FILES + NT_MAX_AUTHORITIES)
struct nt_trust {
	char names[NT_TRUST_MAX][80];
	struct nt_buf files[NT_TRUST_MAX];
	size_t n;
};

VF_RC nt_trust_make(struct nt_notary *n, struct nt_trust *ret, struct vf_err *reterr);
void nt_trust_done(struct nt_trust *t);
/* Writes them into a new folder, durably. EXISTS when it is there. */
VF_RC nt_trust_export(struct nt_notary *n, const char *folder, struct vf_err *reterr);

#endif
