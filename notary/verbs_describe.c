/* describe: what files say about themselves, as text or as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "notary/file_input.h"
#include "notary/files.h"
#include "notary/hashing.h"
#include "notary/verbs.h"
#include "trial/read/fact_list.h"
#include "trial/read/mapping.h"
#include "verify/text.h"

/* Things of one kind that are shown unless all are asked for, and octets of a value. */
#define SHOWN_ITEMS 12
#define SHOWN_VALUE 100

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
	"them. Persons are counted and not named unless --subjects is given. Nothing is fetched or changed. Exit\n"
	"status 1 when a file is not in the form of its format: what could be read is shown. A file of no known\n"
	"format can be notarised like any other.";

struct describing {
	struct nt_cli *cli;
	unsigned wants;
	bool all, places;
	struct tr_mapping *mapping;
	size_t n; /* files shown */
	enum vf_rc first;
	struct vf_err err;
};

/* ---- JSON ---- */

static void put_json_fact(struct nt_buf *out, const struct tr_kept_fact *f, bool first)
{
	nt_buf_putf(out, "%s{\"name\":\"%s\"", first ? "" : ",", tr_fact_name(f->name));
	if (f->item)
		nt_buf_putf(out, ",\"item\":%" PRIu64, f->item);
	if (f->subject.n)
		nt_cli_field(out, "subject", f->subject);
	nt_cli_field(out, "value", f->value);
	if (f->normal.n)
		nt_cli_field(out, "normal", f->normal);
	if (tr_fact_type(f->name) == TR_DATE) {
		nt_cli_field(out, "precision", vf_bytes_str(tr_precision_name(f->precision)));
		if (f->is_bad)
			nt_buf_put_str(out, ",\"bad\":true");
	}
	nt_cli_field(out, "grade", vf_bytes_str(tr_grade_name(f->grade)));
	if (f->place[0])
		nt_cli_field(out, "place", vf_bytes_str(f->place));
	nt_buf_put_u8(out, '}');
}

static void put_json(struct describing *d, const char *name, const struct vf_pair *digests, uint64_t size,
	const struct tr_fact_list *l)
{
	struct nt_buf *out = &d->cli->text;

	nt_buf_put_str(out, d->n ? ",{\"name\":" : "{\"name\":");
	nt_cli_put_json(out, vf_bytes_str(name));
	nt_buf_putf(out, ",\"size\":%" PRIu64, size);
	nt_cli_hex_field(out, "sha256", vf_bytes(digests->sha256.b, sizeof(digests->sha256.b)));
	nt_cli_hex_field(out, "sha512", vf_bytes(digests->sha512.b, sizeof(digests->sha512.b)));
	nt_cli_field(out, "reader", vf_bytes_str(l->reader ? l->reader->name : ""));
	nt_buf_put_str(out, ",\"facts\":[");
	for (size_t i = 0; i < l->n; i++)
		put_json_fact(out, &l->facts[i], i == 0);
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

/* The order in which facts are shown: the file's, then one thing after the other. */
static int by_item(const void *a, const void *b)
{
	const struct tr_kept_fact *x = *(const struct tr_kept_fact *const *)a, *y = *(const struct tr_kept_fact *const *)b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x > y) - (x < y);
}

static size_t kind_length(enum tr_fact_name name)
{
	return strcspn(tr_fact_name(name), ".");
}

static bool is_same_kind(enum tr_fact_name a, enum tr_fact_name b)
{
	size_t n = kind_length(a);

	return n == kind_length(b) && strncmp(tr_fact_name(a), tr_fact_name(b), n) == 0;
}

/* How many things of each kind there were; a kind is named by the first of its facts. */
struct kinds {
	size_t count[TR_FACT_COUNT];
	enum tr_fact_name first[TR_FACT_COUNT];
};

static void kinds_init(struct kinds *k)
{
	memset(k, 0, sizeof(*k));
	for (int i = 0; i < TR_FACT_COUNT; i++) {
		int j = 0;

		while (!is_same_kind((enum tr_fact_name)j, (enum tr_fact_name)i))
			j++;
		k->first[i] = (enum tr_fact_name)j;
	}
}

static void put_value(struct nt_buf *out, struct vf_bytes text, bool all)
{
	bool cut = !all && text.n > SHOWN_VALUE;

	if (cut) {
		text.n = SHOWN_VALUE;
		while (text.n && (text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	nt_cli_put_text(out, text);
	if (cut)
		nt_buf_put_str(out, " ...");
}

static void put_fact(const struct describing *d, const struct tr_kept_fact *f)
{
	struct nt_buf *out = &d->cli->text;

	nt_buf_putf(out, f->item ? "    %-32s " : "  %-34s ", tr_fact_name(f->name));
	if (f->subject.n) {
		nt_cli_put_text(out, f->subject);
		nt_buf_put_str(out, ": ");
	}
	put_value(out, f->value, d->all);
	if (f->is_bad)
		nt_buf_put_str(out, "  (not a date of its form)");
	else if (tr_fact_type(f->name) == TR_DATE && f->precision == TR_PRECISION_NONE)
		nt_buf_put_str(out, "  (no date that can be used)");
	else if (tr_fact_type(f->name) == TR_DATE && !vf_bytes_eq(f->normal, f->value))
		nt_buf_putf(out, "  = %.*s", VF_STR(f->normal));
	if (f->grade != TR_DECLARED)
		nt_buf_putf(out, "  [%s]", tr_grade_name(f->grade));
	if (d->places && f->place[0]) {
		nt_buf_put_str(out, "  at ");
		nt_cli_put_text(out, vf_bytes_str(f->place));
	}
	nt_buf_put_u8(out, '\n');
}

static void put_left_out(const struct describing *d, const struct kinds *k)
{
	for (int i = 0; i < TR_FACT_COUNT; i++)
		if (k->first[i] == (enum tr_fact_name)i && k->count[i] > SHOWN_ITEMS && !d->all)
			nt_buf_putf(&d->cli->text, "  and %zu more of '%.*s' (--all shows them)\n", k->count[i] - SHOWN_ITEMS,
				(int)kind_length((enum tr_fact_name)i), tr_fact_name((enum tr_fact_name)i));
}

static VF_RC put_facts(const struct describing *d, const struct tr_fact_list *l, struct vf_err *reterr)
{
	const struct tr_kept_fact **order = malloc((l->n + 1) * sizeof(struct tr_kept_fact *));
	struct kinds k;
	uint64_t item = 0;
	bool shown = true;

	if (!order)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to show the facts of a file");
	for (size_t i = 0; i < l->n; i++)
		order[i] = &l->facts[i];
	qsort(order, l->n, sizeof(struct tr_kept_fact *), by_item);
	kinds_init(&k);
	for (size_t i = 0; i < l->n; i++) {
		if (order[i]->item != item) {
			enum tr_fact_name kind = k.first[order[i]->name];

			item = order[i]->item;
			shown = ++k.count[kind] <= SHOWN_ITEMS || d->all;
			if (shown)
				nt_buf_putf(&d->cli->text, "  %.*s %zu\n", (int)kind_length(kind), tr_fact_name(kind),
					k.count[kind]);
		}
		if (shown)
			put_fact(d, order[i]);
	}
	put_left_out(d, &k);
	free(order);
	return VF_OK;
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

static VF_RC put_text(const struct describing *d, const char *name, const struct vf_pair *digests, uint64_t size,
	const struct tr_fact_list *l, struct vf_err *reterr)
{
	struct nt_buf *out = &d->cli->text;
	enum vf_rc rc = VF_OK;

	if (d->n)
		nt_buf_put_u8(out, '\n');
	nt_cli_put_text(out, vf_bytes_str(name));
	nt_buf_putf(out, "\n  %s, %" PRIu64 " octets\n  SHA-256 ", l->reader ? l->reader->title : "no format that is known", size);
	nt_verb_put_id(out, &digests->sha256);
	nt_buf_put_u8(out, '\n');
	rc = put_facts(d, l, reterr);
	put_warnings(out, l);
	if (l->rc != VF_OK) {
		nt_buf_putf(out, "  not read to its end: %s: ", vf_rc_name(l->rc));
		nt_cli_put_text(out, vf_bytes_str(l->err.text));
		nt_buf_put_u8(out, '\n');
	}
	return rc;
}

/* ---- the verb ---- */

static VF_RC describe_file(struct describing *d, const struct nt_file *file, struct vf_err *reterr)
{
	struct tr_fact_list list = {0};
	struct nt_file_input in;
	struct vf_pair digests;
	uint64_t size;
	enum vf_rc rc = nt_hash_file(file->path, &digests, &size, reterr);

	if (rc == VF_OK)
		rc = nt_file_input_open(&in, file->path, file->name, reterr);
	if (rc != VF_OK)
		return rc;
	rc = tr_fact_list_read(&list, &in.input, d->wants, d->mapping, reterr);
	nt_file_input_done(&in);
	if (rc == VF_OK && d->cli->json)
		put_json(d, file->name, &digests, size, &list);
	else if (rc == VF_OK)
		rc = put_text(d, file->name, &digests, size, &list, reterr);
	if (rc == VF_OK && list.rc != VF_OK && d->first == VF_OK) {
		d->first = list.rc;
		vf_ignore(vf_fail(&d->err, list.rc, "%s: %s", file->name, list.err.text)); /* returned at the end */
	}
	d->n++;
	tr_fact_list_done(&list);
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
	cli->keep_text = d.n > 0; /* else the refusal is all that there is to say */
	tr_mapping_free(d.mapping);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	if (rc == VF_OK && d.first != VF_OK) {
		*reterr = d.err;
		rc = d.first;
	}
	return rc;
}
