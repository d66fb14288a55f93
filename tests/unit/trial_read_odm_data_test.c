/* ODM and Dataset-XML of others, from the folder of sample files: what an independent reading of each has found too. */
#include "tests/fact_lines.h"

#define ALL (TR_WANT_SUBJECTS | TR_WANT_AUDIT)

static struct fact_lines f;
static const char *folder;
static size_t n_read;

static bool read_file(const char *name, unsigned wants)
{
	char path[4096];
	FILE *in;
	long size;
	uint8_t *octets;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0) {
		printf("without %s\n", name);
		return false;
	}
	rewind(in);
	octets = malloc((size_t)size + 1);
	if (!octets || fread(octets, 1, (size_t)size, in) != (size_t)size)
		exit(1);
	fclose(in);
	fact_lines_read(&f, vf_bytes(octets, (size_t)size), wants, NULL);
	free(octets);
	CHECK_RC(f.rc, VF_OK);
	n_read++;
	return true;
}

/* The official example of 1.1 (ISO-8859-1, DOCTYPE): malformed times, "Page 1" for "PAGE_1", repeat keys "1" and "". */
static void test_one_one(void)
{
	if (!read_file("cdisc-odm/1.1/odm1_1_0_example.xml", ALL))
		return;
	CHECK_LINES(&f, "0 file.version = 1.1\n0 file.encoding = ISO-8859-1\n0 file.id = 987-654-321\n");
	CHECK_LINES(&f, "0 file.records = 5\n0 file.signatures = 5\n0 file.subjects = 2\n");
	CHECK_INT(fact_lines_count(&f, "audit.time @P001 = ?"), 2);
	CHECK_INT(fact_lines_count(&f, "audit.time @P027 = ?"), 2);
	CHECK_INT(fact_lines_count(&f, "audit.time @P001 = 2001-05-31T08:47:07-05:00\n"), 1);
	CHECK_INT(fact_lines_count(&f, "audit.reason @P001 = Error in initial data entry\n"), 1);
	CHECK_INT(fact_lines_count(&f, "entry.key @P001 = P001/VISIT_1/Page 1/VITALS[1]/SBP\n"), 1);
	CHECK_INT(fact_lines_count(&f, "entry.key @P001 = P001/VISIT_1/PAGE_1/VITALS/SBP\n"), 1);
	CHECK_INT(fact_lines_count(&f, "signature.meaning @P001 = Entry\n"), 3);
	CHECK_INT(fact_lines_count(&f, "use.date = 2001-10-19T10:45:57-05:00\n"), 1);
	CHECK_NOT_SAID(&f, "John");
	if (read_file("cdisc-odm/1.1/sds2odmAuto.xml", 0))
		CHECK_LINES(&f, "0 file.version = 1.1\n0 file.encoding = UTF-16\n0 file.id = CDISC.ODMSDS2.1\n");
	if (read_file("cdisc-odm/1.1/MetadataUC2.xml", 0))
		CHECK_INT(fact_lines_count(&f, "version.includes = v1.1.0\n"), 1);
}

static void test_one_three(void)
{
	if (read_file("openedc/clinicaldata.xml", ALL)) {
		CHECK_LINES(&f, "0 file.dialect = OpenEDC\n0 study.id.oid = S.1\n");
		CHECK_LINES(&f, "0 file.records = 90\n0 file.subjects = 90\n");
		CHECK_INT(fact_lines_count(&f, " audit.time @"), 90);
		CHECK_NOT_SAID(&f, "audit.site");
		CHECK_LINES(&f, "2 audit.version @01 = MDV.1\n2 audit.key @01 = 01\n2 audit.time @01 = 2020-01-13T12:18:48.865Z\n");
	}
	/* the form "Informed Consent and Demographics" holds no such date */
	if (read_file("odmlib/odm-data-snapshot.xml", ALL)) {
		CHECK_INT(fact_lines_count(&f, "! mapping"), 1);
		CHECK_NOT_SAID(&f, "consent.date");
		CHECK_LINES(&f, "0 file.subjects = 2\n");
	}
	/* its prefix is bound to nothing */
	if (read_file("odmlib/test_odm_001.xml", 0))
		CHECK_INT(fact_lines_count(&f, "! namespace"), 1);
	if (read_file("odmlib/test_clinical_data_01.xml", ALL))
		CHECK_LINES(&f, "0 study.id.oid = P2006-101\n");
}

static void test_two(void)
{
	if (read_file("cdisc-odm/2.0-examples/RepeatingIG-UC-D-Example.xml", ALL))
		CHECK_LINES(&f, "0 file.version = 2.0\n0 file.encoding = UTF-8\n0 file.id = ODM.1497516063497\n");
	if (read_file("cdisc-odm/2.0-examples/SimpleTimingConstraints.xml", 0))
		CHECK_INT(fact_lines_count(&f, "! unread"), 1);
}

static void test_dataset_xml(void)
{
	static const struct {
		const char *name, *rows, *subjects;
	} files[] = {
		{"odmlib/ae.xml", "dataset.rows = 16\n", "0 file.subjects = 4\n"},
		{"odmlib/dm.xml", "dataset.rows = 5\n", "0 file.subjects = 5\n"},
		{"odmlib/lb.xml", "dataset.rows = 83\n", "0 file.subjects = 4\n"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!read_file(files[i].name, 0))
			continue;
		CHECK_STR(f.reader, "dataset-xml");
		CHECK_INT(fact_lines_count(&f, files[i].rows), 1);
		CHECK_LINES(&f, files[i].subjects);
		CHECK_LINES(&f, "0 file.refers = www.cdisc.org.Studycdisc01-Define-XML_2.0.0\n");
		CHECK_NOT_SAID(&f, "!");
	}
}

int main(void)
{
	const char *data = getenv("TRIALNOTARY_DATA"), *source = getenv("TRIALNOTARY_SOURCE");
	char beside[4096];

	snprintf(beside, sizeof(beside), "%s/../shared/data", source ? source : ".");
	folder = data ? data : beside;
	test_one_one();
	test_one_three();
	test_two();
	test_dataset_xml();
	return n_read ? check_done() : check_skip("there is no folder of sample files (TRIALNOTARY_DATA)");
}
