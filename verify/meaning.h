/*
 * What a signer says by signing a record: meaning, printed name and time
 * (docs/formats/signature.md; EN 319 122-1 5.2; 21 CFR 11.50).
 *
 * Reads signed attributes. All of it is the signer's word: whose key it was is
 * cms.h's question, when it was at the latest the seal's.
 */
#ifndef VERIFY_MEANING_H
#define VERIFY_MEANING_H

#include "verify/cms.h"

enum vf_meaning {
	VF_MEANING_NONE,  /* not stated */
	VF_MEANING_OTHER, /* one that this version does not know: see its OID */
	VF_MEANING_APPROVAL,
	VF_MEANING_AUTHOR,
	VF_MEANING_ORIGIN,
	VF_MEANING_RECEIPT,
	VF_MEANING_RESPONSIBILITY,
	VF_MEANING_REVIEW,
	VF_MEANING_WITNESS,
	VF_MEANING_COUNT
};

/* The ranges point into the signature. */
struct vf_said {
	enum vf_meaning meaning;
	struct vf_bytes meaning_oid; /* contents octets; empty when no meaning is stated */
	struct vf_bytes name;	     /* printed name, plain text; empty: that of the certificate */
	int64_t time;		     /* VF_TIME_NONE when it is not stated */
	bool unsigned_too;	     /* some of it stands among the unsigned attributes, too, where it says nothing */
};

/*
 * Reads the attributes; absent ones are fine. CMS_SHAPE when one is malformed, stands twice or has several values,
 * and for a printed name that vf_printed_name_is() refuses.
 */
VF_RC vf_meaning_read(const struct vf_signed *s, struct vf_said *ret, struct vf_err *reterr);

/* 1 to VF_MAX_PRINTED_NAME octets of plain text without a space at either end. */
bool vf_printed_name_is(struct vf_bytes name);

/* "approval"; NULL for NONE and OTHER. */
const char *vf_meaning_name(enum vf_meaning m);
/* NONE when no meaning has this name. */
enum vf_meaning vf_meaning_find(struct vf_bytes name);
/* Contents octets of its OID; empty for NONE and OTHER. */
struct vf_bytes vf_meaning_oid(enum vf_meaning m);

/* Its OID in dotted form, whether it is known or not; only when a meaning is stated. */
void vf_meaning_oid_text(const struct vf_said *said, char *out, size_t cap);

/* For writers: contents octets of the attributes' OIDs, and of commonName. */
struct vf_bytes vf_oid_commitment(void);
struct vf_bytes vf_oid_signer_attributes(void);
struct vf_bytes vf_oid_common_name(void);

#endif
