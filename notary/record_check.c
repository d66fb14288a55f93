#include "notary/record_check.h"

#include "verify/record.h"

static const struct nt_member *member(const struct nt_record *r, struct vf_bytes name)
{
	for (size_t i = 0; i < r->n_members; i++)
		if (vf_bytes_eq(r->members[i].name, name))
			return &r->members[i];
	return NULL;
}

static VF_RC differs(const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT, "its stored %s is not the one of its statement", what);
}

static VF_RC check_texts(const struct nt_record *r, const struct vf_statement *s, struct vf_err *reterr)
{
	if (!vf_bytes_eq(r->kind, s->kind))
		return differs("kind", reterr);
	if (!vf_bytes_eq(r->study, s->study))
		return differs("study", reterr);
	if (!vf_bytes_eq(r->version, s->version))
		return differs("version", reterr);
	if (!vf_bytes_eq(r->date, s->date))
		return differs("date", reterr);
	if (!vf_bytes_eq(r->title, s->title))
		return differs("title", reterr);
	return VF_OK;
}

static VF_RC check_links(const struct nt_record *r, const struct vf_statement *s, struct vf_err *reterr)
{
	if (r->n_links != s->n_links)
		return differs("list of links", reterr);
	for (size_t i = 0; i < r->n_links; i++)
		if (!vf_bytes_eq(r->links[i].type, s->links[i].type) ||
			!vf_hash_eq(&r->links[i].record, &s->links[i].record))
			return differs("list of links", reterr);
	return VF_OK;
}

/* A plain document is listed; a confidential one is what its commitment says. */
static VF_RC check_document(const struct nt_record *r, const struct nt_document *d,
	const struct vf_statement *s, struct vf_arena *a, struct vf_err *reterr)
{
	const struct vf_member *listed = vf_statement_find(s, d->name);
	const struct nt_member *m = member(r, d->commitment);
	struct vf_commitment c;

	if (!d->confidential)
		return listed != NULL && listed->role == VF_ROLE_DOCUMENT && d->commitment.n == 0 &&
				vf_pair_eq(&listed->digests, &d->digests)
			? VF_OK
			: differs("document", reterr);
	if (m == NULL || vf_commitment_parse(m->bytes, a, &c, NULL) != VF_OK ||
		!vf_bytes_eq(c.name, d->name) || !vf_pair_eq(&c.digests, &d->digests))
		return differs("document", reterr);
	return VF_OK;
}

VF_RC nt_record_check(const struct nt_record *r, struct vf_arena *a, struct vf_err *reterr)
{
	const struct nt_member *m = member(r, vf_bytes_str(VF_NAME_STATEMENT));
	struct vf_statement s;
	enum vf_rc rc;

	if (r->state == NT_ERASED || m == NULL || vf_statement_parse(m->bytes, a, &s, NULL) != VF_OK)
		return VF_OK;
	rc = check_texts(r, &s, reterr);
	if (rc == VF_OK)
		rc = check_links(r, &s, reterr);
	for (size_t i = 0; i < r->n_documents && rc == VF_OK; i++)
		rc = check_document(r, &r->documents[i], &s, a, reterr);
	return rc;
}
