#include "notary/multipart_inside.h"

#include <string.h>

#include "verify/text.h"

/* ---- the boundary ---- */

/* RFC 2045 5.1: visible ASCII without tspecials. */
static bool is_token(uint8_t c)
{
	return c > 0x20 && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* RFC 2046 5.1.1; a space only inside. */
bool nt_multipart_is_boundary(struct vf_bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];
		bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!letter && (c == '\0' || strchr("'()+_,-./:=? ", c) == NULL))
			return false;
	}
	return b.n > 0 && b.n <= NT_MULTIPART_MAX_BOUNDARY && b.p[b.n - 1] != ' ';
}

static bool is_same(struct vf_bytes a, const char *lower)
{
	if (a.n != strlen(lower))
		return false;
	for (size_t i = 0; i < a.n; i++) {
		uint8_t c = a.p[i] >= 'A' && a.p[i] <= 'Z' ? (uint8_t)(a.p[i] + 32) : a.p[i];

		if (c != (uint8_t)lower[i])
			return false;
	}
	return true;
}

static void skip_blanks(struct vf_bytes *in)
{
	while (in->n && (in->p[0] == ' ' || in->p[0] == '\t'))
		*in = vf_bytes(in->p + 1, in->n - 1);
}

static struct vf_bytes trimmed(struct vf_bytes b)
{
	skip_blanks(&b);
	while (b.n && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\t'))
		b.n--;
	return b;
}

static bool take_token(struct vf_bytes *in, struct vf_bytes *ret)
{
	size_t n = 0;

	while (n < in->n && is_token(in->p[n]))
		n++;
	return n > 0 && vf_take(in, n, ret);
}

/*
 * Takes ';' name '=' value. A backslash in a quoted value is refused: some readers drop it and some keep it
 * (Windows paths), and nobody who writes form-data today needs it.
 */
static bool take_param(struct vf_bytes *in, struct vf_bytes *ret_name, struct vf_bytes *ret_value)
{
	skip_blanks(in);
	if (!vf_take_str(in, ";"))
		return false;
	skip_blanks(in);
	if (!take_token(in, ret_name) || !vf_take_str(in, "="))
		return false;
	if (!vf_take_str(in, "\""))
		return take_token(in, ret_value);
	return vf_take_until(in, '"', ret_value) && memchr(ret_value->p, '\\', ret_value->n) == NULL;
}

/* The media type in front of parameters, as "type/subtype". */
static bool take_type(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes all = *in, part;

	if (!take_token(in, &part) || !vf_take_str(in, "/") || !take_token(in, &part))
		return false;
	*ret = vf_bytes(all.p, all.n - in->n);
	return true;
}

VF_RC nt_multipart_boundary(struct vf_bytes content_type, struct nt_multipart_boundary *ret, struct vf_err *reterr)
{
	struct vf_bytes in = trimmed(content_type), type, name, value, boundary = {0};

	if (!take_type(&in, &type) || !is_same(type, "multipart/form-data"))
		return vf_fail(reterr, VF_HTTP_SHAPE, "the Content-Type is not multipart/form-data");
	while (in.n) {
		if (!take_param(&in, &name, &value))
			return vf_fail(reterr, VF_HTTP_SHAPE, "a parameter of the Content-Type is malformed");
		if (!is_same(name, "boundary"))
			continue;
		if (boundary.p != NULL)
			return vf_fail(reterr, VF_HTTP_SHAPE, "the Content-Type has two boundaries");
		if (!nt_multipart_is_boundary(value))
			return vf_fail(reterr, VF_HTTP_SHAPE, "the boundary is not 1 to %d characters of RFC 2046",
				NT_MULTIPART_MAX_BOUNDARY);
		boundary = value;
	}
	if (boundary.p == NULL)
		return vf_fail(reterr, VF_HTTP_SHAPE, "the Content-Type has no boundary");
	*ret = (struct nt_multipart_boundary){.n = boundary.n};
	memcpy(ret->text, boundary.p, boundary.n);
	return VF_OK;
}

/* ---- the header lines of a part ---- */

enum vf_rc nt_multipart_shape(size_t number, const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_HTTP_SHAPE, "part %zu: %s", number, what);
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * A name with %22, %0D and %0A as the octets that browsers write so (HTML, multipart/form-data encoding
 * algorithm); they leave '%' as it is, so every other '%' is one.
 */
static enum vf_rc take_name(size_t number, struct vf_bytes value, char *ret, struct vf_err *reterr)
{
	size_t n = 0;

	if (value.n == 0 || !vf_utf8_is(value))
		return nt_multipart_shape(number, "a name is empty or not UTF-8", reterr);
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];

		if (c == '%' && value.n - i > 2 && hex(value.p[i + 1]) >= 0 && hex(value.p[i + 2]) >= 0) {
			int v = 16 * hex(value.p[i + 1]) + hex(value.p[i + 2]);

			if (v == '"' || v == '\r' || v == '\n') {
				c = (uint8_t)v;
				i += 2;
			}
		}
		if (n == NT_MULTIPART_MAX_NAME)
			return vf_fail(reterr, VF_HTTP_LIMIT, "part %zu: a name is longer than %d octets", number,
				NT_MULTIPART_MAX_NAME);
		ret[n++] = (char)c;
	}
	ret[n] = '\0';
	return VF_OK;
}

static enum vf_rc take_disposition(
	size_t number, struct vf_bytes in, struct nt_multipart_part *p, struct vf_err *reterr)
{
	struct vf_bytes type, name, value;
	enum vf_rc rc;

	if (p->name[0] != '\0')
		return nt_multipart_shape(number, "there are two fields Content-Disposition", reterr);
	if (!take_token(&in, &type) || !is_same(type, "form-data"))
		return nt_multipart_shape(number, "the Content-Disposition is not form-data", reterr);
	while (in.n) {
		char *to;

		if (!take_param(&in, &name, &value))
			return nt_multipart_shape(number, "the Content-Disposition is malformed", reterr);
		if (is_same(name, "name"))
			to = p->name;
		else if (is_same(name, "filename"))
			to = p->filename;
		else /* filename*: RFC 7578 4.2 forbids it, and readers differ about which name counts */
			return nt_multipart_shape(number, "the Content-Disposition has an unknown parameter", reterr);
		if (*to != '\0')
			return nt_multipart_shape(number, "the Content-Disposition has two names", reterr);
		rc = take_name(number, value, to, reterr);
		if (rc != VF_OK)
			return rc;
		p->is_file = p->is_file || to == p->filename;
	}
	return p->name[0] == '\0' ? nt_multipart_shape(number, "the Content-Disposition has no name", reterr) : VF_OK;
}

static enum vf_rc take_media(
	size_t number, struct vf_bytes in, struct nt_multipart_part *p, struct vf_err *reterr)
{
	struct vf_bytes type, name, value;

	if (p->type[0] != '\0')
		return nt_multipart_shape(number, "there are two fields Content-Type", reterr);
	if (!take_type(&in, &type))
		return nt_multipart_shape(number, "the Content-Type is malformed", reterr);
	if (type.n > NT_MULTIPART_MAX_NAME)
		return vf_fail(reterr, VF_HTTP_LIMIT, "part %zu: the Content-Type is longer than %d octets", number,
			NT_MULTIPART_MAX_NAME);
	for (size_t i = 0; i < type.n; i++)
		p->type[i] = (char)(type.p[i] >= 'A' && type.p[i] <= 'Z' ? type.p[i] + 32 : type.p[i]);
	p->type[type.n] = '\0';
	while (in.n) {
		if (!take_param(&in, &name, &value))
			return nt_multipart_shape(number, "a parameter of the Content-Type is malformed", reterr);
	}
	if (strncmp(p->type, "multipart/", 10) == 0)
		return nt_multipart_shape(number, "it is multipart itself", reterr);
	return VF_OK;
}

/* Fields that RFC 7578 4.8 does not know must be ignored; their form must be good. */
enum vf_rc nt_multipart_field(
	size_t number, struct vf_bytes line, struct nt_multipart_part *p, struct vf_err *reterr)
{
	struct vf_bytes name;

	for (size_t i = 0; i < line.n; i++)
		if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return nt_multipart_shape(number, "a header line holds a control character", reterr);
	if (!take_token(&line, &name) || !vf_take_str(&line, ":"))
		return nt_multipart_shape(number, "a header line is malformed or continues the one before", reterr);
	line = trimmed(line);
	if (is_same(name, "content-disposition"))
		return take_disposition(number, line, p, reterr);
	if (is_same(name, "content-type"))
		return take_media(number, line, p, reterr);
	if (is_same(name, "content-transfer-encoding") && !is_same(line, "binary"))
		return nt_multipart_shape(number, "the Content-Transfer-Encoding is not binary", reterr);
	return VF_OK;
}
