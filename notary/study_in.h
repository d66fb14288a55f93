/*
 * Study bundles as somebody gives them: opened for reading, and what they say of themselves.
 *
 * Judges nothing: case_study.c and trialverify do. Knows which other files of ours are mistaken for one.
 */
#ifndef NOTARY_STUDY_IN_H
#define NOTARY_STUDY_IN_H

#include "verify/study.h"

/* A study bundle, mapped. NT_STUDY_IN_NONE, opened, done. */
struct nt_study_in {
	void *file, *tables;
	size_t n_file;
	struct vf_arena arena;
	struct vf_study s;
};
#define NT_STUDY_IN_NONE {.file = NULL}

/*
 * What a file is by its first octets, and what to do with it: "the bundle of one record", "trialverify --trust DIR FILE". *ret_use
 * and the result are NULL for what is not known.
 */
const char *nt_file_what(const char *path, const char **ret_use);

/* NO_INPUT or PERMISSION, with the reason; STUDY_SHAPE for another file, and what it is; else as vf_study_open(). */
VF_RC nt_study_in_open(struct nt_study_in *x, const char *path, struct vf_err *reterr);
void nt_study_in_done(struct nt_study_in *x);
/* The octets of the file; they live as long as it is open. */
struct vf_bytes nt_study_in_file(const struct nt_study_in *x);

/* What a study bundle says, believed by nobody yet. */
struct nt_study_said {
	char study[160]; /* escaped; empty when no record is shown */
	size_t records, shown, documents, streams, seals;
	size_t heads; /* shown study heads; of the newest: */
	struct vf_hash head;
	int64_t head_at; /* the time in its first time-stamp; VF_TIME_NONE: none can be read */
	int64_t from, to; /* the earliest and the latest of those times of all study heads */
};

/* STUDY_SHAPE and other codes of the packing; NO_MEMORY. */
VF_RC nt_study_in_read(struct nt_study_in *x, struct nt_study_said *ret, struct vf_err *reterr);

#endif
