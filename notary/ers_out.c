#include "notary/ers_out.h"

#include <stdlib.h>

#include "verify/der.h"

/* Every value is an OCTET STRING of 32 octets: 04 20, then the value. */
#define VALUE 34u

static int hash_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

static size_t head_len(uint64_t n)
{
	uint8_t out[VF_DER_HEAD];

	return vf_der_head(VF_DER_SEQUENCE, n, out);
}

static size_t element_len(uint64_t n)
{
	return head_len(n) + (size_t)n;
}

static void put_head(struct nt_buf *out, uint8_t tag, uint64_t n)
{
	uint8_t head[VF_DER_HEAD];

	nt_buf_put(out, vf_bytes(head, vf_der_head(tag, n, head)));
}

static void put_value(struct nt_buf *out, const struct vf_hash *h)
{
	static const uint8_t head[] = {VF_DER_OCTET_STRING, 32};

	nt_buf_put(out, vf_bytes(head, sizeof(head)));
	nt_buf_put(out, vf_bytes(h->b, sizeof(h->b)));
}

static void put_lone(struct nt_buf *out, const struct vf_hash *h)
{
	put_head(out, VF_DER_SEQUENCE, VALUE);
	put_value(out, h);
}

VF_RC nt_er_put(struct nt_buf *out, struct vf_hash *members, size_t n_members, const struct vf_hash *path,
	size_t n_path, const struct vf_hash *last, struct vf_bytes token, struct vf_err *reterr)
{
	/* version 1, digestAlgorithms { sha256 }; digestAlgorithm [0] sha256: parameters absent (RFC 5754) */
	static const uint8_t start[] = {0x02, 1, 1, 0x30, 13, 0x30, 11, 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1};
	static const uint8_t alg[] = {0xa0, 11, 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1};
	size_t first = n_members * VALUE;
	size_t lists = element_len(first) + (n_path + 1) * element_len(VALUE);
	size_t stamp = sizeof(alg) + element_len(lists) + token.n;
	size_t chain = element_len(stamp), sequence = element_len(chain);
	size_t record = sizeof(start) + element_len(sequence);

	if (!nt_buf_reserve(out, element_len(record)))
		return nt_buf_check(out, reterr);
	put_head(out, VF_DER_SEQUENCE, record);
	nt_buf_put(out, vf_bytes(start, sizeof(start)));
	put_head(out, VF_DER_SEQUENCE, sequence);
	put_head(out, VF_DER_SEQUENCE, chain);
	put_head(out, VF_DER_SEQUENCE, stamp);
	nt_buf_put(out, vf_bytes(alg, sizeof(alg)));
	put_head(out, VF_DER_CONTEXT(2), lists);
	put_head(out, VF_DER_SEQUENCE, first);
	qsort(members, n_members, sizeof(*members), hash_order);
	for (size_t i = 0; i < n_members; i++)
		put_value(out, &members[i]);
	for (size_t i = 0; i < n_path; i++)
		put_lone(out, &path[i]);
	put_lone(out, last);
	nt_buf_put(out, token);
	return nt_buf_check(out, reterr);
}
