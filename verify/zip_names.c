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

/* The name without the '/' that ends that of a folder. */
static struct vf_bytes bare_name(struct vf_bytes name)
{
	if (name.n > 0 && name.p[name.n - 1] == '/')
		name.n--;
	return name;
}

/* The entry with this folded name among n names, or NULL. */
static const struct vf_zip_entry *find_folded(const struct vf_zip *z, size_t n, struct vf_bytes folded)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = vf_bytes_cmp(z->names[mid].folded, folded);

		if (c == 0)
			return &z->entries[z->names[mid].entry];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static VF_RC fail_two(struct vf_err *reterr, struct vf_bytes x, struct vf_bytes y)
{
	if (vf_bytes_eq(x, y))
		return vf_fail(reterr, VF_ZIP_DUPLICATE, "two entries are named '%.*s'", VF_STR(x));
	return vf_fail(reterr, VF_ZIP_NAME_COLLISION, "'%.*s' and '%.*s'", (int)(x.n > 140 ? 140 : x.n),
		(const char *)x.p, (int)(y.n > 140 ? 140 : y.n), (const char *)y.p);
}

/*
 * An entry may lie in no file, and in no folder that is written in another way:
 * whether these are one folder or two depends on the file system.
 */
static VF_RC check_parents(const struct vf_zip *z, size_t n, const struct vf_zip_name *of, struct vf_err *reterr)
{
	struct vf_bytes rest = of->folded, part, parent, name = z->entries[of->entry].name, start;
	uint64_t len = 0;

	for (; vf_take_until(&rest, '/', &part); len++) {
		const struct vf_zip_entry *e;

		len += part.n;
		if (!vf_bytes_slice(of->folded, 0, len, &parent))
			return vf_fail(reterr, VF_INTERNAL, "a name that ends within itself");
		e = find_folded(z, n, parent);
		if (e && e < z->folders)
			return vf_fail(reterr, VF_ZIP_NAME_COLLISION, "'%.*s' lies in a file", VF_STR(name));
		if (e && !(vf_bytes_slice(name, 0, e->name.n, &start) && vf_bytes_eq(start, e->name)))
			return fail_two(reterr, name, e->name);
	}
	return VF_OK;
}

/* Later look-ups see files alone. */
static void drop_folders(struct vf_zip *z, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (z->names[i].entry < z->n)
			z->names[kept++] = z->names[i];
}

VF_RC vf_zip_names_index(struct vf_zip *z, struct vf_arena *a, struct vf_err *reterr)
{
	size_t n = z->n + z->n_folders;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < n; i++) {
		z->names[i].entry = i;
		if (!fold_name(bare_name(z->entries[i].name), a, &z->names[i].folded))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu names", n);
	}
	sort_names(z->names, n);
	for (size_t i = 1; i < n; i++)
		if (vf_bytes_eq(z->names[i - 1].folded, z->names[i].folded))
			return fail_two(reterr, z->entries[z->names[i - 1].entry].name,
				z->entries[z->names[i].entry].name);
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = check_parents(z, n, &z->names[i], reterr);
	drop_folders(z, n);
	return rc;
}
