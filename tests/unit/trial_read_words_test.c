/* Numbered texts: each once, in the order in which they come, within the caps. */
#include "trial/read/words.h"

#include "tests/check.h"

static void test_many(void)
{
	struct tr_words w = {0};
	char text[32];
	uint32_t at = 7;

	CHECK(!tr_words_find(&w, vf_bytes_str("a"), &at));
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 20000; i++) {
			snprintf(text, sizeof(text), "IT.%u", i);
			if (tr_words_add(&w, vf_bytes_str(text), &at, NULL) != VF_OK || at != i)
				CHECK_FAIL("word %u has the number %u", i, at);
		}
	CHECK_INT(w.n, 20000);
	CHECK(tr_words_find(&w, vf_bytes_str("IT.19999"), &at) && at == 19999);
	CHECK(!tr_words_find(&w, vf_bytes_str("IT.20000"), &at));
	CHECK(!tr_words_find(&w, vf_bytes_str("IT.1999"), &at) || at == 1999);
	CHECK(vf_bytes_is(tr_words_at(&w, 42), "IT.42"));
	/* none, and octets of any kind */
	CHECK_RC(tr_words_add(&w, vf_bytes(NULL, 0), &at, NULL), VF_OK);
	CHECK_INT(at, 20000);
	CHECK_RC(tr_words_add(&w, vf_bytes("a\0b", 3), &at, NULL), VF_OK);
	CHECK(!tr_words_find(&w, vf_bytes("a\0c", 3), &at));
	CHECK_INT(tr_words_at(&w, 20000).n, 0);
	tr_words_done(&w);
	CHECK_INT(w.n, 0);
}

static void test_caps(void)
{
	struct tr_words w = {0};
	struct vf_err err = {0};
	char *text = calloc(1, TR_MAX_WORDS_TEXT);
	enum vf_rc rc = VF_OK;
	uint32_t at;

	CHECK(text != NULL);
	if (!text)
		return;
	CHECK_RC(tr_words_add(&w, vf_bytes(text, TR_MAX_WORDS_TEXT), &at, NULL), VF_OK);
	CHECK_RC(tr_words_add(&w, vf_bytes_str("x"), &at, &err), VF_LIMIT);
	CHECK_RC(tr_words_add(&w, vf_bytes(text, TR_MAX_WORDS_TEXT), &at, NULL), VF_OK);
	tr_words_done(&w);
	for (uint32_t i = 0; rc == VF_OK && i <= TR_MAX_WORDS; i++)
		rc = tr_words_add(&w, vf_bytes(&i, sizeof(i)), &at, &err);
	CHECK_RC(rc, VF_LIMIT);
	CHECK_INT(w.n, TR_MAX_WORDS);
	tr_words_done(&w);
	free(text);
}

int main(void)
{
	test_many();
	test_caps();
	return check_done();
}
