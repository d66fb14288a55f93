#include "notary/submission_json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "verify/text.h"

static int by_member_name(const void *a, const void *b)
{
	const struct nt_member *const *x = a, *const *y = b;

	return vf_bytes_cmp((*x)->name, (*y)->name);
}

static int by_document_name(const void *a, const void *b)
{
	const struct nt_document *const *x = a, *const *y = b;

	return vf_bytes_cmp((*x)->name, (*y)->name);
}

static void put_hex_field(struct nt_buf *to, const char *before, struct vf_bytes value)
{
	nt_buf_put_str(to, before);
	nt_buf_put_hex(to, value);
	nt_buf_put_str(to, "\"");
}

static void put_named(struct nt_buf *to, struct vf_bytes name, const struct vf_pair *digests)
{
	nt_buf_put_str(to, "{\"name\":");
	nt_buf_put_json(to, name);
	put_hex_field(to, ",\"sha256\":\"", vf_bytes(digests->sha256.b, sizeof(digests->sha256.b)));
	put_hex_field(to, ",\"sha512\":\"", vf_bytes(digests->sha512.b, sizeof(digests->sha512.b)));
}

static void put_member(struct nt_buf *to, const struct nt_member *m)
{
	put_named(to, m->name, &m->digests);
	if (m->bytes.n > 0) {
		nt_buf_put_str(to, ",\"base64\":\"");
		nt_buf_put_base64(to, m->bytes);
		nt_buf_put_str(to, "\"");
	}
	nt_buf_put_str(to, "}");
}

static void put_document(struct nt_buf *to, const struct nt_document *d)
{
	put_named(to, d->name, &d->digests);
	nt_buf_putf(to, ",\"size\":%" PRIu64, d->size);
	if (d->confidential) {
		nt_buf_put_str(to, ",\"confidential\":true,\"commitment\":");
		nt_buf_put_json(to, d->commitment);
	}
	if (d->keep)
		nt_buf_put_str(to, ",\"keep\":true");
	nt_buf_put_str(to, "}");
}

static void put_entry(struct nt_buf *to, const struct nt_submission *s)
{
	put_hex_field(to, "\"entry\":{\"sha256\":\"", vf_bytes(s->id.b, sizeof(s->id.b)));
	put_hex_field(to, ",\"sha512\":\"", vf_bytes(s->id512.b, sizeof(s->id512.b)));
	put_hex_field(to, ",\"slot\":\"", vf_bytes(s->slot.b, sizeof(s->slot.b)));
	nt_buf_put_str(to, "}");
}

VF_RC nt_submission_json_put(struct nt_buf *to, const struct nt_submission *s, struct vf_err *reterr)
{
	const struct nt_member **members = calloc(s->n_members + 1, sizeof(*members));
	const struct nt_document **documents = calloc(s->n_documents + 1, sizeof(*documents));

	if (!members || !documents) {
		free(members);
		free(documents);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	}
	for (size_t i = 0; i < s->n_members; i++)
		members[i] = &s->members[i];
	for (size_t i = 0; i < s->n_documents; i++)
		documents[i] = &s->documents[i];
	qsort(members, s->n_members, sizeof(*members), by_member_name);
	qsort(documents, s->n_documents, sizeof(*documents), by_document_name);
	nt_buf_put_str(to, "{\"schema\":\"" NT_SCHEMA_SUBMISSION "\",");
	put_entry(to, s);
	nt_buf_put_str(to, ",\"members\":[");
	for (size_t i = 0; i < s->n_members; i++) {
		nt_buf_put_str(to, i ? "," : "");
		put_member(to, members[i]);
	}
	nt_buf_put_str(to, "],\"documents\":[");
	for (size_t i = 0; i < s->n_documents; i++) {
		nt_buf_put_str(to, i ? "," : "");
		put_document(to, documents[i]);
	}
	nt_buf_put_str(to, "]}\n");
	free(members);
	free(documents);
	return nt_buf_check(to, reterr);
}

VF_RC nt_refusal_json_put(struct nt_buf *to, const char *field, const struct vf_err *refusal, struct vf_err *reterr)
{
	char detail[2 * sizeof(refusal->text)];

	vf_text_escape(detail, sizeof(detail), vf_bytes_str(refusal->text)); /* may be cut within a character */
	nt_buf_putf(to, "{\"code\":\"%s\",\"field\":", vf_rc_name(refusal->rc));
	nt_buf_put_json(to, vf_bytes_str(field));
	nt_buf_put_str(to, ",\"detail\":");
	nt_buf_put_json(to, vf_bytes_str(detail));
	nt_buf_put_str(to, ",\"next\":");
	nt_buf_put_json(to, vf_bytes_str(vf_rc_next(refusal->rc)));
	nt_buf_put_str(to, "}");
	return nt_buf_check(to, reterr);
}
