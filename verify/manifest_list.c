#include "verify/manifest_list.h"

#include <stdlib.h>

#include "verify/text.h"
#include "verify/zip.h"

/* XMLDSig and RFC 9231 identifiers. */
static const struct {
	const char *uri;
	enum vf_alg alg;
	bool is_weak;
} algorithms[] = {
	{VF_MANIFEST_SHA256, VF_SHA256, false},
	{VF_MANIFEST_SHA512, VF_SHA512, false},
	{"http://www.w3.org/2001/04/xmldsig-more#sha384", VF_SHA384, false},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-256", VF_SHA3_256, false},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-384", VF_SHA3_384, false},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-512", VF_SHA3_512, false},
	{"http://www.w3.org/2000/09/xmldsig#sha1", VF_SHA1, true},
	{"http://www.w3.org/2001/04/xmldsig-more#md5", VF_ALG_NONE, true},
};

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.1. An encoded '/' would make a second spelling of a path. */
static bool decode(struct vf_bytes in, uint8_t *p, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '#' || c == '?')
			return false;
		if (c == '%') {
			if (in.n - i < 3 || hex_value(in.p[i + 1]) < 0 || hex_value(in.p[i + 2]) < 0)
				return false;
			c = (uint8_t)(hex_value(in.p[i + 1]) << 4 | hex_value(in.p[i + 2]));
			i += 2;
			if (c == '/')
				return false;
		}
		p[n++] = c;
	}
	*ret_n = n;
	return true;
}

VF_RC vf_manifest_uri_read(
	struct vf_bytes text, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	uint8_t *p = vf_arena_take(a, text.n, 1);
	char shown[120];
	size_t n = 0;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a reference");
	if (!decode(text, p, &n) || vf_name_check(vf_bytes(p, n), NULL) != VF_OK) {
		vf_text_escape(shown, sizeof(shown), text);
		return vf_fail(reterr, VF_MANIFEST_URI, "'%s' is not the name of an entry", shown);
	}
	*ret = vf_bytes(p, n);
	return VF_OK;
}

VF_RC vf_manifest_algorithm_read(struct vf_bytes uri, enum vf_alg *ret, struct vf_err *reterr)
{
	char shown[120];

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (!vf_bytes_is(uri, algorithms[i].uri))
			continue;
		if (algorithms[i].is_weak)
			return vf_fail(reterr, VF_WEAK_ALGORITHM, "digests by '%s'", algorithms[i].uri);
		*ret = algorithms[i].alg;
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), uri);
	return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "digests by '%s'", shown);
}

static int uri_order(const void *a, const void *b)
{
	const struct vf_manifest_ref *const *x = a, *const *y = b;

	return vf_bytes_cmp((*x)->uri, (*y)->uri);
}

const struct vf_manifest_ref *vf_manifest_find(const struct vf_manifest *m, struct vf_bytes uri)
{
	struct vf_manifest_ref key = {.uri = uri};
	const struct vf_manifest_ref *p = &key, **found;

	found = bsearch(&p, m->by_uri, m->n_refs, sizeof(*m->by_uri), uri_order);
	return found ? *found : NULL;
}

VF_RC vf_manifest_index(struct vf_manifest *m, struct vf_arena *a, struct vf_err *reterr)
{
	char shown[120];
	size_t roots = 0;

	m->by_uri = VF_NEW(a, m->n_refs, const struct vf_manifest_ref *);
	if (!m->by_uri)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu references", m->n_refs);
	for (size_t i = 0; i < m->n_refs; i++) {
		m->by_uri[i] = &m->refs[i];
		roots += m->refs[i].rootfile;
	}
	qsort(m->by_uri, m->n_refs, sizeof(*m->by_uri), uri_order);
	for (size_t i = 1; i < m->n_refs; i++)
		if (vf_bytes_eq(m->by_uri[i - 1]->uri, m->by_uri[i]->uri)) {
			vf_text_escape(shown, sizeof(shown), m->by_uri[i]->uri);
			return vf_fail(reterr, VF_MANIFEST_SHAPE, "'%s' is listed twice", shown);
		}
	if (roots > 1)
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "two files are marked as the root");
	if (vf_manifest_find(m, m->sig_uri))
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "the manifest lists its own signature or evidence");
	return VF_OK;
}

VF_RC vf_manifest_check_own_name(const struct vf_manifest *m, struct vf_bytes own, struct vf_err *reterr)
{
	char shown[120];

	if (!vf_manifest_find(m, own) && !vf_bytes_eq(m->sig_uri, own))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), own);
	return vf_fail(reterr, VF_MANIFEST_SHAPE, "a manifest lists or names itself, '%s'", shown);
}
