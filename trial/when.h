/*
 * When something was, as exactly as somebody has said it.
 *
 * Knows the times of docs/formats/statements: a time with its offset is an
 * instant, a date is the whole day, month or year, and nobody is told more than
 * that. A date without an offset may begin up to 14 hours earlier or later than
 * in UTC, so beside an instant it is that much longer at both ends.
 */
#ifndef TRIAL_WHEN_H
#define TRIAL_WHEN_H

#include "verify/text.h"

/* Milliseconds, both ends included; local: in the time of a place that is not known. lo is VF_TIME_NONE when absent. */
struct tr_when {
	int64_t lo, hi;
	bool local;
};

enum tr_sure {
	TR_NO,
	TR_YES,
	TR_MAYBE,
};

static inline struct tr_when tr_when_none(void)
{
	return (struct tr_when){VF_TIME_NONE, VF_TIME_NONE, false};
}

static inline struct tr_when tr_when_at(int64_t ms)
{
	return (struct tr_when){ms, ms, false};
}

/* Some time up to ms: all that a seal says of what it covers. VF_TIME_NONE: any time. */
#define TR_WHEN_FAR (INT64_C(1) << 60)
static inline struct tr_when tr_when_by(int64_t ms)
{
	return (struct tr_when){-TR_WHEN_FAR, ms == VF_TIME_NONE ? TR_WHEN_FAR : ms, false};
}

static inline bool tr_when_is(const struct tr_when *s)
{
	return s->lo != VF_TIME_NONE;
}

/* "2026", "2026-03", "2026-03-04", or RFC 3339 with Z or an offset, with seconds and at most milliseconds. */
bool tr_when_read(struct vf_bytes text, struct tr_when *ret);

/* Whether the event was at the time at, or before it. */
enum tr_sure tr_when_reached(const struct tr_when *event, const struct tr_when *at);
/* Whether the event was before the time at. */
enum tr_sure tr_when_passed(const struct tr_when *event, const struct tr_when *at);
/* Neither end is later than in a, nor than in b: what comes first of two. */
struct tr_when tr_when_first(const struct tr_when *a, const struct tr_when *b);
/* From the earlier beginning to the later end: one of the two, nobody knows which. */
struct tr_when tr_when_hull(const struct tr_when *a, const struct tr_when *b);

/* Writes "2026-03-04", "2026-03-01 to 2026-03-31", or an instant, and a NUL. */
#define TR_WHEN_LEN (2 * VF_TIME_LEN + 4)
void tr_when_put(char out[TR_WHEN_LEN + 1], const struct tr_when *s);

#endif
