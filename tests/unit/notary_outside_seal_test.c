/*
 * Seals with tokens of several authorities: SHA-256 and SHA-512 trees, late tokens, no embedded authority, and a crash at
 * each step. The authorities outside are CAs of their own whose replies are made here; no network.
 */
#include <sys/wait.h>

#include "notary/failpoint.h"
#include "tests/outside_fixture.h"
#include "verify/seal.h"
#include "verify/tst.h"

static uint8_t block[VF_SESSION_MEMORY], memory[VF_BUNDLE_MEMORY];

static enum vf_rc add_late(struct fixture *f, struct outside *o, uint64_t seal)
{
	VF_CLEANUP(reply_done) struct reply r;
	struct vf_digest imprint;
	struct vf_err err = {0};

	fixture_need(nt_notary_imprint(f->n, seal, o->as.algorithm, &imprint, &err), &err, "imprint");
	reply_make(f, o, &imprint, f->now + 50, &r);
	return nt_notary_add_token(f->n, seal, &r.t, &err);
}

/* Faults that fsck and audit find. */
static uint64_t faults(struct fixture *f)
{
	uint64_t a = 1, b = 1;
	struct vf_err err = {0};

	CHECK_RC(nt_notary_fsck(f->n, NULL, NULL, &a, &err), VF_OK);
	CHECK_RC(nt_notary_audit(f->n, NULL, NULL, &b, &err), VF_OK);
	return a + b;
}

/* The verdict over the record's bundle by the trust directory in f->trust, and how many evidence records it holds. */
static enum vf_verdict judge(struct fixture *f, const struct vf_hash *id, size_t *ret_records, enum vf_rc *ret_reason)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf bundle = nt_buf(8 << 20);
	struct vf_trust_file files[NT_TRUST_MAX];
	struct vf_session_options options = {.files = files, .n_files = f->trust.n, .at = f->now};
	struct vf_session *s = NULL;
	struct vf_arena a;
	struct vf_source source;
	static struct vf_report report;
	struct vf_err err = {0};
	enum vf_verdict v;

	vf_arena_init(&a, memory, sizeof(memory));
	for (size_t i = 0; i < f->trust.n; i++)
		files[i] = (struct vf_trust_file){f->trust.names[i], nt_buf_bytes(&f->trust.files[i])};
	fixture_export(f, id, NULL, &bundle);
	source = vf_source_of(nt_buf_bytes(&bundle));
	fixture_need(vf_session_new(&options, block, sizeof(block), &s, &err), &err, "session");
	fixture_need(vf_bundle_check(s, &a, "bundle", &source, NULL, 0, &report, &err), &err, "check");
	v = report.verdict;
	*ret_records = report.n_stamps;
	*ret_reason = report.n_reasons ? report.reasons[0].rc : VF_OK;
	vf_session_free(s);
	return v;
}

/* Its only time-stamp is ahead of the own clock. */
static void cannot_export(struct fixture *f, const struct vf_hash *id)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf bundle = nt_buf(8 << 20);
	struct nt_export_options options = {0};
	struct vf_err err = {0};

	if (!f->e)
		fixture_need(nt_exporter_new(f->n, &f->e, &err), &err, "exporter");
	CHECK_RC(nt_exporter_bundle(f->e, id, &options, &bundle, &err), VF_NOT_SEALED);
	CHECK(strstr(err.text, "ahead of this clock by"));
	CHECK_INT(bundle.n, 0);
}

static void policy(struct fixture *f, const char *time)
{
	struct nt_buf *p = &f->trust.files[1];

	nt_buf_reset(p);
	nt_buf_putf(p,
		"{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":["
		"{\"name\":\"embedded\",\"roots\":\"tsa/embedded.pem\",\"operator\":true,\"qualified\":false},"
		"{\"name\":\"alpha\",\"roots\":\"tsa/alpha.pem\",\"operator\":false,\"qualified\":true},"
		"{\"name\":\"beta\",\"roots\":\"tsa/beta.pem\",\"operator\":false,\"qualified\":false}],"
		"\"time\":[%s],\"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":\"optional\"}",
		time);
}

/* ---- tests ---- */

static void test_late(void)
{
	struct fixture f;
	struct outside alpha, beta, stranger;
	struct outside *both[2] = {&alpha, &beta};
	struct vf_seal_head head;
	struct nt_seal *seal = NULL;
	struct vf_err err;
	struct reply r;
	struct vf_digest imprint;
	struct vf_hash first;
	enum vf_rc why;
	size_t records;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "before.txt", "sealed before there were others");
	fixture_seal(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	outside_begin(&f, &beta, "beta", VF_SHA512);
	outside_begin(&f, &stranger, "stranger", VF_SHA256);
	configure(&f, true, 2, both, 2);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	first = f.last;
	fixture_submit(&f, TR_PROTOCOL, "b.txt", "two");
	fixture_submit(&f, TR_PROTOCOL, "c.txt", "three");
	fixture_seal(&f);
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED && records == 1);
	/* there was no SHA-512 tree when seal 1 was made */
	CHECK_RC(nt_notary_imprint(f.n, 1, VF_SHA512, &imprint, &err), VF_SEAL_BINDING);
	CHECK_RC(add_late(&f, &alpha, 2), VF_OK);
	CHECK_RC(add_late(&f, &alpha, 2), VF_EXISTS);
	nt_exporter_forget(f.e, 2);
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED && records == 2);
	CHECK_RC(add_late(&f, &beta, 2), VF_OK);
	nt_exporter_forget(f.e, 2);
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED && records == 3);
	/* what does not fit is refused, and harms nobody */
	CHECK_RC(nt_notary_imprint(f.n, 1, VF_SHA256, &imprint, &err), VF_OK);
	reply_make(&f, &alpha, &imprint, f.now + 60, &r);
	CHECK_RC(nt_notary_add_token(f.n, 2, &r.t, &err), VF_TS_IMPRINT);
	reply_done(&r);
	reply_make(&f, &stranger, &imprint, f.now + 60, &r);
	r.t.authority = vf_bytes_str("alpha");
	CHECK_RC(nt_notary_add_token(f.n, 1, &r.t, &err), VF_UNKNOWN_ROOT);
	r.t.authority = vf_bytes_str("stranger");
	CHECK_RC(nt_notary_add_token(f.n, 1, &r.t, &err), VF_UNKNOWN_ROOT);
	reply_done(&r);
	reply_make(&f, &beta, &imprint, f.now + 60, &r);
	r.t.authority = vf_bytes_str("alpha"); /* the root of another authority is not enough */
	CHECK_RC(nt_notary_add_token(f.n, 1, &r.t, &err), VF_UNKNOWN_ROOT);
	reply_done(&r);
	/* the next head names all three */
	fixture_submit(&f, TR_PROTOCOL, "d.txt", "four");
	fixture_seal(&f);
	fixture_need(nt_notary_seal_get(f.n, 3, &seal, &err), &err, "seal");
	CHECK_RC(vf_seal_head_parse(seal->head, &head, &err), VF_OK);
	CHECK(head.has_batch512);
	CHECK_INT(head.n_tokens, 3);
	nt_seal_free(seal);
	CHECK_INT(faults(&f), 0);
	/* policies over the same bundle */
	policy(&f, "{\"count\":2,\"of\":[\"alpha\",\"beta\"]}");
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED);
	policy(&f, "{\"count\":1,\"qualified\":true},{\"count\":2,\"operator\":false}");
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED);
	policy(&f, "{\"count\":2,\"qualified\":true}");
	CHECK(judge(&f, &first, &records, &why) == VF_INDETERMINATE && why == VF_POLICY_UNMET);
	/* the last record has the embedded authority's alone */
	policy(&f, "{\"count\":1,\"operator\":false}");
	CHECK(judge(&f, &f.last, &records, &why) == VF_INDETERMINATE && why == VF_POLICY_UNMET && records == 1);
	/* an authority that is configured no more: its tokens stay good */
	configure(&f, true, 1, both, 1);
	f.n = nt_notary_free(f.n);
	nt_exporter_free(f.e);
	f.e = NULL;
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	CHECK_INT(faults(&f), 0);
	outside_end(&alpha);
	outside_end(&beta);
	outside_end(&stranger);
	fixture_end(&f);
}

/* Nobody of its own: the seal waits for an answer, and what comes meanwhile waits for the next one. */
static void test_planned(void)
{
	struct fixture f;
	struct outside alpha, beta;
	struct outside *both[2] = {&alpha, &beta};
	struct nt_plan *p = NULL;
	struct nt_sealed sealed = {0};
	struct nt_seal *seal = NULL;
	struct vf_digest imprint;
	struct reply r;
	struct vf_err err;
	struct vf_hash first, second;
	enum vf_rc why;
	size_t records;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	outside_begin(&f, &beta, "beta", VF_SHA512);
	configure(&f, false, 2, both, 2);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	first = f.last;
	CHECK_RC(nt_notary_seal(f.n, &sealed, &err), VF_TSA_FAILED); /* nobody listens */
	CHECK_RC(nt_notary_plan(f.n, &p, &err), VF_OK);
	CHECK_INT(nt_plan_seal(p), 1);
	fixture_submit(&f, TR_PROTOCOL, "b.txt", "two");
	second = f.last;
	f.now += 1000;
	CHECK_RC(nt_notary_sequence(f.n, &err), VF_OK);
	CHECK_RC(nt_plan_imprint(p, VF_SHA256, &imprint, &err), VF_OK);
	/* an authority whose clock is ahead does not set the own one */
	reply_make(&f, &alpha, &imprint, f.now + 30000, &r);
	CHECK_RC(nt_notary_seal_plan(f.n, p, &r.t, &sealed, &err), VF_OK);
	reply_done(&r);
	CHECK(sealed.sealed && sealed.seal == 1 && sealed.first == 0 && sealed.size == 1);
	CHECK(nt_notary_head_time(f.n) < f.now + 1000);
	/* alone it must wait for its time, as everybody would refuse the bundle; with another beside it, that one leaves */
	cannot_export(&f, &first);
	CHECK_RC(add_late(&f, &beta, 1), VF_OK);
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED && records == 1);
	/* a token of seal 1 that came after the plan of seal 2 is named by seal 3 */
	CHECK_RC(nt_notary_plan(f.n, &p, &err), VF_OK);
	CHECK_INT(nt_plan_seal(p), 2);
	CHECK_RC(nt_plan_imprint(p, VF_SHA512, &imprint, &err), VF_OK);
	reply_make(&f, &beta, &imprint, f.now + 40000, &r);
	CHECK_RC(nt_notary_seal_plan(f.n, p, &r.t, &sealed, &err), VF_OK);
	reply_done(&r);
	CHECK(sealed.sealed && sealed.first == 1 && sealed.size == 2);
	cannot_export(&f, &second);
	f.now += 40000;
	CHECK(judge(&f, &second, &records, &why) == VF_VERIFIED && records == 1);
	CHECK(judge(&f, &first, &records, &why) == VF_VERIFIED && records == 2);
	fixture_submit(&f, TR_PROTOCOL, "c.txt", "three");
	f.now += 1000;
	CHECK_RC(nt_notary_plan(f.n, &p, &err), VF_OK);
	CHECK_RC(add_late(&f, &alpha, 2), VF_OK);
	CHECK_RC(nt_plan_imprint(p, VF_SHA256, &imprint, &err), VF_OK);
	reply_make(&f, &alpha, &imprint, f.now + 60000, &r);
	CHECK_RC(nt_notary_seal_plan(f.n, p, &r.t, &sealed, &err), VF_OK);
	reply_done(&r);
	fixture_submit(&f, TR_PROTOCOL, "d.txt", "four");
	f.now += 1000;
	CHECK_RC(nt_notary_plan(f.n, &p, &err), VF_OK);
	CHECK_RC(nt_plan_imprint(p, VF_SHA256, &imprint, &err), VF_OK);
	reply_make(&f, &alpha, &imprint, f.now + 60000, &r);
	CHECK_RC(nt_notary_seal_plan(f.n, p, &r.t, &sealed, &err), VF_OK);
	reply_done(&r);
	fixture_need(nt_notary_seal_get(f.n, 4, &seal, &err), &err, "seal");
	CHECK(strstr((const char *)seal->head.p, "\ntoken 2 ") && strstr((const char *)seal->head.p, "\ntoken 3 "));
	nt_seal_free(seal);
	/* a plan that was overtaken is refused, and nothing is stored */
	fixture_submit(&f, TR_PROTOCOL, "e.txt", "five");
	f.now += 1000;
	CHECK_RC(nt_notary_plan(f.n, &p, &err), VF_OK);
	nt_plan_free(p);
	CHECK_INT(faults(&f), 0);
	outside_end(&alpha);
	outside_end(&beta);
	fixture_end(&f);
}

static void end_here(void *ctx, const char *name)
{
	if (strcmp(name, ctx) == 0)
		_exit(0);
}

/* Killed at each step of a seal from outside and of a late token: what was stored stays, the rest is asked for again. */
static void test_killed(void)
{
	static const char *const places[] = {"outside-verified", "seal-stored", "seal-swapped", "late-verified", "late-stored"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct fixture f;
		struct outside alpha, beta;
		struct outside *both[2] = {&alpha, &beta};
		struct vf_err err;
		struct vf_hash id;
		enum vf_rc why;
		size_t records;
		uint64_t lacking[4];
		size_t n = 0;
		pid_t pid;
		int status;

		fixture_begin(&f);
		outside_begin(&f, &alpha, "alpha", VF_SHA256);
		outside_begin(&f, &beta, "beta", VF_SHA256);
		configure(&f, false, 2, both, 2);
		fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
		id = f.last;
		nt_exporter_free(f.e);
		f.e = NULL;
		f.n = nt_notary_free(f.n);
		f.now += 1000;
		for (int step = 0; step < 2; step++) {
			pid = fork();
			if (pid == 0) {
				struct nt_plan *p = NULL;
				struct nt_sealed sealed;
				struct vf_digest imprint;
				struct reply r;

				if (nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err) != VF_OK ||
					nt_notary_plan(f.n, &p, &err) != VF_OK)
					_exit(1);
				if (step == 0)
					nt_failpoint_set(end_here, (void *)(uintptr_t)places[i]);
				if (p) {
					if (nt_plan_imprint(p, VF_SHA256, &imprint, &err) != VF_OK)
						_exit(2);
					reply_make(&f, &alpha, &imprint, f.now + 10, &r);
					if (nt_notary_seal_plan(f.n, p, &r.t, &sealed, &err) != VF_OK)
						_exit(3);
				}
				if (step == 0 || (nt_notary_lacking(f.n, 0, 1, 2, lacking, &n, &err) == VF_OK && n == 1))
					if (add_late(&f, &beta, 1) != VF_OK)
						_exit(4);
				_exit(step == 0 ? 5 : 0);
			}
			CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
			CHECK_INT(WEXITSTATUS(status), 0);
			f.now += 5000;
		}
		fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, places[i]);
		CHECK_INT(faults(&f), 0);
		CHECK(judge(&f, &id, &records, &why) == VF_VERIFIED && records == 2);
		CHECK_RC(nt_notary_lacking(f.n, 0, 1, 2, lacking, &n, &err), VF_OK);
		CHECK_INT(n, 0);
		outside_end(&alpha);
		outside_end(&beta);
		fixture_end(&f);
	}
}

/* A token whose time has not come would have the whole bundle refused: it waits, and nobody needs to forget the seal. */
static void test_ahead(void)
{
	struct fixture f;
	struct outside alpha;
	struct outside *one[1] = {&alpha};
	struct vf_digest imprint;
	struct vf_hash id;
	struct vf_err err;
	struct reply r;
	enum vf_rc why;
	size_t records;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	configure(&f, true, 1, one, 1);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	id = f.last;
	fixture_seal(&f);
	CHECK_RC(nt_notary_imprint(f.n, 1, VF_SHA256, &imprint, &err), VF_OK);
	reply_make(&f, &alpha, &imprint, f.now + 30000, &r);
	CHECK_RC(nt_notary_add_token(f.n, 1, &r.t, &err), VF_OK);
	reply_done(&r);
	CHECK(judge(&f, &id, &records, &why) == VF_VERIFIED && records == 1);
	CHECK(judge(&f, &id, &records, &why) == VF_VERIFIED && records == 1);
	f.now += 30000;
	CHECK(judge(&f, &id, &records, &why) == VF_VERIFIED && records == 2);
	CHECK_INT(faults(&f), 0);
	nt_exporter_free(f.e);
	f.e = NULL;
	outside_end(&alpha);
	fixture_end(&f);
}

int main(void)
{
	test_late();
	test_ahead();
	test_planned();
	test_killed();
	return check_done();
}
