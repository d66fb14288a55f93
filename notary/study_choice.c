#include "notary/study_choice.h"

#include "trial/kind.h"
#include "verify/record.h"
#include "verify/text.h"

static bool fits(const struct nt_withhold *w, const struct nt_record *r)
{
	return w->kind ? vf_bytes_is(r->kind, w->kind) : vf_hash_eq(&w->id, &r->id);
}

static bool is_chosen(const struct nt_study_choice *c, const struct nt_record *r, bool documents)
{
	for (size_t i = 0; i < c->n_withhold; i++)
		if (c->withhold[i].documents == documents && fits(&c->withhold[i], r))
			return true;
	return false;
}

/* A signature stays a member of the record's group: it cannot be left out of a record that is shown. */
static bool is_signed(const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_members; i++)
		if (vf_bytes_starts(r->members[i].name, VF_NAME_META))
			return true;
	return false;
}

static bool hides_documents(const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (r->documents[i].confidential)
			return true;
	return false;
}

static bool names_people(const struct nt_record *r)
{
	enum tr_kind kind = tr_kind_of(r->kind);

	return tr_kind_is_personal(kind) || kind == TR_DELEGATION || (kind == TR_OWN && hides_documents(r)) || is_signed(r);
}

bool nt_study_withholds(const struct nt_study_choice *c, const struct nt_record *r)
{
	return is_chosen(c, r, false) || (c->anonymous && names_people(r));
}

bool nt_study_withholds_document(const struct nt_study_choice *c, const struct nt_record *r, const struct nt_document *d)
{
	if (is_chosen(c, r, true) || nt_study_withholds(c, r))
		return true;
	return c->anonymous &&
		(d->confidential || (vf_bytes_is(d->name, "details.json") && tr_kind_of(r->kind) != TR_STUDY_HEAD));
}

void nt_study_match(const struct nt_study_choice *c, const struct nt_record *r, bool *matched)
{
	for (size_t i = 0; i < c->n_withhold; i++)
		matched[i] |= fits(&c->withhold[i], r);
}

VF_RC nt_study_check_matched(const struct nt_study_choice *c, const bool *matched, struct vf_err *reterr)
{
	for (size_t i = 0; i < c->n_withhold; i++) {
		const struct nt_withhold *w = &c->withhold[i];
		char hex[65];

		if (matched[i] || (w->kind && tr_kind_find(vf_bytes_str(w->kind)) != TR_KIND_NONE))
			continue;
		if (w->kind)
			return vf_fail(reterr, VF_UNKNOWN_RECORD, "no record of the study is of the kind '%.32s' to withhold", w->kind);
		vf_hex_put(hex, vf_bytes(w->id.b, sizeof(w->id.b)));
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "record %.16s to withhold is not of this study", hex);
	}
	return VF_OK;
}
