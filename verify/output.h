/*
 * Files, as the program trialverify writes them: reports and extracted documents.
 *
 * Knows how to make them durable and never to replace or follow anything that
 * was not meant. What is written is the caller's question.
 */
#ifndef VERIFY_OUTPUT_H
#define VERIFY_OUTPUT_H

#include "verify/sink.h"

/*
 * A file that appears under its name only when it is complete and on disk.
 * EXISTS when the name is taken, unless replace is set. After open, exactly one of
 * commit and abort must follow; commit reports every failed write before it.
 */
struct vf_output;
/* Says early that the name is taken; NOT a promise that open will succeed. */
VF_RC vf_output_check(const char *path, bool replace, struct vf_err *reterr);
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
