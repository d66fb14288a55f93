/*
 * Audit records and entries of ODM files in their order, for the rules that look at them.
 *
 * The order is that of the file: where a record stands apart from what it is about (AuditRecordID), that is where the entry
 * stands. What a FHIR Bundle says of changes has no order and is not here.
 */
#ifndef TRIAL_RULES_AUDIT_H
#define TRIAL_RULES_AUDIT_H

#include "trial/rules/case.h"

struct tr_audit_entry {
	uint64_t item;
	size_t at; /* among the entries of the file */
	struct tr_dated time;
	struct vf_bytes key, action, user, reason, subject; /* empty: not said */
};

struct tr_audit {
	const struct tr_case_file *file;
	struct tr_audit_entry *p; /* in the order of the file */
	size_t n;
	bool is_snapshot; /* the file says what is, in no order of what was done */
};

/* Calls each for every file that has a trail of audit records; what it gets is freed behind it. NO_MEMORY. */
typedef VF_RC tr_each_audit(void *ctx, const struct tr_audit *a, struct vf_err *reterr);
VF_RC tr_audit_each(const struct tr_case *c, tr_each_audit *each, void *ctx, struct vf_err *reterr);

/* True for what changes or removes what is there. */
bool tr_audit_is_change(struct vf_bytes action);
/* True when the key is the other's, or of something that stands within it (docs/formats/facts.md, "ODM"). */
bool tr_audit_is_within(struct vf_bytes key, struct vf_bytes outer);

/* A file names the one before it in its series, and that one is not at hand: what this one refers to may stand there. */
bool tr_audit_has_unseen_prior(const struct tr_case *c, const struct tr_case_file *file);

/* Something that a transactional file inserts, changes, removes or only passes on the way to what it changes. */
struct tr_entry {
	const struct tr_case_file *file;
	uint64_t item;
	struct vf_bytes key, action;
};
struct tr_entries {
	struct tr_entry *p; /* by key, then in the order of the log and of the file; freed with free() */
	size_t n;
};
/* The entries of all transactional files of the study. NO_MEMORY. */
VF_RC tr_entries_of(const struct tr_case *c, struct tr_entries *ret, struct vf_err *reterr);
/* True when an entry inserts this key, octet by octet, whichever file it stands in. */
bool tr_entries_has_insert(const struct tr_entries *e, struct vf_bytes key);

#endif
