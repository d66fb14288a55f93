/* The document of a submission as notary/submission_json.h writes it, read without a tree of values. */
#include "notary/intake_inside.h"
#include "notary/submission_json.h"
#include "trial/canonical.h"
#include "verify/limits.h"
#include "verify/text.h"

/* No member and no document is written with fewer octets: bounds the tables by the text. */
#define MIN_ITEM 224

static size_t room_for(struct vf_bytes in, size_t max)
{
	return in.n / MIN_ITEM < max ? in.n / MIN_ITEM : max;
}

static bool take_named(struct nt_reading *r, struct vf_bytes *in, bool is_document, struct vf_bytes *ret_name,
	struct vf_pair *ret_digests)
{
	struct vf_bytes name;
	enum vf_rc rc;

	if (!TR_TAKE(in, "{\"name\":\"") || !tr_take_string(in, &name))
		return false;
	rc = is_document || !nt_intake_has_octets(name) ? vf_document_name_check(name, NULL) : vf_name_check(name, NULL);
	return rc == VF_OK && vf_arena_copy(r->a, name, ret_name) && tr_take_pair(in, ret_digests);
}

static bool take_octets(struct nt_reading *r, struct vf_bytes *in, struct nt_member *m)
{
	struct vf_bytes text;
	struct vf_pair found;

	if (!TR_TAKE(in, ",\"base64\":\"") || !vf_take_until(in, '"', &text) || text.n == 0 ||
		text.n > VF_BASE64_LEN(nt_intake_max_octets(m->name)) || !vf_base64_take(text, r->a, &m->bytes))
		return false;
	found = vf_pair_of(m->bytes);
	return vf_pair_eq(&found, &m->digests);
}

static bool take_members(struct nt_reading *r, struct vf_bytes *in)
{
	size_t room = room_for(*in, r->x->policy.max_members + NT_UNLISTED);

	r->members = VF_NEW(r->a, room, struct nt_member);
	if (!r->members)
		return false;
	r->s.members = r->members;
	do {
		size_t n = r->s.n_members;
		struct nt_member *m = &r->members[n];

		if (n == room || !take_named(r, in, false, &m->name, &m->digests) ||
			(nt_intake_has_octets(m->name) && !take_octets(r, in, m)) || !TR_TAKE(in, "}"))
			return false;
		if (n > 0 && vf_bytes_cmp(m[-1].name, m->name) >= 0)
			return false;
		r->s.n_members++;
	} while (TR_TAKE(in, ","));
	return TR_TAKE(in, "]");
}

static bool take_document(struct nt_reading *r, struct vf_bytes *in, struct nt_document *d)
{
	struct vf_bytes name;

	if (!take_named(r, in, true, &d->name, &d->digests) || !TR_TAKE(in, ",\"size\":") ||
		!tr_take_decimal(in, VF_MAX_SEQ, &d->size))
		return false;
	d->confidential = TR_TAKE(in, ",\"confidential\":true,\"commitment\":\"");
	/* which commitment it is, is compared later: here it need only be text */
	if (d->confidential && (!tr_take_string(in, &name) || !vf_utf8_is(name) || !vf_arena_copy(r->a, name, &d->commitment)))
		return false;
	d->keep = TR_TAKE(in, ",\"keep\":true");
	return TR_TAKE(in, "}") && (!d->keep || r->x->policy.keep);
}

static bool take_documents(struct nt_reading *r, struct vf_bytes *in)
{
	size_t room = room_for(*in, r->x->policy.max_members);

	r->documents = VF_NEW(r->a, room + 1, struct nt_document);
	if (!r->documents)
		return false;
	r->s.documents = r->documents;
	if (TR_TAKE(in, "]"))
		return true;
	do {
		size_t n = r->s.n_documents;
		struct nt_document *d = &r->documents[n];

		if (n == room || !take_document(r, in, d))
			return false;
		if (n > 0 && vf_bytes_cmp(d[-1].name, d->name) >= 0)
			return false;
		r->s.n_documents++;
	} while (TR_TAKE(in, ","));
	return TR_TAKE(in, "]");
}

static bool take_entry(struct nt_reading *r, struct vf_bytes *in)
{
	struct nt_submission *s = &r->s;

	return TR_TAKE(in, ",\"entry\":{\"sha256\":\"") && tr_take_hex(in, s->id.b, sizeof(s->id.b)) &&
		TR_TAKE(in, "\",\"sha512\":\"") && tr_take_hex(in, s->id512.b, sizeof(s->id512.b)) &&
		TR_TAKE(in, "\",\"slot\":\"") && tr_take_hex(in, s->slot.b, sizeof(s->slot.b)) && TR_TAKE(in, "\"}");
}

static bool take_all(struct nt_reading *r, struct vf_bytes in)
{
	if (!TR_TAKE(&in, "{\"schema\":\"" NT_SCHEMA_SUBMISSION "\"") || !take_entry(r, &in) ||
		!TR_TAKE(&in, ",\"members\":[") || !take_members(r, &in) || !TR_TAKE(&in, ",\"documents\":[") ||
		!take_documents(r, &in) || !TR_TAKE(&in, "}"))
		return false;
	return (TR_TAKE(&in, "\n") || in.n == 0) && in.n == 0; /* a line that was cut out of many has lost its LF */
}

bool nt_intake_canonical(struct nt_reading *r, struct vf_bytes json)
{
	struct vf_arena arena = *r->a;
	struct nt_reading before = *r;

	if (take_all(r, json))
		return true;
	*r = before;
	*r->a = arena;
	return false;
}
