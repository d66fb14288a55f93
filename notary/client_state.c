#include "notary/client_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/client_state_inside.h"
#include "notary/durable.h"
#include "notary/failpoint.h"
#include "verify/text.h"

#define PATHS_HEAD "trialnotary/paths/1"
/* Every document with the longest path, every octet of it escaped. */
#define MAX_PATHS ((size_t)128 * 1024 * 1024)
#define ID_HEX NT_STATE_HEX
#define NAME_ROOM NT_STATE_NAME

/* ---- records ---- */

static void record_name(char out[NAME_ROOM], const struct vf_hash *id, const char *suffix)
{
	char hex[ID_HEX + 1];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(out, NAME_ROOM, "records/%s%s", hex, suffix);
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

static VF_RC put_all_paths(struct nt_client_state *s, struct putting *p, const struct nt_state_item *items,
	size_t n, struct vf_err *reterr)
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
		nt_state_file(p->names[fresh], "keys", &items[i].journal);
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

static VF_RC put_submissions(struct nt_client_state *s, struct putting *p, const struct nt_state_item *items,
	size_t n, struct vf_err *reterr)
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

VF_RC nt_state_accepted(
	struct nt_client_state *s, const struct nt_state_receipt *receipts, size_t n, struct vf_err *reterr)
{
	struct nt_file *files = calloc(n + 1, sizeof(*files));
	char(*names)[NAME_ROOM] = calloc(n + 1, sizeof(*names));
	size_t fresh = 0;
	enum vf_rc rc;

	for (size_t i = 0; files && names && i < n; i++) {
		record_name(names[fresh], &receipts[i].id, ".receipt");
		if (faccessat(s->dir, names[fresh], F_OK, 0) == 0)
			continue; /* the first promise has the earlier deadline */
		files[fresh] = (struct nt_file){names[fresh], receipts[i].text};
		fresh++;
	}
	if (!files || !names)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu receipts", n);
	else
		rc = nt_durable_put(s->dir, files, fresh, reterr);
	nt_failpoint("client-receipt");
	free(files);
	free(names);
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

static bool is_pending(const struct nt_client_state *s, const struct vf_hash *id)
{
	char json[NAME_ROOM], receipt[NAME_ROOM];

	record_name(json, id, ".json");
	record_name(receipt, id, ".receipt");
	return faccessat(s->dir, json, F_OK, 0) == 0 && faccessat(s->dir, receipt, F_OK, 0) != 0;
}

bool nt_state_has(const struct nt_client_state *s, const struct vf_hash *id)
{
	char name[NAME_ROOM];

	record_name(name, id, ".json");
	return faccessat(s->dir, name, F_OK, 0) == 0;
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
		if (is_pending(s, &l.ids[i]))
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
			"no record of this state folder begins with '%s': give all 64 digits of one that is "
			"elsewhere",
			prefix);
	if (rc == VF_OK && l.n > 1)
		rc = vf_fail(reterr, VF_USAGE, "%zu records begin with '%s': give more digits", l.n, prefix);
	if (rc == VF_OK)
		*ret = l.ids[0];
	free(l.ids);
	return rc;
}

VF_RC nt_state_submission(
	struct nt_client_state *s, const struct vf_hash *id, struct nt_buf *out, struct vf_err *reterr)
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

VF_RC nt_state_path(struct nt_client_state *s, const struct vf_hash *id, const struct vf_hash *sha256,
	struct nt_buf *out, struct vf_err *reterr)
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

/* ---- journal and streams ---- */

/* A file that holds one hash in hex and LF; *ret_there is false when there is none. */
static VF_RC read_hash(
	struct nt_client_state *s, const char *name, bool *ret_there, struct vf_hash *ret, struct vf_err *reterr)
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

VF_RC nt_state_journal(struct nt_client_state *s, const struct vf_hash *key, bool *ret_found,
	struct vf_hash *ret_id, struct vf_err *reterr)
{
	char name[NAME_ROOM], json[NAME_ROOM];
	bool there;
	enum vf_rc rc;

	nt_state_file(name, "keys", key);
	rc = read_hash(s, name, &there, ret_id, reterr);
	*ret_found = false;
	if (rc != VF_OK || !there)
		return rc;
	record_name(json, ret_id, ".json");
	*ret_found = faccessat(s->dir, json, F_OK, 0) == 0;
	return *ret_found ? VF_OK : nt_durable_remove(s->dir, name, reterr); /* of a submission that was dropped */
}

/* ---- participants' values ---- */

const char *nt_state_home(const struct nt_client_state *s)
{
	return s->home;
}

const char *nt_state_part(const struct nt_client_state *s)
{
	return s->folder;
}

VF_RC nt_state_value(struct nt_client_state *s, const struct vf_hash *value, struct vf_bytes study, bool *ret_elsewhere,
	struct vf_err *reterr)
{
	struct vf_hash want = vf_sha256(study), known;
	char name[NAME_ROOM];
	bool there;
	enum vf_rc rc;

	nt_state_file(name, "values", value);
	rc = read_hash(s, name, &there, &known, reterr);
	if (rc == VF_OK)
		*ret_elsewhere = there && !vf_hash_eq(&known, &want);
	return rc;
}

VF_RC nt_state_put_value(
	struct nt_client_state *s, const struct vf_hash *value, struct vf_bytes study, struct vf_err *reterr)
{
	struct vf_hash h = vf_sha256(study);
	char name[NAME_ROOM], line[ID_HEX + 2];

	nt_state_file(name, "values", value);
	if (faccessat(s->dir, name, F_OK, 0) == 0)
		return VF_OK;
	vf_hex_put(line, vf_bytes(h.b, sizeof(h.b)));
	line[ID_HEX] = '\n';
	return nt_durable_put(s->dir, &(struct nt_file){name, vf_bytes(line, ID_HEX + 1)}, 1, reterr);
}

VF_RC nt_state_stream(
	struct nt_client_state *s, struct vf_bytes study, const struct nt_stream *stream, struct vf_err *reterr)
{
	struct vf_hash study_hash = vf_sha256(study), known;
	char name[NAME_ROOM], line[ID_HEX + 2];
	bool there;
	enum vf_rc rc;

	nt_state_file(name, "streams", &study_hash);
	rc = read_hash(s, name, &there, &known, reterr);
	if (rc != VF_OK)
		return rc;
	if (there && !stream->exists)
		return vf_fail(reterr, VF_CLIENT_STATE,
			"the notary does not know the stream of this study any more, into which this client has "
			"put records");
	if (there && !vf_hash_eq(&known, &stream->id))
		return vf_fail(reterr, VF_CLIENT_STATE,
			"the notary names another stream of this study than before: is the token another party's?");
	if (there || !stream->exists)
		return VF_OK;
	vf_hex_put(line, vf_bytes(stream->id.b, sizeof(stream->id.b)));
	line[ID_HEX] = '\n';
	return nt_durable_put(s->dir, &(struct nt_file){name, vf_bytes(line, ID_HEX + 1)}, 1, reterr);
}
