#include <zlib.h>

#include "tests/read_said.h"

#define COLUMNS                                                                                            \
	"[{\"itemOID\":\"IT.DM.STUDYID\",\"name\":\"STUDYID\",\"label\":\"Study\",\"dataType\":\"string\",\"length\":5}," \
	"{\"name\":\"USUBJID\",\"dataType\":\"string\",\"x\":{\"name\":\"no\"}},{\"name\":\"RFICDTC\",\"dataType\":\"date\"}," \
	"{\"name\":\"AGE\",\"dataType\":\"integer\"}]"
#define HEAD                                                                                               \
	"{\"datasetJSONCreationDateTime\":\"2024-11-11T15:09:15\",\"datasetJSONVersion\":\"1.1.0\",\"fileOID\":\"f/dm\"," \
	"\"dbLastModifiedDateTime\":\"2020-08-21T09:14:29\",\"originator\":\"Org\",\"sourceSystem\":{\"name\":\"Sys\",\"version\":\"9.4\"}," \
	"\"studyOID\":\"cdisc/S1\",\"metaDataVersionOID\":\"MDV.1\",\"metaDataRef\":\"define.xml\",\"itemGroupOID\":\"IG.DM\"," \
	"\"records\":2,\"name\":\"DM\",\"label\":\"Demographics\",\"columns\":" COLUMNS
#define ROW1 "[\"S1\",\"P1\",\"2014-01-02\",50]"
#define ROW2 "[\"S1\",\"P2\",null,51]"

static enum vf_rc json(const char *text, unsigned wants)
{
	return said_read(vf_bytes_str(text), "dm.json", wants);
}

static void says_all(void)
{
	CHECK_STR(said.reader, "dataset-json");
	SAYS("file.created=2024-11-11T15:09:15");
	SAYS("file.version=1.1.0");
	SAYS("file.id=f/dm");
	SAYS("file.modified=2020-08-21T09:14:29");
	SAYS("file.originator=Org");
	SAYS("file.system=Sys");
	SAYS("file.system-version=9.4");
	SAYS("file.refers=define.xml");
	SAYS("study.id.oid=cdisc/S1");
	SAYS("study.id.sponsor=S1");
	SAYS("version.of=metadata #1");
	SAYS("version.id=MDV.1 #1");
	SAYS("dataset.oid=IG.DM #2");
	SAYS("dataset.name=DM #2");
	SAYS("dataset.label=Demographics #2");
	SAYS("dataset.records=2 #2");
	SAYS("dataset.rows=2 #2");
	SAYS("dataset.columns=4 #2");
	SAYS("file.subjects=2");
	CHECK_INT(said.warnings, 0);
}

static void test_json(void)
{
	CHECK_RC(json(HEAD ",\"rows\":[" ROW1 "," ROW2 "]}", 0), VF_OK);
	SAYS("file.type=JSON");
	says_all();
	CHECK(!strstr(said.text, "P1"));
	CHECK_RC(json("\xef\xbb\xbf\n " HEAD ",\n\"rows\":[" ROW1 ",\n" ROW2 "]}\n", TR_WANT_SUBJECTS | TR_WANT_PLACES), VF_OK);
	SAYS("file.version=1.1.0 @/datasetJSONVersion");
	SAYS("file.system=Sys @/sourceSystem/name");
	SAYS("consent.date=2014-01-02 of P1 #4 @row 1, column RFICDTC");
	CHECK(!strstr(said.text, "of P2 #6"));
	CHECK_RC(json(HEAD ",\"rows\":[" ROW1 "," ROW2 "]}", TR_WANT_COLUMNS), VF_OK);
	SAYS("column.name=STUDYID #3");
	SAYS("column.dataset=DM #3");
	SAYS("column.label=Study #3");
	SAYS("column.type=string #3");
	SAYS("column.name=USUBJID #4");
	SAYS("column.type=integer #6");
}

static void test_lines(void)
{
	CHECK_RC(json(HEAD "}\n" ROW1 "\n" ROW2 "\n", 0), VF_OK);
	SAYS("file.type=NDJSON");
	says_all();
	CHECK_RC(json(HEAD "}\r\n" ROW1 "\r\n" ROW2, 0), VF_OK);
	says_all();
	CHECK_RC(json(HEAD "}\n" ROW1 "\n", 0), VF_OK);
	SAYS("! count: 2 rows are declared, and 1 are there");
	CHECK_RC(json(HEAD "}\n" ROW1 "\n{}\n", 0), VF_FILE_SHAPE);
	CHECK_STR(said.err.text, "line 3, column 1: a row that is no array");
	CHECK_RC(json(HEAD "}\n" ROW1 " " ROW2 "\n", 0), VF_FILE_SHAPE);
	/* no rows at all */
	CHECK_RC(json(HEAD "}\n", 0), VF_OK);
	SAYS("dataset.rows=0 #2");
	SAYS("dataset.columns=4 #2");
}

static struct vf_bytes pack(const char *text, int bits)
{
	static uint8_t packed[1 << 19];
	z_stream z = {0};

	if (deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		exit(1);
	deflateEnd(&z);
	return vf_bytes(packed, z.total_out);
}

static void test_compressed(void)
{
	static const char lines[] = HEAD "}\n" ROW1 "\n" ROW2 "\n";
	static char large[400000];
	struct vf_bytes b;
	size_t n;

	for (int bits = 15; bits <= 31; bits += 16) { /* zlib, gzip; the name says nothing */
		CHECK_RC(said_read(pack(lines, bits), "x", 0), VF_OK);
		SAYS("file.type=DSJC");
		says_all();
	}
	CHECK_RC(said_read(pack(HEAD ",\"rows\":[" ROW1 "," ROW2 "]}", 31), "dm.dsjc", 0), VF_OK);
	says_all();
	b = pack(lines, 31);
	CHECK_RC(said_read(vf_bytes(b.p, b.n - 9), "dm.dsjc", 0), VF_FILE_SHAPE);
	CHECK_RC(said_read(pack("{\"a\":1}", 31), "dm.dsjc", 0), VF_OK);
	CHECK_STR(said.reader, "");
	/* longer than a head: what is behind it is not there when the file is claimed */
	n = (size_t)snprintf(large, sizeof(large), HEAD "}\n");
	for (unsigned i = 0; n < 350000; i++)
		n += (size_t)snprintf(large + n, sizeof(large) - n, "[\"S1\",\"%u\",\"%u\",5]\n", i * 2654435761u, i * 40503u);
	CHECK_RC(said_read(pack(large, 15), "x", 0), VF_OK);
	CHECK_STR(said.reader, "dataset-json");
}

static void test_odd(void)
{
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"rows\":[" ROW1 "],\"records\":2,\"columns\":" COLUMNS ",\"name\":\"DM\"}", 0), VF_OK);
	SAYS("! unread: the rows stand before their columns: they are only counted");
	SAYS("! count: 2 rows are declared, and 1 are there");
	SAYS("dataset.rows=1 #1");
	CHECK_RC(json(HEAD ",\"rows\":[[\"S1\",\"P1\"],[\"S1\",\"P1\",null,1,2],[\"S1\",[\"P9\"],{\"a\":1},1]]}", 0), VF_OK);
	SAYS("! count: row 1 has 2 cells for 4 columns");
	SAYS("! count: row 2 has 5 cells for 4 columns");
	SAYS("! count: 2 rows are declared, and 3 are there");
	SAYS("file.subjects=1");
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"records\":\"many\",\"name\":\"X\",\"rows\":[]}", 0), VF_OK);
	SAYS("! count: records is no number of rows");
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"columns\":{}}", 0), VF_FILE_SHAPE);
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"columns\":[1]}", 0), VF_FILE_SHAPE);
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"columns\":[],\"rows\":{}}", 0), VF_FILE_SHAPE);
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"name\":\"A\",\"name\":\"B\"}", 0), VF_FILE_SHAPE);
	CHECK_RC(json(HEAD ",\"rows\":[" ROW1 ",", 0), VF_FILE_SHAPE);
	SAYS("file.version=1.1.0"); /* what was said stays said */
	CHECK_RC(json("{\"name\":\"datasetJSONVersion\"}", 0), VF_OK);
	CHECK_STR(said.reader, "");
}

/* Numbers count days where another format has dates. */
static void test_numbers(void)
{
	CHECK_RC(json("{\"datasetJSONVersion\":\"1.1\",\"name\":\"ADSL\",\"columns\":[{\"name\":\"USUBJID\"},{\"name\":\"TRTSDT\"},"
		      "{\"name\":\"SITEID\"}],\"rows\":[[\"P1\",19725,701],[\"P2\",\"2014-01-03\",\"702\"]]}", TR_WANT_SUBJECTS), VF_OK);
	SAYS("subject.treatment-start=19725 -> 2014-01-02 of P1 #2");
	SAYS("subject.site=701 of P1 #2");
	SAYS("subject.treatment-start=2014-01-03 of P2 #3");
}

static void test_version_1_0(void)
{
	CHECK_RC(json("{\"creationDateTime\":\"2023-05-31T00:00:00\",\"datasetJSONVersion\":\"1.0.0\",\"fileOID\":\"f\",\"asOfDateTime\":\"2023-05-30\","
		      "\"originator\":\"Org\",\"sourceSystem\":\"Sys\",\"sourceSystemVersion\":\"1\",\"clinicalData\":{\"studyOID\":\"S.1\","
		      "\"metaDataVersionOID\":\"MDV.1\",\"itemGroupData\":{\"IG.DM\":{\"records\":1,\"name\":\"DM\",\"label\":\"D\",\"items\":["
		      "{\"OID\":\"ITEMGROUPDATASEQ\",\"name\":\"ITEMGROUPDATASEQ\",\"type\":\"integer\"},{\"OID\":\"IT.U\",\"name\":\"USUBJID\","
		      "\"type\":\"string\"}],\"itemData\":[[1,\"P1\"]]},\"IG.X\":{\"records\":2,\"name\":\"X\",\"items\":[],\"itemData\":[[],[]]}}}}",
			TR_WANT_COLUMNS), VF_OK);
	SAYS("file.created=2023-05-31T00:00:00");
	SAYS("file.as-of=2023-05-30");
	SAYS("file.version=1.0.0");
	SAYS("file.system=Sys");
	SAYS("study.id.oid=S.1");
	SAYS("dataset.oid=IG.DM #2");
	SAYS("dataset.records=1 #2");
	SAYS("dataset.rows=1 #2");
	SAYS("column.name=USUBJID #4");
	SAYS("column.type=string #4");
	SAYS("dataset.oid=IG.X #5");
	SAYS("dataset.rows=2 #5");
	SAYS("file.subjects=1");
	CHECK_INT(said.warnings, 0);
}

/* The official examples: one data set in three forms says the same. */
static void test_real(void)
{
	static const struct {
		const char *path, *rows, *subjects;
	} files[] = {
		{"dataset-json/sdtm/dm.json", "dataset.rows=18 #2", "file.subjects=18"},
		{"dataset-json/sdtm/dm.ndjson", "dataset.rows=18 #2", "file.subjects=18"},
		{"dataset-json/sdtm/dm.dsjc", "dataset.rows=18 #1", "file.subjects=18"},
		{"dataset-json/sdtm/lb.json", "dataset.rows=3488 #2", "file.subjects=17"},
		{"dataset-json/adam/adlbc.dsjc", "dataset.rows=37132 #1", "file.subjects=254"},
		{"dataset-json/i18n/ae.json", "dataset.rows=1191 #2", "file.subjects=225"},
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
	test_json();
	test_lines();
	test_compressed();
	test_odd();
	test_numbers();
	test_version_1_0();
	test_real();
	return check_done();
}
