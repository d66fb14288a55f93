/* fetch: bundles from a server. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notary/complete.h"
#include "notary/verbs_client.h"
#include "verify/text.h"

/* What a ZIP container without ZIP64 can be. */
#define MAX_BUNDLE UINT64_C(0xffffffff)
/* Seconds that a service holds an answer at most. */
#define MAX_HOLD 30
#define MAX_WAIT 86400

const struct nt_option nt_fetch_options[] = {
	{"output", 'o', "PATH", "the bundle, or a folder for many bundles (named ID.asice)", true, false},
	{"wait", 0, "SECONDS", "wait so long for the seal (default: not at all)", false, false},
	{"from", 0, "PATH", "file or folder in which documents are now", false, true},
	{"force", 0, NULL, "replace a bundle that is there", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_fetch_details[] =
	"The server has the evidence, this machine has the documents: the bundle is completed with those that\n"
	"are still where they were when they were submitted, or are found with --from. A document that is not "
	"found, or\n"
	"has changed, stays out: it can be given to trialverify beside the bundle (--detached).";

/* Asks until the record is sealed or the time is over; each time the service holds the answer as long as it can. */
static VF_RC download(struct nt_remote *r, const struct vf_hash *id, unsigned wait, int fd, struct vf_err *reterr)
{
	int64_t end = nt_cli_ticks() + (int64_t)wait * 1000;
	const struct timespec pause = {.tv_nsec = 200000000};
	char hex[65], url[128];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	for (;;) {
		int64_t left = (end - nt_cli_ticks() + 999) / 1000;
		unsigned hold = left > MAX_HOLD ? MAX_HOLD : left > 0 ? (unsigned)left : 0;
		struct nt_client_request q = {.path = url,
			.accept = "application/vnd.etsi.asic-e+zip",
			.fd = fd,
			.max_file = MAX_BUNDLE,
			.extra = hold};
		struct nt_client_answer how;
		enum vf_rc rc;

		snprintf(url, sizeof(url), hold > 0 ? "/v1/records/%s/bundle?wait=%u" : "/v1/records/%s/bundle",
			hex, hold);
		rc = nt_client_call(r->client, &q, NULL, &how, reterr);
		if (rc != VF_NOT_SEALED || nt_cli_ticks() >= end)
			return rc;
		nanosleep(&pause, NULL);
	}
}

/* The bundle as it comes lies in a file without a name. */
static int open_temporary(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		FILE *f = tmpfile();

		fd = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 3) : -1;
		if (f)
			fclose(f);
	}
	return fd;
}

VF_RC nt_remote_fetch(struct nt_remote *r, const struct nt_complete *c, const struct vf_hash *id, unsigned wait,
	const char *path, struct nt_completed *ret, struct vf_err *reterr)
{
	struct nt_complete now = *c;
	char shown[160];
	enum vf_rc rc = nt_export_check_place(path, c->options.force, reterr);
	int fd = rc == VF_OK ? open_temporary(path) : -1;

	if (rc != VF_OK)
		return rc;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (fd < 0)
		return vf_fail(reterr, VF_IO, "no temporary file can be made beside '%s': %s", shown, strerror(errno));
	rc = download(r, id, wait, fd, reterr);
	now.now_ms = nt_cli_now(); /* after the wait: its token may be younger than our question */
	if (rc == VF_OK)
		rc = nt_complete_bundle(&now, fd, id, path, ret, reterr);
	close(fd);
	return rc;
}

struct fetching {
	struct nt_cli *cli;
	struct nt_remote r;
	struct nt_complete complete;
	const char **from;
	unsigned wait;
	bool folder;
	size_t count;
};

static VF_RC read_from(struct fetching *f, struct vf_err *reterr)
{
	struct nt_complete c = {.state = f->r.state,
		.options.force = nt_cli_has(f->cli, "force"),
		.note = nt_remote_note,
		.note_ctx = f->cli};
	enum vf_rc rc = nt_cli_list(f->cli, "from", &f->from, &c.options.n_from, reterr);

	c.options.from = f->from;
	f->complete = c;
	return rc;
}

static VF_RC fetch_one(struct fetching *f, const char *text, struct vf_err *reterr)
{
	const char *output = nt_cli_get(f->cli, "output");
	struct nt_buf *out = &f->cli->text;
	struct nt_completed done;
	struct vf_hash id;
	char hex[65], path[PATH_MAX];
	enum vf_rc rc = nt_remote_find(&f->r, text, &id, reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(id.b, sizeof(id.b)));
	if (snprintf(path, sizeof(path), "%s%s%s%s", output, f->folder ? "/" : "", f->folder ? hex : "",
		    f->folder ? ".asice" : "") >= (int)sizeof(path))
		return vf_fail(reterr, VF_USAGE, "the output path is too long");
	rc = nt_remote_fetch(&f->r, &f->complete, &id, f->wait, path, &done, reterr);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "record %.16s", hex);
		return rc;
	}
	if (f->cli->json) {
		nt_buf_putf(out, "%s{\"id\":\"%s\",\"path\":", f->count++ > 0 ? "," : "", hex);
		nt_cli_put_json(out, vf_bytes_str(path));
		nt_buf_putf(out, ",\"documents\":%zu,\"missing\":%zu}", done.documents, done.missing);
		return VF_OK;
	}
	nt_buf_putf(out, "%s  ", hex);
	nt_cli_put_text(out, vf_bytes_str(path));
	if (done.missing > 0)
		nt_buf_putf(out, "  (%zu of %zu documents are not in it)", done.missing, done.documents);
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

static VF_RC fetch_all(struct fetching *f, struct vf_err *reterr)
{
	struct nt_cli *cli = f->cli;
	enum vf_rc rc = nt_remote_connect(cli, &f->r, reterr);

	if (rc == VF_OK)
		rc = nt_remote_number(cli, "wait", 0, MAX_WAIT, &f->wait, reterr);
	if (rc == VF_OK)
		rc = read_from(f, reterr);
	if (rc == VF_OK)
		rc = nt_verb_choose_output(cli, cli->n_args, &f->folder, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"bundles\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < cli->n_args; i++)
		rc = fetch_one(f, cli->args[i], reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	else
		cli->keep_text = true; /* those bundles are there, whatever came after */
	return rc;
}

VF_RC nt_verb_fetch(struct nt_cli *cli, struct vf_err *reterr)
{
	struct fetching f = {.cli = cli};
	enum vf_rc rc = fetch_all(&f, reterr);

	nt_remote_done(&f.r);
	free(f.from);
	return rc;
}
