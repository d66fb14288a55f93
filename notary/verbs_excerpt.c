/* excerpt: single rows of a document, provable without the rest (docs/formats/excerpt.md). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/client_pending.h"
#include "notary/document.h"
#include "notary/intake.h"
#include "notary/named_file.h"
#include "notary/rows_choice.h"
#include "notary/verbs.h"
#include "notary/verbs_client.h"
#include "notary/verbs_excerpt.h"
#include "verify/limits.h"
#include "verify/text.h"

const struct nt_option nt_excerpt_options[] = {
	{"rows", 0, "LIST", "rows to show, from 0: 5,10-20", false, true},
	{"where", 0, "COLUMN=VALUE", "csv: the rows with this value, and row 0, which names the columns", false, false},
	{"member", 0, "NAME", "of which document, when several have rows", false, false},
	{"hash", 0, "ALG", "sha256 (default) or sha512", false, false},
	{"output", 'o', "FILE", "the excerpt to write", false, false},
	{"bundle", 0, "FILE", "also write the bundle that goes with it: without the document itself", false, false},
	{"check", 0, NULL, "show nothing: check that the rows member is over the rows of the document", false, false},
	{"from", 0, "PATH", "file or folder in which documents are now", false, true},
	{"force", 0, NULL, "replace files that are there", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_excerpt_details[] =
	"The record must have been submitted with 'submit --rows FILE'. Whoever gets excerpt and bundle checks both with\n"
	"'trialverify excerpt', and learns nothing about other rows. In a csv file with a header line row 0 is that line.\n"
	"--bundle leaves out all documents but the rows member: with the document in it nothing would be withheld.\n"
	"With --server there is no DIR: what this machine remembers of the submission is enough, nothing is asked.";

struct excerpting {
	struct nt_cli *cli;
	struct nt_notary *n; /* a notary in a folder, or */
	struct nt_remote remote;
	struct vf_hash id;
	/* the record's documents */
	struct nt_record *record;
	struct nt_pending pending;
	void *pending_block;
	struct nt_document *documents;
	size_t n_documents;
	struct nt_export_options places;
	const char **from;
	/* the rows member, and the document that it is about */
	const struct nt_document *member, *document;
	uint8_t rows_block[8192];
	struct vf_rows rows;
	struct vf_hash secret;
	struct nt_row_choice choice;
	struct nt_buf text;
};

/* ---- the record ---- */

static VF_RC read_record(struct excerpting *x, const char *text, struct vf_err *reterr)
{
	enum vf_rc rc = nt_verb_get(x->n, text, &x->record, reterr);

	if (rc != VF_OK)
		return rc;
	if (x->record->state == NT_ERASED)
		return vf_fail(reterr, VF_ERASED, "this record was erased");
	x->id = x->record->id;
	x->documents = calloc(x->record->n_documents + 1, sizeof(*x->documents));
	if (!x->documents)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for documents");
	for (size_t i = 0; i < x->record->n_documents; i++)
		x->documents[x->n_documents++] = x->record->documents[i];
	return VF_OK;
}

static VF_RC read_submission(struct excerpting *x, const char *text, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(NT_INTAKE_MAX_JSON);
	struct vf_arena a;
	enum vf_rc rc = nt_remote_find(&x->remote, text, &x->id, reterr);

	if (rc == VF_OK)
		rc = nt_state_submission(x->remote.state, &x->id, &json, reterr);
	if (rc != VF_OK)
		return rc;
	x->pending_block = malloc(nt_pending_room(json.n));
	if (!x->pending_block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	vf_arena_init(&a, x->pending_block, nt_pending_room(json.n));
	rc = nt_pending_read(nt_buf_bytes(&json), &a, &x->pending, reterr);
	explicit_bzero(json.p, json.n); /* salts */
	x->documents = rc == VF_OK ? calloc(x->pending.record.n_files + 1, sizeof(*x->documents)) : NULL;
	if (rc == VF_OK && !x->documents)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for documents");
	for (size_t i = 0; rc == VF_OK && i < x->pending.record.n_files; i++) {
		const struct nt_submit_file *f = &x->pending.record.files[i];

		x->documents[x->n_documents++] = (struct nt_document){.name = f->name, .digests = f->digests, .size = f->size};
	}
	return rc;
}

static VF_RC read_from(struct excerpting *x, struct vf_err *reterr)
{
	enum vf_rc rc = nt_cli_list(x->cli, "from", &x->from, &x->places.n_from, reterr);

	x->places.from = x->from;
	return rc;
}

/* ---- its rows member ---- */

static VF_RC open_document(struct excerpting *x, const struct nt_document *d, struct nt_content *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(PATH_MAX + 256);
	struct nt_document at = *d;
	enum vf_rc rc = VF_OK;

	if (!x->n)
		rc = nt_state_path(x->remote.state, &x->id, &d->digests.sha256, &path, reterr);
	if (rc != VF_OK)
		return rc;
	if (path.n > 0)
		at.path = vf_bytes(path.p, path.n - 1);
	return nt_document_open(x->n, &x->places, &at, ret, reterr);
}

static bool read_content(int fd, uint8_t *room, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, room + done, n - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* Whether the document is a rows member; what cannot be opened is none that could be used. */
static bool is_rows_member(struct excerpting *x, const struct nt_document *d, struct vf_rows *ret)
{
	uint8_t text[VF_MAX_SMALL_JSON];
	struct nt_content c;
	struct vf_arena a;
	bool good;

	if (d->size > sizeof(text) || !vf_bytes_ends(d->name, ".json") || open_document(x, d, &c, NULL) != VF_OK)
		return false;
	good = c.size <= sizeof(text) && read_content(c.fd, text, (size_t)c.size);
	close(c.fd);
	vf_arena_init(&a, x->rows_block, sizeof(x->rows_block));
	return good && vf_rows_parse(vf_bytes(text, (size_t)c.size), &a, ret, NULL) == VF_OK;
}

static VF_RC find_member(struct excerpting *x, struct vf_err *reterr)
{
	const char *wanted = nt_cli_get(x->cli, "member");
	const struct nt_document *found = NULL;
	size_t n = 0;
	char shown[160];

	for (size_t i = 0; i < x->n_documents; i++) {
		struct vf_rows rows;

		if (!is_rows_member(x, &x->documents[i], &rows) || (wanted && !vf_bytes_is(rows.document, wanted)))
			continue;
		found = &x->documents[i];
		n++;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(wanted ? wanted : ""));
	if (n == 0 && wanted)
		return vf_fail(reterr, VF_USAGE, "no rows of '%s' can be shown: it was submitted without --rows, or is not in the record",
			shown);
	if (n == 0)
		return vf_fail(reterr, VF_USAGE, "no rows of this record can be shown: it was submitted without --rows");
	if (n > 1)
		return vf_fail(reterr, VF_USAGE, "several documents of this record have rows: say of which with --member NAME");
	x->member = found;
	/* once more, as the last one that was looked at need not be it */
	return is_rows_member(x, found, &x->rows) ? VF_OK : vf_fail(reterr, VF_IO, "the rows member changed while it was read");
}

static VF_RC find_document(struct excerpting *x, struct vf_err *reterr)
{
	char shown[160];

	for (size_t i = 0; i < x->n_documents; i++)
		if (vf_bytes_eq(x->documents[i].name, x->rows.document))
			x->document = &x->documents[i];
	vf_text_escape(shown, sizeof(shown), x->rows.document);
	if (!x->document)
		return vf_fail(reterr, VF_EXCERPT_MISMATCH, "the record has no document '%s', of which its rows member is", shown);
	return x->n ? nt_notary_secret(x->n, &x->member->digests.sha256, &x->secret, reterr)
		    : nt_state_secret(x->remote.state, &x->member->digests.sha256, &x->secret, reterr);
}

static VF_RC choose_rows(struct excerpting *x, int fd, struct vf_err *reterr)
{
	const char *list;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && (list = nt_cli_get_at(x->cli, "rows", i)) != NULL; i++)
		rc = nt_choose_list(&x->choice, list, reterr);
	if (rc == VF_OK && nt_cli_has(x->cli, "where"))
		rc = nt_choose_where(&x->choice, fd, &x->rows, nt_cli_get(x->cli, "where"), reterr);
	return rc;
}

static const struct nt_named_kind excerpt_kind = {"excerpt", 0, VF_EXCERPT_MAGIC};

/* Everything but the rows member stays out, and its statement says so. */
static VF_RC write_bundle(struct excerpting *x, const char *path, struct vf_err *reterr)
{
	struct nt_export_options options = {.force = nt_cli_has(x->cli, "force")};
	char (*names)[VF_MAX_NAME + 1] = calloc(x->n_documents + 1, sizeof(*names));
	const char **withhold = calloc(x->n_documents + 1, sizeof(*withhold));
	enum vf_rc rc = VF_OK;

	if (!names || !withhold)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	for (size_t i = 0; rc == VF_OK && i < x->n_documents; i++) {
		if (&x->documents[i] == x->member)
			continue;
		snprintf(names[i], sizeof(names[i]), "%.*s", VF_STR(x->documents[i].name));
		withhold[options.n_withhold++] = names[i];
	}
	options.withhold = withhold;
	if (rc == VF_OK)
		rc = nt_export_bundle(x->n, &x->id, &options, path, reterr);
	free(names);
	free(withhold);
	return rc;
}

static VF_RC check_tree(struct excerpting *x, int fd, struct vf_err *reterr)
{
	struct vf_rows found = {0};
	struct vf_hash sha256;
	struct tr_unit unit;
	enum vf_rc rc = tr_unit_read(x->rows.unit, &unit, reterr);

	if (rc == VF_OK)
		rc = nt_rows_make(fd, &unit, &x->secret, &found, &sha256, reterr);
	if (rc == VF_OK && (found.count != x->rows.count || !vf_digest_eq(&found.sha256, &x->rows.sha256) ||
				   !vf_digest_eq(&found.sha512, &x->rows.sha512)))
		return vf_fail(reterr, VF_EXCERPT_MISMATCH, "the rows member is not over the rows of this document");
	return rc;
}

static VF_RC make_excerpt(struct excerpting *x, int fd, struct vf_err *reterr)
{
	const char *alg = nt_cli_has(x->cli, "hash") ? nt_cli_get(x->cli, "hash") : "sha256";
	struct nt_excerpt e = {.record = x->id, .secret = x->secret, .member = x->member->name, .rows = &x->rows};
	enum vf_rc rc = choose_rows(x, fd, reterr);

	e.alg = vf_alg_find(vf_bytes_str(alg));
	if (rc == VF_OK && e.alg != VF_SHA256 && e.alg != VF_SHA512)
		return vf_fail(reterr, VF_USAGE, "--hash is sha256 or sha512");
	e.ranges = x->choice.ranges;
	e.n_ranges = x->choice.n;
	x->text = nt_buf(VF_MAX_EXCERPT);
	if (rc == VF_OK)
		rc = nt_excerpt_put(fd, &e, &x->text, reterr);
	x->choice.n = e.n_ranges;
	explicit_bzero(&e.secret, sizeof(e.secret));
	return rc;
}

static void put_result(struct excerpting *x)
{
	struct nt_buf *out = &x->cli->text;
	uint64_t shown = 0;

	for (size_t i = 0; i < x->choice.n; i++)
		shown += x->choice.ranges[i].last - x->choice.ranges[i].first + 1;
	if (x->cli->json) {
		nt_cli_begin(x->cli);
		nt_cli_hex_field(out, "id", vf_bytes(x->id.b, sizeof(x->id.b)));
		nt_cli_field(out, "member", x->member->name);
		nt_cli_field(out, "document", x->rows.document);
		nt_buf_putf(out, ",\"count\":%" PRIu64 ",\"shown\":%" PRIu64 "}\n", x->rows.count, shown);
		return;
	}
	if (nt_cli_has(x->cli, "check")) {
		nt_cli_put_text(out, x->member->name);
		nt_buf_putf(out, " is over the %" PRIu64 " rows of ", x->rows.count);
		nt_cli_put_text(out, x->rows.document);
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_buf_putf(out, "%" PRIu64 " of %" PRIu64 " rows of ", shown, x->rows.count);
	nt_cli_put_text(out, x->rows.document);
	nt_buf_put_str(out, " in ");
	nt_cli_put_text(out, vf_bytes_str(nt_cli_get(x->cli, "output")));
	nt_buf_put_u8(out, '\n');
}

/* ---- the verb ---- */

static VF_RC check_options(const struct nt_cli *cli, struct vf_err *reterr)
{
	bool check = nt_cli_has(cli, "check"), rows = nt_cli_has(cli, "rows") || nt_cli_has(cli, "where");

	if (check && (rows || nt_cli_has(cli, "output") || nt_cli_has(cli, "bundle")))
		return vf_fail(reterr, VF_USAGE, "--check writes nothing: leave out --rows, --where, -o and --bundle");
	if (!check && !rows)
		return vf_fail(reterr, VF_USAGE, "say which rows: --rows 5,10-20 or --where COLUMN=VALUE");
	if (!check && !nt_cli_has(cli, "output"))
		return vf_fail(reterr, VF_USAGE, "say where the excerpt goes: -o FILE");
	if (nt_cli_has(cli, "bundle") && nt_remote_is_wanted(cli))
		return vf_fail(reterr, VF_USAGE, "--bundle needs the notary's folder: get the bundle with 'trialnotary fetch'");
	if (nt_cli_has(cli, "bundle") && strcmp(nt_cli_get(cli, "bundle"), nt_cli_get(cli, "output")) == 0)
		return vf_fail(reterr, VF_USAGE, "excerpt and bundle are two files: -o and --bundle name the same");
	return VF_OK;
}

static VF_RC open_record(struct excerpting *x, struct vf_err *reterr)
{
	bool remote = nt_remote_is_wanted(x->cli);
	enum vf_rc rc;

	if (x->cli->n_args != (remote ? 1 : 2))
		return vf_fail(reterr, VF_USAGE, remote ? "with --server there is no DIR: give the ID" : "give the notary's folder and the ID");
	if (remote) {
		rc = nt_remote_connect(x->cli, &x->remote, reterr);
		return rc == VF_OK ? read_submission(x, x->cli->args[0], reterr) : rc;
	}
	rc = nt_remote_check_unused(x->cli, 2, reterr);
	if (rc == VF_OK && nt_cli_has(x->cli, "output"))
		rc = nt_verb_check_output(x->cli, reterr);
	if (rc == VF_OK && nt_cli_has(x->cli, "bundle"))
		rc = nt_verb_check_place(x->cli, nt_cli_get(x->cli, "bundle"), reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(x->cli, &x->n, reterr);
	return rc == VF_OK ? read_record(x, x->cli->args[1], reterr) : rc;
}

static VF_RC run(struct excerpting *x, struct vf_err *reterr)
{
	bool check = nt_cli_has(x->cli, "check"), force = nt_cli_has(x->cli, "force");
	struct nt_content c;
	enum vf_rc rc = check_options(x->cli, reterr);

	if (rc == VF_OK && !check)
		rc = nt_named_check(nt_cli_get(x->cli, "output"), &excerpt_kind, force, reterr);
	if (rc == VF_OK && nt_cli_has(x->cli, "bundle"))
		rc = nt_export_check_place(nt_cli_get(x->cli, "bundle"), force, reterr);
	if (rc == VF_OK)
		rc = read_from(x, reterr);
	if (rc == VF_OK)
		rc = open_record(x, reterr);
	if (rc == VF_OK)
		rc = find_member(x, reterr);
	if (rc == VF_OK)
		rc = find_document(x, reterr);
	if (rc == VF_OK)
		rc = open_document(x, x->document, &c, reterr);
	if (rc != VF_OK)
		return rc;
	rc = check ? check_tree(x, c.fd, reterr) : make_excerpt(x, c.fd, reterr);
	close(c.fd);
	if (rc == VF_OK && nt_cli_has(x->cli, "bundle"))
		rc = write_bundle(x, nt_cli_get(x->cli, "bundle"), reterr);
	if (rc == VF_OK && !check)
		rc = nt_named_write(nt_cli_get(x->cli, "output"), &excerpt_kind, force, 0600, nt_buf_bytes(&x->text), reterr);
	if (rc == VF_OK)
		put_result(x);
	return rc;
}

VF_RC nt_verb_excerpt(struct nt_cli *cli, struct vf_err *reterr)
{
	struct excerpting *x = calloc(1, sizeof(*x));
	enum vf_rc rc;

	if (!x)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an excerpt");
	x->cli = cli;
	rc = run(x, reterr);
	explicit_bzero(&x->secret, sizeof(x->secret));
	nt_record_free(x->record);
	nt_notary_free(x->n);
	nt_remote_done(&x->remote);
	nt_buf_done(&x->text);
	free(x->pending_block);
	free(x->documents);
	free(x->choice.ranges);
	free(x->from);
	free(x);
	return rc;
}
