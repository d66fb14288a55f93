/*
 * Study bundles: a study's sealed records in one file (docs/formats/study.md).
 *
 * Knows what is shown and what is hidden, and which hashes stand for what is absent. How a record is packed is
 * study_pack.h's question. Before the file gets its name, every record is expanded from it and compared.
 */
#ifndef NOTARY_STUDY_OUT_H
#define NOTARY_STUDY_OUT_H

#include "notary/export.h"
#include "notary/study_choice.h"

struct nt_study_options {
	struct nt_study_choice choice;
	bool *matched;	   /* a place for each of choice.withhold: set when the study has such a record; may be NULL */
	bool no_documents; /* they travel beside the file */
	bool kept_only;	   /* of documents, those that the notary keeps itself */
	const char *const *from;
	size_t n_from;
	bool force; /* replace a study bundle that is there */
};

struct nt_study_made {
	size_t shown, hidden, waiting, left_out; /* records; left out: neither form is possible */
	size_t seals, documents, withheld_documents; /* the last: of shown records */
	uint64_t octets;
};

/* UNKNOWN_RECORD: no record of the study is sealed and shown, or what is to be withheld is not in the study. NOT_VERIFIED, EXISTS, DOCUMENT_MISSING, BUNDLE_TOO_LARGE, LIMIT. */
VF_RC nt_study_put(struct nt_notary *n, struct vf_bytes study, const struct nt_study_options *options, const char *path,
	struct nt_study_made *ret, struct vf_err *reterr);

#endif
