#include "notary/manifest_out.h"

#include "verify/manifest.h"
#include "verify/text.h"

/* RFC 3986 2.3, and '/' between the parts of a path. */
static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		c == '.' || c == '_' || c == '~' || c == '/';
}

/* The name as a URI: every other octet as %XX, upper case. */
static void put_uri(struct nt_buf *to, struct vf_bytes name)
{
	static const char digit[] = "0123456789ABCDEF";

	while (name.n) {
		struct vf_bytes run;
		uint8_t c;
		size_t n = 0;

		while (n < name.n && is_plain(name.p[n]))
			n++;
		if (n > 0 && vf_take(&name, n, &run))
			nt_buf_put(to, run);
		else if (vf_take_u8(&name, &c))
			nt_buf_put(to, vf_bytes((char[]){'%', digit[c >> 4], digit[c & 15]}, 3));
	}
}

static void put_ref(struct nt_buf *to, const struct nt_manifest_ref *ref)
{
	nt_buf_put_str(to, "<asic:DataObjectReference URI=\"");
	put_uri(to, ref->name);
	nt_buf_put_str(to, "\"><ds:DigestMethod Algorithm=\"");
	nt_buf_put_str(to, ref->digest.alg == VF_SHA512 ? VF_MANIFEST_SHA512 : VF_MANIFEST_SHA256);
	nt_buf_put_str(to, "\"/><ds:DigestValue>");
	nt_buf_put_base64(to, vf_digest_bytes(&ref->digest));
	nt_buf_put_str(to, "</ds:DigestValue></asic:DataObjectReference>\n");
}

VF_RC nt_manifest_put(struct nt_buf *to, const char *sig_uri, const char *sig_mime,
	const struct nt_manifest_ref *refs, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = vf_name_check(vf_bytes_str(sig_uri), reterr);

	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = vf_name_check(refs[i].name, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(to,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest xmlns:asic=\"" VF_MANIFEST_NS
		"\" xmlns:ds=\"" VF_MANIFEST_DS_NS "\">\n<asic:SigReference URI=\"");
	put_uri(to, vf_bytes_str(sig_uri));
	if (sig_mime) {
		nt_buf_put_str(to, "\" MimeType=\"");
		nt_buf_put_str(to, sig_mime);
	}
	nt_buf_put_str(to, "\"/>\n");
	for (size_t i = 0; i < n; i++)
		put_ref(to, &refs[i]);
	nt_buf_put_str(to, "</asic:ASiCManifest>\n");
	return nt_buf_check(to, reterr);
}
