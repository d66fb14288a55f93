/*
 * Which records of a notary lay parameters of rules down, without reading all of them at each submission: a derived file
 * 'rules.db' in the notary's folder.
 *
 * Knows numbers and IDs of such records by a blinded value of their study, and how far it has looked. Holds nothing that
 * erasing must destroy; it may be deleted at any time and is made again. What the parameters say is enforce.h's question.
 */
#ifndef NOTARY_RULES_INDEX_H
#define NOTARY_RULES_INDEX_H

#include "notary/notary.h"

/* True for details of a record of kind other that lays parameters down (docs/formats/rules.md). */
bool nt_rules_is_parameters(struct vf_bytes details);
/* The same, or a mapping (docs/formats/mapping.md): what counts for everybody in the study. */
bool nt_rules_is_common(struct vf_bytes details);

/*
 * The newest record of the study with parameters that is not erased; *ret is NULL when there is none. Looks at what was
 * accepted since it last noted how far it is, and notes it now and then.
 */
VF_RC nt_rules_newest(struct nt_notary *n, struct vf_bytes study, struct nt_record **ret, struct vf_err *reterr);

/* How many records the notary has accepted. */
VF_RC nt_rules_count(struct nt_notary *n, uint64_t *ret, struct vf_err *reterr);
/* None of the records from number first on lays parameters down: who has just made them says so, and they are not read. */
VF_RC nt_rules_pass(struct nt_notary *n, uint64_t first, struct vf_err *reterr);

#endif
