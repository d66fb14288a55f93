#include "verify/excerpt.h"

#include <inttypes.h>

#include "verify/json.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

/* ---- the rows member ---- */

static VF_RC rows_shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_EXCERPT_SHAPE, "rows member: %s", what);
}

static bool take_roots(const struct vf_json_value *root, struct vf_rows *r)
{
	r->sha256.alg = VF_SHA256;
	r->sha512.alg = VF_SHA512;
	return vf_json_hex(vf_json_get(root, "sha256"), r->sha256.b, vf_alg_size(VF_SHA256)) &&
		vf_json_hex(vf_json_get(root, "sha512"), r->sha512.b, vf_alg_size(VF_SHA512));
}

static VF_RC take_rows(const struct vf_json_value *root, struct vf_rows *r, struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "document", "unit", "count", "sha256", "sha512", NULL};
	struct vf_bytes schema;

	if (vf_json_check_names(root, names, reterr) != VF_OK)
		return rows_shape(reterr, "not the fields that it has");
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, VF_SCHEMA_ROWS))
		return rows_shape(reterr, "the schema is not '" VF_SCHEMA_ROWS "'");
	if (!vf_json_uint(vf_json_get(root, "count"), &r->count) || r->count == 0 || r->count > VF_MAX_ROWS)
		return rows_shape(reterr, "'count' is malformed");
	if (!take_roots(root, r))
		return rows_shape(reterr, "'sha256' or 'sha512' is malformed");
	if (!vf_json_str(vf_json_get(root, "unit"), &r->unit) || r->unit.n == 0 || r->unit.n > VF_MAX_UNIT ||
		!vf_text_is_plain(r->unit))
		return rows_shape(reterr, "'unit' is malformed");
	if (!vf_json_str(vf_json_get(root, "document"), &r->document))
		return rows_shape(reterr, "'document' is malformed");
	return vf_document_name_check(r->document, reterr);
}

VF_RC vf_rows_parse(struct vf_bytes json, struct vf_arena *a, struct vf_rows *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_rows r = {0};
	enum vf_rc rc;

	if (json.n > VF_MAX_SMALL_JSON)
		return vf_fail(reterr, VF_LIMIT, "a rows member is larger than %d octets", VF_MAX_SMALL_JSON);
	rc = vf_json_parse(json, &doc, reterr);
	if (rc == VF_OK)
		rc = take_rows(vf_json_root(doc), &r, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_arena_copy(a, r.document, &r.document) || !vf_arena_copy(a, r.unit, &r.unit))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a rows member");
	*ret = r;
	return VF_OK;
}

struct vf_hash vf_row_salt(const struct vf_hash *secret, uint64_t row)
{
	return vf_slot(secret, row); /* the same derivation, under a key of its own */
}

/* ---- the head of an excerpt ---- */

static bool take_labelled(struct vf_bytes *in, const char *label, struct vf_bytes *ret)
{
	return vf_take_line(in, ret) && vf_take_str(ret, label);
}

static bool take_hash(struct vf_bytes *in, const char *label, uint8_t *ret, size_t n)
{
	struct vf_bytes value;

	return take_labelled(in, label, &value) && vf_hex_read(value, ret, n);
}

static bool take_alg(struct vf_bytes *in, enum vf_alg *ret)
{
	struct vf_bytes value;

	if (!take_labelled(in, "hash ", &value))
		return false;
	*ret = vf_alg_find(value);
	return *ret == VF_SHA256 || *ret == VF_SHA512;
}

static bool take_count(struct vf_bytes *in, uint64_t *ret)
{
	struct vf_bytes value;

	return take_labelled(in, "count ", &value) && vf_decimal_read(value, VF_MAX_ROWS, ret) && *ret > 0;
}

VF_RC vf_excerpt_parse(struct vf_bytes text, struct vf_excerpt *ret, struct vf_err *reterr)
{
	struct vf_excerpt e = {0};

	if (text.n > VF_MAX_EXCERPT)
		return vf_fail(reterr, VF_LIMIT, "an excerpt is larger than %u octets", VF_MAX_EXCERPT);
	if (!vf_take_str(&text, VF_EXCERPT_MAGIC "\n"))
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "the first line is not '" VF_EXCERPT_MAGIC "'");
	if (!take_hash(&text, "record ", e.record.b, sizeof(e.record.b)) || !take_labelled(&text, "member ", &e.member) ||
		vf_document_name_check(e.member, NULL) != VF_OK || !take_alg(&text, &e.root.alg) ||
		!take_count(&text, &e.count) || !take_hash(&text, "root ", e.root.b, vf_alg_size(e.root.alg)))
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "one of the lines 'record' to 'root' is malformed");
	e.lines = text;
	*ret = e;
	return VF_OK;
}

/* ---- its tree ---- */

/* One line: a row, or a node that stands for rows. */
struct item {
	bool is_row;
	uint64_t first, end; /* the rows, without end */
	struct vf_digest node;
	struct vf_excerpt_row row;
};

struct walk {
	const struct vf_excerpt *e;
	struct vf_bytes lines; /* behind item */
	struct item item;
	bool has_item;
	struct vf_hasher all; /* of the rows that are shown */
	uint64_t shown;
};

static bool take_number(struct vf_bytes *in, uint64_t *ret)
{
	struct vf_bytes value;

	return vf_take_until(in, ' ', &value) && vf_decimal_read(value, VF_MAX_ROWS, ret);
}

static bool read_row(struct vf_bytes line, struct vf_excerpt_row *ret)
{
	struct vf_bytes salt;

	if (!vf_take_str(&line, "row ") || !take_number(&line, &ret->row) || !vf_take_until(&line, ' ', &salt) ||
		!vf_hex_read(salt, ret->salt.b, sizeof(ret->salt.b)))
		return false;
	ret->text = line;
	return true;
}

static bool read_item(struct vf_bytes line, enum vf_alg alg, struct item *ret)
{
	ret->is_row = read_row(line, &ret->row);
	ret->first = ret->row.row;
	ret->end = ret->first + 1;
	ret->node.alg = alg;
	return ret->is_row || (vf_take_str(&line, "node ") && take_number(&line, &ret->first) &&
		take_number(&line, &ret->end) && vf_hex_read(line, ret->node.b, vf_alg_size(alg)));
}

bool vf_take_row_octet(struct vf_bytes *text, uint8_t *ret)
{
	struct vf_bytes rest = *text, hex;
	uint8_t c;

	if (!vf_take_u8(&rest, &c) || c < 0x20 || c > 0x7e)
		return false;
	if (c == '%') {
		if (!vf_take(&rest, 2, &hex) || !vf_hex_read(hex, &c, 1) || (c >= 0x20 && c <= 0x7e && c != '%'))
			return false;
	}
	*text = rest;
	*ret = c;
	return true;
}

/* Hashes the octets of a row as its leaf, and as part of all that is shown. */
static VF_RC hash_row(struct walk *w, struct vf_hasher *leaf, struct vf_err *reterr)
{
	struct vf_bytes text = w->item.row.text;
	uint8_t octets[256];
	uint64_t size = 0;
	size_t n = 0;

	while (vf_take_row_octet(&text, &octets[n])) {
		if (++size > VF_MAX_ROW)
			return vf_fail(reterr, VF_LIMIT, "row %" PRIu64 " is larger than %u octets", w->item.first, VF_MAX_ROW);
		if (++n < sizeof(octets) && text.n > 0)
			continue;
		vf_hasher_put(leaf, vf_bytes(octets, n));
		vf_hasher_put(&w->all, vf_bytes(octets, n));
		n = 0;
	}
	if (text.n > 0 || size == 0)
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "the text of row %" PRIu64 " is malformed", w->item.first);
	return VF_OK;
}

static VF_RC hash_leaf(struct walk *w, struct vf_digest *ret, struct vf_err *reterr)
{
	static const uint8_t prefix = 0x00;
	struct vf_hasher leaf;
	enum vf_rc rc = vf_hasher_init(&leaf, w->e->root.alg, reterr), done;

	if (rc != VF_OK)
		return rc;
	vf_hasher_put(&leaf, vf_bytes(&prefix, 1));
	vf_hasher_put(&leaf, vf_bytes(w->item.row.salt.b, sizeof(w->item.row.salt.b)));
	rc = hash_row(w, &leaf, reterr);
	done = vf_hasher_done(&leaf, ret, rc == VF_OK ? reterr : NULL);
	return rc == VF_OK ? done : rc;
}

static VF_RC hash_node(const struct vf_digest *left, const struct vf_digest *right, struct vf_digest *ret,
	struct vf_err *reterr)
{
	uint8_t b[1 + 2 * VF_DIGEST_MAX] = {0x01};
	size_t n = vf_alg_size(left->alg);

	memcpy(b + 1, left->b, n);
	memcpy(b + 1 + n, right->b, n);
	return vf_digest(left->alg, vf_bytes(b, 1 + 2 * n), ret, reterr);
}

static VF_RC advance(struct walk *w, struct vf_err *reterr)
{
	struct vf_bytes line;

	w->has_item = w->lines.n > 0;
	if (w->has_item && !(vf_take_line(&w->lines, &line) && read_item(line, w->e->root.alg, &w->item)))
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "a line is no 'row' and no 'node', or ends early");
	return VF_OK;
}

/* The line that stands for the rows [first, end) as a whole. */
static VF_RC take_whole(struct walk *w, struct vf_digest *ret, bool *ret_shown, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	*ret_shown = w->item.is_row;
	if (w->item.is_row) {
		w->shown++;
		rc = hash_leaf(w, ret, reterr);
	} else {
		*ret = w->item.node;
	}
	return rc == VF_OK ? advance(w, reterr) : rc;
}

/* RFC 9162 2.1.1: the largest power of two below n, which is above 1. */
static uint64_t left_part(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/*
 * The hash over the rows [first, end), by the next lines. Halves the range, so it calls itself
 * 53 times at most (VF_MAX_ROWS).
 */
static VF_RC cover(struct walk *w, uint64_t first, uint64_t end, struct vf_digest *ret, bool *ret_shown,
	struct vf_err *reterr)
{
	struct vf_digest left, right;
	bool left_shown, right_shown;
	uint64_t middle;
	enum vf_rc rc;

	if (!w->has_item || w->item.first != first || w->item.end <= first || w->item.end > end)
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "no line, or one that is no node of the tree, at row %" PRIu64, first);
	if (w->item.end == end)
		return take_whole(w, ret, ret_shown, reterr);
	middle = first + left_part(end - first);
	rc = cover(w, first, middle, &left, &left_shown, reterr);
	if (rc == VF_OK)
		rc = cover(w, middle, end, &right, &right_shown, reterr);
	if (rc != VF_OK)
		return rc;
	*ret_shown = left_shown || right_shown;
	if (!*ret_shown)
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "two nodes stand for the rows %" PRIu64 " to %" PRIu64 ", not one",
			first, end - 1);
	return hash_node(&left, &right, ret, reterr);
}

static VF_RC walk_all(struct walk *w, struct vf_err *reterr)
{
	struct vf_digest root;
	bool shown;
	enum vf_rc rc = advance(w, reterr);

	if (rc == VF_OK)
		rc = cover(w, 0, w->e->count, &root, &shown, reterr);
	if (rc != VF_OK)
		return rc;
	if (w->has_item)
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "lines after the last row");
	if (!shown)
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "no row is shown");
	if (!vf_digest_eq(&root, &w->e->root))
		return vf_fail(reterr, VF_PROOF_ROOT, "the rows do not lead to the root of the excerpt");
	return VF_OK;
}

VF_RC vf_excerpt_check(const struct vf_excerpt *e, struct vf_shown *ret, struct vf_err *reterr)
{
	struct walk w = {.e = e, .lines = e->lines};
	struct vf_digest all;
	enum vf_rc rc = vf_hasher_init(&w.all, VF_SHA256, reterr), done;

	if (rc != VF_OK)
		return rc;
	rc = walk_all(&w, reterr);
	done = vf_hasher_done(&w.all, &all, rc == VF_OK ? reterr : NULL);
	if (rc != VF_OK || done != VF_OK)
		return rc == VF_OK ? done : rc;
	ret->rows = w.shown;
	memcpy(ret->sha256.b, all.b, sizeof(ret->sha256.b));
	return VF_OK;
}

bool vf_excerpt_next(struct vf_bytes *lines, struct vf_excerpt_row *ret)
{
	struct vf_bytes line;

	while (vf_take_line(lines, &line))
		if (read_row(line, ret))
			return true;
	return false;
}
