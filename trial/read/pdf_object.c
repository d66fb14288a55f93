/* The objects of a PDF file: values at their places, streams, and objects in streams (ISO 32000-1, 7.3 and 7.5.7). */
#include <stdlib.h>

#include "trial/read/pdf_inside.h"

/* Look-ups of one file: an honest one needs some ten, each through the revisions that do not have the object. */
#define MAX_READS 20000
#define FIRST_WINDOW ((size_t)4096)

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for a PDF file");
}

VF_RC tr_pdf_count(struct tr_pdf *p, struct vf_err *reterr)
{
	if (++p->reads > MAX_READS)
		return vf_fail(reterr, VF_LIMIT, "a PDF file that needs more than %d look-ups", MAX_READS);
	return VF_OK;
}

void tr_pdf_object_done(struct tr_pdf_object *o)
{
	free(o->room);
	*o = (struct tr_pdf_object){0};
}

/* ---- values in the file ---- */

/* Behind the value: the word that begins a stream, and the end of its line (7.3.8.1). */
static void find_stream(struct tr_pdf_object *o, struct vf_bytes rest, uint64_t at, size_t n)
{
	tr_pdf_skip_blanks(&rest);
	if (!vf_bytes_starts(o->value, "<<") || !vf_take_str(&rest, "stream"))
		return;
	if (!vf_take_str(&rest, "\r\n") && !vf_take_str(&rest, "\n"))
		(void)vf_take_str(&rest, "\r");
	o->has_stream = true;
	o->stream = at + (n - rest.n);
}

/* skip: what stands before the value, as "12 0 obj", is taken by 'before'. Grows the window until the value ends. */
VF_RC tr_pdf_read(struct tr_pdf *p, uint64_t at, bool (*before)(struct vf_bytes *in, uint64_t number), uint64_t number,
	struct tr_pdf_object *ret, bool *ret_found, struct vf_err *reterr)
{
	enum vf_rc rc = tr_pdf_count(p, reterr);

	*ret_found = false;
	for (size_t cap = FIRST_WINDOW; rc == VF_OK && cap <= TR_PDF_MAX_OBJECT; cap *= 4) {
		struct tr_pdf_object o = {.room = malloc(cap)};
		struct vf_bytes in;
		size_t n = 0;

		if (!o.room)
			return no_memory(reterr);
		rc = p->r->in->read_at(p->r->in->ctx, at, o.room, cap, &n, reterr);
		in = vf_bytes(o.room, n);
		if (rc == VF_OK && before(&in, number) && tr_pdf_take_value(&in, &o.value) && (in.n >= 16 || n < cap)) {
			find_stream(&o, in, at, n);
			*ret = o;
			*ret_found = true;
			return VF_OK;
		}
		tr_pdf_object_done(&o);
		if (n < cap)
			return rc;
	}
	return rc;
}

static bool take_head(struct vf_bytes *in, uint64_t number)
{
	uint64_t n, generation;

	if (!tr_pdf_take_number(in, &n) || !tr_pdf_take_number(in, &generation) || n != number)
		return false;
	tr_pdf_skip_blanks(in);
	return vf_take_str(in, "obj");
}

/* ---- octets of streams ---- */

static VF_RC next_octets(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct tr_pdf *p = ctx;
	size_t cap = p->left_source < TR_SOURCE_BUFFER ? (size_t)p->left_source : TR_SOURCE_BUFFER, n = 0;
	enum vf_rc rc = VF_OK;

	if (cap)
		rc = p->r->in->read_at(p->r->in->ctx, p->at_source, p->buffer, cap, &n, reterr);
	if (rc != VF_OK)
		return rc;
	p->at_source += n;
	p->left_source -= n;
	*ret = vf_bytes(p->buffer, n);
	return VF_OK;
}

/* Numbers of a stream's dictionary may stand elsewhere. */
static VF_RC get_number(struct tr_pdf *p, struct vf_bytes dictionary, const char *key, uint64_t *ret, bool *ret_found,
	struct vf_err *reterr)
{
	struct tr_pdf_object o = {0};
	struct vf_bytes value;
	enum vf_rc rc;

	*ret_found = false;
	if (!tr_pdf_get(dictionary, key, &value))
		return VF_OK;
	rc = tr_pdf_resolve(p, value, &o, ret_found, reterr);
	if (rc == VF_OK && *ret_found) {
		value = o.value;
		*ret_found = tr_pdf_take_number(&value, ret);
	}
	tr_pdf_object_done(&o);
	return rc;
}

enum filter {
	FILTER_NONE,
	FILTER_FLATE,
	FILTER_OTHER,
};

static enum filter filter_of(struct vf_bytes dictionary)
{
	struct vf_bytes value, first, second;

	if (!tr_pdf_get(dictionary, "Filter", &value))
		return FILTER_NONE;
	if (vf_take_str(&value, "[")) {
		if (!tr_pdf_take_value(&value, &first))
			return FILTER_NONE;
		if (tr_pdf_take_value(&value, &second))
			return FILTER_OTHER;
		value = first;
	}
	return tr_pdf_name_is(value, "FlateDecode") || tr_pdf_name_is(value, "Fl") ? FILTER_FLATE : FILTER_OTHER;
}

VF_RC tr_pdf_octets_open(struct tr_pdf_octets *o, struct tr_pdf *p, const struct tr_pdf_object *stream, size_t max,
	bool *ret_found, struct vf_err *reterr)
{
	uint64_t length = 0, size = p->r->in->size;
	enum filter filter = filter_of(stream->value);
	bool has_length;
	enum vf_rc rc;

	*o = (struct tr_pdf_octets){.p = p};
	*ret_found = false;
	if (!stream->has_stream || filter == FILTER_OTHER || stream->stream > size)
		return VF_OK;
	rc = get_number(p, stream->value, "Length", &length, &has_length, reterr);
	if (rc != VF_OK)
		return rc;
	if (!has_length || length > size - stream->stream)
		length = size - stream->stream;
	p->at_source = stream->stream;
	p->left_source = length;
	p->source = (struct tr_source){next_octets, p};
	*ret_found = true;
	return filter == FILTER_FLATE ? tr_inflate_new(&p->source, max, &o->inflate, reterr) : VF_OK;
}

/* Malformed data ends early; want of memory and faults of the disk are faults. */
static VF_RC octets_fill(struct tr_pdf_octets *o, struct vf_err *reterr)
{
	const struct tr_source *s = o->inflate ? tr_inflate_source(o->inflate) : &o->p->source;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (o->left.n || o->is_bad)
		return VF_OK;
	rc = s->next(s->ctx, &o->left, &err);
	if (rc == VF_FILE_SHAPE || rc == VF_LIMIT) {
		o->left = (struct vf_bytes){0};
		o->is_bad = true;
		return VF_OK;
	}
	if (rc != VF_OK && reterr)
		*reterr = err;
	return rc;
}

/* n octets; fewer at the end. */
VF_RC tr_pdf_octets_take(struct tr_pdf_octets *o, uint8_t *out, size_t n, size_t *ret_n, struct vf_err *reterr)
{
	size_t got = 0;
	enum vf_rc rc = VF_OK;

	while (got < n) {
		struct vf_bytes part;

		rc = octets_fill(o, reterr);
		if (rc != VF_OK || o->left.n == 0)
			break;
		if (vf_take(&o->left, o->left.n < n - got ? o->left.n : n - got, &part)) {
			memcpy(out + got, part.p, part.n);
			got += part.n;
		}
	}
	*ret_n = got;
	return rc;
}

VF_RC tr_pdf_stream(struct tr_pdf *p, const struct tr_pdf_object *o, size_t max, uint8_t **ret_room,
	struct vf_bytes *ret, bool *ret_found, struct vf_err *reterr)
{
	struct tr_pdf_octets in;
	uint8_t *room = NULL;
	size_t n = 0, cap = 0;
	enum vf_rc rc = tr_pdf_octets_open(&in, p, o, max, ret_found, reterr);

	while (rc == VF_OK && *ret_found && n == cap && cap < max) {
		size_t more = cap ? 2 * cap : 65536, got;
		uint8_t *larger;

		if (more > max)
			more = max;
		larger = realloc(room, more);
		if (!larger) {
			rc = no_memory(reterr);
			break;
		}
		room = larger;
		cap = more;
		rc = tr_pdf_octets_take(&in, room + n, cap - n, &got, reterr);
		n += got;
	}
	tr_inflate_free(in.inflate);
	if (rc != VF_OK || !*ret_found || n == 0) {
		free(room);
		*ret_found = false;
		return rc;
	}
	*ret_room = room;
	*ret = vf_bytes(room, n);
	return VF_OK;
}

/* ---- objects ---- */

/* Behind N pairs of numbers and places (7.5.7); the value is copied, as the stream is large. */
static VF_RC take_from(struct vf_bytes stream, uint64_t n, uint64_t first, uint64_t number, struct tr_pdf_object *ret,
	bool *ret_found, struct vf_err *reterr)
{
	struct vf_bytes pairs = stream, in, value;
	uint64_t is, at;

	*ret_found = false;
	for (uint64_t i = 0; i < n; i++) {
		if (!tr_pdf_take_number(&pairs, &is) || !tr_pdf_take_number(&pairs, &at))
			return VF_OK;
		if (is != number)
			continue;
		if (!vf_add(first, at, &at) || at > stream.n || !vf_bytes_slice(stream, at, stream.n - at, &in) ||
			!tr_pdf_take_value(&in, &value) || value.n > TR_PDF_MAX_OBJECT)
			return VF_OK;
		ret->room = malloc(value.n);
		if (!ret->room)
			return no_memory(reterr);
		memcpy(ret->room, value.p, value.n);
		ret->value = vf_bytes(ret->room, value.n);
		*ret_found = true;
		return VF_OK;
	}
	return VF_OK;
}

/* An object stream stands in the file itself (7.5.7): one in another is refused by its entry's type. */
static VF_RC read_packed(struct tr_pdf *p, uint64_t stream, uint64_t number, struct tr_pdf_object *ret, bool *ret_found,
	struct vf_err *reterr)
{
	struct tr_pdf_object o = {0};
	struct tr_pdf_entry entry = {0};
	struct vf_bytes octets, value;
	uint8_t *room = NULL;
	uint64_t n = 0, first = 0;
	bool found;
	enum vf_rc rc = tr_pdf_locate(p, stream, &entry, &found, reterr);

	*ret_found = false;
	if (rc == VF_OK && found && entry.type == 1)
		rc = tr_pdf_read(p, entry.at, take_head, stream, &o, &found, reterr);
	else
		found = false;
	found = found && tr_pdf_get(o.value, "N", &value) && tr_pdf_take_number(&value, &n) &&
		tr_pdf_get(o.value, "First", &value) && tr_pdf_take_number(&value, &first);
	if (rc == VF_OK && found)
		rc = tr_pdf_stream(p, &o, TR_PDF_MAX_STREAM, &room, &octets, &found, reterr);
	if (rc == VF_OK && found)
		rc = take_from(octets, n, first, number, ret, ret_found, reterr);
	free(room);
	tr_pdf_object_done(&o);
	return rc;
}

VF_RC tr_pdf_resolve(struct tr_pdf *p, struct vf_bytes value, struct tr_pdf_object *ret, bool *ret_found,
	struct vf_err *reterr)
{
	struct tr_pdf_entry entry = {0};
	struct vf_bytes in = value;
	uint64_t number;
	enum vf_rc rc;

	*ret = (struct tr_pdf_object){.value = value};
	*ret_found = true;
	if (!tr_pdf_take_reference(&in, &number)) {
		ret->room = malloc(value.n);
		if (!ret->room)
			return no_memory(reterr);
		memcpy(ret->room, value.p, value.n);
		ret->value = vf_bytes(ret->room, value.n);
		return VF_OK;
	}
	*ret = (struct tr_pdf_object){0};
	*ret_found = false;
	if (p->depth == 4) /* a length, in a stream, of an object: no file needs more */
		return VF_OK;
	p->depth++;
	rc = tr_pdf_locate(p, number, &entry, ret_found, reterr);
	if (rc == VF_OK && *ret_found && entry.type == 1)
		rc = tr_pdf_read(p, entry.at, take_head, number, ret, ret_found, reterr);
	else if (rc == VF_OK && *ret_found && entry.type == 2)
		rc = read_packed(p, entry.at, number, ret, ret_found, reterr);
	else
		*ret_found = false;
	p->depth--;
	return rc;
}
