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

/* The same when all lists are there, in the order of their files. */
static struct tr_outcome_list *found_list(struct tr_outcomes *o, const struct tr_case_fact *measure)
{
	struct vf_bytes from = text_of(measure, TR_F_OUTCOME_FROM);
	uint64_t record = tr_own_record(measure->file, measure->fact->item);
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (tr_case_file_order(o->lists[mid].file, measure->file) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (o->lists[lo].record != record || !vf_bytes_eq(o->lists[lo].from, from))
		lo++;
	return &o->lists[lo];
}

/* The protocol before the first enrolment, else the last registry record of that time; earlier ones give way. */
static void choose_reference(const struct tr_case *c, struct tr_outcomes *o)
{
	struct tr_enrolment e = tr_study_enrolment(c);
	bool protocol = false;

	for (size_t i = 0; i < o->n; i++) {
		const struct tr_case_record *r = o->lists[i].file->record;
		bool is_protocol = vf_bytes_is(o->lists[i].from, "protocol");
		struct tr_dated anchor = tr_case_anchor(r), own = tr_case_date(r), updated;

		updated = tr_dated_of_fact(tr_case_item(o->lists[i].file, o->lists[i].record, TR_F_REG_UPDATED));
		if (!is_protocol && !vf_bytes_is(o->lists[i].from, "registered"))
			continue;
		if (tr_word_verdict(tr_no_later(&anchor, &e.when, true)) > TR_PASS_NOTE &&
			tr_word_verdict(tr_no_later(&own, &e.when, true)) > TR_PASS_NOTE &&
			tr_word_verdict(tr_no_later(&updated, &e.when, true)) > TR_PASS_NOTE)
			continue;
		if (!protocol || is_protocol)
			o->reference = &o->lists[i];
		protocol |= is_protocol;
	}
}

/* The first record of a kind that the log has after the reference. */
static const struct tr_case_record *first_after(const struct tr_case *c, enum tr_kind kind, const struct tr_case_record *reference)
{
	const struct tr_case_record *r;

	for (size_t i = tr_case_next(c, kind, (size_t)(reference - c->records)); i < c->n_records; i = tr_case_next(c, kind, i + 1)) {
		r = &c->records[i];
		if (tr_case_is_before(reference, r) && (kind != TR_PROTOCOL || r->n_links))
			return r;
	}
	return NULL;
}

/* What may declare a change: of each kind the first after the reference and before the unblinding. */
static void find_declared(const struct tr_case *c, struct tr_outcomes *o)
{
	static const enum tr_kind kinds[TR_DECLARING] = {TR_AMENDMENT, TR_PROTOCOL, TR_REGISTRATION};
	size_t open = tr_case_next(c, TR_UNBLINDING, 0);

	for (size_t i = 0; i < TR_DECLARING && o->reference; i++) {
		const struct tr_case_record *r = first_after(c, kinds[i], o->reference->file->record);

		/* where no unblinding is recorded, an update of the registry is not known to be before it */
		if (r && (size_t)(r - c->records) < open && (kinds[i] != TR_REGISTRATION || open < c->n_records))
			o->declaring[i] = r;
	}
}

VF_RC tr_outcomes_of(const struct tr_case *c, struct tr_outcomes *ret, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_OUTCOME_MEASURE];
	struct tr_outcomes o = {.lists = calloc(all->n + 1, sizeof(*o.lists))};
	bool good = o.lists != NULL;

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
	find_declared(c, &o);
	*ret = o;
	return VF_OK;
}

void tr_outcomes_done(struct tr_outcomes *o)
{
	for (size_t i = 0; o->lists && i < o->n; i++)
		free(o->lists[i].p);
	free(o->lists);
	*o = (struct tr_outcomes){0};
}

/* ---- comparing ---- */

/* By measure; of one measure the last primary one first, as it is the twin of others, else the first. */
static int by_measure(const void *a, const void *b)
{
	const struct tr_outcome *x = *(const struct tr_outcome *const *)a, *y = *(const struct tr_outcome *const *)b;
	int order = compare_texts(x->measure, y->measure);

	if (order == 0 && is_primary(x) != is_primary(y))
		return is_primary(x) ? -1 : 1;
	if (order == 0)
		order = is_primary(x) ? (x < y) - (x > y) : (x > y) - (x < y);
	return order;
}

/* The outcomes of a list by their measures. NULL: no memory. */
static const struct tr_outcome **sort(const struct tr_outcome_list *l)
{
	const struct tr_outcome **p = malloc((l->n + 1) * sizeof(const struct tr_outcome *));

	for (size_t i = 0; p && i < l->n; i++)
		p[i] = &l->p[i];
	if (p)
		qsort(p, l->n, sizeof(const struct tr_outcome *), by_measure);
	return p;
}

/* sorted has n outcomes. */
static const struct tr_outcome *twin(const struct tr_outcome **sorted, size_t n, const struct tr_outcome *of)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_texts(sorted[mid]->measure, of->measure) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && is_same_text(sorted[lo]->measure, of->measure) ? sorted[lo] : NULL;
}

static enum tr_change change_of(const struct tr_outcome *before, const struct tr_outcome *after)
{
	if (!is_primary(after))
		return TR_DEMOTED;
	if (!is_primary(before))
		return TR_PROMOTED;
	if (after->time_frame.n && before->time_frame.n && !is_same_text(before->time_frame, after->time_frame))
		return TR_TIME_FRAME;
	return TR_SAME;
}

/* The next primary outcome of a list without a twin in the other; *at is behind it. */
static const struct tr_outcome *next_alone(const struct tr_outcome_list *l, const struct tr_outcome **other, size_t n, size_t *at)
{
	while (*at < l->n) {
		const struct tr_outcome *o = &l->p[(*at)++];

		if (is_primary(o) && !twin(other, n, o))
			return o;
	}
	return NULL;
}

static size_t compare(const struct tr_outcome_list *reference, const struct tr_outcome_list *list, const struct tr_outcome **in_reference,
	const struct tr_outcome **in_list, struct tr_outcome_change *x)
{
	const struct tr_outcome *a, *b;
	size_t n = 0, at = 0, to = 0;

	for (size_t i = 0; i < reference->n; i++) {
		a = &reference->p[i];
		b = twin(in_list, list->n, a);
		if (b && (is_primary(a) || is_primary(b)))
			x[n++] = (struct tr_outcome_change){change_of(a, b), a, b};
	}
	do {
		a = next_alone(reference, in_list, list->n, &at);
		b = next_alone(list, in_reference, reference->n, &to);
		if (a || b)
			x[n++] = (struct tr_outcome_change){a && b ? TR_REWORDED : a ? TR_DROPPED : TR_ADDED, a, b};
	} while (a || b);
	return n;
}

VF_RC tr_outcomes_compare(const struct tr_outcome_list *reference, const struct tr_outcome_list *list, struct tr_outcome_change **ret,
	size_t *ret_n, struct vf_err *reterr)
{
	struct tr_outcome_change *x = calloc(reference->n + list->n + 1, sizeof(*x));
	const struct tr_outcome **in_reference = sort(reference), **in_list = sort(list);
	bool good = x && in_reference && in_list;

	if (good)
		*ret_n = compare(reference, list, in_reference, in_list, x);
	free(in_reference);
	free(in_list);
	if (!good) {
		free(x);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for outcomes");
	}
	*ret = x;
	return VF_OK;
}

const struct tr_case_record *tr_outcomes_declared(const struct tr_outcomes *o, const struct tr_outcome_list *list)
{
	const struct tr_case_record *best = NULL;

	for (size_t i = 0; i < TR_DECLARING; i++) {
		const struct tr_case_record *r = o->declaring[i];

		if (r && (r->kind == TR_REGISTRATION || tr_case_is_before(r, list->file->record)))
			best = !best || r < best ? r : best;
	}
	return best;
}
