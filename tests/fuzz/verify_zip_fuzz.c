/* The ZIP scan, strict and tolerant, and reading every entry of what it accepts (stored and deflated). */
#include <stdlib.h>

#include "verify/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t block[4 * 1024 * 1024], second[4 * 1024 * 1024];

static VF_RC add(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	*(uint64_t *)ctx += piece.n;
	return VF_OK;
}

/* Folders that stand at at, the last in the table first; they are empty, and nobody finds them. */
static void skip_folders(const struct vf_zip *z, size_t *left, uint64_t *at)
{
	while (*left > 0 && z->folders[*left - 1].header_at == *at) {
		const struct vf_zip_entry *e = &z->folders[--*left];

		if (e->data_at <= *at || e->size != 0 || e->packed > 2 || e->end_at - e->data_at < e->packed ||
			e->end_at - e->data_at - e->packed > 16 || vf_zip_find(z, e->name) ||
			vf_zip_find(z, vf_bytes(e->name.p, e->name.n - 1)))
			abort();
		*at = e->end_at;
	}
}

/* What the scan accepts tiles the file, and what is read has the size that was declared. */
static void check_entries(const struct vf_container *c)
{
	uint64_t at = 0;
	size_t folders = c->zip.n_folders;
	struct vf_err err;

	for (size_t i = 0; i < c->zip.n; i++) {
		const struct vf_zip_entry *e = &c->zip.entries[i];
		uint64_t n = 0;

		skip_folders(&c->zip, &folders, &at);
		if (e->header_at != at || e->data_at <= at || e->end_at - e->data_at < e->packed ||
			e->end_at - e->data_at - e->packed > 16 || vf_zip_find(&c->zip, e->name) != e)
			abort();
		at = e->end_at;
		if (e->size > 1024 * 1024)
			continue;
		if (vf_container_stream(c, e, add, &n, &err) == VF_OK ? n != e->size : n > e->size)
			abort();
	}
	skip_folders(&c->zip, &folders, &at);
	if (folders != 0 || c->zip.n == 0)
		abort();
}

static bool is_same(const struct vf_zip *a, const struct vf_zip *b)
{
	if (a->n != b->n || a->n_folders != 0 || b->n_folders != 0 || a->media_type != b->media_type || !vf_bytes_eq(a->media, b->media))
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct vf_zip_entry *x = &a->entries[i], *y = &b->entries[i];

		if (!vf_bytes_eq(x->name, y->name) || !vf_bytes_eq(x->central, y->central) ||
			x->header_at != y->header_at || x->data_at != y->data_at || x->end_at != y->end_at ||
			x->packed != y->packed || x->size != y->size || x->crc != y->crc ||
			x->method != y->method)
			return false;
	}
	return true;
}

/* What strict accepts, tolerant accepts without a departure; what it refuses is otherwise the departure. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_source s = vf_source_of(vf_bytes(data, size));
	struct vf_container strict, tolerant;
	struct vf_arena a, b;
	struct vf_err err = {0}, why = {0};
	enum vf_rc rc, other;

	vf_arena_init(&a, block, sizeof(block));
	vf_arena_init(&b, second, sizeof(second));
	rc = vf_container_open(&s, false, &a, &strict, &err);
	other = vf_container_open(&s, true, &b, &tolerant, &why);
	if (rc == VF_OK && (other != VF_OK || tolerant.zip.departure.rc != VF_NOT_CHECKED ||
				   strict.zip.departure.rc != VF_NOT_CHECKED || !is_same(&strict.zip, &tolerant.zip)))
		abort();
	if (rc != VF_OK && other == VF_OK &&
		(tolerant.zip.departure.rc != rc || strcmp(tolerant.zip.departure.text, err.text) != 0))
		abort();
	if (other == VF_OK)
		check_entries(&tolerant);
	return 0;
}
