#include "notary/log.h"

#include <sys/wait.h>

#include "notary/failpoint.h"
#include "tests/folder.h"
#include "tests/made.h"

#define BEGIN 1772000000000
#define MANY 700

static struct vf_err err;
static struct made_stream stream;
static struct vf_hash leaves[MANY];
static uint64_t n_leaves;

static int64_t tick(void *ctx)
{
	return *(int64_t *)ctx += 10;
}

/* RFC 9162 2.1.1, as it stands there. */
static struct vf_hash textbook(const struct vf_hash *d, uint64_t n)
{
	struct vf_hash left, right;
	uint64_t k = 1;

	if (n == 0)
		return vf_merkle_empty();
	if (n == 1)
		return d[0];
	while (2 * k < n)
		k *= 2;
	left = textbook(d, k);
	right = textbook(d + k, n - k);
	return vf_merkle_node(&left, &right);
}

static void accept(struct nt_notary *n, uint64_t count)
{
	struct made m;
	enum nt_accepted a;

	for (uint64_t i = 0; i < count; i++) {
		struct nt_buf b = nt_buf(1000);

		made_record(&m, &stream, n_leaves, false);
		nt_entry_put(&b, &(struct nt_store_entry){m.s.id, m.s.id512, m.s.slot});
		CHECK_INT(b.n, NT_ENTRY_LEN);
		leaves[n_leaves++] = vf_merkle_leaf(nt_buf_bytes(&b));
		nt_buf_done(&b);
		CHECK_RC(nt_notary_accept(n, &m.s, 1, &a, &err), VF_OK);
	}
}

static struct vf_checkpoint published(const char *dir)
{
	static struct vf_bytes b;
	struct vf_checkpoint c = {0};

	free((void *)(uintptr_t)b.p);
	b = check_read(folder_path(dir, "log/checkpoint"));
	CHECK_RC(vf_checkpoint_parse(b, &c, &err), VF_OK);
	return c;
}

static void check_tile(const char *dir, const char *path, size_t bytes)
{
	struct stat st = {0};

	CHECK_INT(stat(folder_path(dir, path), &st), 0);
	CHECK_INT(st.st_size, bytes);
}

/* Of sizes that were never a checkpoint, too: anybody may ask. */
static void proofs_of_every_size(struct nt_notary *n)
{
	struct vf_hash proof[VF_MAX_CONSISTENCY], root, whole = textbook(leaves, n_leaves);
	size_t n_proof;

	for (uint64_t size = 1; size <= n_leaves; size++) {
		root = textbook(leaves, size);
		for (uint64_t k = 0; k < size; k += size - 1 ? size - 1 : 1) {
			CHECK_RC(nt_notary_inclusion(n, k, size, proof, &n_proof, &err), VF_OK);
			CHECK_RC(vf_merkle_check_inclusion(k, size, &leaves[k], proof, n_proof, &root, &err), VF_OK);
		}
		CHECK_RC(nt_notary_consistency(n, size, n_leaves, proof, &n_proof, &err), VF_OK);
		CHECK_RC(vf_merkle_check_consistency(size, n_leaves, &root, &whole, proof, n_proof, &err), VF_OK);
	}
}

/* Grows in uneven steps; every published root is the textbook's, every proof holds. */
static void test_grow(const char *dir)
{
	static const uint64_t steps[] = {1, 1, 2, 3, 100, 148, 1, 1, 255, 10};
	struct nt_init init = {.origin = "demo.example/1", .now_ms = BEGIN};
	struct nt_notary *n = NULL;
	struct nt_sealed s;
	int64_t now = BEGIN;
	struct vf_hash proof[VF_MAX_CONSISTENCY], root;
	uint64_t sizes[16] = {0}, faults;
	size_t n_sizes = 0, n_proof;

	CHECK_RC(nt_notary_init(dir, &init, &err), VF_OK);
	CHECK_INT(published(dir).size, 0);
	CHECK_RC(nt_notary_open(dir, tick, &now, &n, &err), VF_OK);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct vf_checkpoint c;

		accept(n, steps[i]);
		CHECK_RC(nt_notary_seal(n, &s, &err), VF_OK);
		c = published(dir);
		CHECK_INT(c.size, n_leaves);
		root = textbook(leaves, n_leaves);
		CHECK(vf_hash_eq(&c.root, &root));
		sizes[n_sizes++] = n_leaves;
		for (size_t k = 0; k < n_sizes; k++) {
			struct vf_hash old = textbook(leaves, sizes[k]);

			CHECK_RC(nt_notary_consistency(n, sizes[k], n_leaves, proof, &n_proof, &err), VF_OK);
			CHECK_RC(vf_merkle_check_consistency(
					 sizes[k], n_leaves, &old, &root, proof, n_proof, &err),
				VF_OK);
		}
		for (uint64_t k = 0; k < n_leaves; k += 7) {
			CHECK_RC(nt_notary_inclusion(n, k, n_leaves, proof, &n_proof, &err), VF_OK);
			CHECK_RC(vf_merkle_check_inclusion(
					 k, n_leaves, &leaves[k], proof, n_proof, &root, &err),
				VF_OK);
		}
	}
	CHECK_INT(n_leaves, 522);
	proofs_of_every_size(n);
	check_tile(dir, "log/tile/0/000", 8192);
	check_tile(dir, "log/tile/0/001", 8192);
	check_tile(dir, "log/tile/0/002.p/10", 320);
	check_tile(dir, "log/tile/1/000.p/1", 32);
	check_tile(dir, "log/tile/1/000.p/2", 64);
	check_tile(dir, "log/tile/entries/000", 256 * (NT_ENTRY_LEN + 2));
	check_tile(dir, "log/tile/entries/002.p/10", 10 * (NT_ENTRY_LEN + 2));
	CHECK_RC(nt_notary_fsck(n, NULL, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
	nt_notary_free(n);
}

/* ---- a crash at a named step ---- */

static void stop_at(void *ctx, const char *name)
{
	if (strcmp(name, ctx) == 0)
		_exit(42);
}

/* A child accepts three records and is killed at the step of its seal. */
static void crash(const char *dir, const char *step, int64_t *now)
{
	struct made_stream kept = stream;
	uint64_t kept_n = n_leaves;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		static char name[32];
		struct nt_notary *n = NULL;
		struct nt_sealed s;

		snprintf(name, sizeof(name), "%s", step);
		if (nt_notary_open(dir, tick, now, &n, &err) != VF_OK)
			_exit(1);
		accept(n, 3);
		nt_failpoint_set(stop_at, name);
		vf_ignore(nt_notary_seal(n, &s, &err)); /* never comes back */
		_exit(2);
	}
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	stream = kept;
	n_leaves = kept_n;
	*now += 1000000;
}

static const char *staged_name(const char *dir)
{
	static char path[1024];
	struct dirent *e;
	DIR *d = opendir(folder_path(dir, "staging"));

	path[0] = '\0';
	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/staging/%s", dir, e->d_name);
	if (d != NULL)
		closedir(d);
	return path;
}

static void check_open(const char *dir, int64_t *now, enum vf_rc want)
{
	struct nt_notary *n = NULL;
	enum vf_rc rc = nt_notary_open(dir, tick, now, &n, &err);

	CHECK_RC(rc, want);
	if (rc != want)
		fprintf(stderr, "  %s\n", err.text);
	nt_notary_free(n);
}

static void test_recovery(const char *folder, const char *dir)
{
	static const char *const later[] = {
		"swapped", "files-renamed", "applied", "indexed", "published", "trimmed", "unstaged"};
	int64_t now = BEGIN + 100000000;
	struct nt_notary *n = NULL;
	struct nt_sealed s;
	const char *good;

	folder_run("cp -a '%s' '%s/good'", dir, folder);
	good = strdup(folder_path(folder, "good"));
	/* Not signed: what was staged is forgotten, the records wait. */
	for (int i = 0; i < 2; i++) {
		folder_run("rm -rf '%s'; cp -a '%s' '%s'", dir, good, dir);
		crash(dir, i == 0 ? "staged" : "signed", &now);
		CHECK(staged_name(dir)[0] != '\0');
		CHECK_RC(nt_notary_open(dir, tick, &now, &n, &err), VF_OK);
		CHECK_INT(published(dir).size, 522);
		CHECK_STR(staged_name(dir), "");
		CHECK_RC(nt_notary_seal(n, &s, &err), VF_OK);
		CHECK_INT(s.size, 525);
		n = nt_notary_free(n);
	}
	/* Signed: it is history, and opening finishes it. */
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		folder_run("rm -rf '%s'; cp -a '%s' '%s'", dir, good, dir);
		crash(dir, later[i], &now);
		check_open(dir, &now, VF_OK);
		CHECK_INT(published(dir).size, 525);
		CHECK_STR(staged_name(dir), "");
		CHECK_RC(nt_notary_open(dir, tick, &now, &n, &err), VF_OK);
		CHECK_RC(nt_notary_seal(n, &s, &err), VF_OK);
		CHECK(s.sealed && s.size == 525 && s.first == 522);
		n = nt_notary_free(n);
	}
	/* Signed, but what was staged is damaged, of another step, or gone. */
	for (int i = 0; i < 4; i++) {
		folder_run("rm -rf '%s'; cp -a '%s' '%s'", dir, good, dir);
		crash(dir, "swapped", &now);
		if (i == 0)
			folder_flip(staged_name(dir), 400);
		if (i == 1)
			folder_flip(staged_name(dir), 40);
		if (i == 2)
			folder_run("truncate -s -1 '%s'", staged_name(dir));
		if (i == 3)
			unlink(staged_name(dir));
		check_open(dir, &now, i == 3 ? VF_STORE_ROLLED_BACK : VF_STORE_CORRUPT);
		CHECK_INT(published(dir).size, 522);
	}
	/* A file of the step is there with other content. */
	folder_run("rm -rf '%s'; cp -a '%s' '%s'", dir, good, dir);
	crash(dir, "swapped", &now);
	folder_run("echo x >'%s/log/tile/0/002.p/13'", dir);
	check_open(dir, &now, VF_STORE_CORRUPT);
	free((void *)(uintptr_t)good);
}

int main(void)
{
	char folder[256];
	const char *dir;

	folder_make(folder);
	dir = strdup(folder_path(folder, "notary"));
	stream = made_stream("site-1", "STUDY-1");
	test_grow(dir);
	test_recovery(folder, dir);
	folder_remove(folder);
	free((void *)(uintptr_t)dir);
	return check_done();
}
