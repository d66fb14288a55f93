#include "notary/new_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/named_file.h"
#include "verify/text.h"

static VF_RC fail(const char *what, const char *path, struct vf_err *reterr)
{
	int why = errno;
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (why == ENOTEMPTY || why == EEXIST)
		return vf_fail(reterr, VF_EXISTS, "'%s' is already there, and nothing is replaced here", shown);
	return vf_fail(reterr, why == EACCES || why == EPERM || why == EROFS ? VF_PERMISSION : VF_IO, "cannot %s '%s': %s", what, shown, strerror(why));
}

static VF_RC is_empty(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	char shown[160], held[160];

	(void)is_dir;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(ctx));
	vf_text_escape(held, sizeof(held), vf_bytes_str(name));
	return vf_fail(reterr, VF_EXISTS, "the folder '%s' already holds '%s', and nothing is replaced here", shown, held);
}

/* The path without slashes at its end. */
static char *trim(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return strndup(path, n);
}

static VF_RC check_there(char *path, struct vf_err *reterr)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return nt_named_check_folder(path, reterr);
	if (!S_ISDIR(st.st_mode)) {
		errno = EEXIST;
		return fail("make", path, reterr);
	}
	return nt_dir_each(AT_FDCWD, path, is_empty, path, reterr);
}

VF_RC nt_folder_check(const char *path, struct vf_err *reterr)
{
	char *own = trim(path);
	enum vf_rc rc = own ? check_there(own, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a path");

	free(own);
	return rc;
}

static bool remove_left(const char *part)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	struct stat st;

	return nt_named_is_left(part, &fd) && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && nt_dir_remove(part, NULL) == VF_OK;
}

/* Made and locked; false, with errno, when it is not. */
static bool make(struct nt_new_folder *f, const char *part)
{
	if (mkdir(part, 0700) != 0)
		return false;
	f->lock = open(part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f->lock >= 0 && nt_named_keep(f->lock)) {
		f->path = strdup(part);
		return f->path != NULL;
	}
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
	errno = EEXIST;
	return false;
}

VF_RC nt_folder_begin(struct nt_new_folder *f, const char *path, struct vf_err *reterr)
{
	char part[PATH_MAX], *own = trim(path);
	enum vf_rc rc = own ? check_there(own, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a path");

	*f = (struct nt_new_folder)NT_NEW_FOLDER_NONE;
	for (unsigned i = 0; rc == VF_OK && !f->path && i < NT_NAMED_PARTS; i++) {
		rc = nt_named_part(own, i, ".new", part, reterr);
		if (rc != VF_OK || make(f, part))
			break;
		if (errno == ENOENT)
			errno = EPERM; /* the folder is there: /proc says so */
		if (errno != EEXIST)
			rc = fail("make a folder beside", own, reterr);
		else if (remove_left(part)) /* it may hold keys, or documents */
			make(f, part);
	}
	if (rc == VF_OK && !f->path)
		rc = vf_fail(reterr, VF_IO, "cannot make a folder beside '%.200s': too many that are unfinished lie there", path);
	free(own);
	return rc;
}

VF_RC nt_folder_commit(struct nt_new_folder *f, const char *path, struct vf_err *reterr)
{
	char *own = trim(path);
	enum vf_rc rc = own ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a path");

	nt_failpoint("folder-filled");
	if (rc == VF_OK && syncfs(f->lock) != 0)
		rc = fail("sync", f->path, reterr);
	if (rc == VF_OK && rename(f->path, own) != 0)
		rc = fail("make", own, reterr);
	if (rc == VF_OK) {
		free(f->path);
		f->path = NULL;
		rc = nt_named_sync(own, reterr);
	}
	free(own);
	return rc;
}

void nt_folder_done(struct nt_new_folder *f)
{
	if (f->path)
		vf_ignore(nt_dir_remove(f->path, NULL)); /* what stays, the next one removes */
	if (f->lock >= 0)
		close(f->lock);
	free(f->path);
	*f = (struct nt_new_folder)NT_NEW_FOLDER_NONE;
}
