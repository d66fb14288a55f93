/* Exercises trial/read/c14n.c and c14n_write.c: a canonical form is the one that libxml2 makes of the tree, and its own. */
#include "tests/c14n_other.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* docs/formats/canonical.md, "Beside libxml2": an ampersand in the name of a namespace. */
static bool is_departure(struct vf_bytes canonical)
{
	struct vf_bytes before, value;

	while (vf_take_until(&canonical, '=', &before)) {
		bool is_namespace = false;

		for (size_t n = before.n; n > 5 && !is_namespace && before.p[n - 1] != ' '; n--)
			is_namespace = memcmp(before.p + n - 6, " xmlns", 6) == 0;
		if (!is_namespace)
			continue;
		if (!vf_take_str(&canonical, "\"") || !vf_take_until(&canonical, '"', &value))
			continue; /* in a text */
		if (value.n && memchr(value.p, '&', value.n))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes file = vf_bytes(data, size);
	struct tr_input in = tr_input_of(&file, "x.xml");
	struct tr_c14n_place place;
	struct c14n_text got, again;
	xmlChar *other;
	int n;

	if (c14n_ours(file, &got, NULL) != VF_OK) {
		free(got.p);
		return 0;
	}
	MUST(got.n > 0);
	MUST(c14n_ours(vf_bytes(got.p, got.n), &again, NULL) == VF_OK);
	MUST(again.n == got.n && memcmp(again.p, got.p, got.n) == 0);
	MUST(c14n_libxml(file, &other, &n));
	if (!is_departure(vf_bytes(got.p, got.n)))
		MUST((size_t)n == got.n && memcmp(other, got.p, got.n) == 0);
	MUST(tr_c14n_find(&in, got.n / 2, &place, NULL) == VF_OK);
	MUST(tr_c14n_find(&in, got.n, &place, NULL) == VF_USAGE);
	xmlFree(other);
	free(got.p);
	free(again.p);
	return 0;
}
