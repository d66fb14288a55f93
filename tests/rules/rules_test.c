/*
 * Every rule over the cases of tests/rules/cases: a line 'expect VERDICT(word) ABOUT | PART' is a finding, in its place,
 * whose subject begins with ABOUT and whose detail holds PART. Each verdict that a rule can give has a case: names of cases are RULE-what.case.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/rules/case_text.h"
#include "tests/rules/coverage.h"

#include "tests/check.h"

/* True when the finding's line is the expected one, whose part behind " | " may stand anywhere in the detail. */
static bool is_expected(const char *found, size_t n, const char *expected, size_t m)
{
	const char *bar = memmem(expected, m, " | ", 3), *detail = memmem(found, n, " | ", 3);
	size_t head = bar ? (size_t)(bar - expected) : m;

	if (!detail || (size_t)(detail - found) < head || memcmp(found, expected, head) != 0)
		return false;
	return !bar || memmem(detail + 3, n - (size_t)(detail - found) - 3, bar + 3, m - head - 3) != NULL;
}

static bool take(const char **text, const char **line, size_t *n)
{
	if (!*text || !**text)
		return false;
	*line = *text;
	*n = strcspn(*text, "\n");
	*text += *n + 1;
	return true;
}

static void compare(const char *name, const char *found, const char *expected)
{
	const char *f, *e, *all = found, *wanted = expected;
	size_t n, m;
	bool same = true;

	while (same && take(&wanted, &e, &m))
		same = take(&all, &f, &n) && is_expected(f, n, e, m);
	if (!same || (all && *all))
		CHECK_FAIL("%s\nfound:\n%sexpected:\n%s", name, found ? found : "", expected ? expected : "");
	else
		CHECK(true);
}

static void run_case(const char *folder, const char *name)
{
	struct tr_findings f = {0};
	struct case_text t;
	struct vf_err err = {0};
	char path[1024], *found;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	case_text_read(&t, path);
	if (!(strncmp(name, t.rule->id, strlen(t.rule->id)) == 0 && name[strlen(t.rule->id)] == '-'))
		CHECK_FAIL("%s is about rule %s", name, t.rule->id);
	CHECK_RC(tr_rules_run(&t.c, t.rule, &f, &err), VF_OK);
	found = case_text_findings(&f);
	compare(name, found, t.expected);
	free(found);
	tr_findings_done(&f);
	case_text_done(&t);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	const char *source = getenv("TRIALNOTARY_SOURCE");
	char folder[900], *names[2000];
	struct dirent *entry;
	size_t n = 0;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/tests/rules/cases", source ? source : ".");
	d = opendir(folder);
	while (d && (entry = readdir(d)) != NULL)
		if (strstr(entry->d_name, ".case") && n < 2000 && (argc < 2 || strstr(entry->d_name, argv[1])))
			names[n++] = strdup(entry->d_name);
	if (d)
		closedir(d);
	CHECK(n > 0);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		run_case(folder, names[i]);
		free(names[i]);
	}
	if (argc < 2)
		coverage_check(source ? source : ".");
	return check_done();
}
