/*
 * Time-stamp tokens by somebody who has the keys of every authority that he may
 * need, each wrong in one place, and the verifier's owner who judges them.
 *
 * A case edits a struct forge; the token is then made over any imprint, so that
 * the same case is judged alone, inside a bundle, and inside an evidence record.
 */
#ifndef TESTS_ATTACK_FORGE_TOKEN_H
#define TESTS_ATTACK_FORGE_TOKEN_H

#include "tests/attack/attack.h"
#include "tests/unit/bundle_maker.h"
#include "verify/foreign.h"

static struct authority alpha, beta, stranger;
static struct nt_note_key forge_log;

/* What the verifier's owner has: he pins alpha and beta. */
struct forge_owner {
	const char *alpha_more; /* more fields of authority alpha, each after a comma */
	const char *rules, *revocation, *expired, *at;
	struct vf_bytes alpha_root, beta_root;
	bool none, integrity_only;
};

struct forge {
	struct forge_owner owner;
	const struct authority *by;
	const char *gen_time; /* GEN_TIME when NULL */
	struct info_spec info; /* value: when the imprint is to be another than the right one */
	struct cms_spec cms;
	enum vf_alg alg;       /* of the imprint, when the case may choose it */
	struct vf_bytes (*finish)(struct vf_bytes token);
};

MAKER struct forge forge_good(void)
{
	struct forge f = {.by = &alpha, .alg = VF_SHA256};

	f.owner = (struct forge_owner){.alpha_more = "", .rules = "[{\"count\":1,\"of\":[\"alpha\"]}]", .revocation = "required",
		.expired = "refuse", .at = AT, .alpha_root = alpha.root_der, .beta_root = beta.root_der};
	return f;
}

MAKER void forge_authorities(void)
{
	alpha = make_authority("Alpha Root", EVP_EC_gen("P-256"), "Alpha TSU", EVP_EC_gen("P-256"));
	beta = make_authority("Beta Root", EVP_EC_gen("P-256"), "Beta TSU", EVP_EC_gen("P-256"));
	stranger = make_authority("Stranger Root", EVP_EC_gen("P-256"), "Stranger TSU", EVP_EC_gen("P-256"));
	make_note_key(LOG_NAME, 1, &forge_log);
}

/* The token over an imprint, finished. */
MAKER struct vf_bytes forge_token(const struct forge *f, enum vf_alg alg, struct vf_bytes imprint)
{
	struct evidence e = {.info = f->info, .cms = f->cms};
	struct vf_bytes token = make_stamp(&e, f->by, alg, imprint, f->gen_time ? f->gen_time : GEN_TIME);

	return f->finish ? f->finish(token) : token;
}

/* A certificate of alpha's for this key, with these extensions; alpha's own serial, so that its CRL says nothing about it. */
MAKER struct vf_bytes forge_cert(EVP_PKEY *key, const char *ext[8][2])
{
	struct cert_spec c = {.name = "Alpha TSU", .issuer = "Alpha Root", .key = key, .issuer_key = alpha.root_key, .serial = 5};

	memcpy(c.ext, ext, sizeof(c.ext));
	return make_cert(&c);
}

/* ---- OCSP ---- */

MAKER struct vf_bytes forge_bits(struct vf_bytes octets)
{
	return DER(VF_DER_BIT_STRING, vf_bytes("", 1), octets);
}

/* The CertID of alpha's certificate (RFC 6960 4.1.1). */
MAKER struct vf_bytes forge_cert_id(const struct authority *a)
{
	struct vf_der spki, alg, key;
	struct vf_bytes bits, r;
	struct vf_cert root, leaf;

	make_cert_parts(a->root_der, &root);
	make_cert_parts(a->cert, &leaf);
	MUST(vf_der_only(root.spki, VF_DER_SEQUENCE, &spki) && vf_der_take(&spki.body, &alg) &&
		vf_der_only(spki.body, VF_DER_BIT_STRING, &key) && vf_der_bits(key.body, &bits));
	r = DER(VF_DER_SEQUENCE, make_alg(VF_SHA1), make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, root.subject)),
		make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, bits)), make_der(VF_DER_INTEGER, leaf.serial));
	vf_cert_done(&root);
	vf_cert_done(&leaf);
	return r;
}

/* The root's own answer about its authority's certificate, as it stands in crls of a token (RFC 5940). */
MAKER struct vf_bytes forge_ocsp(const struct authority *a, const char *revoked_at)
{
	struct cms_spec by_root = {.key = a->root_key};
	struct vf_bytes time = make_der(VF_DER_GENERALIZED_TIME, vf_bytes_str("20250401000000Z"));
	struct vf_bytes next = make_der(VF_DER_GENERALIZED_TIME, vf_bytes_str("20250701000000Z"));
	struct vf_bytes status = make_der(VF_DER_CONTEXT_PRIMITIVE(0), NOTHING), tbs;

	if (revoked_at) /* keyCompromise */
		status = DER(VF_DER_CONTEXT(1), make_der(VF_DER_GENERALIZED_TIME, vf_bytes_str(revoked_at)),
			DER(VF_DER_CONTEXT(0), make_der(VF_DER_ENUMERATED, vf_bytes("\1", 1))));
	tbs = DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(1), make_name_der(a->root)), time,
		DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, forge_cert_id(a), status, time, make_der(VF_DER_CONTEXT(0), next))));
	return DER(VF_DER_CONTEXT(1), make_oid("1.3.6.1.5.5.7.16.2"),
		DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes("", 1)),
			DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, make_oid("1.3.6.1.5.5.7.48.1.1"),
				DER(VF_DER_OCTET_STRING, DER(VF_DER_SEQUENCE, tbs, make_sigalg(&by_root, VF_SHA256),
					forge_bits(make_signature(&by_root, VF_SHA256, tbs))))))));
}

/* ---- the verifier ---- */

static uint8_t *forge_memory, *forge_block;
static struct vf_report report;

MAKER void forge_begin(void)
{
	forge_memory = malloc(VF_BUNDLE_MEMORY);
	forge_block = malloc(VF_SESSION_MEMORY);
	MUST(forge_memory && forge_block);
	forge_authorities();
}

MAKER int forge_end(void)
{
	free(forge_memory);
	free(forge_block);
	return check_done();
}

MAKER struct vf_session *forge_session(const struct forge_owner *o)
{
	struct vf_trust_file files[4];
	struct vf_session_options options = {.files = files, .at = make_time(o->at), .integrity_only = o->integrity_only};
	struct nt_buf vkey = nt_buf(1 << 12);
	struct vf_session *s = NULL;
	struct vf_err err = {0};

	MUST(nt_note_put_vkey(&vkey, forge_log.name, VF_KEY_ED25519, vf_bytes(forge_log.raw, sizeof(forge_log.raw)), &err) == VF_OK);
	files[0] = (struct vf_trust_file){"policy.json", make_text("{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
		"{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":true%s},"
		"{\"name\":\"beta\",\"roots\":\"tsa/beta.pem\",\"operator\":false,\"qualified\":false}],"
		"\"time\":%s,\"revocation\":\"%s\",\"expired\":\"%s\",\"submitter\":\"optional\"}\n", o->alpha_more, o->rules,
		o->revocation, o->expired)};
	files[1] = (struct vf_trust_file){"tlog-policy",
		JOIN(vf_bytes_str("log "), nt_buf_bytes(&vkey), vf_bytes_str("\nquorum none\n"))};
	files[2] = (struct vf_trust_file){"tsa/alpha.pem", make_pem(o->alpha_root)};
	files[3] = (struct vf_trust_file){"tsa/beta.pem", make_pem(o->beta_root)};
	options.n_files = o->none ? 0 : 4;
	if (vf_session_new(&options, forge_block, VF_SESSION_MEMORY, &s, &err) != VF_OK) {
		fprintf(stderr, "no session: %s\n", err.text);
		exit(1);
	}
	nt_buf_done(&vkey);
	return s;
}

MAKER void forge_judged(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		return;
	CHECK_FAIL("no verdict: %s %s", vf_rc_name(err->rc), err->text);
	vf_report_init(&report, "none", false);
}

/* Judges a token, a reply or a signature over data into report. */
MAKER void forge_judge_token(const struct forge_owner *o, struct vf_bytes token, const struct vf_given *given)
{
	struct vf_session *s = forge_session(o);
	struct vf_source source = vf_source_of(token);
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, forge_memory, VF_BUNDLE_MEMORY);
	forge_judged(vf_token_check(s, &a, "forged", &source, given, &report, &err), &err);
	vf_session_free(s);
}

MAKER void forge_judge_bundle(const struct forge_owner *o, struct vf_bytes bundle)
{
	struct vf_session *s = forge_session(o);
	struct vf_source source = vf_source_of(bundle);
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, forge_memory, VF_BUNDLE_MEMORY);
	forge_judged(vf_bundle_check(s, &a, "forged", &source, NULL, 0, &report, &err), &err);
	vf_session_free(s);
}

#endif
