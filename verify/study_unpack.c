/* Packed records, their groups, and the trees of their seals. */
#include <stdio.h>

#include "verify/limits.h"
#include "verify/merkle.h"
#include "verify/study.h"
#include "verify/text.h"

struct vf_study_key *vf_study_key_of(const struct vf_study *s, const struct vf_hash *stream)
{
	size_t at;

	memcpy(&at, stream->b, sizeof(at));
	for (at &= s->n_keys - 1; s->keys[at].record && !vf_hash_eq(&s->keys[at].stream, stream);)
		at = (at + 1) & (s->n_keys - 1);
	return &s->keys[at];
}

/* ---- what is packed ---- */

/* Which record it is says vf_study_take(). */
static VF_RC fail_packed(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_STUDY_SHAPE, "%s", what);
}

/* Numbers with a space between them, and nothing else, until the end of the line. */
static bool take_numbers(struct vf_bytes line, uint64_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct vf_bytes word = line;

		if (i + 1 < n && !vf_take_until(&line, ' ', &word))
			return false;
		if (!vf_decimal_read(word, VF_MAX_TREE_SIZE, &ret[i]))
			return false;
	}
	return true;
}

static bool take_member(struct vf_bytes *in, struct vf_study_member *ret)
{
	struct vf_bytes line, size;
	uint64_t n;

	if (!vf_take_line(in, &line) || !vf_take_until(&line, ' ', &size) || !vf_decimal_read(size, VF_MAX_PART, &n))
		return false;
	ret->name = line;
	return vf_name_check(line, NULL) == VF_OK && vf_take(in, (size_t)n, &ret->bytes);
}

static VF_RC take_members(struct vf_bytes *in, struct vf_arena *a, uint64_t n, struct vf_study_unpacked *u, struct vf_err *reterr)
{
	if (n > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_LIMIT, "it has %llu members", (unsigned long long)n);
	u->n_members = (size_t)n;
	u->members = VF_NEW(a, u->n_members + 1, struct vf_study_member);
	if (!u->members)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for members");
	for (size_t i = 0; i < u->n_members; i++)
		if (!take_member(in, &u->members[i]) || (i > 1 && vf_bytes_cmp(u->members[i - 1].name, u->members[i].name) >= 0) ||
			(i > 0 && vf_bytes_is(u->members[i].name, VF_NAME_STATEMENT)))
			return fail_packed(reterr, "a member is not in its exact form");
	return VF_OK;
}

static const struct vf_study_member *find_member(const struct vf_study_unpacked *u, const char *name)
{
	for (size_t i = 0; i < u->n_members; i++)
		if (vf_bytes_is(u->members[i].name, name))
			return &u->members[i];
	return NULL;
}

/* The slot follows from the stream's key where that is known, else it stands there. */
static VF_RC take_place(struct vf_bytes *in, const struct vf_study *s, size_t at, const struct vf_study_unpacked *u, struct vf_study_record *r,
	struct vf_stream_member *ret, struct vf_err *reterr)
{
	const struct vf_study_member *m = find_member(u, VF_NAME_STREAM);
	const struct vf_study_key *key;
	struct vf_bytes slot;

	if (m) {
		enum vf_rc rc = vf_stream_parse(m->bytes, ret, reterr);

		if (rc != VF_OK)
			return rc;
		r->in_stream = true;
		r->seq = ret->seq;
		r->stream = ret->stream;
		r->prev = ret->prev;
		if (ret->seq == 0) {
			r->slot = vf_slot(&ret->key, 0);
			return VF_OK;
		}
		key = vf_study_key_of(s, &ret->stream);
		if (key->record && key->record - 1 < at) {
			r->slot = vf_slot(&key->key, ret->seq);
			return VF_OK;
		}
	}
	if (!vf_take(in, sizeof(r->slot.b), &slot))
		return fail_packed(reterr, "the slot is missing");
	memcpy(r->slot.b, slot.p, slot.n);
	return VF_OK;
}

static void close_record(const struct vf_study *s, size_t at, struct vf_study_record *r, const struct vf_stream_member *stream)
{
	struct vf_study_key *key;

	if (!r->in_stream || r->seq > 0)
		return;
	r->stream = r->id;
	key = vf_study_key_of(s, &r->id);
	if (!key->record)
		*key = (struct vf_study_key){.stream = r->id, .key = stream->key, .record = at + 1};
}

/* ---- the two forms ---- */

static VF_RC take_group(struct vf_arena *a, struct vf_study_unpacked *u, struct vf_hash *ret_id, struct vf_hash512 *ret_id512,
	struct vf_err *reterr)
{
	static const char *const more[] = {VF_NAME_SIGNED_MANIFEST, VF_NAME_SIGNATURE};
	struct vf_pair *sorted;
	enum vf_rc rc;

	if (u->n_members == 0 || !vf_bytes_is(u->members[0].name, VF_NAME_STATEMENT))
		return fail_packed(reterr, "the statement is not its first member");
	rc = vf_statement_parse(u->members[0].bytes, a, &u->statement, reterr);
	if (rc != VF_OK)
		return rc;
	u->group = VF_NEW(a, u->statement.n_members + 3, struct vf_pair);
	sorted = VF_NEW(a, u->statement.n_members + 3, struct vf_pair);
	if (!u->group || !sorted)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a group");
	u->group[u->n_group++] = vf_pair_of(u->members[0].bytes);
	for (size_t i = 0; i < u->statement.n_members; i++)
		u->group[u->n_group++] = u->statement.members[i].digests;
	for (size_t i = 0; i < 2; i++) {
		const struct vf_study_member *m = find_member(u, more[i]);

		if (m)
			u->group[u->n_group++] = vf_pair_of(m->bytes);
	}
	memcpy(sorted, u->group, u->n_group * sizeof(*sorted));
	vf_group(sorted, u->n_group, ret_id, ret_id512);
	return VF_OK;
}

static VF_RC take_shown(struct vf_bytes *in, struct vf_arena *a, const struct vf_study *s, size_t at, const uint64_t *numbers,
	struct vf_study_record *r, struct vf_study_unpacked *u, struct vf_err *reterr)
{
	struct vf_stream_member stream = {0};
	enum vf_rc rc = take_members(in, a, numbers[1], u, reterr);

	if (rc == VF_OK)
		rc = take_group(a, u, &r->id, &r->id512, reterr);
	if (rc == VF_OK)
		rc = take_place(in, s, at, u, r, &stream, reterr);
	if (rc != VF_OK)
		return rc;
	if (numbers[3] > VF_MAX_STUDY_OUTPUT)
		return vf_fail(reterr, VF_LIMIT, "it has a bundle of %llu bytes", (unsigned long long)numbers[3]);
	u->output = (size_t)numbers[3];
	if (numbers[2] > in->n || !vf_take(in, (size_t)numbers[2], &u->program))
		return fail_packed(reterr, "the program is cut");
	close_record(s, at, r, &stream);
	return VF_OK;
}

static VF_RC take_hidden(struct vf_bytes *in, struct vf_arena *a, const struct vf_study *s, size_t at, const uint64_t *numbers,
	struct vf_study_record *r, struct vf_study_unpacked *u, struct vf_err *reterr)
{
	struct vf_stream_member stream = {0};
	struct vf_hash512 ignored;
	struct vf_bytes value, last = {NULL, 0};
	struct vf_pair *group;
	enum vf_rc rc = take_members(in, a, 1, u, reterr);

	if (rc == VF_OK && !vf_bytes_is(u->members[0].name, VF_NAME_STREAM))
		return fail_packed(reterr, "a hidden record has its stream member alone");
	if (rc == VF_OK)
		rc = take_place(in, s, at, u, r, &stream, reterr);
	if (rc != VF_OK)
		return rc;
	if (numbers[1] > VF_MAX_MEMBERS || !vf_take(in, sizeof(r->id512.b), &value))
		return fail_packed(reterr, "the digests are cut");
	memcpy(r->id512.b, value.p, value.n);
	group = VF_NEW(a, (size_t)numbers[1] + 1, struct vf_pair);
	if (!group)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a group");
	group[0] = vf_pair_of(u->members[0].bytes);
	for (size_t i = 1; i <= numbers[1]; i++, last = value) {
		if (!vf_take(in, sizeof(group[i].sha256.b), &value) || (last.n && vf_bytes_cmp(last, value) > 0))
			return fail_packed(reterr, "the digests are cut or do not ascend");
		memcpy(group[i].sha256.b, value.p, value.n);
	}
	vf_group(group, (size_t)numbers[1] + 1, &r->id, &ignored);
	close_record(s, at, r, &stream);
	return VF_OK;
}

VF_RC vf_study_take(struct vf_bytes *in, struct vf_arena *a, const struct vf_study *s, size_t at, struct vf_study_record *ret,
	struct vf_study_unpacked *ret_u, struct vf_err *reterr)
{
	struct vf_study_record r = {.seal = s->n_seals};
	struct vf_bytes line, index, form;
	uint64_t numbers[4];
	enum vf_rc rc;

	if (!vf_take_line(in, &line) || !vf_take_str(&line, "record ") || !vf_take_until(&line, ' ', &index) ||
		!vf_decimal_read(index, VF_MAX_TREE_SIZE - 1, &r.index) || !vf_take_until(&line, ' ', &form))
		return vf_fail(reterr, VF_STUDY_SHAPE, "record %zu of the file is not in its exact form", at);
	r.is_shown = vf_bytes_is(form, "shown");
	if ((!r.is_shown && !vf_bytes_is(form, "hidden")) || !take_numbers(line, numbers + 1, r.is_shown ? 3 : 1))
		rc = fail_packed(reterr, "its first line is not in its exact form");
	else
		rc = r.is_shown ? take_shown(in, a, s, at, numbers, &r, ret_u, reterr) : take_hidden(in, a, s, at, numbers, &r, ret_u, reterr);
	if (rc == VF_OK)
		*ret = r;
	else
		vf_err_prefix(reterr, "record %llu", (unsigned long long)r.index);
	return rc;
}

/* ---- trees ---- */

static VF_RC load_log(struct vf_study *s, const struct vf_study_seal *seal, struct vf_bytes *absent, struct vf_err *reterr)
{
	size_t n = seal->end - seal->begin;
	struct vf_study_node *leaves = VF_NEW(s->arena, 2 * n + 2, struct vf_study_node);
	char text[VF_ENTRY_LEN + 1];

	if (!leaves)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree");
	for (size_t i = 0; i < n; i++) {
		const struct vf_study_record *r = &s->records[seal->begin + i];
		const struct vf_entry entry = {r->id, r->id512, r->slot};
		struct vf_hash leaf;

		vf_entry_put(text, &entry);
		leaf = vf_merkle_leaf(vf_bytes(text, VF_ENTRY_LEN));
		leaves[i].at = r->index;
		memcpy(leaves[i].b, leaf.b, sizeof(leaf.b));
	}
	s->log = (struct vf_study_tree){.alg = VF_SHA256, .is_log = true, .size = seal->size};
	return vf_study_tree_make(&s->log, leaves, n, absent, s->arena, reterr);
}

/* Of the batch; what is counted to the seal may be older. */
static size_t n_present(const struct vf_study *s, const struct vf_study_seal *seal)
{
	size_t n = 0;

	for (size_t i = seal->begin; i < seal->end; i++)
		n += s->records[i].index >= seal->first;
	return n;
}

/* Positions are given, unless all are there. */
static VF_RC load_batch(struct vf_study *s, const struct vf_study_seal *seal, enum vf_alg alg, struct vf_bytes *absent,
	struct vf_study_tree *ret, struct vf_err *reterr)
{
	struct vf_digest *values = VF_NEW(s->arena, seal->end - seal->begin, struct vf_digest);
	struct vf_study_node *leaves = VF_NEW(s->arena, 2 * (seal->end - seal->begin) + 2, struct vf_study_node);
	uint64_t size = seal->size - seal->first;
	size_t n = 0;

	if (!values || !leaves)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree");
	for (size_t i = seal->begin; i < seal->end; i++) {
		const struct vf_study_record *r = &s->records[i];

		if (r->index < seal->first)
			continue;
		values[n].alg = alg;
		memcpy(values[n].b, alg == VF_SHA512 ? r->id512.b : r->id.b, vf_alg_size(alg));
		n++;
	}
	vf_digest_sort(values, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t at = (uint32_t)i;

		if (n < size && (!vf_take_u32be(absent, &at) || at >= size || (i && at <= leaves[i - 1].at)))
			return vf_fail(reterr, VF_STUDY_SHAPE, "positions of a batch are missing or do not ascend");
		leaves[i].at = at;
		memcpy(leaves[i].b, values[i].b, vf_alg_size(alg));
	}
	*ret = (struct vf_study_tree){.alg = alg, .size = size};
	return vf_study_tree_make(ret, leaves, n, absent, s->arena, reterr);
}

VF_RC vf_study_load(struct vf_study *s, size_t seal_at, struct vf_err *reterr)
{
	const struct vf_study_seal *seal = &s->seals[seal_at];
	const struct vf_zip_entry *e;
	struct vf_bytes absent = {NULL, 0};
	char name[40];
	enum vf_rc rc = VF_OK;

	if (s->seal == seal_at)
		return VF_OK;
	s->seal = s->n_seals;
	s->record_used = s->arena->used = s->seal_used;
	snprintf(name, sizeof(name), VF_STUDY_LEAVES, (unsigned long long)seal->number);
	e = vf_zip_find(&s->box.zip, vf_bytes_str(name));
	if (e)
		rc = vf_study_read(s, e, VF_MAX_PART, &absent, reterr);
	if (rc == VF_OK && e && absent.n == 0)
		rc = vf_fail(reterr, VF_STUDY_SHAPE, "'%s' is empty", name);
	if (rc == VF_OK)
		rc = load_log(s, seal, &absent, reterr);
	if (rc == VF_OK)
		rc = load_batch(s, seal, VF_SHA256, &absent, &s->batch256, reterr);
	s->has512 = absent.n > 0 || n_present(s, seal) == seal->size - seal->first;
	if (rc == VF_OK && s->has512)
		rc = load_batch(s, seal, VF_SHA512, &absent, &s->batch512, reterr);
	if (rc == VF_OK && absent.n > 0)
		rc = vf_fail(reterr, VF_STUDY_SHAPE, "'%s' has more octets than its trees need", name);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "seal %llu", (unsigned long long)seal->number);
		return rc;
	}
	s->seal = seal_at;
	s->record_used = s->arena->used;
	return VF_OK;
}

/* ---- one record ---- */

VF_RC vf_study_unpack(struct vf_study *s, size_t record, struct vf_study_unpacked *ret, struct vf_err *reterr)
{
	const struct vf_study_record *r = &s->records[record];
	struct vf_study_record again;
	struct vf_bytes in;
	enum vf_rc rc = r->seal < s->n_seals ? vf_study_load(s, r->seal, reterr) : VF_OK;

	if (rc != VF_OK)
		return rc;
	if (s->part != r->part) {
		const struct vf_zip_entry *e = &s->box.zip.entries[s->first_part + r->part];

		s->part = s->n_parts;
		rc = vf_study_fill(s, e, s->part_room, reterr);
		if (rc != VF_OK)
			return rc;
		s->part = r->part;
	}
	s->arena->used = s->record_used;
	*ret = (struct vf_study_unpacked){0};
	in = vf_bytes(s->part_room, (size_t)s->box.zip.entries[s->first_part + r->part].size);
	if (!vf_bytes_slice(in, r->at, r->n, &in))
		return vf_fail(reterr, VF_INTERNAL, "a record is not where it was");
	return vf_study_take(&in, s->arena, s, record, &again, ret, reterr);
}
