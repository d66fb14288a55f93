#include <inttypes.h>

#include "notary/issue_check.h"
#include "notary/verbs.h"

VF_RC nt_verb_tsa_journal(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	struct nt_verb_findings f = {.cli = cli, .first = VF_STORE_CORRUPT};
	struct nt_issue_counts counts = {0};
	uint64_t faults = 0;
	enum vf_rc rc = nt_verb_open(cli, &n, reterr);

	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"findings\":[");
	}
	rc = nt_issue_check(n, nt_verb_put_finding, &f, &counts, &faults, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json)
		nt_buf_putf(&cli->text,
			"],\"days\":%" PRIu64 ",\"tokens\":%" PRIu64 ",\"notarised\":%" PRIu64 ",\"away\":%" PRIu64
			",\"faults\":%" PRIu64 "}\n",
			counts.days, counts.tokens, counts.notarised, counts.away, faults);
	else if (faults == 0)
		nt_buf_putf(&cli->text,
			"no fault found: %" PRIu64 " tokens on %" PRIu64 " days, of which %" PRIu64 " were notarised; "
			"%" PRIu64 " more were notarised and moved away\n",
			counts.tokens, counts.days, counts.notarised, counts.away);
	return nt_verb_end_findings(&f, faults, reterr);
}
