/*
 * What consent_index.c and consent_ask.c share; not for others.
 */
#ifndef NOTARY_CONSENT_INDEX_INSIDE_H
#define NOTARY_CONSENT_INDEX_INSIDE_H

#include "notary/consent_index.h"
#include "notary/small_db.h"

/* Of the file; the texts are in consent_index.c. */
enum nt_consent_statement {
	NT_CONSENT_PUT,
	NT_CONSENT_SEALED,
	NT_CONSENT_FIND,
	NT_CONSENT_DROP,
	NT_CONSENT_DOUBT,
	NT_CONSENT_NEXT_UNSEALED,
	NT_CONSENT_NEXT_DOUBT,
	NT_CONSENT_CLEAR_DOUBT,
	NT_CONSENT_HAS,
	NT_CONSENT_ELSEWHERE,
	NT_CONSENT_PROGRESS,
	NT_CONSENT_SET_PROGRESS,
	NT_CONSENT_OWN,
	NT_CONSENT_ALL,
};

struct nt_consent_index {
	struct nt_small_db *db;
	uint8_t *room; /* of what an answer points to */
	size_t n_room;
};

bool nt_consent_bind_text(struct sqlite3_stmt *st, int at, struct vf_bytes text);
bool nt_consent_bind_hash(struct sqlite3_stmt *st, int at, const struct vf_hash *h);
bool nt_consent_column_hash(struct sqlite3_stmt *st, int at, struct vf_hash *ret);
VF_RC nt_consent_bad_row(struct vf_err *reterr);

#endif
