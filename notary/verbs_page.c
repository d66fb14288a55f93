#include "notary/verbs_page.h"

#include <stdlib.h>

#include "notary/named_file.h"
#include "notary/page_out.h"
#include "notary/verbs.h"
#include "notary/verbs_client.h"
#include "verify/limits.h"

const struct nt_option nt_page_options[] = {
	{"output", 'o', "FILE", "the page to make (HTML)", true, false},
	{"language", 0, "WORD", "en, es, de or fr; the form's when it is not given", false, false},
	{"contact-name", 0, "TEXT", "whom to ask; then nothing of the form's contact is shown", false, false},
	{"contact-phone", 0, "TEXT", "their telephone", false, false},
	{"contact-email", 0, "TEXT", "their e-mail", false, false},
	{"contact-address", 0, "TEXT", "their address", false, false},
	{"url", 0, "URL", "what the code to scan leads to, with the record's ID after it (https://...)", false, false},
	{"from", 0, "PATH", "file or folder in which details.json is when the notary does not keep it", false, true},
	{"force", 0, NULL, "replace a page that is there", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

static VF_RC make_page(struct nt_cli *cli, const struct nt_source *from, const struct vf_hash *id, struct nt_buf *page,
	struct vf_err *reterr)
{
	struct nt_page_options o = {.language = nt_cli_get(cli, "language"), .url = nt_cli_get(cli, "url"),
		.contact_name = nt_cli_get(cli, "contact-name"),
		.contact_phone = nt_cli_get(cli, "contact-phone"),
		.contact_email = nt_cli_get(cli, "contact-email"),
		.contact_address = nt_cli_get(cli, "contact-address")};

	return nt_page_put(from, id, &o, page, reterr);
}

/* The notary in the first argument. */
static VF_RC page_of_notary(struct nt_cli *cli, struct vf_hash *ret_id, struct nt_buf *page, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	const char **paths = NULL;
	struct nt_source_local local = {0};
	struct nt_source from = nt_source_local(&local);
	enum vf_rc rc = nt_cli_list(cli, "from", &paths, &local.n_from, reterr);

	local.from = paths;
	if (rc == VF_OK)
		rc = nt_remote_check_unused(cli, 2, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &n, reterr);
	local.n = n;
	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_verb_find(n, cli->args[1], ret_id, reterr);
	if (rc == VF_OK)
		rc = make_page(cli, &from, ret_id, page, reterr);
	free(paths);
	return rc;
}

/* A server has the form and signs the receipt; what was decided lies with the site. */
static VF_RC page_of_server(struct nt_cli *cli, struct vf_hash *ret_id, struct nt_buf *page, struct vf_err *reterr)
{
	struct nt_remote r = {0};
	struct nt_source from;
	enum vf_rc rc = nt_remote_check_args(cli, 1, reterr);

	if (rc == VF_OK && nt_cli_has(cli, "from"))
		rc = vf_fail(reterr, VF_USAGE, "--from is for a notary's folder: with --server the details are in --state");
	if (rc == VF_OK)
		rc = nt_remote_connect(cli, &r, reterr);
	if (rc == VF_OK)
		rc = nt_remote_find(&r, cli->args[0], ret_id, reterr);
	from = nt_source_remote(&r.send);
	if (rc == VF_OK)
		rc = make_page(cli, &from, ret_id, page, reterr);
	nt_remote_done(&r);
	return rc;
}

VF_RC nt_verb_page(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf page = nt_buf(VF_MAX_PAGE);
	static const struct nt_named_kind kind = {"page", 0, NT_PAGE_BEGIN};
	const char *path = nt_cli_get(cli, "output");
	bool force = nt_cli_has(cli, "force");
	struct vf_hash id;
	enum vf_rc rc = nt_named_check(path, &kind, force, reterr);

	if (rc == VF_OK)
		rc = nt_remote_is_wanted(cli) ? page_of_server(cli, &id, &page, reterr) : page_of_notary(cli, &id, &page, reterr);
	/* what a participant decided is for the site's eyes until it is handed out */
	if (rc == VF_OK)
		rc = nt_named_write(path, &kind, force, 0600, nt_buf_bytes(&page), reterr);
	if (rc != VF_OK)
		return rc;
	if (!cli->json) {
		nt_cli_note(cli, "read it, then print it or hand out the file; trialverify receipt checks it");
		return VF_OK;
	}
	nt_cli_begin(cli);
	nt_cli_hex_field(&cli->text, "record", vf_bytes(id.b, sizeof(id.b)));
	nt_cli_field(&cli->text, "path", vf_bytes_str(path));
	nt_buf_put_str(&cli->text, "}\n");
	return VF_OK;
}
