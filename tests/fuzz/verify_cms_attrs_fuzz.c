/* Exercises vf_cms_parse_signer(), the unsigned attributes, vf_cms_without_er() and the hash index of archive time-stamps. */
#include <stdlib.h>

#include "verify/cms_attrs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct vf_bytes part, struct vf_bytes all)
{
	return part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void look(const struct vf_attr *a, struct vf_bytes all)
{
	struct vf_bytes certs, wrapped, cert;
	struct vf_revocation_values v;
	uint8_t block[256];
	struct vf_arena arena;
	struct vf_err err;

	if (!inside(a->oid, a->attribute) || !inside(a->value, a->attribute) || !inside(a->attribute, all))
		abort();
	if (vf_cert_values_read(a->value, VF_CMS_SUBMITTER, &certs, &err) == VF_OK)
		while (vf_cms_take_cert(&certs, &cert))
			if (!inside(cert, a->value))
				abort();
	if (vf_revocation_values_read(a->value, VF_CMS_SUBMITTER, &v, &err) == VF_OK &&
		(!inside(v.crls, a->value) || !inside(v.ocsp, a->value)))
		abort();
	vf_arena_init(&arena, block, sizeof(block));
	if (vf_ocsp_wrap(a->value, &arena, &wrapped, &err) == VF_OK && !vf_der_is_strict(wrapped))
		abort();
}

/* The signature is its own archive time-stamp here. */
static void archive(const struct vf_signed *s)
{
	struct vf_archive_cover cover;
	struct vf_digest content, imprint;
	struct vf_hash_index index;
	struct vf_err err;

	if (vf_hash_index_read(s, VF_SHA256, VF_CMS_SUBMITTER, &index, &err) != VF_OK)
		return;
	if (vf_digest(VF_SHA256, s->content, &content, &err) != VF_OK ||
		vf_cms_archive_imprint(s, &index, &content, &imprint, &err) != VF_OK)
		abort();
	/* the index is among the attributes, and no index holds its own digest */
	if (vf_hash_index_check(&index, s, VF_CMS_SUBMITTER, &cover, &err) == VF_OK &&
		(cover.certs > cover.all_certs || cover.crls > cover.all_crls || cover.attrs >= cover.all_attrs))
		abort();
}

/* Without record n there are n records left, and their own octets are the same. */
static void records(struct vf_bytes der)
{
	struct vf_bytes rest, again;
	uint8_t *block = malloc(2 * der.n + 64);
	struct vf_arena arena;
	struct vf_err err;

	if (!block)
		return;
	vf_arena_init(&arena, block, 2 * der.n + 64);
	for (size_t n = 0; n < 4; n++) {
		arena.used = 0;
		if (vf_cms_without_er(der, n, &arena, &rest, &err) != VF_OK)
			break;
		if (rest.n >= der.n || vf_cms_without_er(rest, n, &arena, &again, &err) == VF_OK)
			abort();
		if (n > 0 && (vf_cms_without_er(rest, n - 1, &arena, &again, &err) != VF_OK || again.n >= rest.n))
			abort();
	}
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes all = vf_bytes(data, size);
	size_t count = 0, found;
	struct vf_signed s;
	struct vf_attrs it;
	struct vf_attr a;
	struct vf_err err;

	records(all);
	for (size_t i = 0; i == 0 || i < count; i++) {
		if (vf_cms_parse_signer(all, VF_CMS_SUBMITTER, i, &count, &s, &err) != VF_OK)
			continue;
		if (count > VF_MAX_SIGNERS || !inside(s.signer, all) || !inside(s.signed_attrs, s.signer))
			abort();
		archive(&s);
		if (vf_attrs_init(&it, s.unsigned_attrs, VF_CMS_SUBMITTER, &err) != VF_OK)
			continue;
		for (found = 0; vf_attrs_next(&it, &a); found++)
			look(&a, all);
		if ((found == 0) != (s.unsigned_attrs.n == 0))
			abort();
	}
	return 0;
}
