/* What lies in a watched folder, since when, and whether it is done. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "notary/watch_inside.h"
#include "verify/text.h"

#define MAX_FILES 1000000

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), k = strlen(with);

	return n >= k && strcmp(name + n - k, with) == 0;
}

static bool is_left_alone(const char *name)
{
	return name[0] == '.' || ends(name, NT_WATCH_BUNDLE) || ends(name, ".receipt") || ends(name, ".part") ||
		ends(name, ".tmp") || ends(name, "~");
}

static struct nt_watched *find(struct nt_watch *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->files[i].name, name) == 0)
			return &w->files[i];
	return NULL;
}

static struct nt_watched *add(struct nt_watch *w, const char *name)
{
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 64;
		struct nt_watched *more = reallocarray(w->files, room, sizeof(*more));

		if (!more || room > 2 * MAX_FILES) {
			w->is_full = true;
			return NULL;
		}
		w->files = more;
		w->room = room;
	}
	w->files[w->n] = (struct nt_watched){.name = strdup(name)};
	if (!w->files[w->n].name) {
		w->is_full = true;
		return NULL;
	}
	return &w->files[w->n++];
}

static int64_t ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* A bundle that is older than a change of its file says nothing about the new content. */
static void look_at_bundle(struct nt_watch *w, struct nt_watched *f, const struct stat *st)
{
	char path[PATH_MAX], shown[200];
	struct stat bundle;

	if (snprintf(path, sizeof(path), "%s/%s" NT_WATCH_BUNDLE, w->folder, f->name) >= (int)sizeof(path))
		return;
	f->is_done = lstat(path, &bundle) == 0;
	if (!f->is_done || f->is_changed || ns_of(&bundle.st_mtim) >= ns_of(&st->st_mtim))
		return;
	f->is_changed = true;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(f->name));
	nt_cli_note(w->cli,
		"trialnotary: '%s' has changed since its bundle was written: move '%s" NT_WATCH_BUNDLE
		"' away to have it notarised again",
		shown, shown);
}

static void look_at_file(struct nt_watch *w, const char *name, const struct stat *st)
{
	struct nt_watched *f = find(w, name);

	if (!f)
		f = add(w, name);
	if (!f)
		return;
	f->seen = true;
	if (f->since_ms == 0 || f->size != (uint64_t)st->st_size || f->mtime_ns != ns_of(&st->st_mtim) ||
		f->ctime_ns != ns_of(&st->st_ctim)) {
		f->size = (uint64_t)st->st_size;
		f->mtime_ns = ns_of(&st->st_mtim);
		f->ctime_ns = ns_of(&st->st_ctim);
		f->since_ms = nt_cli_ticks();
		f->again_ms = f->pause_ms = 0;
		f->said = VF_OK;
		f->is_given_up = f->is_sent = f->is_changed = false;
	}
	look_at_bundle(w, f, st);
}

static void scan_folder(struct nt_watch *w, const char *relative, unsigned depth);

static void look_at(struct nt_watch *w, const char *relative, const char *name, unsigned depth)
{
	char below[PATH_MAX], path[2 * PATH_MAX];
	struct stat st;

	if (is_left_alone(name) ||
		snprintf(below, sizeof(below), "%s%s%s", relative, relative[0] ? "/" : "", name) >=
			(int)sizeof(below))
		return;
	snprintf(path, sizeof(path), "%s/%s", w->folder, below);
	if (lstat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode))
		scan_folder(w, below, depth + 1);
	else if (S_ISREG(st.st_mode))
		look_at_file(w, below, &st);
}

static void scan_folder(struct nt_watch *w, const char *relative, unsigned depth)
{
	char path[2 * PATH_MAX];
	struct dirent *e;
	DIR *d;

	if (depth > VF_MAX_NAME_DEPTH)
		return;
	snprintf(path, sizeof(path), "%s%s%s", w->folder, relative[0] ? "/" : "", relative);
	/* First the watch, then the look: what comes between them is seen by one of both. */
	if (w->inotify >= 0)
		inotify_add_watch(w->inotify, path,
			IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
				IN_ONLYDIR | IN_DONT_FOLLOW);
	d = opendir(path);
	if (!d)
		return;
	while ((e = readdir(d)) != NULL)
		look_at(w, relative, e->d_name, depth);
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct nt_watched *)a)->name, ((const struct nt_watched *)b)->name);
}

VF_RC nt_watch_scan(struct nt_watch *w, struct vf_err *reterr)
{
	struct stat st;
	size_t kept = 0;

	if (stat(w->folder, &st) != 0)
		return vf_fail(reterr, VF_NO_INPUT, "the folder is gone: %s", strerror(errno));
	for (size_t i = 0; i < w->n; i++)
		w->files[i].seen = false;
	scan_folder(w, "", 0);
	if (w->is_full)
		return vf_fail(reterr, VF_LIMIT, "too many files to watch");
	for (size_t i = 0; i < w->n; i++) {
		if (w->files[i].seen)
			w->files[kept++] = w->files[i];
		else
			free(w->files[i].name);
	}
	w->n = kept;
	qsort(w->files, w->n, sizeof(*w->files), by_name);
	return VF_OK;
}
