/* Signatures of a graph, when the times are known: their algorithms and who stands behind them. */
#include "verify/graph.h"
#include "verify/path.h"
#include "verify/text.h"

static enum vf_rc judge_signer(struct vf_graph *g, const struct vf_signer *s, struct vf_err *reterr)
{
	struct vf_judge *j = g->j;
	int64_t proven = vf_graph_is_full(g) ? vf_graph_proven_time(g, s->node, NULL) : VF_TIME_NONE,
		at = proven;
	const struct vf_cert *c;
	char part[200];
	struct vf_err err = {0};
	enum vf_rc rc = vf_pki_cert(j->s->pki, s->cert, &c, &err);

	for (size_t i = 0; proven == VF_TIME_NONE && i < g->n_claims; i++)
		if (g->evidence[i].holds && g->claims[i].reach[s->node] &&
			(at == VF_TIME_NONE || g->evidence[i].tokens[0].gen_time < at))
			at = g->evidence[i].tokens[0].gen_time;
	if (at == VF_TIME_NONE)
		at = j->s->at;
	vf_text_escape(part, sizeof(part), g->nodes[s->node]->name);
	if (rc == VF_OK)
		rc = vf_cms_check_algorithms(&s->cms, at, &err);
	if (rc == VF_OK)
		rc = vf_pubkey_check(c->facts.pubkey, c->facts.bits, at, c->facts.name, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_SIGNATURE, rc, &err, part, reterr);
	vf_report_pass(j->r, VF_CHECK_SIGNATURE);
	vf_judge_show_signer(j, &c->facts);
	if (proven == VF_TIME_NONE) {
		/* a certificate is judged at a proven time only; when the files have one, this is all that is
		 * missing */
		j->has_untrusted_signer = true;
		j->r->submitter_trusted = false;
		if (j->r->existed_by == VF_TIME_NONE)
			return VF_OK;
		rc = vf_fail(&err, VF_NO_TIME, "no time-stamp that counts is over this signature");
		return vf_judge_note(j, VF_CHECK_SUBMITTER, rc, &err, part, reterr);
	}
	return vf_judge_signer(j, s->cert, &s->cms, s->extra, proven, part, reterr);
}

/* The names of signers must not be read as if they had signed, or any time-stamp dated, what neither is over.
 */
static void note_partly(struct vf_graph *g)
{
	struct vf_judge *j = g->j;
	size_t n_unsigned = 0, n_undated = 0;
	struct vf_err err;

	for (uint32_t i = 0; i < g->n; i++) {
		if (!g->nodes[i]->is_payload)
			continue;
		n_unsigned += !g->nodes[i]->is_signed;
		n_undated += g->nodes[i]->is_signed && !vf_graph_is_dated(g, i);
	}
	if (n_undated && g->n_claims && j->s->integrity_only)
		vf_report_unchecked(j->r, "TIME",
			"when %zu of %zu files existed (signed, and no time-stamp covers them)", n_undated,
			j->n_files);
	if (n_unsigned == 0)
		return;
	if (!vf_graph_is_full(g) || !j->s->policy.submitter_required) {
		vf_report_unchecked(j->r, "UNSIGNED",
			"who stands behind %zu of %zu files (no signature covers them)", n_unsigned,
			j->n_files);
		return;
	}
	vf_fail(&err, VF_POLICY_UNMET,
		"the policy asks for a submitter's signature and %zu of %zu files have none", n_unsigned,
		j->n_files);
	vf_report_fault(j->r, VF_CHECK_SUBMITTER, &err, NULL);
}

VF_RC vf_graph_judge_signers(struct vf_graph *g, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (g->n_signers == 0 && g->j->r->checks[VF_CHECK_SIGNATURE] == VF_RESULT_NOT_CHECKED)
		vf_judge_unsigned(g->j);
	for (size_t i = 0; rc == VF_OK && i < g->n_signers; i++)
		rc = judge_signer(g, &g->signers[i], reterr);
	if (rc == VF_OK && g->n_signers)
		note_partly(g);
	return rc;
}
