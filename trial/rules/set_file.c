#include "trial/rules/set_file.h"

#include <stdlib.h>

#include "trial/grow.h"

/* The last part of a path inside the folder; empty for one that leaves it. */
struct vf_bytes tr_set_base(struct vf_bytes path)
{
	struct vf_bytes part;

	if (vf_bytes_starts(path, "/") || vf_bytes_starts(path, "../") || memmem(path.p, path.n, "/../", 4) || memmem(path.p, path.n, ":", 1))
		return vf_bytes(path.p, 0);
	while (memchr(path.p, '/', path.n) && vf_take_until(&path, '/', &part))
		;
	return path;
}

static uint8_t lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Ascending, upper case as lower case. */
int tr_set_compare(struct vf_bytes a, struct vf_bytes b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return lower(a.p[i]) < lower(b.p[i]) ? -1 : 1;
	return (a.n > b.n) - (a.n < b.n);
}

bool tr_set_is_equal(struct vf_bytes a, struct vf_bytes b)
{
	return a.n == b.n && tr_set_compare(a, b) == 0;
}

/* Forms of one data set: XPT, Dataset-JSON plain, by lines and compressed, tables; and Dataset-XML. */
static const char *const forms[] = {"xpt", "json", "ndjson", "dsjc", "csv", "xml"};
#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* The name without the ending of a form; empty when it has none. */
struct vf_bytes tr_set_stem(struct vf_bytes base)
{
	struct vf_bytes stem, ending;

	for (size_t i = 0; i < N_FORMS; i++) {
		size_t n = strlen(forms[i]);

		if (base.n > n + 1 && vf_bytes_slice(base, base.n - n, n, &ending) && base.p[base.n - n - 1] == '.' &&
			tr_set_is_equal(ending, vf_bytes_str(forms[i])) && vf_bytes_slice(base, 0, base.n - n - 1, &stem))
			return stem;
	}
	return vf_bytes(base.p, 0);
}

struct vf_bytes tr_set_folder(struct vf_bytes path)
{
	return vf_bytes(path.p, path.n - tr_set_base(path).n);
}

static uint8_t octet_of(const struct tr_set_file *x, size_t at)
{
	return lower(at < x->folder.n ? x->folder.p[at] : x->below.p[at - x->folder.n]);
}

static int compare_folders(const struct tr_set_file *x, const struct tr_set_file *y)
{
	const size_t m = x->folder.n + x->below.n, n = y->folder.n + y->below.n;

	for (size_t i = 0; i < m && i < n; i++)
		if (octet_of(x, i) != octet_of(y, i))
			return octet_of(x, i) < octet_of(y, i) ? -1 : 1;
	return (m > n) - (m < n);
}

static int compare(const struct tr_set_file *x, const struct tr_set_file *y, enum tr_set_likeness by)
{
	int order = compare_folders(x, y);

	if (order)
		return order;
	switch (by) {
	case TR_SET_BY_NAME:
		return vf_bytes_cmp(x->base, y->base);
	case TR_SET_BY_CASE:
		return tr_set_compare(x->base, y->base);
	case TR_SET_BY_FORM:
		return tr_set_compare(tr_set_stem(x->base), tr_set_stem(y->base));
	case TR_SET_BY_SET:
		break;
	}
	order = tr_set_compare(tr_set_stem(x->base), tr_set_stem(y->base));
	order = order ? order : x->says_set - y->says_set;
	return order ? order : tr_set_compare(x->set, y->set);
}

static int in_order(const void *a, const void *b, enum tr_set_likeness by)
{
	const struct tr_set_file *x = *(const struct tr_set_file *const *)a, *y = *(const struct tr_set_file *const *)b;
	int order = compare(x, y, by);

	return order ? order : tr_case_file_order(x->file, y->file);
}
static int by_name(const void *a, const void *b)
{
	return in_order(a, b, TR_SET_BY_NAME);
}
static int by_case(const void *a, const void *b)
{
	return in_order(a, b, TR_SET_BY_CASE);
}
static int by_form(const void *a, const void *b)
{
	return in_order(a, b, TR_SET_BY_FORM);
}
static int by_set(const void *a, const void *b)
{
	return in_order(a, b, TR_SET_BY_SET);
}

bool tr_set_files_add(struct tr_set_files *to, const struct tr_case_record *r, bool with_folder)
{
	if (!TR_GROW(to->all, to->room, to->n + r->n_files))
		return false;
	for (size_t i = 0; i < r->n_files; i++) {
		size_t at = 0;
		const struct tr_kept_fact *set = tr_case_in_file(&r->files[i], TR_F_SET_NAME, &at);

		to->all[to->n++] = (struct tr_set_file){.file = &r->files[i],
			.folder = with_folder ? tr_set_folder(r->files[i].name) : vf_bytes("", 0),
			.base = tr_set_base(r->files[i].name),
			.set = set ? tr_kept_text(set) : vf_bytes("", 0),
			.says_set = set != NULL};
	}
	return true;
}

bool tr_set_files_sort(struct tr_set_files *c)
{
	static int (*const orders[TR_SET_LIKENESSES])(const void *, const void *) = {by_name, by_case, by_form, by_set};

	for (int by = 0; by < TR_SET_LIKENESSES; by++) {
		c->by[by] = malloc((c->n + 1) * sizeof(const struct tr_set_file *));
		c->count[by] = 0;
		if (!c->by[by])
			return false;
		for (size_t i = 0; i < c->n; i++)
			if (by < TR_SET_BY_FORM || tr_set_stem(c->all[i].base).n)
				c->by[by][c->count[by]++] = &c->all[i];
		qsort(c->by[by], c->count[by], sizeof(const struct tr_set_file *), orders[by]);
	}
	return true;
}

void tr_set_files_done(struct tr_set_files *c)
{
	for (int by = 0; by < TR_SET_LIKENESSES; by++)
		free(c->by[by]);
	free(c->all);
	*c = (struct tr_set_files){0};
}

/* The first that is like the key; behind a record, where one is named. */
static size_t bound(const struct tr_set_files *c, enum tr_set_likeness by, const struct tr_set_file *key,
	const struct tr_case_record *behind)
{
	size_t lo = 0, hi = c->count[by];

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare(c->by[by][mid], key, by);

		if (order < 0 || (order == 0 && behind && c->by[by][mid]->file->record <= behind))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first file in the log that is like the key and not of a record; NULL: none. */
static const struct tr_case_file *find(const struct tr_set_files *c, enum tr_set_likeness by, const struct tr_set_file *key,
	const struct tr_case_record *but)
{
	size_t at = bound(c, by, key, NULL);

	if (at < c->count[by] && c->by[by][at]->file->record == but)
		at = bound(c, by, key, but);
	return at < c->count[by] && compare(c->by[by][at], key, by) == 0 ? c->by[by][at]->file : NULL;
}

/* Files in another form: of a set with the same name, or where one of both does not say one. */
static const struct tr_case_file *find_form(const struct tr_set_files *c, const struct tr_set_file *key, const struct tr_case_record *but)
{
	struct tr_set_file silent = *key;
	const struct tr_case_file *x, *y;

	if (tr_set_stem(key->base).n == 0)
		return NULL;
	if (!key->says_set)
		return find(c, TR_SET_BY_FORM, key, but);
	silent.says_set = false;
	silent.set = vf_bytes("", 0);
	x = find(c, TR_SET_BY_SET, key, but);
	y = find(c, TR_SET_BY_SET, &silent, but);
	return !x || (y && tr_case_file_order(y, x) < 0) ? y : x;
}

enum tr_delivery tr_set_files_find(const struct tr_set_files *c, const struct tr_set_file *key, const struct tr_case_record *but,
	const struct tr_case_file **ret)
{
	if ((*ret = find(c, TR_SET_BY_NAME, key, but)) != NULL)
		return TR_DELIVERED;
	if ((*ret = find(c, TR_SET_BY_CASE, key, but)) != NULL)
		return TR_OTHER_CASE;
	*ret = find_form(c, key, but);
	return *ret ? TR_OTHER_FORM : TR_NOT_DELIVERED;
}
