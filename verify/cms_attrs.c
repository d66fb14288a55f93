#include "verify/cms_attrs.h"

#include "verify/der.h"

/* 1.2.840.113549.1.9.16.2 (id-aa): most of the attributes are one more arc below it */
static const uint8_t oid_aa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02};
/* 1.2.840.113549.1.9.6 */
static const uint8_t oid_countersignature[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x06};
/* 0.4.0.1733.2.4, 0.4.0.1733.2.5 and 0.4.0.19122.1.5 */
static const uint8_t oid_archive_v3[] = {0x04, 0x00, 0x8d, 0x45, 0x02, 0x04};
static const uint8_t oid_hash_index[] = {0x04, 0x00, 0x8d, 0x45, 0x02, 0x05};
static const uint8_t oid_hash_index_v3[] = {0x04, 0x00, 0x81, 0x95, 0x32, 0x01, 0x05};
/* id-pkix-ocsp-basic: 1.3.6.1.5.5.7.48.1.1 */
static const uint8_t oid_ocsp_basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};

#define IS(b, oid) vf_bytes_eq((b), vf_bytes((oid), sizeof(oid)))

static enum vf_attr_kind kind_below_aa(uint8_t arc)
{
	switch (arc) {
	case 14:
		return VF_ATTR_SIGNATURE_TIME_STAMP;
	case 23:
		return VF_ATTR_CERT_VALUES;
	case 24:
		return VF_ATTR_REVOCATION_VALUES;
	case 25:
		return VF_ATTR_ESC_TIME_STAMP;
	case 26:
		return VF_ATTR_CERT_CRL_TIME_STAMP;
	case 27:
		return VF_ATTR_ARCHIVE_TIME_STAMP_V1;
	case 48:
		return VF_ATTR_ARCHIVE_TIME_STAMP_V2;
	case 49:
		return VF_ATTR_ER_INTERNAL;
	case 50:
		return VF_ATTR_ER_EXTERNAL;
	default:
		return VF_ATTR_OTHER;
	}
}

enum vf_attr_kind vf_attr_kind_of(struct vf_bytes oid)
{
	struct vf_bytes head, rest = oid;

	if (vf_take(&rest, sizeof(oid_aa), &head) && IS(head, oid_aa) && rest.n == 1)
		return kind_below_aa(rest.p[0]);
	if (IS(oid, oid_countersignature))
		return VF_ATTR_COUNTERSIGNATURE;
	if (IS(oid, oid_archive_v3))
		return VF_ATTR_ARCHIVE_TIME_STAMP_V3;
	if (IS(oid, oid_hash_index))
		return VF_ATTR_HASH_INDEX;
	if (IS(oid, oid_hash_index_v3))
		return VF_ATTR_HASH_INDEX_V3;
	return VF_ATTR_OTHER;
}

const char *vf_attr_name(enum vf_attr_kind kind)
{
	switch (kind) {
	case VF_ATTR_OTHER:
		break;
	case VF_ATTR_SIGNATURE_TIME_STAMP:
		return "signature time-stamp";
	case VF_ATTR_ARCHIVE_TIME_STAMP_V1:
		return "archive time-stamp (first version)";
	case VF_ATTR_ARCHIVE_TIME_STAMP_V2:
		return "archive time-stamp (second version)";
	case VF_ATTR_ARCHIVE_TIME_STAMP_V3:
		return "archive time-stamp";
	case VF_ATTR_ESC_TIME_STAMP:
		return "time-stamp over signature and references";
	case VF_ATTR_CERT_CRL_TIME_STAMP:
		return "time-stamp over references";
	case VF_ATTR_COUNTERSIGNATURE:
		return "countersignature";
	case VF_ATTR_ER_INTERNAL:
		return "evidence record over the signature file";
	case VF_ATTR_ER_EXTERNAL:
		return "evidence record over the signature file and its content";
	case VF_ATTR_CERT_VALUES:
		return "certificates";
	case VF_ATTR_REVOCATION_VALUES:
		return "revocation data";
	case VF_ATTR_HASH_INDEX:
	case VF_ATTR_HASH_INDEX_V3:
		return "hash index";
	}
	return "unknown attribute";
}

bool vf_attr_is_time_stamp(enum vf_attr_kind kind)
{
	return kind == VF_ATTR_SIGNATURE_TIME_STAMP || kind == VF_ATTR_ARCHIVE_TIME_STAMP_V1 ||
		kind == VF_ATTR_ARCHIVE_TIME_STAMP_V2 || kind == VF_ATTR_ARCHIVE_TIME_STAMP_V3 ||
		kind == VF_ATTR_ESC_TIME_STAMP || kind == VF_ATTR_CERT_CRL_TIME_STAMP;
}

/* Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY } with a value or more. */
static bool take_attribute(struct vf_bytes *in, struct vf_der *ret, struct vf_der *ret_oid, struct vf_bytes *ret_values)
{
	struct vf_der attr, oid, values;

	if (!vf_der_take_tag(in, VF_DER_SEQUENCE, &attr) || !vf_der_take_tag(&attr.body, VF_DER_OID, &oid) ||
		!vf_der_is_oid(oid.body) || !vf_der_only(attr.body, VF_DER_SET, &values) || values.body.n == 0)
		return false;
	*ret = attr;
	*ret_oid = oid;
	*ret_values = values.body;
	return true;
}

/* All that we know about are SEQUENCEs. */
static bool are_values(enum vf_attr_kind kind, struct vf_bytes in)
{
	struct vf_der value;
	size_t n = 0;

	for (; in.n; n++)
		if (!vf_der_take(&in, &value) || (kind != VF_ATTR_OTHER && value.tag != VF_DER_SEQUENCE))
			return false;
	return n == 1 || (kind != VF_ATTR_ER_INTERNAL && kind != VF_ATTR_ER_EXTERNAL);
}

VF_RC vf_attrs_init(struct vf_attrs *it, struct vf_bytes unsigned_attrs, struct vf_cms_codes codes,
	struct vf_err *reterr)
{
	struct vf_attrs begin = {0};
	struct vf_bytes in, values;
	struct vf_der all, attr, oid;

	if (unsigned_attrs.n != 0) {
		if (!vf_der_only(unsigned_attrs, VF_DER_CONTEXT(1), &all) || all.body.n == 0 ||
			!vf_der_is_strict(unsigned_attrs))
			return vf_fail(reterr, codes.shape, "malformed unsigned attributes");
		begin.rest = all.body;
	}
	in = begin.rest;
	while (in.n) {
		if (!take_attribute(&in, &attr, &oid, &values))
			return vf_fail(reterr, codes.shape, "a malformed unsigned attribute");
		if (!are_values(vf_attr_kind_of(oid.body), values))
			return vf_fail(reterr, codes.shape, "a malformed unsigned attribute: %s",
				vf_attr_name(vf_attr_kind_of(oid.body)));
	}
	*it = begin;
	return VF_OK;
}

bool vf_attrs_next(struct vf_attrs *it, struct vf_attr *ret)
{
	struct vf_der attr, oid, type, value;

	if (it->values.n == 0) {
		if (!take_attribute(&it->rest, &attr, &oid, &it->values))
			return false;
		it->attribute = attr.whole;
		it->oid = oid.whole;
		it->first = true;
	}
	if (!vf_der_take(&it->values, &value) || !vf_der_only(it->oid, VF_DER_OID, &type))
		return false;
	*ret = (struct vf_attr){.kind = vf_attr_kind_of(type.body),
		.oid = it->oid,
		.value = value.whole,
		.attribute = it->attribute,
		.first = it->first};
	it->first = false;
	return true;
}

VF_RC vf_cms_signature_imprint(const struct vf_signed *s, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	return vf_digest(alg, s->signature, ret, reterr);
}

/* A list of SEQUENCEs. */
static bool are_sequences(struct vf_bytes in)
{
	struct vf_der d;

	while (in.n)
		if (!vf_der_take_tag(&in, VF_DER_SEQUENCE, &d))
			return false;
	return true;
}

VF_RC vf_cert_values_read(struct vf_bytes value, struct vf_cms_codes codes, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	struct vf_der all;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &all) || !are_sequences(all.body))
		return vf_fail(reterr, codes.shape, "malformed certificates in an attribute");
	*ret = all.body;
	return VF_OK;
}

/* [n] EXPLICIT SEQUENCE OF SEQUENCE, when it is there. */
static bool take_list(struct vf_bytes *in, uint8_t tag, struct vf_bytes *ret)
{
	struct vf_der explicit, list;
	bool found;

	if (!vf_der_take_optional(in, tag, &explicit, &found))
		return false;
	if (!found)
		return true;
	if (!vf_der_only(explicit.body, VF_DER_SEQUENCE, &list) || !are_sequences(list.body))
		return false;
	*ret = list.body;
	return true;
}

VF_RC vf_revocation_values_read(struct vf_bytes value, struct vf_cms_codes codes,
	struct vf_revocation_values *ret, struct vf_err *reterr)
{
	struct vf_revocation_values v = {0};
	struct vf_der all, other;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &all) || !take_list(&all.body, VF_DER_CONTEXT(0), &v.crls) ||
		!take_list(&all.body, VF_DER_CONTEXT(1), &v.ocsp) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(2), &other, &v.has_other) || all.body.n != 0)
		return vf_fail(reterr, codes.shape, "malformed revocation data in an attribute");
	*ret = v;
	return VF_OK;
}

/* Writes the head of an element whose contents end at end, before them; moves *at there. */
static void put_before(uint8_t *block, size_t *at, size_t end, uint8_t tag)
{
	uint8_t head[VF_DER_HEAD];
	size_t n = vf_der_head(tag, end - *at, head);

	*at -= n;
	memcpy(block + *at, head, n);
}

VF_RC vf_ocsp_wrap(struct vf_bytes basic, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	/* responseStatus successful (0) */
	static const uint8_t status[] = {VF_DER_ENUMERATED, 1, 0};
	const size_t room = 6 * VF_DER_HEAD + sizeof(oid_ocsp_basic) + sizeof(status);
	uint8_t *block = basic.n > VF_MAX_PART ? NULL : VF_NEW(a, basic.n + room, uint8_t);
	size_t end = basic.n + room, at = end - basic.n;

	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an OCSP response of %zu octets", basic.n);
	/* from the inside out, that is from the end */
	if (basic.n)
		memcpy(block + at, basic.p, basic.n);
	put_before(block, &at, end, VF_DER_OCTET_STRING);
	at -= sizeof(oid_ocsp_basic) + 2;
	block[at] = VF_DER_OID;
	block[at + 1] = sizeof(oid_ocsp_basic);
	memcpy(block + at + 2, oid_ocsp_basic, sizeof(oid_ocsp_basic));
	put_before(block, &at, end, VF_DER_SEQUENCE);
	put_before(block, &at, end, VF_DER_CONTEXT(0));
	at -= sizeof(status);
	memcpy(block + at, status, sizeof(status));
	put_before(block, &at, end, VF_DER_SEQUENCE);
	*ret = vf_bytes(block + at, end - at);
	return VF_OK;
}
