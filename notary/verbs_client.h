/*
 * What the verbs that talk to a server share: options, connection, IDs.
 *
 * Internal to verbs*.c and watch.c.
 */
#ifndef NOTARY_VERBS_CLIENT_H
#define NOTARY_VERBS_CLIENT_H

#include "notary/client_send.h"
#include "notary/verbs.h"

#define NT_SERVER_OPTIONS \
	{"server", 0, "URL", "the notary's server, https://HOST[:PORT]", false, false}, \
	{"token-file", 0, "FILE", "file that holds the token, readable by its owner alone", false, false}, \
	{"cacert", 0, "FILE", "authorities that vouch for the server (PEM; default: the system's)", false, false}, \
	{"pin", 0, "SHA256", "fingerprint of the server's certificate, as it shows it at its start", false, false}, \
	{"proxy", 0, "URL", "go through this proxy (default: none)", false, false}, \
	{"plain", 0, NULL, "http:// also to other machines, which others can read and change", false, false}, \
	{"timeout", 0, "SECONDS", "how long to try (default: 60)", false, false}, \
	{"state", 0, "FOLDER", "where the client remembers (default: ~/.local/state/trialnotary)", false, false}

/* A connection with its state folder; zero is none. */
struct nt_remote {
	const volatile sig_atomic_t *stop; /* given; may be NULL */
	struct nt_client *client;
	struct nt_client_state *state;
	struct nt_send send;
	const char **from; /* of the option, for send */
};

/* Whether --server is given. */
bool nt_remote_is_wanted(const struct nt_cli *cli);
/* USAGE when another of these options is given without it, or fewer than min_args arguments. */
VF_RC nt_remote_check_unused(const struct nt_cli *cli, size_t min_args, struct vf_err *reterr);
/* USAGE unless there are exactly so many arguments: with --server there is no DIR. */
VF_RC nt_remote_check_args(const struct nt_cli *cli, size_t n, struct vf_err *reterr);
VF_RC nt_remote_connect(struct nt_cli *cli, struct nt_remote *ret, struct vf_err *reterr);
void nt_remote_done(struct nt_remote *r);
/* A line to the error output; ctx is a struct nt_cli. */
void nt_remote_note(void *ctx, const char *line);
/* 64 hex digits, or the beginning of an ID that the state folder knows. */
VF_RC nt_remote_find(struct nt_remote *r, const char *text, struct vf_hash *ret, struct vf_err *reterr);
/* A whole number of an option, or otherwise; USAGE beyond max. */
VF_RC nt_remote_number(const struct nt_cli *cli, const char *option, unsigned otherwise, unsigned max,
	unsigned *ret, struct vf_err *reterr);

/*
 * Fetches one bundle, waiting at most so many seconds for its seal, and completes it; the time in c does not count.
 * NOT_SEALED, and as nt_complete_bundle().
 */
struct nt_complete;
struct nt_completed;
VF_RC nt_remote_fetch(struct nt_remote *r, const struct nt_complete *c, const struct vf_hash *id, unsigned wait,
	const char *path, struct nt_completed *ret, struct vf_err *reterr);

VF_RC nt_remote_status(struct nt_cli *cli, struct vf_err *reterr);
VF_RC nt_remote_list(struct nt_cli *cli, struct vf_err *reterr);

extern const struct nt_option nt_fetch_options[], nt_watch_options[], nt_status_options[];
extern const char nt_fetch_details[], nt_watch_details[];
nt_verb_run nt_verb_fetch, nt_verb_watch;

#endif
