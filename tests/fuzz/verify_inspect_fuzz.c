/* What 'trialverify inspect' shows of any container: plain text, and strict JSON. */
#include <stdlib.h>

#include "verify/inspect.h"
#include "verify/json.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct shown {
	uint8_t bytes[1 << 20];
	size_t n;
};

static bool put(void *ctx, struct vf_bytes piece)
{
	struct shown *s = ctx;

	if (piece.n > sizeof(s->bytes) - s->n)
		return false;
	if (piece.n)
		memcpy(s->bytes + s->n, piece.p, piece.n);
	s->n += piece.n;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shown shown;
	const struct vf_source source = vf_source_of(vf_bytes(data, size));
	const struct vf_look look = {.unicode = true};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_sink sink = {.put = put, .ctx = &shown};
	struct vf_bytes all, line;
	struct vf_err err = {0};

	shown.n = 0;
	if (vf_inspect(&sink, "input", &source, true, &look, &err) == VF_OK && !sink.failed &&
		vf_json_parse(vf_bytes(shown.bytes, shown.n), &doc, &err) != VF_OK)
		abort();
	shown.n = 0;
	sink.failed = false;
	vf_ignore(vf_inspect(&sink, "input", &source, false, &look, &err)); /* what is shown counts */
	all = vf_bytes(shown.bytes, shown.n);
	while (vf_take_line(&all, &line))
		if (!vf_text_is_plain(line))
			abort();
	return 0;
}
