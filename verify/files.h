/*
 * Files, as the program trialverify opens them.
 *
 * Reads regular files only, through one descriptor, with the size fixed when
 * they were opened. What is in them is nobody's question here. Not part of the
 * verifier library: this file may use the operating system.
 */
#ifndef VERIFY_FILES_H
#define VERIFY_FILES_H

#include "verify/bundle.h"

/* An open input. Small ones are in memory, so that nothing can change them any more. */
struct vf_input;

/*
 * Opens a regular file, following links; "-" is standard input, which is copied first.
 * Inputs of at most whole octets (VF_INPUT_WHOLE, or less to save memory) are read at once.
 * NO_INPUT: not there, a folder, FIFO or device; PERMISSION; LIMIT: standard
 * input beyond 4 GiB. Free with vf_input_free(), which accepts NULL.
 */
#define VF_INPUT_WHOLE (64u << 20)
VF_RC vf_input_open(const char *path, uint64_t whole, struct vf_input **ret, struct vf_err *reterr);
struct vf_input *vf_input_free(struct vf_input *in);
void vf_input_freep(struct vf_input **in);
/* Valid as long as the input; reading fails with IO when the file has shrunk. */
const struct vf_source *vf_input_source(const struct vf_input *in);
/* What was read at once stays readable after its file was closed; anything else does not. */
void vf_input_close(struct vf_input *in);
/* IO when the file is not as it was when it was opened: ask after everything was read. */
VF_RC vf_input_check_same(const struct vf_input *in, struct vf_err *reterr);

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

#endif
