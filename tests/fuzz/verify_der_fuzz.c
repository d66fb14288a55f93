/* The strict DER reader: verify/der.h. */
#include <stdlib.h>

#include "verify/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);
	uint8_t head[VF_DER_HEAD];
	struct vf_der d;
	char text[100];
	int64_t t;

	vf_der_is_strict(in);
	vf_der_oid_text(in, text, sizeof(text));
	vf_der_generalized_time(in, &t);
	vf_der_utc_time(in, &t);
	/* one encoding per value: the head that we would write is the one that was read */
	while (vf_der_take(&in, &d)) {
		size_t n = vf_der_head(d.tag, d.body.n, head);

		if (n + d.body.n != d.whole.n || memcmp(head, d.whole.p, n) != 0)
			abort();
	}
	return 0;
}
