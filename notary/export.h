/*
 * Bundles of sealed records (docs/formats/bundle.md).
 *
 * Knows which parts stand in a bundle and where document contents come from.
 * Every bundle is judged by the verifier before it gets its name; nothing
 * half-written ever has it.
 */
#ifndef NOTARY_EXPORT_H
#define NOTARY_EXPORT_H

#include "notary/notary.h"

struct nt_export_options {
	const char *const *withhold; /* names of members or confidential documents */
	size_t n_withhold;
	bool detached;               /* leave all documents out; they travel beside the bundle */
	bool kept_only;              /* leave out what the notary does not keep itself: no path is read */
	const char *const *from;     /* files or folders in which documents are now */
	size_t n_from;
	bool force;                  /* replace an existing file */
};

/* The order of parts: the statement, then members and documents, then META-INF; each ascending by name. */
int nt_bundle_order(struct vf_bytes a, struct vf_bytes b);

/* nt_named_check() of a place for a bundle: what gives way is an earlier bundle, or an empty file. */
VF_RC nt_export_check_place(const char *path, bool force, struct vf_err *reterr);

/* Exports many records; keeps the tree of the last seal. */
struct nt_exporter;
VF_RC nt_exporter_new(struct nt_notary *n, struct nt_exporter **ret, struct vf_err *reterr);
/* Reads the seal again with the next export: it has another token. */
void nt_exporter_forget(struct nt_exporter *e, uint64_t seal);
struct nt_exporter *nt_exporter_free(struct nt_exporter *e);
void nt_exporter_freep(struct nt_exporter **e);

/*
 * Writes the bundle without its name; nt_exporter_flush() makes all of them
 * durable with one sync and then gives them their names. NOT_SEALED, ERASED,
 * UNKNOWN_RECORD, DOCUMENT_MISSING, DOCUMENT_CHANGED, BUNDLE_TOO_LARGE, EXISTS,
 * NOT_VERIFIED (the verifier refuses it: nothing is written).
 */
VF_RC nt_exporter_put(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr);
VF_RC nt_exporter_flush(struct nt_exporter *e, struct vf_err *reterr);
/* The bundle in memory, for small records; not more than cap bytes of documents. */
VF_RC nt_exporter_bundle(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	struct nt_buf *out, struct vf_err *reterr);

/* The evidence record of one sealed record (DER), by the first authority. */
VF_RC nt_exporter_record(struct nt_exporter *e, const struct vf_hash *id, struct nt_buf *out,
	struct vf_err *reterr);

/* One bundle, durably. */
VF_RC nt_export_bundle(struct nt_notary *n, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr);

#endif
