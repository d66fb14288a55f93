#include "notary/sight.h"

/* What a record of this kind is nothing without: a consent its form, a withdrawal its consent. */
static bool is_about(enum tr_link_type type, enum tr_kind from, enum tr_kind to)
{
	switch (type) {
	case TR_APPROVES:
	case TR_ACCESSES:
	case TR_GRANTS:
	case TR_LOCKS:
	case TR_WITHDRAWS:
		return tr_link_is_sensible(type, from, to);
	case TR_USES:
		return ((from == TR_CONSENT || from == TR_RE_CONSENT) && to == TR_CONSENT_FORM) ||
			(from == TR_OWN && to == TR_SCHEMA);
	case TR_LINK_NONE:
	case TR_AMENDS:
	case TR_COUNTERSIGNS:
	case TR_DERIVES_FROM:
	case TR_ERASES:
	case TR_REPORTS:
	case TR_SUPERSEDES:
	case TR_TRANSFERS:
		return false;
	}
	return false;
}

static bool has_scope(const struct nt_sight *x, enum nt_right right, const struct nt_record *target)
{
	return x->may(x->ctx, right, target->study, target->kind);
}

/* The right to submit is there, or nobody would ask: what it is asked for is the scope. */
bool nt_sight_reaches(const struct nt_sight *x, const struct nt_sight_from *from, enum tr_link_type type,
	const struct nt_record *target)
{
	return has_scope(x, NT_RIGHT_SUBMIT, target) ||
		(target->state != NT_ERASED && vf_bytes_eq(target->study, from->study) &&
			is_about(type, tr_kind_of(from->kind), tr_kind_of(target->kind)));
}

bool nt_sight_tells(const struct nt_sight *x, const struct nt_sight_from *from, const struct nt_record *target)
{
	return has_scope(x, NT_RIGHT_READ, target) ||
		(vf_bytes_eq(target->submitter, from->submitter) && has_scope(x, NT_RIGHT_SUBMIT, target));
}
