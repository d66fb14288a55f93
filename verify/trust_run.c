/* The words of the verb 'trust': what may stand together, and what shows. */
#include "verify/help.h"
#include "verify/output.h"
#include "verify/text.h"
#include "verify/trust_add.h"
#include "verify/trust_show.h"

static const char *const words[] = {"show", "list", "add"};
enum word { SHOW, LIST, ADD, N_WORDS };

static VF_RC find_word(const char *text, enum word *ret, struct vf_err *reterr)
{
	const char *near = vf_nearest(text, words, N_WORDS);
	char shown[80];

	for (*ret = SHOW; *ret < N_WORDS; (*ret)++)
		if (strcmp(words[*ret], text) == 0)
			return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	if (near)
		return vf_fail(reterr, VF_USAGE, "there is no verb 'trust %s': did you mean 'trust %s'?", shown, near);
	return vf_fail(reterr, VF_USAGE,
		"there is no verb 'trust %s': show, list or add (a file named 'trust' is written as ./trust)", shown);
}

static bool is_adding(const struct vf_options *o)
{
	bool any = o->operator_ || o->qualified || o->rules.n > 0;

	for (size_t i = 0; i < VF_ADDITIONS; i++)
		any = any || o->add[i];
	return any;
}

static VF_RC check_adding(const struct vf_options *o, struct vf_err *reterr)
{
	bool more = o->operator_ || o->qualified || o->add[VF_ADD_ACCURACY] || o->add[VF_ADD_FROM] ||
		o->add[VF_ADD_TO] || o->add[VF_ADD_ROOTS];

	if (!is_adding(o))
		return vf_fail(reterr, VF_USAGE,
			"say what to add: --authority, --require, --log, --receipts, --submitter or --stream");
	if (more && !o->add[VF_ADD_AUTHORITY])
		return vf_fail(reterr, VF_USAGE,
			"--roots, --operator, --qualified, --max-accuracy-ms, --from and --to are about --authority, "
			"which is not given");
	if (o->add[VF_ADD_AUTHORITY] && !o->add[VF_ADD_ROOTS])
		return vf_fail(reterr, VF_USAGE, "--authority needs its certificates: --roots FILE.pem");
	if (o->add[VF_ADD_KEY] && !o->add[VF_ADD_STREAM])
		return vf_fail(reterr, VF_USAGE, "--key is about --stream, which is not given");
	if (o->add[VF_ADD_SUBMITTER] && o->operands.n < 3)
		return vf_fail(
			reterr, VF_USAGE, "--submitter needs the file with its roots: --submitter NAME FILE.pem");
	if (o->operands.n > (o->add[VF_ADD_SUBMITTER] ? 3 : 2))
		return vf_fail(reterr, VF_USAGE, "'trust add' takes one directory");
	return VF_OK;
}

static VF_RC check_words(const struct vf_options *o, enum word word, struct vf_err *reterr)
{
	if (o->operands.n < 2)
		return vf_fail(reterr, VF_USAGE, "'trust %s' needs a trust directory", words[word]);
	if (o->page && (word != SHOW || o->json))
		return vf_fail(reterr, VF_USAGE, "--page goes with 'trust show', and without --json");
	if (word == ADD)
		return check_adding(o, reterr);
	if (is_adding(o))
		return vf_fail(
			reterr, VF_USAGE, "'trust %s' only looks: to add something, write 'trust add'", words[word]);
	if (o->operands.n > 2)
		return vf_fail(reterr, VF_USAGE, "'trust %s' takes one directory", words[word]);
	return VF_OK;
}

static VF_RC write_page(
	const struct vf_options *o, const struct vf_trust_view *v, volatile sig_atomic_t *hold, struct vf_err *reterr)
{
	struct vf_output *page;
	struct vf_sink sink;
	enum vf_rc rc;

	*hold = 1;
	rc = vf_output_open(o->page, o->force, &page, reterr);
	if (rc == VF_OK) {
		sink = vf_output_sink(page);
		vf_trust_page(&sink, v);
		rc = vf_output_commit(page, reterr);
	}
	*hold = 0;
	return rc;
}

VF_RC vf_trust_run(const struct vf_options *o, struct vf_sink *out, bool unicode, volatile sig_atomic_t *hold,
	struct vf_err *reterr)
{
	struct vf_trust_view v;
	enum word word;
	enum vf_rc rc = find_word(o->operands.at[0], &word, reterr);

	if (rc == VF_OK)
		rc = check_words(o, word, reterr);
	if (rc == VF_OK && word == ADD)
		return vf_trust_add(o, out, unicode, hold, reterr);
	if (rc == VF_OK)
		rc = vf_trust_view_open(o->operands.at[1], &v, reterr);
	if (rc != VF_OK)
		return rc;
	if (o->page)
		rc = write_page(o, &v, hold, reterr);
	if (rc == VF_OK && word == LIST)
		(o->json ? vf_trust_list_json(out, &v) : vf_trust_list(out, &v, unicode));
	if (rc == VF_OK && word == SHOW)
		(o->json ? vf_trust_show_json(out, &v) : vf_trust_show(out, &v, unicode));
	vf_trust_view_done(&v);
	return rc;
}
