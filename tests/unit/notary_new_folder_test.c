/* Folders that appear at once: also for a program that is killed, and beside another that makes the same. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/new_folder.h"
#include "tests/check.h"

static char base[] = "/tmp/folder-XXXXXX";

static const char *at(const char *name)
{
	static char path[4][300];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", base, name);
	return path[next];
}

static int names(void)
{
	DIR *d = opendir(base);
	struct dirent *e;
	int n = -2; /* "." and ".." */

	while (d && (e = readdir(d)) != NULL)
		n++;
	if (d)
		closedir(d);
	return n;
}

/* A folder with a file and a folder with a file in it. */
static enum vf_rc fill(struct nt_new_folder *f, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	enum vf_rc rc = nt_folder_begin(f, path, reterr);

	if (rc == VF_OK)
		rc = nt_dir_open(AT_FDCWD, f->path, &fd, reterr);
	if (rc == VF_OK)
		rc = nt_durable_write(fd, "key", vf_bytes_str("secret"), 0600, reterr);
	if (rc == VF_OK)
		rc = nt_dir_make(fd, "in", 0700, reterr);
	return rc == VF_OK ? nt_durable_write(fd, "in/more", vf_bytes_str("more"), 0600, reterr) : rc;
}

static enum vf_rc make(const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_folder_done) struct nt_new_folder f = NT_NEW_FOLDER_NONE;
	enum vf_rc rc = fill(&f, path, reterr);

	return rc == VF_OK ? nt_folder_commit(&f, path, reterr) : rc;
}

static void kill_now(void *ctx, const char *name)
{
	(void)ctx;
	if (strcmp(name, "folder-filled") == 0)
		raise(SIGKILL);
}

static void make_killed(const char *path)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		nt_failpoint_set(kill_now, NULL);
		_exit(make(path, NULL) == VF_OK ? 0 : 1);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_killed(void)
{
	struct nt_new_folder f = NT_NEW_FOLDER_NONE;

	make_killed(at("new"));
	CHECK_INT(names(), 1);
	CHECK(access(at("new"), F_OK) != 0);
	make_killed(at("new")); /* instead of what was left */
	CHECK_INT(names(), 1);
	make_killed(at("other"));
	CHECK_INT(names(), 2);
	/* one that is at work keeps its own */
	CHECK_RC(fill(&f, at("new/"), NULL), VF_OK);
	CHECK_RC(make(at("new"), NULL), VF_OK);
	CHECK_INT(names(), 3);
	CHECK(access(f.path, F_OK) == 0);
	CHECK_RC(nt_folder_commit(&f, at("new"), NULL), VF_EXISTS);
	nt_folder_done(&f);
	CHECK_INT(names(), 2);
	CHECK_RC(make(at("other///"), NULL), VF_OK);
	CHECK_INT(names(), 2);
	CHECK(access(at("other/in/more"), F_OK) == 0);
	CHECK_RC(nt_dir_remove(at("new"), NULL), VF_OK);
	CHECK_RC(nt_dir_remove(at("other"), NULL), VF_OK);
	CHECK_INT(names(), 0);
}

static void refused(const char *path, enum vf_rc want, const char *says)
{
	struct vf_err err = {0};

	CHECK_RC(nt_folder_check(path, &err), want);
	if (!strstr(err.text, says))
		CHECK_FAIL("'%s' lacks '%s'", err.text, says);
	CHECK_RC(make(path, NULL), want);
}

static void test_refused(void)
{
	CHECK_RC(make(at("there"), NULL), VF_OK);
	CHECK(mkdir(at("empty"), 0700) == 0);
	CHECK_RC(nt_file_create(at("file"), 0600, NULL), VF_OK);
	refused(at("there"), VF_EXISTS, "already holds '");
	refused(at("file"), VF_EXISTS, "is already there");
	refused(at("file/new"), VF_NO_INPUT, "is no folder");
	refused(at("nowhere/new/"), VF_NO_INPUT, "/nowhere/' to write into: make it first");
	CHECK_RC(make("", NULL), VF_USAGE);
	CHECK_RC(make(at("empty"), NULL), VF_OK);
	CHECK(access(at("empty/key"), F_OK) == 0);
	CHECK_INT(names(), 3);
	CHECK_RC(nt_dir_remove(at("there"), NULL), VF_OK);
	CHECK_RC(nt_dir_remove(at("empty"), NULL), VF_OK);
	unlink(at("file"));
}

int main(void)
{
	if (!mkdtemp(base))
		return 1;
	test_killed();
	test_refused();
	CHECK_INT(rmdir(base), 0);
	return check_done();
}
