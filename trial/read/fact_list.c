#include "trial/read/fact_list.h"

#include <stdlib.h>

#include "trial/grow.h"

/* An open hash table of keys that are kept. */
struct tr_fact_subject {
	struct vf_bytes key;
	uint64_t hash;
};

static bool keep_bytes(struct tr_fact_list *l, struct vf_bytes text, struct vf_bytes *ret)
{
	const char *p = tr_text_pool_put(&l->texts, text);

	*ret = vf_bytes(p, text.n);
	return p != NULL;
}

/* ---- keys of persons ---- */

/* FNV-1a: who chooses keys that collide makes his own file slow to read, within TR_MAX_SUBJECTS. */
static uint64_t hash_of(struct vf_bytes key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ key.p[i]) * UINT64_C(1099511628211);
	return h ? h : 1;
}

static struct tr_fact_subject *find_subject(struct tr_fact_subject *table, size_t cap, struct vf_bytes key, uint64_t hash)
{
	size_t at = (size_t)hash & (cap - 1);

	while (table[at].hash && !(table[at].hash == hash && vf_bytes_eq(table[at].key, key)))
		at = (at + 1) & (cap - 1);
	return &table[at];
}

static bool grow_subjects(struct tr_fact_list *l)
{
	size_t cap = l->cap_subjects ? 2 * l->cap_subjects : 1024;
	struct tr_fact_subject *table = calloc(cap, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < l->cap_subjects; i++)
		if (l->subject_table[i].hash)
			*find_subject(table, cap, l->subject_table[i].key, l->subject_table[i].hash) = l->subject_table[i];
	free(l->subject_table);
	l->subject_table = table;
	l->cap_subjects = cap;
	return true;
}

static bool keep_subject(struct tr_fact_list *l, struct vf_bytes key, struct vf_bytes *ret)
{
	uint64_t hash = hash_of(key);
	struct tr_fact_subject *s;

	*ret = vf_bytes("", 0);
	if (key.n == 0)
		return true;
	if (l->n && vf_bytes_eq(l->facts[l->n - 1].subject, key)) { /* facts of one person stand together */
		*ret = l->facts[l->n - 1].subject;
		return true;
	}
	if (2 * l->n_subjects >= l->cap_subjects && !grow_subjects(l))
		return false;
	s = find_subject(l->subject_table, l->cap_subjects, key, hash);
	if (!s->hash) {
		if (!keep_bytes(l, key, &s->key))
			return false;
		s->hash = hash;
		l->n_subjects++;
	}
	*ret = s->key;
	return true;
}

/* ---- facts ---- */

static bool keep_place(struct tr_fact_list *l, const struct tr_place *place, const char **ret)
{
	char text[TR_PLACE_LEN + 1] = "";

	*ret = "";
	if (!place->put)
		return true;
	place->put(place->ctx, text, sizeof(text));
	*ret = tr_text_pool_put(&l->texts, vf_bytes_str(text));
	return *ret != NULL;
}

VF_RC tr_fact_list_put(struct tr_fact_list *l, const struct tr_fact *f, bool places, struct vf_err *reterr)
{
	struct tr_kept_fact kept = {.name = f->name, .grade = f->grade, .item = f->item, .when = tr_when_none(), .place = ""};

	if (l->n >= TR_MAX_FACTS)
		return vf_fail(reterr, VF_LIMIT, "more than %zu facts", TR_MAX_FACTS);
	if (f->date) {
		kept.when = f->date->when;
		kept.precision = f->date->precision;
		kept.is_bad = f->date->is_bad;
		kept.has_offset = f->date->has_offset;
	}
	if (!TR_GROW(l->facts, l->cap, l->n + 1) || !keep_subject(l, f->subject, &kept.subject) ||
		!keep_bytes(l, f->value, &kept.value) || !keep_bytes(l, f->normal, &kept.normal) ||
		(places && !keep_place(l, &f->place, &kept.place)))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the facts of a file");
	l->facts[l->n++] = kept;
	return VF_OK;
}

struct keeping {
	struct tr_fact_list *list;
	bool places;
	VF_RC (*sink)(void *ctx, const struct tr_fact *fact, struct vf_err *reterr); /* NULL: the list itself */
	void *ctx;
};

static VF_RC keep_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr)
{
	const struct keeping *k = ctx;

	return k->sink ? k->sink(k->ctx, f, reterr) : tr_fact_list_put(k->list, f, k->places, reterr);
}

static VF_RC keep_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
	struct vf_err *reterr)
{
	struct tr_fact_list *l = ((const struct keeping *)ctx)->list;
	struct tr_kept_warning kept = {.warning = warning};

	if (!TR_GROW(l->warnings, l->cap_warnings, l->n_warnings + 1) ||
		(kept.text = tr_text_pool_put(&l->texts, vf_bytes_str(text))) == NULL || !keep_place(l, place, &kept.place))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the facts of a file");
	l->warnings[l->n_warnings++] = kept;
	return VF_OK;
}

/* What ends reading for a reason that is not the file's. */
static bool is_ours(enum vf_rc rc)
{
	return rc == VF_NO_MEMORY || rc == VF_IO || rc == VF_INTERRUPTED || rc == VF_INTERNAL;
}

static VF_RC read_file(struct keeping *k, const struct tr_input *in, unsigned wants, const struct tr_mapping *mapping,
	struct vf_err *reterr)
{
	struct tr_fact_list *list = k->list;
	struct tr_reading r = {.in = in, .wants = wants, .mapping = mapping, .fact = keep_fact, .warning = keep_warning, .ctx = k};
	enum vf_rc rc = tr_read(&r, &list->reader, &list->err);

	list->subjects = tr_subjects(&r);
	for (int i = 0; i < TR_WARNING_COUNT; i++)
		list->counted[i] = r.n_warnings[i];
	tr_reading_done(&r);
	list->rc = rc;
	if (is_ours(rc)) {
		*reterr = list->err;
		return rc;
	}
	return VF_OK;
}

VF_RC tr_fact_list_read(struct tr_fact_list *list, const struct tr_input *in, unsigned wants,
	const struct tr_mapping *mapping, struct vf_err *reterr)
{
	struct keeping k = {.list = list, .places = (wants & TR_WANT_PLACES) != 0};

	return read_file(&k, in, wants, mapping, reterr);
}

VF_RC tr_fact_list_pass(struct tr_fact_list *list, const struct tr_input *in, unsigned wants,
	const struct tr_mapping *mapping,
	VF_RC (*sink)(void *ctx, const struct tr_fact *fact, struct vf_err *reterr), void *ctx, struct vf_err *reterr)
{
	struct keeping k = {.list = list, .sink = sink, .ctx = ctx};

	return read_file(&k, in, wants, mapping, reterr);
}

void tr_fact_list_done(struct tr_fact_list *list)
{
	tr_text_pool_done(&list->texts);
	free(list->facts);
	free(list->warnings);
	free(list->subject_table);
	*list = (struct tr_fact_list){0};
}

size_t tr_fact_list_find(const struct tr_fact_list *list, enum tr_fact_name name, size_t from)
{
	while (from < list->n && list->facts[from].name != name)
		from++;
	return from;
}

struct vf_bytes tr_kept_text(const struct tr_kept_fact *f)
{
	return f->normal.n ? f->normal : f->value;
}
