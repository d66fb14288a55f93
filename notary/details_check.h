/*
 * What details say beside other records: which form is approved, what was withdrawn
 * already, which version is the newest (docs/formats/statements/README.md).
 *
 * Knows rules between records. Where records and their details are is the caller's
 * question (struct nt_details_from): whoever cannot see the details of a record says so,
 * and what depends on them is not refused. No message quotes what a personal record says.
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
	/* Shows one record, if it is there: otherwise each is not called. */
	VF_RC (*one)(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr);
	/* Shows all records of the study that have a link of this type to this record. */
	VF_RC (*linked)(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
		nt_each_seen *each, void *each_ctx, struct vf_err *reterr);
	/* Shows all personal records of other studies. */
	VF_RC (*others)(void *ctx, struct vf_bytes study, nt_each_seen *each, void *each_ctx, struct vf_err *reterr);
};

/*
 * Judges a record that is not there yet. facts are NULL when it has no details. Refuses: LINK_SHAPE (details and links
 * do not agree), DETAILS_SHAPE (another participant than the linked record's), FORM_UNAPPROVED, VERSION_ORDER,
 * NOTHING_TO_WITHDRAW, PERMISSION_UNKNOWN, PERMISSION_CONTRADICTION, PARTICIPANT_REUSED.
 */
VF_RC nt_details_check(const struct nt_details_from *from, const struct nt_submit *s, const struct tr_facts *facts,
	const struct tr_link *links, size_t n_links, struct vf_err *reterr);

/*
 * The same with the records of a notary in a folder: details that it keeps, or that are still where they were. It reads
 * all records of the study once for each question, and all of the notary for a participant: an index over links and
 * participants belongs into the store before folders hold more than some 100,000 records.
 */
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
