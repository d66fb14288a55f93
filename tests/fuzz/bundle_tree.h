/*
 * Edits of a bundle as an attacker would make them: part by part, element by element,
 * line by line, with the repairs that keep the change from being noticed at once.
 *
 * Knows the shapes of the parts (ZIP entries, DER, lines, digests in hex and base64), and
 * nothing about what a bundle proves. What an edit cannot do is left undone: any program of
 * edits makes some container. Nothing is allocated but the parts themselves.
 */
#ifndef TESTS_FUZZ_BUNDLE_TREE_H
#define TESTS_FUZZ_BUNDLE_TREE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/zip_make.h"
#include "verify/der.h"
#include "verify/record.h"
#include "verify/text.h"

#define BT_PARTS 24
#define BT_ROOM 32768
#define BT_NAME 96

struct bt_part {
	char name[BT_NAME];
	size_t n;
	uint8_t data[BT_ROOM];
};

struct bt_bundle {
	struct bt_part *parts; /* BT_PARTS of them */
	size_t n;
};

static inline struct vf_bytes bt_bytes(const struct bt_part *p)
{
	return vf_bytes(p->data, p->n);
}

static inline bool bt_is(const struct bt_part *p, const char *name)
{
	return strcmp(p->name, name) == 0;
}

static inline struct bt_part *bt_find(const struct bt_bundle *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (bt_is(&b->parts[i], name))
			return &b->parts[i];
	return NULL;
}

static inline struct bt_part *bt_add(struct bt_bundle *b, const char *name, struct vf_bytes data)
{
	struct bt_part *p = &b->parts[b->n];

	if (b->n == BT_PARTS || data.n > BT_ROOM)
		return NULL;
	snprintf(p->name, sizeof(p->name), "%s", name);
	if (data.n)
		memmove(p->data, data.p, data.n);
	p->n = data.n;
	b->n++;
	return p;
}

static inline void bt_copy(struct bt_bundle *to, const struct bt_bundle *from)
{
	to->n = 0;
	for (size_t i = 0; i < from->n; i++)
		bt_add(to, from->parts[i].name, bt_bytes(&from->parts[i]));
}

static inline void bt_drop(struct bt_bundle *b, size_t at)
{
	for (size_t i = at + 1; i < b->n; i++) {
		struct bt_part *to = &b->parts[i - 1], *from = &b->parts[i];

		memcpy(to->name, from->name, BT_NAME);
		memcpy(to->data, from->data, from->n);
		to->n = from->n;
	}
	b->n--;
}

/* Puts with in the place of [at, at + n). with may point into the part. */
static inline bool bt_replace(struct bt_part *p, size_t at, size_t n, struct vf_bytes with)
{
	static uint8_t copy[BT_ROOM];

	if (at > p->n || n > p->n - at || with.n > BT_ROOM || p->n - n + with.n > BT_ROOM)
		return false;
	if (with.n)
		memcpy(copy, with.p, with.n);
	memmove(p->data + at + with.n, p->data + at + n, p->n - at - n);
	memcpy(p->data + at, copy, with.n);
	p->n = p->n - n + with.n;
	return true;
}

/* ---- DER ---- */

enum bt_der_edit {
	BT_DER_BODY,   /* other contents */
	BT_DER_DELETE,
	BT_DER_TWICE,
	BT_DER_TAG,    /* another tag */
	BT_DER_WHOLE,  /* another element */
	BT_DER_SORT,   /* the elements inside in ascending order of octets */
	BT_DER_SWAP,   /* with the element that follows */
	BT_DER_EDITS,
};

struct bt_der {
	size_t want, at; /* the element in pre-order; how many were passed */
	enum bt_der_edit edit;
	struct vf_bytes with;
	uint8_t tag;
	uint8_t *out;
	size_t n;
	bool failed;
};

static inline void bt_der_put(struct bt_der *w, struct vf_bytes b)
{
	if (b.n > BT_ROOM - w->n) {
		w->failed = true;
		return;
	}
	if (b.n)
		memcpy(w->out + w->n, b.p, b.n);
	w->n += b.n;
}

/* Head for what was put since start. */
static inline void bt_der_close(struct bt_der *w, uint8_t tag, size_t start)
{
	uint8_t head[VF_DER_HEAD];
	size_t n = vf_der_head(tag, w->n - start, head);

	if (w->failed || n > BT_ROOM - w->n) {
		w->failed = true;
		return;
	}
	memmove(w->out + start + n, w->out + start, w->n - start);
	memcpy(w->out + start, head, n);
	w->n += n;
}

/* What may hold elements: constructed ones, and octets that are an element themselves. */
static inline bool bt_der_has_inside(const struct vf_der *d)
{
	return (d->tag & 0x20) != 0 || (d->tag == VF_DER_OCTET_STRING && d->body.n > 1 && vf_der_is_strict(d->body));
}

static inline void bt_der_sort(struct bt_der *w, struct vf_bytes body)
{
	struct vf_der v[128], d;
	size_t n = 0;

	while (n < 128 && vf_der_take(&body, &d)) {
		size_t i = n++;

		for (; i > 0 && vf_bytes_cmp(v[i - 1].whole, d.whole) > 0; i--)
			v[i] = v[i - 1];
		v[i] = d;
	}
	for (size_t i = 0; i < n; i++)
		bt_der_put(w, v[i].whole);
	bt_der_put(w, body);
}

/* Writes the elements of in with the edit; the lengths above follow. */
static inline void bt_der_walk(struct bt_der *w, struct vf_bytes in, unsigned depth)
{
	struct vf_der d, next;

	while (!w->failed && vf_der_take(&in, &d)) {
		bool hit = w->at++ == w->want;
		uint8_t tag = hit && w->edit == BT_DER_TAG ? w->tag : d.tag;
		struct vf_bytes rest = in;
		size_t start = w->n;

		if (hit && w->edit == BT_DER_DELETE)
			continue;
		if (hit && w->edit == BT_DER_WHOLE) {
			bt_der_put(w, w->with);
			continue;
		}
		if (hit && w->edit == BT_DER_SWAP && vf_der_take(&rest, &next)) {
			bt_der_put(w, next.whole);
			bt_der_put(w, d.whole);
			in = rest;
			continue;
		}
		if (hit && w->edit == BT_DER_TWICE)
			bt_der_put(w, d.whole);
		start = w->n;
		if (hit && w->edit == BT_DER_BODY)
			bt_der_put(w, w->with);
		else if (hit && w->edit == BT_DER_SORT)
			bt_der_sort(w, d.body);
		else if (depth < VF_DER_HEAD + 22 && bt_der_has_inside(&d))
			bt_der_walk(w, d.body, depth + 1);
		else
			bt_der_put(w, d.body);
		bt_der_close(w, tag, start);
	}
	bt_der_put(w, in); /* what is no element stays as it is */
}

/* Edits element want of p; returns how many elements there are when want is out of range. */
static inline size_t bt_der_edit(
	struct bt_part *p, size_t want, enum bt_der_edit edit, uint8_t tag, struct vf_bytes with)
{
	static uint8_t out[BT_ROOM];
	struct bt_der w = {.want = want, .edit = edit, .with = with, .tag = tag, .out = out};

	bt_der_walk(&w, bt_bytes(p), 0);
	if (!w.failed && w.at > want) {
		memcpy(p->data, out, w.n);
		p->n = w.n;
	}
	return w.at;
}

static inline size_t bt_der_count(struct bt_part *p)
{
	return bt_der_edit(p, SIZE_MAX, BT_DER_BODY, 0, vf_bytes(NULL, 0));
}

/* Element want of b in pre-order. */
static inline bool bt_der_find(struct vf_bytes b, size_t *want, struct vf_der *ret)
{
	struct vf_der d;

	while (vf_der_take(&b, &d)) {
		if ((*want)-- == 0) {
			*ret = d;
			return true;
		}
		if (bt_der_has_inside(&d) && bt_der_find(d.body, want, ret))
			return true;
	}
	return false;
}

/* ---- text ---- */

/* The at-th line with its LF (the last may have none), counted round. */
static inline bool bt_line(const struct bt_part *p, size_t at, size_t *ret_from, size_t *ret_n)
{
	size_t lines = 0, from = 0;

	for (size_t i = 0; i < p->n; i++)
		lines += p->data[i] == '\n' || i + 1 == p->n;
	if (lines == 0)
		return false;
	at %= lines;
	for (size_t i = 0; i < p->n; i++) {
		if (p->data[i] != '\n' && i + 1 != p->n)
			continue;
		if (at-- == 0) {
			*ret_from = from;
			*ret_n = i + 1 - from;
			return true;
		}
		from = i + 1;
	}
	return false;
}

static inline bool bt_is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static inline bool bt_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The at-th run of characters of a class with a length in [min, max], counted round; false when there is none. */
static inline bool bt_run(const struct bt_part *p, bool (*is)(uint8_t), size_t min, size_t max, size_t at,
	size_t *ret_from, size_t *ret_n)
{
	size_t found = 0, want = SIZE_MAX;

	for (int pass = 0; pass < 2; pass++) {
		size_t run = 0, seen = 0;

		for (size_t i = 0; i <= p->n; i++) {
			if (i < p->n && is(p->data[i])) {
				run++;
				continue;
			}
			if (run >= min && run <= max && seen++ == want) {
				*ret_from = i - run;
				*ret_n = run;
				return true;
			}
			run = 0;
		}
		found = seen;
		if (found == 0)
			return false;
		want = at % found;
	}
	return false;
}

/* ---- repairs ---- */

static inline size_t bt_after(const struct bt_part *p, const char *needle, size_t from)
{
	const uint8_t *at = from <= p->n ? memmem(p->data + from, p->n - from, needle, strlen(needle)) : NULL;

	return at ? (size_t)(at - p->data) + strlen(needle) : SIZE_MAX;
}

/* The statement lists the digests that the parts have now. */
static inline void bt_repair_statement(struct bt_bundle *b)
{
	struct bt_part *s = bt_find(b, VF_NAME_STATEMENT);
	char needle[BT_NAME + 16], hex[129];

	for (size_t i = 0; s && i < b->n; i++) {
		struct vf_pair d = vf_pair_of(bt_bytes(&b->parts[i]));
		size_t at, sha;

		snprintf(needle, sizeof(needle), "\"name\":\"%s\"", b->parts[i].name);
		at = bt_after(s, needle, 0);
		sha = at == SIZE_MAX ? at : bt_after(s, "\"sha256\":\"", at);
		if (sha == SIZE_MAX || sha > s->n - 64)
			continue;
		vf_hex_put(hex, vf_bytes(d.sha256.b, 32));
		memcpy(s->data + sha, hex, 64);
		sha = bt_after(s, "\"sha512\":\"", sha);
		if (sha == SIZE_MAX || s->n < 128 || sha > s->n - 128)
			continue;
		vf_hex_put(hex, vf_bytes(d.sha512.b, 64));
		memcpy(s->data + sha, hex, 128);
	}
}

/* Every manifest lists the SHA-256 that the parts have now. */
static inline void bt_repair_manifests(struct bt_bundle *b)
{
	char needle[BT_NAME + 16], text[VF_BASE64_LEN(32) + 1];

	for (size_t m = 0; m < b->n; m++) {
		struct bt_part *p = &b->parts[m];
		size_t n = strlen(p->name);

		if (n < 4 || strcmp(p->name + n - 4, ".xml") != 0 || strncmp(p->name, VF_NAME_META, strlen(VF_NAME_META)) != 0)
			continue;
		for (size_t i = 0; i < b->n; i++) {
			struct vf_hash h = vf_sha256(bt_bytes(&b->parts[i]));
			size_t at;

			snprintf(needle, sizeof(needle), "Reference URI=\"%s\"", b->parts[i].name);
			at = bt_after(p, needle, 0);
			at = at == SIZE_MAX ? at : bt_after(p, "DigestValue>", at);
			if (at == SIZE_MAX || p->n < 44 || at > p->n - 44)
				continue;
			vf_base64_put(text, vf_bytes(h.b, 32));
			memcpy(p->data + at, text, 44);
		}
	}
}

/* The digests of the group: what the statement lists, the statement, the signature files. */
static inline size_t bt_group(const struct bt_bundle *b, struct vf_pair *group, size_t max)
{
	static uint8_t block[1 << 20];
	static const char *const more[] = {VF_NAME_STATEMENT, VF_NAME_SIGNED_MANIFEST, VF_NAME_SIGNATURE};
	const struct bt_part *p = bt_find(b, VF_NAME_STATEMENT);
	struct vf_statement s;
	struct vf_arena a;
	size_t n = 0;

	vf_arena_init(&a, block, sizeof(block));
	if (!p || vf_statement_parse(bt_bytes(p), &a, &s, NULL) != VF_OK || s.n_members + 3 > max)
		return 0;
	for (size_t i = 0; i < s.n_members; i++)
		group[n++] = s.members[i].digests;
	for (size_t i = 0; i < (s.has_signer ? 3 : 1); i++) {
		p = bt_find(b, more[i]);
		if (p)
			group[n++] = vf_pair_of(bt_bytes(p));
	}
	return n;
}

/* Every evidence record's first list and the entry are those of the group as it is now. */
static inline void bt_repair_group(struct bt_bundle *b)
{
	struct vf_pair group[BT_PARTS + 3];
	size_t n = bt_group(b, group, BT_PARTS + 3);
	struct bt_part *e = bt_find(b, "META-INF/trialnotary/entry");
	uint8_t list[(BT_PARTS + 3) * 34], *at = list;
	struct vf_entry entry;

	if (n == 0)
		return;
	if (e && vf_entry_parse(bt_bytes(e), &entry, NULL) == VF_OK) {
		vf_group(group, n, &entry.id, &entry.id512);
		vf_entry_put((char *)e->data, &entry);
	}
	vf_group(group, n, &entry.id, &entry.id512); /* ascending now */
	for (size_t i = 0; i < n; i++, at += 34) {
		memcpy(at, "\x04\x20", 2);
		memcpy(at + 2, group[i].sha256.b, 32);
	}
	for (size_t i = 0; i < b->n; i++) {
		struct bt_part *p = &b->parts[i];
		size_t name = strlen(p->name), elements;

		if (name < 4 || strcmp(p->name + name - 4, ".ers") != 0)
			continue;
		elements = bt_der_count(p);
		for (size_t k = 0; k < elements; k++) {
			size_t want = k;
			struct vf_der d, inside;

			/* the first SEQUENCE that begins with a 32-octet value */
			if (!bt_der_find(bt_bytes(p), &want, &d) || d.tag != VF_DER_SEQUENCE || !vf_der_take(&d.body, &inside) ||
				inside.tag != VF_DER_OCTET_STRING || inside.body.n != 32)
				continue;
			bt_der_edit(p, k, BT_DER_BODY, 0, vf_bytes(list, 34 * n));
			break;
		}
	}
}

/* The seal head names the checkpoint and the predecessor that are there now. */
static inline void bt_repair_head(struct bt_bundle *b)
{
	struct bt_part *head = bt_find(b, "META-INF/trialnotary/seal-head");
	const struct bt_part *previous = bt_find(b, "META-INF/trialnotary/previous-seal-head");
	const struct bt_part *proof = bt_find(b, "META-INF/trialnotary/log.tlog-proof");
	size_t at, from;
	char hex[65];

	if (!head || !previous || !proof)
		return;
	at = bt_after(head, "\nprevious ", 0);
	if (at != SIZE_MAX && head->n >= 64 && at <= head->n - 64) {
		struct vf_hash h = vf_sha256(bt_bytes(previous));

		vf_hex_put(hex, vf_bytes(h.b, 32));
		memcpy(head->data + at, hex, 64);
	}
	at = bt_after(head, "\ncheckpoint ", 0);
	from = bt_after(proof, "\n\n", 0);
	if (at != SIZE_MAX && from != SIZE_MAX && head->n >= 64 && at <= head->n - 64) {
		struct vf_hash h = vf_sha256(vf_bytes(proof->data + from, proof->n - from));

		vf_hex_put(hex, vf_bytes(h.b, 32));
		memcpy(head->data + at, hex, 64);
	}
}

#endif
