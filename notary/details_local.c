/* Records of a notary in a folder and their details, for the rules of details_check.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/consent_index.h"
#include "notary/details_check.h"
#include "notary/document.h"
#include "notary/participants.h"

/* Two in each other: a walk that an approval's end is looked up in. */
#define ROOM (4 * TR_DETAILS_ROOM)
/* Records of a walk that are found at once. */
#define PAGE 64

struct nt_details_local {
	struct nt_notary *n;
	struct tr_rulebook book;
	struct vf_arena arena;
	uint8_t *block;
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
	struct vf_bytes octets;
	uint8_t *text;
	bool is_read;

	*ret = vf_bytes(NULL, 0);
	if (d && nt_document_octets(r, d, &octets))
		return vf_arena_copy(a, octets, ret) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
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

/* What a text says by the rules of a kind of the list. */
static VF_RC read_facts(enum tr_kind kind, struct vf_bytes text, struct tr_rulebook *book, struct vf_arena *a,
	bool *ret_has, struct tr_facts *ret, struct vf_err *reterr)
{
	const struct tr_schema *rules;
	char pointer[TR_POINTER_MAX];
	struct vf_err err = {0};
	enum vf_rc rc;

	*ret_has = false;
	if (text.n == 0)
		return VF_OK;
	rc = tr_rulebook_get(book, kind, &rules, reterr);
	if (rc != VF_OK)
		return rc;
	rc = tr_details_read(kind, rules, text, a, ret, pointer, &err);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	*ret_has = rc == VF_OK;
	return VF_OK;
}

VF_RC nt_details_facts(struct nt_notary *n, const struct nt_record *r, struct tr_rulebook *book, struct vf_arena *a,
	bool *ret_has, struct tr_facts *ret, struct vf_err *reterr)
{
	enum tr_kind kind = tr_kind_find(r->kind);
	struct vf_bytes text;
	enum vf_rc rc;

	*ret_has = false;
	if (kind == TR_KIND_NONE)
		return VF_OK;
	rc = nt_details_text(n, r, a, &text, reterr);
	return rc == VF_OK ? read_facts(kind, text, book, a, ret_has, ret, reterr) : rc;
}

/* ---- what is shown ---- */

VF_RC nt_details_local_new(struct nt_notary *n, struct nt_details_local **ret, struct vf_err *reterr)
{
	struct nt_details_local *l = calloc(1, sizeof(*l));

	if (l)
		l->block = malloc(ROOM);
	if (!l || !l->block) {
		free(l);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	}
	l->n = n;
	vf_arena_init(&l->arena, l->block, ROOM);
	*ret = l;
	return VF_OK;
}

struct nt_details_local *nt_details_local_free(struct nt_details_local *l)
{
	if (!l)
		return NULL;
	tr_rulebook_done(&l->book);
	free(l->block);
	free(l);
	return NULL;
}

void nt_details_local_freep(struct nt_details_local **l)
{
	*l = nt_details_local_free(*l);
}

/* Texts of participants may have been in what the walk used: nothing of them stays. */
static void forget(struct nt_details_local *l, const struct vf_arena *before)
{
	explicit_bzero(l->block + before->used, l->arena.used - before->used);
	l->arena = *before;
}

static VF_RC show(const struct nt_record *r, const struct tr_facts *facts, nt_each_seen *each, void *each_ctx,
	struct vf_err *reterr)
{
	const struct nt_seen seen = {.record = r, .kind = tr_kind_of(r->kind), .facts = facts};

	return each(each_ctx, &seen, reterr);
}

VF_RC nt_details_local_show(struct nt_details_local *l, const struct nt_record *r, struct vf_bytes text, nt_each_seen *each,
	void *each_ctx, struct vf_err *reterr)
{
	struct vf_arena before = l->arena;
	enum tr_kind kind = tr_kind_find(r->kind);
	struct tr_facts facts;
	bool has = false;
	enum vf_rc rc = VF_OK;

	if (kind != TR_KIND_NONE)
		rc = read_facts(kind, text, &l->book, &l->arena, &has, &facts, reterr);
	if (rc == VF_OK)
		rc = show(r, has ? &facts : NULL, each, each_ctx, reterr);
	forget(l, &before);
	return rc;
}

static VF_RC show_own(struct nt_details_local *l, const struct nt_record *r, nt_each_seen *each, void *each_ctx,
	struct vf_err *reterr)
{
	struct vf_arena before = l->arena;
	struct tr_facts facts;
	bool has = false;
	enum vf_rc rc = nt_details_facts(l->n, r, &l->book, &l->arena, &has, &facts, reterr);

	if (rc == VF_OK)
		rc = show(r, has ? &facts : NULL, each, each_ctx, reterr);
	forget(l, &before);
	return rc;
}

static VF_RC one(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_details_local *l = ctx;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_get(l->n, id, &r, &err);

	if (rc == VF_UNKNOWN_RECORD || (rc == VF_OK && r->state == NT_ERASED))
		return VF_OK;
	return rc == VF_OK ? show_own(l, r, each, each_ctx, reterr) : vf_fail(reterr, rc, "%s", err.text);
}

static VF_RC show_at(struct nt_details_local *l, const struct vf_hash *id, struct vf_bytes study, nt_each_seen *each,
	void *each_ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(l->n, id, &r, reterr);

	if (rc != VF_OK || r->state == NT_ERASED || !vf_bytes_eq(r->study, study))
		return rc;
	return show_own(l, r, each, each_ctx, reterr);
}

static VF_RC linked(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
	nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	const struct nt_link link = {vf_bytes_str(tr_link_name(type)), *to};
	struct nt_details_local *l = ctx;
	struct nt_listed page[PAGE];
	uint64_t first = 0;
	size_t n = PAGE;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && n == PAGE) {
		rc = nt_notary_page_linked(l->n, &link, first, PAGE, page, &n, reterr);
		for (size_t i = 0; i < n && rc == VF_OK; i++)
			rc = show_at(l, &page[i].id, study, each, each_ctx, reterr);
		first = n > 0 ? page[n - 1].number + 1 : first;
	}
	return rc;
}

/* In a record, or in the list of participants. */
static VF_RC is_elsewhere(
	void *ctx, struct vf_bytes study, const struct vf_hash *participant, bool *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct nt_details_local *l = ctx;
	enum vf_rc rc = nt_consent_follow(l->n, &x, reterr);

	if (rc == VF_OK)
		rc = nt_consent_elsewhere(x, study, participant, ret, reterr);
	if (rc != VF_OK || *ret)
		return rc;
	rc = nt_participants_open(nt_notary_dir(l->n), false, &p, reterr);
	return rc == VF_OK && p ? nt_participants_elsewhere(p, study, participant, ret, reterr) : rc;
}

struct nt_details_from nt_details_local_from(struct nt_details_local *l)
{
	return (struct nt_details_from){.ctx = l, .one = one, .linked = linked, .is_elsewhere = is_elsewhere};
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

VF_RC nt_details_check_own(struct nt_details_local *l, const struct nt_submit *s, const struct tr_link *links,
	size_t n_links, struct vf_err *reterr)
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
	VF_CLEANUP(nt_details_local_freep) struct nt_details_local *l = NULL;
	struct nt_details_from from;
	enum vf_rc rc = nt_details_local_new(n, &l, reterr);

	if (rc != VF_OK)
		return rc;
	from = nt_details_local_from(l);
	rc = s->kind == TR_OWN ? nt_details_check_own(l, s, links, n_links, reterr) : VF_OK;
	return rc == VF_OK ? nt_details_check(&from, s, facts, links, n_links, reterr) : rc;
}
