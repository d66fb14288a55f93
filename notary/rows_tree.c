#include "notary/rows_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Octets that are read at once; a row that began before may lie in front of them. */
#define CHUNK ((size_t)1 << 20)
#define ROOM (VF_MAX_ROW + CHUNK)

/* ---- rows of a file, one after another ---- */

struct reader {
	int fd;
	uint64_t at; /* in the file */
	struct tr_cutter cutter;
	uint8_t *room;
	size_t from, to; /* what is read and not given out */
	bool is_end;
	uint64_t next; /* the row */
	struct vf_pair_hasher document;
};

static VF_RC reader_begin(struct reader *r, int fd, const struct tr_unit *unit, struct vf_err *reterr)
{
	*r = (struct reader){.fd = fd, .cutter = {.unit = unit}, .room = malloc(ROOM)};
	if (!r->room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read rows");
	vf_pair_init(&r->document);
	return VF_OK;
}

static void reader_done(struct reader *r)
{
	free(r->room);
	r->room = NULL;
}

static VF_RC fill(struct reader *r, struct vf_err *reterr)
{
	ssize_t got;

	memmove(r->room, r->room + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	do
		got = pread(r->fd, r->room + r->to, ROOM - r->to, (off_t)r->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return vf_fail(reterr, VF_IO, "cannot read a document: %s", strerror(errno));
	r->is_end = got == 0;
	vf_pair_put_sha256(&r->document, vf_bytes(r->room + r->to, (size_t)got));
	r->to += (size_t)got;
	r->at += (uint64_t)got;
	return VF_OK;
}

/* The next row, until the next call; n is 0 behind the last one. */
static VF_RC next_row(struct reader *r, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t n;

	while ((n = tr_cut(&r->cutter, vf_bytes(r->room + r->from, r->to - r->from), r->is_end)) == 0) {
		enum vf_rc rc = VF_OK;

		*ret = vf_bytes(NULL, 0);
		if (r->is_end)
			return VF_OK;
		if (r->to - r->from <= VF_MAX_ROW)
			rc = fill(r, reterr);
		else
			break;
		if (rc != VF_OK)
			return rc;
	}
	if (n == 0 || n > VF_MAX_ROW)
		return vf_fail(reterr, VF_LIMIT, "row %" PRIu64 " is larger than %u octets: is the unit of rows the right one?",
			r->next, VF_MAX_ROW);
	*ret = vf_bytes(r->room + r->from, n);
	r->from += n;
	r->next++;
	return VF_OK;
}

VF_RC nt_rows_each(int fd, const struct tr_unit *unit, nt_each_row *each, void *ctx, struct vf_err *reterr)
{
	struct vf_bytes row;
	struct reader r;
	enum vf_rc rc = reader_begin(&r, fd, unit, reterr);

	while (rc == VF_OK) {
		rc = next_row(&r, &row, reterr);
		if (rc != VF_OK || row.n == 0)
			break;
		rc = each(ctx, r.next - 1, row, reterr);
	}
	reader_done(&r);
	return rc;
}

/* ---- trees ---- */

/* Both trees while they grow: the roots of the perfect subtrees, largest first, as in merkle.h. */
struct frontier {
	uint64_t size;
	struct vf_pair stack[64];
	size_t n;
};

static struct vf_pair leaf_of(const struct vf_hash *salt, struct vf_bytes row)
{
	struct vf_pair_hasher h;
	uint8_t head[1 + sizeof(salt->b)] = {0x00};

	memcpy(head + 1, salt->b, sizeof(salt->b));
	vf_pair_init(&h);
	vf_pair_put(&h, vf_bytes(head, sizeof(head)));
	vf_pair_put(&h, row);
	return vf_pair_done(&h);
}

static struct vf_pair node_of(const struct vf_pair *left, const struct vf_pair *right)
{
	struct vf_pair ret;
	uint8_t b[1 + 2 * sizeof(left->sha512.b)] = {0x01};

	memcpy(b + 1, left->sha256.b, 32);
	memcpy(b + 33, right->sha256.b, 32);
	ret.sha256 = vf_sha256(vf_bytes(b, 65));
	memcpy(b + 1, left->sha512.b, 64);
	memcpy(b + 65, right->sha512.b, 64);
	ret.sha512 = vf_sha512(vf_bytes(b, 129));
	return ret;
}

static void append(struct frontier *f, const struct vf_hash *secret, uint64_t number, struct vf_bytes row)
{
	struct vf_hash salt = vf_row_salt(secret, number);

	f->stack[f->n++] = leaf_of(&salt, row);
	for (uint64_t left = f->size++; left & 1; left >>= 1, f->n--)
		f->stack[f->n - 2] = node_of(&f->stack[f->n - 2], &f->stack[f->n - 1]);
}

static struct vf_pair root_of(const struct frontier *f)
{
	struct vf_pair ret = f->stack[f->n - 1];

	for (size_t i = f->n - 1; i > 0; i--)
		ret = node_of(&f->stack[i - 1], &ret);
	return ret;
}

static struct vf_digest digest_of(const struct vf_pair *p, enum vf_alg alg)
{
	struct vf_digest ret = {.alg = alg};

	memcpy(ret.b, alg == VF_SHA256 ? p->sha256.b : p->sha512.b, vf_alg_size(alg));
	return ret;
}

static VF_RC append_all(struct reader *r, const struct vf_hash *secret, struct frontier *f, struct vf_err *reterr)
{
	struct vf_bytes row;
	enum vf_rc rc;

	while ((rc = next_row(r, &row, reterr)) == VF_OK && row.n > 0)
		append(f, secret, r->next - 1, row);
	if (rc == VF_OK && f->size == 0)
		return vf_fail(reterr, VF_USAGE, "an empty document has no rows");
	return rc;
}

VF_RC nt_rows_make(int fd, const struct tr_unit *unit, const struct vf_hash *secret, struct vf_rows *ret,
	struct vf_hash *ret_sha256, struct vf_err *reterr)
{
	struct frontier f = {0};
	struct vf_pair root;
	struct reader r;
	enum vf_rc rc = reader_begin(&r, fd, unit, reterr);

	if (rc == VF_OK)
		rc = append_all(&r, secret, &f, reterr);
	reader_done(&r);
	if (rc != VF_OK)
		return rc;
	root = root_of(&f);
	ret->count = f.size;
	ret->sha256 = digest_of(&root, VF_SHA256);
	ret->sha512 = digest_of(&root, VF_SHA512);
	*ret_sha256 = vf_pair_done(&r.document).sha256;
	return VF_OK;
}

VF_RC nt_rows_put(const struct vf_rows *rows, struct nt_buf *out, struct vf_err *reterr)
{
	nt_buf_put_str(out, "{\"schema\":\"" VF_SCHEMA_ROWS "\",\"document\":");
	nt_buf_put_json(out, rows->document);
	nt_buf_put_str(out, ",\"unit\":");
	nt_buf_put_json(out, rows->unit);
	nt_buf_putf(out, ",\"count\":%" PRIu64 ",\"sha256\":\"", rows->count);
	nt_buf_put_hex(out, vf_digest_bytes(&rows->sha256));
	nt_buf_put_str(out, "\",\"sha512\":\"");
	nt_buf_put_hex(out, vf_digest_bytes(&rows->sha512));
	nt_buf_put_str(out, "\"}\n");
	return nt_buf_check(out, reterr);
}

struct vf_pair nt_rows_same(struct vf_bytes document, struct vf_bytes unit)
{
	struct vf_pair_hasher h;

	vf_pair_init(&h);
	vf_pair_put(&h, vf_bytes_str(VF_SCHEMA_ROWS "\n"));
	vf_pair_put(&h, document);
	vf_pair_put(&h, vf_bytes_str("\n"));
	vf_pair_put(&h, unit);
	vf_pair_put(&h, vf_bytes_str("\n"));
	return vf_pair_done(&h);
}

/* ---- excerpts ---- */

struct writer {
	const struct nt_excerpt *x;
	struct reader r;
	size_t at; /* the first range that does not end before the rows to come */
	struct nt_buf *out;
};

static int by_first(const void *a, const void *b)
{
	const struct nt_row_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static VF_RC order_ranges(struct nt_excerpt *x, struct vf_err *reterr)
{
	size_t n = 0;

	if (x->n_ranges == 0)
		return vf_fail(reterr, VF_USAGE, "no row is asked for");
	qsort(x->ranges, x->n_ranges, sizeof(*x->ranges), by_first);
	for (size_t i = 0; i < x->n_ranges; i++) {
		const struct nt_row_range *r = &x->ranges[i];

		if (r->first > r->last || r->last >= x->rows->count)
			return vf_fail(reterr, VF_USAGE, "there is no row %" PRIu64 ": the rows are 0 to %" PRIu64, r->last,
				x->rows->count - 1);
		if (n > 0 && r->first <= x->ranges[n - 1].last + 1) {
			if (r->last > x->ranges[n - 1].last)
				x->ranges[n - 1].last = r->last;
		} else {
			x->ranges[n++] = *r;
		}
	}
	x->n_ranges = n;
	return VF_OK;
}

static VF_RC need_row(struct writer *w, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc = next_row(&w->r, ret, reterr);

	if (rc == VF_OK && ret->n == 0)
		return vf_fail(reterr, VF_EXCERPT_MISMATCH, "the document has fewer rows than its rows member says");
	return rc;
}

static VF_RC put_row(struct writer *w, uint64_t number, struct vf_err *reterr)
{
	struct vf_hash salt = vf_row_salt(&w->x->secret, number);
	struct vf_bytes row;
	enum vf_rc rc = need_row(w, &row, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_putf(w->out, "row %" PRIu64 " ", number);
	nt_buf_put_hex(w->out, vf_bytes(salt.b, sizeof(salt.b)));
	nt_buf_put_u8(w->out, ' ');
	for (size_t i = 0; i < row.n; i++) {
		if (row.p[i] >= 0x20 && row.p[i] <= 0x7e && row.p[i] != '%') {
			nt_buf_put_u8(w->out, row.p[i]);
			continue;
		}
		nt_buf_put_u8(w->out, '%');
		nt_buf_put_hex(w->out, vf_bytes(&row.p[i], 1));
	}
	nt_buf_put_u8(w->out, '\n');
	return nt_buf_check(w->out, reterr);
}

static VF_RC put_node(struct writer *w, uint64_t first, uint64_t end, struct vf_err *reterr)
{
	struct frontier f = {0};
	struct vf_digest d;
	struct vf_pair root;
	struct vf_bytes row;

	for (uint64_t i = first; i < end; i++) {
		enum vf_rc rc = need_row(w, &row, reterr);

		if (rc != VF_OK)
			return rc;
		append(&f, &w->x->secret, i, row);
	}
	root = root_of(&f);
	d = digest_of(&root, w->x->alg);
	nt_buf_putf(w->out, "node %" PRIu64 " %" PRIu64 " ", first, end);
	nt_buf_put_hex(w->out, vf_digest_bytes(&d));
	nt_buf_put_u8(w->out, '\n');
	return nt_buf_check(w->out, reterr);
}

/* The lines for the rows [first, end): halves it, 53 times at most. */
static VF_RC put_cover(struct writer *w, uint64_t first, uint64_t end, struct vf_err *reterr)
{
	uint64_t middle;
	enum vf_rc rc;

	while (w->at < w->x->n_ranges && w->x->ranges[w->at].last < first)
		w->at++;
	if (w->at == w->x->n_ranges || w->x->ranges[w->at].first >= end)
		return put_node(w, first, end, reterr);
	if (end - first == 1)
		return put_row(w, first, reterr);
	middle = first + (UINT64_C(1) << (63 - __builtin_clzll(end - first - 1)));
	rc = put_cover(w, first, middle, reterr);
	return rc == VF_OK ? put_cover(w, middle, end, reterr) : rc;
}

static void put_head(const struct nt_excerpt *x, const struct vf_digest *root, struct nt_buf *out)
{
	nt_buf_put_str(out, VF_EXCERPT_MAGIC "\nrecord ");
	nt_buf_put_hex(out, vf_bytes(x->record.b, sizeof(x->record.b)));
	nt_buf_put_str(out, "\nmember ");
	nt_buf_put(out, x->member);
	nt_buf_putf(out, "\nhash %s\ncount %" PRIu64 "\nroot ", vf_alg_name(x->alg), x->rows->count);
	nt_buf_put_hex(out, vf_digest_bytes(root));
	nt_buf_put_u8(out, '\n');
}

/* As whoever gets it will: nothing leaves that does not hold. */
static VF_RC check_excerpt(struct vf_bytes text, struct vf_err *reterr)
{
	struct vf_excerpt e;
	struct vf_shown shown;
	enum vf_rc rc = vf_excerpt_parse(text, &e, reterr);

	if (rc == VF_OK)
		rc = vf_excerpt_check(&e, &shown, reterr);
	if (rc == VF_PROOF_ROOT)
		return vf_fail(reterr, VF_EXCERPT_MISMATCH, "the rows member is not over the rows of this document");
	return rc;
}

VF_RC nt_excerpt_put(int fd, struct nt_excerpt *x, struct nt_buf *out, struct vf_err *reterr)
{
	const struct vf_digest *root = x->alg == VF_SHA256 ? &x->rows->sha256 : &x->rows->sha512;
	struct writer w = {.x = x, .out = out};
	struct vf_bytes row;
	struct tr_unit unit;
	size_t begun = out->n;
	enum vf_rc rc = tr_unit_read(x->rows->unit, &unit, reterr);

	if (rc == VF_OK)
		rc = order_ranges(x, reterr);
	if (rc == VF_OK)
		rc = reader_begin(&w.r, fd, &unit, reterr);
	if (rc != VF_OK)
		return rc;
	put_head(x, root, out);
	rc = put_cover(&w, 0, x->rows->count, reterr);
	if (rc == VF_OK)
		rc = next_row(&w.r, &row, reterr);
	if (rc == VF_OK && row.n > 0)
		rc = vf_fail(reterr, VF_EXCERPT_MISMATCH, "the document has more rows than its rows member says");
	reader_done(&w.r);
	return rc == VF_OK ? check_excerpt(vf_bytes(out->p + begun, out->n - begun), reterr) : rc;
}
