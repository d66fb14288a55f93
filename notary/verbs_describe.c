/* describe: what files say about themselves, as text or as JSON. */
#include <inttypes.h>
#include <stdlib.h>

#include "notary/describe_text.h"
#include "notary/file_input.h"
#include "notary/files.h"
#include "notary/hashing.h"
#include "notary/verbs.h"
#include "trial/read/mapping.h"
#include "verify/text.h"

const struct nt_option nt_describe_options[] = {
	{"subjects", 0, NULL, "what the file says of each person too: personal data", false, false},
	{"rows", 0, NULL, "each row with a date; with --subjects whose it is", false, false},
	{"audit", 0, NULL, "each audit record and signature", false, false},
	{"columns", 0, NULL, "each column of data sets", false, false},
	{"mapping", 0, "FILE", "which items are consents and withdrawals (docs/formats/mapping.md)", false, false},
	{"places", 0, NULL, "where in the file each fact stands (with --json always)", false, false},
	{"all", 0, NULL, "everything, however much it is, and values in full", false, false},
	{0},
};

const char nt_describe_details[] =
	"Facts are what the rules of a study and the statement of a record work on; docs/formats/facts.md explains\n"
	"them. Persons are counted and not named unless --subjects is given; nor are values shown that may name them:\n"
	"dates not in their form, reasons of changes. Nothing is fetched or changed. Exit status 1 when a file is not\n"
	"in the form of its format: what could be read is shown. Any file can be notarised, known or not.";

/* One file, while it is read. */
struct describing {
	struct nt_cli *cli;
	unsigned wants;
	bool all, places;
	struct tr_mapping *mapping;
	size_t n; /* files shown */
	enum vf_rc first;
	struct vf_err err;

	/* of the file that is read */
	const char *name;
	struct vf_pair digests;
	uint64_t size, facts;
	bool has_head;
	struct tr_fact_list list; /* what there is beside facts */
	struct nt_describe_text text;
};

/* ---- JSON ---- */

/* Output goes out when it is this long: it may be longer than the file. */
#define FLUSH ((size_t)256 * 1024)

static void put_json_head(struct describing *d)
{
	struct nt_buf *out = &d->cli->text;

	nt_buf_put_str(out, d->n ? ",{\"name\":" : "{\"name\":");
	nt_cli_put_json(out, vf_bytes_str(d->name));
	nt_buf_putf(out, ",\"size\":%" PRIu64, d->size);
	nt_cli_hex_field(out, "sha256", vf_bytes(d->digests.sha256.b, sizeof(d->digests.sha256.b)));
	nt_cli_hex_field(out, "sha512", vf_bytes(d->digests.sha512.b, sizeof(d->digests.sha512.b)));
	nt_cli_field(out, "reader", vf_bytes_str(d->list.reader ? d->list.reader->name : ""));
	nt_buf_put_str(out, ",\"facts\":[");
}

static void put_json_fact(struct describing *d, const struct tr_fact *f)
{
	struct nt_buf *out = &d->cli->text;
	char place[TR_PLACE_LEN + 1] = "";
	bool hidden = nt_describe_is_hidden(d->wants, f);

	nt_buf_putf(out, "%s{\"name\":\"%s\"", d->facts++ ? "," : "", tr_fact_name(f->name));
	if (f->item)
		nt_buf_putf(out, ",\"item\":%" PRIu64, f->item);
	if (f->subject.n)
		nt_cli_field(out, "subject", f->subject);
	nt_cli_field(out, "value", hidden ? vf_bytes("", 0) : f->value);
	if (hidden)
		nt_buf_putf(out, ",\"hidden\":%zu", f->value.n);
	else if (f->normal.n)
		nt_cli_field(out, "normal", f->normal);
	if (f->date) {
		nt_cli_field(out, "precision", vf_bytes_str(tr_precision_name(f->date->precision)));
		if (f->date->is_bad)
			nt_buf_put_str(out, ",\"bad\":true");
	}
	nt_cli_field(out, "grade", vf_bytes_str(tr_grade_name(f->grade)));
	if (f->place.put)
		f->place.put(f->place.ctx, place, sizeof(place));
	if (place[0])
		nt_cli_field(out, "place", vf_bytes_str(place));
	nt_buf_put_u8(out, '}');
	if (out->n >= FLUSH)
		nt_cli_flush(d->cli);
}

static void put_json_end(struct describing *d)
{
	struct nt_buf *out = &d->cli->text;
	const struct tr_fact_list *l = &d->list;

	nt_buf_put_str(out, "],\"warnings\":[");
	for (size_t i = 0; i < l->n_warnings; i++) {
		nt_buf_putf(out, "%s{\"warning\":\"%s\"", i ? "," : "", tr_warning_name(l->warnings[i].warning));
		nt_cli_field(out, "text", vf_bytes_str(l->warnings[i].text));
		nt_cli_field(out, "place", vf_bytes_str(l->warnings[i].place));
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_str(out, "],\"counted\":{");
	for (int i = 0, n = 0; i < TR_WARNING_COUNT; i++)
		if (l->counted[i])
			nt_buf_putf(out, "%s\"%s\":%" PRIu64, n++ ? "," : "", tr_warning_name((enum tr_warning)i), l->counted[i]);
	nt_buf_put_str(out, "}");
	if (l->rc != VF_OK) {
		nt_buf_putf(out, ",\"fault\":{\"code\":\"%s\"", vf_rc_name(l->rc));
		nt_cli_field(out, "text", vf_bytes_str(l->err.text));
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_u8(out, '}');
}

/* ---- text ---- */

static void put_text_head(struct describing *d)
{
	const struct tr_reader *reader = d->list.reader;
	struct nt_buf *out = &d->cli->text;

	if (d->n)
		nt_buf_put_u8(out, '\n');
	nt_cli_put_text(out, vf_bytes_str(d->name));
	nt_buf_putf(out, "\n  %s, %" PRIu64 " octets\n  SHA-256 ", reader ? reader->title : "no format that is known", d->size);
	nt_verb_put_id(out, &d->digests.sha256);
	nt_buf_put_u8(out, '\n');
}

static void put_warnings(struct nt_buf *out, const struct tr_fact_list *l)
{
	size_t kept[TR_WARNING_COUNT] = {0};

	for (size_t i = 0; i < l->n_warnings; i++) {
		const struct tr_kept_warning *w = &l->warnings[i];

		kept[w->warning]++;
		nt_buf_putf(out, "  warning: %s: ", tr_warning_name(w->warning));
		nt_cli_put_text(out, vf_bytes_str(w->text));
		if (w->place[0]) {
			nt_buf_put_str(out, " at ");
			nt_cli_put_text(out, vf_bytes_str(w->place));
		}
		nt_buf_put_u8(out, '\n');
	}
	for (int i = 0; i < TR_WARNING_COUNT; i++)
		if (l->counted[i] > kept[i])
			nt_buf_putf(out, "  warning: %s: %" PRIu64 " more\n", tr_warning_name((enum tr_warning)i),
				l->counted[i] - kept[i]);
}

static VF_RC put_text_end(struct describing *d, struct vf_err *reterr)
{
	struct nt_buf *out = &d->cli->text;
	enum vf_rc rc = nt_describe_text_end(&d->text, reterr);

	put_warnings(out, &d->list);
	if (d->list.rc != VF_OK) {
		nt_buf_putf(out, "  not read to its end: %s: ", vf_rc_name(d->list.rc));
		nt_cli_put_text(out, vf_bytes_str(d->list.err.text));
		nt_buf_put_u8(out, '\n');
	}
	return rc;
}

/* ---- the verb ---- */

static void put_head(struct describing *d)
{
	if (d->has_head)
		return;
	d->has_head = true;
	d->cli->keep_text = true; /* else the refusal is all that there is to say */
	if (d->cli->json)
		put_json_head(d);
	else
		put_text_head(d);
}

static VF_RC put_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr)
{
	struct describing *d = ctx;

	put_head(d);
	if (!d->cli->json)
		return nt_describe_text_fact(&d->text, f, reterr);
	put_json_fact(d, f);
	return VF_OK;
}

/* What was written of a file is finished, also when reading ends with it: a list of JSON has an end. */
static VF_RC read_file(struct describing *d, const struct tr_input *in, struct vf_err *reterr)
{
	enum vf_rc rc = tr_fact_list_pass(&d->list, in, d->wants, d->mapping, put_fact, d, reterr);

	if (rc != VF_OK && !d->has_head)
		return rc;
	put_head(d);
	if (d->cli->json)
		put_json_end(d);
	else if (rc == VF_OK)
		rc = put_text_end(d, reterr);
	if (rc == VF_OK && d->list.rc != VF_OK && d->first == VF_OK) {
		d->first = d->list.rc;
		vf_ignore(vf_fail(&d->err, d->list.rc, "%s: %s", d->name, d->list.err.text)); /* returned at the end */
	}
	d->n++;
	return rc;
}

static VF_RC describe_file(struct describing *d, const struct nt_file *file, struct vf_err *reterr)
{
	struct nt_file_input in;
	enum vf_rc rc = nt_hash_file(file->path, &d->digests, &d->size, reterr);

	if (rc == VF_OK)
		rc = nt_file_input_open(&in, file->path, file->name, reterr);
	if (rc != VF_OK)
		return rc;
	d->name = file->name;
	d->facts = 0;
	d->has_head = false;
	d->text = (struct nt_describe_text){.cli = d->cli, .wants = d->wants, .all = d->all, .places = d->places};
	rc = read_file(d, &in.input, reterr);
	nt_file_input_done(&in);
	nt_describe_text_done(&d->text);
	tr_fact_list_done(&d->list);
	return rc;
}

static VF_RC describe_all(struct describing *d, struct vf_err *reterr)
{
	struct nt_files files = {0};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < d->cli->n_args; i++)
		rc = nt_files_add(&files, d->cli->args[i], reterr);
	for (size_t i = 0; rc == VF_OK && i < files.n; i++) {
		rc = describe_file(d, &files.files[i], reterr);
		if (rc == VF_OK)
			nt_cli_flush(d->cli);
	}
	nt_files_done(&files);
	return rc;
}

static VF_RC read_mapping(const char *path, struct tr_mapping **ret, struct vf_err *reterr)
{
	struct nt_file_input in;
	uint8_t *text;
	enum vf_rc rc = nt_file_input_open(&in, path, path, reterr);

	if (rc != VF_OK)
		return rc;
	if (in.input.size > TR_MAX_MAPPING)
		rc = vf_fail(reterr, VF_LIMIT, "a mapping has at most 1 MiB");
	text = malloc(TR_MAX_MAPPING);
	if (rc == VF_OK && !text)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for a mapping");
	if (rc == VF_OK)
		rc = tr_input_take(&in.input, 0, text, (size_t)in.input.size, reterr);
	if (rc == VF_OK)
		rc = tr_mapping_parse(vf_bytes(text, (size_t)in.input.size), ret, reterr);
	nt_file_input_done(&in);
	free(text);
	return rc;
}

VF_RC nt_verb_describe(struct nt_cli *cli, struct vf_err *reterr)
{
	struct describing d = {.cli = cli, .first = VF_OK, .all = nt_cli_has(cli, "all")};
	enum vf_rc rc = nt_cli_has(cli, "mapping") ? read_mapping(nt_cli_get(cli, "mapping"), &d.mapping, reterr) : VF_OK;

	if (rc != VF_OK)
		return rc;
	d.places = cli->json || nt_cli_has(cli, "places");
	d.wants = (nt_cli_has(cli, "subjects") ? TR_WANT_SUBJECTS : 0) | (nt_cli_has(cli, "rows") ? TR_WANT_ROWS : 0) |
		(nt_cli_has(cli, "audit") ? TR_WANT_AUDIT : 0) | (nt_cli_has(cli, "columns") ? TR_WANT_COLUMNS : 0) |
		(d.places ? TR_WANT_PLACES : 0);
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"files\":[");
	}
	rc = describe_all(&d, reterr);
	tr_mapping_free(d.mapping);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	if (rc == VF_OK && d.first != VF_OK) {
		*reterr = d.err;
		rc = d.first;
	}
	return rc;
}
