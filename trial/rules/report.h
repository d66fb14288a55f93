/*
 * The inspection report of a study: one HTML file for people.
 *
 * Knows a case and its findings; the same case gives the same octets. Nothing is fetched, every text is escaped, no
 * person is named unless that is asked for.
 */
#ifndef TRIAL_RULES_REPORT_H
#define TRIAL_RULES_REPORT_H

#include "trial/rules/rule.h"
#include "verify/sink.h"

struct tr_report {
	const struct tr_case *c;
	const struct tr_findings *findings;
	const struct tr_case_record *parameters; /* NULL: none laid down */
	bool subjects;                           /* persons by their keys */
	const char *source;                      /* "the notary's folder", "a study bundle": where the records come from */
	const char *proofs;                      /* what was done about proofs, a sentence */
};

/* NO_MEMORY. What went wrong with the sink is the caller's to see. */
VF_RC tr_report_put(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr);

/* The picture of the study over time (report_timeline.c): inline SVG. */
void tr_report_timeline(struct vf_sink *s, const struct tr_case *c);
/* What is broken or undecided, a line a rule; then findings, rule by rule (report_findings.c). */
void tr_report_first(struct vf_sink *s, const struct tr_report *r);
void tr_report_findings(struct vf_sink *s, const struct tr_report *r);
/* Outcomes side by side (report_outcomes.c). */
VF_RC tr_report_outcomes(struct vf_sink *s, const struct tr_case *c, struct vf_err *reterr);

/* A text of any origin, escaped, that does not change the direction of what stands around it. */
void tr_report_text(struct vf_sink *s, struct vf_bytes text);
/* The first digits of a record's ID as a link to its row. */
void tr_report_link(struct vf_sink *s, const struct vf_hash *id);

#endif
