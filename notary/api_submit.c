#include "notary/api_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/multipart.h"
#include "verify/text.h"

static void finish_one(struct nt_job *j)
{
	struct nt_api_batch *b = j->more;
	struct vf_err err;
	enum vf_rc rc = nt_line_put(b, b->lines, &j->body, &err);

	if (rc != VF_OK)
		nt_job_refuse(j, rc, &err, NULL);
	nt_buf_put_u8(&j->body, '\n');
}

/* ---- one submission ---- */

/* The keeper's thread, or a worker when it was not offered. */
static void end_one(struct nt_job *j)
{
	struct nt_api_batch *b = j->more;
	struct nt_api_line *l = b->lines;
	char id[65];

	if (l->rc != VF_OK) {
		nt_job_refuse(j, l->rc, &l->err, l->field);
	} else {
		vf_hex_put(id, vf_bytes(l->s.id.b, sizeof(l->s.id.b)));
		snprintf(j->location, sizeof(j->location), "/v1/records/%s", id);
		j->status = l->how == NT_ACCEPTED_NEW ? 201 : 200;
		j->finish = finish_one;
	}
	if (l->read && j->n_events == 0)
		nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_RECORD, &l->s.id, l->rc, 1);
	if (l->is_denied)
		nt_job_event(j, NT_RIGHT_READ, NT_ABOUT_RECORD, &l->denied, VF_FORBIDDEN, 1);
	nt_line_count(j->api, l);
	nt_key_end(j);
	nt_job_end(j);
}

static void done_one(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_api_batch *b = o->ctx;
	struct nt_api_line *l = b->lines;

	if (rc != VF_OK) {
		l->rc = rc;
		l->err = *err;
	} else if (o->n) {
		nt_batch_note(b);
	}
	end_one(b->job);
}

/* What prepare refused is not accepted: the keeper must not see an empty offer. */
static VF_RC prepare_one(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	struct nt_api_batch *b = o->ctx;
	enum vf_rc rc = nt_batch_prepare(o, n, reterr);

	if (rc != VF_OK || o->n)
		return rc;
	return vf_fail(reterr, b->lines[0].rc, "%s", b->lines[0].err.text);
}

/* A worker: the submission is in memory, its documents in b->kept. */
static void submit_one(struct nt_job *j, struct nt_api_batch *b, struct vf_bytes json)
{
	struct nt_reader *r = nt_reader_take(j->api, &b->lines[0].err);

	b->n = 1;
	if (r) {
		nt_line_read(b, r->intake, b->lines, json);
		nt_reader_give(j->api, r);
	} else {
		b->lines[0].rc = VF_NO_MEMORY;
	}
	for (size_t i = 0; b->lines[0].rc == VF_OK && i < b->lines[0].s.n_documents; i++) {
		if (!b->lines[0].s.documents[i].keep)
			continue;
		snprintf(b->lines[0].field, NT_FIELD_MAX, "/documents/%zu/keep", i);
		b->lines[0].rc = vf_fail(&b->lines[0].err, VF_DOCUMENT_MISSING,
			"a document to keep is sent with its submission, as multipart/form-data");
	}
	if (b->lines[0].rc != VF_OK) {
		end_one(j);
		return;
	}
	b->offer.prepare = prepare_one;
	b->offer.done = done_one;
	nt_batch_offer(b);
}

/* ---- with documents ---- */

/* A file without a name that holds a part, with its digests. */
static VF_RC copy_part(struct nt_job *j, const struct nt_multipart_part *part, int *ret, struct vf_pair *ret_digests,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int out = -1;
	struct vf_bytes memory = nt_http_body(j->q), piece;
	int in = nt_http_body_fd(j->q);
	struct vf_pair_hasher h;
	uint8_t block[65536];
	char path[4200];
	uint64_t at = 0;

	snprintf(path, sizeof(path), "%s/staging", nt_notary_dir(j->api->n));
	out = open(path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (out < 0)
		return vf_fail(reterr, VF_IO, "no file for a document: %s", strerror(errno));
	/* this copy, and the one that is kept; the keeper could do nothing but stop */
	if (!nt_fd_has_room(out, 2 * part->size + NT_API_DISK_LEFT))
		return vf_fail(reterr, VF_STORE_BUSY, "there is no room for this document on the disk");
	vf_pair_init(&h);
	while (at < part->size) {
		size_t want = part->size - at < sizeof(block) ? (size_t)(part->size - at) : sizeof(block);
		enum vf_rc rc;

		if (in >= 0) {
			ssize_t got = pread(in, block, want, (off_t)(part->at + at));

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				return vf_fail(reterr, VF_IO, "the body cannot be read back");
			piece = vf_bytes(block, (size_t)got);
		} else if (!vf_bytes_slice(memory, part->at + at, want, &piece)) {
			return vf_fail(reterr, VF_INTERNAL, "a part lies outside of its body");
		}
		vf_pair_put(&h, piece);
		rc = nt_fd_write(out, piece, "a document", reterr);
		if (rc != VF_OK)
			return rc;
		at += piece.n;
	}
	*ret_digests = vf_pair_done(&h);
	*ret = out;
	out = -1;
	return VF_OK;
}

static size_t find_document(const struct nt_submission *s, const char *name)
{
	for (size_t i = 0; i < s->n_documents; i++)
		if (vf_bytes_is(s->documents[i].name, name))
			return i;
	return SIZE_MAX;
}

static VF_RC take_document(struct nt_api_batch *b, const struct nt_multipart_part *part, struct vf_err *reterr)
{
	const struct nt_submission *s = &b->lines[0].s;
	size_t i = part->is_file ? find_document(s, part->filename) : SIZE_MAX;
	struct vf_pair found;
	enum vf_rc rc;

	if (strcmp(part->name, "document") != 0 || i == SIZE_MAX || !s->documents[i].keep || b->kept[i] >= 0)
		return vf_fail(reterr, VF_HTTP_SHAPE, "a part that is no document to keep, or comes twice");
	snprintf(b->lines[0].field, NT_FIELD_MAX, "/documents/%zu", i);
	rc = copy_part(b->job, part, &b->kept[i], &found, reterr);
	if (rc == VF_OK && (part->size != s->documents[i].size || !vf_pair_eq(&found, &s->documents[i].digests)))
		return vf_fail(reterr, VF_DIGEST_MISMATCH, "the octets that were sent are not those of the submission");
	if (rc == VF_OK)
		b->lines[0].field[0] = '\0';
	return rc;
}

/* A descriptor for each document, while the keeper needs some for its own: without them the notary must stop. */
static VF_RC take_files(struct nt_api_batch *b, struct vf_err *reterr)
{
	const struct nt_submission *s = &b->lines[0].s;
	struct nt_api *a = b->job->api;
	size_t n = 0;

	for (size_t i = 0; i < s->n_documents; i++)
		n += s->documents[i].keep;
	if (n > a->max_files)
		return vf_fail(reterr, VF_LIMIT, "one submission can have %zu documents to keep here", a->max_files);
	b->n_files = n;
	if (atomic_fetch_add(&a->files, n) + n > a->max_files)
		return vf_fail(reterr, VF_STORE_BUSY, "too many documents are in work");
	return VF_OK;
}

static VF_RC take_documents(struct nt_api_batch *b, struct nt_multipart *m, struct vf_err *reterr)
{
	const struct nt_submission *s = &b->lines[0].s;
	struct nt_multipart_part part;
	bool more = true;
	enum vf_rc rc = take_files(b, reterr);

	if (rc != VF_OK)
		return rc;
	b->kept = malloc((s->n_documents + 1) * sizeof(*b->kept));
	if (!b->kept)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for documents");
	b->n_kept = s->n_documents;
	for (size_t i = 0; i < b->n_kept; i++)
		b->kept[i] = -1;
	while (rc == VF_OK && more) {
		rc = nt_multipart_next(m, &more, &part, reterr);
		if (rc == VF_OK && more)
			rc = take_document(b, &part, reterr);
	}
	for (size_t i = 0; i < b->n_kept && rc == VF_OK; i++) {
		if (!s->documents[i].keep || b->kept[i] >= 0)
			continue;
		snprintf(b->lines[0].field, NT_FIELD_MAX, "/documents/%zu/keep", i);
		rc = vf_fail(reterr, VF_DOCUMENT_MISSING, "the part with this document did not come");
	}
	return rc;
}

/* The first part; its octets in json. */
static VF_RC read_first_part(struct nt_job *j, struct nt_multipart **ret, struct nt_buf *json, struct vf_err *reterr)
{
	struct nt_multipart_boundary boundary;
	struct nt_multipart_part part;
	struct vf_bytes type = {0};
	bool more = false;
	enum vf_rc rc;

	nt_http_header(j->q, "content-type", &type);
	rc = nt_multipart_boundary(type, &boundary, reterr);
	if (rc == VF_OK)
		rc = nt_multipart_new(&boundary, nt_http_body(j->q), nt_http_body_fd(j->q), nt_http_body_size(j->q), ret, reterr);
	if (rc == VF_OK)
		rc = nt_multipart_next(*ret, &more, &part, reterr);
	if (rc == VF_OK && (!more || strcmp(part.name, "submission") != 0 || strcmp(part.type, "application/json") != 0))
		rc = vf_fail(reterr, VF_HTTP_SHAPE, "the first part is not 'submission' with application/json");
	return rc == VF_OK ? nt_multipart_put(*ret, &part, NT_INTAKE_MAX_JSON, json, reterr) : rc;
}

static void submit_multipart(struct nt_job *j)
{
	VF_CLEANUP(nt_multipart_freep) struct nt_multipart *m = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(NT_INTAKE_MAX_JSON);
	struct nt_reader *r;
	struct nt_api_batch *b;
	struct nt_api_line *l;
	struct vf_err err;
	enum vf_rc rc = read_first_part(j, &m, &json, &err);

	if (rc != VF_OK) {
		nt_job_refuse(j, rc, &err, NULL);
		nt_job_end(j);
		return;
	}
	if (!nt_key_take(j, nt_buf_bytes(&json)))
		return;
	j->more = b = nt_batch_new(j, 1, json.n);
	j->free_more = nt_batch_free;
	r = b ? nt_reader_take(j->api, &err) : NULL;
	if (!r) {
		nt_key_end(j);
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a submission");
		return;
	}
	b->n = 1;
	l = b->lines;
	nt_line_read(b, r->intake, l, nt_buf_bytes(&json));
	nt_reader_give(j->api, r);
	if (l->rc == VF_OK)
		l->rc = take_documents(b, m, &l->err);
	if (l->rc != VF_OK) {
		end_one(j);
		return;
	}
	b->offer.prepare = prepare_one;
	b->offer.done = done_one;
	nt_batch_offer(b);
}

void nt_api_submit(struct nt_job *j)
{
	struct vf_bytes json;
	struct nt_api_batch *b;
	uint8_t *block;

	if (nt_http_is_type(j->q, "multipart/form-data")) {
		submit_multipart(j);
		return;
	}
	if (!nt_http_is_type(j->q, "application/json")) {
		nt_job_fail(j, VF_HTTP_UNSUPPORTED, "Content-Type", "a submission is application/json or multipart/form-data");
		return;
	}
	if (nt_http_body_size(j->q) > NT_INTAKE_MAX_JSON) {
		nt_job_fail(j, VF_HTTP_LIMIT, NULL, "a submission is larger than 32 MiB");
		return;
	}
	if (!nt_job_read_body(j, &json, &block))
		return;
	if (!nt_key_take(j, json)) {
		free(block);
		return;
	}
	j->more = b = nt_batch_new(j, 1, json.n);
	j->free_more = nt_batch_free;
	if (!b) {
		free(block);
		nt_key_end(j);
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a submission");
		return;
	}
	submit_one(j, b, json);
	free(block); /* nothing borrows from the JSON */
}

