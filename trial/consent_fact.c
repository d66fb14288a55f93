#include "trial/consent_fact.h"

#include <string.h>

#include "verify/json.h"

/* Of the octets; the first of them. */
#define FORM 1
/* A permission has three texts; a record's texts together are below 64 KiB (docs/formats/statements). */
#define MAX_ITEMS 4096

enum tr_fact_kind tr_consent_fact_kind(enum tr_kind kind)
{
	static const enum tr_fact_kind kinds[TR_KIND_COUNT] = {
		[TR_PROTOCOL] = TR_FACT_PROTOCOL,
		[TR_AMENDMENT] = TR_FACT_PROTOCOL,
		[TR_CONSENT_FORM] = TR_FACT_FORM,
		[TR_ETHICS_APPROVAL] = TR_FACT_APPROVAL,
		[TR_CONSENT] = TR_FACT_CONSENT,
		[TR_RE_CONSENT] = TR_FACT_CONSENT,
		[TR_WITHDRAWAL] = TR_FACT_WITHDRAWAL,
		[TR_ACCESS_GRANT] = TR_FACT_GRANT,
		[TR_ACCESS_EVENT] = TR_FACT_EVENT,
	};

	return (unsigned)kind < TR_KIND_COUNT ? kinds[kind] : TR_FACT_NONE;
}

/* ---- from details ---- */

static struct tr_when when_of(struct vf_bytes text)
{
	struct tr_when w;

	return tr_when_read(text, &w) ? w : tr_when_none();
}

static enum tr_voice population_voice(enum tr_population p)
{
	switch (p) {
	case TR_POPULATION_NONE:
		return TR_VOICE_NONE;
	case TR_POPULATION_ADULT:
		return TR_ADULT;
	case TR_POPULATION_PARENT:
		return TR_PARENT;
	case TR_POPULATION_ASSENT:
		return TR_ASSENT;
	case TR_POPULATION_REPRESENTATIVE:
		return TR_REPRESENTATIVE;
	}
	return TR_VOICE_NONE;
}

static enum tr_voice role_voice(enum tr_role r)
{
	switch (r) {
	case TR_ROLE_NONE:
		return TR_VOICE_NONE;
	case TR_ROLE_PARTICIPANT:
		return TR_ADULT;
	case TR_ROLE_PARENT:
		return TR_PARENT;
	case TR_ROLE_ASSENT:
		return TR_ASSENT;
	case TR_ROLE_REPRESENTATIVE:
		return TR_REPRESENTATIVE;
	}
	return TR_VOICE_NONE;
}

static enum tr_opinion opinion_of(enum tr_decision d)
{
	switch (d) {
	case TR_DECISION_NONE:
		return TR_OPINION_NONE;
	case TR_DECISION_APPROVED:
		return TR_APPROVED;
	case TR_DECISION_CONDITIONAL:
		return TR_CONDITIONAL;
	case TR_DECISION_REJECTED:
		return TR_REJECTED;
	case TR_DECISION_WITHDRAWN:
		return TR_APPROVAL_WITHDRAWN;
	}
	return TR_OPINION_NONE;
}

static VF_RC take_permissions(
	const struct tr_facts *said, struct vf_arena *a, struct tr_consent_fact *f, struct vf_err *reterr)
{
	struct tr_consent_permission *p = VF_NEW(a, said->n_permissions + 1, struct tr_consent_permission);

	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for permissions");
	for (size_t i = 0; i < said->n_permissions; i++) {
		const struct tr_permission *from = &said->permissions[i];

		p[i] = (struct tr_consent_permission){.name = from->name,
			.purpose = from->purpose,
			.delegate = from->delegate,
			.granted = from->is_granted,
			.from = when_of(from->from),
			.until = when_of(from->until)};
	}
	f->permissions = p;
	f->n_permissions = said->n_permissions;
	return VF_OK;
}

/* A text that tr_facts does not have, copied into the arena. */
static VF_RC take_text(const struct vf_json_value *root, const char *name, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes text;

	if (!vf_json_str(vf_json_get(root, name), &text))
		return VF_OK;
	return vf_arena_copy(a, text, ret) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
}

/* What the party of a fact is called in its details; NULL: it has none. */
static const char *party_name(enum tr_fact_kind kind)
{
	switch (kind) {
	case TR_FACT_APPROVAL:
		return "committee";
	case TR_FACT_GRANT:
		return "to";
	case TR_FACT_EVENT:
		return "who";
	case TR_FACT_NONE:
	case TR_FACT_PROTOCOL:
	case TR_FACT_FORM:
	case TR_FACT_CONSENT:
	case TR_FACT_WITHDRAWAL:
		break;
	}
	return NULL;
}

static VF_RC take_texts(
	struct vf_bytes json, struct vf_arena *a, struct tr_consent_fact *f, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const char *party = party_name(f->kind);
	enum vf_rc rc;

	if (party == NULL)
		return VF_OK;
	rc = vf_json_parse(json, &doc, reterr);
	if (rc == VF_OK)
		rc = take_text(vf_json_root(doc), party, a, &f->party, reterr);
	if (rc == VF_OK)
		rc = take_text(vf_json_root(doc), "purpose", a, &f->purpose, reterr);
	return rc == VF_OK ? take_text(vf_json_root(doc), "delegate", a, &f->delegate, reterr) : rc;
}

static void take_rest(const struct tr_facts *said, struct tr_consent_fact *f)
{
	f->participant = said->participant;
	f->about = f->kind == TR_FACT_CONSENT ? said->form : said->consent;
	f->voice = f->kind == TR_FACT_FORM ? population_voice(said->population) : role_voice(said->role);
	f->opinion = opinion_of(said->decision);
	f->when = when_of(f->kind == TR_FACT_APPROVAL || f->kind == TR_FACT_GRANT ? said->from : said->when);
	f->until = when_of(said->until);
	f->reconsent.all = said->reconsent.required == TR_RECONSENT_ALL;
	if (said->reconsent.has_days)
		f->reconsent.days = said->reconsent.days;
	f->reconsent.by = when_of(said->reconsent.by);
}

VF_RC tr_consent_fact_read(struct tr_rulebook *book, enum tr_kind kind, struct vf_bytes json,
	struct vf_arena *a, struct tr_consent_fact *ret, struct vf_err *reterr)
{
	struct tr_consent_fact f = {.kind = tr_consent_fact_kind(kind)};
	const struct tr_schema *rules = NULL;
	struct tr_facts said = {.kind = kind};
	char pointer[TR_POINTER_MAX];
	enum vf_rc rc = VF_OK;

	f.reconsent.days = TR_NO_DAYS;
	if (f.kind != TR_FACT_NONE && json.n > 0) {
		rc = tr_rulebook_get(book, kind, &rules, reterr);
		if (rc == VF_OK)
			rc = tr_details_read(kind, rules, json, a, &said, pointer, reterr);
		if (rc == VF_OK)
			rc = take_texts(json, a, &f, reterr);
		if (rc == VF_OK)
			rc = take_permissions(&said, a, &f, reterr);
	}
	take_rest(&said, &f);
	if (rc == VF_OK)
		*ret = f;
	return rc;
}

/* ---- as octets ---- */

/* Links that count, as the octets have them: the enum may grow in between. */
static const enum tr_link_type counting[] = {TR_SUPERSEDES, TR_USES, TR_APPROVES, TR_AMENDS, TR_WITHDRAWS};
#define N_COUNTING (sizeof(counting) / sizeof(counting[0]))

static unsigned link_code(enum tr_link_type type)
{
	for (unsigned i = 0; i < N_COUNTING; i++)
		if (counting[i] == type)
			return i + 1;
	return 0;
}

/* Writes when out.p is not NULL, and counts. */
struct out {
	uint8_t *p;
	size_t n;
};

static void put(struct out *o, const void *p, size_t n)
{
	if (o->p != NULL && n > 0)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put_number(struct out *o, uint64_t v, size_t octets)
{
	uint8_t b[8];

	for (size_t i = 0; i < octets; i++)
		b[i] = (uint8_t)(v >> 8 * (octets - 1 - i));
	put(o, b, octets);
}

static void put_text(struct out *o, struct vf_bytes text)
{
	put_number(o, text.n, 4);
	put(o, text.p, text.n);
}

static void put_when(struct out *o, const struct tr_when *w)
{
	put_number(o, !tr_when_is(w) ? 0 : w->local ? 2 : 1, 1);
	if (!tr_when_is(w))
		return;
	put_number(o, (uint64_t)w->lo, 8);
	put_number(o, (uint64_t)w->hi, 8);
}

static void put_fact(struct out *o, const struct tr_consent_fact *f)
{
	size_t n = 0;

	put_number(o, FORM, 1);
	put_number(o, f->kind, 1);
	put_number(o, f->voice, 1);
	put_number(o, f->opinion, 1);
	put_number(o, f->reconsent.all, 1);
	put_number(o, f->reconsent.days, 8);
	put_when(o, &f->reconsent.by);
	put_when(o, &f->when);
	put_when(o, &f->until);
	put(o, f->participant.b, sizeof(f->participant.b));
	put(o, f->about.b, sizeof(f->about.b));
	put_text(o, f->party);
	put_text(o, f->purpose);
	put_text(o, f->delegate);
	for (size_t i = 0; i < f->n_links; i++)
		n += link_code(f->links[i].type) != 0;
	put_number(o, n, 4);
	for (size_t i = 0; i < f->n_links; i++) {
		if (link_code(f->links[i].type) == 0)
			continue;
		put_number(o, link_code(f->links[i].type), 1);
		put(o, f->links[i].record.b, sizeof(f->links[i].record.b));
	}
	put_number(o, f->n_permissions, 4);
	for (size_t i = 0; i < f->n_permissions; i++) {
		const struct tr_consent_permission *p = &f->permissions[i];

		put_text(o, p->name);
		put_text(o, p->purpose);
		put_text(o, p->delegate);
		put_number(o, p->granted, 1);
		put_when(o, &p->from);
		put_when(o, &p->until);
	}
}

bool tr_consent_fact_put(const struct tr_consent_fact *f, struct vf_arena *a, struct vf_bytes *ret)
{
	struct out o = {NULL, 0};

	put_fact(&o, f);
	o.p = vf_arena_take(a, o.n, 1);
	if (o.p == NULL)
		return false;
	o.n = 0;
	put_fact(&o, f);
	*ret = vf_bytes(o.p, o.n);
	return true;
}

static bool take_small(struct vf_bytes *in, unsigned below, unsigned *ret)
{
	uint8_t v;

	if (!vf_take_u8(in, &v) || v >= below)
		return false;
	*ret = v;
	return true;
}

static bool take_when(struct vf_bytes *in, struct tr_when *ret)
{
	uint64_t lo, hi;
	unsigned how;

	if (!take_small(in, 3, &how))
		return false;
	*ret = tr_when_none();
	if (how == 0)
		return true;
	if (!vf_take_u64be(in, &lo) || !vf_take_u64be(in, &hi))
		return false;
	*ret = (struct tr_when){(int64_t)lo, (int64_t)hi, how == 2};
	/* far enough from the ends that nothing that is added to them overflows */
	return ret->lo <= ret->hi && ret->lo >= -TR_WHEN_FAR && ret->hi <= TR_WHEN_FAR;
}

static bool take_id(struct vf_bytes *in, struct vf_hash *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, sizeof(ret->b), &b))
		return false;
	memcpy(ret->b, b.p, sizeof(ret->b));
	return true;
}

static bool take_string(struct vf_bytes *in, struct vf_bytes *ret)
{
	uint32_t n;

	return vf_take_u32be(in, &n) && vf_take(in, n, ret);
}

static bool take_links(struct vf_bytes *in, struct vf_arena *a, struct tr_consent_fact *f)
{
	struct tr_link *links;
	uint32_t n;
	unsigned code;

	if (!vf_take_u32be(in, &n) || n > MAX_ITEMS || (links = VF_NEW(a, n + 1, struct tr_link)) == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!take_small(in, N_COUNTING + 1, &code) || code == 0 || !take_id(in, &links[i].record))
			return false;
		links[i].type = counting[code - 1];
	}
	f->links = links;
	f->n_links = n;
	return true;
}

static bool take_list(struct vf_bytes *in, struct vf_arena *a, struct tr_consent_fact *f)
{
	struct tr_consent_permission *p;
	unsigned granted;
	uint32_t n;

	if (!vf_take_u32be(in, &n) || n > MAX_ITEMS ||
		(p = VF_NEW(a, n + 1, struct tr_consent_permission)) == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!take_string(in, &p[i].name) || !take_string(in, &p[i].purpose) ||
			!take_string(in, &p[i].delegate) || !take_small(in, 2, &granted) ||
			!take_when(in, &p[i].from) || !take_when(in, &p[i].until))
			return false;
		p[i].granted = granted != 0;
	}
	f->permissions = p;
	f->n_permissions = n;
	return true;
}

bool tr_consent_fact_take(struct vf_bytes in, struct vf_arena *a, struct tr_consent_fact *ret)
{
	struct tr_consent_fact f = *ret;
	unsigned form, kind, voice, opinion, all;

	if (!take_small(&in, FORM + 1, &form) || form != FORM ||
		!take_small(&in, TR_FACT_KIND_COUNT, &kind) || kind == TR_FACT_NONE ||
		!take_small(&in, TR_VOICE_COUNT, &voice) || !take_small(&in, TR_OPINION_COUNT, &opinion) ||
		!take_small(&in, 2, &all) || !vf_take_u64be(&in, &f.reconsent.days) ||
		!take_when(&in, &f.reconsent.by) || !take_when(&in, &f.when) || !take_when(&in, &f.until) ||
		!take_id(&in, &f.participant) || !take_id(&in, &f.about) || !take_string(&in, &f.party) ||
		!take_string(&in, &f.purpose) || !take_string(&in, &f.delegate) || !take_links(&in, a, &f) ||
		!take_list(&in, a, &f) || in.n != 0)
		return false;
	f.kind = (enum tr_fact_kind)kind;
	f.voice = (enum tr_voice)voice;
	f.opinion = (enum tr_opinion)opinion;
	f.reconsent.all = all != 0;
	*ret = f;
	return true;
}
