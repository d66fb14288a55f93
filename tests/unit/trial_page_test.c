/*
 * The participant's page: its catalogue, golden pages with usual and with hostile texts in every field, the example, and
 * that the verifier's reader finds in each what was put there. With --write it makes the golden files anew: look at
 * them before you commit.
 */
#include "trial/page.h"

#include "notary/page_code.h"
#include "verify/limits.h"
#include "verify/receipt.h"
#include "verify/receipt_page.h"

#include "tests/check.h"

static char room[4 * VF_MAX_PAGE];
static size_t used;
static bool must_write;
static uint8_t block[VF_MAX_PAGE];

static bool take(void *ctx, struct vf_bytes piece)
{
	(void)ctx;
	if (piece.n > sizeof(room) - used)
		return false;
	memcpy(room + used, piece.p, piece.n);
	used += piece.n;
	return true;
}

static struct vf_bytes make(const struct tr_page *p)
{
	struct vf_sink s = {.put = take};

	used = 0;
	tr_page_put(&s, p);
	CHECK(!s.failed);
	return vf_bytes(room, used);
}

static bool holds(struct vf_bytes text, const char *what)
{
	return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

/* ---- the catalogue ---- */

/* The names in braces, in order, each followed by a space. */
static void names_of(const char *text, char *out)
{
	struct vf_bytes in = vf_bytes_str(text), before, name;

	*out = '\0';
	while (vf_take_until(&in, '{', &before)) {
		CHECK(vf_take_until(&in, '}', &name));
		strncat(out, (const char *)name.p, name.n);
		strcat(out, " ");
	}
	CHECK(!vf_take_until(&in, '}', &before));
}

static void test_catalogue(void)
{
	size_t n = 0;

	for (size_t at = 0; tr_page_text_name(at); at++, n++) {
		char want[200], got[200];

		for (int l = 0; l < TR_PAGE_LANGUAGES; l++) {
			const char *text = tr_page_text_at((enum tr_page_language)l, at);

			CHECK(text && text[0]);
			if (!text) {
				CHECK_FAIL("%s is missing in language %d", tr_page_text_name(at), l);
				continue;
			}
			CHECK(vf_text_is_plain(vf_bytes_str(text)));
			CHECK(strpbrk(text, "<>&\"") == NULL);
			names_of(text, l ? got : want);
			if (l && strcmp(got, want) != 0)
				CHECK_FAIL("%s: '%s' in %s, '%s' in English", tr_page_text_name(at), got,
					tr_page_language_name((enum tr_page_language)l), want);
		}
	}
	CHECK(n > 40);
	CHECK(!tr_page_text_at(TR_PAGE_EN, n));
}

static void test_languages(void)
{
	enum tr_page_language l = TR_PAGE_EN;

	CHECK(tr_page_language_find(vf_bytes_str("fr"), &l) && l == TR_PAGE_FR);
	CHECK(tr_page_language_find(vf_bytes_str("de-AT"), &l) && l == TR_PAGE_DE);
	CHECK(tr_page_language_find(vf_bytes_str("es-419"), &l) && l == TR_PAGE_ES);
	CHECK(!tr_page_language_find(vf_bytes_str("it"), &l));
	CHECK(!tr_page_language_find(vf_bytes_str("english"), &l));
	CHECK(!tr_page_language_find(vf_bytes_str(""), &l));
	CHECK_INT(l, TR_PAGE_ES);
}

/* ---- pages ---- */

#define TEXT(s) {(const uint8_t *)(s), sizeof(s) - 1}

static struct vf_bytes receipt;
static uint8_t modules[NT_MAX_PAGE_SIDE * NT_MAX_PAGE_SIDE];
static const uint8_t pattern[] = {1, 1, 0, 0, 0, 0, 1, 0, 1};

/* What a form of a real study may say. */
static const struct tr_page_permission usual[] = {
	{TEXT("participation"), TEXT("I take part in the study and know what it is about."), {0}, {0}, {0}, {0}, true},
	{TEXT("samples"), TEXT("My blood samples may be kept for later studies."), TEXT("research on asthma"),
		TEXT("2026-03-04"), TEXT("2036-03-04"), TEXT("University Hospital biobank"), true},
	{TEXT("contact"), TEXT("I may be asked again about further studies."), {0}, {0}, {0}, {0}, false},
};

static struct tr_page usual_page(void)
{
	struct tr_page p = {.language = TR_PAGE_EN, .study = TEXT("DEMO-1"),
		.title = TEXT("Consent to the study of a new asthma inhaler"), .version = TEXT("2.0"),
		.given = TEXT("2026-03-04T10:12:00+01:00"), .role = TR_PAGE_PARTICIPANT, .permissions = usual, .n_permissions = 3,
		 .contact_name = TEXT("Dr. Ada Example"), .contact_phone = TEXT("+44 20 7946 0000"),
		.contact_email = TEXT("asthma-study@hospital.example"), .origin = TEXT("demo.example/1")};
	struct vf_receipt r;
	size_t n = 0;

	p.receipt = receipt;
	CHECK_RC(vf_receipt_parse(receipt, &r, NULL), VF_OK);
	p.accepted_ms = r.accepted_ms;
	p.id = r.entry.id;
	CHECK_RC(nt_page_code(vf_bytes_str("trialnotary:demo.example/1/a6326c7c6dd295d8"), modules, &n, NULL), VF_OK);
	p.code = (struct tr_page_code){n, modules};
	return p;
}

/* Scripts, entities, quotes, marks that turn the direction, what is not seen, half characters. */
#define EVIL                                                                                                       \
	"</pre><script>alert(1)</script><!-- --><pre id=\"trialnotary-receipt\">&lt;&#60;' \"x\" \xe2\x80\xae"     \
	"desrever\xe2\x80\x8b\xef\xbb\xbf\n\r\t\x01\x7f \xff\xc3 {date} %s %n "            \
	"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x98\x80"

static struct tr_page evil_page(enum tr_page_language language)
{
	static char very_long[4097];
	static struct tr_page_permission evil[2];
	struct tr_page p = usual_page();
	struct vf_bytes e = TEXT(EVIL), l;

	memset(very_long, 'a', sizeof(very_long) - 1);
	l = vf_bytes(very_long, sizeof(very_long) - 1);
	evil[0] = (struct tr_page_permission){e, e, e, e, e, e, true};
	evil[1] = (struct tr_page_permission){.name = TEXT("participation"), .purpose = vf_bytes(very_long, 512),
		.from = TEXT("2026"), .until = TEXT("2027-01-01T00:30:00-05:00")};
	p.language = language;
	p.form_language = e;
	p.study = p.title = p.version = p.given = p.origin = e;
	p.contact_name = p.contact_phone = p.contact_email = p.contact_address = e;
	p.withdrawal = l;
	p.role = (enum tr_page_role)language;
	p.code = (struct tr_page_code){3, pattern};
	p.permissions = evil;
	p.n_permissions = 2;
	return p;
}

/* What the verifier reads in a page is what was put there. */
static void read_back(const struct tr_page *p, struct vf_bytes page)
{
	struct vf_receipt_page got;
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_receipt_page_read(page, &a, &got, &err), VF_OK);
	if (err.rc != VF_NOT_CHECKED) {
		CHECK_FAIL("%s", err.text);
		return;
	}
	CHECK(vf_hash_eq(&got.shown, &p->id));
	CHECK_BYTES(got.receipt, p->receipt);
}

static void compare_file(const char *path, struct vf_bytes page)
{
	struct vf_bytes want;
	FILE *f;

	if (must_write) {
		f = fopen(path, "wb");
		if (!f || fwrite(page.p, 1, page.n, f) != page.n || fclose(f) != 0)
			exit(1);
	}
	want = check_read(path);
	CHECK_BYTES(page, want);
	free((void *)(uintptr_t)want.p);
}

static void compare(const char *name, struct vf_bytes page)
{
	char path[200];

	snprintf(path, sizeof(path), "tests/vectors/page/%s.html", name);
	compare_file(path, page);
}

static void test_hostile(void)
{
	for (int l = 0; l < TR_PAGE_LANGUAGES; l++) {
		struct tr_page p = evil_page((enum tr_page_language)l);
		struct vf_bytes page = make(&p);

		compare(tr_page_language_name((enum tr_page_language)l), page);
		read_back(&p, page);
		CHECK(!holds(page, "<script") && !holds(page, "<!-- -->"));
		CHECK(!holds(page, "\xe2\x80\xae") && !holds(page, "\xff"));
		CHECK(holds(page, "&lt;/pre&gt;&lt;script&gt;alert(1)"));
		CHECK(holds(page, "\\xe2\\x80\\xaedesrever"));
		CHECK(holds(page, "{date} %s %n")); /* what comes from outside is not filled in */
	}
}

static void test_usual(void)
{
	struct tr_page p = usual_page();

	for (int l = 0; l < TR_PAGE_LANGUAGES; l++) {
		char name[20];

		p.language = (enum tr_page_language)l;
		snprintf(name, sizeof(name), "usual-%s", tr_page_language_name(p.language));
		compare(name, make(&p));
		read_back(&p, vf_bytes(room, used));
	}
	p.language = TR_PAGE_EN;
	compare_file("docs/formats/examples/participant-page.html", make(&p));
}

static bool shows(struct tr_page p, enum tr_page_language language, const char *given, const char *want)
{
	char cell[200];

	p.language = language;
	p.given = vf_bytes_str(given);
	snprintf(cell, sizeof(cell), "<td>%s</td>", want);
	return holds(make(&p), cell);
}

static void test_dates(void)
{
	struct tr_page p = usual_page();
	struct tr_page_permission m = {.name = TEXT("samples"), .granted = true};

	CHECK(shows(p, TR_PAGE_EN, "2026-03-04T23:59:59.999+01:00", "4 March 2026"));
	CHECK(shows(p, TR_PAGE_ES, "2026-12-31", "31 de diciembre de 2026"));
	CHECK(shows(p, TR_PAGE_DE, "2026-01-09", "9. Januar 2026"));
	CHECK(shows(p, TR_PAGE_FR, "2026-08-01T00:00:00Z", "1er août 2026"));
	CHECK(shows(p, TR_PAGE_FR, "2026-08", "août 2026"));
	CHECK(shows(p, TR_PAGE_EN, "2026", "2026"));
	m.until = vf_bytes_str("2036-12-31T23:59:59Z");
	p.permissions = &m;
	p.n_permissions = 1;
	CHECK(holds(make(&p), "Until 31 December 2036, 23:59 (UTC)"));
	m.until = vf_bytes_str("2036-12-31T23:59:59+05:30");
	CHECK(holds(make(&p), "Until 31 December 2036, 23:59 (UTC+05:30)"));
	m.until = vf_bytes_str("2036-12-31T23:59:59"); /* whose time that is, is not said */
	CHECK(holds(make(&p), "Until 31 December 2036."));
	/* what is no date is shown as it is, never as another one */
	CHECK(shows(p, TR_PAGE_EN, "2026-13-04", "<bdi>2026-13-04</bdi>"));
	CHECK(shows(p, TR_PAGE_EN, "2026-00-04", "<bdi>2026-00-04</bdi>"));
	CHECK(shows(p, TR_PAGE_EN, "2026-03-32", "<bdi>2026-03-32</bdi>"));
	CHECK(shows(p, TR_PAGE_EN, "2026-03-04 10:12", "<bdi>2026-03-04 10:12</bdi>"));
	CHECK(shows(p, TR_PAGE_EN, "26-03-04", "<bdi>26-03-04</bdi>"));
	CHECK(shows(p, TR_PAGE_EN, "yesterday", "<bdi>yesterday</bdi>"));
}

/* What is absent leaves nothing behind, and the texts that stand in for it are there. */
static void test_absent(void)
{
	struct tr_page p = usual_page();
	struct tr_page_permission m[] = {{.name = TEXT("participation"), .granted = true},
		{.name = TEXT("future-research")}};

	CHECK(holds(make(&p), "Dr. Ada Example") && !holds(make(&p), "is written on your copy"));
	p.title = p.version = p.contact_name = p.contact_phone = p.contact_email = p.withdrawal = (struct vf_bytes){0};
	p.permissions = m;
	p.n_permissions = 2;
	p.code.n = 0;
	make(&p);
	read_back(&p, vf_bytes(room, used));
	CHECK(holds(vf_bytes(room, used), "Taking part in the study"));
	CHECK(holds(vf_bytes(room, used), "<bdi>future-research</bdi>"));
	CHECK(holds(vf_bytes(room, used), "is written on your copy of the form"));
	CHECK(holds(vf_bytes(room, used), "You may take back your consent at any time"));
	CHECK(!holds(vf_bytes(room, used), "<svg"));
	CHECK(!holds(vf_bytes(room, used), "Purpose:") && !holds(vf_bytes(room, used), ">Form<"));
}

/* The three corners that a scanner looks for: a dark ring of 7, a light one, a dark square of 3. */
static void check_corner(const uint8_t *m, size_t n, size_t x, size_t y)
{
	for (size_t i = 0; i < 49; i++) {
		size_t dx = i % 7, dy = i / 7;
		bool ring = dx == 0 || dx == 6 || dy == 0 || dy == 6, inner = dx >= 2 && dx <= 4 && dy >= 2 && dy <= 4;

		CHECK_INT(m[(y + dy) * n + x + dx], ring || inner);
	}
}

static void test_code(void)
{
	static uint8_t m[NT_MAX_PAGE_SIDE * NT_MAX_PAGE_SIDE], many[NT_MAX_PAGE_CODE + 1];
	struct tr_page p = usual_page();
	size_t n = 0;

	p.code = (struct tr_page_code){3, pattern};
	CHECK(holds(make(&p), "viewBox=\"0 0 11 11\""));
	CHECK(holds(make(&p), "<path d=\"M4 4h2v1h-2zM4 6h1v1h-1zM6 6h1v1h-1z\"></path>"));
	memset(many, 'x', sizeof(many));
	CHECK_RC(nt_page_code(vf_bytes(many, 0), m, &n, NULL), VF_LIMIT);
	CHECK_RC(nt_page_code(vf_bytes(many, sizeof(many)), m, &n, NULL), VF_LIMIT);
	CHECK_INT(n, 0);
	CHECK_RC(nt_page_code(vf_bytes(many, NT_MAX_PAGE_CODE), m, &n, NULL), VF_OK);
	CHECK(n <= NT_MAX_PAGE_SIDE && n > 43);
	check_corner(m, n, 0, 0);
	check_corner(m, n, n - 7, 0);
	check_corner(m, n, 0, n - 7);
	/* 0.6 mm a module when there are many, at least 26 mm */
	p.code = (struct tr_page_code){n, m};
	CHECK_INT(n, 69);
	CHECK(holds(make(&p), "width=\"46.20mm\""));
	p = usual_page();
	CHECK_INT(p.code.n, 33);
	CHECK(holds(make(&p), "width=\"32.30mm\""));
}

/* A page whose own words hold what looks like an ID is not one that can be checked: who makes it must see that. */
static void test_digits(void)
{
	struct tr_page p = usual_page();
	struct vf_receipt_page got;
	struct vf_arena a;

	p.withdrawal = vf_bytes_str("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_receipt_page_read(make(&p), &a, &got, NULL), VF_PAGE_SHAPE);
}

int main(int argc, char **argv)
{
	must_write = argc > 1 && strcmp(argv[1], "--write") == 0;
	receipt = check_example("docs/formats/examples/receipt");
	test_catalogue();
	test_languages();
	test_usual();
	test_hostile();
	test_dates();
	test_absent();
	test_code();
	test_digits();
	return check_done();
}
