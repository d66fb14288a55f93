/*
 * The mapping file of a study: which items of its files mean what (docs/formats/mapping.md).
 *
 * Knows the file's form; readers ask it which item is a consent. What rules leave out is a parameter of theirs
 * (trial/rules/parameters.h). No message quotes a value.
 */
#ifndef TRIAL_READ_MAPPING_H
#define TRIAL_READ_MAPPING_H

#include "verify/json.h"

/* The file's name in its record, and what the details of that record (kind other) have as 'what'. */
#define TR_MAPPING_NAME "mapping.json"
#define TR_MAPPING_WHAT "trialnotary mapping"
#define TR_MAX_MAPPING ((size_t)1024 * 1024)
/* Entries of one list, and octets of one text. */
#define TR_MAX_MAPPING_ENTRIES 10000
#define TR_MAX_MAPPING_TEXT 1024

/* An item that holds the date of a consent or of a withdrawal. What is empty holds for all. */
struct tr_mapping_item {
	struct vf_bytes form, group; /* OIDs of a form and of an item group, or names of data sets */
	struct vf_bytes item;        /* never empty: the OID of the item, or the name of a column */
	/* Items of the same group: the version of the form that was signed; what was withdrawn from. */
	struct vf_bytes version, scope;
};

/* All texts are the mapping's own; a list that is not in the file is empty. */
struct tr_mapping {
	struct vf_json_doc *doc;
	struct vf_bytes study; /* the identifier of the study it is for; empty: any */
	struct tr_mapping_item *consents, *withdrawals;
	size_t n_consents, n_withdrawals;
};

/*
 * Reads a mapping file; nothing is kept of json. JSON_SHAPE "consents[2]: ..." for whatever the format document does
 * not allow, LIMIT, NO_MEMORY. Free with tr_mapping_free().
 */
VF_RC tr_mapping_parse(struct vf_bytes json, struct tr_mapping **ret, struct vf_err *reterr);
struct tr_mapping *tr_mapping_free(struct tr_mapping *m);
void tr_mapping_freep(struct tr_mapping **m);

#endif
