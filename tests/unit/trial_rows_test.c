/* Rows: units as text, what is usual, cuts at every way of giving the octets, fields of CSV. */
#include "trial/rows.h"

#include "tests/check.h"

static struct tr_unit unit_of(const char *text)
{
	struct tr_unit u = {0};
	char again[VF_MAX_UNIT + 1];

	CHECK_RC(tr_unit_read(vf_bytes_str(text), &u, NULL), VF_OK);
	tr_unit_put(again, &u);
	CHECK_STR(again, text);
	return u;
}

static void test_units(void)
{
	static const char *const bad[] = {"", "Line", "csv ", "record", "record 1", "record 1 0", "record 01 2", "record 1 2 3",
		"record 1 1048577", "element", "element ", "element 1a", "element a b", "element <a",
		"element aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct tr_unit u;

	unit_of("line");
	CHECK_INT(unit_of("csv").kind, TR_UNIT_CSV);
	u = unit_of("record 1600 34");
	CHECK(u.kind == TR_UNIT_RECORD && u.head == 1600 && u.length == 34);
	CHECK_STR(unit_of("element odm:ItemGroupData").element, "odm:ItemGroupData");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_RC(tr_unit_read(vf_bytes_str(bad[i]), &u, NULL), VF_USAGE);
}

/* Ends of rows, with at most step octets more at a time. */
static size_t cut(const struct tr_unit *u, struct vf_bytes text, size_t step, size_t *ends)
{
	struct tr_cutter c = {.unit = u};
	size_t from = 0, seen = 0, n = 0, got;

	while (from < text.n) {
		got = tr_cut(&c, vf_bytes(text.p + from, seen - from), seen == text.n);
		if (got > 0) {
			from += got;
			ends[n++] = from;
			continue;
		}
		if (seen == text.n)
			break;
		seen = seen + step < text.n ? seen + step : text.n;
	}
	CHECK_INT(from, text.n);
	return n;
}

static void test_cuts(void)
{
	static const struct {
		const char *unit, *text;
		size_t n, ends[8];
	} rows[] = {
		{"line", "a\n\nbc\nd", 4, {2, 3, 6, 7}},
		{"line", "a\r\nb\r\n", 2, {3, 6}},
		{"line", "no end", 1, {6}},
		{"csv", "a,b\n1,\"x\ny\"\n2,z\n", 3, {4, 12, 16}},
		{"csv", "a\n\"x\"\"\n\"\"y\"\nb\n", 3, {2, 12, 14}},
		{"csv", "\"never closed\na\nb\n", 1, {18}},
		{"csv", "\n\n", 2, {1, 2}},
		{"record 3 2", "hhhaabbc", 4, {3, 5, 7, 8}},
		{"record 0 4", "aaaabbbb", 2, {4, 8}},
		{"record 9 4", "short", 1, {5}},
		{"element I", "<O><I x='1'/><Item/><I>\n</I><I\t/></O>", 4, {3, 20, 28, 37}},
		{"element I", "<I/><I/>", 2, {4, 8}},
		{"element I", "<Item/><I", 1, {9}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tr_unit u = unit_of(rows[i].unit);
		struct vf_bytes text = vf_bytes_str(rows[i].text);

		for (size_t step = 1; step <= text.n; step++) {
			size_t ends[64] = {0}, n = cut(&u, text, step, ends);

			if (n != rows[i].n || memcmp(ends, rows[i].ends, n * sizeof(ends[0])) != 0)
				CHECK_FAIL("case %zu, %zu octets at a time: %zu rows, the first of %zu", i, step, n, ends[0]);
		}
	}
}

static void put_record(uint8_t *out, size_t at, const char *text)
{
	memset(out + at * 80, ' ', 80);
	memcpy(out + at * 80, text, strlen(text));
}

/* The headers of a transport file of version 5 with these lengths of variables. */
static size_t make_xpt(uint8_t *out, const uint8_t *lengths, size_t n)
{
	size_t at = 640, end;
	char text[81];

	put_record(out, 0, "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  ");
	put_record(out, 1, "SAS     SAS     SASLIB");
	put_record(out, 2, "01JAN26:00:00:00");
	put_record(out, 3, "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  ");
	put_record(out, 4, "HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000  ");
	put_record(out, 5, "SAS     AE");
	put_record(out, 6, "01JAN26:00:00:00");
	snprintf(text, sizeof(text), "HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000%04zu00000000000000000000  ", n);
	put_record(out, 7, text);
	for (size_t i = 0; i < n; i++, at += 140) {
		memset(out + at, 0, 140);
		out[at + 5] = lengths[i];
	}
	end = (at + 79) / 80 * 80;
	memset(out + at, ' ', end - at);
	put_record(out, end / 80, "HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000  ");
	return end + 80;
}

static void test_guess(void)
{
	static const uint8_t lengths[] = {8, 40, 200};
	static uint8_t xpt[4096];
	struct vf_bytes none = vf_bytes(NULL, 0), head = vf_bytes(xpt, make_xpt(xpt, lengths, 3));
	struct tr_unit u = {0};

	CHECK_RC(tr_unit_guess(vf_bytes_str("data/AE.CSV"), none, &u, NULL), VF_OK);
	CHECK_INT(u.kind, TR_UNIT_CSV);
	CHECK_RC(tr_unit_guess(vf_bytes_str("ae.ndjson"), none, &u, NULL), VF_OK);
	CHECK_INT(u.kind, TR_UNIT_LINE);
	CHECK_RC(tr_unit_guess(vf_bytes_str("ae.xml"), none, &u, NULL), VF_OK);
	CHECK_STR(u.element, "ItemGroupData");
	CHECK_RC(tr_unit_guess(vf_bytes_str("ae.xpt"), head, &u, NULL), VF_OK);
	CHECK(u.kind == TR_UNIT_RECORD && u.length == 248 && u.head == head.n);
	for (size_t n = 0; n < head.n; n++)
		CHECK_RC(tr_unit_guess(vf_bytes_str("ae.xpt"), vf_bytes(xpt, n), &u, NULL), VF_USAGE);
	CHECK_RC(tr_unit_guess(vf_bytes_str("ae.json"), none, &u, NULL), VF_USAGE);
	CHECK_RC(tr_unit_guess(vf_bytes_str(".csv"), none, &u, NULL), VF_USAGE);
}

static void test_fields(void)
{
	static const struct {
		const char *row, *fields; /* joined by '|' */
	} rows[] = {
		{"a,b,c\r\n", "a|b|c"},
		{"a,\"b,\"\"x\"\"\r\n\",c\n", "a|b,\"x\"\r\n|c"},
		{"a,,\n", "a||"},
		{"a", "a"},
		{"\n", ""},
		{"\"open,\n", "open,\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vf_bytes row = vf_bytes_str(rows[i].row), field;
		uint8_t room[64];
		char all[128] = "";

		for (size_t k = 0; tr_take_field(&row, room, &field); k++) {
			strcat(all, k ? "|" : "");
			strncat(all, (const char *)field.p, field.n);
		}
		CHECK_STR(all, rows[i].fields);
	}
}

int main(void)
{
	test_units();
	test_cuts();
	test_guess();
	test_fields();
	return check_done();
}
