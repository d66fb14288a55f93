/*
 * Dates of a study that several rules ask for.
 */
#ifndef TRIAL_RULES_STUDY_H
#define TRIAL_RULES_STUDY_H

#include "trial/rules/case.h"

/* The beginning of enrolment: the earliest date at which somebody took part. */
struct tr_enrolment {
	struct tr_dated when;
	bool proxy;        /* no person's date: the start that a registry or data set names */
	bool anticipated;  /* that start is a plan */
	const char *source; /* "consent records", "consent dates in files", "the start of the study in a registry", "" */
	const struct tr_case_record *record; /* where it stands; NULL: nowhere */
};
struct tr_enrolment tr_study_enrolment(const struct tr_case *c);

/* The record comes after another one: it supersedes or amends it. Other links, to a schema or a plan, do not make it later. */
bool tr_study_is_later(const struct tr_case_record *r);

/*
 * Whether later leads to earlier by steps of "supersedes". 64 in a row and 4,096 in all are followed: of a study bundle nobody knows who saw to its links, and ways that double with each record are never gone to their end.
 */
#define TR_STUDY_STEPS 64
#define TR_STUDY_WAYS 4096
bool tr_study_comes_after(const struct tr_case *c, const struct tr_case_record *later, const struct tr_case_record *earlier);

/* The first unblinding in the log; that of one participant, in an emergency, is none of the study. NULL: none is recorded. */
const struct tr_case_record *tr_study_unblinding(const struct tr_case *c);

/* A date of a consent or withdrawal that still holds: none behind it replaces it, in a trail of changes, and it was not removed. */
bool tr_study_holds(const struct tr_case *c, const struct tr_case_fact *of);

/* What comes first (last) of all facts with this name, and a file of it; NULL when none has a date. A date that cannot be used leaves
 * the end open (order.h). */
struct tr_dated tr_study_earliest(const struct tr_case *c, enum tr_fact_name name, const struct tr_case_file **ret_file);
struct tr_dated tr_study_latest(const struct tr_case *c, enum tr_fact_name name, const struct tr_case_file **ret_file);

/*
 * What makes a reader ask about the parameters that count: how many records of parameters they replace, and what of the
 * trial's data the log has before them. A sentence without full stop and a NUL; empty when there is nothing to ask.
 */
#define TR_STUDY_SAID_LEN 160
void tr_study_parameters(char out[TR_STUDY_SAID_LEN + 1], const struct tr_case *c, const struct tr_case_record *parameters);

/* "'protocol' of version 2.0, record 1a2b3c4d", and a NUL: how details name a record. */
#define TR_NAMED_LEN 160
void tr_study_name(char out[TR_NAMED_LEN + 1], const struct tr_case_record *r);

/* What most findings are made of: about, up to two records, a word. NULL: none. */
struct tr_finding_draft tr_study_draft(enum tr_word word, const char *about, const struct tr_case_record *a,
	const struct tr_case_record *b);

/* The name of a file as a finding shows it, escaped; and a NUL. */
void tr_study_file(char out[TR_NAMED_LEN + 1], const struct tr_case_file *file);

#endif
