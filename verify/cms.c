#include "verify/cms.h"

#include "verify/algorithm.h"
#include "verify/ess.h"

/* 1.2.840.113549.1.7.2 */
static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
/* 1.2.840.113549.1.7.1 */
static const uint8_t oid_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
/* 1.2.840.113549.1.9.3 to .5 */
static const uint8_t oid_content_type[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t oid_message_digest[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t oid_signing_time[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
/* 1.2.840.113549.1.9.16.2.12 and .47 */
static const uint8_t oid_ess_v1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c};
static const uint8_t oid_ess_v2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f};
/* 1.2.840.113549.1.9.52 */
static const uint8_t oid_protection[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x34};
/* 1.3.6.1.5.5.7.16.2 */
static const uint8_t oid_ri_ocsp[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x10, 0x02};

#define IS(b, oid) vf_bytes_eq((b), vf_bytes((oid), sizeof(oid)))

/* What a parse needs beside its result. */
struct reading {
	struct vf_cms_codes codes;
	struct vf_bytes digest_algs; /* contents of the SET */
	struct vf_bytes protection;  /* value of the RFC 6211 attribute */
	uint64_t version;            /* of SignedData */
	uint64_t least;              /* as least_version() */
	struct vf_bytes signers;     /* contents of the SET */
	struct vf_signed *s;
};

static enum vf_rc shape(const struct reading *r, struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, r->codes.shape, "malformed CMS: %s", what);
}

/* The attribute's single value; an attribute that stands twice or has several values is malformed. */
static bool set_once(struct vf_bytes values, struct vf_bytes *to)
{
	struct vf_der value;

	if (to->n != 0 || !vf_der_take(&values, &value) || values.n != 0)
		return false;
	*to = value.whole;
	return true;
}

/* SigningCertificate(V2) ::= SEQUENCE { certs SEQUENCE OF ESSCertID, policies OPTIONAL } (RFC 5035 3). */
static bool first_ess(struct vf_bytes value, struct vf_bytes *ret)
{
	struct vf_der all, certs, first, policies;
	bool found;

	if (value.n == 0)
		return true;
	if (!vf_der_only(value, VF_DER_SEQUENCE, &all) || !vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &certs) ||
		!vf_der_take_optional(&all.body, VF_DER_SEQUENCE, &policies, &found) || all.body.n != 0 ||
		!vf_der_take_tag(&certs.body, VF_DER_SEQUENCE, &first))
		return false;
	*ret = first.whole;
	return true;
}

static enum vf_rc read_attributes(struct reading *r, struct vf_bytes attrs, struct vf_err *reterr)
{
	struct vf_bytes type = {0}, digest = {0}, time = {0}, v1 = {0}, v2 = {0};
	struct vf_der attr, oid, values, content_type, message_digest;

	while (attrs.n) {
		bool fine = true;

		if (!vf_der_take_tag(&attrs, VF_DER_SEQUENCE, &attr) ||
			!vf_der_take_tag(&attr.body, VF_DER_OID, &oid) || !vf_der_only(attr.body, VF_DER_SET, &values))
			return shape(r, reterr, "a signed attribute");
		if (IS(oid.body, oid_content_type))
			fine = set_once(values.body, &type);
		else if (IS(oid.body, oid_message_digest))
			fine = set_once(values.body, &digest);
		else if (IS(oid.body, oid_ess_v1))
			fine = set_once(values.body, &v1);
		else if (IS(oid.body, oid_ess_v2))
			fine = set_once(values.body, &v2);
		else if (IS(oid.body, oid_signing_time)) /* RFC 5652 11.3: once; a claim that nobody reads */
			fine = set_once(values.body, &time);
		else if (IS(oid.body, oid_protection))
			fine = set_once(values.body, &r->protection);
		if (!fine)
			return shape(r, reterr, "a signed attribute stands twice or has not one value");
	}
	/* RFC 5652 5.3: both must be there, and the type is that of the content */
	if (!vf_der_only(type, VF_DER_OID, &content_type) || !vf_bytes_eq(content_type.body, r->s->content_type))
		return shape(r, reterr, "the contentType attribute is absent or another");
	if (!vf_der_only(digest, VF_DER_OCTET_STRING, &message_digest))
		return shape(r, reterr, "the messageDigest attribute is absent or malformed");
	if (!first_ess(v1, &r->s->ess_v1) || !first_ess(v2, &r->s->ess_v2))
		return shape(r, reterr, "the signingCertificate attribute");
	r->s->message_digest = message_digest.body;
	return VF_OK;
}

/* RFC 6211: the identifiers that stand outside of the signature, once more inside. */
static enum vf_rc check_protection(const struct reading *r, struct vf_err *reterr)
{
	struct vf_der all, digest, sig;
	struct vf_sigalg sigalg;
	enum vf_alg alg;
	uint8_t tagged[512];
	struct vf_bytes retagged;
	enum vf_rc rc;

	if (r->protection.n == 0)
		return VF_OK;
	if (!vf_der_only(r->protection, VF_DER_SEQUENCE, &all) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &digest) ||
		!vf_der_only(all.body, VF_DER_CONTEXT(1), &sig) || sig.whole.n > sizeof(tagged))
		return shape(r, reterr, "the algorithm protection attribute");
	memcpy(tagged, sig.whole.p, sig.whole.n);
	tagged[0] = VF_DER_SEQUENCE; /* the tag is implicit */
	retagged = vf_bytes(tagged, sig.whole.n);
	rc = vf_hashalg_read(digest.whole, r->codes.shape, &alg, reterr);
	if (rc == VF_OK)
		rc = vf_sigalg_read(retagged, r->codes.shape, &sigalg, reterr);
	if (rc != VF_OK)
		return rc;
	if (alg != r->s->digest || !vf_sigalg_eq(&sigalg, &r->s->sigalg))
		return vf_fail(reterr, r->codes.signature, "the algorithms differ from those that were signed");
	return VF_OK;
}

/* SignerIdentifier and the version that goes with it (RFC 5652 5.3). */
static bool take_signer_id(struct vf_bytes *in, uint64_t version, struct vf_signed *s)
{
	struct vf_der id, issuer, serial;

	if (vf_der_peek(*in) == VF_DER_CONTEXT_PRIMITIVE(0)) {
		if (version != 3 || !vf_der_take(in, &id) || id.body.n == 0)
			return false;
		s->by_key_id = true;
		s->key_id = id.body;
		return true;
	}
	if (version != 1 || !vf_der_take_tag(in, VF_DER_SEQUENCE, &id) ||
		!vf_der_take_tag(&id.body, VF_DER_SEQUENCE, &issuer) ||
		!vf_der_only(id.body, VF_DER_INTEGER, &serial) || !vf_der_is_integer(serial.body))
		return false;
	s->issuer = issuer.whole;
	s->serial = serial.body;
	return true;
}

/* RFC 8419 3.1: with signed attributes Ed25519 goes with SHA-512. */
static enum vf_rc check_pair(const struct reading *r, struct vf_err *reterr)
{
	const struct vf_signed *s = r->s;

	if (s->sigalg.digest != VF_ALG_NONE && s->sigalg.digest != s->digest)
		return vf_fail(reterr, r->codes.signature, "the signature is over %s, the content over %s",
			vf_alg_name(s->sigalg.digest), vf_alg_name(s->digest));
	if (s->sigalg.scheme == VF_SCHEME_ED25519 && s->digest != VF_SHA512)
		return vf_fail(reterr, r->codes.signature, "Ed25519 with %s", vf_alg_name(s->digest));
	return VF_OK;
}

/* digestAlgorithms lists what a reader needs to hash before it sees the signer (RFC 5652 5.1). */
static bool is_listed(struct vf_bytes algs, enum vf_alg alg)
{
	struct vf_err ignored;
	struct vf_der one;
	enum vf_alg found;

	while (vf_der_take_tag(&algs, VF_DER_SEQUENCE, &one))
		if (vf_hashalg_read(one.whole, VF_CMS_SHAPE, &found, &ignored) == VF_OK && found == alg)
			return true;
	return false;
}

static enum vf_rc read_signer(struct reading *r, struct vf_bytes in, struct vf_err *reterr)
{
	struct vf_der version, digest, attrs, sigalg, signature, unsigned_attrs;
	struct vf_bytes all = in, rest;
	struct vf_signed *s = r->s;
	bool has_unsigned;
	uint64_t v;
	enum vf_rc rc;

	if (!vf_der_take_tag(&in, VF_DER_INTEGER, &version) || !vf_der_uint(version.body, &v) ||
		!take_signer_id(&in, v, s))
		return shape(r, reterr, "the signer's identifier");
	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &digest) || !vf_der_take_tag(&in, VF_DER_CONTEXT(0), &attrs))
		return shape(r, reterr, "there are no signed attributes");
	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &sigalg) || !vf_der_take_tag(&in, VF_DER_OCTET_STRING, &signature))
		return shape(r, reterr, "the signer");
	rest = in;
	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &unsigned_attrs, &has_unsigned) || in.n != 0 ||
		!vf_bytes_slice(all, 0, all.n - rest.n, &s->signer))
		return shape(r, reterr, "the signer");
	s->signed_attrs = attrs.whole;
	s->signature = signature.body;
	if (has_unsigned)
		s->unsigned_attrs = unsigned_attrs.whole;
	rc = vf_hashalg_read(digest.whole, r->codes.shape, &s->digest, reterr);
	if (rc == VF_OK)
		rc = vf_sigalg_read(sigalg.whole, r->codes.shape, &s->sigalg, reterr);
	if (rc == VF_OK && !is_listed(r->digest_algs, s->digest))
		rc = shape(r, reterr, "the signer's hash algorithm is not listed");
	if (rc == VF_OK)
		rc = check_pair(r, reterr);
	if (rc == VF_OK)
		rc = read_attributes(r, attrs.body, reterr);
	if (rc == VF_OK)
		rc = check_protection(r, reterr);
	return rc;
}

static bool read_content(struct vf_bytes encap, struct vf_signed *s)
{
	struct vf_der type, explicit, octets;
	bool found;

	if (!vf_der_take_tag(&encap, VF_DER_OID, &type) ||
		!vf_der_take_optional(&encap, VF_DER_CONTEXT(0), &explicit, &found) || encap.n != 0)
		return false;
	s->content_type = type.body;
	s->type = type.whole;
	s->detached = !found;
	if (!found)
		return true;
	if (!vf_der_only(explicit.body, VF_DER_OCTET_STRING, &octets))
		return false;
	s->content = octets.body;
	return true;
}

/*
 * The version that certificates and content demand (RFC 5652 5.1): 5 for a
 * certificate of an 'other' form, 4 for an attribute certificate of version 2, 3
 * for one of version 1 or a content other than id-data, else 1. 0 when an
 * element is none of the choices.
 */
static uint64_t least_version(struct vf_bytes certs, struct vf_bytes content_type)
{
	uint64_t least = IS(content_type, oid_data) ? 1 : 3, wants;
	struct vf_der d;

	while (certs.n) {
		if (!vf_der_take(&certs, &d))
			return 0;
		switch (d.tag) {
		case VF_DER_SEQUENCE:
		case VF_DER_CONTEXT(0): /* obsolete ExtendedCertificate: no rule names it */
			wants = 1;
			break;
		case VF_DER_CONTEXT(1):
			wants = 3;
			break;
		case VF_DER_CONTEXT(2):
			wants = 4;
			break;
		case VF_DER_CONTEXT(3):
			wants = 5;
			break;
		default:
			return 0;
		}
		least = wants > least ? wants : least;
	}
	return least;
}

/* RevocationInfoChoice: CRLs, and other forms under [1]. */
static bool read_crls(struct vf_bytes crls, bool *ret_other)
{
	struct vf_der d;

	*ret_other = false;
	while (crls.n) {
		if (!vf_der_take(&crls, &d) || (d.tag != VF_DER_SEQUENCE && d.tag != VF_DER_CONTEXT(1)))
			return false;
		*ret_other |= d.tag == VF_DER_CONTEXT(1);
	}
	return true;
}

/* Counts the SignerInfos and raises r->least to 3 when one has version 3. */
static bool count_signers(struct reading *r, size_t *ret)
{
	struct vf_bytes in = r->signers;
	struct vf_der signer, version;
	uint64_t v;
	size_t n = 0;

	for (; in.n; n++) {
		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &signer) ||
			!vf_der_take_tag(&signer.body, VF_DER_INTEGER, &version) ||
			!vf_der_uint(version.body, &v) || (v != 1 && v != 3))
			return false;
		if (v > r->least)
			r->least = v;
	}
	*ret = n;
	return true;
}

static enum vf_rc read_signed_data(struct reading *r, struct vf_bytes in, size_t *ret_count, struct vf_err *reterr)
{
	struct vf_der version, algs, encap, certs, crls, signers;
	bool has_certs, has_crls, has_other = false;

	if (!vf_der_take_tag(&in, VF_DER_INTEGER, &version) || !vf_der_uint(version.body, &r->version) ||
		!vf_der_take_tag(&in, VF_DER_SET, &algs) || !vf_der_take_tag(&in, VF_DER_SEQUENCE, &encap) ||
		!read_content(encap.body, r->s) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &certs, &has_certs) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &crls, &has_crls) ||
		!vf_der_only(in, VF_DER_SET, &signers))
		return shape(r, reterr, "SignedData");
	if (has_certs)
		r->s->certificates = certs.body;
	if (has_crls)
		r->s->crls = crls.body;
	r->digest_algs = algs.body;
	r->signers = signers.body;
	r->least = least_version(r->s->certificates, r->s->content_type);
	if (r->least == 0 || !read_crls(r->s->crls, &has_other))
		return shape(r, reterr, "an unknown form of certificate or revocation data");
	if (!count_signers(r, ret_count))
		return shape(r, reterr, "a signer without its version");
	/* the header says why the second is let through */
	if (r->version != (has_other ? 5 : r->least) && r->version != r->least)
		return shape(r, reterr, "the version of SignedData is not that of its contents");
	return VF_OK;
}

/* Everything of the SignedData but its signers. */
static enum vf_rc open_signed_data(struct reading *r, struct vf_bytes der, size_t *ret_count, struct vf_err *reterr)
{
	struct vf_der info, type, explicit, data;

	if (der.n > VF_MAX_TOKEN)
		return vf_fail(reterr, VF_LIMIT, "a signature of %zu octets", der.n);
	if (!vf_der_only(der, VF_DER_SEQUENCE, &info) || !vf_der_take_tag(&info.body, VF_DER_OID, &type))
		return shape(r, reterr, "not a ContentInfo in DER");
	if (!IS(type.body, oid_signed_data))
		return shape(r, reterr, "not SignedData");
	if (!vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) ||
		!vf_der_only(explicit.body, VF_DER_SEQUENCE, &data) || !vf_der_is_strict(der))
		return shape(r, reterr, "not strict DER");
	return read_signed_data(r, data.body, ret_count, reterr);
}

VF_RC vf_cms_parse(struct vf_bytes der, struct vf_cms_codes codes, struct vf_signed *ret, struct vf_err *reterr)
{
	struct vf_signed s = {0};
	struct reading r = {.codes = codes, .s = &s};
	struct vf_der signer;
	size_t n = 0;
	enum vf_rc rc = open_signed_data(&r, der, &n, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_der_only(r.signers, VF_DER_SEQUENCE, &signer))
		return shape(&r, reterr, "there is not exactly one signer");
	rc = read_signer(&r, signer.body, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	return VF_OK;
}

VF_RC vf_cms_parse_signer(struct vf_bytes der, struct vf_cms_codes codes, size_t which, size_t *ret_count,
	struct vf_signed *ret, struct vf_err *reterr)
{
	struct vf_signed s = {0};
	struct reading r = {.codes = codes, .s = &s};
	struct vf_der signer = {0};
	size_t n = 0;
	enum vf_rc rc = open_signed_data(&r, der, &n, reterr);

	if (rc != VF_OK)
		return rc;
	if (n > VF_MAX_SIGNERS)
		return vf_fail(reterr, VF_LIMIT, "more than %d signers", VF_MAX_SIGNERS);
	*ret_count = n;
	if (which >= n)
		return vf_fail(reterr, codes.shape, "malformed CMS: signer %zu of %zu", which + 1, n);
	for (size_t i = 0; i <= which; i++)
		if (!vf_der_take_tag(&r.signers, VF_DER_SEQUENCE, &signer))
			return shape(&r, reterr, "the signer");
	rc = read_signer(&r, signer.body, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	return VF_OK;
}

bool vf_cms_take_cert(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_der d;

	while (vf_der_take(in, &d)) {
		if (d.tag != VF_DER_SEQUENCE)
			continue;
		*ret = d.whole;
		return true;
	}
	return false;
}

bool vf_cms_take_revocation(struct vf_bytes *in, bool *ret_is_ocsp, struct vf_bytes *ret)
{
	struct vf_der d, format;

	while (vf_der_take(in, &d)) {
		if (d.tag == VF_DER_SEQUENCE) {
			*ret_is_ocsp = false;
			*ret = d.whole;
			return true;
		}
		/* OtherRevocationInfoFormat ::= SEQUENCE { OID, ANY }, tag [1] implicit */
		if (d.tag == VF_DER_CONTEXT(1) && vf_der_take_tag(&d.body, VF_DER_OID, &format) &&
			IS(format.body, oid_ri_ocsp)) {
			*ret_is_ocsp = true;
			*ret = d.body;
			return true;
		}
	}
	return false;
}

VF_RC vf_cms_check_digest(struct vf_pki *p, const struct vf_signed *s, const struct vf_digest *digest,
	const struct vf_pki_extra *extra, struct vf_cms_codes codes, const struct vf_cert **ret,
	struct vf_err *reterr)
{
	/* RFC 5652 5.4: what is signed is the SET OF, not the implicit tag */
	static const uint8_t set_tag[] = {VF_DER_SET};
	struct vf_bytes attrs;
	const struct vf_cert *c;
	enum vf_rc rc;

	if (digest->alg != s->digest || !vf_bytes_eq(vf_digest_bytes(digest), s->message_digest))
		return vf_fail(reterr, codes.signature, "the signed digest is not that of the content");
	rc = vf_ess_find(p, s, extra, codes, &c, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_slice(s->signed_attrs, 1, s->signed_attrs.n - 1, &attrs))
		return vf_fail(reterr, VF_INTERNAL, "signed attributes without a tag");
	rc = vf_pki_verify(p, c, &s->sigalg, s->digest, vf_bytes(set_tag, 1), attrs, s->signature, codes.signature,
		reterr);
	if (rc != VF_OK)
		return rc;
	*ret = c;
	return VF_OK;
}

VF_RC vf_cms_check(struct vf_pki *p, const struct vf_signed *s, struct vf_bytes content,
	const struct vf_pki_extra *extra, struct vf_cms_codes codes, const struct vf_cert **ret,
	struct vf_err *reterr)
{
	struct vf_digest digest;
	enum vf_rc rc = vf_digest(s->digest, content, &digest, reterr);

	return rc == VF_OK ? vf_cms_check_digest(p, s, &digest, extra, codes, ret, reterr) : rc;
}

VF_RC vf_cms_check_algorithms(const struct vf_signed *s, int64_t at, struct vf_err *reterr)
{
	enum vf_rc rc = vf_alg_check(s->digest, at, "signature", reterr);

	return rc == VF_OK ? vf_ess_check_algorithm(s, at, reterr) : rc;
}

VF_RC vf_cms_check_detached(struct vf_pki *p, struct vf_bytes der, struct vf_bytes content,
	const struct vf_hash *certificate, int64_t at, const struct vf_pki_extra *extra,
	struct vf_cert_facts *ret, struct vf_signed *ret_signed, struct vf_bytes *ret_cert,
	struct vf_err *reterr)
{
	const struct vf_cert *c;
	struct vf_signed s;
	enum vf_rc rc;

	vf_pki_tidy(p);
	rc = vf_cms_parse(der, VF_CMS_SUBMITTER, &s, reterr);
	if (rc != VF_OK)
		return rc;
	if (!s.detached)
		return vf_fail(reterr, VF_CMS_SHAPE, "the signature holds a content of its own");
	rc = vf_cms_check(p, &s, content, extra, VF_CMS_SUBMITTER, &c, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_hash_eq(&c->facts.sha256, certificate))
		return vf_fail(reterr, VF_SIGNER_MISMATCH, "the signature is by the certificate of '%s'",
			c->facts.name);
	rc = vf_cms_check_algorithms(&s, at, reterr);
	if (rc == VF_OK)
		rc = vf_pubkey_check(c->facts.pubkey, c->facts.bits, at, c->facts.name, reterr);
	if (rc != VF_OK)
		return rc;
	if (ret)
		*ret = c->facts;
	if (ret_signed)
		*ret_signed = s;
	if (ret_cert)
		*ret_cert = c->der;
	return VF_OK;
}
