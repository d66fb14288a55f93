/*
 * Paths of certificates: vf_path_build() at any time.
 *
 * Eight octets say when; then a leaf, other certificates and PEM anchors, each with a 16-bit length before it.
 * What is found ends in an anchor, and every certificate of it is valid at that time.
 */
#include "tests/fuzz/must.h"
#include "verify/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(struct vf_bytes *in, struct vf_bytes *ret)
{
	uint16_t n;

	return vf_take_u16be(in, &n) && vf_take(in, n, ret);
}

static void check_path(
	struct vf_pki *p, const struct vf_path *path, const struct vf_cert *leaf, size_t authority, int64_t at)
{
	bool is_anchored = false;

	MUST(path->chain.n > 0 && path->chain.n <= VF_MAX_PATH && vf_bytes_eq(path->chain.certs[0]->der, leaf->der));
	for (size_t i = 0; i < path->chain.n; i++)
		MUST(vf_cert_is_valid_at(path->chain.certs[i], at) && path->earliest_end <= path->chain.certs[i]->facts.not_after);
	for (size_t i = 0; i < vf_pki_anchor_count(p, authority); i++)
		is_anchored |= vf_bytes_eq(vf_pki_anchor(p, authority, i)->der, path->chain.certs[path->chain.n - 1]->der);
	MUST(is_anchored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size), leaf_der, others, pem;
	struct vf_pki *p = vf_pki_new();
	const struct vf_cert *leaf;
	struct vf_path path;
	struct vf_err err;
	uint64_t at;

	MUST(p != NULL);
	if (vf_take_u64be(&in, &at) && take(&in, &leaf_der) && take(&in, &others) && take(&in, &pem) &&
		vf_pki_add_anchors(p, 0, pem, &err) == VF_OK && vf_pki_add_anchors(p, VF_PKI_SUBMITTERS, pem, &err) == VF_OK &&
		vf_pki_cert(p, leaf_der, &leaf, &err) == VF_OK) {
		if (vf_path_build(p, leaf, VF_PURPOSE_TIME_STAMPING, 0, (int64_t)at, others, NULL, &path, &err) == VF_OK)
			check_path(p, &path, leaf, 0, (int64_t)at);
		if (vf_path_build(p, leaf, VF_PURPOSE_SIGNING, VF_PKI_SUBMITTERS, (int64_t)at, others, NULL, &path, &err) == VF_OK)
			check_path(p, &path, leaf, VF_PKI_SUBMITTERS, (int64_t)at);
	}
	vf_pki_free(p);
	return 0;
}
