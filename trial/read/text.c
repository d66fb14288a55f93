/* Plain text: nothing is taken from its words but digests of its paragraphs, which blank lines part. */
#include <stdlib.h>

#include "trial/read/paragraph.h"
#include "trial/read/readers.h"
#include "verify/text.h"

/* A form of a hundred pages has 300 KiB. */
#define MAX_TEXT ((uint64_t)16 * 1024 * 1024)

/* UTF-8 without control characters; a character may be cut at the end of the head. */
static bool is_text(struct vf_bytes in, bool is_whole)
{
	uint32_t c;

	while (vf_take_utf8(&in, &c))
		if ((c < ' ' && !(c >= '\t' && c <= '\r')) || c == 0x7f)
			return false;
	return in.n == 0 || (!is_whole && in.n < 4);
}

static bool claims(const struct tr_peek *peek)
{
	return peek->head.n > 0 && (vf_bytes_ends(peek->name, ".txt") || vf_bytes_ends(peek->name, ".TXT")) &&
		is_text(peek->head, peek->size <= peek->head.n);
}

struct walking {
	struct tr_paragraphs p;
	bool line_has_text, after_cr;
};

/* A line end: LF, CR LF, or CR. Behind a line of white space alone the paragraph is over. */
static VF_RC end_line(struct walking *w, struct vf_err *reterr)
{
	bool is_blank = !w->line_has_text;

	w->line_has_text = false;
	tr_paragraph_put(&w->p, vf_bytes_str(" "));
	return is_blank ? tr_paragraph_end(&w->p, reterr) : VF_OK;
}

static VF_RC put_octet(struct walking *w, uint8_t c, struct vf_err *reterr)
{
	bool is_second = c == '\n' && w->after_cr;

	w->after_cr = c == '\r';
	if (is_second)
		return VF_OK;
	if (c == '\n' || c == '\r')
		return end_line(w, reterr);
	w->line_has_text |= c != ' ' && !(c >= '\t' && c <= '\f');
	tr_paragraph_put(&w->p, vf_bytes(&c, 1));
	return c == '\f' ? tr_paragraph_end(&w->p, reterr) : VF_OK; /* another page */
}

static VF_RC read_paragraphs(struct tr_reading *r, uint8_t *buffer, struct vf_err *reterr)
{
	struct walking w = {.p = {.r = r}};
	struct tr_input_source s;
	struct vf_bytes piece;
	enum vf_rc rc;
	uint8_t c;

	tr_input_source_init(&s, r->in, 0, buffer);
	do {
		rc = s.source.next(s.source.ctx, &piece, reterr);
		if (rc != VF_OK || piece.n == 0)
			break;
		while (rc == VF_OK && vf_take_u8(&piece, &c))
			rc = put_octet(&w, c, reterr);
	} while (rc == VF_OK);
	return rc == VF_OK ? tr_paragraphs_done(&w.p, reterr) : rc;
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	uint8_t *buffer;
	enum vf_rc rc;

	if (!(r->wants & TR_WANT_TEXT))
		return VF_OK;
	if (r->in->size > MAX_TEXT)
		return tr_warn(r, TR_W_UNREAD, NULL, reterr, "a text of more than %llu octets", (unsigned long long)MAX_TEXT);
	buffer = malloc(TR_SOURCE_BUFFER);
	if (!buffer)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a text");
	rc = read_paragraphs(r, buffer, reterr);
	free(buffer);
	return rc;
}

const struct tr_reader tr_read_text = {"text", "plain text", claims, read};
