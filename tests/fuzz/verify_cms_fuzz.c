/* Exercises vf_cms_parse(), vf_cms_check_detached() and the walk over certificates and revocation data. */
#include <stdlib.h>

#include "verify/cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct vf_bytes part, const uint8_t *data, size_t size)
{
	return part.n == 0 || (part.p >= data && part.n <= size && part.p + part.n <= data + size);
}

static void walk(const struct vf_signed *s, const uint8_t *data, size_t size)
{
	struct vf_bytes in = s->certificates, part;
	bool is_ocsp;

	while (vf_cms_take_cert(&in, &part))
		if (!inside(part, data, size))
			abort();
	in = s->crls;
	while (vf_cms_take_revocation(&in, &is_ocsp, &part))
		if (!inside(part, data, size))
			abort();
	if (!inside(s->content, data, size) || !inside(s->signed_attrs, data, size) || !inside(s->ess_v2, data, size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char content[] = "trial notary";
	struct vf_hash nobody = {{0}};
	struct vf_signed s;
	struct vf_err err;
	struct vf_pki *p;

	if (vf_cms_parse(vf_bytes(data, size), VF_CMS_SUBMITTER, &s, &err) != VF_OK)
		return 0;
	walk(&s, data, size);
	p = vf_pki_new();
	/* no certificate has a SHA-256 of zeros */
	if (!p || vf_cms_check_detached(p, vf_bytes(data, size), vf_bytes(content, sizeof(content) - 1), &nobody, 0, NULL,
			  NULL, NULL, NULL, &err) == VF_OK)
		abort();
	vf_pki_free(p);
	return 0;
}
