#include "notary/client_details.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/client_answer.h"
#include "notary/client_pending.h"
#include "notary/details_check.h"
#include "notary/durable.h"
#include "notary/intake.h"
#include "notary/participants.h"
#include "verify/text.h"

/* A record with all its documents, and a page of a list. */
#define MAX_RECORD ((size_t)32 * 1024 * 1024)
#define MAX_LIST ((size_t)16 * 1024 * 1024)
#define PAGE 200

struct looking {
	const struct nt_send *x;
	struct nt_details_local *rules; /* how texts are read */
};

/* What cannot be seen: it is not there, not for this credential, or the server is too old to be asked. */
static bool is_unseen(enum vf_rc rc)
{
	return rc == VF_UNKNOWN_RECORD || rc == VF_FORBIDDEN || rc == VF_HTTP_SHAPE || rc == VF_ERASED;
}

static VF_RC as_answer(enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr)
{
	if (rc == VF_OK)
		return rc;
	return vf_fail(reterr, rc == VF_JSON_SHAPE ? VF_SERVER_ANSWER : rc, "%s", err->text);
}

/* ---- texts ---- */

static VF_RC read_path(const char *path, uint64_t size, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t *p = VF_NEW(a, (size_t)size + 1, uint8_t);

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	if (fd >= 0 && pread(fd, p, (size_t)size, 0) == (ssize_t)size)
		*ret = vf_bytes(p, (size_t)size);
	return VF_OK;
}

/* A document that lies in the state folder, if it does. */
static VF_RC read_kept(const struct nt_send *x, const struct vf_hash *id, const struct nt_submit_file *f, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	struct vf_bytes text = vf_bytes(NULL, 0);
	struct vf_hash found;
	enum vf_rc rc;

	if (f->size > TR_MAX_DETAILS)
		return VF_OK;
	rc = nt_state_path(x->state, id, &f->digests.sha256, &path, reterr);
	if (rc == VF_OK && path.n > 0)
		rc = read_path((const char *)path.p, f->size, a, &text, reterr);
	if (rc != VF_OK || text.n == 0)
		return rc;
	found = vf_sha256(text);
	if (vf_hash_eq(&found, &f->digests.sha256))
		*ret = text;
	return VF_OK;
}

/* Of a record that this folder has sent. */
static VF_RC read_own(const struct nt_send *x, const struct vf_hash *id, struct vf_arena *a, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(NT_INTAKE_MAX_JSON);
	struct nt_pending p;
	struct vf_arena scratch;
	void *block;
	enum vf_rc rc = nt_state_submission(x->state, id, &json, reterr);

	if (rc == VF_NO_INPUT)
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	block = malloc(nt_pending_room(json.n));
	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	vf_arena_init(&scratch, block, nt_pending_room(json.n));
	rc = nt_pending_read(nt_buf_bytes(&json), &scratch, &p, reterr);
	for (size_t i = 0; rc == VF_OK && i < p.record.n_files; i++)
		if (vf_bytes_is(p.record.files[i].name, TR_DETAILS_NAME))
			rc = read_kept(x, id, &p.record.files[i], a, ret, reterr);
	free(block);
	return rc;
}

VF_RC nt_client_details_text(const struct nt_send *x, const struct vf_hash *id, struct vf_bytes shown, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	*ret = shown;
	return shown.n ? VF_OK : read_own(x, id, a, ret, reterr);
}

/* ---- records ---- */

struct answer {
	struct nt_buf json;
	struct vf_arena a;
	void *block;
};

static void answer_done(struct answer *w)
{
	nt_buf_done(&w->json);
	free(w->block);
}

/* Asks, and makes room for what is read of the answer and for details. */
static VF_RC ask(const struct looking *u, const char *path, size_t max, struct answer *w, struct vf_err *reterr)
{
	struct nt_client_request q = {.path = path, .accept = "application/json", .max = max};
	size_t room;
	enum vf_rc rc;

	*w = (struct answer){.json = nt_buf(0)};
	rc = nt_client_call(u->x->client, &q, &w->json, NULL, reterr);
	if (rc != VF_OK)
		return rc;
	room = 8 * w->json.n + 4096 + 2 * TR_MAX_DETAILS;
	w->block = malloc(room);
	if (!w->block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	vf_arena_init(&w->a, w->block, room);
	return VF_OK;
}

/* What is not shown of a personal record are its details: nobody may take it for one that has none. */
static VF_RC show(struct looking *u, const struct nt_remote_record *r, struct vf_arena *a, nt_each_seen *each,
	void *each_ctx, struct vf_err *reterr)
{
	struct nt_document hidden = {.name = vf_bytes_str(TR_DETAILS_NAME), .confidential = true};
	struct nt_record seen = {
		.state = r->state, .id = r->id, .kind = r->kind, .study = r->study, .documents = &hidden};
	struct vf_bytes text;
	enum vf_rc rc = nt_client_details_text(u->x, &r->id, r->details, a, &text, reterr);

	if (rc != VF_OK)
		return rc;
	seen.n_documents = text.n == 0 && tr_kind_is_personal(tr_kind_of(r->kind));
	return nt_details_local_show(u->rules, &seen, text, each, each_ctx, reterr);
}

static VF_RC one(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct looking *u = ctx;
	struct nt_remote_record r;
	struct vf_err err = {0};
	struct answer w;
	char hex[65], path[96];
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(path, sizeof(path), "/v1/records/%s", hex);
	rc = ask(u, path, MAX_RECORD, &w, &err);
	if (rc == VF_OK)
		rc = nt_answer_record(nt_buf_bytes(&w.json), &w.a, &r, &err);
	if (rc == VF_OK && !vf_hash_eq(&r.id, id))
		rc = vf_fail(&err, VF_SERVER_ANSWER, "the answer is about another record");
	if (rc != VF_OK) {
		answer_done(&w);
		return is_unseen(rc) ? VF_OK : as_answer(rc, &err, reterr);
	}
	if (r.state != NT_ERASED)
		rc = show(u, &r, &w.a, each, each_ctx, reterr);
	answer_done(&w);
	return rc;
}

/* Those of a page that are of the study, one by one: a list shows no details. */
static VF_RC show_page(struct looking *u, const struct nt_remote_list *list, struct vf_bytes study, nt_each_seen *each,
	void *each_ctx, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < list->n && rc == VF_OK; i++)
		if (list->records[i].state != NT_ERASED && vf_bytes_eq(list->records[i].study, study))
			rc = one(u, &list->records[i].id, each, each_ctx, reterr);
	return rc;
}

static VF_RC linked(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
	nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(1024);
	struct looking *u = ctx;
	struct nt_remote_list list = {0};
	enum vf_rc rc = VF_OK;
	bool more = true;
	char hex[65];

	vf_hex_put(hex, vf_bytes(to->b, sizeof(to->b)));
	nt_buf_putf(&path, "/v1/records?limit=%d&link=%s:%s", PAGE, tr_link_name(type), hex);
	nt_buf_put_u8(&path, 0);
	while (rc == VF_OK && more) {
		struct vf_err err = {0};
		struct answer w;

		rc = nt_buf_check(&path, reterr);
		if (rc != VF_OK)
			return rc;
		rc = ask(u, (const char *)path.p, MAX_LIST, &w, &err);
		if (rc == VF_OK)
			rc = nt_answer_list(nt_buf_bytes(&w.json), &w.a, &list, &err);
		if (rc != VF_OK) {
			answer_done(&w);
			return is_unseen(rc) ? VF_OK : as_answer(rc, &err, reterr);
		}
		rc = show_page(u, &list, study, each, each_ctx, reterr);
		more = list.next.n > 0;
		nt_buf_reset(&path);
		nt_buf_putf(&path, "/v1/records?limit=%d&link=%s:%s&after=", PAGE, tr_link_name(type), hex);
		nt_client_put_parameter(&path, list.next);
		nt_buf_put_u8(&path, 0);
		answer_done(&w);
	}
	return rc;
}

static VF_RC is_elsewhere(
	void *ctx, struct vf_bytes study, const struct vf_hash *participant, bool *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct looking *u = ctx;
	enum vf_rc rc = nt_state_value(u->x->state, participant, study, ret, reterr);

	if (rc != VF_OK || *ret)
		return rc;
	rc = nt_participants_open(nt_state_home(u->x->state), false, &p, reterr);
	/* a folder that others may look into holds no participants */
	if (rc == VF_PERMISSION || (rc == VF_OK && !p))
		return VF_OK;
	return rc == VF_OK ? nt_participants_elsewhere(p, study, participant, ret, reterr) : rc;
}

VF_RC nt_client_details_check(const struct nt_send *x, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr)
{
	VF_CLEANUP(nt_details_local_freep) struct nt_details_local *rules = NULL;
	struct looking u = {.x = x};
	const struct nt_details_from from = {
		.ctx = &u, .is_partial = true, .one = one, .linked = linked, .is_elsewhere = is_elsewhere};
	enum vf_rc rc = nt_details_local_new(NULL, &rules, reterr);

	u.rules = rules;
	return rc == VF_OK ? nt_details_check(&from, s, facts, links, n_links, reterr) : rc;
}
