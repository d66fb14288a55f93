/*
 * Where the passphrase of an encrypted key comes from: a file descriptor or the terminal.
 *
 * Never an argument or the environment, which others can read. It is asked for once and kept for one run of one
 * command (21 CFR 11.200(a)(1)): nothing is cached between commands.
 */
#ifndef NOTARY_PASSPHRASE_H
#define NOTARY_PASSPHRASE_H

#include "notary/buf.h"

struct nt_passphrase_from {
	int fd;		 /* -1: the terminal */
	const char *key; /* path, for the question */
};

/* USAGE unless text (NULL: the terminal) is the decimal number of a descriptor that is open for reading. */
VF_RC nt_passphrase_from(const char *text, const char *key, struct nt_passphrase_from *ret, struct vf_err *reterr);

/*
 * An nt_passphrase (signer.h); ctx is a struct nt_passphrase_from. Reads to the first line end or the end.
 * SIGNER_FAILED when it is empty or there is neither; LIMIT beyond NT_MAX_PASSPHRASE octets.
 */
VF_RC nt_passphrase_read(void *ctx, struct nt_buf *ret, struct vf_err *reterr);

#endif
