/* Log policies, and judging a checkpoint by one: "policy NUL checkpoint". */
#include <stdlib.h>

#include "verify/quorum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What every reader of a policy may rely on. */
static void check_policy(const struct vf_tlog_policy *p)
{
	must(p->n_logs > 0 && p->n_logs <= VF_MAX_LOGS);
	must(p->n_witnesses <= VF_MAX_WITNESSES && p->n_groups <= VF_MAX_GROUPS);
	for (size_t i = 0; i < p->n_groups; i++) {
		must(p->groups[i].needed > 0 && p->groups[i].needed <= p->groups[i].n);
		for (size_t j = 0; j < p->groups[i].n; j++) {
			const struct vf_tlog_member *m = &p->groups[i].members[j];

			must(m->kind == VF_TLOG_WITNESS ? m->at < p->n_witnesses :
				m->kind == VF_TLOG_GROUP && m->at < i);
		}
	}
}

static void check_checkpoint(const struct vf_tlog_policy *p, struct vf_bytes note)
{
	static struct vf_note_cache cache;
	struct vf_tlog_seen seen, again;
	struct vf_checkpoint c;
	struct vf_err e;
	enum vf_rc rc;

	if (vf_checkpoint_parse(note, &c, &e) != VF_OK)
		return;
	cache = (struct vf_note_cache){.n = 0};
	rc = vf_tlog_policy_check(p, &c, &seen, &e);
	must(seen.n <= seen.n_known && seen.n_known == p->n_witnesses);
	must((rc == VF_OK) == (seen.log && seen.quorum));
	must(seen.quorum || seen.time_ms == VF_TIME_NONE);
	for (size_t i = 0; i < 2; i++) {
		must(vf_tlog_policy_check_cached(p, &c, &cache, &again, &e) == rc);
		must(again.n == seen.n && again.time_ms == seen.time_ms && again.log == seen.log);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[2 * VF_TLOG_POLICY_ROOM];
	struct vf_bytes note = vf_bytes(data, size), policy;
	struct vf_tlog_policy p;
	struct vf_arena a;
	struct vf_err e;

	if (!vf_take_until(&note, 0, &policy)) {
		policy = note;
		note = vf_bytes(NULL, 0);
	}
	vf_arena_init(&a, block, sizeof(block));
	if (vf_tlog_policy_parse(policy, &a, &p, &e) != VF_OK)
		return 0;
	check_policy(&p);
	check_checkpoint(&p, note);
	return 0;
}
