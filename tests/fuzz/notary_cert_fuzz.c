/* Certificates, CRLs and PEM as the notary reads them: what it takes, the verifier takes with the same facts. */
#include "notary/cert.h"
#include "tests/fuzz/must.h"
#include "verify/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct vf_bytes der, const struct nt_cert *c)
{
	struct vf_cert v;

	if (vf_cert_open(der, &v, NULL) != VF_OK)
		return; /* the verifier is stricter */
	MUST(vf_bytes_eq(c->serial, v.serial) && vf_bytes_eq(c->issuer, v.issuer) && vf_bytes_eq(c->subject, v.subject));
	MUST(vf_bytes_eq(c->spki, v.spki) && vf_bytes_eq(c->tbs, v.tbs) && vf_bytes_eq(c->signature, v.signature));
	MUST(c->from == v.facts.not_before && c->end == v.facts.not_after);
	vf_cert_done(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);
	struct nt_buf der = nt_buf(1 << 20), pem = nt_buf(1 << 21), again = nt_buf(1 << 20);
	struct nt_cert cert;
	struct nt_crl crl;

	if (nt_cert_read(in, "input", &cert, NULL) == VF_OK) {
		compare(in, &cert);
		/* PEM gives back what was put in */
		MUST(nt_pem_put(&pem, "CERTIFICATE", in, NULL) == VF_OK);
		MUST(nt_pem_certificate(nt_buf_bytes(&pem), "input", &again, NULL) == VF_OK);
		MUST(vf_bytes_eq(nt_buf_bytes(&again), in));
	}
	if (nt_crl_read(in, "input", &crl, NULL) == VF_OK)
		MUST(vf_bytes_eq(crl.der, in));
	if (nt_pem_certificate(in, "input", &der, NULL) == VF_OK)
		vf_ignore(nt_cert_read(nt_buf_bytes(&der), "input", &cert, NULL)); /* any outcome will do */
	nt_buf_done(&der);
	nt_buf_done(&pem);
	nt_buf_done(&again);
	return 0;
}
