#include "verify/trust_show.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"

/* Labels end here. */
#define INDENT "                 "
#define GROUPS_A_LINE 8

/* ---- words ---- */

void vf_shown_day(char out[VF_SHOWN_DAY], int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	vf_time_put(text, ms);
	snprintf(out, VF_SHOWN_DAY, "%.10s", text);
}

const char *vf_revocation_rule_words(const struct vf_policy *p)
{
	return p->revocation_required
		? "every certificate needs usable revocation data, else the result is INDETERMINATE"
		: "looked at when there is data";
}

const char *vf_expired_rule_words(const struct vf_policy *p)
{
	return p->accept_expired ? "a last time-stamp counts also when its certificate is over"
				 : "a last time-stamp whose certificate is over does not count";
}

const char *vf_submitter_rule_words(const struct vf_policy *p)
{
	return p->submitter_required ? "records must be signed by a certificate of a pinned root of submitters"
				     : "records need no signature";
}

void vf_authority_words(struct vf_sink *s, const struct vf_authority *a)
{
	char text[VF_SHOWN_COUNT + VF_TIME_LEN + 1];

	vf_sink_str(s, a->operator_ ? "run by the operator of the log" : "not run by the operator of the log");
	vf_sink_str(s, a->qualified ? ", qualified" : ", not qualified");
	if (a->has_max_accuracy)
		vf_sink_putf(s, ", accurate to %" PRIu64 " ms or better", a->max_accuracy_ms);
	for (size_t i = 0; i < a->n_policies; i++) {
		vf_sink_str(s, i ? ", " : ", under the TSA policies ");
		vf_sink_put(s, a->policies[i]); /* digits and dots */
	}
	if (a->from != VF_TIME_NONE) {
		vf_time_put(text, a->from);
		vf_sink_putf(s, ", for times from %s", text);
	}
	if (a->to != VF_TIME_NONE) {
		vf_time_put(text, a->to);
		vf_sink_putf(s, "%s %s", a->from == VF_TIME_NONE ? ", for times up to" : " to", text);
	}
}

static struct vf_bytes member_name(const struct vf_tlog_policy *t, const struct vf_tlog_member *m)
{
	return m->kind == VF_TLOG_WITNESS ? t->witnesses[m->at].name : t->groups[m->at].name;
}

void vf_quorum_words(struct vf_sink *s, const struct vf_tlog_policy *t)
{
	if (t->quorum.kind == VF_TLOG_NOTHING) {
		vf_sink_str(s, "none asked for");
		return;
	}
	vf_sink_str(s, "asked for: ");
	vf_sink_escaped(s, member_name(t, &t->quorum));
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct vf_tlog_group *g = &t->groups[i];

		vf_sink_str(s, "; ");
		vf_sink_escaped(s, g->name);
		vf_sink_putf(s, " is %zu of ", g->needed);
		for (size_t k = 0; k < g->n; k++) {
			vf_sink_str(s, k ? ", " : "");
			vf_sink_escaped(s, member_name(t, &g->members[k]));
		}
	}
}

/* ---- the screen ---- */

/* Turns what is put into plain text of a kind that the terminal shows. */
struct plain {
	struct vf_sink *out;
	bool unicode;
};

static bool put_plain(void *ctx, struct vf_bytes piece)
{
	struct plain *p = ctx;

	if (p->unicode)
		vf_sink_put(p->out, piece);
	else
		vf_sink_ascii(p->out, piece);
	return !p->out->failed;
}

static void put_fingerprint(struct vf_sink *s, const struct vf_hash *h)
{
	char text[VF_GROUPS];

	vf_fingerprint_put(text, h, GROUPS_A_LINE, "\n" INDENT);
	vf_sink_putf(s, "%s\n", text);
}

static void put_label(struct vf_sink *s, const char *label)
{
	vf_sink_putf(s, "  %-*s", (int)sizeof(INDENT) - 3, label);
}

/* In quotes, and what would end them is marked. */
static void put_quoted(struct vf_sink *out, struct vf_sink *s, struct vf_bytes text)
{
	struct vf_bytes part;

	vf_sink_str(out, "\"");
	while (vf_take_until(&text, '"', &part)) {
		vf_sink_escaped(s, part);
		vf_sink_str(out, "\\\"");
	}
	vf_sink_escaped(s, text);
	vf_sink_str(out, "\"");
}

static void put_cert(struct vf_sink *out, struct vf_sink *s, const struct vf_trust_pin *pin)
{
	char from[VF_SHOWN_DAY], to[VF_SHOWN_DAY];

	vf_shown_day(from, pin->facts->not_before);
	vf_shown_day(to, pin->facts->not_after);
	put_label(out, "Certificate");
	put_quoted(out, s, vf_bytes_str(pin->facts->name));
	vf_sink_putf(out, ", valid %s to %s\n", from, to);
	put_label(out, "SHA-256");
	put_fingerprint(out, &pin->sha256);
}

static void put_authorities(struct vf_sink *out, struct vf_sink *s, const struct vf_trust_view *v)
{
	for (size_t i = 0; i < v->policy->n_authorities; i++) {
		const struct vf_authority *a = &v->policy->authorities[i];
		bool any = false;

		vf_sink_putf(out, "\nAuthority %s: ", a->name);
		vf_authority_words(s, a);
		vf_sink_str(out, "\n");
		for (size_t k = 0; k < v->n_pins; k++)
			if (v->pins[k].kind == VF_PIN_AUTHORITY && v->pins[k].authority == i)
				put_cert(out, s, &v->pins[k]);
		put_label(out, "Counts in");
		for (size_t r = 0; r < v->policy->n_rules; r++)
			if (vf_rule_fit(v->policy, &v->policy->rules[r], i) == VF_FITS) {
				vf_sink_putf(out, "%s%zu", any ? ", " : "rule ", r + 1);
				any = true;
			}
		vf_sink_str(out, any ? "\n" : "no rule\n");
	}
}

static void put_key(struct vf_sink *out, struct vf_sink *s, const struct vf_trust_pin *pin)
{
	vf_sink_str(out,
		pin->kind == VF_PIN_LOG               ? "\nLog "
			: pin->kind == VF_PIN_WITNESS ? "\nWitness "
						      : "\nReceipts ");
	vf_sink_escaped(s, pin->name);
	if (pin->kind == VF_PIN_RECEIPTS)
		vf_sink_putf(out, ": promises of at most %" PRIu64 " s", pin->delay);
	vf_sink_str(out, "\n");
	put_label(out, "Key");
	vf_sink_escaped(s, pin->vkey);
	vf_sink_str(out, "\n");
	put_label(out, "SHA-256");
	put_fingerprint(out, &pin->sha256);
}

static void put_others(struct vf_sink *out, struct vf_sink *s, const struct vf_trust_view *v)
{
	for (size_t i = 0; i < v->n_pins; i++) {
		const struct vf_trust_pin *pin = &v->pins[i];

		if (pin->vkey.n)
			put_key(out, s, pin);
		if (pin->kind == VF_PIN_SUBMITTER) {
			vf_sink_str(out, "\nSubmitters of\n");
			put_cert(out, s, pin);
		}
		if (pin->kind != VF_PIN_STREAM)
			continue;
		vf_sink_str(out, pin->has_key ? "\nStream, with its key\n" : "\nStream, without its key\n");
		put_label(out, "Name");
		put_fingerprint(out, &pin->sha256);
	}
	if (!v->tlog)
		return;
	vf_sink_str(out, "\nWitnesses: ");
	vf_quorum_words(s, v->tlog);
	vf_sink_str(out, "\n");
}

void vf_trust_show(struct vf_sink *out, const struct vf_trust_view *v, bool unicode)
{
	struct plain plain = {.out = out, .unicode = unicode};
	struct vf_sink s = {.put = put_plain, .ctx = &plain};
	const struct vf_policy *p = v->policy;

	vf_sink_str(out, "Trust directory ");
	vf_sink_str(&s, v->path);
	vf_sink_str(out, "\n");
	put_label(out, "Fingerprint");
	put_fingerprint(out, &v->fingerprint);
	vf_sink_str(out, "\nPolicy ");
	put_quoted(out, &s, p->name);
	vf_sink_str(out, ": all of this must hold\n");
	for (size_t i = 0; i < p->n_rules; i++) {
		char label[24];

		snprintf(label, sizeof(label), "Rule %zu", i + 1);
		put_label(out, label);
		vf_rule_words(out, p, &p->rules[i]);
		vf_sink_str(out, "\n");
	}
	put_label(out, "Revocation");
	vf_sink_putf(out, "%s\n", vf_revocation_rule_words(p));
	put_label(out, "Expired");
	vf_sink_putf(out, "%s\n", vf_expired_rule_words(p));
	put_label(out, "Submitter");
	vf_sink_putf(out, "%s\n", vf_submitter_rule_words(p));
	put_authorities(out, &s, v);
	put_others(out, &s, v);
	if (v->n_remarks)
		vf_sink_str(out, "\nTo be known\n");
	for (size_t i = 0; i < v->n_remarks; i++) {
		vf_sink_str(out, "  - ");
		vf_sink_str(&s, v->remarks[i].text);
		vf_sink_putf(out, " [%s]\n", v->remarks[i].code);
	}
}

/* What stands in the line of a pin beside its fingerprint. */
void vf_trust_list(struct vf_sink *out, const struct vf_trust_view *v, bool unicode)
{
	struct plain plain = {.out = out, .unicode = unicode};
	struct vf_sink s = {.put = put_plain, .ctx = &plain};

	for (size_t i = 0; i < v->n_pins; i++) {
		const struct vf_trust_pin *pin = &v->pins[i];
		char day[VF_SHOWN_DAY] = "";

		vf_sink_putf(out, "%-10s", vf_pin_name(pin->kind));
		vf_sink_hex(out, vf_bytes(pin->sha256.b, sizeof(pin->sha256.b)));
		vf_sink_str(out, "  ");
		vf_sink_escaped(&s, pin->name);
		if (pin->facts) {
			vf_shown_day(day, pin->facts->not_after);
			if (pin->kind == VF_PIN_AUTHORITY) {
				vf_sink_str(out, "  ");
				put_quoted(out, &s, vf_bytes_str(pin->facts->name));
			}
			vf_sink_putf(out, "  until %s", day);
		}
		if (pin->kind == VF_PIN_RECEIPTS)
			vf_sink_putf(out, "  at most %" PRIu64 " s", pin->delay);
		if (pin->kind == VF_PIN_STREAM)
			vf_sink_str(out, pin->has_key ? "with its key" : "without its key");
		vf_sink_str(out, "\n");
	}
	vf_sink_putf(out, "%-10s", "directory");
	vf_sink_hex(out, vf_bytes(v->fingerprint.b, sizeof(v->fingerprint.b)));
	vf_sink_str(out, "  ");
	vf_sink_str(&s, v->path);
	vf_sink_str(out, "\n");
}
