#include "trial/rules/outcomes.h"

#include <stdlib.h>

#include "trial/rules/own.h"
#include "trial/rules/study.h"

const char *tr_change_name(enum tr_change change)
{
	static const char *const names[TR_CHANGE_COUNT] = {
		"same", "time frame changed", "other words", "added", "dropped", "promoted", "demoted"};

	return names[change];
}

/* ---- texts ---- */

/* ASCII alone: other letters are compared as they are, so another Unicode form of one is "other words" for a reader. */
size_t tr_outcome_fold(struct vf_bytes text, char *out)
{
	size_t n = 0;
	bool blank = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
			if (blank && n)
				out[n++] = ' ';
			blank = false;
			out[n++] = (char)c;
		} else {
			blank = true;
		}
	}
	out[n] = '\0';
	return n;
}

/* The same after folding, without memory for it: both are walked letter by letter. */
static bool next_letter(struct vf_bytes *in, bool *begun, char *ret)
{
	bool blank = false;
	uint8_t c;

	while (in->n) {
		c = in->p[0];
		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
			if (blank && *begun) {
				*ret = ' ';
				*begun = false; /* one blank, then the letter */
				return true;
			}
			*begun = true;
			*ret = (char)c;
			return vf_take_u8(in, &c);
		}
		blank = true;
		if (!vf_take_u8(in, &c))
			return false;
		if (!*begun)
			blank = false;
	}
	return false;
}

/* Ascending by what is left after folding. */
static int compare_texts(struct vf_bytes a, struct vf_bytes b)
{
	bool in_a = false, in_b = false, more_a, more_b;
	char x = 0, y = 0;

	do {
		more_a = next_letter(&a, &in_a, &x);
		more_b = next_letter(&b, &in_b, &y);
		if (more_a != more_b)
			return more_a ? 1 : -1;
		if (more_a && x != y)
			return (unsigned char)x < (unsigned char)y ? -1 : 1;
	} while (more_a);
	return 0;
}

static bool is_same_text(struct vf_bytes a, struct vf_bytes b)
{
	return compare_texts(a, b) == 0;
}

static bool is_primary(const struct tr_outcome *o)
{
	return o->level.n >= 7 && (o->level.p[0] | 0x20) == 'p' && (o->level.p[1] | 0x20) == 'r' && (o->level.p[2] | 0x20) == 'i';
}

/* ---- lists ---- */

static struct vf_bytes text_of(const struct tr_case_fact *of, enum tr_fact_name name)
{
	const struct tr_kept_fact *f = tr_case_item(of->file, of->fact->item, name);

	return f ? tr_kept_text(f) : vf_bytes("", 0);
}

static struct tr_outcome_list *list_of(struct tr_outcomes *o, const struct tr_case_fact *measure)
{
	const struct tr_case_file *file = measure->file;
	struct vf_bytes from = text_of(measure, TR_F_OUTCOME_FROM);
	uint64_t record = tr_own_record(file, measure->fact->item);

	/* those of a file come one after the other, mostly the last one again */
	for (size_t i = o->n; i-- > 0 && o->lists[i].file == file;)
		if (o->lists[i].record == record && vf_bytes_eq(o->lists[i].from, from))
			return &o->lists[i];
	o->lists[o->n] = (struct tr_outcome_list){.file = file, .record = record, .from = from};
	return &o->lists[o->n++];
}

/* The first list of a file or of a later one; all lists are there. */
static size_t first_list(const struct tr_outcomes *o, const struct tr_case_file *file)
{
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (tr_case_file_order(o->lists[mid].file, file) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The same as list_of() when all lists are there. */
static struct tr_outcome_list *found_list(struct tr_outcomes *o, const struct tr_case_fact *measure)
{
	struct vf_bytes from = text_of(measure, TR_F_OUTCOME_FROM);
	uint64_t record = tr_own_record(measure->file, measure->fact->item);
	size_t at = first_list(o, measure->file);

	while (o->lists[at].record != record || !vf_bytes_eq(o->lists[at].from, from))
		at++;
	return &o->lists[at];
}

/* The date by which a list was there before the first enrolment: its time-stamp, else what it or the registry says. None: it was not. */
static struct tr_dated before(const struct tr_outcome_list *l, const struct tr_dated *start)
{
	const struct tr_case_record *r = l->file->record;
	const struct tr_dated dates[] = {tr_case_anchor(r), tr_dated_of_fact(tr_case_item(l->file, l->record, TR_F_REG_UPDATED)), tr_case_date(r)};

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		if (tr_word_verdict(tr_no_later(&dates[i], start, false)) <= TR_PASS_NOTE)
			return dates[i];
	return tr_dated_none();
}

/* The protocol before the first enrolment, else the last registry record of that time; earlier ones give way. */
static void choose_reference(const struct tr_case *c, struct tr_outcomes *o)
{
	bool protocol = false;

	o->start = tr_study_enrolment(c).when;
	for (size_t i = 0; i < o->n; i++) {
		bool is_protocol = vf_bytes_is(o->lists[i].from, "protocol");
		struct tr_dated by;

		if (!is_protocol && !vf_bytes_is(o->lists[i].from, "registered"))
			continue;
		by = before(&o->lists[i], &o->start);
		if (!tr_dated_is(&by) || (protocol && !is_protocol))
			continue;
		o->reference = &o->lists[i];
		o->laid_down = by;
		protocol |= is_protocol;
	}
}

VF_RC tr_outcomes_of(const struct tr_case *c, struct tr_outcomes *ret, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_OUTCOME_MEASURE];
	struct tr_outcomes o = {.lists = calloc(all->n + 1, sizeof(*o.lists)),
		.declaring = malloc((c->n_records + 1) * sizeof(const struct tr_case_record *)),
		.laid_down = tr_dated_none(),
		.start = tr_dated_none()};
	bool good = o.lists != NULL && o.declaring != NULL;

	for (size_t i = 0; good && i < all->n; i++)
		if (tr_own_is(all->p[i].file, all->p[i].fact->item))
			list_of(&o, &all->p[i])->n++;
	for (size_t i = 0; good && i < o.n; i++) {
		o.lists[i].p = calloc(o.lists[i].n + 1, sizeof(*o.lists[i].p));
		good = o.lists[i].p != NULL;
		o.lists[i].n = 0;
	}
	for (size_t i = 0; good && i < all->n; i++) {
		struct tr_outcome_list *l;

		if (!tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		l = found_list(&o, &all->p[i]);
		l->p[l->n++] = (struct tr_outcome){.level = text_of(&all->p[i], TR_F_OUTCOME_LEVEL),
			.measure = tr_kept_text(all->p[i].fact),
			.time_frame = text_of(&all->p[i], TR_F_OUTCOME_TIME_FRAME),
			.fact = all->p[i].fact};
	}
	if (!good) {
		tr_outcomes_done(&o);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for outcomes");
	}
	choose_reference(c, &o);
	*ret = o;
	return VF_OK;
}

void tr_outcomes_done(struct tr_outcomes *o)
{
	for (size_t i = 0; o->lists && i < o->n; i++)
		free(o->lists[i].p);
	free(o->lists);
	free(o->declaring);
	*o = (struct tr_outcomes){0};
}

/* ---- comparing ---- */

/* How one outcome fits another of the same words: the better of two is its twin. */
enum fit {
	FITS_NOT,
	FITS_OTHER_LEVEL, /* primary in one list alone */
	FITS_OTHER_TIME,
	FITS,
};

static enum fit fits(const struct tr_outcome *a, const struct tr_outcome *b)
{
	if (!is_same_text(a->measure, b->measure) || (!is_primary(a) && !is_primary(b)))
		return FITS_NOT;
	if (is_primary(a) != is_primary(b))
		return FITS_OTHER_LEVEL;
	if (a->time_frame.n && b->time_frame.n && !is_same_text(a->time_frame, b->time_frame))
		return FITS_OTHER_TIME;
	return FITS;
}

static enum tr_change change_of(const struct tr_outcome *before, enum fit fit)
{
	if (fit == FITS_OTHER_LEVEL)
		return is_primary(before) ? TR_DEMOTED : TR_PROMOTED;
	return fit == FITS_OTHER_TIME ? TR_TIME_FRAME : TR_SAME;
}

/* The next primary outcome of a list without a twin in the other; *at is behind it. */
static const struct tr_outcome *next_alone(const struct tr_outcome_list *l, const bool *used, size_t *at)
{
	while (*at < l->n) {
		size_t i = (*at)++;

		if (is_primary(&l->p[i]) && !used[i])
			return &l->p[i];
	}
	return NULL;
}

static int by_measure(const void *a, const void *b)
{
	const struct tr_outcome *x = *(const struct tr_outcome *const *)a, *y = *(const struct tr_outcome *const *)b;
	int order = compare_texts(x->measure, y->measure);

	return order ? order : (x > y) - (x < y);
}

/* The outcomes of a list by their measures, and which of them have the measure of each outcome of the reference. */
struct sorted {
	const struct tr_outcome **p;
	struct range {
		size_t begin, end;
	} *of;
};

static bool sort(const struct tr_outcome_list *reference, const struct tr_outcome_list *list, struct sorted *ret)
{
	ret->p = malloc((list->n + 1) * sizeof(const struct tr_outcome *));
	ret->of = malloc((reference->n + 1) * sizeof(*ret->of));
	if (!ret->p || !ret->of)
		return false;
	for (size_t i = 0; i < list->n; i++)
		ret->p[i] = &list->p[i];
	qsort(ret->p, list->n, sizeof(const struct tr_outcome *), by_measure);
	for (size_t i = 0; i < reference->n; i++) {
		size_t lo = 0, hi = list->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (compare_texts(ret->p[mid]->measure, reference->p[i].measure) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (hi = lo; hi < list->n && is_same_text(ret->p[hi]->measure, reference->p[i].measure);)
			hi++;
		ret->of[i] = (struct range){lo, hi};
	}
	return true;
}

/* Each outcome is the twin of one alone: the same measure twice, at two times, is two outcomes. */
static size_t pair_up(const struct tr_outcome_list *reference, const struct tr_outcome_list *list, const struct sorted *sorted, bool *used,
	struct tr_outcome_change *x)
{
	bool *other = used + reference->n;
	size_t n = 0;

	for (int fit = FITS; fit > FITS_NOT; fit--)
		for (size_t i = 0; i < reference->n; i++)
			for (size_t k = sorted->of[i].begin; k < sorted->of[i].end && !used[i]; k++) {
				const size_t j = (size_t)(sorted->p[k] - list->p);

				if (other[j] || fits(&reference->p[i], &list->p[j]) != (enum fit)fit)
					continue;
				used[i] = other[j] = true;
				x[n++] = (struct tr_outcome_change){change_of(&reference->p[i], (enum fit)fit), &reference->p[i], &list->p[j]};
			}
	return n;
}

VF_RC tr_outcomes_compare(const struct tr_outcome_list *reference, const struct tr_outcome_list *list, struct tr_outcome_change **ret,
	size_t *ret_n, struct vf_err *reterr)
{
	struct tr_outcome_change *x = calloc(reference->n + list->n + 1, sizeof(*x));
	bool *used = calloc(reference->n + list->n + 1, sizeof(*used));
	struct sorted sorted = {0};
	const struct tr_outcome *a, *b;
	bool good = sort(reference, list, &sorted) && x && used;
	size_t n = good ? pair_up(reference, list, &sorted, used, x) : 0, at = 0, to = 0;

	free(sorted.p);
	free(sorted.of);
	if (!good) {
		free(x);
		free(used);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for outcomes");
	}
	do {
		a = next_alone(reference, used, &at);
		b = next_alone(list, used + reference->n, &to);
		if (a || b)
			x[n++] = (struct tr_outcome_change){a && b ? TR_REWORDED : a ? TR_DROPPED : TR_ADDED, a, b};
	} while (a || b);
	free(used);
	*ret = x;
	*ret_n = n;
	return VF_OK;
}

/* A version whose own outcomes are those of the reference declares no change of them. */
static bool is_unchanged(const struct tr_outcomes *o, const struct tr_case_record *r)
{
	bool any = false;

	for (size_t i = r->n_files ? first_list(o, r->files) : o->n; i < o->n && o->lists[i].file->record == r; i++) {
		const struct tr_outcome_list *l = &o->lists[i];
		struct tr_outcome_change *x;
		struct vf_err err;
		size_t n, same = 0;

		if (vf_bytes_is(l->from, "results") || tr_outcomes_compare(o->reference, l, &x, &n, &err) != VF_OK)
			continue;
		for (size_t j = 0; j < n; j++)
			same += x[j].change == TR_SAME ? 1 : 0;
		free(x);
		if (same < n)
			return false;
		any = true;
	}
	return any;
}

/* An update of the registry record before the unblinding. */
static bool is_update(const struct tr_outcomes *o, const struct tr_case_record *r)
{
	return r->kind == TR_REGISTRATION && o->is_opened;
}

/* What may declare a change of some list: after the reference, before the unblinding, in the order of the log. */
static void find_declaring(const struct tr_case *c, struct tr_outcomes *o)
{
	const struct tr_case_record *open = tr_study_unblinding(c);
	size_t end = open ? (size_t)(open - c->records) : c->n_records;

	o->is_opened = open != NULL;
	o->has_declaring = true;
	for (size_t i = 0; i < end; i++) {
		const struct tr_case_record *r = &c->records[i];

		if (!is_update(o, r) && r->kind != TR_AMENDMENT && !(r->kind == TR_PROTOCOL && tr_study_is_later(r)))
			continue;
		if (tr_case_is_before(o->reference->file->record, r) && !is_unchanged(o, r))
			o->declaring[o->n_declaring++] = r;
	}
}

const struct tr_case_record *tr_outcomes_declared(const struct tr_case *c, struct tr_outcomes *o, const struct tr_outcome_list *list)
{
	if (!o->has_declaring)
		find_declaring(c, o);
	for (size_t i = 0; i < o->n_declaring; i++)
		if (is_update(o, o->declaring[i]) || tr_case_is_before(o->declaring[i], list->file->record))
			return o->declaring[i];
	return NULL;
}
