#include "verify/study_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "verify/files.h"
#include "verify/report_study.h"
#include "verify/report_study_html.h"
#include "verify/study_judge.h"
#include "verify/text.h"

/* What the facts of one record take in a session's table, and more. */
#define FACTS 2048

bool vf_study_wanted(const struct vf_options *o)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = NULL;

	return o->verb == VF_VERB_VERIFY && o->operands.n > 0 && strcmp(o->operands.at[0], "-") != 0 &&
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

/* What is judged, and what is kept for the page. */
struct running {
	const struct vf_runner *runner;
	struct vf_arena tables, memory, page_memory;
	struct vf_study_page page;
	struct vf_input *inputs[VF_MAX_INPUTS]; /* the file, then bundles beside it */
	struct vf_detached bundles[VF_MAX_INPUTS];
	size_t n;
	struct vf_study_result result;
};

static VF_RC open_inputs(struct running *x, const struct vf_options *o, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (; rc == VF_OK && x->n < o->operands.n; x->n += rc == VF_OK) {
		rc = vf_input_open(o->operands.at[x->n], x->n ? 0 : VF_INPUT_WHOLE, &x->inputs[x->n], reterr);
		if (rc != VF_OK)
			break;
		x->bundles[x->n] = (struct vf_detached){o->operands.at[x->n], vf_input_source(x->inputs[x->n])};
		if (x->n && vf_study_is(x->bundles[x->n].source))
			rc = vf_fail(reterr, VF_USAGE, "study bundles are judged one by one; what follows one are bundles of its records");
	}
	return rc;
}

static VF_RC judge(struct running *x, struct vf_study *s, void *block, size_t n_block, struct vf_err *reterr)
{
	VF_CLEANUP(vf_session_freep) struct vf_session *session = NULL;
	struct vf_study_judging j = {.memory = &x->memory, .report = malloc(sizeof(*j.report)), .bundles = x->bundles + 1, .n_bundles = x->n - 1,
		.each = x->page_memory.base ? vf_study_page_note : NULL, .ctx = &x->page};
	struct vf_session_options options = vf_runner_options(x->runner, &j.detached, &j.n_detached);
	enum vf_rc rc;

	if (!j.report)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	options.n_inputs = s->n_shown + j.n_bundles;
	rc = vf_session_new(&options, block, n_block, &session, reterr);
	j.session = session;
	if (rc == VF_OK)
		rc = vf_study_check(s, &j, &x->result, reterr);
	free(j.report);
	return rc;
}

/* A packing that is wrong is a verdict, as with every other file. */
static VF_RC judge_file(struct running *x, struct vf_err *reterr)
{
	struct vf_study s;
	struct vf_err err = {0};
	size_t n_block;
	void *block;
	enum vf_rc rc = vf_study_open(x->bundles[0].source, &x->tables, &s, &err);

	if (rc == VF_OK) {
		n_block = VF_SESSION_MEMORY + (s.n_shown + x->n) * FACTS;
		block = map(n_block);
		rc = block ? judge(x, &s, block, n_block, &err) : vf_fail(&err, VF_NO_MEMORY, "no memory to judge a study");
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
	x->result = (struct vf_study_result){.verdict = VF_REJECTED, .existed_by = VF_TIME_NONE, .n_faults = 1, .faults = {{.err = err}}};
	return VF_OK;
}

static VF_RC judge_all(struct running *x, const struct vf_options *o, struct vf_err *reterr)
{
	enum vf_rc rc = open_inputs(x, o, reterr);

	if (rc == VF_OK)
		rc = judge_file(x, reterr);
	for (size_t i = 0; rc == VF_OK && i < x->n; i++)
		rc = vf_input_check_same(x->inputs[i], reterr);
	return rc;
}

VF_RC vf_study_run(const struct vf_options *o, const struct vf_runner *runner, struct vf_sink *out, vf_page_writer *write_page,
	int *ret_status, struct vf_err *reterr)
{
	struct running *x = calloc(1, sizeof(*x));
	void *tables = map(VF_STUDY_MEMORY), *memory = map(VF_BUNDLE_MEMORY), *page = o->report ? map(VF_STUDY_PAGE_MEMORY) : NULL;
	struct vf_run run = vf_runner_run(runner);
	enum vf_rc rc = x && tables && memory && (page || !o->report) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory to judge a study");

	if (rc == VF_OK) {
		x->runner = runner;
		vf_arena_init(&x->tables, tables, VF_STUDY_MEMORY);
		vf_arena_init(&x->memory, memory, VF_BUNDLE_MEMORY);
		vf_arena_init(&x->page_memory, page, page ? VF_STUDY_PAGE_MEMORY : 0);
		x->page = (struct vf_study_page){.memory = &x->page_memory, .input = o->operands.at[0], .run = &run, .result = &x->result};
		rc = judge_all(x, o, reterr);
	}
	if (rc == VF_OK) {
		(o->json ? vf_study_json : vf_study_text)(out, o->operands.at[0], &x->result);
		*ret_status = vf_verdict_exit(x->result.verdict);
		*ret_status = o->report ? write_page(o, vf_study_page_put, &x->page, *ret_status) : *ret_status;
	}
	for (size_t i = 0; x && i < o->operands.n; i++)
		vf_input_free(x->inputs[i]);
	unmap(tables, VF_STUDY_MEMORY);
	unmap(memory, VF_BUNDLE_MEMORY);
	unmap(page, VF_STUDY_PAGE_MEMORY);
	free(x);
	return rc;
}
