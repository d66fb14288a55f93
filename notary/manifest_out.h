/*
 * Writes ASiCManifest files, for signatures and for evidence records alike
 * (ETSI EN 319 162-1 A.4): the same list gives the same bytes.
 *
 * Knows the XML and the percent-encoding of names. What is listed, and in which
 * order, is export.h's question.
 */
#ifndef NOTARY_MANIFEST_OUT_H
#define NOTARY_MANIFEST_OUT_H

#include "notary/buf.h"
#include "verify/hash.h"

/* MimeType of a CMS signature; evidence records have none. */
#define NT_MANIFEST_CMS "application/pkcs7-signature"

struct nt_manifest_ref {
	struct vf_bytes name; /* as it stands in the container */
	struct vf_digest digest; /* SHA-256 or SHA-512 */
};

/*
 * Appends a manifest that is signed by, or whose files are recorded in, the
 * entry sig_uri. sig_mime may be NULL. NAME_SHAPE for a name that no container
 * may hold; NO_MEMORY or LIMIT by the buffer.
 */
VF_RC nt_manifest_put(struct nt_buf *to, const char *sig_uri, const char *sig_mime,
	const struct nt_manifest_ref *refs, size_t n, struct vf_err *reterr);

#endif
