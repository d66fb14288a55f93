#include "notary/tsa_snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "notary/tsa_token.h"
#include "verify/limits.h"
#include "verify/text.h"
#include "verify/tst.h"

/* Certificates and CRLs of ours are far smaller. */
#define CAP 16384

struct nt_tsa_snapshot {
	atomic_uint references;
	struct nt_signer *key;
	struct nt_buf policy, cert_der, root_der, crl_der;
	struct nt_cert cert;
	struct nt_crl crl;
	uint32_t accuracy_ms;
};

static VF_RC copy(struct vf_bytes from, struct nt_buf *ret, struct vf_err *reterr)
{
	*ret = nt_buf(CAP);
	nt_buf_put(ret, from);
	return nt_buf_check(ret, reterr);
}

VF_RC nt_tsa_snapshot_new(const struct nt_tsa_snapshot_from *from, struct nt_tsa_snapshot **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_tsa_snapshot_freep) struct nt_tsa_snapshot *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the time-stamping authority");
	atomic_init(&s->references, 1);
	s->accuracy_ms = from->accuracy_ms;
	rc = copy(from->policy, &s->policy, reterr);
	if (rc == VF_OK)
		rc = copy(from->certificate, &s->cert_der, reterr);
	if (rc == VF_OK)
		rc = copy(from->root, &s->root_der, reterr);
	if (rc == VF_OK)
		rc = copy(from->crl, &s->crl_der, reterr);
	if (rc == VF_OK)
		rc = nt_cert_read(nt_buf_bytes(&s->cert_der), "the authority's certificate", &s->cert, reterr);
	if (rc == VF_OK)
		rc = nt_crl_read(nt_buf_bytes(&s->crl_der), "the authority's CRL", &s->crl, reterr);
	if (rc == VF_OK)
		rc = nt_signer_load(from->key_path, &s->key, reterr);
	if (rc == VF_OK && !nt_signer_owns(s->key, s->cert.spki))
		rc = vf_fail(reterr, VF_SIGNER_FAILED, "'%s' is not the key of its certificate", from->key_path);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	s = NULL;
	return VF_OK;
}

struct nt_tsa_snapshot *nt_tsa_snapshot_hold(struct nt_tsa_snapshot *s)
{
	atomic_fetch_add(&s->references, 1);
	return s;
}

struct nt_tsa_snapshot *nt_tsa_snapshot_free(struct nt_tsa_snapshot *s)
{
	if (!s || atomic_fetch_sub(&s->references, 1) > 1)
		return NULL;
	nt_signer_free(s->key);
	nt_buf_done(&s->policy);
	nt_buf_done(&s->cert_der);
	nt_buf_done(&s->root_der);
	nt_buf_done(&s->crl_der);
	free(s);
	return NULL;
}

void nt_tsa_snapshot_freep(struct nt_tsa_snapshot **s)
{
	*s = nt_tsa_snapshot_free(*s);
}

struct vf_bytes nt_tsa_snapshot_policy(const struct nt_tsa_snapshot *s)
{
	return nt_buf_bytes(&s->policy);
}

uint32_t nt_tsa_snapshot_accuracy(const struct nt_tsa_snapshot *s)
{
	return s->accuracy_ms;
}

struct vf_bytes nt_tsa_snapshot_certificate(const struct nt_tsa_snapshot *s)
{
	return nt_buf_bytes(&s->cert_der);
}

struct vf_bytes nt_tsa_snapshot_root(const struct nt_tsa_snapshot *s)
{
	return nt_buf_bytes(&s->root_der);
}

struct vf_bytes nt_tsa_snapshot_crl(const struct nt_tsa_snapshot *s)
{
	return nt_buf_bytes(&s->crl_der);
}

int64_t nt_tsa_snapshot_end(const struct nt_tsa_snapshot *s)
{
	return s->cert.end < s->cert.key_end ? s->cert.end : s->cert.key_end;
}

VF_RC nt_tsa_snapshot_check(const struct nt_tsa_snapshot *s, int64_t now_ms, struct vf_err *reterr)
{
	char shown[VF_TIME_LEN + 1];
	int64_t from = s->cert.from > s->crl.from ? s->cert.from : s->crl.from;

	if (now_ms < from) {
		vf_time_put(shown, from);
		return vf_fail(reterr, VF_TIME_STOPPED, "the clock is before '%s', which was signed already", shown);
	}
	/* the end counts as over: see tsa.c */
	if (now_ms >= nt_tsa_snapshot_end(s))
		return vf_fail(reterr, VF_TSA_FAILED, "the certificate of the time-stamping authority has run out");
	if (now_ms >= s->crl.end)
		return vf_fail(reterr, VF_TSA_FAILED, "the time-stamping authority has no current CRL");
	return VF_OK;
}

VF_RC nt_tsa_snapshot_stamp(
	const struct nt_tsa_snapshot *s, const struct nt_tsa_want *w, struct nt_buf *ret, struct vf_err *reterr)
{
	struct nt_tsa_token token = {.policy = nt_buf_bytes(&s->policy),
		.accuracy_ms = s->accuracy_ms,
		.cert = &s->cert,
		.key = s->key,
		.imprint = &w->imprint,
		.serial = w->serial,
		.nonce = w->nonce,
		.no_certificate = !w->certificate,
		.unchecked = true,
		.gen_ms = w->gen_ms};

	return nt_tsa_token_put(&token, ret, reterr);
}

/* ---- the verifier's view ---- */

VF_RC nt_tsa_snapshot_pki(const struct nt_tsa_snapshot *s, struct vf_pki **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(2 * CAP);
	VF_CLEANUP(vf_pki_freep) struct vf_pki *p = vf_pki_new();
	enum vf_rc rc;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a verifier");
	rc = nt_pem_put(&pem, "CERTIFICATE", nt_buf_bytes(&s->root_der), reterr);
	if (rc == VF_OK)
		rc = vf_pki_add_anchors(p, 0, nt_buf_bytes(&pem), reterr);
	if (rc != VF_OK)
		return rc;
	*ret = p;
	p = NULL;
	return VF_OK;
}

/* What the token says, beside its signature. */
static VF_RC check_says(
	const struct nt_tsa_snapshot *s, const struct nt_tsa_want *w, const struct vf_tst *t, struct vf_err *reterr)
{
	if (!vf_bytes_eq(t->serial, w->serial) || !vf_bytes_eq(t->nonce, w->nonce) ||
		!vf_bytes_eq(t->policy, nt_buf_bytes(&s->policy)) || t->gen_time != w->gen_ms || t->ordering ||
		!t->has_accuracy || t->accuracy_ms != s->accuracy_ms || t->tsa.n)
		return vf_fail(reterr, VF_NOT_VERIFIED, "the token does not say what it should");
	return VF_OK;
}

VF_RC nt_tsa_snapshot_verify(const struct nt_tsa_snapshot *s, struct vf_pki *pki, const struct nt_tsa_want *w,
	struct vf_bytes token, struct vf_err *reterr)
{
	const struct vf_bytes certificate = nt_buf_bytes(&s->cert_der), crl = nt_buf_bytes(&s->crl_der);
	const struct vf_pki_extra extra = {.certs = &certificate, .n_certs = 1, .crls = &crl, .n_crls = 1};
	struct vf_tst_trust trust;
	struct vf_err err;
	struct vf_tst t;
	enum vf_rc rc = vf_tst_parse(token, &t, &err);

	if (rc == VF_OK)
		rc = vf_tst_check(pki, &t, &w->imprint, &extra, NULL, &err);
	if (rc == VF_OK)
		rc = vf_tst_judge(pki, &t, &extra, w->gen_ms, false, &trust, &err);
	if (rc == VF_OK)
		return check_says(s, w, &t, reterr);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	return vf_fail(reterr, VF_NOT_VERIFIED, "the token that was made: %s (%s)", err.text, vf_rc_name(rc));
}
