/*
 * Writing CMS SignedData (RFC 5652) with one signer, strict DER.
 *
 * Knows the structure only; the signature is made between the two calls by the
 * module that has the key. Used for time-stamp tokens and for submitters' signatures.
 */
#ifndef NOTARY_CMS_OUT_H
#define NOTARY_CMS_OUT_H

#include "notary/cert.h"
#include "verify/hash.h"

struct nt_cms {
	struct vf_bytes type;          /* eContentType: contents octets of its OID */
	struct vf_bytes content;       /* what is signed */
	bool detached;                 /* content stays outside */
	const struct nt_cert *cert;    /* of the signer; included */
	bool no_certificate;           /* it is only named (RFC 3161 2.4.1: certReq) */
	struct vf_bytes crl;           /* DER to include, or empty */
	int64_t time_ms;               /* signingTime */
	/* what a person says by signing (docs/formats/signature.md); empty in time-stamps */
	struct vf_bytes meaning;       /* commitment type: contents octets of its OID */
	struct vf_bytes printed_name;  /* claimed commonName, as vf_printed_name_is() demands */
};

/*
 * Appends the signed attributes as they are hashed, a DER SET OF: contentType,
 * signingTime, messageDigest (SHA-256), signingCertificateV2 with issuerSerial, and
 * commitmentTypeIndication and signerAttributesV2 for meaning and printed name.
 */
VF_RC nt_cms_attributes(const struct nt_cms *c, struct nt_buf *ret, struct vf_err *reterr);

/* Appends the ContentInfo with attributes as made above and the signature over them. */
VF_RC nt_cms_put(const struct nt_cms *c, struct vf_bytes attributes, struct vf_bytes algorithm,
	struct vf_bytes signature, struct nt_buf *ret, struct vf_err *reterr);

#endif
