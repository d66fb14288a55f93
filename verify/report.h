/*
 * How results look: the text screen and the JSON of docs/formats/verdict.md.
 *
 * Knows words and layout. The verdict is verdict.h's question; the HTML page
 * is report_html.h's. No clock, no locale, no colour is looked up here: all of
 * it is given, so the same results give the same bytes.
 */
#ifndef VERIFY_REPORT_H
#define VERIFY_REPORT_H

#include "verify/excerpt_judge.h"
#include "verify/sink.h"
#include "verify/verdict.h"

/* One input. When nothing was decided (I/O, memory), err says why and report has its name only. */
struct vf_outcome {
	bool decided;
	struct vf_report report;
	struct vf_excerpt_facts excerpt; /* of the verb excerpt alone */
	struct vf_err err;
};

/* What all results of one run share. */
struct vf_run {
	int64_t at_ms;
	bool at_given; /* by the user, and not the clock */
	bool integrity_only;
	bool has_policy;
	struct vf_bytes policy; /* its name */
	struct vf_hash policy_sha256;
	const char *version; /* of the program */
	const struct vf_outcome *outcomes;
	size_t n_outcomes;
};

struct vf_look {
	bool color;   /* a terminal that shows it */
	bool unicode; /* otherwise every octet put is ASCII */
	bool brief;   /* the line of the verdict alone */
};

/* The exit status of one outcome, and of a run: the worst of its outcomes. */
int vf_outcome_exit(const struct vf_outcome *o);
int vf_run_exit(const struct vf_run *run);

/* The screen. Writes nothing but text: no control character but LF, except for colour. */
void vf_report_text(struct vf_sink *s, const struct vf_run *run, const struct vf_look *look);
/* One JSON object and a LF. */
void vf_report_json(struct vf_sink *s, const struct vf_run *run);

/* Parts that the page shows in the same words. */

/* "2026-03-02 14:07:31 UTC", with three digits of fraction when it is not 0. */
#define VF_SHOWN_TIME 32
void vf_shown_time(char out[VF_SHOWN_TIME], int64_t ms);
/* The time of checking as people are told: whole seconds when it is the clock's. */
int64_t vf_run_shown_at(const struct vf_run *run);
/* "48 211" */
#define VF_SHOWN_COUNT 32
void vf_shown_count(char out[VF_SHOWN_COUNT], uint64_t v);
/* "1 s", "250 ms", "2 min": never less than it is. */
void vf_shown_span(char out[VF_SHOWN_COUNT], uint64_t ms);
/* "VERIFIED", or "NO VERDICT" when nothing was decided. */
const char *vf_outcome_word(const struct vf_outcome *o);
const char *vf_result_name(enum vf_result r);
/* "bundle", "container", "evidence-record", "token", "signature" or "receipt". */
const char *vf_form_name(enum vf_form f);
/* Evidence of other software: there is no record, log, seal or submitter to speak of. */
bool vf_report_is_foreign(const struct vf_report *r);
/* "not-shown", "in-log" or "kept". */
const char *vf_promise_name(enum vf_promise p);
/* What the evidence cannot show, depending on its form and the kind of record. */
const char *vf_report_not_shown(const struct vf_report *r);
/* The token whose time is that of existence, else the earliest that counts; NULL when none does. */
const struct vf_stamp *vf_report_time_stamp(const struct vf_report *r);
size_t vf_report_count_files(const struct vf_report *r, enum vf_file_status status);
/* Files that are covered, here or beside. */
size_t vf_report_good_files(const struct vf_report *r);
/* "This file", "These 2 files", "2 of 3 files": what the evidence of others is about. */
#define VF_SHOWN_SUBJECT 80
void vf_report_subject(const struct vf_report *r, char out[VF_SHOWN_SUBJECT]);
/* What the signer's name is worth, in brackets. */
const char *vf_report_signer_words(const struct vf_report *r);
/* The name that a signer of a bundle goes by: the one in the signature, else that of the certificate. */
struct vf_bytes vf_report_printed_name(const struct vf_report *r);
/* "meaning: approval"; "without a stated meaning"; "meaning: not known (1.2.3)". */
#define VF_SHOWN_MEANING 128
void vf_report_meaning(const struct vf_report *r, char out[VF_SHOWN_MEANING]);
/* "certificate good at the proven time". */
const char *vf_signer_state_words(enum vf_signer_state s);
/* "; evidence must be renewed before ", before a date. */
const char *vf_report_renew_words(const struct vf_report *r);
/* What is known about the revocation of a certificate. */
const char *vf_revocation_words(enum vf_revocation r);

/* The rules of a report that has a policy (by place), and of any policy. */

/* "at least 2 of alpha, beta, gamma": letters, digits, spaces, '-' and ',' alone. */
void vf_rule_words(struct vf_sink *s, const struct vf_policy *p, const struct vf_rule *rule);
/* Whether the authority could count in the rule, and does not. */
bool vf_report_is_missing(const struct vf_report *r, size_t rule, size_t authority);
/* The time-stamp of a record that does not count in a rule: a stable code and why. */
struct vf_uncounted {
	const struct vf_stamp *stamp;
	const char *code, *text; /* text: escape before showing */
};
/* The next from place *at on, which is moved; begin with 0. */
bool vf_report_uncounted(const struct vf_report *r, size_t rule, size_t *at, struct vf_uncounted *ret);

/* Of a report with sorted_renewal; it stands among what limits the result. */
#define VF_SORTED_WORDS \
	"a renewal in sorted order, which RFC 4998 does not define: it holds only because --sorted-renewal accepts it"
/* What INDETERMINATE does not mean. */
const char *vf_report_undecided(const struct vf_report *r);
/* "Everything else agrees." or what else may be said about the checks that are not open; may be empty. */
const char *vf_report_rest(const struct vf_report *r);

#endif
