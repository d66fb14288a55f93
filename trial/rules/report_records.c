/* Records: versions and what replaced what, streams, and all of them. */
#include <inttypes.h>
#include <stdlib.h>

#include "trial/rules/report.h"

/* Records and streams beyond which a list shows the first and last ones. */
#define LISTED 400
/* Of the others, those that something above leads to. */
#define CITED 2000
/* Links of a record that are shown one by one. */
#define SHOWN_LINKS 12

/* ---- versions ---- */

static void put_links(struct vf_sink *s, const struct tr_case_record *r)
{
	for (size_t i = 0; i < r->n_links && i < SHOWN_LINKS; i++) {
		vf_sink_putf(s, "%s%s ", i ? "<br>" : "", tr_link_name(r->links[i].type));
		tr_report_link(s, &r->links[i].record);
	}
	if (r->n_links > SHOWN_LINKS)
		vf_sink_putf(s, "<br>and %zu more", r->n_links - SHOWN_LINKS);
}

static bool is_versioned(const struct tr_case_record *r)
{
	return r->kind == TR_REGISTRATION || r->kind == TR_PROTOCOL || r->kind == TR_AMENDMENT || r->kind == TR_CONSENT_FORM ||
		r->kind == TR_ANALYSIS_PLAN || r->kind == TR_ETHICS_APPROVAL || r->kind == TR_DATASET || r->kind == TR_RESULTS;
}

/* "replaced by …": the first record that supersedes it. */
static void put_now(struct vf_sink *s, const struct tr_case *c, const struct tr_case_record *r)
{
	size_t by = tr_case_linked(c, TR_SUPERSEDES, &r->id, 0);

	if (r->is_erased || r->is_withheld) {
		vf_sink_str(s, r->is_erased ? "erased" : "withheld");
	} else if (by < c->n_records) {
		vf_sink_str(s, "replaced by ");
		tr_report_link(s, &c->records[by].id);
	} else {
		vf_sink_str(s, "current");
	}
}

static void put_version(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *of)
{
	vf_sink_str(s, "<tr><td>");
	tr_report_kind(s, of);
	vf_sink_str(s, " ");
	tr_report_said(s, r, of, of->version);
	vf_sink_str(s, "</td><td>");
	/* said once */
	if (of->version.n == 0 || !tr_report_is_named(r, of))
		tr_report_said(s, r, of, of->title);
	vf_sink_str(s, "</td><td>");
	tr_report_text(s, of->date);
	vf_sink_str(s, "</td><td class=\"nowrap\">");
	tr_report_time(s, of->anchored);
	vf_sink_str(s, "</td><td>");
	tr_report_link(s, &of->id);
	vf_sink_str(s, "</td><td>");
	put_links(s, of);
	vf_sink_str(s, "</td><td>");
	put_now(s, r->c, of);
	vf_sink_str(s, "</td><td>");
	tr_report_signers(s, r, of);
	vf_sink_str(s, "</td></tr>\n");
}

/* By kind, in the order of a study; within a kind in that of the log. */
void tr_report_versions(struct vf_sink *s, const struct tr_report *r)
{
	static const enum tr_kind kinds[] = {TR_REGISTRATION, TR_PROTOCOL, TR_AMENDMENT, TR_CONSENT_FORM, TR_ETHICS_APPROVAL, TR_ANALYSIS_PLAN,
		TR_DATASET, TR_RESULTS};
	size_t n = 0, k = 0;

	for (size_t i = 0; i < r->c->n_records; i++)
		n += is_versioned(&r->c->records[i]) ? 1 : 0;
	vf_sink_str(s, "<h2 id=\"versions\">Versions, and what replaced what</h2>\n");
	if (n == 0) {
		vf_sink_str(s, "<p>No protocol, form, approval, plan, data set or results are at hand.</p>\n");
		return;
	}
	vf_sink_str(s, "<div class=\"wide\"><table><thead><tr><th>Kind and version</th><th>Title</th><th>Its own date</th><th>Time-stamp (UTC)</th>"
		       "<th>Record</th><th>Links</th><th>Now</th><th>Signed by</th></tr></thead><tbody>\n");
	for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++)
		for (size_t i = tr_case_next(r->c, kinds[at], 0); i < r->c->n_records; i = tr_case_next(r->c, kinds[at], i + 1))
			if (k++ < LISTED)
				put_version(s, r, &r->c->records[i]);
	if (k > LISTED)
		vf_sink_putf(s, "<tr><td colspan=\"8\" class=\"soft\">and %zu more: 'trialnotary list' shows them</td></tr>\n", k - LISTED);
	vf_sink_str(s, "</tbody></table></div>\n");
}

/* ---- streams ---- */

static int by_stream(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = memcmp(x->stream.b, y->stream.b, sizeof(x->stream.b));

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

/* A stream, from its first record on. */
struct stream {
	size_t n, erased, gaps;
};

static struct stream look_at(const struct tr_case_record *const *p, size_t n)
{
	struct stream x = {.n = n};

	for (size_t i = 0; i < n; i++) {
		x.erased += p[i]->is_erased ? 1 : 0;
		x.gaps += p[i]->seq != (i ? p[i - 1]->seq + 1 : 0) ? 1 : 0;
	}
	return x;
}

static void put_stream(struct vf_sink *s, const struct tr_case_record *const *p, const struct stream *x)
{
	char id[TR_CASE_SHORT + 1];

	tr_case_short(id, &p[0]->stream);
	vf_sink_putf(s, "<tr><td><code>%s</code></td><td class=\"number\">%zu</td><td class=\"number\">%" PRIu64 " to %" PRIu64
		"</td><td class=\"number\">%zu</td><td><span class=\"verdict %s\">%s</span></td></tr>\n",
		id, x->n, p[0]->seq, p[x->n - 1]->seq, x->erased, x->gaps ? "FAIL" : "PASS", x->gaps ? "a gap" : "no gap");
}

static size_t end_of(const struct tr_case_record *const *p, size_t n, size_t from)
{
	size_t to = from + 1;

	while (to < n && vf_hash_eq(&p[to]->stream, &p[from]->stream))
		to++;
	return to;
}

/* Streams with a gap first; of the others as many as a page holds. */
static void put_some_streams(struct vf_sink *s, const struct tr_case_record *const *p, size_t n)
{
	size_t shown = 0, more = 0;

	for (int gaps = 1; gaps >= 0; gaps--)
		for (size_t from = 0; from < n; from = end_of(p, n, from)) {
			struct stream x = look_at(p + from, end_of(p, n, from) - from);

			if ((x.gaps > 0) != gaps)
				continue;
			if (shown++ < LISTED)
				put_stream(s, p + from, &x);
			else
				more++;
		}
	if (more)
		vf_sink_putf(s, "<tr><td colspan=\"5\" class=\"soft\">and %zu more</td></tr>\n", more);
}

VF_RC tr_report_streams(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	const struct tr_case *c = r->c;
	const struct tr_case_record **p = malloc((c->n_records + 1) * sizeof(*p));
	size_t n = 0;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	for (size_t i = 0; i < c->n_records; i++)
		if (c->records[i].in_stream)
			p[n++] = &c->records[i];
	qsort(p, n, sizeof(*p), by_stream);
	vf_sink_str(s, "<h2 id=\"streams\">Is anything missing?</h2>\n<p>Each submitter's records are numbered from 0 and chained: a record that was left out or "
		       "taken away shows as a gap, and an erased one keeps its place. Nobody can see records that were never notarised.</p>\n");
	if (n == 0) {
		vf_sink_str(s, "<p>No record at hand says where it stands in a stream.</p>\n");
	} else {
		vf_sink_str(s, "<table><thead><tr><th>Stream</th><th class=\"number\">Records</th><th class=\"number\">Numbers</th><th class=\"number\">"
			       "Erased</th><th>Complete</th></tr></thead><tbody>\n");
		put_some_streams(s, p, n);
		vf_sink_str(s, "</tbody></table>\n<p class=\"soft\">\"No gap\" is said of the numbers up to the last one at hand: whether there are later ones, the "
			       "notary's log shows ('trialnotary log audit').</p>\n");
	}
	free(p);
	return VF_OK;
}

/* ---- all records ---- */

/* What its statement says it is. */
static void put_texts(struct vf_sink *s, const struct tr_report *report, const struct tr_case_record *r)
{
	if (r->version.n) {
		vf_sink_str(s, " ");
		tr_report_said(s, report, r, r->version);
	}
	/* that it names somebody is said once */
	if (r->title.n && (r->version.n == 0 || !tr_report_is_named(report, r))) {
		vf_sink_str(s, "<br><span class=\"soft\">");
		tr_report_said(s, report, r, r->title);
		vf_sink_str(s, "</span>");
	}
}

static void put_record(struct vf_sink *s, const struct tr_report *report, const struct tr_case_record *r)
{
	char id[TR_CASE_SHORT + 1];

	tr_case_short(id, &r->id);
	vf_sink_putf(s, "<tr id=\"r%s\"><td><code class=\"id\">", id);
	vf_sink_hex(s, vf_bytes(r->id.b, sizeof(r->id.b)));
	vf_sink_str(s, "</code></td><td>");
	tr_report_kind(s, r);
	if (r->is_erased || r->is_withheld)
		vf_sink_str(s, r->is_erased ? "<br>erased" : "<br>withheld");
	else if (!tr_kind_is_personal(r->kind))
		put_texts(s, report, r);
	vf_sink_str(s, "</td><td class=\"number\">");
	if (r->index == UINT64_MAX)
		vf_sink_str(s, r->is_erased ? "not known" : "waits");
	else
		vf_sink_putf(s, "%" PRIu64, r->index);
	vf_sink_str(s, "</td><td class=\"nowrap\">");
	tr_report_time(s, r->anchored);
	vf_sink_str(s, "</td><td>");
	tr_report_signers(s, report, r);
	vf_sink_str(s, "</td></tr>\n");
}

/* In a long list, what is near neither end but is read about above: findings that are not in order, a few that are, versions. */
static void find_cited(const struct tr_report *r, bool *listed)
{
	const struct tr_case *c = r->c;
	const struct tr_rule *rule = NULL;
	size_t n = 0, passed = 0;

	for (size_t i = 0; i < c->n_records; i++)
		listed[i] = c->n_records <= LISTED || i < LISTED / 2 || i >= c->n_records - LISTED / 2;
	for (size_t i = 0; i < r->findings->n && n < CITED; i++) {
		const struct tr_finding *x = &r->findings->p[i];

		passed = x->rule != rule ? 0 : passed;
		rule = x->rule;
		if (x->verdict <= TR_PASS && passed++ >= 3)
			continue;
		for (size_t j = 0; j < x->n_records; j++) {
			const struct tr_case_record *of = tr_case_record(c, &x->records[j]);

			n += of && !listed[of - c->records] ? 1 : 0;
			if (of)
				listed[of - c->records] = true;
		}
	}
	for (size_t i = 0; i < c->n_records && n < CITED; i++) {
		n += is_versioned(&c->records[i]) && !listed[i] ? 1 : 0;
		listed[i] |= is_versioned(&c->records[i]);
	}
}

VF_RC tr_report_records(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	const struct tr_case *c = r->c;
	bool *listed = malloc((c->n_records + 1) * sizeof(*listed));
	size_t left = 0;

	if (!listed)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	find_cited(r, listed);
	vf_sink_str(s, "<h2 id=\"records\">All records</h2>\n<p class=\"soft\">In the order of the log, which is proven and needs no clock. Times are UTC.</p>\n"
		       "<div class=\"wide\"><table class=\"records\"><thead><tr><th>ID</th><th>Kind and title</th><th class=\"number\">In the log</th><th>Time-stamp</th>"
		       "<th>Signed by</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < c->n_records; i++) {
		if (listed[i])
			put_record(s, r, &c->records[i]);
		else
			left++;
		if (left && (i + 1 == c->n_records || listed[i + 1])) {
			vf_sink_putf(s, "<tr><td colspan=\"5\" class=\"soft\">%zu %s not listed here: 'trialnotary list' shows %s</td></tr>\n", left,
				left == 1 ? "record is" : "records are", left == 1 ? "it" : "them");
			left = 0;
		}
	}
	vf_sink_str(s, "</tbody></table></div>\n");
	free(listed);
	return VF_OK;
}
