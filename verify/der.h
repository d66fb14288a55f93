/*
 * Strict DER (X.690): definite minimal lengths, low tag numbers, nothing left over.
 *
 * Knows tags and lengths only. Every element keeps its octets as received, so
 * that what is hashed is what stood in the file.
 */
#ifndef VERIFY_DER_H
#define VERIFY_DER_H

#include "verify/bytes.h"

#define VF_DER_BOOLEAN 0x01
#define VF_DER_INTEGER 0x02
#define VF_DER_BIT_STRING 0x03
#define VF_DER_OCTET_STRING 0x04
#define VF_DER_NULL 0x05
#define VF_DER_OID 0x06
#define VF_DER_ENUMERATED 0x0a
#define VF_DER_UTF8_STRING 0x0c
#define VF_DER_UTC_TIME 0x17
#define VF_DER_GENERALIZED_TIME 0x18
#define VF_DER_SEQUENCE 0x30
#define VF_DER_SET 0x31
/* Context tag n, constructed or primitive. */
#define VF_DER_CONTEXT(n) (uint8_t)(0xa0 | (n))
#define VF_DER_CONTEXT_PRIMITIVE(n) (uint8_t)(0x80 | (n))

/* One element: its tag, its contents, and all its octets with tag and length. */
struct vf_der {
	uint8_t tag;
	struct vf_bytes body, whole;
};

/* Takes one element of any tag. Refuses indefinite and non-minimal lengths and high tag numbers. */
bool vf_der_take(struct vf_bytes *in, struct vf_der *ret);
/* Takes one element with this tag. */
bool vf_der_take_tag(struct vf_bytes *in, uint8_t tag, struct vf_der *ret);
/* Looks at the tag of the next element: 0 at the end. */
uint8_t vf_der_peek(struct vf_bytes in);
/* Takes the element when its tag is next; found says whether. False only on malformed input. */
bool vf_der_take_optional(struct vf_bytes *in, uint8_t tag, struct vf_der *ret, bool *found);
/* The single element that fills b. */
bool vf_der_only(struct vf_bytes b, uint8_t tag, struct vf_der *ret);

/* Values of contents octets. Minimal forms only. */
bool vf_der_uint(struct vf_bytes body, uint64_t *ret);
bool vf_der_is_integer(struct vf_bytes body);
bool vf_der_bool(struct vf_bytes body, bool *ret);
bool vf_der_is_oid(struct vf_bytes body);
/* BIT STRING whose last octet is full: ret is the octets. */
bool vf_der_bits(struct vf_bytes body, struct vf_bytes *ret);
/*
 * "YYYYMMDDHHMMSS[.f…]Z" in DER form: no trailing zero in the fraction. The
 * value is cut to milliseconds. UTCTime: years 1950 to 2049 (RFC 5280 4.1.2.5).
 */
bool vf_der_generalized_time(struct vf_bytes body, int64_t *ret_ms);
bool vf_der_utc_time(struct vf_bytes body, int64_t *ret_ms);

/*
 * Accepts when all of b is well-formed DER down to depth VF_MAX_DER_DEPTH, with
 * SET OF elements in any order (some authorities do not sort their certificates).
 */
bool vf_der_is_strict(struct vf_bytes b);

/*
 * Dotted form of an OID. Two OIDs with a form of digits and dots alone are the
 * same when it is: an arc of more than 64 bits is '?', what is cut ends in "...".
 */
void vf_der_oid_text(struct vf_bytes oid, char *out, size_t cap);

/*
 * The head (tag and length) of an element of n contents octets; returns its
 * length, at most VF_DER_HEAD octets. For hashing and for writers.
 */
#define VF_DER_HEAD 10
size_t vf_der_head(uint8_t tag, uint64_t n, uint8_t *out);

#endif
