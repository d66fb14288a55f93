/*
 * A study as a text, for tests of rules: tests/rules/README.md.
 */
#ifndef TESTS_RULES_CASE_TEXT_H
#define TESTS_RULES_CASE_TEXT_H

#include "trial/rules/rule.h"

struct case_text {
	struct tr_case c;
	const struct tr_rule *rule;
	char *expected; /* lines */
	size_t n_expected;

	/* kept */
	uint8_t *block;
	struct vf_arena a;
	struct tr_parameters parameters;
	struct tr_rulebook book;
};

/* Reads a case; ends the program with file, line and reason when it is wrong. */
void case_text_read(struct case_text *t, const char *path);
void case_text_done(struct case_text *t);
/* One line a finding: "FAIL(order) about | detail\n", the verdict as a report shows it. Freed by the caller. */
char *case_text_findings(const struct tr_findings *f);

#endif
