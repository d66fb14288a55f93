#include "notary/notary_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "notary/access.h"
#include "notary/durable.h"
#include "notary/signers.h"
#include "verify/text.h"

/* Where one is made for a notary that has none: a crash leaves no half of a key in its place. */
#define RECEIPT_KEY_NEW "keys/receipt.key.tmp"
/* Its public key in hex. Nothing else in the notary would tell a damaged or exchanged receipt key. */
#define RECEIPT_PUBLIC "keys/receipt.pub"

/* ---- the lock ---- */

/* Who holds the lock may have written where it can be reached. */
static VF_RC say_busy(int lock, const char *dir, struct vf_err *reterr)
{
	char url[120] = "";
	ssize_t n = pread(lock, url, sizeof(url) - 1, 0);

	if (n > 0 && vf_text_is_plain(vf_bytes(url, (size_t)n)))
		return vf_fail(reterr, VF_STORE_BUSY, "a server has the notary '%s' open: reach it with --server %s", dir, url);
	return vf_fail(reterr, VF_STORE_BUSY,
		"another process has the notary '%s' open: wait until it is done, or"
		" stop the server that uses this folder",
		dir);
}

VF_RC nt_notary_lock(int fd, const char *dir, int *ret_lock, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep)
	int lock = openat(fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (lock < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "cannot open '%s/lock': %s",
			dir, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		return say_busy(lock, dir, reterr);
	*ret_lock = lock;
	lock = -1;
	return VF_OK;
}

void nt_notary_serves(struct nt_notary *n, const char *url)
{
	/* a hint for people; the lock is what counts */
	if (ftruncate(n->lock, 0) == 0 && pwrite(n->lock, url, strlen(url), 0) < 0)
		return;
}

/* ---- open ---- */

static VF_RC read_config(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_CONFIG_FILE_MAX);
	enum vf_rc rc = nt_durable_read(n->fd, "trialnotary.conf", &text, reterr);

	if (rc == VF_NO_INPUT)
		return vf_fail(reterr, VF_NOT_A_NOTARY, "folder '%s' holds no 'trialnotary.conf'", n->dir);
	if (rc == VF_OK)
		rc = nt_config_parse(nt_buf_bytes(&text), &n->config, reterr);
	return rc;
}

/* A file that must be there: its absence means a damaged notary, not a missing input. */
static enum vf_rc must_be(enum vf_rc rc, struct vf_err *reterr)
{
	if (rc != VF_NO_INPUT || reterr == NULL)
		return rc;
	reterr->rc = VF_STORE_CORRUPT;
	return VF_STORE_CORRUPT;
}

/* Roots and list are exchanged together, or not at all. */
VF_RC nt_notary_read_authorities(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(VF_MAX_CERT * 2);
	VF_CLEANUP(nt_roots_freep) struct nt_roots *roots = NULL;
	struct nt_authorities list;
	enum vf_rc rc = nt_tsa_root_pem(n->tsa, &pem, reterr);

	if (rc == VF_OK)
		rc = nt_authorities_load(n->fd, &list, reterr);
	if (rc == VF_OK)
		rc = nt_roots_new(n->fd, nt_buf_bytes(&pem), &list, &roots, reterr);
	if (rc != VF_OK)
		return rc;
	nt_roots_free(n->roots);
	n->roots = roots;
	roots = NULL;
	n->authorities = list;
	return VF_OK;
}

/* Notaries of earlier versions have no key for receipts: they get one when they are opened. */
static VF_RC make_receipt_key(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	VF_CLEANUP(nt_fd_closep) int keys = -1;
	enum vf_rc rc = nt_notary_path(&path, n->dir, RECEIPT_KEY_NEW, reterr);

	if (rc == VF_OK)
		rc = nt_durable_remove(n->fd, RECEIPT_KEY_NEW, reterr); /* left by a crash, never used */
	if (rc == VF_OK)
		rc = nt_signer_create((const char *)path.p, NT_KEY_ED25519, &n->receipts, reterr);
	if (rc == VF_OK)
		rc = nt_dir_open(n->fd, "keys", &keys, reterr);
	if (rc != VF_OK)
		return rc;
	if (renameat(n->fd, RECEIPT_KEY_NEW, n->fd, NT_RECEIPT_KEY_FILE) != 0)
		return vf_fail(reterr, VF_IO, "cannot rename '%s': %s", RECEIPT_KEY_NEW, strerror(errno));
	return nt_fd_sync(keys, "keys", reterr);
}

/* Users pin this key: it must be the one that was here when the notary was opened first. */
static VF_RC check_receipt_key(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf known = nt_buf(256);
	uint8_t raw[NT_ED25519_PUBLIC];
	char text[2 * NT_ED25519_PUBLIC + 2];
	enum vf_rc rc = nt_signer_ed25519_public(n->receipts, raw, reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(text, vf_bytes(raw, sizeof(raw)));
	strcat(text, "\n");
	rc = nt_durable_read(n->fd, RECEIPT_PUBLIC, &known, reterr);
	if (rc == VF_NO_INPUT)
		return nt_durable_write(n->fd, RECEIPT_PUBLIC, vf_bytes_str(text), 0644, reterr);
	if (rc == VF_OK && !vf_bytes_is(nt_buf_bytes(&known), text))
		return vf_fail(reterr, VF_SIGNER_FAILED, "'%s' is not the key that '%s' names: one of them is damaged",
			NT_RECEIPT_KEY_FILE, RECEIPT_PUBLIC);
	return rc;
}

static VF_RC open_receipt_key(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	enum vf_rc rc = nt_notary_path(&path, n->dir, NT_RECEIPT_KEY_FILE, reterr);

	if (rc == VF_OK)
		rc = nt_signer_load((const char *)path.p, &n->receipts, reterr);
	/* A notary older than receipts has no key, and no public one either. */
	if (rc == VF_NO_INPUT && faccessat(n->fd, RECEIPT_PUBLIC, F_OK, 0) != 0)
		rc = make_receipt_key(n, reterr);
	return rc == VF_OK ? check_receipt_key(n, reterr) : must_be(rc, reterr);
}

static VF_RC open_parts(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	enum vf_rc rc = nt_notary_path(&path, n->dir, "notary.db", reterr);

	if (rc == VF_OK)
		rc = must_be(nt_store_open((const char *)path.p, &n->store, reterr), reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, n->dir, "head.db", reterr);
	if (rc == VF_OK)
		rc = must_be(nt_headlock_open((const char *)path.p, &n->head, reterr), reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, n->dir, "keys/log.key", reterr);
	if (rc == VF_OK)
		rc = must_be(nt_signer_load((const char *)path.p, &n->signer, reterr), reterr);
	if (rc == VF_OK)
		rc = open_receipt_key(n, reterr);
	if (rc == VF_OK)
		rc = nt_notary_path(&path, n->dir, "tsa", reterr);
	if (rc == VF_OK)
		rc = must_be(nt_tsa_open((const char *)path.p, &n->config, &n->tsa, reterr), reterr);
	if (rc == VF_OK)
		rc = nt_notary_read_authorities(n, reterr);
	if (rc != VF_OK)
		return rc;
	if (strcmp(nt_store_origin(n->store), n->config.origin) != 0)
		return vf_fail(reterr, VF_CONFIG_SHAPE,
			"the configuration says origin '%s', the store was made for '%s'", n->config.origin,
			nt_store_origin(n->store));
	rc = nt_log_init(&n->log, n->fd, n->config.origin, n->signer, reterr);
	n->log.store = n->store;
	n->log.head = n->head;
	return rc;
}

static VF_RC recover(struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc = nt_log_recover(&n->log, reterr);

	if (rc == VF_OK)
		rc = nt_seal_recover(n, reterr);
	if (rc == VF_OK)
		rc = nt_notary_sweep_kept(n, reterr);
	return rc;
}

/*
 * What a killed process wrote last is seen here, but perhaps only in memory: a journal of 'head.db' whose end was
 * not synced would come back in a power loss and bring the old head with it, after others built on the new one.
 */
static VF_RC settle(struct nt_notary *n, struct vf_err *reterr)
{
	static const char *const names[] = {"head.db-journal", "notary.db-journal", "notary.db-wal", "access.db-journal",
		"access.db-wal"};
	enum vf_rc rc;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		VF_CLEANUP(nt_fd_closep) int fd = openat(n->fd, names[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return vf_fail(reterr, VF_IO, "cannot open '%s': %s", names[i], strerror(errno));
		rc = nt_fd_sync(fd, names[i], reterr);
		if (rc != VF_OK)
			return rc;
	}
	return nt_fd_sync(n->fd, n->dir, reterr);
}

static VF_RC open_folder(
	const char *dir, nt_clock *clock, void *clock_ctx, struct nt_notary **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = calloc(1, sizeof(*n));
	enum vf_rc rc;
	struct vf_err why;

	if (n == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a notary");
	n->fd = n->lock = -1;
	n->broken.rc = VF_OK;
	n->clock = clock != NULL ? clock : nt_notary_system_clock;
	n->clock_ctx = clock_ctx;
	n->dir = strdup(dir);
	if (n->dir == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a notary");
	rc = nt_dir_open(AT_FDCWD, dir, &n->fd, &why);
	if (rc != VF_OK)
		return vf_fail(reterr, rc == VF_NO_INPUT ? VF_NOT_A_NOTARY : rc, "%s", why.text);
	rc = read_config(n, reterr);
	if (rc == VF_OK)
		rc = nt_notary_lock(n->fd, dir, &n->lock, reterr);
	if (rc == VF_OK)
		rc = settle(n, reterr);
	if (rc == VF_OK)
		rc = open_parts(n, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = n;
	n = NULL;
	return VF_OK;
}

VF_RC nt_notary_open(
	const char *dir, nt_clock *clock, void *clock_ctx, struct nt_notary **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	enum vf_rc rc = open_folder(dir, clock, clock_ctx, &n, reterr);

	if (rc == VF_OK)
		rc = recover(n, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = n;
	n = NULL;
	return VF_OK;
}

VF_RC nt_notary_open_damaged(const char *dir, struct nt_notary **ret, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = open_folder(dir, NULL, NULL, ret, reterr);

	if (rc != VF_OK)
		return rc;
	rc = recover(*ret, &err);
	if (rc != VF_OK)
		nt_notary_stop(*ret, rc, &err);
	return VF_OK;
}

struct nt_notary *nt_notary_free(struct nt_notary *n)
{
	if (n == NULL)
		return NULL;
	/* What fails here is made good by the next merge. */
	if (n->store != NULL && n->broken.rc == VF_OK)
		vf_ignore(nt_store_settle(n->store, NULL));
	nt_access_free(n->access);
	nt_signers_free(n->signers);
	nt_log_done(&n->log);
	nt_store_free(n->store);
	nt_headlock_free(n->head);
	nt_signer_free(n->signer);
	nt_signer_free(n->receipts);
	nt_tsa_free(n->tsa);
	nt_roots_free(n->roots);
	nt_fd_closep(&n->lock);
	nt_fd_closep(&n->fd);
	free(n->dir);
	free(n);
	return NULL;
}

void nt_notary_freep(struct nt_notary **n)
{
	*n = nt_notary_free(*n);
}

VF_RC nt_notary_check_head(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf published = nt_buf(VF_MAX_NOTE);
	const struct nt_head *head = nt_headlock_get(n->head);
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = must_be(nt_durable_read(n->fd, "log/checkpoint", &published, reterr), reterr);
	if (rc == VF_OK && !vf_bytes_eq(nt_buf_bytes(&published), head->note))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "the published checkpoint is not the last signed head");
	if (rc == VF_OK)
		rc = nt_log_check_note(&n->log, head->size, &head->root, nt_buf_bytes(&published), reterr);
	if (rc == VF_OK && nt_notary_now(n) < head->time_ms)
		rc = vf_fail(reterr, VF_TIME_STOPPED, "the clock is before the last signed head");
	return rc;
}
