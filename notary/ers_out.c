#include "notary/ers_out.h"

#include "verify/der.h"
#include "verify/limits.h"

/* OCTET STRING of a digest: 04 length value. */
#define VALUE_HEAD 2
#define MAX_ELEMENT (VALUE_HEAD + VF_DIGEST_MAX)

/* Lengths of the parts of one ArchiveTimeStamp, known before the first octet is written. */
struct plan {
	size_t size;   /* of a value */
	size_t alg;    /* of the contents of digestAlgorithm */
	size_t first;  /* of the contents of the first list */
	size_t tree;   /* of the contents of reducedHashtree */
	size_t body;   /* of the contents of the ArchiveTimeStamp */
	size_t whole;
};

static size_t der_size(size_t n)
{
	uint8_t head[VF_DER_HEAD];

	return vf_der_head(VF_DER_SEQUENCE, n, head) + n;
}

/* Writes into reserved room. */
static void put_head(struct nt_buf *out, uint8_t tag, size_t n)
{
	uint8_t head[VF_DER_HEAD];

	nt_buf_put(out, vf_bytes(head, vf_der_head(tag, n, head)));
}

static enum vf_rc make_plan(const struct nt_er_ats *ats, struct plan *ret, struct vf_err *reterr)
{
	struct plan p = {.size = vf_alg_size(ats->alg)};
	struct vf_der token;
	size_t later;

	if (p.size == 0)
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "a time-stamp needs a hash algorithm");
	if (ats->first.n == 0 || ats->first.n % p.size || ats->path.n % p.size || ats->last.n % p.size ||
		ats->last.n > p.size)
		return vf_fail(reterr, VF_ER_SHAPE, "hash values that are not of %s", vf_alg_name(ats->alg));
	if (ats->token.n > VF_MAX_TOKEN || ats->first.n / p.size > VF_MAX_ER_VALUES)
		return vf_fail(reterr, VF_LIMIT, "a token of %zu octets over %zu values", ats->token.n,
			ats->first.n / p.size);
	if (!vf_der_only(ats->token, VF_DER_SEQUENCE, &token))
		return vf_fail(reterr, VF_ER_SHAPE, "the token is not one DER sequence");
	later = (ats->path.n + ats->last.n) / p.size;
	if (later >= VF_MAX_ER_LISTS)
		return vf_fail(reterr, VF_LIMIT, "a path of %zu values", later);
	p.alg = der_size(vf_alg_oid(ats->alg).n);
	p.first = ats->first.n / p.size * (VALUE_HEAD + p.size);
	p.tree = der_size(p.first) + later * (2 + VALUE_HEAD + p.size);
	p.body = der_size(p.alg) + der_size(p.tree) + ats->token.n;
	p.whole = der_size(p.body);
	*ret = p;
	return VF_OK;
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
	uint8_t t[MAX_ELEMENT];

	memcpy(t, a, size);
	memcpy(a, b, size);
	memcpy(b, t, size);
}

static void sift(uint8_t *v, size_t at, size_t n, size_t size)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && memcmp(v + child * size, v + (child + 1) * size, size) < 0)
			child++;
		if (memcmp(v + at * size, v + child * size, size) >= 0)
			return;
		swap(v + at * size, v + child * size, size);
	}
}

/* Elements with equal heads sort like their values. Few are inserted; many are heap sorted. */
static void sort_elements(uint8_t *v, size_t n, size_t size)
{
	if (n <= 16) {
		for (size_t i = 1; i < n; i++)
			for (size_t j = i; j > 0 && memcmp(v + (j - 1) * size, v + j * size, size) > 0; j--)
				swap(v + (j - 1) * size, v + j * size, size);
		return;
	}
	for (size_t i = n / 2; i > 0; i--)
		sift(v, i - 1, n, size);
	for (size_t i = n; i > 1; i--) {
		swap(v, v + (i - 1) * size, size);
		sift(v, 0, i - 1, size);
	}
}

static void put_values(struct nt_buf *out, struct vf_bytes values, size_t size, bool lists)
{
	uint8_t head[4] = {VF_DER_SEQUENCE, (uint8_t)(VALUE_HEAD + size), VF_DER_OCTET_STRING, (uint8_t)size};
	struct vf_bytes v, h = lists ? vf_bytes(head, 4) : vf_bytes(head + 2, VALUE_HEAD);

	while (vf_take(&values, size, &v)) {
		nt_buf_put(out, h);
		nt_buf_put(out, v);
	}
}

/* ArchiveTimeStamp (RFC 4998 4.1): [0] algorithm, [2] tree, token. */
static void put_ats(struct nt_buf *out, const struct nt_er_ats *ats, const struct plan *p)
{
	const struct vf_bytes oid = vf_alg_oid(ats->alg);
	size_t at;

	put_head(out, VF_DER_SEQUENCE, p->body);
	put_head(out, VF_DER_CONTEXT(0), p->alg);
	put_head(out, VF_DER_OID, oid.n);
	nt_buf_put(out, oid);
	put_head(out, VF_DER_CONTEXT(2), p->tree);
	put_head(out, VF_DER_SEQUENCE, p->first);
	at = out->n;
	put_values(out, ats->first, p->size, false);
	if (!out->failed)
		sort_elements(out->p + at, ats->first.n / p->size, VALUE_HEAD + p->size);
	put_values(out, ats->path, p->size, true);
	put_values(out, ats->last, p->size, true);
	nt_buf_put(out, ats->token);
}

static enum vf_rc check_room(struct nt_buf *out, size_t n, struct vf_err *reterr)
{
	return nt_buf_reserve(out, n) ? VF_OK : nt_buf_check(out, reterr);
}

VF_RC nt_er_put(struct nt_buf *out, const struct nt_er_ats *ats, struct vf_err *reterr)
{
	static const uint8_t version[] = {VF_DER_INTEGER, 1, 1};
	size_t algs, sequence, body;
	struct plan p;
	enum vf_rc rc = make_plan(ats, &p, reterr);

	if (rc != VF_OK)
		return rc;
	algs = der_size(p.alg);
	sequence = der_size(p.whole);
	body = sizeof(version) + der_size(algs) + der_size(sequence);
	rc = check_room(out, der_size(body), reterr);
	if (rc != VF_OK)
		return rc;
	put_head(out, VF_DER_SEQUENCE, body);
	nt_buf_put(out, vf_bytes(version, sizeof(version)));
	put_head(out, VF_DER_SEQUENCE, algs);
	put_head(out, VF_DER_SEQUENCE, p.alg);
	put_head(out, VF_DER_OID, vf_alg_oid(ats->alg).n);
	nt_buf_put(out, vf_alg_oid(ats->alg));
	put_head(out, VF_DER_SEQUENCE, sequence);
	put_head(out, VF_DER_SEQUENCE, p.whole);
	put_ats(out, ats, &p);
	return nt_buf_check(out, reterr);
}

/* Whether the algorithm stands in digestAlgorithms already. */
static bool lists_algorithm(struct vf_bytes algorithms, enum vf_alg alg)
{
	struct vf_der d, oid;

	while (vf_der_take_tag(&algorithms, VF_DER_SEQUENCE, &d))
		if (vf_der_take_tag(&d.body, VF_DER_OID, &oid) && vf_alg_from_oid(oid.body) == alg)
			return true;
	return false;
}

/* The record's head with an algorithm added when it is new; infos are copied as they are. */
static void put_record_head(struct nt_buf *out, const struct vf_er *old, enum vf_alg alg, size_t sequence)
{
	static const uint8_t version[] = {VF_DER_INTEGER, 1, 1};
	const struct vf_bytes oid = vf_alg_oid(alg);
	const bool add = !lists_algorithm(old->algorithms, alg);
	const size_t algs = old->algorithms.n + (add ? der_size(der_size(oid.n)) : 0);
	const size_t infos = old->crypto_infos.n ? der_size(old->crypto_infos.n) : 0;

	put_head(out, VF_DER_SEQUENCE, sizeof(version) + der_size(algs) + infos + der_size(sequence));
	nt_buf_put(out, vf_bytes(version, sizeof(version)));
	put_head(out, VF_DER_SEQUENCE, algs);
	nt_buf_put(out, old->algorithms);
	if (add) {
		put_head(out, VF_DER_SEQUENCE, der_size(oid.n));
		put_head(out, VF_DER_OID, oid.n);
		nt_buf_put(out, oid);
	}
	if (infos) {
		put_head(out, VF_DER_CONTEXT(0), old->crypto_infos.n);
		nt_buf_put(out, old->crypto_infos);
	}
	put_head(out, VF_DER_SEQUENCE, sequence);
}

/* Room for a renewed record: what is there, one time-stamp, one algorithm, longer heads. */
static enum vf_rc check_renewal(struct nt_buf *out, const struct vf_er *old, const struct nt_er_ats *ats,
	struct plan *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (old->encrypted)
		return vf_fail(reterr, VF_ER_ENCRYPTED, "the record is over encrypted data");
	if (old->n_chains == 0 || old->n_stamps == 0)
		return vf_fail(reterr, VF_ER_SHAPE, "there is no record to renew");
	rc = make_plan(ats, ret, reterr);
	if (rc != VF_OK)
		return rc;
	return check_room(out, old->der.n + ret->whole + 6 * VF_DER_HEAD + MAX_ELEMENT, reterr);
}

VF_RC nt_er_put_stamp(struct nt_buf *out, const struct vf_er *old, const struct nt_er_ats *ats,
	struct vf_err *reterr)
{
	const struct vf_er_chain *last;
	struct vf_der chain;
	struct plan p;
	enum vf_rc rc = check_renewal(out, old, ats, &p, reterr);

	if (rc != VF_OK)
		return rc;
	last = &old->chains[old->n_chains - 1];
	if (ats->alg != old->stamps[last->first].alg)
		return vf_fail(reterr, VF_ER_ALGORITHM, "a chain of %s cannot go on with %s",
			vf_alg_name(old->stamps[last->first].alg), vf_alg_name(ats->alg));
	if (!vf_der_only(last->whole, VF_DER_SEQUENCE, &chain))
		return vf_fail(reterr, VF_INTERNAL, "the last chain was read before");
	put_record_head(out, old, ats->alg, last->older.n + der_size(chain.body.n + p.whole));
	nt_buf_put(out, last->older);
	put_head(out, VF_DER_SEQUENCE, chain.body.n + p.whole);
	nt_buf_put(out, chain.body);
	put_ats(out, ats, &p);
	return nt_buf_check(out, reterr);
}

VF_RC nt_er_put_chain(struct nt_buf *out, const struct vf_er *old, const struct nt_er_ats *ats,
	struct vf_err *reterr)
{
	struct plan p;
	enum vf_rc rc = check_renewal(out, old, ats, &p, reterr);

	if (rc != VF_OK)
		return rc;
	put_record_head(out, old, ats->alg, old->sequence.n + der_size(p.whole));
	nt_buf_put(out, old->sequence);
	put_head(out, VF_DER_SEQUENCE, p.whole);
	put_ats(out, ats, &p);
	return nt_buf_check(out, reterr);
}

/* After a failure nothing of the values stays in the buffer. */
static enum vf_rc take_back(struct nt_buf *out, size_t before, enum vf_rc rc)
{
	if (rc != VF_OK)
		out->n = before;
	return rc;
}

VF_RC nt_er_stamp_values(struct nt_buf *out, const struct vf_er *old, struct vf_err *reterr)
{
	const struct vf_er_chain *last;
	const size_t before = out->n;

	if (old->n_chains == 0)
		return vf_fail(reterr, VF_ER_SHAPE, "there is no record to renew");
	last = &old->chains[old->n_chains - 1];
	for (uint32_t i = 0; i < last->n; i++) {
		const struct vf_ats *ats = &old->stamps[last->first + i];
		struct vf_digest x;
		enum vf_rc rc = vf_digest(old->stamps[last->first].alg, ats->token, &x, reterr);

		if (rc != VF_OK)
			return take_back(out, before, rc);
		nt_buf_put(out, vf_digest_bytes(&x));
	}
	return take_back(out, before, nt_buf_check(out, reterr));
}

VF_RC nt_er_tree_values(struct nt_buf *out, const struct vf_er *old, enum vf_alg alg, struct vf_bytes digests,
	struct vf_err *reterr)
{
	const size_t size = vf_alg_size(alg), before = out->n;
	struct vf_digest older, h, d = {.alg = alg};
	struct vf_bytes v;
	enum vf_rc rc = VF_OK;

	if (old->encrypted)
		return vf_fail(reterr, VF_ER_ENCRYPTED, "the record is over encrypted data");
	if (size == 0 || digests.n == 0 || digests.n % size)
		return vf_fail(reterr, VF_ER_SHAPE, "hash values that are not of %s", vf_alg_name(alg));
	rc = vf_er_older(old, old->n_chains, alg, &older, reterr);
	while (rc == VF_OK && vf_take(&digests, size, &v)) {
		memcpy(d.b, v.p, size);
		rc = vf_er_renewed(&d, &older, &h, reterr);
		if (rc == VF_OK)
			nt_buf_put(out, vf_digest_bytes(&h));
	}
	if (rc == VF_OK)
		rc = nt_buf_check(out, reterr);
	return take_back(out, before, rc);
}

VF_RC nt_er_leaf(enum vf_alg alg, struct vf_bytes values, struct vf_digest *ret, struct vf_err *reterr)
{
	const size_t size = vf_alg_size(alg);
	VF_CLEANUP(nt_buf_done) struct nt_buf sorted = nt_buf(values.n ? values.n : 1);
	struct vf_digest lone = {.alg = alg};

	if (size == 0 || values.n == 0 || values.n % size)
		return vf_fail(reterr, VF_ER_SHAPE, "hash values that are not of %s", vf_alg_name(alg));
	if (values.n == size) {
		memcpy(lone.b, values.p, size);
		*ret = lone;
		return VF_OK;
	}
	nt_buf_put(&sorted, values);
	if (sorted.failed)
		return nt_buf_check(&sorted, reterr);
	sort_elements(sorted.p, values.n / size, size);
	return vf_digest(alg, nt_buf_bytes(&sorted), ret, reterr);
}
