#include "notary/revocation_fetch.h"

#include <stdio.h>

#include "notary/ocsp_request.h"
#include "notary/revocation_urls.h"
#include "verify/path.h"
#include "verify/standing.h"
#include "verify/text.h"
#include "verify/tst.h"

/* A body that came in this run; several certificates of one issuer name one list. */
struct body {
	char url[NT_MAX_URL + 1];
	size_t at, n;
	bool came;
};
#define MAX_BODIES (NT_MAX_CRL_URLS * (VF_MAX_PATH - 1))
/* All that can come in one run, of use or not. */
#define MAX_BYTES (MAX_BODIES * (size_t)NT_MAX_REVOCATION + (VF_MAX_PATH - 1) * (size_t)VF_MAX_OCSP)

struct run {
	const struct nt_revocation_wish *w;
	struct nt_revocation_answers *ret;
	struct vf_tst token;
	struct vf_path path;
	struct body bodies[MAX_BODIES];
	size_t n_bodies;
};

void nt_revocation_answers_init(struct nt_revocation_answers *a)
{
	*a = (struct nt_revocation_answers){.bytes = nt_buf(MAX_BYTES)};
}

void nt_revocation_answers_done(struct nt_revocation_answers *a)
{
	nt_buf_done(&a->bytes);
}

/* Whether nothing newer is to be expected at the time now. */
static bool is_fresh(const struct nt_revocation *r, int64_t now)
{
	if (r->this_update > now + NT_REVOCATION_SKEW_MS)
		return false;
	if (r->next_update != VF_TIME_NONE)
		return now < r->next_update;
	return now - r->this_update < NT_REVOCATION_AGAIN_MS;
}

static bool is_held(const struct run *r, enum nt_revocation_kind kind, const struct vf_hash *subject)
{
	for (size_t i = 0; !r->w->all && i < r->w->n_held; i++)
		if (r->w->held[i].kind == kind && vf_hash_eq(&r->w->held[i].subject, subject) &&
			is_fresh(&r->w->held[i], r->w->now))
			return true;
	return false;
}

static void note_failure(struct run *r, const struct vf_err *err)
{
	if (r->ret->n_failed++ == 0)
		r->ret->err = *err;
}

/* ---- asking ---- */

static enum vf_rc fetch(struct run *r, const char *url, struct vf_bytes request, size_t max, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	struct nt_fetch f = {.url = url, .body = request, .connect_ms = r->w->authority->connect_ms,
		.timeout_ms = r->w->authority->timeout_ms, .max = max, .stop = r->w->stop};
	struct nt_fetched facts;
	size_t start = r->ret->bytes.n;
	enum vf_rc rc;

	/* many servers call a CRL something else than application/pkix-crl, so its octets decide */
	if (request.n) {
		f.type = "application/ocsp-request";
		f.accept = "application/ocsp-response";
	}
	rc = r->w->fetch ? r->w->fetch(r->w->fetch_ctx, &f, &r->ret->bytes, &facts, reterr) :
			   nt_fetch(&f, &r->ret->bytes, &facts, reterr);
	if (rc != VF_OK) {
		r->ret->bytes.n = start;
		return rc;
	}
	*ret = vf_bytes(r->ret->bytes.p + start, r->ret->bytes.n - start);
	return VF_OK;
}

/* The same URL is asked once in a run. */
static enum vf_rc fetch_list(struct run *r, const char *url, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct body *b;
	enum vf_rc rc;

	for (size_t i = 0; i < r->n_bodies; i++) {
		b = &r->bodies[i];
		if (strcmp(b->url, url) != 0)
			continue;
		if (!b->came)
			return vf_fail(reterr, VF_FETCH_FAILED, "no CRL from '%.200s', as before", url);
		*ret = vf_bytes(r->ret->bytes.p + b->at, b->n);
		return VF_OK;
	}
	if (r->n_bodies == MAX_BODIES)
		return vf_fail(reterr, VF_LIMIT, "too many CRLs for one token");
	b = &r->bodies[r->n_bodies++];
	*b = (struct body){.at = r->ret->bytes.n};
	snprintf(b->url, sizeof(b->url), "%s", url);
	rc = fetch(r, url, vf_bytes(NULL, 0), NT_MAX_REVOCATION, ret, reterr);
	b->came = rc == VF_OK;
	b->n = rc == VF_OK ? ret->n : 0;
	return rc;
}

/* ---- judging ---- */

/* What the verifier's reader made of an answer: of use for the tokens of today? */
static enum vf_rc check_standing(const struct run *r, const struct vf_standing *s, const char *what, const char *url,
	struct vf_err *reterr)
{
	int64_t now = r->w->now;

	if (!s->counts)
		return vf_fail(reterr, VF_FETCH_FAILED,
			"the %s from '%.200s' is by nobody that may speak about this certificate, or for a part only",
			what, url);
	if (s->silent && !s->listed)
		return vf_fail(reterr, VF_FETCH_FAILED, "the %s from '%.200s' says nothing about this certificate",
			what, url);
	if (s->this_update > now + NT_REVOCATION_SKEW_MS)
		return vf_fail(reterr, VF_FETCH_FAILED, "the %s from '%.200s' is from the future", what, url);
	if (s->next_update != VF_TIME_NONE ? s->next_update < now - NT_REVOCATION_SKEW_MS :
					     now - s->this_update > NT_REVOCATION_MAX_AGE_MS)
		return vf_fail(reterr, VF_FETCH_FAILED, "the %s from '%.200s' is too old", what, url);
	return VF_OK;
}

static void keep(struct run *r, const struct vf_cert *cert, enum nt_revocation_kind kind, const struct vf_standing *s,
	struct vf_bytes der)
{
	struct nt_revocation_answer *a = &r->ret->list[r->ret->n++];

	*a = (struct nt_revocation_answer){.revoked = s->listed,
		.revocation = {.authority = vf_bytes_str(r->w->authority->name), .kind = kind,
		.subject = nt_revocation_subject(cert),
			.this_update = s->this_update, .next_update = s->next_update, .der = der}};
	snprintf(a->name, sizeof(a->name), "%s", cert->facts.name);
}

static enum vf_rc try_list(struct run *r, const struct vf_cert *cert, const struct vf_cert *issuer, const char *url,
	struct vf_err *reterr)
{
	struct vf_standing s;
	struct vf_bytes der;
	enum vf_rc rc = fetch_list(r, url, &der, reterr);

	if (rc == VF_OK)
		rc = vf_crl_read(r->w->pki, der, cert, issuer, &s, reterr);
	if (rc == VF_OK)
		rc = check_standing(r, &s, "CRL", url, reterr);
	if (rc == VF_OK)
		keep(r, cert, NT_REVOCATION_CRL, &s, der);
	return rc;
}

static enum vf_rc ask_lists(struct run *r, const struct vf_cert *cert, const struct vf_cert *issuer,
	const struct nt_revocation_urls *urls, bool *ret_asked, struct vf_err *reterr)
{
	const struct nt_authority *a = r->w->authority;
	size_t n = a->n_crl ? a->n_crl : urls->n_crl;
	struct vf_err err;
	enum vf_rc rc = VF_OK;

	*ret_asked = n > 0;
	for (size_t i = 0; i < n; i++) {
		rc = try_list(r, cert, issuer, a->n_crl ? a->crl[i] : urls->crl[i], &err);
		if (rc == VF_OK)
			return VF_OK;
		if (rc == VF_NO_MEMORY)
			return vf_fail(reterr, rc, "%s", err.text);
	}
	if (rc != VF_OK)
		note_failure(r, &err);
	return VF_OK;
}

static enum vf_rc try_responder(struct run *r, const struct vf_cert *cert, const struct vf_cert *issuer,
	const char *url,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf request = nt_buf(NT_MAX_OCSP_REQUEST);
	struct vf_standing s;
	struct vf_ocsp_id id;
	struct vf_bytes der;
	enum vf_rc rc = nt_ocsp_request_put(&request, cert, issuer, reterr);

	if (rc == VF_OK)
		rc = fetch(r, url, nt_buf_bytes(&request), VF_MAX_OCSP, &der, reterr);
	/* a bundle takes answers about one certificate alone */
	if (rc == VF_OK)
		rc = vf_ocsp_id(der, &id, reterr);
	if (rc == VF_OK)
		rc = vf_ocsp_read(r->w->pki, der, cert, issuer, r->token.cms.certificates, &s, reterr);
	if (rc == VF_OK)
		rc = check_standing(r, &s, "OCSP response", url, reterr);
	if (rc == VF_OK)
		keep(r, cert, NT_REVOCATION_OCSP, &s, der);
	return rc;
}

static enum vf_rc ask_responder(struct run *r, const struct vf_cert *cert, const struct vf_cert *issuer,
	const struct nt_revocation_urls *urls, bool *ret_asked, struct vf_err *reterr)
{
	const char *url = r->w->authority->has_ocsp ? r->w->authority->ocsp : urls->ocsp;
	struct vf_err err;
	enum vf_rc rc;

	*ret_asked = url[0] != '\0';
	if (!url[0])
		return VF_OK;
	rc = try_responder(r, cert, issuer, url, &err);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		note_failure(r, &err);
	return VF_OK;
}

/* ---- the certificates of one token ---- */

static enum vf_rc ask_about(struct run *r, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_err *reterr)
{
	struct vf_hash subject = nt_revocation_subject(cert);
	struct nt_revocation_urls urls;
	bool has_list = true, has_responder = true;
	struct vf_err err;
	enum vf_rc rc = VF_OK;

	if (nt_revocation_urls_read(cert->der, &urls, &err) != VF_OK) {
		note_failure(r, &err);
		urls = (struct nt_revocation_urls){.n_crl = 0};
	}
	if (!is_held(r, NT_REVOCATION_CRL, &subject))
		rc = ask_lists(r, cert, issuer, &urls, &has_list, reterr);
	if (rc == VF_OK && !is_held(r, NT_REVOCATION_OCSP, &subject))
		rc = ask_responder(r, cert, issuer, &urls, &has_responder, reterr);
	if (rc == VF_OK && !has_list && !has_responder) {
		vf_fail(&err, VF_FETCH_FAILED,
			"the certificate of '%s' names no CRL and no OCSP responder, nor does the configuration",
			cert->facts.name);
		note_failure(r, &err);
	}
	return rc;
}

/* The certificate that vf_tst_check() found, among those of the token or the pinned ones. */
static enum vf_rc find_leaf(struct run *r, const struct vf_hash *sha256, const struct vf_cert **ret,
	struct vf_err *reterr)
{
	struct vf_bytes in = r->token.cms.certificates, der;
	const struct vf_cert *c;

	while (vf_cms_take_cert(&in, &der)) {
		struct vf_hash h = vf_sha256(der);

		if (vf_hash_eq(&h, sha256))
			return vf_pki_cert(r->w->pki, der, ret, reterr);
	}
	for (size_t i = 0; (c = vf_pki_anchor(r->w->pki, 0, i)) != NULL; i++) {
		if (!vf_hash_eq(&c->facts.sha256, sha256))
			continue;
		*ret = c;
		return VF_OK;
	}
	return vf_fail(reterr, VF_UNKNOWN_ROOT, "the token's certificate is not at hand");
}

static enum vf_rc find_path(struct run *r, struct vf_err *reterr)
{
	const struct vf_cert *leaf;
	struct vf_cert_facts facts;
	enum vf_rc rc = vf_tst_parse(r->w->token, &r->token, reterr);

	if (rc == VF_OK)
		rc = vf_tst_check(r->w->pki, &r->token, &r->token.imprint, NULL, &facts, reterr);
	if (rc == VF_OK)
		rc = find_leaf(r, &facts.sha256, &leaf, reterr);
	if (rc == VF_OK)
		rc = vf_path_build(r->w->pki, leaf, VF_PURPOSE_TIME_STAMPING, 0, r->token.gen_time,
			r->token.cms.certificates, NULL,
			&r->path, reterr);
	return rc;
}

VF_RC nt_revocation_fetch(const struct nt_revocation_wish *w, struct nt_revocation_answers *ret, struct vf_err *reterr)
{
	struct run r = {.w = w, .ret = ret};
	enum vf_rc rc;

	ret->n = ret->n_subjects = ret->n_failed = 0;
	nt_buf_reset(&ret->bytes);
	/* so that the octets stay where they are */
	if (!nt_buf_reserve(&ret->bytes, MAX_BYTES))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for CRLs and OCSP responses");
	rc = find_path(&r, reterr);
	if (rc != VF_OK)
		return rc;
	ret->leaf_end = r.path.chain.certs[0]->facts.not_after;
	for (size_t i = 0; rc == VF_OK && i + 1 < r.path.chain.n; i++) {
		ret->subjects[ret->n_subjects++] = nt_revocation_subject(r.path.chain.certs[i]);
		rc = ask_about(&r, r.path.chain.certs[i], r.path.chain.certs[i + 1], reterr);
	}
	return rc;
}
