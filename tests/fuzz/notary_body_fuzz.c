/* A record's row in the store, as a damaged disk may give it: nt_body_read() and its like, and nt_unpack(). */
#include "notary/store_body.h"
#include "tests/fuzz/must.h"
#include "tests/made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Packing is lossless, whatever the octets, and so is packing again what could be unpacked. */
static void check_pack(struct vf_bytes in)
{
	const struct nt_known none = {0};
	struct nt_buf packed = nt_buf(1 << 20), text = nt_buf(1 << 22), back = nt_buf(1 << 22);
	struct nt_packer p;

	nt_packer_init(&p);
	nt_pack(&p, &none, &packed, in);
	MUST(!packed.failed && packed.n <= 2 * in.n);
	MUST(nt_unpack(&back, &none, nt_buf_bytes(&packed), NULL) == VF_OK);
	MUST(vf_bytes_eq(nt_buf_bytes(&back), in));
	if (nt_unpack(&text, &none, in, NULL) == VF_OK) {
		nt_buf_reset(&packed);
		nt_pack(&p, &none, &packed, nt_buf_bytes(&text));
		nt_buf_reset(&back);
		MUST(nt_unpack(&back, &none, nt_buf_bytes(&packed), NULL) == VF_OK);
		MUST(vf_bytes_eq(nt_buf_bytes(&back), nt_buf_bytes(&text)));
	}
	nt_buf_done(&packed);
	nt_buf_done(&text);
	nt_buf_done(&back);
}

/* An erased row has the same length, reads as erased, keeps what the log needs, and is not erased further. */
static void check_erase(struct vf_bytes in, const struct nt_record *r)
{
	struct nt_buf erased = nt_buf(1 << 22), again = nt_buf(1 << 22);
	struct nt_body_refs refs;
	struct nt_record *e = NULL;
	enum vf_rc rc = nt_body_erase(in, &erased, NULL);

	if (rc == VF_OK) {
		MUST(erased.n == in.n);
		rc = nt_body_read(nt_buf_bytes(&erased), &refs, &e, NULL);
		MUST(rc == VF_OK && vf_hash_eq(&e->id, &r->id) && vf_hash_eq(&e->slot, &r->slot) && e->n_documents == 0);
		nt_record_free(e);
		MUST(nt_body_erase(nt_buf_bytes(&erased), &again, NULL) == VF_OK);
		MUST(vf_bytes_eq(nt_buf_bytes(&again), nt_buf_bytes(&erased)));
	}
	nt_buf_done(&erased);
	nt_buf_done(&again);
}

/* A good row with the octets changed that the input names: 'E', number of the record, then place and value. */
static struct vf_bytes make_row(struct vf_bytes in, struct nt_buf *out)
{
	const struct nt_body_refs refs = {.submitter = 1, .study = 2, .kind = 3, .stream = 4};
	static struct made m;
	struct made_stream stream = made_stream("local", "DEMO-1");
	struct nt_buf content = nt_buf(1 << 16);
	struct nt_packer p;
	uint8_t number, v;
	uint16_t at;

	if (!vf_take_u8(&in, &number))
		return in;
	nt_packer_init(&p);
	made_record(&m, number & 1 ? &stream : NULL, number, number & 2);
	nt_body_put_content(&p, &content, &m.s);
	nt_body_put(out, &m.s, nt_buf_bytes(&content), &refs, 1767139200000 + number);
	MUST(!out->failed && out->n);
	nt_buf_done(&content);
	while (vf_take_u16be(&in, &at) && vf_take_u8(&in, &v))
		out->p[at % out->n] = v;
	return nt_buf_bytes(out);
}

static void check_row(struct vf_bytes in)
{
	struct nt_body_index ix = {0};
	struct nt_body_front front;
	struct nt_body_refs refs;
	struct nt_record *r = NULL;
	bool has_front = nt_body_front(in, &front, NULL) == VF_OK;

	if (nt_body_read(in, &refs, &r, NULL) == VF_OK) {
		MUST(has_front && vf_hash_eq(&front.id, &r->id) && vf_hash_eq(&front.slot, &r->slot));
		MUST(front.in_stream == r->in_stream && front.accepted_ms == r->accepted_ms);
		check_erase(in, r);
		nt_record_free(r);
	}
	vf_ignore(nt_body_index(in, &ix, NULL)); /* any outcome will do, crashes will not */
	nt_body_index_done(&ix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_buf row = nt_buf(1 << 20);
	struct vf_bytes in = vf_bytes(data, size);

	if (size > 1 << 16)
		return 0;
	check_pack(in);
	check_row(in);
	if (vf_take_str(&in, "E"))
		check_row(make_row(in, &row));
	nt_buf_done(&row);
	return 0;
}
