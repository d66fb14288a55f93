#include "notary/revocation_urls.h"

#include "verify/der.h"
#include "verify/limits.h"
#include "verify/standing.h"

#define CRL_POINTS 31 /* id-ce-cRLDistributionPoints */
#define GENERAL_NAME_URI VF_DER_CONTEXT_PRIMITIVE(6)

/* id-pe-authorityInfoAccess 1.3.6.1.5.5.7.1.1, id-ad-ocsp 1.3.6.1.5.5.7.48.1 */
static const uint8_t oid_access[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01};
static const uint8_t oid_ocsp[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01};

bool nt_url_is_plain(struct vf_bytes url)
{
	struct vf_bytes rest = url;
	uint8_t c = '/';
	bool in_host = true;

	if (url.n > NT_MAX_URL || (!vf_take_str(&rest, "http://") && !vf_take_str(&rest, "https://")))
		return false;
	/* the host is not empty, and nobody logs in */
	for (size_t i = 0; vf_take_u8(&rest, &c); i++) {
		if (c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' ||
			(c >= '{' && c <= '}'))
			return false;
		if (in_host && (c == '@' || (i == 0 && (c == '/' || c == ':' || c == '?' || c == '#'))))
			return false;
		in_host = in_host && c != '/' && c != '?' && c != '#';
	}
	return url.n > (url.p[4] == 's' ? 8u : 7u);
}

static void add_crl(struct nt_revocation_urls *u, struct vf_bytes url)
{
	if (u->n_crl == NT_MAX_CRL_URLS || !nt_url_is_plain(url))
		return;
	for (size_t i = 0; i < u->n_crl; i++)
		if (vf_bytes_is(url, u->crl[i]))
			return;
	memcpy(u->crl[u->n_crl], url.p, url.n);
	u->crl[u->n_crl++][url.n] = '\0';
}

/* DistributionPoint ::= SEQUENCE { [0] { [0] GeneralNames | [1] RDN } OPTIONAL, [1] reasons, [2] issuer }. */
static bool read_point(struct vf_bytes in, struct nt_revocation_urls *u)
{
	struct vf_der name, names, one, rest;
	bool has_name, has_reasons, has_issuer;

	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &name, &has_name) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT_PRIMITIVE(1), &rest, &has_reasons) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(2), &rest, &has_issuer) || in.n != 0)
		return false;
	if (!has_name)
		return true;
	if (!vf_der_take(&name.body, &names) || name.body.n != 0)
		return false;
	if (names.tag != VF_DER_CONTEXT(0) || has_reasons || has_issuer)
		return names.tag == VF_DER_CONTEXT(0) || names.tag == VF_DER_CONTEXT(1);
	while (names.body.n) {
		if (!vf_der_take(&names.body, &one))
			return false;
		if (one.tag == GENERAL_NAME_URI)
			add_crl(u, one.body);
	}
	return true;
}

static bool read_points(struct vf_bytes value, struct nt_revocation_urls *u)
{
	struct vf_der list, point;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &list))
		return false;
	while (list.body.n)
		if (!vf_der_take_tag(&list.body, VF_DER_SEQUENCE, &point) || !read_point(point.body, u))
			return false;
	return true;
}

/* AccessDescription ::= SEQUENCE { OID, GeneralName }. */
static bool read_access(struct vf_bytes value, struct nt_revocation_urls *u)
{
	struct vf_der list, one, method, location;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &list))
		return false;
	while (list.body.n) {
		if (!vf_der_take_tag(&list.body, VF_DER_SEQUENCE, &one) ||
			!vf_der_take_tag(&one.body, VF_DER_OID, &method) || !vf_der_take(&one.body, &location) ||
			one.body.n != 0)
			return false;
		if (u->ocsp[0] || location.tag != GENERAL_NAME_URI || !nt_url_is_plain(location.body) ||
			!vf_bytes_eq(method.body, vf_bytes(oid_ocsp, sizeof(oid_ocsp))))
			continue;
		memcpy(u->ocsp, location.body.p, location.body.n);
		u->ocsp[location.body.n] = '\0';
	}
	return true;
}

/* The extensions of a TBSCertificate (RFC 5280 4.1); empty when there are none. */
static bool find_extensions(struct vf_bytes cert, struct vf_bytes *ret)
{
	/* serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo */
	static const uint8_t tags[] = {VF_DER_INTEGER, VF_DER_SEQUENCE, VF_DER_SEQUENCE, VF_DER_SEQUENCE,
		VF_DER_SEQUENCE,
		VF_DER_SEQUENCE};
	struct vf_der all, tbs, d, list;
	bool found;

	*ret = vf_bytes(NULL, 0);
	if (cert.n > VF_MAX_CERT || !vf_der_only(cert, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(cert) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &tbs) ||
		!vf_der_take_optional(&tbs.body, VF_DER_CONTEXT(0), &d, &found))
		return false;
	for (size_t i = 0; i < sizeof(tags); i++)
		if (!vf_der_take_tag(&tbs.body, tags[i], &d))
			return false;
	if (!vf_der_take_optional(&tbs.body, VF_DER_CONTEXT_PRIMITIVE(1), &d, &found) ||
		!vf_der_take_optional(&tbs.body, VF_DER_CONTEXT_PRIMITIVE(2), &d, &found) ||
		!vf_der_take_optional(&tbs.body, VF_DER_CONTEXT(3), &d, &found) || tbs.body.n != 0)
		return false;
	if (!found)
		return true;
	if (!vf_der_only(d.body, VF_DER_SEQUENCE, &list))
		return false;
	*ret = list.body;
	return true;
}

VF_RC nt_revocation_urls_read(struct vf_bytes cert, struct nt_revocation_urls *ret, struct vf_err *reterr)
{
	struct nt_revocation_urls u = {.n_crl = 0};
	struct vf_extension e;
	struct vf_bytes in;

	if (!find_extensions(cert, &in))
		return vf_fail(reterr, VF_CERT_SHAPE, "malformed certificate");
	while (in.n) {
		if (!vf_take_extension(&in, &e))
			return vf_fail(reterr, VF_CERT_SHAPE, "malformed extension of a certificate");
		if (vf_is_id_ce(e.oid, CRL_POINTS) && !read_points(e.value, &u))
			return vf_fail(reterr, VF_CERT_SHAPE, "malformed CRL distribution points");
		if (vf_bytes_eq(e.oid, vf_bytes(oid_access, sizeof(oid_access))) && !read_access(e.value, &u))
			return vf_fail(reterr, VF_CERT_SHAPE, "malformed access to the authority's information");
	}
	*ret = u;
	return VF_OK;
}
