#include "verify/report_study_html.h"

#include <stdio.h>

#include "verify/report_html.h"
#include "verify/report_study.h"
#include "verify/text.h"

static struct vf_study_row *find_row(const struct vf_study_page *page, const struct vf_hash *id)
{
	struct vf_study_row *row = page->first;

	while (row && !vf_hash_eq(&row->id, id))
		row = row->next;
	return row;
}

void vf_study_page_note(void *ctx, const struct vf_study_record *r, const struct vf_report *report)
{
	struct vf_study_page *page = ctx;
	struct vf_study_row *row = r->is_given ? find_row(page, &r->id) : NULL;

	if (row) { /* more of it is given beside the file */
		row->withheld = r->withheld;
		row->is_given = true;
		return;
	}
	row = VF_NEW(page->memory, 1, struct vf_study_row);

	if (!row || !vf_arena_copy(page->memory, report->kind, &row->kind) || !vf_arena_copy(page->memory, report->version, &row->version) ||
		!vf_arena_copy(page->memory, report->title, &row->title)) {
		page->lost++;
		return;
	}
	row->next = NULL;
	row->index = r->index;
	row->id = r->id;
	row->verdict = report->verdict;
	row->reason = report->n_reasons ? report->reasons[0].rc : VF_OK;
	row->existed_by = report->existed_by;
	row->withheld = r->withheld;
	row->is_given = r->is_given;
	if (page->last)
		page->last->next = row;
	else
		page->first = row;
	page->last = row;
	page->n++;
}

static void put(struct vf_sink *s, const char *html)
{
	vf_sink_str(s, html);
}

static void row(struct vf_sink *s, const char *name)
{
	vf_sink_putf(s, "<tr><th scope=\"row\">%s</th><td>", name);
}
#define ROW_END "</td></tr>\n"

static void put_short(struct vf_sink *s, const struct vf_hash *h)
{
	put(s, "<code>");
	vf_sink_hex(s, vf_bytes(h->b, 8));
	put(s, "</code>");
}

/* ---- the whole ---- */

static const char *sign(enum vf_verdict v)
{
	return v == VF_VERIFIED ? "✓" : v == VF_REJECTED ? "✗" : v == VF_INTACT ? "○" : "?";
}

static void put_sentence(struct vf_sink *s, const struct vf_study_result *r)
{
	switch (r->verdict) {
	case VF_VERIFIED:
		put(s, "All ");
		vf_html_plural(s, r->shown, "record that is shown is", "records that are shown are");
		put(s, " verified, and no stream of records here has a gap.");
		break;
	case VF_INTACT:
		put(s, "What is here agrees with its evidence. Who vouches for the time was <strong>not</strong> checked, as was asked for: this is "
		       "not a verification.");
		break;
	case VF_REJECTED:
		put(s, "Something here contradicts its evidence or breaks a rule. Do not rely on it as it is; the reasons are below.");
		break;
	case VF_INDETERMINATE:
		put(s, "The question cannot be answered with what is there. Nothing contradicts; the reasons are below.");
		break;
	}
	if (r->hidden && r->verdict != VF_REJECTED) {
		put(s, " ");
		vf_html_plural(s, r->hidden, "record is", "records are");
		put(s, " withheld or erased: only the place in stream and log is shown.");
	}
}

static void put_banner(struct vf_sink *s, const struct vf_study_result *r)
{
	vf_sink_putf(s, "<div class=\"banner %s\">\n<p class=\"word\"><span class=\"sign\" aria-hidden=\"true\">%s</span>%s</p>\n<p>",
		vf_verdict_name(r->verdict), sign(r->verdict), vf_verdict_name(r->verdict));
	put_sentence(s, r);
	put(s, "</p>\n</div>\n");
}

static void put_reasons(struct vf_sink *s, const struct vf_study_result *r)
{
	if (r->n_faults)
		put(s, "<h3>Why</h3>\n");
	for (size_t i = 0; i < r->n_faults && i < VF_STUDY_FAULTS; i++) {
		const struct vf_study_fault *f = &r->faults[i];
		char object[120] = "", hex[65];

		if (f->has_record) {
			vf_hex_put(hex, vf_bytes(f->id.b, sizeof(f->id.b)));
			snprintf(object, sizeof(object), "record %s, entry %llu", hex, (unsigned long long)f->index);
		}
		vf_html_reason(s, f->err.rc, f->err.text, object);
	}
	if (r->n_faults > VF_STUDY_FAULTS) {
		put(s, "<p>And ");
		vf_html_count(s, r->n_faults - VF_STUDY_FAULTS);
		put(s, " more.</p>\n");
	}
}

static void put_record_rows(struct vf_sink *s, const struct vf_study_result *r)
{
	static const enum vf_verdict order[] = {VF_VERIFIED, VF_INTACT, VF_INDETERMINATE, VF_REJECTED};

	row(s, "Records");
	vf_html_count(s, r->shown);
	put(s, " shown");
	for (size_t i = 0; i < 4; i++) {
		if (!r->counts[order[i]])
			continue;
		put(s, ", ");
		vf_html_count(s, r->counts[order[i]]);
		vf_sink_putf(s, " %s", vf_verdict_name(order[i]));
	}
	if (r->given) {
		put(s, "; ");
		vf_html_count(s, r->given);
		put(s, " of them given beside the file");
	}
	put(s, ROW_END);
	row(s, "Not shown");
	vf_html_count(s, r->hidden);
	vf_sink_putf(s, " %s withheld or erased", r->hidden == 1 ? "record" : "records");
	if (vf_study_unattributed(r)) {
		put(s, "; ");
		vf_html_count(s, vf_study_unattributed(r));
		put(s, " of them in streams that may be of another study: nothing of these is shown, and no study head names them");
	}
	if (r->withheld) {
		put(s, "; ");
		vf_html_plural(s, r->withheld, "file", "files");
		put(s, " of shown records withheld");
	}
	put(s, ROW_END);
}

static void put_facts(struct vf_sink *s, const struct vf_study_page *page)
{
	const struct vf_study_result *r = page->result;

	put(s, "<table class=\"facts\"><tbody>\n");
	row(s, "Study");
	if (r->study[0])
		vf_html_quoted(s, vf_bytes_str(r->study));
	else
		put(s, "not known");
	put(s, ROW_END);
	put_record_rows(s, r);
	if (r->existed_by != VF_TIME_NONE) {
		row(s, "Time");
		put(s, "the newest of them existed <strong>no later than ");
		vf_html_time(s, r->existed_by);
		put(s, "</strong>" ROW_END);
	}
	if (r->origin[0]) {
		row(s, "Log");
		vf_html_quoted(s, vf_bytes_str(r->origin));
		put(s, ", ");
		vf_html_plural(s, r->size, "entry", "entries");
		put(s, ROW_END);
	}
	row(s, "Study head");
	if (r->has_head) {
		vf_html_hash(s, &r->head);
		put(s, r->head_by == VF_TIME_NONE ? "" : ", of ");
		if (r->head_by != VF_TIME_NONE)
			vf_html_time(s, r->head_by);
		put(s, ": streams that began later are not in it");
	} else
		put(s, "none is disclosed");
	put(s, ROW_END);
	vf_html_checked_rows(s, page->run);
	put(s, "</tbody></table>\n");
}

static void put_limits(struct vf_sink *s, const struct vf_study_result *r)
{
	struct vf_study_unchecked u;

	put(s, "<div class=\"limits\">\n<p><strong>Not checked:</strong></p>\n<ul>\n");
	for (size_t i = 0; vf_study_unchecked_at(r, i, &u); i++) {
		put(s, "<li>");
		if (u.records) {
			vf_html_plural(s, u.records, "record", "records");
			put(s, ": ");
		}
		vf_html_text(s, vf_bytes_str(u.text));
		vf_sink_putf(s, " <span class=\"code\">%s</span></li>\n", u.code);
	}
	put(s, "</ul>\n</div>\n");
}

/* ---- streams and records ---- */

static void put_streams(struct vf_sink *s, const struct vf_study_result *r)
{
	put(s, "<h3>Streams</h3>\n<table><caption>Each is the gap-free sequence of one submitter’s records.</caption>\n<thead><tr>"
	       "<th scope=\"col\">Stream</th><th scope=\"col\">Complete</th><th scope=\"col\">Records</th><th scope=\"col\">Withheld or erased</th>"
	       "<th scope=\"col\">Last record</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->n_streams; i++) {
		const struct vf_study_stream *t = &r->streams[i];

		put(s, "<tr><th scope=\"row\">");
		put_short(s, &t->id);
		put(s, "</th><td>");
		if (t->missing) {
			put(s, "<span class=\"open\">? no: ");
			vf_html_count(s, t->missing);
			put(s, " missing</span>");
		} else {
			put(s, "<span class=\"good\">✓ from 0 to ");
			vf_html_count(s, t->next - 1);
			put(s, "</span>");
		}
		put(s, "</td><td class=\"number\">");
		vf_html_count(s, t->records);
		put(s, "</td><td class=\"number\">");
		vf_html_count(s, t->hidden);
		put(s, "</td><td>");
		put_short(s, &t->head);
		put(s, "</td></tr>\n");
	}
	put(s, "</tbody></table>\n");
}

static void put_row(struct vf_sink *s, const struct vf_study_row *w)
{
	const char *look = w->verdict == VF_VERIFIED ? "good" : w->verdict == VF_REJECTED ? "bad" : w->verdict == VF_INTACT ? "soft" : "open";

	put(s, "<tr><td class=\"number\">");
	vf_html_count(s, w->index);
	vf_sink_putf(s, "</td><td><span class=\"%s\">%s&#160;%s</span>", look, sign(w->verdict), vf_verdict_name(w->verdict));
	if (w->reason != VF_OK)
		vf_sink_putf(s, "<br><span class=\"code\">%s</span>", vf_rc_name(w->reason));
	put(s, "</td><td>");
	if (w->existed_by != VF_TIME_NONE)
		vf_html_time(s, w->existed_by);
	else
		put(s, "–");
	put(s, "</td><td>");
	vf_html_text(s, w->kind);
	if (w->version.n) {
		put(s, " ");
		vf_html_quoted(s, w->version);
	}
	put(s, "</td><td>");
	if (w->title.n) {
		vf_html_quoted(s, w->title);
		put(s, "<br>");
	}
	if (w->withheld) {
		vf_html_plural(s, w->withheld, "file", "files");
		put(s, " withheld<br>");
	}
	if (w->is_given)
		put(s, "given beside the file<br>");
	vf_html_hash(s, &w->id);
	put(s, "</td></tr>\n");
}

static void put_records(struct vf_sink *s, const struct vf_study_page *page)
{
	put(s, "<h3>Records that are shown</h3>\n<table><caption>Kind, version and title as their submitter declared them.</caption>\n<thead><tr>"
	       "<th scope=\"col\">Entry</th><th scope=\"col\">Verdict</th><th scope=\"col\">Existed no later than</th><th scope=\"col\">Kind</th>"
	       "<th scope=\"col\">Title and ID</th></tr></thead><tbody>\n");
	for (const struct vf_study_row *w = page->first; w; w = w->next)
		put_row(s, w);
	put(s, "</tbody></table>\n");
	if (page->lost) {
		put(s, "<p class=\"open\">");
		vf_html_count(s, page->lost);
		put(s, " more were judged, and are not listed here for want of memory.</p>\n");
	}
}

void vf_study_page_put(struct vf_sink *s, const void *ctx)
{
	const struct vf_study_page *page = ctx;
	const struct vf_study_result *r = page->result;

	vf_html_begin(s, "Verification report of a study");
	vf_html_plural(s, r->records, "record", "records");
	vf_html_checked(s, page->run);
	put(s, "<section class=\"result\">\n<h2>Study bundle ");
	vf_html_quoted(s, vf_bytes_str(page->input));
	put(s, "</h2>\n");
	put_banner(s, r);
	put_reasons(s, r);
	if (r->records) {
		put_facts(s, page);
		put_limits(s, r);
		put_streams(s, r);
		put_records(s, page);
	}
	put(s, "</section>\n");
	vf_html_end(s);
}
