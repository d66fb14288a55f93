/*
 * Records of registries, by tables: which place of a record says which fact.
 *
 * Knows paths and how a value of each kind becomes a fact; which places there are is each reader's table. A file of a
 * format that may hold several records has an item for each, and what is in the record says which with record.item.
 */
#ifndef TRIAL_READ_RECORD_INSIDE_H
#define TRIAL_READ_RECORD_INSIDE_H

#include "trial/read/json.h"
#include "trial/read/xml.h"

enum tr_part_kind {
	TR_PART_TEXT,  /* as written; normalised: one blank for white space and <br> */
	TR_PART_LEVEL, /* a text; normalised: primary, secondary, other */
	TR_PART_ID,    /* an identifier of a study: 'fact' when it has no registry's form */
	TR_PART_ID_IS, /* an identifier that is 'fact', whatever its form */
	TR_PART_COUNT, /* a decimal; what is none is said as written */
	TR_PART_FLAG,  /* yes, no, true, false */
	TR_PART_DATE,
	TR_PART_MD5,
	TR_PART_ITEM,  /* no value: a thing of its own begins, 'fact' is 'from', and an outcome has the level */
	TR_PART_OWN,   /* the reader's own function */
};

struct tr_part {
	const char *path; /* below the record, "a/b", attributes "a/@b", an index of an array "+" */
	enum tr_part_kind kind;
	enum tr_fact_name fact;
	enum tr_grade grade;
	enum tr_date_form form;
	const char *from, *level;
	int own; /* for the reader's own function: what it is */
};

#define TR_RECORD_PATH 256
struct tr_record {
	/* given by the reader; the rest is zero */
	struct tr_reading *r;
	const struct tr_part *parts;
	size_t n_parts;
	VF_RC (*own)(struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr);
	uint64_t item; /* of the record: 0 when the file is one */

	/* kept here */
	uint64_t thing; /* what is open in it: an outcome, a document; 0: nothing */
	const struct tr_part *pending; /* it begins with its first value: an empty one is none */
	size_t thing_path;
	char path[TR_RECORD_PATH];
	size_t n_path;
	char place[TR_PLACE_LEN]; /* of the value, when places are asked for */
	uint8_t *text;
	size_t cap_text;
};

/* Frees what is kept; the record may be used again. */
void tr_record_done(struct tr_record *rec);

/* A new item for a record of a file that may hold several; what was open is closed. */
void tr_record_begin(struct tr_record *rec);
/* A new item within the record: said with record.item when the record has an item itself. */
VF_RC tr_record_thing(struct tr_record *rec, uint64_t *ret, struct vf_err *reterr);

/* After OPEN of the record's element: all of it, up to its CLOSE. Elements of another namespace than ns are passed. */
VF_RC tr_record_xml(struct tr_record *rec, struct tr_xml *x, const struct tr_xml_node *open, const char *ns,
	struct vf_err *reterr);
/* After OBJECT of the record: all of it, up to its CLOSE. */
VF_RC tr_record_json(struct tr_record *rec, struct tr_json *j, struct vf_err *reterr);
/* One member of the record, of which t is the first token: all of it. */
VF_RC tr_record_json_member(
	struct tr_record *rec, struct tr_json *j, const struct tr_json_token *t, struct vf_err *reterr);

/* One value of a record that is a row: the part with the name, or nothing. */
VF_RC tr_record_value(struct tr_record *rec, struct vf_bytes name, struct tr_place place, struct vf_bytes value,
	struct vf_err *reterr);

/* What the facts of the value that is read now share. */
struct tr_about tr_record_about(const struct tr_record *rec, enum tr_grade grade);
/* A fact with a normalised form of its own (empty: none); nothing for a value of white space. */
VF_RC tr_record_say(struct tr_record *rec, enum tr_fact_name fact, const struct tr_about *about, struct vf_bytes value,
	struct vf_bytes normal, struct vf_err *reterr);
/* TR_PART_TEXT and TR_PART_ID of any text. The identifiers "EUCTR2004-…-GB" and "CTIS2022-…" lose what ICTRP adds. */
VF_RC tr_record_say_text(struct tr_record *rec, enum tr_fact_name fact, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr);
VF_RC tr_record_say_id(struct tr_record *rec, enum tr_fact_name fallback, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr);

/* A document's type or label; what stands behind ": " is said as its version: "Study Protocol: Amendment 1". */
VF_RC tr_record_say_document(struct tr_record *rec, enum tr_fact_name fact, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr);
/* The class of a sponsor or funder at ClinicalTrials.gov: said once, as study.federally-funded, when it is federal. */
VF_RC tr_record_say_funder(struct tr_record *rec, bool *said, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr);
/* An identifier that links to another record; eight digits alone may be an ISRCTN number, and are not taken for one. */
VF_RC tr_record_say_linked(struct tr_record *rec, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr);

/* Without white space at both ends. */
struct vf_bytes tr_record_trim(struct vf_bytes b);

#endif
