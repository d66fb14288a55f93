#include "verify/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "verify/json.h"
#include "verify/limits.h"
#include "verify/text.h"

/* The deepest message stays; only its code is made the part's own. */
static enum vf_rc reshape(struct vf_err *reterr, enum vf_rc rc, enum vf_rc shape, const char *what)
{
	if (rc != VF_JSON_SHAPE)
		return rc;
	if (reterr)
		reterr->rc = shape;
	vf_err_prefix(reterr, "%s", what);
	return shape;
}

bool vf_word_is(struct vf_bytes word)
{
	if (word.n == 0 || word.n > 32 || word.p[0] < 'a' || word.p[0] > 'z')
		return false;
	for (size_t i = 0; i < word.n; i++) {
		uint8_t c = word.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}

/* Equal or beginning without regard to the case of ASCII letters; s is lower case. */
static bool starts_folded(struct vf_bytes name, const char *s)
{
	size_t n = strlen(s);

	if (name.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = name.p[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != s[i])
			return false;
	}
	return true;
}

static bool is_folded(struct vf_bytes name, const char *s)
{
	return name.n == strlen(s) && starts_folded(name, s);
}

VF_RC vf_document_name_check(struct vf_bytes name, struct vf_err *reterr)
{
	char shown[120];
	enum vf_rc rc = vf_name_check(name, reterr);

	if (rc != VF_OK)
		return rc;
	if (!is_folded(name, VF_NAME_STATEMENT) && !is_folded(name, VF_NAME_STREAM) &&
		!is_folded(name, VF_NAME_MIMETYPE) && !starts_folded(name, VF_NAME_COMMITMENT) &&
		!is_folded(name, "meta-inf") && !starts_folded(name, "meta-inf/"))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), name);
	return vf_fail(reterr, VF_NAME_SHAPE, "the name '%s' is reserved", shown);
}

/* "commitment-NNN.json" with NNN from 001, more digits only when needed. */
static bool is_commitment_name(struct vf_bytes name)
{
	struct vf_bytes digits;
	uint64_t v = 0;

	if (!vf_take_str(&name, VF_NAME_COMMITMENT) || !vf_take_until(&name, '.', &digits) ||
		!vf_bytes_is(name, "json") || digits.n < 3 || digits.n > 5)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return v > 0 && (digits.n == 3 || digits.p[0] != '0');
}

static bool take_text(const struct vf_json_value *v, size_t max, struct vf_arena *a, struct vf_bytes *ret)
{
	struct vf_bytes s;

	return vf_json_str(v, &s) && s.n > 0 && s.n <= max && vf_text_is_plain(s) && vf_arena_copy(a, s, ret);
}

static bool take_optional_text(const struct vf_json_value *v, size_t max, struct vf_arena *a,
	struct vf_bytes *ret)
{
	return !v || take_text(v, max, a, ret);
}

static bool take_word(const struct vf_json_value *v, struct vf_arena *a, struct vf_bytes *ret)
{
	struct vf_bytes s;

	return vf_json_str(v, &s) && vf_word_is(s) && vf_arena_copy(a, s, ret);
}

static bool take_hash(const struct vf_json_value *v, struct vf_hash *ret)
{
	return vf_json_hex(v, ret->b, sizeof(ret->b));
}

static bool take_pair(const struct vf_json_value *object, struct vf_pair *ret)
{
	return take_hash(vf_json_get(object, "sha256"), &ret->sha256) &&
		vf_json_hex(vf_json_get(object, "sha512"), ret->sha512.b, sizeof(ret->sha512.b));
}

static int link_order(const struct vf_link *a, const struct vf_link *b)
{
	int c = vf_bytes_cmp(a->type, b->type);

	return c ? c : memcmp(a->record.b, b->record.b, sizeof(a->record.b));
}

static enum vf_rc parse_links(const struct vf_json_value *v, struct vf_arena *a, struct vf_statement *s,
	struct vf_err *reterr)
{
	static const char *const names[] = {"type", "record", NULL};

	if (!v)
		return VF_OK;
	s->n_links = vf_json_count(v);
	if (s->n_links == 0 || s->n_links > VF_MAX_LINKS)
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: 'links' holds %zu links", s->n_links);
	s->links = VF_NEW(a, s->n_links, struct vf_link);
	if (!s->links)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu links", s->n_links);
	for (size_t i = 0; i < s->n_links; i++) {
		const struct vf_json_value *item = vf_json_item(v, i);
		enum vf_rc rc = vf_json_check_names(item, names, reterr);

		if (rc != VF_OK)
			return reshape(reterr, rc, VF_STATEMENT_SHAPE, "statement: a link");
		if (!take_word(vf_json_get(item, "type"), a, &s->links[i].type) ||
			!take_hash(vf_json_get(item, "record"), &s->links[i].record))
			return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: link %zu is malformed", i + 1);
		if (i > 0 && link_order(&s->links[i - 1], &s->links[i]) >= 0)
			return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: links are not ascending");
	}
	return VF_OK;
}

/* The role must be the one that the name has. */
static bool role_fits(struct vf_bytes role, struct vf_bytes name, enum vf_role *ret)
{
	if (vf_bytes_is(role, "stream"))
		*ret = VF_ROLE_STREAM;
	else if (vf_bytes_is(role, "commitment"))
		*ret = VF_ROLE_COMMITMENT;
	else if (vf_bytes_is(role, "document"))
		*ret = VF_ROLE_DOCUMENT;
	else
		return false;
	switch (*ret) {
	case VF_ROLE_STREAM:
		return vf_bytes_is(name, VF_NAME_STREAM);
	case VF_ROLE_COMMITMENT:
		return is_commitment_name(name);
	case VF_ROLE_DOCUMENT:
		break;
	}
	return true;
}

static enum vf_rc parse_member(const struct vf_json_value *v, struct vf_arena *a, struct vf_member *ret,
	struct vf_err *reterr)
{
	static const char *const names[] = {"name", "role", "sha256", "sha512", NULL};
	struct vf_bytes name, role;
	char shown[120];
	enum vf_rc rc = vf_json_check_names(v, names, reterr);

	if (rc != VF_OK)
		return reshape(reterr, rc, VF_STATEMENT_SHAPE, "statement: a member");
	if (!vf_json_str(vf_json_get(v, "name"), &name) || !vf_json_str(vf_json_get(v, "role"), &role))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: a member without name or role");
	if (!role_fits(role, name, &ret->role)) {
		vf_text_escape(shown, sizeof(shown), name);
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: member '%s' has a role that its name does not have",
			shown);
	}
	if (ret->role == VF_ROLE_DOCUMENT && (rc = vf_document_name_check(name, reterr)) != VF_OK)
		return rc;
	if (!take_pair(v, &ret->digests)) {
		vf_text_escape(shown, sizeof(shown), name);
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: member '%s' has a malformed digest", shown);
	}
	if (!vf_arena_copy(a, name, &ret->name))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the statement");
	return VF_OK;
}

static int bytes_order(const void *a, const void *b)
{
	return vf_bytes_cmp(*(const struct vf_bytes *)a, *(const struct vf_bytes *)b);
}

/* A name may not be a file and the folder of another file. */
static bool is_file_and_folder(const struct vf_bytes *folded, size_t n, struct vf_bytes name)
{
	struct vf_bytes rest = name, part, folder;
	uint64_t len = 0;

	while (vf_take_until(&rest, '/', &part)) {
		len += part.n;
		if (vf_bytes_slice(name, 0, len, &folder) && bsearch(&folder, folded, n, sizeof(*folded), bytes_order))
			return true;
		len++;
	}
	return false;
}

VF_RC vf_names_check(struct vf_bytes *names, size_t n, struct vf_arena *a, const char **ret_fault, struct vf_err *reterr)
{
	struct vf_arena scratch = *a;

	*ret_fault = NULL;
	for (size_t i = 0; i < n; i++) {
		uint8_t *out = vf_arena_take(&scratch, 2, names[i].n);

		if (!out)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to compare %zu names", n);
		names[i] = vf_bytes(out, vf_name_fold(names[i], out));
	}
	qsort(names, n, sizeof(*names), bytes_order);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && vf_bytes_eq(names[i - 1], names[i]))
			*ret_fault = "two names are equal or differ only in case";
		else if (is_file_and_folder(names, n, names[i]))
			*ret_fault = "a name is a file and a folder";
	}
	return VF_OK;
}

static enum vf_rc check_folded(const struct vf_statement *s, struct vf_arena *a, struct vf_err *reterr)
{
	struct vf_arena scratch = *a;
	struct vf_bytes *names = VF_NEW(&scratch, s->n_members, struct vf_bytes);
	const char *fault;
	enum vf_rc rc;

	if (!names)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the statement");
	for (size_t i = 0; i < s->n_members; i++)
		names[i] = s->members[i].name;
	rc = vf_names_check(names, s->n_members, &scratch, &fault, reterr);
	return rc == VF_OK && fault ? vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: %s", fault) : rc;
}

static enum vf_rc parse_members(const struct vf_json_value *v, struct vf_arena *a, struct vf_statement *s,
	struct vf_err *reterr)
{
	enum vf_rc rc;

	s->n_members = vf_json_count(v);
	if (s->n_members > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_LIMIT, "statement: more than %d members", VF_MAX_MEMBERS);
	if (s->n_members == 0)
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: no members");
	s->members = VF_NEW(a, s->n_members, struct vf_member);
	if (!s->members)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the statement");
	for (size_t i = 0; i < s->n_members; i++) {
		rc = parse_member(vf_json_item(v, i), a, &s->members[i], reterr);
		if (rc != VF_OK)
			return rc;
		if (i > 0 && vf_bytes_cmp(s->members[i - 1].name, s->members[i].name) >= 0)
			return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: members are not ascending by name");
	}
	return check_folded(s, a, reterr);
}

static enum vf_rc parse_statement(const struct vf_json_value *root, struct vf_arena *a,
	struct vf_statement *s, struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "kind", "study", "?version", "?date", "?title", "?links",
		"nonce", "?signer", "members", NULL};
	const struct vf_json_value *signer = vf_json_get(root, "signer");
	struct vf_bytes schema;
	enum vf_rc rc = vf_json_check_names(root, names, reterr);

	if (rc != VF_OK)
		return reshape(reterr, rc, VF_STATEMENT_SHAPE, "statement");
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, VF_SCHEMA_STATEMENT))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: the schema is not '%s'", VF_SCHEMA_STATEMENT);
	if (!take_word(vf_json_get(root, "kind"), a, &s->kind))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: 'kind' is malformed");
	if (!take_text(vf_json_get(root, "study"), 128, a, &s->study))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: 'study' is malformed");
	if (!take_optional_text(vf_json_get(root, "version"), 64, a, &s->version) ||
		!take_optional_text(vf_json_get(root, "date"), 64, a, &s->date) ||
		!take_optional_text(vf_json_get(root, "title"), 512, a, &s->title))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: 'version', 'date' or 'title' is malformed");
	if (!take_hash(vf_json_get(root, "nonce"), &s->nonce))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: 'nonce' is malformed");
	s->has_signer = signer != NULL;
	if (signer && !take_hash(signer, &s->signer))
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "statement: 'signer' is malformed");
	rc = parse_links(vf_json_get(root, "links"), a, s, reterr);
	return rc == VF_OK ? parse_members(vf_json_get(root, "members"), a, s, reterr) : rc;
}

VF_RC vf_statement_parse(struct vf_bytes json, struct vf_arena *a, struct vf_statement *ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_statement s = {0};
	enum vf_rc rc;

	if (json.n > VF_MAX_STATEMENT)
		return vf_fail(reterr, VF_LIMIT, "the statement is larger than %d bytes", VF_MAX_STATEMENT);
	rc = vf_json_parse(json, &doc, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc, VF_STATEMENT_SHAPE, "statement");
	rc = parse_statement(vf_json_root(doc), a, &s, reterr);
	if (rc != VF_OK && a->full)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the statement");
	if (rc == VF_OK)
		*ret = s;
	return rc;
}

const struct vf_member *vf_statement_find(const struct vf_statement *s, struct vf_bytes name)
{
	size_t lo = 0, hi = s->n_members;

	/* invariant: every member before lo is less, every one from hi on is greater */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = vf_bytes_cmp(s->members[mid].name, name);

		if (c == 0)
			return &s->members[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

VF_RC vf_stream_parse(struct vf_bytes json, struct vf_stream_member *ret, struct vf_err *reterr)
{
	static const char *const first[] = {"schema", "seq", "key", "nonce", NULL};
	static const char *const later[] = {"schema", "seq", "stream", "prev", "nonce", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *root;
	struct vf_stream_member m = {0};
	struct vf_bytes schema;
	enum vf_rc rc;

	if (json.n > VF_MAX_SMALL_JSON)
		return vf_fail(reterr, VF_LIMIT, "the stream member is larger than %d bytes", VF_MAX_SMALL_JSON);
	rc = vf_json_parse(json, &doc, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc, VF_STREAM_SHAPE, "stream member");
	root = vf_json_root(doc);
	if (!vf_json_uint(vf_json_get(root, "seq"), &m.seq) || m.seq > VF_MAX_SEQ)
		return vf_fail(reterr, VF_STREAM_SHAPE, "stream member: 'seq' is malformed");
	rc = vf_json_check_names(root, m.seq ? later : first, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc, VF_STREAM_SHAPE, "stream member");
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, VF_SCHEMA_STREAM))
		return vf_fail(reterr, VF_STREAM_SHAPE, "stream member: the schema is not '%s'", VF_SCHEMA_STREAM);
	if (!take_hash(vf_json_get(root, "nonce"), &m.nonce))
		return vf_fail(reterr, VF_STREAM_SHAPE, "stream member: 'nonce' is malformed");
	if (m.seq == 0 && !take_hash(vf_json_get(root, "key"), &m.key))
		return vf_fail(reterr, VF_STREAM_SHAPE, "stream member: 'key' is malformed");
	if (m.seq > 0 && (!take_hash(vf_json_get(root, "stream"), &m.stream) ||
				 !take_hash(vf_json_get(root, "prev"), &m.prev)))
		return vf_fail(reterr, VF_STREAM_SHAPE, "stream member: 'stream' or 'prev' is malformed");
	if (m.seq == 1 && !vf_hash_eq(&m.stream, &m.prev))
		return vf_fail(reterr, VF_STREAM_SHAPE, "stream member: record 1 does not follow record 0");
	*ret = m;
	return VF_OK;
}

struct vf_hash vf_slot(const struct vf_hash *stream_key, uint64_t seq)
{
	uint8_t be[8];

	for (size_t i = 0; i < sizeof(be); i++)
		be[i] = (uint8_t)(seq >> (56 - 8 * i));
	return vf_hmac_sha256(vf_bytes(stream_key->b, sizeof(stream_key->b)), vf_bytes(be, sizeof(be)));
}

VF_RC vf_commitment_parse(struct vf_bytes json, struct vf_arena *a, struct vf_commitment *ret,
	struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "name", "sha256", "sha512", "salt", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *root;
	struct vf_commitment c = {0};
	struct vf_bytes schema, name;
	enum vf_rc rc;

	if (json.n > VF_MAX_SMALL_JSON)
		return vf_fail(reterr, VF_LIMIT, "a commitment file is larger than %d bytes", VF_MAX_SMALL_JSON);
	rc = vf_json_parse(json, &doc, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc, VF_COMMITMENT_SHAPE, "commitment");
	root = vf_json_root(doc);
	rc = vf_json_check_names(root, names, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc, VF_COMMITMENT_SHAPE, "commitment");
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, VF_SCHEMA_COMMITMENT))
		return vf_fail(reterr, VF_COMMITMENT_SHAPE, "commitment: the schema is not '%s'", VF_SCHEMA_COMMITMENT);
	if (!take_pair(root, &c.digests) || !take_hash(vf_json_get(root, "salt"), &c.salt) ||
		!vf_json_str(vf_json_get(root, "name"), &name))
		return vf_fail(reterr, VF_COMMITMENT_SHAPE, "commitment: a field is malformed");
	rc = vf_document_name_check(name, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_arena_copy(a, name, &c.name))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a commitment");
	*ret = c;
	return VF_OK;
}

static bool take_hex_line(struct vf_bytes *in, const char *label, uint8_t *ret, size_t n)
{
	struct vf_bytes line;

	return vf_take_line(in, &line) && vf_take_str(&line, label) && vf_hex_read(line, ret, n);
}

VF_RC vf_entry_parse(struct vf_bytes text, struct vf_entry *ret, struct vf_err *reterr)
{
	struct vf_entry e;

	if (!vf_take_str(&text, VF_ENTRY_MAGIC "\n") || !take_hex_line(&text, "sha256 ", e.id.b, sizeof(e.id.b)) ||
		!take_hex_line(&text, "sha512 ", e.id512.b, sizeof(e.id512.b)) ||
		!take_hex_line(&text, "slot ", e.slot.b, sizeof(e.slot.b)) || text.n != 0)
		return vf_fail(reterr, VF_TEXT_SHAPE, "the log entry is not in its exact form");
	*ret = e;
	return VF_OK;
}

void vf_entry_put(char *out, const struct vf_entry *e)
{
	char id[65], id512[129], slot[65];

	vf_hex_put(id, vf_bytes(e->id.b, sizeof(e->id.b)));
	vf_hex_put(id512, vf_bytes(e->id512.b, sizeof(e->id512.b)));
	vf_hex_put(slot, vf_bytes(e->slot.b, sizeof(e->slot.b)));
	snprintf(out, VF_ENTRY_LEN + 1, "%s\nsha256 %s\nsha512 %s\nslot %s\n", VF_ENTRY_MAGIC, id, id512, slot);
}

static int sha256_order(const void *a, const void *b)
{
	return memcmp(((const struct vf_pair *)a)->sha256.b, ((const struct vf_pair *)b)->sha256.b, 32);
}

static int sha512_order(const void *a, const void *b)
{
	return memcmp(((const struct vf_pair *)a)->sha512.b, ((const struct vf_pair *)b)->sha512.b, 64);
}

void vf_group(struct vf_pair *members, size_t n, struct vf_hash *ret_id, struct vf_hash512 *ret_id512)
{
	struct vf_pair_hasher h;

	vf_pair_init(&h);
	qsort(members, n, sizeof(*members), sha512_order);
	for (size_t i = 0; i < n; i++)
		vf_pair_put_sha512(&h, vf_bytes(members[i].sha512.b, sizeof(members[i].sha512.b)));
	qsort(members, n, sizeof(*members), sha256_order);
	for (size_t i = 0; i < n; i++)
		vf_pair_put_sha256(&h, vf_bytes(members[i].sha256.b, sizeof(members[i].sha256.b)));
	struct vf_pair both = vf_pair_done(&h);
	*ret_id = both.sha256;
	*ret_id512 = both.sha512;
}
