/*
 * A batch tree and the evidence records of all its leaves: tree building,
 * memory, paths, and records with a token of the usual size. One member a
 * record plus its statement, as the smallest real records have.
 */
#include "notary/ers_out.h"
#include "notary/tree.h"
#include "tests/bench/bench.h"
#include "verify/limits.h"

/* A P-256 token with its certificate, the CA's and a CRL has about that. */
#define TOKEN 2800

static struct vf_bytes make_token(uint8_t *room)
{
	room[0] = 0x30;
	room[1] = 0x82;
	room[2] = (TOKEN - 4) >> 8;
	room[3] = (TOKEN - 4) & 0xff;
	bench_fill(2, room + 4, TOKEN - 4);
	return vf_bytes(room, TOKEN);
}

/* The record of each leaf into the same buffer; returns the octets of the last. */
static size_t make_records(const struct nt_tree *tree, const struct vf_hash *ids, size_t n, struct vf_bytes token,
	struct nt_buf *out)
{
	struct vf_hash group[2], head, path[NT_TREE_PATH];
	struct vf_err err = {0};
	size_t n_path;

	bench_fill(3, &head, sizeof(head));
	bench_fill(4, group, sizeof(group));
	for (size_t i = 0; i < n; i++) {
		bench_need(nt_tree_path(tree, &ids[i], path, &n_path, &err), &err, "path");
		nt_buf_reset(out);
		group[0] = ids[i];
		bench_need(nt_er_put(out, &(struct nt_er_ats){.alg = VF_SHA256, .first = vf_bytes(group, sizeof(group)),
			.path = vf_bytes(path, n_path * sizeof(*path)), .last = vf_bytes(head.b, sizeof(head.b)),
			.token = token}, &err), &err, "record");
	}
	return out->n;
}

static void measure(size_t n)
{
	struct vf_hash *ids = calloc(n, sizeof(*ids));
	VF_CLEANUP(nt_tree_freep) struct nt_tree *tree = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(VF_MAX_PART);
	uint8_t room[TOKEN];
	struct vf_bytes token = make_token(room);
	struct vf_err err = {0};
	struct bench_clock began, built;
	size_t octets;

	if (!ids)
		exit(1);
	bench_fill(1, ids, n * sizeof(*ids));
	began = bench_begin();
	bench_need(nt_tree_new(ids, n, &tree, &err), &err, "tree");
	bench_row("tree_build", n, began, 0);
	bench_size("tree_memory", n, (double)nt_tree_memory(tree) / (double)n);
	built = bench_begin();
	octets = make_records(tree, ids, n, token, &out);
	bench_row("evidence_records_only", n, built, octets * n);
	bench_row("evidence_records_and_tree", n, began, octets * n);
	free(ids);
}

int main(int argc, char **argv)
{
	bench_head();
	measure(bench_count(argc, argv, 1, 100000));
	return 0;
}
