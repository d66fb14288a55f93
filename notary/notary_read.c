#include "notary/notary_inside.h"

#include <inttypes.h>
#include <string.h>

#include "notary/note.h"
#include "notary/receipt_out.h"
#include "verify/receipt.h"

VF_RC nt_notary_stream(struct nt_notary *n, struct vf_bytes submitter, struct vf_bytes study,
	struct nt_stream *ret, struct vf_err *reterr)
{
	return nt_store_stream(n->store, submitter, study, ret, reterr);
}

VF_RC nt_notary_stream_next(struct nt_notary *n, struct vf_bytes study, uint64_t after, struct nt_stream_named *ret,
	bool *ret_found, struct vf_err *reterr)
{
	return nt_store_stream_next(n->store, study, after, ret, ret_found, reterr);
}

VF_RC nt_notary_journal(struct nt_notary *n, const struct vf_hash *key, bool *ret_found,
	struct vf_hash *ret_id, struct vf_err *reterr)
{
	return nt_store_journal(n->store, key, ret_found, ret_id, reterr);
}

VF_RC nt_notary_get(
	struct nt_notary *n, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr)
{
	return nt_store_get(n->store, id, ret, reterr);
}

VF_RC nt_notary_find(struct nt_notary *n, const char *prefix, struct vf_hash *ret, struct vf_err *reterr)
{
	return nt_store_find(n->store, prefix, ret, reterr);
}

VF_RC nt_notary_find_digest(
	struct nt_notary *n, const struct vf_hash *sha256, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	return nt_store_find_digest(n->store, sha256, each, ctx, reterr);
}

VF_RC nt_notary_each(
	struct nt_notary *n, struct vf_bytes study, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	return nt_store_each(n->store, study, each, ctx, reterr);
}

VF_RC nt_notary_seal_get(struct nt_notary *n, uint64_t number, struct nt_seal **ret, struct vf_err *reterr)
{
	return nt_store_seal_get(n->store, number, ret, reterr);
}

VF_RC nt_notary_counts(struct nt_notary *n, uint64_t *ret_seals, uint64_t *ret_size, uint64_t *ret_pending,
	struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);

	(void)reterr;
	*ret_seals = st->seals;
	*ret_size = st->size;
	*ret_pending = st->records > st->size ? st->records - st->size : 0;
	return VF_OK;
}

struct id_list {
	struct vf_hash *at;
};

static VF_RC put_id(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	struct id_list *list = ctx;

	(void)index;
	(void)reterr;
	*list->at++ = e->id;
	return VF_OK;
}

VF_RC nt_notary_ids(
	struct nt_notary *n, uint64_t first, uint64_t count, struct vf_hash *ret, struct vf_err *reterr)
{
	struct id_list list = {ret};
	uint64_t size = nt_store_state(n->store)->size;

	if (first > size || count > size - first)
		return vf_fail(reterr, VF_PROOF_INDEX, "the log has no entries %" PRIu64 " to %" PRIu64,
			first, first + count);
	return nt_store_entries(n->store, first, count, put_id, &list, reterr);
}

VF_RC nt_notary_inclusion(struct nt_notary *n, uint64_t index, uint64_t size, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	return nt_log_inclusion(&n->log, index, size, ret, ret_n, reterr);
}

VF_RC nt_notary_consistency(struct nt_notary *n, uint64_t from, uint64_t to, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	return nt_log_consistency(&n->log, from, to, ret, ret_n, reterr);
}

VF_RC nt_notary_log_proof(struct nt_notary *n, uint64_t index, uint64_t size, struct vf_bytes note, struct nt_buf *ret,
	struct vf_err *reterr)
{
	struct vf_hash proof[VF_MAX_INCLUSION];
	size_t count = 0;
	enum vf_rc rc = nt_notary_inclusion(n, index, size, proof, &count, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_putf(ret, VF_TLOG_PROOF_HEAD "\nindex %" PRIu64 "\n", index);
	for (size_t i = 0; i < count; i++) {
		nt_buf_put_base64(ret, vf_bytes(proof[i].b, sizeof(proof[i].b)));
		nt_buf_put_u8(ret, '\n');
	}
	nt_buf_put_u8(ret, '\n');
	nt_buf_put(ret, note);
	return nt_buf_check(ret, reterr);
}

VF_RC nt_notary_checkpoint(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	nt_buf_put(ret, nt_headlock_get(n->head)->note);
	return nt_buf_check(ret, reterr);
}

VF_RC nt_notary_page(struct nt_notary *n, struct vf_bytes study, uint64_t first, size_t max, struct nt_listed *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	return nt_store_page(n->store, study, first, max, ret, ret_n, reterr);
}

VF_RC nt_notary_page_digest(struct nt_notary *n, const struct vf_hash *sha256, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	return nt_store_page_digest(n->store, sha256, first, max, ret, ret_n, reterr);
}

VF_RC nt_notary_page_linked(struct nt_notary *n, const struct nt_link *link, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	return nt_store_page_linked(n->store, link, first, max, ret, ret_n, reterr);
}

int64_t nt_notary_head_time(const struct nt_notary *n)
{
	return nt_headlock_get(n->head)->time_ms;
}

VF_RC nt_notary_log_vkey(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	return nt_note_put_vkey(
		ret, n->config.origin, VF_KEY_ED25519, vf_bytes(n->log.key.raw, VF_ED25519_KEY), reterr);
}

VF_RC nt_notary_receipt_pins(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	if (strlen(n->config.origin) > VF_MAX_RECEIPT_ORIGIN)
		return VF_OK;
	return nt_receipt_pin(n->receipts, n->config.origin, NT_RECEIPT_DELAY, ret, reterr);
}

VF_RC nt_notary_sign_receipts(struct nt_notary *n, struct nt_receipts *g, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_receipts_sign(g, n->receipts, n->config.origin, nt_notary_now(n), NT_RECEIPT_DELAY, reterr);
}

VF_RC nt_notary_tsa_root(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr)
{
	return nt_tsa_root_pem(n->tsa, ret, reterr);
}

VF_RC nt_notary_tsa_snapshot(struct nt_notary *n, struct vf_bytes certificate, struct vf_bytes crl, struct nt_tsa_snapshot **ret,
	struct vf_err *reterr)
{
	struct nt_tsa_refreshed refreshed;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_tsa_refresh(n->tsa, nt_notary_now(n), &refreshed, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = NULL;
	if (vf_bytes_eq(certificate, nt_tsa_certificate(n->tsa)) && vf_bytes_eq(crl, nt_tsa_current_crl(n->tsa)))
		return VF_OK;
	return nt_tsa_snapshot(n->tsa, ret, reterr);
}
