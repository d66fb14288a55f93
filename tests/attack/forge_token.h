/*
 * Time-stamp tokens by somebody who has the keys of every authority that he may
 * need, each wrong in one place.
 *
 * A case edits a struct forge, and what the verifier's owner has; the token is
 * then made over any imprint, so that the same case is judged alone, inside a
 * bundle, and inside an evidence record.
 */
#ifndef TESTS_ATTACK_FORGE_TOKEN_H
#define TESTS_ATTACK_FORGE_TOKEN_H

#include "tests/attack/attack.h"
#include "verify/foreign.h"

struct forge {
	const struct authority *by;
	const char *gen_time; /* GEN_TIME when NULL */
	struct info_spec info; /* value: when the imprint is to be another than the right one */
	struct cms_spec cms;
	enum vf_alg alg;       /* of the imprint, when the case may choose it */
	struct vf_bytes (*finish)(struct vf_bytes token);
};

MAKER struct forge forge_good(void)
{
	return (struct forge){.by = &alpha, .alg = VF_SHA256};
}

/* The token over an imprint, finished. */
MAKER struct vf_bytes forge_token(const struct forge *f, enum vf_alg alg, struct vf_bytes imprint)
{
	struct evidence e = {.info = f->info, .cms = f->cms};
	struct vf_bytes token = make_stamp(&e, f->by, alg, imprint, f->gen_time ? f->gen_time : GEN_TIME);

	return f->finish ? f->finish(token) : token;
}

/* A certificate by alpha's root, with alpha's name and serial number, for this key and with these extensions. */
MAKER struct vf_bytes forge_cert(EVP_PKEY *key, const char *ext[8][2])
{
	struct cert_spec c = {.name = "Alpha TSU", .issuer = "Alpha Root", .key = key, .issuer_key = alpha.root_key,
		.serial = 5};

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
		DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, forge_cert_id(a), status, time,
			make_der(VF_DER_CONTEXT(0), next))));
	return DER(VF_DER_CONTEXT(1), make_oid("1.3.6.1.5.5.7.16.2"),
		DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes("", 1)),
			DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, make_oid("1.3.6.1.5.5.7.48.1.1"),
				DER(VF_DER_OCTET_STRING, DER(VF_DER_SEQUENCE, tbs, make_sigalg(&by_root, VF_SHA256),
					forge_bits(make_signature(&by_root, VF_SHA256, tbs))))))));
}

/* ---- the verifier ---- */

/* The first reason, or why there is no verdict; VF_OK when there is none. */
MAKER enum vf_rc attack_code(void)
{
	return no_verdict != VF_OK ? no_verdict : report.n_reasons ? report.reasons[0].rc : VF_OK;
}

/* Judges a token, a reply or a signature over data into report. */
MAKER void forge_judge_token(struct vf_bytes token, const struct vf_given *given)
{
	struct vf_session *s = session();
	struct vf_source source = vf_source_of(token);
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	no_verdict = vf_token_check(s, &a, "forged", &source, given, &report, &err);
	vf_session_free(s);
}

/* ---- a table ---- */

MAKER void forge_put(const char *id)
{
	enum vf_verdict got = no_verdict == VF_OK ? report.verdict : NO_VERDICT;

	printf("%s %s %s\n", id, verdict_word(got), vf_rc_name(attack_code()));
}

/* The line of --list. */
MAKER void forge_list(const char *id, enum vf_verdict want, enum vf_rc code, const char *what)
{
	printf("%s\t%s\t%s\t%s\n", id, verdict_word(want), vf_rc_name(code), what);
}

MAKER void forge_expect(const char *id, const char *what, const char *how, enum vf_verdict want, enum vf_rc code)
{
	enum vf_verdict got = no_verdict == VF_OK ? report.verdict : NO_VERDICT;

	check_count++;
	if (got == want && attack_code() == code)
		return;
	CHECK_FAIL("%s %s, %s: %s %s, not %s %s", id, what, how, verdict_word(got), vf_rc_name(attack_code()),
		verdict_word(want), vf_rc_name(code));
	for (size_t i = 0; i < report.n_reasons; i++) {
		const struct vf_reason *r = &report.reasons[i];

		fprintf(stderr, "    %s %s: %s\n", vf_rc_name(r->rc), r->object, r->text);
	}
}

#endif
