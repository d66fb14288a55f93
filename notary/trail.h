/*
 * Audit events in groups: one thread stores what several threads hand in, with one sync for all that waits.
 *
 * Knows order and grouping. What an event says is audit.h's question. An access is answered in done, which
 * is called when its events are durable.
 */
#ifndef NOTARY_TRAIL_H
#define NOTARY_TRAIL_H

#include "notary/audit.h"

struct nt_trail;

/* Events that become durable together. The caller keeps them until done was called, on the trail's thread. */
struct nt_trail_item {
	const struct nt_event *events;
	size_t n;
	/* VF_OK, or what kept them from being stored: then nothing may be answered any more. */
	void (*done)(struct nt_trail_item *x, enum vf_rc rc, const struct vf_err *err);
	void *ctx;
	struct nt_trail_item *next; /* the trail's */
};

VF_RC nt_trail_new(struct nt_access *a, struct nt_trail **ret, struct vf_err *reterr);
/* Ends what waits, and the thread. */
struct nt_trail *nt_trail_free(struct nt_trail *t);

/* Never waits and never refuses. After the first fault each item gets that fault. */
void nt_trail_put(struct nt_trail *t, struct nt_trail_item *x);
/* The fault; VF_OK as long as it works. */
enum vf_rc nt_trail_failed(struct nt_trail *t);

#endif
