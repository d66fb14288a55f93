#include "notary/cert.h"

#include "verify/der.h"
#include "verify/limits.h"
#include "verify/text.h"

static const uint8_t OID_KEY_ID[] = {0x55, 0x1d, 0x0e};
static const uint8_t OID_KEY_USAGE[] = {0x55, 0x1d, 0x0f};
static const uint8_t OID_KEY_PERIOD[] = {0x55, 0x1d, 0x10};
static const uint8_t OID_CRL_NUMBER[] = {0x55, 0x1d, 0x14};

static bool take_time(struct vf_bytes *in, int64_t *ret)
{
	struct vf_der d;

	if (!vf_der_take(in, &d))
		return false;
	if (d.tag == VF_DER_UTC_TIME)
		return vf_der_utc_time(d.body, ret);
	return d.tag == VF_DER_GENERALIZED_TIME && vf_der_generalized_time(d.body, ret);
}

/* Takes one Extension; ret_value is what stands in its OCTET STRING. */
static bool take_extension(struct vf_bytes *in, struct vf_bytes *ret_oid, struct vf_bytes *ret_value)
{
	struct vf_der e, oid, critical, value;
	bool found;

	if (!vf_der_take_tag(in, VF_DER_SEQUENCE, &e) || !vf_der_take_tag(&e.body, VF_DER_OID, &oid) ||
		!vf_der_take_optional(&e.body, VF_DER_BOOLEAN, &critical, &found) ||
		!vf_der_take_tag(&e.body, VF_DER_OCTET_STRING, &value) || e.body.n != 0)
		return false;
	*ret_oid = oid.body;
	*ret_value = value.body;
	return true;
}

/* SEQUENCE { to be signed, algorithm, signature } of both kinds. */
static bool read_signed(struct vf_bytes der, struct vf_der *ret_tbs, struct vf_der *ret_algorithm,
	struct vf_bytes *ret_signature)
{
	struct vf_der outer, bits;

	return vf_der_is_strict(der) && vf_der_only(der, VF_DER_SEQUENCE, &outer) &&
		vf_der_take_tag(&outer.body, VF_DER_SEQUENCE, ret_tbs) &&
		vf_der_take_tag(&outer.body, VF_DER_SEQUENCE, ret_algorithm) &&
		vf_der_only(outer.body, VF_DER_BIT_STRING, &bits) && vf_der_bits(bits.body, ret_signature);
}

/* The algorithm is said twice: what is signed must say the same (RFC 5280 4.1.1.2, 5.1.1.2). */
static bool take_algorithm(struct vf_bytes *in, const struct vf_der *algorithm)
{
	struct vf_der d;

	return vf_der_take_tag(in, VF_DER_SEQUENCE, &d) && vf_bytes_eq(d.whole, algorithm->whole);
}

/* keyUsage is a named bit list: bit 0 digitalSignature, bit 1 nonRepudiation. */
static bool read_usage(struct vf_bytes value, struct nt_cert *c)
{
	struct vf_der bits;
	uint8_t unused, first = 0;

	if (!vf_der_only(value, VF_DER_BIT_STRING, &bits) || !vf_take_u8(&bits.body, &unused) ||
		unused > 7 || !vf_take_u8(&bits.body, &first))
		return false;
	c->may_sign = (first & 0xc0) != 0;
	return true;
}

static bool read_period(struct vf_bytes value, struct nt_cert *c)
{
	struct vf_der period, t;
	bool found;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &period) ||
		!vf_der_take_optional(&period.body, VF_DER_CONTEXT_PRIMITIVE(0), &t, &found) ||
		!vf_der_take_optional(&period.body, VF_DER_CONTEXT_PRIMITIVE(1), &t, &found) ||
		period.body.n != 0)
		return false;
	return !found || vf_der_generalized_time(t.body, &c->key_end);
}

static bool read_cert_extensions(struct vf_bytes in, struct nt_cert *c)
{
	struct vf_bytes oid, value;
	struct vf_der list, id;

	if (!vf_der_only(in, VF_DER_SEQUENCE, &list))
		return false;
	while (list.body.n) {
		if (!take_extension(&list.body, &oid, &value))
			return false;
		if (vf_bytes_eq(oid, vf_bytes(OID_KEY_ID, sizeof(OID_KEY_ID)))) {
			if (!vf_der_only(value, VF_DER_OCTET_STRING, &id))
				return false;
			c->key_id = id.body;
		}
		if (vf_bytes_eq(oid, vf_bytes(OID_KEY_USAGE, sizeof(OID_KEY_USAGE))) && !read_usage(value, c))
			return false;
		if (vf_bytes_eq(oid, vf_bytes(OID_KEY_PERIOD, sizeof(OID_KEY_PERIOD))) && !read_period(value, c))
			return false;
	}
	return true;
}

static bool read_cert(struct vf_bytes der, struct nt_cert *c)
{
	struct vf_der tbs, algorithm, version, d, validity;
	struct vf_bytes in;
	uint64_t v = 0;

	*c = (struct nt_cert){.der = der, .may_sign = true};
	if (!read_signed(der, &tbs, &algorithm, &c->signature))
		return false;
	c->tbs = tbs.whole;
	in = tbs.body;
	/* [0] version is 2 for X.509 v3 */
	if (!vf_der_take_tag(&in, VF_DER_CONTEXT(0), &version) ||
		!vf_der_only(version.body, VF_DER_INTEGER, &d) || !vf_der_uint(d.body, &v) || v != 2)
		return false;
	if (!vf_der_take_tag(&in, VF_DER_INTEGER, &d))
		return false;
	c->serial = d.body;
	if (!take_algorithm(&in, &algorithm) || !vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
		return false;
	c->issuer = d.whole;
	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &validity) || !take_time(&validity.body, &c->from) ||
		!take_time(&validity.body, &c->end) || validity.body.n != 0)
		return false;
	c->key_end = c->end;
	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
		return false;
	c->subject = d.whole;
	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
		return false;
	c->spki = d.whole;
	/* unique identifiers ([1], [2]) are not for our time: RFC 5280 4.1.2.8 */
	return vf_der_only(in, VF_DER_CONTEXT(3), &d) && read_cert_extensions(d.body, c);
}

VF_RC nt_cert_read(struct vf_bytes der, const char *name, struct nt_cert *ret, struct vf_err *reterr)
{
	struct nt_cert c;

	if (der.n > VF_MAX_CERT || !read_cert(der, &c))
		return vf_fail(reterr, VF_CERT_SHAPE,
			"'%s' is not an X.509 v3 certificate in strict DER", name);
	*ret = c;
	return VF_OK;
}

static bool read_crl_extensions(struct vf_bytes in, struct nt_crl *c)
{
	struct vf_bytes oid, value;
	struct vf_der list, number;
	bool found = false;

	if (!vf_der_only(in, VF_DER_SEQUENCE, &list))
		return false;
	while (list.body.n) {
		if (!take_extension(&list.body, &oid, &value))
			return false;
		if (!vf_bytes_eq(oid, vf_bytes(OID_CRL_NUMBER, sizeof(OID_CRL_NUMBER))))
			continue;
		found = vf_der_only(value, VF_DER_INTEGER, &number) && vf_der_uint(number.body, &c->number);
	}
	return found;
}

static bool read_crl(struct vf_bytes der, struct nt_crl *c)
{
	struct vf_der tbs, algorithm, d;
	struct vf_bytes in;
	uint64_t version = 0;
	bool found;

	*c = (struct nt_crl){.der = der};
	if (!read_signed(der, &tbs, &algorithm, &c->signature))
		return false;
	c->tbs = tbs.whole;
	in = tbs.body;
	if (!vf_der_take_tag(&in, VF_DER_INTEGER, &d) || !vf_der_uint(d.body, &version) || version != 1)
		return false;
	if (!take_algorithm(&in, &algorithm) || !vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
		return false;
	c->issuer = d.whole;
	if (!take_time(&in, &c->from) || !take_time(&in, &c->end) ||
		!vf_der_take_optional(&in, VF_DER_SEQUENCE, &d, &found))
		return false;
	return vf_der_only(in, VF_DER_CONTEXT(0), &d) && read_crl_extensions(d.body, c);
}

VF_RC nt_crl_read(struct vf_bytes der, const char *name, struct nt_crl *ret, struct vf_err *reterr)
{
	struct nt_crl c;

	if (!read_crl(der, &c))
		return vf_fail(reterr, VF_CRL_SHAPE, "'%s' is not an X.509 v2 CRL in strict DER", name);
	*ret = c;
	return VF_OK;
}

VF_RC nt_pem_put(struct nt_buf *b, const char *label, struct vf_bytes der, struct vf_err *reterr)
{
	nt_buf_putf(b, "-----BEGIN %s-----\n", label);
	while (der.n) {
		struct vf_bytes part;

		/* 48 octets make a line of 64 characters (RFC 7468 2) */
		if (!vf_take(&der, der.n < 48 ? der.n : 48, &part))
			break;
		nt_buf_put_base64(b, part);
		nt_buf_put_u8(b, '\n');
	}
	nt_buf_putf(b, "-----END %s-----\n", label);
	return nt_buf_check(b, reterr);
}

static bool take_text_line(struct vf_bytes *in, struct vf_bytes *ret)
{
	if (in->n == 0)
		return false;
	if (!vf_take_line(in, ret)) {
		*ret = *in;
		*in = vf_bytes(NULL, 0);
	}
	while (ret->n && (ret->p[ret->n - 1] == '\r' || ret->p[ret->n - 1] == ' '))
		ret->n--;
	return true;
}

static bool put_decoded(struct vf_bytes text, struct nt_buf *ret)
{
	size_t padding = 0, n;

	while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
		padding++;
	n = text.n / 4 * 3;
	if (n <= padding)
		return false;
	n -= padding;
	if (!nt_buf_reserve(ret, n) || !vf_base64_read(text, ret->p + ret->n, n))
		return false;
	ret->n += n;
	return true;
}

VF_RC nt_pem_certificate(struct vf_bytes text, const char *name, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf body = nt_buf(VF_BASE64_LEN(VF_MAX_CERT));
	bool inside = false, ended = false;
	struct vf_bytes line;

	while (!ended && take_text_line(&text, &line)) {
		ended = inside && vf_bytes_is(line, "-----END CERTIFICATE-----");
		if (inside && !ended)
			nt_buf_put(&body, line);
		inside = inside || vf_bytes_is(line, "-----BEGIN CERTIFICATE-----");
	}
	if (!ended || body.failed || !put_decoded(nt_buf_bytes(&body), ret))
		return vf_fail(reterr, VF_CERT_SHAPE, "'%s' holds no certificate in PEM", name);
	return VF_OK;
}
