#include "verify/ess.h"

#include "verify/algorithm.h"

/* 2031-01-01T00:00:00Z: NIST retires SHA-1 with the year before (docs/decisions/0009-esscertid-v1.md) */
#define START_OF_2031 INT64_C(1924992000000)

/* ESSCertID: { hash, issuerSerial OPTIONAL }; ESSCertIDv2 has an algorithm before, SHA-256 when absent. */
struct ess {
	struct vf_digest hash;
	bool has_issuer;
	struct vf_bytes issuer, serial; /* whole Name; contents octets */
};

static bool read_issuer_serial(struct vf_bytes in, struct ess *e)
{
	struct vf_der names, directory, name, serial;

	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &names) || !vf_der_only(in, VF_DER_INTEGER, &serial) ||
		!vf_der_only(names.body, VF_DER_CONTEXT(4), &directory) ||
		!vf_der_only(directory.body, VF_DER_SEQUENCE, &name))
		return false;
	e->has_issuer = true;
	e->issuer = name.whole;
	e->serial = serial.body;
	return true;
}

static enum vf_rc read_ess(struct vf_bytes in, enum vf_alg alg, bool v2, struct vf_cms_codes codes, struct ess *ret,
	struct vf_err *reterr)
{
	struct vf_der all, id, hash, issuer;
	bool has_alg = false, has_issuer;
	struct ess e = {0};
	enum vf_rc rc;

	if (!vf_der_only(in, VF_DER_SEQUENCE, &all) ||
		(v2 && !vf_der_take_optional(&all.body, VF_DER_SEQUENCE, &id, &has_alg)))
		return vf_fail(reterr, codes.shape, "malformed ESSCertID");
	if (has_alg) {
		rc = vf_hashalg_read(id.whole, codes.shape, &alg, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (!vf_der_take_tag(&all.body, VF_DER_OCTET_STRING, &hash) || hash.body.n != vf_alg_size(alg) ||
		!vf_der_take_optional(&all.body, VF_DER_SEQUENCE, &issuer, &has_issuer) || all.body.n != 0 ||
		(has_issuer && !read_issuer_serial(issuer.body, &e)))
		return vf_fail(reterr, codes.shape, "malformed ESSCertID");
	e.hash.alg = alg;
	memcpy(e.hash.b, hash.body.p, hash.body.n);
	*ret = e;
	return VF_OK;
}

/* A search for the certificate that signer identifier and ESS attributes name. */
struct search {
	const struct vf_signed *s;
	struct ess ess[2];
	size_t n_ess;
	const struct vf_cert *found;
	bool same_id; /* one had the signer's identifier, but another hash */
};

static bool is_signer(const struct vf_signed *s, const struct vf_cert *c)
{
	if (s->by_key_id)
		return vf_bytes_eq(s->key_id, c->key_id);
	return vf_bytes_eq(s->serial, c->serial) && vf_cert_is_issued_by(c, s->issuer);
}

static bool is_bound(const struct ess *e, const struct vf_cert *c)
{
	struct vf_digest d = vf_digest_from_hash(&c->facts.sha256);
	struct vf_err ignored;

	if (e->hash.alg != VF_SHA256 && vf_digest(e->hash.alg, c->der, &d, &ignored) != VF_OK)
		return false;
	return vf_digest_eq(&d, &e->hash) &&
		(!e->has_issuer || (vf_bytes_eq(e->serial, c->serial) && vf_cert_is_issued_by(c, e->issuer)));
}

static void try_cert(struct search *q, const struct vf_cert *c)
{
	if (q->found || !is_signer(q->s, c))
		return;
	for (size_t i = 0; i < q->n_ess; i++) {
		if (!is_bound(&q->ess[i], c)) {
			q->same_id = true;
			return;
		}
	}
	q->found = c;
}

/* A certificate that cannot be read is not the signer's; it is passed over. */
static enum vf_rc try_der(struct vf_pki *p, struct search *q, struct vf_bytes der, struct vf_err *reterr)
{
	const struct vf_cert *c;
	enum vf_rc rc = vf_pki_cert(p, der, &c, reterr);

	if (rc == VF_OK)
		try_cert(q, c);
	return rc == VF_CERT_SHAPE ? VF_OK : rc;
}

static enum vf_rc try_all(struct vf_pki *p, struct search *q, const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	struct vf_bytes in = q->s->certificates, der;
	const struct vf_cert *c;
	enum vf_rc rc = VF_OK;
	size_t n = 0;

	while (rc == VF_OK && !q->found && vf_cms_take_cert(&in, &der)) {
		if (++n > VF_MAX_CERTS)
			return vf_fail(reterr, VF_LIMIT, "more than %d certificates in a signature", VF_MAX_CERTS);
		rc = try_der(p, q, der, reterr);
	}
	for (size_t i = 0; rc == VF_OK && !q->found && extra && i < extra->n_certs; i++)
		rc = try_der(p, q, extra->certs[i], reterr);
	for (size_t a = 0; rc == VF_OK && !q->found && a <= VF_PKI_SUBMITTERS; a++)
		for (size_t i = 0; (c = vf_pki_anchor(p, a, i)) != NULL; i++)
			try_cert(q, c);
	return rc;
}

VF_RC vf_ess_find(struct vf_pki *p, const struct vf_signed *s, const struct vf_pki_extra *extra,
	struct vf_cms_codes codes, const struct vf_cert **ret, struct vf_err *reterr)
{
	struct search q = {.s = s};
	enum vf_rc rc = VF_OK;

	if (s->ess_v1.n == 0 && s->ess_v2.n == 0)
		return vf_fail(reterr, codes.unbound, "no attribute names the signing certificate");
	if (s->ess_v1.n)
		rc = read_ess(s->ess_v1, VF_SHA1, false, codes, &q.ess[q.n_ess++], reterr);
	if (rc == VF_OK && s->ess_v2.n)
		rc = read_ess(s->ess_v2, VF_SHA256, true, codes, &q.ess[q.n_ess++], reterr);
	if (rc == VF_OK)
		rc = try_all(p, &q, extra, reterr);
	if (rc != VF_OK)
		return rc;
	if (!q.found && q.same_id)
		return vf_fail(reterr, codes.binding, "the signer's certificate is not the one that was signed");
	if (!q.found)
		return vf_fail(reterr, codes.unknown, "the certificate of the signer is not there");
	*ret = q.found;
	return VF_OK;
}

bool vf_ess_is_sha1_only(const struct vf_signed *s)
{
	return s->ess_v1.n != 0 && s->ess_v2.n == 0;
}

VF_RC vf_ess_check_algorithm(const struct vf_signed *s, int64_t at, struct vf_err *reterr)
{
	struct ess e = {0};
	enum vf_rc rc;

	if (vf_ess_is_sha1_only(s))
		return at < START_OF_2031 ? VF_OK :
					    vf_fail(reterr, VF_WEAK_ALGORITHM,
						    "SHA-1 alone binds to the certificate, which ends with 2030");
	/* the weaker attribute does no harm beside the stronger, as both must fit */
	rc = read_ess(s->ess_v2, VF_SHA256, true, VF_CMS_TOKEN, &e, reterr);
	return rc == VF_OK ? vf_alg_check(e.hash.alg, at, "binding to the certificate", reterr) : rc;
}

int64_t vf_ess_until(const struct vf_signed *s)
{
	struct vf_err ignored;
	struct ess e = {0}; /* gcc cannot see that it is set */

	if (vf_ess_is_sha1_only(s))
		return START_OF_2031;
	if (read_ess(s->ess_v2, VF_SHA256, true, VF_CMS_TOKEN, &e, &ignored) != VF_OK)
		return VF_STRONG_NEVER;
	return vf_alg_until(e.hash.alg);
}
