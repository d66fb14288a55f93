/*
 * Reading the certificates and CRLs that this program made or was given to sign with.
 *
 * Knows where their fields are, as strict DER. It decides nothing about evidence:
 * that is what verify/ does, with all checks.
 */
#ifndef NOTARY_CERT_H
#define NOTARY_CERT_H

#include "notary/buf.h"

/* Ranges in the DER that was read; whole elements unless said otherwise. */
struct nt_cert {
	struct vf_bytes der;
	struct vf_bytes serial;      /* contents octets */
	struct vf_bytes issuer, subject, spki;
	struct vf_bytes tbs, signature; /* signature: octets of the BIT STRING */
	struct vf_bytes key_id;      /* subjectKeyIdentifier octets; empty when absent */
	int64_t from, end;
	int64_t key_end;             /* privateKeyUsagePeriod notAfter, else end */
	bool may_sign;               /* no keyUsage, or digitalSignature or nonRepudiation */
};

/* CERT_SHAPE unless der is one X.509 v3 certificate; name is for the message. */
VF_RC nt_cert_read(struct vf_bytes der, const char *name, struct nt_cert *ret, struct vf_err *reterr);

struct nt_crl {
	struct vf_bytes der, issuer, tbs, signature;
	int64_t from, end;           /* thisUpdate, nextUpdate */
	uint64_t number;             /* crlNumber */
};

/* CRL_SHAPE unless der is one v2 CRL with nextUpdate and crlNumber. */
VF_RC nt_crl_read(struct vf_bytes der, const char *name, struct nt_crl *ret, struct vf_err *reterr);

/* Appends PEM with this label, lines of 64 characters. */
VF_RC nt_pem_put(struct nt_buf *b, const char *label, struct vf_bytes der, struct vf_err *reterr);
/* Appends the DER of the first PEM block "CERTIFICATE" of text; CERT_SHAPE when there is none. */
VF_RC nt_pem_certificate(struct vf_bytes text, const char *name, struct nt_buf *ret, struct vf_err *reterr);

#endif
