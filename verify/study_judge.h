/*
 * Judging a study bundle: each record by the one judge, then what they show together.
 *
 * Knows streams, study heads and what is hidden (docs/formats/study.md, What is judged). How it looks is report_study.h's
 * question.
 */
#ifndef VERIFY_STUDY_JUDGE_H
#define VERIFY_STUDY_JUDGE_H

#include "verify/bundle.h"
#include "verify/study.h"

/* Faults that are told; the rest is counted. */
#define VF_STUDY_FAULTS 20
/* More kinds of what a record's verdict leaves unchecked than there are. */
#define VF_STUDY_OPEN 40

/* What the verdicts of some shown records leave unchecked. */
struct vf_study_open {
	const char *code; /* of struct vf_unchecked */
	char text[240];	  /* of the first of them */
	size_t records;
};

struct vf_study_fault {
	struct vf_err err;
	bool has_record;
	uint64_t index;
	struct vf_hash id;
};

struct vf_study_stream {
	struct vf_hash id, head;
	size_t records, hidden;
	uint64_t next;	  /* 1 + the seq of its last record here */
	uint64_t missing; /* places below that that are not here */
	bool is_named;	  /* by the study head: it is of this study, even when nothing of it is shown */
};

struct vf_study_result {
	enum vf_verdict verdict;
	char study[160]; /* escaped */
	size_t records, shown, hidden; /* with those whose bundles are beside the file */
	size_t given;		       /* of the shown ones: those beside the file alone */
	size_t withheld;	       /* files that shown records list and that are not here */
	size_t counts[4]; /* shown ones by their verdict */
	struct vf_study_fault faults[VF_STUDY_FAULTS];
	size_t n_faults; /* all of them */
	bool rejected;
	struct vf_study_open open[VF_STUDY_OPEN];
	size_t n_open;
	struct vf_study_stream *streams; /* ascending by ID; in the study's arena */
	size_t n_streams;
	bool has_head; /* a study head was read */
	struct vf_hash head;
	int64_t head_by; /* it existed by then; VF_TIME_NONE */
	char origin[256]; /* escaped */
	uint64_t size;	  /* of the log, under the newest seal that counts */
	int64_t existed_by; /* of the newest record that counts; VF_TIME_NONE */
};

struct vf_study_judging {
	struct vf_session *session;
	struct vf_arena *memory; /* for one bundle after the other */
	const struct vf_detached *detached; /* documents beside the file */
	size_t n_detached;
	struct vf_report *report; /* room for one */
	/* bundles of records beside the file: of what is withheld in it, or is not in it at all */
	const struct vf_detached *bundles;
	size_t n_bundles;
	/* told of each shown record, with its report; may be NULL */
	void (*each)(void *ctx, const struct vf_study_record *r, const struct vf_report *report);
	void *ctx;
};

/*
 * ret lives until the next vf_study_unpack(). A hidden record whose bundle is beside the file is a shown one of s from then on. Not VF_OK when no verdict was possible, or when the packing itself is wrong:
 * STUDY_SHAPE, ZIP_DATA, LIMIT, IO, NO_MEMORY, INTERNAL.
 */
VF_RC vf_study_check(struct vf_study *s, const struct vf_study_judging *j, struct vf_study_result *ret, struct vf_err *reterr);

#endif
