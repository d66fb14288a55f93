#include "trial/rules/use.h"

#include <stdlib.h>

static int compare(const struct tr_use *x, const struct tr_use *y, bool with_site)
{
	int order = vf_bytes_cmp(x->version, y->version);

	return order || !with_site ? order : vf_bytes_cmp(x->site, y->site);
}

static int by_version(const void *a, const void *b)
{
	const struct tr_use *x = *(const struct tr_use *const *)a, *y = *(const struct tr_use *const *)b;
	int order = compare(x, y, false);

	return order ? order : (x > y) - (x < y);
}

static int by_site(const void *a, const void *b)
{
	const struct tr_use *x = *(const struct tr_use *const *)a, *y = *(const struct tr_use *const *)b;
	int order = compare(x, y, true);

	return order ? order : (x > y) - (x < y);
}

VF_RC tr_uses_of(const struct tr_case *c, struct tr_uses *ret, struct vf_err *reterr)
{
	const struct tr_case_facts *facts = &c->by_name[TR_F_USE_VERSION];
	struct tr_uses u = {.all = malloc((facts->n + 1) * sizeof(*u.all)),
		.by_version = malloc((facts->n + 1) * sizeof(const struct tr_use *)),
		.by_site = malloc((facts->n + 1) * sizeof(const struct tr_use *))};

	if (!u.all || !u.by_version || !u.by_site) {
		tr_uses_done(&u);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for versions in use");
	}
	for (size_t i = 0; i < facts->n; i++) {
		const struct tr_case_fact *x = &facts->p[i];
		const struct tr_kept_fact *site = tr_case_item(x->file, x->fact->item, TR_F_USE_SITE);

		u.all[i] = (struct tr_use){.version = tr_kept_text(x->fact),
			.site = site ? tr_kept_text(site) : vf_bytes("", 0),
			.says_site = site != NULL,
			.file = x->file,
			.date = tr_dated_of_fact(tr_case_item(x->file, x->fact->item, TR_F_USE_DATE))};
		u.by_version[i] = u.by_site[i] = &u.all[i];
	}
	u.n = facts->n;
	qsort(u.by_version, u.n, sizeof(const struct tr_use *), by_version);
	qsort(u.by_site, u.n, sizeof(const struct tr_use *), by_site);
	*ret = u;
	return VF_OK;
}

void tr_uses_done(struct tr_uses *u)
{
	free(u->all);
	free(u->by_version);
	free(u->by_site);
	*u = (struct tr_uses){0};
}

/* Those of a version, or of a version at one site. */
struct range {
	const struct tr_use **p;
	size_t n;
};

static struct range find(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, bool with_site)
{
	const struct tr_use key = {.version = version, .site = site}, **p = with_site ? u->by_site : u->by_version;
	size_t end[2];

	for (int past = 0; past < 2; past++) {
		size_t lo = 0, hi = u->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			int order = compare(p[mid], &key, with_site);

			if (order < 0 || (past && order == 0))
				lo = mid + 1;
			else
				hi = mid;
		}
		end[past] = lo;
	}
	return (struct range){p + end[0], end[1] - end[0]};
}

static void add(struct tr_dated *from, bool *sure, const struct tr_dated *d)
{
	*sure &= !tr_dated_is(from) || !tr_dated_is(d) || tr_dated_cmp(from, d) == 0;
	*from = tr_dated_first(from, d);
}

/* Their order counts: of dates that overlap, and of bad ones, the first of all is made step by step. */
struct tr_dated tr_uses_first(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, bool *ret_sure)
{
	struct range at = find(u, version, site, site.n > 0), none = {0};
	struct tr_dated from = tr_dated_none();
	size_t i = 0, j = 0;

	*ret_sure = true;
	if (site.n)
		none = find(u, version, vf_bytes("", 0), true);
	while (i < at.n || j < none.n) {
		if (j < none.n && (i == at.n || none.p[j] < at.p[i])) {
			if (!none.p[j]->says_site)
				add(&from, ret_sure, &none.p[j]->date);
			j++;
		} else {
			add(&from, ret_sure, &at.p[i++]->date);
		}
	}
	return from;
}

struct tr_dated tr_uses_in_file(const struct tr_uses *u, struct vf_bytes version, struct vf_bytes site, const struct tr_case_file *file)
{
	struct range at = find(u, version, site, true);
	struct tr_dated from = tr_dated_none();
	size_t lo = 0, hi = at.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (tr_case_file_order(at.p[mid]->file, file) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < at.n && at.p[lo]->file == file) {
		for (; lo < at.n && at.p[lo]->file == file; lo++)
			from = tr_dated_first(&from, &at.p[lo]->date);
		return from;
	}
	for (size_t i = 0; i < at.n; i++)
		from = tr_dated_first(&from, &at.p[i]->date);
	return from;
}
