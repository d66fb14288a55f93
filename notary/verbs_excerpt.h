/*
 * The verb excerpt.
 *
 * Internal to verbs*.c.
 */
#ifndef NOTARY_VERBS_EXCERPT_H
#define NOTARY_VERBS_EXCERPT_H

#include "notary/cli.h"

extern const struct nt_option nt_excerpt_options[];
extern const char nt_excerpt_details[];
nt_verb_run nt_verb_excerpt;

#endif
