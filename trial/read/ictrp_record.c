#include "trial/read/ictrp_inside.h"

enum {
	OWN_KEEP, /* said when the record ends: the register may stand behind it */
	OWN_EXPORT,
	OWN_LINKED,
};

#define PART(path, kind, fact, grade) {path, kind, TR_F_##fact, grade, TR_DATE_BASIC, NULL, NULL, 0}
#define TEXT(path, fact) PART(path, TR_PART_TEXT, fact, TR_DECLARED)
#define OWN(path, fact, grade, own) {path, TR_PART_OWN, TR_F_##fact, grade, TR_DATE_BASIC, NULL, NULL, own}
#define KEEP(path, kept) OWN(path, FILE_FORMAT, TR_DECLARED, OWN_KEEP + 16 * (int)(kept))
#define OUTCOME(path, from, level)                                                                                     \
	{path, TR_PART_ITEM, TR_F_OUTCOME_FROM, TR_DECLARED, TR_DATE_BASIC, from, level, 0}, TEXT(path, OUTCOME_MEASURE)

static const struct tr_part parts[] = {
	KEEP("TrialID", TR_ICTRP_ID),
	KEEP("Source_Register", TR_ICTRP_REGISTER),
	KEEP("Date_registration", TR_ICTRP_REGISTRATION),
	KEEP("Date_registration3", TR_ICTRP_REGISTRATION3),
	KEEP("Date_enrollement", TR_ICTRP_ENROLMENT),
	KEEP("Ethics_review_status", TR_ICTRP_ETHICS_STATUS),
	KEEP("Ethics_review_approval_date", TR_ICTRP_ETHICS_DATE),
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

static struct vf_bytes kept(const struct tr_ictrp *d, enum tr_ictrp_kept what)
{
	return vf_bytes(d->kept[what].p, d->kept[what].n);
}

static struct tr_about about_kept(struct tr_ictrp *d, enum tr_ictrp_kept what, enum tr_grade grade)
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
static enum order order_of(const struct tr_ictrp *d)
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
	const struct vf_bytes names[] = {tr_record_trim(kept(d, TR_ICTRP_ID)), tr_record_trim(kept(d, TR_ICTRP_REGISTER))};

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

static VF_RC say_date(struct tr_ictrp *d, enum tr_fact_name fact, const struct tr_about *about, struct vf_bytes value,
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
static VF_RC registration(struct tr_ictrp *d, struct vf_err *reterr)
{
	struct tr_about about = about_kept(d, TR_ICTRP_REGISTRATION3, TR_REGISTRY);
	struct vf_bytes best = tr_record_trim(kept(d, TR_ICTRP_REGISTRATION3)), other = kept(d, TR_ICTRP_REGISTRATION);
	struct tr_date a, b;
	enum vf_rc rc = VF_OK;

	tr_date_read(TR_DATE_BASIC, best, &a);
	if (best.n == 0 || a.is_bad) {
		if (a.is_bad)
			rc = tr_say_read_date(d->rec.r, TR_F_REG_FIRST, &about, &a, best, reterr);
		about = about_kept(d, TR_ICTRP_REGISTRATION, TR_REGISTRY);
		return rc == VF_OK ? say_date(d, TR_F_REG_FIRST, &about, other, reterr) : rc;
	}
	if (read_date(order_of(d), other, &b) && tr_when_is(&a.when) && tr_when_is(&b.when) && a.when.lo != b.when.lo)
		rc = tr_warn(d->rec.r, TR_W_AMBIGUOUS, &about.place, reterr,
			"Date_registration and Date_registration3 differ: the latter is said");
	return rc == VF_OK ? tr_say_read_date(d->rec.r, TR_F_REG_FIRST, &about, &a, best, reterr) : rc;
}

/* "2020-04-05 10:00:00"; other forms do not tell the month from the day. */
static VF_RC export_date(struct tr_ictrp *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
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

static VF_RC linked(struct tr_ictrp *d, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
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
static VF_RC ethics(struct tr_ictrp *d, struct vf_err *reterr)
{
	struct vf_bytes states = kept(d, TR_ICTRP_ETHICS_STATUS), dates = kept(d, TR_ICTRP_ETHICS_DATE), state = {NULL, 0},
			date;
	size_t n_states = count_of(states), n_dates = count_of(dates), n = n_states > n_dates ? n_states : n_dates;
	struct tr_about about = about_kept(d, TR_ICTRP_ETHICS_DATE, TR_DECLARED);
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

static VF_RC keep(struct tr_ictrp *d, enum tr_ictrp_kept what, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_ictrp_text *t = &d->kept[what];
	struct tr_about about;

	if (value.n > sizeof(t->p))
		return tr_warn(d->rec.r, TR_W_UNREAD, NULL, reterr,
			"a value of more than %d octets where a date, a number or a name stands", TR_ICTRP_MAX_KEPT);
	if (value.n)
		memcpy(t->p, value.p, value.n);
	t->n = value.n;
	memcpy(t->place, d->rec.place, sizeof(t->place));
	if (what != TR_ICTRP_ID)
		return VF_OK;
	/* at once: a record's own identifier stands before those that it links to */
	about = tr_record_about(&d->rec, TR_REGISTRY);
	return tr_record_say_id(&d->rec, TR_F_ID_REGISTRY, &about, value, reterr);
}

static VF_RC own(struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_ictrp *d = (struct tr_ictrp *)rec;
	struct tr_about about = tr_record_about(rec, part->grade);

	switch (part->own % 16) {
	case OWN_KEEP:
		return keep(d, (enum tr_ictrp_kept)(part->own / 16), value, reterr);
	case OWN_EXPORT:
		return export_date(d, &about, value, reterr);
	case OWN_LINKED:
		return linked(d, &about, value, reterr);
	default:
		return VF_OK;
	}
}

VF_RC tr_ictrp_end(struct tr_ictrp *d, struct vf_err *reterr)
{
	struct tr_about about;
	enum vf_rc rc;

	d->rec.thing = 0;
	about = about_kept(d, TR_ICTRP_REGISTER, TR_DECLARED);
	rc = tr_record_say_text(&d->rec, TR_F_STUDY_REGISTER, &about, kept(d, TR_ICTRP_REGISTER), reterr);
	if (rc == VF_OK)
		rc = registration(d, reterr);
	if (rc == VF_OK) {
		about = about_kept(d, TR_ICTRP_ENROLMENT, TR_DECLARED);
		rc = say_date(d, TR_F_STUDY_START, &about, kept(d, TR_ICTRP_ENROLMENT), reterr);
	}
	return rc == VF_OK ? ethics(d, reterr) : rc;
}

void tr_ictrp_init(struct tr_ictrp *d, struct tr_reading *r)
{
	d->rec = (struct tr_record){.r = r, .parts = parts, .n_parts = sizeof(parts) / sizeof(parts[0]), .own = own};
}

void tr_ictrp_begin(struct tr_ictrp *d)
{
	for (size_t i = 0; i < TR_ICTRP_KEPT_COUNT; i++)
		d->kept[i].n = 0;
	tr_record_begin(&d->rec);
	d->n_records++;
}
