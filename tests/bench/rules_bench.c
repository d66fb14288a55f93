/*
 * All rules over the facts of 10,000 participants and 100,000 records, and the report of such a study: consents, forms and
 * approvals with their details, dated rows, an audit trail, titles and names of files. Reading files and the store is not in it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trial/rules/report.h"

#include "tests/bench/bench.h"

#define PARTICIPANTS 10000
#define RECORDS 100000
#define ROWS_EACH 10
#define TEXT_LEN 96

struct study {
	struct tr_case c;
	struct tr_facts *details;
	struct tr_link *links;
	struct tr_case_file data, *files;
	char (*texts)[TEXT_LEN];
};

static struct vf_hash id_of(uint64_t n, char what)
{
	char text[32];

	snprintf(text, sizeof(text), "%c%llu", what, (unsigned long long)n);
	return vf_sha256(vf_bytes_str(text));
}

static void say(struct study *s, enum tr_fact_name name, uint64_t item, const char *subject, const char *value)
{
	struct tr_fact f = {.name = name, .item = item, .subject = vf_bytes_str(subject), .value = vf_bytes_str(value)};
	struct tr_date date;
	struct vf_err err;

	if (tr_fact_type(name) == TR_DATE) {
		tr_date_read(TR_DATE_ISO, f.value, &date);
		f.date = &date;
		f.normal = vf_bytes_str(date.normal);
	}
	if (tr_fact_list_put(&s->data.facts, &f, false, &err) != VF_OK)
		exit(1);
}

static void fill_data(struct study *s)
{
	uint64_t item = 0;
	char subject[16], date[32];

	for (int p = 0; p < PARTICIPANTS; p++) {
		snprintf(subject, sizeof(subject), "%05d", p);
		say(s, TR_F_SUBJECT_KEY, ++item, subject, subject);
		snprintf(date, sizeof(date), "2024-%02d-%02d", 1 + p % 6, 1 + p % 28);
		say(s, TR_F_CONSENT_DATE, ++item, subject, date);
		for (int r = 0; r < ROWS_EACH; r++) {
			snprintf(date, sizeof(date), "2024-%02d-%02d", 7 + r % 6, 1 + (p + r) % 28);
			say(s, TR_F_ROW_DOMAIN, ++item, "", r % 2 ? "LB" : "VS");
			say(s, TR_F_ROW_DATE, item, subject, date);
		}
		say(s, TR_F_AUDIT_TIME, ++item, subject, "2024-12-01T10:00:00Z");
		say(s, TR_F_AUDIT_KEY, item, subject, subject);
		say(s, TR_F_AUDIT_ACTION, item, "", "Insert");
		say(s, TR_F_AUDIT_USER, item, "", "U1");
	}
	s->data.at_hand = true;
	s->data.name = vf_bytes_str("data.xml");
	s->data.size = 1;
}

/* What everybody sees of a record that is about nobody: G1 looks for keys of persons in it. */
static void fill_texts(struct study *s, size_t i)
{
	struct tr_case_record *r = &s->c.records[i];

	snprintf(s->texts[2 * i], TEXT_LEN, "Report of the monitoring visit %zu-%zu at site %zu of the study, final", i % 97, i % 13, i % 50);
	snprintf(s->texts[2 * i + 1], TEXT_LEN, "site-%03zu/monitoring/2024-%02zu-report-%06zu.pdf", i % 50, 1 + i % 12, i);
	s->files[i] = (struct tr_case_file){.name = vf_bytes_str(s->texts[2 * i + 1]), .size = 1};
	r->title = vf_bytes_str(s->texts[2 * i]);
	r->files = &s->files[i];
	r->n_files = 1;
}

/* A form, its approval, and then consents, withdrawals and other records about participants. */
static void fill_records(struct study *s)
{
	for (size_t i = 0; i < RECORDS; i++) {
		struct tr_case_record *r = &s->c.records[i];
		struct tr_facts *d = &s->details[i];

		*r = (struct tr_case_record){.id = id_of(i, 'r'), .index = i, .seq = i, .in_stream = true, .anchored = INT64_C(1700000000000) + (int64_t)i * 1000};
		r->details = d;
		r->kind = i == 0 ? TR_CONSENT_FORM : i == 1 ? TR_ETHICS_APPROVAL : i == 2 ? TR_DATASET : i < 2 * PARTICIPANTS ? TR_CONSENT : TR_OTHER;
		d->population = TR_POPULATION_ADULT;
		d->role = TR_ROLE_PARTICIPANT;
		d->decision = TR_DECISION_APPROVED;
		d->when = vf_bytes_str("2024-05-01T10:00:00Z");
		d->from = vf_bytes_str("2024-01-01");
		d->language = vf_bytes_str("en");
		if (r->kind == TR_CONSENT) {
			d->has_participant = d->has_form = true;
			d->participant = id_of(i % PARTICIPANTS, 'p');
			d->form = s->c.records[0].id;
			r->signer = vf_bytes_str("A. Person");
		}
		if (i > 0 && (r->kind == TR_CONSENT || i == 1)) {
			s->links[i] = (struct tr_link){i == 1 ? TR_APPROVES : TR_USES, s->c.records[0].id};
			r->links = &s->links[i];
			r->n_links = 1;
		}
		if (r->kind == TR_OTHER)
			fill_texts(s, i);
	}
	s->c.records[2].files = &s->data;
	s->c.records[2].n_files = 1;
}

static bool count_octets(void *ctx, struct vf_bytes piece)
{
	*(size_t *)ctx += piece.n;
	return true;
}

int main(void)
{
	struct study s = {.c = {.study = vf_bytes_str("BENCH"), .parameters = &tr_parameters_default, .is_whole = true, .as_of = INT64_C(1800000000000)}};
	struct tr_findings f = {0}, one = {0};
	size_t octets = 0;
	struct vf_sink sink = {.put = count_octets, .ctx = &octets};
	struct tr_report r = {.c = &s.c, .findings = &f, .source = "a benchmark", .proofs = ""};
	struct vf_err err = {0};
	struct bench_clock start;

	s.c.records = calloc(RECORDS, sizeof(*s.c.records));
	s.details = calloc(RECORDS, sizeof(*s.details));
	s.links = calloc(RECORDS, sizeof(*s.links));
	s.files = calloc(RECORDS, sizeof(*s.files));
	s.texts = calloc(2 * (size_t)RECORDS, sizeof(*s.texts));
	if (!s.c.records || !s.details || !s.links || !s.files || !s.texts)
		return 1;
	fill_data(&s);
	s.c.n_records = RECORDS;
	fill_records(&s);
	bench_head();
	start = bench_begin();
	bench_need(tr_case_index(&s.c, &err), &err, "index");
	bench_row("rules_index", 1, start, 0);
	start = bench_begin();
	bench_need(tr_rules_run(&s.c, NULL, &f, &err), &err, "rules");
	bench_row("rules_all", 1, start, 0);
	start = bench_begin();
	bench_need(tr_rules_run(&s.c, tr_rule_find(vf_bytes_str("G1")), &one, &err), &err, "G1");
	bench_row("rules_g1", 1, start, 0);
	start = bench_begin();
	bench_need(tr_report_put(&sink, &r, &err), &err, "report");
	bench_row("rules_report", 1, start, 0);
	bench_size("rules_report_size", 1, (double)octets);
	fprintf(stderr, "%zu facts, %zu findings, %zu persons\n", s.data.facts.n, f.n, s.c.n_subjects);
	tr_case_index_done(&s.c);
	tr_findings_done(&f);
	tr_findings_done(&one);
	tr_fact_list_done(&s.data.facts);
	free(s.c.records);
	free(s.details);
	free(s.links);
	free(s.files);
	free(s.texts);
	return 0;
}
