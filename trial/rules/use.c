#include "trial/rules/use.h"

#include <stdlib.h>

static int by_site(const struct tr_use *x, const struct tr_use *y)
{
	int order = vf_bytes_cmp(x->version, y->version);

	return order ? order : vf_bytes_cmp(x->site, y->site);
}

static int by_file(const void *a, const void *b)
{
	int order = by_site(a, b);

	return order ? order : tr_case_file_order(((const struct tr_use *)a)->file, ((const struct tr_use *)b)->file);
}

void tr_use_join(struct tr_use *to, const struct tr_use *other)
{
	to->is_sure &= other->is_sure && (!tr_dated_is(&to->from) || !tr_dated_is(&other->from) || tr_dated_cmp(&to->from, &other->from) == 0);
	to->from = *tr_dated_earlier(&to->from, &other->from);
}

VF_RC tr_uses_of(const struct tr_case *c, struct tr_uses *ret, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_USE_VERSION];
	struct tr_uses u = {.by_site = malloc((all->n + 1) * sizeof(*u.by_site)), .by_file = malloc((all->n + 1) * sizeof(*u.by_file))};
	size_t n = 0;

	if (!u.by_site || !u.by_file) {
		tr_uses_done(&u);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for versions in use");
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct tr_case_file *file = all->p[i].file;
		const struct tr_kept_fact *site = tr_case_item(file, all->p[i].fact->item, TR_F_USE_SITE);

		u.by_file[i] = (struct tr_use){.version = tr_kept_text(all->p[i].fact),
			.site = site ? tr_kept_text(site) : vf_bytes("", 0),
			.file = file,
			.from = tr_dated_of_fact(tr_case_item(file, all->p[i].fact->item, TR_F_USE_DATE)),
			.is_sure = true};
	}
	qsort(u.by_file, all->n, sizeof(*u.by_file), by_file);
	for (size_t i = 0; i < all->n; i++) {
		if (n && by_file(&u.by_file[n - 1], &u.by_file[i]) == 0)
			tr_use_join(&u.by_file[n - 1], &u.by_file[i]);
		else
			u.by_file[n++] = u.by_file[i];
	}
	u.n_by_file = n;
	for (size_t i = 0; i < n; i++) {
		if (u.n_by_site && by_site(&u.by_site[u.n_by_site - 1], &u.by_file[i]) == 0)
			tr_use_join(&u.by_site[u.n_by_site - 1], &u.by_file[i]);
		else
			u.by_site[u.n_by_site++] = u.by_file[i];
	}
	*ret = u;
	return VF_OK;
}

void tr_uses_done(struct tr_uses *u)
{
	free(u->by_site);
	free(u->by_file);
	*u = (struct tr_uses){0};
}

/* The first that is not below the key. */
static size_t bound(const struct tr_use *p, size_t n, const struct tr_use *key, bool with_file)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if ((with_file ? by_file(&p[mid], key) : by_site(&p[mid], key)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct tr_use *tr_uses_find(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, const struct tr_case_file *file)
{
	const struct tr_use key = {.version = version, .site = site, .file = file};
	const struct tr_use *p = file ? u->by_file : u->by_site;
	size_t n = file ? u->n_by_file : u->n_by_site, at = bound(p, n, &key, file != NULL);

	return at < n && (file ? by_file(&p[at], &key) : by_site(&p[at], &key)) == 0 ? &p[at] : NULL;
}

const struct tr_use *tr_uses_version(const struct tr_uses *u, struct vf_bytes version, size_t *ret_n)
{
	const struct tr_use key = {.version = version, .site = vf_bytes("", 0)};
	size_t at = bound(u->by_site, u->n_by_site, &key, false), n = 0;

	while (at + n < u->n_by_site && vf_bytes_eq(u->by_site[at + n].version, version))
		n++;
	*ret_n = n;
	return u->by_site + at;
}
