#include "verify/checkpoint.h"

#include "tests/check.h"
#include "verify/merkle.h"

#define DASH "\xe2\x80\x94 "
#define BODY "example.com/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n"
#define LOG_SIG "1cqaGSS13kzY5HLkueREvQIVD5F4demTNw9AM8FALy87h8nMkJEJrQPVmBURO3p4fcZKXR10+as57D1LbeX7CDWXagk="
#define LOG_LINE DASH "example.com/log " LOG_SIG "\n"
#define W1_LINE                                                                                                        \
	DASH "witness.example/w1 esUq+wAAAABpVGeApWlG5IpP10gvm4r7vepxBsYmgNpaAbPW+2vtIOrWK+W1Qh4qVJXaLkQePIMFr8/DAm76" \
	     "oYmCYzxsclAjwUxaDQ==\n"
#define NOTE BODY "\n" LOG_LINE W1_LINE
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define EMPTY_LINE                                                                                                     \
	DASH "example.com/log 1cqaGWT+bevUHKRt1jG7Ubtcedi+jPHOONQnz8drPCi4uSISSUvY8MLQSn4qHmcN9rGEIvwLnIqDtdjh64UB+CE" \
	     "f7As=\n"
#define HASHES                                                                                                         \
	"vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"                                                              \
	"sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=\n"                                                              \
	"037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n"
#define HASH1 "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
#define PROOF "c2sp.org/tlog-proof@v1\nindex 5\n" HASHES "\n" NOTE

static uint8_t block[65536];

static struct vf_vkey vkey(const char *text)
{
	static struct vf_arena a;
	struct vf_vkey k = {.id = 0};

	if (!a.base)
		vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_vkey_parse(vf_bytes_str(text), &a, &k, NULL), VF_OK);
	return k;
}

static struct vf_vkey log_key(void)
{
	return vkey("example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS");
}

static struct vf_vkey w1_key(void)
{
	return vkey("witness.example/w1+7ac52afb+BLx8vLVjY3X6HYJDTUZnJNkjd/U7mAaV3UnSbQzhIgWl");
}

/* ---- the fixed set ---- */

static void test_fixed(void)
{
	struct vf_checkpoint c;
	struct vf_vkey log = log_key(), w1 = w1_key();
	struct vf_hash d;
	char hex[65];
	uint64_t seconds = 1;

	CHECK_RC(vf_checkpoint_parse(vf_bytes_str(NOTE), &c, NULL), VF_OK);
	CHECK_BYTES(c.origin, vf_bytes_str("example.com/log"));
	CHECK_INT(c.size, 7);
	CHECK_BYTES(c.note.text, vf_bytes_str(BODY));
	CHECK_INT(c.note.n_lines, 2);
	CHECK_BYTES(c.note.lines[0].line, vf_bytes_str(LOG_LINE));
	CHECK_INT(c.note.lines[0].id, 0xd5ca9a19);
	CHECK_INT(c.note.lines[0].payload, 64);
	CHECK_INT(c.note.lines[1].payload, 72);
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_OK);
	CHECK_INT(seconds, 0);
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[1], &w1, &seconds, NULL), VF_OK);
	CHECK_INT(seconds, 1767139200);
	/* a line is never by another key, and a key of another role never fits */
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &w1, &seconds, NULL), VF_NOTE_SIGNATURE);
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[1], &log, &seconds, NULL), VF_NOTE_SIGNATURE);
	/* nor by the same key under another name or id: the signature is over neither */
	log.name = vf_bytes_str("example.com/other");
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_NOTE_SIGNATURE);
	log.name = c.origin;
	log.id++;
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_NOTE_SIGNATURE);
	log.id--;
	log.type = VF_KEY_COSIGNATURE;
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_NOTE_SIGNATURE);
	log.type = VF_KEY_MLDSA44;
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_NOTE_SIGNATURE);
	log.type = 0x33;
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_UNSUPPORTED);

	/* printf of text, empty line and first line into sha256sum */
	d = vf_checkpoint_digest(&c);
	vf_hex_put(hex, vf_bytes(d.b, 32));
	CHECK_STR(hex, "4103f1ff57400ec5fc424f638084285d7eb15faf5a5289c7b64f58fa6634f803");
	CHECK_RC(vf_checkpoint_parse(vf_bytes_str(BODY "\n" LOG_LINE), &c, NULL), VF_OK);
	d = vf_checkpoint_digest(&c);
	vf_hex_put(hex, vf_bytes(d.b, 32));
	CHECK_STR(hex, "4103f1ff57400ec5fc424f638084285d7eb15faf5a5289c7b64f58fa6634f803");

	CHECK_RC(vf_checkpoint_parse(vf_bytes_str("example.com/log\n0\n" EMPTY_ROOT "\n\n" EMPTY_LINE), &c, NULL), VF_OK);
	log.type = VF_KEY_ED25519;
	CHECK_RC(vf_checkpoint_check_line(&c, &c.note.lines[0], &log, &seconds, NULL), VF_OK);
}

/* The 103 octets that an ML-DSA-44 cosignature of the fixed checkpoint is over. */
static void test_mldsa_message(void)
{
	static const char want[] =
		"737562747265652f76310a00127769746e6573732e6578616d706c652f77320000000069546781"
		"0f6578616d706c652e636f6d2f6c6f6700000000000000000000000000000007"
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c";
	uint8_t out[VF_COSIGNED_MAX];
	char hex[2 * VF_COSIGNED_MAX + 1], longest[256];
	struct vf_checkpoint c;
	struct vf_hash sha;
	size_t n;

	CHECK_RC(vf_checkpoint_parse(vf_bytes_str(NOTE), &c, NULL), VF_OK);
	n = vf_cosigned_mldsa44(out, &c, vf_bytes_str("witness.example/w2"), 1767139201);
	CHECK_INT(n, 103);
	vf_hex_put(hex, vf_bytes(out, n));
	CHECK_STR(hex, want);
	sha = vf_sha256(vf_bytes(out, n));
	vf_hex_put(hex, vf_bytes(sha.b, 32));
	CHECK_STR(hex, "320b01fd35404a54e2bb4f979bedf4965ad80490a6fd44a46d07054f5b4e5132");
	memset(longest, 'x', sizeof(longest));
	CHECK_INT(vf_cosigned_mldsa44(out, &c, vf_bytes(longest, 256), 1), 0);
	CHECK_INT(vf_cosigned_mldsa44(out, &c, vf_bytes(longest, 0), 1), 0);
	c.origin = vf_bytes(longest, 255);
	CHECK_INT(vf_cosigned_mldsa44(out, &c, vf_bytes(longest, 255), 1), 70 + 2 * 255);
	CHECK(70 + 2 * 255 <= VF_COSIGNED_MAX);
}

static void test_ed25519_message(void)
{
	uint8_t out[VF_COSIGNED_MAX];
	struct vf_checkpoint c;
	size_t n;

	CHECK_RC(vf_checkpoint_parse(vf_bytes_str(NOTE), &c, NULL), VF_OK);
	n = vf_cosigned_ed25519(out, &c, 1767139200);
	CHECK_BYTES(vf_bytes(out, n), vf_bytes_str("cosignature/v1\ntime 1767139200\n" BODY));
}

/* ---- notes that are not in their exact form ---- */

struct bad {
	const char *text;
	enum vf_rc rc;
};

static void test_bad_notes(void)
{
	static const struct bad bad[] = {
		{"", VF_NOTE_SHAPE},
		{"\n", VF_NOTE_SHAPE},
		{"\n\n", VF_NOTE_SHAPE},
		{BODY, VF_NOTE_SHAPE},
		{BODY "\n", VF_NOTE_SHAPE},
		{BODY LOG_LINE, VF_NOTE_SHAPE},
		/* an empty line after or between the lines: then what follows it counts as the lines */
		{NOTE "\n", VF_NOTE_SHAPE},
		{BODY "\n" LOG_LINE "x\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log " LOG_SIG, VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log \n", VF_NOTE_SHAPE},
		{BODY "\n" DASH " " LOG_SIG "\n", VF_NOTE_SHAPE},
		{BODY "\n- example.com/log " LOG_SIG "\n", VF_NOTE_SHAPE},
		{BODY "\n\xe2\x80\x94" "example.com/log " LOG_SIG "\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log  " LOG_SIG "\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log " LOG_SIG " \n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/l+g " LOG_SIG "\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log\xc2\xa0 " LOG_SIG "\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log " LOG_SIG "\r\n", VF_NOTE_SHAPE},
		{"example.com/log\r\n7\n\n" LOG_LINE, VF_NOTE_SHAPE},
		{"example\tcom\n7\n\n" LOG_LINE, VF_NOTE_SHAPE},
		{"example\xff\n7\n\n" LOG_LINE, VF_NOTE_SHAPE},
		/* base64: set padding bits (Go reads them: divergence 5), no padding, other alphabet, too short */
		{BODY "\n" DASH "example.com/log AAAAAAB=\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log AAAAAAA\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log AAAAAA-A\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log AAAA=AAA\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log AAAAAA==\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log AAAA\n", VF_NOTE_SHAPE},
		{BODY "\n" DASH "example.com/log ====\n", VF_NOTE_SHAPE},
	};
	struct vf_note n = {.n_lines = 77};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vf_err e = {.rc = VF_OK};
		enum vf_rc rc = vf_note_parse(vf_bytes_str(bad[i].text), &n, &e);

		check_count++;
		if (rc != bad[i].rc || e.rc != rc)
			CHECK_FAIL("note %zu gives %s, not %s", i, vf_rc_name(rc), vf_rc_name(bad[i].rc));
	}
	CHECK_INT(n.n_lines, 77);
	CHECK_RC(vf_note_parse(vf_bytes("a\0b\n\n" LOG_LINE, 5 + sizeof(LOG_LINE) - 1), &n, NULL), VF_NOTE_SHAPE);
	/* the shortest line; a text with empty lines in it; 0x7f is no control here */
	CHECK_RC(vf_note_parse(vf_bytes_str("a\n\nb\x7f\n\n" DASH "k AAAAAAA=\n"), &n, NULL), VF_OK);
	CHECK_BYTES(n.text, vf_bytes_str("a\n\nb\x7f\n"));
	CHECK_INT(n.n_lines, 1);
	CHECK_INT(n.lines[0].payload, 1);
	CHECK_RC(vf_note_parse(vf_bytes_str("\n\n\n" DASH "k AAAAAAA=\n"), &n, NULL), VF_OK);
	CHECK_BYTES(n.text, vf_bytes_str("\n\n"));
	CHECK_RC(vf_note_parse(vf_bytes_str("\n\n" DASH "k AAAAAAA=\n"), &n, NULL), VF_OK);
	CHECK_BYTES(n.text, vf_bytes_str("\n"));
	/* the example of the specification */
	CHECK_RC(vf_note_parse(vf_bytes_str("This is an example message.\n\n" DASH
			"example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1"
			"Yu72IneyaQM=\n"), &n, NULL),
		VF_OK);
	{
		struct vf_vkey k = vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
		struct vf_checkpoint c = {.note = n};
		uint64_t seconds;

		CHECK_RC(vf_checkpoint_check_line(&c, &n.lines[0], &k, &seconds, NULL), VF_OK);
	}
}

static void test_note_limits(void)
{
	static char text[VF_MAX_NOTE + 4096];
	struct vf_note n;
	size_t len;

	for (unsigned lines = 99; lines <= 101; lines++) {
		len = (size_t)snprintf(text, sizeof(text), BODY "\n");
		for (unsigned i = 0; i < lines; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, DASH "k%u AAAAAAA=\n", i);
		CHECK_RC(vf_note_parse(vf_bytes(text, len), &n, NULL), lines > VF_MAX_NOTE_LINES ? VF_LIMIT : VF_OK);
	}
	/* one line of more than 8 KiB; a note of more than 128 KiB */
	len = (size_t)snprintf(text, sizeof(text), BODY "\n" DASH "k ");
	memset(text + len, 'A', 8192);
	text[len + 8192] = '\n';
	CHECK_RC(vf_note_parse(vf_bytes(text, len + 8193), &n, NULL), VF_LIMIT);
	text[len + 8000] = '\n';
	CHECK_RC(vf_note_parse(vf_bytes(text, len + 8001), &n, NULL), VF_OK);
	/* base64 is exact from its first character to its last */
	for (size_t at = 0; at < 8000; at += 999) {
		text[len + at] = '-';
		CHECK_RC(vf_note_parse(vf_bytes(text, len + 8001), &n, NULL), VF_NOTE_SHAPE);
		text[len + at] = 'A';
	}
	memset(text, 'a', sizeof(text));
	CHECK_RC(vf_note_parse(vf_bytes(text, VF_MAX_NOTE + 1), &n, NULL), VF_LIMIT);
	CHECK_RC(vf_note_parse(vf_bytes(text, VF_MAX_NOTE), &n, NULL), VF_NOTE_SHAPE);
}

#define ROOT "3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw="

static void test_bad_checkpoints(void)
{
	static const struct bad bad[] = {
		{"example.com/log\n7\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"\n7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"\nexample.com/log\n7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n\n7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log x\n7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		/* size: leading zero (divergence 3), sign, blanks, hex, 2^63, empty */
		{"example.com/log\n07\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n00\n" EMPTY_ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n+7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n-7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n 7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7 \n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n0x7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n9223372036854775808\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n18446744073709551623\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		/* root: other lengths, padding bits, blanks */
		{"example.com/log\n7\n3bib5A==\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n" ROOT "AAAA\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIx=\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n" ROOT " \n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		/* an empty log has one root (M06) */
		{"example.com/log\n0\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		/* extension lines (divergence 3, M15) */
		{"example.com/log\n7\n" ROOT "\nextension\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n" ROOT "\n\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/log\n7\n" ROOT "\n\nextension\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		/* the first line is the log's own */
		{BODY "\n" W1_LINE LOG_LINE, VF_CHECKPOINT_SHAPE},
		{BODY "\n" W1_LINE, VF_CHECKPOINT_SHAPE},
		{"example.com/lag\n7\n" ROOT "\n\n" LOG_LINE, VF_CHECKPOINT_SHAPE},
		/* what is no note */
		{"example.com/log\r\n7\r\n" ROOT "\r\n\r\n" LOG_LINE, VF_NOTE_SHAPE},
		{BODY, VF_NOTE_SHAPE},
	};
	struct vf_checkpoint c = {.size = 77};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vf_err e = {.rc = VF_OK};
		enum vf_rc rc = vf_checkpoint_parse(vf_bytes_str(bad[i].text), &c, &e);

		check_count++;
		if (rc != bad[i].rc || e.rc != rc)
			CHECK_FAIL("checkpoint %zu gives %s, not %s", i, vf_rc_name(rc), vf_rc_name(bad[i].rc));
	}
	CHECK_INT(c.size, 77);
	CHECK_RC(vf_checkpoint_parse(vf_bytes_str("example.com/log\n9223372036854775807\n" ROOT "\n\n" LOG_LINE), &c, NULL),
		VF_OK);
	CHECK_INT(c.size, INT64_MAX);
}

/* ---- log proofs ---- */

static void test_proof(void)
{
	static const uint8_t entry[] = {0x40, 0x41, 0x42, 0x43};
	struct vf_hash leaf = vf_merkle_leaf(vf_bytes(entry, sizeof(entry)));
	struct vf_tlog_proof p;

	CHECK_RC(vf_tlog_proof_parse(vf_bytes_str(PROOF), &p, NULL), VF_OK);
	CHECK_INT(p.index, 5);
	CHECK_INT(p.n, 3);
	CHECK(!p.has_extra);
	CHECK_BYTES(p.checkpoint.note.whole, vf_bytes_str(NOTE));
	CHECK_RC(vf_merkle_check_inclusion(p.index, p.checkpoint.size, &leaf, p.hashes, p.n, &p.checkpoint.root, NULL),
		VF_OK);
	CHECK_RC(vf_tlog_proof_parse(vf_bytes_str("c2sp.org/tlog-proof@v1\nextra AAAAAAA=\nindex 5\n" HASHES "\n" NOTE), &p,
			 NULL),
		VF_OK);
	CHECK(p.has_extra);
	CHECK_BYTES(p.extra, vf_bytes_str("AAAAAAA="));
	/* hashes are known by place and length: one may begin like a keyword */
	CHECK_RC(vf_tlog_proof_parse(vf_bytes_str("c2sp.org/tlog-proof@v1\nindex 0\n"
			"extraAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nindexAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" NOTE), &p,
			 NULL),
		VF_OK);
	CHECK_INT(p.n, 2);
	CHECK_RC(vf_tlog_proof_parse(vf_bytes_str("c2sp.org/tlog-proof@v1\nindex 0\n\n" NOTE), &p, NULL), VF_OK);
	CHECK_INT(p.n, 0);
}

static void test_bad_proofs(void)
{
	static const struct bad bad[] = {
		{"", VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1", VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v2\nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"\nc2sp.org/tlog-proof@v1\nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\r\nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		/* index: leading zero (divergence 4), sign, absent, twice, 2^63, CR (divergence 4) */
		{"c2sp.org/tlog-proof@v1\nindex 05\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex -5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex  5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\r\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		/* extra: twice, after the index, empty, not base64, without end */
		{"c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\nextra AAAA\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nextra \nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nextra AAA\nindex 5\n" HASHES "\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nextra AAAA", VF_PROOF_SHAPE},
		/* hashes: wrong length, CR, padding bits; no empty line */
		{"c2sp.org/tlog-proof@v1\nindex 5\nAAAA\n\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\r\n\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnmt=\n\n" NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\n" HASHES NOTE, VF_PROOF_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\n" HASHES, VF_PROOF_SHAPE},
		/* the checkpoint's own faults */
		{"c2sp.org/tlog-proof@v1\nindex 5\n" HASHES "\n\n" NOTE, VF_CHECKPOINT_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\n" HASHES "\n", VF_NOTE_SHAPE},
		{"c2sp.org/tlog-proof@v1\nindex 5\n" HASHES "\n" NOTE "\n", VF_NOTE_SHAPE},
	};
	struct vf_tlog_proof p = {.n = 7};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vf_err e = {.rc = VF_OK};
		enum vf_rc rc = vf_tlog_proof_parse(vf_bytes_str(bad[i].text), &p, &e);

		check_count++;
		if (rc != bad[i].rc || e.rc != rc)
			CHECK_FAIL("proof %zu gives %s, not %s", i, vf_rc_name(rc), vf_rc_name(bad[i].rc));
	}
	CHECK_INT(p.n, 7);
}

static void test_proof_limits(void)
{
	static char text[3 * VF_MAX_PROOF_EXTRA];
	struct vf_tlog_proof p;
	size_t len;

	for (size_t n = 62; n <= 64; n++) {
		len = (size_t)snprintf(text, sizeof(text), "c2sp.org/tlog-proof@v1\nindex 5\n");
		for (size_t i = 0; i < n; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, HASH1);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\n" NOTE);
		CHECK_RC(vf_tlog_proof_parse(vf_bytes(text, len), &p, NULL), n > VF_MAX_INCLUSION ? VF_LIMIT : VF_OK);
	}
	for (size_t n = VF_MAX_PROOF_EXTRA; n <= VF_MAX_PROOF_EXTRA + 4; n += 4) {
		len = (size_t)snprintf(text, sizeof(text), "c2sp.org/tlog-proof@v1\nextra ");
		memset(text + len, 'A', n);
		len += n;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\nindex 5\n" HASHES "\n" NOTE);
		CHECK_RC(vf_tlog_proof_parse(vf_bytes(text, len), &p, NULL), n > VF_MAX_PROOF_EXTRA ? VF_LIMIT : VF_OK);
	}
}

/* Every proper prefix is refused: no form is complete before its end, but for whole lines. */
static void test_prefixes(void)
{
	size_t whole = sizeof(PROOF) - 1, log_only = whole - (sizeof(W1_LINE) - 1);
	struct vf_tlog_proof p;

	for (size_t n = 0; n <= whole; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		bool good = n == whole || n == log_only;

		if (!exact)
			return;
		memcpy(exact, PROOF, n);
		CHECK((vf_tlog_proof_parse(vf_bytes(exact, n), &p, NULL) == VF_OK) == good);
		free(exact);
	}
}

/* ---- two checkpoints ---- */

static void test_consistent(void)
{
	struct vf_checkpoint a, b;
	struct vf_hash proof[2];

	CHECK_RC(vf_checkpoint_parse(vf_bytes_str(NOTE), &a, NULL), VF_OK);
	b = a;
	CHECK_RC(vf_checkpoint_check_consistent(&a, &b, NULL, 0, NULL), VF_OK);
	b.root.b[0] ^= 1;
	CHECK_RC(vf_checkpoint_check_consistent(&a, &b, NULL, 0, NULL), VF_EQUIVOCATION);
	CHECK_RC(vf_checkpoint_check_consistent(&b, &a, NULL, 0, NULL), VF_EQUIVOCATION);
	b.size = 8;
	CHECK_RC(vf_checkpoint_check_consistent(&b, &a, NULL, 0, NULL), VF_PROOF_INDEX);
	CHECK_RC(vf_checkpoint_check_consistent(&a, &b, NULL, 0, NULL), VF_PROOF_LENGTH);
	b.origin = vf_bytes_str("example.com/lag");
	CHECK_RC(vf_checkpoint_check_consistent(&a, &b, proof, 2, NULL), VF_CHECKPOINT_ORIGIN);
	CHECK_RC(vf_checkpoint_parse(vf_bytes_str("example.com/log\n0\n" EMPTY_ROOT "\n\n" EMPTY_LINE), &b, NULL), VF_OK);
	CHECK_RC(vf_checkpoint_check_consistent(&b, &a, NULL, 0, NULL), VF_OK);
}

int main(void)
{
	test_fixed();
	test_mldsa_message();
	test_ed25519_message();
	test_bad_notes();
	test_note_limits();
	test_bad_checkpoints();
	test_proof();
	test_bad_proofs();
	test_proof_limits();
	test_prefixes();
	test_consistent();
	return check_done();
}
