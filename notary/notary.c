#include "notary/notary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notary/access.h"
#include "notary/authorities.h"
#include "notary/consent_index.h"
#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/new_folder.h"
#include "notary/notary_inside.h"
#include "notary/random.h"
#include "notary/receipt_out.h"
#include "notary/rows_secret.h"
#include "notary/signers.h"
#include "verify/receipt.h"
#include "verify/text.h"

#define CONFIG_MAX 65536
#define RECEIPT_KEY "keys/receipt.key"
/* Where one is made for a notary that has none: a crash leaves no half of a key in its place. */
#define RECEIPT_KEY_NEW "keys/receipt.key.tmp"
/* Its public key in hex. Nothing else in the notary would tell a damaged or exchanged receipt key. */
#define RECEIPT_PUBLIC "keys/receipt.pub"
/* How far the system's clock may be behind by its own coarseness before it counts as stopped. */
#define CLOCK_GRAIN_MS 3

static int64_t system_clock(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const struct nt_config *nt_notary_config(const struct nt_notary *n)
{
	return &n->config;
}

const char *nt_notary_dir(const struct nt_notary *n)
{
	return n->dir;
}

int64_t nt_notary_now(const struct nt_notary *n)
{
	return n->clock(n->clock_ctx);
}

VF_RC nt_notary_check_whole(const struct nt_notary *n, struct vf_err *reterr)
{
	if (n->broken.rc == VF_OK)
		return VF_OK;
	return vf_fail(
		reterr, n->broken.rc, "the notary has stopped and must be opened again: %s", n->broken.text);
}

enum vf_rc nt_notary_stop(struct nt_notary *n, enum vf_rc rc, struct vf_err *reterr)
{
	if (n->broken.rc == VF_OK) {
		n->broken.rc = rc;
		snprintf(n->broken.text, sizeof(n->broken.text), "%s",
			reterr != NULL ? reterr->text : vf_rc_text(rc));
	}
	return rc;
}

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

void nt_notary_serves(struct nt_notary *n, const char *url)
{
	/* a hint for people; the lock is what counts */
	if (ftruncate(n->lock, 0) == 0 && pwrite(n->lock, url, strlen(url), 0) < 0)
		return;
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

/* ---- init ---- */

static const char *const folders[] = {"keys", "tsa", "log", "log/tile", "staging", "documents"};

static VF_RC path_put(struct nt_buf *out, const char *dir, const char *name, struct vf_err *reterr)
{
	nt_buf_reset(out);
	nt_buf_putf(out, "%s/%s", dir, name);
	nt_buf_put_u8(out, 0);
	return nt_buf_check(out, reterr);
}

static VF_RC create_databases(const char *dir, int fd, const struct nt_init *init, const char *origin,
	const struct nt_signer *signer, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192), note = nt_buf(VF_MAX_NOTE);
	struct nt_head first = {.root = vf_merkle_empty(), .time_ms = init->now_ms};
	struct nt_log log;
	struct vf_hash secret;
	struct nt_random random = {.left = 0};
	enum vf_rc rc = nt_log_init(&log, fd, origin, signer, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_log_empty_note(&log, &note, reterr);
	nt_log_done(&log);
	if (rc == VF_OK)
		rc = nt_random(&random, secret.b, sizeof(secret.b), reterr);
	if (rc == VF_OK)
		rc = nt_durable_write(fd, "log/checkpoint", nt_buf_bytes(&note), 0644, reterr);
	if (rc == VF_OK)
		rc = path_put(&path, dir, "notary.db", reterr);
	if (rc == VF_OK)
		rc = nt_store_create(
			(const char *)path.p, origin, &secret, &first.root, nt_buf_bytes(&note), reterr);
	if (rc == VF_OK)
		rc = path_put(&path, dir, "head.db", reterr);
	first.note = nt_buf_bytes(&note);
	if (rc == VF_OK)
		rc = nt_headlock_create((const char *)path.p, &first, reterr);
	return rc;
}

static VF_RC create_all(
	const char *dir, const struct nt_init *init, const struct nt_config *config, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192), text = nt_buf(CONFIG_MAX);
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	VF_CLEANUP(nt_signer_freep) struct nt_signer *signer = NULL;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, dir, &fd, reterr);

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && rc == VF_OK; i++)
		rc = nt_dir_make(fd, folders[i], strncmp(folders[i], "log", 3) == 0 ? 0755 : 0700, reterr);
	if (rc == VF_OK)
		rc = path_put(&path, dir, "keys/log.key", reterr);
	if (rc == VF_OK)
		rc = nt_signer_create((const char *)path.p, NT_KEY_ED25519, &signer, reterr);
	if (rc == VF_OK)
		rc = path_put(&path, dir, RECEIPT_KEY, reterr);
	if (rc == VF_OK)
		rc = nt_signer_create((const char *)path.p, NT_KEY_ED25519, NULL, reterr);
	if (rc == VF_OK)
		rc = path_put(&path, dir, "tsa", reterr);
	if (rc == VF_OK)
		rc = nt_tsa_create((const char *)path.p, config, init->now_ms, reterr);
	if (rc == VF_OK)
		rc = create_databases(dir, fd, init, config->origin, signer, reterr);
	if (rc != VF_OK)
		return rc;
	nt_config_put(&text, config);
	rc = nt_buf_check(&text, reterr);
	if (rc == VF_OK)
		rc = nt_durable_write(fd, "trialnotary.conf", nt_buf_bytes(&text), 0644, reterr);
	if (rc == VF_OK)
		rc = nt_fd_sync(fd, dir, reterr);
	return rc;
}

static VF_RC make_config(const struct nt_init *init, struct nt_config *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(CONFIG_MAX);
	enum vf_rc rc;

	nt_config_default(ret);
	if (init->origin != NULL &&
		(strlen(init->origin) > VF_MAX_ORIGIN || !vf_key_name_is(vf_bytes_str(init->origin))))
		return vf_fail(reterr, VF_USAGE, "the origin must be 1 to %d octets without spaces and '+'",
			VF_MAX_ORIGIN);
	if (init->origin != NULL)
		strcpy(ret->origin, init->origin);
	if (init->tsa_key != NULL && strlen(init->tsa_key) < sizeof(ret->tsa_key))
		strcpy(ret->tsa_key, init->tsa_key);
	nt_config_put(&text, ret);
	rc = nt_buf_check(&text, reterr);
	/* What the file's reader would refuse is refused now. */
	if (rc == VF_OK)
		rc = nt_config_parse(nt_buf_bytes(&text), ret, reterr);
	return rc;
}

VF_RC nt_notary_init(const char *dir, const struct nt_init *init, struct vf_err *reterr)
{
	VF_CLEANUP(nt_folder_done) struct nt_new_folder f = NT_NEW_FOLDER_NONE;
	struct nt_config config;
	enum vf_rc rc = make_config(init, &config, reterr);

	if (rc == VF_OK)
		rc = nt_folder_begin(&f, dir, reterr);
	if (rc == VF_EXISTS)
		return vf_fail(reterr, VF_NOTARY_EXISTS, "'%s' is there and not an empty folder", dir);
	if (rc == VF_OK)
		rc = create_all(f.path, init, &config, reterr);
	return rc == VF_OK ? nt_folder_commit(&f, dir, reterr) : rc;
}

/* ---- open ---- */

static VF_RC read_config(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(CONFIG_MAX);
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
static VF_RC read_authorities(struct nt_notary *n, struct vf_err *reterr)
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

const struct nt_authorities *nt_notary_authorities(const struct nt_notary *n)
{
	return &n->authorities;
}

VF_RC nt_notary_read_authorities(struct nt_notary *n, struct vf_err *reterr)
{
	return read_authorities(n, reterr);
}

/* Notaries of earlier versions have no key for receipts: they get one when they are opened. */
static VF_RC make_receipt_key(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	VF_CLEANUP(nt_fd_closep) int keys = -1;
	enum vf_rc rc = path_put(&path, n->dir, RECEIPT_KEY_NEW, reterr);

	if (rc == VF_OK)
		rc = nt_durable_remove(n->fd, RECEIPT_KEY_NEW, reterr); /* left by a crash, never used */
	if (rc == VF_OK)
		rc = nt_signer_create((const char *)path.p, NT_KEY_ED25519, &n->receipts, reterr);
	if (rc == VF_OK)
		rc = nt_dir_open(n->fd, "keys", &keys, reterr);
	if (rc != VF_OK)
		return rc;
	if (renameat(n->fd, RECEIPT_KEY_NEW, n->fd, RECEIPT_KEY) != 0)
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
			RECEIPT_KEY, RECEIPT_PUBLIC);
	return rc;
}

static VF_RC open_receipt_key(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	enum vf_rc rc = path_put(&path, n->dir, RECEIPT_KEY, reterr);

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
	enum vf_rc rc = path_put(&path, n->dir, "notary.db", reterr);

	if (rc == VF_OK)
		rc = must_be(nt_store_open((const char *)path.p, &n->store, reterr), reterr);
	if (rc == VF_OK)
		rc = path_put(&path, n->dir, "head.db", reterr);
	if (rc == VF_OK)
		rc = must_be(nt_headlock_open((const char *)path.p, &n->head, reterr), reterr);
	if (rc == VF_OK)
		rc = path_put(&path, n->dir, "keys/log.key", reterr);
	if (rc == VF_OK)
		rc = must_be(nt_signer_load((const char *)path.p, &n->signer, reterr), reterr);
	if (rc == VF_OK)
		rc = open_receipt_key(n, reterr);
	if (rc == VF_OK)
		rc = path_put(&path, n->dir, "tsa", reterr);
	if (rc == VF_OK)
		rc = must_be(nt_tsa_open((const char *)path.p, &n->config, &n->tsa, reterr), reterr);
	if (rc == VF_OK)
		rc = read_authorities(n, reterr);
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

/* A kept document that no record names: its submission or its erasure was cut short. */
static VF_RC sweep_document(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct nt_notary *n = ctx;
	struct vf_hash h;
	char path[320];
	bool kept = false;
	enum vf_rc rc = VF_OK;

	if (is_dir)
		return VF_OK;
	if (vf_hex_read(vf_bytes_str(name), h.b, 32) || nt_secret_name_is(name, &h))
		rc = nt_store_is_kept(n->store, &h, &kept, reterr);
	if (rc != VF_OK || kept)
		return rc;
	snprintf(path, sizeof(path), "documents/%s", name);
	return nt_durable_destroy(n->fd, path, reterr);
}

static VF_RC recover(struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc = nt_log_recover(&n->log, reterr);

	if (rc == VF_OK)
		rc = nt_seal_recover(n, reterr);
	if (rc == VF_OK)
		rc = nt_dir_each(n->fd, "documents", sweep_document, n, reterr);
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
	n->clock = clock != NULL ? clock : system_clock;
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

VF_RC nt_notary_access(struct nt_notary *n, bool create, struct nt_access **ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (n->access == NULL)
		rc = nt_access_open(n->dir, create, &n->access, reterr);
	if (rc == VF_OK)
		*ret = n->access;
	return rc;
}

void nt_notary_check_clock(struct nt_notary *n, nt_clock_check *check, void *ctx)
{
	n->clock_check = check;
	n->clock_check_ctx = ctx;
}

/* ---- accept ---- */

VF_RC nt_notary_stream(struct nt_notary *n, struct vf_bytes submitter, struct vf_bytes study,
	struct nt_stream *ret, struct vf_err *reterr)
{
	return nt_store_stream(n->store, submitter, study, ret, reterr);
}

VF_RC nt_notary_stream_next(struct nt_notary *n, struct vf_bytes study, uint64_t after, struct nt_stream_named *ret,
	bool *ret_found, struct vf_err *reterr)
{
	return nt_store_stream_next(n->store, study, after, ret, ret_found, reterr);
}

VF_RC nt_notary_journal(struct nt_notary *n, const struct vf_hash *key, bool *ret_found,
	struct vf_hash *ret_id, struct vf_err *reterr)
{
	return nt_store_journal(n->store, key, ret_found, ret_id, reterr);
}

struct vf_hash nt_notary_blind(const struct nt_notary *n, struct vf_bytes b)
{
	return vf_hmac_sha256(vf_bytes(nt_store_secret(n->store)->b, 32), b);
}

/* What is no fault of the store: the submission was refused, and nothing changed. */
static bool is_refusal(enum vf_rc rc)
{
	return rc == VF_STREAM_CONFLICT || rc == VF_ENTRY_CONFLICT || rc == VF_ERASED || rc == VF_INTERNAL ||
		rc == VF_LIMIT;
}

void nt_notary_kept_path(const struct vf_hash *sha256, char *out)
{
	strcpy(out, "documents/");
	vf_hex_put(out + strlen(out), vf_bytes(sha256->b, 32));
}

static VF_RC destroy_kept(void *ctx, const struct vf_hash *sha256, struct vf_err *reterr)
{
	struct nt_notary *n = ctx;
	char path[96];
	enum vf_rc rc;

	nt_notary_secret_path(sha256, path);
	rc = nt_durable_destroy(n->fd, path, reterr);
	nt_notary_kept_path(sha256, path);
	return rc == VF_OK ? nt_durable_destroy(n->fd, path, reterr) : rc;
}

/* Content that was kept for a submission that is refused, or was there without it, does not stay. */
VF_RC nt_notary_unkeep(struct nt_notary *n, const struct nt_submission *s, struct vf_err *reterr)
{
	bool kept;
	enum vf_rc rc;

	for (size_t i = 0; i < s->n_documents; i++) {
		if (!s->documents[i].keep)
			continue;
		rc = nt_store_is_kept(n->store, &s->documents[i].digests.sha256, &kept, reterr);
		if (rc == VF_OK && !kept)
			rc = destroy_kept(n, &s->documents[i].digests.sha256, reterr);
		if (rc != VF_OK)
			return nt_notary_stop(n, rc, reterr);
	}
	return VF_OK;
}

VF_RC nt_notary_accept(struct nt_notary *n, const struct nt_submission *submissions, size_t count,
	enum nt_accepted *ret, struct vf_err *reterr)
{
	int64_t now_ms = nt_notary_now(n);
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	/* No leaf may be dated before a head that was signed earlier. */
	if (now_ms < nt_headlock_get(n->head)->time_ms)
		return nt_notary_stop(n,
			vf_fail(reterr, VF_TIME_STOPPED, "the clock is before the last signed head"), reterr);
	rc = nt_store_accept(n->store, submissions, count, now_ms, ret, reterr);
	if (rc != VF_OK && !is_refusal(rc))
		return nt_notary_stop(n, rc, reterr);
	for (size_t i = 0; i < count; i++) {
		/* The refusal is what the caller is told; a failure here stops the notary. */
		if (rc != VF_OK)
			vf_ignore(nt_notary_unkeep(n, &submissions[i], NULL));
		else if (ret[i] == NT_ACCEPTED_BEFORE && nt_notary_unkeep(n, &submissions[i], reterr) != VF_OK)
			return n->broken.rc;
	}
	return rc;
}

/* Copies and hashes in one pass. */
static VF_RC copy_hashed(int in, int out, struct vf_pair *ret, struct vf_err *reterr)
{
	struct vf_pair_hasher h;
	uint8_t block[65536];
	ssize_t got;
	enum vf_rc rc;

	vf_pair_init(&h);
	for (;;) {
		got = read(in, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vf_fail(reterr, VF_IO, "cannot read a document: %s", strerror(errno));
		if (got == 0)
			break;
		vf_pair_put(&h, vf_bytes(block, (size_t)got));
		rc = nt_fd_write(out, vf_bytes(block, (size_t)got), "a kept document", reterr);
		if (rc != VF_OK)
			return rc;
	}
	*ret = vf_pair_done(&h);
	return nt_fd_sync(out, "a kept document", reterr);
}

static VF_RC keep_as(struct nt_notary *n, int fd, const char *temporary, const char *path,
	const struct vf_pair *digests, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep)
	int out = openat(n->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct vf_pair got;
	enum vf_rc rc;

	if (out < 0)
		return vf_fail(reterr, VF_IO, "cannot create '%s': %s", temporary, strerror(errno));
	rc = copy_hashed(fd, out, &got, reterr);
	if (rc == VF_OK && !vf_pair_eq(&got, digests))
		rc = vf_fail(reterr, VF_DOCUMENT_CHANGED, "a document changed while it was kept");
	if (rc == VF_OK)
		rc = nt_dir_open(n->fd, "documents", &folder, reterr);
	if (rc != VF_OK)
		return rc;
	if (renameat(n->fd, temporary, n->fd, path) != 0)
		return vf_fail(reterr, VF_IO, "cannot rename '%s': %s", temporary, strerror(errno));
	return nt_fd_sync(folder, "documents", reterr);
}

VF_RC nt_notary_keep(struct nt_notary *n, int fd, const struct vf_pair *digests, struct vf_err *reterr)
{
	char path[80], temporary[96];
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	nt_notary_kept_path(&digests->sha256, path);
	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	rc = keep_as(n, fd, temporary, path, digests, reterr);
	if (rc == VF_OK) {
		nt_failpoint("kept");
		return VF_OK;
	}
	/* What was written may be personal: it does not stay, and the first fault is told. */
	vf_ignore(nt_durable_destroy(n->fd, temporary, NULL));
	return rc == VF_IO ? nt_notary_stop(n, rc, reterr) : rc;
}

VF_RC nt_notary_open_kept(
	struct nt_notary *n, const struct vf_hash *sha256, int *ret_fd, struct vf_err *reterr)
{
	char path[80];
	int fd;

	nt_notary_kept_path(sha256, path);
	fd = openat(n->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT)
		return vf_fail(reterr, VF_IO, "cannot open '%s': %s", path, strerror(errno));
	*ret_fd = fd;
	return VF_OK;
}

/* ---- seal ---- */

/* The system's clock may show the millisecond of the last head still: gives it time to move. */
static void await_clock(const struct nt_notary *n)
{
	const struct timespec grain = {.tv_nsec = 1000000};
	int64_t last = nt_headlock_get(n->head)->time_ms;

	if (n->clock != system_clock)
		return;
	for (int i = 0; i < CLOCK_GRAIN_MS; i++) {
		int64_t now_ms = nt_notary_now(n);

		if (now_ms > last || last - now_ms > CLOCK_GRAIN_MS)
			return;
		nanosleep(&grain, NULL);
	}
}

VF_RC nt_notary_sequence(struct nt_notary *n, struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	while (rc == VF_OK && st->records > st->size) {
		await_clock(n);
		rc = nt_log_sequence(&n->log, nt_notary_now(n), reterr);
		if (rc != VF_OK)
			return nt_notary_stop(n, rc, reterr);
	}
	return rc;
}

VF_RC nt_notary_index(struct nt_notary *n, bool *ret_more, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_store_index(n->store, ret_more, reterr);
	return rc != VF_OK ? nt_notary_stop(n, rc, reterr) : rc;
}

/* The embedded authority answers at once; those outside are waited for when there is none. */
static VF_RC seal_planned(struct nt_notary *n, struct nt_plan *plan, struct nt_sealed *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (!n->authorities.embedded)
		return nt_seal_outside(n, plan, ret, reterr);
	rc = nt_seal_embedded(n, plan, ret, reterr);
	nt_plan_free(plan);
	return rc;
}

VF_RC nt_notary_seal(struct nt_notary *n, struct nt_sealed *ret, struct vf_err *reterr)
{
	struct nt_plan *p = NULL;
	enum vf_rc rc = nt_notary_plan(n, &p, reterr);

	if (rc != VF_OK)
		return rc;
	*ret = (struct nt_sealed){0};
	return p != NULL ? seal_planned(n, p, ret, reterr) : VF_OK;
}

/* ---- reading ---- */

VF_RC nt_notary_get(
	struct nt_notary *n, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr)
{
	return nt_store_get(n->store, id, ret, reterr);
}

VF_RC nt_notary_find(struct nt_notary *n, const char *prefix, struct vf_hash *ret, struct vf_err *reterr)
{
	return nt_store_find(n->store, prefix, ret, reterr);
}

VF_RC nt_notary_find_digest(
	struct nt_notary *n, const struct vf_hash *sha256, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	return nt_store_find_digest(n->store, sha256, each, ctx, reterr);
}

VF_RC nt_notary_each(
	struct nt_notary *n, struct vf_bytes study, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	return nt_store_each(n->store, study, each, ctx, reterr);
}

VF_RC nt_notary_seal_get(struct nt_notary *n, uint64_t number, struct nt_seal **ret, struct vf_err *reterr)
{
	return nt_store_seal_get(n->store, number, ret, reterr);
}

VF_RC nt_notary_counts(struct nt_notary *n, uint64_t *ret_seals, uint64_t *ret_size, uint64_t *ret_pending,
	struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);

	(void)reterr;
	*ret_seals = st->seals;
	*ret_size = st->size;
	*ret_pending = st->records > st->size ? st->records - st->size : 0;
	return VF_OK;
}

struct id_list {
	struct vf_hash *at;
};

static VF_RC put_id(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	struct id_list *list = ctx;

	(void)index;
	(void)reterr;
	*list->at++ = e->id;
	return VF_OK;
}

VF_RC nt_notary_ids(
	struct nt_notary *n, uint64_t first, uint64_t count, struct vf_hash *ret, struct vf_err *reterr)
{
	struct id_list list = {ret};
	uint64_t size = nt_store_state(n->store)->size;

	if (first > size || count > size - first)
		return vf_fail(reterr, VF_PROOF_INDEX, "the log has no entries %" PRIu64 " to %" PRIu64,
			first, first + count);
	return nt_store_entries(n->store, first, count, put_id, &list, reterr);
}

VF_RC nt_notary_inclusion(struct nt_notary *n, uint64_t index, uint64_t size, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	return nt_log_inclusion(&n->log, index, size, ret, ret_n, reterr);
}

VF_RC nt_notary_consistency(struct nt_notary *n, uint64_t from, uint64_t to, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	return nt_log_consistency(&n->log, from, to, ret, ret_n, reterr);
}

VF_RC nt_notary_log_proof(struct nt_notary *n, uint64_t index, uint64_t size, struct vf_bytes note, struct nt_buf *ret,
	struct vf_err *reterr)
{
	struct vf_hash proof[VF_MAX_INCLUSION];
	size_t count = 0;
	enum vf_rc rc = nt_notary_inclusion(n, index, size, proof, &count, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_putf(ret, VF_TLOG_PROOF_HEAD "\nindex %" PRIu64 "\n", index);
	for (size_t i = 0; i < count; i++) {
		nt_buf_put_base64(ret, vf_bytes(proof[i].b, sizeof(proof[i].b)));
		nt_buf_put_u8(ret, '\n');
	}
	nt_buf_put_u8(ret, '\n');
	nt_buf_put(ret, note);
	return nt_buf_check(ret, reterr);
}

VF_RC nt_notary_checkpoint(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	nt_buf_put(ret, nt_headlock_get(n->head)->note);
	return nt_buf_check(ret, reterr);
}

VF_RC nt_notary_page(struct nt_notary *n, struct vf_bytes study, uint64_t first, size_t max, struct nt_listed *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	return nt_store_page(n->store, study, first, max, ret, ret_n, reterr);
}

VF_RC nt_notary_page_digest(struct nt_notary *n, const struct vf_hash *sha256, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	return nt_store_page_digest(n->store, sha256, first, max, ret, ret_n, reterr);
}

VF_RC nt_notary_page_linked(struct nt_notary *n, const struct nt_link *link, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	return nt_store_page_linked(n->store, link, first, max, ret, ret_n, reterr);
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

int64_t nt_notary_head_time(const struct nt_notary *n)
{
	return nt_headlock_get(n->head)->time_ms;
}

VF_RC nt_notary_log_vkey(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	return nt_note_put_vkey(
		ret, n->config.origin, VF_KEY_ED25519, vf_bytes(n->log.key.raw, VF_ED25519_KEY), reterr);
}

VF_RC nt_notary_receipt_pins(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	if (strlen(n->config.origin) > VF_MAX_RECEIPT_ORIGIN)
		return VF_OK;
	return nt_receipt_pin(n->receipts, n->config.origin, NT_RECEIPT_DELAY, ret, reterr);
}

VF_RC nt_notary_sign_receipts(struct nt_notary *n, struct nt_receipts *g, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_receipts_sign(g, n->receipts, n->config.origin, nt_notary_now(n), NT_RECEIPT_DELAY, reterr);
}

VF_RC nt_notary_tsa_root(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	return nt_tsa_root_pem(n->tsa, ret, reterr);
}

VF_RC nt_notary_tsa_snapshot(struct nt_notary *n, struct vf_bytes certificate, struct vf_bytes crl, struct nt_tsa_snapshot **ret,
	struct vf_err *reterr)
{
	struct nt_tsa_refreshed refreshed;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_tsa_refresh(n->tsa, nt_notary_now(n), &refreshed, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = NULL;
	if (vf_bytes_eq(certificate, nt_tsa_certificate(n->tsa)) && vf_bytes_eq(crl, nt_tsa_current_crl(n->tsa)))
		return VF_OK;
	return nt_tsa_snapshot(n->tsa, ret, reterr);
}

/* ---- erase ---- */

VF_RC nt_notary_erase(struct nt_notary *n, const struct vf_hash *id, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_consent_erase_begin(n, id, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_store_erase(n->store, id, destroy_kept, n, reterr);
	if (rc != VF_OK && rc != VF_UNKNOWN_RECORD)
		return nt_notary_stop(n, rc, reterr);
	return rc == VF_OK ? nt_consent_erase_end(n, reterr) : rc;
}
