#include "notary/submit_facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trial/read/readers.h"
#include "trial/statement.h"
#include "verify/json.h"

/* Versions that are told apart; a file with more has none of its own. */
#define MAX_VERSIONS 32

const char *nt_own_text_name(enum nt_own_text which)
{
	static const char *const names[NT_OWN_TEXTS] = {"version", "date", "title"};

	return names[which];
}

/* Whether a statement may say it. */
static bool is_fit(enum nt_own_text which, struct vf_bytes text)
{
	struct tr_statement st = {.kind = TR_OTHER, .study = vf_bytes_str("x")};

	if (which == NT_OWN_VERSION)
		st.version = text;
	else if (which == NT_OWN_DATE)
		st.date = text;
	else
		st.title = text;
	return text.n > 0 && text.n <= NT_OWN_TEXT_LEN && tr_statement_check_texts(&st, NULL) == VF_OK;
}

/* ---- facts ---- */

/* One that is said so far: the first one, and whether another was said. */
struct said {
	char text[NT_OWN_TEXT_LEN + 1];
	size_t n;
	uint64_t item; /* that says it */
	bool is_said, is_two, is_unfit;
};

/* Where a text is looked for, best first, in the order of enum place. */
static const struct {
	enum tr_fact_name fact;
	enum nt_own_text which;
} places[] = {
	{TR_F_VERSION_NUMBER, NT_OWN_VERSION},
	{TR_F_REG_VERSION, NT_OWN_VERSION},
	{TR_F_VERSION_DATE, NT_OWN_DATE},
	{TR_F_REG_UPDATED, NT_OWN_DATE},
	{TR_F_FILE_CREATED, NT_OWN_DATE},
	{TR_F_STUDY_TITLE, NT_OWN_TITLE},
	{TR_F_STUDY_PROTOCOL, NT_OWN_TITLE},
	{TR_F_SET_LABEL, NT_OWN_TITLE},
};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* One version.* item. */
struct version {
	uint64_t item;
	struct said of, number, date;
};

struct collecting {
	/* of the file itself, and of records and data sets in it */
	struct said of_file[PLACES], of_items[PLACES];
	struct version versions[MAX_VERSIONS];
	size_t n_versions;
	bool too_many; /* versions */
	unsigned sets, records;
};

/*
 * White space at the ends is nothing, and within it is one space: XML has line breaks in texts. A study may have
 * several titles, of which the first that fits counts; several versions are no version.
 */
static void say(struct said *s, enum nt_own_text which, uint64_t item, struct vf_bytes text)
{
	char out[NT_OWN_TEXT_LEN + 1];
	size_t n = 0;
	bool fits = true, space = false;

	for (size_t i = 0; i < text.n && fits; i++) {
		char c = (char)text.p[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			space = n > 0;
			continue;
		}
		fits = n + space < NT_OWN_TEXT_LEN;
		if (fits && space)
			out[n++] = ' ';
		if (fits)
			out[n++] = c;
		space = false;
	}
	if (n == 0)
		return;
	fits = fits && is_fit(which, vf_bytes(out, n));
	if (s->is_said && which == NT_OWN_TITLE && s->item == item) {
		if (!s->is_unfit || !fits)
			return;
		s->is_said = false;
	}
	if (s->is_said && (s->is_unfit || !fits || n != s->n || memcmp(s->text, out, n) != 0))
		s->is_two = true;
	if (s->is_said)
		return;
	s->is_said = true;
	s->item = item;
	s->is_unfit = !fits;
	s->n = fits ? n : 0;
	memcpy(s->text, out, s->n);
}

static struct version *version_of(struct collecting *c, uint64_t item)
{
	for (size_t i = c->n_versions; i > 0; i--)
		if (c->versions[i - 1].item == item)
			return &c->versions[i - 1];
	if (c->n_versions == MAX_VERSIONS) {
		c->too_many = true;
		return NULL;
	}
	c->versions[c->n_versions].item = item;
	return &c->versions[c->n_versions++];
}

/* A whole day, or a time of one; less exact ones and intervals are no date of a document. */
static bool is_day(const struct tr_date *d)
{
	return d && !d->is_bad && d->precision >= TR_DAY && !strchr(d->normal, '/');
}

static void take_text(struct collecting *c, const struct tr_fact *f, struct vf_bytes text)
{
	struct version *v;

	switch ((unsigned)f->name) {
	case TR_F_VERSION_OF:
	case TR_F_VERSION_NUMBER:
	case TR_F_VERSION_DATE:
		v = version_of(c, f->item);
		if (v && f->name == TR_F_VERSION_OF)
			say(&v->of, NT_OWN_TITLE, f->item, text);
		else if (v && f->name == TR_F_VERSION_NUMBER)
			say(&v->number, NT_OWN_VERSION, f->item, text);
		else if (v)
			say(&v->date, NT_OWN_DATE, f->item, text);
		return;
	default:
		for (size_t i = 0; i < PLACES; i++)
			if (places[i].fact == f->name)
				say(f->item ? &c->of_items[i] : &c->of_file[i], places[i].which, f->item, text);
	}
}

static VF_RC take_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr)
{
	struct collecting *c = ctx;
	struct vf_bytes text = f->normal.n ? f->normal : f->value;

	(void)reterr;
	if (f->subject.n > 0 || tr_fact_type(f->name) == TR_PERSON)
		return VF_OK;
	if (f->name == TR_F_SET_NAME)
		c->sets += c->sets < 2;
	else if (f->name == TR_F_FILE_REGISTRY_RECORDS)
		c->records = vf_bytes_is(text, "1") || vf_bytes_is(text, "0") ? 1 : 2;
	else if (tr_fact_type(f->name) != TR_DATE)
		take_text(c, f, text);
	else if (is_day(f->date))
		take_text(c, f, vf_bytes_str(f->date->normal));
	return VF_OK;
}

static VF_RC take_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
	struct vf_err *reterr)
{
	(void)ctx;
	(void)warning;
	(void)text;
	(void)place;
	(void)reterr;
	return VF_OK; /* 'trialnotary describe' tells them */
}

/* ---- what is chosen ---- */

/* A version of something else is not the record's: the form that a consent was given on, the protocol of a data set. */
static bool is_of_kind(const struct said *of, enum tr_kind kind)
{
	static const struct {
		const char *of;
		enum tr_kind kinds[5];
	} own[] = {
		{"protocol", {TR_PROTOCOL, TR_AMENDMENT, TR_OTHER, TR_OWN}},
		{"study-definition", {TR_PROTOCOL, TR_AMENDMENT, TR_OTHER, TR_OWN}},
		{"study", {TR_PROTOCOL, TR_AMENDMENT, TR_OTHER, TR_OWN}},
		{"consent-form", {TR_CONSENT_FORM}},
		{"analysis-plan", {TR_ANALYSIS_PLAN, TR_OTHER, TR_OWN}},
		{"metadata", {TR_DATASET, TR_DATABASE_LOCK, TR_OTHER, TR_OWN}},
		{"registry-record", {TR_REGISTRATION, TR_RESULTS, TR_OTHER, TR_OWN}},
	};

	if (!of->is_said)
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!vf_bytes_is(vf_bytes(of->text, of->n), own[i].of))
			continue;
		for (size_t k = 0; k < 5 && own[i].kinds[k] != TR_KIND_NONE; k++)
			if (own[i].kinds[k] == kind)
				return true;
	}
	return false;
}

static void join(struct said *into, const struct said *s, enum nt_own_text which)
{
	if (s->is_said && s->is_unfit)
		into->is_two |= into->is_said;
	else if (s->is_said)
		say(into, which, s->item, vf_bytes(s->text, s->n));
	if (s->is_said && !into->is_said)
		into->is_said = into->is_unfit = true;
	into->is_two |= s->is_two;
}

/* Versions become one text for the file when they all say the same. */
static void join_versions(struct collecting *c, enum tr_kind kind)
{
	for (size_t i = 0; i < c->n_versions && !c->too_many; i++) {
		const struct version *v = &c->versions[i];

		if (!is_of_kind(&v->of, kind))
			continue;
		join(&c->of_file[0], &v->number, NT_OWN_VERSION);
		join(&c->of_file[2], &v->date, NT_OWN_DATE);
	}
}

/* Of the file itself; else of what stands in it, when that is one thing. */
static const struct said *said_at(const struct collecting *c, size_t at)
{
	enum tr_fact_name fact = places[at].fact;
	bool one = fact == TR_F_SET_LABEL ? c->sets < 2 : fact != TR_F_FILE_CREATED && c->records < 2;

	return c->of_file[at].is_said || !one ? &c->of_file[at] : &c->of_items[at];
}

static void choose(const struct collecting *c, struct nt_own *ret)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct nt_own_one *one = &ret->texts[places[i].which];
		const struct said *s = said_at(c, i);

		if (one->from || !s->is_said || s->is_two)
			continue;
		if (s->is_unfit) {
			one->unfit = one->unfit ? one->unfit : tr_fact_name(places[i].fact);
			continue;
		}
		memcpy(one->text, s->text, s->n);
		one->from = tr_fact_name(places[i].fact);
		one->unfit = NULL;
	}
}

/* A table without a head says nothing of itself, and may be long. */
static VF_RC is_worth_reading(const struct tr_input *in, bool *ret, struct vf_err *reterr)
{
	uint8_t *head = malloc(TR_PEEK_LEN);
	const struct tr_reader *reader = NULL;
	struct tr_peek peek;
	enum vf_rc rc;

	if (!head)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to look at a file");
	rc = tr_peek(in, head, &peek, reterr);
	if (rc == VF_OK)
		reader = tr_reader_find(&peek);
	free(head);
	*ret = reader && reader != &tr_read_csv;
	return rc;
}

VF_RC nt_own_read(const struct tr_input *in, enum tr_kind kind, struct nt_own *ret, struct vf_err *reterr)
{
	struct collecting *c;
	struct tr_reading r = {.in = in, .fact = take_fact, .warning = take_warning};
	const struct tr_reader *reader;
	bool worth = false;
	enum vf_rc rc = is_worth_reading(in, &worth, reterr);

	*ret = (struct nt_own){0};
	if (rc != VF_OK || !worth)
		return rc;
	c = calloc(1, sizeof(*c));
	if (!c)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for what a file says");
	r.ctx = c;
	rc = tr_read(&r, &reader, reterr);
	tr_reading_done(&r);
	if (rc == VF_OK) {
		join_versions(c, kind);
		choose(c, ret);
	}
	free(c);
	return rc;
}

/* ---- the sidecar file ---- */

VF_RC nt_sidecar_parse(struct vf_bytes text, struct nt_own *ret, struct vf_err *reterr)
{
	static const char *const names[] = {"?version", "?date", "?title", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	enum vf_rc rc = vf_json_parse(text, &doc, reterr);

	*ret = (struct nt_own){0};
	if (rc == VF_OK)
		rc = vf_json_check_names(vf_json_root(doc), names, reterr);
	for (size_t i = 0; rc == VF_OK && i < NT_OWN_TEXTS; i++) {
		const struct vf_json_value *v = vf_json_get(vf_json_root(doc), names[i] + 1);
		struct vf_bytes value;

		if (!v)
			continue;
		if (!vf_json_str(v, &value) || !is_fit((enum nt_own_text)i, value)) {
			*ret = (struct nt_own){0};
			return vf_fail(reterr, VF_STATEMENT_SHAPE, "'%s' is no text that a statement can say",
				names[i] + 1);
		}
		memcpy(ret->texts[i].text, value.p, value.n);
	}
	return rc;
}

bool nt_is_sidecar(const char *path)
{
	size_t n = strlen(path), end = strlen(NT_SIDECAR);
	struct stat st;
	char *document;
	bool ret;

	if (n <= end || strcmp(path + n - end, NT_SIDECAR) != 0 || path[n - end - 1] == '/')
		return false;
	document = strndup(path, n - end);
	ret = document && lstat(document, &st) == 0 && S_ISREG(st.st_mode);
	free(document);
	return ret;
}
