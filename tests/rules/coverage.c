#include "tests/rules/coverage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/rules/rule.h"

#include "tests/check.h"

/* A file as a text; ends the program when it is not there. Freed by the caller. */
static char *text_of(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = 0, room = (size_t)1 << 20;
	char *text = malloc(room);

	if (!f || !text) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	n = fread(text, 1, room - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* All cases of a rule, one behind the other. */
static char *cases_of(const char *source, const struct tr_rule *rule)
{
	char folder[900], path[1200], *all = calloc(1, 1), *one;
	struct dirent *entry;
	size_t n = 0;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/tests/rules/cases", source);
	d = opendir(folder);
	while (d && all && (entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, rule->id, strlen(rule->id)) != 0 || entry->d_name[strlen(rule->id)] != '-')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		one = text_of(path);
		all = realloc(all, n + strlen(one) + 2);
		if (all)
			n += (size_t)sprintf(all + n, "%s\n", one);
		free(one);
	}
	if (d)
		closedir(d);
	return all;
}

static char *source_of(const char *source, const struct tr_rule *rule)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/trial/rules/rule_%c%c.c", source, rule->id[0] | 0x20, rule->id[1]);
	return text_of(path);
}

/* "TR_WORD_ORDER", not the beginning of a longer name. */
static bool names(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = text; (at = strstr(at, name)) != NULL; at += n)
		if (at[n] != '_' && !(at[n] >= 'A' && at[n] <= 'Z'))
			return true;
	return false;
}

/*
 * Words that come out of what a rule calls. Details and records cannot hold a date that is not in its form, and some
 * rules ask only where there is a date: what cannot be is not asked for.
 */
static bool can_say(const struct tr_rule *rule, const char *text, enum tr_word word, const char *name)
{
	static const char *const impossible[] = {"A1 missing-date", "C1 bad-time", "C4 bad-time", "C5 bad-time", "C5 missing-date", "D1 missing-date",
		"S1 bad-time", "S1 missing-date"};
	bool dates = strstr(text, "tr_no_later(") || strstr(text, "tr_approval_for(");
	char both[64];

	snprintf(both, sizeof(both), "%s %s", rule->id, tr_word_name(word));
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		if (strcmp(both, impossible[i]) == 0)
			return false;
	if (names(text, name))
		return true;
	if (word == TR_WORD_PARSE_ERROR)
		return rule->reads != NULL;
	if (word == TR_WORD_MISSING_RECORD && (strstr(text, "tr_case_absent(") || rule->whole))
		return true;
	if (word == TR_WORD_NEEDS_READER || word == TR_WORD_APPROVAL_UNSPECIFIC || word == TR_WORD_MISSING_RECORD)
		return strstr(text, "tr_approval_for(") != NULL;
	return dates && (word == TR_WORD_SAME_DAY || word == TR_WORD_PARTIAL_DATE || word == TR_WORD_MISSING_DATE ||
				word == TR_WORD_BAD_TIME || word == TR_WORD_ORDER);
}

static void check_words(const char *source, const struct tr_rule *rule)
{
	static const struct {
		const char *name;
		enum tr_word word;
	} words[] = {
#define TR_WORD(id, word, verdict, about) {"TR_WORD_" #id, TR_WORD_##id},
#include "trial/rules/words.def"
#undef TR_WORD
	};
	char *text = source_of(source, rule), *cases = cases_of(source, rule), line[80];

	for (size_t i = 0; cases && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!can_say(rule, text, words[i].word, words[i].name))
			continue;
		snprintf(line, sizeof(line), "expect %s(%s) ", tr_verdict_name(tr_word_verdict(words[i].word)), tr_word_name(words[i].word));
		if (!strstr(cases, line))
			CHECK_FAIL("%s can say '%s', and no case in tests/rules/cases shows it", rule->id, tr_word_name(words[i].word));
	}
	CHECK(cases && strstr(cases, "expect PASS ") && strstr(cases, "expect N/A "));
	free(cases);
	free(text);
}

static void check_docs(const char *docs)
{
	char row[4000];

	for (int w = TR_WORD_NONE + 1; w < TR_WORD_COUNT; w++) {
		enum tr_word word = (enum tr_word)w;

		snprintf(row, sizeof(row), "\n| `%s` | %s | %s |\n", tr_word_name(word), tr_verdict_name(tr_word_verdict(word)), tr_word_about(word));
		if (!strstr(docs, row))
			CHECK_FAIL("docs/rules.md has no row%s", row);
	}
	for (size_t i = 0; tr_rule_at(i); i++) {
		const struct tr_rule *r = tr_rule_at(i);

		snprintf(row, sizeof(row), "\n| **%s** %s%s | %s | %s |\n", r->id, r->title, r->warning ? " (warning)" : "", r->text, r->inputs);
		if (!strstr(docs, row))
			CHECK_FAIL("docs/rules.md has no row%s", row);
	}
}

void coverage_check(const char *source)
{
	char path[1024], *docs;

	snprintf(path, sizeof(path), "%s/docs/rules.md", source);
	docs = text_of(path);
	check_docs(docs);
	free(docs);
	for (size_t i = 0; tr_rule_at(i); i++)
		check_words(source, tr_rule_at(i));
}
