#include "notary/store_pack.h"

#include "verify/text.h"

/*
 * Octets below 0x20 do not occur in our JSON files, so they stand for something else:
 * 0x00 the next octet as it is, 0x01 a quoted digest of 64 hex digits, 0x02
 * one of 128, 0x03 to 0x1d a word of this list, 0x1e and 0x1f the quoted SHA-256 or
 * SHA-512 that is known under the number in the next two octets. The list
 * may grow at its end but never change: stores hold its numbers.
 */
#define CODE_AS_IS 0
#define CODE_HEX_64 1
#define CODE_HEX_128 2
#define CODE_WORDS 3
#define CODE_KNOWN_64 0x1e
#define CODE_KNOWN_128 0x1f
/* How many known digests are compared with one that was found. */
#define TRIES 4

#define WORD(s)                                                                                              \
	{                                                                                                    \
		(const uint8_t *)(s), sizeof(s) - 1                                                          \
	}
static const struct vf_bytes words[] = {
	WORD("{\"schema\":\"trialnotary/statement/1\",\"kind\":\""),
	WORD("{\"schema\":\"trialnotary/stream/1\",\"seq\":"),
	WORD("{\"schema\":\"trialnotary/commitment/1\",\"name\":\""),
	WORD("\",\"study\":\""),
	WORD("\",\"version\":\""),
	WORD("\",\"date\":\""),
	WORD("\",\"title\":\""),
	WORD("\",\"links\":[{\"type\":\""),
	WORD("\",\"record\":"),
	WORD("\",\"nonce\":"),
	WORD(",\"nonce\":"),
	WORD(",\"signer\":"),
	WORD(",\"members\":[{\"name\":\""),
	WORD("\",\"role\":\"document\",\"sha256\":"),
	WORD("\",\"role\":\"commitment\",\"sha256\":"),
	WORD("stream.json\",\"role\":\"stream\",\"sha256\":"),
	WORD(",\"sha512\":"),
	WORD("},{\"name\":\""),
	WORD(",\"stream\":"),
	WORD(",\"prev\":"),
	WORD(",\"key\":"),
	WORD("\",\"sha256\":"),
	WORD(",\"salt\":"),
	WORD("},{\"type\":\""),
	WORD("}],\"nonce\":"),
	WORD("commitment-0"),
	WORD("}]}"),
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))
_Static_assert(N_WORDS <= CODE_KNOWN_64 - CODE_WORDS, "words beyond the control codes");

static uint8_t bucket(const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;

	return (uint8_t)((v * 2654435761u) >> 24);
}

void nt_packer_init(struct nt_packer *p)
{
	memset(p, 0xff, sizeof(*p));
	/* Backwards, so that a chain begins with the lowest number. */
	for (size_t i = N_WORDS; i-- > 0;) {
		uint8_t b = bucket(words[i].p);

		p->next[i] = p->first[b];
		p->first[b] = (uint8_t)i;
	}
}

/* -1 for what is no lower-case hex digit. */
static const int8_t digit[256] = {
#define NOT -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
	NOT,
	NOT,
	NOT,
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9,
	-1,
	-1,
	-1,
	-1,
	-1,
	-1,
	NOT,
	NOT,
	-1,
	10,
	11,
	12,
	13,
	14,
	15,
	-1,
	-1,
	-1,
	-1,
	-1,
	-1,
	-1,
	-1,
	-1,
	NOT,
	NOT,
	NOT,
	NOT,
	NOT,
	NOT,
	NOT,
	NOT,
	NOT,
#undef NOT
};

static bool hex_to(const uint8_t *hex, uint8_t *out, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		int hi = digit[hex[2 * i]], lo = digit[hex[2 * i + 1]];

		bad |= hi | lo;
		out[i] = (uint8_t)((unsigned)hi << 4 | (unsigned)(lo & 15));
	}
	return bad >= 0;
}

static bool known_is(const struct nt_known *known, size_t i, const uint8_t *digest, size_t n)
{
	const struct vf_pair *p = known->at(known->ctx, i);

	return memcmp(n == 32 ? p->sha256.b : p->sha512.b, digest, n) == 0;
}

/* The number of a known digest; lists are in the same order, so the search goes on where the last one ended.
 */
static bool find_known(const struct nt_known *known, const uint8_t *digest, size_t n, size_t *hint)
{
	for (size_t k = 0; k < TRIES && k < known->n; k++) {
		size_t i = (*hint + k) % known->n;

		if (i > UINT16_MAX || !known_is(known, i, digest, n))
			continue;
		*hint = i;
		return true;
	}
	return false;
}

/* A quoted digest at the start of in becomes code and octets in out; 0 when there is none. */
static size_t pack_digest(
	const struct nt_known *known, struct vf_bytes in, uint8_t *out, size_t *hint, size_t *ret_out)
{
	static const size_t sizes[] = {32, 64};

	for (size_t i = 0; i < 2; i++) {
		size_t n = 2 * sizes[i] + 2;

		if (in.n < n || in.p[n - 1] != '"' || !hex_to(in.p + 1, out + 1, sizes[i]))
			continue;
		out[0] = (uint8_t)(CODE_HEX_64 + i);
		*ret_out = 1 + sizes[i];
		if (known->n > 0 && find_known(known, out + 1, sizes[i], hint)) {
			out[0] = (uint8_t)(CODE_KNOWN_64 + i);
			out[1] = (uint8_t)(*hint >> 8);
			out[2] = (uint8_t)*hint;
			*ret_out = 3;
		}
		return n;
	}
	return 0;
}

static size_t pack_word(const struct nt_packer *p, struct vf_bytes in, uint8_t *out)
{
	if (in.n < 3)
		return 0;
	for (uint8_t i = p->first[bucket(in.p)]; i != 0xff; i = p->next[i]) {
		if (words[i].n <= in.n && memcmp(words[i].p, in.p, words[i].n) == 0) {
			*out = (uint8_t)(CODE_WORDS + i);
			return words[i].n;
		}
	}
	return 0;
}

/* What a character may be the beginning of; most are of themselves alone. */
enum begin { PLAIN, CONTROL, MAY_BE_WORD, MAY_BE_DIGEST };

static const uint8_t begins[256] = {
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	CONTROL,
	['"'] = MAY_BE_DIGEST,
	[','] = MAY_BE_WORD,
	['{'] = MAY_BE_WORD,
	['}'] = MAY_BE_WORD,
	['s'] = MAY_BE_WORD,
	['c'] = MAY_BE_WORD,
};

void nt_pack(
	const struct nt_packer *p, const struct nt_known *known, struct nt_buf *out, struct vf_bytes text)
{
	uint8_t *o;
	size_t done, hint = 0;

	if (text.n > SIZE_MAX / 2 - 128 || !nt_buf_reserve(out, 2 * text.n + 128))
		return;
	o = out->p + out->n;
	for (size_t i = 0; i < text.n; i += done) {
		struct vf_bytes in = {text.p + i, text.n - i};
		uint8_t begin = begins[in.p[0]];
		size_t put = 1;

		done = 0;
		if (begin == MAY_BE_DIGEST)
			done = pack_digest(known, in, o, &hint, &put);
		if (done == 0 && begin >= MAY_BE_WORD)
			done = pack_word(p, in, o);
		if (done == 0) {
			if (begin == CONTROL)
				*o++ = CODE_AS_IS;
			*o = in.p[0];
			done = put = 1;
		}
		o += put;
	}
	out->n = (size_t)(o - out->p);
}

static void put_quoted(struct nt_buf *out, struct vf_bytes digest)
{
	nt_buf_put_u8(out, '"');
	nt_buf_put_hex(out, digest);
	nt_buf_put_u8(out, '"');
}

static bool unpack_known(struct nt_buf *out, const struct nt_known *known, uint8_t code, struct vf_bytes *in)
{
	const struct vf_pair *p;
	uint16_t i;

	if (!vf_take_u16be(in, &i) || i >= known->n)
		return false;
	p = known->at(known->ctx, i);
	put_quoted(out, code == CODE_KNOWN_64 ? vf_bytes(p->sha256.b, 32) : vf_bytes(p->sha512.b, 64));
	return true;
}

static bool unpack_code(struct nt_buf *out, const struct nt_known *known, uint8_t code, struct vf_bytes *in)
{
	struct vf_bytes part;

	if (code >= 0x20) {
		nt_buf_put_u8(out, code);
		return true;
	}
	if (code >= CODE_KNOWN_64)
		return unpack_known(out, known, code, in);
	if (code >= CODE_WORDS) {
		if (code - CODE_WORDS >= (int)N_WORDS)
			return false;
		nt_buf_put(out, words[code - CODE_WORDS]);
		return true;
	}
	if (code == CODE_AS_IS) {
		if (!vf_take(in, 1, &part) || part.p[0] >= 0x20)
			return false;
		nt_buf_put(out, part);
		return true;
	}
	if (!vf_take(in, code == CODE_HEX_64 ? 32 : 64, &part))
		return false;
	put_quoted(out, part);
	return true;
}

VF_RC nt_unpack(
	struct nt_buf *out, const struct nt_known *known, struct vf_bytes packed, struct vf_err *reterr)
{
	uint8_t code;

	while (vf_take_u8(&packed, &code)) {
		if (!unpack_code(out, known, code, &packed))
			return vf_fail(reterr, VF_STORE_CORRUPT, "a packed file of a record is damaged");
	}
	return nt_buf_check(out, reterr);
}
