/* Nodes, edges and evidence of the graph; what they are worth is graph_judge.c's part. */
#include "verify/graph.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/ber.h"
#include "verify/text.h"

#define PIECE 65536

VF_RC vf_graph_init(struct vf_graph *g, struct vf_judge *j, struct vf_err *reterr)
{
	*g = (struct vf_graph){.j = j,
		.nodes = VF_NEW(j->a, VF_MAX_NODES, struct vf_node *),
		.evidence = VF_NEW(j->a, VF_MAX_CLAIMS, struct vf_evidence),
		.claims = VF_NEW(j->a, VF_MAX_CLAIMS, struct vf_claim),
		.signers = VF_NEW(j->a, VF_MAX_SIGNATURES, struct vf_signer)};
	if (!g->nodes || !g->evidence || !g->claims || !g->signers)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for tables");
	return VF_OK;
}

VF_RC vf_graph_add(struct vf_graph *g, struct vf_bytes name, uint32_t *ret, struct vf_err *reterr)
{
	if (g->n == VF_MAX_NODES)
		return vf_fail(reterr, VF_LIMIT, "more than %d files and lists", VF_MAX_NODES);
	g->nodes[g->n] = VF_NEW(g->j->a, 1, struct vf_node);
	if (!g->nodes[g->n])
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%.*s'", VF_STR(name));
	g->nodes[g->n]->name = name;
	*ret = g->n++;
	return VF_OK;
}

VF_RC vf_graph_join(struct vf_graph *g, uint32_t from, uint32_t to, struct vf_err *reterr)
{
	struct vf_edge *e = VF_NEW(g->j->a, 1, struct vf_edge);

	if (!e)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for lists");
	*e = (struct vf_edge){to, g->nodes[from]->edges};
	g->nodes[from]->edges = e;
	return VF_OK;
}

/* ---- contents ---- */

static enum vf_rc digest_source(const struct vf_source *s, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	uint8_t room[PIECE];
	struct vf_hasher h;
	struct vf_bytes piece;
	enum vf_rc rc = vf_hasher_init(&h, alg, reterr), done;

	if (rc != VF_OK)
		return rc;
	for (uint64_t at = 0; rc == VF_OK && at < s->size; at += piece.n) {
		size_t n = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;

		rc = vf_source_view(s, at, n, room, &piece, reterr);
		if (rc == VF_OK)
			vf_hasher_put(&h, piece);
	}
	/* in any case, as it frees */
	done = vf_hasher_done(&h, ret, rc == VF_OK ? reterr : NULL);
	return rc == VF_OK ? done : rc;
}

static enum vf_rc missing(const struct vf_node *node, enum vf_alg alg, struct vf_err *reterr)
{
	char name[200];

	vf_text_escape(name, sizeof(name), node->name);
	if (node->given)
		return vf_fail(reterr, VF_MISSING_OBJECT, "the %s digest of '%s' was not given", vf_alg_name(alg), name);
	return vf_fail(reterr, VF_MISSING_OBJECT, "'%s' is not there, and its %s digest is not known", name,
		vf_alg_name(alg));
}

static enum vf_rc compute(struct vf_graph *g, const struct vf_node *node, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	const struct vf_given *given = node->given;

	if (node->entry)
		return vf_container_digest(&g->j->box, node->entry, alg, ret, reterr);
	if (node->has_octets)
		return vf_digest(alg, node->octets, ret, reterr);
	if (given && given->source)
		return digest_source(given->source, alg, ret, reterr);
	for (size_t i = 0; given && i < given->n_digests; i++)
		if (given->digests[i].alg == alg) {
			*ret = given->digests[i];
			return VF_OK;
		}
	return missing(node, alg, reterr);
}

VF_RC vf_graph_digest(struct vf_graph *g, uint32_t node, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_node *n = g->nodes[node];
	struct vf_digest digest;
	enum vf_rc rc = VF_OK;

	if (!n->digests[alg]) {
		rc = compute(g, n, alg, &digest, reterr);
		if (rc != VF_OK)
			return rc;
		n->digests[alg] = VF_NEW(g->j->a, 1, struct vf_digest);
		if (!n->digests[alg])
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a digest");
		*n->digests[alg] = digest;
	}
	*ret = *n->digests[alg];
	return VF_OK;
}

VF_RC vf_graph_expect(struct vf_graph *g, uint32_t node, const struct vf_digest *want, bool *ret_equal,
	struct vf_err *reterr)
{
	struct vf_node *n = g->nodes[node];
	struct vf_digest found;
	enum vf_rc rc = vf_graph_digest(g, node, want->alg, &found, reterr);

	if (rc == VF_MISSING_OBJECT) {
		n->digests[want->alg] = VF_NEW(g->j->a, 1, struct vf_digest);
		if (!n->digests[want->alg])
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a digest");
		*n->digests[want->alg] = found = *want;
		rc = VF_OK;
	}
	if (rc != VF_OK)
		return rc;
	*ret_equal = vf_digest_eq(&found, want);
	n->is_altered = n->is_altered || !*ret_equal;
	return VF_OK;
}

VF_RC vf_graph_read(struct vf_graph *g, uint32_t node, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct vf_node *n = g->nodes[node];
	const struct vf_source *s = n->given ? n->given->source : NULL;
	uint8_t *room;

	if (n->has_octets) {
		*ret = n->octets;
		return VF_OK;
	}
	if (n->entry)
		return vf_container_read(&g->j->box, n->entry, g->j->a, ret, reterr);
	if (!s)
		return missing(n, VF_SHA256, reterr);
	if (s->size > VF_MAX_PART)
		return vf_fail(reterr, VF_LIMIT, "more than %d octets", VF_MAX_PART);
	room = s->memory.p ? NULL : vf_arena_take(g->j->a, (size_t)s->size, 1);
	if (!s->memory.p && !room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %" PRIu64 " octets", s->size);
	return vf_source_view(s, 0, (size_t)s->size, room, ret, reterr);
}

/* ---- evidence ---- */

VF_RC vf_graph_der(struct vf_graph *g, const char *part, struct vf_bytes octets, enum vf_rc shape, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_ber_to_der(octets, g->j->a, ret, reterr);

	if (rc != VF_OK)
		return vf_rc_class(rc) == VF_CLASS_REJECTED && rc != VF_LIMIT ?
			vf_fail(reterr, shape, "'%.100s' is not one element of BER or DER", part) : rc;
	if (ret->p != octets.p || ret->n != octets.n)
		vf_report_unchecked(g->j->r, "BER",
			"the encoding of %.100s: it has indefinite or long lengths; what was judged is its definite form", part);
	return VF_OK;
}

static enum vf_rc new_claim(struct vf_graph *g, const char *part, const uint32_t *over, size_t n,
	struct vf_claim **ret, struct vf_evidence **ret_evidence, struct vf_err *reterr)
{
	struct vf_claim *c = &g->claims[g->n_claims];
	struct vf_evidence *e = &g->evidence[g->n_claims];

	if (g->n_claims == VF_MAX_CLAIMS)
		return vf_fail(reterr, VF_LIMIT, "more than %d evidence records and time-stamps", VF_MAX_CLAIMS);
	*c = (struct vf_claim){.over = VF_NEW(g->j->a, n, uint32_t), .n_over = n};
	if (!c->over)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for what '%s' covers", part);
	for (size_t i = 0; i < n; i++)
		c->over[i] = over[i];
	*e = (struct vf_evidence){0};
	snprintf(e->part, sizeof(e->part), "%s", part);
	*ret = c;
	*ret_evidence = e;
	return VF_OK;
}

static enum vf_rc parse_record(struct vf_graph *g, const char *part, struct vf_bytes octets, struct vf_er *ret,
	struct vf_err *reterr)
{
	struct vf_bytes der;
	enum vf_rc rc;

	if (octets.n == 0)
		return vf_fail(reterr, VF_EMPTY_EVIDENCE, "'%s' is empty", part);
	rc = vf_graph_der(g, part, octets, VF_ER_SHAPE, &der, reterr);
	if (rc == VF_OK)
		rc = vf_er_parse(der, g->j->a, ret, reterr);
	if (rc == VF_OK && ret->encrypted)
		rc = vf_fail(reterr, VF_ER_ENCRYPTED, "'%s' is over encrypted data", part);
	return rc;
}

VF_RC vf_graph_record(struct vf_graph *g, const char *part, struct vf_bytes octets, const uint32_t *over, size_t n,
	struct vf_claim **ret, struct vf_err *reterr)
{
	struct vf_claim *c;
	struct vf_evidence *e;
	struct vf_err err = {0};
	enum vf_rc rc = new_claim(g, part, over, n, &c, &e, &err);

	if (rc == VF_OK)
		rc = parse_record(g, part, octets, &e->er, &err);
	if (rc != VF_OK)
		return vf_judge_note(g->j, VF_CHECK_GROUP, rc, &err, part, reterr);
	g->n_claims++;
	*ret = c;
	return VF_OK;
}

/* A record of one time-stamp without a tree. */
static enum vf_rc lone_token(struct vf_graph *g, struct vf_bytes der, struct vf_er *ret, struct vf_err *reterr)
{
	struct vf_ats *ats = VF_NEW(g->j->a, 1, struct vf_ats);
	struct vf_er_chain *chain = VF_NEW(g->j->a, 1, struct vf_er_chain);

	if (!ats || !chain)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a token");
	ats->token = der;
	chain->n = 1;
	*ret = (struct vf_er){.der = der, .stamps = ats, .chains = chain, .n_stamps = 1, .n_chains = 1};
	return VF_OK;
}

VF_RC vf_graph_token(struct vf_graph *g, const char *part, struct vf_bytes octets, uint32_t over,
	struct vf_claim **ret, struct vf_err *reterr)
{
	struct vf_claim *c;
	struct vf_evidence *e;
	struct vf_bytes der;
	struct vf_err err = {0};
	enum vf_rc rc = new_claim(g, part, &over, 1, &c, &e, &err);

	if (rc == VF_OK && octets.n == 0)
		rc = vf_fail(&err, VF_EMPTY_EVIDENCE, "'%s' is empty", part);
	if (rc == VF_OK)
		rc = vf_graph_der(g, part, octets, VF_TS_SHAPE, &der, &err);
	if (rc == VF_OK)
		rc = lone_token(g, der, &e->er, &err);
	if (rc != VF_OK)
		return vf_judge_note(g->j, VF_CHECK_TOKENS, rc, &err, part, reterr);
	c->is_token = true;
	g->n_claims++;
	*ret = c;
	return VF_OK;
}
