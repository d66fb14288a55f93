/* What every report must be, whatever stood in the file that was judged: strict JSON, plain text, and a page. */
#ifndef TESTS_FUZZ_REPORT_CHECK_H
#define TESTS_FUZZ_REPORT_CHECK_H

#include "tests/fuzz/must.h"
#include "verify/json.h"
#include "verify/report_html.h"
#include "verify/text.h"

struct rc_text {
	uint8_t bytes[1 << 18];
	size_t n;
};

static inline bool rc_put(void *ctx, struct vf_bytes piece)
{
	struct rc_text *t = ctx;

	if (piece.n > sizeof(t->bytes) - t->n)
		return false;
	if (piece.n)
		memcpy(t->bytes + t->n, piece.p, piece.n);
	t->n += piece.n;
	return true;
}

/* Nothing that a browser could take for a tag of ours stands in the page: the input only gives escaped text. */
static inline void rc_check(const struct vf_report *r, int64_t at)
{
	static struct vf_outcome outcome;
	static struct rc_text text;
	const struct vf_run run = {.at_ms = at, .version = "0", .outcomes = &outcome, .n_outcomes = 1};
	struct vf_sink sink = {.put = rc_put, .ctx = &text};
	const struct vf_look look = {.unicode = true};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_bytes all, line;

	outcome.decided = true;
	memcpy(&outcome.report, r, sizeof(*r));
	text.n = 0;
	vf_report_json(&sink, &run);
	MUST(sink.failed || vf_json_parse(vf_bytes(text.bytes, text.n), &doc, NULL) == VF_OK);
	sink.failed = false;
	text.n = 0;
	vf_report_text(&sink, &run, &look);
	all = vf_bytes(text.bytes, text.n);
	while (!sink.failed && vf_take_line(&all, &line))
		MUST(vf_text_is_plain(line));
	sink.failed = false;
	text.n = 0;
	vf_report_html(&sink, &run);
	all = vf_bytes(text.bytes, text.n);
	MUST(sink.failed || !memmem(all.p, all.n, "<script", 7));
}

#endif
