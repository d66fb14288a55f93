/* Paths of tiles as HTTP clients ask for them, and entry bundles as files hold them. */
#include <stdlib.h>

#include "notary/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size), entry;
	struct nt_buf out = nt_buf(NT_BUNDLE_MAX);
	char path[NT_TILE_PATH_MAX];
	struct nt_tile t;
	size_t used;

	/* one path a tile */
	if (nt_tile_path_read(in, &t)) {
		nt_tile_path(&t, path);
		if (!vf_bytes_is(in, path) || t.width == 0 || t.width > NT_TILE_WIDTH || t.level > 63)
			abort();
	}
	while (nt_bundle_take(&in, &entry))
		if (nt_bundle_put(&out, entry, NULL) != VF_OK && !out.full)
			abort();
	used = size - in.n;
	if (!out.failed && !vf_bytes_eq(nt_buf_bytes(&out), vf_bytes(data, used)))
		abort();
	nt_buf_done(&out);
	return 0;
}
