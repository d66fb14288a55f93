/* Evidence records, their tokens, and whether they date the seal head. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/ers.h"
#include "verify/judge.h"
#include "verify/standing.h"
#include "verify/text.h"
#include "verify/tst.h"

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
static enum vf_rc check_manifest(struct vf_judge *j, const struct vf_evidence *e, struct vf_bytes xml,
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

static enum vf_rc judge_manifest(struct vf_judge *j, const struct vf_evidence *e, struct vf_err *reterr)
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
static enum vf_rc check_renewals(struct vf_judge *j, const struct vf_evidence *e, struct vf_err *reterr)
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

static enum vf_rc judge_renewals(struct vf_judge *j, const struct vf_evidence *e, struct vf_err *reterr)
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


/* ---- one record after the other ---- */

static enum vf_rc judge_record(struct vf_judge *j, struct vf_evidence *e, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = judge_manifest(j, e, reterr);

	if (rc == VF_OK)
		rc = vf_judge_note(j, VF_CHECK_GROUP, check_group(j, &e->er.stamps[0], &err), &err, e->part, reterr);
	if (rc == VF_OK && j->has_head && j->r->checks[VF_CHECK_GROUP] == VF_RESULT_PASS)
		rc = vf_judge_note(j, VF_CHECK_SEAL, check_seal(j, &e->er.stamps[0], &err), &err, e->part, reterr);
	if (rc == VF_OK)
		rc = vf_judge_tokens(j, e, reterr);
	if (rc == VF_OK && e->holds)
		rc = judge_renewals(j, e, reterr);
	if (rc == VF_OK && e->holds && j->s->has_trust && !j->s->integrity_only)
		rc = vf_judge_trust(j, e, reterr);
	if (rc != VF_OK || !e->is_trusted)
		return rc;
	e->stamps[0].renewed_by = e->vote.renewed_by;
	j->votes[j->n_votes++] = e->vote;
	return rc;
}

static enum vf_rc read_record(struct vf_judge *j, struct vf_evidence *e, size_t number, bool *ret_parsed,
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

/* ---- OCSP responses beside the tokens ---- */

static enum vf_rc check_ocsp_part(struct vf_bytes der, struct vf_hash *last, struct vf_ocsp_id *ret,
	struct vf_err *reterr)
{
	struct vf_hash hash = vf_sha256(der);

	if (der.n > VF_MAX_OCSP)
		return vf_fail(reterr, VF_LIMIT, "an OCSP response has more than %d octets", VF_MAX_OCSP);
	/* one order, and none twice: a bundle is a function of what it holds */
	if (memcmp(last->b, hash.b, sizeof(hash.b)) >= 0)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the OCSP responses do not ascend by their SHA-256");
	*last = hash;
	return vf_ocsp_id(der, ret, reterr);
}

/* Those of the bundle before those of the session. What they say is weighed with each token. */
static enum vf_rc read_ocsp(struct vf_judge *j, struct vf_ocsp_id *ids, struct vf_err *reterr)
{
	const struct vf_pki_extra *held = j->s->extra;
	struct vf_bytes *all = VF_NEW(j->a, j->n_ocsp + (held ? held->n_ocsp : 0), struct vf_bytes);
	struct vf_hash last = {{0}};
	struct vf_err err = {0};
	char part[80];
	bool there = true;
	enum vf_rc rc = all ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for OCSP responses");

	for (size_t i = 0; rc == VF_OK && there && i < j->n_ocsp; i++) {
		snprintf(part, sizeof(part), VF_PART_OCSP, i + 1);
		rc = vf_judge_part(j, VF_CHECK_PARTS, part, &all[i], &there, reterr);
		if (rc != VF_OK || !there)
			continue;
		rc = check_ocsp_part(all[i], &last, &ids[i], &err);
		there = rc == VF_OK;
		rc = vf_judge_note(j, VF_CHECK_PARTS, rc, &err, part, reterr);
	}
	/* a part that cannot be read is a fault already: then none is used */
	if (rc != VF_OK || !there)
		j->n_ocsp = 0;
	if (held)
		j->extra = *held;
	if (rc == VF_OK && held && held->n_ocsp)
		memcpy(all + j->n_ocsp, held->ocsp, held->n_ocsp * sizeof(*all));
	j->extra.ocsp = all;
	j->extra.n_ocsp += j->n_ocsp;
	return rc;
}

/* Nothing that is not needed: each response is about a certificate in a token that was read. */
static void judge_ocsp(struct vf_judge *j, const struct vf_ocsp_id *ids, const struct vf_evidence *list, size_t n)
{
	bool needed[VF_MAX_OCSP_PARTS] = {false};
	const struct vf_cert *c;
	struct vf_bytes der;
	struct vf_err err;
	char part[80];

	for (size_t i = 0; j->n_ocsp && i < n; i++)
		for (size_t k = 0; k < list[i].er.n_stamps; k++) {
			struct vf_bytes in = list[i].tokens[k].cms.certificates;

			vf_pki_tidy(j->s->pki);
			for (size_t m = 0; m < VF_MAX_CERTS && vf_cms_take_cert(&in, &der); m++)
				for (size_t o = 0; o < j->n_ocsp && vf_pki_cert(j->s->pki, der, &c, &err) == VF_OK; o++)
					needed[o] = needed[o] || vf_ocsp_is_about(&ids[o], c);
		}
	for (size_t o = 0; o < j->n_ocsp; o++) {
		snprintf(part, sizeof(part), VF_PART_OCSP, o + 1);
		if (needed[o])
			continue;
		vf_fail(&err, VF_UNCOVERED, "the OCSP response '%s' is about no certificate in the bundle", part);
		vf_report_fault(j->r, VF_CHECK_PARTS, &err, part);
	}
}

static void judge_none(struct vf_judge *j)
{
	struct vf_err err;

	vf_fail(&err, VF_NO_EVIDENCE, "the bundle holds no evidence record");
	vf_report_fault(j->r, VF_CHECK_GROUP, &err, NULL);
}

VF_RC vf_judge_evidence(struct vf_judge *j, struct vf_err *reterr)
{
	struct vf_evidence *list = VF_NEW(j->a, VF_MAX_EVIDENCE, struct vf_evidence);
	const struct vf_policy *p = &j->s->policy;
	struct vf_ocsp_id ids[VF_MAX_OCSP_PARTS];
	size_t n = 0;
	enum vf_rc rc = list ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for evidence records");

	if (rc == VF_OK && j->n_ocsp)
		rc = read_ocsp(j, ids, reterr);
	for (size_t i = 1; rc == VF_OK && i <= j->n_records; i++) {
		bool parsed = false;

		rc = read_record(j, &list[n], i, &parsed, reterr);
		list[n].extra = j->n_ocsp ? &j->extra : NULL;
		n += parsed;
	}
	if (rc == VF_OK && j->n_records == 0)
		judge_none(j);
	if (rc == VF_OK && n)
		rc = vf_judge_make_stamps(j, list, n, reterr);
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = judge_record(j, &list[i], reterr);
	if (rc == VF_OK)
		judge_ocsp(j, ids, list, n);
	if (rc == VF_OK && j->s->has_trust && !j->s->integrity_only) {
		vf_judge_settle_trust(j, list, n, vf_policy_check(p, j->votes, j->n_votes, INT64_MAX, NULL) == VF_OK);
		j->r->policy = p;
		for (size_t i = 0; i < p->n_rules; i++)
			vf_policy_tally(p, &p->rules[i], j->votes, j->n_votes, INT64_MAX, &j->r->rules[i]);
	}
	vf_judge_drop_unread(j);
	return rc;
}
