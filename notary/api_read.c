#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/submit.h"
#include "trial/kind.h"
#include "verify/record.h"
#include "verify/text.h"

/* Documents of one bundle that are put together in memory; larger ones go through a file. */
#define MEMORY_BUNDLE ((uint64_t)32 << 20)
/* Records looked at for one page: others' records may lie between those that are shown. */
#define PAGE_SCAN 2000
#define PAGE 1000

/* ---- a record as JSON ---- */

/* What a commitment hides is shown to its submitter alone: a digest would let others test what they guess. */
static void put_documents(struct nt_buf *b, const struct nt_record *r, bool own)
{
	const char *comma = "";

	nt_buf_put_str(b, ",\"documents\":[");
	for (size_t i = 0; i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];

		if (d->confidential && !own)
			continue;
		nt_buf_putf(b, "%s{\"name\":", comma);
		comma = ",";
		nt_buf_put_json(b, d->name);
		nt_put_hash(b, "sha256", &d->digests.sha256);
		nt_buf_put_str(b, ",\"sha512\":\"");
		nt_buf_put_hex(b, vf_bytes(d->digests.sha512.b, sizeof(d->digests.sha512.b)));
		nt_buf_putf(b, "\",\"size\":%" PRIu64 ",\"kept\":%s", d->size, d->keep ? "true" : "false");
		if (d->confidential)
			nt_buf_put_str(b, ",\"confidential\":true");
		nt_buf_put_u8(b, '}');
	}
	nt_buf_put_u8(b, ']');
}

static void put_links(struct nt_buf *b, const struct nt_record *r)
{
	nt_buf_put_str(b, ",\"links\":[");
	for (size_t i = 0; i < r->n_links; i++) {
		nt_buf_put_str(b, i ? ",{\"type\":" : "{\"type\":");
		nt_buf_put_json(b, r->links[i].type);
		nt_put_hash(b, "record", &r->links[i].record);
		nt_buf_put_u8(b, '}');
	}
	nt_buf_put_u8(b, ']');
}

static void put_record(struct nt_job *j, const struct nt_record *r)
{
	struct nt_buf *b = &j->body;

	nt_buf_put_str(b, "{\"id\":\"");
	nt_buf_put_hex(b, vf_bytes(r->id.b, sizeof(r->id.b)));
	nt_buf_putf(b, "\",\"state\":\"%s\"", nt_state_name(r->state));
	if (r->state != NT_ERASED) {
		nt_put_text(b, "kind", r->kind);
		nt_put_text(b, "study", r->study);
		nt_put_text(b, "submitter", r->submitter);
		nt_put_time(b, "accepted", r->accepted_ms);
	}
	if (r->state == NT_SEQUENCED || r->state == NT_SEALED || r->seal)
		nt_buf_putf(b, ",\"index\":%" PRIu64, r->index);
	if (r->seal)
		nt_buf_putf(b, ",\"seal\":%" PRIu64, r->seal);
	if (r->state == NT_ERASED) {
		nt_buf_put_u8(b, '}');
		return;
	}
	if (r->in_stream) {
		nt_put_hash(b, "stream", &r->stream);
		nt_buf_putf(b, ",\"seq\":%" PRIu64, r->seq);
	}
	nt_put_text(b, "version", r->version);
	nt_put_text(b, "date", r->date);
	nt_put_text(b, "title", r->title);
	put_documents(b, r, vf_bytes_is(r->submitter, j->who.party));
	put_links(b, r);
	nt_buf_put_u8(b, '}');
}

/* ---- one record ---- */

/* The record, when the party may do this to it; the denial is recorded, and so is that there is none. */
static VF_RC get_record(struct nt_job *j, struct nt_notary *n, struct nt_record **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_get(n, &j->id, ret, reterr);

	if (rc == VF_UNKNOWN_RECORD && j->n_events == 0)
		nt_job_event(j, j->route->right, NT_ABOUT_RECORD, &j->id, rc, 1);
	if (rc != VF_OK)
		return rc;
	if (j->n_events == 0) {
		rc = nt_job_check(j, j->route->right, (*ret)->study, (*ret)->kind, NT_ABOUT_RECORD, &j->id, reterr);
		if (rc == VF_OK)
			nt_job_event(j, j->route->right, NT_ABOUT_RECORD, &j->id, VF_OK, 1);
	}
	return rc;
}

/* Not sealed, and time is left: on_run() lets the job wait (job.next names itself). */
static bool waits(struct nt_job *j, const struct nt_record *r)
{
	if (r->state == NT_SEALED || r->state == NT_ERASED || nt_job_is_late(j))
		return false;
	j->next = j;
	return true;
}

static VF_RC run_get(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = get_record(j, n, &r, reterr);

	if (rc != VF_OK || waits(j, r))
		return rc;
	put_record(j, r);
	nt_buf_put_u8(&j->body, '\n');
	return VF_OK;
}

void nt_api_get(struct nt_job *j)
{
	if (nt_job_read_id(j) && nt_job_read_wait(j))
		nt_job_call(j, run_get);
}

static VF_RC erased(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_ERASED, "this record was erased");
}

static VF_RC run_receipt(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_receipts *g = NULL;
	struct vf_entry e;
	enum vf_rc rc = get_record(j, n, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->state == NT_ERASED)
		return erased(reterr);
	e = (struct vf_entry){r->id, r->id512, r->slot};
	rc = nt_receipts_new(&g, reterr);
	if (rc == VF_OK)
		rc = nt_receipts_add(g, &e, reterr);
	if (rc == VF_OK)
		rc = nt_notary_sign_receipts(n, g, reterr);
	if (rc == VF_OK)
		rc = nt_receipts_put(g, 0, &j->body, reterr);
	nt_receipts_free(g);
	j->type = "text/plain; charset=utf-8";
	return rc;
}

void nt_api_receipt(struct nt_job *j)
{
	if (nt_job_read_id(j))
		nt_job_call(j, run_receipt);
}

/* ---- bundles ---- */

static uint64_t kept_octets(const struct nt_record *r)
{
	uint64_t all = 0;

	for (size_t i = 0; i < r->n_documents; i++)
		if (r->documents[i].keep && r->documents[i].size < UINT64_MAX - all)
			all += r->documents[i].size;
	return all;
}

/* Through a file that has no name any more when it is sent. */
static VF_RC export_file(struct nt_job *j, const struct nt_export_options *options, struct vf_err *reterr)
{
	char path[4300];
	off_t end;
	enum vf_rc rc;

	snprintf(path, sizeof(path), "%s/staging/bundle-%s.asice", nt_notary_dir(j->api->n), j->request);
	rc = nt_exporter_put(j->api->exporter, &j->id, options, path, reterr);
	if (rc == VF_OK)
		rc = nt_exporter_flush(j->api->exporter, reterr);
	if (rc != VF_OK)
		return rc;
	j->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unlink(path);
	end = j->fd >= 0 ? lseek(j->fd, 0, SEEK_END) : -1;
	if (end < 0)
		return vf_fail(reterr, VF_IO, "a bundle cannot be read back: %s", strerror(errno));
	j->fd_size = (uint64_t)end;
	return VF_OK;
}

/* On the trail's thread. */
static void finish_bundle(struct nt_job *j)
{
	struct vf_hash h;

	if (j->fd >= 0)
		return;
	h = vf_sha256(nt_buf_bytes(&j->body));
	j->etag[0] = '"';
	vf_hex_put(j->etag + 1, vf_bytes(h.b, sizeof(h.b)));
	strcat(j->etag, "\"");
}

/*
 * What its submitter alone gets: commitments (name, digests and salt of what they hide) and, in record 0, the stream's
 * key. The names, each ended by NUL, in names; pointers to them in ret.
 */
static VF_RC list_hidden(const struct nt_record *r, struct nt_buf *names, const char ***ret, size_t *ret_n,
	struct vf_err *reterr)
{
	const char **list = calloc(r->n_documents + 1, sizeof(*list));
	size_t n = 0, at = 0;

	*ret = list;
	if (!list)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	for (size_t i = 0; i < r->n_documents; i++) {
		if (!r->documents[i].confidential)
			continue;
		nt_buf_put(names, r->documents[i].commitment);
		nt_buf_put_u8(names, 0);
		n++;
	}
	if (r->in_stream && r->seq == 0) {
		nt_buf_put(names, vf_bytes(VF_NAME_STREAM, sizeof(VF_NAME_STREAM)));
		n++;
	}
	for (size_t i = 0; i < n && nt_buf_check(names, NULL) == VF_OK; i++) {
		list[i] = (const char *)names->p + at;
		at += strlen(list[i]) + 1;
	}
	*ret_n = n;
	return nt_buf_check(names, reterr);
}

static VF_RC export_bundle(struct nt_job *j, const struct nt_record *r, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf names = nt_buf((size_t)16 << 20);
	struct nt_export_options options = {.kept_only = true};
	const char **hidden = NULL;
	enum vf_rc rc = VF_OK;

	if (!vf_bytes_is(r->submitter, j->who.party))
		rc = list_hidden(r, &names, &hidden, &options.n_withhold, reterr);
	options.withhold = hidden;
	if (rc == VF_OK)
		rc = kept_octets(r) <= MEMORY_BUNDLE ? nt_exporter_bundle(j->api->exporter, &j->id, &options, &j->body, reterr)
						     : export_file(j, &options, reterr);
	free(hidden);

	nt_metric_add(j->api->metrics, NT_METRIC_EXPORT, rc == VF_OK ? "ok" : "failed", NULL, 1);
	j->type = "application/vnd.etsi.asic-e+zip";
	j->cache = NT_HTTP_NO_STORE;
	j->finish = finish_bundle;
	return rc;
}

static VF_RC run_bundle(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = get_record(j, n, &r, reterr);

	if (rc != VF_OK || waits(j, r))
		return rc;
	if (r->state == NT_ERASED)
		return erased(reterr);
	if (r->state != NT_SEALED)
		return vf_fail(reterr, VF_NOT_SEALED, "this record waits for its seal");
	return export_bundle(j, r, reterr);
}

void nt_api_bundle(struct nt_job *j)
{
	if (nt_job_read_id(j) && nt_job_read_wait(j))
		nt_job_call(j, run_bundle);
}

/* ---- erase ---- */

static VF_RC run_erase(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_hash erasure;
	bool before;
	enum vf_rc rc = nt_notary_get(n, &j->id, &r, reterr);

	if (rc == VF_OK)
		rc = nt_job_check(j, NT_RIGHT_ERASE, r->study, r->kind, NT_ABOUT_RECORD, &j->id, reterr);
	if (rc == VF_OK && !vf_bytes_is(r->submitter, j->who.party))
		rc = vf_fail(reterr, VF_FORBIDDEN, "only the party that submitted a record may erase it");
	before = rc == VF_OK && r->state == NT_ERASED;
	/* after a crash between the two, the journal knows the first */
	if (rc == VF_OK && !before)
		rc = nt_submit_link(n, vf_bytes_str(NT_PARTY_NOTARY), r->study, TR_ERASES, &j->id, &erasure, reterr);
	if (rc == VF_OK)
		rc = nt_notary_erase(n, &j->id, reterr);
	if (j->n_events == 0)
		nt_job_event(j, NT_RIGHT_ERASE, NT_ABOUT_RECORD, &j->id, rc, 1);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(&j->body, "{\"id\":\"");
	nt_buf_put_hex(&j->body, vf_bytes(j->id.b, sizeof(j->id.b)));
	nt_buf_put_str(&j->body, "\",\"state\":\"erased\"");
	if (!before)
		nt_put_hash(&j->body, "erasure", &erasure);
	nt_buf_put_str(&j->body, "}\n");
	return VF_OK;
}

void nt_api_erase(struct nt_job *j)
{
	if (nt_job_read_id(j))
		nt_job_call(j, run_erase);
}

/* ---- lists ---- */

struct listing {
	uint64_t first;
	size_t limit, n;       /* shown */
	uint64_t next;         /* where the next page begins; 0: this is the last */
	bool has_digest;
	struct vf_hash digest;
	struct nt_listed page[PAGE];
};

/* True when the credential's scope has this record. Not an event of its own: the list is one. */
static bool may_see(struct nt_job *j, struct vf_bytes study, struct vf_bytes kind)
{
	size_t before = j->n_events;
	enum vf_rc rc = nt_job_check(j, NT_RIGHT_READ, study, kind, NT_ABOUT_NONE, NULL, NULL);

	j->n_events = before;
	return rc == VF_OK;
}

/* Whether there can be anything to see in this study at all. */
static bool may_see_study(struct nt_job *j, struct vf_bytes study)
{
	if (may_see(j, study, vf_bytes(NULL, 0)))
		return true;
	for (unsigned i = TR_KIND_NONE + 1; i < TR_KIND_COUNT; i++)
		if (may_see(j, study, vf_bytes_str(tr_kind_name((enum tr_kind)i))))
			return true;
	return false;
}

/* Found by a document that is not hidden from this party. */
static bool has_plain(const struct nt_job *j, const struct nt_record *r, const struct vf_hash *sha256)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_hash_eq(&r->documents[i].digests.sha256, sha256) &&
			(!r->documents[i].confidential || vf_bytes_is(r->submitter, j->who.party)))
			return true;
	return false;
}

static VF_RC show(struct nt_job *j, struct listing *l, struct nt_notary *n, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(n, id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (!may_see(j, r->study, r->kind) || (l->has_digest && !has_plain(j, r, &l->digest)))
		return VF_OK;
	if (l->n++)
		nt_buf_put_u8(&j->body, ',');
	put_record(j, r);
	return VF_OK;
}

/* Pages until enough is shown, or enough was looked at. */
static VF_RC show_study(struct nt_job *j, struct listing *l, struct nt_notary *n, struct vf_err *reterr)
{
	size_t seen = 0, got;

	for (;;) {
		size_t want = l->limit - l->n < PAGE ? l->limit - l->n : PAGE;
		enum vf_rc rc = nt_notary_page(n, j->study, l->first, want, l->page, &got, reterr);

		for (size_t i = 0; i < got && rc == VF_OK; i++)
			rc = show(j, l, n, &l->page[i].id, reterr);
		if (rc != VF_OK || got < want)
			return rc; /* this was the end */
		l->first = l->page[got - 1].number + 1;
		seen += got;
		if (l->n < l->limit && seen < PAGE_SCAN)
			continue;
		rc = nt_notary_page(n, j->study, l->first, 1, l->page, &got, reterr);
		l->next = got ? l->first : 0;
		return rc;
	}
}

struct search {
	struct nt_job *j;
	struct nt_notary *n;
	struct vf_hash ids[PAGE];
	size_t count;
	uint64_t skip;
};

/* IDs first: showing one needs the store that is searched. */
static VF_RC note_found(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	struct search *s = ctx;

	(void)reterr;
	if (s->skip)
		s->skip--;
	else if (s->count < PAGE)
		s->ids[s->count++] = *id;
	return VF_OK;
}

static VF_RC show_search(struct nt_job *j, struct listing *l, struct nt_notary *n, struct vf_err *reterr)
{
	struct search *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a search");
	s->j = j;
	s->n = n;
	s->skip = l->first;
	rc = nt_notary_find_digest(n, &l->digest, note_found, s, reterr);
	for (size_t i = 0; i < s->count && rc == VF_OK; i++) {
		if (l->n == l->limit) {
			l->next = l->first + i;
			break;
		}
		rc = show(j, l, n, &s->ids[i], reterr);
	}
	free(s);
	return rc;
}

static VF_RC run_list(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	struct listing *l = j->more;
	struct vf_hash study = nt_api_study_hash(j->study);
	enum nt_about about = j->study.n ? NT_ABOUT_STUDY : NT_ABOUT_NONE;
	enum vf_rc rc = VF_OK;

	if (j->study.n && !may_see_study(j, j->study)) {
		rc = vf_fail(reterr, VF_FORBIDDEN, "this study is outside of the credential's scope");
		nt_job_event(j, NT_RIGHT_READ, about, &study, rc, 1);
		return rc;
	}
	nt_buf_put_str(&j->body, "{\"records\":[");
	rc = l->has_digest ? show_search(j, l, n, reterr) : show_study(j, l, n, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_u8(&j->body, ']');
	if (l->next)
		nt_buf_putf(&j->body, ",\"next\":\"%" PRIu64 "\"", l->next);
	nt_buf_put_str(&j->body, "}\n");
	nt_job_event(j, NT_RIGHT_READ, about, &study, VF_OK, l->n ? l->n : 1);
	return VF_OK;
}

void nt_api_list(struct nt_job *j)
{
	struct listing *l = calloc(1, sizeof(*l));
	struct vf_bytes digest;
	uint64_t limit = 100;

	if (!l) {
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a list");
		return;
	}
	j->more = l;
	j->free_more = free;
	if (nt_http_param(j->q, "study", &j->study) && (j->study.n == 0 || j->study.n > 128)) {
		nt_job_fail(j, VF_HTTP_SHAPE, "study", "a study's ID has 1 to 128 octets");
		return;
	}
	l->has_digest = nt_http_param(j->q, "sha256", &digest);
	if (l->has_digest && !vf_hex_read(digest, l->digest.b, sizeof(l->digest.b))) {
		nt_job_fail(j, VF_HTTP_SHAPE, "sha256", "a SHA-256 has 64 lower-case hex digits");
		return;
	}
	if (l->has_digest && j->study.n) {
		nt_job_fail(j, VF_HTTP_SHAPE, "study", "a search by digest looks into all studies: leave out the study");
		return;
	}
	if (!nt_job_read_number(j, "limit", 1, PAGE, false, &limit) ||
		!nt_job_read_number(j, "after", 0, (UINT64_C(1) << 62) - 1, false, &l->first))
		return;
	l->limit = limit;
	nt_job_call(j, run_list);
}

/* ---- the caller's stream ---- */

static VF_RC run_stream(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	struct vf_hash study = nt_api_study_hash(j->study);
	struct nt_stream s;
	enum vf_rc rc = nt_notary_stream(n, vf_bytes_str(j->who.party), j->study, &s, reterr);

	if (rc != VF_OK)
		return rc;
	nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_STUDY, &study, VF_OK, 1);
	nt_buf_put_str(&j->body, "{\"study\":");
	nt_buf_put_json(&j->body, j->study);
	nt_buf_putf(&j->body, ",\"exists\":%s", s.exists ? "true" : "false");
	if (s.exists) {
		nt_put_hash(&j->body, "stream", &s.id);
		nt_put_hash(&j->body, "head", &s.head);
		nt_buf_putf(&j->body, ",\"next\":%" PRIu64, s.next);
		nt_put_hash(&j->body, "key", &s.key);
	}
	nt_buf_put_str(&j->body, "}\n");
	return VF_OK;
}

static bool may_submit_study(struct nt_job *j)
{
	size_t before = j->n_events;
	bool may = nt_job_check(j, NT_RIGHT_SUBMIT, j->study, vf_bytes(NULL, 0), NT_ABOUT_NONE, NULL, NULL) == VF_OK;

	for (unsigned i = TR_KIND_NONE + 1; i < TR_KIND_COUNT && !may; i++)
		may = nt_job_check(j, NT_RIGHT_SUBMIT, j->study, vf_bytes_str(tr_kind_name((enum tr_kind)i)), NT_ABOUT_NONE,
			NULL, NULL) == VF_OK;
	j->n_events = before;
	return may;
}

void nt_api_stream(struct nt_job *j)
{
	struct vf_hash study;

	if (!nt_http_param(j->q, "study", &j->study) || j->study.n == 0 || j->study.n > 128) {
		nt_job_fail(j, VF_HTTP_SHAPE, "study", "a study's ID has 1 to 128 octets");
		return;
	}
	if (!may_submit_study(j)) {
		study = nt_api_study_hash(j->study);
		nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_STUDY, &study, VF_FORBIDDEN, 1);
		nt_job_fail(j, VF_FORBIDDEN, "study", "this study is outside of the credential's scope");
		return;
	}
	nt_job_call(j, run_stream);
}
