#include "verify/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/merkle.h"
#include "verify/text.h"

#define ID_OCTETS 4
#define TIME_OCTETS 8
#define HASH_BASE64 VF_BASE64_LEN(sizeof(struct vf_hash))

/* ---- base64 of any length ---- */

/* Octets that the text stands for, going by its length and padding alone. */
static size_t base64_octets(struct vf_bytes text)
{
	size_t pad = vf_bytes_ends(text, "==") ? 2 : vf_bytes_ends(text, "=") ? 1 : 0;

	return text.n < 4 ? 0 : text.n / 4 * 3 - pad;
}

/* Exact base64, read in pieces so that no memory is needed. */
static bool is_base64(struct vf_bytes text)
{
	uint8_t out[768];
	struct vf_bytes piece;

	while (text.n > VF_BASE64_LEN(sizeof(out)))
		if (!vf_take(&text, VF_BASE64_LEN(sizeof(out)), &piece) ||
			!vf_base64_read(piece, out, sizeof(out)))
			return false;
	return vf_base64_read(text, out, base64_octets(text));
}

/* ---- signed notes ---- */

/* Valid UTF-8 and no control but LF. 0x7f is legal (C2SP signed-note). */
static bool is_note_text(struct vf_bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 0x20 && b.p[i] != '\n')
			return false;
	return vf_utf8_is(b);
}

/* Reads one line, given with its LF: EM DASH, space, name, space, base64. */
static VF_RC take_line(struct vf_bytes line, size_t number, struct vf_note_line *ret, struct vf_err *reterr)
{
	struct vf_note_line l = {.line = line};
	struct vf_bytes rest = line, head;
	uint8_t id[6];
	size_t octets;

	if (line.n > VF_MAX_NOTE_LINE)
		return vf_fail(reterr, VF_LIMIT, "signature line %zu has %zu octets", number, line.n);
	if (!vf_take_str(&rest, VF_NOTE_DASH) || !vf_take_until(&rest, ' ', &l.name) ||
		!vf_take_line(&rest, &l.blob) || rest.n != 0)
		return vf_fail(reterr, VF_NOTE_SHAPE, "line %zu is not a signature line", number);
	if (!vf_key_name_is(l.name))
		return vf_fail(reterr, VF_NOTE_SHAPE, "signature line %zu has no name of a key", number);
	octets = base64_octets(l.blob);
	if (!is_base64(l.blob) || octets <= ID_OCTETS)
		return vf_fail(reterr, VF_NOTE_SHAPE, "signature line %zu is not exact base64", number);
	/* eight characters are six octets, unless padding cuts them to five */
	if (!vf_bytes_slice(l.blob, 0, 8, &head) || !vf_base64_read(head, id, base64_octets(head)))
		return vf_fail(reterr, VF_NOTE_SHAPE, "signature line %zu is too short", number);
	head = vf_bytes(id, ID_OCTETS);
	if (!vf_take_u32be(&head, &l.id))
		return vf_fail(reterr, VF_INTERNAL, "a key id has four octets");
	l.payload = (uint32_t)(octets - ID_OCTETS);
	*ret = l;
	return VF_OK;
}

/* The last empty line divides text and signature lines: the text may hold others. */
static bool split(struct vf_bytes note, struct vf_bytes *ret_text, struct vf_bytes *ret_lines)
{
	size_t at = note.n;

	while (at >= 2 && !(note.p[at - 2] == '\n' && note.p[at - 1] == '\n'))
		at--;
	return at >= 2 && at < note.n && note.p[note.n - 1] == '\n' &&
		vf_bytes_slice(note, 0, at - 1, ret_text) && vf_bytes_slice(note, at, note.n - at, ret_lines);
}

/* As vf_note_parse(), but ret is written on failure as well. */
static VF_RC read_note(struct vf_bytes note, struct vf_note *ret, struct vf_err *reterr)
{
	struct vf_bytes text, lines, before, rest, line;
	size_t n = 0;

	if (note.n > VF_MAX_NOTE)
		return vf_fail(reterr, VF_LIMIT, "a signed note has %zu octets", note.n);
	if (!is_note_text(note))
		return vf_fail(reterr, VF_NOTE_SHAPE, "a signed note holds controls or is not UTF-8");
	if (!split(note, &text, &lines))
		return vf_fail(reterr, VF_NOTE_SHAPE, "a signed note has no signature lines");
	for (rest = lines; rest.n; n++) {
		enum vf_rc rc;

		before = rest;
		if (n == VF_MAX_NOTE_LINES)
			return vf_fail(reterr, VF_LIMIT, "a signed note has more than %d signature lines",
				VF_MAX_NOTE_LINES);
		if (!vf_take_line(&rest, &line) || !vf_bytes_slice(before, 0, line.n + 1, &line))
			return vf_fail(reterr, VF_NOTE_SHAPE, "a signed note does not end in a line end");
		rc = take_line(line, n + 1, &ret->lines[n], reterr);
		if (rc != VF_OK)
			return rc;
	}
	ret->whole = note;
	ret->text = text;
	ret->n_lines = n;
	return VF_OK;
}

VF_RC vf_note_parse(struct vf_bytes note, struct vf_note *ret, struct vf_err *reterr)
{
	struct vf_note n;
	enum vf_rc rc = read_note(note, &n, reterr);

	if (rc == VF_OK)
		*ret = n;
	return rc;
}

/* ---- checkpoints ---- */

/* One line of exactly one hash in base64. */
static bool take_hash_line(struct vf_bytes *in, struct vf_hash *ret)
{
	struct vf_bytes line;

	return vf_take_line(in, &line) && vf_base64_read(line, ret->b, sizeof(ret->b));
}

static VF_RC take_body(struct vf_bytes text, struct vf_checkpoint *c, struct vf_err *reterr)
{
	struct vf_hash empty = vf_merkle_empty();
	struct vf_bytes size;

	if (!vf_take_line(&text, &c->origin) || !vf_key_name_is(c->origin))
		return vf_fail(reterr, VF_CHECKPOINT_SHAPE, "the origin of a checkpoint is no name of a key");
	if (!vf_take_line(&text, &size) || !vf_decimal_read(size, VF_MAX_TREE_SIZE, &c->size))
		return vf_fail(reterr, VF_CHECKPOINT_SHAPE, "the size of a checkpoint is no exact decimal");
	if (!take_hash_line(&text, &c->root))
		return vf_fail(reterr, VF_CHECKPOINT_SHAPE, "the root of a checkpoint is no hash in base64");
	if (text.n != 0)
		return vf_fail(reterr, VF_CHECKPOINT_SHAPE, "a checkpoint has extension lines");
	if (c->size == 0 && !vf_hash_eq(&c->root, &empty))
		return vf_fail(reterr, VF_CHECKPOINT_SHAPE, "a checkpoint of size 0 has another root");
	return VF_OK;
}

VF_RC vf_checkpoint_parse(struct vf_bytes note, struct vf_checkpoint *ret, struct vf_err *reterr)
{
	struct vf_checkpoint c;
	enum vf_rc rc = read_note(note, &c.note, reterr);

	if (rc != VF_OK)
		return rc;
	rc = take_body(c.note.text, &c, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(c.note.lines[0].name, c.origin))
		return vf_fail(reterr, VF_CHECKPOINT_SHAPE,
			"the first signature line of a checkpoint does not carry its origin");
	*ret = c;
	return VF_OK;
}

struct vf_hash vf_checkpoint_digest(const struct vf_checkpoint *c)
{
	const struct vf_bytes *line = &c->note.lines[0].line;
	struct vf_bytes head = c->note.whole;

	/* text, one LF, first line: they stand together at the beginning of the note */
	if (!vf_bytes_slice(c->note.whole, 0, c->note.text.n + 1 + line->n, &head))
		head = vf_bytes(NULL, 0);
	return vf_sha256(head);
}

VF_RC vf_checkpoint_check_consistent(const struct vf_checkpoint *older, const struct vf_checkpoint *newer,
	const struct vf_hash *proof, size_t n, struct vf_err *reterr)
{
	char a[80], b[80];

	if (!vf_bytes_eq(older->origin, newer->origin)) {
		vf_text_escape(a, sizeof(a), older->origin);
		vf_text_escape(b, sizeof(b), newer->origin);
		return vf_fail(reterr, VF_CHECKPOINT_ORIGIN, "one checkpoint is of '%s', the other of '%s'",
			a, b);
	}
	if (older->size == newer->size && !vf_hash_eq(&older->root, &newer->root))
		return vf_fail(reterr, VF_EQUIVOCATION, "two checkpoints of size %" PRIu64 " have different roots",
			older->size);
	return vf_merkle_check_consistency(older->size, newer->size, &older->root, &newer->root, proof, n,
		reterr);
}

/* ---- what signatures are over ---- */

size_t vf_cosigned_ed25519(uint8_t *out, const struct vf_checkpoint *c, uint64_t seconds)
{
	struct vf_bytes text = c->note.text;
	char head[64];
	int n = snprintf(head, sizeof(head), VF_COSIGNATURE_HEAD "\ntime %" PRIu64 "\n", seconds);

	if (n < 0 || (size_t)n + text.n > VF_COSIGNED_MAX)
		return 0;
	memcpy(out, head, (size_t)n);
	memcpy(out + n, text.p, text.n);
	return (size_t)n + text.n;
}

static size_t put_u64(uint8_t *out, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
	return 8;
}

static size_t put_name(uint8_t *out, struct vf_bytes name)
{
	out[0] = (uint8_t)name.n;
	memcpy(out + 1, name.p, name.n);
	return 1 + name.n;
}

size_t vf_cosigned_mldsa44(uint8_t *out, const struct vf_checkpoint *c, struct vf_bytes name, uint64_t seconds)
{
	static const char head[12] = "subtree/v1\n"; /* with its NUL */
	size_t n = sizeof(head);

	if (name.n == 0 || name.n > VF_MAX_ORIGIN || c->origin.n == 0 || c->origin.n > VF_MAX_ORIGIN)
		return 0;
	memcpy(out, head, sizeof(head));
	n += put_name(out + n, name);
	n += put_u64(out + n, seconds);
	n += put_name(out + n, c->origin);
	n += put_u64(out + n, 0);
	n += put_u64(out + n, c->size);
	memcpy(out + n, c->root.b, sizeof(c->root.b));
	return n + sizeof(c->root.b);
}

/* Octets after the id for a line of this type. */
static size_t payload_of(uint8_t type)
{
	switch (type) {
	case VF_KEY_ED25519:
		return VF_ED25519_SIGNATURE;
	case VF_KEY_COSIGNATURE:
		return TIME_OCTETS + VF_ED25519_SIGNATURE;
	case VF_KEY_MLDSA44:
		return TIME_OCTETS + VF_MLDSA44_SIGNATURE;
	default:
		return 0;
	}
}

static VF_RC check_payload(const struct vf_checkpoint *c, const struct vf_vkey *key, struct vf_bytes payload,
	uint64_t *ret_seconds, struct vf_err *reterr)
{
	uint8_t message[VF_COSIGNED_MAX];
	uint64_t seconds;
	size_t n;

	*ret_seconds = 0;
	if (key->type == VF_KEY_ED25519)
		return vf_ed25519_check(key->raw, c->note.text, payload.p, reterr);
	if (!vf_take_u64be(&payload, &seconds) || seconds > INT64_MAX)
		return vf_fail(reterr, VF_NOTE_SIGNATURE, "a cosignature has no possible time");
	*ret_seconds = seconds;
	if (key->type == VF_KEY_COSIGNATURE) {
		n = vf_cosigned_ed25519(message, c, seconds);
		return vf_ed25519_check(key->raw, vf_bytes(message, n), payload.p, reterr);
	}
	n = vf_cosigned_mldsa44(message, c, key->name, seconds);
	return vf_mldsa44_check(key->key, vf_bytes(message, n), payload, reterr);
}

VF_RC vf_checkpoint_check_line(const struct vf_checkpoint *c, const struct vf_note_line *line,
	const struct vf_vkey *key, uint64_t *ret_seconds, struct vf_err *reterr)
{
	uint8_t blob[ID_OCTETS + TIME_OCTETS + VF_MLDSA44_SIGNATURE];
	size_t want = payload_of(key->type);
	uint64_t seconds;
	char shown[120];
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), key->name);
	if (line->id != key->id || !vf_bytes_eq(line->name, key->name))
		return vf_fail(reterr, VF_NOTE_SIGNATURE, "the line is not by '%s'", shown);
	if (want == 0)
		return vf_fail(reterr, VF_UNSUPPORTED, "the key of '%s' is of an unknown type", shown);
	if (line->payload != want || !vf_base64_read(line->blob, blob, ID_OCTETS + want))
		return vf_fail(reterr, VF_NOTE_SIGNATURE, "the signature of '%s' has another length", shown);
	rc = check_payload(c, key, vf_bytes(blob + ID_OCTETS, want), &seconds, reterr);
	if (rc == VF_OK)
		*ret_seconds = seconds;
	else if (reterr)
		vf_err_prefix(reterr, "'%s'", shown);
	return rc;
}

/* ---- log proofs ---- */

/* Lines are told apart by position and length: a hash may begin with any letters. */
static VF_RC take_hashes(struct vf_bytes *in, struct vf_tlog_proof *p, struct vf_err *reterr)
{
	while (!vf_take_str(in, "\n")) {
		if (p->n == VF_MAX_INCLUSION)
			return vf_fail(reterr, VF_LIMIT, "a log proof has more than %d hashes",
				VF_MAX_INCLUSION);
		if (!take_hash_line(in, &p->hashes[p->n]))
			return vf_fail(reterr, VF_PROOF_SHAPE, "line %zu of a log proof's hashes is no hash",
				p->n + 1);
		p->n++;
	}
	return VF_OK;
}

static VF_RC take_extra(struct vf_bytes *in, struct vf_tlog_proof *p, struct vf_err *reterr)
{
	if (!vf_take_str(in, "extra "))
		return VF_OK;
	p->has_extra = true;
	if (!vf_take_line(in, &p->extra))
		return vf_fail(reterr, VF_PROOF_SHAPE, "the extra line of a log proof has no end");
	if (p->extra.n > VF_MAX_PROOF_EXTRA)
		return vf_fail(reterr, VF_LIMIT, "the extra line of a log proof has %zu octets", p->extra.n);
	if (p->extra.n == 0 || !is_base64(p->extra))
		return vf_fail(reterr, VF_PROOF_SHAPE, "the extra line of a log proof is not exact base64");
	return VF_OK;
}

VF_RC vf_tlog_proof_parse(struct vf_bytes proof, struct vf_tlog_proof *ret, struct vf_err *reterr)
{
	struct vf_bytes in = proof, line;
	struct vf_tlog_proof p = {.n = 0};
	enum vf_rc rc;

	if (!vf_take_str(&in, VF_TLOG_PROOF_HEAD "\n"))
		return vf_fail(reterr, VF_PROOF_SHAPE, "not a C2SP log proof of version 1");
	rc = take_extra(&in, &p, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_take_str(&in, "index ") || !vf_take_line(&in, &line) ||
		!vf_decimal_read(line, VF_MAX_TREE_SIZE, &p.index))
		return vf_fail(reterr, VF_PROOF_SHAPE, "the index of a log proof is no exact decimal");
	rc = take_hashes(&in, &p, reterr);
	if (rc != VF_OK)
		return rc;
	rc = vf_checkpoint_parse(in, &p.checkpoint, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = p;
	return VF_OK;
}
