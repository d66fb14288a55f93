#include "verify/ers.h"

#include <inttypes.h>

#include "verify/der.h"
#include "verify/limits.h"

/* A value is 04 length octets; digests are shorter than 128 octets. */
#define VALUE_HEAD 2

/* ATS tags (RFC 4998 4.1) and record tags (3.1), all IMPLICIT. */
#define TAG_ALGORITHM VF_DER_CONTEXT(0)
#define TAG_ATTRIBUTES VF_DER_CONTEXT(1)
#define TAG_TREE VF_DER_CONTEXT(2)
#define TAG_CRYPTO_INFOS VF_DER_CONTEXT(0)
#define TAG_ENCRYPTION_INFO VF_DER_CONTEXT(1)

struct reader {
	struct vf_arena *arena;
	uint64_t values; /* read so far, in all lists */
	struct vf_err *reterr;
};

static enum vf_rc fail_at(struct vf_err *reterr, enum vf_rc rc, const struct vf_ats *ats, const char *what)
{
	return vf_fail(reterr, rc, "time-stamp %" PRIu32 " of chain %" PRIu32 " %s", ats->index + 1,
		ats->chain + 1, what);
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
	uint8_t t[VF_DIGEST_MAX];

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

/* Heap sort: no memory, and no input makes it quadratic. */
static void sort_values(uint8_t *v, size_t n, size_t size)
{
	for (size_t i = n / 2; i > 0; i--)
		sift(v, i - 1, n, size);
	for (size_t i = n; i > 1; i--) {
		swap(v, v + (i - 1) * size, size);
		sift(v, 0, i - 1, size);
	}
}

static struct vf_bytes value_at(const struct vf_ats *ats, const struct vf_er_list *list, size_t j)
{
	const uint64_t head = list->copied ? 0 : VALUE_HEAD;
	struct vf_bytes v = {NULL, 0};

	if (!vf_bytes_slice(list->octets, j * (ats->size + head) + head, ats->size, &v))
		return vf_bytes(NULL, 0);
	return v;
}

static struct vf_digest digest_of(enum vf_alg alg, struct vf_bytes value)
{
	struct vf_digest d = {.alg = alg};

	if (value.n > 0 && value.n <= sizeof(d.b))
		memcpy(d.b, value.p, value.n);
	return d;
}

/* Replaces a list that does not ascend by a sorted copy of its values. */
static enum vf_rc sort_list(struct reader *r, const struct vf_ats *ats, struct vf_er_list *list)
{
	uint8_t *copy = vf_arena_take(r->arena, list->n, ats->size);

	if (!copy)
		return vf_fail(r->reterr, VF_NO_MEMORY, "no memory for %" PRIu32 " hash values", list->n);
	for (uint32_t j = 0; j < list->n; j++)
		memcpy(copy + (size_t)j * ats->size, value_at(ats, list, j).p, ats->size);
	sort_values(copy, list->n, ats->size);
	list->octets = vf_bytes(copy, (size_t)list->n * ats->size);
	list->copied = true;
	return VF_OK;
}

/* The length of the values, from the first one when no algorithm is written. */
static bool read_size(struct vf_ats *ats, struct vf_bytes body)
{
	struct vf_der v;

	if (ats->size == 0 && vf_der_take_tag(&body, VF_DER_OCTET_STRING, &v) && v.body.n <= VF_DIGEST_MAX)
		ats->size = (uint8_t)v.body.n;
	return ats->size != 0;
}

/* PartialHashtree ::= SEQUENCE OF OCTET STRING, every value of the digest's length. */
static enum vf_rc read_list(struct reader *r, struct vf_ats *ats, struct vf_bytes body, struct vf_er_list *list)
{
	struct vf_bytes v, before = {NULL, 0};
	bool ascends = true;

	list->octets = body;
	if (!read_size(ats, body))
		return fail_at(r->reterr, VF_ER_SHAPE, ats, "holds an empty list or an empty value");
	for (; body.n; list->n++, before = v) {
		if (r->values++ == VF_MAX_ER_VALUES)
			return fail_at(r->reterr, VF_LIMIT, ats, "holds too many hash values");
		/* what vf_der_take_tag() does for an OCTET STRING of this length */
		if (!vf_take(&body, VALUE_HEAD + (size_t)ats->size, &v) || v.p[0] != VF_DER_OCTET_STRING ||
			v.p[1] != ats->size)
			return fail_at(r->reterr, VF_ER_SHAPE, ats, "holds a hash value of another length");
		ascends = ascends && (!before.p || vf_bytes_cmp(before, v) <= 0);
	}
	if (list->n == 0)
		return fail_at(r->reterr, VF_ER_SHAPE, ats, "holds an empty list");
	return ascends ? VF_OK : sort_list(r, ats, list);
}

/* Counts the elements of a SEQUENCE OF SEQUENCE; false when it holds anything else. */
static bool count_sequences(struct vf_bytes body, size_t *ret)
{
	struct vf_der d;
	size_t n = 0;

	for (; body.n; n++)
		if (!vf_der_take_tag(&body, VF_DER_SEQUENCE, &d))
			return false;
	*ret = n;
	return true;
}

/* More lists than these octets can hold, or than are allowed. */
static size_t bound_lists(const struct vf_ats *ats, size_t octets)
{
	const size_t size = ats->size ? ats->size : 1, bound = octets / (2 + VALUE_HEAD + size);

	return bound < VF_MAX_ER_LISTS ? bound : VF_MAX_ER_LISTS;
}

static enum vf_rc read_tree(struct reader *r, struct vf_ats *ats, struct vf_bytes body)
{
	const size_t bound = bound_lists(ats, body.n);
	struct vf_er_list *lists = VF_NEW(r->arena, bound, struct vf_er_list);
	struct vf_der d;

	if (!lists)
		return vf_fail(r->reterr, VF_NO_MEMORY, "no memory for %zu lists", bound);
	for (; body.n; ats->n_lists++) {
		enum vf_rc rc;

		if (ats->n_lists == VF_MAX_ER_LISTS)
			return fail_at(r->reterr, VF_LIMIT, ats, "has too many lists");
		if (ats->n_lists == bound || !vf_der_take_tag(&body, VF_DER_SEQUENCE, &d))
			return fail_at(r->reterr, VF_ER_SHAPE, ats, "has a hash tree that is not of lists");
		rc = read_list(r, ats, d.body, &lists[ats->n_lists]);
		if (rc != VF_OK)
			return rc;
	}
	if (ats->n_lists == 0)
		return fail_at(r->reterr, VF_ER_SHAPE, ats, "has an empty hash tree");
	ats->lists = lists;
	return VF_OK;
}

/* SEQUENCE or SET OF Attribute, SIZE (1..MAX); the values are anything that is DER. */
static bool is_attributes(struct vf_bytes body)
{
	struct vf_der d, type, values;

	if (!vf_der_is_strict(body))
		return false;
	while (body.n) {
		if (!vf_der_take_tag(&body, VF_DER_SEQUENCE, &d) ||
			!vf_der_take_tag(&d.body, VF_DER_OID, &type) ||
			!vf_der_take_tag(&d.body, VF_DER_SET, &values) || d.body.n != 0)
			return false;
	}
	return true;
}

/* The contents of an AlgorithmIdentifier of a digest: parameters absent or NULL (RFC 5754 2). */
static enum vf_rc read_algorithm(struct reader *r, struct vf_ats *ats, struct vf_bytes body)
{
	struct vf_der oid, null;

	if (!vf_der_take_tag(&body, VF_DER_OID, &oid) || !vf_der_is_oid(oid.body) ||
		(body.n && (!vf_der_only(body, VF_DER_NULL, &null) || null.body.n)))
		return fail_at(r->reterr, VF_ER_SHAPE, ats, "has a malformed digest algorithm");
	ats->alg = vf_alg_from_oid(oid.body);
	if (ats->alg == VF_ALG_NONE) {
		char text[128];

		vf_der_oid_text(oid.body, text, sizeof(text));
		return vf_fail(r->reterr, VF_UNKNOWN_ALGORITHM, "unknown digest algorithm '%s'", text);
	}
	ats->has_alg = true;
	ats->size = (uint8_t)vf_alg_size(ats->alg);
	return VF_OK;
}

/* ArchiveTimeStamp (RFC 4998 4.1). */
static enum vf_rc read_stamp(struct reader *r, struct vf_ats *ats, struct vf_bytes body)
{
	struct vf_der alg, attributes, tree, token;
	enum vf_rc rc = VF_OK;

	if (!vf_der_take_optional(&body, TAG_ALGORITHM, &alg, &ats->has_alg) ||
		!vf_der_take_optional(&body, TAG_ATTRIBUTES, &attributes, &ats->has_attributes) ||
		!vf_der_take_optional(&body, TAG_TREE, &tree, &ats->has_tree) ||
		!vf_der_take_tag(&body, VF_DER_SEQUENCE, &token) || token.body.n == 0 || body.n != 0)
		return fail_at(r->reterr, VF_ER_SHAPE, ats, "is malformed");
	if (token.whole.n > VF_MAX_TOKEN)
		return fail_at(r->reterr, VF_LIMIT, ats, "has a token that is too large");
	ats->token = token.whole;
	if (ats->has_attributes && !is_attributes(attributes.body))
		return fail_at(r->reterr, VF_ER_SHAPE, ats, "has malformed attributes");
	if (ats->has_alg)
		rc = read_algorithm(r, ats, alg.body);
	if (rc == VF_OK && ats->has_tree)
		rc = read_tree(r, ats, tree.body);
	return rc;
}

static enum vf_rc read_chain(struct reader *r, struct vf_er *er, uint32_t c, struct vf_bytes body)
{
	struct vf_der d;

	for (uint32_t i = 0; i < er->chains[c].n && vf_der_take_tag(&body, VF_DER_SEQUENCE, &d); i++) {
		struct vf_ats *ats = &er->stamps[er->chains[c].first + i];
		enum vf_rc rc;

		ats->chain = c;
		ats->index = i;
		ats->whole = d.whole;
		rc = read_stamp(r, ats, d.body);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* Tables for all chains and time-stamps; the counts bound every later loop. */
static enum vf_rc lay_out(struct reader *r, struct vf_er *er)
{
	struct vf_bytes rest = er->sequence;
	struct vf_der d;
	size_t n;

	if (!count_sequences(rest, &er->n_chains) || er->n_chains == 0)
		return vf_fail(r->reterr, VF_ER_SHAPE, "the sequence of chains is empty or malformed");
	if (er->n_chains > VF_MAX_ER_CHAINS)
		return vf_fail(r->reterr, VF_LIMIT, "more than %d chains", VF_MAX_ER_CHAINS);
	er->chains = VF_NEW(r->arena, er->n_chains, struct vf_er_chain);
	if (!er->chains)
		return vf_fail(r->reterr, VF_NO_MEMORY, "no memory for %zu chains", er->n_chains);
	for (size_t c = 0; c < er->n_chains; c++) {
		struct vf_er_chain *chain = &er->chains[c];

		if (!vf_bytes_slice(er->sequence, 0, er->sequence.n - rest.n, &chain->older) ||
			!vf_der_take_tag(&rest, VF_DER_SEQUENCE, &d) || !count_sequences(d.body, &n) || n == 0)
			return vf_fail(r->reterr, VF_ER_SHAPE, "chain %zu is empty or malformed", c + 1);
		if (n > VF_MAX_ER_STAMPS - er->n_stamps)
			return vf_fail(r->reterr, VF_LIMIT, "more than %d time-stamps", VF_MAX_ER_STAMPS);
		chain->whole = d.whole;
		chain->first = (uint32_t)er->n_stamps;
		chain->n = (uint32_t)n;
		er->n_stamps += n;
	}
	er->stamps = VF_NEW(r->arena, er->n_stamps, struct vf_ats);
	if (!er->stamps)
		return vf_fail(r->reterr, VF_NO_MEMORY, "no memory for %zu time-stamps", er->n_stamps);
	return VF_OK;
}

/* digestAlgorithms: any parameters, for only those of the time-stamps count. */
static bool is_algorithms(struct vf_bytes body)
{
	struct vf_der d, oid;

	if (!vf_der_is_strict(body))
		return false;
	while (body.n)
		if (!vf_der_take_tag(&body, VF_DER_SEQUENCE, &d) ||
			!vf_der_take_tag(&d.body, VF_DER_OID, &oid))
			return false;
	return true;
}

/* EncryptionInfo ::= SEQUENCE { type OID, value ANY } (RFC 4998 6.1). */
static bool is_encryption_info(struct vf_bytes body)
{
	struct vf_der type, value;

	return vf_der_is_strict(body) && vf_der_take_tag(&body, VF_DER_OID, &type) &&
		vf_der_take(&body, &value) && body.n == 0;
}

/* EvidenceRecord without the chains (RFC 4998 3.1). */
static enum vf_rc read_head(struct vf_bytes der, struct vf_er *er, struct vf_err *reterr)
{
	struct vf_der d, version, algs, infos = {0}, encryption, sequence;
	bool has_infos;
	uint64_t v;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &d))
		return vf_fail(reterr, VF_ER_SHAPE, "not a single DER sequence");
	if (!vf_der_take_tag(&d.body, VF_DER_INTEGER, &version) || !vf_der_uint(version.body, &v) || v != 1)
		return vf_fail(reterr, VF_ER_SHAPE, "not an evidence record of version 1");
	if (!vf_der_take_tag(&d.body, VF_DER_SEQUENCE, &algs) || !is_algorithms(algs.body))
		return vf_fail(reterr, VF_ER_SHAPE, "'digestAlgorithms' is malformed");
	if (!vf_der_take_optional(&d.body, TAG_CRYPTO_INFOS, &infos, &has_infos) ||
		(has_infos && !is_attributes(infos.body)))
		return vf_fail(reterr, VF_ER_SHAPE, "'cryptoInfos' is malformed");
	if (!vf_der_take_optional(&d.body, TAG_ENCRYPTION_INFO, &encryption, &er->encrypted) ||
		(er->encrypted && !is_encryption_info(encryption.body)))
		return vf_fail(reterr, VF_ER_SHAPE, "'encryptionInfo' is malformed");
	if (!vf_der_take_tag(&d.body, VF_DER_SEQUENCE, &sequence) || d.body.n != 0)
		return vf_fail(reterr, VF_ER_SHAPE, "'archiveTimeStampSequence' is malformed or not the last");
	er->der = der;
	er->algorithms = algs.body;
	er->crypto_infos = infos.body;
	er->sequence = sequence.body;
	return VF_OK;
}

VF_RC vf_er_parse(struct vf_bytes der, struct vf_arena *arena, struct vf_er *ret, struct vf_err *reterr)
{
	struct reader r = {.arena = arena, .reterr = reterr};
	struct vf_er er = {0};
	enum vf_rc rc;

	if (der.n > VF_MAX_ER)
		return vf_fail(reterr, VF_LIMIT, "an evidence record of more than %d octets", VF_MAX_ER);
	rc = read_head(der, &er, reterr);
	if (rc == VF_OK)
		rc = lay_out(&r, &er);
	for (uint32_t c = 0; rc == VF_OK && c < er.n_chains; c++) {
		struct vf_der d;

		if (!vf_der_only(er.chains[c].whole, VF_DER_SEQUENCE, &d))
			return vf_fail(reterr, VF_INTERNAL, "chain %" PRIu32 " was read before", c + 1);
		rc = read_chain(&r, &er, c, d.body);
	}
	if (rc == VF_OK)
		*ret = er;
	return rc;
}

bool vf_ats_value(const struct vf_ats *ats, size_t list, size_t j, struct vf_digest *ret)
{
	if (ats->alg == VF_ALG_NONE || list >= ats->n_lists || j >= ats->lists[list].n)
		return false;
	*ret = digest_of(ats->alg, value_at(ats, &ats->lists[list], j));
	return true;
}

bool vf_ats_find(const struct vf_ats *ats, const struct vf_digest *digest, size_t *ret)
{
	const struct vf_bytes want = vf_digest_bytes(digest);
	size_t lo = 0, hi;

	if (digest->alg == VF_ALG_NONE || digest->alg != ats->alg)
		return false;
	if (!ats->has_tree) {
		*ret = 0;
		return ats->has_imprint && vf_digest_eq(&ats->imprint, digest);
	}
	hi = ats->lists[0].n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (vf_bytes_cmp(value_at(ats, &ats->lists[0], mid), want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = lo;
	return lo < ats->lists[0].n && vf_bytes_eq(value_at(ats, &ats->lists[0], lo), want);
}

bool vf_ats_covers(const struct vf_ats *ats, const struct vf_digest *digest)
{
	size_t at;

	return vf_ats_find(ats, digest, &at);
}

/* One list: its values and, when it is set, the node so far, ascending (RFC 4998 4.3 step 3). */
static enum vf_rc fold(const struct vf_ats *ats, const struct vf_er_list *list, bool set, struct vf_digest *node,
	struct vf_err *reterr)
{
	const struct vf_bytes first = value_at(ats, list, 0), cur = vf_digest_bytes(node);
	struct vf_hasher h;
	enum vf_rc rc;

	if (list->n == 1 && !set) {
		*node = digest_of(ats->alg, first);
		return VF_OK;
	}
	if (list->n == 1 && ats->alg == VF_SHA256) {
		struct vf_hash two = vf_bytes_cmp(cur, first) < 0 ? vf_sha256_2(cur, first) :
								   vf_sha256_2(first, cur);

		memcpy(node->b, two.b, sizeof(two.b));
		return VF_OK;
	}
	rc = vf_hasher_init(&h, ats->alg, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t j = 0; j < list->n; j++) {
		const struct vf_bytes v = value_at(ats, list, j);

		if (set && vf_bytes_cmp(cur, v) <= 0) {
			vf_hasher_put(&h, cur);
			set = false;
		}
		vf_hasher_put(&h, v);
	}
	if (set)
		vf_hasher_put(&h, cur);
	return vf_hasher_done(&h, node, reterr);
}

VF_RC vf_ats_node(const struct vf_ats *ats, size_t n_lists, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_digest node = {.alg = ats->alg};

	if (ats->alg == VF_ALG_NONE)
		return fail_at(reterr, VF_UNKNOWN_ALGORITHM, ats, "names no algorithm and its token was not read");
	if (n_lists == 0 || n_lists > ats->n_lists)
		return fail_at(reterr, VF_ER_SHAPE, ats, "has fewer lists");
	for (size_t i = 0; i < n_lists; i++) {
		enum vf_rc rc = fold(ats, &ats->lists[i], i > 0, &node, reterr);

		if (rc != VF_OK)
			return rc;
	}
	*ret = node;
	return VF_OK;
}

VF_RC vf_ats_root(const struct vf_ats *ats, const struct vf_digest *lone, struct vf_digest *ret,
	struct vf_err *reterr)
{
	if (ats->has_tree)
		return vf_ats_node(ats, ats->n_lists, ret, reterr);
	if (!lone)
		return fail_at(reterr, VF_ER_NOT_COVERED, ats, "has no hash tree and covers one object alone");
	*ret = *lone;
	return VF_OK;
}

VF_RC vf_er_set_imprint(struct vf_er *er, size_t i, const struct vf_digest *imprint, struct vf_err *reterr)
{
	struct vf_digest root;
	struct vf_ats ats;
	enum vf_rc rc;

	if (i >= er->n_stamps)
		return vf_fail(reterr, VF_INTERNAL, "there is no time-stamp %zu", i);
	ats = er->stamps[i];
	if (vf_alg_size(imprint->alg) == 0)
		return fail_at(reterr, VF_UNKNOWN_ALGORITHM, &ats, "has an imprint of an unknown algorithm");
	if (ats.has_alg && ats.alg != imprint->alg)
		return fail_at(reterr, VF_ER_ALGORITHM, &ats, "names another algorithm than its token");
	if (ats.has_tree && ats.size != vf_alg_size(imprint->alg))
		return fail_at(reterr, VF_ER_SHAPE, &ats, "holds a hash value of another length");
	ats.alg = imprint->alg;
	rc = vf_ats_root(&ats, imprint, &root, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_digest_eq(&root, imprint))
		return fail_at(reterr, VF_ER_ROOT, &ats, "has a hash tree that leads to another value than its token");
	ats.imprint = *imprint;
	ats.has_imprint = true;
	er->stamps[i] = ats;
	return VF_OK;
}
