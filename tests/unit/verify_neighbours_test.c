/*
 * Counts, form by form, which neighbours of a good example are accepted. The
 * numbers were not worked out by hand: what they hold fast is that no refusal
 * is lost unseen (docs/testing.md, Mutation). When a form changes on purpose,
 * look at each count that moved before you write the new one down.
 */
#include "verify/bundle.h"

#include "tests/unit/neighbours.h"

#include "tests/unit/bundle_maker.h"
#include "verify/checkpoint.h"
#include "verify/ers.h"
#include "verify/policy.h"
#include "verify/quorum.h"
#include "verify/standing.h"
#include "verify/tst.h"

/* What became of the neighbours of one example. */
struct tally {
	size_t all, refused, useless, silent, good, listed;
};

static EVP_PKEY *root_key, *leaf_key;
static struct vf_bytes root_der, leaf_der;
static struct vf_pki *pki;
static const struct vf_cert *root, *leaf;
static uint8_t arena_room[1 << 20];

typedef void judge_fn(struct vf_bytes input, struct tally *t);

static void count(enum vf_rc rc, struct tally *t)
{
	t->all++;
	t->refused += rc != VF_OK;
	t->good += rc == VF_OK;
}

/*
 * A signature is random: its octets, taken for an INTEGER, are one of DER or, once in a hundred times, not. So the
 * examples that hold one are made again before a count is called wrong.
 */
static bool is_last_try = true;
static size_t differ;

static void expect(const char *what, const struct tally *t, const char *want)
{
	char got[160];

	snprintf(got, sizeof(got), "%zu: %zu refused, %zu useless, %zu silent, %zu good, %zu listed", t->all, t->refused,
		t->useless, t->silent, t->good, t->listed);
	check_count++;
	differ += strcmp(got, want) != 0;
	if (strcmp(got, want) != 0 && is_last_try)
		CHECK_FAIL("%s: \"%s\", not \"%s\"", what, got, want);
}

/* ---- DER ---- */

/* A count of neighbours tells something only when the example itself is good. */
static void begin(const char *what, struct vf_bytes example, judge_fn *judge)
{
	struct tally t = {0};

	judge(example, &t);
	if (t.refused || t.useless)
		CHECK_FAIL("%s: the example itself is refused", what);
}

static void walk(const char *what, struct vf_bytes der, judge_fn *judge, const char *want)
{
	struct der_walk counter = {.want = SIZE_MAX};
	struct tally t = {0};
	size_t mark = maker_used;

	begin(what, der, judge);
	(void)neighbour_walk(der, &counter);
	for (size_t n = 0; n < counter.at; n++)
		for (enum neighbour how = DROP; how < NEIGHBOURS; how++) {
			struct der_walk w = {.want = n, .how = how};
			struct vf_bytes changed = neighbour_walk(der, &w);

			if (!vf_bytes_eq(changed, der))
				judge(changed, &t);
			maker_used = mark;
		}
	expect(what, &t, want);
}

static void judge_token(struct vf_bytes der, struct tally *t)
{
	struct vf_tst tst;
	struct vf_err err;

	count(vf_tst_parse(der, &tst, &err), t);
}

static void judge_reply(struct vf_bytes der, struct tally *t)
{
	struct vf_tst tst;
	struct vf_err err;

	count(vf_tsr_parse(der, true, &tst, &err), t);
}

static void judge_signature(struct vf_bytes der, struct tally *t)
{
	struct vf_signed s;
	struct vf_err err;

	count(vf_cms_parse(der, VF_CMS_SUBMITTER, &s, &err), t);
}

/* What the certificate says counts too: a field that is no longer read is no longer told. */
static void judge_cert(struct vf_bytes der, struct tally *t)
{
	struct vf_cert c;
	struct vf_err err;
	enum vf_rc rc = vf_cert_open(der, &c, &err);

	count(rc, t);
	if (rc == VF_OK)
		vf_cert_done(&c);
}

static void judge_record(struct vf_bytes der, struct tally *t)
{
	struct vf_arena a;
	struct vf_err err;
	struct vf_er er;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_er_parse(der, &a, &er, &err), t);
}

static void judge_sigalg(struct vf_bytes der, struct tally *t)
{
	struct vf_sigalg alg;
	struct vf_err err;

	count(vf_sigalg_read(der, VF_CMS_SHAPE, &alg, &err), t);
}

static void judge_hashalg(struct vf_bytes der, struct tally *t)
{
	struct vf_err err;
	enum vf_alg alg;

	count(vf_hashalg_read(der, VF_CMS_SHAPE, &alg, &err), t);
}

static void judge_pubkey(struct vf_bytes der, struct tally *t)
{
	struct vf_cert c;
	struct vf_err err;
	enum vf_rc rc = vf_cert_open(der, &c, &err);

	count(rc == VF_OK ? vf_cert_check_key(&c, &err) : rc, t);
	if (rc == VF_OK)
		vf_cert_done(&c);
}

static void count_standing(enum vf_rc rc, const struct vf_standing *s, struct tally *t)
{
	t->all++;
	if (rc != VF_OK)
		t->refused++;
	else if (!s->counts)
		t->useless++;
	else if (s->listed)
		t->listed++;
	else if (s->silent)
		t->silent++;
	else
		t->good++;
}

static struct vf_bytes sign(struct vf_bytes tbs)
{
	struct vf_bytes alg = DER(VF_DER_SEQUENCE, make_oid("1.2.840.10045.4.3.2"));
	struct vf_bytes zero = vf_bytes("", 1);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = 256;
	uint8_t *sig = make_room(n);

	MUST(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, root_key) == 1);
	MUST(EVP_DigestSign(md, sig, &n, tbs.p, tbs.n) == 1);
	EVP_MD_CTX_free(md);
	return JOIN(tbs, alg, make_der(VF_DER_BIT_STRING, JOIN(zero, vf_bytes(sig, n))));
}

static void judge_crl(struct vf_bytes der, struct tally *t)
{
	struct vf_standing s = {0};
	struct vf_err err;

	count_standing(vf_crl_read(pki, der, leaf, root, &s, &err), &s, t);
}

static void judge_crl_tbs(struct vf_bytes tbs, struct tally *t)
{
	judge_crl(make_der(VF_DER_SEQUENCE, sign(tbs)), t);
}

static void judge_ocsp(struct vf_bytes der, struct tally *t)
{
	struct vf_standing s = {0};
	struct vf_err err;

	count_standing(vf_ocsp_read(pki, der, leaf, root, NOTHING, &s, &err), &s, t);
}

/* With certs after the signature. */
static struct vf_bytes ocsp_with(struct vf_bytes tbs, struct vf_bytes certs)
{
	struct vf_bytes basic = DER(VF_DER_SEQUENCE, sign(tbs), certs);

	return DER(VF_DER_SEQUENCE, make_der(VF_DER_ENUMERATED, vf_bytes("", 1)),
		make_der(VF_DER_CONTEXT(0),
			DER(VF_DER_SEQUENCE, make_oid("1.3.6.1.5.5.7.48.1.1"), make_der(VF_DER_OCTET_STRING, basic))));
}

static struct vf_bytes ocsp(struct vf_bytes tbs)
{
	return ocsp_with(tbs, NOTHING);
}

static void judge_ocsp_tbs(struct vf_bytes tbs, struct tally *t)
{
	judge_ocsp(ocsp(tbs), t);
}

#define TIME(text) make_der(VF_DER_GENERALIZED_TIME, vf_bytes_str(text))

static struct vf_bytes extension(const char *oid, struct vf_bytes critical, struct vf_bytes value)
{
	return DER(VF_DER_SEQUENCE, make_oid(oid), critical, make_der(VF_DER_OCTET_STRING, value));
}

/* ResponseData about the leaf, by the root itself; by key, when by_key. */
static struct vf_bytes ocsp_data(struct vf_bytes status, bool by_key)
{
	struct vf_bytes name = make_name_der("Example Root"), spki = root->spki, key, tag, other;
	struct vf_bytes more = DER(VF_DER_SEQUENCE, extension("1.2.3.4", NOTHING, make_int(1)));
	struct vf_bytes body, id, single;
	uint8_t t;

	MUST(neighbour_take(&spki, &t, &body) && neighbour_take(&body, &t, &other) && neighbour_take(&body, &t, &tag));
	key = vf_bytes(tag.p + 1, tag.n - 1);
	id = DER(VF_DER_SEQUENCE, make_alg(VF_SHA256), make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA256, name)),
		make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA256, key)), make_int(77));
	single = DER(VF_DER_SEQUENCE, id, status, TIME("20240602000000Z"), make_der(VF_DER_CONTEXT(0), TIME("20240609000000Z")),
		make_der(VF_DER_CONTEXT(1), more));
	return DER(VF_DER_SEQUENCE,
		by_key ? make_der(VF_DER_CONTEXT(2), make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, key)))
		       : make_der(VF_DER_CONTEXT(1), name),
		TIME("20240602000000Z"), make_der(VF_DER_SEQUENCE, single), make_der(VF_DER_CONTEXT(1), more));
}

static struct vf_bytes tbs_of(struct vf_bytes signed_)
{
	struct vf_bytes body, inner;
	uint8_t tag;

	MUST(neighbour_take(&signed_, &tag, &body) && neighbour_take(&body, &tag, &inner));
	return make_der(tag, inner);
}

/* A token whose ESSCertIDv2 list is this one, signed with it. */
static void judge_ess(struct vf_bytes value, struct tally *t)
{
	struct info_spec info = {.version = 1};
	struct cms_spec token = {.cert = leaf_der, .key = leaf_key, .certs = leaf_der, .content = make_info(&info), .ess = ESS_NONE,
		.attrs = make_attr("1.2.840.113549.1.9.16.2.47", value)};
	struct vf_digest imprint = {.alg = VF_SHA256};
	struct vf_hash h = vf_sha256(vf_bytes_str(DATA));
	struct vf_tst tst;
	struct vf_err err;
	enum vf_rc rc = vf_tst_parse(make_cms(&token), &tst, &err);

	memcpy(imprint.b, h.b, sizeof(h.b));
	count(rc == VF_OK ? vf_tst_check(pki, &tst, &imprint, NULL, NULL, &err) : rc, t);
}

static void test_bound_certificate(void)
{
	struct vf_bytes issuer = DER(VF_DER_SEQUENCE,
		DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(4), make_name_der("Example Root"))), make_int(77));
	struct vf_bytes id = DER(VF_DER_SEQUENCE, make_alg(VF_SHA512),
		make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA512, leaf_der)), issuer);

	walk("signing certificate, signed again", DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, id)), judge_ess,
		"322: 312 refused, 0 useless, 0 silent, 10 good, 0 listed");
}

static void test_tokens_once(void)
{
	struct vf_bytes rest = JOIN(DER(VF_DER_SEQUENCE, make_int(1), make_der(VF_DER_CONTEXT_PRIMITIVE(0), vf_bytes("\5", 1)),
		make_der(VF_DER_CONTEXT_PRIMITIVE(1), vf_bytes("\6", 1))), make_der(VF_DER_BOOLEAN, vf_bytes("\xff", 1)), make_int(99),
		make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Example TSA"))),
		make_der(VF_DER_CONTEXT(1), extension("1.2.3.4", NOTHING, make_int(1))));
	struct info_spec info = {.rest = rest};
	struct cms_spec token = {.cert = leaf_der, .key = leaf_key, .certs = leaf_der, .content = make_info(&info)};
	struct cms_spec signature = {.cert = leaf_der, .key = leaf_key, .certs = leaf_der, .content = vf_bytes_str("x"),
		.detached = true, .content_type = "1.2.840.113549.1.7.1", .ess = ESS_V1, .by_key_id = true};
	struct vf_bytes der = make_cms(&token);

	walk("token", der, judge_token,
		"2179: 911 refused, 0 useless, 0 silent, 1268 good, 0 listed");
	token.ess = ESS_ISSUER;
	token.pss = false;
	walk("token that names its issuer", make_cms(&token), judge_token,
		"2417: 955 refused, 0 useless, 0 silent, 1462 good, 0 listed");
	walk("reply", DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_int(1)), der), judge_reply,
		"2221: 946 refused, 0 useless, 0 silent, 1275 good, 0 listed");
	walk("signature", make_cms(&signature), judge_signature,
		"1465: 592 refused, 0 useless, 0 silent, 873 good, 0 listed");
}

static void try_again(void (*test)(void))
{
	for (size_t i = 0; i < 3; i++) {
		is_last_try = i == 2;
		differ = 0;
		test();
		if (!differ)
			break;
	}
	is_last_try = true;
}

/* AlgorithmIdentifiers: of RSASSA-PSS with all of its parameters, and of a hash. */
static void test_algorithms(void)
{
	struct vf_bytes null = make_der(VF_DER_NULL, NOTHING);
	struct vf_bytes no_mgf = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.10"),
		DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(1), make_int(1))));
	struct vf_sigalg alg;
	struct vf_err err;
	struct vf_bytes hash = DER(VF_DER_SEQUENCE, make_der(VF_DER_OID, vf_alg_oid(VF_SHA256)), null);

	CHECK_RC(vf_sigalg_read(no_mgf, VF_CMS_SHAPE, &alg, &err), VF_CMS_SHAPE);
	walk("hash algorithm", hash, judge_hashalg,
		"37: 35 refused, 0 useless, 0 silent, 2 good, 0 listed");
	walk("signature algorithm", DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.11"), null), judge_sigalg,
		"37: 36 refused, 0 useless, 0 silent, 1 good, 0 listed");
	walk("signature algorithm with parameters", DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.10"),
		DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), hash),
			make_der(VF_DER_CONTEXT(1), DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.8"), hash)),
			make_der(VF_DER_CONTEXT(2), make_int(32)), make_der(VF_DER_CONTEXT(3), make_int(1)))), judge_sigalg,
		"228: 215 refused, 0 useless, 0 silent, 13 good, 0 listed");
}

static void test_certificates(void)
{
	struct vf_bytes der = make_cert(&(struct cert_spec){.name = "Example Leaf", .key = leaf_key, .issuer_key = root_key,
		.ext = {{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", "critical,digitalSignature"},
			{"extendedKeyUsage", "critical,timeStamping"}, {"subjectAltName", "email:a@example.org,DNS:example.org"},
			{"crlDistributionPoints", "URI:http://example.org/a.crl"}, {"subjectKeyIdentifier", "hash"}}});

	walk("certificate", der, judge_cert,
		"1115: 726 refused, 0 useless, 0 silent, 389 good, 0 listed");
	walk("certificate and its key", der, judge_pubkey,
		"1115: 753 refused, 0 useless, 0 silent, 362 good, 0 listed");
	walk("root", root_der, judge_cert,
		"854: 566 refused, 0 useless, 0 silent, 288 good, 0 listed");
}

static void test_revocation(void)
{
	struct crl_spec crl = {.key = root_key, .from = "20240602000000Z", .to = "20240609000000Z",
		.entries = {{76, "20240101000000Z", 1, NULL, false}, {77, "20240501000000Z", 1, "20240401000000Z", false}},
		.ext = {{"2.5.29.20", "DER:020101"}, {"2.5.29.60", "DER:180f32303230303130313030303030305a"}}};
	static const uint8_t good[] = {0x80, 0}, unknown[] = {0x82, 0};
	struct vf_bytes der;

	der = make_crl(&crl);
	walk("CRL", der, judge_crl,
		"756: 610 refused, 146 useless, 0 silent, 0 good, 0 listed");
	walk("CRL, signed again", tbs_of(der), judge_crl_tbs,
		"700: 401 refused, 146 useless, 0 silent, 8 good, 145 listed");
	crl.entries[1].serial = 0;
	crl.to = NULL;
	walk("CRL that does not list it, signed again", tbs_of(make_crl(&crl)), judge_crl_tbs,
		"518: 252 refused, 146 useless, 0 silent, 119 good, 1 listed");
	/* onlyContainsUserCerts, indirectCRL, onlyContainsAttributeCerts: all of them there, and false but the first */
	crl.ext[2][0] = "2.5.29.28";
	crl.ext[2][1] = "critical,DER:30098101ff840100850100";
	walk("CRL with a scope, signed again", tbs_of(make_crl(&crl)), judge_crl_tbs,
		"630: 340 refused, 156 useless, 0 silent, 133 good, 1 listed");
	der = ocsp_data(vf_bytes(good, 2), false);
	walk("OCSP response", ocsp(der), judge_ocsp,
		"695: 458 refused, 237 useless, 0 silent, 0 good, 0 listed");
	walk("OCSP response with a certificate", ocsp_with(der, DER(VF_DER_CONTEXT(0), DER(VF_DER_SEQUENCE, make_int(1)))), judge_ocsp,
		"737: 473 refused, 237 useless, 0 silent, 27 good, 0 listed");
	walk("OCSP response, signed again", der, judge_ocsp_tbs,
		"555: 247 refused, 218 useless, 0 silent, 90 good, 0 listed");
	walk("OCSP response by a key", ocsp_data(vf_bytes(good, 2), true), judge_ocsp_tbs,
		"387: 219 refused, 78 useless, 0 silent, 90 good, 0 listed");
	walk("OCSP response that does not know", ocsp_data(vf_bytes(unknown, 2), true), judge_ocsp_tbs,
		"387: 219 refused, 78 useless, 90 silent, 0 good, 0 listed");
	der = DER(VF_DER_CONTEXT(1), TIME("20240501000000Z"),
		make_der(VF_DER_CONTEXT(0), make_der(VF_DER_ENUMERATED, vf_bytes("\1", 1))));
	walk("OCSP response that revokes", ocsp_data(der, true), judge_ocsp_tbs,
		"434: 257 refused, 78 useless, 0 silent, 0 good, 99 listed");
}

/* ---- text ---- */

static void edit(const char *what, struct vf_bytes text, judge_fn *judge, const char *want)
{
	size_t mark = maker_used;
	uint8_t *room = make_room(2 * text.n + 64);
	struct vf_bytes changed;
	struct tally t = {0};

	begin(what, text, judge);
	for (size_t n = 0; neighbour_text(text, n, room, &changed); n++)
		if (!vf_bytes_eq(changed, text))
			judge(changed, &t);
	for (unsigned how = 0; how < 3; how++)
		for (size_t n = 0; neighbour_line(text, n, how, room, &changed); n++)
			if (!vf_bytes_eq(changed, text))
				judge(changed, &t);
	for (size_t n = 0; text.n && text.p[0] == '{' && neighbour_value(text, n, room, &changed); n++)
		if (!vf_bytes_eq(changed, text))
			judge(changed, &t);
	maker_used = mark;
	expect(what, &t, want);
}

static void judge_vkey(struct vf_bytes text, struct tally *t)
{
	struct vf_vkey k;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_vkey_parse(text, &a, &k, &err), t);
}

static void judge_pin(struct vf_bytes text, struct tally *t)
{
	struct vf_stream_pin p;
	struct vf_err err;

	count(vf_stream_pin_parse(text, &p, &err), t);
}

static void judge_commitment(struct vf_bytes text, struct tally *t)
{
	struct vf_commitment c;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_commitment_parse(text, &a, &c, &err), t);
}

static void judge_time(struct vf_bytes text, struct tally *t)
{
	int64_t ms;

	count(vf_time_read(text, &ms) ? VF_OK : VF_TEXT_SHAPE, t);
}

static void judge_decimal(struct vf_bytes text, struct tally *t)
{
	uint64_t n;

	count(vf_decimal_read(text, 100000, &n) ? VF_OK : VF_TEXT_SHAPE, t);
}

static void judge_hex(struct vf_bytes text, struct tally *t)
{
	uint8_t out[4];

	count(vf_hex_read(text, out, sizeof(out)) ? VF_OK : VF_TEXT_SHAPE, t);
}

static void judge_base64(struct vf_bytes text, struct tally *t)
{
	struct vf_bytes out;
	struct vf_arena a;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_base64_take(text, &a, &out) ? VF_OK : VF_TEXT_SHAPE, t);
}

static void judge_name(struct vf_bytes text, struct tally *t)
{
	struct vf_err err;

	count(vf_name_check(text, &err), t);
}

static void judge_checkpoint(struct vf_bytes text, struct tally *t)
{
	struct vf_checkpoint c;
	struct vf_err err;

	count(vf_checkpoint_parse(text, &c, &err), t);
}

static void judge_proof(struct vf_bytes text, struct tally *t)
{
	struct vf_tlog_proof p;
	struct vf_err err;

	count(vf_tlog_proof_parse(text, &p, &err), t);
}

static void judge_head(struct vf_bytes text, struct tally *t)
{
	struct vf_seal_head h;
	struct vf_err err;

	count(vf_seal_head_parse(text, &h, &err), t);
}

static void judge_entry(struct vf_bytes text, struct tally *t)
{
	struct vf_entry e;
	struct vf_err err;

	count(vf_entry_parse(text, &e, &err), t);
}

static void judge_statement(struct vf_bytes text, struct tally *t)
{
	struct vf_statement s;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_statement_parse(text, &a, &s, &err), t);
}

static void judge_stream(struct vf_bytes text, struct tally *t)
{
	struct vf_stream_member s;
	struct vf_err err;

	count(vf_stream_parse(text, &s, &err), t);
}

static void judge_policy(struct vf_bytes text, struct tally *t)
{
	struct vf_policy p;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_policy_parse(text, &a, &p, &err), t);
}

static void judge_tlog_policy(struct vf_bytes text, struct tally *t)
{
	struct vf_tlog_policy p;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_tlog_policy_parse(text, &a, &p, &err), t);
}

static void judge_manifest(struct vf_bytes text, struct tally *t)
{
	struct vf_manifest m;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, arena_room, sizeof(arena_room));
	count(vf_manifest_parse(text, &a, &m, &err), t);
}

static void test_words(void)
{
	edit("time", vf_bytes_str("2024-02-29T23:59:58Z"), judge_time,
		"685: 674 refused, 0 useless, 0 silent, 11 good, 0 listed");
	edit("time with milliseconds", vf_bytes_str("2024-02-29T23:59:58.120Z"), judge_time,
		"816: 803 refused, 0 useless, 0 silent, 13 good, 0 listed");
	edit("number", vf_bytes_str("100000"), judge_decimal,
		"225: 220 refused, 0 useless, 0 silent, 5 good, 0 listed");
	edit("hexadecimal", vf_bytes_str("00ff9ae1"), judge_hex,
		"293: 280 refused, 0 useless, 0 silent, 13 good, 0 listed");
	edit("base64", vf_bytes_str("AQIDBA=="), judge_base64,
		"294: 268 refused, 0 useless, 0 silent, 26 good, 0 listed");
	edit("name", vf_bytes_str("folder/file 1.txt"), judge_name,
		"591: 168 refused, 0 useless, 0 silent, 423 good, 0 listed");
}

static struct bundle b;
static struct vf_bytes checkpoint;

static void no_change(struct bundle *x, enum stage stage)
{
	if (stage == BEGIN)
		x->fields = ",\"links\":[{\"type\":\"supersedes\",\"record\":\"0000000000000000000000000000000000000000000000000000000000000001\"}]";
	if (stage == LOG)
		checkpoint = make_copy(nt_buf_bytes(&x->note));
	if (stage == TOKEN) {
		bundle_renew(&x->ev[0], x->ev[0].by, "20250401120000Z");
		bundle_rechain(x, &x->ev[0], x->ev[0].by, VF_SHA512, "20250501120000Z", false);
	}
}

static const char *vkey(const struct nt_note_key *k, uint8_t type)
{
	struct nt_buf out = nt_buf(1 << 12);
	struct vf_err err;
	struct vf_bytes r;

	MUST(nt_note_put_vkey(&out, k->name, type, vf_bytes(k->raw, sizeof(k->raw)), &err) == VF_OK);
	r = JOIN(nt_buf_bytes(&out), vf_bytes("", 1));
	nt_buf_done(&out);
	return (const char *)r.p;
}

static void test_bundle_parts(void)
{
	struct authority by = make_authority("Example Root", root_key, "Example TSA", leaf_key);
	struct nt_buf zip = nt_buf(1 << 20);
	struct nt_note_key log, witness;

	make_note_key(LOG_NAME, 1, &log);
	make_note_key("witness.example/w1", 2, &witness);
	make_bundle(&b, &log, &by, no_change, &zip);
	walk("evidence record", b.ev[0].der, judge_record,
		"6985: 412 refused, 0 useless, 0 silent, 6573 good, 0 listed");
	edit("checkpoint", checkpoint, judge_checkpoint,
		"5732: 5072 refused, 0 useless, 0 silent, 660 good, 0 listed");
	edit("log proof", *bundle_part(&b, VF_PART_PROOF), judge_proof,
		"9757: 8674 refused, 0 useless, 0 silent, 1083 good, 0 listed");
	edit("seal head", b.head, judge_head,
		"16811: 15720 refused, 0 useless, 0 silent, 1091 good, 0 listed");
	edit("first seal head", b.previous, judge_head,
		"7773: 7161 refused, 0 useless, 0 silent, 612 good, 0 listed");
	edit("entry", b.entry_text, judge_entry,
		"9836: 9352 refused, 0 useless, 0 silent, 484 good, 0 listed");
	edit("statement", b.statement, judge_statement,
		"34109: 32175 refused, 0 useless, 0 silent, 1934 good, 0 listed");
	edit("stream", *bundle_part(&b, "stream.json"), judge_stream,
		"6391: 6114 refused, 0 useless, 0 silent, 277 good, 0 listed");
	edit("later stream", make_text("{\"schema\":\"trialnotary/stream/1\",\"seq\":10,\"stream\":\"%s\",\"prev\":\"%s\","
		"\"nonce\":\"%s\"}\n", HEX(b.stream_key), HEX(b.stream_key), HEX(b.stream_key)), judge_stream,
		"8977: 8570 refused, 0 useless, 0 silent, 407 good, 0 listed");
	edit("commitment", make_text("{\"schema\":\"trialnotary/commitment/1\",\"name\":\"c.txt\",\"sha256\":\"%s\",\"sha512\":\"%s%s\","
		"\"salt\":\"%s\"}\n", HEX(b.stream_key), HEX(b.stream_key), HEX(b.stream_key), HEX(b.stream_key)), judge_commitment,
		"11448: 10813 refused, 0 useless, 0 silent, 635 good, 0 listed");
	edit("pinned stream", make_text("{\"schema\":\"trialnotary/stream-pin/1\",\"stream\":\"%s\",\"key\":\"%s\"}\n",
		HEX(b.stream_key), HEX(b.stream_key)), judge_pin,
		"6265: 5997 refused, 0 useless, 0 silent, 268 good, 0 listed");
	edit("verifier key", vf_bytes_str(vkey(&log, VF_KEY_ED25519)), judge_vkey,
		"2231: 2231 refused, 0 useless, 0 silent, 0 good, 0 listed");
	edit("manifest", *bundle_part(&b, "META-INF/ASiCEvidenceRecordManifest001.xml"), judge_manifest,
		"36067: 33405 refused, 0 useless, 0 silent, 2662 good, 0 listed");
	edit("log policy", make_text("# a comment\nlog %s\nwitness w1 %s https://w.example/\ngroup g 1 w1\nquorum g\n", vkey(&log, VF_KEY_ED25519),
		vkey(&witness, VF_KEY_COSIGNATURE)), judge_tlog_policy,
		"6903: 6063 refused, 0 useless, 0 silent, 840 good, 0 listed");
	edit("policy", vf_bytes_str("{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
		"{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":true,\"from\":\"2024-01-01T00:00:00Z\","
		"\"to\":\"2025-01-01T00:00:00Z\",\"policies\":[\"1.2.3.4\"],\"max_accuracy_ms\":1000}],\"time\":[{\"count\":1,\"operator\":false}],"
		"\"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":\"optional\"}\n"), judge_policy,
		"11986: 11444 refused, 0 useless, 0 silent, 542 good, 0 listed");
	nt_buf_done(&zip);
	EVP_PKEY_free(log.ctx);
	EVP_PKEY_free(witness.ctx);
}

int main(void)
{
	struct vf_err err;

	root_key = make_key("p256.key");
	leaf_key = make_key("p384.key");
	root_der = make_cert(&(struct cert_spec){.name = "Example Root", .key = root_key, .issuer_key = root_key,
		.to = "20440101000000Z", .ext = CA_EXT});
	leaf_der = make_cert(&(struct cert_spec){.name = "Example TSA", .key = leaf_key, .issuer_key = root_key, .ext = TSA_EXT});
	pki = vf_pki_new();
	MUST(pki && vf_pki_cert(pki, root_der, &root, &err) == VF_OK && vf_pki_cert(pki, leaf_der, &leaf, &err) == VF_OK);
	try_again(test_tokens_once);
	test_bound_certificate();
	test_certificates();
	test_revocation();
	test_algorithms();
	test_words();
	try_again(test_bundle_parts);
	vf_pki_free(pki);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(leaf_key);
	return check_done();
}
