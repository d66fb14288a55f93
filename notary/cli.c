#include "notary/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verify/text.h"

/* Output of one run: a list of a million records fits. */
#define MAX_TEXT ((size_t)1024 * 1024 * 1024)
#define MAX_DETAILS ((size_t)1024 * 1024)
#define MAX_WORD 64
#define MAX_VERBS 64
#define HELP_COLUMN 26

static const struct nt_option common[] = {
	{"json", 0, NULL, "print one JSON object (docs/cli.md)", false, false},
	{"quiet", 'q', NULL, "no notes and no progress on the error output", false, false},
	{"help", 'h', NULL, "show this help", false, false},
	{0},
};

/* ---- suggestions ---- */

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
	size_t d[MAX_WORD + 1][MAX_WORD + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > MAX_WORD || nb > MAX_WORD)
		return SIZE_MAX;
	for (size_t i = 0; i <= na; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			d[i][j] = min3(
				d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[na][nb];
}

const char *nt_cli_suggest(const char *word, const char *const *words, size_t n)
{
	size_t best = strlen(word) <= 4 ? 2 : 3; /* further away nobody meant it */
	const char *ret = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);

		if (d < best) {
			best = d;
			ret = words[i];
		}
	}
	return ret;
}

/* ---- values and output ---- */

const char *nt_cli_get_at(const struct nt_cli *cli, const char *option, size_t at)
{
	for (size_t i = 0; i < cli->n_values; i++) {
		if (strcmp(cli->values[i].option->name, option) == 0 && at-- == 0)
			return cli->values[i].text;
	}
	return NULL;
}

VF_RC nt_cli_list(const struct nt_cli *cli, const char *option, const char ***ret, size_t *ret_n, struct vf_err *reterr)
{
	const char **list = calloc(cli->n_values + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");
	for (size_t i = 0; i < cli->n_values; i++)
		if (strcmp(cli->values[i].option->name, option) == 0)
			list[n++] = cli->values[i].text;
	*ret = list;
	*ret_n = n;
	return VF_OK;
}

const char *nt_cli_get(const struct nt_cli *cli, const char *option)
{
	const char *ret = NULL;

	for (size_t i = 0; i < cli->n_values; i++) {
		if (strcmp(cli->values[i].option->name, option) == 0)
			ret = cli->values[i].text;
	}
	return ret;
}

bool nt_cli_has(const struct nt_cli *cli, const char *option)
{
	for (size_t i = 0; i < cli->n_values; i++) {
		if (strcmp(cli->values[i].option->name, option) == 0)
			return true;
	}
	return false;
}

void nt_cli_flush(struct nt_cli *cli)
{
	if (cli->text.n > 0)
		cli->out->write(cli->out->ctx, 1, nt_buf_bytes(&cli->text));
	nt_buf_reset(&cli->text);
}

void nt_cli_note(struct nt_cli *cli, const char *fmt, ...)
{
	char line[1200];
	va_list ap;
	int n;

	if (cli->quiet)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n] = '\n';
	cli->out->write(cli->out->ctx, 2, vf_bytes(line, (size_t)n + 1));
}

void nt_cli_detail(struct nt_cli *cli, const char *fmt, ...)
{
	char line[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (cli->details.n + strlen(line) + 1 > cli->details.cap)
		return; /* a hundred thousand bad names: the first ones say enough */
	nt_buf_put_str(&cli->details, line);
	nt_buf_put_u8(&cli->details, '\n');
}

void nt_cli_put_text(struct nt_buf *out, struct vf_bytes text)
{
	char shown[2048];

	vf_text_escape(shown, sizeof(shown), text);
	nt_buf_put_str(out, shown);
}

void nt_cli_put_json(struct nt_buf *out, struct vf_bytes text)
{
	if (vf_utf8_is(text)) {
		nt_buf_put_json(out, text);
		return;
	}
	nt_buf_put_u8(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < 0x20 || text.p[i] >= 0x7f || text.p[i] == '"' || text.p[i] == '\\')
			nt_buf_putf(out, "\\\\x%02x", text.p[i]);
		else
			nt_buf_put_u8(out, text.p[i]);
	}
	nt_buf_put_u8(out, '"');
}

void nt_cli_field(struct nt_buf *out, const char *name, struct vf_bytes text)
{
	nt_buf_putf(out, ",\"%s\":", name);
	if (text.n == 0)
		nt_buf_put_str(out, "null");
	else
		nt_cli_put_json(out, text);
}

void nt_cli_hex_field(struct nt_buf *out, const char *name, struct vf_bytes bytes)
{
	nt_buf_putf(out, ",\"%s\":\"", name);
	nt_buf_put_hex(out, bytes);
	nt_buf_put_u8(out, '"');
}

void nt_cli_begin(struct nt_cli *cli)
{
	nt_buf_put_str(&cli->text, "{\"schema\":\"trialnotary/");
	for (const char *p = cli->verb->name; *p; p++)
		nt_buf_put_u8(&cli->text, *p == ' ' ? '-' : (uint8_t)*p);
	nt_buf_put_str(&cli->text, "/1\"");
}

int64_t nt_cli_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t nt_cli_ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- help ---- */

static void put_option(struct nt_buf *out, const struct nt_option *o)
{
	char left[64];
	int n = snprintf(left, sizeof(left), "  %s%c%s--%s%s%s", o->letter ? "-" : "",
		o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name, o->arg ? " " : "",
		o->arg ? o->arg : "");

	nt_buf_put_str(out, left);
	if (n >= HELP_COLUMN)
		nt_buf_putf(out, "\n%*s", HELP_COLUMN, "");
	else
		nt_buf_putf(out, "%*s", HELP_COLUMN - n, "");
	nt_buf_put_str(out, o->help);
	if (o->many)
		nt_buf_put_str(out, " (may be repeated)");
	nt_buf_put_u8(out, '\n');
}

static void put_lines(struct nt_buf *out, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		nt_buf_putf(out, "  %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

static void put_usage(struct nt_buf *out, const struct nt_verb *v)
{
	bool optional = false;

	nt_buf_putf(out, "trialnotary %s%s%s", v->name, *v->args ? " " : "", v->args);
	for (const struct nt_option *o = v->options; o && o->name; o++) {
		if (o->required)
			nt_buf_putf(out, " %s%s %s", o->letter ? "-" : "--",
				o->letter ? (char[]){o->letter, 0} : o->name, o->arg);
		else
			optional = true;
	}
	nt_buf_put_str(out, optional ? " [OPTIONS]\n" : "\n");
}

static void help_verb(const struct nt_verb *v, struct nt_buf *out)
{
	nt_buf_putf(out, "trialnotary %s: %s\n\nExamples:\n", v->name, v->summary);
	put_lines(out, v->examples);
	nt_buf_put_str(out, "\nUsage:\n  ");
	put_usage(out, v);
	if (v->details) {
		nt_buf_put_u8(out, '\n');
		nt_buf_put_str(out, v->details);
		nt_buf_put_u8(out, '\n');
	}
	nt_buf_put_str(out, "\nOptions:\n");
	for (const struct nt_option *o = v->options; o && o->name; o++)
		put_option(out, o);
	for (const struct nt_option *o = common; o->name; o++)
		put_option(out, o);
}

void nt_cli_help(const struct nt_verb *verb, struct nt_buf *out)
{
	if (verb) {
		help_verb(verb, out);
		return;
	}
	nt_buf_put_str(out,
		"trialnotary: anchor the documents of a clinical trial, so that nobody can change them "
		"unnoticed\n\n"
		"Examples:\n"
		"  trialnotary init notary\n"
		"  trialnotary submit notary --study DEMO-1 --kind protocol protocol.pdf\n"
		"  trialnotary seal notary\n"
		"  trialnotary export notary 1f0c9a3b -o protocol.asice\n"
		"  trialnotary trust export notary -o trust.d\n"
		"  trialverify --trust trust.d protocol.asice\n\n"
		"Verbs:\n");
	for (const struct nt_verb *v = nt_verbs; v->name; v++)
		nt_buf_putf(out, "  %-16s %s\n", v->name, v->summary);
	nt_buf_put_str(out,
		"\nEvery verb knows --help, --json and --quiet. IDs may be cut to 8 hex digits or more.\n"
		"Exit status: 0 done; 1 refused; 2 undecided; 64 usage; 66 no input; 70 internal; 74 I/O;\n"
		"77 permission; 130 interrupted. 'trialnotary explain CODE' says more about an error.\n");
}

/* ---- completion ---- */

/* First words without repetition: "log" stands for three verbs. */
static bool is_first(const struct nt_verb *v, size_t n)
{
	return v == nt_verbs || strncmp(v->name, (v - 1)->name, n) != 0 || (v - 1)->name[n] != ' ';
}

static void put_first_words(struct nt_buf *out)
{
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		size_t n = strcspn(v->name, " ");

		if (is_first(v, n))
			nt_buf_putf(out, "%s%.*s", v == nt_verbs ? "" : " ", (int)n, v->name);
	}
}

static void put_options(struct nt_buf *out, const struct nt_option *options)
{
	for (const struct nt_option *o = options; o && o->name; o++)
		nt_buf_putf(out, " --%s", o->name);
}

static void put_second_words(struct nt_buf *out, const char *first, size_t n)
{
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		if (strncmp(v->name, first, n) == 0 && v->name[n] == ' ')
			nt_buf_putf(out, " %s", v->name + n + 1);
	}
}

static void complete_bash(struct nt_buf *out)
{
	nt_buf_put_str(out,
		"# bash completion of trialnotary; made by 'trialnotary completion bash'\n"
		"_trialnotary()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='");
	put_first_words(out);
	nt_buf_put_str(out, " --help --version'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		size_t n = strcspn(v->name, " ");

		if (!is_first(v, n))
			continue;
		nt_buf_putf(out, "\t\t%.*s) words='", (int)n, v->name);
		if (v->name[n] == ' ')
			put_second_words(out, v->name, n);
		for (const struct nt_verb *w = v; w->name && strncmp(w->name, v->name, n) == 0; w++)
			put_options(out, w->options);
		put_options(out, common);
		nt_buf_put_str(out, "' ;;\n");
	}
	nt_buf_put_str(out,
		"\t\tesac\n\tfi\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ] || [[ $word == -* ]]; then\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
		"\telse\n\t\tmapfile -t COMPREPLY < <(compgen -W \"${words%%--*}\" -- \"$word\"; "
		"compgen -f -- \"$word\")\n\tfi\n}\n"
		"complete -o filenames -F _trialnotary trialnotary\n");
}

static void complete_fish(struct nt_buf *out)
{
	nt_buf_put_str(out, "# fish completion of trialnotary; made by 'trialnotary completion fish'\n");
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		size_t n = strcspn(v->name, " ");

		if (v->name[n] == ' ')
			nt_buf_putf(out,
				"complete -c trialnotary -n '__fish_seen_subcommand_from %.*s' -a %s -d "
				"\"%s\"\n",
				(int)n, v->name, v->name + n + 1, v->summary);
		if (is_first(v, n))
			nt_buf_putf(out,
				"complete -c trialnotary -n __fish_use_subcommand -a %.*s -d \"%s\"\n",
				(int)n, v->name, v->summary);
		for (const struct nt_option *o = v->options; o && o->name; o++)
			nt_buf_putf(out,
				"complete -c trialnotary -n '__fish_seen_subcommand_from %.*s' -l %s%s -d "
				"\"%s\"\n",
				(int)n, v->name, o->name, o->arg ? " -r" : "", o->help);
	}
	for (const struct nt_option *o = common; o->name; o++)
		nt_buf_putf(out, "complete -c trialnotary -l %s -d \"%s\"\n", o->name, o->help);
}

VF_RC nt_cli_completion(const char *shell, struct nt_buf *out, struct vf_err *reterr)
{
	char shown[80];

	if (strcmp(shell, "fish") == 0) {
		complete_fish(out);
		return VF_OK;
	}
	if (strcmp(shell, "zsh") == 0)
		nt_buf_put_str(out, "#compdef trialnotary\nautoload -U +X bashcompinit && bashcompinit\n");
	if (strcmp(shell, "zsh") == 0 || strcmp(shell, "bash") == 0) {
		complete_bash(out);
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(shell));
	return vf_fail(reterr, VF_USAGE, "no completion for '%s': bash, zsh and fish are known", shown);
}

/* ---- the command line ---- */

/* The verb that begins argv; *used words of it. */
static const struct nt_verb *match_verb(char **argv, int argc, int *used)
{
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		size_t n = strcspn(v->name, " ");

		if (strlen(argv[0]) != n || strncmp(argv[0], v->name, n) != 0)
			continue;
		*used = v->name[n] == ' ' ? 2 : 1;
		if (*used == 1 || (argc > 1 && strcmp(argv[1], v->name + n + 1) == 0))
			return v;
	}
	return NULL;
}

static VF_RC unknown_verb(char **argv, int argc, struct vf_err *reterr)
{
	const char *names[MAX_VERBS];
	char typed[MAX_WORD + 1], shown[MAX_WORD * 4];
	const char *nearest = NULL;
	size_t n = 0;

	for (const struct nt_verb *v = nt_verbs; v->name && n < MAX_VERBS; v++)
		names[n++] = v->name;
	snprintf(typed, sizeof(typed), "%s%s%s", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	nearest = nt_cli_suggest(typed, names, n);
	if (!nearest)
		nearest = nt_cli_suggest(argv[0], names, n);
	for (size_t i = 0; i < n && !nearest; i++) {
		if (strncmp(names[i], argv[0], strlen(argv[0])) == 0 && names[i][strlen(argv[0])] == ' ')
			nearest = names[i];
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(argv[0]));
	if (nearest)
		return vf_fail(reterr, VF_USAGE, "no verb '%s'; did you mean '%s'?", shown, nearest);
	return vf_fail(reterr, VF_USAGE, "no verb '%s'; 'trialnotary help' lists them", shown);
}

static const struct nt_option *find_in(const struct nt_option *options, const char *name, size_t n)
{
	for (const struct nt_option *o = options; o && o->name; o++) {
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	}
	return NULL;
}

static const struct nt_option *find_option(const struct nt_verb *v, const char *text)
{
	const struct nt_option *o = NULL;

	if (text[1] != '-') {
		const struct nt_option *const lists[] = {v->options, common};

		for (size_t i = 0; i < 2; i++) {
			for (o = lists[i]; o && o->name; o++) {
				if (o->letter && o->letter == text[1] && text[2] == '\0')
					return o;
			}
		}
		return NULL;
	}
	o = find_in(v->options, text + 2, strcspn(text + 2, "="));
	return o ? o : find_in(common, text + 2, strcspn(text + 2, "="));
}

static VF_RC unknown_option(const struct nt_verb *v, const char *text, struct vf_err *reterr)
{
	const char *names[MAX_VERBS];
	char typed[MAX_WORD + 1], shown[MAX_WORD * 4];
	const char *nearest;
	size_t n = 0;

	for (const struct nt_option *o = v->options; o && o->name && n < MAX_VERBS; o++)
		names[n++] = o->name;
	for (const struct nt_option *o = common; o->name && n < MAX_VERBS; o++)
		names[n++] = o->name;
	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(text + (text[1] == '-') + 1, "="),
		text + (text[1] == '-') + 1);
	if (strcmp(typed, "server") == 0)
		return vf_fail(reterr, VF_USAGE,
			"'%s' works in a folder on this machine alone: it takes no server (docs/consent.md says what runs where)",
			v->name);
	nearest = nt_cli_suggest(typed, names, n);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	if (nearest)
		return vf_fail(reterr, VF_USAGE, "'%s' has no option '%s'; did you mean '--%s'?", v->name,
			shown, nearest);
	return vf_fail(reterr, VF_USAGE, "'%s' has no option '%s'", v->name, shown);
}

/* Takes one option with its value; *at is moved over both. */
static VF_RC take_option(struct nt_cli *cli, char **argv, int argc, int *at, struct vf_err *reterr)
{
	const char *text = argv[*at];
	const struct nt_option *o = find_option(cli->verb, text);
	const char *equals = text[1] == '-' ? strchr(text, '=') : NULL;
	const char *value = NULL;

	if (!o)
		return unknown_option(cli->verb, text, reterr);
	if (!o->arg && equals)
		return vf_fail(reterr, VF_USAGE, "option '--%s' takes no value", o->name);
	if (o->arg && equals)
		value = equals + 1;
	else if (o->arg && *at + 1 < argc)
		value = argv[++*at];
	else if (o->arg)
		return vf_fail(reterr, VF_USAGE, "option '--%s' needs a value: %s", o->name, o->arg);
	if (!o->many && nt_cli_has(cli, o->name))
		return vf_fail(reterr, VF_USAGE, "option '--%s' is given twice", o->name);
	if (cli->n_values == NT_CLI_MAX_VALUES)
		return vf_fail(reterr, VF_USAGE, "more than %d options", NT_CLI_MAX_VALUES);
	cli->values[cli->n_values++] = (struct nt_cli_value){o, value};
	++*at;
	return VF_OK;
}

static VF_RC take_words(struct nt_cli *cli, char **argv, int argc, struct vf_err *reterr)
{
	bool options = true;
	int at = 0;

	while (at < argc) {
		enum vf_rc rc;

		if (options && strcmp(argv[at], "--") == 0) {
			options = false;
			at++;
			continue;
		}
		if (!options || argv[at][0] != '-' || argv[at][1] == '\0') {
			cli->args[cli->n_args++] = argv[at++];
			continue;
		}
		rc = take_option(cli, argv, argc, &at, reterr);
		if (rc != VF_OK)
			return rc;
	}
	cli->json = nt_cli_has(cli, "json");
	cli->quiet = nt_cli_has(cli, "quiet");
	return VF_OK;
}

static VF_RC check_words(const struct nt_cli *cli, struct vf_err *reterr)
{
	const struct nt_verb *v = cli->verb;

	if (cli->n_args < v->min_args)
		return vf_fail(reterr, VF_USAGE, "'%s' needs more: %s", v->name, v->args);
	if (cli->n_args > v->max_args) {
		char shown[120];

		vf_text_escape(shown, sizeof(shown), vf_bytes_str(cli->args[v->max_args]));
		return vf_fail(reterr, VF_USAGE, "'%s' does not take '%s'", v->name, shown);
	}
	for (const struct nt_option *o = v->options; o && o->name; o++) {
		if (o->required && !nt_cli_has(cli, o->name))
			return vf_fail(reterr, VF_USAGE, "'%s' needs --%s %s", v->name, o->name, o->arg);
	}
	return VF_OK;
}

/*
 * A variable that a script forgot to set must not mean all studies; a mistyped place must not look like one without the
 * document. 'log consistency --from' is a number.
 */
static VF_RC check_values(const struct nt_cli *cli, struct vf_err *reterr)
{
	char shown[160];

	for (size_t i = 0; i < cli->n_values; i++) {
		const struct nt_option *o = cli->values[i].option;

		if (strcmp(o->name, "study") == 0 && o->arg && !cli->values[i].text[0])
			return vf_fail(reterr, VF_USAGE, "--study is empty: name the study");
		if (strcmp(o->name, "from") != 0 || strcmp(o->arg, "PATH") != 0 || access(cli->values[i].text, F_OK) == 0)
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(cli->values[i].text));
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_NO_INPUT, "--from '%s': %s", shown, strerror(errno));
	}
	return VF_OK;
}

static VF_RC run_words(struct nt_cli *cli, char **argv, int argc, struct vf_err *reterr)
{
	int used = 0;
	enum vf_rc rc;

	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		nt_cli_help(NULL, &cli->text);
		return VF_OK;
	}
	if (strcmp(argv[0], "--version") == 0) {
		nt_buf_put_str(&cli->text, "trialnotary " TRIALNOTARY_VERSION "\n");
		return VF_OK;
	}
	cli->verb = match_verb(argv, argc, &used);
	if (!cli->verb && argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		static char help[] = "help";
		char *words[] = {help, argv[0]}; /* 'log --help': the verbs that begin so */

		return run_words(cli, words, 2, reterr);
	}
	if (!cli->verb)
		return unknown_verb(argv, argc, reterr);
	rc = take_words(cli, argv + used, argc - used, reterr);
	if (rc != VF_OK)
		return rc;
	if (nt_cli_has(cli, "help")) {
		nt_cli_help(cli->verb, &cli->text);
		return VF_OK;
	}
	rc = check_words(cli, reterr);
	if (rc == VF_OK)
		rc = check_values(cli, reterr);
	return rc == VF_OK ? cli->verb->run(cli, reterr) : rc;
}

static void put_fault_object(const struct nt_cli *cli, enum vf_rc rc, const char *message, const char *next, struct nt_buf *out)
{
	struct vf_bytes lines = nt_buf_bytes(&cli->details), line;
	const char *comma = "";

	nt_buf_putf(out, "{\"schema\":\"trialnotary/error/1\",\"code\":\"%s\",\"message\":", vf_rc_name(rc));
	nt_cli_put_json(out, vf_bytes_str(message));
	nt_buf_put_str(out, ",\"details\":[");
	while (vf_take_line(&lines, &line)) {
		nt_buf_put_str(out, comma);
		nt_cli_put_json(out, line);
		comma = ",";
	}
	nt_buf_put_str(out, "]");
	nt_cli_field(out, "next", vf_bytes_str(next));
	nt_buf_putf(out, ",\"exit\":%d}\n", vf_rc_exit(rc));
}

/* "trialnotary: CODE: message" and what to do next; with --json an object instead of output. */
static void put_fault(struct nt_cli *cli, enum vf_rc rc, const struct vf_err *err)
{
	const char *message = err->text[0] ? err->text : vf_rc_text(rc);
	struct nt_buf b = nt_buf(2 * MAX_DETAILS);
	struct vf_bytes lines = nt_buf_bytes(&cli->details), line;
	char next[160];

	if (rc == VF_USAGE && cli->verb && strcmp(cli->verb->name, "help") != 0)
		snprintf(next, sizeof(next), "see 'trialnotary help %s'", cli->verb->name);
	else
		snprintf(next, sizeof(next), "%s", rc == VF_USAGE ? "see 'trialnotary help'" : vf_rc_next(rc));
	if (cli->json && !cli->keep_text) {
		put_fault_object(cli, rc, message, next, &b);
		cli->out->write(cli->out->ctx, 1, nt_buf_bytes(&b));
		nt_buf_reset(&b);
	}
	/* names of files and other words from outside may stand in it as they are */
	nt_buf_putf(&b, "trialnotary: %s: ", vf_rc_name(rc));
	nt_cli_put_text(&b, vf_bytes_str(message));
	nt_buf_put_u8(&b, '\n');
	while (vf_take_line(&lines, &line)) {
		nt_buf_put_str(&b, "  ");
		nt_cli_put_text(&b, line);
		nt_buf_put_u8(&b, '\n');
	}
	nt_buf_putf(&b, "Next: %s\n", next);
	cli->out->write(cli->out->ctx, 2, nt_buf_bytes(&b));
	nt_buf_done(&b);
}

int nt_cli_run(int argc, char **argv, const struct nt_cli_out *out)
{
	static char help[] = "--help";
	char *no_words[] = {help};
	struct nt_cli cli = {.out = out, .text = nt_buf(MAX_TEXT), .details = nt_buf(MAX_DETAILS)};
	struct vf_err err = {0};
	enum vf_rc rc;

	cli.values = calloc(NT_CLI_MAX_VALUES, sizeof(*cli.values));
	cli.args = calloc((size_t)argc + 1, sizeof(*cli.args));
	for (int i = 1; i < argc; i++)
		cli.json =
			cli.json || strcmp(argv[i], "--json") == 0; /* also for faults in the command line */
	if (!cli.values || !cli.args)
		rc = vf_fail(&err, VF_NO_MEMORY, "no memory for the command line");
	else if (argc < 2)
		rc = run_words(&cli, no_words, 1, &err);
	else
		rc = run_words(&cli, argv + 1, argc - 1, &err);
	if (rc == VF_OK)
		rc = nt_buf_check(&cli.text, &err);
	if (rc != VF_OK && !cli.keep_text)
		nt_buf_reset(&cli.text);
	nt_cli_flush(&cli);
	if (rc != VF_OK)
		put_fault(&cli, rc, &err);
	nt_buf_done(&cli.text);
	nt_buf_done(&cli.details);
	free(cli.values);
	free(cli.args);
	return vf_rc_exit(rc);
}
