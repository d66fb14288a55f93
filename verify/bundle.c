#include "verify/bundle.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/cms.h"
#include "verify/judge.h"
#include "verify/meaning.h"
#include "verify/merkle.h"
#include "verify/path.h"
#include "verify/text.h"

/* ---- the seal head ---- */

static enum vf_rc judge_head(struct vf_judge *j, struct vf_err *reterr)
{
	struct vf_bytes text;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc = vf_judge_part(j, VF_CHECK_SEAL, VF_PART_HEAD, &text, &there, reterr);

	if (rc != VF_OK || !there)
		return rc;
	rc = vf_seal_head_parse(text, &j->head, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_SEAL, rc, &err, VF_PART_HEAD, reterr);
	j->has_head = true;
	j->r->has_seal = true;
	j->r->seal = j->head.number;
	j->r->seal_first = j->head.first;
	j->r->seal_size = j->head.size;
	j->r->has_previous = j->head.has_previous;
	j->r->previous = j->head.previous;
	return VF_OK;
}

static enum vf_rc judge_chain(struct vf_judge *j, struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_zip_find(&j->box.zip, vf_bytes_str(VF_PART_PREVIOUS));
	struct vf_seal_head previous;
	struct vf_bytes text;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc;

	if (!j->has_head)
		return VF_OK;
	if (!j->head.has_previous) {
		rc = e ? vf_fail(&err, VF_SEAL_CHAIN, "the first seal has a predecessor in the container") : VF_OK;
		return vf_judge_note(j, VF_CHECK_CHAIN, rc, &err, VF_PART_PREVIOUS, reterr);
	}
	rc = vf_judge_part(j, VF_CHECK_CHAIN, VF_PART_PREVIOUS, &text, &there, reterr);
	if (rc != VF_OK || !there)
		return rc;
	rc = vf_seal_head_parse(text, &previous, &err);
	if (rc == VF_OK)
		rc = vf_seal_check_chain(&j->head, &previous, &err);
	return vf_judge_note(j, VF_CHECK_CHAIN, rc, &err, VF_PART_PREVIOUS, reterr);
}

/* ---- the log ---- */

static enum vf_rc check_entry(struct vf_judge *j, struct vf_bytes *ret_text, struct vf_err *reterr)
{
	struct vf_entry e;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc = vf_judge_part(j, VF_CHECK_ENTRY, VF_PART_ENTRY, ret_text, &there, reterr);

	if (rc != VF_OK || !there)
		return rc;
	rc = vf_entry_parse(*ret_text, &e, &err);
	if (rc == VF_OK && (!vf_hash_eq(&e.id, &j->r->id) || !vf_hash512_eq(&e.id512, &j->entry.id512)))
		rc = vf_fail(&err, VF_ENTRY_MISMATCH, "the entry is not the one that the statement's list gives");
	if (rc == VF_OK && j->has_stream && j->stream.seq == 0) {
		struct vf_hash slot = vf_slot(&j->stream.key, 0);

		if (!vf_hash_eq(&slot, &e.slot))
			rc = vf_fail(&err, VF_SLOT_MISMATCH, "the slot is not that of the first record of this stream");
	}
	if (rc == VF_OK) {
		j->entry = e;
		j->has_entry = true;
	}
	return vf_judge_note(j, VF_CHECK_ENTRY, rc, &err, VF_PART_ENTRY, reterr);
}

/* The checkpoint is the one that the seal head names, and the entry is in this seal's batch. */
static enum vf_rc check_bound(struct vf_judge *j, const struct vf_tlog_proof *p, struct vf_err *reterr)
{
	struct vf_hash digest = vf_checkpoint_digest(&p->checkpoint);

	if (p->has_extra)
		return vf_fail(reterr, VF_PROOF_SHAPE, "the log proof has an extra line, which nothing authenticates");
	if (!j->has_head)
		return VF_OK;
	if (!vf_bytes_eq(p->checkpoint.origin, j->head.origin) || p->checkpoint.size != j->head.size ||
		!vf_hash_eq(&digest, &j->head.checkpoint))
		return vf_fail(reterr, VF_SEAL_BINDING, "the checkpoint is not the one that the seal head names");
	if (p->index < j->head.first || p->index >= j->head.size)
		return vf_fail(reterr, VF_SEAL_BINDING, "entry %" PRIu64 " is not in the batch of the seal", p->index);
	return VF_OK;
}

static enum vf_rc check_proof(struct vf_judge *j, struct vf_bytes entry, struct vf_tlog_proof *p, bool *ret_parsed,
	struct vf_err *reterr)
{
	struct vf_bytes text;
	struct vf_hash leaf;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc = vf_judge_part(j, VF_CHECK_INCLUSION, VF_PART_PROOF, &text, &there, reterr);

	if (rc != VF_OK || !there)
		return rc;
	rc = vf_tlog_proof_parse(text, p, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, VF_PART_PROOF, reterr);
	*ret_parsed = true;
	j->r->has_log = true;
	j->r->origin = p->checkpoint.origin;
	j->r->index = p->index;
	j->r->size = p->checkpoint.size;
	j->r->root = p->checkpoint.root;
	rc = check_bound(j, p, &err);
	if (rc == VF_OK && j->has_entry) {
		leaf = vf_merkle_leaf(entry);
		rc = vf_merkle_check_inclusion(p->index, p->checkpoint.size, &leaf, p->hashes, p->n, &p->checkpoint.root, &err);
		return vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, VF_PART_PROOF, reterr);
	}
	/* without an entry there is nothing to prove: the check stays open */
	return rc == VF_OK ? VF_OK : vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, VF_PART_PROOF, reterr);
}

VF_RC vf_judge_log_trust(struct vf_judge *j, const struct vf_checkpoint *c, const char *object, int64_t *ret_time,
	struct vf_err *reterr)
{
	struct vf_tlog_seen seen;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (!j->s->has_log) {
		rc = vf_fail(&err, VF_UNKNOWN_LOG, "the trust directory pins no log: it has no 'tlog-policy'");
		return vf_judge_note(j, VF_CHECK_LOG_KEY, rc, &err, object, reterr);
	}
	memset(&seen, 0, sizeof(seen));
	rc = vf_tlog_policy_check_cached(&j->s->tlog, c, &j->s->notes, &seen, &err);
	if (rc != VF_OK && rc != VF_WITNESS_QUORUM)
		return vf_judge_note(j, VF_CHECK_LOG_KEY, rc, &err, object, reterr);
	vf_report_pass(j->r, VF_CHECK_LOG_KEY);
	for (size_t i = 0; i < seen.n; i++) {
		char *name = vf_arena_take(j->a, 1, 4 * seen.names[i].n + 32);

		if (!name)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the names of witnesses");
		vf_text_escape(name, 4 * seen.names[i].n + 32, seen.names[i]);
		j->r->witnesses[j->r->n_witnesses++] = name;
	}
	j->r->n_witnesses_known = seen.n_known;
	if (seen.n_unknown + seen.n_unchecked)
		vf_report_unchecked(j->r, "COSIGNATURES", "%zu signatures on the checkpoint by keys that are not pinned or of an unknown kind",
			seen.n_unknown + seen.n_unchecked);
	j->r->quorum = rc == VF_OK;
	if (ret_time)
		*ret_time = rc == VF_OK ? seen.time_ms : VF_TIME_NONE;
	return vf_judge_note(j, VF_CHECK_WITNESSES, rc, &err, object, reterr);
}

static enum vf_rc check_log(struct vf_judge *j, struct vf_err *reterr)
{
	struct vf_tlog_proof proof;
	struct vf_bytes entry = {0};
	bool parsed = false;
	enum vf_rc rc = check_entry(j, &entry, reterr);

	if (rc == VF_OK)
		rc = check_proof(j, entry, &proof, &parsed, reterr);
	if (rc == VF_OK && parsed && j->s->has_trust && !j->s->integrity_only)
		rc = vf_judge_log_trust(j, &proof.checkpoint, VF_PART_PROOF, NULL, reterr);
	return rc;
}

/* ---- the submitter ---- */

/* The signed manifest lists statement.json, and nothing else. */
static enum vf_rc check_signed_manifest(struct vf_judge *j, struct vf_bytes xml, struct vf_err *reterr)
{
	struct vf_manifest m;
	struct vf_digest own;
	enum vf_rc rc = vf_manifest_parse_with(j->s->xml, xml, j->a, &m, reterr);

	if (rc != VF_OK)
		return rc;
	own = vf_digest_from_hash(&j->objects[j->statement.n_members].digests.sha256);
	if (!vf_bytes_is(m.sig_uri, VF_NAME_SIGNATURE) || m.n_refs != 1 ||
		!vf_bytes_is(m.refs[0].uri, VF_NAME_STATEMENT))
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "the signed manifest does not list the statement alone");
	if (!vf_digest_eq(&m.refs[0].digest, &own))
		return vf_fail(reterr, VF_MANIFEST_DIGEST, "the signature is over another statement");
	return VF_OK;
}

/* Meaning, name and time are the signer's word: what does not fit the proven time is said, and rejects nothing. */
static void show_said(struct vf_judge *j, const struct vf_said *said)
{
	char text[VF_TIME_LEN + 1];
	int64_t proven = j->r->existed_by;

	j->r->has_said = true;
	j->r->meaning = vf_meaning_name(said->meaning);
	if (said->meaning_oid.n)
		vf_meaning_oid_text(said, j->r->meaning_oid, sizeof(j->r->meaning_oid));
	j->r->printed_name = said->name;
	j->r->signing_time = said->time;
	if (said->unsigned_too)
		vf_report_unchecked(j->r, "UNSIGNED_ATTRIBUTES",
			"a meaning, name or time that somebody put beside the signature: nobody signed it");
	if (said->time == VF_TIME_NONE || proven == VF_TIME_NONE)
		return;
	vf_time_put(text, said->time);
	if (said->time > proven || said->time < proven - VF_SIGNING_LEAD_MS)
		vf_report_unchecked(j->r, "SIGNING_TIME",
			"the signer's own time of signing (%s), which is %s the proven time", text,
			said->time > proven ? "after" : "long before");
}

static enum vf_rc check_signature(struct vf_judge *j, struct vf_err *reterr)
{
	struct vf_bytes manifest, p7s, cert;
	struct vf_cert_facts facts;
	struct vf_signed sig;
	struct vf_said said;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc = vf_judge_part(j, VF_CHECK_SIGNATURE, VF_NAME_SIGNED_MANIFEST, &manifest, &there, reterr);

	if (rc == VF_OK && there)
		rc = vf_judge_part(j, VF_CHECK_SIGNATURE, VF_NAME_SIGNATURE, &p7s, &there, reterr);
	if (rc != VF_OK || !there)
		return rc;
	rc = check_signed_manifest(j, manifest, &err);
	if (rc == VF_OK)
		rc = vf_cms_check_detached(j->s->pki, p7s, manifest, &j->statement.signer,
			j->r->existed_by != VF_TIME_NONE ? j->r->existed_by : j->first_time != VF_TIME_NONE ? j->first_time : j->s->at, j->s->extra,
			&facts, &sig, &cert, &err);
	if (rc == VF_OK)
		rc = vf_meaning_read(&sig, &said, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_SIGNATURE, rc, &err, VF_NAME_SIGNATURE, reterr);
	vf_report_pass(j->r, VF_CHECK_SIGNATURE);
	vf_judge_show_signer(j, &facts);
	show_said(j, &said);
	/* a certificate is judged at a proven time only: a token that does not count must not move it */
	if (j->r->existed_by == VF_TIME_NONE)
		return VF_OK;
	return vf_judge_signer(j, cert, &sig, j->s->extra, j->r->existed_by, VF_NAME_SIGNATURE, reterr);
}

static enum vf_rc judge_signature(struct vf_judge *j, struct vf_err *reterr)
{
	if (j->statement.has_signer)
		return check_signature(j, reterr);
	vf_judge_unsigned(j);
	return VF_OK;
}

/* ---- pinned streams, policy ---- */

static void judge_pins(struct vf_judge *j)
{
	struct vf_err err;

	for (size_t i = 0; i < j->s->n_pins; i++) {
		const struct vf_stream_pin *pin = &j->s->pins[i];
		struct vf_hash slot;

		if (!j->has_stream || !j->has_entry || !vf_hash_eq(&pin->stream, &j->r->stream) || !pin->has_key)
			continue;
		slot = vf_slot(&pin->key, j->stream.seq);
		if (vf_hash_eq(&slot, &j->entry.slot)) {
			vf_report_pass(j->r, VF_CHECK_PINNED_STREAM);
			return;
		}
		vf_fail(&err, VF_SLOT_MISMATCH, "the slot is not that of record %" PRIu64 " of the pinned stream", j->stream.seq);
		vf_report_fault(j->r, VF_CHECK_PINNED_STREAM, &err, VF_NAME_STREAM);
		return;
	}
	vf_report_skip(j->r, VF_CHECK_PINNED_STREAM);
	if (j->has_stream && j->stream.seq > 0)
		vf_report_unchecked(j->r, "SLOT", "that the log entry stands in the slot of this stream (its key is not pinned)");
}

/* The earliest time by which the policy's rules are met. */
static void find_time(struct vf_judge *j)
{
	for (size_t i = 0; i < j->n_votes; i++) {
		int64_t t = j->votes[i].time;

		if ((j->r->existed_by == VF_TIME_NONE || t < j->r->existed_by) &&
			vf_policy_check(&j->s->policy, j->votes, j->n_votes, t, NULL) == VF_OK)
			j->r->existed_by = t;
	}
}

static void judge_policy(struct vf_judge *j)
{
	struct vf_err err = {0};

	if (vf_policy_check(&j->s->policy, j->votes, j->n_votes, INT64_MAX, &err) != VF_OK) {
		vf_report_fault(j->r, VF_CHECK_POLICY, &err, NULL);
		return;
	}
	vf_report_pass(j->r, VF_CHECK_POLICY);
	find_time(j);
	vf_judge_note_operator(j);
}

/* ---- the order of checks ---- */

/* By any part that others do not have: a bundle that lost some is a bad bundle, not a good container of others. */
static bool is_native(const struct vf_judge *j)
{
	for (size_t i = 0; i < j->box.zip.n; i++)
		if (vf_bytes_is(j->box.zip.entries[i].name, VF_NAME_STATEMENT) ||
			vf_bytes_starts(j->box.zip.entries[i].name, VF_PART_FOLDER))
			return true;
	return false;
}

/* A bundle is a function of its record: headers that our writer never writes are not its own. */
static void check_headers(struct vf_judge *j)
{
	for (size_t i = 0; i < j->box.zip.n; i++) {
		const struct vf_zip_entry *e = &j->box.zip.entries[i];
		struct vf_err err;
		char name[200];

		if (vf_zip_is_plain(e))
			continue;
		vf_text_escape(name, sizeof(name), e->name);
		vf_fail(&err, VF_ZIP_SHAPE, "the entry '%s' has a time or attributes that no bundle has", name);
		vf_report_fault(j->r, VF_CHECK_CONTAINER, &err, name);
	}
}

static enum vf_rc judge_native(struct vf_judge *j, const struct vf_detached *detached, size_t n,
	struct vf_err *reterr)
{
	bool go;
	enum vf_rc rc;

	check_headers(j);
	rc = vf_judge_members(j, &go, reterr);
	if (rc != VF_OK || !go)
		return rc;
	rc = vf_judge_detached(j, detached, n, reterr);
	if (rc == VF_OK)
		rc = judge_head(j, reterr);
	if (rc == VF_OK)
		rc = vf_judge_evidence(j, reterr);
	if (rc == VF_OK)
		rc = judge_chain(j, reterr);
	if (rc == VF_OK)
		rc = vf_judge_complete(j, reterr);
	if (rc == VF_OK)
		rc = check_log(j, reterr);
	if (rc != VF_OK)
		return rc;
	if (!j->s->has_trust || j->s->integrity_only) {
		vf_judge_no_trust(j);
	} else {
		judge_pins(j);
		judge_policy(j);
	}
	return judge_signature(j, reterr);
}

/* A link is a digest: who has both records can be sure, who has one cannot. */
static void note_links(struct vf_judge *j)
{
	size_t unseen = 0;

	for (size_t i = 0; i < j->r->n_links; i++)
		unseen += !vf_session_has_record(j->s, &j->r->links[i].record);
	if (unseen)
		vf_report_unchecked(j->r, "LINKED_RECORDS", "%zu of %zu linked records: that they exist and are what the link claims", unseen,
			j->r->n_links);
}

/* Only what the log itself has signed can show that the log or a stream was forked. */
static bool is_logged(const struct vf_judge *j)
{
	return j->r->checks[VF_CHECK_INCLUSION] == VF_RESULT_PASS &&
		(j->s->integrity_only || j->r->checks[VF_CHECK_LOG_KEY] == VF_RESULT_PASS);
}

static void judge_together(struct vf_judge *j)
{
	struct vf_err err = {0};

	note_links(j);
	if (is_logged(j) && vf_session_compare(j->s, j->r, &err) != VF_OK)
		vf_report_fault(j->r, VF_CHECK_INCLUSION, &err, NULL);
	vf_report_settle(j->r);
	if ((j->r->verdict == VF_VERIFIED || j->r->verdict == VF_INTACT) && !vf_session_learn(j->s, j->r))
		vf_report_unchecked(j->r, "CROSS_CHECK", "contradictions with all other inputs of this run (too many of them)");
}

VF_RC vf_bundle_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *source, const struct vf_detached *detached, size_t n_detached,
	struct vf_report *ret, struct vf_err *reterr)
{
	struct vf_judge j = {.s = s, .a = memory, .r = ret, .first_time = VF_TIME_NONE};
	struct vf_err err = {0};
	enum vf_rc rc;

	vf_report_init(ret, input, s->integrity_only);
	vf_pki_tidy(s->pki);
	rc = vf_container_open(source, true, memory, &j.box, &err);
	if (rc != VF_OK)
		rc = vf_judge_note(&j, VF_CHECK_CONTAINER, rc, &err, NULL, reterr);
	else {
		bool native = is_native(&j);

		vf_report_pass(ret, VF_CHECK_CONTAINER);
		if (native && j.box.zip.departure.rc != VF_NOT_CHECKED) {
			/* other software may write what we never do, but not in our name */
			vf_report_fault(ret, VF_CHECK_CONTAINER, &j.box.zip.departure, NULL);
		} else if (native) {
			vf_report_pass(ret, VF_CHECK_FORMS);
			rc = judge_native(&j, detached, n_detached, reterr);
		} else {
			rc = vf_judge_asic(&j, detached, n_detached, reterr);
		}
	}
	if (rc != VF_OK)
		return rc;
	if (ret->form == VF_FORM_BUNDLE)
		judge_together(&j);
	else
		vf_report_settle(ret);
	return VF_OK;
}
