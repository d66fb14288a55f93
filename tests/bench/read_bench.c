/*
 * Readers of tables over 128 MB of a made laboratory data set each: facts of the file, rows and persons counted; and
 * with a fact for each row. limit_lines is what 'wc -l' does with the same octets: they are read, and LFs are found.
 */
#include "tests/bench/bench.h"
#include "trial/read/readers.h"

#define TARGET ((size_t)128 * 1000 * 1000)

static uint8_t *file;
static size_t n_file, n_facts;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void put(const void *p, size_t n)
{
	must(n <= TARGET + 65536 - n_file, "the file is too large");
	memcpy(file + n_file, p, n);
	n_file += n;
}

static void put_padded(const char *s, size_t n)
{
	char room[256];

	memset(room, ' ', sizeof(room));
	memcpy(room, s, strlen(s) < n ? strlen(s) : n);
	put(room, n);
}

static const struct {
	const char *name;
	size_t n;
} columns[] = {
	{"STUDYID", 12}, {"DOMAIN", 2}, {"USUBJID", 20}, {"LBSEQ", 8}, {"LBTESTCD", 8}, {"LBTEST", 40}, {"LBCAT", 20}, {"LBORRES", 12},
	{"LBORRESU", 12}, {"LBSTRESC", 12}, {"LBSTRESU", 12}, {"LBNRIND", 10}, {"VISITNUM", 8}, {"VISIT", 20}, {"LBDTC", 19}, {"LBDY", 8},
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* A cell of a row: 200 rows a person. */
static const char *value(size_t row, size_t column)
{
	static const char *const fixed[N_COLUMNS] = {"STUDY-0001", "LB", NULL, NULL, "ALT", "Alanine Aminotransferase", "CHEMISTRY", "27", "U/L",
		"27", "U/L", "NORMAL", "3", "WEEK 2", NULL, "15"};
	static char text[32];

	if (column == 2)
		snprintf(text, sizeof(text), "STUDY-0001-%07zu", row / 200);
	else if (column == 3)
		snprintf(text, sizeof(text), "%zu", row % 200 + 1);
	else if (column == 14)
		snprintf(text, sizeof(text), "2014-%02zu-%02zuT08:30", row / 28 % 12 + 1, row % 28 + 1);
	return fixed[column] ? fixed[column] : text;
}

static void put_xpt_head(void)
{
	size_t at = 0;

	put_padded("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
	put_padded("SAS     SAS     SASLIB  9.4     X64_10PR                        21AUG20:09:14:29", 80);
	put_padded("21AUG20:09:14:29", 80);
	put_padded("HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140", 80);
	put_padded("HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
	put_padded("SAS     LB      SASDATA 9.4     X64_10PR                        21AUG20:09:14:29", 80);
	put_padded("21AUG20:09:14:29", 80);
	put_padded("HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000001600000000000000000000", 80);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		uint8_t d[140] = {0, 2, 0, 0, 0, (uint8_t)columns[i].n, 0, (uint8_t)(i + 1)};

		memset(d + 8, ' ', 56);
		memcpy(d + 8, columns[i].name, strlen(columns[i].name));
		d[86] = (uint8_t)(at >> 8);
		d[87] = (uint8_t)at;
		at += columns[i].n;
		put(d, sizeof(d));
	}
	put_padded("HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
}

static size_t make_xpt(void)
{
	size_t rows = 0;

	n_file = 0;
	put_xpt_head();
	for (; n_file < TARGET; rows++)
		for (size_t i = 0; i < N_COLUMNS; i++)
			put_padded(value(rows, i), columns[i].n);
	while (n_file % 80)
		put(" ", 1);
	return rows;
}

static size_t make_csv(bool quoted)
{
	size_t rows = 0;

	n_file = 0;
	for (size_t i = 0; i < N_COLUMNS; i++) {
		put(columns[i].name, strlen(columns[i].name));
		put(i + 1 < N_COLUMNS ? "," : "\n", 1);
	}
	for (; n_file < TARGET; rows++)
		for (size_t i = 0; i < N_COLUMNS; i++) {
			const char *v = value(rows, i);

			put("\"", quoted);
			put(v, strlen(v));
			put("\"", quoted);
			put(i + 1 < N_COLUMNS ? "," : "\n", 1);
		}
	return rows;
}

static size_t make_json(void)
{
	static const char head[] = "{\"datasetJSONCreationDateTime\":\"2024-11-11T15:09:15\",\"datasetJSONVersion\":\"1.1.0\","
				   "\"itemGroupOID\":\"IG.LB\",\"name\":\"LB\",\"label\":\"Laboratory\",\"columns\":[";
	char text[128];
	size_t rows = 0;

	n_file = 0;
	put(head, strlen(head));
	for (size_t i = 0; i < N_COLUMNS; i++) {
		snprintf(text, sizeof(text), "%s{\"itemOID\":\"IT.%s\",\"name\":\"%s\",\"dataType\":\"string\"}", i ? "," : "",
			columns[i].name, columns[i].name);
		put(text, strlen(text));
	}
	put("],\"rows\":[", 10);
	for (; n_file < TARGET; rows++)
		for (size_t i = 0; i < N_COLUMNS; i++) {
			snprintf(text, sizeof(text), "%s\"%s\"%s", i ? "," : rows ? ",\n[" : "[", value(rows, i),
				i + 1 < N_COLUMNS ? "" : "]");
			put(text, strlen(text));
		}
	put("]}", 2);
	return rows;
}

static VF_RC count_fact(void *ctx, const struct tr_fact *fact, struct vf_err *reterr)
{
	(void)reterr;
	if (fact->name == TR_F_SET_ROWS)
		must(strtoull((const char *)fact->value.p, NULL, 10) == *(const size_t *)ctx, "other rows than were made");
	n_facts++;
	return VF_OK;
}

static void bench_reader(const char *row, const char *name, size_t rows, unsigned wants)
{
	struct vf_bytes b = vf_bytes(file, n_file);
	struct tr_input in = tr_input_of(&b, name);
	struct tr_reading r = {.in = &in, .wants = wants, .fact = count_fact, .ctx = &rows};
	const struct tr_reader *reader = NULL;
	struct bench_clock began = bench_begin();
	struct vf_err err = {0};

	n_facts = 0;
	must(tr_read(&r, &reader, &err) == VF_OK && reader, err.text[0] ? err.text : "no reader");
	must(tr_subjects(&r) == (rows + 199) / 200, "other persons than were made");
	must(!(wants & TR_WANT_ROWS) || n_facts > 4 * rows, "facts are missing");
	tr_reading_done(&r);
	bench_row(row, rows, began, n_file);
}

static void bench_lines(size_t rows)
{
	struct vf_bytes b = vf_bytes(file, n_file), piece, line;
	struct tr_input in = tr_input_of(&b, "lines");
	struct tr_input_source s;
	uint8_t *buffer = malloc(TR_SOURCE_BUFFER);
	struct bench_clock began = bench_begin();
	size_t n = 0;

	must(buffer != NULL, "no memory");
	tr_input_source_init(&s, &in, 0, buffer);
	while (s.source.next(s.source.ctx, &piece, NULL) == VF_OK && piece.n)
		while (vf_take_line(&piece, &line))
			n++;
	must(n == rows + 1, "other lines than were made");
	bench_row("limit_lines", rows, began, n_file);
	free(buffer);
}

int main(void)
{
	const unsigned all = TR_WANT_SUBJECTS | TR_WANT_ROWS;
	size_t rows;

	file = malloc(TARGET + 65536);
	must(file != NULL, "no memory");
	bench_head();
	rows = make_xpt();
	bench_reader("read_xpt", "lb.xpt", rows, 0);
	bench_reader("read_xpt_rows", "lb.xpt", rows, all);
	rows = make_csv(false);
	bench_lines(rows);
	bench_reader("read_csv", "lb.csv", rows, 0);
	bench_reader("read_csv_rows", "lb.csv", rows, all);
	rows = make_csv(true);
	bench_reader("read_csv_quoted", "lb.csv", rows, 0);
	rows = make_json();
	bench_reader("read_dataset_json", "lb.json", rows, 0);
	bench_reader("read_dataset_json_rows", "lb.json", rows, all);
	free(file);
	return 0;
}
