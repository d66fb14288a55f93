/* The participant's page: vf_receipt_page_read(), and the receipt in what it accepts. */
#include <stdlib.h>

#include "verify/limits.h"
#include "verify/receipt.h"
#include "verify/receipt_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(const uint8_t *data, size_t size, const char *what)
{
	return memmem(data, size, what, strlen(what)) != NULL;
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
	if (holds(data, size, "<script") || holds(data, size, "<meta http-equiv=\"refresh") || holds(data, size, "<img") ||
		holds(data, size, " style=\"") || !holds(data, size, "<pre id=\"" VF_PAGE_RECEIPT_ID "\">"))
		abort();
	vf_ignore(vf_receipt_parse(page.receipt, &r, NULL)); /* any text may stand there; only a crash counts here */
	return 0;
}
