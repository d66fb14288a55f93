/*
 * What details say beside other records: which form is approved, what was withdrawn
 * already, which version is the newest (docs/formats/statements/README.md).
 *
 * Knows rules between records. Where records and their details are is the caller's
 * question (struct nt_details_from): whoever cannot see the details of a record says so,
 * and what depends on them is not refused. Who asks which of the two checks, and from where,
 * is docs/decisions/0022-details-at-the-server.md. No message quotes what a personal record says.
 */
#ifndef NOTARY_DETAILS_CHECK_H
#define NOTARY_DETAILS_CHECK_H

#include "notary/submit.h"

/* More links than details can name. */
#define NT_DETAILS_LINKS 3

/* The links that details stand for: form, consent, grant. Returns how many. */
size_t nt_details_links(const struct tr_facts *facts, struct tr_link out[NT_DETAILS_LINKS]);

/* Writes a fault of details with its place in front, and returns rc: "details at '/given': not a time …". */
enum vf_rc nt_details_fail(enum vf_rc rc, const char *pointer, const struct vf_err *err, struct vf_err *reterr);

/* A record as the rules see it; all of it is borrowed until the call that showed it returns. */
struct nt_seen {
	const struct nt_record *record; /* not erased */
	enum tr_kind kind;
	const struct tr_facts *facts; /* NULL: nobody here can see its details, or it has none */
};

/* Not VF_OK ends the walk and is returned. */
typedef VF_RC nt_each_seen(void *ctx, const struct nt_seen *seen, struct vf_err *reterr);

struct nt_details_from {
	void *ctx;
	bool is_partial; /* whole kinds of a study may be there and not be shown */
	/* Shows one record, if it is there: otherwise each is not called. */
	VF_RC (*one)(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr);
	/* Shows all records of the study that have a link of this type to this record. */
	VF_RC (*linked)(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
		nt_each_seen *each, void *each_ctx, struct vf_err *reterr);
	/* Whether another study has this participant's value. */
	VF_RC (*is_elsewhere)(void *ctx, struct vf_bytes study, const struct vf_hash *participant, bool *ret,
		struct vf_err *reterr);
};

/*
 * Judges a record that is not there yet. facts are NULL when it has no details. Refuses: LINK_SHAPE (details and links
 * do not agree), DETAILS_SHAPE (another participant than the linked record's), FORM_UNAPPROVED, VERSION_ORDER,
 * NOTHING_TO_WITHDRAW, PERMISSION_UNKNOWN, PERMISSION_CONTRADICTION, PARTICIPANT_REUSED.
 */
VF_RC nt_details_check(const struct nt_details_from *from, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr);

/* A record whose own details are hidden from whoever judges it. */
struct nt_unseen {
	struct vf_bytes study;
	enum tr_kind kind;
	bool has_details; /* though nobody here sees them */
	const struct tr_link *links;
	size_t n_links;
};

/*
 * What links and public records say of it: a consent's form must be approved (when it was given is not known), a consent
 * that is withdrawn as a whole is not withdrawn again, what was superseded is not superseded again. LINK_SHAPE (two
 * forms), FORM_UNAPPROVED, VERSION_ORDER, NOTHING_TO_WITHDRAW.
 */
VF_RC nt_details_check_hidden(const struct nt_details_from *from, const struct nt_unseen *h, struct vf_err *reterr);

/* ---- from a notary's own records (details_local.c) ---- */

/*
 * Records of a notary and their details: those that it keeps, or that are still where they were. The store's index finds
 * them, and consent_index.h who is elsewhere. n may be NULL: then there is nothing but nt_details_local_show().
 */
struct nt_details_local;
VF_RC nt_details_local_new(struct nt_notary *n, struct nt_details_local **ret, struct vf_err *reterr);
struct nt_details_local *nt_details_local_free(struct nt_details_local *l);
void nt_details_local_freep(struct nt_details_local **l);
/* What it shows; valid as long as l. */
struct nt_details_from nt_details_local_from(struct nt_details_local *l);
/* Calls each with a record and what its details, text, say; an empty text is that of nobody here. */
VF_RC nt_details_local_show(struct nt_details_local *l, const struct nt_record *r, struct vf_bytes text, nt_each_seen *each,
	void *each_ctx, struct vf_err *reterr);
/*
 * Whether a 'uses' link of a study's own kind leads to the record that registers it: name, rules and 'personal' as far as
 * they can be seen. UNKNOWN_KIND, SCHEMA_SHAPE, PERSONAL_FIELD.
 */
VF_RC nt_details_check_own(struct nt_details_local *l, const struct nt_submit *s, const struct tr_link *links,
	size_t n_links, struct vf_err *reterr);

/* nt_details_check() with them, and nt_details_check_own() where the kind is one. */
VF_RC nt_details_check_local(struct nt_notary *n, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr);

/*
 * The text of a record's details.json in the arena; empty when the record has none or nobody here has it. NO_MEMORY.
 */
VF_RC nt_details_text(struct nt_notary *n, const struct nt_record *r, struct vf_arena *a, struct vf_bytes *ret,
	struct vf_err *reterr);

/*
 * What it says, by the rules of the record's kind. ret_has is false when nobody here has it, or it does not follow the
 * rules: then it is from elsewhere, or older than they are. NO_MEMORY.
 */
VF_RC nt_details_facts(struct nt_notary *n, const struct nt_record *r, struct tr_rulebook *book, struct vf_arena *a,
	bool *ret_has, struct tr_facts *ret, struct vf_err *reterr);

#endif
