#include "trial/rows.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"

/* ---- units as text ---- */

static bool is_name_octet(uint8_t c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':');
}

static bool take_element(struct vf_bytes name, struct tr_unit *u)
{
	if (name.n == 0 || name.n >= sizeof(u->element))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_octet(name.p[i], i == 0))
			return false;
	memcpy(u->element, name.p, name.n);
	u->kind = TR_UNIT_ELEMENT;
	return true;
}

static bool take_record(struct vf_bytes text, struct tr_unit *u)
{
	struct vf_bytes head;

	u->kind = TR_UNIT_RECORD;
	return vf_take_until(&text, ' ', &head) && vf_decimal_read(head, VF_MAX_ROW, &u->head) &&
		vf_decimal_read(text, VF_MAX_ROW, &u->length) && u->length > 0;
}

VF_RC tr_unit_read(struct vf_bytes text, struct tr_unit *ret, struct vf_err *reterr)
{
	struct tr_unit u = {0};
	struct vf_bytes rest = text;
	char shown[80];
	bool good;

	if (vf_take_str(&rest, "element "))
		good = take_element(rest, &u);
	else if (vf_take_str(&rest, "record "))
		good = take_record(rest, &u);
	else
		good = vf_bytes_is(text, "line") || vf_bytes_is(text, "csv");
	if (vf_bytes_is(text, "csv"))
		u.kind = TR_UNIT_CSV;
	vf_text_escape(shown, sizeof(shown), text);
	if (!good)
		return vf_fail(reterr, VF_USAGE, "'%s' is no unit of rows: line, csv, 'record HEAD LENGTH' or 'element NAME'", shown);
	*ret = u;
	return VF_OK;
}

void tr_unit_put(char out[VF_MAX_UNIT + 1], const struct tr_unit *u)
{
	switch (u->kind) {
	case TR_UNIT_LINE:
		strcpy(out, "line");
		return;
	case TR_UNIT_CSV:
		strcpy(out, "csv");
		return;
	case TR_UNIT_RECORD:
		snprintf(out, VF_MAX_UNIT + 1, "record %" PRIu64 " %" PRIu64, u->head, u->length);
		return;
	case TR_UNIT_ELEMENT:
		snprintf(out, VF_MAX_UNIT + 1, "element %s", u->element);
		return;
	}
}

/* ---- what is usual ---- */

/* Records of 80 octets; places and lengths as in TS-140, version 5. */
#define XPT_RECORD 80
#define XPT_NAMESTR_SIZE_AT (3 * XPT_RECORD + 74)
#define XPT_NAMESTRS_AT (7 * XPT_RECORD)

static bool xpt_number(struct vf_bytes head, uint64_t at, uint64_t *ret)
{
	struct vf_bytes text;

	if (!vf_bytes_slice(head, at, 4, &text))
		return false;
	*ret = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*ret = *ret * 10 + (uint64_t)(text.p[i] - '0');
	}
	return true;
}

static bool xpt_is_header(struct vf_bytes head, uint64_t at, const char *name)
{
	struct vf_bytes record;

	return vf_bytes_slice(head, at, XPT_RECORD, &record) && vf_take_str(&record, "HEADER RECORD*******") &&
		vf_take_str(&record, name);
}

/* An observation is as long as its variables together; before the first one stand all headers. */
static bool xpt_unit(struct vf_bytes head, struct tr_unit *u)
{
	uint64_t n, size, at = XPT_NAMESTRS_AT + XPT_RECORD;
	struct vf_bytes namestr;
	uint16_t length;

	if (!xpt_is_header(head, 0, "LIBRARY ") || !xpt_is_header(head, XPT_NAMESTRS_AT, "NAMESTR ") ||
		!xpt_number(head, XPT_NAMESTR_SIZE_AT, &size) || size < 136 || !xpt_number(head, XPT_NAMESTRS_AT + 54, &n))
		return false;
	u->kind = TR_UNIT_RECORD;
	for (uint64_t i = 0; i < n; i++, at += size) {
		if (!vf_bytes_slice(head, at + 4, 2, &namestr) || !vf_take_u16be(&namestr, &length))
			return false;
		u->length += length;
	}
	at = (at + XPT_RECORD - 1) / XPT_RECORD * XPT_RECORD;
	u->head = at + XPT_RECORD;
	return u->length > 0 && u->length <= VF_MAX_ROW && xpt_is_header(head, at, "OBS ");
}

static bool ends_as(struct vf_bytes name, const char *ending)
{
	size_t n = strlen(ending);

	if (name.n <= n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = name.p[name.n - n + i];

		if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != ending[i])
			return false;
	}
	return true;
}

VF_RC tr_unit_guess(struct vf_bytes name, struct vf_bytes head, struct tr_unit *ret, struct vf_err *reterr)
{
	static const char *const lines[] = {".ndjson", ".jsonl", ".tsv", ".txt"};
	struct tr_unit u = {0};
	char shown[160];
	bool good = false;

	vf_text_escape(shown, sizeof(shown), name);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		good |= ends_as(name, lines[i]);
	if (ends_as(name, ".csv")) {
		u.kind = TR_UNIT_CSV;
		good = true;
	}
	if (ends_as(name, ".xml"))
		good = take_element(vf_bytes_str("ItemGroupData"), &u);
	if (ends_as(name, ".xpt")) {
		good = xpt_unit(head, &u);
		if (!good)
			return vf_fail(reterr, VF_USAGE,
				"'%s' is no transport file of version 5: say where its rows are with --unit 'record HEAD LENGTH'", shown);
	}
	if (!good)
		return vf_fail(reterr, VF_USAGE, "what is a row of '%s'? Say it with --unit: line, csv, 'record HEAD LENGTH' or 'element NAME'",
			shown);
	*ret = u;
	return VF_OK;
}

/* ---- fields ---- */

static bool is_end(struct vf_bytes rest)
{
	return vf_bytes_is(rest, "\n") || vf_bytes_is(rest, "\r\n");
}

/* RFC 4180; what no writer writes is taken as it stands. A row that ends in a comma has an empty last field. */
bool tr_take_field(struct vf_bytes *row, uint8_t *room, struct vf_bytes *ret)
{
	bool quoted = false;
	size_t n = 0;
	uint8_t c;

	if (!row->p)
		return false;
	while (!(!quoted && is_end(*row)) && vf_take_u8(row, &c)) {
		if (c == ',' && !quoted) {
			*ret = vf_bytes(room, n);
			return true;
		}
		if (c != '"') {
			room[n++] = c;
			continue;
		}
		/* doubled within quotes it is one of the field */
		if (quoted && vf_take_str(row, "\""))
			room[n++] = c;
		else
			quoted = !quoted;
	}
	*row = vf_bytes(NULL, 0);
	*ret = vf_bytes(room, n);
	return true;
}

/* ---- cutting ---- */

static size_t end_of_line(struct tr_cutter *c, struct vf_bytes data)
{
	const uint8_t *at = data.n > c->looked ? memchr(data.p + c->looked, '\n', data.n - c->looked) : NULL;

	c->looked = data.n;
	return at ? (size_t)(at - data.p) + 1 : 0;
}

/* A quote within quotes is doubled, so an even number of them stands before the end of each record. */
static size_t end_of_record(struct tr_cutter *c, struct vf_bytes data)
{
	size_t from = c->looked, end;

	while ((end = end_of_line(c, data)) != 0) {
		const uint8_t *p = data.p + from, *stop = data.p + end;

		while (p < stop && (p = memchr(p, '"', (size_t)(stop - p))) != NULL) {
			c->quoted = !c->quoted;
			p++;
		}
		if (!c->quoted)
			return end;
		from = c->looked = end;
	}
	/* quotes behind the last line end are counted when its end is there */
	c->looked = from;
	return 0;
}

static bool ends_name(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' || c == '>';
}

/* Up to the next start tag; one with which the row begins is its own. */
static size_t end_of_element(struct tr_cutter *c, struct vf_bytes data)
{
	char tag[sizeof(c->unit->element) + 1];
	size_t n = (size_t)snprintf(tag, sizeof(tag), "<%s", c->unit->element);
	size_t from = c->looked ? c->looked : 1;

	while (data.n > from + n) {
		const uint8_t *at = memmem(data.p + from, data.n - from - 1, tag, n);

		if (!at)
			break;
		if (ends_name(at[n]))
			return (size_t)(at - data.p);
		from = (size_t)(at - data.p) + 1;
	}
	c->looked = data.n > from + n ? data.n - n : from;
	return 0;
}

static size_t end_of_part(const struct tr_cutter *c, struct vf_bytes data)
{
	uint64_t n = !c->begun && c->unit->head ? c->unit->head : c->unit->length;

	return data.n >= n ? (size_t)n : 0;
}

static size_t find_end(struct tr_cutter *c, struct vf_bytes data)
{
	switch (c->unit->kind) {
	case TR_UNIT_LINE:
		return end_of_line(c, data);
	case TR_UNIT_CSV:
		return end_of_record(c, data);
	case TR_UNIT_RECORD:
		return end_of_part(c, data);
	case TR_UNIT_ELEMENT:
		return end_of_element(c, data);
	}
	return 0;
}

size_t tr_cut(struct tr_cutter *c, struct vf_bytes data, bool is_last)
{
	size_t n = data.n ? find_end(c, data) : 0;

	if (n == 0 && is_last)
		n = data.n;
	if (n == 0)
		return 0;
	c->begun = true;
	c->quoted = false;
	c->looked = 0;
	return n;
}
