/* Exercises vf_er_parse and all checks of verify/ers.h on any bytes: no claim may appear that does not hold. */
#include <assert.h>

#include "tests/ers_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t block[8 << 20];

/* Two objects of which nothing can be known in advance. */
static enum vf_rc digest(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	(void)ctx;
	return vf_digest(alg, vf_bytes_str(i ? "d3\n" : "d1\n"), ret, reterr);
}

/* The imprint that each token would need; the real one where the token is a test's. */
static bool set_imprints(struct vf_er *er)
{
	struct vf_digest d, lone = {.alg = VF_SHA256};

	for (size_t i = 0; i < er->n_stamps; i++) {
		struct vf_ats *ats = &er->stamps[i];

		if (!mk_imprint(ats->token, &d)) {
			if (ats->alg == VF_ALG_NONE && ats->has_tree)
				return false;
			lone.alg = ats->alg ? ats->alg : VF_SHA256;
			if (vf_ats_root(ats, &lone, &d, NULL) != VF_OK)
				return false;
		}
		if (vf_er_set_imprint(er, i, &d, NULL) != VF_OK)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vf_er_objects objects = {2, digest, NULL};
	struct vf_er_cover cover;
	struct vf_err err = {0};
	struct vf_arena arena;
	struct vf_digest d;
	struct vf_er er;

	vf_arena_init(&arena, block, sizeof(block));
	if (vf_er_parse(vf_bytes(data, size), &arena, &er, &err) != VF_OK) {
		assert(err.rc != VF_OK && err.text[0] != '\0');
		return 0;
	}
	assert(er.n_stamps >= er.n_chains && er.n_chains > 0);
	vf_ignore(vf_er_check_links(&er, &err)); /* must notice the missing imprints, not crash */
	if (!set_imprints(&er))
		return 0;
	vf_ignore(vf_er_check_links(&er, &err)); /* either way */
	if (vf_er_cover(&er, &objects, true, &arena, &cover, &err) != VF_OK)
		return 0;
	assert(!er.encrypted);
	for (size_t i = 0; i < 2; i++) {
		assert(digest(NULL, i, er.stamps[0].alg, &d, NULL) == VF_OK);
		assert((cover.until[i] > 0) == vf_ats_covers(&er.stamps[0], &d));
	}
	if (vf_er_check_cover(&cover, true, &err) == VF_OK)
		assert(cover.others[0] == 0 && cover.until[0] == er.n_chains && cover.until[1] == er.n_chains);
	return 0;
}
