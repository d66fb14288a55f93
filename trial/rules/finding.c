#include "trial/rules/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/grow.h"

static const struct {
	const char *word;
	enum tr_verdict verdict;
	const char *about;
} words[TR_WORD_COUNT] = {
	{"", TR_PASS, ""},
#define TR_WORD(id, word, verdict, about) {word, TR_##verdict, about},
#include "trial/rules/words.def"
#undef TR_WORD
};

const char *tr_verdict_name(enum tr_verdict verdict)
{
	static const char *const names[TR_VERDICT_COUNT] = {"N/A", "PASS", "PASS-NOTE", "INCONCLUSIVE", "FAIL"};

	return names[verdict];
}

const char *tr_word_name(enum tr_word word)
{
	return words[word].word;
}

const char *tr_word_about(enum tr_word word)
{
	return words[word].about;
}

enum tr_verdict tr_word_verdict(enum tr_word word)
{
	return words[word].verdict;
}

void tr_findings_done(struct tr_findings *f)
{
	tr_text_pool_done(&f->texts);
	free(f->p);
	*f = (struct tr_findings){0};
}

VF_RC tr_find(struct tr_findings *f, const struct tr_rule *rule, const struct tr_finding_draft *draft,
	struct vf_err *reterr, const char *fmt, ...)
{
	struct tr_finding made = {.rule = rule, .word = draft->word, .warning = draft->warning, .about_person = draft->about_person};
	char detail[TR_DETAIL_LEN + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	made.verdict = draft->none ? TR_NOT_APPLICABLE : tr_word_verdict(draft->word);
	while (made.n_records < TR_FINDING_RECORDS && draft->records[made.n_records]) {
		made.records[made.n_records] = *draft->records[made.n_records];
		made.n_records++;
	}
	made.about = tr_text_pool_put(&f->texts, draft->about);
	made.detail = tr_text_pool_put(&f->texts, vf_bytes_str(detail));
	if (!made.about || !made.detail || !TR_GROW(f->p, f->cap, f->n + 1))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for findings");
	f->p[f->n++] = made;
	return VF_OK;
}

struct tr_summary tr_findings_sum(const struct tr_findings *f, const struct tr_rule *rule)
{
	struct tr_summary s = {.worst = TR_NOT_APPLICABLE};

	for (size_t i = 0; i < f->n; i++) {
		if (rule && f->p[i].rule != rule)
			continue;
		s.count[f->p[i].verdict]++;
		if (f->p[i].verdict > s.worst)
			s.worst = f->p[i].verdict;
	}
	return s;
}
