/*
 * A bundle that is being made.
 *
 * Internal to export_seal.c, which knows the seal and its evidence records, export_plan.c, which knows what stands in a bundle,
 * export.c, which writes one and has it judged, and export_files.c, which gives files their names.
 */
#ifndef NOTARY_EXPORT_INSIDE_H
#define NOTARY_EXPORT_INSIDE_H

#include "notary/export.h"
#include "notary/named_file.h"
#include "notary/revocation_export.h"
#include "notary/tree.h"
#include "notary/trust_out.h"
#include "notary/zip_out.h"
#include "verify/bundle.h"

/* Bundles whose documents are together no larger are made in memory. */
#define NT_EXPORT_SMALL (8u << 20)
/* Files between two syncs of a batch of exports, at the most. */
#define NT_EXPORT_BATCH 4096

/* A file that has no name of its own yet. */
struct nt_export_pending {
	struct nt_named file;
	bool force;
};

struct nt_exporter {
	struct nt_notary *notary;
	struct nt_trust trust;
	struct nt_seal *seal; /* of the last record */
	struct nt_revocation_export revocation; /* of its tokens */
	struct nt_renewed renewed;              /* what renewed them */
	int64_t later; /* a token of it stays out until then; VF_TIME_NONE: none does */
	struct nt_tree *tree, *tree512; /* the second when a token needs it */
	struct vf_session *session;
	void *session_memory;
	struct vf_arena arena;
	struct nt_buf bundle, part;
	struct nt_export_pending *pending;
	size_t n_pending, batch; /* batch: how many may wait */
};

/* One entry of the container: bytes in memory, or a document in a file. */
struct nt_export_item {
	struct vf_bytes name, bytes;
	struct vf_hash sha256;
	bool is_file, is_listed;
	int fd;
	uint64_t size;
	uint32_t crc;
};

struct nt_export_ref {
	struct vf_bytes name;
	const struct vf_pair *digests;
};

/* What one bundle is made of. */
struct nt_export_plan {
	struct nt_exporter *e;
	const struct nt_export_options *options;
	struct nt_record *record;
	struct nt_export_item *items;
	size_t n, room;
	struct nt_export_ref *refs; /* what the evidence records' manifests list */
	size_t n_refs;
	uint64_t document_bytes;
	bool is_incomplete; /* documents that the manifest lists travel beside it */
};
/* export_seal.c: the seal with what the verifier needs of it; NOT_SEALED while no token of it may be handed out. */
VF_RC nt_export_load_seal(struct nt_exporter *e, uint64_t number, struct vf_err *reterr);
/* Appends the evidence record of one token of the loaded seal, with what renewed the token. */
VF_RC nt_export_put_record(struct nt_exporter *e, const struct nt_record *r, size_t token, struct nt_buf *out, struct vf_err *reterr);
/* Into the exporter's part: the manifest of that record. With the algorithm of its first time-stamp, as validators expect. */
VF_RC nt_export_put_manifest(struct nt_export_plan *p, const char *record, size_t token, struct vf_err *reterr);

/* export_plan.c: what stands in the bundle of this record, in the order of the file. nt_export_plan_done() whatever it returns. */
VF_RC nt_export_plan_make(struct nt_export_plan *p, const struct vf_hash *id, struct vf_err *reterr);
void nt_export_plan_done(struct nt_export_plan *p);

/* export.c: the container; its octets go to the sink. */
VF_RC nt_export_write(const struct nt_export_plan *p, struct nt_zip_sink sink, struct vf_err *reterr);
/* The same release's verifier must accept the bundle (NOT_VERIFIED); a detached one may only lack its documents. */
VF_RC nt_export_check(struct nt_export_plan *p, const struct vf_source *source, struct vf_err *reterr);
/* Both, of a small bundle, into the exporter's memory. */
VF_RC nt_export_in_memory(struct nt_export_plan *p, struct vf_err *reterr);

/* export_files.c: forgets the files that have no name, and deletes them. */
void nt_export_drop(struct nt_exporter *e);

#endif
