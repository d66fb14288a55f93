/*
 * Study heads: records in which the notary names the heads of all streams of a study.
 *
 * Knows which streams a study has and whether its last study head still tells them all. Without such a record nobody who
 * holds some streams can see that there are others (docs/formats/study.md, "What is judged").
 */
#ifndef NOTARY_HEADS_H
#define NOTARY_HEADS_H

#include "notary/notary.h"

struct nt_heads_made {
	struct vf_hash id;  /* of the study head that tells all */
	uint64_t streams;   /* that it names */
	bool is_new;        /* false: the last one told all of them already */
};

/*
 * Notarises the heads of all streams of the study as of now, in the notary's own stream of the study, unless the last
 * record there is a study head that tells them. UNKNOWN_RECORD: the study has no stream. LIMIT: more streams than
 * details hold.
 */
VF_RC nt_heads_put(struct nt_notary *n, struct vf_bytes study, struct nt_heads_made *ret, struct vf_err *reterr);

/* Whether the last record of the notary's own stream of the study is a study head that tells all others as they are now. */
VF_RC nt_heads_told(struct nt_notary *n, struct vf_bytes study, bool *ret, struct vf_err *reterr);

/*
 * Studies that have a stream of anybody but the notary itself, and whose last study head was made before this time and does not
 * tell all of it; without a study head, those that began before this time. The array is the caller's to free; its texts
 * live as long as the notary is open. A server asks once a day: a study at rest gets no more records.
 */
VF_RC nt_heads_studies(struct nt_notary *n, int64_t before_ms, struct vf_bytes **ret, size_t *ret_n, struct vf_err *reterr);

#endif
