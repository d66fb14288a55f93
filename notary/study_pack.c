#include "notary/study_pack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/limits.h"
#include "verify/study.h"
#include "verify/text.h"

/* Octets that are compared at least; shorter repetitions are left to deflate. */
#define WINDOW 16
/* A run of new octets of this length is worth sharing. */
#define WORTH 24
/* Places of the table of windows: 64 MiB of shared octets at most. */
#define TABLE_BITS 22
#define TABLE (1u << TABLE_BITS)
#define ARENA (64u << 20)

/* A range of the bundle that a program gives by these octets. */
struct hint {
	size_t at, n;
	uint8_t code[24];
	size_t code_n;
};

/* A value that a program can name: octets of texts. */
struct value {
	size_t at, n;
	uint8_t code[24];
	size_t code_n;
};

struct nt_study_pack {
	struct nt_buf shared, program, hints, texts, values;
	uint32_t *table; /* of windows of shared: place and 1 */
	size_t indexed;
	uint32_t *value_table;
	size_t n_value_table;
	bool learning;
	struct vf_arena arena;
};

VF_RC nt_study_pack_new(struct nt_study_pack **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_study_pack_freep) struct nt_study_pack *p = calloc(1, sizeof(*p));
	void *block = malloc(ARENA);

	if (!p || !block) {
		free(block);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to pack records");
	}
	vf_arena_init(&p->arena, block, ARENA);
	p->shared = nt_buf(VF_MAX_STUDY_SHARED);
	p->program = p->hints = p->texts = p->values = nt_buf(SIZE_MAX / 4);
	p->table = calloc(TABLE, sizeof(*p->table));
	if (!p->table)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to pack records");
	*ret = p;
	p = NULL;
	return VF_OK;
}

struct nt_study_pack *nt_study_pack_free(struct nt_study_pack *p)
{
	if (!p)
		return NULL;
	nt_buf_done(&p->shared);
	nt_buf_done(&p->program);
	nt_buf_done(&p->hints);
	nt_buf_done(&p->texts);
	nt_buf_done(&p->values);
	free(p->table);
	free(p->value_table);
	free(p->arena.base);
	free(p);
	return NULL;
}

void nt_study_pack_freep(struct nt_study_pack **p)
{
	*p = nt_study_pack_free(*p);
}

struct vf_bytes nt_study_pack_shared(const struct nt_study_pack *p)
{
	return nt_buf_bytes(&p->shared);
}

/* ---- octets of programs ---- */

static size_t put_number(uint8_t *out, uint64_t v)
{
	size_t n = 0;

	for (; v > 0x7f; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

static size_t code_of(uint8_t *out, enum vf_study_code code, const uint64_t *operands, size_t n_operands)
{
	size_t n = 0;

	out[n++] = (uint8_t)code;
	for (size_t i = 0; i < n_operands; i++)
		n += put_number(out + n, operands[i]);
	return n;
}

static void put_code(struct nt_buf *out, enum vf_study_code code, const uint64_t *operands, size_t n_operands)
{
	uint8_t room[24];

	nt_buf_put(out, vf_bytes(room, code_of(room, code, operands, n_operands)));
}

static void put_literal(struct nt_study_pack *p, struct vf_bytes b)
{
	uint64_t n = b.n;

	if (n == 0)
		return;
	put_code(&p->program, VF_STUDY_LITERAL, &n, 1);
	nt_buf_put(&p->program, b);
	if (p->learning && b.n >= WORTH)
		nt_buf_put(&p->shared, b);
}

static uint64_t window_hash(const uint8_t *p)
{
	uint64_t a, b;

	memcpy(&a, p, sizeof(a));
	memcpy(&b, p + sizeof(a), sizeof(b));
	a = (a ^ (b >> 29) ^ (b << 17)) * UINT64_C(0x9e3779b97f4a7c15);
	return (a ^ b * UINT64_C(0xd6e8feb86659fd93)) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

/* The first place of a window stays: the same bundle octets then give the same program. */
static void index_shared(struct nt_study_pack *p)
{
	for (; p->indexed + WINDOW <= p->shared.n; p->indexed++) {
		uint32_t *slot = &p->table[window_hash(p->shared.p + p->indexed) & (TABLE - 1)];

		if (*slot == 0)
			*slot = (uint32_t)p->indexed + 1;
	}
}

/* Octets that b has in common with shared, from its begin; *ret_at is where. */
static size_t match_shared(const struct nt_study_pack *p, struct vf_bytes b, uint64_t *ret_at)
{
	uint32_t slot = p->table[window_hash(b.p) & (TABLE - 1)];
	size_t at = slot - 1, n = 0;

	if (slot == 0)
		return 0;
	while (n < b.n && at + n < p->shared.n && p->shared.p[at + n] == b.p[n])
		n++;
	*ret_at = at;
	return n < WINDOW ? 0 : n;
}

static void put_gap(struct nt_study_pack *p, struct vf_bytes b)
{
	size_t from = 0, at = 0;

	while (at + WINDOW <= b.n) {
		uint64_t copy[2] = {0};

		copy[1] = match_shared(p, vf_bytes(b.p + at, b.n - at), &copy[0]);
		if (copy[1] == 0) {
			at++;
			continue;
		}
		put_literal(p, vf_bytes(b.p + from, at - from));
		put_code(&p->program, VF_STUDY_COPY, copy, 2);
		at += copy[1];
		from = at;
	}
	put_literal(p, vf_bytes(b.p + from, b.n - from));
}

/* ---- values ---- */

static void add_value(struct nt_study_pack *p, struct vf_bytes b, enum vf_study_code code, const uint64_t *operands, size_t n)
{
	struct value v = {.at = p->texts.n, .n = b.n};

	v.code_n = code_of(v.code, code, operands, n);
	nt_buf_put(&p->texts, b);
	nt_buf_put(&p->values, vf_bytes(&v, sizeof(v)));
}

static void add_text_value(struct nt_study_pack *p, struct vf_bytes raw, enum vf_study_code code, const uint64_t *operands, size_t n)
{
	char text[VF_BASE64_LEN(VF_DIGEST_MAX) + 1];

	vf_base64_put(text, raw);
	add_value(p, vf_bytes_str(text), code, operands, n);
}

static void add_siblings(struct nt_study_pack *p, struct vf_bytes all, size_t width, enum vf_study_code code)
{
	struct vf_bytes one;

	for (uint64_t k = 0; vf_bytes_slice(all, k * width, width, &one); k++)
		if (code == VF_STUDY_LOG)
			add_text_value(p, one, code, &k, 1);
		else
			add_value(p, one, code, &k, 1);
}

/* Raw and ascending, as evidence records have them; as listed and in base64, as manifests do. */
static VF_RC add_digests(struct nt_study_pack *p, const struct vf_pair *group, size_t n, bool is512, struct vf_err *reterr)
{
	struct vf_digest *d = VF_NEW(&p->arena, n, struct vf_digest);

	if (!d)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for digests");
	for (size_t i = 0; i < n; i++) {
		uint64_t operands[2] = {VF_STUDY_LISTED | VF_STUDY_BASE64 | (is512 ? VF_STUDY_SHA512 : 0), i};

		d[i].alg = is512 ? VF_SHA512 : VF_SHA256;
		memcpy(d[i].b, is512 ? group[i].sha512.b : group[i].sha256.b, vf_alg_size(d[i].alg));
		add_text_value(p, vf_digest_bytes(&d[i]), VF_STUDY_DIGEST, operands, 2);
	}
	vf_digest_sort(d, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t operands[2] = {is512 ? VF_STUDY_SHA512 : 0, i};

		add_value(p, vf_digest_bytes(&d[i]), VF_STUDY_DIGEST, operands, 2);
	}
	return VF_OK;
}

static const struct value *value_at(const struct nt_study_pack *p, size_t i)
{
	return (const struct value *)(const void *)p->values.p + i;
}

static VF_RC index_values(struct nt_study_pack *p, struct vf_err *reterr)
{
	size_t n = p->values.n / sizeof(struct value), places = 64;
	enum vf_rc rc = nt_buf_check(&p->values, reterr);

	if (rc == VF_OK)
		rc = nt_buf_check(&p->texts, reterr);
	if (rc != VF_OK)
		return rc;
	while (places < 4 * n)
		places *= 2;
	if (places > p->n_value_table) {
		free(p->value_table);
		p->value_table = malloc(places * sizeof(*p->value_table));
		p->n_value_table = p->value_table ? places : 0;
		if (!p->value_table)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for values");
	}
	memset(p->value_table, 0, p->n_value_table * sizeof(*p->value_table));
	for (size_t i = 0; i < n; i++) {
		size_t at = window_hash(p->texts.p + value_at(p, i)->at) & (p->n_value_table - 1);

		while (p->value_table[at])
			at = (at + 1) & (p->n_value_table - 1);
		p->value_table[at] = (uint32_t)i + 1;
	}
	return VF_OK;
}

/* The value with which b begins, or NULL. */
static const struct value *match_value(const struct nt_study_pack *p, struct vf_bytes b)
{
	size_t at = window_hash(b.p) & (p->n_value_table - 1);

	for (; p->value_table[at]; at = (at + 1) & (p->n_value_table - 1)) {
		const struct value *v = value_at(p, p->value_table[at] - 1);

		if (v->n <= b.n && memcmp(p->texts.p + v->at, b.p, v->n) == 0)
			return v;
	}
	return NULL;
}

/* ---- hints ---- */

static void add_hint(struct nt_study_pack *p, size_t at, size_t n, enum vf_study_code code, uint64_t operand)
{
	struct hint h = {.at = at, .n = n};

	h.code_n = code_of(h.code, code, &operand, code != VF_STUDY_MARK && code != VF_STUDY_INDEX);
	nt_buf_put(&p->hints, vf_bytes(&h, sizeof(h)));
}

/* Whatever in b a program can name, from left to right. */
static void find_hints(struct nt_study_pack *p, struct vf_bytes b, uint64_t index)
{
	char line[40];
	size_t n = (size_t)snprintf(line, sizeof(line), "\nindex %" PRIu64 "\n", index);

	for (size_t at = 0; at + WINDOW <= b.n;) {
		const struct value *v = match_value(p, vf_bytes(b.p + at, b.n - at));
		struct hint h = {.at = at};

		if (v) {
			h.n = v->n;
			h.code_n = v->code_n;
			memcpy(h.code, v->code, sizeof(h.code));
			nt_buf_put(&p->hints, vf_bytes(&h, sizeof(h)));
			at += v->n;
		} else if (n <= b.n - at && memcmp(b.p + at, line, n) == 0) {
			add_hint(p, at + 7, n - 8, VF_STUDY_INDEX, 0);
			at += n;
		} else {
			at++;
		}
	}
}

/* Puts the program for b, by the hints that were found. */
static void put_range(struct nt_study_pack *p, struct vf_bytes b)
{
	size_t at = 0;

	for (size_t i = 0; i < p->hints.n / sizeof(struct hint); i++) {
		const struct hint *h = (const struct hint *)(const void *)p->hints.p + i;

		put_gap(p, vf_bytes(b.p + at, h->at - at));
		nt_buf_put(&p->program, vf_bytes(h->code, h->code_n));
		at = h->at + h->n;
	}
	put_gap(p, vf_bytes(b.p + at, b.n - at));
	nt_buf_reset(&p->hints);
}

/* ---- a record ---- */

struct work {
	struct nt_study_pack *p;
	const struct nt_study_input *in;
	struct vf_container box;
	struct vf_study_member *members;
	size_t n_members;
	size_t *item; /* of each entry */
	size_t output;
};

static bool is_member(struct vf_bytes name)
{
	return !vf_bytes_is(name, VF_NAME_MIMETYPE) &&
		(!vf_bytes_starts(name, VF_NAME_META) || vf_bytes_is(name, VF_NAME_SIGNED_MANIFEST) || vf_bytes_is(name, VF_NAME_SIGNATURE));
}

static int member_order(const void *a, const void *b)
{
	const struct vf_study_member *x = a, *y = b;
	bool xs = vf_bytes_is(x->name, VF_NAME_STATEMENT), ys = vf_bytes_is(y->name, VF_NAME_STATEMENT);

	return xs != ys ? (xs ? -1 : 1) : vf_bytes_cmp(x->name, y->name);
}

static struct vf_bytes data_of(const struct work *w, size_t i)
{
	const struct vf_zip_entry *e = &w->box.zip.entries[i];

	return vf_bytes(w->in->bundle.p + e->data_at, (size_t)e->size);
}

static VF_RC sort_entries(struct work *w, struct vf_err *reterr)
{
	size_t n = w->box.zip.n, parts = 0;

	w->members = VF_NEW(&w->p->arena, n, struct vf_study_member);
	w->item = VF_NEW(&w->p->arena, n, size_t);
	if (!w->members || !w->item)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for members");
	for (size_t i = 0; i < n; i++)
		if (is_member(w->box.zip.entries[i].name))
			w->members[w->n_members++] = (struct vf_study_member){w->box.zip.entries[i].name, data_of(w, i)};
	qsort(w->members, w->n_members, sizeof(*w->members), member_order);
	for (size_t i = 1; i < n; i++) {
		if (!is_member(w->box.zip.entries[i].name))
			w->item[i] = w->n_members + parts++;
		else
			while (!vf_bytes_eq(w->members[w->item[i]].name, w->box.zip.entries[i].name))
				w->item[i]++;
	}
	return w->n_members ? VF_OK : vf_fail(reterr, VF_INTERNAL, "a bundle without a statement");
}

static VF_RC add_values(struct work *w, struct vf_err *reterr)
{
	static const char *const more[] = {VF_NAME_SIGNED_MANIFEST, VF_NAME_SIGNATURE};
	const struct nt_record *r = w->in->record;
	const struct vf_entry entry = {r->id, r->id512, r->slot};
	char text[VF_ENTRY_LEN + 1];
	struct vf_statement st;
	struct vf_pair *group;
	size_t n = 0;
	enum vf_rc rc = vf_statement_parse(w->members[0].bytes, &w->p->arena, &st, reterr);

	if (rc != VF_OK)
		return rc;
	group = VF_NEW(&w->p->arena, st.n_members + 3, struct vf_pair);
	if (!group)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a group");
	group[n++] = vf_pair_of(w->members[0].bytes);
	for (size_t i = 0; i < st.n_members; i++)
		group[n++] = st.members[i].digests;
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < w->n_members; i++)
			if (vf_bytes_is(w->members[i].name, more[k]))
				group[n++] = vf_pair_of(w->members[i].bytes);
	nt_buf_reset(&w->p->texts);
	nt_buf_reset(&w->p->values);
	vf_entry_put(text, &entry);
	add_value(w->p, vf_bytes(text, VF_ENTRY_LEN), VF_STUDY_ENTRY, NULL, 0);
	add_siblings(w->p, w->in->log, 32, VF_STUDY_LOG);
	add_siblings(w->p, w->in->batch256, 32, VF_STUDY_BATCH256);
	add_siblings(w->p, w->in->batch512, 64, VF_STUDY_BATCH512);
	rc = add_digests(w->p, group, n, false, reterr);
	if (rc == VF_OK && w->in->batch512.n)
		rc = add_digests(w->p, group, n, true, reterr);
	return rc == VF_OK ? index_values(w->p, reterr) : rc;
}

/* The container itself: headers with what follows from the items, then the items. */
static void put_container(struct work *w)
{
	struct nt_study_pack *p = w->p;
	const struct vf_zip *z = &w->box.zip;
	size_t first = (size_t)(z->entries[0].central.p - w->in->bundle.p);

	for (size_t i = 1; i < z->n; i++) {
		const struct vf_zip_entry *e = &z->entries[i];
		size_t at = (size_t)e->header_at;

		add_hint(p, at, 0, VF_STUDY_MARK, 0);
		add_hint(p, at + 14, 4, VF_STUDY_CRC, w->item[i]);
		add_hint(p, at + 18, 4, VF_STUDY_SIZE, w->item[i]);
		add_hint(p, at + 22, 4, VF_STUDY_SIZE, w->item[i]);
		add_hint(p, (size_t)e->data_at, (size_t)e->size, VF_STUDY_ITEM, w->item[i]);
	}
	add_hint(p, first, 0, VF_STUDY_MARK, 0);
	for (size_t i = 1; i < z->n; i++) {
		size_t at = (size_t)(z->entries[i].central.p - w->in->bundle.p);

		add_hint(p, at + 16, 4, VF_STUDY_CRC, w->item[i]);
		add_hint(p, at + 20, 4, VF_STUDY_SIZE, w->item[i]);
		add_hint(p, at + 24, 4, VF_STUDY_SIZE, w->item[i]);
		add_hint(p, at + 42, 4, VF_STUDY_PLACE, i - 1);
	}
	add_hint(p, w->in->bundle.n - VF_ZIP_END_SIZE + 16, 4, VF_STUDY_PLACE, z->n - 1);
	put_range(p, w->in->bundle);
}

static void put_program(struct work *w, bool learning)
{
	nt_buf_reset(&w->p->program);
	w->p->learning = learning;
	w->output = w->in->bundle.n;
	for (size_t i = 1; i < w->box.zip.n; i++) {
		if (is_member(w->box.zip.entries[i].name))
			continue;
		find_hints(w->p, data_of(w, i), w->in->record->index);
		put_range(w->p, data_of(w, i));
		put_code(&w->p->program, VF_STUDY_END, NULL, 0);
		w->output += data_of(w, i).n;
	}
	put_container(w);
	w->p->learning = false;
}

VF_RC nt_study_pack_shown(struct nt_study_pack *p, const struct nt_study_input *in, struct nt_buf *out, struct vf_err *reterr)
{
	struct work w = {.p = p, .in = in};
	struct vf_source source = vf_source_of(in->bundle);
	enum vf_rc rc;

	p->arena.used = 0;
	rc = vf_container_open(&source, false, &p->arena, &w.box, reterr);
	if (rc == VF_OK)
		rc = sort_entries(&w, reterr);
	if (rc == VF_OK)
		rc = add_values(&w, reterr);
	if (rc != VF_OK)
		return rc;
	if (in->learn) {
		put_program(&w, true);
		index_shared(p);
	}
	put_program(&w, false);
	rc = nt_buf_check(&p->shared, reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&p->hints, reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&p->program, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_putf(out, "record %" PRIu64 " shown %zu %zu %zu\n", in->record->index, w.n_members, p->program.n, w.output);
	for (size_t i = 0; i < w.n_members; i++) {
		nt_buf_putf(out, "%zu ", w.members[i].bytes.n);
		nt_buf_put(out, w.members[i].name);
		nt_buf_put_u8(out, '\n');
		nt_buf_put(out, w.members[i].bytes);
	}
	if (!in->has_slot)
		nt_buf_put(out, vf_bytes(in->record->slot.b, sizeof(in->record->slot.b)));
	nt_buf_put(out, nt_buf_bytes(&p->program));
	return nt_buf_check(out, reterr);
}

static int hash_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

VF_RC nt_study_pack_hidden(const struct nt_record *r, bool has_slot, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_hash *digests = malloc((r->n_members + 1) * sizeof(*digests));
	struct vf_pair *group = calloc(r->n_members + 1, sizeof(*group));
	const struct nt_member *stream = NULL;
	struct vf_hash id;
	struct vf_hash512 id512;
	size_t n = 0;

	for (size_t i = 0; digests && group && i < r->n_members; i++) {
		group[i] = r->members[i].digests;
		if (vf_bytes_is(r->members[i].name, VF_NAME_STREAM) && r->members[i].bytes.n)
			stream = &r->members[i];
		else
			digests[n++] = r->members[i].digests.sha256;
	}
	if (digests && group && r->n_members)
		vf_group(group, r->n_members, &id, &id512);
	if (stream && vf_hash_eq(&id, &r->id)) {
		qsort(digests, n, sizeof(*digests), hash_order);
		nt_buf_putf(out, "record %" PRIu64 " hidden %zu\n%zu " VF_NAME_STREAM "\n", r->index, n, stream->bytes.n);
		nt_buf_put(out, stream->bytes);
		if (!has_slot)
			nt_buf_put(out, vf_bytes(r->slot.b, sizeof(r->slot.b)));
		nt_buf_put(out, vf_bytes(r->id512.b, sizeof(r->id512.b)));
		nt_buf_put(out, vf_bytes(digests, n * sizeof(*digests)));
	}
	free(digests);
	free(group);
	if (!digests || !group)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for digests");
	if (!stream || !vf_hash_eq(&id, &r->id))
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "too little is known of record %" PRIu64, r->index);
	return nt_buf_check(out, reterr);
}

/* ---- trees ---- */

/* Invariant: place[0..n) are the nodes of the level that are known, each with a leaf below it and the siblings of that taken so far. */
VF_RC nt_study_absent(uint64_t size, const uint64_t *at, const struct vf_bytes *paths, size_t n, size_t width, struct nt_buf *out,
	struct vf_err *reterr)
{
	struct place {
		uint64_t at;
		struct vf_bytes rest;
	} *place = malloc((n + 1) * sizeof(*place));
	struct vf_bytes one;
	bool good = true;

	if (!place)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree");
	for (size_t i = 0; i < n; i++)
		place[i] = (struct place){at[i], paths[i]};
	for (; good && size > 1; size = size / 2 + size % 2) {
		size_t k = 0;

		for (size_t i = 0; i < n; i++, k++) {
			struct place here = place[i];
			bool has_twin = (here.at ^ 1) < size;

			good &= !has_twin || vf_take(&here.rest, width, &one);
			if (has_twin && i + 1 < n && place[i + 1].at == (here.at ^ 1))
				i++;
			else if (has_twin && good)
				nt_buf_put(out, one);
			here.at /= 2;
			place[k] = here;
		}
		n = k;
	}
	free(place);
	return good ? nt_buf_check(out, reterr) : vf_fail(reterr, VF_INTERNAL, "a path is too short");
}
