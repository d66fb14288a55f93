/* What the judgements of bundles and of other evidence share. */
#include "verify/judge.h"

#include <stdio.h>

#include "verify/path.h"
#include "verify/revocation.h"
#include "verify/text.h"

VF_RC vf_judge_note(struct vf_judge *j, enum vf_check c, enum vf_rc rc, struct vf_err *err, const char *object,
	struct vf_err *reterr)
{
	enum vf_class class_ = vf_rc_class(rc);

	if (rc == VF_OK) {
		vf_report_pass(j->r, c);
		return VF_OK;
	}
	if (rc != VF_NO_MEMORY && (class_ == VF_CLASS_REJECTED || class_ == VF_CLASS_UNDECIDED)) {
		err->rc = rc;
		vf_report_fault(j->r, c, err, object);
		return VF_OK;
	}
	if (reterr)
		*reterr = *err;
	return rc;
}

VF_RC vf_judge_part(struct vf_judge *j, enum vf_check c, const char *name, struct vf_bytes *ret, bool *ret_there,
	struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_zip_find(&j->box.zip, vf_bytes_str(name));
	struct vf_err err = {0};
	enum vf_rc rc;

	if (!e)
		rc = vf_fail(&err, VF_MISSING_PART, "'%s' is not in the container", name);
	else
		rc = vf_container_read(&j->box, e, j->a, ret, &err);
	*ret_there = rc == VF_OK;
	return rc == VF_OK ? VF_OK : vf_judge_note(j, c, rc, &err, name, reterr);
}

static bool is_operator_alone(const struct vf_judge *j)
{
	uint32_t operators = 0;

	for (size_t i = 0; i < j->s->policy.n_authorities; i++)
		operators |= j->s->policy.authorities[i].operator_ ? UINT32_C(1) << i : 0;
	for (size_t i = 0; i < j->n_votes; i++)
		if (((UINT32_C(1) << j->votes[i].authority | j->votes[i].renewed_by) & operators) == 0)
			return false;
	return !j->r->n_witnesses;
}

bool vf_judge_note_operator(struct vf_judge *j)
{
	if (!is_operator_alone(j))
		return false;
	vf_report_unchecked(j->r, "OPERATOR_ONLY", "the time by anybody but the operator of the log: only the operator vouches for it");
	return true;
}

void vf_judge_no_trust(struct vf_judge *j)
{
	struct vf_err err;

	if (j->s->integrity_only) {
		vf_report_unchecked(j->r, "TRUST", "who vouches for the time%s (--integrity-only)",
			j->r->form == VF_FORM_BUNDLE ? " and for the log" : "");
		return;
	}
	vf_fail(&err, VF_NO_TRUST_ANCHOR, "%s authorities that you did not pin",
		j->r->form == VF_FORM_BUNDLE ? "the time-stamp and the log name" : "the evidence names");
	vf_report_fault(j->r, VF_CHECK_AUTHORITY, &err, NULL);
}

static enum vf_rc check_revocation(struct vf_judge *j, const struct vf_path *path, const struct vf_signed *sig,
	const struct vf_pki_extra *extra, int64_t at, enum vf_signer_state *ret, struct vf_err *reterr)
{
	enum vf_revocation state = VF_REVOCATION_NONE, one;
	int64_t as_of = VF_TIME_NONE, one_as_of;
	char text[VF_TIME_LEN + 1];
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i + 1 < path->chain.n; i++) {
		rc = vf_revocation_check(j->s->pki, path->chain.certs[i], path->chain.certs[i + 1], VF_PURPOSE_SIGNING, at,
			sig->crls, sig->certificates, extra, &one, &one_as_of, reterr);
		if (rc == VF_OK && i == 0) {
			state = one;
			as_of = one_as_of;
		}
	}
	if (rc != VF_OK)
		return rc;
	*ret = state == VF_REVOCATION_NONE ? VF_SIGNER_NO_REVOCATION : VF_SIGNER_GOOD;
	if (state == VF_REVOCATION_NONE) {
		vf_report_unchecked(j->r, "SUBMITTER_REVOCATION", "whether the signer's certificate was revoked (no data there)");
		return VF_OK;
	}
	vf_time_put(text, as_of);
	vf_report_unchecked(j->r, "SUBMITTER_REVOCATION_LATER", "whether the signer's certificate was revoked after %s", text);
	return VF_OK;
}

VF_RC vf_judge_signer(struct vf_judge *j, struct vf_bytes cert, const struct vf_signed *sig,
	const struct vf_pki_extra *extra, int64_t at, const char *object, struct vf_err *reterr)
{
	enum vf_signer_state state = VF_SIGNER_BAD;
	struct vf_path path;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (vf_pki_anchor_count(j->s->pki, VF_PKI_SUBMITTERS) == 0)
		rc = vf_fail(&err, VF_UNKNOWN_SIGNER, "the trust directory pins no roots of submitters");
	else
		rc = vf_path_check_signer(j->s->pki, cert, at, sig->certificates, extra, &path, &err);
	if (rc == VF_OK)
		rc = check_revocation(j, &path, sig, extra, at, &state, &err);
	if (rc == VF_UNKNOWN_SIGNER)
		state = VF_SIGNER_UNKNOWN_ROOT;
	j->r->signer_state = state > j->r->signer_state ? state : j->r->signer_state;
	/* the report names all signers in one breath: it vouches for all of them or none */
	j->has_untrusted_signer = j->has_untrusted_signer || rc != VF_OK;
	j->r->submitter_trusted = !j->has_untrusted_signer && j->r->checks[VF_CHECK_SUBMITTER] != VF_RESULT_FAIL;
	if (rc != VF_UNKNOWN_SIGNER || j->s->policy.submitter_required)
		return vf_judge_note(j, VF_CHECK_SUBMITTER, rc, &err, object, reterr);
	vf_report_unchecked(j->r, "SUBMITTER_ROOT", "who stands behind the signer's certificate (no pinned root vouches for it)");
	vf_report_pass(j->r, VF_CHECK_SUBMITTER);
	return VF_OK;
}

void vf_judge_show_signer(struct vf_judge *j, const struct vf_cert_facts *facts)
{
	size_t n = strlen(j->r->submitter);

	if (!j->r->has_submitter)
		j->r->submitter_certificate = facts->sha256;
	snprintf(j->r->submitter + n, sizeof(j->r->submitter) - n, "%s%s", n ? ", " : "", facts->name);
	j->r->has_submitter = true;
}

void vf_judge_unsigned(struct vf_judge *j)
{
	struct vf_err err;

	vf_report_skip(j->r, VF_CHECK_SIGNATURE);
	if (j->s->has_trust && !j->s->integrity_only && j->s->policy.submitter_required) {
		vf_fail(&err, VF_POLICY_UNMET, "the policy asks for a submitter's signature and the record has none");
		vf_report_fault(j->r, VF_CHECK_SUBMITTER, &err, NULL);
	} else {
		vf_report_skip(j->r, VF_CHECK_SUBMITTER);
		if (j->r->form != VF_FORM_BUNDLE)
			return;
		vf_report_unchecked(j->r, "UNSIGNED", "who submitted the record (it is not signed by a submitter)");
	}
}
