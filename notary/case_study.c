/* The study as a study bundle shows it: every record judged first. */
#include <stdlib.h>
#include <sys/mman.h>

#include "notary/case.h"
#include "notary/study_beside.h"
#include "notary/study_in.h"
#include "trial/grow.h"
#include "trial/statement.h"
#include "verify/files.h"
#include "verify/study_judge.h"

/* What the facts of one record take in a session's table, and more. */
#define FACTS 2048

struct study {
	struct nt_study_in in;
	void *memory, *block;
	size_t n_block;
	struct vf_arena bundles;
	int64_t *anchored; /* of each record */
	struct vf_bytes open; /* the document that is being read */
	struct nt_beside *beside;
	struct vf_hash *erased; /* what shown records say was erased, ascending */
	size_t n_erased, cap_erased;
	const struct vf_study_record **by_id; /* all in the file */
	uint64_t found; /* places of streams that are not in the file and that such a record accounts for */
	struct vf_study_result result;
	struct nt_case *c;
};

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for a study bundle");
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

/* ---- judging ---- */

static void note_time(void *ctx, const struct vf_study_record *r, const struct vf_report *report)
{
	struct study *x = ctx;

	x->anchored[r - x->in.s.records] = report->existed_by;
}

static VF_RC judge(struct study *x, const char *trust, int64_t at, struct vf_err *reterr)
{
	VF_CLEANUP(vf_session_freep) struct vf_session *session = NULL;
	struct vf_trust t = {0};
	struct vf_study_judging j = {.memory = &x->bundles, .each = note_time, .ctx = x, .report = malloc(sizeof(*j.report))};
	struct vf_session_options options = {.at = at, .n_inputs = x->in.s.n_shown};
	enum vf_rc rc = j.report ? vf_trust_read(trust, &t, reterr) : no_memory(reterr);

	if (rc != VF_OK && j.report)
		vf_err_prefix(reterr, "the trust directory");
	j.detached = nt_beside_found(x->beside, &j.n_detached);
	options.files = t.files;
	options.n_files = t.n;
	x->n_block = VF_SESSION_MEMORY + x->in.s.n_shown * FACTS;
	x->block = map(x->n_block);
	if (rc == VF_OK && !x->block)
		rc = no_memory(reterr);
	if (rc == VF_OK)
		rc = vf_session_new(&options, x->block, x->n_block, &session, reterr);
	j.session = session;
	if (rc == VF_OK)
		rc = vf_study_check(&x->in.s, &j, &x->result, reterr);
	session = vf_session_free(session);
	vf_trust_done(&t);
	free(j.report);
	if (rc == VF_OK && x->result.verdict == VF_REJECTED)
		return vf_fail(reterr, x->result.n_faults ? x->result.faults[0].err.rc : VF_NOT_VERIFIED, "the study bundle is REJECTED: %.200s",
			x->result.n_faults ? x->result.faults[0].err.text : "");
	return rc;
}

/* ---- documents ---- */

static VF_RC read_beside(void *ctx, uint64_t at, void *out, size_t cap, size_t *ret_n, struct vf_err *reterr)
{
	const struct vf_source *source = ctx;
	size_t n = at < source->size && source->size - at < cap ? (size_t)(source->size - at) : at < source->size ? cap : 0;
	enum vf_rc rc = n ? vf_source_read(source, at, out, n, reterr) : VF_OK;

	if (rc == VF_OK)
		*ret_n = n;
	return rc;
}

/* In the file, or beside it. */
static VF_RC open_file(void *ctx, const struct nt_case_file *f, struct tr_input *ret, struct vf_err *reterr)
{
	struct study *x = ctx;
	const struct vf_zip_entry *e = vf_study_document(&x->in.s, &f->sha256);
	const struct vf_source *source = e ? NULL : nt_beside_of(x->beside, &f->sha256);
	struct vf_hash h;

	if (source) {
		*ret = (struct tr_input){.read_at = read_beside, .ctx = (void *)(uintptr_t)source, .size = source->size, .name = f->name};
		return VF_OK;
	}
	if (!e || !vf_bytes_slice(nt_study_in_file(&x->in), e->data_at, e->size, &x->open))
		return vf_fail(reterr, VF_DOCUMENT_MISSING, "the document is neither in the study bundle nor beside it");
	h = vf_sha256(x->open);
	if (!vf_hash_eq(&h, &f->sha256))
		return vf_fail(reterr, VF_DOCUMENT_CHANGED, "the document in the study bundle is another");
	*ret = tr_input_of(&x->open, "");
	ret->name = f->name;
	return VF_OK;
}

static void close_file(void *ctx, struct tr_input *input)
{
	(void)ctx;
	(void)input;
}

struct document {
	struct vf_bytes name;
	struct vf_pair digests;
};

/* Plain ones as they are listed, or those behind commitments in their order. */
static VF_RC list_documents(struct study *x, const struct vf_study_unpacked *u, struct document **ret, size_t *ret_n, struct vf_err *reterr)
{
	const struct vf_statement *st = &u->statement;
	struct document *d = VF_NEW(&x->in.arena, st->n_members + 1, struct document);
	size_t n = 0;

	if (!d)
		return no_memory(reterr);
	for (size_t i = 0; i < st->n_members; i++)
		if (st->members[i].role == VF_ROLE_DOCUMENT)
			d[n++] = (struct document){st->members[i].name, st->members[i].digests};
	for (size_t i = 0; i < u->n_members; i++) {
		const struct vf_member *m = vf_statement_find(st, u->members[i].name);
		struct vf_commitment c;

		if (m && m->role == VF_ROLE_COMMITMENT && vf_commitment_parse(u->members[i].bytes, &x->in.arena, &c, NULL) == VF_OK)
			d[n++] = (struct document){c.name, c.digests};
	}
	*ret = d;
	*ret_n = n;
	return VF_OK;
}

static uint64_t size_of(const struct study *x, const struct vf_hash *sha256)
{
	const struct vf_zip_entry *e = vf_study_document(&x->in.s, sha256);
	const struct vf_source *source = e ? NULL : nt_beside_of(x->beside, sha256);

	return e ? e->size : source ? source->size : 0;
}

/* details.json, read whole; *ret is empty when it is not at hand. */
static VF_RC read_details(struct study *x, const struct document *d, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct nt_case_file f = {.name = d->name, .sha256 = d->digests.sha256};
	struct tr_input in;
	uint8_t *text;
	enum vf_rc rc;

	if (open_file(x, &f, &in, NULL) != VF_OK || in.size > TR_MAX_DETAILS)
		return VF_OK;
	text = VF_NEW(&x->in.arena, (size_t)in.size + 1, uint8_t);
	rc = text ? tr_input_take(&in, 0, text, (size_t)in.size, reterr) : no_memory(reterr);
	if (rc == VF_OK)
		*ret = vf_bytes(text, (size_t)in.size);
	return rc;
}

/* ---- what is not in the file ---- */

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

static bool is_erased(const struct study *x, const struct vf_hash *id)
{
	return x->n_erased && bsearch(id, x->erased, x->n_erased, sizeof(*id), by_hash) != NULL;
}

static int by_id(const void *a, const void *b)
{
	const struct vf_study_record *x = *(const struct vf_study_record *const *)a, *y = *(const struct vf_study_record *const *)b;

	return memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

static bool is_in_file(const struct study *x, const struct vf_hash *id)
{
	const struct vf_study_record key = {.id = *id}, *p = &key;

	return bsearch(&p, x->by_id, x->in.s.n_records, sizeof(p), by_id) != NULL;
}

static VF_RC note_erased(struct study *x, const struct vf_statement *st, struct vf_err *reterr)
{
	for (size_t i = 0; i < st->n_links; i++) {
		if (tr_link_find(st->links[i].type) != TR_ERASES)
			continue;
		if (!TR_GROW(x->erased, x->cap_erased, x->n_erased + 1))
			return no_memory(reterr);
		x->erased[x->n_erased++] = st->links[i].record;
	}
	return VF_OK;
}

/* Before anything is judged: which documents are elsewhere, and what the shown records say was erased. */
static VF_RC survey(struct study *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	x->by_id = malloc((x->in.s.n_records + 1) * sizeof(*x->by_id));
	if (!x->by_id)
		return no_memory(reterr);
	for (size_t i = 0; rc == VF_OK && i < x->in.s.n_records; i++) {
		struct vf_study_unpacked u;
		struct document *docs = NULL;
		size_t n = 0;

		x->by_id[i] = &x->in.s.records[i];
		if (!x->in.s.records[i].is_shown)
			continue;
		rc = vf_study_unpack(&x->in.s, i, &u, reterr);
		if (rc == VF_OK)
			rc = note_erased(x, &u.statement, reterr);
		if (rc == VF_OK)
			rc = list_documents(x, &u, &docs, &n, reterr);
		for (size_t k = 0; rc == VF_OK && k < n; k++)
			if (!vf_study_document(&x->in.s, &docs[k].digests.sha256))
				rc = nt_beside_want(x->beside, docs[k].name, &docs[k].digests, reterr);
	}
	if (rc != VF_OK)
		return rc;
	qsort(x->by_id, x->in.s.n_records, sizeof(*x->by_id), by_id);
	if (x->n_erased)
		qsort(x->erased, x->n_erased, sizeof(*x->erased), by_hash);
	return nt_beside_look(x->beside, reterr);
}

/*
 * A record of which nothing could be packed is a gap before the next one of its stream, which names it. When a shown
 * record says that it was erased, its place is known, and only its index in the log is not.
 */
static VF_RC add_gap(struct study *x, const struct vf_study_record *next, struct vf_err *reterr)
{
	if (!next->in_stream || next->seq == 0 || is_in_file(x, &next->prev) || !is_erased(x, &next->prev))
		return VF_OK;
	x->found++;
	return nt_case_add(x->c, &(struct nt_case_record){.id = next->prev, .index = UINT64_MAX, .anchored = VF_TIME_NONE, .stream = next->stream,
		.seq = next->seq - 1, .in_stream = true, .is_erased = true}, reterr);
}

/* ---- records ---- */

/* The file does not say whether it was erased or withheld: that a shown record says so is the only sign. */
static VF_RC add_hidden(struct study *x, const struct vf_study_record *r, struct vf_err *reterr)
{
	return nt_case_add(x->c, &(struct nt_case_record){.id = r->id, .index = r->index, .anchored = VF_TIME_NONE, .stream = r->stream,
		.seq = r->seq, .in_stream = r->in_stream, .is_erased = is_erased(x, &r->id), .is_withheld = !is_erased(x, &r->id)}, reterr);
}

static struct vf_bytes octets_of(const struct vf_study_unpacked *u, const char *name)
{
	for (size_t i = 0; i < u->n_members; i++)
		if (vf_bytes_is(u->members[i].name, name))
			return u->members[i].bytes;
	return vf_bytes("", 0);
}

static VF_RC add_shown(struct study *x, size_t i, const struct vf_study_unpacked *u, struct vf_err *reterr)
{
	const struct vf_study_record *r = &x->in.s.records[i];
	const struct vf_statement *st = &u->statement;
	struct nt_case_record made = {.id = r->id, .kind = st->kind, .version = st->version, .date = st->date, .title = st->title,
		.n_links = st->n_links, .index = r->index, .anchored = x->anchored[i], .stream = r->stream, .seq = r->seq, .in_stream = r->in_stream,
		.signature = {octets_of(u, VF_NAME_STATEMENT), octets_of(u, VF_NAME_SIGNED_MANIFEST), octets_of(u, VF_NAME_SIGNATURE)}};
	struct tr_link *links = VF_NEW(&x->in.arena, st->n_links + 1, struct tr_link);
	struct document *docs = NULL;
	size_t n = 0;
	enum vf_rc rc = links ? list_documents(x, u, &docs, &n, reterr) : no_memory(reterr);

	for (size_t k = 0; rc == VF_OK && k < st->n_links; k++)
		links[k] = (struct tr_link){tr_link_find(st->links[k].type), st->links[k].record};
	made.links = links;
	for (size_t k = 0; rc == VF_OK && k < n; k++)
		if (vf_bytes_is(docs[k].name, TR_DETAILS_NAME)) {
			rc = read_details(x, &docs[k], &made.details, reterr);
			made.lacks_details = made.details.n == 0;
		}
	if (rc == VF_OK)
		rc = nt_case_add(x->c, &made, reterr);
	for (size_t k = 0; rc == VF_OK && k < n; k++) {
		const struct vf_hash *sha256 = &docs[k].digests.sha256;
		struct nt_case_file f = {.name = docs[k].name, .sha256 = *sha256, .size = size_of(x, sha256), .open = open_file,
			.close = close_file, .ctx = x, .key = i};

		if (!vf_bytes_is(docs[k].name, TR_DETAILS_NAME))
			rc = nt_case_add_file(x->c, &f, reterr);
	}
	return rc;
}

static VF_RC add_one(struct study *x, size_t i, const struct vf_study_unpacked *u, struct vf_err *reterr)
{
	const struct vf_study_record *r = &x->in.s.records[i];
	enum vf_rc rc = add_gap(x, r, reterr);

	if (rc != VF_OK)
		return rc;
	return r->is_shown ? add_shown(x, i, u, reterr) : add_hidden(x, r, reterr);
}

static VF_RC add_all(struct study *x, int64_t as_of, struct vf_err *reterr)
{
	uint64_t missing = 0;
	enum vf_rc rc = VF_OK;

	/* the list of streams is gone with the next unpacking */
	for (size_t i = 0; i < x->result.n_streams; i++)
		missing += x->result.streams[i].missing;
	for (size_t i = 0; rc == VF_OK && i < x->in.s.n_records; i++) {
		struct vf_study_unpacked u;

		rc = vf_study_unpack(&x->in.s, i, &u, reterr);
		/* all of one study: the judge has seen to that */
		if (rc == VF_OK && !x->c && x->in.s.records[i].is_shown) {
			rc = nt_case_new(u.statement.study, as_of, &x->c, reterr);
			for (size_t k = 0; rc == VF_OK && k < i; k++)
				rc = add_one(x, k, NULL, reterr);
		}
		if (rc == VF_OK && x->c)
			rc = add_one(x, i, &u, reterr);
	}
	if (rc == VF_OK && !x->c)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "the study bundle shows no record");
	return rc == VF_OK ? nt_case_finish(x->c, missing - x->found, reterr) : rc;
}

VF_RC nt_case_of_study(const char *path, const struct nt_case_study *how, int64_t as_of, struct nt_case **ret, struct vf_err *reterr)
{
	struct study *x = calloc(1, sizeof(*x));
	enum vf_rc rc;

	if (!x)
		return no_memory(reterr);
	x->memory = map(VF_BUNDLE_MEMORY);
	rc = x->memory ? VF_OK : no_memory(reterr);
	vf_arena_init(&x->bundles, x->memory, VF_BUNDLE_MEMORY);
	if (rc == VF_OK)
		rc = nt_study_in_open(&x->in, path, reterr);
	if (rc == VF_OK)
		rc = nt_beside_new(how->from, how->n_from, &x->beside, reterr);
	if (rc == VF_OK)
		rc = survey(x, reterr);
	if (rc == VF_OK) {
		x->anchored = malloc((x->in.s.n_records + 1) * sizeof(*x->anchored));
		rc = x->anchored ? judge(x, how->trust, how->now, reterr) : no_memory(reterr);
	}
	if (rc == VF_OK)
		rc = add_all(x, as_of, reterr);
	if (rc == VF_OK) {
		nt_case_set_unverified(x->c, x->result.shown - x->result.counts[VF_VERIFIED]);
		*ret = x->c;
	} else {
		nt_case_free(x->c);
	}
	nt_study_in_done(&x->in);
	unmap(x->memory, VF_BUNDLE_MEMORY);
	unmap(x->block, x->n_block);
	nt_beside_free(x->beside);
	free(x->by_id);
	free(x->erased);
	free(x->anchored);
	free(x);
	return rc;
}
