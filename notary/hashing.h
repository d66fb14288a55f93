/*
 * Hashing many files on all cores: SHA-256 and SHA-512 in one pass.
 *
 * Knows regular files only, reads each once in constant memory, and notices a
 * file that changes while it is read. Which files, and what for, is the
 * caller's question.
 */
#ifndef NOTARY_HASHING_H
#define NOTARY_HASHING_H

#include "verify/hash.h"

/* One file: path is given, the rest is filled in. */
struct nt_hash_job {
	const char *path;
	struct vf_pair digests; /* valid when rc is VF_OK */
	uint64_t size;
	enum vf_rc rc; /* NOT_CHECKED until it was hashed */
	char *fault;   /* why not; allocated, NULL when accepted */
};

/* Called now and then, in the thread that called nt_hash_files(). */
typedef void nt_hash_progress(void *ctx, uint64_t files, uint64_t bytes);

struct nt_hashing {
	unsigned threads; /* 0: as many as there are cores */
	nt_hash_progress *progress;
	void *progress_ctx;
};

/*
 * Hashes all of them and fills every job, also after a fault. Returns the first
 * job's fault in the order given: NO_INPUT (absent, symbolic link, not a regular
 * file), PERMISSION, IO, DOCUMENT_CHANGED (changed while it was read), NO_MEMORY.
 */
VF_RC nt_hash_files(struct nt_hash_job *jobs, size_t n, const struct nt_hashing *how, struct vf_err *reterr);
/* Frees the fault texts. */
void nt_hash_jobs_done(struct nt_hash_job *jobs, size_t n);

/* One file in this thread, with the same refusals. */
VF_RC nt_hash_file(const char *path, struct vf_pair *ret, uint64_t *ret_size, struct vf_err *reterr);

/* Opens a regular file for reading, never through a symbolic link; the caller closes it. */
VF_RC nt_open_document(const char *path, int *ret_fd, uint64_t *ret_size, struct vf_err *reterr);

#endif
