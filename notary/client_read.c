#include "notary/client_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/schema.h"
#include "verify/text.h"

/* A record with all its documents, and a page of a list. */
#define MAX_RECORD ((size_t)32 * 1024 * 1024)
#define MAX_LIST ((size_t)16 * 1024 * 1024)

void nt_client_got_done(struct nt_client_got *g)
{
	nt_buf_done(&g->json);
	free(g->block);
	*g = (struct nt_client_got){0};
}

static VF_RC ask(struct nt_client *c, const char *path, size_t max, struct nt_client_got *g, struct vf_err *reterr)
{
	struct nt_client_request q = {.path = path, .accept = "application/json", .max = max};
	size_t room;
	enum vf_rc rc;

	*g = (struct nt_client_got){.json = nt_buf(0)};
	rc = nt_client_call(c, &q, &g->json, NULL, reterr);
	if (rc != VF_OK)
		return rc;
	room = 8 * g->json.n + 4096 + 2 * TR_MAX_DETAILS;
	g->block = malloc(room);
	if (!g->block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	vf_arena_init(&g->a, g->block, room);
	return VF_OK;
}

static VF_RC as_answer(enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr)
{
	if (rc == VF_OK)
		return rc;
	return vf_fail(reterr, rc == VF_JSON_SHAPE ? VF_SERVER_ANSWER : rc, "%s", err->text);
}

VF_RC nt_client_get_record(
	struct nt_client *c, const struct vf_hash *id, struct nt_client_got *ret, struct vf_err *reterr)
{
	struct vf_err err = {0};
	char hex[65], path[96];
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(path, sizeof(path), "/v1/records/%s", hex);
	rc = ask(c, path, MAX_RECORD, ret, &err);
	if (rc == VF_OK)
		rc = nt_answer_record(nt_buf_bytes(&ret->json), &ret->a, &ret->record, &err);
	if (rc == VF_OK && !vf_hash_eq(&ret->record.id, id))
		rc = vf_fail(&err, VF_SERVER_ANSWER, "the answer is about another record");
	return as_answer(rc, &err, reterr);
}

static void put_page(struct nt_buf *url, const char *path, struct vf_bytes after)
{
	nt_buf_put_str(url, path);
	if (after.n == 0)
		return;
	nt_buf_put_str(url, "&after=");
	nt_client_put_parameter(url, after);
}

/* What was read of one list. */
struct extent {
	uint64_t records, octets, pages;
};

static VF_RC add_page(struct extent *x, uint64_t most, const struct nt_client_got *g, struct vf_bytes after, struct vf_err *reterr)
{
	x->records += g->list.n;
	x->octets += g->json.n;
	x->pages++;
	if (x->records > NT_MAX_LISTED || x->octets > most || x->pages > NT_MAX_LISTED_PAGES)
		return vf_fail(reterr, VF_SERVER_ANSWER, "a list without an end: %" PRIu64 " records in %" PRIu64 " pages so far", x->records, x->pages);
	if (g->list.next.n > 0 && vf_bytes_eq(g->list.next, after))
		return vf_fail(reterr, VF_SERVER_ANSWER, "a page of a list that leads to itself");
	return VF_OK;
}

VF_RC nt_client_get_pages(
	struct nt_client *c, const char *path, struct vf_bytes after, uint64_t most, nt_each_page *each, void *ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf url = nt_buf(8192), asked = nt_buf(8192);
	struct extent extent = {0};
	enum vf_rc rc = VF_OK;
	bool more = true;

	nt_buf_put(&asked, after);
	put_page(&url, path, after);
	while (rc == VF_OK && more) {
		struct nt_client_got g = {0};
		struct vf_err err = {0};

		nt_buf_put_u8(&url, 0);
		rc = nt_buf_check(&url, reterr);
		if (rc != VF_OK)
			return rc;
		rc = ask(c, (const char *)url.p, MAX_LIST, &g, &err);
		if (rc == VF_OK)
			rc = nt_answer_list(nt_buf_bytes(&g.json), &g.a, &g.list, &err);
		rc = as_answer(rc, &err, reterr);
		if (rc == VF_OK)
			rc = add_page(&extent, most, &g, nt_buf_bytes(&asked), reterr);
		if (rc == VF_OK)
			rc = each(ctx, &g, reterr);
		more = rc == VF_OK && g.list.next.n > 0;
		nt_buf_reset(&url);
		nt_buf_reset(&asked);
		nt_buf_put(&asked, g.list.next);
		put_page(&url, path, g.list.next);
		nt_client_got_done(&g);
	}
	return rc;
}
