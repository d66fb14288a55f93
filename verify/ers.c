#include "verify/ers.h"

#include <inttypes.h>

#include "verify/der.h"
#include "verify/limits.h"
#include "verify/tst.h"

static enum vf_rc shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_ER_SHAPE, "evidence record: %s", what);
}

/* The contents of an AlgorithmIdentifier: parameters absent or NULL (RFC 5754). */
static enum vf_rc parse_algorithm(struct vf_bytes in, enum vf_alg *ret, struct vf_err *reterr)
{
	struct vf_der oid, null;
	bool has_null;
	char text[80];

	if (!vf_der_take_tag(&in, VF_DER_OID, &oid) || !vf_der_is_oid(oid.body) ||
		!vf_der_take_optional(&in, VF_DER_NULL, &null, &has_null) || in.n != 0 || (has_null && null.body.n != 0))
		return shape(reterr, "an algorithm identifier is malformed");
	*ret = vf_alg_from_oid(oid.body);
	if (*ret != VF_ALG_NONE)
		return VF_OK;
	vf_der_oid_text(oid.body, text, sizeof(text));
	return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "evidence record: the hash algorithm %s is not known", text);
}

/* ---- lists ---- */

static bool take_value(struct vf_bytes *in, size_t n, struct vf_bytes *ret)
{
	struct vf_der d;

	if (!vf_der_take_tag(in, VF_DER_OCTET_STRING, &d) || d.body.n != n)
		return false;
	*ret = d.body;
	return true;
}

static enum vf_rc parse_list(struct vf_bytes body, enum vf_alg alg, uint64_t *values, struct vf_er_list *ret,
	struct vf_err *reterr)
{
	struct vf_bytes in = body, value, last = {0};

	*ret = (struct vf_er_list){.elements = body, .is_ascending = true};
	while (in.n) {
		if (!take_value(&in, vf_alg_size(alg), &value))
			return shape(reterr, "a value of a hash tree is no digest of its algorithm");
		if (ret->n > 0 && vf_bytes_cmp(last, value) > 0)
			ret->is_ascending = false;
		last = value;
		ret->n++;
		if (++*values > VF_MAX_ER_VALUES)
			return vf_fail(reterr, VF_LIMIT, "evidence record: more than %d values", VF_MAX_ER_VALUES);
	}
	return ret->n ? VF_OK : shape(reterr, "a list of a hash tree is empty");
}

static size_t count_elements(struct vf_bytes in)
{
	struct vf_der d;
	size_t n = 0;

	while (in.n && vf_der_take(&in, &d))
		n++;
	return in.n ? 0 : n;
}

static enum vf_rc parse_tree(struct vf_bytes in, struct vf_arena *a, struct vf_ats *s, struct vf_err *reterr)
{
	size_t n = count_elements(in), largest = 0;
	struct vf_er_list *lists;
	uint64_t values = 0;

	if (n == 0)
		return shape(reterr, "a hash tree is empty");
	if (n > VF_MAX_ER_LISTS)
		return vf_fail(reterr, VF_LIMIT, "evidence record: more than %d lists", VF_MAX_ER_LISTS);
	lists = VF_NEW(a, n, struct vf_er_list);
	if (!lists)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a hash tree");
	for (size_t i = 0; i < n; i++) {
		struct vf_der list;
		enum vf_rc rc;

		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &list))
			return shape(reterr, "a list of a hash tree is malformed");
		rc = parse_list(list.body, s->alg, &values, &lists[i], reterr);
		if (rc != VF_OK)
			return rc;
		if (lists[i].n > largest)
			largest = lists[i].n;
	}
	s->lists = lists;
	s->n_lists = n;
	s->has_tree = true;
	s->scratch = largest > 2 ? VF_NEW(a, largest + 1, struct vf_digest) : VF_NEW(a, 3, struct vf_digest);
	return s->scratch ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a hash tree");
}

/* ---- the module ---- */

/* An absent digestAlgorithm means the one of the token's messageImprint. */
static enum vf_rc imprint_algorithm(struct vf_ats *s, struct vf_err *reterr)
{
	struct vf_tst t;
	enum vf_rc rc;

	if (s->has_alg)
		return VF_OK;
	rc = vf_tst_parse(s->token, &t, reterr);
	if (rc == VF_OK)
		s->alg = t.imprint.alg;
	return rc;
}

static enum vf_rc parse_stamp(struct vf_bytes in, struct vf_arena *a, struct vf_ats *s, struct vf_err *reterr)
{
	struct vf_der alg, attributes, tree, token;
	bool has_attributes, has_tree;
	enum vf_rc rc;

	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &alg, &s->has_alg) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(1), &attributes, &has_attributes) ||
		!vf_der_take_optional(&in, VF_DER_CONTEXT(2), &tree, &has_tree) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &token) || in.n != 0)
		return shape(reterr, "an archive time-stamp is malformed");
	if (has_attributes && (attributes.body.n == 0 || !vf_der_is_strict(attributes.body)))
		return shape(reterr, "the attributes of an archive time-stamp are malformed");
	if (token.whole.n > VF_MAX_TOKEN)
		return vf_fail(reterr, VF_LIMIT, "evidence record: a token is larger than %d bytes", VF_MAX_TOKEN);
	s->token = token.whole;
	rc = s->has_alg ? parse_algorithm(alg.body, &s->alg, reterr) : imprint_algorithm(s, reterr);
	if (rc != VF_OK)
		return rc;
	return has_tree ? parse_tree(tree.body, a, s, reterr) : VF_OK;
}

static enum vf_rc parse_chain(struct vf_bytes in, struct vf_arena *a, struct vf_er *er, struct vf_err *reterr)
{
	struct vf_der d;

	for (uint32_t index = 0; in.n; index++) {
		struct vf_ats *s = &er->stamps[er->n_stamps];
		enum vf_rc rc;

		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
			return shape(reterr, "a chain is malformed");
		*s = (struct vf_ats){.chain = (uint32_t)er->n_chains - 1, .index = index};
		rc = parse_stamp(d.body, a, s, reterr);
		if (rc != VF_OK)
			return rc;
		er->n_stamps++;
	}
	return VF_OK;
}

static enum vf_rc parse_sequence(struct vf_bytes in, struct vf_arena *a, struct vf_er *er, struct vf_err *reterr)
{
	size_t chains = count_elements(in), stamps = 0;
	struct vf_bytes rest = in;
	struct vf_der d;

	if (chains == 0)
		return shape(reterr, "there is no chain");
	while (rest.n && vf_der_take_tag(&rest, VF_DER_SEQUENCE, &d)) {
		size_t n = count_elements(d.body);

		if (n == 0)
			return shape(reterr, "a chain is empty or malformed");
		stamps += n;
	}
	if (rest.n)
		return shape(reterr, "a chain is malformed");
	if (chains > VF_MAX_ER_CHAINS || stamps > VF_MAX_ER_STAMPS)
		return vf_fail(reterr, VF_LIMIT, "evidence record: %zu chains with %zu time-stamps", chains, stamps);
	er->chains = VF_NEW(a, chains, struct vf_bytes);
	er->stamps = VF_NEW(a, stamps, struct vf_ats);
	if (!er->chains || !er->stamps)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu time-stamps", stamps);
	while (vf_der_take_tag(&in, VF_DER_SEQUENCE, &d)) {
		enum vf_rc rc;

		er->chains[er->n_chains++] = d.whole;
		rc = parse_chain(d.body, a, er, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static enum vf_rc parse_algorithms(struct vf_bytes in, struct vf_err *reterr)
{
	struct vf_der d;
	enum vf_alg alg;

	if (in.n == 0)
		return shape(reterr, "digestAlgorithms is empty");
	while (in.n) {
		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
			return shape(reterr, "digestAlgorithms is malformed");
		/* the algorithms that count are those of the time-stamps; these are only listed */
		enum vf_rc rc = parse_algorithm(d.body, &alg, reterr);
		if (rc != VF_OK && rc != VF_UNKNOWN_ALGORITHM)
			return rc;
	}
	return VF_OK;
}

VF_RC vf_er_parse(struct vf_bytes der, struct vf_arena *a, struct vf_er *ret, struct vf_err *reterr)
{
	struct vf_er er = {.der = der};
	struct vf_der d, version, algorithms, infos, encryption, sequence;
	bool has_infos;
	uint64_t v;
	enum vf_rc rc;

	if (der.n > VF_MAX_ER)
		return vf_fail(reterr, VF_LIMIT, "the evidence record is larger than %d bytes", VF_MAX_ER);
	if (!vf_der_only(der, VF_DER_SEQUENCE, &d))
		return shape(reterr, "it is no DER sequence, or more than one");
	if (!vf_der_take_tag(&d.body, VF_DER_INTEGER, &version) || !vf_der_uint(version.body, &v) || v != 1)
		return shape(reterr, "the version is not 1");
	if (!vf_der_take_tag(&d.body, VF_DER_SEQUENCE, &algorithms) ||
		!vf_der_take_optional(&d.body, VF_DER_CONTEXT(0), &infos, &has_infos) ||
		!vf_der_take_optional(&d.body, VF_DER_CONTEXT(1), &encryption, &er.is_encrypted) ||
		!vf_der_take_tag(&d.body, VF_DER_SEQUENCE, &sequence) || d.body.n != 0)
		return shape(reterr, "its fields are not those of RFC 4998");
	if (has_infos && (infos.body.n == 0 || !vf_der_is_strict(infos.body)))
		return shape(reterr, "cryptoInfos is malformed");
	rc = parse_algorithms(algorithms.body, reterr);
	if (rc == VF_OK)
		rc = parse_sequence(sequence.body, a, &er, reterr);
	if (rc == VF_OK && er.is_encrypted)
		rc = vf_fail(reterr, VF_ER_ENCRYPTED, "the evidence record is over encrypted data");
	if (rc == VF_OK)
		*ret = er;
	return rc;
}

/* ---- values ---- */

size_t vf_ats_list_size(const struct vf_ats *s, size_t list)
{
	return s->lists[list].n;
}

/* Every element of a list has the same length: 04, one octet of length, the value. */
static struct vf_bytes value_octets(const struct vf_ats *s, size_t list, size_t at)
{
	size_t n = vf_alg_size(s->alg);
	struct vf_bytes b = {0};

	if (!vf_bytes_slice(s->lists[list].elements, at * (n + 2) + 2, n, &b))
		b = vf_bytes(NULL, 0);
	return b;
}

struct vf_digest vf_ats_value(const struct vf_ats *s, size_t list, size_t at)
{
	struct vf_bytes b = value_octets(s, list, at);
	struct vf_digest d = {.alg = s->alg};

	memcpy(d.b, b.p, b.n);
	return d;
}

bool vf_ats_has(const struct vf_ats *s, size_t list, const struct vf_digest *value)
{
	size_t lo = 0, hi = s->lists[list].n;
	struct vf_bytes want = vf_digest_bytes(value);

	if (value->alg != s->alg)
		return false;
	if (!s->lists[list].is_ascending) {
		for (size_t i = 0; i < hi; i++)
			if (vf_bytes_eq(value_octets(s, list, i), want))
				return true;
		return false;
	}
	/* invariant: values before lo are less, values from hi on are greater */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = vf_bytes_cmp(value_octets(s, list, mid), want);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* ---- the walk ---- */

static enum vf_rc combine_two(enum vf_alg alg, struct vf_bytes a, struct vf_bytes b, struct vf_digest *ret,
	struct vf_err *reterr)
{
	bool ascending = vf_bytes_cmp(a, b) <= 0;
	struct vf_hash h;

	if (alg != VF_SHA256)
		return vf_digest_2(alg, ascending ? a : b, ascending ? b : a, ret, reterr);
	h = ascending ? vf_sha256_2(a, b) : vf_sha256_2(b, a);
	*ret = vf_digest_from_hash(&h);
	return VF_OK;
}

/* One list, with the value so far when there is one. */
static enum vf_rc combine(const struct vf_ats *s, size_t list, bool has_value, struct vf_digest *value,
	struct vf_err *reterr)
{
	size_t n = s->lists[list].n;

	if (!has_value && n == 1) {
		*value = vf_ats_value(s, list, 0);
		return VF_OK;
	}
	if (has_value && n == 1)
		return combine_two(s->alg, vf_digest_bytes(value), value_octets(s, list, 0), value, reterr);
	if (!has_value && n == 2)
		return combine_two(s->alg, value_octets(s, list, 0), value_octets(s, list, 1), value, reterr);
	for (size_t i = 0; i < n; i++)
		s->scratch[i] = vf_ats_value(s, list, i);
	if (has_value)
		s->scratch[n] = *value;
	return vf_digest_sorted(s->alg, s->scratch, n + has_value, value, reterr);
}

VF_RC vf_ats_walk(const struct vf_ats *s, size_t n, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_digest value = {.alg = s->alg};

	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = combine(s, i, i > 0, &value, reterr);

		if (rc != VF_OK)
			return rc;
	}
	*ret = value;
	return VF_OK;
}

/* ---- renewals ---- */

/* H over the DER of the sequence of the first n chains, with its own header (5.2 step 3). */
static enum vf_rc digest_chains(const struct vf_er *er, size_t n, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	uint8_t head[VF_DER_HEAD];
	struct vf_hasher h;
	uint64_t octets = 0;
	enum vf_rc rc = vf_hasher_init(&h, alg, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		octets += er->chains[i].n;
	vf_hasher_put(&h, vf_bytes(head, vf_der_head(VF_DER_SEQUENCE, octets, head)));
	for (size_t i = 0; i < n; i++)
		vf_hasher_put(&h, er->chains[i]);
	return vf_hasher_done(&h, ret, reterr);
}

/* What stands for an object in the first list of chain c: H(d), or H(H(d) || ha). */
static enum vf_rc object_value(const struct vf_ats *s, const struct vf_er_objects *objects, size_t i,
	const struct vf_digest *ha, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_digest h;
	enum vf_rc rc = objects->digest(objects->ctx, i, s->alg, &h, reterr);

	if (rc != VF_OK || s->chain == 0) {
		if (rc == VF_OK)
			*ret = h;
		return rc;
	}
	return vf_digest_2(s->alg, vf_digest_bytes(&h), vf_digest_bytes(ha), ret, reterr);
}

static bool is_sorted_form(const struct vf_ats *s, const struct vf_er_objects *objects, size_t i,
	const struct vf_digest *ha)
{
	struct vf_digest h, sorted;

	return objects->is_sorted_renewal && s->chain > 0 &&
		objects->digest(objects->ctx, i, s->alg, &h, NULL) == VF_OK &&
		combine_two(s->alg, vf_digest_bytes(&h), vf_digest_bytes(ha), &sorted, NULL) == VF_OK &&
		vf_ats_has(s, 0, &sorted);
}

/* The first stamp of a chain covers every object. */
static enum vf_rc check_objects(const struct vf_er *er, const struct vf_ats *s, const struct vf_er_objects *objects,
	struct vf_err *reterr)
{
	struct vf_digest ha = {0}, value;
	enum vf_rc rc = s->chain ? digest_chains(er, s->chain, s->alg, &ha, reterr) : VF_OK;

	if (rc != VF_OK)
		return rc;
	if (!s->has_tree)
		return objects->n == 1 ? VF_OK
				       : vf_fail(reterr, VF_ER_NOT_COVERED, "without a hash tree only one object is covered");
	if (!s->lists[0].is_ascending && s->lists[0].n > 1000 && objects->n > 1000)
		return vf_fail(reterr, VF_LIMIT, "the first list is long and not sorted");
	for (size_t i = 0; i < objects->n; i++) {
		rc = object_value(s, objects, i, &ha, &value, reterr);
		if (rc != VF_OK)
			return rc;
		if (vf_ats_has(s, 0, &value) || is_sorted_form(s, objects, i, &ha))
			continue;
		return vf_fail(reterr, s->chain ? VF_ER_RENEWAL : VF_ER_NOT_COVERED, "object %zu is not in the first list of chain %" PRIu32,
			i + 1, s->chain + 1);
	}
	if (objects->is_exact && s->chain == 0 && s->lists[0].n != objects->n)
		return vf_fail(reterr, VF_ER_GROUP, "the first list holds %zu values for %zu objects", s->lists[0].n, objects->n);
	return VF_OK;
}

/* A time-stamp renewal covers its predecessor's token, as stored. */
static enum vf_rc check_predecessor(const struct vf_ats *s, const struct vf_ats *before, struct vf_err *reterr)
{
	struct vf_digest x;
	enum vf_rc rc;

	if (s->alg != before->alg)
		return vf_fail(reterr, VF_ER_ALGORITHM, "chain %" PRIu32 " uses %s and %s", s->chain + 1, vf_alg_name(before->alg),
			vf_alg_name(s->alg));
	if (!s->has_tree)
		return VF_OK;
	rc = vf_digest(s->alg, before->token, &x, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_ats_has(s, 0, &x))
		return VF_OK;
	return vf_fail(reterr, VF_ER_RENEWAL, "time-stamp %" PRIu32 " of chain %" PRIu32 " does not cover its predecessor",
		s->index + 1, s->chain + 1);
}

VF_RC vf_er_check(const struct vf_er *er, const struct vf_er_objects *objects, struct vf_err *reterr)
{
	for (size_t i = 0; i < er->n_stamps; i++) {
		const struct vf_ats *s = &er->stamps[i];
		enum vf_rc rc = s->index ? check_predecessor(s, s - 1, reterr) : check_objects(er, s, objects, reterr);

		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

VF_RC vf_er_root(const struct vf_er *er, size_t i, const struct vf_er_objects *objects, struct vf_digest *ret,
	struct vf_err *reterr)
{
	const struct vf_ats *s = &er->stamps[i];
	struct vf_digest ha = {0};
	enum vf_rc rc;

	if (s->has_tree)
		return vf_ats_walk(s, s->n_lists, ret, reterr);
	if (s->index)
		return vf_digest(s->alg, s[-1].token, ret, reterr);
	if (objects->n != 1)
		return vf_fail(reterr, VF_ER_NOT_COVERED, "without a hash tree only one object is covered");
	rc = s->chain ? digest_chains(er, s->chain, s->alg, &ha, reterr) : VF_OK;
	return rc == VF_OK ? object_value(s, objects, 0, &ha, ret, reterr) : rc;
}
