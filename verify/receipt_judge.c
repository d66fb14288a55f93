#include "verify/receipt_judge.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/judge.h"
#include "verify/merkle.h"
#include "verify/receipt_page.h"
#include "verify/text.h"

static bool asks_trust(const struct vf_judge *j)
{
	return j->s->has_trust && !j->s->integrity_only;
}

static enum vf_rc read_whole(struct vf_judge *j, const struct vf_source *s, uint64_t max, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	uint8_t *room = NULL;

	if (s->size > max)
		return vf_fail(reterr, VF_LIMIT, "%" PRIu64 " octets, more than %" PRIu64, s->size, max);
	if (!s->memory.p) {
		room = vf_arena_take(j->a, (size_t)s->size, 1);
		if (!room)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %" PRIu64 " octets", s->size);
	}
	return vf_source_view(s, 0, (size_t)s->size, room, ret, reterr);
}

/* ---- the receipt by itself ---- */

static void show(struct vf_report *r, const struct vf_receipt *receipt)
{
	r->has_receipt = true;
	r->receipt = (struct vf_receipt_facts){.origin = receipt->origin, .id = receipt->entry.id,
		.accepted = receipt->accepted_ms, .deadline = vf_receipt_deadline(receipt), .group = receipt->size,
		.index = receipt->index, .shown_by = VF_TIME_NONE};
}

static enum vf_rc check_time(struct vf_judge *j, const struct vf_receipt *r, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	if (r->accepted_ms - VF_RECEIPT_SKEW_MS > j->s->at)
		rc = vf_fail(&err, VF_TS_FUTURE, "the receipt is dated more than %d s after the time of this check",
			VF_RECEIPT_SKEW_MS / 1000);
	return vf_judge_note(j, VF_CHECK_TIME_ORDER, rc, &err, NULL, reterr);
}

/* Whose promise it is, and whether it is one that the owner of the trust directory takes. */
static enum vf_rc check_trust(struct vf_judge *j, const struct vf_receipt *r, struct vf_err *reterr)
{
	const struct vf_receipt_key *key = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = vf_receipt_check_signature(r, &j->s->receipts, &key, &err);

	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_LOG_KEY, rc, &err, NULL, reterr);
	vf_report_pass(j->r, VF_CHECK_LOG_KEY);
	if (r->delay > key->delay)
		rc = vf_fail(&err, VF_RECEIPT_DELAY,
			"the receipt promises within %" PRIu64 " s, the trust directory accepts %" PRIu64 " s", r->delay,
			key->delay);
	return vf_judge_note(j, VF_CHECK_POLICY, rc, &err, NULL, reterr);
}

/* The receipt: the file, or what stands in a participant's page that shows the same record. */
static enum vf_rc read_receipt(struct vf_judge *j, const struct vf_source *source, struct vf_receipt *r, bool *ret_on_page,
	struct vf_err *reterr)
{
	struct vf_receipt_page page = {0};
	struct vf_bytes octets;
	enum vf_rc rc = read_whole(j, source, VF_MAX_PAGE, &octets, reterr);

	*ret_on_page = false;
	if (rc != VF_OK || !vf_receipt_page_is(octets))
		return rc == VF_OK ? vf_receipt_parse(octets, r, reterr) : rc;
	rc = vf_receipt_page_read(octets, j->a, &page, reterr);
	if (rc == VF_OK)
		rc = vf_receipt_parse(page.receipt, r, reterr);
	if (rc == VF_OK && !vf_hash_eq(&page.shown, &r->entry.id))
		rc = vf_fail(reterr, VF_PAGE_RECORD, "the record ID that the page shows is not that of its receipt");
	*ret_on_page = rc == VF_OK;
	return rc;
}

static enum vf_rc judge_receipt(struct vf_judge *j, const struct vf_source *source, struct vf_receipt *r, bool *ret_go,
	struct vf_err *reterr)
{
	struct vf_err err = {0};
	bool on_page;
	enum vf_rc rc = read_receipt(j, source, r, &on_page, &err);

	*ret_go = rc == VF_OK;
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_ENTRY, rc, &err, NULL, reterr);
	vf_report_pass(j->r, VF_CHECK_ENTRY);
	show(j->r, r);
	j->r->receipt.on_page = on_page;
	if (on_page)
		vf_report_unchecked(j->r, "PAGE_TEXT",
			"what the page says: its record ID is that of the receipt, its other words only the site's record can show");
	rc = check_time(j, r, reterr);
	if (rc != VF_OK)
		return rc;
	rc = vf_receipt_check_path(r, &err);
	rc = vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, NULL, reterr);
	if (rc != VF_OK || asks_trust(j))
		return rc == VF_OK ? check_trust(j, r, reterr) : rc;
	if (j->s->integrity_only) {
		vf_report_unchecked(j->r, "TRUST", "who signed the receipt, and its signature (--integrity-only)");
		return VF_OK;
	}
	vf_fail(&err, VF_NO_TRUST_ANCHOR, "the receipt is signed by a key that you did not pin");
	vf_report_fault(j->r, VF_CHECK_LOG_KEY, &err, NULL);
	return VF_OK;
}

/* ---- what shows the log ---- */

/* The earliest time counts; the log without a time shows that the entry is there. */
static void found(struct vf_judge *j, int64_t by)
{
	struct vf_receipt_facts *f = &j->r->receipt;

	if (f->promise == VF_PROMISE_NOT_SHOWN)
		f->promise = VF_PROMISE_IN_LOG;
	if (by != VF_TIME_NONE && (f->shown_by == VF_TIME_NONE || by < f->shown_by))
		f->shown_by = by;
	if (f->shown_by != VF_TIME_NONE && f->shown_by <= f->deadline)
		f->promise = VF_PROMISE_KEPT;
}

static enum vf_rc check_origin(const struct vf_receipt *r, struct vf_bytes origin, struct vf_err *reterr)
{
	char a[80], b[80];

	if (vf_bytes_eq(r->origin, origin))
		return VF_OK;
	vf_text_escape(a, sizeof(a), r->origin);
	vf_text_escape(b, sizeof(b), origin);
	return vf_fail(reterr, VF_CHECKPOINT_ORIGIN, "the receipt is of '%s', the log of '%s'", a, b);
}

static enum vf_rc read_proof(struct vf_judge *j, const struct vf_receipt *r, const struct vf_source *source,
	struct vf_tlog_proof *ret, struct vf_err *reterr)
{
	struct vf_hash leaf = vf_merkle_leaf(r->octets);
	struct vf_bytes octets;
	enum vf_rc rc = read_whole(j, source, VF_MAX_NOTE + VF_MAX_PROOF_EXTRA + 8192, &octets, reterr);

	if (rc == VF_OK)
		rc = vf_tlog_proof_parse(octets, ret, reterr);
	if (rc == VF_OK)
		rc = check_origin(r, ret->checkpoint.origin, reterr);
	return rc == VF_OK ? vf_merkle_check_inclusion(ret->index, ret->checkpoint.size, &leaf, ret->hashes, ret->n,
				     &ret->checkpoint.root, reterr)
			   : rc;
}

static void show_log(struct vf_report *r, struct vf_bytes origin, uint64_t index, uint64_t size,
	const struct vf_hash *root)
{
	r->has_log = true;
	r->origin = origin;
	r->index = index;
	r->size = size;
	r->root = *root;
}

static enum vf_rc judge_proof(struct vf_judge *j, const struct vf_receipt *r, const struct vf_detached *given,
	struct vf_err *reterr)
{
	struct vf_tlog_proof p;
	struct vf_err err = {0};
	int64_t by = VF_TIME_NONE;
	enum vf_rc rc = read_proof(j, r, given->source, &p, &err);

	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, given->name, reterr);
	show_log(j->r, p.checkpoint.origin, p.index, p.checkpoint.size, &p.checkpoint.root);
	if (asks_trust(j))
		rc = vf_judge_log_trust(j, &p.checkpoint, given->name, &by, reterr);
	/* a checkpoint that the pinned log has not signed shows nothing */
	if (rc == VF_OK && (j->s->integrity_only || j->r->checks[VF_CHECK_LOG_KEY] == VF_RESULT_PASS))
		found(j, by);
	return rc;
}

/* The entry in a bundle that was judged before is the one in the receipt, octet for octet. */
static enum vf_rc compare_entry(struct vf_judge *j, const struct vf_receipt *r, const struct vf_source *source,
	struct vf_err *reterr)
{
	struct vf_container box;
	struct vf_bytes entry;
	const struct vf_zip_entry *e;
	enum vf_rc rc = vf_container_open(source, true, j->a, &box, reterr);

	if (rc != VF_OK)
		return rc;
	e = vf_zip_find(&box.zip, vf_bytes_str(VF_PART_ENTRY));
	if (!e)
		return vf_fail(reterr, VF_INTERNAL, "a bundle without an entry");
	rc = vf_container_read(&box, e, j->a, &entry, reterr);
	if (rc == VF_OK && !vf_bytes_eq(entry, r->octets))
		return vf_fail(reterr, VF_ENTRY_MISMATCH, "the receipt is for another entry than that of the bundle");
	return rc;
}

/* The first reason for a verdict that does not help. */
static enum vf_rc fail_bundle(const struct vf_report *b, struct vf_err *reterr)
{
	bool rejected = b->verdict == VF_REJECTED;

	for (size_t i = 0; i < b->n_reasons; i++)
		if ((vf_rc_class(b->reasons[i].rc) == VF_CLASS_REJECTED) == rejected)
			return vf_fail(reterr, b->reasons[i].rc, "the bundle is %s: %s", vf_verdict_name(b->verdict),
				b->reasons[i].text);
	return vf_fail(reterr, VF_NOT_CHECKED, "not every check of the bundle was made");
}

static enum vf_rc judge_bundle(struct vf_judge *j, const struct vf_receipt *r, const struct vf_detached *given,
	struct vf_err *reterr)
{
	struct vf_report *b = VF_NEW(j->a, 1, struct vf_report);
	enum vf_verdict want = j->s->integrity_only ? VF_INTACT : VF_VERIFIED;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (!b)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	rc = vf_bundle_check(j->s, j->a, given->name, given->source, NULL, 0, b, reterr);
	if (rc != VF_OK)
		return rc;
	if (b->form != VF_FORM_BUNDLE)
		return vf_fail(reterr, VF_USAGE, "'%s' is no bundle of Trial Notary", b->input);
	if (b->verdict != want) {
		rc = fail_bundle(b, &err);
		return vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, given->name, reterr);
	}
	rc = check_origin(r, b->origin, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_INCLUSION, rc, &err, given->name, reterr);
	rc = compare_entry(j, r, given->source, &err);
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_ENTRY, rc, &err, given->name, reterr);
	show_log(j->r, b->origin, b->index, b->size, &b->root);
	memcpy(j->r->witnesses, b->witnesses, sizeof(b->witnesses));
	j->r->n_witnesses = b->n_witnesses;
	j->r->n_witnesses_known = b->n_witnesses_known;
	j->r->quorum = b->quorum;
	found(j, b->existed_by);
	return VF_OK;
}

/* ---- the whole ---- */

static void note_promise(struct vf_judge *j)
{
	const struct vf_receipt_facts *f = &j->r->receipt;
	char by[VF_TIME_LEN + 1], end[VF_TIME_LEN + 1];

	vf_time_put(end, f->deadline);
	if (f->promise == VF_PROMISE_NOT_SHOWN && j->s->at <= f->deadline)
		vf_report_unchecked(j->r, "PROMISE", "whether the promise is kept: it ends at %s", end);
	else if (f->promise == VF_PROMISE_NOT_SHOWN)
		vf_report_unchecked(j->r, "PROMISE",
			"whether the promise was kept: give the bundle of the record, or its log proof with --proof");
	if (f->promise != VF_PROMISE_IN_LOG)
		return;
	if (f->shown_by == VF_TIME_NONE) {
		vf_report_unchecked(j->r, "PROMISE_TIME",
			"whether the entry was in the log by %s: nothing that was given and counts says since when", end);
		return;
	}
	vf_time_put(by, f->shown_by);
	vf_report_unchecked(j->r, "PROMISE_TIME",
		"whether the entry was in the log by %s: it is shown for %s only, as a seal may wait for its time-stamp",
		end, by);
}

static bool concerns(enum vf_check c)
{
	return c == VF_CHECK_ENTRY || c == VF_CHECK_TIME_ORDER || c == VF_CHECK_INCLUSION || c == VF_CHECK_LOG_KEY ||
		c == VF_CHECK_POLICY;
}

VF_RC vf_receipt_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *receipt, const struct vf_receipt_given *given, struct vf_report *ret, struct vf_err *reterr)
{
	struct vf_judge j = {.s = s, .a = memory, .r = ret, .first_time = VF_TIME_NONE};
	struct vf_receipt r;
	bool go;
	enum vf_rc rc;

	vf_report_init(ret, input, s->integrity_only);
	ret->form = VF_FORM_RECEIPT;
	for (enum vf_check c = 0; c < VF_CHECK_COUNT; c++)
		if (!concerns(c) && (c != VF_CHECK_WITNESSES || !given->proof.source))
			vf_report_skip(ret, c);
	rc = judge_receipt(&j, receipt, &r, &go, reterr);
	if (rc == VF_OK && go && given->proof.source)
		rc = judge_proof(&j, &r, &given->proof, reterr);
	if (rc == VF_OK && go && given->bundle.source)
		rc = judge_bundle(&j, &r, &given->bundle, reterr);
	if (rc != VF_OK)
		return rc;
	vf_report_settle(ret);
	/* what a receipt that is not good says about the log is no fact */
	if (ret->verdict != VF_VERIFIED && ret->verdict != VF_INTACT) {
		ret->receipt.promise = VF_PROMISE_NOT_SHOWN;
		ret->receipt.shown_by = VF_TIME_NONE;
		return VF_OK;
	}
	note_promise(&j);
	return VF_OK;
}
