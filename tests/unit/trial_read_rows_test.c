/* Rows of data sets as text: the example of the format document, each kind of cell, decimals and dates. */
#include "tests/check.h"

#include <math.h>

#include "trial/read/rows.h"

static char text[8192];
static size_t n_text;

static VF_RC collect(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)ctx;
	if (piece.n >= sizeof(text) - n_text)
		return vf_fail(reterr, VF_LIMIT, "too long");
	memcpy(text + n_text, piece.p, piece.n);
	n_text += piece.n;
	text[n_text] = '\0';
	return VF_OK;
}

static const struct tr_out out = {collect, NULL};

static struct tr_cell of_text(const char *s)
{
	return (struct tr_cell){.type = TR_CELL_TEXT, .text = vf_bytes_str(s)};
}

static void test_example(void)
{
	struct vf_bytes want = check_example("docs/formats/examples/canonical.rows");
	const struct tr_column columns[] = {
		{vf_bytes_str("STUDYID"), TR_COLUMN_TEXT}, {vf_bytes_str("AGE"), TR_COLUMN_NUMBER}, {vf_bytes_str("OK"), TR_COLUMN_BOOLEAN}};
	const struct tr_dataset dm = {vf_bytes_str("DM  "), columns, 3}, nameless = {{0}, columns, 1};
	const struct tr_cell rows[][3] = {
		{of_text("CDISCPILOT01  "), {.type = TR_CELL_NUMBER, .number = 63}, {.type = TR_CELL_TRUE}},
		{of_text("  x\n"), {.type = TR_CELL_NUMBER, .number = 8.549999999999999}, {.type = TR_CELL_FALSE}},
		{of_text("   "), {.type = TR_CELL_EMPTY}, {.type = TR_CELL_EMPTY}},
		{of_text(""), {.type = TR_CELL_MISSING, .missing = 'A'}, {.type = TR_CELL_EMPTY}},
	};
	struct tr_rows r;

	n_text = 0;
	CHECK_RC(tr_rows_init(&r, out, NULL), VF_OK);
	CHECK_RC(tr_rows_end(&r, NULL), VF_FILE_SHAPE);
	CHECK_RC(r.sink.table(r.sink.ctx, &dm, NULL), VF_OK);
	for (size_t i = 0; i < 4; i++)
		CHECK_RC(r.sink.row(r.sink.ctx, rows[i], NULL), VF_OK);
	CHECK_RC(r.sink.end(r.sink.ctx, 4, NULL), VF_OK);
	CHECK_RC(r.sink.table(r.sink.ctx, &nameless, NULL), VF_OK);
	CHECK_RC(r.sink.end(r.sink.ctx, 0, NULL), VF_OK);
	CHECK_RC(tr_rows_end(&r, NULL), VF_OK);
	CHECK_BYTES(vf_bytes(text, n_text), want);
}

static void check_cell(struct tr_cell cell, const char *want)
{
	n_text = 0;
	CHECK_RC(tr_cell_put(&out, &cell, NULL), VF_OK);
	CHECK_STR(text, want);
}

static void test_decimals(void)
{
	static const char *const cases[][2] = {
		{"", "null"}, {"0", "0"}, {"-0", "0"}, {"1.50", "1.5"}, {"1.5", "1.5"}, {"+1.5", "1.5"}, {"007", "7"}, {"1e3", "1000"},
		{"1E-3", "0.001"}, {"123456789012345", "123456789012345"}, {"12345678901234500000", "12345678901234500000"},
		{"1234567890123456", "\"1234567890123456\""}, {"0.1234567890123456", "\"0.1234567890123456\""}, {"0.000000000000000000001", "1e-21"},
		{"1e400", "\"1e400\""}, {"1e-320", "\"1e-320\""}, {"1e99999", "\"1e99999\""}, {"0e9999", "0"}, {"1.", "\"1.\""}, {".5", "\".5\""}, {"1e", "\"1e\""},
		{"-", "\"-\""}, {"1 ", "\"1\""}, {"0x10", "\"0x10\""}, {"nan", "\"nan\""}, {"inf", "\"inf\""}, {"1,5", "\"1,5\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_cell(tr_cell_of_decimal(vf_bytes_str(cases[i][0])), cases[i][1]);
}

static void test_dates(void)
{
	static const struct {
		char kind;
		const char *in, *want;
	} cases[] = {
		{'d', "2014-01-02", "19725"}, {'d', "1960-01-01", "0"}, {'d', "1959-12-31", "-1"}, {'d', "1600-02-29", "-131428"},
		{'d', "2014-02-29", "\"2014-02-29\""}, {'d', "2014-01", "\"2014-01\""}, {'d', "2014-01-02T00:00:00", "\"2014-01-02T00:00:00\""},
		{'d', "", "null"}, {'d', "2014-1-02", "\"2014-1-02\""}, {'s', "1960-01-01T00:00:01", "1"}, {'s', "1959-12-31T23:59:59", "-1"},
		{'s', "2014-01-02T11:40:00", "1704282000"}, {'s', "2014-01-02", "\"2014-01-02\""}, {'s', "2014-01-02T11:40", "\"2014-01-02T11:40\""},
		{'s', "2014-01-02T11:40:00Z", "\"2014-01-02T11:40:00Z\""}, {'s', "2014-01-02T11:40:00.5", "\"2014-01-02T11:40:00.5\""},
		{'t', "00:00:00", "0"}, {'t', "23:59:59", "86399"}, {'t', "24:00:00", "\"24:00:00\""}, {'t', "11:40", "\"11:40\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_cell(tr_cell_of_date(cases[i].kind, vf_bytes_str(cases[i].in)), cases[i].want);
}

static void test_faults(void)
{
	const struct tr_cell cells[] = {{.type = TR_CELL_NUMBER, .number = NAN}, {.type = TR_CELL_NUMBER, .number = INFINITY}};

	n_text = 0;
	for (size_t i = 0; i < 2; i++)
		CHECK_RC(tr_cell_put(&out, &cells[i], NULL), VF_INTERNAL);
}

int main(void)
{
	test_example();
	test_decimals();
	test_dates();
	test_faults();
	return check_done();
}
