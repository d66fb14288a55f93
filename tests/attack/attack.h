/*
 * What the attack catalogue's tests share: one line for each case on the
 * standard output, 'T03 REJECTED TS_CERT_TIME', and a failure when the verdict or
 * the first reason is another than the case wants.
 */
#ifndef TESTS_ATTACK_ATTACK_H
#define TESTS_ATTACK_ATTACK_H

/* before check.h: both have a CHECK */
#include "verify/verdict.h"

#include "tests/check.h"

/* The case's line; a case without a reason has no code. */
static inline void attack_put(const char *id, enum vf_verdict verdict, enum vf_rc code)
{
	printf("%s %s%s%s\n", id, vf_verdict_name(verdict), code == VF_OK ? "" : " ", code == VF_OK ? "" : vf_rc_name(code));
}

/* VF_OK when there is no reason. */
static inline enum vf_rc attack_code(const struct vf_report *r)
{
	return r->n_reasons ? r->reasons[0].rc : VF_OK;
}

static inline bool attack_expect(const char *id, const char *what, const struct vf_report *r, enum vf_verdict want, enum vf_rc code)
{
	check_count++;
	if (r->verdict == want && attack_code(r) == code)
		return true;
	CHECK_FAIL("%s %s: %s %s, not %s %s", id, what, vf_verdict_name(r->verdict), vf_rc_name(attack_code(r)),
		vf_verdict_name(want), vf_rc_name(code));
	for (size_t i = 0; i < r->n_reasons; i++)
		fprintf(stderr, "    %s %s: %s\n", vf_rc_name(r->reasons[i].rc), r->reasons[i].object, r->reasons[i].text);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (r->checks[c] == VF_RESULT_NOT_CHECKED || r->checks[c] == VF_RESULT_UNDECIDED)
			fprintf(stderr, "    %s: %d\n", vf_check_name((enum vf_check)c), r->checks[c]);
	return false;
}

static inline bool attack_has_note(const struct vf_report *r, const char *code)
{
	for (size_t i = 0; i < r->n_unchecked; i++)
		if (strcmp(r->unchecked[i].code, code) == 0)
			return true;
	return false;
}

#endif
