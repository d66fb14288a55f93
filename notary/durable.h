/*
 * Files that are either wholly there after a crash, or not at all.
 *
 * Each write goes to a temporary file in the same folder, is synced, renamed, and
 * the folder, which stays open meanwhile, is synced. A failed sync is never
 * tried again: the page cache may claim what the disk lacks, so the caller
 * must stop and recover. Paths are relative to an open folder. What is in the
 * files is the caller's question.
 */
#ifndef NOTARY_DURABLE_H
#define NOTARY_DURABLE_H

#include <sys/types.h>

#include "notary/buf.h"

/* One file of a set: a relative path, its parts separated by '/'. */
struct nt_file {
	const char *path;
	struct vf_bytes bytes;
};

/* Descriptor that closes itself: VF_CLEANUP(nt_fd_closep) int fd = -1; */
void nt_fd_closep(int *fd);

/* Opens a folder. NO_INPUT when it is not there. */
VF_RC nt_dir_open(int at, const char *path, int *ret_fd, struct vf_err *reterr);
/* Makes a folder; fine when it is there already. The parent is not synced. */
VF_RC nt_dir_make(int at, const char *name, mode_t mode, struct vf_err *reterr);
/* Makes every folder above the last part of path. */
VF_RC nt_dir_make_above(int at, const char *path, mode_t mode, struct vf_err *reterr);
/* An empty file that was not there before: EXISTS. Not synced. */
VF_RC nt_file_create(const char *path, mode_t mode, struct vf_err *reterr);
VF_RC nt_fd_sync(int fd, const char *name, struct vf_err *reterr);
/* Whether this much is free on the file's disk for who is not root; true when the disk does not say. */
bool nt_fd_has_room(int fd, uint64_t octets);
/* Writes all bytes; short writes and EINTR are continued. */
VF_RC nt_fd_write(int fd, struct vf_bytes bytes, const char *name, struct vf_err *reterr);
/* Calls each for the names in the folder, in ascending order, without "." and "..". */
typedef VF_RC nt_each_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr);
VF_RC nt_dir_each(int at, const char *path, nt_each_name *each, void *ctx, struct vf_err *reterr);

/* Replaces name, or creates it. */
VF_RC nt_durable_write(int at, const char *name, struct vf_bytes bytes, mode_t mode, struct vf_err *reterr);
/*
 * Puts files that never change (mode 0444), making folders where needed. A file
 * that is there already must hold the same bytes: STORE_CORRUPT.
 */
VF_RC nt_durable_put(int at, const struct nt_file *files, size_t n, struct vf_err *reterr);
/* Appends the file to out. NO_INPUT when it is not there or no regular file, LIMIT above out's cap. */
VF_RC nt_durable_read(int at, const char *path, struct nt_buf *out, struct vf_err *reterr);
/* Unlinks and syncs the folder; fine when it is not there. */
VF_RC nt_durable_remove(int at, const char *path, struct vf_err *reterr);
/* Removes a folder that holds files only; not synced; fine when it is not there. */
VF_RC nt_durable_remove_folder(int at, const char *path, struct vf_err *reterr);
/* Overwrites the content with zeros, syncs, and removes. */
VF_RC nt_durable_destroy(int at, const char *path, struct vf_err *reterr);
/* Copies a file of any size; to must not be there. Not synced: nt_folder_commit() does that. */
VF_RC nt_durable_copy(
	int from_at, const char *from, int to_at, const char *to, mode_t mode, struct vf_err *reterr);

/* Removes a folder with all that it holds; not synced. */
VF_RC nt_dir_remove(const char *path, struct vf_err *reterr);
/* Copies a folder with all files and folders in it, modes included; to must not be there. */
VF_RC nt_dir_copy(int from_at, const char *from, int to_at, const char *to, struct vf_err *reterr);

#endif
