#include "verify/report.h"

#include <inttypes.h>

#include "verify/text.h"

static void put_bool(struct vf_sink *s, const char *name, bool v)
{
	vf_sink_putf(s, ",\"%s\":%s", name, v ? "true" : "false");
}

static void put_uint(struct vf_sink *s, const char *name, bool has, uint64_t v)
{
	if (has)
		vf_sink_putf(s, ",\"%s\":%" PRIu64, name, v);
	else
		vf_sink_putf(s, ",\"%s\":null", name);
}

static void put_hash(struct vf_sink *s, const char *name, bool has, const struct vf_hash *h)
{
	vf_sink_putf(s, ",\"%s\":%s", name, has ? "\"" : "null");
	if (!has)
		return;
	vf_sink_hex(s, vf_bytes(h->b, sizeof(h->b)));
	vf_sink_str(s, "\"");
}

static void put_text(struct vf_sink *s, const char *name, struct vf_bytes text)
{
	vf_sink_putf(s, ",\"%s\":", name);
	vf_sink_json(s, text);
}

static void put_text_or_null(struct vf_sink *s, const char *name, struct vf_bytes text)
{
	if (text.n)
		put_text(s, name, text);
	else
		vf_sink_putf(s, ",\"%s\":null", name);
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

static void put_reason(struct vf_sink *s, enum vf_rc rc, const char *text, const char *object)
{
	vf_sink_putf(s, "{\"code\":\"%s\"", vf_rc_name(rc));
	put_text(s, "text", vf_bytes_str(text[0] ? text : vf_rc_text(rc)));
	put_text_or_null(s, "object", vf_bytes_str(object));
	put_text(s, "next", vf_bytes_str(vf_rc_next(rc)));
	vf_sink_str(s, "}");
}

static void put_reasons(struct vf_sink *s, const struct vf_outcome *o)
{
	const struct vf_report *r = &o->report;

	vf_sink_str(s, ",\"reasons\":[");
	if (!o->decided)
		put_reason(s, o->err.rc, o->err.text, "");
	for (size_t i = 0; o->decided && i < r->n_reasons; i++) {
		vf_sink_str(s, i ? "," : "");
		put_reason(s, r->reasons[i].rc, r->reasons[i].text, r->reasons[i].object);
	}
	vf_sink_str(s, "]");
}

static void put_record(struct vf_sink *s, const struct vf_report *r)
{
	if (!r->has_record) {
		vf_sink_str(s, ",\"record\":null");
		return;
	}
	vf_sink_str(s, ",\"record\":{\"id\":\"");
	vf_sink_hex(s, vf_bytes(r->id.b, sizeof(r->id.b)));
	vf_sink_str(s, "\"");
	put_text(s, "kind", r->kind);
	put_text(s, "study", r->study);
	put_text_or_null(s, "version", r->version);
	put_text_or_null(s, "date", r->date);
	put_text_or_null(s, "title", r->title);
	if (r->has_stream) {
		vf_sink_str(s, ",\"stream\":{\"id\":\"");
		vf_sink_hex(s, vf_bytes(r->stream.b, sizeof(r->stream.b)));
		vf_sink_putf(s, "\",\"seq\":%" PRIu64 "}", r->seq);
	} else {
		vf_sink_str(s, ",\"stream\":null");
	}
	vf_sink_str(s, ",\"links\":[");
	for (size_t i = 0; i < r->n_links; i++) {
		vf_sink_str(s, i ? ",{\"type\":" : "{\"type\":");
		vf_sink_json(s, r->links[i].type);
		put_hash(s, "record", true, &r->links[i].record);
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]}");
}

static void put_files(struct vf_sink *s, const struct vf_report *r)
{
	vf_sink_str(s, ",\"files\":[");
	for (size_t i = 0; i < r->n_files; i++) {
		const struct vf_file *f = &r->files[i];

		vf_sink_str(s, i ? ",{\"name\":" : "{\"name\":");
		vf_sink_json(s, f->name);
		vf_sink_putf(s, ",\"status\":\"%s\"", vf_file_status_name(f->status));
		put_hash(s, "sha256", f->has_sha256, &f->sha256);
		put_uint(s, "size", f->has_size, f->size);
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]");
}

static void put_evidence(struct vf_sink *s, const struct vf_report *r)
{
	vf_sink_str(s, ",\"evidence\":[");
	for (size_t i = 0; i < r->n_stamps; i++) {
		const struct vf_stamp *t = &r->stamps[i];

		vf_sink_str(s, i ? "," : "");
		vf_sink_str(s, "{\"type\":\"rfc3161\"");
		put_text_or_null(s, "authority", vf_bytes_str(t->authority ? t->authority : ""));
		put_text(s, "subject", vf_bytes_str(t->subject));
		put_time(s, "gen_time", t->gen_time);
		put_uint(s, "accuracy_ms", t->has_accuracy, t->accuracy_ms);
		put_hash(s, "certificate_sha256", true, &t->certificate);
		put_time(s, "valid_to", t->valid_to);
		vf_sink_putf(s, ",\"revocation\":\"%s\"", vf_revocation_name(t->revocation));
		put_time(s, "revocation_as_of", t->revocation_as_of);
		put_bool(s, "counts", t->counts);
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]");
}

static void put_log(struct vf_sink *s, const struct vf_report *r)
{
	if (!r->has_log) {
		vf_sink_str(s, ",\"log\":null");
		return;
	}
	vf_sink_str(s, ",\"log\":{\"origin\":");
	vf_sink_json(s, r->origin);
	put_uint(s, "index", true, r->index);
	put_uint(s, "size", true, r->size);
	put_hash(s, "root", true, &r->root);
	vf_sink_str(s, ",\"witnesses\":[");
	for (size_t i = 0; i < r->n_witnesses; i++) {
		vf_sink_str(s, i ? "," : "");
		vf_sink_json(s, vf_bytes_str(r->witnesses[i]));
	}
	vf_sink_str(s, "]");
	put_bool(s, "quorum", r->quorum);
	vf_sink_str(s, "}");
}

static void put_seal(struct vf_sink *s, const struct vf_report *r)
{
	if (!r->has_seal) {
		vf_sink_str(s, ",\"seal\":null");
		return;
	}
	vf_sink_putf(s, ",\"seal\":{\"number\":%" PRIu64, r->seal);
	put_uint(s, "first", true, r->seal_first);
	put_uint(s, "size", true, r->seal_size);
	put_hash(s, "previous", r->has_previous, &r->previous);
	vf_sink_str(s, "}");
}

static void put_submitter(struct vf_sink *s, const struct vf_report *r)
{
	if (!r->has_submitter) {
		vf_sink_str(s, ",\"submitter\":null");
		return;
	}
	vf_sink_str(s, ",\"submitter\":{\"subject\":");
	vf_sink_json(s, vf_bytes_str(r->submitter));
	put_hash(s, "certificate_sha256", true, &r->submitter_certificate);
	put_bool(s, "trusted", r->submitter_trusted);
	put_text(s, "certificate", vf_bytes_str(vf_signer_state_name(r->signer_state)));
	put_text_or_null(s, "printed_name", r->has_said ? vf_report_printed_name(r) : vf_bytes(NULL, 0));
	put_text_or_null(s, "printed_name_from",
		vf_bytes_str(!r->has_said ? "" : r->printed_name.n ? "signature" : "certificate"));
	put_text_or_null(s, "meaning", vf_bytes_str(r->meaning ? r->meaning : ""));
	put_text_or_null(s, "meaning_oid", vf_bytes_str(r->meaning_oid));
	put_time(s, "signing_time", r->has_said ? r->signing_time : VF_TIME_NONE);
	vf_sink_str(s, "}");
}

static void put_checks(struct vf_sink *s, const struct vf_report *r)
{
	vf_sink_str(s, ",\"checks\":[");
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		vf_sink_putf(s, "%s{\"id\":\"%s\",\"result\":\"%s\"}", c ? "," : "",
			vf_check_name((enum vf_check)c), vf_result_name(r->checks[c]));
	vf_sink_str(s, "],\"not_checked\":[");
	for (size_t i = 0; i < r->n_unchecked; i++) {
		vf_sink_putf(s, "%s{\"code\":\"%s\"", i ? "," : "", r->unchecked[i].code);
		put_text(s, "text", vf_bytes_str(r->unchecked[i].text));
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]");
}

static void put_counted(struct vf_sink *s, const struct vf_report *r, size_t rule)
{
	bool any = false;

	vf_sink_str(s, ",\"counted\":[");
	for (size_t i = 0; i < r->policy->n_authorities; i++) {
		if (r->rules[rule].times[i] == VF_TIME_NONE)
			continue;
		vf_sink_putf(s, "%s{\"authority\":\"%s\"", any ? "," : "", r->policy->authorities[i].name);
		put_time(s, "time", r->rules[rule].times[i]);
		vf_sink_str(s, "}");
		any = true;
	}
	vf_sink_str(s, "],\"missing\":[");
	any = false;
	for (size_t i = 0; i < r->policy->n_authorities; i++)
		if (vf_report_is_missing(r, rule, i)) {
			vf_sink_putf(s, "%s\"%s\"", any ? "," : "", r->policy->authorities[i].name);
			any = true;
		}
	vf_sink_str(s, "]");
}

static void put_rule(struct vf_sink *s, const struct vf_report *r, size_t rule)
{
	struct vf_uncounted u;
	size_t at = 0;
	bool any = false;

	vf_sink_str(s, rule ? ",{\"text\":\"" : "{\"text\":\"");
	vf_rule_words(s, r->policy, &r->policy->rules[rule]);
	vf_sink_str(s, "\"");
	put_uint(s, "count", true, r->policy->rules[rule].count);
	put_bool(s, "met", r->rules[rule].met);
	put_counted(s, r, rule);
	vf_sink_str(s, ",\"not_counted\":[");
	while (vf_report_uncounted(r, rule, &at, &u)) {
		vf_sink_putf(s, "%s{\"code\":\"%s\"", any ? "," : "", u.code);
		put_text(s, "text", vf_bytes_str(u.text));
		put_text_or_null(s, "authority", vf_bytes_str(u.stamp->authority ? u.stamp->authority : ""));
		put_text(s, "subject", vf_bytes_str(u.stamp->subject));
		put_time(s, "gen_time", u.stamp->gen_time);
		vf_sink_str(s, "}");
		any = true;
	}
	vf_sink_str(s, "]}");
}

static void put_rules(struct vf_sink *s, const struct vf_report *r)
{
	vf_sink_str(s, ",\"rules\":[");
	for (size_t i = 0; r->policy && i < r->policy->n_rules; i++)
		put_rule(s, r, i);
	vf_sink_str(s, "]");
}

/* The last member, and only of a receipt: other results stay as they were. */
static void put_receipt(struct vf_sink *s, const struct vf_report *r)
{
	const struct vf_receipt_facts *f = &r->receipt;

	if (r->form != VF_FORM_RECEIPT)
		return;
	if (!r->has_receipt) {
		vf_sink_str(s, ",\"receipt\":null");
		return;
	}
	vf_sink_str(s, ",\"receipt\":{\"origin\":");
	vf_sink_json(s, f->origin);
	put_hash(s, "record", true, &f->id);
	put_time(s, "accepted", f->accepted);
	put_time(s, "deadline", f->deadline);
	put_uint(s, "group", true, f->group);
	put_uint(s, "index", true, f->index);
	vf_sink_putf(s, ",\"promise\":\"%s\"", vf_promise_name(f->promise));
	put_time(s, "shown_by", f->shown_by);
	vf_sink_str(s, f->on_page ? ",\"page\":true}" : "}");
}

/* The last member, and only of an excerpt. */
static void put_excerpt(struct vf_sink *s, const struct vf_excerpt_facts *f)
{
	struct vf_bytes lines = f->excerpt.lines;
	struct vf_excerpt_row row;
	uint64_t next = 0;
	bool any = false;

	if (!f->is_judged)
		return;
	if (!f->is_proven) {
		vf_sink_str(s, ",\"excerpt\":null");
		return;
	}
	vf_sink_str(s, ",\"excerpt\":{\"member\":");
	vf_sink_json(s, f->excerpt.member);
	put_text(s, "document", f->rows.document);
	put_text(s, "unit", f->rows.unit);
	vf_sink_putf(s, ",\"hash\":\"%s\"", vf_alg_name(f->excerpt.root.alg));
	put_uint(s, "count", true, f->rows.count);
	put_uint(s, "shown", true, f->shown);
	put_bool(s, "is_document", f->is_document);
	vf_sink_str(s, ",\"rows\":[");
	while (vf_excerpt_next(&lines, &row)) {
		if (any && row.row == next) {
			next++;
			continue;
		}
		if (any)
			vf_sink_putf(s, "%" PRIu64 "],", next - 1);
		vf_sink_putf(s, "[%" PRIu64 ",", row.row);
		next = row.row + 1;
		any = true;
	}
	vf_sink_putf(s, "%" PRIu64 "]]}", next - 1); /* at least one row is shown */
}

static void put_outcome(struct vf_sink *s, const struct vf_outcome *o)
{
	const struct vf_report *r = &o->report;

	vf_sink_str(s, "{\"input\":");
	vf_sink_json(s, vf_bytes_str(r->input));
	put_text_or_null(s, "form", vf_bytes_str(o->decided ? vf_form_name(r->form) : ""));
	if (o->decided)
		vf_sink_putf(s, ",\"verdict\":\"%s\"", vf_verdict_name(r->verdict));
	else
		vf_sink_str(s, ",\"verdict\":null");
	vf_sink_putf(s, ",\"exit\":%d", vf_outcome_exit(o));
	put_reasons(s, o);
	put_record(s, r);
	put_files(s, r);
	put_evidence(s, r);
	put_time(s, "existed_by", r->existed_by);
	put_log(s, r);
	put_seal(s, r);
	put_submitter(s, r);
	put_uint(s, "others", true, r->n_others);
	put_bool(s, "sorted_renewal", r->sorted_renewal);
	put_uint(s, "renewals", true, r->renewals);
	put_time(s, "renew_before", r->renew_before);
	put_checks(s, r);
	put_rules(s, r);
	put_receipt(s, r);
	put_excerpt(s, &o->excerpt);
	vf_sink_str(s, "}");
}

void vf_report_json(struct vf_sink *s, const struct vf_run *run)
{
	vf_sink_putf(s, "{\"schema\":\"trialnotary/verify-result/1\",\"exit\":%d", vf_run_exit(run));
	put_time(s, "at", run->at_ms);
	if (run->has_policy) {
		vf_sink_str(s, ",\"policy\":{\"name\":");
		vf_sink_json(s, run->policy);
		put_hash(s, "sha256", true, &run->policy_sha256);
		vf_sink_str(s, "}");
	} else {
		vf_sink_str(s, ",\"policy\":null");
	}
	vf_sink_putf(s, ",\"mode\":\"%s\",\"results\":[", run->integrity_only ? "integrity-only" : "full");
	for (size_t i = 0; i < run->n_outcomes; i++) {
		vf_sink_str(s, i ? "," : "");
		put_outcome(s, &run->outcomes[i]);
	}
	vf_sink_str(s, "],\"engine\":{\"name\":\"trialverify\"");
	put_text(s, "version", vf_bytes_str(run->version));
	vf_sink_str(s, "}}\n");
}
