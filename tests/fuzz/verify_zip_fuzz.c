/* The strict ZIP scan, and reading every entry of what it accepts (stored and deflated). */
#include <stdlib.h>

#include "verify/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t block[4 * 1024 * 1024];

static VF_RC add(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	*(uint64_t *)ctx += piece.n;
	return VF_OK;
}

/* What the scan accepts tiles the file, and what is read has the size that was declared. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_source s = vf_source_of(vf_bytes(data, size));
	struct vf_container c;
	struct vf_arena a;
	struct vf_err err;
	uint64_t at = 0;

	vf_arena_init(&a, block, sizeof(block));
	if (vf_container_open(&s, false, &a, &c, &err) != VF_OK)
		return 0;
	for (size_t i = 0; i < c.zip.n; i++) {
		const struct vf_zip_entry *e = &c.zip.entries[i];
		uint64_t n = 0;

		if (e->header_at != at || vf_zip_find(&c.zip, e->name) != e)
			abort();
		at = e->data_at + e->packed;
		if (e->size > 1024 * 1024)
			continue;
		if (vf_container_stream(&c, e, add, &n, &err) == VF_OK ? n != e->size : n > e->size)
			abort();
	}
	return 0;
}
