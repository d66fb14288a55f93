#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "notary/export.h"
#include "notary/hashing.h"
#include "notary/new_folder.h"
#include "notary/revocation_ask.h"
#include "notary/verbs.h"
#include "notary/verbs_client.h"
#include "verify/text.h"

/* ---- seal ---- */

/* Seals that a run of the command completes with tokens from outside; a service goes on until all are. */
#define ASK_SEALS 16

static void note_failure(void *ctx, uint64_t seal, const char *authority, enum vf_rc rc, const char *why)
{
	if (seal > 0)
		nt_cli_note(ctx, "seal %" PRIu64 ": no token of '%s': %s: %s", seal, authority, vf_rc_name(rc), why);
	else
		nt_cli_note(ctx, "no revocation data for '%s': %s: %s", authority, vf_rc_name(rc), why);
}

VF_RC nt_verb_seal(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_buf *out = &cli->text;
	struct nt_sealed sealed = {0};
	size_t tokens = 0, revocations = 0;
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_notary_seal(n, &sealed, reterr);
	if (rc == VF_OK)
		rc = nt_notary_ask_outside(n, ASK_SEALS, note_failure, cli, &tokens, reterr);
	if (rc == VF_OK)
		rc = nt_notary_ask_revocation(n, note_failure, cli, &revocations, reterr);
	if (rc != VF_OK)
		return rc;
	if (tokens > 0)
		nt_cli_note(cli, "%zu token%s from outside", tokens, tokens == 1 ? "" : "s");
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(out, ",\"sealed\":%s", sealed.sealed ? "true" : "false");
		if (sealed.sealed) {
			nt_buf_putf(out,
				",\"seal\":%" PRIu64 ",\"first\":%" PRIu64 ",\"size\":%" PRIu64
				",\"gen_time\":\"",
				sealed.seal, sealed.first, sealed.size);
			nt_verb_put_time(out, sealed.gen_time);
			nt_buf_put_u8(out, '"');
		}
		nt_buf_put_str(out, "}\n");
		return VF_OK;
	}
	if (!sealed.sealed) {
		nt_cli_note(cli, "nothing was waiting");
		return VF_OK;
	}
	nt_buf_putf(out, "seal %" PRIu64 ": %" PRIu64 " %s existed no later than ", sealed.seal,
		sealed.size - sealed.first, sealed.size - sealed.first == 1 ? "record" : "records");
	nt_verb_put_time(out, sealed.gen_time);
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

/* ---- status ---- */

/* The time of the record's seal: the earliest of its tokens. */
static VF_RC seal_time(struct nt_notary *n, uint64_t number, int64_t *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = NULL;
	enum vf_rc rc = nt_notary_seal_get(n, number, &seal, reterr);
	int64_t first = INT64_MAX;

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < seal->n_tokens; i++) {
		if (seal->tokens[i].gen_time < first)
			first = seal->tokens[i].gen_time;
	}
	if (first == INT64_MAX)
		return vf_fail(reterr, VF_STORE_CORRUPT, "seal %" PRIu64 " holds no token", number);
	*ret = first;
	return VF_OK;
}

/* ,"state":…,"index":…,"seal":…,"existed_by":… with null for what is not known yet. */
static void put_state_json(struct nt_buf *out, const struct nt_record *r, int64_t time)
{
	nt_cli_field(out, "state", vf_bytes_str(nt_verb_state(r->state)));
	if (r->state == NT_SEALED || r->state == NT_SEQUENCED)
		nt_buf_putf(out, ",\"index\":%" PRIu64, r->index);
	else
		nt_buf_put_str(out, ",\"index\":null");
	if (r->state != NT_SEALED) {
		nt_buf_put_str(out, ",\"seal\":null,\"existed_by\":null");
		return;
	}
	nt_buf_putf(out, ",\"seal\":%" PRIu64 ",\"existed_by\":\"", r->seal);
	nt_verb_put_time(out, time);
	nt_buf_put_u8(out, '"');
}

struct listing {
	struct nt_cli *cli;
	struct nt_notary *n;
	size_t count;
	uint64_t seal; /* the last one that was looked up, and its time */
	int64_t time;
};

static VF_RC time_of(struct listing *l, const struct nt_record *r, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (r->state != NT_SEALED || (l->seal == r->seal && l->count > 0))
		return VF_OK;
	rc = seal_time(l->n, r->seal, &l->time, reterr);
	if (rc == VF_OK)
		l->seal = r->seal;
	return rc;
}

static VF_RC put_status(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct listing *l = ctx;
	struct nt_buf *out = &l->cli->text;
	enum vf_rc rc = nt_notary_get(l->n, id, &r, reterr);

	if (rc == VF_OK)
		rc = time_of(l, r, reterr);
	if (rc != VF_OK)
		return rc;
	if (l->cli->json) {
		nt_buf_put_str(out, l->count++ > 0 ? ",{\"id\":\"" : "{\"id\":\"");
		nt_verb_put_id(out, id);
		nt_buf_put_u8(out, '"');
		put_state_json(out, r, l->time);
		nt_buf_put_u8(out, '}');
		return VF_OK;
	}
	l->count++;
	nt_verb_put_id(out, id);
	nt_buf_putf(out, "  %s", nt_verb_state(r->state));
	if (r->state == NT_SEALED) {
		nt_buf_putf(out, "  seal %" PRIu64 ", existed no later than ", r->seal);
		nt_verb_put_time(out, l->time);
	}
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

static VF_RC status_of_file(struct listing *l, const char *path, struct vf_err *reterr)
{
	struct vf_pair digests;
	uint64_t size;
	size_t before = l->count;
	char shown[160];
	enum vf_rc rc = nt_hash_file(path, &digests, &size, reterr);

	if (rc == VF_OK)
		rc = nt_notary_find_digest(l->n, &digests.sha256, put_status, l, reterr);
	if (rc != VF_OK || l->count > before)
		return rc;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_UNKNOWN_RECORD, "no record holds the content of '%s'", shown);
}

static bool looks_like_id(const char *text)
{
	size_t n = strlen(text);

	return n >= 8 && n <= 64 && strspn(text, "0123456789abcdef") == n;
}

static VF_RC status_of(struct listing *l, const char *text, struct vf_err *reterr)
{
	struct vf_hash id;
	struct stat st;
	enum vf_rc rc;

	if (!looks_like_id(text))
		return status_of_file(l, text, reterr);
	rc = nt_verb_find(l->n, text, &id, reterr);
	if (rc == VF_UNKNOWN_RECORD && lstat(text, &st) == 0)
		return status_of_file(l, text, reterr); /* a file that is named like an ID */
	return rc == VF_OK ? put_status(l, &id, reterr) : rc;
}

VF_RC nt_verb_status(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct listing l = {.cli = cli};
	enum vf_rc rc;

	if (nt_remote_is_wanted(cli))
		return nt_remote_status(cli, reterr);
	rc = nt_remote_check_unused(cli, 2, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &n, reterr);
	l.n = n;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"records\":[");
	}
	for (size_t i = 1; rc == VF_OK && i < cli->n_args; i++)
		rc = status_of(&l, cli->args[i], reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	if (rc == VF_OK)
		nt_verb_note_due(cli, n);
	return rc;
}

/* ---- list ---- */

static void put_column(struct nt_buf *out, struct vf_bytes text, int width)
{
	char shown[700];

	vf_text_escape(shown, sizeof(shown), text);
	nt_buf_putf(out, "  %-*s", width, shown[0] ? shown : "-");
}

void nt_verb_put_listed(struct nt_cli *cli, bool first, const struct nt_list_line *l)
{
	struct nt_buf *out = &cli->text;

	if (cli->json) {
		nt_buf_put_str(out, first ? "{\"id\":\"" : ",{\"id\":\"");
		nt_verb_put_id(out, &l->id);
		nt_buf_put_u8(out, '"');
		nt_cli_field(out, "state", vf_bytes_str(nt_verb_state(l->state)));
		nt_cli_field(out, "kind", l->kind);
		nt_cli_field(out, "study", l->study);
		nt_cli_field(out, "version", l->version);
		nt_cli_field(out, "date", l->date);
		nt_cli_field(out, "title", l->title);
		nt_buf_put_u8(out, '}');
		return;
	}
	nt_verb_put_id(out, &l->id);
	put_column(out, vf_bytes_str(nt_verb_state(l->state)), 9);
	put_column(out, l->kind, 15);
	put_column(out, l->study, 12);
	put_column(out, l->version, 8);
	put_column(out, l->date, 10);
	put_column(out, l->title, 0);
	nt_buf_put_u8(out, '\n');
}

static VF_RC put_listed(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct listing *l = ctx;
	enum vf_rc rc = nt_notary_get(l->n, id, &r, reterr);

	if (rc == VF_OK)
		nt_verb_put_listed(l->cli, l->count++ == 0,
			&(struct nt_list_line){*id, r->state, r->kind, r->study, r->version, r->date, r->title});
	return rc;
}

VF_RC nt_verb_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	const char *study = nt_cli_get(cli, "study");
	struct listing l = {.cli = cli};
	uint64_t seals, size, pending;
	enum vf_rc rc;

	if (nt_remote_is_wanted(cli))
		return nt_remote_list(cli, reterr);
	rc = nt_remote_check_unused(cli, 1, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &n, reterr);
	if (rc == VF_OK)
		rc = nt_notary_counts(n, &seals, &size, &pending, reterr);
	if (rc != VF_OK)
		return rc;
	l.n = n;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(&cli->text,
			",\"seals\":%" PRIu64 ",\"size\":%" PRIu64 ",\"pending\":%" PRIu64 ",\"records\":[",
			seals, size, pending);
	}
	rc = nt_notary_each(n, study ? vf_bytes_str(study) : vf_bytes(NULL, 0), put_listed, &l, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	else if (rc == VF_OK && l.count == 0)
		nt_cli_note(cli, "no records");
	return rc;
}

/* ---- show ---- */

static void put_documents_json(struct nt_buf *out, const struct nt_record *r)
{
	nt_buf_put_str(out, ",\"documents\":[");
	for (size_t i = 0; i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];

		nt_buf_put_str(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		nt_cli_put_json(out, d->name);
		nt_buf_putf(out, ",\"size\":%" PRIu64, d->size);
		nt_cli_hex_field(out, "sha256", vf_bytes(d->digests.sha256.b, 32));
		nt_cli_hex_field(out, "sha512", vf_bytes(d->digests.sha512.b, 64));
		nt_buf_putf(out, ",\"confidential\":%s,\"kept\":%s", d->confidential ? "true" : "false",
			d->keep ? "true" : "false");
		nt_cli_field(out, "commitment", d->commitment);
		nt_cli_field(out, "path", d->path);
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_u8(out, ']');
}

static void put_lists_json(struct nt_buf *out, const struct nt_record *r)
{
	nt_buf_put_str(out, ",\"members\":[");
	for (size_t i = 0; i < r->n_members; i++) {
		nt_buf_put_str(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		nt_cli_put_json(out, r->members[i].name);
		nt_cli_hex_field(out, "sha256", vf_bytes(r->members[i].digests.sha256.b, 32));
		nt_cli_hex_field(out, "sha512", vf_bytes(r->members[i].digests.sha512.b, 64));
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_u8(out, ']');
	put_documents_json(out, r);
	nt_buf_put_str(out, ",\"links\":[");
	for (size_t i = 0; i < r->n_links; i++) {
		nt_buf_put_str(out, i > 0 ? ",{\"type\":" : "{\"type\":");
		nt_cli_put_json(out, r->links[i].type);
		nt_cli_hex_field(out, "record", vf_bytes(r->links[i].record.b, 32));
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_u8(out, ']');
}

static void show_json(struct nt_cli *cli, const struct nt_record *r, int64_t time)
{
	struct nt_buf *out = &cli->text;

	nt_cli_begin(cli);
	nt_cli_hex_field(out, "id", vf_bytes(r->id.b, sizeof(r->id.b)));
	nt_cli_hex_field(out, "id512", vf_bytes(r->id512.b, sizeof(r->id512.b)));
	put_state_json(out, r, time);
	nt_cli_field(out, "kind", r->kind);
	nt_cli_field(out, "study", r->study);
	nt_cli_field(out, "version", r->version);
	nt_cli_field(out, "date", r->date);
	nt_cli_field(out, "title", r->title);
	nt_cli_field(out, "submitter", r->submitter);
	nt_buf_put_str(out, ",\"accepted\":\"");
	nt_verb_put_time(out, r->accepted_ms);
	nt_buf_put_u8(out, '"');
	nt_cli_hex_field(out, "slot", vf_bytes(r->slot.b, sizeof(r->slot.b)));
	if (r->in_stream) {
		nt_buf_put_str(out, ",\"stream\":{\"id\":\"");
		nt_verb_put_id(out, &r->stream);
		nt_buf_putf(out, "\",\"seq\":%" PRIu64 "}", r->seq);
	} else {
		nt_buf_put_str(out, ",\"stream\":null");
	}
	put_lists_json(out, r);
	nt_buf_put_str(out, "}\n");
}

static void put_line(struct nt_buf *out, const char *name, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	nt_buf_putf(out, "  %-11s ", name);
	nt_cli_put_text(out, text);
	nt_buf_put_u8(out, '\n');
}

static void show_documents(struct nt_buf *out, const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];

		put_line(out, i == 0 ? "documents" : "", d->name);
		nt_buf_putf(out, "  %-11s %" PRIu64 " bytes, sha256 ", "", d->size);
		nt_verb_put_id(out, &d->digests.sha256);
		nt_buf_putf(out, "%s%s\n", d->confidential ? ", confidential" : "", d->keep ? ", kept" : "");
	}
}

static void show_text(struct nt_cli *cli, const struct nt_record *r, int64_t time)
{
	struct nt_buf *out = &cli->text;

	nt_verb_put_id(out, &r->id);
	nt_buf_putf(out, "\n  %-11s %s", "state", nt_verb_state(r->state));
	if (r->state == NT_SEALED) {
		nt_buf_putf(out, ", seal %" PRIu64 ", existed no later than ", r->seal);
		nt_verb_put_time(out, time);
	}
	nt_buf_put_u8(out, '\n');
	put_line(out, "kind", r->kind);
	put_line(out, "study", r->study);
	put_line(out, "version", r->version);
	put_line(out, "date", r->date);
	put_line(out, "title", r->title);
	nt_buf_putf(out, "  %-11s ", "accepted");
	nt_verb_put_time(out, r->accepted_ms);
	nt_buf_put_u8(out, '\n');
	if (r->state == NT_SEQUENCED || r->state == NT_SEALED)
		nt_buf_putf(out, "  %-11s entry %" PRIu64 "\n", "log", r->index);
	if (r->in_stream) {
		nt_buf_putf(out, "  %-11s record %" PRIu64 " of ", "stream", r->seq);
		nt_verb_put_id(out, &r->stream);
		nt_buf_put_u8(out, '\n');
	}
	for (size_t i = 0; i < r->n_links; i++) {
		nt_buf_putf(out, "  %-11s ", i == 0 ? "links" : "");
		nt_cli_put_text(out, r->links[i].type);
		nt_buf_put_u8(out, ' ');
		nt_verb_put_id(out, &r->links[i].record);
		nt_buf_put_u8(out, '\n');
	}
	show_documents(out, r);
	for (size_t i = 0; i < r->n_members; i++)
		put_line(out, i == 0 ? "members" : "", r->members[i].name);
}

VF_RC nt_verb_show(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	int64_t time = 0;
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_verb_get(n, cli->args[1], &r, reterr);
	if (rc == VF_OK && r->state == NT_SEALED)
		rc = seal_time(n, r->seal, &time, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json)
		show_json(cli, r, time);
	else
		show_text(cli, r, time);
	return VF_OK;
}

/* ---- export ---- */

struct exporting {
	struct nt_export_options options;
	const char **withhold, **from;
	struct vf_hash *ids;
	size_t n_ids;
	bool folder;
};

VF_RC nt_verb_choose_output(struct nt_cli *cli, size_t count, bool *ret_folder, struct vf_err *reterr)
{
	const char *path = nt_cli_get(cli, "output");
	size_t n = strlen(path);
	char shown[160];
	struct stat st;
	bool there = stat(path, &st) == 0;
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	*ret_folder = count > 1 || (n > 0 && path[n - 1] == '/') || (there && S_ISDIR(st.st_mode));
	if (!*ret_folder)
		return VF_OK;
	if (there && !S_ISDIR(st.st_mode))
		return vf_fail(reterr, VF_EXISTS, "'%s' is a file, but many bundles need a folder", shown);
	if (there)
		return VF_OK;
	rc = nt_folder_check(path, reterr);
	if (rc == VF_OK && mkdir(path, 0777) != 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "folder '%s' cannot be made: %s", shown, strerror(errno));
	return rc;
}

static VF_RC export_one(
	struct nt_cli *cli, struct exporting *e, struct nt_exporter *x, size_t at, struct vf_err *reterr)
{
	const char *output = nt_cli_get(cli, "output");
	struct nt_buf *out = &cli->text;
	char hex[65], path[4200];
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(e->ids[at].b, sizeof(e->ids[at].b)));
	if ((size_t)snprintf(path, sizeof(path), "%s%s%s%s", output, e->folder ? "/" : "",
		    e->folder ? hex : "", e->folder ? ".asice" : "") >= sizeof(path))
		return vf_fail(reterr, VF_USAGE, "the output path is too long");
	rc = nt_exporter_put(x, &e->ids[at], &e->options, path, reterr);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "record %.16s", hex);
		return rc;
	}
	if (cli->json) {
		nt_buf_putf(out, "%s{\"id\":\"%s\",\"path\":", at > 0 ? "," : "", hex);
		nt_cli_put_json(out, vf_bytes_str(path));
		nt_buf_put_u8(out, '}');
		return VF_OK;
	}
	nt_buf_putf(out, "%s  ", hex);
	nt_cli_put_text(out, vf_bytes_str(path));
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

static VF_RC find_ids(struct nt_cli *cli, struct nt_notary *n, struct exporting *e, struct vf_err *reterr)
{
	e->ids = calloc(cli->n_args, sizeof(*e->ids));
	if (!e->ids)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu IDs", cli->n_args);
	for (size_t i = 1; i < cli->n_args; i++) {
		enum vf_rc rc = nt_verb_find(n, cli->args[i], &e->ids[e->n_ids], reterr);

		if (rc != VF_OK)
			return rc;
		for (size_t j = 0; j < e->n_ids; j++) {
			if (vf_hash_eq(&e->ids[j], &e->ids[e->n_ids]))
				return vf_fail(reterr, VF_USAGE, "the same record is given twice");
		}
		e->n_ids++;
	}
	return VF_OK;
}

static VF_RC export_all(struct nt_cli *cli, struct nt_notary *n, struct exporting *e, struct vf_err *reterr)
{
	VF_CLEANUP(nt_exporter_freep) struct nt_exporter *x = NULL;
	enum vf_rc rc = nt_cli_list(cli, "withhold", &e->withhold, &e->options.n_withhold, reterr);

	if (rc == VF_OK)
		rc = nt_cli_list(cli, "from", &e->from, &e->options.n_from, reterr);
	if (rc == VF_OK)
		rc = find_ids(cli, n, e, reterr);
	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_verb_choose_output(cli, e->n_ids, &e->folder, reterr);
	if (rc == VF_OK)
		rc = nt_exporter_new(n, &x, reterr);
	if (rc != VF_OK)
		return rc;
	e->options.withhold = e->withhold;
	e->options.from = e->from;
	e->options.detached = nt_cli_has(cli, "detached");
	e->options.force = nt_cli_has(cli, "force");
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"bundles\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < e->n_ids; i++)
		rc = export_one(cli, e, x, i, reterr);
	if (rc == VF_OK)
		rc = nt_exporter_flush(x, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

/* A name that is withheld although everybody sees its digest. */
static void warn_withheld(struct nt_cli *cli, struct nt_notary *n, const struct exporting *e)
{
	for (size_t i = 0; i < e->n_ids; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
		struct vf_err err;

		if (nt_notary_get(n, &e->ids[i], &r, &err) != VF_OK)
			continue;
		for (size_t w = 0; w < e->options.n_withhold; w++) {
			for (size_t d = 0; d < r->n_documents; d++) {
				char shown[160];

				if (r->documents[d].confidential ||
					!vf_bytes_is(r->documents[d].name, e->withhold[w]))
					continue;
				vf_text_escape(shown, sizeof(shown), r->documents[d].name);
				nt_cli_note(cli,
					"warning: '%s' is not confidential: its name and digests stay "
					"visible in the statement",
					shown);
			}
		}
	}
}

VF_RC nt_verb_export(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct exporting e = {0};
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = export_all(cli, n, &e, reterr);
	if (rc == VF_OK && e.options.n_withhold > 0)
		warn_withheld(cli, n, &e);
	free(e.withhold);
	free(e.from);
	free(e.ids);
	return rc;
}
