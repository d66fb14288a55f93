/* Reading the receipt and the record ID out of a participant's page: what browsers do to it, and what forgers would. */
#include "verify/receipt_page.h"

#include "verify/limits.h"
#include "verify/receipt.h"

#include "tests/check.h"

static struct vf_bytes page, receipt;
static struct vf_hash id;
static char room[2 * VF_MAX_PAGE + 16];
static uint8_t block[1 << 16];
static struct vf_receipt_page got;
static struct vf_err err;

static enum vf_rc read_page(struct vf_bytes text)
{
	struct vf_arena a;

	memset(&got, 0, sizeof(got));
	memset(&err, 0, sizeof(err));
	vf_arena_init(&a, block, sizeof(block));
	return vf_receipt_page_read(text, &a, &got, &err);
}

/* The page with the first place of old replaced; the test is wrong when there is none. */
static struct vf_bytes edit_of(struct vf_bytes in, const char *old, const char *new)
{
	const uint8_t *at = memmem(in.p, in.n, old, strlen(old));
	size_t before, after;

	if (!at) {
		CHECK_FAIL("the page has no '%s'", old);
		return in;
	}
	before = (size_t)(at - in.p);
	after = in.n - before - strlen(old);
	memmove(room + before + strlen(new), at + strlen(old), after);
	if ((const char *)in.p != room)
		memcpy(room, in.p, before);
	memcpy(room + before, new, strlen(new));
	return vf_bytes(room, before + strlen(new) + after);
}

static struct vf_bytes edit(const char *old, const char *new)
{
	return edit_of(page, old, new);
}

static bool is_same(void)
{
	return vf_bytes_eq(got.receipt, receipt) && vf_hash_eq(&got.shown, &id);
}

#define ACCEPTS(octets)                                                                                            \
	do {                                                                                                       \
		CHECK_RC(read_page(octets), VF_OK);                                                                \
		CHECK(is_same());                                                                                  \
		if (err.text[0])                                                                                   \
			CHECK_FAIL("%s", err.text);                                                                \
	} while (0)

/* Refused, and for the reason that is meant. */
#define REFUSES(old, new, why)                                                                                     \
	do {                                                                                                       \
		CHECK_RC(read_page(edit(old, new)), VF_PAGE_SHAPE);                                                \
		if (!strstr(err.text, why))                                                                        \
			CHECK_FAIL("refused for '%s', not '%s'", err.text, why);                                   \
	} while (0)

#define PRE "<pre id=\"trialnotary-receipt\">"
#define SMALL_PRE PRE "trialnotary/receipt/1</pre>"
#define BODY "<body>\n"
#define HEX16 "0123456789abcdef"

/* ---- what browsers and mail do ---- */

static void test_saved(void)
{
	size_t n = 0;

	ACCEPTS(page);
	ACCEPTS(edit("html>\n<html", "html>\n<!-- saved from url=(0025)file:///home/ada/page.html -->\n<html"));
	ACCEPTS(edit("<meta charset=\"utf-8\">",
		"<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\">"));
	ACCEPTS(edit("</body>\n</html>\n", "\n\n</body></html>"));
	ACCEPTS(edit("</title>", "&nbsp;&amp;</title>"));
	ACCEPTS(edit("<p>", "<p lang=\"fr\">"));
	/* every line end as on other systems */
	for (size_t i = 0; i < page.n; i++) {
		if (page.p[i] == '\n')
			room[n++] = '\r';
		room[n++] = (char)page.p[i];
	}
	ACCEPTS(vf_bytes(room, n));
}

static void test_entities(void)
{
	/* what a text may look like when it was written by somebody else */
	CHECK_RC(read_page(edit("origin demo.example/1", "origin &lt;&gt;&amp;&quot;&#39;\"'")), VF_OK);
	CHECK(memmem(got.receipt.p, got.receipt.n, "origin <>&\"'\"'\n", 15) != NULL);
	REFUSES("origin demo", "origin &#100;emo", "entity that no receipt has");
	REFUSES("origin demo", "origin &#x64;emo", "entity that no receipt has");
	REFUSES("origin demo", "origin&nbsp;demo", "entity that no receipt has");
	REFUSES("origin demo", "origin &demo", "entity that no receipt has");
	REFUSES("<h1>", "<h1>&#102;", "an entity");
	REFUSES("<h1>", "<h1>&zwj;", "an entity");
	REFUSES("<h1>", "<h1>&", "an entity");
	/* begin mark and receipt without anything between them */
	CHECK_RC(read_page(edit(PRE, PRE "\n")), VF_OK);
	CHECK(!is_same());
}

/* ---- other receipts and IDs ---- */

static void test_places(void)
{
	REFUSES(BODY, BODY SMALL_PRE, "2 receipts");
	REFUSES("</main>", SMALL_PRE "</main>", "2 receipts");
	REFUSES(PRE, "<pre>", "64 hex digits beside"); /* they are words then */
	REFUSES(PRE, "<pre id=\"trialnotary-receipt\" id=\"trialnotary-receipt\">", "2 receipts");
	REFUSES(PRE, "<pre id=\"trialnotary-receipt2\">", "an attribute");
	REFUSES(PRE, "<pre id=\"trialnotary-record\">", "an attribute");
	REFUSES(PRE, "<!-- " PRE "--><pre>", "tag or comment");
	REFUSES(BODY, BODY "<!-- " SMALL_PRE " -->", "tag or comment");
	REFUSES("<title>", "<title>" SMALL_PRE, "an element 'pre'");
	REFUSES("</style>", "</style><style>" SMALL_PRE "</style>", "style sheet");
	REFUSES(BODY, BODY "<template>" SMALL_PRE "</template>", "'template'");
	REFUSES(BODY, BODY "<textarea>" SMALL_PRE "</textarea>", "'textarea'");
	REFUSES(BODY, BODY "<noscript>" SMALL_PRE "</noscript>", "'noscript'");
	REFUSES(PRE, PRE "<strong>x</strong>", "an element 'strong'");
	REFUSES("html>\n<html", "html>\n<!-- saved from url=(1)x --" SMALL_PRE " -->\n<html", "tag or comment");
	REFUSES("html>\n<html", "html>\n<!-- saved from url=(1)x -->\n<!-- saved from url=(1)x -->\n<html",
		"tag or comment");
	/* a comment that others would read in another way */
	REFUSES("html>\n<html", "html>\n<!-- saved from url=(1)a--b -->\n<html", "tag or comment");
	REFUSES("html>\n<html", "html>\n<!-- saved from url=(1)<b -->\n<html", "tag or comment");
	REFUSES("html>\n<html", "html>\n<!-- saved from url=(1)\xc3\xa9 -->\n<html", "tag or comment");
	REFUSES("<code class=\"id\" id=\"trialnotary-record\">", "<code class=\"id\">", "64 hex digits beside");
	REFUSES("</main>", "<code id=\"trialnotary-record\">x</code></main>", "2 record IDs");
}

static void test_shown(void)
{
	const char *mark = "id=\"trialnotary-record\">";

	CHECK_RC(read_page(edit("id=\"trialnotary-record\">a", "id=\"trialnotary-record\">b")), VF_OK);
	CHECK(!vf_hash_eq(&got.shown, &id) && vf_bytes_eq(got.receipt, receipt));
	REFUSES("id=\"trialnotary-record\">a", "id=\"trialnotary-record\">A", "not 64 hex digits");
	REFUSES(mark, "id=\"trialnotary-record\"> ", "not 64 hex digits");
	REFUSES(mark, "id=\"trialnotary-record\">0", "not 64 hex digits");
	REFUSES(mark, "id=\"trialnotary-record\"></code><code>", "64 hex digits beside");
	/* another ID somewhere else */
	REFUSES("<h1>", "<h1>" HEX16 HEX16 HEX16 HEX16 " ", "64 hex digits beside");
	REFUSES("<h1>", "<h1>" HEX16 HEX16 "<bdi>" HEX16 "</bdi><strong>0123456789ABCDEF</strong> ",
		"64 hex digits beside");
	REFUSES("</h1>", ": " HEX16 HEX16 HEX16 HEX16 "</h1><p>a</p>", "64 hex digits beside");
	REFUSES("<title>", "<title>" HEX16 HEX16 HEX16 HEX16 " ", "64 hex digits beside");
	CHECK_RC(read_page(edit("<h1>", "<h1>" HEX16 HEX16 HEX16 HEX16 "0 ")), VF_OK);
	CHECK_RC(read_page(edit("<h1>", "<h1>" HEX16 HEX16 HEX16 "0123456789abcde ")), VF_OK);
}

/* ---- what acts, hides or fetches ---- */

static void test_active(void)
{
	REFUSES(BODY, BODY "<script>document.title=1</script>", "'script'");
	REFUSES(BODY, BODY "<SCRIPT>document.title=1</SCRIPT>", "'SCRIPT'");
	REFUSES(BODY, BODY "<script\n>1</script>", "'script'");
	REFUSES(BODY, BODY "<svg><script>1</script></svg>", "'script'");
	REFUSES(BODY, BODY "<svg><p>1</p></svg>", "an element 'p'");
	REFUSES(BODY, BODY "<img src=\"x\">", "'img'");
	REFUSES(BODY, BODY "<iframe></iframe>", "'iframe'");
	REFUSES(BODY, BODY "<a href=\"https://example.org\">x</a>", "'a'");
	REFUSES(BODY, BODY "<object></object>", "'object'");
	REFUSES(BODY, BODY "<details></details>", "'details'");
	REFUSES("<h1>", "<h1 onclick=\"x\">", "an attribute");
	REFUSES("<h1>", "<h1 style=\"display:none\">", "an attribute");
	REFUSES("<h1>", "<h1 hidden=\"\">", "an attribute");
	REFUSES("<h1>", "<h1 hidden>", "malformed");
	REFUSES("<h1>", "<h1 class=x>", "malformed");
	REFUSES("<h1>", "<h1 class='x'>", "malformed");
	REFUSES("<h1>", "<h1  class=\"x\">", "malformed");
	REFUSES("<h1>", "<h1 class=\"x&#1;\">", "malformed");
	REFUSES("<h1>", "<h1/>", "malformed");
	REFUSES("<title>", "<base href=\"https://example.org\"><title>", "'base'");
	REFUSES("<title>", "<link rel=\"stylesheet\" href=\"x\"><title>", "'link'");
	REFUSES("<title>", "<meta http-equiv=\"refresh\" content=\"0;url=https://example.org\"><title>", "'meta'");
	REFUSES("default-src 'none'", "default-src *", "'meta'");
	REFUSES(BODY, BODY "<meta charset=\"utf-8\">", "'meta'");
	REFUSES("*{box-sizing", "p{display:none}*{box-sizing", "style sheet that is not");
	REFUSES("</style>", "\n</style>", "style sheet that is not");
	REFUSES("</head>", "<style>p{display:none}</style></head>", "style sheet that is not");
	REFUSES("<style>", "<style media=\"print\">", "an attribute");
	REFUSES("</style>", "</STYLE>", "style sheet that does not end");
	REFUSES("<head>", "<head><style></style>", "style sheet that is not");
}

/* A page of its own, with these words. */
static enum vf_rc read_small(const char *words)
{
	const uint8_t *at = memmem(page.p, page.n, BODY, strlen(BODY));
	size_t n = (size_t)(at - page.p);

	memcpy(room, page.p, n);
	return read_page(vf_bytes(room, n + (size_t)snprintf(room + n, 1000, BODY "%s</body></html>", words)));
}

static void test_form(void)
{
	char deep[700] = BODY;

	CHECK_RC(read_small(PRE "x</pre><code id=\"trialnotary-record\">" HEX16 HEX16 HEX16 HEX16 "</code>"), VF_OK);
	CHECK_RC(read_small(PRE "x</pre>"), VF_PAGE_SHAPE);
	CHECK(strstr(err.text, "1 receipts and 0 record IDs") != NULL);
	CHECK_RC(read_small("<code id=\"trialnotary-record\">" HEX16 HEX16 HEX16 HEX16 "</code>"), VF_PAGE_SHAPE);
	CHECK(strstr(err.text, "0 receipts and 1 record IDs") != NULL);

	REFUSES("</h1>", "</h2>", "in the wrong place");
	REFUSES("</h1>", "", "in the wrong place");
	REFUSES("</html>", "", "does not end");
	REFUSES("</html>\n", "</html>\nmore", "does not end");
	REFUSES("</html>\n", "</html>\n<p>more</p>", "an element 'p'");
	REFUSES("</html>\n", "</html>\n<", "tag or comment");
	REFUSES("<head>", "words<head>", "text where");
	REFUSES("</head>", "words</head>", "text where");
	REFUSES("</h1>", "</h1 >", "in the wrong place");
	REFUSES("<h1>", "< h1>", "tag or comment");
	REFUSES("<!DOCTYPE html>", "<!doctype html>", "does not begin");
	REFUSES("<!DOCTYPE html>", "<?xml version=\"1.0\"?><!DOCTYPE html>", "does not begin");
	REFUSES("<!DOCTYPE html>", " <!DOCTYPE html>", "does not begin");
	for (size_t i = 0; i < VF_MAX_PAGE_DEPTH; i++)
		strcat(deep, "<div>");
	REFUSES(BODY, deep, "within each other");
	CHECK_RC(read_page(vf_bytes_str("<!DOCTYPE html>")), VF_PAGE_SHAPE);
	CHECK_RC(read_page(vf_bytes(NULL, 0)), VF_PAGE_SHAPE);
	for (size_t n = 0; n < page.n - 1; n++) /* cut anywhere; the last LF may be missing */
		if (read_page(vf_bytes(page.p, n)) != VF_PAGE_SHAPE)
			CHECK_FAIL("cut after %zu octets", n);
}

/* ---- encodings and sizes ---- */

static void test_encodings(void)
{
	size_t n = 0;

	REFUSES("<!DOCTYPE html>", "\xef\xbb\xbf<!DOCTYPE html>", "does not begin");
	REFUSES("<h1>", "<h1>\xe9t\xe9", "not UTF-8");
	REFUSES("<h1>", "<h1>\xc0\xbc", "not UTF-8");
	REFUSES("<h1>", "<h1>\x01", "not UTF-8");
	REFUSES("<h1>", "<h1>\t", "not UTF-8");
	REFUSES("<h1>", "<h1>\r", "not UTF-8");
	REFUSES("<h1>", "<h1>\xe2\x80\xae", "not UTF-8"); /* right-to-left override */
	REFUSES("<h1>", "<h1>\xe2\x80\x8b", "not UTF-8"); /* zero-width space */
	REFUSES("charset=\"utf-8\"", "charset=\"windows-1252\"", "'meta'");
	for (size_t i = 0; i < page.n; i++) {
		room[n++] = (char)page.p[i];
		room[n++] = 0;
	}
	CHECK_RC(read_page(vf_bytes(room, n)), VF_PAGE_SHAPE);
	CHECK(vf_receipt_page_is(page) && vf_receipt_page_is(vf_bytes_str("\xef\xbb\xbf<")));
	CHECK(vf_receipt_page_is(vf_bytes_str("\xff\xfe<")) && vf_receipt_page_is(vf_bytes_str("\xfe\xff<")));
	CHECK(!vf_receipt_page_is(receipt) && !vf_receipt_page_is(vf_bytes(NULL, 0)));
}

static void test_sizes(void)
{
	struct vf_bytes head = edit("</html>\n", "</html>");
	struct vf_arena a;

	memset(room + head.n, '\n', VF_MAX_PAGE + 1 - head.n);
	ACCEPTS(vf_bytes(room, VF_MAX_PAGE));
	CHECK_RC(read_page(vf_bytes(room, VF_MAX_PAGE + 1)), VF_LIMIT);
	vf_arena_init(&a, block, 16);
	CHECK_RC(vf_receipt_page_read(page, &a, &got, NULL), VF_NO_MEMORY);
}

/* No bit before the words can change, and none in the receipt or the ID without another result. */
static void test_flips(void)
{
	const uint8_t *style = memmem(page.p, page.n, "<style>", 7), *words = memmem(page.p, page.n, BODY, 7);
	const char *stride = getenv("TRIALNOTARY_FLIP_STRIDE"); /* a sample for the sanitizers, which are slow */
	size_t step = stride ? (size_t)atoi(stride) : 1;
	uint8_t *copy = (uint8_t *)room;

	for (size_t i = 0; i < page.n * 8; i += step) {
		bool fixed = i / 8 >= (size_t)(style - page.p) && i / 8 < (size_t)(words - page.p) - 1;
		enum vf_rc rc;

		memcpy(copy, page.p, page.n);
		copy[i / 8] ^= (uint8_t)(1 << (i % 8));
		rc = read_page(vf_bytes(copy, page.n));
		if (rc != VF_OK && rc != VF_PAGE_SHAPE)
			CHECK_FAIL("bit %zu gives %s", i, vf_rc_name(rc));
		if (rc == VF_OK && fixed && !(page.p[i / 8] == '\n'))
			CHECK_FAIL("bit %zu of the head changes nothing", i);
	}
}

int main(void)
{
	struct vf_receipt r;

	page = check_example("tests/vectors/page/usual-en.html");
	receipt = check_example("docs/formats/examples/receipt");
	CHECK_RC(vf_receipt_parse(receipt, &r, NULL), VF_OK);
	id = r.entry.id;
	test_saved();
	test_entities();
	test_places();
	test_shown();
	test_active();
	test_form();
	test_encodings();
	test_sizes();
	test_flips();
	return check_done();
}
