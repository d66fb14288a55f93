/* Exercises trial/read/usdm.c, element.c and element_json.c: studies in USDM. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_usdm, "study.json", data, size);
	return 0;
}
