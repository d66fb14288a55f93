/*
 * A file of the disk as a reader's input (trial/read/input.h).
 *
 * Knows how to open it: never through a symbolic link, regular files alone.
 */
#ifndef NOTARY_FILE_INPUT_H
#define NOTARY_FILE_INPUT_H

#include "trial/read/input.h"

struct nt_file_input {
	struct tr_input input; /* its context is this struct, so that must not move */
	int fd;
	uint64_t read; /* octets, of all calls */
};

/* NO_INPUT, PERMISSION, IO as nt_open_document(). name is borrowed: what the file is called. */
VF_RC nt_file_input_open(struct nt_file_input *f, const char *path, const char *name, struct vf_err *reterr);
/* Takes over an open file. */
void nt_file_input_of(struct nt_file_input *f, int fd, uint64_t size, struct vf_bytes name);
void nt_file_input_done(struct nt_file_input *f);

#endif
