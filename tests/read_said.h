/*
 * What a reader says of octets, as text: a line for each fact, "name=value", behind it " -> normal", " of subject",
 * " #item" and " @place" where there are such; "! warning: text" for a warning.
 */
#ifndef TESTS_READ_SAID_H
#define TESTS_READ_SAID_H

#include "tests/check.h"
#include "trial/read/fact.h"

static struct said {
	char text[1 << 20];
	size_t n;
	struct vf_err err;
	uint64_t subjects;
	const char *reader; /* "": none */
	size_t facts, warnings;
} said;

static inline void said_put(const char *before, struct vf_bytes b)
{
	size_t n = strlen(before);

	if (n + b.n + 2 > sizeof(said.text) - said.n)
		return;
	memcpy(said.text + said.n, before, n);
	if (b.n)
		memcpy(said.text + said.n + n, b.p, b.n);
	said.n += n + b.n;
	said.text[said.n] = 0;
}

static inline void said_put_place(const struct tr_place *place)
{
	char text[TR_PLACE_LEN];

	if (!place->put)
		return;
	place->put(place->ctx, text, sizeof(text));
	said_put(" @", vf_bytes_str(text));
}

static inline VF_RC said_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr)
{
	const struct tr_reading *r = ctx;
	char number[32];

	(void)reterr;
	said.facts++;
	said_put(tr_fact_name(f->name), f->value.n ? vf_bytes_str("=") : vf_bytes_str("= EMPTY"));
	said_put("", f->value);
	if (f->normal.n && !vf_bytes_eq(f->normal, f->value))
		said_put(" -> ", f->normal);
	if (f->subject.n)
		said_put(" of ", f->subject);
	snprintf(number, sizeof(number), " #%" PRIu64, f->item);
	if (f->item)
		said_put(number, vf_bytes(NULL, 0));
	if (r->wants & TR_WANT_PLACES)
		said_put_place(&f->place);
	said_put("\n", vf_bytes(NULL, 0));
	return VF_OK;
}

static inline VF_RC said_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
	struct vf_err *reterr)
{
	(void)ctx;
	(void)place;
	(void)reterr;
	said.warnings++;
	said_put("! ", vf_bytes_str(tr_warning_name(warning)));
	said_put(": ", vf_bytes_str(text));
	said_put("\n", vf_bytes(NULL, 0));
	return VF_OK;
}

/* Reads octets under a name with the reader that claims them. */
static inline enum vf_rc said_read(struct vf_bytes b, const char *name, unsigned wants)
{
	struct tr_input in = tr_input_of(&b, name);
	struct tr_reading r = {.in = &in, .wants = wants, .fact = said_fact, .warning = said_warning};
	const struct tr_reader *reader = NULL;
	enum vf_rc rc;

	r.ctx = &r;
	said.n = said.facts = said.warnings = 0;
	said.text[0] = 0;
	said.err = (struct vf_err){0};
	rc = tr_read(&r, &reader, &said.err);
	said.reader = reader ? reader->name : "";
	said.subjects = tr_subjects(&r);
	tr_reading_done(&r);
	return rc;
}

/* Whether a line was said; the line is given whole. */
static inline bool said_line(const char *line)
{
	size_t n = strlen(line);

	for (const char *at = said.text; (at = strstr(at, line)) != NULL; at++)
		if ((at == said.text || at[-1] == '\n') && at[n] == '\n')
			return true;
	return false;
}

#define SAYS(line)                                                                                         \
	do {                                                                                               \
		check_count++;                                                                             \
		if (!said_line(line))                                                                      \
			CHECK_FAIL("'%s' was not said, but\n%s", line, said.text);                         \
	} while (0)
#define SAYS_NOT(line)                                                                                     \
	do {                                                                                               \
		check_count++;                                                                             \
		if (said_line(line))                                                                       \
			CHECK_FAIL("'%s' was said", line);                                                 \
	} while (0)

/* A file of the folder of real ones; false when it is not there. The caller frees p. */
static inline bool said_real(const char *path, struct vf_bytes *ret)
{
	const char *folder = getenv("TRIALNOTARY_DATA");
	char text[1024];
	FILE *f;

	snprintf(text, sizeof(text), "%s/%s", folder ? folder : "../shared/data", path);
	f = fopen(text, "rb");
	if (!f)
		return false;
	fclose(f);
	*ret = check_read(text);
	return true;
}

#endif
