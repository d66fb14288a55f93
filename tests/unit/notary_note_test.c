#include "notary/note.h"

#include <openssl/evp.h>

#include "tests/check.h"
#include "verify/merkle.h"

/* ---- the fixed set: what the writer must give, to the octet ---- */

#define LOG_VKEY "example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS"
#define W1_VKEY "witness.example/w1+7ac52afb+BLx8vLVjY3X6HYJDTUZnJNkjd/U7mAaV3UnSbQzhIgWl"
#define NOTE                                                                                                           \
	"example.com/log\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n"                                         \
	"\xe2\x80\x94 example.com/log 1cqaGSS13kzY5HLkueREvQIVD5F4demTNw9AM8FALy87h8nMkJEJrQPVmBURO3p4fcZKXR10+as57D1" \
	"LbeX7CDWXagk=\n"
#define W1_LINE                                                                                                        \
	"\xe2\x80\x94 witness.example/w1 esUq+wAAAABpVGeApWlG5IpP10gvm4r7vepxBsYmgNpaAbPW+2vtIOrWK+W1Qh4qVJXaLkQePIMF" \
	"r8/DAm76oYmCYzxsclAjwUxaDQ==\n"
#define EMPTY                                                                                                          \
	"example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"                                         \
	"\xe2\x80\x94 example.com/log 1cqaGWT+bevUHKRt1jG7Ubtcedi+jPHOONQnz8drPCi4uSISSUvY8MLQSn4qHmcN9rGEIvwLnIqDtdj" \
	"h64UB+CEf7As=\n"
#define PROOF_HEAD                                                                                                     \
	"c2sp.org/tlog-proof@v1\nindex 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"                             \
	"sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=\n037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n\n"

static bool broken, refusing;

static enum vf_rc sign(void *ctx, struct vf_bytes message, uint8_t sig[64], struct vf_err *reterr)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = 64;
	bool good = EVP_DigestSignInit(c, NULL, NULL, NULL, ctx) == 1 &&
		EVP_DigestSign(c, sig, &n, message.p, message.n) == 1;

	EVP_MD_CTX_free(c);
	if (broken)
		sig[5] ^= 1;
	return good && !refusing ? VF_OK : vf_fail(reterr, VF_SIGNER_FAILED, "the key is gone");
}

static struct nt_note_key key(const char *name, uint8_t seed)
{
	struct nt_note_key k = {.name = name, .sign = sign};
	uint8_t secret[32];
	size_t n = 32;
	EVP_PKEY *p;

	memset(secret, seed, sizeof(secret));
	p = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
	CHECK(EVP_PKEY_get_raw_public_key(p, k.raw, &n) == 1);
	k.ctx = p;
	return k;
}

/* The root over the seven fixed entries. */
static struct vf_hash fixed_root(void)
{
	static const char *entries[] = {"", "\0", "\x10", "\x20\x21", "\x30\x31", "@ABC", "PQRSTUVW"};
	static const size_t lengths[] = {0, 1, 1, 2, 2, 4, 8};
	struct vf_frontier f = {.size = 0};

	for (size_t i = 0; i < 7; i++) {
		struct vf_hash h = vf_merkle_leaf(vf_bytes(entries[i], lengths[i]));

		vf_frontier_append(&f, &h);
	}
	return vf_frontier_root(&f);
}

static void test_fixed(struct nt_note_key *log, struct nt_note_key *w1)
{
	struct vf_hash root = fixed_root(), empty = vf_merkle_empty();
	struct nt_buf out = nt_buf(65536), proof = nt_buf(65536);
	struct vf_tlog_proof p;
	struct vf_checkpoint c;

	CHECK_RC(nt_note_put_vkey(&out, log->name, VF_KEY_ED25519, vf_bytes(log->raw, 32), NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str(LOG_VKEY));
	nt_buf_reset(&out);
	CHECK_RC(nt_note_put_vkey(&out, w1->name, VF_KEY_COSIGNATURE, vf_bytes(w1->raw, 32), NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str(W1_VKEY));
	nt_buf_reset(&out);
	CHECK_RC(nt_note_checkpoint(&out, log, 0, &empty, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str(EMPTY));
	nt_buf_reset(&out);
	CHECK_RC(nt_note_checkpoint(&out, log, 7, &root, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str(NOTE));
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&out), &c, NULL), VF_OK);
	CHECK_RC(nt_note_cosign(&out, w1, &c, 1767139200, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str(NOTE W1_LINE));
	CHECK_RC(vf_tlog_proof_parse(vf_bytes_str(PROOF_HEAD NOTE), &p, NULL), VF_OK);
	CHECK_RC(nt_note_tlog_proof(&proof, 5, p.hashes, p.n, nt_buf_bytes(&out), NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&proof), vf_bytes_str(PROOF_HEAD NOTE W1_LINE));
	/* what stands before it in the buffer is not signed */
	nt_buf_reset(&out);
	nt_buf_put_str(&out, "before\n");
	CHECK_RC(nt_note_checkpoint(&out, log, 7, &root, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("before\n" NOTE));
	nt_buf_done(&out);
	nt_buf_done(&proof);
}

static void test_refusals(struct nt_note_key *log)
{
	static const char *bad[] = {"", "a b", "a+b", "a\nb", "a\xc2\xa0", "\xff"};
	static uint8_t bytes[8 + VF_MLDSA44_SIGNATURE];
	struct vf_hash root = fixed_root(), hashes[VF_MAX_INCLUSION + 1] = {{{0}}};
	struct nt_buf out = nt_buf(65536), tiny = nt_buf(100);
	struct vf_checkpoint c;
	struct vf_err e = {.rc = VF_OK};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nt_note_key k = *log;

		k.name = bad[i];
		CHECK_RC(nt_note_checkpoint(&out, &k, 7, &root, NULL), VF_CONFIG_SHAPE);
		CHECK_RC(nt_note_put_vkey(&out, bad[i], VF_KEY_ED25519, vf_bytes(log->raw, 32), NULL), VF_CONFIG_SHAPE);
		CHECK_RC(nt_note_put_signature(&out, bad[i], 1, VF_KEY_ED25519, vf_bytes(bytes, 64), NULL),
			VF_CONFIG_SHAPE);
	}
	CHECK_INT(out.n, 0);
	CHECK_RC(nt_note_checkpoint(&out, log, (uint64_t)INT64_MAX + 1, &root, NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_signature(&out, "w", 1, VF_KEY_ED25519, vf_bytes(bytes, 72), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_signature(&out, "w", 1, VF_KEY_COSIGNATURE, vf_bytes(bytes, 64), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_signature(&out, "w", 1, VF_KEY_MLDSA44, vf_bytes(bytes, 64), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_signature(&out, "w", 1, 0x02, vf_bytes(bytes, 64), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_signature(&out, "w", 1, 0x02, vf_bytes(bytes, 0), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_vkey(&out, "w", VF_KEY_ED25519, vf_bytes(bytes, 31), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_vkey(&out, "w", 0x05, vf_bytes(bytes, 32), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_tlog_proof(&out, (uint64_t)INT64_MAX + 1, hashes, 1, vf_bytes_str(NOTE), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_tlog_proof(&out, 1, hashes, VF_MAX_INCLUSION + 1, vf_bytes_str(NOTE), NULL), VF_INTERNAL);
	CHECK_RC(nt_note_put_signature(&out, "w", 0xfffefdfc, VF_KEY_MLDSA44, vf_bytes(bytes, sizeof(bytes)), NULL), VF_OK);

	/* a signature that does not verify never leaves */
	CHECK_RC(vf_checkpoint_parse(vf_bytes_str(NOTE), &c, NULL), VF_OK);
	CHECK_RC(nt_note_cosign(&out, log, &c, 0, NULL), VF_INTERNAL);
	CHECK_RC(nt_note_cosign(&out, log, &c, (uint64_t)INT64_MAX + 1, NULL), VF_INTERNAL);
	broken = true;
	CHECK_RC(nt_note_checkpoint(&out, log, 7, &root, &e), VF_SIGNER_FAILED);
	CHECK_STR(e.text, "the new signature of 'example.com/log' does not verify: the Ed25519 signature does not verify");
	CHECK_RC(nt_note_cosign(&out, log, &c, 1, NULL), VF_SIGNER_FAILED);
	broken = false;
	refusing = true;
	CHECK_RC(nt_note_checkpoint(&out, log, 7, &root, &e), VF_SIGNER_FAILED);
	CHECK_STR(e.text, "the key is gone");
	refusing = false;
	CHECK_RC(nt_note_checkpoint(&tiny, log, 7, &root, NULL), VF_LIMIT);
	nt_buf_done(&out);
	nt_buf_done(&tiny);
}

/* Every checkpoint that we write is one that we read, with the longest origin and the largest size. */
static void test_round_trip(struct nt_note_key *log)
{
	static const uint64_t sizes[] = {1, 9, 10, 255, 256, 70000, INT64_MAX - 1, INT64_MAX};
	struct vf_hash root = fixed_root();
	struct nt_buf out = nt_buf(65536);
	char longest[VF_MAX_ORIGIN + 1] = {0};
	struct vf_checkpoint c;
	struct nt_note_key k = *log;

	memset(longest, 'o', VF_MAX_ORIGIN);
	k.name = longest;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t message[VF_COSIGNED_MAX];

		nt_buf_reset(&out);
		CHECK_RC(nt_note_checkpoint(&out, &k, sizes[i], &root, NULL), VF_OK);
		CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&out), &c, NULL), VF_OK);
		CHECK_INT(c.size, sizes[i]);
		CHECK(vf_hash_eq(&c.root, &root));
		CHECK(vf_cosigned_ed25519(message, &c, INT64_MAX) > 0);
		CHECK_RC(nt_note_cosign(&out, &k, &c, INT64_MAX, NULL), VF_OK);
		CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&out), &c, NULL), VF_OK);
	}
	nt_buf_done(&out);
}

/* ---- seeds ---- */

static const struct {
	const char *name, *text;
} seeds[] = {
	{"proof", PROOF_HEAD NOTE W1_LINE},
	{"checkpoint", NOTE W1_LINE},
	{"checkpoint-empty", EMPTY},
	{"proof-extra", "c2sp.org/tlog-proof@v1\nextra AAAAAAA=\nindex 0\n\n" NOTE},
	{"vkey", LOG_VKEY},
};

/* "notary_note_test FOLDER" writes tests/fuzz/corpus/verify_checkpoint again. */
static int write_seeds(const char *folder)
{
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char path[512];
		FILE *f;

		snprintf(path, sizeof(path), "%.400s/verify_checkpoint/%s", folder, seeds[i].name);
		f = fopen(path, "wb");
		if (!f || fwrite(seeds[i].text, 1, strlen(seeds[i].text), f) != strlen(seeds[i].text) || fclose(f) != 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct nt_note_key log = key("example.com/log", 0x42), w1 = key("witness.example/w1", 0xa1);

	if (argc == 2)
		return write_seeds(argv[1]);
	test_fixed(&log, &w1);
	test_refusals(&log);
	test_round_trip(&log);
	EVP_PKEY_free(log.ctx);
	EVP_PKEY_free(w1.ctx);
	return check_done();
}
