/* What the evidence of a graph is worth, and so each of its files. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/cms.h"
#include "verify/ess.h"
#include "verify/graph.h"
#include "verify/text.h"

/* ---- what follows ---- */

static void spread(const struct vf_graph *g, uint8_t *reach, uint32_t *stack, uint32_t from)
{
	size_t n = 0;

	if (reach[from])
		return;
	reach[from] = 1;
	stack[n++] = from;
	/* each node is pushed once, so the stack holds them all */
	while (n) {
		for (const struct vf_edge *e = g->nodes[stack[--n]]->edges; e; e = e->next) {
			if (reach[e->to])
				continue;
			reach[e->to] = 1;
			stack[n++] = e->to;
		}
	}
}

static enum vf_rc spread_all(struct vf_graph *g, struct vf_err *reterr)
{
	uint32_t *stack = VF_NEW(g->j->a, g->n + 1, uint32_t);
	uint8_t *reach = VF_NEW(g->j->a, g->n + 1, uint8_t);

	if (!stack || !reach)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to follow lists");
	for (size_t i = 0; i < g->n_signers; i++)
		spread(g, reach, stack, g->signers[i].node);
	for (uint32_t i = 0; i < g->n; i++)
		g->nodes[i]->is_signed = reach[i];
	for (size_t i = 0; i < g->n_claims; i++) {
		struct vf_claim *c = &g->claims[i];

		if (!g->evidence[i].holds)
			continue;
		c->reach = VF_NEW(g->j->a, g->n + 1, uint8_t);
		if (!c->reach)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to follow lists");
		for (size_t k = 0; k < c->n_over; k++)
			spread(g, c->reach, stack, c->over[k]);
	}
	return VF_OK;
}

bool vf_graph_is_full(const struct vf_graph *g)
{
	return g->j->s->has_trust && !g->j->s->integrity_only;
}

static bool counts(const struct vf_graph *g, size_t claim)
{
	return g->evidence[claim].holds && (!vf_graph_is_full(g) || g->evidence[claim].is_trusted);
}

static bool covers(const struct vf_graph *g, size_t a, size_t b)
{
	return g->claims[b].has_holder && g->evidence[a].holds && g->claims[a].reach[g->claims[b].holder];
}

/* Newer, or of the same second and over the other's place. */
static bool is_before(const struct vf_graph *g, size_t a, size_t b)
{
	int64_t x = g->evidence[a].tokens[0].gen_time, y = g->evidence[b].tokens[0].gen_time;

	return x > y || (x == y && covers(g, a, b) && !covers(g, b, a));
}

static void swap(size_t *a, size_t *b)
{
	size_t x = *a;

	*a = *b;
	*b = x;
}

/* Newest first, so that what covers is judged before. A over B over C need not be over C: each place asks anew. */
static void put_in_order(const struct vf_graph *g, size_t *order)
{
	for (size_t at = 0; at < g->n_claims; at++)
		order[at] = at;
	for (size_t at = 0; at < g->n_claims; at++)
		for (size_t pass = at; pass < g->n_claims; pass++) /* what it passes over may be before what it finds */
			for (size_t i = at + 1; i < g->n_claims; i++)
				if (is_before(g, order[i], order[at]))
					swap(&order[i], &order[at]);
}

/* The earliest evidence that covers claim i's own place after its last token; NULL when there is none. */
static const struct vf_evidence *find_cover(const struct vf_graph *g, const size_t *order, size_t place)
{
	const struct vf_claim *c = &g->claims[order[place]];
	const struct vf_evidence *e = &g->evidence[order[place]], *found = NULL;

	for (size_t k = 0; c->has_holder && k < place; k++) {
		const struct vf_evidence *d = &g->evidence[order[k]];

		if (!counts(g, order[k]) || !g->claims[order[k]].reach[c->holder] ||
			d->tokens[0].gen_time < e->tokens[e->er.n_stamps - 1].gen_time)
			continue;
		if (!found || d->tokens[0].gen_time < found->tokens[0].gen_time)
			found = d;
	}
	return found;
}

static enum vf_rc judge_trust(struct vf_graph *g, struct vf_err *reterr)
{
	size_t order[VF_MAX_CLAIMS];
	enum vf_rc rc = VF_OK;

	put_in_order(g, order);
	for (size_t k = 0; rc == VF_OK && k < g->n_claims; k++) {
		struct vf_evidence *e = &g->evidence[order[k]];
		const struct vf_evidence *cover = find_cover(g, order, k);

		if (!e->holds)
			continue;
		if (cover) {
			e->is_covered = true;
			e->covered_at = cover->tokens[0].gen_time;
		}
		rc = vf_judge_trust(g->j, e, reterr);
		if (rc != VF_OK || !e->is_trusted)
			continue;
		if (cover && !e->stands)
			e->vote.renewed_by |= UINT32_C(1) << cover->vote.authority | cover->vote.renewed_by;
		e->stamps[0].renewed_by = e->vote.renewed_by;
		g->j->votes[g->j->n_votes++] = e->vote;
	}
	return rc;
}

/* ---- what is proven about one node ---- */

static size_t votes_for(const struct vf_graph *g, uint32_t node, struct vf_vote *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_claims; i++)
		if (counts(g, i) && g->claims[i].reach[node])
			ret[n++] = g->evidence[i].vote;
	return n;
}

int64_t vf_graph_proven_time(const struct vf_graph *g, uint32_t node, struct vf_err *reterr)
{
	const struct vf_policy *p = &g->j->s->policy;
	struct vf_vote votes[VF_MAX_CLAIMS] = {{0}};
	size_t n = votes_for(g, node, votes);
	int64_t found = VF_TIME_NONE;

	if (vf_policy_check(p, votes, n, INT64_MAX, reterr) != VF_OK)
		return VF_TIME_NONE;
	for (size_t i = 0; i < n; i++)
		if ((found == VF_TIME_NONE || votes[i].time < found) && vf_policy_check(p, votes, n, votes[i].time, NULL) == VF_OK)
			found = votes[i].time;
	return found;
}

bool vf_graph_is_dated(const struct vf_graph *g, uint32_t node)
{
	for (size_t i = 0; i < g->n_claims; i++)
		if (g->evidence[i].holds && g->claims[i].reach[node])
			return true;
	return false;
}

static bool is_covered(const struct vf_graph *g, uint32_t node)
{
	return vf_graph_is_dated(g, node) || g->nodes[node]->is_signed;
}

static bool is_there(const struct vf_node *n)
{
	return n->entry || n->given || n->has_octets;
}

/* ---- the report ---- */

static void put_file(struct vf_graph *g, uint32_t node, struct vf_file *f)
{
	const struct vf_node *n = g->nodes[node];
	struct vf_digest d;

	f->name = n->name;
	f->has_sha256 = (is_there(n) || n->digests[VF_SHA256]) && vf_graph_digest(g, node, VF_SHA256, &d, NULL) == VF_OK;
	if (f->has_sha256)
		memcpy(f->sha256.b, d.b, sizeof(f->sha256.b));
	f->has_size = n->entry || (n->given && n->given->source);
	if (f->has_size)
		f->size = n->entry ? n->entry->size : n->given->source->size;
	if (n->is_altered)
		f->status = VF_FILE_ALTERED;
	else if (!is_there(n))
		f->status = VF_FILE_MISSING;
	else if (!is_covered(g, node))
		f->status = VF_FILE_UNCOVERED;
	else
		f->status = n->given && g->j->r->form == VF_FORM_CONTAINER ? VF_FILE_DETACHED : VF_FILE_COVERED;
}

static void fault_file(struct vf_graph *g, const struct vf_file *f)
{
	char name[200];
	struct vf_err err;

	vf_text_escape(name, sizeof(name), f->name);
	if (f->status == VF_FILE_MISSING) {
		vf_fail(&err, VF_MISSING_OBJECT, "the evidence lists the file, and it is not there");
		vf_report_fault(g->j->r, VF_CHECK_COMPLETE, &err, name);
	} else if (f->status == VF_FILE_UNCOVERED && g->n_claims + g->n_signers > 0 && g->j->r->form == VF_FORM_CONTAINER) {
		vf_fail(&err, VF_UNPROTECTED, "no evidence that holds covers the file");
		vf_report_fault(g->j->r, VF_CHECK_GROUP, &err, name);
	}
}

static enum vf_rc put_files(struct vf_graph *g, struct vf_err *reterr)
{
	struct vf_judge *j = g->j;
	size_t n = 0;

	for (uint32_t i = 0; i < g->n; i++)
		n += g->nodes[i]->is_payload;
	j->files = VF_NEW(j->a, n + 1, struct vf_file);
	if (!j->files)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", n);
	for (uint32_t i = 0; i < g->n; i++) {
		if (!g->nodes[i]->is_payload)
			continue;
		put_file(g, i, &j->files[j->n_files]);
		fault_file(g, &j->files[j->n_files++]);
	}
	j->r->files = j->files;
	j->r->n_files = j->n_files;
	vf_report_pass(j->r, VF_CHECK_COMPLETE);
	return VF_OK;
}

/* ---- the policy ---- */

/* A vote on one file is none on another: each must have one by somebody else. */
static void note_operator(struct vf_graph *g)
{
	struct vf_judge *j = g->j;
	bool found = false;

	for (uint32_t i = 0; i < g->n && !found; i++) {
		if (!g->nodes[i]->is_payload)
			continue;
		j->n_votes = votes_for(g, i, j->votes);
		found = vf_judge_note_operator(j);
	}
}

/* A rule holds when it holds for each file, and an authority counts when it does, by the time of the last. */
static void tally_file(struct vf_graph *g, uint32_t node, bool first)
{
	const struct vf_policy *p = &g->j->s->policy;
	struct vf_vote votes[VF_MAX_CLAIMS] = {{0}};
	size_t n = votes_for(g, node, votes);
	struct vf_tally one;

	for (size_t r = 0; r < p->n_rules; r++) {
		struct vf_tally *all = &g->j->r->rules[r];

		vf_policy_tally(p, &p->rules[r], votes, n, INT64_MAX, &one);
		one.count = first ? one.count : 0;
		for (size_t i = 0; !first && i < p->n_authorities; i++) {
			if (one.times[i] != VF_TIME_NONE && (all->times[i] == VF_TIME_NONE || all->times[i] > one.times[i]))
				one.times[i] = all->times[i];
			one.count += one.times[i] != VF_TIME_NONE;
		}
		one.met = one.met && (first || all->met);
		*all = one;
	}
	g->j->r->policy = p;
}

/* Every file must meet it; what is proven is the time by which all of them existed. */
static void judge_policy(struct vf_graph *g)
{
	struct vf_judge *j = g->j;
	int64_t all = VF_TIME_NONE;
	struct vf_err err = {0};
	bool met = j->n_files > 0;

	for (uint32_t i = 0; met && i < g->n; i++) {
		int64_t t;

		if (!g->nodes[i]->is_payload)
			continue;
		/* what nothing covers is said already, file by file */
		t = is_covered(g, i) ? vf_graph_proven_time(g, i, &err) : VF_TIME_NONE;
		met = t != VF_TIME_NONE;
		if (met && t > all)
			all = t;
	}
	for (uint32_t i = 0; i < g->n; i++)
		if (g->nodes[i]->is_payload)
			tally_file(g, i, !j->r->policy);
	vf_judge_settle_trust(j, g->evidence, g->n_claims, met);
	if (met) {
		vf_report_pass(j->r, VF_CHECK_POLICY);
		j->r->existed_by = all;
		note_operator(g);
		return;
	}
	if (g->n_claims > 0 && err.rc != VF_NOT_CHECKED)
		vf_report_fault(j->r, VF_CHECK_POLICY, &err, NULL);
}

/* Nothing at all, or a signature that nothing dates. */
static void judge_nothing(struct vf_graph *g)
{
	struct vf_report *r = g->j->r;
	struct vf_err err;

	if (g->n_claims > 0 || r->checks[VF_CHECK_GROUP] != VF_RESULT_NOT_CHECKED ||
		r->checks[VF_CHECK_TOKENS] != VF_RESULT_NOT_CHECKED)
		return;
	if (g->n_signers == 0) {
		/* a fault of its own says why, when there was something */
		if (r->checks[VF_CHECK_SIGNATURE] == VF_RESULT_NOT_CHECKED) {
			vf_fail(&err, VF_NO_EVIDENCE, "there is no evidence that this version can judge");
			vf_report_fault(r, VF_CHECK_GROUP, &err, NULL);
		}
		return;
	}
	vf_report_pass(r, VF_CHECK_GROUP);
	if (g->j->s->integrity_only) {
		vf_report_skip(r, VF_CHECK_TOKENS);
		vf_report_skip(r, VF_CHECK_TIME_ORDER);
		vf_report_unchecked(r, "TIME", "when the signature was made (there is no time-stamp)");
		return;
	}
	vf_fail(&err, VF_NO_TIME, "there is a signature and no time-stamp");
	vf_report_fault(r, VF_CHECK_TOKENS, &err, NULL);
}

static void skip_native(struct vf_report *r)
{
	static const enum vf_check only[] = {VF_CHECK_STATEMENT, VF_CHECK_PARTS, VF_CHECK_MEMBERS, VF_CHECK_COMMITMENTS,
		VF_CHECK_STREAM, VF_CHECK_SEAL, VF_CHECK_CHAIN, VF_CHECK_ENTRY, VF_CHECK_INCLUSION, VF_CHECK_LOG_KEY,
		VF_CHECK_WITNESSES, VF_CHECK_PINNED_STREAM};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		vf_report_skip(r, only[i]);
	/* what there was, has been judged */
	vf_report_skip(r, VF_CHECK_CONTAINER);
	vf_report_skip(r, VF_CHECK_MANIFEST);
	vf_report_skip(r, VF_CHECK_RENEWALS);
	vf_report_pass(r, VF_CHECK_FORMS);
}

/* What holds and dates no file must not be read as if it did. */
static void note_unrelated(struct vf_graph *g)
{
	for (size_t i = 0; i < g->n_claims; i++) {
		bool found = false;

		for (uint32_t k = 0; g->evidence[i].holds && k < g->n && !found; k++)
			found = g->nodes[k]->is_payload && g->claims[i].reach[k];
		if (g->evidence[i].holds && !found)
			vf_report_unchecked(g->j->r, "UNRELATED", "%.150s: it is over none of the files", g->evidence[i].part);
	}
}

static void note_weak(struct vf_graph *g)
{
	for (size_t i = 0; i < g->n_claims; i++)
		for (size_t k = 0; g->evidence[i].holds && k < g->evidence[i].er.n_stamps; k++)
			if (vf_ess_is_sha1_only(&g->evidence[i].tokens[k].cms)) {
				vf_report_unchecked(g->j->r, "ESS_SHA1",
					"the binding of a time-stamp to its certificate by more than SHA-1 (it has an ESSCertID of version 1 only)");
				return;
			}
}

VF_RC vf_graph_judge(struct vf_graph *g, struct vf_err *reterr)
{
	enum vf_rc rc = g->n_claims ? vf_judge_make_stamps(g->j, g->evidence, g->n_claims, reterr) : VF_OK;

	for (size_t i = 0; rc == VF_OK && i < g->n_claims; i++)
		rc = vf_graph_judge_claim(g, &g->claims[i], &g->evidence[i], reterr);
	if (rc == VF_OK)
		rc = spread_all(g, reterr);
	if (rc == VF_OK && vf_graph_is_full(g))
		rc = judge_trust(g, reterr);
	if (rc == VF_OK)
		rc = put_files(g, reterr);
	if (rc != VF_OK)
		return rc;
	judge_nothing(g);
	if (vf_graph_is_full(g))
		judge_policy(g);
	else
		vf_judge_no_trust(g->j);
	rc = vf_graph_judge_signers(g, reterr);
	vf_judge_drop_unread(g->j);
	note_weak(g);
	note_unrelated(g);
	skip_native(g->j->r);
	return rc;
}
