/* status and list with --server. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "notary/client_read.h"
#include "notary/hashing.h"
#include "notary/verbs_client.h"
#include "verify/text.h"

#define MAX_RECORD ((size_t)32 * 1024 * 1024)
#define PAGE 500

const struct nt_option nt_status_options[] = {NT_SERVER_OPTIONS, {0}};

static VF_RC as_answer(enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr)
{
	if (rc == VF_OK)
		return rc;
	return vf_fail(reterr, rc == VF_JSON_SHAPE ? VF_SERVER_ANSWER : rc, "%s", err->text);
}

/* ---- status ---- */

struct showing {
	struct nt_cli *cli;
	struct nt_remote *r;
	struct nt_buf answer;
	size_t count;
};

static void put_status(struct showing *w, const struct nt_remote_record *r)
{
	struct nt_buf *out = &w->cli->text;

	if (!w->cli->json) {
		w->count++;
		nt_verb_put_id(out, &r->id);
		nt_buf_putf(out, "  %s", nt_verb_state(r->state));
		if (r->state == NT_SEALED)
			nt_buf_putf(out, "  seal %" PRIu64, r->seal);
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_buf_put_str(out, w->count++ > 0 ? ",{\"id\":\"" : "{\"id\":\"");
	nt_verb_put_id(out, &r->id);
	nt_buf_put_u8(out, '"');
	nt_cli_field(out, "state", vf_bytes_str(nt_verb_state(r->state)));
	if (r->has_index)
		nt_buf_putf(out, ",\"index\":%" PRIu64, r->index);
	else
		nt_buf_put_str(out, ",\"index\":null");
	if (r->has_seal)
		nt_buf_putf(out, ",\"seal\":%" PRIu64 ",\"existed_by\":null}", r->seal);
	else
		nt_buf_put_str(out, ",\"seal\":null,\"existed_by\":null}");
}

static VF_RC get(struct nt_remote *r, const char *path, size_t max, struct nt_buf *answer, struct vf_err *reterr)
{
	struct nt_client_request q = {.path = path, .accept = "application/json", .max = max};

	return nt_client_call(r->client, &q, answer, NULL, reterr);
}

typedef void show_record(struct showing *w, const struct nt_remote_record *r);

/* All pages of what stands behind path. */
struct pages {
	struct showing *w;
	show_record *show;
};

static VF_RC show_page(void *ctx, struct nt_client_got *page, struct vf_err *reterr)
{
	const struct pages *p = ctx;

	for (size_t i = 0; i < page->list.n; i++)
		p->show(p->w, &page->list.records[i]);
	return nt_buf_check(&p->w->cli->text, reterr);
}

static VF_RC show_pages(struct showing *w, const char *path, show_record *show, struct vf_err *reterr)
{
	struct pages p = {w, show};

	return nt_client_get_pages(w->r->client, path, vf_bytes(NULL, 0), NT_MAX_LISTED_KEPT, show_page, &p, reterr);
}

static VF_RC status_of_file(struct showing *w, const char *path, struct vf_err *reterr)
{
	struct vf_pair digests;
	uint64_t size;
	size_t before = w->count;
	char shown[160], hex[65], url[128];
	enum vf_rc rc = nt_hash_file(path, &digests, &size, reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(digests.sha256.b, sizeof(digests.sha256.b)));
	snprintf(url, sizeof(url), "/v1/records?sha256=%s", hex);
	rc = show_pages(w, url, put_status, reterr);
	if (rc != VF_OK || w->count > before)
		return rc;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_UNKNOWN_RECORD, "no record that you may see holds the content of '%s'", shown);
}

static VF_RC status_of_id(struct showing *w, const struct vf_hash *id, struct vf_err *reterr)
{
	struct nt_remote_record r;
	struct vf_err err = {0};
	struct vf_arena a;
	char hex[65], url[96];
	void *block;
	enum vf_rc rc;

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(url, sizeof(url), "/v1/records/%s", hex);
	rc = get(w->r, url, MAX_RECORD, &w->answer, reterr);
	if (rc != VF_OK)
		return rc;
	block = malloc(w->answer.n + 4096);
	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	vf_arena_init(&a, block, w->answer.n + 4096);
	rc = as_answer(nt_answer_record(nt_buf_bytes(&w->answer), &a, &r, &err), &err, reterr);
	if (rc == VF_OK && !vf_hash_eq(&r.id, id))
		rc = vf_fail(reterr, VF_SERVER_ANSWER, "the answer is about another record");
	if (rc == VF_OK)
		put_status(w, &r);
	free(block);
	return rc;
}

static bool looks_like_id(const char *text)
{
	size_t n = strlen(text);

	return n >= 8 && n <= 64 && strspn(text, "0123456789abcdef") == n;
}

static VF_RC status_of(struct showing *w, const char *text, struct vf_err *reterr)
{
	struct vf_hash id;
	struct stat st;
	enum vf_rc rc;

	if (!looks_like_id(text))
		return status_of_file(w, text, reterr);
	rc = nt_remote_find(w->r, text, &id, reterr);
	if (rc == VF_UNKNOWN_RECORD && lstat(text, &st) == 0)
		return status_of_file(w, text, reterr); /* a file that is named like an ID */
	return rc == VF_OK ? status_of_id(w, &id, reterr) : rc;
}

VF_RC nt_remote_status(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_remote r = {0};
	struct showing w = {.cli = cli, .r = &r};
	enum vf_rc rc = nt_remote_connect(cli, &r, reterr);

	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"records\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < cli->n_args; i++)
		rc = status_of(&w, cli->args[i], reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	nt_buf_done(&w.answer);
	nt_remote_done(&r);
	return rc;
}

/* ---- list ---- */

static void put_listed(struct showing *w, const struct nt_remote_record *r)
{
	nt_verb_put_listed(w->cli, w->count++ == 0,
		&(struct nt_list_line){r->id, r->state, r->kind, r->study, r->version, r->date, r->title});
}

VF_RC nt_remote_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	const char *study = nt_cli_get(cli, "study");
	struct nt_remote r = {0};
	struct showing w = {.cli = cli, .r = &r};
	enum vf_rc rc;

	if (!study)
		return vf_fail(reterr, VF_USAGE, "a server lists the records of one study: --study ID");
	rc = nt_remote_connect(cli, &r, reterr);
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"seals\":null,\"size\":null,\"pending\":null,\"records\":[");
	}
	nt_buf_putf(&path, "/v1/records?limit=%d&study=", PAGE);
	nt_client_put_parameter(&path, vf_bytes_str(study));
	nt_buf_put_u8(&path, 0);
	if (rc == VF_OK)
		rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = show_pages(&w, (const char *)path.p, put_listed, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	else if (rc == VF_OK && w.count == 0)
		nt_cli_note(cli, "no records");
	nt_buf_done(&w.answer);
	nt_remote_done(&r);
	return rc;
}
