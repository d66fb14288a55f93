#include "notary/forms.h"

#include <stdlib.h>

#include "trial/read/rows_read.h"

const char *nt_form_word(enum nt_form form)
{
	return form == NT_FORM_XML ? "xml" : "rows";
}

const char *nt_form_algorithm(enum nt_form form)
{
	return form == NT_FORM_XML ? TR_C14N_ALGORITHM : TR_ROWS_ALGORITHM;
}

VF_RC nt_forms_of(const struct tr_input *in, bool ret[NT_FORM_COUNT], struct vf_err *reterr)
{
	uint8_t *head = malloc(TR_PEEK_LEN);
	struct tr_peek p = {0};
	enum vf_rc rc = head ? tr_peek(in, head, &p, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory to look at a file");

	if (rc == VF_OK) {
		/* what stands before the root may be longer than the head */
		ret[NT_FORM_XML] = p.root.n > 0 || vf_bytes_starts(p.head, "<") || vf_bytes_starts(p.head, "\xef\xbb\xbf<");
		ret[NT_FORM_ROWS] = tr_rows_is(&p);
	}
	free(head);
	return rc;
}

/* ---- digests ---- */

struct hashing {
	struct vf_pair_hasher h;
	uint64_t size;
};

static VF_RC put_hash(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct hashing *h = ctx;

	(void)reterr;
	vf_pair_put(&h->h, piece);
	h->size += piece.n;
	return VF_OK;
}

static VF_RC write_rows(const struct tr_input *in, struct tr_out out, struct vf_err *reterr)
{
	struct tr_rows rows;
	enum vf_rc rc = tr_rows_init(&rows, out, reterr);

	if (rc == VF_OK)
		rc = tr_rows_read(in, &rows.sink, reterr);
	return rc == VF_OK ? tr_rows_end(&rows, reterr) : rc;
}

VF_RC nt_form_digest(const struct tr_input *in, enum nt_form form, struct nt_form_digest *ret, struct vf_err *reterr)
{
	struct hashing h = {.size = 0};
	struct tr_out out = {put_hash, &h};
	enum vf_rc rc;

	vf_pair_init(&h.h);
	rc = form == NT_FORM_XML ? tr_c14n(in, &out, reterr) : write_rows(in, out, reterr);
	if (rc == VF_OK)
		*ret = (struct nt_form_digest){h.size, vf_pair_done(&h.h)};
	return rc;
}

/* ---- the first difference of two canonical forms ---- */

#define BLOCK ((size_t)64 * 1024)

/* A form in blocks: the digest of each, and the octets of the one that is wanted. */
struct blocks {
	struct vf_pair_hasher h;
	struct vf_hash *digests;
	size_t n, room;
	size_t in_block;
	size_t wanted; /* SIZE_MAX: none */
	uint8_t *octets;
	size_t n_octets;
};

static VF_RC end_block(struct blocks *b, struct vf_err *reterr)
{
	if (b->n == b->room) {
		size_t room = b->room ? 2 * b->room : 64;
		struct vf_hash *digests = realloc(b->digests, room * sizeof(*digests));

		if (!digests)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to compare");
		b->digests = digests;
		b->room = room;
	}
	b->digests[b->n++] = vf_pair_done(&b->h).sha256;
	vf_pair_init(&b->h);
	b->in_block = 0;
	return VF_OK;
}

static VF_RC put_block(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct blocks *b = ctx;
	enum vf_rc rc = VF_OK;

	while (piece.n > 0 && rc == VF_OK) {
		size_t n = piece.n < BLOCK - b->in_block ? piece.n : BLOCK - b->in_block;
		struct vf_bytes part;

		if (!vf_take(&piece, n, &part))
			return vf_fail(reterr, VF_INTERNAL, "a part that is not there");
		vf_pair_put_sha256(&b->h, part);
		if (b->octets && b->n == b->wanted) {
			memcpy(b->octets + b->in_block, part.p, part.n);
			b->n_octets = b->in_block + part.n;
		}
		b->in_block += n;
		if (b->in_block == BLOCK)
			rc = end_block(b, reterr);
	}
	return rc;
}

static VF_RC read_blocks(const struct tr_input *in, struct blocks *b, struct vf_err *reterr)
{
	struct tr_out out = {put_block, b};
	enum vf_rc rc;

	vf_pair_init(&b->h);
	b->n = b->in_block = 0;
	rc = tr_c14n(in, &out, reterr);
	return rc == VF_OK && b->in_block > 0 ? end_block(b, reterr) : rc;
}

/* Both forms, first for the block that differs, then for its octets. */
static VF_RC find_octet(const struct tr_input *const in[2], struct blocks b[2], uint64_t *ret, struct vf_err *reterr)
{
	size_t at = 0, i = 0;
	enum vf_rc rc = VF_OK;

	for (int k = 0; k < 2 && rc == VF_OK; k++) {
		b[k].wanted = SIZE_MAX;
		rc = read_blocks(in[k], &b[k], reterr);
	}
	if (rc != VF_OK)
		return rc;
	while (at < b[0].n && at < b[1].n && vf_hash_eq(&b[0].digests[at], &b[1].digests[at]))
		at++;
	for (int k = 0; k < 2 && rc == VF_OK; k++) {
		b[k].wanted = at;
		b[k].octets = malloc(BLOCK);
		rc = b[k].octets ? read_blocks(in[k], &b[k], reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory to compare");
	}
	if (rc != VF_OK)
		return rc;
	while (i < b[0].n_octets && i < b[1].n_octets && b[0].octets[i] == b[1].octets[i])
		i++;
	*ret = (uint64_t)at * BLOCK + i;
	return VF_OK;
}

VF_RC nt_xml_differ(const struct tr_input *first, const struct tr_input *second, struct nt_xml_difference *ret,
	struct vf_err *reterr)
{
	const struct tr_input *const in[2] = {first, second};
	struct tr_c14n_place *places[2] = {&ret->first, &ret->second};
	struct blocks b[2] = {{.n = 0}, {.n = 0}};
	uint64_t at = 0;
	enum vf_rc rc = find_octet(in, b, &at, reterr);

	for (int k = 0; k < 2 && rc == VF_OK; k++) {
		rc = tr_c14n_find(in[k], at, places[k], reterr);
		ret->is_cut[k] = rc == VF_USAGE;
		if (rc == VF_USAGE) {
			*places[k] = (struct tr_c14n_place){.line = 0, .path = "/"};
			rc = VF_OK;
		}
	}
	for (int k = 0; k < 2; k++) {
		free(b[k].digests);
		free(b[k].octets);
	}
	return rc;
}
