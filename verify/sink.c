#include "verify/sink.h"

#include <stdarg.h>
#include <stdio.h>

#include "verify/text.h"

void vf_sink_put(struct vf_sink *s, struct vf_bytes piece)
{
	if (s->failed || piece.n == 0)
		return;
	if (!s->put(s->ctx, piece))
		s->failed = true;
}

void vf_sink_str(struct vf_sink *s, const char *text)
{
	vf_sink_put(s, vf_bytes_str(text));
}

void vf_sink_putf(struct vf_sink *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		s->failed = true; /* a fault of ours: nothing is cut silently */
		return;
	}
	vf_sink_put(s, vf_bytes(text, (size_t)n));
}

void vf_sink_hex(struct vf_sink *s, struct vf_bytes b)
{
	struct vf_bytes piece;
	char text[129];

	while (b.n) {
		if (!vf_take(&b, b.n < 64 ? b.n : 64, &piece))
			return;
		vf_hex_put(text, piece);
		vf_sink_str(s, text);
	}
}

/* The next character, escaped when it may not be shown as it is. */
static bool take_shown(struct vf_bytes *in, char text[16], struct vf_bytes *ret)
{
	struct vf_bytes before = *in;
	uint32_t c;
	uint8_t octet;

	if (vf_take_utf8(in, &c)) {
		struct vf_bytes one = vf_bytes(before.p, before.n - in->n);

		if (vf_text_is_plain(one)) {
			*ret = one;
			return true;
		}
		*in = before;
	}
	if (!vf_take_u8(in, &octet))
		return false;
	snprintf(text, 16, "\\x%02x", octet);
	*ret = vf_bytes_str(text);
	return true;
}

void vf_sink_escaped(struct vf_sink *s, struct vf_bytes b)
{
	struct vf_bytes one;
	char text[16];

	while (take_shown(&b, text, &one))
		vf_sink_put(s, one);
}

void vf_sink_ascii(struct vf_sink *s, struct vf_bytes b)
{
	struct vf_bytes one;
	char text[16];
	uint8_t octet;

	while (take_shown(&b, text, &one))
		while (vf_take_u8(&one, &octet)) {
			if (octet < 0x80)
				vf_sink_put(s, vf_bytes(&octet, 1));
			else
				vf_sink_putf(s, "\\x%02x", octet);
		}
}

void vf_sink_json(struct vf_sink *s, struct vf_bytes b)
{
	struct vf_bytes one;
	char text[16];

	vf_sink_str(s, "\"");
	while (take_shown(&b, text, &one)) {
		struct vf_bytes part;

		while (vf_take(&one, 1, &part)) {
			if (part.p[0] == '"' || part.p[0] == '\\')
				vf_sink_str(s, "\\");
			vf_sink_put(s, part);
		}
	}
	vf_sink_str(s, "\"");
}

static const char *entity(uint8_t c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

void vf_sink_html(struct vf_sink *s, struct vf_bytes b)
{
	struct vf_bytes one;
	char text[16];

	while (take_shown(&b, text, &one)) {
		struct vf_bytes part;

		while (vf_take(&one, 1, &part)) {
			const char *e = entity(part.p[0]);

			if (e)
				vf_sink_str(s, e);
			else
				vf_sink_put(s, part);
		}
	}
}
