/* Receipts of a real notary, judged alone, with log proofs and with bundles: kept, in the log, not shown, forged. */
#include "verify/receipt_judge.h"

#include "notary/note.h"
#include "notary/receipt_out.h"
#include "notary/zip_out.h"
#include "tests/notary_fixture.h"

static struct fixture f;
static struct nt_buf receipts[3], bundles[3], proofs[2]; /* of records 0 and 1 in time, of 2 sealed late */
static struct vf_hash ids[3];
static uint8_t session_block[VF_SESSION_MEMORY];
static void *tables;
static struct vf_report report;

/* What the owner pins: the fixture's trust directory, with another file 'receipts' when pins is given. */
struct trust {
	bool none, integrity_only;
	const char *pins; /* "" for an empty file */
	int64_t at;	  /* 0: an hour after everything */
};

static const struct trust full, integrity = {.integrity_only = true}, nobody = {.none = true};

static enum vf_rc check(const struct trust *t, struct vf_bytes receipt, const struct nt_buf *proof,
	const struct nt_buf *bundle, struct vf_err *reterr)
{
	struct vf_trust_file files[NT_TRUST_FILES];
	struct vf_session_options options = {.files = files,
		.n_files = t->none || t->integrity_only ? 0 : NT_TRUST_FILES,
		.at = t->at ? t->at : f.now + 3600000, .integrity_only = t->integrity_only};
	struct vf_source sources[3] = {vf_source_of(receipt)};
	struct vf_receipt_given given = {0};
	struct vf_session *s = NULL;
	enum vf_rc rc;
	struct vf_arena a;

	for (size_t i = 0; i < NT_TRUST_FILES; i++) {
		files[i] = (struct vf_trust_file){f.trust.names[i], nt_buf_bytes(&f.trust.files[i])};
		if (t->pins && strcmp(f.trust.names[i], "receipts") == 0)
			files[i].bytes = vf_bytes_str(t->pins);
	}
	fixture_need(vf_session_new(&options, session_block, sizeof(session_block), &s, reterr), reterr, "session");
	if (proof) {
		sources[1] = vf_source_of(nt_buf_bytes(proof));
		given.proof = (struct vf_detached){"log.tlog-proof", &sources[1]};
	}
	if (bundle) {
		sources[2] = vf_source_of(nt_buf_bytes(bundle));
		given.bundle = (struct vf_detached){"record.asice", &sources[2]};
	}
	vf_arena_init(&a, tables, VF_BUNDLE_MEMORY);
	rc = vf_receipt_check(s, &a, "a.receipt", &sources[0], &given, &report, reterr);
	vf_session_free(s);
	return rc;
}

static const struct vf_report *judge(const struct trust *t, struct vf_bytes receipt, const struct nt_buf *proof,
	const struct nt_buf *bundle)
{
	struct vf_err err = {0};

	fixture_need(check(t, receipt, proof, bundle, &err), &err, "receipt");
	return &report;
}

#define EXPECT(r, want_verdict, want_rc, want_promise)                                                             \
	do {                                                                                                       \
		const struct vf_report *r_ = (r);                                                                  \
		CHECK_STR(vf_verdict_name(r_->verdict), #want_verdict);                                            \
		if ((want_rc) != VF_OK) {                                                                          \
			CHECK(r_->n_reasons >= 1);                                                                 \
			CHECK_RC(r_->reasons[0].rc, (want_rc));                                                    \
		} else {                                                                                           \
			CHECK_INT(r_->n_reasons, 0);                                                               \
		}                                                                                                  \
		CHECK_INT(r_->receipt.promise, VF_PROMISE_##want_promise);                                         \
	} while (0)

static void make_receipt(const struct vf_hash *id, struct nt_buf *out)
{
	struct nt_receipts *g = NULL;
	struct nt_record *record = NULL;
	struct vf_entry e;
	struct vf_err err = {0};

	fixture_need(nt_notary_get(f.n, id, &record, &err), &err, "get");
	e = (struct vf_entry){record->id, record->id512, record->slot};
	nt_record_free(record);
	fixture_need(nt_receipts_new(&g, &err), &err, "group");
	fixture_need(nt_receipts_add(g, &e, &err), &err, "add");
	e.slot.b[0] ^= 1;
	fixture_need(nt_receipts_add(g, &e, &err), &err, "add");
	fixture_need(nt_notary_sign_receipts(f.n, g, &err), &err, "sign");
	*out = nt_buf(VF_MAX_RECEIPT);
	fixture_need(nt_receipts_put(g, 0, out, &err), &err, "put");
	nt_receipts_free(g);
}

static void make_proof(uint64_t index, struct nt_buf *out)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_hash path[VF_MAX_INCLUSION];
	struct vf_err err = {0};
	uint64_t seals, size, pending;
	size_t n;

	fixture_need(nt_notary_counts(f.n, &seals, &size, &pending, &err), &err, "counts");
	fixture_need(nt_notary_checkpoint(f.n, &note, &err), &err, "checkpoint");
	fixture_need(nt_notary_inclusion(f.n, index, size, path, &n, &err), &err, "inclusion");
	*out = nt_buf(1 << 16);
	fixture_need(nt_note_tlog_proof(out, index, path, n, nt_buf_bytes(&note), &err), &err, "proof");
}

static void begin(void)
{
	static const char *const names[] = {"a.txt", "b.txt", "c.txt"};

	fixture_begin(&f);
	for (size_t i = 0; i < 3; i++) {
		fixture_submit(&f, TR_PROTOCOL, names[i], names[i]);
		ids[i] = f.last;
		make_receipt(&ids[i], &receipts[i]);
		if (i == 2)
			f.now += 120000; /* the seal waited */
		fixture_seal(&f);
	}
	for (size_t i = 0; i < 3; i++) {
		bundles[i] = nt_buf(1 << 22);
		fixture_export(&f, &ids[i], NULL, &bundles[i]);
	}
	make_proof(0, &proofs[0]);
	make_proof(1, &proofs[1]);
	tables = malloc(VF_BUNDLE_MEMORY);
	if (!tables)
		exit(1);
}

static void test_alone(void)
{
	struct vf_bytes r = nt_buf_bytes(&receipts[0]);
	char longer[300], *space;

	EXPECT(judge(&full, r, NULL, NULL), VERIFIED, VF_OK, NOT_SHOWN);
	CHECK_BYTES(report.receipt.origin, vf_bytes_str("test.example/1"));
	CHECK(vf_hash_eq(&report.receipt.id, &ids[0]));
	CHECK_INT(report.receipt.deadline - report.receipt.accepted, 60000);
	CHECK_INT(report.n_unchecked, 1);
	CHECK_STR(report.unchecked[0].code, "PROMISE");
	CHECK(!report.has_log && report.existed_by == VF_TIME_NONE);
	EXPECT(judge(&nobody, r, NULL, NULL), INDETERMINATE, VF_NO_TRUST_ANCHOR, NOT_SHOWN);
	EXPECT(judge(&integrity, r, NULL, NULL), INTACT, VF_OK, NOT_SHOWN);
	EXPECT(judge(&(struct trust){.pins = ""}, r, NULL, NULL), INDETERMINATE, VF_RECEIPT_KEY, NOT_SHOWN);
	/* the clocks may differ by a minute */
	EXPECT(judge(&(struct trust){.at = report.receipt.accepted - 60000}, r, NULL, NULL), VERIFIED, VF_OK,
		NOT_SHOWN);
	EXPECT(judge(&(struct trust){.at = report.receipt.accepted - 60001}, r, NULL, NULL), REJECTED,
		VF_TS_FUTURE, NOT_SHOWN);
	/* the owner accepts a minute and no less */
	snprintf(longer, sizeof(longer), "%.*s", VF_STR(nt_buf_bytes(&f.trust.files[2])));
	space = strrchr(longer, ' ');
	CHECK(space && strcmp(space, " 60\n") == 0);
	if (!space)
		return;
	strcpy(space, " 59\n");
	EXPECT(judge(&(struct trust){.pins = longer}, r, NULL, NULL), INDETERMINATE, VF_RECEIPT_DELAY, NOT_SHOWN);
}

/* Every bit counts, with trust; without, all that the tree and the form bind. */
static void test_flipped(void)
{
	uint8_t copy[VF_MAX_RECEIPT];
	size_t n = receipts[0].n;

	for (size_t i = 0; i < n; i++) {
		memcpy(copy, receipts[0].p, n);
		copy[i] ^= (uint8_t)(1u << i % 8);
		if (judge(&full, vf_bytes(copy, n), NULL, NULL)->verdict == VF_VERIFIED)
			CHECK_FAIL("octet %zu does not count", i);
		if (report.receipt.promise != VF_PROMISE_NOT_SHOWN)
			CHECK_FAIL("octet %zu: a promise that nobody made", i);
	}
	EXPECT(judge(&full, vf_bytes(copy, n - 1), NULL, NULL), REJECTED, VF_RECEIPT_SHAPE, NOT_SHOWN);
	CHECK(!report.has_receipt);
	EXPECT(judge(&full, nt_buf_bytes(&bundles[0]), NULL, NULL), REJECTED, VF_LIMIT, NOT_SHOWN);
}

static void test_bundles(void)
{
	struct vf_bytes r = nt_buf_bytes(&receipts[0]);

	EXPECT(judge(&full, r, NULL, &bundles[0]), VERIFIED, VF_OK, KEPT);
	CHECK(report.receipt.shown_by != VF_TIME_NONE && report.receipt.shown_by <= report.receipt.deadline);
	CHECK(report.has_log && report.index == 0);
	CHECK_INT(report.n_unchecked, 0);
	EXPECT(judge(&integrity, r, NULL, &bundles[0]), INTACT, VF_OK, IN_LOG);
	EXPECT(judge(&nobody, r, NULL, &bundles[0]), INDETERMINATE, VF_NO_TRUST_ANCHOR, NOT_SHOWN);
	EXPECT(judge(&full, r, NULL, &bundles[1]), REJECTED, VF_ENTRY_MISMATCH, NOT_SHOWN);
	EXPECT(judge(&integrity, r, NULL, &bundles[1]), REJECTED, VF_ENTRY_MISMATCH, NOT_SHOWN);
	/* a good bundle does not help a receipt that nobody pinned */
	EXPECT(judge(&(struct trust){.pins = ""}, r, NULL, &bundles[0]), INDETERMINATE, VF_RECEIPT_KEY, NOT_SHOWN);
	/* in the log, but the seal came after the deadline */
	EXPECT(judge(&full, nt_buf_bytes(&receipts[2]), NULL, &bundles[2]), VERIFIED, VF_OK, IN_LOG);
	CHECK(report.receipt.shown_by > report.receipt.deadline);
	CHECK_STR(report.unchecked[report.n_unchecked - 1].code, "PROMISE_TIME");
	/* what is wrong with the bundle is said */
	bundles[1].p[bundles[1].n / 2] ^= 1;
	EXPECT(judge(&full, nt_buf_bytes(&receipts[1]), NULL, &bundles[1]), REJECTED, report.reasons[0].rc, NOT_SHOWN);
	CHECK(strstr(report.reasons[0].text, "the bundle is REJECTED: ") == report.reasons[0].text);
	bundles[1].p[bundles[1].n / 2] ^= 1;
	EXPECT(judge(&full, nt_buf_bytes(&receipts[1]), &proofs[1], &bundles[1]), VERIFIED, VF_OK, KEPT);
}

/* A container of other software is no proof that was forged: there is no verdict. */
static void test_other_container(void)
{
	struct nt_zip_item item = {vf_bytes_str("a.txt"), vf_bytes_str("a.txt")};
	struct nt_buf other = nt_buf(1 << 16);
	struct vf_err err = {0};

	fixture_need(nt_zip_put(&other, &item, 1, &err), &err, "container");
	CHECK_RC(check(&full, nt_buf_bytes(&receipts[0]), NULL, &other, &err), VF_USAGE);
	CHECK_RC(check(&integrity, nt_buf_bytes(&receipts[0]), NULL, &other, &err), VF_USAGE);
	CHECK_STR(err.text, "'record.asice' is no bundle of Trial Notary");
	nt_buf_done(&other);
}

static void test_proofs(void)
{
	struct vf_bytes r = nt_buf_bytes(&receipts[0]);
	struct nt_buf other = nt_buf(1 << 16);
	char *origin;

	EXPECT(judge(&full, r, &proofs[0], NULL), VERIFIED, VF_OK, IN_LOG);
	CHECK(report.has_log && report.index == 0 && report.receipt.shown_by == VF_TIME_NONE);
	CHECK_STR(report.unchecked[report.n_unchecked - 1].code, "PROMISE_TIME");
	EXPECT(judge(&integrity, r, &proofs[0], NULL), INTACT, VF_OK, IN_LOG);
	EXPECT(judge(&nobody, r, &proofs[0], NULL), INDETERMINATE, VF_NO_TRUST_ANCHOR, NOT_SHOWN);
	EXPECT(judge(&full, r, &proofs[1], NULL), REJECTED, VF_PROOF_ROOT, NOT_SHOWN);
	EXPECT(judge(&full, r, &receipts[0], NULL), REJECTED, VF_PROOF_SHAPE, NOT_SHOWN);
	/* a log of another name, and a checkpoint that its log has not signed */
	nt_buf_put(&other, nt_buf_bytes(&proofs[0]));
	nt_buf_put_u8(&other, 0);
	origin = strstr((char *)other.p, "test.example/1");
	origin[0] = 'r';
	strstr(origin, "test.example/1 ")[0] = 'r';
	other.n--;
	EXPECT(judge(&full, r, &other, NULL), REJECTED, VF_CHECKPOINT_ORIGIN, NOT_SHOWN);
	origin[0] = 't';
	strstr(origin, "rest.example/1 ")[0] = 't';
	EXPECT(judge(&full, r, &other, NULL), VERIFIED, VF_OK, IN_LOG);
	other.p[other.n - 10] = other.p[other.n - 10] == 'A' ? 'B' : 'A';
	EXPECT(judge(&full, r, &other, NULL), REJECTED, VF_NOTE_SIGNATURE, NOT_SHOWN);
	nt_buf_done(&other);
}

/* A participant's page shows the record of its receipt, or is refused: who reads it sees what it shows. */
static void test_page(void)
{
	static const struct trust later = {.integrity_only = true, .at = INT64_C(1900000000000)}; /* the page is younger */
	static const char mark[] = "id=\"trialnotary-record\">";
	struct vf_bytes page = check_example("tests/vectors/page/usual-en.html");
	struct nt_buf other = nt_buf(VF_MAX_PAGE);
	char *at;

	nt_buf_put(&other, page);
	nt_buf_put_u8(&other, 0);
	other.n--;
	EXPECT(judge(&later, nt_buf_bytes(&other), NULL, NULL), INTACT, VF_OK, NOT_SHOWN);
	at = strstr((char *)other.p, mark) + strlen(mark);
	*at = *at == '0' ? '1' : '0';
	EXPECT(judge(&later, nt_buf_bytes(&other), NULL, NULL), REJECTED, VF_PAGE_RECORD, NOT_SHOWN);
	nt_buf_done(&other);
}

int main(void)
{
	begin();
	test_page();
	test_alone();
	test_flipped();
	test_bundles();
	test_other_container();
	test_proofs();
	for (size_t i = 0; i < 3; i++) {
		nt_buf_done(&receipts[i]);
		nt_buf_done(&bundles[i]);
	}
	nt_buf_done(&proofs[0]);
	nt_buf_done(&proofs[1]);
	free(tables);
	fixture_end(&f);
	return check_done();
}
