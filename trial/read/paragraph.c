#include "trial/read/paragraph.h"

#include "verify/text.h"

/* White_Space of Unicode, and two that are seen as nothing: U+200B, U+FEFF. */
static bool is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) ||
		c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

/* Blocks of punctuation and signs, and single signs, from U+00C0 on; all others there count as letters. */
static bool is_letter(uint32_t c)
{
	if (c < 0xc0)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x2bff) && !(c >= 0x2e00 && c <= 0x2e7f) &&
		!(c >= 0x3000 && c <= 0x303f) && !(c >= 0xfe00 && c <= 0xfe6f) && !(c >= 0xff00 && c <= 0xff20);
}

static void flush(struct tr_paragraphs *p)
{
	vf_pair_put_sha256(&p->hash, vf_bytes(p->folded, p->n_folded));
	p->n_folded = 0;
}

/* White space within is one blank, at the ends nothing. */
static void put_character(struct tr_paragraphs *p, uint32_t c, struct vf_bytes octets)
{
	if (is_blank(c)) {
		p->blank = p->is_open;
		return;
	}
	if (!p->is_open)
		vf_pair_init(&p->hash);
	p->is_open = true;
	if (p->n_folded + 1 + octets.n > sizeof(p->folded))
		flush(p);
	if (p->blank)
		p->folded[p->n_folded++] = ' ';
	p->blank = false;
	memcpy(p->folded + p->n_folded, octets.p, octets.n);
	p->n_folded += octets.n;
	p->letters += is_letter(c) ? 1 : 0;
}

/* Octets of a character by its first; 0 for none. */
static size_t length_of(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

void tr_paragraph_put(struct tr_paragraphs *p, struct vf_bytes text)
{
	struct vf_bytes whole;
	uint32_t c;
	uint8_t b;

	while (!p->is_broken && vf_take_u8(&text, &b)) {
		p->part[p->n_part++] = b;
		if (p->n_part < length_of(p->part[0]))
			continue;
		whole = vf_bytes(p->part, p->n_part);
		if (vf_take_utf8(&whole, &c))
			put_character(p, c, vf_bytes(p->part, p->n_part));
		else
			p->is_broken = true;
		p->n_part = 0;
	}
}

VF_RC tr_paragraph_end(struct tr_paragraphs *p, struct vf_err *reterr)
{
	struct tr_about about = {0};
	char hex[65];
	bool counts;

	if (p->n_part)
		p->is_broken = true;
	counts = p->letters >= TR_PARAGRAPH_LETTERS && !p->is_broken;
	if (counts) {
		struct vf_pair digest;

		flush(p);
		digest = vf_pair_done(&p->hash);
		vf_hex_put(hex, vf_bytes(digest.sha256.b, sizeof(digest.sha256.b)));
		p->n++;
		about.item = tr_item(p->r);
	}
	p->n_folded = p->n_part = 0;
	p->letters = 0;
	p->is_open = p->blank = false;
	return counts ? tr_say(p->r, TR_F_TEXT_PARAGRAPH, &about, vf_bytes_str(hex), reterr) : VF_OK;
}

VF_RC tr_paragraphs_done(struct tr_paragraphs *p, struct vf_err *reterr)
{
	static const struct tr_about whole = {0};
	enum vf_rc rc = tr_paragraph_end(p, reterr);

	if (rc != VF_OK)
		return rc;
	if (p->is_broken)
		return tr_warn(p->r, TR_W_ENCODING, NULL, reterr, "the text is not UTF-8: its paragraphs are not read to the end");
	return tr_say_count(p->r, TR_F_TEXT_PARAGRAPHS, &whole, p->n, reterr);
}
