#include "notary/access.h"

#include <string.h>

#include "verify/text.h"

#define TOKEN_PREFIX "tn1_"
#define SECRET_CHARS 43
#define CHECK_CHARS 6
#define CHECK_OCTETS 4

#define BIT(r) NT_RIGHT_BIT(NT_RIGHT_##r)

static const struct {
	const char *name;
	unsigned rights;
} roles[NT_ROLE_COUNT] = {
	[NT_ROLE_NONE] = {"", 0},
	[NT_ROLE_SPONSOR] = {"sponsor", BIT(SUBMIT) | BIT(READ) | BIT(ERASE)},
	[NT_ROLE_ETHICS_BOARD] = {"ethics-board", BIT(SUBMIT) | BIT(READ)},
	[NT_ROLE_SITE] = {"site", BIT(SUBMIT) | BIT(READ) | BIT(ERASE)},
	[NT_ROLE_AUDITOR] = {"auditor", BIT(READ)},
	[NT_ROLE_READER] = {"reader", BIT(READ)},
	[NT_ROLE_OPERATOR] = {"operator", BIT(ADMIN)},
};

static const char *const rights[NT_RIGHT_COUNT] = {
	[NT_RIGHT_NONE] = "",
	[NT_RIGHT_SUBMIT] = "submit",
	[NT_RIGHT_READ] = "read",
	[NT_RIGHT_ERASE] = "erase",
	[NT_RIGHT_ADMIN] = "admin",
};

const char *nt_role_name(enum nt_role role)
{
	return roles[role].name;
}

const char *nt_right_name(enum nt_right right)
{
	return rights[right];
}

enum nt_role nt_role_find(struct vf_bytes name)
{
	for (unsigned i = NT_ROLE_NONE + 1; i < NT_ROLE_COUNT; i++)
		if (vf_bytes_is(name, roles[i].name))
			return (enum nt_role)i;
	return NT_ROLE_NONE;
}

enum nt_right nt_right_find(struct vf_bytes name)
{
	for (unsigned i = NT_RIGHT_NONE + 1; i < NT_RIGHT_COUNT; i++)
		if (vf_bytes_is(name, rights[i]))
			return (enum nt_right)i;
	return NT_RIGHT_NONE;
}

unsigned nt_role_rights(enum nt_role role)
{
	return roles[role].rights;
}

bool nt_party_name_is(struct vf_bytes name)
{
	static const char *const reserved[] = {NT_PARTY_UNKNOWN, NT_PARTY_NOTARY, "local"};

	if (name.n < 1 || name.n > NT_PARTY_LEN)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			(i == 0 || (c != '.' && c != '_' && c != '-')))
			return false;
	}
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (vf_bytes_is(name, reserved[i]))
			return false;
	return true;
}

/* ---- tokens ---- */

/* RFC 4648 section 5 without padding; out has VF_BASE64_LEN(b.n) + 1 places. */
static void put_url64(char *out, struct vf_bytes b)
{
	vf_base64_put(out, b);
	for (char *p = out; *p; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		else if (*p == '=')
			*p = '\0';
	}
}

static bool read_url64(struct vf_bytes text, uint8_t *ret, size_t n)
{
	char padded[VF_BASE64_LEN(32) + 1];
	size_t len = VF_BASE64_LEN(n);

	if (text.n > len || len >= sizeof(padded))
		return false;
	memset(padded, '=', len);
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '+' || c == '/' || c == '=')
			return false;
		padded[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
	}
	return vf_base64_read(vf_bytes(padded, len), ret, n);
}

VF_RC nt_token_make(
	struct nt_random *r, char out[NT_TOKEN_LEN + 1], struct vf_hash *ret_hash, struct vf_err *reterr)
{
	uint8_t secret[32];
	char text[VF_BASE64_LEN(32) + 1];
	struct vf_hash check;
	enum vf_rc rc = nt_random(r, secret, sizeof(secret), reterr);

	if (rc != VF_OK)
		return rc;
	put_url64(text, vf_bytes(secret, sizeof(secret)));
	strcpy(out, TOKEN_PREFIX);
	strcat(out, text);
	check = vf_sha256(vf_bytes_str(out));
	put_url64(text, vf_bytes(check.b, CHECK_OCTETS));
	strcat(out, text);
	*ret_hash = vf_sha256(vf_bytes(secret, sizeof(secret)));
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(text, sizeof(text));
	return VF_OK;
}

VF_RC nt_token_read(struct vf_bytes text, struct vf_hash *ret_hash, struct vf_err *reterr)
{
	struct vf_bytes in = text, secret_text, checked;
	uint8_t secret[32], check[CHECK_OCTETS];
	struct vf_hash want;

	if (!vf_take_str(&in, TOKEN_PREFIX) || !vf_take(&in, SECRET_CHARS, &secret_text) ||
		in.n != CHECK_CHARS || !read_url64(secret_text, secret, sizeof(secret)) ||
		!read_url64(in, check, sizeof(check)) || !vf_bytes_slice(text, 0, text.n - CHECK_CHARS, &checked))
		return vf_fail(reterr, VF_UNAUTHENTICATED,
			"the token is not in its exact form: %d characters that begin with '%s'", NT_TOKEN_LEN,
			TOKEN_PREFIX);
	want = vf_sha256(checked);
	if (memcmp(check, want.b, sizeof(check)) != 0) /* no secret: a check against typing errors */
		return vf_fail(reterr, VF_UNAUTHENTICATED,
			"the token was mistyped or cut: its check characters do not fit");
	*ret_hash = vf_sha256(vf_bytes(secret, sizeof(secret)));
	explicit_bzero(secret, sizeof(secret));
	return VF_OK;
}
