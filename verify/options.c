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
#define IN_ALL 0xffffu
/* From OPT_AUTHORITY to OPT_KEY as in enum vf_addition. */
_Static_assert(OPT_KEY - OPT_AUTHORITY == VF_ADD_KEY, "options.def and enum vf_addition differ");
_Static_assert(OPT_COUNT < 64, "options seen are bits");
#define SEEN(opt) (UINT64_C(1) << (opt))
#define IN_JUDGING (IN(VERIFY) | IN(EXTRACT) | IN(ER) | IN(TOKEN) | IN(RECEIPT) | IN(EXCERPT))

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
	uint64_t seen;
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

static VF_RC add(struct vf_words *words, const char *value)
{
	words->at[words->n++] = value; /* there is room for every argument */
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
	case OPT_PAGE:
		o->page = value;
		return VF_OK;
	case OPT_AUTHORITY:
	case OPT_ROOTS:
	case OPT_ACCURACY:
	case OPT_FROM:
	case OPT_TO:
	case OPT_LOG:
	case OPT_RECEIPTS:
	case OPT_SUBMITTER:
	case OPT_STREAM:
	case OPT_KEY:
		o->add[opt - OPT_AUTHORITY] = value;
		return VF_OK;
	case OPT_OPERATOR:
		o->operator_ = true;
		return VF_OK;
	case OPT_QUALIFIED:
		o->qualified = true;
		return VF_OK;
	case OPT_REQUIRE:
		return add(&o->rules, value);
	case OPT_DETACHED:
		return add(&o->detached, value);
	case OPT_DIGEST:
		return add(&o->digests, value);
	case OPT_PROOF:
		o->proof = value;
		return VF_OK;
	case OPT_EXACT:
		o->record.exact = true;
		return VF_OK;
	case OPT_SORTED:
		o->record.sorted_renewal = true;
		return VF_OK;
	case OPT_CRL:
		return add(&o->crls, value);
	case OPT_OCSP:
		return add(&o->ocsp, value);
	case OPT_CERT:
		return add(&o->certs, value);
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
	if ((l->seen & SEEN(opt)) && !options[opt].repeats)
		return vf_fail(reterr, VF_USAGE, "the option '--%s' stands twice", options[opt].name);
	l->seen |= SEEN(opt);
	return set(l->o, opt, value, reterr);
}

/* The first operand may be a verb; a file of that name is written as ./name or after "--". */
static void take_operand(struct line *l, const char *arg, bool is_file)
{
	struct vf_options *o = l->o;

	if (o->operands.n == 0 && o->verb == VF_VERB_VERIFY && !o->meant && !is_file) {
		for (size_t i = 0; i < N_VERBS; i++)
			if (verbs[i].typed && strcmp(verbs[i].name, arg) == 0) {
				o->verb = (enum vf_verb)i;
				o->meant = verbs[i].name;
				return;
			}
	}
	o->operands.at[o->operands.n++] = arg;
}

/* ---- digests ---- */

/* One "sha256:0123…". */
static VF_RC read_digest(struct vf_bytes text, struct vf_given *g, struct vf_err *reterr)
{
	struct vf_digest *d = &g->digests[g->n_digests];
	struct vf_bytes name;
	char word[80];

	vf_text_escape(word, sizeof(word), text);
	if (!vf_take_until(&text, ':', &name))
		return vf_fail(reterr, VF_USAGE, "'%s' is no digest like sha256:HEX", word);
	d->alg = vf_alg_find(name);
	if (d->alg == VF_ALG_NONE) {
		vf_text_escape(word, sizeof(word), name);
		return vf_fail(reterr, VF_USAGE, "there is no hash algorithm '%s': sha256, sha384, sha512, sha3-256, ...", word);
	}
	if (!vf_hex_read(text, d->b, vf_alg_size(d->alg)))
		return vf_fail(reterr, VF_USAGE, "a %s digest has %zu lower-case hex digits; '%s' is none", vf_alg_name(d->alg),
			2 * vf_alg_size(d->alg), word);
	for (size_t i = 0; i < g->n_digests; i++)
		if (g->digests[i].alg == d->alg)
			return vf_fail(reterr, VF_USAGE, "one --digest holds %s twice: it is about one file; repeat the option for another",
				vf_alg_name(d->alg));
	g->n_digests++;
	return VF_OK;
}

/* Digests of one file under several algorithms, joined by commas. */
static VF_RC read_given(const char *text, struct vf_given *ret, struct vf_err *reterr)
{
	struct vf_bytes rest = vf_bytes_str(text), part;
	enum vf_rc rc = VF_OK;
	bool more = true;

	ret->name = text;
	while (rc == VF_OK && more) {
		more = vf_take_until(&rest, ',', &part);
		/* no more than there are algorithms: a ninth would be a second of one */
		rc = read_digest(more ? part : rest, ret, reterr);
	}
	return rc;
}

static VF_RC read_digests(struct vf_options *o, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	o->given = calloc(o->digests.n + 1, sizeof(*o->given));
	if (!o->given)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");
	for (size_t i = 0; i < o->digests.n && rc == VF_OK; i++)
		rc = read_given(o->digests.at[i], &o->given[i], reterr);
	return rc;
}

/* ---- what may stand together ---- */

/* How many files a verb takes, and what the evidence is to be about. */
static VF_RC check_files(const struct vf_options *o, struct vf_err *reterr)
{
	size_t objects = o->operands.n + o->digests.n - 1;

	switch (o->verb) {
	case VF_VERB_INSPECT:
	case VF_VERB_EXTRACT:
		if (o->operands.n > 1)
			return vf_fail(reterr, VF_USAGE, "'%s' takes one file", verbs[o->verb].name);
		return VF_OK;
	case VF_VERB_ER:
		if (objects == 0)
			return vf_fail(reterr, VF_USAGE,
				"what the record is to cover is missing: give the files after it, or their digests with --digest");
		return VF_OK;
	case VF_VERB_TOKEN:
		if (objects > 1)
			return vf_fail(reterr, VF_USAGE, "'token' takes one file or one --digest after the token");
		return VF_OK;
	case VF_VERB_RECEIPT:
		if (objects > 1)
			return vf_fail(reterr, VF_USAGE, "'receipt' takes one bundle after the receipt");
		return VF_OK;
	case VF_VERB_EXCERPT:
		if (objects != 1)
			return vf_fail(reterr, VF_USAGE, "'excerpt' takes the excerpt, then the bundle of its record");
		return VF_OK;
	case VF_VERB_VERIFY:
		if (o->detached.n && o->operands.n > 1)
			return vf_fail(reterr, VF_USAGE, "--detached goes with one file at a time");
		return VF_OK;
	case VF_VERB_TRUST: /* its own words: vf_trust_run() */
	case VF_VERB_EXPLAIN:
	case VF_VERB_HELP:
	case VF_VERB_VERSION:
	case VF_VERB_COMPLETION:
		break;
	}
	return VF_OK;
}

static VF_RC check_counts(const struct vf_options *o, struct vf_err *reterr)
{
	if (o->verb == VF_VERB_HELP || o->verb == VF_VERB_EXPLAIN) {
		if (o->operands.n > 1)
			return vf_fail(reterr, VF_USAGE, "'%s' takes one word", verbs[o->verb].name);
		return VF_OK;
	}
	if (o->operands.n == 0)
		return vf_fail(reterr, VF_USAGE, o->verb == VF_VERB_ER	     ? "no evidence record is given"
							: o->verb == VF_VERB_TOKEN   ? "no token is given"
							: o->verb == VF_VERB_RECEIPT ? "no receipt is given"
							: o->verb == VF_VERB_EXCERPT ? "no excerpt is given"
							: o->verb == VF_VERB_TRUST   ? "say what: 'trust show', 'trust list' or 'trust add'"
										     : "no file is given");
	if (o->operands.n + o->digests.n > VF_MAX_INPUTS)
		return vf_fail(reterr, VF_USAGE, "more than %d files: run it several times", VF_MAX_INPUTS);
	if (o->detached.n > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_USAGE, "more than %d detached files", VF_MAX_MEMBERS);
	if (o->crls.n > VF_MAX_HELD || o->ocsp.n > VF_MAX_HELD || o->certs.n > VF_MAX_HELD)
		return vf_fail(reterr, VF_USAGE, "more than %d files of --crl, --ocsp or --cert", VF_MAX_HELD);
	return check_files(o, reterr);
}

static size_t count_dashes(const struct vf_words *words)
{
	size_t n = 0;

	for (size_t i = 0; i < words->n; i++)
		n += strcmp(words->at[i], "-") == 0;
	return n;
}

static VF_RC check_together(const struct line *l, struct vf_err *reterr)
{
	const struct vf_options *o = l->o;

	for (size_t i = 0; i < OPT_COUNT; i++)
		if (l->seen & SEEN(i) && !(options[i].verbs & 1u << o->verb))
			return vf_fail(reterr, VF_USAGE, "'%s' takes no option '--%s'", verbs[o->verb].name, options[i].name);
	if (o->integrity_only && o->trust)
		return vf_fail(reterr, VF_USAGE, "--integrity-only leaves trust out: give it or --trust, not both");
	if (o->strict && !o->trust)
		return vf_fail(reterr, VF_USAGE, "--strict is about --trust, which is not given");
	if (o->force && !o->report && !o->page)
		return vf_fail(reterr, VF_USAGE, "--force is about %s, which is not given", o->verb == VF_VERB_TRUST ? "--page" : "--report");
	if (o->verb == VF_VERB_EXTRACT && !o->output)
		return vf_fail(reterr, VF_USAGE, "'extract' needs the folder to make: -o DIR");
	if (count_dashes(&o->operands) + count_dashes(&o->detached) + count_dashes(&o->crls) + count_dashes(&o->ocsp) +
			count_dashes(&o->certs) + (o->proof && strcmp(o->proof, "-") == 0) >
		1)
		return vf_fail(reterr, VF_USAGE, "standard input ('-') stands twice");
	return check_counts(o, reterr);
}

/* One list of arguments for each option that may be repeated, and the operands. */
static VF_RC make_room(struct vf_options *o, size_t argc, struct vf_err *reterr)
{
	struct vf_words *const lists[] = {&o->operands, &o->detached, &o->crls, &o->ocsp, &o->certs, &o->digests, &o->rules};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		lists[i]->at = calloc(argc + 1, sizeof(*lists[i]->at));
		if (!lists[i]->at)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");
	}
	return VF_OK;
}

VF_RC vf_options_parse(int argc, char *const *argv, struct vf_options *ret, struct vf_err *reterr)
{
	struct line l = {.o = ret, .argc = argc, .at = 1, .argv = argv};
	bool only_operands = false;
	enum vf_rc rc;

	memset(ret, 0, sizeof(*ret));
	rc = make_room(ret, (size_t)argc, reterr);
	if (rc != VF_OK)
		return rc;
	while (l.at < argc) {
		const char *arg = argv[l.at];

		if (only_operands || arg[0] != '-' || arg[1] == '\0') {
			take_operand(&l, arg, only_operands);
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
	if (l.seen & (SEEN(OPT_HELP) | SEEN(OPT_VERSION) | SEEN(OPT_COMPLETION))) {
		if (l.seen & SEEN(OPT_HELP)) {
			ret->operands.n = ret->meant ? 1 : 0;
			ret->operands.at[0] = ret->meant;
			ret->verb = VF_VERB_HELP;
		}
		return VF_OK;
	}
	ret->meant = NULL;
	/* A path is no verb: only a bare word can be a mistyped one. */
	if (ret->operands.n && !only_operands && ret->verb == VF_VERB_VERIFY && !strpbrk(ret->operands.at[0], "./"))
		ret->meant = nearest_verb(ret->operands.at[0]);
	rc = check_together(&l, reterr);
	return rc == VF_OK ? read_digests(ret, reterr) : rc;
}

void vf_options_done(struct vf_options *o)
{
	free(o->operands.at);
	free(o->detached.at);
	free(o->crls.at);
	free(o->ocsp.at);
	free(o->certs.at);
	free(o->digests.at);
	free(o->rules.at);
	free(o->given);
	memset(o, 0, sizeof(*o));
}
