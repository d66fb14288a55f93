#include "verify/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/help.h"
#include "verify/limits.h"
#include "verify/text.h"

enum option {
#define OPTION(id, name, arg, letter, repeats, verbs, help) OPT_##id,
#include "verify/options.def"
#undef OPTION
	OPT_COUNT
};

#define IN(verb) (1u << VF_VERB_##verb)
#define IN_ALL 0xffu

static const struct {
	const char *name, *arg;
	char letter;
	bool repeats;
	unsigned verbs;
} options[OPT_COUNT] = {
#define OPTION(id, name, arg, letter, repeats, verbs, help) {name, arg, letter, repeats, verbs},
#include "verify/options.def"
#undef OPTION
};

static const struct {
	const char *name;
	bool typed;
} verbs[] = {
#define VERB(id, name, typed, usage, text, examples) {name, typed},
#include "verify/options.def"
#undef VERB
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *nearest_option(const char *typed)
{
	const char *names[OPT_COUNT];

	for (size_t i = 0; i < OPT_COUNT; i++)
		names[i] = options[i].name;
	return vf_nearest(typed, names, OPT_COUNT);
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

/* ---- parsing ---- */

struct line {
	struct vf_options *o;
	unsigned seen;
	int argc, at;
	char *const *argv;
};

static const char *shown(const char *arg, char out[80])
{
	vf_text_escape(out, 80, vf_bytes_str(arg));
	return out;
}

static VF_RC set_at(struct vf_options *o, const char *value, struct vf_err *reterr)
{
	char text[80];

	if (!vf_time_read(vf_bytes_str(value), &o->at_ms))
		return vf_fail(reterr, VF_USAGE, "'%s' is no time like 2026-03-02T14:07:31Z (UTC)", shown(value, text));
	o->has_at = true;
	return VF_OK;
}

static VF_RC set(struct vf_options *o, enum option opt, const char *value, struct vf_err *reterr)
{
	switch (opt) {
	case OPT_TRUST:
		o->trust = value;
		return VF_OK;
	case OPT_JSON:
		o->json = true;
		return VF_OK;
	case OPT_AT:
		return set_at(o, value, reterr);
	case OPT_INTEGRITY:
		o->integrity_only = true;
		return VF_OK;
	case OPT_STRICT:
		o->strict = true;
		return VF_OK;
	case OPT_REPORT:
		o->report = value;
		return VF_OK;
	case OPT_FORCE:
		o->force = true;
		return VF_OK;
	case OPT_DETACHED:
		o->detached[o->n_detached++] = value;
		return VF_OK;
	case OPT_OUTPUT:
		o->output = value;
		return VF_OK;
	case OPT_EVEN:
		o->even_if_unverified = true;
		return VF_OK;
	case OPT_QUIET:
		o->quiet = true;
		return VF_OK;
	case OPT_NO_COLOR:
		o->no_color = true;
		return VF_OK;
	case OPT_HELP:
		o->verb = VF_VERB_HELP;
		return VF_OK;
	case OPT_VERSION:
		o->verb = VF_VERB_VERSION;
		return VF_OK;
	case OPT_COMPLETION:
		o->verb = VF_VERB_COMPLETION;
		o->completion = value;
		return VF_OK;
	case OPT_COUNT:
		break;
	}
	return vf_fail(reterr, VF_INTERNAL, "an option without a meaning");
}

static enum option find_option(const char *name, size_t n, char letter)
{
	for (size_t i = 0; i < OPT_COUNT; i++) {
		if (letter ? options[i].letter == letter
			   : strlen(options[i].name) == n && memcmp(options[i].name, name, n) == 0)
			return (enum option)i;
	}
	return OPT_COUNT;
}

static VF_RC unknown(const char *arg, const char *name, struct vf_err *reterr)
{
	const char *near = nearest_option(name);
	char text[80];

	if (near)
		return vf_fail(reterr, VF_USAGE, "there is no option '%s': did you mean '--%s'?", shown(arg, text), near);
	return vf_fail(reterr, VF_USAGE, "there is no option '%s'", shown(arg, text));
}

/* One option, with its value in the same or the next argument. */
static VF_RC take_option(struct line *l, struct vf_err *reterr)
{
	const char *arg = l->argv[l->at++], *value = NULL;
	bool is_long = arg[1] == '-';
	const char *name = arg + (is_long ? 2 : 1);
	size_t n = is_long ? strcspn(name, "=") : 1;
	enum option opt = find_option(name, n, is_long ? 0 : name[0]);
	char word[80];

	if (!is_long && opt < OPT_COUNT && name[1] != '\0' && !options[opt].arg)
		return vf_fail(reterr, VF_USAGE, "'%s' is no option: write one-letter options apart", shown(arg, word));
	if (opt == OPT_COUNT) {
		snprintf(word, sizeof(word), "%.*s", n < 79 ? (int)n : 79, name);
		return unknown(arg, is_long ? word : name, reterr);
	}
	if (name[n] != '\0')
		value = name + n + (is_long ? 1 : 0);
	if (value && !options[opt].arg)
		return vf_fail(reterr, VF_USAGE, "the option '--%s' takes no value", options[opt].name);
	if (!value && options[opt].arg) {
		if (l->at >= l->argc)
			return vf_fail(reterr, VF_USAGE, "the option '--%s' needs a value: %s", options[opt].name,
				options[opt].arg);
		value = l->argv[l->at++];
	}
	if (value && value[0] == '\0')
		return vf_fail(reterr, VF_USAGE, "the value of '--%s' is empty", options[opt].name);
	if ((l->seen & 1u << opt) && !options[opt].repeats)
		return vf_fail(reterr, VF_USAGE, "the option '--%s' stands twice", options[opt].name);
	l->seen |= 1u << opt;
	return set(l->o, opt, value, reterr);
}

/* The first operand may be a verb; a file of that name is written as ./name. */
static void take_operand(struct line *l, const char *arg)
{
	struct vf_options *o = l->o;

	if (o->n_operands == 0 && o->verb == VF_VERB_VERIFY && !o->meant) {
		for (size_t i = 0; i < N_VERBS; i++)
			if (verbs[i].typed && strcmp(verbs[i].name, arg) == 0) {
				o->verb = (enum vf_verb)i;
				o->meant = verbs[i].name;
				return;
			}
	}
	o->operands[o->n_operands++] = arg;
}

static VF_RC check_counts(const struct vf_options *o, struct vf_err *reterr)
{
	bool one = o->verb == VF_VERB_INSPECT || o->verb == VF_VERB_EXTRACT;

	if (o->verb == VF_VERB_HELP || o->verb == VF_VERB_EXPLAIN) {
		if (o->n_operands > 1)
			return vf_fail(reterr, VF_USAGE, "'%s' takes one word", verbs[o->verb].name);
		return VF_OK;
	}
	if (o->n_operands == 0)
		return vf_fail(reterr, VF_USAGE, "no file is given");
	if (one && o->n_operands > 1)
		return vf_fail(reterr, VF_USAGE, "'%s' takes one file", verbs[o->verb].name);
	if (o->n_operands > VF_MAX_INPUTS)
		return vf_fail(reterr, VF_USAGE, "more than %d files: run it several times", VF_MAX_INPUTS);
	if (o->n_detached > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_USAGE, "more than %d detached files", VF_MAX_MEMBERS);
	if (o->n_detached && o->n_operands > 1)
		return vf_fail(reterr, VF_USAGE, "--detached goes with one file at a time");
	return VF_OK;
}

static VF_RC check_together(const struct line *l, struct vf_err *reterr)
{
	const struct vf_options *o = l->o;
	size_t dashes = 0;

	for (size_t i = 0; i < OPT_COUNT; i++)
		if (l->seen & 1u << i && !(options[i].verbs & 1u << o->verb))
			return vf_fail(reterr, VF_USAGE, "'%s' takes no option '--%s'", verbs[o->verb].name, options[i].name);
	if (o->integrity_only && o->trust)
		return vf_fail(reterr, VF_USAGE, "--integrity-only leaves trust out: give it or --trust, not both");
	if (o->strict && !o->trust)
		return vf_fail(reterr, VF_USAGE, "--strict is about --trust, which is not given");
	if (o->force && !o->report)
		return vf_fail(reterr, VF_USAGE, "--force is about --report, which is not given");
	if (o->verb == VF_VERB_EXTRACT && !o->output)
		return vf_fail(reterr, VF_USAGE, "'extract' needs the folder to make: -o DIR");
	for (size_t i = 0; i < o->n_operands; i++)
		dashes += strcmp(o->operands[i], "-") == 0;
	for (size_t i = 0; i < o->n_detached; i++)
		dashes += strcmp(o->detached[i], "-") == 0;
	if (dashes > 1)
		return vf_fail(reterr, VF_USAGE, "standard input ('-') stands twice");
	return check_counts(o, reterr);
}

VF_RC vf_options_parse(int argc, char *const *argv, struct vf_options *ret, struct vf_err *reterr)
{
	struct line l = {.o = ret, .argc = argc, .at = 1, .argv = argv};
	bool only_operands = false;
	enum vf_rc rc;

	memset(ret, 0, sizeof(*ret));
	ret->operands = calloc((size_t)argc + 1, sizeof(*ret->operands));
	ret->detached = calloc((size_t)argc + 1, sizeof(*ret->detached));
	if (!ret->operands || !ret->detached)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");
	while (l.at < argc) {
		const char *arg = argv[l.at];

		if (only_operands || arg[0] != '-' || arg[1] == '\0') {
			take_operand(&l, arg);
			l.at++;
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			only_operands = true;
			l.at++;
			continue;
		}
		rc = take_option(&l, reterr);
		if (rc != VF_OK)
			return rc;
	}
	/* "VERB --help" explains the verb; for help and version nothing else matters. */
	if (l.seen & (1u << OPT_HELP | 1u << OPT_VERSION | 1u << OPT_COMPLETION)) {
		if (l.seen & 1u << OPT_HELP) {
			ret->n_operands = ret->meant ? 1 : 0;
			ret->operands[0] = ret->meant;
			ret->verb = VF_VERB_HELP;
		}
		return VF_OK;
	}
	ret->meant = NULL;
	/* A path is no verb: only a bare word can be a mistyped one. */
	if (ret->n_operands && ret->verb == VF_VERB_VERIFY && !strpbrk(ret->operands[0], "./"))
		ret->meant = nearest_verb(ret->operands[0]);
	return check_together(&l, reterr);
}

void vf_options_done(struct vf_options *o)
{
	free(o->operands);
	free(o->detached);
	memset(o, 0, sizeof(*o));
}
