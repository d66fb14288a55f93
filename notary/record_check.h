/*
 * What a stored row says of a record against what the record itself says.
 *
 * The row repeats the statement for lists and searches. The record's ID proves its members,
 * not what the row repeats: this tells when the two differ. Knows no database.
 */
#ifndef NOTARY_RECORD_CHECK_H
#define NOTARY_RECORD_CHECK_H

#include "notary/notary.h"
#include "verify/bytes.h"

/*
 * STORE_CORRUPT when kind, study, version, date, title, a link or a document of r differs from its statement
 * and commitments. Erased records, and statements that were never in their exact form, say nothing.
 */
VF_RC nt_record_check(const struct nt_record *r, struct vf_arena *a, struct vf_err *reterr);

#endif
