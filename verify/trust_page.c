/* The page of a trust directory: to print, to compare fingerprints with, to sign. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"
#include "verify/trust_show.h"

/* Black on white, rules instead of grounds; nothing is fetched. */
static const char style[] =
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:#fff;color:#000;font:11pt/1.45 'Liberation Serif','Times New "
	"Roman',serif;overflow-wrap:anywhere}\n"
	"main{max-width:178mm;margin:0 auto;padding:12mm 0}\n"
	"h1{font-size:19pt;line-height:1.2;margin:0 0 2mm}\n"
	"h2{font-size:13pt;margin:7mm 0 1.5mm;border-bottom:.4mm solid #000;break-after:avoid}\n"
	"p{margin:1.5mm 0}\n"
	"ol,ul{margin:1.5mm 0;padding-left:7mm}\n"
	"table{border-collapse:collapse;width:100%;margin:1.5mm 0}\n"
	"th,td{text-align:left;vertical-align:top;padding:1.2mm 2mm 1.2mm 0;border-bottom:.2mm solid #000}\n"
	"th{width:38mm;font-weight:bold}\n"
	"tr,.sign,section{break-inside:avoid}\n"
	".print{font:10.5pt/1.5 'Liberation Mono','Courier New',monospace;white-space:nowrap}\n"
	".whole{border:.5mm solid #000;padding:2mm 4mm;margin:3mm 0;break-inside:avoid}\n"
	".whole .print{font-size:13pt}\n"
	".code{font:9pt 'Liberation Mono','Courier New',monospace}\n"
	".lines tr{height:13mm}.lines th,.lines td{vertical-align:bottom}.lines th{width:60mm;font-weight:normal}\n"
	".box{display:inline-block;width:4mm;height:4mm;border:.3mm solid #000;vertical-align:-.6mm;margin-right:2mm}\n"
	"@page{size:A4;margin:16mm}\n"
	"@media print{main{max-width:none;padding:0}}\n";

static void put(struct vf_sink *s, const char *html)
{
	vf_sink_str(s, html);
}

/* Text of any origin. */
static void put_text(struct vf_sink *s, struct vf_bytes text)
{
	put(s, "<bdi>");
	vf_sink_html(s, text);
	put(s, "</bdi>");
}

static bool put_html(void *ctx, struct vf_bytes piece)
{
	struct vf_sink *s = ctx;

	vf_sink_html(s, piece);
	return !s->failed;
}

static void row(struct vf_sink *s, const char *name)
{
	vf_sink_putf(s, "<tr><th scope=\"row\">%s</th><td>", name);
}
#define ROW_END "</td></tr>\n"

static void put_fingerprint(struct vf_sink *s, const struct vf_hash *h)
{
	char text[VF_GROUPS];

	vf_fingerprint_put(text, h, 8, "<br>");
	vf_sink_putf(s, "<span class=\"print\">%s</span>", text);
}

static void put_rules(struct vf_sink *s, const struct vf_policy *p)
{
	put(s, "<h2>What is required</h2>\n<p>Policy “");
	put_text(s, p->name);
	put(s, "”. A file is VERIFIED only when all of this holds:</p>\n<ol>\n");
	for (size_t i = 0; i < p->n_rules; i++) {
		put(s, "<li>time-stamps of ");
		vf_rule_words(s, p, &p->rules[i]);
		put(s, "</li>\n");
	}
	put(s, "</ol>\n<table><tbody>\n");
	row(s, "Revocation");
	vf_sink_putf(s, "%s" ROW_END, vf_revocation_rule_words(p));
	row(s, "Expired");
	vf_sink_putf(s, "%s" ROW_END, vf_expired_rule_words(p));
	row(s, "Submitter");
	vf_sink_putf(s, "%s" ROW_END "</tbody></table>\n", vf_submitter_rule_words(p));
}

static void put_cert_rows(struct vf_sink *s, const struct vf_trust_pin *pin)
{
	char from[VF_SHOWN_DAY], to[VF_SHOWN_DAY];

	vf_shown_day(from, pin->facts->not_before);
	vf_shown_day(to, pin->facts->not_after);
	row(s, "Certificate");
	put_text(s, vf_bytes_str(pin->facts->name));
	vf_sink_putf(s, ", valid %s to %s" ROW_END, from, to);
	row(s, "SHA-256");
	put_fingerprint(s, &pin->sha256);
	put(s, ROW_END);
}

static void put_authorities(struct vf_sink *s, const struct vf_trust_view *v)
{
	struct vf_sink words = {.put = put_html, .ctx = s};

	put(s, "<h2>Time-stamping authorities</h2>\n");
	for (size_t i = 0; i < v->policy->n_authorities; i++) {
		const struct vf_authority *a = &v->policy->authorities[i];

		vf_sink_putf(s, "<section>\n<table><tbody>\n<tr><th scope=\"row\">%s</th><td>", a->name);
		vf_authority_words(&words, a);
		put(s, ROW_END);
		for (size_t k = 0; k < v->n_pins; k++)
			if (v->pins[k].kind == VF_PIN_AUTHORITY && v->pins[k].authority == i)
				put_cert_rows(s, &v->pins[k]);
		put(s, "</tbody></table>\n</section>\n");
	}
}

static void put_pin(struct vf_sink *s, const struct vf_trust_pin *pin)
{
	static const char *const names[] = {"", "Log", "Witness", "Receipts", "Submitters", "Stream"};

	put(s, "<section>\n<table><tbody>\n");
	if (pin->kind == VF_PIN_SUBMITTER) {
		put_cert_rows(s, pin);
	} else {
		row(s, names[pin->kind]);
		put_text(s, pin->name);
		if (pin->kind == VF_PIN_RECEIPTS)
			vf_sink_putf(s, ", promises of at most %" PRIu64 " s", pin->delay);
		if (pin->kind == VF_PIN_STREAM)
			put(s, pin->has_key ? "with its key" : "without its key");
		put(s, ROW_END);
		row(s, pin->kind == VF_PIN_STREAM ? "Name" : "SHA-256 of its key");
		put_fingerprint(s, &pin->sha256);
		put(s, ROW_END);
	}
	put(s, "</tbody></table>\n</section>\n");
}

static void put_kind(struct vf_sink *s, const struct vf_trust_view *v, enum vf_pin kind, const char *title)
{
	bool any = false;

	for (size_t i = 0; i < v->n_pins; i++) {
		if (v->pins[i].kind != kind)
			continue;
		if (!any)
			vf_sink_putf(s, "<h2>%s</h2>\n", title);
		put_pin(s, &v->pins[i]);
		any = true;
	}
}

static void put_remarks(struct vf_sink *s, const struct vf_trust_view *v)
{
	if (v->n_remarks == 0)
		return;
	put(s, "<h2>To be known</h2>\n<ul>\n");
	for (size_t i = 0; i < v->n_remarks; i++) {
		put(s, "<li>");
		put_text(s, vf_bytes_str(v->remarks[i].text));
		vf_sink_putf(s, " <span class=\"code\">%s</span></li>\n", v->remarks[i].code);
	}
	put(s, "</ul>\n");
}

static void put_signature(struct vf_sink *s)
{
	static const char *const lines[] = {
		"Compared with (name, and telephone or document)", "Compared by (name)", "Place and date", "Signature"};

	put(s,
		"<div class=\"sign\">\n<h2>Comparison</h2>\n<p><span class=\"box\"></span>The fingerprint of the whole "
		"directory was read aloud, "
		"or compared with a document, over another channel than the one that the directory came by, and every "
		"group agreed.</p>\n"
		"<p><span class=\"box\"></span>What is required above is what we want.</p>\n<table "
		"class=\"lines\"><tbody>\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		vf_sink_putf(s, "<tr><th scope=\"row\">%s</th><td></td></tr>\n", lines[i]);
	put(s, "</tbody></table>\n</div>\n");
}

void vf_trust_page(struct vf_sink *s, const struct vf_trust_view *v)
{
	put(s,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>Trust directory</title>\n<style>\n");
	put(s, style);
	put(s, "</style>\n</head>\n<body>\n<main>\n<h1>Trust directory “");
	put_text(s, v->policy->name);
	put(s,
		"”</h1>\n<p>Whoever can change a trust directory decides what is VERIFIED. Compare the fingerprint "
		"below with whom you "
		"have the directory from, by telephone or on paper, before you use it.</p>\n"
		"<div class=\"whole\">\n<p>Fingerprint of the whole directory (SHA-256):</p>\n<p>");
	put_fingerprint(s, &v->fingerprint);
	put(s, "</p>\n<p>To see it again: <span class=\"code\">trialverify trust show DIR</span></p>\n</div>\n");
	put_rules(s, v->policy);
	put_authorities(s, v);
	put_kind(s, v, VF_PIN_LOG, "Logs");
	put_kind(s, v, VF_PIN_WITNESS, "Witnesses");
	if (v->tlog) {
		struct vf_sink words = {.put = put_html, .ctx = s};

		put(s, "<p>Witnesses: ");
		vf_quorum_words(&words, v->tlog);
		put(s, ".</p>\n");
	}
	put_kind(s, v, VF_PIN_RECEIPTS, "Keys of receipts");
	put_kind(s, v, VF_PIN_SUBMITTER, "Roots of submitters");
	put_kind(s, v, VF_PIN_STREAM, "Streams");
	put_remarks(s, v);
	put_signature(s);
	put(s, "</main>\n</body>\n</html>\n");
}
