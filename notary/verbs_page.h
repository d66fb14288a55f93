/*
 * The verb 'page' with its options, for the table in verbs.c.
 */
#ifndef NOTARY_VERBS_PAGE_H
#define NOTARY_VERBS_PAGE_H

#include "notary/cli.h"

extern const struct nt_option nt_page_options[];
nt_verb_run nt_verb_page;

#endif
