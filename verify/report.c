#include "verify/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/text.h"

/* Lines of the screen end here, unless one word is longer. */
#define WIDTH 98
/* A space at which no line breaks, in our own texts: escaped text holds no control character. */
#define STAY 0x1f
#define STAY_TEXT "\x1f"
/* Names of files, links and authorities on the screen; the rest is counted. */
#define SHOWN_NAMES 6
/* Rows of an excerpt. */
#define SHOWN_ROWS 10

/* ---- a sink that breaks lines between words ---- */

struct screen {
	struct vf_sink *out;
	const struct vf_look *look;
	struct vf_sink line; /* what everything is written through */
	size_t column, indent, columns, n, spaces;
	char word[256];
};

static void flush_word(struct screen *sc)
{
	if (sc->n == 0)
		return;
	if (sc->spaces && sc->column + sc->spaces + sc->columns > WIDTH && sc->column > sc->indent) {
		vf_sink_putf(sc->out, "\n%*s", (int)sc->indent, "");
		sc->column = sc->indent;
	} else {
		for (size_t i = 0; i < sc->spaces; i++)
			vf_sink_str(sc->out, " ");
		sc->column += sc->spaces;
	}
	vf_sink_put(sc->out, vf_bytes(sc->word, sc->n));
	sc->column += sc->columns;
	sc->n = sc->columns = sc->spaces = 0;
}

/* Collects words; a space may become a line break, so text never begins a line. */
static bool put_line(void *ctx, struct vf_bytes piece)
{
	struct screen *sc = ctx;
	uint8_t c;

	while (vf_take_u8(&piece, &c)) {
		if (c == ' ') {
			flush_word(sc);
			sc->spaces++;
			continue;
		}
		if (c == STAY)
			c = ' ';
		if (sc->n == sizeof(sc->word))
			flush_word(sc);
		sc->word[sc->n++] = (char)c;
		sc->columns += (c & 0xc0) != 0x80;
	}
	return !sc->out->failed;
}

/* Begins a line with its label; what follows wraps under the column after it. */
static void begin(struct screen *sc, const char *label, size_t indent)
{
	vf_sink_putf(sc->out, "%-*s", (int)indent, label);
	sc->column = sc->indent = indent;
	sc->n = sc->columns = sc->spaces = 0;
}

static void end(struct screen *sc)
{
	flush_word(sc);
	vf_sink_str(sc->out, "\n");
}

#define LABEL(sc, text) begin(sc, "  " text, 14)

static void put_str(struct screen *sc, const char *text)
{
	vf_sink_str(&sc->line, text);
}

static void put_text(struct screen *sc, struct vf_bytes text)
{
	if (sc->look->unicode)
		vf_sink_escaped(&sc->line, text);
	else
		vf_sink_ascii(&sc->line, text);
}

/* Text from an input: in quotes, and what would end the quotes is marked. */
static void put_quoted(struct screen *sc, struct vf_bytes text)
{
	struct vf_bytes part;

	put_str(sc, "\"");
	while (vf_take_until(&text, '"', &part)) {
		put_text(sc, part);
		put_str(sc, "\\\"");
	}
	put_text(sc, text);
	put_str(sc, "\"");
}

/* File names stand without quotes when nothing in them could be taken for our own words. */
static void put_name(struct screen *sc, struct vf_bytes name)
{
	struct vf_bytes rest = name;
	bool simple = name.n > 0;
	uint8_t c;

	while (vf_take_u8(&rest, &c))
		if (c <= ' ' || strchr("\"'(),;:[]", c) || c == 0x7f)
			simple = false;
	if (simple)
		put_text(sc, name);
	else
		put_quoted(sc, name);
}

static void put_hash(struct screen *sc, const struct vf_hash *h)
{
	vf_sink_hex(&sc->line, vf_bytes(h->b, sizeof(h->b)));
}

static void put_count(struct screen *sc, uint64_t v)
{
	char text[VF_SHOWN_COUNT];

	vf_shown_count(text, v);
	for (char *p = text; *p; p++)
		if (*p == ' ')
			*p = STAY;
	put_str(sc, text);
}

static void put_plural(struct screen *sc, size_t n, const char *one, const char *many)
{
	put_count(sc, n);
	put_str(sc, " ");
	put_str(sc, n == 1 ? one : many);
}

static void put_time(struct screen *sc, int64_t ms)
{
	char text[VF_SHOWN_TIME];

	vf_shown_time(text, ms);
	put_str(sc, text);
}

static void put_day(struct screen *sc, int64_t ms)
{
	char text[VF_SHOWN_TIME];

	vf_shown_time(text, ms);
	text[10] = '\0';
	put_str(sc, text);
}

static void put_span(struct screen *sc, uint64_t ms)
{
	char text[VF_SHOWN_COUNT];

	vf_shown_span(text, ms);
	put_str(sc, text);
}

/* ---- the parts of the screen ---- */

static const char *color_of(const struct vf_outcome *o)
{
	if (!o->decided)
		return "\033[1;33m";
	switch (o->report.verdict) {
	case VF_VERIFIED:
		return "\033[1;32m";
	case VF_REJECTED:
		return "\033[1;31m";
	case VF_INTACT:
		return "\033[1;36m";
	case VF_INDETERMINATE:
		break;
	}
	return "\033[1;33m";
}

static void put_headline(struct screen *sc, const struct vf_outcome *o)
{
	const char *word = vf_outcome_word(o);
	int pad = strlen(word) < 9 ? 11 : (int)strlen(word) + 2;

	if (sc->look->color)
		vf_sink_putf(sc->out, "%s%s\033[0m%*s", color_of(o), word, pad - (int)strlen(word), "");
	else
		vf_sink_putf(sc->out, "%-*s", pad, word);
	begin(sc, "", 0);
	sc->column = (size_t)pad;
	sc->indent = 4; /* whatever the name is, it begins no line */
	put_name(sc, vf_bytes_str(o->report.input));
	if (o->decided && o->report.verdict == VF_INDETERMINATE)
		put_str(sc, "  (undecided)");
	if (o->decided && o->report.verdict == VF_INTACT)
		put_str(sc, "  (integrity only: nobody vouches for the time)");
	end(sc);
}

static void put_mark(struct screen *sc, enum vf_rc rc)
{
	bool rejects = vf_rc_class(rc) == VF_CLASS_REJECTED;

	if (sc->look->color)
		vf_sink_str(sc->out, rejects ? "\033[31m" : "\033[33m");
	vf_sink_str(sc->out, "  ");
	if (sc->look->unicode)
		vf_sink_str(sc->out, rejects ? "✗" : "?");
	else
		vf_sink_str(sc->out, rejects ? "x" : "?");
	if (sc->look->color)
		vf_sink_str(sc->out, "\033[0m");
	vf_sink_str(sc->out, " ");
}

static void put_reason(struct screen *sc, enum vf_rc rc, const char *object, const char *text)
{
	put_mark(sc, rc);
	begin(sc, "", 0);
	sc->column = sc->indent = 4;
	if (object[0] && (rc == VF_DIGEST_MISMATCH || rc == VF_UNSUPPORTED)) {
		put_name(sc, vf_bytes_str(object));
		put_str(sc, rc == VF_UNSUPPORTED ? " was NOT CHECKED: this version cannot judge its form"
						 : " is not the file that was time-stamped");
	} else {
		put_str(sc, vf_rc_text(rc));
		if (object[0]) {
			put_str(sc, ": ");
			put_name(sc, vf_bytes_str(object));
		}
	}
	flush_word(sc);
	vf_sink_putf(sc->out, "%*s[%s]\n", sc->column < 66 ? (int)(68 - sc->column) : 2, "", vf_rc_name(rc));
	if (!text[0])
		return;
	begin(sc, "", 6);
	put_text(sc, vf_bytes_str(text));
	end(sc);
}

/* The first reason with this code is the one whose next step is shown. */
static bool is_new(const struct vf_report *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (r->reasons[i].rc == r->reasons[at].rc)
			return false;
	return true;
}

static void put_next(struct screen *sc, enum vf_rc rc, bool first)
{
	begin(sc, first ? "  Next:" : "", 8);
	put_str(sc, vf_rc_next(rc));
	put_str(sc, ", or run  trialverify explain ");
	put_str(sc, vf_rc_name(rc));
	end(sc);
}

/* Rejecting reasons come before the others. */
static void put_reasons(struct screen *sc, const struct vf_report *r)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < r->n_reasons; i++) {
			const struct vf_reason *why = &r->reasons[i];

			if ((vf_rc_class(why->rc) == VF_CLASS_REJECTED) == (pass == 0))
				put_reason(sc, why->rc, why->object, why->text);
		}
	if (r->n_reasons == 0)
		put_reason(sc, VF_NOT_CHECKED, "", "not every check was made");
}

static void put_nexts(struct screen *sc, const struct vf_report *r)
{
	bool first = true;

	for (size_t i = 0; i < r->n_reasons; i++) {
		if (!is_new(r, i))
			continue;
		if (r->verdict == VF_REJECTED && vf_rc_class(r->reasons[i].rc) != VF_CLASS_REJECTED)
			continue;
		put_next(sc, r->reasons[i].rc, first);
		first = false;
	}
	if (r->n_reasons == 0)
		put_next(sc, VF_NOT_CHECKED, true);
}

static bool holds(const struct vf_report *r, enum vf_check c)
{
	return r->checks[c] == VF_RESULT_PASS || r->checks[c] == VF_RESULT_NOT_APPLICABLE;
}

/* What may be said about the other files when one is at fault, and only when it is so. */
static void put_unharmed(struct screen *sc, const struct vf_report *r)
{
	size_t good = vf_report_good_files(r), bad = vf_report_count_files(r, VF_FILE_ALTERED);
	bool evidence = holds(r, VF_CHECK_TOKENS) && holds(r, VF_CHECK_GROUP);

	if (vf_report_is_foreign(r)) {
		/* of a file that a record does not hold nobody can say whether it was altered */
		bad += vf_report_count_files(r, VF_FILE_UNCOVERED);
		evidence = holds(r, VF_CHECK_TOKENS) && holds(r, VF_CHECK_RENEWALS);
	}
	if (!evidence || good == 0 || bad == 0)
		return;
	begin(sc, "", 6);
	put_str(sc, good == 1 ? "The other file is" : "The other ");
	if (good > 1) {
		put_count(sc, good);
		put_str(sc, " files are");
	}
	put_str(sc, vf_report_is_foreign(r) ? " covered." : " unchanged.");
	end(sc);
}

static void put_rest(struct screen *sc, const struct vf_report *r)
{
	if (r->verdict == VF_REJECTED)
		put_unharmed(sc, r);
	if (r->verdict != VF_INDETERMINATE)
		return;
	begin(sc, "", 6);
	put_str(sc, vf_report_rest(r));
	put_str(sc, vf_report_rest(r)[0] ? " " : "");
	put_str(sc, vf_report_undecided(r));
	end(sc);
}

static void put_record(struct screen *sc, const struct vf_report *r)
{
	LABEL(sc, "Record");
	put_text(sc, r->kind);
	if (r->version.n) {
		put_str(sc, ", version ");
		put_quoted(sc, r->version);
	}
	put_str(sc, ", study ");
	put_quoted(sc, r->study);
	if (r->title.n) {
		put_str(sc, ", title ");
		put_quoted(sc, r->title);
	}
	if (r->date.n) {
		put_str(sc, ", declared date ");
		put_quoted(sc, r->date);
	}
	end(sc);
	begin(sc, "", 14);
	put_str(sc, "id ");
	put_hash(sc, &r->id);
	end(sc);
	if (!r->has_stream)
		return;
	LABEL(sc, "Stream");
	put_str(sc, "record ");
	put_count(sc, r->seq);
	put_str(sc, " of stream ");
	put_hash(sc, &r->stream);
	end(sc);
}

static void put_links(struct screen *sc, const struct vf_report *r)
{
	for (size_t i = 0; i < r->n_links && i < SHOWN_NAMES; i++) {
		begin(sc, i == 0 ? "  Links" : "", 14);
		put_text(sc, r->links[i].type);
		put_str(sc, " ");
		put_hash(sc, &r->links[i].record);
		end(sc);
	}
	if (r->n_links <= SHOWN_NAMES)
		return;
	begin(sc, "", 14);
	put_str(sc, "and ");
	put_count(sc, r->n_links - SHOWN_NAMES);
	put_str(sc, " more");
	end(sc);
}

/* Names of the files in either status, in brackets. */
static void put_names(struct screen *sc, const struct vf_report *r, enum vf_file_status a, enum vf_file_status b)
{
	size_t shown = 0, all = 0;

	put_str(sc, " (");
	for (size_t i = 0; i < r->n_files; i++) {
		if (r->files[i].status != a && r->files[i].status != b)
			continue;
		if (++all > SHOWN_NAMES)
			continue;
		put_str(sc, shown++ ? ", " : "");
		put_name(sc, r->files[i].name);
	}
	if (all > SHOWN_NAMES) {
		put_str(sc, ", and ");
		put_count(sc, all - SHOWN_NAMES);
		put_str(sc, " more");
	}
	put_str(sc, ")");
}

static void put_status(struct screen *sc, const struct vf_report *r, enum vf_file_status status, const char *word)
{
	size_t n = vf_report_count_files(r, status);

	if (n == 0)
		return;
	put_str(sc, "; ");
	put_count(sc, n);
	put_str(sc, " ");
	put_str(sc, word);
	put_names(sc, r, status, status);
}

/* Coverage is always counted, whatever the verdict. */
static void put_files(struct screen *sc, const struct vf_report *r)
{
	size_t good = vf_report_good_files(r);

	LABEL(sc, "Covered");
	if (r->n_files == 0) {
		put_str(sc, "0 of 0 files");
		end(sc);
		return;
	}
	put_count(sc, good);
	put_str(sc, " of ");
	put_plural(sc, r->n_files, "file", "files");
	if (good > 0)
		put_names(sc, r, VF_FILE_COVERED, VF_FILE_DETACHED);
	put_status(sc, r, VF_FILE_ALTERED, "altered");
	put_status(sc, r, VF_FILE_UNCOVERED, "uncovered");
	put_status(sc, r, VF_FILE_MISSING, "missing");
	put_status(sc, r, VF_FILE_WITHHELD, "withheld");
	end(sc);
}

static struct vf_bytes stamp_name(const struct vf_stamp *stamp)
{
	return vf_bytes_str(stamp->authority ? stamp->authority : stamp->subject);
}

static void put_others(struct screen *sc, const struct vf_report *r, const struct vf_stamp *first)
{
	for (size_t i = 0; i < r->n_stamps; i++) {
		const struct vf_stamp *other = &r->stamps[i];

		if (other == first || !other->counts || other->chain != first->chain || other->index != first->index)
			continue;
		if (vf_bytes_eq(stamp_name(other), stamp_name(first)))
			continue;
		put_str(sc, "; ");
		put_quoted(sc, stamp_name(other));
		put_str(sc, " agrees within ");
		put_span(sc, (uint64_t)llabs(other->gen_time - first->gen_time));
	}
}

static void put_existed(struct screen *sc, const struct vf_report *r)
{
	const struct vf_stamp *first = vf_report_time_stamp(r);

	if (r->verdict != VF_VERIFIED || r->existed_by == VF_TIME_NONE)
		return;
	LABEL(sc, "Existed");
	put_str(sc, "no later than ");
	put_time(sc, r->existed_by);
	if (!first) {
		end(sc);
		return;
	}
	put_str(sc, " (");
	if (first->has_accuracy && first->accuracy_ms > 0) {
		put_str(sc, r->existed_by == first->gen_time ? "" : "with ");
		put_str(sc, sc->look->unicode ? "± " : "+/- ");
		put_span(sc, first->accuracy_ms);
		put_str(sc, ", ");
	}
	put_str(sc, "TSA ");
	put_quoted(sc, stamp_name(first));
	put_others(sc, r, first);
	put_str(sc, ")");
	end(sc);
}

/* Times that nobody the user trusts vouches for are claims. */
static void put_claimed(struct screen *sc, const struct vf_report *r)
{
	if (r->verdict != VF_INDETERMINATE && r->verdict != VF_INTACT)
		return;
	for (size_t i = 0; i < r->n_stamps && i < SHOWN_NAMES; i++) {
		begin(sc, i == 0 ? "  Claimed" : "", 14);
		put_time(sc, r->stamps[i].gen_time);
		put_str(sc, " by ");
		put_quoted(sc, stamp_name(&r->stamps[i]));
		put_str(sc, r->stamps[i].counts ? " (in the trust directory)" : " (a claim, not a proven time)");
		end(sc);
	}
}

static void put_counted(struct screen *sc, const struct vf_report *r, size_t rule)
{
	const struct vf_tally *tally = &r->rules[rule];
	bool any = false;

	for (size_t i = 0; i < r->policy->n_authorities; i++) {
		if (tally->times[i] == VF_TIME_NONE)
			continue;
		put_str(sc, any ? ", " : "; counted: ");
		put_str(sc, r->policy->authorities[i].name);
		put_str(sc, " (");
		put_time(sc, tally->times[i]);
		put_str(sc, ")");
		any = true;
	}
	if (!any)
		put_str(sc, tally->met ? "; counted: others for each file" : "; none counted");
	any = false;
	for (size_t i = 0; !tally->met && i < r->policy->n_authorities; i++)
		if (vf_report_is_missing(r, rule, i)) {
			put_str(sc, any ? ", " : "; missing: ");
			put_str(sc, r->policy->authorities[i].name);
			any = true;
		}
}

/* What is there and does not count in a rule that is not met. */
static void put_uncounted(struct screen *sc, const struct vf_report *r, size_t rule)
{
	struct vf_uncounted u;
	size_t at = 0;

	while (vf_report_uncounted(r, rule, &at, &u)) {
		begin(sc, "", 14);
		put_str(sc, "not counted: ");
		put_quoted(sc, stamp_name(u.stamp));
		put_str(sc, " (");
		put_time(sc, u.stamp->gen_time);
		put_str(sc, "): ");
		put_text(sc, vf_bytes_str(u.text));
		put_str(sc, " [");
		put_str(sc, u.code);
		put_str(sc, "]");
		end(sc);
	}
}

/* Beside a contradiction only what was not met is said: what was met proves nothing there. */
static void put_rules(struct screen *sc, const struct vf_report *r)
{
	for (size_t i = 0; r->policy && i < r->policy->n_rules; i++) {
		char label[24];

		if (r->rules[i].met && r->verdict == VF_REJECTED)
			continue;
		snprintf(label, sizeof(label), "  Rule %zu", i + 1);
		begin(sc, label, 14);
		put_str(sc, r->rules[i].met ? "met: " : "NOT MET: ");
		vf_rule_words(&sc->line, r->policy, &r->policy->rules[i]);
		put_counted(sc, r, i);
		end(sc);
		if (!r->rules[i].met)
			put_uncounted(sc, r, i);
	}
}

static void put_log(struct screen *sc, const struct vf_report *r)
{
	if (!r->has_log)
		return;
	LABEL(sc, "Recorded");
	put_str(sc, "entry ");
	put_count(sc, r->index);
	put_str(sc, " of log ");
	put_name(sc, r->origin);
	if (r->verdict == VF_INTACT) {
		put_str(sc, " (the log's key and its witnesses were not checked)");
	} else if (r->n_witnesses_known == 0) {
		put_str(sc, ", no witness is named in the trust directory");
	} else {
		put_str(sc, ", seen by ");
		put_count(sc, r->n_witnesses);
		put_str(sc, " of ");
		put_plural(sc, r->n_witnesses_known, "witness", "witnesses");
		put_str(sc, r->quorum ? " (enough for the policy)" : " (fewer than the policy needs)");
	}
	end(sc);
}

/* 21 CFR 11.50: printed name, date and time, meaning; all of it the signer's word. */
static void put_said(struct screen *sc, const struct vf_report *r)
{
	char meaning[VF_SHOWN_MEANING];

	vf_report_meaning(r, meaning);
	LABEL(sc, "Signed");
	put_str(sc, "as ");
	put_quoted(sc, vf_report_printed_name(r));
	put_str(sc, ", ");
	put_str(sc, meaning);
	put_str(sc, ", ");
	if (r->signing_time != VF_TIME_NONE) {
		put_str(sc, "at ");
		put_time(sc, r->signing_time);
		put_str(sc, " by the signer's clock; ");
	} else {
		put_str(sc, "no time stated; ");
	}
	put_str(sc, vf_signer_state_words(r->signer_state));
	end(sc);
}

static void put_submitter(struct screen *sc, const struct vf_report *r)
{
	LABEL(sc, "Submitted");
	if (!r->has_submitter) {
		put_str(sc, "without a signature: the result does not say by whom");
		end(sc);
		return;
	}
	put_str(sc, "by ");
	put_quoted(sc, vf_bytes_str(r->submitter));
	put_str(sc, " ");
	put_str(sc, vf_report_signer_words(r));
	end(sc);
	if (r->has_said)
		put_said(sc, r);
}

static void put_renewals(struct screen *sc, const struct vf_report *r)
{
	LABEL(sc, "Renewed");
	if (r->renewals == 0)
		put_str(sc, "not yet");
	else
		put_plural(sc, r->renewals, "time", "times");
	if (r->renew_before != VF_TIME_NONE) {
		put_str(sc, vf_report_renew_words(r));
		put_day(sc, r->renew_before);
	}
	end(sc);
}

/* ---- evidence that other software made ---- */

/* What the verdict means, in one sentence. */
static void put_meaning(struct screen *sc, const struct vf_report *r)
{
	char subject[VF_SHOWN_SUBJECT];

	if (!vf_report_is_foreign(r) || r->verdict != VF_VERIFIED || r->existed_by == VF_TIME_NONE)
		return;
	vf_report_subject(r, subject);
	begin(sc, "  ", 2);
	put_str(sc, subject);
	put_str(sc, " existed, exactly as given here, no later than ");
	put_time(sc, r->existed_by);
	put_str(sc, ".");
	end(sc);
	vf_sink_str(sc->out, "\n");
}

/* Who says when, and how far that reaches. */
static void put_stamp(struct screen *sc, const struct vf_report *r, const struct vf_stamp *t)
{
	begin(sc, r->verdict != VF_VERIFIED ? "  Claimed" : t->chain || t->index ? "  Renewal" : "  Time-stamp", 14);
	put_time(sc, t->gen_time);
	if (t->has_accuracy && t->accuracy_ms > 0) {
		put_str(sc, sc->look->unicode ? " ± " : " +/- ");
		put_span(sc, t->accuracy_ms);
	}
	put_str(sc, " by ");
	put_quoted(sc, stamp_name(t));
	if (!t->counts)
		put_str(sc, " (a claim, not a proven time)");
	else if (r->verdict != VF_VERIFIED)
		put_str(sc, " (in the trust directory)");
	if (t->valid_to != VF_TIME_NONE) {
		put_str(sc, ", certificate until ");
		put_day(sc, t->valid_to);
	}
	if (t->revocation != VF_REVOCATION_UNKNOWN) {
		put_str(sc, ", ");
		put_str(sc, vf_revocation_words(t->revocation));
	}
	if (t->revocation == VF_REVOCATION_GOOD && t->revocation_as_of != VF_TIME_NONE) {
		put_str(sc, " as of ");
		put_day(sc, t->revocation_as_of);
	}
	end(sc);
}

static void put_foreign(struct screen *sc, const struct vf_report *r)
{
	if (r->verdict == VF_REJECTED) {
		put_rules(sc, r);
		return;
	}
	for (size_t i = 0; i < r->n_stamps && i < SHOWN_NAMES; i++)
		put_stamp(sc, r, &r->stamps[i]);
	if (r->n_stamps > SHOWN_NAMES) {
		begin(sc, "", 14);
		put_str(sc, "and ");
		put_count(sc, r->n_stamps - SHOWN_NAMES);
		put_str(sc, " more");
		end(sc);
	}
	put_rules(sc, r);
	if (r->has_submitter) {
		LABEL(sc, "Signed by");
		put_quoted(sc, vf_bytes_str(r->submitter));
		put_str(sc, " ");
		put_str(sc, vf_report_signer_words(r));
		end(sc);
	}
	if (r->n_others) {
		LABEL(sc, "Others");
		put_str(sc, "the evidence also covers ");
		put_plural(sc, r->n_others, "other object that was", "other objects that were");
		put_str(sc, " not given");
		end(sc);
	}
	if (r->verdict == VF_VERIFIED || r->verdict == VF_INTACT)
		put_renewals(sc, r);
}

/* ---- receipts ---- */

static void put_promise(struct screen *sc, const struct vf_receipt_facts *f)
{
	LABEL(sc, "Promise");
	if (f->promise == VF_PROMISE_KEPT) {
		put_str(sc, "kept: the entry was in the log no later than ");
		put_time(sc, f->shown_by);
	} else if (f->promise == VF_PROMISE_IN_LOG && f->shown_by != VF_TIME_NONE) {
		put_str(sc, "the entry is in the log, shown for ");
		put_time(sc, f->shown_by);
		put_str(sc, ", which is after the deadline");
	} else if (f->promise == VF_PROMISE_IN_LOG) {
		put_str(sc, "the entry is in the log; since when is not shown");
	} else {
		put_str(sc, "not shown to be kept");
	}
	end(sc);
}

static void put_receipt(struct screen *sc, const struct vf_report *r)
{
	const struct vf_receipt_facts *f = &r->receipt;

	/* what it says is worth nothing before it is known to be right */
	if (!r->has_receipt || (r->verdict != VF_VERIFIED && r->verdict != VF_INTACT))
		return;
	begin(sc, "  ", 2);
	put_str(sc, r->verdict == VF_VERIFIED ? "The notary of log "
					      : "The receipt says, and nobody vouches for it, that the notary of log ");
	put_name(sc, f->origin);
	put_str(sc, " promised to have this entry in its log no later than ");
	put_time(sc, f->deadline);
	put_str(sc, ".");
	end(sc);
	vf_sink_str(sc->out, "\n");
	LABEL(sc, "Record");
	put_str(sc, "id ");
	put_hash(sc, &f->id);
	put_str(sc, f->on_page ? ", as the page shows it" : "");
	end(sc);
	LABEL(sc, "Accepted");
	put_time(sc, f->accepted);
	put_str(sc, " by the notary's own clock (a claim, not a proven time)");
	end(sc);
	put_promise(sc, f);
	put_log(sc, r);
}

/* ---- excerpts ---- */

/* One row, as text: what ends its line is left out, and what is long is cut. */
static void put_row(struct screen *sc, const struct vf_excerpt_row *row)
{
	struct vf_bytes text = row->text;
	uint8_t octets[400];
	char label[32];
	size_t n = 0;

	while (n < sizeof(octets) && vf_take_row_octet(&text, &octets[n]))
		n++;
	while (text.n == 0 && n > 0 && (octets[n - 1] == '\n' || octets[n - 1] == '\r'))
		n--;
	snprintf(label, sizeof(label), "  Row %" PRIu64 "  ", row->row);
	begin(sc, label, strlen(label) > 14 ? strlen(label) : 14);
	put_quoted(sc, vf_bytes(octets, n));
	put_str(sc, text.n ? " ..." : "");
	end(sc);
}

static void put_excerpt(struct screen *sc, const struct vf_report *r, const struct vf_excerpt_facts *f)
{
	struct vf_bytes lines = f->excerpt.lines;
	struct vf_excerpt_row row;
	uint64_t n;

	if (!f->is_proven)
		return;
	begin(sc, "  ", 2);
	put_count(sc, f->shown);
	put_str(sc, " of ");
	put_count(sc, f->rows.count);
	put_str(sc, f->rows.count == 1 ? " row of " : " rows of ");
	put_name(sc, f->rows.document);
	if (r->existed_by != VF_TIME_NONE) {
		put_str(sc, " existed, exactly as shown and at these places, no later than ");
		put_time(sc, r->existed_by);
	} else {
		put_str(sc, " are in the record, exactly as shown and at these places");
	}
	put_str(sc, ". Rows are counted from 0; unit: ");
	put_text(sc, f->rows.unit);
	put_str(sc, ".");
	end(sc);
	vf_sink_str(sc->out, "\n");
	for (n = 0; n < SHOWN_ROWS && vf_excerpt_next(&lines, &row); n++)
		put_row(sc, &row);
	if (n < f->shown) {
		LABEL(sc, "Rows");
		put_count(sc, f->shown - n);
		put_str(sc, " more: the excerpt lists all");
		end(sc);
	}
	vf_sink_str(sc->out, "\n");
}

/* Checks that no step reached, by name. */
static void put_unreached(struct screen *sc, const struct vf_report *r, bool first)
{
	bool any = false;

	for (size_t c = 0; c < VF_CHECK_COUNT; c++) {
		if (r->checks[c] != VF_RESULT_NOT_CHECKED)
			continue;
		if (!any)
			begin(sc, first ? "  Not checked: " : "", first ? 4 : 6);
		if (!any && first)
			sc->column = 15;
		put_str(sc, any ? ", " : "the checks ");
		put_str(sc, vf_check_name((enum vf_check)c));
		any = true;
	}
	if (!any)
		return;
	put_str(sc, ".");
	end(sc);
}

static void put_unchecked(struct screen *sc, const struct vf_report *r)
{
	if (r->sorted_renewal) {
		begin(sc, "  Allowed on request: ", 4);
		sc->column = 22;
		put_str(sc, VF_SORTED_WORDS " [SORTED_RENEWAL]");
		end(sc);
	}
	for (size_t i = 0; i < r->n_unchecked; i++) {
		begin(sc, "  Not checked: ", 4);
		sc->column = 15;
		put_text(sc, vf_bytes_str(r->unchecked[i].text));
		put_str(sc, " [");
		put_str(sc, r->unchecked[i].code);
		put_str(sc, "]");
		end(sc);
	}
	put_unreached(sc, r, true);
}

static void put_footer(struct screen *sc, const struct vf_run *run)
{
	const char *dot = sc->look->unicode ? " ·" STAY_TEXT : " |" STAY_TEXT;
	char hex[65];

	begin(sc, "  ", 2);
	if (run->has_policy) {
		vf_hex_put(hex, vf_bytes(run->policy_sha256.b, sizeof(run->policy_sha256.b)));
		put_str(sc, "Policy ");
		put_name(sc, run->policy);
		hex[8] = '\0';
		put_str(sc, " (sha256 ");
		put_str(sc, hex);
		put_str(sc, sc->look->unicode ? "…)" : "...)");
	} else {
		put_str(sc, run->integrity_only ? "No policy (integrity only)" : "No policy (no trust directory)");
	}
	put_str(sc, dot);
	put_str(sc, "offline");
	put_str(sc, dot);
	put_str(sc, run->at_given ? "checked as of " : "checked ");
	put_time(sc, vf_run_shown_at(run));
	put_str(sc, run->at_given ? " (--at)" : "");
	put_str(sc, dot);
	put_str(sc, "trialverify" STAY_TEXT);
	put_str(sc, run->version);
	end(sc);
}

/* What a bundle has and nothing else: record, log entry, submitter. */
static void put_bundle(struct screen *sc, const struct vf_report *r)
{
	put_existed(sc, r);
	put_claimed(sc, r);
	put_rules(sc, r);
	if (r->verdict != VF_VERIFIED && r->verdict != VF_INTACT)
		return;
	put_log(sc, r);
	put_submitter(sc, r);
	put_links(sc, r);
	put_renewals(sc, r);
}

static void put_facts(struct screen *sc, const struct vf_report *r)
{
	if (r->has_record)
		put_record(sc, r);
	if (r->form != VF_FORM_RECEIPT)
		put_files(sc, r);
	if (r->form == VF_FORM_RECEIPT)
		put_receipt(sc, r);
	else if (vf_report_is_foreign(r))
		put_foreign(sc, r);
	else
		put_bundle(sc, r);
	vf_sink_str(sc->out, "\n");
	if (r->verdict == VF_VERIFIED || r->verdict == VF_INTACT) {
		begin(sc, "  Not shown by this result: ", 4);
		sc->column = 28;
		put_str(sc, vf_report_not_shown(r));
		end(sc);
	}
	put_unchecked(sc, r);
}

static void put_outcome(struct screen *sc, const struct vf_run *run, const struct vf_outcome *o)
{
	const struct vf_report *r = &o->report;

	put_headline(sc, o);
	if (sc->look->brief)
		return;
	vf_sink_str(sc->out, "\n");
	if (!o->decided) {
		put_reason(sc, o->err.rc, "", o->err.text);
		begin(sc, "", 6);
		put_str(sc, "Nothing was decided about this file.");
		end(sc);
		put_next(sc, o->err.rc, true);
		vf_sink_str(sc->out, "\n");
		put_footer(sc, run);
		return;
	}
	if (r->verdict == VF_REJECTED || r->verdict == VF_INDETERMINATE) {
		put_reasons(sc, r);
		put_rest(sc, r);
		put_nexts(sc, r);
		vf_sink_str(sc->out, "\n");
	}
	put_meaning(sc, r);
	put_excerpt(sc, r, &o->excerpt);
	put_facts(sc, r);
	put_footer(sc, run);
}

/* "3 files: 1 VERIFIED, 2 REJECTED" */
static void put_total(struct screen *sc, const struct vf_run *run)
{
	static const char *const words[] = {"VERIFIED", "INTACT", "INDETERMINATE", "REJECTED", "NO VERDICT"};
	bool any = false;

	begin(sc, "", 0);
	put_plural(sc, run->n_outcomes, "file", "files");
	put_str(sc, ": ");
	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		size_t n = 0;

		for (size_t i = 0; i < run->n_outcomes; i++)
			n += strcmp(vf_outcome_word(&run->outcomes[i]), words[w]) == 0;
		if (n == 0)
			continue;
		put_str(sc, any ? ", " : "");
		put_count(sc, n);
		put_str(sc, " ");
		put_str(sc, words[w]);
		any = true;
	}
	end(sc);
}

void vf_report_text(struct vf_sink *s, const struct vf_run *run, const struct vf_look *look)
{
	struct screen sc = {.out = s, .look = look, .line = {.put = put_line}};

	sc.line.ctx = &sc;
	for (size_t i = 0; i < run->n_outcomes; i++) {
		if (i > 0 && !look->brief)
			vf_sink_str(s, "\n");
		put_outcome(&sc, run, &run->outcomes[i]);
	}
	if (run->n_outcomes > 1 && !look->brief) {
		vf_sink_str(s, "\n");
		put_total(&sc, run);
	}
}
