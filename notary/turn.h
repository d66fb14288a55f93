/*
 * A turn of the keeper that another thread waits for, and an outcome that is waited for.
 *
 * Knows one lock and one condition. What is done in the turn is the caller's; never from the keeper's own thread, which would wait
 * for itself.
 */
#ifndef NOTARY_TURN_H
#define NOTARY_TURN_H

#include <pthread.h>

#include "notary/keeper.h"

/* What one thread ends and another waits for. */
struct nt_wait {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	enum vf_rc rc;
	struct vf_err err;
};

void nt_wait_init(struct nt_wait *w);
/* Once; err is read unless rc is VF_OK. */
void nt_wait_end(struct nt_wait *w, enum vf_rc rc, const struct vf_err *err);
/* Waits until nt_wait_end() and returns its outcome; then nt_wait_done(). */
VF_RC nt_wait_for(struct nt_wait *w, struct vf_err *reterr);
void nt_wait_done(struct nt_wait *w);

/* Runs step(arg, notary) on the keeper's thread and returns what it returns, or why the keeper refuses (nt_keeper_call()). */
typedef VF_RC nt_turn_step(void *arg, struct nt_notary *n, struct vf_err *reterr);
VF_RC nt_turn(struct nt_keeper *k, nt_turn_step *step, void *arg, struct vf_err *reterr);

#endif
