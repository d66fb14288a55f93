#include "trial/read/sdtm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/sdtm_summary.h"

/* Slots that every data set has. */
enum { STUDY, PERSON, PERSON_HERE, FIRST_OWN };

/* What a data set is, for what its rows say. */
enum kind { OTHER, DM, ADSL, DS, TS, TI, FINDINGS, DATED };

/* Columns by slot; "--" stands for the first two letters of the data set's name. NULL: nothing. */
static const char *const columns_of[][TR_SDTM_SLOTS] = {
	[OTHER] = {"STUDYID", "USUBJID", "SUBJID"},
	[DM] = {"STUDYID", "USUBJID", "SUBJID", "SITEID", "COUNTRY", "ARM", "ARMCD", "RFICDTC", "RFSTDTC", "RFENDTC",
		"RFPENDTC", "RFXSTDTC", "RFXENDTC", "ACTARMCD", "ARMNRS"},
	[ADSL] = {"STUDYID", "USUBJID", "SUBJID", "SITEID", "COUNTRY", "ARM", "ARMCD", "RFICDTC", "RFSTDTC", "RFENDTC",
		"RFPENDTC", "TRTSDT", "TRTEDT", "ACTARMCD", "ARMNRS", "TRT01P"},
	[DS] = {"STUDYID", "USUBJID", "SUBJID", "DSCAT", "DSDECOD", "DSSTDTC", "DSSCAT"},
	[TS] = {"STUDYID", NULL, NULL, "TSPARMCD", "TSVAL", "TSVAL1", "TSVAL2", "TSVAL3", "TSVAL4", "TSVAL5", "TSVAL6",
		"TSVAL7", "TSVAL8", "TSVAL9"},
	[TI] = {"STUDYID", NULL, NULL, "TIVERS"},
	[FINDINGS] = {"STUDYID", "USUBJID", "SUBJID", "--TESTCD", "--DTC"},
	[DATED] = {"STUDYID", "USUBJID", "SUBJID", NULL, "--STDTC", "--ENDTC", "VISIT", "EXTRT"},
};
enum { SITE = FIRST_OWN, COUNTRY, ARM, ARMCD, INFORMED, START, END, LEFT, TREATED, TREATED_LAST, ACTUAL_ARM, NO_ARM,
	PLANNED };
enum { DS_CATEGORY = FIRST_OWN, DS_TERM, DS_DATE, DS_SUBCATEGORY };
enum { TS_CODE = FIRST_OWN, TS_VALUE };
enum { TI_VERSION = FIRST_OWN };
enum { ROW_TEST = FIRST_OWN, ROW_DATE, ROW_UNTIL, ROW_VISIT, ROW_TREATMENT };

/* Values that stand in each row, as a rule always the same. */
#define MAX_KEY 200
#define MAX_DIFFERENT 64

struct key {
	uint8_t p[MAX_KEY];
	size_t n;
};

struct tr_sdtm {
	struct tr_reading *r;
	enum kind kind;
	char name[40]; /* upper case, cut */

	struct key study, person; /* of the row before; n == 0: none, or too long to keep */
	struct key said[MAX_DIFFERENT]; /* identifiers of studies, and versions of TI */
	size_t n_said;
	/* for places */
	const struct tr_sdtm_row *row;
	size_t slot;
	uint64_t person_item; /* of a person who is new in this row, else 0 */
};

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool is_same(struct vf_bytes b, const char *s, const char *prefix)
{
	size_t n = strlen(s);

	if (b.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char want = s[i] == '-' ? prefix[i] : s[i];

		if (upper(b.p[i]) != (uint8_t)want)
			return false;
	}
	return true;
}

static bool is(struct vf_bytes b, const char *s)
{
	return is_same(b, s, "--");
}

static struct vf_bytes trim(struct vf_bytes b)
{
	struct vf_bytes blank;

	while (b.n && b.p[b.n - 1] <= ' ')
		b.n--;
	while (b.n && b.p[0] <= ' ' && vf_take(&b, 1, &blank))
		;
	return b;
}

/* ---- the data set ---- */

static enum kind kind_of(const struct tr_sdtm *s)
{
	struct vf_bytes name = vf_bytes_str(s->name);
	bool persons = s->r->wants & TR_WANT_SUBJECTS, rows = persons && s->r->wants & TR_WANT_ROWS;

	if (vf_bytes_is(name, "TS"))
		return TS;
	if (vf_bytes_is(name, "TI"))
		return TI;
	if (persons && vf_bytes_is(name, "DM"))
		return DM;
	if (persons && vf_bytes_is(name, "ADSL"))
		return ADSL;
	if (persons && vf_bytes_is(name, "DS"))
		return DS;
	if (rows && (vf_bytes_is(name, "SV") || vf_bytes_is(name, "EX") || vf_bytes_is(name, "AE")))
		return DATED;
	/* supplemental qualifiers and data sets for analysis repeat dates of others */
	if (rows && name.n >= 2 && !vf_bytes_starts(name, "AD") && !vf_bytes_starts(name, "SUPP"))
		return FINDINGS;
	return OTHER;
}

VF_RC tr_sdtm_new(struct tr_reading *r, struct vf_bytes name, struct tr_sdtm **ret, struct vf_err *reterr)
{
	struct tr_sdtm *s = calloc(1, sizeof(*s));
	size_t n = 0;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a data set");
	name = trim(name);
	for (; n < name.n && n < sizeof(s->name) - 1; n++)
		s->name[n] = (char)upper(name.p[n]);
	s->r = r;
	s->kind = kind_of(s);
	*ret = s;
	return VF_OK;
}

void *tr_sdtm_free(struct tr_sdtm *s)
{
	free(s);
	return NULL;
}

size_t tr_sdtm_slot(const struct tr_sdtm *s, struct vf_bytes column)
{
	column = trim(column);
	for (size_t i = 0; i < TR_SDTM_SLOTS; i++) {
		const char *c = columns_of[s->kind][i];

		if (!c || !is_same(column, c, s->name))
			continue;
		/* the end of a visit is an event in the study, that of an adverse event is not */
		if (s->kind == DATED && i == ROW_UNTIL && strcmp(s->name, "SV") != 0)
			continue;
		return i;
	}
	return TR_SDTM_SLOTS;
}

bool tr_sdtm_is_same_again(const struct tr_sdtm *s)
{
	return s->kind == OTHER || s->kind == TI;
}

bool tr_sdtm_is_key(struct vf_bytes column)
{
	return is(column, "STUDYID") || is(column, "USUBJID") || is(column, "TSPARMCD");
}

struct vf_bytes tr_sdtm_guess(const struct vf_bytes *columns, size_t n)
{
	static const struct {
		const char *column, *name;
	} known[] = {
		{"TSPARMCD", "TS"}, {"TIVERS", "TI"}, {"DSDECOD", "DS"}, {"SVSTDTC", "SV"}, {"EXSTDTC", "EX"}, {"AESTDTC", "AE"},
		{"TRTSDT", "ADSL"}, {"RFICDTC", "DM"}, {"RFSTDTC", "DM"},
	};
	struct vf_bytes tail;

	/* data sets for analysis have the columns of those they are made of */
	for (size_t i = 0; i < n; i++)
		if (is(columns[i], "PARAMCD"))
			return vf_bytes_str("ADAM");
	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
		for (size_t i = 0; i < n; i++)
			if (is(columns[i], known[k].column))
				return vf_bytes_str(known[k].name);
	for (size_t i = 0; i < n; i++)
		if (vf_bytes_slice(columns[i], 2, 6, &tail) && columns[i].n == 8 && is(tail, "TESTCD"))
			return vf_bytes(columns[i].p, 2);
	return vf_bytes(NULL, 0);
}

/* ---- saying ---- */

static void put_place(const void *ctx, char *text, size_t cap)
{
	const struct tr_sdtm *s = ctx;
	const char *column = columns_of[s->kind][s->slot];

	snprintf(text, cap, "row %" PRIu64 ", column %.*s%s", s->row->number, *column == '-' ? 2 : 0, s->name,
		*column == '-' ? column + 2 : column);
}

static struct tr_about about(struct tr_sdtm *s, size_t slot, uint64_t item, struct vf_bytes subject)
{
	struct tr_about a = {.item = item, .subject = subject};

	s->slot = slot;
	a.place = s->row->place ? *s->row->place : (struct tr_place){put_place, s};
	return a;
}

static struct vf_bytes cell(const struct tr_sdtm *s, size_t slot)
{
	return trim(s->row->cells[slot].text);
}

static VF_RC say(struct tr_sdtm *s, enum tr_fact_name name, size_t slot, uint64_t item, struct vf_bytes subject,
	struct vf_err *reterr)
{
	struct tr_about a = about(s, slot, item, subject);

	return tr_say(s->r, name, &a, cell(s, slot), reterr);
}

static VF_RC say_word(struct tr_sdtm *s, enum tr_fact_name name, size_t slot, uint64_t item, struct vf_bytes subject,
	const char *word, struct vf_err *reterr)
{
	struct tr_about a = about(s, slot, item, subject);

	return tr_say(s->r, name, &a, vf_bytes_str(word), reterr);
}

static VF_RC say_date(struct tr_sdtm *s, enum tr_fact_name name, size_t slot, uint64_t item, struct vf_bytes subject,
	struct vf_err *reterr)
{
	const struct tr_sdtm_cell *c = &s->row->cells[slot];
	struct tr_about a = about(s, slot, item, subject);
	struct tr_date date;

	if (!c->is_number || cell(s, slot).n == 0)
		return tr_say_date(s->r, name, &a, TR_DATE_ISO, cell(s, slot), reterr);
	tr_date_of_sas_days(c->number, &date);
	return tr_say_read_date(s->r, name, &a, &date, c->text, reterr);
}

/* True when the value is the one of the row before; else keeps it. */
static bool is_again(struct key *k, struct vf_bytes b)
{
	if (k->n == b.n && memcmp(k->p, b.p, b.n) == 0)
		return true;
	k->n = b.n <= sizeof(k->p) ? b.n : 0;
	memcpy(k->p, b.p, k->n);
	return false;
}

/* True when the value was not said before; what cannot be kept was. */
static bool is_first(struct tr_sdtm *s, struct vf_bytes b)
{
	for (size_t i = 0; i < s->n_said; i++)
		if (vf_bytes_eq(b, vf_bytes(s->said[i].p, s->said[i].n)))
			return false;
	if (b.n > MAX_KEY || s->n_said == MAX_DIFFERENT)
		return false;
	memcpy(s->said[s->n_said].p, b.p, b.n);
	s->said[s->n_said++].n = b.n;
	return true;
}

static VF_RC say_study(struct tr_sdtm *s, struct vf_err *reterr)
{
	struct vf_bytes b = cell(s, STUDY);
	struct tr_about a;

	if (!b.n || is_again(&s->study, b) || !is_first(s, b))
		return VF_OK;
	a = about(s, STUDY, 0, vf_bytes(NULL, 0));
	return tr_say_id(s->r, TR_F_ID_SPONSOR, &a, b, reterr);
}

/* The person of the row is counted; the empty range when there is none. */
static VF_RC say_person(struct tr_sdtm *s, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t slot = cell(s, PERSON).n ? PERSON : PERSON_HERE;
	struct vf_bytes b = cell(s, slot);
	bool is_new = false;
	enum vf_rc rc;

	*ret = b;
	s->person_item = 0;
	if (!b.n || is_again(&s->person, b))
		return VF_OK;
	rc = tr_note_subject(s->r, b, &is_new, reterr);
	if (rc != VF_OK || !is_new || !(s->r->wants & TR_WANT_SUBJECTS))
		return rc;
	s->person_item = tr_item(s->r);
	return say(s, TR_F_SUBJECT_KEY, slot, s->person_item, b, reterr);
}

static VF_RC say_consent(struct tr_sdtm *s, size_t slot, struct vf_bytes person, const char *source,
	struct vf_err *reterr)
{
	uint64_t item = tr_item(s->r);
	enum vf_rc rc = say_date(s, TR_F_CONSENT_DATE, slot, item, person, reterr);

	return rc != VF_OK ? rc : say_word(s, TR_F_CONSENT_SOURCE, slot, item, person, source, reterr);
}

/* DM and ADSL: a row a person. */
static VF_RC say_dm(struct tr_sdtm *s, struct vf_bytes person, struct vf_err *reterr)
{
	static const struct {
		enum tr_fact_name name;
		size_t slot;
		bool is_date;
	} facts[] = {
		{TR_F_SUBJECT_SITE, SITE, false},
		{TR_F_SUBJECT_COUNTRY, COUNTRY, false},
		{TR_F_SUBJECT_ARM, ARM, false},
		{TR_F_SUBJECT_START, START, true},
		{TR_F_SUBJECT_TREATED, TREATED, true},
		{TR_F_SUBJECT_TREATED_LAST, TREATED_LAST, true},
	};
	uint64_t item = s->person_item ? s->person_item : tr_item(s->r);
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < sizeof(facts) / sizeof(facts[0]); i++) {
		size_t slot = facts[i].slot;

		if (slot == ARM && !cell(s, ARM).n)
			slot = cell(s, ARMCD).n || s->kind == DM ? ARMCD : PLANNED;
		rc = facts[i].is_date ? say_date(s, facts[i].name, slot, item, person, reterr) :
			say(s, facts[i].name, slot, item, person, reterr);
	}
	if (rc == VF_OK)
		rc = say_date(s, TR_F_SUBJECT_END, cell(s, LEFT).n ? LEFT : END, item, person, reterr);
	if (rc == VF_OK && (is(cell(s, ARMCD), "SCRNFAIL") || is(cell(s, ACTUAL_ARM), "SCRNFAIL") ||
				   is(cell(s, NO_ARM), "SCREEN FAILURE")))
		rc = say_word(s, TR_F_SUBJECT_SCREEN_FAILED, ARMCD, item, person, "yes", reterr);
	if (rc == VF_OK && cell(s, INFORMED).n)
		rc = say_consent(s, INFORMED, person, "RFICDTC", reterr);
	return rc;
}

/* Disposition: milestones, and how a person left. */
static VF_RC say_ds(struct tr_sdtm *s, struct vf_bytes person, struct vf_err *reterr)
{
	struct vf_bytes category = cell(s, DS_CATEGORY), term = cell(s, DS_TERM);
	enum vf_rc rc;
	uint64_t item;

	if ((!category.n || is(category, "PROTOCOL MILESTONE")) && is(term, "INFORMED CONSENT OBTAINED"))
		return say_consent(s, DS_DATE, person, "DS", reterr);
	if (is(term, "SCREEN FAILURE"))
		return say_word(s, TR_F_SUBJECT_SCREEN_FAILED, DS_TERM, tr_item(s->r), person, "yes", reterr);
	if (is(term, "WITHDRAWAL BY SUBJECT") || is(term, "WITHDREW CONSENT") || is(term, "CONSENT WITHDRAWN") ||
		is(term, "WITHDRAWAL OF CONSENT")) {
		item = tr_item(s->r);
		rc = say_date(s, TR_F_WITHDRAWAL_DATE, DS_DATE, item, person, reterr);
		if (rc == VF_OK)
			rc = say_word(s, TR_F_WITHDRAWAL_SOURCE, DS_TERM, item, person, "DS", reterr);
		/* from treatment alone, or from the study */
		return rc != VF_OK ? rc : say(s, TR_F_WITHDRAWAL_SCOPE, cell(s, DS_SUBCATEGORY).n ? DS_SUBCATEGORY : DS_TERM, item, person, reterr);
	}
	if (!is(category, "DISPOSITION EVENT"))
		return VF_OK;
	return say(s, TR_F_SUBJECT_STATUS, DS_TERM, tr_item(s->r), person, reterr);
}

static VF_RC say_row(struct tr_sdtm *s, size_t date, size_t term, struct vf_bytes person, struct vf_err *reterr)
{
	const char *column = columns_of[s->kind][date];
	char what[16];
	uint64_t item;
	enum vf_rc rc;

	if (!cell(s, date).n)
		return VF_OK;
	item = tr_item(s->r);
	snprintf(what, sizeof(what), "%.2s%s", s->name, column + 2);
	rc = say_word(s, TR_F_ROW_DOMAIN, date, item, person, s->name, reterr);
	if (rc == VF_OK)
		rc = say_date(s, TR_F_ROW_DATE, date, item, person, reterr);
	if (rc == VF_OK)
		rc = say_word(s, TR_F_ROW_WHAT, date, item, person, what, reterr);
	return rc != VF_OK ? rc : say(s, TR_F_ROW_TERM, term, item, person, reterr);
}

/* TSVAL goes on in TSVAL1, TSVAL2, ... between words, where 200 characters end. */
#define MAX_PART 200
static struct vf_bytes join_values(const struct tr_sdtm *s, uint8_t *room, size_t cap)
{
	size_t n = 0;

	if (!cell(s, TS_VALUE + 1).n)
		return cell(s, TS_VALUE);
	for (size_t i = TS_VALUE; i < TR_SDTM_SLOTS && columns_of[TS][i]; i++) {
		struct vf_bytes part = cell(s, i);

		if (part.n + 1 > cap - n)
			return cell(s, TS_VALUE);
		if (part.n && n && cell(s, i - 1).n < MAX_PART)
			room[n++] = ' ';
		if (part.n)
			memcpy(room + n, part.p, part.n);
		n += part.n;
	}
	return vf_bytes(room, n);
}

static VF_RC say_summary(struct tr_sdtm *s, struct vf_err *reterr)
{
	uint8_t room[8192];
	struct tr_about a;

	if (!cell(s, TS_CODE).n)
		return VF_OK;
	a = about(s, TS_VALUE, tr_item(s->r), vf_bytes(NULL, 0));
	return tr_sdtm_summary_say(s->r, &a, cell(s, TS_CODE), join_values(s, room, sizeof(room)), reterr);
}

/* Criteria of one version of the protocol have its name beside each. */
static VF_RC say_version(struct tr_sdtm *s, struct vf_err *reterr)
{
	struct vf_bytes b = cell(s, TI_VERSION), nobody = {0};
	uint64_t item;
	enum vf_rc rc;

	if (!b.n || !is_first(s, b))
		return VF_OK;
	item = tr_item(s->r);
	rc = say_word(s, TR_F_VERSION_OF, TI_VERSION, item, nobody, "protocol", reterr);
	return rc != VF_OK ? rc : say(s, TR_F_VERSION_NUMBER, TI_VERSION, item, nobody, reterr);
}

VF_RC tr_sdtm_say(struct tr_sdtm *s, const struct tr_sdtm_row *row, struct vf_err *reterr)
{
	struct vf_bytes person;
	enum vf_rc rc;

	s->row = row;
	rc = say_study(s, reterr);
	if (rc == VF_OK)
		rc = say_person(s, &person, reterr);
	if (rc != VF_OK || (!person.n && s->kind != TS && s->kind != TI))
		return rc;
	switch (s->kind) {
	case OTHER:
		break;
	case DM:
	case ADSL:
		return say_dm(s, person, reterr);
	case DS:
		return say_ds(s, person, reterr);
	case TS:
		return say_summary(s, reterr);
	case TI:
		return say_version(s, reterr);
	case FINDINGS:
		/* what has no test is no finding */
		return cell(s, ROW_TEST).n ? say_row(s, ROW_DATE, ROW_TEST, person, reterr) : VF_OK;
	case DATED:
		rc = say_row(s, ROW_DATE, s->name[0] == 'S' ? ROW_VISIT : ROW_TREATMENT, person, reterr);
		return rc != VF_OK ? rc : say_row(s, ROW_UNTIL, ROW_VISIT, person, reterr);
	}
	return VF_OK;
}
