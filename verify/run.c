#include "verify/run.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "verify/bundle.h"
#include "verify/excerpt_judge.h"
#include "verify/files.h"
#include "verify/held.h"
#include "verify/inspect_der.h"
#include "verify/receipt.h"
#include "verify/receipt_judge.h"
#include "verify/study.h"

/* Octets of inputs that are held in memory at once; further ones are read where they lie. */
#define HELD (256u << 20)

/* What an outcome borrows from: its input and its tables. */
struct judged {
	struct vf_input *input;
	void *tables;
	size_t n_tables; /* octets that are mapped */
};

struct vf_runner {
	struct vf_trust trust;
	void *memory; /* of the session */
	struct vf_session *session;
	struct vf_held held_pki;
	/* files beside the evidence: documents of a bundle, or what a record or token is to be about */
	struct vf_input **beside;
	size_t n_beside;
	struct vf_detached *detached;
	size_t n_detached;
	struct vf_given *objects;
	size_t n_objects;
	struct vf_detached proof; /* source is NULL when none is given */
	struct judged *judged;
	struct vf_outcome *outcomes;
	size_t n, room;
	uint64_t held;
	int64_t at;
	bool at_given, integrity_only;
	enum vf_verb verb;
	struct vf_record_options record;
};

struct vf_runner *vf_runner_free(struct vf_runner *r)
{
	if (!r)
		return NULL;
	vf_session_free(r->session);
	for (size_t i = 0; i < r->n; i++) {
		vf_input_free(r->judged[i].input);
		if (r->judged[i].n_tables)
			munmap(r->judged[i].tables, r->judged[i].n_tables);
	}
	for (size_t i = 0; i < r->n_beside; i++)
		vf_input_free(r->beside[i]);
	free(r->beside);
	free(r->detached);
	free(r->objects);
	free(r->judged);
	free(r->outcomes);
	free(r->memory);
	vf_held_done(&r->held_pki);
	vf_trust_done(&r->trust);
	free(r);
	return NULL;
}

void vf_runner_freep(struct vf_runner **r)
{
	*r = vf_runner_free(*r);
}

static VF_RC open_beside(struct vf_runner *r, const char *path, const struct vf_source **ret, struct vf_err *reterr)
{
	struct vf_input *in;
	enum vf_rc rc = vf_input_open(path, 1u << 20, &in, reterr);

	if (rc != VF_OK)
		return rc;
	r->beside[r->n_beside++] = in;
	*ret = vf_input_source(in);
	if ((*ret)->memory.p)
		vf_input_close(in); /* many small files cost no descriptors */
	return VF_OK;
}

/* The files after the evidence and the digests of those that are not given, in this order. */
static VF_RC open_objects(struct vf_runner *r, const struct vf_options *o, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = vf_runner_inputs(o); i < o->operands.n && rc == VF_OK; i++) {
		struct vf_given *g = &r->objects[r->n_objects++];

		g->name = o->operands.at[i];
		rc = open_beside(r, g->name, &g->source, reterr);
	}
	for (size_t i = 0; i < o->digests.n; i++)
		r->objects[r->n_objects++] = o->given[i];
	for (size_t i = 0; i < o->detached.n && rc == VF_OK; i++) {
		struct vf_detached *d = &r->detached[r->n_detached++];

		d->name = o->detached.at[i];
		rc = open_beside(r, d->name, &d->source, reterr);
	}
	if (rc != VF_OK || !o->proof)
		return rc;
	r->proof.name = o->proof;
	return open_beside(r, o->proof, &r->proof.source, reterr);
}

static VF_RC begin(struct vf_runner *r, const struct vf_options *o, struct vf_err *reterr)
{
	struct vf_session_options session = {.at = r->at, .integrity_only = r->integrity_only, .n_inputs = r->room,
		.extra = &r->held_pki.extra};
	enum vf_rc rc = vf_held_read(o, &r->held_pki, reterr);

	if (rc == VF_OK && o->trust)
		rc = vf_trust_read(o->trust, &r->trust, reterr);
	if (rc != VF_OK)
		return rc;
	if (o->strict && r->trust.insecure[0])
		return vf_fail(reterr, VF_TRUST_INSECURE, "%s", r->trust.insecure);
	session.files = r->trust.files;
	session.n_files = r->trust.n;
	rc = vf_session_new(&session, r->memory, VF_SESSION_MEMORY, &r->session, reterr);
	return rc == VF_OK ? open_objects(r, o, reterr) : rc;
}

size_t vf_runner_inputs(const struct vf_options *o)
{
	return o->verb == VF_VERB_ER || o->verb == VF_VERB_TOKEN || o->verb == VF_VERB_RECEIPT || o->verb == VF_VERB_EXCERPT
		? 1
		: o->operands.n;
}

VF_RC vf_runner_new(const struct vf_options *o, int64_t now, struct vf_runner **ret, const char **ret_warning,
	struct vf_err *reterr)
{
	VF_CLEANUP(vf_runner_freep) struct vf_runner *r = calloc(1, sizeof(*r));
	enum vf_rc rc;

	if (!r)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to begin");
	r->room = vf_runner_inputs(o);
	r->memory = malloc(VF_SESSION_MEMORY);
	r->judged = calloc(r->room + 1, sizeof(*r->judged));
	r->outcomes = calloc(r->room + 1, sizeof(*r->outcomes));
	r->detached = calloc(o->detached.n + 1, sizeof(*r->detached));
	r->beside = calloc(o->detached.n + o->operands.n + 2, sizeof(struct vf_input *));
	r->objects = calloc(o->digests.n + o->operands.n + 1, sizeof(*r->objects));
	if (!r->memory || !r->judged || !r->outcomes || !r->detached || !r->beside || !r->objects)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to begin");
	r->at = o->has_at ? o->at_ms : now;
	r->at_given = o->has_at;
	r->integrity_only = o->integrity_only;
	r->verb = o->verb;
	r->record = o->record;
	rc = begin(r, o, reterr);
	if (rc != VF_OK)
		return rc;
	*ret_warning = r->trust.insecure[0] ? r->trust.insecure : NULL;
	*ret = r;
	r = NULL;
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

/* Nothing may have changed while it was read, the files beside it neither. */
static VF_RC check_same(const struct vf_runner *r, const struct judged *at, struct vf_err *reterr)
{
	enum vf_rc rc = vf_input_check_same(at->input, reterr);

	for (size_t i = 0; i < r->n_beside && rc == VF_OK; i++)
		rc = vf_input_check_same(r->beside[i], reterr);
	return rc;
}

/* A file that is meant for another verb is the user's slip, not a fault of the evidence. */
static VF_RC check_verb(const struct vf_runner *r, const struct vf_source *source, const char *name,
	struct vf_err *reterr)
{
	enum vf_der_kind kind = vf_der_kind(source->memory);
	bool is_zip = vf_bytes_starts(source->memory, "PK\003\004");

	if (kind == VF_DER_RECORD && r->verb != VF_VERB_ER)
		return vf_fail(reterr, VF_USAGE, "'%s' is an evidence record: check it with  trialverify er RECORD FILE...", name);
	if (kind != VF_DER_RECORD && kind != VF_DER_OTHER && r->verb != VF_VERB_TOKEN)
		return vf_fail(reterr, VF_USAGE, "'%s' is %s: check it with  trialverify token TOKEN FILE", name,
			vf_der_kind_text(kind));
	if (is_zip && (r->verb == VF_VERB_ER || r->verb == VF_VERB_TOKEN || r->verb == VF_VERB_RECEIPT || r->verb == VF_VERB_EXCERPT))
		return vf_fail(reterr, VF_USAGE, "'%s' is a container: check it with  trialverify FILE", name);
	if (vf_study_is(source))
		return vf_fail(reterr, VF_USAGE, "'%s' is a study bundle: check it by itself, as a file, with  trialverify FILE", name);
	if (vf_bytes_starts(source->memory, "<!DOCTYPE html>") && r->verb != VF_VERB_RECEIPT)
		return vf_fail(reterr, VF_USAGE, "'%s' is an HTML page: a participant's page is checked with  trialverify receipt PAGE",
			name);
	if (vf_bytes_starts(source->memory, VF_RECEIPT_MAGIC "\n") && r->verb != VF_VERB_RECEIPT)
		return vf_fail(reterr, VF_USAGE, "'%s' is a receipt: check it with  trialverify receipt RECEIPT", name);
	if (vf_bytes_starts(source->memory, VF_EXCERPT_MAGIC "\n") && r->verb != VF_VERB_EXCERPT)
		return vf_fail(reterr, VF_USAGE, "'%s' is an excerpt: check it with  trialverify excerpt EXCERPT BUNDLE", name);
	return VF_OK;
}

/* What follows a receipt is the bundle of its record. */
static VF_RC judge_receipt(struct vf_runner *r, struct vf_arena *memory, const char *path,
	const struct vf_source *source, struct vf_report *ret, struct vf_err *reterr)
{
	struct vf_receipt_given given = {.proof = r->proof};

	if (r->n_objects)
		given.bundle = (struct vf_detached){r->objects[0].name, r->objects[0].source};
	return vf_receipt_check(r->session, memory, path, source, &given, ret, reterr);
}

/* What follows an excerpt is the bundle of its record. */
static VF_RC judge_excerpt(struct vf_runner *r, struct vf_arena *memory, const char *path,
	const struct vf_source *source, struct vf_outcome *ret, struct vf_err *reterr)
{
	struct vf_detached bundle = {r->objects[0].name, r->objects[0].source};

	return vf_excerpt_judge(r->session, memory, path, source, &bundle, &ret->report, &ret->excerpt, reterr);
}

static VF_RC judge(struct vf_runner *r, struct vf_arena *memory, const char *path, const struct vf_source *source,
	struct vf_outcome *o, struct vf_err *reterr)
{
	struct vf_report *ret = &o->report;
	enum vf_rc rc = check_verb(r, source, ret->input, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->verb == VF_VERB_ER)
		return vf_record_check(r->session, memory, path, source, &r->record, r->objects, r->n_objects, ret, reterr);
	if (r->verb == VF_VERB_TOKEN)
		return vf_token_check(r->session, memory, path, source, r->n_objects ? r->objects : NULL, ret, reterr);
	if (r->verb == VF_VERB_RECEIPT)
		return judge_receipt(r, memory, path, source, ret, reterr);
	if (r->verb == VF_VERB_EXCERPT)
		return judge_excerpt(r, memory, path, source, o, reterr);
	return vf_bundle_check(r->session, memory, path, source, r->detached, r->n_detached, ret, reterr);
}

static VF_RC judge_one(struct vf_runner *r, const char *path, struct judged *at, struct vf_outcome *ret,
	struct vf_err *reterr)
{
	uint64_t whole = r->held >= HELD ? 0 : HELD - r->held;
	struct vf_arena memory;
	enum vf_rc rc;

	rc = vf_input_open(path, whole < VF_INPUT_WHOLE ? whole : VF_INPUT_WHOLE, &at->input, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_input_source(at->input)->memory.p)
		r->held += vf_input_source(at->input)->size;
	at->tables = mmap(NULL, VF_BUNDLE_MEMORY, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at->tables == MAP_FAILED)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check '%s'", ret->report.input);
	at->n_tables = VF_BUNDLE_MEMORY;
	vf_arena_init(&memory, at->tables, at->n_tables);
	rc = judge(r, &memory, path, vf_input_source(at->input), ret, reterr);
	keep_used(at, memory.used);
	return rc == VF_OK ? check_same(r, at, reterr) : rc;
}

void vf_runner_next(struct vf_runner *r, const char *path)
{
	struct vf_outcome *o = &r->outcomes[r->n];
	struct judged *at = &r->judged[r->n];
	struct vf_err err = {.rc = VF_NOT_CHECKED};
	enum vf_rc rc;

	if (r->n == r->room)
		return;
	r->n++;
	vf_report_init(&o->report, path, r->integrity_only);
	rc = judge_one(r, path, at, o, &err);
	o->decided = rc == VF_OK;
	if (!o->decided) {
		/* Nothing half found may look like a result. */
		vf_report_init(&o->report, path, r->integrity_only);
		o->excerpt = (struct vf_excerpt_facts){0};
		o->err = err;
		o->err.rc = rc;
	}
	if (at->input && r->room > 1)
		vf_input_close(at->input);
}

struct vf_run vf_runner_run(const struct vf_runner *r)
{
	struct vf_run run = {.at_ms = r->at, .at_given = r->at_given, .integrity_only = r->integrity_only,
		.version = TRIALNOTARY_VERSION, .outcomes = r->outcomes, .n_outcomes = r->n};

	run.has_policy = vf_session_policy(r->session, &run.policy, &run.policy_sha256);
	return run;
}

struct vf_session_options vf_runner_options(const struct vf_runner *r, const struct vf_detached **ret_detached, size_t *ret_n)
{
	*ret_detached = r->detached;
	*ret_n = r->n_detached;
	return (struct vf_session_options){.files = r->trust.files,
		.n_files = r->trust.n,
		.at = r->at,
		.integrity_only = r->integrity_only,
		.extra = &r->held_pki.extra};
}

const struct vf_source *vf_runner_source(const struct vf_runner *r)
{
	return r->n && r->judged[r->n - 1].input ? vf_input_source(r->judged[r->n - 1].input) : NULL;
}
