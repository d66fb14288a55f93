/* What a server answers, and a submission read back: the first octet says which reader, the rest is the text. */
#include "notary/client_answer.h"
#include "notary/client_pending.h"
#include "tests/fuzz/must.h"
#include "verify/limits.h"
#include "verify/receipt.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vf_arena arena;

static void check_error(enum vf_rc rc, const struct vf_err *err)
{
	MUST(rc == VF_OK || (err->rc == rc && err->text[0] != '\0' && vf_text_is_plain(vf_bytes_str(err->text))));
}

static void check_record(const struct nt_remote_record *r)
{
	MUST(r->state <= NT_ERASED);
	MUST(r->state != NT_SEALED || (r->has_seal && r->has_index));
	MUST(vf_utf8_is(r->kind) && vf_utf8_is(r->title));
	MUST(r->n_links <= VF_MAX_LINKS);
	for (size_t i = 0; i < r->n_links; i++)
		MUST(vf_utf8_is(r->links[i].type));
}

static void check_accepted(const struct nt_remote_accepted *x)
{
	struct vf_receipt receipt;

	if (!x->is_accepted) {
		MUST(x->refusal.rc != VF_OK && x->refusal.rc != VF_NOT_CHECKED && x->refusal.rc < VF_RC_COUNT);
		MUST(x->is_known || x->refusal.rc == VF_SERVER_REFUSED);
		MUST(vf_text_is_plain(vf_bytes_str(x->refusal.text)));
		return;
	}
	MUST(x->receipt.n <= VF_MAX_RECEIPT && vf_receipt_parse(x->receipt, &receipt, NULL) == VF_OK);
	MUST(vf_hash_eq(&receipt.entry.id, &x->id));
}

static enum vf_rc read_list(struct vf_bytes text, struct vf_err *err)
{
	struct nt_remote_list list;
	enum vf_rc rc = nt_answer_list(text, &arena, &list, err);

	for (size_t i = 0; rc == VF_OK && i < list.n; i++)
		check_record(&list.records[i]);
	return rc;
}

static enum vf_rc read_pending(struct vf_bytes text, struct vf_err *err)
{
	struct nt_pending p;
	enum vf_rc rc = nt_pending_read(text, &arena, &p, err);

	MUST(rc != VF_OK ||
		(p.submit.kind != TR_KIND_NONE && p.submit.study.n > 0 && p.record.n_files <= VF_MAX_MEMBERS * 8));
	MUST(rc == VF_OK || rc == VF_CLIENT_STATE || rc == VF_NO_MEMORY);
	return rc;
}

static enum vf_rc read_problem(struct vf_bytes text, struct vf_err *err)
{
	struct nt_remote_accepted x = {0};
	enum vf_rc rc = nt_answer_problem(text, &x.refusal, &x.is_known, err);

	if (rc == VF_OK)
		check_accepted(&x);
	return rc;
}

static enum vf_rc read_any(uint8_t which, struct vf_bytes text, struct vf_err *err)
{
	struct nt_remote_accepted x[2];
	struct nt_remote_record r;
	struct nt_stream stream;
	int64_t ms;
	enum vf_rc rc;

	switch (which) {
	case 'r':
		rc = nt_answer_record(text, &arena, &r, err);
		if (rc == VF_OK)
			check_record(&r);
		return rc;
	case 'l':
		return read_list(text, err);
	case 'a':
		rc = nt_answer_accepted(text, &arena, &x[0], err);
		if (rc == VF_OK)
			check_accepted(&x[0]);
		return rc;
	case 'b':
		rc = nt_answer_bulk(text, &arena, x, 2, err);
		for (size_t i = 0; rc == VF_OK && i < 2; i++)
			check_accepted(&x[i]);
		return rc;
	case 's':
		rc = nt_answer_stream(text, &stream, err);
		MUST(rc != VF_OK || !stream.exists || (stream.next > 0 && stream.next <= VF_MAX_SEQ));
		return rc;
	case 't':
		rc = nt_answer_seal(text, &ms, err);
		MUST(rc != VF_OK || (ms >= -INT64_C(62135596800000) && ms <= INT64_C(253402300799999)));
		return rc;
	case 'p':
		return read_problem(text, err);
	default:
		return read_pending(text, err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_err err = {0};
	size_t room = nt_pending_room(size);
	void *block;
	enum vf_rc rc;

	if (size == 0)
		return 0;
	block = malloc(room);
	MUST(block != NULL);
	vf_arena_init(&arena, block, room);
	rc = read_any(data[0], vf_bytes(data + 1, size - 1), &err);
	check_error(rc, &err);
	MUST(rc != VF_NO_MEMORY); /* the room is as the callers give it */
	free(block);
	return 0;
}
