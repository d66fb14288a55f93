/*
 * All rules over large studies of awkward shapes: one row a shape with the time of all rules; rules that take more than a tenth
 * of a second have a line of their own on stderr. Arguments: the size of the adverse shapes (10000), then the only shape.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/rules/rule.h"

#include "tests/bench/bench.h"

#define SITES 200
#define VERSIONS 50
#define TEXT_LEN 48

struct study {
	struct tr_case c;
	struct tr_facts *details;
	struct tr_link *links;    /* LINKS_EACH of each record */
	struct tr_case_file *files;
	size_t n_files, room_files;
	char (*texts)[TEXT_LEN];
	size_t n_texts, room_texts;
	struct vf_bytes site[SITES];
};
#define LINKS_EACH 2

static void *need(void *p)
{
	if (!p)
		exit(1);
	return p;
}

static struct vf_hash id_of(uint64_t n, char what)
{
	char text[32];

	snprintf(text, sizeof(text), "%c%llu", what, (unsigned long long)n);
	return vf_sha256(vf_bytes_str(text));
}

static struct vf_bytes text(struct study *s, const char *fmt, ...) VF_PRINTF(2, 3);
static struct vf_bytes text(struct study *s, const char *fmt, ...)
{
	va_list args;

	if (s->n_texts == s->room_texts)
		exit(1);
	va_start(args, fmt);
	vsnprintf(s->texts[s->n_texts], TEXT_LEN, fmt, args);
	va_end(args);
	return vf_bytes_str(s->texts[s->n_texts++]);
}

static void begin(struct study *s, size_t records, size_t files)
{
	*s = (struct study){.c = {.study = vf_bytes_str("BENCH"), .parameters = &tr_parameters_default, .is_whole = true,
					 .as_of = INT64_C(1800000000000)}};
	s->c.records = need(calloc(records + 1, sizeof(*s->c.records)));
	s->details = need(calloc(records + 1, sizeof(*s->details)));
	s->links = need(calloc((records + 1) * LINKS_EACH, sizeof(*s->links)));
	s->room_files = files;
	s->files = need(calloc(files + 1, sizeof(*s->files)));
	s->room_texts = records + 2 * files + SITES;
	s->texts = need(calloc(s->room_texts, TEXT_LEN));
	for (size_t i = 0; i < SITES; i++)
		s->site[i] = text(s, "site-%03zu", i);
}

/* The next record, signed, with a day in May 2024 and a time-stamp. */
static struct tr_case_record *record(struct study *s, enum tr_kind kind)
{
	size_t i = s->c.n_records++;
	struct tr_case_record *r = &s->c.records[i];
	struct tr_facts *d = &s->details[i];

	*r = (struct tr_case_record){.id = id_of(i, 'r'), .kind = kind, .index = i, .seq = i, .in_stream = true, .details = d,
		.anchored = INT64_C(1714557600000) + (int64_t)i * 1000, .date = vf_bytes_str("2024-05-01"), .signer = vf_bytes_str("A. Person")};
	r->links = &s->links[LINKS_EACH * i];
	d->kind = kind;
	d->population = TR_POPULATION_ADULT;
	d->role = TR_ROLE_PARTICIPANT;
	d->decision = TR_DECISION_APPROVED;
	d->when = vf_bytes_str("2024-06-01T10:00:00Z");
	d->from = vf_bytes_str("2024-01-01");
	d->language = vf_bytes_str("en");
	return r;
}

static void linked(struct study *s, struct tr_case_record *r, enum tr_link_type type, const struct tr_case_record *to)
{
	s->links[LINKS_EACH * (size_t)(r - s->c.records) + r->n_links++] = (struct tr_link){type, to->id};
}

static struct tr_facts *of(struct study *s, const struct tr_case_record *r)
{
	return &s->details[r - s->c.records];
}

static struct tr_case_record *consent(struct study *s, enum tr_kind kind, const struct tr_case_record *form, uint64_t participant, size_t site)
{
	struct tr_case_record *r = record(s, kind);
	struct tr_facts *d = of(s, r);

	d->has_participant = true;
	d->participant = id_of(participant, 'p');
	d->site = s->site[site % SITES];
	if (form) {
		d->has_form = true;
		d->form = form->id;
		linked(s, r, TR_USES, form);
	}
	return r;
}

static struct tr_case_record *approval(struct study *s, const struct tr_case_record *to)
{
	struct tr_case_record *r = record(s, TR_ETHICS_APPROVAL);

	linked(s, r, TR_APPROVES, to);
	return r;
}

static struct tr_case_file *file(struct study *s, struct tr_case_record *r, struct vf_bytes name)
{
	struct tr_case_file *f = &s->files[s->n_files++];

	if (s->n_files > s->room_files)
		exit(1);
	*f = (struct tr_case_file){.name = name, .size = 1, .at_hand = true, .sha256 = id_of(s->n_files, 'f')};
	if (!r->files)
		r->files = f;
	r->n_files++;
	return f;
}

static void say(struct tr_case_file *to, enum tr_fact_name name, uint64_t item, struct vf_bytes subject, const char *fmt, ...) VF_PRINTF(5, 6);
static void say(struct tr_case_file *to, enum tr_fact_name name, uint64_t item, struct vf_bytes subject, const char *fmt, ...)
{
	char value[128];
	struct tr_fact f = {.name = name, .item = item, .subject = subject};
	struct tr_date date;
	struct vf_err err;
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	f.value = vf_bytes_str(value);
	if (tr_fact_type(name) == TR_DATE) {
		tr_date_read(TR_DATE_ISO, f.value, &date);
		f.date = &date;
		f.normal = vf_bytes_str(date.normal);
	}
	if (tr_fact_list_put(&to->facts, &f, false, &err) != VF_OK)
		exit(1);
}

static const struct vf_bytes nobody = {0};

/* ---- shapes ---- */

/* A study as it is: 10 n records, n participants, 50 versions of the form in use at 200 sites, an audit trail, n documents. */
static void shape_study(struct study *s, size_t n)
{
	struct tr_case_record *form = NULL;
	struct tr_case_file *data;
	uint64_t item = 0;

	begin(s, 10 * n, n + 16);
	data = file(s, record(s, TR_DATASET), vf_bytes_str("odm.xml"));
	for (size_t p = 0; p < n; p++) {
		char key[24];
		struct vf_bytes who;

		snprintf(key, sizeof(key), "%06zu", p);
		who = vf_bytes_str(key);
		say(data, TR_F_SUBJECT_KEY, ++item, who, "%s", key);
		say(data, TR_F_CONSENT_DATE, ++item, who, "2024-%02zu-%02zu", 1 + p % 6, 1 + p % 28);
		for (size_t r = 0; r < 10; r++) {
			say(data, TR_F_ROW_DOMAIN, ++item, nobody, "LB");
			say(data, TR_F_ROW_DATE, item, who, "2024-%02zu-%02zu", 7 + r % 6, 1 + (p + r) % 28);
		}
		say(data, TR_F_AUDIT_TIME, ++item, who, "2024-12-01T10:00:00Z");
		say(data, TR_F_AUDIT_KEY, item, who, "%s", key);
		say(data, TR_F_AUDIT_VERSION, item, nobody, "%zu", p % VERSIONS);
		say(data, TR_F_AUDIT_SITE, item, nobody, "site-%03zu", p % SITES);
	}
	for (size_t i = 0; i < VERSIONS * SITES; i++) {
		say(data, TR_F_USE_VERSION, ++item, nobody, "%zu", i % VERSIONS);
		say(data, TR_F_USE_SITE, item, nobody, "site-%03zu", i / VERSIONS);
		say(data, TR_F_USE_DATE, item, nobody, "2024-01-02");
	}
	for (size_t i = 0; i < VERSIONS; i++) {
		struct tr_case_record *next = record(s, TR_CONSENT_FORM);

		next->version = text(s, "%zu", i);
		of(s, next)->reconsent.required = i % 10 ? TR_RECONSENT_NONE : TR_RECONSENT_ALL;
		if (form)
			linked(s, next, TR_SUPERSEDES, form);
		form = next;
		approval(s, form);
		for (size_t p = 0; p < n / 10; p++)
			consent(s, i ? TR_RE_CONSENT : TR_CONSENT, form, p + (i % 10) * (n / 10), p);
	}
	for (size_t i = 0; i < n; i++) {
		struct tr_case_record *r = record(s, TR_OTHER);

		file(s, r, text(s, "site-%03zu/monitoring/report-%06zu.pdf", i % SITES, i));
	}
	while (s->c.n_records < 10 * n)
		record(s, TR_OTHER);
}

/* Consents, given again and withdrawn, all by one person. */
static void shape_person(struct study *s, size_t n)
{
	struct tr_case_record *form, *newer;

	begin(s, 10 * n, 0);
	form = record(s, TR_CONSENT_FORM);
	of(s, form)->population = TR_POPULATION_PARENT;
	approval(s, form);
	for (size_t i = 0; i < 4 * n; i++)
		consent(s, i % 5 == 4 ? TR_WITHDRAWAL : TR_CONSENT, i % 5 == 4 ? NULL : form, 1, i);
	newer = record(s, TR_CONSENT_FORM);
	of(s, newer)->reconsent = (struct tr_reconsent_rule){.required = TR_RECONSENT_ALL, .has_days = true, .days = 30};
	linked(s, newer, TR_SUPERSEDES, form);
	approval(s, newer);
	while (s->c.n_records < 10 * n)
		consent(s, TR_RE_CONSENT, newer, 1, s->c.n_records);
}

/* Every kind that has versions, n of each, one after the other; consents on all forms, each of which asks again. */
static void shape_chain(struct study *s, size_t n)
{
	static const enum tr_kind kinds[] = {TR_PROTOCOL, TR_CONSENT_FORM, TR_ANALYSIS_PLAN, TR_DATASET};

	begin(s, 10 * n, 4 * n);
	for (size_t k = 0; k < 4; k++) {
		struct tr_case_record *before = NULL;

		for (size_t i = 0; i < n; i++) {
			struct tr_case_record *r = record(s, kinds[k]);

			r->version = text(s, "%zu", i);
			file(s, r, vf_bytes_str("document.csv"));
			of(s, r)->reconsent.required = TR_RECONSENT_ALL;
			if (before)
				linked(s, r, TR_SUPERSEDES, before);
			before = r;
			if (k == 1) {
				approval(s, r);
				consent(s, TR_CONSENT, r, i, i);
				consent(s, TR_RE_CONSENT, r, i / 2, i);
			}
		}
	}
}

/* One form that n others supersede, each in its own language for its own site. */
static void shape_star(struct study *s, size_t n)
{
	struct tr_case_record *form;

	begin(s, 5 * n, 2 * n);
	form = record(s, TR_CONSENT_FORM);
	approval(s, form);
	for (size_t i = 0; i < n; i++) {
		struct tr_case_record *r = record(s, TR_CONSENT_FORM);

		r->version = text(s, "%zu", i);
		of(s, r)->scope.sites = (struct tr_texts){&s->site[i % SITES], 1};
		of(s, r)->language = text(s, "l%zu", i);
		linked(s, r, TR_SUPERSEDES, form);
		approval(s, r);
		consent(s, TR_CONSENT, i % 2 ? form : r, i, i);
	}
	while (s->c.n_records < 5 * n)
		consent(s, TR_CONSENT, form, s->c.n_records, s->c.n_records);
}

/* One form approved n / 2 times, at one site each and at all, and 9 n consents on it at 200 sites. */
static void shape_approvals(struct study *s, size_t n)
{
	struct tr_case_record *form, *r;

	begin(s, 10 * n, 0);
	form = record(s, TR_CONSENT_FORM);
	for (size_t i = 0; i < n / 2; i++) {
		r = approval(s, form);
		of(s, r)->scope.sites = i % 3 == 0 ? (struct tr_texts){0} : i % 3 == 1 ? (struct tr_texts){&s->site[i % SITES], 1} : (struct tr_texts){s->site, SITES};
	}
	while (s->c.n_records < 10 * n)
		consent(s, TR_CONSENT, form, s->c.n_records, s->c.n_records);
}

/* One person has signed everything, and has countersigned one consent n times; n deviations on one day. */
static void shape_day(struct study *s, size_t n)
{
	struct tr_case_record *form, *one, *r;

	begin(s, 10 * n, n);
	form = record(s, TR_CONSENT_FORM);
	approval(s, form);
	one = consent(s, TR_CONSENT, form, 1, 1);
	one->signer = nobody;
	for (size_t i = 0; i < n; i++) {
		r = record(s, TR_OTHER);
		r->signer = nobody;
		linked(s, r, TR_COUNTERSIGNS, one);
	}
	for (size_t i = 0; i < n; i++) {
		r = record(s, TR_OTHER);
		r->title = vf_bytes_str("a visit on another day than planned");
		file(s, r, text(s, "deviation-%zu.pdf", i));
	}
	while (s->c.n_records < 4 * n)
		consent(s, TR_CONSENT, form, s->c.n_records, s->c.n_records);
}

/* An index with the checksums of 10 n files; half of them stand in another folder. */
static void shape_checksums(struct study *s, size_t n)
{
	struct tr_case_record *r;
	struct tr_case_file *index;

	begin(s, 1, 10 * n + 1);
	r = record(s, TR_OTHER);
	index = file(s, r, vf_bytes_str("index.xml"));
	for (size_t i = 0; i < 10 * n; i++) {
		struct tr_case_file *f = file(s, r, text(s, "m%zu/folder/file-%zu.pdf", i % 5, i));

		memcpy(f->md5, "00000000000000000000000000000000", 33);
		say(index, TR_F_DOC_NAME, i + 1, nobody, "%sm%zu/folder/file-%zu.pdf", i % 2 ? "" : "../", i % 5, i);
		say(index, TR_F_DOC_CHECKSUM, i + 1, nobody, "md5:00000000000000000000000000000000");
	}
}

/* A define that names n files of its record, and a file of one name in n records with a define each. */
static void shape_defines(struct study *s, size_t n)
{
	struct tr_case_record *r;
	struct tr_case_file *define;

	begin(s, 2 * n + 1, 4 * n + 1);
	r = record(s, TR_DATASET);
	define = file(s, r, vf_bytes_str("sdtm/define.xml"));
	for (size_t i = 0; i < n; i++) {
		file(s, r, text(s, "sdtm/data%zu.xpt", i));
		say(define, TR_F_SET_FILE, i + 1, nobody, i % 3 ? "Data%zu.xpt" : "data%zu.json", i);
	}
	for (size_t i = 0; i < n; i++) {
		r = record(s, i % 2 ? TR_DATASET : TR_OTHER);
		define = file(s, r, vf_bytes_str("define.xml"));
		say(define, TR_F_SET_FILE, 1, nobody, "dm.xpt");
		say(define, TR_F_SET_NAME, 1, nobody, "DM");
		say(file(s, r, vf_bytes_str("dm.json")), TR_F_SET_NAME, 1, nobody, "S%zu", i);
	}
}

/* 10 n records in one stream, every tenth erased with a record of the erasure. */
static void shape_erased(struct study *s, size_t n)
{
	begin(s, 10 * n, 0);
	for (size_t i = 0; i < 10 * n; i++) {
		struct tr_case_record *r = record(s, i % 10 == 9 ? TR_ERASURE : TR_OTHER);

		if (i % 10 == 9)
			linked(s, r, TR_ERASES, r - 1);
		if (i % 10 != 8)
			continue;
		r->is_erased = true;
		r->details = NULL;
	}
}

/* Downloads of a registry: one with n records of others, and n with one record each of this study; outcomes of all. */
static void shape_registry(struct study *s, size_t n)
{
	struct tr_case_file *f;

	begin(s, n + 3, n + 2);
	f = file(s, record(s, TR_REGISTRATION), vf_bytes_str("download.csv"));
	for (size_t i = 0; i < n; i++) {
		say(f, TR_F_ID_NCT, i + 1, nobody, "NCT%08zu", 90000000 + i);
		say(f, TR_F_ID_OTHER, i + 1, nobody, "%08zu", i);
		say(f, TR_F_REG_FIRST, i + 1, nobody, "2024-01-%02zu", 1 + i % 28);
		say(f, TR_F_STUDY_START, i + 1, nobody, "2024-02-%02zu", 1 + i % 28);
	}
	for (size_t i = 0; i <= n; i++) {
		f = file(s, record(s, i % 2 ? TR_REGISTRATION : TR_PROTOCOL), vf_bytes_str("NCT00000001.xml"));
		say(f, TR_F_ID_NCT, 1, nobody, "NCT00000001");
		say(f, TR_F_ID_ISRCTN, 1, nobody, "ISRCTN%08zu", i);
		for (size_t j = 0; j < 10; j++) {
			say(f, TR_F_OUTCOME_MEASURE, j + 2, nobody, "pain at rest after %zu days", j);
			say(f, TR_F_OUTCOME_LEVEL, j + 2, nobody, "primary");
			say(f, TR_F_OUTCOME_FROM, j + 2, nobody, i ? "registered" : "protocol");
		}
	}
	consent(s, TR_CONSENT, NULL, 1, 1);
}

/* A protocol with n primary outcomes, and a registry's record with n others. */
static void shape_outcomes(struct study *s, size_t n)
{
	begin(s, 3, 2);
	for (size_t i = 0; i < 2; i++) {
		struct tr_case_file *f = file(s, record(s, i ? TR_REGISTRATION : TR_PROTOCOL), vf_bytes_str("outcomes.json"));

		for (size_t j = 0; j < n; j++) {
			say(f, TR_F_OUTCOME_MEASURE, j + 2, nobody, "%s pain after %zu days", i && j % 2 ? "other" : "the", n - j);
			say(f, TR_F_OUTCOME_LEVEL, j + 2, nobody, "primary");
			say(f, TR_F_OUTCOME_FROM, j + 2, nobody, i ? "registered" : "protocol");
		}
	}
	consent(s, TR_CONSENT, NULL, 1, 1);
}

/* A series of n / 10 transactional files, then one in which a person signs n times for 10 n entries of one subject. */
static void shape_audit(struct study *s, size_t n)
{
	struct vf_bytes who = vf_bytes_str("001");
	struct tr_case_file *f;
	uint64_t item = 0;

	begin(s, n / 10 + 1, n / 10 + 1);
	for (size_t i = 0; i < n / 10; i++) {
		f = file(s, record(s, TR_DATASET), text(s, "odm-%zu.xml", i));
		say(f, TR_F_FILE_ID, 0, nobody, "F%zu", i);
		if (i)
			say(f, TR_F_FILE_PRIOR, 0, nobody, "F%zu", i - 1);
		say(f, TR_F_FILE_TYPE, 0, nobody, "Transactional");
		for (size_t j = 0; j < 10; j++) {
			say(f, TR_F_ENTRY_KEY, j + 1, nobody, "S/001/E%zu", j);
			say(f, TR_F_ENTRY_ACTION, j + 1, nobody, i ? "Update" : "Insert");
			say(f, TR_F_AUDIT_TIME, j + 20, who, "2024-01-01T10:00:00Z");
			say(f, TR_F_AUDIT_USER, j + 20, nobody, "unknown");
		}
	}
	f = file(s, record(s, TR_DATASET), vf_bytes_str("signed.xml"));
	say(f, TR_F_FILE_TYPE, 0, nobody, "Transactional");
	for (size_t i = 0; i < 10 * n; i++) {
		item++;
		if (i % 10 == 0) {
			say(f, TR_F_SIGNATURE_TIME, item, nobody, "2025-01-01T10:00:00Z");
			say(f, TR_F_SIGNATURE_KEY, item, nobody, "S/001");
			item++;
		}
		say(f, TR_F_ENTRY_KEY, item, nobody, "S/001/E%zu", i);
		say(f, TR_F_ENTRY_ACTION, item, nobody, "Insert");
		say(f, TR_F_AUDIT_TIME, item, who, "2024-01-01T10:00:00Z");
		say(f, TR_F_AUDIT_KEY, item, nobody, "S/001/E%zu", i);
	}
}

/* Signatures of n things in one FHIR file, n consents in another. */
static void shape_fhir(struct study *s, size_t n)
{
	struct tr_case_file *f, *g;

	begin(s, 2, 2);
	f = file(s, record(s, TR_DATASET), vf_bytes_str("consents.json"));
	g = file(s, record(s, TR_DATASET), vf_bytes_str("provenance.json"));
	for (size_t i = 0; i < n; i++) {
		say(f, TR_F_CONSENT_RECORD, i + 1, nobody, "urn:%zu", i);
		say(g, TR_F_SIGNATURE_ROLE, i + 1, nobody, "consent");
		say(g, TR_F_SIGNATURE_KEY, i + 1, nobody, "urn:other-%zu", i);
	}
}

/* 50 versions of a form in 64 languages, n / 10 paragraphs each. */
static void shape_languages(struct study *s, size_t n)
{
	begin(s, 128 * VERSIONS, 64 * VERSIONS);
	for (size_t v = 0; v < VERSIONS; v++)
		for (size_t l = 0; l < 64; l++) {
			struct tr_case_record *r = record(s, TR_CONSENT_FORM);
			struct tr_case_file *f = file(s, r, vf_bytes_str("form.docx"));

			r->version = text(s, "%zu", v);
			of(s, r)->language = text(s, "l%zu", l);
			say(f, TR_F_TEXT_PARAGRAPHS, 1, nobody, "%zu", n / 10);
			for (size_t i = 0; i < n / 10; i++)
				say(f, TR_F_TEXT_PARAGRAPH, i + 2, nobody, "%zu-%zu", i, i % 5 ? l : 0);
			approval(s, r);
		}
}

/* ---- running ---- */

static void end(struct study *s)
{
	tr_case_index_done(&s->c);
	for (size_t i = 0; i < s->n_files; i++)
		tr_fact_list_done(&s->files[i].facts);
	free(s->c.records);
	free(s->details);
	free(s->links);
	free(s->files);
	free(s->texts);
}

static void measure(const char *name, void (*shape)(struct study *, size_t), size_t n)
{
	struct study s;
	struct tr_findings f = {0};
	struct bench_clock start, one;
	const struct tr_rule *rule;
	char row[64];
	struct vf_err err = {0};

	shape(&s, n);
	start = bench_begin();
	bench_need(tr_case_index(&s.c, &err), &err, "index");
	for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++) {
		one = bench_begin();
		bench_need(tr_rules_run(&s.c, rule, &f, &err), &err, rule->id);
		if (bench_ns(CLOCK_MONOTONIC) - one.wall > 100000000)
			fprintf(stderr, "%s: %s: %.2f s\n", name, rule->id, (double)(bench_ns(CLOCK_MONOTONIC) - one.wall) / 1e9);
	}
	snprintf(row, sizeof(row), "rules_%s", name);
	bench_row(row, 1, start, 0);
	fprintf(stderr, "%s: %zu records, %zu files, %zu findings\n", name, s.c.n_records, s.n_files, f.n);
	tr_findings_done(&f);
	end(&s);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*shape)(struct study *s, size_t n);
	} shapes[] = {{"study", shape_study}, {"person", shape_person}, {"chain", shape_chain}, {"star", shape_star},
		{"approvals", shape_approvals}, {"day", shape_day}, {"checksums", shape_checksums}, {"defines", shape_defines},
		{"erased", shape_erased}, {"registry", shape_registry}, {"outcomes", shape_outcomes}, {"audit", shape_audit}, {"fhir", shape_fhir},
		{"languages", shape_languages}};
	size_t n = bench_count(argc, argv, 1, 10000);

	bench_head();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (argc < 3 || strcmp(argv[2], shapes[i].name) == 0)
			measure(shapes[i].name, shapes[i].shape, n);
	return 0;
}
