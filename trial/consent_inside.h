/*
 * What consent.c, consent_form.c and consent_gap.c share; not for others.
 */
#ifndef TRIAL_CONSENT_INSIDE_H
#define TRIAL_CONSENT_INSIDE_H

#include "trial/consent.h"
#include "trial/details.h"

/* Who speaks for the participant, and the child itself: each says its own word. */
enum tr_track {
	TR_SPEAKS,
	TR_CHILD,
};
#define TR_TRACK_COUNT 2

/* The first eight hex digits of a record, for a reason. */
#define TR_SHORT_LEN 8
struct tr_short {
	char text[TR_SHORT_LEN + 1];
};
struct tr_short tr_consent_short(const struct tr_consent_fact *f);

bool tr_fact_links(const struct tr_consent_fact *f, enum tr_link_type type, const struct vf_hash *target);
const struct tr_consent_fact *tr_fact_find(
	struct tr_consent_facts facts, enum tr_fact_kind kind, const struct vf_hash *id);
/* When the fact begins to count: what it declares, or some time before its seal. */
struct tr_when tr_fact_when(const struct tr_consent_fact *f);
/* The track of a consent or a withdrawal; false when a withdrawal names what is not there: it counts for both. */
bool tr_fact_track(struct tr_consent_facts own, const struct tr_consent_fact *f, enum tr_track *ret);

/* ---- consent_form.c ---- */

/* Whether a child's assent belongs to this parents' form at the time. */
enum tr_sure tr_form_needs_assent(
	struct tr_consent_facts study, const struct tr_consent_fact *form, const struct tr_when *at);
/* Whether who gave the consent is whom its form is for; true when that is not known. */
bool tr_form_fits(const struct tr_consent_fact *form, const struct tr_consent_fact *consent);
/* Appends what is to be said of a fact that a state rests on; ret has TR_REMARK_COUNT places. */
size_t tr_consent_find(const struct tr_consent_view *view, size_t at, struct tr_consent_finding *ret);

/* ---- consent.c ---- */

/* The state of one permission on one track, without what the other track adds. */
struct tr_spoken {
	enum tr_consent_state state;
	bool any;                              /* somebody said something */
	enum tr_sure assent;                   /* whether a child's assent must stand beside it */
	const struct tr_consent_fact *decides; /* the latest that may count; NULL when nothing was said */
	const struct tr_consent_permission *permission;
	const struct tr_consent_fact *open; /* whose time leaves it open; NULL when nothing does */
	struct tr_when open_span;
	const char *why; /* why it is UNKNOWN; NULL when nothing was said */
};

struct tr_asked {
	struct vf_bytes name;    /* of a permission */
	struct vf_bytes purpose; /* as it was asked */
	struct vf_bytes who;
};

/* marks has a place for each own fact, or is NULL: true for those that the state rests on. */
struct tr_spoken tr_consent_spoken(
	const struct tr_consent_view *view, enum tr_track track, const struct tr_asked *asked, bool *marks);

#endif
