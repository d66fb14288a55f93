#include "trial/rules/report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "trial/rules/approval.h"
#include "verify/text.h"

/* Records beyond which a list shows the first and last ones. */
#define LISTED 400

static const char style[] =
	":root{--ink:#1a1d21;--soft:#4f5761;--line:#d5dae0;--ground:#fff;--pale:#f5f7f9}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,'Segoe UI',Roboto,'Liberation Sans',"
	"'DejaVu Sans',Arial,sans-serif;overflow-wrap:break-word}\n"
	"main{max-width:64rem;margin:0 auto;padding:2rem 1.5rem 4rem}\n"
	"h1{font-size:1.75rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-bottom:2px solid "
	"var(--line);padding-bottom:.2rem}h3{font-size:1.05rem;margin:1.5rem 0 .3rem}\n"
	"p{margin:.5rem 0}.soft{color:var(--soft)}a{color:#1f4f86}\n"
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin:1.25rem 0}\n"
	".tile{border:1px solid;border-left-width:.5rem;border-radius:.35rem;padding:.5rem .8rem}\n"
	".tile b{display:block;font-size:1.6rem;line-height:1.2}\n"
	".FAIL{background:#fdf0ef;border-color:#b3261e;color:#8f1710}.INCONCLUSIVE{background:#fff7e3;border-color:#9a6a00;color:#6d4900}\n"
	".NOTE{background:#eef4fb;border-color:#2f6299;color:#23507f}.PASS{background:#eef8f0;border-color:#1c7a3a;color:#14602c}\n"
	".NA{background:var(--pale);border-color:var(--line);color:var(--soft)}\n"
	".verdict{display:inline-block;border:1px solid;border-radius:.25rem;padding:0 .45em;font-weight:600;font-size:.84em;white-space:nowrap}\n"
	"table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;font-size:.92rem}\n"
	"th,td{text-align:left;vertical-align:top;padding:.35rem .55rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\n"
	"thead th{background:var(--pale);border-bottom:2px solid var(--line)}td.number,th.number{text-align:right;white-space:nowrap}\n"
	"td.nowrap{white-space:nowrap}code,pre{font:.86em/1.5 ui-monospace,'Liberation Mono','DejaVu Sans Mono',monospace}\n"
	"pre{background:var(--pale);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap}\n"
	".rule{margin:.9rem 0;padding-left:.8rem;border-left:.25rem solid var(--line)}.rule p{margin:.25rem 0}\n"
	"ul.findings{margin:.3rem 0;padding-left:0;list-style:none}ul.findings li{margin:.35rem 0}\n"
	".first .verdict{min-width:8.9em;text-align:center}\n"
	"svg{width:100%;height:auto;display:block;margin:.5rem 0}\n"
	".wide{overflow-x:auto}.wide svg{min-width:40rem}\n"
	".limits{background:var(--pale);border-radius:.4rem;padding:.6rem 1.1rem;margin:1rem 0}\n"
	"footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--soft);font-size:.9rem}\n"
	"@media(max-width:44rem){main{padding:1rem 1rem 3rem}h1{font-size:1.4rem}.tiles{grid-template-columns:1fr 1fr}"
	"table{display:block;overflow-x:auto}th,td{overflow-wrap:normal;min-width:5rem}}\n"
	"@media print{@page{margin:16mm 14mm}.tiles{grid-template-columns:repeat(5,1fr)}.tile b{font-size:1.3rem}body{font-size:9.5pt}main{max-width:none;padding:0}*{-webkit-print-color-adjust:exact;"
	"print-color-adjust:exact}h2,h3{break-after:avoid}tr,.rule li,.tile{break-inside:avoid}.wide svg{min-width:0}thead{display:table-header-group}}\n";

/* ---- pieces ---- */

void tr_report_text(struct vf_sink *s, struct vf_bytes text)
{
	vf_sink_str(s, "<bdi>");
	vf_sink_html(s, text);
	vf_sink_str(s, "</bdi>");
}

void tr_report_link(struct vf_sink *s, const struct vf_hash *id)
{
	char shown[TR_CASE_SHORT + 1];

	tr_case_short(shown, id);
	vf_sink_putf(s, "<a href=\"#r%s\"><code>%s</code></a>", shown, shown);
}

static void put_time(struct vf_sink *s, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	if (ms == VF_TIME_NONE) {
		vf_sink_str(s, "–");
		return;
	}
	vf_time_put(text, ms);
	vf_sink_putf(s, "<time datetime=\"%s\">%.10s %.5s</time>", text, text, text + 11);
}

static void put_kind(struct vf_sink *s, const struct tr_case_record *r)
{
	if (r->kind == TR_OWN)
		tr_report_text(s, r->own_kind);
	else
		vf_sink_str(s, tr_kind_name(r->kind));
}

/* ---- the head ---- */

static int64_t last_anchor(const struct tr_case *c)
{
	int64_t last = VF_TIME_NONE;

	for (size_t i = 0; i < c->n_records; i++)
		if (c->records[i].anchored != VF_TIME_NONE && (last == VF_TIME_NONE || c->records[i].anchored > last))
			last = c->records[i].anchored;
	return last;
}

static void put_tile(struct vf_sink *s, const char *class, size_t n, const char *word, const char *about)
{
	vf_sink_putf(s, "<div class=\"tile %s\"><b>%zu</b>%s<br><span class=\"soft\">%s</span></div>\n", class, n, word, about);
}

static size_t rules_without(const struct tr_findings *f)
{
	const struct tr_rule *rule;
	size_t n = 0;

	for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++)
		n += tr_findings_sum(f, rule).worst == TR_NOT_APPLICABLE ? 1 : 0;
	return n;
}

static void put_head(struct vf_sink *s, const struct tr_report *r)
{
	struct tr_summary sum = tr_findings_sum(r->findings, NULL);

	vf_sink_str(s, "<header><p class=\"soft\">Inspection report</p><h1>Study ");
	tr_report_text(s, r->c->study);
	vf_sink_putf(s, "</h1><p class=\"soft\">%zu records from %s. Last time-stamp: ", r->c->n_records, r->source);
	put_time(s, last_anchor(r->c));
	vf_sink_str(s, " UTC. What is due is measured by ");
	put_time(s, r->c->as_of);
	vf_sink_str(s, " UTC. Rules " TR_RULE_SET ".</p></header>\n<div class=\"tiles\">\n");
	put_tile(s, "FAIL", sum.count[TR_FAIL], "FAIL", "a rule is broken");
	put_tile(s, "INCONCLUSIVE", sum.count[TR_UNDECIDED], "INCONCLUSIVE", "something is missing to decide");
	put_tile(s, "NOTE", sum.count[TR_PASS_NOTE], "PASS-NOTE", "in order, with a remark");
	put_tile(s, "PASS", sum.count[TR_PASS], "PASS", "in order");
	put_tile(s, "NA", rules_without(r->findings), "N/A", "rules with nothing to look at");
	vf_sink_str(s, "</div>\n");
}

/* On what the report rests. */
static void put_basis(struct vf_sink *s, const struct tr_report *r)
{
	vf_sink_putf(s, "<h2 id=\"basis\">What this rests on</h2>\n<p>%s</p>\n", r->proofs);
	vf_sink_str(s, "<p>What the study has laid down for the rules: ");
	if (r->parameters) {
		vf_sink_str(s, "record ");
		tr_report_link(s, &r->parameters->id);
		vf_sink_str(s, ", time-stamp ");
		put_time(s, r->parameters->anchored);
		vf_sink_str(s, ".</p>\n");
	} else {
		vf_sink_str(s, "nothing; where a rule needs it, it says so.</p>\n");
	}
}

/* ---- versions ---- */

static void put_links(struct vf_sink *s, const struct tr_case_record *r)
{
	for (size_t i = 0; i < r->n_links; i++) {
		vf_sink_putf(s, "%s%s ", i ? ", " : "", tr_link_name(r->links[i].type));
		tr_report_link(s, &r->links[i].record);
	}
}

static bool is_versioned(const struct tr_case_record *r)
{
	return r->kind == TR_REGISTRATION || r->kind == TR_PROTOCOL || r->kind == TR_AMENDMENT || r->kind == TR_CONSENT_FORM ||
		r->kind == TR_ANALYSIS_PLAN || r->kind == TR_ETHICS_APPROVAL || r->kind == TR_DATASET || r->kind == TR_RESULTS;
}

static void put_versions(struct vf_sink *s, const struct tr_case *c)
{
	vf_sink_str(s, "<h2 id=\"versions\">Versions, and what replaced what</h2>\n<table><thead><tr><th>Kind</th><th>Version</th><th>Title</th>"
		       "<th>Its own date</th><th>Time-stamp (UTC)</th><th>Record</th><th>Links</th><th>Now</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];

		if (!is_versioned(r))
			continue;
		vf_sink_str(s, "<tr><td>");
		put_kind(s, r);
		vf_sink_str(s, "</td><td>");
		tr_report_text(s, r->version);
		vf_sink_str(s, "</td><td>");
		tr_report_text(s, r->title);
		vf_sink_str(s, "</td><td class=\"nowrap\">");
		tr_report_text(s, r->date);
		vf_sink_str(s, "</td><td class=\"nowrap\">");
		put_time(s, r->anchored);
		vf_sink_str(s, "</td><td>");
		tr_report_link(s, &r->id);
		vf_sink_str(s, "</td><td>");
		put_links(s, r);
		vf_sink_putf(s, "</td><td>%s</td></tr>\n", r->is_erased ? "erased" : tr_case_is_superseded(c, r) ? "superseded" : "current");
	}
	vf_sink_str(s, "</tbody></table>\n");
}

/* ---- consents ---- */

/* Of one form at one site. */
struct cell {
	const struct tr_case_record *form;
	struct vf_bytes site;
	size_t consents, again, withdrawn;
};

static int by_cell(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->form != y->form)
		return x->form < y->form ? -1 : 1;
	return vf_bytes_cmp(x->site, y->site);
}

static VF_RC collect_cells(const struct tr_case *c, struct cell **ret, size_t *ret_n, struct vf_err *reterr)
{
	struct cell *cells = calloc(c->n_records + 1, sizeof(*cells));
	size_t n = 0, merged = 0;

	if (!cells)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];

		if (!tr_is_consent(r) || r->is_erased)
			continue;
		cells[n++] = (struct cell){.form = tr_consent_form_of(c, r),
			.site = r->details ? r->details->site : vf_bytes("", 0),
			.consents = r->kind == TR_CONSENT,
			.again = r->kind == TR_RE_CONSENT,
			.withdrawn = tr_case_linked(c, TR_WITHDRAWS, &r->id, 0) < c->n_records};
	}
	qsort(cells, n, sizeof(*cells), by_cell);
	for (size_t i = 0; i < n; i++) {
		if (merged && by_cell(&cells[merged - 1], &cells[i]) == 0) {
			cells[merged - 1].consents += cells[i].consents;
			cells[merged - 1].again += cells[i].again;
			cells[merged - 1].withdrawn += cells[i].withdrawn;
		} else {
			cells[merged++] = cells[i];
		}
	}
	*ret = cells;
	*ret_n = merged;
	return VF_OK;
}

static VF_RC put_consents(struct vf_sink *s, const struct tr_case *c, struct vf_err *reterr)
{
	struct cell *cells = NULL;
	size_t n = 0;
	enum vf_rc rc = collect_cells(c, &cells, &n, reterr);

	if (rc != VF_OK)
		return rc;
	vf_sink_str(s, "<h2 id=\"consents\">Consents, by form and site</h2>\n");
	if (n == 0)
		vf_sink_str(s, "<p>No consents are at hand.</p>\n");
	else
		vf_sink_str(s, "<table><thead><tr><th>Form</th><th>Language</th><th>Site</th><th class=\"number\">Consents</th><th class=\"number\">Given "
			       "again</th><th class=\"number\">Withdrawn</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n; i++) {
		vf_sink_str(s, "<tr><td>");
		if (cells[i].form) {
			vf_sink_str(s, "version ");
			tr_report_text(s, cells[i].form->version);
			vf_sink_str(s, " ");
			tr_report_link(s, &cells[i].form->id);
		} else {
			vf_sink_str(s, "a form that is not named or not at hand");
		}
		vf_sink_str(s, "</td><td>");
		if (cells[i].form && cells[i].form->details)
			tr_report_text(s, cells[i].form->details->language);
		vf_sink_str(s, "</td><td>");
		tr_report_text(s, cells[i].site);
		vf_sink_putf(s, "</td><td class=\"number\">%zu</td><td class=\"number\">%zu</td><td class=\"number\">%zu</td></tr>\n", cells[i].consents,
			cells[i].again, cells[i].withdrawn);
	}
	if (n)
		vf_sink_str(s, "</tbody></table>\n");
	free(cells);
	return VF_OK;
}

/* ---- streams ---- */

static int by_stream(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = memcmp(x->stream.b, y->stream.b, sizeof(x->stream.b));

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static void put_stream(struct vf_sink *s, const struct tr_case_record *const *p, size_t n)
{
	size_t erased = 0, gaps = 0;
	char id[TR_CASE_SHORT + 1];

	tr_case_short(id, &p[0]->stream);
	for (size_t i = 0; i < n; i++) {
		erased += p[i]->is_erased ? 1 : 0;
		gaps += p[i]->seq != (i ? p[i - 1]->seq + 1 : 0) ? 1 : 0;
	}
	vf_sink_putf(s, "<tr><td><code>%s</code></td><td class=\"number\">%zu</td><td class=\"number\">%" PRIu64 " to %" PRIu64
		"</td><td class=\"number\">%zu</td><td><span class=\"verdict %s\">%s</span></td></tr>\n",
		id, n, p[0]->seq, p[n - 1]->seq, erased, gaps ? "FAIL" : "PASS", gaps ? "a gap" : "no gap");
}

static VF_RC put_streams(struct vf_sink *s, const struct tr_case *c, struct vf_err *reterr)
{
	const struct tr_case_record **p = malloc((c->n_records + 1) * sizeof(*p));
	size_t n = 0;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	for (size_t i = 0; i < c->n_records; i++)
		if (c->records[i].in_stream)
			p[n++] = &c->records[i];
	qsort(p, n, sizeof(*p), by_stream);
	vf_sink_str(s, "<h2 id=\"streams\">Is anything missing?</h2>\n<p>Each submitter's records are numbered and chained: a record that was left out or "
		       "taken away shows as a gap. Nobody can see records that were never notarised.</p>\n<table><thead><tr><th>Stream</th><th "
		       "class=\"number\">Records</th><th class=\"number\">Numbers</th><th class=\"number\">Erased</th><th>Complete</th></tr></thead><tbody>\n");
	for (size_t i = 0, from = 0; i < n; i++)
		if (i + 1 == n || !vf_hash_eq(&p[i + 1]->stream, &p[from]->stream)) {
			put_stream(s, p + from, i + 1 - from);
			from = i + 1;
		}
	vf_sink_str(s, "</tbody></table>\n");
	free(p);
	return VF_OK;
}

/* ---- records ---- */

/* 21 CFR 11.50: the meaning stands beside the name; the time is in the signature. */
static void put_signer(struct vf_sink *s, const struct tr_case_record *r)
{
	tr_report_text(s, r->signer);
	if (r->meaning.n == 0)
		return;
	vf_sink_str(s, " (");
	vf_sink_html(s, r->meaning);
	vf_sink_str(s, ")");
}

/* Who signed a record about a person may be that person. */
static void put_record(struct vf_sink *s, const struct tr_case_record *r, bool subjects)
{
	char id[TR_CASE_SHORT + 1];

	tr_case_short(id, &r->id);
	vf_sink_putf(s, "<tr id=\"r%s\"><td><code>", id);
	vf_sink_hex(s, vf_bytes(r->id.b, sizeof(r->id.b)));
	vf_sink_str(s, "</code></td><td>");
	put_kind(s, r);
	vf_sink_str(s, "</td><td class=\"number\">");
	if (r->index == UINT64_MAX)
		vf_sink_str(s, r->is_erased ? "not known" : "waits");
	else
		vf_sink_putf(s, "%" PRIu64, r->index);
	vf_sink_str(s, "</td><td class=\"nowrap\">");
	put_time(s, r->anchored);
	vf_sink_str(s, "</td><td>");
	if (r->signer.n && (subjects || !tr_kind_is_personal(r->kind)))
		put_signer(s, r);
	else if (r->signer.n)
		vf_sink_str(s, "signed");
	vf_sink_str(s, r->is_erased ? "erased" : r->is_withheld ? "withheld" : "");
	vf_sink_str(s, "</td></tr>\n");
}

static void put_records(struct vf_sink *s, const struct tr_report *report)
{
	const struct tr_case *c = report->c;

	vf_sink_str(s, "<h2 id=\"records\">All records</h2>\n<table><thead><tr><th>ID</th><th>Kind</th><th class=\"number\">In the log</th><th>Time-stamp "
		       "(UTC)</th><th>Signed by</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < c->n_records; i++) {
		if (c->n_records > LISTED && i == LISTED / 2) {
			vf_sink_putf(s, "<tr><td colspan=\"5\" class=\"soft\">%zu records between these are not listed here: 'trialnotary list' shows them</td></tr>\n",
				c->n_records - LISTED);
			i = c->n_records - LISTED / 2;
		}
		put_record(s, &c->records[i], report->subjects);
	}
	vf_sink_str(s, "</tbody></table>\n");
}

/* ---- the end ---- */

static void put_limits(struct vf_sink *s, const struct tr_case *c)
{
	size_t absent = 0, unread = 0, broken = 0;

	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = 0; j < c->records[i].n_files; j++) {
			const struct tr_case_file *f = &c->records[i].files[j];

			absent += f->at_hand ? 0 : 1;
			unread += f->at_hand && !f->facts.reader ? 1 : 0;
			broken += f->facts.rc != VF_OK && f->facts.rc != VF_NOT_CHECKED ? 1 : 0;
		}
	vf_sink_str(s, "<h2 id=\"limits\">What was not checked</h2>\n<div class=\"limits\"><ul>\n");
	vf_sink_putf(s, "<li>%zu documents are not at hand (withheld, erased, or elsewhere): nothing is known of what they say.</li>\n", absent);
	vf_sink_putf(s, "<li>%zu documents are of no format that is read: their octets are proven, what they say was not looked at.</li>\n", unread);
	if (broken)
		vf_sink_putf(s, "<li>%zu documents are not in the form of their format: what could be read counts.</li>\n", broken);
	if (!c->is_whole)
		vf_sink_str(s, "<li>Not all records of the study are at hand.</li>\n");
	vf_sink_str(s, "<li>Whether what a document says is true, whether a translation says the same, whether a text that changed its words changed its "
		       "meaning.</li>\n<li>A time-stamp says that something was there no later; it never says that it was not there earlier.</li>\n"
		       "<li>Records that nobody notarised.</li>\n</ul></div>\n");
}

static void put_by_hand(struct vf_sink *s)
{
	vf_sink_str(s, "<h2 id=\"by-hand\">How to check a claim yourself</h2>\n<p>Each finding names the records behind it. A record is proven by its bundle, "
		       "offline, with the program <code>trialverify</code> or with <code>openssl</code>, <code>unzip</code> and <code>sha256sum</code> alone "
		       "(docs/verify-by-hand.md):</p>\n<pre>trialnotary export NOTARY RECORD -o record.asice\ntrialverify --trust TRUST record.asice\n"
		       "trialnotary describe --places DOCUMENT     # the facts that the rules work on, and where they stand\n"
		       "trialnotary check NOTARY --study STUDY     # the findings again</pre>\n");
}

VF_RC tr_report_put(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	enum vf_rc rc;

	vf_sink_str(s, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\"><title>Inspection report: ");
	vf_sink_html(s, r->c->study);
	vf_sink_str(s, "</title><style>\n");
	vf_sink_str(s, style);
	vf_sink_str(s, "</style></head><body><main>\n");
	put_head(s, r);
	tr_report_first(s, r);
	tr_report_timeline(s, r->c);
	tr_report_findings(s, r);
	rc = tr_report_outcomes(s, r->c, reterr);
	if (rc == VF_OK)
		rc = put_consents(s, r->c, reterr);
	if (rc != VF_OK)
		return rc;
	put_versions(s, r->c);
	rc = put_streams(s, r->c, reterr);
	if (rc != VF_OK)
		return rc;
	put_limits(s, r->c);
	put_basis(s, r);
	put_by_hand(s);
	put_records(s, r);
	vf_sink_str(s, "<footer>Rules never change what a proof proves. Made by trialnotary; the same records give the same report.</footer>\n</main></body></html>\n");
	return VF_OK;
}
