#include "notary/cms_out.h"

#include "notary/der_out.h"
#include "verify/meaning.h"

static const uint8_t OID_SIGNED_DATA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t OID_DATA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t OID_CONTENT_TYPE[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t OID_MESSAGE_DIGEST[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t OID_SIGNING_TIME[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
/* id-aa-signingCertificateV2 (RFC 5035 3) */
static const uint8_t OID_CERTIFICATE_V2[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f};

#define RANGE(a) vf_bytes(a, sizeof(a))
#define ATTRIBUTES 6

/* Begins Attribute { type, SET { … } }; ends with end_attribute(). */
struct attribute {
	size_t whole, values;
};

static struct attribute begin_attribute(struct nt_buf *b, struct vf_bytes oid)
{
	struct attribute a;

	a.whole = nt_der_begin(b);
	nt_der_put(b, VF_DER_OID, oid);
	a.values = nt_der_begin(b);
	return a;
}

static void end_attribute(struct nt_buf *b, struct attribute a)
{
	nt_der_end(b, a.values, VF_DER_SET);
	nt_der_end(b, a.whole, VF_DER_SEQUENCE);
}

/*
 * SigningCertificateV2 { certs { ESSCertIDv2 { certHash, issuerSerial } } }: the
 * hash is SHA-256, the default, and so not written.
 */
static void put_certificate_v2(struct nt_buf *b, const struct nt_cert *cert)
{
	struct vf_hash hash = vf_sha256(cert->der);
	size_t signing = nt_der_begin(b), certs = nt_der_begin(b), id = nt_der_begin(b);
	size_t issuer_serial, names;

	nt_der_put(b, VF_DER_OCTET_STRING, vf_bytes(hash.b, sizeof(hash.b)));
	issuer_serial = nt_der_begin(b);
	names = nt_der_begin(b);
	nt_der_put(b, VF_DER_CONTEXT(4), cert->issuer); /* directoryName */
	nt_der_end(b, names, VF_DER_SEQUENCE);
	nt_der_put(b, VF_DER_INTEGER, cert->serial);
	nt_der_end(b, issuer_serial, VF_DER_SEQUENCE);
	nt_der_end(b, id, VF_DER_SEQUENCE);
	nt_der_end(b, certs, VF_DER_SEQUENCE);
	nt_der_end(b, signing, VF_DER_SEQUENCE);
}

/* CommitmentTypeIndication { commitmentTypeId } (EN 319 122-1 5.2.3) */
static void put_meaning(struct nt_buf *b, struct vf_bytes meaning)
{
	struct attribute a = begin_attribute(b, vf_oid_commitment());

	nt_der_put_algorithm(b, meaning); /* SEQUENCE { OID } */
	end_attribute(b, a);
}

/* SignerAttributeV2 { [0] { Attribute { commonName, { UTF8String } } } } (EN 319 122-1 5.2.6.1) */
static void put_printed_name(struct nt_buf *b, struct vf_bytes name)
{
	struct attribute a = begin_attribute(b, vf_oid_signer_attributes()), claimed;
	size_t all = nt_der_begin(b), explicit = nt_der_begin(b), list = nt_der_begin(b);

	claimed = begin_attribute(b, vf_oid_common_name());
	nt_der_put(b, VF_DER_UTF8_STRING, name);
	end_attribute(b, claimed);
	nt_der_end(b, list, VF_DER_SEQUENCE);
	nt_der_end(b, explicit, VF_DER_CONTEXT(0));
	nt_der_end(b, all, VF_DER_SEQUENCE);
	end_attribute(b, a);
}

VF_RC nt_cms_attributes(const struct nt_cms *c, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(8192);
	struct vf_hash digest = vf_sha256(c->content);
	struct vf_bytes elements[ATTRIBUTES];
	size_t end[ATTRIBUTES], from = 0, n = 4;
	struct attribute a;
	enum vf_rc rc;

	a = begin_attribute(&b, RANGE(OID_CONTENT_TYPE));
	nt_der_put(&b, VF_DER_OID, c->type);
	end_attribute(&b, a);
	end[0] = b.n;
	a = begin_attribute(&b, RANGE(OID_SIGNING_TIME));
	nt_der_put_time(&b, c->time_ms);
	end_attribute(&b, a);
	end[1] = b.n;
	a = begin_attribute(&b, RANGE(OID_MESSAGE_DIGEST));
	nt_der_put(&b, VF_DER_OCTET_STRING, vf_bytes(digest.b, sizeof(digest.b)));
	end_attribute(&b, a);
	end[2] = b.n;
	a = begin_attribute(&b, RANGE(OID_CERTIFICATE_V2));
	put_certificate_v2(&b, c->cert);
	end_attribute(&b, a);
	end[3] = b.n;
	if (c->meaning.n) {
		put_meaning(&b, c->meaning);
		end[n++] = b.n;
	}
	if (c->printed_name.n) {
		put_printed_name(&b, c->printed_name);
		end[n++] = b.n;
	}
	rc = nt_buf_check(&b, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		elements[i] = vf_bytes(b.p + from, end[i] - from);
		from = end[i];
	}
	nt_der_put_set_of(ret, elements, n);
	return nt_buf_check(ret, reterr);
}

/* SignerInfo version 1, as sid is issuerAndSerialNumber (RFC 5652 5.3). */
static void put_signer_info(struct nt_buf *b, const struct nt_cms *c, struct vf_bytes attributes,
	struct vf_bytes algorithm, struct vf_bytes signature)
{
	size_t info = nt_der_begin(b), sid;
	struct vf_der set = {0};

	nt_der_put_uint(b, VF_DER_INTEGER, 1);
	sid = nt_der_begin(b);
	nt_buf_put(b, c->cert->issuer);
	nt_der_put(b, VF_DER_INTEGER, c->cert->serial);
	nt_der_end(b, sid, VF_DER_SEQUENCE);
	nt_der_put_algorithm(b, vf_alg_oid(VF_SHA256));
	/* hashed as SET OF, written as [0] (RFC 5652 5.4) */
	if (!vf_der_only(attributes, VF_DER_SET, &set))
		b->failed = true;
	nt_der_put(b, VF_DER_CONTEXT(0), set.body);
	nt_buf_put(b, algorithm);
	nt_der_put(b, VF_DER_OCTET_STRING, signature);
	nt_der_end(b, info, VF_DER_SEQUENCE);
}

static void put_content(struct nt_buf *b, const struct nt_cms *c)
{
	size_t encap = nt_der_begin(b), explicit;

	nt_der_put(b, VF_DER_OID, c->type);
	if (!c->detached) {
		explicit = nt_der_begin(b);
		nt_der_put(b, VF_DER_OCTET_STRING, c->content);
		nt_der_end(b, explicit, VF_DER_CONTEXT(0));
	}
	nt_der_end(b, encap, VF_DER_SEQUENCE);
}

VF_RC nt_cms_put(const struct nt_cms *c, struct vf_bytes attributes, struct vf_bytes algorithm,
	struct vf_bytes signature, struct nt_buf *ret, struct vf_err *reterr)
{
	size_t info = nt_der_begin(ret), explicit, data, set;

	nt_der_put(ret, VF_DER_OID, RANGE(OID_SIGNED_DATA));
	explicit = nt_der_begin(ret);
	data = nt_der_begin(ret);
	/* RFC 5652 5.1: 1 for id-data with X.509 certificates, 3 for other content */
	nt_der_put_uint(ret, VF_DER_INTEGER, vf_bytes_eq(c->type, RANGE(OID_DATA)) ? 1 : 3);
	set = nt_der_begin(ret);
	nt_der_put_algorithm(ret, vf_alg_oid(VF_SHA256));
	nt_der_end(ret, set, VF_DER_SET);
	put_content(ret, c);
	if (!c->no_certificate)
		nt_der_put(ret, VF_DER_CONTEXT(0), c->cert->der);
	if (c->crl.n)
		nt_der_put(ret, VF_DER_CONTEXT(1), c->crl);
	set = nt_der_begin(ret);
	put_signer_info(ret, c, attributes, algorithm, signature);
	nt_der_end(ret, set, VF_DER_SET);
	nt_der_end(ret, data, VF_DER_SEQUENCE);
	nt_der_end(ret, explicit, VF_DER_CONTEXT(0));
	nt_der_end(ret, info, VF_DER_SEQUENCE);
	return nt_buf_check(ret, reterr);
}
