/*
 * Between the files of the intake: one document while it is read and judged.
 */
#ifndef NOTARY_INTAKE_INSIDE_H
#define NOTARY_INTAKE_INSIDE_H

#include "notary/intake.h"
#include "trial/statement.h"
#include "verify/manifest.h"
#include "verify/pki.h"

#define NT_NOWHERE SIZE_MAX

struct nt_intake {
	struct nt_intake_policy policy;
	struct vf_manifest_parser *xml;
	struct vf_pki *pki;
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

/* The rules over what was read (intake_rules.c). */
VF_RC nt_intake_judge(struct nt_reading *r);

#endif
