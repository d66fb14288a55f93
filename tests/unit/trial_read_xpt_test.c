#include "tests/read_said.h"

/* A transport file that is put together piece by piece. */
static uint8_t file[1 << 20];
static size_t n_file;

static void put(const void *p, size_t n)
{
	if (n > sizeof(file) - n_file)
		exit(1);
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

static void pad(void)
{
	while (n_file % 80)
		put(" ", 1);
}

static void begin(bool v8)
{
	n_file = 0;
	put_padded(v8 ? "HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!000000000000000000000000000000" :
			"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
	put_padded("SAS     SAS     SASLIB  9.4     X64_10PR                        16AUG13:21:15:04", 80);
	put_padded("17AUG13:01:02:03", 80);
}

static void put_member(const char *name, const char *label, unsigned columns, const char *namestr)
{
	char text[81];

	snprintf(text, sizeof(text), "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!00000000000000000160000000%s", namestr);
	put_padded(text, 80);
	put_padded("HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
	snprintf(text, sizeof(text), "SAS     %-8sSASDATA 9.4     X64_10PR                        16AUG13:21:15:04", name);
	put_padded(text, 80);
	snprintf(text, sizeof(text), "16AUG13:21:15:04                %s", label);
	put_padded(text, 80);
	snprintf(text, sizeof(text), "HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000%04u00000000000000000000", columns);
	put_padded(text, 80);
}

static void put_column(const char *name, uint8_t type, unsigned length, unsigned at, size_t namestr)
{
	uint8_t d[140] = {0, type, 0, 0, (uint8_t)(length >> 8), (uint8_t)length};

	memset(d + 8, ' ', 56);
	memcpy(d + 8, name, strlen(name));
	d[86] = (uint8_t)(at >> 8);
	d[87] = (uint8_t)at;
	put(d, namestr);
}

static void put_obs(void)
{
	pad();
	put_padded("HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
}

static enum vf_rc run(unsigned wants)
{
	return said_read(vf_bytes(file, n_file), "x.xpt", wants);
}

/* A member of one text column; rows of n octets each. */
static void make_small(unsigned n, unsigned rows)
{
	begin(false);
	put_member("X", "A label", 1, "140");
	put_column("USUBJID", 2, n, 0, 140);
	put_obs();
	for (unsigned i = 0; i < rows; i++) {
		char text[16];

		snprintf(text, sizeof(text), "P%u", i);
		put_padded(text, n);
	}
	pad();
}

static void test_head(void)
{
	make_small(20, 4);
	CHECK_RC(run(TR_WANT_COLUMNS), VF_OK);
	CHECK_STR(said.reader, "xpt");
	SAYS("file.version=5");
	SAYS("file.system=SAS");
	SAYS("file.system-version=9.4");
	SAYS("file.created=16AUG13:21:15:04 -> 2013-08-16T21:15:04");
	SAYS("file.saved=17AUG13:01:02:03 -> 2013-08-17T01:02:03");
	SAYS("dataset.name=X #1");
	SAYS("dataset.label=A label #1");
	SAYS("dataset.rows=4 #1");
	SAYS("dataset.columns=1 #1");
	SAYS("column.name=USUBJID #2");
	SAYS("column.dataset=X #2");
	SAYS("column.type=character #2");
	CHECK_INT(said.subjects, 4);
	CHECK_INT(said.warnings, 0);
}

/* Blanks that fill the last record may be rows. */
static void test_padding(void)
{
	char text[128];

	make_small(20, 5); /* 100 octets: 60 blank ones behind them */
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.rows=5 #1");
	SAYS("! ambiguous: 3 blank rows at the end: taken as what fills the record");
	for (unsigned rows = 0; rows < 40; rows++) {
		make_small(8, rows);
		CHECK_RC(run(0), VF_OK);
		snprintf(text, sizeof(text), "dataset.rows=%u #1", rows);
		SAYS(text);
		CHECK_INT(said.warnings, rows % 10 ? 1 : 0);
		make_small(80, rows);
		CHECK_RC(run(0), VF_OK);
		SAYS(text);
		CHECK_INT(said.warnings, 0);
		make_small(81, rows);
		CHECK_RC(run(0), VF_OK);
		SAYS(text);
		CHECK_INT(said.warnings, 0);
		make_small(79, rows);
		CHECK_RC(run(0), VF_OK);
		SAYS(text);
		CHECK_INT(said.warnings, 0); /* what fills the record is less than a row */
	}
	/* blank rows between others, and more of them than fill a record, are rows */
	make_small(20, 1);
	put_padded("", 80);
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.rows=5 #1");
	SAYS("! ambiguous: 3 blank rows at the end: taken as what fills the record");
	put_padded("P", 80);
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.rows=9 #1");
	CHECK_INT(said.subjects, 2);
}

static void test_members(void)
{
	make_small(20, 5);
	put_member("DM", "", 2, "140");
	put_column("USUBJID", 2, 50, 0, 140);
	put_column("SITEID", 2, 50, 50, 140);
	put_obs();
	for (unsigned i = 0; i < 5000; i++) { /* more than one piece of the file */
		char text[16];

		snprintf(text, sizeof(text), "Q%u", i / 2);
		put_padded(text, 50);
		put_padded("7", 50);
	}
	pad();
	put_member("EMPTY", "", 0, "140");
	put_obs();
	put_member("LAST", "", 1, "140");
	put_column("A", 1, 8, 0, 140);
	put_obs();
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.name=X #1");
	SAYS("dataset.rows=5 #1");
	SAYS("dataset.name=DM #2");
	SAYS("dataset.rows=5000 #2");
	SAYS("dataset.columns=2 #2");
	SAYS("dataset.name=EMPTY #3");
	SAYS("dataset.rows=0 #3");
	SAYS("dataset.name=LAST #4");
	SAYS("dataset.rows=0 #4");
	CHECK_INT(said.subjects, 2505);
	CHECK_INT(said.warnings, 1); /* of the blank rows of the first */
	CHECK_RC(run(TR_WANT_SUBJECTS), VF_OK);
	SAYS("subject.site=7 of Q2499 #5006");
	/* words of a header that are the text of a cell */
	begin(false);
	put_member("X", "", 1, "140");
	put_column("A", 2, 80, 0, 140);
	put_obs();
	put_padded("HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140", 80);
	put_padded("P", 80);
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.rows=2 #1");
}

static void test_vax(void)
{
	begin(false);
	put_member("X", "", 2, "136");
	put_column("USUBJID", 2, 40, 0, 136);
	put_column("B", 2, 60, 40, 136);
	put_obs();
	put_padded("P1", 100);
	pad();
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.rows=1 #1");
	CHECK_INT(said.subjects, 1);
}

/* Numbers of IBM; a letter, '.' or '_' with zeros is missing. */
static void test_numbers(void)
{
	static const struct {
		uint8_t b[8];
		const char *line;
	} numbers[] = {
		{{0x44, 0x4d, 0x0d}, "subject.treatment-start=19725 -> 2014-01-02 of P #2"},
		{{0xc1, 0x10}, "subject.treatment-start=-1 -> 1959-12-31 of P #2"},
		{{0x00}, "subject.treatment-start=0 -> 1960-01-01 of P #2"},
		{{0x41, 0x18}, "subject.treatment-start=1.5 of P #2"},
		{{'.'}, NULL},
		{{'A'}, NULL},
		{{'Z'}, NULL},
		{{'_'}, NULL},
	};
	uint8_t d[3] = {0x44, 0x4d, 0x0d};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		begin(false);
		put_member("ADSL", "", 2, "140");
		put_column("USUBJID", 2, 92, 0, 140);
		put_column("TRTSDT", 1, 8, 92, 140);
		put_obs();
		put_padded("P", 92);
		put(numbers[i].b, 8);
		pad();
		CHECK_RC(run(TR_WANT_SUBJECTS), VF_OK);
		if (numbers[i].line)
			SAYS(numbers[i].line);
		else
			CHECK(!strstr(said.text, "treatment"));
		CHECK_INT(said.warnings, i == 3);
	}
	begin(false); /* a short number is one whose last octets are zero */
	put_member("ADSL", "", 2, "140");
	put_column("USUBJID", 2, 97, 0, 140);
	put_column("TRTSDT", 1, 3, 97, 140);
	put_obs();
	put_padded("P", 97);
	put(d, 3);
	pad();
	CHECK_RC(run(TR_WANT_SUBJECTS), VF_OK);
	SAYS("subject.treatment-start=19725 -> 2014-01-02 of P #2");
}

static void make_v8(unsigned declared, bool labels)
{
	char text[81];
	uint8_t d[140] = {0, 2, 0, 0, 0, 40};

	begin(true);
	put_padded("HEADER RECORD*******MEMBV8  HEADER RECORD!!!!!!!000000000000000001600000000140", 80);
	put_padded("HEADER RECORD*******DSCPTV8 HEADER RECORD!!!!!!!000000000000000000000000000000", 80);
	put_padded("SAS     A_long_name_of_a_member         SASDATA 9.4     X64     16AUG13:21:15:04", 80);
	put_padded("16AUG13:21:15:04", 80);
	put_padded("HEADER RECORD*******NAMSTV8 HEADER RECORD!!!!!!!000000000100000000000000000000", 80);
	memset(d + 8, ' ', 56);
	memcpy(d + 8, "USUBJID", 7);
	memset(d + 88, ' ', 32);
	memcpy(d + 88, "USUBJID", 7);
	put(d, 140);
	pad();
	if (labels) {
		put_padded("HEADER RECORD*******LABELV8 HEADER RECORD!!!!!!!1", 80);
		put_padded("a long label", 80);
	}
	snprintf(text, sizeof(text), "HEADER RECORD*******OBSV8   HEADER RECORD!!!!!!!%15u", declared);
	put_padded(text, 80);
	put_padded("P1", 40);
	pad();
}

static void test_v8(void)
{
	make_v8(1, false);
	CHECK_RC(run(0), VF_OK);
	SAYS("file.version=8");
	SAYS("dataset.name=A_long_name_of_a_member #1");
	SAYS("dataset.records=1 #1");
	SAYS("dataset.rows=1 #1");
	CHECK_INT(said.subjects, 1);
	CHECK_INT(said.warnings, 0);
	make_v8(2, true); /* the second is blank and is one, as it is declared */
	CHECK_RC(run(0), VF_OK);
	SAYS("dataset.rows=2 #1");
	SAYS("! unread: labels of more than 40 characters are not read");
	make_v8(3, false);
	CHECK_RC(run(0), VF_OK);
	SAYS("! count: 3 rows are declared, and 1 are there");
}

static void test_refused(void)
{
	static uint8_t copy[sizeof(file)];
	size_t n;

	make_small(20, 5);
	n = n_file;
	memcpy(copy, file, n);
	for (size_t cut = 1; cut < n; cut++) { /* never more than what is there */
		enum vf_rc rc = said_read(vf_bytes(copy, cut), "x.xpt", 0);

		/* headers must be whole, and rows may end anywhere */
		if (cut < 48 ? said.reader[0] != 0 : rc != (cut < 880 && cut != 240 ? VF_FILE_SHAPE : VF_OK))
			CHECK_FAIL("cut at %zu gives %s", cut, vf_rc_name(rc));
		if (cut > 880 && cut % 80 && !strstr(said.text, "! cut: the size is no whole number of records"))
			CHECK_FAIL("cut at %zu was not noted", cut);
	}
	make_small(100, 3);
	CHECK_RC(said_read(vf_bytes(file, n_file - 160), "x.xpt", 0), VF_OK);
	SAYS("! cut: the rows end in the middle of one");
	SAYS("dataset.rows=1 #1");
	for (size_t at = 640; at < 640 + 8; at++) { /* type, length, position of the column */
		make_small(20, 5);
		file[at] = 0xff;
		if (at == 640 || at == 641 || at == 644)
			CHECK_RC(run(0), VF_FILE_SHAPE);
		else
			CHECK_RC(run(0), VF_OK);
	}
	make_small(20, 5);
	file[640 + 84] = 0x7f;
	CHECK_RC(run(0), VF_FILE_SHAPE);
	make_small(20, 5);
	memcpy(file + 240 + 74, "0200", 4);
	CHECK_RC(run(0), VF_FILE_SHAPE);
	make_small(20, 5);
	file[560 + 54] = 'x';
	CHECK_RC(run(0), VF_FILE_SHAPE);
	make_small(20, 5);
	memcpy(file + 80 + 64, "99AUG13:21:15:04", 16);
	CHECK_RC(run(0), VF_OK);
	SAYS("! bad-time: file.created is not a date of its form");
}

static void test_empty_and_encoding(void)
{
	CHECK_RC(said_read(vf_bytes("", 0), "dm.xpt", 0), VF_OK);
	CHECK_STR(said.reader, "xpt");
	SAYS("! cut: the file is empty");
	CHECK_RC(said_read(vf_bytes("", 0), "dm.txt", 0), VF_OK);
	CHECK_STR(said.reader, "");
	begin(false);
	put_member("DM", "Caf\xe9", 2, "140");
	put_column("USUBJID", 2, 50, 0, 140);
	put_column("SITEID", 2, 50, 50, 140);
	put_obs();
	put_padded("P1", 50);
	put_padded("M\xfcnchen", 50);
	pad();
	CHECK_RC(run(TR_WANT_SUBJECTS), VF_OK);
	SAYS("dataset.label=Caf\xef\xbf\xbd #1");
	SAYS("subject.site=M\xef\xbf\xbdnchen of P1 #2");
	SAYS("! encoding: row 1, column 2 is not UTF-8");
}

static void test_real(void)
{
	static const struct {
		const char *path, *rows, *subjects;
	} files[] = {
		{"cdisc-pilot/sdtm/dm.xpt", "dataset.rows=306 #1", "file.subjects=306"},
		{"cdisc-pilot/sdtm/sv.xpt", "dataset.rows=3559 #1", "file.subjects=306"},
		{"dataset-json/sdtm/mh.xpt", "dataset.rows=17 #1", "file.subjects=17"},
		{"dataset-json/adam/adlbhy.xpt", "dataset.rows=9954 #1", "file.subjects=254"},
		{"odd/test_dataset_sas_v8.xpt", "dataset.rows=74 #1", "file.subjects=13"},
	};
	struct vf_bytes b;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!said_real(files[i].path, &b)) {
			fprintf(stderr, "%s is not there\n", files[i].path);
			continue;
		}
		CHECK_RC(said_read(b, "x", 0), VF_OK);
		SAYS(files[i].rows);
		SAYS(files[i].subjects);
		CHECK_INT(said.warnings, 0);
		free((void *)(uintptr_t)b.p);
	}
}

int main(void)
{
	test_head();
	test_padding();
	test_members();
	test_vax();
	test_numbers();
	test_v8();
	test_refused();
	test_empty_and_encoding();
	test_real();
	return check_done();
}
