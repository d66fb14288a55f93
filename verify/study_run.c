#include "verify/study_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "verify/files.h"
#include "verify/report_study.h"
#include "verify/study_judge.h"
#include "verify/text.h"

/* What the facts of one record take in a session's table, and more. */
#define FACTS 2048

bool vf_study_wanted(const struct vf_options *o)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = NULL;

	return o->verb == VF_VERB_VERIFY && o->operands.n == 1 && strcmp(o->operands.at[0], "-") != 0 &&
		vf_input_open(o->operands.at[0], 0, &in, NULL) == VF_OK && vf_study_is(vf_input_source(in));
}

static void *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void unmap(void *p, size_t n)
{
	if (p)
		munmap(p, n);
}

static VF_RC judge(struct vf_study *s, const struct vf_runner *runner, struct vf_arena *memory, void *block, size_t n_block,
	struct vf_study_result *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_session_freep) struct vf_session *session = NULL;
	struct vf_study_judging j = {.memory = memory, .report = malloc(sizeof(*j.report))};
	struct vf_session_options options = vf_runner_options(runner, &j.detached, &j.n_detached);
	enum vf_rc rc;

	if (!j.report)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	options.n_inputs = s->n_shown;
	rc = vf_session_new(&options, block, n_block, &session, reterr);
	j.session = session;
	if (rc == VF_OK)
		rc = vf_study_check(s, &j, ret, reterr);
	free(j.report);
	return rc;
}

/* A packing that is wrong is a verdict, as with every other file. */
static VF_RC judge_source(const struct vf_source *source, const struct vf_runner *runner, struct vf_arena *tables, struct vf_arena *memory,
	struct vf_study_result *ret, struct vf_err *reterr)
{
	struct vf_study s;
	struct vf_err err = {0};
	size_t n_block;
	void *block;
	enum vf_rc rc = vf_study_open(source, tables, &s, &err);

	if (rc == VF_OK) {
		n_block = VF_SESSION_MEMORY + s.n_shown * FACTS;
		block = map(n_block);
		rc = block ? judge(&s, runner, memory, block, n_block, ret, &err) : vf_fail(&err, VF_NO_MEMORY, "no memory to judge a study");
		unmap(block, n_block);
	}
	if (rc == VF_OK)
		return VF_OK;
	err.rc = rc;
	if (vf_rc_class(rc) != VF_CLASS_REJECTED) {
		if (reterr)
			*reterr = err;
		return rc;
	}
	*ret = (struct vf_study_result){.verdict = VF_REJECTED, .existed_by = VF_TIME_NONE, .n_faults = 1, .faults = {{.err = err}}};
	return VF_OK;
}

VF_RC vf_study_run(const struct vf_options *o, const struct vf_runner *runner, struct vf_sink *out, int *ret_status, struct vf_err *reterr)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = NULL;
	void *tables = map(VF_STUDY_MEMORY), *memory = map(VF_BUNDLE_MEMORY);
	struct vf_study_result r;
	struct vf_arena a, b;
	enum vf_rc rc = tables && memory ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory to judge a study");

	if (rc == VF_OK)
		rc = vf_input_open(o->operands.at[0], VF_INPUT_WHOLE, &in, reterr);
	if (rc == VF_OK) {
		vf_arena_init(&a, tables, VF_STUDY_MEMORY);
		vf_arena_init(&b, memory, VF_BUNDLE_MEMORY);
		rc = judge_source(vf_input_source(in), runner, &a, &b, &r, reterr);
	}
	if (rc == VF_OK)
		rc = vf_input_check_same(in, reterr);
	if (rc == VF_OK) {
		(o->json ? vf_study_json : vf_study_text)(out, o->operands.at[0], &r);
		*ret_status = vf_verdict_exit(r.verdict);
	}
	unmap(tables, VF_STUDY_MEMORY);
	unmap(memory, VF_BUNDLE_MEMORY);
	return rc;
}
