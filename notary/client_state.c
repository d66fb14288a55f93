#include "notary/client_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/intake.h"
#include "verify/limits.h"
#include "verify/text.h"

#define PATHS_HEAD "trialnotary/paths/1"
/* Every document with the longest path, every octet of it escaped. */
#define MAX_PATHS ((size_t)128 * 1024 * 1024)
#define ID_HEX 64
#define NAME_ROOM (sizeof("records/") + ID_HEX + sizeof(".receipt"))

struct nt_client_state {
	char *folder;
	int dir, lock;
};

/* ---- opening ---- */

static VF_RC default_folder(char out[PATH_MAX], struct vf_err *reterr)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	/* The XDG base directory rules: a relative path counts as none. */
	if (state && state[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/trialnotary", state);
	else if (home && home[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/.local/state/trialnotary", home);
	if (n < 0 || n >= PATH_MAX)
		return vf_fail(reterr, VF_USAGE, "there is no home folder to keep the state in: say with --state where");
	return VF_OK;
}

/* Makes all folders of a path. */
static VF_RC make_folders(const char *path, struct vf_err *reterr)
{
	char part[PATH_MAX], shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (strlen(path) >= sizeof(part))
		return vf_fail(reterr, VF_USAGE, "the path of the state folder is too long");
	for (size_t n = 1; n <= strlen(path); n++) {
		if (path[n] != '/' && path[n] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "folder '%s' cannot be made: %s",
				shown, strerror(errno));
	}
	return VF_OK;
}

static VF_RC check_mode(int dir, const char *path, struct vf_err *reterr)
{
	char shown[160];
	struct stat st;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (fstat(dir, &st) != 0)
		return vf_fail(reterr, VF_IO, "folder '%s': %s", shown, strerror(errno));
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return vf_fail(reterr, VF_PERMISSION,
			"others may read or change the state folder '%s': make it yours alone with 'chmod 700'", shown);
	return VF_OK;
}

/* HOST and a digest of what tells states apart: readable, and never two in one. */
static void put_name(struct nt_buf *out, const char *server, const char *token_file)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf all = nt_buf(2 * PATH_MAX + 4096);
	const char *host = strstr(server, "://");
	struct vf_hash digest;
	size_t n = 0;

	nt_buf_put_str(&all, server);
	nt_buf_put_u8(&all, '\n');
	nt_buf_put_str(&all, token_file);
	digest = vf_sha256(nt_buf_bytes(&all));
	for (host = host ? host + 3 : server; host[n] && host[n] != '/' && n < 100; n++)
		nt_buf_put_u8(out, strchr(":[]", host[n]) ? '_' : (uint8_t)host[n]);
	nt_buf_put_u8(out, '-');
	nt_buf_put_hex(out, vf_bytes(digest.b, 8));
}

/* What the part is for, for people. */
static VF_RC write_about(struct nt_client_state *s, const char *server, const char *token_file, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(2 * PATH_MAX + 4096);

	if (faccessat(s->dir, "about", F_OK, 0) == 0)
		return VF_OK;
	nt_buf_put_str(&text, "trialnotary/client-state/1\nserver ");
	nt_buf_put_str(&text, server);
	nt_buf_put_str(&text, "\ntoken-file ");
	nt_buf_put_str(&text, token_file);
	nt_buf_put_u8(&text, '\n');
	return nt_durable_write(s->dir, "about", nt_buf_bytes(&text), 0600, reterr);
}

static VF_RC open_part(struct nt_client_state *s, const char *folder, const char *server, const char *token_file,
	struct vf_err *reterr)
{
	static const char *const parts[] = {"records", "keys", "documents", "streams"};
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(2 * PATH_MAX);
	enum vf_rc rc;

	nt_buf_put_str(&path, folder);
	nt_buf_put_u8(&path, '/');
	put_name(&path, server, token_file);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = make_folders((const char *)path.p, reterr);
	if (rc == VF_OK)
		rc = nt_dir_open(AT_FDCWD, (const char *)path.p, &s->dir, reterr);
	if (rc == VF_OK)
		rc = check_mode(s->dir, (const char *)path.p, reterr);
	for (size_t i = 0; rc == VF_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = nt_dir_make(s->dir, parts[i], 0700, reterr);
	if (rc == VF_OK)
		rc = write_about(s, server, token_file, reterr);
	s->folder = rc == VF_OK ? strdup((const char *)path.p) : NULL;
	if (rc == VF_OK && !s->folder)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the state");
	return rc;
}

VF_RC nt_state_open(
	const char *folder, const char *server, const char *token_file, struct nt_client_state **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_state_freep) struct nt_client_state *s = calloc(1, sizeof(*s));
	char path[PATH_MAX], token[PATH_MAX];
	enum vf_rc rc = VF_OK;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the state");
	s->dir = s->lock = -1;
	if (!folder)
		rc = default_folder(path, reterr);
	else if (snprintf(path, sizeof(path), "%s", folder) >= (int)sizeof(path) || !path[0])
		rc = vf_fail(reterr, VF_USAGE, "--state wants the path of a folder");
	if (rc == VF_OK && !realpath(token_file, token))
		rc = vf_fail(reterr, VF_NO_INPUT, "the token file cannot be resolved: %s", strerror(errno));
	if (rc == VF_OK)
		rc = make_folders(path, reterr);
	if (rc == VF_OK)
		rc = open_part(s, path, server, token, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	s = NULL;
	return VF_OK;
}

struct nt_client_state *nt_state_free(struct nt_client_state *s)
{
	if (!s)
		return NULL;
	nt_state_unlock(s);
	if (s->dir >= 0)
		close(s->dir);
	free(s->folder);
	free(s);
	return NULL;
}

void nt_state_freep(struct nt_client_state **s)
{
	*s = nt_state_free(*s);
}

VF_RC nt_state_lock(struct nt_client_state *s, unsigned seconds, struct vf_err *reterr)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct timespec now;
	int64_t end;

	if (s->lock >= 0)
		return VF_OK;
	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return vf_fail(reterr, VF_IO, "the lock of the state folder: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = (int64_t)now.tv_sec + seconds;
	while (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (errno == EWOULDBLOCK && (int64_t)now.tv_sec < end) {
			nanosleep(&pause, NULL);
			continue;
		}
		nt_state_unlock(s);
		return vf_fail(reterr, VF_STORE_BUSY, "another process is sending to the same server");
	}
	return VF_OK;
}

void nt_state_unlock(struct nt_client_state *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

/* ---- records ---- */

static void record_name(char out[NAME_ROOM], const struct vf_hash *id, const char *suffix)
{
	char hex[ID_HEX + 1];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(out, NAME_ROOM, "records/%s%s", hex, suffix);
}

static void hex_name(char out[NAME_ROOM], const char *folder, const struct vf_hash *h)
{
	char hex[ID_HEX + 1];

	vf_hex_put(hex, vf_bytes(h->b, sizeof(h->b)));
	snprintf(out, NAME_ROOM, "%s/%s", folder, hex);
}

/* One line a document: digest and path, octets that are no plain ASCII as %XX; '@' when it is in this folder. */
static void put_paths(struct nt_buf *out, const struct nt_state_item *item)
{
	nt_buf_put_str(out, PATHS_HEAD "\n");
	for (size_t i = 0; i < item->n_documents; i++) {
		const struct nt_document *d = &item->documents[i];

		nt_buf_put_hex(out, vf_bytes(d->digests.sha256.b, sizeof(d->digests.sha256.b)));
		nt_buf_put_u8(out, ' ');
		if (d->path.n == 0)
			nt_buf_put_u8(out, '@');
		for (size_t k = 0; k < d->path.n; k++) {
			uint8_t c = d->path.p[k];

			if (c > 0x20 && c < 0x7f && c != '%' && c != '@')
				nt_buf_put_u8(out, c);
			else
				nt_buf_putf(out, "%%%02x", c);
		}
		nt_buf_put_u8(out, '\n');
	}
}

/* Names and texts of what is put for a number of records. */
struct putting {
	struct nt_file *files;
	char (*names)[NAME_ROOM];
	char (*lines)[ID_HEX + 2];
	struct nt_buf paths;
	size_t *ends; /* of each record's part of paths */
};

static VF_RC prepare_put(struct putting *p, const struct nt_state_item *items, size_t n, struct vf_err *reterr)
{
	p->files = calloc(n + 1, sizeof(*p->files));
	p->names = calloc(n + 1, sizeof(*p->names));
	p->lines = calloc(n + 1, sizeof(*p->lines));
	p->ends = calloc(n + 1, sizeof(*p->ends));
	p->paths = nt_buf(MAX_PATHS);
	if (!p->files || !p->names || !p->lines || !p->ends)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", n);
	for (size_t i = 0; i < n; i++) {
		put_paths(&p->paths, &items[i]);
		p->ends[i] = p->paths.n;
	}
	return nt_buf_check(&p->paths, reterr);
}

static void putting_done(struct putting *p)
{
	free(p->files);
	free(p->names);
	free(p->lines);
	free(p->ends);
	nt_buf_done(&p->paths);
}

static VF_RC put_all_paths(struct nt_client_state *s, struct putting *p, const struct nt_state_item *items, size_t n,
	struct vf_err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		size_t from = i ? p->ends[i - 1] : 0;

		record_name(p->names[i], &items[i].id, ".paths");
		p->files[i] = (struct nt_file){p->names[i], vf_bytes(p->paths.p + from, p->ends[i] - from)};
	}
	return nt_durable_put(s->dir, p->files, n, reterr);
}

/* A key that named another submission names this one from now on. */
static VF_RC put_keys(struct nt_client_state *s, struct putting *p, const struct nt_state_item *items, size_t n,
	struct vf_err *reterr)
{
	size_t fresh = 0;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		hex_name(p->names[fresh], "keys", &items[i].journal);
		vf_hex_put(p->lines[fresh], vf_bytes(items[i].id.b, sizeof(items[i].id.b)));
		p->lines[fresh][ID_HEX] = '\n';
		p->files[fresh] = (struct nt_file){p->names[fresh], vf_bytes(p->lines[fresh], ID_HEX + 1)};
		if (faccessat(s->dir, p->names[fresh], F_OK, 0) == 0)
			rc = nt_durable_write(s->dir, p->names[fresh], p->files[fresh].bytes, 0444, reterr);
		else
			fresh++;
	}
	return rc == VF_OK ? nt_durable_put(s->dir, p->files, fresh, reterr) : rc;
}

static VF_RC put_submissions(struct nt_client_state *s, struct putting *p, const struct nt_state_item *items, size_t n,
	struct vf_err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		record_name(p->names[i], &items[i].id, ".json");
		p->files[i] = (struct nt_file){p->names[i], items[i].json};
	}
	return nt_durable_put(s->dir, p->files, n, reterr);
}

VF_RC nt_state_put(struct nt_client_state *s, const struct nt_state_item *items, size_t n, struct vf_err *reterr)
{
	struct putting p = {0};
	enum vf_rc rc = prepare_put(&p, items, n, reterr);

	/* What helps to find a submission is there before it; without it, that says nothing. */
	if (rc == VF_OK)
		rc = put_all_paths(s, &p, items, n, reterr);
	nt_failpoint("client-paths");
	if (rc == VF_OK)
		rc = put_keys(s, &p, items, n, reterr);
	nt_failpoint("client-keys");
	if (rc == VF_OK)
		rc = put_submissions(s, &p, items, n, reterr);
	nt_failpoint("client-pending");
	putting_done(&p);
	return rc;
}

VF_RC nt_state_accepted(struct nt_client_state *s, const struct vf_hash *id, struct vf_bytes receipt, struct vf_err *reterr)
{
	char name[NAME_ROOM];
	enum vf_rc rc;

	record_name(name, id, ".receipt");
	if (faccessat(s->dir, name, F_OK, 0) == 0)
		return VF_OK; /* the first promise has the earlier deadline */
	rc = nt_durable_put(s->dir, &(struct nt_file){name, receipt}, 1, reterr);
	nt_failpoint("client-receipt");
	return rc;
}

VF_RC nt_state_drop(struct nt_client_state *s, const struct vf_hash *id, struct vf_err *reterr)
{
	static const char *const suffixes[] = {".json", ".paths", ".receipt"};
	char name[NAME_ROOM];
	enum vf_rc rc = VF_OK;

	/* The submission first: what is left without it says nothing, its journal key included. */
	for (size_t i = 0; rc == VF_OK && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		record_name(name, id, suffixes[i]);
		rc = nt_durable_remove(s->dir, name, reterr);
		nt_failpoint("client-drop");
	}
	return rc;
}

bool nt_state_is_pending(const struct nt_client_state *s, const struct vf_hash *id)
{
	char json[NAME_ROOM], receipt[NAME_ROOM];

	record_name(json, id, ".json");
	record_name(receipt, id, ".receipt");
	return faccessat(s->dir, json, F_OK, 0) == 0 && faccessat(s->dir, receipt, F_OK, 0) != 0;
}

/* Collects the IDs of names that end in ".json". */
struct listing {
	struct vf_hash *ids;
	size_t n, room;
	const char *prefix;
};

static VF_RC list_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct listing *l = ctx;
	struct vf_hash id;

	if (is_dir || strlen(name) != ID_HEX + 5 || strcmp(name + ID_HEX, ".json") != 0 ||
		!vf_hex_read(vf_bytes(name, ID_HEX), id.b, sizeof(id.b)))
		return VF_OK;
	if (l->prefix && strncmp(name, l->prefix, strlen(l->prefix)) != 0)
		return VF_OK;
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct vf_hash *more = reallocarray(l->ids, room, sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of the state folder");
		l->ids = more;
		l->room = room;
	}
	l->ids[l->n++] = id;
	return VF_OK;
}

VF_RC nt_state_pending(struct nt_client_state *s, struct vf_hash **ret, size_t *ret_n, struct vf_err *reterr)
{
	struct listing l = {0};
	size_t n = 0;
	enum vf_rc rc = nt_dir_each(s->dir, "records", list_name, &l, reterr);

	if (rc != VF_OK) {
		free(l.ids);
		return rc;
	}
	for (size_t i = 0; i < l.n; i++)
		if (nt_state_is_pending(s, &l.ids[i]))
			l.ids[n++] = l.ids[i];
	*ret = l.ids;
	*ret_n = n;
	return VF_OK;
}

VF_RC nt_state_find(struct nt_client_state *s, const char *prefix, struct vf_hash *ret, struct vf_err *reterr)
{
	struct listing l = {.prefix = prefix};
	enum vf_rc rc = nt_dir_each(s->dir, "records", list_name, &l, reterr);

	if (rc == VF_OK && l.n == 0)
		rc = vf_fail(reterr, VF_UNKNOWN_RECORD,
			"no record of this state folder begins with '%s': give all 64 digits of one that is elsewhere", prefix);
	if (rc == VF_OK && l.n > 1)
		rc = vf_fail(reterr, VF_USAGE, "%zu records begin with '%s': give more digits", l.n, prefix);
	if (rc == VF_OK)
		*ret = l.ids[0];
	free(l.ids);
	return rc;
}

VF_RC nt_state_submission(struct nt_client_state *s, const struct vf_hash *id, struct nt_buf *out, struct vf_err *reterr)
{
	char name[NAME_ROOM];

	record_name(name, id, ".json");
	return nt_durable_read(s->dir, name, out, reterr);
}

/* ---- documents ---- */

static bool unescape_path(struct vf_bytes text, struct nt_buf *out)
{
	uint8_t c;

	while (vf_take_u8(&text, &c)) {
		struct vf_bytes hex;

		if (c == '%' && (!vf_take(&text, 2, &hex) || !vf_hex_read(hex, &c, 1) || c == 0))
			return false;
		nt_buf_put_u8(out, c);
	}
	return true;
}

VF_RC nt_state_path(struct nt_client_state *s, const struct vf_hash *id, const struct vf_hash *sha256, struct nt_buf *out,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_PATHS);
	char name[NAME_ROOM], hex[ID_HEX + 1];
	struct vf_bytes rest, line;
	enum vf_rc rc;

	record_name(name, id, ".paths");
	rc = nt_durable_read(s->dir, name, &text, reterr);
	if (rc == VF_NO_INPUT)
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	rest = nt_buf_bytes(&text);
	if (!vf_take_line(&rest, &line) || !vf_bytes_is(line, PATHS_HEAD))
		return vf_fail(reterr, VF_CLIENT_STATE, "'%s' is not a list of paths", name);
	vf_hex_put(hex, vf_bytes(sha256->b, sizeof(sha256->b)));
	while (vf_take_line(&rest, &line)) {
		if (!vf_take_str(&line, hex))
			continue;
		if (vf_bytes_is(line, " @")) {
			nt_buf_putf(out, "%s/documents/%s", s->folder, hex);
		} else if (!vf_take_str(&line, " /") || (nt_buf_put_u8(out, '/'), !unescape_path(line, out))) {
			return vf_fail(reterr, VF_CLIENT_STATE, "'%s' is not a list of paths", name);
		}
		nt_buf_put_u8(out, 0);
		break;
	}
	return nt_buf_check(out, reterr);
}

VF_RC nt_state_keep(struct nt_client_state *s, const struct vf_hash *sha256, struct vf_bytes text, struct vf_err *reterr)
{
	char name[NAME_ROOM];

	hex_name(name, "documents", sha256);
	return nt_durable_put(s->dir, &(struct nt_file){name, text}, 1, reterr);
}

/* ---- journal and streams ---- */

/* A file that holds one hash in hex and LF; *ret_there is false when there is none. */
static VF_RC read_hash(struct nt_client_state *s, const char *name, bool *ret_there, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(ID_HEX + 2);
	enum vf_rc rc = nt_durable_read(s->dir, name, &text, reterr);

	*ret_there = rc == VF_OK;
	if (rc == VF_NO_INPUT)
		return VF_OK;
	if (rc != VF_OK && rc != VF_LIMIT)
		return rc;
	if (rc == VF_LIMIT || text.n != ID_HEX + 1 || text.p[ID_HEX] != '\n' ||
		!vf_hex_read(vf_bytes(text.p, ID_HEX), ret->b, sizeof(ret->b)))
		return vf_fail(reterr, VF_CLIENT_STATE, "'%s' does not hold one hash", name);
	return VF_OK;
}

VF_RC nt_state_journal(struct nt_client_state *s, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id,
	struct vf_err *reterr)
{
	char name[NAME_ROOM], json[NAME_ROOM];
	bool there;
	enum vf_rc rc;

	hex_name(name, "keys", key);
	rc = read_hash(s, name, &there, ret_id, reterr);
	*ret_found = false;
	if (rc != VF_OK || !there)
		return rc;
	record_name(json, ret_id, ".json");
	*ret_found = faccessat(s->dir, json, F_OK, 0) == 0;
	return *ret_found ? VF_OK : nt_durable_remove(s->dir, name, reterr); /* of a submission that was dropped */
}

VF_RC nt_state_stream(struct nt_client_state *s, struct vf_bytes study, const struct nt_stream *stream, struct vf_err *reterr)
{
	struct vf_hash study_hash = vf_sha256(study), known;
	char name[NAME_ROOM], line[ID_HEX + 2];
	bool there;
	enum vf_rc rc;

	hex_name(name, "streams", &study_hash);
	rc = read_hash(s, name, &there, &known, reterr);
	if (rc != VF_OK)
		return rc;
	if (there && !stream->exists)
		return vf_fail(reterr, VF_CLIENT_STATE,
			"the notary does not know the stream of this study any more, into which this client has put records");
	if (there && !vf_hash_eq(&known, &stream->id))
		return vf_fail(reterr, VF_CLIENT_STATE,
			"the notary names another stream of this study than before: is the token another party's?");
	if (there || !stream->exists)
		return VF_OK;
	vf_hex_put(line, vf_bytes(stream->id.b, sizeof(stream->id.b)));
	line[ID_HEX] = '\n';
	return nt_durable_put(s->dir, &(struct nt_file){name, vf_bytes(line, ID_HEX + 1)}, 1, reterr);
}
