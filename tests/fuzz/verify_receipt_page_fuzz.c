/* The participant's page: vf_receipt_page_read(), and the receipt in what it accepts. */
#include <stdlib.h>

#include "verify/limits.h"
#include "verify/receipt.h"
#include "verify/receipt_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct vf_bytes text, const char *what)
{
	return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

/* No name of an attribute that acts, hides or fetches; what stands in quotes is no name. */
static void check_names(struct vf_bytes tag)
{
	static const char *const never[] = {" style", " on", " href", " src", " hidden"};
	struct vf_bytes name, value;

	while (vf_take_until(&tag, '"', &name)) {
		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			if (vf_bytes_starts(name, never[i]))
				abort();
		if (!vf_take_until(&tag, '"', &value))
			abort();
	}
}

/* Found by another way than the reader's: every tag, and what may stand in none. */
static void check_tags(struct vf_bytes in)
{
	struct vf_bytes text, tag;

	while (vf_take_until(&in, '<', &text) && vf_take_until(&in, '>', &tag)) {
		if (vf_bytes_starts(tag, "!")) /* the first line, and what browsers add */
			continue;
		if (vf_bytes_starts(tag, "script") || vf_bytes_starts(tag, "img") || vf_bytes_starts(tag, "a "))
			abort();
		if (vf_bytes_starts(tag, "meta") && holds(tag, "refresh"))
			abort();
		check_names(tag);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[VF_MAX_PAGE + 64];
	struct vf_receipt_page page;
	struct vf_receipt r;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	if (vf_receipt_page_read(vf_bytes(data, size), &a, &page, NULL) != VF_OK)
		return 0;
	if (!vf_receipt_page_is(vf_bytes(data, size)) || page.receipt.n > size || size > VF_MAX_PAGE)
		abort();
	if (!holds(vf_bytes(data, size), "<pre ") || !holds(vf_bytes(data, size), "\"" VF_PAGE_RECEIPT_ID "\""))
		abort();
	check_tags(vf_bytes(data, size));
	vf_ignore(vf_receipt_parse(page.receipt, &r, NULL)); /* any text may stand there; only a crash counts here */
	return 0;
}
