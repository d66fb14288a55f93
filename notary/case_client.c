#include "notary/case_client.h"

#include <stdlib.h>
#include <string.h>

#include "notary/case_client_inside.h"
#include "notary/client_details.h"
#include "notary/client_read.h"
#include "notary/file_input.h"
#include "notary/source.h"
#include "verify/text.h"

/* Records of a list at once. */
#define PAGE 1000

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of a study");
}

VF_RC nt_shown_list(struct nt_buf *out, int limit, struct vf_bytes study, struct vf_err *reterr)
{
	nt_buf_putf(out, "/v1/records?limit=%d&study=", limit);
	nt_client_put_parameter(out, study);
	nt_buf_put_u8(out, 0);
	return nt_buf_check(out, reterr);
}

bool nt_shown_is_hidden(enum vf_rc rc)
{
	return rc == VF_FORBIDDEN || rc == VF_UNKNOWN_RECORD || rc == VF_HTTP_NOT_FOUND;
}

const struct nt_document *nt_shown_document(const struct nt_remote_record *r, const char *name)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_bytes_is(r->documents[i].name, name))
			return &r->documents[i];
	return NULL;
}

VF_RC nt_shown_open(const struct nt_send *x, const struct vf_hash *id, const struct nt_document *d, struct nt_content *ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(NT_SHOWN_PATH);
	const struct nt_export_options options = {.from = x->from, .n_from = x->n_from};
	struct nt_document at = *d;
	enum vf_rc rc = id ? nt_state_path(x->state, id, &d->digests.sha256, &path, reterr) : VF_OK;

	if (rc == VF_OK && path.n == 0 && d->path.n == 0 && nt_state_is_kept(x->state, &d->digests.sha256))
		rc = nt_state_kept(x->state, &d->digests.sha256, &path, reterr);
	if (rc != VF_OK)
		return rc;
	if (path.n > 0)
		at.path = vf_bytes(path.p, path.n - 1);
	return nt_document_open(NULL, &options, &at, ret, reterr);
}

/* ---- what is shown ---- */

struct seen {
	const struct nt_remote_record *r; /* in a page */
	uint8_t *details;
	size_t n_details, number;
	int64_t anchored;
};

struct nt_shown {
	const struct nt_send *x;
	struct nt_client_got *pages;
	size_t n_pages;
	struct seen *records;
	size_t n, cap;
	uint64_t seal; /* whose time was asked last; 0: none */
	int64_t seal_ms;
	/* while a case is made */
	const struct nt_submission *more;
	size_t n_more;
	struct nt_file_input input;
};

struct nt_shown *nt_shown_free(struct nt_shown *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n; i++) {
		if (s->records[i].details)
			explicit_bzero(s->records[i].details, s->records[i].n_details); /* may be about a person */
		free(s->records[i].details);
	}
	for (size_t i = 0; i < s->n_pages; i++)
		nt_client_got_done(&s->pages[i]);
	free(s->pages);
	free(s->records);
	free(s);
	return NULL;
}

/* Takes the page over: what was read of it lives on in its memory. */
static VF_RC keep_page(void *ctx, struct nt_client_got *page, struct vf_err *reterr)
{
	struct nt_shown *s = ctx;
	struct nt_client_got *pages = reallocarray(s->pages, s->n_pages + 1, sizeof(*pages));
	struct seen *records;

	if (!pages)
		return no_memory(reterr);
	s->pages = pages;
	records = reallocarray(s->records, s->n + page->list.n + 1, sizeof(*records));
	if (!records)
		return no_memory(reterr);
	s->records = records;
	s->pages[s->n_pages++] = *page;
	page->json = nt_buf(0);
	page->block = NULL;
	for (size_t i = 0; i < page->list.n; i++, s->n++)
		s->records[s->n] = (struct seen){.r = &page->list.records[i], .number = s->n, .anchored = VF_TIME_NONE};
	return VF_OK;
}

/* As in the log, what waits last. */
static int by_place(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	uint64_t i = x->r->has_index ? x->r->index : UINT64_MAX, j = y->r->has_index ? y->r->index : UINT64_MAX;

	if (i != j)
		return i < j ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Plain ones are asked for one by one, as a list shows no details; of records of this folder nothing is asked. */
static VF_RC get_details(struct nt_shown *s, struct seen *k, struct vf_arena *a, struct vf_err *reterr)
{
	const struct nt_remote_record *r = k->r;
	struct nt_client_got g = {0};
	struct vf_err err = {0};
	struct vf_bytes text = vf_bytes(NULL, 0);
	enum vf_rc rc = nt_client_details_text(s->x, &r->id, text, a, &text, reterr);

	if (rc == VF_OK && text.n == 0 && !tr_kind_is_personal(tr_kind_of(r->kind)) && nt_shown_document(r, TR_DETAILS_NAME)) {
		rc = nt_client_get_record(s->x->client, &r->id, &g, &err);
		if (rc == VF_OK)
			text = g.record.details;
		rc = rc == VF_OK || nt_shown_is_hidden(rc) ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
	}
	if (rc == VF_OK && text.n) {
		k->details = malloc(text.n);
		if (k->details) {
			memcpy(k->details, text.p, text.n);
			k->n_details = text.n;
		} else {
			rc = no_memory(reterr);
		}
	}
	nt_client_got_done(&g);
	return rc;
}

static VF_RC get_time(struct nt_shown *s, struct seen *k, struct vf_err *reterr)
{
	const struct nt_source from = nt_source_remote(s->x);
	enum vf_rc rc = VF_OK;

	if (k->r->state != NT_SEALED)
		return VF_OK;
	if (s->seal != k->r->seal)
		rc = from.sealed(from.ctx, k->r->seal, &s->seal_ms, reterr);
	s->seal = k->r->seal;
	k->anchored = s->seal_ms;
	return rc;
}

static VF_RC get_rest(struct nt_shown *s, struct vf_err *reterr)
{
	const size_t room = 2 * TR_MAX_DETAILS + 4096;
	void *block = malloc(room);
	enum vf_rc rc = block ? VF_OK : no_memory(reterr);

	if (s->n > 0)
		qsort(s->records, s->n, sizeof(*s->records), by_place);
	for (size_t i = 0; rc == VF_OK && i < s->n; i++) {
		struct vf_arena a;

		if (s->records[i].r->state == NT_ERASED)
			continue;
		vf_arena_init(&a, block, room);
		rc = get_details(s, &s->records[i], &a, reterr);
		if (rc == VF_OK)
			rc = get_time(s, &s->records[i], reterr);
	}
	if (block)
		explicit_bzero(block, room);
	free(block);
	return rc;
}

VF_RC nt_shown_get(const struct nt_send *x, struct vf_bytes study, struct nt_shown **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(NT_SHOWN_PATH);
	struct nt_shown *s = calloc(1, sizeof(*s));
	enum vf_rc rc = s ? nt_shown_list(&path, PAGE, study, reterr) : no_memory(reterr);

	if (s)
		s->x = x;
	if (rc == VF_OK)
		rc = nt_client_get_pages(x->client, (const char *)path.p, vf_bytes(NULL, 0), NT_MAX_LISTED_KEPT, keep_page, s, reterr);
	if (rc == VF_OK)
		rc = get_rest(s, reterr);
	if (rc == VF_OK)
		*ret = s;
	else
		nt_shown_free(s);
	return rc;
}

/* ---- the case ---- */

static VF_RC open_file(void *ctx, const struct nt_case_file *f, struct tr_input *ret, struct vf_err *reterr)
{
	struct nt_shown *s = ctx;
	size_t at = (size_t)f->key;
	const struct nt_document *d = at < s->n ? s->records[at].r->documents : s->more[at - s->n].documents;
	size_t n = at < s->n ? s->records[at].r->n_documents : s->more[at - s->n].n_documents;
	struct nt_content content;

	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc;

		if (!vf_bytes_eq(d[i].name, f->name))
			continue;
		rc = nt_shown_open(s->x, at < s->n ? &s->records[at].r->id : NULL, &d[i], &content, reterr);
		if (rc != VF_OK)
			return rc;
		nt_file_input_of(&s->input, content.fd, content.size, f->name);
		*ret = s->input.input;
		return VF_OK;
	}
	return vf_fail(reterr, VF_DOCUMENT_MISSING, "no such document");
}

static void close_file(void *ctx, struct tr_input *input)
{
	struct nt_shown *s = ctx;

	(void)input;
	nt_file_input_done(&s->input);
}

static VF_RC add(struct nt_shown *s, struct nt_case *c, struct nt_case_record *made, const struct nt_link *links, size_t n_links,
	const struct nt_document *documents, size_t n_documents, size_t at, struct vf_err *reterr)
{
	struct tr_link *copies = malloc((n_links + 1) * sizeof(*copies));
	enum vf_rc rc;

	if (!copies)
		return no_memory(reterr);
	for (size_t i = 0; i < n_links; i++)
		copies[i] = (struct tr_link){tr_link_find(links[i].type), links[i].record};
	made->links = copies;
	made->n_links = n_links;
	rc = nt_case_add(c, made, reterr);
	free(copies);
	for (size_t i = 0; rc == VF_OK && i < n_documents; i++) {
		const struct nt_case_file f = {.name = documents[i].name,
			.sha256 = documents[i].digests.sha256,
			.size = documents[i].size,
			.open = open_file,
			.close = close_file,
			.ctx = s,
			.key = at};

		if (!vf_bytes_is(f.name, TR_DETAILS_NAME))
			rc = nt_case_add_file(c, &f, reterr);
	}
	return rc;
}

static VF_RC add_seen(struct nt_shown *s, struct nt_case *c, size_t at, struct vf_err *reterr)
{
	const struct seen *k = &s->records[at];
	const struct nt_remote_record *r = k->r;
	struct nt_case_record made = {.id = r->id,
		.kind = r->kind,
		.version = r->version,
		.date = r->date,
		.title = r->title,
		.index = r->has_index ? r->index : UINT64_MAX,
		.anchored = k->anchored,
		.stream = r->stream,
		.seq = r->seq,
		.in_stream = r->in_stream,
		.is_erased = r->state == NT_ERASED,
		.details = vf_bytes(k->details, k->n_details)};

	return add(s, c, &made, r->links, r->n_links, r->documents, r->n_documents, at, reterr);
}

/* It travels with the record, or waits in the state folder. */
static VF_RC read_details(const struct nt_shown *s, const struct nt_submission *m, uint8_t *room, struct vf_bytes *ret, struct vf_err *reterr)
{
	for (size_t i = 0; i < m->n_members; i++)
		if (vf_bytes_is(m->members[i].name, TR_DETAILS_NAME) && m->members[i].bytes.n) {
			*ret = m->members[i].bytes;
			return VF_OK;
		}
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct nt_document *d = &m->documents[i];
		struct nt_file_input in;
		struct nt_content content;
		enum vf_rc rc;

		if (!vf_bytes_is(d->name, TR_DETAILS_NAME) || d->size > TR_MAX_DETAILS)
			continue;
		rc = nt_shown_open(s->x, NULL, d, &content, reterr);
		if (rc != VF_OK)
			return rc;
		nt_file_input_of(&in, content.fd, content.size, d->name);
		rc = tr_input_take(&in.input, 0, room, (size_t)d->size, reterr);
		nt_file_input_done(&in);
		*ret = vf_bytes(room, (size_t)d->size);
		return rc;
	}
	return VF_OK;
}

static struct vf_bytes octets_of(const struct nt_submission *m, const char *name)
{
	for (size_t i = 0; i < m->n_members; i++)
		if (vf_bytes_is(m->members[i].name, name))
			return m->members[i].bytes;
	return vf_bytes(NULL, 0);
}

static VF_RC add_more(struct nt_shown *s, struct nt_case *c, size_t i, uint8_t *room, struct vf_err *reterr)
{
	const struct nt_submission *m = &s->more[i];
	struct nt_case_record made = {.id = m->id,
		.kind = m->kind,
		.version = m->version,
		.date = m->date,
		.title = m->title,
		.index = UINT64_MAX,
		.anchored = VF_TIME_NONE,
		.stream = m->stream,
		.seq = m->seq,
		.in_stream = m->in_stream,
		.signature = {octets_of(m, VF_NAME_STATEMENT), octets_of(m, VF_NAME_SIGNED_MANIFEST), octets_of(m, VF_NAME_SIGNATURE)}};
	enum vf_rc rc = read_details(s, m, room, &made.details, reterr);

	return rc == VF_OK ? add(s, c, &made, m->links, m->n_links, m->documents, m->n_documents, s->n + i, reterr) : rc;
}

VF_RC nt_case_of_client(struct nt_shown *shown, int64_t as_of, const struct nt_submit *s, const struct nt_submission *more,
	size_t n_more, struct nt_case **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_case_freep) struct nt_case *c = NULL;
	uint8_t *room = malloc(TR_MAX_DETAILS + 1);
	enum vf_rc rc = room ? nt_case_new(s->study, as_of, &c, reterr) : no_memory(reterr);

	shown->more = more;
	shown->n_more = n_more;
	for (size_t i = 0; rc == VF_OK && i < shown->n; i++)
		rc = add_seen(shown, c, i, reterr);
	for (size_t i = 0; rc == VF_OK && i < n_more; i++)
		rc = add_more(shown, c, i, room, reterr);
	if (rc == VF_OK)
		rc = nt_case_finish(c, 1, reterr); /* others' records may be there that this party does not see */
	shown->more = NULL;
	shown->n_more = 0;
	if (room)
		explicit_bzero(room, TR_MAX_DETAILS + 1);
	free(room);
	if (rc == VF_OK) {
		*ret = c;
		c = NULL;
	}
	return rc;
}
