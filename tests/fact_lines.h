/*
 * What a reader says, as lines: "3 consent.date @001 = 2024-01-02", its item first, "?" for a date that is none; warnings
 * as "! bad-time text". Whole lines are looked for.
 */
#ifndef TESTS_FACT_LINES_H
#define TESTS_FACT_LINES_H

#include "tests/check.h"
#include "trial/read/fact_list.h"

struct fact_lines {
	char text[256 * 1024];
	size_t n;
	enum vf_rc rc;
	const char *reader;
	struct vf_err err;
};

static inline void fact_lines_read(
	struct fact_lines *f, struct vf_bytes octets, unsigned wants, const struct tr_mapping *mapping)
{
	struct tr_input in = tr_input_of(&octets, "file");
	struct tr_fact_list list = {0};

	f->n = (size_t)snprintf(f->text, sizeof(f->text), "\n");
	f->reader = "";
	f->rc = tr_fact_list_read(&list, &in, wants, mapping, &f->err);
	if (f->rc == VF_OK) {
		f->rc = list.rc;
		f->err = list.err;
		f->reader = list.reader ? list.reader->name : "";
	}
	for (size_t i = 0; i < list.n && f->n + 4096 < sizeof(f->text); i++) {
		const struct tr_kept_fact *k = &list.facts[i];
		struct vf_bytes text = k->is_bad ? vf_bytes_str("?") : tr_kept_text(k);

		f->n += (size_t)snprintf(f->text + f->n, sizeof(f->text) - f->n, "%" PRIu64 " %s%s%.*s = %.*s%s%s\n", k->item,
			tr_fact_name(k->name), k->subject.n ? " @" : "", VF_STR(k->subject), VF_STR(text),
			k->place[0] ? " at " : "", k->place);
	}
	for (size_t i = 0; i < list.n_warnings && f->n + 4096 < sizeof(f->text); i++)
		f->n += (size_t)snprintf(f->text + f->n, sizeof(f->text) - f->n, "! %s %s\n",
			tr_warning_name(list.warnings[i].warning), list.warnings[i].text);
	tr_fact_list_done(&list);
}

static inline size_t fact_lines_count(const struct fact_lines *f, const char *part)
{
	size_t n = 0;

	for (const char *p = f->text; (p = strstr(p, part)) != NULL; p++)
		n++;
	return n;
}

/* True when the lines, each ended by a newline, stand one after the other. */
static inline bool fact_lines_has(const struct fact_lines *f, const char *lines)
{
	char text[8192];

	snprintf(text, sizeof(text), "\n%s", lines);
	return strstr(f->text, text) != NULL;
}

#define CHECK_LINES(f, lines) \
	do { \
		check_count++; \
		if (!fact_lines_has((f), (lines))) \
			CHECK_FAIL("without the lines\n%sin%s", (lines), (f)->text); \
	} while (0)

#define CHECK_NOT_SAID(f, part) \
	do { \
		check_count++; \
		if (fact_lines_count((f), (part))) \
			CHECK_FAIL("'%s' stands in%s", (part), (f)->text); \
	} while (0)

#endif
