/* The trust directory as a session holds it, and what several inputs show together. */
#include <stdio.h>

#include "verify/judge.h"
#include "verify/text.h"

/* What an input showed: a key stands for one place, value for what is there. */
struct vf_fact {
	struct vf_hash key, value;
	bool is_used;
	char input[64];
};

/* Twice the facts that an input can give, and more. */
#define FACT_SLOTS 12

static const struct vf_trust_file *find_file(const struct vf_session_options *o, struct vf_bytes name)
{
	for (size_t i = 0; i < o->n_files; i++)
		if (vf_bytes_is(name, o->files[i].name))
			return &o->files[i];
	return NULL;
}

static enum vf_rc need_file(const struct vf_session_options *o, struct vf_bytes name,
	const struct vf_trust_file **ret, struct vf_err *reterr)
{
	char shown[120];

	*ret = find_file(o, name);
	if (*ret)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), name);
	return vf_fail(reterr, VF_POLICY_SHAPE, "the trust directory has no '%s'", shown);
}

static enum vf_rc load_anchors(struct vf_session *s, const struct vf_session_options *o, struct vf_err *reterr)
{
	for (size_t i = 0; i < s->policy.n_authorities; i++) {
		const struct vf_trust_file *f = NULL;
		enum vf_rc rc = need_file(o, s->policy.authorities[i].roots, &f, reterr);

		if (rc == VF_OK && f)
			rc = vf_pki_add_anchors(s->pki, i, f->bytes, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* submitters/NAME.pem and streams/NAME.json: every file there is read. */
static enum vf_rc load_optional(struct vf_session *s, const struct vf_session_options *o, struct vf_err *reterr)
{
	for (size_t i = 0; i < o->n_files; i++) {
		struct vf_bytes name = vf_bytes_str(o->files[i].name);
		enum vf_rc rc = VF_OK;

		if (vf_bytes_starts(name, "submitters/") && vf_bytes_ends(name, ".pem"))
			rc = vf_pki_add_anchors(s->pki, VF_PKI_SUBMITTERS, o->files[i].bytes, reterr);
		else if (vf_bytes_starts(name, "streams/") && vf_bytes_ends(name, ".json"))
			rc = vf_stream_pin_parse(o->files[i].bytes, &s->pins[s->n_pins++], reterr);
		if (rc != VF_OK) {
			vf_err_prefix(reterr, "'%s'", o->files[i].name);
			return rc;
		}
	}
	return VF_OK;
}

static enum vf_rc load_trust(struct vf_session *s, const struct vf_session_options *o, struct vf_err *reterr)
{
	const struct vf_trust_file *f = NULL;
	enum vf_rc rc = need_file(o, vf_bytes_str("policy.json"), &f, reterr);

	if (rc != VF_OK || !f)
		return rc;
	rc = vf_policy_parse(f->bytes, &s->arena, &s->policy, reterr);
	/* who judges evidence of other software only has no log to pin */
	f = find_file(o, vf_bytes_str("tlog-policy"));
	s->has_log = f != NULL;
	if (rc == VF_OK && f)
		rc = vf_tlog_policy_parse(f->bytes, &s->arena, &s->tlog, reterr);
	f = find_file(o, vf_bytes_str("receipts"));
	if (rc == VF_OK && f) {
		rc = vf_receipt_keys_parse(f->bytes, &s->arena, &s->receipts, reterr);
		if (rc != VF_OK)
			vf_err_prefix(reterr, "'receipts'");
	}
	if (rc == VF_OK)
		rc = load_anchors(s, o, reterr);
	if (rc != VF_OK)
		return rc;
	s->pins = VF_NEW(&s->arena, o->n_files, struct vf_stream_pin);
	if (!s->pins)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the trust directory");
	s->has_trust = true;
	return load_optional(s, o, reterr);
}

VF_RC vf_session_new(const struct vf_session_options *options, void *block, size_t n,
	struct vf_session **ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_session_freep) struct vf_session *s = NULL;
	struct vf_arena arena;
	enum vf_rc rc = VF_OK;

	vf_arena_init(&arena, block, n);
	s = VF_NEW(&arena, 1, struct vf_session);
	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a session");
	s->arena = arena;
	s->at = options->at;
	s->integrity_only = options->integrity_only;
	s->extra = options->extra;
	s->known = VF_NEW(&s->arena, VF_MAX_EVIDENCE, struct vf_known_token);
	if (!s->known)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a session");
	s->pki = vf_pki_new();
	if (!s->pki)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	rc = vf_manifest_parser_new(&s->xml, reterr);
	if (rc == VF_OK && options->n_files)
		rc = load_trust(s, options, reterr);
	if (rc != VF_OK)
		return rc;
	/* what is left is for facts, in a table that stays at most half full: no more of it than the inputs can fill */
	s->n_fact_slots = (s->arena.cap - s->arena.used) / sizeof(struct vf_fact) - 1;
	if (options->n_inputs && options->n_inputs < s->n_fact_slots / FACT_SLOTS - 1)
		s->n_fact_slots = (options->n_inputs + 1) * FACT_SLOTS;
	s->facts = VF_NEW(&s->arena, s->n_fact_slots, struct vf_fact);
	if (!s->facts)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a session");
	*ret = s;
	s = NULL;
	return VF_OK;
}

struct vf_session *vf_session_free(struct vf_session *s)
{
	if (s) {
		vf_pki_free(s->pki);
		vf_manifest_parser_free(s->xml);
	}
	return NULL;
}

void vf_session_freep(struct vf_session **s)
{
	*s = vf_session_free(*s);
}

bool vf_session_policy(const struct vf_session *s, struct vf_bytes *ret_name, struct vf_hash *ret_sha256)
{
	if (!s->has_trust)
		return false;
	*ret_name = s->policy.name;
	*ret_sha256 = s->policy.sha256;
	return true;
}

/* ---- several inputs ---- */

static struct vf_hash log_key(const struct vf_report *r)
{
	char text[VF_MAX_ORIGIN + 40];
	int n = snprintf(text, sizeof(text), "log %.*s %llu", VF_STR(r->origin), (unsigned long long)r->size);

	return vf_sha256(vf_bytes(text, (size_t)n));
}

static struct vf_hash seal_key(const struct vf_report *r)
{
	char text[VF_MAX_ORIGIN + 40];
	int n = snprintf(text, sizeof(text), "index %.*s %llu", VF_STR(r->origin), (unsigned long long)r->index);

	return vf_sha256(vf_bytes(text, (size_t)n));
}

static struct vf_hash stream_key(const struct vf_report *r, uint64_t seq)
{
	char text[40];
	int n = snprintf(text, sizeof(text), "stream %llu ", (unsigned long long)seq);

	return vf_sha256_2(vf_bytes(text, (size_t)n), vf_bytes(r->stream.b, sizeof(r->stream.b)));
}

static struct vf_hash record_key(const struct vf_hash *id)
{
	return vf_sha256_2(vf_bytes_str("record "), vf_bytes(id->b, sizeof(id->b)));
}

/* The slot of the key: where it is, or the free one where it belongs. */
static struct vf_fact *find_fact(const struct vf_session *s, const struct vf_hash *key)
{
	uint64_t at;

	memcpy(&at, key->b, sizeof(at));
	for (size_t i = (size_t)(at % s->n_fact_slots);; i = (i + 1) % s->n_fact_slots)
		if (!s->facts[i].is_used || vf_hash_eq(&s->facts[i].key, key))
			return &s->facts[i];
}

static enum vf_rc compare(const struct vf_session *s, const struct vf_hash *key, const struct vf_hash *value,
	enum vf_rc bad, const char *what, struct vf_err *reterr)
{
	const struct vf_fact *f = find_fact(s, key);

	if (!f->is_used || vf_hash_eq(&f->value, value))
		return VF_OK;
	return vf_fail(reterr, bad, "%s than in '%s'", what, f->input);
}

VF_RC vf_session_compare(struct vf_session *s, const struct vf_report *r, struct vf_err *reterr)
{
	struct vf_hash key;
	enum vf_rc rc = VF_OK;

	if (r->has_log) {
		key = log_key(r);
		rc = compare(s, &key, &r->root, VF_EQUIVOCATION, "the log of this size has another root", reterr);
	}
	if (rc == VF_OK && r->has_log) {
		key = seal_key(r);
		rc = compare(s, &key, &r->id, VF_EQUIVOCATION, "the log has another record at this index", reterr);
	}
	if (rc == VF_OK && r->has_stream) {
		key = stream_key(r, r->seq);
		rc = compare(s, &key, &r->id, VF_STREAM_FORK, "another record has this place in the stream", reterr);
	}
	if (rc == VF_OK && r->has_stream && r->has_prev) {
		key = stream_key(r, r->seq - 1);
		rc = compare(s, &key, &r->prev, VF_STREAM_FORK, "the record follows another predecessor", reterr);
	}
	return rc;
}

static bool learn(struct vf_session *s, const struct vf_hash *key, const struct vf_hash *value, const char *input)
{
	struct vf_fact *f = find_fact(s, key);

	if (f->is_used)
		return true;
	if (s->n_facts >= s->n_fact_slots / 2)
		return false;
	s->n_facts++;
	f->is_used = true;
	f->key = *key;
	f->value = *value;
	snprintf(f->input, sizeof(f->input), "%.63s", input);
	return true;
}

bool vf_session_has_record(const struct vf_session *s, const struct vf_hash *id)
{
	struct vf_hash key = record_key(id);

	return find_fact(s, &key)->is_used;
}

bool vf_session_learn(struct vf_session *s, const struct vf_report *r)
{
	struct vf_hash key = record_key(&r->id);
	bool all = learn(s, &key, &r->id, r->input);

	if (r->has_log) {
		key = log_key(r);
		all &= learn(s, &key, &r->root, r->input);
		key = seal_key(r);
		all &= learn(s, &key, &r->id, r->input);
	}
	if (r->has_stream) {
		key = stream_key(r, r->seq);
		all &= learn(s, &key, &r->id, r->input);
	}
	if (r->has_stream && r->has_prev) {
		key = stream_key(r, r->seq - 1);
		all &= learn(s, &key, &r->prev, r->input);
	}
	return all;
}
