/*
 * From when sites use versions, as files say it (docs/formats/facts.md, use.*).
 */
#ifndef TRIAL_RULES_USE_H
#define TRIAL_RULES_USE_H

#include "trial/rules/case.h"

/* One place where a file says it. */
struct tr_use {
	struct vf_bytes version, site;
	bool says_site; /* the site may be said and empty */
	const struct tr_case_file *file;
	struct tr_dated date;
};

struct tr_uses {
	struct tr_use *all;                         /* in the order of the log, then of the file */
	const struct tr_use **by_version, **by_site; /* by version (and site), then in that order */
	size_t n;
};

/* NO_MEMORY; freed with tr_uses_done(), which takes a cleared one, too. */
VF_RC tr_uses_of(const struct tr_case *c, struct tr_uses *ret, struct vf_err *reterr);
void tr_uses_done(struct tr_uses *u);

/*
 * The first date of a version at a site: of those that name it or none; at any, where the site is empty. *ret_sure: none is certainly
 * another day.
 */
struct tr_dated tr_uses_first(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, bool *ret_sure);
/* That of exactly this site, empty where none is named, by the file; where it says nothing of it, by any. */
struct tr_dated tr_uses_in_file(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, const struct tr_case_file *file);

#endif
