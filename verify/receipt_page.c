#include "verify/receipt_page.h"

#include "verify/limits.h"
#include "verify/text.h"

#define DOCTYPE "<!DOCTYPE html>"

/* What an element holds, and so which elements may stand in it. */
enum holds { NOTHING, DOCUMENT, PARTS, HEAD, FLOW, TEXT, STYLE, DRAWING };

struct element {
	const char *name;
	enum holds in, holds;
	bool is_void, in_line;
	const char *attributes; /* " a b " */
};

static const struct element elements[] = {
	{"html", DOCUMENT, PARTS, false, false, " lang "},
	{"head", PARTS, HEAD, false, false, ""},
	{"body", PARTS, FLOW, false, false, ""},
	{"meta", HEAD, NOTHING, true, false, NULL},
	{"title", HEAD, TEXT, false, false, ""},
	{"style", HEAD, STYLE, false, false, ""},
	{"main", FLOW, FLOW, false, false, " class lang "},
	{"div", FLOW, FLOW, false, false, " class lang "},
	{"h1", FLOW, FLOW, false, false, " class lang "},
	{"h2", FLOW, FLOW, false, false, " class lang "},
	{"p", FLOW, FLOW, false, false, " class lang "},
	{"table", FLOW, FLOW, false, false, " class lang "},
	{"thead", FLOW, FLOW, false, false, " class lang "},
	{"tbody", FLOW, FLOW, false, false, " class lang "},
	{"tr", FLOW, FLOW, false, false, " class lang "},
	{"th", FLOW, FLOW, false, false, " class lang scope "},
	{"td", FLOW, FLOW, false, false, " class lang "},
	{"strong", FLOW, FLOW, false, true, " class lang "},
	{"bdi", FLOW, FLOW, false, true, " class lang "},
	{"code", FLOW, TEXT, false, true, " class lang id "},
	{"pre", FLOW, TEXT, false, false, " class lang id "},
	{"svg", FLOW, DRAWING, false, false, " class lang viewBox width height role aria-label "},
	{"path", DRAWING, NOTHING, false, false, " d "},
};

/* The only ones: nothing that sends the reader elsewhere or changes how the page is read. */
static const char *const metas[] = {
	" charset=\"utf-8\"",
	" http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\"", /* as browsers save it */
	" http-equiv=\"content-type\" content=\"text/html; charset=UTF-8\"",
	" http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"",
	" name=\"viewport\" content=\"width=device-width, initial-scale=1\"",
	" name=\"referrer\" content=\"no-referrer\"",
	" name=\"generator\" content=\"" VF_PAGE_SCHEMA "\"",
};

/* SHA-256 of the style sheets of all versions: they hide nothing, and no other one could be known not to. */
static const char *const styles[] = {
	"c9897efaef3ccd508767c56cbfc3292cd4baf6ffb271222076e48c2214e57f70",
};

static const char *const entities[] = {"amp;", "lt;", "gt;", "quot;", "#39;", "nbsp;"};
static const char meant[] = "&<>\"'"; /* by the first five */

struct reader {
	struct vf_bytes in;
	const struct element *open[VF_MAX_PAGE_DEPTH];
	size_t depth;
	struct vf_bytes receipt, record; /* as they stand there */
	size_t n_receipts, n_records, n_styles;
	struct vf_bytes *take; /* where the text that comes next goes: a place above, or NULL */
	size_t digits;	       /* hex digits just before, as a reader sees them */
	struct vf_err *err;
};

#define REFUSE(r, ...) vf_fail((r)->err, VF_PAGE_SHAPE, __VA_ARGS__)

/* ---- characters ---- */

/* UTF-8 without controls but the ends of lines, and without what is not seen or changes the order of other characters. */
static bool is_text(struct vf_bytes in)
{
	struct vf_bytes line;

	while (vf_take_line(&in, &line)) {
		if (vf_bytes_ends(line, "\r"))
			line.n--;
		if (!vf_text_is_plain(line))
			return false;
	}
	return vf_text_is_plain(in);
}

/* After '&': which of the entities, or none (-1). */
static int take_entity(struct vf_bytes *in)
{
	for (int i = 0; i < (int)(sizeof(entities) / sizeof(entities[0])); i++)
		if (vf_take_str(in, entities[i]))
			return i;
	return -1;
}

static bool has_known_entities(struct vf_bytes text)
{
	struct vf_bytes before;

	while (vf_take_until(&text, '&', &before))
		if (take_entity(&text) < 0)
			return false;
	return true;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A second text that looks like a record ID would let the page show another one. */
static enum vf_rc end_digits(struct reader *r)
{
	size_t n = r->digits;

	r->digits = 0;
	return n == 64 ? REFUSE(r, "the page shows 64 hex digits beside the ID of its record") : VF_OK;
}

static enum vf_rc count_digits(struct reader *r, struct vf_bytes text)
{
	enum vf_rc rc = VF_OK;
	uint8_t c;

	while (rc == VF_OK && vf_take_u8(&text, &c)) {
		if (is_hex(c))
			r->digits++;
		else
			rc = end_digits(r);
	}
	return rc;
}

/* ---- tags ---- */

static bool is_in_name(uint8_t c)
{
	return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take_name(struct vf_bytes *in, struct vf_bytes *ret)
{
	size_t n = 0;

	while (n < in->n && is_in_name(in->p[n]))
		n++;
	return n && vf_take(in, n, ret);
}

static const struct element *find_element(struct vf_bytes name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (vf_bytes_is(name, elements[i].name))
			return &elements[i];
	return NULL;
}

static bool has_word(const char *words, struct vf_bytes word)
{
	struct vf_bytes in = vf_bytes_str(words), one;

	while (vf_take_until(&in, ' ', &one))
		if (vf_bytes_eq(one, word))
			return true;
	return false;
}

/* The two places that a reader of receipts looks for, each under its element. */
static bool take_id(struct reader *r, const struct element *e, struct vf_bytes value)
{
	bool is_pre = strcmp(e->name, "pre") == 0;

	if (!vf_bytes_is(value, is_pre ? VF_PAGE_RECEIPT_ID : VF_PAGE_RECORD_ID))
		return false;
	r->take = is_pre ? &r->receipt : &r->record;
	(*(is_pre ? &r->n_receipts : &r->n_records))++;
	return true;
}

static enum vf_rc read_attributes(struct reader *r, const struct element *e, struct vf_bytes text)
{
	struct vf_bytes name, value;

	if (!e->attributes) {
		for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++)
			if (vf_bytes_is(text, metas[i]))
				return VF_OK;
		return REFUSE(r, "a 'meta' that is not of a participant's page");
	}
	while (text.n) {
		if (!vf_take_str(&text, " ") || !take_name(&text, &name) || !vf_take_str(&text, "=\"") ||
			!vf_take_until(&text, '"', &value) || !has_known_entities(value))
			return REFUSE(r, "the attributes of a '%s' are malformed", e->name);
		if (!has_word(e->attributes, name) || (vf_bytes_is(name, "id") && !take_id(r, e, value)))
			return REFUSE(r, "an attribute that a '%s' of a participant's page does not have", e->name);
	}
	return VF_OK;
}

static enum holds place(const struct reader *r)
{
	return r->depth ? r->open[r->depth - 1]->holds : DOCUMENT;
}

static enum vf_rc open_element(struct reader *r, const struct element *e, struct vf_bytes attributes)
{
	struct vf_bytes style;
	struct vf_hash h;
	char hex[65];
	enum vf_rc rc;

	if (e->in != place(r))
		return REFUSE(r, "an element '%s' where a participant's page has none", e->name);
	if (r->depth == VF_MAX_PAGE_DEPTH)
		return REFUSE(r, "more than %d elements within each other", VF_MAX_PAGE_DEPTH);
	rc = read_attributes(r, e, attributes);
	if (rc != VF_OK || e->is_void)
		return rc;
	r->open[r->depth++] = e;
	if (e->holds != STYLE)
		return VF_OK;
	if (!vf_take_until(&r->in, '<', &style) || !vf_take_str(&r->in, "/style>"))
		return REFUSE(r, "a style sheet that does not end");
	r->depth--;
	r->n_styles++;
	h = vf_sha256(style);
	vf_hex_put(hex, vf_bytes(h.b, sizeof(h.b)));
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strcmp(hex, styles[i]) == 0)
			return VF_OK;
	return REFUSE(r, "a style sheet that is not of a participant's page");
}

/* After '<'. */
static enum vf_rc read_tag(struct reader *r)
{
	bool is_end = vf_take_str(&r->in, "/");
	const struct element *e;
	struct vf_bytes tag, name;
	char shown[40];
	enum vf_rc rc = VF_OK;

	if (!vf_take_until(&r->in, '>', &tag) || !take_name(&tag, &name))
		return REFUSE(r, "a tag or comment that is not of a participant's page");
	e = find_element(name);
	if (!e) {
		vf_text_escape(shown, sizeof(shown), name);
		return REFUSE(r, "an element '%s', which a participant's page does not have", shown);
	}
	if (!e->in_line)
		rc = end_digits(r);
	if (rc != VF_OK)
		return rc;
	if (!is_end)
		return open_element(r, e, tag);
	if (tag.n || r->depth == 0 || r->open[r->depth - 1] != e)
		return REFUSE(r, "the end of a '%s' in the wrong place", e->name);
	r->depth--;
	return VF_OK;
}

/* ---- the page ---- */

static bool is_space(struct vf_bytes text)
{
	uint8_t c;

	while (vf_take_u8(&text, &c))
		if (c != '\n' && c != '\r')
			return false;
	return true;
}

static enum vf_rc read_text(struct reader *r, struct vf_bytes text)
{
	enum holds holds = place(r);

	if (r->take) {
		*r->take = text;
		r->take = NULL;
		return VF_OK;
	}
	if (holds != FLOW && holds != TEXT)
		return is_space(text) ? VF_OK : REFUSE(r, "text where a participant's page has none");
	if (!has_known_entities(text))
		return REFUSE(r, "an entity that a participant's page does not have");
	return count_digits(r, text);
}

/* What browsers add when they save a page. */
static bool take_saved(struct vf_bytes *in)
{
	struct vf_bytes rest = *in, text;
	uint8_t c, before = 0;

	if (!vf_take_str(&rest, "<!-- saved from url=(") || !vf_take_until(&rest, '>', &text) ||
		!vf_bytes_ends(text, " --"))
		return false;
	for (text.n -= 3; vf_take_u8(&text, &c); before = c)
		if (c < ' ' || c > '~' || c == '<' || (c == '-' && before == '-'))
			return false;
	*in = rest;
	return true;
}

static enum vf_rc read_page(struct reader *r)
{
	enum vf_rc rc = VF_OK;
	struct vf_bytes text;

	if (!vf_take_str(&r->in, DOCTYPE))
		return REFUSE(r, "the page does not begin with '" DOCTYPE "'");
	if (!is_text(r->in))
		return REFUSE(r, "the page is not UTF-8 text, or holds control characters");
	if (vf_take_str(&r->in, "\r\n") || vf_take_str(&r->in, "\n"))
		take_saved(&r->in);
	while (rc == VF_OK && vf_take_until(&r->in, '<', &text)) {
		rc = read_text(r, text);
		if (rc == VF_OK)
			rc = read_tag(r);
	}
	if (rc != VF_OK)
		return rc;
	if (r->depth || !is_space(r->in))
		return REFUSE(r, "the page does not end where its elements do");
	if (r->n_styles != 1)
		return REFUSE(r, "%zu style sheets, not one", r->n_styles);
	if (r->n_receipts != 1 || r->n_records != 1)
		return REFUSE(r, "%zu receipts and %zu record IDs, not one of each", r->n_receipts, r->n_records);
	return VF_OK;
}

/* The octets that stand in the page as text; false for what no receipt has. */
static bool decode(struct vf_bytes text, uint8_t *out, size_t *ret_n)
{
	size_t n = 0;
	uint8_t c;
	int entity;

	while (vf_take_u8(&text, &c)) {
		if (c == '\r')
			continue; /* before an LF: is_text() */
		if (c == '&') {
			entity = take_entity(&text);
			if (entity < 0 || !meant[entity])
				return false;
			c = (uint8_t)meant[entity];
		}
		out[n++] = c;
	}
	*ret_n = n;
	return true;
}

bool vf_receipt_page_is(struct vf_bytes file)
{
	return vf_bytes_starts(file, "<") || vf_bytes_starts(file, "\xef\xbb\xbf") ||
		vf_bytes_starts(file, "\xff\xfe") || vf_bytes_starts(file, "\xfe\xff");
}

VF_RC vf_receipt_page_read(struct vf_bytes page, struct vf_arena *a, struct vf_receipt_page *ret,
	struct vf_err *reterr)
{
	struct reader r = {.in = page, .err = reterr};
	struct vf_receipt_page got = {0};
	uint8_t *room;
	enum vf_rc rc;

	if (page.n > VF_MAX_PAGE)
		return vf_fail(reterr, VF_LIMIT, "a page of %zu octets, more than %d", page.n, VF_MAX_PAGE);
	rc = read_page(&r);
	if (rc != VF_OK)
		return rc;
	if (!vf_hex_read(r.record, got.shown.b, sizeof(got.shown.b)))
		return vf_fail(reterr, VF_PAGE_SHAPE, "the record ID on the page is not 64 hex digits");
	room = vf_arena_take(a, r.receipt.n + 1, 1);
	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the receipt of a page");
	if (!decode(r.receipt, room, &got.receipt.n))
		return vf_fail(reterr, VF_PAGE_SHAPE, "the receipt of a page holds an entity that no receipt has");
	got.receipt.p = room;
	*ret = got;
	return VF_OK;
}
