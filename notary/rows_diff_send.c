/* The thread that reads the first file of a comparison and passes its rows on. */
#include "notary/rows_diff_inside.h"
#include "trial/read/rows_read.h"

VF_RC nt_rows_diff_put(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	nt_buf_put(ctx, piece);
	return nt_buf_check(ctx, reterr);
}

static VF_RC send_octets(struct nt_rows_sender *s, const void *p, size_t n, struct vf_err *reterr)
{
	if (n && fwrite(p, 1, n, s->to) != n)
		return vf_fail(reterr, VF_IO, "rows cannot be passed on");
	return VF_OK;
}

static VF_RC send_text(struct nt_rows_sender *s, struct vf_bytes text, struct vf_err *reterr)
{
	uint64_t n = text.n;
	enum vf_rc rc = send_octets(s, &n, sizeof(n), reterr);

	return rc == VF_OK ? send_octets(s, text.p, text.n, reterr) : rc;
}

static VF_RC send_table(void *ctx, const struct tr_dataset *set, struct vf_err *reterr)
{
	struct nt_rows_sender *s = ctx;
	uint64_t n = set->n_columns;
	enum vf_rc rc = send_octets(s, "T", 1, reterr);

	s->n_columns = set->n_columns;
	if (rc == VF_OK)
		rc = send_text(s, set->name, reterr);
	if (rc == VF_OK)
		rc = send_octets(s, &n, sizeof(n), reterr);
	for (size_t i = 0; i < set->n_columns && rc == VF_OK; i++) {
		uint8_t type = (uint8_t)set->columns[i].type;

		rc = send_octets(s, &type, 1, reterr);
		if (rc == VF_OK)
			rc = send_text(s, set->columns[i].name, reterr);
	}
	return rc;
}

static VF_RC send_row(void *ctx, const struct tr_cell *cells, struct vf_err *reterr)
{
	struct nt_rows_sender *s = ctx;
	struct tr_out out = {nt_rows_diff_put, &s->cell};
	enum vf_rc rc = send_octets(s, "R", 1, reterr);

	for (size_t i = 0; i < s->n_columns && rc == VF_OK; i++) {
		nt_buf_reset(&s->cell);
		rc = tr_cell_put(&out, &cells[i], reterr);
		if (rc == VF_OK)
			rc = send_text(s, nt_buf_bytes(&s->cell), reterr);
	}
	return rc;
}

static VF_RC send_end(void *ctx, uint64_t rows, struct vf_err *reterr)
{
	(void)rows;
	return send_octets(ctx, "E", 1, reterr);
}

void *nt_rows_send(void *ctx)
{
	struct nt_rows_sender *s = ctx;
	struct tr_row_sink sink = {send_table, send_row, send_end, s};

	s->rc = tr_rows_read(s->in, &sink, &s->err);
	fclose(s->to);
	return NULL;
}
