/*
 * The invariants after a fault: what was told is true, nothing is contradicted, and the notary works.
 */
#ifndef TESTS_FAULT_CAMPAIGN_CHECK_H
#define TESTS_FAULT_CAMPAIGN_CHECK_H

#include "notary/trust_out.h"
#include "tests/fault/campaign_work.h"
#include "verify/bundle.h"
#include "verify/merkle.h"
#include "verify/receipt.h"

static inline void check_finding(void *ctx, enum vf_rc rc, const char *text)
{
	if (*(int *)ctx > 0)
		fprintf(stderr, "  finding: %s: %s\n", vf_rc_name(rc), text);
}

/* fsck and audit; returns how much they found. */
static inline uint64_t check_faults(struct nt_notary *n, int loud)
{
	struct vf_err err = {0};
	uint64_t faults = 0, more = 0;
	enum vf_rc rc = nt_notary_fsck(n, check_finding, &loud, &faults, &err);

	if (rc == VF_OK)
		rc = nt_notary_audit(n, check_finding, &loud, &more, &err);
	if (rc != VF_OK && loud)
		fprintf(stderr, "  %s: %s\n", vf_rc_name(rc), err.text);
	return rc != VF_OK ? 1 : faults + more;
}

/* A checkpoint that somebody has seen is in the history of the notary (I2, I3). */
static inline void check_history(struct nt_notary *n, uint64_t size, const struct vf_hash *root)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_hash proof[VF_MAX_CONSISTENCY];
	struct vf_checkpoint now;
	struct vf_err err = {0};
	size_t count = 0;

	CHECK_RC(nt_notary_checkpoint(n, &note, &err), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &now, &err), VF_OK);
	CHECK(now.size >= size);
	if (size == 0 || now.size < size)
		return;
	CHECK_RC(nt_notary_consistency(n, size, now.size, proof, &count, &err), VF_OK);
	CHECK_RC(vf_merkle_check_consistency(size, now.size, root, &now.root, proof, count, &err), VF_OK);
}

/* The checkpoint file that was there at the moment of the fault: others may have read it. */
static inline void check_published(struct nt_notary *n, const char *path)
{
	struct vf_checkpoint c;
	struct vf_bytes note = check_read(path);

	CHECK_RC(vf_checkpoint_parse(note, &c, NULL), VF_OK);
	check_history(n, c.size, &c.root);
	free((void *)(uintptr_t)note.p);
}

static inline void check_records(struct nt_notary *n, const char *dir, const struct told *t)
{
	unsigned stride = t->n > 400 ? 7 : 1;
	struct vf_err err = {0};
	char title[64];

	for (unsigned i = 0; i < t->n; i += t->at[i].erased || t->n - i <= stride ? 1 : stride) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;

		CHECK_RC(nt_notary_get(n, &t->at[i].id, &r, &err), VF_OK);
		if (r == NULL)
			continue;
		if (t->at[i].gone || !t->at[i].erased)
			CHECK_INT(r->state == NT_ERASED, t->at[i].gone);
		if (t->at[i].sealed && !t->at[i].erased)
			CHECK_INT(r->state, NT_SEALED);
		snprintf(title, sizeof(title), "Title of record %u.", t->at[i].title);
		if (t->at[i].gone && t->at[i].alone)
			CHECK_INT(folder_search(dir, vf_bytes_str(title)), 0);
	}
}

static inline void check_receipts(struct nt_notary *n, const struct told *t)
{
	static uint8_t block[65536];
	VF_CLEANUP(nt_buf_done) struct nt_buf pins = nt_buf(4096);
	struct vf_receipt_keys keys = {0};
	struct vf_err err = {0};
	struct vf_receipt r;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(nt_notary_receipt_pins(n, &pins, &err), VF_OK);
	CHECK_RC(vf_receipt_keys_parse(nt_buf_bytes(&pins), &a, &keys, &err), VF_OK);
	for (unsigned i = 0; i < t->n_receipts; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *there = NULL;

		CHECK_RC(vf_receipt_parse(vf_bytes(t->receipts[i].p, t->receipts[i].n), &r, &err), VF_OK);
		CHECK_RC(vf_receipt_check_path(&r, &err), VF_OK);
		CHECK_RC(vf_receipt_check_signature(&r, &keys, NULL, &err), VF_OK);
		CHECK_RC(nt_notary_get(n, &r.entry.id, &there, &err), VF_OK);
		if (there != NULL)
			CHECK(vf_hash_eq(&there->slot, &r.entry.slot));
	}
}

static inline void check_bundle(const struct nt_trust *trust, const char *path, int64_t now)
{
	static uint8_t block[VF_SESSION_MEMORY], memory[VF_BUNDLE_MEMORY];
	static struct vf_report report;
	struct vf_trust_file files[NT_TRUST_FILES];
	struct vf_session_options options = {.files = files, .n_files = NT_TRUST_FILES, .at = now};
	VF_CLEANUP(vf_session_freep) struct vf_session *s = NULL;
	struct vf_bytes bundle = check_read(path);
	struct vf_source source = vf_source_of(bundle);
	struct vf_err err = {0};
	struct vf_arena a;

	for (size_t i = 0; i < NT_TRUST_FILES; i++)
		files[i] = (struct vf_trust_file){trust->names[i], nt_buf_bytes(&trust->files[i])};
	vf_arena_init(&a, memory, sizeof(memory));
	CHECK_RC(vf_session_new(&options, block, sizeof(block), &s, &err), VF_OK);
	if (s != NULL) {
		CHECK_RC(vf_bundle_check(s, &a, path, &source, NULL, 0, &report, &err), VF_OK);
		CHECK_INT(report.verdict, VF_VERIFIED);
	}
	free((void *)(uintptr_t)bundle.p);
}

/* Whatever has a bundle's name is one, and what was told is there (I8). */
static inline void check_exports(const char *base, const struct told *t, const struct nt_trust *trust, int64_t now)
{
	char path[1400];
	struct dirent *e;
	DIR *d;

	for (unsigned i = 0; i < t->n_exports; i++) {
		snprintf(path, sizeof(path), "%s/out/e%u.asice", base, t->exports[i]);
		if (access(path, F_OK) != 0)
			CHECK_FAIL("bundle %u was told and is not there", t->exports[i]);
	}
	snprintf(path, sizeof(path), "%s/out", base);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n < 6 || strcmp(e->d_name + n - 6, ".asice") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/out/%s", base, e->d_name);
		check_bundle(trust, path, now);
	}
	if (d != NULL)
		closedir(d);
}

/* A backup that has its name is whole. */
static inline void check_backups(const char *base, struct told *t)
{
	unsigned there = 0;
	char path[1200];

	for (unsigned i = 0; i < t->next_backup; i++) {
		VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
		struct vf_err err = {0};

		snprintf(path, sizeof(path), "%s/b%u", base, i);
		if (access(path, F_OK) != 0)
			continue;
		there++;
		CHECK_RC(nt_notary_open(path, work_clock, t, &n, &err), VF_OK);
		if (n != NULL)
			CHECK_INT(check_faults(n, 1), 0);
	}
	CHECK(there >= t->n_backups);
}

static inline void check_access(struct nt_notary *n, const struct told *t)
{
	struct nt_access *a = NULL;
	struct nt_audit_counts counts;
	struct nt_decision d;
	struct vf_err err = {0};

	CHECK_RC(nt_notary_access(n, false, &a, &err), VF_OK);
	if (a == NULL) {
		CHECK_INT(t->n_tokens, 0);
		CHECK_INT(t->events, 0);
		return;
	}
	CHECK_RC(nt_audit_counts(a, &counts, &err), VF_OK);
	CHECK(counts.last >= t->events);
	for (unsigned i = 0; i < t->n_tokens; i++) {
		struct nt_credential c = {.token = vf_bytes_str(t->tokens[i].text)};
		enum vf_rc rc = nt_access_check(a, &c, NT_RIGHT_NONE, vf_bytes_str(""), vf_bytes_str(""), t->now, &d, &err);

		if (t->tokens[i].gone)
			CHECK_RC(rc, VF_TOKEN_REVOKED);
		else if (!t->tokens[i].revoked)
			CHECK_RC(rc, VF_OK);
	}
}

/* The fault is gone: what waits is sealed, new records too, and a bundle of one verifies (I12). */
static inline void check_goes_on(struct work *w, const struct nt_trust *trust)
{
	static const struct nt_export_options options;
	struct told *t = w->told;
	struct work_learn l;
	uint64_t seals, size, pending, renewals = t->renewals;
	struct vf_err err = {0};
	char path[1200];

	t->now += 1000;
	CHECK_RC(work_submit(w, DOCS - 1, 1, DOCS - 1, false, &l, &err), VF_OK);
	CHECK_RC(work_seal(w, &err), VF_OK);
	CHECK_RC(nt_notary_counts(w->n, &seals, &size, &pending, &err), VF_OK);
	CHECK_INT(pending, 0);
	CHECK(size >= t->n);
	if (check_failures > 0)
		fprintf(stderr, "  %s\n", err.text);
	if (check_failures > 0 || t->n == 0 || w->far)
		return;
	/* what was renewed is, and the rest is renewed now (F40) */
	CHECK_RC(work_renew(w, &err), VF_OK);
	CHECK(t->renewals >= renewals);
	snprintf(path, sizeof(path), "%s/after.asice", w->base);
	CHECK_RC(nt_export_bundle(w->n, &t->at[t->n - 1].id, &options, path, &err), VF_OK);
	if (access(path, F_OK) == 0)
		check_bundle(trust, path, t->now);
	CHECK_RC(work_event(w, &err), VF_OK);
	CHECK_INT(check_faults(w->n, 1), 0);
}

/* All of it, for the notary in base/n. seen: a published checkpoint of the time of the fault, or NULL. */
static inline void check_all(struct work *w, const struct nt_trust *trust, const char *seen)
{
	struct told *t = w->told;
	struct vf_err err = {0};
	char dir[1100];
	enum vf_rc rc;

	snprintf(dir, sizeof(dir), "%s/n", w->base);
	t->now += 5000;
	if (t->violation[0])
		CHECK_FAIL("%s", t->violation);
	rc = nt_notary_open(dir, work_clock, t, &w->n, &err);
	CHECK_RC(rc, VF_OK);
	if (rc != VF_OK) {
		fprintf(stderr, "  %s\n", err.text);
		return;
	}
	CHECK_INT(check_faults(w->n, 1), 0);
	check_history(w->n, t->size, &t->root);
	if (seen)
		check_published(w->n, seen);
	check_records(w->n, dir, t);
	check_receipts(w->n, t);
	if (!w->far) {
		check_access(w->n, t);
		check_exports(w->base, t, trust, t->now);
	}
	check_goes_on(w, trust);
	w->n = nt_notary_free(w->n);
	check_backups(w->base, t);
}

#endif
