#include "verify/bundle.h"

#include "tests/check.h"
#include "tests/notary_fixture.h"

static struct fixture f;
static struct vf_report report;
static uint8_t *memory, *session_memory;

static enum vf_verdict judge(struct vf_session *s, struct vf_bytes bundle, const struct vf_detached *detached, size_t n)
{
	struct vf_source source = vf_source_of(bundle);
	struct vf_arena a;
	struct vf_err err = {0};

	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	fixture_need(vf_bundle_check(s, &a, "bundle", &source, detached, n, &report, &err), &err, "check");
	return report.verdict;
}

static bool has_reason(enum vf_rc rc)
{
	for (size_t i = 0; i < report.n_reasons; i++)
		if (report.reasons[i].rc == rc)
			return true;
	return false;
}

static void expect(enum vf_verdict got, enum vf_verdict want, enum vf_rc reason, const char *what)
{
	if (got == want && (reason == VF_OK ? report.n_reasons == 0 : has_reason(reason)))
		return;
	CHECK_FAIL("%s: %s, not %s %s", what, vf_verdict_name(got), vf_verdict_name(want), vf_rc_name(reason));
	for (size_t i = 0; i < report.n_reasons; i++)
		fprintf(stderr, "    %s %s: %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].object, report.reasons[i].text);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (report.checks[c] != VF_RESULT_PASS && report.checks[c] != VF_RESULT_NOT_APPLICABLE)
			fprintf(stderr, "    %s: %d\n", vf_check_name((enum vf_check)c), report.checks[c]);
}

/* Everything that a verdict claims, in one digest. */
static struct vf_hash claim(void)
{
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_hash h;

	nt_buf_put_hex(&b, vf_bytes(report.id.b, 32));
	nt_buf_putf(&b, " %.*s %.*s %.*s %.*s %.*s %zu %d ", VF_STR(report.kind), VF_STR(report.study), VF_STR(report.version),
		VF_STR(report.date), VF_STR(report.title), report.n_links, report.has_stream);
	nt_buf_put_hex(&b, vf_bytes(report.stream.b, 32));
	nt_buf_putf(&b, " %llu %lld %.*s %llu %llu %llu ", (unsigned long long)report.seq, (long long)report.existed_by,
		VF_STR(report.origin), (unsigned long long)report.index, (unsigned long long)report.size, (unsigned long long)report.seal);
	nt_buf_put_hex(&b, vf_bytes(report.root.b, 32));
	for (size_t i = 0; i < report.n_files; i++) {
		nt_buf_putf(&b, " %.*s %d %llu ", VF_STR(report.files[i].name), report.files[i].status, (unsigned long long)report.files[i].size);
		nt_buf_put_hex(&b, vf_bytes(report.files[i].sha256.b, 32));
	}
	for (size_t i = 0; i < report.n_stamps; i++)
		nt_buf_putf(&b, " %lld %s %d", (long long)report.stamps[i].gen_time, report.stamps[i].subject, report.stamps[i].revocation);
	h = vf_sha256(nt_buf_bytes(&b));
	nt_buf_done(&b);
	return h;
}

static void test_verdicts(struct vf_bytes good)
{
	struct vf_session *s = fixture_session(&f, true, false, f.now, session_memory);

	expect(judge(s, good, NULL, 0), VF_VERIFIED, VF_OK, "good bundle");
	CHECK(report.has_record && report.has_log && report.has_seal && report.existed_by != VF_TIME_NONE);
	CHECK(vf_hash_eq(&report.id, &f.last));
	CHECK_INT(report.n_stamps, 1);
	CHECK(report.stamps[0].counts && report.stamps[0].revocation == VF_REVOCATION_GOOD);
	expect(judge(s, good, NULL, 0), VF_VERIFIED, VF_OK, "the same again");
	vf_session_free(s);
	s = fixture_session(&f, false, false, f.now, session_memory);
	expect(judge(s, good, NULL, 0), VF_INDETERMINATE, VF_NO_TRUST_ANCHOR, "without trust");
	vf_session_free(s);
	s = fixture_session(&f, false, true, f.now, session_memory);
	expect(judge(s, good, NULL, 0), VF_INTACT, VF_OK, "integrity only");
	vf_session_free(s);
	s = fixture_session(&f, true, false, f.now - 86400000, session_memory);
	expect(judge(s, good, NULL, 0), VF_REJECTED, VF_TS_FUTURE, "checked yesterday");
	vf_session_free(s);
	s = fixture_session(&f, true, false, f.now + INT64_C(86400000) * 365 * 50, session_memory);
	expect(judge(s, good, NULL, 0), VF_INDETERMINATE, VF_TS_EXPIRED, "checked in fifty years");
	vf_session_free(s);
}

/* No bit of a bundle can be changed so that another claim is VERIFIED. */
static void test_flips(struct vf_bytes good, size_t stride)
{
	struct vf_session *s = fixture_session(&f, true, false, f.now, session_memory);
	uint8_t *copy = malloc(good.n);
	struct vf_hash before;
	size_t same = 0, counts[4] = {0};

	expect(judge(s, good, NULL, 0), VF_VERIFIED, VF_OK, "before the flips");
	before = claim();
	for (size_t bit = 0; copy && bit < good.n * 8; bit += stride) {
		memcpy(copy, good.p, good.n);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum vf_verdict v = judge(s, vf_bytes(copy, good.n), NULL, 0);
		counts[v]++;
		if (v != VF_VERIFIED)
			continue;
		struct vf_hash now = claim();
		if (!vf_hash_eq(&now, &before))
			CHECK_FAIL("bit %zu changes what is VERIFIED", bit);
		/* even a change that claims nothing is refused: a bundle has one form */
		if (same++ < 5)
			CHECK_FAIL("bit %zu is not noticed", bit);
	}
	fprintf(stderr, "%zu bits: %zu rejected, %zu indeterminate, %zu verified\n", good.n * 8 / stride, counts[VF_REJECTED],
		counts[VF_INDETERMINATE], counts[VF_VERIFIED]);
	for (size_t n = 0; n < good.n; n += 7)
		CHECK(judge(s, vf_bytes(good.p, n), NULL, 0) != VF_VERIFIED);
	free(copy);
	vf_session_free(s);
}

/* A broken byte whose CRC-32 nobody repaired is a verdict, too: whichever entry holds it. */
static void test_broken_data(void)
{
	static uint8_t block[1 << 16];
	struct vf_session *s = fixture_session(&f, false, true, f.now, session_memory);
	struct vf_bytes in = check_read("samples/bundles/good-signed.asice");
	struct vf_source source = vf_source_of(in);
	struct vf_arena a;
	struct vf_zip z;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_zip_scan(&source, false, &a, &z, NULL), VF_OK);
	CHECK_INT(z.n, 12);
	for (size_t i = 0; i < z.n; i++) {
		uint8_t *byte = (uint8_t *)(uintptr_t)in.p + z.entries[i].data_at + z.entries[i].size / 2;
		char name[100];

		snprintf(name, sizeof(name), "%.*s", VF_STR(z.entries[i].name));
		*byte ^= 1;
		CHECK_INT(judge(s, in, NULL, 0), VF_REJECTED);
		if (strcmp(name, VF_NAME_SIGNATURE) == 0)
			expect(report.verdict, VF_REJECTED, VF_ZIP_DATA, name);
		*byte ^= 1;
	}
	vf_session_free(s);
	free((void *)(uintptr_t)in.p);
}

static void test_withheld_and_detached(void)
{
	static const char *const names[] = {"b.txt"};
	struct nt_export_options withhold = {.withhold = names, .n_withhold = 1}, detached = {.detached = true};
	struct vf_session *s = fixture_session(&f, true, false, f.now, session_memory);
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_source right = vf_source_of(vf_bytes_str("second document\n")), wrong = vf_source_of(vf_bytes_str("another document\n"));
	struct vf_detached given[] = {{"dir/b.txt", &right}, {"b.txt", &wrong}, {"c.txt", &wrong}};

	fixture_export(&f, &f.last, &withhold, &b);
	expect(judge(s, nt_buf_bytes(&b), NULL, 0), VF_VERIFIED, VF_OK, "withheld");
	expect(judge(s, nt_buf_bytes(&b), given, 1), VF_VERIFIED, VF_OK, "withheld, the document given");
	expect(judge(s, nt_buf_bytes(&b), given + 1, 1), VF_REJECTED, VF_DIGEST_MISMATCH, "withheld, another document of the name");
	expect(judge(s, nt_buf_bytes(&b), given + 2, 1), VF_REJECTED, VF_DETACHED_UNMATCHED, "withheld, any document");
	nt_buf_reset(&b);
	fixture_export(&f, &f.last, &detached, &b);
	expect(judge(s, nt_buf_bytes(&b), NULL, 0), VF_INDETERMINATE, VF_MISSING_OBJECT, "detached");
	expect(judge(s, nt_buf_bytes(&b), given, 1), VF_VERIFIED, VF_OK, "detached, the document given");
	nt_buf_done(&b);
	vf_session_free(s);
}

static void test_confidential(void)
{
	static const char *const names[] = {"consent.txt"};
	struct nt_export_options withhold = {.withhold = names, .n_withhold = 1}, detached = {.detached = true};
	struct vf_session *s;
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_source right = vf_source_of(vf_bytes_str("I agree\n"));
	struct vf_detached given = {"consent.txt", &right};

	fixture_submit(&f, TR_CONSENT, "consent.txt", "I agree\n");
	fixture_seal(&f);
	s = fixture_session(&f, true, false, f.now, session_memory);
	fixture_export(&f, &f.last, NULL, &b);
	expect(judge(s, nt_buf_bytes(&b), NULL, 0), VF_VERIFIED, VF_OK, "consent, disclosed");
	nt_buf_reset(&b);
	fixture_export(&f, &f.last, &withhold, &b);
	expect(judge(s, nt_buf_bytes(&b), NULL, 0), VF_VERIFIED, VF_OK, "consent, withheld");
	CHECK(memmem(b.p, b.n, "consent.txt", 11) == NULL);
	nt_buf_reset(&b);
	fixture_export(&f, &f.last, &detached, &b);
	expect(judge(s, nt_buf_bytes(&b), NULL, 0), VF_VERIFIED, VF_OK, "consent, detached");
	expect(judge(s, nt_buf_bytes(&b), &given, 1), VF_VERIFIED, VF_OK, "consent, given");
	CHECK(report.files[report.n_files - 1].status == VF_FILE_DETACHED);
	nt_buf_done(&b);
	vf_session_free(s);
}

int main(void)
{
	struct nt_buf good = nt_buf(1 << 20), second = nt_buf(1 << 20);
	size_t stride = getenv("TRIALNOTARY_FLIP_STRIDE") ? (size_t)atoi(getenv("TRIALNOTARY_FLIP_STRIDE")) : 1;

	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory = malloc(VF_SESSION_MEMORY);
	if (!memory || !session_memory)
		return 1;
	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "first document\n");
	fixture_seal(&f);
	fixture_submit(&f, TR_DATASET, "b.txt", "second document\n");
	fixture_submit(&f, TR_DATASET, "c.txt", "third document\n");
	fixture_submit(&f, TR_DATASET, "b.txt", "second document\n");
	fixture_submit(&f, TR_OTHER, "b.txt", "second document\n");
	fixture_seal(&f);
	fixture_export(&f, &f.last, NULL, &good);
	fixture_export(&f, &f.last, NULL, &second);
	CHECK_BYTES(nt_buf_bytes(&good), nt_buf_bytes(&second)); /* deterministic */
	test_verdicts(nt_buf_bytes(&good));
	test_flips(nt_buf_bytes(&good), stride ? stride : 1);
	test_broken_data();
	test_withheld_and_detached();
	test_confidential();
	nt_buf_done(&good);
	nt_buf_done(&second);
	fixture_end(&f);
	free(memory);
	free(session_memory);
	return check_done();
}
