/* Where the objects of a PDF file are (ISO 32000-1, 7.5.4 to 7.5.8). */
#include <stdlib.h>

#include "trial/read/pdf_inside.h"

/* ---- tables ---- */

static bool take_number_of(struct vf_bytes *in)
{
	uint64_t number, generation;

	if (!tr_pdf_take_number(in, &number) || !tr_pdf_take_number(in, &generation))
		return false;
	tr_pdf_skip_blanks(in);
	return vf_take_str(in, "obj");
}

/* A cross-reference stream is found by its place, whatever its number is. */
static bool take_any_head(struct vf_bytes *in, uint64_t number)
{
	(void)number;
	return take_number_of(in);
}

/* Behind the head of one part, "0 295" and the end of its line: *ret_at is where its entries of 20 octets begin. */
static VF_RC take_part(struct tr_pdf *p, uint64_t at, uint64_t *ret_first, uint64_t *ret_n, uint64_t *ret_at,
	bool *ret_found, struct vf_err *reterr)
{
	uint8_t room[128];
	size_t n;
	struct vf_bytes in;
	uint8_t c;
	enum vf_rc rc = p->r->in->read_at(p->r->in->ctx, at, room, sizeof(room), &n, reterr);

	*ret_found = false;
	if (rc != VF_OK)
		return rc;
	in = vf_bytes(room, n);
	if (!tr_pdf_take_number(&in, ret_first) || !tr_pdf_take_number(&in, ret_n))
		return VF_OK;
	while (in.n && (in.p[0] == ' ' || in.p[0] == '\r' || in.p[0] == '\n'))
		vf_take_u8(&in, &c);
	*ret_at = at + (n - in.n);
	*ret_found = *ret_n <= p->r->in->size / 20;
	return VF_OK;
}

/* Goes through the parts: to the entry of the number, or behind them, where the trailer is. */
static VF_RC walk_table(struct tr_pdf *p, uint64_t at, uint64_t number, struct tr_pdf_entry *ret, bool *ret_found,
	uint64_t *ret_end, struct vf_err *reterr)
{
	uint64_t first, n, entries;
	uint8_t line[20];
	bool found = true;
	enum vf_rc rc;

	*ret_found = false;
	for (at += 4;; at = entries + 20 * n) {
		rc = tr_pdf_count(p, reterr);
		if (rc == VF_OK)
			rc = take_part(p, at, &first, &n, &entries, &found, reterr);
		*ret_end = at;
		if (rc != VF_OK || !found)
			return rc;
		if (number < first || number - first >= n)
			continue;
		rc = tr_input_take(p->r->in, entries + 20 * (number - first), line, sizeof(line), reterr);
		if (rc == VF_OK) {
			struct vf_bytes in = vf_bytes(line, 18), kind;
			uint64_t generation;

			*ret_found = tr_pdf_take_number(&in, &ret->at) && tr_pdf_take_number(&in, &generation) &&
				vf_take(&in, 1, &kind) && in.n == 1;
			ret->type = *ret_found && in.p[0] == 'n';
		}
		return rc == VF_FILE_SHAPE ? VF_OK : rc;
	}
}

static bool take_trailer(struct vf_bytes *in, uint64_t number)
{
	(void)number;
	tr_pdf_skip_blanks(in);
	return vf_take_str(in, "trailer");
}

/* The dictionary of a section: of a stream its own, of a table that behind it. */
static VF_RC read_trailer(struct tr_pdf *p, const struct tr_pdf_section *s, struct tr_pdf_object *ret, bool *ret_found,
	struct vf_err *reterr)
{
	struct tr_pdf_entry entry;
	uint64_t end = 0;
	bool found;
	enum vf_rc rc;

	if (s->is_stream)
		return tr_pdf_read(p, s->at, take_any_head, 0, ret, ret_found, reterr);
	rc = walk_table(p, s->at, UINT64_MAX, &entry, &found, &end, reterr);
	*ret_found = false;
	return rc == VF_OK ? tr_pdf_read(p, end, take_trailer, 0, ret, ret_found, reterr) : rc;
}

/* ---- cross-reference streams (7.5.8) ---- */

struct rows {
	uint64_t width[3];
	size_t n;         /* octets of a row */
	bool is_predicted;
	uint8_t row[64], before[64];
};

/* PNG's filters (RFC 2083, 6) for one octet a pixel, undone. */
static bool unpredict(struct rows *r, uint8_t filter)
{
	for (size_t i = 0; i < r->n; i++) {
		int left = i ? r->row[i - 1] : 0, up = r->before[i], corner = i ? r->before[i - 1] : 0;
		int a = abs(up - corner), b = abs(left - corner), c = abs(left + up - 2 * corner);
		int add = 0;

		if (filter > 4)
			return false;
		if (filter == 1)
			add = left;
		else if (filter == 2)
			add = up;
		else if (filter == 3)
			add = (left + up) / 2;
		else if (filter == 4)
			add = a <= b && a <= c ? left : b <= c ? up : corner;
		r->row[i] = (uint8_t)(r->row[i] + add);
	}
	return true;
}

static bool rows_open(struct rows *r, struct vf_bytes dictionary)
{
	struct vf_bytes widths, parms, value;
	uint64_t predictor = 1, columns = 1;

	*r = (struct rows){0};
	if (!tr_pdf_get(dictionary, "W", &widths) || !vf_take_str(&widths, "["))
		return false;
	for (int i = 0; i < 3; i++) {
		if (!tr_pdf_take_number(&widths, &r->width[i]) || r->width[i] > 8)
			return false;
		r->n += (size_t)r->width[i];
	}
	if (tr_pdf_get(dictionary, "DecodeParms", &parms)) {
		if (vf_take_str(&parms, "["))
			tr_pdf_skip_blanks(&parms);
		if (tr_pdf_get(parms, "Predictor", &value))
			tr_pdf_take_number(&value, &predictor);
		if (tr_pdf_get(parms, "Columns", &value))
			tr_pdf_take_number(&value, &columns);
	}
	r->is_predicted = predictor >= 10;
	return r->n > 0 && predictor != 2 && (!r->is_predicted || columns == r->n);
}

static VF_RC rows_next(struct rows *r, struct tr_pdf_octets *in, bool *ret_found, struct vf_err *reterr)
{
	uint8_t filter = 0;
	size_t n = 1;
	enum vf_rc rc = VF_OK;

	memcpy(r->before, r->row, sizeof(r->before));
	if (r->is_predicted)
		rc = tr_pdf_octets_take(in, &filter, 1, &n, reterr);
	*ret_found = rc == VF_OK && n == 1;
	if (!*ret_found)
		return rc;
	rc = tr_pdf_octets_take(in, r->row, r->n, &n, reterr);
	*ret_found = rc == VF_OK && n == r->n && (!r->is_predicted || unpredict(r, filter));
	return rc;
}

static void row_entry(const struct rows *r, struct tr_pdf_entry *ret)
{
	uint64_t field[3] = {1, 0, 0}; /* a type of no width is 1 (table 17) */
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		if (r->width[i])
			field[i] = 0;
		for (uint64_t k = 0; k < r->width[i]; k++)
			field[i] = field[i] << 8 | r->row[at++];
	}
	*ret = (struct tr_pdf_entry){.type = field[0], .at = field[1], .index = field[2]};
}

/* Where the object stands among the rows; false when this section does not have it. */
static bool row_of(struct vf_bytes dictionary, uint64_t number, uint64_t *ret)
{
	struct vf_bytes index, value;
	uint64_t first, n, before = 0;

	if (!tr_pdf_get(dictionary, "Index", &index)) {
		*ret = number;
		return tr_pdf_get(dictionary, "Size", &value) && tr_pdf_take_number(&value, &n) && number < n;
	}
	if (!vf_take_str(&index, "["))
		return false;
	while (tr_pdf_take_number(&index, &first) && tr_pdf_take_number(&index, &n)) {
		if (number >= first && number - first < n) {
			*ret = before + (number - first);
			return true;
		}
		if (!vf_add(before, n, &before))
			return false;
	}
	return false;
}

/* A small stream may inflate to many rows: they are counted as look-ups are. */
static VF_RC first_of_many(struct tr_pdf *p, struct rows *r, struct tr_pdf_octets *in, bool *ret_found,
	struct vf_err *reterr)
{
	enum vf_rc rc = tr_pdf_count(p, reterr);

	return rc == VF_OK ? rows_next(r, in, ret_found, reterr) : rc;
}

static VF_RC walk_stream(struct tr_pdf *p, uint64_t at, uint64_t number, struct tr_pdf_entry *ret, bool *ret_found,
	struct vf_err *reterr)
{
	struct tr_pdf_object o = {0};
	struct tr_pdf_octets in = {0};
	struct rows rows;
	uint64_t row = 0;
	bool found;
	enum vf_rc rc = tr_pdf_read(p, at, take_any_head, 0, &o, &found, reterr);

	*ret_found = false;
	if (rc == VF_OK && found && rows_open(&rows, o.value) && row_of(o.value, number, &row)) {
		/* each row is at least one octet, so that this is no larger than what the file can hold */
		rc = tr_pdf_octets_open(&in, p, &o, SIZE_MAX, &found, reterr);
		for (uint64_t i = 0; rc == VF_OK && found && i <= row; i++)
			rc = i % 1024 ? rows_next(&rows, &in, &found, reterr) : first_of_many(p, &rows, &in, &found, reterr);
		if (rc == VF_OK && found)
			row_entry(&rows, ret);
		*ret_found = rc == VF_OK && found;
	}
	tr_inflate_free(in.inflate);
	tr_pdf_object_done(&o);
	return rc;
}

/* The newest revision that speaks of the object decides, also when it has been freed. */
VF_RC tr_pdf_locate(struct tr_pdf *p, uint64_t number, struct tr_pdf_entry *ret, bool *ret_found, struct vf_err *reterr)
{
	uint64_t end;
	enum vf_rc rc = VF_OK;

	*ret_found = false;
	for (size_t i = 0; rc == VF_OK && i < p->n_sections && !*ret_found; i++) {
		if (p->sections[i].is_stream)
			rc = walk_stream(p, p->sections[i].at, number, ret, ret_found, reterr);
		else
			rc = walk_table(p, p->sections[i].at, number, ret, ret_found, &end, reterr);
	}
	return rc;
}

/* ---- the chain of revisions ---- */

/* A place that is a table or a cross-reference stream, with its dictionary. */
static VF_RC look_at(struct tr_pdf *p, uint64_t at, struct tr_pdf_section *ret, struct tr_pdf_object *ret_trailer,
	bool *ret_found, struct vf_err *reterr)
{
	uint8_t room[64];
	struct vf_bytes in;
	size_t n = 0;
	enum vf_rc rc = p->r->in->read_at(p->r->in->ctx, at, room, sizeof(room), &n, reterr);

	*ret_found = false;
	if (rc != VF_OK)
		return rc;
	in = vf_bytes(room, n);
	tr_pdf_skip_blanks(&in);
	*ret = (struct tr_pdf_section){.at = at + (n - in.n), .is_stream = !vf_bytes_starts(in, "xref")};
	return read_trailer(p, ret, ret_trailer, ret_found, reterr);
}

static bool is_known(const struct tr_pdf *p, uint64_t at)
{
	for (size_t i = 0; i < p->n_sections; i++)
		if (p->sections[i].at == at)
			return true;
	return false;
}

static bool get_place(const struct tr_pdf *p, struct vf_bytes trailer, const char *key, uint64_t *ret)
{
	struct vf_bytes value;

	return tr_pdf_get(trailer, key, &value) && tr_pdf_take_number(&value, ret) && *ret < p->r->in->size;
}

/* A table of a hybrid file has a stream beside it, which is looked at next (7.5.8.4). A loop ends the chain. */
static VF_RC follow(struct tr_pdf *p, uint64_t at, struct vf_err *reterr)
{
	bool found = true, more = true;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && more && p->n_sections < TR_PDF_MAX_SECTIONS) {
		struct tr_pdf_section *s = &p->sections[p->n_sections];
		struct tr_pdf_object trailer = {0};
		uint64_t beside;

		rc = look_at(p, at, s, &trailer, &found, reterr);
		if (rc != VF_OK || !found || is_known(p, s->at)) {
			tr_pdf_object_done(&trailer);
			return rc;
		}
		p->n_sections++;
		if (!s->is_stream && p->n_sections < TR_PDF_MAX_SECTIONS && get_place(p, trailer.value, "XRefStm", &beside))
			p->sections[p->n_sections++] = (struct tr_pdf_section){.at = beside, .is_stream = true};
		more = get_place(p, trailer.value, "Prev", &at);
		tr_pdf_object_done(&trailer);
	}
	return rc;
}

/* The last "startxref" of the file's end. */
#define TAIL 2048

VF_RC tr_pdf_open(struct tr_pdf *p, bool *ret_found, struct vf_err *reterr)
{
	uint64_t size = p->r->in->size, from = size > TAIL ? size - TAIL : 0, at = 0;
	uint8_t room[TAIL];
	struct vf_bytes in, mark;
	bool found = false;
	size_t n = 0;
	enum vf_rc rc = p->r->in->read_at(p->r->in->ctx, from, room, sizeof(room), &n, reterr);

	*ret_found = false;
	if (rc != VF_OK)
		return rc;
	for (in = vf_bytes(room, n); in.n; vf_take(&in, 1, &mark)) {
		struct vf_bytes after = in;

		if (vf_take_str(&after, "startxref") && tr_pdf_take_number(&after, &at))
			found = true;
	}
	if (found && at < size)
		rc = follow(p, at, reterr);
	*ret_found = rc == VF_OK && p->n_sections > 0;
	return rc;
}

VF_RC tr_pdf_trailer(struct tr_pdf *p, const char *key, struct tr_pdf_object *ret, bool *ret_found,
	struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	*ret_found = false;
	for (size_t i = 0; rc == VF_OK && i < p->n_sections && !*ret_found; i++) {
		struct tr_pdf_object trailer = {0};
		struct vf_bytes value;
		bool found;

		rc = read_trailer(p, &p->sections[i], &trailer, &found, reterr);
		if (rc == VF_OK && found && tr_pdf_get(trailer.value, key, &value))
			rc = tr_pdf_resolve(p, value, ret, ret_found, reterr);
		tr_pdf_object_done(&trailer);
	}
	return rc;
}
