#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notary/audit.h"
#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/submit.h"

#define DAY_MS INT64_C(86400000)
#define MAX_DOCUMENT ((size_t)NT_AUDIT_MAX_EVENTS * 65 + 4096)
/* Findings about single events of one document; the rest is counted. */
#define MAX_TOLD 20

/* ---- making a document ---- */

static VF_RC put_line(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct vf_hash h = nt_event_commitment(&row->salt, row->text);

	(void)reterr;
	nt_buf_put_hex(ctx, vf_bytes(h.b, sizeof(h.b)));
	nt_buf_put_u8(ctx, '\n');
	return VF_OK;
}

VF_RC nt_audit_make(struct nt_access *a, const char *origin, const struct nt_audit_row *row,
	const struct vf_hash *previous, struct nt_buf *out, struct vf_err *reterr)
{
	struct nt_audit_document d = {.origin = vf_bytes_str(origin),
		.number = row->number,
		.day = row->day,
		.part = row->part,
		.first = row->first,
		.events = row->events,
		.previous = *previous};
	enum vf_rc rc;

	nt_audit_put_head(out, &d);
	rc = nt_audit_events(a, row->first, row->events, put_line, out, reterr);
	return rc == VF_OK ? nt_buf_check(out, reterr) : rc;
}

/* ---- sealing ---- */

struct sealing {
	struct nt_notary *n;
	struct nt_access *a;
	int64_t until; /* the first day that is left open */
	nt_audit_done *done;
	void *ctx;
	struct nt_audit_row last; /* number 0: none yet */
};

/* The next document of events that no document holds; *ret_some is false when there is none to make. */
static VF_RC next_document(
	const struct sealing *s, struct nt_audit_row *ret, bool *ret_some, struct vf_err *reterr)
{
	struct nt_audit_row row = {.number = s->last.number + 1, .first = s->last.first + s->last.events, .part = 1};
	enum vf_rc rc;

	if (s->last.number == 0)
		row.first = 1;
	rc = nt_audit_run(s->a, row.first, NT_AUDIT_MAX_EVENTS, &row.events, &row.day, reterr);
	*ret_some = row.events > 0 && row.day < s->until;
	if (rc != VF_OK || !*ret_some)
		return rc;
	if (s->last.number > 0 && row.day == s->last.day)
		row.part = s->last.part + 1;
	*ret = row;
	return VF_OK;
}

/* Content that is in memory, put where the notary keeps documents. */
static VF_RC keep(struct nt_notary *n, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = memfd_create("audit", MFD_CLOEXEC);
	enum vf_rc rc;

	if (fd < 0)
		return vf_fail(reterr, VF_IO, "no memory file for a document of the audit trail: %s", strerror(errno));
	rc = nt_fd_write(fd, text, "audit", reterr);
	if (rc == VF_OK && lseek(fd, 0, SEEK_SET) != 0)
		rc = vf_fail(reterr, VF_IO, "cannot read a document of the audit trail again");
	return rc == VF_OK ? nt_notary_keep(n, fd, digests, reterr) : rc;
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)at;
	(void)how;
	*(struct vf_hash *)ctx = *id;
}

/* The same document is found in the journal when it was notarised before a crash. */
static VF_RC notarise(struct nt_notary *n, const struct nt_audit_row *row, struct vf_bytes text,
	struct vf_hash *ret, struct vf_err *reterr)
{
	char name[NT_AUDIT_NAME_LEN], day[11];
	struct nt_submit_file file = {.digests = vf_pair_of(text), .size = text.n};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str(NT_PARTY_NOTARY),
		.study = vf_bytes_str(NT_AUDIT_STUDY),
		.kind = TR_AUDIT,
		.title = vf_bytes_str("Audit trail of this notary"),
		.keep = true};
	enum vf_rc rc;

	nt_audit_name(name, row->day, row->part);
	nt_day_put(day, row->day);
	file.name = vf_bytes_str(name);
	s.date = vf_bytes_str(day);
	rc = keep(n, text, &file.digests, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("audit-kept");
	return nt_submit_records(n, &s, &record, 1, take_id, ret, reterr);
}

/* Everything that follows the commit of a document's row; row says what was committed. */
static VF_RC finish_document(struct sealing *s, struct nt_audit_row *row, struct vf_bytes text, struct vf_err *reterr)
{
	enum vf_rc rc = notarise(s->n, row, text, &row->record, reterr);

	if (rc != VF_OK)
		return rc;
	nt_failpoint("audit-notarised");
	rc = nt_audit_row_notarised(s->a, row->number, &row->record, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("audit-named");
	row->notarised = true;
	if (s->done)
		s->done(s->ctx, row);
	return VF_OK;
}

/* A document whose row a crash left without its record: it is made again, and must be the same. */
static VF_RC finish_left(struct sealing *s, struct nt_audit_row *row, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_DOCUMENT);
	struct nt_audit_row before = {0};
	struct vf_hash sha256;
	bool found = true;
	enum vf_rc rc = VF_OK;

	if (row->number > 1)
		rc = nt_audit_row(s->a, row->number - 1, &found, &before, reterr);
	if (rc == VF_OK && !found)
		rc = vf_fail(reterr, VF_AUDIT_MISMATCH, "document %" PRIu64 " of the audit trail is gone", row->number - 1);
	if (rc == VF_OK)
		rc = nt_audit_make(s->a, nt_notary_config(s->n)->origin, row, &before.sha256, &text, reterr);
	if (rc != VF_OK)
		return rc;
	sha256 = vf_sha256(nt_buf_bytes(&text));
	if (!vf_hash_eq(&sha256, &row->sha256))
		return vf_fail(reterr, VF_AUDIT_MISMATCH,
			"the events of document %" PRIu64 " of the audit trail have changed before it was notarised",
			row->number);
	return finish_document(s, row, nt_buf_bytes(&text), reterr);
}

static VF_RC make_document(struct sealing *s, struct nt_audit_row *row, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_DOCUMENT);
	struct nt_audit_document d;
	enum vf_rc rc = nt_audit_make(s->a, nt_notary_config(s->n)->origin, row, &s->last.sha256, &text, reterr);

	if (rc != VF_OK)
		return rc;
	/* A gap in the numbers shows here: what the reader would refuse is not notarised. */
	if (nt_audit_parse(nt_buf_bytes(&text), &d, NULL) != VF_OK)
		return vf_fail(reterr, VF_AUDIT_MISMATCH,
			"events are missing among %" PRIu64 " to %" PRIu64 ": nothing more is notarised, see 'audit check'",
			row->first, row->first + row->events - 1);
	row->sha256 = vf_sha256(nt_buf_bytes(&text));
	rc = nt_audit_row_put(s->a, row, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("audit-document");
	return finish_document(s, row, nt_buf_bytes(&text), reterr);
}

/* At most the last document can be unfinished: the next one is made after it. */
static VF_RC begin(struct sealing *s, struct vf_err *reterr)
{
	struct nt_audit_counts c;
	bool found = false;
	enum vf_rc rc = nt_audit_counts(s->a, &c, reterr);

	if (rc != VF_OK || c.documents == 0)
		return rc;
	rc = nt_audit_row(s->a, c.documents, &found, &s->last, reterr);
	if (rc == VF_OK && found && !s->last.notarised)
		rc = finish_left(s, &s->last, reterr);
	return rc;
}

VF_RC nt_audit_seal(struct nt_notary *n, struct nt_access *a, int64_t now_ms, bool today, nt_audit_done *done,
	void *ctx, struct vf_err *reterr)
{
	struct sealing s = {.n = n, .a = a, .done = done, .ctx = ctx};
	struct nt_audit_row row;
	bool some = true;
	enum vf_rc rc = nt_audit_settle(a, now_ms, reterr);

	/* With today also what a clock that ran ahead has dated later. */
	s.until = today ? INT64_MAX : now_ms / DAY_MS;
	if (rc == VF_OK)
		rc = begin(&s, reterr);
	while (rc == VF_OK && some) {
		rc = next_document(&s, &row, &some, reterr);
		if (rc != VF_OK || !some)
			break;
		rc = make_document(&s, &row, reterr);
		s.last = row;
	}
	return rc;
}

/* ---- checking ---- */

struct checking {
	struct nt_notary *n;
	struct nt_access *a;
	struct nt_findings f;
	struct nt_audit_document notarised; /* while its events are compared */
	uint64_t next, told;
	uint64_t last_number; /* of an open event */
};

static void tell_event(struct checking *c, uint64_t number, const char *what)
{
	if (c->told++ < MAX_TOLD)
		nt_found(&c->f, VF_AUDIT_MISMATCH, "event %" PRIu64 " %s", number, what);
}

/* Compares an event with its line; what was passed over is gone. */
static VF_RC compare_event(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct checking *c = ctx;
	struct vf_hash got = nt_event_commitment(&row->salt, row->text);
	struct vf_hash want = nt_audit_line(&c->notarised, row->number - c->notarised.first);

	(void)reterr;
	for (; c->next < row->number; c->next++)
		tell_event(c, c->next, "was removed");
	c->next = row->number + 1;
	if (!vf_hash_eq(&got, &want))
		tell_event(c, row->number, "was changed, or another was put into its place");
	return VF_OK;
}

/* The document that was notarised, from the notary's kept documents. */
static VF_RC read_kept(struct nt_notary *n, const struct nt_record *r, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	uint8_t block[65536];
	ssize_t got;
	enum vf_rc rc = nt_notary_open_kept(n, &r->documents[0].digests.sha256, &fd, reterr);

	if (rc == VF_OK && fd < 0)
		rc = vf_fail(reterr, VF_DOCUMENT_MISSING, "the content of the notarised document is not kept any more");
	if (rc != VF_OK)
		return rc;
	while ((got = read(fd, block, sizeof(block))) > 0)
		nt_buf_put(out, vf_bytes(block, (size_t)got));
	if (got < 0)
		return vf_fail(reterr, VF_IO, "cannot read a kept document");
	return nt_buf_check(out, reterr);
}

/* They differ: says which events. */
static VF_RC explain(struct checking *c, const struct nt_audit_row *row, const struct nt_record *r,
	const struct vf_hash *previous, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_DOCUMENT);
	struct vf_hash sha256;
	enum vf_rc rc = read_kept(c->n, r, &text, reterr);

	sha256 = vf_sha256(nt_buf_bytes(&text));
	if (rc == VF_OK && !vf_hash_eq(&sha256, &r->documents[0].digests.sha256))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "the kept content is not the notarised document");
	if (rc == VF_OK)
		rc = nt_audit_parse(nt_buf_bytes(&text), &c->notarised, reterr);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "document %" PRIu64, row->number);
		return rc;
	}
	if (c->notarised.number != row->number || c->notarised.day != row->day || c->notarised.part != row->part ||
		c->notarised.first != row->first || c->notarised.events != row->events)
		nt_found(&c->f, VF_AUDIT_MISMATCH, "the row of document %" PRIu64 " is not what was notarised", row->number);
	if (row->number > 1 && !vf_hash_eq(&c->notarised.previous, previous))
		nt_found(&c->f, VF_AUDIT_MISMATCH, "document %" PRIu64 " does not follow the one before", row->number);
	c->next = c->notarised.first;
	c->told = 0;
	rc = nt_audit_events(c->a, c->notarised.first, c->notarised.events, compare_event, c, reterr);
	for (; rc == VF_OK && c->next < c->notarised.first + c->notarised.events; c->next++)
		tell_event(c, c->next, "was removed");
	if (c->told > MAX_TOLD)
		nt_found(&c->f, VF_AUDIT_MISMATCH, "and %" PRIu64 " more events of document %" PRIu64, c->told - MAX_TOLD,
			row->number);
	return rc;
}

static bool is_trail(const struct nt_record *r)
{
	return vf_bytes_is(r->submitter, NT_PARTY_NOTARY) && vf_bytes_is(r->study, NT_AUDIT_STUDY) &&
		vf_bytes_is(r->kind, tr_kind_name(TR_AUDIT)) && r->n_documents == 1;
}

static VF_RC check_document(
	struct checking *c, const struct nt_audit_row *row, const struct nt_audit_row *before, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_DOCUMENT);
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_hash sha256;
	uint64_t faults = c->f.n;
	enum vf_rc rc;

	if (row->first != before->first + before->events)
		nt_found(&c->f, VF_AUDIT_MISMATCH, "document %" PRIu64 " does not begin where the one before ends",
			row->number);
	rc = nt_audit_make(c->a, nt_notary_config(c->n)->origin, row, &before->sha256, &text, reterr);
	if (rc != VF_OK)
		return rc;
	sha256 = vf_sha256(nt_buf_bytes(&text));
	if (!row->notarised) {
		if (!vf_hash_eq(&sha256, &row->sha256))
			nt_found(&c->f, VF_AUDIT_MISMATCH,
				"document %" PRIu64 ", which waits to be notarised, is not that of its events", row->number);
		return VF_OK;
	}
	rc = nt_notary_get(c->n, &row->record, &r, reterr);
	if (rc == VF_OK && (r->state == NT_ERASED || !is_trail(r)))
		rc = vf_fail(reterr, VF_AUDIT_MISMATCH, "its record is not one of the audit trail, or was erased");
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "document %" PRIu64, row->number);
		return rc;
	}
	if (!vf_hash_eq(&sha256, &r->documents[0].digests.sha256))
		rc = explain(c, row, r, &before->sha256, reterr);
	if (rc == VF_OK && !vf_hash_eq(&row->sha256, &r->documents[0].digests.sha256) && faults == c->f.n)
		nt_found(&c->f, VF_AUDIT_MISMATCH, "the row of document %" PRIu64 " is not what was notarised", row->number);
	return rc;
}

static VF_RC check_documents(struct checking *c, uint64_t documents, struct vf_err *reterr)
{
	struct nt_audit_row before = {.first = 1}, row;
	enum vf_rc rc = VF_OK;

	for (uint64_t i = 1; i <= documents && rc == VF_OK; i++) {
		struct vf_err err = {0};
		bool found = false;

		rc = nt_audit_row(c->a, i, &found, &row, &err);
		if (rc == VF_OK && !found) {
			nt_found(&c->f, VF_AUDIT_MISMATCH, "document %" PRIu64 " of the audit trail was removed", i);
			continue;
		}
		if (rc == VF_OK)
			rc = check_document(c, &row, &before, &err);
		if (rc == VF_OK || rc == VF_AUDIT_MISMATCH)
			before = row;
		rc = nt_found_rc(&c->f, rc, &err, reterr);
	}
	return rc;
}

/* ---- the other side: what the notary holds, and what no document holds ---- */

static VF_RC check_record(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	struct checking *c = ctx;
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_DOCUMENT);
	struct vf_err err = {0};
	struct nt_audit_document d = {0};
	struct nt_audit_row row = {0};
	bool found = false;
	enum vf_rc rc = nt_notary_get(c->n, id, &r, reterr);

	if (rc != VF_OK || r->state == NT_ERASED || !is_trail(r))
		return rc;
	rc = read_kept(c->n, r, &text, &err);
	if (rc == VF_OK)
		rc = nt_audit_parse(nt_buf_bytes(&text), &d, &err);
	if (rc == VF_OK)
		rc = nt_audit_row(c->a, d.number, &found, &row, &err);
	/* A crash between the record and its name: the next 'audit seal' names it. */
	if (rc == VF_OK && (!found || (row.notarised && !vf_hash_eq(&row.record, id))))
		rc = vf_fail(&err, VF_AUDIT_MISMATCH,
			"events %" PRIu64 " to %" PRIu64 " were notarised as document %" PRIu64 ", which 'access.db' does not know",
			d.first, d.first + d.events - 1, d.number);
	return nt_found_rc(&c->f, rc, &err, reterr);
}

static VF_RC check_open_event(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct checking *c = ctx;
	struct nt_event e;
	struct vf_err err = {0};

	(void)reterr;
	for (; c->next < row->number; c->next++)
		tell_event(c, c->next, "was removed before it was notarised");
	c->next = row->number + 1;
	if (nt_event_parse(row->text, &e, &err) != VF_OK || e.number != row->number)
		tell_event(c, row->number, "was changed before it was notarised: its text is not that of an event");
	return VF_OK;
}

static VF_RC check_open(struct checking *c, const struct nt_audit_counts *k, struct vf_err *reterr)
{
	if (k->stored > 0 && (k->least < 1 || k->least > INT64_MAX)) /* 0, or negative */
		nt_found(&c->f, VF_AUDIT_MISMATCH, "an event was inserted before the first");
	c->next = k->open;
	c->told = 0;
	return nt_audit_events(c->a, k->open, INT64_MAX, check_open_event, c, reterr);
}

VF_RC nt_audit_check(struct nt_notary *n, struct nt_access *a, nt_finding *finding, void *ctx,
	uint64_t *ret_faults, struct vf_err *reterr)
{
	struct checking c = {.n = n, .a = a, .f = {finding, ctx, 0}};
	struct nt_audit_counts k;
	enum vf_rc rc = nt_audit_counts(a, &k, reterr);

	if (rc == VF_OK)
		rc = check_documents(&c, k.documents, reterr);
	if (rc == VF_OK)
		rc = nt_notary_each(n, vf_bytes_str(NT_AUDIT_STUDY), check_record, &c, reterr);
	if (rc == VF_OK)
		rc = check_open(&c, &k, reterr);
	if (rc != VF_OK)
		return rc;
	*ret_faults = c.f.n;
	return VF_OK;
}
