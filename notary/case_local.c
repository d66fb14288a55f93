/* The study as a notary's folder has it. */
#include <stdlib.h>

#include "notary/case.h"
#include "notary/details_check.h"
#include "notary/document.h"
#include "notary/file_input.h"
#include "trial/grow.h"
#include "verify/record.h"

/* A record's place: in the log, or behind all that are there in the order of acceptance. */
struct place {
	uint64_t index, number;
	struct vf_hash id;
};

struct local {
	struct nt_notary *n;
	struct nt_case *c;
	struct nt_export_options options;
	struct place *places;
	size_t n_places, cap_places;
	const struct nt_submission *more; /* not accepted yet: their places are behind all */
	size_t n_more;
	uint8_t *room; /* of one record's details */
	uint64_t seal; /* whose time was asked last; 0: none */
	int64_t seal_ms;
	struct nt_file_input input;
};

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of a study");
}

/* ---- their order ---- */

static VF_RC note_place(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct local *l = ctx;
	enum vf_rc rc = nt_notary_get(l->n, id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (!TR_GROW(l->places, l->cap_places, l->n_places + 1))
		return no_memory(reterr);
	l->places[l->n_places] = (struct place){UINT64_MAX, l->n_places, *id};
	if (r->state != NT_PENDING) /* an erased record was in the log, and stays there */
		l->places[l->n_places].index = r->index;
	l->n_places++;
	return VF_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* A submission as the record that it will be; it borrows all texts. */
static VF_RC view(const struct nt_submission *s, struct nt_record **ret, struct vf_err *reterr)
{
	struct nt_record *r = NULL;
	uint8_t *octets;
	enum vf_rc rc = nt_record_new(s->n_members, s->n_documents, s->n_links, 1, &r, &octets, reterr);

	if (rc != VF_OK)
		return rc;
	r->state = NT_PENDING;
	r->id = s->id;
	r->submitter = s->submitter;
	r->study = s->study;
	r->kind = s->kind;
	r->version = s->version;
	r->date = s->date;
	r->title = s->title;
	r->in_stream = s->in_stream;
	r->stream = s->stream;
	r->prev = s->prev;
	r->seq = s->seq;
	for (r->n_members = 0; r->n_members < s->n_members; r->n_members++)
		r->members[r->n_members] = s->members[r->n_members];
	for (r->n_documents = 0; r->n_documents < s->n_documents; r->n_documents++)
		r->documents[r->n_documents] = s->documents[r->n_documents];
	for (r->n_links = 0; r->n_links < s->n_links; r->n_links++)
		r->links[r->n_links] = s->links[r->n_links];
	*ret = r;
	return VF_OK;
}

static VF_RC get(struct local *l, size_t at, struct nt_record **ret, struct vf_err *reterr)
{
	if (at < l->n_places)
		return nt_notary_get(l->n, &l->places[at].id, ret, reterr);
	return view(&l->more[at - l->n_places], ret, reterr);
}

/* ---- documents ---- */

static VF_RC open_file(void *ctx, const struct nt_case_file *f, struct tr_input *ret, struct vf_err *reterr)
{
	struct local *l = ctx;
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_content content;
	enum vf_rc rc = get(l, (size_t)f->key, &r, reterr);

	for (size_t i = 0; rc == VF_OK && i < r->n_documents; i++) {
		if (!vf_bytes_eq(r->documents[i].name, f->name))
			continue;
		rc = nt_document_open(l->n, &l->options, &r->documents[i], &content, reterr);
		if (rc != VF_OK)
			return rc;
		nt_file_input_of(&l->input, content.fd, content.size, f->name);
		*ret = l->input.input;
		return VF_OK;
	}
	return rc != VF_OK ? rc : vf_fail(reterr, VF_DOCUMENT_MISSING, "no such document");
}

static void close_file(void *ctx, struct tr_input *input)
{
	struct local *l = ctx;

	(void)input;
	nt_file_input_done(&l->input);
}

/* ---- records ---- */

/* The earliest of the seal's tokens: the record was there no later. */
static VF_RC seal_time(struct local *l, uint64_t number, int64_t *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = NULL;
	enum vf_rc rc = VF_OK;

	if (l->seal != number) {
		rc = nt_notary_seal_get(l->n, number, &seal, reterr);
		if (rc != VF_OK)
			return rc;
		l->seal_ms = VF_TIME_NONE;
		for (size_t i = 0; i < seal->n_tokens; i++)
			if (l->seal_ms == VF_TIME_NONE || seal->tokens[i].gen_time < l->seal_ms)
				l->seal_ms = seal->tokens[i].gen_time;
		l->seal = number;
	}
	*ret = l->seal_ms;
	return VF_OK;
}

static struct vf_bytes octets_of(const struct nt_record *r, const char *name)
{
	for (size_t i = 0; i < r->n_members; i++)
		if (vf_bytes_is(r->members[i].name, name))
			return r->members[i].bytes;
	return vf_bytes("", 0);
}

static bool lists_details(const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_bytes_is(r->documents[i].name, TR_DETAILS_NAME))
			return true;
	return false;
}

static VF_RC add_record(struct local *l, size_t at, const struct nt_record *r, struct vf_err *reterr)
{
	struct nt_case_record made = {.id = r->id,
		.kind = r->kind,
		.version = r->version,
		.date = r->date,
		.title = r->title,
		.n_links = r->n_links,
		.index = at < l->n_places ? l->places[at].index : UINT64_MAX,
		.anchored = VF_TIME_NONE,
		.stream = r->stream,
		.seq = r->seq,
		.in_stream = r->in_stream,
		.is_erased = r->state == NT_ERASED,
		.signature = {octets_of(r, VF_NAME_STATEMENT), octets_of(r, VF_NAME_SIGNED_MANIFEST), octets_of(r, VF_NAME_SIGNATURE)}};
	struct tr_link *links = malloc((r->n_links + 1) * sizeof(*links));
	struct vf_arena a;
	enum vf_rc rc = links ? VF_OK : no_memory(reterr);

	for (size_t i = 0; rc == VF_OK && i < r->n_links; i++)
		links[i] = (struct tr_link){tr_link_find(r->links[i].type), r->links[i].record};
	made.links = links;
	vf_arena_init(&a, l->room, TR_MAX_DETAILS + 64);
	if (rc == VF_OK && r->state == NT_SEALED)
		rc = seal_time(l, r->seal, &made.anchored, reterr);
	if (rc == VF_OK && r->state != NT_ERASED)
		rc = nt_details_text(l->n, r, &a, &made.details, reterr);
	made.lacks_details = made.details.n == 0 && lists_details(r);
	if (rc == VF_OK)
		rc = nt_case_add(l->c, &made, reterr);
	free(links);
	return rc;
}

static VF_RC add_files(struct local *l, size_t at, const struct nt_record *r, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];
		struct nt_case_file f = {.name = d->name,
			.sha256 = d->digests.sha256,
			.size = d->size,
			.open = open_file,
			.close = close_file,
			.ctx = l,
			.key = at};

		if (!vf_bytes_is(d->name, TR_DETAILS_NAME))
			rc = nt_case_add_file(l->c, &f, reterr);
	}
	return rc;
}

static VF_RC add_all(struct local *l, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < l->n_places + l->n_more; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;

		rc = get(l, i, &r, reterr);
		if (rc == VF_OK)
			rc = add_record(l, i, r, reterr);
		if (rc == VF_OK)
			rc = add_files(l, i, r, reterr);
	}
	return rc;
}

static VF_RC make(struct local *l, struct vf_bytes study, int64_t as_of, struct nt_case **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_case_freep) struct nt_case *c = NULL;
	enum vf_rc rc;

	l->room = malloc(TR_MAX_DETAILS + 64);
	rc = l->room ? nt_case_new(study, as_of, &c, reterr) : no_memory(reterr);
	l->c = c;
	if (rc == VF_OK)
		rc = nt_notary_each(l->n, study, note_place, l, reterr);
	if (rc == VF_OK) {
		if (l->n_places > 0)
			qsort(l->places, l->n_places, sizeof(*l->places), by_place);
		rc = add_all(l, reterr);
	}
	if (rc == VF_OK)
		rc = nt_case_finish(c, 0, reterr);
	free(l->room);
	free(l->places);
	if (rc == VF_OK) {
		*ret = c;
		c = NULL;
	}
	return rc;
}

VF_RC nt_case_of_notary(struct nt_notary *n, struct vf_bytes study, int64_t as_of, const char *const *from, size_t n_from,
	struct nt_case **ret, struct vf_err *reterr)
{
	struct local l = {.n = n, .options = {.from = from, .n_from = n_from}};

	return make(&l, study, as_of, ret, reterr);
}

VF_RC nt_case_with(struct nt_notary *n, struct vf_bytes study, int64_t as_of, const struct nt_submission *more, size_t n_more,
	struct nt_case **ret, struct vf_err *reterr)
{
	struct local l = {.n = n, .more = more, .n_more = n_more};

	return make(&l, study, as_of, ret, reterr);
}
