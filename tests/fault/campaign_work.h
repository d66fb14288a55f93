/*
 * What a notary is doing when the fault comes: steps that a seed picks, and what each of
 * them told the world when it had succeeded. What was told stands in memory that outlives the child.
 */
#ifndef TESTS_FAULT_CAMPAIGN_WORK_H
#define TESTS_FAULT_CAMPAIGN_WORK_H

#include <fcntl.h>

#include "notary/audit.h"
#include "notary/export.h"
#include "notary/failpoint.h"
#include "notary/receipt_out.h"
#include "notary/renew.h"
#include "notary/submit.h"
#include "tests/fault/disk.h"
#include "tests/folder.h"
#include "verify/checkpoint.h"
#include "verify/limits.h"

#define STUDY "FAULT-1"
#define TOLD_RECORDS 8192
#define TOLD_RECEIPTS 48
#define TOLD_EXPORTS 32
#define TOLD_TOKENS 16
#define DOCS 600 /* numbers of records whose document lies in a file */

struct told_record {
	struct vf_hash id;
	unsigned number;    /* of its document's text */
	unsigned title;     /* the number in its title */
	bool sealed, erased; /* erased: an erasure was begun */
	bool gone;          /* and it was told */
	bool alone;         /* no other record has its title */
};

struct told {
	unsigned n, next; /* records; number of the next document */
	struct told_record at[TOLD_RECORDS];
	unsigned n_receipts;
	struct {
		size_t n;
		uint8_t p[VF_MAX_RECEIPT];
	} receipts[TOLD_RECEIPTS];
	uint64_t seals, size, renewals;
	struct vf_hash root;
	unsigned n_exports, exports[TOLD_EXPORTS]; /* records whose bundle was told */
	unsigned n_backups, next_backup;
	uint64_t events;
	unsigned n_tokens, next_party;
	struct {
		char text[NT_TOKEN_LEN + 1], party[16];
		bool revoked; /* its revocation was begun */
		bool gone;    /* and it was told */
	} tokens[TOLD_TOKENS];
	int64_t now;
	bool jumped;
	unsigned steps; /* that were told */
	enum vf_rc failed;
	char why[400], violation[400];
};

struct work {
	const char *base; /* the run's folder: n, out, b0, b1, ... */
	const char *docs;
	struct told *told;
	struct nt_notary *n;
	uint64_t random;
	int64_t jump; /* the clock's, at step jump_at */
	bool far;     /* years have passed: tokens and certificates ended */
	unsigned jump_at;
	unsigned arm_at; /* before this step, the first is 1, the disk is armed; 0: before the opening */
	long arm_calls;
	long memory; /* allocations that are refused then, in place of the disk; 0: none */
};

static inline uint64_t work_draw(uint64_t *random, uint64_t n)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (*random >> 33) % n;
}

static inline int64_t work_clock(void *ctx)
{
	struct told *t = ctx;

	return t->now += 10;
}

/* The text of document number. */
static inline void work_text(unsigned number, char out[64])
{
	snprintf(out, 64, "document %u of the campaign\n", number);
}

struct work_learn {
	struct told *told;
	unsigned first, title;
	bool alone;
	struct vf_hash last;
	enum nt_accepted how;
};

/* Called when the records are durable, in their order. */
static inline void work_learned(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct work_learn *l = ctx;
	struct told *t = l->told;

	l->last = *id;
	l->how = how;
	if (how == NT_ACCEPTED_NEW && t->n < TOLD_RECORDS)
		t->at[t->n++] = (struct told_record){.id = *id, .number = l->first + (unsigned)at, .title = l->title,
			.alone = l->alone};
}

static inline enum vf_rc work_submit(struct work *w, unsigned first, size_t count, unsigned titled, bool keep,
	struct work_learn *l, struct vf_err *err)
{
	static struct nt_submit_file files[1200];
	static struct nt_submit_record records[1200];
	static char names[1200][32], paths[1200][300];
	char title[64], text[64];
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str(STUDY), .kind = TR_OTHER,
		.confidential = titled % 2 == 1, .keep = keep};

	snprintf(title, sizeof(title), "Title of record %u.", titled);
	s.title = vf_bytes_str(title);
	for (size_t i = 0; i < count; i++) {
		unsigned number = first + (unsigned)i;

		work_text(number, text);
		snprintf(names[i], sizeof(names[i]), "d%u.txt", number);
		snprintf(paths[i], sizeof(paths[i]), "%s/d%u.txt", w->docs, number);
		files[i] = (struct nt_submit_file){.name = vf_bytes_str(names[i]), .digests = vf_pair_of(vf_bytes_str(text)),
			.size = strlen(text)};
		if (number < DOCS)
			files[i].path = vf_bytes_str(paths[i]);
		records[i] = (struct nt_submit_record){.files = &files[i], .n_files = 1};
	}
	*l = (struct work_learn){.told = w->told, .first = first, .title = titled, .alone = count == 1};
	return nt_submit_records(w->n, &s, records, count, work_learned, l, err);
}

static inline enum vf_rc work_accept(struct work *w, size_t count, bool keep, struct vf_err *err)
{
	struct work_learn l;
	struct told *t = w->told;
	unsigned first = t->next;

	if (first < DOCS && first + count >= DOCS - 1)
		first = DOCS; /* the last document is for the time after the fault */
	t->next = first + (unsigned)count;
	return work_submit(w, first, count, first, keep, &l, err);
}

/* The same document again is the same record (I5). */
static inline enum vf_rc work_again(struct work *w, struct vf_err *err)
{
	struct told *t = w->told;
	struct told_record *r;
	struct work_learn l;
	enum vf_rc rc;

	if (t->n == 0)
		return VF_OK;
	r = &t->at[work_draw(&w->random, t->n)];
	if (r->erased)
		return VF_OK;
	rc = work_submit(w, r->number, 1, r->title, false, &l, err);
	if (rc == VF_OK && (l.how != NT_ACCEPTED_BEFORE || !vf_hash_eq(&l.last, &r->id)))
		snprintf(t->violation, sizeof(t->violation), "document %u became a second record", r->number);
	return rc;
}

static inline enum vf_rc work_receipt(struct work *w, struct vf_err *err)
{
	VF_CLEANUP(nt_receipts_freep) struct nt_receipts *g = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(VF_MAX_RECEIPT);
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct told *t = w->told;
	struct vf_entry e;
	enum vf_rc rc = work_accept(w, 1, false, err);

	if (rc == VF_OK)
		rc = nt_notary_get(w->n, &t->at[t->n - 1].id, &r, err);
	if (rc == VF_OK)
		rc = nt_receipts_new(&g, err);
	if (rc != VF_OK)
		return rc;
	e = (struct vf_entry){.id = r->id, .id512 = r->id512, .slot = r->slot};
	rc = nt_receipts_add(g, &e, err);
	if (rc == VF_OK)
		rc = nt_notary_sign_receipts(w->n, g, err);
	if (rc == VF_OK)
		rc = nt_receipts_put(g, 0, &out, err);
	if (rc == VF_OK && t->n_receipts < TOLD_RECEIPTS) {
		memcpy(t->receipts[t->n_receipts].p, out.p, out.n);
		t->receipts[t->n_receipts].n = out.n;
		t->n_receipts++;
	}
	return rc;
}

static inline enum vf_rc work_seal(struct work *w, struct vf_err *err)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct told *t = w->told;
	struct vf_checkpoint c;
	struct nt_sealed s;
	enum vf_rc rc = nt_notary_seal(w->n, &s, err);

	if (rc == VF_OK)
		rc = nt_notary_checkpoint(w->n, &note, err);
	if (rc == VF_OK)
		rc = vf_checkpoint_parse(nt_buf_bytes(&note), &c, err);
	if (rc != VF_OK)
		return rc;
	t->size = c.size;
	t->root = c.root;
	if (s.sealed)
		t->seals = s.seal;
	for (unsigned i = 0; i < t->n; i++)
		t->at[i].sealed = true;
	return VF_OK;
}

static inline enum vf_rc work_erase(struct work *w, struct vf_err *err)
{
	struct told *t = w->told;
	struct told_record *r;
	enum vf_rc rc;

	if (t->n == 0)
		return VF_OK;
	r = &t->at[work_draw(&w->random, t->n)];
	r->erased = true;
	rc = nt_notary_erase(w->n, &r->id, err);
	r->gone = r->gone || rc == VF_OK;
	return rc;
}

static inline enum vf_rc work_export(struct work *w, struct vf_err *err)
{
	static const struct nt_export_options options;
	struct told *t = w->told;
	char path[1100];
	enum vf_rc rc;

	for (unsigned tries = 0; tries < 20 && t->n > 0 && t->n_exports < TOLD_EXPORTS; tries++) {
		unsigned i = (unsigned)work_draw(&w->random, t->n);

		if (!t->at[i].sealed || t->at[i].erased || t->at[i].number >= DOCS)
			continue;
		snprintf(path, sizeof(path), "%s/out/e%u.asice", w->base, i);
		rc = nt_export_bundle(w->n, &t->at[i].id, &options, path, err);
		if (rc == VF_EXISTS)
			continue;
		if (rc == VF_OK)
			t->exports[t->n_exports++] = i;
		return rc;
	}
	return VF_OK;
}

static inline enum vf_rc work_event(struct work *w, struct vf_err *err)
{
	struct nt_access *a = NULL;
	struct nt_event e[3] = {{0}};
	size_t n = 1 + work_draw(&w->random, 3);
	enum vf_rc rc = nt_notary_access(w->n, true, &a, err);

	for (size_t i = 0; i < n; i++)
		e[i] = (struct nt_event){.time_ms = work_clock(w->told), .party = vf_bytes_str("site-1"),
			.right = NT_RIGHT_READ, .outcome = VF_OK, .count = 1};
	if (rc == VF_OK)
		rc = nt_audit_put(a, e, n, err);
	if (rc == VF_OK)
		w->told->events += n;
	return rc;
}

static inline enum vf_rc work_audit(struct work *w, struct vf_err *err)
{
	struct nt_access *a = NULL;
	enum vf_rc rc = nt_notary_access(w->n, true, &a, err);

	return rc == VF_OK ? nt_audit_seal(w->n, a, work_clock(w->told), true, NULL, NULL, err) : rc;
}

static inline enum vf_rc work_party(struct work *w, struct vf_err *err)
{
	struct nt_random random = {{0}, 0};
	struct told *t = w->told;
	struct nt_access *a = NULL;
	struct nt_grant g = {0};
	char name[16], token[NT_TOKEN_LEN + 1];
	uint64_t number;
	enum vf_rc rc = nt_notary_access(w->n, true, &a, err);

	snprintf(name, sizeof(name), "party-%u", t->next_party++);
	if (rc == VF_OK)
		rc = nt_access_party_add(a, name, NT_ROLE_SITE, work_clock(t), err);
	if (rc == VF_OK)
		rc = nt_token_make(&random, token, &g.hash, err);
	g.party = name;
	g.expires_ms = t->now + INT64_C(30) * 86400000;
	if (rc == VF_OK)
		rc = nt_access_grant(a, &g, work_clock(t), &number, err);
	if (rc != VF_OK || t->n_tokens == TOLD_TOKENS)
		return rc;
	snprintf(t->tokens[t->n_tokens].text, sizeof(t->tokens[0].text), "%s", token);
	snprintf(t->tokens[t->n_tokens].party, sizeof(t->tokens[0].party), "%s", name);
	t->n_tokens++;
	return rc;
}

static inline enum vf_rc work_revoke(struct work *w, struct vf_err *err)
{
	struct told *t = w->told;
	struct nt_access *a = NULL;
	bool before;
	unsigned i;
	enum vf_rc rc = nt_notary_access(w->n, true, &a, err);

	if (rc != VF_OK || t->n_tokens == 0)
		return rc;
	i = (unsigned)work_draw(&w->random, t->n_tokens);
	t->tokens[i].revoked = true;
	rc = nt_access_party_revoke(a, t->tokens[i].party, work_clock(t), &before, err);
	t->tokens[i].gone = t->tokens[i].gone || rc == VF_OK;
	return rc;
}

static inline enum vf_rc work_backup(struct work *w, struct vf_err *err)
{
	char path[1100];
	enum vf_rc rc;

	snprintf(path, sizeof(path), "%s/b%u", w->base, w->told->next_backup++);
	rc = nt_notary_backup(w->n, path, err);
	w->told->n_backups += rc == VF_OK;
	return rc;
}

static inline VF_RC work_turn(void *ctx, nt_renew_step *step, void *arg, struct vf_err *reterr)
{
	struct work *w = ctx;

	return step(arg, w->n, reterr);
}

/* Evidence of all seals, though none of it ends; now and then a hash-tree renewal (F40). */
static inline enum vf_rc work_renew(struct work *w, struct vf_err *err)
{
	const struct nt_renew_options o = {.turn = work_turn, .authorities = nt_notary_authorities(w->n), .folder = -1,
		.by = NT_CHAIN_CLOSED - 1, .all = true, .tree = work_draw(&w->random, 4) == 0, .ctx = w};
	struct nt_renew_result r = {.rc = VF_OK};
	enum vf_rc rc = nt_renew(&o, &r, err);

	if (rc == VF_OK && r.failed > 0)
		return vf_fail(err, r.rc, "not all was renewed");
	if (rc == VF_OK)
		w->told->renewals = r.after.renewals;
	return rc;
}

/* How often of 100 a step is picked. */
enum step {
	ONE, GROUP, MANY, BULK, KEPT, RECEIPT, AGAIN, SEAL, ERASE, EXPORT, EVENT, AUDIT, PARTY, REVOKE, BACKUP, RENEW, STEPS
};
static const unsigned char step_share[STEPS] = {12, 8, 3, 1, 6, 8, 5, 20, 7, 9, 5, 4, 3, 2, 4, 3};
static const char *const step_names[STEPS] = {"one", "group", "many", "bulk", "kept", "receipt", "again", "seal", "erase",
	"export", "event", "audit", "party", "revoke", "backup", "renew"};

static inline enum step work_pick(struct work *w)
{
	uint64_t at = work_draw(&w->random, 100);

	for (int s = 0; s < STEPS; s++) {
		if (at < step_share[s])
			return (enum step)s;
		at -= step_share[s];
	}
	return SEAL;
}

static inline enum vf_rc work_step(struct work *w, enum step step, struct vf_err *err)
{
	switch (step) {
	case ONE:
		return work_accept(w, 1, false, err);
	case GROUP:
		return work_accept(w, 2 + work_draw(&w->random, 5), false, err);
	case MANY:
		return work_accept(w, 20 + work_draw(&w->random, 40), false, err);
	case BULK:
		return work_accept(w, 1000, false, err);
	case KEPT:
		return work_accept(w, 1, w->told->next < DOCS, err);
	case RECEIPT:
		return work_receipt(w, err);
	case AGAIN:
		return work_again(w, err);
	case SEAL:
		return work_seal(w, err);
	case ERASE:
		return work_erase(w, err);
	case EXPORT:
		return work_export(w, err);
	case EVENT:
		return work_event(w, err);
	case AUDIT:
		return work_audit(w, err);
	case PARTY:
		return work_party(w, err);
	case REVOKE:
		return work_revoke(w, err);
	case BACKUP:
		return work_backup(w, err);
	case RENEW:
		return work_renew(w, err);
	case STEPS:
		break;
	}
	return VF_INTERNAL;
}

static inline void work_arm(const struct work *w, unsigned place)
{
	if (w->arm_at != place)
		return;
	if (w->memory)
		disk_refuse_memory(w->arm_calls, w->memory);
	else
		disk_arm(w->arm_calls);
}

/*
 * Opens the notary and does the steps; 0 when all went well, 3 when one was refused, which stands in told->why.
 * A step of the log that failed for the disk must be the last one: what comes then is refused (I9).
 */
static inline int work_run(struct work *w, unsigned steps)
{
	struct told *t = w->told;
	struct vf_err err = {0};
	char dir[1100];
	struct nt_sealed s;
	int status = 0;

	t->failed = VF_OK;
	snprintf(dir, sizeof(dir), "%s/n", w->base);
	work_arm(w, 0);
	t->failed = nt_notary_open(dir, work_clock, t, &w->n, &err);
	snprintf(t->why, sizeof(t->why), "open: %s", err.text);
	for (unsigned i = 0; i < steps && t->failed == VF_OK; i++) {
		enum step step = work_pick(w);

		t->now += 1000;
		work_arm(w, i + 1);
		if (i == w->jump_at) {
			t->now += w->jump;
			t->jumped = true;
		}
		t->failed = work_step(w, step, &err);
		t->steps += t->failed == VF_OK;
		snprintf(t->why, sizeof(t->why), "%s: %s", step_names[step], err.text);
		/* the index of rules is looked at before the log is touched: when it cannot be opened, nothing was written */
		if ((step == SEAL || step == ERASE || step == ONE || step == GROUP) && t->failed == VF_IO && !strstr(t->why, "'rules.db'") &&
			(nt_notary_seal(w->n, &s, &err) == VF_OK || work_accept(w, 1, false, &err) == VF_OK))
			snprintf(t->violation, sizeof(t->violation), "after %.300s the notary went on", t->why);
	}
	if (t->failed != VF_OK)
		status = 3;
	w->n = nt_notary_free(w->n);
	disk_refuse_memory(0, 0);
	return status;
}

#endif
