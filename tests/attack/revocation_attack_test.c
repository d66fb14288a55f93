/*
 * Group P of the attack catalogue, row 14: OCSP responses beside the tokens of a
 * bundle (docs/formats/bundle.md). The token itself carries no CRL, and the policy
 * asks for revocation data.
 */
#include "tests/attack/attack.h"
#include "tests/unit/ocsp_maker.h"
#include "verify/limits.h"
#include "verify/standing.h"

static const char *part_name(size_t i)
{
	return make_string(VF_PART_OCSP, i);
}

/* What alpha's CA says of alpha a month after the token. */
static struct ocsp_spec about_alpha(void)
{
	return (struct ocsp_spec){.cert = alpha.cert, .issuer = alpha.root_der, .key = alpha.root_key, .reason = -1,
		.from = "20250401000000Z", .to = "20250408000000Z"};
}

static struct vf_bytes delegate(struct ocsp_spec *s, const char *purpose)
{
	s->key = twin.key; /* any key that is nobody else's here */
	return make_cert(&(struct cert_spec){.name = "Alpha OCSP", .issuer = "Alpha Root", .key = s->key, .issuer_key = alpha.root_key,
		.serial = 9, .ext = {{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", purpose}}});
}

static void bare(struct bundle *x, enum stage stage)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = vf_bytes("", 0);
}

/* Adds parts from 001 on, in the right order. */
static void add_sorted(struct bundle *x, struct vf_bytes *parts, size_t n)
{
	struct vf_hash hash[VF_MAX_OCSP_PARTS + 1], h;

	MUST(n <= VF_MAX_OCSP_PARTS + 1);
	for (size_t i = 0; i < n; i++) {
		struct vf_bytes part = parts[i];
		size_t at = i;

		h = vf_sha256(part);
		for (; at > 0 && memcmp(hash[at - 1].b, h.b, sizeof(h.b)) > 0; at--) {
			hash[at] = hash[at - 1];
			parts[at] = parts[at - 1];
		}
		hash[at] = h;
		parts[at] = part;
	}
	for (size_t i = 0; i < n; i++)
		bundle_add(x, part_name(i + 1), parts[i]);
}

static void add_one(struct bundle *x, enum stage stage, const struct ocsp_spec *s)
{
	bare(x, stage);
	if (stage == DONE)
		bundle_add(x, part_name(1), make_ocsp(s));
}

HOOK(p14_good)
{
	struct ocsp_spec s = about_alpha();

	add_one(x, stage, &s);
}

HOOK(p14_sha256)
{
	struct ocsp_spec s = about_alpha();

	s.alg = VF_SHA256;
	s.by_key = true;
	add_one(x, stage, &s);
}

HOOK(p14_delegate)
{
	struct ocsp_spec s = about_alpha();

	s.responder = s.certs = delegate(&s, "OCSPSigning");
	add_one(x, stage, &s);
}

HOOK(p14_delegate_without)
{
	struct ocsp_spec s = about_alpha();

	s.responder = s.certs = delegate(&s, "timeStamping");
	add_one(x, stage, &s);
}

static void revoked(struct bundle *x, enum stage stage, const char *at, int reason)
{
	struct ocsp_spec s = about_alpha();

	s.status = OCSP_REVOKED;
	s.at = at;
	s.reason = reason;
	add_one(x, stage, &s);
}

HOOK(p14_compromise)
{
	revoked(x, stage, "20250315000000Z", 1);
}

HOOK(p14_superseded)
{
	revoked(x, stage, "20250315000000Z", 4);
}

HOOK(p14_superseded_before)
{
	revoked(x, stage, "20250201000000Z", 4);
}

HOOK(p14_no_reason)
{
	revoked(x, stage, "20250315000000Z", -1);
}

HOOK(p14_unknown)
{
	struct ocsp_spec s = about_alpha();

	s.status = OCSP_UNKNOWN;
	add_one(x, stage, &s);
}

/* It ended before the token was made. */
HOOK(p14_stale)
{
	struct ocsp_spec s = about_alpha();

	s.from = "20250101000000Z";
	s.to = "20250108000000Z";
	add_one(x, stage, &s);
}

/* About a certificate of the same number by another CA. */
HOOK(p14_other)
{
	struct ocsp_spec s = {.cert = beta.cert, .issuer = beta.root_der, .key = beta.root_key, .reason = -1,
		.from = "20250401000000Z", .to = "20250408000000Z"};

	add_one(x, stage, &s);
}

HOOK(p14_other_integrity)
{
	p14_other(x, stage);
	owner.integrity_only = true;
}

/* About alpha, by a CA that has nothing to say about it. */
HOOK(p14_stranger)
{
	struct ocsp_spec s = about_alpha();

	s.responder = s.certs = beta.root_der;
	s.key = beta.root_key;
	add_one(x, stage, &s);
}

/* By a CA of the right name with another key. */
HOOK(p14_twin)
{
	struct ocsp_spec s = about_alpha();

	s.key = twin.root_key;
	add_one(x, stage, &s);
}

HOOK(p14_signature)
{
	struct ocsp_spec s = about_alpha();

	s.broken_signature = true;
	add_one(x, stage, &s);
}

HOOK(p14_later)
{
	struct ocsp_spec s = about_alpha();

	s.refusal = 3;
	add_one(x, stage, &s);
}

HOOK(p14_cut)
{
	struct ocsp_spec s = about_alpha();
	struct vf_bytes whole = make_ocsp(&s);

	bare(x, stage);
	if (stage == DONE)
		bundle_add(x, part_name(1), vf_bytes(whole.p, whole.n - 1));
}

HOOK(p14_empty)
{
	bare(x, stage);
	if (stage == DONE)
		bundle_add(x, part_name(1), NOTHING);
}

HOOK(p14_two_answers)
{
	struct ocsp_spec s = about_alpha();

	s.more = make_ocsp_answer(&s);
	add_one(x, stage, &s);
}

/* About the number after alpha's of the same CA. */
HOOK(p15_number)
{
	struct ocsp_spec s = about_alpha();
	struct vf_bytes id = make_cert_id(&s);

	((uint8_t *)(uintptr_t)id.p)[id.n - 1]++;
	s.id = id;
	add_one(x, stage, &s);
}

/* CertID with a hash that nobody knows, without a serial number, and with something behind it. */
HOOK(p15_hash)
{
	struct ocsp_spec s = about_alpha();
	struct vf_bytes octets = make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, vf_bytes_str("x")));

	s.id = DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_oid("1.2.3.4")), octets, octets, make_int(5));
	add_one(x, stage, &s);
}

static void cert_id(struct bundle *x, enum stage stage, struct vf_bytes end)
{
	struct ocsp_spec s = about_alpha();
	struct vf_bytes octets = make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, vf_bytes_str("x")));

	s.id = DER(VF_DER_SEQUENCE, make_alg(VF_SHA1), octets, octets, end);
	add_one(x, stage, &s);
}

HOOK(p15_no_serial)
{
	cert_id(x, stage, NOTHING);
}

HOOK(p15_more)
{
	cert_id(x, stage, JOIN(make_int(5), make_int(5)));
}

HOOK(p14_large)
{
	struct ocsp_spec s = about_alpha();

	s.certs = make_der(VF_DER_OCTET_STRING, vf_bytes(make_room(VF_MAX_OCSP), VF_MAX_OCSP));
	add_one(x, stage, &s);
}

/* Under another name than 001. */
static void named(struct bundle *x, enum stage stage, const char *name)
{
	struct ocsp_spec s = about_alpha();

	bare(x, stage);
	if (stage == DONE)
		bundle_add(x, name, make_ocsp(&s));
}

HOOK(p14_number)
{
	named(x, stage, part_name(2));
}

HOOK(p14_zero)
{
	named(x, stage, part_name(0));
}

HOOK(p14_digits)
{
	named(x, stage, "META-INF/trialnotary/ocsp1.der");
}

/* Responses of different days. */
static size_t many(struct vf_bytes *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ocsp_spec s = about_alpha();

		s.from = make_string("202504%02zu%02zu0000Z", 1 + i % 28, i / 28);
		parts[i] = make_ocsp(&s);
	}
	return n;
}

static void add_many(struct bundle *x, enum stage stage, size_t n)
{
	struct vf_bytes parts[VF_MAX_OCSP_PARTS + 1];

	bare(x, stage);
	if (stage == DONE)
		add_sorted(x, parts, many(parts, n));
}

HOOK(p14_most)
{
	add_many(x, stage, VF_MAX_OCSP_PARTS);
}

HOOK(p14_too_many)
{
	add_many(x, stage, VF_MAX_OCSP_PARTS + 1);
}

HOOK(p14_gap)
{
	add_many(x, stage, 3);
	if (stage == DONE)
		bundle_drop(x, part_name(2));
}

HOOK(p14_order)
{
	struct vf_bytes kept;

	add_many(x, stage, 2);
	if (stage != DONE)
		return;
	kept = *bundle_part(x, part_name(1));
	*bundle_part(x, part_name(1)) = *bundle_part(x, part_name(2));
	*bundle_part(x, part_name(2)) = kept;
}

HOOK(p14_twice)
{
	add_many(x, stage, 1);
	if (stage == DONE)
		bundle_add(x, part_name(2), *bundle_part(x, part_name(1)));
}

/* A token was good a moment ago, in the same run, without the response that revokes. */
static void p14_run(void)
{
	struct nt_buf without = nt_buf(1 << 20), with = nt_buf(1 << 20), good_one = nt_buf(1 << 20);
	struct vf_session *s;

	run(p14_compromise, &with);
	run(p14_good, &good_one);
	run(bare, &without);
	owner.revocation = "if-present";
	s = session();
	CHECK(judge(s, nt_buf_bytes(&without)) == VF_VERIFIED);
	CHECK(judge(s, nt_buf_bytes(&without)) == VF_VERIFIED);
	CHECK(judge(s, nt_buf_bytes(&with)) == VF_REJECTED && has_reason(VF_REVOKED));
	vf_session_free(s);
	/* and what is good with its response is not good without it */
	owner.revocation = "required";
	s = session();
	CHECK(judge(s, nt_buf_bytes(&good_one)) == VF_VERIFIED);
	CHECK(judge(s, nt_buf_bytes(&good_one)) == VF_VERIFIED);
	judge(s, nt_buf_bytes(&without));
	vf_session_free(s);
	nt_buf_done(&without);
	nt_buf_done(&with);
	nt_buf_done(&good_one);
}

static bool names_alpha(const struct vf_bytes *der)
{
	struct vf_ocsp_id id;
	struct vf_cert c;
	bool same;

	if (vf_ocsp_id(*der, &id, NULL) != VF_OK)
		return false;
	make_cert_parts(alpha.cert, &c);
	same = vf_ocsp_is_about(&id, &c);
	vf_cert_done(&c);
	return same;
}

/* Every bit of the response that revokes: no other octets let the token pass, and none count as "good". */
static void p14_flips(void)
{
	struct nt_buf whole = nt_buf(1 << 20);
	struct vf_bytes *part, kept;
	size_t kinds[2] = {0};
	uint8_t *p;
	struct vf_err err;

	begin_case();
	make_bundle(&b, &log_key, &alpha, p14_compromise, &whole);
	judge_alone(nt_buf_bytes(&whole));
	CHECK(report.verdict == VF_REJECTED && has_reason(VF_REVOKED));
	part = bundle_part(&b, part_name(1));
	kept = *part;
	p = make_room(kept.n);
	*part = vf_bytes(p, kept.n);
	for (size_t bit = 0; bit < 8 * kept.n; bit += 3) {
		memcpy(p, kept.p, kept.n);
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		nt_buf_reset(&whole);
		MUST(nt_zip_put(&whole, b.items, b.n_items, &err) == VF_OK);
		judge_alone(nt_buf_bytes(&whole));
		if (report.verdict == VF_VERIFIED || (report.verdict == VF_INDETERMINATE && !names_alpha(part)))
			CHECK_FAIL("bit %zu: %s", bit, vf_verdict_name(report.verdict));
		kinds[report.verdict == VF_REJECTED]++;
	}
	/* what names another responder or another key of the issuer is by nobody that may answer */
	CHECK(kinds[1] > kinds[0]);
	*part = kept;
	nt_buf_reset(&whole);
	MUST(nt_zip_put(&whole, b.items, b.n_items, &err) == VF_OK);
	judge_alone(nt_buf_bytes(&whole));
	nt_buf_done(&whole);
}

static const struct attack cases[] = {
	ATTACK("P14a", "an OCSP response beside the token says good", VF_VERIFIED, VF_OK, .forge = p14_good, .note = "REVOCATION_LATER"),
	ATTACK("P14b", "the same with SHA-256, the responder named by its key", VF_VERIFIED, VF_OK, .forge = p14_sha256),
	ATTACK("P14c", "by a responder that the CA delegated to", VF_VERIFIED, VF_OK, .forge = p14_delegate),
	ATTACK("P14d", "by a certificate of the CA that is for no responder", VF_INDETERMINATE, VF_NO_REVOCATION_DATA,
		.forge = p14_delegate_without),
	ATTACK("P14e", "revoked after the token: the key was compromised", VF_REJECTED, VF_REVOKED, .forge = p14_compromise),
	ATTACK("P14f", "superseded after the token", VF_VERIFIED, VF_OK, .forge = p14_superseded),
	ATTACK("P14g", "superseded before the token", VF_REJECTED, VF_REVOKED, .forge = p14_superseded_before),
	ATTACK("P14h", "revoked after the token, nobody says why", VF_REJECTED, VF_REVOKED, .forge = p14_no_reason),
	ATTACK("P14i", "the responder does not know the certificate", VF_INDETERMINATE, VF_NO_REVOCATION_DATA, .forge = p14_unknown),
	ATTACK("P14j", "a response that ended before the token", VF_INDETERMINATE, VF_NO_REVOCATION_DATA, .forge = p14_stale),
	ATTACK("P14k", "a response about nobody in the bundle", VF_REJECTED, VF_UNCOVERED, .forge = p14_other),
	ATTACK("P14l", "the same, and no trust is asked for", VF_REJECTED, VF_UNCOVERED, .forge = p14_other_integrity),
	ATTACK("P14m", "about the right certificate by another CA", VF_INDETERMINATE, VF_NO_REVOCATION_DATA, .forge = p14_stranger),
	ATTACK("P14n", "by a CA of the right name with another key", VF_REJECTED, VF_CRL_SHAPE, .forge = p14_twin),
	ATTACK("P14o", "a changed signature", VF_REJECTED, VF_CRL_SHAPE, .forge = p14_signature),
	ATTACK("P14p", "the responder asks to come back later", VF_REJECTED, VF_CRL_SHAPE, .forge = p14_later),
	ATTACK("P14q", "cut", VF_REJECTED, VF_CRL_SHAPE, .forge = p14_cut),
	ATTACK("P14r", "empty", VF_REJECTED, VF_CRL_SHAPE, .forge = p14_empty),
	ATTACK("P14s", "two answers in one response", VF_REJECTED, VF_CRL_SHAPE, .forge = p14_two_answers),
	ATTACK("P14t", "larger than any response", VF_REJECTED, VF_LIMIT, .forge = p14_large),
	ATTACK("P14u", "numbers begin with 002", VF_REJECTED, VF_UNCOVERED, .forge = p14_number),
	ATTACK("P14v", "numbers begin with 000", VF_REJECTED, VF_UNCOVERED, .forge = p14_zero),
	ATTACK("P14w", "a number of one digit", VF_REJECTED, VF_UNCOVERED, .forge = p14_digits),
	ATTACK("P14x", "a number is left out", VF_REJECTED, VF_UNCOVERED, .forge = p14_gap),
	ATTACK("P14y", "not ascending", VF_REJECTED, VF_ZIP_SHAPE, .forge = p14_order),
	ATTACK("P14z", "the same response twice", VF_REJECTED, VF_ZIP_SHAPE, .forge = p14_twice),
	ATTACK("P15a", "64 responses", VF_VERIFIED, VF_OK, .forge = p14_most),
	ATTACK("P15b", "65 responses", VF_REJECTED, VF_UNCOVERED, .forge = p14_too_many),
	ATTACK("P15c", "a token that was good a moment ago without its response", VF_INDETERMINATE, VF_NO_REVOCATION_DATA,
		.judge = p14_run),
	ATTACK("P15d", "every third bit of a response that revokes", VF_REJECTED, VF_REVOKED, .judge = p14_flips),
	ATTACK("P15e", "about the next number of the same CA", VF_REJECTED, VF_UNCOVERED, .forge = p15_number),
	ATTACK("P15f", "about a certificate by an unknown hash", VF_REJECTED, VF_CRL_SHAPE, .forge = p15_hash),
	ATTACK("P15g", "about a certificate without a number", VF_REJECTED, VF_CRL_SHAPE, .forge = p15_no_serial),
	ATTACK("P15h", "about a certificate of two numbers", VF_REJECTED, VF_CRL_SHAPE, .forge = p15_more),
};

ATTACK_MAIN(cases)
