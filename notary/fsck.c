#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/access.h"
#include "notary/durable.h"
#include "notary/notary_inside.h"
#include "notary/renewal.h"
#include "notary/rows_secret.h"
#include "verify/seal.h"
#include "verify/text.h"
#include "verify/tst.h"

/* ---- seals ---- */

/* Does the seal have a token of this name? */
static VF_RC check_name(struct nt_notary *n, uint64_t number, const struct vf_seal_token *name,
	struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_store_seal_get(n->store, name->seal, &seal, &err);

	if (rc != VF_OK || name->seal >= number)
		return nt_found_rc(f,
			rc != VF_OK ? rc
				    : vf_fail(&err, VF_SEAL_CHAIN,
					      "seal %" PRIu64 " names a token of a later one", number),
			&err, reterr);
	for (size_t i = 0; i < seal->n_tokens; i++)
		if (vf_hash_eq(&seal->tokens[i].id, &name->id))
			return VF_OK;
	nt_found(f, VF_SEAL_CHAIN, "seal %" PRIu64 " names a token that seal %" PRIu64 " does not have",
		number, name->seal);
	return VF_OK;
}

/* The tokens that a head names are there, and the first token of the seal before is among them. */
static VF_RC check_names(struct nt_notary *n, const struct vf_seal_head *h, const struct nt_seal *before,
	struct nt_findings *f, struct vf_err *reterr)
{
	struct vf_bytes lines = h->tokens;
	struct vf_seal_token name;
	bool found = before == NULL || before->n_tokens == 0;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && vf_seal_take_token(&lines, &name)) {
		if (!found && name.seal == before->number)
			found = vf_hash_eq(&name.id, &before->tokens[0].id);
		rc = check_name(n, h->number, &name, f, reterr);
	}
	if (rc == VF_OK && !found)
		nt_found(f, VF_SEAL_CHAIN, "seal %" PRIu64 " does not name the token of the seal before",
			h->number);
	return rc;
}

/* What the head says of batch and checkpoint. */
static VF_RC check_binding(
	struct nt_notary *n, const struct nt_seal *seal, const struct vf_seal_head *h, struct vf_err *reterr)
{
	struct vf_checkpoint c;
	struct vf_digest batch, batch512;
	struct vf_hash digest;
	enum vf_rc rc = vf_checkpoint_parse(seal->checkpoint, &c, reterr);

	if (rc == VF_OK)
		rc = nt_seal_batch_root(n, VF_SHA256, seal->first, seal->size, &batch, reterr);
	if (rc == VF_OK && h->has_batch512)
		rc = nt_seal_batch_root(n, VF_SHA512, seal->first, seal->size, &batch512, reterr);
	if (rc != VF_OK)
		return rc;
	digest = vf_checkpoint_digest(&c);
	if (h->number != seal->number || h->first != seal->first || h->size != seal->size ||
		c.size != seal->size || !vf_bytes_is(h->origin, n->config.origin))
		return vf_fail(reterr, VF_SEAL_BINDING, "the head is of another seal");
	if (memcmp(batch.b, h->batch.b, sizeof(h->batch.b)) != 0 ||
		(h->has_batch512 && memcmp(batch512.b, h->batch512.b, sizeof(h->batch512.b)) != 0))
		return vf_fail(reterr, VF_SEAL_BINDING, "the records do not give the batch root");
	if (!vf_hash_eq(&digest, &h->checkpoint))
		return vf_fail(reterr, VF_SEAL_BINDING, "the checkpoint is not the one that the head names");
	return VF_OK;
}

/* A token says itself by which algorithm it stamped the seal. */
static VF_RC check_token(struct nt_notary *n, const struct nt_seal *seal, const struct nt_token *t, struct vf_err *reterr)
{
	struct vf_digest imprint;
	struct vf_tst tst;
	enum vf_rc rc = vf_tst_parse(t->der, &tst, reterr);

	if (rc == VF_OK)
		rc = nt_seal_root(seal->head, tst.imprint.alg, &imprint, reterr);
	return rc == VF_OK ? nt_seal_check_token(n, t, &imprint, reterr) : rc;
}

static VF_RC check_tokens(struct nt_notary *n, const struct nt_seal *seal, int64_t *last_time, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (seal->n_tokens == 0)
		return vf_fail(reterr, VF_STORE_CORRUPT, "it has no token");
	for (size_t i = 0; i < seal->n_tokens && rc == VF_OK; i++)
		rc = check_token(n, seal, &seal->tokens[i], reterr);
	/* only own times run in step: an authority outside has a clock of its own, and may answer late */
	if (rc != VF_OK || !vf_bytes_is(seal->tokens[0].authority, NT_EMBEDDED))
		return rc;
	if (seal->tokens[0].gen_time <= *last_time)
		return vf_fail(reterr, VF_TS_ORDER, "its time is not after that of the seal before");
	*last_time = seal->tokens[0].gen_time;
	return VF_OK;
}

/* One seal against the log and the seal before. */
static VF_RC check_seal(struct nt_notary *n, const struct nt_seal *seal, const struct nt_seal *before,
	int64_t *last_time, struct nt_findings *f, struct vf_err *reterr)
{
	struct vf_seal_head h, previous;
	enum vf_rc rc = vf_seal_head_parse(seal->head, &h, reterr);

	if (rc == VF_OK)
		rc = check_binding(n, seal, &h, reterr);
	if (rc == VF_OK && before != NULL)
		rc = vf_seal_head_parse(before->head, &previous, reterr);
	if (rc == VF_OK && before != NULL)
		rc = vf_seal_check_chain(&h, &previous, reterr);
	if (rc == VF_OK)
		rc = check_tokens(n, seal, last_time, reterr);
	if (rc == VF_OK)
		rc = check_names(n, &h, before, f, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "seal %" PRIu64, seal->number);
	return rc;
}

static VF_RC check_seals(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *before = NULL;
	const struct nt_head *head = nt_headlock_get(n->head);
	int64_t last_time = INT64_MIN;
	uint64_t seals = nt_store_state(n->store)->seals;

	for (uint64_t i = 1; i <= seals; i++) {
		VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = NULL;
		struct vf_err err = {0};
		enum vf_rc rc = nt_store_seal_get(n->store, i, &seal, &err);

		if (rc == VF_OK)
			rc = check_seal(n, seal, before, &last_time, f, &err);
		rc = nt_found_rc(f, rc, &err, reterr);
		if (rc != VF_OK)
			return rc;
		nt_seal_free(before);
		before = seal;
		seal = NULL;
	}
	if (seals != head->seal)
		nt_found(f, VF_STORE_CORRUPT, "'notary.db' has %" PRIu64 " seals, 'head.db' %" PRIu64, seals,
			head->seal);
	return VF_OK;
}

/* ---- files ---- */

struct files {
	struct nt_notary *n;
	struct nt_findings *f;
	const char *folder;
};

/* A secret of rows is readable, and there is a record that keeps its rows member. */
static VF_RC check_secret(struct files *x, const char *name, const struct vf_hash *member, struct vf_err *reterr)
{
	struct vf_hash secret;
	bool kept;
	enum vf_rc rc = nt_store_is_kept(x->n->store, member, &kept, reterr);

	if (rc == VF_OK && !kept)
		return vf_fail(reterr, VF_STORE_CORRUPT, "'documents/%s' is the secret of rows that no record keeps", name);
	if (rc == VF_OK)
		rc = nt_notary_secret(x->n, member, &secret, reterr);
	explicit_bzero(&secret, sizeof(secret));
	return rc;
}

/* A kept document is whole, and there is a record that names it. */
static VF_RC check_kept_file(struct files *x, const char *name, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	struct vf_hash want;
	struct vf_pair_hasher hasher;
	struct vf_pair got;
	uint8_t block[65536];
	ssize_t n;
	bool kept;
	enum vf_rc rc;

	if (nt_secret_name_is(name, &want))
		return check_secret(x, name, &want, reterr);
	if (!vf_hex_read(vf_bytes_str(name), want.b, 32))
		return vf_fail(reterr, VF_STORE_CORRUPT, "file 'documents/%s' does not belong there", name);
	rc = nt_store_is_kept(x->n->store, &want, &kept, reterr);
	if (rc == VF_OK && !kept)
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "kept document '%s' is named by no record", name);
	if (rc == VF_OK)
		rc = nt_notary_open_kept(x->n, &want, &fd, reterr);
	if (rc != VF_OK)
		return rc;
	vf_pair_init(&hasher);
	while ((n = read(fd, block, sizeof(block))) > 0)
		vf_pair_put(&hasher, vf_bytes(block, (size_t)n));
	if (n < 0)
		return vf_fail(reterr, VF_IO, "cannot read kept document '%s'", name);
	got = vf_pair_done(&hasher);
	if (!vf_hash_eq(&got.sha256, &want))
		return vf_fail(reterr, VF_STORE_CORRUPT, "kept document '%s' has changed", name);
	return VF_OK;
}

static VF_RC each_document(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct files *x = ctx;
	struct vf_err err = {0};
	enum vf_rc rc = is_dir
		? vf_fail(&err, VF_STORE_CORRUPT, "folder 'documents/%s' does not belong there", name)
		: check_kept_file(x, name, &err);

	return nt_found_rc(x->f, rc, &err, reterr);
}

static VF_RC each_leftover(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct files *x = ctx;

	(void)is_dir;
	(void)reterr;
	nt_found(x->f, VF_STORE_CORRUPT, "'%s/%s' is a leftover that opening should have removed", x->folder,
		name);
	return VF_OK;
}

/* A kept document that a record names must be there. */
static VF_RC want_kept(void *ctx, const struct vf_hash *sha256, struct vf_err *reterr)
{
	struct files *x = ctx;
	char path[80];

	(void)reterr;
	nt_notary_kept_path(sha256, path);
	if (faccessat(x->n->fd, path, F_OK, 0) != 0)
		nt_found(x->f, VF_DOCUMENT_MISSING, "kept document '%s' is not there",
			path + strlen("documents/"));
	return VF_OK;
}

static VF_RC each_top(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct files *x = ctx;
	size_t n = strlen(name);

	(void)is_dir;
	(void)reterr;
	if (n > 4 && strcmp(name + n - 4, ".tmp") == 0)
		nt_found(x->f, VF_STORE_CORRUPT, "'%s' is a leftover", name);
	return VF_OK;
}

static VF_RC check_files(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr)
{
	struct files x = {n, f, "staging"};
	enum vf_rc rc = nt_dir_each(n->fd, "staging", each_leftover, &x, reterr);

	if (rc == VF_OK)
		rc = nt_dir_each(n->fd, ".", each_top, &x, reterr);
	if (rc == VF_OK)
		rc = nt_dir_each(n->fd, "documents", each_document, &x, reterr);
	if (rc == VF_OK)
		rc = nt_store_each_kept(n->store, want_kept, &x, reterr);
	return rc;
}

static VF_RC check_access(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr)
{
	struct nt_access *a = NULL;
	enum vf_rc rc = nt_notary_access(n, false, &a, reterr);

	return rc == VF_OK && a != NULL ? nt_access_fsck(a, f, reterr) : rc;
}

/* ---- the whole ---- */

/* Runs a check; what it could not do is a finding as well. */
#define RUN(call)                                                                                            \
	do {                                                                                                 \
		struct vf_err err_ = {0}, *reterr_ = &err_;                                                  \
		enum vf_rc rc_ = nt_found_rc(&f, (call), &err_, reterr);                                     \
		if (rc_ != VF_OK)                                                                            \
			return rc_;                                                                          \
	} while (0)

VF_RC nt_notary_fsck(
	struct nt_notary *n, nt_finding *finding, void *ctx, uint64_t *ret_faults, struct vf_err *reterr)
{
	struct nt_findings f = {finding, ctx, 0};

	if (n->broken.rc != VF_OK)
		nt_found(&f, n->broken.rc, "%s", n->broken.text);
	RUN(nt_store_check(n->store, &f, reterr_));
	RUN(nt_store_check_streams(n->store, &f, reterr_));
	RUN(nt_log_check(&n->log, &f, reterr_));
	RUN(check_seals(n, &f, reterr_));
	RUN(nt_renewal_check(n, &f, reterr_));
	RUN(check_files(n, &f, reterr_));
	RUN(check_access(n, &f, reterr_));
	*ret_faults = f.n;
	return VF_OK;
}

/* ---- audit ---- */

struct slots {
	struct vf_hash *p;
	size_t n;
};

static void slots_done(struct slots *s)
{
	free(s->p);
}

static VF_RC collect_slot(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	struct slots *s = ctx;

	(void)index;
	(void)reterr;
	s->p[s->n++] = e->slot;
	return VF_OK;
}

static int compare_slots(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static VF_RC check_slots(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(slots_done) struct slots s = {0};
	uint64_t size = nt_store_state(n->store)->size;
	enum vf_rc rc;

	s.p = calloc((size_t)size + 1, sizeof(*s.p));
	if (s.p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %" PRIu64 " slots", size);
	rc = nt_store_entries(n->store, 0, size, collect_slot, &s, reterr);
	if (rc != VF_OK)
		return rc;
	qsort(s.p, s.n, sizeof(*s.p), compare_slots);
	for (size_t i = 1; i < s.n; i++)
		if (vf_hash_eq(&s.p[i - 1], &s.p[i]))
			nt_found(f, VF_STREAM_FORK, "two entries of the log have the same slot");
	return VF_OK;
}

VF_RC nt_notary_audit(
	struct nt_notary *n, nt_finding *finding, void *ctx, uint64_t *ret_faults, struct vf_err *reterr)
{
	struct nt_findings f = {finding, ctx, 0};

	if (n->broken.rc != VF_OK)
		nt_found(&f, n->broken.rc, "%s", n->broken.text);
	RUN(nt_log_audit(&n->log, &f, reterr_));
	RUN(check_seals(n, &f, reterr_));
	RUN(nt_store_check_streams(n->store, &f, reterr_));
	RUN(check_slots(n, &f, reterr_));
	*ret_faults = f.n;
	return VF_OK;
}
