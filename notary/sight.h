/*
 * What a party may learn of other records by linking to them (docs/decisions/0028-what-is-out-of-scope-is-unknown.md).
 *
 * Knows the rule alone. What a credential's scope has is asked of the caller; whether a link makes sense is kind.h's
 * question, and who refuses submission.h's.
 */
#ifndef NOTARY_SIGHT_H
#define NOTARY_SIGHT_H

#include "notary/access.h"
#include "notary/notary.h"
#include "trial/kind.h"

struct nt_sight {
	void *ctx;
	/* Whether the credential has this right for records of this study and kind. */
	bool (*may)(void *ctx, enum nt_right right, struct vf_bytes study, struct vf_bytes kind);
	/* A link led to a record that is there, and the party was told that it is not. */
	void (*denied)(void *ctx, const struct vf_hash *id);
};

/* A record that is submitted, as far as its links ask for it. */
struct nt_sight_from {
	struct vf_bytes submitter, study, kind;
};

/*
 * Whether a link may lead there: a record of the credential's studies and kinds; or one that a record of this kind is
 * about, in its own study, so that a token for consents alone can name their form.
 */
bool nt_sight_reaches(const struct nt_sight *x, const struct nt_sight_from *from, enum tr_link_type type,
	const struct nt_record *target);
/* Whether a refusal may say what the record is: the party may read it, or brought it with such a credential. */
bool nt_sight_tells(const struct nt_sight *x, const struct nt_sight_from *from, const struct nt_record *target);

#endif
