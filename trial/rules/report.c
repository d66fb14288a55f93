#include "trial/rules/report.h"
#include "trial/rules/study.h"

#include <stdlib.h>

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
	"th,td{text-align:left;vertical-align:top;padding:.35rem .55rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}\n"
	"tfoot th,tfoot td{border-top:2px solid var(--line)}code.id{overflow-wrap:anywhere}.records td:first-child{width:18.5em;min-width:18.5em}\n"
	"thead th{background:var(--pale);border-bottom:2px solid var(--line)}td.number,th.number{text-align:right}td.number{white-space:nowrap}\n"
	"td.nowrap{white-space:nowrap}code,pre{font:.86em/1.5 ui-monospace,'Liberation Mono','DejaVu Sans Mono',monospace}\n"
	"pre{background:var(--pale);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap}\n"
	".rule{margin:.9rem 0;padding-left:.8rem;border-left:.25rem solid var(--line)}.rule p{margin:.25rem 0}\n"
	"ul.findings{margin:.3rem 0;padding-left:0;list-style:none}ul.findings li{margin:.35rem 0}\n"
	".first .verdict{min-width:8.9em;text-align:center}\n"
	"svg{width:100%;height:auto;display:block;margin:.5rem 0}\n"
	".wide{overflow-x:auto}.wide svg{min-width:40rem}\n"
	".limits{background:var(--pale);border-radius:.4rem;padding:.6rem 1.1rem;margin:1rem 0}\n"
	"footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--soft);font-size:.9rem}\n"
	".todo{margin:.15rem 0 .15rem;padding-left:.7rem;border-left:.2rem solid var(--line)}.todo b{font-weight:600}\n"
	"nav{font-size:.92rem;margin:.5rem 0 0}nav a{margin-right:1.1em;white-space:nowrap}\n"
	"@media screen and (max-width:44rem){main{padding:1rem 1rem 3rem}h1{font-size:1.4rem}.tiles{grid-template-columns:1fr 1fr}"
	".first .verdict{min-width:0}nav a{display:inline-block}.wide table{min-width:38rem}}\n"
	"@media print{@page{margin:16mm 14mm}body{font-size:9.5pt}main{max-width:none;padding:0}nav{display:none}a{color:inherit;text-decoration:none}"
	".tiles{grid-template-columns:repeat(5,1fr)}.tile b{font-size:1.3rem}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
	"h2,h3{break-after:avoid}tr,.rule li,.first li,.tile,.todo,svg,pre{break-inside:avoid}thead{display:table-header-group}tfoot{display:table-row-group}"
	".wide{overflow:visible}.wide svg{min-width:0}table{font-size:8.5pt}th,td{padding:.25rem .4rem}}\n";

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

static void put_contents(struct vf_sink *s)
{
	vf_sink_str(s, "<nav><a href=\"#first\">What to look at first</a><a href=\"#timeline\">The study over time</a><a href=\"#findings\">Findings</a>"
		       "<a href=\"#consents\">Consents</a><a href=\"#versions\">Versions</a><a href=\"#streams\">Completeness</a>"
		       "<a href=\"#limits\">What was not checked</a><a href=\"#by-hand\">Check it yourself</a><a href=\"#records\">All records</a></nav>\n");
}

static void put_head(struct vf_sink *s, const struct tr_report *r)
{
	struct tr_summary sum = tr_findings_sum(r->findings, NULL);

	vf_sink_str(s, "<header><p class=\"soft\">Inspection report</p><h1>Study ");
	tr_report_text(s, r->c->study);
	vf_sink_putf(s, "</h1><p class=\"soft\">%zu %s from %s. ", r->c->n_records, r->c->n_records == 1 ? "record" : "records", r->source);
	if (last_anchor(r->c) == VF_TIME_NONE) {
		vf_sink_str(s, "No record has a time-stamp yet");
	} else {
		vf_sink_str(s, "The last time-stamp is of ");
		tr_report_time(s, last_anchor(r->c));
		vf_sink_str(s, " UTC");
	}
	vf_sink_str(s, ". Whether something is overdue is measured by ");
	tr_report_time(s, r->c->as_of);
	vf_sink_str(s, " UTC. Rules of the edition " TR_RULE_SET ".</p>\n");
	put_contents(s);
	vf_sink_str(s, "</header>\n<div class=\"tiles\">\n");
	put_tile(s, "FAIL", sum.count[TR_FAIL], "FAIL", "what a rule asks is not so");
	put_tile(s, "INCONCLUSIVE", sum.count[TR_UNDECIDED], "INCONCLUSIVE", "something is missing to decide");
	put_tile(s, "NOTE", sum.count[TR_PASS_NOTE], "PASS-NOTE", "in order, with a remark");
	put_tile(s, "PASS", sum.count[TR_PASS], "PASS", "in order");
	put_tile(s, "NA", rules_without(r->findings), "N/A", "rules with nothing to look at");
	vf_sink_str(s, "</div>\n");
}

/* On what the report rests. */
static void put_basis(struct vf_sink *s, const struct tr_report *r)
{
	char said[TR_STUDY_SAID_LEN + 1];

	vf_sink_putf(s, "<h2 id=\"basis\">What this rests on</h2>\n<p>%s</p>\n", r->proofs);
	vf_sink_str(s, "<p>What the study has laid down for the rules: ");
	if (r->parameters) {
		vf_sink_str(s, "record ");
		tr_report_link(s, &r->parameters->id);
		vf_sink_str(s, ", time-stamp ");
		tr_report_time(s, r->parameters->anchored);
		tr_study_parameters(said, r->c, r->parameters);
		if (said[0])
			vf_sink_putf(s, ". <b>Ask why</b>: %s", said);
		vf_sink_str(s, ".</p>\n");
	} else if (r->parameters_absent) {
		vf_sink_str(s, "<strong>not at hand</strong>. Record ");
		tr_report_link(s, &r->parameters_absent->id);
		vf_sink_str(s, " lays it down, and its " TR_PARAMETERS_NAME " or its details were not there when this report was made. "
			"So rules that need it are not decided.</p>\n");
	} else {
		vf_sink_str(s, "nothing; where a rule needs it, it says so.</p>\n");
	}
}

/* ---- the end ---- */

/* "<li>3 documents are …</li>"; nothing when there are none. */
static void put_number(struct vf_sink *s, size_t n, const char *one, const char *many, const char *rest)
{
	if (n)
		vf_sink_putf(s, "<li>%zu %s %s</li>\n", n, n == 1 ? one : many, rest);
}

static void put_limits(struct vf_sink *s, const struct tr_case *c)
{
	size_t absent = 0, unread = 0, broken = 0, withheld = 0, waiting = 0, signers = 0;

	for (size_t i = 0; i < c->n_records; i++) {
		withheld += c->records[i].is_withheld ? 1 : 0;
		signers += c->records[i].signer.n ? 1 : 0;
		waiting += c->records[i].anchored == VF_TIME_NONE && !c->records[i].is_erased && !c->records[i].is_withheld ? 1 : 0;
		for (size_t j = 0; j < c->records[i].n_files; j++) {
			const struct tr_case_file *f = &c->records[i].files[j];

			absent += f->at_hand ? 0 : 1;
			unread += f->at_hand && !f->facts.reader ? 1 : 0;
			broken += f->facts.rc != VF_OK && f->facts.rc != VF_NOT_CHECKED ? 1 : 0;
		}
	}
	vf_sink_str(s, "<h2 id=\"limits\">What was not checked</h2>\n<div class=\"limits\"><ul>\n");
	if (!c->is_whole)
		vf_sink_str(s, "<li>Not all records of the study are at hand.</li>\n");
	put_number(s, withheld, "record is", "records are", "withheld from whoever made this report: nothing but the place is known.");
	put_number(s, absent, "document is", "documents are", "not at hand (withheld, erased, or elsewhere): nothing is known of what it says.");
	put_number(s, unread, "document is", "documents are", "of no format that is read, such as a text or a picture: the octets are proven, what they say was not looked at.");
	put_number(s, broken, "document is", "documents are", "not in the form of the format: what could be read counts.");
	put_number(s, signers, "record is", "records are",
		"signed under a name that the signer gave: nobody was asked who vouches for it. trialverify says whose key it was, with the roots of a trust directory.");
	put_number(s, waiting, "record has", "records have", "no time-stamp yet.");
	vf_sink_str(s, "<li>Whether what a document says is true, whether a translation says the same, whether a text that changed its words changed its "
		       "meaning.</li>\n<li>Whether something was there earlier than its time-stamp: it only says that it was there no later.</li>\n"
		       "<li>What nobody notarised.</li>\n</ul></div>\n");
}

static void put_by_hand(struct vf_sink *s)
{
	vf_sink_str(s, "<h2 id=\"by-hand\">How to check a claim yourself</h2>\n<p>Each finding names the records behind it. A record is proven by its bundle: one "
		       "file that you ask the study for, and check without a network and without trusting the study. Give the eight letters and digits "
		       "of the record.</p>\n<ol><li>The study exports the record, and you get its file:<pre>trialnotary export NOTARY RECORD -o record.asice</pre></li>\n"
		       "<li>You check it. It says VERIFIED, and no later than when the record existed:<pre>trialverify --trust TRUST record.asice</pre>"
		       "<span class=\"soft\">TRUST is a folder with the keys and rules by which you judge; get it once, from somebody you trust. Without our "
		       "programs: <code>openssl</code>, <code>unzip</code> and <code>sha256sum</code> are enough (docs/verify-by-hand.md).</span></li>\n"
		       "<li>You look at what the document says, and where it says it:<pre>trialnotary describe --places DOCUMENT</pre></li>\n"
		       "<li>You ask for the findings again:<pre>trialnotary check NOTARY --study STUDY</pre></li></ol>\n");
}

static VF_RC put_body(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	enum vf_rc rc;

	put_head(s, r);
	tr_report_first(s, r);
	tr_report_timeline(s, r);
	tr_report_findings(s, r);
	rc = tr_report_outcomes(s, r, reterr);
	if (rc == VF_OK)
		rc = tr_report_consents(s, r, reterr);
	if (rc != VF_OK)
		return rc;
	tr_report_versions(s, r);
	rc = tr_report_streams(s, r, reterr);
	if (rc != VF_OK)
		return rc;
	put_limits(s, r->c);
	put_basis(s, r);
	put_by_hand(s);
	return tr_report_records(s, r, reterr);
}

VF_RC tr_report_put(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	struct tr_report own = *r;
	bool *named = NULL;
	enum vf_rc rc = tr_report_find_named(&own, &named, reterr);

	if (rc != VF_OK)
		return rc;
	vf_sink_str(s, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\"><title>Inspection report: ");
	vf_sink_html(s, r->c->study);
	vf_sink_str(s, "</title><style>\n");
	vf_sink_str(s, style);
	vf_sink_str(s, "</style></head><body><main>\n");
	rc = put_body(s, &own, reterr);
	vf_sink_str(s, "<footer>Rules never change what a proof proves. Made by trialnotary; the same records give the same report.</footer>\n</main></body></html>\n");
	free(named);
	return rc;
}
