/* What the canonical form writes for each thing that the parser finds (C14N 1.1, 2.3). */
#include <stdlib.h>
#include <string.h>

#include "trial/read/c14n_inside.h"
#include "verify/sink.h"
#include "verify/text.h"

/* ---- output ---- */

/* The path of what is open, without its begin when it is long. */
static void put_path(const struct tr_c14n_writer *w, char *out, size_t cap)
{
	size_t from = w->depth, room = cap - 8;
	char name[120];

	while (from > 0) {
		vf_text_escape(name, sizeof(name), vf_bytes_str((const char *)w->open[from - 1].local));
		if (strlen(name) + 1 > room)
			break;
		room -= strlen(name) + 1;
		from--;
	}
	out[0] = '\0';
	if (from > 0)
		strcat(out, "...");
	if (w->depth == 0)
		strcat(out, "/");
	for (; from < w->depth; from++) {
		vf_text_escape(name, sizeof(name), vf_bytes_str((const char *)w->open[from].local));
		strcat(out, "/");
		strcat(out, name);
	}
}

static void look_for_place(struct tr_c14n_writer *w, size_t n)
{
	if (w->is_found || w->wanted >= w->written + n)
		return;
	w->is_found = true;
	w->place->line = tr_c14n_line(w);
	put_path(w, w->place->path, sizeof(w->place->path));
	tr_c14n_stop(w, VF_INTERRUPTED, "found");
}

static void flush(struct tr_c14n_writer *w)
{
	struct vf_err err = {0};
	enum vf_rc rc = w->out->put(w->out->ctx, vf_bytes(w->buffer, w->n_buffer), &err);

	w->n_buffer = 0;
	if (rc == VF_OK)
		return;
	tr_c14n_stop(w, rc, "");
	w->err = err;
}

static void put(struct tr_c14n_writer *w, const void *p, size_t n)
{
	const uint8_t *from = p;

	if (w->place)
		look_for_place(w, n);
	w->written += n;
	while (n > 0 && w->out && w->rc == VF_OK) {
		size_t room = sizeof(w->buffer) - w->n_buffer, part = n < room ? n : room;

		memcpy(w->buffer + w->n_buffer, from, part);
		w->n_buffer += part;
		from += part;
		n -= part;
		if (w->n_buffer == sizeof(w->buffer))
			flush(w);
	}
}

static void put_str(struct tr_c14n_writer *w, const void *text)
{
	put(w, text, strlen(text));
}

/* ---- escapes (2.3, Text Nodes and Attribute Nodes) ---- */

#define IN_TEXT 1
#define IN_VALUE 2
static const uint8_t escaped[256] = {
	['&'] = IN_TEXT | IN_VALUE,
	['<'] = IN_TEXT | IN_VALUE,
	['>'] = IN_TEXT,
	['"'] = IN_VALUE,
	['\t'] = IN_VALUE,
	['\n'] = IN_VALUE,
	['\r'] = IN_TEXT | IN_VALUE,
};

static const char *escape_of(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\t':
		return "&#x9;";
	case '\n':
		return "&#xA;";
	default:
		return "&#xD;";
	}
}

static void put_escaped(struct tr_c14n_writer *w, const uint8_t *p, size_t n, uint8_t where)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		if (!(escaped[p[i]] & where))
			continue;
		put(w, p + from, i - from);
		put_str(w, escape_of(p[i]));
		from = i + 1;
	}
	put(w, p + from, n - from);
}

/* libxml2 gives each ampersand of a value as this, and nothing else with an ampersand. */
static const char ampersand[] = "&#38;";
#define AMPERSAND_LEN 5

static void put_value(struct tr_c14n_writer *w, const uint8_t *p, size_t n)
{
	const uint8_t *at;

	while (n > 0 && (at = memchr(p, '&', n)) != NULL) {
		size_t before = (size_t)(at - p);

		if (n - before < AMPERSAND_LEN || memcmp(at, ampersand, AMPERSAND_LEN) != 0) {
			tr_c14n_stop(w, VF_FILE_SHAPE, "parse-error: a reference to an entity");
			return;
		}
		put_escaped(w, p, before, IN_VALUE);
		put_str(w, "&amp;");
		p = at + AMPERSAND_LEN;
		n -= before + AMPERSAND_LEN;
	}
	put_escaped(w, p, n, IN_VALUE);
}

/* ---- order (2.2) ---- */

static int compare(const tr_xml_char *a, const tr_xml_char *b)
{
	if (!a || !b)
		return a == b ? 0 : a ? 1 : -1;
	while (*a && *a == *b) {
		size_t n = *a == '&' && strncmp((const char *)a, ampersand, AMPERSAND_LEN) == 0 ? AMPERSAND_LEN : 1;

		if (n > 1 && strncmp((const char *)b, ampersand, AMPERSAND_LEN) != 0)
			return 0; /* no such value comes: put_value() refuses it */
		a += n;
		b += n;
	}
	return *a < *b ? -1 : *a > *b;
}

static bool is_same(const tr_xml_char *a, const tr_xml_char *b)
{
	return a == b || (a && b && strcmp((const char *)a, (const char *)b) == 0);
}

/* Of namespaces: (prefix, name). */
static int by_prefix(const void *x, const void *y)
{
	const tr_xml_char *const *const *a = x, *const *const *b = y;

	return compare((*a)[0], (*b)[0]);
}

/* Of attributes: (local name, prefix, namespace, begin and end of the value). */
static int by_namespace(const void *x, const void *y)
{
	const tr_xml_char *const *const *a = x, *const *const *b = y;
	int order = compare((*a)[2], (*b)[2]);

	return order != 0 ? order : compare((*a)[0], (*b)[0]);
}

static size_t sort(struct tr_c14n_writer *w, const tr_xml_char **items, size_t n, size_t width,
	int (*order)(const void *, const void *))
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		w->sorted[i] = items + width * i;
		/* most tags have few */
		while (n <= 16 && at > 0 && order(&w->sorted[at - 1], &w->sorted[at]) > 0) {
			const tr_xml_char **later = w->sorted[at - 1];

			w->sorted[at - 1] = w->sorted[at];
			w->sorted[at--] = later;
		}
	}
	if (n > 16)
		qsort(w->sorted, n, sizeof(w->sorted[0]), order);
	return n;
}

/* ---- elements ---- */

/* What the prefix is bound to; NULL for the default one without a name. */
static const tr_xml_char *bound(const struct tr_c14n_writer *w, const tr_xml_char *prefix)
{
	for (size_t i = w->n_bindings; i > 0; i--)
		if (is_same(w->bindings[i - 1].prefix, prefix))
			return w->bindings[i - 1].uri;
	return NULL;
}

/* RFC 3986, 4.3: what begins with a scheme; its characters are those of a URI. */
static bool is_absolute(const tr_xml_char *uri)
{
	const char *p = (const char *)uri;
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

	if (!strchr(letters, p[0]) || p[n] != ':')
		return false;
	for (; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("<>\"{}|\\^`", *p))
			return false;
	return true;
}

static void bind(struct tr_c14n_writer *w, const tr_xml_char *prefix, const tr_xml_char *uri)
{
	if (w->n_bindings == TR_C14N_MAX_BINDINGS) {
		tr_c14n_stop(w, VF_LIMIT, "size-no-c14n: too many namespaces");
		return;
	}
	w->bindings[w->n_bindings].prefix = prefix;
	w->bindings[w->n_bindings++].uri = uri;
}

static void put_namespaces(struct tr_c14n_writer *w, const tr_xml_char **namespaces, size_t n)
{
	size_t before = w->n_bindings;

	sort(w, namespaces, n, 2, by_prefix);
	for (size_t i = 0; i < n && w->rc == VF_OK; i++) {
		const tr_xml_char *prefix = w->sorted[i][0], *uri = w->sorted[i][1];
		const tr_xml_char *outer;
		size_t all = w->n_bindings;

		if (uri && !*uri)
			uri = NULL;
		if (uri && !is_absolute(uri)) {
			tr_c14n_stop(w, VF_UNSUPPORTED, "namespace-no-c14n: the name of a namespace is no absolute URI");
			return;
		}
		w->n_bindings = before;
		outer = bound(w, prefix);
		w->n_bindings = all;
		if (is_same(outer, uri))
			continue; /* bound so already */
		bind(w, prefix, uri);
		put_str(w, prefix ? " xmlns:" : " xmlns");
		put_str(w, prefix ? (const char *)prefix : "");
		put_str(w, "=\"");
		put_value(w, uri ? uri : (const tr_xml_char *)"", uri ? strlen((const char *)uri) : 0);
		put_str(w, "\"");
	}
}

static void put_name(struct tr_c14n_writer *w, const tr_xml_char *prefix, const tr_xml_char *local)
{
	if (prefix) {
		put_str(w, prefix);
		put_str(w, ":");
	}
	put_str(w, local);
}

static void put_attributes(struct tr_c14n_writer *w, const tr_xml_char **attributes, size_t n)
{
	sort(w, attributes, n, 5, by_namespace);
	for (size_t i = 0; i < n && w->rc == VF_OK; i++) {
		const tr_xml_char **a = w->sorted[i];
		size_t len = (size_t)(a[4] - a[3]);

		if (len > TR_XML_MAX_TEXT) {
			tr_c14n_stop(w, VF_LIMIT, "size-no-c14n: the value of an attribute");
			return;
		}
		put_str(w, " ");
		put_name(w, a[1], a[0]);
		put_str(w, "=\"");
		put_value(w, a[3], len);
		put_str(w, "\"");
	}
}

static VF_RC begin_tag(struct tr_c14n_writer *w, const tr_xml_char *local, int n_namespaces, int n_attributes)
{
	if (w->rc == VF_OK && w->depth == TR_XML_MAX_DEPTH)
		tr_c14n_stop(w, VF_LIMIT, "size-no-c14n: too many elements within each other");
	if (w->rc == VF_OK && (n_namespaces > TR_XML_MAX_ATTRIBUTES || n_attributes > TR_XML_MAX_ATTRIBUTES - n_namespaces))
		tr_c14n_stop(w, VF_LIMIT, "size-no-c14n: too many attributes");
	if (w->rc != VF_OK)
		return w->rc;
	w->open[w->depth].local = local;
	w->open[w->depth++].n_bindings = w->n_bindings;
	w->had_root = true;
	w->text = 0;
	return VF_OK;
}

void tr_c14n_start(void *ctx, const tr_xml_char *local, const tr_xml_char *prefix, const tr_xml_char *uri, int n_namespaces,
	const tr_xml_char **namespaces, int n_attributes, int n_defaulted, const tr_xml_char **attributes)
{
	struct tr_c14n_writer *w = ctx;

	(void)uri;
	(void)n_defaulted; /* there is no DTD */
	if (begin_tag(w, local, n_namespaces, n_attributes) == VF_OK) {
		put_str(w, "<");
		put_name(w, prefix, local);
		put_namespaces(w, namespaces, (size_t)n_namespaces);
		put_attributes(w, attributes, (size_t)n_attributes);
		put_str(w, ">");
	}
	tr_c14n_leave(w);
}

void tr_c14n_end(void *ctx, const tr_xml_char *local, const tr_xml_char *prefix, const tr_xml_char *uri)
{
	struct tr_c14n_writer *w = ctx;

	(void)uri;
	if (w->rc == VF_OK && w->depth > 0) {
		put_str(w, "</");
		put_name(w, prefix, local);
		put_str(w, ">");
		w->n_bindings = w->open[--w->depth].n_bindings;
		w->text = 0;
	}
	tr_c14n_leave(w);
}

void tr_c14n_text(void *ctx, const tr_xml_char *text, int n)
{
	struct tr_c14n_writer *w = ctx;

	if (w->rc == VF_OK && n > 0 && w->depth > 0) {
		w->text += (size_t)n;
		if (w->text > TR_XML_MAX_TEXT)
			tr_c14n_stop(w, VF_LIMIT, "size-no-c14n: a text");
		else
			put_escaped(w, text, (size_t)n, IN_TEXT);
	}
	tr_c14n_leave(w);
}

/* Outside the root: before it with an LF behind, after it with an LF before. */
static void put_pi(struct tr_c14n_writer *w, const tr_xml_char *target, const tr_xml_char *data)
{
	if (w->depth == 0 && w->had_root)
		put_str(w, "\n");
	put_str(w, "<?");
	put_str(w, target);
	if (data && *data) {
		put_str(w, " ");
		put_str(w, data);
	}
	put_str(w, "?>");
	if (w->depth == 0 && !w->had_root)
		put_str(w, "\n");
}

void tr_c14n_pi(void *ctx, const tr_xml_char *target, const tr_xml_char *data)
{
	struct tr_c14n_writer *w = ctx;

	if (w->rc == VF_OK)
		put_pi(w, target, data);
	tr_c14n_leave(w);
}
