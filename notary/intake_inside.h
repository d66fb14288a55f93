/*
 * Between the files of the intake: one document while it is read and judged.
 */
#ifndef NOTARY_INTAKE_INSIDE_H
#define NOTARY_INTAKE_INSIDE_H

#include "notary/intake.h"
#include "trial/details.h"
#include "trial/statement.h"
#include "verify/manifest.h"
#include "verify/meaning.h"
#include "verify/pki.h"

#define NT_NOWHERE SIZE_MAX
/* Statement and signature files stand beside what the statement lists. */
#define NT_UNLISTED 3

struct nt_intake {
	struct nt_intake_policy policy;
	struct vf_manifest_parser *xml;
	struct vf_pki *pki;
	struct tr_rulebook book;
	uint8_t *room; /* in which details are read, TR_DETAILS_ROOM; NULL before the first */
};

struct nt_reading {
	struct nt_intake *x;
	const struct nt_intake_from *from;
	struct vf_arena *a;
	struct nt_submission s; /* what will be returned; its tables are the ones below */
	struct nt_member *members;
	struct nt_document *documents;
	struct nt_link *links;
	struct vf_statement statement;
	struct vf_said said; /* when the statement has a signer */
	enum tr_kind kind;
	size_t at_statement; /* its place in members */
	char *field;
	struct vf_err *err;
};

/* The field of a fault, on the way out: list and leaf may be NULL. Return rc. */
enum vf_rc nt_at(struct nt_reading *r, enum vf_rc rc, const char *field);
enum vf_rc nt_at_item(struct nt_reading *r, enum vf_rc rc, const char *list, size_t i, const char *leaf);
enum vf_rc nt_intake_no_memory(struct nt_reading *r);

/* The place of a member by its name, or NT_NOWHERE; members are ascending. */
size_t nt_intake_find(const struct nt_reading *r, const char *name);

/* More than the values that a JSON text can hold: bounds what its parser takes before it begins. */
size_t nt_intake_count_values(struct vf_bytes json);

/* Parts of the record's form, and what it says of its kind: sent with their octets, of which there may be so many. */
bool nt_intake_has_octets(struct vf_bytes name);
size_t nt_intake_max_octets(struct vf_bytes name);

/*
 * Two readers of the document's syntax: any spelling, which decides about refusals; and the one spelling of our
 * writer (intake_canonical.c). The latter is false, and changes neither r nor the arena, for all that is not
 * spelled like that or not right; what it takes, the other takes too, with the same values.
 */
VF_RC nt_intake_general(struct nt_reading *r, struct vf_bytes json);
bool nt_intake_canonical(struct nt_reading *r, struct vf_bytes json);

/* The rules over what was read (intake_rules.c). */
VF_RC nt_intake_judge(struct nt_reading *r);
/* Those over what a plain record says of its kind, and over what all say beside other records (intake_details.c). */
VF_RC nt_intake_details(struct nt_reading *r);
VF_RC nt_intake_beside(struct nt_notary *n, struct nt_details_served *served, const struct nt_sight *sight,
	const struct nt_submission *s, struct vf_err *reterr);

#endif
