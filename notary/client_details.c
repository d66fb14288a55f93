#include "notary/client_details.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/client_pending.h"
#include "notary/client_read.h"
#include "notary/details_check.h"
#include "notary/durable.h"
#include "notary/intake.h"
#include "notary/participants.h"
#include "verify/text.h"

/* Records of a list at once. */
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
	if (rc == VF_OK && p.submit.details_file.n && !vf_arena_copy(a, p.submit.details_file, ret))
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	for (size_t i = 0; rc == VF_OK && p.submit.details_file.n == 0 && i < p.record.n_files; i++)
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

/* What is not shown of a personal record are its details: nobody may take it for one that has none. */
static VF_RC show(struct looking *u, struct nt_client_got *g, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	const struct nt_remote_record *r = &g->record;
	struct nt_document hidden = {.name = vf_bytes_str(TR_DETAILS_NAME), .confidential = true};
	struct nt_record seen = {
		.state = r->state, .id = r->id, .kind = r->kind, .study = r->study, .documents = &hidden};
	struct vf_bytes text;
	enum vf_rc rc = nt_client_details_text(u->x, &r->id, r->details, &g->a, &text, reterr);

	if (rc != VF_OK)
		return rc;
	seen.n_documents = text.n == 0 && tr_kind_is_personal(tr_kind_of(r->kind));
	return nt_details_local_show(u->rules, &seen, text, each, each_ctx, reterr);
}

static VF_RC one(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct looking *u = ctx;
	struct nt_client_got g = {0};
	struct vf_err err = {0};
	enum vf_rc rc = nt_client_get_record(u->x->client, id, &g, &err);

	if (rc == VF_OK && g.record.state != NT_ERASED)
		rc = show(u, &g, each, each_ctx, reterr);
	else if (rc != VF_OK)
		rc = is_unseen(rc) ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
	nt_client_got_done(&g);
	return rc;
}

struct walk {
	struct looking *u;
	struct vf_bytes study;
	nt_each_seen *each;
	void *each_ctx;
	bool is_answer; /* what failed was not the question */
};

/* Those of the study, one by one: a list shows no details. */
static VF_RC show_page(void *ctx, struct nt_client_got *page, struct vf_err *reterr)
{
	struct walk *w = ctx;
	enum vf_rc rc = VF_OK;

	w->is_answer = true;
	for (size_t i = 0; i < page->list.n && rc == VF_OK; i++)
		if (page->list.records[i].state != NT_ERASED && vf_bytes_eq(page->list.records[i].study, w->study))
			rc = one(w->u, &page->list.records[i].id, w->each, w->each_ctx, reterr);
	return rc;
}

static VF_RC linked(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
	nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct walk w = {ctx, study, each, each_ctx, false};
	struct looking *u = ctx;
	struct vf_err err = {0};
	char hex[65], path[160];
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(to->b, sizeof(to->b)));
	snprintf(path, sizeof(path), "/v1/records?limit=%d&link=%s:%s", PAGE, tr_link_name(type), hex);
	rc = nt_client_get_pages(u->x->client, path, vf_bytes(NULL, 0), NT_MAX_LISTED_PASSED, show_page, &w, &err);
	if (rc == VF_OK || (!w.is_answer && is_unseen(rc)))
		return VF_OK;
	return vf_fail(reterr, rc, "%s", err.text);
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
