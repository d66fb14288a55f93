/* A look at the head of a file: what its first octets say about its format. */
#include "trial/read/fact.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct vf_bytes *in)
{
	struct vf_bytes blank;

	while (in->n && is_blank(in->p[0]))
		if (!vf_take(in, 1, &blank))
			return;
}

/* ---- XML ---- */

/* Behind the declaration, comments, processing instructions and a DOCTYPE; false when the head ends before. */
static bool skip_prolog(struct vf_bytes *in)
{
	struct vf_bytes part;

	for (;;) {
		skip_blanks(in);
		if (vf_bytes_starts(*in, "<?")) {
			if (!vf_take_until(in, '>', &part))
				return false;
		} else if (vf_take_str(in, "<!--")) {
			while (!vf_take_str(in, "-->"))
				if (!vf_take(in, 1, &part))
					return false;
		} else if (vf_bytes_starts(*in, "<!")) {
			bool inside = false;
			uint8_t c;

			while (vf_take_u8(in, &c) && (c != '>' || inside))
				inside = c == '[' || (inside && c != ']');
		} else {
			return in->n > 0;
		}
	}
}

static bool is_name_end(uint8_t c)
{
	return is_blank(c) || c == '>' || c == '/' || c == '=';
}

static bool take_name(struct vf_bytes *in, struct vf_bytes *ret)
{
	size_t n = 0;

	while (n < in->n && !is_name_end(in->p[n]))
		n++;
	return n > 0 && vf_take(in, n, ret);
}

/* "a:b" is a and b; without a colon the first is empty. */
static void split(struct vf_bytes name, struct vf_bytes *prefix, struct vf_bytes *local)
{
	*local = name;
	*prefix = vf_bytes(name.p, 0);
	if (memchr(name.p, ':', name.n) && vf_take_until(local, ':', prefix))
		return;
	*local = name;
}

/* The namespace of the root's prefix, in its own tag. */
static void find_namespace(struct vf_bytes in, struct vf_bytes prefix, struct vf_bytes *ret)
{
	struct vf_bytes name, before, local, value;
	uint8_t quote;

	for (;;) {
		skip_blanks(&in);
		if (!take_name(&in, &name))
			return;
		skip_blanks(&in);
		if (!vf_take_str(&in, "="))
			return;
		skip_blanks(&in);
		if (!vf_take_u8(&in, &quote) || (quote != '"' && quote != '\'') || !vf_take_until(&in, quote, &value))
			return;
		split(name, &before, &local);
		if (prefix.n ? vf_bytes_is(before, "xmlns") && vf_bytes_eq(local, prefix) : vf_bytes_is(name, "xmlns"))
			*ret = value;
	}
}

static void peek_xml(struct vf_bytes in, struct tr_peek *p)
{
	struct vf_bytes name, prefix;

	if (!skip_prolog(&in) || !vf_take_str(&in, "<") || !take_name(&in, &name))
		return;
	split(name, &prefix, &p->root);
	find_namespace(in, prefix, &p->ns);
}

/* UTF-16 as its ASCII characters: enough for names and namespaces of formats. Octets of the buffer are used again. */
static struct vf_bytes narrow(uint8_t *p, size_t n, bool little)
{
	size_t out = 0;

	for (size_t i = 2; i + 1 < n; i += 2) {
		uint8_t high = p[little ? i + 1 : i], low = p[little ? i : i + 1];

		p[out++] = high == 0 && low < 0x80 ? low : '?';
	}
	return vf_bytes(p, out);
}

/* ---- JSON ---- */

/* A string without looking into its escapes: keys of formats have none. */
static bool take_string(struct vf_bytes *in, struct vf_bytes *ret)
{
	const uint8_t *begin;
	size_t n = 0;

	if (!vf_take_str(in, "\""))
		return false;
	begin = in->p;
	while (n < in->n && in->p[n] != '"')
		n += in->p[n] == '\\' ? 2 : 1;
	return n < in->n && vf_take(in, n, ret) && ret->p == begin && vf_take_str(in, "\"");
}

/* Behind one value of any kind; false when the head ends before. */
static bool skip_value(struct vf_bytes *in)
{
	struct vf_bytes part;
	size_t depth = 0;
	uint8_t c;

	do {
		skip_blanks(in);
		if (in->n == 0)
			return false;
		c = in->p[0];
		if (c == '"') {
			if (!take_string(in, &part))
				return false;
			continue;
		}
		if ((c == ',' || c == '}' || c == ']') && depth == 0)
			return true;
		depth += (c == '{' || c == '[') ? 1 : 0;
		depth -= (c == '}' || c == ']') ? 1 : 0;
		if (!vf_take(in, 1, &part))
			return false;
	} while (depth > 0 || (in->n && in->p[0] != ',' && in->p[0] != '}'));
	return true;
}

static void peek_json(struct vf_bytes in, struct tr_peek *p)
{
	struct vf_bytes value = {0};

	if (!vf_take_str(&in, "{"))
		return;
	while (p->n_keys < sizeof(p->keys) / sizeof(p->keys[0])) {
		skip_blanks(&in);
		if (!take_string(&in, &p->keys[p->n_keys]))
			return;
		skip_blanks(&in);
		if (!vf_take_str(&in, ":"))
			return;
		skip_blanks(&in);
		p->n_keys++;
		if (vf_bytes_starts(in, "\"")) {
			if (!take_string(&in, &value))
				return;
			p->values[p->n_keys - 1] = value;
		} else if (!skip_value(&in)) {
			return;
		}
		skip_blanks(&in);
		if (!vf_take_str(&in, ","))
			return;
	}
}

VF_RC tr_peek(const struct tr_input *in, uint8_t *buffer, struct tr_peek *ret, struct vf_err *reterr)
{
	struct tr_peek p = {.name = in->name, .size = in->size};
	size_t n = 0;
	enum vf_rc rc = in->read_at(in->ctx, 0, buffer, TR_PEEK_LEN, &n, reterr);
	struct vf_bytes text;

	if (rc != VF_OK)
		return rc;
	p.head = vf_bytes(buffer, n);
	text = p.head;
	if (vf_bytes_starts(text, "\xff\xfe") || vf_bytes_starts(text, "\xfe\xff"))
		text = p.head = narrow(buffer, n, buffer[0] == 0xff);
	vf_take_str(&text, "\xef\xbb\xbf");
	skip_blanks(&text);
	if (vf_bytes_starts(text, "<"))
		peek_xml(text, &p);
	else
		peek_json(text, &p);
	*ret = p;
	return VF_OK;
}
