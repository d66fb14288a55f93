/*
 * Exact text forms: hex, base64, decimals, RFC 3339 times, names, UTF-8.
 *
 * One encoding per value: every reader refuses what its writer never writes.
 */
#ifndef VERIFY_TEXT_H
#define VERIFY_TEXT_H

#include "verify/bytes.h"

/* Lower-case hex of exactly n octets. */
bool vf_hex_read(struct vf_bytes text, uint8_t *ret, size_t n);
/* Writes 2n characters and a NUL. */
void vf_hex_put(char *out, struct vf_bytes b);

/*
 * RFC 4648 section 4 with padding and zero unused bits; no white space. The
 * fixed form wants exactly n octets; the arena form takes any length.
 */
bool vf_base64_read(struct vf_bytes text, uint8_t *ret, size_t n);
bool vf_base64_take(struct vf_bytes text, struct vf_arena *a, struct vf_bytes *ret);
#define VF_BASE64_LEN(n) (((n) + 2) / 3 * 4)
/* Writes VF_BASE64_LEN(b.n) characters and a NUL. */
void vf_base64_put(char *out, struct vf_bytes b);

/* ASCII decimal without sign and leading zeros, at most max. */
bool vf_decimal_read(struct vf_bytes text, uint64_t max, uint64_t *ret);

/* Valid UTF-8: shortest form, no surrogates, at most U+10FFFF. */
bool vf_utf8_is(struct vf_bytes b);
/* Takes one code point; false at the end and on malformed input. */
bool vf_take_utf8(struct vf_bytes *in, uint32_t *ret);
/*
 * Text that may be shown as it is: valid UTF-8 without controls, bidirectional
 * marks, zero-width and other invisible characters, private use or noncharacters.
 */
bool vf_text_is_plain(struct vf_bytes b);

/*
 * Writes b for a terminal or a message: plain characters as they are, every
 * other byte as \xHH; cut with "..." when it does not fit. Always ends in NUL.
 */
void vf_text_escape(char *out, size_t cap, struct vf_bytes b);

/*
 * The name of a data object: a relative path in normal form, plain text,
 * "/" between parts, no part that is empty, "." or "..", no backslash or colon,
 * no combining mark (so that the precomposed form is the only one), no part
 * that begins or ends in a space or ends in a dot, at most VF_MAX_NAME octets.
 */
VF_RC vf_name_check(struct vf_bytes name, struct vf_err *reterr);
/*
 * Writes the name as file systems that ignore case compare it. Two names with
 * equal folded forms may not stand in one container. out must hold 2 * name.n
 * octets; returns the length.
 */
size_t vf_name_fold(struct vf_bytes name, uint8_t *out);

/* Times are milliseconds since 1970-01-01T00:00:00Z, without leap seconds. */
#define VF_TIME_NONE INT64_MIN

struct vf_time {
	int year, month, day, hour, minute, second, ms;
};

/* False for a date that does not exist, years outside 1..9999 and second 60. */
bool vf_time_from(const struct vf_time *t, int64_t *ret);
void vf_time_to(int64_t ms, struct vf_time *ret);
/* "2026-03-02T14:07:31Z" or with exactly three digits of fraction. */
bool vf_time_read(struct vf_bytes text, int64_t *ret);
/* Writes 20 or 24 characters and a NUL: the fraction only when it is not 0. */
#define VF_TIME_LEN 24
void vf_time_put(char *out, int64_t ms);

#endif
