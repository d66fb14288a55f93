/* The interpreter of programs (docs/formats/study.md, Programs). */
#include <stdio.h>
#include <zlib.h>

#include "verify/limits.h"
#include "verify/study.h"
#include "verify/text.h"

struct item {
	struct vf_bytes bytes;
	uint32_t crc;
	bool has_crc; /* so that naming an item often costs nothing */
};

/* Invariant: out[0..n) was output, n <= cap; what was output since the last end begins at begin. */
struct machine {
	struct vf_study *s;
	const struct vf_study_record *r;
	const struct vf_study_unpacked *u;
	struct vf_bytes in;
	uint8_t *out;
	size_t n, cap, begin;
	struct item *items;
	size_t n_items, cap_items;
	size_t *marks;
	size_t n_marks;
	struct vf_digest *sorted[2]; /* SHA-256, SHA-512; when they are asked for */
	uint64_t leaf[2];	     /* in the batch trees */
	bool has_leaf[2];
};

static bool put(struct machine *m, struct vf_bytes b)
{
	if (b.n > m->cap - m->n)
		return false;
	if (b.n)
		memcpy(m->out + m->n, b.p, b.n);
	m->n += b.n;
	return true;
}

static bool put_u32le(struct machine *m, uint64_t v)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	return put(m, vf_bytes(b, sizeof(b)));
}

/* Base 128, least significant group first. */
static bool take_number(struct vf_bytes *in, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t b = 0x80;

	for (unsigned shift = 0; b & 0x80; shift += 7) {
		if (shift > 56 || !vf_take_u8(in, &b))
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
	}
	*ret = v;
	return true;
}

static bool end_part(struct machine *m)
{
	if (m->n_items == m->cap_items)
		return false;
	m->items[m->n_items++] = (struct item){.bytes = vf_bytes(m->out + m->begin, m->n - m->begin)};
	m->begin = m->n;
	return true;
}

static bool put_crc(struct machine *m, struct item *item)
{
	if (!item->has_crc && item->bytes.n)
		item->crc = (uint32_t)crc32_z(0, item->bytes.p, item->bytes.n);
	item->has_crc = true;
	return put_u32le(m, item->crc);
}

static const struct vf_digest *sorted_digests(struct machine *m, bool is512)
{
	struct vf_digest *d = m->sorted[is512];

	if (d)
		return d;
	d = VF_NEW(m->s->arena, m->u->n_group, struct vf_digest);
	if (!d)
		return NULL;
	for (size_t i = 0; i < m->u->n_group; i++) {
		const struct vf_pair *p = &m->u->group[i];

		d[i].alg = is512 ? VF_SHA512 : VF_SHA256;
		memcpy(d[i].b, is512 ? p->sha512.b : p->sha256.b, vf_alg_size(d[i].alg));
	}
	vf_digest_sort(d, m->u->n_group);
	m->sorted[is512] = d;
	return d;
}

static bool put_text(struct machine *m, uint64_t form, struct vf_bytes b)
{
	char text[2 * VF_DIGEST_MAX + 1];

	if (form == 0)
		return put(m, b);
	if (form == VF_STUDY_HEX)
		vf_hex_put(text, b);
	else
		vf_base64_put(text, b);
	return put(m, vf_bytes_str(text));
}

static bool put_digest(struct machine *m, uint64_t form, uint64_t i)
{
	bool is512 = (form & VF_STUDY_SHA512) != 0;
	const struct vf_digest *d;

	if (form > 15 || (form & 3) == 3 || i >= m->u->n_group)
		return false;
	if (form & VF_STUDY_LISTED) {
		const struct vf_pair *p = &m->u->group[i];

		return put_text(m, form & 3, is512 ? vf_bytes(p->sha512.b, sizeof(p->sha512.b)) : vf_bytes(p->sha256.b, sizeof(p->sha256.b)));
	}
	d = sorted_digests(m, is512);
	return d && put_text(m, form & 3, vf_digest_bytes(&d[i]));
}

static bool put_entry(struct machine *m)
{
	const struct vf_entry entry = {m->r->id, m->r->id512, m->r->slot};
	char text[VF_ENTRY_LEN + 1];

	vf_entry_put(text, &entry);
	return put(m, vf_bytes(text, VF_ENTRY_LEN));
}

static bool put_sibling(struct machine *m, bool is512, uint64_t k)
{
	const struct vf_study_tree *t = is512 ? &m->s->batch512 : &m->s->batch256;
	struct vf_bytes id = is512 ? vf_bytes(m->r->id512.b, sizeof(m->r->id512.b)) : vf_bytes(m->r->id.b, sizeof(m->r->id.b)), b;

	if ((is512 && !m->s->has512) || k >= VF_STUDY_LEVELS)
		return false;
	if (!m->has_leaf[is512] && !vf_study_tree_find(t, id, &m->leaf[is512]))
		return false;
	m->has_leaf[is512] = true;
	return vf_study_tree_sibling(t, m->leaf[is512], (size_t)k, &b) && put(m, b);
}

static bool put_log_sibling(struct machine *m, uint64_t k)
{
	struct vf_bytes b;

	return k < VF_STUDY_LEVELS && vf_study_tree_sibling(&m->s->log, m->r->index, (size_t)k, &b) && put_text(m, VF_STUDY_BASE64, b);
}

static bool put_index(struct machine *m)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)m->r->index);
	return put(m, vf_bytes_str(text));
}

/* Codes with one operand that names an item, a mark or a level. */
static bool step_one(struct machine *m, uint8_t code)
{
	uint64_t i;

	if (!take_number(&m->in, &i))
		return false;
	if (code == VF_STUDY_BATCH256 || code == VF_STUDY_BATCH512)
		return put_sibling(m, code == VF_STUDY_BATCH512, i);
	if (code == VF_STUDY_LOG)
		return put_log_sibling(m, i);
	if (code == VF_STUDY_PLACE)
		return i < m->n_marks && m->marks[i] >= m->begin && put_u32le(m, m->marks[i] - m->begin);
	if (i >= m->n_items)
		return false;
	if (code == VF_STUDY_ITEM)
		return put(m, m->items[i].bytes);
	return code == VF_STUDY_CRC ? put_crc(m, &m->items[i]) : put_u32le(m, m->items[i].bytes.n);
}

static bool step(struct machine *m)
{
	struct vf_bytes b;
	uint64_t i, n;
	uint8_t code;

	if (!vf_take_u8(&m->in, &code) || code >= VF_STUDY_CODES)
		return false;
	switch ((enum vf_study_code)code) {
	case VF_STUDY_LITERAL:
		return take_number(&m->in, &n) && n <= m->in.n && vf_take(&m->in, (size_t)n, &b) && put(m, b);
	case VF_STUDY_COPY:
		return take_number(&m->in, &i) && take_number(&m->in, &n) && vf_bytes_slice(m->s->shared, i, n, &b) && put(m, b);
	case VF_STUDY_END:
		return end_part(m);
	case VF_STUDY_MARK:
		m->marks[m->n_marks++] = m->n;
		return true;
	case VF_STUDY_DIGEST:
		return take_number(&m->in, &n) && take_number(&m->in, &i) && put_digest(m, n, i);
	case VF_STUDY_ENTRY:
		return put_entry(m);
	case VF_STUDY_INDEX:
		return put_index(m);
	case VF_STUDY_ITEM:
	case VF_STUDY_CRC:
	case VF_STUDY_SIZE:
	case VF_STUDY_PLACE:
	case VF_STUDY_BATCH256:
	case VF_STUDY_BATCH512:
	case VF_STUDY_LOG:
	case VF_STUDY_CODES:
		break;
	}
	return step_one(m, code);
}

/* Parts and marks that a program can make at most: it has an octet for each. */
static void count(struct vf_bytes program, size_t *ret_parts, size_t *ret_marks)
{
	*ret_parts = *ret_marks = 0;
	for (uint8_t b; vf_take_u8(&program, &b);) {
		*ret_parts += b == VF_STUDY_END;
		*ret_marks += b == VF_STUDY_MARK;
	}
}

VF_RC vf_study_expand(struct vf_study *s, size_t record, const struct vf_study_unpacked *u, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct machine m = {.s = s, .r = &s->records[record], .u = u, .in = u->program, .cap = u->output};
	size_t parts, marks;

	if (!m.r->is_shown || s->seal != m.r->seal)
		return vf_fail(reterr, VF_INTERNAL, "a record that was not unpacked");
	count(u->program, &parts, &marks);
	m.cap_items = u->n_members + parts;
	m.out = vf_arena_take(s->arena, m.cap + 1, 1);
	m.items = VF_NEW(s->arena, m.cap_items + 1, struct item);
	m.marks = VF_NEW(s->arena, marks + 1, size_t);
	if (!m.out || !m.items || !m.marks)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	for (; m.n_items < u->n_members; m.n_items++)
		m.items[m.n_items].bytes = u->members[m.n_items].bytes;
	while (m.in.n > 0) {
		size_t at = u->program.n - m.in.n;

		if (!step(&m))
			return vf_fail(reterr, VF_STUDY_SHAPE, "record %llu: its program is wrong at octet %zu", (unsigned long long)m.r->index, at);
	}
	if (m.n != m.cap)
		return vf_fail(reterr, VF_STUDY_SHAPE, "record %llu: its program gives %zu octets, not %zu", (unsigned long long)m.r->index, m.n, m.cap);
	*ret = vf_bytes(m.out + m.begin, m.n - m.begin);
	return VF_OK;
}
