/*
 * The list of time-stamping authorities outside (docs/formats/authorities.md).
 *
 * Knows the file and its rules. Asking them is stamper.h's question.
 */
#ifndef NOTARY_AUTHORITIES_H
#define NOTARY_AUTHORITIES_H

#include "notary/buf.h"
#include "verify/hash.h"

#define NT_MAX_AUTHORITIES 8
#define NT_AUTHORITIES_FILE "authorities.json"
#define NT_AUTHORITIES_MAX (128 * 1024) /* octets of the file: eight of the largest fit */

struct nt_authority {
	char name[65];
	char url[512];
	char roots[256];
	enum vf_alg algorithm;
	char policy[64]; /* dotted; empty: any */
	bool qualified, operator_;
	uint32_t connect_ms, timeout_ms, max_offset_ms;
	char user[128], password_file[256]; /* empty: none; so below */
	char certificate[256], key[256], ca[256];
	char crl[4][512];
	size_t n_crl;
	bool has_ocsp; /* then ocsp stands in place of the certificate's; empty: none */
	char ocsp[512];
};

struct nt_authorities {
	bool embedded;
	size_t wanted;
	struct nt_authority list[NT_MAX_AUTHORITIES];
	size_t n;
};

/* SHA-256 and the default times; no name, address and roots. */
void nt_authority_default(struct nt_authority *ret);
/* The embedded one alone. */
void nt_authorities_default(struct nt_authorities *ret);
/* CONFIG_SHAPE names the field. */
VF_RC nt_authorities_parse(struct vf_bytes json, struct nt_authorities *ret, struct vf_err *reterr);
/* The file's text. What has its default is left out: 'wanted' when all are, so that it grows with the list. */
void nt_authorities_put(struct nt_buf *out, const struct nt_authorities *a);
/* From the notary's folder; the default when there is no file. CONFIG_SHAPE, NO_INPUT for what is no file. */
VF_RC nt_authorities_load(int folder, struct nt_authorities *ret, struct vf_err *reterr);
/* Writes the file durably. CONFIG_SHAPE when parse would not take it. */
VF_RC nt_authorities_store(int folder, const struct nt_authorities *a, struct vf_err *reterr);
/* NULL when there is none of this name. */
const struct nt_authority *nt_authorities_find(const struct nt_authorities *a, struct vf_bytes name);

#endif
