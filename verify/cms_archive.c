#include "verify/algorithm.h"
#include "verify/cms_attrs.h"

/* The value of the only hash index among the token's unsigned attributes. */
static enum vf_rc find_index(const struct vf_signed *token, struct vf_cms_codes codes, struct vf_attr *ret,
	struct vf_err *reterr)
{
	struct vf_attrs it;
	struct vf_attr attr;
	size_t n = 0;
	enum vf_rc rc = vf_attrs_init(&it, token->unsigned_attrs, codes, reterr);

	if (rc != VF_OK)
		return rc;
	while (vf_attrs_next(&it, &attr)) {
		if (attr.kind != VF_ATTR_HASH_INDEX && attr.kind != VF_ATTR_HASH_INDEX_V3)
			continue;
		*ret = attr;
		n++;
	}
	if (n != 1)
		return vf_fail(reterr, codes.shape, "an archive time-stamp with %zu hash indexes", n);
	return VF_OK;
}

/* SEQUENCE OF OCTET STRING, each of size octets. */
static bool take_values(struct vf_bytes *in, size_t size, size_t *n, struct vf_bytes *ret)
{
	struct vf_der list, value;
	struct vf_bytes rest;

	if (!vf_der_take_tag(in, VF_DER_SEQUENCE, &list))
		return false;
	for (rest = list.body; rest.n; (*n)++)
		if (!vf_der_take_tag(&rest, VF_DER_OCTET_STRING, &value) || value.body.n != size)
			return false;
	*ret = list.body;
	return true;
}

/*
 * The algorithm is DEFAULT SHA-256 in v1, always there in v3. It is the only
 * SEQUENCE that begins with an OBJECT IDENTIFIER.
 */
static enum vf_rc take_alg(struct vf_bytes *in, bool v3, struct vf_cms_codes codes, enum vf_alg *ret,
	struct vf_err *reterr)
{
	struct vf_bytes rest = *in;
	struct vf_der first;

	*ret = VF_SHA256;
	if (!vf_der_take_tag(&rest, VF_DER_SEQUENCE, &first) ||
		(v3 && vf_der_peek(first.body) != VF_DER_OID))
		return vf_fail(reterr, codes.shape, "malformed hash index");
	if (vf_der_peek(first.body) != VF_DER_OID)
		return VF_OK;
	*in = rest;
	return vf_hashalg_read(first.whole, codes.shape, ret, reterr);
}

VF_RC vf_hash_index_read(const struct vf_signed *token, enum vf_alg imprint, struct vf_cms_codes codes,
	struct vf_hash_index *ret, struct vf_err *reterr)
{
	struct vf_hash_index index = {0};
	struct vf_attr attr = {0};
	struct vf_der all;
	size_t n = 0, size;
	enum vf_rc rc = find_index(token, codes, &attr, reterr);

	if (rc != VF_OK)
		return rc;
	index.v3 = attr.kind == VF_ATTR_HASH_INDEX_V3;
	index.whole = attr.value;
	if (!vf_der_only(attr.value, VF_DER_SEQUENCE, &all))
		return vf_fail(reterr, codes.shape, "malformed hash index");
	rc = take_alg(&all.body, index.v3, codes, &index.alg, reterr);
	if (rc != VF_OK)
		return rc;
	if (index.alg != imprint)
		return vf_fail(reterr, codes.shape, "a hash index by %s under a time-stamp over %s",
			vf_alg_name(index.alg), vf_alg_name(imprint));
	size = vf_alg_size(index.alg);
	if (!take_values(&all.body, size, &n, &index.certs) || !take_values(&all.body, size, &n, &index.crls) ||
		!take_values(&all.body, size, &n, &index.attrs) || all.body.n != 0)
		return vf_fail(reterr, codes.shape, "malformed hash index");
	if (n > VF_MAX_HASH_INDEX)
		return vf_fail(reterr, VF_LIMIT, "a hash index with %zu values", n);
	*ret = index;
	return VF_OK;
}

VF_RC vf_cms_archive_imprint(const struct vf_signed *s, const struct vf_hash_index *index,
	const struct vf_digest *content, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_hasher h;
	enum vf_rc rc;

	if (content->alg != index->alg)
		return vf_fail(reterr, VF_INTERNAL, "the content was hashed by another algorithm");
	rc = vf_hasher_init(&h, index->alg, reterr);
	if (rc != VF_OK)
		return rc;
	vf_hasher_put(&h, s->type);
	vf_hasher_put(&h, vf_digest_bytes(content));
	vf_hasher_put(&h, s->signer);
	vf_hasher_put(&h, index->whole);
	return vf_hasher_done(&h, ret, reterr);
}

/* The position of the value in a list; false when it is not there. */
static bool find_value(struct vf_bytes list, struct vf_bytes value, size_t *ret)
{
	struct vf_der d;

	for (size_t i = 0; vf_der_take(&list, &d); i++) {
		if (!vf_bytes_eq(d.body, value))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static bool has(const struct vf_hash_index *index, struct vf_bytes list, struct vf_bytes a, struct vf_bytes b)
{
	struct vf_digest d;
	struct vf_err ignored;
	size_t at;

	return vf_digest_2(index->alg, a, b, &d, &ignored) == VF_OK && find_value(list, vf_digest_bytes(&d), &at);
}

bool vf_hash_index_has_attr(const struct vf_hash_index *index, const struct vf_attr *attr)
{
	if (index->v3)
		return has(index, index->attrs, attr->oid, attr->value);
	return has(index, index->attrs, attr->attribute, vf_bytes(NULL, 0));
}

bool vf_hash_index_has_cert(const struct vf_hash_index *index, struct vf_bytes whole)
{
	return has(index, index->certs, whole, vf_bytes(NULL, 0));
}

bool vf_hash_index_has_crl(const struct vf_hash_index *index, struct vf_bytes whole)
{
	return has(index, index->crls, whole, vf_bytes(NULL, 0));
}

/* One list of an index against the elements that are there now. */
struct compare {
	const struct vf_hash_index *index;
	struct vf_bytes list;
	uint8_t found[VF_MAX_HASH_INDEX]; /* per value of the list: an element has it */
	size_t covered, all;              /* elements */
};

static enum vf_rc compare_one(struct compare *c, struct vf_bytes a, struct vf_bytes b, struct vf_err *reterr)
{
	struct vf_digest d;
	size_t at = 0;
	enum vf_rc rc;

	if (++c->all > VF_MAX_HASH_INDEX)
		return vf_fail(reterr, VF_LIMIT, "more than %d elements beside a hash index", VF_MAX_HASH_INDEX);
	rc = vf_digest_2(c->index->alg, a, b, &d, reterr);
	if (rc != VF_OK || !find_value(c->list, vf_digest_bytes(&d), &at))
		return rc;
	c->found[at] = 1;
	c->covered++;
	return VF_OK;
}

/* Every value needs its element. A value that stands twice is found at its first place. */
static enum vf_rc compare_end(const struct compare *c, const char *what, struct vf_cms_codes codes,
	struct vf_err *reterr)
{
	struct vf_bytes list = c->list;
	struct vf_der d;
	size_t first;

	for (size_t i = 0; vf_der_take(&list, &d); i++)
		if (!c->found[i] && (!find_value(c->list, d.body, &first) || !c->found[first]))
			return vf_fail(reterr, codes.binding, "an archive time-stamp is over %s that is not there", what);
	return VF_OK;
}

static enum vf_rc compare_elements(struct compare *c, struct vf_bytes elements, const char *what,
	struct vf_cms_codes codes, struct vf_err *reterr)
{
	struct vf_der d;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && vf_der_take(&elements, &d))
		rc = compare_one(c, d.whole, vf_bytes(NULL, 0), reterr);
	return rc == VF_OK ? compare_end(c, what, codes, reterr) : rc;
}

static enum vf_rc compare_attrs(struct compare *c, struct vf_bytes unsigned_attrs, struct vf_cms_codes codes,
	struct vf_err *reterr)
{
	struct vf_attrs it;
	struct vf_attr attr;
	enum vf_rc rc = vf_attrs_init(&it, unsigned_attrs, codes, reterr);

	while (rc == VF_OK && vf_attrs_next(&it, &attr)) {
		if (c->index->v3)
			rc = compare_one(c, attr.oid, attr.value, reterr);
		else if (attr.first)
			rc = compare_one(c, attr.attribute, vf_bytes(NULL, 0), reterr);
	}
	return rc == VF_OK ? compare_end(c, "an unsigned attribute", codes, reterr) : rc;
}

VF_RC vf_hash_index_check(const struct vf_hash_index *index, const struct vf_signed *s, struct vf_cms_codes codes,
	struct vf_archive_cover *ret, struct vf_err *reterr)
{
	struct compare certs = {.index = index, .list = index->certs};
	struct compare crls = {.index = index, .list = index->crls};
	struct compare attrs = {.index = index, .list = index->attrs};
	enum vf_rc rc = compare_elements(&certs, s->certificates, "a certificate", codes, reterr);

	if (rc == VF_OK)
		rc = compare_elements(&crls, s->crls, "revocation data", codes, reterr);
	if (rc == VF_OK)
		rc = compare_attrs(&attrs, s->unsigned_attrs, codes, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (struct vf_archive_cover){.certs = certs.covered,
		.crls = crls.covered,
		.attrs = attrs.covered,
		.all_certs = certs.all,
		.all_crls = crls.all,
		.all_attrs = attrs.all};
	return VF_OK;
}
