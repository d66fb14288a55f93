/*
 * The participant's page of a consent (docs/formats/participant-page.md).
 *
 * Knows where what the page shows stands: the details of the consent and of its form, the receipt. How it looks is
 * trial/page.h's question. The verifier reads each page before anybody gets it.
 */
#ifndef NOTARY_PAGE_OUT_H
#define NOTARY_PAGE_OUT_H

#include "notary/source.h"

/* NULL: not given. A contact of which one part is given takes the place of the whole contact in the form. */
struct nt_page_options {
	const char *language; /* "en", "es", "de", "fr"; NULL: the form's */
	const char *url;      /* what the code to scan leads to begins like this; NULL: "trialnotary:ORIGIN" */
	const char *contact_name, *contact_phone, *contact_email, *contact_address;
};

/*
 * Appends the page of a record of kind consent or re-consent. UNKNOWN_RECORD, ERASED, DOCUMENT_MISSING (its details are
 * not there), JSON_SHAPE, DETAILS_SHAPE, LINK_SHAPE (what it names is no form), USAGE (another kind, a language that
 * has no texts), PAGE_SHAPE (its texts hold what looks like another record ID), LIMIT; what the source and signing a receipt refuse.
 */
VF_RC nt_page_put(const struct nt_source *from, const struct vf_hash *id, const struct nt_page_options *options,
	struct nt_buf *out, struct vf_err *reterr);

#endif
