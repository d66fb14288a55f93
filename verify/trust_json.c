/* Pins of a trust directory as JSON; docs/cli.md has the names. */
#include <inttypes.h>

#include "verify/text.h"
#include "verify/trust_show.h"

static void put_hex(struct vf_sink *s, const char *name, const struct vf_hash *h)
{
	vf_sink_putf(s, ",\"%s\":\"", name);
	vf_sink_hex(s, vf_bytes(h->b, sizeof(h->b)));
	vf_sink_str(s, "\"");
}

static void put_text(struct vf_sink *s, const char *name, struct vf_bytes text)
{
	vf_sink_putf(s, ",\"%s\":", name);
	vf_sink_json(s, text);
}

static void put_time(struct vf_sink *s, const char *name, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	if (ms == VF_TIME_NONE) {
		vf_sink_putf(s, ",\"%s\":null", name);
		return;
	}
	vf_time_put(text, ms);
	vf_sink_putf(s, ",\"%s\":\"%s\"", name, text);
}

static const char *tristate(enum vf_tristate t)
{
	return t == VF_ANY ? "null" : t == VF_YES ? "true" : "false";
}

static void put_head(struct vf_sink *s, const struct vf_trust_view *v, const char *schema)
{
	vf_sink_putf(s, "{\"schema\":\"trialnotary/%s/1\"", schema);
	put_text(s, "path", vf_bytes_str(v->path));
	put_hex(s, "fingerprint", &v->fingerprint);
}

static void put_pins(struct vf_sink *s, const struct vf_trust_view *v)
{
	vf_sink_str(s, ",\"pins\":[");
	for (size_t i = 0; i < v->n_pins; i++) {
		const struct vf_trust_pin *pin = &v->pins[i];

		vf_sink_putf(s, "%s{\"type\":\"%s\"", i ? "," : "", vf_pin_name(pin->kind));
		put_text(s, "name", pin->name);
		put_hex(s, "sha256", &pin->sha256);
		if (pin->facts) {
			put_text(s, "subject", vf_bytes_str(pin->facts->name));
			put_time(s, "valid_from", pin->facts->not_before);
			put_time(s, "valid_to", pin->facts->not_after);
		}
		if (pin->vkey.n)
			put_text(s, "vkey", pin->vkey);
		if (pin->kind == VF_PIN_RECEIPTS)
			vf_sink_putf(s, ",\"delay\":%" PRIu64, pin->delay);
		if (pin->kind == VF_PIN_STREAM)
			vf_sink_putf(s, ",\"key\":%s", pin->has_key ? "true" : "false");
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]");
}

static void put_rules(struct vf_sink *s, const struct vf_policy *p)
{
	vf_sink_str(s, ",\"rules\":[");
	for (size_t r = 0; r < p->n_rules; r++) {
		const struct vf_rule *rule = &p->rules[r];
		bool any = false;

		vf_sink_str(s, r ? ",{\"text\":\"" : "{\"text\":\"");
		vf_rule_words(s, p, rule);
		vf_sink_putf(s, "\",\"count\":%" PRIu64 ",\"operator\":%s,\"qualified\":%s,\"fitting\":[", rule->count,
			tristate(rule->operator_), tristate(rule->qualified));
		for (size_t i = 0; i < p->n_authorities; i++)
			if (vf_rule_fit(p, rule, i) == VF_FITS) {
				vf_sink_putf(s, "%s\"%s\"", any ? "," : "", p->authorities[i].name);
				any = true;
			}
		vf_sink_str(s, "]}");
	}
	vf_sink_str(s, "]");
}

static void put_authorities(struct vf_sink *s, const struct vf_policy *p)
{
	vf_sink_str(s, ",\"authorities\":[");
	for (size_t i = 0; i < p->n_authorities; i++) {
		const struct vf_authority *a = &p->authorities[i];

		vf_sink_putf(s, "%s{\"name\":\"%s\"", i ? "," : "", a->name);
		put_text(s, "roots", a->roots);
		vf_sink_putf(s,
			",\"operator\":%s,\"qualified\":%s,\"max_accuracy_ms\":", a->operator_ ? "true" : "false",
			a->qualified ? "true" : "false");
		if (a->has_max_accuracy)
			vf_sink_putf(s, "%" PRIu64, a->max_accuracy_ms);
		vf_sink_str(s, a->has_max_accuracy ? ",\"policies\":[" : "null,\"policies\":[");
		for (size_t k = 0; k < a->n_policies; k++) {
			vf_sink_str(s, k ? "," : "");
			vf_sink_json(s, a->policies[k]);
		}
		vf_sink_str(s, "]");
		put_time(s, "from", a->from);
		put_time(s, "to", a->to);
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]");
}

static bool put_escaped(void *ctx, struct vf_bytes piece)
{
	struct vf_sink *s = ctx;

	for (uint8_t c; vf_take_u8(&piece, &c);)
		vf_sink_put(s, c == '"' ? vf_bytes_str("\\\"") : c == '\\' ? vf_bytes_str("\\\\") : vf_bytes(&c, 1));
	return !s->failed;
}

void vf_trust_show_json(struct vf_sink *s, const struct vf_trust_view *v)
{
	struct vf_sink escaped = {.put = put_escaped, .ctx = s};
	const struct vf_policy *p = v->policy;

	put_head(s, v, "trust-show");
	put_text(s, "policy", p->name);
	put_hex(s, "policy_sha256", &p->sha256);
	vf_sink_putf(s, ",\"revocation\":\"%s\",\"expired\":\"%s\",\"submitter\":\"%s\"",
		p->revocation_required ? "required" : "if-present", p->accept_expired ? "accept" : "refuse",
		p->submitter_required ? "required" : "optional");
	put_rules(s, p);
	put_authorities(s, p);
	put_pins(s, v);
	vf_sink_str(s, ",\"quorum\":");
	if (v->tlog) {
		vf_sink_str(s, "\"");
		vf_quorum_words(&escaped, v->tlog);
	}
	vf_sink_str(s, v->tlog ? "\",\"remarks\":[" : "null,\"remarks\":[");
	for (size_t i = 0; i < v->n_remarks; i++) {
		vf_sink_putf(s, "%s{\"code\":\"%s\"", i ? "," : "", v->remarks[i].code);
		put_text(s, "text", vf_bytes_str(v->remarks[i].text));
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "],\"files\":[");
	for (size_t i = 0; i < v->trust.n; i++) {
		struct vf_hash h = vf_sha256(v->trust.files[i].bytes);

		vf_sink_str(s, i ? ",{\"name\":" : "{\"name\":");
		vf_sink_json(s, vf_bytes_str(v->trust.files[i].name));
		put_hex(s, "sha256", &h);
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]}\n");
}

void vf_trust_list_json(struct vf_sink *s, const struct vf_trust_view *v)
{
	put_head(s, v, "trust-list");
	put_pins(s, v);
	vf_sink_str(s, "}\n");
}
