#include "verify/ber.h"
#include "verify/cms_attrs.h"

/* 1.2.840.113549.1.7.2 */
static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};

/*
 * The elements around the attributes, outermost first: ContentInfo, its [0],
 * SignedData, signerInfos, the first SignerInfo, unsignedAttrs. Each keeps what
 * stands before and after the next one; the last has its kept attributes there.
 */
#define LEVELS 6
struct level {
	uint8_t tag;
	bool indefinite;
	struct vf_bytes before, after;
	size_t body; /* octets of its new contents */
};

static enum vf_rc shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_CMS_SHAPE, "malformed CMS: %s", what);
}

/* Finds the child with this tag, which is the last one unless any may be; notes what stands around it. */
static bool enter(struct level *l, const struct vf_ber *element, uint8_t tag, bool last, struct vf_ber *ret)
{
	struct vf_bytes in = element->body, before = in;
	struct vf_ber child;

	l->tag = element->tag;
	l->indefinite = element->indefinite;
	while (vf_ber_take(&in, &child)) {
		if (child.tag == tag && (!last || in.n == 0)) {
			l->after = in;
			*ret = child;
			return vf_bytes_slice(element->body, 0, element->body.n - before.n, &l->before);
		}
		before = in;
	}
	return false;
}

/* Down to the unsigned attributes of the first SignerInfo. */
static bool find_attributes(struct vf_bytes der, struct level levels[LEVELS], struct vf_ber *ret)
{
	struct vf_ber info, explicit, data, signers, signer, type;
	struct vf_bytes head;

	if (!vf_ber_take(&der, &info) || der.n != 0 || info.tag != VF_DER_SEQUENCE ||
		!enter(&levels[0], &info, VF_DER_CONTEXT(0), true, &explicit))
		return false;
	head = levels[0].before;
	if (!vf_ber_take(&head, &type) || head.n != 0 || type.tag != VF_DER_OID ||
		!vf_bytes_eq(type.body, vf_bytes(oid_signed_data, sizeof(oid_signed_data))))
		return false;
	return enter(&levels[1], &explicit, VF_DER_SEQUENCE, true, &data) && levels[1].before.n == 0 &&
		enter(&levels[2], &data, VF_DER_SET, true, &signers) &&
		enter(&levels[3], &signers, VF_DER_SEQUENCE, false, &signer) && levels[3].before.n == 0 &&
		enter(&levels[4], &signer, VF_DER_CONTEXT(1), true, ret);
}

/* Is it an evidence record? False in the return value when it is no Attribute, or a record without exactly one value. */
static bool is_record(const struct vf_ber *attr, bool *ret)
{
	struct vf_bytes in = attr->body, one;
	struct vf_ber oid, values, value;
	enum vf_attr_kind kind;

	if (attr->tag != VF_DER_SEQUENCE || !vf_ber_take(&in, &oid) || oid.tag != VF_DER_OID ||
		!vf_ber_take(&in, &values) || values.tag != VF_DER_SET || in.n != 0)
		return false;
	kind = vf_attr_kind_of(oid.body);
	*ret = kind == VF_ATTR_ER_INTERNAL || kind == VF_ATTR_ER_EXTERNAL;
	one = values.body;
	return !*ret || (vf_ber_take(&one, &value) && one.n == 0);
}

/*
 * Walks the attributes: all that are no records stay, and records before number
 * which. Kept ones are copied to out unless that is NULL. False when one is malformed.
 */
static bool keep(struct vf_bytes attrs, size_t which, uint8_t *out, size_t *ret_kept, size_t *ret_records)
{
	size_t kept = 0, records = 0;
	struct vf_ber attr;
	bool record;

	while (attrs.n) {
		if (!vf_ber_take(&attrs, &attr) || !is_record(&attr, &record))
			return false;
		records += record;
		if (record && records > which)
			continue;
		if (out)
			memcpy(out + kept, attr.whole.p, attr.whole.n);
		kept += attr.whole.n;
	}
	*ret_kept = kept;
	*ret_records = records;
	return true;
}

/* The length of an element with n octets of contents. */
static size_t whole(const struct level *l, size_t n)
{
	uint8_t head[VF_DER_HEAD];

	return n + (l->indefinite ? 4 : vf_der_head(l->tag, n, head));
}

/* The lengths of all levels, from the inside out; returns that of the outermost. */
static size_t measure(struct level levels[LEVELS], size_t kept)
{
	/* SET SIZE (1..): without attributes there is no field (RFC 5652 5.3) */
	size_t n = kept ? whole(&levels[LEVELS - 1], kept) : 0;

	levels[LEVELS - 1].body = kept;
	for (size_t i = LEVELS - 1; i-- > 0;) {
		levels[i].body = levels[i].before.n + n + levels[i].after.n;
		n = whole(&levels[i], levels[i].body);
	}
	return n;
}

static uint8_t *put(uint8_t *out, struct vf_bytes b)
{
	if (b.n)
		memcpy(out, b.p, b.n);
	return out + b.n;
}

static uint8_t *put_head(uint8_t *out, const struct level *l)
{
	if (!l->indefinite)
		return out + vf_der_head(l->tag, l->body, out);
	out[0] = l->tag;
	out[1] = 0x80;
	return out + 2;
}

/* What follows the contents of a level. */
static uint8_t *put_end(uint8_t *out, const struct level *l)
{
	static const uint8_t zeros[2];

	out = put(out, l->after);
	return l->indefinite ? put(out, vf_bytes(zeros, 2)) : out;
}

static void write_all(uint8_t *out, const struct level levels[LEVELS], struct vf_bytes attrs, size_t which)
{
	size_t kept, records;
	size_t n = levels[LEVELS - 1].body ? LEVELS : LEVELS - 1;

	for (size_t i = 0; i < n; i++)
		out = put(put_head(out, &levels[i]), levels[i].before);
	if (n == LEVELS && keep(attrs, which, out, &kept, &records))
		out += kept;
	while (n-- > 0)
		out = put_end(out, &levels[n]);
}

VF_RC vf_cms_without_er(struct vf_bytes der, size_t which_er, struct vf_arena *a, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	struct level levels[LEVELS] = {0};
	size_t kept, records, n;
	struct vf_ber attrs;
	uint8_t *p;

	if (der.n > VF_MAX_PART)
		return vf_fail(reterr, VF_LIMIT, "a signature of %zu octets", der.n);
	if (!find_attributes(der, levels, &attrs))
		return shape(reterr, "no unsigned attributes in the first signer");
	levels[LEVELS - 1].tag = attrs.tag;
	levels[LEVELS - 1].indefinite = attrs.indefinite;
	if (!keep(attrs.body, which_er, NULL, &kept, &records))
		return shape(reterr, "an unsigned attribute");
	if (which_er >= records)
		return vf_fail(reterr, VF_CMS_SHAPE, "there is no evidence record %zu in the signature", which_er + 1);
	n = measure(levels, kept);
	p = VF_NEW(a, n, uint8_t);
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu octets of CMS", n);
	write_all(p, levels, attrs.body, which_er);
	*ret = vf_bytes(p, n);
	return VF_OK;
}
