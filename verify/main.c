/*
 * The program trialverify: the only place of verify/ that reads the clock and the
 * environment, prints, and exits.
 */
#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <langinfo.h>
#include <libxml/xmlversion.h>
#include <locale.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "verify/extract.h"
#include "verify/files.h"
#include "verify/help.h"
#include "verify/inspect.h"
#include "verify/run.h"
#include "verify/options.h"
#include "verify/output.h"
#include "verify/report.h"
#include "verify/report_html.h"
#include "verify/study_run.h"
#include "verify/text.h"
#include "verify/trust_add.h"

/* While files are being written, an interrupt lets them be taken away first. */
static volatile sig_atomic_t interrupted, must_tidy;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
	if (!must_tidy)
		_exit(130);
}

/* A closed descriptor 0 to 2 must not be reused by a file that we open. */
static bool hold_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		/* Open the other way round, so that using it fails and is noticed. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

static void catch_signals(void)
{
	struct sigaction act = {.sa_handler = on_interrupt}, ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&act.sa_mask);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL); /* a reader that went away is an error of write */
}

static bool put_stdout(void *ctx, struct vf_bytes piece)
{
	(void)ctx;
	return fwrite(piece.p, 1, piece.n, stdout) == piece.n;
}

/* Says what went wrong; the message is ours or escaped already. */
static int fail(const struct vf_err *err)
{
	int status = vf_rc_exit(err->rc);

	fprintf(stderr, "trialverify: %s  [%s]\n", err->text, vf_rc_name(err->rc));
	if (vf_rc_class(err->rc) == VF_CLASS_USAGE && err->rc == VF_USAGE)
		fprintf(stderr, "Try 'trialverify --help'.\n");
	else
		fprintf(stderr, "Next: %s\n", vf_rc_next(err->rc));
	return status >= 64 ? status : 70;
}

/* Nothing that was asked for may be lost without notice (exit 74). */
static int finish(struct vf_sink *out, int status)
{
	int error = 0;

	errno = 0;
	if (out->failed || ferror(stdout) || fflush(stdout) != 0)
		error = errno ? errno : EIO;
	if (fclose(stdout) != 0 && !error)
		error = errno;
	if (!error)
		return status;
	fprintf(stderr, "trialverify: cannot write the result: %s  [IO]\n", strerror(error));
	return 74;
}

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct vf_look look_for(const struct vf_options *o)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct vf_look look = {.brief = o->quiet};

	look.unicode = setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	/* Only to learn what the terminal shows: every text is made in the C locale. */
	setlocale(LC_CTYPE, "C");
	look.color = !o->no_color && (!no_color || no_color[0] == '\0') && term && strcmp(term, "dumb") != 0 &&
		     isatty(STDOUT_FILENO);
	return look;
}

static void put_results(struct vf_sink *out, const struct vf_options *o, const struct vf_run *run)
{
	struct vf_look look = look_for(o);

	if (o->json)
		vf_report_json(out, run);
	else
		vf_report_text(out, run, &look);
}

static int begin_run(const struct vf_options *o, struct vf_runner **ret)
{
	const char *warning = NULL;
	struct vf_err err;
	enum vf_rc rc = vf_runner_new(o, clock_now(), ret, &warning, &err);

	if (rc != VF_OK)
		return fail(&err);
	if (warning)
		fprintf(stderr, "trialverify: warning: %s: make it writable by its owner alone  [%s]\n", warning,
			vf_rc_name(VF_TRUST_INSECURE));
	return 0;
}

static void put_page(struct vf_sink *sink, const void *run)
{
	vf_report_html(sink, run);
}

static int write_page(const struct vf_options *o, void (*put)(struct vf_sink *s, const void *ctx), const void *ctx, int status)
{
	struct vf_output *page;
	struct vf_sink sink;
	struct vf_err err;
	enum vf_rc rc;

	must_tidy = 1;
	rc = vf_output_open(o->report, o->force, &page, &err);
	if (rc == VF_OK) {
		sink = vf_output_sink(page);
		put(&sink, ctx);
		if (interrupted) {
			vf_output_abort(page);
			return 130;
		}
		rc = vf_output_commit(page, &err);
	}
	if (rc != VF_OK)
		status = fail(&err);
	must_tidy = 0;
	return interrupted ? 130 : status;
}

static int run_study(const struct vf_options *o, struct vf_sink *out)
{
	VF_CLEANUP(vf_runner_freep) struct vf_runner *runner = NULL;
	struct vf_err err;
	int status;

	status = begin_run(o, &runner);
	if (status)
		return status;
	return vf_study_run(o, runner, out, write_page, &status, &err) == VF_OK ? status : fail(&err);
}

static int run_verify(const struct vf_options *o, struct vf_sink *out)
{
	VF_CLEANUP(vf_runner_freep) struct vf_runner *runner = NULL;
	struct vf_run run;
	struct vf_err err;
	int status;

	if (o->report && vf_output_check(o->report, o->force, &err) != VF_OK)
		return fail(&err);
	if (vf_study_wanted(o))
		return run_study(o, out);
	status = begin_run(o, &runner);
	if (status)
		return status;
	for (size_t i = 0; i < vf_runner_inputs(o); i++)
		vf_runner_next(runner, o->operands.at[i]);
	run = vf_runner_run(runner);
	if (o->meant && run.n_outcomes && !run.outcomes[0].decided && run.outcomes[0].err.rc == VF_NO_INPUT) {
		vf_ignore(vf_fail(&err, VF_USAGE, "there is no file '%s': did you mean the verb '%s'?",
			run.outcomes[0].report.input, o->meant)); /* shown below */
		return fail(&err);
	}
	put_results(out, o, &run);
	status = vf_run_exit(&run);
	return o->report ? write_page(o, put_page, &run, status) : status;
}

static int run_inspect(const struct vf_options *o, struct vf_sink *out)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = NULL;
	struct vf_look look = look_for(o);
	char shown[256];
	struct vf_err err;
	enum vf_rc rc = vf_input_open(o->operands.at[0], VF_INPUT_WHOLE, &in, &err);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(o->operands.at[0]));
	if (rc == VF_OK)
		rc = vf_inspect(out, shown, vf_input_source(in), o->json, &look, &err);
	if (rc == VF_OK)
		rc = vf_input_check_same(in, &err);
	if (rc == VF_OK)
		return 0;
	fail(&err);
	return vf_rc_exit(rc);
}

static int extract_now(const struct vf_options *o, const struct vf_runner *runner, const struct vf_report *report,
	bool verified, size_t *ret_n)
{
	struct vf_err err;
	enum vf_rc rc;

	must_tidy = 1;
	rc = vf_extract(vf_runner_source(runner), report, !verified, o->output, &interrupted, ret_n, &err);
	must_tidy = 0;
	if (rc == VF_INTERRUPTED)
		return 130;
	return rc == VF_OK ? 0 : fail(&err);
}

/* Extracts only what is VERIFIED; when forced, the exit status still is the verdict's. */
static int run_extract(const struct vf_options *o, struct vf_sink *out)
{
	VF_CLEANUP(vf_runner_freep) struct vf_runner *runner = NULL;
	struct vf_run run;
	bool verified;
	size_t n = 0;
	int status = begin_run(o, &runner), failed;

	if (status)
		return status;
	vf_runner_next(runner, o->operands.at[0]);
	run = vf_runner_run(runner);
	status = vf_run_exit(&run);
	put_results(out, o, &run);
	fflush(stdout);
	verified = run.outcomes[0].decided && run.outcomes[0].report.verdict == VF_VERIFIED && status == 0;
	if (!verified && (!o->even_if_unverified || !vf_runner_source(runner))) {
		fprintf(stderr, "trialverify: nothing was extracted, because the file is not VERIFIED\n");
		return status;
	}
	if (!verified)
		fprintf(stderr, "trialverify: WARNING: extracting files that are NOT VERIFIED (%s), as --even-if-unverified asks\n",
			vf_outcome_word(&run.outcomes[0]));
	failed = extract_now(o, runner, &run.outcomes[0].report, verified, &n);
	if (failed)
		return failed;
	if (!o->json && !o->quiet)
		vf_sink_putf(out, "\n%s%zu %s into the new folder ", verified ? "Extracted " : "Extracted WITHOUT VERIFICATION: ",
			n, n == 1 ? "file" : "files");
	if (!o->json && !o->quiet) {
		vf_sink_ascii(out, vf_bytes_str(o->output));
		vf_sink_str(out, "\n");
	}
	return status;
}

static void put_versions(struct vf_sink *out)
{
	vf_sink_putf(out, "trialverify " TRIALNOTARY_VERSION "\n  %s\n  %s\n", OpenSSL_version(OPENSSL_VERSION),
		archive_version_string());
	vf_sink_putf(out, "  libxml2 " LIBXML_DOTTED_VERSION "\n  jansson %s\n  zlib %s\n", jansson_version_str(),
		zlibVersion());
}

static int run_simple(const struct vf_options *o, struct vf_sink *out)
{
	const char *word = o->operands.n ? o->operands.at[0] : NULL;
	enum vf_rc rc = VF_OK;
	struct vf_err err;

	if (o->verb == VF_VERB_HELP)
		rc = vf_help_put(out, word, &err);
	else if (o->verb == VF_VERB_EXPLAIN)
		rc = vf_explain(out, word, o->json, &err);
	else if (o->verb == VF_VERB_COMPLETION)
		rc = vf_completion_put(out, o->completion, &err);
	else
		put_versions(out);
	return rc == VF_OK ? 0 : fail(&err);
}

static int run_trust(const struct vf_options *o, struct vf_sink *out)
{
	struct vf_err err;

	if (vf_trust_run(o, out, look_for(o).unicode, &must_tidy, &err) != VF_OK)
		return fail(&err);
	return interrupted ? 130 : 0;
}

static int dispatch(const struct vf_options *o, struct vf_sink *out)
{
	switch (o->verb) {
	case VF_VERB_VERIFY:
	case VF_VERB_ER:
	case VF_VERB_TOKEN:
	case VF_VERB_RECEIPT:
	case VF_VERB_EXCERPT:
		return run_verify(o, out);
	case VF_VERB_INSPECT:
		return run_inspect(o, out);
	case VF_VERB_EXTRACT:
		return run_extract(o, out);
	case VF_VERB_TRUST:
		return run_trust(o, out);
	case VF_VERB_EXPLAIN:
	case VF_VERB_HELP:
	case VF_VERB_VERSION:
	case VF_VERB_COMPLETION:
		break;
	}
	return run_simple(o, out);
}

int main(int argc, char **argv)
{
	struct vf_sink out = {.put = put_stdout};
	struct vf_options options;
	struct vf_err err;
	int status;

	if (!hold_standard())
		return 74;
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) /* no setting of the system changes a verdict */
		return 70;
	catch_signals();
	if (vf_options_parse(argc, argv, &options, &err) != VF_OK)
		status = fail(&err);
	else
		status = dispatch(&options, &out);
	vf_options_done(&options);
	return finish(&out, status);
}
