#include "verify/standing.h"

#include "verify/der.h"
#include "verify/text.h"

/* Extensions, id-ce (RFC 5280 4.2, 5.2, 5.3; X.509 for 60). */
#define CRL_NUMBER 20
#define REASON 21
#define INVALIDITY_DATE 24
#define DELTA 27
#define DISTRIBUTION_POINT 28
#define CERTIFICATE_ISSUER 29
#define AUTHORITY_KEY 35
#define EXPIRED_CERTS 60

struct crl {
	struct vf_bytes tbs, issuer, entries, extensions, signature, key_id;
	struct vf_sigalg sigalg;
	int64_t this_update, next_update, keeps_from;
	bool unusable, silent;
};

static enum vf_rc shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_CRL_SHAPE, "malformed CRL: %s", what);
}

bool vf_is_id_ce(struct vf_bytes oid, uint8_t n)
{
	return oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d && oid.p[2] == n;
}

bool vf_take_extension(struct vf_bytes *in, struct vf_extension *ret)
{
	struct vf_der all, oid, critical, value;
	bool found;

	ret->critical = false;
	if (!vf_der_take_tag(in, VF_DER_SEQUENCE, &all) || !vf_der_take_tag(&all.body, VF_DER_OID, &oid) ||
		!vf_der_take_optional(&all.body, VF_DER_BOOLEAN, &critical, &found) ||
		(found && !vf_der_bool(critical.body, &ret->critical)) ||
		!vf_der_only(all.body, VF_DER_OCTET_STRING, &value))
		return false;
	ret->oid = oid.body;
	ret->value = value.body;
	return true;
}

static bool take_time(struct vf_bytes *in, int64_t *ret)
{
	struct vf_der t;

	if (!vf_der_take(in, &t))
		return false;
	if (t.tag == VF_DER_UTC_TIME)
		return vf_der_utc_time(t.body, ret);
	return t.tag == VF_DER_GENERALIZED_TIME && vf_der_generalized_time(t.body, ret);
}

/* TBSCertList (RFC 5280 5.1.2). */
static bool read_tbs(struct vf_bytes in, struct vf_bytes sigalg, struct crl *c)
{
	struct vf_der version, inner, issuer, entries, extensions, list;
	bool has_version, has_entries, has_extensions;
	uint8_t tag;

	if (!vf_der_take_optional(&in, VF_DER_INTEGER, &version, &has_version) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &inner) || !vf_bytes_eq(inner.whole, sigalg) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &issuer) || !take_time(&in, &c->this_update))
		return false;
	c->issuer = issuer.whole;
	c->next_update = VF_TIME_NONE;
	tag = vf_der_peek(in);
	if ((tag == VF_DER_UTC_TIME || tag == VF_DER_GENERALIZED_TIME) && !take_time(&in, &c->next_update))
		return false;
	if (!vf_der_take_optional(&in, VF_DER_SEQUENCE, &entries, &has_entries) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &extensions, &has_extensions) || in.n != 0)
		return false;
	if (has_entries)
		c->entries = entries.body;
	if (!has_extensions)
		return true;
	if (!vf_der_only(extensions.body, VF_DER_SEQUENCE, &list))
		return false;
	c->extensions = list.body;
	return true;
}

static enum vf_rc read_crl(struct vf_bytes der, struct crl *c, struct vf_err *reterr)
{
	struct vf_der all, tbs, sigalg, signature;
	struct vf_err ignored;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &tbs) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &sigalg) ||
		!vf_der_only(all.body, VF_DER_BIT_STRING, &signature) ||
		!vf_der_bits(signature.body, &c->signature) || !read_tbs(tbs.body, sigalg.whole, c))
		return shape(reterr, "not a CertificateList in DER");
	c->tbs = tbs.whole;
	c->keeps_from = INT64_MAX;
	/* a signature that cannot be judged makes the list unusable, not wrong */
	if (vf_sigalg_read(sigalg.whole, VF_CRL_SHAPE, &c->sigalg, &ignored) != VF_OK)
		c->unusable = true;
	return VF_OK;
}

/* Is any of these names one of the certificate's distribution points (RFC 5280 6.3.3 b 2 i)? */
static bool names_meet(struct vf_bytes names, struct vf_bytes points)
{
	struct vf_bytes point_names;
	struct vf_der all, point, name, full, one, other;

	if (!vf_der_only(points, VF_DER_SEQUENCE, &all))
		return false;
	while (vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &point)) {
		if (!vf_der_take_tag(&point.body, VF_DER_CONTEXT(0), &name) ||
			!vf_der_only(name.body, VF_DER_CONTEXT(0), &full))
			continue;
		for (struct vf_bytes mine = names; vf_der_take(&mine, &one);)
			for (point_names = full.body; vf_der_take(&point_names, &other);)
				if (vf_bytes_eq(one.whole, other.whole))
					return true;
	}
	return false;
}

/*
 * IssuingDistributionPoint (RFC 5280 5.2.5). Lists of some reasons, of
 * attribute certificates and by another issuer are of no use; one for other
 * certificates than this says nothing when it does not list it.
 */
static bool read_scope(struct vf_bytes value, const struct vf_cert *cert, struct crl *c)
{
	struct vf_der all, field, full;
	bool on;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &all))
		return false;
	while (all.body.n) {
		if (!vf_der_take(&all.body, &field))
			return false;
		if (field.tag == VF_DER_CONTEXT(0)) {
			if (!vf_der_only(field.body, VF_DER_CONTEXT(0), &full) ||
				!names_meet(full.body, cert->crl_points))
				c->silent = true;
			continue;
		}
		if (field.tag == VF_DER_CONTEXT_PRIMITIVE(3)) {
			c->unusable = true;
			continue;
		}
		if (!vf_der_bool(field.body, &on))
			return false;
		if (!on)
			continue;
		if (field.tag == VF_DER_CONTEXT_PRIMITIVE(1))
			c->silent |= cert->ca;
		else if (field.tag == VF_DER_CONTEXT_PRIMITIVE(2))
			c->silent |= !cert->ca;
		else
			c->unusable = true;
	}
	return true;
}

static bool read_key_id(struct vf_bytes value, struct vf_bytes *ret)
{
	struct vf_der all, id;
	bool found;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &all) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT_PRIMITIVE(0), &id, &found))
		return false;
	if (found)
		*ret = id.body;
	return true;
}

static enum vf_rc read_extensions(struct crl *c, const struct vf_cert *cert, struct vf_err *reterr)
{
	struct vf_bytes in = c->extensions;
	struct vf_extension e;
	struct vf_der time;

	while (in.n) {
		bool fine = true;

		if (!vf_take_extension(&in, &e))
			return shape(reterr, "extension");
		if (vf_is_id_ce(e.oid, DISTRIBUTION_POINT))
			fine = read_scope(e.value, cert, c);
		else if (vf_is_id_ce(e.oid, AUTHORITY_KEY))
			fine = read_key_id(e.value, &c->key_id);
		else if (vf_is_id_ce(e.oid, EXPIRED_CERTS))
			fine = vf_der_only(e.value, VF_DER_GENERALIZED_TIME, &time) &&
				vf_der_generalized_time(time.body, &c->keeps_from);
		else if (vf_is_id_ce(e.oid, DELTA) || (e.critical && !vf_is_id_ce(e.oid, CRL_NUMBER)))
			c->unusable = true;
		if (!fine)
			return shape(reterr, "extension");
	}
	return VF_OK;
}

/* Extensions of the entry about the certificate; a critical one that is not known spoils the entry. */
static bool read_entry_extensions(struct vf_bytes in, struct crl *c, struct vf_standing *s)
{
	struct vf_extension e;
	struct vf_der value;
	int64_t invalid;

	while (in.n) {
		if (!vf_take_extension(&in, &e))
			return false;
		if (vf_is_id_ce(e.oid, REASON)) {
			if (s->has_reason || !vf_der_only(e.value, VF_DER_ENUMERATED, &value) ||
				!vf_der_uint(value.body, &s->reason))
				return false;
			s->has_reason = true;
		} else if (vf_is_id_ce(e.oid, INVALIDITY_DATE)) {
			if (!vf_der_only(e.value, VF_DER_GENERALIZED_TIME, &value) ||
				!vf_der_generalized_time(value.body, &invalid))
				return false;
			s->revoked_at = invalid < s->revoked_at ? invalid : s->revoked_at;
		} else if (vf_is_id_ce(e.oid, CERTIFICATE_ISSUER) || e.critical) {
			c->unusable = true;
		}
	}
	return true;
}

static enum vf_rc find_entry(struct crl *c, struct vf_bytes serial, struct vf_standing *s, struct vf_err *reterr)
{
	struct vf_der entry, number, list;
	bool has_extensions;
	int64_t at;

	for (struct vf_bytes in = c->entries; in.n;) {
		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &entry) ||
			!vf_der_take_tag(&entry.body, VF_DER_INTEGER, &number) || !take_time(&entry.body, &at) ||
			!vf_der_take_optional(&entry.body, VF_DER_SEQUENCE, &list, &has_extensions) || entry.body.n != 0)
			return shape(reterr, "entry");
		if (s->listed || !vf_bytes_eq(number.body, serial))
			continue;
		s->listed = true;
		s->revoked_at = at;
		if (has_extensions && !read_entry_extensions(list.body, c, s))
			return shape(reterr, "entry");
	}
	return VF_OK;
}

/* Same name, another key: a list from before or after the CA changed its key. */
static bool is_by_other_key(const struct crl *c, const struct vf_cert *issuer)
{
	return c->key_id.n && issuer->key_id.n && !vf_bytes_eq(c->key_id, issuer->key_id);
}

VF_RC vf_crl_read(struct vf_pki *p, struct vf_bytes der, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_standing *ret, struct vf_err *reterr)
{
	struct vf_standing s = {0};
	struct crl c = {0};
	struct vf_err ignored;
	enum vf_rc rc = read_crl(der, &c, reterr);

	if (rc == VF_OK)
		rc = read_extensions(&c, cert, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	if (!vf_bytes_eq(c.issuer, cert->issuer) || !vf_bytes_eq(c.issuer, issuer->subject) ||
		is_by_other_key(&c, issuer) || (issuer->facts.has_key_usage && !(issuer->uses & VF_USE_SIGN_CRL)))
		return VF_OK;
	rc = find_entry(&c, cert->serial, &s, reterr);
	if (rc != VF_OK || c.unusable)
		return rc;
	rc = vf_pki_verify(p, issuer, &c.sigalg, c.sigalg.digest, vf_bytes(NULL, 0), c.tbs, c.signature, VF_CRL_SHAPE,
		reterr);
	if (rc != VF_OK)
		return rc;
	s.counts = true;
	s.this_update = c.this_update;
	s.next_update = c.next_update;
	/* certificates may leave the list when they expire; a weak hash may hide an entry */
	s.silent = c.silent || (c.this_update > cert->facts.not_after && c.keeps_from > cert->facts.not_after) ||
		(c.sigalg.digest != VF_ALG_NONE &&
			vf_alg_check(c.sigalg.digest, c.this_update, "CRL", &ignored) != VF_OK);
	*ret = s;
	return VF_OK;
}
