/*
 * Facts: what a trial file says about itself (docs/formats/facts.md).
 *
 * Readers say facts and nothing else; descriptors, reports and rules read facts and nothing else. Each has its value
 * as written, a normalised one, its place in the file, and who stands behind it. Knows no format.
 */
#ifndef TRIAL_READ_FACT_H
#define TRIAL_READ_FACT_H

#include "trial/read/date.h"
#include "trial/read/input.h"

/* TR_F_FILE_FORMAT, …: fact.def lists them. */
enum tr_fact_name {
#define TR_FACT(id, name, type, about) TR_F_##id,
#include "trial/read/fact.def"
#undef TR_FACT
	TR_FACT_COUNT
};

enum tr_fact_type {
	TR_TEXT,
	TR_DATE,
	TR_COUNT, /* a decimal */
	TR_FLAG,  /* yes or no */
	TR_ID,    /* an identifier: compared as it stands, trimmed */
	TR_PERSON, /* a text about one person: said only to who asked for it, never in a statement */
};

/* "study.id.nct" */
const char *tr_fact_name(enum tr_fact_name fact);
enum tr_fact_type tr_fact_type(enum tr_fact_name fact);
/* False when there is none. */
bool tr_fact_of_name(struct vf_bytes name, enum tr_fact_name *ret);

/* Who stands behind a fact, weakest first. Readers say no other than declared, signed and registry. */
enum tr_grade {
	TR_DECLARED,
	TR_SIGNED,
	TR_REGISTRY,
	TR_ANCHORED,
};
const char *tr_grade_name(enum tr_grade grade);

/* Where in the file: written out only for who wants to read it. */
struct tr_place {
	/* Writes an XPath, a JSON pointer, or "row 12, column AESTDTC", and a NUL; cut to cap. NULL: the file as a whole. */
	void (*put)(const void *ctx, char *out, size_t cap);
	const void *ctx;
};
#define TR_PLACE_LEN 512

struct tr_fact {
	enum tr_fact_name name;
	/* Facts with one number in one file speak of one thing (one outcome, one row, one audit record): counted from 1 by
	 * tr_item(). 0: the file. */
	uint64_t item;
	struct vf_bytes subject; /* key of the person it is about, as written; empty: nobody */
	struct vf_bytes value;   /* as written, trimmed by no one; UTF-8 */
	struct vf_bytes normal;  /* empty: the value is what it is */
	const struct tr_date *date; /* of a TR_DATE, else NULL */
	enum tr_grade grade;
	struct tr_place place;
};

/* Closed lists of reference: what is wrong with a file without being the end of reading it. */
enum tr_warning {
	TR_W_BAD_TIME,     /* a date that is not in its form */
	TR_W_DOCTYPE,      /* a DOCTYPE: nothing of it was fetched or used */
	TR_W_ENTITY,       /* a reference to an entity that was not resolved */
	TR_W_NAMESPACE,    /* the elements of a format under another namespace */
	TR_W_ENCODING,     /* text that is not in its encoding, kept with U+FFFD */
	TR_W_COUNT,        /* two counts that should be one are not */
	TR_W_AMBIGUOUS,    /* can be read in two ways: the text says which was taken */
	TR_W_UNREAD,       /* a part that this version does not read */
	TR_W_MAPPING,      /* nothing in the file, and no mapping, says which item this is */
	TR_W_DUPLICATE,    /* stands twice */
	TR_W_REFERENCE,    /* names something that is not in the file */
	TR_W_CUT,          /* the file ends before its end */
};
#define TR_WARNING_COUNT 12
/* "bad-time", … */
const char *tr_warning_name(enum tr_warning warning);

/* Facts that cost more than a look at the file's head: what is not asked for is counted and not said. */
#define TR_WANT_SUBJECTS 1u /* facts with a subject: keys, sites, dates of one person */
#define TR_WANT_ROWS 2u     /* a fact for each row with a date (row.*) */
#define TR_WANT_AUDIT 4u    /* each audit record and signature (audit.*, signature.*) */
#define TR_WANT_COLUMNS 8u  /* each column and code of data sets (column.*) */
#define TR_WANT_PLACES 16u  /* places are asked for: readers need not count siblings otherwise */
#define TR_WANT_TEXT 32u    /* a digest of each paragraph of a document's text (text.*) */

struct tr_mapping;

/* What a reader is given, and where it says what it finds. Zero and fill the first part; free with tr_reading_done(). */
struct tr_reading {
	const struct tr_input *in;
	unsigned wants;
	const struct tr_mapping *mapping; /* of the study, or NULL: trial/read/mapping.h */
	/* Called for each fact; what it holds is good until it returns. Another outcome than OK ends the reading with it. */
	VF_RC (*fact)(void *ctx, const struct tr_fact *fact, struct vf_err *reterr);
	/* text: one line without values of a person. */
	VF_RC (*warning)(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
		struct vf_err *reterr);
	void *ctx;

	/* kept by the functions below */
	uint64_t items, octets; /* given to things; said */
	bool is_packed;         /* set by a reader: the file is larger than its octets */
	struct tr_keys *subjects; /* of those counted, by their hashes */
	size_t n_warnings[TR_WARNING_COUNT];
};

void tr_reading_done(struct tr_reading *r);

/* A number for the next thing. */
static inline uint64_t tr_item(struct tr_reading *r)
{
	return ++r->items;
}

/* ---- saying ---- */

/*
 * What facts hold may be so many times what the file has (16 times more often of a packed one), beyond what is free: a name may
 * stand with each thing within it, so somebody could make a small file that says gigabytes. LIMIT beyond it.
 */
#define TR_MAX_SAID_RATIO 64
#define TR_MAX_SAID_FREE (64 * 1024 * 1024)
/* Says a fact that the caller has filled in; a fact with a subject is asked for by the caller. */
VF_RC tr_say_fact(struct tr_reading *r, const struct tr_fact *f, struct vf_err *reterr);

/* What all facts of one call share; a zeroed one is a declared fact about the file as a whole. */
struct tr_about {
	uint64_t item;
	struct vf_bytes subject;
	enum tr_grade grade;
	struct tr_place place;
};

/* Says a text, an identifier or a flag as written; nothing for an empty value or one of white space. Identifiers are
 * normalised by trimming. A fact with a subject, and one of type TR_PERSON, is said only with TR_WANT_SUBJECTS. */
VF_RC tr_say(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr);
VF_RC tr_say_count(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, uint64_t count,
	struct vf_err *reterr);
VF_RC tr_say_flag(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, bool yes,
	struct vf_err *reterr);
/* Reads the date, says it, and warns with TR_W_BAD_TIME when it is bad; nothing for an empty one. */
VF_RC tr_say_date(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, enum tr_date_form form,
	struct vf_bytes value, struct vf_err *reterr);
/* A date that the caller has read; value is what is written. */
VF_RC tr_say_read_date(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about,
	const struct tr_date *date, struct vf_bytes value, struct vf_err *reterr);
/* An identifier of a study, whichever registry it is of: NCT…, ISRCTN…, EudraCT and EU CT numbers, DRKS…, …; what has
 * the form of none is said as study.id.other (fallback TR_F_ID_OTHER), or as the given name. */
VF_RC tr_say_id(struct tr_reading *r, enum tr_fact_name fallback, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr);

/* The 17th of one warning and all later ones are counted and not said. */
#define TR_MAX_WARNINGS 16
VF_RC tr_warn(struct tr_reading *r, enum tr_warning warning, const struct tr_place *place, struct vf_err *reterr,
	const char *fmt, ...) VF_PRINTF(5, 6);

/* Notes a person's key; *ret_new when it was not seen in this reading. LIMIT beyond TR_MAX_SUBJECTS. */
#define TR_MAX_SUBJECTS 10000000
VF_RC tr_note_subject(struct tr_reading *r, struct vf_bytes key, bool *ret_new, struct vf_err *reterr);
uint64_t tr_subjects(const struct tr_reading *r);

/* ---- readers ---- */

/* What is known of a file before a reader is chosen. */
struct tr_peek {
	struct vf_bytes name, head; /* up to TR_PEEK_LEN first octets */
	uint64_t size;
	/* of XML: the root element, when it begins in the head */
	struct vf_bytes root, ns;
	/* of JSON: names of the members of the top object that begin in the head, in their order */
	struct vf_bytes keys[16];
	size_t n_keys;
	/* of JSON: "resourceType" and the like: the string value of the first members; empty for other values */
	struct vf_bytes values[16];
};
#define TR_PEEK_LEN 65536

struct tr_reader {
	const char *name;  /* "odm": a word for messages and tests */
	const char *title; /* "CDISC ODM-XML" */
	bool (*claims)(const struct tr_peek *peek);
	/* Says what the file says. FILE_SHAPE with the line and column, LIMIT, NO_MEMORY, or what reading and saying gave;
	 * what was said before stays said. */
	VF_RC (*read)(struct tr_reading *r, struct vf_err *reterr);
};

/* All readers: the first that claims a file reads it. NULL when none does. */
const struct tr_reader *tr_reader_find(const struct tr_peek *peek);
const struct tr_reader *tr_reader_at(size_t at);

/*
 * Finds the reader of r->in, says file.format, reads, and says file.subjects when persons were counted. *ret_reader is
 * NULL when no reader claims the file, which is OK.
 */
VF_RC tr_read(struct tr_reading *r, const struct tr_reader **ret_reader, struct vf_err *reterr);

/* Looks at the file's head; buffer has TR_PEEK_LEN octets and lives as long as *ret. Formats only: names a file as it
 * is, so a fault in its head is no fault here. */
VF_RC tr_peek(const struct tr_input *in, uint8_t *buffer, struct tr_peek *ret, struct vf_err *reterr);

#endif
