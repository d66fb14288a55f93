/*
 * What holds for every reader of trial files, whatever it is given: two readings say the same, facts are well-formed,
 * places fit, what is said is not much longer than what is read, and what ends a reading has a message. A target includes this and
 * calls fuzz_reader().
 */
#ifndef TESTS_FUZZ_TRIAL_READ_ANY_FUZZ_H
#define TESTS_FUZZ_TRIAL_READ_ANY_FUZZ_H

#include "tests/fuzz/must.h"
#include "trial/read/readers.h"
#include "verify/hash.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_said {
	struct tr_reading *r;
	uint64_t sum, n, octets; /* of what was said, in its order */
};

static inline void fuzz_sum(struct fuzz_said *s, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		s->sum = (s->sum ^ b[i]) * UINT64_C(1099511628211);
	s->n++;
}

static inline void fuzz_place(const struct tr_place *place)
{
	char text[TR_PLACE_LEN + 1];

	if (!place->put)
		return;
	for (size_t cap = 1; cap <= TR_PLACE_LEN; cap += TR_PLACE_LEN - 1) {
		memset(text, 'x', sizeof(text));
		place->put(place->ctx, text, cap);
		MUST(memchr(text, '\0', cap) != NULL && text[cap] == 'x');
	}
}

static inline VF_RC fuzz_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr)
{
	struct fuzz_said *s = ctx;

	(void)reterr;
	MUST((int)f->name >= 0 && f->name < TR_FACT_COUNT && f->grade < TR_ANCHORED);
	MUST(f->item <= s->r->items);
	MUST(f->value.n > 0);
	MUST((tr_fact_type(f->name) == TR_DATE) == (f->date != NULL));
	MUST(s->r->wants & TR_WANT_SUBJECTS || (f->subject.n == 0 && tr_fact_type(f->name) != TR_PERSON));
	if (f->date && f->date->precision != TR_PRECISION_NONE)
		MUST(!f->date->is_bad && f->date->normal[0] && tr_when_is(&f->date->when));
	fuzz_place(&f->place);
	fuzz_sum(s, &f->name, sizeof(f->name));
	fuzz_sum(s, &f->item, sizeof(f->item));
	s->octets += f->value.n + f->normal.n + f->subject.n;
	fuzz_sum(s, f->value.p, f->value.n);
	fuzz_sum(s, f->normal.p, f->normal.n);
	return VF_OK;
}

static inline VF_RC fuzz_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
	struct vf_err *reterr)
{
	struct fuzz_said *s = ctx;

	(void)reterr;
	MUST((int)warning >= 0 && warning < TR_WARNING_COUNT);
	MUST(text[0] && !strchr(text, '\n'));
	fuzz_place(place);
	fuzz_sum(s, text, strlen(text));
	return VF_OK;
}

/* One reading; what ended it. */
static inline enum vf_rc fuzz_read(const struct tr_reader *reader, const struct tr_input *in, unsigned wants,
	struct fuzz_said *ret)
{
	struct fuzz_said s = {.sum = UINT64_C(14695981039346656037)};
	struct tr_reading r = {.in = in, .wants = wants, .fact = fuzz_fact, .warning = fuzz_warning, .ctx = &s};
	struct vf_err err = {0};
	enum vf_rc rc;

	s.r = &r;
	rc = reader->read(&r, &err);
	MUST(rc == VF_OK || (err.rc == rc && err.text[0]));
	MUST(rc == VF_OK || rc == VF_FILE_SHAPE || rc == VF_LIMIT || rc == VF_NO_MEMORY);
	tr_reading_done(&r);
	*ret = s;
	return rc;
}

/* Facts, and what they hold, against what is read; of compressed files against what may come out of them. */
static inline void fuzz_bound(const struct tr_reader *reader, const struct fuzz_said *s, size_t size)
{
	const bool packs = reader == &tr_read_docx || reader == &tr_read_pdf || reader == &tr_read_dataset_json;

	MUST(s->n <= (uint64_t)(packs ? TR_MAX_INFLATE_RATIO : 2) * size + 64);
	MUST(s->octets <= (uint64_t)TR_MAX_SAID_FREE + (uint64_t)(packs ? 16 : 1) * TR_MAX_SAID_RATIO * (size + 1));
}

static inline void fuzz_reader(const struct tr_reader *reader, const char *name, const uint8_t *data, size_t size)
{
	struct vf_bytes octets = vf_bytes(data, size);
	struct tr_input in = tr_input_of(&octets, name);
	static uint8_t head[TR_PEEK_LEN];
	struct fuzz_said a, b;
	struct tr_peek peek;
	enum vf_rc rc;

	MUST(tr_peek(&in, head, &peek, NULL) == VF_OK);
	(void)tr_reader_find(&peek);
	rc = fuzz_read(reader, &in, 0, &a);
	MUST(fuzz_read(reader, &in, 0, &b) == rc && a.sum == b.sum && a.n == b.n);
	rc = fuzz_read(
		reader, &in, TR_WANT_SUBJECTS | TR_WANT_ROWS | TR_WANT_AUDIT | TR_WANT_COLUMNS | TR_WANT_PLACES | TR_WANT_TEXT, &b);
	/* more is said, not less, and nothing that is asked for makes a file better */
	MUST(rc != VF_OK || b.n >= a.n);
	fuzz_bound(reader, &b, size);
}

#endif
