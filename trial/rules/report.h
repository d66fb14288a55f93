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
	const struct tr_case_record *parameters; /* NULL: none laid down, or */
	const struct tr_case_record *parameters_absent; /* laid down in this record, whose document is not at hand; else NULL */
	bool subjects;                           /* persons by their keys, and who signed records about them */
	const char *source;                      /* "the notary's folder", "a study bundle": where the records come from */
	const char *proofs;                      /* what was done about proofs, a sentence */
	const bool *named; /* a place for each record: its texts name a person's key; tr_report_put() fills it in */
};

/* NO_MEMORY. What went wrong with the sink is the caller's to see. */
VF_RC tr_report_put(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr);

/* ---- parts of it ---- */

/* The picture of the study over time (report_timeline.c): inline SVG. */
void tr_report_timeline(struct vf_sink *s, const struct tr_report *r);
/* What is broken or undecided, a line a rule; then findings, rule by rule (report_findings.c). */
void tr_report_first(struct vf_sink *s, const struct tr_report *r);
void tr_report_findings(struct vf_sink *s, const struct tr_report *r);
/* Who has to look at what a rule finds, and what to do about a word of FAIL or INCONCLUSIVE (report_advice.c): never empty for these. */
const char *tr_report_who(const struct tr_rule *rule);
const char *tr_report_advice(const struct tr_rule *rule, enum tr_word word);
/* Outcomes side by side (report_outcomes.c). */
VF_RC tr_report_outcomes(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr);
/* Consents by form and site (report_consents.c). */
VF_RC tr_report_consents(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr);
/* Versions, streams, all records (report_records.c). */
void tr_report_versions(struct vf_sink *s, const struct tr_report *r);
VF_RC tr_report_streams(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr);
VF_RC tr_report_records(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr);

/* ---- pieces (report_text.c) ---- */

/* A text of any origin, escaped, cut when it is long, that does not change the direction of what stands around it. */
void tr_report_text(struct vf_sink *s, struct vf_bytes text);
/* The first digits of a record's ID as a link to its row. */
void tr_report_link(struct vf_sink *s, const struct vf_hash *id);
void tr_report_time(struct vf_sink *s, int64_t ms);
void tr_report_kind(struct vf_sink *s, const struct tr_case_record *r);
/* Who signed the record and who countersigned it, with the meanings of the signatures. */
void tr_report_signers(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *of);
bool tr_report_is_signed(const struct tr_case *c, const struct tr_case_record *of);

/* Finds the records in whose texts rule G1 saw a person's key; *ret is freed with free(). NO_MEMORY. */
VF_RC tr_report_find_named(struct tr_report *r, bool **ret, struct vf_err *reterr);
/* True when texts of the record are not shown, because they name a person and nobody asked for that. */
bool tr_report_is_named(const struct tr_report *r, const struct tr_case_record *of);
/* A text of a record's statement, or a word in its place when the record names a person. */
void tr_report_said(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *of, struct vf_bytes text);
/* A text of a finding without the names of documents and the versions that name a person. */
void tr_report_quote(struct vf_sink *s, const struct tr_report *r, const struct tr_finding *x, const char *text);

#endif
