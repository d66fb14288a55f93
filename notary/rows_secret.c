#include "notary/rows_secret.h"

#include <string.h>

#include "notary/durable.h"
#include "verify/text.h"

bool nt_secret_name_is(const char *name, struct vf_hash *ret)
{
	struct vf_bytes text = vf_bytes_str(name), hex;

	return vf_take(&text, 64, &hex) && vf_bytes_is(text, NT_SECRET_SUFFIX) && vf_hex_read(hex, ret->b, sizeof(ret->b));
}

void nt_secret_text(char out[NT_SECRET_TEXT + 1], const struct vf_hash *secret)
{
	vf_hex_put(out, vf_bytes(secret->b, sizeof(secret->b)));
	strcat(out, "\n");
}

VF_RC nt_secret_read(int at, const char *path, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_SECRET_TEXT + 1);
	enum vf_rc rc = nt_durable_read(at, path, &text, reterr);

	if (rc == VF_NO_INPUT)
		return vf_fail(reterr, VF_NO_INPUT, "the secret of these rows is not here: '%s'", path);
	if (rc != VF_OK && rc != VF_LIMIT)
		return rc;
	if (rc == VF_LIMIT || text.n != NT_SECRET_TEXT || text.p[NT_SECRET_TEXT - 1] != '\n' ||
		!vf_hex_read(vf_bytes(text.p, NT_SECRET_TEXT - 1), ret->b, sizeof(ret->b)))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "'%s' does not hold a secret", path);
	explicit_bzero(text.p, text.n);
	return rc;
}
