/*
 * Files, as the program trialverify opens and writes them.
 *
 * Reads regular files only, through one descriptor, with the size fixed when
 * they were opened. What is in them is nobody's question here. Not part of the
 * verifier library: this file may use the operating system.
 */
#ifndef VERIFY_FILES_H
#define VERIFY_FILES_H

#include "verify/sink.h"

/* An open input. Small ones are in memory, so that nothing can change them any more. */
struct vf_input;

/*
 * Opens a regular file, following links; "-" is standard input, which is copied first.
 * NO_INPUT: not there, a folder, FIFO or device; PERMISSION; LIMIT: standard
 * input beyond 4 GiB. Free with vf_input_free(), which accepts NULL.
 */
VF_RC vf_input_open(const char *path, struct vf_input **ret, struct vf_err *reterr);
struct vf_input *vf_input_free(struct vf_input *in);
void vf_input_freep(struct vf_input **in);
uint64_t vf_input_size(const struct vf_input *in);
/* Reads exactly n octets at the offset; IO when the file has shrunk. ctx is the input. */
VF_RC vf_input_read(void *ctx, uint64_t at, void *ret, size_t n, struct vf_err *reterr);
/* IO when the file is not as it was when it was opened: ask after everything was read. */
VF_RC vf_input_check_same(const struct vf_input *in, struct vf_err *reterr);

/* One file of a trust directory, named by its path below it. */
struct vf_trust_file {
	const char *name;
	struct vf_bytes bytes;
};

struct vf_trust {
	struct vf_trust_file *files; /* sorted by name */
	size_t n;
	char insecure[256]; /* why others could change it; empty when they can't */
};

/*
 * Reads policy.json, tlog-policy, tsa/ *.pem, submitters/ *.pem and streams/ *.json.
 * POLICY_SHAPE when there is no policy.json, LIMIT when there is too much.
 */
VF_RC vf_trust_read(const char *dir, struct vf_trust *ret, struct vf_err *reterr);
void vf_trust_done(struct vf_trust *t);

/*
 * A file that appears under its name only when it is complete and on disk.
 * EXISTS when the name is taken, unless replace is set. After open, exactly one of
 * commit and abort must follow; commit reports every failed write before it.
 */
struct vf_output;
VF_RC vf_output_open(const char *path, bool replace, struct vf_output **ret, struct vf_err *reterr);
struct vf_sink vf_output_sink(struct vf_output *out);
VF_RC vf_output_commit(struct vf_output *out, struct vf_err *reterr);
void vf_output_abort(struct vf_output *out);

/*
 * A new folder for extracted files. Every name is a checked one (vf_name_check);
 * folders are made and entered without following links, files never replace any.
 */
struct vf_folder;
VF_RC vf_folder_new(const char *path, struct vf_folder **ret, struct vf_err *reterr);
/* Creates the file and the folders above it; the caller closes *ret_fd with vf_folder_close(). */
VF_RC vf_folder_create(struct vf_folder *f, struct vf_bytes name, int *ret_fd, struct vf_err *reterr);
VF_RC vf_folder_write(int fd, struct vf_bytes b, struct vf_err *reterr);
VF_RC vf_folder_close(int fd, struct vf_err *reterr);
/* Makes it durable and frees it; with keep false, removes all that was created instead. */
VF_RC vf_folder_done(struct vf_folder *f, bool keep, struct vf_err *reterr);

#endif
