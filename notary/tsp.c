#include "notary/tsp.h"

#include <inttypes.h>
#include <stdio.h>

#include "notary/der_out.h"
#include "verify/limits.h"
#include "verify/text.h"

/* PKIStatus (RFC 3161 2.4.2). */
#define GRANTED 0
#define REJECTION 2

static const char *const statuses[] = {
	"granted", "grantedWithMods", "rejection", "waiting", "revocationWarning", "revocationNotification",
};

static const struct {
	enum nt_tsp_fail bit;
	const char *name;
} fails[] = {
	{NT_TSP_BAD_ALG, "badAlg"},
	{NT_TSP_BAD_REQUEST, "badRequest"},
	{NT_TSP_BAD_DATA_FORMAT, "badDataFormat"},
	{NT_TSP_TIME_NOT_AVAILABLE, "timeNotAvailable"},
	{NT_TSP_UNACCEPTED_POLICY, "unacceptedPolicy"},
	{NT_TSP_UNACCEPTED_EXTENSION, "unacceptedExtension"},
	{NT_TSP_ADD_INFO_NOT_AVAILABLE, "addInfoNotAvailable"},
	{NT_TSP_SYSTEM_FAILURE, "systemFailure"},
};

/* ---- requests ---- */

/* MessageImprint. The parameters of the algorithm are NULL, as in what openssl and Bouncy Castle send. */
static void put_imprint(struct nt_buf *out, const struct vf_digest *d)
{
	size_t at = nt_der_begin(out), alg = nt_der_begin(out);

	nt_der_put(out, VF_DER_OID, vf_alg_oid(d->alg));
	nt_der_put(out, VF_DER_NULL, vf_bytes(NULL, 0));
	nt_der_end(out, alg, VF_DER_SEQUENCE);
	nt_der_put(out, VF_DER_OCTET_STRING, vf_digest_bytes(d));
	nt_der_end(out, at, VF_DER_SEQUENCE);
}

VF_RC nt_tsp_request_put(struct nt_buf *out, const struct nt_tsp_request *q, struct vf_err *reterr)
{
	size_t at = nt_der_begin(out);

	nt_der_put_uint(out, VF_DER_INTEGER, 1);
	put_imprint(out, &q->imprint);
	if (q->policy.n)
		nt_der_put(out, VF_DER_OID, q->policy);
	if (q->nonce.n)
		nt_der_put(out, VF_DER_INTEGER, q->nonce);
	if (q->cert_req) /* DEFAULT FALSE: absent otherwise */
		nt_der_put_bool(out, true);
	nt_der_end(out, at, VF_DER_SEQUENCE);
	return nt_buf_check(out, reterr);
}

struct reader {
	enum nt_tsp_fail *fail;
	struct vf_err *err;
};

static enum vf_rc refuse(struct reader *r, enum nt_tsp_fail fail, enum vf_rc rc, const char *why)
{
	*r->fail = fail;
	return vf_fail(r->err, rc, "time-stamp request: %s", why);
}

static enum vf_rc read_imprint(struct reader *r, struct vf_bytes in, struct vf_digest *ret)
{
	struct vf_der alg, oid, parameters, value;
	bool has_parameters;

	if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &alg) || !vf_der_only(in, VF_DER_OCTET_STRING, &value) ||
		!vf_der_take_tag(&alg.body, VF_DER_OID, &oid) || !vf_der_is_oid(oid.body))
		return refuse(r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "malformed imprint");
	ret->alg = vf_alg_from_oid(oid.body);
	if (ret->alg != VF_SHA256 && ret->alg != VF_SHA384 && ret->alg != VF_SHA512)
		return refuse(r, NT_TSP_BAD_ALG, VF_UNSUPPORTED, "the imprint is not SHA-256, SHA-384 or SHA-512");
	if (!vf_der_take_optional(&alg.body, VF_DER_NULL, &parameters, &has_parameters) || alg.body.n != 0 ||
		(has_parameters && parameters.body.n != 0))
		return refuse(r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "malformed parameters of the algorithm");
	if (value.body.n != vf_alg_size(ret->alg))
		return refuse(r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE,
			"the imprint has not the length of its algorithm");
	memcpy(ret->b, value.body.p, value.body.n);
	return VF_OK;
}

/* What follows the imprint; all of it is optional. */
static enum vf_rc read_rest(struct reader *r, struct vf_bytes in, struct nt_tsp_request *q)
{
	struct vf_der policy, nonce, cert_req, extensions;
	bool has_policy, has_nonce, has_cert_req, has_extensions;

	if (!vf_der_take_optional(&in, VF_DER_OID, &policy, &has_policy) ||
		!vf_der_take_optional(&in, VF_DER_INTEGER, &nonce, &has_nonce) ||
		!vf_der_take_optional(&in, VF_DER_BOOLEAN, &cert_req, &has_cert_req) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &extensions, &has_extensions) || in.n != 0)
		return refuse(r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "malformed after the imprint");
	if ((has_policy && !vf_der_is_oid(policy.body)) || (has_nonce && !vf_der_is_integer(nonce.body)))
		return refuse(r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "malformed policy or nonce");
	/* DEFAULT FALSE is not written in DER (X.690 11.5) */
	if (has_cert_req && (!vf_der_bool(cert_req.body, &q->cert_req) || !q->cert_req))
		return refuse(r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "malformed certReq");
	if (has_nonce && nonce.body.n > NT_TSP_MAX_NONCE)
		return refuse(r, NT_TSP_BAD_REQUEST, VF_TS_SHAPE, "the nonce is too long");
	if (has_extensions)
		return refuse(r, NT_TSP_UNACCEPTED_EXTENSION, VF_UNSUPPORTED, "it holds an extension");
	if (has_policy)
		q->policy = policy.body;
	if (has_nonce)
		q->nonce = nonce.body;
	return VF_OK;
}

VF_RC nt_tsp_request_read(
	struct vf_bytes der, struct nt_tsp_request *ret, enum nt_tsp_fail *ret_fail, struct vf_err *reterr)
{
	struct reader r = {.fail = ret_fail, .err = reterr};
	struct nt_tsp_request q = {.cert_req = false};
	struct vf_der all, version, imprint;
	uint64_t v;
	enum vf_rc rc;

	if (der.n > NT_TSP_MAX_REQUEST)
		return refuse(&r, NT_TSP_BAD_REQUEST, VF_TS_SHAPE, "it is too long");
	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der))
		return refuse(&r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "it is not one element of strict DER");
	if (!vf_der_take_tag(&all.body, VF_DER_INTEGER, &version) || !vf_der_uint(version.body, &v) || v != 1)
		return refuse(&r, NT_TSP_BAD_REQUEST, VF_TS_SHAPE, "the version is not 1");
	if (!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &imprint))
		return refuse(&r, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE, "there is no imprint");
	rc = read_imprint(&r, imprint.body, &q.imprint);
	if (rc == VF_OK)
		rc = read_rest(&r, all.body, &q);
	if (rc != VF_OK)
		return rc;
	*ret = q;
	return VF_OK;
}

/* ---- responses ---- */

VF_RC nt_tsp_granted_put(struct nt_buf *out, struct vf_bytes token, struct vf_err *reterr)
{
	size_t at = nt_der_begin(out), info = nt_der_begin(out);

	nt_der_put_uint(out, VF_DER_INTEGER, GRANTED);
	nt_der_end(out, info, VF_DER_SEQUENCE);
	nt_buf_put(out, token);
	nt_der_end(out, at, VF_DER_SEQUENCE);
	return nt_buf_check(out, reterr);
}

/* A BIT STRING with one bit set; what follows the last one is not written (X.690 11.2.2). */
static void put_fail(struct nt_buf *out, enum nt_tsp_fail fail)
{
	unsigned bit = (unsigned)fail;
	size_t at = nt_der_begin(out);

	nt_buf_put_u8(out, (uint8_t)(7 - bit % 8));
	for (unsigned i = 0; i < bit / 8; i++)
		nt_buf_put_u8(out, 0);
	nt_buf_put_u8(out, (uint8_t)(0x80 >> bit % 8));
	nt_der_end(out, at, VF_DER_BIT_STRING);
}

VF_RC nt_tsp_refused_put(struct nt_buf *out, enum nt_tsp_fail fail, const char *text, struct vf_err *reterr)
{
	size_t at = nt_der_begin(out), info = nt_der_begin(out), list;

	nt_der_put_uint(out, VF_DER_INTEGER, REJECTION);
	list = nt_der_begin(out);
	nt_der_put(out, VF_DER_UTF8_STRING, vf_bytes_str(text));
	nt_der_end(out, list, VF_DER_SEQUENCE);
	put_fail(out, fail);
	nt_der_end(out, info, VF_DER_SEQUENCE);
	nt_der_end(out, at, VF_DER_SEQUENCE);
	return nt_buf_check(out, reterr);
}

/* PKIStatusInfo. */
struct status {
	uint64_t status;
	struct vf_bytes texts; /* contents of PKIFreeText; empty when absent */
	struct vf_bytes fail;  /* contents of the BIT STRING; empty when absent */
};

static bool is_texts(struct vf_bytes in)
{
	struct vf_der one;

	while (in.n)
		if (!vf_der_take_tag(&in, VF_DER_UTF8_STRING, &one) || !vf_utf8_is(one.body))
			return false;
	return true;
}

/* Any BIT STRING: authorities differ in whether they cut trailing zero bits. */
static bool is_bits(struct vf_bytes in)
{
	uint8_t unused;

	return vf_take_u8(&in, &unused) && unused <= 7 && (in.n > 0 || unused == 0);
}

/* TimeStampResp ::= SEQUENCE { PKIStatusInfo, token OPTIONAL }; rest is what follows the status. */
static bool read_status(struct vf_bytes der, struct status *ret, struct vf_bytes *ret_rest)
{
	struct vf_der all, info, status, texts, fail;
	struct status s = {.status = 0};
	bool has_texts, has_fail;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &info) ||
		!vf_der_take_tag(&info.body, VF_DER_INTEGER, &status) || !vf_der_uint(status.body, &s.status) ||
		!vf_der_take_optional(&info.body, VF_DER_SEQUENCE, &texts, &has_texts) ||
		!vf_der_take_optional(&info.body, VF_DER_BIT_STRING, &fail, &has_fail) || info.body.n != 0)
		return false;
	if ((has_texts && !is_texts(texts.body)) || (has_fail && !is_bits(fail.body)))
		return false;
	if (has_texts)
		s.texts = texts.body;
	if (has_fail)
		s.fail = fail.body;
	*ret = s;
	*ret_rest = all.body;
	return true;
}

static bool has_bit(struct vf_bytes fail, unsigned bit)
{
	struct vf_bytes octet;

	return vf_bytes_slice(fail, 1 + bit / 8, 1, &octet) && (octet.p[0] & 0x80u >> bit % 8) != 0;
}

static bool has_any_bit(struct vf_bytes fail)
{
	for (unsigned bit = 0; fail.n && bit < 8 * (fail.n - 1); bit++)
		if (has_bit(fail, bit))
			return true;
	return false;
}

/* A short line under construction; what does not fit is cut. */
struct line {
	char *out;
	size_t n, used;
};

static void add(struct line *l, const char *between, const char *text)
{
	int n = snprintf(l->out + l->used, l->n - l->used, "%s%s", between, text);

	if (n > 0)
		l->used += (size_t)n < l->n - l->used ? (size_t)n : l->n - l->used - 1;
}

void nt_tsp_status_text(struct vf_bytes response, char *out, size_t n)
{
	struct line l = {.out = out, .n = n};
	struct vf_bytes ignored;
	struct vf_der one;
	struct status s;
	char shown[120];

	if (n == 0)
		return;
	out[0] = '\0';
	if (!read_status(response, &s, &ignored)) {
		add(&l, "", "no TimeStampResp in DER");
		return;
	}
	snprintf(shown, sizeof(shown), "status %" PRIu64, s.status);
	add(&l, "", s.status < sizeof(statuses) / sizeof(statuses[0]) ? statuses[s.status] : shown);
	for (size_t i = 0; i < sizeof(fails) / sizeof(fails[0]); i++)
		if (has_bit(s.fail, (unsigned)fails[i].bit))
			add(&l, ", ", fails[i].name);
	for (const char *between = ": "; s.texts.n && vf_der_take(&s.texts, &one); between = "; ") {
		vf_text_escape(shown, sizeof(shown), one.body);
		add(&l, between, shown);
	}
}

VF_RC nt_tsp_response_token(struct vf_bytes der, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes rest;
	struct vf_der token;
	struct status s;
	char text[240];

	if (!read_status(der, &s, &rest))
		return vf_fail(reterr, VF_TS_SHAPE, "the answer is no TimeStampResp in strict DER");
	if (s.status != GRANTED) {
		nt_tsp_status_text(der, text, sizeof(text));
		return vf_fail(reterr, VF_TS_STATUS, "the authority answered: %s", text);
	}
	/* RFC 3161 2.4.2: failInfo is for an answer without a token */
	if (has_any_bit(s.fail) || !vf_der_only(rest, VF_DER_SEQUENCE, &token))
		return vf_fail(reterr, VF_TS_SHAPE, "a granted answer without a token, or with more than one");
	*ret = token.whole;
	return VF_OK;
}
