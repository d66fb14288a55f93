/*
 * What a server checks of details beside other records, before it takes a submission.
 *
 * Knows what a server can see: details of plain kinds, which come with their records, links, and what its own
 * notary keeps. Details of personal records are behind commitments: of those, links say what is checked.
 * The rules are details_check.h's question.
 */
#ifndef NOTARY_DETAILS_SERVED_H
#define NOTARY_DETAILS_SERVED_H

#include "notary/notary.h"

/*
 * Records of one commit group that were settled and are not stored yet, beside those of the notary. For one notary, on
 * the thread that uses it.
 */
struct nt_details_served;
VF_RC nt_details_served_new(struct nt_details_served **ret, struct vf_err *reterr);
struct nt_details_served *nt_details_served_free(struct nt_details_served *d);
void nt_details_served_freep(struct nt_details_served **d);
/* A new group. */
void nt_details_served_begin(struct nt_details_served *d);
/* A record of this group, which is copied as far as it counts. */
VF_RC nt_details_served_add(struct nt_details_served *d, const struct nt_submission *s, struct vf_err *reterr);

/*
 * Judges a submission that was read (nt_intake_read()) and is not there yet; its linked records are. The refusals of
 * nt_details_check(), nt_details_check_hidden() and nt_details_check_own(). Nothing is looked up for a record whose links
 * say nothing that could be refused.
 */
VF_RC nt_details_served_check(struct nt_details_served *d, struct nt_notary *n, const struct nt_submission *s,
	struct vf_err *reterr);

#endif
