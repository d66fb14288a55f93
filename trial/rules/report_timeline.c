/* The study over time, as a picture: inline SVG without scripts. */
#include <inttypes.h>
#include <stdlib.h>

#include "trial/rules/report.h"
#include "verify/text.h"

#define WIDTH 1000
#define LEFT 150
#define RIGHT 30
#define LANE 56
#define TOP 14
/* Parts of the axis in which records of a busy lane are counted together. */
#define BINS 120
/* Marks with a label each, at most. */
#define LABELLED 24
#define DAY_MS (INT64_C(24) * 3600 * 1000)

enum lane { PLAN, ETHICS, FORMS, CONSENTS, DATA, RESULTS, OTHERS, LANES };

static const char *const lane_names[LANES] = {
	"Protocol", "Ethics board", "Consent forms", "Consents", "Data and locks", "Results", "Other records"};
static const char *const lane_colours[LANES] = {"#1f4f86", "#6b3fa0", "#0f6e6e", "#14602c", "#7a5200", "#8f1710", "#4f5761"};

static enum lane lane_of(enum tr_kind kind)
{
	switch (kind) {
	case TR_REGISTRATION:
	case TR_PROTOCOL:
	case TR_AMENDMENT:
	case TR_ANALYSIS_PLAN:
		return PLAN;
	case TR_ETHICS_APPROVAL:
		return ETHICS;
	case TR_CONSENT_FORM:
		return FORMS;
	case TR_CONSENT:
	case TR_RE_CONSENT:
	case TR_WITHDRAWAL:
	case TR_ACCESS_GRANT:
	case TR_ACCESS_EVENT:
		return CONSENTS;
	case TR_DATASET:
	case TR_DATABASE_LOCK:
	case TR_UNBLINDING:
		return DATA;
	case TR_RESULTS:
	case TR_PUBLICATION:
		return RESULTS;
	case TR_KIND_NONE:
	case TR_DELEGATION:
	case TR_PRODUCT_CUSTODY:
	case TR_ARCHIVE_CUSTODY:
	case TR_ERASURE:
	case TR_AUDIT:
	case TR_STUDY_HEAD:
	case TR_SCHEMA:
	case TR_OTHER:
	case TR_OWN:
		break;
	}
	return OTHERS;
}

struct axis {
	int64_t from, to;
};

/* Where a record stands: its own date or that of what happened, when it has one, else its time-stamp. */
static bool time_of(const struct tr_case_record *r, int64_t *ret)
{
	struct tr_dated own = tr_case_date(r), when = r->details ? tr_dated_text(r->details->when) : tr_dated_none();

	if (!tr_dated_is(&own))
		own = when; /* of a consent, a lock, an unblinding */
	if (tr_dated_is(&own)) {
		*ret = own.when.lo;
		return true;
	}
	*ret = r->anchored;
	return r->anchored != VF_TIME_NONE;
}

static bool find_axis(const struct tr_case *c, struct axis *ret)
{
	bool any = false;
	int64_t t;

	for (size_t i = 0; i < c->n_records; i++) {
		int64_t ends[2] = {VF_TIME_NONE, c->records[i].anchored};

		if (time_of(&c->records[i], &t))
			ends[0] = t;
		for (int k = 0; k < 2; k++) {
			if (ends[k] == VF_TIME_NONE)
				continue;
			if (!any || ends[k] < ret->from)
				ret->from = ends[k];
			if (!any || ends[k] > ret->to)
				ret->to = ends[k];
			any = true;
		}
	}
	if (any && ret->to - ret->from < DAY_MS) {
		ret->from -= DAY_MS / 2;
		ret->to = ret->from + DAY_MS;
	}
	return any;
}

static int x_of(const struct axis *a, int64_t t)
{
	double share = (double)(t - a->from) / (double)(a->to - a->from);

	return LEFT + (int)(share * (WIDTH - LEFT - RIGHT));
}

/* ---- the axis ---- */

/* Days between two lines: what gives four to twelve of them. */
static int64_t step_of(const struct axis *a)
{
	static const int days[] = {1, 2, 7, 14, 30, 61, 91, 183, 365, 730, 1826, 3653};
	size_t i = 0;

	while (i + 1 < sizeof(days) / sizeof(days[0]) && (a->to - a->from) / (days[i] * DAY_MS) > 10)
		i++;
	return days[i] * DAY_MS;
}

static void put_axis(struct vf_sink *s, const struct axis *a, int height)
{
	int64_t step = step_of(a), t = a->from - (((a->from % step) + step) % step) + step;
	char text[VF_TIME_LEN + 1];

	for (; t <= a->to; t += step) {
		int x = x_of(a, t);

		vf_time_put(text, t);
		vf_sink_putf(s, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#e3e7eb\"/>", x, TOP, x, height - 26);
		if (x < WIDTH - RIGHT - 20)
			vf_sink_putf(s, "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#4f5761\" text-anchor=\"middle\">%.10s</text>\n", x, height - 8, text);
	}
}

/* ---- marks ---- */

static void put_title(struct vf_sink *s, const struct tr_case_record *r)
{
	char id[TR_CASE_SHORT + 1], anchored[VF_TIME_LEN + 1] = "none yet";

	tr_case_short(id, &r->id);
	if (r->anchored != VF_TIME_NONE)
		vf_time_put(anchored, r->anchored);
	vf_sink_str(s, "<title>");
	vf_sink_str(s, r->kind == TR_OWN ? "record" : tr_kind_name(r->kind));
	if (!tr_kind_is_personal(r->kind) && r->version.n) {
		vf_sink_str(s, " ");
		vf_sink_html(s, r->version);
	}
	if (!tr_kind_is_personal(r->kind) && r->date.n) {
		vf_sink_str(s, ", dated ");
		vf_sink_html(s, r->date);
	}
	vf_sink_putf(s, ", time-stamp %s, record %s</title>", anchored, id);
}

/* A line from its own date to its time-stamp, and what it is. */
static void put_mark(struct vf_sink *s, const struct axis *a, const struct tr_case_record *r, int y, int label)
{
	const char *colour = lane_colours[lane_of(r->kind)];
	int64_t t;
	int x;

	if (!time_of(r, &t))
		return;
	x = x_of(a, t);
	vf_sink_str(s, "<g>");
	put_title(s, r);
	if (r->anchored != VF_TIME_NONE && x_of(a, r->anchored) > x + 2)
		vf_sink_putf(s, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"1.5\" stroke-dasharray=\"3 2\"/>", x, y,
			x_of(a, r->anchored), y, colour);
	vf_sink_putf(s, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\" stroke=\"%s\" stroke-width=\"2\"/>", x, y,
		r->anchored == VF_TIME_NONE ? "#fff" : colour, colour);
	if (label && r->version.n && !tr_kind_is_personal(r->kind)) {
		struct vf_bytes shown = r->version;

		shown.n = shown.n > 14 ? 14 : shown.n;
		while (shown.n && shown.n < r->version.n && (shown.p[shown.n] & 0xc0) == 0x80)
			shown.n--;
		vf_sink_putf(s, "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#1a1d21\" text-anchor=\"middle\">", x, label > 0 ? y - 10 : y + 19);
		vf_sink_html(s, shown);
		vf_sink_str(s, "</text>");
	}
	vf_sink_str(s, "</g>\n");
}

/* How many there were in each part of the time, as bars. */
static void put_bars(struct vf_sink *s, const struct axis *a, const struct tr_case *c, enum lane lane, int y)
{
	size_t bins[BINS] = {0}, most = 1;
	int64_t t;

	for (size_t i = 0; i < c->n_records; i++) {
		size_t at;

		if (lane_of(c->records[i].kind) != lane || !time_of(&c->records[i], &t))
			continue;
		at = (size_t)((double)(t - a->from) / (double)(a->to - a->from) * (BINS - 1));
		most = ++bins[at] > most ? bins[at] : most;
	}
	for (size_t i = 0; i < BINS; i++) {
		int width = (WIDTH - LEFT - RIGHT) / BINS, height = (int)((double)bins[i] / (double)most * (LANE - 16));

		if (bins[i])
			vf_sink_putf(s, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"><title>%zu records</title></rect>\n",
				LEFT + (int)i * (WIDTH - LEFT - RIGHT) / BINS, y + LANE / 2 - 8 - height - (height ? 0 : 1), width ? width : 1,
				height ? height : 1, lane_colours[lane], bins[i]);
	}
}

static void put_lane(struct vf_sink *s, const struct axis *a, const struct tr_case *c, enum lane lane, int y)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < c->n_records; i++)
		n += lane_of(c->records[i].kind) == lane ? 1 : 0;
	vf_sink_putf(s, "<text x=\"4\" y=\"%d\" font-size=\"14\" fill=\"%s\" font-weight=\"600\">%s</text>"
			"<text x=\"4\" y=\"%d\" font-size=\"12\" fill=\"#4f5761\">%zu %s</text>"
			"<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#d5dae0\"/>\n",
		y + 1, lane_colours[lane], lane_names[lane], y + 16, n, n == 1 ? "record" : "records", LEFT, y, WIDTH - RIGHT, y);
	if (n > 2 * LABELLED) {
		put_bars(s, a, c, lane, y - LANE / 2 + 8);
		return;
	}
	for (size_t i = 0; i < c->n_records; i++)
		if (lane_of(c->records[i].kind) == lane)
			put_mark(s, a, &c->records[i], y, n <= LABELLED ? (k++ % 2 ? -1 : 1) : 0);
}

void tr_report_timeline(struct vf_sink *s, const struct tr_case *c)
{
	size_t used[LANES] = {0};
	struct axis a = {0};
	int lanes = 0, at = 0, height;

	vf_sink_str(s, "<h2 id=\"timeline\">The study over time</h2>\n");
	if (!find_axis(c, &a)) {
		vf_sink_str(s, "<p>Nothing has a date or a time-stamp yet.</p>\n");
		return;
	}
	for (size_t i = 0; i < c->n_records; i++)
		lanes += used[lane_of(c->records[i].kind)]++ == 0 ? 1 : 0;
	height = TOP + lanes * LANE + 34;
	vf_sink_putf(s, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Records of the study over time\" font-family=\"system-ui,'Liberation Sans',Arial,"
			"sans-serif\">\n", WIDTH, height);
	put_axis(s, &a, height);
	for (int lane = 0; lane < LANES; lane++)
		if (used[lane])
			put_lane(s, &a, c, (enum lane)lane, TOP + LANE / 2 + LANE * at++);
	vf_sink_str(s, "</svg>\n<p class=\"soft\">A dot stands at the record's own date or at that of what happened, or at its time-stamp when it has none; the dashed line leads to the "
		       "time-stamp. A hollow dot has no time-stamp yet.</p>\n");
}
