#include "notary/heads.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "notary/access.h"
#include "notary/details_check.h"
#include "notary/submit.h"
#include "trial/details.h"
#include "trial/grow.h"
#include "verify/json.h"
#include "verify/text.h"

/* The streams of one study: the notary's own apart, which ends with the study head itself. */
struct heads {
	struct nt_stream *at; /* of others, ascending by ID */
	size_t n, room;
	struct nt_stream own;
};

static void heads_done(struct heads *h)
{
	free(h->at);
}

static int by_id(const void *a, const void *b)
{
	const struct nt_stream *x = a, *y = b;

	return memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

static VF_RC gather(struct nt_notary *n, struct vf_bytes study, struct heads *ret, struct vf_err *reterr)
{
	struct nt_stream_named s = {.number = 0};
	bool found = true;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && found) {
		rc = nt_notary_stream_next(n, study, s.number, &s, &found, reterr);
		if (rc != VF_OK || !found)
			continue;
		if (vf_bytes_is(s.submitter, NT_PARTY_NOTARY))
			ret->own = s.now;
		else if (TR_GROW(ret->at, ret->room, ret->n + 1))
			ret->at[ret->n++] = s.now;
		else
			rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the streams of a study");
	}
	if (rc == VF_OK && ret->n > 0)
		qsort(ret->at, ret->n, sizeof(*ret->at), by_id);
	return rc;
}

/* ---- what the last one tells ---- */

static bool tells(const struct heads *h, const struct vf_json_value *item, size_t *told)
{
	struct vf_hash stream, head;
	uint64_t records;

	if (!vf_json_hex(vf_json_get(item, "stream"), stream.b, sizeof(stream.b)) ||
		!vf_json_hex(vf_json_get(item, "head"), head.b, sizeof(head.b)) || !vf_json_uint(vf_json_get(item, "records"), &records))
		return false;
	if (vf_hash_eq(&stream, &h->own.id))
		return true;
	if (*told == h->n || !vf_hash_eq(&stream, &h->at[*told].id) || !vf_hash_eq(&head, &h->at[*told].head) || records != h->at[*told].next)
		return false;
	(*told)++;
	return true;
}

static bool tells_all(const struct heads *h, struct vf_bytes text)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *list;
	size_t told = 0;

	if (vf_json_parse(text, &doc, NULL) != VF_OK)
		return false;
	list = vf_json_get(vf_json_root(doc), "streams");
	for (size_t i = 0; i < vf_json_count(list); i++)
		if (!tells(h, vf_json_item(list, i), &told))
			return false;
	return told == h->n;
}

struct last {
	bool is_head;	  /* the notary's own stream ends with a study head, */
	bool tells_all;	  /* and nothing happened since */
	int64_t accepted; /* then */
};

static VF_RC look_at_last(struct nt_notary *n, const struct heads *h, struct last *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_bytes text = {NULL, 0};
	struct vf_arena a;
	void *room;
	enum vf_rc rc;

	*ret = (struct last){0};
	if (!h->own.exists)
		return VF_OK;
	rc = nt_notary_get(n, &h->own.head, &r, reterr);
	if (rc != VF_OK || r->state == NT_ERASED || !vf_bytes_is(r->kind, tr_kind_name(TR_STUDY_HEAD)))
		return rc;
	room = malloc(TR_MAX_DETAILS + 64);
	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&a, room, TR_MAX_DETAILS + 64);
	rc = nt_details_text(n, r, &a, &text, reterr);
	if (rc == VF_OK)
		*ret = (struct last){.is_head = true, .tells_all = tells_all(h, text), .accepted = r->accepted_ms};
	free(room);
	return rc;
}

/* ---- a new one ---- */

static void put_stream(struct nt_buf *out, const struct nt_stream *s)
{
	char id[65], head[65];

	vf_hex_put(id, vf_bytes(s->id.b, sizeof(s->id.b)));
	vf_hex_put(head, vf_bytes(s->head.b, sizeof(s->head.b)));
	nt_buf_putf(out, "%s{\"stream\":\"%s\",\"head\":\"%s\",\"records\":%" PRIu64 "}", out->p[out->n - 1] == '[' ? "" : ",", id, head, s->next);
}

static VF_RC make_details(const struct heads *h, int64_t now, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	VF_CLEANUP(tr_rulebook_done) struct tr_rulebook book = {0};
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(TR_MAX_DETAILS);
	struct tr_details_draft draft = {.kind = TR_STUDY_HEAD};
	char pointer[TR_POINTER_MAX], when[VF_TIME_LEN + 1];
	bool own = !h->own.exists; /* it was put */
	enum vf_rc rc;

	nt_buf_put_str(&json, "{\"streams\":[");
	for (size_t i = 0; i < h->n && !json.failed; i++) {
		if (!own && by_id(&h->own, &h->at[i]) < 0) {
			put_stream(&json, &h->own);
			own = true;
		}
		put_stream(&json, &h->at[i]);
	}
	if (!own && !json.failed)
		put_stream(&json, &h->own);
	vf_time_put(when, now);
	nt_buf_putf(&json, "],\"when\":\"%s\"}", when);
	if (nt_buf_check(&json, NULL) != VF_OK)
		return vf_fail(reterr, VF_LIMIT, "the study has %zu streams, more than the %zu octets of a study head hold", h->n, TR_MAX_DETAILS);
	draft.json = nt_buf_bytes(&json);
	rc = tr_rulebook_get(&book, TR_STUDY_HEAD, &draft.rules, reterr);
	return rc == VF_OK ? tr_details_make(&draft, a, ret, pointer, reterr) : rc;
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)at;
	(void)how;
	*(struct vf_hash *)ctx = *id;
}

static VF_RC notarise(struct nt_notary *n, struct vf_bytes study, const struct heads *h, struct vf_hash *ret, struct vf_err *reterr)
{
	struct nt_submit s = {.submitter = vf_bytes_str(NT_PARTY_NOTARY), .study = study, .kind = TR_STUDY_HEAD};
	const struct nt_submit_record record = {.n_files = 0};
	struct vf_arena a;
	void *room = malloc(4 * TR_MAX_DETAILS);
	enum vf_rc rc;

	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&a, room, 4 * TR_MAX_DETAILS);
	rc = make_details(h, nt_notary_now(n), &a, &s.details, reterr);
	if (rc == VF_OK)
		rc = nt_submit_unjudged(n, &s, &record, 1, take_id, ret, reterr);
	free(room);
	return rc;
}

VF_RC nt_heads_put(struct nt_notary *n, struct vf_bytes study, struct nt_heads_made *ret, struct vf_err *reterr)
{
	VF_CLEANUP(heads_done) struct heads h = {0};
	struct last last = {0};
	enum vf_rc rc = gather(n, study, &h, reterr);
	char shown[160];

	vf_text_escape(shown, sizeof(shown), study);
	if (rc == VF_OK && h.n == 0 && !h.own.exists)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "the notary has no record of the study '%s': is its name right?", shown);
	if (rc == VF_OK)
		rc = look_at_last(n, &h, &last, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (struct nt_heads_made){.id = h.own.head, .streams = h.n + h.own.exists, .is_new = !last.tells_all};
	return last.tells_all ? VF_OK : notarise(n, study, &h, &ret->id, reterr);
}

VF_RC nt_heads_told(struct nt_notary *n, struct vf_bytes study, bool *ret, struct vf_err *reterr)
{
	VF_CLEANUP(heads_done) struct heads h = {0};
	struct last last = {0};
	enum vf_rc rc = gather(n, study, &h, reterr);

	if (rc == VF_OK)
		rc = look_at_last(n, &h, &last, reterr);
	*ret = last.tells_all;
	return rc;
}

/* ---- when ---- */

static VF_RC is_older(struct nt_notary *n, const struct vf_hash *id, int64_t before_ms, bool *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(n, id, &r, reterr);

	if (rc == VF_OK)
		*ret = r->accepted_ms < before_ms;
	return rc;
}

/* Something is not told that was there before. */
static VF_RC is_due(struct nt_notary *n, struct vf_bytes study, int64_t before_ms, bool *ret, struct vf_err *reterr)
{
	VF_CLEANUP(heads_done) struct heads h = {0};
	struct last last = {0};
	enum vf_rc rc = gather(n, study, &h, reterr);

	*ret = false;
	if (rc == VF_OK)
		rc = look_at_last(n, &h, &last, reterr);
	if (rc != VF_OK || last.tells_all)
		return rc;
	*ret = last.is_head && last.accepted < before_ms;
	for (size_t i = 0; rc == VF_OK && !last.is_head && !*ret && i < h.n; i++)
		rc = is_older(n, &h.at[i].id, before_ms, ret, reterr);
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const uintptr_t x = (uintptr_t)((const struct vf_bytes *)a)->p, y = (uintptr_t)((const struct vf_bytes *)b)->p;

	return (x > y) - (x < y);
}

struct studies {
	struct vf_bytes *at;
	size_t n, room;
};

/* A name is in memory once, so two of one study have the same address. */
static VF_RC list_studies(struct nt_notary *n, struct studies *ret, struct vf_err *reterr)
{
	struct nt_stream_named s = {.number = 0};
	bool found = true;
	size_t kept = 0;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && found) {
		rc = nt_notary_stream_next(n, (struct vf_bytes){NULL, 0}, s.number, &s, &found, reterr);
		if (rc != VF_OK || !found || vf_bytes_is(s.submitter, NT_PARTY_NOTARY))
			continue;
		if (!TR_GROW(ret->at, ret->room, ret->n + 1))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the studies of a notary");
		ret->at[ret->n++] = s.study;
	}
	if (rc != VF_OK || ret->n == 0)
		return rc;
	qsort(ret->at, ret->n, sizeof(*ret->at), by_place);
	for (size_t i = 1; i < ret->n; i++)
		if (ret->at[i].p != ret->at[kept].p)
			ret->at[++kept] = ret->at[i];
	ret->n = kept + 1;
	return VF_OK;
}

VF_RC nt_heads_studies(struct nt_notary *n, int64_t before_ms, struct vf_bytes **ret, size_t *ret_n, struct vf_err *reterr)
{
	struct studies s = {0};
	size_t kept = 0;
	enum vf_rc rc = list_studies(n, &s, reterr);

	for (size_t i = 0; rc == VF_OK && i < s.n; i++) {
		bool due;

		rc = is_due(n, s.at[i], before_ms, &due, reterr);
		if (rc == VF_OK && due)
			s.at[kept++] = s.at[i];
	}
	if (rc != VF_OK) {
		free(s.at);
		return rc;
	}
	*ret = s.at;
	*ret_n = kept;
	return VF_OK;
}
