#include "trial/rules/rule.h"
#include "trial/rules/study.h"
#include "trial/rules/use.h"

#include <stdlib.h>

#include "verify/text.h"

/* Entries of one site under one version of the metadata. */
struct use {
	struct vf_bytes version, site;
	const struct tr_case_file *file;
	struct tr_dated first;
	size_t entries;
};

static int by_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = x->file < y->file ? -1 : x->file > y->file ? 1 : vf_bytes_cmp(x->version, y->version);

	return order ? order : vf_bytes_cmp(x->site, y->site);
}

static struct vf_bytes text_of(const struct tr_kept_fact *f)
{
	return f ? tr_kept_text(f) : vf_bytes("", 0);
}

static struct use *collect(const struct tr_case *c, size_t *ret_n)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_AUDIT_TIME];
	struct use *u = malloc((all->n + 1) * sizeof(*u));
	size_t n = 0;

	*ret_n = 0;
	for (size_t i = 0; u && i < all->n; i++) {
		const struct tr_case_fact *x = &all->p[i];

		u[n] = (struct use){.version = text_of(tr_case_item(x->file, x->fact->item, TR_F_AUDIT_VERSION)),
			.site = text_of(tr_case_item(x->file, x->fact->item, TR_F_AUDIT_SITE)),
			.file = x->file,
			.first = tr_dated_of_fact(x->fact),
			.entries = 1};
		n += u[n].version.n ? 1 : 0;
	}
	if (!u)
		return NULL;
	qsort(u, n, sizeof(*u), by_use);
	for (size_t i = 0; i < n; i++) {
		struct use *last = *ret_n ? &u[*ret_n - 1] : NULL;

		if (last && by_use(last, &u[i]) == 0) {
			last->first = tr_dated_first(&last->first, &u[i].first);
			last->entries++;
		} else {
			u[(*ret_n)++] = u[i];
		}
	}
	return u;
}

/* What its own file says of the version counts; else the earliest that another one says, as an update of a series refers to what an
 * earlier file has. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_uses *all, const struct use *u, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_dated from = tr_uses_in_file(all, u->version, u->site, u->file);
	char about[TR_NAMED_LEN + 1], version[64], site[64], a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	tr_study_file(about, u->file);
	vf_text_escape(version, sizeof(version), u->version);
	vf_text_escape(site, sizeof(site), u->site);
	tr_dated_put(a, &from);
	tr_dated_put(b, &u->first);
	/* of entries with a time that cannot be read any may have been the first */
	d = tr_study_draft(tr_no_later(&from, &u->first, false), about, u->file->record, NULL);
	return tr_find(f, rule, &d, reterr, "site '%s', version '%s': in use from %s; entries: %zu, the first %s", site, version, a, u->entries, b);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_uses all = {0};
	size_t n;
	struct use *u = collect(c, &n);
	enum vf_rc rc = u ? tr_uses_of(c, &all, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for findings");

	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = judge(rule, &all, &u[i], f, reterr);
	tr_uses_done(&all);
	free(u);
	return rc;
}

const struct tr_rule tr_rule_d2 = {
	.id = "D2",
	.title = "data only under a version in use",
	.text = "No site entered data under a version of the forms before the date from which the site uses it.",
	.inputs = "audit records and MetaDataVersionRef of ODM files",
	.reads = TR_READS(TR_F_AUDIT_TIME, TR_F_USE_VERSION),
	.run = run,
};
