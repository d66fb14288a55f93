#include "verify/quorum.h"

#include <openssl/evp.h>

#include "notary/note.h"
#include "tests/check.h"
#include "verify/merkle.h"

static uint8_t block[8 * VF_TLOG_POLICY_ROOM];

/* ---- keys from fixed seeds ---- */

struct signer {
	char name[64], vkey[160];
	uint8_t type;
	struct nt_note_key key;
	EVP_PKEY *secret;
};

static enum vf_rc sign(void *ctx, struct vf_bytes message, uint8_t sig[64], struct vf_err *reterr)
{
	struct signer *s = ctx;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = 64;
	bool good = EVP_DigestSignInit(c, NULL, NULL, NULL, s->secret) == 1 &&
		EVP_DigestSign(c, sig, &n, message.p, message.n) == 1;

	EVP_MD_CTX_free(c);
	return good ? VF_OK : vf_fail(reterr, VF_SIGNER_FAILED, "cannot sign");
}

static void signer_init(struct signer *s, const char *name, uint8_t seed, uint8_t type)
{
	struct nt_buf out = nt_buf(160);
	uint8_t secret[32];
	size_t n = 32;

	memset(secret, seed, sizeof(secret));
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->type = type;
	s->secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
	CHECK(EVP_PKEY_get_raw_public_key(s->secret, s->key.raw, &n) == 1);
	s->key.name = s->name;
	s->key.sign = sign;
	s->key.ctx = s;
	CHECK_RC(nt_note_put_vkey(&out, s->name, type, vf_bytes(s->key.raw, 32), NULL), VF_OK);
	snprintf(s->vkey, sizeof(s->vkey), "%.*s", VF_STR(nt_buf_bytes(&out)));
	nt_buf_done(&out);
}

#define WITNESSES 6
static struct signer log_a, log_b, stranger, w[WITNESSES];

static void make_signers(void)
{
	signer_init(&log_a, "example.com/log", 0x42, VF_KEY_ED25519);
	signer_init(&log_b, "example.com/other", 0x43, VF_KEY_ED25519);
	signer_init(&stranger, "stranger.example/w", 0x44, VF_KEY_COSIGNATURE);
	for (size_t i = 0; i < WITNESSES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "witness.example/w%zu", i + 1);
		signer_init(&w[i], name, (uint8_t)(0xa1 + i), VF_KEY_COSIGNATURE);
	}
}

static void free_signers(void)
{
	EVP_PKEY_free(log_a.secret);
	EVP_PKEY_free(log_b.secret);
	EVP_PKEY_free(stranger.secret);
	for (size_t i = 0; i < WITNESSES; i++)
		EVP_PKEY_free(w[i].secret);
}

/* ---- policies ---- */

static enum vf_rc parse(const char *text, struct vf_tlog_policy *ret, struct vf_err *e)
{
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	return vf_tlog_policy_parse(vf_bytes_str(text), &a, ret, e);
}

/* "@a", "@b", "@1" ... stand for the keys. */
static const char *expand(const char *text)
{
	static char out[65536];
	size_t n = 0;

	for (; *text; text++) {
		const char *put = NULL;

		if (*text == '@') {
			text++;
			put = *text == 'a' ? log_a.vkey : *text == 'b' ? log_b.vkey :
				*text == 's' ? stranger.vkey : w[*text - '1'].vkey;
		}
		n += (size_t)snprintf(out + n, sizeof(out) - n, put ? "%s" : "%.1s", put ? put : text);
	}
	out[n] = '\0';
	return out;
}

static struct vf_tlog_policy policy(const char *text)
{
	struct vf_tlog_policy p = {.n_logs = 0};
	struct vf_err e = {.rc = VF_OK};

	CHECK_RC(parse(expand(text), &p, &e), VF_OK);
	if (e.rc != VF_OK)
		fprintf(stderr, "%s\n", e.text);
	return p;
}

static void test_good_policy(void)
{
	struct vf_tlog_policy p = policy("# a comment\n\n \t \n\t# another\n  log\t@a   https://log.example/ \n"
					 "witness none1 @1\nwitness X2 @2 https://w2.example/#not-a-comment\nwitness \xff @3\n"
					 "group X 2 none1 X2\ngroup all any \xff X\nquorum all\nlog @b\n");

	CHECK_INT(p.n_logs, 2);
	CHECK_BYTES(p.logs[0].url, vf_bytes_str("https://log.example/"));
	CHECK_INT(p.logs[1].url.n, 0);
	CHECK_INT(p.n_witnesses, 3);
	CHECK_BYTES(p.witnesses[1].url, vf_bytes_str("https://w2.example/#not-a-comment"));
	CHECK_BYTES(p.witnesses[2].name, vf_bytes_str("\xff"));
	CHECK_INT(p.n_groups, 2);
	CHECK_INT(p.groups[0].needed, 2);
	CHECK_INT(p.groups[1].needed, 1);
	CHECK_INT(p.groups[1].n, 2);
	CHECK_INT(p.groups[1].members[0].kind, VF_TLOG_WITNESS);
	CHECK_INT(p.groups[1].members[0].at, 2);
	CHECK_INT(p.groups[1].members[1].kind, VF_TLOG_GROUP);
	CHECK_INT(p.quorum.kind, VF_TLOG_GROUP);
	CHECK_INT(p.quorum.at, 1);
	p = policy("log @a\nquorum none\n");
	CHECK_INT(p.quorum.kind, VF_TLOG_NOTHING);
	p = policy("witness w @1\nquorum w\nlog @a\n");
	CHECK_INT(p.quorum.kind, VF_TLOG_WITNESS);
	p = policy("log @a\nwitness w @1\ngroup g all w\nquorum g\n");
	CHECK_INT(p.groups[0].needed, 1);
}

static void test_bad_policies(void)
{
	static const char *bad[] = {
		"",
		"log @a\n",                                       /* no quorum */
		"quorum none\n",                                  /* no log: torchwood too wants one */
		"log @a\nquorum none",                            /* no line end */
		"log @a\nquorum none\n# a remark\n# another",
		"log @a\r\nquorum none\r\n",
		"log @a\nquorum none\n\x7f\n",
		"log @a\nquorum none\n\x01\n",
		"log @a\nquorum none\nquorum none\n",             /* twice: divergence 2 */
		"log @a\nquorum\n",
		"log @a\nquorum none x\n",
		"log @a\nquorum w\nwitness w @1\n",               /* used before it is defined */
		"log @a\nquorum w\n",
		"log @a\nquorum none # no comment here\n",        /* "#" in a line: divergence 2 */
		"log @a https://l.example/ # text\nquorum none\n",
		"log\nquorum none\n",
		"log x\nquorum none\n",
		"log @a url more\nquorum none\n",
		"log @1\nquorum none\n",                          /* a cosignature key is no log's */
		"log @a\nlog @a\nquorum none\n",
		"log @a\nwitness w\nquorum none\n",
		"log @a\nwitness\nquorum none\n",
		"log @a\nwitness w @b\nquorum none\n",            /* a log key is no witness's */
		"log @a\nwitness w @1\nwitness w @2\nquorum w\n", /* one name twice */
		"log @a\nwitness w @1\nwitness v @1\nquorum w\n", /* one key under two names (M16) */
		"log @a\nwitness none @1\nquorum none\n",
		"log @a\nwitness w @1\ngroup none all w\nquorum none\n",
		"log @a\nwitness w @1\ngroup w all w\nquorum w\n",
		"log @a\nwitness w @1\ngroup g all\nquorum g\n",
		"log @a\nwitness w @1\ngroup g\nquorum none\n",
		"log @a\nwitness w @1\ngroup g 0 w\nquorum g\n",  /* k = 0: divergence 2 */
		"log @a\nwitness w @1\ngroup g 2 w\nquorum g\n",
		"log @a\nwitness w @1\ngroup g 01 w\nquorum g\n",
		"log @a\nwitness w @1\ngroup g some w\nquorum g\n",
		"log @a\nwitness w @1\ngroup g all w w\nquorum g\n",
		"log @a\nwitness w @1\ngroup g all w none\nquorum g\n",
		"log @a\nwitness w @1\ngroup g all g\nquorum g\n",
		"log @a\nwitness w @1\ngroup g all h\ngroup h all w\nquorum g\n",
		"log @a\nwitness w @1\ngroup g all w\ngroup h all w\nquorum h\n", /* in two groups: divergence 2 */
		"log @a\nwitness w @1\ngroup g all w\ngroup h all g\ngroup i all g\nquorum h\n",
		"LOG @a\nquorum none\n",
		"logs @a\nquorum none\n",
	};
	struct vf_tlog_policy p = {.n_logs = 99};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vf_err e = {.rc = VF_OK};
		enum vf_rc rc = parse(expand(bad[i]), &p, &e);

		check_count++;
		if (rc != VF_POLICY_SHAPE || e.rc != rc || e.text[0] == '\0')
			CHECK_FAIL("policy %zu gives %s", i, vf_rc_name(rc));
	}
	CHECK_INT(p.n_logs, 99);
}

/* The same octets as key of another role, or with another name, are the same key. */
static void test_shared_keys(void)
{
	struct signer same[3];
	struct vf_tlog_policy p;
	char text[1024];

	signer_init(&same[0], "witness.example/log-key", 0x42, VF_KEY_COSIGNATURE);
	signer_init(&same[1], "elsewhere.example/w1", 0xa1, VF_KEY_COSIGNATURE);
	signer_init(&same[2], "elsewhere.example/log", 0x42, VF_KEY_ED25519);
	snprintf(text, sizeof(text), "log %s\nwitness w %s\nquorum w\n", log_a.vkey, same[0].vkey);
	CHECK_RC(parse(text, &p, NULL), VF_POLICY_SHAPE);
	snprintf(text, sizeof(text), "log %s\nwitness w %s\nwitness v %s\nquorum w\n", log_a.vkey, w[0].vkey, same[1].vkey);
	CHECK_RC(parse(text, &p, NULL), VF_POLICY_SHAPE);
	snprintf(text, sizeof(text), "log %s\nlog %s\nquorum none\n", log_a.vkey, same[2].vkey);
	CHECK_RC(parse(text, &p, NULL), VF_POLICY_SHAPE);
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(same[i].secret);
}

static void test_policy_limits(void)
{
	static char text[65536];
	struct vf_tlog_policy p;
	struct vf_arena a;
	struct vf_err e = {.rc = VF_OK};
	struct signer s;

	for (size_t most = VF_MAX_WITNESSES; most <= VF_MAX_WITNESSES + 1; most++) {
		size_t n = (size_t)snprintf(text, sizeof(text), "log %s\nquorum none\n", log_a.vkey);

		for (size_t i = 0; i < most; i++) {
			signer_init(&s, "x", (uint8_t)(i + 1), VF_KEY_COSIGNATURE);
			n += (size_t)snprintf(text + n, sizeof(text) - n, "witness w%zu %s\n", i, s.vkey);
			EVP_PKEY_free(s.secret);
		}
		CHECK_RC(parse(text, &p, NULL), most > VF_MAX_WITNESSES ? VF_POLICY_SHAPE : VF_OK);
	}
	for (size_t most = VF_MAX_GROUPS; most <= VF_MAX_GROUPS + 1; most++) {
		size_t n = (size_t)snprintf(text, sizeof(text), "log %s\nquorum none\nwitness g0 %s\n", log_a.vkey, w[0].vkey);

		for (size_t i = 1; i <= most; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "group g%zu all g%zu\n", i, i - 1);
		CHECK_RC(parse(text, &p, NULL), most > VF_MAX_GROUPS ? VF_POLICY_SHAPE : VF_OK);
	}
	for (size_t most = VF_MAX_LOGS; most <= VF_MAX_LOGS + 1; most++) {
		size_t n = (size_t)snprintf(text, sizeof(text), "quorum none\n");

		for (size_t i = 0; i < most; i++) {
			signer_init(&s, "x", (uint8_t)(i + 1), VF_KEY_ED25519);
			n += (size_t)snprintf(text + n, sizeof(text) - n, "log %s\n", s.vkey);
			EVP_PKEY_free(s.secret);
		}
		CHECK_RC(parse(text, &p, NULL), most > VF_MAX_LOGS ? VF_POLICY_SHAPE : VF_OK);
	}
	/* too little memory is undecided, at whatever point it ends */
	snprintf(text, sizeof(text), "log %s url\nwitness w %s url\ngroup g all w\nquorum g\n", log_a.vkey, w[0].vkey);
	for (size_t room = 0; room < sizeof(block); room += 24) {
		enum vf_rc rc;

		vf_arena_init(&a, block, room);
		rc = vf_tlog_policy_parse(vf_bytes_str(text), &a, &p, &e);
		CHECK(rc == VF_OK || rc == VF_NO_MEMORY);
		CHECK(rc == VF_OK || room < VF_TLOG_POLICY_ROOM);
		if (rc == VF_OK)
			break;
	}
}

/* ---- checkpoints ---- */

static struct nt_buf note = {.cap = 65536};
static struct vf_checkpoint c;

/* A new checkpoint by the log; size chooses the text. */
static void begin(const struct signer *log, uint64_t size)
{
	struct vf_hash root = vf_merkle_leaf(vf_bytes_str("x"));

	nt_buf_reset(&note);
	CHECK_RC(nt_note_checkpoint(&note, &log->key, size, &root, NULL), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
}

static void cosign(const struct signer *s, uint64_t seconds)
{
	CHECK_RC(nt_note_cosign(&note, &s->key, &c, seconds, NULL), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
}

/* Appends a line with the right name and id whose payload is wrong. */
static void forge(const struct signer *s, uint64_t seconds)
{
	uint8_t payload[72] = {0};
	uint32_t id = vf_key_id(vf_bytes_str(s->name), s->type, vf_bytes(s->key.raw, 32));

	for (size_t i = 0; i < 8; i++)
		payload[i] = (uint8_t)(seconds >> (56 - 8 * i));
	CHECK_RC(nt_note_put_signature(&note, s->name, id, s->type,
			 vf_bytes(payload, s->type == VF_KEY_ED25519 ? 64 : 72), NULL),
		VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
}

static void test_log_line(void)
{
	struct vf_tlog_policy p = policy("log @a\nquorum none\n");
	struct signer other_key;
	struct vf_tlog_seen seen;

	begin(&log_a, 7);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	CHECK(seen.log && seen.quorum);
	CHECK_INT(seen.n + seen.n_known + seen.n_unknown + seen.n_unchecked, 0);
	CHECK(seen.time_ms == VF_TIME_NONE);

	/* an unknown key's line, good or bad, is ignored */
	forge(&stranger, 5);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	CHECK_INT(seen.n_unknown, 1);

	begin(&log_b, 7);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_UNKNOWN_LOG);
	CHECK(!seen.log && !seen.quorum);

	/* M11: the same name with another key */
	signer_init(&other_key, log_a.name, 0x55, VF_KEY_ED25519);
	begin(&other_key, 7);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_UNSIGNED);
	CHECK(!seen.log);
	/* the log's own line must be the first: it is the one that seals name */
	{
		struct nt_buf good = nt_buf(4096);
		struct vf_checkpoint g;

		CHECK_RC(nt_note_checkpoint(&good, &log_a.key, 7, &c.root, NULL), VF_OK);
		CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&good), &g, NULL), VF_OK);
		nt_buf_put(&note, g.note.lines[0].line);
		nt_buf_done(&good);
	}
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_UNSIGNED);

	/* M12 and divergence 6: one good and one bad line of the log key, in either order */
	begin(&log_a, 7);
	forge(&log_a, 0);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_SIGNATURE);
	nt_buf_reset(&note);
	nt_buf_put_str(&note, "example.com/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n");
	{
		uint8_t zero[64] = {0};
		uint32_t id = vf_key_id(vf_bytes_str(log_a.name), log_a.type, vf_bytes(log_a.key.raw, 32));

		CHECK_RC(nt_note_put_signature(&note, log_a.name, id, log_a.type, vf_bytes(zero, 64), NULL), VF_OK);
	}
	nt_buf_put_str(&note, "\xe2\x80\x94 example.com/log 1cqaGSS13kzY5HLkueREvQIVD5F4demTNw9AM8FALy87h8nMkJEJrQPVmBURO3p4fcZKX"
			      "R10+as57D1LbeX7CDWXagk=\n");
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_SIGNATURE);

	/* two good lines of one key are one signature */
	begin(&log_a, 7);
	nt_buf_put(&note, c.note.lines[0].line);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);

	/* any one of several logs (divergence 1: torchwood wants all) */
	p = policy("log @a\nlog @b\nquorum none\n");
	begin(&log_b, 7);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	EVP_PKEY_free(other_key.secret);
}

static void test_quorum(void)
{
	struct vf_tlog_policy p = policy("log @a\nwitness one @1\nwitness two @2\nwitness three @3\n"
					 "group g 2 one two three\nquorum g\n");
	struct vf_tlog_seen seen;
	struct vf_err e = {.rc = VF_OK};

	begin(&log_a, 7);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, &e), VF_WITNESS_QUORUM);
	CHECK_STR(e.text, "0 of 3 known witnesses have cosigned: too few for the quorum");
	CHECK(seen.log && !seen.quorum);
	CHECK_INT(seen.n_known, 3);

	/* M16: one witness twice is one; its smaller time stands */
	cosign(&w[1], 2000);
	cosign(&w[1], 1000);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_WITNESS_QUORUM);
	CHECK_INT(seen.n, 1);
	CHECK_BYTES(seen.names[0], vf_bytes_str("two"));
	CHECK_INT(seen.times_ms[0], 1000000);
	CHECK(seen.time_ms == VF_TIME_NONE);
	/* a stranger does not help */
	cosign(&stranger, 1);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_WITNESS_QUORUM);
	CHECK_INT(seen.n_unknown, 1);

	/* 2 of 3: the time is the second smallest, never the earliest alone */
	cosign(&w[0], 5000);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	CHECK_INT(seen.n, 2);
	CHECK_INT(seen.time_ms, 5000000);
	cosign(&w[2], 3000);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	CHECK_INT(seen.n, 3);
	CHECK_INT(seen.time_ms, 3000000);
	CHECK_BYTES(seen.names[0], vf_bytes_str("one"));
	CHECK_BYTES(seen.names[2], vf_bytes_str("three"));

	/* any known witness's bad line rejects, whatever the others say: first, last, beside a good one */
	forge(&w[2], 3000);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_SIGNATURE);
	CHECK(!seen.quorum);
	CHECK_INT(seen.n, 0);
	begin(&log_a, 7);
	forge(&w[2], 3000);
	cosign(&w[0], 1);
	cosign(&w[1], 1);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_SIGNATURE);

	/* a time above 2^63 - 1 is none; one near it does not overflow */
	begin(&log_a, 7);
	forge(&w[0], UINT64_MAX);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, &e), VF_NOTE_SIGNATURE);
	begin(&log_a, 7);
	cosign(&w[0], INT64_MAX);
	cosign(&w[1], 5);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	CHECK(seen.time_ms == INT64_MAX - 1);

	/* a cosignature of another checkpoint */
	begin(&log_a, 7);
	cosign(&w[0], 5);
	{
		char line[256];

		snprintf(line, sizeof(line), "%.*s", VF_STR(c.note.lines[1].line));
		begin(&log_a, 8);
		nt_buf_put_str(&note, line);
		CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
		CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_SIGNATURE);
	}
	/* unsigned by the log: the witnesses are still reported */
	p = policy("log @b\nlog @a\nwitness one @1\nquorum one\n");
	begin(&log_a, 7);
	cosign(&w[0], 9);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
	CHECK_INT(seen.time_ms, 9000);
}

/* ---- all small policies against a slow evaluation ---- */

/* X-and-Y: 2 of {1,2,3} and any of {4,5}. */
static void test_nested(void)
{
	struct vf_tlog_policy p = policy("log @a\nwitness 1 @1\nwitness 2 @2\nwitness 3 @3\nwitness 4 @4\nwitness 5 @5\n"
					 "group X 2 1 2 3\ngroup Y any 4 5\ngroup all all X Y\nquorum all\n");
	struct vf_tlog_seen seen;

	for (unsigned who = 0; who < 32; who++) {
		bool x = __builtin_popcount(who & 7) >= 2, y = (who >> 3) != 0, met = x && y;
		/* times 100 + 10 * place: of X the second that signed, of Y the first */
		int64_t tx = 0, ty = 0, want;
		unsigned n = 0;

		begin(&log_a, 7);
		for (unsigned i = 0; i < 5; i++)
			if ((who >> i & 1) != 0)
				cosign(&w[i], 100 + 10 * (i + 1));
		for (unsigned i = 0; i < 3; i++)
			if ((who >> i & 1) != 0 && ++n == 2)
				tx = 100 + 10 * (i + 1);
		ty = (who & 8) != 0 ? 140 : 150;
		want = tx > ty ? tx : ty;
		CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), met ? VF_OK : VF_WITNESS_QUORUM);
		CHECK_INT(seen.quorum, met);
		CHECK_INT(seen.n, __builtin_popcount(who));
		CHECK(met ? seen.time_ms == 1000 * want : seen.time_ms == VF_TIME_NONE);
	}
	/* M18: one operator's three do not make a quorum that wants two groups */
	p = policy("log @a\nwitness 1 @1\nwitness 2 @2\nwitness 3 @3\nwitness 4 @4\ngroup A any 1 2 3\ngroup B any 4\n"
		   "group both all A B\nquorum both\n");
	begin(&log_a, 7);
	for (unsigned i = 0; i < 3; i++)
		cosign(&w[i], 100);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_WITNESS_QUORUM);
}

/* ML-DSA lines are counted as not checked, where OpenSSL has none; they never fail and never count. */
static void test_unchecked(void)
{
	static uint8_t key[VF_MLDSA44_KEY], payload[8 + VF_MLDSA44_SIGNATURE];
	struct nt_buf text = nt_buf(8192);
	struct vf_tlog_policy p;
	struct vf_tlog_seen seen;
	struct vf_err e = {.rc = VF_OK};
	uint32_t id;
	enum vf_rc rc;

	memset(key, 3, sizeof(key));
	id = vf_key_id(vf_bytes_str("w.example/pq"), VF_KEY_MLDSA44, vf_bytes(key, sizeof(key)));
	nt_buf_putf(&text, "log %s\nwitness pq ", log_a.vkey);
	CHECK_RC(nt_note_put_vkey(&text, "w.example/pq", VF_KEY_MLDSA44, vf_bytes(key, sizeof(key)), NULL), VF_OK);
	nt_buf_putf(&text, "\nwitness one %s\ngroup g any one pq\nquorum g\n", w[0].vkey);
	nt_buf_put_u8(&text, 0);
	CHECK_RC(parse((const char *)text.p, &p, NULL), VF_OK);
	begin(&log_a, 7);
	CHECK_RC(nt_note_put_signature(&note, "w.example/pq", id, VF_KEY_MLDSA44, vf_bytes(payload, sizeof(payload)), NULL),
		VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
	rc = vf_tlog_policy_check(&p, &c, &seen, &e);
	CHECK(rc == VF_WITNESS_QUORUM || rc == VF_NOTE_SIGNATURE);
	if (rc == VF_WITNESS_QUORUM) {
		CHECK_INT(seen.n_unchecked, 1);
		CHECK_INT(seen.n, 0);
		cosign(&w[0], 77);
		CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_OK);
		CHECK_INT(seen.n_unchecked, 1);
		CHECK_INT(seen.time_ms, 77000);
	}
	nt_buf_done(&text);
}

/* A good signature over a time that no clock shows. */
static void test_impossible_time(void)
{
	struct vf_tlog_policy p = policy("log @a\nwitness one @1\nquorum one\n");
	uint8_t message[VF_COSIGNED_MAX], payload[72];
	uint64_t times[] = {INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};

	for (size_t k = 0; k < 3; k++) {
		struct vf_tlog_seen seen;
		size_t n;

		begin(&log_a, 7);
		n = vf_cosigned_ed25519(message, &c, times[k]);
		for (size_t i = 0; i < 8; i++)
			payload[i] = (uint8_t)(times[k] >> (56 - 8 * i));
		CHECK_RC(sign(&w[0], vf_bytes(message, n), payload + 8, NULL), VF_OK);
		CHECK_RC(nt_note_put_signature(&note, w[0].name, vf_key_id(vf_bytes_str(w[0].name), w[0].type,
			vf_bytes(w[0].key.raw, 32)), w[0].type, vf_bytes(payload, 72), NULL), VF_OK);
		CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
		CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), k == 0 ? VF_OK : VF_NOTE_SIGNATURE);
	}
}

/* The id of a key has 32 bits: two keys of one name that share it were searched for, and would be one key in a note. */
static void test_equal_ids(void)
{
	static const char *const hex[] = {"b75da9241bfa94977aaec26a0a0935ef2b6729546f1a2e395bd0b10cd852f425",
		"ae1785e315d9767205ec77d66e5c29f708e8378831335282ac97d7787bfba136"};
	const char *name = "log.example/1";
	struct nt_buf text = nt_buf(1024);
	struct vf_tlog_policy p;

	for (size_t i = 0; i < 2; i++) {
		uint8_t key[32];

		CHECK(vf_hex_read(vf_bytes_str(hex[i]), key, sizeof(key)));
		CHECK_INT(vf_key_id(vf_bytes_str(name), VF_KEY_ED25519, vf_bytes(key, 32)), 0xbb2f8e34);
		nt_buf_putf(&text, "log ");
		CHECK_RC(nt_note_put_vkey(&text, name, VF_KEY_ED25519, vf_bytes(key, 32), NULL), VF_OK);
		nt_buf_putf(&text, "\n%s", i ? "quorum none\n" : "");
	}
	nt_buf_put_u8(&text, 0);
	CHECK_RC(parse((const char *)text.p, &p, NULL), VF_POLICY_SHAPE);
	nt_buf_done(&text);
}

/* What signs for a log may be of a kind that this OpenSSL has not: undecided, and not unsigned. */
static void test_unchecked_log(void)
{
	static uint8_t key[VF_MLDSA44_KEY], payload[8 + VF_MLDSA44_SIGNATURE];
	struct nt_buf text = nt_buf(8192);
	struct nt_note_key by = log_a.key;
	struct vf_tlog_policy p;
	struct vf_tlog_seen seen;
	uint32_t id;
	enum vf_rc rc;

	memset(key, 3, sizeof(key));
	id = vf_key_id(vf_bytes_str(by.name), VF_KEY_MLDSA44, vf_bytes(key, sizeof(key)));
	nt_buf_putf(&text, "log ");
	CHECK_RC(nt_note_put_vkey(&text, by.name, VF_KEY_MLDSA44, vf_bytes(key, sizeof(key)), NULL), VF_OK);
	nt_buf_putf(&text, "\nquorum none\n");
	nt_buf_put_u8(&text, 0);
	CHECK_RC(parse((const char *)text.p, &p, NULL), VF_OK);
	begin(&log_a, 7);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
	CHECK_RC(vf_tlog_policy_check(&p, &c, &seen, NULL), VF_NOTE_UNSIGNED);
	nt_buf_reset(&note);
	nt_buf_put(&note, vf_bytes(c.note.text.p, c.note.text.n));
	nt_buf_put_u8(&note, '\n');
	CHECK_RC(nt_note_put_signature(&note, by.name, id, VF_KEY_MLDSA44, vf_bytes(payload, sizeof(payload)), NULL), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL), VF_OK);
	rc = vf_tlog_policy_check(&p, &c, &seen, NULL);
	CHECK(rc == VF_UNSUPPORTED || rc == VF_NOTE_SIGNATURE);
	nt_buf_done(&text);
}

static void test_cache(void)
{
	static struct vf_note_cache cache;
	static uint8_t room[VF_TLOG_POLICY_ROOM];
	struct vf_tlog_policy p = policy("log @a\nwitness one @1\nquorum one\n"), q;
	struct vf_tlog_seen seen;
	struct vf_arena a;

	begin(&log_a, 7);
	cosign(&w[0], 5);
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, NULL, &seen, NULL), VF_OK);
	for (size_t i = 0; i < 3; i++) {
		memset(&seen, 0, sizeof(seen));
		CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_OK);
		CHECK_INT(cache.hits, i);
		CHECK_INT(seen.time_ms, 5000);
		CHECK_INT(seen.n, 1);
	}
	/* a note that misses the quorum is remembered as such */
	begin(&log_a, 8);
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_WITNESS_QUORUM);
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_WITNESS_QUORUM);
	CHECK_INT(cache.hits, 3);
	/* one that fails is not remembered */
	forge(&w[0], 1);
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_NOTE_SIGNATURE);
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_NOTE_SIGNATURE);
	CHECK_INT(cache.hits, 3);
	CHECK_INT(cache.n, 2);
	/* any changed octet is another note: the same text with one line fewer */
	begin(&log_a, 7);
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_WITNESS_QUORUM);
	CHECK_INT(cache.hits, 3);
	/* it is full at its size, and forgets the oldest */
	for (uint64_t i = 0; i < 2 * VF_NOTE_CACHE_SIZE; i++) {
		begin(&log_a, 100 + i);
		cosign(&w[0], 5);
		CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_OK);
	}
	CHECK_INT(cache.n, VF_NOTE_CACHE_SIZE);
	/* another policy empties it: also one at the same address */
	vf_arena_init(&a, room, sizeof(room));
	CHECK_RC(vf_tlog_policy_parse(vf_bytes_str(expand("log @a\nwitness one @2\nquorum one\n")), &a, &q, NULL), VF_OK);
	CHECK_RC(vf_tlog_policy_check_cached(&q, &c, &cache, &seen, NULL), VF_WITNESS_QUORUM);
	CHECK_INT(cache.n, 1);
	p = policy("log @a\nwitness one @1\nquorum one\n");
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_OK);
	p = policy("log @b\nquorum none\n");
	CHECK_RC(vf_tlog_policy_check_cached(&p, &c, &cache, &seen, NULL), VF_UNKNOWN_LOG);
}

/* ---- the fixed proof, byte by byte ---- */

#define PROOF                                                                                                          \
	"c2sp.org/tlog-proof@v1\nindex 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"                             \
	"sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=\n037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n\n"              \
	"example.com/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n"                                         \
	"\xe2\x80\x94 example.com/log 1cqaGSS13kzY5HLkueREvQIVD5F4demTNw9AM8FALy87h8nMkJEJrQPVmBURO3p4fcZKXR10+as57D1" \
	"LbeX7CDWXagk=\n"                                                                                              \
	"\xe2\x80\x94 witness.example/w1 esUq+wAAAABpVGeApWlG5IpP10gvm4r7vepxBsYmgNpaAbPW+2vtIOrWK+W1Qh4qVJXaLkQePIMF" \
	"r8/DAm76oYmCYzxsclAjwUxaDQ==\n"

static enum vf_rc judge(const struct vf_tlog_policy *p, struct vf_bytes proof)
{
	static const uint8_t entry[] = {0x40, 0x41, 0x42, 0x43};
	struct vf_hash leaf = vf_merkle_leaf(vf_bytes(entry, sizeof(entry)));
	struct vf_tlog_proof t;
	struct vf_tlog_seen seen;
	enum vf_rc rc = vf_tlog_proof_parse(proof, &t, NULL);

	if (rc == VF_OK)
		rc = vf_tlog_policy_check(p, &t.checkpoint, &seen, NULL);
	if (rc == VF_OK)
		rc = vf_merkle_check_inclusion(t.index, t.checkpoint.size, &leaf, t.hashes, t.n, &t.checkpoint.root, NULL);
	return rc;
}

/* With the witness demanded, no octet of the proof can change. */
static void test_flips(void)
{
	struct vf_tlog_policy p = policy("log @a\nwitness one @1\nquorum one\n");
	uint8_t bytes[sizeof(PROOF) - 1];

	memcpy(bytes, PROOF, sizeof(bytes));
	CHECK_RC(judge(&p, vf_bytes(bytes, sizeof(bytes))), VF_OK);
	for (size_t i = 0; i < 2 * sizeof(bytes); i++) {
		uint8_t bit = (uint8_t)(1u << (i % 2 == 0 ? i / 2 % 8 : (i / 2 + 3) % 8));

		bytes[i / 2] ^= bit;
		if (judge(&p, vf_bytes(bytes, sizeof(bytes))) == VF_OK)
			CHECK_FAIL("octet %zu may change by 0x%02x", i / 2, bit);
		check_count++;
		bytes[i / 2] ^= bit;
	}
}

/* ---- seeds ---- */

/* tests/fuzz/corpus holds what this test uses: "verify_quorum_test FOLDER" writes it again. */
static int write_seeds(const char *folder)
{
	static const char *policies[][2] = {
		{"policy-none", "# one log\nlog @a\nquorum none\n"},
		{"policy-nested", "log @a https://log.example/\nwitness 1 @1\nwitness 2 @2\nwitness 3 @3\ngroup X 2 1 2 3\n"
				  "witness 4 @4\ngroup both all X 4\nquorum both\n"},
	};

	for (size_t i = 0; i < 2; i++) {
		char path[512];
		FILE *f;

		snprintf(path, sizeof(path), "%.400s/verify_quorum/%s", folder, policies[i][0]);
		begin(&log_a, 7);
		for (size_t j = 0; j < 4; j++)
			cosign(&w[j], 1767139200 + j);
		f = fopen(path, "wb");
		if (!f)
			return 1;
		fputs(expand(policies[i][1]), f);
		fputc(0, f);
		fwrite(note.p, 1, note.n, f);
		fclose(f);
	}
	return 0;
}

int main(int argc, char **argv)
{
	make_signers();
	if (argc == 2)
		return write_seeds(argv[1]);
	test_good_policy();
	test_bad_policies();
	test_shared_keys();
	test_policy_limits();
	test_log_line();
	test_quorum();
	test_nested();
	test_unchecked();
	test_unchecked_log();
	test_impossible_time();
	test_equal_ids();
	test_cache();
	test_flips();
	free_signers();
	nt_buf_done(&note);
	return check_done();
}
