/*
 * WHO ICTRP, XML: copies of records of many registers, one item a record. Values are padded, hold "&#x0D;" and literal
 * "<br>", and a download may be cut off: what was read before is said. The order of a date is its register's.
 */
#include <stdlib.h>

#include "trial/read/readers.h"
#include "trial/read/record_inside.h"

enum {
	OWN_KEEP, /* said when the record ends: the register may stand behind it */
	OWN_EXPORT,
	OWN_LINKED,
};

/* What is kept until then. */
enum kept {
	KEPT_ID,
	KEPT_REGISTER,
	KEPT_REGISTRATION,
	KEPT_REGISTRATION3,
	KEPT_ENROLMENT,
	KEPT_ETHICS_STATUS,
	KEPT_ETHICS_DATE,
	KEPT_COUNT,
};
#define MAX_KEPT 4096

#define PART(path, kind, fact, grade) {path, kind, TR_F_##fact, grade, TR_DATE_BASIC, NULL, NULL, 0}
#define TEXT(path, fact) PART(path, TR_PART_TEXT, fact, TR_DECLARED)
#define OWN(path, fact, grade, own) {path, TR_PART_OWN, TR_F_##fact, grade, TR_DATE_BASIC, NULL, NULL, own}
#define KEEP(path, kept) OWN(path, FILE_FORMAT, TR_DECLARED, OWN_KEEP + 16 * (int)(kept))
#define OUTCOME(path, from, level)                                                                                     \
	{path, TR_PART_ITEM, TR_F_OUTCOME_FROM, TR_DECLARED, TR_DATE_BASIC, from, level, 0}, TEXT(path, OUTCOME_MEASURE)

static const struct tr_part parts[] = {
	KEEP("TrialID", KEPT_ID),
	KEEP("Source_Register", KEPT_REGISTER),
	KEEP("Date_registration", KEPT_REGISTRATION),
	KEEP("Date_registration3", KEPT_REGISTRATION3),
	KEEP("Date_enrollement", KEPT_ENROLMENT),
	KEEP("Ethics_review_status", KEPT_ETHICS_STATUS),
	KEEP("Ethics_review_approval_date", KEPT_ETHICS_DATE),
	TEXT("Public_title", STUDY_TITLE),
	TEXT("Scientific_title", STUDY_TITLE),
	TEXT("Acronym", STUDY_NAME),
	TEXT("Primary_sponsor", STUDY_SPONSOR),
	TEXT("Recruitment_Status", STUDY_STATUS),
	TEXT("Phase", STUDY_PHASE),
	PART("Target_size", TR_PART_COUNT, STUDY_ENROLMENT, TR_DECLARED),
	PART("Prospective_registration", TR_PART_TEXT, REG_PROSPECTIVE, TR_REGISTRY),
	OWN("Export_date", REG_DOWNLOADED, TR_REGISTRY, OWN_EXPORT),
	OWN("Secondary_ID", ID_OTHER, TR_DECLARED, OWN_LINKED),
	OWN("Secondary_IDs", ID_OTHER, TR_DECLARED, OWN_LINKED),
	OUTCOME("Primary_outcome", "registered", "primary"),
	OUTCOME("Secondary_outcome", "registered", "secondary"),
};

struct text {
	char p[MAX_KEPT];
	size_t n;
	char place[TR_PLACE_LEN];
};

struct reading {
	struct tr_record rec; /* first */
	struct text kept[KEPT_COUNT];
	uint64_t n_records;

	/* the file, with a note of its end */
	struct tr_source source;
	struct tr_input_source in;
	bool at_end;
	uint8_t buffer[TR_SOURCE_BUFFER];
};

static struct vf_bytes kept(const struct reading *d, enum kept what)
{
	return vf_bytes(d->kept[what].p, d->kept[what].n);
}

static struct tr_about about_kept(struct reading *d, enum kept what, enum tr_grade grade)
{
	memcpy(d->rec.place, d->kept[what].place, sizeof(d->rec.place));
	return tr_record_about(&d->rec, grade);
}

/* ---- dates ---- */

enum order {
	ORDER_UNKNOWN,
	DAY_FIRST,
	YEAR_FIRST,
};

/* By the form of the number, else by the name of the register (WHO ICTRP's own list). */
static enum order order_of(const struct reading *d)
{
	static const struct {
		const char *start;
		enum order order;
	} registers[] = {
		{"NCT", DAY_FIRST},
		{"ISRCTN", DAY_FIRST},
		{"ACTRN", DAY_FIRST},
		{"ANZCTR", DAY_FIRST},
		{"DRKS", DAY_FIRST},
		{"EUCTR", DAY_FIRST},
		{"JPRN", DAY_FIRST},
		{"LBCTR", DAY_FIRST},
		{"NTR", DAY_FIRST},
		{"NL", DAY_FIRST},
		{"PACTR", DAY_FIRST},
		{"PER", DAY_FIRST},
		{"RBR", DAY_FIRST},
		{"RPCEC", DAY_FIRST},
		{"TCTR", DAY_FIRST},
		{"CTRI", DAY_FIRST},
		{"ChiCTR", YEAR_FIRST},
		{"IRCT", YEAR_FIRST},
		{"KCT", YEAR_FIRST},
		{"SLCTR", YEAR_FIRST},
		{"ClinicalTrials.gov", DAY_FIRST},
		{"German Clinical Trials Register", DAY_FIRST},
		{"EU Clinical Trials Register", DAY_FIRST},
		{"REPEC", DAY_FIRST},
		{"REBEC", DAY_FIRST},
		{"ReBec", DAY_FIRST},
		{"CRIS", YEAR_FIRST},
	};
	const struct vf_bytes names[] = {tr_record_trim(kept(d, KEPT_ID)), tr_record_trim(kept(d, KEPT_REGISTER))};

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(registers) / sizeof(registers[0]); k++)
			if (vf_bytes_starts(names[i], registers[k].start))
				return registers[k].order;
	return ORDER_UNKNOWN;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* False: which of two numbers is the month cannot be known. */
static bool read_date(enum order order, struct vf_bytes text, struct tr_date *ret)
{
	struct vf_bytes t = tr_record_trim(text);
	enum tr_date_form form = TR_DATE_DMY;
	bool has_letter = false, is_number = true, year_first = t.n > 4;

	for (size_t i = 0; i < t.n; i++) {
		has_letter |= (t.p[i] | 0x20) >= 'a' && (t.p[i] | 0x20) <= 'z';
		is_number &= is_digit(t.p[i]);
		year_first &= i >= 4 || is_digit(t.p[i]);
	}
	if (has_letter)
		form = TR_DATE_ENGLISH;
	else if (is_number && t.n == 8)
		form = TR_DATE_BASIC;
	else if (year_first || order == YEAR_FIRST)
		form = TR_DATE_YMD;
	else if (order == ORDER_UNKNOWN) {
		tr_date_read(TR_DATE_BASIC, vf_bytes(NULL, 0), ret);
		ret->is_bad = t.n != 0;
		return t.n == 0;
	}
	tr_date_read(form, t, ret);
	return true;
}

static VF_RC say_date(struct reading *d, enum tr_fact_name fact, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr)
{
	struct vf_bytes t = tr_record_trim(value);
	struct tr_date date;
	enum vf_rc rc = VF_OK;

	if (t.n == 0 || vf_bytes_is(t, "NULL"))
		return VF_OK;
	if (!read_date(order_of(d), value, &date))
		rc = tr_warn(d->rec.r, TR_W_AMBIGUOUS, &about->place, reterr,
			"%s: the register is not known, so neither is the order of day and month", tr_fact_name(fact));
	return rc == VF_OK ? tr_say_read_date(d->rec.r, fact, about, &date, value, reterr) : rc;
}

/* The one in digits alone is preferred; one that says otherwise is named. */
static VF_RC registration(struct reading *d, struct vf_err *reterr)
{
	struct tr_about about = about_kept(d, KEPT_REGISTRATION3, TR_REGISTRY);
	struct vf_bytes best = tr_record_trim(kept(d, KEPT_REGISTRATION3)), other = kept(d, KEPT_REGISTRATION);
	struct tr_date a, b;
	enum vf_rc rc = VF_OK;

	tr_date_read(TR_DATE_BASIC, best, &a);
	if (best.n == 0 || a.is_bad) {
		if (a.is_bad)
			rc = tr_say_read_date(d->rec.r, TR_F_REG_FIRST, &about, &a, best, reterr);
		about = about_kept(d, KEPT_REGISTRATION, TR_REGISTRY);
		return rc == VF_OK ? say_date(d, TR_F_REG_FIRST, &about, other, reterr) : rc;
	}
	if (read_date(order_of(d), other, &b) && tr_when_is(&a.when) && tr_when_is(&b.when) && a.when.lo != b.when.lo)
		rc = tr_warn(d->rec.r, TR_W_AMBIGUOUS, &about.place, reterr,
			"Date_registration and Date_registration3 differ: the latter is said");
	return rc == VF_OK ? tr_say_read_date(d->rec.r, TR_F_REG_FIRST, &about, &a, best, reterr) : rc;
}

/* "2020-04-05 10:00:00"; other forms do not tell the month from the day. */
static VF_RC export_date(struct reading *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes day = tr_record_trim(value), rest = day;
	struct tr_date date;

	if (day.n == 0)
		return VF_OK;
	if (!vf_take(&rest, 10, &day) || !read_date(ORDER_UNKNOWN, day, &date))
		tr_date_read(TR_DATE_BASIC, vf_bytes(NULL, 0), &date); /* none, and not bad */
	return tr_say_read_date(d->rec.r, TR_F_REG_DOWNLOADED, about, &date, value, reterr);
}

/* ---- lists ---- */

/* The next part between ';'; false at the end. */
static bool next_of(struct vf_bytes *list, struct vf_bytes *ret)
{
	if (list->n == 0)
		return false;
	if (!vf_take_until(list, ';', ret)) {
		*ret = *list;
		*list = vf_bytes(NULL, 0);
	}
	return true;
}

static size_t count_of(struct vf_bytes list)
{
	struct vf_bytes part;
	size_t n = 0;

	while (next_of(&list, &part))
		n += tr_record_trim(part).n != 0;
	return n;
}

static VF_RC linked(struct reading *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes part, id;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && next_of(&value, &part))
		while (rc == VF_OK && part.n) {
			if (!vf_take_until(&part, ',', &id)) {
				id = part;
				part.n = 0;
			}
			if (tr_record_trim(id).n)
				rc = tr_record_say_linked(&d->rec, about, tr_record_trim(id), reterr);
		}
	return rc;
}

/* One item a committee: states and dates are lists that go together, or one state is that of all. */
static VF_RC ethics(struct reading *d, struct vf_err *reterr)
{
	struct vf_bytes states = kept(d, KEPT_ETHICS_STATUS), dates = kept(d, KEPT_ETHICS_DATE), state = {NULL, 0},
			date;
	size_t n_states = count_of(states), n_dates = count_of(dates), n = n_states > n_dates ? n_states : n_dates;
	struct tr_about about = about_kept(d, KEPT_ETHICS_DATE, TR_DECLARED);
	enum vf_rc rc = VF_OK;

	if (n_states > 1 && n_dates > 1 && n_states != n_dates)
		rc = tr_warn(d->rec.r, TR_W_AMBIGUOUS, &about.place, reterr,
			"%zu states of ethics review and %zu dates: they are paired from the first", n_states, n_dates);
	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		rc = tr_record_thing(&d->rec, &about.item, reterr);
		while (n_states != 1 || i == 0)
			if (!next_of(&states, &state) || tr_record_trim(state).n)
				break;
		if (rc == VF_OK && (n_states == 1 || i < n_states))
			rc = tr_record_say_text(&d->rec, TR_F_ETHICS_STATUS, &about, state, reterr);
		date = vf_bytes(NULL, 0);
		while (next_of(&dates, &date) && tr_record_trim(date).n == 0)
			;
		if (rc == VF_OK)
			rc = say_date(d, TR_F_ETHICS_DATE, &about, date, reterr);
	}
	return rc;
}

/* ---- records ---- */

static VF_RC keep(struct reading *d, enum kept what, struct vf_bytes value, struct vf_err *reterr)
{
	struct text *t = &d->kept[what];
	struct tr_about about;

	if (value.n > sizeof(t->p))
		return tr_warn(d->rec.r, TR_W_UNREAD, NULL, reterr,
			"a value of more than %d octets where a date, a number or a name stands", MAX_KEPT);
	if (value.n)
		memcpy(t->p, value.p, value.n);
	t->n = value.n;
	memcpy(t->place, d->rec.place, sizeof(t->place));
	if (what != KEPT_ID)
		return VF_OK;
	/* at once: a record's own identifier stands before those that it links to */
	about = tr_record_about(&d->rec, TR_REGISTRY);
	return tr_record_say_id(&d->rec, TR_F_ID_REGISTRY, &about, value, reterr);
}

static VF_RC own(struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr)
{
	struct reading *d = (struct reading *)rec;
	struct tr_about about = tr_record_about(rec, part->grade);

	switch (part->own % 16) {
	case OWN_KEEP:
		return keep(d, (enum kept)(part->own / 16), value, reterr);
	case OWN_EXPORT:
		return export_date(d, &about, value, reterr);
	case OWN_LINKED:
		return linked(d, &about, value, reterr);
	default:
		return VF_OK;
	}
}

static VF_RC end_record(struct reading *d, struct vf_err *reterr)
{
	struct tr_about about;
	enum vf_rc rc;

	d->rec.thing = 0;
	about = about_kept(d, KEPT_REGISTER, TR_DECLARED);
	rc = tr_record_say_text(&d->rec, TR_F_STUDY_REGISTER, &about, kept(d, KEPT_REGISTER), reterr);
	if (rc == VF_OK)
		rc = registration(d, reterr);
	if (rc == VF_OK) {
		about = about_kept(d, KEPT_ENROLMENT, TR_DECLARED);
		rc = say_date(d, TR_F_STUDY_START, &about, kept(d, KEPT_ENROLMENT), reterr);
	}
	return rc == VF_OK ? ethics(d, reterr) : rc;
}

static VF_RC read_trial(struct reading *d, struct tr_xml *x, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_err err;
	enum vf_rc rc, end;

	for (size_t i = 0; i < KEPT_COUNT; i++)
		d->kept[i].n = 0;
	tr_record_begin(&d->rec);
	d->n_records++;
	rc = tr_record_xml(&d->rec, x, node, NULL, reterr);
	if (rc != VF_OK && (rc != VF_FILE_SHAPE || !d->at_end))
		return rc;
	end = end_record(d, &err); /* of a record that is cut off, what there is */
	if (end == VF_OK)
		return rc;
	*reterr = err; /* read_all() gives one */
	return end;
}

static VF_RC read_trials(struct reading *d, struct tr_xml *x, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	enum vf_rc rc;

	for (;;) {
		rc = tr_xml_next(x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_END)
			return rc;
		if (node->event != TR_XML_OPEN || node->depth == 1)
			continue;
		rc = strcmp(node->name, "Trial") == 0 ? read_trial(d, x, node, reterr) : tr_xml_skip(x, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

static VF_RC next_octets(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct reading *d = ctx;
	enum vf_rc rc = d->in.source.next(d->in.source.ctx, ret, reterr);

	d->at_end |= rc == VF_OK && ret->n == 0;
	return rc;
}

static VF_RC read_all(struct reading *d, struct vf_err *reterr)
{
	static const struct tr_about file;
	struct tr_reading *r = d->rec.r;
	struct tr_xml *x = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = tr_xml_new_from(r, &d->source, &x, reterr);

	if (rc != VF_OK)
		return rc;
	rc = read_trials(d, x, &err);
	tr_xml_free(x);
	/* libxml2 was content with all that there is: nothing but the end is missing */
	if (rc == VF_FILE_SHAPE && d->at_end && d->n_records)
		rc = tr_warn(r, TR_W_CUT, NULL, &err, "the file ends before its end: what was read is said");
	if (rc == VF_OK)
		return tr_say_count(r, TR_F_FILE_REGISTRY_RECORDS, &file, d->n_records, reterr);
	if (reterr)
		*reterr = err;
	return rc;
}

static VF_RC read_file(struct tr_reading *r, struct vf_err *reterr)
{
	struct reading *d = calloc(1, sizeof(*d));
	enum vf_rc rc;

	if (!d)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read records");
	d->rec = (struct tr_record){.r = r, .parts = parts, .n_parts = sizeof(parts) / sizeof(parts[0]), .own = own};
	d->source = (struct tr_source){next_octets, d};
	tr_input_source_init(&d->in, r->in, 0, d->buffer);
	rc = read_all(d, reterr);
	tr_record_done(&d->rec);
	free(d);
	return rc;
}

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->root, "Trials_downloaded_from_ICTRP");
}

const struct tr_reader tr_read_ictrp = {"ictrp", "WHO ICTRP records, XML", claims, read_file};
