#include "notary/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "notary/intake_inside.h"
#include "notary/submission_json.h"
#include "verify/json.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Values of one member, of one document, and of all around them. */
#define MEMBER_VALUES 5
#define DOCUMENT_VALUES 8
#define OTHER_VALUES 16

VF_RC nt_intake_new(const struct nt_intake_policy *policy, struct nt_intake **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_intake_freep) struct nt_intake *x = calloc(1, sizeof(*x));
	enum vf_rc rc;

	if (!x)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read submissions");
	x->policy = *policy;
	if (x->policy.max_members > VF_MAX_MEMBERS)
		x->policy.max_members = VF_MAX_MEMBERS;
	if (x->policy.max_json > NT_INTAKE_MAX_JSON)
		x->policy.max_json = NT_INTAKE_MAX_JSON;
	x->pki = vf_pki_new();
	if (!x->pki)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read submissions");
	rc = vf_manifest_parser_new(&x->xml, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = x;
	x = NULL;
	return VF_OK;
}

struct nt_intake *nt_intake_free(struct nt_intake *x)
{
	if (!x)
		return NULL;
	vf_manifest_parser_free(x->xml);
	vf_pki_free(x->pki);
	tr_rulebook_done(&x->book);
	free(x->room);
	free(x);
	return NULL;
}

void nt_intake_freep(struct nt_intake **x)
{
	*x = nt_intake_free(*x);
}

/* Tables take less than three times the text that fills them; names, octets and scratch the fourth and fifth. */
size_t nt_intake_room(size_t n)
{
	return 5 * n + (size_t)1024 * 1024;
}

/* ---- for both files ---- */

enum vf_rc nt_at(struct nt_reading *r, enum vf_rc rc, const char *field)
{
	if (rc != VF_OK)
		snprintf(r->field, NT_FIELD_MAX, "%s", field);
	return rc;
}

enum vf_rc nt_at_item(struct nt_reading *r, enum vf_rc rc, const char *list, size_t i, const char *leaf)
{
	if (rc != VF_OK)
		snprintf(r->field, NT_FIELD_MAX, "/%s/%zu%s%s", list, i, leaf ? "/" : "", leaf ? leaf : "");
	return rc;
}

enum vf_rc nt_intake_no_memory(struct nt_reading *r)
{
	return nt_at(r, vf_fail(r->err, VF_NO_MEMORY, "no memory for a submission"), "");
}

size_t nt_intake_find(const struct nt_reading *r, const char *name)
{
	size_t lo = 0, hi = r->s.n_members;

	/* invariant: every member before lo is less, every one from hi on is greater */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = vf_bytes_cmp(r->members[mid].name, vf_bytes_str(name));

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NT_NOWHERE;
}

size_t nt_intake_count_values(struct vf_bytes json)
{
	bool in_string = false;
	size_t n = 1;

	/* a value is the first of its container, or has a comma before it */
	for (size_t i = 0; i < json.n; i++) {
		uint8_t c = json.p[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else
			n += c == ',' || c == '[' || c == '{';
	}
	return n;
}

/* ---- values ---- */

static enum vf_rc shape(struct nt_reading *r, const char *list, size_t i, const char *leaf, const char *what)
{
	return nt_at_item(r, vf_fail(r->err, VF_JSON_SHAPE, "%s", what), list, i, leaf);
}

static VF_RC read_pair(struct nt_reading *r, const struct vf_json_value *v, const char *list, size_t i,
	struct vf_pair *ret)
{
	if (!vf_json_hex(vf_json_get(v, "sha256"), ret->sha256.b, sizeof(ret->sha256.b)))
		return shape(r, list, i, "sha256", "not 64 digits of lower-case hex");
	if (!vf_json_hex(vf_json_get(v, "sha512"), ret->sha512.b, sizeof(ret->sha512.b)))
		return shape(r, list, i, "sha512", "not 128 digits of lower-case hex");
	return VF_OK;
}

/* Their exact names are compared with the statement's list. Details that are a member are those of a plain kind. */
bool nt_intake_has_octets(struct vf_bytes name)
{
	return vf_bytes_is(name, VF_NAME_STATEMENT) || vf_bytes_is(name, TR_DETAILS_NAME) || vf_bytes_is(name, VF_NAME_STREAM) ||
		vf_bytes_starts(name, VF_NAME_COMMITMENT) || vf_bytes_starts(name, VF_NAME_META);
}

static VF_RC read_name(struct nt_reading *r, const struct vf_json_value *v, const char *list, size_t i,
	bool is_document, struct vf_bytes *ret)
{
	struct vf_bytes name;
	enum vf_rc rc;

	if (!vf_json_str(vf_json_get(v, "name"), &name))
		return shape(r, list, i, "name", "not a string");
	rc = is_document || !nt_intake_has_octets(name) ? vf_document_name_check(name, r->err) : vf_name_check(name, r->err);
	if (rc != VF_OK)
		return nt_at_item(r, rc, list, i, "name");
	return vf_arena_copy(r->a, name, ret) ? VF_OK : nt_intake_no_memory(r);
}

/* Absent, or true. */
static bool read_flag(const struct vf_json_value *v, bool *ret)
{
	*ret = v != NULL;
	return !v || (vf_json_bool(v, ret) && *ret);
}

/* ---- members ---- */

size_t nt_intake_max_octets(struct vf_bytes name)
{
	if (vf_bytes_is(name, VF_NAME_STATEMENT))
		return VF_MAX_STATEMENT;
	if (vf_bytes_is(name, TR_DETAILS_NAME))
		return TR_MAX_DETAILS;
	return vf_bytes_starts(name, VF_NAME_META) ? NT_INTAKE_MAX_SIGNATURE : VF_MAX_SMALL_JSON;
}

static VF_RC read_octets(struct nt_reading *r, const struct vf_json_value *v, size_t i)
{
	struct nt_member *m = &r->members[i];
	struct vf_bytes text;
	struct vf_pair found;
	enum vf_rc rc;

	if (!vf_json_str(v, &text) || text.n == 0)
		return shape(r, "members", i, "base64", "not a string of octets in base64");
	if (text.n > VF_BASE64_LEN(nt_intake_max_octets(m->name))) {
		rc = vf_fail(r->err, VF_LIMIT, "more than %zu octets", nt_intake_max_octets(m->name));
		return nt_at_item(r, rc, "members", i, "base64");
	}
	if (!vf_base64_take(text, r->a, &m->bytes))
		return r->a->full ? nt_intake_no_memory(r) : shape(r, "members", i, "base64", "not base64 with padding");
	found = vf_pair_of(m->bytes);
	if (vf_pair_eq(&found, &m->digests))
		return VF_OK;
	if (!vf_hash_eq(&found.sha256, &m->digests.sha256)) {
		rc = vf_fail(r->err, VF_DIGEST_MISMATCH, "the octets of '%.*s' have another SHA-256", VF_STR(m->name));
		return nt_at_item(r, rc, "members", i, "sha256");
	}
	rc = vf_fail(r->err, VF_DIGEST_MISMATCH, "the octets of '%.*s' have another SHA-512", VF_STR(m->name));
	return nt_at_item(r, rc, "members", i, "sha512");
}

static VF_RC read_member(struct nt_reading *r, const struct vf_json_value *v, size_t i)
{
	static const char *const names[] = {"name", "sha256", "sha512", "?base64", NULL};
	const struct vf_json_value *octets;
	struct nt_member *m = &r->members[i];
	enum vf_rc rc = nt_at_item(r, vf_json_check_names(v, names, r->err), "members", i, NULL);

	if (rc == VF_OK)
		rc = read_name(r, v, "members", i, false, &m->name);
	if (rc == VF_OK)
		rc = read_pair(r, v, "members", i, &m->digests);
	if (rc != VF_OK)
		return rc;
	if (i > 0 && vf_bytes_cmp(r->members[i - 1].name, m->name) >= 0)
		return shape(r, "members", i, "name", "members are not ascending by name");
	octets = vf_json_get(v, "base64");
	if (nt_intake_has_octets(m->name))
		return octets ? read_octets(r, octets, i) : shape(r, "members", i, NULL, "the field 'base64' is missing");
	return octets ? shape(r, "members", i, "base64", "the octets of a document are not sent here") : VF_OK;
}

static VF_RC read_members(struct nt_reading *r, const struct vf_json_value *v)
{
	size_t n = vf_json_count(v);

	if (!vf_json_is_array(v))
		return nt_at(r, vf_fail(r->err, VF_JSON_SHAPE, "not an array"), "/members");
	if (n > r->x->policy.max_members + NT_UNLISTED)
		return nt_at(r, vf_fail(r->err, VF_LIMIT, "%zu members, more than %zu", n,
			r->x->policy.max_members + NT_UNLISTED), "/members");
	r->members = VF_NEW(r->a, n, struct nt_member);
	if (!r->members)
		return nt_intake_no_memory(r);
	r->s.members = r->members;
	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = read_member(r, vf_json_item(v, i), i);

		if (rc != VF_OK)
			return rc;
		r->s.n_members++;
	}
	return VF_OK;
}

/* ---- documents ---- */

static VF_RC read_hiding(struct nt_reading *r, const struct vf_json_value *v, size_t i)
{
	const struct vf_json_value *commitment = vf_json_get(v, "commitment");
	struct nt_document *d = &r->documents[i];
	struct vf_bytes name;

	if (!read_flag(vf_json_get(v, "confidential"), &d->confidential))
		return shape(r, "documents", i, "confidential", "not true; leave it out where it is false");
	if (d->confidential && !commitment)
		return shape(r, "documents", i, NULL, "the field 'commitment' is missing");
	if (!d->confidential && commitment)
		return shape(r, "documents", i, "commitment", "only a confidential document has a commitment");
	if (!commitment)
		return VF_OK;
	if (!vf_json_str(commitment, &name))
		return shape(r, "documents", i, "commitment", "not a string");
	return vf_arena_copy(r->a, name, &d->commitment) ? VF_OK : nt_intake_no_memory(r);
}

static VF_RC read_document(struct nt_reading *r, const struct vf_json_value *v, size_t i)
{
	static const char *const names[] = {"name", "sha256", "sha512", "size", "?confidential", "?commitment",
		"?keep", NULL};
	struct nt_document *d = &r->documents[i];
	enum vf_rc rc = nt_at_item(r, vf_json_check_names(v, names, r->err), "documents", i, NULL);

	if (rc == VF_OK)
		rc = read_name(r, v, "documents", i, true, &d->name);
	if (rc == VF_OK)
		rc = read_pair(r, v, "documents", i, &d->digests);
	if (rc == VF_OK)
		rc = read_hiding(r, v, i);
	if (rc != VF_OK)
		return rc;
	if (i > 0 && vf_bytes_cmp(r->documents[i - 1].name, d->name) >= 0)
		return shape(r, "documents", i, "name", "documents are not ascending by name");
	if (!vf_json_uint(vf_json_get(v, "size"), &d->size) || d->size > VF_MAX_SEQ)
		return shape(r, "documents", i, "size", "not a number of octets");
	if (!read_flag(vf_json_get(v, "keep"), &d->keep))
		return shape(r, "documents", i, "keep", "not true; leave it out where it is false");
	if (d->keep && !r->x->policy.keep)
		return nt_at_item(r, vf_fail(r->err, VF_PERMISSION, "this service keeps no documents"), "documents", i, "keep");
	return VF_OK;
}

static VF_RC read_documents(struct nt_reading *r, const struct vf_json_value *v)
{
	size_t n = vf_json_count(v);

	if (!vf_json_is_array(v))
		return nt_at(r, vf_fail(r->err, VF_JSON_SHAPE, "not an array"), "/documents");
	if (n > r->x->policy.max_members)
		return nt_at(r, vf_fail(r->err, VF_LIMIT, "%zu documents, more than %zu", n, r->x->policy.max_members),
			"/documents");
	r->documents = VF_NEW(r->a, n + 1, struct nt_document);
	if (!r->documents)
		return nt_intake_no_memory(r);
	r->s.documents = r->documents;
	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = read_document(r, vf_json_item(v, i), i);

		if (rc != VF_OK)
			return rc;
		r->s.n_documents++;
	}
	return VF_OK;
}

/* ---- the document ---- */

static VF_RC read_entry(struct nt_reading *r, const struct vf_json_value *v)
{
	static const char *const names[] = {"sha256", "sha512", "slot", NULL};
	struct nt_submission *s = &r->s;
	enum vf_rc rc = nt_at(r, vf_json_check_names(v, names, r->err), "/entry");

	if (rc != VF_OK)
		return rc;
	if (!vf_json_hex(vf_json_get(v, "sha256"), s->id.b, sizeof(s->id.b)))
		return nt_at(r, vf_fail(r->err, VF_JSON_SHAPE, "not 64 digits of lower-case hex"), "/entry/sha256");
	if (!vf_json_hex(vf_json_get(v, "sha512"), s->id512.b, sizeof(s->id512.b)))
		return nt_at(r, vf_fail(r->err, VF_JSON_SHAPE, "not 128 digits of lower-case hex"), "/entry/sha512");
	if (!vf_json_hex(vf_json_get(v, "slot"), s->slot.b, sizeof(s->slot.b)))
		return nt_at(r, vf_fail(r->err, VF_JSON_SHAPE, "not 64 digits of lower-case hex"), "/entry/slot");
	return VF_OK;
}

static VF_RC read_root(struct nt_reading *r, const struct vf_json_value *root)
{
	static const char *const names[] = {"schema", "entry", "members", "documents", NULL};
	struct vf_bytes schema;
	enum vf_rc rc = nt_at(r, vf_json_check_names(root, names, r->err), "");

	if (rc != VF_OK)
		return rc;
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, NT_SCHEMA_SUBMISSION))
		return nt_at(r, vf_fail(r->err, VF_JSON_SHAPE, "the schema is not '%s'", NT_SCHEMA_SUBMISSION), "/schema");
	rc = read_entry(r, vf_json_get(root, "entry"));
	if (rc == VF_OK)
		rc = read_members(r, vf_json_get(root, "members"));
	if (rc == VF_OK)
		rc = read_documents(r, vf_json_get(root, "documents"));
	return rc;
}

VF_RC nt_intake_general(struct nt_reading *r, struct vf_bytes json)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct nt_intake_policy *p = &r->x->policy;
	size_t values = OTHER_VALUES + MEMBER_VALUES * (p->max_members + NT_UNLISTED) + DOCUMENT_VALUES * p->max_members;
	enum vf_rc rc;

	if (nt_intake_count_values(json) > values)
		return nt_at(r, vf_fail(r->err, VF_LIMIT, "more values than a submission can have"), "");
	rc = nt_at(r, vf_json_parse(json, &doc, r->err), "");
	return rc == VF_OK ? read_root(r, vf_json_root(doc)) : rc;
}

VF_RC nt_intake_read(struct nt_intake *x, const struct nt_intake_from *from, struct vf_bytes json, struct vf_arena *a,
	struct nt_submission *ret, char field[NT_FIELD_MAX], struct vf_err *reterr)
{
	struct vf_err err = {0};
	struct nt_reading r = {.x = x, .from = from, .a = a, .field = field, .err = reterr ? reterr : &err};
	enum vf_rc rc = VF_OK;

	if (json.n > x->policy.max_json)
		return nt_at(&r, vf_fail(r.err, VF_LIMIT, "%zu octets, more than %zu", json.n, x->policy.max_json), "");
	if (x->policy.general_only || !nt_intake_canonical(&r, json))
		rc = nt_intake_general(&r, json);
	if (rc == VF_OK && !vf_arena_copy(a, from->submitter, &r.s.submitter))
		rc = nt_intake_no_memory(&r);
	if (rc == VF_OK)
		rc = nt_intake_judge(&r);
	if (rc == VF_OK)
		*ret = r.s;
	return rc;
}
