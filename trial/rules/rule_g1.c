#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>

/* Keys with fewer octets stand in every other title. */
#define SHORTEST 3
/* Digits alone, fewer than these, may as well be a year, a version or a number of anything. */
#define SHORTEST_NUMBER 5

enum named {
	NAMED_NOBODY,
	NAMED_PERHAPS, /* by a short number */
	NAMED,
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Of ASCII; a letter of another script beside a key does not make it a longer word. */
static bool is_letter_or_digit(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_short_number(struct vf_bytes key)
{
	size_t n = 0;

	while (n < key.n && is_digit(key.p[n]))
		n++;
	return n == key.n && n < SHORTEST_NUMBER;
}

/* The first of the persons from lo to hi whose key is not below the octet at this place; all of them begin alike before it. */
static size_t bound(const struct tr_case *c, size_t lo, size_t hi, size_t place, unsigned octet)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct vf_bytes key = c->subjects[mid].key;

		if (key.n <= place || key.p[place] < octet)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* A key that begins where the text does and ends with a word of it. Keys are sorted: with each octet fewer are left. */
static enum named begins_with_key(const struct tr_case *c, struct vf_bytes text)
{
	size_t lo = 0, hi = c->n_subjects;
	enum named worst = NAMED_NOBODY;

	for (size_t i = 0; i < text.n && lo < hi; i++) {
		lo = bound(c, lo, hi, i, text.p[i]);
		hi = bound(c, lo, hi, i, text.p[i] + 1u);
		if (lo == hi || c->subjects[lo].key.n != i + 1 || i + 1 < SHORTEST || (i + 1 < text.n && is_letter_or_digit(text.p[i + 1])))
			continue;
		if (!is_short_number(c->subjects[lo].key))
			return NAMED;
		worst = NAMED_PERHAPS;
	}
	return worst;
}

/* A key in a text, not as a part of a longer word or number. */
static enum named stands_in(const struct tr_case *c, struct vf_bytes text)
{
	enum named worst = NAMED_NOBODY, here;
	uint8_t before = ' ', now;

	for (; text.n && worst != NAMED; before = now) {
		here = is_letter_or_digit(before) ? NAMED_NOBODY : begins_with_key(c, text);
		worst = here > worst ? here : worst;
		if (!vf_take_u8(&text, &now))
			break;
	}
	return worst;
}

/* What of a record everybody sees, and where in it the surest key stands. */
static enum named look_at(const struct tr_case *c, const struct tr_case_record *r, const char **ret_where)
{
	enum named worst = stands_in(c, r->title), here;

	*ret_where = "title or version";
	here = stands_in(c, r->version);
	worst = here > worst ? here : worst;
	for (size_t i = 0; i < r->n_files && worst != NAMED; i++) {
		here = stands_in(c, r->files[i].name);
		if (here <= worst)
			continue;
		worst = here;
		*ret_where = "the name of a file";
	}
	return worst;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r, struct tr_findings *f, size_t *named,
	struct vf_err *reterr)
{
	const char *where;
	enum named how = tr_kind_is_personal(r->kind) ? NAMED_NOBODY : look_at(c, r, &where);
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;

	if (how == NAMED_NOBODY)
		return VF_OK;
	(*named)++;
	tr_study_name(about, r);
	d = tr_study_draft(how == NAMED ? TR_WORD_CONFLICT : TR_WORD_NEEDS_READER, about, r, NULL);
	if (how == NAMED)
		return tr_find(f, rule, &d, reterr, "a person's key stands in %s, which everybody sees who sees the record", where);
	return tr_find(f, rule, &d, reterr, "a short number that is also a person's key stands in %s: whether it means the person is for a reader",
		where);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	size_t named = 0, brief = 0;
	char shorter[80] = "";
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		rc = judge(rule, c, &c->records[i], f, &named, reterr);
	if (rc != VF_OK || named || c->n_records == 0)
		return rc;
	for (size_t i = 0; i < c->n_subjects; i++)
		brief += c->subjects[i].key.n < SHORTEST ? 1 : 0;
	if (brief)
		snprintf(shorter, sizeof(shorter), ", of which %zu too short to be looked for", brief);
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "keys of persons in the files: %zu%s; none stands in a statement or a file's name", c->n_subjects,
		shorter);
}

const struct tr_rule tr_rule_g1 = {
	.id = "G1",
	.title = "nobody is named",
	.text = "No key of a person that stands in a data file stands in what everybody sees of a record: title, version, names of files. A number of three or four "
		"digits that is such a key is for a reader, a key of one or two characters is not looked for. Names, initials, birth dates and addresses are "
		"not read from data files and cannot be found so.",
	.inputs = "keys of persons in files; statements",
	.reads = TR_READS_ANY,
	.run = run,
};
