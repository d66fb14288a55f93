#include "notary/source.h"

#include <errno.h>
#include <unistd.h>

#include "notary/consent_index.h"
#include "notary/document.h"
#include "notary/durable.h"
#include "notary/receipt_out.h"
#include "trial/details.h"
#include "trial/format.h"
#include "trial/statement.h"

static VF_RC record(void *ctx, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr)
{
	const struct nt_source_local *l = ctx;

	return nt_notary_get(l->n, id, ret, reterr);
}

static VF_RC read_all(int fd, struct vf_arena *a, uint64_t size, struct vf_bytes *ret, struct vf_err *reterr)
{
	uint8_t *p = vf_arena_take(a, (size_t)size + 1, 1);
	size_t n = 0;
	ssize_t got = 1;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	while (n < size && (got > 0 || errno == EINTR)) {
		got = pread(fd, p + n, (size_t)size - n, (off_t)n);
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (n != size)
		return vf_fail(reterr, VF_IO, "cannot read '" TR_DETAILS_NAME "'");
	*ret = vf_bytes(p, n);
	return VF_OK;
}

static VF_RC details(
	void *ctx, const struct nt_record *r, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct nt_source_local *l = ctx;
	const struct nt_export_options options = {.from = l->from, .n_from = l->n_from};

	*ret = vf_bytes(NULL, 0);
	for (size_t i = 0; i < r->n_documents; i++) {
		VF_CLEANUP(nt_fd_closep) int fd = -1;
		struct vf_bytes octets;
		struct nt_content c;
		enum vf_rc rc;

		if (!vf_bytes_is(r->documents[i].name, TR_DETAILS_NAME) || r->documents[i].size > TR_MAX_DETAILS)
			continue;
		if (nt_document_octets(r, &r->documents[i], &octets))
			return vf_arena_copy(a, octets, ret) ? VF_OK
							     : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
		rc = nt_document_open(l->n, &options, &r->documents[i], &c, reterr);
		if (rc != VF_OK)
			return rc;
		fd = c.fd;
		return read_all(fd, a, c.size, ret, reterr);
	}
	return VF_OK;
}

/* The earliest of the seal's tokens: the record existed no later. */
static VF_RC sealed(void *ctx, uint64_t number, int64_t *ret_ms, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = NULL;
	const struct nt_source_local *l = ctx;
	enum vf_rc rc = nt_notary_seal_get(l->n, number, &seal, reterr);

	if (rc != VF_OK)
		return rc;
	*ret_ms = VF_TIME_NONE;
	for (size_t i = 0; i < seal->n_tokens; i++)
		if (*ret_ms == VF_TIME_NONE || seal->tokens[i].gen_time < *ret_ms)
			*ret_ms = seal->tokens[i].gen_time;
	return VF_OK;
}

static VF_RC receipt(void *ctx, const struct nt_record *r, struct nt_buf *out, struct vf_err *reterr)
{
	const struct nt_source_local *l = ctx;
	const struct vf_entry e = {r->id, r->id512, r->slot};
	VF_CLEANUP(nt_receipts_freep) struct nt_receipts *g = NULL;
	enum vf_rc rc = nt_receipts_new(&g, reterr);

	if (rc == VF_OK)
		rc = nt_receipts_add(g, &e, reterr);
	if (rc == VF_OK)
		rc = nt_notary_sign_receipts(l->n, g, reterr);
	return rc == VF_OK ? nt_receipts_put(g, 0, out, reterr) : rc;
}

static VF_RC consents(void *ctx, struct vf_bytes study, struct nt_consent_index **ret, struct vf_err *reterr)
{
	const struct nt_source_local *l = ctx;

	(void)study; /* the index is of all */
	return nt_consent_follow(l->n, ret, reterr);
}

struct nt_source nt_source_local(struct nt_source_local *l)
{
	return (struct nt_source){.ctx = l,
		.record = record,
		.details = details,
		.sealed = sealed,
		.receipt = receipt,
		.consents = consents};
}
