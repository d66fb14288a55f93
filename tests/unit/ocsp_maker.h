/*
 * Makes OCSP responses (RFC 6960) for tests, each field at will. Beside pki_maker.h.
 */
#ifndef TESTS_UNIT_OCSP_MAKER_H
#define TESTS_UNIT_OCSP_MAKER_H

#include "tests/unit/pki_maker.h"

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };

struct ocsp_spec {
	struct vf_bytes cert, issuer; /* about cert, which has the issuer's certificate */
	struct vf_bytes responder;    /* certificate of who signs; the issuer's when empty */
	EVP_PKEY *key;
	enum ocsp_status status;
	const char *at; /* GeneralizedTime of the revocation */
	int reason;     /* -1: none */
	const char *from, *to;
	enum vf_alg alg; /* of the CertID; SHA-1 when 0 */
	bool by_key;     /* the responder is named by its key */
	struct vf_bytes certs; /* in the response */
	struct vf_bytes more;  /* more answers */
	struct vf_bytes id;    /* the CertID, when it should be another */
	bool broken_signature;
	uint8_t refusal; /* responseStatus; 0: it answers */
};

MAKER struct vf_bytes make_general_time(const char *text)
{
	return make_der(VF_DER_GENERALIZED_TIME, vf_bytes_str(text));
}

/* The octets of the key in a SubjectPublicKeyInfo. */
MAKER struct vf_bytes make_key_octets(struct vf_bytes cert)
{
	struct vf_der all, id, key;
	struct vf_bytes bits;
	struct vf_cert c;

	make_cert_parts(cert, &c);
	MUST(vf_der_only(c.spki, VF_DER_SEQUENCE, &all) && vf_der_take(&all.body, &id) &&
		vf_der_only(all.body, VF_DER_BIT_STRING, &key) && vf_der_bits(key.body, &bits));
	bits = make_copy(bits);
	vf_cert_done(&c);
	return bits;
}

MAKER struct vf_bytes make_cert_id(const struct ocsp_spec *s)
{
	enum vf_alg alg = s->alg ? s->alg : VF_SHA1;
	struct vf_bytes r;
	struct vf_cert c;

	make_cert_parts(s->cert, &c);
	r = DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_der(VF_DER_OID, vf_alg_oid(alg)), make_der(VF_DER_NULL, NOTHING)),
		make_der(VF_DER_OCTET_STRING, make_digest(alg, c.issuer)),
		make_der(VF_DER_OCTET_STRING, make_digest(alg, make_key_octets(s->issuer))), make_der(VF_DER_INTEGER, c.serial));
	r = make_copy(r);
	vf_cert_done(&c);
	return r;
}

MAKER struct vf_bytes make_cert_status(const struct ocsp_spec *s)
{
	uint8_t *reason = make_room(1);

	*reason = (uint8_t)s->reason;
	if (s->status != OCSP_REVOKED)
		return make_der(VF_DER_CONTEXT_PRIMITIVE(s->status == OCSP_GOOD ? 0 : 2), NOTHING);
	return DER(VF_DER_CONTEXT(1), make_general_time(s->at),
		s->reason < 0 ? NOTHING :
				make_der(VF_DER_CONTEXT(0), make_der(VF_DER_ENUMERATED, vf_bytes(reason, 1))));
}

/* One SingleResponse. */
MAKER struct vf_bytes make_ocsp_answer(const struct ocsp_spec *s)
{
	return DER(VF_DER_SEQUENCE, s->id.n ? s->id : make_cert_id(s), make_cert_status(s), make_general_time(s->from),
		s->to ? make_der(VF_DER_CONTEXT(0), make_general_time(s->to)) : NOTHING);
}

MAKER struct vf_bytes make_ocsp(const struct ocsp_spec *s)
{
	static const uint8_t bit_string_start = 0;
	struct vf_bytes by = s->responder.n ? s->responder : s->issuer, tbs, signature, name;
	struct cms_spec cms = {.key = s->key, .broken_signature = s->broken_signature};
	uint8_t *status = make_room(1);
	struct vf_cert c;

	*status = s->refusal;
	if (s->refusal)
		return DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes(status, 1)));
	make_cert_parts(by, &c);
	name = make_copy(c.subject);
	vf_cert_done(&c);
	tbs = DER(VF_DER_SEQUENCE,
		s->by_key ? make_der(VF_DER_CONTEXT(2), make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, make_key_octets(by)))) :
			    make_der(VF_DER_CONTEXT(1), name),
		make_general_time(s->from), DER(VF_DER_SEQUENCE, make_ocsp_answer(s), s->more));
	signature = make_signature(&cms, VF_SHA256, tbs);
	return DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes(status, 1)),
		make_der(VF_DER_CONTEXT(0),
			DER(VF_DER_SEQUENCE, make_oid("1.3.6.1.5.5.7.48.1.1"),
				make_der(VF_DER_OCTET_STRING,
					DER(VF_DER_SEQUENCE, tbs, make_sigalg(&cms, VF_SHA256),
						make_der(VF_DER_BIT_STRING, JOIN(vf_bytes(&bit_string_start, 1), signature)),
						s->certs.n ? make_der(VF_DER_CONTEXT(0), make_der(VF_DER_SEQUENCE, s->certs)) :
							     NOTHING)))));
}

#endif
