#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/consent_index.h"
#include "notary/failpoint.h"
#include "notary/participants.h"
#include "notary/source.h"
#include "trial/consent_fact.h"

/* Records that are taken in with one commit. */
#define PAGE 512
/* Details once as they are, once as they are read. */
#define ROOM (TR_DETAILS_ROOM + TR_MAX_DETAILS)

struct follower {
	struct nt_source_local local;
	struct nt_source from;
	struct nt_consent_index *x;
	struct tr_rulebook book;
	uint8_t *room;
	uint64_t seal; /* whose time was asked last; 0: none */
	int64_t seal_ms;
};

static VF_RC begin(struct follower *f, struct nt_notary *n, struct nt_consent_index *x, struct vf_err *reterr)
{
	memset(f, 0, sizeof(*f));
	f->local.n = n;
	f->from = nt_source_local(&f->local);
	f->x = x;
	f->room = malloc(ROOM);
	return f->room ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
}

static void done(struct follower *f)
{
	tr_rulebook_done(&f->book);
	free(f->room);
}

/* ---- one record ---- */

static VF_RC seal_time(struct follower *f, uint64_t number, int64_t *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (f->seal != number) {
		rc = f->from.sealed(f->from.ctx, number, &f->seal_ms, reterr);
		if (rc != VF_OK)
			return rc;
		f->seal = number;
	}
	*ret = f->seal_ms;
	return VF_OK;
}

static VF_RC place(struct follower *f, const struct nt_record *r, uint64_t *ret_index, int64_t *ret_sealed,
	struct vf_err *reterr)
{
	*ret_index = r->state == NT_SEQUENCED || r->state == NT_SEALED ? r->index : UINT64_MAX;
	*ret_sealed = VF_TIME_NONE;
	return r->state == NT_SEALED ? seal_time(f, r->seal, ret_sealed, reterr) : VF_OK;
}

/* details.json of the record; empty when it is nowhere or not what was submitted. */
static VF_RC read_details(struct follower *f, const struct nt_record *r, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = f->from.details(f->from.ctx, r, a, ret, &err);

	if (rc == VF_OK || rc == VF_DOCUMENT_MISSING || rc == VF_DOCUMENT_CHANGED)
		return VF_OK;
	return vf_fail(reterr, rc, "%s", err.text);
}

static VF_RC read_links(
	const struct nt_record *r, struct vf_arena *a, struct tr_consent_fact *fact, struct vf_err *reterr)
{
	struct tr_link *links = VF_NEW(a, r->n_links + 1, struct tr_link);

	if (links == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for links");
	for (size_t i = 0; i < r->n_links; i++)
		links[i] = (struct tr_link){tr_link_find(r->links[i].type), r->links[i].record};
	fact->links = links;
	fact->n_links = r->n_links;
	return VF_OK;
}

/* What earlier versions said in links and in the statement alone. */
static VF_RC fill(
	struct follower *f, const struct nt_record *r, struct tr_consent_fact *fact, struct vf_err *reterr)
{
	static const struct vf_hash none;
	bool found = false;
	enum vf_rc rc = VF_OK;

	if (fact->kind == TR_FACT_APPROVAL && !tr_when_is(&fact->when) && !tr_when_read(r->date, &fact->when))
		fact->when = tr_when_none();
	if (fact->kind != TR_FACT_WITHDRAWAL || !vf_hash_eq(&fact->participant, &none))
		return VF_OK;
	for (size_t i = 0; i < fact->n_links && rc == VF_OK && !found; i++) {
		if (fact->links[i].type != TR_WITHDRAWS)
			continue;
		fact->about = fact->links[i].record;
		rc = nt_consent_whose(f->x, &fact->about, &fact->participant, &found, reterr);
	}
	return rc;
}

static bool is_personal(enum tr_fact_kind kind)
{
	return kind >= TR_FACT_CONSENT;
}

static VF_RC read_fact(struct follower *f, const struct nt_record *r, enum tr_kind kind, struct vf_arena *a,
	struct tr_consent_fact *ret, struct vf_err *reterr)
{
	struct vf_bytes json = vf_bytes(NULL, 0);
	enum vf_rc rc = read_details(f, r, a, &json, reterr);

	if (rc != VF_OK)
		return rc;
	rc = tr_consent_fact_read(&f->book, kind, json, a, ret, reterr);
	/* details that break today's rules were submitted before these rules: only the links are known */
	if (rc != VF_OK && rc != VF_NO_MEMORY)
		rc = tr_consent_fact_read(&f->book, kind, vf_bytes(NULL, 0), a, ret, reterr);
	if (rc == VF_OK)
		rc = read_links(r, a, ret, reterr);
	return rc == VF_OK ? fill(f, r, ret, reterr) : rc;
}

/* Takes a record in, when it says something about consents and about whose. */
static VF_RC take_record(struct follower *f, uint64_t number, const struct nt_record *r, struct vf_err *reterr)
{
	static const struct vf_hash none;
	struct nt_consent_row row = {.number = number};
	enum tr_kind kind = tr_kind_find(r->kind);
	struct vf_arena a;
	enum vf_rc rc;

	if (r->state == NT_ERASED || tr_consent_fact_kind(kind) == TR_FACT_NONE)
		return VF_OK;
	vf_arena_init(&a, f->room, ROOM);
	rc = read_fact(f, r, kind, &a, &row.fact, reterr);
	if (rc != VF_OK || (is_personal(row.fact.kind) && vf_hash_eq(&row.fact.participant, &none)))
		return rc;
	row.study = r->study;
	row.fact.id = r->id;
	rc = place(f, r, &row.fact.index, &row.fact.sealed, reterr);
	return rc == VF_OK ? nt_consent_put(f->x, &row, reterr) : rc;
}

static VF_RC take_in(struct follower *f, uint64_t number, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(f->local.n, id, &r, reterr);

	return rc == VF_OK ? take_record(f, number, r, reterr) : rc;
}

/* Those of a server, which is asked anew each time. */
VF_RC nt_consent_fill(const struct nt_source *from, struct nt_record *const *records, size_t n, const char *dir,
	struct nt_consent_index **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct follower f = {.from = *from};
	enum vf_rc rc = nt_consent_index_open(dir, true, &x, reterr);

	if (rc != VF_OK)
		return rc;
	f.x = x;
	f.room = malloc(ROOM);
	rc = f.room ? nt_consent_begin(x, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	if (rc == VF_OK) {
		rc = nt_consent_clear(x, reterr);
		for (size_t i = 0; i < n && rc == VF_OK; i++)
			rc = take_record(&f, i, records[i], reterr);
		rc = nt_consent_end(x, rc, reterr);
	}
	done(&f);
	if (rc != VF_OK)
		return rc;
	*ret = x;
	x = NULL;
	return VF_OK;
}

/* ---- keeping up ---- */

/* An index that has seen what this notary has not is another notary's, or a restored one's. */
static VF_RC check_same(struct follower *f, struct nt_consent_progress *p, struct vf_err *reterr)
{
	struct nt_listed last;
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	if (p->next > 0)
		rc = nt_notary_page(f->local.n, vf_bytes(NULL, 0), p->next - 1, 1, &last, &n, reterr);
	if (rc != VF_OK || p->next == 0 ||
		(n == 1 && last.number == p->next - 1 && vf_hash_eq(&last.id, &p->last)))
		return rc;
	rc = nt_consent_begin(f->x, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_consent_end(f->x, nt_consent_clear(f->x, reterr), reterr);
	memset(p, 0, sizeof(*p));
	return rc;
}

static VF_RC take_page(struct follower *f, struct nt_consent_progress *p, const struct nt_listed *page,
	size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = nt_consent_begin(f->x, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = take_in(f, page[i].number, &page[i].id, reterr);
	p->next = page[n - 1].number + 1;
	p->last = page[n - 1].id;
	if (rc == VF_OK)
		rc = nt_consent_set_progress(f->x, p, reterr);
	if (rc == VF_OK)
		nt_failpoint("consent-page");
	return nt_consent_end(f->x, rc, reterr);
}

static VF_RC take_new(struct follower *f, struct nt_consent_progress *p, struct vf_err *reterr)
{
	struct nt_listed *page = calloc(PAGE, sizeof(*page));
	size_t n = 1;
	enum vf_rc rc = page ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a page of records");

	while (rc == VF_OK && n > 0) {
		rc = nt_notary_page(f->local.n, vf_bytes(NULL, 0), p->next, PAGE, page, &n, reterr);
		if (rc == VF_OK && n > 0)
			rc = take_page(f, p, page, n, reterr);
	}
	free(page);
	return rc;
}

/* Where in the log what waited is now. */
static VF_RC take_seals(struct follower *f, struct nt_consent_progress *p, uint64_t seals, uint64_t size,
	struct vf_err *reterr)
{
	struct nt_consent_open open = {0};
	int64_t after = -1;
	bool found = true;
	enum vf_rc rc = nt_consent_begin(f->x, reterr);

	if (rc != VF_OK)
		return rc;
	while (rc == VF_OK) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
		uint64_t index;
		int64_t sealed;

		rc = nt_consent_next_unsealed(f->x, after, &open, &found, reterr);
		if (rc != VF_OK || !found)
			break;
		after = (int64_t)open.number;
		rc = nt_notary_get(f->local.n, &open.id, &r, reterr);
		if (rc == VF_OK)
			rc = place(f, r, &index, &sealed, reterr);
		if (rc == VF_OK)
			rc = nt_consent_sealed(f->x, open.number, index, sealed, reterr);
	}
	p->seals = seals;
	p->size = size;
	if (rc == VF_OK)
		rc = nt_consent_set_progress(f->x, p, reterr);
	return nt_consent_end(f->x, rc, reterr);
}

/* ---- erasure ---- */

/* The record is erased: its participant's key goes with the last one. */
static VF_RC settle_erased(struct follower *f, const struct nt_consent_open *d, struct vf_err *reterr)
{
	static const struct vf_hash none;
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	bool left = true, was;
	enum vf_rc rc;

	if (vf_hash_eq(&d->participant, &none))
		return VF_OK;
	rc = nt_consent_has(f->x, vf_bytes_str(d->study), &d->participant, &left, reterr);
	if (rc != VF_OK || left)
		return rc;
	rc = nt_participants_open(nt_notary_dir(f->local.n), false, &p, reterr);
	if (rc != VF_OK || p == NULL)
		return rc;
	return nt_participants_destroy_value(p, vf_bytes_str(d->study), &d->participant, &was, reterr);
}

static VF_RC settle_one(struct follower *f, const struct nt_consent_open *d, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(f->local.n, &d->id, &r, reterr);

	if (rc == VF_OK && r->state == NT_ERASED)
		rc = settle_erased(f, d, reterr);
	if (rc == VF_OK)
		nt_failpoint("consent-key-destroyed");
	if (rc == VF_OK)
		rc = nt_consent_begin(f->x, reterr);
	if (rc != VF_OK)
		return rc;
	rc = take_in(f, d->number, &d->id, reterr);
	if (rc == VF_OK)
		rc = nt_consent_clear_doubt(f->x, d->number, reterr);
	return nt_consent_end(f->x, rc, reterr);
}

static VF_RC settle(struct follower *f, struct vf_err *reterr)
{
	struct nt_consent_open d;
	int64_t after = -1;
	bool found = true;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK) {
		rc = nt_consent_next_doubt(f->x, after, &d, &found, reterr);
		if (rc != VF_OK || !found)
			break;
		after = (int64_t)d.number;
		rc = settle_one(f, &d, reterr);
	}
	return rc == VF_OK && after >= 0 ? nt_consent_wipe(f->x, reterr) : rc;
}

static VF_RC follow(struct follower *f, struct vf_err *reterr)
{
	struct nt_consent_progress p;
	uint64_t seals = 0, size = 0, pending = 0;
	enum vf_rc rc = nt_consent_progress(f->x, &p, reterr);

	if (rc == VF_OK)
		rc = check_same(f, &p, reterr);
	if (rc == VF_OK)
		rc = settle(f, reterr);
	if (rc == VF_OK)
		rc = take_new(f, &p, reterr);
	if (rc == VF_OK)
		rc = nt_notary_counts(f->local.n, &seals, &size, &pending, reterr);
	if (rc == VF_OK && (p.seals != seals || p.size != size))
		rc = take_seals(f, &p, seals, size, reterr);
	return rc;
}

VF_RC nt_consent_follow(struct nt_notary *n, struct nt_consent_index **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct follower f;
	enum vf_rc rc = nt_consent_index_open(nt_notary_dir(n), true, &x, reterr);

	if (rc == VF_OK)
		rc = begin(&f, n, x, reterr);
	if (rc != VF_OK)
		return rc;
	rc = follow(&f, reterr);
	done(&f);
	if (rc != VF_OK)
		return rc;
	*ret = x;
	x = NULL;
	return VF_OK;
}

static bool is_there(struct nt_notary *n, const char *name)
{
	char path[8192];

	return snprintf(path, sizeof(path), "%s/%s", nt_notary_dir(n), name) < (int)sizeof(path) &&
		access(path, F_OK) == 0;
}

VF_RC nt_consent_erase_begin(struct nt_notary *n, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	bool was = false;
	enum vf_rc rc;

	/* without keys of participants and without an index there is nothing to be erased here */
	if (!is_there(n, "consent.db") && !is_there(n, "participants.db"))
		return VF_OK;
	rc = nt_consent_follow(n, &x, reterr);
	if (rc == VF_OK)
		rc = nt_consent_begin(x, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_consent_end(x, nt_consent_drop(x, id, true, &was, reterr), reterr);
	if (rc == VF_OK)
		nt_failpoint("consent-doubted");
	return rc;
}

VF_RC nt_consent_erase_end(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct follower f;
	enum vf_rc rc = nt_consent_index_open(nt_notary_dir(n), false, &x, reterr);

	if (rc != VF_OK || x == NULL)
		return rc;
	rc = begin(&f, n, x, reterr);
	if (rc != VF_OK)
		return rc;
	rc = settle(&f, reterr);
	done(&f);
	return rc;
}
