/* What is pending: sent again, made again, or given up. */
#include "notary/client_send_inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "notary/client_pending.h"
#include "notary/durable.h"
#include "notary/intake.h"
#include "notary/rows_tree.h"
#include "verify/limits.h"
#include "verify/text.h"

static void note(const struct nt_send *x, const char *what, const struct vf_hash *id, const struct vf_err *err)
{
	char hex[65], line[600];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(line, sizeof(line), "record %.16s %s: %s: %s", hex, what, vf_rc_name(err->rc), err->text);
	if (x->note)
		x->note(x->note_ctx, line);
}

struct waiting {
	struct nt_line *lines;
	struct nt_pending *read;
	struct nt_buf *jsons;
	void **blocks;
	size_t n;
};

static void waiting_done(struct waiting *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->jsons)
			nt_buf_done(&w->jsons[i]);
		if (w->blocks)
			free(w->blocks[i]);
	}
	free(w->lines);
	free(w->read);
	free(w->jsons);
	free(w->blocks);
}

static VF_RC load_one(
	const struct nt_send *x, struct waiting *w, size_t at, const struct vf_hash *id, struct vf_err *reterr)
{
	struct vf_arena a;
	enum vf_rc rc;

	w->jsons[at] = nt_buf(NT_INTAKE_MAX_JSON);
	rc = nt_state_submission(x->state, id, &w->jsons[at], reterr);
	if (rc != VF_OK)
		return rc;
	w->blocks[at] = malloc(nt_pending_room(w->jsons[at].n));
	if (!w->blocks[at])
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	vf_arena_init(&a, w->blocks[at], nt_pending_room(w->jsons[at].n));
	rc = nt_pending_read(nt_buf_bytes(&w->jsons[at]), &a, &w->read[at], reterr);
	if (rc == VF_OK && !vf_hash_eq(&w->read[at].id, id))
		rc = vf_fail(reterr, VF_CLIENT_STATE, "a submission in the state folder has the name of another");
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct nt_pending *x = a, *y = b;
	int order = vf_bytes_cmp(x->submit.study, y->submit.study);

	if (order != 0)
		return order;
	return x->place.seq < y->place.seq ? -1 : x->place.seq > y->place.seq;
}

/* As findings do to the record that they are about. */
static bool links_into(const struct nt_pending *p, const struct nt_line *lines, size_t n)
{
	for (size_t i = 0; i < p->submit.n_links; i++)
		for (size_t k = 0; k < n; k++)
			if (vf_hash_eq(&p->submit.links[i].record, &lines[k].id))
				return true;
	return false;
}

/* Reads them in the order of their streams. */
static VF_RC load_waiting(
	const struct nt_send *x, const struct vf_hash *ids, size_t n, struct waiting *w, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	w->lines = calloc(n, sizeof(*w->lines));
	w->read = calloc(n, sizeof(*w->read));
	w->jsons = calloc(n, sizeof(*w->jsons));
	w->blocks = calloc(n, sizeof(*w->blocks));
	if (!w->lines || !w->read || !w->jsons || !w->blocks)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", n);
	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		w->n++;
		rc = load_one(x, w, i, &ids[i], reterr);
	}
	if (rc != VF_OK)
		return rc;
	qsort(w->read, n, sizeof(*w->read), by_place);
	for (size_t i = 0; i < n; i++) {
		w->lines[i].id = w->read[i].id;
		w->lines[i].is_later = links_into(&w->read[i], w->lines, i);
		for (size_t k = 0; k < n; k++)
			if (vf_hash_eq(&ids[k], &w->read[i].id))
				w->lines[i].json = nt_buf_bytes(&w->jsons[k]);
	}
	return VF_OK;
}

/* Details, which stand nowhere but in the state folder: they stay there, and no path is theirs. */
static bool is_own_copy(struct vf_bytes path, const struct vf_hash *sha256)
{
	char end[sizeof("/documents/") + 64] = "/documents/";

	vf_hex_put(end + strlen(end), vf_bytes(sha256->b, sizeof(sha256->b)));
	return path.n > 0 && vf_bytes_ends(vf_bytes(path.p, path.n - 1), end);
}

/* What a rows member of the folder was made of, so that the record made again is known by the same key. */
static bool is_rows_member(const char *path, struct nt_submit_made *ret)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(VF_MAX_SMALL_JSON);
	uint8_t block[4096];
	struct vf_rows rows;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	if (nt_durable_read(AT_FDCWD, path, &text, NULL) != VF_OK ||
		vf_rows_parse(nt_buf_bytes(&text), &a, &rows, NULL) != VF_OK)
		return false;
	*ret = (struct nt_submit_made){.same = nt_rows_same(rows.document, rows.unit)};
	return true;
}

/* The paths of the documents of one that is made again; empty for what the folder itself holds. */
static VF_RC find_paths(const struct nt_send *x, struct nt_pending *p, struct nt_submit_file *files,
	struct nt_submit_made *made, struct nt_buf *texts, struct vf_err *reterr)
{
	for (size_t i = 0; i < p->record.n_files; i++) {
		VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
		enum vf_rc rc;

		files[i] = p->record.files[i];
		rc = nt_state_path(x->state, &p->id, &files[i].digests.sha256, &path, reterr);
		if (rc != VF_OK)
			return rc;
		if (path.n > 0 && is_own_copy(nt_buf_bytes(&path), &files[i].digests.sha256)) {
			if (is_rows_member((const char *)path.p, &made[i]))
				files[i].made = &made[i];
			continue;
		}
		if (path.n > 0 && nt_buf_reserve(&texts[i], path.n)) {
			nt_buf_put(&texts[i], vf_bytes(path.p, path.n - 1));
			files[i].path = nt_buf_bytes(&texts[i]);
		}
	}
	return VF_OK;
}

/* Makes one again at the head of its stream. The new one is durable before the old one goes. */
static VF_RC make_again(const struct nt_send *x, struct nt_sending *of, struct nt_pending *p, struct vf_err *reterr)
{
	struct nt_sending u = {.x = x, .replaced = &p->id};
	struct nt_submit_to to = nt_send_target(&u);
	size_t n = p->record.n_files;
	struct nt_submit_file *files = calloc(n + 1, sizeof(*files));
	struct nt_buf *texts = calloc(n + 1, sizeof(*texts));
	struct nt_submit_made *made = calloc(n + 1, sizeof(*made));
	struct nt_submit_record record = {.files = files, .n_files = n};
	enum vf_rc rc = files && texts && made ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");

	for (size_t i = 0; texts && i < n; i++)
		texts[i] = nt_buf(8192);
	if (rc == VF_OK)
		rc = find_paths(x, p, files, made, texts, reterr);
	if (rc == VF_OK)
		rc = nt_submit_records_to(&to, &p->submit, &record, 1, NULL, NULL, reterr);
	for (size_t i = 0; texts && i < n; i++)
		nt_buf_done(&texts[i]);
	free(files);
	free(made);
	free(texts);
	for (size_t i = 0; of && rc == VF_OK && i < u.n_fresh; i++)
		rc = nt_send_note_fresh(of, &u.fresh[i], reterr);
	free(u.fresh);
	return rc;
}

static VF_RC settle_conflict(const struct nt_send *x, struct nt_sending *of, struct nt_pending *p,
	const struct nt_line *l, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	if (p->submit.signer)
		note(x, "was signed and has lost its place: submit it again", &p->id, &l->refusal);
	else
		rc = make_again(x, of, p, &err);
	/* Still pending, or lost against others once more: the old one waits for the next time. */
	if (rc != VF_OK && (!nt_refusal_is_final(rc) || rc == VF_STREAM_CONFLICT))
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		note(x, "was refused and is given up", &p->id, &err);
	return nt_state_drop(x->state, &p->id, reterr);
}

/* Findings of records that have lost their place, and are others when they are made again. */
static bool is_outdated(const struct waiting *w, size_t at)
{
	const struct nt_pending *p = &w->read[at];

	if (at == 0 || w->lines[at - 1].state != LINE_CONFLICT || !vf_bytes_eq(w->read[at - 1].submit.study, p->submit.study))
		return false;
	for (size_t i = 0; i < p->record.n_files; i++)
		if (p->submit.kind == TR_OTHER && vf_bytes_is(p->record.files[i].name, NT_FINDINGS_NAME))
			return true;
	return false;
}

static VF_RC settle_waiting(
	const struct nt_send *x, struct nt_sending *of, struct waiting *w, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < w->n; i++) {
		struct nt_line *l = &w->lines[i];

		switch (l->state) {
		case LINE_ACCEPTED:
			if (of)
				rc = nt_send_note_fresh(of, &l->id, reterr);
			break;
		case LINE_REFUSED:
			note(x, "was refused and is given up", &l->id, &l->refusal);
			rc = nt_state_drop(x->state, &l->id, reterr);
			break;
		case LINE_CONFLICT:
			if (is_outdated(w, i)) {
				note(x, "has findings of a record that was made again, and is given up: 'trialnotary check' finds them",
					&l->id, &l->refusal);
				rc = nt_state_drop(x->state, &l->id, reterr);
				break;
			}
			rc = settle_conflict(x, of, &w->read[i], l, reterr);
			break;
		case LINE_OPEN:
			rc = vf_fail(reterr, l->refusal.rc, "%s", l->refusal.text);
			break;
		}
	}
	return rc;
}

static VF_RC send_waiting(const struct nt_send *x, struct nt_sending *of, struct vf_err *reterr)
{
	struct waiting w = {0};
	struct vf_hash *ids = NULL;
	size_t n = 0;
	enum vf_rc rc = nt_state_pending(x->state, &ids, &n, reterr);

	if (rc != VF_OK || n == 0) {
		free(ids);
		return rc;
	}
	rc = load_waiting(x, ids, n, &w, reterr);
	if (rc == VF_OK)
		rc = nt_lines_send(x, w.lines, w.n, reterr);
	if (rc == VF_OK)
		rc = settle_waiting(x, of, &w, reterr);
	waiting_done(&w);
	free(ids);
	return rc;
}

VF_RC nt_send_waiting(const struct nt_send *x, struct nt_sending *of, struct vf_err *reterr)
{
	enum vf_rc rc = VF_STREAM_CONFLICT;

	for (unsigned tries = 0; rc == VF_STREAM_CONFLICT && tries < NT_SEND_MAX_TRIES; tries++) {
		if (tries > 0)
			nt_send_give_way(tries);
		rc = send_waiting(x, of, reterr);
	}
	return rc;
}

VF_RC nt_send_pending(const struct nt_send *x, struct vf_err *reterr)
{
	enum vf_rc rc = nt_state_lock(x->state, NT_SEND_PATIENCE, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_send_waiting(x, NULL, reterr);
	nt_state_unlock(x->state);
	return rc;
}
