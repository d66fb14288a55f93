/*
 * When something was, as exactly as somebody has said it.
 *
 * Knows the times of docs/formats/statements: a time with its offset is an
 * instant, a date is the whole day, month or year, and nobody is told more than
 * that. A date without an offset may begin up to 14 hours earlier or later than
 * in UTC, so beside an instant it is that much longer at both ends.
 */
#ifndef TRIAL_SPAN_H
#define TRIAL_SPAN_H

#include "verify/text.h"

/* Milliseconds, both ends included; local: in the time of a place that is not known. lo is VF_TIME_NONE when absent. */
struct tr_span {
	int64_t lo, hi;
	bool local;
};

enum tr_sure {
	TR_NO,
	TR_YES,
	TR_MAYBE,
};

static inline struct tr_span tr_span_none(void)
{
	return (struct tr_span){VF_TIME_NONE, VF_TIME_NONE, false};
}

static inline struct tr_span tr_span_at(int64_t ms)
{
	return (struct tr_span){ms, ms, false};
}

/* Some time up to ms: all that a seal says of what it covers. VF_TIME_NONE: any time. */
#define TR_SPAN_FAR (INT64_C(1) << 60)
static inline struct tr_span tr_span_by(int64_t ms)
{
	return (struct tr_span){-TR_SPAN_FAR, ms == VF_TIME_NONE ? TR_SPAN_FAR : ms, false};
}

static inline bool tr_span_is(const struct tr_span *s)
{
	return s->lo != VF_TIME_NONE;
}

/* "2026", "2026-03", "2026-03-04", or RFC 3339 with Z or an offset, with seconds and at most milliseconds. */
bool tr_span_read(struct vf_bytes text, struct tr_span *ret);

/* Whether the event was at the time at, or before it. */
enum tr_sure tr_span_reached(const struct tr_span *event, const struct tr_span *at);
/* Whether the event was before the time at. */
enum tr_sure tr_span_passed(const struct tr_span *event, const struct tr_span *at);
/* Neither end is later than in a, nor than in b: what comes first of two. */
struct tr_span tr_span_first(const struct tr_span *a, const struct tr_span *b);
/* From the earlier beginning to the later end: one of the two, nobody knows which. */
struct tr_span tr_span_hull(const struct tr_span *a, const struct tr_span *b);

/* Writes "2026-03-04", "2026-03-01 to 2026-03-31", or an instant, and a NUL. */
#define TR_SPAN_LEN (2 * VF_TIME_LEN + 4)
void tr_span_put(char out[TR_SPAN_LEN + 1], const struct tr_span *s);

#endif
