/*
 * The schemas of docs/formats/statements, as scripts/embed-schemas puts them into the program.
 *
 * Internal to details.c and to tests that compare them with the files.
 */
#ifndef TRIAL_DETAILS_RULES_H
#define TRIAL_DETAILS_RULES_H

#include "verify/bytes.h"

struct tr_rules {
	const char *kind;
	struct vf_bytes text;
};

extern const struct tr_rules tr_rules[];
extern const size_t tr_n_rules;

#endif
