#include "notary/details_served.h"

#include <stdlib.h>
#include <string.h>

#include "notary/details_check.h"
#include "trial/grow.h"
#include "trial/statement.h"
#include "verify/limits.h"

/* A link of a record of this group that another one of the group may contradict. */
struct claim {
	struct tr_link link;
	struct vf_hash id;
	struct vf_bytes study, kind, details; /* copies in text */
	uint8_t *text;
	bool is_hidden; /* its details are */
};

struct nt_details_served {
	struct nt_details_local *local; /* NULL before the first question */
	struct claim *claims;
	size_t n_claims, room;
};

VF_RC nt_details_served_new(struct nt_details_served **ret, struct vf_err *reterr)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
}

void nt_details_served_begin(struct nt_details_served *d)
{
	for (size_t i = 0; i < d->n_claims; i++)
		free(d->claims[i].text);
	d->n_claims = 0;
}

struct nt_details_served *nt_details_served_free(struct nt_details_served *d)
{
	if (!d)
		return NULL;
	nt_details_served_begin(d);
	nt_details_local_free(d->local);
	free(d->claims);
	free(d);
	return NULL;
}

void nt_details_served_freep(struct nt_details_served **d)
{
	*d = nt_details_served_free(*d);
}

/* ---- a submission ---- */

static struct vf_bytes details_of(const struct nt_submission *s)
{
	for (size_t i = 0; i < s->n_members; i++)
		if (vf_bytes_is(s->members[i].name, TR_DETAILS_NAME))
			return s->members[i].bytes;
	return vf_bytes(NULL, 0);
}

static bool is_named(const struct nt_document *d)
{
	return vf_bytes_is(d->name, TR_DETAILS_NAME);
}

static bool has_hidden(const struct nt_submission *s)
{
	for (size_t i = 0; i < s->n_documents; i++)
		if (is_named(&s->documents[i]) && s->documents[i].confidential)
			return true;
	return false;
}

/* Links of which another record may say that they cannot be. */
static bool can_clash(enum tr_link_type type)
{
	return type == TR_SUPERSEDES || type == TR_WITHDRAWS;
}

static bool is_consent(enum tr_kind kind)
{
	return kind == TR_CONSENT || kind == TR_RE_CONSENT;
}

/* ---- the group ---- */

static VF_RC add_claim(struct nt_details_served *d, const struct nt_submission *s, const struct tr_link *link,
	struct vf_err *reterr)
{
	struct vf_bytes details = details_of(s);
	size_t n = s->study.n + s->kind.n + details.n;
	struct claim *c;

	if (!TR_GROW(d->claims, d->room, d->n_claims + 1))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a commit group");
	c = &d->claims[d->n_claims];
	*c = (struct claim){.link = *link,
		.id = s->id,
		.text = malloc(n + 1),
		.is_hidden = has_hidden(s)};
	if (!c->text)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a commit group");
	memcpy(c->text, s->study.p, s->study.n);
	memcpy(c->text + s->study.n, s->kind.p, s->kind.n);
	if (details.n)
		memcpy(c->text + s->study.n + s->kind.n, details.p, details.n);
	c->study = vf_bytes(c->text, s->study.n);
	c->kind = vf_bytes(c->text + s->study.n, s->kind.n);
	c->details = vf_bytes(c->text + s->study.n + s->kind.n, details.n);
	d->n_claims++;
	return VF_OK;
}

VF_RC nt_details_served_add(struct nt_details_served *d, const struct nt_submission *s, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < s->n_links && rc == VF_OK; i++) {
		struct tr_link link = {tr_link_find(s->links[i].type), s->links[i].record};

		if (can_clash(link.type))
			rc = add_claim(d, s, &link, reterr);
	}
	return rc;
}

/* As much of a record as the rules look at. */
static VF_RC show_claim(struct nt_details_served *d, const struct claim *c, nt_each_seen *each, void *each_ctx,
	struct vf_err *reterr)
{
	struct nt_document document = {.name = vf_bytes_str(TR_DETAILS_NAME), .confidential = true};
	struct nt_record r = {.state = NT_PENDING,
		.id = c->id,
		.study = c->study,
		.kind = c->kind,
		.documents = &document,
		.n_documents = c->is_hidden};

	return nt_details_local_show(d->local, &r, c->details, each, each_ctx, reterr);
}

/* ---- what is shown: the notary's records, then those of the group ---- */

static VF_RC one(void *ctx, const struct vf_hash *id, nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct nt_details_served *d = ctx;
	struct nt_details_from from = nt_details_local_from(d->local);

	return from.one(from.ctx, id, each, each_ctx, reterr);
}

static VF_RC linked(void *ctx, struct vf_bytes study, enum tr_link_type type, const struct vf_hash *to,
	nt_each_seen *each, void *each_ctx, struct vf_err *reterr)
{
	struct nt_details_served *d = ctx;
	struct nt_details_from from = nt_details_local_from(d->local);
	enum vf_rc rc = from.linked(from.ctx, study, type, to, each, each_ctx, reterr);

	for (size_t i = 0; i < d->n_claims && rc == VF_OK; i++) {
		const struct claim *c = &d->claims[i];

		if (c->link.type == type && vf_hash_eq(&c->link.record, to) && vf_bytes_eq(c->study, study))
			rc = show_claim(d, c, each, each_ctx, reterr);
	}
	return rc;
}

/* Details that the notary sees have no participant: those are behind commitments. */
static VF_RC is_elsewhere(
	void *ctx, struct vf_bytes study, const struct vf_hash *participant, bool *ret, struct vf_err *reterr)
{
	(void)ctx;
	(void)study;
	(void)participant;
	(void)reterr;
	*ret = false;
	return VF_OK;
}

/* ---- judging ---- */

struct judged {
	const struct nt_submission *s;
	enum tr_kind kind;
	struct tr_link links[VF_MAX_LINKS];
	size_t n_links;
	const struct nt_details_from *from;
};

static bool is_worth_it(const struct judged *j)
{
	if (j->kind == TR_OWN)
		return true;
	for (size_t i = 0; i < j->n_links; i++)
		if (can_clash(j->links[i].type) || (j->links[i].type == TR_USES && is_consent(j->kind)))
			return true;
	return false;
}

static VF_RC check_seen(void *ctx, const struct nt_seen *seen, struct vf_err *reterr)
{
	const struct judged *j = ctx;
	const struct nt_submit s = {.study = j->s->study, .kind = j->kind};

	return nt_details_check(j->from, &s, seen->facts, j->links, j->n_links, reterr);
}

/* With its own details, where they came with it. */
static VF_RC check_plain(struct nt_details_served *d, struct judged *j, struct vf_err *reterr)
{
	const struct nt_record self = {.study = j->s->study, .kind = j->s->kind};
	const struct nt_unseen hidden = {j->s->study, j->kind, has_hidden(j->s), j->links, j->n_links};
	struct vf_bytes details = details_of(j->s);

	if (details.n == 0 || tr_kind_is_personal(j->kind) || j->kind == TR_OWN)
		return nt_details_check_hidden(j->from, &hidden, reterr);
	return nt_details_local_show(d->local, &self, details, check_seen, j, reterr);
}

static VF_RC check_own(struct nt_details_served *d, const struct judged *j, struct vf_err *reterr)
{
	struct nt_submit s = {
		.study = j->s->study, .kind = TR_OWN, .own_kind = j->s->kind, .own_is_personal = true};

	for (size_t i = 0; i < j->s->n_documents; i++)
		s.own_is_personal = s.own_is_personal && j->s->documents[i].confidential;
	return nt_details_check_own(d->local, &s, j->links, j->n_links, reterr);
}

VF_RC nt_details_served_check(struct nt_details_served *d, struct nt_notary *n, const struct nt_submission *s,
	struct vf_err *reterr)
{
	const struct nt_details_from from = {.ctx = d, .one = one, .linked = linked, .is_elsewhere = is_elsewhere};
	struct judged j = {.s = s, .kind = tr_kind_of(s->kind), .from = &from};
	enum vf_rc rc = VF_OK;

	if (s->n_links > VF_MAX_LINKS)
		return vf_fail(reterr, VF_LIMIT, "%zu links, more than %d", s->n_links, VF_MAX_LINKS);
	for (; j.n_links < s->n_links; j.n_links++)
		j.links[j.n_links] =
			(struct tr_link){tr_link_find(s->links[j.n_links].type), s->links[j.n_links].record};
	if (!is_worth_it(&j))
		return VF_OK;
	if (!d->local)
		rc = nt_details_local_new(n, &d->local, reterr);
	if (rc == VF_OK && j.kind == TR_OWN)
		rc = check_own(d, &j, reterr);
	return rc == VF_OK ? check_plain(d, &j, reterr) : rc;
}
