/*
 * The writers of trial/statement.h against the readers of verify/record.h: what is read can be written again, and what
 * is written can be read. The readers see the input, the writers what the readers gave.
 */
#include "tests/fuzz/must.h"
#include "trial/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t blocks[3][1 << 20];

/* What a statement says, as the writer wants it; false when this version does not know a word. */
static bool rewrite(const struct vf_statement *s, struct vf_arena *a, struct tr_statement *ret)
{
	struct tr_link *links = VF_NEW(a, s->n_links + 1, struct tr_link);

	if (!links)
		return false;
	for (size_t i = 0; i < s->n_links; i++) {
		links[i] = (struct tr_link){.type = tr_link_find(s->links[i].type), .record = s->links[i].record};
		if (links[i].type == TR_LINK_NONE)
			return false;
	}
	*ret = (struct tr_statement){.kind = tr_kind_of(s->kind), .own_kind = s->kind, .study = s->study, .version = s->version, .date = s->date,
		.title = s->title, .links = links, .n_links = s->n_links, .nonce = s->nonce,
		.signer = s->has_signer ? &s->signer : NULL, .members = s->members, .n_members = s->n_members};
	return ret->kind != TR_KIND_NONE;
}

static void check_statement(struct vf_bytes in)
{
	struct vf_statement s, again;
	struct tr_statement t;
	struct vf_arena a, b, c;
	struct vf_bytes text;
	enum vf_rc rc;

	vf_arena_init(&a, blocks[0], sizeof(blocks[0]));
	vf_arena_init(&b, blocks[1], sizeof(blocks[1]));
	vf_arena_init(&c, blocks[2], sizeof(blocks[2]));
	if (vf_statement_parse(in, &a, &s, NULL) != VF_OK || !rewrite(&s, &b, &t))
		return;
	rc = tr_statement_put(&t, &b, &text, NULL);
	if (rc == VF_PERSONAL_FIELD && tr_kind_is_personal(t.kind))
		return;
	MUST(rc == VF_OK && text.n <= tr_statement_room(&t));
	MUST(vf_statement_parse(text, &c, &again, NULL) == VF_OK);
	MUST(vf_bytes_eq(s.kind, again.kind) && vf_bytes_eq(s.study, again.study) && vf_bytes_eq(s.title, again.title));
	MUST(vf_bytes_eq(s.version, again.version) && vf_bytes_eq(s.date, again.date) && s.n_links == again.n_links);
	MUST(s.has_signer == again.has_signer && s.n_members == again.n_members && vf_hash_eq(&s.nonce, &again.nonce));
	for (size_t i = 0; i < s.n_members; i++)
		MUST(vf_bytes_eq(s.members[i].name, again.members[i].name) && s.members[i].role == again.members[i].role &&
			vf_pair_eq(&s.members[i].digests, &again.members[i].digests));
}

static void check_small(struct vf_bytes in)
{
	struct vf_stream_member stream, again;
	struct vf_commitment c, d;
	struct vf_bytes text;
	struct vf_arena a;

	vf_arena_init(&a, blocks[0], sizeof(blocks[0]));
	if (vf_stream_parse(in, &stream, NULL) == VF_OK) {
		MUST(tr_stream_put(&stream, &a, &text, NULL) == VF_OK && vf_stream_parse(text, &again, NULL) == VF_OK);
		MUST(again.seq == stream.seq && vf_hash_eq(&again.nonce, &stream.nonce) && vf_hash_eq(&again.prev, &stream.prev));
	}
	if (vf_commitment_parse(in, &a, &c, NULL) == VF_OK) {
		MUST(tr_commitment_put(&c, &a, &text, NULL) == VF_OK && vf_commitment_parse(text, &a, &d, NULL) == VF_OK);
		MUST(vf_bytes_eq(c.name, d.name) && vf_pair_eq(&c.digests, &d.digests) && vf_hash_eq(&c.salt, &d.salt));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);

	check_statement(in);
	check_small(in);
	tr_kind_find(in);
	return 0;
}
