#include "notary/clock_watch.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than may be configured; one more takes the place of the one that was silent longest. */
#define MAX_SAMPLES 16
#define HOUR INT64_C(3600000)
/*
 * A clock that is slewed (500 parts per million are the most that adjtime does) or smeared for a leap second has not
 * jumped.
 */
#define SLEW_DIVISOR 2000
/* An exchange with an authority takes no longer. */
#define EXCHANGE_MS INT64_C(60000)
/*
 * An answer that leaves more open than this says nothing for the clock: a second of accuracy on both sides, three for the
 * exchange. Who holds answers back, or claims to be exact to a day, could otherwise vouch for any time.
 */
#define OPEN_MS INT64_C(5000)
/* What no clock and no token of ours shows; keeps the sums below in range. */
#define FAR (INT64_C(1) << 60)

/* The own clock's offset was between least and most when this authority answered. */
struct sample {
	char authority[65];
	int64_t least, most, boot_ms;
};

struct nt_clock_watch {
	int64_t bound;
	pthread_mutex_t lock; /* of all below */
	bool ticked;
	int64_t wall, boot; /* of the last tick */
	int64_t crept;      /* by steps too small for a jump, less what slewing excuses since; in 1 / SLEW_DIVISOR ms */
	bool jumped;
	int64_t jump_boot, jump_ms; /* noticed at; by how much; positive: forwards */
	struct sample samples[MAX_SAMPLES];
	size_t n;
};

struct nt_clock_watch *nt_clock_watch_new(int64_t bound_ms)
{
	struct nt_clock_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->bound = bound_ms;
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

struct nt_clock_watch *nt_clock_watch_free(struct nt_clock_watch *w)
{
	if (!w)
		return NULL;
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

static int64_t in_range(int64_t v)
{
	return v > FAR ? FAR : v < -FAR ? -FAR : v;
}

static int64_t absolute(int64_t v)
{
	return v < 0 ? -v : v;
}

/* The lock is held. */
static void note_jump(struct nt_clock_watch *w, int64_t moved, int64_t boot_ms)
{
	/* two jumps that take each other back are still in doubt: what was between them is unknown */
	w->jump_ms = w->jumped ? w->jump_ms + moved : moved;
	w->jumped = true;
	w->jump_boot = boot_ms;
	w->crept = 0;
	w->n = 0; /* what was said of the clock before says nothing of it now */
}

/* Many small steps lead as far as a jump. The lock is held. */
static int64_t creep(struct nt_clock_watch *w, int64_t moved, int64_t passed)
{
	int64_t crept = w->crept + moved * SLEW_DIVISOR;

	crept = crept > passed ? crept - passed : crept < -passed ? crept + passed : 0;
	w->crept = crept;
	return crept / SLEW_DIVISOR;
}

void nt_clock_watch_tick(struct nt_clock_watch *w, int64_t wall_ms, int64_t boot_ms)
{
	int64_t moved, passed, crept;

	wall_ms = in_range(wall_ms);
	pthread_mutex_lock(&w->lock);
	passed = boot_ms - w->boot;
	moved = wall_ms - w->wall - passed;
	if (w->ticked && passed >= 0) {
		bool jumped = absolute(moved) > w->bound + passed / SLEW_DIVISOR;

		crept = jumped ? 0 : creep(w, moved, passed);
		if (jumped || absolute(crept) > w->bound)
			note_jump(w, jumped ? moved : crept, boot_ms);
	}
	w->ticked = true;
	w->wall = wall_ms;
	w->boot = boot_ms;
	pthread_mutex_unlock(&w->lock);
}

static bool is_within(const struct nt_clock_watch *w, const struct sample *s)
{
	return s->least <= w->bound && s->most >= -w->bound;
}

/* The place of this authority, a new one, or that of the oldest. The lock is held. */
static struct sample *place_of(struct nt_clock_watch *w, const char *authority)
{
	struct sample *oldest = &w->samples[0];

	for (size_t i = 0; i < w->n; i++) {
		struct sample *s = &w->samples[i];

		if (strcmp(s->authority, authority) == 0)
			return s;
		if (s->boot_ms < oldest->boot_ms)
			oldest = s;
	}
	return w->n < MAX_SAMPLES ? &w->samples[w->n++] : oldest;
}

/*
 * Whether the exchange began before the jump was noticed: its two times are then of two clocks. A clock that jumped
 * back shows the exchange shorter than it was.
 */
static bool is_across_jump(const struct nt_clock_watch *w, int64_t took, int64_t boot_ms)
{
	int64_t hidden = w->jump_ms < 0 && -w->jump_ms < EXCHANGE_MS ? -w->jump_ms : 0;

	return w->jumped && boot_ms - took - hidden < w->jump_boot;
}

void nt_clock_watch_sample(struct nt_clock_watch *w, const char *authority, int64_t gen_ms, int64_t accuracy_ms,
	int64_t sent_ms, int64_t received_ms, int64_t boot_ms)
{
	struct sample s = {.boot_ms = boot_ms}, *place;
	bool agrees;

	gen_ms = in_range(gen_ms);
	sent_ms = in_range(sent_ms);
	received_ms = in_range(received_ms);
	accuracy_ms = accuracy_ms < 0 ? 0 : in_range(accuracy_ms);
	if (received_ms < sent_ms)
		return; /* the clock was set back between the two: the next tick notices */
	snprintf(s.authority, sizeof(s.authority), "%s", authority);
	s.least = in_range(sent_ms - gen_ms - accuracy_ms);
	s.most = in_range(received_ms - gen_ms + accuracy_ms);
	pthread_mutex_lock(&w->lock);
	agrees = is_within(w, &s);
	if (!is_across_jump(w, received_ms - sent_ms, boot_ms) && (!agrees || s.most - s.least <= 2 * w->bound + OPEN_MS)) {
		place = place_of(w, s.authority);
		*place = s;
		if (agrees) {
			w->jumped = false;
			w->crept = 0;
		}
	}
	pthread_mutex_unlock(&w->lock);
}

void nt_clock_watch_trust(struct nt_clock_watch *w)
{
	pthread_mutex_lock(&w->lock);
	w->jumped = false;
	w->crept = 0;
	w->n = 0;
	pthread_mutex_unlock(&w->lock);
}

/* Answered within the last hour. The lock is held. */
static bool is_recent(const struct nt_clock_watch *w, const struct sample *s)
{
	return !w->ticked || w->boot - s->boot_ms <= HOUR;
}

VF_RC nt_clock_watch_check(struct nt_clock_watch *w, struct vf_err *reterr)
{
	size_t recent = 0, against = 0;
	const struct sample *shown = NULL;
	enum vf_rc rc = VF_OK;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n; i++) {
		const struct sample *s = &w->samples[i];

		if (!is_recent(w, s))
			continue;
		recent++;
		if (is_within(w, s))
			continue;
		against++;
		shown = s;
	}
	if (w->jumped)
		rc = vf_fail(reterr, VF_CLOCK_DOUBT,
			"the clock jumped by %" PRId64 " ms, and no authority has confirmed it since", w->jump_ms);
	else if (against > 0 && 2 * against > recent)
		rc = vf_fail(reterr, VF_CLOCK_DOUBT,
			"%zu of %zu time-stamping authorities say that the clock is off by more than %" PRId64
			" ms, '%.64s' by %" PRId64 " ms at least",
			against, recent, w->bound, shown->authority, shown->least > 0 ? shown->least : -shown->most);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

/* What is left between two answers after all that may excuse them; at most 0 when they agree. */
static int64_t apart(const struct sample *a, const struct sample *b)
{
	int64_t gap = a->least - b->most > b->least - a->most ? a->least - b->most : b->least - a->most;

	/* the own clock may have been slewed between the two */
	return gap - absolute(a->boot_ms - b->boot_ms) / SLEW_DIVISOR;
}

bool nt_clock_watch_disagree(struct nt_clock_watch *w, char *why, size_t n)
{
	bool found = false;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n && !found; i++) {
		for (size_t k = i + 1; k < w->n && !found; k++) {
			const struct sample *a = &w->samples[i], *b = &w->samples[k];

			found = is_recent(w, a) && is_recent(w, b) && apart(a, b) > 0;
			if (found && why)
				snprintf(why, n, "'%.64s' and '%.64s' are %" PRId64 " ms apart at least", a->authority, b->authority,
					apart(a, b));
		}
	}
	pthread_mutex_unlock(&w->lock);
	return found;
}

size_t nt_clock_watch_offsets(struct nt_clock_watch *w, struct nt_clock_offset *ret, size_t room)
{
	size_t n = 0;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n && n < room; i++) {
		const struct sample *s = &w->samples[i];
		struct nt_clock_offset *o = &ret[n];

		if (!is_recent(w, s))
			continue;
		memcpy(o->authority, s->authority, sizeof(o->authority));
		o->offset_ms = s->least > 0 ? s->least : s->most < 0 ? s->most : 0;
		o->uncertainty_ms = (s->most - s->least) / 2;
		o->boot_ms = s->boot_ms;
		n++;
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}
