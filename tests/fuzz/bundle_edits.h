/*
 * The program of edits that a fuzz input is: twelve octets an edit, all of them valid.
 *
 * Knows which edits there are and how the octets choose among them (bundle_tree.h makes
 * them). Headers of the container are changed last, when all sizes and CRC-32 fit.
 */
#ifndef TESTS_FUZZ_BUNDLE_EDITS_H
#define TESTS_FUZZ_BUNDLE_EDITS_H

#include "tests/fuzz/bundle_tree.h"

#define BE_SIZE 12
#define BE_MAX 48

struct be_edit {
	uint8_t op, part, sel, n;
	uint16_t where, extra;
	uint8_t raw[4];
};

struct be_run {
	struct bt_bundle *work;
	const struct bt_bundle *bases;
	size_t n_bases;
	const struct be_edit *headers[BE_MAX]; /* for the end */
	size_t n_headers;
};

static inline struct be_edit be_read(const uint8_t *p)
{
	return (struct be_edit){.op = p[0], .part = p[1], .sel = p[2], .n = p[3],
		.where = (uint16_t)(p[4] << 8 | p[5]), .extra = (uint16_t)(p[6] << 8 | p[7]), .raw = {p[8], p[9], p[10], p[11]}};
}

/* A part of another bundle: the one of the same name when there is one. */
static inline const struct bt_part *be_other(const struct be_run *r, const struct be_edit *e, const char *name)
{
	const struct bt_bundle *b = &r->bases[e->raw[0] % r->n_bases];
	const struct bt_part *p = e->raw[1] & 1 ? NULL : bt_find(b, name);

	return p ? p : &b->parts[e->raw[2] % b->n];
}

/* Octets to put somewhere: from the input, noise, another bundle, another part. */
static inline struct vf_bytes be_octets(const struct be_run *r, const struct be_edit *e, const struct bt_part *p)
{
	static uint8_t noise[256];
	const struct bt_part *from;
	uint32_t x = 1;
	struct vf_bytes b;

	switch (e->sel >> 6) {
	case 0:
		memcpy(noise, e->raw, 4);
		return vf_bytes(noise, e->n % 5);
	case 1:
		for (size_t i = 0; i < 4; i++)
			x = x << 8 ^ e->raw[i] ^ x >> 3;
		for (size_t i = 0; i < e->n; i++) {
			x = x * 1664525 + 1013904223;
			noise[i] = (uint8_t)(x >> 24);
		}
		return vf_bytes(noise, e->n);
	case 2:
		from = be_other(r, e, p->name);
		break;
	default:
		from = &r->work->parts[e->raw[3] % r->work->n];
		break;
	}
	b = vf_bytes(NULL, 0);
	if (from->n)
		vf_bytes_slice(bt_bytes(from), e->extra % from->n, e->n < from->n - e->extra % from->n ? e->n :
			from->n - e->extra % from->n, &b);
	return b;
}

/* ---- edits of one part ---- */

static inline void be_bytes(struct be_run *r, const struct be_edit *e, struct bt_part *p)
{
	size_t at = e->where % (p->n + 1), rest = p->n - at;
	struct vf_bytes with = be_octets(r, e, p);

	switch (e->sel % 5) {
	case 0: /* over */
		bt_replace(p, at, with.n < rest ? with.n : rest, with);
		break;
	case 1: /* in between */
		bt_replace(p, at, 0, with);
		break;
	case 2: /* away */
		bt_replace(p, at, e->n < rest ? e->n : rest, vf_bytes(NULL, 0));
		break;
	case 3: /* one bit */
		if (rest)
			p->data[at] ^= (uint8_t)(1 << e->n % 8);
		break;
	default: /* twice */
		bt_replace(p, at, 0, vf_bytes(p->data + at, e->n < rest ? e->n : rest));
		break;
	}
}

static inline void be_der(struct be_run *r, const struct be_edit *e, struct bt_part *p)
{
	static uint8_t copy[BT_ROOM];
	size_t count = bt_der_count(p), want;
	enum bt_der_edit edit = (enum bt_der_edit)(e->sel % BT_DER_EDITS);
	struct vf_bytes with = be_octets(r, e, p);
	struct vf_der d;

	if (count == 0)
		return;
	if (edit == BT_DER_WHOLE || (edit == BT_DER_BODY && e->sel & 32)) {
		/* from the same place of another bundle, or from any place */
		const struct bt_part *from = e->sel & 16 ? p : be_other(r, e, p->name);

		want = e->sel & 8 ? e->extra : e->where % count;
		if (!bt_der_find(bt_bytes(from), &want, &d))
			return;
		with = edit == BT_DER_BODY ? d.body : d.whole;
		memcpy(copy, with.p, with.n);
		with.p = copy;
	}
	bt_der_edit(p, e->where % count, edit, e->raw[0], with);
}

static inline void be_lines(struct be_run *r, const struct be_edit *e, struct bt_part *p)
{
	const struct bt_part *other = be_other(r, e, p->name);
	size_t from, n, at, m;

	if (!bt_line(p, e->where, &from, &n))
		return;
	switch (e->sel % 5) {
	case 0:
		bt_replace(p, from, n, vf_bytes(NULL, 0));
		break;
	case 1:
		bt_replace(p, from, 0, vf_bytes(p->data + from, n));
		break;
	case 2: /* moved behind another */
		if (bt_line(p, e->extra, &at, &m) && at > from && bt_replace(p, at + m, 0, vf_bytes(p->data + from, n)))
			bt_replace(p, from, n, vf_bytes(NULL, 0));
		break;
	case 3: /* the same line of another bundle */
		if (bt_line(other, e->extra & 1 ? e->extra : e->where, &at, &m))
			bt_replace(p, from, n, vf_bytes(other->data + at, m));
		break;
	default:
		if (bt_line(other, e->extra, &at, &m))
			bt_replace(p, from, 0, vf_bytes(other->data + at, m));
		break;
	}
}

static inline void be_number(const struct be_edit *e, struct bt_part *p)
{
	char text[24];
	size_t from, n;
	uint64_t v = 0;

	if (!bt_run(p, bt_is_digit, 1, 19, e->where, &from, &n))
		return;
	vf_decimal_read(vf_bytes(p->data + from, n), INT64_MAX, &v);
	switch (e->sel % 4) {
	case 0:
		v += e->n;
		break;
	case 1:
		v = v > e->n ? v - e->n : 0;
		break;
	case 2:
		v = (uint64_t)e->raw[0] << 56 | (uint64_t)e->raw[1] << 32 | (uint64_t)e->raw[2] << 16 | e->raw[3];
		break;
	default:
		v = UINT64_MAX >> e->n % 64;
		break;
	}
	snprintf(text, sizeof(text), "%s%" PRIu64, e->extra % 8 ? "" : "0", v);
	bt_replace(p, from, n, vf_bytes_str(text));
}

/* A digest in hex becomes that of a part, of another bundle's part, or another one of this file. */
static inline void be_digest(struct be_run *r, const struct be_edit *e, struct bt_part *p)
{
	const struct bt_part *of = e->sel & 1 ? be_other(r, e, p->name) : &r->work->parts[e->raw[3] % r->work->n];
	struct vf_pair d = vf_pair_of(bt_bytes(of));
	size_t from, n, at, m;
	char hex[129];

	if (!bt_run(p, bt_is_hex, 64, 128, e->where, &from, &n))
		return;
	if (e->sel & 2 && bt_run(of, bt_is_hex, n, n, e->extra, &at, &m)) {
		bt_replace(p, from, n, vf_bytes(of->data + at, m));
		return;
	}
	vf_hex_put(hex, n == 128 ? vf_bytes(d.sha512.b, 64) : vf_bytes(d.sha256.b, 32));
	bt_replace(p, from, n, vf_bytes_str(hex));
}

/* ---- edits of the whole ---- */

static inline void be_parts(struct be_run *r, const struct be_edit *e, struct bt_part *p)
{
	static struct bt_part kept;
	struct bt_bundle *b = r->work;
	struct bt_part *q = &b->parts[e->where % b->n];
	const struct bt_part *other = be_other(r, e, p->name);

	switch (e->sel % 8) {
	case 0:
		if (b->n > 2)
			bt_drop(b, (size_t)(p - b->parts));
		break;
	case 1: /* contents change places */
	case 2: /* places change */
		if (p == q)
			break;
		memcpy(&kept, p, sizeof(kept));
		memcpy(p, q, sizeof(kept));
		memcpy(q, &kept, sizeof(kept));
		if (e->sel % 8 == 1) {
			memcpy(q->name, p->name, BT_NAME);
			memcpy(p->name, kept.name, BT_NAME);
		}
		break;
	case 3:
	case 4: /* what another bundle has there */
		bt_replace(p, 0, p->n, bt_bytes(other));
		break;
	case 5: /* one more, of another bundle */
		bt_add(b, other->name, bt_bytes(other));
		break;
	case 6: /* the same again under another name */
		q = bt_add(b, e->extra & 1 ? other->name : p->name, bt_bytes(p));
		if (q && e->extra & 2 && q->name[0])
			q->name[e->n % strlen(q->name)] = (char)e->raw[0];
		break;
	default:
		if (p->name[0])
			p->name[e->n % strlen(p->name)] = (char)(e->extra & 1 ? p->name[e->n % strlen(p->name)] ^ 0x20 : e->raw[0]);
		break;
	}
}

static inline void be_repair(struct be_run *r, unsigned which)
{
	if (which & 1)
		bt_repair_statement(r->work);
	if (which & 2)
		bt_repair_group(r->work);
	if (which & 4)
		bt_repair_head(r->work);
	if (which & 8)
		bt_repair_manifests(r->work);
}

static inline void be_apply(struct be_run *r, const struct be_edit *e)
{
	/* mimetype only now and then: nothing behind it is looked at when it is wrong */
	size_t at = e->part < 224 && r->work->n > 1 ? 1 + e->part % (r->work->n - 1) : e->part % r->work->n;
	struct bt_part *p = &r->work->parts[at];

	switch (e->op % 16) {
	case 0:
	case 1:
	case 2:
		be_bytes(r, e, p);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		be_der(r, e, p);
		break;
	case 7:
	case 8:
		be_lines(r, e, p);
		break;
	case 9:
		be_number(e, p);
		break;
	case 10:
	case 11:
		be_digest(r, e, p);
		break;
	case 12:
		be_parts(r, e, p);
		break;
	case 13:
	case 14:
		be_repair(r, e->sel);
		break;
	default:
		r->headers[r->n_headers++] = e;
		break;
	}
}

/* ---- headers ---- */

static inline void be_header_field(struct zm_header *h, const struct be_edit *e)
{
	uint32_t v = (uint32_t)e->raw[0] << 24 | (uint32_t)e->raw[1] << 16 | (uint32_t)e->raw[2] << 8 | e->raw[3];
	uint32_t *const wide[] = {&h->stamp, &h->crc, &h->packed, &h->size};
	uint16_t *const narrow[] = {&h->need, &h->flags, &h->method};

	if (e->n % 8 < 4)
		*wide[e->n % 4] = e->n & 64 ? *wide[e->n % 4] + v : v;
	else if (e->n % 8 < 7)
		*narrow[e->n % 8 - 4] = e->extra;
	else if (h->name.n > 1)
		h->name.n--;
}

/* Where the data becomes deflated, room keeps it. */
static inline void be_header(struct zm_entry *z, const struct be_edit *e, struct zm_end *end, struct nt_buf *room)
{
	static const char text[] = "PK\5\6PK\1\2PK\3\4\1\0\0\0";

	switch (e->sel % 10) {
	case 0:
		be_header_field(&z->local, e);
		break;
	case 1:
		be_header_field(&z->central, e);
		break;
	case 2:
		be_header_field(&z->local, e);
		be_header_field(&z->central, e);
		break;
	case 3:
		z->local.extra = vf_bytes(text, e->n % 17);
		break;
	case 4:
		z->central.extra = vf_bytes(text, e->n % 17);
		break;
	case 5:
		z->is_hidden = true;
		break;
	case 6:
		z->shift = e->extra % 256 - 128;
		break;
	case 7:
		end->comment = vf_bytes(text, e->n % 17);
		end->here = e->raw[0] % 3 - 1;
		break;
	case 8:
		*(e->n & 1 ? &end->gap : e->n & 2 ? &end->before : &end->after) = vf_bytes(text, e->extra % 17);
		break;
	default:
		if (room->p)
			break;
		*z = zm_deflated("", z->data, room);
		z->made_by = VF_ZIP_NEED_DEFLATED;
		break;
	}
}

/* The container of all parts, with the changes of headers that were asked for; the caller frees out. */
static inline void be_build(struct be_run *r, struct nt_buf *out)
{
	struct zm_entry entries[BT_PARTS];
	struct nt_buf room[BT_PARTS] = {{0}};
	struct zm_end end = {0};

	for (size_t i = 0; i < r->work->n; i++) {
		entries[i] = zm_entry_raw(vf_bytes_str(r->work->parts[i].name), bt_bytes(&r->work->parts[i]));
		entries[i].made_by = VF_ZIP_NEED_STORED;
	}
	for (size_t i = 0; i < r->n_headers; i++) {
		size_t at = r->headers[i]->part % r->work->n;

		be_header(&entries[at], r->headers[i], &end, &room[at]);
		if (entries[at].local.name.n == 0)
			entries[at].local.name = entries[at].central.name = vf_bytes_str(r->work->parts[at].name);
	}
	zm_build(out, entries, r->work->n, &end);
	for (size_t i = 0; i < r->work->n; i++)
		nt_buf_done(&room[i]);
}

#endif
