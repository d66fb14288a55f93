/*
 * Studies in one notary, and the study bundle of one of them.
 */
#ifndef TESTS_STUDY_FIXTURE_H
#define TESTS_STUDY_FIXTURE_H

#include "notary/study_out.h"
#include "notary/zip_out.h"
#include "tests/notary_fixture.h"
#include "verify/study.h"

/* As fixture_submit(), for any study. */
static inline void study_submit(struct fixture *f, const char *study, enum tr_kind kind, const char *name, const char *text)
{
	char path[200];
	struct nt_submit_file file = {.name = vf_bytes_str(name), .digests = vf_pair_of(vf_bytes_str(text)), .size = strlen(text)};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str(study), .kind = kind,
		.confidential = tr_kind_is_personal(kind), .keep = strcmp(name, "details.json") == 0};
	struct vf_err err = {0};
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	out = fopen(path, "wb");
	if (!out || fwrite(text, 1, strlen(text), out) != strlen(text) || fclose(out) != 0)
		exit(1);
	file.path = vf_bytes_str(path);
	fixture_need(nt_submit_records(f->n, &s, &record, 1, fixture_learn, f, &err), &err, "submit");
}

/* n data sets of the study, each of its own. */
static inline void study_submit_many(struct fixture *f, const char *study, size_t from, size_t n)
{
	char name[64], text[64];

	for (size_t i = from; i < from + n; i++) {
		snprintf(name, sizeof(name), "%s-%06zu.csv", study, i);
		snprintf(text, sizeof(text), "subject,value\n%zu,%s\n", i, study);
		study_submit(f, study, TR_DATASET, name, text);
	}
}

/* The study bundle's octets; the caller frees p. */
static inline struct vf_bytes study_put(struct fixture *f, const char *study, const struct nt_study_options *options, struct nt_study_made *ret)
{
	static unsigned number;
	static const struct nt_study_options none;
	char path[160];
	struct vf_err err = {0};

	snprintf(path, sizeof(path), "%s/%u.tnstudy", f->dir, number++);
	fixture_need(nt_study_put(f->n, vf_bytes_str(study), options ? options : &none, path, ret, &err), &err, "study bundle");
	return check_read(path);
}

/* The same file with the data of one entry replaced, all headers right; the caller frees p. */
static inline struct vf_bytes study_replace(struct vf_bytes file, size_t entry, struct vf_bytes data, void *room)
{
	struct nt_buf out = nt_buf(1u << 28);
	struct vf_source source = vf_source_of(file);
	struct vf_container box;
	struct vf_arena a;
	struct vf_err err = {0};
	struct nt_zip z;

	vf_arena_init(&a, room, VF_STUDY_MEMORY);
	fixture_need(vf_container_open(&source, true, &a, &box, &err), &err, "container");
	fixture_need(nt_zip_begin_as(&z, VF_STUDY_MEDIA, nt_zip_to_buf(&out), &err), &err, "zip");
	for (size_t i = 1; i < box.zip.n; i++) {
		const struct vf_zip_entry *e = &box.zip.entries[i];
		struct vf_bytes b = data;

		if (i != entry)
			fixture_need(vf_container_read(&box, e, &a, &b, &err), &err, "read");
		if (e->method == VF_ZIP_DEFLATED) {
			fixture_need(nt_zip_deflated(&z, e->name, b, &err), &err, "deflate");
			continue;
		}
		fixture_need(nt_zip_entry(&z, e->name, b.n, nt_zip_crc(0, b), &err), &err, "entry");
		fixture_need(nt_zip_data(&z, b, &err), &err, "data");
	}
	fixture_need(nt_zip_end(&z, &err), &err, "end");
	nt_zip_done(&z);
	return nt_buf_bytes(&out);
}

#endif
