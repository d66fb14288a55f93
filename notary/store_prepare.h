/*
 * Checking and packing of submissions, ahead of the one thread that writes.
 *
 * What a row holds besides numbers of the store depends on the submission alone, so
 * with many of them a second thread makes it while the first inserts. Everything
 * that depends on what is stored stays with the caller.
 */
#ifndef NOTARY_STORE_PREPARE_H
#define NOTARY_STORE_PREPARE_H

#include "notary/store_pack.h"
#include "notary/notary.h"

struct nt_prepare;

/* packer and submissions must stay until it is freed. */
VF_RC nt_prepare_new(const struct nt_packer *packer, const struct nt_submission *submissions, size_t count,
	struct nt_prepare **ret, struct vf_err *reterr);
/*
 * Content of the row of submission i, valid until the next call; i must not go down. INTERNAL when
 * the members do not give the ID: the entry is for ever, so what it says is computed again.
 * *ret_in_place: the slot is that of the place. Who brings a record that is there already need not know the
 * stream's key, so a wrong slot is for the caller to refuse.
 */
VF_RC nt_prepare_get(struct nt_prepare *p, size_t i, struct vf_bytes *ret, bool *ret_in_place, struct vf_err *reterr);
struct nt_prepare *nt_prepare_free(struct nt_prepare *p);
void nt_prepare_freep(struct nt_prepare **p);

#endif
