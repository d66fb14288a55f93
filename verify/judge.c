#include "verify/judge.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "verify/bundle.h"
#include "verify/files.h"

/* Octets of inputs that are held in memory at once; further ones are read where they lie. */
#define HELD (256u << 20)

/* What an outcome borrows from: its input and its tables. */
struct judged {
	struct vf_input *input;
	void *tables;
	size_t n_tables; /* octets that are mapped */
};

struct vf_judge {
	struct vf_trust trust;
	void *memory; /* of the session */
	struct vf_session *session;
	struct vf_input **detached_inputs;
	struct vf_detached *detached;
	size_t n_detached;
	struct judged *judged;
	struct vf_outcome *outcomes;
	size_t n, room;
	uint64_t held;
	int64_t at;
	bool at_given, integrity_only;
};

struct vf_judge *vf_judge_free(struct vf_judge *j)
{
	if (!j)
		return NULL;
	vf_session_free(j->session);
	for (size_t i = 0; i < j->n; i++) {
		vf_input_free(j->judged[i].input);
		if (j->judged[i].n_tables)
			munmap(j->judged[i].tables, j->judged[i].n_tables);
	}
	for (size_t i = 0; i < j->n_detached; i++)
		vf_input_free(j->detached_inputs[i]);
	free(j->detached_inputs);
	free(j->detached);
	free(j->judged);
	free(j->outcomes);
	free(j->memory);
	vf_trust_done(&j->trust);
	free(j);
	return NULL;
}

void vf_judge_freep(struct vf_judge **j)
{
	*j = vf_judge_free(*j);
}

static VF_RC open_detached(struct vf_judge *j, const struct vf_options *o, struct vf_err *reterr)
{
	for (size_t i = 0; i < o->n_detached; i++) {
		struct vf_input *in;
		enum vf_rc rc = vf_input_open(o->detached[i], 1u << 20, &in, reterr);

		if (rc != VF_OK)
			return rc;
		j->detached[i] = (struct vf_detached){o->detached[i], vf_input_source(in)};
		j->detached_inputs[j->n_detached++] = in;
	}
	return VF_OK;
}

static VF_RC begin(struct vf_judge *j, const struct vf_options *o, struct vf_err *reterr)
{
	struct vf_session_options session = {.at = j->at, .integrity_only = j->integrity_only};
	enum vf_rc rc = VF_OK;

	if (o->trust)
		rc = vf_trust_read(o->trust, &j->trust, reterr);
	if (rc != VF_OK)
		return rc;
	if (o->strict && j->trust.insecure[0])
		return vf_fail(reterr, VF_TRUST_INSECURE, "%s", j->trust.insecure);
	session.files = j->trust.files;
	session.n_files = j->trust.n;
	rc = vf_session_new(&session, j->memory, VF_SESSION_MEMORY, &j->session, reterr);
	return rc == VF_OK ? open_detached(j, o, reterr) : rc;
}

VF_RC vf_judge_new(const struct vf_options *o, int64_t now, struct vf_judge **ret, const char **ret_warning,
	struct vf_err *reterr)
{
	VF_CLEANUP(vf_judge_freep) struct vf_judge *j = calloc(1, sizeof(*j));
	enum vf_rc rc;

	if (!j)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to begin");
	j->room = o->n_operands;
	j->memory = malloc(VF_SESSION_MEMORY);
	j->judged = calloc(j->room + 1, sizeof(*j->judged));
	j->outcomes = calloc(j->room + 1, sizeof(*j->outcomes));
	j->detached = calloc(o->n_detached + 1, sizeof(*j->detached));
	j->detached_inputs = calloc(o->n_detached + 1, sizeof(struct vf_input *));
	if (!j->memory || !j->judged || !j->outcomes || !j->detached || !j->detached_inputs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to begin");
	j->at = o->has_at ? o->at_ms : now;
	j->at_given = o->has_at;
	j->integrity_only = o->integrity_only;
	rc = begin(j, o, reterr);
	if (rc != VF_OK)
		return rc;
	*ret_warning = j->trust.insecure[0] ? j->trust.insecure : NULL;
	*ret = j;
	j = NULL;
	return VF_OK;
}

/* Tables are given back from the first page that nothing lies in. */
static void keep_used(struct judged *at, size_t used)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), keep = (used + page - 1) / page * page;

	if (keep >= at->n_tables)
		return;
	munmap((uint8_t *)at->tables + keep, at->n_tables - keep);
	at->n_tables = keep;
}

/* Nothing may have changed while it was read, the detached files neither. */
static VF_RC check_same(const struct vf_judge *j, const struct judged *at, struct vf_err *reterr)
{
	enum vf_rc rc = vf_input_check_same(at->input, reterr);

	for (size_t i = 0; i < j->n_detached && rc == VF_OK; i++)
		rc = vf_input_check_same(j->detached_inputs[i], reterr);
	return rc;
}

static VF_RC judge_one(struct vf_judge *j, const char *path, struct judged *at, struct vf_report *ret,
	struct vf_err *reterr)
{
	uint64_t whole = j->held >= HELD ? 0 : HELD - j->held;
	struct vf_arena memory;
	enum vf_rc rc;

	rc = vf_input_open(path, whole < VF_INPUT_WHOLE ? whole : VF_INPUT_WHOLE, &at->input, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_input_source(at->input)->memory.p)
		j->held += vf_input_source(at->input)->size;
	at->tables = mmap(NULL, VF_BUNDLE_MEMORY, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at->tables == MAP_FAILED)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check '%s'", ret->input);
	at->n_tables = VF_BUNDLE_MEMORY;
	vf_arena_init(&memory, at->tables, at->n_tables);
	rc = vf_bundle_check(j->session, &memory, path, vf_input_source(at->input), j->detached, j->n_detached, ret,
		reterr);
	keep_used(at, memory.used);
	return rc == VF_OK ? check_same(j, at, reterr) : rc;
}

void vf_judge_next(struct vf_judge *j, const char *path)
{
	struct vf_outcome *o = &j->outcomes[j->n];
	struct judged *at = &j->judged[j->n];
	struct vf_err err = {.rc = VF_NOT_CHECKED};
	enum vf_rc rc;

	if (j->n == j->room)
		return;
	j->n++;
	vf_report_init(&o->report, path, j->integrity_only);
	rc = judge_one(j, path, at, &o->report, &err);
	o->decided = rc == VF_OK;
	if (!o->decided) {
		/* Nothing half found may look like a result. */
		vf_report_init(&o->report, path, j->integrity_only);
		o->err = err;
		o->err.rc = rc;
	}
	if (at->input && j->room > 1)
		vf_input_close(at->input);
}

struct vf_run vf_judge_run(const struct vf_judge *j)
{
	struct vf_run run = {.at_ms = j->at, .at_given = j->at_given, .integrity_only = j->integrity_only,
		.version = TRIALNOTARY_VERSION, .outcomes = j->outcomes, .n_outcomes = j->n};

	run.has_policy = vf_session_policy(j->session, &run.policy, &run.policy_sha256);
	return run;
}

const struct vf_source *vf_judge_source(const struct vf_judge *j)
{
	return j->n && j->judged[j->n - 1].input ? vf_input_source(j->judged[j->n - 1].input) : NULL;
}

VF_RC vf_judge_check_same(const struct vf_judge *j, struct vf_err *reterr)
{
	if (!vf_judge_source(j))
		return vf_fail(reterr, VF_INTERNAL, "there is no input");
	return vf_input_check_same(j->judged[j->n - 1].input, reterr);
}
