#include "notary/token_crls.h"

#include "notary/der_out.h"
#include "verify/limits.h"
#include "verify/tst.h"

/* A token, taken apart around the place of its CRLs. */
struct parts {
	struct vf_bytes type;   /* contentType */
	struct vf_bytes before; /* version to certificates */
	struct vf_bytes crls;   /* contents of [1]; empty when absent */
	struct vf_bytes after;  /* signerInfos */
};

/* The range from the first of two elements that stand in a row to before the second. */
static struct vf_bytes until(struct vf_bytes whole, struct vf_bytes rest)
{
	return vf_bytes(whole.p, whole.n - rest.n);
}

static bool take_apart(struct vf_bytes token, struct parts *ret)
{
	struct vf_der all, type, content, data, d, signers;
	struct vf_bytes in;
	bool found;

	if (!vf_der_only(token, VF_DER_SEQUENCE, &all) || !vf_der_take_tag(&all.body, VF_DER_OID, &type) ||
		!vf_der_only(all.body, VF_DER_CONTEXT(0), &content) ||
		!vf_der_only(content.body, VF_DER_SEQUENCE, &data))
		return false;
	in = data.body;
	if (!vf_der_take_tag(&in, VF_DER_INTEGER, &d) || !vf_der_take_tag(&in, VF_DER_SET, &d) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &d) || !vf_der_take_optional(&in, VF_DER_CONTEXT(0), &d, &found))
		return false;
	*ret = (struct parts){.type = type.whole, .before = until(data.body, in)};
	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &d, &found))
		return false;
	if (found)
		ret->crls = d.body;
	if (!vf_der_only(in, VF_DER_SET, &signers))
		return false;
	ret->after = signers.whole;
	return true;
}

/*
 * CertificateList ::= SEQUENCE { TBSCertList, SEQUENCE, BIT STRING }. In contrast to a certificate, a time follows
 * the issuer (RFC 5280 5.1). Who signed it is not asked here.
 */
static bool is_crl(struct vf_bytes der)
{
	struct vf_der all, tbs, d;
	bool found;
	uint8_t time;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &tbs) || !vf_der_take_tag(&all.body, VF_DER_SEQUENCE,
		&d) ||
		!vf_der_only(all.body, VF_DER_BIT_STRING, &d) ||
		!vf_der_take_optional(&tbs.body, VF_DER_INTEGER, &d, &found) ||
		!vf_der_take_tag(&tbs.body, VF_DER_SEQUENCE, &d) || !vf_der_take_tag(&tbs.body, VF_DER_SEQUENCE, &d))
		return false;
	time = vf_der_peek(tbs.body);
	return time == VF_DER_UTC_TIME || time == VF_DER_GENERALIZED_TIME;
}

struct list {
	struct vf_bytes elements[VF_MAX_CRLS];
	size_t n;
};

/* Keeps the order of X.690 11.6; what is there already is passed over. */
static enum vf_rc add(struct list *l, struct vf_bytes element, struct vf_err *reterr)
{
	size_t at = l->n;

	while (at > 0 && vf_bytes_cmp(element, l->elements[at - 1]) < 0)
		at--;
	if (at > 0 && vf_bytes_eq(element, l->elements[at - 1]))
		return VF_OK;
	if (l->n == VF_MAX_CRLS)
		return vf_fail(reterr, VF_LIMIT, "more than %d CRLs for one token", VF_MAX_CRLS);
	memmove(&l->elements[at + 1], &l->elements[at], (l->n - at) * sizeof(l->elements[0]));
	l->elements[at] = element;
	l->n++;
	return VF_OK;
}

static enum vf_rc gather(struct list *l, struct vf_bytes old, const struct vf_bytes *crls, size_t n, bool *ret_new,
	struct vf_err *reterr)
{
	struct vf_der d;
	enum vf_rc rc = VF_OK;
	size_t before;

	while (rc == VF_OK && old.n) {
		if (!vf_der_take(&old, &d))
			return vf_fail(reterr, VF_TS_SHAPE, "malformed token: revocation data");
		rc = add(l, d.whole, reterr);
	}
	before = l->n;
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = is_crl(crls[i]) ? add(l, crls[i], reterr) :
				       vf_fail(reterr, VF_CRL_SHAPE, "malformed CRL: not a CertificateList in DER");
	*ret_new = l->n > before;
	return rc;
}

static void put(struct nt_buf *out, const struct parts *p, const struct list *l)
{
	size_t all = nt_der_begin(out), content, data, field;

	nt_buf_put(out, p->type);
	content = nt_der_begin(out);
	data = nt_der_begin(out);
	nt_buf_put(out, p->before);
	field = nt_der_begin(out);
	for (size_t i = 0; i < l->n; i++)
		nt_buf_put(out, l->elements[i]);
	nt_der_end(out, field, VF_DER_CONTEXT(1));
	nt_buf_put(out, p->after);
	nt_der_end(out, data, VF_DER_SEQUENCE);
	nt_der_end(out, content, VF_DER_CONTEXT(0));
	nt_der_end(out, all, VF_DER_SEQUENCE);
}

/* The verifier reads the result, and it is the same token. */
static enum vf_rc check_result(const struct vf_tst *before, struct vf_bytes der, struct vf_err *reterr)
{
	struct vf_hash was = vf_tst_id(before), is;
	struct vf_tst after;
	enum vf_rc rc = vf_tst_parse(der, &after, reterr);

	if (rc != VF_OK)
		return rc;
	is = vf_tst_id(&after);
	if (!vf_hash_eq(&was, &is) || !vf_bytes_eq(before->cms.signer, after.cms.signer))
		return vf_fail(reterr, VF_INTERNAL, "a token is another one with its CRLs");
	return VF_OK;
}

VF_RC nt_token_put_crls(struct nt_buf *out, struct vf_bytes token, const struct vf_bytes *crls, size_t n,
	struct vf_err *reterr)
{
	size_t start = out->n;
	struct list list = {.n = 0};
	struct vf_tst t;
	struct parts p;
	bool is_new;
	enum vf_rc rc = vf_tst_parse(token, &t, reterr);

	if (rc != VF_OK)
		return rc;
	if (!take_apart(token, &p))
		return vf_fail(reterr, VF_TS_SHAPE, "malformed token: not a SignedData");
	rc = gather(&list, p.crls, crls, n, &is_new, reterr);
	if (rc != VF_OK)
		return rc;
	if (is_new)
		put(out, &p, &list);
	else
		nt_buf_put(out, token);
	rc = nt_buf_check(out, reterr);
	if (rc == VF_OK)
		rc = check_result(&t, vf_bytes(out->p + start, out->n - start), reterr);
	if (rc != VF_OK)
		out->n = start;
	return rc;
}
