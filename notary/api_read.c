#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/details_check.h"
#include "notary/document.h"
#include "notary/durable.h"
#include "notary/submit.h"
#include "trial/kind.h"
#include "verify/record.h"
#include "verify/text.h"

/* Documents of one bundle that are put together in memory; larger ones go through a file. */
#define MEMORY_BUNDLE ((uint64_t)2 << 20)

/* ---- a record as JSON ---- */

/* What a commitment hides is shown to its submitter alone: a digest would let others test what they guess. */
static void put_documents(struct nt_buf *b, const struct nt_record *r, bool own)
{
	const char *comma = "";

	nt_buf_put_str(b, ",\"documents\":[");
	for (size_t i = 0; i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];
		struct vf_bytes octets;

		if (d->confidential && !own)
			continue;
		nt_buf_putf(b, "%s{\"name\":", comma);
		comma = ",";
		nt_buf_put_json(b, d->name);
		nt_put_hash(b, "sha256", &d->digests.sha256);
		nt_buf_put_str(b, ",\"sha512\":\"");
		nt_buf_put_hex(b, vf_bytes(d->digests.sha512.b, sizeof(d->digests.sha512.b)));
		nt_buf_putf(b, "\",\"size\":%" PRIu64 ",\"kept\":%s", d->size,
			d->keep || nt_document_octets(r, d, &octets) ? "true" : "false");
		if (d->confidential)
			nt_buf_put_str(b, ",\"confidential\":true");
		nt_buf_put_u8(b, '}');
	}
	nt_buf_put_u8(b, ']');
}

static void put_links(struct nt_buf *b, const struct nt_record *r)
{
	nt_buf_put_str(b, ",\"links\":[");
	for (size_t i = 0; i < r->n_links; i++) {
		nt_buf_put_str(b, i ? ",{\"type\":" : "{\"type\":");
		nt_buf_put_json(b, r->links[i].type);
		nt_put_hash(b, "record", &r->links[i].record);
		nt_buf_put_u8(b, '}');
	}
	nt_buf_put_u8(b, ']');
}

void nt_put_record(struct nt_job *j, const struct nt_record *r)
{
	struct nt_buf *b = &j->body;

	nt_buf_put_str(b, "{\"id\":\"");
	nt_buf_put_hex(b, vf_bytes(r->id.b, sizeof(r->id.b)));
	nt_buf_putf(b, "\",\"state\":\"%s\"", nt_state_name(r->state));
	if (r->state != NT_ERASED) {
		nt_put_text(b, "kind", r->kind);
		nt_put_text(b, "study", r->study);
		nt_put_text(b, "submitter", r->submitter);
		nt_put_time(b, "accepted", r->accepted_ms);
	}
	if (r->state == NT_SEQUENCED || r->state == NT_SEALED || r->seal)
		nt_buf_putf(b, ",\"index\":%" PRIu64, r->index);
	if (r->seal)
		nt_buf_putf(b, ",\"seal\":%" PRIu64, r->seal);
	if (r->state == NT_ERASED)
		return;
	if (r->in_stream) {
		nt_put_hash(b, "stream", &r->stream);
		nt_buf_putf(b, ",\"seq\":%" PRIu64, r->seq);
	}
	nt_put_text(b, "version", r->version);
	nt_put_text(b, "date", r->date);
	nt_put_text(b, "title", r->title);
	put_documents(b, r, vf_bytes_is(r->submitter, j->who.party));
	put_links(b, r);
}

/* What a plain record says of its kind, when it is here. */
static VF_RC put_details(struct nt_buf *b, struct nt_notary *n, const struct nt_record *r, struct vf_err *reterr)
{
	const struct nt_document *d = NULL;
	struct vf_bytes text;
	struct vf_arena a;
	void *block;
	enum vf_rc rc;

	for (size_t i = 0; i < r->n_documents && r->state != NT_ERASED; i++)
		if (vf_bytes_is(r->documents[i].name, TR_DETAILS_NAME) && !r->documents[i].confidential)
			d = &r->documents[i];
	if (!d)
		return VF_OK;
	block = malloc(TR_MAX_DETAILS + 64);
	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&a, block, TR_MAX_DETAILS + 64);
	rc = nt_details_text(n, r, &a, &text, reterr);
	if (rc == VF_OK && text.n) {
		nt_buf_put_str(b, ",\"details\":\"");
		nt_buf_put_base64(b, text);
		nt_buf_put_u8(b, '"');
	}
	free(block);
	return rc;
}

/* ---- one record ---- */

/* What is out of scope is answered as what is not there; the event, which is there already, tells the truth. */
static VF_RC hide(const struct nt_job *j, enum vf_rc rc, struct vf_err *reterr)
{
	return rc == VF_FORBIDDEN ? nt_record_unknown(&j->id, reterr) : rc;
}

/* The record, when the party may do this to it; the denial is recorded, and so is that there is none. */
static VF_RC get_record(struct nt_job *j, struct nt_notary *n, struct nt_record **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_get(n, &j->id, ret, reterr);

	if (rc == VF_UNKNOWN_RECORD && j->n_events == 0)
		nt_job_event(j, j->route->right, NT_ABOUT_RECORD, &j->id, rc, 1);
	if (rc != VF_OK)
		return rc;
	if (j->n_events == 0) {
		rc = nt_job_check(j, j->route->right, (*ret)->study, (*ret)->kind, NT_ABOUT_RECORD, &j->id, reterr);
		if (rc == VF_OK)
			nt_job_event(j, j->route->right, NT_ABOUT_RECORD, &j->id, VF_OK, 1);
	}
	return hide(j, rc, reterr);
}

/* Not sealed, and time is left: on_run() lets the job wait (job.next names itself). */
static bool waits(struct nt_job *j, const struct nt_record *r)
{
	if (r->state == NT_SEALED || r->state == NT_ERASED || nt_job_is_late(j))
		return false;
	j->next = j;
	return true;
}

static VF_RC run_get(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = get_record(j, n, &r, reterr);

	if (rc != VF_OK || waits(j, r))
		return rc;
	nt_put_record(j, r);
	rc = put_details(&j->body, n, r, reterr);
	nt_buf_put_str(&j->body, "}\n");
	return rc;
}

void nt_api_get(struct nt_job *j)
{
	if (nt_job_read_id(j) && nt_job_read_wait(j))
		nt_job_call(j, run_get);
}

static VF_RC erased(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_ERASED, "this record was erased");
}

static VF_RC run_receipt(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_receipts *g = NULL;
	struct vf_entry e;
	enum vf_rc rc = get_record(j, n, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->state == NT_ERASED)
		return erased(reterr);
	e = (struct vf_entry){r->id, r->id512, r->slot};
	rc = nt_receipts_new(&g, reterr);
	if (rc == VF_OK)
		rc = nt_receipts_add(g, &e, reterr);
	if (rc == VF_OK)
		rc = nt_notary_sign_receipts(n, g, reterr);
	if (rc == VF_OK)
		rc = nt_receipts_put(g, 0, &j->body, reterr);
	nt_receipts_free(g);
	j->type = "text/plain; charset=utf-8";
	return rc;
}

void nt_api_receipt(struct nt_job *j)
{
	if (nt_job_read_id(j))
		nt_job_call(j, run_receipt);
}

/* ---- bundles ---- */

static uint64_t kept_octets(const struct nt_record *r)
{
	uint64_t all = 0;

	for (size_t i = 0; i < r->n_documents; i++)
		if (r->documents[i].keep && r->documents[i].size < UINT64_MAX - all)
			all += r->documents[i].size;
	return all;
}

/* Every bundle that is being sent is a copy: who asks for many must not fill the disk. */
static VF_RC check_room(const struct nt_job *j, uint64_t octets, struct vf_err *reterr)
{
	int fd = open(nt_notary_dir(j->api->n), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool has_room = fd < 0 || (octets <= UINT64_MAX - NT_API_DISK_LEFT && nt_fd_has_room(fd, octets + NT_API_DISK_LEFT));

	if (fd >= 0)
		close(fd);
	return has_room ? VF_OK : vf_fail(reterr, VF_STORE_BUSY, "there is no room on the disk to put a bundle together");
}

/* Through a file that has no name any more when it is sent. */
static VF_RC export_file(struct nt_job *j, uint64_t octets, const struct nt_export_options *options, struct vf_err *reterr)
{
	char path[4300];
	off_t end;
	enum vf_rc rc = check_room(j, octets, reterr);

	if (rc != VF_OK)
		return rc;
	snprintf(path, sizeof(path), "%s/staging/bundle-%s.asice", nt_notary_dir(j->api->n), j->request);
	rc = nt_exporter_put(j->api->exporter, &j->id, options, path, reterr);
	if (rc == VF_OK)
		rc = nt_exporter_flush(j->api->exporter, reterr);
	if (rc != VF_OK) {
		unlink(path); /* what was written of it takes room */
		return rc;
	}
	j->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unlink(path);
	end = j->fd >= 0 ? lseek(j->fd, 0, SEEK_END) : -1;
	if (end < 0)
		return vf_fail(reterr, VF_IO, "a bundle cannot be read back: %s", strerror(errno));
	j->fd_size = (uint64_t)end;
	return VF_OK;
}

/* On the trail's thread. */
static void finish_bundle(struct nt_job *j)
{
	struct vf_hash h;

	if (j->fd >= 0)
		return;
	h = vf_sha256(nt_buf_bytes(&j->body));
	j->etag[0] = '"';
	vf_hex_put(j->etag + 1, vf_bytes(h.b, sizeof(h.b)));
	strcat(j->etag, "\"");
}

/*
 * What its submitter alone gets: commitments (name, digests and salt of what they hide) and, in record 0, the stream's
 * key. The names, each ended by NUL, in names; pointers to them in ret.
 */
static VF_RC list_hidden(const struct nt_record *r, struct nt_buf *names, const char ***ret, size_t *ret_n,
	struct vf_err *reterr)
{
	const char **list = calloc(r->n_documents + 1, sizeof(*list));
	size_t n = 0, at = 0;

	*ret = list;
	if (!list)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	for (size_t i = 0; i < r->n_documents; i++) {
		if (!r->documents[i].confidential)
			continue;
		nt_buf_put(names, r->documents[i].commitment);
		nt_buf_put_u8(names, 0);
		n++;
	}
	if (r->in_stream && r->seq == 0) {
		nt_buf_put(names, vf_bytes(VF_NAME_STREAM, sizeof(VF_NAME_STREAM)));
		n++;
	}
	for (size_t i = 0; i < n && nt_buf_check(names, NULL) == VF_OK; i++) {
		list[i] = (const char *)names->p + at;
		at += strlen(list[i]) + 1;
	}
	*ret_n = n;
	return nt_buf_check(names, reterr);
}

static VF_RC export_bundle(struct nt_job *j, const struct nt_record *r, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf names = nt_buf((size_t)16 << 20);
	struct nt_export_options options = {.kept_only = true};
	const char **hidden = NULL;
	enum vf_rc rc = VF_OK;

	if (!vf_bytes_is(r->submitter, j->who.party))
		rc = list_hidden(r, &names, &hidden, &options.n_withhold, reterr);
	options.withhold = hidden;
	if (rc == VF_OK)
		rc = kept_octets(r) <= MEMORY_BUNDLE ? nt_exporter_bundle(j->api->exporter, &j->id, &options, &j->body, reterr)
						     : export_file(j, kept_octets(r), &options, reterr);
	free(hidden);

	nt_metric_add(j->api->metrics, NT_METRIC_EXPORT, rc == VF_OK ? "ok" : "failed", NULL, 1);
	j->type = "application/vnd.etsi.asic-e+zip";
	j->cache = NT_HTTP_NO_STORE;
	j->finish = finish_bundle;
	return rc;
}

static VF_RC run_bundle(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = get_record(j, n, &r, reterr);

	if (rc != VF_OK || waits(j, r))
		return rc;
	if (r->state == NT_ERASED)
		return erased(reterr);
	if (r->state != NT_SEALED)
		return vf_fail(reterr, VF_NOT_SEALED, "this record waits for its seal");
	return export_bundle(j, r, reterr);
}

void nt_api_bundle(struct nt_job *j)
{
	if (nt_job_read_id(j) && nt_job_read_wait(j))
		nt_job_call(j, run_bundle);
}

/* ---- erase ---- */

/* Who may read the record may know that it is another's. */
static VF_RC check_erase(struct nt_job *j, const struct nt_record *r, struct vf_err *reterr)
{
	enum vf_rc rc = nt_job_check(j, NT_RIGHT_ERASE, r->study, r->kind, NT_ABOUT_RECORD, &j->id, reterr);

	if (rc != VF_OK || vf_bytes_is(r->submitter, j->who.party))
		return hide(j, rc, reterr);
	nt_job_event(j, NT_RIGHT_ERASE, NT_ABOUT_RECORD, &j->id, VF_FORBIDDEN, 1);
	if (!nt_job_may(j, NT_RIGHT_READ, r->study, r->kind))
		return nt_record_unknown(&j->id, reterr);
	return vf_fail(reterr, VF_FORBIDDEN, "only the party that submitted a record may erase it");
}

static VF_RC run_erase(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_hash erasure;
	bool before;
	enum vf_rc rc = nt_notary_get(n, &j->id, &r, reterr);

	if (rc == VF_OK)
		rc = check_erase(j, r, reterr);
	before = rc == VF_OK && r->state == NT_ERASED;
	/* after a crash between the two, the journal knows the first */
	if (rc == VF_OK && !before)
		rc = nt_submit_link(n, vf_bytes_str(NT_PARTY_NOTARY), r->study, TR_ERASES, &j->id, vf_bytes(NULL, 0), &erasure, reterr);
	if (rc == VF_OK)
		rc = nt_notary_erase(n, &j->id, reterr);
	if (j->n_events == 0)
		nt_job_event(j, NT_RIGHT_ERASE, NT_ABOUT_RECORD, &j->id, rc, 1);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(&j->body, "{\"id\":\"");
	nt_buf_put_hex(&j->body, vf_bytes(j->id.b, sizeof(j->id.b)));
	nt_buf_put_str(&j->body, "\",\"state\":\"erased\"");
	if (!before)
		nt_put_hash(&j->body, "erasure", &erasure);
	nt_buf_put_str(&j->body, "}\n");
	return VF_OK;
}

void nt_api_erase(struct nt_job *j)
{
	if (nt_job_read_id(j))
		nt_job_call(j, run_erase);
}
