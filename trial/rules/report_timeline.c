/* The study over time, as a picture: inline SVG without scripts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/rules/report.h"
#include "verify/text.h"

#define WIDTH 1000
#define LEFT 150
#define RIGHT 30
#define LANE 56
#define TOP 30
/* Parts of the axis in which records of a busy lane are counted together. */
#define BINS 120
/* Records of a lane that are shown one by one, at most. */
#define SINGLE 120
/* Marks that are nearer than this are one mark with a number: two dots with numbers stand beside each other. */
#define NEAR 24
/* What the place of a time that is cut out takes; the room of a date under the axis. */
#define BREAK 60
#define LABEL 78
/* Octets of a label, at most: what is longer has none. Twice as many on a line would be unreadable. */
#define LABEL_CHARS 48
/* The width of a label, at most. */
#define LABEL_WIDTH 160
/* The first place at which a label may begin: behind the names of the lanes. */
#define LABELS_FROM 128
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

/* Times from left to right. A long time in which nothing happened is cut out: between cut and on, when on is not 0. */
struct axis {
	int64_t from, to;
	int64_t cut, on;
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

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The longest time without anything, when it is more than a third of the whole, and what is left is not next to nothing. */
static void find_cut(struct axis *a, const int64_t *times, size_t n)
{
	int64_t longest = 0;

	for (size_t i = 1; i < n; i++)
		if (times[i] - times[i - 1] > longest) {
			longest = times[i] - times[i - 1];
			a->cut = times[i - 1];
			a->on = times[i];
		}
	if (longest <= (a->to - a->from) / 3 || longest < 30 * DAY_MS || a->to - a->from - longest < longest / 50)
		a->cut = a->on = 0;
}

static bool find_axis(const struct tr_case *c, struct axis *ret)
{
	int64_t *times = malloc((2 * c->n_records + 1) * sizeof(*times)), t;
	size_t n = 0;

	if (!times)
		return false;
	for (size_t i = 0; i < c->n_records; i++) {
		if (time_of(&c->records[i], &t))
			times[n++] = t;
		if (c->records[i].anchored != VF_TIME_NONE)
			times[n++] = c->records[i].anchored;
	}
	if (n) {
		qsort(times, n, sizeof(*times), by_time);
		*ret = (struct axis){.from = times[0], .to = times[n - 1]};
		if (ret->to - ret->from < DAY_MS) {
			ret->from -= DAY_MS / 2;
			ret->to = ret->from + DAY_MS;
		} else {
			find_cut(ret, times, n);
		}
	}
	free(times);
	return n > 0;
}

/* What the axis shows, without the time that is cut out. */
static int64_t shown(const struct axis *a)
{
	return a->to - a->from - (a->on - a->cut);
}

static int x_of(const struct axis *a, int64_t t)
{
	int width = WIDTH - LEFT - RIGHT - (a->on ? BREAK : 0);
	bool behind = a->on && t >= a->on;
	int64_t part = behind ? t - a->from - (a->on - a->cut) : a->on && t > a->cut ? a->cut - a->from : t - a->from;

	return LEFT + (shown(a) > 0 ? (int)((double)part / (double)shown(a) * width) : 0) + (behind ? BREAK : 0);
}

/* ---- the axis ---- */

/* Days between two lines: what gives four to ten of them. */
static int64_t step_of(const struct axis *a)
{
	static const int days[] = {1, 2, 7, 14, 30, 61, 91, 183, 365, 730, 1826, 3653};
	size_t i = 0;

	while (i + 1 < sizeof(days) / sizeof(days[0]) && shown(a) / (days[i] * DAY_MS) > 8)
		i++;
	return days[i] * DAY_MS;
}

/* The beginning of the month or year that is nearest, where lines are so far from each other. */
static int64_t round_of(int64_t t, int64_t step)
{
	const bool years = step >= 365 * DAY_MS;
	char text[VF_TIME_LEN + 1], first[VF_TIME_LEN + 1];
	int64_t at;

	if (step < 28 * DAY_MS)
		return t;
	vf_time_put(text, t + (years ? 30 : 15) * DAY_MS);
	snprintf(first, sizeof(first), years ? "%.4s-01-01T00:00:00Z" : "%.7s-01T00:00:00Z", text);
	return vf_time_read(vf_bytes_str(first), &at) ? at : t;
}

/* Where the date of a line stands: it does not leave the picture. */
static int label_at(int x)
{
	return x > WIDTH - LABEL / 2 ? WIDTH - LABEL / 2 : x;
}

static void put_line(struct vf_sink *s, const struct axis *a, int64_t t, int height)
{
	char text[VF_TIME_LEN + 1];
	int x = x_of(a, t);

	vf_time_put(text, t);
	vf_sink_putf(s, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#e3e7eb\"/>", x, TOP, x, height - 26);
	vf_sink_putf(s, "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#4f5761\" text-anchor=\"middle\">%.10s</text>\n", label_at(x), height - 8, text);
}

static void put_axis(struct vf_sink *s, const struct axis *a, int height)
{
	int64_t step = step_of(a), t = a->from - (((a->from % step) + step) % step) + step;
	int last = LEFT - LABEL, end = a->on ? label_at(x_of(a, a->on)) - LABEL : WIDTH;

	for (int64_t next = t; next <= a->to; next += step) {
		int x;

		t = round_of(next, step);
		if (t < a->from || t > a->to)
			continue;
		x = x_of(a, t);
		if (x < last + LABEL || (a->on && t > a->cut && t < a->on) || (a->on && t <= a->cut && x > end) || x != label_at(x))
			continue;
		put_line(s, a, t, height);
		last = x;
	}
	if (!a->on)
		return;
	/* the first day behind the cut, when no line has said it */
	if (label_at(x_of(a, a->on)) >= last + LABEL)
		put_line(s, a, a->on, height);
	vf_sink_putf(s, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#f5f7f9\"/><text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#4f5761\" "
			"text-anchor=\"middle\">%d days left out</text>\n",
		x_of(a, a->cut) + BREAK / 4, TOP, BREAK / 2, height - 26 - TOP,
		x_of(a, a->cut) + BREAK / 2 > WIDTH - LABEL ? WIDTH - LABEL : x_of(a, a->cut) + BREAK / 2, TOP - 10,
		(int)((a->on - a->cut) / DAY_MS));
}

/* ---- marks ---- */

static void put_title(struct vf_sink *s, const struct tr_report *report, const struct tr_case_record *r)
{
	const bool shown = !tr_kind_is_personal(r->kind) && !tr_report_is_named(report, r);
	char id[TR_CASE_SHORT + 1], anchored[VF_TIME_LEN + 1] = "none yet";

	tr_case_short(id, &r->id);
	if (r->anchored != VF_TIME_NONE)
		vf_time_put(anchored, r->anchored);
	vf_sink_str(s, "<title>");
	vf_sink_str(s, r->kind == TR_OWN ? "record" : tr_kind_name(r->kind));
	if (shown && r->version.n) {
		vf_sink_str(s, " ");
		vf_sink_html(s, r->version);
	}
	if (shown && r->date.n) {
		vf_sink_str(s, ", dated ");
		vf_sink_html(s, r->date);
	}
	vf_sink_putf(s, ", time-stamp %s, record %s</title>", anchored, id);
}

/* Records of a lane that stand at one place of the picture. */
struct mark {
	int x, to; /* to: of the last time-stamp; 0: none */
	const struct tr_case_record *r;
};

static int by_x(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->x != y->x)
		return x->x < y->x ? -1 : 1;
	return (x->r > y->r) - (x->r < y->r);
}

/* An upper bound of what a text of 12 pixels takes, whatever the font. */
static int width_of(struct vf_bytes text)
{
	int width = 0;
	uint32_t c;

	while (text.n && vf_take_utf8(&text, &c))
		if (c >= 0x80)
			width += 13;
		else if ((c >= 'A' && c <= 'Z') || c == '@' || c == '%' || c == 'm' || c == 'w')
			width += 12;
		else
			width += 8;
	return width;
}

/* A version that can stand in the picture: of a record about nobody, in plain characters that go from left to right. */
static bool has_label(const struct tr_report *report, const struct tr_case_record *r)
{
	return r->version.n && r->version.n < LABEL_CHARS && !tr_kind_is_personal(r->kind) && !tr_report_is_named(report, r) &&
		vf_text_is_plain(r->version);
}

/* The versions of some marks, each once: what fits. False when there is nothing to say, or too much. */
static bool label_of(const struct tr_report *report, const struct mark *m, size_t n, uint8_t out[LABEL_CHARS], size_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		struct vf_bytes v = m[i].r->version;
		bool again = !has_label(report, m[i].r);

		for (size_t j = 0; j < i && !again; j++)
			again = has_label(report, m[j].r) && vf_bytes_eq(m[j].r->version, v);
		if (again)
			continue;
		if (*ret + v.n + 2 > LABEL_CHARS)
			return false;
		if (*ret) {
			memcpy(out + *ret, ", ", 2);
			*ret += 2;
		}
		memcpy(out + *ret, v.p, v.n);
		*ret += v.n;
	}
	return *ret > 0 && width_of(vf_bytes(out, *ret)) <= LABEL_WIDTH;
}

/* Marks at one place: a dot, with their number when there are several, and a line to the last time-stamp. */
static void put_marks(struct vf_sink *s, const struct tr_report *report, const struct mark *m, size_t n, int y)
{
	const char *colour = lane_colours[lane_of(m->r->kind)];
	int x = m[0].x, to = 0;
	char id[TR_CASE_SHORT + 1];
	bool anchored = true;

	for (size_t i = 0; i < n; i++) {
		to = m[i].to > to ? m[i].to : to;
		anchored &= m[i].to != 0;
	}
	tr_case_short(id, &m->r->id);
	vf_sink_putf(s, "<a href=\"#r%s\">", id);
	if (n == 1)
		put_title(s, report, m->r);
	else
		vf_sink_putf(s, "<title>%zu records, the first of them %s</title>", n, id);
	/* dashes of all lines of a lane fall together */
	if (to > x + 10)
		vf_sink_putf(s, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"1.5\" stroke-dasharray=\"3 3\" "
				"stroke-dashoffset=\"%d\"/><line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2.5\"/>",
			x, y, to, y, colour, x % 6, to, y - 6, to, y + 6, colour);
	vf_sink_putf(s, "<circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"%s\" stroke=\"%s\" stroke-width=\"2\"/>", x, y, n > 99 ? 12 : n > 1 ? 10 : 5,
		anchored ? colour : "#fff", colour);
	if (n > 1)
		vf_sink_putf(s, "<text x=\"%d\" y=\"%d\" font-size=\"11\" font-weight=\"600\" fill=\"%s\" text-anchor=\"middle\">%zu</text>", x, y + 4,
			anchored ? "#fff" : colour, n);
	vf_sink_str(s, "</a>\n");
}

/* Above the line, else below it, else nowhere: labels never stand upon each other. free: where each row is free from. */
static void put_label(struct vf_sink *s, const struct tr_report *report, const struct mark *m, size_t n, int y, int vacant[2])
{
	uint8_t text[LABEL_CHARS];
	size_t len;
	int x = m[0].x, half, row;

	if (!label_of(report, m, n, text, &len))
		return;
	half = width_of(vf_bytes(text, len)) / 2 + 1;
	if (x + half > WIDTH)
		x = WIDTH - half;
	if (x - half < LABELS_FROM)
		x = LABELS_FROM + half;
	for (row = 0; row < 2 && x - half < vacant[row]; row++)
		;
	if (row == 2)
		return;
	vacant[row] = x + half + 4;
	vf_sink_putf(s, "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#1a1d21\" text-anchor=\"middle\">", x, row == 0 ? y - 16 : y + 25);
	vf_sink_html(s, vf_bytes(text, len));
	vf_sink_str(s, "</text>\n");
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
		at = (size_t)((x_of(a, t) - LEFT) * (BINS - 1) / (WIDTH - LEFT - RIGHT));
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

static void put_lane(struct vf_sink *s, const struct axis *a, const struct tr_report *report, enum lane lane, int y)
{
	const struct tr_case *c = report->c;
	struct mark marks[SINGLE];
	int vacant[2] = {LABELS_FROM, LABELS_FROM};
	size_t n = 0;

	for (size_t i = 0; i < c->n_records; i++)
		n += lane_of(c->records[i].kind) == lane ? 1 : 0;
	vf_sink_putf(s, "<text x=\"4\" y=\"%d\" font-size=\"14\" fill=\"%s\" font-weight=\"600\">%s</text>"
			"<text x=\"4\" y=\"%d\" font-size=\"12\" fill=\"#4f5761\">%zu %s</text>"
			"<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#d5dae0\"/>\n",
		y + 1, lane_colours[lane], lane_names[lane], y + 16, n, n == 1 ? "record" : "records", LEFT, y, WIDTH - RIGHT, y);
	if (n > SINGLE) {
		put_bars(s, a, c, lane, y - LANE / 2 + 8);
		return;
	}
	n = 0;
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		int64_t t;

		if (lane_of(r->kind) == lane && time_of(r, &t))
			marks[n++] = (struct mark){x_of(a, t), r->anchored == VF_TIME_NONE ? 0 : x_of(a, r->anchored), r};
	}
	qsort(marks, n, sizeof(*marks), by_x);
	for (size_t i = 0, from = 0; i < n; i++)
		if (i + 1 == n || marks[i + 1].x - marks[from].x > NEAR) {
			put_marks(s, report, marks + from, i + 1 - from, y);
			put_label(s, report, marks + from, i + 1 - from, y, vacant);
			from = i + 1;
		}
}

void tr_report_timeline(struct vf_sink *s, const struct tr_report *r)
{
	const struct tr_case *c = r->c;
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
	vf_sink_putf(s, "<div class=\"wide\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Records of the study over time\" font-family=\"system-ui,'Liberation Sans',Arial,"
			"sans-serif\">\n", WIDTH, height);
	put_axis(s, &a, height);
	for (int lane = 0; lane < LANES; lane++)
		if (used[lane])
			put_lane(s, &a, r, (enum lane)lane, TOP + LANE / 2 + LANE * at++);
	vf_sink_str(s, "</svg></div>\n<p class=\"soft\">A dot stands at the date that the record itself declares, or at its time-stamp when it declares none; a number in it counts records at "
		       "one place. The dashed line leads to the time-stamp, a short upright stroke: only from there on is it proven that the record existed. A hollow "
		       "dot has no time-stamp yet. A long time in which nothing happened is cut out, in grey.</p>\n");
}
