/* Electronic signatures of records: key, meaning and name of a submission, and signing what is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/manifest_out.h"
#include "notary/passphrase.h"
#include "notary/source.h"
#include "notary/verbs_submit.h"
#include "verify/text.h"

const struct nt_option nt_countersign_options[] = {
	NT_SIGN_OPTIONS(true),
	{"kind", 0, "KIND", "'other' or 'ethics-approval' (default: other)", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_countersign_details[] =
	"Makes a record without documents, with a link 'countersigns' to the record, in the same study: the signed\n"
	"statement names the record by its ID, so the signature is good for that record alone. Seal and export it\n"
	"like any other. With --server there is no DIR, and the key does not leave this machine.\n"
	"\n"
	"Meanings: approval, author, origin, receipt, responsibility, review, witness (docs/formats/signature.md).";

static VF_RC sign_statement(void *ctx, const struct vf_hash *statement_sha256, struct nt_buf *manifest,
	struct nt_buf *signature, struct vf_err *reterr)
{
	const struct nt_signing *signing = ctx;
	struct nt_manifest_ref ref = {vf_bytes_str(VF_NAME_STATEMENT), vf_digest_from_hash(statement_sha256)};
	enum vf_rc rc = nt_manifest_put(manifest, VF_NAME_SIGNATURE, NT_MANIFEST_CMS, &ref, 1, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_signer_cades(signing->signer, nt_buf_bytes(&signing->certificate), nt_buf_bytes(manifest),
		nt_cli_now(), &signing->says, signature, reterr);
}

static VF_RC unknown_meaning(const char *typed, struct vf_err *reterr)
{
	const char *names[VF_MEANING_COUNT], *nearest;
	char shown[120];
	size_t n = 0;

	for (int m = VF_MEANING_APPROVAL; m < VF_MEANING_COUNT; m++)
		names[n++] = vf_meaning_name((enum vf_meaning)m);
	nearest = nt_cli_suggest(typed, names, n);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(typed));
	if (nearest)
		return vf_fail(reterr, VF_USAGE, "no meaning '%s'; did you mean '%s'?", shown, nearest);
	return vf_fail(reterr, VF_USAGE,
		"no meaning '%s': approval, author, origin, receipt, responsibility, review or witness", shown);
}

static VF_RC take_says(const struct nt_cli *cli, struct nt_says *ret, struct vf_err *reterr)
{
	const char *meaning = nt_cli_get(cli, "meaning"), *name = nt_cli_get(cli, "printed-name");

	*ret = (struct nt_says){0};
	if (meaning)
		ret->meaning = vf_meaning_find(vf_bytes_str(meaning));
	if (meaning && ret->meaning == VF_MEANING_NONE)
		return unknown_meaning(meaning, reterr);
	if (name)
		ret->printed_name = vf_bytes_str(name);
	if (name && !vf_printed_name_is(ret->printed_name))
		return vf_fail(reterr, VF_USAGE,
			"a printed name is 1 to %d octets of plain text, without control or direction characters and "
			"without spaces around it",
			VF_MAX_PRINTED_NAME);
	return VF_OK;
}

/* The key's hash, and the name that the signature will show. */
static VF_RC find_signer(struct nt_signing *s, struct vf_err *reterr)
{
	struct vf_cert cert;
	enum vf_rc rc = vf_cert_open(nt_buf_bytes(&s->certificate), &cert, reterr);

	if (rc != VF_OK)
		return rc;
	memcpy(s->name, cert.facts.name, sizeof(s->name));
	s->by.key = cert.facts.spki;
	s->by.name = s->says.printed_name.n ? s->says.printed_name : vf_bytes_str(s->name);
	vf_cert_done(&cert);
	return VF_OK;
}

static VF_RC check_words(const struct nt_cli *cli, struct vf_err *reterr)
{
	static const char *const words[] = {"meaning", "printed-name", "passphrase-fd"};

	if (nt_cli_has(cli, "sign") != nt_cli_has(cli, "cert"))
		return vf_fail(reterr, VF_USAGE, "--sign and --cert belong together");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !nt_cli_has(cli, "sign"); i++)
		if (nt_cli_has(cli, words[i]))
			return vf_fail(reterr, VF_USAGE, "--%s needs --sign", words[i]);
	return VF_OK;
}

VF_RC nt_submitting_signing(struct nt_submitting *u, struct vf_err *reterr)
{
	const char *key = nt_cli_get(u->cli, "sign"), *cert = nt_cli_get(u->cli, "cert");
	struct nt_passphrase_from from;
	struct nt_signing *s = &u->signing;
	enum vf_rc rc = check_words(u->cli, reterr);

	if (rc != VF_OK || !key)
		return rc;
	s->certificate = nt_buf(VF_MAX_CERT);
	rc = take_says(u->cli, &s->says, reterr);
	if (rc == VF_OK)
		rc = nt_passphrase_from(nt_cli_get(u->cli, "passphrase-fd"), key, &from, reterr);
	if (rc == VF_OK)
		rc = nt_signer_load_pair_with(
			key, cert, nt_passphrase_read, &from, &s->signer, &s->certificate, reterr);
	if (rc == VF_OK)
		rc = find_signer(s, reterr);
	if (rc != VF_OK)
		return rc;
	s->digest = vf_sha256(nt_buf_bytes(&s->certificate));
	u->s.signer = &s->digest;
	u->s.sign = sign_statement;
	u->s.sign_ctx = s;
	u->s.meaning = vf_meaning_oid(s->says.meaning);
	u->s.printed_name = s->says.printed_name;
	u->s.signed_by = &s->by;
	return VF_OK;
}

/* ---- countersign ---- */

struct countersigned {
	struct vf_hash id;
	enum nt_accepted how;
};

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct countersigned *c = ctx;

	(void)at;
	c->id = *id;
	c->how = how;
}

static void put_result(struct nt_cli *cli, const struct nt_submitting *u, const struct countersigned *c)
{
	struct nt_buf *out = &cli->text;

	if (!cli->json) {
		nt_verb_put_id(out, &c->id);
		nt_buf_putf(out, "  %s of ", vf_meaning_name(u->signing.says.meaning));
		nt_verb_put_id(out, &u->links[0].record);
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_cli_begin(cli);
	nt_cli_hex_field(out, "id", vf_bytes(c->id.b, sizeof(c->id.b)));
	nt_cli_hex_field(out, "countersigns", vf_bytes(u->links[0].record.b, sizeof(u->links[0].record.b)));
	nt_cli_field(out, "study", u->s.study);
	nt_cli_field(out, "kind", nt_submit_kind(&u->s));
	nt_cli_field(out, "meaning", vf_bytes_str(vf_meaning_name(u->signing.says.meaning)));
	nt_cli_field(out, "printed_name", u->signing.by.name);
	nt_buf_putf(out, ",\"new\":%s}\n", c->how == NT_ACCEPTED_NEW ? "true" : "false");
}

static VF_RC countersign(struct nt_submitting *u, const struct nt_record *target, struct vf_err *reterr)
{
	struct nt_submit_record none = {0};
	struct countersigned c = {0};
	const char *kind = nt_cli_get(u->cli, "kind");
	enum vf_rc rc;

	u->s.kind = kind ? tr_kind_find(vf_bytes_str(kind)) : TR_OTHER;
	if (u->s.kind != TR_OTHER && u->s.kind != TR_ETHICS_APPROVAL)
		return vf_fail(reterr, VF_USAGE, "a countersignature is of kind 'other' or 'ethics-approval'");
	if (target->state == NT_ERASED)
		return vf_fail(reterr, VF_ERASED, "the record was erased: there is nothing to sign");
	u->s.submitter = vf_bytes_str(u->remote ? "" : NT_SUBMITTER_LOCAL);
	u->s.study = target->study;
	u->links[0] = (struct tr_link){TR_COUNTERSIGNS, target->id};
	u->s.links = u->links;
	u->s.n_links = 1;
	rc = u->remote ? nt_send_records(&u->remote->send, &u->s, &none, 1, take_id, &c, reterr)
		       : nt_submit_records(u->n, &u->s, &none, 1, take_id, &c, reterr);
	if (rc != VF_OK)
		return rc;
	put_result(u->cli, u, &c);
	if (c.how != NT_ACCEPTED_NEW)
		nt_cli_note(u->cli, "the same signature was given before");
	return VF_OK;
}

/* The key stays here; the record that is signed is at the server. */
static VF_RC find_target(struct nt_submitting *u, struct nt_record **ret, struct vf_err *reterr)
{
	struct nt_source from;
	struct vf_hash id;
	enum vf_rc rc;

	if (!u->remote) {
		rc = nt_verb_open(u->cli, &u->n, reterr);
		return rc == VF_OK ? nt_verb_get(u->n, u->cli->args[1], ret, reterr) : rc;
	}
	from = nt_source_remote(&u->remote->send);
	rc = nt_remote_find(u->remote, u->cli->args[0], &id, reterr);
	return rc == VF_OK ? from.record(from.ctx, &id, ret, reterr) : rc;
}

VF_RC nt_verb_countersign(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *target = NULL;
	struct nt_submitting *u = calloc(1, sizeof(*u));
	struct nt_remote remote = {0};
	enum vf_rc rc;

	if (!u)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a signature");
	u->cli = cli;
	rc = nt_remote_is_wanted(cli) ? nt_remote_check_args(cli, 1, reterr) : nt_remote_check_unused(cli, 2, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_signing(u, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_target(u, &remote, reterr);
	if (rc == VF_OK)
		rc = find_target(u, &target, reterr);
	if (rc == VF_OK)
		rc = countersign(u, target, reterr);
	nt_notary_free(u->n);
	nt_remote_done(&remote);
	nt_submitting_done(u);
	free(u);
	return rc;
}
