#include "notary/verbs_client.h"

#include <stdlib.h>

#include "verify/text.h"

bool nt_remote_is_wanted(const struct nt_cli *cli)
{
	return nt_cli_has(cli, "server");
}

VF_RC nt_remote_check_unused(const struct nt_cli *cli, size_t min_args, struct vf_err *reterr)
{
	static const char *const names[] = {"token-file", "cacert", "pin", "proxy", "plain", "timeout", "state"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (nt_cli_has(cli, names[i]))
			return vf_fail(reterr, VF_USAGE, "--%s needs --server", names[i]);
	if (cli->n_args < min_args)
		return vf_fail(reterr, VF_USAGE, "'%s' needs more: %s, or --server URL instead of DIR",
			cli->verb->name, cli->verb->args);
	return VF_OK;
}

VF_RC nt_remote_check_args(const struct nt_cli *cli, size_t n, struct vf_err *reterr)
{
	if (cli->n_args == n)
		return VF_OK;
	return vf_fail(reterr, VF_USAGE, "'%s' with --server has no DIR: it wants %zu argument%s, not %zu", cli->verb->name, n,
		n == 1 ? "" : "s", cli->n_args);
}

VF_RC nt_remote_number(const struct nt_cli *cli, const char *option, unsigned otherwise, unsigned max,
	unsigned *ret, struct vf_err *reterr)
{
	const char *text = nt_cli_get(cli, option);
	uint64_t n;

	*ret = otherwise;
	if (!text)
		return VF_OK;
	if (!vf_decimal_read(vf_bytes_str(text), max, &n))
		return vf_fail(reterr, VF_USAGE, "--%s wants a whole number up to %u", option, max);
	*ret = (unsigned)n;
	return VF_OK;
}

void nt_remote_note(void *ctx, const char *line)
{
	nt_cli_note(ctx, "trialnotary: %s", line);
}

/* Of the verbs that have it: where documents of earlier records are. */
static VF_RC read_from(const struct nt_cli *cli, struct nt_remote *ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_cli_list(cli, "from", &ret->from, &ret->send.n_from, reterr);

	ret->send.from = ret->from;
	return rc;
}

VF_RC nt_remote_connect(struct nt_cli *cli, struct nt_remote *ret, struct vf_err *reterr)
{
	struct nt_client_options o = {.server = nt_cli_get(cli, "server"),
		.token_file = nt_cli_get(cli, "token-file"),
		.cacert = nt_cli_get(cli, "cacert"),
		.pin = nt_cli_get(cli, "pin"),
		.proxy = nt_cli_get(cli, "proxy"),
		.plain = nt_cli_has(cli, "plain"),
		.stop = ret->stop,
		.note = nt_remote_note,
		.note_ctx = cli};
	enum vf_rc rc;

	if (!o.server || !o.token_file)
		return vf_fail(reterr, VF_USAGE, "'%s' needs --%s", cli->verb->name,
			o.server ? "token-file FILE" : "server URL");
	rc = nt_remote_number(cli, "timeout", NT_CLIENT_TIMEOUT, NT_CLIENT_MAX_TIMEOUT, &o.timeout, reterr);
	if (rc == VF_OK)
		rc = nt_client_new(&o, &ret->client, reterr);
	if (rc == VF_OK)
		rc = nt_state_open(
			nt_cli_get(cli, "state"), nt_client_server(ret->client), o.token_file, &ret->state, reterr);
	if (rc == VF_OK)
		rc = read_from(cli, ret, reterr);
	ret->send.client = ret->client;
	ret->send.state = ret->state;
	ret->send.note = nt_remote_note;
	ret->send.note_ctx = cli;
	ret->send.now = nt_cli_now;
	return rc;
}

void nt_remote_done(struct nt_remote *r)
{
	r->client = nt_client_free(r->client);
	r->state = nt_state_free(r->state);
	free(r->from);
	r->from = NULL;
}

VF_RC nt_remote_find(struct nt_remote *r, const char *text, struct vf_hash *ret, struct vf_err *reterr)
{
	size_t n = strlen(text);
	char shown[120];

	if (n == 64 && vf_hex_read(vf_bytes_str(text), ret->b, sizeof(ret->b)))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	if (n < 8 || n > 64 || strspn(text, "0123456789abcdef") != n)
		return vf_fail(reterr, VF_USAGE,
			"'%s' is not an ID: IDs are 64 lower-case hex digits, or at least the first 8", shown);
	return nt_state_find(r->state, text, ret, reterr);
}
