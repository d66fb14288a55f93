/* What a record that somebody else made says of its kind, and beside other records. */
#include <stdio.h>
#include <stdlib.h>

#include "notary/details_check.h"
#include "notary/details_served.h"
#include "notary/intake_inside.h"
#include "notary/submission.h"
#include "verify/json.h"

/* Values of details of a study's own kind: each takes two octets at least. */
#define OWN_VALUES (TR_MAX_DETAILS / 2)

/* ---- in the document ---- */

/* Rules of a study's own kind are a document that is not here: only that they are for this kind. */
static VF_RC read_own_details(struct nt_reading *r, struct vf_bytes text, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	char want[sizeof(TR_DETAILS_PREFIX) + 64];
	struct vf_bytes schema;
	enum vf_rc rc;

	if (nt_intake_count_values(text) > OWN_VALUES)
		return vf_fail(reterr, VF_LIMIT, "more values than details can have");
	rc = vf_json_parse(text, &doc, reterr);
	if (rc != VF_OK)
		return rc;
	snprintf(want, sizeof(want), TR_DETAILS_PREFIX "%.*s/1", VF_STR(r->s.kind));
	if (!vf_json_str(vf_json_get(vf_json_root(doc), "schema"), &schema) || !vf_bytes_is(schema, want))
		return vf_fail(reterr, VF_DETAILS_SHAPE, "details: the field 'schema' is not '%s'", want);
	return VF_OK;
}

static VF_RC read_details(struct nt_reading *r, struct vf_bytes text, struct vf_err *reterr)
{
	const struct tr_schema *rules;
	struct tr_facts facts;
	struct vf_arena a;
	char pointer[TR_POINTER_MAX] = "";
	struct vf_err err = {0};
	enum vf_rc rc;

	if (r->kind == TR_OWN)
		return read_own_details(r, text, reterr);
	if (!r->x->room)
		r->x->room = malloc(TR_DETAILS_ROOM);
	if (!r->x->room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&a, r->x->room, TR_DETAILS_ROOM);
	rc = tr_rulebook_get(&r->x->book, r->kind, &rules, &err);
	if (rc == VF_OK)
		rc = tr_details_read(r->kind, rules, text, &a, &facts, pointer, &err);
	return rc == VF_OK ? VF_OK : nt_details_fail(rc, pointer, &err, reterr);
}

/* What a plain record says of its kind follows the rules of the kind. */
VF_RC nt_intake_details(struct nt_reading *r)
{
	size_t i = nt_intake_find(r, TR_DETAILS_NAME);

	if (i == NT_NOWHERE)
		return VF_OK;
	return nt_at_item(r, read_details(r, r->members[i].bytes, r->err), "members", i, "base64");
}

/* ---- where the notary is used ---- */

/* What a withdrawal with documents says is behind a commitment; that it names no consent is seen by its link. */
static VF_RC check_link(struct nt_notary *n, const struct nt_sight *sight, const struct nt_submission *s,
	const struct nt_link *l, struct vf_err *reterr)
{
	const struct nt_sight_from from = {s->submitter, s->study, s->kind};
	struct tr_link link = {tr_link_find(l->type), l->record};
	struct vf_err err = {0};
	enum vf_rc rc = nt_link_check(n, sight, &from, &link, &err);

	if ((rc == VF_UNKNOWN_RECORD || rc == VF_LINK_SHAPE) && tr_kind_find(s->kind) == TR_WITHDRAWAL &&
		link.type == TR_WITHDRAWS && s->n_documents > 0)
		rc = VF_NOTHING_TO_WITHDRAW;
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

static VF_RC check_details_beside(struct nt_notary *n, struct nt_details_served *served, const struct nt_submission *s,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_details_served_freep) struct nt_details_served *own = NULL;
	enum vf_rc rc = served ? VF_OK : nt_details_served_new(&own, reterr);

	return rc == VF_OK ? nt_details_served_check(served ? served : own, n, s, reterr) : rc;
}

/* All that its statement says beside other records. What follows the links sees only what all of them reach. */
VF_RC nt_intake_beside(struct nt_notary *n, struct nt_details_served *served, const struct nt_sight *sight,
	const struct nt_submission *s, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < s->n_links && rc == VF_OK; i++)
		rc = check_link(n, sight, s, &s->links[i], reterr);
	if (rc == VF_OK)
		rc = nt_own_kind_check(n, s->kind, s->study, s->links, s->n_links, reterr);
	return rc == VF_OK ? check_details_beside(n, served, s, reterr) : rc;
}
