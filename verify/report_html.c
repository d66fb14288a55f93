#include "verify/report_html.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"

/*
 * Colours are chosen for a contrast of at least 4.5 to 1 on their ground, and
 * repeat what a word says. Nothing is fetched: no font, image or script.
 */
static const char style[] =
	":root{--ink:#1a1d21;--soft:#4f5761;--line:#d5dae0;--ground:#fff;--pale:#f5f7f9}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,'Segoe UI',Roboto,"
	"'Liberation Sans','DejaVu Sans',Arial,sans-serif;overflow-wrap:break-word}\n"
	"main{max-width:60rem;margin:0 auto;padding:2rem 1.5rem 4rem}\n"
	"h1{font-size:1.75rem;line-height:1.25;margin:0 0 .25rem}\n"
	"h2{font-size:1.35rem;line-height:1.3;margin:0 0 .75rem}\n"
	"h3{font-size:1.1rem;margin:2rem 0 .5rem}\n"
	"p{margin:.5rem 0}\n"
	"section.result{margin-top:2.5rem}\n"
	"section.result+section.result{border-top:2px solid var(--line);padding-top:2.5rem}\n"
	".soft{color:var(--soft)}\n"
	".banner{border:1px solid;border-left-width:.6rem;border-radius:.4rem;padding:1rem 1.25rem;margin:0 0 1rem}\n"
	".banner .word{font-size:1.7rem;font-weight:700;line-height:1.2;letter-spacing:.02em;margin:0}\n"
	".banner .sign{display:inline-block;min-width:1.3em}\n"
	".banner p{margin:.4rem 0 0}\n"
	".VERIFIED{background:#eef8f0;border-color:#1c7a3a}.VERIFIED .word{color:#14602c}\n"
	".REJECTED{background:#fdf0ef;border-color:#b3261e}.REJECTED .word{color:#a01b14}\n"
	".INDETERMINATE,.NONE{background:#fff7e3;border-color:#9a6a00}.INDETERMINATE .word,.NONE .word{color:#7a5200}\n"
	".INTACT{background:#eef4fb;border-color:#2f6299}.INTACT .word{color:#23507f}\n"
	"table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;font-size:.94rem}\n"
	"th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}\n"
	"td,code,bdi{overflow-wrap:anywhere}\n"
	"header{margin-bottom:1.75rem}\n"
	"a{color:#1f4f86}\n"
	"thead th{background:var(--pale);border-bottom:2px solid var(--line);font-weight:600}\n"
	"tbody th{font-weight:600}\n"
	"table.facts th{width:11rem;color:var(--soft);font-weight:600}\n"
	"caption{text-align:left;color:var(--soft);padding:0 0 .35rem}\n"
	"td.number{text-align:right;white-space:nowrap}\n"
	"code{font:.86em/1.45 ui-monospace,'Liberation Mono','DejaVu Sans Mono',monospace}\n"
	".code{display:inline-block;font:600 .8em/1.5 ui-monospace,'Liberation Mono','DejaVu Sans Mono',monospace;"
	"background:var(--pale);border:1px solid var(--line);border-radius:.25rem;padding:0 .4em}\n"
	".reason{border-left:.25rem solid var(--line);padding:.1rem 0 .1rem .9rem;margin:.9rem 0}\n"
	".reason p{margin:.25rem 0}\n"
	".bad{color:#a01b14;font-weight:600}.open{color:#7a5200;font-weight:600}.good{color:#14602c;font-weight:600}\n"
	".limits{background:var(--pale);border-radius:.4rem;padding:.6rem 1.1rem;margin:1rem 0}\n"
	".limits ul{margin:.25rem 0;padding-left:1.2rem}\n"
	"footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--soft);font-size:.9rem}\n"
	"@media print{@page{margin:18mm 16mm}body{font-size:10pt}main{max-width:none;padding:0}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
	"section.result{break-before:page}section.result:only-of-type{break-before:auto;margin-top:0}"
	".sheet{break-before:page}.banner,.reason,.limits,tr{break-inside:avoid}h2,h3{break-after:avoid}"
	"thead{display:table-header-group}}\n";

static void put(struct vf_sink *s, const char *html)
{
	vf_sink_str(s, html);
}

/* Text of any origin: escaped, and kept from changing the direction of what stands around it. */
void vf_html_text(struct vf_sink *s, struct vf_bytes text)
{
	put(s, "<bdi>");
	vf_sink_html(s, text);
	put(s, "</bdi>");
}

void vf_html_quoted(struct vf_sink *s, struct vf_bytes text)
{
	put(s, "“");
	vf_html_text(s, text);
	put(s, "”");
}

static void put_str(struct vf_sink *s, const char *text)
{
	vf_sink_html(s, vf_bytes_str(text));
}

void vf_html_hash(struct vf_sink *s, const struct vf_hash *h)
{
	put(s, "<code>");
	vf_sink_hex(s, vf_bytes(h->b, sizeof(h->b)));
	put(s, "</code>");
}

void vf_html_time(struct vf_sink *s, int64_t ms)
{
	char shown[VF_SHOWN_TIME], exact[VF_TIME_LEN + 1];

	vf_shown_time(shown, ms);
	vf_time_put(exact, ms);
	vf_sink_putf(s, "<time datetime=\"%s\">%s</time>", exact, shown);
}

static void put_time_or_none(struct vf_sink *s, int64_t ms)
{
	if (ms == VF_TIME_NONE)
		put(s, "–");
	else
		vf_html_time(s, ms);
}

static void put_day(struct vf_sink *s, int64_t ms)
{
	char exact[VF_TIME_LEN + 1];

	vf_time_put(exact, ms);
	vf_sink_putf(s, "<time datetime=\"%s\">%.10s</time>", exact, exact);
}

void vf_html_count(struct vf_sink *s, uint64_t v)
{
	char text[VF_SHOWN_COUNT];

	vf_shown_count(text, v);
	for (const char *p = text; *p; p++)
		if (*p == ' ')
			put(s, "&#8239;");
		else
			vf_sink_put(s, vf_bytes(p, 1));
}

void vf_html_plural(struct vf_sink *s, uint64_t n, const char *one, const char *many)
{
	vf_html_count(s, n);
	put(s, " ");
	put(s, n == 1 ? one : many);
}

/* A row of a table of facts begins here and ends with ROW_END. */
static void row(struct vf_sink *s, const char *name)
{
	vf_sink_putf(s, "<tr><th scope=\"row\">%s</th><td>", name);
}
#define ROW_END "</td></tr>\n"

/* ---- the summary ---- */

static const char *banner_class(const struct vf_outcome *o)
{
	return o->decided ? vf_verdict_name(o->report.verdict) : "NONE";
}

static const char *sign(const struct vf_outcome *o)
{
	if (!o->decided || o->report.verdict == VF_INDETERMINATE)
		return "?";
	return o->report.verdict == VF_REJECTED ? "✗" : o->report.verdict == VF_VERIFIED ? "✓" : "○";
}

static void put_verified_sentence(struct vf_sink *s, const struct vf_report *r)
{
	size_t withheld = vf_report_count_files(r, VF_FILE_WITHHELD);
	char subject[VF_SHOWN_SUBJECT];

	if (vf_report_is_foreign(r)) {
		vf_report_subject(r, subject);
		put_str(s, subject);
		put(s, " existed, exactly as given here, <strong>no later than ");
	} else {
		vf_html_count(s, vf_report_good_files(r));
		put(s, " of ");
		vf_html_plural(s, r->n_files, "file", "files");
		put(s, " existed, exactly as they are here, <strong>no later than ");
	}
	put_time_or_none(s, r->existed_by);
	put(s, "</strong>.");
	if (withheld) {
		put(s, " ");
		vf_html_plural(s, withheld, "file was withheld: it is", "files were withheld: they are");
		put(s, " listed, but not here.");
	}
}

/* One sentence that a reader who knows none of the words understands. */
static void put_sentence(struct vf_sink *s, const struct vf_outcome *o)
{
	const struct vf_report *r = &o->report;

	put(s, "<p>");
	if (!o->decided)
		put(s, "The check could not be carried out. Nothing was decided about this file.");
	else if (r->verdict == VF_VERIFIED)
		put_verified_sentence(s, r);
	else if (r->verdict == VF_REJECTED)
		put(s, "Something here contradicts its evidence or breaks a rule. "
		       "Do not rely on it as it is; the reasons are below.");
	else if (r->verdict == VF_INTACT)
		put(s, "What is here agrees with its evidence. Who vouches for the time was <strong>not</strong> "
		       "checked, as was asked for: this is not a verification.");
	else
		put(s, "The question cannot be answered with what is there. ");
	if (o->decided && r->verdict == VF_INDETERMINATE) {
		put(s, vf_report_undecided(r));
		put(s, " ");
		put(s, vf_report_rest(r));
	}
	put(s, "</p>\n");
}

static void put_banner(struct vf_sink *s, const struct vf_outcome *o)
{
	vf_sink_putf(s, "<div class=\"banner %s\">\n<p class=\"word\"><span class=\"sign\" aria-hidden=\"true\">%s</span>%s</p>\n",
		banner_class(o), sign(o), vf_outcome_word(o));
	put_sentence(s, o);
	put(s, "</div>\n");
}

void vf_html_reason(struct vf_sink *s, enum vf_rc rc, const char *text, const char *object)
{
	bool rejects = vf_rc_class(rc) == VF_CLASS_REJECTED;

	vf_sink_putf(s, "<div class=\"reason\"><p><span class=\"%s\">%s</span> ", rejects ? "bad" : "open",
		rejects ? "✗ Contradiction:" : "? Open:");
	put_str(s, vf_rc_text(rc));
	if (object[0]) {
		put(s, ": ");
		vf_html_quoted(s, vf_bytes_str(object));
	}
	vf_sink_putf(s, " <span class=\"code\">%s</span></p>\n", vf_rc_name(rc));
	if (text[0]) {
		put(s, "<p class=\"soft\">Detail: ");
		vf_html_text(s, vf_bytes_str(text));
		put(s, "</p>\n");
	}
	put(s, "<p><strong>What to do:</strong> ");
	put_str(s, vf_rc_next(rc));
	put(s, ".</p></div>\n");
}

static void put_reasons(struct vf_sink *s, const struct vf_outcome *o)
{
	const struct vf_report *r = &o->report;

	if (o->decided && (r->verdict == VF_VERIFIED || r->verdict == VF_INTACT))
		return;
	put(s, "<h3>Why</h3>\n");
	if (!o->decided) {
		vf_html_reason(s, o->err.rc, o->err.text, "");
		return;
	}
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < r->n_reasons; i++)
			if ((vf_rc_class(r->reasons[i].rc) == VF_CLASS_REJECTED) == (pass == 0))
				vf_html_reason(s, r->reasons[i].rc, r->reasons[i].text, r->reasons[i].object);
	if (r->n_reasons == 0)
		vf_html_reason(s, VF_NOT_CHECKED, "not every check was made", "");
}

static void put_record_rows(struct vf_sink *s, const struct vf_report *r)
{
	row(s, "Record");
	vf_html_text(s, r->kind);
	if (r->version.n) {
		put(s, ", version ");
		vf_html_quoted(s, r->version);
	}
	put(s, " of study ");
	vf_html_quoted(s, r->study);
	put(s, ROW_END);
	if (r->title.n) {
		row(s, "Title");
		vf_html_quoted(s, r->title);
		put(s, " <span class=\"soft\">(as declared)</span>" ROW_END);
	}
	if (r->date.n) {
		row(s, "Declared date");
		vf_html_quoted(s, r->date);
		put(s, " <span class=\"soft\">(as declared, not proven)</span>" ROW_END);
	}
}

static void put_status_count(struct vf_sink *s, const struct vf_report *r, enum vf_file_status status, const char *word)
{
	size_t n = vf_report_count_files(r, status);

	if (n == 0)
		return;
	put(s, ", ");
	vf_html_count(s, n);
	vf_sink_putf(s, " %s", word);
}

static void put_covered_row(struct vf_sink *s, const struct vf_report *r)
{
	row(s, "Covered");
	vf_html_count(s, vf_report_good_files(r));
	put(s, " of ");
	vf_html_plural(s, r->n_files, "file", "files");
	put_status_count(s, r, VF_FILE_ALTERED, "altered");
	put_status_count(s, r, VF_FILE_UNCOVERED, "not covered");
	put_status_count(s, r, VF_FILE_MISSING, "missing");
	put_status_count(s, r, VF_FILE_WITHHELD, "withheld");
	put(s, ROW_END);
}

static struct vf_bytes stamp_name(const struct vf_stamp *t)
{
	return vf_bytes_str(t->authority ? t->authority : t->subject);
}

static void put_existed_row(struct vf_sink *s, const struct vf_report *r)
{
	const struct vf_stamp *first = vf_report_time_stamp(r);
	char span[VF_SHOWN_COUNT];

	if (r->verdict != VF_VERIFIED || r->existed_by == VF_TIME_NONE)
		return;
	row(s, "Existed");
	put(s, "<strong>no later than ");
	vf_html_time(s, r->existed_by);
	put(s, "</strong>");
	if (first) {
		put(s, ", by the time-stamping authority ");
		vf_html_quoted(s, stamp_name(first));
	}
	if (first && first->has_accuracy && first->accuracy_ms > 0) {
		vf_shown_span(span, first->accuracy_ms);
		vf_sink_putf(s, " (± %s)", span);
	}
	put(s, ROW_END);
}

static void put_log_row(struct vf_sink *s, const struct vf_report *r)
{
	if (!r->has_log)
		return;
	row(s, "Recorded");
	put(s, "entry ");
	vf_html_count(s, r->index);
	put(s, " of log ");
	vf_html_quoted(s, r->origin);
	if (r->integrity_only) {
		put(s, " (its key and witnesses were not checked)" ROW_END);
		return;
	}
	if (r->n_witnesses_known == 0) {
		put(s, "; the trust directory names no witness" ROW_END);
		return;
	}
	put(s, ", seen by ");
	vf_html_count(s, r->n_witnesses);
	put(s, " of ");
	vf_html_plural(s, r->n_witnesses_known, "witness", "witnesses");
	put(s, r->quorum ? " (enough for the policy)" : " (fewer than the policy needs)");
	put(s, ROW_END);
}

/* 21 CFR 11.50: printed name, date and time, meaning; all of it the signer's word. */
static void put_said_row(struct vf_sink *s, const struct vf_report *r)
{
	char meaning[VF_SHOWN_MEANING];

	vf_report_meaning(r, meaning);
	row(s, "Signed");
	put(s, "as ");
	vf_html_quoted(s, vf_report_printed_name(r));
	put(s, ", ");
	put_str(s, meaning);
	if (r->signing_time != VF_TIME_NONE) {
		put(s, ", at ");
		vf_html_time(s, r->signing_time);
		put(s, " by the signer’s clock; ");
	} else {
		put(s, ", no time stated; ");
	}
	put_str(s, vf_signer_state_words(r->signer_state));
	put(s, ROW_END);
}

static void put_submitter_row(struct vf_sink *s, const struct vf_report *r)
{
	if (vf_report_is_foreign(r) && !r->has_submitter)
		return;
	row(s, vf_report_is_foreign(r) ? "Signed" : "Submitted");
	if (!r->has_submitter) {
		put(s, "without a signature: the result does not say by whom" ROW_END);
		return;
	}
	put(s, "by ");
	vf_html_quoted(s, vf_bytes_str(r->submitter));
	put(s, " ");
	put(s, vf_report_signer_words(r));
	put(s, ROW_END);
	if (r->has_said)
		put_said_row(s, r);
}

static void put_renewal_row(struct vf_sink *s, const struct vf_report *r)
{
	row(s, "Renewed");
	if (r->renewals == 0)
		put(s, "not yet");
	else
		vf_html_plural(s, r->renewals, "time", "times");
	if (r->renew_before != VF_TIME_NONE) {
		put(s, vf_report_renew_words(r));
		put_day(s, r->renew_before);
	}
	put(s, ROW_END);
}

static void put_others_row(struct vf_sink *s, const struct vf_report *r)
{
	if (r->n_others == 0)
		return;
	row(s, "Others");
	put(s, "the evidence also covers ");
	vf_html_plural(s, r->n_others, "other object that was", "other objects that were");
	put(s, " not given" ROW_END);
}

void vf_html_checked_rows(struct vf_sink *s, const struct vf_run *run)
{
	row(s, "Policy");
	if (run->has_policy)
		vf_html_quoted(s, run->policy);
	else
		put(s, run->integrity_only ? "none (integrity only)" : "none (no trust directory was given)");
	put(s, ROW_END);
	row(s, run->at_given ? "Checked as of" : "Checked");
	vf_html_time(s, vf_run_shown_at(run));
	put(s, run->at_given ? " (time given by the user), offline" : ", offline");
	put(s, ROW_END);
}

/* What limits the result stands beside it, never only at the end. */
static void put_limits(struct vf_sink *s, const struct vf_report *r)
{
	bool any = r->n_unchecked > 0;

	put(s, "<div class=\"limits\">\n");
	if (r->sorted_renewal)
		put(s, "<p><strong>Allowed on request:</strong> <span class=\"open\">" VF_SORTED_WORDS
		       "</span> <span class=\"code\">SORTED_RENEWAL</span></p>\n");
	if (r->verdict == VF_VERIFIED || r->verdict == VF_INTACT) {
		put(s, "<p><strong>Not shown by this result:</strong> ");
		put_str(s, vf_report_not_shown(r));
		put(s, "</p>\n");
	}
	for (size_t c = 0; c < VF_CHECK_COUNT && !any; c++)
		any = r->checks[c] == VF_RESULT_NOT_CHECKED;
	put(s, any ? "<p><strong>Not checked:</strong></p>\n<ul>\n"
		   : "<p><strong>Not checked:</strong> nothing was left out of the list of checks.</p>\n");
	for (size_t i = 0; i < r->n_unchecked; i++) {
		put(s, "<li>");
		vf_html_text(s, vf_bytes_str(r->unchecked[i].text));
		vf_sink_putf(s, " <span class=\"code\">%s</span></li>\n", r->unchecked[i].code);
	}
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (r->checks[c] == VF_RESULT_NOT_CHECKED)
			vf_sink_putf(s, "<li>whether %s <span class=\"code\">%s</span></li>\n", vf_check_text((enum vf_check)c),
				vf_check_name((enum vf_check)c));
	put(s, any ? "</ul>\n</div>\n" : "</div>\n");
}

static void put_summary(struct vf_sink *s, const struct vf_run *run, const struct vf_outcome *o)
{
	const struct vf_report *r = &o->report;

	put_banner(s, o);
	put_reasons(s, o);
	put(s, "<h3>In short</h3>\n<table class=\"facts\"><tbody>\n");
	if (r->has_record)
		put_record_rows(s, r);
	if (o->decided)
		put_covered_row(s, r);
	put_existed_row(s, r);
	if (o->decided && (r->verdict == VF_VERIFIED || r->verdict == VF_INTACT)) {
		put_log_row(s, r);
		put_submitter_row(s, r);
		put_renewal_row(s, r);
	} else if (o->decided && r->verdict == VF_INDETERMINATE && r->has_submitter && vf_report_is_foreign(r)) {
		put_submitter_row(s, r);
	}
	put_others_row(s, r);
	vf_html_checked_rows(s, run);
	put(s, "</tbody></table>\n");
	if (o->decided)
		put_limits(s, r);
}

/* ---- files and evidence ---- */

static const char *file_words(const struct vf_report *r, enum vf_file_status status)
{
	switch (status) {
	case VF_FILE_COVERED:
		return "<span class=\"good\">covered</span>";
	case VF_FILE_DETACHED:
		return "<span class=\"good\">covered</span>, given beside the evidence";
	case VF_FILE_WITHHELD:
		return "withheld: listed, not here";
	case VF_FILE_MISSING:
		return "<span class=\"open\">missing</span>";
	case VF_FILE_ALTERED:
		return "<span class=\"bad\">altered</span>";
	case VF_FILE_UNCOVERED:
		return r->verdict == VF_REJECTED ? "<span class=\"bad\">not covered</span>"
						 : "<span class=\"open\">not covered</span>";
	}
	return "";
}

static void put_files(struct vf_sink *s, const struct vf_report *r)
{
	put(s, "<h3 class=\"sheet\">Files</h3>\n");
	if (r->n_files == 0) {
		put(s, "<p>No file could be listed.</p>\n");
		return;
	}
	put(s, "<table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Status</th><th scope=\"col\">Octets</th>"
	       "<th scope=\"col\">SHA-256</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->n_files; i++) {
		const struct vf_file *f = &r->files[i];

		put(s, "<tr><th scope=\"row\">");
		vf_html_text(s, f->name);
		vf_sink_putf(s, "</th><td>%s</td><td class=\"number\">", file_words(r, f->status));
		if (f->has_size)
			vf_html_count(s, f->size);
		else
			put(s, "–");
		put(s, "</td><td>");
		if (f->has_sha256)
			vf_html_hash(s, &f->sha256);
		else
			put(s, "–");
		put(s, "</td></tr>\n");
	}
	put(s, "</tbody></table>\n");
}

static const char *revocation_class(enum vf_revocation r)
{
	return r == VF_REVOCATION_REVOKED ? "bad" : r == VF_REVOCATION_NONE ? "open" : "";
}

static void put_stamp(struct vf_sink *s, const struct vf_report *r, const struct vf_stamp *t)
{
	char span[VF_SHOWN_COUNT];

	put(s, "<tr><td>");
	vf_html_time(s, t->gen_time);
	if (t->has_accuracy) {
		vf_shown_span(span, t->accuracy_ms);
		vf_sink_putf(s, " ± %s", span);
	}
	put(s, t->chain || t->index ? "<br><span class=\"soft\">renewal</span>" : "");
	put(s, "</td><td>");
	vf_html_quoted(s, vf_bytes_str(t->subject));
	if (t->authority) {
		put(s, ", in the trust directory as ");
		vf_html_quoted(s, vf_bytes_str(t->authority));
	}
	put(s, "</td><td>");
	if (t->counts)
		put(s, r->verdict == VF_VERIFIED ? "<span class=\"good\">yes</span>" : "yes");
	else
		put(s, r->integrity_only ? "not asked" : "no");
	vf_sink_putf(s, "</td><td><span class=\"%s\">%s</span>", revocation_class(t->revocation),
		vf_revocation_words(t->revocation));
	if (t->revocation_as_of != VF_TIME_NONE) {
		put(s, ", as of ");
		vf_html_time(s, t->revocation_as_of);
	}
	put(s, "</td><td>");
	if (t->valid_to == VF_TIME_NONE)
		put(s, "–");
	else
		put_day(s, t->valid_to);
	put(s, "</td></tr>\n");
}

static void put_evidence(struct vf_sink *s, const struct vf_report *r)
{
	put(s, "<h3>Time-stamps</h3>\n");
	if (r->n_stamps == 0) {
		put(s, "<p>No time-stamp could be read.</p>\n");
		return;
	}
	put(s, "<table><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Authority</th><th scope=\"col\">Counts</th>"
	       "<th scope=\"col\">Revocation</th><th scope=\"col\">Certificate ends</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->n_stamps; i++)
		put_stamp(s, r, &r->stamps[i]);
	put(s, "</tbody></table>\n");
}

/* ---- the policy ---- */

static void put_counted(struct vf_sink *s, const struct vf_report *r, size_t rule)
{
	bool any = false;

	for (size_t i = 0; i < r->policy->n_authorities; i++) {
		if (r->rules[rule].times[i] == VF_TIME_NONE)
			continue;
		put(s, any ? "<br>" : "");
		put_str(s, r->policy->authorities[i].name);
		put(s, ", ");
		vf_html_time(s, r->rules[rule].times[i]);
		any = true;
	}
	if (!any)
		put(s, r->rules[rule].met ? "others for each file" : "none");
	put(s, "</td><td>");
	any = false;
	for (size_t i = 0; !r->rules[rule].met && i < r->policy->n_authorities; i++)
		if (vf_report_is_missing(r, rule, i)) {
			put(s, any ? ", " : "missing: ");
			put_str(s, r->policy->authorities[i].name);
			any = true;
		}
}

static void put_rule(struct vf_sink *s, const struct vf_report *r, size_t rule)
{
	struct vf_uncounted u;
	size_t at = 0;

	vf_sink_putf(s, "<tr><th scope=\"row\">%zu</th><td>", rule + 1);
	vf_rule_words(s, r->policy, &r->policy->rules[rule]);
	put(s, r->rules[rule].met ? "</td><td>✓ met</td><td>" : "</td><td><span class=\"open\">? not met</span></td><td>");
	put_counted(s, r, rule);
	while (vf_report_uncounted(r, rule, &at, &u)) {
		put(s, "<p>");
		vf_html_quoted(s, stamp_name(u.stamp));
		put(s, ", ");
		vf_html_time(s, u.stamp->gen_time);
		put(s, ": ");
		vf_html_text(s, vf_bytes_str(u.text));
		vf_sink_putf(s, " <span class=\"code\">%s</span></p>", u.code);
	}
	put(s, "</td></tr>\n");
}

static void put_rules(struct vf_sink *s, const struct vf_report *r)
{
	if (!r->policy)
		return;
	put(s, "<h3>Rules of the policy</h3>\n<p>All must be met. Each authority counts once, with its earliest time.</p>\n"
	       "<table><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">What it asks for</th><th scope=\"col\">Result</th>"
	       "<th scope=\"col\">Counted</th><th scope=\"col\">Not counted</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->policy->n_rules; i++)
		put_rule(s, r, i);
	put(s, "</tbody></table>\n");
}

/* ---- checks ---- */

static const char *result_words(enum vf_result r)
{
	switch (r) {
	case VF_RESULT_PASS:
		return "✓ passed";
	case VF_RESULT_FAIL:
		return "<span class=\"bad\">✗ failed</span>";
	case VF_RESULT_UNDECIDED:
		return "<span class=\"open\">? undecided</span>";
	case VF_RESULT_NOT_APPLICABLE:
		return "<span class=\"soft\">– does not apply</span>";
	case VF_RESULT_NOT_CHECKED:
		break;
	}
	return "<span class=\"open\">not checked</span>";
}

static void put_checks(struct vf_sink *s, const struct vf_report *r)
{
	put(s, "<h3 class=\"sheet\">Checks</h3>\n<table><thead><tr><th scope=\"col\">Check</th><th scope=\"col\">What it asks</th>"
	       "<th scope=\"col\">Result</th></tr></thead><tbody>\n");
	for (size_t c = 0; c < VF_CHECK_COUNT; c++) {
		/* what only bundles have tells a reader of other evidence nothing */
		if (vf_report_is_foreign(r) && r->checks[c] == VF_RESULT_NOT_APPLICABLE)
			continue;
		vf_sink_putf(s, "<tr><th scope=\"row\"><code>%s</code></th><td>whether ", vf_check_name((enum vf_check)c));
		put_str(s, vf_check_text((enum vf_check)c));
		vf_sink_putf(s, "</td><td>%s</td></tr>\n", result_words(r->checks[c]));
	}
	put(s, "</tbody></table>\n");
}

/* ---- raw facts ---- */

static void put_hash_row(struct vf_sink *s, const char *name, const struct vf_hash *h)
{
	row(s, name);
	vf_html_hash(s, h);
	put(s, ROW_END);
}

static void put_count_row(struct vf_sink *s, const char *name, uint64_t v)
{
	row(s, name);
	vf_html_count(s, v);
	put(s, ROW_END);
}

static void put_links_row(struct vf_sink *s, const struct vf_report *r)
{
	if (r->n_links == 0)
		return;
	row(s, "Links");
	for (size_t i = 0; i < r->n_links; i++) {
		put(s, i ? "<br>" : "");
		vf_html_text(s, r->links[i].type);
		put(s, " ");
		vf_html_hash(s, &r->links[i].record);
	}
	put(s, ROW_END);
}

static void put_log_facts(struct vf_sink *s, const struct vf_report *r)
{
	row(s, "Log");
	vf_html_text(s, r->origin);
	put(s, ROW_END);
	put_count_row(s, "Log entry", r->index);
	put_count_row(s, "Log size", r->size);
	put_hash_row(s, "Log root", &r->root);
	if (r->n_witnesses == 0)
		return;
	row(s, "Witnesses");
	for (size_t i = 0; i < r->n_witnesses; i++) {
		put(s, i ? ", " : "");
		vf_html_text(s, vf_bytes_str(r->witnesses[i]));
	}
	put(s, ROW_END);
}

static void put_raw(struct vf_sink *s, const struct vf_run *run, const struct vf_report *r)
{
	put(s, "<h3>Raw facts</h3>\n<table class=\"facts\"><tbody>\n");
	if (r->has_record)
		put_hash_row(s, "Record identifier", &r->id);
	if (r->has_stream) {
		put_hash_row(s, "Stream", &r->stream);
		put_count_row(s, "Place in the stream", r->seq);
	}
	if (r->has_prev)
		put_hash_row(s, "Record before", &r->prev);
	put_links_row(s, r);
	if (r->has_seal) {
		put_count_row(s, "Seal", r->seal);
		row(s, "Seal covers");
		put(s, "log entries ");
		vf_html_count(s, r->seal_first);
		put(s, " up to, but not including, ");
		vf_html_count(s, r->seal_size);
		put(s, ROW_END);
	}
	if (r->has_previous)
		put_hash_row(s, "Seal head before", &r->previous);
	if (r->has_log)
		put_log_facts(s, r);
	for (size_t i = 0; i < r->n_stamps; i++)
		put_hash_row(s, "Time-stamp certificate", &r->stamps[i].certificate);
	if (r->has_submitter)
		put_hash_row(s, vf_report_is_foreign(r) ? "Signer’s certificate" : "Submitter’s certificate", &r->submitter_certificate);
	if (run->has_policy)
		put_hash_row(s, "Policy SHA-256", &run->policy_sha256);
	row(s, "Exit status");
	vf_sink_putf(s, "%d" ROW_END "</tbody></table>\n", vf_verdict_exit(r->verdict));
}

/* ---- the page ---- */

static void put_overview(struct vf_sink *s, const struct vf_run *run)
{
	if (run->n_outcomes < 2)
		return;
	put(s, "<h2>Overview</h2>\n<table><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Result</th>"
	       "<th scope=\"col\">Covered</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < run->n_outcomes; i++) {
		const struct vf_outcome *o = &run->outcomes[i];

		vf_sink_putf(s, "<tr><th scope=\"row\"><a href=\"#result-%zu\">", i + 1);
		vf_html_text(s, vf_bytes_str(o->report.input));
		vf_sink_putf(s, "</a></th><td>%s %s</td><td>", sign(o), vf_outcome_word(o));
		if (o->decided) {
			vf_html_count(s, vf_report_good_files(&o->report));
			put(s, " of ");
			vf_html_plural(s, o->report.n_files, "file", "files");
		} else {
			put(s, "–");
		}
		put(s, "</td></tr>\n");
	}
	put(s, "</tbody></table>\n");
}

static void put_outcome(struct vf_sink *s, const struct vf_run *run, size_t at)
{
	const struct vf_outcome *o = &run->outcomes[at];

	vf_sink_putf(s, "<section class=\"result\" id=\"result-%zu\">\n<h2>File ", at + 1);
	vf_html_quoted(s, vf_bytes_str(o->report.input));
	put(s, "</h2>\n");
	put_summary(s, run, o);
	if (o->decided) {
		put_files(s, &o->report);
		put_evidence(s, &o->report);
		put_rules(s, &o->report);
		put_checks(s, &o->report);
		put_raw(s, run, &o->report);
	}
	put(s, "</section>\n");
}

void vf_html_begin(struct vf_sink *s, const char *title)
{
	put(s, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	       "<meta name=\"referrer\" content=\"no-referrer\">\n<title>Trial Notary verification report</title>\n<style>\n");
	put(s, style);
	vf_sink_putf(s, "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>%s</h1>\n<p class=\"soft\">", title);
}

void vf_html_checked(struct vf_sink *s, const struct vf_run *run)
{
	put(s, run->at_given ? ", checked offline as of " : ", checked offline on ");
	vf_html_time(s, vf_run_shown_at(run));
	put(s, " with trialverify ");
	put_str(s, run->version);
	put(s, "</p>\n</header>\n");
}

void vf_html_end(struct vf_sink *s)
{
	put(s, "<footer>\n<p>VERIFIED: every check passed and the policy is met. REJECTED: something contradicts something else. "
	       "INDETERMINATE: nothing contradicts, but the question cannot be answered. INTACT: all but trust was checked and "
	       "agrees. Anything but VERIFIED means: not verified.</p>\n<p>This page proves nothing by itself: whoever doubts it "
	       "repeats the check with the same files and a trust directory of their own. Meaning of a code: <code>trialverify explain "
	       "CODE</code></p>\n</footer>\n</main>\n</body>\n</html>\n");
}

void vf_report_html(struct vf_sink *s, const struct vf_run *run)
{
	vf_html_begin(s, "Verification report");
	vf_html_plural(s, run->n_outcomes, "file", "files");
	vf_html_checked(s, run);
	put_overview(s, run);
	for (size_t i = 0; i < run->n_outcomes; i++)
		put_outcome(s, run, i);
	vf_html_end(s);
}
