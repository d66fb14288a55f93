/*
 * How much readers say of a file that was made so that they say a lot: something long once, and then many short things that stand
 * within it or refer to it. What facts hold is bounded for all of them, and small for those that say each thing once.
 */
#include <stdlib.h>

#include "tests/check.h"
#include "trial/read/readers.h"

#define ROOM ((size_t)8 * 1024 * 1024)
#define EVERYTHING (TR_WANT_SUBJECTS | TR_WANT_ROWS | TR_WANT_AUDIT | TR_WANT_COLUMNS | TR_WANT_TEXT)

struct made {
	char *p;
	size_t n;
};

static struct made m;

static void put(const char *text)
{
	size_t n = strlen(text);

	if (m.n + n >= ROOM)
		CHECK_FAIL("the file has no room for %zu octets", n);
	else
		memcpy(m.p + m.n, text, n + 1);
	m.n += m.n + n < ROOM ? n : 0;
}

static void put_long(size_t n)
{
	if (m.n + n >= ROOM)
		return;
	memset(m.p + m.n, 'x', n);
	m.n += n;
	m.p[m.n] = '\0';
}

static void put_many(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(text);
}

/* Text with numbers in it, which readers may ask to be different. */
static void put_numbered(const char *before, const char *after, size_t n)
{
	char number[24];

	for (size_t i = 0; i < n; i++) {
		put(before);
		snprintf(number, sizeof(number), "%zu", i);
		put(number);
		put(after);
	}
}

/* ---- what is made ---- */

static void etmf(void)
{
	put("<BATCH xmlns=\"https://tmfrefmodel.com/ems\"><OBJECT><OBJECTTITLE>");
	put_long(16000);
	put("</OBJECTTITLE><OBJECTID>");
	put_long(16000);
	put("</OBJECTID>");
	put_many("<FILE></FILE>", 100000);
	put("</OBJECT></BATCH>");
}

static void odm(void)
{
	put("<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\" ODMVersion=\"1.3.2\" FileType=\"Transactional\" FileOID=\"F\" "
	    "CreationDateTime=\"2024-01-01T10:00:00Z\"><ClinicalData StudyOID=\"S\" MetaDataVersionOID=\"M\"><SubjectData SubjectKey=\"");
	put_long(30000);
	put("\"><StudyEventData StudyEventOID=\"E\"><FormData FormOID=\"F\"><ItemGroupData ItemGroupOID=\"G\">");
	put_numbered("<ItemData ItemOID=\"I", "\" TransactionType=\"Insert\"/>", 50000);
	put("</ItemGroupData></FormData></StudyEventData></SubjectData></ClinicalData></ODM>");
}

static void define(void)
{
	put("<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\" xmlns:def=\"http://www.cdisc.org/ns/def/v2.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
	    "FileOID=\"F\" FileType=\"Snapshot\" ODMVersion=\"1.3.2\" CreationDateTime=\"2024-01-01T10:00:00\"><Study OID=\"S\"><GlobalVariables>"
	    "<StudyName>N</StudyName></GlobalVariables><MetaDataVersion OID=\"M\" Name=\"N\" def:DefineVersion=\"2.0.0\">");
	put("<ItemGroupDef OID=\"G\" Name=\"");
	put_long(100000);
	put("\" Repeating=\"Yes\">");
	put_numbered("<ItemRef ItemOID=\"I", "\"/>", 20000);
	put("</ItemGroupDef>");
	put_numbered("<ItemDef OID=\"I", "\" Name=\"A\" DataType=\"text\"/>", 20000);
	put("</MetaDataVersion></Study></ODM>");
}

static void ectd(void)
{
	put("<?xml version=\"1.0\"?><ectd:ectd xmlns:ectd=\"http://www.ich.org/ectd\" xmlns:xlink=\"http://www.w3c.org/1999/xlink\"><m1><");
	put_long(20000);
	put(">");
	put_many("<leaf ID=\"a\" xlink:href=\"a\"><title>t</title></leaf>", 50000);
	put("</");
	put_long(20000);
	put("></m1></ectd:ectd>");
}

static void fhir_json(void)
{
	put("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"");
	put_long(100000);
	put("\"}],\"recorded\":\"2024-01-01T10:00:00Z\",\"agent\":[{\"who\":{\"reference\":\"a\"}}],\"signature\":[");
	put_many("{\"type\":[{\"code\":\"c\"}],\"when\":\"2024-01-01T10:00:00Z\",\"who\":{\"reference\":\"a\"}},", 20000);
	put("{\"type\":[{\"code\":\"c\"}]}]}}]}");
}

static void ictrp(void)
{
	put("<Trials_downloaded_from_ICTRP><Trial><TrialID>");
	put_long(4000);
	put("</TrialID><Primary_outcome>");
	put_many("a;", 100000);
	put("</Primary_outcome><Secondary_ID>");
	put_many("b;", 100000);
	put("</Secondary_ID></Trial></Trials_downloaded_from_ICTRP>");
}

static void ctgov_json(void)
{
	put("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\",\"briefTitle\":\"");
	put_long(100000);
	put("\"},\"outcomesModule\":{\"primaryOutcomes\":[");
	put_many("{\"measure\":\"m\",\"timeFrame\":\"t\"},", 50000);
	put("{\"measure\":\"m\"}]}}}");
}

static void csv(void)
{
	put("STUDYID,DOMAIN,USUBJID,AESTDTC,");
	put_long(200);
	put("\n");
	put_many("S,AE,1,2024-01-01,x\n", 100000);
}

static void dataset_json(void)
{
	put("{\"datasetJSONCreationDateTime\":\"2024-01-01T10:00:00\",\"datasetJSONVersion\":\"1.1.0\",\"studyOID\":\"S\",\"itemGroupOID\":\"IG.AE\",\"name\":\"");
	put("AE\",\"label\":\"");
	put_long(10000);
	put("\",\"records\":100000,\"columns\":[{\"itemOID\":\"I1\",\"name\":\"USUBJID\",\"label\":\"a\",\"dataType\":\"string\"},"
	    "{\"itemOID\":\"I2\",\"name\":\"AESTDTC\",\"label\":\"b\",\"dataType\":\"string\"}],\"rows\":[");
	put_many("[\"1\",\"2024-01-01\"],", 99999);
	put("[\"1\",\"2024-01-01\"]]}");
}

/* ---- what is said ---- */

struct counted {
	uint64_t octets, facts;
};

static VF_RC count_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr)
{
	struct counted *c = ctx;

	(void)reterr;
	c->octets += f->value.n + f->normal.n + f->subject.n;
	c->facts++;
	return VF_OK;
}

static VF_RC count_warning(void *ctx, enum tr_warning warning, const char *what, const struct tr_place *place, struct vf_err *reterr)
{
	(void)ctx, (void)warning, (void)what, (void)place, (void)reterr;
	return VF_OK;
}

static void check_reader(const char *reader, const char *name, void (*make)(void), unsigned times, enum vf_rc want)
{
	struct counted c = {0};
	const struct tr_reader *found;
	struct vf_bytes octets;
	struct tr_input in;
	struct tr_reading r = {.in = &in, .wants = EVERYTHING, .fact = count_fact, .warning = count_warning, .ctx = &c};
	struct vf_err err = {0};
	enum vf_rc rc;

	m.n = 0;
	make();
	octets = vf_bytes(m.p, m.n);
	in = tr_input_of(&octets, name);
	rc = tr_read(&r, &found, &err);
	tr_reading_done(&r);
	CHECK_STR(found ? found->name : "", reader);
	CHECK_RC(rc, want);
	if (c.facts < 100)
		CHECK_FAIL("%s: %" PRIu64 " facts: this file shows nothing", reader, c.facts);
	if (c.octets > times * (uint64_t)m.n)
		CHECK_FAIL("%s: %zu octets say %" PRIu64 " octets in %" PRIu64 " facts (%s)", reader, m.n, c.octets, c.facts, err.text);
	CHECK(c.octets <= TR_MAX_SAID_FREE + TR_MAX_SAID_RATIO * (uint64_t)m.n);
}

int main(void)
{
	m.p = malloc(ROOM);
	if (!m.p)
		return 1;
	check_reader("etmf", "exchange.xml", etmf, 2, VF_OK);
	check_reader("odm", "odm.xml", odm, 100, VF_LIMIT);
	check_reader("define", "define.xml", define, 120, VF_LIMIT);
	check_reader("ectd", "index.xml", ectd, 120, VF_LIMIT);
	check_reader("fhir-json", "bundle.json", fhir_json, 120, VF_LIMIT);
	check_reader("ictrp", "ictrp.xml", ictrp, 8, VF_OK);
	check_reader("ctgov-json", "NCT00000001.json", ctgov_json, 2, VF_OK);
	check_reader("csv", "ae.csv", csv, 4, VF_OK);
	check_reader("dataset-json", "ae.json", dataset_json, 4, VF_OK);
	free(m.p);
	return check_done();
}
