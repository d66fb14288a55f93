/* Exercises vf_ber_to_der() and vf_ber_take(): what comes out is strict DER, and converting it again changes nothing. */
#include <stdlib.h>

#include "verify/ber.h"
#include "verify/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_all(struct vf_bytes in)
{
	size_t before;
	struct vf_ber b;

	while (before = in.n, vf_ber_take(&in, &b))
		if (b.whole.n != before - in.n || b.body.n >= b.whole.n || (b.indefinite && b.body.n + 4 > b.whole.n))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size), der, again;
	size_t room = 3 * size + 64;
	struct vf_arena arena;
	struct vf_err err;
	enum vf_rc rc;
	void *block;

	take_all(in);
	block = malloc(room);
	if (!block)
		return 0;
	vf_arena_init(&arena, block, room);
	rc = vf_ber_to_der(in, &arena, &der, &err);
	if (rc == VF_OK) {
		if (!vf_der_is_strict(der))
			abort();
		/* DER needs no memory */
		vf_arena_init(&arena, NULL, 0);
		if (vf_ber_to_der(der, &arena, &again, &err) != VF_OK || again.p != der.p || again.n != der.n)
			abort();
	} else if (rc != VF_CMS_SHAPE && rc != VF_LIMIT) {
		abort(); /* the room is that of the header, so memory is no reason */
	}
	/* what is strict DER and one element is accepted */
	if (rc != VF_OK && vf_der_is_strict(in) && in.n > 0) {
		struct vf_der one;

		if (vf_der_take(&in, &one) && in.n == 0 && (one.tag & 0x20) == 0)
			abort();
	}
	free(block);
	return 0;
}
