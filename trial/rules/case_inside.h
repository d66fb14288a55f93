/*
 * What the parts of a case share.
 *
 * Internal to case.c and case_tables.c.
 */
#ifndef TRIAL_RULES_CASE_INSIDE_H
#define TRIAL_RULES_CASE_INSIDE_H

#include "trial/rules/case.h"

/* Each makes some tables, after those of facts by their names; false: no memory. */
bool tr_case_index_files(struct tr_case *c);
bool tr_case_index_identifiers(struct tr_case *c);
void tr_case_tables_done(struct tr_case *c);

#endif
