#include "notary/http_parse.h"

#include <stdio.h>
#include <strings.h>

#include "verify/text.h"

/* RFC 9110 5.6.2 */
static bool is_token_octet(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct vf_bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (!is_token_octet(b.p[i]))
			return false;
	return b.n != 0;
}

static bool is_equal(struct vf_bytes b, const char *s)
{
	return b.n == strlen(s) && strncasecmp((const char *)b.p, s, b.n) == 0;
}

static enum vf_rc refuse(struct nt_http_head *h, unsigned status, enum vf_rc rc, struct vf_err *reterr, const char *why)
{
	h->status = status;
	return vf_fail(reterr, rc, "%s", why);
}

static enum vf_rc malformed(struct nt_http_head *h, struct vf_err *reterr, const char *why)
{
	return refuse(h, 400, VF_HTTP_SHAPE, reterr, why);
}

enum nt_http_scan nt_http_head_scan(struct vf_bytes in, size_t *at)
{
	for (; *at < in.n; (*at)++) {
		size_t i = *at;
		uint8_t c = in.p[i];

		if (c == 0 || (c == '\n' && (i == 0 || in.p[i - 1] != '\r')) || (c != '\n' && i > 0 && in.p[i - 1] == '\r'))
			return NT_HTTP_BAD;
		/* a TLS greeting on a plain port, and other protocols */
		if (i == 0 && !is_token_octet(c))
			return NT_HTTP_BAD;
		if (c == '\n' && i >= 3 && in.p[i - 2] == '\n') {
			*at = i + 1;
			return NT_HTTP_WHOLE;
		}
	}
	return NT_HTTP_MORE;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes once into room: what is decoded must be plain text, so that no reader further in sees a NUL or a control. */
static bool decode(struct nt_http_head *h, struct vf_bytes in, bool plus_is_space, bool path, struct vf_bytes *ret)
{
	uint8_t *out = h->room + h->used;
	size_t n = 0;
	uint8_t c, a, b;

	if (in.n > sizeof(h->room) - h->used)
		return false;
	while (vf_take_u8(&in, &c)) {
		if (c == '%') {
			if (!vf_take_u8(&in, &a) || !vf_take_u8(&in, &b) || hex_digit(a) < 0 || hex_digit(b) < 0)
				return false;
			c = (uint8_t)(hex_digit(a) * 16 + hex_digit(b));
			/* an encoded separator means one thing to a proxy and another to a file system */
			if (path && (c == '/' || c == '\\' || c == '%'))
				return false;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[n++] = c;
	}
	*ret = vf_bytes(out, n);
	h->used += n;
	return vf_text_is_plain(*ret);
}

/* A path in normal form: no part is ".", ".." or, but for the last, empty. */
static bool is_normal(struct vf_bytes path)
{
	struct vf_bytes part;

	if (!vf_take_str(&path, "/"))
		return false;
	while (vf_take_until(&path, '/', &part))
		if (part.n == 0 || vf_bytes_is(part, ".") || vf_bytes_is(part, ".."))
			return false;
	return !vf_bytes_is(path, ".") && !vf_bytes_is(path, "..");
}

static enum vf_rc parse_params(struct nt_http_head *h, struct vf_bytes query, struct vf_err *reterr)
{
	struct vf_bytes part, name;

	while (query.n) {
		struct nt_http_pair *p = &h->params[h->n_params];

		if (!vf_take_until(&query, '&', &part))
			vf_ignore(vf_take(&query, query.n, &part) ? VF_OK : VF_INTERNAL); /* the rest is always there */
		else if (query.n == 0)
			return malformed(h, reterr, "the query ends in '&'");
		if (h->n_params == NT_HTTP_MAX_PARAMS)
			return refuse(h, 414, VF_HTTP_LIMIT, reterr, "the query has too many parameters");
		if (!vf_take_until(&part, '=', &name) || name.n == 0)
			return malformed(h, reterr, "a parameter of the query is not 'name=value'");
		if (!decode(h, name, true, false, &p->name) || !decode(h, part, true, false, &p->value))
			return malformed(h, reterr, "a parameter of the query is not percent-encoded UTF-8 text");
		for (size_t i = 0; i < h->n_params; i++)
			if (vf_bytes_eq(h->params[i].name, p->name))
				return malformed(h, reterr, "a parameter stands twice in the query");
		h->n_params++;
	}
	return VF_OK;
}

/* RFC 9112 3.2.2: a server accepts the absolute form; the host says nothing to us. */
static bool take_authority(struct vf_bytes *target)
{
	struct vf_bytes in = *target, host;

	if (!vf_take_str(&in, "http://") && !vf_take_str(&in, "https://"))
		return true;
	if (memchr(in.p, '/', in.n) == NULL || !vf_take_until(&in, '/', &host) || host.n == 0 ||
		memchr(host.p, '@', host.n) != NULL || memchr(host.p, '?', host.n) != NULL)
		return false;
	return vf_bytes_slice(*target, target->n - in.n - 1, in.n + 1, target);
}

static enum vf_rc parse_target(struct nt_http_head *h, struct vf_bytes target, struct vf_err *reterr)
{
	struct vf_bytes path;

	if (target.n > NT_HTTP_MAX_TARGET)
		return refuse(h, 414, VF_HTTP_LIMIT, reterr, "the request target is too long");
	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] <= 0x20 || target.p[i] >= 0x7f || strchr("\"#<>\\^`{|}", target.p[i]) != NULL)
			return malformed(h, reterr, "the request target holds a character that must be percent-encoded");
	if (vf_bytes_is(target, "*") && h->method == NT_HTTP_OPTIONS) {
		h->path = target;
		return VF_OK;
	}
	if (!take_authority(&target) || !vf_bytes_starts(target, "/"))
		return malformed(h, reterr, "the request target does not begin with '/'");
	if (!vf_take_until(&target, '?', &path)) {
		path = target;
		target.n = 0;
	}
	if (!decode(h, path, false, true, &h->path) || !is_normal(h->path))
		return malformed(h, reterr, "the path is not in normal form");
	return parse_params(h, target, reterr);
}

static enum nt_http_method method_of(struct vf_bytes name)
{
	static const struct {
		const char *name;
		enum nt_http_method method;
	} methods[] = {{"GET", NT_HTTP_GET}, {"HEAD", NT_HTTP_HEAD}, {"POST", NT_HTTP_POST}, {"PUT", NT_HTTP_PUT},
		{"DELETE", NT_HTTP_DELETE}, {"PATCH", NT_HTTP_PATCH}, {"OPTIONS", NT_HTTP_OPTIONS}};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (vf_bytes_is(name, methods[i].name))
			return methods[i].method;
	return NT_HTTP_OTHER;
}

static enum vf_rc parse_request_line(struct nt_http_head *h, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_bytes method, target;

	if (!vf_take_until(&line, ' ', &method) || !is_token(method) || !vf_take_until(&line, ' ', &target))
		return malformed(h, reterr, "the request line is not 'METHOD target HTTP/1.1'");
	h->method = method_of(method);
	h->http10 = vf_bytes_is(line, "HTTP/1.0");
	if (!h->http10 && !vf_bytes_is(line, "HTTP/1.1")) {
		if (line.n == 8 && vf_bytes_starts(line, "HTTP/"))
			return refuse(h, 505, VF_HTTP_UNSUPPORTED, reterr, "only HTTP/1.1 and HTTP/1.0 are understood");
		return malformed(h, reterr, "the request line is not 'METHOD target HTTP/1.1'");
	}
	return parse_target(h, target, reterr);
}

static struct vf_bytes trim(struct vf_bytes b)
{
	while (b.n && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\t'))
		b.n--;
	while (b.n && (b.p[0] == ' ' || b.p[0] == '\t'))
		vf_ignore(vf_take(&b, 1, &(struct vf_bytes){0}) ? VF_OK : VF_INTERNAL); /* n was tested */
	return b;
}

/* Fields that are lists, or that proxies repeat; any other stands once. */
static bool may_repeat(struct vf_bytes name)
{
	static const char *const names[] = {"accept", "accept-charset", "accept-encoding", "accept-language",
		"cache-control", "connection", "cookie", "forwarded", "if-match", "if-none-match", "keep-alive", "pragma", "te",
		"tracestate", "upgrade", "via", "warning", "x-forwarded-for"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_equal(name, names[i]))
			return true;
	return false;
}

static enum vf_rc parse_field(struct nt_http_head *h, struct vf_bytes line, struct vf_err *reterr)
{
	struct nt_http_pair *f = &h->fields[h->n_fields];

	if (h->n_fields == NT_HTTP_MAX_FIELDS)
		return refuse(h, 431, VF_HTTP_LIMIT, reterr, "the request has too many header fields");
	/* a space before the colon and a folded line are no token */
	if (!vf_take_until(&line, ':', &f->name) || !is_token(f->name))
		return malformed(h, reterr, "a header field is not 'Name: value' on one line");
	f->value = trim(line);
	for (size_t i = 0; i < f->value.n; i++)
		if ((f->value.p[i] < 0x20 && f->value.p[i] != '\t') || f->value.p[i] == 0x7f)
			return malformed(h, reterr, "a header field holds a control character");
	if (!vf_utf8_is(f->value))
		return malformed(h, reterr, "a header field is not UTF-8");
	for (size_t i = 0; i < h->n_fields; i++)
		if (h->fields[i].name.n == f->name.n &&
			strncasecmp((const char *)h->fields[i].name.p, (const char *)f->name.p, f->name.n) == 0 &&
			!may_repeat(f->name))
			return malformed(h, reterr, "a header field stands twice that may stand once");
	h->n_fields++;
	return VF_OK;
}

bool nt_http_head_field(const struct nt_http_head *h, const char *name, struct vf_bytes *ret)
{
	for (size_t i = 0; i < h->n_fields; i++)
		if (is_equal(h->fields[i].name, name)) {
			*ret = h->fields[i].value;
			return true;
		}
	return false;
}

static bool is_item(struct vf_bytes b, const char *item, bool exact)
{
	return exact ? vf_bytes_is(b, item) : is_equal(b, item);
}

static bool lists(const struct nt_http_head *h, const char *name, const char *item, bool exact)
{
	struct vf_bytes list, part;

	for (size_t i = 0; i < h->n_fields; i++) {
		list = h->fields[i].value;
		if (!is_equal(h->fields[i].name, name))
			continue;
		while (vf_take_until(&list, ',', &part))
			if (is_item(trim(part), item, exact))
				return true;
		if (is_item(trim(list), item, exact))
			return true;
	}
	return false;
}

bool nt_http_head_lists(const struct nt_http_head *h, const char *name, const char *item)
{
	return lists(h, name, item, false);
}

bool nt_http_head_none_match(const struct nt_http_head *h, const char *etag)
{
	char weak[256];

	if (snprintf(weak, sizeof(weak), "W/%s", etag) >= (int)sizeof(weak))
		return false;
	/* our tags hold no comma */
	return lists(h, "if-none-match", "*", true) || lists(h, "if-none-match", etag, true) ||
		lists(h, "if-none-match", weak, true);
}

/* RFC 9112 6.3: one way to tell where the body ends, or none. */
static enum vf_rc find_length(struct nt_http_head *h, struct vf_err *reterr)
{
	struct vf_bytes length, coding;

	h->has_length = nt_http_head_field(h, "content-length", &length);
	h->chunked = nt_http_head_field(h, "transfer-encoding", &coding);
	if (h->has_length && h->chunked)
		return malformed(h, reterr, "Content-Length and Transfer-Encoding exclude each other");
	if (h->has_length && !vf_decimal_read(length, INT64_MAX, &h->length))
		return malformed(h, reterr, "Content-Length is not a decimal number");
	if (h->chunked && h->http10)
		return malformed(h, reterr, "HTTP/1.0 has no Transfer-Encoding");
	if (h->chunked && !is_equal(coding, "chunked"))
		return refuse(h, 501, VF_HTTP_UNSUPPORTED, reterr, "the only Transfer-Encoding is 'chunked'");
	return VF_OK;
}

static bool is_host(struct vf_bytes host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] <= 0x20 || host.p[i] >= 0x7f || strchr("/?#@\\,", host.p[i]) != NULL)
			return false;
	return true;
}

static enum vf_rc check_fields(struct nt_http_head *h, struct vf_err *reterr)
{
	struct vf_bytes value;

	if (!nt_http_head_field(h, "host", &value)) {
		if (!h->http10)
			return malformed(h, reterr, "there is no Host field");
	} else if (!is_host(value)) {
		return malformed(h, reterr, "the Host field is not a host");
	}
	if (nt_http_head_field(h, "expect", &value)) {
		if (!is_equal(value, "100-continue"))
			return refuse(h, 417, VF_HTTP_UNSUPPORTED, reterr, "the only expectation is '100-continue'");
		h->expect = !h->http10; /* RFC 9110 10.1.1 */
	}
	h->close = h->http10 || nt_http_head_lists(h, "connection", "close");
	return VF_OK;
}

VF_RC nt_http_head_parse(struct vf_bytes text, struct nt_http_head *ret, struct vf_err *reterr)
{
	struct nt_http_head *h = ret;
	struct vf_bytes line;
	enum vf_rc rc;
	bool first = true;

	memset(h, 0, offsetof(struct nt_http_head, room));
	h->used = 0;
	for (;;) {
		if (!vf_take_line(&text, &line) || line.n == 0 || line.p[line.n - 1] != '\r')
			return malformed(h, reterr, "a line does not end in CR LF");
		line.n--;
		if (line.n == 0 && !first)
			break;
		rc = first ? parse_request_line(h, line, reterr) : parse_field(h, line, reterr);
		if (rc != VF_OK)
			return rc;
		first = false;
	}
	if (text.n != 0)
		return malformed(h, reterr, "there are octets after the head");
	rc = find_length(h, reterr);
	return rc == VF_OK ? check_fields(h, reterr) : rc;
}

enum {
	IN_SIZE,
	IN_DATA,
	AFTER_DATA,
	IN_END,
};

/* Collects one line of the framing, CR LF at its end; false while it is not whole. */
static enum vf_rc chunk_line(struct nt_http_chunks *c, struct vf_bytes *in, bool *whole, struct vf_err *reterr)
{
	uint8_t o;

	*whole = false;
	while (!*whole && vf_take_u8(in, &o)) {
		bool after_cr = c->n && c->line[c->n - 1] == '\r';

		if (c->n == sizeof(c->line) || (o == '\n') != after_cr)
			return vf_fail(reterr, VF_HTTP_SHAPE, "a chunk line does not end in CR LF");
		c->line[c->n++] = o;
		c->lines++;
		*whole = o == '\n';
	}
	if (c->lines > c->data + NT_HTTP_CHUNK_SLACK)
		return vf_fail(reterr, VF_HTTP_LIMIT, "the chunks of the body are too small");
	return VF_OK;
}

static enum vf_rc chunk_size(struct nt_http_chunks *c, struct vf_err *reterr)
{
	struct vf_bytes line = vf_bytes(c->line, c->n - 2);
	uint8_t o;

	if (line.n == 0 || line.n > 15)
		return vf_fail(reterr, VF_HTTP_SHAPE, "a chunk size is not a hexadecimal number");
	c->left = 0;
	while (vf_take_u8(&line, &o)) {
		if (hex_digit(o) < 0)
			return vf_fail(reterr, VF_HTTP_SHAPE, "a chunk size is not a hexadecimal number");
		c->left = c->left * 16 + (uint64_t)hex_digit(o);
	}
	c->state = c->left ? IN_DATA : IN_END;
	return VF_OK;
}

VF_RC nt_http_chunks_take(struct nt_http_chunks *c, struct vf_bytes *in, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc;
	bool whole;

	*ret = vf_bytes(NULL, 0);
	while (in->n && !c->done) {
		if (c->state == IN_DATA) {
			size_t n = c->left < in->n ? (size_t)c->left : in->n;

			c->left -= n;
			c->data += n;
			if (c->left == 0)
				c->state = AFTER_DATA;
			return vf_take(in, n, ret) ? VF_OK : vf_fail(reterr, VF_INTERNAL, "a chunk is not there");
		}
		rc = chunk_line(c, in, &whole, reterr);
		if (rc != VF_OK || !whole)
			return rc;
		if (c->state != IN_SIZE && c->n != 2)
			return vf_fail(reterr, VF_HTTP_SHAPE, "a chunk is longer than its size, or a trailer follows the last one");
		if (c->state == IN_SIZE) {
			rc = chunk_size(c, reterr);
			if (rc != VF_OK)
				return rc;
		} else {
			c->done = c->state == IN_END;
			c->state = IN_SIZE;
		}
		c->n = 0;
	}
	return VF_OK;
}
