#include <inttypes.h>
#include <string.h>

#include "notary/signer.h"
#include "notary/verbs.h"
#include "verify/checkpoint.h"
#include "verify/limits.h"
#include "verify/merkle.h"
#include "verify/text.h"

static void put_checkpoint_json(struct nt_buf *out, const struct vf_checkpoint *c)
{
	nt_cli_field(out, "origin", c->origin);
	nt_buf_putf(out, ",\"size\":%" PRIu64, c->size);
	nt_cli_hex_field(out, "root", vf_bytes(c->root.b, sizeof(c->root.b)));
}

VF_RC nt_verb_log_head(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_checkpoint c;
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_notary_checkpoint(n, &note, reterr);
	if (rc == VF_OK && cli->json)
		rc = vf_checkpoint_parse(nt_buf_bytes(&note), &c, reterr);
	if (rc == VF_OK && cli->json) {
		nt_cli_begin(cli);
		put_checkpoint_json(&cli->text, &c);
		nt_cli_field(&cli->text, "note", nt_buf_bytes(&note));
		nt_buf_put_str(&cli->text, "}\n");
	} else if (rc == VF_OK) {
		nt_buf_put(&cli->text, nt_buf_bytes(&note));
	}
	nt_buf_done(&note);
	return rc;
}

/* ---- consistency ---- */

struct proving {
	struct nt_buf now_note, old_note;
	struct vf_checkpoint now, old;
	bool has_old;
	uint64_t from, to;
	struct vf_hash proof[VF_MAX_CONSISTENCY];
	size_t n;
};

static VF_RC read_size(const struct nt_cli *cli, const char *option, uint64_t otherwise, uint64_t *ret,
	struct vf_err *reterr)
{
	const char *text = nt_cli_get(cli, option);

	*ret = otherwise;
	if (text && !vf_decimal_read(vf_bytes_str(text), VF_MAX_TREE_SIZE, ret))
		return vf_fail(reterr, VF_USAGE, "--%s wants a number of entries", option);
	return VF_OK;
}

static VF_RC read_heads(struct nt_cli *cli, struct nt_notary *n, struct proving *p, struct vf_err *reterr)
{
	const char *path = nt_cli_get(cli, "checkpoint");
	enum vf_rc rc = nt_notary_checkpoint(n, &p->now_note, reterr);

	if (path && nt_cli_has(cli, "from"))
		return vf_fail(reterr, VF_USAGE, "--checkpoint says the size already: leave out --from");
	if (rc == VF_OK)
		rc = vf_checkpoint_parse(nt_buf_bytes(&p->now_note), &p->now, reterr);
	if (rc == VF_OK && path)
		rc = nt_signer_read_file(path, VF_MAX_NOTE, &p->old_note, reterr);
	if (rc == VF_OK && path)
		rc = vf_checkpoint_parse(nt_buf_bytes(&p->old_note), &p->old, reterr);
	if (rc != VF_OK)
		return rc;
	p->has_old = path != NULL;
	if (p->has_old && !vf_bytes_eq(p->old.origin, p->now.origin))
		return vf_fail(reterr, VF_CHECKPOINT_ORIGIN, "the head is of another log than this one");
	rc = read_size(cli, "from", p->has_old ? p->old.size : 0, &p->from, reterr);
	if (rc == VF_OK)
		rc = read_size(cli, "to", p->now.size, &p->to, reterr);
	if (rc != VF_OK)
		return rc;
	if (p->has_old && p->old.size > p->now.size)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"the head has %" PRIu64 " entries, but the log only %" PRIu64, p->old.size,
			p->now.size);
	if (p->from > p->to || p->to > p->now.size)
		return vf_fail(reterr, VF_USAGE, "sizes must go up: %" PRIu64 " to %" PRIu64 " of %" PRIu64,
			p->from, p->to, p->now.size);
	return VF_OK;
}

static VF_RC prove(struct nt_cli *cli, struct nt_notary *n, struct proving *p, struct vf_err *reterr)
{
	enum vf_rc rc = read_heads(cli, n, p, reterr);

	if (rc == VF_OK && p->from > 0 && p->from < p->to)
		rc = nt_notary_consistency(n, p->from, p->to, p->proof, &p->n, reterr);
	if (rc != VF_OK || !p->has_old)
		return rc;
	if (p->to != p->now.size)
		return vf_fail(
			reterr, VF_USAGE, "--checkpoint is compared with the whole log: leave out --to");
	rc = vf_merkle_check_consistency(p->from, p->to, &p->old.root, &p->now.root, p->proof, p->n, reterr);
	if (rc == VF_PROOF_ROOT)
		return vf_fail(reterr, VF_EQUIVOCATION,
			"the log does not begin with this head of %" PRIu64 " entries", p->from);
	return rc;
}

static void put_proof(struct nt_cli *cli, const struct proving *p)
{
	struct nt_buf *out = &cli->text;

	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(out, ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"checked\":%s,\"proof\":[",
			p->from, p->to, p->has_old ? "true" : "false");
	}
	for (size_t i = 0; i < p->n; i++) {
		if (cli->json)
			nt_buf_put_str(out, i > 0 ? ",\"" : "\"");
		nt_verb_put_id(out, &p->proof[i]);
		nt_buf_put_u8(out, cli->json ? '"' : '\n');
	}
	if (cli->json)
		nt_buf_put_str(out, "]}\n");
	else if (p->has_old)
		nt_cli_note(cli, "consistent: the log of %" PRIu64 " entries begins with that of %" PRIu64,
			p->to, p->from);
}

VF_RC nt_verb_log_consistency(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct proving p = {.now_note = nt_buf(VF_MAX_NOTE), .old_note = nt_buf(VF_MAX_NOTE)};
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = prove(cli, n, &p, reterr);
	if (rc == VF_OK)
		put_proof(cli, &p);
	nt_buf_done(&p.now_note);
	nt_buf_done(&p.old_note);
	return rc;
}

/* ---- audit and fsck ---- */

typedef VF_RC nt_check(
	struct nt_notary *n, nt_finding *finding, void *ctx, uint64_t *ret_faults, struct vf_err *reterr);

static VF_RC run_check(struct nt_cli *cli, nt_check *check, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_verb_findings f = {.cli = cli, .first = VF_STORE_CORRUPT};
	uint64_t seals, size, pending, faults = 0;
	enum vf_rc rc = nt_notary_open_damaged(cli->args[0], &n, reterr);

	if (rc == VF_OK)
		rc = nt_notary_counts(n, &seals, &size, &pending, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(&cli->text,
			",\"seals\":%" PRIu64 ",\"size\":%" PRIu64 ",\"pending\":%" PRIu64 ",\"findings\":[",
			seals, size, pending);
	}
	rc = check(n, nt_verb_put_finding, &f, &faults, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json)
		nt_buf_putf(&cli->text, "],\"faults\":%" PRIu64 "}\n", faults);
	if (faults == 0 && !cli->json)
		nt_buf_putf(&cli->text,
			"no fault found: %" PRIu64 " entries in the log, %" PRIu64 " seals, %" PRIu64
			" records wait\n",
			size, seals, pending);
	return nt_verb_end_findings(&f, faults, reterr);
}

VF_RC nt_verb_log_audit(struct nt_cli *cli, struct vf_err *reterr)
{
	return run_check(cli, nt_notary_audit, reterr);
}

VF_RC nt_verb_fsck(struct nt_cli *cli, struct vf_err *reterr)
{
	return run_check(cli, nt_notary_fsck, reterr);
}
