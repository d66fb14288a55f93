/* ASiC manifests: the guard before libxml2, the schema, names and digests. */
#include <stdlib.h>

#include "verify/manifest.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t block[4 * 1024 * 1024];

/* What is accepted lists at least one file, each by a name that an entry may have. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_manifest m;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, block, sizeof(block));
	if (vf_manifest_parse(vf_bytes(data, size), &a, &m, &err) != VF_OK)
		return 0;
	if (m.n_refs == 0 || vf_name_check(m.sig_uri, &err) != VF_OK)
		abort();
	for (size_t i = 0; i < m.n_refs; i++)
		if (vf_name_check(m.refs[i].uri, &err) != VF_OK || vf_manifest_find(&m, m.refs[i].uri) != &m.refs[i] ||
			m.refs[i].digest.alg == VF_ALG_NONE)
			abort();
	return 0;
}
