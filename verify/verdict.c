#include "verify/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "verify/text.h"

static const struct {
	const char *name, *text;
	bool trust;
} checks[VF_CHECK_COUNT] = {
#define CHECK(name, trust, text) {#name, text, trust},
#include "verify/check.def"
#undef CHECK
};

const char *vf_verdict_name(enum vf_verdict v)
{
	switch (v) {
	case VF_VERIFIED:
		return "VERIFIED";
	case VF_REJECTED:
		return "REJECTED";
	case VF_INTACT:
		return "INTACT";
	case VF_INDETERMINATE:
		break;
	}
	return "INDETERMINATE";
}

int vf_verdict_exit(enum vf_verdict v)
{
	switch (v) {
	case VF_VERIFIED:
		return 0;
	case VF_REJECTED:
		return 1;
	case VF_INTACT:
		return 3;
	case VF_INDETERMINATE:
		break;
	}
	return 2;
}

const char *vf_check_name(enum vf_check c)
{
	return checks[c].name;
}

const char *vf_check_text(enum vf_check c)
{
	return checks[c].text;
}

bool vf_check_needs_trust(enum vf_check c)
{
	return checks[c].trust;
}

const char *vf_file_status_name(enum vf_file_status s)
{
	static const char *const names[] = {"covered", "withheld", "detached", "missing", "altered", "uncovered"};

	return names[s];
}

const char *vf_revocation_name(enum vf_revocation r)
{
	static const char *const names[] = {"not-checked", "none", "good", "revoked-later", "revoked"};

	return names[r];
}

const char *vf_signer_state_name(enum vf_signer_state s)
{
	static const char *const names[] = {"not-judged", "good", "no-revocation-data", "unknown-root", "not-good"};

	return names[s];
}

void vf_report_init(struct vf_report *r, const char *input, bool integrity_only)
{
	memset(r, 0, sizeof(*r));
	vf_text_escape(r->input, sizeof(r->input), vf_bytes_str(input));
	r->integrity_only = integrity_only;
	r->existed_by = VF_TIME_NONE;
	r->renew_before = VF_TIME_NONE;
	r->signing_time = VF_TIME_NONE;
}

void vf_report_pass(struct vf_report *r, enum vf_check c)
{
	if (r->checks[c] == VF_RESULT_NOT_CHECKED)
		r->checks[c] = VF_RESULT_PASS;
}

void vf_report_skip(struct vf_report *r, enum vf_check c)
{
	if (r->checks[c] == VF_RESULT_NOT_CHECKED)
		r->checks[c] = VF_RESULT_NOT_APPLICABLE;
}

void vf_report_fault(struct vf_report *r, enum vf_check c, const struct vf_err *err, const char *object)
{
	bool rejects = vf_rc_class(err->rc) == VF_CLASS_REJECTED;
	struct vf_reason *reason;

	if (rejects)
		r->checks[c] = VF_RESULT_FAIL;
	else if (r->checks[c] != VF_RESULT_FAIL)
		r->checks[c] = VF_RESULT_UNDECIDED;
	if (r->n_reasons == VF_MAX_REASONS)
		return;
	reason = &r->reasons[r->n_reasons++];
	reason->rc = err->rc;
	vf_text_escape(reason->text, sizeof(reason->text), vf_bytes_str(err->text));
	vf_text_escape(reason->object, sizeof(reason->object), vf_bytes_str(object ? object : ""));
}

static bool is_noted(const struct vf_report *r, const char *code)
{
	for (size_t i = 0; i < r->n_unchecked; i++)
		if (strcmp(r->unchecked[i].code, code) == 0)
			return true;
	return false;
}

void vf_report_unchecked(struct vf_report *r, const char *code, const char *fmt, ...)
{
	struct vf_unchecked *u;
	va_list ap;

	if (r->n_unchecked == VF_MAX_UNCHECKED ||
		(r->n_unchecked >= VF_MAX_UNCHECKED - VF_UNCHECKED_KINDS && is_noted(r, code)))
		return;
	u = &r->unchecked[r->n_unchecked++];
	u->code = code;
	va_start(ap, fmt);
	vsnprintf(u->text, sizeof(u->text), fmt, ap);
	va_end(ap);
}

void vf_report_settle(struct vf_report *r)
{
	bool failed = false, open = false, open_trust = false;

	for (size_t c = 0; c < VF_CHECK_COUNT; c++) {
		bool good = r->checks[c] == VF_RESULT_PASS || r->checks[c] == VF_RESULT_NOT_APPLICABLE;

		failed |= r->checks[c] == VF_RESULT_FAIL;
		if (!good && checks[c].trust)
			open_trust = true;
		else if (!good)
			open = true;
	}
	r->verdict = VF_INDETERMINATE;
	if (failed)
		r->verdict = VF_REJECTED;
	else if (!open && r->integrity_only)
		r->verdict = VF_INTACT;
	else if (!open && !open_trust)
		r->verdict = VF_VERIFIED;
}
