/* Secrets of rows members, beside their kept copies: documents/ID.secret, 64 hex digits and LF. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/notary_inside.h"
#include "verify/text.h"

#define SECRET_TEXT (64 + 1)

void nt_notary_secret_path(const struct vf_hash *sha256, char *out)
{
	nt_notary_kept_path(sha256, out);
	strcat(out, NT_SECRET_SUFFIX);
}

bool nt_secret_name_is(const char *name, struct vf_hash *ret)
{
	struct vf_bytes text = vf_bytes_str(name), hex;

	return vf_take(&text, 64, &hex) && vf_bytes_is(text, NT_SECRET_SUFFIX) && vf_hex_read(hex, ret->b, sizeof(ret->b));
}

void nt_secret_text(char out[66], const struct vf_hash *secret)
{
	vf_hex_put(out, vf_bytes(secret->b, sizeof(secret->b)));
	strcat(out, "\n");
}

VF_RC nt_secret_read(int at, const char *path, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(SECRET_TEXT + 1);
	enum vf_rc rc = nt_durable_read(at, path, &text, reterr);

	if (rc == VF_NO_INPUT)
		return vf_fail(reterr, VF_NO_INPUT, "the secret of these rows is not here: '%s'", path);
	if (rc != VF_OK && rc != VF_LIMIT)
		return rc;
	if (rc == VF_LIMIT || text.n != SECRET_TEXT || text.p[SECRET_TEXT - 1] != '\n' ||
		!vf_hex_read(vf_bytes(text.p, SECRET_TEXT - 1), ret->b, sizeof(ret->b)))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "'%s' does not hold a secret", path);
	explicit_bzero(text.p, text.n);
	return rc;
}

VF_RC nt_notary_keep_secret(
	struct nt_notary *n, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr)
{
	char path[96], text[SECRET_TEXT + 1];
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	nt_notary_secret_path(sha256, path);
	nt_secret_text(text, secret);
	rc = nt_durable_write(n->fd, path, vf_bytes(text, SECRET_TEXT), 0600, reterr);
	explicit_bzero(text, sizeof(text));
	return rc == VF_IO ? nt_notary_stop(n, rc, reterr) : rc;
}

VF_RC nt_notary_secret(struct nt_notary *n, const struct vf_hash *sha256, struct vf_hash *ret, struct vf_err *reterr)
{
	char path[96];

	nt_notary_secret_path(sha256, path);
	return nt_secret_read(n->fd, path, ret, reterr);
}
