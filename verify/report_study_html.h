/*
 * The result of a study bundle as one HTML page for people who file or print it.
 *
 * Complete in itself like every page of report_html.h, whose looks and parts it has. Its rows are gathered while the records
 * are judged, as nothing of a record's report outlives its judgement.
 */
#ifndef VERIFY_REPORT_STUDY_HTML_H
#define VERIFY_REPORT_STUDY_HTML_H

#include "verify/report.h"
#include "verify/study_judge.h"

/* Enough for the longest titles of as many records as a study bundle may have. Map it. */
#define VF_STUDY_PAGE_MEMORY ((size_t)128 << 20)

struct vf_study_row {
	struct vf_study_row *next;
	uint64_t index;
	struct vf_hash id;
	enum vf_verdict verdict;
	enum vf_rc reason; /* the first one; OK: there is none */
	int64_t existed_by;
	struct vf_bytes kind, version, title;
	size_t withheld; /* files that are listed and not here */
	bool is_given;	 /* its bundle is beside the file */
};

struct vf_study_page {
	struct vf_arena *memory;
	const char *input;
	const struct vf_run *run;
	const struct vf_study_result *result; /* when everything is judged */
	struct vf_study_row *first, *last;
	size_t n, lost; /* lost: without memory for them, which the page says */
};

/* Gathers a row: the each of struct vf_study_judging; ctx is a struct vf_study_page. */
void vf_study_page_note(void *ctx, const struct vf_study_record *r, const struct vf_report *report);
/* ctx: the same page. The same results give the same bytes. */
void vf_study_page_put(struct vf_sink *s, const void *ctx);

#endif
