#include "notary/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static VF_RC fill(struct nt_random *r, struct vf_err *reterr)
{
	size_t n = 0;

	while (n < sizeof(r->block)) {
		ssize_t got = getrandom(r->block + n, sizeof(r->block) - n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_IO, "the system gives no random octets");
		n += (size_t)got;
	}
	r->left = sizeof(r->block);
	return VF_OK;
}

VF_RC nt_random(struct nt_random *r, void *out, size_t n, struct vf_err *reterr)
{
	uint8_t *to = out;

	while (n > 0) {
		size_t part;

		if (r->left == 0) {
			enum vf_rc rc = fill(r, reterr);

			if (rc != VF_OK)
				return rc;
		}
		part = n < r->left ? n : r->left;
		memcpy(to, r->block + r->left - part, part);
		explicit_bzero(r->block + r->left - part, part);
		r->left -= part;
		to += part;
		n -= part;
	}
	return VF_OK;
}
