#include "notary/named_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "verify/text.h"

bool nt_named_is(const char *path, size_t at, const char *text)
{
	char head[256];
	size_t n = strlen(text);
	struct stat st;
	ssize_t got;
	int fd;

	if (at + n > sizeof(head) || lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, head, at + n);
	close(fd);
	return got == 0 || (got == (ssize_t)(at + n) && memcmp(head + at, text, n) == 0);
}

VF_RC nt_named_commit(const char *temporary, const char *path, bool force, struct vf_err *reterr)
{
	/* link() refuses an existing name, also one that came up meanwhile */
	if (force ? rename(temporary, path) == 0 : link(temporary, path) == 0) {
		if (!force)
			unlink(temporary);
		return VF_OK;
	}
	if (errno == EEXIST)
		return vf_fail(reterr, VF_EXISTS, "'%.200s' is already there", path);
	return vf_fail(reterr, VF_IO, "cannot name '%.200s': %s", path, strerror(errno));
}

static VF_RC open_folder(const char *path, int *ret, struct vf_err *reterr)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".") >= (int)sizeof(folder))
		return vf_fail(reterr, VF_USAGE, "the path is too long");
	return nt_dir_open(AT_FDCWD, folder, ret, reterr);
}

VF_RC nt_named_sync(const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int dir = -1;
	enum vf_rc rc = open_folder(path, &dir, reterr);

	return rc == VF_OK ? nt_fd_sync(dir, path, reterr) : rc;
}

VF_RC nt_named_write(const char *path, const char *what, const char *text, bool force, struct vf_bytes bytes, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int dir = -1;
	const char *slash = strrchr(path, '/');
	char shown[160];
	struct stat st;
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (!path[0] || (slash && !slash[1]))
		return vf_fail(reterr, VF_USAGE, "'%s' names no file", shown);
	if (lstat(path, &st) == 0 && !force)
		return vf_fail(reterr, VF_EXISTS, "'%s' is already there", shown);
	if (lstat(path, &st) == 0 && !nt_named_is(path, 0, text))
		return vf_fail(reterr, VF_EXISTS, "'%s' is there and is no %s: --force replaces those alone", shown, what);
	rc = open_folder(path, &dir, reterr);
	/* what a participant decided is for the site's eyes until it is handed out */
	return rc == VF_OK ? nt_durable_write(dir, slash ? slash + 1 : path, bytes, 0600, reterr) : rc;
}
