/* Names of files that become documents: each may stand in a record, and no two stand for one file. */
#include <stdlib.h>

#include "notary/submit.h"
#include "verify/text.h"

struct folded {
	struct vf_bytes folded;
	struct vf_bytes name;
};

static int by_folded(const void *a, const void *b)
{
	const struct folded *x = a, *y = b;
	int order = vf_bytes_cmp(x->folded, y->folded);

	return order != 0 ? order : vf_bytes_cmp(x->name, y->name);
}

static bool is_bad(struct vf_bytes name, nt_bad_name *bad, void *ctx)
{
	struct vf_err err = {0};

	if (vf_document_name_check(name, &err) == VF_OK)
		return false;
	if (bad)
		bad(ctx, name, err.text);
	return true;
}

/* Neighbours in folded order that are equal stand for one file on many systems. */
static size_t compare_neighbours(const struct folded *f, size_t n, nt_bad_name *bad, void *ctx)
{
	size_t found = 0;

	for (size_t i = 1; i < n; i++) {
		if (!vf_bytes_eq(f[i - 1].folded, f[i].folded))
			continue;
		found++;
		if (bad)
			bad(ctx, f[i].name,
				vf_bytes_eq(f[i - 1].name, f[i].name)
					? "another file has the same name"
					: "another file has a name that differs only in case");
	}
	return found;
}

static int by_folded_only(const void *a, const void *b)
{
	return vf_bytes_cmp(((const struct folded *)a)->folded, ((const struct folded *)b)->folded);
}

/* A name that is the folder of another one: no folder can hold both. */
static size_t find_folders(const struct folded *f, size_t n, nt_bad_name *bad, void *ctx)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct vf_bytes rest = f[i].folded, part;
		struct folded folder = {.folded = vf_bytes(f[i].folded.p, 0)};

		for (; vf_take_until(&rest, '/', &part); folder.folded.n++) {
			folder.folded.n += part.n;
			if (!bsearch(&folder, f, n, sizeof(*f), by_folded_only))
				continue;
			found++;
			if (bad)
				bad(ctx, f[i].name, "another file has the name of a folder in which it lies");
		}
	}
	return found;
}

static VF_RC count_collisions(const struct nt_submit_file *files, size_t n, nt_bad_name *bad, void *ctx,
	size_t *faults, struct vf_err *reterr)
{
	struct folded *f = calloc(n, sizeof(*f));
	size_t total = 1, used = 0;
	uint8_t *memory;

	for (size_t i = 0; i < n; i++)
		total += 2 * files[i].name.n;
	memory = malloc(total);
	if (!f || !memory) {
		free(f);
		free(memory);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu names", n);
	}
	for (size_t i = 0; i < n; i++) {
		size_t len = vf_name_fold(files[i].name, memory + used);

		f[i] = (struct folded){vf_bytes(memory + used, len), files[i].name};
		used += len;
	}
	qsort(f, n, sizeof(*f), by_folded);
	*faults += compare_neighbours(f, n, bad, ctx);
	*faults += find_folders(f, n, bad, ctx);
	free(f);
	free(memory);
	return VF_OK;
}

VF_RC nt_submit_check_names(
	const struct nt_submit_file *files, size_t n, nt_bad_name *bad, void *bad_ctx, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	size_t faults = 0;

	for (size_t i = 0; i < n; i++)
		faults += is_bad(files[i].name, bad, bad_ctx);
	if (n > 1)
		rc = count_collisions(files, n, bad, bad_ctx, &faults, reterr);
	if (rc != VF_OK)
		return rc;
	if (faults > 0)
		return vf_fail(reterr, VF_NAME_SHAPE, "%zu of %zu names cannot stand in a record", faults, n);
	return VF_OK;
}
