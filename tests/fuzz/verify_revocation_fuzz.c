/*
 * Exercises vf_crl_read(), vf_ocsp_read() and vf_ocsp_id(): two length-prefixed certificates, then the data.
 *
 * Also vf_cert_open(), as the certificates come from the input too.
 */
#include <stdlib.h>

#include "verify/standing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_cert(struct vf_pki *p, struct vf_bytes *in, const struct vf_cert **ret)
{
	struct vf_bytes der;
	struct vf_err err;
	uint16_t n;

	return vf_take_u16be(in, &n) && vf_take(in, n, &der) && vf_pki_cert(p, der, ret, &err) == VF_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);
	const struct vf_cert *cert, *issuer;
	struct vf_pki *p = vf_pki_new();
	struct vf_ocsp_id id;
	struct vf_standing s;
	struct vf_err err;

	if (!p)
		abort();
	if (take_cert(p, &in, &cert) && take_cert(p, &in, &issuer)) {
		/* any outcome will do, crashes will not */
		vf_ignore(vf_crl_read(p, in, cert, issuer, &s, &err));
		vf_ignore(vf_ocsp_read(p, in, cert, issuer, vf_bytes(NULL, 0), &s, &err));
		/* an answer that counts is about the certificate, by whichever way it is asked */
		if (vf_ocsp_read(p, in, cert, issuer, vf_bytes(NULL, 0), &s, &err) == VF_OK && s.counts &&
			vf_ocsp_id(in, &id, &err) == VF_OK && !vf_ocsp_is_about(&id, cert))
			abort();
	}
	vf_pki_free(p);
	return 0;
}
