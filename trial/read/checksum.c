#include "trial/read/checksum.h"

#include <stdio.h>
#include <strings.h>

#include "verify/text.h"

#define MAX_DIGEST 32u

static const struct function {
	const char *name, *other; /* as written, in whatever case */
	const char *prefix;
	size_t n;
} functions[] = {{"md5", "md-5", "md5:", 16}, {"sha256", "sha-256", "sha256:", 32}};

static bool is_word(struct vf_bytes text, const char *word)
{
	return text.n == strlen(word) && strncasecmp((const char *)text.p, word, text.n) == 0;
}

static const struct function *find(struct vf_bytes name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (is_word(name, functions[i].name) || is_word(name, functions[i].other))
			return &functions[i];
	return NULL;
}

static bool read_hex(struct vf_bytes hex, uint8_t *ret, size_t n)
{
	char digits[2 * MAX_DIGEST];

	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < hex.n; i++)
		digits[i] = (char)(hex.p[i] >= 'A' && hex.p[i] <= 'F' ? hex.p[i] | 0x20 : hex.p[i]);
	return vf_hex_read(vf_bytes(digits, hex.n), ret, n);
}

/* digest NULL: of no kind that is known. */
static VF_RC say(struct tr_reading *r, const struct tr_about *about, struct vf_bytes value, const struct function *of,
	const uint8_t *digest, struct vf_err *reterr)
{
	char normal[8 + 2 * MAX_DIGEST] = "", hex[2 * MAX_DIGEST + 1];
	struct tr_fact f = {.name = TR_F_DOC_CHECKSUM,
		.item = about->item,
		.value = value,
		.grade = about->grade,
		.place = about->place};

	if (value.n == 0)
		return VF_OK;
	if (digest) {
		vf_hex_put(hex, vf_bytes(digest, of->n));
		snprintf(normal, sizeof(normal), "%s%s", of->prefix, hex);
	}
	f.normal = vf_bytes_str(normal);
	return tr_say_fact(r, &f, reterr);
}

VF_RC tr_say_checksum(struct tr_reading *r, const struct tr_about *about, struct vf_bytes type, struct vf_bytes hex,
	struct vf_err *reterr)
{
	const struct function *of = find(type);
	uint8_t digest[MAX_DIGEST];

	return say(r, about, hex, of, of && read_hex(hex, digest, of->n) ? digest : NULL, reterr);
}

VF_RC tr_say_integrity(struct tr_reading *r, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes left = value, name = {0};
	const struct function *of = &functions[0];
	uint8_t digest[MAX_DIGEST];

	if (vf_take_until(&left, '-', &name))
		of = find(name);
	if (of && (vf_base64_read(left, digest, of->n) || (name.n && read_hex(left, digest, of->n))))
		return say(r, about, value, of, digest, reterr);
	return say(r, about, value, NULL, NULL, reterr);
}
