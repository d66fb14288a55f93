/* Outcomes as laid down and as told later, side by side. */
#include <stdlib.h>

#include "trial/rules/outcomes.h"
#include "trial/rules/report.h"

static void put_outcome(struct vf_sink *s, const struct tr_outcome *o)
{
	vf_sink_str(s, "<td>");
	if (o) {
		tr_report_text(s, o->measure);
		if (o->time_frame.n) {
			vf_sink_str(s, "<br><span class=\"soft\">");
			tr_report_text(s, o->time_frame);
			vf_sink_str(s, "</span>");
		}
	} else {
		vf_sink_str(s, "–");
	}
	vf_sink_str(s, "</td>");
}

static const char *class_of(enum tr_change change)
{
	switch (change) {
	case TR_SAME:
		return "PASS";
	case TR_TIME_FRAME:
	case TR_REWORDED:
		return "INCONCLUSIVE";
	case TR_ADDED:
	case TR_DROPPED:
	case TR_PROMOTED:
	case TR_DEMOTED:
		break;
	}
	return "FAIL";
}

/* The same by what is compared, and written in another way. */
static bool is_folded(const struct tr_outcome_change *x)
{
	return x->change == TR_SAME && (!vf_bytes_eq(x->before->measure, x->after->measure) ||
		!vf_bytes_eq(x->before->time_frame, x->after->time_frame));
}

/* What both were compared as. */
static void put_compared(struct vf_sink *s, const struct tr_outcome *o)
{
	char text[1024];

	if (o->measure.n >= sizeof(text))
		return;
	tr_outcome_fold(o->measure, text);
	vf_sink_str(s, "<br><span class=\"soft\">compared as: ");
	tr_report_text(s, vf_bytes_str(text));
	vf_sink_str(s, "</span>");
}

static VF_RC put_list(struct vf_sink *s, const struct tr_report *r, const struct tr_outcome_list *reference, const struct tr_outcome_list *list, struct vf_err *reterr)
{
	struct tr_outcome_change *x = NULL;
	size_t n = 0;
	enum vf_rc rc = tr_outcomes_compare(reference, list, &x, &n, reterr);

	if (rc != VF_OK)
		return rc;
	vf_sink_str(s, "<h3>");
	tr_report_said(s, r, list->file->record, list->file->name);
	vf_sink_str(s, " (");
	tr_report_text(s, list->from);
	vf_sink_str(s, ", record ");
	tr_report_link(s, &list->file->record->id);
	vf_sink_str(s, ")</h3>\n<table><thead><tr><th>Laid down</th><th>Told here</th><th>Change</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n; i++) {
		vf_sink_str(s, "<tr>");
		put_outcome(s, x[i].before);
		put_outcome(s, x[i].after);
		vf_sink_putf(s, "<td><span class=\"verdict %s\">%s</span>%s", class_of(x[i].change), tr_change_name(x[i].change),
			is_folded(&x[i]) ? " but for case, blanks or punctuation" : "");
		if (is_folded(&x[i]))
			put_compared(s, x[i].after);
		vf_sink_str(s, "</td></tr>\n");
	}
	vf_sink_str(s, "</tbody></table>\n");
	free(x);
	return VF_OK;
}

VF_RC tr_report_outcomes(struct vf_sink *s, const struct tr_report *r, struct vf_err *reterr)
{
	struct tr_outcomes o;
	enum vf_rc rc = tr_outcomes_of(r->c, &o, reterr);

	if (rc != VF_OK)
		return rc;
	if (o.reference && o.n > 1) {
		vf_sink_str(s, "<h2 id=\"outcomes\">Primary outcomes, side by side</h2>\n<p>Laid down before the first enrolment in ");
		tr_report_said(s, r, o.reference->file->record, o.reference->file->name);
		vf_sink_str(s, ", record ");
		tr_report_link(s, &o.reference->file->record->id);
		vf_sink_str(s, ". Compared without case, blanks and punctuation; whether other words mean the same is for a reader.</p>\n");
		for (size_t i = 0; rc == VF_OK && i < o.n; i++)
			if (&o.lists[i] != o.reference)
				rc = put_list(s, r, o.reference, &o.lists[i], reterr);
	}
	tr_outcomes_done(&o);
	return rc;
}
