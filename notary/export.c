#include "notary/export_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "verify/limits.h"

/* ---- one bundle ---- */

static enum vf_rc copy_document(struct nt_zip *z, const struct nt_export_item *item, struct vf_err *reterr)
{
	uint8_t room[65536];
	enum vf_rc rc = VF_OK;

	for (uint64_t at = 0; rc == VF_OK && at < item->size;) {
		size_t want = item->size - at < sizeof(room) ? (size_t)(item->size - at) : sizeof(room);
		ssize_t got = pread(item->fd, room, want, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_DOCUMENT_CHANGED, "a document became shorter while it was read");
		rc = nt_zip_data(z, vf_bytes(room, (size_t)got), reterr);
		at += (uint64_t)got;
	}
	return rc;
}

VF_RC nt_export_write(const struct nt_export_plan *p, struct nt_zip_sink sink, struct vf_err *reterr)
{
	struct nt_zip z;
	enum vf_rc rc = nt_zip_begin(&z, sink, reterr);

	for (size_t i = 0; rc == VF_OK && i < p->n; i++) {
		const struct nt_export_item *item = &p->items[i];
		uint32_t crc = item->is_file ? item->crc : nt_zip_crc(0, item->bytes);

		rc = nt_zip_entry(&z, item->name, item->size, crc, reterr);
		if (rc == VF_OK)
			rc = item->is_file ? copy_document(&z, item, reterr) : nt_zip_data(&z, item->bytes, reterr);
	}
	if (rc == VF_OK)
		rc = nt_zip_end(&z, reterr);
	nt_zip_done(&z);
	return rc;
}

VF_RC nt_export_check(struct nt_export_plan *p, const struct vf_source *source, struct vf_err *reterr)
{
	struct vf_report *r = malloc(sizeof(*r));
	bool good;
	enum vf_rc rc;

	if (!r)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check a bundle");
	p->e->arena.used = 0;
	p->e->arena.full = false;
	rc = vf_bundle_check(p->e->session, &p->e->arena, "", source, NULL, 0, r, reterr);
	good = rc == VF_OK && r->verdict == VF_VERIFIED;
	if (rc == VF_OK && !good && p->is_incomplete && r->verdict == VF_INDETERMINATE) {
		good = r->n_reasons > 0;
		for (size_t i = 0; i < r->n_reasons; i++)
			good &= r->reasons[i].rc == VF_MISSING_OBJECT;
	}
	/* Open questions have names of their own: evidence that ended, revocation lists that are too old. */
	if (rc == VF_OK && !good && r->verdict == VF_INDETERMINATE && r->n_reasons > 0)
		rc = vf_fail(reterr, r->reasons[0].rc, "the bundle would not verify now: %.200s", r->reasons[0].text);
	else if (rc == VF_OK && !good)
		rc = vf_fail(reterr, VF_NOT_VERIFIED, "the verifier refuses the bundle: %s %.200s",
			r->n_reasons ? vf_rc_name(r->reasons[0].rc) : vf_verdict_name(r->verdict),
			r->n_reasons ? r->reasons[0].text : "");
	free(r);
	return rc;
}

VF_RC nt_export_in_memory(struct nt_export_plan *p, struct vf_err *reterr)
{
	struct vf_source source;
	enum vf_rc rc;

	nt_buf_reset(&p->e->bundle);
	rc = nt_export_write(p, nt_zip_to_buf(&p->e->bundle), reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&p->e->bundle, reterr);
	if (rc != VF_OK)
		return rc;
	source = vf_source_of(nt_buf_bytes(&p->e->bundle));
	return nt_export_check(p, &source, reterr);
}

/* ---- an exporter ---- */

/* Files that wait for their names stay open; half of what a process may open is for others. */
static size_t batch_size(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 < NT_EXPORT_BATCH)
		return limit.rlim_cur < 16 ? 1 : (size_t)limit.rlim_cur / 2;
	return NT_EXPORT_BATCH;
}

VF_RC nt_exporter_new(struct nt_notary *n, struct nt_exporter **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_exporter_freep) struct nt_exporter *e = calloc(1, sizeof(*e));
	void *block = malloc(VF_BUNDLE_MEMORY);
	enum vf_rc rc;

	if (!e || !block) {
		free(block);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for exports");
	}
	e->notary = n;
	vf_arena_init(&e->arena, block, VF_BUNDLE_MEMORY);
	e->session_memory = malloc(VF_SESSION_MEMORY);
	e->batch = batch_size();
	e->pending = calloc(e->batch, sizeof(*e->pending));
	e->part = nt_buf(VF_MAX_PART);
	nt_revocation_export_init(&e->revocation);
	nt_renewed_init(&e->renewed);
	e->bundle = nt_buf(NT_EXPORT_SMALL + 4 * VF_MAX_PART);
	if (!e->session_memory || !e->pending)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for exports");
	rc = nt_trust_make(n, &e->trust, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = e;
	e = NULL;
	return VF_OK;
}

void nt_exporter_forget(struct nt_exporter *e, uint64_t seal)
{
	if (!e->seal || e->seal->number != seal)
		return;
	e->seal = nt_seal_free(e->seal);
	e->tree = nt_tree_free(e->tree);
	e->tree512 = nt_tree_free(e->tree512);
}

struct nt_exporter *nt_exporter_free(struct nt_exporter *e)
{
	if (!e)
		return NULL;
	nt_export_drop(e);
	vf_session_free(e->session);
	nt_trust_done(&e->trust);
	nt_seal_free(e->seal);
	nt_revocation_export_done(&e->revocation);
	nt_renewed_done(&e->renewed);
	nt_tree_free(e->tree);
	nt_tree_free(e->tree512);
	nt_buf_done(&e->bundle);
	nt_buf_done(&e->part);
	free(e->pending);
	free(e->session_memory);
	free(e->arena.base);
	free(e);
	return NULL;
}

void nt_exporter_freep(struct nt_exporter **e)
{
	*e = nt_exporter_free(*e);
}

VF_RC nt_exporter_bundle(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	struct nt_buf *out, struct vf_err *reterr)
{
	struct nt_export_plan p = {.e = e, .options = options};
	enum vf_rc rc = nt_export_plan_make(&p, id, reterr);

	if (rc == VF_OK && p.document_bytes > NT_EXPORT_SMALL)
		rc = vf_fail(reterr, VF_LIMIT, "the documents are too large for a bundle in memory");
	if (rc == VF_OK)
		rc = nt_export_in_memory(&p, reterr);
	nt_export_plan_done(&p);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(out, nt_buf_bytes(&e->bundle));
	return nt_buf_check(out, reterr);
}

VF_RC nt_exporter_record(struct nt_exporter *e, const struct vf_hash *id, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(e->notary, id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->state != NT_SEALED)
		return vf_fail(reterr, VF_NOT_SEALED, "the record is not sealed");
	rc = nt_export_load_seal(e, r->seal, reterr);
	if (rc != VF_OK)
		return rc;
	e->arena.used = 0;
	nt_buf_reset(&e->part);
	rc = nt_export_put_record(e, r, 0, &e->part, reterr);
	if (rc == VF_OK) {
		nt_buf_put(out, nt_buf_bytes(&e->part));
		rc = nt_buf_check(out, reterr);
	}
	nt_buf_reset(&e->part);
	return rc;
}

VF_RC nt_export_bundle(struct nt_notary *n, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_exporter_freep) struct nt_exporter *e = NULL;
	enum vf_rc rc = nt_exporter_new(n, &e, reterr);

	if (rc == VF_OK)
		rc = nt_exporter_put(e, id, options, path, reterr);
	return rc == VF_OK ? nt_exporter_flush(e, reterr) : rc;
}
