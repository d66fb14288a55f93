/*
 * Bundles from a server, completed with the documents that never left this machine.
 *
 * Knows what a bundle lacks, and puts it in so that the result is the bundle that an exporter with the documents
 * would have written. The verifier judges it before it gets its name; nothing half-written ever has it.
 */
#ifndef NOTARY_COMPLETE_H
#define NOTARY_COMPLETE_H

#include "notary/client_state.h"
#include "notary/export.h"

struct nt_complete {
	struct nt_client_state *state;    /* remembers where documents were; NULL: nothing does */
	struct nt_export_options options; /* from and force alone count */
	bool all;       /* a document that is not found is a fault: DOCUMENT_MISSING, DOCUMENT_CHANGED */
	int64_t now_ms; /* at which the verifier looks */
	/* A line about a document that stays out; may be NULL. */
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
};

/* How many documents the record has, and how many of them are not in the bundle. */
struct nt_completed {
	size_t documents, missing;
};

/*
 * Writes the bundle in fd, completed, to path. Documents that are not found, or have changed, stay out.
 * SERVER_ANSWER: it is no bundle of this record. NOT_VERIFIED, or the verifier's own code: it would not verify for
 * anybody, whatever they trust. EXISTS, PERMISSION, IO, NO_MEMORY, BUNDLE_TOO_LARGE. Only VF_OK leaves anything
 * behind.
 */
VF_RC nt_complete_bundle(const struct nt_complete *c, int fd, const struct vf_hash *id, const char *path,
	struct nt_completed *ret, struct vf_err *reterr);

#endif
