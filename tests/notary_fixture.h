/*
 * A notary in a fresh folder with a clock that the test moves, records in it,
 * and the verifier's session that trusts it.
 */
#ifndef TESTS_NOTARY_FIXTURE_H
#define TESTS_NOTARY_FIXTURE_H

#include <ftw.h>
#include <unistd.h>

#include "notary/export.h"
#include "notary/submit.h"
#include "notary/trust_out.h"
#include "tests/check.h"
#include "verify/bundle.h"

struct fixture {
	char dir[64], notary[80];
	int64_t now;
	struct nt_notary *n;
	struct nt_exporter *e;
	struct nt_trust trust;
	struct vf_hash last; /* ID of the last record */
};

static inline int64_t fixture_clock(void *ctx)
{
	struct fixture *f = ctx;

	return f->now += 10;
}

static inline void fixture_need(enum vf_rc rc, const struct vf_err *err, const char *what)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "%s: %s: %s\n", what, vf_rc_name(rc), err->text);
	exit(1);
}

static inline int fixture_unlink(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void fixture_begin_as(struct fixture *f, const char *origin)
{
	struct nt_init init = {.origin = origin, .now_ms = INT64_C(1767139200000)};
	struct vf_err err = {0};

	memset(f, 0, sizeof(*f));
	f->now = init.now_ms + 1000;
	strcpy(f->dir, "/tmp/trialnotary-test-XXXXXX");
	if (!mkdtemp(f->dir))
		exit(1);
	snprintf(f->notary, sizeof(f->notary), "%s/n", f->dir);
	fixture_need(nt_notary_init(f->notary, &init, &err), &err, "init");
	fixture_need(nt_notary_open(f->notary, fixture_clock, f, &f->n, &err), &err, "open");
	fixture_need(nt_trust_make(f->n, &f->trust, &err), &err, "trust");
}

static inline void fixture_begin(struct fixture *f)
{
	fixture_begin_as(f, "test.example/1");
}

static inline void fixture_end(struct fixture *f)
{
	nt_exporter_free(f->e);
	nt_trust_done(&f->trust);
	nt_notary_free(f->n);
	nftw(f->dir, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_learn(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct fixture *f = ctx;

	(void)at;
	(void)how;
	f->last = *id;
}

/* Writes a document of this text and submits it as one record; the ID is f->last. */
static inline void fixture_submit(struct fixture *f, enum tr_kind kind, const char *name, const char *text)
{
	char path[200];
	struct nt_submit_file file = {.name = vf_bytes_str(name), .digests = vf_pair_of(vf_bytes_str(text)), .size = strlen(text)};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str("DEMO-1"), .kind = kind,
		.confidential = tr_kind_is_personal(kind)};
	struct vf_err err = {0};
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	out = fopen(path, "wb");
	if (!out || fwrite(text, 1, strlen(text), out) != strlen(text) || fclose(out) != 0)
		exit(1);
	file.path = vf_bytes_str(path);
	fixture_need(nt_submit_records(f->n, &s, &record, 1, fixture_learn, f, &err), &err, "submit");
}

static inline void fixture_seal(struct fixture *f)
{
	struct nt_sealed sealed;
	struct vf_err err = {0};

	f->now += 1000;
	fixture_need(nt_notary_seal(f->n, &sealed, &err), &err, "seal");
	if (!sealed.sealed)
		exit(1);
}

/* The bundle of a record, appended to out. */
static inline void fixture_export(struct fixture *f, const struct vf_hash *id, const struct nt_export_options *options,
	struct nt_buf *out)
{
	static const struct nt_export_options none;
	struct vf_err err = {0};

	if (!f->e)
		fixture_need(nt_exporter_new(f->n, &f->e, &err), &err, "exporter");
	fixture_need(nt_exporter_bundle(f->e, id, options ? options : &none, out, &err), &err, "export");
}

/* A session at time at; with trust or without. block has VF_SESSION_MEMORY bytes. */
static inline struct vf_session *fixture_session(struct fixture *f, bool trust, bool integrity_only, int64_t at, void *block)
{
	struct vf_trust_file files[NT_TRUST_FILES];
	struct vf_session_options options = {.files = files, .n_files = trust ? NT_TRUST_FILES : 0, .at = at,
		.integrity_only = integrity_only};
	struct vf_session *s = NULL;
	struct vf_err err = {0};

	for (size_t i = 0; i < NT_TRUST_FILES; i++)
		files[i] = (struct vf_trust_file){f->trust.names[i], nt_buf_bytes(&f->trust.files[i])};
	fixture_need(vf_session_new(&options, block, VF_SESSION_MEMORY, &s, &err), &err, "session");
	return s;
}

#endif
