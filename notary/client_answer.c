#include "notary/client_answer.h"

#include <stdio.h>

#include "verify/json.h"
#include "verify/limits.h"
#include "verify/receipt.h"
#include "verify/text.h"

#define MAX_CODE 40
#define MAX_DETAIL 240

static VF_RC bad(struct vf_err *reterr, const char *field)
{
	return vf_fail(reterr, VF_JSON_SHAPE, "the field '%s' is missing or not of its type", field);
}

/* A text that may be absent. */
static VF_RC take_text(const struct vf_json_value *object, const char *name, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct vf_json_value *v = vf_json_get(object, name);
	struct vf_bytes text;

	*ret = vf_bytes(NULL, 0);
	if (!v)
		return VF_OK;
	if (!vf_json_str(v, &text))
		return bad(reterr, name);
	if (!vf_arena_copy(a, text, ret))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	return VF_OK;
}

static VF_RC take_number(
	const struct vf_json_value *object, const char *name, bool *ret_there, uint64_t *ret, struct vf_err *reterr)
{
	const struct vf_json_value *v = vf_json_get(object, name);

	*ret_there = v != NULL;
	return !v || vf_json_uint(v, ret) ? VF_OK : bad(reterr, name);
}

static VF_RC take_state(const struct vf_json_value *object, enum nt_state *ret, struct vf_err *reterr)
{
	static const struct {
		const char *name;
		enum nt_state state;
	} states[] = {{"accepted", NT_PENDING}, {"sequenced", NT_SEQUENCED}, {"sealed", NT_SEALED},
		{"erased", NT_ERASED}};
	struct vf_bytes text;

	if (!vf_json_str(vf_json_get(object, "state"), &text))
		return bad(reterr, "state");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!vf_bytes_is(text, states[i].name))
			continue;
		*ret = states[i].state;
		return VF_OK;
	}
	return bad(reterr, "state");
}

/* Octets in base64 that may be absent. */
static VF_RC take_octets(const struct vf_json_value *object, const char *name, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct vf_json_value *v = vf_json_get(object, name);
	struct vf_bytes text;

	*ret = vf_bytes(NULL, 0);
	if (!v)
		return VF_OK;
	if (!vf_json_str(v, &text))
		return bad(reterr, name);
	if (vf_base64_take(text, a, ret))
		return VF_OK;
	return a->full ? vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer") : bad(reterr, name);
}

static VF_RC take_links(const struct vf_json_value *object, struct vf_arena *a, struct nt_remote_record *r, struct vf_err *reterr)
{
	const struct vf_json_value *links = vf_json_get(object, "links");
	size_t n = vf_json_count(links);

	if (!links)
		return VF_OK;
	if (!vf_json_is_array(links) || n > VF_MAX_LINKS)
		return bad(reterr, "links");
	r->links = VF_NEW(a, n + 1, struct nt_link);
	if (!r->links)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	for (; r->n_links < n; r->n_links++) {
		const struct vf_json_value *l = vf_json_item(links, r->n_links);
		enum vf_rc rc = take_text(l, "type", a, &r->links[r->n_links].type, reterr);

		if (rc != VF_OK)
			return rc;
		if (!vf_json_hex(vf_json_get(l, "record"), r->links[r->n_links].record.b, 32))
			return bad(reterr, "record");
	}
	return VF_OK;
}

static VF_RC take_document(const struct vf_json_value *d, struct vf_arena *a, struct nt_document *ret, struct vf_err *reterr)
{
	enum vf_rc rc = take_text(d, "name", a, &ret->name, reterr);

	if (rc != VF_OK)
		return rc;
	if (vf_name_check(ret->name, NULL) != VF_OK) /* it is looked for below --from, and nowhere else */
		return bad(reterr, "name");
	if (!vf_json_hex(vf_json_get(d, "sha256"), ret->digests.sha256.b, sizeof(ret->digests.sha256.b)))
		return bad(reterr, "sha256");
	if (!vf_json_hex(vf_json_get(d, "sha512"), ret->digests.sha512.b, sizeof(ret->digests.sha512.b)))
		return bad(reterr, "sha512");
	if (!vf_json_uint(vf_json_get(d, "size"), &ret->size))
		return bad(reterr, "size");
	if (vf_json_get(d, "confidential") && !vf_json_bool(vf_json_get(d, "confidential"), &ret->confidential))
		return bad(reterr, "confidential");
	return VF_OK;
}

static VF_RC take_documents(const struct vf_json_value *object, struct vf_arena *a, struct nt_remote_record *r, struct vf_err *reterr)
{
	const struct vf_json_value *documents = vf_json_get(object, "documents");
	size_t n = vf_json_count(documents);
	enum vf_rc rc = VF_OK;

	if (!documents)
		return VF_OK;
	if (!vf_json_is_array(documents))
		return bad(reterr, "documents");
	r->documents = VF_NEW(a, n + 1, struct nt_document);
	if (!r->documents)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	for (; rc == VF_OK && r->n_documents < n; r->n_documents++) {
		r->documents[r->n_documents] = (struct nt_document){0};
		rc = take_document(vf_json_item(documents, r->n_documents), a, &r->documents[r->n_documents], reterr);
	}
	return rc;
}

/* Its place in its submitter's stream; both or none. */
static VF_RC take_place(const struct vf_json_value *object, struct nt_remote_record *r, struct vf_err *reterr)
{
	const struct vf_json_value *stream = vf_json_get(object, "stream");

	r->in_stream = stream != NULL;
	if (stream && !vf_json_hex(stream, r->stream.b, sizeof(r->stream.b)))
		return bad(reterr, "stream");
	return !stream || vf_json_uint(vf_json_get(object, "seq"), &r->seq) ? VF_OK : bad(reterr, "seq");
}

static VF_RC read_record(
	const struct vf_json_value *object, struct vf_arena *a, struct nt_remote_record *ret, struct vf_err *reterr)
{
	struct nt_remote_record r = {0};
	const struct {
		const char *name;
		struct vf_bytes *text;
	} texts[] = {{"kind", &r.kind}, {"study", &r.study}, {"submitter", &r.submitter}, {"version", &r.version},
		{"date", &r.date}, {"title", &r.title}};
	enum vf_rc rc;

	if (!vf_json_is_object(object))
		return vf_fail(reterr, VF_JSON_SHAPE, "a record is not an object");
	if (!vf_json_hex(vf_json_get(object, "id"), r.id.b, sizeof(r.id.b)))
		return bad(reterr, "id");
	rc = take_state(object, &r.state, reterr);
	for (size_t i = 0; rc == VF_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = take_text(object, texts[i].name, a, texts[i].text, reterr);
	if (rc == VF_OK)
		rc = take_number(object, "index", &r.has_index, &r.index, reterr);
	if (rc == VF_OK)
		rc = take_number(object, "seal", &r.has_seal, &r.seal, reterr);
	if (rc == VF_OK)
		rc = take_octets(object, "details", a, &r.details, reterr);
	if (rc == VF_OK)
		rc = take_place(object, &r, reterr);
	if (rc == VF_OK)
		rc = take_documents(object, a, &r, reterr);
	if (rc == VF_OK)
		rc = take_links(object, a, &r, reterr);
	if (rc == VF_OK && r.state == NT_SEALED && !(r.has_seal && r.has_index))
		rc = bad(reterr, "seal");
	if (rc == VF_OK)
		*ret = r;
	return rc;
}

VF_RC nt_answer_record(
	struct vf_bytes json, struct vf_arena *a, struct nt_remote_record *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	return rc == VF_OK ? read_record(vf_json_root(doc), a, ret, reterr) : rc;
}

VF_RC nt_answer_list(struct vf_bytes json, struct vf_arena *a, struct nt_remote_list *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *records;
	struct nt_remote_list list = {0};
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	if (rc != VF_OK)
		return rc;
	records = vf_json_get(vf_json_root(doc), "records");
	if (!vf_json_is_array(records))
		return bad(reterr, "records");
	list.n = vf_json_count(records);
	list.records = VF_NEW(a, list.n + 1, struct nt_remote_record);
	if (!list.records)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	for (size_t i = 0; rc == VF_OK && i < list.n; i++)
		rc = read_record(vf_json_item(records, i), a, &list.records[i], reterr);
	if (rc == VF_OK)
		rc = take_text(vf_json_root(doc), "next", a, &list.next, reterr);
	if (rc == VF_OK)
		*ret = list;
	return rc;
}

VF_RC nt_answer_seal(struct vf_bytes json, int64_t *ret_ms, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *tokens;
	struct vf_bytes text;
	int64_t first = 0, ms = 0;
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	if (rc != VF_OK)
		return rc;
	tokens = vf_json_get(vf_json_root(doc), "tokens");
	if (!vf_json_is_array(tokens) || vf_json_count(tokens) == 0)
		return bad(reterr, "tokens");
	for (size_t i = 0; i < vf_json_count(tokens); i++) {
		if (!vf_json_str(vf_json_get(vf_json_item(tokens, i), "gen_time"), &text) || !vf_time_read(text, &ms))
			return bad(reterr, "gen_time");
		first = i == 0 || ms < first ? ms : first;
	}
	*ret_ms = first;
	return VF_OK;
}

/* What a problem and a refusal in a bulk answer have in common. */
static VF_RC read_problem(
	const struct vf_json_value *object, struct vf_err *ret, bool *ret_known, struct vf_err *reterr)
{
	char code[MAX_CODE], shown[MAX_DETAIL], at[96], next[MAX_DETAIL];
	struct vf_bytes text, field = vf_bytes(NULL, 0);
	enum vf_rc rc;

	if (!vf_json_str(vf_json_get(object, "code"), &text) || text.n == 0)
		return bad(reterr, "code");
	vf_text_escape(code, sizeof(code), text);
	rc = vf_rc_find(code);
	*ret_known = rc != VF_RC_COUNT && rc != VF_OK && rc != VF_NOT_CHECKED;
	if (!vf_json_str(vf_json_get(object, "detail"), &text) && !vf_json_str(vf_json_get(object, "title"), &text))
		text = vf_bytes_str(*ret_known ? vf_rc_text(rc) : "");
	vf_text_escape(shown, sizeof(shown), text);
	if (!vf_json_str(vf_json_get(object, "field"), &field))
		field = vf_bytes(NULL, 0);
	vf_text_escape(at, sizeof(at), field);
	if (*ret_known) {
		vf_ignore(vf_fail(ret, rc, "the server says: %s%s%s%s", shown, at[0] ? " (field '" : "", at,
			at[0] ? "')" : "")); /* the code is what is wanted */
		return VF_OK;
	}
	if (!vf_json_str(vf_json_get(object, "next"), &text))
		text = vf_bytes(NULL, 0);
	vf_text_escape(next, sizeof(next), text);
	vf_ignore(vf_fail(
		ret, VF_SERVER_REFUSED, "%s: %s%s%s", code, shown, next[0] ? "; " : "", next)); /* as above */
	return VF_OK;
}

VF_RC nt_answer_problem(struct vf_bytes json, struct vf_err *ret, bool *ret_known, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	return rc == VF_OK ? read_problem(vf_json_root(doc), ret, ret_known, reterr) : rc;
}

/* The receipt must be one, and of this record: nobody can use another. */
static VF_RC read_receipt(
	const struct vf_json_value *object, struct vf_arena *a, struct nt_remote_accepted *x, struct vf_err *reterr)
{
	struct vf_receipt receipt;
	struct vf_bytes text;
	enum vf_rc rc;

	if (!vf_json_str(vf_json_get(object, "receipt"), &text) || text.n > VF_BASE64_LEN(VF_MAX_RECEIPT))
		return bad(reterr, "receipt");
	if (!vf_base64_take(text, a, &x->receipt))
		return a->full ? vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer") : bad(reterr, "receipt");
	rc = vf_receipt_parse(x->receipt, &receipt, reterr);
	if (rc == VF_OK)
		rc = vf_receipt_check_path(&receipt, reterr);
	if (rc != VF_OK || !vf_hash_eq(&receipt.entry.id, &x->id))
		return vf_fail(reterr, VF_JSON_SHAPE, "the receipt is not one of this record");
	return VF_OK;
}

VF_RC nt_answer_accepted(
	struct vf_bytes json, struct vf_arena *a, struct nt_remote_accepted *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct nt_remote_accepted x = {0};
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);
	const struct vf_json_value *root;

	if (rc != VF_OK)
		return rc;
	root = vf_json_root(doc);
	x.is_accepted = vf_json_get(root, "code") == NULL;
	if (!x.is_accepted) {
		rc = read_problem(root, &x.refusal, &x.is_known, reterr);
	} else if (!vf_json_hex(vf_json_get(root, "id"), x.id.b, sizeof(x.id.b))) {
		rc = bad(reterr, "id");
	} else {
		rc = take_state(root, &x.state, reterr);
		if (rc == VF_OK)
			rc = read_receipt(root, a, &x, reterr);
	}
	if (rc == VF_OK)
		*ret = x;
	return rc;
}

VF_RC nt_answer_bulk(
	struct vf_bytes ndjson, struct vf_arena *a, struct nt_remote_accepted *ret, size_t n, struct vf_err *reterr)
{
	struct vf_bytes line;

	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc;

		if (!vf_take_line(&ndjson, &line))
			return vf_fail(reterr, VF_JSON_SHAPE, "%zu lines, not the %zu that were asked for", i, n);
		rc = nt_answer_accepted(line, a, &ret[i], reterr);
		if (rc != VF_OK) {
			vf_err_prefix(reterr, "line %zu", i + 1);
			return rc;
		}
	}
	if (ndjson.n > 0)
		return vf_fail(reterr, VF_JSON_SHAPE, "more than the %zu lines that were asked for", n);
	return VF_OK;
}

VF_RC nt_answer_stream(struct vf_bytes json, struct nt_stream *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *root;
	struct nt_stream s = {0};
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	if (rc != VF_OK)
		return rc;
	root = vf_json_root(doc);
	if (!vf_json_bool(vf_json_get(root, "exists"), &s.exists))
		return bad(reterr, "exists");
	if (s.exists && !vf_json_hex(vf_json_get(root, "stream"), s.id.b, sizeof(s.id.b)))
		return bad(reterr, "stream");
	if (s.exists && !vf_json_hex(vf_json_get(root, "head"), s.head.b, sizeof(s.head.b)))
		return bad(reterr, "head");
	if (s.exists && !vf_json_hex(vf_json_get(root, "key"), s.key.b, sizeof(s.key.b)))
		return bad(reterr, "key");
	if (s.exists && (!vf_json_uint(vf_json_get(root, "next"), &s.next) || s.next == 0 || s.next > VF_MAX_SEQ))
		return bad(reterr, "next");
	*ret = s;
	return VF_OK;
}
