/* Hashing files and walking folders: digests, stable order, and every kind of file that is refused. */
#include "notary/hashing.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "notary/files.h"
#include "notary/progress.h"
#include "tests/check.h"

static char dir[64];

static const char *at(const char *name)
{
	static char paths[8][200];
	static unsigned next;
	char *p = paths[next++ % 8];

	snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static void put(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(at(name), "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		fprintf(stderr, "cannot write %s\n", name);
		exit(1);
	}
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void test_digests(void)
{
	static const size_t sizes[] = {0, 1, 63, 64, 127, 128, 262143, 262144, 262145, 1000000};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	struct nt_hash_job jobs[N] = {{0}};
	char paths[N][200];
	uint8_t *content = malloc(1000000);
	struct vf_err err = {0};

	for (size_t i = 0; i < 1000000; i++)
		content[i] = (uint8_t)(i * 31 + i / 251);
	for (size_t i = 0; i < N; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%zu", i);
		put(name, content, sizes[i]);
		snprintf(paths[i], sizeof(paths[i]), "%s", at(name));
		jobs[i].path = paths[i];
	}
	for (unsigned threads = 0; threads < 20; threads += 3) {
		struct nt_hashing how = {.threads = threads};

		CHECK_RC(nt_hash_files(jobs, N, &how, &err), VF_OK);
		for (size_t i = 0; i < N; i++) {
			struct vf_pair want = vf_pair_of(vf_bytes(content, sizes[i]));

			CHECK(vf_pair_eq(&jobs[i].digests, &want));
			CHECK_INT(jobs[i].size, sizes[i]);
			CHECK_RC(jobs[i].rc, VF_OK);
			memset(&jobs[i].digests, 0, sizeof(jobs[i].digests));
		}
		nt_hash_jobs_done(jobs, N);
	}
	CHECK_RC(nt_hash_files(NULL, 0, &(struct nt_hashing){0}, &err), VF_OK);
	free(content);
}

static void check_refused(const char *path, enum vf_rc want, const char *message)
{
	struct vf_pair pair = {0}, untouched = {0};
	uint64_t size = 77;
	struct vf_err err = {0};
	int fd = -7;

	CHECK_RC(nt_hash_file(path, &pair, &size, &err), want);
	CHECK_INT(err.rc, want);
	if (!strstr(err.text, message))
		CHECK_FAIL("'%s' lacks '%s'", err.text, message);
	CHECK(vf_pair_eq(&pair, &untouched) && size == 77);
	CHECK_RC(nt_open_document(path, &fd, &size, &err), want);
	CHECK_INT(fd, -7);
}

static void test_refusals(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	put("plain", "x", 1);
	CHECK_INT(symlink("plain", at("link")), 0);
	CHECK_INT(symlink("nowhere", at("dangling")), 0);
	CHECK_INT(symlink("loop", at("loop")), 0);
	CHECK_INT(mkfifo(at("fifo"), 0600), 0);
	CHECK_INT(mkdir(at("folder"), 0700), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", at("socket"));
	CHECK_INT(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	check_refused(at("absent"), VF_NO_INPUT, "is not there");
	check_refused(at("plain/below"), VF_NO_INPUT, "is not there");
	check_refused("", VF_NO_INPUT, "is not there");
	check_refused(at("link"), VF_NO_INPUT, "symbolic link");
	check_refused(at("dangling"), VF_NO_INPUT, "symbolic link");
	check_refused(at("loop"), VF_NO_INPUT, "symbolic link");
	check_refused(at("fifo"), VF_NO_INPUT, "not a regular file");
	check_refused(at("socket"), VF_NO_INPUT, "not a regular file");
	check_refused(at("folder"), VF_NO_INPUT, "is a folder");
	check_refused("/dev/null", VF_NO_INPUT, "not a regular file");
	if (getuid() != 0) {
		put("closed", "x", 1);
		chmod(at("closed"), 0);
		check_refused(at("closed"), VF_PERMISSION, "access was denied");
	}
	close(s);
	remove(at("socket"));
}

/* All jobs are done, each says what became of it, and the first fault in order is returned. */
static void test_faults_among_many(void)
{
	struct nt_hash_job jobs[40] = {{0}};
	char good[200], absent[200], link[200];
	struct nt_hashing how = {.threads = 3};
	struct vf_err err = {0};

	snprintf(good, sizeof(good), "%s", at("plain"));
	snprintf(absent, sizeof(absent), "%s", at("absent"));
	snprintf(link, sizeof(link), "%s", at("link"));
	for (size_t i = 0; i < 40; i++)
		jobs[i].path = i == 20 ? link : i == 30 ? absent : good;
	CHECK_RC(nt_hash_files(jobs, 40, &how, &err), VF_NO_INPUT);
	CHECK(strstr(err.text, "link") != NULL);
	for (size_t i = 0; i < 40; i++) {
		CHECK_RC(jobs[i].rc, i == 20 || i == 30 ? VF_NO_INPUT : VF_OK);
		CHECK((jobs[i].fault != NULL) == (i == 20 || i == 30));
	}
	nt_hash_jobs_done(jobs, 40);
	CHECK(jobs[20].fault == NULL);
}

/* A writer that keeps writing: whatever is returned for a file that grew or changed is not OK. */
static atomic_bool stop;

static void *keep_writing(void *path)
{
	int fd = open(path, O_WRONLY);
	uint8_t b = 0;

	while (!atomic_load(&stop)) {
		b++;
		if (pwrite(fd, &b, 1, 5 * 1024 * 1024) != 1)
			break;
	}
	close(fd);
	return NULL;
}

static void test_change_while_read(void)
{
	uint8_t *content = calloc(1, 16 * 1024 * 1024);
	struct vf_pair pair;
	uint64_t size;
	pthread_t writer;
	char path[200];
	struct vf_err err = {0};
	unsigned noticed = 0;

	put("moving", content, 16 * 1024 * 1024);
	snprintf(path, sizeof(path), "%s", at("moving"));
	CHECK_INT(pthread_create(&writer, NULL, keep_writing, path), 0);
	/* the writer may need a while to begin: until then the file is as it was, and accepted */
	for (unsigned i = 0; i < 500 && noticed == 0; i++)
		noticed += nt_hash_file(path, &pair, &size, &err) == VF_DOCUMENT_CHANGED;
	atomic_store(&stop, true);
	pthread_join(writer, NULL);
	CHECK(noticed > 0);
	CHECK(strstr(err.text, "changed while it was read") != NULL);
	free(content);
}

static void test_walk(void)
{
	static const char *const want[] = {".hidden", "B", "a", "sub/.x", "sub/deep/z", "sub/y", "\xc3\xa9"};
	struct nt_files f = {0};
	struct vf_err err = {0};
	char expected[300];

	mkdir(at("walk"), 0700);
	mkdir(at("walk/sub"), 0700);
	mkdir(at("walk/sub/deep"), 0700);
	mkdir(at("walk/empty"), 0700);
	for (size_t i = 0; i < 7; i++) {
		char name[64];

		snprintf(name, sizeof(name), "walk/%s", want[6 - i]);
		put(name, "x", 1);
	}
	CHECK_RC(nt_files_add(&f, at("walk"), &err), VF_OK);
	nt_files_sort(&f);
	CHECK_INT(f.n, 7);
	for (size_t i = 0; i < 7 && i < f.n; i++) {
		CHECK_STR(f.files[i].name, want[i]);
		snprintf(expected, sizeof(expected), "%s/walk/%s", dir, want[i]);
		CHECK_STR(f.files[i].path, expected);
	}
	nt_files_done(&f);
	CHECK_RC(nt_files_add(&f, at("walk///"), &err), VF_OK);
	CHECK_INT(f.n, 7);
	nt_files_done(&f);
	CHECK_RC(nt_files_add(&f, at("walk/sub/../a"), &err), VF_OK);
	CHECK_STR(f.files[0].name, "a");
	nt_files_done(&f);
	CHECK_RC(nt_files_add(&f, at("walk/sub/deep/.."), &err), VF_OK);
	CHECK_INT(f.n, 3);
	nt_files_done(&f);
	CHECK_RC(nt_files_add(&f, at("walk/empty"), &err), VF_OK);
	CHECK_INT(f.n, 0);
	nt_files_done(&f);
}

static void check_walk_refused(const char *path, enum vf_rc want, const char *message)
{
	struct nt_files f = {0};
	struct vf_err err = {0};

	CHECK_RC(nt_files_add(&f, path, &err), want);
	if (!strstr(err.text, message))
		CHECK_FAIL("'%s' lacks '%s'", err.text, message);
	nt_files_done(&f);
}

static void test_walk_refusals(void)
{
	char deep[512] = "deep";

	check_walk_refused(at("absent"), VF_NO_INPUT, "is not there");
	check_walk_refused("", VF_NO_INPUT, "is not there");
	check_walk_refused(at("link"), VF_NO_INPUT, "symbolic link");
	check_walk_refused(at("fifo"), VF_NO_INPUT, "neither a file nor a folder");
	CHECK_INT(symlink("..", at("walk/up")), 0);
	check_walk_refused(at("walk"), VF_NO_INPUT, "walk/up' is a symbolic link");
	CHECK_INT(symlink("walk", at("walklink")), 0);
	check_walk_refused(at("walklink"), VF_NO_INPUT, "symbolic link");
	mkdir(at(deep), 0700);
	for (unsigned i = 0; i < 33; i++) {
		strcat(deep, "/d");
		mkdir(at(deep), 0700);
	}
	check_walk_refused(at("deep"), VF_LIMIT, "too deep");
}

static char shown[1000];

static void keep_shown(void *ctx, struct vf_bytes text)
{
	(void)ctx;
	snprintf(shown, sizeof(shown), "%.*s", VF_STR(text));
}

static void test_progress(void)
{
	struct nt_progress p;
	char size[32];

	nt_progress_init(&p, "hashing", 10, 4000000000, 5000, keep_shown, NULL);
	nt_progress_at(&p, 1, 100000000, 5900);
	CHECK_STR(shown, "");
	nt_progress_at(&p, 1, 1000000000, 7000);
	CHECK_STR(shown, "\r\033[Khashing 1.0 GB of 4.0 GB (1 of 10 files), 500.0 MB/s, 6 s left");
	shown[0] = '\0';
	nt_progress_at(&p, 1, 1000000000, 7100);
	CHECK_STR(shown, "");
	nt_progress_done(&p);
	CHECK_STR(shown, "\r\033[K");
	nt_progress_init(&p, "hashing", 10, 4000000000, 5000, NULL, NULL);
	nt_progress_at(&p, 1, 1000000000, 9000);
	nt_progress_done(&p);
	nt_progress_size(size, sizeof(size), 999);
	CHECK_STR(size, "999 B");
	nt_progress_size(size, sizeof(size), 999950000);
	CHECK_STR(size, "1.0 GB");
	nt_progress_size(size, sizeof(size), UINT64_MAX);
	CHECK_STR(size, "18.4 EB");
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/notary_hashing.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	test_digests();
	test_refusals();
	test_faults_among_many();
	test_change_while_read();
	test_walk();
	test_walk_refusals();
	test_progress();
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return check_done();
}
