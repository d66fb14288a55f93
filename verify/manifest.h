/*
 * ASiCManifest and ASiCEvidenceRecordManifest files (ETSI EN 319 162-1 A.4).
 *
 * Knows the XML; the list that it makes is manifest_list.h. Whether the files are
 * there and have these digests is bundle.h's question. libxml2 is used here alone; it loads nothing,
 * expands nothing and prints nothing.
 */
#ifndef VERIFY_MANIFEST_H
#define VERIFY_MANIFEST_H

#include "verify/manifest_list.h"

/*
 * Reads a manifest into the arena; nothing borrows from xml. Refuses XML_DTD
 * (any DOCTYPE), XML_SHAPE (anything outside the schema, comments, processing
 * instructions, CDATA, character references, a second encoding), MANIFEST_URI
 * (names that no entry may have), MANIFEST_SHAPE (a file listed twice; its
 * own signature listed), WEAK_ALGORITHM, LIMIT. When nothing else is
 * wrong: UNKNOWN_ALGORITHM, CRITICAL_EXTENSION.
 */
VF_RC vf_manifest_parse(
	struct vf_bytes xml, struct vf_arena *a, struct vf_manifest *ret, struct vf_err *reterr);

/*
 * The same with a parser that is used again for many manifests, by one thread
 * at a time; nothing of one manifest is seen by the next. free accepts NULL.
 */
struct vf_manifest_parser;
VF_RC vf_manifest_parser_new(struct vf_manifest_parser **ret, struct vf_err *reterr);
struct vf_manifest_parser *vf_manifest_parser_free(struct vf_manifest_parser *p);
void vf_manifest_parser_freep(struct vf_manifest_parser **p);
VF_RC vf_manifest_parse_with(struct vf_manifest_parser *p, struct vf_bytes xml, struct vf_arena *a,
	struct vf_manifest *ret, struct vf_err *reterr);

#endif
