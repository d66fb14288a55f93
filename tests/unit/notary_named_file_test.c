/* Files and folders that users name: whole or not at all, also for a program that is killed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/named_file.h"
#include "tests/check.h"

#define S(text) vf_bytes_str(text)

static char folder[] = "/tmp/named-XXXXXX";
static const struct nt_named_kind kind = {"thing", 0, "THING"};

/* In the place of the library's: a file system without files that have no name. */
static bool without_unnamed;

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (without_unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* ---- what is in the folder ---- */

static const char *at(const char *name)
{
	static char path[4][4200];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
	return path[next];
}

/* How many names there are; of them, *parts are those of unfinished files. */
static int names(int *parts)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	*parts = 0;
	while (d && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		*parts += strncmp(e->d_name, ".trialnotary-", 13) == 0;
	}
	if (d)
		closedir(d);
	return n;
}

#define CHECK_NAMES(all, unfinished)                                                                       \
	do {                                                                                               \
		int parts_, all_ = names(&parts_);                                                         \
		CHECK_INT(all_, all);                                                                      \
		CHECK_INT(parts_, unfinished);                                                             \
	} while (0)

static void holds(const char *name, const char *text)
{
	struct vf_bytes b = check_read(at(name));

	CHECK_BYTES(b, S(text));
	free((void *)(uintptr_t)b.p);
}

static void clear(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (unlink(at(e->d_name)) != 0)
			rmdir(at(e->d_name));
	if (d)
		closedir(d);
}

static enum vf_rc put(const char *name, bool force, const char *text)
{
	return nt_named_write(at(name), &kind, force, 0600, S(text), NULL);
}

/* ---- whole or not at all ---- */

static void kill_at(void *ctx, const char *name)
{
	if (strcmp(name, ctx) == 0)
		raise(SIGKILL);
}

/* Writes in a process of its own, which ends at this place. */
static void put_killed(const char *where, const char *name, bool force, const char *text)
{
	char point[32];
	pid_t child;
	int status = 0;

	snprintf(point, sizeof(point), "%s", where);
	child = fork();
	if (child == 0) {
		nt_failpoint_set(kill_at, point);
		_exit(put(name, force, text) == VF_OK ? 0 : 1);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_killed(void)
{
	/* it has no name yet */
	put_killed("named-written", "new", false, "THING 1");
	CHECK_NAMES(0, 0);
	CHECK_RC(put("new", false, "THING 1"), VF_OK);
	put_killed("named-written", "new", true, "THING 2");
	CHECK_NAMES(1, 0);
	holds("new", "THING 1");
	/* for a moment it has one of its own: the old file is whole, the next run removes what is left */
	put_killed("named-part", "new", true, "THING 3");
	CHECK_NAMES(2, 1);
	holds("new", "THING 1");
	CHECK_RC(put("new", true, "THING 4"), VF_OK);
	CHECK_NAMES(1, 0);
	holds("new", "THING 4");
	clear();
}

static void test_killed_without_unnamed(void)
{
	without_unnamed = true;
	put_killed("named-written", "new", false, "THING 1");
	CHECK_NAMES(1, 1);
	put_killed("named-written", "new", false, "THING 2"); /* takes the place of what was left */
	CHECK_NAMES(1, 1);
	put_killed("named-written", "other", false, "THING 2"); /* of another file */
	CHECK_NAMES(2, 2);
	CHECK_RC(put("new", false, "THING 3"), VF_OK);
	holds("new", "THING 3");
	CHECK_NAMES(2, 1);
	CHECK_RC(put("other", false, "THING 4"), VF_OK);
	CHECK_RC(put("other", false, "THING 5"), VF_EXISTS);
	CHECK_RC(put("other", true, "THING 5"), VF_OK);
	holds("other", "THING 5");
	CHECK_NAMES(2, 0);
	without_unnamed = false;
	clear();
}

/* What another program writes at this moment is not what one has left. */
static void test_at_once(void)
{
	struct nt_named a = NT_NAMED_NONE, b = NT_NAMED_NONE, c = NT_NAMED_NONE;

	without_unnamed = true;
	CHECK_RC(nt_named_begin(&a, at("new"), 0600, NULL), VF_OK);
	CHECK_RC(nt_named_begin(&b, at("new"), 0600, NULL), VF_OK);
	CHECK_NAMES(2, 2);
	CHECK_RC(nt_fd_write(a.fd, S("THING a"), "a", NULL), VF_OK);
	CHECK_RC(nt_fd_write(b.fd, S("THING b"), "b", NULL), VF_OK);
	CHECK_RC(nt_named_end(&b, false, NULL), VF_OK);
	CHECK_RC(nt_named_end(&a, false, NULL), VF_EXISTS); /* it came up meanwhile */
	nt_named_done(&a);
	nt_named_done(&b);
	holds("new", "THING b");
	CHECK_NAMES(1, 0);
	without_unnamed = false;
	CHECK_RC(nt_named_begin(&c, at("new"), 0600, NULL), VF_OK);
	CHECK_RC(nt_named_end(&c, false, NULL), VF_EXISTS);
	CHECK_RC(nt_named_end(&c, true, NULL), VF_OK);
	nt_named_done(&c);
	holds("new", "");
	CHECK_NAMES(1, 0);
	clear();
}

static void test_dropped(void)
{
	struct nt_named f = NT_NAMED_NONE;

	for (int i = 0; i < 2; i++) {
		without_unnamed = i == 1;
		CHECK_RC(nt_named_begin(&f, at("new"), 0600, NULL), VF_OK);
		CHECK_RC(nt_fd_write(f.fd, S("THING"), "new", NULL), VF_OK);
		nt_named_done(&f);
		nt_named_done(&f);
		CHECK_NAMES(0, 0);
	}
	without_unnamed = false;
}

/* ---- what is refused ---- */

static void refused(const char *path, bool force, enum vf_rc want, const char *says)
{
	struct vf_err err = {0};
	enum vf_rc rc = nt_named_check(path, &kind, force, &err);

	CHECK_RC(rc, want);
	if (!strstr(err.text, says))
		CHECK_FAIL("'%s' lacks '%s'", err.text, says);
	CHECK_RC(nt_named_write(path, &kind, force, 0600, S("THING"), NULL), want);
}

static void test_refused(void)
{
	struct vf_err err = {0};
	char name[300];
	struct stat st;

	CHECK_RC(put("there", false, "THING 1"), VF_OK);
	CHECK(stat(at("there"), &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_nlink == 1);
	CHECK_RC(nt_named_write(at("no-thing"), NULL, false, 0600, S("mine"), NULL), VF_OK);
	CHECK(mkdir(at("folder"), 0700) == 0);
	CHECK(symlink("there", at("link")) == 0);
	refused(at("there"), false, VF_EXISTS, "--force replaces it");
	refused(at("no-thing"), false, VF_EXISTS, "is no thing");
	refused(at("no-thing"), true, VF_EXISTS, "--force replaces things alone");
	refused(at("link"), true, VF_EXISTS, "is no thing");
	refused(at("folder"), true, VF_EXISTS, "is a folder");
	refused(at("nowhere/new"), false, VF_NO_INPUT, "/nowhere/' to write into: make it first");
	refused(at("there/new"), false, VF_NO_INPUT, "is no folder");
	refused("", false, VF_USAGE, "names no file");
	refused(at("folder/"), false, VF_USAGE, "names no file");
	refused(at("folder/.."), false, VF_USAGE, "names no file");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	refused(at(name), false, VF_USAGE, "too long");
	name[255] = 0; /* the longest name that there is */
	CHECK_RC(put(name, false, "THING"), VF_OK);
	CHECK_RC(put(name, true, "THING 2"), VF_OK);
	/* a verb without --force does not name it */
	CHECK_RC(nt_named_check(at("there"), NULL, false, &err), VF_EXISTS);
	CHECK(strstr(err.text, "--force") == NULL && strstr(err.text, "is already there") != NULL);
	/* names of control characters do not reach a terminal */
	CHECK_RC(nt_named_check(at("a\x1b[2J\nb/new"), NULL, false, &err), VF_NO_INPUT);
	CHECK(strchr(err.text, '\x1b') == NULL && strchr(err.text, '\n') == NULL);
	if (geteuid() != 0) {
		CHECK(chmod(at("folder"), 0500) == 0);
		refused(at("folder/new"), false, VF_PERMISSION, "nothing can be written into the folder");
	}
	holds("there", "THING 1");
	holds("no-thing", "mine");
	clear();
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	test_killed();
	test_killed_without_unnamed();
	test_at_once();
	test_dropped();
	test_refused();
	rmdir(folder);
	return check_done();
}
