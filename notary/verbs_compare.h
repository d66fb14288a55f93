/*
 * The verbs 'manifest' and 'compare' with their options, for the table in verbs.c.
 */
#ifndef NOTARY_VERBS_COMPARE_H
#define NOTARY_VERBS_COMPARE_H

#include "notary/cli.h"

extern const struct nt_option nt_manifest_options[];
extern const char nt_manifest_details[];
nt_verb_run nt_verb_manifest;

extern const struct nt_option nt_compare_options[];
extern const char nt_compare_details[];
nt_verb_run nt_verb_compare;

#endif
