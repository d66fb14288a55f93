/*
 * A study bundle that is being made.
 *
 * Internal to study_out.c, which packs, and study_file.c, which writes and checks the file.
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
};

struct nt_study_work {
	struct nt_notary *n;
	const struct nt_study_options *options;
	struct nt_exporter *exporter;
	struct nt_study_pack *pack;
	uint64_t sealed; /* entries under seals */
	struct nt_study_place *places;
	size_t n_places;
	struct nt_study_document *documents;
	size_t n_documents;
	struct vf_hash *streams; /* whose record 0 is in the file */
	size_t n_streams;
	struct nt_study_seal *seals;
	size_t n_seals;
	struct nt_buf *parts;
	size_t n_parts;
	struct nt_buf scratch, bundle;
	struct nt_study_made made;
};

/* Writes the file, expands every record from it, compares, and only then names it. */
VF_RC nt_study_write(struct nt_study_work *w, const char *path, struct vf_err *reterr);

#endif
