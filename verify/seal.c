#include "verify/seal.h"

#include <inttypes.h>

#include "verify/limits.h"
#include "verify/text.h"

static bool take_labelled(struct vf_bytes *in, const char *label, struct vf_bytes *ret)
{
	struct vf_bytes rest = *in, line;

	if (!vf_take_line(&rest, &line) || !vf_take_str(&line, label))
		return false;
	*in = rest;
	*ret = line;
	return true;
}

static bool take_number(struct vf_bytes *in, const char *label, uint64_t *ret)
{
	struct vf_bytes value;

	return take_labelled(in, label, &value) && vf_decimal_read(value, VF_MAX_TREE_SIZE, ret);
}

static bool take_hash(struct vf_bytes *in, const char *label, struct vf_hash *ret)
{
	struct vf_bytes value;

	return take_labelled(in, label, &value) && vf_hex_read(value, ret->b, sizeof(ret->b));
}

static bool take_previous(struct vf_bytes *in, struct vf_seal_head *h)
{
	struct vf_bytes value;

	if (!take_labelled(in, "previous ", &value))
		return false;
	h->has_previous = !vf_bytes_is(value, "none");
	return !h->has_previous || vf_hex_read(value, h->previous.b, sizeof(h->previous.b));
}

static bool take_batch512(struct vf_bytes *in, struct vf_seal_head *h)
{
	struct vf_bytes value;

	h->has_batch512 = take_labelled(in, "batch sha512 ", &value);
	return !h->has_batch512 || vf_hex_read(value, h->batch512.b, sizeof(h->batch512.b));
}

bool vf_seal_take_token(struct vf_bytes *tokens, struct vf_seal_token *ret)
{
	struct vf_bytes rest = *tokens, line, number;

	if (!take_labelled(&rest, "token ", &line) || !vf_take_until(&line, ' ', &number) ||
		!vf_decimal_read(number, VF_MAX_TREE_SIZE, &ret->seal) ||
		!vf_hex_read(line, ret->id.b, sizeof(ret->id.b)))
		return false;
	*tokens = rest;
	return true;
}

/* Token lines ascend by (seal, digest) and date earlier seals. */
static enum vf_rc check_tokens(struct vf_seal_head *h, struct vf_err *reterr)
{
	struct vf_bytes in = h->tokens;
	struct vf_seal_token t, last = {0};

	while (in.n) {
		if (!vf_seal_take_token(&in, &t))
			return vf_fail(reterr, VF_SEAL_SHAPE, "seal head: a token line is malformed");
		if (++h->n_tokens > VF_MAX_SEAL_TOKENS)
			return vf_fail(reterr, VF_LIMIT, "seal head: more than %d token lines", VF_MAX_SEAL_TOKENS);
		if (t.seal == 0 || t.seal >= h->number)
			return vf_fail(reterr, VF_SEAL_SHAPE, "seal head: a token of seal %" PRIu64 " in seal %" PRIu64,
				t.seal, h->number);
		if (h->n_tokens > 1 && (t.seal < last.seal || (t.seal == last.seal &&
				memcmp(t.id.b, last.id.b, sizeof(t.id.b)) <= 0)))
			return vf_fail(reterr, VF_SEAL_SHAPE, "seal head: token lines are not ascending");
		last = t;
	}
	return VF_OK;
}

VF_RC vf_seal_head_parse(struct vf_bytes text, struct vf_seal_head *ret, struct vf_err *reterr)
{
	struct vf_seal_head h = {.text = text};
	struct vf_bytes in = text;
	enum vf_rc rc;

	if (text.n > VF_MAX_SEAL_HEAD)
		return vf_fail(reterr, VF_LIMIT, "the seal head is larger than %d bytes", VF_MAX_SEAL_HEAD);
	if (!vf_take_str(&in, VF_SEAL_MAGIC "\n") || !take_number(&in, "seal ", &h.number) ||
		!take_labelled(&in, "origin ", &h.origin) || !take_number(&in, "first ", &h.first) ||
		!take_number(&in, "size ", &h.size) || !take_hash(&in, "batch sha256 ", &h.batch) ||
		!take_batch512(&in, &h) || !take_hash(&in, "checkpoint ", &h.checkpoint) || !take_previous(&in, &h))
		return vf_fail(reterr, VF_SEAL_SHAPE, "the seal head is not in its exact form");
	if (h.number == 0 || h.first >= h.size || h.has_previous != (h.number > 1) ||
		(h.first == 0) != (h.number == 1))
		return vf_fail(reterr, VF_SEAL_SHAPE, "seal head: number, entries and predecessor do not fit");
	if (h.origin.n == 0 || h.origin.n > VF_MAX_ORIGIN || !vf_text_is_plain(h.origin))
		return vf_fail(reterr, VF_SEAL_SHAPE, "seal head: the origin is malformed");
	h.tokens = in;
	rc = check_tokens(&h, reterr);
	if (rc == VF_OK)
		*ret = h;
	return rc;
}

VF_RC vf_seal_check_chain(const struct vf_seal_head *head, const struct vf_seal_head *previous,
	struct vf_err *reterr)
{
	struct vf_hash digest = vf_sha256(previous->text);

	if (!head->has_previous || previous->number + 1 != head->number)
		return vf_fail(reterr, VF_SEAL_CHAIN, "seal %" PRIu64 " does not follow seal %" PRIu64, head->number,
			previous->number);
	if (!vf_bytes_eq(head->origin, previous->origin))
		return vf_fail(reterr, VF_SEAL_CHAIN, "seal %" PRIu64 " is of another log than its predecessor",
			head->number);
	if (head->first != previous->size)
		return vf_fail(reterr, VF_SEAL_CHAIN, "seal %" PRIu64 " begins at entry %" PRIu64 ", not %" PRIu64,
			head->number, head->first, previous->size);
	if (!vf_hash_eq(&digest, &head->previous))
		return vf_fail(reterr, VF_SEAL_CHAIN, "seal %" PRIu64 " names another predecessor", head->number);
	return VF_OK;
}

VF_RC vf_seal_values(const struct vf_seal_head *head, enum vf_alg alg, struct vf_digest *ret_head,
	struct vf_digest *ret_batch, struct vf_err *reterr)
{
	struct vf_digest batch = {.alg = alg};
	enum vf_rc rc;

	if (alg == VF_SHA256)
		memcpy(batch.b, head->batch.b, sizeof(head->batch.b));
	else if (alg == VF_SHA512 && head->has_batch512)
		memcpy(batch.b, head->batch512.b, sizeof(head->batch512.b));
	else
		return vf_fail(reterr, VF_SEAL_BINDING, "the seal head names no %s batch root", vf_alg_name(alg));
	rc = vf_digest(alg, head->text, ret_head, reterr);
	if (rc == VF_OK)
		*ret_batch = batch;
	return rc;
}
