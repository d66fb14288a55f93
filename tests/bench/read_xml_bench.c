/*
 * Reading ODM and Dataset-XML, beside libxml2's xmlTextReader over the same file that looks at nothing.
 *
 * read_xml_bench [MIB]: files of that many MiB (16) are made, each read in turns by both, the best of some turns counts:
 * what else the machine does makes both slower. read_xml_bench FILE...: those files. Memory is that of reading the files
 * with everything asked for that can be said, before xmlTextReader runs.
 */
#include <fcntl.h>
#include <libxml/xmlreader.h>
#include <sys/resource.h>
#include <unistd.h>

#include "notary/file_input.h"
#include "tests/bench/bench.h"
#include "trial/read/readers.h"

#define TURNS 7
#define EVERYTHING (TR_WANT_SUBJECTS | TR_WANT_ROWS | TR_WANT_AUDIT)

struct figure {
	const char *name;
	uint64_t best_wall, best_cpu;
};

static VF_RC count_fact(void *ctx, const struct tr_fact *fact, struct vf_err *reterr)
{
	(void)fact, (void)reterr;
	++*(uint64_t *)ctx;
	return VF_OK;
}

static void read_file(const char *path, unsigned wants)
{
	struct nt_file_input file;
	struct vf_err err = {0};
	const struct tr_reader *reader;
	uint64_t n = 0;
	struct tr_reading r = {.wants = wants, .fact = count_fact, .ctx = &n};

	bench_need(nt_file_input_open(&file, path, path, &err), &err, path);
	r.in = &file.input;
	bench_need(tr_read(&r, &reader, &err), &err, path);
	if (!reader || !n)
		exit(1);
	tr_reading_done(&r);
	nt_file_input_done(&file);
}

static void read_head(const char *path)
{
	read_file(path, 0);
}

static void read_everything(const char *path)
{
	read_file(path, EVERYTHING);
}

static void read_bare(const char *path)
{
	xmlTextReaderPtr x = xmlReaderForFile(path, NULL, XML_PARSE_NONET);

	while (x && xmlTextReaderRead(x) == 1)
		;
	if (!x || xmlTextReaderReadState(x) != XML_TEXTREADER_MODE_EOF)
		exit(1);
	xmlFreeTextReader(x);
}

static void take_turn(struct figure *f, void (*read)(const char *path), const char *path)
{
	struct bench_clock began = bench_begin(), now;

	read(path);
	now = bench_begin();
	if (!f->best_wall || now.wall - began.wall < f->best_wall)
		f->best_wall = now.wall - began.wall;
	if (!f->best_cpu || now.cpu - began.cpu < f->best_cpu)
		f->best_cpu = now.cpu - began.cpu;
}

static void print(const struct figure *f, const char *name, uint64_t size)
{
	printf("%s_%s\t1\t%" PRIu64 "\t%.1f\t%" PRIu64 "\t-\n", name, f->name, f->best_wall, (double)size * 1e3 / (double)f->best_wall,
		f->best_cpu);
	fflush(stdout);
}

static void measure(const char *path, const char *name, uint64_t size)
{
	struct figure head = {.name = "read"}, everything = {.name = "everything"}, bare = {.name = "bare"};
	struct rusage use;
	char row[64];

	read_everything(path);
	getrusage(RUSAGE_SELF, &use);
	snprintf(row, sizeof(row), "%.50s_rss", name);
	bench_size(row, 1, (double)use.ru_maxrss * 1024);
	for (int i = 0; i < TURNS; i++) {
		take_turn(&bare, read_bare, path);
		take_turn(&head, read_head, path);
		take_turn(&everything, read_everything, path);
	}
	print(&head, name, size);
	print(&everything, name, size);
	print(&bare, name, size);
}

/* ---- files that are made ---- */

#define CDISC "http://www.cdisc.org/ns/odm/v1.3"

static void put_subject(FILE *out, size_t n)
{
	fprintf(out, " <SubjectData SubjectKey=\"%06zu\" TransactionType=\"Insert\">\n  <SiteRef LocationOID=\"L.%zu\"/>\n", n, n % 40);
	for (size_t event = 0; event < 8; event++) {
		fprintf(out, "  <StudyEventData StudyEventOID=\"SE.%zu\" StudyEventRepeatKey=\"1\">\n   <FormData FormOID=\"F.%zu\">\n"
			     "    <AuditRecord><UserRef UserOID=\"U.%zu\"/><LocationRef LocationOID=\"L.%zu\"/><DateTimeStamp>"
			     "2024-%02zu-%02zuT10:00:00Z</DateTimeStamp></AuditRecord>\n", event, event, n % 7, n % 40, 1 + event, 1 + n % 28);
		for (size_t group = 0; group < 2; group++) {
			fprintf(out, "    <ItemGroupData ItemGroupOID=\"IG.%zu\" ItemGroupRepeatKey=\"%zu\">\n", event, group + 1);
			for (size_t item = 0; item < 12; item++)
				fprintf(out, "     <ItemData ItemOID=\"IT.VITALS.%zu\" Value=\"%zu\"/>\n", item, n * 31 + item * 7);
			fputs("    </ItemGroupData>\n", out);
		}
		fputs("   </FormData>\n  </StudyEventData>\n", out);
	}
	fputs(" </SubjectData>\n", out);
}

static void make_odm(FILE *out, uint64_t size)
{
	fputs("<ODM xmlns=\"" CDISC "\" ODMVersion=\"1.3.2\" FileType=\"Transactional\" FileOID=\"B\" CreationDateTime=\"2025-01-01T00:00:00Z\">\n"
	      "<Study OID=\"S\"><MetaDataVersion OID=\"M\" Name=\"1\"><ItemDef OID=\"IT.VITALS.0\" SDSVarName=\"RFICDTC\"/></MetaDataVersion></Study>\n"
	      "<ClinicalData StudyOID=\"S\" MetaDataVersionOID=\"M\">\n", out);
	for (size_t n = 0; (uint64_t)ftell(out) < size; n++)
		put_subject(out, n);
	fputs("</ClinicalData></ODM>\n", out);
}

static void make_dataset_xml(FILE *out, uint64_t size)
{
	fputs("<ODM xmlns=\"" CDISC "\" xmlns:data=\"http://www.cdisc.org/ns/Dataset-XML/v1.0\" ODMVersion=\"1.3.2\" FileType=\"Snapshot\" "
	      "FileOID=\"B\" data:DatasetXMLVersion=\"1.0.0\">\n<ClinicalData StudyOID=\"S\" MetaDataVersionOID=\"M\">\n", out);
	for (size_t n = 1; (uint64_t)ftell(out) < size; n++) {
		fprintf(out, " <ItemGroupData ItemGroupOID=\"IG.LB\" data:ItemGroupDataSeq=\"%zu\">\n  <ItemData ItemOID=\"IT.STUDYID\" Value=\"S\"/>\n"
			     "  <ItemData ItemOID=\"IT.USUBJID\" Value=\"S-%06zu\"/>\n  <ItemData ItemOID=\"IT.LB.LBTESTCD\" Value=\"ALT\"/>\n"
			     "  <ItemData ItemOID=\"IT.LB.LBDTC\" Value=\"2024-%02zu-%02zu\"/>\n", n, n / 100, 1 + n % 12, 1 + n % 28);
		for (size_t item = 0; item < 24; item++)
			fprintf(out, "  <ItemData ItemOID=\"IT.LB.VALUE%zu\" Value=\"%zu.5\"/>\n", item, n + item);
		fputs(" </ItemGroupData>\n", out);
	}
	fputs("</ClinicalData></ODM>\n", out);
}

static void measure_made(const char *name, void (*make)(FILE *out, uint64_t size), uint64_t size)
{
	char path[] = "/tmp/read-xml-bench-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");

	if (!out)
		exit(1);
	make(out, size);
	if (fclose(out) != 0)
		exit(1);
	measure(path, name, size);
	unlink(path);
}

static void measure_given(const char *path)
{
	FILE *in = fopen(path, "rb");
	const char *name = strrchr(path, '/');

	if (!in || fseek(in, 0, SEEK_END) != 0)
		exit(1);
	measure(path, name ? name + 1 : path, (uint64_t)ftell(in));
	fclose(in);
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long long mib = argc > 1 ? strtoull(argv[1], &end, 10) : 16;

	bench_head();
	if (argc > 1 && *end) {
		for (int i = 1; i < argc; i++)
			measure_given(argv[i]);
		return 0;
	}
	measure_made("odm", make_odm, (uint64_t)mib << 20);
	measure_made("dataset_xml", make_dataset_xml, (uint64_t)mib << 20);
	return 0;
}
