/*
 * From when sites use versions, as files say it (docs/formats/facts.md, use.*).
 */
#ifndef TRIAL_RULES_USE_H
#define TRIAL_RULES_USE_H

#include "trial/rules/case.h"

/* The first use of a version at a site. */
struct tr_use {
	struct vf_bytes version, site;   /* site: empty when it is not said */
	const struct tr_case_file *file; /* that says so; of several: the first */
	struct tr_dated from;            /* the earliest; may be none */
	bool is_sure;                    /* no two dates are certainly different */
};

struct tr_uses {
	struct tr_use *by_site; /* one for each version and site, in their order */
	struct tr_use *by_file; /* one for each file that says one */
	size_t n_by_site, n_by_file;
};

/* NO_MEMORY; freed with tr_uses_done(). */
VF_RC tr_uses_of(const struct tr_case *c, struct tr_uses *ret, struct vf_err *reterr);
void tr_uses_done(struct tr_uses *u);

/* Of this version at exactly this site, by this file, or, NULL, by any. NULL when there is none. */
const struct tr_use *tr_uses_find(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, const struct tr_case_file *file);
/* Of the version at any site, *ret_n of them. */
const struct tr_use *tr_uses_version(const struct tr_uses *u, struct vf_bytes version, size_t *ret_n);

/* Two of them as one. */
void tr_use_join(struct tr_use *to, const struct tr_use *other);

#endif
