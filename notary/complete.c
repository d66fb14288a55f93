#include "notary/complete.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/document.h"
#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/named_file.h"
#include "notary/zip_out.h"
#include "verify/bundle.h"
#include "verify/container.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

/* Our clock may be behind the notary's: a time-stamp of this very moment is no fault of the bundle. */
#define SKEW_MS 300000

/* One part: an entry of the bundle as it came, or a document that is put in. */
struct part {
	struct vf_bytes name;
	const struct vf_zip_entry *entry; /* NULL: a document */
	struct nt_content content;
};

struct completing {
	const struct nt_complete *c;
	const struct vf_hash *id;
	int fd;
	struct vf_source source;
	struct vf_container container;
	struct vf_arena arena;
	struct part *parts;
	size_t n, n_documents, n_missing;
};

static VF_RC read_at(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(*(const int *)ctx, out + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_IO, "cannot read a bundle: %s",
				got ? strerror(errno) : "it became shorter");
		done += (size_t)got;
	}
	return VF_OK;
}

static VF_RC source_of(int *fd, struct vf_source *ret, struct vf_err *reterr)
{
	struct stat st;

	if (fstat(*fd, &st) != 0)
		return vf_fail(reterr, VF_IO, "cannot read a bundle: %s", strerror(errno));
	*ret = (struct vf_source){.ctx = fd, .size = (uint64_t)st.st_size, .read = read_at};
	return VF_OK;
}

/* ---- what is there, and what is missing ---- */

static VF_RC read_part(struct completing *u, const char *name, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_zip_find(&u->container.zip, vf_bytes_str(name));

	if (!e)
		return vf_fail(reterr, VF_MISSING_PART, "there is no '%s'", name);
	return vf_container_read(&u->container, e, &u->arena, ret, reterr);
}

static void say(struct completing *u, const struct nt_document *d, const struct vf_err *err)
{
	char name[160], line[600];

	vf_text_escape(name, sizeof(name), d->name);
	snprintf(line, sizeof(line), "document '%s' is not in the bundle: %s: %s", name, vf_rc_name(err->rc),
		err->text);
	if (u->c->note)
		u->c->note(u->c->note_ctx, line);
}

/* Looks where the client remembers it, and where the user says. */
static VF_RC add_document(struct completing *u, struct vf_bytes name, const struct vf_pair *digests,
	bool confidential, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(PATH_MAX + 256);
	struct nt_document d = {.name = name, .digests = *digests, .confidential = confidential};
	struct vf_err err = {0};
	struct part *part = &u->parts[u->n];
	enum vf_rc rc = VF_OK;

	u->n_documents++;
	if (vf_zip_find(&u->container.zip, name))
		return VF_OK;
	if (u->c->state)
		rc = nt_state_path(u->c->state, u->id, &digests->sha256, &path, reterr);
	if (rc != VF_OK)
		return rc;
	if (path.n > 0)
		d.path = vf_bytes(path.p, path.n - 1);
	rc = nt_document_open(NULL, &u->c->options, &d, &part->content, &err);
	if (rc == VF_OK) {
		part->name = name;
		u->n++;
		return VF_OK;
	}
	if (u->c->all || (rc != VF_DOCUMENT_MISSING && rc != VF_DOCUMENT_CHANGED))
		return vf_fail(reterr, rc, "%s", err.text);
	say(u, &d, &err);
	u->n_missing++;
	return VF_OK;
}

/* A commitment that is withheld keeps its document out as well. */
static VF_RC add_member(struct completing *u, const struct vf_member *m, struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_zip_find(&u->container.zip, m->name);
	struct vf_commitment commitment;
	struct vf_bytes text;
	enum vf_rc rc;

	if (m->role == VF_ROLE_DOCUMENT)
		return add_document(u, m->name, &m->digests, false, reterr);
	if (m->role != VF_ROLE_COMMITMENT || !e)
		return VF_OK;
	rc = vf_container_read(&u->container, e, &u->arena, &text, reterr);
	if (rc == VF_OK)
		rc = vf_commitment_parse(text, &u->arena, &commitment, reterr);
	return rc == VF_OK ? add_document(u, commitment.name, &commitment.digests, true, reterr) : rc;
}

static int by_name(const void *a, const void *b)
{
	return nt_bundle_order(((const struct part *)a)->name, ((const struct part *)b)->name);
}

static VF_RC make_parts(struct completing *u, struct vf_err *reterr)
{
	struct vf_statement st;
	struct vf_entry entry;
	struct vf_bytes text;
	enum vf_rc rc = read_part(u, VF_PART_ENTRY, &text, reterr);

	if (rc == VF_OK)
		rc = vf_entry_parse(text, &entry, reterr);
	if (rc == VF_OK && !vf_hash_eq(&entry.id, u->id))
		rc = vf_fail(reterr, VF_ENTRY_MISMATCH, "it is that of another record");
	if (rc == VF_OK)
		rc = read_part(u, VF_NAME_STATEMENT, &text, reterr);
	if (rc == VF_OK)
		rc = vf_statement_parse(text, &u->arena, &st, reterr);
	if (rc != VF_OK)
		return rc;
	u->parts = calloc(u->container.zip.n + st.n_members + 1, sizeof(*u->parts));
	if (!u->parts)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	for (size_t i = 0; i < u->container.zip.n; i++)
		if (!vf_bytes_is(u->container.zip.entries[i].name,
			    VF_NAME_MIMETYPE)) /* the writer begins with its own */
			u->parts[u->n++] = (struct part){
				.name = u->container.zip.entries[i].name, .entry = &u->container.zip.entries[i]};
	for (size_t i = 0; rc == VF_OK && i < st.n_members; i++)
		rc = add_member(u, &st.members[i], reterr);
	if (rc == VF_OK)
		qsort(u->parts, u->n, sizeof(*u->parts), by_name);
	return rc;
}

static VF_RC open_bundle(struct completing *u, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = source_of(&u->fd, &u->source, reterr);

	if (rc == VF_OK)
		rc = vf_container_open(&u->source, false, &u->arena, &u->container, &err);
	if (rc == VF_OK)
		rc = make_parts(u, &err);
	if (rc == VF_OK || err.rc == VF_NOT_CHECKED)
		return rc;
	if (rc == VF_DOCUMENT_CHANGED)
		return vf_fail(reterr, rc, "%s", err.text);
	if (vf_rc_class(rc) == VF_CLASS_REJECTED || rc == VF_UNSUPPORTED)
		return vf_fail(reterr, VF_SERVER_ANSWER, "this is no bundle of the record: %s: %.200s",
			vf_rc_name(rc), err.text);
	return vf_fail(reterr, rc, "%s", err.text);
}

/* ---- writing ---- */

static VF_RC write_piece(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	return nt_zip_data(ctx, piece, reterr);
}

static VF_RC copy_file(struct nt_zip *z, const struct nt_content *content, struct vf_err *reterr)
{
	uint8_t room[65536];
	enum vf_rc rc = VF_OK;

	for (uint64_t at = 0; rc == VF_OK && at < content->size;) {
		size_t want = content->size - at < sizeof(room) ? (size_t)(content->size - at) : sizeof(room);

		rc = read_at((void *)(uintptr_t)&content->fd, at, room, want, reterr);
		if (rc == VF_IO)
			return vf_fail(reterr, VF_DOCUMENT_CHANGED, "a document became shorter while it was read");
		if (rc == VF_OK)
			rc = nt_zip_data(z, vf_bytes(room, want), reterr);
		at += want;
	}
	return rc;
}

static VF_RC write_fd(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	return nt_fd_write(*(const int *)ctx, b, "a bundle", reterr);
}

static VF_RC write_bundle(const struct completing *u, int fd, struct vf_err *reterr)
{
	struct nt_zip z;
	enum vf_rc rc = nt_zip_begin(&z, (struct nt_zip_sink){.ctx = &fd, .write = write_fd}, reterr);

	for (size_t i = 0; rc == VF_OK && i < u->n; i++) {
		const struct part *p = &u->parts[i];

		rc = nt_zip_entry(&z, p->name, p->entry ? p->entry->size : p->content.size,
			p->entry ? p->entry->crc : p->content.crc, reterr);
		if (rc != VF_OK)
			break;
		rc = p->entry ? vf_container_stream(&u->container, p->entry, write_piece, &z, reterr)
			      : copy_file(&z, &p->content, reterr);
	}
	if (rc == VF_OK)
		rc = nt_zip_end(&z, reterr);
	nt_zip_done(&z);
	return rc;
}

/*
 * Everything but trust, which is the reader's own, must hold. Documents may be missing exactly when some were
 * not found.
 */
static VF_RC judge(const struct completing *u, const struct vf_report *r, struct vf_err *reterr)
{
	bool good = r->verdict == VF_INTACT;

	if (!good && r->verdict == VF_INDETERMINATE && u->n_missing > 0 && r->n_reasons > 0) {
		good = true;
		for (size_t i = 0; i < r->n_reasons; i++)
			good &= r->reasons[i].rc == VF_MISSING_OBJECT;
	}
	if (good)
		return VF_OK;
	if (r->verdict == VF_INDETERMINATE && r->n_reasons > 0)
		return vf_fail(
			reterr, r->reasons[0].rc, "the bundle would not verify now: %.200s", r->reasons[0].text);
	return vf_fail(reterr, VF_NOT_VERIFIED, "the verifier refuses the bundle: %s %.200s",
		r->n_reasons ? vf_rc_name(r->reasons[0].rc) : vf_verdict_name(r->verdict),
		r->n_reasons ? r->reasons[0].text : "");
}

static VF_RC check_bundle(struct completing *u, int fd, struct vf_err *reterr)
{
	struct vf_session_options options = {.at = u->c->now_ms + SKEW_MS, .integrity_only = true, .n_inputs = 1};
	struct vf_report *r = malloc(sizeof(*r));
	void *block = malloc(VF_SESSION_MEMORY), *memory = malloc(VF_BUNDLE_MEMORY);
	struct vf_session *session = NULL;
	struct vf_source source;
	struct vf_arena arena;
	enum vf_rc rc;

	if (!r || !block || !memory)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory to check a bundle");
	else
		rc = source_of(&fd, &source, reterr);
	if (rc == VF_OK)
		rc = vf_session_new(&options, block, VF_SESSION_MEMORY, &session, reterr);
	if (rc == VF_OK) {
		vf_arena_init(&arena, memory, VF_BUNDLE_MEMORY);
		rc = vf_bundle_check(session, &arena, "", &source, NULL, 0, r, reterr);
	}
	if (rc == VF_OK)
		rc = judge(u, r, reterr);
	vf_session_free(session);
	free(memory);
	free(block);
	free(r);
	return rc;
}

/* ---- the file ---- */

static VF_RC write_file(struct completing *u, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_named_done) struct nt_named f = NT_NAMED_NONE;
	enum vf_rc rc = nt_named_begin(&f, path, 0644, reterr);

	if (rc == VF_OK)
		rc = write_bundle(u, f.fd, reterr);
	if (rc == VF_OK)
		rc = check_bundle(u, f.fd, reterr);
	nt_failpoint("client-bundle");
	return rc == VF_OK ? nt_named_end(&f, u->c->options.force, reterr) : rc;
}

VF_RC nt_complete_bundle(const struct nt_complete *c, int fd, const struct vf_hash *id, const char *path,
	struct nt_completed *ret, struct vf_err *reterr)
{
	struct completing u = {.c = c, .id = id, .fd = fd};
	void *block = malloc(VF_BUNDLE_MEMORY);
	enum vf_rc rc;

	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	vf_arena_init(&u.arena, block, VF_BUNDLE_MEMORY);
	rc = nt_export_check_place(path, c->options.force, reterr);
	if (rc == VF_OK)
		rc = open_bundle(&u, reterr);
	if (rc == VF_OK)
		rc = write_file(&u, path, reterr);
	for (size_t i = 0; i < u.n; i++)
		if (!u.parts[i].entry)
			close(u.parts[i].content.fd);
	free(u.parts);
	free(block);
	if (rc == VF_OK)
		*ret = (struct nt_completed){u.n_documents, u.n_missing};
	return rc;
}
