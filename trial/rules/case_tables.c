/* Files by their names, and identifiers by what they say: for rules that ask for one of many. */
#include <stdlib.h>

#include "trial/rules/case_inside.h"
#include "trial/rules/own.h"

struct vf_bytes tr_case_base(struct vf_bytes path)
{
	struct vf_bytes part;

	while (memchr(path.p, '/', path.n) && vf_take_until(&path, '/', &part))
		;
	return path;
}

/* ---- files ---- */

/* The order of the log, then that of the record. */
int tr_case_file_order(const struct tr_case_file *x, const struct tr_case_file *y)
{
	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b)
{
	const struct tr_case_file *x = *(const struct tr_case_file *const *)a, *y = *(const struct tr_case_file *const *)b;
	int order = vf_bytes_cmp(x->name, y->name);

	return order ? order : tr_case_file_order(x, y);
}

static int by_base(const void *a, const void *b)
{
	const struct tr_case_file *x = *(const struct tr_case_file *const *)a, *y = *(const struct tr_case_file *const *)b;
	int order = vf_bytes_cmp(tr_case_base(x->name), tr_case_base(y->name));

	return order ? order : tr_case_file_order(x, y);
}

bool tr_case_index_files(struct tr_case *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_records; i++)
		n += c->records[i].n_files;
	c->files_by_name = malloc((n + 1) * sizeof(const struct tr_case_file *));
	c->files_by_base = malloc((n + 1) * sizeof(const struct tr_case_file *));
	c->n_files = 0;
	if (!c->files_by_name || !c->files_by_base)
		return false;
	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = 0; j < c->records[i].n_files; j++)
			c->files_by_name[c->n_files++] = &c->records[i].files[j];
	memcpy(c->files_by_base, c->files_by_name, n * sizeof(const struct tr_case_file *));
	qsort(c->files_by_name, n, sizeof(const struct tr_case_file *), by_name);
	qsort(c->files_by_base, n, sizeof(const struct tr_case_file *), by_base);
	return true;
}

/* The first place whose key is not below the text, or, with past, above it. */
static size_t bound(const struct tr_case_file **files, size_t n, bool base, struct vf_bytes text, bool past)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = vf_bytes_cmp(base ? tr_case_base(files[mid]->name) : files[mid]->name, text);

		if (order < 0 || (past && order == 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct tr_case_files files_of(const struct tr_case *c, const struct tr_case_file **files, bool base, struct vf_bytes text)
{
	size_t at = bound(files, c->n_files, base, text, false);

	return (struct tr_case_files){files + at, bound(files, c->n_files, base, text, true) - at};
}

struct tr_case_files tr_case_named(const struct tr_case *c, struct vf_bytes name)
{
	return files_of(c, c->files_by_name, false, name);
}

struct tr_case_files tr_case_ending(const struct tr_case *c, struct vf_bytes base)
{
	return files_of(c, c->files_by_base, true, base);
}

size_t tr_case_files_from(const struct tr_case_files *files, const struct tr_case_record *record)
{
	size_t lo = 0, hi = files->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (files->p[mid]->record < record)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- identifiers ---- */

static const enum tr_fact_name identifiers[] = {TR_F_FILE_ID, TR_F_CONSENT_RECORD, TR_F_ID_NCT, TR_F_ID_NCT_ALIAS, TR_F_ID_ISRCTN,
	TR_F_ID_EUDRACT, TR_F_ID_EUCT, TR_F_ID_WHO, TR_F_ID_REGISTRY, TR_F_ID_OTHER};
#define N_IDENTIFIERS (sizeof(identifiers) / sizeof(identifiers[0]))

/* Of a record that is alone in its file come first: tr_own_is() looks at the first. */
static int by_text(const void *a, const void *b)
{
	const struct tr_case_said *x = a, *y = b;
	int order = x->of.fact->name < y->of.fact->name ? -1 : x->of.fact->name > y->of.fact->name;

	if (order == 0)
		order = vf_bytes_cmp(tr_kept_text(x->of.fact), tr_kept_text(y->of.fact));
	if (order == 0)
		order = x->is_alone > y->is_alone ? -1 : x->is_alone < y->is_alone;
	if (order == 0)
		order = tr_case_file_order(x->of.file, y->of.file);
	return order ? order : (x->of.fact > y->of.fact) - (x->of.fact < y->of.fact);
}

bool tr_case_index_identifiers(struct tr_case *c)
{
	size_t n = 0;

	for (size_t i = 0; i < N_IDENTIFIERS; i++)
		n += c->by_name[identifiers[i]].n;
	c->said = malloc((n + 1) * sizeof(*c->said));
	c->n_said = 0;
	if (!c->said)
		return false;
	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = 0; j < c->records[i].n_files; j++)
			c->records[i].files[j].has_several = tr_own_has_several(&c->records[i].files[j]);
	for (size_t i = 0; i < N_IDENTIFIERS; i++) {
		const struct tr_case_facts *all = &c->by_name[identifiers[i]];

		for (size_t j = 0; j < all->n; j++)
			c->said[c->n_said++] = (struct tr_case_said){all->p[j], all->p[j].fact->item == 0 || !all->p[j].file->has_several};
	}
	qsort(c->said, n, sizeof(*c->said), by_text);
	return true;
}

static size_t said_bound(const struct tr_case *c, enum tr_fact_name name, struct vf_bytes text, bool past)
{
	size_t lo = 0, hi = c->n_said;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct tr_kept_fact *f = c->said[mid].of.fact;
		int order = f->name < name ? -1 : f->name > name ? 1 : vf_bytes_cmp(tr_kept_text(f), text);

		if (order < 0 || (past && order == 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct tr_case_said *tr_case_saying(const struct tr_case *c, enum tr_fact_name name, struct vf_bytes text, size_t *ret_n)
{
	size_t at = said_bound(c, name, text, false);

	*ret_n = said_bound(c, name, text, true) - at;
	return c->said + at;
}

void tr_case_tables_done(struct tr_case *c)
{
	free(c->files_by_name);
	free(c->files_by_base);
	free(c->said);
	c->files_by_name = c->files_by_base = NULL;
	c->said = NULL;
	c->n_files = c->n_said = 0;
}
