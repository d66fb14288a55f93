#include <inttypes.h>
#include <stdlib.h>

#include "notary/api_inside.h"
#include "trial/kind.h"
#include "verify/text.h"

/*
 * Records looked at in one turn of the keeper's thread: others' records may lie between those that are shown. A timeline
 * ends its page there; a search goes on in the next turn, as a page that ends early would tell how much is found and hidden.
 */
#define PAGE_SCAN 2000
#define PAGE 1000
/* Octets of a page: records may name thousands of documents. */
#define MAX_LIST ((size_t)8 << 20)

/* ---- lists ---- */

struct listing {
	uint64_t first;
	size_t limit, n;       /* shown */
	uint64_t next;         /* where the next page begins; 0: this is the last */
	bool has_digest, has_link;
	bool is_nowhere;       /* what links are searched to is nothing that the party may know of */
	struct vf_hash digest;
	struct nt_link link;   /* its type lives with the request */
	struct nt_listed page[PAGE];
};

/* True when the credential's scope has this record. Not an event of its own: the list is one. */
static bool may_see(const struct nt_job *j, struct vf_bytes study, struct vf_bytes kind)
{
	return nt_job_may(j, NT_RIGHT_READ, study, kind);
}

/* Whether there can be anything to see in this study at all. */
static bool may_see_study(const struct nt_job *j, struct vf_bytes study)
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

/* Shows it, or, when the page is full, notes that the next one begins here: only what may be seen is ever counted. */
static VF_RC show(struct nt_job *j, struct listing *l, struct nt_notary *n, const struct nt_listed *at,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(n, &at->id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (!may_see(j, r->study, r->kind) || (l->has_digest && !has_plain(j, r, &l->digest)))
		return VF_OK;
	if (l->n == l->limit || (l->n && j->body.n > MAX_LIST)) {
		l->next = at->number;
		return VF_OK;
	}
	if (l->n++)
		nt_buf_put_u8(&j->body, ',');
	nt_put_record(j, r);
	nt_buf_put_u8(&j->body, '}');
	return VF_OK;
}

static VF_RC get_page(struct nt_job *j, struct listing *l, struct nt_notary *n, size_t max, size_t *ret_n,
	struct vf_err *reterr)
{
	if (l->has_link)
		return nt_notary_page_linked(n, &l->link, l->first, max, l->page, ret_n, reterr);
	return l->has_digest ? nt_notary_page_digest(n, &l->digest, l->first, max, l->page, ret_n, reterr)
			     : nt_notary_page(n, j->study, l->first, max, l->page, ret_n, reterr);
}

/*
 * Pages until enough is shown, and one more record is found for the next page, or enough was looked at for now. Places are
 * those of the log, which anybody may know: a count of what was found would tell of hidden records.
 */
static VF_RC show_all(struct nt_job *j, struct listing *l, struct nt_notary *n, struct vf_err *reterr)
{
	size_t seen = 0, got;

	for (;;) {
		size_t want = l->limit - l->n + 1 < PAGE ? l->limit - l->n + 1 : PAGE;
		enum vf_rc rc = get_page(j, l, n, want, &got, reterr);

		for (size_t i = 0; i < got && rc == VF_OK && !l->next; i++)
			rc = show(j, l, n, &l->page[i], reterr);
		if (rc != VF_OK || l->next || got < want)
			return rc; /* a full page, or the end */
		l->first = l->page[got - 1].number + 1;
		seen += got;
		if (seen < PAGE_SCAN)
			continue;
		j->again = l->has_digest || l->has_link;
		if (j->again)
			return VF_OK;
		rc = get_page(j, l, n, 1, &got, reterr);
		l->next = got ? l->first : 0;
		return rc;
	}
}

/* How long a search takes tells how much there is: links to records of other studies are not even counted. */
static VF_RC check_target(struct nt_job *j, struct listing *l, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *target = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_get(n, &l->link.record, &target, &err);

	if (rc == VF_OK || rc == VF_UNKNOWN_RECORD)
		l->is_nowhere = rc != VF_OK || !may_see_study(j, target->study);
	return rc == VF_OK || rc == VF_UNKNOWN_RECORD ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

/* The next of what is to be shown; the first turn begins. */
static VF_RC show_more(struct nt_job *j, struct listing *l, struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (j->body.n == 0) {
		nt_buf_put_str(&j->body, "{\"records\":[");
		rc = l->has_link ? check_target(j, l, n, reterr) : VF_OK;
	}
	return rc != VF_OK || l->is_nowhere ? rc : show_all(j, l, n, reterr);
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
	rc = show_more(j, l, n, reterr);
	if (rc != VF_OK || j->again)
		return rc;
	nt_buf_put_u8(&j->body, ']');
	if (l->next)
		nt_buf_putf(&j->body, ",\"next\":\"%" PRIu64 "\"", l->next);
	nt_buf_put_str(&j->body, "}\n");
	nt_job_event(j, NT_RIGHT_READ, about, &study, VF_OK, l->n ? l->n : 1);
	return VF_OK;
}

/* Of what is searched; false after a refusal. */
static bool read_search(struct nt_job *j, struct listing *l)
{
	struct vf_bytes text;

	l->has_digest = nt_http_param(j->q, "sha256", &text);
	if (l->has_digest && !vf_hex_read(text, l->digest.b, sizeof(l->digest.b))) {
		nt_job_fail(j, VF_HTTP_SHAPE, "sha256", "a SHA-256 has 64 lower-case hex digits");
		return false;
	}
	l->has_link = nt_http_param(j->q, "link", &text);
	if (l->has_link && (!vf_take_until(&text, ':', &l->link.type) || tr_link_find(l->link.type) == TR_LINK_NONE ||
			!vf_hex_read(text, l->link.record.b, sizeof(l->link.record.b)))) {
		nt_job_fail(j, VF_HTTP_SHAPE, "link", "a link is TYPE:ID, like supersedes: and 64 lower-case hex digits");
		return false;
	}
	if (!(l->has_digest || l->has_link) || !(j->study.n || (l->has_digest && l->has_link)))
		return true;
	nt_job_fail(j, VF_HTTP_SHAPE, j->study.n ? "study" : "link",
		j->study.n ? "a search looks into all studies: leave out the study" : "search by digest or by link, not by both");
	return false;
}

void nt_api_list(struct nt_job *j)
{
	struct listing *l = calloc(1, sizeof(*l));
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
	if (!read_search(j, l) || !nt_job_read_number(j, "limit", 1, PAGE, false, &limit) ||
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

static bool may_submit_study(const struct nt_job *j)
{
	bool may = nt_job_may(j, NT_RIGHT_SUBMIT, j->study, vf_bytes(NULL, 0));

	for (unsigned i = TR_KIND_NONE + 1; i < TR_KIND_COUNT && !may; i++)
		may = nt_job_may(j, NT_RIGHT_SUBMIT, j->study, vf_bytes_str(tr_kind_name((enum tr_kind)i)));
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
