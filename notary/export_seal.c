#include "notary/export_inside.h"

#include <stdlib.h>
#include <string.h>

#include "notary/ers_out.h"
#include "notary/manifest_out.h"
#include "notary/roots.h"
#include "verify/text.h"
#include "verify/tst.h"

/* ---- the seal of a record ---- */

static enum vf_rc session_now(struct nt_exporter *e, struct vf_err *reterr)
{
	struct vf_trust_file files[NT_TRUST_MAX];
	struct vf_session_options options = {.files = files, .n_files = e->trust.n, .at = nt_notary_now(e->notary),
		.n_inputs = (size_t)(e->seal->size - e->seal->first)};

	for (size_t i = 0; i < e->trust.n; i++)
		files[i] = (struct vf_trust_file){e->trust.names[i], nt_buf_bytes(&e->trust.files[i])};
	e->session = vf_session_free(e->session);
	return vf_session_new(&options, e->session_memory, VF_SESSION_MEMORY, &e->session, reterr);
}

/* The tree over the batch; it is in the order of the log. */
static VF_RC load_tree(struct nt_exporter *e, enum vf_alg alg, struct nt_tree **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(SIZE_MAX / 2);
	enum vf_rc rc = nt_notary_batch(e->notary, alg, e->seal->first, e->seal->size, &values, reterr);

	return rc == VF_OK ? nt_tree_new_alg(alg, nt_buf_bytes(&values), ret, reterr) : rc;
}

/* When the verifier takes the token, whose authority's clock may be ahead: not before its time, less its accuracy. */
static int64_t counts_from(const struct nt_token *t)
{
	struct vf_tst tst;
	struct vf_err ignored;

	if (vf_tst_parse(t->der, &tst, &ignored) != VF_OK)
		return t->gen_time;
	return tst.gen_time - (int64_t)tst.accuracy_ms;
}

/*
 * A token from the future would have everybody refuse the whole bundle until then (TS_FUTURE): it stays out while
 * another is left. Where none is left but those of outside clocks, there is nothing to hand out yet; an own token from the future
 * is a fault, which the verifier's code refuses.
 */
static VF_RC leave_out_future(struct nt_exporter *e, struct vf_err *reterr)
{
	struct nt_seal *s = e->seal;
	int64_t now = nt_notary_now(e->notary), from;
	size_t kept = 0;

	e->later = VF_TIME_NONE;
	for (size_t i = 0; i < s->n_tokens; i++)
		kept += counts_from(&s->tokens[i]) <= now;
	if (kept == 0 && !vf_bytes_is(s->tokens[0].authority, NT_EMBEDDED))
		return vf_fail(reterr, VF_NOT_SEALED, "the time-stamp of seal %llu is ahead of this clock by %lld ms: wait for as long",
			(unsigned long long)s->number, (long long)(counts_from(&s->tokens[0]) - now));
	if (kept == 0 || kept == s->n_tokens)
		return VF_OK;
	kept = 0;
	for (size_t i = 0; i < s->n_tokens; i++) {
		from = counts_from(&s->tokens[i]);
		if (from <= now)
			s->tokens[kept++] = s->tokens[i];
		else if (e->later == VF_TIME_NONE || from < e->later)
			e->later = from;
	}
	s->n_tokens = kept;
	return VF_OK;
}

static bool is_loaded(struct nt_exporter *e, uint64_t number)
{
	return e->seal && e->seal->number == number && e->tree &&
		nt_revocation_export_is_current(e->notary, &e->revocation) &&
		nt_renewed_is_current(e->notary, &e->renewed) &&
		(e->later == VF_TIME_NONE || nt_notary_now(e->notary) < e->later);
}

/* By which algorithm a token stamped the seal. */
static VF_RC token_alg(struct vf_bytes der, enum vf_alg *ret, struct vf_err *reterr)
{
	struct vf_tst tst;
	enum vf_rc rc = vf_tst_parse(der, &tst, reterr);

	if (rc == VF_OK)
		*ret = tst.imprint.alg;
	return rc;
}

static VF_RC load_trees(struct nt_exporter *e, struct vf_err *reterr)
{
	enum vf_rc rc = load_tree(e, VF_SHA256, &e->tree, reterr);

	for (size_t i = 0; rc == VF_OK && i < e->seal->n_tokens; i++) {
		enum vf_alg alg = VF_SHA256;

		rc = token_alg(e->seal->tokens[i].der, &alg, reterr);
		if (rc == VF_OK && alg == VF_SHA512 && !e->tree512)
			rc = load_tree(e, VF_SHA512, &e->tree512, reterr);
	}
	return rc;
}

VF_RC nt_export_load_seal(struct nt_exporter *e, uint64_t number, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (is_loaded(e, number))
		return VF_OK;
	e->seal = nt_seal_free(e->seal);
	e->tree = nt_tree_free(e->tree);
	e->tree512 = nt_tree_free(e->tree512);
	rc = nt_notary_seal_get(e->notary, number, &e->seal, reterr);
	if (rc != VF_OK)
		return rc;
	if (e->seal->n_tokens == 0)
		return vf_fail(reterr, VF_NOT_SEALED, "seal %llu has no token yet", (unsigned long long)number);
	rc = leave_out_future(e, reterr); /* before, so that OCSP responses about its certificates stay out, too */
	if (rc == VF_OK)
		rc = nt_renewed_load(e->notary, e->seal, &e->renewed, reterr);
	if (rc == VF_OK)
		rc = nt_revocation_export(e->notary, e->seal, &e->renewed, &e->revocation, reterr);
	if (rc != VF_OK)
		return rc;
	rc = session_now(e, reterr); /* the verifier's time must not lie before the seal's */
	return rc == VF_OK ? load_trees(e, reterr) : rc;
}

/* ---- the evidence of one token ---- */

/* The record as the token of its seal alone gives it. */
static VF_RC put_first(struct nt_exporter *e, const struct nt_record *r, size_t token, struct nt_buf *out,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf first = nt_buf(SIZE_MAX / 2);
	uint8_t path[NT_TREE_PATH * VF_DIGEST_MAX];
	struct vf_digest head;
	struct nt_tree *tree;
	struct vf_bytes der = e->seal->tokens[token].der, siblings;
	enum vf_alg alg = VF_SHA256;
	size_t rank;
	enum vf_rc rc = token_alg(der, &alg, reterr);

	if (rc != VF_OK)
		return rc;
	tree = alg == VF_SHA512 ? e->tree512 : e->tree;
	for (size_t i = 0; i < r->n_members; i++) {
		const struct vf_pair *d = &r->members[i].digests;

		nt_buf_put(&first, alg == VF_SHA512 ? vf_bytes(d->sha512.b, sizeof(d->sha512.b)) : vf_bytes(d->sha256.b, sizeof(d->sha256.b)));
	}
	rc = nt_buf_check(&first, reterr);
	if (rc == VF_OK)
		rc = vf_digest(alg, e->seal->head, &head, reterr);
	if (rc != VF_OK)
		return rc;
	if (!nt_tree_rank(tree, alg == VF_SHA512 ? vf_bytes(r->id512.b, sizeof(r->id512.b)) : vf_bytes(r->id.b, sizeof(r->id.b)), &rank))
		return vf_fail(reterr, VF_ER_NOT_COVERED, "the record is not in the batch of its seal");
	siblings = nt_tree_path_at(tree, rank, path);
	return nt_er_put(out, &(struct nt_er_ats){.alg = alg, .first = nt_buf_bytes(&first), .path = siblings,
		.last = vf_digest_bytes(&head), .token = der}, reterr);
}

VF_RC nt_export_put_record(struct nt_exporter *e, const struct nt_record *r, size_t token, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_pair *pairs = calloc(r->n_members ? r->n_members : 1, sizeof(*pairs));
	enum vf_rc rc = pairs ? put_first(e, r, token, out, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");

	for (size_t i = 0; rc == VF_OK && i < r->n_members; i++)
		pairs[i] = r->members[i].digests;
	if (rc == VF_OK)
		rc = nt_renewed_put(e->notary, &e->renewed, token, pairs, r->n_members, &e->arena, out, reterr);
	free(pairs);
	return rc;
}

VF_RC nt_export_put_manifest(struct nt_export_plan *p, const char *record, size_t token, struct vf_err *reterr)
{
	struct nt_manifest_ref *refs = VF_NEW(&p->e->arena, p->n_refs ? p->n_refs : 1, struct nt_manifest_ref);
	enum vf_alg alg = VF_SHA256;
	enum vf_rc rc = token_alg(p->e->seal->tokens[token].der, &alg, reterr);

	if (rc != VF_OK)
		return rc;
	if (!refs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a manifest");
	for (size_t i = 0; i < p->n_refs; i++) {
		const struct nt_export_ref *r = &p->refs[i];

		refs[i] = (struct nt_manifest_ref){r->name, vf_digest_from_hash(&r->digests->sha256)};
		if (alg != VF_SHA512)
			continue;
		refs[i].digest.alg = VF_SHA512;
		memcpy(refs[i].digest.b, r->digests->sha512.b, sizeof(r->digests->sha512.b));
	}
	return nt_manifest_put(&p->e->part, record, NULL, refs, p->n_refs, reterr);
}
