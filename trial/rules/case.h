/*
 * What rules look at: the records of a study as far as they are at hand, and what their files say.
 *
 * Knows no store, no bundle and no clock: who has records makes a case of them (notary/case.h from a notary's folder or
 * a study bundle), so that both give the same findings.
 */
#ifndef TRIAL_RULES_CASE_H
#define TRIAL_RULES_CASE_H

#include "trial/details.h"
#include "trial/rules/order.h"
#include "trial/rules/parameters.h"
#include "trial/statement.h"

struct tr_case;

/* A document of a record. */
struct tr_case_file {
	struct vf_bytes name;
	struct vf_hash sha256;
	uint64_t size;
	bool at_hand;              /* false: withheld, erased or elsewhere: nothing is known of what it says */
	struct tr_fact_list facts; /* empty when not at hand or of no known format */
	char md5[33];              /* in hex, where a file of the study names MD5 checksums; else empty */

	/* made by tr_case_index() */
	const struct tr_kept_fact **by_item; /* facts.n of them, by item and name, then as in the file */
	bool has_several;                    /* records with an identifier: own.h */
	const struct tr_case_record *record;
	const struct tr_case *whole;
};

struct tr_case_record {
	struct vf_hash id;
	enum tr_kind kind;
	struct vf_bytes own_kind;
	struct vf_bytes version, date, title; /* of the statement, or of details; empty: not said or not disclosed */
	const struct tr_link *links;
	size_t n_links;
	uint64_t index;   /* in the log; UINT64_MAX while it waits, or for an erased one whose index nobody here knows */
	int64_t anchored; /* time of the first time-stamp that counts; VF_TIME_NONE: none */
	struct vf_hash stream;
	uint64_t seq;
	bool in_stream;
	bool is_erased;   /* for everybody: its place is all that there is */
	bool is_withheld; /* its place is all that is known here: it may be erased, or not be shown to this holder */
	bool lacks_details; /* it has details, and they are not at hand */
	const struct tr_facts *details;  /* NULL: none, or not disclosed */
	struct vf_bytes details_json;    /* empty: none, or not disclosed */
	struct vf_bytes signer, meaning; /* of a signature that verifies; empty: none */
	struct tr_case_file *files;
	size_t n_files;
};

/* A fact with where it comes from. */
struct tr_case_fact {
	const struct tr_kept_fact *fact;
	const struct tr_case_file *file;
};
struct tr_case_facts {
	struct tr_case_fact *p;
	size_t n;
};

/* All facts about one person, whichever file they stand in: in the order of the log, then of the file. */
struct tr_case_subject {
	struct vf_bytes key;
	struct tr_case_facts facts;
};

/* A link of a record, by what it leads to. */
struct tr_case_link {
	struct vf_hash to;
	enum tr_link_type type;
	size_t from; /* in records */
};

/* An identifier, as tr_case_saying() finds it. */
struct tr_case_said {
	struct tr_case_fact of;
	bool is_alone; /* of the file as a whole, or of the only record in it */
};

/* Files in the order of the log, then of their records. */
struct tr_case_files {
	const struct tr_case_file **p;
	size_t n;
};

/* What a study lays down for rules. */
#define TR_LAID_PARAMETERS 1u
#define TR_LAID_MAPPING 2u

struct tr_case {
	struct vf_bytes study;
	struct tr_case_record *records; /* in the order of the log; what waits comes last */
	size_t n_records;
	const struct tr_parameters *parameters; /* never NULL: tr_parameters_default */
	const struct tr_mapping *mapping;       /* or NULL */
	int64_t as_of;                          /* what "not yet" is measured by */
	bool is_whole;                          /* all records of the study are in it: nothing is withheld */
	unsigned not_at_hand;                   /* TR_LAID_...: laid down by the study, and what it says is not known here */

	/* made by tr_case_index(), freed by tr_case_index_done(); what is above stays its owner's */
	struct tr_case_facts by_name[TR_FACT_COUNT];
	struct tr_case_subject *subjects; /* ascending by key */
	size_t n_subjects;
	struct tr_case_fact *all, *by_subject;
	size_t *kinds, by_kind[TR_OWN + 2]; /* places of records, kind by kind, and where each kind begins there */
	const struct tr_case_record **by_id, **by_participant;
	size_t n_by_participant;
	struct tr_case_link *by_link;
	size_t n_by_link;
	const struct tr_case_file **files_by_name, **files_by_base;
	size_t n_files;
	struct tr_case_said *said;
	size_t n_said;
	struct tr_approvals *approvals; /* approval.h */
};

/* Makes the tables. NO_MEMORY. */
VF_RC tr_case_index(struct tr_case *c, struct vf_err *reterr);
void tr_case_index_done(struct tr_case *c);

/* ---- finding things ---- */

/* The record with this ID, or NULL. */
const struct tr_case_record *tr_case_record(const struct tr_case *c, const struct vf_hash *id);
/* The next record of a kind from a place on (0 first); c->n_records when there is none. */
size_t tr_case_next(const struct tr_case *c, enum tr_kind kind, size_t from);
/* The first record of any kind from a place on that has a link of this type to the record. */
size_t tr_case_linked(const struct tr_case *c, enum tr_link_type type, const struct vf_hash *to, size_t from);
/* The records about one participant, by the value in their details, in their order: *ret_n of them. */
const struct tr_case_record *const *tr_case_participant(const struct tr_case *c, const struct vf_hash *participant, size_t *ret_n);
/* True when a record of the study supersedes this one. */
bool tr_case_is_superseded(const struct tr_case *c, const struct tr_case_record *r);
/* The person, or NULL. */
const struct tr_case_subject *tr_case_subject(const struct tr_case *c, struct vf_bytes key);

/* Another fact of the same item in the same file: the first with this name, or NULL. */
const struct tr_kept_fact *tr_case_item(const struct tr_case_file *file, uint64_t item, enum tr_fact_name name);
/* The next fact with this name of the file from a place on (0 first), any item; NULL at the end, *at is behind it. */
const struct tr_kept_fact *tr_case_in_file(const struct tr_case_file *file, enum tr_fact_name name, size_t *at);

/* The last part of a path. */
struct vf_bytes tr_case_base(struct vf_bytes path);
/* Files with exactly this name, and those whose name ends with this last part. */
struct tr_case_files tr_case_named(const struct tr_case *c, struct vf_bytes name);
struct tr_case_files tr_case_ending(const struct tr_case *c, struct vf_bytes base);
/* The place of the first of them that is of this record or of a later one; files->n: none. */
size_t tr_case_files_from(const struct tr_case_files *files, const struct tr_case_record *record);
/* Which of two files comes first. */
int tr_case_file_order(const struct tr_case_file *x, const struct tr_case_file *y);
/*
 * The facts with this name that say this text, *ret_n of them: those that are alone first. Names are those of identifiers alone
 * (file, consent, and study but for the sponsor's).
 */
const struct tr_case_said *tr_case_saying(const struct tr_case *c, enum tr_fact_name name, struct vf_bytes text, size_t *ret_n);

/* A text of the record's details by its top field ("registry"); empty when there is none. */
struct vf_bytes tr_case_detail(const struct tr_case_record *r, const char *field);

/* When the file or record is proven to have been there: its time-stamp. */
struct tr_dated tr_case_anchor(const struct tr_case_record *r);
/* The declared date of the record. */
struct tr_dated tr_case_date(const struct tr_case_record *r);
/* What a rule says of something that is nowhere in the records: word when all are at hand, else that a record is missing. */
enum tr_word tr_case_absent(const struct tr_case *c, enum tr_word word);
/* a is before b in the log: order without any clock. False when one of them waits. */
bool tr_case_is_before(const struct tr_case_record *a, const struct tr_case_record *b);

/* Eight hex digits of a record's ID and a NUL, as every report shows them. */
#define TR_CASE_SHORT 8
void tr_case_short(char out[TR_CASE_SHORT + 1], const struct vf_hash *id);

#endif
