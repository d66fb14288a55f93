/*
 * What a study says of itself in files of several records: a download of a registry may hold other studies' records, too.
 *
 * A fact stands in the file as a whole, or in one of its records: docs/formats/facts.md, "Several records in one file".
 */
#ifndef TRIAL_RULES_OWN_H
#define TRIAL_RULES_OWN_H

#include "trial/rules/case.h"

/* The item of the record in which a thing stands: what record.item says of it, or itself where it is a record; 0: the file
 * as a whole. */
uint64_t tr_own_record(const struct tr_case_file *file, uint64_t item);

/*
 * False when the item stands in a record of another study: its file holds several, and no identifier of this one at a registry
 * is that of the study, which is its name, or stands in a file of one record.
 */
bool tr_own_is(const struct tr_case_file *file, uint64_t item);

/* More than one record with an identifier: what tr_case_index() keeps as has_several. */
bool tr_own_has_several(const struct tr_case_file *file);

/* The first fact with this name of the record in which the item stands, or NULL. */
const struct tr_kept_fact *tr_own_fact(const struct tr_case_file *file, uint64_t item, enum tr_fact_name name);

#endif
