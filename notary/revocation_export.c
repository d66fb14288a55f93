#include "notary/revocation_export.h"

#include "notary/notary_inside.h"
#include "notary/store_revocation.h"
#include "notary/token_crls.h"
#include "verify/standing.h"
#include "verify/text.h"
#include "verify/tst.h"

/* One token under way. */
struct dress {
	struct nt_store *store;
	const struct nt_token *token;
	int64_t after;         /* the latest time at which it can have been made */
	struct nt_buf a, b;    /* the token as it is, and with one more CRL */
	struct nt_buf found;   /* one CRL or OCSP response */
	struct nt_revocation_export *ret;
};

void nt_revocation_export_init(struct nt_revocation_export *x)
{
	*x = (struct nt_revocation_export){.tokens = nt_buf((size_t)VF_MAX_EVIDENCE * VF_MAX_TOKEN),
		.bytes = nt_buf((size_t)VF_MAX_OCSP_PARTS * VF_MAX_OCSP)};
}

void nt_revocation_export_done(struct nt_revocation_export *x)
{
	nt_buf_done(&x->tokens);
	nt_buf_done(&x->bytes);
}

static enum vf_rc find(struct dress *d, enum nt_revocation_kind kind, const struct vf_hash *subject, bool *ret_found,
	struct vf_err *reterr)
{
	struct nt_revocation r;

	nt_buf_reset(&d->found);
	return nt_store_revocation_find(d->store, d->token->authority, kind, subject, d->after, &d->found, &r, ret_found, reterr);
}

/* A CRL that has no room stays out, whatever it says: the token must remain one. */
static enum vf_rc add_crl(struct dress *d, const struct vf_hash *subject, struct vf_err *reterr)
{
	struct vf_bytes crl;
	struct nt_buf kept;
	bool found;
	enum vf_rc rc = find(d, NT_REVOCATION_CRL, subject, &found, reterr);

	if (rc != VF_OK || !found)
		return rc;
	nt_buf_reset(&d->b);
	crl = nt_buf_bytes(&d->found);
	rc = nt_token_put_crls(&d->b, nt_buf_bytes(&d->a), &crl, 1, reterr);
	if (rc == VF_LIMIT)
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	kept = d->a;
	d->a = d->b;
	d->b = kept;
	return VF_OK;
}

/* Keeps the order; the range is that of the response in ret->bytes. */
static void insert(struct nt_revocation_export *x, struct vf_bytes der)
{
	struct vf_hash h = vf_sha256(der), other;
	size_t at = x->n_ocsp;

	for (; at > 0; at--) {
		other = vf_sha256(x->ocsp[at - 1]);
		if (memcmp(other.b, h.b, sizeof(h.b)) < 0)
			break;
		if (vf_hash_eq(&other, &h))
			return;
	}
	if (x->n_ocsp == VF_MAX_OCSP_PARTS)
		return;
	memmove(&x->ocsp[at + 1], &x->ocsp[at], (x->n_ocsp - at) * sizeof(x->ocsp[0]));
	x->ocsp[at] = der;
	x->n_ocsp++;
}

static enum vf_rc add_ocsp(struct dress *d, const struct vf_cert *cert, const struct vf_hash *subject, struct vf_err *reterr)
{
	size_t start = d->ret->bytes.n;
	struct vf_ocsp_id id;
	struct vf_err ignored;
	bool found;
	enum vf_rc rc = find(d, NT_REVOCATION_OCSP, subject, &found, reterr);

	if (rc != VF_OK || !found)
		return rc;
	/* a bundle with any other response is refused as a whole */
	if (d->found.n > VF_MAX_OCSP || vf_ocsp_id(nt_buf_bytes(&d->found), &id, &ignored) != VF_OK ||
		!vf_ocsp_is_about(&id, cert) || d->ret->n_ocsp == VF_MAX_OCSP_PARTS)
		return VF_OK;
	nt_buf_put(&d->ret->bytes, nt_buf_bytes(&d->found));
	rc = nt_buf_check(&d->ret->bytes, reterr);
	if (rc == VF_OK)
		insert(d->ret, vf_bytes(d->ret->bytes.p + start, d->found.n));
	return rc;
}

static enum vf_rc add_of(struct dress *d, struct vf_bytes der, struct vf_err *reterr)
{
	struct vf_hash subject;
	struct vf_err ignored;
	struct vf_cert cert;
	enum vf_rc rc;

	/* nobody asked about a certificate that cannot be read */
	if (der.n > VF_MAX_CERT || vf_cert_open(der, &cert, &ignored) != VF_OK)
		return VF_OK;
	subject = nt_revocation_subject(&cert);
	rc = add_crl(d, &subject, reterr);
	if (rc == VF_OK)
		rc = add_ocsp(d, &cert, &subject, reterr);
	vf_cert_done(&cert);
	return rc;
}

/* What is found goes into d->a and into the responses. */
static enum vf_rc dress(struct dress *d, struct vf_err *reterr)
{
	struct vf_bytes certs, der;
	struct vf_tst t;
	enum vf_rc rc = vf_tst_parse(d->token->der, &t, reterr);

	if (rc != VF_OK)
		return rc;
	d->after = t.gen_time + (int64_t)t.accuracy_ms;
	nt_buf_put(&d->a, d->token->der);
	rc = nt_buf_check(&d->a, reterr);
	certs = t.cms.certificates;
	for (size_t i = 0; rc == VF_OK && i < VF_MAX_CERTS && vf_cms_take_cert(&certs, &der); i++)
		rc = add_of(d, der, reterr);
	return rc;
}

static enum vf_rc add_token(struct nt_notary *n, const struct nt_token *t, struct nt_revocation_export *ret, struct vf_err *reterr)
{
	struct dress d = {.store = n->store, .token = t, .a = nt_buf(VF_MAX_TOKEN), .b = nt_buf(VF_MAX_TOKEN),
		.found = nt_buf(NT_MAX_REVOCATION), .ret = ret};
	enum vf_rc rc = dress(&d, reterr);

	if (rc == VF_OK) {
		nt_buf_put(&ret->tokens, nt_buf_bytes(&d.a));
		rc = nt_buf_check(&ret->tokens, reterr);
	}
	nt_buf_done(&d.a);
	nt_buf_done(&d.b);
	nt_buf_done(&d.found);
	return rc;
}

VF_RC nt_revocation_export(struct nt_notary *n, struct nt_seal *seal, struct nt_revocation_export *ret, struct vf_err *reterr)
{
	size_t ends[VF_MAX_EVIDENCE] = {0}, at = 0;
	enum vf_rc rc = VF_OK;

	nt_buf_reset(&ret->tokens);
	nt_buf_reset(&ret->bytes);
	ret->n_ocsp = 0;
	ret->has_outside = false;
	for (size_t i = 0; i < seal->n_tokens; i++)
		ret->has_outside |= !vf_bytes_is(seal->tokens[i].authority, "embedded");
	if (!ret->has_outside)
		return VF_OK;
	/* the responses must stay where they are while more come */
	if (!nt_buf_reserve(&ret->bytes, ret->bytes.cap))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for OCSP responses");
	rc = nt_store_revocation_version(n->store, &ret->version, reterr);
	for (size_t i = 0; rc == VF_OK && i < seal->n_tokens && i < VF_MAX_EVIDENCE; i++) {
		if (!vf_bytes_is(seal->tokens[i].authority, "embedded"))
			rc = add_token(n, &seal->tokens[i], ret, reterr);
		ends[i] = ret->tokens.n;
	}
	for (size_t i = 0; rc == VF_OK && i < seal->n_tokens && i < VF_MAX_EVIDENCE; i++) {
		if (ends[i] > at)
			seal->tokens[i].der = vf_bytes(ret->tokens.p + at, ends[i] - at);
		at = ends[i];
	}
	return rc;
}

bool nt_revocation_export_is_current(struct nt_notary *n, const struct nt_revocation_export *x)
{
	uint64_t version;
	struct vf_err ignored;

	return !x->has_outside || (nt_store_revocation_version(n->store, &version, &ignored) == VF_OK && version == x->version);
}
