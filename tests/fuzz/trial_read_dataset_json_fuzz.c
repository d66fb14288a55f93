/* Exercises trial/read/dataset_json.c, table.c, sdtm.c and inflate.c: JSON, NDJSON and DSJC. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_dataset_json, "x.json", data, size);
	return 0;
}
