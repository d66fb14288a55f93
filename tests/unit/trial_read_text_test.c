/* Paragraphs of plain text: where they end, how they are folded, and which count. */
#include "tests/unit/facts_text.h"
#include "verify/hash.h"
#include "verify/text.h"

static struct facts_text f;

static void look(const char *text, size_t n)
{
	facts_read(&f, NULL, vf_bytes(text, n), "form.txt", TR_WANT_TEXT);
	CHECK_RC(f.rc, VF_OK);
}

/* The facts are the digests of these folded paragraphs, in their order, and their number. */
static void says(const char *text, size_t n_paragraphs, const char *const *paragraphs)
{
	char want[8192] = "0 file.format=plain text (declared)\n", hex[65];
	size_t at = strlen(want);

	for (size_t i = 0; i < n_paragraphs; i++) {
		struct vf_hash h = vf_sha256(vf_bytes_str(paragraphs[i]));

		vf_hex_put(hex, vf_bytes(h.b, sizeof(h.b)));
		at += (size_t)snprintf(want + at, sizeof(want) - at, "%zu text.paragraph=%s (declared)\n", i + 1, hex);
	}
	snprintf(want + at, sizeof(want) - at, "0 text.paragraphs=%zu (declared)\n", n_paragraphs);
	look(text, strlen(text));
	CHECK_STR(f.text, want);
}

#define ONE "You can stop taking part at any time."
#define TWO "Nobody will ask you for your reasons."

static void test_ends(void)
{
	static const char *const both[] = {ONE, TWO}, *const joined[] = {ONE " " TWO};

	says(ONE "\n\n" TWO "\n", 2, both);
	says(ONE "\r\n\r\n" TWO, 2, both);
	says(ONE "\r\r" TWO "\r", 2, both);
	says("\n\n  " ONE "\n \t \n\n\n" TWO "\n\n", 2, both);
	says(ONE "\f" TWO, 2, both);
	says("\xef\xbb\xbf" ONE "\n\n" TWO, 2, both);
	/* lines of one paragraph */
	says(ONE "\n" TWO, 1, joined);
	says(ONE "\r\n" TWO "\r\n", 1, joined);
	says("\t" ONE "  \n   " TWO, 1, joined);
	says("You can stop\xc2\xa0taking\xe2\x80\xaf  part\xe3\x80\x80" "at any time. \xef\xbb\xbf\n" TWO, 1, joined);
}

static void test_counting(void)
{
	static const char *const twenty[] = {"abcdefghij klmnopqrst"}, *const chinese[] = {
		"\xe6\x82\xa8\xe5\x8f\xaf\xe4\xbb\xa5\xe9\x9a\x8f\xe6\x97\xb6\xe9\x80\x80\xe5\x87\xba\xe6\x9c\xac\xe7\xa0\x94\xe7\xa9\xb6\xef\xbc\x8c"
		"\xe4\xb8\x8d\xe9\x9c\x80\xe8\xa6\x81\xe7\x90\x86\xe7\x94\xb1\xe3\x80\x82\xe6\x88\x91\xe4\xbb\xac\xe4\xbc\x9a\xe4\xbf\x9d\xe5\xad\x98"};

	says("abcdefghij klmnopqrst", 1, twenty);
	says("abcdefghij klmnopqrs", 0, NULL);
	says("Tel. +49 761 203 0000 00000000000000000000, (0761) 12-13-14-15-16-17", 0, NULL);
	says("abcdefghij klmnopqrs \xe2\x80\x94 \xc3\x97 \xc3\xb7 \xe3\x80\x82 \xef\xbc\x8c", 0, NULL);
	says(chinese[0], 1, chinese);
	/* case counts: it is no blank */
	look("ABCDEFGHIJ klmnopqrst", 21);
	CHECK(strstr(f.text, "text.paragraphs=1") != NULL);
}

/* Longer than any buffer, with characters at every place of its end. */
static void test_long(void)
{
	static char text[300000], folded[300000];
	const char *const one[] = {folded};

	for (size_t shift = 0; shift < 4; shift++) {
		size_t n = 0;

		for (size_t i = 0; i < shift; i++)
			text[n++] = 'a';
		while (n + 5 < sizeof(text))
			n += (size_t)sprintf(text + n, "\xe2\x82\xac" "b");
		text[n] = '\0';
		memcpy(folded, text, n + 1);
		says(text, 1, one);
	}
}

static void test_broken(void)
{
	static char text[TR_PEEK_LEN + 100];

	memset(text, 'a', sizeof(text));
	for (size_t i = 60; i < TR_PEEK_LEN; i += 61)
		text[i] = ' ';
	text[TR_PEEK_LEN + 10] = (char)0xff;
	look(text, sizeof(text));
	CHECK(strstr(f.text, "! encoding the text is not UTF-8") != NULL);
	CHECK(strstr(f.text, "text.paragraph") == NULL);
	text[TR_PEEK_LEN + 10] = 'a';
	memcpy(text + sizeof(text) - 2, "\xe2\x82", 2); /* cut */
	look(text, sizeof(text));
	CHECK(strstr(f.text, "! encoding") != NULL && strstr(f.text, "text.paragraphs") == NULL);
}

static void test_claims(void)
{
	static const struct {
		const char *name, *text;
		size_t n;
		const char *reader;
	} cases[] = {
		{"a.txt", "Some words.\n", 12, "text"},
		{"A.TXT", "Some words.\n", 12, "text"},
		{"a.md", "Some words.\n", 12, ""},
		{"a.txt", "", 0, ""},
		{"a.txt", "nothing\0", 8, ""},
		{"a.txt", "\x1b[1m", 4, ""},
		{"a.txt", "Gr\xfc\xdf" "e an alle", 14, ""},
		{"a.txt", "{\"a\":1}", 7, "text"},
		{"a.txt", "a\tb\tc\n1\t2\t3\n4\t5\t6\n7\t8\t9\n", 24, "csv"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		facts_read(&f, NULL, vf_bytes(cases[i].text, cases[i].n), cases[i].name, 0);
		CHECK_STR(f.reader, cases[i].reader);
	}
	/* nothing of its words without being asked */
	facts_read(&f, NULL, vf_bytes_str(ONE "\n"), "a.txt", TR_WANT_SUBJECTS | TR_WANT_ROWS | TR_WANT_AUDIT | TR_WANT_COLUMNS | TR_WANT_PLACES);
	CHECK_STR(f.text, "0 file.format=plain text (declared)\n");
}

int main(void)
{
	test_ends();
	test_counting();
	test_long();
	test_broken();
	test_claims();
	return check_done();
}
