/*
 * Counting and telling what fsck and audit find.
 */
#ifndef NOTARY_FINDINGS_H
#define NOTARY_FINDINGS_H

#include "notary/notary.h"

struct nt_findings {
	nt_finding *tell; /* may be NULL */
	void *ctx;
	uint64_t n;
};

void nt_found(struct nt_findings *f, enum vf_rc rc, const char *fmt, ...) VF_PRINTF(3, 4);
/*
 * Turns the outcome of one check into a finding, so that the next check still
 * runs. Only what says nothing about the store (memory, interruption) is passed on.
 */
VF_RC nt_found_rc(struct nt_findings *f, enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr);

#endif
