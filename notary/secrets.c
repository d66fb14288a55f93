/* Secrets of rows members, beside their kept copies: documents/ID.secret, 64 hex digits and LF. */
#include <string.h>

#include "notary/durable.h"
#include "notary/notary_inside.h"
#include "notary/rows_secret.h"

void nt_notary_secret_path(const struct vf_hash *sha256, char *out)
{
	nt_notary_kept_path(sha256, out);
	strcat(out, NT_SECRET_SUFFIX);
}

VF_RC nt_notary_keep_secret(
	struct nt_notary *n, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr)
{
	char path[96], text[NT_SECRET_TEXT + 1];
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	nt_notary_secret_path(sha256, path);
	nt_secret_text(text, secret);
	rc = nt_durable_write(n->fd, path, vf_bytes(text, NT_SECRET_TEXT), 0600, reterr);
	explicit_bzero(text, sizeof(text));
	return rc == VF_IO ? nt_notary_stop(n, rc, reterr) : rc;
}

VF_RC nt_notary_secret(struct nt_notary *n, const struct vf_hash *sha256, struct vf_hash *ret, struct vf_err *reterr)
{
	char path[96];

	nt_notary_secret_path(sha256, path);
	return nt_secret_read(n->fd, path, ret, reterr);
}
