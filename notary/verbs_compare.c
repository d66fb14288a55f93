#include "notary/verbs_compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/compare.h"
#include "notary/document.h"
#include "notary/durable.h"
#include "notary/verbs.h"
#include "verify/text.h"

/* Columns, and lines about them, that are shown; --json has all. */
#define SHOWN_COLUMNS 20
#define SHOWN_LINES 20

const struct nt_option nt_compare_options[] = {
	{"bytes", 0, NULL, "only the same octets are the same: all else ends with status 1", false, false},
	{"values", 0, NULL, "show the first values that differ: they may be those of persons", false, false},
	{"name", 0, "NAME", "the document of the record (default: the one with the file's name, or the only one)", false, false},
	{"from", 0, "PATH", "file or folder in which documents of the record are now", false, true},
	{0},
};

const char nt_compare_details[] =
	"The first word says by what they are the same: 'bytes': the same file. 'xml': other octets, the same canonical\n"
	"XML. 'rows': other octets, the same values in the same order. 'listing': the same files in both folders,\n"
	"archives or listings. 'different': by none of them; what differs first is said. Status 0 for the same, 1 for\n"
	"different. A record is compared by what it declares (submit --canonical). Docs: docs/formats/canonical.md.";

/* ---- text ---- */

static void put_digest(struct nt_buf *out, const char *label, const struct vf_hash *sha256, uint64_t size)
{
	nt_buf_putf(out, "  %-7s %" PRIu64 " octets, SHA-256 ", label, size);
	nt_verb_put_id(out, sha256);
	nt_buf_put_u8(out, '\n');
}

static const char *sentence(enum nt_level level)
{
	switch (level) {
	case NT_LEVEL_DIFFERENT:
		return "different\n";
	case NT_LEVEL_BYTES:
		return "bytes: the same file\n";
	case NT_LEVEL_XML:
		return "xml: not the same bytes; the same content by " TR_C14N_ALGORITHM "\n";
	case NT_LEVEL_ROWS:
		return "rows: not the same bytes; the same values by " TR_ROWS_ALGORITHM "\n";
	case NT_LEVEL_LISTING:
		return "listing: not the same bytes; the same files in it by trialnotary/listing/1\n";
	}
	return "";
}

static void put_place(struct nt_buf *out, const struct tr_c14n_place *p, bool is_cut, const char *file)
{
	if (is_cut)
		nt_buf_putf(out, "the end of the %s file", file);
	else
		nt_buf_putf(out, "%s, line %u of the %s file", p->path, p->line, file);
}

static void put_xml(struct nt_buf *out, const struct nt_xml_difference *x)
{
	nt_buf_put_str(out, "  xml: they differ first in ");
	put_place(out, &x->first, x->is_cut[0], "first");
	nt_buf_put_str(out, ", and ");
	put_place(out, &x->second, x->is_cut[1], "second");
	nt_buf_put_u8(out, '\n');
}

static void put_column(struct nt_buf *out, const struct nt_column_diff *d, bool values)
{
	nt_buf_put_str(out, "    column ");
	nt_cli_put_text(out, d->name);
	nt_buf_putf(out, ": %" PRIu64 " cells differ, first in row %" PRIu64, d->cells, d->first_row);
	if (d->texts == 0)
		nt_buf_putf(out, "; numbers, by at most %.2g of the value", d->most);
	if (values)
		nt_buf_putf(out, ": %s | %s", d->values[0], d->values[1]);
	nt_buf_put_u8(out, '\n');
}

/* The first lines, with some blanks before each. */
static void put_lines(struct nt_buf *out, struct vf_bytes text)
{
	struct vf_bytes line;
	size_t n = 0;

	while (vf_take_line(&text, &line)) {
		if (n++ >= SHOWN_LINES)
			continue;
		nt_buf_put_str(out, "    ");
		nt_buf_put(out, line);
		nt_buf_put_u8(out, '\n');
	}
	if (n > SHOWN_LINES)
		nt_buf_putf(out, "    and %zu more like these\n", n - SHOWN_LINES);
}

static void put_rows(struct nt_buf *out, const struct nt_rows_diff *d, bool values)
{
	nt_buf_putf(out, "  rows: %" PRIu64 " in the first file, %" PRIu64 " in the second; %" PRIu64 " have cells that differ\n", d->rows[0],
		d->rows[1], d->rows_differ);
	put_lines(out, nt_buf_bytes(&d->text));
	for (size_t i = 0; i < d->n_columns && i < SHOWN_COLUMNS; i++)
		put_column(out, &d->columns[i], values);
	if (d->n_columns > SHOWN_COLUMNS)
		nt_buf_putf(out, "    and %zu more columns\n", d->n_columns - SHOWN_COLUMNS);
}

static void put_listing(struct nt_buf *out, const struct nt_comparison *c)
{
	nt_buf_putf(out, "  listing: %zu members in the first, %zu in the second; %" PRIu64 " names differ\n", c->members[0], c->members[1],
		c->listing_differs);
	put_lines(out, nt_buf_bytes(&c->text));
}

static void put_form(struct nt_buf *out, enum nt_form form, const struct nt_form_tried *t)
{
	char label[32];

	if (t->state == NT_FORM_REFUSED)
		nt_buf_putf(out, "  %s: not compared: %s\n", nt_form_word(form), t->reason);
	if (t->state != NT_FORM_SAME)
		return;
	snprintf(label, sizeof(label), "%s", nt_form_word(form));
	put_digest(out, label, &t->digests[0].digests.sha256, t->digests[0].size);
}

static void put_text(struct nt_cli *cli, const struct nt_comparison *c)
{
	struct nt_buf *out = &cli->text;

	nt_buf_put_str(out, sentence(c->level));
	for (size_t f = 0; f < NT_FORM_COUNT; f++)
		put_form(out, (enum nt_form)f, &c->forms[f]);
	if (c->level == NT_LEVEL_LISTING)
		nt_buf_putf(out, "  %zu members, listing's SHA-256 ", c->members[0]);
	if (c->level == NT_LEVEL_LISTING)
		nt_verb_put_id(out, &c->listings[0].sha256);
	if (c->level == NT_LEVEL_LISTING)
		nt_buf_put_u8(out, '\n');
	if (c->has_digests && c->level == NT_LEVEL_BYTES)
		put_digest(out, "both", &c->digests[0].sha256, c->size[0]);
	for (size_t i = 0; i < 2 && c->has_digests && c->level != NT_LEVEL_BYTES; i++)
		put_digest(out, i ? "second" : "first", &c->digests[i].sha256, c->size[i]);
	if (c->has_xml)
		put_xml(out, &c->xml);
	if (c->has_rows)
		put_rows(out, &c->rows, nt_cli_has(cli, "values"));
	if (c->has_listing && c->level != NT_LEVEL_LISTING)
		put_listing(out, c);
}

/* ---- JSON ---- */

static void put_pair(struct nt_buf *out, const char *before, uint64_t size, const struct vf_pair *digests)
{
	nt_buf_putf(out, "%s{\"size\":%" PRIu64, before, size);
	nt_cli_hex_field(out, "sha256", vf_bytes(digests->sha256.b, 32));
	nt_cli_hex_field(out, "sha512", vf_bytes(digests->sha512.b, 64));
	nt_buf_put_u8(out, '}');
}

static void put_json_form(struct nt_buf *out, enum nt_form form, const struct nt_form_tried *t)
{
	static const char *const results[] = {"", "same", "different", "refused"};

	nt_buf_put_str(out, "{\"form\":");
	nt_cli_put_json(out, vf_bytes_str(nt_form_word(form)));
	nt_cli_field(out, "algorithm", vf_bytes_str(nt_form_algorithm(form)));
	nt_cli_field(out, "result", vf_bytes_str(results[t->state]));
	nt_cli_field(out, "reason", vf_bytes_str(t->reason));
	if (t->state != NT_FORM_REFUSED) {
		put_pair(out, ",\"first\":", t->digests[0].size, &t->digests[0].digests);
		put_pair(out, ",\"second\":", t->digests[1].size, &t->digests[1].digests);
	}
	nt_buf_put_u8(out, '}');
}

static void put_json_place(struct nt_buf *out, const char *before, const struct tr_c14n_place *p, bool is_cut)
{
	nt_buf_putf(out, "%s{\"path\":", before);
	nt_cli_put_json(out, vf_bytes_str(p->path));
	nt_buf_putf(out, ",\"line\":%u,\"end\":%s}", p->line, is_cut ? "true" : "false");
}

static void put_json_rows(struct nt_buf *out, const struct nt_rows_diff *d, bool values)
{
	nt_buf_putf(out, ",\"rows\":{\"first\":%" PRIu64 ",\"second\":%" PRIu64 ",\"differ\":%" PRIu64, d->rows[0], d->rows[1], d->rows_differ);
	nt_cli_field(out, "text", nt_buf_bytes(&d->text));
	nt_buf_put_str(out, ",\"columns\":[");
	for (size_t i = 0; i < d->n_columns; i++) {
		const struct nt_column_diff *k = &d->columns[i];

		nt_buf_put_str(out, i ? ",{\"name\":" : "{\"name\":");
		nt_cli_put_json(out, k->name);
		nt_buf_putf(out, ",\"cells\":%" PRIu64 ",\"texts\":%" PRIu64 ",\"most\":%.3g,\"row\":%" PRIu64, k->cells, k->texts, k->most, k->first_row);
		if (values) {
			nt_cli_field(out, "first", vf_bytes_str(k->values[0]));
			nt_cli_field(out, "second", vf_bytes_str(k->values[1]));
		}
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_str(out, "]}");
}

static void put_json(struct nt_cli *cli, const struct nt_comparison *c)
{
	struct nt_buf *out = &cli->text;
	size_t n = 0;

	nt_cli_begin(cli);
	nt_cli_field(out, "level", vf_bytes_str(nt_level_word(c->level)));
	if (c->has_digests) {
		put_pair(out, ",\"first\":", c->size[0], &c->digests[0]);
		put_pair(out, ",\"second\":", c->size[1], &c->digests[1]);
	}
	nt_buf_put_str(out, ",\"forms\":[");
	for (size_t f = 0; f < NT_FORM_COUNT; f++) {
		if (c->forms[f].state == NT_FORM_NOT_TRIED)
			continue;
		if (n++ > 0)
			nt_buf_put_u8(out, ',');
		put_json_form(out, (enum nt_form)f, &c->forms[f]);
	}
	nt_buf_put_u8(out, ']');
	if (c->has_xml) {
		put_json_place(out, ",\"xml\":{\"first\":", &c->xml.first, c->xml.is_cut[0]);
		put_json_place(out, ",\"second\":", &c->xml.second, c->xml.is_cut[1]);
		nt_buf_put_u8(out, '}');
	}
	if (c->has_rows)
		put_json_rows(out, &c->rows, nt_cli_has(cli, "values"));
	if (c->has_listing) {
		nt_buf_putf(out, ",\"listing\":{\"first\":%zu,\"second\":%zu,\"differ\":%" PRIu64, c->members[0], c->members[1], c->listing_differs);
		nt_cli_hex_field(out, "sha256", vf_bytes(c->listings[0].sha256.b, 32));
		nt_cli_field(out, "text", nt_buf_bytes(&c->text));
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_str(out, "}\n");
}

/* ---- a record's document ---- */

static bool is_own(struct vf_bytes name)
{
	return vf_bytes_is(name, NT_DECLARED_NAME) || vf_bytes_is(name, "details.json");
}

static VF_RC choose_document(const struct nt_cli *cli, const struct nt_record *r, size_t *ret, struct vf_err *reterr)
{
	const char *given = nt_cli_get(cli, "name"), *path = cli->args[2], *slash = strrchr(path, '/');
	size_t only = SIZE_MAX, n = 0;
	char shown[160];

	for (size_t i = 0; i < r->n_documents; i++) {
		if (vf_bytes_is(r->documents[i].name, given ? given : slash ? slash + 1 : path)) {
			*ret = i;
			return VF_OK;
		}
		if (!is_own(r->documents[i].name)) {
			only = i;
			n++;
		}
	}
	if (!given && n == 1) {
		*ret = only;
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(given ? given : slash ? slash + 1 : path));
	return vf_fail(reterr, VF_USAGE, "the record has no document '%s'; say with --name which of its %zu documents is meant: 'trialnotary show %.64s %.16s'",
		shown, n, cli->args[0], cli->args[1]);
}

static VF_RC read_declaration(struct nt_notary *n, const struct nt_cli *cli, const struct nt_document *d, struct nt_buf *out,
	struct vf_err *reterr)
{
	const char **from = NULL;
	struct nt_export_options options = {0};
	struct nt_content content;
	enum vf_rc rc = nt_cli_list(cli, "from", &from, &options.n_from, reterr);

	options.from = from;
	if (rc == VF_OK)
		rc = nt_document_open(n, &options, d, &content, reterr);
	free(from);
	if (rc != VF_OK)
		return rc;
	for (;;) {
		uint8_t piece[65536];
		ssize_t got = read(content.fd, piece, sizeof(piece));

		if (got < 0)
			rc = vf_fail(reterr, VF_IO, "'" NT_DECLARED_NAME "' cannot be read");
		if (got <= 0)
			break;
		nt_buf_put(out, vf_bytes(piece, (size_t)got));
	}
	close(content.fd);
	return rc == VF_OK ? nt_buf_check(out, reterr) : rc;
}

/* What canonical.json says of the document; *ret_found is false when the record has none or it says nothing. */
static VF_RC find_declared(struct nt_notary *n, const struct nt_cli *cli, const struct nt_record *r, struct vf_bytes name,
	struct nt_declared *ret, bool *ret_found, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_DECLARED_MAX);
	enum vf_rc rc;

	*ret_found = false;
	for (size_t i = 0; i < r->n_documents; i++) {
		if (!vf_bytes_is(r->documents[i].name, NT_DECLARED_NAME))
			continue;
		rc = read_declaration(n, cli, &r->documents[i], &text, reterr);
		return rc == VF_OK ? nt_declared_find(nt_buf_bytes(&text), name, ret, ret_found, reterr) : rc;
	}
	return VF_OK;
}

/* A mistyped path must not look like a document that the record lacks. */
static VF_RC check_file(const char *path, struct vf_err *reterr)
{
	char shown[160];

	if (access(path, R_OK) == 0)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_NO_INPUT, "'%s' cannot be read: %s", shown, strerror(errno));
}

static VF_RC compare_record(struct nt_cli *cli, struct nt_comparison *ret, struct vf_err *reterr)
{
	struct nt_notary *n = NULL;
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_declared declared;
	bool found = false;
	size_t at = 0;
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_verb_get(n, cli->args[1], &r, reterr);
	if (rc == VF_OK)
		rc = check_file(cli->args[2], reterr);
	if (rc == VF_OK)
		rc = choose_document(cli, r, &at, reterr);
	if (rc == VF_OK)
		rc = find_declared(n, cli, r, r->documents[at].name, &declared, &found, reterr);
	if (rc == VF_OK)
		rc = nt_compare_declared(&r->documents[at].digests, r->documents[at].size, found ? &declared : NULL, cli->args[2], ret, reterr);
	if (rc == VF_OK && !found && ret->level != NT_LEVEL_BYTES)
		nt_cli_note(cli, "the record declares no canonical form of this document (submit --canonical): only its octets are compared");
	nt_notary_free(n);
	return rc;
}

/* ---- the verb ---- */

VF_RC nt_verb_compare(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_comparison c = {0};
	enum vf_rc rc = cli->n_args == 3 ? compare_record(cli, &c, reterr) : nt_compare(cli->args[0], cli->args[1], &c, reterr);

	if (rc != VF_OK) {
		nt_comparison_done(&c);
		return rc;
	}
	if (cli->json)
		put_json(cli, &c);
	else
		put_text(cli, &c);
	if (c.level == NT_LEVEL_DIFFERENT || (nt_cli_has(cli, "bytes") && c.level != NT_LEVEL_BYTES)) {
		cli->keep_text = true;
		rc = vf_fail(reterr, VF_DIGEST_MISMATCH, c.level == NT_LEVEL_DIFFERENT ? "the two differ" : "the two have other octets");
	}
	nt_comparison_done(&c);
	return rc;
}
