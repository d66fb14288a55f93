#include "verify/revocation.h"

#include "verify/cms.h"
#include "verify/standing.h"
#include "verify/text.h"

/* What all statements together say. Times are those of the newest statement of a kind. */
struct tally {
	const struct vf_cert *cert;
	enum vf_purpose purpose;
	int64_t at;
	int64_t good, later, held; /* VF_TIME_NONE: nobody says so */
	bool revoked;
	int64_t revoked_at;
	size_t n;
};

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* RFC 3161 4 (1): with one of these reasons, and only with one, earlier tokens stay valid. */
static bool is_harmless(const struct vf_standing *s)
{
	return s->has_reason && (s->reason == VF_REASON_UNSPECIFIED || s->reason == VF_REASON_AFFILIATION_CHANGED ||
		s->reason == VF_REASON_SUPERSEDED || s->reason == VF_REASON_CESSATION);
}

static void weigh(struct tally *t, const struct vf_standing *s)
{
	if (!s->counts)
		return;
	if (s->listed && t->purpose == VF_PURPOSE_SIGNING && s->revoked_at > t->at) {
		t->later = greater(t->later, s->this_update);
	} else if (s->listed && s->has_reason && s->reason == VF_REASON_HOLD) {
		t->held = greater(t->held, s->this_update);
	} else if (s->listed && !(s->has_reason && s->reason == VF_REASON_REMOVE)) {
		if (is_harmless(s) && s->revoked_at > t->at) {
			t->later = greater(t->later, s->this_update);
		} else {
			t->revoked = true;
			t->revoked_at = s->revoked_at;
		}
	} else if (!s->silent && (s->this_update > t->at ||
		(s->next_update != VF_TIME_NONE && s->next_update >= t->at))) {
		t->good = greater(t->good, s->this_update);
	}
}

static enum vf_rc weigh_one(struct vf_pki *p, struct tally *t, const struct vf_cert *issuer, bool is_ocsp,
	struct vf_bytes der, struct vf_bytes certs, struct vf_err *reterr)
{
	struct vf_standing s;
	enum vf_rc rc;

	if (++t->n > VF_MAX_STATEMENTS)
		return vf_fail(reterr, VF_LIMIT, "more than %d CRLs and OCSP responses", VF_MAX_STATEMENTS);
	rc = is_ocsp ? vf_ocsp_read(p, der, t->cert, issuer, certs, &s, reterr) :
		       vf_crl_read(p, der, t->cert, issuer, &s, reterr);
	if (rc == VF_OK)
		weigh(t, &s);
	return rc;
}

static enum vf_rc weigh_all(struct vf_pki *p, struct tally *t, const struct vf_cert *issuer, struct vf_bytes crls,
	struct vf_bytes certs, const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	struct vf_bytes der;
	enum vf_rc rc = VF_OK;
	bool is_ocsp;

	while (rc == VF_OK && vf_cms_take_revocation(&crls, &is_ocsp, &der))
		rc = weigh_one(p, t, issuer, is_ocsp, der, certs, reterr);
	for (size_t i = 0; rc == VF_OK && extra && i < extra->n_crls; i++)
		rc = weigh_one(p, t, issuer, false, extra->crls[i], certs, reterr);
	for (size_t i = 0; rc == VF_OK && extra && i < extra->n_ocsp; i++)
		rc = weigh_one(p, t, issuer, true, extra->ocsp[i], certs, reterr);
	return rc;
}

static enum vf_rc refuse(const struct tally *t, struct vf_err *reterr)
{
	char time[VF_TIME_LEN + 1];

	if (!t->revoked)
		return vf_fail(reterr, VF_REVOKED, "the certificate of '%s' was on hold", t->cert->facts.name);
	vf_time_put(time, t->revoked_at);
	return vf_fail(reterr, VF_REVOKED, "the certificate of '%s' was revoked from %s on", t->cert->facts.name, time);
}

VF_RC vf_revocation_check(struct vf_pki *p, const struct vf_cert *cert, const struct vf_cert *issuer,
	enum vf_purpose purpose, int64_t at, struct vf_bytes crls, struct vf_bytes certs, const struct vf_pki_extra *extra,
	enum vf_revocation *ret, int64_t *ret_as_of, struct vf_err *reterr)
{
	struct tally t = {cert, purpose, at, VF_TIME_NONE, VF_TIME_NONE, VF_TIME_NONE, false, 0, 0};
	enum vf_rc rc = weigh_all(p, &t, issuer, crls, certs, extra, reterr);

	if (rc != VF_OK)
		return rc;
	/* a hold is lifted by a newer statement that does not list the certificate */
	if (t.revoked || (t.held != VF_TIME_NONE && t.held >= t.good))
		return refuse(&t, reterr);
	*ret = VF_REVOCATION_NONE;
	*ret_as_of = VF_TIME_NONE;
	if (t.later != VF_TIME_NONE) {
		*ret = VF_REVOCATION_LATER;
		*ret_as_of = t.later;
	} else if (t.good != VF_TIME_NONE) {
		*ret = VF_REVOCATION_GOOD;
		*ret_as_of = t.good;
	}
	return VF_OK;
}
