#include "notary/turn.h"

void nt_wait_init(struct nt_wait *w)
{
	w->is_done = false;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->done, NULL);
}

void nt_wait_end(struct nt_wait *w, enum vf_rc rc, const struct vf_err *err)
{
	pthread_mutex_lock(&w->lock);
	w->rc = rc;
	if (rc != VF_OK)
		w->err = *err;
	w->is_done = true;
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
}

VF_RC nt_wait_for(struct nt_wait *w, struct vf_err *reterr)
{
	pthread_mutex_lock(&w->lock);
	while (!w->is_done)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return w->rc == VF_OK ? VF_OK : vf_fail(reterr, w->rc, "%s", w->err.text);
}

void nt_wait_done(struct nt_wait *w)
{
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
}

struct turn {
	struct nt_call call;
	struct nt_wait wait;
	nt_turn_step *step;
	void *arg;
};

static void run(struct nt_call *c, struct nt_notary *n)
{
	struct turn *t = c->ctx;
	struct vf_err err = {0};
	enum vf_rc rc = t->step(t->arg, n, &err);

	nt_wait_end(&t->wait, rc, &err);
}

static void refused(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct turn *t = c->ctx;

	nt_wait_end(&t->wait, rc, err);
}

VF_RC nt_turn(struct nt_keeper *k, nt_turn_step *step, void *arg, struct vf_err *reterr)
{
	struct turn t = {.step = step, .arg = arg};
	enum vf_rc rc;

	t.call = (struct nt_call){.run = run, .refused = refused, .ctx = &t};
	nt_wait_init(&t.wait);
	rc = nt_keeper_call(k, &t.call, reterr);
	if (rc == VF_OK)
		rc = nt_wait_for(&t.wait, reterr);
	nt_wait_done(&t.wait);
	return rc;
}
