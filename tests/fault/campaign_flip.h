/*
 * Damage to a notary that nobody has open, and what must hold then: it is found, or it is harmless, and
 * nothing wrong is signed on top (F21, F47).
 */
#ifndef TESTS_FAULT_CAMPAIGN_FLIP_H
#define TESTS_FAULT_CAMPAIGN_FLIP_H

#include "notary/tiles.h"
#include "tests/fault/campaign_check.h"

static inline void copy_tree(const char *from, const char *to)
{
	char a[1400], b[1400];
	struct stat st;
	struct dirent *e;
	DIR *d = opendir(from);

	if (d == NULL || mkdir(to, 0700) != 0)
		exit(1);
	while ((e = readdir(d)) != NULL) {
		struct vf_bytes file;
		int fd;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(a, sizeof(a), "%s/%s", from, e->d_name);
		snprintf(b, sizeof(b), "%s/%s", to, e->d_name);
		if (stat(a, &st) != 0)
			exit(1);
		if (S_ISDIR(st.st_mode)) {
			copy_tree(a, b);
			continue;
		}
		file = check_read(a);
		fd = open(b, O_WRONLY | O_CREAT | O_EXCL, st.st_mode & 0777);
		if (fd < 0 || write(fd, file.n ? (const void *)file.p : "", file.n) != (ssize_t)file.n)
			exit(1);
		close(fd);
		free((void *)(uintptr_t)file.p);
	}
	closedir(d);
}

/* ---- doing it ---- */

static char flip_paths[512][1400];
static size_t flip_paths_n;
static struct vf_hash flip_leaves[TOLD_RECORDS];
static uint64_t flip_leaves_n;

static inline int flip_list(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)f;
	if (flag == FTW_F && st->st_size > 0 && strstr(path, "/trialnotary.conf") == NULL && flip_paths_n < 512)
		snprintf(flip_paths[flip_paths_n++], sizeof(flip_paths[0]), "%s", path);
	return 0;
}

static inline int flip_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The leaves of a log as its tiles have them; appended to those that are there. */
static inline bool flip_read_leaves(const char *base, uint64_t from, uint64_t size, struct vf_hash *ret)
{
	for (uint64_t i = from / NT_TILE_WIDTH; i * NT_TILE_WIDTH < size; i++) {
		struct nt_tile t = {.index = i, .width = nt_tile_width(0, i, size)};
		char name[NT_TILE_PATH_MAX], path[1400];
		struct vf_bytes b;

		nt_tile_path(&t, name);
		snprintf(path, sizeof(path), "%s/n/log/%s", base, name);
		if (access(path, R_OK) != 0 || (i + 1) * NT_TILE_WIDTH > TOLD_RECORDS)
			return false;
		b = check_read(path);
		for (uint64_t j = i * NT_TILE_WIDTH < from ? from % NT_TILE_WIDTH : 0; j < t.width && b.n == t.width * 32; j++)
			memcpy(ret[i * NT_TILE_WIDTH + j].b, b.p + j * 32, 32);
		free((void *)(uintptr_t)b.p);
	}
	return true;
}

static inline void flip_begin(const char *base)
{
	char path[1400];
	struct vf_checkpoint c;
	struct vf_bytes note;

	flip_paths_n = 0;
	snprintf(path, sizeof(path), "%s/n", base);
	nftw(path, flip_list, 16, FTW_PHYS);
	qsort(flip_paths, flip_paths_n, sizeof(flip_paths[0]), flip_compare);
	snprintf(path, sizeof(path), "%s/n/log/checkpoint", base);
	note = check_read(path);
	if (vf_checkpoint_parse(note, &c, NULL) != VF_OK || !flip_read_leaves(base, 0, c.size, flip_leaves))
		exit(1);
	flip_leaves_n = c.size;
	free((void *)(uintptr_t)note.p);
}

/* One bit of one file; notary.db, where most lies, is picked each third time. */
static inline void flip_somewhere(const char *base, uint64_t *random)
{
	size_t at;
	struct stat st;
	long place;
	FILE *f;
	int c;

	flip_begin(base);
	at = work_draw(random, flip_paths_n);
	for (size_t i = 0; i < flip_paths_n && work_draw(random, 3) == 0; i++)
		if (strstr(flip_paths[i], "/notary.db") != NULL)
			at = i;
	chmod(flip_paths[at], 0600);
	f = fopen(flip_paths[at], "r+b");
	if (f == NULL || stat(flip_paths[at], &st) != 0)
		exit(1);
	place = (long)work_draw(random, (uint64_t)st.st_size);
	fseek(f, place, SEEK_SET);
	c = fgetc(f);
	fseek(f, place, SEEK_SET);
	fputc(c ^ 1 << work_draw(random, 8), f);
	fclose(f);
	if (getenv("CAMPAIGN_LOUD"))
		fprintf(stderr, "  flipped an octet at %ld of %ld in '%s'\n", place, (long)st.st_size, flip_paths[at] + strlen(base));
}

/* The write-ahead log or journal away, cut, or with a bad head; or the database cut, or its head zeroed. */
static inline void damage_database(const char *base, uint64_t *random)
{
	static const char *const names[] = {"notary.db", "notary.db-wal", "notary.db-wal", "notary.db-journal", "head.db",
		"head.db-journal", "access.db", "access.db-wal"};
	const char *name = names[work_draw(random, sizeof(names) / sizeof(names[0]))];
	static const uint8_t zeros[32];
	char path[1400];
	struct stat st;
	uint64_t how = work_draw(random, 3);
	int fd;

	flip_begin(base);
	snprintf(path, sizeof(path), "%s/n/%s", base, name);
	if (stat(path, &st) != 0 || st.st_size == 0)
		return;
	if (getenv("CAMPAIGN_LOUD"))
		fprintf(stderr, "  '%s' of %ld octets, damage %d\n", name, (long)st.st_size, (int)how);
	if (how == 0 && unlink(path) == 0)
		return;
	if (how == 1 && truncate(path, (off_t)work_draw(random, (uint64_t)st.st_size)) == 0)
		return;
	fd = open(path, O_WRONLY);
	if (fd < 0 || pwrite(fd, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros))
		exit(1);
	close(fd);
}

/* ---- looking ---- */

/* What was signed after the damage is the old leaves and then the new ones, whatever the tiles say now. */
static inline void check_signed(struct nt_notary *n, const char *base)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_frontier f = {0};
	struct vf_checkpoint c;
	struct vf_hash root;
	struct vf_err err = {0};

	CHECK_RC(nt_notary_checkpoint(n, &note, &err), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, &err), VF_OK);
	CHECK(c.size >= flip_leaves_n);
	if (c.size < flip_leaves_n || !flip_read_leaves(base, flip_leaves_n, c.size, flip_leaves))
		return;
	for (uint64_t i = 0; i < c.size; i++)
		vf_frontier_append(&f, &flip_leaves[i]);
	root = vf_frontier_root(&f);
	if (!vf_hash_eq(&root, &c.root))
		CHECK_FAIL("a root of %" PRIu64 " entries was signed that is not theirs", c.size);
}

/* A write-ahead log that is gone takes with it what was not sealed, and nobody but its submitter can know. */
static inline void forget_waiting(struct told *t)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < t->n; i++) {
		/* An erasure may have been in it as well. */
		t->at[i].gone = false;
		if (t->at[i].sealed)
			t->at[kept++] = t->at[i];
	}
	for (unsigned i = 0; i < t->n_tokens; i++) {
		t->tokens[i].gone = false;
		t->tokens[i].revoked = true;
	}
	t->n = kept;
	t->n_receipts = t->n_tokens = 0;
	t->events = 0;
}

static inline void check_claims(struct work *w, const struct nt_trust *trust, const char *dir, bool flipped)
{
	struct told *t = w->told;

	if (!flipped)
		forget_waiting(t);
	else
		t->n_tokens = 0; /* credentials have no second witness: docs/faults.md */
	check_history(w->n, t->size, &t->root);
	check_records(w->n, dir, t);
	check_receipts(w->n, t);
	check_exports(w->base, t, trust, t->now);
}

static inline void check_damaged(struct work *w, const struct nt_trust *trust, bool flipped)
{
	struct told *t = w->told;
	struct work_learn l;
	struct vf_err err = {0};
	uint64_t found = 1;
	char dir[1100];
	enum vf_rc rc, sealed = VF_NOT_CHECKED;

	snprintf(dir, sizeof(dir), "%s/n", w->base);
	t->now += 5000;
	rc = nt_notary_open(dir, work_clock, t, &w->n, &err);
	if (rc != VF_OK) {
		if (getenv("CAMPAIGN_LOUD"))
			fprintf(stderr, "  refused: %s: %s\n", vf_rc_name(rc), err.text);
		/* What is wrong can be looked at, unless a part can't even be opened. */
		if (nt_notary_open_damaged(dir, &w->n, &err) == VF_OK) {
			(void)check_faults(w->n, 0);
			CHECK(work_submit(w, DOCS - 1, 1, DOCS - 1, false, &l, &err) != VF_OK);
			w->n = nt_notary_free(w->n);
		}
		return;
	}
	found = check_faults(w->n, getenv("CAMPAIGN_LOUD") != NULL);
	if (found == 0)
		check_claims(w, trust, dir, flipped);
	if (getenv("CAMPAIGN_LOUD"))
		fprintf(stderr, "  %" PRIu64 " found\n", found);
	rc = work_submit(w, DOCS - 1, 1, DOCS - 1, false, &l, &err);
	if (rc == VF_OK)
		sealed = work_seal(w, &err);
	if (found == 0 && (rc != VF_OK || sealed != VF_OK))
		CHECK_FAIL("nothing was found, but: %s", err.text);
	if (rc == VF_OK && sealed == VF_OK)
		check_signed(w->n, w->base);
	w->n = nt_notary_free(w->n);
}

/* The clock was ahead and is right again: nothing is signed before the time of the last head (F25). */
static inline bool check_waits_here(struct work *w)
{
	struct told *t = w->told;
	struct work_learn l;
	struct vf_err err = {0};
	char dir[1100];
	enum vf_rc rc;

	snprintf(dir, sizeof(dir), "%s/n", w->base);
	rc = nt_notary_open(dir, work_clock, t, &w->n, &err);
	CHECK_RC(rc, VF_OK);
	if (rc != VF_OK)
		return false;
	CHECK_INT(check_faults(w->n, 1), 0);
	rc = work_submit(w, DOCS - 1, 1, DOCS - 1, false, &l, &err);
	if (rc == VF_OK)
		rc = work_seal(w, &err);
	if (rc != VF_OK)
		CHECK_RC(rc, VF_TIME_STOPPED);
	check_history(w->n, t->size, &t->root);
	w->n = nt_notary_free(w->n);
	return check_failures == 0;
}

#endif
