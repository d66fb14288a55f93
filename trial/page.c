#include "trial/page.h"

#include <stdio.h>

#include "trial/page_inside.h"
#include "verify/receipt_page.h"
#include "verify/text.h"

/* ---- the style ---- */

/*
 * Black on white, for laypeople and for printers without colour. Nothing here may hide what the file says, or move it
 * off the sheet, whatever elements it is put on: a reader accepts the page for its words because of that. A
 * change needs a digest in verify/receipt_page.c.
 */
static const char style[] =
	"*{box-sizing:border-box}"
	"body{margin:0;background:#fff;color:#000;"
	"font:17px/1.45 'Liberation Sans','DejaVu Sans',Arial,Helvetica,sans-serif;overflow-wrap:anywhere}"
	"main{max-width:46rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}"
	"h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3rem}"
	"h2{font-size:1.12rem;line-height:1.25;margin:1.1rem 0 .3rem;border-bottom:1px solid #000;"
	"padding-bottom:.15rem}"
	"p{margin:.35rem 0}"
	"table{border-collapse:collapse;width:100%;margin:.4rem 0}"
	"th,td{text-align:left;vertical-align:top;padding:.22rem .6rem .22rem 0}"
	".facts th{font-weight:400;width:8.5rem}"
	".facts td{font-weight:700}"
	".answers th,.answers td{border-bottom:1px solid #767676}"
	".answers .answer{width:8.5rem;font-weight:700}"
	".check{display:flex;flex-wrap:wrap;gap:1.2rem;align-items:flex-start}"
	".words{flex:1;min-width:14rem}"
	".scan{flex:none;width:38mm;text-align:center;font-size:.82rem;line-height:1.3}"
	".wide{width:50mm}"
	"svg{display:block;max-width:100%;background:#fff;fill:#000;margin:0 auto}"
	"code,pre{font-family:'Liberation Mono','DejaVu Sans Mono','Courier New',monospace}"
	"code{font-size:.86rem}"
	".id{font-weight:700}"
	"pre{font-size:.62rem;line-height:1.3;white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}"
	"@media print{@page{size:A4;margin:11mm 15mm 10mm}body{font-size:10.5pt;line-height:1.25}"
	"main{max-width:none;padding:0}h1{font-size:17pt}h2{font-size:12pt;margin:1.8mm 0 .6mm;break-after:avoid}p{margin:.7mm 0}table{margin:1mm 0}"
	".facts th,.answers .answer{width:34mm}th,td{padding:.35mm 3mm .35mm 0}"
	".scan{font-size:9pt}code{font-size:9pt}pre{font-size:6.2pt;line-height:1.1;margin:.5mm 0}"
	"tr,.check{break-inside:avoid}}";

const char *tr_page_style(void)
{
	return style;
}

/* ---- texts ---- */

struct page {
	struct vf_sink *s;
	const struct tr_page *p;
};

static void put(const struct page *g, const char *html)
{
	vf_sink_str(g->s, html);
}

static const char *words(const struct page *g, enum tr_page_text id)
{
	return tr_page_words(g->p->language, id);
}

static void put_words(const struct page *g, enum tr_page_text id)
{
	vf_sink_html(g->s, vf_bytes_str(words(g, id)));
}

/* Text of any origin: escaped, and kept from changing the direction of what stands around it. */
static void put_text(const struct page *g, struct vf_bytes text)
{
	put(g, "<bdi>");
	vf_sink_html(g->s, text);
	put(g, "</bdi>");
}

/* The same of the form, whose language a reader that speaks must know. */
static void put_form_text(const struct page *g, struct vf_bytes text)
{
	if (!g->p->form_language.n) {
		put_text(g, text);
		return;
	}
	put(g, "<bdi lang=\"");
	vf_sink_html(g->s, g->p->form_language);
	put(g, "\">");
	vf_sink_html(g->s, text);
	put(g, "</bdi>");
}

/* What stands for a name in braces; put is called when the name comes. */
struct filling {
	const char *name;
	void (*put)(const struct page *g, struct vf_bytes text);
	struct vf_bytes text;
};

static void put_filled(const struct page *g, enum tr_page_text id, const struct filling *f, size_t n)
{
	struct vf_bytes in = vf_bytes_str(words(g, id)), part, name;

	while (vf_take_until(&in, '{', &part) && vf_take_until(&in, '}', &name)) {
		vf_sink_html(g->s, part);
		for (size_t i = 0; i < n; i++)
			if (vf_bytes_is(name, f[i].name))
				f[i].put(g, f[i].text);
	}
	vf_sink_html(g->s, in);
}

static void put_escaped(const struct page *g, struct vf_bytes text)
{
	vf_sink_html(g->s, text);
}

/* ---- dates ---- */

/* "2026", "2026-03", "2026-03-04" and what follows it. */
struct date {
	uint64_t month, day; /* 0 when not known */
	struct vf_bytes year, time, zone;
	bool has_zone;
};

static bool take_part(struct vf_bytes *in, uint64_t max, uint64_t *ret)
{
	struct vf_bytes digits;

	if (!vf_take_str(in, "-") || !vf_take(in, 2, &digits))
		return false;
	if (digits.p[0] == '0')
		digits = vf_bytes(digits.p + 1, 1);
	return vf_decimal_read(digits, max, ret) && *ret > 0;
}

static bool read_date(struct vf_bytes in, struct date *ret)
{
	struct date d = {0};
	struct vf_bytes rest;
	uint64_t year;

	if (!vf_take(&in, 4, &d.year) || !vf_decimal_read(d.year, 9999, &year))
		return false;
	if ((in.n && !take_part(&in, 12, &d.month)) || (in.n && !take_part(&in, 31, &d.day)))
		return false;
	if (in.n && (!vf_take_str(&in, "T") || !vf_take(&in, 5, &d.time)))
		return false;
	/* seconds say nothing to a reader */
	for (rest = in; rest.n && rest.p[0] != 'Z' && rest.p[0] != '+' && rest.p[0] != '-';)
		vf_take(&rest, 1, &(struct vf_bytes){0});
	d.has_zone = rest.n > 0;
	d.zone = vf_bytes_is(rest, "Z") ? (struct vf_bytes){0} : rest;
	*ret = d;
	return true;
}

static void put_day(const struct page *g, const struct date *d)
{
	char day[24];
	struct filling f[] = {{"day", put_escaped, {0}}, {"month", put_escaped, {0}}, {"year", put_escaped, d->year}};

	if (!d->month) {
		put_escaped(g, d->year);
		return;
	}
	f[1].text = vf_bytes_str(words(g, (enum tr_page_text)(TR_TEXT_MONTH_1 + d->month - 1)));
	snprintf(day, sizeof(day), "%u", (unsigned)d->day);
	f[0].text = d->day == 1 ? vf_bytes_str(words(g, TR_TEXT_FIRST_DAY)) : vf_bytes_str(day);
	put_filled(g, d->day ? TR_TEXT_DATE_DAY : TR_TEXT_DATE_MONTH, f, 3);
}

/* The day alone. */
static void put_date(const struct page *g, struct vf_bytes text)
{
	struct date d;

	if (read_date(text, &d))
		put_day(g, &d);
	else
		put_text(g, text);
}

static void put_day_of(const struct page *g, struct vf_bytes text)
{
	struct date d;

	if (read_date(text, &d))
		put_day(g, &d);
}

/* With the time of the day, when there is one. */
static void put_time(const struct page *g, struct vf_bytes text)
{
	struct filling f[] = {{"date", put_day_of, text}, {"time", put_escaped, {0}}, {"zone", put_escaped, {0}}};
	struct date d;

	if (!read_date(text, &d) || !d.time.n || !d.has_zone) {
		put_date(g, text);
		return;
	}
	f[1].text = d.time;
	f[2].text = d.zone;
	put_filled(g, TR_TEXT_DATE_TIME, f, 3);
}

static void put_ms(const struct page *g, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	vf_time_put(text, ms);
	put_date(g, vf_bytes_str(text));
}

/* ---- the parts ---- */

static void put_title(const struct page *g, enum tr_page_text id)
{
	put(g, "<h2>");
	put_words(g, id);
	put(g, "</h2>\n");
}

static void put_paragraph(const struct page *g, enum tr_page_text id)
{
	put(g, "<p>");
	put_words(g, id);
	put(g, "</p>\n");
}

static void begin_fact(const struct page *g, enum tr_page_text id)
{
	put(g, "<tr><th scope=\"row\">");
	put_words(g, id);
	put(g, "</th><td>");
}

static void put_facts(const struct page *g)
{
	static const enum tr_page_text roles[] = {TR_TEXT_ROLE_PARTICIPANT, TR_TEXT_ROLE_PARENT, TR_TEXT_ROLE_ASSENT,
		TR_TEXT_ROLE_REPRESENTATIVE};
	const struct tr_page *p = g->p;

	put(g, "<table class=\"facts\"><tbody>\n");
	begin_fact(g, TR_TEXT_STUDY);
	put_text(g, p->study);
	put(g, "</td></tr>\n");
	if (p->title.n || p->version.n) {
		begin_fact(g, TR_TEXT_FORM);
		if (p->title.n)
			put_form_text(g, p->title);
		put(g, p->title.n && p->version.n ? ", " : "");
		if (p->version.n)
			put_filled(g, TR_TEXT_VERSION, &(struct filling){"version", put_text, p->version}, 1);
		put(g, "</td></tr>\n");
	}
	begin_fact(g, TR_TEXT_DECIDED);
	put_date(g, p->given);
	put(g, "</td></tr>\n");
	begin_fact(g, TR_TEXT_ROLE);
	put_words(g, roles[p->role]);
	put(g, "</td></tr>\n</tbody></table>\n");
}

/* Each is absent or a part of one paragraph. */
static void put_conditions(const struct page *g, const struct tr_page_permission *m)
{
	struct filling f[] = {{"purpose", put_form_text, m->purpose}, {"from", put_time, m->from},
		{"until", put_time, m->until}, {"whom", put_text, m->whom}};
	enum tr_page_text ids[3];
	size_t n = 0;

	if (m->purpose.n)
		ids[n++] = TR_TEXT_PURPOSE;
	if (m->from.n || m->until.n)
		ids[n++] = m->from.n && m->until.n ? TR_TEXT_FROM_UNTIL : m->from.n ? TR_TEXT_FROM : TR_TEXT_UNTIL;
	if (m->whom.n)
		ids[n++] = TR_TEXT_WHOM;
	for (size_t i = 0; i < n; i++) {
		put(g, i ? ". " : "<p>");
		put_filled(g, ids[i], f, 4);
	}
	put(g, n ? ".</p>" : "");
}

static void put_permission(const struct page *g, const struct tr_page_permission *m)
{
	put(g, m->granted ? "<tr><td class=\"answer\">✓ " : "<tr><td class=\"answer\">✗ ");
	put_words(g, m->granted ? TR_TEXT_YES : TR_TEXT_NO);
	put(g, "</td><td>");
	if (m->text.n)
		put_form_text(g, m->text);
	else if (vf_bytes_is(m->name, "participation"))
		put_words(g, TR_TEXT_PARTICIPATION);
	else
		put_form_text(g, m->name);
	put_conditions(g, m);
	put(g, "</td></tr>\n");
}

static void put_answers(const struct page *g)
{
	put_title(g, TR_TEXT_WHAT);
	put(g, "<table class=\"answers\"><thead><tr><th scope=\"col\" class=\"answer\">");
	put_words(g, TR_TEXT_ANSWER);
	put(g, "</th><th scope=\"col\">");
	put_words(g, TR_TEXT_ABOUT);
	put(g, "</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < g->p->n_permissions; i++)
		put_permission(g, &g->p->permissions[i]);
	put(g, "</tbody></table>\n");
}

/* ", telephone +49 …": a part of the contact with what it is, when it is there. */
static void put_reach(const struct page *g, const char **between, const enum tr_page_text *what, struct vf_bytes text)
{
	if (!text.n)
		return;
	put(g, *between);
	*between = ", ";
	if (what) {
		put_words(g, *what);
		put(g, " ");
	}
	put(g, "<strong>");
	put_text(g, text);
	put(g, "</strong>");
}

static void put_change(const struct page *g)
{
	static const enum tr_page_text phone = TR_TEXT_PHONE, email = TR_TEXT_EMAIL;
	const struct tr_page *p = g->p;
	const char *between = " ";

	put_title(g, TR_TEXT_CHANGE);
	put(g, "<p>");
	if (p->withdrawal.n)
		put_form_text(g, p->withdrawal);
	else
		put_words(g, TR_TEXT_WITHDRAW);
	put(g, "</p>\n<p>");
	if (p->contact_name.n || p->contact_phone.n || p->contact_email.n || p->contact_address.n) {
		put_words(g, TR_TEXT_CONTACT);
		put_reach(g, &between, NULL, p->contact_name);
		put_reach(g, &between, &phone, p->contact_phone);
		put_reach(g, &between, &email, p->contact_email);
		put_reach(g, &between, NULL, p->contact_address);
	} else {
		put_words(g, TR_TEXT_NO_CONTACT);
	}
	put(g, "</p>\n");
	put_paragraph(g, TR_TEXT_LATER);
}

static void put_accepted(const struct page *g, struct vf_bytes text)
{
	(void)text;
	put_ms(g, g->p->accepted_ms);
}

static void put_proves(const struct page *g)
{
	struct filling f[] = {{"origin", put_text, g->p->origin}, {"date", put_accepted, {0}}};

	put_title(g, TR_TEXT_PROVES);
	put(g, "<p>");
	put_filled(g, TR_TEXT_PROVES_YES, f, 2);
	put(g, "</p>\n");
	put_paragraph(g, TR_TEXT_PROVES_NOT);
}

static void put_runs(const struct page *g, const struct tr_page_code *c)
{
	for (size_t y = 0; y < c->n; y++)
		for (size_t x = 0, end; x < c->n; x = end + 1) {
			for (end = x; end < c->n && c->modules[y * c->n + end];)
				end++;
			if (end > x)
				vf_sink_putf(g->s, "M%zu %zuh%zuv1h-%zuz", x + 4, y + 4, end - x, end - x);
		}
}

/* 26 mm wide without the quiet zone of 4 modules, or 0.6 mm a module when that is more. */
static void put_code(const struct page *g)
{
	const struct tr_page_code *c = &g->p->code;
	size_t wide = c->n > 43 ? 60 * c->n : 2600; /* hundredths of a millimetre */

	if (!c->n)
		return;
	wide = wide * (c->n + 8) / c->n;
	put(g, wide > 3600 ? "<div class=\"scan wide\"><svg viewBox=\"" : "<div class=\"scan\"><svg viewBox=\"");
	vf_sink_putf(g->s, "0 0 %zu %zu\" width=\"%zu.%02zumm\" height=\"%zu.%02zumm", c->n + 8, c->n + 8, wide / 100,
		wide % 100, wide / 100, wide % 100);
	put(g, "\" role=\"img\" aria-label=\"");
	put_words(g, TR_TEXT_CODE);
	put(g, "\"><path d=\"");
	put_runs(g, c);
	put(g, "\"></path></svg>");
	put_words(g, TR_TEXT_CODE);
	put(g, "</div>\n");
}

static void put_check(const struct page *g)
{
	const struct tr_page *p = g->p;

	put_title(g, TR_TEXT_CHECK);
	put(g, "<div class=\"check\"><div class=\"words\">\n");
	put_paragraph(g, TR_TEXT_CHECK_WHO);
	put(g, "<p><code>");
	put_words(g, TR_TEXT_CHECK_COMMAND);
	put(g, "</code></p>\n");
	put_paragraph(g, TR_TEXT_CHECK_PAPER);
	put(g, "</div>\n");
	put_code(g);
	put(g, "</div>\n<p>");
	put_words(g, TR_TEXT_RECORD);
	put(g, " <code class=\"id\" id=\"" VF_PAGE_RECORD_ID "\">");
	vf_sink_hex(g->s, vf_bytes(p->id.b, sizeof(p->id.b)));
	put(g, "</code></p>\n");
}

static void put_head(const struct page *g)
{
	put(g, "<!DOCTYPE html>\n<html lang=\"");
	put(g, tr_page_language_name(g->p->language));
	put(g, "\">\n<head>\n<meta charset=\"utf-8\">\n"
	       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	       "<meta name=\"referrer\" content=\"no-referrer\">\n"
	       "<meta name=\"generator\" content=\"" VF_PAGE_SCHEMA "\">\n<title>");
	put_words(g, TR_TEXT_TITLE);
	put(g, "</title>\n<style>");
	put(g, style);
	put(g, "</style>\n</head>\n");
}

/* Line ends stand as they are: vf_sink_html() would show them. */
static void put_receipt(const struct page *g)
{
	struct vf_bytes in = g->p->receipt, line;

	put(g, "<pre id=\"" VF_PAGE_RECEIPT_ID "\">");
	while (vf_take_line(&in, &line)) {
		vf_sink_html(g->s, line);
		put(g, "\n");
	}
	vf_sink_html(g->s, in);
	put(g, "</pre>\n");
}

void tr_page_put(struct vf_sink *s, const struct tr_page *p)
{
	struct page g = {s, p};

	put_head(&g);
	put(&g, "<body>\n<main>\n<h1>");
	put_words(&g, TR_TEXT_TITLE);
	put(&g, "</h1>\n");
	put_paragraph(&g, TR_TEXT_KEEP);
	put_facts(&g);
	put_answers(&g);
	put_change(&g);
	put_proves(&g);
	put_check(&g);
	put_title(&g, TR_TEXT_RECEIPT);
	put_receipt(&g);
	put(&g, "</main>\n</body>\n</html>\n");
}
