/*
 * A study bundle that is being made.
 *
 * Internal to study_out.c, which packs, study_documents.c, which knows the documents, and study_file.c, which writes and checks the
 * file.
 */
#ifndef NOTARY_STUDY_INSIDE_H
#define NOTARY_STUDY_INSIDE_H

#include "notary/study_out.h"

struct nt_study_place {
	uint64_t index, seal;
	struct vf_hash id, bundle; /* SHA-256 of its ordinary bundle, when it is shown */
	bool is_shown, has_slot;
};

struct nt_study_seal {
	uint64_t number, first, size;
	struct nt_buf leaves;
};

struct nt_study_document {
	struct vf_hash sha256, record;
	size_t at; /* among the record's documents */
	bool is_withheld, is_wanted;
};

struct nt_study_work {
	struct nt_notary *n;
	const struct nt_study_options *options;
	struct nt_exporter *exporter;
	struct nt_study_pack *pack;
	uint64_t sealed; /* entries under seals */
	struct nt_study_place *places;
	size_t n_places, cap_places;
	struct nt_study_document *documents; /* at first all, then those that go into the file */
	size_t n_documents, cap_documents;
	struct vf_hash *withheld; /* SHA-256 of documents that must be in no place of the file, ascending */
	size_t n_withheld, cap_withheld;
	bool *matched; /* which of options->choice.withhold some record is */
	struct vf_hash *streams; /* whose record 0 is in the file */
	size_t n_streams, cap_streams;
	struct nt_study_seal *seals;
	size_t n_seals, cap_seals;
	struct nt_buf *parts;
	size_t n_parts, cap_parts;
	struct nt_buf scratch, bundle;
	struct nt_study_made made;
};

/* Notes the documents of a record. NO_MEMORY. */
VF_RC nt_study_note_documents(struct nt_study_work *w, const struct nt_record *r, bool is_shown, struct vf_err *reterr);
/* When all are noted: makes of them those that go into the file, and those that must not. NO_MEMORY. */
VF_RC nt_study_sort_documents(struct nt_study_work *w, struct vf_err *reterr);
/*
 * The names of a shown record's documents that are withheld, as the exporter wants them; the caller frees *ret, which is set where
 * there is memory, and names. A document that is withheld somewhere is withheld wherever it stands. NO_MEMORY, LIMIT.
 */
VF_RC nt_study_withheld_names(struct nt_study_work *w, const struct nt_record *r, struct nt_buf *names, const char ***ret, size_t *ret_n,
	struct vf_err *reterr);

/* nt_named_check() of a place for a study bundle. */
VF_RC nt_study_check_place(const char *path, bool force, struct vf_err *reterr);
/* Writes the file, expands every record from it, compares, and only then names it. */
VF_RC nt_study_write(struct nt_study_work *w, const char *path, struct vf_err *reterr);

#endif
