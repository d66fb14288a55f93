/* Exercises trial/read/ctgov_json.c and record*.c: records of ClinicalTrials.gov in JSON. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_ctgov_json, "study.json", data, size);
	return 0;
}
