/* Records at a server, with the details of personal ones from the client's own state folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/client_details.h"
#include "notary/client_read.h"
#include "notary/consent_index.h"
#include "notary/document.h"
#include "notary/source.h"
#include "trial/consent_fact.h"
#include "trial/grow.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Records of a list at once, and a seal with all its tokens. */
#define PAGE 1000
#define MAX_SEAL ((size_t)4 * 1024 * 1024)

static const struct nt_send *send_of(void *ctx)
{
	return ctx;
}

/* ---- one record ---- */

static struct vf_bytes copy(uint8_t **to, struct vf_bytes text)
{
	struct vf_bytes at = vf_bytes(*to, text.n);

	if (text.n)
		memcpy(*to, text.p, text.n);
	*to += text.n;
	return at;
}

/* What an answer says, as a record of its own; details that were shown are a document with its octets. */
static VF_RC make_record(const struct nt_remote_record *a, struct nt_record **ret, struct vf_err *reterr)
{
	struct nt_record *r;
	size_t octets = a->kind.n + a->study.n + a->submitter.n + a->version.n + a->date.n + a->title.n + a->details.n;
	uint8_t *to;
	enum vf_rc rc;

	for (size_t i = 0; i < a->n_links; i++)
		octets += a->links[i].type.n;
	rc = nt_record_new(1, 1, a->n_links, octets, &r, &to, reterr);
	if (rc != VF_OK)
		return rc;
	r->state = a->state;
	r->id = a->id;
	r->index = a->index;
	r->seal = a->seal;
	r->kind = copy(&to, a->kind);
	r->study = copy(&to, a->study);
	r->submitter = copy(&to, a->submitter);
	r->version = copy(&to, a->version);
	r->date = copy(&to, a->date);
	r->title = copy(&to, a->title);
	for (; r->n_links < a->n_links; r->n_links++)
		r->links[r->n_links] =
			(struct nt_link){copy(&to, a->links[r->n_links].type), a->links[r->n_links].record};
	if (a->details.n) {
		struct vf_bytes text = copy(&to, a->details), name = vf_bytes_str(TR_DETAILS_NAME);
		struct vf_pair digests = vf_pair_of(text);

		r->members[r->n_members++] = (struct nt_member){name, digests, text};
		r->documents[r->n_documents++] = (struct nt_document){.name = name, .digests = digests, .size = text.n};
	}
	*ret = r;
	return VF_OK;
}

static VF_RC record(void *ctx, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr)
{
	struct nt_client_got g = {0};
	enum vf_rc rc = nt_client_get_record(send_of(ctx)->client, id, &g, reterr);

	if (rc == VF_OK)
		rc = make_record(&g.record, ret, reterr);
	nt_client_got_done(&g);
	return rc;
}

static VF_RC details(
	void *ctx, const struct nt_record *r, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes shown = vf_bytes(NULL, 0), text;
	enum vf_rc rc;

	if (r->n_documents > 0 && nt_document_octets(r, &r->documents[0], &shown) && !vf_arena_copy(a, shown, &shown))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	rc = nt_client_details_text(send_of(ctx), &r->id, shown, a, &text, reterr);
	if (rc == VF_OK && text.n == 0 && tr_kind_is_personal(tr_kind_of(r->kind)))
		return vf_fail(reterr, VF_DOCUMENT_MISSING,
			"the details of this record are not in this client's state folder: ask whoever submitted it");
	if (rc == VF_OK)
		*ret = text;
	return rc;
}

static VF_RC sealed(void *ctx, uint64_t seal, int64_t *ret_ms, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(0);
	struct vf_err err = {0};
	char path[64];
	struct nt_client_request q = {.path = path, .accept = "application/json", .max = MAX_SEAL};
	enum vf_rc rc;

	snprintf(path, sizeof(path), "/v1/seals/%llu", (unsigned long long)seal);
	rc = nt_client_call(send_of(ctx)->client, &q, &json, NULL, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_answer_seal(nt_buf_bytes(&json), ret_ms, &err);
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc == VF_JSON_SHAPE ? VF_SERVER_ANSWER : rc, "%s", err.text);
}

static VF_RC receipt(void *ctx, const struct nt_record *r, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(0);
	char hex[65], path[96];
	struct nt_client_request q = {.path = path, .accept = "text/plain; charset=utf-8", .max = VF_MAX_RECEIPT};
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(r->id.b, sizeof(r->id.b)));
	snprintf(path, sizeof(path), "/v1/records/%s/receipt", hex);
	rc = nt_client_call(send_of(ctx)->client, &q, &text, NULL, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(out, nt_buf_bytes(&text));
	return nt_buf_check(out, reterr);
}

/* ---- consents ---- */

struct gathering {
	const struct nt_send *x;
	struct nt_record **records;
	size_t n, room;
};

/* A list shows no details: those of plain records are asked for, the others lie here. */
static VF_RC take(struct gathering *u, const struct nt_remote_record *a, struct vf_err *reterr)
{
	enum tr_kind kind = tr_kind_find(a->kind);
	enum vf_rc rc;

	if (a->state == NT_ERASED || tr_consent_fact_kind(kind) == TR_FACT_NONE)
		return VF_OK;
	if (!TR_GROW(u->records, u->room, u->n + 1))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of a study");
	rc = tr_kind_is_personal(kind) ? make_record(a, &u->records[u->n], reterr)
				       : record((void *)(uintptr_t)u->x, &a->id, &u->records[u->n], reterr);
	u->n += rc == VF_OK;
	return rc;
}

static VF_RC take_page(void *ctx, struct nt_client_got *page, struct vf_err *reterr)
{
	struct gathering *u = ctx;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < page->list.n && rc == VF_OK; i++)
		rc = take(u, &page->list.records[i], reterr);
	return rc;
}

/* Another folder of the same party has the details of these: an answer may hang on them. */
static void tell_missing(const struct gathering *u)
{
	const struct nt_record *own = NULL;
	char line[160];
	size_t n = 0;

	for (size_t i = 0; i < u->n && !own; i++)
		if (nt_state_has(u->x->state, &u->records[i]->id))
			own = u->records[i];
	for (size_t i = 0; i < u->n; i++) {
		const struct nt_record *r = u->records[i];

		n += tr_kind_is_personal(tr_kind_of(r->kind)) && !nt_state_has(u->x->state, &r->id) &&
			(!own || vf_bytes_eq(r->submitter, own->submitter));
	}
	if (n == 0 || !u->x->note)
		return;
	snprintf(line, sizeof(line), "%zu personal record%s of this study not made with this state folder: what %s not known here",
		n, n == 1 ? " was" : "s were", n == 1 ? "it says is" : "they say is");
	u->x->note(u->x->note_ctx, line);
}

static VF_RC consents(void *ctx, struct vf_bytes study, struct nt_consent_index **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(4096);
	struct gathering u = {.x = send_of(ctx)};
	struct nt_source from = nt_source_remote(u.x);
	enum vf_rc rc;

	nt_buf_putf(&path, "/v1/records?limit=%d&study=", PAGE);
	nt_client_put_parameter(&path, study);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = nt_state_lock(u.x->state, NT_SEND_PATIENCE, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_client_get_pages(u.x->client, (const char *)path.p, vf_bytes(NULL, 0), NT_MAX_LISTED_KEPT, take_page, &u, reterr);
	if (rc == VF_OK)
		rc = nt_consent_fill(&from, u.records, u.n, nt_state_part(u.x->state), ret, reterr);
	nt_state_unlock(u.x->state);
	if (rc == VF_OK)
		tell_missing(&u);
	for (size_t i = 0; i < u.n; i++)
		nt_record_free(u.records[i]);
	free(u.records);
	return rc;
}

struct nt_source nt_source_remote(const struct nt_send *x)
{
	return (struct nt_source){.ctx = (void *)(uintptr_t)x,
		.record = record,
		.details = details,
		.sealed = sealed,
		.receipt = receipt,
		.consents = consents};
}

VF_RC nt_source_remote_forget(const struct nt_send *x, struct vf_err *reterr)
{
	return nt_consent_index_destroy(nt_state_part(x->state), reterr);
}
