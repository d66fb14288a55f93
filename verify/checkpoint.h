/*
 * Signed notes, checkpoints and log proofs in the forms of C2SP signed-note,
 * tlog-checkpoint, tlog-cosignature and tlog-proof.
 *
 * Knows the bytes and what a signature line is over. Whether the log and the
 * witnesses are trusted is quorum.h's question; until it has said so, nothing
 * in these structs may be acted on or shown as a fact. All ranges borrow from
 * the input.
 */
#ifndef VERIFY_CHECKPOINT_H
#define VERIFY_CHECKPOINT_H

#include "verify/hash.h"
#include "verify/key.h"
#include "verify/limits.h"

/* First line of a log proof; first octets of what a cosignature is over. */
#define VF_TLOG_PROOF_HEAD "c2sp.org/tlog-proof@v1"
#define VF_COSIGNATURE_HEAD "cosignature/v1"
/* What begins a signature line: EM DASH and a space. */
#define VF_NOTE_DASH "\xe2\x80\x94 "

/* One signature line; blob is the base64 text, whose first four octets are id. */
struct vf_note_line {
	struct vf_bytes line; /* with its LF */
	struct vf_bytes name, blob;
	uint32_t id;
	uint32_t payload; /* octets after the id */
};

struct vf_note {
	struct vf_bytes whole;
	struct vf_bytes text; /* with its last LF, without the empty line */
	struct vf_note_line lines[VF_MAX_NOTE_LINES];
	size_t n_lines;
};

/*
 * Splits at the last empty line. NOTE_SHAPE unless it is UTF-8 without controls
 * but LF, with one or more lines in their exact form; LIMIT above VF_MAX_NOTE.
 */
VF_RC vf_note_parse(struct vf_bytes note, struct vf_note *ret, struct vf_err *reterr);

struct vf_checkpoint {
	struct vf_bytes origin;
	uint64_t size;
	struct vf_hash root;
	struct vf_note note;
};

/*
 * A note of exactly three lines of text: origin, size, root. Its first
 * signature line must carry the origin as name: it is the log's own. Extension
 * lines, and a root other than SHA-256("") for size 0, are refused
 * (CHECKPOINT_SHAPE).
 */
VF_RC vf_checkpoint_parse(struct vf_bytes note, struct vf_checkpoint *ret, struct vf_err *reterr);

/*
 * SHA-256 over the note text, the empty line and the first signature line with
 * its LF (docs/formats/seal.md): later cosignatures do not change it.
 */
struct vf_hash vf_checkpoint_digest(const struct vf_checkpoint *c);

/*
 * Decides about one signature line by one key. NOTE_SIGNATURE when it is not
 * by that key or does not verify; UNSUPPORTED for ML-DSA where OpenSSL has
 * none. ret_seconds is the time of a cosignature, 0 when it makes no claim.
 */
VF_RC vf_checkpoint_check_line(const struct vf_checkpoint *c, const struct vf_note_line *line,
	const struct vf_vkey *key, uint64_t *ret_seconds, struct vf_err *reterr);

/*
 * Two checkpoints of one log: CHECKPOINT_ORIGIN when they are not, EQUIVOCATION
 * for one size with two roots, else as vf_merkle_check_consistency().
 */
VF_RC vf_checkpoint_check_consistent(const struct vf_checkpoint *older, const struct vf_checkpoint *newer,
	const struct vf_hash *proof, size_t n, struct vf_err *reterr);

/*
 * What a cosignature of type 0x04 and of type 0x06 is over, for checkers and
 * signers. Each writes at most VF_COSIGNED_MAX octets and returns their number,
 * 0 when an origin or name has no place (1 to VF_MAX_ORIGIN octets).
 */
#define VF_COSIGNED_MAX 640
size_t vf_cosigned_ed25519(uint8_t *out, const struct vf_checkpoint *c, uint64_t seconds);
size_t vf_cosigned_mldsa44(uint8_t *out, const struct vf_checkpoint *c, struct vf_bytes name, uint64_t seconds);

struct vf_tlog_proof {
	bool has_extra;
	struct vf_bytes extra; /* base64 text; never authenticated */
	uint64_t index;
	struct vf_hash hashes[VF_MAX_INCLUSION];
	size_t n;
	struct vf_checkpoint checkpoint;
};

/*
 * PROOF_SHAPE for a wrong head, index or hash line; the codes of
 * vf_checkpoint_parse() for the rest. Whether index, size and number of hashes
 * fit together is for vf_merkle_check_inclusion().
 */
VF_RC vf_tlog_proof_parse(struct vf_bytes proof, struct vf_tlog_proof *ret, struct vf_err *reterr);

#endif
