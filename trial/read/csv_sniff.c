#include "trial/read/csv_inside.h"

/* Rows of a head under one delimiter. */
struct tally {
	size_t rows, even; /* even: with as many fields as the first */
	size_t first;
	bool is_header;    /* each field of the first row is a name */
};

/* A field's end: behind its quotes if it has any. */
static size_t field_end(struct vf_bytes b, size_t i, uint8_t delimiter, uint8_t line_end)
{
	if (i < b.n && b.p[i] == '"')
		for (i++; i < b.n; i++) {
			if (b.p[i] != '"')
				continue;
			if (i + 1 < b.n && b.p[i + 1] == '"')
				i++;
			else
				break;
		}
	while (i < b.n && b.p[i] != delimiter && b.p[i] != line_end)
		i++;
	return i;
}

/* What stands above values: not empty (but R leaves the first one so), and no number or date. */
static bool is_name(struct vf_bytes b, bool is_first)
{
	struct vf_bytes one;

	while (b.n && memchr("\" -+.", b.p[0], 5) && vf_take(&b, 1, &one))
		;
	while (b.n && (b.p[b.n - 1] == '"' || b.p[b.n - 1] <= ' '))
		b.n--;
	return b.n ? b.p[0] < '0' || b.p[0] > '9' : is_first;
}

static struct tally tally(struct vf_bytes b, bool is_whole, uint8_t delimiter, uint8_t line_end)
{
	struct tally t = {.is_header = true};
	struct vf_bytes field;
	size_t i = 0;

	while (i < b.n) {
		size_t fields = 0, begin = i, at;

		for (;;) {
			at = i;
			i = field_end(b, i, delimiter, line_end);
			fields++;
			if (t.rows == 0 && vf_bytes_slice(b, at, i - at, &field) && !is_name(field, fields == 1))
				t.is_header = false;
			if (i >= b.n || b.p[i] == line_end)
				break;
			i++;
		}
		if (i >= b.n && !is_whole && t.rows > 0)
			break; /* a row that goes on behind the head */
		if (i == begin || (i == begin + 1 && b.p[begin] == '\r')) {
			i++;
			continue; /* a line without anything */
		}
		i++;
		if (t.rows++ == 0)
			t.first = fields;
		t.even += fields == t.first;
	}
	return t;
}

static bool is_text(struct vf_bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < ' ' && b.p[i] != '\t' && b.p[i] != '\n' && b.p[i] != '\r')
			return false;
	return true;
}

bool tr_csv_sniff(struct vf_bytes head, bool is_whole, struct tr_csv_form *ret)
{
	static const uint8_t delimiters[] = {',', ';', '\t', '|'};
	struct tr_csv_form form = {.line_end = head.n && memchr(head.p, '\n', head.n) ? '\n' : '\r'};

	if (!is_text(head))
		return false;
	for (size_t i = 0; i < sizeof(delimiters); i++) {
		struct tally t = tally(head, is_whole, delimiters[i], form.line_end);
		bool is_even = t.even == t.rows;

		if (t.first < 2 || 10 * t.even < 9 * t.rows)
			continue;
		if (form.n_columns && (form.is_even != is_even ? form.is_even : form.n_columns >= t.first)) {
			form.is_ambiguous = form.is_ambiguous || (is_even && form.n_columns == t.first);
			continue;
		}
		form.is_ambiguous = false;
		form.n_columns = t.first;
		form.delimiter = delimiters[i];
		form.has_header = t.is_header;
		form.n_rows = t.rows;
		form.is_even = is_even;
	}
	*ret = form;
	return form.n_columns > 0;
}
