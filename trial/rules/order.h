/*
 * "A no later than B" (docs/rules.md, "Order").
 *
 * Knows intervals: a date is all the time that it may mean, and nothing is rounded in anybody's favour. Where both are
 * records in the log, the log decides without any clock.
 */
#ifndef TRIAL_RULES_ORDER_H
#define TRIAL_RULES_ORDER_H

#include "trial/read/fact_list.h"
#include "trial/rules/finding.h"

/* A date with who stands behind it. */
struct tr_dated {
	struct tr_when when; /* none: missing or unusable */
	enum tr_precision precision;
	enum tr_grade grade;
	bool is_bad, is_partial; /* not in its form; without a known year */
	int64_t offset;          /* from UTC, as it was written: for its calendar day */
	enum tr_word open;       /* of several dates one is not known, for this reason: the end may be anywhere */
};

struct tr_dated tr_dated_none(void);
struct tr_dated tr_dated_of_fact(const struct tr_kept_fact *fact); /* NULL: none */
/* The time of a time-stamp. VF_TIME_NONE: none. An anchor is the latest time at which it can have come to be. */
struct tr_dated tr_dated_anchor(int64_t ms);
/* A declared text of a statement or of details: "2024-03-12", RFC 3339. Empty: none. */
struct tr_dated tr_dated_text(struct vf_bytes text);
bool tr_dated_is(const struct tr_dated *d);
/* As the other, or a later one by so many days: for limits. None stays none. */
struct tr_dated tr_dated_plus_days(const struct tr_dated *d, int64_t days);

/* PASS when word is TR_WORD_NONE; else the word with its verdict: SAME_DAY, SAME_MONTH (month_note only),
 * PARTIAL_DATE, MISSING_DATE, BAD_TIME, ORDER. */
enum tr_word tr_no_later(const struct tr_dated *a, const struct tr_dated *b, bool month_note);

/* -1: a is certainly before b; 1: certainly after; 0: not known. Both must be dates. For finding the earliest of many. */
int tr_dated_cmp(const struct tr_dated *a, const struct tr_dated *b);
/*
 * What comes first, or last, of two dates: neither end is later (earlier) than in either of them, so of two dates that overlap
 * it may be a part of both. A date that is missing gives way. One that is there and cannot be used leaves an end open: it may
 * have been at any time.
 */
struct tr_dated tr_dated_first(const struct tr_dated *a, const struct tr_dated *b);
struct tr_dated tr_dated_last(const struct tr_dated *a, const struct tr_dated *b);
/* The same date, with a beginning that nobody knows, for the reason of the word. */
struct tr_dated tr_dated_or_before(const struct tr_dated *d, enum tr_word why);

/* "2024-03-12 (declared)", "2024-03 (registry)", "2024-03-12 or earlier (declared)", "no date", "a date that is not in its form"; and a NUL. */
#define TR_DATED_LEN 96
void tr_dated_put(char out[TR_DATED_LEN + 1], const struct tr_dated *d);

#endif
