#include "notary/ca.h"

#include <stdio.h>

#include "notary/der_out.h"
#include "verify/hash.h"
#include "verify/text.h"

static const uint8_t OID_COMMON_NAME[] = {0x55, 0x04, 0x03};
static const uint8_t OID_SUBJECT_KEY_ID[] = {0x55, 0x1d, 0x0e};
static const uint8_t OID_KEY_USAGE[] = {0x55, 0x1d, 0x0f};
static const uint8_t OID_KEY_PERIOD[] = {0x55, 0x1d, 0x10};
static const uint8_t OID_CONSTRAINTS[] = {0x55, 0x1d, 0x13};
static const uint8_t OID_CRL_NUMBER[] = {0x55, 0x1d, 0x14};
static const uint8_t OID_AUTHORITY_KEY_ID[] = {0x55, 0x1d, 0x23};
static const uint8_t OID_EXTENDED_USAGE[] = {0x55, 0x1d, 0x25};
static const uint8_t OID_TIME_STAMPING[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08};

#define RANGE(a) vf_bytes(a, sizeof(a))
#define CERT_CAP 16384
/* Octets of our certificate serials; tokens have longer ones. */
#define SERIAL 16
/* ub-common-name (RFC 5280 appendix A) */
#define COMMON_NAME 64
#define KEY_ID 20

/* Begins Extension { oid, critical, OCTET STRING { … } }; ends with end_extension(). */
struct extension {
	size_t whole, value;
};

static struct extension begin_extension(struct nt_buf *b, struct vf_bytes oid, bool critical)
{
	struct extension e;

	e.whole = nt_der_begin(b);
	nt_der_put(b, VF_DER_OID, oid);
	if (critical)
		nt_der_put_bool(b, true);
	e.value = nt_der_begin(b);
	return e;
}

static void end_extension(struct nt_buf *b, struct extension e)
{
	nt_der_end(b, e.value, VF_DER_OCTET_STRING);
	nt_der_end(b, e.whole, VF_DER_SEQUENCE);
}

/*
 * Name { CN = "origin role" }. An origin that is too long for ub-common-name is cut
 * at a character and gets 8 digits of its SHA-256, so that names stay different.
 */
static void put_name(struct nt_buf *b, const char *origin, const char *role)
{
	size_t name = nt_der_begin(b), set = nt_der_begin(b), pair = nt_der_begin(b), text;
	struct vf_bytes whole = vf_bytes_str(origin), rest = whole;
	size_t room = COMMON_NAME - 1 - strlen(role), n = 0;
	struct vf_hash hash = vf_sha256(whole);
	uint32_t c;

	nt_der_put(b, VF_DER_OID, RANGE(OID_COMMON_NAME));
	text = nt_der_begin(b);
	if (whole.n <= room) {
		nt_buf_put(b, whole);
	} else {
		while (vf_take_utf8(&rest, &c) && whole.n - rest.n <= room - 9)
			n = whole.n - rest.n;
		nt_buf_put(b, vf_bytes(whole.p, n));
		nt_buf_put_u8(b, '~');
		nt_buf_put_hex(b, vf_bytes(hash.b, 4));
	}
	nt_buf_putf(b, " %s", role);
	nt_der_end(b, text, VF_DER_UTF8_STRING);
	nt_der_end(b, pair, VF_DER_SEQUENCE);
	nt_der_end(b, set, VF_DER_SET);
	nt_der_end(b, name, VF_DER_SEQUENCE);
}

/* RFC 7093 2 (1): the first 160 bits of SHA-256 over the public key's octets. */
static VF_RC key_id(struct vf_bytes spki, uint8_t ret[KEY_ID], struct vf_err *reterr)
{
	struct vf_der outer, algorithm, bits;
	struct vf_bytes key;
	struct vf_hash hash;

	if (!vf_der_only(spki, VF_DER_SEQUENCE, &outer) ||
		!vf_der_take_tag(&outer.body, VF_DER_SEQUENCE, &algorithm) ||
		!vf_der_only(outer.body, VF_DER_BIT_STRING, &bits) || !vf_der_bits(bits.body, &key))
		return vf_fail(reterr, VF_INTERNAL, "a public key is not a SubjectPublicKeyInfo");
	hash = vf_sha256(key);
	memcpy(ret, hash.b, KEY_ID);
	return VF_OK;
}

static void put_subject_key_id(struct nt_buf *b, struct vf_bytes id)
{
	struct extension e = begin_extension(b, RANGE(OID_SUBJECT_KEY_ID), false);

	nt_der_put(b, VF_DER_OCTET_STRING, id);
	end_extension(b, e);
}

static void put_authority_key_id(struct nt_buf *b, struct vf_bytes id)
{
	struct extension e = begin_extension(b, RANGE(OID_AUTHORITY_KEY_ID), false);
	size_t at = nt_der_begin(b);

	nt_der_put(b, VF_DER_CONTEXT_PRIMITIVE(0), id);
	nt_der_end(b, at, VF_DER_SEQUENCE);
	end_extension(b, e);
}

/* bits: the named bit list in its one octet; unused: how many end it (X.690 11.2.2). */
static void put_key_usage(struct nt_buf *b, uint8_t unused, uint8_t bits)
{
	struct extension e = begin_extension(b, RANGE(OID_KEY_USAGE), true);
	const uint8_t octets[] = {unused, bits};

	nt_der_put(b, VF_DER_BIT_STRING, RANGE(octets));
	end_extension(b, e);
}

static void put_root_extensions(struct nt_buf *b, struct vf_bytes id)
{
	size_t context = nt_der_begin(b), list = nt_der_begin(b), at;
	struct extension e = begin_extension(b, RANGE(OID_CONSTRAINTS), true);

	at = nt_der_begin(b);
	nt_der_put_bool(b, true);
	nt_der_put_uint(b, VF_DER_INTEGER, 0);
	nt_der_end(b, at, VF_DER_SEQUENCE);
	end_extension(b, e);
	put_key_usage(b, 1, 0x06); /* keyCertSign, cRLSign */
	put_subject_key_id(b, id);
	nt_der_end(b, list, VF_DER_SEQUENCE);
	nt_der_end(b, context, VF_DER_CONTEXT(3));
}

static void put_tsu_extensions(struct nt_buf *b, const struct nt_ca_tsu *want, struct vf_bytes id,
	struct vf_bytes ca_id)
{
	size_t context = nt_der_begin(b), list = nt_der_begin(b), at;
	struct extension e;

	put_key_usage(b, 7, 0x80); /* digitalSignature */
	/* RFC 3161 2.3: one purpose, critical */
	e = begin_extension(b, RANGE(OID_EXTENDED_USAGE), true);
	at = nt_der_begin(b);
	nt_der_put(b, VF_DER_OID, RANGE(OID_TIME_STAMPING));
	nt_der_end(b, at, VF_DER_SEQUENCE);
	end_extension(b, e);
	put_subject_key_id(b, id);
	put_authority_key_id(b, ca_id);
	e = begin_extension(b, RANGE(OID_KEY_PERIOD), false);
	at = nt_der_begin(b);
	nt_der_put_generalized_time(b, VF_DER_CONTEXT_PRIMITIVE(0), want->from);
	nt_der_put_generalized_time(b, VF_DER_CONTEXT_PRIMITIVE(1), want->key_end);
	nt_der_end(b, at, VF_DER_SEQUENCE);
	end_extension(b, e);
	nt_der_end(b, list, VF_DER_SEQUENCE);
	nt_der_end(b, context, VF_DER_CONTEXT(3));
}

/* version 3, serial, signature algorithm: what begins both certificates. */
static VF_RC put_start(struct nt_buf *b, const struct nt_signer *key, int64_t from, struct vf_err *reterr)
{
	uint8_t serial[SERIAL];
	size_t at;
	enum vf_rc rc;

	rc = nt_der_serial(serial, sizeof(serial), from, reterr);
	if (rc != VF_OK)
		return rc;
	at = nt_der_begin(b);
	nt_der_put_uint(b, VF_DER_INTEGER, 2);
	nt_der_end(b, at, VF_DER_CONTEXT(0));
	nt_der_put(b, VF_DER_INTEGER, RANGE(serial));
	nt_buf_put(b, nt_signer_algorithm(key));
	return VF_OK;
}

static void put_validity(struct nt_buf *b, int64_t from, int64_t end)
{
	size_t at = nt_der_begin(b);

	nt_der_put_time(b, from);
	nt_der_put_time(b, end);
	nt_der_end(b, at, VF_DER_SEQUENCE);
}

/* Appends SEQUENCE { tbs, algorithm, signature }. */
static VF_RC put_signed(const struct nt_signer *key, const struct nt_buf *tbs, struct nt_buf *ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf signature = nt_buf(4096);
	size_t at = nt_der_begin(ret);
	enum vf_rc rc;

	rc = nt_buf_check(tbs, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_signer_sign(key, nt_buf_bytes(tbs), &signature, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(ret, nt_buf_bytes(tbs));
	nt_buf_put(ret, nt_signer_algorithm(key));
	nt_der_put_bits(ret, nt_buf_bytes(&signature));
	nt_der_end(ret, at, VF_DER_SEQUENCE);
	return nt_buf_check(ret, reterr);
}

VF_RC nt_ca_root(const struct nt_signer *key, const char *origin, int64_t from, int64_t end,
	struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf tbs = nt_buf(CERT_CAP);
	VF_CLEANUP(nt_buf_done) struct nt_buf spki = nt_buf(CERT_CAP);
	uint8_t id[KEY_ID];
	enum vf_rc rc;

	rc = nt_signer_spki(key, &spki, reterr);
	if (rc == VF_OK)
		rc = key_id(nt_buf_bytes(&spki), id, reterr);
	if (rc == VF_OK)
		rc = put_start(&tbs, key, from, reterr);
	if (rc != VF_OK)
		return rc;
	put_name(&tbs, origin, "Trial Notary CA");
	put_validity(&tbs, from, end);
	put_name(&tbs, origin, "Trial Notary CA");
	nt_buf_put(&tbs, nt_buf_bytes(&spki));
	put_root_extensions(&tbs, RANGE(id));
	nt_der_end(&tbs, 0, VF_DER_SEQUENCE);
	return put_signed(key, &tbs, ret, reterr);
}

VF_RC nt_ca_issue(const struct nt_signer *key, const struct nt_cert *ca, const struct nt_signer *tsu,
	const struct nt_ca_tsu *want, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf tbs = nt_buf(CERT_CAP);
	VF_CLEANUP(nt_buf_done) struct nt_buf spki = nt_buf(CERT_CAP);
	uint8_t id[KEY_ID];
	char role[40];
	enum vf_rc rc;

	rc = nt_signer_spki(tsu, &spki, reterr);
	if (rc == VF_OK)
		rc = key_id(nt_buf_bytes(&spki), id, reterr);
	if (rc == VF_OK)
		rc = put_start(&tbs, key, want->from, reterr);
	if (rc != VF_OK)
		return rc;
	snprintf(role, sizeof(role), "Trial Notary TSA %u", want->number);
	nt_buf_put(&tbs, ca->subject);
	put_validity(&tbs, want->from, want->end);
	put_name(&tbs, want->origin, role);
	nt_buf_put(&tbs, nt_buf_bytes(&spki));
	put_tsu_extensions(&tbs, want, RANGE(id), ca->key_id);
	nt_der_end(&tbs, 0, VF_DER_SEQUENCE);
	return put_signed(key, &tbs, ret, reterr);
}

VF_RC nt_ca_crl(const struct nt_signer *key, const struct nt_cert *ca, uint64_t number, int64_t from,
	int64_t end, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf tbs = nt_buf(CERT_CAP);
	size_t context, list;
	struct extension e;

	nt_der_put_uint(&tbs, VF_DER_INTEGER, 1); /* v2 */
	nt_buf_put(&tbs, nt_signer_algorithm(key));
	nt_buf_put(&tbs, ca->subject);
	nt_der_put_time(&tbs, from);
	nt_der_put_time(&tbs, end);
	context = nt_der_begin(&tbs);
	list = nt_der_begin(&tbs);
	put_authority_key_id(&tbs, ca->key_id);
	e = begin_extension(&tbs, RANGE(OID_CRL_NUMBER), false);
	nt_der_put_uint(&tbs, VF_DER_INTEGER, number);
	end_extension(&tbs, e);
	nt_der_end(&tbs, list, VF_DER_SEQUENCE);
	nt_der_end(&tbs, context, VF_DER_CONTEXT(0));
	nt_der_end(&tbs, 0, VF_DER_SEQUENCE);
	return put_signed(key, &tbs, ret, reterr);
}
