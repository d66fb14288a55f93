#include "verify/versions.h"

#include <archive.h>
#include <jansson.h>
#include <libxml/xmlversion.h>
#include <openssl/crypto.h>
#include <zlib.h>

static void put(struct vf_sink *s, const char *text)
{
	vf_sink_str(s, "  ");
	vf_sink_str(s, text);
	vf_sink_str(s, "\n");
}

void vf_versions_put(struct vf_sink *s)
{
	put(s, OpenSSL_version(OPENSSL_VERSION));
	put(s, archive_version_string());
	put(s, "libxml2 " LIBXML_DOTTED_VERSION);
	vf_sink_str(s, "  jansson ");
	vf_sink_str(s, jansson_version_str());
	vf_sink_str(s, "\n  zlib ");
	vf_sink_str(s, zlibVersion());
	vf_sink_str(s, "\n");
}
