/*
 * Documents that a study bundle names and does not hold, where its holder has them now.
 *
 * Knows where to look (document.h) and that only the same octets count; what they are evidence of is others' question.
 * One of them is open at a time, so one thread at a time may use it.
 */
#ifndef NOTARY_STUDY_BESIDE_H
#define NOTARY_STUDY_BESIDE_H

#include "notary/document.h"
#include "verify/bundle.h"

struct nt_beside;

/* Looks in these files and folders, which must stay. */
VF_RC nt_beside_new(const char *const *from, size_t n_from, struct nt_beside **ret, struct vf_err *reterr);
struct nt_beside *nt_beside_free(struct nt_beside *b);

/* Notes a document to look for; the name is copied. Nothing when there is nowhere to look. */
VF_RC nt_beside_want(struct nt_beside *b, struct vf_bytes name, const struct vf_pair *digests, struct vf_err *reterr);
/* Looks for all of them, once; what is not found is none from then on. */
VF_RC nt_beside_look(struct nt_beside *b, struct vf_err *reterr);

/* Those that were found, for the judge: each opened when it is read. */
const struct vf_detached *nt_beside_found(const struct nt_beside *b, size_t *ret_n);
/* The found one of this SHA-256, or NULL. */
const struct vf_source *nt_beside_of(const struct nt_beside *b, const struct vf_hash *sha256);

#endif
