/* heads: study heads, when somebody asks for them. */
#include <inttypes.h>
#include <stdlib.h>

#include "notary/heads.h"
#include "notary/verbs.h"
#include "verify/text.h"

const struct nt_option nt_heads_options[] = {
	{"study", 0, "ID", "of this study alone (default: of each study that went on)", false, false},
	{0},
};

const char nt_heads_details[] =
	"Each submitter of a study has a stream of its own. A study head names all of them and how far each has come, so\n"
	"that nobody who hands out a study bundle later can leave a stream out unseen. Seal after it, and before the\n"
	"study is handed out. A server does this by itself once a day; only the notary writes study heads.";

static VF_RC put_heads(struct nt_cli *cli, struct nt_notary *n, struct vf_bytes study, bool *first, struct vf_err *reterr)
{
	struct nt_heads_made m;
	char hex[65], shown[3 * 128 + 1];
	enum vf_rc rc = nt_heads_put(n, study, &m, reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(m.id.b, sizeof(m.id.b)));
	if (!cli->json) {
		vf_text_escape(shown, sizeof(shown), study);
		nt_buf_putf(&cli->text, "%s  %s: %" PRIu64 " %s%s\n", hex, shown, m.streams, m.streams == 1 ? "stream" : "streams",
			m.is_new ? "" : ", as told before");
		return VF_OK;
	}
	nt_buf_putf(&cli->text, "%s{\"id\":\"%s\"", *first ? "" : ",", hex);
	nt_cli_field(&cli->text, "study", study);
	nt_buf_putf(&cli->text, ",\"streams\":%" PRIu64 ",\"new\":%s}", m.streams, m.is_new ? "true" : "false");
	*first = false;
	return VF_OK;
}

VF_RC nt_verb_heads(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	const char *one = nt_cli_get(cli, "study");
	struct vf_bytes study = vf_bytes_str(one ? one : ""), *studies = NULL;
	size_t count = 1;
	bool first = true;
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc == VF_OK && !one)
		rc = nt_heads_studies(n, INT64_MAX, &studies, &count, reterr);
	if (rc == VF_OK && cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"heads\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < count; i++)
		rc = put_heads(cli, n, one ? study : studies[i], &first, reterr);
	if (rc == VF_OK && cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	if (rc == VF_OK && count == 0 && !cli->json)
		nt_cli_note(cli, "all studies are told by their study heads");
	free(studies);
	return rc;
}
