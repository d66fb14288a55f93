/* Evidence records, their tokens, and whether they date the seal head. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/ers.h"
#include "verify/judge.h"
#include "verify/text.h"
#include "verify/tst.h"

/* One evidence record and what its tokens are worth. */
struct judged {
	size_t number; /* from 1 */
	char part[48];
	struct vf_er er;
	struct vf_tst *tokens;      /* one a stamp */
	struct vf_stamp *stamps;    /* in the report */
	bool holds;                 /* everything but trust */
	bool is_trusted;            /* every token leads to a pinned root and nothing is open */
	struct vf_vote vote;
	bool stands;                /* a token needs no renewal; those after it are no longer rested on */
	struct vf_err open;         /* why it does not count, when holds and not trusted */
	enum vf_check open_check;
};

/* ---- manifests ---- */

static enum vf_rc check_ref(struct vf_judge *j, const struct vf_manifest_ref *ref, struct vf_err *reterr)
{
	struct vf_object *o = vf_judge_find(j, ref->uri);
	struct vf_digest want = {.alg = ref->digest.alg};
	char name[200];

	if (o && want.alg == VF_SHA256)
		memcpy(want.b, o->digests.sha256.b, sizeof(o->digests.sha256.b));
	else if (o && want.alg == VF_SHA512)
		memcpy(want.b, o->digests.sha512.b, sizeof(o->digests.sha512.b));
	if (o && vf_digest_eq(&want, &ref->digest)) {
		o->is_listed = true;
		return VF_OK;
	}
	vf_text_escape(name, sizeof(name), ref->uri);
	if (!o)
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "the manifest lists '%s', which is no member of the record", name);
	return vf_fail(reterr, VF_MANIFEST_DIGEST, "the manifest has another digest for '%s'", name);
}

/* The manifest lists every disclosed member, with the algorithm of the first tree. */
static enum vf_rc check_manifest(struct vf_judge *j, const struct judged *e, struct vf_bytes xml,
	struct vf_err *reterr)
{
	struct vf_manifest m;
	char name[200];
	enum vf_rc rc = vf_manifest_parse_with(j->s->xml, xml, j->a, &m, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_is(m.sig_uri, e->part))
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "the manifest belongs to another evidence record");
	for (size_t i = 0; i < m.n_refs; i++) {
		if (m.refs[i].digest.alg != e->er.stamps[0].alg)
			return vf_fail(reterr, VF_MANIFEST_DIGEST, "the manifest uses another algorithm than its record");
		rc = check_ref(j, &m.refs[i], reterr);
		if (rc != VF_OK)
			return rc;
	}
	for (size_t i = 0; i < j->n_objects; i++) {
		if (!j->objects[i].entry || vf_manifest_find(&m, j->objects[i].name))
			continue;
		vf_text_escape(name, sizeof(name), j->objects[i].name);
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "the manifest does not list '%s'", name);
	}
	return VF_OK;
}

static enum vf_rc judge_manifest(struct vf_judge *j, const struct judged *e, struct vf_err *reterr)
{
	char part[80];
	struct vf_bytes xml;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc;

	snprintf(part, sizeof(part), VF_PART_RECORD_MANIFEST, e->number);
	rc = vf_judge_part(j, VF_CHECK_MANIFEST, part, &xml, &there, reterr);
	if (rc != VF_OK || !there)
		return rc;
	rc = check_manifest(j, e, xml, &err);
	return vf_judge_note(j, VF_CHECK_MANIFEST, rc, &err, part, reterr);
}

/* ---- the first tree: group and seal ---- */

static void object_digest(const struct vf_object *o, enum vf_alg alg, struct vf_digest *ret)
{
	*ret = (struct vf_digest){.alg = alg};
	if (alg == VF_SHA512)
		memcpy(ret->b, o->digests.sha512.b, sizeof(o->digests.sha512.b));
	else
		memcpy(ret->b, o->digests.sha256.b, sizeof(o->digests.sha256.b));
}

/* Ascending unsigned octet order of the group's digests under alg. */
static enum vf_rc sorted_group(struct vf_judge *j, enum vf_alg alg, struct vf_digest **ret, struct vf_err *reterr)
{
	struct vf_digest *want = VF_NEW(j->a, j->n_objects, struct vf_digest);

	if (!want)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the group");
	for (size_t i = 0; i < j->n_objects; i++)
		object_digest(&j->objects[i], alg, &want[i]);
	vf_digest_sort(want, j->n_objects);
	*ret = want;
	return VF_OK;
}

/* The first list is exactly the group. */
static enum vf_rc check_group(struct vf_judge *j, const struct vf_ats *first, struct vf_err *reterr)
{
	struct vf_digest *want, value;
	enum vf_rc rc;

	if (first->alg != VF_SHA256 && first->alg != VF_SHA512)
		return vf_fail(reterr, VF_ER_ALGORITHM, "the first tree uses %s", vf_alg_name(first->alg));
	if (!first->has_tree || first->n_lists < 2)
		return vf_fail(reterr, VF_GROUP_MISMATCH, "the evidence record has no native hash tree");
	if (first->lists[0].copied)
		return vf_fail(reterr, VF_GROUP_MISMATCH, "the first list is not ascending");
	if (first->lists[0].n != j->n_objects)
		return vf_fail(reterr, VF_GROUP_MISMATCH, "the evidence record covers %" PRIu32 " members, the statement lists %zu",
			first->lists[0].n, j->n_objects);
	rc = sorted_group(j, first->alg, &want, reterr);
	for (size_t i = 0; rc == VF_OK && i < j->n_objects; i++)
		if (!vf_ats_value(first, 0, i, &value) || !vf_digest_eq(&value, &want[i]))
			rc = vf_fail(reterr, VF_GROUP_MISMATCH, "the evidence record covers other members than the statement lists");
	return rc;
}

/*
 * The last list is exactly { H(seal head) }, every list between holds one
 * sibling, and what the head is paired with is the batch root that it names.
 */
static enum vf_rc check_seal(struct vf_judge *j, const struct vf_ats *first, struct vf_err *reterr)
{
	struct vf_digest head, batch, below, last;
	enum vf_rc rc = vf_seal_values(&j->head, first->alg, &head, &batch, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 1; i < first->n_lists; i++)
		if (first->lists[i].n != 1)
			return vf_fail(reterr, VF_SEAL_BINDING, "list %zu of the hash tree holds %" PRIu32 " values, not one", i + 1,
				first->lists[i].n);
	if (!vf_ats_value(first, first->n_lists - 1, 0, &last) || !vf_digest_eq(&last, &head))
		return vf_fail(reterr, VF_SEAL_BINDING, "the hash tree does not end in this seal head");
	rc = vf_ats_node(first, first->n_lists - 1, &below, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_digest_eq(&below, &batch))
		return vf_fail(reterr, VF_SEAL_BINDING, "the hash tree does not lead to the batch root that the seal head names");
	return VF_OK;
}

/* ---- renewals and tokens ---- */

static enum vf_rc yield_digest(const void *ctx, size_t object, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	const struct vf_judge *j = ctx;

	if (alg != VF_SHA256 && alg != VF_SHA512)
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "the statement has no %s digests", vf_alg_name(alg));
	object_digest(&j->objects[object], alg, ret);
	return VF_OK;
}

/* Every renewal covers its predecessor, and every chain the whole group. */
static enum vf_rc check_renewals(struct vf_judge *j, const struct judged *e, struct vf_err *reterr)
{
	const struct vf_er_objects objects = {.ctx = j, .n = j->n_objects, .digest = yield_digest};
	struct vf_er_cover cover;
	enum vf_rc rc = vf_er_check_links(&e->er, reterr);

	if (rc == VF_OK)
		rc = vf_er_cover(&e->er, &objects, false, j->a, &cover, reterr);
	if (rc == VF_OK)
		rc = vf_er_check_cover(&cover, true, reterr);
	return rc;
}

static enum vf_rc judge_renewals(struct vf_judge *j, const struct judged *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc;

	if (e->er.n_stamps == 1) {
		vf_report_skip(j->r, VF_CHECK_RENEWALS);
		return VF_OK;
	}
	rc = check_renewals(j, e, &err);
	return vf_judge_note(j, VF_CHECK_RENEWALS, rc, &err, e->part, reterr);
}

/* Everything about the token that needs no trust. Only the first of a record may be known. */
static enum vf_rc read_token(struct vf_judge *j, struct judged *e, size_t i, struct vf_cert_facts *ret,
	struct vf_err *reterr)
{
	struct vf_bytes octets = e->er.stamps[i].token;
	struct vf_tst *t = &e->tokens[i];
	bool is_known = i == 0 && vf_known_find(&j->s->known[e->number - 1], octets, t, ret);
	enum vf_rc rc = is_known ? VF_OK : vf_tst_parse(octets, t, reterr);

	/* the tree must lead to what the token is over */
	if (rc == VF_OK)
		rc = vf_er_set_imprint(&e->er, i, &t->imprint, reterr);
	if (rc != VF_OK || is_known)
		return rc;
	rc = vf_tst_check(j->s->pki, t, &t->imprint, NULL, ret, reterr);
	if (rc == VF_OK && i == 0)
		vf_known_keep(&j->s->known[e->number - 1], octets, ret);
	return rc;
}

static enum vf_rc check_token(struct vf_judge *j, struct judged *e, size_t i, struct vf_err *reterr)
{
	struct vf_tst *t = &e->tokens[i];
	struct vf_stamp *stamp = &e->stamps[i];
	struct vf_cert_facts facts;
	enum vf_rc rc = read_token(j, e, i, &facts, reterr);

	if (rc != VF_OK)
		return rc;
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

static enum vf_rc check_order(const struct vf_judge *j, const struct judged *e, struct vf_err *reterr)
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

static enum vf_rc judge_tokens(struct vf_judge *j, struct judged *e, struct vf_err *reterr)
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
static bool stands_alone(const struct vf_judge *j, const struct vf_tst *t)
{
	struct vf_tst_trust trust;
	struct vf_err ignored;

	return vf_tst_judge(j->s->pki, t, NULL, j->s->at, j->s->policy.accept_expired, &trust, &ignored) == VF_OK;
}

static enum vf_rc judge_token(struct vf_judge *j, struct judged *e, size_t i, enum vf_check *ret_check,
	struct vf_err *reterr)
{
	bool last = i + 1 == e->er.n_stamps;
	bool allow_expired = last && j->s->policy.accept_expired;
	int64_t judged_at = last ? j->s->at : e->tokens[i + 1].gen_time;
	struct vf_stamp *stamp = &e->stamps[i];
	struct vf_tst_trust trust;
	size_t authority;
	int64_t end;
	enum vf_rc rc;

	*ret_check = VF_CHECK_AUTHORITY;
	rc = vf_known_judge(i == 0 ? &j->s->known[e->number - 1] : NULL, j->s->pki, &e->tokens[i], judged_at,
		allow_expired, &trust, reterr);
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
	e->stands = e->stands || last || stands_alone(j, &e->tokens[i]);
	end = trust.earliest_end < trust.strong_until ? trust.earliest_end : trust.strong_until;
	if (last && (j->r->renew_before == VF_TIME_NONE || end < j->r->renew_before))
		j->r->renew_before = end;
	*ret_check = VF_CHECK_REVOCATION;
	if (trust.revocation == VF_REVOCATION_NONE && j->s->policy.revocation_required)
		return vf_fail(reterr, VF_NO_REVOCATION_DATA, "there is no usable revocation data for '%s'", stamp->subject);
	return VF_OK;
}

/* What rejects is a fault at once; what is open only keeps the record from counting. */
static enum vf_rc judge_trust(struct vf_judge *j, struct judged *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_check check = VF_CHECK_AUTHORITY;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < e->er.n_stamps; i++)
		rc = judge_token(j, e, i, &check, &err);
	if (rc == VF_REVOKED || rc == VF_CRL_SHAPE)
		check = VF_CHECK_REVOCATION;
	if (rc != VF_OK && vf_rc_class(rc) != VF_CLASS_UNDECIDED)
		return vf_judge_note(j, check, rc, &err, e->part, reterr);
	if (rc != VF_OK) {
		e->open = err;
		e->open.rc = rc;
		e->open_check = check;
		return VF_OK;
	}
	e->is_trusted = true;
	for (size_t i = 0; i < e->er.n_stamps; i++)
		e->stamps[i].counts = true;
	e->vote.time = e->tokens[0].gen_time;
	j->votes[j->n_votes++] = e->vote;
	return VF_OK;
}

static void note_revocation(struct vf_judge *j)
{
	int64_t as_of = VF_TIME_NONE;
	char text[VF_TIME_LEN + 1];

	for (size_t i = 0; i < j->r->n_stamps; i++) {
		int64_t t = j->r->stamps[i].revocation_as_of;

		if (j->r->stamps[i].counts && t != VF_TIME_NONE && (as_of == VF_TIME_NONE || t < as_of))
			as_of = t;
	}
	if (as_of == VF_TIME_NONE) {
		vf_report_unchecked(j->r, "REVOCATION", "certificate revocation (no data in the bundle)");
		return;
	}
	vf_time_put(text, as_of);
	vf_report_unchecked(j->r, "REVOCATION_LATER", "certificate revocation after %s (no newer data in the bundle)", text);
}

/* Records that do not count are a fault only when the policy is not met without them. */
static void settle_trust(struct vf_judge *j, const struct judged *list, size_t n)
{
	bool met = vf_policy_check(&j->s->policy, j->votes, j->n_votes, INT64_MAX, NULL) == VF_OK;

	for (size_t i = 0; i < n; i++) {
		if (!list[i].holds || list[i].is_trusted || list[i].open.rc == VF_NOT_CHECKED)
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

/* ---- one record after the other ---- */

static enum vf_rc judge_record(struct vf_judge *j, struct judged *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = judge_manifest(j, e, reterr);

	if (rc == VF_OK)
		rc = vf_judge_note(j, VF_CHECK_GROUP, check_group(j, &e->er.stamps[0], &err), &err, e->part, reterr);
	if (rc == VF_OK && j->has_head && j->r->checks[VF_CHECK_GROUP] == VF_RESULT_PASS)
		rc = vf_judge_note(j, VF_CHECK_SEAL, check_seal(j, &e->er.stamps[0], &err), &err, e->part, reterr);
	if (rc == VF_OK)
		rc = judge_tokens(j, e, reterr);
	if (rc == VF_OK && e->holds)
		rc = judge_renewals(j, e, reterr);
	if (rc == VF_OK && e->holds && j->s->has_trust && !j->s->integrity_only)
		rc = judge_trust(j, e, reterr);
	return rc;
}

static enum vf_rc read_record(struct vf_judge *j, struct judged *e, size_t number, bool *ret_parsed,
	struct vf_err *reterr)
{
	struct vf_bytes der;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc;

	e->number = number;
	snprintf(e->part, sizeof(e->part), VF_PART_RECORD, number);
	rc = vf_judge_part(j, VF_CHECK_GROUP, e->part, &der, &there, reterr);
	if (rc != VF_OK || !there)
		return rc;
	if (der.n == 0)
		rc = vf_fail(&err, VF_EMPTY_EVIDENCE, "'%s' is empty", e->part);
	else
		rc = vf_er_parse(der, j->a, &e->er, &err);
	if (rc == VF_OK && e->er.encrypted)
		rc = vf_fail(&err, VF_ER_ENCRYPTED, "'%s' is over encrypted data", e->part);
	*ret_parsed = rc == VF_OK;
	return rc == VF_OK ? VF_OK : vf_judge_note(j, VF_CHECK_GROUP, rc, &err, e->part, reterr);
}

static enum vf_rc make_stamps(struct vf_judge *j, struct judged *list, size_t n, struct vf_err *reterr)
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
	j->r->stamps = stamps;
	for (size_t i = 0; i < n; i++) {
		list[i].stamps = stamps + j->r->n_stamps;
		list[i].tokens = tokens + j->r->n_stamps;
		j->r->n_stamps += list[i].er.n_stamps;
		if (list[i].er.n_stamps > j->r->renewals + 1)
			j->r->renewals = (uint32_t)list[i].er.n_stamps - 1;
	}
	return VF_OK;
}

static void judge_none(struct vf_judge *j)
{
	struct vf_err err;

	vf_fail(&err, VF_NO_EVIDENCE, "the bundle holds no evidence record");
	vf_report_fault(j->r, VF_CHECK_GROUP, &err, NULL);
}

VF_RC vf_judge_evidence(struct vf_judge *j, struct vf_err *reterr)
{
	struct judged *list = VF_NEW(j->a, VF_MAX_EVIDENCE, struct judged);
	size_t n = 0;
	enum vf_rc rc = list ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for evidence records");

	for (size_t i = 1; rc == VF_OK && i <= j->n_records; i++) {
		bool parsed = false;

		rc = read_record(j, &list[n], i, &parsed, reterr);
		n += parsed;
	}
	if (rc == VF_OK && j->n_records == 0)
		judge_none(j);
	if (rc == VF_OK && n)
		rc = make_stamps(j, list, n, reterr);
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = judge_record(j, &list[i], reterr);
	if (rc == VF_OK && j->s->has_trust && !j->s->integrity_only)
		settle_trust(j, list, n);
	return rc;
}
