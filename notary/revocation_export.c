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
	return nt_store_revocation_find(d->store, d->token->authority, kind, subject, d->after, &d->found, &r,
		ret_found, reterr);
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

static enum vf_rc add_ocsp(struct dress *d, const struct vf_cert *cert, const struct vf_hash *subject,
	struct vf_err *reterr)
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

/* Whether the verifier would refuse the token for its certificates' sake, with what was found. */
static bool is_revoked(struct nt_notary *n, struct vf_bytes der, const struct nt_revocation_export *x)
{
	const struct vf_pki_extra extra = {.ocsp = x->ocsp, .n_ocsp = x->n_ocsp};
	struct vf_tst_trust trust;
	struct vf_err ignored;
	struct vf_tst t;

	return vf_tst_parse(der, &t, &ignored) == VF_OK &&
		vf_tst_judge(nt_roots_pki(n->roots), &t, &extra, t.gen_time, true, &trust, &ignored) == VF_REVOKED;
}

/* *ret_left_out: the token is revoked and stays out, its responses too. */
static enum vf_rc add_token(struct nt_notary *n, const struct nt_token *t, bool with_revoked,
	struct nt_revocation_export *ret,
	bool *ret_left_out, struct vf_err *reterr)
{
	struct dress d = {.store = n->store, .token = t, .a = nt_buf(VF_MAX_TOKEN), .b = nt_buf(VF_MAX_TOKEN),
		.found = nt_buf(NT_MAX_REVOCATION), .ret = ret};
	const struct nt_revocation_export before = *ret;
	enum vf_rc rc = dress(&d, reterr);

	*ret_left_out = rc == VF_OK && !with_revoked && is_revoked(n, nt_buf_bytes(&d.a), ret);
	if (*ret_left_out) {
		memcpy(ret->ocsp, before.ocsp, sizeof(ret->ocsp));
		ret->n_ocsp = before.n_ocsp;
	} else if (rc == VF_OK) {
		nt_buf_put(&ret->tokens, nt_buf_bytes(&d.a));
		rc = nt_buf_check(&ret->tokens, reterr);
	}
	nt_buf_done(&d.a);
	nt_buf_done(&d.b);
	nt_buf_done(&d.found);
	return rc;
}

/* Where the tokens end in ret->tokens, and which are left out. */
struct collected {
	size_t ends[VF_MAX_EVIDENCE];
	bool left_out[VF_MAX_EVIDENCE];
	size_t n;
};

static enum vf_rc collect(struct nt_notary *n, const struct nt_seal *seal, bool with_revoked,
	struct nt_revocation_export *ret,
	struct collected *c, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	*c = (struct collected){.n = 0};
	nt_buf_reset(&ret->tokens);
	nt_buf_reset(&ret->bytes);
	ret->n_ocsp = ret->n_revoked = 0;
	/* the responses must stay where they are while more come */
	if (!nt_buf_reserve(&ret->bytes, ret->bytes.cap))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for OCSP responses");
	for (size_t i = 0; rc == VF_OK && i < seal->n_tokens; i++) {
		if (!vf_bytes_is(seal->tokens[i].authority, NT_EMBEDDED))
			rc = add_token(n, &seal->tokens[i], with_revoked, ret, &c->left_out[i], reterr);
		ret->n_revoked += c->left_out[i];
		c->ends[i] = ret->tokens.n;
		c->n++;
	}
	return rc;
}

/* The tokens that stay, with their octets. */
static void replace(struct nt_seal *seal, const struct collected *c, const struct nt_revocation_export *x)
{
	size_t at = 0, kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->ends[i] > at)
			seal->tokens[i].der = vf_bytes(x->tokens.p + at, c->ends[i] - at);
		at = c->ends[i];
		if (!c->left_out[i])
			seal->tokens[kept++] = seal->tokens[i];
	}
	seal->n_tokens = kept;
}

VF_RC nt_revocation_export(struct nt_notary *n, struct nt_seal *seal, struct nt_revocation_export *ret,
	struct vf_err *reterr)
{
	struct collected c;
	enum vf_rc rc;

	ret->n_ocsp = ret->n_revoked = 0;
	ret->has_outside = false;
	for (size_t i = 0; i < seal->n_tokens; i++)
		ret->has_outside |= !vf_bytes_is(seal->tokens[i].authority, NT_EMBEDDED);
	if (!ret->has_outside)
		return VF_OK;
	if (seal->n_tokens > VF_MAX_EVIDENCE)
		return vf_fail(reterr, VF_STORE_CORRUPT, "a seal has %zu tokens", seal->n_tokens);
	rc = nt_store_revocation_version(n->store, &ret->version, reterr);
	if (rc == VF_OK)
		rc = collect(n, seal, false, ret, &c, reterr);
	/* when none is left, the export says why */
	if (rc == VF_OK && ret->n_revoked == seal->n_tokens)
		rc = collect(n, seal, true, ret, &c, reterr);
	if (rc == VF_OK)
		replace(seal, &c, ret);
	return rc;
}

bool nt_revocation_export_is_current(struct nt_notary *n, const struct nt_revocation_export *x)
{
	uint64_t version;
	struct vf_err ignored;

	return !x->has_outside || (nt_store_revocation_version(n->store, &version, &ignored) == VF_OK &&
		version == x->version);
}
