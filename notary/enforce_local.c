/* Rules over a notary in a folder: its newest parameters, its study, its own record of findings. */
#include "notary/enforce.h"
#include "notary/rules_index.h"

static VF_RC find_parameters(void *ctx, struct vf_bytes study, bool *ret_found, struct nt_content *ret, struct vf_err *ret_why,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	const struct nt_export_options nowhere = {0};
	const struct nt_document *d = NULL;
	enum vf_rc rc = nt_rules_newest(ctx, study, &r, reterr);

	if (rc != VF_OK || !r)
		return rc;
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_bytes_is(r->documents[i].name, TR_PARAMETERS_NAME))
			d = &r->documents[i];
	*ret_found = d && nt_document_open(ctx, &nowhere, d, ret, ret_why) == VF_OK;
	if (ret_why->rc == VF_NO_MEMORY || ret_why->rc == VF_IO)
		return vf_fail(reterr, ret_why->rc, "%s", ret_why->text);
	return VF_OK;
}

static VF_RC make_case(void *ctx, const struct nt_submit *s, const struct nt_submission *more, size_t n, struct nt_case **ret,
	struct vf_err *reterr)
{
	return nt_case_with(ctx, s->study, nt_notary_now(ctx), more, n, ret, reterr);
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)at;
	(void)how;
	*(struct vf_hash *)ctx = *id;
}

static VF_RC attach(void *ctx, const struct nt_submit *s, const struct nt_submit_record *record, struct vf_bytes text,
	struct vf_hash *ret, struct vf_err *reterr)
{
	struct nt_submit kept = *s;
	enum vf_rc rc = nt_submit_keep_text(ctx, text, &record->files[0].digests, reterr);

	kept.keep = true;
	return rc == VF_OK ? nt_submit_unjudged(ctx, &kept, record, 1, take_id, ret, reterr) : rc;
}

struct nt_enforce_at nt_enforce_at_notary(struct nt_notary *n)
{
	return (struct nt_enforce_at){.ctx = n, .parameters = find_parameters, .study = make_case, .attach = attach};
}
