/*
 * The page that a participant takes home (docs/formats/participant-page.md).
 *
 * Knows the texts of each language and the exact HTML. Facts in, HTML out: the same for the same facts, without a
 * clock, and every text from outside is escaped. Where the facts and the code to scan come from is the caller's
 * question; reading a page is verify/receipt_page.h's.
 */
#ifndef TRIAL_PAGE_H
#define TRIAL_PAGE_H

#include "verify/hash.h"
#include "verify/sink.h"

enum tr_page_language { TR_PAGE_EN, TR_PAGE_ES, TR_PAGE_DE, TR_PAGE_FR };
#define TR_PAGE_LANGUAGES 4

enum tr_page_role { TR_PAGE_PARTICIPANT, TR_PAGE_PARENT, TR_PAGE_ASSENT, TR_PAGE_REPRESENTATIVE };

/* Absent texts have n == 0. */
struct tr_page_permission {
	struct vf_bytes name, text; /* text: what the form says of it; the name stands in for it */
	struct vf_bytes purpose, from, until, whom;
	bool granted;
};

/* What the code to scan shows: rows of n modules, 1 for a dark one. n is 0 for no code. */
struct tr_page_code {
	size_t n;
	const uint8_t *modules;
};

/* Absent texts have n == 0. Dates and times as in docs/formats/statements; other text there is shown as it is. */
struct tr_page {
	enum tr_page_language language;
	struct vf_bytes form_language; /* of the texts that come from the form, when it is not the page's */
	struct vf_bytes study, title, version;
	struct vf_bytes given;
	enum tr_page_role role;
	const struct tr_page_permission *permissions;
	size_t n_permissions;
	struct vf_bytes contact_name, contact_phone, contact_email, contact_address;
	struct vf_bytes withdrawal;
	struct vf_bytes origin; /* of the notary's log */
	int64_t accepted_ms;	/* by the receipt */
	struct vf_hash id;
	struct vf_bytes receipt; /* its octets, UTF-8 */
	struct tr_page_code code;
};

/* "en", "de-AT": the language whose texts are there; false for others. */
bool tr_page_language_find(struct vf_bytes tag, enum tr_page_language *ret);
/* "en", … */
const char *tr_page_language_name(enum tr_page_language language);
/* The whole file. It never fails by itself; what sink takes is sink's business. */
void tr_page_put(struct vf_sink *s, const struct tr_page *p);
/* The style sheet, as it stands between its tags: verify/receipt_page.c knows its digest. */
const char *tr_page_style(void);

/* The text with this name in a language, for the test of the catalogue; NULL after the last, or when it is missing. */
const char *tr_page_text_at(enum tr_page_language language, size_t at);
/* "TITLE", …; NULL after the last. */
const char *tr_page_text_name(size_t at);

#endif
