#include "notary/verbs_client.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notary/client_answer.h"
#include "notary/complete.h"
#include "notary/durable.h"
#include "notary/hashing.h"
#include "verify/text.h"

/* A list of 1,000 records with the longest texts. */
#define MAX_LIST ((size_t)16 * 1024 * 1024)
#define MAX_RECORD ((size_t)32 * 1024 * 1024)
/* What a ZIP container without ZIP64 can be. */
#define MAX_BUNDLE UINT64_C(0xffffffff)
/* Seconds that a service holds an answer at most. */
#define MAX_HOLD 30
#define MAX_WAIT 86400
#define PAGE 500

const struct nt_option nt_status_options[] = {NT_SERVER_OPTIONS, {0}};

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
	"are still where they were when they were submitted, or are found with --from. A document that is not found, or\n"
	"has changed, stays out: it can be given to trialverify beside the bundle (--detached).";

/* ---- connection ---- */

bool nt_remote_is_wanted(const struct nt_cli *cli)
{
	return nt_cli_has(cli, "server");
}

VF_RC nt_remote_check_unused(const struct nt_cli *cli, size_t min_args, struct vf_err *reterr)
{
	static const char *const names[] = {"token-file", "cacert", "pin", "proxy", "plain", "timeout", "state"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (nt_cli_has(cli, names[i]))
			return vf_fail(reterr, VF_USAGE, "--%s needs --server", names[i]);
	if (cli->n_args < min_args)
		return vf_fail(reterr, VF_USAGE, "'%s' needs more: %s, or --server URL instead of DIR", cli->verb->name,
			cli->verb->args);
	return VF_OK;
}

VF_RC nt_remote_number(
	const struct nt_cli *cli, const char *option, unsigned otherwise, unsigned max, unsigned *ret, struct vf_err *reterr)
{
	const char *text = nt_cli_get(cli, option);
	uint64_t n;

	*ret = otherwise;
	if (!text)
		return VF_OK;
	if (!vf_decimal_read(vf_bytes_str(text), max, &n))
		return vf_fail(reterr, VF_USAGE, "--%s wants a whole number up to %u", option, max);
	*ret = (unsigned)n;
	return VF_OK;
}

static void put_note(void *ctx, const char *line)
{
	nt_cli_note(ctx, "trialnotary: %s", line);
}

VF_RC nt_remote_connect(struct nt_cli *cli, struct nt_remote *ret, struct vf_err *reterr)
{
	struct nt_client_options o = {.server = nt_cli_get(cli, "server"),
		.token_file = nt_cli_get(cli, "token-file"),
		.cacert = nt_cli_get(cli, "cacert"),
		.pin = nt_cli_get(cli, "pin"),
		.proxy = nt_cli_get(cli, "proxy"),
		.plain = nt_cli_has(cli, "plain"),
		.note = put_note,
		.note_ctx = cli};
	enum vf_rc rc;

	if (!o.server || !o.token_file)
		return vf_fail(reterr, VF_USAGE, "'%s' needs --%s", cli->verb->name, o.server ? "token-file FILE" : "server URL");
	rc = nt_remote_number(cli, "timeout", NT_CLIENT_TIMEOUT, NT_CLIENT_MAX_TIMEOUT, &o.timeout, reterr);
	if (rc == VF_OK)
		rc = nt_client_new(&o, &ret->client, reterr);
	if (rc == VF_OK)
		rc = nt_state_open(nt_cli_get(cli, "state"), nt_client_server(ret->client), o.token_file, &ret->state, reterr);
	ret->send = (struct nt_send){ret->client, ret->state, put_note, cli};
	return rc;
}

void nt_remote_done(struct nt_remote *r)
{
	r->client = nt_client_free(r->client);
	r->state = nt_state_free(r->state);
}

VF_RC nt_remote_find(struct nt_remote *r, const char *text, struct vf_hash *ret, struct vf_err *reterr)
{
	size_t n = strlen(text);
	char shown[120];

	if (n == 64 && vf_hex_read(vf_bytes_str(text), ret->b, sizeof(ret->b)))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	if (n < 8 || n > 64 || strspn(text, "0123456789abcdef") != n)
		return vf_fail(reterr, VF_USAGE, "'%s' is not an ID: IDs are 64 lower-case hex digits, or at least the first 8",
			shown);
	return nt_state_find(r->state, text, ret, reterr);
}

static VF_RC as_answer(enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr)
{
	if (rc == VF_OK)
		return rc;
	return vf_fail(reterr, rc == VF_JSON_SHAPE ? VF_SERVER_ANSWER : rc, "%s", err->text);
}

VF_RC nt_remote_put_file(const char *path, struct vf_bytes bytes, struct vf_err *reterr)
{
	char shown[160];
	enum vf_rc rc;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (fd < 0 && errno == EEXIST)
		return vf_fail(reterr, VF_EXISTS, "'%s' is already there", shown);
	if (fd < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "'%s' cannot be made: %s", shown, strerror(errno));
	rc = nt_fd_write(fd, bytes, shown, reterr);
	if (rc == VF_OK)
		rc = nt_fd_sync(fd, shown, reterr);
	close(fd);
	if (rc != VF_OK)
		unlink(path);
	return rc;
}

/* ---- status ---- */

struct showing {
	struct nt_cli *cli;
	struct nt_remote *r;
	struct nt_buf answer;
	size_t count;
};

static void put_status(struct showing *w, const struct nt_remote_record *r)
{
	struct nt_buf *out = &w->cli->text;

	if (!w->cli->json) {
		w->count++;
		nt_verb_put_id(out, &r->id);
		nt_buf_putf(out, "  %s", nt_verb_state(r->state));
		if (r->state == NT_SEALED)
			nt_buf_putf(out, "  seal %" PRIu64, r->seal);
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_buf_put_str(out, w->count++ > 0 ? ",{\"id\":\"" : "{\"id\":\"");
	nt_verb_put_id(out, &r->id);
	nt_buf_put_u8(out, '"');
	nt_cli_field(out, "state", vf_bytes_str(nt_verb_state(r->state)));
	if (r->has_index)
		nt_buf_putf(out, ",\"index\":%" PRIu64, r->index);
	else
		nt_buf_put_str(out, ",\"index\":null");
	if (r->has_seal)
		nt_buf_putf(out, ",\"seal\":%" PRIu64 ",\"existed_by\":null}", r->seal);
	else
		nt_buf_put_str(out, ",\"seal\":null,\"existed_by\":null}");
}

static VF_RC get(struct nt_remote *r, const char *path, size_t max, struct nt_buf *answer, struct vf_err *reterr)
{
	struct nt_client_request q = {.path = path, .accept = "application/json", .max = max};

	return nt_client_call(r->client, &q, answer, NULL, reterr);
}

typedef void show_record(struct showing *w, const struct nt_remote_record *r);

/* One page of a list; ret_next is the cursor of the next, empty at the end. */
static VF_RC show_page(
	struct showing *w, const char *path, show_record *show, struct nt_buf *ret_next, struct vf_err *reterr)
{
	struct nt_remote_list list;
	struct vf_err err = {0};
	struct vf_arena a;
	void *block;
	enum vf_rc rc = get(w->r, path, MAX_LIST, &w->answer, reterr);
	size_t room = 8 * w->answer.n + 4096;

	if (rc != VF_OK)
		return rc;
	block = malloc(room);
	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a list");
	vf_arena_init(&a, block, room);
	rc = as_answer(nt_answer_list(nt_buf_bytes(&w->answer), &a, &list, &err), &err, reterr);
	for (size_t i = 0; rc == VF_OK && i < list.n; i++)
		show(w, &list.records[i]);
	nt_buf_reset(ret_next);
	if (rc == VF_OK)
		nt_buf_put(ret_next, list.next);
	free(block);
	return rc == VF_OK ? nt_buf_check(ret_next, reterr) : rc;
}

/* All pages of what stands behind path. */
static VF_RC show_pages(struct showing *w, const char *path, show_record *show, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf next = nt_buf(256), url = nt_buf(8192);
	enum vf_rc rc;

	do {
		nt_buf_reset(&url);
		nt_buf_put_str(&url, path);
		if (next.n > 0)
			nt_buf_put_str(&url, "&after=");
		nt_client_put_parameter(&url, nt_buf_bytes(&next));
		nt_buf_put_u8(&url, 0);
		rc = nt_buf_check(&url, reterr);
		if (rc == VF_OK)
			rc = show_page(w, (const char *)url.p, show, &next, reterr);
	} while (rc == VF_OK && next.n > 0);
	return rc;
}

static VF_RC status_of_file(struct showing *w, const char *path, struct vf_err *reterr)
{
	struct vf_pair digests;
	uint64_t size;
	size_t before = w->count;
	char shown[160], hex[65], url[128];
	enum vf_rc rc = nt_hash_file(path, &digests, &size, reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(digests.sha256.b, sizeof(digests.sha256.b)));
	snprintf(url, sizeof(url), "/v1/records?sha256=%s", hex);
	rc = show_pages(w, url, put_status, reterr);
	if (rc != VF_OK || w->count > before)
		return rc;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_UNKNOWN_RECORD, "no record that you may see holds the content of '%s'", shown);
}

static VF_RC status_of_id(struct showing *w, const struct vf_hash *id, struct vf_err *reterr)
{
	struct nt_remote_record r;
	struct vf_err err = {0};
	struct vf_arena a;
	char hex[65], url[96];
	void *block;
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(url, sizeof(url), "/v1/records/%s", hex);
	rc = get(w->r, url, MAX_RECORD, &w->answer, reterr);
	if (rc != VF_OK)
		return rc;
	block = malloc(w->answer.n + 4096);
	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	vf_arena_init(&a, block, w->answer.n + 4096);
	rc = as_answer(nt_answer_record(nt_buf_bytes(&w->answer), &a, &r, &err), &err, reterr);
	if (rc == VF_OK && !vf_hash_eq(&r.id, id))
		rc = vf_fail(reterr, VF_SERVER_ANSWER, "the answer is about another record");
	if (rc == VF_OK)
		put_status(w, &r);
	free(block);
	return rc;
}

static bool looks_like_id(const char *text)
{
	size_t n = strlen(text);

	return n >= 8 && n <= 64 && strspn(text, "0123456789abcdef") == n;
}

static VF_RC status_of(struct showing *w, const char *text, struct vf_err *reterr)
{
	struct vf_hash id;
	struct stat st;
	enum vf_rc rc;

	if (!looks_like_id(text))
		return status_of_file(w, text, reterr);
	rc = nt_remote_find(w->r, text, &id, reterr);
	if (rc == VF_UNKNOWN_RECORD && lstat(text, &st) == 0)
		return status_of_file(w, text, reterr); /* a file that is named like an ID */
	return rc == VF_OK ? status_of_id(w, &id, reterr) : rc;
}

VF_RC nt_remote_status(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_remote r = {0};
	struct showing w = {.cli = cli, .r = &r};
	enum vf_rc rc = nt_remote_connect(cli, &r, reterr);

	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"records\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < cli->n_args; i++)
		rc = status_of(&w, cli->args[i], reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	nt_buf_done(&w.answer);
	nt_remote_done(&r);
	return rc;
}

/* ---- list ---- */

static void put_listed(struct showing *w, const struct nt_remote_record *r)
{
	nt_verb_put_listed(w->cli, w->count++ == 0,
		&(struct nt_list_line){r->id, r->state, r->kind, r->study, r->version, r->date, r->title});
}

VF_RC nt_remote_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	const char *study = nt_cli_get(cli, "study");
	struct nt_remote r = {0};
	struct showing w = {.cli = cli, .r = &r};
	enum vf_rc rc;

	if (!study)
		return vf_fail(reterr, VF_USAGE, "a server lists the records of one study: --study ID");
	rc = nt_remote_connect(cli, &r, reterr);
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"seals\":null,\"size\":null,\"pending\":null,\"records\":[");
	}
	nt_buf_putf(&path, "/v1/records?limit=%d&study=", PAGE);
	nt_client_put_parameter(&path, vf_bytes_str(study));
	nt_buf_put_u8(&path, 0);
	if (rc == VF_OK)
		rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = show_pages(&w, (const char *)path.p, put_listed, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	else if (rc == VF_OK && w.count == 0)
		nt_cli_note(cli, "no records");
	nt_buf_done(&w.answer);
	nt_remote_done(&r);
	return rc;
}

/* ---- fetch ---- */

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

		snprintf(url, sizeof(url), hold > 0 ? "/v1/records/%s/bundle?wait=%u" : "/v1/records/%s/bundle", hex, hold);
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
	int fd = open_temporary(path);
	enum vf_rc rc;

	if (fd < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : errno == ENOENT ? VF_NO_INPUT : VF_IO,
			"no temporary file can be made beside '%.200s': %s", path, strerror(errno));
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
	size_t n = 0;

	while (nt_cli_get_at(f->cli, "from", n))
		n++;
	f->from = calloc(n + 1, sizeof(*f->from));
	if (!f->from)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");
	for (size_t i = 0; i < n; i++)
		f->from[i] = nt_cli_get_at(f->cli, "from", i);
	f->complete = (struct nt_complete){.state = f->r.state,
		.options = {.from = f->from, .n_from = n, .force = nt_cli_has(f->cli, "force")},
		.note = put_note,
		.note_ctx = f->cli};
	return VF_OK;
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
