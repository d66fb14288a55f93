/* Exercises vf_tst_parse(), vf_tsr_parse(), vf_tst_check() and vf_tst_judge() with the token's own imprint. */
#include <stdlib.h>

#include "verify/tst.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing is pinned, so that no input whatever may be accepted as dated by an authority. */
static void judge(const struct vf_tst *t)
{
	struct vf_pki *p = vf_pki_new();
	struct vf_hash id = vf_tst_id(t), again = vf_tst_id(t);
	struct vf_cert_facts leaf;
	struct vf_tst_trust trust;
	struct vf_err err;

	if (!p || !vf_hash_eq(&id, &again))
		abort();
	vf_ignore(vf_tst_check(p, t, &t->imprint, NULL, &leaf, &err)); /* any outcome will do, crashes will not */
	if (vf_tst_judge(p, t, NULL, t->gen_time, false, &trust, &err) == VF_OK)
		abort();
	vf_pki_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_err err;
	struct vf_tst t;

	if (vf_tst_parse(vf_bytes(data, size), &t, &err) == VF_OK)
		judge(&t);
	if (vf_tsr_parse(vf_bytes(data, size), true, &t, &err) == VF_OK)
		judge(&t);
	return 0;
}
