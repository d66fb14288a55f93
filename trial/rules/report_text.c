/* What every part of the report is made of: texts, links, times, names of records and of who signed them. */
#include <stdlib.h>

#include "trial/rules/report.h"
#include "trial/rules/study.h"
#include "verify/text.h"

/* Characters of a text that are shown: what is longer is cut, and says so. */
#define SHOWN_TEXT 400
/* Countersignatures of a record that are shown one by one. */
#define SHOWN_SIGNERS 4

/* The text, cut behind a whole character. */
static struct vf_bytes cut(struct vf_bytes text, size_t max)
{
	size_t n = max;

	if (text.n <= max)
		return text;
	while (n > 0 && (text.p[n] & 0xc0) == 0x80)
		n--;
	return vf_bytes(text.p, n);
}

void tr_report_text(struct vf_sink *s, struct vf_bytes text)
{
	struct vf_bytes part = cut(text, SHOWN_TEXT);

	vf_sink_str(s, "<bdi>");
	vf_sink_html(s, part);
	vf_sink_str(s, "</bdi>");
	if (part.n < text.n)
		vf_sink_putf(s, " <span class=\"soft\">… and %zu octets more</span>", text.n - part.n);
}

void tr_report_link(struct vf_sink *s, const struct vf_hash *id)
{
	char shown[TR_CASE_SHORT + 1];

	tr_case_short(shown, id);
	vf_sink_putf(s, "<a href=\"#r%s\"><code>%s</code></a>", shown, shown);
}

void tr_report_time(struct vf_sink *s, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	if (ms == VF_TIME_NONE) {
		vf_sink_str(s, "none yet");
		return;
	}
	vf_time_put(text, ms);
	vf_sink_putf(s, "<time datetime=\"%s\">%.10s %.5s</time>", text, text, text + 11);
}

void tr_report_kind(struct vf_sink *s, const struct tr_case_record *r)
{
	if (r->kind == TR_OWN && r->own_kind.n)
		tr_report_text(s, r->own_kind);
	else
		vf_sink_str(s, r->kind == TR_OWN || r->kind == TR_KIND_NONE ? "not known" : tr_kind_name(r->kind));
}

/* ---- keys of persons ---- */

VF_RC tr_report_find_named(struct tr_report *r, bool **ret, struct vf_err *reterr)
{
	const struct tr_rule *g1 = tr_rule_find(vf_bytes_str("G1"));
	bool *named = calloc(r->c->n_records + 1, sizeof(*named));

	if (!named)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a report");
	for (size_t i = 0; i < r->findings->n; i++) {
		const struct tr_finding *x = &r->findings->p[i];

		for (size_t j = 0; x->rule == g1 && x->verdict >= TR_UNDECIDED && j < x->n_records; j++) {
			const struct tr_case_record *of = tr_case_record(r->c, &x->records[j]);

			if (of)
				named[of - r->c->records] = true;
		}
	}
	r->named = *ret = named;
	return VF_OK;
}

bool tr_report_is_named(const struct tr_report *r, const struct tr_case_record *of)
{
	return !r->subjects && r->named && r->named[of - r->c->records];
}

void tr_report_said(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *of, struct vf_bytes text)
{
	if (text.n && tr_report_is_named(r, of))
		vf_sink_str(s, "<a href=\"#G1\" class=\"soft\">not shown: names a person’s key (G1)</a>");
	else
		tr_report_text(s, text);
}

/* Texts of records that a finding must not repeat, in the form in which rules quote them. */
#define MAX_MASKS 16
struct masks {
	char p[MAX_MASKS][TR_NAMED_LEN];
	size_t n;
};

static void add_mask(struct masks *m, struct vf_bytes text, size_t cap)
{
	if (text.n == 0 || m->n == MAX_MASKS)
		return;
	vf_text_escape(m->p[m->n], cap, text);
	m->n++;
}

/* Names of documents about persons, and all that G1 has found. */
static void find_masks(struct masks *m, const struct tr_report *r, const struct tr_finding *x)
{
	m->n = 0;
	for (size_t i = 0; i < x->n_records && !r->subjects; i++) {
		const struct tr_case_record *of = tr_case_record(r->c, &x->records[i]);
		bool named = of && tr_report_is_named(r, of);

		for (size_t j = 0; of && (named || tr_kind_is_personal(of->kind)) && j < of->n_files; j++)
			add_mask(m, of->files[j].name, TR_NAMED_LEN - 20);
		if (!named)
			continue;
		add_mask(m, of->version, 64);
		add_mask(m, of->title, TR_NAMED_LEN);
	}
}

void tr_report_quote(struct vf_sink *s, const struct tr_report *r, const struct tr_finding *x, const char *text)
{
	struct vf_bytes left = vf_bytes_str(text);
	struct masks m;

	find_masks(&m, r, x);
	for (;;) {
		size_t at = left.n, len = 0;
		struct vf_bytes before = left;

		for (size_t i = 0; i < m.n; i++) {
			size_t n = strlen(m.p[i]);
			const uint8_t *found = n && left.n ? memmem(left.p, left.n, m.p[i], n) : NULL;

			if (found && ((size_t)(found - left.p) < at || ((size_t)(found - left.p) == at && n > len))) {
				at = (size_t)(found - left.p);
				len = n;
			}
		}
		before.n = at;
		if (at || len == 0)
			tr_report_text(s, before);
		if (len == 0)
			return;
		vf_sink_str(s, "<span class=\"soft\">[a name that is not shown]</span>");
		left = vf_bytes(left.p + at + len, left.n - at - len);
	}
}

/* ---- signatures ---- */

/* 21 CFR 11.50: the meaning stands beside the name. Who signed a record about a person may be that person. */
static void put_signer(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *of)
{
	if (r->subjects || !tr_kind_is_personal(of->kind))
		tr_report_text(s, of->signer);
	else
		vf_sink_str(s, "signed, name not shown");
	if (of->meaning.n == 0)
		return;
	vf_sink_str(s, " (");
	vf_sink_html(s, of->meaning); /* a word of a closed list */
	vf_sink_str(s, ")");
}

static size_t next_countersigned(const struct tr_case *c, const struct tr_case_record *of, size_t from)
{
	size_t i = tr_case_linked(c, TR_COUNTERSIGNS, &of->id, from);

	while (i < c->n_records && c->records[i].signer.n == 0)
		i = tr_case_linked(c, TR_COUNTERSIGNS, &of->id, i + 1);
	return i;
}

bool tr_report_is_signed(const struct tr_case *c, const struct tr_case_record *of)
{
	return of->signer.n || next_countersigned(c, of, 0) < c->n_records;
}

void tr_report_signers(struct vf_sink *s, const struct tr_report *r, const struct tr_case_record *of)
{
	const struct tr_case *c = r->c;
	size_t n = 0;

	if (of->signer.n)
		put_signer(s, r, of);
	for (size_t i = next_countersigned(c, of, 0); i < c->n_records; i = next_countersigned(c, of, i + 1)) {
		if (n++ >= SHOWN_SIGNERS)
			continue;
		vf_sink_str(s, of->signer.n || n > 1 ? "<br>countersigned: " : "countersigned: ");
		put_signer(s, r, &c->records[i]);
		vf_sink_str(s, " ");
		tr_report_link(s, &c->records[i].id);
	}
	if (n > SHOWN_SIGNERS)
		vf_sink_putf(s, "<br><span class=\"soft\">and %zu more</span>", n - SHOWN_SIGNERS);
	if (of->signer.n == 0 && n == 0)
		vf_sink_str(s, "<span class=\"soft\">–</span>");
}
