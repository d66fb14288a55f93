/*
 * What the rules say against what the cases show and docs/rules.md tells.
 *
 * Knows where a rule's words stand in its source: each word that a rule can give has a case, and so have PASS and N/A.
 */
#ifndef TESTS_RULES_COVERAGE_H
#define TESTS_RULES_COVERAGE_H

/* Every rule of the set; source is the source tree. Faults are said with CHECK. */
void coverage_check(const char *source);

#endif
