#include "verify/quorum.h"


/* ---- reading a policy ---- */

struct reader {
	struct vf_arena *arena;
	struct vf_tlog_policy p;
	struct vf_tlog_member *members; /* room for every name to be a member once */
	size_t n_members;
	bool has_quorum;
	bool witness_used[VF_MAX_WITNESSES], group_used[VF_MAX_GROUPS];
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next field of a line; false when only blanks are left. */
static bool take_field(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes skipped;
	size_t n = 0;

	while (n < in->n && is_blank(in->p[n]))
		n++;
	if (!vf_take(in, n, &skipped))
		return false;
	n = 0;
	while (n < in->n && !is_blank(in->p[n]))
		n++;
	return n > 0 && vf_take(in, n, ret);
}

static bool has_only_policy_octets(struct vf_bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 0x20 && text.p[i] != '\t' && text.p[i] != '\n') || text.p[i] == 0x7f)
			return false;
	return true;
}

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the log policy");
}

/* What the name stands for so far; kind is VF_TLOG_NOTHING when it is free. */
static struct vf_tlog_member find_name(const struct vf_tlog_policy *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->n_witnesses; i++)
		if (vf_bytes_eq(p->witnesses[i].name, name))
			return (struct vf_tlog_member){VF_TLOG_WITNESS, i};
	for (size_t i = 0; i < p->n_groups; i++)
		if (vf_bytes_eq(p->groups[i].name, name))
			return (struct vf_tlog_member){VF_TLOG_GROUP, i};
	return (struct vf_tlog_member){VF_TLOG_NOTHING, 0};
}

/* Takes a name that nothing else has; it is copied. */
static VF_RC take_new_name(struct reader *r, struct vf_bytes *line, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes name;
	char shown[80];

	if (!take_field(line, &name))
		return vf_fail(reterr, VF_POLICY_SHAPE, "a name is missing");
	vf_text_escape(shown, sizeof(shown), name);
	if (vf_bytes_is(name, "none"))
		return vf_fail(reterr, VF_POLICY_SHAPE, "the name 'none' is reserved");
	if (find_name(&r->p, name).kind != VF_TLOG_NOTHING)
		return vf_fail(reterr, VF_POLICY_SHAPE, "the name '%s' occurs twice", shown);
	return vf_arena_copy(r->arena, name, ret) ? VF_OK : no_memory(reterr);
}

/*
 * One public key stands for one log or one witness, under whatever name; and a
 * name with an id says which key is meant. A key that signs heads must not
 * cosign them: what it says in one role could be taken for the other.
 */
static VF_RC check_key_is_new(const struct reader *r, const struct vf_vkey *key, struct vf_err *reterr)
{
	const struct vf_tlog_policy *p = &r->p;

	for (size_t i = 0; i < p->n_logs + p->n_witnesses; i++) {
		const struct vf_vkey *other =
			i < p->n_logs ? &p->logs[i].key : &p->witnesses[i - p->n_logs].key;
		char shown[80];

		vf_text_escape(shown, sizeof(shown), key->name);
		if (vf_bytes_eq(other->key, key->key))
			return vf_fail(reterr, VF_POLICY_SHAPE, "the public key of '%s' occurs twice", shown);
		if (other->id == key->id && vf_bytes_eq(other->name, key->name))
			return vf_fail(reterr, VF_POLICY_SHAPE, "'%s' has two keys with one id", shown);
	}
	return VF_OK;
}

/* Takes a vkey of one of two types, and the optional url that ends the line. */
static VF_RC take_key(struct reader *r, struct vf_bytes *line, uint8_t type, struct vf_vkey *ret,
	struct vf_bytes *ret_url, struct vf_err *reterr)
{
	struct vf_bytes text, url = vf_bytes(NULL, 0), more;
	struct vf_err e = {.rc = VF_OK};
	enum vf_rc rc;

	if (!take_field(line, &text))
		return vf_fail(reterr, VF_POLICY_SHAPE, "a key is missing");
	rc = vf_vkey_parse(text, r->arena, ret, &e);
	if (rc == VF_NO_MEMORY)
		return no_memory(reterr);
	if (rc != VF_OK)
		return vf_fail(reterr, VF_POLICY_SHAPE, "%s", e.text);
	if (ret->type != type && ret->type != VF_KEY_MLDSA44)
		return vf_fail(reterr, VF_POLICY_SHAPE, "a key is of type %s, not %s or %s",
			vf_key_type_name(ret->type), vf_key_type_name(type), vf_key_type_name(VF_KEY_MLDSA44));
	if (take_field(line, &url) && take_field(line, &more))
		return vf_fail(reterr, VF_POLICY_SHAPE, "something follows the url");
	if (!vf_arena_copy(r->arena, url, ret_url))
		return no_memory(reterr);
	return check_key_is_new(r, ret, reterr);
}

static VF_RC read_log(struct reader *r, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_tlog_log log = {.url = {NULL, 0}};
	enum vf_rc rc;

	if (r->p.n_logs == VF_MAX_LOGS)
		return vf_fail(reterr, VF_POLICY_SHAPE, "more than %d logs", VF_MAX_LOGS);
	rc = take_key(r, &line, VF_KEY_ED25519, &log.key, &log.url, reterr);
	if (rc == VF_OK)
		r->p.logs[r->p.n_logs++] = log;
	return rc;
}

static VF_RC read_witness(struct reader *r, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_tlog_witness w = {.url = {NULL, 0}};
	enum vf_rc rc;

	if (r->p.n_witnesses == VF_MAX_WITNESSES)
		return vf_fail(reterr, VF_POLICY_SHAPE, "more than %d witnesses", VF_MAX_WITNESSES);
	rc = take_new_name(r, &line, &w.name, reterr);
	if (rc != VF_OK)
		return rc;
	rc = take_key(r, &line, VF_KEY_COSIGNATURE, &w.key, &w.url, reterr);
	if (rc == VF_OK)
		r->p.witnesses[r->p.n_witnesses++] = w;
	return rc;
}

/* A name becomes a member of at most one group, so a witness counts in one way only. */
static VF_RC take_member(struct reader *r, struct vf_bytes name, struct vf_err *reterr)
{
	struct vf_tlog_member m = find_name(&r->p, name);
	char shown[80];
	bool *used;

	vf_text_escape(shown, sizeof(shown), name);
	if (m.kind == VF_TLOG_NOTHING)
		return vf_fail(reterr, VF_POLICY_SHAPE, "the member '%s' is not defined before", shown);
	used = m.kind == VF_TLOG_WITNESS ? &r->witness_used[m.at] : &r->group_used[m.at];
	if (*used)
		return vf_fail(reterr, VF_POLICY_SHAPE, "'%s' is a member twice", shown);
	*used = true;
	r->members[r->n_members++] = m;
	return VF_OK;
}

static VF_RC read_group(struct reader *r, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_tlog_group g = {.members = r->members + r->n_members};
	struct vf_bytes count, name;
	uint64_t needed;
	enum vf_rc rc;

	if (r->p.n_groups == VF_MAX_GROUPS)
		return vf_fail(reterr, VF_POLICY_SHAPE, "more than %d groups", VF_MAX_GROUPS);
	rc = take_new_name(r, &line, &g.name, reterr);
	if (rc != VF_OK)
		return rc;
	if (!take_field(&line, &count))
		return vf_fail(reterr, VF_POLICY_SHAPE, "a group says not how many are needed");
	for (; take_field(&line, &name); g.n++) {
		rc = take_member(r, name, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (vf_bytes_is(count, "any"))
		needed = 1;
	else if (vf_bytes_is(count, "all"))
		needed = g.n;
	else if (!vf_decimal_read(count, g.n, &needed))
		needed = 0;
	if (g.n == 0 || needed == 0)
		return vf_fail(reterr, VF_POLICY_SHAPE, "a group needs 'all', 'any' or 1 to %zu members", g.n);
	g.needed = (size_t)needed;
	r->p.groups[r->p.n_groups++] = g;
	return VF_OK;
}

static VF_RC read_quorum(struct reader *r, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_bytes name, more;

	if (r->has_quorum)
		return vf_fail(reterr, VF_POLICY_SHAPE, "a second quorum");
	if (!take_field(&line, &name) || take_field(&line, &more))
		return vf_fail(reterr, VF_POLICY_SHAPE, "a quorum needs exactly one name");
	r->has_quorum = true;
	if (vf_bytes_is(name, "none"))
		return VF_OK;
	r->p.quorum = find_name(&r->p, name);
	if (r->p.quorum.kind == VF_TLOG_NOTHING)
		return vf_fail(reterr, VF_POLICY_SHAPE, "the quorum is not defined before");
	return VF_OK;
}

/* A comment is a line whose first non-blank octet is "#"; a later "#" is none. */
static VF_RC read_line(struct reader *r, struct vf_bytes line, struct vf_err *reterr)
{
	struct vf_bytes word;

	if (!take_field(&line, &word) || vf_bytes_starts(word, "#"))
		return VF_OK;
	if (vf_bytes_is(word, "log"))
		return read_log(r, line, reterr);
	if (vf_bytes_is(word, "witness"))
		return read_witness(r, line, reterr);
	if (vf_bytes_is(word, "group"))
		return read_group(r, line, reterr);
	if (vf_bytes_is(word, "quorum"))
		return read_quorum(r, line, reterr);
	return vf_fail(reterr, VF_POLICY_SHAPE, "an unknown keyword");
}

static bool take_room(struct reader *r)
{
	r->p.logs = VF_NEW(r->arena, VF_MAX_LOGS, struct vf_tlog_log);
	r->p.witnesses = VF_NEW(r->arena, VF_MAX_WITNESSES, struct vf_tlog_witness);
	r->p.groups = VF_NEW(r->arena, VF_MAX_GROUPS, struct vf_tlog_group);
	r->members = VF_NEW(r->arena, VF_MAX_WITNESSES + VF_MAX_GROUPS, struct vf_tlog_member);
	return r->p.logs && r->p.witnesses && r->p.groups && r->members;
}

VF_RC vf_tlog_policy_parse(struct vf_bytes text, struct vf_arena *a, struct vf_tlog_policy *ret,
	struct vf_err *reterr)
{
	struct reader r = {.arena = a, .p = {.digest = vf_sha256(text)}};
	struct vf_bytes line;

	if (text.n > VF_MAX_TRUST_FILE || !has_only_policy_octets(text))
		return vf_fail(reterr, VF_POLICY_SHAPE, "a log policy is too large or holds controls");
	if (!take_room(&r))
		return no_memory(reterr);
	for (size_t number = 1; text.n; number++) {
		enum vf_rc rc;

		if (!vf_take_line(&text, &line))
			return vf_fail(reterr, VF_POLICY_SHAPE, "line %zu has no end", number);
		rc = read_line(&r, line, reterr);
		if (rc != VF_OK) {
			vf_err_prefix(reterr, "line %zu", number);
			return rc;
		}
	}
	if (!r.has_quorum || r.p.n_logs == 0)
		return vf_fail(reterr, VF_POLICY_SHAPE, "a log policy needs a log and a quorum");
	*ret = r.p;
	return VF_OK;
}

/* ---- judging a checkpoint ---- */

/* Later than every time: of a cosignature that makes no claim. */
#define NO_CLAIM INT64_MAX

static int64_t to_ms(uint64_t seconds)
{
	uint64_t ms;

	if (seconds == 0)
		return VF_TIME_NONE;
	return vf_mul(seconds, 1000, &ms) && ms < NO_CLAIM ? (int64_t)ms : NO_CLAIM - 1;
}

/* Whether, and since when, a witness or group has seen the checkpoint. */
struct mark {
	bool met;
	int64_t time;
};

struct marks {
	struct mark witnesses[VF_MAX_WITNESSES], groups[VF_MAX_GROUPS];
};

static struct mark mark_of(const struct marks *m, const struct vf_tlog_member *who)
{
	if (who->kind == VF_TLOG_WITNESS)
		return m->witnesses[who->at];
	if (who->kind == VF_TLOG_GROUP)
		return m->groups[who->at];
	return (struct mark){true, NO_CLAIM}; /* "quorum none" */
}

/* Of k members, the k-th smallest time: before it the group was not complete. */
static struct mark mark_group(const struct marks *m, const struct vf_tlog_group *g)
{
	int64_t times[VF_MAX_WITNESSES + VF_MAX_GROUPS];
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct mark one = mark_of(m, &g->members[i]);
		size_t at = n;

		if (!one.met)
			continue;
		for (; at > 0 && times[at - 1] > one.time; at--)
			times[at] = times[at - 1];
		times[at] = one.time;
		n++;
	}
	if (n < g->needed)
		return (struct mark){false, NO_CLAIM};
	return (struct mark){true, times[g->needed - 1]};
}

/* Groups only name groups before them, so one pass settles all. */
static void settle(const struct vf_tlog_policy *p, struct marks *m, struct vf_tlog_seen *seen)
{
	struct mark q;

	for (size_t i = 0; i < p->n_groups; i++)
		m->groups[i] = mark_group(m, &p->groups[i]);
	q = mark_of(m, &p->quorum);
	seen->quorum = q.met;
	seen->time_ms = q.met && q.time != NO_CLAIM ? q.time : VF_TIME_NONE;
	for (size_t i = 0; i < p->n_witnesses; i++) {
		if (!m->witnesses[i].met)
			continue;
		seen->names[seen->n] = p->witnesses[i].name;
		seen->times_ms[seen->n] =
			m->witnesses[i].time != NO_CLAIM ? m->witnesses[i].time : VF_TIME_NONE;
		seen->n++;
	}
}

/* A witness counts once; of several lines the smallest time stands. */
static void mark_witness(struct mark *w, uint64_t seconds)
{
	int64_t ms = to_ms(seconds);

	if (!w->met)
		*w = (struct mark){true, NO_CLAIM};
	if (ms != VF_TIME_NONE && ms < w->time)
		w->time = ms;
}

static bool is_by(const struct vf_note_line *line, const struct vf_vkey *key)
{
	return line->id == key->id && vf_bytes_eq(line->name, key->name);
}

/* The listed key that the line names; NULL when there is none. */
static const struct vf_vkey *find_key(const struct vf_tlog_policy *p, const struct vf_note_line *line,
	struct vf_tlog_member *ret_witness)
{
	*ret_witness = (struct vf_tlog_member){VF_TLOG_NOTHING, 0};
	for (size_t i = 0; i < p->n_logs; i++)
		if (is_by(line, &p->logs[i].key))
			return &p->logs[i].key;
	for (size_t i = 0; i < p->n_witnesses; i++)
		if (is_by(line, &p->witnesses[i].key)) {
			*ret_witness = (struct vf_tlog_member){VF_TLOG_WITNESS, i};
			return &p->witnesses[i].key;
		}
	return NULL;
}

/*
 * Verifies every line of every listed key: one that fails rejects the note, even
 * beside a good line of the same key. ret_log is the outcome of the first line.
 */
static VF_RC check_lines(const struct vf_tlog_policy *p, const struct vf_checkpoint *c, struct marks *m,
	struct vf_tlog_seen *seen, enum vf_rc *ret_log, struct vf_err *reterr)
{
	*ret_log = VF_NOTE_UNSIGNED;
	for (size_t i = 0; i < c->note.n_lines; i++) {
		const struct vf_note_line *line = &c->note.lines[i];
		struct vf_tlog_member who;
		const struct vf_vkey *key = find_key(p, line, &who);
		uint64_t seconds = 0;
		enum vf_rc rc;

		if (!key) {
			seen->n_unknown++;
			continue;
		}
		rc = vf_checkpoint_check_line(c, line, key, &seconds, reterr);
		if (rc != VF_OK && rc != VF_UNSUPPORTED)
			return rc;
		if (rc == VF_UNSUPPORTED)
			seen->n_unchecked++;
		if (i == 0 && who.kind == VF_TLOG_NOTHING)
			*ret_log = rc;
		if (rc == VF_OK && who.kind == VF_TLOG_WITNESS)
			mark_witness(&m->witnesses[who.at], seconds);
	}
	seen->log = *ret_log == VF_OK;
	return VF_OK;
}

static bool knows_origin(const struct vf_tlog_policy *p, struct vf_bytes origin)
{
	for (size_t i = 0; i < p->n_logs; i++)
		if (vf_bytes_eq(p->logs[i].key.name, origin))
			return true;
	return false;
}

/* The log's part of the decision, and who has cosigned. */
static VF_RC check_note(const struct vf_tlog_policy *p, const struct vf_checkpoint *c, struct vf_tlog_seen *ret,
	struct vf_err *reterr)
{
	struct marks m = {.witnesses = {{false, 0}}};
	enum vf_rc rc, log_rc;
	char shown[120];

	*ret = (struct vf_tlog_seen){.time_ms = VF_TIME_NONE, .n_known = p->n_witnesses};
	vf_text_escape(shown, sizeof(shown), c->origin);
	if (!knows_origin(p, c->origin))
		return vf_fail(reterr, VF_UNKNOWN_LOG, "the log policy names no log '%s'", shown);
	rc = check_lines(p, c, &m, ret, &log_rc, reterr);
	if (rc != VF_OK)
		return rc;
	settle(p, &m, ret);
	if (log_rc == VF_UNSUPPORTED)
		return vf_fail(reterr, VF_UNSUPPORTED, "the signature of the log '%s' cannot be checked here",
			shown);
	if (log_rc != VF_OK)
		return vf_fail(reterr, VF_NOTE_UNSIGNED,
			"the checkpoint of '%s' is signed by no key of the log policy", shown);
	return VF_OK;
}

/* The witnesses' part. */
static VF_RC check_quorum(const struct vf_tlog_seen *seen, struct vf_err *reterr)
{
	if (seen->quorum)
		return VF_OK;
	return vf_fail(reterr, VF_WITNESS_QUORUM, "%zu of %zu known witnesses have cosigned: too few for the quorum",
		seen->n, seen->n_known);
}

VF_RC vf_tlog_policy_check(const struct vf_tlog_policy *p, const struct vf_checkpoint *c,
	struct vf_tlog_seen *ret, struct vf_err *reterr)
{
	enum vf_rc rc = check_note(p, c, ret, reterr);

	return rc != VF_OK ? rc : check_quorum(ret, reterr);
}

/* ---- the cache ---- */

/* Empties a cache that served another policy: its names borrow from that one. */
static void cache_serve(struct vf_note_cache *cache, const struct vf_tlog_policy *p)
{
	if (cache->policy == p && vf_hash_eq(&cache->policy_digest, &p->digest))
		return;
	cache->policy = p;
	cache->policy_digest = p->digest;
	cache->n = cache->next = 0;
}

VF_RC vf_tlog_policy_check_cached(const struct vf_tlog_policy *p, const struct vf_checkpoint *c,
	struct vf_note_cache *cache, struct vf_tlog_seen *ret, struct vf_err *reterr)
{
	struct vf_hash note;
	enum vf_rc rc;

	if (!cache)
		return vf_tlog_policy_check(p, c, ret, reterr);
	cache_serve(cache, p);
	note = vf_sha256(c->note.whole);
	for (size_t i = 0; i < cache->n; i++)
		if (vf_hash_eq(&cache->slots[i].note, &note)) {
			cache->hits++;
			*ret = cache->slots[i].seen;
			return check_quorum(ret, reterr);
		}
	rc = check_note(p, c, ret, reterr);
	if (rc != VF_OK)
		return rc;
	cache->slots[cache->next].note = note;
	cache->slots[cache->next].seen = *ret;
	cache->next = (cache->next + 1) % VF_NOTE_CACHE_SIZE;
	if (cache->n < VF_NOTE_CACHE_SIZE)
		cache->n++;
	return check_quorum(ret, reterr);
}
