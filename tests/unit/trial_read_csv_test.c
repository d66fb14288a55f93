#include "tests/read_said.h"

static enum vf_rc csv(const char *text, const char *name)
{
	return said_read(vf_bytes_str(text), name, TR_WANT_COLUMNS);
}

static void test_forms(void)
{
	CHECK_RC(csv("a,b\n1,2\n3,4\n", "x.csv"), VF_OK);
	CHECK_STR(said.reader, "csv");
	SAYS("table.delimiter=, #1");
	SAYS("table.header=yes #1");
	SAYS("table.bom=no #1");
	SAYS("table.line-end=LF #1");
	SAYS("dataset.rows=2 #1");
	SAYS("dataset.columns=2 #1");
	SAYS("column.name=b #3");
	CHECK_INT(said.warnings, 0);
	CHECK_RC(csv("\xef\xbb\xbfid;x\r\n1;2,5\r\n3;4,5", "X.CSV"), VF_OK);
	SAYS("table.delimiter=; #1");
	SAYS("table.bom=yes #1");
	SAYS("table.line-end=CRLF #1");
	SAYS("dataset.rows=2 #1");
	SAYS("column.name=id #2");
	CHECK_RC(csv("a\tb\r1\t2\r3\t4\r", "x.tsv"), VF_OK);
	SAYS("table.delimiter=tab #1");
	SAYS("table.line-end=CR #1");
	SAYS("dataset.rows=2 #1");
	CHECK_RC(csv("a|b\n1|2\r\n3|4\n", "x.tab"), VF_OK);
	SAYS("table.line-end=mixed #1");
	CHECK_RC(csv("1,2\n3,4\n", "x.csv"), VF_OK);
	SAYS("table.header=no #1");
	SAYS("dataset.rows=2 #1");
	CHECK_RC(csv("\"\",\"a\"\n\"1\",\"x\"\n", "r.csv"), VF_OK); /* as R writes row names */
	SAYS("table.header=yes #1");
	SAYS("dataset.rows=1 #1");
	CHECK_RC(csv("a,b", "x.csv"), VF_OK);
	SAYS("dataset.rows=0 #1");
	SAYS_NOT("table.line-end=LF #1");
}

static void test_not_claimed(void)
{
	static const struct {
		const char *text, *name;
	} no[] = {
		{"a,b\n1,2\n", "x.dat"},
		{"a\nb\n", "x.csv"},
		{"", "x.csv"},
		{"Dear all, I\nhope, you\nare, well\n", "letter.txt"},
		{"a,b,c\n1,2,3\n", "short.txt"},
		{"a,b\n1,2\n3\n4\n5\n", "x.csv"},
		{"a,b\n1,\x01\n", "x.csv"},
	};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		CHECK_RC(csv(no[i].text, no[i].name), VF_OK);
		if (said.reader[0] && strcmp(said.reader, "text") != 0)
			CHECK_FAIL("text %zu was claimed", i);
	}
	CHECK_RC(csv("a,b,c\n1,2,3\n4,5,6\n", "table.txt"), VF_OK);
	CHECK_STR(said.reader, "csv");
	CHECK_RC(csv("a\tb\n1\t2\n4\t5\n", "table.txt"), VF_OK);
	CHECK_STR(said.reader, "csv");
}

static void test_quotes(void)
{
	CHECK_RC(csv("a,\"b \"\"x\"\"\",\"c,d\"\r\n1,\"line\r\nline, \"\"2\"\"\",3\r\n\"\",,\"\"\r\n", "x.csv"), VF_OK);
	SAYS("column.name=b \"x\" #3");
	SAYS("column.name=c,d #4");
	SAYS("dataset.rows=2 #1");
	SAYS("table.line-end=CRLF #1");
	CHECK_INT(said.warnings, 0);
	CHECK_RC(csv("a,b\n\"1\"x,2\n3\",4\n", "x.csv"), VF_OK);
	SAYS("! ambiguous: 2 fields have a quote where none may stand");
	SAYS("dataset.rows=2 #1");
	CHECK_RC(csv("a,b\n1,2\n3,\"4\n5,6\n", "x.csv"), VF_OK);
	SAYS("! cut: the file ends in a quoted field");
	SAYS("dataset.rows=2 #1");
	CHECK_RC(csv("a,b\n1,\"\"", "x.csv"), VF_OK);
	CHECK_INT(said.warnings, 0);
	SAYS("dataset.rows=1 #1");
}

static void test_rows(void)
{
	char text[4096];
	size_t n;

	CHECK_RC(csv("a,b\n\n1,2\n\r\n\n3,4\n\n", "x.csv"), VF_OK);
	SAYS("dataset.rows=2 #1");
	n = (size_t)snprintf(text, sizeof(text), "a,b,c\n");
	for (int i = 0; i < 20; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "1,2,3\n");
	snprintf(text + n, sizeof(text) - n, "1,2\n1,2,3,4\n");
	CHECK_RC(csv(text, "x.csv"), VF_OK);
	SAYS("! count: row 21 has 2 fields for 3 columns");
	SAYS("! count: row 22 has 4 fields for 3 columns");
	SAYS("dataset.rows=22 #1");
	CHECK_RC(csv("a;b,c\nx;y,z\nx;y,z\n", "x.csv"), VF_OK);
	SAYS("! ambiguous: another delimiter would do as well");
	CHECK_RC(said_read(vf_bytes("\xff\xfe" "a\0,\0b\0\n\0", 10), "x.csv", 0), VF_OK);
	SAYS("file.encoding=UTF-16");
	SAYS("! unread: tables in UTF-16 are not read");
}

/* Cells are taken from their columns, wherever the row's pieces end. */
static void test_cells(void)
{
	static const char *const rows[] = {"p1,S1,x", "\"p2\",S1,\"y\"\"\"", "p1,S1,", "p3", "p4,S1", "\"p,\n5\",S1,x", "p1,S2,x"};
	size_t cap = 3 * 1024 * 1024, n = 0;
	char *text = malloc(cap);

	if (!text)
		exit(1);
	n = (size_t)snprintf(text, cap, "usubjid,StudyID,z\n");
	for (size_t i = 0; i < 7 * 40000; i++)
		n += (size_t)snprintf(text + n, cap - n, "%s%s\r\n", rows[i % 7], i > 10000 ? "" : i % 7 == 3 ? ",S1,x" : i % 7 == 4 ? ",x" : "");
	CHECK_RC(said_read(vf_bytes(text, n), "x.csv", TR_WANT_SUBJECTS), VF_OK);
	CHECK_INT(said.subjects, 5);
	SAYS("dataset.rows=280000 #1");
	SAYS("study.id.sponsor=S1");
	SAYS("study.id.sponsor=S2");
	SAYS("subject.key=p,\n5 of p,\n5 #6");
	CHECK_INT(said.facts, 15);
	CHECK_INT(said.warnings, 16); /* of 80,000 short rows */
	free(text);
}

static void test_limits(void)
{
	size_t n = (size_t)17 * 1024 * 1024;
	char *text = malloc(n);

	if (!text)
		exit(1);
	memset(text, 'x', n);
	memcpy(text, "a,b\n1,2\n3,4\n5,6\n", 16);
	CHECK_RC(said_read(vf_bytes(text, n), "x.csv", 0), VF_LIMIT);
	memcpy(text, "a,b\n1,2\n3,4\n5,\"", 15);
	CHECK_RC(said_read(vf_bytes(text, n), "x.csv", 0), VF_LIMIT);
	memset(text, ',', 70000);
	CHECK_RC(said_read(vf_bytes(text, 70000), "x.csv", 0), VF_LIMIT);
	free(text);
}

static void test_encoding(void)
{
	CHECK_RC(said_read(vf_bytes_str("USUBJID,SITEID,RFSTDTC\np1,M\xfcnchen,2014\n"), "dm.csv", TR_WANT_SUBJECTS), VF_OK);
	SAYS("subject.site=M\xef\xbf\xbdnchen of p1 #2");
	SAYS("! encoding: row 1, column 2 is not UTF-8");
	CHECK_RC(said_read(vf_bytes_str("USUBJID,SITEID,RFSTDTC\np1,M\xc3\xbcnchen,2014\n"), "dm.csv", TR_WANT_SUBJECTS), VF_OK);
	SAYS("subject.site=M\xc3\xbcnchen of p1 #2");
	CHECK_INT(said.warnings, 0);
}

static unsigned roll(unsigned n)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % n;
}

/* Writes a field, in quotes when it needs them or by chance; returns its length. */
static size_t put_field(char *out, const char *text, char delimiter)
{
	bool quoted = strchr(text, delimiter) || strpbrk(text, "\"\r\n") || roll(4) == 0;
	size_t n = 0;

	if (quoted)
		out[n++] = '"';
	for (; *text; text++) {
		if (*text == '"')
			out[n++] = '"';
		out[n++] = *text;
	}
	if (quoted)
		out[n++] = '"';
	return n;
}

/* Tables that are made of known cells: each key is found, in its order, whatever is beside it. */
static void test_made(void)
{
	static const char *const cells[] = {"", "x", "a b", "1.5", "say \"x\"", "\"", "l\r\nm", "l\nm", ",", ";", "\t", "12345678", "\"\""};
	static const char delimiters[] = ",;\t|";

	for (unsigned round = 0; round < 3000; round++) {
		static char text[16384], want[16384];
		char key[64], delimiter = delimiters[roll(4)];
		unsigned columns = 2 + roll(12), at = roll(columns), rows = 1 + roll(8);
		const char *end = roll(2) ? "\n" : "\r\n";
		size_t n = 0, w = 0;

		for (unsigned row = 0; row <= rows; row++) {
			for (unsigned column = 0; column < columns; column++) {
				if (column)
					text[n++] = delimiter;
				if (row == 0)
					snprintf(key, sizeof(key), column == at ? "USUBJID" : "C%u", column);
				else if (column == at)
					snprintf(key, sizeof(key), "%u.%u-%s-", round, row, cells[roll(13)]);
				n += put_field(text + n, row == 0 || column == at ? key : cells[roll(13)], delimiter);
				if (row && column == at)
					w += (size_t)snprintf(want + w, sizeof(want) - w, "subject.key=%s of %s #%u\n", key, key, row + 1);
			}
			if (row < rows || roll(2))
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", end);
		}
		CHECK_RC(said_read(vf_bytes(text, n), "x.csv", TR_WANT_SUBJECTS), VF_OK);
		if (said.warnings || !strstr(said.text, want))
			CHECK_FAIL("round %u: '%.*s' gives '%s'", round, (int)n, text, said.text);
	}
}

int main(void)
{
	test_made();
	test_forms();
	test_not_claimed();
	test_quotes();
	test_rows();
	test_cells();
	test_limits();
	test_encoding();
	return check_done();
}
