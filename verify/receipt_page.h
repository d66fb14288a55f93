/*
 * The receipt in a participant's page, and the record ID that the page shows (docs/formats/participant-page.md).
 *
 * Knows the exact form of such a page: a small part of HTML in which nothing is active and nothing hidden.
 * What the receipt is worth is receipt_judge.h's question; the words of the page are nobody's here.
 */
#ifndef VERIFY_RECEIPT_PAGE_H
#define VERIFY_RECEIPT_PAGE_H

#include "verify/hash.h"

/* What the 'generator' of a page says. */
#define VF_PAGE_SCHEMA "trialnotary/page/1"
/* The only values of 'id' in a page. */
#define VF_PAGE_RECEIPT_ID "trialnotary-receipt"
#define VF_PAGE_RECORD_ID "trialnotary-record"

struct vf_receipt_page {
	struct vf_bytes receipt; /* its octets, in the arena */
	struct vf_hash shown;	 /* the record ID on the page */
};

/* Whether a file that should be a receipt is to be read as a page: no receipt begins like that. */
bool vf_receipt_page_is(struct vf_bytes file);
/* The exact form. PAGE_SHAPE, LIMIT, NO_MEMORY. Does not look into the receipt. */
VF_RC vf_receipt_page_read(struct vf_bytes page, struct vf_arena *a, struct vf_receipt_page *ret,
	struct vf_err *reterr);

#endif
