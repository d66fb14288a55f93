/* Tokens, texts of audit events and documents of the audit trail: notary/access.h, notary/audit.h. */
#include <stdlib.h>

#include "notary/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written back as the same octets. */
static void try_event(struct vf_bytes in)
{
	struct nt_buf out = nt_buf(NT_AUDIT_MAX_EVENT);
	struct nt_event e;

	if (nt_event_parse(in, &e, NULL) == VF_OK &&
		(nt_event_put(&e, &out, NULL) != VF_OK || !vf_bytes_eq(nt_buf_bytes(&out), in)))
		abort();
	nt_buf_done(&out);
}

static void try_document(struct vf_bytes in)
{
	struct nt_buf out = nt_buf(1 << 16);
	struct nt_audit_document d;

	if (nt_audit_parse(in, &d, NULL) == VF_OK) {
		nt_audit_put_head(&out, &d);
		for (uint64_t i = 0; i < d.events; i++) {
			struct vf_hash h = nt_audit_line(&d, i);

			nt_buf_put_hex(&out, vf_bytes(h.b, 32));
			nt_buf_put_u8(&out, '\n');
		}
		if (!vf_bytes_eq(nt_buf_bytes(&out), in))
			abort();
	}
	nt_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);
	struct vf_hash hash;

	if (size > 32768)
		return 0;
	if (nt_token_read(in, &hash, NULL) == VF_OK && size != NT_TOKEN_LEN)
		abort();
	try_event(in);
	try_document(in);
	return 0;
}
