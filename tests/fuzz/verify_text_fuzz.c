/* Hex, base64, decimals, times, names and escaping: verify/text.h, against timegm() and OpenSSL where both read. */
#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

#include "tests/fuzz/must.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The C library counts the same seconds. */
static void compare_time(struct vf_bytes text, int64_t ms)
{
	struct tm tm = {0};
	char copy[VF_TIME_LEN + 1];
	int fraction = 0;

	MUST(text.n <= VF_TIME_LEN);
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	MUST(sscanf(copy, "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		     &tm.tm_sec, &fraction) >= 6);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	MUST((int64_t)timegm(&tm) * 1000 + fraction == ms);
}

/* OpenSSL decodes to the same octets, and zeros for the padding. */
static void compare_base64(struct vf_bytes text, struct vf_bytes decoded)
{
	static uint8_t out[4096];
	int n = EVP_DecodeBlock(out, text.p, (int)text.n);

	MUST(n >= 0 && (size_t)n >= decoded.n && (size_t)n - decoded.n < 3);
	MUST(decoded.n == 0 || memcmp(out, decoded.p, decoded.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[1 << 16], folded[1 << 16];
	struct vf_bytes in = vf_bytes(data, size), decoded;
	char text[4096];
	struct vf_arena a;
	uint64_t u;
	int64_t t;

	if (size > 4000)
		return 0;
	vf_arena_init(&a, block, sizeof(block));
	if (vf_base64_take(in, &a, &decoded)) {
		static char again[8192];

		vf_base64_put(again, decoded);
		if (!vf_bytes_eq(vf_bytes_str(again), in))
			abort();
		compare_base64(in, decoded);
	}
	if (vf_time_read(in, &t)) {
		compare_time(in, t);
		vf_time_put(text, t);
		if (size == strlen(text) && !vf_bytes_eq(vf_bytes_str(text), in))
			abort();
	}
	vf_decimal_read(in, UINT64_MAX, &u);
	if (vf_name_check(in, NULL) == VF_OK && vf_name_fold(in, folded) > 2 * size)
		abort();
	vf_text_escape(text, 64, in);
	if (!vf_text_is_plain(vf_bytes_str(text)))
		abort();
	return 0;
}
