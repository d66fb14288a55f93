/* Consents: how many on each form, then site by site. */
#include <stdlib.h>

#include "trial/rules/approval.h"
#include "trial/rules/report.h"

/* Forms beside each other in a table of sites: what fits on a page. */
#define ACROSS 8

/* Of one form at one site. form: NULL when none is named or at hand. */
struct cell {
	const struct tr_case_record *form;
	struct vf_bytes site;
	size_t given, again, withdrawn, is_signed;
};

static int by_form(const struct cell *x, const struct cell *y)
{
	/* what names no form comes last */
	if (!x->form || !y->form)
		return (x->form == NULL) - (y->form == NULL);
	return (x->form > y->form) - (x->form < y->form);
}

static int by_cell(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;
	int order = by_form(x, y);

	return order ? order : vf_bytes_cmp(x->site, y->site);
}

static int by_site(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;
	int order = vf_bytes_cmp(x->site, y->site);

	return order ? order : by_form(x, y);
}

static void add(struct cell *to, const struct cell *more)
{
	to->given += more->given;
	to->again += more->again;
	to->withdrawn += more->withdrawn;
	to->is_signed += more->is_signed;
}

static VF_RC collect(const struct tr_case *c, struct cell **ret, size_t *ret_n, struct vf_err *reterr)
{
	struct cell *cells = calloc(c->n_records + 1, sizeof(*cells));
	size_t n = 0, merged = 0;

	if (!cells)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];

		if (!tr_is_consent(r) || r->is_erased || r->is_withheld)
			continue;
		cells[n++] = (struct cell){.form = tr_consent_form_of(c, r),
			.site = r->details ? r->details->site : vf_bytes("", 0),
			.given = r->kind == TR_CONSENT,
			.again = r->kind == TR_RE_CONSENT,
			.withdrawn = tr_case_linked(c, TR_WITHDRAWS, &r->id, 0) < c->n_records,
			.is_signed = tr_report_is_signed(c, r)};
	}
	qsort(cells, n, sizeof(*cells), by_cell);
	for (size_t i = 0; i < n; i++)
		if (merged && by_cell(&cells[merged - 1], &cells[i]) == 0)
			add(&cells[merged - 1], &cells[i]);
		else
			cells[merged++] = cells[i];
	*ret = cells;
	*ret_n = merged;
	return VF_OK;
}

static void put_form(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *form)
{
	if (!form) {
		vf_sink_str(s, "no form named, or not at hand");
		return;
	}
	if (form->details && form->details->language.n) {
		tr_report_text(s, form->details->language);
		vf_sink_str(s, " ");
	}
	tr_report_said(s, r, form, form->version);
	vf_sink_str(s, " ");
	tr_report_link(s, &form->id);
}

static void put_sum(struct vf_sink *s, const struct cell *x)
{
	const size_t all = x->given + x->again;

	vf_sink_putf(s, "<td class=\"number\">%zu</td><td class=\"number\">%zu</td><td class=\"number\">%zu</td><td class=\"number\">%zu of %zu</td></tr>\n",
		x->given, x->again, x->withdrawn, x->is_signed, all);
}

/* A row a form, with when the first board approved it. */
static void put_forms(struct vf_sink *s, const struct tr_report *r, const struct cell *cells, size_t n)
{
	struct cell all = {0};

	vf_sink_str(s, "<div class=\"wide\"><table><thead><tr><th>Form</th><th>Approved from</th><th class=\"number\">Consents</th><th class=\"number\">Given again</th>"
		       "<th class=\"number\">Withdrawn</th><th class=\"number\">Signed</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n;) {
		struct cell sum = cells[i];

		for (i++; i < n && by_form(&sum, &cells[i]) == 0; i++)
			add(&sum, &cells[i]);
		add(&all, &sum);
		vf_sink_str(s, "<tr><td>");
		put_form(s, r, sum.form);
		vf_sink_str(s, "</td><td>");
		if (sum.form) {
			struct tr_approval a = tr_approval_of(r->c, sum.form);
			char from[TR_DATED_LEN + 1];

			tr_dated_put(from, &a.from);
			vf_sink_str(s, a.record ? from : "no approval");
			vf_sink_str(s, " ");
			if (a.record)
				tr_report_link(s, &a.record->id);
		}
		vf_sink_str(s, "</td>");
		put_sum(s, &sum);
	}
	vf_sink_str(s, "</tbody><tfoot><tr><th>All forms</th><td></td>");
	put_sum(s, &all);
	vf_sink_str(s, "</tfoot></table></div>\n");
}

/* ---- sites ---- */

static void put_site(struct vf_sink *s, const struct cell *row, size_t n, const struct tr_case_record *const *forms, size_t n_forms)
{
	vf_sink_str(s, "<tr><th>");
	if (row->site.n)
		tr_report_text(s, row->site);
	else
		vf_sink_str(s, "not said");
	vf_sink_str(s, "</th>");
	for (size_t i = 0; i < n_forms; i++) {
		size_t at = 0;

		while (at < n && row[at].form != forms[i])
			at++;
		if (at < n)
			vf_sink_putf(s, "<td class=\"number\">%zu</td>", row[at].given + row[at].again);
		else
			vf_sink_str(s, "<td class=\"number soft\">–</td>");
	}
	vf_sink_str(s, "</tr>\n");
}

/* A row a site: cells are by site. */
static void put_sites(struct vf_sink *s, const struct tr_report *r, const struct cell *cells, size_t n, const struct tr_case_record *const *forms,
	size_t n_forms)
{
	vf_sink_str(s, "<div class=\"wide\"><table><thead><tr><th>Site</th>");
	for (size_t i = 0; i < n_forms; i++) {
		vf_sink_str(s, "<th class=\"number\">");
		put_form(s, r, forms[i]);
		vf_sink_str(s, "</th>");
	}
	vf_sink_str(s, "</tr></thead><tbody>\n");
	for (size_t i = 0, from = 0; i < n; i++)
		if (i + 1 == n || vf_bytes_cmp(cells[i + 1].site, cells[from].site) != 0) {
			put_site(s, cells + from, i + 1 - from, forms, n_forms);
			from = i + 1;
		}
	vf_sink_str(s, "</tbody></table></div>\n");
}

static VF_RC put_all_sites(struct vf_sink *s, const struct tr_report *r, struct cell *cells, size_t n, struct vf_err *reterr)
{
	const struct tr_case_record **forms = malloc((n + 1) * sizeof(*forms));
	size_t n_forms = 0;

	if (!forms)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_form(&cells[i - 1], &cells[i]) != 0)
			forms[n_forms++] = cells[i].form;
	qsort(cells, n, sizeof(*cells), by_site);
	vf_sink_str(s, "<h3>Site by site</h3><p class=\"soft\">Consents on each form, those given again among them.</p>\n");
	for (size_t i = 0; i < n_forms; i += ACROSS)
		put_sites(s, r, cells, n, forms + i, n_forms - i < ACROSS ? n_forms - i : ACROSS);
	free(forms);
	return VF_OK;
}

VF_RC tr_report_consents(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	struct cell *cells = NULL;
	size_t n = 0;
	enum vf_rc rc = collect(r->c, &cells, &n, reterr);

	if (rc != VF_OK)
		return rc;
	vf_sink_str(s, "<h2 id=\"consents\">Consents, by form and site</h2>\n");
	if (n == 0) {
		vf_sink_str(s, "<p>No consents are at hand.</p>\n");
	} else {
		vf_sink_str(s, "<p class=\"soft\">Records of consents, not persons: who consents again has two. Signed: by whoever submitted it, or "
			       "countersigned, with a signature that verifies. Erased and withheld ones are not counted.</p>\n");
		put_forms(s, r, cells, n);
		rc = put_all_sites(s, r, cells, n, reterr);
	}
	free(cells);
	return rc;
}
