/*
 * Reading a Bundle of consents, signatures and subjects in XML, beside a bare xmlTextReader over the same octets.
 *
 *   read_fhir_bench [MEGABYTES]
 */
#include <libxml/xmlreader.h>

#include "tests/bench/bench.h"
#include "trial/read/readers.h"

#define ROUNDS 5

struct text {
	char *p;
	size_t n, cap;
};

static void put(struct text *t, const char *text)
{
	size_t n = strlen(text);

	if (n > t->cap - t->n)
		exit(1);
	memcpy(t->p + t->n, text, n);
	t->n += n;
}

/* One person: as the German broad consent is written, with its comments, white space and extensions. */
static void put_person(struct text *t, unsigned number)
{
	static const char consent[] =
		"  <entry>\n    <fullUrl value=\"urn:uuid:34150a23-b1c8-404f-874f-%012u\"/>\n    <resource>\n      <Consent>\n"
		"        <id value=\"c%u\"/>\n        <meta>\n          <lastUpdated value=\"2020-12-11T09:39:07+00:00\"/>\n"
		"          <profile value=\"https://example.invalid/fhir/StructureDefinition/consent\"/>\n        </meta>\n"
		"        <!-- the study that it is for -->\n        <extension url=\"http://example.invalid/DomainReference\">\n"
		"          <extension url=\"domain\">\n            <valueReference>\n              <reference value=\"ResearchStudy/1\"/>\n"
		"            </valueReference>\n          </extension>\n        </extension>\n        <status value=\"active\"/>\n"
		"        <category>\n          <coding>\n            <system value=\"http://loinc.org\"/>\n            <code value=\"57016-8\"/>\n"
		"          </coding>\n        </category>\n        <patient>\n          <reference value=\"Patient/p%u\"/>\n        </patient>\n"
		"        <dateTime value=\"2020-09-01\"/>\n        <policy>\n          <uri value=\"urn:oid:2.16.840.1.113883.3.1937.777.24.2.1791\"/>\n"
		"        </policy>\n        <provision>\n          <type value=\"deny\"/>\n          <period>\n            <start value=\"2020-09-01\"/>\n"
		"            <end value=\"2050-08-31\"/>\n          </period>\n";
	static const char provision[] =
		"          <provision>\n            <type value=\"permit\"/>\n            <period>\n              <start value=\"2020-09-01\"/>\n"
		"              <end value=\"2025-08-31\"/>\n            </period>\n            <code>\n              <coding>\n"
		"                <system value=\"urn:oid:2.16.840.1.113883.3.1937.777.24.5.3\"/>\n"
		"                <code value=\"2.16.840.1.113883.3.1937.777.24.5.3.6\"/>\n                <display value=\"MDAT erheben\"/>\n"
		"              </coding>\n            </code>\n          </provision>\n";
	static const char rest[] =
		"        </provision>\n      </Consent>\n    </resource>\n  </entry>\n  <entry>\n    <resource>\n      <Provenance>\n        <target>\n"
		"          <reference value=\"Consent/c%u\"/>\n        </target>\n        <recorded value=\"2020-12-11T09:39:07+00:00\"/>\n"
		"        <signature>\n          <type>\n            <system value=\"urn:iso-astm:E1762-95:2013\"/>\n"
		"            <code value=\"1.2.840.10065.1.12.1.7\"/>\n          </type>\n          <when value=\"2020-12-11T09:39:07+00:00\"/>\n"
		"          <who>\n            <reference value=\"Patient/p%u\"/>\n          </who>\n          <data value=\"MIIFpQYJKoZIhvcNAQcC\"/>\n"
		"        </signature>\n      </Provenance>\n    </resource>\n  </entry>\n  <entry>\n    <resource>\n      <ResearchSubject>\n"
		"        <status value=\"active\"/>\n        <progress>\n          <reason>\n            <coding>\n"
		"              <code value=\"informedConsentSigned\"/>\n            </coding>\n          </reason>\n"
		"          <startDate value=\"2022-06-10\"/>\n        </progress>\n        <subject>\n          <reference value=\"Patient/p%u\"/>\n"
		"        </subject>\n      </ResearchSubject>\n    </resource>\n  </entry>\n";
	char room[4096];

	snprintf(room, sizeof(room), consent, number, number, number);
	put(t, room);
	for (int i = 0; i < 6; i++)
		put(t, provision);
	snprintf(room, sizeof(room), rest, number, number, number);
	put(t, room);
}

/* Every node, its name and its attributes' values are looked at, as any reader has to. */
static size_t bare(struct vf_bytes octets)
{
	xmlTextReaderPtr x = xmlReaderForMemory((const char *)octets.p, (int)octets.n, NULL, NULL, XML_PARSE_NONET);
	size_t n = 0;

	if (!x)
		exit(1);
	while (xmlTextReaderRead(x) == 1) {
		if (xmlTextReaderNodeType(x) != XML_READER_TYPE_ELEMENT)
			continue;
		n += xmlTextReaderConstLocalName(x) != NULL;
		while (xmlTextReaderMoveToNextAttribute(x) == 1)
			n += xmlTextReaderConstValue(x) != NULL;
	}
	xmlFreeTextReader(x);
	return n;
}

static size_t facts;

static VF_RC count(void *ctx, const struct tr_fact *fact, struct vf_err *reterr)
{
	(void)ctx;
	(void)fact;
	(void)reterr;
	facts++;
	return VF_OK;
}

static void run(const char *name, struct vf_bytes octets, unsigned wants)
{
	struct tr_input in = tr_input_of(&octets, "bundle.xml");
	struct bench_clock began = bench_begin();
	struct vf_err err = {0};

	facts = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct tr_reading r = {.in = &in, .wants = wants, .fact = count};

		bench_need(tr_read_fhir_xml.read(&r, &err), &err, name);
		tr_reading_done(&r);
	}
	bench_row(name, ROUNDS, began, octets.n * ROUNDS);
	printf("# %zu facts a file\n", facts / ROUNDS);
}

int main(int argc, char **argv)
{
	struct text t = {.cap = (bench_count(argc, argv, 1, 12) + 1) * 1024 * 1024};
	struct vf_bytes octets;
	struct bench_clock began;
	size_t nodes = 0;

	t.p = malloc(t.cap);
	if (!t.p)
		return 1;
	put(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Bundle xmlns=\"http://hl7.org/fhir\">\n  <type value=\"collection\"/>\n");
	for (unsigned i = 0; t.cap - t.n > 1024 * 1024; i++)
		put_person(&t, i);
	put(&t, "</Bundle>\n");
	octets = vf_bytes(t.p, t.n);
	bench_head();
	/* in turns, as the machine is not idle */
	for (int turn = 0; turn < 3; turn++) {
		began = bench_begin();
		for (int i = 0; i < ROUNDS; i++)
			nodes = bare(octets);
		bench_row("xmltextreader_alone", ROUNDS, began, octets.n * ROUNDS);
		run("fhir_xml", octets, 0);
		run("fhir_xml_all_facts", octets, TR_WANT_SUBJECTS | TR_WANT_AUDIT | TR_WANT_PLACES);
	}
	printf("# %zu octets, %zu elements and attributes\n", octets.n, nodes);
	free(t.p);
	return 0;
}
