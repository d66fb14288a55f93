/*
 * What a rule finds: a verdict, a word of a closed list, the records it rests on.
 *
 * Knows how findings are kept, ordered and counted. They never change a cryptographic verdict.
 */
#ifndef TRIAL_RULES_FINDING_H
#define TRIAL_RULES_FINDING_H

#include "trial/text_pool.h"
#include "verify/hash.h"

/* In order of weight: the worst of several is the highest. */
enum tr_verdict {
	TR_NOT_APPLICABLE,
	TR_PASS,
	TR_PASS_NOTE,
	TR_UNDECIDED,
	TR_FAIL,
};
#define TR_VERDICT_COUNT 5
/* "N/A", "PASS", "PASS-NOTE", "INCONCLUSIVE", "FAIL" */
const char *tr_verdict_name(enum tr_verdict verdict);

enum tr_word {
	TR_WORD_NONE, /* of PASS and N/A */
#define TR_WORD(id, word, verdict, about) TR_WORD_##id,
#include "trial/rules/words.def"
#undef TR_WORD
	TR_WORD_COUNT
};
/* "same-day", …; "" for none. */
const char *tr_word_name(enum tr_word word);
const char *tr_word_about(enum tr_word word);
/* The verdict that goes with a word; TR_PASS for none. */
enum tr_verdict tr_word_verdict(enum tr_word word);

/* Records that one finding names at most; more are said in its detail. */
#define TR_FINDING_RECORDS 4

struct tr_rule;

struct tr_finding {
	const struct tr_rule *rule;
	enum tr_verdict verdict;
	enum tr_word word;
	bool warning; /* a rule of the warning class, or a part of one that never fails */
	const char *about;  /* a person's key, a file, a record's first digits, "study": what it is about */
	bool about_person;  /* about is a person's key: shown only to who asked for it */
	const char *detail; /* a sentence without full stop; dates with their grades; no person's values */
	struct vf_hash records[TR_FINDING_RECORDS];
	size_t n_records;
};

/* Findings in the order in which they were made. Zero it; free with tr_findings_done(). */
struct tr_findings {
	struct tr_finding *p;
	size_t n, cap;
	struct tr_text_pool texts;
};
void tr_findings_done(struct tr_findings *f);

/* What a rule says; texts are copied. */
struct tr_finding_draft {
	enum tr_word word;       /* its verdict goes with it */
	bool none;               /* N/A; without it and without a word: PASS */
	bool warning;
	struct vf_bytes about;
	bool about_person;
	const struct vf_hash *records[TR_FINDING_RECORDS]; /* up to the first NULL */
};
#define TR_DETAIL_LEN 1000
VF_RC tr_find(struct tr_findings *f, const struct tr_rule *rule, const struct tr_finding_draft *draft,
	struct vf_err *reterr, const char *fmt, ...) VF_PRINTF(5, 6);

/* Per verdict, how many; and the worst, TR_NOT_APPLICABLE when there are none. */
struct tr_summary {
	size_t count[TR_VERDICT_COUNT];
	enum tr_verdict worst;
};
struct tr_summary tr_findings_sum(const struct tr_findings *f, const struct tr_rule *rule);

#endif
