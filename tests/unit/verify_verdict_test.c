#include "verify/verdict.h"

#include "tests/check.h"

static struct vf_report r;

static void pass_all(bool integrity_only)
{
	vf_report_init(&r, "x", integrity_only);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (!integrity_only || !vf_check_needs_trust((enum vf_check)c))
			vf_report_pass(&r, (enum vf_check)c);
}

static enum vf_verdict settled(void)
{
	vf_report_settle(&r);
	return r.verdict;
}

/* Every check is mandatory: leaving out, failing or not deciding any single one never gives VERIFIED. */
static void test_each_check(void)
{
	for (size_t c = 0; c < VF_CHECK_COUNT; c++) {
		struct vf_err bad = {VF_DIGEST_MISMATCH, "bad"}, open = {VF_UNKNOWN_ROOT, "open"};

		pass_all(false);
		r.checks[c] = VF_RESULT_NOT_CHECKED;
		CHECK_INT(settled(), VF_INDETERMINATE);
		pass_all(false);
		vf_report_fault(&r, (enum vf_check)c, &bad, NULL);
		CHECK_INT(settled(), VF_REJECTED);
		pass_all(false);
		vf_report_fault(&r, (enum vf_check)c, &open, NULL);
		CHECK_INT(settled(), VF_INDETERMINATE);
		vf_report_pass(&r, (enum vf_check)c);
		CHECK_INT(settled(), VF_INDETERMINATE);
		vf_report_fault(&r, (enum vf_check)c, &bad, NULL);
		vf_report_fault(&r, (enum vf_check)c, &open, NULL);
		CHECK_INT(settled(), VF_REJECTED);
		pass_all(true);
		CHECK_INT(settled(), VF_INTACT);
		pass_all(true);
		if (!vf_check_needs_trust((enum vf_check)c)) {
			r.checks[c] = VF_RESULT_NOT_CHECKED;
			CHECK_INT(settled(), VF_INDETERMINATE);
		}
	}
}

int main(void)
{
	struct vf_err e = {VF_DIGEST_MISMATCH, "a\x1b[31m"};
	static char codes[2 * VF_MAX_UNCHECKED][8];

	vf_report_init(&r, "\x1b", false);
	CHECK_STR(r.input, "\\x1b");
	CHECK_INT(settled(), VF_INDETERMINATE); /* zero evidence */
	pass_all(false);
	CHECK_INT(settled(), VF_VERIFIED);
	pass_all(true);
	vf_report_pass(&r, VF_CHECK_POLICY);
	CHECK_INT(settled(), VF_INTACT); /* never VERIFIED with --integrity-only */
	test_each_check();
	vf_report_init(&r, "x", false);
	for (size_t i = 0; i < 2 * VF_MAX_REASONS; i++)
		vf_report_fault(&r, VF_CHECK_MEMBERS, &e, "na\nme");
	CHECK_INT(r.n_reasons, VF_MAX_REASONS);
	CHECK_STR(r.reasons[0].text, "a\\x1b[31m");
	CHECK_STR(r.reasons[0].object, "na\\x0ame");
	for (size_t i = 0; i < 2 * VF_MAX_UNCHECKED; i++)
		vf_report_unchecked(&r, "X", "%zu", i);
	/* many of one kind leave room for one of each other kind */
	CHECK_INT(r.n_unchecked, VF_MAX_UNCHECKED - VF_UNCHECKED_KINDS);
	for (size_t i = 0; i < 2 * VF_MAX_UNCHECKED; i++) {
		snprintf(codes[i], sizeof(codes[i]), "C%zu", i);
		vf_report_unchecked(&r, codes[i], "%zu", i);
		vf_report_unchecked(&r, codes[i], "%zu", i);
	}
	CHECK_INT(r.n_unchecked, VF_MAX_UNCHECKED);
	CHECK_STR(r.unchecked[VF_MAX_UNCHECKED - 1].code, codes[VF_UNCHECKED_KINDS - 1]);
	CHECK_INT(vf_verdict_exit(VF_VERIFIED), 0);
	CHECK_INT(vf_verdict_exit(VF_REJECTED), 1);
	CHECK_INT(vf_verdict_exit(VF_INDETERMINATE), 2);
	CHECK_INT(vf_verdict_exit(VF_INTACT), 3);
	return check_done();
}
