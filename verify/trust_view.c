#include "verify/trust_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/judge.h"
#include "verify/text.h"
#include "verify/trust_policy.h"

/* Texts of keys: 64 witnesses, 32 logs and 32 receipt keys, of which those of ML-DSA take 2 kB. */
#define KEY_TEXTS (512u << 10)

const char *vf_pin_name(enum vf_pin kind)
{
	static const char *const names[] = {"authority", "log", "witness", "receipts", "submitter", "stream"};

	return names[kind];
}

void vf_fingerprint_put(char out[VF_GROUPS], const struct vf_hash *h, size_t n, const char *sep)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof(h->b); i += 2)
		at += (size_t)snprintf(out + at, VF_GROUPS - at, "%s%02x%02x",
			i == 0                   ? ""
				: i / 2 % n == 0 ? sep
						 : " ",
			h->b[i], h->b[i + 1]);
}

const char *vf_vkey_text(struct vf_arena *a, const struct vf_vkey *k)
{
	struct vf_bytes key = k->key.n ? k->key : vf_bytes(k->raw, sizeof(k->raw));
	size_t room = k->name.n + 16 + VF_BASE64_LEN(key.n + 1);
	uint8_t *typed = vf_arena_take(a, key.n + 1, 1);
	char *text = vf_arena_take(a, room, 1);
	int n;

	if (!typed || !text)
		return NULL;
	typed[0] = k->type;
	memcpy(typed + 1, key.p, key.n);
	n = snprintf(text, room, "%.*s+%08" PRIx32 "+", VF_STR(k->name), k->id);
	vf_base64_put(text + n, vf_bytes(typed, key.n + 1));
	return text;
}

/* What sha256sum prints for the files, in the order of their names, has this digest. */
static VF_RC put_fingerprint(const struct vf_trust *t, struct vf_hash *ret, struct vf_err *reterr)
{
	struct vf_hasher h;
	struct vf_digest d;
	enum vf_rc rc = vf_hasher_init(&h, VF_SHA256, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < t->n; i++) {
		struct vf_hash one = vf_sha256(t->files[i].bytes);
		char hex[65];

		vf_hex_put(hex, vf_bytes(one.b, sizeof(one.b)));
		vf_hasher_put(&h, vf_bytes_str(hex));
		vf_hasher_put(&h, vf_bytes_str("  "));
		vf_hasher_put(&h, vf_bytes_str(t->files[i].name));
		vf_hasher_put(&h, vf_bytes_str("\n"));
	}
	rc = vf_hasher_done(&h, &d, reterr);
	if (rc == VF_OK)
		memcpy(ret->b, d.b, sizeof(ret->b));
	return rc;
}

/* ---- pins ---- */

static struct vf_trust_pin *more(struct vf_trust_view *v, enum vf_pin kind, struct vf_bytes name)
{
	struct vf_trust_pin *grown;

	/* grows when the number is a power of two */
	if ((v->n_pins & (v->n_pins - 1)) == 0) {
		grown = realloc(v->pins, (2 * v->n_pins + 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		v->pins = grown;
	}
	v->pins[v->n_pins] = (struct vf_trust_pin){.kind = kind, .name = name};
	return &v->pins[v->n_pins++];
}

static bool pin_certs(struct vf_trust_view *v, enum vf_pin kind, size_t authority)
{
	for (size_t i = 0; i < vf_pki_anchor_count(v->session->pki, authority); i++) {
		const struct vf_cert_facts *facts = &vf_pki_anchor(v->session->pki, authority, i)->facts;
		struct vf_trust_pin *pin = more(v, kind,
			vf_bytes_str(kind == VF_PIN_AUTHORITY ? v->policy->authorities[authority].name : facts->name));

		if (!pin)
			return false;
		pin->facts = facts;
		pin->sha256 = facts->sha256;
		pin->authority = authority;
	}
	return true;
}

static bool pin_key(struct vf_trust_view *v, enum vf_pin kind, const struct vf_vkey *key, uint64_t delay)
{
	const char *text = vf_vkey_text(&v->arena, key);
	struct vf_trust_pin *pin = text ? more(v, kind, key->name) : NULL;

	if (!pin)
		return false;
	pin->vkey = vf_bytes_str(text);
	pin->sha256 = vf_sha256(pin->vkey);
	pin->delay = delay;
	return true;
}

static bool pin_all(struct vf_trust_view *v)
{
	bool good = true;

	for (size_t i = 0; good && i < v->policy->n_authorities; i++)
		good = pin_certs(v, VF_PIN_AUTHORITY, i);
	for (size_t i = 0; good && v->tlog && i < v->tlog->n_logs; i++)
		good = pin_key(v, VF_PIN_LOG, &v->tlog->logs[i].key, 0);
	for (size_t i = 0; good && v->tlog && i < v->tlog->n_witnesses; i++)
		good = pin_key(v, VF_PIN_WITNESS, &v->tlog->witnesses[i].key, 0);
	for (size_t i = 0; good && i < v->receipts->n; i++)
		good = pin_key(v, VF_PIN_RECEIPTS, &v->receipts->at[i].key, v->receipts->at[i].delay);
	good = good && pin_certs(v, VF_PIN_SUBMITTER, VF_PKI_SUBMITTERS);
	for (size_t i = 0; good && i < v->n_streams; i++) {
		struct vf_trust_pin *pin = more(v, VF_PIN_STREAM, vf_bytes_str(""));

		good = pin != NULL;
		if (!good)
			break;
		pin->sha256 = v->streams[i].stream;
		pin->has_key = v->streams[i].has_key;
	}
	return good;
}

/* ---- remarks ---- */

static void remark(struct vf_trust_view *v, const char *code, const char *fmt, ...) VF_PRINTF(3, 4);
static void remark(struct vf_trust_view *v, const char *code, const char *fmt, ...)
{
	struct vf_trust_remark *r;
	va_list ap;

	if (v->n_remarks == VF_MAX_REMARKS)
		return;
	r = &v->remarks[v->n_remarks++];
	r->code = code;
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
}

static void look_at_rules(struct vf_trust_view *v)
{
	const struct vf_policy *p = v->policy;
	bool operators = true;

	for (size_t r = 0; r < p->n_rules; r++) {
		if (vf_rule_fitting(p, &p->rules[r], false) < p->rules[r].count)
			remark(v, "RULE_IMPOSSIBLE",
				"rule %zu can never be met: it needs %" PRIu64 " authorities and %zu fit it", r + 1,
				p->rules[r].count, vf_rule_fitting(p, &p->rules[r], false));
		operators = operators && vf_rule_fitting(p, &p->rules[r], true) >= p->rules[r].count;
	}
	if (operators)
		remark(v, "OPERATOR_ONLY",
			"every rule can be met by authorities of the log's operator alone: nobody else need vouch for "
			"the time");
	for (size_t i = 0; i < p->n_authorities; i++) {
		bool used = false;

		for (size_t r = 0; r < p->n_rules && !used; r++)
			used = vf_rule_fit(p, &p->rules[r], i) == VF_FITS;
		if (!used)
			remark(v, "UNUSED_AUTHORITY", "authority '%s' counts in no rule", p->authorities[i].name);
	}
}

static void look_at_shared(struct vf_trust_view *v)
{
	for (size_t i = 0; i < v->n_pins && v->pins[i].kind == VF_PIN_AUTHORITY; i++)
		for (size_t k = 0; k < i; k++)
			if (v->pins[k].authority != v->pins[i].authority &&
				vf_hash_eq(&v->pins[k].sha256, &v->pins[i].sha256))
				remark(v, "SHARED_ROOT",
					"'%.*s' and '%.*s' share a certificate: a token counts for the first whose "
					"conditions it meets, and for no other",
					VF_STR(v->pins[k].name), VF_STR(v->pins[i].name));
}

static void look_at_files(struct vf_trust_view *v)
{
	for (size_t i = 0; i < v->trust.n; i++) {
		struct vf_bytes name = vf_bytes_str(v->trust.files[i].name);
		bool used = !vf_bytes_starts(name, "tsa/");

		for (size_t k = 0; k < v->policy->n_authorities && !used; k++)
			used = vf_bytes_eq(v->policy->authorities[k].roots, name);
		if (!used)
			remark(v, "UNUSED_FILE", "'%.160s' is named by no authority", v->trust.files[i].name);
	}
	if (v->trust.insecure[0])
		remark(v, vf_rc_name(VF_TRUST_INSECURE), "%.230s", v->trust.insecure);
}

static void look_at_missing(struct vf_trust_view *v)
{
	if (!v->tlog)
		remark(v, "NO_LOG", "no log is pinned: no bundle of Trial Notary can be VERIFIED");
	else if (v->tlog->quorum.kind == VF_TLOG_NOTHING)
		remark(v, "NO_WITNESSES",
			"no witness is asked for: a log that shows different people different entries is not noticed");
	if (v->receipts->n == 0)
		remark(v, "NO_RECEIPTS", "no receipt key is pinned: no receipt can be VERIFIED");
	if (vf_pki_anchor_count(v->session->pki, VF_PKI_SUBMITTERS) == 0)
		remark(v, "NO_SUBMITTERS",
			v->policy->submitter_required
				? "no root of submitters is pinned, and the policy asks for their signature: nothing "
				  "can be VERIFIED"
				: "no root of submitters is pinned: who signed a record stays a claim");
	if (v->n_streams == 0)
		remark(v, "NO_STREAMS",
			"no stream is pinned: whether a record stands in the slot of its stream is not checked");
}

/* ---- opening ---- */

VF_RC vf_trust_view_of(const char *dir, struct vf_trust *files, struct vf_trust_view *ret, struct vf_err *reterr)
{
	struct vf_session_options options = {.files = files->files, .n_files = files->n};
	struct vf_trust_view v = {.trust = *files, .memory = malloc(VF_SESSION_MEMORY + KEY_TEXTS)};
	enum vf_rc rc = VF_OK;

	memset(files, 0, sizeof(*files));
	vf_text_escape(v.path, sizeof(v.path), vf_bytes_str(dir));
	if (!v.memory)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the trust directory");
	if (rc == VF_OK)
		rc = vf_session_new(&options, v.memory, VF_SESSION_MEMORY, &v.session, reterr);
	if (rc == VF_OK)
		rc = put_fingerprint(&v.trust, &v.fingerprint, reterr);
	if (rc == VF_OK) {
		vf_arena_init(&v.arena, (uint8_t *)v.memory + VF_SESSION_MEMORY, KEY_TEXTS);
		v.policy = &v.session->policy;
		v.tlog = v.session->has_log ? &v.session->tlog : NULL;
		v.receipts = &v.session->receipts;
		v.streams = v.session->pins;
		v.n_streams = v.session->n_pins;
		if (!pin_all(&v))
			rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the trust directory");
	}
	if (rc != VF_OK) {
		vf_trust_view_done(&v);
		return rc;
	}
	look_at_rules(&v);
	look_at_shared(&v);
	look_at_files(&v);
	look_at_missing(&v);
	*ret = v;
	return VF_OK;
}

VF_RC vf_trust_view_open(const char *dir, struct vf_trust_view *ret, struct vf_err *reterr)
{
	struct vf_trust files = {0};
	enum vf_rc rc = vf_trust_read(dir, &files, reterr);

	return rc == VF_OK ? vf_trust_view_of(dir, &files, ret, reterr) : rc;
}

void vf_trust_view_done(struct vf_trust_view *v)
{
	vf_session_free(v->session);
	free(v->pins);
	free(v->memory);
	vf_trust_done(&v->trust);
	memset(v, 0, sizeof(*v));
}
