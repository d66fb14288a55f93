/*
 * A folder that is watched, and its files.
 *
 * Internal to watch.c and watch_files.c.
 */
#ifndef NOTARY_WATCH_INSIDE_H
#define NOTARY_WATCH_INSIDE_H

#include <limits.h>

#include "notary/verbs_submit.h"

#define NT_WATCH_BUNDLE ".asice"

struct nt_watched {
	char *name; /* relative to the folder */
	uint64_t size;
	int64_t mtime_ns, ctime_ns;
	int64_t since_ms;           /* monotonic: when it was first seen as it is now */
	int64_t again_ms, pause_ms; /* not before; after a fault */
	enum vf_rc said;            /* the last fault that was said of it */
	bool seen, is_done, is_given_up, is_changed, is_sent;
	struct vf_hash id;
};

struct nt_watch {
	struct nt_cli *cli;
	struct nt_submitting u;
	struct nt_remote remote;
	struct nt_watched *files;
	size_t n, room;
	int inotify;
	char folder[PATH_MAX];
	int64_t settle_ms;
	bool once, is_full;
	size_t failed;
	int64_t again_ms, pause_ms; /* of all files, after a fault that is none of theirs */
	enum vf_rc said, fault;
	struct vf_err fault_text;
};

/* Looks at the whole folder and forgets what is gone. NO_INPUT, LIMIT. */
VF_RC nt_watch_scan(struct nt_watch *w, struct vf_err *reterr);

#endif
