#include "verify/zip_names.h"

#include <stdlib.h>

#include "verify/limits.h"
#include "verify/text.h"

static int name_order(const void *a, const void *b)
{
	const struct vf_zip_name *x = a, *y = b;

	return vf_bytes_cmp(x->folded, y->folded);
}

/* Small containers are sorted in place; qsort() would allocate and cost more than it saves. */
static void sort_names(struct vf_zip_name *names, size_t n)
{
	if (n > 32) {
		qsort(names, n, sizeof(*names), name_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct vf_zip_name x = names[i];
		size_t at = i;

		for (; at > 0 && vf_bytes_cmp(names[at - 1].folded, x.folded) > 0; at--)
			names[at] = names[at - 1];
		names[at] = x;
	}
}

/* Puts the folded form into the arena; the same range when folding changes nothing. */
static bool fold_name(struct vf_bytes name, struct vf_arena *a, struct vf_bytes *ret)
{
	uint8_t room[2 * VF_MAX_NAME];
	struct vf_bytes folded = vf_bytes(room, vf_name_fold(name, room));

	if (vf_bytes_eq(folded, name)) {
		*ret = name;
		return true;
	}
	return vf_arena_copy(a, folded, ret);
}

/* An entry may not have the name of a folder in which another one lies. */
static bool is_in_file(const struct vf_zip *z, struct vf_bytes folded)
{
	struct vf_bytes rest = folded, part, folder;
	uint64_t len = 0;

	for (; vf_take_until(&rest, '/', &part); len++) {
		size_t low = 0, high = z->n;

		len += part.n;
		if (!vf_bytes_slice(folded, 0, len, &folder))
			return false;
		while (low < high) {
			size_t mid = low + (high - low) / 2;
			int c = vf_bytes_cmp(z->names[mid].folded, folder);

			if (c == 0)
				return true;
			if (c < 0)
				low = mid + 1;
			else
				high = mid;
		}
	}
	return false;
}

VF_RC vf_zip_names_index(struct vf_zip *z, struct vf_arena *a, struct vf_err *reterr)
{
	for (size_t i = 0; i < z->n; i++) {
		z->names[i].entry = i;
		if (!fold_name(z->entries[i].name, a, &z->names[i].folded))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu names", z->n);
	}
	sort_names(z->names, z->n);
	for (size_t i = 1; i < z->n; i++) {
		struct vf_bytes x = z->entries[z->names[i - 1].entry].name,
				y = z->entries[z->names[i].entry].name;

		if (!vf_bytes_eq(z->names[i - 1].folded, z->names[i].folded))
			continue;
		if (vf_bytes_eq(x, y))
			return vf_fail(reterr, VF_ZIP_DUPLICATE, "two entries are named '%.*s'", VF_STR(x));
		return vf_fail(reterr, VF_ZIP_NAME_COLLISION, "'%.*s' and '%.*s'",
			(int)(x.n > 140 ? 140 : x.n), (const char *)x.p, (int)(y.n > 140 ? 140 : y.n),
			(const char *)y.p);
	}
	for (size_t i = 0; i < z->n; i++)
		if (is_in_file(z, z->names[i].folded))
			return vf_fail(reterr, VF_ZIP_NAME_COLLISION, "'%.*s' lies in a file", VF_STR(z->entries[z->names[i].entry].name));
	return VF_OK;
}
