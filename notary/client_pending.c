#include "notary/client_pending.h"

#include "notary/submission_json.h"
#include "verify/json.h"
#include "verify/limits.h"
#include "verify/text.h"

size_t nt_pending_room(size_t n)
{
	return 6 * n + (size_t)1024 * 1024;
}

static VF_RC bad(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_CLIENT_STATE, "a submission in the state folder has no %s", what);
}

/* The octets of a member that travels as a whole. */
static VF_RC find_member(const struct vf_json_value *members, const char *name, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes text;

	for (size_t i = 0; i < vf_json_count(members); i++) {
		const struct vf_json_value *m = vf_json_item(members, i);

		if (!vf_json_str(vf_json_get(m, "name"), &text) || !vf_bytes_is(text, name))
			continue;
		if (!vf_json_str(vf_json_get(m, "base64"), &text) || !vf_base64_take(text, a, ret))
			break;
		return VF_OK;
	}
	return bad(reterr, name);
}

static VF_RC read_statement(
	const struct vf_statement *st, struct vf_arena *a, struct nt_pending *p, struct vf_err *reterr)
{
	struct tr_link *links = VF_NEW(a, st->n_links + 1, struct tr_link);
	struct vf_hash *signer = VF_NEW(a, 1, struct vf_hash);

	if (!links || !signer)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	p->submit.kind = tr_kind_of(st->kind);
	p->submit.own_kind = st->kind;
	if (p->submit.kind == TR_KIND_NONE)
		return bad(reterr, "name of a kind");
	for (size_t i = 0; i < st->n_links; i++) {
		links[i] = (struct tr_link){tr_link_find(st->links[i].type), st->links[i].record};
		if (links[i].type == TR_LINK_NONE)
			return bad(reterr, "link type that this version knows");
	}
	*signer = st->signer;
	p->submit.study = st->study;
	p->submit.version = st->version;
	p->submit.date = st->date;
	p->submit.title = st->title;
	p->submit.links = links;
	p->submit.n_links = st->n_links;
	p->submit.signer = st->has_signer ? signer : NULL;
	return VF_OK;
}

static VF_RC read_document(const struct vf_json_value *d, struct vf_arena *a, struct nt_submit_file *ret,
	bool *hidden, struct vf_err *reterr)
{
	struct vf_bytes name;

	*hidden = false;
	if (!vf_json_str(vf_json_get(d, "name"), &name) || !vf_arena_copy(a, name, &ret->name) ||
		!vf_json_hex(vf_json_get(d, "sha256"), ret->digests.sha256.b, sizeof(ret->digests.sha256.b)) ||
		!vf_json_hex(vf_json_get(d, "sha512"), ret->digests.sha512.b, sizeof(ret->digests.sha512.b)) ||
		!vf_json_uint(vf_json_get(d, "size"), &ret->size) ||
		(vf_json_get(d, "confidential") && !vf_json_bool(vf_json_get(d, "confidential"), hidden)))
		return bad(reterr, "documents in their form");
	return VF_OK;
}

/* Of a plain kind they travel with the record. */
static void find_details(const struct vf_json_value *members, struct vf_arena *a, struct nt_pending *p)
{
	vf_ignore(find_member(members, TR_DETAILS_NAME, a, &p->submit.details_file, NULL)); /* or there are none */
}

static VF_RC read_documents(
	const struct vf_json_value *documents, struct vf_arena *a, struct nt_pending *p, struct vf_err *reterr)
{
	size_t n = vf_json_count(documents), n_hidden = 0;
	struct nt_submit_file *files = VF_NEW(a, n + 1, struct nt_submit_file);

	if (!files)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	for (size_t i = 0; i < n; i++) {
		bool hidden = false;
		enum vf_rc rc = read_document(vf_json_item(documents, i), a, &files[i], &hidden, reterr);

		if (rc != VF_OK)
			return rc;
		n_hidden += hidden;
	}
	p->submit.confidential = n_hidden > 0;
	p->record = (struct nt_submit_record){files, n};
	return VF_OK;
}

VF_RC nt_pending_read(struct vf_bytes json, struct vf_arena *a, struct nt_pending *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct nt_pending p = {0};
	const struct vf_json_value *root, *members;
	struct vf_statement st;
	struct vf_bytes text;
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	if (rc != VF_OK)
		return rc == VF_NO_MEMORY ? rc : bad(reterr, "JSON in it");
	root = vf_json_root(doc);
	members = vf_json_get(root, "members");
	if (!vf_json_str(vf_json_get(root, "schema"), &text) || !vf_bytes_is(text, NT_SCHEMA_SUBMISSION))
		return bad(reterr, "schema that this version knows");
	if (!vf_json_hex(vf_json_get(vf_json_get(root, "entry"), "sha256"), p.id.b, sizeof(p.id.b)))
		return bad(reterr, "entry");
	rc = find_member(members, VF_NAME_STREAM, a, &text, reterr);
	if (rc == VF_OK)
		rc = vf_stream_parse(text, &p.place, reterr);
	if (rc == VF_OK)
		rc = find_member(members, VF_NAME_STATEMENT, a, &text, reterr);
	if (rc == VF_OK)
		rc = vf_statement_parse(text, a, &st, reterr);
	if (rc == VF_OK)
		rc = read_statement(&st, a, &p, reterr);
	if (rc == VF_OK)
		rc = read_documents(vf_json_get(root, "documents"), a, &p, reterr);
	if (rc == VF_OK)
		find_details(members, a, &p);
	if (rc != VF_OK && rc != VF_NO_MEMORY && rc != VF_CLIENT_STATE)
		return bad(reterr, "statement and stream member in their form");
	if (rc == VF_OK)
		*ret = p;
	return rc;
}
