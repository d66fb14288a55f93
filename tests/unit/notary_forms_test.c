/* canonical.json as it is written and read; where two XML files differ; the digests of both forms of one file. */
#include "tests/check.h"

#include "notary/compare.h"
#include "notary/forms.h"

static struct tr_input input_of(const struct vf_bytes *b, const char *name)
{
	return tr_input_of(b, name);
}

static void test_example(void)
{
	struct vf_bytes want = check_example("docs/formats/examples/canonical.json"), xml = check_example("docs/formats/examples/canonical.xml"),
			c14n = check_example("docs/formats/examples/canonical.c14n"), csv = vf_bytes_str("a,b\n1,2\n");
	struct nt_declared d[3] = {{.name = vf_bytes_str("canonical.xml")}, {.name = vf_bytes_str("none.pdf")}, {.name = vf_bytes_str("x.csv")}}, found;
	struct tr_input in = input_of(&xml, "canonical.xml");
	struct nt_buf out = nt_buf(1 << 16);
	struct vf_pair of_text = vf_pair_of(c14n);
	bool has[NT_FORM_COUNT] = {false}, is_found = false;
	size_t n = 0;

	CHECK_RC(nt_forms_of(&in, has, NULL), VF_OK);
	CHECK(has[NT_FORM_XML] && !has[NT_FORM_ROWS]);
	CHECK_RC(nt_form_digest(&in, NT_FORM_XML, &d[0].digests[NT_FORM_XML], NULL), VF_OK);
	CHECK(vf_pair_eq(&d[0].digests[NT_FORM_XML].digests, &of_text));
	CHECK_INT(d[0].digests[NT_FORM_XML].size, c14n.n);
	d[0].has[NT_FORM_XML] = true;
	in = input_of(&csv, "x.csv");
	CHECK_RC(nt_forms_of(&in, has, NULL), VF_OK);
	CHECK(!has[NT_FORM_XML] && has[NT_FORM_ROWS]);
	CHECK_RC(nt_form_digest(&in, NT_FORM_ROWS, &d[2].digests[NT_FORM_ROWS], NULL), VF_OK);
	d[2].has[NT_FORM_ROWS] = true;
	CHECK_RC(nt_declared_write(d, 3, &out, &n, NULL), VF_OK);
	CHECK_INT(n, 2);
	CHECK_BYTES(nt_buf_bytes(&out), want);
	CHECK_RC(nt_declared_find(want, vf_bytes_str("x.csv"), &found, &is_found, NULL), VF_OK);
	CHECK(is_found && found.has[NT_FORM_ROWS] && !found.has[NT_FORM_XML]);
	CHECK(vf_pair_eq(&found.digests[NT_FORM_ROWS].digests, &d[2].digests[NT_FORM_ROWS].digests));
	CHECK_RC(nt_declared_find(want, vf_bytes_str("none.pdf"), &found, &is_found, NULL), VF_OK);
	CHECK(!is_found);
	nt_buf_reset(&out);
	CHECK_RC(nt_declared_write(d + 1, 1, &out, &n, NULL), VF_OK);
	CHECK(n == 0 && out.n == 0);
	nt_buf_done(&out);
}

#define H32 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FORM(a) "{\"algorithm\":\"" a "\",\"size\":0,\"sha256\":\"" H32 "\",\"sha512\":\"" H32 H32 "\"}"
#define DOC(name, forms) "{\"name\":\"" name "\",\"forms\":[" forms "]}"
#define FILE_OF(documents) "{\"schema\":\"trialnotary/canonical/1\",\"documents\":[" documents "]}\n"

static void test_refused(void)
{
	static const struct {
		const char *text;
		enum vf_rc rc;
	} cases[] = {
		{FILE_OF(DOC("a", FORM("unknown"))), VF_OK},
		{FILE_OF(DOC("a", FORM("trialnotary/rows/1") "," FORM("unknown"))), VF_OK},
		{FILE_OF(""), VF_JSON_SHAPE},
		{FILE_OF(DOC("a", "")), VF_JSON_SHAPE},
		{FILE_OF(DOC("a", FORM(""))), VF_JSON_SHAPE},
		{FILE_OF(DOC("a", FORM("b") "," FORM("a"))), VF_JSON_SHAPE},
		{FILE_OF(DOC("a", FORM("b") "," FORM("b"))), VF_JSON_SHAPE},
		{FILE_OF(DOC("b", FORM("x")) "," DOC("a", FORM("x"))), VF_JSON_SHAPE},
		{FILE_OF(DOC("a", FORM("x")) "," DOC("a", FORM("x"))), VF_JSON_SHAPE},
		{FILE_OF(DOC("../a", FORM("x"))), VF_NAME_SHAPE},
		{FILE_OF("1"), VF_JSON_SHAPE},
		{FILE_OF(DOC("a", "1")), VF_JSON_SHAPE},
		{"{\"schema\":\"trialnotary/canonical/2\",\"documents\":[" DOC("a", FORM("x")) "]}", VF_JSON_SHAPE},
		{"{\"schema\":\"trialnotary/canonical/1\"}", VF_JSON_SHAPE},
		{"{\"schema\":\"trialnotary/canonical/1\",\"documents\":[" DOC("a", FORM("x")) "],\"x\":1}", VF_JSON_SHAPE},
		{"[]", VF_JSON_SHAPE},
		{"", VF_JSON_SHAPE},
	};
	struct nt_declared d;
	bool found;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_RC(nt_declared_find(vf_bytes_str(cases[i].text), vf_bytes_str("a"), &d, &found, NULL), cases[i].rc);
}

/* A difference far behind the first block, found by its octet. */
static void test_far(void)
{
	size_t n = 400000;
	char *a = malloc(n + 64), *b = malloc(n + 64);
	struct vf_bytes first, second;
	struct nt_xml_difference d;
	struct tr_input in[2];
	size_t len = 0;

	if (!a || !b)
		exit(1);
	len += (size_t)sprintf(a, "<r>\n");
	while (len < n - 40)
		len += (size_t)sprintf(a + len, "<e n='%zu'/>\n", len);
	memcpy(b, a, len);
	sprintf(a + len, "<x><y>1</y></x>\n</r>");
	sprintf(b + len, "<x><z>1</z></x>\n</r>");
	first = vf_bytes_str(a);
	second = vf_bytes_str(b);
	in[0] = input_of(&first, "a.xml");
	in[1] = input_of(&second, "b.xml");
	CHECK_RC(nt_xml_differ(&in[0], &in[1], &d, NULL), VF_OK);
	CHECK_STR(d.first.path, "/r/x/y");
	CHECK_STR(d.second.path, "/r/x/z");
	CHECK(d.first.line == d.second.line && d.first.line > 1000);
	CHECK(!d.is_cut[0] && !d.is_cut[1]);
	free(a);
	free(b);
}

static void check_diff(const char *a, const char *b, const char *name, uint64_t differ, const char *columns, const char *said)
{
	struct vf_bytes first = vf_bytes_str(a), second = vf_bytes_str(b);
	struct tr_input in[2] = {input_of(&first, name), input_of(&second, name)};
	struct nt_rows_diff d;
	char got[256] = "";

	CHECK_RC(nt_rows_diff(&in[0], &in[1], &d, NULL), VF_OK);
	CHECK_INT(d.rows_differ, differ);
	for (size_t i = 0; i < d.n_columns; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s=%d ", VF_STR(d.columns[i].name), (int)d.columns[i].cells);
	CHECK_STR(got, columns);
	if (d.text.n != strlen(said) || (d.text.n && memcmp(d.text.p, said, d.text.n) != 0))
		CHECK_FAIL("not '%s' but '%.*s'", said, VF_STR(nt_buf_bytes(&d.text)));
	check_count++;
	nt_rows_diff_done(&d);
}

static void test_rows(void)
{
	struct vf_bytes good = vf_bytes_str("a\n1\n"), bad = vf_bytes_str("a\n1,2\n");
	struct tr_input in[2] = {input_of(&good, "x.csv"), input_of(&bad, "x.csv")};
	struct nt_rows_diff d;
	struct vf_err err = {0};

	check_diff("a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4\n", "x.csv", 0, "", "");
	check_diff("a,b\n1,2\n3,4\n", "a,b\n1,5\n3,6\n", "x.csv", 2, "b=2 ", "");
	check_diff("a,b\n1,2\n3,4\n", "b,a\n2,1\n4,9\n", "x.csv", 1, "a=1 ", "the columns of '' stand in another order\n");
	check_diff("a,b\n1,2\n", "a,c\n1,2\n", "x.csv", 0, "", "only the second file has the column 'c'\nonly the first file has the column 'b'\n");
	check_diff("a,b\n1,2\n9,9\n", "a\n1\n", "x.csv", 0, "", "only the first file has the column 'b'\n");
	check_diff("a\n", "a\n1\n2\n", "x.csv", 0, "", "");
	CHECK_RC(nt_rows_diff(&in[0], &in[1], &d, &err), VF_FILE_SHAPE);
	CHECK(strncmp(err.text, "second file: ", 13) == 0);
	CHECK_RC(nt_rows_diff(&in[1], &in[0], &d, &err), VF_FILE_SHAPE);
	CHECK(strncmp(err.text, "first file: ", 12) == 0);
}

int main(void)
{
	test_example();
	test_refused();
	test_far();
	test_rows();
	return check_done();
}
