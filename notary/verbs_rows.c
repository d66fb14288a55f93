/* submit --rows: rows members beside the files that they are about (docs/formats/excerpt.md). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/random.h"
#include "notary/verbs_submit.h"
#include "verify/limits.h"
#include "verify/text.h"

#define MAX_ROWS_MEMBERS 999

/* The file as it was named for the record, in a folder relative to it, or on the disk. */
static VF_RC find_file(const struct nt_submitting *u, const char *text, size_t *ret, struct vf_err *reterr)
{
	char real[PATH_MAX], shown[160];
	bool has_real = realpath(text, real) != NULL;

	for (size_t i = 0; i < u->g.files.n; i++) {
		if ((has_real && strcmp(u->g.files.files[i].path, real) == 0) || strcmp(u->g.files.files[i].name, text) == 0) {
			*ret = i;
			return VF_OK;
		}
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	return vf_fail(reterr, VF_USAGE, "'%s' is not among the files of this submission", shown);
}

static VF_RC read_head(int fd, uint8_t *room, size_t n, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t done = 0;
	ssize_t got = 0;

	while (done < n && (got = pread(fd, room + done, n - done, (off_t)done)) > 0)
		done += (size_t)got;
	*ret = vf_bytes(room, done);
	return got < 0 ? vf_fail(reterr, VF_IO, "cannot read a document to see its rows") : VF_OK;
}

static VF_RC guess_unit(const struct nt_submitting *u, size_t file, struct tr_unit *ret, struct vf_err *reterr)
{
	uint8_t *room = malloc(TR_UNIT_HEAD);
	struct vf_bytes head;
	uint64_t size;
	int fd = -1;
	enum vf_rc rc;

	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read a document");
	rc = nt_open_document(u->g.files.files[file].path, &fd, &size, reterr);
	if (rc == VF_OK)
		rc = read_head(fd, room, TR_UNIT_HEAD, &head, reterr);
	if (rc == VF_OK)
		rc = tr_unit_guess(vf_bytes_str(u->g.files.files[file].name), head, ret, reterr);
	if (fd >= 0)
		close(fd);
	free(room);
	return rc;
}

static VF_RC find_one(struct nt_submitting *u, const char *text, struct vf_err *reterr)
{
	struct nt_made_rows *r = &u->rows[u->n_rows];
	const char *given = nt_cli_get(u->cli, "unit");
	struct tr_unit unit;
	enum vf_rc rc = find_file(u, text, &r->file, reterr);

	for (size_t i = 0; rc == VF_OK && i < u->n_rows; i++)
		if (u->rows[i].file == r->file)
			return vf_fail(reterr, VF_USAGE, "--rows names the same file twice");
	if (rc == VF_OK)
		rc = given ? tr_unit_read(vf_bytes_str(given), &unit, reterr) : guess_unit(u, r->file, &unit, reterr);
	if (rc != VF_OK)
		return rc;
	tr_unit_put(r->unit, &unit);
	/* each record counts its own */
	snprintf(r->name, sizeof(r->name), "rows-%03zu.json", u->each ? 1 : u->n_rows + 1);
	r->text = nt_buf(VF_MAX_SMALL_JSON);
	u->n_rows++;
	return VF_OK;
}

VF_RC nt_submitting_find_rows(struct nt_submitting *u, struct vf_err *reterr)
{
	const char *text;
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	while (nt_cli_get_at(u->cli, "rows", n))
		n++;
	if (n == 0)
		return nt_cli_has(u->cli, "unit") ? vf_fail(reterr, VF_USAGE, "--unit is about --rows, which is not given") : VF_OK;
	if (n > MAX_ROWS_MEMBERS)
		return vf_fail(reterr, VF_LIMIT, "--rows for more than %d files", MAX_ROWS_MEMBERS);
	u->rows = calloc(n, sizeof(*u->rows));
	if (!u->rows)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for rows");
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		text = nt_cli_get_at(u->cli, "rows", i);
		rc = find_one(u, text, reterr);
	}
	return rc;
}

/* The tree is over what was hashed a moment ago, or there is none. */
static VF_RC make_tree(const struct nt_submitting *u, struct nt_made_rows *r, struct vf_rows *ret, struct vf_err *reterr)
{
	const struct nt_submit_file *d = &u->g.documents[r->file];
	struct tr_unit unit;
	struct vf_hash sha256;
	char shown[160];
	uint64_t size;
	int fd;
	enum vf_rc rc = tr_unit_read(vf_bytes_str(r->unit), &unit, reterr);

	vf_text_escape(shown, sizeof(shown), d->name);
	if (rc == VF_OK)
		rc = nt_open_document(u->g.files.files[r->file].path, &fd, &size, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_rows_make(fd, &unit, &r->made.secret, ret, &sha256, reterr);
	close(fd);
	if (rc == VF_OK && !vf_hash_eq(&sha256, &d->digests.sha256))
		return vf_fail(reterr, VF_DOCUMENT_CHANGED, "the document '%s' changed while it was read", shown);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "rows of '%s'", shown);
	return rc;
}

static VF_RC make_one(const struct nt_submitting *u, struct nt_made_rows *r, struct nt_random *random, struct vf_err *reterr)
{
	struct vf_rows rows = {.document = u->g.documents[r->file].name, .unit = vf_bytes_str(r->unit)};
	enum vf_rc rc = nt_random(random, r->made.secret.b, sizeof(r->made.secret.b), reterr);

	if (rc == VF_OK)
		rc = make_tree(u, r, &rows, reterr);
	if (rc == VF_OK)
		rc = nt_rows_put(&rows, &r->text, reterr);
	if (rc != VF_OK)
		return rc;
	r->made.text = nt_buf_bytes(&r->text);
	r->made.same = nt_rows_same(rows.document, rows.unit);
	r->document = (struct nt_submit_file){.name = vf_bytes_str(r->name), .digests = vf_pair_of(r->made.text),
		.size = r->text.n, .made = &r->made};
	return VF_OK;
}

VF_RC nt_submitting_make_rows(struct nt_submitting *u, struct vf_err *reterr)
{
	struct nt_random random = {0};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < u->n_rows && rc == VF_OK; i++)
		rc = make_one(u, &u->rows[i], &random, reterr);
	explicit_bzero(&random, sizeof(random));
	return rc;
}

VF_RC nt_submitting_join_rows(struct nt_submitting *u, struct vf_err *reterr)
{
	size_t n = 0;

	u->all = calloc(u->g.files.n + u->n_rows, sizeof(*u->all));
	if (!u->all)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu documents", u->g.files.n + u->n_rows);
	for (size_t i = 0; i < u->n_records; i++) {
		struct nt_submit_record *r = &u->records[i];
		const struct nt_submit_file *first = &u->all[n];

		memcpy(&u->all[n], r->files, r->n_files * sizeof(*u->all));
		n += r->n_files;
		for (size_t k = 0; k < u->n_rows; k++)
			if (!u->each || u->rows[k].file == i)
				u->all[n++] = u->rows[k].document;
		*r = (struct nt_submit_record){first, (size_t)(&u->all[n] - first)};
	}
	return VF_OK;
}

void nt_submitting_rows_done(struct nt_submitting *u)
{
	for (size_t i = 0; u->rows && i < u->n_rows; i++) {
		nt_buf_done(&u->rows[i].text);
		explicit_bzero(&u->rows[i].made.secret, sizeof(u->rows[i].made.secret));
	}
	free(u->rows);
	free(u->all);
}
