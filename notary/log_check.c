#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/log.h"

#define PATH_ROOM (NT_TILE_PATH_MAX + 8)

/* The log as it grows again, checkpoint by checkpoint. */
struct replay {
	struct nt_log *l;
	struct nt_grower g;
	uint64_t last;
	struct nt_findings *f;
};

/* A partial tile may be gone once the full one is there; what is there must be right. */
static bool may_be_gone(const struct replay *r, const char *path)
{
	struct vf_bytes rest = vf_bytes_str(path);
	struct nt_tile t;

	return vf_take_str(&rest, "log/") && nt_tile_path_read(rest, &t) &&
		faccessat(r->l->dir, path, F_OK, 0) != 0 &&
		nt_tile_width(t.level, t.index, nt_headlock_get(r->l->head)->size) == NT_TILE_WIDTH;
}

static VF_RC compare_file(
	void *ctx, const char *path, bool partial, struct vf_bytes bytes, struct vf_err *reterr)
{
	struct replay *r = ctx;
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(bytes.n + 1);
	struct vf_err err = {0};
	enum vf_rc rc;

	if (partial && may_be_gone(r, path))
		return VF_OK;
	rc = nt_durable_read(r->l->dir, path, &b, &err);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		nt_found(r->f, VF_STORE_CORRUPT, "%s", err.text);
	else if (!vf_bytes_eq(nt_buf_bytes(&b), bytes))
		nt_found(r->f, VF_STORE_CORRUPT, "file '%s' is not what the records give", path);
	return VF_OK;
}

static VF_RC replay_checkpoint(
	void *ctx, uint64_t size, const struct vf_hash *root, struct vf_bytes note, struct vf_err *reterr)
{
	struct replay *r = ctx;
	struct vf_err err = {0};
	struct vf_hash got;
	enum vf_rc rc = nt_found_rc(r->f, nt_log_check_note(r->l, size, root, note, &err), &err, reterr);

	if (rc != VF_OK)
		return rc;
	if (size > nt_store_state(r->l->store)->records || size < r->last) {
		nt_found(r->f, VF_STORE_CORRUPT, "a checkpoint has size %" PRIu64, size);
		return VF_OK;
	}
	if (size > r->last) {
		rc = nt_found_rc(r->f, nt_log_build(r->l, &r->g, size, compare_file, r, &err), &err, reterr);
		if (rc != VF_OK)
			return rc;
	}
	r->last = size;
	got = vf_frontier_root(&r->g.frontier);
	if (r->g.frontier.size != size || !vf_hash_eq(&got, root))
		nt_found(r->f, VF_STORE_CORRUPT, "the records do not lead to the checkpoint of size %" PRIu64,
			size);
	return VF_OK;
}

/* ---- files that do not belong there ---- */

struct walk {
	struct nt_log *l;
	struct nt_findings *f;
	char path[512];
};

static VF_RC walk_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct walk *w = ctx;
	size_t n = strlen(w->path);
	struct vf_bytes path;
	struct nt_tile t;
	enum vf_rc rc = VF_OK;

	if (n + strlen(name) + 2 > sizeof(w->path)) {
		nt_found(w->f, VF_STORE_CORRUPT, "folder '%s' holds a name that is too long", w->path);
		return VF_OK;
	}
	w->path[n] = '/';
	strcpy(w->path + n + 1, name);
	path = vf_bytes_str(w->path + strlen("log/"));
	if (is_dir)
		rc = nt_dir_each(w->l->dir, w->path, walk_name, w, reterr);
	else if (!nt_tile_path_read(path, &t) ||
		t.width > nt_tile_width(t.level, t.index, nt_headlock_get(w->l->head)->size))
		nt_found(w->f, VF_STORE_CORRUPT, "file '%s' does not belong to the log", w->path);
	w->path[n] = '\0';
	return rc;
}

VF_RC nt_log_check(struct nt_log *l, struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct walk w = {.l = l, .f = f, .path = "log/tile"};
	struct replay *r = calloc(1, sizeof(*r));
	const struct nt_head *h = nt_headlock_get(l->head);
	struct vf_err err = {0};
	enum vf_rc rc;

	if (r == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check the log");
	r->l = l;
	r->f = f;
	rc = nt_store_checkpoints(l->store, replay_checkpoint, r, reterr);
	if (rc == VF_OK && r->last != h->size)
		nt_found(f, VF_STORE_CORRUPT,
			"the last checkpoint has size %" PRIu64 ", the signed head %" PRIu64, r->last,
			h->size);
	free(r);
	if (rc == VF_OK && h->size > 0)
		rc = nt_dir_each(l->dir, w.path, walk_name, &w, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_found_rc(f, nt_durable_read(l->dir, "log/checkpoint", &note, &err), &err, reterr);
	if (rc == VF_OK && !vf_bytes_eq(nt_buf_bytes(&note), h->note))
		nt_found(f, VF_STORE_CORRUPT, "'log/checkpoint' is not the signed head");
	return rc;
}

/* ---- audit ---- */

struct audit {
	struct nt_log *l;
	struct nt_findings *f;
	uint64_t last;
	struct vf_hash root;
};

static VF_RC check_step(
	const struct audit *a, uint64_t size, const struct vf_hash *root, struct vf_err *reterr)
{
	struct vf_hash proof[VF_MAX_CONSISTENCY];
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	if (a->last > 0)
		rc = nt_log_consistency(a->l, a->last, size, proof, &n, reterr);
	if (rc == VF_OK)
		rc = vf_merkle_check_consistency(a->last, size, &a->root, root, proof, n, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "checkpoints of size %" PRIu64 " and %" PRIu64, a->last, size);
	return rc;
}

static VF_RC audit_checkpoint(
	void *ctx, uint64_t size, const struct vf_hash *root, struct vf_bytes note, struct vf_err *reterr)
{
	struct audit *a = ctx;
	struct vf_err err = {0};
	enum vf_rc rc = nt_found_rc(a->f, nt_log_check_note(a->l, size, root, note, &err), &err, reterr);

	if (rc == VF_OK)
		rc = nt_found_rc(a->f, check_step(a, size, root, &err), &err, reterr);
	a->last = size;
	a->root = *root;
	return rc;
}

VF_RC nt_log_audit(struct nt_log *l, struct nt_findings *f, struct vf_err *reterr)
{
	struct audit a = {.l = l, .f = f, .root = vf_merkle_empty()};

	return nt_store_checkpoints(l->store, audit_checkpoint, &a, reterr);
}
