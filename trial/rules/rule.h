/*
 * Rules of a study: one file each, rule_ID.c.
 *
 * A rule looks at a case and says findings; it reads no file, knows no clock and decides nothing about proofs.
 */
#ifndef TRIAL_RULES_RULE_H
#define TRIAL_RULES_RULE_H

#include "trial/rules/case.h"

struct tr_rule {
	const char *id;     /* "C3" */
	const char *title;  /* "consent precedes procedures" */
	const char *text;   /* what it holds against what, in two or three sentences for a reader */
	const char *inputs; /* which records and facts it needs, in words */
	const char *broken; /* what is wrong with persons of whom it fails, where they are only counted; NULL: the word's own sentence */
	bool warning;       /* of the warning class: it never says FAIL */
	bool whole;         /* needs all records of the study; else it says N/A or INCONCLUSIVE(missing-record) */
	unsigned laid_down; /* TR_LAID_...: needs what the study lays down; else it says INCONCLUSIVE(missing-record) */
	/* Of a file that cannot be read to its end it says INCONCLUSIVE(parse-error), when one of these facts was read in it: more may
	 * follow. Behind the last stands TR_FACT_COUNT; alone: any file. NULL: no file concerns it. */
	const enum tr_fact_name *reads;
	/* Says at least one finding: N/A when it has nothing to look at. NO_MEMORY. */
	VF_RC (*run)(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr);
};

#define TR_READS(...)                     \
	(const enum tr_fact_name[])       \
	{                                 \
		__VA_ARGS__, TR_FACT_COUNT \
	}
#define TR_READS_ANY                  \
	(const enum tr_fact_name[])   \
	{                             \
		TR_FACT_COUNT         \
	}

/* The version of this set: it changes when any rule may say something else. */
#define TR_RULE_SET "2026-11.3"

/* What a finding of persons says of them without saying who they are. */
const char *tr_rule_of_persons(const struct tr_rule *rule, enum tr_word word);

/* In the order of docs/rules.md; NULL behind the last. */
const struct tr_rule *tr_rule_at(size_t at);
const struct tr_rule *tr_rule_find(struct vf_bytes id);

/* Runs one rule, or all (NULL). */
VF_RC tr_rules_run(const struct tr_case *c, const struct tr_rule *one, struct tr_findings *f, struct vf_err *reterr);

#define TR_RULE(id) extern const struct tr_rule tr_rule_##id;
#include "trial/rules/rules.def"
#undef TR_RULE

#endif
