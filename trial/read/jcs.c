#include "trial/read/jcs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

static VF_RC put(const struct tr_out *out, const void *p, size_t n, struct vf_err *reterr)
{
	return n ? out->put(out->ctx, vf_bytes(p, n), reterr) : VF_OK;
}

/* ---- strings (RFC 8785, 3.2.2.2) ---- */

/* The escape of an octet below 0x80; empty when it stands as it is. */
static size_t escape_of(uint8_t c, char out[8])
{
	static const char letters[] = "btn\0fr"; /* of 8 to 13; 11 has none */

	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, 8, "\\%c", c);
	if (c >= 8 && c <= 13 && c != 11)
		return (size_t)snprintf(out, 8, "\\%c", letters[c - 8]);
	return c < 0x20 ? (size_t)snprintf(out, 8, "\\u%04x", c) : 0;
}

VF_RC tr_jcs_text(const struct tr_out *out, struct vf_bytes text, struct vf_err *reterr)
{
	struct vf_bytes plain = vf_bytes(text.p, 0);
	enum vf_rc rc = put(out, "\"", 1, reterr);

	while (rc == VF_OK && text.n > 0) {
		struct vf_bytes at = text;
		uint32_t c = 0;
		char escape[8];
		size_t n = 0;
		uint8_t octet = text.p[0];

		if (octet < 0x80 || !vf_take_utf8(&text, &c)) {
			text = at;
			vf_ignore(vf_take_u8(&text, &octet) ? VF_OK : VF_INTERNAL); /* there is one */
			n = octet < 0x80 ? escape_of(octet, escape)
					 : (size_t)snprintf(escape, sizeof(escape), "\\udc%02x", octet);
		}
		if (n == 0) {
			plain.n += at.n - text.n;
			continue;
		}
		rc = put(out, plain.p, plain.n, reterr);
		if (rc == VF_OK)
			rc = put(out, escape, n, reterr);
		plain = vf_bytes(text.p, 0);
	}
	if (rc == VF_OK)
		rc = put(out, plain.p, plain.n, reterr);
	return rc == VF_OK ? put(out, "\"", 1, reterr) : rc;
}

/* ---- numbers (RFC 8785, 3.2.2.3; ECMA-262, Number::toString) ---- */

/* A positive number as digits * 10^(exponent - n + 1), no zero at the end. */
struct digits {
	char digits[20];
	int n, exponent;
};

/* The decimal with n digits that is nearest, moved by so many units of its last digit. */
static bool reads_back(double number, int n, int move, struct digits *ret)
{
	char text[40], again[48];
	uint64_t mantissa = 0, limit = 1;
	int exponent;

	snprintf(text, sizeof(text), "%.*e", n - 1, number);
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	for (const char *p = text; *p != 'e'; p++)
		if (*p != '.')
			mantissa = mantissa * 10 + (uint64_t)(*p - '0');
	for (int i = 0; i < n; i++)
		limit *= 10;
	mantissa = move < 0 ? mantissa - 1 : mantissa + (uint64_t)move;
	if (mantissa == 0 || mantissa >= limit)
		return false;
	snprintf(again, sizeof(again), "%" PRIu64 "e%d", mantissa, exponent - n + 1);
	if (strtod(again, NULL) != number)
		return false;
	ret->n = snprintf(ret->digits, sizeof(ret->digits), "%" PRIu64, mantissa);
	ret->exponent = exponent - n + ret->n;
	while (ret->n > 1 && ret->digits[ret->n - 1] == '0')
		ret->n--;
	return true;
}

/* The shortest, and of these the nearest: the neighbours count at powers of two, where the doubles below are nearer to
 * each other than those above. */
static struct digits shortest(double number)
{
	struct digits d = {.n = 0};
	/* Any decimal of 15 digits comes back from a normal double, so there the first one tried is the shortest. */
	int from = number < 2.2250738585072014e-308 ? 1 : 15;

	for (int n = from; n <= 17; n++)
		if (reads_back(number, n, 0, &d) || reads_back(number, n, 1, &d) || reads_back(number, n, -1, &d))
			break;
	return d;
}

static void put_digits(char *out, const struct digits *d)
{
	int point = d->exponent + 1; /* digits before the decimal point */

	if (point > 21 || point < -5) {
		out += sprintf(out, "%c", d->digits[0]);
		if (d->n > 1)
			out += sprintf(out, ".%.*s", d->n - 1, d->digits + 1);
		sprintf(out, "e%+d", point - 1);
	} else if (point >= d->n) {
		sprintf(out, "%.*s%.*s", d->n, d->digits, point - d->n, "000000000000000000000");
	} else if (point > 0) {
		sprintf(out, "%.*s.%.*s", point, d->digits, d->n - point, d->digits + point);
	} else {
		sprintf(out, "0.%.*s%.*s", -point, "000000", d->n, d->digits);
	}
}

void tr_jcs_number(char out[TR_JCS_NUMBER_LEN + 1], double number)
{
	struct digits d;

	if (fabs(number) < 9007199254740992.0 && (double)(int64_t)number == number) {
		sprintf(out, "%" PRId64, (int64_t)number); /* also -0 */
		return;
	}
	if (number < 0)
		*out++ = '-';
	d = shortest(fabs(number));
	put_digits(out, &d);
}
