/* MD5 of a document, to compare it with what other systems say of it. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "notary/case.h"
#include "verify/text.h"

static VF_RC sum(EVP_MD_CTX *ctx, const struct tr_input *in, uint8_t *buffer, uint8_t digest[16], struct vf_err *reterr)
{
	uint64_t at = 0;
	size_t n = 1;
	unsigned len = 0;

	if (EVP_DigestInit_ex(ctx, EVP_md5(), NULL) != 1)
		return vf_fail(reterr, VF_NO_MEMORY, "this OpenSSL has no MD5");
	while (n > 0) {
		enum vf_rc rc = in->read_at(in->ctx, at, buffer, TR_SOURCE_BUFFER, &n, reterr);

		if (rc != VF_OK)
			return rc;
		if (EVP_DigestUpdate(ctx, buffer, n) != 1)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a checksum");
		at += n;
	}
	if (EVP_DigestFinal_ex(ctx, digest, &len) != 1 || len != 16)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a checksum");
	return VF_OK;
}

VF_RC nt_case_md5(const struct tr_input *in, char ret[33], struct vf_err *reterr)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *buffer = malloc(TR_SOURCE_BUFFER), digest[16];
	enum vf_rc rc = ctx && buffer ? sum(ctx, in, buffer, digest, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a checksum");

	if (rc == VF_OK)
		vf_hex_put(ret, vf_bytes(digest, sizeof(digest)));
	EVP_MD_CTX_free(ctx);
	free(buffer);
	ERR_clear_error();
	return rc;
}
