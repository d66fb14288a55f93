#include "notary/hashing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "verify/text.h"

/* One read. */
#define BLOCK ((size_t)1024 * 1024)
/* Hashed at a time: the second hash still finds it in the nearest cache. */
#define SLICE ((size_t)16 * 1024)
/* Files from here on begin first, so that none is left alone at the end. */
#define LARGE ((uint64_t)8 * 1024 * 1024)
#define MAX_THREADS 256
#define PROGRESS_NS 100000000L

struct work {
	struct nt_hash_job *jobs;
	size_t *order;
	size_t n;
	atomic_size_t next, files;
	atomic_uint_fast64_t bytes;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned running;
};

static VF_RC refuse(enum vf_rc rc, const char *path, const char *why, struct vf_err *reterr)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, rc, "'%s' %s", shown, why);
}

static VF_RC refuse_errno(const char *path, int e, struct vf_err *reterr)
{
	switch (e) {
	case ENOENT:
	case ENOTDIR:
		return refuse(VF_NO_INPUT, path, "is not there", reterr);
	case EACCES:
	case EPERM:
		return refuse(VF_PERMISSION, path, "cannot be read: access was denied", reterr);
	case ELOOP:
		return refuse(
			VF_NO_INPUT, path, "is a symbolic link: name the file that it leads to", reterr);
	default:
		return refuse(
			VF_IO, path, strerrordesc_np(e) ? strerrordesc_np(e) : "cannot be read", reterr);
	}
}

static VF_RC check_type(const char *path, const struct stat *st, struct vf_err *reterr)
{
	if (S_ISLNK(st->st_mode))
		return refuse_errno(path, ELOOP, reterr);
	if (S_ISDIR(st->st_mode))
		return refuse(VF_NO_INPUT, path, "is a folder, not a file", reterr);
	if (!S_ISREG(st->st_mode))
		return refuse(VF_NO_INPUT, path, "is not a regular file", reterr);
	return VF_OK;
}

/* Looks before it opens: opening a device or a pipe has effects of its own. */
static VF_RC open_regular(const char *path, int *ret_fd, struct stat *st, struct vf_err *reterr)
{
	enum vf_rc rc;
	int fd;

	if (lstat(path, st) != 0)
		return refuse_errno(path, errno, reterr);
	rc = check_type(path, st, reterr);
	if (rc != VF_OK)
		return rc;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse_errno(path, errno, reterr);
	if (fstat(fd, st) != 0)
		rc = refuse_errno(path, errno, reterr);
	if (rc == VF_OK)
		rc = check_type(path, st, reterr);
	if (rc != VF_OK) {
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return VF_OK;
}

VF_RC nt_open_document(const char *path, int *ret_fd, uint64_t *ret_size, struct vf_err *reterr)
{
	struct stat st;
	enum vf_rc rc = open_regular(path, ret_fd, &st, reterr);

	if (rc == VF_OK)
		*ret_size = (uint64_t)st.st_size;
	return rc;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The file that was read is still the one of this name, and nobody wrote to it meanwhile. */
static VF_RC check_unchanged(
	const char *path, int fd, const struct stat *before, uint64_t size, struct vf_err *reterr)
{
	struct stat open_now, named_now;

	if (fstat(fd, &open_now) != 0)
		return refuse_errno(path, errno, reterr);
	if (lstat(path, &named_now) != 0 || !is_same(before, &open_now) || !is_same(before, &named_now) ||
		size != (uint64_t)before->st_size)
		return refuse(VF_DOCUMENT_CHANGED, path, "changed while it was read", reterr);
	return VF_OK;
}

static void put_slices(struct vf_pair_hasher *h, const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n; at += SLICE)
		vf_pair_put(h, vf_bytes(p + at, n - at < SLICE ? n - at : SLICE));
}

static VF_RC read_all(const char *path, int fd, const struct stat *before, uint8_t *block, struct work *w,
	struct vf_pair *ret, struct vf_err *reterr)
{
	struct vf_pair_hasher h;
	uint64_t size = 0;
	enum vf_rc rc;

	if ((uint64_t)before->st_size > BLOCK)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	vf_pair_init(&h);
	for (;;) {
		ssize_t got = read(fd, block, BLOCK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse_errno(path, errno, reterr);
		if (got == 0)
			break;
		put_slices(&h, block, (size_t)got);
		size += (uint64_t)got;
		if (w)
			atomic_fetch_add_explicit(&w->bytes, (uint64_t)got, memory_order_relaxed);
		if (size > (uint64_t)before->st_size)
			break; /* it grows: no reason to follow it for ever */
	}
	rc = check_unchanged(path, fd, before, size, reterr);
	if (rc == VF_OK)
		*ret = vf_pair_done(&h);
	return rc;
}

static VF_RC hash_one(const char *path, uint8_t *block, struct work *w, struct vf_pair *ret,
	uint64_t *ret_size, struct vf_err *reterr)
{
	struct stat before;
	int fd;
	enum vf_rc rc = open_regular(path, &fd, &before, reterr);

	if (rc != VF_OK)
		return rc;
	rc = read_all(path, fd, &before, block, w, ret, reterr);
	close(fd);
	if (rc == VF_OK)
		*ret_size = (uint64_t)before.st_size;
	return rc;
}

VF_RC nt_hash_file(const char *path, struct vf_pair *ret, uint64_t *ret_size, struct vf_err *reterr)
{
	uint8_t *block = malloc(BLOCK);
	enum vf_rc rc;

	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read files");
	rc = hash_one(path, block, NULL, ret, ret_size, reterr);
	free(block);
	return rc;
}

static void run_job(struct work *w, struct nt_hash_job *job, uint8_t *block)
{
	struct vf_err err = {0};

	job->rc = hash_one(job->path, block, w, &job->digests, &job->size, &err);
	if (job->rc != VF_OK)
		job->fault = strdup(err.text);
	atomic_fetch_add_explicit(&w->files, 1, memory_order_relaxed);
}

static void *run_worker(void *arg)
{
	struct work *w = arg;
	uint8_t *block = malloc(BLOCK);

	while (block) {
		size_t at = atomic_fetch_add_explicit(&w->next, 1, memory_order_relaxed);

		if (at >= w->n)
			break;
		run_job(w, &w->jobs[w->order[at]], block);
	}
	free(block);
	pthread_mutex_lock(&w->lock);
	w->running--;
	pthread_cond_signal(&w->ended);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static unsigned count_threads(const struct nt_hashing *how, size_t n)
{
	unsigned threads = how->threads;
	cpu_set_t cpus;

	if (threads == 0 && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		threads = (unsigned)CPU_COUNT(&cpus);
	if (threads == 0)
		threads = 1;
	if (threads > MAX_THREADS)
		threads = MAX_THREADS;
	return threads > n ? (unsigned)n : threads;
}

/* Waits for all workers; tells how far they are ten times a second. */
static void wait_for_workers(struct work *w, const struct nt_hashing *how)
{
	pthread_mutex_lock(&w->lock);
	while (w->running > 0) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += PROGRESS_NS;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (pthread_cond_timedwait(&w->ended, &w->lock, &until) != ETIMEDOUT || !how->progress)
			continue;
		pthread_mutex_unlock(&w->lock);
		how->progress(how->progress_ctx, atomic_load(&w->files), atomic_load(&w->bytes));
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
}

/* Large files first, then the rest as given. */
static VF_RC order_jobs(struct work *w, struct vf_err *reterr)
{
	size_t n = 0;
	bool *large;

	w->order = calloc(w->n, sizeof(*w->order));
	large = calloc(w->n, sizeof(*large));
	if (!w->order || !large) {
		free(large);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", w->n);
	}
	for (size_t i = 0; i < w->n; i++) {
		struct stat st;

		large[i] = lstat(w->jobs[i].path, &st) == 0 && (uint64_t)st.st_size >= LARGE;
		if (large[i])
			w->order[n++] = i;
	}
	for (size_t i = 0; i < w->n; i++) {
		if (!large[i])
			w->order[n++] = i;
	}
	free(large);
	return VF_OK;
}

/* Runs as many workers as could be started; false when none could. */
static bool run_workers(struct work *w, const struct nt_hashing *how)
{
	pthread_t threads[MAX_THREADS];
	unsigned wanted = count_threads(how, w->n), started = 0;
	pthread_condattr_t attr;

	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->ended, &attr);
	pthread_condattr_destroy(&attr);
	w->running = wanted;
	while (started < wanted && pthread_create(&threads[started], NULL, run_worker, w) == 0)
		started++;
	pthread_mutex_lock(&w->lock);
	w->running -= wanted - started;
	pthread_mutex_unlock(&w->lock);
	wait_for_workers(w, how);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&w->ended);
	pthread_mutex_destroy(&w->lock);
	return started > 0;
}

static VF_RC first_fault(const struct nt_hash_job *jobs, size_t n, struct vf_err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		if (jobs[i].rc == VF_NOT_CHECKED)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to read files");
		if (jobs[i].rc != VF_OK)
			return vf_fail(reterr, jobs[i].rc, "%s",
				jobs[i].fault ? jobs[i].fault : "a file cannot be read");
	}
	return VF_OK;
}

VF_RC nt_hash_files(struct nt_hash_job *jobs, size_t n, const struct nt_hashing *how, struct vf_err *reterr)
{
	struct work w = {.jobs = jobs, .n = n};
	enum vf_rc rc;

	for (size_t i = 0; i < n; i++) {
		jobs[i].rc = VF_NOT_CHECKED;
		jobs[i].fault = NULL;
	}
	if (n == 0)
		return VF_OK;
	rc = order_jobs(&w, reterr);
	if (rc == VF_OK && !run_workers(&w, how))
		rc = vf_fail(reterr, VF_NO_MEMORY, "no thread could be started");
	free(w.order);
	return rc == VF_OK ? first_fault(jobs, n, reterr) : rc;
}

void nt_hash_jobs_done(struct nt_hash_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(jobs[i].fault);
		jobs[i].fault = NULL;
	}
}
