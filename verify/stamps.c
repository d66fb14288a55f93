/* Time-stamps: whether they hold, whom they lead to, and what that is worth. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/judge.h"
#include "verify/text.h"

VF_RC vf_judge_make_stamps(struct vf_judge *j, struct vf_evidence *list, size_t n, struct vf_err *reterr)
{
	struct vf_stamp *stamps;
	struct vf_tst *tokens;
	size_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += list[i].er.n_stamps;
	stamps = VF_NEW(j->a, all, struct vf_stamp);
	tokens = VF_NEW(j->a, all, struct vf_tst);
	if (!stamps || !tokens)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu tokens", all);
	j->r->stamps = j->stamps = stamps;
	for (size_t i = 0; i < n; i++) {
		list[i].stamps = stamps + j->r->n_stamps;
		list[i].tokens = tokens + j->r->n_stamps;
		j->r->n_stamps += list[i].er.n_stamps;
		if (list[i].er.n_stamps > j->r->renewals + 1)
			j->r->renewals = (uint32_t)list[i].er.n_stamps - 1;
	}
	return VF_OK;
}

void vf_judge_drop_unread(struct vf_judge *j)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->r->n_stamps; i++)
		if (j->stamps[i].is_read)
			j->stamps[kept++] = j->stamps[i];
	j->r->n_stamps = kept;
}

/* Only the first token of a bundle's evidence record may be known from another bundle, and only with nothing beside it. */
static struct vf_known_token *known_of(const struct vf_judge *j, const struct vf_evidence *e, size_t i)
{
	return i == 0 && e->number && !e->extra ? &j->s->known[e->number - 1] : NULL;
}

static const struct vf_pki_extra *extra_of(const struct vf_judge *j, const struct vf_evidence *e)
{
	return e->extra ? e->extra : j->s->extra;
}

/* Everything about the token that needs no trust. Only the first of a record may be known. */
static enum vf_rc read_token(struct vf_judge *j, struct vf_evidence *e, size_t i, struct vf_cert_facts *ret,
	struct vf_err *reterr)
{
	struct vf_bytes octets = e->er.stamps[i].token;
	struct vf_tst *t = &e->tokens[i];
	struct vf_known_token *known = known_of(j, e, i);
	bool is_known = known && vf_known_find(known, octets, t, ret);
	enum vf_rc rc = is_known ? VF_OK : vf_tst_parse(octets, t, reterr);

	/* the tree must lead to what the token is over */
	if (rc == VF_OK)
		rc = vf_er_set_imprint(&e->er, i, &t->imprint, reterr);
	if (rc != VF_OK || is_known)
		return rc;
	rc = vf_tst_check(j->s->pki, t, &t->imprint, extra_of(j, e), ret, reterr);
	if (rc == VF_OK && known)
		vf_known_keep(known, octets, ret);
	return rc;
}

static enum vf_rc check_token(struct vf_judge *j, struct vf_evidence *e, size_t i, struct vf_err *reterr)
{
	struct vf_tst *t = &e->tokens[i];
	struct vf_stamp *stamp = &e->stamps[i];
	struct vf_cert_facts facts;
	enum vf_rc rc = read_token(j, e, i, &facts, reterr);

	if (rc != VF_OK)
		return rc;
	stamp->is_read = true;
	if (!facts.has_key_usage)
		vf_report_unchecked(j->r, "KEY_USAGE", "%.100s: whether the key of '%.80s' may sign (its certificate does not say)", e->part,
			facts.name);
	snprintf(stamp->subject, sizeof(stamp->subject), "%s", facts.name);
	stamp->gen_time = t->gen_time;
	stamp->has_accuracy = t->has_accuracy;
	stamp->accuracy_ms = t->accuracy_ms;
	stamp->certificate = facts.sha256;
	stamp->valid_to = facts.not_after;
	stamp->revocation_as_of = VF_TIME_NONE;
	stamp->record = (uint32_t)e->number;
	stamp->chain = e->er.stamps[i].chain;
	stamp->index = e->er.stamps[i].index;
	return VF_OK;
}

static enum vf_rc check_order(const struct vf_judge *j, const struct vf_evidence *e, struct vf_err *reterr)
{
	for (size_t i = 0; i < e->er.n_stamps; i++) {
		const struct vf_tst *t = &e->tokens[i];

		if (t->gen_time > j->s->at && (uint64_t)(t->gen_time - j->s->at) > t->accuracy_ms)
			return vf_fail(reterr, VF_TS_FUTURE, "a time-stamp is later than the time of this check");
		if (i > 0 && t->gen_time < e->tokens[i - 1].gen_time)
			return vf_fail(reterr, VF_TS_ORDER, "a renewal is earlier than what it renews");
	}
	return VF_OK;
}

VF_RC vf_judge_tokens(struct vf_judge *j, struct vf_evidence *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < e->er.n_stamps; i++)
		rc = check_token(j, e, i, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_TOKENS, rc, &err, e->part, reterr);
	vf_report_pass(j->r, VF_CHECK_TOKENS);
	rc = check_order(j, e, &err);
	if (rc == VF_OK) {
		e->holds = true;
		if (j->first_time == VF_TIME_NONE || e->tokens[0].gen_time < j->first_time)
			j->first_time = e->tokens[0].gen_time;
	}
	return vf_judge_note(j, VF_CHECK_TIME_ORDER, rc, &err, e->part, reterr);
}

/* ---- trust ---- */

static bool accepts_policy(const struct vf_authority *auth, const struct vf_tst *t)
{
	char dotted[200];

	vf_der_oid_text(t->policy, dotted, sizeof(dotted));
	for (size_t i = 0; i < auth->n_policies; i++)
		if (vf_bytes_is(auth->policies[i], dotted))
			return true;
	return auth->n_policies == 0;
}

/* What the trust directory asks of this authority's tokens. */
static enum vf_rc check_authority(const struct vf_authority *auth, const struct vf_tst *t, struct vf_err *reterr)
{
	if ((auth->from != VF_TIME_NONE && t->gen_time < auth->from) || (auth->to != VF_TIME_NONE && t->gen_time > auth->to))
		return vf_fail(reterr, VF_KEY_PERIOD, "the time-stamp lies outside the period of authority '%s'", auth->name);
	if (!accepts_policy(auth, t))
		return vf_fail(reterr, VF_TS_POLICY, "authority '%s' stamped under a policy that is not accepted", auth->name);
	if (auth->has_max_accuracy && (!t->has_accuracy || t->accuracy_ms > auth->max_accuracy_ms))
		return vf_fail(reterr, VF_TS_ACCURACY, "authority '%s' is to be accurate to %" PRIu64 " ms", auth->name,
			auth->max_accuracy_ms);
	return VF_OK;
}

/* The first authority that vouches and whose rules the token meets. */
static enum vf_rc pick_authority(const struct vf_policy *p, const struct vf_tst *t, uint32_t vouching, size_t *ret,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_fail(reterr, VF_UNKNOWN_ROOT, "no pinned authority vouches for the time-stamp");

	for (size_t i = 0; i < p->n_authorities; i++) {
		if (!(vouching >> i & 1))
			continue;
		rc = check_authority(&p->authorities[i], t, reterr);
		if (rc == VF_OK) {
			*ret = i;
			return VF_OK;
		}
	}
	return rc;
}

/* Whether the token still counts now, as if nothing had renewed it. */
static bool stands_alone(const struct vf_judge *j, const struct vf_evidence *e, const struct vf_tst *t)
{
	struct vf_tst_trust trust;
	struct vf_err ignored;

	return vf_tst_judge(j->s->pki, t, extra_of(j, e), j->s->at, j->s->policy.accept_expired, &trust, &ignored) == VF_OK;
}

static enum vf_rc judge_token(struct vf_judge *j, struct vf_evidence *e, size_t i, enum vf_check *ret_check,
	struct vf_err *reterr)
{
	/* what other evidence covers is judged as that evidence found it */
	bool ends = i + 1 == e->er.n_stamps, last = ends && !e->is_covered;
	bool allow_expired = ends && j->s->policy.accept_expired;
	int64_t judged_at = last ? j->s->at : ends ? e->covered_at : e->tokens[i + 1].gen_time;
	struct vf_stamp *stamp = &e->stamps[i];
	struct vf_tst_trust trust;
	size_t authority;
	int64_t end;
	enum vf_rc rc;

	*ret_check = VF_CHECK_AUTHORITY;
	rc = vf_known_judge(known_of(j, e, i), j->s->pki, &e->tokens[i], extra_of(j, e), judged_at, allow_expired, &trust,
		reterr);
	if (rc != VF_OK)
		return rc;
	stamp->revocation = trust.revocation;
	stamp->revocation_as_of = trust.revocation_as_of;
	rc = pick_authority(&j->s->policy, &e->tokens[i], trust.authorities, &authority, reterr);
	if (rc != VF_OK)
		return rc;
	stamp->authority = j->s->policy.authorities[authority].name;
	if (i == 0)
		e->vote.authority = authority;
	else if (!e->stands)
		e->vote.renewed_by |= UINT32_C(1) << authority;
	e->stands = e->stands || last || stands_alone(j, e, &e->tokens[i]);
	end = trust.earliest_end < trust.strong_until ? trust.earliest_end : trust.strong_until;
	if (last && (j->r->renew_before == VF_TIME_NONE || end < j->r->renew_before))
		j->r->renew_before = end;
	*ret_check = VF_CHECK_REVOCATION;
	if (trust.revocation == VF_REVOCATION_NONE && j->s->policy.revocation_required)
		return vf_fail(reterr, VF_NO_REVOCATION_DATA, "there is no usable revocation data for '%s'", stamp->subject);
	return VF_OK;
}

/* What rejects is a fault at once; what is open only keeps the record from counting. */
VF_RC vf_judge_trust(struct vf_judge *j, struct vf_evidence *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_check check = VF_CHECK_AUTHORITY;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < e->er.n_stamps; i++)
		rc = judge_token(j, e, i, &check, &err);
	if (rc == VF_REVOKED || rc == VF_CRL_SHAPE)
		check = VF_CHECK_REVOCATION;
	if (rc != VF_OK) {
		e->open = err;
		e->open.rc = rc;
		e->open_check = check;
		e->stamps[0].why = &e->open;
		return vf_rc_class(rc) == VF_CLASS_UNDECIDED ? VF_OK : vf_judge_note(j, check, rc, &err, e->part, reterr);
	}
	e->is_trusted = true;
	for (size_t i = 0; i < e->er.n_stamps; i++)
		e->stamps[i].counts = true;
	e->vote.time = e->tokens[0].gen_time;
	return VF_OK;
}

static void note_revocation(struct vf_judge *j)
{
	const struct vf_pki_extra *held = j->s->extra;
	bool has_held = held && held->n_crls + held->n_ocsp > 0;
	const char *where = j->r->form == VF_FORM_BUNDLE && !has_held ? "in the bundle" : "there";
	int64_t as_of = VF_TIME_NONE;
	char text[VF_TIME_LEN + 1];

	for (size_t i = 0; i < j->r->n_stamps; i++) {
		int64_t t = j->r->stamps[i].revocation_as_of;

		if (j->r->stamps[i].counts && t != VF_TIME_NONE && (as_of == VF_TIME_NONE || t < as_of))
			as_of = t;
	}
	if (as_of == VF_TIME_NONE) {
		vf_report_unchecked(j->r, "REVOCATION", "certificate revocation (no data %s)", where);
		return;
	}
	vf_time_put(text, as_of);
	vf_report_unchecked(j->r, "REVOCATION_LATER", "certificate revocation after %s (no newer data %s)", text, where);
}

void vf_judge_settle_trust(struct vf_judge *j, const struct vf_evidence *list, size_t n, bool met)
{
	for (size_t i = 0; i < n; i++) {
		if (!list[i].holds || list[i].is_trusted || list[i].open.rc == VF_NOT_CHECKED ||
			vf_rc_class(list[i].open.rc) != VF_CLASS_UNDECIDED)
			continue;
		if (met)
			vf_report_unchecked(j->r, vf_rc_name(list[i].open.rc), "%s: %.150s", list[i].part, list[i].open.text);
		else
			vf_report_fault(j->r, list[i].open_check, &list[i].open, list[i].part);
	}
	if (met) {
		vf_report_pass(j->r, VF_CHECK_AUTHORITY);
		vf_report_pass(j->r, VF_CHECK_REVOCATION);
		note_revocation(j);
	}
}
