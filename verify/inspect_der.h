/*
 * What a file of DER seems to be, and what it claims: evidence records, time-stamp
 * tokens and replies, CMS signatures.
 *
 * Judges nothing; see inspect.h.
 */
#ifndef VERIFY_INSPECT_DER_H
#define VERIFY_INSPECT_DER_H

#include "verify/report.h"

enum vf_der_kind {
	VF_DER_OTHER,
	VF_DER_RECORD,
	VF_DER_TOKEN,
	VF_DER_REPLY,
	VF_DER_SIGNATURE,
};

/* By the outer shape alone, in DER or BER; OTHER also when something follows. */
enum vf_der_kind vf_der_kind(struct vf_bytes in);
/* "an evidence record", ... */
const char *vf_der_kind_text(enum vf_der_kind kind);

/* Shows what the parsers read. UNSUPPORTED for another kind, NO_MEMORY, or the code of the parser that refuses it. */
VF_RC vf_inspect_der(struct vf_sink *s, const char *input, struct vf_bytes der, bool json, const struct vf_look *look,
	struct vf_arena *memory, struct vf_err *reterr);

/* A signature in a container: its name there, who signs, and what is said of it (meaning.h). Of several signers the first. */
void vf_inspect_signature(struct vf_sink *s, struct vf_bytes name, struct vf_bytes ber, bool json,
	const struct vf_look *look, struct vf_arena *memory);

#endif
