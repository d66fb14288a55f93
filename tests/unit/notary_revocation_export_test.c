#include "notary/revocation_export.h"

#include <sqlite3.h>

#include "notary/notary_inside.h"
#include "notary/store_sqlite.h"
#include "verify/standing.h"
#include "verify/tst.h"

#include "tests/study_judging.h"
#include "tests/unit/tsa_world.h"

#define STAMPED "20251231000001.5Z"

static struct fixture f;
static struct vf_bytes outside; /* the token as it came */
static uint8_t *memory, *session_memory;
static struct vf_report report;

/* ---- a seal with a token from outside ---- */

static struct nt_seal *seal_get(void)
{
	struct nt_seal *seal = NULL;
	struct vf_err err = {0};

	CHECK_RC(nt_notary_seal_get(f.n, 1, &seal, &err), VF_OK);
	MUST(seal);
	return seal;
}

/* Stamps the root of the seal again, by the unit of tsa_world.h. */
static void add_outside_token(void)
{
	struct nt_seal *seal = seal_get();
	struct info_spec info = {.gen_time = STAMPED};
	struct cms_spec cms = {.cert = tsu_cert, .key = tsu_key, .certs = JOIN(tsu_cert, ca_cert)};
	struct vf_tst t;
	struct vf_hash id;
	sqlite3_stmt *st;

	MUST(vf_tst_parse(seal->tokens[0].der, &t, NULL) == VF_OK);
	info.value = make_copy(vf_digest_bytes(&t.imprint));
	cms.content = make_info(&info);
	outside = make_cms(&cms);
	MUST(vf_tst_parse(outside, &t, NULL) == VF_OK);
	id = vf_tst_id(&t);
	MUST(sqlite3_prepare_v2(f.n->store->db, "INSERT INTO token (seal, authority, id, gen_time, der) VALUES (1, 'alpha', ?, ?, ?)", -1, &st,
		NULL) == SQLITE_OK);
	MUST(sqlite3_bind_blob(st, 1, id.b, 32, SQLITE_STATIC) == SQLITE_OK && sqlite3_bind_int64(st, 2, t.gen_time) == SQLITE_OK &&
		sqlite3_bind_blob(st, 3, outside.p, (int)outside.n, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(st) == SQLITE_DONE);
	sqlite3_finalize(st);
	nt_seal_free(seal);
}

static void hold(enum nt_revocation_kind kind, struct vf_bytes cert, const char *this_update, struct vf_bytes der)
{
	struct nt_revocation r = {vf_bytes_str("alpha"), kind, subject_of(cert), make_time(this_update), VF_TIME_NONE, der, 0};
	struct vf_err err = {0};
	bool is_new = false;

	CHECK_RC(nt_store_revocation_put(f.n->store, &r, &is_new, &err), VF_OK);
	CHECK(is_new);
}

static struct vf_bytes answer(const char *from, const char *to, enum ocsp_status status)
{
	return make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = 1, .from = from, .to = to,
		.status = status, .at = "20251231110000Z"});
}

/* ---- exporting and judging ---- */

/* Always the same exporter: what came meanwhile must be seen. */
static struct vf_bytes export(void)
{
	struct nt_buf out = nt_buf(16 << 20);
	struct vf_bytes r;

	fixture_export(&f, &f.last, NULL, &out);
	r = make_copy(nt_buf_bytes(&out));
	nt_buf_done(&out);
	return r;
}

/* By one who pins both authorities, wants both, and revocation data. */
static enum vf_verdict judge(struct vf_bytes bundle)
{
	static const char policy[] = "{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
		"{\"name\":\"embedded\",\"roots\":\"tsa/embedded.pem\",\"operator\":true,\"qualified\":false},"
		"{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":false}],"
		"\"time\":[{\"count\":2}],\"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":\"optional\"}\n";
	struct nt_buf vkey = nt_buf(4096), root = nt_buf(65536), tlog = nt_buf(8192);
	struct vf_source source = vf_source_of(bundle);
	struct vf_session *s = NULL;
	struct vf_err err = {0};
	struct vf_arena a;

	MUST(nt_notary_log_vkey(f.n, &vkey, &err) == VF_OK && nt_notary_tsa_root(f.n, &root, &err) == VF_OK);
	nt_buf_putf(&tlog, "log %.*s\nquorum none\n", (int)(vkey.n - (vkey.p[vkey.n - 1] == '\n')), (const char *)vkey.p);
	{
		const struct vf_trust_file files[] = {{"policy.json", vf_bytes_str(policy)}, {"tlog-policy", nt_buf_bytes(&tlog)},
			{"tsa/alpha.pem", make_pem(root_cert)}, {"tsa/embedded.pem", nt_buf_bytes(&root)}};
		struct vf_session_options o = {.files = files, .n_files = 4, .at = make_time("2025-12-31T12:30:00Z")};

		CHECK_RC(vf_session_new(&o, session_memory, VF_SESSION_MEMORY, &s, &err), VF_OK);
		MUST(s);
		vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
		CHECK_RC(vf_bundle_check(s, &a, "exported", &source, NULL, 0, &report, &err), VF_OK);
	}
	vf_session_free(s);
	nt_buf_done(&vkey);
	nt_buf_done(&root);
	nt_buf_done(&tlog);
	return report.verdict;
}

static bool holds(struct vf_bytes bundle, struct vf_bytes part)
{
	return memmem(bundle.p, bundle.n, part.p, part.n) != NULL;
}

static enum vf_rc first_reason(void)
{
	return report.n_reasons ? report.reasons[0].rc : VF_OK;
}

/* Fewer than are there, and all in their order. */
static void check_export(size_t n_crls, size_t n_ocsp)
{
	struct nt_revocation_export x;
	struct nt_seal *seal = seal_get();
	struct vf_bytes embedded = make_copy(seal->tokens[0].der), in, der;
	struct vf_err err = {0};
	struct vf_tst t;
	struct vf_hash id;
	bool is_ocsp;
	size_t n = 0;

	nt_revocation_export_init(&x);
	CHECK_RC(nt_revocation_export(f.n, seal, NULL, &x, &err), VF_OK);
	CHECK_INT(x.n_ocsp, n_ocsp);
	CHECK_BYTES(seal->tokens[0].der, embedded);
	CHECK_RC(vf_tst_parse(seal->tokens[1].der, &t, &err), VF_OK);
	id = vf_tst_id(&t);
	CHECK(vf_hash_eq(&id, &seal->tokens[1].id));
	for (in = t.cms.crls; vf_cms_take_revocation(&in, &is_ocsp, &der); n++)
		CHECK(!is_ocsp);
	CHECK_INT(n, n_crls);
	nt_revocation_export_done(&x);
	nt_seal_free(seal);
}

/* ---- an authority that revokes its own ---- */

static void set_authorities(bool with_alpha)
{
	struct nt_authorities a;
	struct vf_err err = {0};

	nt_authorities_default(&a);
	if (with_alpha) {
		a.n = a.wanted = 1;
		nt_authority_default(&a.list[0]);
		strcpy(a.list[0].name, "alpha");
		strcpy(a.list[0].url, "http://127.0.0.1:1/");
		strcpy(a.list[0].roots, "alpha.pem");
	}
	CHECK_RC(nt_authorities_store(f.n->fd, &a, &err), VF_OK);
	f.e = nt_exporter_free(f.e);
	f.n = nt_notary_free(f.n);
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
}

/* With its roots at hand the token is left out: the bundle is good for everybody, with one authority less. */
static void test_left_out(struct vf_bytes with_revoked)
{
	struct vf_bytes pem = make_pem(root_cert), without;
	struct nt_revocation_export x;
	struct nt_seal *seal;
	struct vf_err err = {0};
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/alpha.pem", f.notary);
	out = fopen(path, "wb");
	MUST(out && fwrite(pem.p, 1, pem.n, out) == pem.n && fclose(out) == 0);
	set_authorities(true);
	nt_revocation_export_init(&x);
	seal = seal_get();
	CHECK_INT(seal->n_tokens, 2);
	CHECK_RC(nt_revocation_export(f.n, seal, NULL, &x, &err), VF_OK);
	CHECK_INT(x.n_revoked, 1);
	CHECK_INT(x.n_ocsp, 0);
	CHECK_INT(seal->n_tokens, 1);
	CHECK(vf_bytes_is(seal->tokens[0].authority, "embedded"));
	nt_seal_free(seal);
	/* a seal that has no other token keeps it */
	seal = seal_get();
	seal->tokens++;
	seal->n_tokens = 1;
	CHECK_RC(nt_revocation_export(f.n, seal, NULL, &x, &err), VF_OK);
	CHECK_INT(x.n_revoked, 0);
	CHECK_INT(x.n_ocsp, 1);
	CHECK_INT(seal->n_tokens, 1);
	seal->tokens--;
	nt_seal_free(seal);
	nt_revocation_export_done(&x);
	without = export();
	CHECK(!holds(without, vf_bytes_str("evidencerecord002")) && !holds(without, vf_bytes_str("ocsp001")));
	CHECK(judge(without) == VF_INDETERMINATE && first_reason() == VF_POLICY_UNMET);
	set_authorities(false);
	CHECK_BYTES(export(), with_revoked);
}

/* A list with an extension of so many octets. */
static struct vf_bytes large_crl(const char *issuer, EVP_PKEY *key, size_t n)
{
	static char value[2 * NT_MAX_REVOCATION + 32];
	struct crl_spec s = {.issuer = issuer, .key = key, .from = "20251231000003Z", .to = "20260601000000Z", .ext = {{"1.2.3.4", value}}};

	MUST(n < NT_MAX_REVOCATION);
	snprintf(value, sizeof(value), "DER:0483%06zx", n);
	memset(value + 14, '0', 2 * n);
	value[14 + 2 * n] = '\0';
	return make_crl(&s);
}

/* Two lists that are together larger than a token may be: the first one alone. */
static void test_room(void)
{
	struct vf_bytes of_ca = large_crl("TSA Root", root_key, 523500), of_unit = large_crl("TSA CA", ca_key, 524000), bundle;

	hold(NT_REVOCATION_CRL, ca_cert, "2025-12-31T00:00:03Z", of_ca);
	check_export(2, 1);
	hold(NT_REVOCATION_CRL, tsu_cert, "2025-12-31T00:00:01.900Z", of_unit);
	check_export(1, 1);
	bundle = export();
	CHECK(holds(bundle, of_unit) && !holds(bundle, of_ca));
}

/* A study bundle of the record expands to the same octets, OCSP responses and all. */
static void check_study(bool holds_ocsp)
{
	struct nt_study_made made;
	struct vf_bytes file;

	file = study_put(&f, "DEMO-1", &(struct nt_study_options){.no_documents = true}, &made);
	CHECK_INT(made.shown, 1);
	study_check_expands(&f, file, NULL, 1);
	CHECK(holds(export(), vf_bytes_str("ocsp001")) == holds_ocsp);
	free((void *)(uintptr_t)file.p);
}

int main(void)
{
	struct vf_bytes ca1, ca2, ca3, root, early, late, plain, first, second, third;

	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory = malloc(VF_SESSION_MEMORY);
	MUST(memory && session_memory);
	study_begin();
	make_tsa_world();
	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "protocol.txt", "the protocol\n");
	fixture_seal(&f);
	add_outside_token();
	f.now = make_time("2025-12-31T12:00:00Z");
	/* nothing is there: the token as it came, which is not enough for who wants revocation data */
	plain = export();
	CHECK(holds(plain, outside));
	CHECK(judge(plain) == VF_INDETERMINATE && first_reason() == VF_NO_REVOCATION_DATA);
	check_export(0, 0);
	check_study(false);
	/* from before the token, and still current when it was made: the last ones */
	ca1 = ca_crl("20251225000000Z", "20260101000000Z");
	root = root_crl("20251201000000Z", "20260601000000Z");
	early = answer("20251230180000Z", "20251231060000Z", OCSP_GOOD);
	hold(NT_REVOCATION_CRL, tsu_cert, "2025-12-25T00:00:00Z", ca1);
	hold(NT_REVOCATION_CRL, ca_cert, "2025-12-01T00:00:00Z", root);
	hold(NT_REVOCATION_OCSP, tsu_cert, "2025-12-30T18:00:00Z", early);
	first = export();
	CHECK(holds(first, ca1) && holds(first, root) && holds(first, early) && !holds(first, outside));
	CHECK(holds(first, vf_bytes_str("META-INF/trialnotary/ocsp001.der")) && !holds(first, vf_bytes_str("ocsp002.der")));
	CHECK(judge(first) == VF_VERIFIED);
	check_export(2, 1);
	/* younger than the token: the first of them, in whatever order they came */
	ca3 = ca_crl("20260108000000Z", "20260115000000Z");
	ca2 = ca_crl("20251231000002Z", "20260108000000Z");
	late = answer("20251231060000Z", "20251231180000Z", OCSP_GOOD);
	hold(NT_REVOCATION_CRL, tsu_cert, "2026-01-08T00:00:00Z", ca3);
	hold(NT_REVOCATION_CRL, tsu_cert, "2025-12-31T00:00:02Z", ca2);
	hold(NT_REVOCATION_OCSP, tsu_cert, "2025-12-31T06:00:00Z", late);
	second = export();
	CHECK(holds(second, ca2) && holds(second, root) && holds(second, late));
	CHECK(!holds(second, ca1) && !holds(second, ca3) && !holds(second, early));
	CHECK(judge(second) == VF_VERIFIED);
	CHECK_BYTES(export(), second);
	f.e = nt_exporter_free(f.e);
	CHECK_BYTES(export(), second);
	check_export(2, 1);
	/* what comes later changes nothing any more */
	hold(NT_REVOCATION_OCSP, tsu_cert, "2025-12-31T12:00:00Z", answer("20251231120000Z", "20260101000000Z", OCSP_REVOKED));
	CHECK_BYTES(export(), second);
	/* an answer that revokes leaves with the bundle: who pins this authority rejects it */
	hold(NT_REVOCATION_OCSP, tsu_cert, "2025-12-31T05:00:00Z", answer("20251231050000Z", "20251231180000Z", OCSP_REVOKED));
	third = export();
	CHECK(!holds(third, late));
	CHECK(judge(third) == VF_REJECTED && first_reason() == VF_REVOKED);
	check_study(true);
	test_left_out(third);
	/* of another authority: not for this one */
	{
		struct nt_revocation r = {vf_bytes_str("beta"), NT_REVOCATION_OCSP, subject_of(ca_cert), make_time("2025-12-31T05:00:00Z"),
			VF_TIME_NONE, late, 0};
		bool is_new;

		CHECK_RC(nt_store_revocation_put(f.n->store, &r, &is_new, NULL), VF_OK);
		CHECK_BYTES(export(), third);
		/* stored for a certificate that it is not about: it would spoil the bundle */
		hold(NT_REVOCATION_OCSP, ca_cert, "2025-12-31T05:00:00Z", late);
		CHECK_BYTES(export(), third);
	}
	test_room();
	fixture_end(&f);
	free(memory);
	free(session_memory);
	return check_done();
}
