#include "verify/report_study.h"

#include <string.h>

#include "verify/report.h"
#include "verify/text.h"

/* Streams that are shown on a screen; JSON has all. */
#define SHOWN_STREAMS 20

size_t vf_study_unattributed(const struct vf_study_result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_streams; i++)
		if (r->streams[i].hidden == r->streams[i].records && !r->streams[i].is_named)
			n += r->streams[i].hidden;
	return n;
}

bool vf_study_unchecked_at(const struct vf_study_result *r, size_t i, struct vf_study_unchecked *ret)
{
	static const struct vf_study_unchecked whole[] = {
		{"LATER_RECORDS", "records after those in the file", 0},
		{"HIDDEN_STREAMS", "of which study those streams are of which nothing is shown and that no study head names", 0},
		{"OTHER_STREAMS", "that there are no other streams: no study head is disclosed, or not the newest", 0},
	};
	const bool said[] = {true, vf_study_unattributed(r) > 0, !r->has_head};
	size_t n = 0;

	for (size_t k = 0; k < sizeof(said) / sizeof(said[0]); k++)
		if (said[k] && n++ == i)
			*ret = whole[k];
	if (i < n)
		return true;
	if (i < n + r->n_open)
		*ret = (struct vf_study_unchecked){r->open[i - n].code, r->open[i - n].text, r->open[i - n].records};
	return i < n + r->n_open;
}

static bool is_same(const struct vf_study_fault *a, const struct vf_study_fault *b)
{
	return a->err.rc == b->err.rc && strcmp(a->err.text, b->err.text) == 0;
}

/* What is wrong with many records in one way is said once. */
static void put_fault(struct vf_sink *s, const struct vf_study_result *r, size_t at)
{
	const struct vf_study_fault *f = &r->faults[at];
	size_t n = 0;

	for (size_t i = 0; i < at; i++)
		if (is_same(&r->faults[i], f))
			return;
	for (size_t i = at; i < r->n_faults && i < VF_STUDY_FAULTS; i++)
		n += is_same(&r->faults[i], f);
	vf_sink_putf(s, "  %s", vf_rc_name(f->err.rc));
	if (f->has_record) {
		vf_sink_putf(s, "  record %llu ", (unsigned long long)f->index);
		vf_sink_hex(s, vf_bytes(f->id.b, 8));
	}
	if (n > 1)
		vf_sink_putf(s, " and %zu more", n - 1);
	vf_sink_str(s, ": ");
	vf_sink_ascii(s, vf_bytes_str(f->err.text));
	vf_sink_str(s, "\n");
}

static void put_faults(struct vf_sink *s, const struct vf_study_result *r)
{
	if (r->n_faults == 0)
		return;
	vf_sink_str(s, "\nReasons\n");
	for (size_t i = 0; i < r->n_faults && i < VF_STUDY_FAULTS; i++)
		put_fault(s, r, i);
	if (r->n_faults > VF_STUDY_FAULTS)
		vf_sink_putf(s, "  and %zu more\n", r->n_faults - VF_STUDY_FAULTS);
	vf_sink_putf(s, "Next: %s, or run  trialverify explain %s\n", vf_rc_next(r->faults[0].err.rc), vf_rc_name(r->faults[0].err.rc));
}

static void put_stream(struct vf_sink *s, const struct vf_study_stream *t)
{
	vf_sink_str(s, "  ");
	vf_sink_hex(s, vf_bytes(t->id.b, 8));
	if (t->missing)
		vf_sink_putf(s, "  GAP: %llu of %llu records up to its last one here are missing", (unsigned long long)t->missing,
			(unsigned long long)t->next);
	else
		vf_sink_putf(s, "  complete from 0 to %llu", (unsigned long long)(t->next - 1));
	if (t->hidden)
		vf_sink_putf(s, ", %zu of them withheld or erased", t->hidden);
	vf_sink_str(s, ", head ");
	vf_sink_hex(s, vf_bytes(t->head.b, 8));
	vf_sink_str(s, "\n");
}

static void put_facts(struct vf_sink *s, const struct vf_study_result *r)
{
	char time[VF_SHOWN_TIME];

	vf_sink_putf(s, "Study     %s\n", r->study[0] ? r->study : "not known");
	vf_sink_putf(s, "Records   %zu shown: %zu verified, %zu intact, %zu indeterminate, %zu rejected\n", r->shown, r->counts[VF_VERIFIED],
		r->counts[VF_INTACT], r->counts[VF_INDETERMINATE], r->counts[VF_REJECTED]);
	if (r->given)
		vf_sink_putf(s, "          %zu of them given beside the file\n", r->given);
	if (r->withheld)
		vf_sink_putf(s, "          %zu %s of them withheld\n", r->withheld, r->withheld == 1 ? "file" : "files");
	vf_sink_putf(s, "          %zu withheld or erased\n", r->hidden);
	if (vf_study_unattributed(r))
		vf_sink_putf(s, "          %zu of them in streams that may be of another study: nothing of these is shown, and no study head names them\n",
			vf_study_unattributed(r));
	if (r->origin[0])
		vf_sink_putf(s, "Log       %s, %llu entries\n", r->origin, (unsigned long long)r->size);
	if (r->existed_by != VF_TIME_NONE) {
		vf_shown_time(time, r->existed_by);
		vf_sink_putf(s, "Time      the newest of them existed no later than %s\n", time);
	}
	vf_sink_putf(s, "Streams   %zu\n", r->n_streams);
	for (size_t i = 0; i < r->n_streams && i < SHOWN_STREAMS; i++)
		put_stream(s, &r->streams[i]);
	if (r->n_streams > SHOWN_STREAMS)
		vf_sink_putf(s, "  and %zu more\n", r->n_streams - SHOWN_STREAMS);
	if (r->has_head) {
		vf_sink_str(s, "Head      the newest study head is record ");
		vf_sink_hex(s, vf_bytes(r->head.b, 8));
		if (r->head_by != VF_TIME_NONE) {
			vf_shown_time(time, r->head_by);
			vf_sink_putf(s, ", of %s: streams that began later are not in it", time);
		}
		vf_sink_str(s, "\n");
	}
}

void vf_study_text(struct vf_sink *s, const char *input, const struct vf_study_result *r)
{
	struct vf_study_unchecked u;

	vf_sink_putf(s, "%s  ", vf_verdict_name(r->verdict));
	vf_sink_ascii(s, vf_bytes_str(input));
	vf_sink_str(s, "\n\n");
	if (r->records)
		put_facts(s, r);
	put_faults(s, r);
	vf_sink_str(s, "\nNot checked\n");
	for (size_t i = 0; vf_study_unchecked_at(r, i, &u); i++) {
		if (u.records)
			vf_sink_putf(s, "  %zu of %zu records: %s [%s]\n", u.records, r->shown, u.text, u.code);
		else
			vf_sink_putf(s, "  %s [%s]\n", u.text, u.code);
	}
}

/* ---- JSON ---- */

static void put_id(struct vf_sink *s, const char *name, const struct vf_hash *id)
{
	vf_sink_putf(s, ",\"%s\":\"", name);
	vf_sink_hex(s, vf_bytes(id->b, sizeof(id->b)));
	vf_sink_str(s, "\"");
}

static void put_lists(struct vf_sink *s, const struct vf_study_result *r)
{
	struct vf_study_unchecked u;

	vf_sink_str(s, ",\"streams\":[");
	for (size_t i = 0; i < r->n_streams; i++) {
		const struct vf_study_stream *t = &r->streams[i];

		vf_sink_putf(s, "%s{\"records\":%zu,\"hidden\":%zu,\"missing\":%llu,\"next\":%llu", i ? "," : "", t->records, t->hidden,
			(unsigned long long)t->missing, (unsigned long long)t->next);
		put_id(s, "stream", &t->id);
		put_id(s, "head", &t->head);
		vf_sink_str(s, "}");
	}
	vf_sink_putf(s, "],\"faults\":%zu,\"reasons\":[", r->n_faults);
	for (size_t i = 0; i < r->n_faults && i < VF_STUDY_FAULTS; i++) {
		const struct vf_study_fault *f = &r->faults[i];

		vf_sink_putf(s, "%s{\"code\":\"%s\",\"text\":", i ? "," : "", vf_rc_name(f->err.rc));
		vf_sink_json(s, vf_bytes_str(f->err.text));
		if (f->has_record) {
			vf_sink_putf(s, ",\"index\":%llu", (unsigned long long)f->index);
			put_id(s, "record", &f->id);
		}
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "],\"not_checked\":[");
	for (size_t i = 0; vf_study_unchecked_at(r, i, &u); i++) {
		vf_sink_putf(s, "%s{\"code\":\"%s\",\"text\":", i ? "," : "", u.code);
		vf_sink_json(s, vf_bytes_str(u.text));
		vf_sink_putf(s, ",\"records\":%zu}", u.records ? u.records : r->shown);
	}
	vf_sink_str(s, "]}\n");
}

void vf_study_json(struct vf_sink *s, const char *input, const struct vf_study_result *r)
{
	char time[VF_TIME_LEN + 1];

	vf_sink_putf(s, "{\"schema\":\"trialnotary/study-verdict/1\",\"verdict\":\"%s\",\"input\":", vf_verdict_name(r->verdict));
	vf_sink_json(s, vf_bytes_str(input));
	vf_sink_str(s, ",\"study\":");
	vf_sink_json(s, vf_bytes_str(r->study));
	vf_sink_putf(s, ",\"records\":%zu,\"shown\":%zu,\"given\":%zu,\"hidden\":%zu,\"withheld_files\":%zu", r->records, r->shown,
		r->given, r->hidden, r->withheld);
	if (vf_study_unattributed(r))
		vf_sink_putf(s, ",\"unattributed\":%zu", vf_study_unattributed(r));
	vf_sink_putf(s, ",\"verified\":%zu,\"intact\":%zu,\"indeterminate\":%zu,\"rejected\":%zu", r->counts[VF_VERIFIED],
		r->counts[VF_INTACT], r->counts[VF_INDETERMINATE], r->counts[VF_REJECTED]);
	vf_sink_str(s, ",\"origin\":");
	vf_sink_json(s, vf_bytes_str(r->origin));
	vf_sink_putf(s, ",\"size\":%llu", (unsigned long long)r->size);
	if (r->existed_by != VF_TIME_NONE) {
		vf_time_put(time, r->existed_by);
		vf_sink_putf(s, ",\"existed_by\":\"%s\"", time);
	}
	if (r->has_head)
		put_id(s, "study_head", &r->head);
	if (r->has_head && r->head_by != VF_TIME_NONE) {
		vf_time_put(time, r->head_by);
		vf_sink_putf(s, ",\"study_head_by\":\"%s\"", time);
	}
	put_lists(s, r);
}
