#include "verify/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/limits.h"
#include "verify/text.h"

static VF_RC fail_write(const char *path, int error, struct vf_err *reterr)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (error == EACCES || error == EPERM || error == EROFS)
		return vf_fail(reterr, VF_PERMISSION, "'%s': %s", shown, strerror(error));
	if (error == EEXIST)
		return vf_fail(reterr, VF_EXISTS, "'%s' is already there", shown);
	if (error == ENOENT || error == ENOTDIR)
		return vf_fail(reterr, VF_NO_INPUT, "'%s': %s", shown, strerror(error));
	return vf_fail(reterr, VF_IO, "'%s': %s", shown, strerror(error));
}

static bool write_all(int fd, struct vf_bytes b)
{
	while (b.n > 0) {
		ssize_t put = write(fd, b.p, b.n);
		struct vf_bytes done;

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0 || !vf_take(&b, (size_t)put, &done))
			return false;
	}
	return true;
}

/* ---- one file ---- */

struct vf_output {
	int dir, fd, error;
	bool replace;
	char *path;       /* as given, for messages */
	const char *base; /* its last part */
	char temporary[64];
	size_t n;
	uint8_t room[65536];
};

static void output_free(struct vf_output *out)
{
	if (out->fd >= 0)
		close(out->fd);
	if (out->dir >= 0)
		close(out->dir);
	free(out->path);
	free(out);
}

/* Opens the folder of a path, whose last part is left in *ret_base. */
static int open_parent(char *path, const char **ret_base)
{
	char *slash = strrchr(path, '/');
	int fd;

	*ret_base = slash ? slash + 1 : path;
	if (!slash)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slash == path)
		return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*slash = '\0';
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	return fd;
}

VF_RC vf_output_check(const char *path, bool replace, struct vf_err *reterr)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? VF_OK : fail_write(path, errno, reterr);
	if (!replace || !S_ISREG(st.st_mode))
		return fail_write(path, EEXIST, reterr);
	return VF_OK;
}

static VF_RC output_begin(struct vf_output *out, struct vf_err *reterr)
{
	enum vf_rc rc = vf_output_check(out->path, out->replace, reterr);

	if (rc != VF_OK)
		return rc;
	out->dir = open_parent(out->path, &out->base);
	if (out->dir < 0)
		return fail_write(out->path, errno, reterr);
	if (out->base[0] == '\0')
		return fail_write(out->path, EISDIR, reterr);
	for (unsigned i = 0; i < 100 && out->fd < 0; i++) {
		snprintf(out->temporary, sizeof(out->temporary), ".trialverify-%ld-%u.tmp", (long)getpid(), i);
		out->fd = openat(out->dir, out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (out->fd < 0 && errno != EEXIST)
			break;
	}
	return out->fd < 0 ? fail_write(out->path, errno, reterr) : VF_OK;
}

VF_RC vf_output_open(const char *path, bool replace, struct vf_output **ret, struct vf_err *reterr)
{
	struct vf_output *out = calloc(1, sizeof(*out));
	enum vf_rc rc;

	if (!out)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to write a file");
	out->dir = out->fd = -1;
	out->replace = replace;
	out->path = strdup(path);
	rc = out->path ? output_begin(out, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory to write a file");
	if (rc != VF_OK) {
		output_free(out);
		return rc;
	}
	*ret = out;
	return VF_OK;
}

static void output_flush(struct vf_output *out)
{
	if (!out->error && !write_all(out->fd, vf_bytes(out->room, out->n)))
		out->error = errno ? errno : EIO;
	out->n = 0;
}

static bool output_put(void *ctx, struct vf_bytes piece)
{
	struct vf_output *out = ctx;
	struct vf_bytes part;

	while (piece.n > 0) {
		size_t room = sizeof(out->room) - out->n;

		if (room == 0) {
			output_flush(out);
			continue;
		}
		if (!vf_take(&piece, piece.n < room ? piece.n : room, &part))
			return false;
		memcpy(out->room + out->n, part.p, part.n);
		out->n += part.n;
	}
	return out->error == 0;
}

struct vf_sink vf_output_sink(struct vf_output *out)
{
	return (struct vf_sink){.put = output_put, .ctx = out};
}

/* link() refuses a name that was taken in the meantime; file systems without links get a plain rename. */
static int publish(const struct vf_output *out)
{
	if (!out->replace) {
		if (linkat(out->dir, out->temporary, out->dir, out->base, 0) == 0)
			return unlinkat(out->dir, out->temporary, 0);
		if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
			return -1;
	}
	return renameat(out->dir, out->temporary, out->dir, out->base);
}

VF_RC vf_output_commit(struct vf_output *out, struct vf_err *reterr)
{
	enum vf_rc rc;

	output_flush(out);
	if (!out->error && fsync(out->fd) != 0)
		out->error = errno;
	if (close(out->fd) != 0 && !out->error)
		out->error = errno;
	out->fd = -1;
	if (!out->error && publish(out) != 0)
		out->error = errno;
	if (!out->error && fsync(out->dir) != 0 && errno != EINVAL)
		out->error = errno;
	rc = out->error ? fail_write(out->path, out->error, reterr) : VF_OK;
	if (rc != VF_OK)
		unlinkat(out->dir, out->temporary, 0);
	output_free(out);
	return rc;
}

void vf_output_abort(struct vf_output *out)
{
	unlinkat(out->dir, out->temporary, 0);
	output_free(out);
}

/* ---- a folder of extracted files ---- */

/* What was made, in order, so that it can be taken away again. */
struct made {
	char *name;
	bool folder;
};

struct vf_folder {
	int parent, fd;
	char *path;
	const char *base;
	struct made *made;
	size_t n;
};

static void folder_free(struct vf_folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->made[i].name);
	free(f->made);
	if (f->fd >= 0)
		close(f->fd);
	if (f->parent >= 0)
		close(f->parent);
	free(f->path);
	free(f);
}

VF_RC vf_folder_new(const char *path, struct vf_folder **ret, struct vf_err *reterr)
{
	struct vf_folder *f = calloc(1, sizeof(*f));
	enum vf_rc rc = VF_OK;
	size_t n;

	if (!f)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to make a folder");
	f->parent = f->fd = -1;
	f->path = strdup(path);
	for (n = f->path ? strlen(f->path) : 0; n > 1 && f->path[n - 1] == '/'; n--)
		f->path[n - 1] = '\0';
	if (f->path)
		f->parent = open_parent(f->path, &f->base);
	if (!f->path)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory to make a folder");
	else if (f->parent < 0 || mkdirat(f->parent, f->base, 0777) != 0)
		rc = fail_write(path, errno, reterr);
	if (rc == VF_OK) {
		f->fd = openat(f->parent, f->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (f->fd < 0)
			rc = fail_write(path, errno, reterr);
	}
	if (rc != VF_OK) {
		folder_free(f);
		return rc;
	}
	*ret = f;
	return VF_OK;
}

static VF_RC remember(struct vf_folder *f, struct vf_bytes name, bool folder, struct vf_err *reterr)
{
	struct made *made = realloc(f->made, (f->n + 1) * sizeof(*made));

	if (!made)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the list of files");
	f->made = made;
	made[f->n].folder = folder;
	made[f->n].name = strndup((const char *)name.p, name.n);
	if (!made[f->n].name)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the list of files");
	f->n++;
	return VF_OK;
}

/* Makes one folder below at, unless it was made before, and enters it; closes at. */
static VF_RC enter(struct vf_folder *f, int *at, const char *part, struct vf_bytes whole, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	int fd;

	if (mkdirat(*at, part, 0777) == 0)
		rc = remember(f, whole, true, reterr);
	else if (errno != EEXIST)
		rc = fail_write(part, errno, reterr);
	if (rc != VF_OK)
		return rc;
	fd = openat(*at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_write(part, errno, reterr);
	close(*at);
	*at = fd;
	return VF_OK;
}

VF_RC vf_folder_create(struct vf_folder *f, struct vf_bytes name, int *ret_fd, struct vf_err *reterr)
{
	char part[VF_MAX_NAME + 1];
	struct vf_bytes rest = name, piece;
	enum vf_rc rc = vf_name_check(name, reterr);
	int at, fd = -1;

	if (rc != VF_OK)
		return rc;
	at = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
	if (at < 0)
		return fail_write(f->path, errno, reterr);
	while (rc == VF_OK && vf_take_until(&rest, '/', &piece)) {
		snprintf(part, sizeof(part), "%.*s", VF_STR(piece));
		rc = enter(f, &at, part, vf_bytes(name.p, name.n - rest.n - 1), reterr);
	}
	if (rc == VF_OK) {
		snprintf(part, sizeof(part), "%.*s", VF_STR(rest));
		fd = openat(at, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		rc = fd < 0 ? fail_write(part, errno, reterr) : remember(f, name, false, reterr);
	}
	close(at);
	if (rc != VF_OK && fd >= 0)
		close(fd);
	if (rc == VF_OK)
		*ret_fd = fd;
	return rc;
}

VF_RC vf_folder_write(int fd, struct vf_bytes b, struct vf_err *reterr)
{
	return write_all(fd, b) ? VF_OK : fail_write("extracted file", errno, reterr);
}

VF_RC vf_folder_close(int fd, struct vf_err *reterr)
{
	int error = fsync(fd) != 0 ? errno : 0;

	if (close(fd) != 0 && !error)
		error = errno;
	return error ? fail_write("extracted file", error, reterr) : VF_OK;
}

/* Folders are made after those above them, so going backwards empties them first. */
static void remove_all(struct vf_folder *f)
{
	for (size_t i = f->n; i-- > 0;)
		unlinkat(f->fd, f->made[i].name, f->made[i].folder ? AT_REMOVEDIR : 0);
	unlinkat(f->parent, f->base, AT_REMOVEDIR);
}

VF_RC vf_folder_done(struct vf_folder *f, bool keep, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (!keep) {
		remove_all(f);
		folder_free(f);
		return VF_OK;
	}
	for (size_t i = 0; i < f->n && rc == VF_OK; i++) {
		int fd = f->made[i].folder ? openat(f->fd, f->made[i].name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
					   : -1;

		if (fd >= 0 && fsync(fd) != 0)
			rc = fail_write(f->path, errno, reterr);
		if (fd >= 0)
			close(fd);
	}
	if (rc == VF_OK && (fsync(f->fd) != 0 || fsync(f->parent) != 0))
		rc = fail_write(f->path, errno, reterr);
	if (rc != VF_OK)
		remove_all(f);
	folder_free(f);
	return rc;
}
