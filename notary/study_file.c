/* The file of a study bundle: written beside its name, read back, named. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/document.h"
#include "notary/durable.h"
#include "notary/named_file.h"
#include "notary/study_inside.h"
#include "notary/study_pack.h"
#include "notary/zip_out.h"
#include "verify/study.h"
#include "verify/text.h"

static VF_RC write_fd(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	return nt_fd_write(*(const int *)ctx, b, "a study bundle", reterr);
}

static VF_RC read_fd(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(*(const int *)ctx, out + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_IO, "cannot read a study bundle back: %s", got ? strerror(errno) : "it became shorter");
		done += (size_t)got;
	}
	return VF_OK;
}

/* ---- entries ---- */

static VF_RC put_document(struct nt_study_work *w, struct nt_zip *z, const struct nt_study_document *d, struct vf_err *reterr)
{
	const struct nt_export_options options = {.from = w->options->from, .n_from = w->options->n_from, .kept_only = w->options->kept_only};
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	char name[sizeof(VF_STUDY_DOCUMENTS) + 64] = VF_STUDY_DOCUMENTS;
	struct nt_content content;
	uint8_t room[65536];
	enum vf_rc rc = nt_notary_get(w->n, &d->record, &r, reterr);

	if (rc == VF_OK)
		rc = nt_document_open(w->n, &options, &r->documents[d->at], &content, reterr);
	if (rc != VF_OK)
		return rc;
	fd = content.fd;
	vf_hex_put(name + sizeof(VF_STUDY_DOCUMENTS) - 1, vf_bytes(d->sha256.b, sizeof(d->sha256.b)));
	rc = nt_zip_entry(z, vf_bytes_str(name), content.size, content.crc, reterr);
	for (uint64_t at = 0; rc == VF_OK && at < content.size;) {
		size_t n = content.size - at < sizeof(room) ? (size_t)(content.size - at) : sizeof(room);

		rc = read_fd(&fd, at, room, n, reterr);
		if (rc == VF_OK)
			rc = nt_zip_data(z, vf_bytes(room, n), reterr);
		at += n;
	}
	return rc;
}

static VF_RC put_json(const struct nt_study_work *w, struct nt_zip *z, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(1u << 24);
	enum vf_rc rc;

	nt_buf_putf(&b, VF_STUDY_SCHEMA "%zu,\"seals\":[", w->n_places);
	for (size_t i = 0; i < w->n_seals; i++)
		nt_buf_putf(&b, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", i ? "," : "", w->seals[i].number, w->seals[i].first, w->seals[i].size);
	nt_buf_put_str(&b, "]}");
	rc = nt_buf_check(&b, reterr);
	return rc == VF_OK ? nt_zip_deflated(z, vf_bytes_str(VF_STUDY_JSON), nt_buf_bytes(&b), reterr) : rc;
}

static VF_RC put_entries(struct nt_study_work *w, struct nt_zip *z, struct vf_err *reterr)
{
	char name[40];
	enum vf_rc rc = put_json(w, z, reterr);

	if (rc == VF_OK)
		rc = nt_zip_deflated(z, vf_bytes_str(VF_STUDY_SHARED), nt_study_pack_shared(w->pack), reterr);
	for (size_t i = 0; rc == VF_OK && i < w->n_seals; i++) {
		snprintf(name, sizeof(name), VF_STUDY_LEAVES, (unsigned long long)w->seals[i].number);
		if (w->seals[i].leaves.n)
			rc = nt_zip_deflated(z, vf_bytes_str(name), nt_buf_bytes(&w->seals[i].leaves), reterr);
	}
	for (size_t i = 0; rc == VF_OK && i < w->n_parts; i++) {
		snprintf(name, sizeof(name), VF_STUDY_RECORDS, i + 1);
		rc = nt_zip_deflated(z, vf_bytes_str(name), nt_buf_bytes(&w->parts[i]), reterr);
	}
	for (size_t i = 0; rc == VF_OK && i < w->n_documents; i++)
		rc = put_document(w, z, &w->documents[i], reterr);
	return rc;
}

/* ---- reading it back ---- */

static VF_RC compare_all(const struct nt_study_work *w, struct vf_study *s, struct vf_err *reterr)
{
	if (s->n_records != w->n_places)
		return vf_fail(reterr, VF_NOT_VERIFIED, "the study bundle has %zu records, not %zu", s->n_records, w->n_places);
	for (size_t i = 0; i < s->n_records; i++) {
		const struct nt_study_place *p = &w->places[i];
		struct vf_study_unpacked u;
		struct vf_bytes b = {NULL, 0};
		struct vf_hash h;
		enum vf_rc rc = vf_study_unpack(s, i, &u, reterr);

		if (rc == VF_OK && s->records[i].is_shown)
			rc = vf_study_expand(s, i, &u, &b, reterr);
		if (rc != VF_OK)
			return rc;
		h = vf_sha256(b);
		if (s->records[i].index != p->index || s->records[i].is_shown != p->is_shown || !vf_hash_eq(&s->records[i].id, &p->id) ||
			(p->is_shown && !vf_hash_eq(&h, &p->bundle)))
			return vf_fail(reterr, VF_NOT_VERIFIED, "record %" PRIu64 " is another after it was packed", p->index);
	}
	return VF_OK;
}

static VF_RC check_file(struct nt_study_work *w, int fd, struct vf_err *reterr)
{
	struct vf_source source = {.ctx = &fd, .read = read_fd};
	struct vf_arena arena;
	struct vf_study s;
	struct stat st;
	void *block;
	enum vf_rc rc;

	if (fstat(fd, &st) != 0)
		return vf_fail(reterr, VF_IO, "cannot read a study bundle back: %s", strerror(errno));
	source.size = w->made.octets = (uint64_t)st.st_size;
	block = mmap(NULL, VF_STUDY_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check a study bundle");
	vf_arena_init(&arena, block, VF_STUDY_MEMORY);
	rc = vf_study_open(&source, &arena, &s, reterr);
	if (rc == VF_OK)
		rc = compare_all(w, &s, reterr);
	munmap(block, VF_STUDY_MEMORY);
	if (rc != VF_OK && vf_rc_class(rc) == VF_CLASS_REJECTED && rc != VF_NOT_VERIFIED) {
		struct vf_err err = *reterr;

		return vf_fail(reterr, VF_NOT_VERIFIED, "the study bundle cannot be read back: %s %.200s", vf_rc_name(rc), err.text);
	}
	return rc;
}

/* ---- the file ---- */

static VF_RC write_file(struct nt_study_work *w, int fd, struct vf_err *reterr)
{
	struct nt_zip z;
	enum vf_rc rc = nt_zip_begin_as(&z, VF_STUDY_MEDIA, (struct nt_zip_sink){&fd, write_fd}, reterr);

	if (rc == VF_OK)
		rc = put_entries(w, &z, reterr);
	if (rc == VF_OK)
		rc = nt_zip_end(&z, reterr);
	nt_zip_done(&z);
	return rc == VF_OK ? check_file(w, fd, reterr) : rc;
}

VF_RC nt_study_check_place(const char *path, bool force, struct vf_err *reterr)
{
	static const struct nt_named_kind kind = {"study bundle", VF_ZIP_LOCAL_SIZE, VF_ZIP_MIMETYPE_NAME VF_STUDY_MEDIA};

	return nt_named_check(path, &kind, force, reterr);
}

VF_RC nt_study_write(struct nt_study_work *w, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_named_done) struct nt_named f = NT_NAMED_NONE;
	enum vf_rc rc = nt_study_check_place(path, w->options->force, reterr);

	if (rc == VF_OK)
		rc = nt_named_begin(&f, path, 0600, reterr);
	if (rc == VF_OK)
		rc = write_file(w, f.fd, reterr);
	return rc == VF_OK ? nt_named_end(&f, w->options->force, reterr) : rc;
}
