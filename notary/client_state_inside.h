/*
 * A state folder's own fields.
 *
 * Internal to client_state.c and client_state_open.c.
 */
#ifndef NOTARY_CLIENT_STATE_INSIDE_H
#define NOTARY_CLIENT_STATE_INSIDE_H

#include "notary/client_state.h"

struct nt_client_state {
	char *home, *folder; /* what was opened; its part for this server */
	int dir, lock;
};

#endif
