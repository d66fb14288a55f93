/*
 * WHO ICTRP, CSV: the search portal's "Export results to CSV" and the sets that the WHO published from 2020 on. The first
 * row names the columns, in any order: names of the XML with blanks in place of '_', some others for the same. Cells say
 * what the elements of the XML say; "NULL" is nothing. The full export for institutions has no names and is not read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "trial/read/ictrp_inside.h"
#include "trial/read/readers.h"
#include "trial/read/rows_inside.h"
#include "trial/read/table.h"

#define MAX_NAME 64u

struct reading {
	struct tr_ictrp of; /* first */
	struct tr_reading *r;
	size_t n_columns;
	char (*names)[MAX_NAME]; /* of the columns, as the XML writes them; "": not read */
	/* the cell that is read */
	uint64_t row;
	size_t column;
	struct tr_table_buffer text;
	bool is_warned; /* of text that is not UTF-8 */
};

/* ---- names ---- */

static bool is_name(struct vf_bytes text, const char *name)
{
	if (text.n != strlen(name))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = (char)(text.p[i] == ' ' ? '_' : text.p[i]);

		if (strncasecmp(&c, &name[i], 1) != 0)
			return false;
	}
	return true;
}

/* The element of the XML that a column is; "" when none that is read. */
static const char *element_of(struct vf_bytes column)
{
	static const struct {
		const char *column, *element;
	} names[] = {
		{"Acronym", NULL},
		{"Date_enrollement", NULL}, /* as they write it */
		{"Date_registration", NULL},
		{"Date_registration3", NULL},
		{"Ethics_Approval_Date", "Ethics_review_approval_date"},
		{"Ethics_Status", "Ethics_review_status"},
		{"Ethics_review_approval_date", NULL},
		{"Ethics_review_status", NULL},
		{"Export_date", NULL},
		{"Phase", NULL},
		{"Primary_outcome", NULL},
		{"Primary_sponsor", NULL},
		{"Prospective_registration", NULL},
		{"Public_title", NULL},
		{"Recruitment_Status", NULL},
		{"Scientific_title", NULL},
		{"Secondary_ID", NULL},
		{"Secondary_IDs", NULL},
		{"Secondary_outcome", NULL},
		{"Source_Register", NULL},
		{"Target_size", NULL},
		{"TrialID", NULL},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_name(column, names[i].column))
			return names[i].element ? names[i].element : names[i].column;
	return "";
}

/* ---- rows ---- */

static VF_RC begin_table(void *ctx, const struct tr_dataset *table, struct vf_err *reterr)
{
	struct reading *d = ctx;

	free(d->names);
	d->n_columns = table->n_columns;
	d->names = calloc(table->n_columns + 1, sizeof(*d->names));
	if (!d->names)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	for (size_t i = 0; i < table->n_columns; i++) {
		snprintf(d->names[i], MAX_NAME, "%s", element_of(tr_record_trim(table->columns[i].name)));
		for (size_t k = 0; k < i && d->names[i][0]; k++)
			if (strcmp(d->names[k], d->names[i]) == 0) {
				enum vf_rc rc = tr_warn(d->r, TR_W_DUPLICATE, NULL, reterr,
					"two columns are '%s': the first is read", d->names[i]);

				if (rc != VF_OK)
					return rc;
				d->names[i][0] = '\0';
			}
	}
	return VF_OK;
}

static void put_place(const void *ctx, char *out, size_t cap)
{
	const struct reading *d = ctx;

	if (cap)
		snprintf(out, cap, "row %" PRIu64 ", column %s", d->row, d->names[d->column]);
}

static VF_RC read_cell(struct reading *d, struct vf_bytes text, struct vf_err *reterr)
{
	struct tr_place place = {put_place, d};
	bool changed;
	enum vf_rc rc = tr_to_utf8(&d->text, &text, &changed, reterr);

	if (rc == VF_OK && changed && !d->is_warned) {
		d->is_warned = true;
		rc = tr_warn(d->r, TR_W_ENCODING, &place, reterr, "a text is not UTF-8");
	}
	return rc == VF_OK ? tr_record_value(&d->of.rec, vf_bytes_str(d->names[d->column]), place, text, reterr) : rc;
}

/* The identifier comes first, wherever its column is: a record's own stands before those that it links to. */
static VF_RC read_row(void *ctx, const struct tr_cell *cells, struct vf_err *reterr)
{
	struct reading *d = ctx;
	enum vf_rc rc = VF_OK;

	d->row++;
	tr_ictrp_begin(&d->of);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; rc == VF_OK && i < d->n_columns; i++) {
			bool is_id = strcmp(d->names[i], "TrialID") == 0;

			d->column = i;
			if (!d->names[i][0] || is_id != (pass == 0) || cells[i].type != TR_CELL_TEXT ||
				vf_bytes_is(tr_record_trim(cells[i].text), "NULL"))
				continue;
			rc = read_cell(d, cells[i].text, reterr);
		}
	return rc == VF_OK ? tr_ictrp_end(&d->of, reterr) : rc;
}

static VF_RC end_table(void *ctx, uint64_t rows, struct vf_err *reterr)
{
	(void)ctx;
	(void)rows;
	(void)reterr;
	return VF_OK;
}

/* ---- the file ---- */

static VF_RC read_rows(struct reading *d, struct vf_err *reterr)
{
	static const struct tr_about whole = {0};
	const struct tr_row_sink sink = {begin_table, read_row, end_table, d};
	struct tr_giving g = {.sink = &sink};
	struct vf_err err = {0};
	enum vf_rc rc = tr_rows_csv(d->r->in, &g, &err);

	tr_giving_done(&g);
	if (rc == VF_UNSUPPORTED) /* UTF-16, rows that end in CR alone */
		rc = tr_warn(d->r, TR_W_UNREAD, NULL, &err, "%s", err.text);
	if (rc == VF_OK)
		return tr_say_count(d->r, TR_F_FILE_REGISTRY_RECORDS, &whole, d->of.n_records, reterr);
	if (reterr)
		*reterr = err;
	return rc;
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading *d = calloc(1, sizeof(*d));
	enum vf_rc rc;

	if (!d)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read records");
	d->r = r;
	tr_ictrp_init(&d->of, r);
	rc = read_rows(d, reterr);
	tr_record_done(&d->of.rec);
	free(d->names);
	free(d->text.p);
	free(d);
	return rc;
}

/* The next name of the first row, without its quotes; false at its end. */
static bool next_name(struct vf_bytes *line, uint8_t delimiter, struct vf_bytes *ret)
{
	struct vf_bytes quote;

	if (line->n == 0)
		return false;
	if (!vf_take_until(line, delimiter, ret)) {
		*ret = *line;
		line->n = 0;
	}
	*ret = tr_record_trim(*ret);
	if (ret->n > 1 && ret->p[0] == '"' && ret->p[ret->n - 1] == '"') {
		ret->n--;
		return vf_take(ret, 1, &quote);
	}
	return true;
}

/* Names of its columns are all that tells it from other tables: TrialID, first, and a date of registration. */
static bool claims(const struct tr_peek *peek)
{
	struct vf_bytes head = peek->head, line, name, rest;
	uint8_t delimiter;

	(void)vf_take_str(&head, "\xef\xbb\xbf");
	if (!vf_take_until(&head, '\n', &line))
		line = head;
	rest = line;
	if (!(vf_take_str(&rest, "TrialID") || vf_take_str(&rest, "\"TrialID\"")) || !vf_take_u8(&rest, &delimiter) ||
		!memchr(",;\t|", delimiter, 4))
		return false;
	while (next_name(&rest, delimiter, &name))
		if (is_name(name, "Date_registration"))
			return true;
	return false;
}

const struct tr_reader tr_read_ictrp_csv = {"ictrp-csv", "WHO ICTRP records, CSV", claims, read_file};
