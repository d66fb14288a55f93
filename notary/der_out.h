/*
 * Writing DER (X.690) into a buffer.
 *
 * Knows tags, lengths and the order of a SET OF. An element is begun, filled and
 * ended: its head is put in front when its length is known. A failed append is
 * found at the writer's end with nt_buf_check().
 */
#ifndef NOTARY_DER_OUT_H
#define NOTARY_DER_OUT_H

#include "notary/buf.h"
#include "verify/der.h"

/* Where an element begins; give it to nt_der_end() after its contents. */
static inline size_t nt_der_begin(const struct nt_buf *b)
{
	return b->n;
}
/* Makes what was put since begin the contents of an element with this tag. */
void nt_der_end(struct nt_buf *b, size_t begin, uint8_t tag);

/* One element with these contents octets. */
void nt_der_put(struct nt_buf *b, uint8_t tag, struct vf_bytes contents);
void nt_der_put_uint(struct nt_buf *b, uint8_t tag, uint64_t v);
void nt_der_put_bool(struct nt_buf *b, bool v);
/* BIT STRING of whole octets. */
void nt_der_put_bits(struct nt_buf *b, struct vf_bytes octets);
/* GeneralizedTime with milliseconds when they are not zero, without trailing zeros. */
void nt_der_put_generalized_time(struct nt_buf *b, uint8_t tag, int64_t ms);
/* Time of RFC 5280 4.1.2.5 and RFC 5652 11.3, cut to seconds: UTCTime through 2049. */
void nt_der_put_time(struct nt_buf *b, int64_t ms);
/* SEQUENCE { OID }: an AlgorithmIdentifier with absent parameters. */
void nt_der_put_algorithm(struct nt_buf *b, struct vf_bytes oid);
/* SET OF with its elements in the order of X.690 11.6. Sorts the array. */
void nt_der_put_set_of(struct nt_buf *b, struct vf_bytes *elements, size_t n);

/* The contents octets of a dotted OID; TEXT_SHAPE when it is none. */
VF_RC nt_der_oid(const char *dotted, struct nt_buf *ret, struct vf_err *reterr);

/*
 * A positive INTEGER of exactly n octets (8 to 20) that no one else has: 01, the
 * time in 6 octets, and random octets. It needs no stored counter: numbers of two
 * different milliseconds differ, and those of one differ by their random part, so
 * neither a crash nor a restored backup can make one twice.
 */
#define NT_SERIAL_MAX 20
VF_RC nt_der_serial(uint8_t *ret, size_t n, int64_t now_ms, struct vf_err *reterr);

#endif
