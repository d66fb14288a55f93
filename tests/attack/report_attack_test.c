/* Group U of the attack catalogue as far as no program is needed; the rest is in tests/cli/attack_ui_test.sh. */
#include "tests/attack/attack.h"

#include "verify/report_html.h"

#define HOSTILE "<script>alert(1)</script> %n%s &amp;"

enum form {
	TEXT,
	COLOR,
	JSON,
	HTML,
};

static bool put_piece(void *ctx, struct vf_bytes piece)
{
	nt_buf_put(ctx, piece);
	return true;
}

/* The report of the last judgement in one form, as a string in out. */
static const char *render(enum form form, struct nt_buf *out)
{
	static struct vf_outcome o;
	struct vf_sink sink = {.put = put_piece, .ctx = out};
	struct vf_look look = {.color = form == COLOR, .unicode = true};
	struct vf_run run = {.at_ms = make_time(AT), .at_given = true, .version = "1", .outcomes = &o, .n_outcomes = 1};

	o = (struct vf_outcome){.decided = true, .report = report};
	nt_buf_reset(out);
	if (form == JSON)
		vf_report_json(&sink, &run);
	else if (form == HTML)
		vf_report_html(&sink, &run);
	else
		vf_report_text(&sink, &run, &look);
	nt_buf_put_u8(out, 0);
	return (const char *)out->p;
}

static void check_harmless(void)
{
	static const enum form forms[] = {TEXT, JSON, HTML};
	struct nt_buf out = nt_buf(1 << 20);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *text = render(forms[i], &out);

		CHECK(!strchr(text, '\033') && !strstr(text, "\xe2\x80\xae") && !strchr(text, '\r'));
		CHECK(vf_utf8_is(vf_bytes_str(text)));
		if (forms[i] == HTML)
			CHECK(!strstr(text, "<script") && !strstr(text, "http:") && !strstr(text, "https:"));
		if (forms[i] == JSON)
			CHECK(strchr(text, '\n') == text + strlen(text) - 1);
	}
	nt_buf_done(&out);
}

/* The report borrows from what was judged, so that this stays until the case ends. */
static void judge_forged(bundle_hook *hook)
{
	struct nt_buf bytes = nt_buf(1 << 20);

	begin_case();
	make_bundle(&b, &log_key, &alpha, hook, &bytes);
	judge_alone(make_copy(nt_buf_bytes(&bytes)));
	nt_buf_done(&bytes);
}

/* An authority whose name is made for the screen. */
HOOK(u06_authority)
{
	static struct authority hostile;

	if (stage != BEGIN)
		return;
	hostile = stranger;
	hostile.cert = make_cert(&(struct cert_spec){.name = "<script>\x1b[2J\r\nVERIFIED %n",
		.issuer = "Stranger Root",
		.key = stranger.key, .issuer_key = stranger.root_key, .serial = 5, .ext = TSA_EXT});
	x->ev[0].by = &hostile;
}

static void u06_certificate(void)
{
	struct nt_buf out = nt_buf(1 << 20);

	judge_forged(u06_authority);
	check_harmless();
	CHECK(strstr(render(JSON, &out), "<script>\\\\x1b[2J\\\\x0d\\\\x0aVERIFIED %n"));
	nt_buf_done(&out);
}

HOOK(u06_titled)
{
	if (stage == BEGIN)
		x->fields = ",\"title\":\"" HOSTILE "\"";
}

static void u06_title(void)
{
	struct nt_buf out = nt_buf(1 << 20);

	judge_forged(u06_titled);
	check_harmless();
	CHECK(strstr(render(HTML, &out), "&lt;script&gt;alert(1)&lt;/script&gt; %n%s &amp;amp;"));
	nt_buf_done(&out);
}

HOOK(u06_control)
{
	if (stage == BEGIN)
		x->fields = ",\"title\":\"\\u001b[2J\"";
}

static void u06_escape(void)
{
	judge_forged(u06_control);
	check_harmless();
}

static void u06_name(struct attack_zip *z)
{
	static char name[10001];

	memset(name, 'n', sizeof(name) - 1);
	z->e[z->n] = zm_entry(name, "x");
	z->e[z->n++].made_by = VF_ZIP_NEED_STORED;
}

/* ---- U12: the file changes while it is read ---- */

struct changing {
	struct vf_bytes before, after;
	size_t reads, change_at;
};

static VF_RC read_changing(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct changing *c = ctx;
	struct vf_bytes part, now = ++c->reads > c->change_at ? c->after : c->before;

	if (!vf_bytes_slice(now, at, n, &part))
		return vf_fail(reterr, VF_IO, "outside");
	if (n)
		memcpy(out, part.p, n);
	return VF_OK;
}

/* The digest of the first document as the report has it is that of the document which was sealed. */
static bool shows_sealed(void)
{
	struct vf_hash want = vf_sha256(b.files[0].data);

	for (size_t i = 0; i < report.n_files; i++)
		if (vf_bytes_is(report.files[i].name, "a.txt"))
			return report.files[i].status != VF_FILE_COVERED || vf_hash_eq(&report.files[i].sha256, &want);
	return true;
}

/*
 * After each read in turn the file is another: one byte of the document, and one
 * with another document of the same size, both under a right CRC. Whatever is
 * VERIFIED is what was sealed.
 */
static void u12(void)
{
	struct nt_buf before = nt_buf(1 << 20), after = nt_buf(1 << 20);
	struct vf_session *s;
	struct vf_err err = {0};
	size_t verified = 0, rejected = 0;
	bool more = true;

	make_bundle(&b, &log_key, &alpha, good, &before);
	*bundle_part(&b, "a.txt") = vf_bytes_str("first d0cument\n");
	MUST(nt_zip_put(&after, b.items, b.n_items, &err) == VF_OK && after.n == before.n);
	s = session();
	for (size_t k = 0; more; k++) {
		struct changing c = {nt_buf_bytes(&before), nt_buf_bytes(&after), 0, k};
		struct vf_source source = {.ctx = &c, .size = before.n, .read = read_changing};
		enum vf_verdict v = judge_source(s, &source);

		verified += v == VF_VERIFIED;
		rejected += v == VF_REJECTED;
		CHECK((v == VF_VERIFIED || v == VF_REJECTED) && (v == VF_REJECTED || shows_sealed()));
		more = c.reads > k;
	}
	CHECK(verified > 0 && rejected > 10);
	vf_session_free(s);
	/* the printed result is that of the changed file by itself */
	s = session();
	judge(s, nt_buf_bytes(&after));
	vf_session_free(s);
	nt_buf_done(&before);
	nt_buf_done(&after);
}

/* ---- U14: colours ---- */

static bool is_green(void)
{
	struct nt_buf out = nt_buf(1 << 20);
	const char *text = render(COLOR, &out);
	bool green = strstr(text, "\033[1;32m") != NULL || strstr(text, "\033[32m") != NULL;

	nt_buf_done(&out);
	return green;
}

HOOK(weak)
{
	x->ev[0].cms.digest = VF_SHA1;
}

HOOK(weak_manifest)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", VF_MANIFEST_SHA256,
			"http://www.w3.org/2000/09/xmldsig#sha1");
}

static void u14(void)
{
	judge_forged(good);
	CHECK(is_green());
	judge_forged(weak);
	CHECK(!is_green());
}

static void u14_manifest(void)
{
	judge_forged(weak_manifest);
	CHECK(!is_green());
}

static const struct attack cases[] = {
	ATTACK("U06a", "an authority whose name is made for the screen", VF_INDETERMINATE, VF_UNKNOWN_ROOT,
		.judge = u06_certificate),
	ATTACK("U06b", "a title with markup", VF_VERIFIED, VF_OK, .judge = u06_title),
	ATTACK("U06c", "a title with an escape sequence", VF_REJECTED, VF_STATEMENT_SHAPE, .judge = u06_escape),
	ATTACK("U06d", "a name of 10,000 octets", VF_REJECTED, VF_LIMIT, .rebuild = u06_name),
	ATTACK("U12", "a file that changes between any two reads", VF_REJECTED, VF_DIGEST_MISMATCH, .judge = u12),
	ATTACK("U14a", "a token with SHA-1 is never shown in green", VF_REJECTED, VF_WEAK_ALGORITHM, .judge = u14),
	ATTACK("U14b", "a manifest with SHA-1 is never shown in green", VF_REJECTED, VF_WEAK_ALGORITHM,
		.judge = u14_manifest),
};

ATTACK_MAIN(cases)
