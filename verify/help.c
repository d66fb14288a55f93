#include "verify/help.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "verify/options.h"
#include "verify/text.h"

enum option {
#define OPTION(id, name, arg, letter, repeats, verbs, help) OPT_##id,
#include "verify/options.def"
#undef OPTION
	OPT_COUNT
};

#define IN(verb) (1u << VF_VERB_##verb)
#define IN_ALL 0xffffu
#define IN_JUDGING (IN(VERIFY) | IN(EXTRACT) | IN(ER) | IN(TOKEN) | IN(RECEIPT) | IN(EXCERPT))

static const struct {
	const char *name, *arg, *help;
	char letter;
	bool repeats;
	unsigned verbs;
} options[OPT_COUNT] = {
#define OPTION(id, name, arg, letter, repeats, verbs, help) {name, arg, help, letter, repeats, verbs},
#include "verify/options.def"
#undef OPTION
};

static const struct {
	const char *name, *usage, *text, *examples;
	bool typed;
} verbs[] = {
#define VERB(id, name, typed, usage, text, examples) {name, usage, text, examples, typed},
#include "verify/options.def"
#undef VERB
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ---- suggestions ---- */

#define WORD 32

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Edits (insert, delete, replace, swap neighbours) between two words below WORD characters. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[WORD + 1][WORD + 1];

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			size_t best, cost;

			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			cost = lower(a[i - 1]) != lower(b[j - 1]);
			best = d[i - 1][j - 1] + cost;
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
				lower(a[i - 2]) == lower(b[j - 1]) && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

const char *vf_nearest(const char *typed, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t len = strlen(typed), least = 0;

	if (len == 0 || len > WORD)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t m = strlen(words[i]), d;

		if (m > WORD)
			continue;
		d = distance(typed, len, words[i], m);
		/* The beginning of a word counts as near, whatever is left of it. */
		if (len >= 3 && len < m && strncasecmp(typed, words[i], len) == 0)
			d = 1;
		if (d > (len < 5 ? 1 : len / 3 + (len < 9)) || (best && d >= least))
			continue;
		best = words[i];
		least = d;
	}
	return best;
}

static const char *shown(const char *arg, char out[80])
{
	vf_text_escape(out, 80, vf_bytes_str(arg));
	return out;
}

static const char *nearest_verb(const char *typed)
{
	const char *names[N_VERBS];
	size_t n = 0;

	for (size_t i = 0; i < N_VERBS; i++)
		if (verbs[i].typed)
			names[n++] = verbs[i].name;
	return vf_nearest(typed, names, n);
}

/* ---- help ---- */

static void help_options(struct vf_sink *s, unsigned verb)
{
	vf_sink_str(s, "\nOptions:\n");
	for (size_t i = 0; i < OPT_COUNT; i++) {
		char left[64];

		if (!(options[i].verbs & 1u << verb))
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", options[i].letter ? '-' : ' ',
			options[i].letter ? options[i].letter : ' ', options[i].letter ? "," : " ", options[i].name,
			options[i].arg ? " " : "", options[i].arg ? options[i].arg : "");
		vf_sink_putf(s, "  %-26s %s\n", left, options[i].help);
	}
}

static void help_program(struct vf_sink *s)
{
	vf_sink_str(s, "Examples:\n");
	vf_sink_str(s, verbs[VF_VERB_VERIFY].examples);
	for (size_t i = 1; i < N_VERBS; i++)
		vf_sink_str(s, verbs[i].examples);
	vf_sink_putf(s, "\nUsage: %s\n", verbs[VF_VERB_VERIFY].usage);
	for (size_t i = 1; i < N_VERBS; i++)
		if (verbs[i].typed)
			vf_sink_putf(s, "       %s\n", verbs[i].usage);
	vf_sink_putf(s, "\n%s\nIt uses no network. '-' stands for standard input.\n", verbs[VF_VERB_VERIFY].text);
	help_options(s, VF_VERB_VERIFY);
	vf_sink_str(s,
		"\nExit status (anything but 0 means: not verified):\n"
		"  0 VERIFIED   1 REJECTED   2 INDETERMINATE   3 INTACT (--integrity-only)\n"
		"  no verdict: 64 usage, 66 no input, 70 internal, 74 input/output, 77 permission, 130 interrupted\n"
		"  several files: the worst of them\n");
}

VF_RC vf_help_put(struct vf_sink *s, const char *verb, struct vf_err *reterr)
{
	char text[80];

	if (!verb || strcmp(verb, verbs[VF_VERB_VERIFY].name) == 0) {
		help_program(s);
		return VF_OK;
	}
	for (size_t i = 1; i < N_VERBS; i++) {
		if (!verbs[i].typed || strcmp(verbs[i].name, verb) != 0)
			continue;
		vf_sink_putf(s, "Example:\n%s\nUsage: %s\n\n%s\n", verbs[i].examples, verbs[i].usage, verbs[i].text);
		help_options(s, (unsigned)i);
		return VF_OK;
	}
	if (nearest_verb(verb))
		return vf_fail(reterr, VF_USAGE, "there is no verb '%s': did you mean '%s'?", shown(verb, text),
			nearest_verb(verb));
	return vf_fail(reterr, VF_USAGE, "there is no verb '%s'", shown(verb, text));
}

/* ---- completion ---- */

static bool is_dir(size_t i)
{
	return options[i].arg && strcmp(options[i].arg, "DIR") == 0;
}

static bool is_file(size_t i)
{
	return options[i].arg && strcmp(options[i].arg, "FILE") == 0;
}

static void put_matching(struct vf_sink *s, bool (*match)(size_t))
{
	bool any = false;

	for (size_t i = 0; i < OPT_COUNT; i++) {
		if (!match(i))
			continue;
		vf_sink_putf(s, "%s--%s", any ? "|" : "", options[i].name);
		if (options[i].letter)
			vf_sink_putf(s, "|-%c", options[i].letter);
		any = true;
	}
}

static void complete_bash(struct vf_sink *s)
{
	vf_sink_str(s, "# bash completion for trialverify, made by 'trialverify --completion bash'\n"
		       "_trialverify()\n{\n"
		       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		       "\tCOMPREPLY=()\n\tcase $prev in\n\t");
	put_matching(s, is_dir);
	vf_sink_str(s, ")\n\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n\t\treturn ;;\n\t");
	put_matching(s, is_file);
	vf_sink_str(s, ")\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\t\treturn ;;\n"
		       "\t--completion)\n\t\tmapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$cur\")\n"
		       "\t\treturn ;;\n"
		       "\ttrust)\n\t\tmapfile -t COMPREPLY < <(compgen -W 'show list add' -- \"$cur\")\n\t\treturn ;;\n"
		       "\texplain)\n\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; i < VF_RC_COUNT; i++)
		vf_sink_putf(s, "%s%s", i ? " " : "", vf_rc_name((enum vf_rc)i));
	vf_sink_str(s, "' -- \"$cur\")\n\t\treturn ;;\n\tesac\n\tif [[ $cur == -* ]]; then\n"
		       "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; i < OPT_COUNT; i++)
		vf_sink_putf(s, "%s--%s", i ? " " : "", options[i].name);
	vf_sink_str(s, "' -- \"$cur\")\n\t\treturn\n\tfi\n\tif [[ $COMP_CWORD -eq 1 ]]; then\n"
		       "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 1; i < N_VERBS; i++)
		if (verbs[i].typed)
			vf_sink_putf(s, "%s%s", i > 1 ? " " : "", verbs[i].name);
	vf_sink_str(s, "' -- \"$cur\"; compgen -f -- \"$cur\")\n\t\treturn\n\tfi\n"
		       "\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n}\n"
		       "complete -o filenames -F _trialverify trialverify\n");
}

static void complete_zsh(struct vf_sink *s)
{
	vf_sink_str(s, "#compdef trialverify\n# made by 'trialverify --completion zsh'\n_arguments \\\n");
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const char *action = is_dir(i) ? "_files -/" : is_file(i) ? "_files" : "";

		if (i == OPT_COMPLETION)
			action = "(bash zsh fish)";
		vf_sink_putf(s, "\t'%s--%s[", options[i].repeats ? "*" : "", options[i].name);
		/* No bracket, colon or quote stands in the table's texts, but in one example time. */
		for (const char *p = options[i].help; *p; p++)
			vf_sink_putf(s, strchr("[]:", *p) ? "\\%c" : "%c", *p);
		vf_sink_str(s, "]");
		if (options[i].arg)
			vf_sink_putf(s, ":%s:%s", options[i].arg, action);
		vf_sink_str(s, "' \\\n");
		if (options[i].letter)
			vf_sink_putf(s, "\t'-%c%s' \\\n", options[i].letter, is_dir(i) ? ":DIR:_files -/" : "");
	}
	vf_sink_str(s, "\t'1: :{compadd ");
	for (size_t i = 1; i < N_VERBS; i++)
		if (verbs[i].typed)
			vf_sink_putf(s, "%s ", verbs[i].name);
	vf_sink_str(s, "; _files}' \\\n\t'2: :{[[ $words[2] = trust ]] && compadd show list add; _files}' \\\n\t'*:file:_files'\n");
}

static void complete_fish(struct vf_sink *s)
{
	vf_sink_str(s, "# made by 'trialverify --completion fish'\n");
	for (size_t i = 0; i < OPT_COUNT; i++) {
		vf_sink_putf(s, "complete -c trialverify -l %s", options[i].name);
		if (options[i].letter)
			vf_sink_putf(s, " -s %c", options[i].letter);
		if (is_dir(i))
			vf_sink_str(s, " -x -a '(__fish_complete_directories)'");
		else if (i == OPT_COMPLETION)
			vf_sink_str(s, " -x -a 'bash zsh fish'");
		else if (options[i].arg)
			vf_sink_str(s, is_file(i) ? " -r -F" : " -x");
		vf_sink_putf(s, " -d '%s'\n", options[i].help);
	}
	vf_sink_str(s, "complete -c trialverify -n '__fish_seen_subcommand_from trust' -a 'show list add'\n");
	for (size_t i = 1; i < N_VERBS; i++)
		if (verbs[i].typed)
			vf_sink_putf(s, "complete -c trialverify -n __fish_use_subcommand -a %s -d '%s'\n",
				verbs[i].name, verbs[i].text);
}

VF_RC vf_completion_put(struct vf_sink *s, const char *shell, struct vf_err *reterr)
{
	char text[80];

	if (strcmp(shell, "bash") == 0)
		complete_bash(s);
	else if (strcmp(shell, "zsh") == 0)
		complete_zsh(s);
	else if (strcmp(shell, "fish") == 0)
		complete_fish(s);
	else
		return vf_fail(reterr, VF_USAGE, "no completion for the shell '%s': bash, zsh or fish", shown(shell, text));
	return VF_OK;
}
