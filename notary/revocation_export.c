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
	const struct nt_chain_stamp *stamp;
	int64_t after;         /* the latest time at which it can have been made */
	struct nt_buf a, b;    /* the token as it is, and with one more CRL */
	struct nt_buf found;   /* one CRL or OCSP response */
	struct nt_buf *numbers;            /* of the CRLs; NULL: nobody asks */
	struct nt_revocation_export *ret;  /* where OCSP responses go; NULL: nowhere */
};

void nt_revocation_export_init(struct nt_revocation_export *x)
{
	*x = (struct nt_revocation_export){.tokens = nt_buf((size_t)VF_MAX_EVIDENCE * 4 * VF_MAX_TOKEN),
		.bytes = nt_buf((size_t)VF_MAX_OCSP_PARTS * VF_MAX_OCSP)};
}

void nt_revocation_export_done(struct nt_revocation_export *x)
{
	nt_buf_done(&x->tokens);
	nt_buf_done(&x->bytes);
}

static enum vf_rc find(struct dress *d, enum nt_revocation_kind kind, const struct vf_hash *subject,
	uint64_t *ret_number,
	bool *ret_found, struct vf_err *reterr)
{
	struct nt_revocation r = {.number = 0};
	enum vf_rc rc;

	nt_buf_reset(&d->found);
	rc = nt_store_revocation_find(d->store, d->stamp->authority, kind, subject, d->after, &d->found, &r, ret_found,
		reterr);
	*ret_number = r.number;
	return rc;
}

/* Puts what was found into the token. A CRL that has no room stays out, whatever it says: the token must remain one. */
static enum vf_rc splice(struct dress *d, uint64_t number, struct vf_err *reterr)
{
	struct vf_bytes crl = nt_buf_bytes(&d->found);
	struct nt_buf kept;
	enum vf_rc rc;

	nt_buf_reset(&d->b);
	rc = nt_token_put_crls(&d->b, nt_buf_bytes(&d->a), &crl, 1, reterr);
	if (rc == VF_LIMIT)
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	kept = d->a;
	d->a = d->b;
	d->b = kept;
	if (!d->numbers)
		return VF_OK;
	nt_buf_put_u64be(d->numbers, number);
	return nt_buf_check(d->numbers, reterr);
}

static enum vf_rc add_crl(struct dress *d, const struct vf_hash *subject, struct vf_err *reterr)
{
	uint64_t number;
	bool found;
	enum vf_rc rc = find(d, NT_REVOCATION_CRL, subject, &number, &found, reterr);

	return rc == VF_OK && found ? splice(d, number, reterr) : rc;
}

/* Those that the token was frozen with, in the order in which they came. */
static enum vf_rc add_frozen(struct dress *d, struct vf_err *reterr)
{
	struct vf_bytes numbers = d->stamp->crls;
	struct nt_revocation r;
	uint64_t number;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && vf_take_u64be(&numbers, &number)) {
		nt_buf_reset(&d->found);
		rc = nt_store_revocation_get(d->store, number, &d->found, &r, reterr);
		if (rc == VF_OK)
			rc = splice(d, number, reterr);
	}
	return rc;
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
	uint64_t number;
	bool found;
	enum vf_rc rc = find(d, NT_REVOCATION_OCSP, subject, &number, &found, reterr);

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
	rc = d->stamp->frozen ? VF_OK : add_crl(d, &subject, reterr);
	if (rc == VF_OK && d->ret)
		rc = add_ocsp(d, &cert, &subject, reterr);
	vf_cert_done(&cert);
	return rc;
}

/* What is found goes into d->a and into the responses. */
static enum vf_rc dress(struct dress *d, struct vf_err *reterr)
{
	struct vf_bytes certs, der;
	struct vf_tst t;
	enum vf_rc rc = vf_tst_parse(d->stamp->der, &t, reterr);

	if (rc != VF_OK)
		return rc;
	d->after = t.gen_time + (int64_t)t.accuracy_ms;
	nt_buf_put(&d->a, d->stamp->der);
	rc = nt_buf_check(&d->a, reterr);
	if (rc == VF_OK)
		rc = add_frozen(d, reterr);
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
static enum vf_rc add_token(struct nt_notary *n, const struct nt_chain_stamp *stamp, bool with_revoked,
	struct nt_revocation_export *ret, bool *ret_left_out, struct vf_err *reterr)
{
	struct dress d = {.store = n->store, .stamp = stamp, .a = nt_buf(VF_MAX_TOKEN), .b = nt_buf(VF_MAX_TOKEN),
		.found = nt_buf(NT_MAX_REVOCATION), .ret = ret};
	size_t before = ret->n_ocsp;
	struct vf_bytes ocsp[VF_MAX_OCSP_PARTS];
	enum vf_rc rc;

	memcpy(ocsp, ret->ocsp, sizeof(ocsp));
	rc = dress(&d, reterr);
	*ret_left_out = rc == VF_OK && !with_revoked && is_revoked(n, nt_buf_bytes(&d.a), ret);
	if (*ret_left_out) {
		memcpy(ret->ocsp, ocsp, sizeof(ocsp));
		ret->n_ocsp = before;
	} else if (rc == VF_OK) {
		nt_buf_put(&ret->tokens, nt_buf_bytes(&d.a));
		rc = nt_buf_check(&ret->tokens, reterr);
	}
	nt_buf_done(&d.a);
	nt_buf_done(&d.b);
	nt_buf_done(&d.found);
	return rc;
}

VF_RC nt_token_dress(struct nt_notary *n, const struct nt_chain_stamp *stamp, struct nt_buf *out,
	struct nt_buf *numbers,
	struct vf_err *reterr)
{
	struct dress d = {.store = n->store, .stamp = stamp, .a = nt_buf(VF_MAX_TOKEN), .b = nt_buf(VF_MAX_TOKEN),
		.found = nt_buf(NT_MAX_REVOCATION), .numbers = numbers};
	enum vf_rc rc = VF_OK;

	if (vf_bytes_is(stamp->authority, NT_EMBEDDED)) {
		nt_buf_put(out, stamp->der);
		return nt_buf_check(out, reterr);
	}
	rc = dress(&d, reterr);
	if (rc == VF_OK) {
		nt_buf_put(out, nt_buf_bytes(&d.a));
		rc = nt_buf_check(out, reterr);
	}
	nt_buf_done(&d.a);
	nt_buf_done(&d.b);
	nt_buf_done(&d.found);
	return rc;
}

VF_RC nt_token_is_revoked(struct nt_notary *n, const struct nt_chain_stamp *stamp, bool *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_revocation_export_done) struct nt_revocation_export x;

	nt_revocation_export_init(&x);
	*ret = false;
	if (vf_bytes_is(stamp->authority, NT_EMBEDDED))
		return VF_OK;
	/* as in collect() */
	if (!nt_buf_reserve(&x.bytes, x.bytes.cap))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for OCSP responses");
	return add_token(n, stamp, false, &x, ret, reterr);
}

/* ---- the tokens of a seal, each with its renewals ---- */

/* How many stamps of a token leave (0: it is left out), and where their octets end in ret->tokens. */
struct collected {
	size_t stamps[VF_MAX_EVIDENCE];
	size_t ends[VF_MAX_EVIDENCE][NT_MAX_RENEWALS + 1];
};

/* A token of its own, or the first of what renewed it. */
static struct nt_chain_stamp stamp_of(const struct nt_seal *seal, const struct nt_renewed *renewed, size_t i, size_t k)
{
	if (renewed && renewed->of[i])
		return renewed->of[i]->of[k];
	return (struct nt_chain_stamp){.authority = seal->tokens[i].authority, .der = seal->tokens[i].der,
		.gen_time = seal->tokens[i].gen_time};
}

static size_t count_of(const struct nt_renewed *renewed, size_t i)
{
	return renewed && renewed->of[i] ? renewed->of[i]->n : 1;
}

/* The token and what renewed it, up to the first that is revoked. */
static enum vf_rc collect_one(struct nt_notary *n, const struct nt_seal *seal, const struct nt_renewed *renewed,
	size_t i,
	bool with_revoked, struct nt_revocation_export *ret, struct collected *c, struct vf_err *reterr)
{
	bool left_out = false;
	enum vf_rc rc = VF_OK;

	c->stamps[i] = 0;
	for (size_t k = 0; rc == VF_OK && k < count_of(renewed, i); k++) {
		struct nt_chain_stamp stamp = stamp_of(seal, renewed, i, k);

		if (!vf_bytes_is(stamp.authority, NT_EMBEDDED))
			rc = add_token(n, &stamp, with_revoked && k == 0, ret, &left_out, reterr);
		if (left_out)
			break;
		c->ends[i][k] = ret->tokens.n;
		c->stamps[i] = k + 1;
	}
	ret->n_revoked += c->stamps[i] == 0;
	return rc;
}

static enum vf_rc collect(struct nt_notary *n, const struct nt_seal *seal, const struct nt_renewed *renewed,
	bool with_revoked,
	struct nt_revocation_export *ret, struct collected *c, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	nt_buf_reset(&ret->tokens);
	nt_buf_reset(&ret->bytes);
	ret->n_ocsp = ret->n_revoked = 0;
	/* the responses must stay where they are while more come */
	if (!nt_buf_reserve(&ret->bytes, ret->bytes.cap))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for OCSP responses");
	for (size_t i = 0; rc == VF_OK && i < seal->n_tokens; i++)
		rc = collect_one(n, seal, renewed, i, with_revoked, ret, c, reterr);
	return rc;
}

/* The octets of the stamps that leave; a token of the embedded authority keeps its own. */
static void set_octets(struct nt_token *t, struct nt_chain_stamps *list, size_t n, const size_t *ends, size_t *io_at,
	const struct nt_revocation_export *x)
{
	for (size_t k = 0; k < n; k++) {
		struct vf_bytes der = vf_bytes(NULL, 0);

		if (ends[k] > *io_at)
			der = vf_bytes(x->tokens.p + *io_at, ends[k] - *io_at);
		if (der.n > 0 && list)
			list->of[k].der = der;
		if (der.n > 0 && k == 0)
			t->der = der;
		*io_at = ends[k];
	}
	if (list)
		list->n = n;
}

/* The tokens that stay, with their octets. */
static void replace(struct nt_seal *seal, struct nt_renewed *renewed, const struct collected *c,
	const struct nt_revocation_export *x)
{
	size_t at = 0, kept = 0;

	for (size_t i = 0; i < seal->n_tokens; i++) {
		struct nt_chain_stamps *list = renewed ? renewed->of[i] : NULL;

		set_octets(&seal->tokens[i], list, c->stamps[i], c->ends[i], &at, x);
		if (c->stamps[i] == 0)
			continue;
		if (renewed && kept != i) {
			renewed->of[i] = renewed->of[kept];
			renewed->of[kept] = list;
		}
		seal->tokens[kept++] = seal->tokens[i];
	}
	seal->n_tokens = kept;
}

static bool has_outside(const struct nt_seal *seal, const struct nt_renewed *renewed)
{
	for (size_t i = 0; i < seal->n_tokens; i++)
		for (size_t k = 0; k < count_of(renewed, i); k++) {
			struct nt_chain_stamp stamp = stamp_of(seal, renewed, i, k);

			if (!vf_bytes_is(stamp.authority, NT_EMBEDDED))
				return true;
		}
	return false;
}

VF_RC nt_revocation_export(struct nt_notary *n, struct nt_seal *seal, struct nt_renewed *renewed,
	struct nt_revocation_export *ret, struct vf_err *reterr)
{
	struct collected c;
	enum vf_rc rc;

	ret->n_ocsp = ret->n_revoked = 0;
	ret->has_outside = has_outside(seal, renewed);
	if (!ret->has_outside)
		return VF_OK;
	if (seal->n_tokens > VF_MAX_EVIDENCE)
		return vf_fail(reterr, VF_STORE_CORRUPT, "a seal has %zu tokens", seal->n_tokens);
	rc = nt_store_revocation_version(n->store, &ret->version, reterr);
	if (rc == VF_OK)
		rc = collect(n, seal, renewed, false, ret, &c, reterr);
	/* when none is left, the export says why */
	if (rc == VF_OK && ret->n_revoked == seal->n_tokens)
		rc = collect(n, seal, renewed, true, ret, &c, reterr);
	if (rc == VF_OK)
		replace(seal, renewed, &c, ret);
	return rc;
}

bool nt_revocation_export_is_current(struct nt_notary *n, const struct nt_revocation_export *x)
{
	uint64_t version;
	struct vf_err ignored;

	return !x->has_outside || (nt_store_revocation_version(n->store, &version, &ignored) == VF_OK &&
		version == x->version);
}
