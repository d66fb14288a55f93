/* Words that the screen and the page share, and what a run ends with. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/report.h"
#include "verify/text.h"

void vf_shown_time(char out[VF_SHOWN_TIME], int64_t ms)
{
	char text[VF_TIME_LEN + 1];
	size_t n;

	vf_time_put(text, ms);
	n = strlen(text);
	snprintf(out, VF_SHOWN_TIME, "%.10s %.*s UTC", text, n > 12 ? (int)(n - 12) : 0, text + 11);
}

void vf_shown_count(char out[VF_SHOWN_COUNT], uint64_t v)
{
	char digits[VF_SHOWN_COUNT];
	size_t n, at = 0;

	snprintf(digits, sizeof(digits), "%" PRIu64, v);
	n = strlen(digits);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			out[at++] = ' ';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

void vf_shown_span(char out[VF_SHOWN_COUNT], uint64_t ms)
{
	if (ms < 1000)
		snprintf(out, VF_SHOWN_COUNT, "%" PRIu64 " ms", ms);
	else if (ms <= 120000)
		snprintf(out, VF_SHOWN_COUNT, "%" PRIu64 " s", ms / 1000 + (ms % 1000 != 0));
	else
		snprintf(out, VF_SHOWN_COUNT, "%" PRIu64 " min", ms / 60000 + (ms % 60000 != 0));
}

const char *vf_outcome_word(const struct vf_outcome *o)
{
	return o->decided ? vf_verdict_name(o->report.verdict) : "NO VERDICT";
}

const char *vf_result_name(enum vf_result r)
{
	static const char *const names[] = {"not-checked", "pass", "fail", "undecided", "not-applicable"};

	return names[r];
}

const char *vf_form_name(enum vf_form f)
{
	static const char *const names[] = {"bundle", "container", "evidence-record", "token", "signature", "receipt"};

	return names[f];
}

const char *vf_promise_name(enum vf_promise p)
{
	static const char *const names[] = {"not-shown", "in-log", "kept"};

	return names[p];
}

bool vf_report_is_foreign(const struct vf_report *r)
{
	return r->form != VF_FORM_BUNDLE;
}

const char *vf_report_not_shown(const struct vf_report *r)
{
	if (r->has_submitter && r->form == VF_FORM_SIGNATURE)
		return "whether the content is true, what a viewer displays, when it was written.";
	if (r->form == VF_FORM_RECEIPT)
		return "what the record holds, who submitted it, when it existed: a receipt is a promise by the notary's own clock.";
	if (vf_report_is_foreign(r))
		return "who wrote the content, whether it is true, what a viewer displays, when it was written.";
	if (vf_bytes_is(r->kind, "consent") || vf_bytes_is(r->kind, "withdrawal"))
		return "who gave consent, whether the text was read, what a viewer displays, whether other "
		       "records or streams exist.";
	return "who wrote the content, whether it is true, what a viewer displays, whether other records or "
	       "streams exist.";
}

size_t vf_report_count_files(const struct vf_report *r, enum vf_file_status status)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_files; i++)
		n += r->files[i].status == status;
	return n;
}

const struct vf_stamp *vf_report_time_stamp(const struct vf_report *r)
{
	const struct vf_stamp *best = NULL;

	for (size_t i = 0; i < r->n_stamps; i++) {
		const struct vf_stamp *t = &r->stamps[i];

		if (!t->counts)
			continue;
		if (t->gen_time == r->existed_by)
			return t;
		if (!best || t->gen_time < best->gen_time)
			best = t;
	}
	return best;
}

const char *vf_report_rest(const struct vf_report *r)
{
	bool all = true, without_trust = true;

	for (size_t c = 0; c < VF_CHECK_COUNT; c++) {
		enum vf_result result = r->checks[c];
		bool good = result == VF_RESULT_PASS || result == VF_RESULT_NOT_APPLICABLE;

		if (result == VF_RESULT_FAIL || result == VF_RESULT_NOT_CHECKED)
			all = false;
		if (!good && !vf_check_needs_trust((enum vf_check)c))
			without_trust = false;
	}
	if (all && r->checks[VF_CHECK_FORMS] == VF_RESULT_UNDECIDED)
		return "Everything that was checked agrees.";
	if (all)
		return "Everything else agrees.";
	return without_trust ? "Everything that can be checked without trust agrees." : "";
}

const char *vf_report_undecided(const struct vf_report *r)
{
	for (size_t i = 0; i < r->n_reasons; i++)
		if (r->reasons[i].rc == VF_UNPROTECTED)
			return "What no evidence covers can be changed or added by anybody. This is not a verification.";
	return "This is not a sign of tampering and not a verification.";
}

size_t vf_report_good_files(const struct vf_report *r)
{
	return vf_report_count_files(r, VF_FILE_COVERED) + vf_report_count_files(r, VF_FILE_DETACHED);
}

void vf_report_subject(const struct vf_report *r, char out[VF_SHOWN_SUBJECT])
{
	char good[VF_SHOWN_COUNT], all[VF_SHOWN_COUNT];

	vf_shown_count(good, vf_report_good_files(r));
	vf_shown_count(all, r->n_files);
	if (vf_report_good_files(r) != r->n_files || r->n_files == 0)
		snprintf(out, VF_SHOWN_SUBJECT, "%s of %s file%s", good, all, r->n_files == 1 ? "" : "s");
	else if (r->n_files == 1)
		snprintf(out, VF_SHOWN_SUBJECT, "This file");
	else
		snprintf(out, VF_SHOWN_SUBJECT, "These %s files", all);
}

const char *vf_report_signer_words(const struct vf_report *r)
{
	if (r->submitter_trusted)
		return "(certificate leads to the trust directory)";
	return r->integrity_only ? "(a claim: who vouches for the certificate was not checked)"
				 : "(a claim: the certificate leads to no root in the trust directory)";
}

struct vf_bytes vf_report_printed_name(const struct vf_report *r)
{
	return r->printed_name.n ? r->printed_name : vf_bytes_str(r->submitter);
}

void vf_report_meaning(const struct vf_report *r, char out[VF_SHOWN_MEANING])
{
	if (!r->meaning_oid[0])
		snprintf(out, VF_SHOWN_MEANING, "without a stated meaning");
	else if (r->meaning)
		snprintf(out, VF_SHOWN_MEANING, "meaning: %s", r->meaning);
	else
		snprintf(out, VF_SHOWN_MEANING, "meaning: not known (%s)", r->meaning_oid);
}

const char *vf_signer_state_words(enum vf_signer_state s)
{
	static const char *const words[] = {"certificate not judged", "certificate good at the proven time",
		"certificate valid at the proven time, no revocation data", "certificate of nobody that you pinned",
		"certificate not good at the proven time"};

	return words[s];
}

const char *vf_report_renew_words(const struct vf_report *r)
{
	if (r->form == VF_FORM_TOKEN || r->form == VF_FORM_SIGNATURE)
		return "; a newer time-stamp must cover it before ";
	return "; evidence must be renewed before ";
}

const char *vf_revocation_words(enum vf_revocation r)
{
	static const char *const words[] = {"revocation not looked at", "no revocation data", "not revoked",
		"revoked later, without effect on it", "revoked"};

	return words[r];
}

int vf_outcome_exit(const struct vf_outcome *o)
{
	int status;

	if (o->decided)
		return vf_verdict_exit(o->report.verdict);
	/* A run without a verdict ends as such, whatever class the fault has. */
	status = vf_rc_exit(o->err.rc);
	return status >= 64 ? status : 70;
}

int64_t vf_run_shown_at(const struct vf_run *run)
{
	/* The clock's fraction of a second tells nobody anything; the JSON has it. */
	return run->at_given || run->at_ms < 0 ? run->at_ms : run->at_ms / 1000 * 1000;
}

/* verdict.md: no verdict, then REJECTED, INDETERMINATE, INTACT, VERIFIED. */
static int badness(int status)
{
	static const int order[] = {0, 3, 2, 1};

	for (int i = 0; i < 4; i++)
		if (order[i] == status)
			return i;
	return status;
}

int vf_run_exit(const struct vf_run *run)
{
	int worst = 0;

	if (run->n_outcomes == 0)
		return 70;
	for (size_t i = 0; i < run->n_outcomes; i++) {
		int status = vf_outcome_exit(&run->outcomes[i]);

		if (badness(status) > badness(worst))
			worst = status;
	}
	return worst;
}
