/*
 * Dates and times as trial files write them.
 *
 * Knows the forms of docs/formats/facts.md ("Dates"), how exact each is, and which milliseconds it may mean; never
 * repairs one. What two dates say about an order is trial/when.h's question.
 */
#ifndef TRIAL_READ_DATE_H
#define TRIAL_READ_DATE_H

#include "trial/when.h"

enum tr_precision {
	TR_PRECISION_NONE, /* no date that can be used */
	TR_YEAR,
	TR_MONTH,
	TR_DAY,
	TR_HOUR,
	TR_MINUTE,
	TR_SECOND,
};
/* "year", …; "" for TR_PRECISION_NONE. */
const char *tr_precision_name(enum tr_precision precision);

/* How a format writes dates: no reader guesses. */
enum tr_date_form {
	/* ISO 8601 as ODM, FHIR, SDTM and Dataset-JSON use it: truncated anywhere; with or without offset; '-' in place
	 * of a component; "a/b", "a/duration", "duration/b". Seconds may have a fraction of up to nine digits. */
	TR_DATE_ISO,
	TR_DATE_ENGLISH,      /* "August 10, 2011", "March 2007", "12 MAR 2024", "Nov 30 2018 12:00AM" */
	TR_DATE_BASIC,        /* 20110810 */
	TR_DATE_DMY,          /* 10/08/2011 or 10-08-2011: day first */
	TR_DATE_YMD,          /* 2011-08-10 or 2011/08/10 */
	TR_DATE_SAS,          /* 16AUG13:21:15:04: an XPT header; two digits of a year are 1960 to 2059 */
	TR_DATE_PDF,          /* D:20110810123456+02'00' (ISO 32000-1 7.9.4) */
};

/* Two dates of up to 35 characters, with a slash. */
#define TR_DATE_LEN 71

struct tr_date {
	struct tr_when when;   /* none when malformed or without a known year */
	enum tr_precision precision;
	bool is_bad;           /* not in the form: 'bad-time'. A sentinel (1 January 1900) is none, and not bad */
	bool has_offset;
	/* In ISO 8601, as exact as written ("2011-08", "2011-08-10T12:30:00+02:00"); intervals have both ends. */
	char normal[TR_DATE_LEN + 1];
};

/* Always fills *ret. An empty text is no date, and not a bad one. */
void tr_date_read(enum tr_date_form form, struct vf_bytes text, struct tr_date *ret);
/* A SAS day number (days since 1960-01-01), or seconds since then; what is no whole number or out of the years 1600 to
 * 9999 is bad. */
void tr_date_of_sas_days(double days, struct tr_date *ret);
void tr_date_of_sas_seconds(double seconds, struct tr_date *ret);

#endif
