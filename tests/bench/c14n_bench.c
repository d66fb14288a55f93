/*
 * Canonical XML of a file of many rows: time, and the memory that it takes, beside the tree that libxml2's own needs
 * (tests/bench/c14n_bench [MB [FILE]]). Each runs in a process of its own, so that both have their own peak.
 */
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notary/file_input.h"
#include "notary/forms.h"
#include "tests/bench/bench.h"

static void make_file(const char *path, size_t megabytes)
{
	FILE *f = fopen(path, "wb");
	size_t n = 0;

	if (!f)
		exit(1);
	n += (size_t)fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\" "
				"xmlns:data=\"http://www.cdisc.org/ns/Dataset-XML/v1.0\" FileType=\"Snapshot\">\n<ClinicalData StudyOID=\"S\">\n");
	for (unsigned row = 1; n < megabytes * 1000000; row++) {
		n += (size_t)fprintf(f, "<ItemGroupData ItemGroupOID=\"IG.ADLBC\" data:ItemGroupDataSeq=\"%u\">\n", row);
		for (unsigned i = 0; i < 40; i++)
			n += (size_t)fprintf(f, "  <ItemData ItemOID=\"IT.ADLBC.C%u\" Value=\"%u\"/>\n", i, row * 40503u + i);
		n += (size_t)fprintf(f, "</ItemGroupData>\n");
	}
	fprintf(f, "</ClinicalData>\n</ODM>\n");
	fclose(f);
}

static void run_ours(const char *path, uint64_t size)
{
	struct bench_clock began = bench_begin();
	struct nt_form_digest d;
	struct nt_file_input in;
	struct vf_err err = {0};
	struct rusage used;

	bench_need(nt_file_input_open(&in, path, "x.xml", &err), &err, "open");
	bench_need(nt_form_digest(&in.input, NT_FORM_XML, &d, &err), &err, "c14n");
	nt_file_input_done(&in);
	bench_row("c14n-stream-and-hash", 1, began, size);
	getrusage(RUSAGE_SELF, &used);
	bench_size("c14n-stream-peak", 1, (double)used.ru_maxrss * 1024);
}

static void run_theirs(const char *path, uint64_t size)
{
	struct bench_clock began = bench_begin();
	struct vf_pair pair;
	struct rusage used;
	xmlChar *out = NULL;
	xmlDocPtr doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
	int n = doc ? xmlC14NDocDumpMemory(doc, NULL, XML_C14N_1_1, NULL, 0, &out) : -1;

	if (n < 0)
		exit(1);
	pair = vf_pair_of(vf_bytes(out, (size_t)n));
	(void)pair;
	bench_row("c14n-libxml2-and-hash", 1, began, size);
	getrusage(RUSAGE_SELF, &used);
	bench_size("c14n-libxml2-peak", 1, (double)used.ru_maxrss * 1024);
}

static void run_apart(const char *path, uint64_t size, bool ours)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0) {
		if (ours)
			run_ours(path, size);
		else
			run_theirs(path, size);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	size_t megabytes = bench_count(argc, argv, 1, 24);
	char made[] = "/tmp/trialnotary-bench-XXXXXX";
	const char *path = argc > 2 ? argv[2] : made;
	struct stat st;

	if (argc <= 2) {
		int fd = mkstemp(made);

		if (fd < 0)
			return 1;
		close(fd);
		make_file(made, megabytes);
	}
	bench_head();
	fflush(stdout);
	if (stat(path, &st) == 0) {
		run_apart(path, (uint64_t)st.st_size, true);
		run_apart(path, (uint64_t)st.st_size, false);
	}
	if (argc <= 2)
		unlink(made);
	return 0;
}
