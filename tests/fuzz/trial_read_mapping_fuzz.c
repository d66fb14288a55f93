/* Exercises trial/read/mapping.c: any octets as a mapping file; what is taken keeps its own rules. */
#include <stdlib.h>

#include "trial/read/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_items(const struct tr_mapping_item *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!of[i].item.n || of[i].item.n > TR_MAX_MAPPING_TEXT)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_mapping *m = NULL;

	if (tr_mapping_parse(vf_bytes(data, size), &m, NULL) != VF_OK)
		return 0;
	check_items(m->consents, m->n_consents);
	check_items(m->withdrawals, m->n_withdrawals);
	tr_mapping_free(m);
	return 0;
}
