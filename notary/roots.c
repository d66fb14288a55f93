#include "notary/roots.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/durable.h"
#include "verify/record.h"
#include "verify/text.h"

struct nt_roots {
	int folder;
	struct vf_pki *pki;
	char names[VF_MAX_AUTHORITIES][65];
	size_t n;
};

static VF_RC add(struct nt_roots *r, struct vf_bytes name, struct vf_bytes pem, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (r->n == VF_MAX_AUTHORITIES || name.n >= sizeof(r->names[0]))
		return vf_fail(reterr, VF_LIMIT, "a notary knows at most %d authorities", VF_MAX_AUTHORITIES);
	rc = vf_pki_add_anchors(r->pki, r->n, pem, reterr);
	if (rc == VF_OK)
		memcpy(r->names[r->n++], name.p, name.n);
	return rc;
}

static VF_RC add_file(struct nt_roots *r, struct vf_bytes name, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(VF_MAX_TRUST_FILE);
	enum vf_rc rc = nt_durable_read(r->folder, path, &pem, reterr);

	if (rc == VF_OK)
		rc = add(r, name, nt_buf_bytes(&pem), reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "'%s'", path);
	return rc;
}

VF_RC nt_roots_new(int folder, struct vf_bytes embedded_pem, const struct nt_authorities *a, struct nt_roots **ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_roots_freep) struct nt_roots *r = calloc(1, sizeof(*r));
	enum vf_rc rc;

	if (r == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	r->folder = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	r->pki = vf_pki_new();
	if (r->pki == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	if (r->folder < 0)
		return vf_fail(reterr, VF_IO, "cannot open the notary's folder once more");
	rc = add(r, vf_bytes_str(NT_EMBEDDED), embedded_pem, reterr);
	for (size_t i = 0; i < a->n && rc == VF_OK; i++)
		rc = add_file(r, vf_bytes_str(a->list[i].name), a->list[i].roots, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = r;
	r = NULL;
	return VF_OK;
}

struct nt_roots *nt_roots_free(struct nt_roots *r)
{
	if (r == NULL)
		return NULL;
	if (r->folder >= 0)
		close(r->folder);
	vf_pki_free(r->pki);
	free(r);
	return NULL;
}

void nt_roots_freep(struct nt_roots **r)
{
	*r = nt_roots_free(*r);
}

struct vf_pki *nt_roots_pki(struct nt_roots *r)
{
	return r->pki;
}

VF_RC nt_roots_find(struct nt_roots *r, struct vf_bytes name, size_t *ret, struct vf_err *reterr)
{
	char path[96], shown[80];
	enum vf_rc rc;

	for (size_t i = 0; i < r->n; i++) {
		if (vf_bytes_is(name, r->names[i])) {
			*ret = i;
			return VF_OK;
		}
	}
	vf_text_escape(shown, sizeof(shown), name);
	if (name.n >= sizeof(r->names[0]) || !vf_word_is(name))
		return vf_fail(reterr, VF_UNKNOWN_ROOT, "'%s' is no name of an authority", shown);
	snprintf(path, sizeof(path), "authorities/%.*s.pem", (int)name.n, (const char *)name.p);
	rc = add_file(r, name, path, reterr);
	if (rc == VF_NO_INPUT)
		return vf_fail(reterr, VF_UNKNOWN_ROOT, "nothing is pinned for the authority '%s'", shown);
	if (rc == VF_OK)
		*ret = r->n - 1;
	return rc;
}
