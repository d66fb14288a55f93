/*
 * A second, slow writer of evidence records for tests: any shape, legal or not,
 * with tokens of which only the octets matter. All memory comes from one pool
 * that lives as long as the program.
 */
#ifndef TESTS_ERS_MAKE_H
#define TESTS_ERS_MAKE_H

#include <stdarg.h>

#include "tests/check.h"
#include "verify/der.h"
#include "verify/ers.h"

static inline uint8_t *mk_alloc(size_t n)
{
	/* every block begins with the address of the one before, so that none is lost */
	static uint8_t **blocks, *at;
	static size_t room;
	uint8_t *p;

	if (n > room) {
		room = n > (1u << 20) ? n : 1u << 20;
		uint8_t **block = malloc(sizeof(*block) + room);
		if (!block)
			exit(1);
		*block = (uint8_t *)blocks;
		blocks = block;
		at = (uint8_t *)(block + 1);
	}
	p = at;
	at += n;
	room -= n;
	return p;
}

static inline struct vf_bytes mk_join(const struct vf_bytes *parts, size_t n)
{
	size_t total = 0, at = 0;
	uint8_t *p;

	for (size_t i = 0; i < n; i++)
		total += parts[i].n;
	p = mk_alloc(total + 1);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n)
			memcpy(p + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	return vf_bytes(p, total);
}

/* All arguments are struct vf_bytes. */
#define MK_CAT(...)                                                                                        \
	mk_join((struct vf_bytes[]){__VA_ARGS__},                                                          \
		sizeof((struct vf_bytes[]){__VA_ARGS__}) / sizeof(struct vf_bytes))
#define MK_SEQ(...) mk_tlv(VF_DER_SEQUENCE, MK_CAT(__VA_ARGS__))
#define MK_LIST(...) mk_list((struct vf_bytes[]){__VA_ARGS__},                                             \
	sizeof((struct vf_bytes[]){__VA_ARGS__}) / sizeof(struct vf_bytes))

static inline struct vf_bytes mk_tlv(uint8_t tag, struct vf_bytes body)
{
	uint8_t head[VF_DER_HEAD];

	return MK_CAT(vf_bytes(head, vf_der_head(tag, body.n, head)), body);
}

static inline struct vf_bytes mk_list(const struct vf_bytes *values, size_t n)
{
	struct vf_bytes *v = (struct vf_bytes *)(void *)calloc(n + 1, sizeof(*v)), all;

	if (!v)
		exit(1);
	for (size_t i = 0; i < n; i++)
		v[i] = mk_tlv(VF_DER_OCTET_STRING, values[i]);
	all = mk_tlv(VF_DER_SEQUENCE, mk_join(v, n));
	free(v);
	return all;
}

static inline struct vf_bytes mk_hash(enum vf_alg alg, struct vf_bytes b)
{
	struct vf_digest d;

	if (vf_digest(alg, b, &d, NULL) != VF_OK)
		exit(1);
	return MK_CAT(vf_digest_bytes(&d));
}

/* H over the values, ascending: the textbook's way (insertion sort over copies). */
static inline struct vf_bytes mk_node(enum vf_alg alg, const struct vf_bytes *values, size_t n)
{
	struct vf_bytes *v = calloc(n, sizeof(*v)), r;

	if (!v)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		size_t j = i;

		for (; j > 0 && memcmp(v[j - 1].p, values[i].p, values[i].n) > 0; j--)
			v[j] = v[j - 1];
		v[j] = values[i];
	}
	r = mk_hash(alg, mk_join(v, n));
	free(v);
	return r;
}

#define MK_NODE(alg, ...) mk_node(alg, (struct vf_bytes[]){__VA_ARGS__},                                   \
	sizeof((struct vf_bytes[]){__VA_ARGS__}) / sizeof(struct vf_bytes))

static inline struct vf_bytes mk_alg(enum vf_alg alg, bool null)
{
	struct vf_bytes oid = mk_tlv(VF_DER_OID, vf_alg_oid(alg));

	return null ? MK_CAT(oid, vf_bytes("\x05", 2)) : oid;
}

/* ContentInfo { signedData, [0] { algorithm, imprint, salt } }: looks like a token from outside. */
static inline struct vf_bytes mk_token(enum vf_alg alg, struct vf_bytes imprint, const char *salt)
{
	const struct vf_bytes type = vf_bytes("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 11);

	return MK_SEQ(type, mk_tlv(VF_DER_CONTEXT(0), MK_SEQ(MK_SEQ(mk_alg(alg, true)),
		mk_tlv(VF_DER_OCTET_STRING, imprint), mk_tlv(VF_DER_OCTET_STRING, vf_bytes_str(salt)))));
}

/* The imprint of such a token. */
static inline bool mk_imprint(struct vf_bytes token, struct vf_digest *ret)
{
	struct vf_der d, alg, oid, v;

	if (!vf_der_only(token, VF_DER_SEQUENCE, &d) || !vf_der_take_tag(&d.body, VF_DER_OID, &oid) ||
		!vf_der_only(d.body, VF_DER_CONTEXT(0), &d) || !vf_der_only(d.body, VF_DER_SEQUENCE, &d) ||
		!vf_der_take_tag(&d.body, VF_DER_SEQUENCE, &alg) || !vf_der_take_tag(&alg.body, VF_DER_OID, &oid) ||
		!vf_der_take_tag(&d.body, VF_DER_OCTET_STRING, &v))
		return false;
	ret->alg = vf_alg_from_oid(oid.body);
	if (ret->alg == VF_ALG_NONE || v.body.n != vf_alg_size(ret->alg))
		return false;
	memcpy(ret->b, v.body.p, v.body.n);
	return true;
}

/* ArchiveTimeStamp; tree is the joined lists, empty for none; alg VF_ALG_NONE leaves the field out. */
static inline struct vf_bytes mk_ats(enum vf_alg alg, struct vf_bytes tree, struct vf_bytes token)
{
	const struct vf_bytes none = {NULL, 0};

	return MK_SEQ(alg ? mk_tlv(VF_DER_CONTEXT(0), mk_alg(alg, false)) : none,
		tree.n ? mk_tlv(VF_DER_CONTEXT(2), tree) : none, token);
}

/* EvidenceRecord over the joined chains; the algorithms that a test may use are all listed. */
static inline struct vf_bytes mk_record(struct vf_bytes chains)
{
	return MK_SEQ(vf_bytes("\x02\x01\x01", 3),
		MK_SEQ(MK_SEQ(mk_alg(VF_SHA256, false)), MK_SEQ(mk_alg(VF_SHA512, false))),
		mk_tlv(VF_DER_SEQUENCE, chains));
}

/* h' of RFC 4998 5.2 over the joined older chains. */
static inline struct vf_bytes mk_renewed(enum vf_alg alg, struct vf_bytes h, struct vf_bytes older)
{
	return mk_hash(alg, MK_CAT(h, mk_hash(alg, mk_tlv(VF_DER_SEQUENCE, older))));
}

#endif
