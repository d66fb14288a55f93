/* inspect: what a file is, and what it says of itself; nothing is judged. */
#include <inttypes.h>
#include <sys/stat.h>

#include "notary/study_in.h"
#include "notary/verbs.h"
#include "verify/text.h"

const char nt_inspect_details[] =
	"Says of a study bundle which study it is of, how many records it has, and when its study heads were made, as the\n"
	"file has it: nobody has checked that yet. Of other files it says what they are. 'trialverify inspect' shows\n"
	"every part of a bundle, a time-stamp token or an evidence record.";

static void put_head_text(struct nt_buf *out, const struct nt_study_said *x)
{
	nt_buf_put_str(out, "Heads      ");
	if (!x->heads) {
		nt_buf_put_str(out, "no study head: nobody can see whether a stream was left out\n");
		return;
	}
	nt_buf_putf(out, "%zu study %s, the last one is record ", x->heads, x->heads == 1 ? "head" : "heads");
	nt_buf_put_hex(out, vf_bytes(x->head.b, 8));
	if (x->head_at != VF_TIME_NONE) {
		nt_buf_put_str(out, ", of ");
		nt_verb_put_time(out, x->head_at);
	}
	nt_buf_put_u8(out, '\n');
	if (x->heads > 1 && x->from != VF_TIME_NONE) {
		nt_buf_put_str(out, "           their time-stamps are from ");
		nt_verb_put_time(out, x->from);
		nt_buf_put_str(out, " to ");
		nt_verb_put_time(out, x->to);
		nt_buf_put_u8(out, '\n');
	}
}

static void put_study_text(struct nt_buf *out, const char *path, const struct nt_study_in *in, const struct nt_study_said *x)
{
	nt_cli_put_text(out, vf_bytes_str(path));
	nt_buf_putf(out, ": a study bundle of %zu octets, NOT CHECKED\n\nStudy      %s\n", in->n_file, x->study[0] ? x->study : "not shown");
	nt_buf_putf(out, "Records    %zu: %zu shown, %zu withheld or erased\n", x->records, x->shown, x->records - x->shown);
	nt_buf_putf(out, "Documents  %zu in the file\n", x->documents);
	nt_buf_putf(out, "Streams    %zu, sealed in %zu %s\n", x->streams, x->seals, x->seals == 1 ? "seal" : "seals");
	put_head_text(out, x);
	nt_buf_put_str(out, "\nVerify     trialverify --trust DIR ");
	nt_cli_put_text(out, vf_bytes_str(path));
	nt_buf_put_str(out, "\nExpand     trialnotary expand ");
	nt_cli_put_text(out, vf_bytes_str(path));
	nt_buf_put_str(out, " -o FOLDER\n");
}

static void put_time(struct nt_buf *out, const char *name, int64_t ms)
{
	char text[VF_TIME_LEN + 1] = "";

	if (ms != VF_TIME_NONE)
		vf_time_put(text, ms);
	nt_cli_field(out, name, vf_bytes_str(text));
}

static void put_begin(struct nt_buf *out, const char *path, const char *what)
{
	/* not nt_cli_begin(): that name belongs to 'trialverify inspect' */
	nt_buf_put_str(out, "{\"schema\":\"trialnotary/inspect-file/1\",\"checked\":false");
	nt_cli_field(out, "path", vf_bytes_str(path));
	nt_cli_field(out, "what", vf_bytes_str(what));
}

static void put_study_json(struct nt_buf *out, const char *path, const struct nt_study_in *in, const struct nt_study_said *x)
{
	put_begin(out, path, "a study bundle");
	nt_buf_putf(out, ",\"octets\":%zu", in->n_file);
	nt_cli_field(out, "study", vf_bytes_str(x->study));
	nt_buf_putf(out, ",\"records\":%zu,\"shown\":%zu,\"hidden\":%zu,\"documents\":%zu,\"streams\":%zu,\"seals\":%zu,\"heads\":%zu", x->records,
		x->shown, x->records - x->shown, x->documents, x->streams, x->seals, x->heads);
	nt_cli_hex_field(out, "head", x->heads ? vf_bytes(x->head.b, sizeof(x->head.b)) : vf_bytes(NULL, 0));
	put_time(out, "head_at", x->head_at);
	put_time(out, "heads_from", x->from);
	put_time(out, "heads_to", x->to);
	nt_buf_put_str(out, "}\n");
}

static VF_RC put_other(struct nt_cli *cli, const char *path, const char *what, const char *use, struct vf_err *reterr)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (!what)
		return vf_fail(reterr, VF_USAGE, "'%s' is no file that is known here: 'trialverify inspect' looks into containers, time-stamp "
			"tokens and evidence records of any maker", shown);
	if (cli->json) {
		put_begin(&cli->text, path, what);
		nt_cli_field(&cli->text, "use", vf_bytes_str(use));
		nt_buf_put_str(&cli->text, "}\n");
	} else {
		nt_buf_putf(&cli->text, "%s: %s, NOT CHECKED\n\nUse        %s\n", shown, what, use);
	}
	return VF_OK;
}

VF_RC nt_verb_inspect(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_study_in_done) struct nt_study_in in = NT_STUDY_IN_NONE;
	const char *path = cli->args[0], *use, *what = nt_file_what(path, &use);
	struct nt_study_said said;
	struct vf_err why;
	enum vf_rc rc = nt_study_in_open(&in, path, &why);

	if (rc == VF_STUDY_SHAPE && !in.tables)
		return put_other(cli, path, what, use, reterr);
	if (rc == VF_OK)
		rc = nt_study_in_read(&in, &said, &why);
	if (rc != VF_OK) {
		*reterr = why;
		return rc;
	}
	if (cli->json)
		put_study_json(&cli->text, path, &in, &said);
	else
		put_study_text(&cli->text, path, &in, &said);
	return VF_OK;
}
