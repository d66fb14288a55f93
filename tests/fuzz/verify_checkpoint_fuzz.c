/* Log proofs, checkpoints, signed notes and verifier keys: parsing, and that what was read writes back. */
#include <stdlib.h>

#include "notary/note.h"
#include "verify/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* One encoding per value: the writer gives the octets that were read. */
static void rewrite_checkpoint(const struct vf_checkpoint *c)
{
	struct nt_buf out = nt_buf(4096);
	char origin[VF_MAX_ORIGIN + 1] = {0};

	must(c->origin.n <= VF_MAX_ORIGIN && c->note.n_lines > 0);
	memcpy(origin, c->origin.p, c->origin.n);
	must(nt_note_checkpoint_text(&out, origin, c->size, &c->root, NULL) == VF_OK);
	must(vf_bytes_eq(nt_buf_bytes(&out), c->note.text));
	nt_buf_done(&out);
}

static void rewrite_proof(const struct vf_tlog_proof *p, struct vf_bytes in)
{
	struct nt_buf out = nt_buf(2 * VF_MAX_NOTE);

	rewrite_checkpoint(&p->checkpoint);
	if (p->has_extra)
		return;
	must(nt_note_tlog_proof(&out, p->index, p->hashes, p->n, p->checkpoint.note.whole, NULL) == VF_OK);
	must(vf_bytes_eq(nt_buf_bytes(&out), in));
	nt_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[65536];
	struct vf_bytes in = vf_bytes(data, size);
	struct vf_tlog_proof p;
	struct vf_checkpoint c;
	struct vf_arena a;
	struct vf_vkey k;
	struct vf_err e;

	vf_arena_init(&a, block, sizeof(block));
	if (vf_tlog_proof_parse(in, &p, &e) == VF_OK)
		rewrite_proof(&p, in);
	if (vf_checkpoint_parse(in, &c, &e) == VF_OK)
		rewrite_checkpoint(&c);
	if (vf_vkey_parse(in, &a, &k, &e) == VF_OK) {
		struct nt_buf out = nt_buf(8192);
		char name[VF_MAX_ORIGIN + 1] = {0};

		memcpy(name, k.name.p, k.name.n);
		must(nt_note_put_vkey(&out, name, k.type, k.key, NULL) == VF_OK);
		must(vf_bytes_eq(nt_buf_bytes(&out), in));
		nt_buf_done(&out);
	}
	return 0;
}
