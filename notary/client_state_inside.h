/*
 * A state folder's own fields.
 *
 * Internal to client_state.c, client_state_kept.c and client_state_open.c.
 */
#ifndef NOTARY_CLIENT_STATE_INSIDE_H
#define NOTARY_CLIENT_STATE_INSIDE_H

#include "notary/client_state.h"

#define NT_STATE_HEX 64
#define NT_STATE_NAME (sizeof("documents/") + NT_STATE_HEX + sizeof(".receipt"))

/* A file that is named after a hash, in one of the state's folders. */
void nt_state_file(char out[NT_STATE_NAME], const char *folder, const struct vf_hash *h);

struct nt_client_state {
	char *home, *folder; /* what was opened; its part for this server */
	int dir, lock;
};

#endif
