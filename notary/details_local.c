/* Records of a notary in a folder and their details, for the rules of details_check.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/details_check.h"
#include "notary/document.h"

struct local {
	struct nt_notary *n;
	struct tr_rulebook book;
	struct vf_arena arena;
};

static const struct nt_document *find_details(const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_bytes_is(r->documents[i].name, TR_DETAILS_NAME))
			return &r->documents[i];
	return NULL;
}

static bool read_all(int fd, uint8_t *to, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = pread(fd, to + at, n - at, (off_t)at);

		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		at += got > 0 ? (size_t)got : 0;
	}
	return true;
}

VF_RC nt_details_text(struct nt_notary *n, const struct nt_record *r, struct vf_arena *a, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	const struct nt_document *d = find_details(r);
	struct nt_export_options nowhere = {0};
	struct nt_content content;
	uint8_t *text;
	bool is_read;

	*ret = vf_bytes(NULL, 0);
	if (!d || d->size > TR_MAX_DETAILS || nt_document_open(n, &nowhere, d, &content, NULL) != VF_OK)
		return VF_OK; /* nobody here can see it: what depends on it is not decided */
	text = VF_NEW(a, (size_t)d->size + 1, uint8_t);
	is_read = text && content.size == d->size && read_all(content.fd, text, (size_t)d->size);
	close(content.fd);
	if (!text)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	if (is_read)
		*ret = vf_bytes(text, (size_t)d->size);
	return VF_OK;
}

VF_RC nt_details_facts(struct nt_notary *n, const struct nt_record *r, struct tr_rulebook *book, struct vf_arena *a,
	bool *ret_has, struct tr_facts *ret, struct vf_err *reterr)
{
	enum tr_kind kind = tr_kind_find(r->kind);
	const struct tr_schema *rules;
	char pointer[TR_POINTER_MAX];
	struct vf_err err = {0};
	struct vf_bytes text;
	enum vf_rc rc;

	*ret_has = false;
	if (kind == TR_KIND_NONE)
		return VF_OK;
	rc = nt_details_text(n, r, a, &text, reterr);
	if (rc != VF_OK || text.n == 0)
		return rc;
	rc = tr_rulebook_get(book, kind, &rules, reterr);
	if (rc != VF_OK)
		return rc;
	rc = tr_details_read(kind, rules, text, a, ret, pointer, &err);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	*ret_has = rc == VF_OK;
	return VF_OK;
}

static VF_RC show(
	struct local *l, const struct nt_record *r, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct nt_seen seen = {.record = r, .kind = tr_kind_of(r->kind)};
	struct vf_arena before = l->arena;
	struct tr_facts facts;
	bool has = false;
	enum vf_rc rc = nt_details_facts(l->n, r, &l->book, &l->arena, &has, &facts, reterr);

	if (has)
		seen.facts = &facts;
	if (rc == VF_OK)
		rc = each(each_ctx, &seen, reterr);
	l->arena = before;
	return rc;
}

static VF_RC one(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct local *l = ctx;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_get(l->n, id, &r, &err);

	if (rc == VF_UNKNOWN_RECORD || (rc == VF_OK && r->state == NT_ERASED))
		return VF_OK;
	return rc == VF_OK ? show(l, r, each, each_ctx, reterr) : vf_fail(reterr, rc, "%s", err.text);
}

/* A walk over all records: those are shown that it asks for. */
struct walk {
	struct local *l;
	struct vf_bytes but; /* records of this study are left out, and all that are not personal; or */
	const char *type;    /* those with a link of this type to this record are meant */
	const struct vf_hash *to;
	nt_each_seen *each;
	void *each_ctx;
};

static bool is_meant(const struct walk *w, const struct nt_record *r)
{
	if (r->state == NT_ERASED)
		return false;
	if (!w->to)
		return tr_kind_is_personal(tr_kind_of(r->kind)) && !vf_bytes_eq(r->study, w->but);
	for (size_t i = 0; i < r->n_links; i++)
		if (vf_bytes_is(r->links[i].type, w->type) && vf_hash_eq(&r->links[i].record, w->to))
			return true;
	return false;
}

static VF_RC visit(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct walk *w = ctx;
	enum vf_rc rc = nt_notary_get(w->l->n, id, &r, reterr);

	return rc == VF_OK && is_meant(w, r) ? show(w->l, r, w->each, w->each_ctx, reterr) : rc;
}

static VF_RC linked(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
	nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct walk w = {.l = ctx, .type = tr_link_name(type), .to = to, .each = each, .each_ctx = each_ctx};

	return nt_notary_each(w.l->n, study, visit, &w, reterr);
}

static VF_RC others(void *ctx, struct vf_bytes study, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct walk w = {.l = ctx, .but = study, .each = each, .each_ctx = each_ctx};

	return nt_notary_each(w.l->n, vf_bytes(NULL, 0), visit, &w, reterr);
}

/* ---- a kind of the study's own ---- */

struct registered {
	const struct nt_submit *s;
	bool is_there;
};

static bool has_rules(const struct nt_record *r, struct vf_bytes name, const struct vf_hash *sha256)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_bytes_eq(r->documents[i].name, name))
			return vf_hash_eq(&r->documents[i].digests.sha256, sha256);
	return false;
}

static VF_RC see_schema(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	struct registered *x = ctx;
	const struct nt_submit *s = x->s;
	const struct tr_facts *f = seen->facts;

	if (seen->kind != TR_SCHEMA || !vf_bytes_eq(seen->record->study, s->study) ||
		(f && !vf_bytes_eq(f->own_kind, s->own_kind)))
		return VF_OK;
	x->is_there = true;
	if (f && s->own_rules && !has_rules(seen->record, f->rules, &s->own_rules_sha256))
		return vf_fail(reterr, VF_SCHEMA_SHAPE,
			"the rules of '%.*s' are not those that its record of kind schema has", VF_STR(s->own_kind));
	if (f && f->is_personal && !s->own_is_personal)
		return vf_fail(reterr, VF_PERSONAL_FIELD, "a '%.*s' record is personal", VF_STR(s->own_kind));
	return VF_OK;
}

static VF_RC check_registered(struct local *l, const struct nt_submit *s, const struct tr_link *links, size_t n_links,
	struct vf_err *reterr)
{
	struct registered x = {.s = s};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < n_links && rc == VF_OK; i++)
		if (links[i].type == TR_USES)
			rc = one(l, &links[i].record, see_schema, &x, reterr);
	if (rc != VF_OK || x.is_there)
		return rc;
	return vf_fail(reterr, VF_UNKNOWN_KIND,
		"no kind '%.*s': a kind of the study's own needs a link 'uses' to the record of kind schema that "
		"registers it",
		VF_STR(s->own_kind));
}

VF_RC nt_details_check_local(struct nt_notary *n, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr)
{
	struct local l = {.n = n};
	const struct nt_details_from from = {.ctx = &l, .one = one, .linked = linked, .others = others};
	/* two in each other: a walk that an approval's end is looked up in */
	size_t room = 4 * TR_DETAILS_ROOM;
	void *block = malloc(room);
	enum vf_rc rc;

	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&l.arena, block, room);
	rc = s->kind == TR_OWN ? check_registered(&l, s, links, n_links, reterr) : VF_OK;
	if (rc == VF_OK)
		rc = nt_details_check(&from, s, facts, links, n_links, reterr);
	tr_rulebook_done(&l.book);
	explicit_bzero(block, facts && facts->has_participant ? room : 0); /* texts of participants were in it */
	free(block);
	return rc;
}
