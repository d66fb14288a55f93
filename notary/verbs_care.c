#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "notary/new_folder.h"
#include "notary/random.h"
#include "notary/signer.h"
#include "notary/submit.h"
#include "notary/trust_out.h"
#include "notary/verbs.h"
#include "verify/limits.h"
#include "verify/text.h"

/* {"schema":…,"path":"…"} or nothing: for verbs that only make a folder. */
static void put_path(struct nt_cli *cli, const char *path)
{
	if (!cli->json)
		return;
	nt_cli_begin(cli);
	nt_cli_field(&cli->text, "path", vf_bytes_str(path));
	nt_buf_put_str(&cli->text, "}\n");
}

/* ---- init ---- */

static VF_RC put_new(struct nt_cli *cli, struct nt_notary *n, struct vf_err *reterr)
{
	struct nt_buf key = nt_buf(4096);
	enum vf_rc rc = nt_notary_log_vkey(n, &key, reterr);
	struct vf_bytes vkey = nt_buf_bytes(&key);
	const char *origin = nt_notary_config(n)->origin;

	if (vkey.n > 0 && vkey.p[vkey.n - 1] == '\n')
		vkey.n--;
	if (rc == VF_OK && cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "path", vf_bytes_str(cli->args[0]));
		nt_cli_field(&cli->text, "origin", vf_bytes_str(origin));
		nt_cli_field(&cli->text, "log_key", vkey);
		nt_buf_put_str(&cli->text, "}\n");
	} else if (rc == VF_OK) {
		nt_buf_put_str(&cli->text, "made a notary in ");
		nt_cli_put_text(&cli->text, vf_bytes_str(cli->args[0]));
		nt_buf_put_str(&cli->text, "\n  origin   ");
		nt_cli_put_text(&cli->text, vf_bytes_str(origin));
		nt_buf_put_str(&cli->text, "\n  log key  ");
		nt_cli_put_text(&cli->text, vkey);
		nt_buf_put_u8(&cli->text, '\n');
	}
	nt_buf_done(&key);
	return rc;
}

/* Two logs of one name could not be told apart: without a name of its own each gets a random one. */
static VF_RC choose_origin(char out[64], struct vf_err *reterr)
{
	struct nt_random random = {0};
	uint8_t b[8];
	char hex[2 * sizeof(b) + 1];
	enum vf_rc rc = nt_random(&random, b, sizeof(b), reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(b, sizeof(b)));
	snprintf(out, 64, "trialnotary.local/%s", hex);
	return VF_OK;
}

VF_RC nt_verb_init(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_init init = {.origin = nt_cli_get(cli, "origin"),
		.tsa_key = nt_cli_get(cli, "tsa-key"),
		.now_ms = nt_cli_now()};
	char origin[64];
	enum vf_rc rc = VF_OK;

	if (init.origin && (init.origin[0] == '\0' || strlen(init.origin) > VF_MAX_ORIGIN))
		return vf_fail(reterr, VF_USAGE, "--origin wants 1 to %d octets", VF_MAX_ORIGIN);
	if (init.tsa_key && strcmp(init.tsa_key, "p256") != 0 && strcmp(init.tsa_key, "rsa3072") != 0)
		return vf_fail(reterr, VF_USAGE, "--tsa-key wants p256 or rsa3072");
	if (!init.origin) {
		rc = choose_origin(origin, reterr);
		init.origin = origin;
	}
	if (rc == VF_OK)
		rc = nt_notary_init(cli->args[0], &init, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &n, reterr);
	return rc == VF_OK ? put_new(cli, n, reterr) : rc;
}

/* ---- trust export, backup, restore ---- */

VF_RC nt_verb_trust_export(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	const char *folder = nt_cli_get(cli, "output");
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_folder_check(folder, reterr);
	if (rc == VF_OK)
		rc = nt_trust_export(n, folder, reterr);
	if (rc == VF_OK)
		put_path(cli, folder);
	return rc;
}

VF_RC nt_verb_backup(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	const char *folder = nt_cli_get(cli, "output");
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_notary_backup(n, folder, reterr);
	if (rc != VF_OK)
		return rc;
	put_path(cli, folder);
	nt_cli_note(cli, "the backup holds the notary's keys: keep it as safe as the notary");
	return VF_OK;
}

static bool holds_notary(const char *folder)
{
	char path[PATH_MAX];

	return (size_t)snprintf(path, sizeof(path), "%s/head.db", folder) < sizeof(path) && access(path, F_OK) == 0;
}

static void note_aside(struct nt_cli *cli, const char *folder)
{
	size_t n = strlen(folder);
	char shown[160];

	while (n > 1 && folder[n - 1] == '/')
		n--;
	vf_text_escape(shown, sizeof(shown), vf_bytes(folder, n));
	nt_cli_note(cli, "the notary that was there is now in '%s.before-restore', keys and all", shown);
}

VF_RC nt_verb_restore(struct nt_cli *cli, struct vf_err *reterr)
{
	const char *path = nt_cli_get(cli, "head");
	struct nt_buf head = nt_buf(VF_MAX_NOTE);
	bool present = holds_notary(cli->args[1]);
	enum vf_rc rc = path ? nt_signer_read_file(path, VF_MAX_NOTE, &head, reterr) : VF_OK;

	if (rc == VF_OK)
		rc = nt_notary_restore(cli->args[0], cli->args[1], nt_buf_bytes(&head), reterr);
	if (rc == VF_OK)
		put_path(cli, cli->args[1]);
	if (rc == VF_OK && present)
		note_aside(cli, cli->args[1]);
	nt_buf_done(&head);
	return rc;
}

/* ---- erase ---- */

static void put_erased(
	struct nt_cli *cli, const struct vf_hash *id, const struct vf_hash *record, bool before)
{
	struct nt_buf *out = &cli->text;

	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_hex_field(out, "id", vf_bytes(id->b, sizeof(id->b)));
		if (record)
			nt_cli_hex_field(out, "record", vf_bytes(record->b, sizeof(record->b)));
		else
			nt_buf_put_str(out, ",\"record\":null");
		nt_buf_putf(out, ",\"before\":%s}\n", before ? "true" : "false");
		return;
	}
	nt_verb_put_id(out, id);
	nt_buf_put_str(out, before ? "  ERASED before\n" : "  ERASED\n");
	if (record) {
		nt_verb_put_id(out, record);
		nt_buf_put_str(out, "  says so\n");
		nt_cli_note(cli, "its bundle, once it is sealed, is the certificate of the erasure");
	}
}

/*
 * The record that says so comes first: after a crash between the two, the same
 * command finds it in the journal and erases.
 */
VF_RC nt_verb_erase(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	const char *ground = nt_cli_get(cli, "ground");
	struct vf_hash record;
	enum vf_rc rc;

	if (!nt_cli_has(cli, "yes"))
		return vf_fail(reterr, VF_USAGE, "erasing cannot be undone: say --yes");
	rc = nt_verb_open(cli, &n, reterr);
	if (rc == VF_OK)
		rc = nt_verb_get(n, cli->args[1], &r, reterr);
	if (rc != VF_OK)
		return rc;
	if (r->state == NT_ERASED) {
		rc = nt_notary_erase(n, &r->id, reterr); /* finishes what a crash may have left */
		if (rc == VF_OK)
			put_erased(cli, &r->id, NULL, true);
		return rc;
	}
	rc = nt_submit_link(n, vf_bytes_str(NT_SUBMITTER_LOCAL), r->study, TR_ERASES, &r->id,
		ground ? vf_bytes_str(ground) : vf_bytes(NULL, 0), &record, reterr);
	if (rc == VF_OK)
		rc = nt_notary_erase(n, &r->id, reterr);
	if (rc == VF_OK)
		put_erased(cli, &r->id, &record, false);
	return rc;
}
