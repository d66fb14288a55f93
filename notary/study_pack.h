/*
 * Packing a bundle as a record of a study bundle: members, and a program that gives the rest (docs/formats/study.md).
 *
 * Knows how to find such a program: by comparing the bundle's octets with the values that a program can name. What the
 * octets mean is not asked, so renewals, OCSP responses and signatures need nothing of their own.
 */
#ifndef NOTARY_STUDY_PACK_H
#define NOTARY_STUDY_PACK_H

#include "notary/notary.h"

struct nt_study_pack;
VF_RC nt_study_pack_new(struct nt_study_pack **ret, struct vf_err *reterr);
struct nt_study_pack *nt_study_pack_free(struct nt_study_pack *p);
void nt_study_pack_freep(struct nt_study_pack **p);

struct nt_study_input {
	const struct nt_record *record;
	struct vf_bytes bundle;		     /* detached */
	struct vf_bytes log;		     /* siblings in the log tree of its seal, raw, from the leaf */
	struct vf_bytes batch256, batch512; /* in the batch trees; the second is empty where there is none */
	bool has_slot;			     /* it can be computed: it is not written */
	bool learn;			     /* what nothing gives yet is shared from now on */
};

/* Appends a shown record to out. NO_MEMORY, LIMIT; INTERNAL for a bundle that is none of ours. */
VF_RC nt_study_pack_shown(struct nt_study_pack *p, const struct nt_study_input *in, struct nt_buf *out, struct vf_err *reterr);
/* Appends a hidden record. UNKNOWN_RECORD: too little of it is left, or it is in no stream; nothing was appended. */
VF_RC nt_study_pack_hidden(const struct nt_record *r, bool has_slot, struct nt_buf *out, struct vf_err *reterr);
/* What is shared so far; it only grows. */
struct vf_bytes nt_study_pack_shared(const struct nt_study_pack *p);

/*
 * The hashes of what is absent from a tree of size leaves, as the format wants them: of n present leaves the positions,
 * ascending, and their siblings, raw, of width octets each.
 */
VF_RC nt_study_absent(uint64_t size, const uint64_t *at, const struct vf_bytes *paths, size_t n, size_t width, struct nt_buf *out,
	struct vf_err *reterr);

#endif
