/* 'trialnotary watch': what appears in a folder is notarised, and its bundle is left beside it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/complete.h"
#include "notary/hashing.h"
#include "notary/watch_inside.h"
#include "verify/text.h"

#define SETTLE 2
#define MAX_SETTLE 86400
/* A notary seals every second, so that a minute is long; the next round asks again. */
#define SEAL_WAIT 60
/* Without an event a folder is still looked at: network file systems send none. */
#define RESCAN_MS 30000
/* The pause before what failed is tried again, doubled each time. */
#define FIRST_AGAIN_MS 5000
#define MAX_AGAIN_MS 600000

const struct nt_option nt_watch_options[] = {
	{"study", 0, "ID", "the study, as all its records name it", true, false},
	{"kind", 0, "KIND", "what the files are, see 'trialnotary help submit'", true, false},
	{"confidential", 0, NULL, "hide names, sizes and digests of the documents behind commitments", false,
		false},
	{"link", 0, "TYPE=ID", "how each record stands to an earlier one", false, true},
	{"sign", 0, "KEY", "sign with this private key (PEM), without a stated meaning", false, false},
	{"cert", 0, "CERT", "the signer's certificate (PEM or DER)", false, false},
	{"passphrase-fd", 0, "N", "read the passphrase of KEY from this file descriptor", false, false},
	{"settle", 0, "SECONDS", "a file counts when it did not change for so long (default: 2)", false, false},
	{"once", 0, NULL, "end when nothing is left to do", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_watch_details[] =
	"Each file becomes a record of its own, also in folders below, named relative to FOLDER. When it is "
	"sealed, its\n"
	"bundle is left beside it as FILE.asice, complete with the file: this is also how a file counts as done.\n"
	"Left alone are hidden files and folders, symbolic links, and files *.asice, *.receipt, *.part, *.tmp and "
	"*~.\n"
	"\n"
	"It can be stopped at any time and started again. What fails is said once, and tried again when that may "
	"help.\n"
	"A file that changes after its bundle was written is said so, and left alone: move its bundle away, and "
	"the new\n"
	"content is notarised as well.";

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* ---- one file ---- */

static void say(struct nt_watch *w, struct nt_watched *f, enum vf_rc rc, const struct vf_err *err)
{
	char shown[200];

	if (f->said == rc)
		return;
	f->said = rc;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(f->name));
	nt_cli_note(w->cli, "trialnotary: %s: %s: %s%s", shown, vf_rc_name(rc), err->text,
		f->is_given_up ? "" : "; it will be tried again");
}

/* Whether the same file may succeed later; a change of the file begins anew in any case. */
static bool may_help(enum vf_rc rc)
{
	enum vf_class c = vf_rc_class(rc);

	return c == VF_CLASS_IO || c == VF_CLASS_UNDECIDED || rc == VF_STREAM_CONFLICT ||
		rc == VF_DOCUMENT_CHANGED || c == VF_CLASS_PERMISSION || c == VF_CLASS_NO_INPUT;
}

static void put_off(struct nt_watch *w, struct nt_watched *f, enum vf_rc rc, const struct vf_err *err)
{
	f->pause_ms = f->pause_ms == 0           ? FIRST_AGAIN_MS
		: 2 * f->pause_ms < MAX_AGAIN_MS ? 2 * f->pause_ms
						 : MAX_AGAIN_MS;
	f->again_ms = nt_cli_ticks() + f->pause_ms;
	f->is_given_up = !may_help(rc) || w->once;
	say(w, f, rc, err);
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)at;
	(void)how;
	memcpy(ctx, id, sizeof(*id));
}

static VF_RC submit_file(struct nt_watch *w, struct nt_watched *f, const char *path, struct vf_err *reterr)
{
	struct nt_submit_file file = {.name = vf_bytes_str(f->name), .path = vf_bytes_str(path)};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	enum vf_rc rc = nt_submit_check_names(&file, 1, NULL, NULL, reterr);

	if (rc == VF_OK)
		rc = nt_hash_file(path, &file.digests, &file.size, reterr);
	if (rc == VF_OK)
		rc = nt_send_records(&w->remote.send, &w->u.s, &record, 1, take_id, &f->id, reterr);
	f->is_sent = rc == VF_OK;
	return rc;
}

static VF_RC fetch_file(struct nt_watch *w, struct nt_watched *f, const char *path, struct vf_err *reterr)
{
	const struct nt_complete complete = {
		.state = w->remote.state, .options = {.from = &path, .n_from = 1}, .all = true};
	struct nt_completed done = {0};
	char bundle[PATH_MAX];
	enum vf_rc rc;

	if (snprintf(bundle, sizeof(bundle), "%s" NT_WATCH_BUNDLE, path) >= (int)sizeof(bundle))
		return vf_fail(reterr, VF_LIMIT, "the path is too long");
	rc = nt_remote_fetch(&w->remote, &complete, &f->id, SEAL_WAIT, bundle, &done, reterr);
	if (rc == VF_EXISTS)
		return VF_OK; /* another process was faster */
	if (rc == VF_DOCUMENT_CHANGED || rc == VF_DOCUMENT_MISSING)
		f->is_sent = false; /* it changed while it was notarised: what it is now is another record */
	return rc;
}

static void report(struct nt_watch *w, const struct nt_watched *f)
{
	struct nt_buf *out = &w->cli->text;

	if (w->cli->json) {
		nt_buf_put_str(out, "{\"schema\":\"trialnotary/watch/1\",\"id\":\"");
		nt_verb_put_id(out, &f->id);
		nt_buf_put_str(out, "\",\"name\":");
		nt_cli_put_json(out, vf_bytes_str(f->name));
		nt_buf_put_str(out, "}\n");
	} else {
		nt_verb_put_id(out, &f->id);
		nt_buf_put_str(out, "  ");
		nt_cli_put_text(out, vf_bytes_str(f->name));
		nt_buf_put_u8(out, '\n');
	}
	nt_cli_flush(w->cli);
}

/* Faults that every other file would meet as well: the server, the token, the state folder. */
static bool is_about_all(enum vf_rc rc)
{
	switch ((unsigned)rc) {
	case VF_SERVER_UNREACHABLE:
	case VF_SERVER_IDENTITY:
	case VF_SERVER_ANSWER:
	case VF_UNAUTHENTICATED:
	case VF_TOKEN_EXPIRED:
	case VF_TOKEN_REVOKED:
	case VF_FORBIDDEN:
	case VF_CLIENT_STATE:
	case VF_STORE_BUSY:
	case VF_HTTP_BUSY:
	case VF_NO_MEMORY:
		return true;
	default:
		return false;
	}
}

/* Everything waits for a while; said once, until something works again. */
static void put_all_off(struct nt_watch *w, enum vf_rc rc, const struct vf_err *err)
{
	w->fault = rc;
	w->fault_text = *err;
	w->pause_ms = w->pause_ms == 0           ? FIRST_AGAIN_MS
		: 2 * w->pause_ms < MAX_AGAIN_MS ? 2 * w->pause_ms
						 : MAX_AGAIN_MS;
	w->again_ms = nt_cli_ticks() + w->pause_ms;
	if (w->said != rc && !w->once)
		nt_cli_note(w->cli, "trialnotary: %s: %s; all files wait, and it will be tried again",
			vf_rc_name(rc), err->text);
	w->said = rc;
}

/* Sends the file, or fetches its bundle. */
static void notarise(struct nt_watch *w, struct nt_watched *f)
{
	char path[PATH_MAX];
	struct vf_err err = {0};
	bool fetch = f->is_sent;
	enum vf_rc rc = VF_OK;

	if (snprintf(path, sizeof(path), "%s/%s", w->folder, f->name) >= (int)sizeof(path))
		rc = vf_fail(&err, VF_LIMIT, "the path is too long");
	if (rc == VF_OK)
		rc = fetch ? fetch_file(w, f, path, &err) : submit_file(w, f, path, &err);
	if (rc == VF_INTERRUPTED)
		return; /* the next run goes on */
	if (is_about_all(rc)) {
		put_all_off(w, rc, &err);
		return;
	}
	w->pause_ms = 0;
	w->said = VF_OK;
	if (rc != VF_OK) {
		put_off(w, f, rc, &err);
		w->failed += w->once;
	} else if (fetch) {
		f->is_done = true;
		report(w, f);
	}
}

/* ---- rounds ---- */

static bool is_open(const struct nt_watched *f)
{
	return !f->is_done && !f->is_given_up;
}

/* When the file may be worked on, in monotonic milliseconds. */
static int64_t due(const struct nt_watch *w, const struct nt_watched *f)
{
	int64_t at = f->since_ms + w->settle_ms;

	at = at > f->again_ms ? at : f->again_ms;
	return at > w->again_ms ? at : w->again_ms;
}

/*
 * Works on what is due: all are sent before the first bundle is waited for, so that one seal serves them.
 * Returns when the next one is due.
 */
static int64_t work(struct nt_watch *w)
{
	int64_t next = INT64_MAX;

	for (int fetch = 0; fetch < 2; fetch++)
		for (size_t i = 0; i < w->n && !stopped; i++)
			if (is_open(&w->files[i]) && w->files[i].is_sent == (fetch == 1) &&
				due(w, &w->files[i]) <= nt_cli_ticks())
				notarise(w, &w->files[i]);
	for (size_t i = 0; i < w->n; i++)
		if (is_open(&w->files[i]) && due(w, &w->files[i]) < next)
			next = due(w, &w->files[i]);
	return next;
}

/* Sleeps until something happens in the folder, or until a time. */
static void wait_for(struct nt_watch *w, int64_t until)
{
	char events[65536];
	struct pollfd p = {.fd = w->inotify, .events = POLLIN};
	int64_t ms = until - nt_cli_ticks();

	ms = ms < 0 ? 0 : ms > RESCAN_MS ? RESCAN_MS : ms;
	if (poll(&p, w->inotify >= 0 ? 1 : 0, (int)ms) <= 0)
		return;
	while (read(w->inotify, events, sizeof(events)) > 0)
		; /* which file it was says the next look */
}

/* A token may be replaced while we run. */
static int64_t work_with_token(struct nt_watch *w)
{
	struct vf_err err = {0};
	enum vf_rc rc = nt_client_reload(w->remote.client, &err);

	if (rc == VF_OK)
		return work(w);
	put_all_off(w, rc, &err);
	return w->again_ms;
}

/* What an earlier run could not send. When the server is only away, it is tried again with the first file. */
static VF_RC send_pending(struct nt_watch *w, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = nt_send_pending(&w->remote.send, &err);

	if (rc == VF_OK || rc == VF_INTERRUPTED)
		return VF_OK;
	if (w->once || (vf_rc_class(rc) != VF_CLASS_IO && vf_rc_class(rc) != VF_CLASS_UNDECIDED) ||
		rc == VF_CLIENT_STATE)
		return vf_fail(reterr, rc, "%s", err.text);
	put_all_off(w, rc, &err);
	return VF_OK;
}

static VF_RC run(struct nt_watch *w, struct vf_err *reterr)
{
	while (!stopped) {
		int64_t next;
		enum vf_rc rc = nt_watch_scan(w, reterr);

		if (rc != VF_OK)
			return rc;
		next = nt_cli_ticks() < w->again_ms ? w->again_ms : work_with_token(w);
		if (w->once && w->fault != VF_OK)
			return vf_fail(reterr, w->fault, "%s", w->fault_text.text);
		if (w->once && next == INT64_MAX)
			break;
		if (!stopped)
			wait_for(w, next);
	}
	if (w->failed > 0)
		return vf_fail(
			reterr, VF_NOT_SEALED, "%zu files were not notarised; start it again to go on", w->failed);
	return VF_OK;
}

static VF_RC prepare(struct nt_watch *w, struct vf_err *reterr)
{
	unsigned settle;
	struct stat st;
	enum vf_rc rc = nt_submitting_options(&w->u, reterr);

	if (rc == VF_OK)
		rc = nt_submitting_signing(&w->u, reterr);
	if (rc == VF_OK)
		rc = nt_remote_number(w->cli, "settle", SETTLE, MAX_SETTLE, &settle, reterr);
	if (rc == VF_OK &&
		(!realpath(w->cli->args[0], w->folder) || stat(w->folder, &st) != 0 || !S_ISDIR(st.st_mode)))
		rc = vf_fail(
			reterr, VF_NO_INPUT, "there is no folder to watch: %s", strerror(errno ? errno : ENOTDIR));
	if (rc == VF_OK)
		rc = nt_remote_connect(w->cli, &w->remote, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_links(&w->u, reterr);
	if (rc != VF_OK)
		return rc;
	w->settle_ms = (int64_t)settle * 1000;
	w->once = nt_cli_has(w->cli, "once");
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC); /* without it the folder is looked at now and then */
	return VF_OK;
}

VF_RC nt_verb_watch(struct nt_cli *cli, struct vf_err *reterr)
{
	const struct sigaction action = {.sa_handler = stop};
	struct nt_watch *w = calloc(1, sizeof(*w));
	enum vf_rc rc;

	if (!w)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to watch a folder");
	w->cli = cli;
	w->u.cli = cli;
	w->u.remote = &w->remote;
	w->u.first = 1;
	w->inotify = -1;
	w->remote.stop = &stopped;
	w->fault = w->said = VF_OK;
	stopped = 0;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	rc = prepare(w, reterr);
	if (rc == VF_OK)
		rc = send_pending(w, reterr);
	if (rc == VF_OK)
		rc = run(w, reterr);
	for (size_t i = 0; i < w->n; i++)
		free(w->files[i].name);
	free(w->files);
	if (w->inotify >= 0)
		close(w->inotify);
	nt_submitting_done(&w->u);
	nt_remote_done(&w->remote);
	free(w);
	return rc;
}
