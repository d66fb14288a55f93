#include "notary/html_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "verify/text.h"

/* A mistyped name must not cost a document: only an earlier page or an empty file gives way. */
static bool is_page(const char *path)
{
	static const char begin[] = "<!DOCTYPE html>";
	char head[sizeof(begin) - 1];
	struct stat st;
	ssize_t got;
	int fd;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, head, sizeof(head));
	close(fd);
	return got == 0 || (got == sizeof(head) && memcmp(head, begin, sizeof(head)) == 0);
}

VF_RC nt_html_write(const char *path, const char *what, bool force, struct vf_bytes page, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int dir = -1;
	const char *slash = strrchr(path, '/');
	char shown[160], *folder;
	struct stat st;
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (!path[0] || (slash && !slash[1]))
		return vf_fail(reterr, VF_USAGE, "'%s' names no file", shown);
	if (lstat(path, &st) == 0 && !force)
		return vf_fail(reterr, VF_EXISTS, "'%s' is already there", shown);
	if (lstat(path, &st) == 0 && !is_page(path))
		return vf_fail(reterr, VF_EXISTS, "'%s' is there and is no %s: --force replaces those alone", shown, what);
	folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!folder)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a path");
	rc = nt_dir_open(AT_FDCWD, folder, &dir, reterr);
	free(folder);
	/* what a participant decided is for the site's eyes until it is handed out */
	return rc == VF_OK ? nt_durable_write(dir, slash ? slash + 1 : path, page, 0600, reterr) : rc;
}
