#include "verify/meaning.h"

#include <stdio.h>

#include "verify/limits.h"
#include "verify/text.h"

/* 1.2.840.113549.1.9.5, 1.2.840.113549.1.9.16.2.16 and 0.4.0.19122.1.1 */
static const uint8_t oid_signing_time[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
static const uint8_t oid_commitment[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x10};
static const uint8_t oid_signer_attributes[] = {0x04, 0x00, 0x81, 0x95, 0x32, 0x01, 0x01};
/* 2.5.4.3 */
static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};

/* 1.2.840.113549.1.9.16.6.n: proofs of the standard; 2.25.201717531791956322157735468485827663522.1.n: ours */
#define STANDARD(n) {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x06, n}
#define OWN(n)                                                                                           \
	{0x69, 0x82, 0xaf, 0xc1, 0xb1, 0x8a, 0xf4, 0xf5, 0x9a, 0x8f, 0x97, 0xba, 0xd4, 0x99, 0xd9, 0xb7, \
		0x96, 0xd2, 0xad, 0x22, 0x01, n}

static const uint8_t standard[][11] = {STANDARD(5), STANDARD(6), STANDARD(1), STANDARD(2)};
static const uint8_t own[][22] = {OWN(1), OWN(2), OWN(3)};

#define STANDARD_TEXT "1.2.840.113549.1.9.16.6."
#define OWN_TEXT "2.25.201717531791956322157735468485827663522.1."

static const struct {
	const char *name, *dotted;
	struct vf_bytes oid;
} meanings[VF_MEANING_COUNT] = {
	[VF_MEANING_APPROVAL] = {"approval", STANDARD_TEXT "5", {standard[0], sizeof(standard[0])}},
	[VF_MEANING_AUTHOR] = {"author", STANDARD_TEXT "6", {standard[1], sizeof(standard[1])}},
	[VF_MEANING_ORIGIN] = {"origin", STANDARD_TEXT "1", {standard[2], sizeof(standard[2])}},
	[VF_MEANING_RECEIPT] = {"receipt", STANDARD_TEXT "2", {standard[3], sizeof(standard[3])}},
	[VF_MEANING_RESPONSIBILITY] = {"responsibility", OWN_TEXT "1", {own[0], sizeof(own[0])}},
	[VF_MEANING_REVIEW] = {"review", OWN_TEXT "2", {own[1], sizeof(own[1])}},
	[VF_MEANING_WITNESS] = {"witness", OWN_TEXT "3", {own[2], sizeof(own[2])}},
};

#define IS(b, oid) vf_bytes_eq((b), vf_bytes((oid), sizeof(oid)))

enum { TIME, COMMITMENT, SIGNER, ATTRIBUTES };

static enum vf_rc shape(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_CMS_SHAPE, "malformed CMS: %s", what);
}

const char *vf_meaning_name(enum vf_meaning m)
{
	return meanings[m].name;
}

void vf_meaning_oid_text(const struct vf_said *said, char *out, size_t cap)
{
	/* an arc of a UUID has more than the 64 bits that vf_der_oid_text() writes */
	if (meanings[said->meaning].dotted)
		snprintf(out, cap, "%s", meanings[said->meaning].dotted);
	else
		vf_der_oid_text(said->meaning_oid, out, cap);
}

struct vf_bytes vf_meaning_oid(enum vf_meaning m)
{
	return meanings[m].oid;
}

enum vf_meaning vf_meaning_find(struct vf_bytes name)
{
	for (int m = VF_MEANING_APPROVAL; m < VF_MEANING_COUNT; m++)
		if (vf_bytes_is(name, meanings[m].name))
			return (enum vf_meaning)m;
	return VF_MEANING_NONE;
}

struct vf_bytes vf_oid_commitment(void)
{
	return vf_bytes(oid_commitment, sizeof(oid_commitment));
}

struct vf_bytes vf_oid_signer_attributes(void)
{
	return vf_bytes(oid_signer_attributes, sizeof(oid_signer_attributes));
}

struct vf_bytes vf_oid_common_name(void)
{
	return vf_bytes(oid_common_name, sizeof(oid_common_name));
}

bool vf_printed_name_is(struct vf_bytes name)
{
	return name.n != 0 && name.n <= VF_MAX_PRINTED_NAME && name.p[0] != ' ' && name.p[name.n - 1] != ' ' &&
		vf_text_is_plain(name);
}

/* Which of ours an attribute is; ATTRIBUTES: another. */
static unsigned which(struct vf_bytes oid)
{
	if (IS(oid, oid_signing_time))
		return TIME;
	if (IS(oid, oid_commitment))
		return COMMITMENT;
	return IS(oid, oid_signer_attributes) ? SIGNER : ATTRIBUTES;
}

/* Attribute ::= SEQUENCE { type OID, values SET OF ANY } */
static bool take_attribute(struct vf_bytes *in, struct vf_bytes *ret_oid, struct vf_bytes *ret_values)
{
	struct vf_der attr, oid, values;

	if (!vf_der_take_tag(in, VF_DER_SEQUENCE, &attr) || !vf_der_take_tag(&attr.body, VF_DER_OID, &oid) ||
		!vf_der_only(attr.body, VF_DER_SET, &values))
		return false;
	*ret_oid = oid.body;
	*ret_values = values.body;
	return true;
}

/* The single value of each attribute that is there: two times or two meanings are none. */
static bool gather(struct vf_bytes signed_attrs, struct vf_bytes ret[ATTRIBUTES])
{
	struct vf_bytes oid, values;
	struct vf_der all, value;
	unsigned i;

	if (!vf_der_only(signed_attrs, VF_DER_CONTEXT(0), &all))
		return false;
	while (all.body.n) {
		if (!take_attribute(&all.body, &oid, &values))
			return false;
		i = which(oid);
		if (i == ATTRIBUTES)
			continue;
		if (ret[i].n || !vf_der_take(&values, &value) || values.n)
			return false;
		ret[i] = value.whole;
	}
	return true;
}

/* Nobody signed these, so that they are not even read; a malformed one ends the search. */
static bool is_unsigned_too(struct vf_bytes unsigned_attrs)
{
	struct vf_bytes oid, values;
	struct vf_der all;

	if (!vf_der_only(unsigned_attrs, VF_DER_CONTEXT(1), &all))
		return false;
	while (take_attribute(&all.body, &oid, &values))
		if (which(oid) != ATTRIBUTES)
			return true;
	return false;
}

/* RFC 5652 11.3: UTCTime from 1950 to 2049, else GeneralizedTime without a fraction. */
static bool read_time(struct vf_bytes value, int64_t *ret)
{
	struct vf_der time;
	struct vf_time t;

	if (vf_der_only(value, VF_DER_UTC_TIME, &time))
		return vf_der_utc_time(time.body, ret);
	if (!vf_der_only(value, VF_DER_GENERALIZED_TIME, &time) || !vf_der_generalized_time(time.body, ret))
		return false;
	vf_time_to(*ret, &t);
	return t.ms == 0 && (t.year < 1950 || t.year > 2049);
}

/*
 * CommitmentTypeIndication ::= SEQUENCE { commitmentTypeId OID, qualifiers SEQUENCE OF OPTIONAL }. A qualifier may
 * narrow the meaning to anything, so that a known meaning with one is no longer known.
 */
static bool read_commitment(struct vf_bytes value, struct vf_said *said)
{
	struct vf_der all, oid, qualifiers;
	bool qualified;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &all) || !vf_der_take_tag(&all.body, VF_DER_OID, &oid) ||
		!vf_der_is_oid(oid.body) ||
		!vf_der_take_optional(&all.body, VF_DER_SEQUENCE, &qualifiers, &qualified) || all.body.n ||
		(qualified && qualifiers.body.n == 0))
		return false;
	said->meaning_oid = oid.body;
	said->meaning = VF_MEANING_OTHER;
	for (int m = VF_MEANING_APPROVAL; !qualified && m < VF_MEANING_COUNT; m++)
		if (vf_bytes_eq(oid.body, meanings[m].oid))
			said->meaning = (enum vf_meaning)m;
	return true;
}

/*
 * SignerAttributeV2 ::= SEQUENCE { claimedAttributes [0] SEQUENCE OF Attribute OPTIONAL, [1], [2] OPTIONAL }. The
 * printed name is the claimed commonName; what else is claimed or certified here is not read.
 */
static bool read_signer(struct vf_bytes value, struct vf_said *said)
{
	struct vf_der all, claimed, list, rest, name;
	struct vf_bytes oid, values;
	bool found;

	if (!vf_der_only(value, VF_DER_SEQUENCE, &all) || all.body.n == 0 ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(0), &claimed, &found))
		return false;
	if (found && (!vf_der_only(claimed.body, VF_DER_SEQUENCE, &list) || list.body.n == 0))
		return false;
	while (found && list.body.n) {
		if (!take_attribute(&list.body, &oid, &values))
			return false;
		if (!IS(oid, oid_common_name))
			continue;
		if (said->name.n || !vf_der_only(values, VF_DER_UTF8_STRING, &name) || !vf_printed_name_is(name.body))
			return false;
		said->name = name.body;
	}
	return vf_der_take_optional(&all.body, VF_DER_CONTEXT(1), &rest, &found) &&
		vf_der_take_optional(&all.body, VF_DER_CONTEXT(2), &rest, &found) && all.body.n == 0;
}

VF_RC vf_meaning_read(const struct vf_signed *s, struct vf_said *ret, struct vf_err *reterr)
{
	struct vf_said said = {.time = VF_TIME_NONE};
	struct vf_bytes values[ATTRIBUTES] = {0};

	if (!gather(s->signed_attrs, values))
		return shape(reterr, "signing time, meaning or signer's attributes stand twice or have not one value");
	if (values[TIME].n && !read_time(values[TIME], &said.time))
		return shape(reterr, "the signing time");
	if (values[COMMITMENT].n && !read_commitment(values[COMMITMENT], &said))
		return shape(reterr, "the commitment type");
	if (values[SIGNER].n && !read_signer(values[SIGNER], &said))
		return shape(reterr, "the signer's attributes or the printed name");
	said.unsigned_too = is_unsigned_too(s->unsigned_attrs);
	*ret = said;
	return VF_OK;
}
