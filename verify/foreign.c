#include "verify/foreign.h"

#include <inttypes.h>

#include "verify/graph.h"
#include "verify/text.h"
#include "verify/tst.h"

static void begin(struct vf_session *s, struct vf_arena *memory, const char *input, enum vf_form form,
	struct vf_judge *j, struct vf_report *r)
{
	*j = (struct vf_judge){.s = s, .a = memory, .r = r, .first_time = VF_TIME_NONE};
	vf_report_init(r, input, s->integrity_only);
	r->form = form;
	vf_pki_tidy(s->pki);
}

static enum vf_rc read_whole(const struct vf_source *s, struct vf_arena *a, uint64_t max, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	uint8_t *room = NULL;

	if (s->size > max)
		return vf_fail(reterr, VF_LIMIT, "%" PRIu64 " octets, more than %" PRIu64, s->size, max);
	if (!s->memory.p) {
		room = vf_arena_take(a, (size_t)s->size, 1);
		if (!room)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %" PRIu64 " octets", s->size);
	}
	return vf_source_view(s, 0, (size_t)s->size, room, ret, reterr);
}

static enum vf_rc add_given(struct vf_graph *g, const struct vf_given *given, uint32_t *ret, struct vf_err *reterr)
{
	enum vf_rc rc = vf_graph_add(g, vf_bytes_str(given->name), ret, reterr);

	if (rc != VF_OK)
		return rc;
	g->nodes[*ret]->given = given;
	g->nodes[*ret]->is_payload = true;
	return VF_OK;
}

static enum vf_rc judge_record(struct vf_graph *g, const struct vf_source *record, const struct vf_given *objects, size_t n,
	struct vf_err *reterr)
{
	struct vf_judge *j = g->j;
	uint32_t *over = VF_NEW(j->a, n, uint32_t);
	struct vf_claim *c = NULL;
	struct vf_bytes octets;
	struct vf_err err = {0};
	enum vf_rc rc = over ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", n);

	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = add_given(g, &objects[i], &over[i], reterr);
	if (rc != VF_OK)
		return rc;
	rc = read_whole(record, j->a, VF_MAX_ER, &octets, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_GROUP, rc, &err, NULL, reterr);
	return vf_graph_record(g, j->r->input, octets, over, n, &c, reterr);
}

VF_RC vf_record_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *record, const struct vf_record_options *options, const struct vf_given *objects,
	size_t n, struct vf_report *ret, struct vf_err *reterr)
{
	struct vf_judge j;
	struct vf_graph g;
	enum vf_rc rc;

	begin(s, memory, input, VF_FORM_RECORD, &j, ret);
	rc = vf_graph_init(&g, &j, reterr);
	if (rc != VF_OK)
		return rc;
	g.options = *options;
	rc = judge_record(&g, record, objects, n, reterr);
	if (rc == VF_OK)
		rc = vf_graph_judge(&g, reterr);
	if (rc == VF_OK && ret->n_others)
		vf_report_unchecked(ret, "OTHER_OBJECTS", "what else the record covers (%zu other digest%s)", ret->n_others,
			ret->n_others == 1 ? "" : "s");
	if (rc == VF_OK)
		vf_report_settle(ret);
	return rc;
}

/* ---- tokens and signatures ---- */

/* A reply begins with a structure, PKIStatusInfo; a token or a signature with an OID. */
static bool is_reply(struct vf_bytes der)
{
	struct vf_der all;

	return vf_der_only(der, VF_DER_SEQUENCE, &all) && vf_der_peek(all.body) == VF_DER_SEQUENCE;
}

static enum vf_rc judge_signature(struct vf_graph *g, struct vf_bytes octets, const struct vf_given *object,
	struct vf_err *reterr)
{
	uint32_t file, content;
	enum vf_rc rc = vf_graph_add(g, vf_bytes_str(g->j->r->input), &file, reterr);

	g->j->r->form = VF_FORM_SIGNATURE;
	if (rc != VF_OK)
		return rc;
	g->nodes[file]->has_octets = true;
	g->nodes[file]->octets = octets;
	if (object)
		rc = add_given(g, object, &content, reterr);
	return rc == VF_OK ? vf_graph_signatures(g, g->j->r->input, file, octets, object ? &content : NULL, reterr) : rc;
}

static enum vf_rc judge_token(struct vf_graph *g, struct vf_bytes octets, struct vf_bytes der,
	const struct vf_given *object, struct vf_err *reterr)
{
	struct vf_claim *c = NULL;
	struct vf_tst t;
	struct vf_err err = {0};
	uint32_t node;
	enum vf_rc rc = VF_OK;

	if (is_reply(der)) {
		rc = vf_tsr_parse(der, false, &t, &err);
		if (rc != VF_OK)
			return vf_judge_note(g->j, VF_CHECK_TOKENS, rc, &err, NULL, reterr);
		der = t.der;
	} else if (!vf_tst_is_token(der)) {
		return judge_signature(g, octets, object, reterr);
	}
	if (!object) {
		vf_fail(&err, VF_MISSING_OBJECT, "a time-stamp holds no file: give the file or its digest, too");
		vf_report_fault(g->j->r, VF_CHECK_COMPLETE, &err, NULL);
		return VF_OK;
	}
	rc = add_given(g, object, &node, reterr);
	return rc == VF_OK ? vf_graph_token(g, g->j->r->input, der, node, &c, reterr) : rc;
}

VF_RC vf_token_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *token, const struct vf_given *object, struct vf_report *ret, struct vf_err *reterr)
{
	struct vf_judge j;
	struct vf_graph g;
	struct vf_bytes octets, der;
	struct vf_err err = {0};
	enum vf_rc rc;

	begin(s, memory, input, VF_FORM_TOKEN, &j, ret);
	rc = vf_graph_init(&g, &j, reterr);
	if (rc != VF_OK)
		return rc;
	rc = read_whole(token, memory, VF_MAX_PART, &octets, &err);
	if (rc == VF_OK && octets.n == 0)
		rc = vf_fail(&err, VF_EMPTY_EVIDENCE, "'%s' is empty", ret->input);
	if (rc == VF_OK)
		rc = vf_graph_der(&g, ret->input, octets, VF_TS_SHAPE, &der, &err);
	if (rc == VF_OK)
		rc = judge_token(&g, octets, der, object, reterr);
	else
		rc = vf_judge_note(&j, VF_CHECK_TOKENS, rc, &err, NULL, reterr);
	if (rc == VF_OK)
		rc = vf_graph_judge(&g, reterr);
	if (rc == VF_OK)
		vf_report_settle(ret);
	return rc;
}
