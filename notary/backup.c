#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/access.h"
#include "notary/authorities.h"
#include "notary/durable.h"
#include "notary/new_folder.h"
#include "notary/notary_inside.h"
#include "notary/participants.h"
#include "notary/signers.h"
#include "verify/text.h"

/* Everything but the databases, which SQLite copies itself, the lock, and consent.db and rules.db, which are made again. */
static const char *const copied[] = {"keys", "tsa", "log", "documents"};

/* One in the notary's folder; what is named by an absolute path is not the notary's, and what is away is not there. */
static VF_RC copy_named(int from, int to, const char *path, struct vf_err *reterr)
{
	char folder[256];
	enum vf_rc rc = VF_OK;

	if (vf_name_check(vf_bytes_str(path), NULL) != VF_OK || faccessat(from, path, F_OK, 0) != 0 ||
		faccessat(to, path, F_OK, 0) == 0)
		return VF_OK;
	for (const char *end = strchr(path, '/'); rc == VF_OK && end; end = strchr(end + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
		rc = nt_dir_make(to, folder, 0700, reterr);
	}
	return rc == VF_OK ? nt_durable_copy(from, path, to, path, 0600, reterr) : rc;
}

/* Passwords, keys and certificates for the authorities outside: without them a restored notary does not serve. */
static VF_RC copy_of_authorities(int from, int to, struct vf_err *reterr)
{
	struct nt_authorities list;
	enum vf_rc rc = nt_authorities_load(from, &list, reterr);

	for (size_t i = 0; rc == VF_OK && i < list.n; i++) {
		const struct nt_authority *a = &list.list[i];
		const char *const paths[] = {a->roots, a->password_file, a->certificate, a->key, a->ca};

		for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]) && rc == VF_OK; k++)
			rc = copy_named(from, to, paths[k], reterr);
	}
	return rc;
}

static VF_RC copy_rest(int from, int to, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]) && rc == VF_OK; i++)
		rc = nt_dir_copy(from, copied[i], to, copied[i], reterr);
	if (rc == VF_OK)
		rc = nt_dir_make(to, "staging", 0700, reterr);
	if (rc == VF_OK)
		rc = nt_durable_copy(from, "trialnotary.conf", to, "trialnotary.conf", 0644, reterr);
	/* most notaries have no authorities outside */
	if (rc == VF_OK && faccessat(from, "authorities", F_OK, 0) == 0)
		rc = nt_dir_copy(from, "authorities", to, "authorities", reterr);
	if (rc == VF_OK && faccessat(from, NT_AUTHORITIES_FILE, F_OK, 0) == 0)
		rc = nt_durable_copy(from, NT_AUTHORITIES_FILE, to, NT_AUTHORITIES_FILE, 0644, reterr);
	return rc == VF_OK ? copy_of_authorities(from, to, reterr) : rc;
}

static VF_RC copy_databases(struct nt_notary *n, const char *to, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf store = nt_buf(8192), head = nt_buf(8192);
	enum vf_rc rc;

	nt_buf_putf(&store, "%s/notary.db", to);
	nt_buf_put_u8(&store, 0);
	nt_buf_putf(&head, "%s/head.db", to);
	nt_buf_put_u8(&head, 0);
	rc = nt_buf_check(&store, reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&head, reterr);
	if (rc == VF_OK)
		rc = nt_store_backup(n->store, (const char *)store.p, reterr);
	if (rc == VF_OK)
		rc = nt_headlock_backup(n->head, (const char *)head.p, reterr);
	return rc;
}

/* Most notaries that serve nobody have none. */
static VF_RC copy_access(struct nt_notary *n, const char *to, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	struct nt_access *a = NULL;
	enum vf_rc rc = nt_notary_access(n, false, &a, reterr);

	if (rc != VF_OK || a == NULL)
		return rc;
	nt_buf_putf(&path, "%s/access.db", to);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	return rc == VF_OK ? nt_access_backup(a, (const char *)path.p, reterr) : rc;
}

static VF_RC copy_notary(struct nt_notary *n, const char *to, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, to, &fd, reterr);

	if (rc == VF_OK)
		rc = copy_databases(n, to, reterr);
	if (rc == VF_OK)
		rc = copy_access(n, to, reterr);
	if (rc == VF_OK)
		rc = nt_participants_backup(n->dir, to, reterr);
	if (rc == VF_OK)
		rc = nt_signers_backup(n, to, reterr);
	if (rc == VF_OK)
		rc = copy_rest(n->fd, fd, reterr);
	return rc;
}

VF_RC nt_notary_backup(struct nt_notary *n, const char *to, struct vf_err *reterr)
{
	VF_CLEANUP(nt_folder_done) struct nt_new_folder f = NT_NEW_FOLDER_NONE;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_folder_begin(&f, to, reterr);
	if (rc == VF_OK)
		rc = copy_notary(n, f.path, reterr);
	return rc == VF_OK ? nt_folder_commit(&f, to, reterr) : rc;
}

/* ---- restore ---- */

/* A head that somebody knows must be in the history of the backup. */
static VF_RC check_known(struct nt_notary *backup, uint64_t size, const struct vf_hash *root,
	const char *whose, struct vf_err *reterr)
{
	const struct nt_head *h = nt_headlock_get(backup->head);
	struct vf_hash proof[VF_MAX_CONSISTENCY];
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	if (size > h->size)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"%s has %" PRIu64 " entries, the backup only %" PRIu64, whose, size, h->size);
	if (size > 0)
		rc = nt_log_consistency(&backup->log, size, h->size, proof, &n, reterr);
	if (rc == VF_OK &&
		vf_merkle_check_consistency(size, h->size, root, &h->root, proof, n, NULL) != VF_OK)
		rc = vf_fail(reterr, VF_EQUIVOCATION,
			"%s of %" PRIu64 " entries is not in the history of the backup", whose, size);
	return rc;
}

static VF_RC check_known_note(struct nt_notary *backup, struct vf_bytes note, struct vf_err *reterr)
{
	struct vf_checkpoint c;
	enum vf_rc rc;

	if (note.n == 0)
		return VF_OK;
	rc = vf_checkpoint_parse(note, &c, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_is(c.origin, backup->config.origin))
		return vf_fail(reterr, VF_CHECKPOINT_ORIGIN, "the known checkpoint is of another log");
	rc = nt_log_check_note(&backup->log, c.size, &c.root, note, reterr);
	if (rc == VF_OK)
		rc = check_known(backup, c.size, &c.root, "the known checkpoint", reterr);
	return rc;
}

/* The notary that is there now, if any: it must not know more than the backup. lock holds it closed. */
static VF_RC check_present(struct nt_notary *backup, const char *dir, int *lock, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	struct nt_headlock *present = NULL;
	const struct nt_head *h;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, dir, &fd, reterr);

	if (rc == VF_NO_INPUT || (rc == VF_OK && faccessat(fd, "head.db", F_OK, 0) != 0))
		return VF_OK;
	if (rc == VF_OK)
		rc = nt_notary_lock(fd, dir, lock, reterr);
	nt_buf_putf(&path, "%s/head.db", dir);
	nt_buf_put_u8(&path, 0);
	if (rc == VF_OK)
		rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = nt_headlock_open((const char *)path.p, &present, reterr);
	if (rc != VF_OK)
		return rc;
	h = nt_headlock_get(present);
	rc = check_known(backup, h->size, &h->root, "the notary in the folder", reterr);
	if (rc == VF_OK && h->seal > nt_headlock_get(backup->head)->seal)
		rc = vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"the notary in the folder has %" PRIu64 " seals, the backup only"
			" %" PRIu64,
			h->seal, nt_headlock_get(backup->head)->seal);
	nt_headlock_free(present);
	return rc;
}

/* Moves what is in dir aside. */
static VF_RC move_aside(const char *dir, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf aside = nt_buf(8192);
	struct stat st;
	size_t n = strlen(dir);
	enum vf_rc rc;

	if (rmdir(dir) == 0 || errno == ENOENT)
		return VF_OK;
	while (n > 1 && dir[n - 1] == '/')
		n--;
	nt_buf_put(&aside, vf_bytes(dir, n));
	nt_buf_put_str(&aside, ".before-restore");
	nt_buf_put_u8(&aside, 0);
	rc = nt_buf_check(&aside, reterr);
	if (rc != VF_OK)
		return rc;
	if (lstat((const char *)aside.p, &st) == 0)
		return vf_fail(reterr, VF_EXISTS, "'%s' is there already", (const char *)aside.p);
	if (rename(dir, (const char *)aside.p) != 0)
		return vf_fail(reterr, VF_IO, "cannot rename '%s': %s", dir, strerror(errno));
	return VF_OK;
}

static bool has_bytes(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
}

static VF_RC copy_backup(const char *from, const char *to, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int in = -1, out = -1;
	VF_CLEANUP(nt_fd_closep) int lock = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, from, &in, reterr);

	if (rc == VF_NO_INPUT || (rc == VF_OK && faccessat(in, "trialnotary.conf", F_OK, 0) != 0))
		return vf_fail(reterr, VF_NOT_A_NOTARY, "folder '%s' holds no backup of a notary", from);
	/* A notary at work must not be copied file by file; its own backup does that. */
	if (rc == VF_OK && faccessat(in, "lock", F_OK, 0) == 0)
		rc = nt_notary_lock(in, from, &lock, reterr);
	if (rc == VF_OK &&
		(has_bytes(in, "notary.db-wal") || has_bytes(in, "notary.db-journal") ||
			has_bytes(in, "head.db-journal") || has_bytes(in, "access.db-wal")))
		rc = vf_fail(reterr, VF_STORE_CORRUPT,
			"'%s' was not made by backup: its last transaction is unfinished", from);
	if (rc == VF_OK)
		rc = nt_dir_open(AT_FDCWD, to, &out, reterr);
	if (rc == VF_OK)
		rc = copy_rest(in, out, reterr);
	if (rc == VF_OK)
		rc = nt_durable_copy(in, "notary.db", out, "notary.db", 0600, reterr);
	if (rc == VF_OK)
		rc = nt_durable_copy(in, "head.db", out, "head.db", 0600, reterr);
	if (rc == VF_OK && faccessat(in, "access.db", F_OK, 0) == 0)
		rc = nt_durable_copy(in, "access.db", out, "access.db", 0600, reterr);
	return rc;
}

/* Opens the copy, which checks it, and compares it with what is known. */
static VF_RC check_copy(
	const char *copy, const char *dir, struct vf_bytes known_head, int *lock, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	enum vf_rc rc = nt_notary_open(copy, NULL, NULL, &n, reterr);

	if (rc == VF_OK)
		rc = check_known_note(n, known_head, reterr);
	if (rc == VF_OK)
		rc = check_present(n, dir, lock, reterr);
	return rc;
}

VF_RC nt_notary_restore(const char *from, const char *dir, struct vf_bytes known_head, struct vf_err *reterr)
{
	VF_CLEANUP(nt_folder_done) struct nt_new_folder f = NT_NEW_FOLDER_NONE;
	VF_CLEANUP(nt_buf_done) struct nt_buf beside = nt_buf(8192);
	VF_CLEANUP(nt_fd_closep) int lock = -1;
	size_t length = strlen(dir);
	enum vf_rc rc;

	while (length > 1 && dir[length - 1] == '/')
		length--;
	/* The temporary folder stands beside dir, whatever dir holds. */
	nt_buf_put(&beside, vf_bytes(dir, length));
	nt_buf_put_str(&beside, ".restored");
	nt_buf_put_u8(&beside, 0);
	rc = nt_buf_check(&beside, reterr);
	if (rc == VF_OK)
		rc = nt_folder_begin(&f, (const char *)beside.p, reterr);
	if (rc == VF_OK)
		rc = copy_backup(from, f.path, reterr);
	if (rc == VF_OK)
		rc = check_copy(f.path, dir, known_head, &lock, reterr);
	if (rc == VF_OK)
		rc = move_aside(dir, reterr);
	return rc == VF_OK ? nt_folder_commit(&f, dir, reterr) : rc;
}
