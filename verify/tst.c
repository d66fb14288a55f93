#include "verify/tst.h"

#include <inttypes.h>

#include "verify/algorithm.h"
#include "verify/ess.h"
#include "verify/path.h"
#include "verify/revocation.h"
#include "verify/text.h"

/* id-ct-TSTInfo: 1.2.840.113549.1.9.16.1.4 */
static const uint8_t oid_tst_info[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04};

static enum vf_rc shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_TS_SHAPE, "malformed time-stamp: %s", what);
}

static enum vf_rc read_imprint(struct vf_bytes in, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_der alg, value;
	enum vf_rc rc;

	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &alg) || !vf_der_only(in, VF_DER_OCTET_STRING, &value))
		return shape(reterr, "imprint");
	rc = vf_hashalg_read(alg.whole, VF_TS_SHAPE, &ret->alg, reterr);
	if (rc != VF_OK)
		return rc;
	if (value.body.n != vf_alg_size(ret->alg))
		return shape(reterr, "the imprint has not the length of its algorithm");
	memcpy(ret->b, value.body.p, value.body.n);
	return VF_OK;
}

/* Seconds may be anything, the others 0 to 999 (RFC 3161 2.4.2 says 1 to 999; some authorities write 0). */
static bool read_accuracy(struct vf_bytes in, uint64_t *ret_ms)
{
	struct vf_der seconds, millis, micros;
	bool has_s, has_ms, has_us;
	uint64_t s = 0, ms = 0, us = 0, sum;

	if (!vf_der_take_optional(&in, VF_DER_INTEGER, &seconds, &has_s) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT_PRIMITIVE(0), &millis, &has_ms) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT_PRIMITIVE(1), &micros, &has_us) || in.n != 0)
		return false;
	if ((has_s && !vf_der_uint(seconds.body, &s)) || (has_ms && !vf_der_uint(millis.body, &ms)) ||
		(has_us && !vf_der_uint(micros.body, &us)) || ms > 999 || us > 999)
		return false;
	if (!vf_mul(s, 1000, &sum) || !vf_add(sum, ms + (us > 0), &sum) || sum > INT64_MAX / 2)
		return false;
	*ret_ms = sum;
	return true;
}

/* No extension is known to us, so that every critical one is refused (RFC 5280 4.2). */
static enum vf_rc check_extensions(struct vf_bytes in, struct vf_err *reterr)
{
	struct vf_der ext, oid, critical, value;
	bool found, is_critical = false;
	char text[80];

	while (in.n) {
		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &ext) || !vf_der_take_tag(&ext.body, VF_DER_OID, &oid) ||
			!vf_der_take_optional(&ext.body, VF_DER_BOOLEAN, &critical, &found) ||
			!vf_der_only(ext.body, VF_DER_OCTET_STRING, &value) ||
			(found && !vf_der_bool(critical.body, &is_critical)))
			return shape(reterr, "extension");
		if (found && is_critical) {
			vf_der_oid_text(oid.body, text, sizeof(text));
			return vf_fail(reterr, VF_TS_EXTENSION, "unknown critical extension '%s'", text);
		}
	}
	return VF_OK;
}

static bool read_ordering(struct vf_bytes *in, bool *ret)
{
	struct vf_der ordering;
	bool found;

	if (!vf_der_take_optional(in, VF_DER_BOOLEAN, &ordering, &found))
		return false;
	/* DEFAULT FALSE is absent in DER (X.690 11.5), but authorities write it, and it is signed */
	return !found || vf_der_bool(ordering.body, ret);
}

/* What follows genTime; all of it is optional. */
static enum vf_rc read_rest(struct vf_bytes in, struct vf_tst *t, struct vf_err *reterr)
{
	struct vf_der accuracy, nonce, tsa, extensions;
	bool has_nonce, has_tsa, has_extensions;
	struct vf_bytes name;
	struct vf_der any;

	if (!vf_der_take_optional(&in, VF_DER_SEQUENCE, &accuracy, &t->has_accuracy) ||
		(t->has_accuracy && !read_accuracy(accuracy.body, &t->accuracy_ms)))
		return shape(reterr, "accuracy");
	if (!read_ordering(&in, &t->ordering))
		return shape(reterr, "ordering");
	if (!vf_der_take_optional(&in, VF_DER_INTEGER, &nonce, &has_nonce) ||
		(has_nonce && !vf_der_is_integer(nonce.body)))
		return shape(reterr, "nonce");
	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &tsa, &has_tsa) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &extensions, &has_extensions) || in.n != 0)
		return shape(reterr, "surplus fields");
	if (has_nonce)
		t->nonce = nonce.body;
	if (has_tsa) {
		name = tsa.body;
		if (!vf_der_take(&name, &any) || name.n != 0)
			return shape(reterr, "name of the authority");
		t->tsa = any.whole;
	}
	return has_extensions ? check_extensions(extensions.body, reterr) : VF_OK;
}

/* TSTInfo (RFC 3161 2.4.2). */
static enum vf_rc read_info(struct vf_tst *t, struct vf_err *reterr)
{
	struct vf_der info, version, policy, imprint, serial, time;
	struct vf_bytes in;
	uint64_t v;
	enum vf_rc rc;

	if (!vf_der_only(t->cms.content, VF_DER_SEQUENCE, &info) || !vf_der_is_strict(t->cms.content))
		return shape(reterr, "TSTInfo is not strict DER");
	in = info.body;
	if (!vf_der_take_tag(&in, VF_DER_INTEGER, &version) || !vf_der_uint(version.body, &v) || v != 1)
		return shape(reterr, "version is not 1");
	if (!vf_der_take_tag(&in, VF_DER_OID, &policy) || !vf_der_take_tag(&in, VF_DER_SEQUENCE, &imprint) ||
		!vf_der_take_tag(&in, VF_DER_INTEGER, &serial) ||
		!vf_der_take_tag(&in, VF_DER_GENERALIZED_TIME, &time))
		return shape(reterr, "TSTInfo");
	if (!vf_der_generalized_time(time.body, &t->gen_time))
		return shape(reterr, "genTime is not a GeneralizedTime of DER");
	rc = read_imprint(imprint.body, &t->imprint, reterr);
	if (rc != VF_OK)
		return rc;
	t->policy = policy.body;
	t->serial = serial.body;
	return read_rest(in, t, reterr);
}

VF_RC vf_tst_parse(struct vf_bytes der, struct vf_tst *ret, struct vf_err *reterr)
{
	struct vf_tst t = {.der = der};
	enum vf_rc rc = vf_cms_parse(der, VF_CMS_TOKEN, &t.cms, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(t.cms.content_type, vf_bytes(oid_tst_info, sizeof(oid_tst_info))) || t.cms.detached)
		return shape(reterr, "the content is not an embedded TSTInfo");
	rc = read_info(&t, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = t;
	return VF_OK;
}

bool vf_tst_is_token(struct vf_bytes der)
{
	struct vf_der info, type, explicit, data, version, algs, content;

	return vf_der_only(der, VF_DER_SEQUENCE, &info) && vf_der_take_tag(&info.body, VF_DER_OID, &type) &&
		vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) && vf_der_only(explicit.body, VF_DER_SEQUENCE, &data) &&
		vf_der_take_tag(&data.body, VF_DER_INTEGER, &version) && vf_der_take_tag(&data.body, VF_DER_SET, &algs) &&
		vf_der_take_tag(&data.body, VF_DER_SEQUENCE, &content) && vf_der_take_tag(&content.body, VF_DER_OID, &type) &&
		vf_bytes_eq(type.body, vf_bytes(oid_tst_info, sizeof(oid_tst_info)));
}

/* TimeStampResp ::= SEQUENCE { PKIStatusInfo, token OPTIONAL } (RFC 3161 2.4.2). */
VF_RC vf_tsr_parse(struct vf_bytes der, bool allow_mods, struct vf_tst *ret, struct vf_err *reterr)
{
	struct vf_der response, info, status;
	uint64_t v;

	if (der.n > VF_MAX_TOKEN)
		return vf_fail(reterr, VF_LIMIT, "a time-stamp reply of %zu octets", der.n);
	if (!vf_der_only(der, VF_DER_SEQUENCE, &response) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&response.body, VF_DER_SEQUENCE, &info) ||
		!vf_der_take_tag(&info.body, VF_DER_INTEGER, &status) || !vf_der_uint(status.body, &v))
		return shape(reterr, "not a TimeStampResp in DER");
	if (v > (allow_mods ? 1 : 0))
		return vf_fail(reterr, VF_TS_STATUS, "the authority answered with status %" PRIu64, v);
	if (response.body.n == 0)
		return shape(reterr, "a granted reply without a token");
	return vf_tst_parse(response.body, ret, reterr);
}

struct vf_hash vf_tst_id(const struct vf_tst *t)
{
	return vf_sha256_2(t->cms.signed_attrs, t->cms.signature);
}

VF_RC vf_tst_check_nonce(const struct vf_tst *t, struct vf_bytes nonce, struct vf_err *reterr)
{
	if (nonce.n == 0 || !vf_bytes_eq(t->nonce, nonce))
		return vf_fail(reterr, VF_TS_NONCE, "the nonce of the request is not in the token");
	return VF_OK;
}

static enum vf_rc check_imprint(const struct vf_tst *t, const struct vf_digest *imprint, struct vf_err *reterr)
{
	if (t->imprint.alg != imprint->alg)
		return vf_fail(reterr, VF_TS_IMPRINT, "the time-stamp is over %s, not %s",
			vf_alg_name(t->imprint.alg), vf_alg_name(imprint->alg));
	if (!vf_digest_eq(&t->imprint, imprint))
		return vf_fail(reterr, VF_TS_IMPRINT, "the time-stamp is over another value");
	return VF_OK;
}

/* Hashes and key of the token itself; those of the path are path.h's. */
static enum vf_rc check_algorithms(const struct vf_tst *t, const struct vf_cert *leaf, int64_t at,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_alg_check(t->imprint.alg, at, "imprint", reterr);

	if (rc == VF_OK)
		rc = vf_cms_check_algorithms(&t->cms, at, reterr);
	if (rc == VF_OK)
		rc = vf_pubkey_check(leaf->facts.pubkey, leaf->facts.bits, at, leaf->facts.name, reterr);
	return rc;
}

/* Finds the signing certificate and verifies by it all that needs no trust. */
static enum vf_rc check(struct vf_pki *p, const struct vf_tst *t, const struct vf_pki_extra *extra,
	const struct vf_cert **ret, struct vf_err *reterr)
{
	char time[VF_TIME_LEN + 1];
	const struct vf_cert *leaf;
	enum vf_rc rc = vf_cms_check(p, &t->cms, t->cms.content, extra, VF_CMS_TOKEN, &leaf, reterr);

	if (rc == VF_OK)
		rc = vf_path_check_tsa(leaf, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_cert_is_valid_at(leaf, t->gen_time)) {
		vf_time_put(time, t->gen_time);
		return vf_fail(reterr, VF_TS_CERT_TIME, "the certificate of '%s' was not valid at %s",
			leaf->facts.name, time);
	}
	/* RFC 3161 2.4.2: the name, if there is one, is a subject name of the certificate */
	if (t->tsa.n && !vf_cert_has_name(leaf, t->tsa))
		return vf_fail(reterr, VF_TS_ESS, "the token names another authority than '%s'", leaf->facts.name);
	rc = check_algorithms(t, leaf, t->gen_time, reterr);
	if (rc == VF_OK)
		*ret = leaf;
	return rc;
}

VF_RC vf_tst_check(struct vf_pki *p, const struct vf_tst *t, const struct vf_digest *imprint,
	const struct vf_pki_extra *extra, struct vf_cert_facts *ret, struct vf_err *reterr)
{
	const struct vf_cert *leaf;
	enum vf_rc rc = check_imprint(t, imprint, reterr);

	if (rc != VF_OK)
		return rc;
	vf_pki_tidy(p);
	rc = check(p, t, extra, &leaf, reterr);
	if (rc == VF_OK && ret)
		*ret = leaf->facts;
	return rc;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Only the end of the leaf's key, of the hashes in the token, and of the binding to the leaf. */
static int64_t token_strong_until(const struct vf_tst *t, const struct vf_cert *leaf)
{
	return lesser(lesser(vf_alg_until(t->imprint.alg), vf_alg_until(t->cms.digest)),
		lesser(vf_ess_until(&t->cms), vf_pubkey_until(leaf->facts.pubkey, leaf->facts.bits)));
}

/*
 * Revocation of every certificate below the anchor. What is reported is the
 * state of the leaf; a revoked intermediate rejects too, but missing data about
 * one does not count.
 */
static enum vf_rc judge_revocation(struct vf_pki *p, const struct vf_tst *t, const struct vf_path *path,
	const struct vf_pki_extra *extra, struct vf_tst_trust *ret, struct vf_err *reterr)
{
	int64_t at = t->gen_time + (int64_t)t->accuracy_ms, as_of;
	enum vf_revocation state;
	enum vf_rc rc;

	for (size_t i = 0; i + 1 < path->chain.n; i++) {
		rc = vf_revocation_check(p, path->chain.certs[i], path->chain.certs[i + 1], VF_PURPOSE_TIME_STAMPING, at,
			t->cms.crls, t->cms.certificates, extra, &state, &as_of, reterr);
		if (rc != VF_OK)
			return rc;
		if (i > 0 || state <= ret->revocation)
			continue;
		ret->revocation = state;
		ret->revocation_as_of = as_of;
	}
	return VF_OK;
}

static enum vf_rc judge_one(struct vf_pki *p, const struct vf_tst *t, const struct vf_cert *leaf, size_t authority,
	const struct vf_pki_extra *extra, int64_t judged_at, struct vf_tst_trust *ret, struct vf_err *reterr)
{
	struct vf_path path;
	enum vf_rc rc = vf_path_build(p, leaf, VF_PURPOSE_TIME_STAMPING, authority, t->gen_time, t->cms.certificates,
		extra, &path, reterr);

	if (rc == VF_OK)
		rc = judge_revocation(p, t, &path, extra, ret, reterr);
	if (rc == VF_OK)
		rc = vf_path_check_algorithms(&path, judged_at, reterr);
	if (rc != VF_OK)
		return rc;
	if (ret->authorities == 0) {
		ret->earliest_end = path.earliest_end;
		ret->strong_until = lesser(ret->strong_until, path.strong_until);
	}
	ret->authorities |= UINT32_C(1) << authority;
	return VF_OK;
}

/* A path that is found counts; a revoked certificate rejects whichever path shows it. */
static enum vf_rc judge_all(struct vf_pki *p, const struct vf_tst *t, const struct vf_cert *leaf,
	const struct vf_pki_extra *extra, int64_t judged_at, struct vf_tst_trust *ret, struct vf_err *reterr)
{
	struct vf_err first = {.rc = VF_OK}, err;
	bool pinned = false;
	enum vf_rc rc;

	for (size_t a = 0; a < VF_MAX_AUTHORITIES; a++) {
		if (vf_pki_anchor_count(p, a) == 0)
			continue;
		pinned = true;
		rc = judge_one(p, t, leaf, a, extra, judged_at, ret, &err);
		if (rc == VF_OK)
			continue;
		if (rc == VF_REVOKED || rc == VF_NO_MEMORY)
			return vf_fail(reterr, rc, "%s", err.text);
		if (first.rc == VF_OK || first.rc == VF_UNKNOWN_ROOT)
			first = err;
	}
	if (!pinned)
		return vf_fail(reterr, VF_NO_TRUST_ANCHOR, "no authority is pinned");
	if (ret->authorities == 0)
		return vf_fail(reterr, first.rc, "%s", first.text);
	return VF_OK;
}

VF_RC vf_tst_judge(struct vf_pki *p, const struct vf_tst *t, const struct vf_pki_extra *extra, int64_t judged_at,
	bool allow_expired, struct vf_tst_trust *ret, struct vf_err *reterr)
{
	struct vf_tst_trust trust = {.revocation = VF_REVOCATION_NONE, .revocation_as_of = VF_TIME_NONE};
	const struct vf_cert *leaf;
	enum vf_rc rc;

	vf_pki_tidy(p);
	rc = check(p, t, extra, &leaf, reterr);
	if (rc != VF_OK)
		return rc;
	trust.leaf = leaf->facts;
	trust.strong_until = token_strong_until(t, leaf);
	rc = judge_all(p, t, leaf, extra, judged_at, &trust, reterr);
	if (rc == VF_OK)
		rc = check_algorithms(t, leaf, judged_at, reterr);
	if (rc != VF_OK)
		return rc;
	if (!allow_expired && judged_at > leaf->facts.not_after)
		return vf_fail(reterr, VF_TS_EXPIRED, "the certificate of '%s' had expired", leaf->facts.name);
	*ret = trust;
	return VF_OK;
}
