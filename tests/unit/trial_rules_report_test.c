/*
 * The inspection report: what comes from outside stays text, nothing is fetched, the same records give the same octets,
 * labels of the timeline never lie upon each other, no key of a person is shown, and each section is there.
 */
#include <libxml/HTMLparser.h>
#include <locale.h>
#include <time.h>
#include <unistd.h>

#include "tests/rules/case_text.h"
#include "trial/rules/report.h"

#include "tests/check.h"

/* ---- making reports ---- */

struct text {
	char *p;
	size_t n, cap;
};

static bool put_piece(void *ctx, struct vf_bytes piece)
{
	struct text *t = ctx;

	if (t->n + piece.n + 1 > t->cap) {
		t->cap = 2 * (t->n + piece.n + 1);
		t->p = realloc(t->p, t->cap);
		if (!t->p)
			exit(1);
	}
	if (piece.n)
		memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	t->p[t->n] = '\0';
	return true;
}

/* Freed by the caller. */
static struct text report_of(const struct tr_case *c, bool subjects)
{
	struct tr_findings f = {0};
	struct tr_report r = {.c = c, .findings = &f, .subjects = subjects, .source = "a test", .proofs = "Nothing was proven."};
	struct text out = {0};
	struct vf_sink s = {.put = put_piece, .ctx = &out};
	struct vf_err err = {0};

	CHECK_RC(tr_rules_run(c, NULL, &f, &err), VF_OK);
	CHECK_RC(tr_report_put(&s, &r, &err), VF_OK);
	CHECK(!s.failed);
	tr_findings_done(&f);
	return out;
}

static void read_text(struct case_text *t, const char *text)
{
	char path[] = "/tmp/trialnotary-report-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	close(fd);
	case_text_read(t, path);
	unlink(path);
}

/* ---- what is in them ---- */

#define MAX_NAMES 200
struct seen {
	char names[MAX_NAMES][48];
	size_t counts[MAX_NAMES], n;
};

static void see(struct seen *x, const char *prefix, const xmlChar *name)
{
	char full[48];
	size_t i = 0;

	snprintf(full, sizeof(full), "%s%s", prefix, (const char *)name);
	while (i < x->n && strcmp(x->names[i], full) != 0)
		i++;
	if (i == MAX_NAMES)
		exit(1);
	if (i == x->n)
		snprintf(x->names[x->n++], sizeof(full), "%s", full);
	x->counts[i]++;
}

static void walk(const xmlNode *node, struct seen *x)
{
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE)
			see(x, "", node->name);
		if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE)
			CHECK_FAIL("a comment or instruction in the report");
		for (const xmlAttr *a = node->type == XML_ELEMENT_NODE ? node->properties : NULL; a; a = a->next) {
			xmlChar *value = xmlNodeListGetString(node->doc, a->children, 1);

			see(x, "@", a->name);
			if (strncmp((const char *)a->name, "on", 2) == 0 || strcmp((const char *)a->name, "src") == 0 ||
				(strcmp((const char *)a->name, "href") == 0 && (!value || value[0] != '#')))
				CHECK_FAIL("attribute %s=\"%s\"", (const char *)a->name, value ? (const char *)value : "");
			xmlFree(value);
		}
		walk(node->children, x);
	}
}

static htmlDocPtr parse(const struct text *t)
{
	htmlDocPtr doc = htmlReadMemory(t->p, (int)t->n, "report", "UTF-8", HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);

	if (!doc)
		exit(1);
	return doc;
}

static struct seen look_at(const struct text *t)
{
	htmlDocPtr doc = parse(t);
	struct seen x = {0};

	walk(xmlDocGetRootElement(doc), &x);
	xmlFreeDoc(doc);
	return x;
}

/* The same elements and attributes, as many of each: nothing in the texts became one. */
static void check_same(const struct seen *a, const struct seen *b)
{
	CHECK_INT(a->n, b->n);
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		CHECK_STR(a->names[i], b->names[i]);
		if (a->counts[i] != b->counts[i])
			CHECK_FAIL("%zu of %s, not %zu", a->counts[i], a->names[i], b->counts[i]);
	}
}

static void check_octets(const struct text *t)
{
	static const char *const fetched[] = {"http:", "https:", "//", "url(", "@import", "<script", "<link", "<img", "<iframe", "javascript:"};

	for (size_t i = 0; i < t->n; i++)
		if ((unsigned char)t->p[i] < 0x20 && t->p[i] != '\n') {
			CHECK_FAIL("octet %zu is %02x", i, (unsigned char)t->p[i]);
			return;
		}
	for (size_t i = 0; i < sizeof(fetched) / sizeof(fetched[0]); i++)
		if (strstr(t->p, fetched[i]))
			CHECK_FAIL("'%s' stands in the report: %.80s", fetched[i], strstr(t->p, fetched[i]));
	/* what turns the direction of the text around is not there as a character */
	CHECK(!strstr(t->p, "\u202e"));
	CHECK(!strstr(t->p, "\u2066"));
}

/* ---- escaping ---- */

static const char whole_study[] =
	"rule P1\n"
	"study NCT00000001\n"
	"record p protocol version=1.0 title=Protocol date=2024-01-01 anchored=2024-01-02T00:00:00Z signer=Sponsor meaning=approval\n"
	"  file usdm.json\n"
	"    fact outcome.from 1 protocol\n    fact outcome.level 1 primary\n    fact outcome.measure 1 TEXT\n    fact outcome.time-frame 1 TEXT\n"
	"record f consent-form version=1.0 anchored=2024-01-02T00:00:00Z\n"
	"  details {\"language\":\"en\",\"population\":\"adult\",\"permissions\":[{\"name\":\"participation\",\"text\":\"x\",\"required\":true}]}\n"
	"record a ethics-approval date=2024-01-15 anchored=2024-01-20T10:00:00Z signer=Chair meaning=approval\n  link approves f\n  link approves p\n"
	"  details {\"committee\":\"Board\",\"decision\":\"approved\",\"from\":\"2024-01-16\"}\n"
	"record c consent signer=Participant meaning=consent\n  link uses f\n"
	"  details {\"participant\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"form\":\"@f\",\"given\":\"2024-02-10\",\"role\":"
	"\"participant\",\"site\":\"S1\",\"permissions\":[{\"name\":\"participation\",\"granted\":true}]}\n  file consent.txt\n"
	"record s other signer=Investigator meaning=witness\n  link countersigns c\n"
	"record d dataset version=1.0 title=Data\n  file dm.csv\n    fact consent.date 1 subject=P-0017 2024-02-10\n    fact row.domain 2 LB\n"
	"    fact row.date 2 subject=P-0017 2024-02-01\n"
	"record r results version=1.0 anchored=2025-01-01T00:00:00Z\n  file results.json\n    fact outcome.from 1 results\n    fact outcome.level 1 primary\n"
	"    fact outcome.measure 1 other TEXT\n";

/* Every text that comes from outside becomes this one. Details are the case's own, so that it may write to them. */
static void replace_texts(struct case_text *t, struct vf_bytes by)
{
	t->c.study = by;
	for (size_t i = 0; i < t->c.n_records; i++) {
		struct tr_case_record *r = &t->c.records[i];
		struct tr_facts *d = (struct tr_facts *)(uintptr_t)r->details;

		r->version = r->title = r->own_kind = by;
		if (r->date.n == 0)
			r->date = by;
		if (r->signer.n)
			r->signer = r->meaning = by;
		if (d)
			d->site = d->language = by;
		for (size_t j = 0; j < r->n_files; j++)
			r->files[j].name = by;
	}
}

/* The case with "TEXT" in its facts replaced, too. */
static void read_with(struct case_text *t, struct vf_bytes by, const char *fact)
{
	static char all[16384];
	const char *from = whole_study, *at;
	size_t n = 0;

	while ((at = strstr(from, "TEXT")) != NULL) {
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%.*s%s", (int)(at - from), from, fact);
		from = at + 4;
	}
	snprintf(all + n, sizeof(all) - n, "%s", from);
	read_text(t, all);
	replace_texts(t, by);
}

static void test_escaping(void)
{
	static const char *const hostile[] = {"<b>\"&'", "</script><script>alert(1)</script>", "\" onload=\"x", "</title></style><img src=x>", "--><!--",
		"&lt;b&gt;", "a\x01\x1b[31m\x7f", "\xe2\x80\xae evil \xe2\x81\xa6", "\xff\xfe\xc3", "]]>", "${x}", "\\x00\\u0000"};
	struct text benign, got;
	struct case_text t;

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		for (int subjects = 0; subjects < 2; subjects++) {
			struct seen plain, x;

			read_with(&t, vf_bytes_str("harmless"), "harmless");
			benign = report_of(&t.c, subjects);
			case_text_done(&t);
			read_with(&t, vf_bytes_str(hostile[i]), hostile[i]);
			got = report_of(&t.c, subjects);
			case_text_done(&t);
			plain = look_at(&benign);
			x = look_at(&got);
			/* a label may stand in the picture or not */
			for (size_t k = 0; k < plain.n && k < x.n; k++)
				if (strcmp(plain.names[k], "text") == 0 || strncmp(plain.names[k], "@x", 2) == 0 || strncmp(plain.names[k], "@y", 2) == 0 ||
					strncmp(plain.names[k], "@f", 2) == 0 || strncmp(plain.names[k], "@text", 5) == 0)
					plain.counts[k] = x.counts[k];
			check_same(&plain, &x);
			check_octets(&got);
			CHECK(strstr(benign.p, "harmless") != NULL);
			free(benign.p);
			free(got.p);
		}
	read_with(&t, vf_bytes_str("<b>\"&'"), "<b>\"&'");
	got = report_of(&t.c, false);
	CHECK(strstr(got.p, "&lt;b&gt;&quot;&amp;&#39;") != NULL);
	CHECK(!strstr(got.p, "<b>\"&"));
	free(got.p);
	case_text_done(&t);
}

static void test_long_texts(void)
{
	static char title[10001];
	struct case_text t;
	struct text got;

	for (size_t i = 0; i < 3333; i++)
		memcpy(title + 3 * i, "\xe7\x9a\x84", 4);
	read_with(&t, vf_bytes_str(title), "short");
	got = report_of(&t.c, false);
	check_octets(&got);
	CHECK(strstr(got.p, "octets more") != NULL);
	CHECK(!strstr(got.p, "\\x")); /* no character was cut in two */
	CHECK(got.n < 200000);
	free(got.p);
	case_text_done(&t);
}

/* ---- the same octets ---- */

static void test_determinism(void)
{
	static const char *const locales[] = {"de_DE.UTF-8", "C.UTF-8", "tr_TR.UTF-8", "C"}, *const zones[] = {"Pacific/Kiritimati", "America/Lima"};
	struct case_text t;
	struct text a, b;

	read_with(&t, vf_bytes_str("Größe"), "1,5");
	a = report_of(&t.c, true);
	for (size_t i = 0; i < 4; i++) {
		setlocale(LC_ALL, locales[i]); /* one that is not installed changes nothing */
		setenv("TZ", zones[i % 2], 1);
		tzset();
		b = report_of(&t.c, true);
		CHECK_BYTES(vf_bytes(b.p, b.n), vf_bytes(a.p, a.n));
		free(b.p);
	}
	setlocale(LC_ALL, "C");
	free(a.p);
	case_text_done(&t);
}

/* ---- sections ---- */

static void check_sections(const struct text *t)
{
	static const char *const ids[] = {"first", "timeline", "findings", "none", "consents", "versions", "streams", "limits", "basis", "by-hand",
		"records"};
	char attribute[40];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const char *at;

		snprintf(attribute, sizeof(attribute), " id=\"%s\"", ids[i]);
		at = strstr(t->p, attribute);
		CHECK(at != NULL);
		CHECK(at && !strstr(at + 1, attribute));
	}
}

static void test_sections(void)
{
	struct tr_case none = {.study = vf_bytes_str("NOTHING"), .parameters = &tr_parameters_default, .is_whole = true};
	struct vf_err err = {0};
	struct case_text t;
	struct text got;

	read_with(&t, vf_bytes_str("x"), "x");
	got = report_of(&t.c, false);
	check_sections(&got);
	CHECK(strstr(got.p, "id=\"outcomes\"") != NULL);
	free(got.p);
	case_text_done(&t);

	CHECK_RC(tr_case_index(&none, &err), VF_OK);
	got = report_of(&none, false);
	check_sections(&got);
	CHECK(strstr(got.p, "Nothing: no rule is broken") != NULL);
	CHECK(strstr(got.p, "No record has a time-stamp yet") != NULL);
	CHECK(strstr(got.p, "No consents are at hand") != NULL);
	CHECK(!strstr(got.p, "id=\"outcomes\""));
	for (size_t i = 0; tr_rule_at(i); i++) {
		char named[200];

		snprintf(named, sizeof(named), "%s (%s)", tr_rule_at(i)->id, tr_rule_at(i)->title);
		CHECK(strstr(strstr(got.p, "id=\"none\""), named) != NULL);
	}
	free(got.p);
	tr_case_index_done(&none);
}

static void test_numbers(void)
{
	struct case_text t;
	struct text got;

	read_text(&t, "rule P1\nrecord p protocol version=1.0\n  file a.txt absent\n");
	got = report_of(&t.c, false);
	CHECK(strstr(got.p, "1 record from a test") != NULL);
	CHECK(strstr(got.p, "<li>1 document is not at hand") != NULL);
	CHECK(strstr(got.p, "<li>1 record has no time-stamp yet") != NULL);
	CHECK(!strstr(got.p, ">1 records") && !strstr(got.p, ">1 documents"));
	free(got.p);
	case_text_done(&t);
}

/* Each rule has somebody who looks at it, each word of a finding that is not in order something to do. */
static void test_advice(void)
{
	for (size_t i = 0; tr_rule_at(i); i++) {
		const struct tr_rule *rule = tr_rule_at(i);

		if (tr_report_who(rule)[0] == '\0')
			CHECK_FAIL("nobody looks at %s", rule->id);
		for (int word = 0; word < TR_WORD_COUNT; word++)
			if (tr_word_verdict((enum tr_word)word) >= TR_UNDECIDED && tr_report_advice(rule, (enum tr_word)word)[0] == '\0')
				CHECK_FAIL("nothing to do about %s(%s)", rule->id, tr_word_name((enum tr_word)word));
		CHECK_STR(tr_report_advice(rule, TR_WORD_NONE), "");
	}
}

/* ---- persons ---- */

static void test_persons(void)
{
	struct case_text t;
	struct text got;

	read_text(&t, whole_study);
	for (size_t i = 0; i < t.c.n_records; i++)
		if (t.c.records[i].kind == TR_DATASET) {
			t.c.records[i].title = vf_bytes_str("Diary of P-0017");
			t.c.records[i].version = vf_bytes_str("P-0017");
			t.c.records[i].files[0].name = vf_bytes_str("P-0017.csv");
		}
	got = report_of(&t.c, false);
	CHECK(!strstr(got.p, "P-0017"));
	CHECK(strstr(got.p, "names a person’s key (G1)") != NULL);
	CHECK(strstr(got.p, "<a href=\"#G1\"") && strstr(got.p, " id=\"G1\""));
	/* who signed a record about a person may be that person; who countersigned it is no participant */
	CHECK(!strstr(got.p, "Participant"));
	CHECK(strstr(got.p, "signed, name not shown") != NULL);
	CHECK(strstr(got.p, "countersigned: <bdi>Investigator</bdi> (witness)") != NULL);
	CHECK(strstr(got.p, "<bdi>Chair</bdi> (approval)") != NULL);
	CHECK(!strstr(got.p, "consent.txt"));
	free(got.p);
	got = report_of(&t.c, true);
	CHECK(strstr(got.p, "Diary of P-0017") != NULL);
	CHECK(strstr(got.p, "<bdi>Participant</bdi>") != NULL);
	free(got.p);
	case_text_done(&t);
}

/* ---- the timeline ---- */

struct box {
	double left, right, top, bottom;
	char text[80];
};

static double number_of(xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
	double n = value ? strtod((const char *)value, NULL) : -1;

	xmlFree(value);
	return n;
}

/* Widths of the widest of the fonts that the report names (DejaVu Sans), in parts of the size. */
static double width_of(const char *text, double size)
{
	double width = 0;

	for (; *text; text++)
		if ((unsigned char)*text >= 0xc0)
			width += 1.0;
		else if ((unsigned char)*text < 0x80)
			width += strchr("mWM@%", *text) ? 0.99 : *text >= 'A' && *text <= 'Z' ? 0.8 : *text == 'w' ? 0.82 : 0.64;
	return width * size;
}

static size_t find_boxes(xmlNode *node, struct box *boxes, size_t n, size_t max)
{
	for (; node; node = node->next) {
		/* numbers within dots are no labels */
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "text") == 0 && strcmp((const char *)node->parent->name, "a") != 0) {
			xmlChar *text = xmlNodeGetContent(node), *anchor = xmlGetProp(node, (const xmlChar *)"text-anchor");
			double size = number_of(node, "font-size"), width = width_of((const char *)text, size), x = number_of(node, "x"), y = number_of(node, "y");

			if (n == max)
				exit(1);
			boxes[n].left = anchor ? x - width / 2 : x;
			boxes[n].right = boxes[n].left + width;
			boxes[n].top = y - 0.8 * size;
			boxes[n].bottom = y + 0.24 * size;
			snprintf(boxes[n++].text, sizeof(boxes->text), "%s", (const char *)text);
			xmlFree(text);
			xmlFree(anchor);
		} else if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "circle") == 0) {
			double x = number_of(node, "cx"), y = number_of(node, "cy"), radius = number_of(node, "r");

			if (n == max)
				exit(1);
			boxes[n] = (struct box){.left = x - radius, .right = x + radius, .top = y - radius, .bottom = y + radius};
			snprintf(boxes[n++].text, sizeof(boxes->text), "a dot at %g", x);
		}
		n = find_boxes(node->children, boxes, n, max);
	}
	return n;
}

static void check_apart(const struct tr_case *c, const char *what)
{
	static struct box boxes[4000];
	struct text got = report_of(c, false);
	htmlDocPtr doc = parse(&got);
	size_t n = find_boxes(xmlDocGetRootElement(doc), boxes, 0, 4000);

	CHECK(n > 0);
	for (size_t i = 0; i < n; i++) {
		if (boxes[i].left < 0 || boxes[i].right > 1001 || boxes[i].top < 0)
			CHECK_FAIL("%s: '%s' leaves the picture: %g to %g", what, boxes[i].text, boxes[i].left, boxes[i].right);
		for (size_t j = i + 1; j < n; j++)
			if (boxes[i].left < boxes[j].right && boxes[j].left < boxes[i].right && boxes[i].top < boxes[j].bottom &&
				boxes[j].top < boxes[i].bottom)
				CHECK_FAIL("%s: '%s' lies upon '%s'", what, boxes[i].text, boxes[j].text);
	}
	xmlFreeDoc(doc);
	free(got.p);
}

/* A study of records of which the timeline knows kind, version, date and time-stamp. */
#define MAX_MADE 400
struct made {
	struct tr_case c;
	struct tr_case_record r[MAX_MADE];
	char dates[MAX_MADE][16], versions[MAX_MADE][128];
};

static void make(struct made *m)
{
	*m = (struct made){.c = {.study = vf_bytes_str("MADE"), .parameters = &tr_parameters_default, .is_whole = true}};
	m->c.records = m->r;
}

static void add(struct made *m, enum tr_kind kind, const char *version, int64_t day, int64_t anchored)
{
	size_t i = m->c.n_records++;
	char text[VF_TIME_LEN + 1];

	if (i == MAX_MADE)
		exit(1);
	vf_time_put(text, day * 86400000);
	snprintf(m->dates[i], sizeof(m->dates[i]), "%.10s", text);
	snprintf(m->versions[i], sizeof(m->versions[i]), "%s", version);
	m->r[i] = (struct tr_case_record){.id = vf_sha256(vf_bytes(&i, sizeof(i))), .kind = kind, .index = i, .anchored = anchored,
		.version = vf_bytes_str(m->versions[i]), .title = vf_bytes_str(m->versions[i]), .date = vf_bytes_str(m->dates[i])};
}

static void check_made(struct made *m, const char *what)
{
	struct vf_err err = {0};

	CHECK_RC(tr_case_index(&m->c, &err), VF_OK);
	check_apart(&m->c, what);
	tr_case_index_done(&m->c);
}

static const enum tr_kind kinds[] = {TR_PROTOCOL, TR_ETHICS_APPROVAL, TR_CONSENT_FORM, TR_DATASET, TR_RESULTS, TR_OTHER};
#define DAY_2024 INT64_C(19723)

static void test_labels(void)
{
	static const char *const versions[] = {"1.0", "WWWWWWWWWWWW", "final version of the second draft, corrected", "第二版の研究計画書",
		"النسخة الثانية", "версия 2.0", ("v\xe2\x80\xae" "1"), "mmmm@@@@%%%%", "", "10.11.12-draft"};
	static struct made m;
	char version[32];

	make(&m);
	add(&m, TR_PROTOCOL, "1.0", DAY_2024, VF_TIME_NONE);
	check_made(&m, "one event");
	make(&m);
	for (int i = 0; i < 40; i++) {
		snprintf(version, sizeof(version), "%d.0", i);
		add(&m, kinds[i % 6], version, DAY_2024, (DAY_2024 * 86400 + i * 600) * 1000);
	}
	check_made(&m, "40 events in one day");
	make(&m);
	for (int i = 0; i < 12; i++)
		add(&m, kinds[i % 2], versions[i % 10], DAY_2024 + (i / 6) * 3652 + i, (DAY_2024 + 3700) * 86400000);
	check_made(&m, "ten years apart");
	for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
		make(&m);
		for (int i = 0; i < 60; i++)
			add(&m, kinds[i % 6], versions[v], DAY_2024 + i * (int)(v + 1), VF_TIME_NONE);
		check_made(&m, versions[v]);
	}
	make(&m);
	for (int i = 0; i < 390; i++)
		add(&m, kinds[i < 130 ? 0 : i % 6], versions[i % 10], DAY_2024 + (i * 37) % 900, VF_TIME_NONE);
	check_made(&m, "more than can be shown one by one");
}

/* Whatever the dates: the same numbers in every run. */
static void test_labels_of_any(void)
{
	static const char *const versions[] = {"1", "2.0", "2024-05-06", "WWW", "第三版", "draft of the plan", "x"};
	static struct made m;
	uint64_t x = 20240102;

	for (int run = 0; run < 400; run++) {
		int64_t span;
		size_t n;

		make(&m);
		x = x * 6364136223846793005u + 1442695040888963407u;
		n = 1 + (x >> 33) % 60;
		span = (int64_t)1 << ((x >> 40) % 13);
		for (size_t i = 0; i < n; i++) {
			int64_t day;

			x = x * 6364136223846793005u + 1442695040888963407u;
			day = DAY_2024 + (int64_t)((x >> 33) % (uint64_t)span) + ((x >> 61) == 0 ? 2000 : 0);
			add(&m, kinds[(x >> 20) % 6], versions[(x >> 25) % 7], day, (x >> 58) % 3 ? (day + (int64_t)((x >> 50) % 200)) * 86400000 : VF_TIME_NONE);
		}
		check_made(&m, "any dates");
	}
}

/* ---- size ---- */

static void test_size(void)
{
	enum { MANY = 20000 };
	struct tr_case_record *records = calloc(MANY, sizeof(*records));
	struct tr_case c = {.study = vf_bytes_str("LARGE"), .parameters = &tr_parameters_default, .is_whole = true, .records = records, .n_records = MANY};
	struct vf_err err = {0};
	struct text got;

	if (!records)
		exit(1);
	for (size_t i = 0; i < MANY; i++)
		records[i] = (struct tr_case_record){.id = vf_sha256(vf_bytes(&i, sizeof(i))), .index = i, .anchored = (int64_t)(DAY_2024 * 86400000) + (int64_t)i,
			.kind = kinds[i % 6], .version = vf_bytes_str("1.0"), .date = vf_bytes_str("2024-01-01"), .in_stream = true, .seq = 0,
			.stream = vf_sha256(vf_bytes(&i, sizeof(i)))};
	CHECK_RC(tr_case_index(&c, &err), VF_OK);
	got = report_of(&c, false);
	check_sections(&got);
	if (got.n > 2500000)
		CHECK_FAIL("%d records make a report of %zu octets", MANY, got.n);
	free(got.p);
	tr_case_index_done(&c);
	free(records);
}

int main(void)
{
	test_escaping();
	test_long_texts();
	test_determinism();
	test_sections();
	test_numbers();
	test_advice();
	test_persons();
	test_labels();
	test_labels_of_any();
	test_size();
	xmlCleanupParser();
	return check_done();
}
