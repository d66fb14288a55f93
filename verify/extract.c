#include "verify/extract.h"

#include <stdlib.h>

#include "verify/container.h"
#include "verify/output.h"
#include "verify/text.h"

/* Tables of the strict scan: 20,000 entries and a directory of 16 MiB. */
#define TABLES (48u << 20)

struct extraction {
	const struct vf_container *container;
	struct vf_folder *folder;
	const volatile sig_atomic_t *stop;
	struct vf_pair_hasher hasher;
	int fd;
	size_t n;
};

static VF_RC write_piece(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct extraction *x = ctx;

	if (*x->stop)
		return vf_fail(reterr, VF_INTERRUPTED, "interrupted");
	vf_pair_put(&x->hasher, piece);
	return vf_folder_write(x->fd, piece, reterr);
}

/* want is the digest that was judged, or NULL. */
static VF_RC extract_one(struct extraction *x, const struct vf_zip_entry *e, const struct vf_hash *want,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_folder_create(x->folder, e->name, &x->fd, reterr), closed;
	struct vf_err later;
	struct vf_pair got;
	char name[120];

	if (rc != VF_OK)
		return rc;
	vf_pair_init(&x->hasher);
	rc = vf_container_stream(x->container, e, write_piece, x, reterr);
	closed = vf_folder_close(x->fd, &later);
	if (rc == VF_OK && closed != VF_OK)
		rc = vf_fail(reterr, closed, "%s", later.text);
	if (rc != VF_OK)
		return rc;
	got = vf_pair_done(&x->hasher);
	vf_text_escape(name, sizeof(name), e->name);
	if (want && !vf_hash_eq(want, &got.sha256))
		return vf_fail(reterr, VF_IO, "'%s' has changed since it was checked", name);
	x->n++;
	return VF_OK;
}

static VF_RC extract_all(struct extraction *x, struct vf_err *reterr)
{
	const struct vf_zip *zip = &x->container->zip;

	for (size_t i = 0; i < zip->n; i++) {
		enum vf_rc rc;

		if (vf_bytes_is(zip->entries[i].name, VF_ZIP_MIMETYPE_NAME) ||
			vf_bytes_starts(zip->entries[i].name, "META-INF/"))
			continue;
		rc = extract_one(x, &zip->entries[i], NULL, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC extract_covered(struct extraction *x, const struct vf_report *r, struct vf_err *reterr)
{
	for (size_t i = 0; i < r->n_files; i++) {
		const struct vf_zip_entry *e = vf_zip_find(&x->container->zip, r->files[i].name);
		enum vf_rc rc;

		if (r->files[i].status != VF_FILE_COVERED || !e || vf_bytes_starts(r->files[i].name, "META-INF/"))
			continue;
		if (!r->files[i].has_sha256)
			return vf_fail(reterr, VF_INTERNAL, "a covered file without a digest");
		rc = extract_one(x, e, &r->files[i].sha256, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC run(struct extraction *x, const struct vf_report *report, bool all, const char *folder,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_folder_new(folder, &x->folder, reterr), removed;

	if (rc != VF_OK)
		return rc;
	rc = all ? extract_all(x, reterr) : extract_covered(x, report, reterr);
	if (rc == VF_OK)
		return vf_folder_done(x->folder, true, reterr);
	removed = vf_folder_done(x->folder, false, NULL);
	vf_ignore(removed); /* the first fault is the one to tell */
	return rc;
}

VF_RC vf_extract(const struct vf_source *source, const struct vf_report *report, bool all, const char *folder,
	const volatile sig_atomic_t *stop, size_t *ret_n, struct vf_err *reterr)
{
	void *tables = malloc(TABLES);
	struct vf_container container;
	struct extraction x = {.container = &container, .stop = stop};
	struct vf_arena memory;
	enum vf_rc rc;

	if (!tables)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to extract");
	vf_arena_init(&memory, tables, TABLES);
	rc = vf_container_open(source, true, &memory, &container, reterr);
	if (rc == VF_OK)
		rc = run(&x, report, all, folder, reterr);
	free(tables);
	if (rc == VF_OK)
		*ret_n = x.n;
	return rc;
}
