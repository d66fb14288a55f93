/*
 * RFC 9162 proofs of any numbers: start, end, index, size as 64-bit numbers, then hashes.
 *
 * A proof of the right length that was computed here must hold, and the same hashes with one changed must not.
 */
#include "tests/fuzz/must.h"
#include "verify/merkle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The root to which an inclusion proof leads (RFC 9162 2.1.3.2, from the leaf upward). */
static struct vf_hash root_of(uint64_t index, uint64_t size, const struct vf_hash *leaf, const struct vf_hash *proof,
	size_t n)
{
	uint64_t fn = index, sn = size - 1;
	struct vf_hash r = *leaf;

	for (size_t i = 0; i < n; i++) {
		if ((fn & 1) || fn == sn) {
			r = vf_merkle_node(&proof[i], &r);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = vf_merkle_node(&r, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return r;
}

static void check_inclusion(uint64_t index, uint64_t size, const struct vf_hash *leaf, struct vf_hash *proof, size_t n)
{
	struct vf_hash root;
	size_t want;
	bool fits = vf_merkle_inclusion_length(index, size, &want) && want == n;
	enum vf_rc rc = vf_merkle_check_inclusion(index, size, leaf, proof, n, leaf, NULL);

	MUST(fits || rc == VF_PROOF_INDEX || rc == VF_PROOF_LENGTH);
	if (!fits)
		return;
	root = root_of(index, size, leaf, proof, n);
	MUST(vf_merkle_check_inclusion(index, size, leaf, proof, n, &root, NULL) == VF_OK);
	if (n == 0)
		return;
	proof[index % n].b[size % 32] ^= 1;
	MUST(vf_merkle_check_inclusion(index, size, leaf, proof, n, &root, NULL) == VF_PROOF_ROOT);
	proof[index % n].b[size % 32] ^= 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_hash hashes[70] = {{{0}}};
	struct vf_bytes in = vf_bytes(data, size), b;
	uint64_t start, end, index, leaves;
	size_t n = 0, want;

	if (!vf_take_u64be(&in, &start) || !vf_take_u64be(&in, &end) || !vf_take_u64be(&in, &index) ||
		!vf_take_u64be(&in, &leaves))
		return 0;
	while (n < 66 && vf_take(&in, 32, &b))
		memcpy(hashes[n++].b, b.p, 32);
	check_inclusion(index, leaves, &hashes[0], hashes + 1, n ? n - 1 : 0);
	if (vf_merkle_inclusion_length(index, leaves, &want) && want <= 66)
		check_inclusion(index, leaves, &hashes[0], hashes + 1, want);
	/* whatever a consistency proof says, other roots than those that were given are not accepted */
	if (vf_merkle_check_consistency(start, end, &hashes[0], &hashes[1], hashes + 2, n > 2 ? n - 2 : 0, NULL) == VF_OK)
		MUST(start == 0 || start == end || n > 2);
	/* any outcome will do, crashes will not */
	vf_ignore(vf_merkle_check_subtree_inclusion(
		index, start, end, &hashes[0], hashes + 1, n ? n - 1 : 0, &hashes[1], NULL));
	vf_ignore(vf_merkle_check_subtree_consistency(
		start, end, leaves, &hashes[0], &hashes[1], hashes + 2, n > 2 ? n - 2 : 0, NULL));
	MUST(!vf_merkle_subtree_is(start, end) || start <= end);
	return 0;
}
