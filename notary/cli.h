/*
 * The command line of trialnotary: option tables, help, suggestions, completion.
 *
 * Knows verbs and options from one table, from which help and completions are
 * made. What a verb does is in verbs*.c. Everything printed goes through the
 * functions of struct nt_cli_out, which main.c gives.
 */
#ifndef NOTARY_CLI_H
#define NOTARY_CLI_H

#include "notary/buf.h"

#define NT_CLI_MAX_VALUES 4096

struct nt_option {
	const char *name; /* "study", used as --study */
	char letter;      /* 'o' for -o; 0 for none */
	const char *arg;  /* "ID"; NULL for a switch */
	const char *help;
	bool required, many;
};

/* Where output goes: 1 for stdout, 2 for stderr. */
struct nt_cli_out {
	void (*write)(void *ctx, int stream, struct vf_bytes text);
	void *ctx;
	bool terminal; /* stderr is one: progress may be shown */
};

/* A value given on the command line, in the order given. */
struct nt_cli_value {
	const struct nt_option *option;
	const char *text; /* NULL for a switch */
};

struct nt_cli {
	const struct nt_cli_out *out;
	const struct nt_verb *verb;
	struct nt_cli_value *values;
	size_t n_values;
	const char **args;
	size_t n_args;
	bool json, quiet;
	bool keep_text;        /* the text is printed beside a fault too, instead of an error object */
	struct nt_buf text;    /* what goes to stdout */
	struct nt_buf details; /* lines that say more about a fault: all bad names, all findings */
};

typedef VF_RC nt_verb_run(struct nt_cli *cli, struct vf_err *reterr);

struct nt_verb {
	const char *name; /* "log head" */
	const char *args; /* "DIR ID..." */
	const char *summary;
	const char *examples;            /* lines */
	const char *details;             /* lines, may be NULL */
	const struct nt_option *options; /* ends with a NULL name; may be NULL */
	size_t min_args, max_args;
	nt_verb_run *run;
};

/* All verbs, in the order of the help text; ends with a NULL name (verbs.c). */
extern const struct nt_verb nt_verbs[];

/* Runs a command line and returns the exit status. Never exits and prints only through out. */
int nt_cli_run(int argc, char **argv, const struct nt_cli_out *out);

/* The last value of an option; NULL when it was not given. */
const char *nt_cli_get(const struct nt_cli *cli, const char *option);
bool nt_cli_has(const struct nt_cli *cli, const char *option);
/* The at-th value of an option that may be given many times; NULL after the last. */
const char *nt_cli_get_at(const struct nt_cli *cli, const char *option, size_t at);
/* All of them, as many as there are. The caller frees the list, not the texts. NO_MEMORY. */
VF_RC nt_cli_list(const struct nt_cli *cli, const char *option, const char ***ret, size_t *ret_n, struct vf_err *reterr);
/* Sends what cli->text holds to stdout and empties it. */
void nt_cli_flush(struct nt_cli *cli);
/* A line that is shown with the fault that the verb returns, escaped by the caller. */
void nt_cli_detail(struct nt_cli *cli, const char *fmt, ...) VF_PRINTF(2, 3);
/* A line to stderr, unless --quiet. */
void nt_cli_note(struct nt_cli *cli, const char *fmt, ...) VF_PRINTF(2, 3);

/* Text for a terminal, escaped and cut where it would be longer than 2,000 octets. */
void nt_cli_put_text(struct nt_buf *out, struct vf_bytes text);
/* A JSON string; octets that are not UTF-8 become \\xHH. */
void nt_cli_put_json(struct nt_buf *out, struct vf_bytes text);
/* ,"name":"text", or null when the text is empty. */
void nt_cli_field(struct nt_buf *out, const char *name, struct vf_bytes text);
void nt_cli_hex_field(struct nt_buf *out, const char *name, struct vf_bytes bytes);
/* {"schema":"trialnotary/VERB/1" into cli->text. */
void nt_cli_begin(struct nt_cli *cli);
/* Milliseconds UTC; monotonic milliseconds. */
int64_t nt_cli_now(void);
int64_t nt_cli_ticks(void);

/* The nearest of the words, when it is near enough to be meant; NULL otherwise. */
const char *nt_cli_suggest(const char *word, const char *const *words, size_t n);

/* Help of one verb, or of the program (NULL). */
void nt_cli_help(const struct nt_verb *verb, struct nt_buf *out);
/* A completion script for "bash", "zsh" or "fish". */
VF_RC nt_cli_completion(const char *shell, struct nt_buf *out, struct vf_err *reterr);

#endif
