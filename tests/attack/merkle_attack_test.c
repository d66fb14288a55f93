/* Group M of the attack catalogue: the log, its proofs, checkpoints and witnesses. */
#include "tests/attack/attack.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

HOOK(m01)
{
	struct vf_hash right;

	if (stage != LOG)
		return;
	/* the node above the entry, offered as an entry of a smaller tree */
	right = vf_merkle_leaf(x->leaves[3]);
	struct vf_hash mine = vf_merkle_leaf(x->leaves[2]);
	x->entry_text = JOIN(make_copy(vf_bytes("\1", 1)), make_copy(vf_bytes(mine.b, 32)), make_copy(vf_bytes(right.b,
		32)));
	x->n_proof = 1;
	x->proof[0] = x->proof[1];
}

HOOK(m02)
{
	if (stage == LOG) {
		x->n_proof = 0;
		x->root = vf_merkle_leaf(x->leaves[2]);
		make_checkpoint(x);
	}
}

HOOK(m03)
{
	if (stage == LOG)
		x->index = 4;
}


/* The record's own value as its sibling: two leaves from one. */
HOOK(m05)
{
	if (stage == TREE) {
		x->ev[0].path[0] = make_node(VF_SHA256, x->ev[0].group, x->ev[0].n_group);
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
}

HOOK(m04_long)
{
	if (stage == LOG)
		x->proof[x->n_proof++] = x->root;
}

HOOK(m04_short)
{
	if (stage == LOG)
		x->n_proof--;
}


HOOK(m04_behind)
{
	if (stage == DONE)
		*bundle_part(x, VF_PART_PROOF) = JOIN(*bundle_part(x, VF_PART_PROOF), vf_bytes_str("garbage\n"));
}

HOOK(m04_before)
{
	if (stage == DONE)
		*bundle_part(x, VF_PART_PROOF) = JOIN(vf_bytes_str("garbage\n"), *bundle_part(x, VF_PART_PROOF));
}

/* A checkpoint of this text, well signed, where the good one was. */
static void resign(struct bundle *x, enum stage stage, struct vf_bytes text)
{
	if (stage != DONE)
		return;
	sign_note(x, text, text, NULL);
	*bundle_part(x, VF_PART_PROOF) = make_proof_text(x);
}

/* The log signs what with says, in which "@" is the root. */
HOOK(signed_text)
{
	const char *at = strchr(attack_now->with, '@');

	if (stage == DONE)
		resign(x, stage, at ? make_text("%.*s%s%s", (int)(at - attack_now->with), attack_now->with,
			root_text(x), at + 1) :
			vf_bytes_str(attack_now->with));
}

/* A log of one entry: the first seal, whose batch is this record alone. */
HOOK(m07)
{
	struct vf_checkpoint c;
	struct vf_err err = {0};
	struct vf_hash digest;

	if (stage == BEGIN) {
		x->first = 0;
		x->index = 0;
		x->size = 1;
	}
	if (stage == LOG) {
		x->n_proof = 0;
		x->root = vf_merkle_leaf(x->entry_text);
		make_checkpoint(x);
	}
	if (stage == HEAD) {
		MUST(vf_checkpoint_parse(nt_buf_bytes(&x->note), &c, &err) == VF_OK);
		digest = vf_checkpoint_digest(&c);
		x->head = make_text(VF_SEAL_MAGIC "\nseal 1\norigin %s\nfirst 0\nsize 1\nbatch sha256 %s\nbatch sha512 %s\n"
			"checkpoint %s\nprevious none\n", x->origin, HEX(x->entry.id), HEX(x->entry.id512),
			HEX(digest));
	}
	if (stage == TREE) {
		x->ev[0].n_path = 1;
		x->ev[0].path[0] = make_digest(VF_SHA256, x->head);
		x->ev[0].imprint = make_root(&x->ev[0]);
	}
	if (stage == DONE)
		bundle_drop(x, VF_PART_PREVIOUS);
}

HOOK(m07_root)
{
	m07(x, stage);
	if (stage == LOG) {
		x->root = vf_sha256(vf_bytes_str("another"));
		make_checkpoint(x);
	}
}

HOOK(m07_hash)
{
	m07(x, stage);
	if (stage == LOG)
		x->proof[x->n_proof++] = x->root;
}

/* A right proof for the tree of three entries; the head names the tree of four. */
HOOK(m08)
{
	struct vf_hash l0, l1;

	if (stage != HEAD)
		return;
	l0 = vf_merkle_leaf(x->leaves[0]);
	l1 = vf_merkle_leaf(x->leaves[1]);
	x->proof[0] = vf_merkle_node(&l0, &l1);
	x->n_proof = 1;
	x->size = 3;
	l1 = vf_merkle_leaf(x->leaves[2]);
	x->root = vf_merkle_node(&x->proof[0], &l1);
	make_checkpoint(x);
}


/* ---- several heads ---- */

/* A signed checkpoint in x->note, parsed. */
static struct vf_checkpoint head_of(uint64_t size, struct vf_hash root)
{
	struct nt_buf note = nt_buf(1 << 12);
	struct vf_checkpoint c;
	struct vf_err err = {0};

	MUST(nt_note_checkpoint(&note, &log_key, size, &root, &err) == VF_OK);
	MUST(vf_checkpoint_parse(make_copy(nt_buf_bytes(&note)), &c, &err) == VF_OK);
	nt_buf_done(&note);
	return c;
}

static void decide(enum vf_rc rc, const struct vf_err *err)
{
	if (rc != VF_OK)
		vf_report_fault(&report, VF_CHECK_INCLUSION, err, NULL);
	vf_report_settle(&report);
}

/* Compares two heads with this proof. */
static void judge_heads(uint64_t from, struct vf_hash older, uint64_t to, struct vf_hash newer,
	const struct vf_hash *proof, size_t n)
{
	struct vf_checkpoint one = head_of(from, older), two = head_of(to, newer);
	struct vf_err err = {0};

	decide(vf_checkpoint_check_consistent(&one, &two, proof, n, &err), &err);
}

/* The tree of three entries begins with that of two; what is handed over is each time a little wrong. */
static struct vf_hash leaf(uint64_t i)
{
	struct vf_entry e = make_other(i);

	return vf_merkle_leaf(make_entry_text(&e));
}

static struct vf_hash two_leaves(void)
{
	struct vf_hash l = leaf(0), r = leaf(1);

	return vf_merkle_node(&l, &r);
}

static struct vf_hash three_leaves(void)
{
	struct vf_hash l = two_leaves(), r = leaf(2);

	return vf_merkle_node(&l, &r);
}

static void m09_backwards(void)
{
	struct vf_hash third = leaf(2);

	judge_heads(3, three_leaves(), 2, two_leaves(), &third, 1);
}

static void m09_zero(void)
{
	struct vf_hash third = leaf(2);

	judge_heads(0, vf_merkle_empty(), 3, three_leaves(), &third, 1);
}

static void m09_equal(void)
{
	judge_heads(3, three_leaves(), 3, two_leaves(), NULL, 0);
}

static void m21(void)
{
	struct vf_hash third = leaf(2), other = vf_sha256(vf_bytes_str("another history"));

	/* control: the right older head is accepted with this proof */
	judge_heads(2, two_leaves(), 3, three_leaves(), &third, 1);
	CHECK(report.n_reasons == 0);
	judge_heads(2, other, 3, three_leaves(), &third, 1);
}

/* Another history of the same size: the last entry of the log is another. */
HOOK(forked)
{
	struct vf_hash l[4], right;
	struct vf_entry other = make_other(99);

	if (stage != LOG)
		return;
	x->leaves[3] = make_entry_text(&other);
	l[2] = vf_merkle_leaf(x->leaves[2]);
	l[3] = vf_merkle_leaf(x->leaves[3]);
	right = vf_merkle_node(&l[2], &l[3]);
	x->root = vf_merkle_node(&x->proof[1], &right);
	x->proof[0] = l[3];
	make_checkpoint(x);
}

/* Both histories alone are verified; the second one seen in a run is refused. */
static void m20(void)
{
	struct nt_buf one = nt_buf(1 << 20), two = nt_buf(1 << 20);
	struct vf_session *s;

	run(good, &one);
	run(forked, &two);
	CHECK(report.verdict == VF_VERIFIED);
	s = session();
	CHECK(judge(s, nt_buf_bytes(&one)) == VF_VERIFIED);
	judge(s, nt_buf_bytes(&two));
	vf_session_free(s);
	nt_buf_done(&one);
	nt_buf_done(&two);
}

/* The same by somebody without the log's key: nobody can make the log look forked. */
HOOK(fork_by_other)
{
	if (stage == BEGIN)
		x->log_key = &other_log;
	forked(x, stage);
}

static void m20_posing(void)
{
	struct nt_buf one = nt_buf(1 << 20), two = nt_buf(1 << 20);
	struct vf_session *s;

	run(fork_by_other, &two);
	run(good, &one);
	s = session();
	judge(s, nt_buf_bytes(&two));
	CHECK(!has_reason(VF_EQUIVOCATION));
	CHECK(judge(s, nt_buf_bytes(&one)) == VF_VERIFIED);
	CHECK(judge(s, nt_buf_bytes(&two)) == VF_INDETERMINATE && !has_reason(VF_EQUIVOCATION) &&
		!has_reason(VF_STREAM_FORK));
	judge(s, nt_buf_bytes(&one));
	vf_session_free(s);
	nt_buf_done(&one);
	nt_buf_done(&two);
}

/* ---- signatures on checkpoints ---- */

HOOK(m11_wrong)
{
	uint8_t *at;

	if (stage != LOG)
		return;
	/* a bit of the signature; the head is made of what is there */
	at = x->note.p + x->note.n - 12;
	*at = *at == 'A' ? 'B' : 'A';
}

HOOK(m11_missing)
{
	if (stage == DONE) {
		const uint8_t *line = memmem(x->note.p, x->note.n, "\n\n", 2);

		bundle_edit(x, VF_PART_PROOF, (const char *)JOIN(vf_bytes(line + 2,
			(size_t)(x->note.p + x->note.n - line) - 2),
			vf_bytes("", 1)).p, "");
	}
}

HOOK(m11_other)
{
	if (stage == BEGIN)
		x->log_key = &other_log;
}

/* A second line by the log's key, which does not verify. */
HOOK(m12)
{
	struct vf_bytes line;
	const uint8_t *at;

	if (stage != LOG)
		return;
	at = memmem(x->note.p, x->note.n, "\n\n", 2);
	line = make_copy(vf_bytes(at + 2, (size_t)(x->note.p + x->note.n - at) - 2));
	nt_buf_put(&x->note, line);
	x->note.p[x->note.n - 12] = x->note.p[x->note.n - 12] == 'A' ? 'B' : 'A';
}

HOOK(m13)
{
	static struct nt_note_key foreign;

	if (stage == BEGIN) {
		foreign = log_key;
		foreign.name = x->origin = "other.example/1";
		x->log_key = &foreign;
	}
}

/* The head says the trusted origin, the checkpoint another. */
HOOK(m13_head)
{
	static struct nt_note_key foreign;

	if (stage == BEGIN) {
		foreign = log_key;
		foreign.name = "other.example/1";
		x->log_key = &foreign;
	}
}


static void need_witness(struct bundle *x, enum stage stage, const char *more)
{
	(void)x;
	if (stage == BEGIN)
		owner.tlog_more = make_string("witness w %s\nwitness v %s\nwitness u %s\n%s\n",
			vkey(&witness, VF_KEY_COSIGNATURE), vkey(&second_witness, VF_KEY_COSIGNATURE), vkey(&other_log,
			VF_KEY_COSIGNATURE),
			more);
}

/* One witness signs twice, at different times; two are wanted. */
HOOK(m16)
{
	need_witness(x, stage, "group g 2 w v\nquorum g");
	if (stage == LOG) {
		cosign(x, &witness, 1740830400);
		cosign(x, &witness, 1740830401);
	}
}

HOOK(m16_names)
{
	if (stage == BEGIN)
		owner.tlog_more = make_string("witness w %s\nwitness v %s\ngroup g 2 w v\nquorum g\n",
			vkey(&witness, VF_KEY_COSIGNATURE), vkey(&witness, VF_KEY_COSIGNATURE));
}

HOOK(m17_future)
{
	need_witness(x, stage, "quorum w");
	if (stage == LOG)
		cosign(x, &witness, 4102444800); /* 2100 */
}

HOOK(m17_past)
{
	need_witness(x, stage, "quorum w");
	if (stage == LOG)
		cosign(x, &witness, 1);
}

/* Two witnesses of one operator; the quorum wants two operators. */
HOOK(m18)
{
	need_witness(x, stage, "group one any w v\ngroup two any u\ngroup both all one two\nquorum both");
	if (stage == LOG) {
		cosign(x, &witness, 1740830400);
		cosign(x, &second_witness, 1740830400);
	}
}

HOOK(m18_met)
{
	m18(x, stage);
	if (stage == LOG)
		cosign(x, &other_log, 1740830400);
}

HOOK(m19)
{
	need_witness(x, stage, "quorum w");
}

HOOK(m19_met)
{
	m19(x, stage);
	if (stage == LOG)
		cosign(x, &witness, 1740830400);
}

/* A cosignature of another checkpoint. */
HOOK(m19_moved)
{
	m19(x, stage);
	if (stage == HEAD) {
		struct vf_bytes kept = make_copy(nt_buf_bytes(&x->note));
		struct vf_hash root = x->root;
		const uint8_t *at;

		x->root = vf_sha256(vf_bytes_str("another"));
		make_checkpoint(x);
		cosign(x, &witness, 1740830400);
		at = x->note.p + x->note.n - 1;
		while (at[-1] != '\n')
			at--;
		struct vf_bytes line = make_copy(vf_bytes(at, (size_t)(x->note.p + x->note.n - at)));
		nt_buf_reset(&x->note);
		nt_buf_put(&x->note, kept);
		nt_buf_put(&x->note, line);
		x->root = root;
	}
}


/* ---- the entry ---- */

HOOK(m22_slot)
{
	if (stage == RECORD) {
		x->entry.slot = vf_sha256(vf_bytes_str("another slot"));
		x->entry_text = make_entry_text(&x->entry);
	}
}

HOOK(m22_digest)
{
	if (stage == RECORD) {
		x->entry.id512 = vf_pair_of(vf_bytes_str("another record")).sha512;
		x->entry_text = make_entry_text(&x->entry);
	}
}

/* One bit of the entry as it stands in the bundle: the last digit of the slot. */
HOOK(m23_entry)
{
	if (stage == DONE) {
		struct vf_bytes copy = make_copy(*bundle_part(x, VF_PART_ENTRY));

		((uint8_t *)(uintptr_t)copy.p)[copy.n - 2] ^= 1;
		*bundle_part(x, VF_PART_ENTRY) = copy;
	}
}

/* One bit of a node, as a tile with a fault would give it. */
HOOK(m23_tile)
{
	if (stage == LOG)
		x->proof[0].b[7] ^= 4;
}

/* The tile was wrong when the log signed. */
HOOK(m23_signed)
{
	if (stage == LOG) {
		x->root.b[7] ^= 4;
		make_checkpoint(x);
	}
}

HOOK(m24)
{
	if (stage == TOKEN)
		bundle_renew(&x->ev[0], &alpha, "20250301115959Z");
}

/* ---- forms ---- */

/* The first hash of the proof gives way to another text. */
HOOK(m26)
{
	char old[VF_BASE64_LEN(32) + 1], text[VF_BASE64_LEN(33) + 1];
	uint8_t longer[33] = {0};

	if (stage != DONE)
		return;
	vf_base64_put(old, vf_bytes(x->proof[0].b, 32));
	memcpy(longer, x->proof[0].b, 32);
	switch (attack_now->with[0]) {
	case '=':
		snprintf(text, sizeof(text), "%.43s", old);
		break;
	case '~':
		snprintf(text, sizeof(text), "%s", old);
		text[42]++;
		break;
	case '-':
		vf_base64_put(text, vf_bytes(longer, 31));
		break;
	default:
		vf_base64_put(text, vf_bytes(longer, 33));
	}
	bundle_edit(x, VF_PART_PROOF, old, text);
}

/* S + L: an equation that holds for it is that of S (RFC 8032 5.1.7 asks for S < L). */
static void add_order(uint8_t sig[64])
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde,
		0xf9, 0xde, 0x14,
		[31] = 0x10};
	unsigned carry = 0;

	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
}

HOOK(m27_s)
{
	if (stage == LOG) {
		struct vf_bytes text = make_text(LOG_NAME "\n4\n%s\n", root_text(x));

		sign_note(x, text, text, add_order);
	}
}

/* A log key of order 1: with it anybody can sign anything. */
HOOK(m27_point)
{
	static struct nt_note_key k;

	k = log_key;
	memset(k.raw, 0, sizeof(k.raw));
	k.raw[0] = 1;
	if (stage == BEGIN)
		owner.tlog = make_string("log %s\nquorum none\n", vkey(&k, VF_KEY_ED25519));
}

/* The signature value at the end of a token. */
static ECDSA_SIG *signature_of(struct vf_bytes token)
{
	for (size_t n = 60; n < 80; n++) {
		const uint8_t *p = token.p + token.n - n;

		if (p[-2] == VF_DER_OCTET_STRING && p[-1] == n && p[0] == VF_DER_SEQUENCE)
			return d2i_ECDSA_SIG(NULL, &p, (long)n);
	}
	return NULL;
}

static struct vf_bytes positive(const BIGNUM *n, bool is_padded)
{
	uint8_t *p = make_room(40);

	p[0] = p[1] = 0;
	MUST(BN_bn2binpad(n, p + 2, 32) == 32);
	return make_der(VF_DER_INTEGER, is_padded ? vf_bytes(p, 34) : p[2] & 0x80 ? vf_bytes(p + 1,
		33) : vf_bytes(p + 2, 32));
}

/* The token's own ECDSA signature in another form: s as n - s, or r with octets that DER does not have. */
static void token_signature(struct bundle *x, enum stage stage, bool is_high, bool is_padded)
{
	struct evidence *e = &x->ev[0];
	BIGNUM *n = NULL, *s = BN_new();
	ECDSA_SIG *sig;

	if (stage == TREE) {
		sig = signature_of(make_stamp(e, e->by, e->token_alg, e->imprint, GEN_TIME));
		MUST(sig && s && BN_hex2bn(&n, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"));
		MUST(BN_sub(s, n, ECDSA_SIG_get0_s(sig)) == 1);
		if (!is_high || BN_cmp(s, ECDSA_SIG_get0_s(sig)) < 0)
			MUST(BN_copy(s, ECDSA_SIG_get0_s(sig)));
		e->cms.signature = DER(VF_DER_SEQUENCE, positive(ECDSA_SIG_get0_r(sig), is_padded), positive(s, false));
		ECDSA_SIG_free(sig);
	}
	BN_free(n);
	BN_free(s);
}

HOOK(m27_high)
{
	token_signature(x, stage, true, false);
}

HOOK(m27_ber)
{
	token_signature(x, stage, false, true);
}

static const struct attack cases[] = {
	ATTACK("M01", "a node offered as an entry", VF_REJECTED, VF_TEXT_SHAPE, .forge = m01),
	ATTACK("M02", "an empty proof, the entry's hash is the root", VF_REJECTED, VF_PROOF_LENGTH, .forge = m02),
	ATTACK("M03a", "an index beyond the size", VF_REJECTED, VF_SEAL_BINDING, .forge = m03),
	ATTACK("M03b", "an index with a leading zero", VF_REJECTED, VF_PROOF_SHAPE,
		.forge = forge_edit, .part = VF_PART_PROOF,
		.old = "index 2\n", .with = "index 02\n"),
	ATTACK("M03c", "a negative index", VF_REJECTED, VF_PROOF_SHAPE, .forge = forge_edit, .part = VF_PART_PROOF,
		.old = "index 2\n", .with = "index -2\n"),
	ATTACK("M03d", "an index of 2^63", VF_REJECTED, VF_PROOF_SHAPE, .forge = forge_edit, .part = VF_PART_PROOF,
		.old = "index 2\n", .with = "index 9223372036854775808\n"),
	ATTACK("M04a", "a hash more than the size needs", VF_REJECTED, VF_PROOF_LENGTH, .forge = m04_long),
	ATTACK("M04b", "a hash less than the size needs", VF_REJECTED, VF_PROOF_LENGTH, .forge = m04_short),
	ATTACK("M04c", "garbage behind the proof", VF_REJECTED, VF_NOTE_SHAPE, .forge = m04_behind),
	ATTACK("M04d", "garbage before the proof", VF_REJECTED, VF_PROOF_SHAPE, .forge = m04_before),
	ATTACK("M05a", "the index twice", VF_REJECTED, VF_PROOF_SHAPE, .forge = forge_edit, .part = VF_PART_PROOF,
		.old = "index 2\n", .with = "index 2\nindex 2\n"),
	ATTACK("M05b", "the record as its own sibling", VF_REJECTED, VF_SEAL_BINDING, .forge = m05),
	ATTACK("M06", "a signed head of no entries that has a root", VF_REJECTED, VF_CHECKPOINT_SHAPE,
		.forge = signed_text,
		.with = LOG_NAME "\n0\n@\n"),
	ATTACK("M07a", "a log of one entry", VF_VERIFIED, VF_OK, .forge = m07),
	ATTACK("M07b", "a log of one entry whose root is another", VF_REJECTED, VF_PROOF_ROOT, .forge = m07_root),
	ATTACK("M07c", "a log of one entry with a hash in its proof", VF_REJECTED, VF_PROOF_LENGTH, .forge = m07_hash),
	ATTACK("M08", "a proof for another size than the head's", VF_REJECTED, VF_SEAL_BINDING, .forge = m08),
	ATTACK("M09a", "consistency of a newer head that is smaller", VF_REJECTED, VF_PROOF_INDEX,
		.judge = m09_backwards),
	ATTACK("M09b", "consistency from 0 with a proof", VF_REJECTED, VF_PROOF_LENGTH, .judge = m09_zero),
	ATTACK("M09c", "equal sizes, different roots", VF_REJECTED, VF_EQUIVOCATION, .judge = m09_equal),
	ATTACK("M10a", "a proof of another version", VF_REJECTED, VF_PROOF_SHAPE,
		.forge = forge_edit, .part = VF_PART_PROOF,
		.old = "tlog-proof@v1", .with = "tlog-proof@v2"),
	ATTACK("M10b", "a seal head of another version", VF_REJECTED, VF_SEAL_SHAPE,
		.forge = forge_edit, .part = VF_PART_HEAD,
		.old = VF_SEAL_MAGIC, .with = "trialnotary/seal-head/9"),
	ATTACK("M11a", "a wrong signature of the log", VF_REJECTED, VF_NOTE_SIGNATURE, .forge = m11_wrong),
	ATTACK("M11b", "no signature of the log", VF_REJECTED, VF_NOTE_SHAPE, .forge = m11_missing),
	ATTACK("M11c", "a signature by another key of the same name", VF_INDETERMINATE, VF_NOTE_UNSIGNED,
		.forge = m11_other),
	ATTACK("M12", "a good and a bad signature of the log", VF_REJECTED, VF_NOTE_SIGNATURE, .forge = m12),
	ATTACK("M13a", "another origin throughout", VF_INDETERMINATE, VF_UNKNOWN_LOG, .forge = m13),
	ATTACK("M13b", "another origin than the seal head's", VF_REJECTED, VF_SEAL_BINDING, .forge = m13_head),
	ATTACK("M14a", "CRLF in a signed head", VF_REJECTED, VF_NOTE_SHAPE,
		.forge = signed_text, .with = LOG_NAME "\r\n4\r\n@\r\n"),
	ATTACK("M14b", "a size with a leading zero", VF_REJECTED, VF_CHECKPOINT_SHAPE,
		.forge = signed_text, .with = LOG_NAME "\n04\n@\n"),
	ATTACK("M14c", "an empty line in the text", VF_REJECTED, VF_CHECKPOINT_SHAPE,
		.forge = signed_text, .with = LOG_NAME "\n\n4\n@\n"),
	ATTACK("M14d", "a tab behind the size", VF_REJECTED, VF_NOTE_SHAPE,
		.forge = signed_text, .with = LOG_NAME "\n4\t\n@\n"),
	ATTACK("M14e", "the origin is not the first line", VF_REJECTED, VF_CHECKPOINT_SHAPE, .forge = signed_text,
		.with = "4\n" LOG_NAME "\n@\n"),
	ATTACK("M14f", "no line end behind the root", VF_REJECTED, VF_NOTE_SHAPE,
		.forge = signed_text, .with = LOG_NAME "\n4\n@"),
	ATTACK("M15", "an extension line under the log's signature", VF_REJECTED, VF_CHECKPOINT_SHAPE,
		.forge = signed_text,
		.with = LOG_NAME "\n4\n@\nmore\n"),
	ATTACK("M16a", "one witness twice, two are wanted", VF_INDETERMINATE, VF_WITNESS_QUORUM, .forge = m16),
	ATTACK("M16b", "one key under two names in the trust directory", NO_VERDICT, VF_POLICY_SHAPE,
		.forge = m16_names),
	ATTACK("M17a", "a cosignature from the future", VF_VERIFIED, VF_OK, .forge = m17_future),
	ATTACK("M17b", "a cosignature from long before the head", VF_VERIFIED, VF_OK, .forge = m17_past),
	ATTACK("M18a", "a quorum by one operator where two are wanted", VF_INDETERMINATE, VF_WITNESS_QUORUM,
		.forge = m18),
	ATTACK("M18b", "the same with the other operator", VF_VERIFIED, VF_OK, .forge = m18_met),
	ATTACK("M19a", "too few witnesses", VF_INDETERMINATE, VF_WITNESS_QUORUM, .forge = m19),
	ATTACK("M19b", "enough witnesses", VF_VERIFIED, VF_OK, .forge = m19_met),
	ATTACK("M19c", "a cosignature of another head", VF_REJECTED, VF_NOTE_SIGNATURE, .forge = m19_moved),
	ATTACK("M20a", "two bundles with two histories of one size", VF_REJECTED, VF_EQUIVOCATION, .judge = m20),
	ATTACK("M20b", "a good bundle after a false history by another key", VF_VERIFIED, VF_OK, .judge = m20_posing),
	ATTACK("M21", "a head that the newer one does not continue", VF_REJECTED, VF_PROOF_ROOT, .judge = m21),
	ATTACK("M22a", "an entry of this record in another slot", VF_REJECTED, VF_SLOT_MISMATCH, .forge = m22_slot),
	ATTACK("M22b", "an entry with the SHA-512 of another record", VF_REJECTED, VF_ENTRY_MISMATCH,
		.forge = m22_digest),
	ATTACK("M23a", "a bit of the entry", VF_REJECTED, VF_SLOT_MISMATCH, .forge = m23_entry),
	ATTACK("M23b", "a bit of a node", VF_REJECTED, VF_PROOF_ROOT, .forge = m23_tile),
	ATTACK("M23c", "a bit of the root that the log signed", VF_REJECTED, VF_PROOF_ROOT, .forge = m23_signed),
	ATTACK("M24", "a later token with an earlier time", VF_REJECTED, VF_TS_ORDER, .forge = m24),
	ATTACK("M25", "an extra line, which nothing authenticates", VF_REJECTED, VF_PROOF_SHAPE, .forge = forge_edit,
		.part = VF_PART_PROOF, .old = "index 2\n", .with = "extra dHJ1c3QgbWU=\nindex 2\n"),
	ATTACK("M26a", "base64 without padding", VF_REJECTED, VF_PROOF_SHAPE, .forge = m26, .with = "="),
	ATTACK("M26b", "base64 with unused bits", VF_REJECTED, VF_PROOF_SHAPE, .forge = m26, .with = "~"),
	ATTACK("M26c", "a hash of 31 octets", VF_REJECTED, VF_PROOF_SHAPE, .forge = m26, .with = "-"),
	ATTACK("M26d", "a hash of 33 octets", VF_REJECTED, VF_PROOF_SHAPE, .forge = m26, .with = "+"),
	ATTACK("M27a", "an Ed25519 signature with S beyond the order", VF_REJECTED, VF_NOTE_SIGNATURE, .forge = m27_s),
	ATTACK("M27b", "a log key of small order in the trust directory", NO_VERDICT, VF_POLICY_SHAPE,
		.forge = m27_point),
	ATTACK("M27c", "an ECDSA signature that is not DER", VF_REJECTED, VF_TS_SIGNATURE, .forge = m27_ber),
	ATTACK("M27d", "an ECDSA signature with the greater s, which is as good", VF_VERIFIED, VF_OK,
		.forge = m27_high),
};

ATTACK_MAIN(cases)
