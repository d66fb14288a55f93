/*
 * Forms of single values in details (docs/formats/statements/README.md, "Types of values").
 *
 * Knows texts only: which field has which form is a schema's question (schema.h).
 * One encoding per value: two texts of one form that differ mean different things,
 * but for offsets of times, which say where it was.
 */
#ifndef TRIAL_FORMAT_H
#define TRIAL_FORMAT_H

#include "verify/bytes.h"

enum tr_format {
	TR_FORMAT_NONE,
	TR_FORMAT_COUNTRY,  /* ISO 3166-1 alpha-2, assigned */
	TR_FORMAT_DATE,     /* YYYY, YYYY-MM, YYYY-MM-DD; it must exist */
	TR_FORMAT_LANGUAGE, /* BCP 47: "de", "pt-BR" */
	TR_FORMAT_RECORD,   /* a record's ID: 64 digits of lower-case hex */
	TR_FORMAT_TEXT,     /* 1 to 4,096 octets of plain text (verify/text.h) */
	TR_FORMAT_TIME,     /* RFC 3339 with Z or an offset, seconds, at most milliseconds; or a date */
	TR_FORMAT_URL,      /* http or https, printable ASCII, at most 2,048 octets */
	TR_FORMAT_WORD,     /* [a-z][a-z0-9-]{0,63} */
};
#define TR_FORMAT_COUNT 9

/* "country", …; "" for TR_FORMAT_NONE. In ascending order of names. */
const char *tr_format_name(enum tr_format format);
/* TR_FORMAT_NONE when there is no such form. */
enum tr_format tr_format_find(struct vf_bytes name);
/* What is expected, for a message: "a date that exists: YYYY, YYYY-MM or YYYY-MM-DD". */
const char *tr_format_text(enum tr_format format);
/* False for TR_FORMAT_NONE. */
bool tr_format_has(enum tr_format format, struct vf_bytes text);

/* The milliseconds UTC that a date or time may mean: a year has many, a time of a second 1,000, one with a fraction
 * few. */
struct tr_span {
	int64_t first, last;
};

/* A value of the form time (or date, which is one). A date is a day somewhere on earth: from UTC+14 to UTC-12. */
bool tr_span_read(struct vf_bytes text, struct tr_span *ret);
/* True when all of a is before all of b: what overlaps is not known to be wrong. */
bool tr_span_is_before(const struct tr_span *a, const struct tr_span *b);

#endif
