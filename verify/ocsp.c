#include "verify/standing.h"

#include "verify/cms.h"
#include "verify/der.h"
#include "verify/text.h"

/* id-pkix-ocsp-basic: 1.3.6.1.5.5.7.48.1.1 */
static const uint8_t oid_basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};

struct basic {
	struct vf_bytes tbs, responses, certs, signature;
	struct vf_der responder; /* [1] Name or [2] KeyHash */
	struct vf_sigalg sigalg;
	int64_t produced_at;
	bool unusable;
};

static enum vf_rc shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_CRL_SHAPE, "malformed OCSP response: %s", what);
}

/* OCSPResponse (RFC 6960 4.2.1); ret_basic is empty when the responder refused to answer. */
static bool unwrap(struct vf_bytes der, struct vf_bytes *ret_basic)
{
	struct vf_der all, status, bytes, inner, type, octets;
	uint64_t v;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&all.body, VF_DER_ENUMERATED, &status) || !vf_der_uint(status.body, &v))
		return false;
	*ret_basic = vf_bytes(NULL, 0);
	if (v != 0)
		return true;
	if (!vf_der_only(all.body, VF_DER_CONTEXT(0), &bytes) || !vf_der_only(bytes.body, VF_DER_SEQUENCE, &inner) ||
		!vf_der_take_tag(&inner.body, VF_DER_OID, &type) ||
		!vf_bytes_eq(type.body, vf_bytes(oid_basic, sizeof(oid_basic))) ||
		!vf_der_only(inner.body, VF_DER_OCTET_STRING, &octets))
		return false;
	*ret_basic = octets.body;
	return true;
}

/* Critical extensions are not known to us; an answer with one is not used. */
static bool read_extensions(struct vf_bytes in, bool *unusable)
{
	struct vf_extension e;
	struct vf_der list;

	if (!vf_der_only(in, VF_DER_SEQUENCE, &list))
		return false;
	while (list.body.n) {
		if (!vf_take_extension(&list.body, &e))
			return false;
		*unusable |= e.critical;
	}
	return true;
}

static bool read_tbs(struct vf_bytes in, struct basic *b)
{
	struct vf_der version, time, responses, extensions;
	bool found;

	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &version, &found) || !vf_der_take(&in, &b->responder) ||
		(b->responder.tag != VF_DER_CONTEXT(1) && b->responder.tag != VF_DER_CONTEXT(2)) ||
		!vf_der_take_tag(&in, VF_DER_GENERALIZED_TIME, &time) ||
		!vf_der_generalized_time(time.body, &b->produced_at) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &responses) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &extensions, &found) || in.n != 0)
		return false;
	b->responses = responses.body;
	return !found || read_extensions(extensions.body, &b->unusable);
}

static bool read_basic(struct vf_bytes der, struct basic *b)
{
	struct vf_der all, tbs, sigalg, signature, certs, list;
	struct vf_err ignored;
	bool found;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &tbs) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &sigalg) ||
		!vf_der_take_tag(&all.body, VF_DER_BIT_STRING, &signature) ||
		!vf_der_bits(signature.body, &b->signature) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(0), &certs, &found) || all.body.n != 0 ||
		!read_tbs(tbs.body, b))
		return false;
	if (found && !vf_der_only(certs.body, VF_DER_SEQUENCE, &list))
		return false;
	if (found)
		b->certs = list.body;
	b->tbs = tbs.whole;
	if (vf_sigalg_read(sigalg.whole, VF_CRL_SHAPE, &b->sigalg, &ignored) != VF_OK)
		b->unusable = true;
	return true;
}

/* The hash of the key is over the BIT STRING's octets (RFC 6960 4.1.1). */
static bool is_key_hash(struct vf_bytes hash, enum vf_alg alg, const struct vf_cert *c)
{
	struct vf_der all, id, key;
	struct vf_bytes bits;
	struct vf_digest d;
	struct vf_err ignored;

	return vf_der_only(c->spki, VF_DER_SEQUENCE, &all) && vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &id) &&
		vf_der_only(all.body, VF_DER_BIT_STRING, &key) && vf_der_bits(key.body, &bits) &&
		vf_digest(alg, bits, &d, &ignored) == VF_OK && vf_bytes_eq(vf_digest_bytes(&d), hash);
}

static bool is_responder(const struct basic *b, const struct vf_cert *c)
{
	struct vf_der hash;

	if (b->responder.tag == VF_DER_CONTEXT(1))
		return vf_bytes_eq(b->responder.body, c->subject);
	return vf_der_only(b->responder.body, VF_DER_OCTET_STRING, &hash) && is_key_hash(hash.body, VF_SHA1, c);
}

/* RFC 6960 4.2.2.2: issued by the same CA for this purpose, and valid when it answered. */
static bool is_delegate(struct vf_pki *p, const struct vf_cert *c, const struct vf_cert *issuer, int64_t at)
{
	struct vf_err ignored;

	return (c->uses & VF_USE_SIGN_OCSP) && vf_bytes_eq(c->issuer, issuer->subject) &&
		vf_cert_is_valid_at(c, at) && c->sigalg_rc == VF_OK &&
		(c->sigalg.digest == VF_ALG_NONE ||
			vf_alg_check(c->sigalg.digest, at, "responder", &ignored) == VF_OK) &&
		vf_pubkey_check(c->facts.pubkey, c->facts.bits, at, "responder", &ignored) == VF_OK &&
		vf_pki_verify(p, issuer, &c->sigalg, c->sigalg.digest, vf_bytes(NULL, 0), c->tbs, c->signature,
			VF_CRL_SHAPE, &ignored) == VF_OK;
}

static const struct vf_cert *find_responder(struct vf_pki *p, const struct basic *b, const struct vf_cert *issuer,
	struct vf_bytes certs)
{
	struct vf_bytes lists[] = {b->certs, certs}, der;
	const struct vf_cert *c;
	struct vf_err ignored;

	if (is_responder(b, issuer))
		return issuer;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t n = 0; n < VF_MAX_CERTS && vf_cms_take_cert(&lists[i], &der); n++)
			if (vf_pki_cert(p, der, &c, &ignored) == VF_OK && is_responder(b, c) &&
				is_delegate(p, c, issuer, b->produced_at))
				return c;
	return NULL;
}

/* CertID ::= { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }. */
static bool read_id(struct vf_bytes in, struct vf_ocsp_id *ret)
{
	struct vf_der id, name, key, serial;
	struct vf_err ignored;

	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &id) || !vf_der_take_tag(&in, VF_DER_OCTET_STRING, &name) ||
		!vf_der_take_tag(&in, VF_DER_OCTET_STRING, &key) || !vf_der_only(in, VF_DER_INTEGER, &serial))
		return false;
	*ret = (struct vf_ocsp_id){VF_ALG_NONE, name.body, key.body, serial.body};
	return vf_hashalg_read(id.whole, VF_CRL_SHAPE, &ret->alg, &ignored) == VF_OK;
}

bool vf_ocsp_is_about(const struct vf_ocsp_id *id, const struct vf_cert *cert)
{
	struct vf_err ignored;
	struct vf_digest d;

	return vf_bytes_eq(id->serial, cert->serial) && vf_digest(id->alg, cert->issuer, &d, &ignored) == VF_OK &&
		vf_bytes_eq(vf_digest_bytes(&d), id->name);
}

VF_RC vf_ocsp_id(struct vf_bytes der, struct vf_ocsp_id *ret, struct vf_err *reterr)
{
	struct vf_der single, id;
	struct vf_bytes basic;
	struct basic b;

	if (!unwrap(der, &basic) || !read_basic(basic, &b) || !vf_der_only(b.responses, VF_DER_SEQUENCE, &single) ||
		!vf_der_take_tag(&single.body, VF_DER_SEQUENCE, &id) || !read_id(id.body, ret))
		return shape(reterr, "not an OCSPResponse with one answer in DER");
	return VF_OK;
}

/* CertStatus: [0] good, [1] RevokedInfo { time, [0] reason OPTIONAL }, [2] unknown. */
static bool read_status(const struct vf_der *status, struct vf_standing *s)
{
	struct vf_bytes in = status->body;
	struct vf_der time, reason, value;

	if (status->tag == VF_DER_CONTEXT_PRIMITIVE(0))
		return in.n == 0;
	if (status->tag == VF_DER_CONTEXT_PRIMITIVE(2)) {
		s->silent = true;
		return in.n == 0;
	}
	s->listed = true;
	return status->tag == VF_DER_CONTEXT(1) && vf_der_take_tag(&in, VF_DER_GENERALIZED_TIME, &time) &&
		vf_der_generalized_time(time.body, &s->revoked_at) &&
		vf_der_take_optional(&in, VF_DER_CONTEXT(0), &reason, &s->has_reason) && in.n == 0 &&
		(!s->has_reason || (vf_der_only(reason.body, VF_DER_ENUMERATED, &value) &&
			vf_der_uint(value.body, &s->reason)));
}

/* SingleResponse about the certificate; counts says whether this was it. */
static bool read_single(struct vf_bytes in, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_standing *s)
{
	struct vf_der id, status, this, next, time, extensions;
	struct vf_ocsp_id about;
	bool has_next, has_extensions, unusable = false;

	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &id) || !vf_der_take(&in, &status) ||
		!vf_der_take_tag(&in, VF_DER_GENERALIZED_TIME, &this) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &next, &has_next) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &extensions, &has_extensions) || in.n != 0)
		return false;
	if (!read_id(id.body, &about) || !vf_ocsp_is_about(&about, cert) || !is_key_hash(about.key, about.alg, issuer))
		return true;
	s->next_update = VF_TIME_NONE;
	if (!read_status(&status, s) || !vf_der_generalized_time(this.body, &s->this_update) ||
		(has_next && (!vf_der_only(next.body, VF_DER_GENERALIZED_TIME, &time) ||
			!vf_der_generalized_time(time.body, &s->next_update))) ||
		(has_extensions && !read_extensions(extensions.body, &unusable)))
		return false;
	s->counts = !unusable;
	return true;
}

static bool find_single(struct vf_bytes responses, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_standing *s)
{
	struct vf_der single;

	while (responses.n && !s->counts) {
		*s = (struct vf_standing){0};
		if (!vf_der_take_tag(&responses, VF_DER_SEQUENCE, &single) ||
			!read_single(single.body, cert, issuer, s))
			return false;
	}
	return true;
}

VF_RC vf_ocsp_read(struct vf_pki *p, struct vf_bytes der, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_bytes certs, struct vf_standing *ret, struct vf_err *reterr)
{
	struct vf_standing s = {0};
	const struct vf_cert *responder;
	struct basic b = {.unusable = false};
	struct vf_err ignored;
	struct vf_bytes basic;
	enum vf_rc rc;

	if (!unwrap(der, &basic) || (basic.n && !read_basic(basic, &b)) || !find_single(b.responses, cert, issuer, &s))
		return shape(reterr, "not an OCSPResponse in DER");
	*ret = (struct vf_standing){0};
	if (!s.counts || b.unusable)
		return VF_OK;
	responder = find_responder(p, &b, issuer, certs);
	if (!responder)
		return VF_OK;
	rc = vf_pki_verify(p, responder, &b.sigalg, b.sigalg.digest, vf_bytes(NULL, 0), b.tbs, b.signature,
		VF_CRL_SHAPE, reterr);
	if (rc != VF_OK)
		return rc;
	/* a responder may forget certificates that have expired */
	s.silent |= s.this_update > cert->facts.not_after ||
		(b.sigalg.digest != VF_ALG_NONE &&
			vf_alg_check(b.sigalg.digest, s.this_update, "OCSP", &ignored) != VF_OK);
	*ret = s;
	return VF_OK;
}
