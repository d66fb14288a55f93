/*
 * Where the content of a submitted document is now.
 *
 * Knows the notary's own copies, the path of submission and the places that the
 * user names; only a file with both digests of the record counts.
 */
#ifndef NOTARY_DOCUMENT_H
#define NOTARY_DOCUMENT_H

#include "notary/export.h"

/* An open document: measured, and right when it was read. The caller closes fd. */
struct nt_content {
	int fd;
	uint64_t size;
	uint32_t crc; /* CRC-32, for the container */
};

/*
 * The octets of a document that came with its record, as the details of a plain kind do at a server; false when the
 * record does not hold them. They last as long as the record.
 */
bool nt_document_octets(const struct nt_record *r, const struct nt_document *d, struct vf_bytes *ret);

/*
 * Looks for the document in the notary (NULL: there is none), in options->from, and where it was. Reads
 * it once. DOCUMENT_MISSING, or DOCUMENT_CHANGED when only other contents were found.
 */
VF_RC nt_document_open(struct nt_notary *n, const struct nt_export_options *options, const struct nt_document *d,
	struct nt_content *ret, struct vf_err *reterr);

#endif
