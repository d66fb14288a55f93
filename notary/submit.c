#include "notary/submit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "notary/crew.h"
#include "notary/details_check.h"
#include "notary/submission.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Texts and tables of one chunk; holds the largest record. Only what is used becomes resident. */
#define ARENA ((size_t)96 * 1024 * 1024)
/* The longest journal text: 10,000 documents with the longest names. */
#define MAX_SAME ((size_t)8 * 1024 * 1024)
/* Places for journal keys of one chunk: a power of two, at most half full. */
#define TABLE 2048
#define MAX_CREW 16
/* Fewer records are done before threads have started. */
#define WORTH_A_CREW 256

/* What became of one record of the chunk. */
struct outcome {
	struct nt_making making;
	struct vf_hash id;
	enum nt_accepted how;
	size_t submission; /* SIZE_MAX: found in the journal or in this chunk */
};

struct build {
	const struct nt_submit_to *to;
	const struct nt_submit *s;
	struct nt_maker maker;
	struct tr_link *links;
	struct nt_link *nt_links;
	uint8_t *details_text;
	struct tr_facts facts; /* what the details say */
	bool has_facts, is_judged;
	struct vf_arena facts_arena;
	void *facts_block;
	void *block;
	struct nt_crew *crew;
	const struct nt_submit_record *all;
	size_t n_all;
	/* the chunk */
	struct outcome *outcomes;
	size_t n_outcomes;
	struct nt_submission *submissions;
	struct outcome **makers; /* of submissions */
	enum nt_accepted *accepted;
	uint16_t table[TABLE]; /* outcome + 1 */
	/* between threads: submissions below ready have an ID, below taken somebody finishes them */
	atomic_size_t keyed, ready, taken;
	atomic_bool closed;
	pthread_mutex_t lock;
	enum vf_rc fault; /* the first one of any thread */
	struct vf_err fault_text;
};

struct vf_bytes nt_submit_kind(const struct nt_submit *s)
{
	return s->kind == TR_OWN ? s->own_kind : vf_bytes_str(tr_kind_name(s->kind));
}

bool nt_submit_is_personal(const struct nt_submit *s)
{
	return s->kind == TR_OWN ? s->own_is_personal : tr_kind_is_personal(s->kind);
}

static struct vf_bytes first_said(struct vf_bytes of_all, struct vf_bytes said, struct vf_bytes found)
{
	return of_all.n > 0 ? of_all : said.n > 0 ? said : found;
}

struct nt_submit_texts nt_submit_texts_of(const struct nt_submit *s, const struct nt_submit_record *r, bool with_found)
{
	const struct nt_submit_texts found = with_found ? r->found : (struct nt_submit_texts){0};

	if (nt_submit_is_personal(s))
		return (struct nt_submit_texts){0};
	return (struct nt_submit_texts){
		.version = first_said(s->version, r->said.version, found.version),
		.date = first_said(s->date, r->said.date, found.date),
		.title = first_said(s->title, r->said.title, found.title),
	};
}

/* ---- checks before anything is stored ---- */

static VF_RC check_texts(const struct nt_submit *s, const struct nt_submit_record *r, struct vf_err *reterr)
{
	struct nt_submit_texts t = nt_submit_texts_of(s, r, true);
	struct tr_statement texts = {.kind = s->kind,
		.own_kind = s->own_kind,
		.study = s->study,
		.version = t.version,
		.date = t.date,
		.title = t.title};

	return tr_statement_check_texts(&texts, reterr);
}

static VF_RC check_record(const struct build *b, const struct nt_submit_record *r, struct vf_err *reterr)
{
	const struct nt_submit *s = b->s;
	size_t docs = r->n_files + (b->maker.details.name.n > 0);
	bool enough = docs > 0;

	for (size_t i = 0; i < s->n_links && !enough; i++) /* links of details come with a document */
		enough = tr_link_is_enough(s->links[i].type, s->kind);
	if (!enough)
		return vf_fail(reterr, VF_USAGE, "a record of kind '%.*s' needs a document or details", VF_STR(nt_submit_kind(s)));
	if (docs + 1 > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_LIMIT, "%zu documents in one record, more than %d: make several records of them, or one of each (--each)",
			docs, VF_MAX_MEMBERS - 1);
	if ((s->confidential || nt_submit_is_personal(s)) && docs > TR_MAX_COMMITMENTS)
		return vf_fail(reterr, VF_LIMIT, "%zu confidential documents in one record, more than %d",
			docs, TR_MAX_COMMITMENTS);
	if (nt_submit_is_personal(s) && !s->confidential && r->n_files > 0)
		return vf_fail(reterr, VF_PERSONAL_FIELD,
			"the documents of a '%.*s' record must be confidential", VF_STR(nt_submit_kind(s)));
	return nt_submit_check_names(r->files, r->n_files, NULL, NULL, reterr);
}

/* Details stand beside the files, so no file may have their name. */
static VF_RC check_details_name(
	const struct build *b, const struct nt_submit_record *r, struct vf_err *reterr)
{
	uint8_t folded[2 * VF_MAX_NAME];

	for (size_t i = 0; i < r->n_files && b->maker.details.name.n > 0; i++) {
		size_t n = vf_name_fold(r->files[i].name, folded);

		if (vf_bytes_is(vf_bytes(folded, n), TR_DETAILS_NAME))
			return vf_fail(reterr, VF_NAME_SHAPE,
				"'" TR_DETAILS_NAME
				"' is where the details of the record go: rename that file");
	}
	return VF_OK;
}

static int by_link(const void *a, const void *b)
{
	const struct tr_link *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return memcmp(x->record.b, y->record.b, sizeof(x->record.b));
}

static bool has_link(const struct build *b, const struct tr_link *l)
{
	for (size_t i = 0; i < b->maker.n_links; i++)
		if (by_link(&b->links[i], l) == 0)
			return true;
	return false;
}

/* What was asked for, and what the details say besides. */
static VF_RC gather_links(struct build *b, struct vf_err *reterr)
{
	struct tr_link more[NT_DETAILS_LINKS];
	size_t n = b->s->n_links, n_more = 0;

	if (b->has_facts)
		n_more = nt_details_links(&b->facts, more);
	if (n + n_more > VF_MAX_LINKS)
		return vf_fail(reterr, VF_LIMIT, "%zu links, more than %d", n + n_more, VF_MAX_LINKS);
	b->links = calloc(n + n_more + 1, sizeof(*b->links));
	b->nt_links = calloc(n + n_more + 1, sizeof(*b->nt_links));
	if (!b->links || !b->nt_links)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu links", n);
	if (n > 0)
		memcpy(b->links, b->s->links, n * sizeof(*b->links));
	b->maker.n_links = n;
	for (size_t i = 0; i < n_more; i++)
		if (!has_link(b, &more[i]))
			b->links[b->maker.n_links++] = more[i];
	qsort(b->links, b->maker.n_links, sizeof(*b->links), by_link);
	return VF_OK;
}

static VF_RC check_link(const struct build *b, const struct tr_link *l, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = b->to->link(b->to->ctx, b->s, l, &err);

	if ((rc == VF_UNKNOWN_RECORD || rc == VF_LINK_SHAPE) && b->has_facts && b->facts.kind == TR_WITHDRAWAL &&
		l->type == TR_WITHDRAWS && vf_hash_eq(&l->record, &b->facts.consent))
		return vf_fail(reterr, VF_NOTHING_TO_WITHDRAW, "details at '/consent': %s", err.text);
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

static VF_RC prepare_links(struct build *b, struct vf_err *reterr)
{
	enum vf_rc rc = gather_links(b, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < b->maker.n_links; i++) {
		if (b->to->link)
			rc = check_link(b, &b->links[i], reterr);
		if (rc != VF_OK)
			return rc;
		if (i > 0 && by_link(&b->links[i - 1], &b->links[i]) == 0)
			return vf_fail(reterr, VF_USAGE, "the same link '%s' is given twice",
				tr_link_name(b->links[i].type));
		b->nt_links[i] =
			(struct nt_link){vf_bytes_str(tr_link_name(b->links[i].type)), b->links[i].record};
	}
	b->maker.links = b->links;
	b->maker.nt_links = b->nt_links;
	return VF_OK;
}

/* ---- details ---- */

/* Those of earlier versions, where a personal record says nothing but version, date and title. */
static VF_RC put_old_details(struct build *b, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct nt_submit *s = b->s;
	struct tr_details d = {s->version, s->date, s->title};

	if (!nt_submit_is_personal(s) || s->version.n + s->date.n + s->title.n == 0)
		return VF_OK;
	return tr_details_put(&d, &b->maker.arena, ret, reterr);
}

/* Whoever made them has checked them; it is done again, as what they say decides about links. */
static VF_RC read_details(struct build *b, struct vf_err *reterr)
{
	const struct nt_submit *s = b->s;
	const struct tr_schema *rules = s->own_rules;
	struct tr_rulebook book = {0};
	struct vf_err err = {0};
	char pointer[TR_POINTER_MAX] = "";
	enum vf_rc rc = VF_OK;

	if (nt_submit_is_personal(s) && s->version.n + s->date.n + s->title.n > 0)
		return vf_fail(reterr, VF_INTERNAL, "version, date and title belong into the details");
	if (s->kind != TR_OWN)
		rc = tr_rulebook_get(&book, s->kind, &rules, &err);
	else if (!rules)
		return vf_fail(reterr, VF_INTERNAL, "details of a kind without rules");
	if (rc == VF_OK)
		rc = tr_details_read(s->kind, rules, s->details, &b->facts_arena, &b->facts, pointer, &err);
	tr_rulebook_done(&book);
	b->has_facts = rc == VF_OK;
	return rc == VF_OK ? VF_OK : nt_details_fail(rc, pointer, &err, reterr);
}

static VF_RC prepare_details(struct build *b, struct vf_err *reterr)
{
	struct vf_bytes text = b->s->details;
	enum vf_rc rc;

	if (text.n > 0) {
		b->facts_block = malloc(TR_DETAILS_ROOM);
		if (!b->facts_block)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the details");
		vf_arena_init(&b->facts_arena, b->facts_block, TR_DETAILS_ROOM);
	}
	rc = text.n > 0 ? read_details(b, reterr) : put_old_details(b, &text, reterr);
	if (rc != VF_OK || text.n == 0)
		return rc;
	b->details_text = malloc(text.n);
	if (!b->details_text)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the details");
	memcpy(b->details_text, text.p, text.n);
	if (b->to->sends_details)
		b->maker.details_text = vf_bytes(b->details_text, text.n);
	b->maker.details = (struct nt_submit_file){
		.name = vf_bytes_str(TR_DETAILS_NAME), .digests = vf_pair_of(text), .size = text.n};
	return VF_OK;
}

/* Two records of one call would both replace what their links name. */
static VF_RC check_alone(const struct build *b, struct vf_err *reterr)
{
	for (size_t i = 0; i < b->maker.n_links; i++)
		if (b->links[i].type == TR_SUPERSEDES)
			return vf_fail(reterr, VF_VERSION_ORDER, "several records would supersede the same one: make one record of them");
	return VF_OK;
}

/* Before the first record that is new; what was submitted before is not judged again. */
static VF_RC check_details(struct build *b, struct vf_err *reterr)
{
	if (!b->to->details)
		return VF_OK;
	if (b->is_judged)
		return check_alone(b, reterr);
	b->is_judged = true;
	return b->to->details(
		b->to->ctx, b->s, b->has_facts ? &b->facts : NULL, b->links, b->maker.n_links, reterr);
}

static VF_RC keep_made(struct build *b, const struct nt_submit_file *f, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (f->made->text.n == 0)
		return VF_OK;
	rc = b->to->keep_details(b->to->ctx, f->made->text, &f->digests, reterr);
	return rc == VF_OK ? b->to->keep_secret(b->to->ctx, &f->digests.sha256, &f->made->secret, reterr) : rc;
}

static VF_RC keep_record(struct build *b, const struct nt_making *m, struct vf_err *reterr)
{
	for (size_t i = 0; i < m->n_docs; i++) {
		enum vf_rc rc = VF_OK;

		if (m->docs[i] == &b->maker.details)
			rc = b->to->keep_details(b->to->ctx, vf_bytes(b->details_text, m->docs[i]->size),
				&m->docs[i]->digests, reterr);
		else if (m->docs[i]->made)
			rc = keep_made(b, m->docs[i], reterr);
		else if (b->s->keep && b->to->keep_file)
			rc = b->to->keep_file(b->to->ctx, m->docs[i], reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* ---- the work of one chunk ---- */

/* Keeps the first fault of any thread. */
static void note_fault(struct build *b, enum vf_rc rc, const struct vf_err *err)
{
	pthread_mutex_lock(&b->lock);
	if (b->fault == VF_OK) {
		b->fault = rc;
		b->fault_text = *err;
	}
	pthread_mutex_unlock(&b->lock);
}

static VF_RC make_key(const struct build *b, const struct nt_making *m, bool with_found, struct nt_buf *same,
	struct vf_hash *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	nt_buf_reset(same);
	rc = nt_making_same(&b->maker, m, with_found, same, reterr);
	if (rc == VF_OK)
		*ret = b->to->blind(b->to->ctx, nt_buf_bytes(same));
	return rc;
}

/* Each thread takes records and computes their journal keys. */
static void make_keys(void *ctx, unsigned who)
{
	struct build *b = ctx;
	struct nt_buf same = nt_buf(MAX_SAME);
	struct vf_err err = {0};

	(void)who;
	for (;;) {
		size_t at = atomic_fetch_add(&b->keyed, 1);
		struct nt_making *m;
		enum vf_rc rc;

		if (at >= b->n_outcomes)
			break;
		m = &b->outcomes[at].making;
		rc = make_key(b, m, true, &same, &m->key, &err);
		if (rc == VF_OK && m->has_found)
			rc = make_key(b, m, false, &same, &m->plain_key, &err);
		if (rc != VF_OK)
			note_fault(b, rc, &err);
	}
	nt_buf_done(&same);
}

/* The outcome of this chunk with the same key; NULL after this one was entered. */
static const struct outcome *enter_key(struct build *b, size_t at)
{
	const struct vf_hash *key = &b->outcomes[at].making.key;
	size_t i = ((size_t)key->b[0] << 8 | key->b[1]) % TABLE;

	for (; b->table[i] != 0; i = (i + 1) % TABLE) {
		const struct outcome *o = &b->outcomes[b->table[i] - 1];

		if (vf_hash_eq(&o->making.key, key))
			return o;
	}
	b->table[i] = (uint16_t)(at + 1);
	return NULL;
}

/* Finds the record in the journal or in this chunk, or makes it as far as its ID. */
static VF_RC chain_record(struct build *b, size_t at, struct vf_err *reterr)
{
	struct outcome *o = &b->outcomes[at];
	size_t n = atomic_load_explicit(&b->ready, memory_order_relaxed);
	const struct outcome *same;
	bool found;
	enum vf_rc rc = b->to->journal(b->to->ctx, &o->making.key, &found, &o->id, reterr);

	if (rc == VF_OK && !found && o->making.has_found)
		rc = b->to->journal(b->to->ctx, &o->making.plain_key, &found, &o->id, reterr);
	if (rc != VF_OK || found)
		return rc;
	same = enter_key(b, at);
	if (same) {
		o->id = same->id;
		return VF_OK;
	}
	rc = check_details(b, reterr);
	if (rc == VF_OK)
		rc = nt_making_chain(&b->maker, &o->making, reterr);
	if (rc == VF_OK)
		rc = keep_record(b, &o->making, reterr);
	if (rc != VF_OK)
		return rc;
	o->id = o->making.id;
	o->submission = n;
	b->makers[n] = o;
	atomic_store_explicit(&b->ready, n + 1, memory_order_release);
	return VF_OK;
}

static void chain_all(struct build *b)
{
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < b->n_outcomes && rc == VF_OK; i++)
		rc = chain_record(b, i, &err);
	if (rc != VF_OK)
		note_fault(b, rc, &err);
	atomic_store_explicit(&b->closed, true, memory_order_release);
}

/* Finishes records as soon as they have an ID; ends when no more will come. */
static void finish_some(struct build *b)
{
	struct vf_err err = {0};

	for (;;) {
		size_t at = atomic_fetch_add(&b->taken, 1);
		enum vf_rc rc;

		while (at >= atomic_load_explicit(&b->ready, memory_order_acquire)) {
			bool closed = atomic_load_explicit(&b->closed, memory_order_acquire);

			if (closed && at >= atomic_load_explicit(&b->ready, memory_order_acquire))
				return;
			sched_yield();
		}
		rc = nt_making_finish(&b->maker, &b->makers[at]->making, &b->submissions[at], &err);
		if (rc != VF_OK)
			note_fault(b, rc, &err);
	}
}

/* One thread makes the chain, the others follow it and finish; then all finish. */
static void make_records(void *ctx, unsigned who)
{
	struct build *b = ctx;

	if (who == 0)
		chain_all(b);
	finish_some(b);
}

static VF_RC check_fault(const struct build *b, struct vf_err *reterr)
{
	if (b->fault == VF_OK)
		return VF_OK;
	return vf_fail(reterr, b->fault, "%s", b->fault_text.text);
}

/* ---- chunks ---- */

/* As many records as fit; returns how many. */
static VF_RC begin_chunk(
	struct build *b, const struct nt_submit_record *records, size_t count, struct vf_err *reterr)
{
	size_t room = 0;

	b->maker.arena.used = 0;
	b->n_outcomes = 0;
	memset(b->table, 0, sizeof(b->table));
	atomic_store(&b->keyed, 0);
	atomic_store(&b->ready, 0);
	atomic_store(&b->taken, 0);
	atomic_store(&b->closed, false);
	while (b->n_outcomes < count && b->n_outcomes < NT_SUBMIT_CHUNK) {
		struct outcome *o = &b->outcomes[b->n_outcomes];
		enum vf_rc rc;

		room += nt_making_room(&b->maker, &records[b->n_outcomes]);
		if (room > ARENA && b->n_outcomes > 0)
			break;
		rc = nt_making_init(&b->maker, &records[b->n_outcomes], &o->making, reterr);
		if (rc != VF_OK)
			return rc;
		o->how = NT_ACCEPTED_BEFORE;
		o->submission = SIZE_MAX;
		b->n_outcomes++;
	}
	return VF_OK;
}

static VF_RC run_chunk(struct build *b, struct vf_err *reterr)
{
	enum vf_rc rc;
	size_t n;

	nt_crew_run(b->crew, make_keys, b);
	rc = check_fault(b, reterr);
	if (rc != VF_OK)
		return rc;
	nt_crew_run(b->crew, make_records, b);
	rc = check_fault(b, reterr);
	n = atomic_load(&b->ready);
	if (rc == VF_OK && n > 0)
		rc = b->to->accept(b->to->ctx, b->submissions, n, b->accepted, reterr);
	return rc;
}

static void report_chunk(struct build *b, size_t first, nt_submitted *done, void *done_ctx)
{
	for (size_t i = 0; i < b->n_outcomes; i++) {
		struct outcome *o = &b->outcomes[i];

		if (o->submission != SIZE_MAX)
			o->how = b->accepted[o->submission];
		if (done)
			done(done_ctx, first + i, &o->id, o->how);
	}
}

static VF_RC run_chunks(struct build *b, nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	size_t at = 0;

	while (at < b->n_all) {
		enum vf_rc rc = begin_chunk(b, b->all + at, b->n_all - at, reterr);

		if (rc == VF_OK)
			rc = run_chunk(b, reterr);
		if (rc != VF_OK)
			return rc;
		report_chunk(b, at, done, done_ctx);
		at += b->n_outcomes;
	}
	return VF_OK;
}

static VF_RC check_at(const struct build *b, size_t at, struct vf_err *reterr)
{
	enum vf_rc rc = check_texts(b->s, &b->all[at], reterr);

	if (rc == VF_OK)
		rc = check_record(b, &b->all[at], reterr);
	return rc == VF_OK ? check_details_name(b, &b->all[at], reterr) : rc;
}

/* Each thread checks records, in portions. */
static void check_some(void *ctx, unsigned who)
{
	struct build *b = ctx;

	(void)who;
	for (;;) {
		size_t from = atomic_fetch_add(&b->keyed, NT_SUBMIT_CHUNK);
		size_t to = from + NT_SUBMIT_CHUNK < b->n_all ? from + NT_SUBMIT_CHUNK : b->n_all;

		if (from >= b->n_all)
			break;
		for (size_t i = from; i < to; i++) {
			if (check_at(b, i, NULL) != VF_OK)
				atomic_store(&b->closed, true);
		}
	}
}

/* All records; when one is refused, the first in order says why. */
static VF_RC check_all(struct build *b, struct vf_err *reterr)
{
	nt_crew_run(b->crew, check_some, b);
	for (size_t i = 0; i < b->n_all && atomic_load(&b->closed); i++) {
		enum vf_rc rc = check_at(b, i, reterr);

		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC prepare(struct build *b, struct vf_err *reterr)
{
	const struct nt_submit_record nothing = {0};
	const struct nt_submit *s = b->s;
	enum vf_rc rc = check_texts(s, &nothing, reterr);

	if (rc == VF_OK && s->signer && !s->sign)
		rc = vf_fail(reterr, VF_INTERNAL, "a signer without a signature");
	if (rc == VF_OK)
		rc = prepare_details(b, reterr);
	if (rc == VF_OK)
		rc = check_all(b, reterr);
	if (rc == VF_OK)
		rc = prepare_links(b, reterr);
	if (rc == VF_OK)
		rc = b->to->stream(b->to->ctx, s->submitter, s->study, &b->maker.stream, reterr);
	return rc;
}

static VF_RC build_init(struct build *b, struct vf_err *reterr)
{
	pthread_mutex_init(&b->lock, NULL);
	b->fault = VF_OK;
	b->maker.s = b->s;
	b->maker.keeps_details = b->to->keeps_details;
	if (b->to->sends_details)
		b->maker.details_text = b->s->details_file;
	b->block = malloc(ARENA);
	b->outcomes = calloc(NT_SUBMIT_CHUNK, sizeof(*b->outcomes));
	b->submissions = calloc(NT_SUBMIT_CHUNK, sizeof(*b->submissions));
	b->makers = calloc(NT_SUBMIT_CHUNK, sizeof(*b->makers));
	b->accepted = calloc(NT_SUBMIT_CHUNK, sizeof(*b->accepted));
	if (!b->block || !b->submissions || !b->outcomes || !b->makers || !b->accepted)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for records");
	vf_arena_init(&b->maker.arena, b->block, ARENA);
	return VF_OK;
}

static void build_done(struct build *b)
{
	nt_crew_free(b->crew);
	if (b->details_text)
		explicit_bzero(b->details_text, b->maker.details.size);
	free(b->details_text);
	if (b->facts_block)
		explicit_bzero(b->facts_block, TR_DETAILS_ROOM);
	free(b->facts_block);
	explicit_bzero(&b->maker.stream, sizeof(b->maker.stream));
	explicit_bzero(&b->maker.random, sizeof(b->maker.random));
	free(b->links);
	free(b->nt_links);
	free(b->block);
	free(b->submissions);
	free(b->outcomes);
	free(b->makers);
	free(b->accepted);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

VF_RC nt_submit_records_to(const struct nt_submit_to *to, const struct nt_submit *s,
	const struct nt_submit_record *records, size_t count, nt_submitted *done, void *done_ctx,
	struct vf_err *reterr)
{
	struct build *b = calloc(1, sizeof(*b));
	enum vf_rc rc;

	if (!b)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for records");
	b->to = to;
	b->s = s;
	b->all = records;
	b->n_all = count;
	rc = build_init(b, reterr);
	if (rc == VF_OK && count >= WORTH_A_CREW)
		b->crew = nt_crew_new(nt_crew_cores(MAX_CREW));
	if (rc == VF_OK)
		rc = prepare(b, reterr);
	if (rc == VF_OK)
		rc = run_chunks(b, done, done_ctx, reterr);
	build_done(b);
	return rc;
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct vf_hash *ret = ctx;

	(void)at;
	(void)how;
	*ret = *id;
}

/* What an erasure says of itself, in its one spelling. */
static VF_RC put_ground(struct vf_bytes ground, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	VF_CLEANUP(tr_rulebook_done) struct tr_rulebook book = {0};
	const struct tr_setting setting = {"ground", ground};
	struct tr_details_draft draft = {.kind = TR_ERASURE, .settings = &setting, .n_settings = 1};
	char pointer[TR_POINTER_MAX];
	enum vf_rc rc = tr_rulebook_get(&book, TR_ERASURE, &draft.rules, reterr);

	return rc == VF_OK ? tr_details_make(&draft, a, ret, pointer, reterr) : rc;
}

VF_RC nt_submit_link(struct nt_notary *n, struct vf_bytes submitter, struct vf_bytes study, enum tr_link_type type,
	const struct vf_hash *target, struct vf_bytes ground, struct vf_hash *ret, struct vf_err *reterr)
{
	uint8_t memory[8192];
	struct vf_arena a;
	struct tr_link link = {type, *target};
	struct nt_submit_record record = {0};
	struct nt_submit s = {.submitter = submitter, .study = study, .kind = type == TR_ERASES ? TR_ERASURE : TR_OTHER, .links = &link,
		.n_links = 1};
	enum vf_rc rc;

	vf_arena_init(&a, memory, sizeof(memory));
	if (ground.n > 0) {
		rc = put_ground(ground, &a, &s.details, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return nt_submit_records(n, &s, &record, 1, take_id, ret, reterr);
}
