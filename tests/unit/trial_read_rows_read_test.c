/* Cells of every format as the text of R: what each absorbs and what it does not, and what is refused. */
#include <zlib.h>

#include "tests/xpt_maker.h"

#include "trial/read/rows_read.h"

static char text[1 << 16];
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

static VF_RC read_as(const char *name, struct vf_bytes file, struct vf_err *reterr)
{
	struct tr_input in = tr_input_of(&file, name);
	struct tr_rows rows;
	enum vf_rc rc;

	n_text = 0;
	rc = tr_rows_init(&rows, (struct tr_out){collect, NULL}, reterr);
	if (rc == VF_OK)
		rc = tr_rows_read(&in, &rows.sink, reterr);
	return rc == VF_OK ? tr_rows_end(&rows, reterr) : rc;
}

#define SCHEMA "{\"schema\":\"trialnotary/rows/1\"}\n"

static void check_rows(const char *name, struct vf_bytes file, const char *want)
{
	struct vf_err err = {0};

	if (read_as(name, file, &err) != VF_OK)
		CHECK_FAIL("%s: %s: %s", name, vf_rc_name(err.rc), err.text);
	CHECK_STR(text, want);
}

static void check_refused(const char *name, struct vf_bytes file, enum vf_rc want, const char *said)
{
	struct vf_err err = {0};

	CHECK_RC(read_as(name, file, &err), want);
	if (!strstr(err.text, said))
		CHECK_FAIL("'%s' is not said: %s", said, err.text);
}

/* ---- CSV ---- */

static void check_csv(const char *in, const char *want)
{
	check_rows("x.csv", vf_bytes_str(in), want);
}

static void test_csv(void)
{
#define AB SCHEMA "{\"table\":null,\"columns\":[[\"a\",\"text\"],[\"b\",\"text\"]]}\n"
	static const char two[] = AB "[\"1\",\"x y\"]\n[null,\"2\"]\n{\"rows\":2}\n";

	check_csv("a,b\n1,x y\n,2\n", two);
	check_csv("a,b\r\n1,x y  \r\n,2", two);
	check_csv("\xef\xbb\xbf\"a\",\"b\"\n\"1\",\"x y\"\r\n\"\",\"2\"\n\n\r\n", two);
	check_csv("a;b\n1;x y\n;2\n", two);
	check_csv("a\tb\n1\tx y\n\t2\n", two);
	check_csv("a|b\n1|x y\n|2\n", two);
	check_csv("a,b\n", AB "{\"rows\":0}\n");
	check_csv("a,b", AB "{\"rows\":0}\n");
	check_csv("a,b\n1\n", AB "[\"1\",null]\n{\"rows\":1}\n");
	check_csv("a,b\n\"\"\n", AB "[null,null]\n{\"rows\":1}\n");
	check_csv("a,b\n\"x\"\"\n,y\",z\n", AB "[\"x\\\"\\n,y\",\"z\"]\n{\"rows\":1}\n");
	check_csv("a,b\n x\"y,\xe9\n", AB "[\" x\\\"y\",\"\\udce9\"]\n{\"rows\":1}\n");
	check_csv("a\n1.0\n", SCHEMA "{\"table\":null,\"columns\":[[\"a\",\"text\"]]}\n[\"1.0\"]\n{\"rows\":1}\n");
	check_refused("x.CSV", vf_bytes_str(""), VF_FILE_SHAPE, "without columns");
	check_refused("x.csv", vf_bytes_str("a,b\n1,2,3\n"), VF_FILE_SHAPE, "line 3: a row with more cells");
	check_refused("x.csv", vf_bytes_str("a,b\n\"1,2\n"), VF_FILE_SHAPE, "within quotes");
	check_refused("x.csv", vf_bytes_str("a,b\n\"1\"2,3\n"), VF_FILE_SHAPE, "behind quotes");
	check_refused("x.csv", vf_bytes_str("a,b\r1,2\r"), VF_UNSUPPORTED, "CR alone");
	check_refused("x.csv", vf_bytes("\xff\xfe" "a\0", 4), VF_UNSUPPORTED, "UTF-16");
	check_refused("x.txt", vf_bytes_str("a,b\n"), VF_UNSUPPORTED, "without rows");
}

/* ---- Dataset-JSON ---- */

#define COLUMNS                                                                                                            \
	"\"columns\":[{\"itemOID\":\"x\",\"name\":\"T\",\"dataType\":\"string\"},{\"name\":\"I\",\"dataType\":\"integer\"},"         \
	"{\"name\":\"F\",\"dataType\":\"double\",\"length\":8},{\"name\":\"D\",\"dataType\":\"date\",\"targetDataType\":\"integer\"},"  \
	"{\"name\":\"C\",\"dataType\":\"date\"},{\"name\":\"X\",\"dataType\":\"decimal\",\"targetDataType\":\"decimal\"},"              \
	"{\"name\":\"B\",\"dataType\":\"boolean\"}]"
#define ROW1 "[\"a \",63,8.550,\"2014-01-02\",\"2014-01-02\",\"1.50\",true]"
#define ROW2 "[\"\",null,1e2,\"2014-01\",null,\"12345678901234567890\",false]"
#define JSON_WANT                                                                                                          \
	SCHEMA "{\"table\":\"DM\",\"columns\":[[\"T\",\"text\"],[\"I\",\"number\"],[\"F\",\"number\"],[\"D\",\"number\"],[\"C\",\"text\"],"  \
	       "[\"X\",\"number\"],[\"B\",\"boolean\"]]}\n"                                                                       \
	       "[\"a\",63,8.55,19725,\"2014-01-02\",1.5,true]\n"                                                                   \
	       "[null,null,100,\"2014-01\",null,\"12345678901234567890\",false]\n{\"rows\":2}\n"

static void check_json(const char *in, const char *want)
{
	check_rows("dm.json", vf_bytes_str(in), want);
}

static void test_json(void)
{
	static const char lines[] = "{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"DM\"," COLUMNS "}\r\n" ROW1 "\n" ROW2 "\n";
	uint8_t packed[4096];
	uLongf n = sizeof(packed);

	check_json("{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"DM\"," COLUMNS ",\"rows\":[" ROW1 "," ROW2 "]}", JSON_WANT);
	check_json("{\n \"datasetJSONVersion\": \"1.1.0\",\n \"name\": \"DM\",\n" COLUMNS ",\n\"rows\":[\n" ROW1 "\n,\n" ROW2 "]}\n", JSON_WANT);
	check_json("{\"datasetJSONVersion\":\"1.1.0\",\"rows\":[" ROW1 "," ROW2 "]," COLUMNS ",\"name\":\"DM\"}", JSON_WANT);
	check_json("{\"datasetJSONVersion\":\"1.1.0\"," COLUMNS ",\"rows\":[" ROW1 "," ROW2 "],\n\"other\":{\"name\":\"no\"},\"name\":\"DM\"}", JSON_WANT);
	check_json(lines, JSON_WANT);
	CHECK_INT(compress(packed, &n, (const uint8_t *)lines, sizeof(lines) - 1), Z_OK);
	check_rows("dm.dsjc", vf_bytes(packed, n), JSON_WANT);
	check_json("{\"datasetJSONVersion\":\"1.1.0\"," COLUMNS ",\"rows\":[[\"x\"]]}",
		SCHEMA "{\"table\":null,\"columns\":[[\"T\",\"text\"],[\"I\",\"number\"],[\"F\",\"number\"],[\"D\",\"number\"],[\"C\",\"text\"],"
		       "[\"X\",\"number\"],[\"B\",\"boolean\"]]}\n[\"x\",null,null,null,null,null,null]\n{\"rows\":1}\n");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.1.0\",\"rows\":[[1]]}"), VF_FILE_SHAPE, "without columns");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"X\",\"columns\":[{}],\"rows\":[]}"), VF_FILE_SHAPE, "without a name");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"X\",\"columns\":[],\"rows\":[[1]]}"), VF_FILE_SHAPE, "more cells");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"X\"," COLUMNS ",\"rows\":[[[1]]]}"), VF_FILE_SHAPE, "no value");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"X\"," COLUMNS ",\"rows\":[1]}"), VF_FILE_SHAPE, "no array");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.1.0\",\"name\":\"X\"," COLUMNS ",\"rows\":[[1]"), VF_FILE_SHAPE, "");
	check_refused("x.json", vf_bytes_str("{\"datasetJSONVersion\":\"1.0.0\",\"clinicalData\":{}}"), VF_UNSUPPORTED, "1.0");
	check_refused("x.dsjc", vf_bytes(packed, n / 2), VF_FILE_SHAPE, "");
}

/* ---- Dataset-XML ---- */

#define ODM "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3' xmlns:data='http://www.cdisc.org/ns/Dataset-XML/v1.0'><ClinicalData>"

static void test_xml(void)
{
	static const char want[] = SCHEMA "{\"table\":\"IG.DM\",\"columns\":[[\"A\",\"text\"],[\"B\",\"text\"],[\"C\",\"text\"]]}\n"
					  "[\"1\",null,\"x\"]\n[\"2\",\"y\",null]\n[null,null,null]\n{\"rows\":3}\n"
					  "{\"table\":\"IG.AE\",\"columns\":[[\"Z\",\"text\"]]}\n[\"9\"]\n{\"rows\":1}\n";

	check_rows("dm.xml",
		vf_bytes_str("<?xml version='1.0'?>" ODM "<ItemGroupData ItemGroupOID='IG.DM' data:ItemGroupDataSeq='1'><ItemData ItemOID='C' Value='x'/>"
			     "<ItemData ItemOID='A' Value='1 '/></ItemGroupData><ItemGroupData ItemGroupOID='IG.DM'><ItemData ItemOID='A' Value='2'/>"
			     "<ItemData ItemOID='B' Value='y'/></ItemGroupData><ItemGroupData ItemGroupOID='IG.DM'/>"
			     "<ItemGroupData ItemGroupOID='IG.AE'><ItemData ItemOID='Z' Value='9'/></ItemGroupData></ClinicalData></ODM>"),
		want);
	check_rows("dm.xml",
		vf_bytes_str(ODM "\n<ItemGroupData ItemGroupOID='IG.DM'>\n<ItemData Value='1' ItemOID='A'></ItemData><ItemData ItemOID='B' Value=''/>"
			     "<ItemData ItemOID='C' Value='x'/></ItemGroupData><ItemGroupData ItemGroupOID='IG.DM'><ItemData ItemOID='B' Value='y'/>"
			     "<ItemData ItemOID='A' Value='2'/></ItemGroupData><ItemGroupData ItemGroupOID='IG.DM'/>"
			     "<ItemGroupData ItemGroupOID='IG.AE'><ItemData ItemOID='Z' Value='9'/></ItemGroupData></ClinicalData></ODM>"),
		want);
	check_refused("x.xml", vf_bytes_str(ODM "</ClinicalData></ODM>"), VF_FILE_SHAPE, "without a data set");
	check_refused("x.xml", vf_bytes_str(ODM "<ItemGroupData/></ClinicalData></ODM>"), VF_FILE_SHAPE, "ItemGroupOID");
	check_refused("x.xml", vf_bytes_str(ODM "<ItemGroupData ItemGroupOID='a'><ItemData/></ItemGroupData></ClinicalData></ODM>"), VF_FILE_SHAPE, "ItemOID");
	check_refused("x.xml",
		vf_bytes_str(ODM "<ItemGroupData ItemGroupOID='a'><ItemData ItemOID='b'/><ItemData ItemOID='b'/></ItemGroupData></ClinicalData></ODM>"),
		VF_FILE_SHAPE, "twice");
	check_refused("x.xml", vf_bytes_str(ODM "<ItemGroupData ItemGroupOID='a'>"), VF_FILE_SHAPE, "");
	check_refused("x.xml", vf_bytes_str("<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3'/>"), VF_UNSUPPORTED, "without rows");
}

/* ---- XPT ---- */

static void put_row(struct xpt_maker *x, const char *t, const void *number)
{
	char cell[9];

	snprintf(cell, sizeof(cell), "%-8s", t);
	xpt_put(x, cell, 8);
	xpt_put(x, number, 8);
}

static const uint8_t one[] = {0x41, 0x10, 0, 0, 0, 0, 0, 0}, minus_half[] = {0xc0, 0x80, 0, 0, 0, 0, 0, 0}, tenth[] = {0x40, 0x19, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a},
		     day[] = {0x44, 0x4d, 0x0d, 0, 0, 0, 0, 0}, zero[8] = {0}, missing[] = {'.', 0, 0, 0, 0, 0, 0, 0},
		     missing_a[] = {'A', 0, 0, 0, 0, 0, 0, 0}, missing_[] = {'_', 0, 0, 0, 0, 0, 0, 0}, blank[] = "        ";

static void make_xpt(struct xpt_maker *x, bool v8, const char *created, const char *count)
{
	*x = (struct xpt_maker){.v8 = v8};
	xpt_library(x, created);
	xpt_member(x, "DM", 2);
	xpt_column(x, "TEXT", 2, 8, 0);
	xpt_column(x, v8 ? "A_LONG_NAME" : "NUM", 1, 8, 8);
	xpt_rows(x, count);
	put_row(x, "one", one);
	put_row(x, " two", minus_half);
	put_row(x, "", tenth);
	put_row(x, "d", day);
	put_row(x, "z", zero);
	put_row(x, "m", missing);
	put_row(x, "a", missing_a);
	put_row(x, "_", missing_);
	put_row(x, "caf\xe9", one);
}

#define XPT_ROWS "[\"one\",1]\n[\" two\",-0.5]\n[null,0.1]\n[\"d\",19725]\n[\"z\",0]\n[\"m\",null]\n[\"a\",{\"missing\":\"A\"}]\n[\"_\",{\"missing\":\"_\"}]\n[\"caf\\udce9\",1]\n"
#define XPT_WANT SCHEMA "{\"table\":\"DM\",\"columns\":[[\"TEXT\",\"text\"],[\"NUM\",\"number\"]]}\n" XPT_ROWS "{\"rows\":9}\n"

static struct vf_bytes octets(const struct xpt_maker *x)
{
	return vf_bytes(x->p, x->n);
}

static void test_xpt(void)
{
	static struct xpt_maker x;
	size_t before;

	make_xpt(&x, false, "16AUG13:21:15:04", "");
	xpt_fill(&x);
	check_rows("dm.xpt", octets(&x), XPT_WANT);
	make_xpt(&x, false, "01JAN26:00:00:00", ""); /* exported again */
	xpt_fill(&x);
	check_rows("any", octets(&x), XPT_WANT);
	/* a blank row before one that is not is a row; at the end it may be padding */
	make_xpt(&x, false, "16AUG13:21:15:04", "");
	put_row(&x, "", blank);
	xpt_fill(&x);
	check_rows("dm.xpt", octets(&x), XPT_WANT);
	/* another data set behind it */
	before = x.n;
	xpt_member(&x, "AE", 1);
	xpt_column(&x, "B", 2, 80, 0);
	xpt_rows(&x, "");
	xpt_record(&x, "x");
	for (int i = 0; i < 10; i++)
		xpt_put(&x, blank, 8);
	CHECK(before % 80 == 0);
	check_rows("dm.xpt", octets(&x), XPT_WANT "{\"table\":\"AE\",\"columns\":[[\"B\",\"text\"]]}\n[\"x\"]\n[null]\n{\"rows\":2}\n");
	make_xpt(&x, true, "16AUG13:21:15:04", "10");
	put_row(&x, "", blank);
	xpt_fill(&x);
	check_rows("dm.xpt", octets(&x), SCHEMA "{\"table\":\"DM\",\"columns\":[[\"TEXT\",\"text\"],[\"A_LONG_NAME\",\"number\"]]}\n" XPT_ROWS
						"[null,3.687825414344431e-40]\n{\"rows\":10}\n");
}

static void test_xpt_refused(void)
{
	static struct xpt_maker x;

	make_xpt(&x, true, "16AUG13:21:15:04", "11");
	xpt_fill(&x);
	check_refused("x.xpt", octets(&x), VF_FILE_SHAPE, "before the rows");
	make_xpt(&x, false, "16AUG13:21:15:04", "");
	for (size_t n = 24; n < 240 + 7 * 80 + 240; n += 40)
		check_refused("x.xpt", vf_bytes(x.p, n), VF_FILE_SHAPE, "");
	x.p[314 + 3] = '9'; /* 0149 octets for a column */
	check_refused("x.xpt", octets(&x), VF_FILE_SHAPE, "140");
	make_xpt(&x, false, "16AUG13:21:15:04", "");
	x.p[640 + 1] = 3;
	check_refused("x.xpt", octets(&x), VF_FILE_SHAPE, "column 1");
	make_xpt(&x, false, "16AUG13:21:15:04", "");
	memset(x.p + 640 + 84, 0x7f, 4);
	check_refused("x.xpt", octets(&x), VF_FILE_SHAPE, "column 1");
	check_refused("x.xpt", vf_bytes_str(""), VF_UNSUPPORTED, "without rows");
}

static VF_RC refuse_row(void *ctx, const struct tr_cell *cells, struct vf_err *reterr)
{
	(void)ctx;
	(void)cells;
	return vf_fail(reterr, VF_IO, "a full disk");
}

static VF_RC take_table(void *ctx, const struct tr_dataset *set, struct vf_err *reterr)
{
	(void)ctx;
	(void)set;
	(void)reterr;
	return VF_OK;
}

static void test_fault(void)
{
	static struct xpt_maker x;
	struct tr_row_sink sink = {.table = take_table, .row = refuse_row};
	struct vf_bytes file;
	struct tr_input in;

	make_xpt(&x, false, "16AUG13:21:15:04", "");
	file = octets(&x);
	in = tr_input_of(&file, "x.xpt");
	CHECK_RC(tr_rows_read(&in, &sink, NULL), VF_IO);
	file = vf_bytes_str("a,b\n1,2\n");
	in = tr_input_of(&file, "x.csv");
	CHECK_RC(tr_rows_read(&in, &sink, NULL), VF_IO);
}

int main(void)
{
	test_csv();
	test_json();
	test_xml();
	test_xpt();
	test_xpt_refused();
	test_fault();
	return check_done();
}
