#include "verify/path.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "verify/cms.h"
#include "verify/text.h"

/* Certificates that a path may use: the leaf first, then the pool, then the anchors. */
struct pool {
	const struct vf_cert *certs[1 + 3 * VF_MAX_CERTS];
	size_t n, n_untrusted;
	bool left_out; /* some were not valid at the time */
};

VF_RC vf_path_check_tsa(const struct vf_cert *leaf, struct vf_err *reterr)
{
	const char *fault = NULL;

	if (leaf->ca)
		fault = "is that of a CA";
	else if (!(leaf->uses & VF_USE_ONLY_STAMP))
		fault = "has not exactly one critical extended key usage, timeStamping";
	else if (leaf->facts.has_key_usage && (leaf->uses & VF_USE_OTHER || !(leaf->uses & VF_USE_SIGN)))
		fault = "has a key usage for something else than signatures";
	if (!fault)
		return VF_OK;
	return vf_fail(reterr, VF_TS_CERT_PROFILE, "the certificate of '%s' %s", leaf->facts.name, fault);
}

static enum vf_rc check_profile(const struct vf_cert *leaf, enum vf_purpose purpose, struct vf_err *reterr)
{
	if (purpose == VF_PURPOSE_TIME_STAMPING)
		return vf_path_check_tsa(leaf, reterr);
	/* RFC 5280 4.2.1.12: a certificate for time-stamping alone signs nothing else */
	if ((leaf->facts.has_key_usage && !(leaf->uses & VF_USE_SIGN)) || leaf->uses & VF_USE_ONLY_STAMP)
		return vf_fail(reterr, VF_CERT_PATH, "the certificate of '%s' is not one for signatures",
			leaf->facts.name);
	return VF_OK;
}

/* A certificate that cannot be read or whose key cannot be used leads nowhere, so it is passed over. */
static enum vf_rc pool_add(struct vf_pki *p, struct pool *pool, struct vf_bytes der, struct vf_err *reterr)
{
	const struct vf_cert *c;
	struct vf_err ignored;
	enum vf_rc rc;

	if (pool->n > 2 * VF_MAX_CERTS)
		return vf_fail(reterr, VF_LIMIT, "more than %d certificates", 2 * VF_MAX_CERTS);
	rc = vf_pki_cert(p, der, &c, &ignored);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "no memory for certificates");
	if (rc == VF_OK && c->pkey && c != pool->certs[0])
		pool->certs[pool->n++] = c;
	return VF_OK;
}

static enum vf_rc pool_fill(struct vf_pki *p, struct pool *pool, const struct vf_cert *leaf, struct vf_bytes certs,
	const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	struct vf_bytes der;
	enum vf_rc rc = VF_OK;

	pool->certs[0] = leaf;
	pool->n = 1;
	while (rc == VF_OK && vf_cms_take_cert(&certs, &der))
		rc = pool_add(p, pool, der, reterr);
	for (size_t i = 0; rc == VF_OK && extra && i < extra->n_certs; i++)
		rc = pool_add(p, pool, extra->certs[i], reterr);
	pool->n_untrusted = pool->n;
	return rc;
}

/* The pool with the anchors of an authority; only those valid at the time at, unless at is VF_TIME_NONE. */
static void pool_at(const struct vf_pki *p, const struct pool *all, size_t authority, int64_t at, struct pool *ret)
{
	const struct vf_cert *c;

	*ret = (struct pool){.certs = {all->certs[0]}, .n = 1};
	for (size_t i = 1; i < all->n; i++) {
		if (at == VF_TIME_NONE || vf_cert_is_valid_at(all->certs[i], at))
			ret->certs[ret->n++] = all->certs[i];
		else
			ret->left_out = true;
	}
	ret->n_untrusted = ret->n;
	for (size_t i = 0; (c = vf_pki_anchor(p, authority, i)) != NULL; i++) {
		if (!c->pkey)
			continue;
		if (at == VF_TIME_NONE || vf_cert_is_valid_at(c, at))
			ret->certs[ret->n++] = c;
		else
			ret->left_out = true;
	}
}

static struct vf_hash pool_key(const struct pool *pool, enum vf_purpose purpose)
{
	struct vf_hash parts[2 + 3 * VF_MAX_CERTS] = {{{0}}};

	parts[0].b[0] = (uint8_t)purpose;
	parts[0].b[1] = (uint8_t)pool->n_untrusted;
	for (size_t i = 0; i < pool->n; i++)
		parts[1 + i] = pool->certs[i]->facts.sha256;
	return vf_sha256(vf_bytes(parts, (1 + pool->n) * sizeof(parts[0])));
}

static bool push_all(STACK_OF(X509) *stack, const struct pool *pool, size_t from, size_t to)
{
	for (size_t i = from; stack && i < to; i++)
		if (sk_X509_push(stack, pool->certs[i]->x509) <= 0)
			return false;
	return stack != NULL;
}

/*
 * No time and no network: validity is ours. No policy processing (CVE-2023-0464).
 * Security levels are replaced by the table of algorithm.h.
 */
static bool set_rules(X509_STORE_CTX *ctx, enum vf_purpose purpose)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_depth(param, VF_MAX_PATH - 2);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	if (purpose == VF_PURPOSE_TIME_STAMPING &&
		X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_TIMESTAMP_SIGN) != 1)
		return false;
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

static enum vf_rc refuse(int error, int depth, enum vf_purpose purpose, const struct vf_cert *leaf,
	struct vf_err *reterr)
{
	const char *text = X509_verify_cert_error_string(error);

	switch (error) {
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_UNSPECIFIED: /* its own failure */
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to build a certificate path");
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return vf_fail(reterr, VF_LIMIT, "the path of '%s' has more than %d certificates", leaf->facts.name,
			VF_MAX_PATH);
	/* nobody pinned vouches: a wrong signature means that the one of that name is not the issuer */
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
	case X509_V_ERR_AKID_SKID_MISMATCH:
	case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
		return vf_fail(reterr, purpose == VF_PURPOSE_SIGNING ? VF_UNKNOWN_SIGNER : VF_UNKNOWN_ROOT,
			"'%s' leads to no pinned certificate: %s", leaf->facts.name, text);
	case X509_V_ERR_INVALID_PURPOSE:
		if (depth == 0)
			return vf_fail(reterr, VF_TS_CERT_PROFILE, "the certificate of '%s': %s", leaf->facts.name,
				text);
		break;
	}
	return vf_fail(reterr, VF_CERT_PATH, "the path of '%s' breaks a rule at depth %d: %s", leaf->facts.name, depth,
		text);
}

/* OpenSSL's chain holds the objects it was given. */
static bool name_chain(STACK_OF(X509) *chain, const struct pool *pool, struct vf_pki_chain *ret)
{
	ret->n = 0;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		size_t j = 0;

		while (j < pool->n && pool->certs[j]->x509 != sk_X509_value(chain, i))
			j++;
		if (j == pool->n || ret->n == VF_MAX_PATH)
			return false;
		ret->certs[ret->n++] = pool->certs[j];
	}
	return ret->n > 0;
}

static enum vf_rc run(X509_STORE_CTX *ctx, STACK_OF(X509) *untrusted, STACK_OF(X509) *trusted, const struct pool *pool,
	enum vf_purpose purpose, struct vf_pki_chain *ret, struct vf_err *reterr)
{
	if (!ctx || !push_all(untrusted, pool, 1, pool->n_untrusted) ||
		!push_all(trusted, pool, pool->n_untrusted, pool->n) ||
		X509_STORE_CTX_init(ctx, NULL, pool->certs[0]->x509, untrusted) != 1 || !set_rules(ctx, purpose))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to build a certificate path");
	X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
	if (X509_verify_cert(ctx) != 1)
		return refuse(X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx), purpose,
			pool->certs[0], reterr);
	if (!name_chain(X509_STORE_CTX_get0_chain(ctx), pool, ret))
		return vf_fail(reterr, VF_INTERNAL, "a certificate path holds strangers");
	return VF_OK;
}

static enum vf_rc find_chain(struct vf_pki *p, const struct pool *pool, enum vf_purpose purpose,
	struct vf_pki_chain *ret, struct vf_err *reterr)
{
	struct vf_hash key = pool_key(pool, purpose);
	X509_STORE_CTX *ctx;
	STACK_OF(X509) *untrusted, *trusted;
	enum vf_rc rc;

	if (vf_pki_find_chain(p, &key, ret))
		return VF_OK;
	ctx = X509_STORE_CTX_new();
	untrusted = sk_X509_new_null();
	trusted = sk_X509_new_null();
	rc = run(ctx, untrusted, trusted, pool, purpose, ret, reterr);
	X509_STORE_CTX_free(ctx);
	sk_X509_free(untrusted);
	sk_X509_free(trusted);
	ERR_clear_error();
	if (rc == VF_OK)
		vf_pki_keep_chain(p, &key, ret);
	return rc;
}

/* What OpenSSL does not ask: an intermediate that limits its uses must have time-stamping among them. */
static enum vf_rc check_intermediates(const struct vf_pki_chain *chain, enum vf_purpose purpose, struct vf_err *reterr)
{
	for (size_t i = 1; purpose == VF_PURPOSE_TIME_STAMPING && i + 1 < chain->n; i++)
		if (chain->certs[i]->has_extended && !(chain->certs[i]->uses & VF_USE_STAMP))
			return vf_fail(reterr, VF_CERT_PATH, "the CA '%s' may not issue for time-stamping",
				chain->certs[i]->facts.name);
	return VF_OK;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void sum_up(const struct vf_pki_chain *chain, struct vf_path *ret)
{
	*ret = (struct vf_path){*chain, INT64_MAX, VF_STRONG_FOREVER};
	for (size_t i = 0; i < chain->n; i++) {
		const struct vf_cert *c = chain->certs[i];

		ret->earliest_end = lesser(ret->earliest_end, c->facts.not_after);
		ret->strong_until = lesser(ret->strong_until, vf_pubkey_until(c->facts.pubkey, c->facts.bits));
		if (i + 1 < chain->n && c->sigalg.digest != VF_ALG_NONE)
			ret->strong_until = lesser(ret->strong_until, vf_alg_until(c->sigalg.digest));
	}
}

VF_RC vf_path_check_algorithms(const struct vf_path *path, int64_t at, struct vf_err *reterr)
{
	enum vf_rc rc;

	for (size_t i = 0; i < path->chain.n; i++) {
		const struct vf_cert *c = path->chain.certs[i];

		rc = vf_pubkey_check(c->facts.pubkey, c->facts.bits, at, c->facts.name, reterr);
		if (rc != VF_OK)
			return rc;
		if (i + 1 == path->chain.n)
			break;
		if (c->sigalg_rc != VF_OK)
			return vf_fail(reterr, c->sigalg_rc, "the certificate of '%s' is signed with an %s algorithm",
				c->facts.name, c->sigalg_rc == VF_WEAK_ALGORITHM ? "outdated" : "unknown");
		if (c->sigalg.scheme == VF_SCHEME_ED25519)
			continue;
		rc = vf_alg_check(c->sigalg.digest, at, c->facts.name, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static enum vf_rc out_of_time(enum vf_purpose purpose, const struct vf_cert *c, const char *whose, int64_t at,
	struct vf_err *reterr)
{
	char time[VF_TIME_LEN + 1];

	vf_time_put(time, at);
	return vf_fail(reterr, purpose == VF_PURPOSE_SIGNING ? VF_SIGNER_CERT_TIME : VF_TS_CERT_TIME,
		"the %s of '%s' was not valid at %s", whose, c->facts.name, time);
}

static bool is_unknown(enum vf_rc rc)
{
	return rc == VF_UNKNOWN_ROOT || rc == VF_UNKNOWN_SIGNER;
}

static enum vf_rc build(struct vf_pki *p, const struct pool *all, enum vf_purpose purpose, size_t authority, int64_t at,
	struct vf_pki_chain *ret, struct vf_err *reterr)
{
	struct pool valid, any;
	struct vf_pki_chain expired;
	struct vf_err ignored;
	enum vf_rc rc;

	pool_at(p, all, authority, at, &valid);
	rc = find_chain(p, &valid, purpose, ret, reterr);
	if (!is_unknown(rc) || !valid.left_out)
		return rc;
	pool_at(p, all, authority, VF_TIME_NONE, &any);
	if (find_chain(p, &any, purpose, &expired, &ignored) == VF_OK)
		return out_of_time(purpose, all->certs[0], "path", at, reterr);
	return rc;
}

VF_RC vf_path_build(struct vf_pki *p, const struct vf_cert *leaf, enum vf_purpose purpose, size_t authority,
	int64_t at, struct vf_bytes certs, const struct vf_pki_extra *extra, struct vf_path *ret,
	struct vf_err *reterr)
{
	struct vf_pki_chain chain;
	struct vf_path path;
	struct pool all;
	enum vf_rc rc = check_profile(leaf, purpose, reterr);

	if (rc == VF_OK)
		rc = vf_cert_check_key(leaf, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_cert_is_valid_at(leaf, at))
		return out_of_time(purpose, leaf, "certificate", at, reterr);
	rc = pool_fill(p, &all, leaf, certs, extra, reterr);
	if (rc == VF_OK)
		rc = build(p, &all, purpose, authority, at, &chain, reterr);
	if (rc == VF_OK)
		rc = check_intermediates(&chain, purpose, reterr);
	if (rc != VF_OK)
		return rc;
	sum_up(&chain, &path);
	rc = vf_path_check_algorithms(&path, at, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = path;
	return VF_OK;
}

VF_RC vf_path_check_signer(struct vf_pki *p, struct vf_bytes cert, int64_t at, struct vf_bytes certs,
	const struct vf_pki_extra *extra, struct vf_path *ret, struct vf_err *reterr)
{
	const struct vf_cert *leaf;
	struct vf_path path;
	enum vf_rc rc;

	rc = vf_pki_cert(p, cert, &leaf, reterr);
	if (rc == VF_OK)
		rc = vf_path_build(p, leaf, VF_PURPOSE_SIGNING, VF_PKI_SUBMITTERS, at, certs, extra, &path, reterr);
	if (rc == VF_OK && ret)
		*ret = path;
	return rc;
}
