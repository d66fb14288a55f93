#include "notary/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/limits.h"
#include "verify/text.h"

/* A hundred records of the largest size; keeps a mistyped "/" from eating the memory. */
#define MAX_FILES 1000000

static VF_RC refuse(enum vf_rc rc, const char *path, const char *why, struct vf_err *reterr)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, rc, "'%s' %s", shown, why);
}

static VF_RC refuse_errno(const char *path, struct vf_err *reterr)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return refuse(VF_NO_INPUT, path, "is not there", reterr);
	if (errno == EACCES || errno == EPERM)
		return refuse(VF_PERMISSION, path, "cannot be read: access was denied", reterr);
	if (errno == ELOOP)
		return refuse(VF_NO_INPUT, path, "is a symbolic link: name what it leads to", reterr);
	if (errno == ENAMETOOLONG)
		return refuse(VF_NO_INPUT, path, "has a path that is too long", reterr);
	if (errno == ENOMEM)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a list of files");
	return refuse(VF_IO, path, "cannot be read", reterr);
}

static VF_RC add_file(struct nt_files *f, const char *path, size_t name_at, struct vf_err *reterr)
{
	struct nt_file *grown;
	char *copy;

	if (f->n >= MAX_FILES)
		return vf_fail(reterr, VF_LIMIT, "more than %d files", MAX_FILES);
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 64;

		grown = realloc(f->files, room * sizeof(*grown));
		if (!grown)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a list of files");
		f->files = grown;
		f->room = room;
	}
	copy = strdup(path);
	if (!copy)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a list of files");
	f->files[f->n++] = (struct nt_file){.path = copy, .name = copy + name_at};
	return VF_OK;
}

static VF_RC add_folder(
	struct nt_files *f, char *path, size_t n, size_t name_at, unsigned depth, struct vf_err *reterr);

/* path holds the folder's n octets and "/"; the entry's name is put behind. */
static VF_RC add_entry(struct nt_files *f, char *path, size_t n, const char *entry, size_t name_at,
	unsigned depth, struct vf_err *reterr)
{
	size_t len = strlen(entry);
	struct stat st;

	if (n + len + 2 > PATH_MAX) {
		path[n] = '\0';
		return refuse(VF_NO_INPUT, path, "holds a path that is too long", reterr);
	}
	memcpy(path + n, entry, len + 1);
	if (lstat(path, &st) != 0)
		return refuse_errno(path, reterr);
	if (S_ISREG(st.st_mode))
		return add_file(f, path, name_at, reterr);
	if (S_ISDIR(st.st_mode))
		return add_folder(f, path, n + len, name_at, depth + 1, reterr);
	if (S_ISLNK(st.st_mode))
		return refuse(VF_NO_INPUT, path,
			"is a symbolic link: put the file itself there, or leave it out", reterr);
	return refuse(VF_NO_INPUT, path, "is neither a file nor a folder", reterr);
}

static VF_RC add_folder(
	struct nt_files *f, char *path, size_t n, size_t name_at, unsigned depth, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	struct dirent *entry;
	int fd;
	DIR *d;

	if (depth > VF_MAX_NAME_DEPTH)
		return refuse(VF_LIMIT, path, "lies too deep in its folder", reterr);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return refuse_errno(path, reterr);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return refuse_errno(path, reterr);
	}
	if (path[n - 1] != '/')
		path[n++] = '/';
	if (name_at == 0)
		name_at = n;
	while (rc == VF_OK && (errno = 0, entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		rc = add_entry(f, path, n, entry->d_name, name_at, depth, reterr);
	}
	if (rc == VF_OK && errno != 0)
		rc = refuse_errno(path, reterr);
	closedir(d);
	return rc;
}

/* The real path of the folder part, so that the record finds the file again from anywhere. */
static VF_RC resolve(const char *path, char out[PATH_MAX], struct vf_err *reterr)
{
	char folder[PATH_MAX];
	const char *base;
	size_t n = strlen(path), len;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= PATH_MAX - 2)
		return refuse(VF_NO_INPUT, path, n ? "has a path that is too long" : "is not there", reterr);
	memcpy(folder, path, n);
	folder[n] = '\0';
	base = strrchr(folder, '/');
	base = base ? base + 1 : folder;
	if (strcmp(base, "") == 0 || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return realpath(folder, out) ? VF_OK : refuse_errno(path, reterr);
	len = strlen(base);
	n = (size_t)(base - folder);
	memmove(folder + n + 2, base, len + 1); /* "DIR/./BASE": the folder is resolved alone */
	memcpy(folder + n, ".", 2);
	if (!realpath(folder, out))
		return refuse_errno(path, reterr);
	n = strlen(out);
	if (n + 1 + len >= PATH_MAX)
		return refuse(VF_NO_INPUT, path, "has a path that is too long", reterr);
	if (out[n - 1] != '/')
		out[n++] = '/';
	memcpy(out + n, folder + (size_t)(base - folder) + 2, len + 1);
	return VF_OK;
}

VF_RC nt_files_add(struct nt_files *f, const char *path, struct vf_err *reterr)
{
	char full[PATH_MAX + 2];
	struct stat st;
	enum vf_rc rc = resolve(path, full, reterr);

	if (rc != VF_OK)
		return rc;
	if (lstat(full, &st) != 0)
		return refuse_errno(path, reterr);
	if (S_ISREG(st.st_mode))
		return add_file(f, full, (size_t)(strrchr(full, '/') + 1 - full), reterr);
	if (S_ISDIR(st.st_mode))
		return add_folder(f, full, strlen(full), 0, 1, reterr);
	if (S_ISLNK(st.st_mode))
		return refuse(VF_NO_INPUT, path, "is a symbolic link: name what it leads to", reterr);
	return refuse(VF_NO_INPUT, path, "is neither a file nor a folder", reterr);
}

static int by_name(const void *a, const void *b)
{
	const struct nt_file *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->path, y->path);
}

void nt_files_sort(struct nt_files *f)
{
	if (f->n > 1)
		qsort(f->files, f->n, sizeof(*f->files), by_name);
}

void nt_files_done(struct nt_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->files[i].path);
	free(f->files);
	*f = (struct nt_files){0};
}
