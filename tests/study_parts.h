/*
 * A study bundle taken apart into its entries, and put together again after a test has changed them: all headers are right.
 */
#ifndef TESTS_STUDY_PARTS_H
#define TESTS_STUDY_PARTS_H

#include "tests/study_judging.h"

#define SP_MAX 24

struct sp_entry {
	char name[100];
	struct nt_buf data;
	bool deflated;
};

struct sp_parts {
	struct sp_entry e[SP_MAX];
	size_t n;
};

static inline void sp_take(struct vf_bytes file, struct sp_parts *p)
{
	struct vf_source source = vf_source_of(file);
	struct vf_container box;
	struct vf_arena a;
	struct vf_bytes b;
	struct vf_err err = {0};

	memset(p, 0, sizeof(*p));
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_container_open(&source, true, &a, &box, &err), &err, "container");
	for (size_t i = 1; i < box.zip.n && p->n < SP_MAX - 2; i++) {
		struct sp_entry *e = &p->e[p->n++];

		snprintf(e->name, sizeof(e->name), "%.*s", VF_STR(box.zip.entries[i].name));
		e->data = nt_buf(1u << 28);
		e->deflated = box.zip.entries[i].method == VF_ZIP_DEFLATED;
		fixture_need(vf_container_read(&box, &box.zip.entries[i], &a, &b, &err), &err, "read");
		nt_buf_put(&e->data, b);
	}
}

static inline struct sp_entry *sp_entry(struct sp_parts *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->e[i].name, name) == 0)
			return &p->e[i];
	fprintf(stderr, "no entry '%s'\n", name);
	exit(1);
}

static inline void sp_drop(struct sp_parts *p, const char *name)
{
	struct sp_entry *e = sp_entry(p, name);

	nt_buf_done(&e->data);
	memmove(e, e + 1, (size_t)(p->e + p->n - (e + 1)) * sizeof(*e));
	p->n--;
}

static inline struct nt_buf sp_make(struct sp_parts *p, const char *media)
{
	struct nt_buf out = nt_buf(1u << 28);
	struct vf_err err = {0};
	struct nt_zip z;

	fixture_need(nt_zip_begin_as(&z, media, nt_zip_to_buf(&out), &err), &err, "zip");
	for (size_t i = 0; i < p->n; i++) {
		struct vf_bytes name = vf_bytes_str(p->e[i].name), b = nt_buf_bytes(&p->e[i].data);

		if (p->e[i].deflated) {
			fixture_need(nt_zip_deflated(&z, name, b, &err), &err, "deflate");
		} else {
			fixture_need(nt_zip_entry(&z, name, b.n, nt_zip_crc(0, b), &err), &err, "entry");
			fixture_need(nt_zip_data(&z, b, &err), &err, "data");
		}
		nt_buf_done(&p->e[i].data);
	}
	fixture_need(nt_zip_end(&z, &err), &err, "end");
	nt_zip_done(&z);
	return out;
}

static inline void sp_put_over(struct nt_buf *b, size_t at, size_t n, struct vf_bytes with)
{
	struct nt_buf out = nt_buf(1u << 28);

	nt_buf_put(&out, vf_bytes(b->p, at));
	nt_buf_put(&out, with);
	nt_buf_put(&out, vf_bytes(b->p + at + n, b->n - at - n));
	nt_buf_done(b);
	*b = out;
}

/* The first place of a text becomes another. */
static inline void sp_edit(struct sp_entry *e, const char *old, const char *with)
{
	const uint8_t *at = memmem(e->data.p, e->data.n, old, strlen(old));

	if (!at) {
		fprintf(stderr, "'%s' has no '%s'\n", e->name, old);
		exit(1);
	}
	sp_put_over(&e->data, (size_t)(at - e->data.p), strlen(old), vf_bytes_str(with));
}

static inline void sp_add(struct sp_parts *p, const char *name, bool deflated, struct vf_bytes data)
{
	struct sp_entry *e = &p->e[p->n++];

	snprintf(e->name, sizeof(e->name), "%s", name);
	e->deflated = deflated;
	e->data = nt_buf(1u << 28);
	nt_buf_put(&e->data, data);
}

#endif
