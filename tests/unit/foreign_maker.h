/*
 * Evidence of other software for tests, made in the process: authorities, signers,
 * tokens, CAdES signatures, evidence records, ASiC containers; and their judgement
 * with a trust directory in memory.
 */
#ifndef TESTS_UNIT_FOREIGN_MAKER_H
#define TESTS_UNIT_FOREIGN_MAKER_H

#include "tests/ers_make.h"
#include "tests/unit/pki_maker.h"
#include "tests/zip_make.h"
#include "verify/cms_attrs.h"
#include "verify/foreign.h"
#include "verify/judge.h"

#define ATTR_TIME_STAMP "1.2.840.113549.1.9.16.2.14"
#define ATTR_ER_INTERNAL "1.2.840.113549.1.9.16.2.49"
#define ATTR_ER_EXTERNAL "1.2.840.113549.1.9.16.2.50"
#define ATTR_ARCHIVE_V3 "0.4.0.1733.2.4"
#define ATTR_HASH_INDEX "0.4.0.1733.2.5"
#define ATTR_HASH_INDEX_V3 "0.4.0.19122.1.5"
#define ID_DATA "1.2.840.113549.1.7.1"

/* An authority or a signer, with the root that vouches for it. */
struct person {
	const char *name, *root_name;
	EVP_PKEY *root_key, *key;
	struct vf_bytes root, cert;
};

static struct person alpha, beta, short_, stranger; /* authorities; no root of the stranger is pinned */
static struct person signer, second, unknown;       /* signers; no root of the unknown is pinned */
static struct vf_report report;
static uint8_t *tables, *session_tables;

/* What the verifier's owner has. */
static struct {
	const char *rules, *revocation, *expired, *submitter, *at;
	bool none, integrity_only;
	struct vf_pki_extra extra;
} owner;

MAKER const char *make_text(const char *fmt, ...) VF_PRINTF(1, 2);
MAKER const char *make_text(const char *fmt, ...)
{
	char *p = (char *)make_room(16384);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p, 16384, fmt, ap);
	va_end(ap);
	MUST(n >= 0 && n < 16384);
	maker_used -= 16384 - (size_t)n - 1;
	return p;
}

MAKER EVP_PKEY *new_key(void)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");

	MUST(k);
	return k;
}

MAKER struct person make_person(const char *name, const char *root, bool is_tsa, const char *to)
{
	struct person p = {.name = name, .root_name = root, .root_key = new_key(), .key = new_key()};
	struct cert_spec leaf = {.name = name,
		.issuer = root,
		.key = p.key,
		.issuer_key = p.root_key,
		.serial = 5,
		.to = to,
		.ext = TSA_EXT};

	p.root = make_cert(&(struct cert_spec){.name = root,
		.issuer = root,
		.key = p.root_key,
		.issuer_key = p.root_key,
		.to = "20440101000000Z",
		.ext = CA_EXT});
	if (!is_tsa)
		leaf.ext[2][0] = leaf.ext[2][1] = NULL;
	p.cert = make_cert(&leaf);
	return p;
}

MAKER void owner_begin(void)
{
	memset(&owner, 0, sizeof(owner));
	owner.rules = "[{\"count\":1,\"of\":[\"alpha\",\"beta\",\"short\"]}]";
	owner.revocation = "if-present";
	owner.expired = "refuse";
	owner.submitter = "optional";
	owner.at = "2025-06-01T00:00:00Z";
}

/* The keys, and room for the tables. */
MAKER void foreign_begin(void)
{
	alpha = make_person("Alpha TSU", "Alpha Root", true, NULL);
	beta = make_person("Beta TSU", "Beta Root", true, NULL);
	short_ = make_person("Short TSU", "Short Root", true, "20250101000000Z");
	stranger = make_person("Strange TSU", "Strange Root", true, NULL);
	signer = make_person("Good Signer", "Signers Root", false, NULL);
	second = make_person("Second Signer", "Second Root", false, NULL);
	unknown = make_person("Unknown Signer", "Nobody", false, NULL);
	tables = malloc(VF_BUNDLE_MEMORY);
	session_tables = malloc(VF_SESSION_MEMORY);
	MUST(tables && session_tables);
	owner_begin();
}

MAKER int foreign_end(void)
{
	struct person *all[] = {&alpha, &beta, &short_, &stranger, &signer, &second, &unknown};

	for (size_t i = 0; i < 7; i++) {
		EVP_PKEY_free(all[i]->root_key);
		EVP_PKEY_free(all[i]->key);
	}
	free(tables);
	free(session_tables);
	return check_done();
}

MAKER struct vf_session *new_session(void)
{
	struct vf_session *s = NULL;
	struct vf_err err = {0};
	const struct vf_trust_file files[] = {
		{"policy.json",
			vf_bytes_str(make_text(
				"{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
				"{\"name\":\"alpha\",\"roots\":\"tsa/"
				"alpha.pem\",\"operator\":false,\"qualified\":true},"
				"{\"name\":\"beta\",\"roots\":\"tsa/"
				"beta.pem\",\"operator\":true,\"qualified\":false},"
				"{\"name\":\"short\",\"roots\":\"tsa/"
				"short.pem\",\"operator\":false,\"qualified\":true}],"
				"\"time\":%s,\"revocation\":\"%s\",\"expired\":\"%s\",\"submitter\":\"%s\"}"
				"\n",
				owner.rules, owner.revocation, owner.expired, owner.submitter))},
		{"submitters/all.pem", JOIN(make_pem(signer.root), make_pem(second.root))},
		{"tsa/alpha.pem", make_pem(alpha.root)},
		{"tsa/beta.pem", make_pem(beta.root)},
		{"tsa/short.pem", make_pem(short_.root)},
	};
	struct vf_session_options o = {.files = files,
		.n_files = owner.none ? 0 : 5,
		.at = make_time(owner.at),
		.integrity_only = owner.integrity_only,
		.extra = &owner.extra};
	enum vf_rc rc = vf_session_new(&o, session_tables, VF_SESSION_MEMORY, &s, &err);

	if (rc != VF_OK)
		fprintf(stderr, "no session: %s %s\n", vf_rc_name(rc), err.text);
	MUST(rc == VF_OK);
	return s;
}

/* ---- judgement ---- */

/* An input and what is given with it. */
struct input {
	enum vf_form form; /* CONTAINER, RECORD, TOKEN */
	struct vf_bytes octets;
	struct vf_given given[8];
	size_t n;
	struct vf_detached detached[4];
	size_t n_detached;
	struct vf_record_options options;
	struct vf_source sources[12];
};

MAKER void give(struct input *in, const char *name, struct vf_bytes data)
{
	in->sources[in->n] = vf_source_of(data);
	in->given[in->n] = (struct vf_given){.name = name, .source = &in->sources[in->n]};
	in->n++;
}

MAKER void give_digest(struct input *in, enum vf_alg alg, struct vf_bytes data)
{
	struct vf_given *g = &in->given[in->n++];

	*g = (struct vf_given){.name = "a digest", .n_digests = 1};
	MUST(vf_digest(alg, data, &g->digests[0], NULL) == VF_OK);
}

MAKER void give_detached(struct input *in, const char *name, struct vf_bytes data)
{
	struct vf_source *s = &in->sources[8 + in->n_detached];

	*s = vf_source_of(data);
	in->detached[in->n_detached++] = (struct vf_detached){name, s};
}

MAKER enum vf_rc check_in(struct vf_session *s, const struct input *input, size_t memory, struct vf_err *err)
{
	struct input copy = *input, *in = &copy;
	struct vf_source source = vf_source_of(in->octets);
	struct vf_arena a;

	/* an input may have been copied since the files were given */
	for (size_t i = 0; i < in->n; i++)
		in->given[i].source = in->given[i].source ? &in->sources[i] : NULL;
	for (size_t i = 0; i < in->n_detached; i++)
		in->detached[i].source = &in->sources[8 + i];
	vf_arena_init(&a, tables, memory);
	if (in->form == VF_FORM_RECORD)
		return vf_record_check(s, &a, "input", &source, &in->options, in->given, in->n, &report, err);
	if (in->form == VF_FORM_TOKEN)
		return vf_token_check(s, &a, "input", &source, in->n ? in->given : NULL, &report, err);
	return vf_bundle_check(s, &a, "input", &source, in->detached, in->n_detached, &report, err);
}

MAKER enum vf_verdict judge_in(struct vf_session *s, const struct input *in)
{
	struct vf_err err = {0};

	if (check_in(s, in, VF_BUNDLE_MEMORY, &err) != VF_OK) {
		CHECK_FAIL("no verdict: %s %s", vf_rc_name(err.rc), err.text);
		report.verdict = VF_INDETERMINATE;
	}
	return report.verdict;
}

MAKER enum vf_verdict judge(const struct input *in)
{
	VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();

	return judge_in(s, in);
}

MAKER bool has_reason(enum vf_rc rc)
{
	for (size_t i = 0; i < report.n_reasons; i++)
		if (report.reasons[i].rc == rc)
			return true;
	return false;
}

MAKER bool has_note(const char *code)
{
	for (size_t i = 0; i < report.n_unchecked; i++)
		if (strcmp(report.unchecked[i].code, code) == 0)
			return true;
	return false;
}

/* The report has this verdict and, unless code is OK, names it; without a code there is no reason at all. */
MAKER void expect_at(int line, enum vf_verdict want, enum vf_rc code)
{
	check_count++;
	if (report.verdict == want && (code == VF_OK ? report.n_reasons == 0 : has_reason(code)))
		return;
	CHECK_FAIL("line %d: %s, not %s %s", line, vf_verdict_name(report.verdict), vf_verdict_name(want),
		vf_rc_name(code));
	for (size_t i = 0; i < report.n_reasons; i++)
		fprintf(stderr, "    %s %s: %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].object,
			report.reasons[i].text);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (report.checks[c] == VF_RESULT_NOT_CHECKED || report.checks[c] == VF_RESULT_UNDECIDED)
			fprintf(stderr, "    %s: %d\n", vf_check_name((enum vf_check)c), report.checks[c]);
}
#define EXPECT(in, verdict, code)                                                                            \
	do {                                                                                                 \
		judge(in);                                                                                   \
		expect_at(__LINE__, verdict, code);                                                          \
	} while (0)

/* With trust, then without: VERIFIED becomes INTACT. */
MAKER void expect_both_at(int line, const struct input *in, enum vf_verdict want, enum vf_rc code)
{
	owner.integrity_only = true;
	judge(in);
	expect_at(line, want == VF_VERIFIED ? VF_INTACT : want, code);
	owner.integrity_only = false;
	judge(in);
	expect_at(line, want, code);
}
#define EXPECT_BOTH(in, verdict, code) expect_both_at(__LINE__, in, verdict, code)

/* ---- evidence ---- */

MAKER struct vf_bytes make_tst(
	const struct person *by, enum vf_alg alg, struct vf_bytes imprint, const char *gen_time)
{
	struct info_spec info = {.alg = alg, .value = imprint, .gen_time = gen_time};

	return make_cms(&(struct cms_spec){
		.cert = by->cert, .certs = by->cert, .key = by->key, .content = make_info(&info)});
}

MAKER struct vf_bytes stamp(const struct person *by, struct vf_bytes data, const char *gen_time)
{
	return make_tst(by, VF_SHA256, make_digest(VF_SHA256, data), gen_time);
}

/* A SignerInfo over content; unsigned attributes are added later, when the signature is known. */
MAKER struct vf_bytes sign(const struct person *by, enum vf_alg alg, struct vf_bytes content)
{
	struct cms_spec s = {
		.cert = by->cert, .key = by->key, .digest = alg, .content_type = ID_DATA, .content = content};

	return make_signer(&s, alg, make_alg(alg));
}

MAKER struct vf_bytes with_attrs(struct vf_bytes signer_info, struct vf_bytes attrs)
{
	struct vf_der d;

	MUST(vf_der_only(signer_info, VF_DER_SEQUENCE, &d));
	return DER(VF_DER_SEQUENCE, d.body, make_der(VF_DER_CONTEXT(1), attrs));
}

/* Octets of the signature in a SignerInfo without unsigned attributes. */
MAKER struct vf_bytes signature_of(struct vf_bytes signer_info)
{
	struct vf_der d, one = {0};

	MUST(vf_der_only(signer_info, VF_DER_SEQUENCE, &d));
	while (d.body.n)
		MUST(vf_der_take(&d.body, &one));
	MUST(one.tag == VF_DER_OCTET_STRING);
	return one.body;
}

/* SignedData; content is left out when its address is NULL. */
MAKER struct vf_bytes make_p7s(struct vf_bytes content, struct vf_bytes certs, struct vf_bytes signers)
{
	return DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.2"),
		make_der(VF_DER_CONTEXT(0),
			DER(VF_DER_SEQUENCE, make_int(1),
				DER(VF_DER_SET, make_alg(VF_SHA256), make_alg(VF_SHA512)),
				DER(VF_DER_SEQUENCE, make_oid(ID_DATA),
					content.p ? make_der(VF_DER_CONTEXT(0),
							    make_der(VF_DER_OCTET_STRING, content))
						  : NOTHING),
				make_der(VF_DER_CONTEXT(0), certs), make_der(VF_DER_SET, signers))));
}

/* A detached signature with a time-stamp over it; by NULL: none. */
MAKER struct vf_bytes make_cades(
	const struct person *who, struct vf_bytes content, const struct person *by, const char *gen_time)
{
	struct vf_bytes s = sign(who, VF_SHA256, content);

	if (by)
		s = with_attrs(s, make_attr(ATTR_TIME_STAMP, stamp(by, signature_of(s), gen_time)));
	return make_p7s(NOTHING, who->cert, s);
}

/* ---- containers ---- */

struct box {
	struct zm_entry entries[128];
	size_t n;
};

MAKER void box_put(struct box *b, const char *name, struct vf_bytes data)
{
	MUST(b->n < 128);
	b->entries[b->n++] = zm_entry_raw(vf_bytes_str(name), data);
}

MAKER struct box new_box(const char *media)
{
	struct box b = {.n = 0};

	if (media)
		box_put(&b, "mimetype", vf_bytes_str(media));
	return b;
}

MAKER struct vf_bytes box_bytes(const struct box *b)
{
	struct nt_buf out = nt_buf(ZM_MAX);
	struct vf_bytes r;

	zm_build(&out, b->entries, b->n, NULL);
	r = make_copy(nt_buf_bytes(&out));
	nt_buf_done(&out);
	return r;
}

MAKER struct input box_input(const struct box *b)
{
	return (struct input){.form = VF_FORM_CONTAINER, .octets = box_bytes(b)};
}

/* A listed file: its name and what the digest is over. */
struct ref {
	const char *name;
	struct vf_bytes data;
};

MAKER struct vf_bytes make_manifest(const char *target, enum vf_alg alg, const struct ref *refs, size_t n)
{
	char text[VF_BASE64_LEN(VF_DIGEST_MAX) + 1];
	struct vf_bytes r =
		vf_bytes_str(make_text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				       "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" "
				       "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
				       "<asic:SigReference URI=\"%s\"/>",
			target));

	for (size_t i = 0; i < n; i++) {
		vf_base64_put(text, make_digest(alg, refs[i].data));
		r = JOIN(r,
			vf_bytes_str(make_text("<asic:DataObjectReference URI=\"%s\"><ds:DigestMethod "
					       "Algorithm=\"http://www.w3.org/2001/04/xmlenc#%s\"/"
					       "><ds:DigestValue>%s</ds:DigestValue>"
					       "</asic:DataObjectReference>",
				refs[i].name, alg == VF_SHA512 ? "sha512" : "sha256", text)));
	}
	return JOIN(r, vf_bytes_str("</asic:ASiCManifest>"));
}
#define MANIFEST(target, ...)                                                                                \
	make_manifest(target, VF_SHA256, (const struct ref[]){__VA_ARGS__},                                  \
		sizeof((const struct ref[]){__VA_ARGS__}) / sizeof(struct ref))

#endif
