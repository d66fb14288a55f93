/* Exercises trial/read/rows*.c and jcs.c: cells of every format (the first octet chooses the file's name), read twice. */
#include "tests/fuzz/must.h"
#include "trial/read/rows_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	uint8_t p[1 << 20];
	size_t n;
};
static struct text texts[2];

static VF_RC collect(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct text *t = ctx;

	if (piece.n > sizeof(t->p) - t->n)
		return vf_fail(reterr, VF_LIMIT, "too long");
	memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	return VF_OK;
}

static VF_RC read_into(const struct tr_input *in, struct text *t, struct vf_err *reterr)
{
	struct tr_rows rows;
	enum vf_rc rc;

	t->n = 0;
	rc = tr_rows_init(&rows, (struct tr_out){collect, t}, reterr);
	if (rc == VF_OK)
		rc = tr_rows_read(in, &rows.sink, reterr);
	return rc == VF_OK ? tr_rows_end(&rows, reterr) : rc;
}

/* A table, its rows, their number; and again. */
static void check_lines(struct vf_bytes text)
{
	struct vf_bytes line;
	uint64_t rows = 0;
	bool in_table = false;
	char count[40];

	MUST(vf_take_line(&text, &line) && vf_bytes_is(line, "{\"schema\":\"trialnotary/rows/1\"}"));
	while (vf_take_line(&text, &line)) {
		if (vf_bytes_starts(line, "{\"table\":")) {
			MUST(!in_table);
			in_table = true;
			rows = 0;
		} else if (vf_bytes_starts(line, "[")) {
			MUST(in_table && vf_bytes_ends(line, "]"));
			rows++;
		} else {
			snprintf(count, sizeof(count), "{\"rows\":%llu}", (unsigned long long)rows);
			MUST(in_table && vf_bytes_is(line, count));
			in_table = false;
		}
	}
	MUST(!in_table && text.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"x.csv", "x.dsjc", "x.json", "x.xml", "x.xpt"};
	struct vf_bytes file;
	struct tr_input in;
	enum vf_rc rc;

	if (size == 0)
		return 0;
	file = vf_bytes(data + 1, size - 1);
	in = tr_input_of(&file, names[data[0] % 5]);
	rc = read_into(&in, &texts[0], NULL);
	MUST(read_into(&in, &texts[1], NULL) == rc);
	if (rc != VF_OK)
		return 0;
	MUST(texts[0].n == texts[1].n && memcmp(texts[0].p, texts[1].p, texts[0].n) == 0);
	check_lines(vf_bytes(texts[0].p, texts[0].n));
	return 0;
}
