/*
 * What of a study's records a study bundle holds: all of a record, all but its documents, or its place alone.
 *
 * Knows kinds, IDs and which records name people. How what is left is packed is study_out.h's question.
 */
#ifndef NOTARY_STUDY_CHOICE_H
#define NOTARY_STUDY_CHOICE_H

#include "notary/notary.h"

struct nt_withhold {
	const char *kind; /* records of this kind; NULL: the record of this ID */
	struct vf_hash id;
	bool documents; /* the record is shown, its documents are not */
};

struct nt_study_choice {
	const struct nt_withhold *withhold;
	size_t n_withhold;
	/*
	 * For readers who may not learn who took part or who signed: personal records, records of own kinds with hidden documents,
	 * delegations and signed records are withheld; of all others the hidden documents and details.json, but for those of study heads.
	 */
	bool anonymous;
};

/* Whether only its place is to be shown. */
bool nt_study_withholds(const struct nt_study_choice *c, const struct nt_record *r);
/* Whether this document of a record is to be in no place of the file. */
bool nt_study_withholds_document(const struct nt_study_choice *c, const struct nt_record *r, const struct nt_document *d);
/* Sets what of matched, a place for each of c->withhold, the record is. */
void nt_study_match(const struct nt_study_choice *c, const struct nt_record *r, bool *matched);
/*
 * A mistyped word must not show what was to be withheld: UNKNOWN_RECORD for an ID that is no record of the study, and for a kind
 * that neither the study has nor the list of kinds.
 */
VF_RC nt_study_check_matched(const struct nt_study_choice *c, const bool *matched, struct vf_err *reterr);

#endif
