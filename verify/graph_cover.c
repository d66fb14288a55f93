/* What each evidence record and time-stamp of a graph is directly over. */
#include <inttypes.h>

#include "verify/graph.h"
#include "verify/text.h"

struct objects {
	struct vf_graph *g;
	const struct vf_claim *c;
};

static enum vf_rc yield_digest(
	const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	const struct objects *o = ctx;

	return vf_graph_digest(o->g, o->c->over[i], alg, ret, reterr);
}

/* As a token says it: the imprint is another one. */
static enum vf_rc cover_token(
	struct vf_graph *g, const struct vf_claim *c, struct vf_evidence *e, struct vf_err *reterr)
{
	struct vf_digest found;
	enum vf_rc rc = vf_graph_digest(g, c->over[0], e->tokens[0].imprint.alg, &found, reterr);

	if (rc == VF_OK && !vf_digest_eq(&found, &e->tokens[0].imprint))
		rc = vf_fail(reterr, VF_TS_IMPRINT, "the time-stamp is over other data");
	return rc;
}

/* The size of what is there; 0 when only digests are. */
static uint64_t size_of(const struct vf_node *n)
{
	if (n->entry)
		return n->entry->size;
	if (n->has_octets)
		return n->octets.n;
	return n->given && n->given->source ? n->given->source->size : 0;
}

/*
 * RFC 4998 hashes nodes like files: what is under a node, digests in ascending order
 * (of a renewal two in any order), has the node's digest, and a record whose first
 * list holds the node covers it as if it had been a file. Asked once for each node
 * and algorithm, as it is read for it.
 */
static bool may_be_node(struct vf_graph *g, uint32_t node, enum vf_alg alg)
{
	const size_t mark = g->j->a->used, one = vf_alg_size(alg);
	uint64_t size = size_of(g->nodes[node]);
	struct vf_bytes all, before = {NULL, 0}, value;
	struct vf_err ignored;
	bool ascends = true;

	if (one == 0 || size < 2 * one || size > (uint64_t)VF_MAX_ER_VALUES * one || size % one != 0 ||
		(g->nodes[node]->node_algs >> alg & 1))
		return false;
	g->nodes[node]->node_algs |= UINT32_C(1) << alg;
	if (size == 2 * one)
		return true;
	if (vf_graph_read(g, node, &all, &ignored) != VF_OK)
		return true; /* nobody can say that it is none */
	while (ascends && all.n && vf_take(&all, one, &value)) {
		ascends = before.n == 0 || vf_bytes_cmp(before, value) <= 0;
		before = value;
	}
	g->j->a->used = mark;
	return ascends;
}

static void note_nodes(struct vf_graph *g, const struct vf_claim *c, const struct vf_evidence *e)
{
	char name[200];

	for (size_t i = 0; i < c->n_over; i++) {
		if (!may_be_node(g, c->over[i], e->er.stamps[0].alg))
			continue;
		vf_text_escape(name, sizeof(name), g->nodes[c->over[i]]->name);
		vf_report_unchecked(g->j->r, "TREE_NODE",
			"%.100s: that it ever was a file (its octets may be digests in a hash tree)", name);
	}
}

/* Each object that is not covered is a fault of its own; the others are proven nevertheless. */
static void sort_out(
	struct vf_graph *g, struct vf_claim *c, const struct vf_evidence *e, const struct vf_er_cover *cover)
{
	size_t kept = 0;

	for (size_t i = 0; i < cover->n_objects; i++) {
		const struct vf_node *node = g->nodes[c->over[i]];
		char name[200];
		struct vf_err err;

		if (cover->until[i] == cover->n_chains) {
			c->over[kept++] = c->over[i];
			continue;
		}
		vf_text_escape(name, sizeof(name), node->name);
		if (cover->until[i] == 0) {
			vf_fail(&err, VF_ER_NOT_COVERED, "its digest is not in the first list of '%.100s'",
				e->part);
			vf_report_fault(g->j->r, VF_CHECK_GROUP, &err, name);
		} else {
			vf_fail(&err, VF_ER_RENEWAL, "provable only up to chain %" PRIu32 " of %zu",
				cover->until[i], cover->n_chains);
			vf_report_fault(g->j->r, VF_CHECK_RENEWALS, &err, name);
		}
	}
	c->n_over = kept;
}

static void count_others(struct vf_graph *g, const struct vf_evidence *e, const struct vf_er_cover *cover)
{
	struct vf_err err;
	size_t most = 0;

	for (size_t i = 0; i < cover->n_chains; i++)
		if (cover->others[i] > most)
			most = cover->others[i];
	if (most == 0)
		return;
	g->j->r->n_others += most;
	if (!g->options.exact)
		return;
	vf_fail(&err, VF_ER_GROUP, "the record covers %zu other object%s", most, most == 1 ? "" : "s");
	vf_report_fault(g->j->r, VF_CHECK_GROUP, &err, e->part);
}

static enum vf_rc cover_record(
	struct vf_graph *g, struct vf_claim *c, struct vf_evidence *e, struct vf_err *reterr)
{
	const struct objects ctx = {g, c};
	const struct vf_er_objects objects = {.n = c->n_over, .digest = yield_digest, .ctx = &ctx};
	struct vf_er_cover cover;
	struct vf_err err = {0};
	enum vf_rc rc = vf_er_check_links(&e->er, &err);

	if (rc != VF_OK) {
		e->holds = false;
		return vf_judge_note(g->j, VF_CHECK_RENEWALS, rc, &err, e->part, reterr);
	}
	rc = vf_er_cover(&e->er, &objects, g->options.sorted_renewal, g->j->a, &cover, reterr);
	if (rc != VF_OK)
		return rc;
	sort_out(g, c, e, &cover);
	note_nodes(g, c, e);
	count_others(g, e, &cover);
	if (cover.sorted && !g->j->r->sorted_renewal)
		vf_report_unchecked(g->j->r, "SORTED_RENEWAL",
			"renewals by the order of RFC 4998: they hold only in the sorted form, as "
			"--sorted-renewal allows");
	g->j->r->sorted_renewal = g->j->r->sorted_renewal || cover.sorted;
	if (e->er.n_stamps > 1)
		vf_report_pass(g->j->r, VF_CHECK_RENEWALS);
	if (!vf_er_algorithms_agree(&e->er))
		vf_report_unchecked(g->j->r, "ER_ALGORITHM_LIST",
			"%.100s: its list of algorithms, which is not that of its chains", e->part);
	return VF_OK;
}

VF_RC vf_graph_judge_claim(
	struct vf_graph *g, struct vf_claim *c, struct vf_evidence *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = vf_judge_tokens(g->j, e, reterr);

	if (rc != VF_OK || !e->holds)
		return rc;
	rc = c->is_token ? cover_token(g, c, e, &err) : cover_record(g, c, e, &err);
	e->holds = e->holds && rc == VF_OK;
	return vf_judge_note(g->j, VF_CHECK_GROUP, rc, &err, e->part, reterr);
}
