/* Exercises trial/read/json.c: what it accepts jansson accepts with the same value, and the other way round. */
#include <jansson.h>
#include <stdlib.h>

#include "tests/read_pieces.h"
#include "trial/read/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tr_reading reading;

/* A value from its tokens; NULL after a fault. */
static json_t *build(struct tr_json *j, enum vf_rc *ret_rc)
{
	json_t *open[TR_JSON_MAX_DEPTH + 1], *top = NULL, *made = NULL;
	const struct tr_json_token *t;
	char number[512];

	for (;;) {
		*ret_rc = tr_json_next(j, &t, NULL);
		if (*ret_rc != VF_OK)
			break;
		switch (t->event) {
		case TR_JSON_END:
			return top;
		case TR_JSON_CLOSE:
			continue;
		case TR_JSON_OBJECT:
			made = json_object();
			break;
		case TR_JSON_ARRAY:
			made = json_array();
			break;
		case TR_JSON_STRING:
			/* also refuses what is not UTF-8 */
			made = json_stringn((const char *)t->value.p, t->value.n);
			break;
		case TR_JSON_NUMBER:
			snprintf(number, sizeof(number), "%.*s", (int)t->value.n, (const char *)t->value.p);
			made = json_real(strtod(number, NULL));
			break;
		case TR_JSON_TRUE:
		case TR_JSON_FALSE:
			made = json_boolean(t->event == TR_JSON_TRUE);
			break;
		case TR_JSON_NULL:
			made = json_null();
			break;
		}
		if (!made && t->event != TR_JSON_NUMBER)
			abort();
		if (!made) /* too large for a double */
			made = json_null();
		open[t->depth] = made;
		if (!t->depth)
			top = made;
		else if (t->has_name)
			json_object_setn_new(open[t->depth - 1], t->name.n ? (const char *)t->name.p : "", t->name.n, made);
		else if (t->index != json_array_size(open[t->depth - 1]) || json_array_append_new(open[t->depth - 1], made))
			abort();
	}
	json_decref(top);
	return NULL;
}

/* What jansson refuses beyond RFC 8259: numbers that no double holds, NUL in a name. */
static bool is_narrower(const json_error_t *e)
{
	return json_error_code(e) == json_error_numeric_overflow || json_error_code(e) == json_error_null_byte_in_key;
}

static void compare(struct vf_bytes text, json_t *ours, enum vf_rc rc)
{
	json_error_t error;
	json_t *theirs;

	if (vf_bytes_starts(text, "\xef\xbb\xbf")) /* ours skips it */
		text = vf_bytes(text.p + 3, text.n - 3);
	theirs = json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL |
		JSON_DECODE_INT_AS_REAL, &error);
	if (rc == VF_OK && !theirs && !is_narrower(&error))
		abort();
	/* jansson loses a NUL that stands directly behind a number */
	if (rc != VF_OK && rc != VF_LIMIT && theirs && !memchr(text.p, 0, text.n))
		abort();
	if (rc == VF_OK && theirs && !json_equal(ours, theirs))
		abort();
	json_decref(theirs);
}

static void read_lines(struct vf_bytes text, size_t piece)
{
	static struct pieces pieces;
	struct tr_source source = pieces_source(&pieces, text, piece);
	struct tr_json *j = NULL;
	bool more = true;
	enum vf_rc rc = tr_json_new_from(&reading, &source, true, &j, NULL);

	while (rc == VF_OK && more) {
		json_decref(build(j, &rc));
		if (rc == VF_OK)
			rc = tr_json_line(j, &more, NULL);
	}
	tr_json_free(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pieces pieces;
	struct vf_bytes text = vf_bytes(data, size);
	struct tr_source source;
	struct tr_json *j = NULL;
	json_t *ours;
	uint8_t first;
	enum vf_rc rc;

	if (!vf_take_u8(&text, &first))
		return 0;
	source = pieces_source(&pieces, text, first ? first : 4096);
	if (tr_json_new_from(&reading, &source, false, &j, NULL) != VF_OK)
		return 0;
	ours = build(j, &rc);
	tr_json_free(j);
	if (text.n)
		compare(text, ours, rc);
	json_decref(ours);
	read_lines(text, first ? first : 4096);
	return 0;
}
