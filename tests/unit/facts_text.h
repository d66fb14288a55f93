/* What a reader says, as text: a line a fact, "3 outcome.level=primary (declared) /place", warnings as "! cut text". */
#ifndef TESTS_UNIT_FACTS_TEXT_H
#define TESTS_UNIT_FACTS_TEXT_H

#include "tests/check.h"
#include "trial/read/readers.h"

struct facts_text {
	char text[1 << 20];
	size_t n;
	enum vf_rc rc;
	struct vf_err err;
	const char *reader; /* that claimed it; "" for none */
	uint64_t subjects;
};

static inline void facts_add(struct facts_text *f, struct vf_bytes b)
{
	for (size_t i = 0; i < b.n && f->n + 2 < sizeof(f->text); i++)
		f->text[f->n++] = (char)(b.p[i] == '\n' ? '~' : b.p[i]);
	f->text[f->n] = '\0';
}

static inline VF_RC facts_fact(void *ctx, const struct tr_fact *fact, struct vf_err *reterr)
{
	struct facts_text *f = ctx;
	char place[TR_PLACE_LEN] = "";

	(void)reterr;
	if (f->n + 4096 > sizeof(f->text))
		return VF_OK;
	f->n += (size_t)snprintf(f->text + f->n, sizeof(f->text) - f->n, "%" PRIu64 " %s=", fact->item,
		tr_fact_name(fact->name));
	if (fact->date)
		facts_add(f, vf_bytes_str(fact->date->normal[0] ? fact->date->normal : "?"));
	else
		facts_add(f, fact->normal.n ? fact->normal : fact->value);
	if (fact->place.put)
		fact->place.put(fact->place.ctx, place, sizeof(place));
	f->n += (size_t)snprintf(f->text + f->n, sizeof(f->text) - f->n, " (%s)%s%s\n", tr_grade_name(fact->grade),
		place[0] ? " " : "", place);
	return VF_OK;
}

static inline VF_RC facts_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
	struct vf_err *reterr)
{
	struct facts_text *f = ctx;

	(void)place;
	(void)reterr;
	f->n += (size_t)snprintf(f->text + f->n, sizeof(f->text) - f->n, "! %s %s\n", tr_warning_name(warning), text);
	return VF_OK;
}

/* Reads octets as the reader does; NULL: as the one that claims them. */
static inline void facts_read(
	struct facts_text *f, const struct tr_reader *reader, struct vf_bytes octets, const char *name, unsigned wants)
{
	struct tr_input in = tr_input_of(&octets, name);
	struct tr_reading r = {.in = &in, .wants = wants, .fact = facts_fact, .warning = facts_warning, .ctx = f};

	memset(f, 0, sizeof(*f));
	f->reader = "";
	f->rc = reader ? reader->read(&r, &f->err) : tr_read(&r, &reader, &f->err);
	if (reader)
		f->reader = reader->name;
	f->subjects = tr_subjects(&r);
	tr_reading_done(&r);
}

static inline bool facts_has(const struct facts_text *f, const char *part)
{
	return strstr(f->text, part) != NULL;
}

static inline size_t facts_count(const struct facts_text *f, const char *part)
{
	size_t n = 0;

	for (const char *p = f->text; (p = strstr(p, part)) != NULL; p++)
		n++;
	return n;
}

#endif
