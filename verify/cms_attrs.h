/*
 * Unsigned attributes of a CMS signature (CAdES, ETSI EN 319 122-1; RFC 4998
 * appendix A): what they are, what is inside, and over which octets their
 * time-stamps and evidence records must be.
 *
 * Nobody signs these attributes: each value is a claim that its own signature or
 * hash must bear out. Reads strict DER. Whether a time-stamp in here is good is
 * tst.h's question, whether an evidence record is, ers.h's.
 */
#ifndef VERIFY_CMS_ATTRS_H
#define VERIFY_CMS_ATTRS_H

#include "verify/cms.h"

enum vf_attr_kind {
	VF_ATTR_OTHER,                /* see its oid */
	VF_ATTR_SIGNATURE_TIME_STAMP, /* 1.2.840.113549.1.9.16.2.14 */
	VF_ATTR_ARCHIVE_TIME_STAMP_V1, /* ..2.27 */
	VF_ATTR_ARCHIVE_TIME_STAMP_V2, /* ..2.48 */
	VF_ATTR_ARCHIVE_TIME_STAMP_V3, /* 0.4.0.1733.2.4 */
	VF_ATTR_ESC_TIME_STAMP,        /* ..2.25: over the signature and references */
	VF_ATTR_CERT_CRL_TIME_STAMP,   /* ..2.26: over references alone */
	VF_ATTR_COUNTERSIGNATURE,      /* 1.2.840.113549.1.9.6 */
	VF_ATTR_ER_INTERNAL,           /* ..2.49: over the CMS object */
	VF_ATTR_ER_EXTERNAL,           /* ..2.50: over the CMS object and the detached content, as a group */
	VF_ATTR_CERT_VALUES,           /* ..2.23 */
	VF_ATTR_REVOCATION_VALUES,     /* ..2.24 */
	VF_ATTR_HASH_INDEX,            /* 0.4.0.1733.2.5, in archive time-stamps */
	VF_ATTR_HASH_INDEX_V3,         /* 0.4.0.19122.1.5, likewise */
};

/* One value of one attribute. An attribute with n values is n of these. */
struct vf_attr {
	enum vf_attr_kind kind;
	struct vf_bytes oid;   /* whole element */
	struct vf_bytes value; /* whole element */
	struct vf_bytes attribute; /* whole Attribute, with all its values */
	bool first;            /* the first value of its attribute */
};

/* A walk over the values, in the order in which they stand. */
struct vf_attrs {
	struct vf_bytes rest, oid, values, attribute;
	bool first;
};

/*
 * Begins the walk; the range is vf_signed.unsigned_attrs (empty: no values).
 * codes.shape unless all of it is SET SIZE (1..) OF Attribute, each with a value
 * or more; a value of a known kind is a SEQUENCE. Attributes may stand several
 * times and in any order; evidence records have one value each, because their
 * order counts.
 */
VF_RC vf_attrs_init(struct vf_attrs *it, struct vf_bytes unsigned_attrs, struct vf_cms_codes codes,
	struct vf_err *reterr);
/* The next value; false at the end. */
bool vf_attrs_next(struct vf_attrs *it, struct vf_attr *ret);

/* By the contents octets of an OBJECT IDENTIFIER. */
enum vf_attr_kind vf_attr_kind_of(struct vf_bytes oid);
/* A short name of ours for reports: "signature time-stamp". Never NULL. */
const char *vf_attr_name(enum vf_attr_kind kind);
/* Is the value a time-stamp token? */
bool vf_attr_is_time_stamp(enum vf_attr_kind kind);

/*
 * What a signature time-stamp must be over: the digest of the octets of
 * SignerInfo.signature, without tag and length (EN 319 122-1 5.3).
 */
VF_RC vf_cms_signature_imprint(const struct vf_signed *s, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr);

/* Contents of certificate-values, for vf_cms_take_cert(). codes.shape unless it is a SEQUENCE OF SEQUENCE. */
VF_RC vf_cert_values_read(struct vf_bytes value, struct vf_cms_codes codes, struct vf_bytes *ret,
	struct vf_err *reterr);

/* Contents of revocation-values: lists of whole elements, for vf_der_take(); empty when absent. */
struct vf_revocation_values {
	struct vf_bytes crls;
	struct vf_bytes ocsp; /* BasicOCSPResponse each: vf_ocsp_wrap() makes what vf_pki_extra holds */
	bool has_other;       /* otherRevVals are there; they are not read */
};
VF_RC vf_revocation_values_read(struct vf_bytes value, struct vf_cms_codes codes,
	struct vf_revocation_values *ret, struct vf_err *reterr);

/* An OCSPResponse (successful) around a BasicOCSPResponse, in the arena; NO_MEMORY when that is full. */
VF_RC vf_ocsp_wrap(struct vf_bytes basic, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);

/*
 * The octets that evidence record number which_er (0 is the first) of the CMS
 * object is over (RFC 4998 appendix A): der without this record and those after
 * it; those before it stay. Records are the ER_INTERNAL and ER_EXTERNAL
 * attributes of the first SignerInfo, both kinds counted together, in the order
 * in which they stand. Lengths around them become definite and minimal where
 * they were definite; indefinite lengths stay; unsignedAttrs that become empty
 * go. Nothing else changes. der is the file as received, BER or DER, and need not
 * pass vf_cms_parse(). For ER_EXTERNAL the group is {these octets, the content}.
 *
 * CMS_SHAPE when it is not SignedData or has no such record, LIMIT, NO_MEMORY.
 */
VF_RC vf_cms_without_er(struct vf_bytes der, size_t which_er, struct vf_arena *a, struct vf_bytes *ret,
	struct vf_err *reterr);

/* ATSHashIndex (v1) or ATSHashIndexV3: what an archive-time-stamp-v3 covers beside the signature. */
struct vf_hash_index {
	bool v3;
	enum vf_alg alg;
	struct vf_bytes whole;
	struct vf_bytes certs, crls, attrs; /* OCTET STRING elements, each of the algorithm's size */
};

/*
 * The hash index of an archive time-stamp: the single value of the single
 * such unsigned attribute of the token. codes.shape when there is none, when
 * there are two, or when it is malformed; UNKNOWN_ALGORITHM, WEAK_ALGORITHM;
 * LIMIT beyond VF_MAX_HASH_INDEX values. EN 319 122-1 5.5.2: its algorithm is
 * that of the token's imprint, else codes.shape.
 */
VF_RC vf_hash_index_read(const struct vf_signed *token, enum vf_alg imprint, struct vf_cms_codes codes,
	struct vf_hash_index *ret, struct vf_err *reterr);

/*
 * What an archive-time-stamp-v3 with this index must be over (EN 319 122-1
 * 5.5.3), by the index's algorithm: the digest over eContentType, the
 * digest of the content, the SignerInfo's fields up to signature, and the index.
 * content is by the same algorithm.
 */
VF_RC vf_cms_archive_imprint(const struct vf_signed *s, const struct vf_hash_index *index,
	const struct vf_digest *content, struct vf_digest *ret, struct vf_err *reterr);

/* How much of a signature an index covers. */
struct vf_archive_cover {
	size_t certs, crls, attrs;             /* covered */
	size_t all_certs, all_crls, all_attrs; /* there now */
};

/*
 * Demands that each value in the index is that of a certificate, a revocation
 * list or an unsigned attribute (v3: of one value) that is there now: a value
 * without its element is codes.binding, since what was time-stamped is gone or
 * changed. Elements without a value are not covered; that is no fault, as they may
 * have come later. LIMIT beyond VF_MAX_HASH_INDEX elements.
 */
VF_RC vf_hash_index_check(const struct vf_hash_index *index, const struct vf_signed *s, struct vf_cms_codes codes,
	struct vf_archive_cover *ret, struct vf_err *reterr);

/* Does the index cover this value of an unsigned attribute (v1: its whole attribute), this element of [0] or [1]? */
bool vf_hash_index_has_attr(const struct vf_hash_index *index, const struct vf_attr *attr);
bool vf_hash_index_has_cert(const struct vf_hash_index *index, struct vf_bytes whole);
bool vf_hash_index_has_crl(const struct vf_hash_index *index, struct vf_bytes whole);

#endif
