/* Bundles whose parts are all good and do not belong together: each must be refused with its code. */
#include "verify/bundle.h"

#include "notary/ers_out.h"
#include "notary/tsa.h"
#include "notary/zip_out.h"
#include "tests/check.h"
#include "tests/notary_fixture.h"
#include "verify/container.h"
#include "verify/tst.h"

#define MAX_PARTS 32
#define ER "META-INF/evidencerecord001.ers"
#define ER_MANIFEST "META-INF/ASiCEvidenceRecordManifest001.xml"

static struct fixture f;
static struct vf_report report;
static uint8_t *memory, *session_memory;

/* A bundle taken apart; the parts live in its own arena. */
struct parts {
	struct nt_zip_item items[MAX_PARTS];
	size_t n;
	struct vf_arena a;
	uint8_t block[1 << 18];
};

static struct parts first, second, third;

static void take_apart(const struct vf_hash *id, struct parts *ret)
{
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_source source;
	struct vf_container box;
	struct vf_err err = {0};
	struct vf_bytes kept;

	vf_arena_init(&ret->a, ret->block, sizeof(ret->block));
	fixture_export(&f, id, NULL, &b);
	if (!vf_arena_copy(&ret->a, nt_buf_bytes(&b), &kept))
		exit(1);
	nt_buf_done(&b);
	source = vf_source_of(kept);
	fixture_need(vf_container_open(&source, false, &ret->a, &box, &err), &err, "open");
	ret->n = 0;
	for (size_t i = 1; i < box.zip.n; i++) {
		struct nt_zip_item *item = &ret->items[ret->n++];

		item->name = box.zip.entries[i].name;
		fixture_need(vf_container_read(&box, &box.zip.entries[i], &ret->a, &item->data, &err), &err, "read");
	}
}

static struct nt_zip_item *part(struct parts *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (vf_bytes_is(p->items[i].name, name))
			return &p->items[i];
	fprintf(stderr, "no part '%s'\n", name);
	exit(1);
}

static enum vf_verdict judge_in(struct vf_session *s, const struct parts *p)
{
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_source source;
	struct vf_arena a;
	struct vf_err err = {0};

	fixture_need(nt_zip_put(&b, p->items, p->n, &err), &err, "zip");
	source = vf_source_of(nt_buf_bytes(&b));
	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	fixture_need(vf_bundle_check(s, &a, "forged", &source, NULL, 0, &report, &err), &err, "check");
	nt_buf_done(&b);
	return report.verdict;
}

static void expect(const struct parts *p, enum vf_verdict want, enum vf_rc code, const char *what)
{
	struct vf_session *s = fixture_session(&f, true, false, f.now, session_memory);
	enum vf_verdict got = judge_in(s, p);
	bool found = code == VF_OK && report.n_reasons == 0;

	for (size_t i = 0; i < report.n_reasons; i++)
		found |= report.reasons[i].rc == code;
	if (got != want || !found) {
		CHECK_FAIL("%s: %s, not %s %s", what, vf_verdict_name(got), vf_verdict_name(want), vf_rc_name(code));
		for (size_t i = 0; i < report.n_reasons; i++)
			fprintf(stderr, "    %s %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].text);
	}
	check_count++;
	vf_session_free(s);
}

/* The part of one bundle in another: B01, B02, B04, M08 of the attack catalogue. */
static void test_swaps(void)
{
	static const struct {
		const char *name;
		enum vf_rc code;
	} swaps[] = {
		{ER, VF_GROUP_MISMATCH}, {ER_MANIFEST, VF_MANIFEST_SHAPE}, {VF_PART_ENTRY, VF_ENTRY_MISMATCH},
		{VF_PART_PROOF, VF_PROOF_ROOT}, {VF_PART_HEAD, VF_SEAL_BINDING}, {"statement.json", VF_GROUP_MISMATCH},
		{"stream.json", VF_DIGEST_MISMATCH},
	};

	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		struct parts p = third;

		/* second is in the same seal; the head of another seal comes from first */
		*part(&p, swaps[i].name) = *part(strcmp(swaps[i].name, VF_PART_HEAD) == 0 ? &first : &second, swaps[i].name);
		expect(&p, VF_REJECTED, swaps[i].code, swaps[i].name);
	}
}

static void drop(struct parts *p, const char *name)
{
	*part(p, name) = p->items[p->n - 1];
	p->n--;
}

static void add(struct parts *p, const char *name, const char *data)
{
	p->items[p->n++] = (struct nt_zip_item){vf_bytes_str(name), vf_bytes_str(data)};
}

static void test_missing_and_surplus(void)
{
	static const char *const needed[] = {"statement.json", VF_PART_ENTRY, VF_PART_PROOF, VF_PART_HEAD, VF_PART_PREVIOUS, ER_MANIFEST};
	struct parts p;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		p = third;
		drop(&p, needed[i]);
		expect(&p, VF_REJECTED, VF_MISSING_PART, needed[i]);
	}
	p = third;
	drop(&p, ER);
	drop(&p, ER_MANIFEST);
	expect(&p, VF_INDETERMINATE, VF_NO_EVIDENCE, "no evidence record");
	p.n = 0;
	add(&p, "a.txt", "hello\n");
	expect(&p, VF_INDETERMINATE, VF_NO_EVIDENCE, "a document alone");
	add(&p, "META-INF/signature.xml", "<x/>");
	expect(&p, VF_INDETERMINATE, VF_UNSUPPORTED, "a container of other software");
	p = third;
	add(&p, "more.txt", "not in the statement\n");
	expect(&p, VF_REJECTED, VF_UNCOVERED, "a file that nothing covers");
	p = third;
	add(&p, "META-INF/evidencerecord003.ers", "x");
	expect(&p, VF_REJECTED, VF_UNCOVERED, "an evidence record out of order");
	p = third;
	add(&p, VF_NAME_SIGNATURE, "x");
	expect(&p, VF_REJECTED, VF_UNCOVERED, "a signature that the statement does not name");
	p = first;
	add(&p, VF_PART_PREVIOUS, (const char *)"trialnotary/seal-head/1\n");
	expect(&p, VF_REJECTED, VF_SEAL_CHAIN, "a predecessor of the first seal");
	p = third;
	part(&p, ER)->data.n = 0;
	expect(&p, VF_REJECTED, VF_EMPTY_EVIDENCE, "an empty evidence record");
	p = third;
	add(&p, "META-INF/evidencerecord002.ers", "");
	add(&p, "META-INF/ASiCEvidenceRecordManifest002.xml", "");
	expect(&p, VF_REJECTED, VF_EMPTY_EVIDENCE, "a good and an empty evidence record");
}

static void replace(struct vf_bytes *data, struct parts *p, const char *old, const char *with)
{
	uint8_t *at;
	struct vf_bytes copy;

	if (!vf_arena_copy(&p->a, *data, &copy) || !(at = memmem(copy.p, copy.n, old, strlen(old))) || strlen(old) != strlen(with))
		exit(1);
	memcpy(at, with, strlen(with));
	*data = copy;
}

static void test_manifest_and_slot(void)
{
	struct parts p = third;
	struct vf_bytes *data = &part(&p, ER_MANIFEST)->data;
	uint8_t *at;

	/* another digest for the document, in canonical base64 */
	replace(data, &p, "DigestValue>", "DigestValue>");
	at = (uint8_t *)memmem(data->p, data->n, "DigestValue>", 12) + 12;
	*at = *at == 'A' ? 'B' : 'A';
	expect(&p, VF_REJECTED, VF_MANIFEST_DIGEST, "another digest in the manifest");
	/* record 0 of the stream in the slot of another */
	p = first;
	data = &part(&p, VF_PART_ENTRY)->data;
	replace(data, &p, "slot ", "slot ");
	at = (uint8_t *)memmem(data->p, data->n, "slot ", 5) + 5;
	*at = *at == '0' ? '1' : '0';
	expect(&p, VF_REJECTED, VF_SLOT_MISMATCH, "another slot");
}

/* A statement that names a signer makes the signature files mandatory. */
static void test_missing_signature(void)
{
	struct parts p = third;
	struct nt_buf b = nt_buf(1 << 16);
	struct vf_bytes *data = &part(&p, "statement.json")->data, rest = *data, before;
	char hex[65];

	vf_hex_put(hex, vf_bytes(f.last.b, 32));
	if (!vf_take_until(&rest, ',', &before))
		exit(1);
	nt_buf_put(&b, before);
	nt_buf_putf(&b, ",\"signer\":\"%s\",", hex);
	nt_buf_put(&b, rest);
	if (!vf_arena_copy(&p.a, nt_buf_bytes(&b), data))
		exit(1);
	nt_buf_done(&b);
	expect(&p, VF_REJECTED, VF_SIGNATURE_MISSING, "a signer without a signature");
}

/* The exporter judges what it wrote: with a clock before the seal its own verifier refuses. */
static void test_own_verifier(void)
{
	struct nt_exporter *e = NULL;
	struct nt_export_options options = {0};
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_err err = {0};
	int64_t now = f.now;

	f.now -= 86400000;
	fixture_need(nt_exporter_new(f.n, &e, &err), &err, "exporter");
	CHECK_RC(nt_exporter_bundle(e, &f.last, &options, &b, &err), VF_NOT_VERIFIED);
	CHECK_INT(b.n, 0);
	f.now = now;
	nt_exporter_free(e);
	nt_buf_done(&b);
}

/* ---- tokens ---- */

static void put_element(struct nt_buf *out, uint8_t tag, struct vf_bytes body)
{
	uint8_t head[VF_DER_HEAD];

	nt_buf_put(out, vf_bytes(head, vf_der_head(tag, body.n, head)));
	nt_buf_put(out, body);
}

/* The same token without its revocation data: nothing that is signed changes. */
static void strip_crls(struct vf_bytes token, struct nt_buf *out)
{
	struct nt_buf signed_data = nt_buf(1 << 16), inner = nt_buf(1 << 16), content = nt_buf(1 << 16);
	struct vf_der info, oid, wrapped, sd, d;

	if (!vf_der_only(token, VF_DER_SEQUENCE, &info) || !vf_der_take(&info.body, &oid) || !vf_der_take(&info.body, &wrapped) ||
		!vf_der_only(wrapped.body, VF_DER_SEQUENCE, &sd))
		exit(1);
	while (vf_der_take(&sd.body, &d))
		if (d.tag != VF_DER_CONTEXT(1))
			nt_buf_put(&signed_data, d.whole);
	put_element(&inner, VF_DER_SEQUENCE, nt_buf_bytes(&signed_data));
	nt_buf_put(&content, oid.whole);
	put_element(&content, VF_DER_CONTEXT(0), nt_buf_bytes(&inner));
	put_element(out, VF_DER_SEQUENCE, nt_buf_bytes(&content));
	nt_buf_done(&signed_data);
	nt_buf_done(&inner);
	nt_buf_done(&content);
}

/* The lists of a record as the writer takes them: first, path, last. */
struct lists {
	uint8_t first[32 * 16], path[32 * 32], last[32];
	size_t n_first, n_path;
};

static void read_lists(const struct vf_er *er, struct lists *ret)
{
	const struct vf_ats *ats = &er->stamps[0];
	struct vf_digest d;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; vf_ats_value(ats, 0, i, &d); i++)
		memcpy(ret->first + 32 * ret->n_first++, d.b, 32);
	for (size_t i = 1; i + 1 < ats->n_lists && vf_ats_value(ats, i, 0, &d); i++)
		memcpy(ret->path + 32 * ret->n_path++, d.b, 32);
	if (vf_ats_value(ats, ats->n_lists - 1u, 0, &d))
		memcpy(ret->last, d.b, 32);
}

static void parse_record(struct parts *p, struct vf_er *ret)
{
	struct vf_err err = {0};
	struct vf_tst t;

	fixture_need(vf_er_parse(part(p, ER)->data, &p->a, ret, &err), &err, "record");
	fixture_need(vf_tst_parse(ret->stamps[0].token, &t, &err), &err, "token");
	fixture_need(vf_er_set_imprint(ret, 0, &t.imprint, &err), &err, "imprint");
}

/* The same record with another token. */
static void set_token(struct parts *p, struct vf_bytes token)
{
	struct nt_buf out = nt_buf(1 << 20);
	struct vf_err err = {0};
	struct lists lists;
	struct vf_er er;

	parse_record(p, &er);
	read_lists(&er, &lists);
	struct nt_er_ats ats = {.alg = VF_SHA256, .first = vf_bytes(lists.first, 32 * lists.n_first),
		.path = vf_bytes(lists.path, 32 * lists.n_path), .last = vf_bytes(lists.last, 32), .token = token};
	fixture_need(nt_er_put(&out, &ats, &err), &err, "write record");
	if (!vf_arena_copy(&p->a, nt_buf_bytes(&out), &part(p, ER)->data))
		exit(1);
	nt_buf_done(&out);
}

/* A renewal of the record's token at this time, by a second handle on the same authority. */
static void renew(struct parts *p, int64_t at)
{
	struct nt_buf values = nt_buf(1 << 16), token = nt_buf(1 << 16), out = nt_buf(1 << 20);
	struct vf_digest x = {.alg = VF_SHA256};
	struct nt_tsa *tsa = NULL;
	struct vf_err err = {0};
	char folder[100];
	struct vf_er er;

	parse_record(p, &er);
	snprintf(folder, sizeof(folder), "%s/tsa", f.notary);
	fixture_need(nt_tsa_open(folder, nt_notary_config(f.n), &tsa, &err), &err, "tsa");
	fixture_need(nt_er_stamp_values(&values, &er, &err), &err, "values");
	memcpy(x.b, values.p, 32);
	fixture_need(nt_tsa_stamp(tsa, &x, at, &token, &err), &err, "stamp");
	nt_tsa_free(tsa);
	struct nt_er_ats ats = {.alg = VF_SHA256, .first = nt_buf_bytes(&values), .token = nt_buf_bytes(&token)};
	fixture_need(nt_er_put_stamp(&out, &er, &ats, &err), &err, "renew");
	if (!vf_arena_copy(&p->a, nt_buf_bytes(&out), &part(p, ER)->data))
		exit(1);
	nt_buf_done(&values);
	nt_buf_done(&token);
	nt_buf_done(&out);
}

static void test_tokens(void)
{
	struct parts p = third;
	struct nt_buf token = nt_buf(1 << 16);
	struct vf_er er;
	int64_t gen_time;

	parse_record(&p, &er);
	strip_crls(er.stamps[0].token, &token);
	set_token(&p, nt_buf_bytes(&token));
	expect(&p, VF_INDETERMINATE, VF_NO_REVOCATION_DATA, "a token without revocation data");
	/* the token of another seal over this record's lists: T01, B04 */
	p = first;
	parse_record(&p, &er);
	struct vf_bytes other = er.stamps[0].token;
	p = third;
	set_token(&p, other);
	expect(&p, VF_REJECTED, VF_ER_ROOT, "the token of another seal");
	p = third;
	expect(&p, VF_VERIFIED, VF_OK, "as it was");
	gen_time = report.stamps[0].gen_time;
	f.now += 1000;
	renew(&p, f.now);
	expect(&p, VF_VERIFIED, VF_OK, "renewed");
	CHECK_INT(report.renewals, 1);
	CHECK_INT(report.existed_by, gen_time);
	p = third;
	renew(&p, gen_time - 1500);
	expect(&p, VF_REJECTED, VF_TS_ORDER, "renewed before it was made");
	nt_buf_done(&token);
}

/* ---- policies ---- */

static void expect_policy(const char *authority, enum vf_verdict want, enum vf_rc code)
{
	struct nt_buf old = f.trust.files[1], policy = nt_buf(1 << 16);

	nt_buf_putf(&policy, "{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":[{\"name\":\"embedded\",\"roots\":"
		"\"tsa/embedded.pem\",\"operator\":true,\"qualified\":false%s}],\"time\":[{\"count\":1}],\"revocation\":\"required\","
		"\"expired\":\"refuse\",\"submitter\":\"optional\"}", authority);
	f.trust.files[1] = policy;
	expect(&third, want, code, authority);
	f.trust.files[1] = old;
	nt_buf_done(&policy);
}

static void test_policies(void)
{
	expect_policy("", VF_VERIFIED, VF_OK);
	expect_policy(",\"policies\":[\"1.2.3\"]", VF_INDETERMINATE, VF_TS_POLICY);
	expect_policy(",\"policies\":[\"1.2.3\",\"2.999.3161.1\"]", VF_VERIFIED, VF_OK);
	expect_policy(",\"max_accuracy_ms\":999", VF_INDETERMINATE, VF_TS_ACCURACY);
	expect_policy(",\"max_accuracy_ms\":1000", VF_VERIFIED, VF_OK);
	expect_policy(",\"to\":\"2020-01-01T00:00:00Z\"", VF_REJECTED, VF_KEY_PERIOD);
	expect_policy(",\"from\":\"2040-01-01T00:00:00Z\"", VF_REJECTED, VF_KEY_PERIOD);
	expect_policy(",\"from\":\"2020-01-01T00:00:00Z\",\"to\":\"2040-01-01T00:00:00Z\"", VF_VERIFIED, VF_OK);
}

/* ---- two histories ---- */

/* A notary copied and used twice shows two histories: the second bundle of a run is refused. */
static void test_fork(void)
{
	struct fixture twin = f;
	struct parts *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	struct vf_session *s;
	struct vf_err err = {0};
	char copy[100];
	bool fork = false;

	if (!a || !b)
		exit(1);
	snprintf(copy, sizeof(copy), "%s/copy", f.dir);
	fixture_need(nt_notary_backup(f.n, copy, &err), &err, "backup");
	fixture_submit(&f, TR_DATASET, "x.txt", "one history\n");
	fixture_seal(&f);
	take_apart(&f.last, a);
	twin.e = NULL;
	twin.n = NULL;
	twin.now = f.now;
	fixture_need(nt_notary_open(copy, fixture_clock, &twin, &twin.n, &err), &err, "open the copy");
	fixture_submit(&twin, TR_DATASET, "x.txt", "another history\n");
	fixture_seal(&twin);
	struct fixture saved = f;
	f = twin;
	take_apart(&f.last, b);
	nt_exporter_free(f.e);
	nt_notary_free(f.n);
	f = saved;
	f.now = twin.now + 60000;
	s = fixture_session(&f, true, false, f.now, session_memory);
	CHECK_INT(judge_in(s, a), VF_VERIFIED);
	CHECK_INT(judge_in(s, b), VF_REJECTED);
	for (size_t i = 0; i < report.n_reasons; i++)
		fork |= report.reasons[i].rc == VF_EQUIVOCATION || report.reasons[i].rc == VF_STREAM_FORK;
	CHECK(fork);
	vf_session_free(s);
	/* each alone is good: one bundle can't show it */
	s = fixture_session(&f, true, false, f.now, session_memory);
	CHECK_INT(judge_in(s, b), VF_VERIFIED);
	vf_session_free(s);
	free(a);
	free(b);
}

int main(void)
{
	struct vf_hash ids[3];

	memory = malloc(VF_BUNDLE_MEMORY);
	session_memory = malloc(VF_SESSION_MEMORY);
	if (!memory || !session_memory)
		return 1;
	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "first document\n");
	ids[0] = f.last;
	fixture_seal(&f);
	fixture_submit(&f, TR_DATASET, "b.txt", "second document\n");
	ids[1] = f.last;
	fixture_submit(&f, TR_DATASET, "c.txt", "third document\n");
	ids[2] = f.last;
	fixture_seal(&f);
	take_apart(&ids[0], &first);
	take_apart(&ids[1], &second);
	take_apart(&ids[2], &third);
	expect(&first, VF_VERIFIED, VF_OK, "first");
	expect(&third, VF_VERIFIED, VF_OK, "third");
	test_swaps();
	test_missing_and_surplus();
	test_manifest_and_slot();
	test_missing_signature();
	test_own_verifier();
	test_tokens();
	test_policies();
	test_fork();
	fixture_end(&f);
	free(memory);
	free(session_memory);
	return check_done();
}
