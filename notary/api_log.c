#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/tiles.h"
#include "verify/checkpoint.h"
#include "verify/limits.h"
#include "verify/merkle.h"
#include "verify/text.h"

/* ---- head, proofs and seals: all public ---- */

static VF_RC run_log(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	uint64_t seals, size, pending;
	struct nt_seal *seal = NULL;
	struct vf_checkpoint c;
	enum vf_rc rc = nt_notary_counts(n, &seals, &size, &pending, reterr);

	if (rc == VF_OK)
		rc = nt_notary_checkpoint(n, &note, reterr);
	if (rc == VF_OK)
		rc = vf_checkpoint_parse(nt_buf_bytes(&note), &c, reterr);
	if (rc == VF_OK && seals)
		rc = nt_notary_seal_get(n, seals, &seal, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(&j->body, "{\"origin\":");
	nt_buf_put_json(&j->body, c.origin);
	nt_buf_putf(&j->body, ",\"size\":%" PRIu64, c.size);
	nt_put_hash(&j->body, "root", &c.root);
	nt_buf_putf(&j->body, ",\"seals\":%" PRIu64 ",\"sealed\":%" PRIu64, seals, seal ? seal->size : 0);
	nt_put_text(&j->body, "checkpoint", nt_buf_bytes(&note));
	nt_buf_put_str(&j->body, "}\n");
	nt_seal_free(seal);
	return VF_OK;
}

void nt_api_log(struct nt_job *j)
{
	nt_job_call(j, run_log);
}

static void put_hashes(struct nt_buf *b, const struct vf_hash *h, size_t n)
{
	nt_buf_put_str(b, ",\"proof\":[");
	for (size_t i = 0; i < n; i++) {
		nt_buf_put_str(b, i ? ",\"" : "\"");
		nt_buf_put_hex(b, vf_bytes(h[i].b, sizeof(h[i].b)));
		nt_buf_put_u8(b, '"');
	}
	nt_buf_put_str(b, "]}\n");
}

static VF_RC check_size(struct nt_notary *n, uint64_t size, struct vf_err *reterr)
{
	uint64_t seals, now, pending;
	enum vf_rc rc = nt_notary_counts(n, &seals, &now, &pending, reterr);

	if (rc == VF_OK && size > now)
		return vf_fail(reterr, VF_PROOF_INDEX, "the log has %" PRIu64 " entries, not %" PRIu64, now, size);
	return rc;
}

static VF_RC run_inclusion(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	struct vf_hash proof[VF_MAX_INCLUSION];
	size_t count = 0;
	enum vf_rc rc = check_size(n, j->b, reterr);

	if (rc == VF_OK)
		rc = nt_notary_inclusion(n, j->a, j->b, proof, &count, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_putf(&j->body, "{\"index\":%" PRIu64 ",\"size\":%" PRIu64, j->a, j->b);
	put_hashes(&j->body, proof, count);
	return VF_OK;
}

void nt_api_inclusion(struct nt_job *j)
{
	if (nt_job_read_number(j, "index", 0, VF_MAX_TREE_SIZE, true, &j->a) &&
		nt_job_read_number(j, "size", 1, VF_MAX_TREE_SIZE, true, &j->b))
		nt_job_call(j, run_inclusion);
}

static VF_RC run_consistency(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	struct vf_hash proof[VF_MAX_CONSISTENCY];
	size_t count = 0;
	enum vf_rc rc = check_size(n, j->b, reterr);

	if (rc == VF_OK)
		rc = nt_notary_consistency(n, j->a, j->b, proof, &count, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_putf(&j->body, "{\"from\":%" PRIu64 ",\"to\":%" PRIu64, j->a, j->b);
	put_hashes(&j->body, proof, count);
	return VF_OK;
}

void nt_api_consistency(struct nt_job *j)
{
	if (nt_job_read_number(j, "from", 1, VF_MAX_TREE_SIZE, true, &j->a) &&
		nt_job_read_number(j, "to", 1, VF_MAX_TREE_SIZE, true, &j->b))
		nt_job_call(j, run_consistency);
}

static VF_RC run_proof(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	uint64_t seals, size, pending;
	enum vf_rc rc = nt_notary_get(n, &j->id, &r, reterr);

	if (rc == VF_OK)
		rc = nt_notary_counts(n, &seals, &size, &pending, reterr);
	if (rc == VF_OK && r->index >= size)
		rc = vf_fail(reterr, VF_NOT_SEALED, "this entry is not in the log yet");
	if (rc == VF_OK)
		rc = nt_notary_checkpoint(n, &note, reterr);
	if (rc == VF_OK)
		rc = nt_notary_log_proof(n, r->index, size, nt_buf_bytes(&note), &j->body, reterr);
	j->type = "text/plain; charset=utf-8";
	return rc;
}

void nt_api_proof(struct nt_job *j)
{
	struct vf_bytes id;

	if (!nt_http_param(j->q, "id", &id) || !vf_hex_read(id, j->id.b, sizeof(j->id.b)))
		nt_job_fail(j, VF_HTTP_SHAPE, "id", "an ID has 64 lower-case hex digits");
	else
		nt_job_call(j, run_proof);
}

static VF_RC run_seal(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;
	uint64_t seals, size, pending;
	enum vf_rc rc = nt_notary_counts(n, &seals, &size, &pending, reterr);

	if (rc == VF_OK && j->a > seals)
		rc = vf_fail(reterr, VF_HTTP_NOT_FOUND, "there are %" PRIu64 " seals", seals);
	if (rc == VF_OK)
		rc = nt_notary_seal_get(n, j->a, &s, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_putf(&j->body, "{\"number\":%" PRIu64 ",\"first\":%" PRIu64 ",\"size\":%" PRIu64, s->number, s->first, s->size);
	nt_put_text(&j->body, "head", s->head);
	nt_put_text(&j->body, "checkpoint", s->checkpoint);
	nt_buf_put_str(&j->body, ",\"tokens\":[");
	for (size_t i = 0; i < s->n_tokens; i++) {
		nt_buf_put_str(&j->body, i ? ",{\"authority\":" : "{\"authority\":");
		nt_buf_put_json(&j->body, s->tokens[i].authority);
		nt_put_time(&j->body, "gen_time", s->tokens[i].gen_time);
		nt_buf_put_str(&j->body, ",\"token\":\"");
		nt_buf_put_base64(&j->body, s->tokens[i].der);
		nt_buf_put_str(&j->body, "\"}");
	}
	nt_buf_put_str(&j->body, "]}\n");
	return VF_OK;
}

void nt_api_seal(struct nt_job *j)
{
	struct vf_bytes path = nt_http_path(j->q);

	if (vf_take_str(&path, "/v1/seals/") && vf_decimal_read(path, (UINT64_C(1) << 62) - 1, &j->a) && j->a > 0)
		nt_job_call(j, run_seal);
	else
		nt_job_fail(j, VF_HTTP_NOT_FOUND, NULL, "a seal has a number from 1");
}

/* ---- files of the log, straight from the disk ---- */

/* The file of the log below the notary's folder, as the answer. */
static void answer_file(struct nt_job *j, const char *name)
{
	char path[4200];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/log/%s", nt_notary_dir(j->api->n), name);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		nt_job_fail(j, VF_INTERNAL, NULL, "the path of a tile is too long");
		return;
	}
	j->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (j->fd < 0 || fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		nt_job_fail(j, errno == ENOENT || errno == ENOTDIR ? VF_HTTP_NOT_FOUND : VF_IO, NULL, "the log has no such file");
		return;
	}
	j->fd_size = (uint64_t)st.st_size;
	nt_job_end(j);
}

void nt_api_checkpoint(struct nt_job *j)
{
	j->type = "text/plain; charset=utf-8";
	j->cache = NT_HTTP_NO_CACHE;
	answer_file(j, "checkpoint");
}

void nt_api_tile(struct nt_job *j)
{
	struct vf_bytes path = nt_http_path(j->q);
	char name[NT_TILE_PATH_MAX];
	struct nt_tile t;

	if (!vf_take_str(&path, "/") || !nt_tile_path_read(path, &t)) {
		nt_job_fail(j, VF_HTTP_NOT_FOUND, NULL, "this is no path of a tile (C2SP tlog-tiles)");
		return;
	}
	nt_tile_path(&t, name);
	j->type = "application/octet-stream";
	j->cache = NT_HTTP_IMMUTABLE;
	answer_file(j, name);
}
