#include "notary/case.h"

#include <stdlib.h>

#include "trial/details.h"
#include "trial/grow.h"
#include "trial/read/mapping.h"

/* Memory that is taken at a time; what is left of one when it is not enough for details is not used. */
#define CHUNK ((size_t)16 * 1024 * 1024)
/* A file of parameters or of a mapping. */
#define MAX_PARAMETERS ((size_t)1024 * 1024)

struct chunk {
	struct chunk *next;
	struct vf_arena a;
	max_align_t block[];
};

struct nt_case {
	struct tr_case c;
	struct tr_parameters parameters;
	struct tr_rulebook book;
	struct chunk *chunks;
	struct nt_signatures *signatures;
	size_t cap_records, cap_files;
	struct nt_case_file *sources; /* of all files, in their order */
	size_t n_sources, cap_sources;
	size_t *first_file; /* per record, in sources */
	size_t cap_first;
	struct tr_mapping *mapping;
	uint64_t missing; /* places in streams */
	size_t unverified;
	size_t parameters_at, mapping_at; /* places of their records, also of those not at hand; NOWHERE: none */
};
#define NOWHERE SIZE_MAX

/* ---- memory ---- */

static struct vf_arena *room(struct nt_case *c, size_t n)
{
	struct chunk *k = c->chunks;
	size_t cap = n > CHUNK ? n : CHUNK;

	if (k && k->a.cap - k->a.used >= n)
		return &k->a;
	k = malloc(sizeof(*k) + cap);
	if (!k)
		return NULL;
	vf_arena_init(&k->a, k->block, cap);
	k->next = c->chunks;
	c->chunks = k;
	return &k->a;
}

static bool copy(struct nt_case *c, struct vf_bytes b, struct vf_bytes *ret)
{
	struct vf_arena *a;

	*ret = vf_bytes("", 0);
	if (b.n == 0)
		return true;
	a = room(c, b.n + 64);
	return a && vf_arena_copy(a, b, ret);
}

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of a study");
}

VF_RC nt_case_new(struct vf_bytes study, int64_t as_of, struct nt_case **ret, struct vf_err *reterr)
{
	struct nt_case *c = calloc(1, sizeof(*c));

	if (c)
		c->signatures = nt_signatures_new();
	if (!c || !c->signatures || !copy(c, study, &c->c.study)) {
		nt_case_free(c);
		return no_memory(reterr);
	}
	c->parameters = tr_parameters_default;
	c->parameters_at = c->mapping_at = NOWHERE;
	c->c.parameters = &c->parameters;
	c->c.as_of = as_of;
	*ret = c;
	return VF_OK;
}

struct nt_case *nt_case_free(struct nt_case *c)
{
	struct chunk *k, *next;

	if (!c)
		return NULL;
	tr_case_index_done(&c->c);
	for (size_t i = 0; i < c->c.n_records; i++)
		for (size_t j = 0; j < c->c.records[i].n_files && c->c.records[i].files; j++)
			tr_fact_list_done(&c->c.records[i].files[j].facts);
	for (k = c->chunks; k; k = next) {
		next = k->next;
		explicit_bzero(k->block, k->a.used); /* details may be about persons */
		free(k);
	}
	nt_signatures_free(c->signatures);
	tr_rulebook_done(&c->book);
	tr_mapping_free(c->mapping);
	free(c->c.records);
	free(c->sources);
	free(c->first_file);
	free(c);
	return NULL;
}

void nt_case_freep(struct nt_case **c)
{
	*c = nt_case_free(*c);
}

/* ---- records ---- */

static VF_RC read_details(struct nt_case *c, struct tr_case_record *r, struct vf_err *reterr)
{
	char pointer[TR_POINTER_MAX];
	struct vf_err why;
	struct vf_arena *a = room(c, TR_DETAILS_ROOM + sizeof(struct tr_facts));
	const struct tr_schema *rules;
	struct tr_facts *facts;
	enum vf_rc rc;

	if (r->details_json.n == 0 || r->kind == TR_KIND_NONE || r->kind == TR_OWN)
		return VF_OK;
	facts = a ? VF_NEW(a, 1, struct tr_facts) : NULL;
	if (!facts)
		return no_memory(reterr);
	rc = tr_rulebook_get(&c->book, r->kind, &rules, reterr);
	if (rc != VF_OK)
		return rc;
	rc = tr_details_read(r->kind, rules, r->details_json, a, facts, pointer, &why);
	if (rc == VF_NO_MEMORY)
		return no_memory(reterr);
	if (rc != VF_OK) {
		r->details_json = vf_bytes("", 0);
		return VF_OK;
	}
	r->details = facts;
	if (tr_kind_is_personal(r->kind)) {
		r->version = facts->version;
		r->date = facts->date;
		r->title = facts->title;
	}
	return VF_OK;
}

VF_RC nt_case_add(struct nt_case *c, const struct nt_case_record *r, struct vf_err *reterr)
{
	struct tr_case_record made = {.id = r->id,
		.kind = tr_kind_of(r->kind),
		.index = r->index,
		.anchored = r->anchored,
		.stream = r->stream,
		.seq = r->seq,
		.in_stream = r->in_stream,
		.is_erased = r->is_erased,
		.is_withheld = r->is_withheld,
		.lacks_details = r->lacks_details && r->details.n == 0,
		.n_links = r->n_links};
	struct nt_record_signer by;
	enum vf_rc rc = nt_signatures_read(c->signatures, &r->signature, r->anchored == VF_TIME_NONE ? c->c.as_of : r->anchored, &by, reterr);

	if (rc != VF_OK)
		return rc;
	if (!copy(c, r->kind, &made.own_kind) || !copy(c, r->version, &made.version) || !copy(c, r->date, &made.date) ||
		!copy(c, r->title, &made.title) || !copy(c, r->details, &made.details_json) || !copy(c, by.name, &made.signer) ||
		!copy(c, by.meaning, &made.meaning))
		return no_memory(reterr);
	if (r->n_links) {
		struct vf_arena *a = room(c, r->n_links * sizeof(struct tr_link) + 64);
		struct tr_link *to = a ? VF_NEW(a, r->n_links, struct tr_link) : NULL;

		if (!to)
			return no_memory(reterr);
		memcpy(to, r->links, r->n_links * sizeof(*to));
		made.links = to;
	}
	rc = read_details(c, &made, reterr);
	if (rc != VF_OK)
		return rc;
	if (!TR_GROW(c->c.records, c->cap_records, c->c.n_records + 1) ||
		!TR_GROW(c->first_file, c->cap_first, c->c.n_records + 1))
		return no_memory(reterr);
	c->first_file[c->c.n_records] = c->n_sources;
	c->c.records[c->c.n_records++] = made;
	return VF_OK;
}

VF_RC nt_case_add_file(struct nt_case *c, const struct nt_case_file *f, struct vf_err *reterr)
{
	struct nt_case_file kept = *f;

	if (!copy(c, f->name, &kept.name) || !TR_GROW(c->sources, c->cap_sources, c->n_sources + 1))
		return no_memory(reterr);
	c->sources[c->n_sources++] = kept;
	c->c.records[c->c.n_records - 1].n_files++;
	return VF_OK;
}

/* ---- parameters ---- */

static bool is_missing(enum vf_rc rc)
{
	return rc == VF_DOCUMENT_MISSING || rc == VF_DOCUMENT_CHANGED || rc == VF_NO_INPUT || rc == VF_PERMISSION;
}

/* A document of the study's own in memory; ret->p is NULL when it is not at hand. */
static VF_RC read_whole(struct nt_case *c, const struct nt_case_file *f, struct vf_arena **ret_arena, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	struct tr_input in;
	struct vf_arena *a = room(c, 4 * MAX_PARAMETERS);
	uint8_t *text;
	enum vf_rc rc = f->size > MAX_PARAMETERS ? vf_fail(reterr, VF_LIMIT, "'%.*s' has more than 1 MiB", VF_STR(f->name))
						 : f->open(f->ctx, f, &in, reterr);

	*ret = vf_bytes(NULL, 0);
	if (is_missing(rc))
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	text = a ? VF_NEW(a, (size_t)f->size + 1, uint8_t) : NULL;
	rc = text ? tr_input_take(&in, 0, text, (size_t)f->size, reterr) : no_memory(reterr);
	f->close(f->ctx, &in);
	if (rc == VF_OK)
		*ret = vf_bytes(text, (size_t)f->size);
	*ret_arena = a;
	return rc;
}

/*
 * The last record of kind other that calls itself this and has the document: what came later in the log counts. One whose
 * details are not disclosed counts, too: another one in its place would be what the study laid down before, or nothing.
 */
static const struct nt_case_file *find_own(const struct nt_case *c, const char *what, const char *name, size_t *ret_at)
{
	for (size_t i = c->c.n_records; i-- > 0;) {
		const struct tr_case_record *r = &c->c.records[i];

		if (r->kind != TR_OTHER || (!r->lacks_details && !vf_bytes_is(tr_case_detail(r, "what"), what)))
			continue;
		for (size_t j = 0; j < r->n_files; j++) {
			const struct nt_case_file *f = &c->sources[c->first_file[i] + j];

			if (!vf_bytes_is(f->name, name))
				continue;
			*ret_at = i;
			return f;
		}
	}
	return NULL;
}

/* Its text in memory; ret->p is NULL when there is none. What is there and not at hand is noted as laid. */
static VF_RC read_own(struct nt_case *c, const char *what, const char *name, unsigned laid, size_t *ret_at, struct vf_arena **ret_arena,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct nt_case_file *f = find_own(c, what, name, ret_at);
	enum vf_rc rc = VF_OK;

	*ret = vf_bytes(NULL, 0);
	if (f && f->open && !c->c.records[*ret_at].lacks_details)
		rc = read_whole(c, f, ret_arena, ret, reterr);
	if (f && !ret->p)
		c->c.not_at_hand |= laid;
	return rc;
}

static VF_RC find_all_own(struct nt_case *c, struct vf_err *reterr)
{
	struct vf_arena *a = NULL;
	struct vf_bytes text;
	enum vf_rc rc = read_own(c, TR_PARAMETERS_WHAT, TR_PARAMETERS_NAME, TR_LAID_PARAMETERS, &c->parameters_at, &a, &text, reterr);

	if (rc == VF_OK && text.p)
		rc = tr_parameters_read(text, a, &c->parameters, reterr);
	if (rc == VF_OK)
		rc = read_own(c, TR_MAPPING_WHAT, TR_MAPPING_NAME, TR_LAID_MAPPING, &c->mapping_at, &a, &text, reterr);
	if (rc == VF_OK && text.p)
		rc = tr_mapping_parse(text, &c->mapping, reterr);
	c->c.mapping = c->mapping;
	return rc;
}

/* ---- facts ---- */

static VF_RC read_file(struct nt_case *c, const struct nt_case_file *f, unsigned wants, struct tr_case_file *to, struct vf_err *reterr)
{
	struct tr_input in;
	enum vf_rc rc;

	*to = (struct tr_case_file){.name = f->name, .sha256 = f->sha256, .size = f->size};
	if (!f->open)
		return VF_OK;
	rc = f->open(f->ctx, f, &in, reterr);
	if (is_missing(rc))
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	rc = tr_fact_list_read(&to->facts, &in, wants, c->c.mapping, reterr);
	f->close(f->ctx, &in);
	to->at_hand = rc == VF_OK;
	return rc;
}

static VF_RC read_files(struct nt_case *c, size_t at, struct vf_err *reterr)
{
	struct tr_case_record *r = &c->c.records[at];
	struct vf_arena *a = room(c, (r->n_files + 1) * sizeof(struct tr_case_file) + 64);
	/* language variants of forms are compared (rule C7) */
	unsigned wants = NT_CASE_WANTS | (r->kind == TR_CONSENT_FORM ? TR_WANT_TEXT : 0);
	enum vf_rc rc = VF_OK;

	r->files = a ? VF_NEW(a, r->n_files + 1, struct tr_case_file) : NULL;
	if (!r->files)
		return no_memory(reterr);
	for (size_t i = 0; rc == VF_OK && i < r->n_files; i++)
		rc = read_file(c, &c->sources[c->first_file[at] + i], wants, &r->files[i], reterr);
	return rc;
}

/* Checksums of others are MD5 (eCTD, ISRCTN): they tie files together and are no evidence. */
static VF_RC sum_files(struct nt_case *c, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->c.n_records; i++)
		for (size_t j = 0; rc == VF_OK && j < c->c.records[i].n_files; j++) {
			const struct nt_case_file *f = &c->sources[c->first_file[i] + j];
			struct tr_input in;

			if (!c->c.records[i].files[j].at_hand)
				continue;
			rc = f->open(f->ctx, f, &in, reterr);
			if (rc != VF_OK)
				return rc;
			rc = nt_case_md5(&in, c->c.records[i].files[j].md5, reterr);
			f->close(f->ctx, &in);
		}
	return rc;
}

VF_RC nt_case_finish(struct nt_case *c, uint64_t missing, struct vf_err *reterr)
{
	enum vf_rc rc = find_all_own(c, reterr);

	c->missing = missing;
	c->c.is_whole = missing == 0 && nt_case_absent(c).withheld == 0;
	for (size_t i = 0; rc == VF_OK && i < c->c.n_records; i++)
		rc = read_files(c, i, reterr);
	if (rc == VF_OK)
		rc = tr_case_index(&c->c, reterr);
	return rc == VF_OK && c->c.by_name[TR_F_DOC_CHECKSUM].n ? sum_files(c, reterr) : rc;
}

VF_RC nt_case_cut(struct nt_case *c, size_t n, struct vf_err *reterr)
{
	tr_case_index_done(&c->c);
	for (size_t i = n; i < c->c.n_records; i++)
		for (size_t j = 0; j < c->c.records[i].n_files && c->c.records[i].files; j++)
			tr_fact_list_done(&c->c.records[i].files[j].facts);
	c->c.n_records = n < c->c.n_records ? n : c->c.n_records;
	return tr_case_index(&c->c, reterr);
}

void nt_case_set_unverified(struct nt_case *c, size_t n)
{
	c->unverified = n;
}

struct nt_case_absent nt_case_absent(const struct nt_case *c)
{
	struct nt_case_absent a = {.missing = c->missing,
		.unverified = c->unverified,
		.parameters = c->c.not_at_hand & TR_LAID_PARAMETERS ? &c->c.records[c->parameters_at] : NULL,
		.mapping = c->c.not_at_hand & TR_LAID_MAPPING ? &c->c.records[c->mapping_at] : NULL};

	for (size_t i = 0; i < c->c.n_records; i++) {
		const struct tr_case_record *r = &c->c.records[i];

		a.withheld += r->is_withheld ? 1 : 0;
		a.documents += r->lacks_details ? 1 : 0;
		for (size_t j = 0; j < r->n_files && r->files; j++)
			a.documents += r->files[j].at_hand ? 0 : 1;
	}
	return a;
}

const struct tr_case *nt_case_get(const struct nt_case *c)
{
	return &c->c;
}

const struct tr_case_record *nt_case_parameters(const struct nt_case *c)
{
	return c->parameters_at == NOWHERE || c->c.not_at_hand & TR_LAID_PARAMETERS ? NULL : &c->c.records[c->parameters_at];
}
