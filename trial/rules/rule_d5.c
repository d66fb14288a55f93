#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <strings.h>

#include "verify/text.h"

/* True when one of two paths is the other, or its end behind a '/': the same file seen from another folder. */
static bool is_end_of(struct vf_bytes a, struct vf_bytes b)
{
	struct vf_bytes longer = a.n > b.n ? a : b, shorter = a.n > b.n ? b : a;

	return shorter.n > 0 && longer.n > shorter.n && memcmp(longer.p + longer.n - shorter.n, shorter.p, shorter.n) == 0 &&
		longer.p[longer.n - shorter.n - 1] == '/';
}

/* A file of this path, else one whose path ends with it, or of which it is the end: a file of the same name in another folder is another. */
static const struct tr_case_file *find_file(const struct tr_case *c, const struct tr_case_file *index, struct vf_bytes path)
{
	struct tr_case_files files = tr_case_named(c, path);
	const struct tr_case_file *best = NULL;

	for (size_t i = 0; i < files.n; i++)
		if (files.p[i] != index)
			return files.p[i];
	files = tr_case_ending(c, tr_case_base(path));
	for (size_t i = 0; i < files.n; i++) {
		const struct tr_case_file *file = files.p[i];

		if (file != index && is_end_of(file->name, path) && (!best || file->record == index->record))
			best = file;
	}
	return best;
}

/* True when the checksum is the file's; *ret_known is false for one that is not computed here. */
static bool fits(struct vf_bytes checksum, const struct tr_case_file *file, bool *ret_known)
{
	char sha256[65];

	vf_hex_put(sha256, vf_bytes(file->sha256.b, sizeof(file->sha256.b)));
	*ret_known = true;
	if (vf_bytes_starts(checksum, "md5:") && checksum.n == 36 && file->md5[0])
		return strncasecmp((const char *)checksum.p + 4, file->md5, 32) == 0;
	if (vf_bytes_starts(checksum, "sha256:") && checksum.n == 71)
		return strncasecmp((const char *)checksum.p + 7, sha256, 64) == 0;
	*ret_known = false;
	return false;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_fact *of, struct tr_findings *f, size_t *good,
	struct vf_err *reterr)
{
	const struct tr_kept_fact *name = tr_case_item(of->file, of->fact->item, TR_F_DOC_NAME);
	const struct tr_kept_fact *operation = tr_case_item(of->file, of->fact->item, TR_F_DOC_OPERATION);
	const struct tr_case_file *file = name ? find_file(c, of->file, tr_kept_text(name)) : NULL;
	char about[TR_NAMED_LEN + 1], shown[100] = "";
	struct tr_finding_draft d;
	bool known = false;

	if (operation && vf_bytes_is(tr_kept_text(operation), "delete"))
		return VF_OK; /* there is no file */
	tr_study_file(about, of->file);
	if (name)
		vf_text_escape(shown, sizeof(shown), tr_kept_text(name));
	d = tr_study_draft(TR_WORD_MISSING_RECORD, about, of->file->record, file ? file->record : NULL);
	if (!file || !file->at_hand)
		return tr_find(f, rule, &d, reterr, "'%s' is not at hand", shown);
	if (fits(tr_kept_text(of->fact), file, &known)) {
		(*good)++;
		return VF_OK;
	}
	d.word = known ? TR_WORD_MISMATCH : TR_WORD_NEEDS_READER;
	return tr_find(f, rule, &d, reterr, known ? "'%s' has another checksum than it says" : "'%s': a checksum of a kind that is not computed here", shown);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_DOC_CHECKSUM];
	struct tr_finding_draft d;
	size_t good = 0;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < all->n; i++)
		rc = judge(rule, c, &all->p[i], f, &good, reterr);
	if (rc != VF_OK || good == 0)
		return rc;
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "files that have the checksums that others say: %zu; MD5 is no evidence against intent", good);
}

const struct tr_rule tr_rule_d5 = {
	.id = "D5",
	.title = "checksums of others",
	.text = "Files have the checksums that an eCTD index or a registry gives for them. Leaves that are deleted have no file.",
	.inputs = "checksums in index files and registry records, the files themselves",
	.reads = TR_READS(TR_F_DOC_CHECKSUM),
	.run = run,
};
