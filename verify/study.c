#include "verify/study.h"

#include <stdio.h>

#include "verify/limits.h"
#include "verify/text.h"

/* ---- the container ---- */

bool vf_study_is(const struct vf_source *s)
{
	static const char kind[] = VF_ZIP_MIMETYPE_NAME VF_STUDY_MEDIA;
	uint8_t room[sizeof(kind) - 1];
	struct vf_bytes b;

	return s->size > VF_ZIP_LOCAL_SIZE + sizeof(room) &&
		vf_source_view(s, VF_ZIP_LOCAL_SIZE, sizeof(room), room, &b, NULL) == VF_OK && vf_bytes_is(b, kind);
}

/*
 * The tolerant scan lets other types pass, and what else departs from our profile; the type is the first departure that it
 * can meet in an entry, a comment would come before it.
 */
static VF_RC check_profile(const struct vf_container *box, struct vf_err *reterr)
{
	const struct vf_zip *z = &box->zip;

	if (z->departure.rc != VF_ZIP_MIMETYPE || !vf_bytes_is(z->media, VF_STUDY_MEDIA))
		return vf_fail(reterr, VF_ZIP_SHAPE, "the container departs from the profile of study bundles");
	if (z->n_folders)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the container has a folder");
	for (size_t i = 0; i < z->n; i++) {
		const struct vf_zip_entry *e = &z->entries[i];
		bool is_stored = i == 0 || vf_bytes_starts(e->name, VF_STUDY_DOCUMENTS);

		if (!vf_zip_is_plain(e) || e->data_at != e->header_at + VF_ZIP_LOCAL_SIZE + e->name.n || e->end_at != e->data_at + e->packed ||
			e->method != (is_stored ? VF_ZIP_STORED : VF_ZIP_DEFLATED))
			return vf_fail(reterr, VF_ZIP_SHAPE, "the entry %zu has a header that no study bundle has", i);
	}
	return VF_OK;
}

static VF_RC each_keep(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct vf_bytes *left = ctx, room;

	if (!vf_take(left, piece.n, &room))
		return vf_fail(reterr, VF_INTERNAL, "a piece is longer than its entry");
	if (piece.n)
		memcpy((void *)(uintptr_t)room.p, piece.p, piece.n);
	return VF_OK;
}

VF_RC vf_study_fill(const struct vf_study *s, const struct vf_zip_entry *e, uint8_t *room, struct vf_err *reterr)
{
	struct vf_bytes left = vf_bytes(room, (size_t)e->size);

	return vf_container_stream(&s->box, e, each_keep, &left, reterr);
}

VF_RC vf_study_read(const struct vf_study *s, const struct vf_zip_entry *e, size_t max, struct vf_bytes *ret, struct vf_err *reterr)
{
	uint8_t *room;
	enum vf_rc rc;

	if (e->size > max)
		return vf_fail(reterr, VF_LIMIT, "'%.*s' has %llu bytes", VF_STR(e->name), (unsigned long long)e->size);
	room = vf_arena_take(s->arena, (size_t)e->size + 1, 1);
	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%.*s'", VF_STR(e->name));
	rc = vf_study_fill(s, e, room, reterr);
	if (rc == VF_OK)
		*ret = vf_bytes(room, (size_t)e->size);
	return rc;
}

/* ---- study.json ---- */

/* A number, and the character after it. */
static bool take_number(struct vf_bytes *in, uint8_t end, uint64_t *ret)
{
	struct vf_bytes digits;

	return vf_take_until(in, end, &digits) && vf_decimal_read(digits, VF_MAX_TREE_SIZE, ret);
}

static bool take_seal(struct vf_bytes *in, struct vf_study_seal *ret)
{
	return vf_take_str(in, "[") && take_number(in, ',', &ret->number) && take_number(in, ',', &ret->first) &&
		take_number(in, ']', &ret->size) && ret->number > 0 && ret->first < ret->size && ret->size - ret->first <= UINT32_MAX;
}

static VF_RC read_json(struct vf_study *s, struct vf_bytes in, struct vf_err *reterr)
{
	static const char text[] = "'study.json' is not in its exact form";
	struct vf_bytes list;
	uint64_t n;

	if (!vf_take_str(&in, VF_STUDY_SCHEMA) || !take_number(&in, ',', &n) || !vf_take_str(&in, "\"seals\":["))
		return vf_fail(reterr, VF_STUDY_SHAPE, "%s", text);
	list = in;
	for (struct vf_bytes seal; vf_take_until(&list, ']', &seal) && seal.n > 0;)
		s->n_seals++;
	if (n == 0 || n > VF_MAX_STUDY_RECORDS || s->n_seals > VF_MAX_STUDY_SEALS)
		return vf_fail(reterr, n == 0 ? VF_STUDY_SHAPE : VF_LIMIT, "%llu records, %zu seals", (unsigned long long)n, s->n_seals);
	s->n_records = (size_t)n;
	s->records = VF_NEW(s->arena, s->n_records, struct vf_study_record);
	s->seals = VF_NEW(s->arena, s->n_seals + 1, struct vf_study_seal);
	for (s->n_keys = 4; s->n_keys < 2 * s->n_records;)
		s->n_keys *= 2;
	s->keys = VF_NEW(s->arena, s->n_keys, struct vf_study_key);
	if (!s->records || !s->seals || !s->keys)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", s->n_records);
	for (size_t i = 0; i < s->n_seals; i++) {
		struct vf_study_seal *seal = &s->seals[i], *last = i ? seal - 1 : NULL;

		if ((i && !vf_take_str(&in, ",")) || !take_seal(&in, seal) || (last && (last->number >= seal->number || last->size > seal->first)))
			return vf_fail(reterr, VF_STUDY_SHAPE, "%s", text);
	}
	return vf_bytes_is(in, "]}") ? VF_OK : vf_fail(reterr, VF_STUDY_SHAPE, "%s", text);
}

/* ---- the list of entries ---- */

static const struct vf_zip_entry *entry_at(const struct vf_study *s, size_t i)
{
	return i < s->box.zip.n ? &s->box.zip.entries[i] : NULL;
}

static bool is_entry(const struct vf_study *s, size_t i, const char *name)
{
	const struct vf_zip_entry *e = entry_at(s, i);

	return e && vf_bytes_is(e->name, name);
}

/* Invariant: entries before at are where they belong. */
static VF_RC check_list(struct vf_study *s, struct vf_err *reterr)
{
	struct vf_bytes last = {NULL, 0};
	size_t at = 3;
	char name[40];

	for (size_t i = 0; i < s->n_seals; i++) {
		snprintf(name, sizeof(name), VF_STUDY_LEAVES, (unsigned long long)s->seals[i].number);
		at += is_entry(s, at, name);
	}
	s->first_part = at;
	for (;; at++) {
		snprintf(name, sizeof(name), VF_STUDY_RECORDS, at - s->first_part + 1);
		if (!is_entry(s, at, name))
			break;
	}
	s->n_parts = at - s->first_part;
	s->first_document = at;
	for (; at < s->box.zip.n; at++) {
		struct vf_bytes b = entry_at(s, at)->name;
		struct vf_hash h;

		if (!vf_take_str(&b, VF_STUDY_DOCUMENTS) || !vf_hex_read(b, h.b, sizeof(h.b)) || (last.n && vf_bytes_cmp(last, b) >= 0))
			return vf_fail(reterr, VF_STUDY_SHAPE, "the entry %zu is not where a study bundle has one", at);
		last = b;
	}
	return s->n_parts ? VF_OK : vf_fail(reterr, VF_STUDY_SHAPE, "there are no records");
}

const struct vf_zip_entry *vf_study_document(const struct vf_study *s, const struct vf_hash *sha256)
{
	char name[sizeof(VF_STUDY_DOCUMENTS) + 64] = VF_STUDY_DOCUMENTS;

	vf_hex_put(name + sizeof(VF_STUDY_DOCUMENTS) - 1, vf_bytes(sha256->b, sizeof(sha256->b)));
	return vf_zip_find(&s->box.zip, vf_bytes_str(name));
}

/* ---- records ---- */

/* Octets that all programs are to give, and that the file may ask for. */
struct budget {
	uint64_t output, most;
};

static VF_RC read_part(struct vf_study *s, size_t part, size_t *n, struct budget *b, struct vf_err *reterr)
{
	struct vf_bytes all, in;
	size_t used = s->arena->used;
	enum vf_rc rc = vf_study_read(s, entry_at(s, s->first_part + part), VF_MAX_PART, &all, reterr);

	in = all;
	while (rc == VF_OK && in.n > 0) {
		size_t before = s->arena->used, at = all.n - in.n;
		struct vf_study_unpacked u = {0};
		struct vf_study_record *r = &s->records[*n];

		if (*n == s->n_records)
			return vf_fail(reterr, VF_STUDY_SHAPE, "there are more records than 'study.json' says");
		rc = vf_study_take(&in, s->arena, s, *n, r, &u, reterr);
		if (rc != VF_OK)
			return rc;
		r->part = part;
		r->at = at;
		r->n = all.n - in.n - at;
		s->n_shown += r->is_shown;
		b->output += u.output;
		if (*n && r->index <= r[-1].index)
			return vf_fail(reterr, VF_STUDY_SHAPE, "the records do not ascend");
		if (b->output > b->most)
			return vf_fail(reterr, VF_LIMIT, "the bundles are more than %d times the file", VF_MAX_STUDY_RATIO);
		(*n)++;
		s->arena->used = before;
	}
	if (rc == VF_OK && all.n == 0)
		return vf_fail(reterr, VF_STUDY_SHAPE, "a part without records");
	s->arena->used = used;
	return rc;
}

/* Records and seals both ascend. A seal without a shown record has no business here. */
static VF_RC join_seals(struct vf_study *s, struct vf_err *reterr)
{
	size_t at = 0;

	for (size_t i = 0; i < s->n_seals; i++) {
		struct vf_study_seal *seal = &s->seals[i];
		bool is_used = false;

		for (seal->begin = at; at < s->n_records && s->records[at].index < seal->size; at++) {
			struct vf_study_record *r = &s->records[at];

			r->seal = i;
			is_used |= r->is_shown && r->index >= seal->first;
			if (r->is_shown && r->index < seal->first)
				return vf_fail(reterr, VF_STUDY_SHAPE, "the seal of record %llu is not listed", (unsigned long long)r->index);
		}
		seal->end = at;
		if (!is_used)
			return vf_fail(reterr, VF_STUDY_SHAPE, "seal %llu is listed for no record", (unsigned long long)seal->number);
	}
	for (; at < s->n_records; at++) {
		s->records[at].seal = s->n_seals;
		if (s->records[at].is_shown)
			return vf_fail(reterr, VF_STUDY_SHAPE, "the seal of record %llu is not listed", (unsigned long long)s->records[at].index);
	}
	return VF_OK;
}

static VF_RC read_records(struct vf_study *s, struct vf_err *reterr)
{
	struct budget b = {.most = VF_MAX_STUDY_RATIO * s->box.source.size};
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	if (b.most < VF_MAX_STUDY_RATIO_FREE)
		b.most = VF_MAX_STUDY_RATIO_FREE;
	for (size_t i = 0; rc == VF_OK && i < s->n_parts; i++)
		rc = read_part(s, i, &n, &b, reterr);
	if (rc == VF_OK && n != s->n_records)
		return vf_fail(reterr, VF_STUDY_SHAPE, "there are fewer records than 'study.json' says");
	return rc == VF_OK ? join_seals(s, reterr) : rc;
}

/* For the largest part: records are unpacked again, one by one, when they are expanded. */
static VF_RC make_room(struct vf_study *s, struct vf_err *reterr)
{
	size_t most = 1;

	for (size_t i = 0; i < s->n_parts; i++)
		if (entry_at(s, s->first_part + i)->size > most)
			most = (size_t)entry_at(s, s->first_part + i)->size;
	s->part_room = vf_arena_take(s->arena, most, 1);
	if (!s->part_room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for records");
	s->part = s->n_parts;
	s->seal = s->n_seals;
	s->seal_used = s->record_used = s->arena->used;
	return VF_OK;
}

VF_RC vf_study_open(const struct vf_source *source, struct vf_arena *a, struct vf_study *ret, struct vf_err *reterr)
{
	struct vf_study s = {.arena = a};
	struct vf_bytes json;
	enum vf_rc rc = vf_container_open(source, true, a, &s.box, reterr);

	if (rc == VF_OK)
		rc = check_profile(&s.box, reterr);
	if (rc != VF_OK)
		return rc;
	if (!is_entry(&s, 1, VF_STUDY_JSON) || !is_entry(&s, 2, VF_STUDY_SHARED))
		return vf_fail(reterr, VF_STUDY_SHAPE, "'study.json' and 'shared' are not where they belong");
	rc = vf_study_read(&s, entry_at(&s, 1), VF_MAX_PART, &json, reterr);
	if (rc == VF_OK)
		rc = read_json(&s, json, reterr);
	if (rc == VF_OK)
		rc = check_list(&s, reterr);
	if (rc == VF_OK)
		rc = vf_study_read(&s, entry_at(&s, 2), VF_MAX_STUDY_SHARED, &s.shared, reterr);
	if (rc == VF_OK)
		rc = read_records(&s, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	return make_room(ret, reterr);
}

static VF_RC read_inside(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	const struct vf_study_document *d = ctx;

	return vf_source_read(d->file, d->begin + at, out, n, reterr);
}

VF_RC vf_study_document_open(const struct vf_study *s, const struct vf_zip_entry *e, struct vf_study_document *d, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (d->source.digests)
		return VF_OK;
	*d = (struct vf_study_document){.source = {.ctx = d, .size = e->size, .read = read_inside}, .file = &s->box.source, .begin = e->data_at};
	if (d->file->memory.p && !vf_bytes_slice(d->file->memory, d->begin, e->size, &d->source.memory))
		return vf_fail(reterr, VF_INTERNAL, "a document that was not scanned");
	rc = vf_source_digest(&d->source, &d->digests, reterr);
	d->source.digests = rc == VF_OK ? &d->digests : NULL;
	return rc;
}
