#include <stdio.h>
#include <string.h>

#include "notary/participants.h"
#include "notary/verbs_consent.h"
#include "verify/text.h"

static struct vf_bytes study_of(const struct nt_cli *cli)
{
	return vf_bytes_str(nt_cli_get(cli, "study"));
}

static void put_value(struct nt_cli *cli, const struct vf_hash *value)
{
	nt_cli_hex_field(&cli->text, "value", vf_bytes(value->b, sizeof(value->b)));
}

static VF_RC open_there(struct nt_cli *cli, struct nt_participants **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_participants_open(cli->args[0], false, ret, reterr);

	if (rc == VF_OK && *ret == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_PARTICIPANT, "no participant was added here yet");
	return rc;
}

VF_RC nt_verb_participant_add(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct vf_bytes number = vf_bytes_str(cli->args[1]);
	struct vf_hash value;
	bool made = false;
	enum vf_rc rc = nt_participants_check(study_of(cli), number, reterr);

	/* refused before a file is made */
	if (rc == VF_OK)
		rc = nt_participants_open(cli->args[0], true, &p, reterr);
	if (rc == VF_OK)
		rc = nt_participants_add(p, study_of(cli), number, nt_cli_now(), &value, &made, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "study", study_of(cli));
		nt_cli_field(&cli->text, "number", number);
		put_value(cli, &value);
		nt_buf_putf(&cli->text, ",\"new\":%s}\n", made ? "true" : "false");
		return VF_OK;
	}
	nt_verb_put_id(&cli->text, &value);
	nt_buf_put_u8(&cli->text, '\n');
	if (!made)
		nt_cli_note(cli, "the participant was there before");
	return VF_OK;
}

struct listing {
	struct nt_cli *cli;
	uint64_t n;
};

static VF_RC put_row(void *ctx, const struct nt_participant_row *row, struct vf_err *reterr)
{
	struct listing *x = ctx;
	struct nt_buf *out = &x->cli->text;

	(void)reterr;
	if (x->cli->json) {
		nt_buf_put_str(out, x->n++ > 0 ? ",{\"study\":" : "{\"study\":");
		nt_cli_put_json(out, row->study);
		nt_cli_field(out, "number", row->number);
		put_value(x->cli, &row->value);
		nt_buf_put_str(out, ",\"created\":\"");
		nt_verb_put_time(out, row->created_ms);
		nt_buf_put_str(out, "\"}");
		return VF_OK;
	}
	nt_verb_put_id(out, &row->value);
	nt_buf_put_str(out, "  ");
	nt_cli_put_text(out, row->study);
	nt_buf_put_str(out, "  ");
	nt_cli_put_text(out, row->number);
	nt_buf_put_u8(out, '\n');
	return VF_OK;
}

VF_RC nt_verb_participant_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	const char *study = nt_cli_get(cli, "study");
	struct listing x = {.cli = cli};
	enum vf_rc rc = nt_participants_open(cli->args[0], false, &p, reterr);

	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"participants\":[");
	}
	if (p != NULL)
		rc = nt_participants_each(p, vf_bytes_str(study ? study : ""), put_row, &x, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

VF_RC nt_verb_participant_show(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct vf_bytes number = vf_bytes_str(cli->args[1]);
	struct vf_hash value;
	enum vf_rc rc = open_there(cli, &p, reterr);

	if (rc == VF_OK)
		rc = nt_participants_find(p, study_of(cli), number, &value, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "study", study_of(cli));
		nt_cli_field(&cli->text, "number", number);
		put_value(cli, &value);
		nt_buf_put_str(&cli->text, "}\n");
		return VF_OK;
	}
	nt_verb_put_id(&cli->text, &value);
	nt_buf_put_u8(&cli->text, '\n');
	return VF_OK;
}

VF_RC nt_verb_participant_forget(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct vf_hash value;
	enum vf_rc rc = open_there(cli, &p, reterr);

	if (rc == VF_OK)
		rc = nt_participants_find(p, study_of(cli), vf_bytes_str(cli->args[1]), &value, reterr);
	if (rc == VF_OK && !nt_cli_has(cli, "yes"))
		rc = vf_fail(reterr, VF_USAGE,
			"this destroys the participant's key for good: nobody can show again whose records "
			"these are. Say --yes");
	if (rc == VF_OK)
		rc = nt_participants_destroy(p, study_of(cli), vf_bytes_str(cli->args[1]), reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		put_value(cli, &value);
		nt_buf_put_str(&cli->text, "}\n");
	} else {
		nt_buf_put_str(
			&cli->text, "number and key are destroyed; the records stay until they are erased\n");
	}
	return VF_OK;
}
