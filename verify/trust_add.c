#include "verify/trust_add.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/record.h"
#include "verify/text.h"
#include "verify/trust_policy.h"
#include "verify/trust_view.h"
#include "verify/trust_write.h"

/* An authority, submitters, a stream, receipts, tlog-policy, policy.json. */
#define MAX_CHANGES 6
#define MAX_NOTES (MAX_CHANGES + VF_MAX_RULES)
/* Four files that are written here, and small texts. */
#define ROOM ((size_t)5 * VF_MAX_TRUST_FILE)

/* One run of 'trust add'. */
struct addition {
	const struct vf_options *o;
	const char *dir;
	bool is_new;
	int lock;
	struct vf_trust_view before; /* when it is not new */
	struct vf_input *inputs[2];  /* files that are copied in */
	size_t n_inputs;
	struct vf_policy policy; /* as it will be */
	bool has_policy_change;
	struct vf_trust_change changes[MAX_CHANGES];
	size_t n;
	struct {
		bool is_new;
		char text[200];
	} notes[MAX_NOTES];
	size_t n_notes;
	struct vf_arena arena;
	void *memory;
};

static void note(struct addition *a, bool is_new, const char *fmt, ...) VF_PRINTF(3, 4);
static void note(struct addition *a, bool is_new, const char *fmt, ...)
{
	va_list ap;

	if (a->n_notes == MAX_NOTES)
		return;
	a->notes[a->n_notes].is_new = is_new;
	va_start(ap, fmt);
	vsnprintf(a->notes[a->n_notes].text, sizeof(a->notes[0].text), fmt, ap);
	va_end(ap);
	a->n_notes++;
}

static const struct vf_trust_file *find_file(const struct addition *a, const char *name)
{
	for (size_t i = 0; i < a->before.trust.n; i++)
		if (strcmp(a->before.trust.files[i].name, name) == 0)
			return &a->before.trust.files[i];
	return NULL;
}

/* A file as it will be; *ret_same when it is so already. EXISTS for another file of that name that may not be replaced.
 */
static VF_RC change(struct addition *a, const char *name, struct vf_bytes bytes, bool replaces, bool *ret_same,
	struct vf_err *reterr)
{
	const struct vf_trust_file *there = find_file(a, name);
	struct vf_trust_change *c = &a->changes[a->n];

	*ret_same = there && vf_bytes_eq(there->bytes, bytes);
	if (*ret_same)
		return VF_OK;
	if (there && !replaces)
		return vf_fail(reterr, VF_EXISTS, "'%s' is there already and holds something else", name);
	if (bytes.n > VF_MAX_TRUST_FILE)
		return vf_fail(reterr, VF_POLICY_SHAPE, "'%s' would be larger than 1 MiB", name);
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->bytes = bytes;
	c->replaces = there != NULL;
	a->n++;
	return VF_OK;
}

/* Pieces of text in the arena, at most one file's worth. */
struct text {
	char *p;
	size_t n;
};

static bool put_text(void *ctx, struct vf_bytes piece)
{
	struct text *t = ctx;

	if (!t->p || piece.n > VF_MAX_TRUST_FILE - t->n)
		return false;
	memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	return true;
}

static struct vf_sink begin_text(struct addition *a, struct text *t)
{
	*t = (struct text){.p = vf_arena_take(&a->arena, VF_MAX_TRUST_FILE, 1)};
	return (struct vf_sink){.put = put_text, .ctx = t};
}

static VF_RC end_text(const struct vf_sink *s, const char *name, struct vf_err *reterr)
{
	return s->failed ? vf_fail(reterr, VF_POLICY_SHAPE, "'%s' would be larger than 1 MiB", name) : VF_OK;
}

static VF_RC take_file(struct addition *a, const char *path, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_input *in;
	enum vf_rc rc = vf_input_open(path, VF_MAX_TRUST_FILE, &in, reterr);
	char shown[120];

	if (rc != VF_OK)
		return rc;
	a->inputs[a->n_inputs++] = in;
	*ret = vf_input_source(in)->memory;
	if (vf_input_source(in)->size <= VF_MAX_TRUST_FILE)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_POLICY_SHAPE, "'%s' is larger than 1 MiB", shown);
}

/* ---- authorities and rules ---- */

static bool is_same_authority(
	const struct addition *a, const struct vf_authority *x, const struct vf_authority *y, struct vf_bytes pem)
{
	char name[VF_MAX_NAME + 1];
	const struct vf_trust_file *roots;

	snprintf(name, sizeof(name), "%.*s", VF_STR(y->roots));
	roots = find_file(a, name);
	return roots && vf_bytes_eq(roots->bytes, pem) && x->operator_ == y->operator_ &&
		x->qualified == y->qualified && x->has_max_accuracy == y->has_max_accuracy &&
		x->max_accuracy_ms == y->max_accuracy_ms && x->from == y->from && x->to == y->to;
}

/* The last authority is new: rules that name none take it at once, which is said. */
static void note_authority(struct addition *a)
{
	struct vf_policy *p = &a->policy;
	size_t i = p->n_authorities - 1, at = 0;
	char rules[100] = "";

	for (size_t r = 0; r < p->n_rules; r++) {
		p->rules[r].of[i] = !p->rules[r].has_of;
		if (vf_rule_fit(p, &p->rules[r], i) == VF_FITS)
			at += (size_t)snprintf(rules + at, sizeof(rules) - at, "%s %zu",
				at ? "," : ", which now counts in rule", r + 1);
	}
	note(a, true, "authority %s%s", p->authorities[i].name, rules);
}

static VF_RC add_authority(struct addition *a, struct vf_err *reterr)
{
	struct vf_policy *p = &a->policy;
	struct vf_authority auth;
	struct vf_bytes pem;
	char roots[64];
	bool same;
	enum vf_rc rc;

	if (!a->o->add[VF_ADD_AUTHORITY])
		return VF_OK;
	rc = vf_authority_read(a->o, &auth, reterr);
	if (rc == VF_OK)
		rc = take_file(a, a->o->add[VF_ADD_ROOTS], &pem, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < p->n_authorities; i++) {
		if (strcmp(p->authorities[i].name, auth.name) != 0)
			continue;
		if (!is_same_authority(a, &auth, &p->authorities[i], pem))
			return vf_fail(reterr, VF_EXISTS,
				"there is an authority '%s' already, with other certificates or conditions", auth.name);
		note(a, false, "authority %s", auth.name);
		return VF_OK;
	}
	if (p->n_authorities == VF_MAX_AUTHORITIES)
		return vf_fail(reterr, VF_POLICY_SHAPE, "there are %d authorities already", VF_MAX_AUTHORITIES);
	snprintf(roots, sizeof(roots), "tsa/%s.pem", auth.name);
	rc = change(a, roots, pem, false, &same, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_arena_copy(&a->arena, vf_bytes_str(roots), &auth.roots))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the policy");
	p->authorities[p->n_authorities++] = auth;
	a->has_policy_change = true;
	note_authority(a);
	return VF_OK;
}

static bool is_same_rule(const struct vf_rule *x, const struct vf_rule *y)
{
	return x->count == y->count && x->operator_ == y->operator_ && x->qualified == y->qualified &&
		x->has_of == y->has_of && memcmp(x->of, y->of, sizeof(x->of)) == 0;
}

static VF_RC add_rule(struct addition *a, const char *text, struct vf_err *reterr)
{
	struct vf_policy *p = &a->policy;
	struct vf_rule rule;
	size_t i = 0;
	enum vf_rc rc = vf_rule_read(text, p, &rule, reterr);

	if (rc != VF_OK)
		return rc;
	while (i < p->n_rules && !is_same_rule(&p->rules[i], &rule))
		i++;
	note(a, i == p->n_rules, "rule %zu: %.150s", i + 1, text);
	if (i < p->n_rules)
		return VF_OK;
	if (i == VF_MAX_RULES)
		return vf_fail(reterr, VF_POLICY_SHAPE, "there are %d rules already", VF_MAX_RULES);
	p->rules[p->n_rules++] = rule;
	a->has_policy_change = true;
	return VF_OK;
}

/* A new directory asks for its only authority, unless it is told otherwise. */
static VF_RC add_rules(struct addition *a, struct vf_err *reterr)
{
	char only[64];
	enum vf_rc rc = VF_OK;

	if (a->is_new && a->o->rules.n == 0) {
		snprintf(only, sizeof(only), "1 of %.32s", a->o->add[VF_ADD_AUTHORITY]);
		return add_rule(a, only, reterr);
	}
	for (size_t i = 0; rc == VF_OK && i < a->o->rules.n; i++)
		rc = add_rule(a, a->o->rules.at[i], reterr);
	return rc;
}

static VF_RC put_policy(struct addition *a, struct vf_err *reterr)
{
	struct text t;
	struct vf_sink s;
	bool same;
	enum vf_rc rc;

	if (!a->has_policy_change)
		return VF_OK;
	s = begin_text(a, &t);
	vf_policy_put(&s, &a->policy);
	rc = end_text(&s, "policy.json", reterr);
	return rc == VF_OK ? change(a, "policy.json", vf_bytes(t.p, t.n), true, &same, reterr) : rc;
}

/* ---- keys, submitters, streams ---- */

static VF_RC add_log(struct addition *a, struct vf_err *reterr)
{
	const char *vkey = a->o->add[VF_ADD_LOG];
	const struct vf_trust_file *there = find_file(a, "tlog-policy");
	struct vf_vkey key;
	struct text t;
	struct vf_sink s;
	char shown[120];
	bool same;
	enum vf_rc rc;

	if (!vkey)
		return VF_OK;
	rc = vf_vkey_parse(vf_bytes_str(vkey), &a->arena, &key, reterr);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "--log");
		reterr->rc = rc == VF_NO_MEMORY ? rc : VF_USAGE; /* typed, and not part of any evidence */
		return reterr->rc;
	}
	vf_text_escape(shown, sizeof(shown), key.name);
	for (size_t i = 0; i < a->before.n_pins; i++) {
		const struct vf_trust_pin *pin = &a->before.pins[i];

		if (pin->kind != VF_PIN_LOG || !vf_bytes_eq(pin->name, key.name))
			continue;
		if (!vf_bytes_is(pin->vkey, vkey))
			return vf_fail(reterr, VF_EXISTS, "the log '%s' is pinned already, with another key", shown);
		note(a, false, "log %s", shown);
		return VF_OK;
	}
	s = begin_text(a, &t);
	vf_sink_str(&s, "log ");
	vf_sink_str(&s, vkey);
	vf_sink_str(&s, there ? "\n" : "\nquorum none\n");
	vf_sink_put(&s, there ? there->bytes : vf_bytes_str(""));
	note(a, true, "log %s", shown);
	rc = end_text(&s, "tlog-policy", reterr);
	return rc == VF_OK ? change(a, "tlog-policy", vf_bytes(t.p, t.n), true, &same, reterr) : rc;
}

/* LINE as it stands in the file 'receipts', which the parser judges. */
static VF_RC add_receipts(struct addition *a, struct vf_err *reterr)
{
	const struct vf_trust_file *there = find_file(a, "receipts");
	struct vf_bytes rest = there ? there->bytes : vf_bytes_str(""), line, one, key, words, verb;
	struct text t;
	struct vf_sink s;
	bool same;
	enum vf_rc rc;

	if (!a->o->add[VF_ADD_RECEIPTS])
		return VF_OK;
	words = line = vf_bytes_str(a->o->add[VF_ADD_RECEIPTS]);
	if (memchr(line.p, '\n', line.n) || !vf_take_until(&words, ' ', &verb) || !vf_take_until(&words, ' ', &key))
		return vf_fail(reterr, VF_USAGE, "--receipts takes one line of the file: 'key VKEY SECONDS'");
	while (vf_take_line(&rest, &one)) {
		if (vf_bytes_eq(one, line)) {
			note(a, false, "receipt key");
			return VF_OK;
		}
		if (vf_take_until(&one, ' ', &verb) && vf_take_until(&one, ' ', &verb) && vf_bytes_eq(verb, key))
			return vf_fail(reterr, VF_EXISTS,
				"this receipt key is pinned already, for promises of another length");
	}
	s = begin_text(a, &t);
	vf_sink_put(&s, there ? there->bytes : vf_bytes_str(""));
	vf_sink_put(&s, line);
	vf_sink_str(&s, "\n");
	note(a, true, "receipt key");
	rc = end_text(&s, "receipts", reterr);
	return rc == VF_OK ? change(a, "receipts", vf_bytes(t.p, t.n), true, &same, reterr) : rc;
}

static VF_RC add_submitter(struct addition *a, struct vf_err *reterr)
{
	const char *given = a->o->add[VF_ADD_SUBMITTER];
	struct vf_bytes pem;
	char name[64], shown[80];
	bool same;
	enum vf_rc rc;

	if (!given)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(given));
	if (!vf_word_is(vf_bytes_str(given)))
		return vf_fail(reterr, VF_USAGE,
			"'%s' is no name of submitters: lower-case letters, digits and '-', at most 32", shown);
	snprintf(name, sizeof(name), "submitters/%s.pem", given);
	rc = take_file(a, a->o->operands.at[2], &pem, reterr);
	if (rc == VF_OK)
		rc = change(a, name, pem, false, &same, reterr);
	if (rc == VF_OK)
		note(a, !same, "submitters of %s", given);
	return rc;
}

static VF_RC add_stream(struct addition *a, struct vf_err *reterr)
{
	const char *id = a->o->add[VF_ADD_STREAM], *key = a->o->add[VF_ADD_KEY];
	struct vf_hash stream, k;
	struct text t;
	struct vf_sink s;
	char name[64];
	bool same;
	enum vf_rc rc;

	if (!id)
		return VF_OK;
	if (!vf_hex_read(vf_bytes_str(id), stream.b, sizeof(stream.b)) ||
		(key && !vf_hex_read(vf_bytes_str(key), k.b, sizeof(k.b))))
		return vf_fail(reterr, VF_USAGE, "--stream and --key are 64 lower-case hex digits");
	for (size_t i = 0; i < a->before.n_streams; i++) {
		const struct vf_stream_pin *pin = &a->before.streams[i];

		if (!vf_hash_eq(&pin->stream, &stream))
			continue;
		if (pin->has_key != (key != NULL) || (key && !vf_hash_eq(&pin->key, &k)))
			return vf_fail(
				reterr, VF_EXISTS, "this stream is pinned already, with another key or without one");
		note(a, false, "stream %.8s", id);
		return VF_OK;
	}
	snprintf(name, sizeof(name), "streams/%.16s.json", id);
	s = begin_text(a, &t);
	vf_sink_putf(&s, "{\"schema\":\"" VF_SCHEMA_STREAM_PIN "\",\"stream\":\"%s\"%s%s%s}\n", id,
		key ? ",\"key\":\"" : "", key ? key : "", key ? "\"" : "");
	rc = end_text(&s, name, reterr);
	if (rc == VF_OK)
		rc = change(a, name, vf_bytes(t.p, t.n), false, &same, reterr);
	if (rc == VF_OK)
		note(a, !same, "stream %.8s", id);
	return rc;
}

/* ---- putting it together ---- */

static int by_name(const void *a, const void *b)
{
	const struct vf_trust_file *x = a, *y = b;

	return vf_bytes_cmp(vf_bytes_str(x->name), vf_bytes_str(y->name));
}

static bool keep(struct vf_trust *t, const char *name, struct vf_bytes bytes)
{
	char *copy = strdup(name);
	uint8_t *p = malloc(bytes.n + 1);

	t->files[t->n++] = (struct vf_trust_file){copy, vf_bytes(p, bytes.n)};
	if (copy && p && bytes.n)
		memcpy(p, bytes.p, bytes.n);
	return copy && p;
}

/* Reads the directory as it will be, with the parsers that the verifier uses. */
static VF_RC check_after(struct addition *a, struct vf_trust_view *ret, struct vf_err *reterr)
{
	struct vf_trust t = {.files = calloc(a->before.trust.n + a->n + 1, sizeof(*t.files))};
	bool good = t.files != NULL;

	for (size_t i = 0; good && i < a->before.trust.n; i++) {
		const struct vf_trust_file *f = &a->before.trust.files[i];
		bool stays = true;

		for (size_t k = 0; k < a->n; k++)
			stays = stays && strcmp(a->changes[k].name, f->name) != 0;
		good = !stays || keep(&t, f->name, f->bytes);
	}
	for (size_t i = 0; good && i < a->n; i++)
		good = keep(&t, a->changes[i].name, a->changes[i].bytes);
	if (!good || t.n > VF_MAX_TRUST_FILES) {
		enum vf_rc rc = good ? vf_fail(reterr, VF_POLICY_SHAPE, "a trust directory holds at most %d files",
					       VF_MAX_TRUST_FILES)
				     : vf_fail(reterr, VF_NO_MEMORY, "no memory for the trust directory");

		vf_trust_done(&t);
		return rc;
	}
	qsort(t.files, t.n, sizeof(*t.files), by_name);
	return vf_trust_view_of(a->dir, &t, ret, reterr);
}

/* A new policy is named like its directory, when that can be shown. */
static struct vf_bytes name_of(const char *dir)
{
	struct vf_bytes rest = vf_bytes_str(dir), part, name = vf_bytes_str("");

	while (vf_take_until(&rest, '/', &part))
		name = part.n ? part : name;
	name = rest.n ? rest : name;
	return name.n && name.n <= 300 && name.p[0] != '.' && vf_text_is_plain(name) ? name : vf_bytes_str("trust");
}

static VF_RC begin(struct addition *a, struct vf_err *reterr)
{
	char shown[160];
	struct stat st;
	enum vf_rc rc;

	a->memory = malloc(ROOM);
	if (!a->memory)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the trust directory");
	vf_arena_init(&a->arena, a->memory, ROOM);
	a->is_new = lstat(a->dir, &st) != 0 && errno == ENOENT;
	if (!a->is_new) {
		rc = vf_trust_lock(a->dir, &a->lock, reterr);
		if (rc == VF_OK)
			rc = vf_trust_view_open(a->dir, &a->before, reterr);
		if (rc == VF_OK)
			a->policy = *a->before.policy;
		return rc;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(a->dir));
	if (!a->o->add[VF_ADD_AUTHORITY])
		return vf_fail(reterr, VF_USAGE,
			"'%s' is not there: a new trust directory begins with --authority and --roots", shown);
	a->policy = (struct vf_policy){.name = name_of(a->dir), .revocation_required = true};
	return VF_OK;
}

static VF_RC prepare(struct addition *a, struct vf_err *reterr)
{
	enum vf_rc (*const steps[])(struct addition *, struct vf_err *) = {
		begin, add_authority, add_submitter, add_stream, add_receipts, add_log, add_rules, put_policy};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = steps[i](a, reterr);
	return rc;
}

static void put_result(struct addition *a, struct vf_sink *out, const struct vf_trust_view *v, bool unicode)
{
	char print[VF_GROUPS];

	if (a->o->json) {
		vf_sink_str(out, "{\"schema\":\"trialnotary/trust-add/1\",\"path\":");
		vf_sink_json(out, vf_bytes_str(v->path));
		vf_sink_putf(out, ",\"created\":%s,\"items\":[", a->is_new ? "true" : "false");
		for (size_t i = 0; i < a->n_notes; i++) {
			vf_sink_str(out, i ? ",{\"text\":" : "{\"text\":");
			vf_sink_json(out, vf_bytes_str(a->notes[i].text));
			vf_sink_putf(out, ",\"added\":%s}", a->notes[i].is_new ? "true" : "false");
		}
		vf_sink_str(out, "],\"fingerprint\":\"");
		vf_sink_hex(out, vf_bytes(v->fingerprint.b, sizeof(v->fingerprint.b)));
		vf_sink_str(out, "\"}\n");
		return;
	}
	vf_sink_str(out, a->is_new ? "New trust directory " : "Trust directory ");
	(unicode ? vf_sink_escaped : vf_sink_ascii)(out, vf_bytes_str(v->path));
	vf_sink_str(out, "\n");
	for (size_t i = 0; i < a->n_notes; i++) {
		vf_sink_str(out, a->notes[i].is_new ? "  added          " : "  there already  ");
		(unicode ? vf_sink_escaped : vf_sink_ascii)(out, vf_bytes_str(a->notes[i].text));
		vf_sink_str(out, "\n");
	}
	vf_fingerprint_put(print, &v->fingerprint, 8, "\n                 ");
	vf_sink_putf(out, "  Fingerprint    %s\n", print);
}

static void done(struct addition *a)
{
	if (!a->is_new && a->before.session)
		vf_trust_view_done(&a->before);
	for (size_t i = 0; i < a->n_inputs; i++)
		vf_input_free(a->inputs[i]);
	if (a->lock >= 0)
		close(a->lock);
	free(a->memory);
}

VF_RC vf_trust_add(const struct vf_options *o, struct vf_sink *out, bool unicode, volatile sig_atomic_t *hold,
	struct vf_err *reterr)
{
	struct addition a = {.o = o, .dir = o->operands.at[1], .lock = -1};
	struct vf_trust_view after;
	enum vf_rc rc = prepare(&a, reterr);

	if (rc == VF_OK)
		rc = check_after(&a, &after, reterr);
	if (rc != VF_OK) {
		done(&a);
		return rc;
	}
	*hold = 1;
	if (a.is_new)
		rc = vf_trust_write_new(a.dir, a.changes, a.n, reterr);
	else
		rc = vf_trust_write(a.dir, a.changes, a.n, reterr);
	*hold = 0;
	if (rc == VF_OK)
		put_result(&a, out, &after, unicode);
	vf_trust_view_done(&after);
	done(&a);
	return rc;
}
