#include "verify/trust_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/output.h"
#include "verify/text.h"

static VF_RC fail_at(const char *path, int error, struct vf_err *reterr)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr,
		error == EACCES || error == EPERM || error == EROFS ? VF_PERMISSION
			: error == EEXIST                           ? VF_EXISTS
								    : VF_IO,
		"'%s': %s", shown, strerror(error));
}

VF_RC vf_trust_lock(const char *dir, int *ret_fd, struct vf_err *reterr)
{
	char shown[160];
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail_at(dir, errno, reterr);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
		*ret_fd = fd; /* file systems without locks go without */
		return VF_OK;
	}
	close(fd);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(dir));
	return vf_fail(reterr, VF_EXISTS, "another 'trust add' is at work on '%s'", shown);
}

/* The folder of a name like "tsa/alpha.pem", when it is not there yet. */
static VF_RC make_folder(const char *dir, const char *name, struct vf_err *reterr)
{
	const char *slash = strchr(name, '/');
	char path[4096];

	if (!slash)
		return VF_OK;
	if (snprintf(path, sizeof(path), "%s/%.*s", dir, (int)(slash - name), name) >= (int)sizeof(path))
		return fail_at(dir, ENAMETOOLONG, reterr);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return fail_at(path, errno, reterr);
	return VF_OK;
}

VF_RC vf_trust_write(const char *dir, const struct vf_trust_change *changes, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		struct vf_output *out;
		struct vf_sink sink;
		char path[4096];

		if (snprintf(path, sizeof(path), "%s/%s", dir, changes[i].name) >= (int)sizeof(path))
			return fail_at(dir, ENAMETOOLONG, reterr);
		rc = make_folder(dir, changes[i].name, reterr);
		if (rc == VF_OK)
			rc = vf_output_open(path, changes[i].replaces, &out, reterr);
		if (rc != VF_OK)
			return rc;
		sink = vf_output_sink(out);
		vf_sink_put(&sink, changes[i].bytes);
		rc = vf_output_commit(out, reterr);
	}
	return rc;
}

static VF_RC fill(struct vf_folder *f, const struct vf_trust_change *changes, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK, closed;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		struct vf_err later;
		int fd;

		rc = vf_folder_create(f, vf_bytes_str(changes[i].name), &fd, reterr);
		if (rc != VF_OK)
			return rc;
		rc = vf_folder_write(fd, changes[i].bytes, reterr);
		closed = vf_folder_close(fd, &later);
		if (rc == VF_OK && closed != VF_OK) {
			*reterr = later;
			rc = closed;
		}
	}
	return rc;
}

/* Takes away what was made under the other name. */
static void remove_new(const char *dir, const struct vf_trust_change *changes, size_t n)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < n; i++)
		unlinkat(fd, changes[i].name, 0);
	unlinkat(fd, "tsa", AT_REMOVEDIR);
	unlinkat(fd, "submitters", AT_REMOVEDIR);
	unlinkat(fd, "streams", AT_REMOVEDIR);
	close(fd);
	rmdir(dir);
}

/* A name that is taken in the meantime stays as it is; file systems without that promise get a plain rename. */
static int publish(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? rename(from, to) : -1;
}

static VF_RC sync_parent(const char *dir, struct vf_err *reterr)
{
	const char *slash = strrchr(dir, '/');
	char path[4096] = ".";
	int fd, error;

	if (slash)
		snprintf(path, sizeof(path), "%.*s", slash == dir ? 1 : (int)(slash - dir), dir);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = fd < 0 ? errno : fsync(fd) != 0 && errno != EINVAL ? errno : 0;
	if (fd >= 0)
		close(fd);
	return error ? fail_at(path, error, reterr) : VF_OK;
}

VF_RC vf_trust_write_new(const char *dir, const struct vf_trust_change *changes, size_t n, struct vf_err *reterr)
{
	size_t len = strlen(dir);
	char name[4000], other[4096];
	struct vf_folder *f;
	enum vf_rc rc;

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len >= sizeof(name))
		return fail_at(dir, ENAMETOOLONG, reterr);
	snprintf(name, sizeof(name), "%.*s", (int)len, dir);
	snprintf(other, sizeof(other), "%s.new-%ld", name, (long)getpid());
	rc = vf_folder_new(other, &f, reterr);
	if (rc != VF_OK)
		return rc;
	rc = fill(f, changes, n, reterr);
	if (rc != VF_OK) {
		struct vf_err ignored;

		vf_ignore(vf_folder_done(f, false, &ignored)); /* the first fault is told */
		return rc;
	}
	rc = vf_folder_done(f, true, reterr);
	if (rc == VF_OK && publish(other, name) != 0) {
		rc = fail_at(name, errno == ENOTEMPTY ? EEXIST : errno, reterr);
		remove_new(other, changes, n);
	}
	return rc == VF_OK ? sync_parent(name, reterr) : rc;
}
